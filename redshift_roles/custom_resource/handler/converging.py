"""Bringing a cluster to where an association wants it, and waiting until it is there.

What was wanted before and what is wanted now flow in; calls of the Redshift API flow out, until all is in sync, or one
reason why it is not.
"""

from __future__ import annotations

import logging
import random
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import TypeVar

from .clusters import Client, MaybeSoonError, NotYetError, RefusedError, describe, modify
from .plan import NO_DEFAULT, NOTHING, REMOVING, Association, Change, Cluster, change, waiting

_log = logging.getLogger(__name__)

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
    """Time, so that tests need not wait."""

    now: Callable[[], float] = time.monotonic
    date: Callable[[], float] = time.time
    sleep: Callable[[float], None] = time.sleep
    jitter: Callable[[], float] = random.random


@dataclass
class Request:
    """What one request of CloudFormation asks.

    Attributes:
        cluster: The cluster's identifier.
        before: What the association wanted of it before; nothing on a create.
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
    """Bring the cluster there.

    Raises:
        RefusedError: With the cluster, the role and the status in its text.
    """
    deadline = clock.now() + request.seconds
    run = _Run(client, request)
    patiently(run.attempt, request.cluster, request.seconds, clock, about=_roles(request))
    if run.changed or request.after == NOTHING:
        _settle(client, request.cluster, deadline - clock.now(), clock)


def look(client: Client, identifier: str, seconds: float, clock: Clock) -> Cluster:
    """Read a cluster, as soon as that is allowed and possible.

    Raises:
        RefusedError: When there is none.
    """
    return patiently(lambda _: _found(client, identifier), identifier, seconds, clock)


def undo(client: Client, request: Request) -> None:
    """Take back what has been added so far to a cluster that was new to the association, as well as one call can;
    CloudFormation may or may not ask for it.
    """
    with suppress(NotYetError, MaybeSoonError, RefusedError):
        there = describe(client, request.cluster)
        wanted = change(request.after, request.before, there) if there else None
        if wanted:
            _modify(client, request, wanted, believed=True)


class WaitingError(NotYetError):
    """The cluster is on its way: its status and what is waited for, and what Redshift said when a change had to
    wait.
    """

    def __init__(self, state: str, *said: str) -> None:
        super().__init__(state)
        self.said = said


_Result = TypeVar("_Result")


def patiently(
    attempt: Callable[[bool], _Result], cluster: str, seconds: float, clock: Clock, *, about: str = ""
) -> _Result:
    """Try again until it works or the time is over, less and less often.

    An attempt is told whether a refusal is to be believed: it no longer is IAM that has not told everybody yet. The
    reason has what was last seen of the cluster, and what went wrong since it last took a change.
    """
    deadline = clock.now() + seconds
    trusted_from = clock.now() + min(_PROPAGATION, seconds / 2)
    delay, seen = _FIRST_DELAY, about
    said: dict[str, None] = {}
    while True:
        believed = clock.now() >= trusted_from
        try:
            return attempt(believed)
        except WaitingError as error:
            seen = str(error)
            said = {**said, **dict.fromkeys(error.said)} if error.said else {}
        except NotYetError as error:
            said[str(error)] = None
        except MaybeSoonError as error:
            said[str(error)] = None
            if believed:
                raise RefusedError(_reason(f"cluster {cluster}", about, str(error))) from error
        except RefusedError as error:
            raise RefusedError(f"cluster {cluster}: {error}") from error
        pause = delay * (0.5 + clock.jitter() / 2)
        if clock.now() + pause >= deadline:
            late = f"cluster {cluster}: not done in {seconds:.0f} seconds"
            raise RefusedError(_reason(late, seen, "; ".join(said)))
        clock.sleep(pause)
        delay = min(delay * 1.5, _LONGEST_DELAY)


def _reason(*parts: str) -> str:
    return ": ".join(filter(None, parts))


def _found(client: Client, identifier: str) -> Cluster:
    there = describe(client, identifier)
    if there is None:
        raise RefusedError("there is none of that name in this account and region")
    return there


@dataclass
class _Run:
    """The attempts of one request.

    Attributes:
        client: Redshift.
        request: What is asked.
        changed: Whether the cluster was asked to change.
    """

    client: Client
    request: Request
    changed: bool = False

    def attempt(self, believed: bool) -> None:
        """Do what has to be done now; all is done when nothing is left to do and to wait for."""
        request, there = self.request, self._there()
        if there is None:
            return
        wanted = change(request.before, request.after, there)
        if not wanted and not waiting(request.before, request.after, there):
            return
        if there.status in _HOPELESS:
            raise RefusedError(f"its status is {there.status}; {_HOPELESS[there.status]}")
        if wanted and there.status in ("available", "") and _has_room(request, wanted, there):
            self.changed = True
            try:
                _modify(self.client, request, wanted, believed=believed)
            except NotYetError as error:
                raise WaitingError(_state(request, there), str(error)) from error
        raise WaitingError(_state(request, there))

    def _there(self) -> Cluster | None:
        """Read the cluster; what was to be removed is gone with it."""
        if self.request.after != NOTHING:
            return _found(self.client, self.request.cluster)
        there = describe(self.client, self.request.cluster)
        return None if there is None or there.status in _GOING else there


def _settle(client: Client, cluster: str, seconds: float, clock: Clock) -> None:
    """Wait until a cluster takes the next change; CloudFormation's own is not tried again. Late is not wrong."""

    def settled(_: bool) -> None:
        there = describe(client, cluster)
        if there and there.modifying:
            raise WaitingError(there.status)

    with suppress(RefusedError):
        patiently(settled, cluster, seconds, clock)


def _has_room(request: Request, wanted: Change, there: Cluster) -> bool:
    """Count everybody's roles; those that are leaving are waited for.

    Who wants no more than before is not refused: it may be going back, and others may have come meanwhile.
    """
    if not wanted.add:
        return True
    staying = {arn for arn, status in there.roles.items() if status != REMOVING} - set(wanted.remove)
    total = len(staying | set(wanted.add))
    grows = len(request.after.roles) > len(request.before.roles)
    if grows and total > request.role_limit:
        others = len(staying - set(request.after.roles))
        raise RefusedError(
            f"{total} roles would be associated, {others} of them others', allowed is {request.role_limit}"
        )
    return len(set(there.roles) - set(wanted.remove) | set(wanted.add)) <= max(request.role_limit, total)


def _modify(client: Client, request: Request, wanted: Change, *, believed: bool) -> None:
    """Change the roles; a default of others that we may not pass, or that is no role any more, is not put back, as soon
    as the refusal is to be believed.
    """
    try:
        modify(client, request.cluster, wanted)
    except MaybeSoonError as error:
        if not believed or wanted.default in (None, NO_DEFAULT, request.after.default):
            raise
        _log.warning("the default role that was there before is not put back: %s", error)
        modify(client, request.cluster, replace(wanted, default=NO_DEFAULT))


def _state(request: Request, there: Cluster) -> str:
    late = waiting(request.before, request.after, there)
    roles = ", ".join(f"{arn} is {status}" for arn, status in sorted(late.items()))
    return f"its status is {there.status}" + (f"; {roles}" if roles else "")


def _roles(request: Request) -> str:
    named = {arn for side in (request.before, request.after) for arn in (*side.roles, side.default) if arn}
    return ", ".join(sorted(named))
