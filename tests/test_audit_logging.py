"""Where a cluster writes its audit logs."""

from __future__ import annotations

import pytest
from aws_cdk import Stack
from aws_cdk import aws_s3 as s3

from redshift_roles import RedshiftCluster
from tests.conftest import ACCOUNT, REGION
from tests.support.templates import deployed, properties_of, template_of

CLUSTER = "AWS::Redshift::Cluster"


@pytest.mark.parametrize(("identifier", "name"), [("sales", "sales"), (None, "*")])
def test_a_bucket_of_the_app_gets_the_policy_that_redshift_needs(
    stack: Stack, identifier: str | None, name: str
) -> None:
    """Redshift may write there for clusters of this account and region, for the one cluster where it has a name."""
    bucket = s3.Bucket(stack, "Logs")
    RedshiftCluster(
        stack, "Cluster", cluster_identifier=identifier, cluster_subnet_group_name="subnets", audit_log_bucket=bucket
    )

    logs = stack.resolve(bucket.bucket_arn)
    (statement,) = properties_of(stack, "AWS::S3::BucketPolicy")["PolicyDocument"]["Statement"]
    assert {"Service": "redshift.amazonaws.com"} == statement["Principal"]
    assert ["s3:GetBucketAcl", "s3:PutObject"] == statement["Action"]
    assert [logs, {"Fn::Join": ["", [logs, "/*"]]}] == statement["Resource"]
    assert {
        "StringEquals": {"aws:SourceAccount": ACCOUNT},
        "ArnLike": {"aws:SourceArn": f"arn:aws:redshift:{REGION}:{ACCOUNT}:cluster:{name}"},
    } == deployed(statement["Condition"], {"AWS::Partition": "aws"})


def test_the_cluster_waits_for_the_bucket_policy(stack: Stack) -> None:
    """Redshift checks the bucket when logging is turned on."""
    bucket = s3.Bucket(stack, "Logs")
    RedshiftCluster(stack, "Cluster", cluster_subnet_group_name="subnets", audit_log_bucket=bucket)

    resources = template_of(stack)["Resources"]
    (cluster,) = (resource for resource in resources.values() if resource["Type"] == CLUSTER)
    assert ["AWS::S3::BucketPolicy"] == [resources[name]["Type"] for name in cluster["DependsOn"]]
    assert {"LogDestinationType": "s3", "BucketName": stack.resolve(bucket.bucket_name)} == cluster["Properties"][
        "LoggingProperties"
    ]


def test_an_imported_bucket_keeps_its_policy(stack: Stack) -> None:
    """Its owner must have written the policy; nothing of it lands in the template."""
    bucket = s3.Bucket.from_bucket_name(stack, "Logs", "their-logs")
    RedshiftCluster(stack, "Cluster", cluster_subnet_group_name="subnets", audit_log_bucket=bucket)

    assert "their-logs" == properties_of(stack, CLUSTER)["LoggingProperties"]["BucketName"]
    assert not any(r["Type"] == "AWS::S3::BucketPolicy" for r in template_of(stack)["Resources"].values())
