"""Buckets, tables, secrets and streams as plain facts."""

from __future__ import annotations

from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_kinesis as kinesis
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_secretsmanager as secretsmanager

from redshift_roles.aws.arns import THIS_ACCOUNT
from redshift_roles.cdk.location import location_of
from redshift_roles.cdk.resource_reader import key_problems, resource, resource_problems
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


def test_a_key_is_of_an_account_of_its_own(stack: cdk.Stack) -> None:
    """The owner of the key must agree too."""
    key = kms.Key.from_key_arn(stack, "Key", f"arn:aws:kms:{REGION}:{OTHER_ACCOUNT}:key/1")
    found = resource(s3.Bucket(stack, "B", encryption_key=key), "bucket_arn")

    assert (ACCOUNT, [OTHER_ACCOUNT]) == (found.account, [key.account for key in found.keys])


def test_a_given_key_is_one_more_for_one_grant(stack: cdk.Stack) -> None:
    """The bucket keeps its own."""
    own, other = (kms.Key.from_key_arn(stack, f"K{n}", f"arn:aws:kms:{REGION}:{ACCOUNT}:key/{n}") for n in (1, 2))
    bucket = s3.Bucket(stack, "B", encryption_key=own)

    assert (own.key_arn, other.key_arn) == resource(bucket, "bucket_arn").with_key(other).key_arns
    assert (own.key_arn,) == resource(bucket, "bucket_arn").with_key(None).key_arns


def _problems(bucket: Any, stack: cdk.Stack, name: str = "bucket") -> list[tuple[str, str]]:
    found, location = resource(bucket, f"{name}_arn"), location_of(stack)
    problems = [*resource_problems(name, found, location), *key_problems(found.keys, name, found, location)]
    return messages_and_fixes(problems)


def test_fails_when_it_is_of_another_account_and_cannot_be_shared(stack: cdk.Stack) -> None:
    """A bucket of another account is left to its owner."""
    table = dynamodb.Table.from_table_arn(stack, "Theirs", f"arn:aws:dynamodb:{REGION}:{OTHER_ACCOUNT}:table/t")
    bucket = s3.Bucket.from_bucket_attributes(stack, "Bucket", bucket_name="theirs", account=OTHER_ACCOUNT)

    assert [
        (
            f"'table' (Data/Theirs) is in account {OTHER_ACCOUNT}, the role is in {ACCOUNT}",
            f"let the role assume one of account {OTHER_ACCOUNT}: RoleChain(role, theirs), and grant it to that",
        )
    ] == _problems(table, stack, "table")
    assert [] == _problems(bucket, stack)


ACCESS_POINT = f"arn:aws:s3:{REGION}:{ACCOUNT}:accesspoint/ap"
NO_BUCKETS = [
    ACCESS_POINT,
    f"arn:aws:s3-outposts:{REGION}:{ACCOUNT}:outpost/op-1/bucket/b",
    f"arn:aws:s3-object-lambda:{REGION}:{ACCOUNT}:accesspoint/ap",
    f"arn:aws:s3::{ACCOUNT}:accesspoint/a1b2.mrap",
    f"arn:aws:s3express:{REGION}:{ACCOUNT}:bucket/b--euw1-az1--x-s3",
    "arn:aws:s3:::ap-a1b2c3-s3alias",
    "arn:aws:s3:::ap-a1b2c3--ol-s3",
    "arn:aws:s3:::a1b2.mrap",
    "arn:aws:s3:::b--euw1-az1--x-s3",
    "arn:aws:s3:::b--table-s3",
    "arn:aws:s3:::sales/prefix",
]


@pytest.mark.parametrize("arn", NO_BUCKETS)
def test_fails_when_a_bucket_is_an_access_point_or_another_kind_of_bucket(stack: cdk.Stack, arn: str) -> None:
    """No Redshift page names them, and the objects of such an ARN match nothing; Amazon S3 reserves the ends."""
    ((message, fix),) = _problems(s3.Bucket.from_bucket_arn(stack, "B", arn), stack)
    allowed = "a bucket by its own name, since Redshift documents no access points"

    assert f"'bucket' (Data/B) must be {allowed}, got '{arn}'" == message
    assert "pass the bucket itself: s3.Bucket.from_bucket_name(self, 'Lake', '…')" == fix


def test_the_end_of_a_name_is_read_beside_what_only_the_deployment_knows(stack: cdk.Stack) -> None:
    """A name, or a part of it, may be a token."""
    name = cdk.Fn.import_value("Name")
    buckets = [
        s3.Bucket.from_bucket_name(stack, "Token", name),
        s3.Bucket.from_bucket_arn(stack, "TokenArn", name),
        s3.Bucket.from_bucket_name(stack, "Alias", f"{name}-s3alias"),
        s3.Bucket.from_bucket_name(stack, "Name", "s3alias"),
    ]

    assert [0, 0, 1, 0] == [len(_problems(bucket, stack)) for bucket in buckets]


@pytest.mark.parametrize(
    ("name", "make"),
    [
        ("table", lambda stack, arn: dynamodb.Table.from_table_arn(stack, "R", arn("dynamodb", "table/*"))),
        ("stream", lambda stack, arn: kinesis.Stream.from_stream_arn(stack, "R", arn("kinesis", "stream/a?"))),
        ("function", lambda stack, arn: lambda_.Function.from_function_arn(stack, "R", arn("lambda", "function:f*"))),
        (
            "secret",
            lambda stack, arn: secretsmanager.Secret.from_secret_complete_arn(
                stack, "R", arn("secretsmanager", "secret:d*-Ab12Cd")
            ),
        ),
    ],
)
def test_fails_when_the_name_is_a_pattern(stack: cdk.Stack, name: str, make: Any) -> None:
    """IAM would allow all that it matches."""
    imported = make(stack, lambda service, what: f"arn:aws:{service}:{REGION}:{ACCOUNT}:{what}")
    ((message, fix),) = _problems(imported, stack, name)

    assert message.startswith(f"'{name}' (Data/R) must be one, since IAM takes * and ? for many, got 'arn:aws:")
    assert "import each by its own name, and grant each" == fix


def test_fails_when_the_name_of_a_key_is_a_pattern(stack: cdk.Stack) -> None:
    """That is more than the key of a bucket."""
    key = kms.Key.from_key_arn(stack, "Key", f"arn:aws:kms:{REGION}:{ACCOUNT}:key/*")
    ((message, _),) = _problems(s3.Bucket(stack, "B", encryption_key=key), stack)

    assert message.startswith("the key of 'bucket' (Data/B) must be one, since IAM takes * and ? for many")


def test_fails_when_the_key_of_a_table_is_defined_in_another_account(app: cdk.App, stack: cdk.Stack) -> None:
    """Each stack would have to be deployed first; only for a bucket can a policy do without the key's name."""
    there = cdk.Stack(app, "There", env=cdk.Environment(account=OTHER_ACCOUNT, region=REGION))
    key = kms.Key(there, "Key")
    table = dynamodb.Table.from_table_attributes(stack, "T", table_name="t", encryption_key=key)

    ((message, fix),) = _problems(table, stack, "table")
    why = "and its policy and the role's would have to name each other"

    assert f"the key of 'table' (Data/T) is defined in account {OTHER_ACCOUNT}, {why}" == message
    assert "import the key by its literal ARN: kms.Key.from_key_arn(…), and let its owner allow it" == fix
    assert [] == _problems(s3.Bucket.from_bucket_attributes(stack, "B", bucket_name="sales", encryption_key=key), stack)


def test_fails_when_the_alias_and_the_place_are_wrong(app: cdk.App, stack: cdk.Stack) -> None:
    """Both are told at once."""
    there = cdk.Stack(app, "There", env=cdk.Environment(account=ACCOUNT, region="us-east-1"))
    alias = kms.Alias.from_alias_name(there, "Alias", "alias/sales")
    problems = _problems(s3.Bucket(there, "Landing", encryption_key=alias), stack)

    assert [
        (
            "'bucket' (There/Landing) is in a stack of another environment and has no physical name, so CDK cannot "
            "refer to it from here"
        ),
        "the key of 'bucket' (There/Landing) is known by its alias only",
    ] == [message for message, _ in problems]


def test_a_named_bucket_of_another_region_can_be_referred_to(app: cdk.App, stack: cdk.Stack) -> None:
    """As can one of the same environment without a name."""
    there = cdk.Stack(app, "There", env=cdk.Environment(account=ACCOUNT, region="us-east-1"))
    beside = cdk.Stack(app, "Beside", env=cdk.Environment(account=ACCOUNT, region=REGION))

    assert [] == _problems(s3.Bucket(there, "Landing", bucket_name="sales"), stack)
    assert [] == _problems(s3.Bucket(beside, "Landing"), stack)


@pytest.mark.parametrize("imported", [False, True])
def test_an_alias_of_the_app_is_followed_to_its_key(stack: cdk.Stack, imported: bool) -> None:
    """Whether the key is defined here or imported."""
    arn = f"arn:aws:kms:{REGION}:{ACCOUNT}:key/1"
    key = kms.Key.from_key_arn(stack, "Key", arn) if imported else kms.Key(stack, "Key")
    alias = kms.Alias(stack, "Alias", alias_name="alias/sales", target_key=key)
    found = resource(s3.Bucket(stack, "Landing", encryption_key=alias), "bucket_arn")

    assert [(key.key_arn, ACCOUNT)] == [(found.arn, found.account) for found in found.keys]


def test_what_has_no_key_of_its_own_has_none(stack: cdk.Stack) -> None:
    """The keys that AWS manages need no grant."""
    stream = resource(kinesis.Stream(stack, "Stream", encryption=kinesis.StreamEncryption.MANAGED), "stream_arn")
    bucket = resource(s3.Bucket(stack, "Bucket", encryption=s3.BucketEncryption.S3_MANAGED), "bucket_arn")

    assert ((), ()) == (stream.keys, bucket.keys)


def test_a_secret_is_named_in_full_or_by_its_pattern(stack: cdk.Stack) -> None:
    """One that is defined here or imported in full has no pattern."""
    prefix = f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret"
    own = secretsmanager.Secret(stack, "Own")
    full = secretsmanager.Secret.from_secret_complete_arn(stack, "Full", f"{prefix}:full-Ab12Cd")
    part = secretsmanager.Secret.from_secret_partial_arn(stack, "Part", f"{prefix}:part")

    assert [own.secret_arn, f"{prefix}:full-Ab12Cd", f"{prefix}:part-??????"] == [
        resource(secret, "secret_arn").arn for secret in (own, full, part)
    ]
