"""
Bringing a cluster to where an association wants it, and waiting until it is there.

What was wanted before and what is wanted now flow in; calls of the Redshift API flow out, until all is in sync, or one
reason why it is not.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

from .clusters import Client, MaybeSoonError, NotYetError, RefusedError, describe, modify
from .plan import NOTHING, Association, Cluster, change, waiting

_FIRST_DELAY = 2.0
_LONGEST_DELAY = 20.0
# How long a refusal may still be IAM telling everybody about a new role or policy.
_PROPAGATION = 90.0
_HOPELESS = {
    "paused": "resume it first",
    "deleting": "it is being deleted",
    "final-snapshot": "it is being deleted",
    "hardware-failure": "restore it from a snapshot first",
    "incompatible-hsm": "mend its HSM first",
    "incompatible-network": "mend its network first",
    "incompatible-parameters": "mend its parameters first",
    "incompatible-restore": "restore it from another snapshot first",
    "storage-full": "resize it first",
}
_GOING = {"deleting", "final-snapshot"}


@dataclass
class Clock:
    """
    Time, so that tests need not wait.
    """

    now: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep
    jitter: Callable[[], float] = random.random


@dataclass
class Request:
    """
    What one request of CloudFormation asks.

    Attributes:
        cluster: The cluster's identifier.

        before: What the association wanted before; nothing on a create.

        after: What it wants now; nothing on a delete.

        role_limit: How many roles the cluster may have, everybody's counted.

        seconds: How long it may take.
    """

    cluster: str
    before: Association
    after: Association
    role_limit: int
    seconds: float


def converge(client: Client, request: Request, clock: Clock) -> None:
    """
    Bring the cluster there.

    Raises:
        RefusedError: With the cluster, the role and the status in its text.
    """
    deadline = clock.now() + request.seconds
    trusted_from = clock.now() + min(_PROPAGATION, request.seconds / 2)
    delay, last = _FIRST_DELAY, "it was never seen"
    while True:
        try:
            there = describe(client, request.cluster)
            if there is None:
                return _gone(request)
            if _done(client, request, there):
                return None
            last = _state(request, there)
        except NotYetError as error:
            last = str(error)
        except MaybeSoonError as error:
            if clock.now() >= trusted_from:
                raise RefusedError(f"cluster {request.cluster}: {_roles(request)}: {error}") from error
            last = str(error)
        except RefusedError as error:
            raise RefusedError(f"cluster {request.cluster}: {error}") from error
        pause = delay * (0.5 + clock.jitter() / 2)
        if clock.now() + pause >= deadline:
            raise RefusedError(f"cluster {request.cluster}: not done in {request.seconds:.0f} seconds: {last}")
        clock.sleep(pause)
        delay = min(delay * 1.5, _LONGEST_DELAY)


def undo(client: Client, request: Request) -> None:
    """
    Take back what a create has added so far, as well as one call can; CloudFormation may or may not ask for it.
    """
    with suppress(NotYetError, MaybeSoonError, RefusedError):
        there = describe(client, request.cluster)
        wanted = change(request.after, request.before, there) if there else None
        if wanted:
            modify(client, request.cluster, wanted)


def _gone(request: Request) -> None:
    """
    Decide about a cluster that is not there: what was to be removed is gone with it.
    """
    if request.after != NOTHING:
        raise RefusedError("there is none of that name in this account and region")


def _done(client: Client, request: Request, there: Cluster) -> bool:
    """
    Do what has to be done, and say whether all is as it should be.
    """
    wanted = change(request.before, request.after, there)
    late = waiting(request.before, request.after, there)
    if not wanted and not late:
        return True
    if there.status in _GOING and request.after == NOTHING:
        return True
    if there.status in _HOPELESS:
        raise RefusedError(f"its status is {there.status}; {_HOPELESS[there.status]}")
    if wanted and there.status in ("available", ""):
        total = len(set(there.roles) | set(wanted.add)) - len(wanted.remove)
        if wanted.add and total > request.role_limit:
            others = len(set(there.roles) - set(request.after.roles))
            raise RefusedError(
                f"{total} roles would be associated, {others} of them others', allowed is {request.role_limit}"
            )
        modify(client, request.cluster, wanted)
    return False


def _state(request: Request, there: Cluster) -> str:
    late = waiting(request.before, request.after, there)
    roles = ", ".join(f"{arn} is {status}" for arn, status in sorted(late.items()))
    return f"its status is {there.status}" + (f"; {roles}" if roles else "")


def _roles(request: Request) -> str:
    return ", ".join(sorted({*request.after.roles, *request.before.roles})) or "no roles"
