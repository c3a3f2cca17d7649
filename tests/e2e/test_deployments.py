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
from typing import NamedTuple

import pytest
from botocore.exceptions import ClientError

from tests.e2e.apps import (
    ALONE,
    BROKEN,
    DENIED,
    FIVE,
    FOREIGN,
    MOVING,
    NAMESPACE,
    OWN,
    SHARED,
    SHARED_NAMESPACE,
    STUCK,
    WRITTEN,
)
from tests.e2e.aws import TRUST, Aws, Cluster
from tests.support.emulator.clusters import STATUS_TAG
from tests.support.emulator.server import ACCOUNT, REGION, client
from tests.support.programs import ROOT

UNTOUCHED = Cluster({"Foreign": "in-sync"}, "Foreign")
# How the roles of the stack Five are named.
OF_FIVE = ("Five-", "OursFive")


class Deployed(NamedTuple):
    """What a deployment has said, with which exit code, and all clusters and namespaces after it."""

    code: int
    said: str
    clusters: dict[str, Cluster]
    namespaces: dict[str, Cluster]


@pytest.fixture(scope="session")
def account(aws: Aws) -> Aws:
    """The account, with clusters and a namespace that are not ours: each has a foreign role that is its default."""
    iam, redshift, serverless = (aws.client(service) for service in ("iam", "redshift", "redshift-serverless"))
    for name in ("Foreign", "Named"):
        iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(TRUST))
    for identifier in (SHARED, MOVING, WRITTEN, STUCK, DENIED, *BROKEN, *FIVE):
        redshift.create_cluster(
            ClusterIdentifier=identifier,
            NodeType="ra3.large",
            MasterUsername="admin",
            IamRoles=[FOREIGN],
            DefaultIamRoleArn=FOREIGN,
        )
    serverless.create_namespace(namespaceName=SHARED_NAMESPACE, iamRoles=[FOREIGN], defaultIamRoleArn=FOREIGN)
    redshift.create_cluster_subnet_group(
        ClusterSubnetGroupName="subnets", Description="Subnets that are there", SubnetIds=["subnet-1", "subnet-2"]
    )
    return aws


def _deploy(aws: Aws, state: str, *words: str) -> Deployed:
    return _run(aws, *aws.deployment(state, *words))


def _run(aws: Aws, *words: str) -> Deployed:
    process = aws.start(*words)
    said, _ = process.communicate()
    return Deployed(process.returncode, said, aws.clusters(), aws.namespaces())


def _succeed(aws: Aws, *states: str) -> list[Deployed]:
    """Deploy states one after the other; CloudFormation does not wait for the roles of a cluster."""
    seen = []
    for state in states:
        done = _deploy(aws, state)
        assert 0 == done.code, done.said
        seen.append(done._replace(clusters={**done.clusters, OWN: aws.settled(OWN)}))
    return seen


def _five(aws: Aws) -> list[Deployed]:
    """Associate with five clusters, then with five others, and then with none."""
    others = (f"Five:Cluster{number}={FIVE[number + 5]}" for number in range(5))
    parameters = [word for other in others for word in ("--parameters", other)]
    return [
        _deploy(aws, "five"),
        _deploy(aws, "five", *parameters),
        _run(aws, *aws.destruction("five")),
    ]


@pytest.fixture(scope="session")
def lanes(account: Aws) -> Iterator[dict[str, Future[list[Deployed]]]]:
    """Deployments that run side by side, while tests look at what is done: when the first is done, two others."""
    with ThreadPoolExecutor() as pool:
        first = pool.submit(_succeed, account, "first")
        yield {
            "denied": pool.submit(lambda: [_deploy(account, "denied")]),
            "main": pool.submit(lambda: [*first.result(), *_succeed(account, "second", "third", "fourth")]),
            "five": pool.submit(_five, account),
            "stuck": pool.submit(lambda: [*first.result(), _deploy(account, "stuck")]),
        }


@pytest.fixture(scope="session")
def main_lane(lanes: dict[str, Future[list[Deployed]]]) -> list[Deployed]:
    """The four states of what succeeds."""
    return lanes["main"].result()


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


@pytest.fixture(scope="session")
def outputs(account: Aws) -> dict[str, str]:
    """The outputs of `app.py`, deployed, and what its cluster is called."""
    account.deploy("app")
    found = account.outputs("RedshiftWarehouse")
    return {**found, "Cluster": found["Endpoint"].partition(".")[0]}


@pytest.mark.usefixtures("demo", "lanes")
def test_the_app_deploys(account: Aws, outputs: dict[str, str]) -> None:
    """Its cluster has its role, in sync, and the command to load data names it."""
    assert {outputs["RoleArn"].rpartition("/")[2]} == account.settled(outputs["Cluster"]).in_sync
    assert f"IAM_ROLE '{outputs['RoleArn']}' FORMAT AS PARQUET;" in outputs["CopyCommand"]


_BUSY = ("InvalidClusterState", "ConflictException")


def _attempt(call: Callable[..., object], **arguments: object) -> str:
    """Call until the cluster or namespace is not busy any more, and say how it went."""
    deadline = time.monotonic() + 10
    while (outcome := _outcome(call, arguments)) in _BUSY and time.monotonic() < deadline:
        time.sleep(0.2)
    return outcome


def _outcome(call: Callable[..., object], arguments: Mapping[str, object]) -> str:
    try:
        call(**arguments)
    except ClientError as error:
        return str(error.response["Error"]["Code"])
    return "allowed"


def test_a_user_may_do_what_the_policy_says_and_nothing_else(account: Aws, outputs: dict[str, str]) -> None:
    """With nothing but the generated policy: change the roles of its cluster, and create it when it is not there."""
    iam, cluster, role = account.client("iam"), outputs["Cluster"], outputs["RoleArn"]
    iam.create_user(UserName="loader")
    iam.attach_user_policy(UserName="loader", PolicyArn=outputs["UserPolicyArn"])
    key = iam.create_access_key(UserName="loader")["AccessKey"]
    trust = json.dumps(TRUST)
    stranger = iam.create_role(RoleName="Stranger", AssumeRolePolicyDocument=trust)["Role"]["Arn"]
    redshift, people = (
        client(account.environment, service, key["AccessKeyId"], key["SecretAccessKey"])
        for service in ("redshift", "iam")
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
    delete = account.client("redshift").delete_cluster
    assert "allowed" == _attempt(delete, ClusterIdentifier=cluster, SkipFinalClusterSnapshot=True)
    done["create it with a stranger"] = _attempt(create, ClusterIdentifier=cluster, IamRoles=[stranger], **new)
    done["create it"] = _attempt(create, ClusterIdentifier=cluster, IamRoles=[role], **new)
    iam.detach_user_policy(UserName="loader", PolicyArn=outputs["UserPolicyArn"])
    done["describe without the policy"] = _attempt(redshift.describe_clusters)

    allowed = dict.fromkeys(("describe", "remove", "add", "make it the default", "create it"), "allowed")
    assert {**dict.fromkeys(done, "AccessDenied"), **allowed} == done


def test_the_roles_of_a_namespace_change(main_lane: list[Deployed]) -> None:
    """A role comes and is the default, and then the other one goes."""
    seen = [done.namespaces[NAMESPACE] for done in main_lane[:3]]
    (own,) = set.intersection(*(set(each.roles) for each in seen)) - {"OursNightly"}

    assert [({own, "OursHourly"}, "OursHourly"), ({own, "OursHourly", "OursNightly"}, "OursNightly")] == [
        (set(each.roles), each.default) for each in seen[:2]
    ]
    staying = {name for name, status in seen[2].roles.items() if status != "removing"}
    assert ({own, "OursNightly"}, "OursNightly") == (staying, seen[2].default)


@pytest.mark.usefixtures("main_lane")
def test_a_user_may_change_the_roles_of_a_namespace_and_nothing_else(account: Aws) -> None:
    """With nothing but the generated policy: this namespace and no other, these roles and no other, to Serverless
    alone.
    """
    iam, outputs = account.client("iam"), account.outputs("Serverless")
    own, nightly = outputs["RoleArn"], f"arn:aws:iam::{ACCOUNT}:role/OursNightly"
    iam.create_user(UserName="analyst")
    iam.attach_user_policy(UserName="analyst", PolicyArn=outputs["UserPolicyArn"])
    key = iam.create_access_key(UserName="analyst")["AccessKey"]
    serverless, redshift = (
        client(account.environment, service, key["AccessKeyId"], key["SecretAccessKey"])
        for service in ("redshift-serverless", "redshift")
    )
    update = serverless.update_namespace

    done = {
        "show": _attempt(serverless.get_namespace, namespaceName=NAMESPACE),
        "list": _attempt(serverless.list_namespaces),
        "remove": _attempt(update, namespaceName=NAMESPACE, iamRoles=[own], defaultIamRoleArn=own),
        "add": _attempt(update, namespaceName=NAMESPACE, iamRoles=[own, nightly], defaultIamRoleArn=nightly),
        "add a stranger": _attempt(
            update, namespaceName=NAMESPACE, iamRoles=[own, nightly, FOREIGN], defaultIamRoleArn=own
        ),
        "show another": _attempt(serverless.get_namespace, namespaceName=SHARED_NAMESPACE),
        "another namespace": _attempt(update, namespaceName=SHARED_NAMESPACE, iamRoles=[own], defaultIamRoleArn=own),
        "create another": _attempt(serverless.create_namespace, namespaceName="mine"),
        "delete": _attempt(serverless.delete_namespace, namespaceName=NAMESPACE),
        "clusters": _attempt(redshift.describe_clusters),
    }
    statement = {"Effect": "Allow", "Action": "redshift:*", "Resource": "*"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    iam.put_user_policy(UserName="analyst", PolicyName="Clusters", PolicyDocument=document)
    done["pass it to a cluster"] = _attempt(
        redshift.modify_cluster_iam_roles, ClusterIdentifier=SHARED, AddIamRoles=[own]
    )

    allowed = dict.fromkeys(("show", "list", "remove", "add"), "allowed")
    refused = {**dict.fromkeys(done, "AccessDeniedException"), "clusters": "AccessDenied"}
    assert {**refused, **allowed, "pass it to a cluster": "AccessDenied"} == done
    command = [sys.executable, "-m", "redshift_roles", "status", "--namespace", NAMESPACE, "--wait", "--format", "json"]
    shown = subprocess.run(command, cwd=ROOT, env=account.environment, capture_output=True, text=True, check=False)
    assert 0 == shown.returncode, shown.stderr
    report = json.loads(shown.stdout)
    assert ({own, nightly}, nightly) == ({role["arn"] for role in report["roles"]}, report["defaultRole"])


@pytest.mark.parametrize("problem", ["lambda", "Deny", "missing"])
def test_fails_when_a_role_is_missing_or_does_not_trust_redshift(account: Aws, problem: str) -> None:
    """The emulator reads the trust policies of its own IAM."""
    arn = f"arn:aws:iam::{ACCOUNT}:role/Bad"
    if problem != "missing":
        trust = json.dumps(TRUST).replace("redshift" if problem == "lambda" else "Allow", problem)
        account.client("iam").create_role(RoleName="Bad", AssumeRolePolicyDocument=trust)
    with pytest.raises(ClientError, match=f"The IAM role {arn} is not valid"):
        account.client("redshift").create_cluster(
            ClusterIdentifier="bad", NodeType="ra3.large", MasterUsername="admin", IamRoles=[arn]
        )
    if problem != "missing":
        account.client("iam").delete_role(RoleName="Bad")


def test_roles_join_a_cluster_that_is_not_ours(main_lane: list[Deployed]) -> None:
    """Each deployment ends when all is in sync; the foreign role stays, and is the default again when ours no longer
    is.
    """
    assert [
        ({"Foreign", "OursX"}, "Foreign"),
        ({"Foreign", "OursX", "OursY"}, "OursX"),
        ({"Foreign", "OursX", "OursY"}, "OursY"),
        ({"Foreign", "OursY"}, "Foreign"),
    ] == [(done.clusters[SHARED].in_sync, done.clusters[SHARED].default) for done in main_lane]


def test_the_roles_of_a_cluster_of_ours_change(main_lane: list[Deployed]) -> None:
    """From three, the third the default, to one, with none, and back to three."""
    seen = [done.clusters[OWN] for done in main_lane[:3]]

    assert [(3, True), (1, False), (3, True)] == [(len(each.in_sync), each.default != "") for each in seen]


def test_the_default_role_of_a_cluster_is_set_alone(main_lane: list[Deployed]) -> None:
    """CloudFormation associates the two roles, and the association makes one the default, and then the other."""
    first, second = (done.clusters[ALONE] for done in main_lane[:2])

    assert 2 == len(first.in_sync) == len(first.roles)
    assert {first.default, second.default} == first.in_sync == second.in_sync
    assert first.default != second.default


def test_associations_are_renamed_and_roles_move_between_them(main_lane: list[Deployed]) -> None:
    """Nothing is to be done; one that joins later and those that leave do so by themselves, and none is left behind."""
    three = {"Foreign", "OursK", "OursL", "OursM"}

    assert [three, three, {"Foreign", "OursK", "OursN"}] == [done.clusters[MOVING].in_sync for done in main_lane[:3]]
    assert "Moving (no changes)" in main_lane[1].said


def test_a_cluster_and_a_role_are_written_another_way(main_lane: list[Deployed]) -> None:
    """By parameters, by literals, by the export of another stack and the name of a role: they stay what they are."""
    expected = ({"Foreign", "Named", "OursWritten"}, "OursWritten")
    seen = [done.clusters[WRITTEN] for done in main_lane[:3]]

    assert [expected] * 3 == [(each.in_sync, each.default) for each in seen]
    assert [3, 3, 3] == [len(each.roles) for each in seen]


def test_what_cannot_work_fails_clearly_and_is_rolled_back(
    account: Aws, lanes: dict[str, Future[list[Deployed]]]
) -> None:
    """One more role that is stuck, and one that may not be passed: the reason names both, and all is as it was
    before.
    """
    (_, stuck), (denied,) = lanes["stuck"].result(), lanes["denied"].result()

    assert (1, 1) == (stuck.code, denied.code)
    assert f"cluster {STUCK}: not done in 30 seconds" in stuck.said
    assert "role/OursStuck is adding" in stuck.said
    assert f"cluster {DENIED}: " in denied.said
    reason = f"is not authorized to perform: iam:PassRole on resource: arn:aws:iam::{ACCOUNT}:role/OursDenied"
    assert reason in denied.said
    assert UNTOUCHED == account.settled(DENIED)
    assert ({"Foreign", "OursZ"}, "Foreign") == (account.settled(STUCK).in_sync, account.settled(STUCK).default)
    stacks = {
        stack["StackName"]: stack["StackStatus"]
        for stack in account.client("cloudformation").describe_stacks()["Stacks"]
    }
    assert ("UPDATE_ROLLBACK_COMPLETE", "ROLLBACK_COMPLETE") == (stacks["Stuck"], stacks["Denied"])


@pytest.mark.usefixtures("main_lane")
def test_destroying_leaves_what_is_others(account: Aws, outputs: dict[str, str]) -> None:
    """Our stacks and our roles go, the foreign role stays, and is the default; our warehouse leaves a snapshot. A
    cluster whose default role is cleared first is not busy any more when CloudFormation deletes it. From clusters that
    are broken nothing can be removed, and the stacks go all the same.
    """
    for identifier, status in zip((*BROKEN, ALONE), ("storage-full", "hardware-failure", "paused"), strict=True):
        arn = f"arn:aws:redshift:{REGION}:{ACCOUNT}:cluster:{identifier}"
        account.client("redshift").create_tags(ResourceName=arn, Tags=[{"Key": STATUS_TAG, "Value": status}])
    with ThreadPoolExecutor() as pool:
        assert 2 == len([*pool.map(account.destroy, ("first", "app"))])

    left = {name: cluster for name, cluster in account.clusters().items() if name not in FIVE}
    assert {*BROKEN, SHARED, MOVING, WRITTEN, STUCK, DENIED} == set(left)
    broken = Cluster({"Foreign": "in-sync", "OursBroken": "in-sync"}, "Foreign")
    assert {**dict.fromkeys(left, UNTOUCHED), **dict.fromkeys(BROKEN, broken)} == left
    (kept,) = account.client("redshift").describe_cluster_snapshots()["Snapshots"]
    assert f"{outputs['Cluster']}-final" == kept["SnapshotIdentifier"]
    assert {SHARED_NAMESPACE: UNTOUCHED} == account.namespaces()
    # Five associations are still there, and change their clusters meanwhile.
    assert {"Foreign", "Named", "Stranger"} == {name for name in account.roles() if not name.startswith(OF_FIVE)}


def test_five_associations_change_their_clusters_at_once(
    account: Aws, lanes: dict[str, Future[list[Deployed]]]
) -> None:
    """IAM attaches ten policies to a role, which is enough; the clusters they leave are as they were before, and in the
    end no role is left.
    """
    seen = lanes["five"].result()

    assert [0, 0, 0] == [done.code for done in seen], [done.said for done in seen if done.code]
    ours, default = Cluster({"Foreign": "in-sync", "OursFive": "in-sync"}, "Foreign"), "OursFive"
    with_ours, untouched = [ours._replace(default=default), *[ours] * 4], [UNTOUCHED] * 5
    assert [with_ours + untouched, untouched + with_ours, untouched * 2] == [
        [done.clusters[name] for name in FIVE] for done in seen
    ]
    assert [] == [name for name in account.roles() if name.startswith(OF_FIVE)]


def test_the_demo_shows_deployments(demo: subprocess.Popen[str]) -> None:
    """It deploys, shows the outputs, the roles in sync, also on a cluster that exists, and the access map of both; it
    destroys, what is others' stays there, and no file stays.
    """
    said, _ = demo.communicate()

    assert 0 == demo.returncode, said
    assert "RedshiftWarehouse.CopyCommand = COPY " in said
    roles = [line.rpartition("/")[2].partition(" ")[0] for line in said.splitlines() if line.startswith("  in-sync  ")]
    theirs, own, *both, left = roles
    assert own.startswith("RedshiftWarehouse-WarehouseRole")
    assert ("ReportingTeam", ["ReportingTeam", "Reports"], "ReportingTeam") == (theirs, both, left)
    reached = " ".join(said.split())
    assert "role Warehouse/Role reads bucket Landing/landing/*" in reached
    assert "cluster reporting (not in these templates) has role ReportsRole" in reached
    assert "RedshiftWarehouse: destroyed" in said
    assert "Reports: destroyed" in said
    assert said.endswith("demo: done; the account is gone\n")
