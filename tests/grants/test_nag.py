"""What cdk-nag reports about each grant, as docs/cdk-nag.md says."""

from __future__ import annotations

from collections.abc import Callable

import aws_cdk as cdk
import pytest
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kinesis as kinesis
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_secretsmanager as secretsmanager

from redshift_roles import RedshiftRole, RoleChain
from tests.support import nag
from tests.support.granted import HERE

MSK = f"arn:aws:kafka:{HERE}:cluster/c/1"
GROUPS = f"arn:aws:kafka:{HERE}:group/c/1/*"
TRAINING_LOGS = f"arn:<AWS::Partition>:logs:{HERE}:log-group:/aws/sagemaker"
MODELS = (
    "automl-job compilation-job endpoint endpoint-config hyper-parameter-tuning-job model processing-job training-job "
    "transform-job"
).split()
JOBS = ("ProcessingJobs", "TrainingJobs", "TransformJobs")


def _secret(role: RedshiftRole) -> secretsmanager.ISecret:
    arn = f"arn:aws:secretsmanager:{HERE}:secret:sales-Ab12Cd"
    return secretsmanager.Secret.from_secret_complete_arn(role, "S", arn)


@pytest.mark.parametrize(
    ("grant", "resources"),
    [
        (lambda role, _: role.redshift_grants.copy_from_emr("j-1"), set()),
        (lambda role, bucket: role.redshift_grants.copy_over_ssh(bucket, "hosts.json"), set()),
        (
            lambda role, bucket: role.redshift_grants.unload_to(bucket, prefix="p/", clean_path=True),
            {"arn:aws:s3:::sales/p/*"},
        ),
        (
            lambda role, bucket: role.redshift_grants.external_schema("d", bucket=bucket, prefix="p/", tables=["t"]),
            {"arn:aws:s3:::sales/p/*"},
        ),
        (
            lambda role, _: role.redshift_grants.external_schema("d", lake_formation=True),
            {"*", f"arn:<AWS::Partition>:glue:{HERE}:table/d/*"},
        ),
        (lambda role, _: role.redshift_grants.stream_from_msk(MSK, ["t"]), {GROUPS}),
        (lambda role, _: role.redshift_grants.stream_from_msk(MSK, ["t"], by_cluster_arn=True), {"*", GROUPS}),
        (lambda role, _: role.redshift_grants.stream_from_kafka(secret=_secret(role)), set()),
        (lambda role, _: role.redshift_grants.external_schema("d", tables=["t"], region="us-east-1"), set()),
        (
            lambda role, _: role.redshift_grants.external_schema("d", tables=["t"], drop_database=True),
            {f"arn:<AWS::Partition>:glue:{HERE}:{kind}/d/*" for kind in ("table", "userDefinedFunction")},
        ),
        (
            lambda role, bucket: role.redshift_grants.hive_metastore(bucket, prefix="p/"),
            {"arn:aws:s3:::sales/p/*"},
        ),
        (
            lambda role, _: role.redshift_grants.s3_tables(f"arn:aws:s3tables:{HERE}:bucket/lake"),
            {
                "*",
                f"arn:aws:s3tables:{HERE}:bucket/lake/table/*",
                f"arn:aws:glue:{HERE}:database/s3tablescatalog/lake/*",
                f"arn:aws:glue:{HERE}:table/s3tablescatalog/lake/*/*",
            },
        ),
        (
            lambda role, bucket: role.redshift_grants.create_model(bucket),
            {
                "*",
                "arn:aws:s3:::sales/*",
                *(f"arn:<AWS::Partition>:sagemaker:{HERE}:{kind}/*redshift*" for kind in MODELS),
                f"{TRAINING_LOGS}/*",
                f"{TRAINING_LOGS}/Endpoints/*redshift*",
                *(f"{TRAINING_LOGS}/{kind}:{streams}" for kind in JOBS for streams in ("*", "log-stream:*redshift*")),
            },
        ),
        (lambda role, _: role.redshift_grants.remote_model("churn"), set()),
        (lambda role, _: role.redshift_grants.external_model(["anthropic.claude-v2:1"]), set()),
        (
            lambda role, _: role.redshift_grants.copy_from_dynamodb(dynamodb.Table.from_table_name(role, "T", "t")),
            set(),
        ),
        (lambda role, _: role.redshift_grants.federated_query(_secret(role)), {"*"}),
        (
            lambda role, _: role.redshift_grants.stream_from_kinesis(
                kinesis.Stream.from_stream_arn(role, "K", f"arn:aws:kinesis:{HERE}:stream/clicks")
            ),
            {"*"},
        ),
        (
            lambda role, _: role.redshift_grants.external_function(lambda_.Function.from_function_name(role, "F", "f")),
            set(),
        ),
        (lambda role, _: role.redshift_grants.pass_role(iam.Group.from_group_name(role, "G", "loaders")), set()),
        (lambda role, _: RoleChain(role, RedshiftRole(role, "Last")), set()),
    ],
)
def test_each_grant_has_the_findings_of_the_page(
    app: cdk.App,
    role: RedshiftRole,
    bucket: s3.IBucket,
    grant: Callable[[RedshiftRole, s3.IBucket], object],
    resources: set[str],
) -> None:
    """No wildcard action, ever; a wildcard resource where IAM or AWS's page has no other form."""
    grant(role, bucket)
    app.synth()

    assert {f"AwsSolutions-IAM5[Resource::{name}]" for name in resources} == nag.nag_findings(app, role)


def test_one_finding_for_each_prefix(app: cdk.App, stack: cdk.Stack, role: RedshiftRole) -> None:
    """CDK's own way to read a bucket gives cdk-nag four findings, a grant one for each prefix."""
    bucket, theirs = s3.Bucket(stack, "Landing"), RedshiftRole(stack, "Theirs")
    bucket.grant_read(theirs)
    for prefix in ("a", "b"):
        role.redshift_grants.copy_from(bucket, prefix=f"{prefix}/")
    logical_id = stack.resolve(bucket.bucket_arn)["Fn::GetAtt"][0]
    app.synth()
    found = {(rule, path) for rule, path in nag.findings(app) if "IAM5" in rule}

    assert {
        (f"AwsSolutions-IAM5[Resource::<{logical_id}.Arn>/{prefix}/*]", "Data/Role/RedshiftGrants")
        for prefix in ("a", "b")
    } == {(rule, path) for rule, path in found if path.startswith("Data/Role/")}
    assert 4 == len([path for _, path in found if path.startswith("Data/Theirs/")])


def test_an_acknowledged_prefix_leaves_no_finding(
    app: cdk.App, stack: cdk.Stack, role: RedshiftRole, bucket: s3.IBucket
) -> None:
    """The five packs find nothing else; the acknowledgement is on the policy."""
    for prefix in ("a", "b"):
        role.redshift_grants.copy_from(bucket, prefix=f"{prefix}/")
    expected = {f"AwsSolutions-IAM5[Resource::arn:aws:s3:::sales/{prefix}/*]" for prefix in ("a", "b")}
    app.synth()
    before = nag.nag_findings(app, stack)
    for rule in expected:
        acknowledgment = cdk.Acknowledgment(id=rule, reason="COPY takes every object under a prefix.")
        cdk.Validations.of(role.redshift_grants.policies[0]).acknowledge(acknowledgment)

    assert expected == before
    assert set() == nag.nag_findings(app, stack)
