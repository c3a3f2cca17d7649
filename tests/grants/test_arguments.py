"""The arguments of the grant methods: all that is wrong is raised at once, and nothing is written."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3 as s3

from redshift_roles import RedshiftGrants, RoleAssociationError
from redshift_roles.aws import quotas
from tests.conftest import ACCOUNT, OTHER_ACCOUNT
from tests.support.granted import HERE, wrong

TABLES = f"arn:aws:s3tables:{HERE}:bucket/lake"
BROKERS = f"arn:aws:kafka:{HERE}:cluster/c/1"


def _complained(grants: RedshiftGrants, grant: Callable[[], object]) -> str:
    """Return the arguments that the messages are about, in order; `rules` has the tests of their words."""
    found = wrong(grant)
    assert {"InvalidArgument"} == {rule for rule, _ in found}
    assert () == grants.policies
    return " ".join(re.findall(r"^'([\w\[\]]+)'", message)[0] for _, message in found)


def test_fails_when_it_is_no_role() -> None:
    """An ARN is not a role."""
    assert [("InvalidArgument", "'role' must be an iam.IRole, got 'arn'")] == wrong(lambda: RedshiftGrants.of("arn"))  # type: ignore[arg-type]


def test_fails_when_arguments_are_wrong_and_leaves_nothing(stack: cdk.Stack, grants: RedshiftGrants) -> None:
    """Everything wrong is raised at once, at the role's path with AWS's page, and the next try works."""
    bad: Any = "landing"
    keys = "what object keys begin with, 1 to 1,024 characters without a slash or s3:// in front"

    with pytest.raises(RoleAssociationError) as caught:
        grants.copy_from(bad, prefix="/x")

    assert [
        ("Data/Role", "'bucket' must be an s3.IBucket, got 'landing'", quotas.S3_KEYS.url),
        ("Data/Role", f"'prefix' must be {keys}, got '/x'", quotas.S3_KEYS.url),
    ] == [(finding.path, finding.message, finding.source) for finding in caught.value.findings]
    assert () == grants.policies
    assert ["Resource"] == [child.node.id for child in stack.node.find_child("Role").node.children]

    grants.copy_from(s3.Bucket(stack, "Landing"), prefix="x/")

    assert 1 == len(grants.policies)


@pytest.mark.parametrize(
    ("grant", "arguments"),
    [
        (
            lambda grants, _: grants.copy_from("b", prefix="s3://x", manifest="/m", jsonpaths="", owner_allows=1),
            "bucket prefix manifest jsonpaths owner_allows",
        ),
        (
            lambda grants, _: grants.unload_to("b", prefix=7, clean_path=2, owner_allows="no"),
            "bucket prefix clean_path owner_allows",
        ),
        (
            lambda grants, _: grants.unload_to("b", encrypted_auto=2, encryption_key="arn:k"),
            "bucket encrypted_auto encryption_key",
        ),
        (lambda grants, _: grants.copy_from("b", encryption_key="arn:k"), "bucket encryption_key"),
        (lambda grants, _: grants.hive_metastore("b", write=1, encryption_key=2), "bucket write encryption_key"),
        (
            lambda grants, _: grants.external_schema(
                "d", drop_database=1, region="here", account=222222222222, catalog_key="k"
            ),
            "drop_database region account catalog_key",
        ),
        (
            lambda grants, _: grants.external_schema("d", prefix="p/", encryption_key=1),
            "encryption_key prefix encryption_key",
        ),
        (
            lambda grants, _: grants.s3_tables("lake", write=1, encryption_key="k"),
            "table_bucket_arn write encryption_key",
        ),
        (lambda grants, _: grants.s3_tables(TABLES.replace(ACCOUNT, OTHER_ACCOUNT)), "table_bucket_arn"),
        (lambda grants, _: grants.s3_tables(None), "table_bucket_arn"),
        (
            lambda grants, _: grants.external_schema("", tables=[], create_database=1, write="x", owner_allows=2),
            "database tables create_database write owner_allows",
        ),
        (
            lambda grants, _: grants.external_schema("d", bucket="b", prefix="p/", tables=["a/b"], lake_formation=True),
            "bucket tables[0] bucket prefix",
        ),
        (
            lambda grants, _: grants.external_schema("d", bucket="b", tables="orders", lake_formation=0),
            "bucket tables lake_formation",
        ),
        (
            lambda grants, _: grants.copy_from_dynamodb("t", encryption_key=1, owner_allows=2),
            "table owner_allows encryption_key",
        ),
        (lambda grants, _: grants.copy_from_emr("x"), "cluster_id"),
        (lambda grants, _: grants.copy_over_ssh("b", "/", owner_allows=1), "bucket manifest owner_allows"),
        (lambda grants, bucket: grants.copy_over_ssh(bucket, "m*", encryption_key=0), "encryption_key manifest"),
        (lambda grants, _: grants.federated_query("s"), "secret"),
        (lambda grants, _: grants.external_function("f"), "function"),
        (lambda grants, _: grants.stream_from_kinesis("s"), "stream"),
        (lambda grants, _: grants.stream_from_msk("c", []), "cluster_arn topics"),
        (
            lambda grants, _: grants.stream_from_msk(BROKERS.replace(ACCOUNT, OTHER_ACCOUNT), ["a b", ""]),
            "topics[0] topics[1] cluster_arn",
        ),
        (
            lambda grants, _: grants.stream_from_msk(BROKERS, ["a" * 129], by_cluster_arn="yes"),
            "topics[0] by_cluster_arn",
        ),
        (
            lambda grants, _: grants.federated_query("s", encryption_key="k", owner_allows=1),
            "secret owner_allows encryption_key",
        ),
        (lambda grants, _: grants.stream_from_kinesis("s", encryption_key="k"), "stream encryption_key"),
        (lambda grants, _: grants.stream_from_kafka(), "certificate"),
        (
            lambda grants, _: grants.stream_from_kafka(certificate="c", secret=7, encryption_key=1, owner_allows=2),
            "certificate secret encryption_key owner_allows certificate",
        ),
        (
            lambda grants, _: grants.create_model("b", encryption_key="k", owner_allows=3),
            "bucket encryption_key owner_allows",
        ),
        (lambda grants, _: grants.remote_model("a*"), "endpoint"),
        (
            lambda grants, _: grants.external_model(["eu.anthropic.claude-v2:1"], regions=["Ireland"]),
            "foundation_models[0] regions[0] regions",
        ),
        (
            lambda grants, _: grants.external_model([], inference_profiles=[], regions="eu-central-1"),
            "foundation_models inference_profiles regions",
        ),
        (lambda grants, _: grants.pass_role("x"), "grantee"),
        # What a function forgot to return.
        (lambda grants, _: grants.copy_from(None), "bucket"),
        (lambda grants, _: grants.unload_to(None), "bucket"),
        (lambda grants, bucket: grants.external_schema(None, bucket=bucket), "database"),
        (lambda grants, _: grants.copy_from_emr(None), "cluster_id"),
        (lambda grants, bucket: grants.copy_over_ssh(bucket, None), "manifest"),
        (lambda grants, _: grants.stream_from_msk(None, None), "cluster_arn topics"),
        (lambda grants, _: grants.stream_from_msk(5, ["t"]), "cluster_arn"),
        (lambda grants, _: grants.create_model(None), "bucket"),
        (lambda grants, _: grants.remote_model(None), "endpoint"),
        (lambda grants, _: grants.external_model(None), "foundation_models"),
    ],
)
def test_fails_when_an_argument_is_of_the_wrong_kind(
    grants: RedshiftGrants, bucket: s3.IBucket, grant: Callable[..., object], arguments: str
) -> None:
    """Each method raises with all of them."""
    assert arguments == _complained(grants, lambda: grant(grants, bucket))


@pytest.mark.parametrize(
    ("grant", "arguments"),
    [
        (lambda grants, bucket, flag: grants.copy_from(bucket, prefix="p/", owner_allows=flag), "owner_allows"),
        (
            lambda grants, bucket, flag: grants.unload_to(bucket, clean_path=flag, owner_allows=flag),
            "clean_path owner_allows",
        ),
        (
            lambda grants, bucket, token: grants.external_schema(
                "d", bucket=bucket, tables=token, create_database=token, write=token, lake_formation=token,
                owner_allows=token,
            ),
            "tables create_database write lake_formation owner_allows",
        ),
        (lambda grants, bucket, flag: grants.copy_over_ssh(bucket, "m", owner_allows=flag), "owner_allows"),
        (lambda grants, bucket, flag: grants.create_model(bucket, owner_allows=flag), "owner_allows"),
        (
            lambda grants, _, token: grants.stream_from_msk(token, token, by_cluster_arn=token),
            "topics by_cluster_arn",
        ),
        (lambda grants, _, token: grants.external_model(token), "foundation_models"),
        (lambda grants, _, token: grants.unload_to(token), "bucket"),
    ],
)  # fmt: skip
def test_fails_when_only_the_deployment_knows_a_flag_or_a_list(
    stack: cdk.Stack, grants: RedshiftGrants, bucket: s3.IBucket, grant: Callable[..., object], arguments: str
) -> None:
    """A text that will say 'false' is true to Python, and would permit too much; its letters are no names of tables."""
    token = cdk.CfnParameter(stack, "Given", default="false").value_as_string

    assert arguments == _complained(grants, lambda: grant(grants, bucket, token))


@pytest.mark.parametrize(
    ("grant", "argument"),
    [
        (lambda grants, bucket, names: grants.external_schema("d", bucket=bucket, tables=names), "tables"),
        (lambda grants, _, names: grants.stream_from_msk(BROKERS, names), "topics"),
    ],
)
def test_fails_when_only_the_deployment_knows_the_entries_of_a_list(
    stack: cdk.Stack, grants: RedshiftGrants, bucket: s3.IBucket, grant: Callable[..., object], argument: str
) -> None:
    """A policy names each table and topic, so their number must be known; CDK would fail in words of its own."""
    names = cdk.CfnParameter(stack, "Names", type="CommaDelimitedList").value_as_list

    assert argument == _complained(grants, lambda: grant(grants, bucket, names))


def test_fails_when_a_role_is_given_for_a_bucket(stack: cdk.Stack, grants: RedshiftGrants) -> None:
    """An imported one is a proxy of jsii like an imported bucket."""
    bad: Any = iam.Role.from_role_arn(stack, "Imported", f"arn:aws:iam::{ACCOUNT}:role/x")

    assert [("InvalidArgument", "'bucket' must be an s3.IBucket, got an IRole")] == wrong(lambda: grants.copy_from(bad))
