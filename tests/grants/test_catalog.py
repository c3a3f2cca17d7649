"""Grants for external schemas: the AWS Glue Data Catalog, the files, and AWS Lake Formation."""

from __future__ import annotations

from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3 as s3

from redshift_roles import RedshiftGrants, RedshiftRole, RoleChain
from tests.support.functions import function_of
from tests.support.granted import HERE, statements_of, wrong

IN_A_CHAIN = (
    "InvalidArgument",
    "the role is a later one of a RoleChain and 'lake_formation' is True, which Redshift does not combine",
)


def test_an_external_schema_reads_the_catalog_and_the_files(
    stack: cdk.Stack, grants: RedshiftGrants, bucket: s3.IBucket
) -> None:
    """In the role's partition, region and account."""
    grants.external_schema("sales", bucket=bucket, prefix="lake/", tables=["orders"], create_database=True, write=True)
    glue, found = f"arn:aws:glue:{HERE}:", statements_of(stack)

    assert [f"{glue}catalog", f"{glue}database/sales", f"{glue}table/sales/orders"] == found["ReadCatalog"][1]
    assert found["ReadCatalog"][1] == found["WriteCatalog"][1]
    assert ("glue:CreateDatabase", [f"{glue}catalog", f"{glue}database/sales"]) == found["CreateDatabase"]
    assert (["s3:GetObject", "s3:ListMultipartUploadParts"], "arn:aws:s3:::sales/lake/*") == found["QueryObjects"]
    assert ("s3:PutObject", "arn:aws:s3:::sales/lake/*") == found["WriteObjects"]


FILES = "ListObjects ListUploads LocateBuckets QueryObjects"


@pytest.mark.parametrize(
    ("options", "purposes"),
    [
        ({}, f"DecryptObjects {FILES}"),
        ({"write": False, "create_database": False, "lake_formation": False}, f"DecryptObjects {FILES}"),
        ({"create_database": True}, f"CreateDatabase DecryptObjects {FILES}"),
        ({"write": True}, f"EncryptObjects {FILES} WriteCatalog WriteObjects"),
        ({"lake_formation": True}, "GetDataAccess"),
        ({"lake_formation": True, "create_database": True}, "CreateDatabase GetDataAccess"),
        ({"lake_formation": True, "write": True}, "GetDataAccess WriteCatalog"),
    ],
)
def test_each_flag_reaches_the_policy(
    stack: cdk.Stack, grants: RedshiftGrants, bucket: s3.IBucket, options: dict[str, bool], purposes: str
) -> None:
    """With True statements come and go; False is the same as leaving it out."""
    grants.external_schema("sales", bucket=None if options.get("lake_formation") else bucket, **options)  # type: ignore[arg-type]

    assert {"ReadCatalog", *purposes.split()} == set(statements_of(stack))


def test_names_can_be_tokens(stack: cdk.Stack, grants: RedshiftGrants) -> None:
    """A prefix and a database that only the deployment knows."""
    prefix, database = (cdk.CfnParameter(stack, name).value_as_string for name in ("Prefix", "Database"))
    bucket = s3.Bucket.from_bucket_name(stack, "Bucket", "sales")
    grants.external_schema(database, bucket=bucket, prefix=f"{prefix}/x")
    found = statements_of(stack)

    assert "arn:aws:s3:::sales/Prefix/x*" == found["QueryObjects"][1]
    assert f"arn:aws:glue:{HERE}:table/Database/*" in found["ReadCatalog"][1]


def test_fails_when_lake_formation_is_used_in_a_chain(stack: cdk.Stack) -> None:
    """Redshift does not combine them, whichever comes first; the first role of a chain is no later one."""
    first, second, third = (RedshiftRole(stack, name) for name in ("First", "Second", "Third"))
    RoleChain(first, second)
    third.redshift_grants.external_schema("sales", lake_formation=True)

    assert [IN_A_CHAIN] == wrong(lambda: second.redshift_grants.external_schema("sales", lake_formation=True))
    assert [IN_A_CHAIN] == wrong(lambda: RoleChain(first, third))
    first.redshift_grants.external_schema("sales", lake_formation=True)


def test_fails_when_lake_formation_is_used_in_a_chain_by_a_role_that_cdk_hands_out(stack: cdk.Stack) -> None:
    """CDK returns another Python object for it each time."""
    function: Any = function_of(stack)
    first, lazy = RedshiftRole(stack, "First"), iam.LazyRole(stack, "Lazy", assumed_by=iam.AnyPrincipal())
    RoleChain(first, function.role)
    RedshiftGrants.of(lazy.grant_principal).external_schema("d", lake_formation=True)  # type: ignore[arg-type]

    assert [IN_A_CHAIN] == wrong(lambda: RedshiftGrants.of(function.role).external_schema("d", lake_formation=True))
    assert [IN_A_CHAIN] == wrong(lambda: RoleChain(first, lazy))
