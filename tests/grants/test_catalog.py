"""Grants for external schemas: the AWS Glue Data Catalog, the files, and AWS Lake Formation."""

from __future__ import annotations

from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3

from redshift_roles import RedshiftGrants, RedshiftRole, RoleChain
from tests.conftest import ACCOUNT, OTHER_ACCOUNT, REGION
from tests.support.functions import function_of
from tests.support.granted import HERE, KEY, all_statements_of, statements_of, wrong

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
    assert ("s3:GetObject", "arn:aws:s3:::sales/lake/*") == found["ReadObjects"]
    assert ("s3:ListBucketVersions", "arn:aws:s3:::sales") == found["ListVersions"]
    assert ("s3:PutObject", "arn:aws:s3:::sales/lake/*") == found["WriteObjects"]


FILES = "ListObjects ListVersions ReadObjects"


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


def test_the_catalog_alone(stack: cdk.Stack, grants: RedshiftGrants) -> None:
    """What a CATALOG_ROLE needs: in another region and account, with the key of the catalog, and to drop it."""
    key = kms.Key.from_key_arn(stack, "Key", KEY)
    grants.external_schema("sales", region="us-east-1", account=OTHER_ACCOUNT, catalog_key=key, drop_database=True)
    glue, found = f"arn:aws:glue:us-east-1:{OTHER_ACCOUNT}:", statements_of(stack)
    dropped = ["catalog", "database/sales", "table/sales/*", "userDefinedFunction/sales/*"]

    assert {"ReadCatalog", "DropDatabase", "DecryptCatalog"} == set(found)
    assert [f"{glue}{name}" for name in dropped[:3]] == found["ReadCatalog"][1]
    assert ("glue:DeleteDatabase", [f"{glue}{name}" for name in dropped]) == found["DropDatabase"]
    assert ("kms:Decrypt", KEY) == found["DecryptCatalog"]


@pytest.mark.parametrize("option", ["write", "create_database"])
def test_what_writes_to_the_catalog_encrypts_it(stack: cdk.Stack, grants: RedshiftGrants, option: str) -> None:
    """AWS Glue asks for more than to decrypt."""
    key = kms.Key.from_key_arn(stack, "Key", KEY)
    grants.external_schema("sales", catalog_key=key, **{option: True})  # type: ignore[arg-type]

    assert (["kms:Decrypt", "kms:Encrypt", "kms:GenerateDataKey"], KEY) == statements_of(stack)["EncryptCatalog"]


def test_a_resource_link_is_two_grants(stack: cdk.Stack, grants: RedshiftGrants) -> None:
    """The link of this account, and the database behind it."""
    grants.external_schema("link", lake_formation=True)
    grants.external_schema("sales", account=OTHER_ACCOUNT, lake_formation=True)

    assert [
        f"arn:aws:glue:{REGION}:{account}:{name}"
        for account, database in ((ACCOUNT, "link"), (OTHER_ACCOUNT, "sales"))
        for name in ("catalog", f"database/{database}", f"table/{database}/*")
    ] == statements_of(stack)["ReadCatalog"][1]


@pytest.mark.parametrize(("write", "key"), [(False, "DecryptObjects"), (True, "EncryptObjects WriteObjects")])
def test_a_hive_metastore_needs_the_files_alone(
    stack: cdk.Stack, grants: RedshiftGrants, bucket: s3.IBucket, write: bool, key: str
) -> None:
    """It is no AWS service."""
    grants.hive_metastore(bucket, prefix="lake/", write=write)

    assert {*FILES.split(), *key.split()} == set(statements_of(stack))
    assert ("s3:GetObject", "arn:aws:s3:::sales/lake/*") == statements_of(stack)["ReadObjects"]


def test_s3_tables_are_those_of_one_table_bucket(stack: cdk.Stack, grants: RedshiftGrants) -> None:
    """In its own region, for its own catalog; a part of its ARN may be left to the deployment."""
    grants.s3_tables(f"arn:aws:s3tables:us-east-1:{ACCOUNT}:bucket/lake", write=True)
    grants.s3_tables(f"arn:{cdk.Aws.PARTITION}:s3tables:{REGION}:{cdk.Aws.ACCOUNT_ID}:bucket/pond")
    found = statements_of(stack)

    assert f"arn:aws:glue:us-east-1:{ACCOUNT}:table/s3tablescatalog/lake/*/*" in found["ReadTableCatalog"][1]
    assert f"arn:aws:glue:{REGION}:AWS::AccountId:catalog/s3tablescatalog/pond" in found["ReadTableCatalog"][1]
    assert ("s3tables:CreateTable", f"arn:aws:s3tables:us-east-1:{ACCOUNT}:bucket/lake") == found["CreateTables"]
    assert "*" == found["ListTableBuckets"][1]


def test_the_name_of_a_table_bucket_is_read_from_its_arn_at_deployment(
    stack: cdk.Stack, grants: RedshiftGrants
) -> None:
    """Where the ARN is a token."""
    grants.s3_tables(cdk.Fn.import_value("Lake"))
    (arns,) = [one["Resource"] for one in all_statements_of(stack) if one["Sid"] == "ReadTableCatalog"]
    name = {"Fn::Select": [1, {"Fn::Split": ["/", {"Fn::ImportValue": "Lake"}]}]}

    assert 3 == len([arn for arn in arns if name in arn["Fn::Join"][1]])


def test_names_can_be_tokens(stack: cdk.Stack, grants: RedshiftGrants) -> None:
    """A prefix and a database that only the deployment knows."""
    prefix, database = (cdk.CfnParameter(stack, name).value_as_string for name in ("Prefix", "Database"))
    bucket = s3.Bucket.from_bucket_name(stack, "Bucket", "sales")
    grants.external_schema(database, bucket=bucket, prefix=f"{prefix}/x")
    found = statements_of(stack)

    assert "arn:aws:s3:::sales/Prefix/x*" == found["ReadObjects"][1]
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
