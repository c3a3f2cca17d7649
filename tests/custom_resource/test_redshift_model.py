"""The emulated Redshift behaves as AWS documents the real one."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError
from hypothesis import given
from hypothesis import strategies as st

from tests.support.emulator.clusters import Json, Pace, Redshift, RefusedError
from tests.support.fake_redshift import CLUSTER, FakeRedshift

ACCOUNT = "123456789012"
C, D, E = (f"arn:aws:iam::111111111111:role/{name}" for name in "CDE")
A, B = (f"arn:aws:iam::{ACCOUNT}:role/{name}" for name in "AB")
_NO_SNAPSHOT = {"SkipFinalClusterSnapshot": True}
OTHERS = "arn:aws:iam::999999999999:role/A"


class Someone:
    """A caller, who may pass every role but some, of which some do not trust Redshift."""

    def __init__(self, *, denied: str = "", untrusting: str = "") -> None:
        self._denied, self._untrusting = denied, untrusting

    def trusts_redshift(self, role_arn: str) -> bool:
        """Trust all but one."""
        return role_arn != self._untrusting

    def check_pass_role(self, role_arn: str) -> None:
        """Pass all but one."""
        if role_arn == self._denied:
            raise RefusedError("AccessDenied", f"iam:PassRole on resource: {role_arn}", 403)


class World:
    """One cluster, and time that passes when a test says so."""

    def __init__(self, *roles: str, quota: int = 50, default_alone: bool = False) -> None:
        self.time = 0.0
        pace = Pace(takes=10, busy=4, quota=quota, default_alone=default_alone)
        self.redshift = Redshift(ACCOUNT, "eu-west-1", pace, lambda: self.time)
        self.redshift.create_cluster(Someone(), {"ClusterIdentifier": "c", "IamRoles": list(roles)})
        self.time = 100.0

    def modify(self, caller: Someone | None = None, **request: Any) -> None:
        """Change the roles."""
        self.redshift.modify_cluster_iam_roles(caller or Someone(), {"ClusterIdentifier": "c", **request})

    def shown(self) -> Json:
        """Describe the cluster."""
        (cluster,) = self.redshift.describe_clusters(Someone(), {"ClusterIdentifier": "c"})["Clusters"]
        return dict(cluster)

    def roles(self) -> dict[str, str]:
        """List the roles with their status."""
        return {role["IamRoleArn"]: role["ApplyStatus"] for role in self.shown()["IamRoles"]}


@pytest.mark.parametrize(
    ("caller", "request_", "code", "reported"),
    [
        (Someone(untrusting=B), {"AddIamRoles": [B]}, "InvalidParameterValue", "must delegate access to an Amazon Red"),
        (Someone(denied=B), {"AddIamRoles": [B]}, "AccessDenied", f"iam:PassRole on resource: {B}"),
        (Someone(denied=A), {"DefaultIamRoleArn": A}, "AccessDenied", f"iam:PassRole on resource: {A}"),
        (Someone(), {"AddIamRoles": [OTHERS]}, "AccessDenied", "Cross-account pass role is not allowed."),
        (Someone(), {"AddIamRoles": ["X"]}, "AccessDenied", "Cross-account pass role is not allowed."),
        (Someone(), {"DefaultIamRoleArn": B}, "InvalidParameterValue", f"{B} is not associated"),
        (Someone(), {"RemoveIamRoles": [A], "DefaultIamRoleArn": A}, "InvalidParameterValue", "is not associated"),
    ],
)
def test_fails_when_a_role_may_not_be_there_and_changes_nothing(
    caller: Someone, request_: Json, code: str, reported: str
) -> None:
    """All or nothing: what comes with a role that is refused is refused as well."""
    world = World(A)
    with pytest.raises(RefusedError, match=reported) as caught:
        world.modify(caller, **request_)

    assert code == caught.value.code
    assert {A: "in-sync"} == world.roles()
    assert "DefaultIamRoleArn" not in world.shown()


def test_fails_when_there_would_be_more_roles_than_the_quota() -> None:
    """What is removed in the same call makes room."""
    world = World(A, quota=1)
    with pytest.raises(RefusedError, match="may have 1 IAM roles"):
        world.modify(AddIamRoles=[B])

    world.modify(AddIamRoles=[B], RemoveIamRoles=[A])
    assert {A: "removing", B: "adding"} == world.roles()


@pytest.mark.parametrize(
    ("request_", "code"),
    [
        ({"ClusterIdentifier": "c"}, "ClusterAlreadyExists"),
        ({"ClusterIdentifier": "d", "ClusterSubnetGroupName": "none"}, "ClusterSubnetGroupNotFoundFault"),
        ({"ClusterIdentifier": "d", "ClusterParameterGroupName": "none"}, "ClusterParameterGroupNotFound"),
        ({"ClusterIdentifier": "d", "IamRoles": [OTHERS]}, "AccessDenied"),
    ],
)
def test_fails_when_a_cluster_cannot_be_made_and_makes_none(request_: Json, code: str) -> None:
    """Names must be free, groups must be there, and roles must be allowed."""
    world = World()
    with pytest.raises(RefusedError) as caught:
        world.redshift.create_cluster(Someone(), request_)

    assert code == caught.value.code
    assert ["c"] == list(world.redshift.clusters)


def test_roles_come_and_go_over_time() -> None:
    """A role is adding, in sync, removing and gone; asking twice changes nothing, nor does removing what is not
    there.
    """
    world, seen = World(), []
    world.modify(AddIamRoles=[A], RemoveIamRoles=[B])
    for passed in (9.9, 0.1):
        world.time += passed
        seen.append(world.roles())
    world.modify(AddIamRoles=[A])
    seen.append(world.roles())
    world.time += 5
    world.modify(RemoveIamRoles=[A])
    for passed in (9.9, 0.1):
        world.time += passed
        seen.append(world.roles())

    assert [{A: "adding"}, {A: "in-sync"}, {A: "in-sync"}, {A: "removing"}, {}] == seen


def test_a_role_that_is_added_while_it_is_removed_is_adding() -> None:
    """It is listed once."""
    world = World(A)
    world.modify(RemoveIamRoles=[A])
    world.time += 5
    world.modify(AddIamRoles=[A])
    assert {A: "adding"} == world.roles()


def test_fails_when_a_cluster_is_to_be_deleted_while_it_is_busy() -> None:
    """It stays, and leaves no snapshot; a moment later it can go."""
    world, final = World(A), {"ClusterIdentifier": "c", "FinalClusterSnapshotIdentifier": "c-final"}
    world.modify(DefaultIamRoleArn=A)
    world.time += 3.9
    with pytest.raises(RefusedError, match="try to delete it at a later time") as caught:
        world.redshift.delete_cluster(Someone(), final)

    assert ("InvalidClusterState", ["c"], []) == (
        caught.value.code,
        list(world.redshift.clusters),
        world.redshift.snapshots,
    )
    world.time += 0.1
    world.redshift.delete_cluster(Someone(), final)


# https://docs.aws.amazon.com/redshift/latest/mgmt/working-with-clusters.html#rs-mgmt-cluster-status and the refusal of
# DeleteCluster in https://github.com/hashicorp/terraform-provider-aws/pull/4563
@pytest.mark.parametrize(
    ("status", "goes"),
    [
        ("available", True),
        ("hardware-failure", True),
        ("incompatible-hsm", True),
        ("incompatible-network", True),
        ("incompatible-restore", True),
        ("paused", True),
        ("incompatible-parameters", False),
        ("storage-full", False),
        ("resizing", False),
    ],
)
def test_only_an_available_cluster_is_changed_and_some_others_can_be_deleted(status: str, *, goes: bool) -> None:
    """A cluster shows the status that its tag says, and keeps its roles in it."""
    world = World(A)
    arn = f"arn:aws:redshift:eu-west-1:{ACCOUNT}:cluster:c"
    tags = [{"Key": "status", "Value": status}, {"Key": "team", "Value": "data"}]
    world.redshift.create_tags(Someone(), {"ResourceName": arn, "Tags": tags})
    shown, refused = world.shown(), {}
    for name, change in (
        ("modify", lambda: world.modify(RemoveIamRoles=[A])),
        ("delete", lambda: world.redshift.delete_cluster(Someone(), {"ClusterIdentifier": "c", **_NO_SNAPSHOT})),
    ):
        try:
            change()
        except RefusedError as error:
            refused[name] = error.code
        world.time += 4.0

    assert (status, {A: "in-sync"}) == (shown["ClusterStatus"], {A: shown["IamRoles"][0]["ApplyStatus"]})
    assert refused == {
        **({} if status == "available" else {"modify": "InvalidClusterState"}),
        **({} if goes else {"delete": "InvalidClusterState"}),
    }


@pytest.mark.parametrize("default", ["", B])
def test_fails_when_a_call_removes_roles_and_sets_the_default_where_that_needs_two(default: str) -> None:
    """Where Redshift behaves as reported in 2022, the default comes first; elsewhere one call does both."""
    world = World(A, B, default_alone=True)
    with pytest.raises(RefusedError, match="should contain the default IAM role") as caught:
        world.modify(RemoveIamRoles=[A], DefaultIamRoleArn=default)

    assert ("InvalidParameterValue", {A: "in-sync", B: "in-sync"}) == (caught.value.code, world.roles())
    world.modify(AddIamRoles=[B], DefaultIamRoleArn=default)
    world.time += 4.0
    world.modify(RemoveIamRoles=[A])
    elsewhere = World(A, B)
    elsewhere.modify(RemoveIamRoles=[A], DefaultIamRoleArn=default)
    assert {A: "removing", B: "in-sync"} == world.roles() == elsewhere.roles()


def _some(*arns: str) -> st.SearchStrategy[list[str]]:
    return st.lists(st.sampled_from(arns), max_size=3)


@given(
    st.lists(
        st.tuples(
            st.fixed_dictionaries(
                {},
                optional={
                    "AddIamRoles": _some(C, D, E),
                    "RemoveIamRoles": _some(C, D, E),
                    "DefaultIamRoleArn": st.sampled_from(["", C, D]),
                },
            ),
            st.sampled_from([0.0, 3.0, 6.0]),
        ),
        max_size=8,
    )
)
def test_a_change_does_what_it_asks_or_nothing(steps: list[tuple[Json, float]]) -> None:
    """Whatever is asked, the default role is associated, and no role is listed twice; an empty request is no change."""
    redshift = FakeRedshift(roles={C: 0.0}, default=C, takes=5.0)
    free = 0.0
    for request, seconds in steps:
        before = redshift.describe_clusters(ClusterIdentifier=CLUSTER)["Clusters"][0]
        there = {role["IamRoleArn"] for role in before["IamRoles"] if role["ApplyStatus"] != "removing"}
        wanted = (there | {*request.get("AddIamRoles", [])}) - {*request.get("RemoveIamRoles", [])}
        default = request.get("DefaultIamRoleArn", before.get("DefaultIamRoleArn"))
        refused = redshift.time < free or request.get("DefaultIamRoleArn") not in {None, "", *wanted}
        if refused:
            with pytest.raises(ClientError):
                redshift.modify_cluster_iam_roles(ClusterIdentifier=CLUSTER, **request)
        else:
            redshift.modify_cluster_iam_roles(ClusterIdentifier=CLUSTER, **request)
        after = redshift.describe_clusters(ClusterIdentifier=CLUSTER)["Clusters"][0]
        arns = [role["IamRoleArn"] for role in after["IamRoles"]]
        if refused or not any(value != [] for value in request.values()):
            assert before == after
        else:
            free = redshift.time + 2.5
            assert wanted == {role["IamRoleArn"] for role in after["IamRoles"] if role["ApplyStatus"] != "removing"}
            assert (default if default in wanted else None) == after.get("DefaultIamRoleArn")
        assert sorted(set(arns)) == sorted(arns)
        redshift.time += seconds
