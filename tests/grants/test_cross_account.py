"""What the owner of a bucket in another account must allow."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3

from redshift_roles import RedshiftGrants, RedshiftRole, RoleAssociationError
from tests.conftest import ACCOUNT, OTHER_ACCOUNT, REGION
from tests.support.templates import all_properties_of, deployed, properties_of

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
    """A stack of another account."""
    return cdk.Stack(app, "There", env=cdk.Environment(account=OTHER_ACCOUNT, region=REGION))


def test_fails_when_the_owner_has_not_said_yes(stack: cdk.Stack) -> None:
    """The message has the statements, ready to send; nothing is written."""
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
    """Bucket and key have owners of their own."""
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


@pytest.mark.parametrize(
    ("grant", "actions"),
    [
        (
            lambda grants, bucket: grants.unload_to(bucket, clean_path=True),
            ["s3:DeleteObject", "s3:GetBucketLocation", "s3:GetObject", "s3:ListBucket", "s3:PutObject"],
        ),
        (
            lambda grants, bucket: grants.external_schema("sales", bucket=bucket),
            [
                "s3:GetBucketLocation",
                "s3:GetObject",
                "s3:ListBucket",
                "s3:ListBucketMultipartUploads",
                "s3:ListMultipartUploadParts",
            ],
        ),
        (
            lambda grants, bucket: grants.copy_over_ssh(bucket, "hosts.json"),
            ["s3:GetBucketLocation", "s3:GetObject", "s3:ListBucket"],
        ),
        (
            lambda grants, bucket: grants.create_model(bucket),
            [
                "s3:AbortMultipartUpload",
                "s3:DeleteObject",
                "s3:GetBucketLocation",
                "s3:GetObject",
                "s3:ListBucket",
                "s3:PutObject",
            ],
        ),
    ],
)
def test_fails_when_no_owner_said_yes_to_what_needs_a_bucket(
    stack: cdk.Stack, grant: Callable[[RedshiftGrants, s3.IBucket], object], actions: list[str]
) -> None:
    """The owner is asked for what Redshift does in the bucket and for nothing else, and nothing is written here."""
    role = RedshiftRole(stack, "Role")
    with pytest.raises(RoleAssociationError) as caught:
        grant(role.redshift_grants, _theirs(stack))
    (finding,) = caught.value.findings
    statements = json.loads(finding.message.partition("; its bucket policy needs ")[2])
    asked = {action for s in statements for action in ([s["Action"]] if isinstance(s["Action"], str) else s["Action"])}

    assert actions == sorted(asked)
    assert {"arn:aws:s3:::theirs"} == {statement["Resource"].partition("/")[0] for statement in statements}
    assert () == role.redshift_grants.policies
    assert 1 == len(properties_of(stack, "AWS::IAM::Role")["AssumeRolePolicyDocument"]["Statement"])


def test_fails_when_a_bucket_of_this_app_in_another_account_has_no_name(stack: cdk.Stack, there: cdk.Stack) -> None:
    """CDK would fail at synth time, far from this line."""
    role = RedshiftRole(stack, "Role", role_name="loader")
    ((message, _),) = _wrong(role, s3.Bucket(there, "Landing"))

    assert message.startswith("'bucket' (There/Landing) ")
    assert () == role.redshift_grants.policies
    assert [] == all_properties_of(there, "AWS::S3::BucketPolicy")


def test_the_owner_is_asked_for_the_named_bucket_alone(stack: cdk.Stack) -> None:
    """Amazon's own bucket of downloads begins with the name of this one, and is another one."""
    theirs = s3.Bucket.from_bucket_attributes(stack, "Theirs", bucket_name="redshift-down", account=OTHER_ACCOUNT)
    grant = RedshiftRole(stack, "Role").redshift_grants.create_model(theirs, owner_allows=True)
    resources = {resource for statement in grant.resource_statements for resource in statement.resources}

    assert {theirs.bucket_arn, f"{theirs.bucket_arn}/*"} == resources


def test_each_statement_in_a_policy_of_the_owner_has_a_sid_of_its_own(stack: cdk.Stack, there: cdk.Stack) -> None:
    """IAM asks for Sids that are unique within a policy, whoever is let in by it."""
    bucket = s3.Bucket(there, "Landing", bucket_name="landing-of-theirs", encryption=s3.BucketEncryption.KMS)
    for name in ("first", "second"):
        grants = RedshiftRole(stack, name, role_name=name).redshift_grants
        grants.copy_from(bucket, prefix="a/")
        grants.copy_from(bucket, prefix="b/")
    statements = properties_of(there, "AWS::S3::BucketPolicy")["PolicyDocument"]["Statement"]
    statements_of_key = properties_of(there, "AWS::KMS::Key")["KeyPolicy"]["Statement"]

    for listed in (statements, statements_of_key):
        sids = [statement["Sid"] for statement in listed if "Sid" in statement]
        assert sorted(set(sids)) == sorted(sids)


def test_the_bucket_waits_for_the_role_that_its_policy_names(app: cdk.App, stack: cdk.Stack, there: cdk.Stack) -> None:
    """Amazon S3 refuses a principal that is not there yet."""
    bucket = s3.Bucket(there, "Landing", bucket_name="landing-of-theirs")
    RedshiftRole(stack, "Role", role_name="loader").redshift_grants.copy_from(bucket)
    app.synth()

    assert [stack] == there.dependencies
    assert [] == stack.dependencies


def test_the_role_does_not_wait_for_the_key_that_waits_for_it(stack: cdk.Stack, there: cdk.Stack) -> None:
    """The key's policy names the role, so a role that needs an output of the key's stack could never be
    deployed first.
    """
    bucket = s3.Bucket(there, "Landing", bucket_name="landing-of-theirs", encryption=s3.BucketEncryption.KMS)
    RedshiftRole(stack, "Role", role_name="loader").redshift_grants.copy_from(bucket)
    (policy,) = all_properties_of(stack, "AWS::IAM::ManagedPolicy")
    (decrypt,) = [s for s in policy["PolicyDocument"]["Statement"] if s["Sid"] == "DecryptObjects"]
    read = deployed(decrypt, {"AWS::Partition": "aws"})

    assert "There" not in json.dumps(policy)
    assert f"arn:aws:kms:{REGION}:{OTHER_ACCOUNT}:key/*" == read["Resource"]
    assert {
        "StringLike": {
            "kms:EncryptionContext:aws:s3:arn": ["arn:aws:s3:::landing-of-theirs", "arn:aws:s3:::landing-of-theirs/*"]
        }
    } == read["Condition"]


def test_fails_when_the_role_is_deployed_after_the_bucket(stack: cdk.Stack, there: cdk.Stack) -> None:
    """The bucket's policy names the role, so each stack would have to be the first; whoever owns the bucket
    said yes.
    """
    stack.add_stack_dependency(there)
    bucket = s3.Bucket(there, "Landing", bucket_name="landing-of-theirs")
    role = RedshiftRole(stack, "Role", role_name="loader")
    ((message, fix),) = _wrong(role, bucket)
    ((again, _),) = _wrong(role, bucket, owner_allows=True)

    assert message == again
    assert message.endswith("whose policy names the role, and the role's stack is deployed after it")
    assert "put the role into a stack that depends on nothing there" == fix
    assert [] == all_properties_of(there, "AWS::S3::BucketPolicy")


def test_the_grant_has_the_statements_of_the_owner(stack: cdk.Stack) -> None:
    """As CDK calls them: resource statements, for the role alone."""
    role = RedshiftRole(stack, "Role")
    bucket = _theirs(stack, encryption_key=kms.Key.from_key_arn(stack, "Key", THEIR_KEY))
    grant = role.redshift_grants.copy_from(bucket, prefix="landing/", owner_allows=True)
    statements = [statement.to_json() for statement in grant.resource_statements]

    assert ["s3:ListBucket", "s3:GetBucketLocation", "s3:GetObject", "kms:Decrypt"] == [s["Action"] for s in statements]
    assert {role.role_arn} == {statement["Principal"]["AWS"] for statement in statements}
    assert {"StringLike": {"s3:prefix": "landing/*"}} == statements[0]["Condition"]
    assert grant.success


def test_a_bucket_of_this_app_gets_its_policy(stack: cdk.Stack, there: cdk.Stack) -> None:
    """It is written in the other stack, for the role by its name."""
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


def test_the_key_of_a_bucket_of_this_app_lets_the_role_in(stack: cdk.Stack, there: cdk.Stack) -> None:
    """For what the role does with the bucket, by the role's name."""
    bucket = s3.Bucket(there, "Landing", bucket_name="landing-of-theirs", encryption=s3.BucketEncryption.KMS)
    grant = RedshiftRole(stack, "Role", role_name="loader").redshift_grants.unload_to(bucket, prefix="out/")
    added = properties_of(there, "AWS::KMS::Key")["KeyPolicy"]["Statement"][1:]
    principal = deployed(added[0]["Principal"], {"AWS::Partition": "aws"})

    assert [(["kms:Decrypt", "kms:GenerateDataKey"], "*")] == [(s["Action"], s["Resource"]) for s in added]
    assert {"AWS": f"arn:aws:iam::{ACCOUNT}:role/loader"} == principal
    assert 4 == len(grant.resource_statements)
    assert grant.success


def test_granting_twice_lets_in_once(stack: cdk.Stack, there: cdk.Stack) -> None:
    """The bucket's policy is that of one grant."""
    bucket = s3.Bucket(there, "Landing", bucket_name="landing-of-theirs")
    grants = RedshiftRole(stack, "Role", role_name="loader").redshift_grants
    grants.copy_from(bucket)
    grants.copy_from(bucket)

    assert 3 == len(properties_of(there, "AWS::S3::BucketPolicy")["PolicyDocument"]["Statement"])


def test_a_key_of_another_account_alone_is_asked_for_alone(stack: cdk.Stack) -> None:
    """The bucket is ours and needs no policy."""
    key = kms.Key.from_key_arn(stack, "Key", THEIR_KEY)
    grant = RedshiftRole(stack, "Role").redshift_grants.copy_from(
        s3.Bucket(stack, "Own", encryption_key=key), owner_allows=True
    )

    assert [("kms:Decrypt", "*")] == [
        (statement.to_json()["Action"], statement.to_json()["Resource"]) for statement in grant.resource_statements
    ]
    assert [] == all_properties_of(stack, "AWS::S3::BucketPolicy")


def test_a_key_of_ours_is_not_asked_of_the_owner_of_the_bucket(stack: cdk.Stack) -> None:
    """They own the bucket, and encrypt it with our key."""
    bucket = _theirs(stack, encryption_key=kms.Key(stack, "Key"))
    role = RedshiftRole(stack, "Role")
    grant = role.redshift_grants.copy_from(bucket, prefix="landing/", owner_allows=True)

    assert 3 == len(grant.resource_statements)
    assert 1 == len(properties_of(stack, "AWS::KMS::Key")["KeyPolicy"]["Statement"])


def test_an_owner_who_allows_needs_no_name_from_an_imported_bucket(stack: cdk.Stack) -> None:
    """What the deployment knows of role and bucket is named readably in the message, and is no obstacle."""
    name = cdk.Fn.import_value("Name")
    theirs = s3.Bucket.from_bucket_attributes(stack, "Theirs", bucket_name=name, account=OTHER_ACCOUNT)
    role = RedshiftRole(stack, "Role")
    ((message, _),) = _wrong(role, theirs)

    assert '"Resource": "arn:aws:s3:::${Fn::ImportValue Name}/landing/*"' in message
    assert f'"AWS": "${{{stack.resolve(role.role_arn)["Fn::GetAtt"][0]}.Arn}}"' in message
    assert role.redshift_grants.copy_from(theirs, owner_allows=True).success


def test_fails_when_a_bucket_of_this_app_cannot_name_the_role(stack: cdk.Stack, there: cdk.Stack) -> None:
    """A role of another account needs a name."""
    bucket = s3.Bucket(there, "Landing", bucket_name="landing-of-theirs")
    label = f"'bucket' (There/Landing) is in account {OTHER_ACCOUNT}, the role is in {ACCOUNT}"

    assert [(f"{label}, whose policy cannot name a role without a role_name", "give the role a role_name")] == _wrong(
        RedshiftRole(stack, "Role"), bucket
    )


def test_long_statements_are_written_in_full(stack: cdk.Stack) -> None:
    """Whatever their length, what the owner must add can be sent as it stands."""
    keys = [letter * 1000 for letter in "abc"]
    with pytest.raises(RoleAssociationError) as caught:
        RedshiftRole(stack, "Role").redshift_grants.copy_from(
            _theirs(stack), prefix=keys[0], manifest=keys[1], jsonpaths=keys[2]
        )
    (finding,) = caught.value.findings
    statements = json.loads(finding.message.partition("; its bucket policy needs ")[2])

    written = {
        resource
        for one in statements
        for resource in (one["Resource"] if isinstance(one["Resource"], list) else [one["Resource"]])
    }
    assert {f"arn:aws:s3:::theirs/{key}" for key in (keys[0] + "*", *keys[1:])} < written
