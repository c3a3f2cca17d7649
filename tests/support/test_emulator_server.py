"""The emulator as a server: its own IAM decides who may do what, and with which roles."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from botocore.exceptions import ClientError

from tests.support.emulator.clusters import Json
from tests.support.emulator.server import ACCOUNT, client, emulator

TRUST = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": {"Service": "redshift.amazonaws.com"}, "Action": "sts:AssumeRole"}],
}


@pytest.fixture(scope="module")
def aws(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """The server."""
    with emulator(tmp_path_factory.mktemp("emulator"), takes=0.2) as environment:
        yield environment


def _role(aws: dict[str, str], name: str, trust: Json) -> str:
    made = client(aws, "iam").create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(trust))
    return str(made["Role"]["Arn"])


def test_fails_when_a_role_is_not_there_or_trusts_somebody_else(aws: dict[str, str]) -> None:
    """The server looks at the trust policies that its own IAM keeps."""
    somebody = json.loads(json.dumps(TRUST).replace("redshift", "lambda"))
    denying = json.loads(json.dumps(TRUST).replace("Allow", "Deny"))
    arns = [
        _role(aws, "Lambda", somebody),
        _role(aws, "Denying", denying),
        f"arn:aws:iam::{ACCOUNT}:role/Nobody",
        f"arn:aws:iam::{ACCOUNT}:role/path/Lambda",
    ]
    redshift = client(aws, "redshift")
    request = {"ClusterIdentifier": "refused", "NodeType": "ra3.large", "MasterUsername": "admin"}
    for arn in arns:
        with pytest.raises(ClientError, match=f"The IAM role {arn} is not valid"):
            redshift.create_cluster(**request, IamRoles=[arn])
    assert "refused" not in [cluster["ClusterIdentifier"] for cluster in redshift.describe_clusters()["Clusters"]]


def test_fails_when_iam_does_not_allow_it(aws: dict[str, str]) -> None:
    """A user without a policy may not even look; one who may change a cluster may still not pass a role."""
    role = _role(aws, "Trusted", TRUST)
    client(aws, "redshift").create_cluster(ClusterIdentifier="own", NodeType="ra3.large", MasterUsername="admin")
    iam = client(aws, "iam")
    iam.create_user(UserName="someone")
    key = iam.create_access_key(UserName="someone")["AccessKey"]
    theirs = client(aws, "redshift", key["AccessKeyId"], key["SecretAccessKey"])
    with pytest.raises(ClientError, match="not authorized to perform: redshift:DescribeClusters"):
        theirs.describe_clusters(ClusterIdentifier="own")

    cluster = f"arn:aws:redshift:eu-west-1:{ACCOUNT}:cluster:own"
    statement = {"Effect": "Allow", "Action": "redshift:*", "Resource": cluster}
    document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    iam.put_user_policy(UserName="someone", PolicyName="own", PolicyDocument=document)
    with pytest.raises(ClientError, match=f"not authorized to perform: iam:PassRole on resource: {role}"):
        theirs.modify_cluster_iam_roles(ClusterIdentifier="own", AddIamRoles=[role])
    with pytest.raises(ClientError, match="not authorized to perform: redshift:DeleteCluster because"):
        theirs.delete_cluster(ClusterIdentifier="other", SkipFinalClusterSnapshot=True)


def test_every_third_change_is_throttled_and_boto3_tries_again(aws: dict[str, str]) -> None:
    """Looking is not."""
    redshift = client(aws, "redshift")
    redshift.create_cluster(ClusterIdentifier="throttled", NodeType="ra3.large", MasterUsername="admin")

    def retries(call: Callable[..., Json]) -> set[int]:
        return {call(ClusterIdentifier="throttled")["ResponseMetadata"]["RetryAttempts"] for _ in range(4)}

    assert {0, 1} == retries(redshift.modify_cluster_iam_roles)
    assert {0} == retries(redshift.describe_clusters)


def test_a_role_is_in_sync_after_a_while(aws: dict[str, str]) -> None:
    """In the time that the server was started with."""
    role = _role(aws, "Waiting", TRUST)
    redshift = client(aws, "redshift")
    made = redshift.create_cluster(
        ClusterIdentifier="waiting", NodeType="ra3.large", MasterUsername="admin", IamRoles=[role]
    )
    time.sleep(0.25)
    (then,) = redshift.describe_clusters(ClusterIdentifier="waiting")["Clusters"]

    assert ["adding", "in-sync"] == [shown["IamRoles"][0]["ApplyStatus"] for shown in (made["Cluster"], then)]


def test_fails_when_the_server_does_not_start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The end of its log says why."""
    monkeypatch.setattr("tests.support.emulator.server.PROGRAM", "tests.support.emulator.nothing")
    with pytest.raises(RuntimeError, match=r"No module named tests\.support\.emulator\.nothing"), emulator(tmp_path):
        pytest.fail("it runs")
