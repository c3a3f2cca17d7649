"""Two writers who add a role each: to a namespace, whose list is replaced, and to a cluster, which is told what to add.

The measurement of docs/adr/0047: how often does an update that is as careful as the API lets it be remove the role of
somebody else? A namespace refuses an update while it changes, and nothing else: a request cannot say which list it is
meant to replace. So an update is lost where the other one begins and ends between the reading and the writing of the
first. Time is simulated.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Generator
from contextlib import suppress
from dataclasses import dataclass, field
from heapq import heappop, heappush
from typing import NamedTuple, Protocol

import pytest

from tests.conftest import ACCOUNT, REGION
from tests.support.builders import arn
from tests.support.emulator.clusters import Pace, Redshift, RefusedError
from tests.support.emulator.serverless import Serverless

FOREIGN, FIRST, SECOND = arn("Foreign"), arn("First"), arn("Second")
POLL = 5.0


class _Caller:
    """A caller who may pass these roles, each of which Redshift may assume."""

    def __init__(self, *may_pass: str) -> None:
        self._may_pass = may_pass or (FOREIGN, FIRST, SECOND)

    def trusts_redshift(self, _: str) -> bool:
        return True

    def check_pass_role(self, role_arn: str) -> None:
        if role_arn not in self._may_pass:
            raise RefusedError("AccessDenied", f"not authorized to perform: iam:PassRole on {role_arn}")


class Shown(NamedTuple):
    """What a writer reads: whether a change is accepted now, and the roles that are there or coming."""

    available: bool
    roles: tuple[str, ...]


class Target(Protocol):
    """A namespace or a cluster with one role."""

    def read(self) -> Shown:
        """Read the roles."""

    def add(self, role: str, read: Shown, /) -> None:
        """Add a role to those that were read."""


class NamespaceTarget:
    """A namespace."""

    def __init__(self, pace: Pace, now: Callable[[], float]) -> None:
        """Create it."""
        self._api, self._caller = Serverless(ACCOUNT, REGION, pace, now), _Caller()
        self._api.create_namespace(self._caller, {"namespaceName": "events", "iamRoles": [FOREIGN]})

    def read(self) -> Shown:
        """Read the texts in which the API writes roles."""
        found = self._api.get_namespace(self._caller, {"namespaceName": "events"})["namespace"]
        roles = (re.search(r"iamRoleArn=([^,)]+)", text) for text in found["iamRoles"] if "removing" not in text)
        return Shown(found["status"] == "AVAILABLE", tuple(role[1] for role in roles if role))

    def add(self, role: str, read: Shown, /) -> None:
        """Write the whole list."""
        request = {"namespaceName": "events", "iamRoles": [*read.roles, role], "defaultIamRoleArn": FOREIGN}
        self._api.update_namespace(self._caller, request)


class ClusterTarget:
    """A cluster."""

    def __init__(self, pace: Pace, now: Callable[[], float]) -> None:
        """Create it."""
        self._api, self._caller = Redshift(ACCOUNT, REGION, pace, now), _Caller()
        self._api.create_cluster(self._caller, {"ClusterIdentifier": "sales", "IamRoles": [FOREIGN]})

    def read(self) -> Shown:
        """Read the roles."""
        (found,) = self._api.describe_clusters(self._caller, {"ClusterIdentifier": "sales"})["Clusters"]
        roles = (each["IamRoleArn"] for each in found["IamRoles"] if each["ApplyStatus"] != "removing")
        return Shown(found["ClusterStatus"] == "available", tuple(roles))

    def add(self, role: str, _: Shown, /) -> None:
        """Name the role alone."""
        self._api.modify_cluster_iam_roles(self._caller, {"ClusterIdentifier": "sales", "AddIamRoles": [role]})


def _careful(target: Target, role: str, gap: float) -> Generator[float, None, None]:
    """Add a role: wait until a change is accepted, read, write a while later, and look whether the role is there.

    Who is refused reads again. What is yielded is how long to wait.
    """
    while True:
        read = target.read()
        if read.available and role in read.roles:
            return
        if read.available:
            yield gap
            with suppress(RefusedError):
                target.add(role, read)
        yield POLL


@dataclass
class _Clock:
    now: float = 0.0
    coming: list[tuple[float, int, Generator[float, None, None]]] = field(default_factory=list)

    def run(self) -> None:
        while self.coming:
            self.now, number, writer = heappop(self.coming)
            wait = next(writer, None)
            if wait is not None:
                heappush(self.coming, (self.now + wait, number, writer))


def _left(kind: Callable[[Pace, Callable[[], float]], Target], gap: float, busy: float, later: float) -> set[str]:
    """Return the roles that are there in the end.

    The first writer writes a while after it has read, the second one begins later and is quick.
    """
    clock = _Clock()
    target = kind(Pace(takes=0.0, busy=busy), lambda: clock.now)
    clock.now = start = 2 * busy
    clock.coming = [(start, 1, _careful(target, FIRST, gap)), (start + later, 2, _careful(target, SECOND, 0.1))]
    clock.run()
    return set(target.read().roles)


# How long a change takes, in seconds: AWS documents nothing.
BUSY = (1, 10, 50)
# How long after the reading the request is carried out: at once; when it was throttled and the SDK waited, at most 20
# seconds; when the connection was lost and the SDK sent it again after its timeout of 60 seconds.
GAPS = (0.1, 20, 60)
# The second writer begins within a minute after the first.
LATER = range(60)


def _lost(kind: Callable[[Pace, Callable[[], float]], Target], gap: float, busy: float) -> int:
    """Return in how many of the 60 cases a role is missing in the end."""
    return sum(_left(kind, gap, busy, later) != {FOREIGN, FIRST, SECOND} for later in LATER)


def test_a_role_of_a_namespace_is_lost_between_two_careful_writers() -> None:
    """The second writer adds its role and sees it there; then the first one writes the list that it has read before."""
    assert {FOREIGN, FIRST} == _left(NamespaceTarget, 20, 1, later=5)
    assert {FOREIGN, FIRST, SECOND} == _left(NamespaceTarget, 20, 50, later=5)
    assert {FOREIGN, FIRST, SECOND} == _left(ClusterTarget, 20, 1, later=5)


# By the seconds between reading and writing, for each of `BUSY`: the figures of docs/adr/0047.
LOST = {0.1: (0, 0, 0), 20: (15, 10, 0), 60: (55, 50, 10)}


@pytest.mark.parametrize("gap", GAPS)
def test_how_often_a_role_of_a_namespace_is_lost(gap: float) -> None:
    """Never where the namespace is busy for longer than the writer waits; else where the other one fits in between."""
    assert LOST[gap] == tuple(_lost(NamespaceTarget, gap, busy) for busy in BUSY)


@pytest.mark.parametrize("gap", GAPS)
def test_no_role_of_a_cluster_is_lost(gap: float) -> None:
    """ModifyClusterIamRoles names the role to add, whatever else is there by then."""
    assert [0, 0, 0] == [_lost(ClusterTarget, gap, busy) for busy in BUSY]


def test_iam_does_not_protect_a_role_that_a_list_leaves_out() -> None:
    """PassRole is checked for the roles in a list, and a role that goes is not in it; one that stays must be named."""
    api = Serverless(ACCOUNT, REGION, Pace(busy=0.0))
    api.create_namespace(_Caller(), {"namespaceName": "events", "iamRoles": [FOREIGN, SECOND]})

    with pytest.raises(RefusedError, match=r"iam:PassRole on .*/Second"):
        api.update_namespace(_Caller(FIRST, FOREIGN), {"namespaceName": "events", "iamRoles": [FOREIGN, SECOND, FIRST]})
    api.update_namespace(_Caller(FIRST, FOREIGN), {"namespaceName": "events", "iamRoles": [FOREIGN, FIRST]})
    assert {FOREIGN, FIRST} == set(api.namespace("events").roles)
