"""What the owners of buckets and keys in other accounts must allow."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_kinesis as kinesis
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_secretsmanager as secretsmanager

from redshift_roles import RedshiftGrant, RedshiftGrants, RedshiftRole, RoleAssociationError
from tests.conftest import ACCOUNT, OTHER_ACCOUNT, REGION
from tests.support.builders import arn
from tests.support.granted import HERE, POLICY, all_statements_of, listed, statements_of, written, wrong
from tests.support.templates import all_properties_of, properties_of

THEIR_KEY = f"arn:aws:kms:{REGION}:{OTHER_ACCOUNT}:key/1"
BUCKET_POLICY = "AWS::S3::BucketPolicy"
# AWS's policy for a bucket of another account, and ListBucketVersions of the minimum for the role.
EXTERNAL_FILES = (
    "GetBucketLocation GetObject ListBucket ListBucketMultipartUploads ListBucketVersions ListMultipartUploadParts"
)
IN = f"is in account {OTHER_ACCOUNT}, the role is in {ACCOUNT}"


def _wrong(role: RedshiftRole, bucket: s3.IBucket, **options: Any) -> list[str]:
    return [
        message for _, message in wrong(lambda: role.redshift_grants.copy_from(bucket, prefix="landing/", **options))
    ]


def _imported(stack: cdk.Stack, **options: Any) -> s3.IBucket:
    return s3.Bucket.from_bucket_attributes(
        stack, "Theirs", **{"bucket_arn": "arn:aws:s3:::theirs", "account": OTHER_ACCOUNT, **options}
    )


def _their_key(stack: cdk.Stack) -> kms.IKey:
    return kms.Key.from_key_arn(stack, "Key", THEIR_KEY)


@pytest.fixture
def loader(stack: cdk.Stack) -> RedshiftRole:
    """A role with a name, which policies of other accounts can name."""
    return RedshiftRole(stack, "Role", role_name="loader")


@pytest.fixture
def landing(theirs: cdk.Stack) -> s3.IBucket:
    """A bucket of the app in another account."""
    return s3.Bucket(theirs, "Landing", bucket_name="landing-of-theirs")


@pytest.fixture
def encrypted(theirs: cdk.Stack) -> s3.IBucket:
    """The same with a key of its own."""
    return s3.Bucket(theirs, "Landing", bucket_name="landing-of-theirs", encryption=s3.BucketEncryption.KMS)


def test_fails_when_the_owner_has_not_consented(stack: cdk.Stack, loader: RedshiftRole) -> None:
    """The message has the statements, ready to send; nothing is written."""
    with pytest.raises(RoleAssociationError) as caught:
        loader.redshift_grants.copy_from(_imported(stack), prefix="landing/")
    (finding,) = caught.value.findings
    head = f"'bucket' (Data/Theirs) {IN}; its bucket policy needs "
    fix = "send it to the owner (grant.resource_statements has it), and pass owner_allows=True when it is there"

    assert fix == finding.fix
    assert finding.message.startswith(head)
    assert {
        ("s3:GetObject", "arn:aws:s3:::theirs/landing/*"),
        ("s3:ListBucket", "arn:aws:s3:::theirs"),
        ("s3:GetBucketLocation", "arn:aws:s3:::theirs"),
    } == {(one["Action"], one["Resource"]) for one in json.loads(finding.message.removeprefix(head))}
    assert [] == all_properties_of(stack, POLICY)


def test_fails_when_the_owner_of_the_key_has_not_consented(stack: cdk.Stack, role: RedshiftRole) -> None:
    """Bucket and key have owners of their own."""
    both = _wrong(role, _imported(stack, encryption_key=_their_key(stack)))
    (alone,) = _wrong(role, s3.Bucket(stack, "Own", encryption_key=kms.Key.from_key_arn(stack, "Again", THEIR_KEY)))

    assert 2 == len(both)
    assert alone.startswith(f"the key of 'bucket' (Data/Own) {IN}")
    assert '"Action": "kms:Decrypt", "Resource": "*"' in alone


@pytest.mark.parametrize(
    ("grant", "actions"),
    [
        (
            lambda grants, bucket, **flag: grants.copy_from(bucket, **flag),
            "GetBucketLocation GetObject ListBucket",
        ),
        (
            lambda grants, bucket, **flag: grants.unload_to(bucket, clean_path=True, **flag),
            "DeleteObject GetBucketLocation GetObject ListBucket PutObject",
        ),
        (
            lambda grants, bucket, **flag: grants.external_schema("sales", bucket=bucket, **flag),
            EXTERNAL_FILES,
        ),
        (
            lambda grants, bucket, **flag: grants.hive_metastore(bucket, **flag),
            EXTERNAL_FILES,
        ),
        (
            lambda grants, bucket, **flag: grants.copy_over_ssh(bucket, "hosts.json", **flag),
            "GetBucketLocation GetObject ListBucket",
        ),
        (
            lambda grants, bucket, **flag: grants.create_model(bucket, **flag),
            "AbortMultipartUpload DeleteObject GetBucketLocation GetObject ListBucket PutObject",
        ),
    ],
)
def test_fails_when_no_owner_consented_to_what_needs_a_bucket(
    stack: cdk.Stack, role: RedshiftRole, grant: Callable[..., RedshiftGrant], actions: str
) -> None:
    """They are asked for what Redshift does in the bucket and for nothing else; with their consent it is granted."""
    grants, bucket = role.redshift_grants, _imported(stack)
    ((_, message),) = wrong(lambda: grant(grants, bucket))
    statements = json.loads(message.partition("; its bucket policy needs ")[2])

    assert [f"s3:{action}" for action in actions.split()] == sorted(
        action for statement in statements for action in listed(statement["Action"])
    )
    assert {"arn:aws:s3:::theirs"} == {statement["Resource"].partition("/")[0] for statement in statements}
    assert [message] == [again for _, again in wrong(lambda: grant(grants, bucket, owner_allows=False))]
    assert () == grants.policies

    granted = grant(grants, bucket, owner_allows=True)

    assert len(statements) == len(granted.resource_statements)
    assert "arn:aws:s3:::theirs" in json.dumps(statements_of(stack))


def test_fails_when_no_owner_consented_to_sagemaker_and_leaves_the_trust(stack: cdk.Stack, role: RedshiftRole) -> None:
    """Nothing is written at all."""
    wrong(lambda: role.redshift_grants.create_model(_imported(stack)))

    assert 1 == len(properties_of(stack, "AWS::IAM::Role")["AssumeRolePolicyDocument"]["Statement"])


def test_fails_when_a_bucket_of_this_app_in_another_account_has_no_name(
    loader: RedshiftRole, theirs: cdk.Stack
) -> None:
    """CDK would fail at synth time, far from this line."""
    (message,) = _wrong(loader, s3.Bucket(theirs, "Landing"))

    assert message.startswith("'bucket' (There/Landing) ")
    assert () == loader.redshift_grants.policies
    assert [] == all_properties_of(theirs, BUCKET_POLICY)


def test_fails_when_a_bucket_of_this_app_cannot_name_the_role(role: RedshiftRole, landing: s3.IBucket) -> None:
    """A role of another account needs a name."""
    assert [f"'bucket' (There/Landing) {IN}, whose policy cannot name a role without a role_name"] == (
        _wrong(role, landing)
    )


def test_fails_when_the_role_is_deployed_after_the_bucket(
    stack: cdk.Stack, theirs: cdk.Stack, loader: RedshiftRole, landing: s3.IBucket
) -> None:
    """The bucket's policy names the role, so each stack would have to be the first; the consent of its
    owner changes nothing.
    """
    stack.add_stack_dependency(theirs)
    (message,) = _wrong(loader, landing)

    assert [message] == _wrong(loader, landing, owner_allows=True)
    assert message.endswith("whose policy names the role, and the role's stack is deployed after it")
    assert [] == all_properties_of(theirs, BUCKET_POLICY)


def test_the_owner_is_asked_for_the_named_bucket_alone(stack: cdk.Stack, grants: RedshiftGrants) -> None:
    """Amazon's own bucket of downloads begins with the name of this one, and is another one."""
    bucket = s3.Bucket.from_bucket_attributes(stack, "Theirs", bucket_name="redshift-down", account=OTHER_ACCOUNT)
    grant = grants.create_model(bucket, owner_allows=True)

    assert {bucket.bucket_arn, f"{bucket.bucket_arn}/*"} == {
        resource for statement in grant.resource_statements for resource in statement.resources
    }


def test_the_grant_has_the_statements_of_the_owner(stack: cdk.Stack, role: RedshiftRole) -> None:
    """As CDK calls them: resource statements, for the role alone."""
    bucket = _imported(stack, encryption_key=_their_key(stack))
    grant = role.redshift_grants.copy_from(bucket, prefix="landing/", owner_allows=True)
    statements = [statement.to_json() for statement in grant.resource_statements]

    assert ["s3:ListBucket", "s3:GetBucketLocation", "s3:GetObject", "kms:Decrypt"] == [s["Action"] for s in statements]
    assert {role.role_arn} == {statement["Principal"]["AWS"] for statement in statements}
    assert {"StringLike": {"s3:prefix": "landing/*"}} == statements[0]["Condition"]
    assert grant.success


@pytest.mark.parametrize(
    ("make", "asked"),
    [
        # Theirs is the key alone, or the bucket alone.
        (lambda stack: s3.Bucket(stack, "Own", encryption_key=_their_key(stack)), {"kms:Decrypt"}),
        (
            lambda stack: _imported(stack, encryption_key=kms.Key(stack, "Key")),
            {"s3:ListBucket", "s3:GetBucketLocation", "s3:GetObject"},
        ),
    ],
)
def test_each_owner_is_asked_for_what_is_theirs(
    stack: cdk.Stack, grants: RedshiftGrants, make: Callable[[cdk.Stack], s3.IBucket], asked: set[str]
) -> None:
    """What is of this account needs no statement in its policy."""
    grant = grants.copy_from(make(stack), owner_allows=True)

    assert asked == {statement.to_json()["Action"] for statement in grant.resource_statements}
    assert [] == all_properties_of(stack, BUCKET_POLICY)
    assert {1} >= {len(key["KeyPolicy"]["Statement"]) for key in all_properties_of(stack, "AWS::KMS::Key")}


def _table(stack: cdk.Stack, key: kms.IKey | None) -> dynamodb.ITable:
    return dynamodb.Table.from_table_attributes(stack, "Own", table_name="t", encryption_key=key)


def _secret(stack: cdk.Stack, key: kms.IKey | None) -> secretsmanager.ISecret:
    secret = f"arn:aws:secretsmanager:{HERE}:secret:s-Ab12Cd"
    return secretsmanager.Secret.from_secret_attributes(stack, "Own", secret_complete_arn=secret, encryption_key=key)


def _stream(stack: cdk.Stack, key: kms.IKey | None) -> kinesis.IStream:
    stream = f"arn:aws:kinesis:{HERE}:stream/s"
    return kinesis.Stream.from_stream_attributes(stack, "Own", stream_arn=stream, encryption_key=key)


@pytest.mark.parametrize("given", [False, True], ids=["known to the resource", "given"])
@pytest.mark.parametrize(
    ("method", "argument", "make", "sid", "actions"),
    [
        ("copy_from_dynamodb", "table", _table, "DecryptTables", ["kms:Decrypt", "kms:DescribeKey"]),
        ("federated_query", "secret", _secret, "DecryptSecrets", "kms:Decrypt"),
        ("stream_from_kafka", "secret", _secret, "DecryptSecrets", "kms:Decrypt"),
        ("stream_from_kinesis", "stream", _stream, "DecryptStreams", "kms:Decrypt"),
    ],
)
def test_fails_when_the_owner_of_the_key_of_something_else_has_not_consented(
    stack: cdk.Stack, role: RedshiftRole, given: bool, method: str, argument: str, make: Any, sid: str, actions: Any
) -> None:
    """What is granted is of this account and its key of another, whose policy must name the role."""
    key = _their_key(stack)
    options = {argument: make(stack, None if given else key), **({"encryption_key": key} if given else {})}
    label = "'encryption_key' (Data/Key)" if given else f"the key of '{argument}' (Data/Own)"
    ((_, message),) = wrong(lambda: getattr(role.redshift_grants, method)(**options))
    head, _, statement = message.partition("; the policy of that key needs ")

    assert f"{label} {IN}" == head
    assert (actions, "*") == tuple(json.loads(statement)[it] for it in ("Action", "Resource"))
    assert () == role.redshift_grants.policies

    grant = getattr(role.redshift_grants, method)(owner_allows=True, **options)

    assert [actions] == [one.to_json()["Action"] for one in grant.resource_statements]
    assert (actions, THEIR_KEY) == statements_of(stack)[sid]


def test_fails_when_the_owner_of_the_key_of_a_model_has_not_consented(stack: cdk.Stack, role: RedshiftRole) -> None:
    """KMS_KEY_ID may be any key."""
    bucket, key = s3.Bucket.from_bucket_name(stack, "Own", "own"), _their_key(stack)
    ((_, message),) = wrong(lambda: role.redshift_grants.create_model(bucket, encryption_key=key))
    head, _, statement = message.partition("; the policy of that key needs ")

    assert f"'encryption_key' (Data/Key) {IN}" == head
    assert {"kms:CreateGrant", "kms:GenerateDataKeyWithoutPlaintext"} < set(json.loads(statement)["Action"])
    assert () == role.redshift_grants.policies

    (asked,) = role.redshift_grants.create_model(bucket, encryption_key=key, owner_allows=True).resource_statements

    assert {**json.loads(statement), "Principal": None} == {**asked.to_json(), "Principal": None}
    assert THEIR_KEY == statements_of(stack)["EncryptModels"][1]


def test_fails_when_the_owner_of_a_given_key_has_not_consented(stack: cdk.Stack, role: RedshiftRole) -> None:
    """Of each key by itself: the bucket's, the given one, and that of the catalog."""
    grants, key, keys = role.redshift_grants, _their_key(stack), kms.Key.from_key_arn
    bucket = s3.Bucket(stack, "Own", encryption_key=keys(stack, "Again", f"{THEIR_KEY}2"))
    schema: dict[str, Any] = {"bucket": bucket, "encryption_key": key}
    messages = wrong(lambda: grants.external_schema("d", catalog_key=keys(stack, "C", f"{THEIR_KEY}3"), **schema))
    tables = wrong(lambda: grants.s3_tables(f"arn:aws:s3tables:{REGION}:{ACCOUNT}:bucket/lake", encryption_key=key))

    assert ["the key of 'bucket' (Data/Own)", "'encryption_key' (Data/Key)", "'catalog_key' (Data/C)"] == [
        message.partition(f" {IN}; the policy of that key needs ")[0] for _, message in messages
    ]
    assert ["'encryption_key' (Data/Key)"] == [message.partition(f" {IN}; ")[0] for _, message in tables]
    assert () == grants.policies

    granted = grants.external_schema("d", catalog_key=keys(stack, "D", f"{THEIR_KEY}3"), owner_allows=True, **schema)

    assert 3 == len(granted.resource_statements)
    assert ("kms:Decrypt", [THEIR_KEY, f"{THEIR_KEY}2"]) == statements_of(stack)["DecryptObjects"]
    assert ("kms:Decrypt", f"{THEIR_KEY}3") == statements_of(stack)["DecryptCatalog"]


def test_the_owner_of_one_key_is_asked_once(stack: cdk.Stack, role: RedshiftRole) -> None:
    """It may be the bucket's, given again, and that of the catalog, for which it does more."""
    bucket, again = (
        s3.Bucket(stack, "Own", encryption_key=_their_key(stack)),
        kms.Key.from_key_arn(stack, "A", THEIR_KEY),
    )
    grant = role.redshift_grants.external_schema(
        "d", bucket=bucket, encryption_key=again, catalog_key=again, create_database=True, owner_allows=True
    )
    ((_, message),) = wrong(lambda: role.redshift_grants.copy_from(bucket, encryption_key=again))

    assert message.startswith("the key of 'bucket' (Data/Own) ")
    assert ["kms:Decrypt", ["kms:Decrypt", "kms:Encrypt", "kms:GenerateDataKey"]] == [
        statement.to_json()["Action"] for statement in grant.resource_statements
    ]


def test_a_given_key_of_this_app_lets_the_role_in(
    app: cdk.App, stack: cdk.Stack, theirs: cdk.Stack, loader: RedshiftRole
) -> None:
    """For an imported bucket of this account; the role's policy names no key, but the bucket that it is used for."""
    loader.redshift_grants.copy_from(
        s3.Bucket.from_bucket_name(stack, "B", "sales"), encryption_key=kms.Key(theirs, "K")
    )
    app.synth()
    (decrypt,) = [statement for statement in all_statements_of(stack) if statement["Sid"] == "DecryptObjects"]
    (added,) = properties_of(theirs, "AWS::KMS::Key")["KeyPolicy"]["Statement"][1:]

    assert ("kms:Decrypt", {"AWS": arn("loader")}) == (added["Action"], written(added["Principal"]))
    assert ["arn:aws:s3:::sales", "arn:aws:s3:::sales/*"] == (
        written(decrypt["Condition"]["StringLike"]["kms:EncryptionContext:aws:s3:arn"])
    )


def test_tokens_are_readable_in_a_message_and_no_obstacle_to_an_owner_who_allows(
    stack: cdk.Stack, role: RedshiftRole
) -> None:
    """An imported bucket and a role whose names only the deployment knows."""
    bucket = _imported(stack, bucket_arn=None, bucket_name=cdk.Fn.import_value("Name"))
    (message,) = _wrong(role, bucket)

    assert '"Resource": "arn:aws:s3:::${Fn::ImportValue Name}/landing/*"' in message
    assert f'"AWS": "${{{stack.resolve(role.role_arn)["Fn::GetAtt"][0]}.Arn}}"' in message
    assert role.redshift_grants.copy_from(bucket, owner_allows=True).success


def test_long_statements_are_written_in_full(stack: cdk.Stack, role: RedshiftRole) -> None:
    """Whatever their length, what the owner must add can be sent as it stands."""
    keys, bucket = [letter * 1000 for letter in "abc"], _imported(stack)
    ((_, message),) = wrong(
        lambda: role.redshift_grants.copy_from(bucket, prefix=keys[0], manifest=keys[1], jsonpaths=keys[2])
    )
    statements = json.loads(message.partition("; its bucket policy needs ")[2])

    assert {f"arn:aws:s3:::theirs/{key}" for key in (keys[0] + "*", *keys[1:])} < {
        resource for statement in statements for resource in listed(statement["Resource"])
    }


def test_a_bucket_of_this_app_gets_its_policy(
    app: cdk.App, stack: cdk.Stack, theirs: cdk.Stack, loader: RedshiftRole, landing: s3.IBucket
) -> None:
    """It is written in the other stack, once, for the role by its name; Amazon S3 rejects a principal that does not
    exist yet, so the bucket's stack waits for the role's.
    """
    for _ in range(2):
        grant = loader.redshift_grants.unload_to(landing, prefix="out/")
    app.synth()
    policy = properties_of(theirs, BUCKET_POLICY)["PolicyDocument"]["Statement"]

    assert [["s3:GetObject", "s3:PutObject"], "s3:GetBucketLocation", "s3:ListBucket"] == sorted(
        (statement["Action"] for statement in policy), key=str
    )
    assert all({"AWS": arn("loader")} == written(statement["Principal"]) for statement in policy)
    assert 3 == len(grant.resource_statements)
    assert ([stack], []) == (theirs.dependencies, stack.dependencies)


def test_the_key_of_a_bucket_of_this_app_lets_the_role_in(
    theirs: cdk.Stack, loader: RedshiftRole, encrypted: s3.IBucket
) -> None:
    """For what the role does with the bucket, by the role's name."""
    grant = loader.redshift_grants.unload_to(encrypted, prefix="out/")
    (added,) = properties_of(theirs, "AWS::KMS::Key")["KeyPolicy"]["Statement"][1:]

    assert (["kms:Decrypt", "kms:GenerateDataKey"], "*") == (added["Action"], added["Resource"])
    assert {"AWS": arn("loader")} == written(added["Principal"])
    assert 4 == len(grant.resource_statements)


def test_the_role_does_not_wait_for_the_key_that_waits_for_it(
    stack: cdk.Stack, loader: RedshiftRole, encrypted: s3.IBucket
) -> None:
    """The key's policy names the role, so a role that needs an output of the key's stack could never be
    deployed first.
    """
    loader.redshift_grants.copy_from(encrypted)
    (decrypt,) = [statement for statement in all_statements_of(stack) if statement["Sid"] == "DecryptObjects"]
    objects = ["arn:aws:s3:::landing-of-theirs", "arn:aws:s3:::landing-of-theirs/*"]

    assert "There" not in json.dumps(all_statements_of(stack))
    assert f"arn:aws:kms:{REGION}:{OTHER_ACCOUNT}:key/*" == written(decrypt["Resource"])
    assert {"StringLike": {"kms:EncryptionContext:aws:s3:arn": objects}} == written(decrypt["Condition"])


def test_each_statement_in_a_policy_of_the_owner_has_a_sid_of_its_own(
    stack: cdk.Stack, theirs: cdk.Stack, encrypted: s3.IBucket
) -> None:
    """IAM asks for Sids that are unique within a policy, whoever is let in by it."""
    for name in ("first", "second"):
        grants = RedshiftRole(stack, name, role_name=name).redshift_grants
        grants.copy_from(encrypted, prefix="a/")
        grants.copy_from(encrypted, prefix="b/")
    statements = properties_of(theirs, BUCKET_POLICY)["PolicyDocument"]["Statement"]

    for policy in (statements, properties_of(theirs, "AWS::KMS::Key")["KeyPolicy"]["Statement"]):
        sids = [statement["Sid"] for statement in policy if "Sid" in statement]
        assert sorted(set(sids)) == sorted(sids)
