"""Change the roles of a cluster until they are what an association wants and are in sync."""

from __future__ import annotations

import logging
import random
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from typing import TypeVar

from .clusters import (
    Client,
    GoneError,
    PropagationError,
    RefusedError,
    RetryableError,
    describe,
    modify,
)
from .plan import NO_DEFAULT, NOTHING, REMOVING, Association, Change, Cluster, change, leave, waiting
from .stack import Stack

_log = logging.getLogger(__name__)

_FIRST_DELAY = 2.0
_LONGEST_DELAY = 20.0
# How long a refusal may come from a new role or policy that IAM has not propagated yet.
_PROPAGATION = 90.0
# How long CloudFormation's list may lag behind what CloudFormation does.
_LAG = 15.0
_DELETING = {"deleting", "final-snapshot"}
_PAUSED = "paused"
_UNUSABLE = {
    _PAUSED: "resume it first",
    **dict.fromkeys(_DELETING, "it is being deleted"),
    "hardware-failure": "restore it from a snapshot first",
    "incompatible-hsm": "repair its HSM first",
    "incompatible-network": "repair its network first",
    "incompatible-parameters": "correct its parameters first",
    "incompatible-restore": "restore it from another snapshot first",
    "storage-full": "resize it first",
}


@dataclass
class Clock:
    """Time, so that tests need not wait."""

    now: Callable[[], float] = time.monotonic
    date: Callable[[], float] = time.time
    sleep: Callable[[float], None] = time.sleep
    jitter: Callable[[], float] = random.random


@dataclass
class Request:
    """One request of CloudFormation: what the association wanted before (nothing on a create) and wants now."""

    cluster: str
    before: Association
    after: Association
    role_limit: int  # of the cluster, the roles of others included
    seconds: float
    look: Callable[[], Stack]


def reconcile(client: Client, request: Request, clock: Clock) -> None:
    """Change the cluster and wait until it is as wanted; RefusedError says why it cannot be."""
    deadline = clock.now() + request.seconds
    run = _Run(client, request, clock)
    retry(run.attempt, f"cluster {request.cluster}", request.seconds, clock, about=_roles(request))
    if run.changed or request.after == NOTHING:
        _settle(client, request.cluster, deadline - clock.now(), clock)


def undo(client: Client, request: Request) -> None:
    """Remove what was added to a cluster that was new to the association, with one call and without waiting.

    CloudFormation may or may not ask for it later.
    """
    with suppress(RetryableError, PropagationError, RefusedError):
        there, stack = found(client, request.cluster), request.look()
        added = leave(request.after, request.before, partial(stack.keeps, request.cluster))
        wanted = change(added, request.before, there)
        if wanted and not stack.outdated():
            _modify(client, request, wanted, final=True)


class OutdatedError(Exception):
    """The request is an old one that was delivered again, and CloudFormation does not wait for a reply."""


class WaitingError(RetryableError):
    """The cluster is not as wanted yet: its status, what is waited for, and what Redshift said to the last change."""

    def __init__(self, state: str, *said: str) -> None:
        super().__init__(state)
        self.said = said


_Result = TypeVar("_Result")


def retry(
    attempt: Callable[[bool], _Result], subject: str, seconds: float, clock: Clock, *, about: str = ""
) -> _Result:
    """Repeat an attempt until it succeeds or the time is over; the pauses grow as long as the state stays the same.

    An attempt gets whether a refusal is final: then IAM has had the time to propagate a new role or policy. The error's
    text has the last state of the cluster, and what went wrong since its last change.
    """
    deadline = clock.now() + seconds
    final_from = clock.now() + min(_PROPAGATION, seconds / 2)
    delay, seen = _FIRST_DELAY, about
    said: dict[str, None] = {}
    while True:
        final = clock.now() >= final_from
        try:
            return attempt(final)
        except WaitingError as error:
            delay = delay if str(error) == seen else _FIRST_DELAY
            seen = str(error)
            said = {**said, **dict.fromkeys(error.said)} if error.said else {}
        except RetryableError as error:
            said[str(error)] = None
        except PropagationError as error:
            said[str(error)] = None
            if final:
                raise RefusedError(_reason(subject, about, str(error))) from error
        except RefusedError as error:
            raise RefusedError(f"{subject}: {error}") from error
        pause = delay * (0.5 + clock.jitter() / 2)
        if clock.now() + pause >= deadline:
            late = f"{subject}: not done in {seconds:.0f} seconds"
            raise RefusedError(_reason(late, seen, "; ".join(said)))
        clock.sleep(pause)
        delay = min(delay * 1.5, _LONGEST_DELAY)


def _reason(*parts: str) -> str:
    return ": ".join(filter(None, parts))


def found(client: Client, identifier: str) -> Cluster:
    """Return a cluster; GoneError says that there is none of that name."""
    there = describe(client, identifier)
    if there is None:
        raise GoneError
    return there


@dataclass
class _Run:
    """The attempts of one request."""

    client: Client
    request: Request
    clock: Clock
    changed: bool = False
    default_first: bool = False
    outdated_since: float | None = None

    def attempt(self, final: bool) -> None:
        """Make the change that is missing; return when there is nothing left to change and to wait for."""
        request, there = self.request, self._there()
        if there is None:
            return
        wanted = change(request.before, request.after, there)
        if wanted:
            request = self._checked()
            wanted = change(request.before, request.after, there)
        if not wanted and not waiting(request.before, request.after, there):
            return
        if there.status in _UNUSABLE:
            problem = f"its status is {there.status}; {_UNUSABLE[there.status]}"
            if not _may_leave(request, wanted, there):
                raise RefusedError(problem)
            _log.warning("cluster %s is left as it is: %s", request.cluster, problem)
            return
        if wanted and there.status in ("available", "") and _has_room(request, wanted, there):
            self.changed = True
            try:
                self._modify(wanted, final=final)
            except GoneError:
                if request.after != NOTHING:
                    raise
                return
            except RetryableError as error:
                raise WaitingError(_state(request, there), str(error)) from error
        raise WaitingError(_state(request, there))

    def _checked(self) -> Request:
        """Return the request without what another association of the stack wants too, unless it is an old one."""
        request, stack = self.request, self.request.look()
        status = stack.outdated()
        if not status:
            self.outdated_since = None
            return replace(request, before=leave(request.before, request.after, partial(stack.keeps, request.cluster)))
        problem = f"this is an old request: its resource is {status} by now, so nothing is changed"
        if self.outdated_since is None:
            self.outdated_since = self.clock.now()
        if self.clock.now() - self.outdated_since < _LAG:
            raise RetryableError(problem)
        raise OutdatedError(problem)

    def _modify(self, wanted: Change, *, final: bool) -> None:
        """Change the roles; the default role first, once Redshift has refused it together with a removal."""
        together = wanted.default is not None and bool(wanted.remove)
        if together and not self.default_first:
            try:
                return modify(self.client, self.request.cluster, wanted)
            except PropagationError:
                self.default_first = True
        first = replace(wanted, remove=()) if together else wanted
        return _modify(self.client, self.request, first, final=final)

    def _there(self) -> Cluster | None:
        """Return the cluster's state, or None when a delete finds it gone, and its roles with it."""
        if self.request.after != NOTHING:
            return found(self.client, self.request.cluster)
        there = describe(self.client, self.request.cluster)
        return None if there is None or there.status in _DELETING else there


def _may_leave(request: Request, wanted: Change, there: Cluster) -> bool:
    """Return whether a cluster that cannot be changed any more has all that is wanted, and only too much.

    A paused cluster can be changed later; only a default role may stay on it.
    """
    if there.status == _PAUSED:
        return request.after == NOTHING and not wanted.remove
    adds = wanted.add or (wanted.default is not None and wanted.default == request.after.default)
    return not adds and not waiting(NOTHING, request.after, there)


def _settle(client: Client, cluster: str, seconds: float, clock: Clock) -> None:
    """Wait until the cluster accepts the next change, because CloudFormation does not retry its own. It never fails."""

    def settled(_: bool) -> None:
        there = describe(client, cluster)
        if there and there.modifying:
            raise WaitingError(there.status)

    with suppress(RefusedError):
        retry(settled, f"cluster {cluster}", seconds, clock)


def _has_room(request: Request, wanted: Change, there: Cluster) -> bool:
    """Return whether there is room for the roles, or there will be when those that are being removed are gone.

    A request for no more roles than before always fits: it may be a rollback, after others added roles.
    """
    if not wanted.add:
        return True
    staying = {arn for arn, status in there.roles.items() if status != REMOVING} - set(wanted.remove)
    total = len(staying | set(wanted.add))
    grows = len(request.after.roles) > len(request.before.roles)
    if grows and total > request.role_limit:
        others = len(staying - set(request.after.roles))
        raise RefusedError(
            f"it would have {total} roles, {others} of them of others; 'role_limit' must be {total} or more, "
            f"got {request.role_limit}"
        )
    return len(set(there.roles) - set(wanted.remove) | set(wanted.add)) <= max(request.role_limit, total)


def _modify(client: Client, request: Request, wanted: Change, *, final: bool) -> None:
    """Change the roles; when Redshift's refusal is final, do so without restoring the former default role."""
    try:
        modify(client, request.cluster, wanted)
    except PropagationError as error:
        if not final or wanted.default in (None, NO_DEFAULT, request.after.default):
            raise
        _log.warning("the former default role is not restored: %s", error)
        modify(client, request.cluster, replace(wanted, default=NO_DEFAULT))


def _state(request: Request, there: Cluster) -> str:
    late = waiting(request.before, request.after, there)
    roles = ", ".join(f"{arn} is {status}" for arn, status in sorted(late.items()))
    return f"its status is {there.status}" + (f"; {roles}" if roles else "")


def _roles(request: Request) -> str:
    named = {arn for side in (request.before, request.after) for arn in (*side.roles, side.default) if arn}
    return ", ".join(sorted(named))
