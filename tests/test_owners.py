"""
What the owner of a bucket in another account must allow.
"""

from __future__ import annotations

import json
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3

from redshift_roles import RedshiftRole, RoleAssociationError
from tests.conftest import ACCOUNT, OTHER_ACCOUNT, REGION
from tests.templates import all_properties_of, properties_of

THEIR_KEY = f"arn:aws:kms:{REGION}:{OTHER_ACCOUNT}:key/1"


def _wrong(role: RedshiftRole, bucket: s3.IBucket, **options: Any) -> list[tuple[str, str]]:
    with pytest.raises(RoleAssociationError) as caught:
        role.redshift_grants.copy_from(bucket, prefix="landing/", **options)
    assert "${Token[" not in str(caught.value)
    return [(finding.message, finding.fix) for finding in caught.value.findings]


def _theirs(stack: cdk.Stack, **options: Any) -> s3.IBucket:
    return s3.Bucket.from_bucket_attributes(
        stack, "Theirs", bucket_arn="arn:aws:s3:::theirs", account=OTHER_ACCOUNT, **options
    )


@pytest.fixture
def there(app: cdk.App) -> cdk.Stack:
    """
    A stack of another account.
    """
    return cdk.Stack(app, "There", env=cdk.Environment(account=OTHER_ACCOUNT, region=REGION))


def test_fails_when_the_owner_has_not_said_yes(stack: cdk.Stack) -> None:
    """
    The message has the statements, ready to send; nothing is written.
    """
    role = RedshiftRole(stack, "Role", role_name="loader")
    ((message, fix),) = _wrong(role, _theirs(stack))
    head = f"'bucket' (Data/Theirs) is in account {OTHER_ACCOUNT}, the role is in {ACCOUNT}; its bucket policy needs "

    assert message.startswith(head)
    assert {
        ("s3:GetObject", "arn:aws:s3:::theirs/landing/*"),
        ("s3:ListBucket", "arn:aws:s3:::theirs"),
        ("s3:GetBucketLocation", "arn:aws:s3:::theirs"),
    } == {(statement["Action"], statement["Resource"]) for statement in json.loads(message.removeprefix(head))}
    assert "send it to the owner (grant.resource_statements has it), and pass owner_allows=True when it is there" == fix
    assert [] == all_properties_of(stack, "AWS::IAM::ManagedPolicy")


def test_fails_when_the_owner_of_the_key_has_not_said_yes(stack: cdk.Stack) -> None:
    """
    Bucket and key have owners of their own.
    """
    role = RedshiftRole(stack, "Role")
    key = kms.Key.from_key_arn(stack, "Key", THEIR_KEY)
    both = _wrong(role, _theirs(stack, encryption_key=key))
    own = s3.Bucket(stack, "Own", encryption_key=key)
    (alone,) = _wrong(role, own)

    assert 2 == len(both)
    assert alone[0].startswith(
        f"the key of 'bucket' (Data/Own) is in account {OTHER_ACCOUNT}, the role is in {ACCOUNT}"
    )
    assert '"Action": "kms:Decrypt", "Resource": "*"' in alone[0]


def test_the_grant_has_the_statements_of_the_owner(stack: cdk.Stack) -> None:
    """
    As CDK calls them: resource statements, for the role alone.
    """
    role = RedshiftRole(stack, "Role")
    bucket = _theirs(stack, encryption_key=kms.Key.from_key_arn(stack, "Key", THEIR_KEY))
    grant = role.redshift_grants.copy_from(bucket, prefix="landing/", owner_allows=True)
    statements = [statement.to_json() for statement in grant.resource_statements]

    assert ["s3:ListBucket", "s3:GetBucketLocation", "s3:GetObject", "kms:Decrypt"] == [s["Action"] for s in statements]
    assert {role.role_arn} == {statement["Principal"]["AWS"] for statement in statements}
    assert {"StringLike": {"s3:prefix": "landing/*"}} == statements[0]["Condition"]
    assert 4 == len(grant.principal_statements)
    assert grant.success


def test_a_bucket_of_this_app_gets_its_policy(stack: cdk.Stack, there: cdk.Stack) -> None:
    """
    It is written in the other stack, for the role by its name.
    """
    bucket = s3.Bucket(there, "Landing", bucket_name="landing-of-theirs")
    role = RedshiftRole(stack, "Role", role_name="loader")
    grant = role.redshift_grants.unload_to(bucket, prefix="out/")
    policy = properties_of(there, "AWS::S3::BucketPolicy")["PolicyDocument"]["Statement"]
    named = {"Fn::Join": ["", ["arn:", {"Ref": "AWS::Partition"}, f":iam::{ACCOUNT}:role/loader"]]}

    assert [["s3:GetObject", "s3:PutObject"], "s3:GetBucketLocation", "s3:ListBucket"] == sorted(
        (statement["Action"] for statement in policy), key=str
    )
    assert all({"AWS": named} == statement["Principal"] for statement in policy)
    assert 3 == len(grant.resource_statements)


def test_fails_when_a_bucket_of_this_app_cannot_name_the_role(stack: cdk.Stack, there: cdk.Stack) -> None:
    """
    A role of another account needs a name.
    """
    bucket = s3.Bucket(there, "Landing", bucket_name="landing-of-theirs")
    label = f"'bucket' (There/Landing) is in account {OTHER_ACCOUNT}, the role is in {ACCOUNT}"

    assert [(f"{label}, whose policy cannot name a role without a role_name", "give the role a role_name")] == _wrong(
        RedshiftRole(stack, "Role"), bucket
    )
