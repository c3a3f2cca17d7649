"""Grants for Amazon S3, its keys, and buckets that CDK cannot refer to."""

from __future__ import annotations

from collections.abc import Callable

import aws_cdk as cdk
import pytest
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3

from redshift_roles import RedshiftGrants, RedshiftRole
from tests.conftest import ACCOUNT, OTHER_ACCOUNT, REGION
from tests.support.granted import KEY, all_statements_of, stack_in, statements_of, wrong


def test_copy_reads_objects_and_decrypts(stack: cdk.Stack, grants: RedshiftGrants, bucket: s3.IBucket) -> None:
    """The bucket's own key is found and granted by itself."""
    grants.copy_from(bucket, prefix="landing/", manifest="load.json", jsonpaths="paths.json")

    assert {
        "ReadObjects": (
            "s3:GetObject",
            ["arn:aws:s3:::sales/landing/*", "arn:aws:s3:::sales/load.json", "arn:aws:s3:::sales/paths.json"],
        ),
        "ListObjects": ("s3:ListBucket", "arn:aws:s3:::sales"),
        "LocateBuckets": ("s3:GetBucketLocation", "arn:aws:s3:::sales"),
        "DecryptObjects": ("kms:Decrypt", KEY),
    } == statements_of(stack)


def test_unload_writes_objects_and_encrypts(stack: cdk.Stack, grants: RedshiftGrants, bucket: s3.IBucket) -> None:
    """Deleting them is for CLEANPATH alone."""
    grants.unload_to(bucket, prefix="out/", clean_path=True)

    assert {
        "UnloadObjects": (["s3:GetObject", "s3:PutObject"], "arn:aws:s3:::sales/out/*"),
        "CleanPath": ("s3:DeleteObject", "arn:aws:s3:::sales/out/*"),
        "ListObjects": ("s3:ListBucket", "arn:aws:s3:::sales"),
        "LocateBuckets": ("s3:GetBucketLocation", "arn:aws:s3:::sales"),
        "EncryptObjects": (["kms:Decrypt", "kms:GenerateDataKey"], KEY),
    } == statements_of(stack)


def test_a_key_that_cdk_cannot_know_is_given(stack: cdk.Stack, grants: RedshiftGrants, bucket: s3.IBucket) -> None:
    """Of an imported bucket, and of KMS_KEY_ID, beside the bucket's own; ENCRYPTED AUTO asks for the bucket's."""
    imported = s3.Bucket.from_bucket_name(stack, "Imported", "landing")
    given = kms.Key.from_key_arn(stack, "Given", f"{KEY}2")
    grants.copy_from(imported, encryption_key=given)
    grants.unload_to(bucket, prefix="out/", encrypted_auto=True, encryption_key=given)
    grants.copy_over_ssh(imported, "hosts.json", encryption_key=kms.Key.from_key_arn(stack, "Third", f"{KEY}3"))
    found = statements_of(stack)

    assert ("kms:Decrypt", [f"{KEY}2", f"{KEY}3"]) == found["DecryptObjects"]
    assert (["kms:Decrypt", "kms:GenerateDataKey"], [KEY, f"{KEY}2"]) == found["EncryptObjects"]
    assert ("s3:GetEncryptionConfiguration", "arn:aws:s3:::sales") == found["FindEncryption"]


def test_the_bucket_s_own_key_can_be_given_again(stack: cdk.Stack, grants: RedshiftGrants, bucket: s3.IBucket) -> None:
    """It is one key."""
    grants.copy_from(bucket, encryption_key=kms.Key.from_key_arn(stack, "Again", KEY))

    assert ("kms:Decrypt", KEY) == statements_of(stack)["DecryptObjects"]


ALIAS = "arn:aws:s3:::ap-a1b2-s3alias"


@pytest.mark.parametrize(
    "grant",
    [
        lambda grants, bucket: grants.copy_from(bucket),
        lambda grants, bucket: grants.unload_to(bucket),
        lambda grants, bucket: grants.copy_over_ssh(bucket, "hosts.json"),
        lambda grants, bucket: grants.external_schema("d", bucket=bucket),
        lambda grants, bucket: grants.hive_metastore(bucket),
        lambda grants, bucket: grants.create_model(bucket),
    ],
)
def test_fails_when_a_bucket_is_an_access_point(
    stack: cdk.Stack, grants: RedshiftGrants, grant: Callable[..., object]
) -> None:
    """In every grant that takes a bucket, whose ARN would match nothing; whoever owns the access point."""
    point = f"arn:aws:s3:{REGION}:{OTHER_ACCOUNT}:accesspoint/ap"
    messages = [
        *wrong(lambda: grant(grants, s3.Bucket.from_bucket_arn(stack, "Alias", ALIAS))),
        *wrong(lambda: grant(grants, s3.Bucket.from_bucket_arn(stack, "Point", point))),
    ]
    allowed = "a bucket by its own name, since Redshift documents no access points"

    assert [
        ("InvalidArgument", f"'bucket' (Data/Alias) must be {allowed}, got '{ALIAS}'"),
        ("InvalidArgument", f"'bucket' (Data/Point) must be {allowed}, got '{point}'"),
    ] == messages
    assert () == grants.policies


def test_copy_over_ssh_reads_one_manifest(stack: cdk.Stack, grants: RedshiftGrants, bucket: s3.IBucket) -> None:
    """The hosts that it names are not in IAM."""
    grants.copy_over_ssh(bucket, "ssh/hosts.json")

    assert ("s3:GetObject", "arn:aws:s3:::sales/ssh/hosts.json") == statements_of(stack)["ReadObjects"]


def test_the_conditions_reach_the_template(stack: cdk.Stack, grants: RedshiftGrants, bucket: s3.IBucket) -> None:
    """Listing is for the prefix alone, and training is what the role is passed to."""
    grants.copy_from(bucket, prefix="a/")
    grants.create_model(bucket)
    found = {statement["Sid"]: statement.get("Condition") for statement in all_statements_of(stack)}

    assert {"StringLike": {"s3:prefix": "a/*"}} == found["ListObjects2"]
    assert found["ListObjects"] is None
    assert {"StringEquals": {"iam:PassedToService": "sagemaker.amazonaws.com"}} == found["PassRolesToTraining"]


def test_calling_twice_adds_nothing(stack: cdk.Stack, role: RedshiftRole) -> None:
    """Also by another way to the same role."""
    bucket, grants = s3.Bucket(stack, "Landing"), role.redshift_grants
    grants.copy_from(bucket, prefix="x/")
    before = stack.resolve(grants.policies[0].policy_document)
    grants.copy_from(bucket, prefix="x/")
    RedshiftGrants.of(role).copy_from(bucket, prefix="x/")

    assert [before] == [stack.resolve(policy.policy_document) for policy in grants.policies]


def _another_region(app: cdk.App) -> s3.IBucket:
    return s3.Bucket(stack_in(app, region="us-east-1"), "Landing")


def _another_stage(app: cdk.App) -> s3.IBucket:
    there = cdk.Stack(cdk.Stage(app, "Stage"), "There", env=cdk.Environment(account=ACCOUNT, region=REGION))
    return s3.Bucket(there, "Landing")


def _key_without_environment(app: cdk.App) -> s3.IBucket:
    return s3.Bucket(cdk.Stack(app, "There"), "Landing", bucket_name="sales", encryption=s3.BucketEncryption.KMS)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (
            _another_region,
            "(There/Landing) is in a stack of another environment and has no physical name, so CDK cannot refer to it",
        ),
        (_another_stage, "(Stage/There/Landing) is in another Stage, and CDK cannot refer"),
        (_key_without_environment, "(There/Landing) is in a stack of another environment, to which CDK cannot refer"),
    ],
)
def test_fails_when_cdk_cannot_refer_to_a_bucket_or_its_key(
    app: cdk.App, grants: RedshiftGrants, make: Callable[[cdk.App], s3.IBucket], message: str
) -> None:
    """CDK would fail at synth time, far from this line."""
    bucket = make(app)
    ((rule, found),) = wrong(lambda: grants.copy_from(bucket))

    assert "InvalidArgument" == rule
    assert found.removeprefix("the key of ").startswith(f"'bucket' {message}")
    assert () == grants.policies


@pytest.mark.parametrize("bucket_is_nested", [False, True])
def test_a_bucket_and_its_key_cross_nested_stacks(app: cdk.App, stack: cdk.Stack, bucket_is_nested: bool) -> None:
    """Both ways."""
    nested = cdk.NestedStack(stack, "Nested")
    home, there = (stack, nested) if bucket_is_nested else (nested, stack)
    bucket = s3.Bucket(there, "Landing", encryption=s3.BucketEncryption.KMS)
    RedshiftRole(home, "Role").redshift_grants.copy_from(bucket)
    app.synth()

    assert {"ReadObjects", "ListObjects", "LocateBuckets", "DecryptObjects"} == set(statements_of(home))


def test_fails_when_the_key_is_known_by_an_imported_alias(stack: cdk.Stack, grants: RedshiftGrants) -> None:
    """IAM policies cannot name an alias."""
    alias = kms.Alias.from_alias_name(stack, "Alias", "alias/sales")
    bucket = s3.Bucket.from_bucket_attributes(stack, "Bucket", bucket_name="sales", encryption_key=alias)

    assert [("InvalidArgument", "the key of 'bucket' (Data/Bucket) is known by its alias only")] == wrong(
        lambda: grants.copy_from(bucket)
    )


def test_the_key_behind_an_alias_is_granted(stack: cdk.Stack, grants: RedshiftGrants) -> None:
    """An alias of the app is followed to its key."""
    alias = kms.Alias(stack, "Alias", alias_name="alias/sales", target_key=kms.Key.from_key_arn(stack, "Key", KEY))
    bucket = s3.Bucket.from_bucket_attributes(stack, "Bucket", bucket_name="sales", encryption_key=alias)
    grants.copy_from(bucket)

    assert ("kms:Decrypt", KEY) == statements_of(stack)["DecryptObjects"]
