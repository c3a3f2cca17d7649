"""Two clusters, and a stack whose cluster and role are parameters that change.

The function is killed anywhere, requests fail, stacks are rolled back, others edit both clusters, and days pass.
"""

from __future__ import annotations

import copy
from dataclasses import dataclass, field
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from redshift_roles.custom_resource.handler import index
from redshift_roles.custom_resource.handler.clusters import RefusedError
from tests.support.fake_redshift import STACK, Account, FakeRedshift

A, B, F, STUCK = (f"arn:aws:iam::111111111111:role/{name}" for name in ("A", "B", "Foreign", "Stuck"))
DAY = 86_400.0

Json = dict[str, Any]


class _Killed(BaseException):
    """The function is killed."""


@dataclass
class _Resource:
    """What CloudFormation knows of a resource."""

    name: str
    properties: Json | None = None
    physical_id: str = ""
    data: Json = field(default_factory=dict)


@dataclass(frozen=True)
class Failure:
    """What goes wrong in a deployment.

    Attributes:
        kill_at: Which of its changes the function does not survive; None for all.
        heard: Whether the cluster has heard it then.
        lost_snapshot: Which snapshot is not heard by CloudFormation; None for all.
        learns: Whether CloudFormation takes the name from an answer that says FAILED.
        fails_later: Whether another resource of the stack fails afterwards.
        stuck: Whether a role that never comes in sync joins.
    """

    kill_at: int | None = None
    heard: bool = False
    lost_snapshot: int | None = None
    learns: bool = False
    fails_later: bool = False
    stuck: bool = False


class _FailedError(Exception):
    """A deployment is rolled back."""


class Stack:
    """CloudFormation with two snapshots and an association."""

    def __init__(self, account: Account) -> None:
        self.account = account
        self.role, self.default, self.association = (_Resource(name) for name in ("Role", "Default", "Association"))
        self.failure = Failure()

    @property
    def wants(self) -> tuple[str, str] | None:
        """The cluster and the role that are deployed."""
        found = self.association.properties
        return (found["ClusterIdentifier"], found["RoleArns"][0]) if found else None

    def deploy(self, cluster: str, role: str, failure: Failure) -> None:
        """Create or update all, or roll back."""
        before = copy.deepcopy((self.role, self.default, self.association))
        self.failure = failure
        changes = 0

        def die(moment: str) -> None:
            nonlocal changes
            changes += moment == "before"
            if failure.kill_at == changes - 1 and (moment == "after") == failure.heard:
                raise _Killed

        self.account.around = die
        try:
            self._forward(cluster, role)
        except _FailedError:
            self.account.around = lambda _: None
            self._back(*before)
        else:
            self.account.around = lambda _: None
            self._clean_up(before[2])

    def delete(self) -> None:
        """Delete all."""
        if self.association.properties is not None:
            self._send("Delete", self.association, self.association.properties)
        self.role, self.default, self.association = (_Resource(name) for name in ("Role", "Default", "Association"))

    def _forward(self, cluster: str, role: str) -> None:
        for number, (resource, named) in enumerate(((self.role, {"RoleArn": role}), (self.default, {}))):
            properties = {"Kind": "Before", "ClusterIdentifier": cluster, **named}
            if resource.properties != properties:
                self._change(resource, properties, heard=self.failure.lost_snapshot != number)
        self._change(self.association, self._wanted(cluster, role))
        if self.failure.fails_later:
            raise _FailedError

    def _wanted(self, cluster: str, role: str) -> Json:
        joins = [STUCK] if self.failure.stuck else []
        return {
            "Kind": "Association",
            "ClusterIdentifier": cluster,
            "RoleArns": [role, *joins],
            "WasAssociated": [self.role.data["WasAssociated"], *("false" for _ in joins)],
            "DefaultRoleArn": role,
            "DefaultBefore": self.default.data["DefaultRoleArn"],
            "RoleLimit": "10",
            "TimeoutSeconds": "120",
        }

    def _change(self, resource: _Resource, properties: Json, *, heard: bool = True) -> None:
        """Create or update a resource. The rollback of a failure has the new properties as the old ones."""
        kind, old = ("Create", None) if resource.properties is None else ("Update", resource.properties)
        event = self._event(kind, resource, properties, old)
        resource.properties = properties
        try:
            physical_id, data = self._answer(event)
        except _Killed:
            raise _FailedError from None
        except RefusedError:
            if self.failure.learns:
                resource.physical_id = index.physical_id_of(event)
            raise _FailedError from None
        if not heard:
            raise _FailedError
        resource.physical_id, resource.data = physical_id, data

    def _back(self, role: _Resource, default: _Resource, association: _Resource) -> None:
        """Roll back: snapshots first, then the association with their answers; then delete the new physical ids."""
        reached = copy.deepcopy(self.association)
        for resource, before in ((self.role, role), (self.default, default)):
            if before.properties is not None and resource.properties != before.properties:
                resource.physical_id, resource.data = self._send("Update", resource, before.properties)
            resource.properties = before.properties
        if association.properties is None:
            if reached.properties is not None:
                self._send("Delete", reached, reached.properties)
            self.role, self.default, self.association = role, default, association
            return
        if reached.properties != association.properties or reached.physical_id != association.physical_id:
            reported = {
                "WasAssociated": [self.role.data["WasAssociated"]],
                "DefaultBefore": self.default.data["DefaultRoleArn"],
            }
            self.association.physical_id, _ = self._send("Update", reached, {**association.properties, **reported})
            self.association.properties = association.properties
            self._clean_up(reached)

    def _clean_up(self, former: _Resource) -> None:
        if former.properties is not None and former.physical_id not in ("", self.association.physical_id):
            self._send("Delete", former, former.properties)

    def _send(self, kind: str, resource: _Resource, properties: Json) -> tuple[str, Json]:
        old = resource.properties if kind == "Update" else None
        return self._answer(self._event(kind, resource, properties, old))

    def _event(self, kind: str, resource: _Resource, properties: Json, old: Json | None) -> Json:
        return {
            "RequestType": kind,
            "StackId": STACK,
            "LogicalResourceId": resource.name,
            "ResourceProperties": properties,
            **({"OldResourceProperties": old} if old is not None else {}),
            **({"PhysicalResourceId": resource.physical_id or "made-up"} if kind != "Create" else {}),
        }

    def _answer(self, event: Json) -> tuple[str, Json]:
        return index.answer(event, self.account, self.account.clock(), 800)


class Story:
    """The stack, the others, and whose roles are whose."""

    def __init__(self, start: set[tuple[str, str]]) -> None:
        self.account = Account(
            **{
                name: FakeRedshift(
                    roles=dict.fromkeys([F, *(role for cluster, role in start if cluster == name)], 0.0),
                    default=F,
                    stuck={STUCK},
                )
                for name in ("x", "y")
            }
        )
        self.stack = Stack(self.account)
        self.theirs = start | {("x", F), ("y", F)}
        # Whose they are, nobody can say.
        self.shared: set[tuple[str, str]] = set()
        self.left: dict[tuple[str, str], float] = {}
        # The clusters whose default others took away with our role.
        self.touched: set[str] = set()

    def now(self) -> float:
        """Return the time."""
        return self.account.clusters["x"].time

    def there(self) -> set[tuple[str, str]]:
        """Return what is associated."""
        return {(name, arn) for name, cluster in self.account.clusters.items() for arn in cluster.arns()}

    def deploy(self, location: tuple[str, str], failure: Failure) -> None:
        """Deploy with these values. Answers about a place that we left within a day still count."""
        cluster, role = location
        if self.now() - self.left.get(location, -2 * DAY) <= DAY and location in self.theirs:
            self.shared.add(location)
        before = self.stack.wants
        self.stack.deploy(cluster, role, failure)
        self.left |= {known: self.now() for known in (before, (cluster, role)) if known not in (None, self.stack.wants)}

    def delete(self) -> None:
        """Delete the stack, and its answers with it."""
        self.stack.delete()
        self.left = {}

    def add(self, location: tuple[str, str]) -> None:
        """Somebody else associates a role."""
        cluster, role = location
        redshift = self.account.clusters[cluster]
        if role not in redshift.roles:
            redshift.roles[role] = 0.0
            redshift.leaving.pop(role, None)
            self.theirs.add(location)
            if self.stack.wants == location:
                self.shared.add(location)

    def remove(self, location: tuple[str, str]) -> None:
        """Somebody else removes a role, perhaps ours."""
        cluster, role = location
        redshift = self.account.clusters[cluster]
        redshift.roles.pop(role, None)
        if redshift.default == role:
            redshift.default = None
            self.touched.add(cluster)
        if self.stack.wants == location:
            self.shared.add(location)
        self.theirs.discard(location)

    def wait(self, seconds: float) -> None:
        """Let time pass."""
        self.account.pass_time(seconds)


PLACES = st.tuples(st.sampled_from("xy"), st.sampled_from([A, B]))
TROUBLE = st.one_of(
    st.just(Failure()),
    st.builds(Failure, kill_at=st.sampled_from([0, 1]), heard=st.booleans(), learns=st.booleans()),
    st.builds(Failure, lost_snapshot=st.sampled_from([0, 1])),
    st.builds(Failure, fails_later=st.just(True)),
    st.builds(Failure, stuck=st.just(True), learns=st.booleans()),
)
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("deploy"), PLACES, TROUBLE),
        st.tuples(st.just("deploy"), PLACES, TROUBLE),
        st.tuples(st.just("delete")),
        st.tuples(st.just("add"), PLACES),
        st.tuples(st.just("remove"), PLACES),
        st.tuples(st.just("wait"), st.sampled_from([600.0, 2 * DAY])),
    ),
    max_size=10,
)


@settings(max_examples=400)
@given(start=st.sets(PLACES, max_size=2), steps=STEPS)
def test_others_keep_their_roles_and_ours_are_removed_on_both_clusters(
    start: set[tuple[str, str]], steps: list[tuple[Any, ...]]
) -> None:
    """The default of others is restored on both; others do not change it."""
    story = Story(start)
    for step, *arguments in steps:
        getattr(story, step)(*arguments)
        assert story.theirs - story.shared <= story.there()
    story.delete()

    assert story.theirs - story.shared == story.there() - story.shared
    assert {F} >= {cluster.default for name, cluster in story.account.clusters.items() if name not in story.touched}
