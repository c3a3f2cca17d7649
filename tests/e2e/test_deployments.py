"""
What really happens: bootstrap, deploy, change, fail, roll back, destroy; with IAM enforced, and foreign roles there.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.e2e.apps import DENIED, SHARED, STUCK
from tests.e2e.aws import Aws
from tests.emulator.server import ACCOUNT, client
from tests.programs import ROOT

FOREIGN = f"arn:aws:iam::{ACCOUNT}:role/Foreign"
TRUST = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": {"Service": "redshift.amazonaws.com"}, "Action": "sts:AssumeRole"}],
}
IN_SYNC = "in-sync"


@pytest.fixture(scope="session")
def foreign(aws: Aws) -> str:
    """
    Three clusters that are not ours, each with a foreign role that is its default.
    """
    aws.client("iam").create_role(RoleName="Foreign", AssumeRolePolicyDocument=json.dumps(TRUST))
    redshift = aws.client("redshift")
    for identifier in (SHARED, STUCK, DENIED):
        redshift.create_cluster(
            ClusterIdentifier=identifier,
            NodeType="ra3.large",
            MasterUsername="admin",
            IamRoles=[FOREIGN],
            DefaultIamRoleArn=FOREIGN,
        )
    return FOREIGN


@pytest.fixture(scope="session")
def doomed(aws: Aws, foreign: str) -> Iterator[dict[str, subprocess.Popen[str]]]:  # noqa: ARG001  its clusters
    """
    Two deployments that fail in time, while others succeed.
    """
    running = {state: aws.start(*aws.deployment(state)) for state in ("stuck", "denied")}
    yield running
    for process in running.values():
        process.kill()


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[subprocess.Popen[str]]:
    """
    What `make demo` runs, while others deploy.
    """
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


def _name(arn: str) -> str:
    return arn.rpartition("/")[2]


def _settled(aws: Aws, identifier: str) -> dict[str, str]:
    """
    Wait until nothing of a cluster is on its way any more: CloudFormation itself does not.
    """
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline and set(aws.roles(identifier).values()) != {IN_SYNC}:
        time.sleep(0.2)
    return aws.roles(identifier)


@pytest.mark.usefixtures("doomed")
def test_the_app_deploys_and_its_people_may_do_exactly_what_their_policy_says(aws: Aws) -> None:
    """
    The cluster has its role in sync; a user with nothing but the generated policy can associate it, and nothing else.
    """
    aws.deploy("app")
    outputs = aws.outputs("RedshiftWarehouse")
    cluster = outputs["Endpoint"].partition(".")[0]
    role = outputs["RoleArn"]

    assert {_name(role): IN_SYNC} == _settled(aws, cluster)
    assert f"IAM_ROLE '{role}' FORMAT AS PARQUET;" in outputs["CopyCommand"]

    iam = aws.client("iam")
    iam.create_user(UserName="loader")
    iam.attach_user_policy(UserName="loader", PolicyArn=outputs["UserPolicyArn"])
    key = iam.create_access_key(UserName="loader")["AccessKey"]
    iam.create_role(RoleName="Stranger", AssumeRolePolicyDocument=json.dumps(TRUST))
    stranger = f"arn:aws:iam::{ACCOUNT}:role/Stranger"
    redshift, people = (
        client(aws.environment, service, key["AccessKeyId"], key["SecretAccessKey"]) for service in ("redshift", "iam")
    )

    def attempt(call: Any, *, after: float = 0.0, **arguments: Any) -> str:
        time.sleep(after)
        try:
            call(**arguments)
        except ClientError as error:
            return str(error.response["Error"]["Code"])
        return "allowed"

    modify = redshift.modify_cluster_iam_roles
    assert {
        "describe": "allowed",
        "remove": "allowed",
        "add": "allowed",
        "add a stranger": "AccessDenied",
        "another cluster": "AccessDenied",
        "delete": "AccessDenied",
        "create another": "AccessDenied",
        "make a role": "AccessDenied",
    } == {
        "describe": attempt(redshift.describe_clusters),
        "remove": attempt(modify, ClusterIdentifier=cluster, RemoveIamRoles=[role]),
        "add": attempt(modify, after=1.2, ClusterIdentifier=cluster, AddIamRoles=[role]),
        "add a stranger": attempt(modify, after=0.6, ClusterIdentifier=cluster, AddIamRoles=[stranger]),
        "another cluster": attempt(modify, ClusterIdentifier="elsewhere", AddIamRoles=[role]),
        "delete": attempt(redshift.delete_cluster, ClusterIdentifier=cluster, SkipFinalClusterSnapshot=True),
        "create another": attempt(
            redshift.create_cluster, ClusterIdentifier="mine", NodeType="ra3.large", MasterUsername="me"
        ),
        "make a role": attempt(people.create_role, RoleName="Mine", AssumeRolePolicyDocument=json.dumps(TRUST)),
    }


@pytest.mark.usefixtures("demo")
def test_the_roles_of_a_cluster_of_ours_change(aws: Aws) -> None:
    """
    From one to three, the third the default, and back to one, with none.
    """
    aws.client("redshift").create_cluster_subnet_group(
        ClusterSubnetGroupName="subnets", Description="Subnets that are there", SubnetIds=["subnet-1", "subnet-2"]
    )
    counts, defaults = [], []
    for state in ("roles-1", "roles-3", "roles-1"):
        aws.deploy(state)
        counts.append(len([status for status in _settled(aws, "own").values() if status == IN_SYNC]))
        defaults.append("DefaultIamRoleArn" in aws.cluster("own"))

    assert ([1, 3, 1], [False, True, False]) == (counts, defaults)


def test_roles_join_a_cluster_that_is_not_ours(aws: Aws, foreign: str) -> None:
    """
    Each deployment ends when all is in sync; the foreign role stays, and is the default again when ours no longer is.
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


def test_what_cannot_work_fails_clearly_and_leaves_nothing(
    aws: Aws, foreign: str, doomed: dict[str, subprocess.Popen[str]]
) -> None:
    """
    A role that is stuck, and one that may not be passed: the reason names both, and the rollback removes ours.
    """
    said = {state: process.communicate()[0] for state, process in doomed.items()}

    assert all(process.returncode != 0 for process in doomed.values())
    assert f"cluster {STUCK}: not done in 30 seconds" in said["stuck"]
    assert "role/OursStuck is adding" in said["stuck"]
    assert f"cluster {DENIED}: arn:aws:iam::{ACCOUNT}:role/OursDenied: AccessDenied" in said["denied"]
    assert {_name(foreign): IN_SYNC} == _settled(aws, STUCK) == _settled(aws, DENIED)
    assert [_name(foreign)] * 2 == [_name(aws.cluster(name)["DefaultIamRoleArn"]) for name in (STUCK, DENIED)]


def test_destroying_leaves_what_is_others(aws: Aws, foreign: str) -> None:
    """
    Our stacks and our roles go, the foreign role stays, and is the default.
    """
    for state in ("no-default", "roles-1"):
        aws.cdk("destroy", "--all", "--force", "--app", str(aws.folder / state), "--output", state)

    assert {_name(foreign): IN_SYNC} == _settled(aws, SHARED)
    assert foreign == aws.cluster(SHARED)["DefaultIamRoleArn"]
    with pytest.raises(ClientError, match="ClusterNotFound"):
        aws.cluster("own")


def test_the_demo_shows_a_deployment(demo: subprocess.Popen[str]) -> None:
    """
    It deploys, shows the outputs and the role in sync, destroys, and leaves no files.
    """
    said, _ = demo.communicate()

    assert 0 == demo.returncode, said
    assert "RedshiftWarehouse.CopyCommand = COPY " in said
    assert "  in-sync  arn:aws:iam::" in said
    assert "RedshiftWarehouse: destroyed" in said
    assert said.endswith("demo: done; the account is gone\n")
