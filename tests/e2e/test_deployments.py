"""What really happens: bootstrap, deploy, change, fail, roll back, destroy; with IAM enforced, and foreign
roles there.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor

import pytest
from botocore.exceptions import ClientError

from tests.e2e.apps import DENIED, MOVING, SHARED, STUCK
from tests.e2e.aws import Aws
from tests.support.emulator.server import ACCOUNT, client
from tests.support.programs import ROOT

FOREIGN = f"arn:aws:iam::{ACCOUNT}:role/Foreign"
TRUST = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": {"Service": "redshift.amazonaws.com"}, "Action": "sts:AssumeRole"}],
}
IN_SYNC = "in-sync"


@pytest.fixture(scope="session")
def foreign(aws: Aws) -> str:
    """Four clusters that are not ours, each with a foreign role that is its default."""
    aws.client("iam").create_role(RoleName="Foreign", AssumeRolePolicyDocument=json.dumps(TRUST))
    redshift = aws.client("redshift")
    for identifier in (SHARED, STUCK, DENIED, MOVING):
        redshift.create_cluster(
            ClusterIdentifier=identifier,
            NodeType="ra3.large",
            MasterUsername="admin",
            IamRoles=[FOREIGN],
            DefaultIamRoleArn=FOREIGN,
        )
    return FOREIGN


Told = tuple[int, str]


@pytest.fixture(scope="session")
def doomed(aws: Aws, foreign: str) -> Iterator[dict[str, Future[Told]]]:  # noqa: ARG001  its clusters
    """An update and a creation that fail in time, while others succeed."""
    with ThreadPoolExecutor() as pool:
        yield {"stuck": pool.submit(_fail, aws, "before-stuck", "stuck"), "denied": pool.submit(_fail, aws, "denied")}


def _fail(aws: Aws, *states: str) -> Told:
    """Deploy an app in all of its states but the last, which fails."""
    for state in states[:-1]:
        aws.deploy(state)
    process = aws.start(*aws.deployment(states[-1]))
    said, _ = process.communicate()
    return process.returncode, said


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[subprocess.Popen[str]]:
    """What `make demo` runs, while others deploy."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.e2e.demo"],
        cwd=ROOT,
        env={**os.environ, "TMPDIR": str(tmp_path_factory.mktemp("demo"))},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    yield process
    process.terminate()
    process.communicate(timeout=20)


def _name(arn: str) -> str:
    return arn.rpartition("/")[2]


def _settled(aws: Aws, identifier: str) -> dict[str, str]:
    """Wait until nothing of a cluster is on its way any more: CloudFormation itself does not."""
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline and set(aws.roles(identifier).values()) != {IN_SYNC}:
        time.sleep(0.2)
    return aws.roles(identifier)


@pytest.fixture(scope="session")
def outputs(aws: Aws) -> dict[str, str]:
    """The outputs of `app.py`, deployed, and what its cluster is called."""
    aws.deploy("app")
    found = aws.outputs("RedshiftWarehouse")
    return {**found, "Cluster": found["Endpoint"].partition(".")[0]}


@pytest.mark.usefixtures("doomed")
def test_the_app_deploys(aws: Aws, outputs: dict[str, str]) -> None:
    """Its cluster has its role, in sync, and the command to load data names it."""
    assert {_name(outputs["RoleArn"]): IN_SYNC} == _settled(aws, outputs["Cluster"])
    assert f"IAM_ROLE '{outputs['RoleArn']}' FORMAT AS PARQUET;" in outputs["CopyCommand"]


def _attempt(call: Callable[..., object], **arguments: object) -> str:
    """Call until the cluster is not busy any more, and say how it went."""
    deadline = time.monotonic() + 10
    while (outcome := _outcome(call, arguments)) == "InvalidClusterState" and time.monotonic() < deadline:
        time.sleep(0.2)
    return outcome


def _outcome(call: Callable[..., object], arguments: Mapping[str, object]) -> str:
    try:
        call(**arguments)
    except ClientError as error:
        return str(error.response["Error"]["Code"])
    return "allowed"


def test_a_user_may_do_what_the_policy_says_and_nothing_else(aws: Aws, outputs: dict[str, str]) -> None:
    """With nothing but the generated policy: change the roles of its cluster, and create it when it is not there."""
    iam, cluster, role = aws.client("iam"), outputs["Cluster"], outputs["RoleArn"]
    iam.create_user(UserName="loader")
    iam.attach_user_policy(UserName="loader", PolicyArn=outputs["UserPolicyArn"])
    key = iam.create_access_key(UserName="loader")["AccessKey"]
    trust = json.dumps(TRUST)
    stranger = iam.create_role(RoleName="Stranger", AssumeRolePolicyDocument=trust)["Role"]["Arn"]
    redshift, people = (
        client(aws.environment, service, key["AccessKeyId"], key["SecretAccessKey"]) for service in ("redshift", "iam")
    )
    modify, create = redshift.modify_cluster_iam_roles, redshift.create_cluster
    new = {"NodeType": "ra3.large", "MasterUsername": "me"}

    done = {
        "describe": _attempt(redshift.describe_clusters),
        "remove": _attempt(modify, ClusterIdentifier=cluster, RemoveIamRoles=[role]),
        "add": _attempt(modify, ClusterIdentifier=cluster, AddIamRoles=[role]),
        "make it the default": _attempt(modify, ClusterIdentifier=cluster, DefaultIamRoleArn=role),
        "add a stranger": _attempt(modify, ClusterIdentifier=cluster, AddIamRoles=[stranger]),
        "another cluster": _attempt(modify, ClusterIdentifier=SHARED, RemoveIamRoles=[FOREIGN]),
        "delete": _attempt(redshift.delete_cluster, ClusterIdentifier=cluster, SkipFinalClusterSnapshot=True),
        "create another": _attempt(create, ClusterIdentifier="mine", **new),
        "make a role": _attempt(people.create_role, RoleName="Mine", AssumeRolePolicyDocument=trust),
    }
    delete = aws.client("redshift").delete_cluster
    assert "allowed" == _attempt(delete, ClusterIdentifier=cluster, SkipFinalClusterSnapshot=True)
    done["create it with a stranger"] = _attempt(create, ClusterIdentifier=cluster, IamRoles=[stranger], **new)
    done["create it"] = _attempt(create, ClusterIdentifier=cluster, IamRoles=[role], **new)
    iam.detach_user_policy(UserName="loader", PolicyArn=outputs["UserPolicyArn"])
    done["describe without the policy"] = _attempt(redshift.describe_clusters)

    allowed = dict.fromkeys(("describe", "remove", "add", "make it the default", "create it"), "allowed")
    assert {**dict.fromkeys(done, "AccessDenied"), **allowed} == done


@pytest.mark.parametrize("problem", ["lambda", "Deny", "missing"])
def test_fails_when_a_role_is_missing_or_does_not_trust_redshift(aws: Aws, problem: str) -> None:
    """The emulator reads the trust policies of its own IAM."""
    arn = f"arn:aws:iam::{ACCOUNT}:role/Bad"
    if problem != "missing":
        trust = json.dumps(TRUST).replace("redshift" if problem == "lambda" else "Allow", problem)
        aws.client("iam").create_role(RoleName="Bad", AssumeRolePolicyDocument=trust)
    with pytest.raises(ClientError, match=f"The IAM role {arn} is not valid"):
        aws.client("redshift").create_cluster(
            ClusterIdentifier="bad", NodeType="ra3.large", MasterUsername="admin", IamRoles=[arn]
        )
    if problem != "missing":
        aws.client("iam").delete_role(RoleName="Bad")


@pytest.fixture(scope="session")
def own(aws: Aws) -> Iterator[Future[list[tuple[int, bool]]]]:
    """A cluster of ours in its three states, one after the other, while others deploy."""
    aws.client("redshift").create_cluster_subnet_group(
        ClusterSubnetGroupName="subnets", Description="Subnets that are there", SubnetIds=["subnet-1", "subnet-2"]
    )
    with ThreadPoolExecutor() as pool:
        yield pool.submit(lambda: [_own_roles(aws, state) for state in ("roles-3", "roles-1", "roles-3")])


def _own_roles(aws: Aws, state: str) -> tuple[int, bool]:
    """Deploy, and say how many roles are in sync, and whether one is the default."""
    aws.deploy(state)
    settled = [*_settled(aws, "own").values()]
    return settled.count(IN_SYNC), "DefaultIamRoleArn" in aws.cluster("own")


@pytest.fixture(scope="session")
def moving(aws: Aws, foreign: str) -> Iterator[Future[list[set[str]]]]:  # noqa: ARG001  its clusters
    """Associations that are renamed and exchange their roles, while others deploy."""
    with ThreadPoolExecutor() as pool:
        yield pool.submit(lambda: [_moved(aws, state) for state in ("apart", "moved", "left")])


def _moved(aws: Aws, state: str) -> set[str]:
    """Deploy, and name the roles that are in sync, and whether nothing was to be done."""
    said = aws.deploy(state)
    unchanged = {"(no changes)"} if "(no changes)" in said else set()
    return unchanged | {name for name, status in aws.roles(MOVING).items() if status == IN_SYNC}


@pytest.mark.usefixtures("own", "moving", "demo")
def test_roles_join_a_cluster_that_is_not_ours(aws: Aws, foreign: str) -> None:
    """Each deployment ends when all is in sync; the foreign role stays, and is the default again when ours no longer
    is.
    """
    seen = []
    for state in ("one", "two", "other-default", "no-default"):
        aws.deploy(state)
        default = aws.cluster(SHARED).get("DefaultIamRoleArn", "")
        seen.append((aws.roles(SHARED), _name(default)))

    both = {"Foreign": IN_SYNC, "OursX": IN_SYNC, "OursY": IN_SYNC}
    assert [
        ({"Foreign": IN_SYNC, "OursX": IN_SYNC}, _name(foreign)),
        (both, "OursX"),
        (both, "OursY"),
        ({"Foreign": IN_SYNC, "OursY": IN_SYNC}, _name(foreign)),
    ] == seen


def test_the_roles_of_a_cluster_of_ours_change(own: Future[list[tuple[int, bool]]]) -> None:
    """From three, the third the default, to one, with none, and back to three."""
    assert [(3, True), (1, False), (3, True)] == own.result()


def test_associations_are_renamed_and_roles_move_between_them(moving: Future[list[set[str]]]) -> None:
    """Nothing is to be done; one that joins later and those that leave do so by themselves, and none is left behind."""
    three = {"Foreign", "OursK", "OursL", "OursM"}

    assert [three, {*three, "(no changes)"}, {"Foreign", "OursK", "OursN"}] == moving.result()


def test_what_cannot_work_fails_clearly_and_is_rolled_back(
    aws: Aws, foreign: str, doomed: dict[str, Future[Told]]
) -> None:
    """One more role that is stuck, and one that may not be passed: the reason names both, and all is as it was
    before.
    """
    codes, said = {}, {}
    for state, future in doomed.items():
        codes[state], said[state] = future.result()

    assert {"stuck": 1, "denied": 1} == codes
    assert f"cluster {STUCK}: not done in 30 seconds" in said["stuck"]
    assert "role/OursStuck is adding" in said["stuck"]
    assert f"cluster {DENIED}: " in said["denied"]
    denied = f"is not authorized to perform: iam:PassRole on resource: arn:aws:iam::{ACCOUNT}:role/OursDenied"
    assert denied in said["denied"]
    assert {_name(foreign): IN_SYNC} == _settled(aws, DENIED)
    assert {_name(foreign): IN_SYNC, "OursZ": IN_SYNC} == _settled(aws, STUCK)
    stacks = {
        stack["StackName"]: stack["StackStatus"] for stack in aws.client("cloudformation").describe_stacks()["Stacks"]
    }
    assert ("UPDATE_ROLLBACK_COMPLETE", "ROLLBACK_COMPLETE") == (stacks["Stuck"], stacks["Denied"])
    assert [_name(foreign)] * 2 == [_name(aws.cluster(name)["DefaultIamRoleArn"]) for name in (STUCK, DENIED)]


def test_destroying_leaves_what_is_others(aws: Aws, foreign: str, outputs: dict[str, str]) -> None:
    """Our stacks and our roles go, the foreign role stays, and is the default; our warehouse leaves a snapshot. A
    cluster whose default role is cleared first is not busy any more when CloudFormation deletes it.
    """
    with ThreadPoolExecutor() as pool:
        assert 5 == len([*pool.map(aws.destroy, ("no-default", "roles-3", "before-stuck", "left", "app"))])

    assert {_name(foreign): IN_SYNC} == _settled(aws, SHARED) == _settled(aws, STUCK) == _settled(aws, MOVING)
    assert foreign == aws.cluster(SHARED)["DefaultIamRoleArn"]
    for gone in ("own", outputs["Cluster"]):
        with pytest.raises(ClientError, match="ClusterNotFound"):
            aws.cluster(gone)
    (kept,) = aws.client("redshift").describe_cluster_snapshots()["Snapshots"]
    assert f"{outputs['Cluster']}-final" == kept["SnapshotIdentifier"]
    names = {role["RoleName"] for role in aws.client("iam").list_roles()["Roles"]}
    assert {"Foreign", "Stranger"} == {name for name in names if not name.startswith("cdk-")}


def test_the_demo_shows_a_deployment(demo: subprocess.Popen[str]) -> None:
    """It deploys, shows the outputs and the role in sync, destroys, and leaves no files."""
    said, _ = demo.communicate()

    assert 0 == demo.returncode, said
    assert "RedshiftWarehouse.CopyCommand = COPY " in said
    assert "  in-sync  arn:aws:iam::" in said
    assert "RedshiftWarehouse: destroyed" in said
    assert said.endswith("demo: done; the account is gone\n")
