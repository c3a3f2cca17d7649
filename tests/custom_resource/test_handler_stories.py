"""A cluster through the deployments of a stack: some fail, some are killed, and others edit the cluster as well."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from redshift_roles.custom_resource.handler import index
from redshift_roles.custom_resource.handler.clusters import RefusedError
from tests.support.fake_redshift import CLUSTER, STACK, FakeRedshift, error

A, B, C, F, G = (f"arn:aws:iam::111111111111:role/{name}" for name in ("A", "B", "C", "Foreign", "Guest"))
DEFAULT = "the default"

Json = dict[str, Any]


class Killed(BaseException):
    """The function was killed."""


class KillingRedshift(FakeRedshift):
    """A cluster whose caller is killed at one of its calls, before or after the change."""

    kill_at: int | None = None
    was_heard: bool = False
    meanwhile: Callable[[], None] | None = None

    def modify_cluster_iam_roles(self, **request: Any) -> None:
        """Change the roles, unless the caller is killed first."""
        if self.meanwhile:
            edit, self.meanwhile = self.meanwhile, None
            edit()
        dies = self.kill_at == 0
        self.kill_at = None if self.kill_at is None else self.kill_at - 1
        if dies and not self.was_heard:
            raise Killed
        super().modify_cluster_iam_roles(**request)
        if dies:
            raise Killed


class CloudFormation:
    """One stack with one association. It keeps the answers of snapshots, and rolls back until that succeeds."""

    def __init__(self, redshift: KillingRedshift) -> None:
        self.redshift = redshift
        self.snapshots: dict[str, Json] = {}
        self.properties: Json | None = None
        # Whether AWS Lambda runs a killed function again.
        self.runs_again = False

    def deploy(self, roles: tuple[str, ...], default: str | None) -> bool:
        """Create or update the association, and return whether that succeeded."""
        before, snapshots = self.properties, dict(self.snapshots)
        names = [*roles, *([DEFAULT] if default else [])]
        self.snapshots.update({name: self._snapshot(name) for name in names if name not in self.snapshots})
        wanted: Json = {
            **_properties(),
            "RoleArns": list(roles),
            "WasAssociated": [self.snapshots[role]["WasAssociated"] for role in roles],
            **(
                {"DefaultRoleArn": default, "DefaultBefore": self.snapshots[DEFAULT]["DefaultRoleArn"]}
                if default
                else {}
            ),
        }
        if self._send("Create" if before is None else "Update", wanted, before):
            self.properties, self.snapshots = wanted, {name: self.snapshots[name] for name in names}
            return True
        self.properties, self.snapshots = before, snapshots
        self._until_done("Delete" if before is None else "Update", before or wanted, wanted if before else None)
        return False

    def delete(self) -> None:
        """Delete the association."""
        if self.properties is not None:
            self._until_done("Delete", self.properties, None)
            self.properties, self.snapshots = None, {}

    def _snapshot(self, name: str) -> Json:
        named = {} if name == DEFAULT else {"RoleArn": name}
        properties = {"Kind": "Before", "ClusterIdentifier": CLUSTER, **named}
        return self._answer({"RequestType": "Create", "StackId": STACK, "ResourceProperties": properties})[1]

    def _until_done(self, kind: str, properties: Json, old: Json | None) -> None:
        for _ in range(4):
            if self._send(kind, properties, old):
                return
            self.redshift.stuck = set()
        pytest.fail(f"the {kind} never ends")

    def _send(self, kind: str, properties: Json, old: Json | None) -> bool:
        event = {
            "RequestType": kind,
            "StackId": STACK,
            "ResourceProperties": properties,
            "LogicalResourceId": "Association",
        }
        try:
            self._answer(event if old is None else {**event, "OldResourceProperties": old})
        except Killed:
            return self.runs_again and self._send(kind, properties, old)
        except RefusedError:
            return False
        return True

    def _answer(self, event: Json) -> tuple[str, Json]:
        return index.answer(event, self.redshift, self.redshift.clock(), 800)


def _properties() -> Json:
    return {"Kind": "Association", "ClusterIdentifier": CLUSTER, "RoleLimit": "10", "TimeoutSeconds": "120"}


class Story:
    """The stack, the others, and what is true of whose roles are whose."""

    def __init__(self, start: set[str], default: str | None) -> None:
        self.redshift = KillingRedshift(roles=dict.fromkeys(start, 0.0), default=default if default in start else None)
        self.stack = CloudFormation(self.redshift)
        self.theirs = set(start)
        # Roles that both have asked for: whose they are, nobody can say.
        self.shared: set[str] = set()
        self.others_default = self.redshift.default
        self.others_chose_last = True
        # Whether both have chosen in turns, or what was to come back had gone meanwhile.
        self.muddled = False

    def deploy(self, roles: tuple[str, ...], default: str | None, problem: tuple[str, Any]) -> None:
        """Deploy, with what may go wrong."""
        kind, detail = problem
        self.redshift.stuck = {detail} if kind == "stuck" else set()
        self.redshift.failures = [error(detail)] if kind == "refused" else []
        self._kill(detail if kind == "killed" else None)
        self.redshift.meanwhile = (lambda: self.add(detail)) if kind == "meanwhile" else None
        had_default = bool(self.stack.properties and self.stack.properties.get("DefaultRoleArn"))
        if default not in roles:
            default = None
        if default and not had_default:
            self.others_default = self.redshift.default
        self.muddled = self.muddled or (had_default and self.others_chose_last)
        self.others_chose_last = self.others_chose_last and not default
        claimed = {*roles, *(self.stack.properties["RoleArns"] if self.stack.properties else [])}
        if kind == "meanwhile" and detail in claimed:
            self.shared.add(detail)
        was, ours = self.redshift.default, (self.stack.properties or {}).get("DefaultRoleArn")
        if self.stack.deploy(roles, default):
            # What others chose since stays until a deployment asks for another default.
            expected = was if default == ours and was in self.redshift.arns() else default
            assert default is None or expected == self.redshift.default
        elif had_default:
            # Going back sets the default again that was ours before.
            assert was != ours or ours == self.redshift.default
            self.others_chose_last = False
        self.redshift.stuck, self.redshift.failures, self.redshift.meanwhile = set(), [], None
        self._kill(None)

    def delete(self, killed: tuple[int, bool, bool] | None = None) -> None:
        """Delete the association; CloudFormation asks again until it is gone."""
        self._kill(killed)
        self.stack.delete()
        self._kill(None)

    def _kill(self, killed: tuple[int, bool, bool] | None) -> None:
        self.redshift.kill_at, self.redshift.was_heard, self.stack.runs_again = killed or (None, False, False)

    def add(self, role: str) -> None:
        """Somebody else associates a role."""
        if role not in self.redshift.roles:
            ours = self.stack.properties["RoleArns"] if self.stack.properties else []
            self.redshift.roles[role] = 0.0
            self.redshift.leaving.pop(role, None)
            (self.shared if role in ours else self.theirs).add(role)
            self.muddled = self.muddled or role == self.others_default

    def remove(self, role: str) -> None:
        """Somebody else removes a role, perhaps one of ours."""
        if role in self.theirs and self.stack.properties and role in self.stack.properties["RoleArns"]:
            self.shared.add(role)
        self.theirs.discard(role)
        self.redshift.roles.pop(role, None)
        if self.redshift.default == role:
            self.choose(None)

    def choose(self, role: str | None) -> None:
        """Somebody else sets the default role, or clears it; one that is ours again cannot be told from our own
        choice.
        """
        if role == self.redshift.default or (role is not None and role not in self.redshift.roles):
            return
        self.redshift.default = role
        if role is not None and self.stack.properties and role == self.stack.properties.get("DefaultRoleArn"):
            self.muddled, self.others_chose_last = True, False
        else:
            self.others_default, self.others_chose_last = role, True

    def settle(self) -> None:
        """Forget a default that others chose among our roles, and that left with us."""
        if self.others_chose_last and self.others_default not in self.redshift.arns():
            self.others_default = None

    def kept(self) -> Iterator[str]:
        """Yield the roles of others that must be there."""
        yield from self.theirs - self.shared


def test_of_two_stacks_that_share_a_role_the_first_one_removes_it() -> None:
    """The other gets it back with its next deployment; the roles of others always stay."""
    redshift = KillingRedshift(roles={F: 0.0})
    first, second = CloudFormation(redshift), CloudFormation(redshift)
    assert first.deploy((A,), None)
    assert second.deploy((A, B), None)
    first.delete()
    without = redshift.arns()
    assert second.deploy((A, B, C), None)

    assert ({F, B}, {F, A, B, C}) == (without, redshift.arns())


def test_of_two_stacks_that_share_a_role_the_second_one_leaves_it() -> None:
    """It was associated before.

    So it stays for ever when the first stack is deleted first, and the second adds it again.
    """
    redshift = KillingRedshift(roles={F: 0.0})
    first, second = CloudFormation(redshift), CloudFormation(redshift)
    assert first.deploy((A,), None)
    assert second.deploy((A,), None)
    second.delete()
    left = redshift.arns()
    assert second.deploy((A,), None)
    first.delete()
    assert second.deploy((A, B), None)
    second.delete()

    assert ({F, A}, {F, A}) == (left, redshift.arns())


ROLES = st.lists(st.sampled_from([A, B, C]), min_size=1, max_size=3, unique=True).map(tuple)
KILLED = st.tuples(st.sampled_from([0, 1]), st.booleans(), st.booleans())
TROUBLE = st.one_of(
    st.just(("none", None)),
    st.tuples(st.just("stuck"), st.sampled_from([A, B, C])),
    st.tuples(st.just("killed"), KILLED),
    st.tuples(st.just("refused"), st.sampled_from(["InvalidClusterState", "UnsupportedOperation"])),
    st.tuples(st.just("meanwhile"), st.sampled_from([F, G, B])),
)
DEPLOY = st.tuples(st.just("deploy"), ROLES, st.sampled_from([None, A, B]), TROUBLE)
STEP = st.one_of(
    DEPLOY,
    st.tuples(st.just("delete"), st.none() | KILLED),
    st.tuples(st.just("add"), st.sampled_from([F, G, A])),
    st.tuples(st.just("remove"), st.sampled_from([F, G, A, B])),
    st.tuples(st.just("choose"), st.sampled_from([None, F, G, A])),
)
START = st.sets(st.sampled_from([F, G, A]))
# Most of these end with a default of ours, and one of others from before.
DEFAULT_DEPLOYED = st.tuples(
    st.just("deploy"), st.sampled_from([(A,), (A, B), (A, C)]), st.just(A), st.one_of(st.just(("none", None)), TROUBLE)
)
DEFAULT_STEPS = st.tuples(
    st.lists(STEP, max_size=4),
    st.just(("choose", F)),
    st.lists(DEFAULT_DEPLOYED, min_size=1, max_size=3),
    st.lists(st.one_of(DEPLOY, DEFAULT_DEPLOYED, STEP), max_size=4),
).map(lambda parts: [*parts[0], parts[1], *parts[2], *parts[3]])


def _lived(start: set[str], default: str | None, steps: list[tuple[Any, ...]]) -> Story:
    story = Story(start, default)
    for step, *arguments in steps:
        getattr(story, step)(*arguments)
        story.settle()
        assert set(story.kept()) <= story.redshift.arns()
    return story


@settings(max_examples=300)
@given(start=START, default=st.sampled_from([None, F]), steps=st.lists(STEP, max_size=12))
def test_others_keep_their_roles_and_ours_are_removed_with_us(
    start: set[str], default: str | None, steps: list[tuple[Any, ...]]
) -> None:
    """Also when the function is killed and the stack is rolled back."""
    story = _lived(start, default, steps)
    story.stack.delete()

    assert set(story.kept()) == story.redshift.arns() - story.shared


def test_the_default_of_others_is_restored_with_our_deletion() -> None:
    """What others chose last stays; what they had chosen before us is restored, if it is still associated.

    A third of the examples have one that is restored.
    """
    came_back = []

    @settings(max_examples=300)
    @given(start=START.map(lambda roles: roles | {F}), default=st.sampled_from([None, F]), steps=DEFAULT_STEPS)
    def lives(start: set[str], default: str | None, steps: list[tuple[Any, ...]]) -> None:
        story = _lived(start, default, steps)
        ours = story.redshift.default
        story.stack.delete()
        theirs = story.others_default if story.others_default in story.redshift.arns() else None
        if story.others_chose_last or not (story.muddled or theirs in (A, B, C)):
            assert theirs == story.redshift.default
            came_back.append(theirs is not None and theirs != ours)
        else:
            assert story.redshift.default in {theirs, None, *story.kept(), *story.shared}

    lives()

    assert sum(came_back) >= 100
