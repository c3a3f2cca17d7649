"""Buckets, tables, secrets and streams as plain facts."""

from __future__ import annotations

from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_kinesis as kinesis
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_secretsmanager as secretsmanager

from redshift_roles.aws.arns import THIS_ACCOUNT
from redshift_roles.cdk.location import location_of
from redshift_roles.cdk.resource_reader import resource, resource_problems
from tests.conftest import ACCOUNT, OTHER_ACCOUNT, REGION
from tests.support.builders import messages_and_fixes


def test_a_resource_is_read_once(stack: cdk.Stack) -> None:
    """Each crossing costs, and nothing changes."""
    bucket = s3.Bucket(stack, "Landing")

    assert resource(bucket, "bucket_arn") is resource(bucket, "bucket_arn")


@pytest.mark.parametrize(
    ("make", "account"),
    [
        (lambda stack: s3.Bucket(stack, "B"), ACCOUNT),
        (lambda stack: s3.Bucket.from_bucket_name(stack, "B", "sales"), ACCOUNT),
        (
            lambda stack: s3.Bucket.from_bucket_attributes(stack, "B", bucket_name="sales", account=OTHER_ACCOUNT),
            OTHER_ACCOUNT,
        ),
    ],
)  # fmt: skip
def test_a_bucket_is_of_the_account_cdk_says(stack: cdk.Stack, make: Any, account: str) -> None:
    """Its ARN has none."""
    assert account == resource(make(stack), "bucket_arn").account


def test_an_arn_says_whose_it_is(stack: cdk.Stack) -> None:
    """CDK takes an imported table for one of the stack's account, whatever its ARN says."""
    table = dynamodb.Table.from_table_arn(stack, "T", f"arn:aws:dynamodb:{REGION}:{OTHER_ACCOUNT}:table/t")

    assert OTHER_ACCOUNT == resource(table, "table_arn").account


def test_in_a_stack_without_an_account_it_is_of_this_account(agnostic: cdk.Stack) -> None:
    """Whatever that will be."""
    assert THIS_ACCOUNT == resource(s3.Bucket(agnostic, "B"), "bucket_arn").account


def test_a_foreign_key_makes_a_resource_foreign(stack: cdk.Stack) -> None:
    """The owner of the key must agree too."""
    key = kms.Key.from_key_arn(stack, "Key", f"arn:aws:kms:{REGION}:{OTHER_ACCOUNT}:key/1")
    found = resource(s3.Bucket(stack, "B", encryption_key=key), "bucket_arn")

    assert (ACCOUNT, OTHER_ACCOUNT, True) == (found.account, found.key_account, found.is_foreign(location_of(stack)))
    assert not resource(s3.Bucket(stack, "Plain"), "bucket_arn").is_foreign(location_of(stack))


def _problems(bucket: s3.IBucket, stack: cdk.Stack, *, shareable: bool) -> list[tuple[str, str]]:
    found = resource(bucket, "bucket_arn")
    return messages_and_fixes(resource_problems("bucket", found, location_of(stack), shareable=shareable))


def test_fails_when_it_is_of_another_account_and_cannot_be_shared(stack: cdk.Stack) -> None:
    """What an owner can share is left to the owner."""
    theirs = s3.Bucket.from_bucket_attributes(stack, "Theirs", bucket_name="theirs", account=OTHER_ACCOUNT)

    assert [
        (
            f"'bucket' (Data/Theirs) is in account {OTHER_ACCOUNT}, the role is in {ACCOUNT}",
            f"let the role assume one of account {OTHER_ACCOUNT}: RoleChain(role, theirs), and grant it to that",
        )
    ] == _problems(theirs, stack, shareable=False)
    assert [] == _problems(theirs, stack, shareable=True)


def test_fails_when_the_alias_and_the_place_are_wrong(app: cdk.App, stack: cdk.Stack) -> None:
    """Both are told at once."""
    there = cdk.Stack(app, "There", env=cdk.Environment(account=ACCOUNT, region="us-east-1"))
    alias = kms.Alias.from_alias_name(there, "Alias", "alias/sales")
    problems = _problems(s3.Bucket(there, "Landing", encryption_key=alias), stack, shareable=True)

    assert [
        "'bucket' (There/Landing) is encrypted with a key that is known by its alias only",
        (
            "'bucket' (There/Landing) is in a stack of another environment and has no physical name, so CDK cannot "
            "refer to it from here"
        ),
    ] == [message for message, _ in problems]


def test_a_named_bucket_of_another_region_can_be_referred_to(app: cdk.App, stack: cdk.Stack) -> None:
    """As can one of the same environment without a name."""
    there = cdk.Stack(app, "There", env=cdk.Environment(account=ACCOUNT, region="us-east-1"))
    beside = cdk.Stack(app, "Beside", env=cdk.Environment(account=ACCOUNT, region=REGION))

    assert [] == _problems(s3.Bucket(there, "Landing", bucket_name="sales"), stack, shareable=True)
    assert [] == _problems(s3.Bucket(beside, "Landing"), stack, shareable=True)


@pytest.mark.parametrize("imported", [False, True])
def test_an_alias_of_the_app_is_followed_to_its_key(stack: cdk.Stack, imported: bool) -> None:
    """Whether the key is defined here or imported."""
    arn = f"arn:aws:kms:{REGION}:{ACCOUNT}:key/1"
    key = kms.Key.from_key_arn(stack, "Key", arn) if imported else kms.Key(stack, "Key")
    alias = kms.Alias(stack, "Alias", alias_name="alias/sales", target_key=key)
    found = resource(s3.Bucket(stack, "Landing", encryption_key=alias), "bucket_arn")

    assert (key.key_arn, ACCOUNT) == (found.key_arn, found.key_account)


def test_what_has_no_key_of_its_own_has_none(stack: cdk.Stack) -> None:
    """The keys that AWS manages need no grant."""
    stream = resource(kinesis.Stream(stack, "Stream", encryption=kinesis.StreamEncryption.MANAGED), "stream_arn")
    bucket = resource(s3.Bucket(stack, "Bucket", encryption=s3.BucketEncryption.S3_MANAGED), "bucket_arn")

    assert (None, None, None) == (stream.key, stream.key_arn, stream.key_account)
    assert (None, None, None) == (bucket.key, bucket.key_arn, bucket.key_account)


def test_a_secret_is_named_in_full_or_by_its_pattern(stack: cdk.Stack) -> None:
    """One that is defined here or imported in full has no pattern."""
    prefix = f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret"
    own = secretsmanager.Secret(stack, "Own")
    full = secretsmanager.Secret.from_secret_complete_arn(stack, "Full", f"{prefix}:full-Ab12Cd")
    part = secretsmanager.Secret.from_secret_partial_arn(stack, "Part", f"{prefix}:part")

    assert [own.secret_arn, f"{prefix}:full-Ab12Cd", f"{prefix}:part-??????"] == [
        resource(secret, "secret_arn").arn for secret in (own, full, part)
    ]
