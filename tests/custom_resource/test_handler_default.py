"""The default role through deployments, failures, crashes and edits of others: CloudFormation as a model."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from redshift_roles.custom_resource.handler import index
from redshift_roles.custom_resource.handler.clusters import RefusedError
from tests.support.fake_redshift import CLUSTER, STACK, FakeRedshift

A, B, STUCK, F, G = (f"arn:aws:iam::111111111111:role/{name}" for name in ("A", "B", "Stuck", "Foreign", "Guest"))

Properties = dict[str, Any]


class _Killed(BaseException):
    """The function is killed."""


class Stack:
    """CloudFormation: it keeps the answer of a snapshot as long as there is a default, and rolls back a failure."""

    def __init__(self, redshift: FakeRedshift) -> None:
        self.redshift = redshift
        self.properties: Properties | None = None
        self.looked: str | None = None
        self.kills: list[bool] = []
        redshift.on_call = self._kill

    def _kill(self, _: FakeRedshift) -> None:
        if self.kills and self.kills.pop(0):
            raise _Killed

    def deploy(self, default: str | None, *, fails: bool) -> None:
        """Create or update the association; a failure comes after the default was set."""
        looked = self.looked
        if default and looked is None:
            looked = str(self._send("Create", {"Kind": "Before", "ClusterIdentifier": CLUSTER})["DefaultRoleArn"])
        wanted = _properties(default, looked, (A, B, STUCK) if fails else (A, B))
        before = self.properties
        try:
            self._send("Update" if before else "Create", wanted, before)
        except RefusedError:
            self._send("Update" if before else "Delete", before or wanted, wanted if before else None)
        else:
            self.properties, self.looked = wanted, looked if default else None

    def delete(self) -> None:
        """Delete the association."""
        if self.properties is not None:
            self._send("Delete", self.properties)
            self.properties = self.looked = None

    def _send(self, kind: str, properties: Properties, old: Properties | None = None) -> dict[str, Any]:
        """Send a request until it gets a reply: AWS Lambda runs a killed function again."""
        event = {
            "RequestType": kind,
            "StackId": STACK,
            "LogicalResourceId": "Association",
            "ResourceProperties": properties,
        }
        event |= {"OldResourceProperties": old} if old else {}
        try:
            return index.answer(event, self.redshift, self.redshift.clock(), 800)[1]
        except _Killed:
            return self._send(kind, properties, old)


def _properties(default: str | None, looked: str | None, roles: tuple[str, ...]) -> Properties:
    options = {"DefaultRoleArn": default, "DefaultBefore": looked} if default else {}
    return {
        "Kind": "Association",
        "ClusterIdentifier": CLUSTER,
        "RoleArns": [*roles],
        "WasAssociated": ["false"] * len(roles),
        "RoleLimit": "10",
        "TimeoutSeconds": "60",
        **options,
    }


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("deploy"), st.sampled_from([None, A, B]), st.booleans()),
        st.tuples(st.just("delete"), st.none(), st.booleans()),
        st.tuples(st.just("set by others"), st.sampled_from([None, F, G]), st.booleans()),
        st.tuples(st.just("removed by others"), st.sampled_from([F, G]), st.booleans()),
    ),
    max_size=10,
)


@settings(max_examples=150)
@given(start=st.sampled_from([None, F, G]), steps=STEPS, kills=st.lists(st.booleans(), max_size=12))
def test_the_default_changes_only_when_a_deployment_asks(
    start: str | None, steps: list[tuple[str, Any, bool]], kills: list[bool]
) -> None:
    """Ours is set when a deployment asks for it, comes back when one fails, and is never left behind.

    The former one is restored if it is still associated. What others set since stays until a deployment asks for
    another.
    """
    redshift = FakeRedshift(roles={F: 0.0, G: 0.0}, default=start, stuck={STUCK})
    stack = Stack(redshift)
    stack.kills = kills
    for step, role, flag in steps:
        was, ours = redshift.default, (stack.properties or {}).get("DefaultRoleArn")
        was_before = stack.looked
        if step == "deploy" and (was == ours or ours is None or role == ours):
            stack.deploy(role, fails=flag)
            asked = None if flag else role
            expected = asked if asked and (asked != ours or was is None) else was
            if not flag and role is None and ours is not None:
                expected = was_before if was_before in redshift.roles else None
            if flag and was is None and ours is not None and role == ours:
                expected = ours
            assert expected == redshift.default
        elif step == "delete":
            stack.delete()
            put_back = was_before if was_before in redshift.roles else None
            assert (put_back if ours is not None and was == ours else was) == redshift.default
            assert {A, B, STUCK}.isdisjoint(redshift.roles)
        elif step == "set by others" and (role is None or role in redshift.roles):
            redshift.default = role
        elif step == "removed by others":
            redshift.roles.pop(role, None)
            redshift.default = None if redshift.default == role else redshift.default
        assert {arn for arn in (F, G) if arn in redshift.roles} == redshift.arns() - {A, B, STUCK}
