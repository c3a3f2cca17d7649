"""What Redshift may do with a role: the template that each grant writes, and the grants that could not work."""

from __future__ import annotations

import json
from collections.abc import Callable
from itertools import permutations
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kinesis as kinesis
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_secretsmanager as secretsmanager

from redshift_roles import (
    DbUser,
    RedshiftCluster,
    RedshiftGrant,
    RedshiftGrants,
    RedshiftRole,
    RoleAssociationError,
    RoleChain,
)
from redshift_roles.cdk.account_rule import RULE_ID
from tests.conftest import ACCOUNT, OTHER_ACCOUNT, REGION
from tests.support import nag
from tests.support.functions import function_of
from tests.support.synthesis import report_of
from tests.support.templates import all_properties_of, deployed, properties_of, template_of

KEY = "arn:aws:kms:eu-west-1:111111111111:key/1"
POLICY = "AWS::IAM::ManagedPolicy"


class References(dict[str, str]):
    """What a deployment would write for references: ``AWS::Partition`` is aws, a resource its logical id."""

    def __missing__(self, name: str) -> str:
        return "aws" if name == "AWS::Partition" else name


def statements_of(stack: cdk.Stack) -> dict[str, tuple[Any, Any]]:
    """Read the statements of all managed policies by their Sids: the actions and the resources."""
    policies = [properties["PolicyDocument"] for properties in all_properties_of(stack, POLICY)]
    return {
        statement["Sid"]: (statement["Action"], deployed(_attributes(statement["Resource"]), References()))
        for policy in policies
        for statement in policy["Statement"]
    }


def _attributes(node: Any) -> Any:
    """Write ``Fn::GetAtt`` as a reference with a dot."""
    if isinstance(node, list):
        return [_attributes(item) for item in node]
    if isinstance(node, dict) and "Fn::GetAtt" in node:
        return {"Ref": ".".join(node["Fn::GetAtt"])}
    return {key: _attributes(value) for key, value in node.items()} if isinstance(node, dict) else node


def wrong(grant: Callable[[], object]) -> list[tuple[str, str]]:
    """List the rules and messages of a refused grant."""
    with pytest.raises(RoleAssociationError) as caught:
        grant()
    assert "${Token[" not in str(caught.value)
    return [(finding.rule, finding.message) for finding in caught.value.findings]


@pytest.fixture
def bucket(stack: cdk.Stack) -> s3.IBucket:
    """A bucket by its name, with a customer managed key."""
    key = kms.Key.from_key_arn(stack, "Key", KEY)
    return s3.Bucket.from_bucket_attributes(stack, "Bucket", bucket_arn="arn:aws:s3:::sales", encryption_key=key)


@pytest.fixture
def grants(stack: cdk.Stack) -> RedshiftGrants:
    """The grants of a role of ours."""
    return RedshiftRole(stack, "Role").redshift_grants


def test_fails_when_it_is_no_role() -> None:
    """An ARN is not a role."""
    assert [("InvalidArgument", "'role' must be an iam.IRole, got 'arn'")] == wrong(lambda: RedshiftGrants.of("arn"))  # type: ignore[arg-type]


def test_fails_when_arguments_are_wrong_and_leaves_nothing(stack: cdk.Stack, grants: RedshiftGrants) -> None:
    """Everything wrong is told at once, no policy is made, and the next try works."""
    bad: Any = "landing"

    assert [
        ("InvalidArgument", "'bucket' must be an s3.IBucket, got 'landing'"),
        (
            "InvalidArgument",
            (
                "'prefix' must be what object keys begin with, 1 to 1,024 characters without a slash or s3:// in "
                "front, got '/x'"
            ),
        ),
    ] == wrong(lambda: grants.copy_from(bad, prefix="/x"))
    assert () == grants.policies
    assert ["Resource"] == [child.node.id for child in stack.node.find_child("Role").node.children]

    grants.copy_from(s3.Bucket(stack, "Landing"), prefix="x/")

    assert 1 == len(grants.policies)


BUCKET = "an s3.IBucket"
FLAG = "True or False"
KEYS = "1 to 1,024 characters without a slash or s3:// in front"
NAME = "a name of 1 to 255 characters without a slash"
TOPIC = "the name of a topic, 1 to 249 letters, digits and ._-"


@pytest.mark.parametrize(
    ("grant", "messages"),
    [
        (
            lambda grants: grants.copy_from("b", prefix="s3://x", manifest="/m", jsonpaths="", owner_allows=1),
            [
                f"'bucket' must be {BUCKET}, got 'b'",
                f"'prefix' must be what object keys begin with, {KEYS}, got 's3://x'",
                f"'manifest' must be the key of one object, {KEYS}, got '/m'",
                f"'jsonpaths' must be the key of one object, {KEYS}, got ''",
                f"'owner_allows' must be {FLAG}, got 1",
            ],
        ),
        (
            lambda grants: grants.unload_to("b", prefix=7, clean_path=2, owner_allows="no"),
            [
                f"'bucket' must be {BUCKET}, got 'b'",
                f"'prefix' must be what object keys begin with, {KEYS}, got 7",
                f"'clean_path' must be {FLAG}, got 2",
                f"'owner_allows' must be {FLAG}, got 'no'",
            ],
        ),
        (
            lambda grants: grants.external_schema("", tables=[], create_database=1, write="x", owner_allows=2),
            [
                f"'database' must be {NAME}, got ''",
                f"'create_database' must be {FLAG}, got 1",
                f"'write' must be {FLAG}, got 'x'",
                f"'owner_allows' must be {FLAG}, got 2",
                "'tables' must have at least one entry, got an empty list",
                "'bucket' is not given",
            ],
        ),
        (
            lambda grants: grants.external_schema("d", bucket="b", prefix="p/", tables=["a/b"], lake_formation=True),
            [
                f"'bucket' must be {BUCKET}, got 'b'",
                f"'tables[0]' must be {NAME}, got 'a/b'",
                "'bucket' is 'b' beside lake_formation=True",
                "'prefix' is 'p/' beside lake_formation=True",
            ],
        ),
        (
            lambda grants: grants.external_schema("d", bucket="b", tables="orders", lake_formation=0),
            [
                f"'bucket' must be {BUCKET}, got 'b'",
                "'tables' must be a list, got 'orders'",
                f"'lake_formation' must be {FLAG}, got 0",
            ],
        ),
        (lambda grants: grants.copy_from_dynamodb("t"), ["'table' must be a dynamodb.ITable, got 't'"]),
        (lambda grants: grants.copy_from_emr("x"), ["'cluster_id' must be the id of an Amazon EMR cluster, got 'x'"]),
        (
            lambda grants: grants.copy_over_ssh("b", "/", owner_allows=1),
            [
                f"'bucket' must be {BUCKET}, got 'b'",
                f"'manifest' must be the key of one object, {KEYS}, got '/'",
                f"'owner_allows' must be {FLAG}, got 1",
            ],
        ),
        (lambda grants: grants.federated_query("s"), ["'secret' must be a secretsmanager.ISecret, got 's'"]),
        (lambda grants: grants.external_function("f"), ["'function' must be a lambda_.IFunction, got 'f'"]),
        (lambda grants: grants.stream_from_kinesis("s"), ["'stream' must be a kinesis.IStream, got 's'"]),
        (
            lambda grants: grants.stream_from_msk("c", []),
            [
                "'cluster_arn' must be the ARN of an Amazon MSK cluster, got 'c'",
                "'topics' must have at least one entry, got an empty list",
            ],
        ),
        (
            lambda grants: grants.stream_from_msk(f"arn:aws:kafka:{REGION}:{OTHER_ACCOUNT}:cluster/c/1", ["a b", ""]),
            [
                f"'topics[0]' must be {TOPIC}, got 'a b'",
                f"'topics[1]' must be {TOPIC}, got ''",
                f"'cluster_arn' is in account {OTHER_ACCOUNT}, the role is in {ACCOUNT}",
            ],
        ),
        (
            lambda grants: grants.create_model("b", owner_allows=3),
            [f"'bucket' must be {BUCKET}, got 'b'", f"'owner_allows' must be {FLAG}, got 3"],
        ),
        (lambda grants: grants.pass_role("x"), ["'grantee' must be an iam.IGrantable, got 'x'"]),
    ],
)
def test_fails_when_an_argument_is_of_the_wrong_kind(
    grants: RedshiftGrants, grant: Callable[[Any], Any], messages: list[str]
) -> None:
    """Each method tells all of them at once, at the role's path, and writes nothing."""
    assert [("InvalidArgument", message) for message in messages] == wrong(lambda: grant(grants))
    assert () == grants.policies


@pytest.mark.parametrize(
    ("grant", "messages"),
    [
        (lambda grants, _: grants.copy_from(None), [f"'bucket' must be {BUCKET}, got None"]),
        (lambda grants, _: grants.unload_to(None), [f"'bucket' must be {BUCKET}, got None"]),
        (lambda grants, bucket: grants.external_schema(None, bucket=bucket), [f"'database' must be {NAME}, got None"]),
        (
            lambda grants, _: grants.copy_from_emr(None),
            ["'cluster_id' must be the id of an Amazon EMR cluster, got None"],
        ),
        (
            lambda grants, bucket: grants.copy_over_ssh(bucket, None),
            [f"'manifest' must be the key of one object, {KEYS}, got None"],
        ),
        (
            lambda grants, _: grants.stream_from_msk(None, None),
            [
                "'cluster_arn' must be the ARN of an Amazon MSK cluster, got None",
                "'topics' must be a list, got None",
            ],
        ),
        (
            lambda grants, _: grants.stream_from_msk(5, ["t"]),
            ["'cluster_arn' must be the ARN of an Amazon MSK cluster, got 5"],
        ),
        (lambda grants, _: grants.create_model(None), [f"'bucket' must be {BUCKET}, got None"]),
    ],
)
def test_fails_when_a_required_argument_is_none(
    grants: RedshiftGrants, bucket: s3.IBucket, grant: Callable[[Any, s3.IBucket], Any], messages: list[str]
) -> None:
    """What a function forgot to return is told in our words, and grants nothing called None."""
    assert [("InvalidArgument", message) for message in messages] == wrong(lambda: grant(grants, bucket))
    assert () == grants.policies


@pytest.mark.parametrize(
    ("name", "grant"),
    [
        ("tables", lambda grants, bucket, names: grants.external_schema("d", bucket=bucket, tables=names)),
        (
            "topics",
            lambda grants, _, names: grants.stream_from_msk(f"arn:aws:kafka:{REGION}:{ACCOUNT}:cluster/c/1", names),
        ),
    ],
)
def test_fails_when_only_the_deployment_knows_a_list(
    stack: cdk.Stack, grants: RedshiftGrants, bucket: s3.IBucket, name: str, grant: Callable[..., object]
) -> None:
    """A policy names each table and topic, so their number must be known; CDK would fail in words of its own."""
    names = cdk.CfnParameter(stack, "Names", type="CommaDelimitedList").value_as_list
    ((rule, message),) = wrong(lambda: grant(grants, bucket, names))

    assert "InvalidArgument" == rule
    assert message.startswith(f"'{name}'")


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


def test_an_external_schema_reads_the_catalog_and_the_files(
    stack: cdk.Stack, grants: RedshiftGrants, bucket: s3.IBucket
) -> None:
    """In the role's partition, region and account."""
    grants.external_schema("sales", bucket=bucket, prefix="lake/", tables=["orders"], create_database=True, write=True)
    glue = f"arn:aws:glue:{REGION}:{ACCOUNT}:"
    found = statements_of(stack)

    assert [f"{glue}catalog", f"{glue}database/sales", f"{glue}table/sales/orders"] == found["ReadCatalog"][1]
    assert found["ReadCatalog"][1] == found["WriteCatalog"][1]
    assert ("glue:CreateDatabase", [f"{glue}catalog", f"{glue}database/sales"]) == found["CreateDatabase"]
    assert (["s3:GetObject", "s3:ListMultipartUploadParts"], "arn:aws:s3:::sales/lake/*") == found["QueryObjects"]
    assert ("s3:PutObject", "arn:aws:s3:::sales/lake/*") == found["WriteObjects"]


def test_lake_formation_vends_the_files(stack: cdk.Stack, grants: RedshiftGrants) -> None:
    """The role needs the catalog and one action besides."""
    grants.external_schema("sales", lake_formation=True)
    found = statements_of(stack)

    assert {"ReadCatalog", "GetDataAccess"} == set(found)
    assert ("lakeformation:GetDataAccess", "*") == found["GetDataAccess"]


def test_a_table_its_key_and_nothing_else(stack: cdk.Stack, grants: RedshiftGrants) -> None:
    """Of a table that the app defines and of one that it imports."""
    key = kms.Key(stack, "Own")
    table = dynamodb.TableV2(
        stack,
        "Table",
        partition_key=dynamodb.Attribute(name="id", type=dynamodb.AttributeType.STRING),
        encryption=dynamodb.TableEncryptionV2.customer_managed_key(key),
    )
    grants.copy_from_dynamodb(table)
    grants.copy_from_dynamodb(dynamodb.Table.from_table_name(stack, "Named", "orders"))
    found = statements_of(stack)

    assert {"ScanTables", "DecryptTables"} == set(found)
    assert f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/orders" in found["ScanTables"][1]
    assert stack.resolve(table.table_arn)["Fn::GetAtt"][0] + ".Arn" in found["ScanTables"][1]


def test_a_secret_has_its_suffix(stack: cdk.Stack, grants: RedshiftGrants) -> None:
    """One of the app is known in full, one by its name gets the pattern of six characters, its key is granted."""
    key = kms.Key.from_key_arn(stack, "Key", KEY)
    own = secretsmanager.Secret(stack, "Own", encryption_key=key)
    complete = f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:full-Ab12Cd"
    for secret in (
        own,
        secretsmanager.Secret.from_secret_name_v2(stack, "Named", "sales"),
        secretsmanager.Secret.from_secret_complete_arn(stack, "Complete", complete),
    ):
        grants.federated_query(secret)
    found = statements_of(stack)

    assert {
        complete,
        f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:sales-??????",
        stack.resolve(own.secret_arn)["Ref"],
    } == set(found["AccessSecrets"][1])
    assert ("kms:Decrypt", KEY) == found["DecryptSecrets"]


def _secret_granted_from(there: cdk.Stack, stack: cdk.Stack, grants: RedshiftGrants) -> Any:
    grants.federated_query(secretsmanager.Secret(there, "Db", secret_name="db"))  # noqa: S106  a name, not a secret
    statements = properties_of(stack, POLICY)["PolicyDocument"]["Statement"]
    (resource,) = [statement["Resource"] for statement in statements if statement["Sid"] == "AccessSecrets"]
    return resource


def test_a_secret_of_another_environment_has_the_pattern(
    app: cdk.App, stack: cdk.Stack, grants: RedshiftGrants
) -> None:
    """CDK knows it by its name alone there, and Secrets Manager adds six characters to that."""
    there = cdk.Stack(app, "There", env=cdk.Environment(account=ACCOUNT, region="us-east-1"))

    assert f"arn:aws:secretsmanager:us-east-1:{ACCOUNT}:secret:db-??????" == deployed(
        _secret_granted_from(there, stack, grants), References()
    )


def test_a_secret_of_another_stack_of_the_same_environment_is_named_in_full(
    app: cdk.App, stack: cdk.Stack, grants: RedshiftGrants
) -> None:
    """Its stack exports its ARN, with the six characters."""
    beside = cdk.Stack(app, "Beside", env=cdk.Environment(account=ACCOUNT, region=REGION))

    assert {"Fn::ImportValue"} == set(_secret_granted_from(beside, stack, grants))


def test_a_secret_imported_in_full_elsewhere_has_its_suffix_already(
    app: cdk.App, stack: cdk.Stack, grants: RedshiftGrants
) -> None:
    """Though a part of its ARN is left to the deployment."""
    there = cdk.Stack(app, "There", env=cdk.Environment(account=ACCOUNT, region="us-east-1"))
    arn = f"arn:{cdk.Aws.PARTITION}:secretsmanager:us-east-1:{ACCOUNT}:secret:db-Ab12Cd"
    grants.federated_query(secretsmanager.Secret.from_secret_complete_arn(there, "Db", arn))

    assert f"arn:aws:secretsmanager:us-east-1:{ACCOUNT}:secret:db-Ab12Cd" == statements_of(stack)["AccessSecrets"][1]


def test_fails_when_a_secret_of_another_environment_has_no_name(app: cdk.App, grants: RedshiftGrants) -> None:
    """Then CDK cannot refer to it."""
    there = cdk.Stack(app, "There", env=cdk.Environment(account=ACCOUNT, region="us-east-1"))
    ((_, message),) = wrong(lambda: grants.federated_query(secretsmanager.Secret(there, "Db")))

    assert "'secret' (There/Db) is in a stack of another environment and has no physical name" in message
    assert () == grants.policies


UNKNOWN = "got a value that only the deployment knows"


@pytest.mark.parametrize(
    ("grant", "messages"),
    [
        (
            lambda grants, bucket, token: grants.copy_from(bucket, prefix="p/", owner_allows=token),
            [f"'owner_allows' must be True or False, {UNKNOWN}"],
        ),
        (
            lambda grants, bucket, token: grants.unload_to(bucket, clean_path=token, owner_allows=token),
            [f"'clean_path' must be True or False, {UNKNOWN}", f"'owner_allows' must be True or False, {UNKNOWN}"],
        ),
        (
            lambda grants, bucket, token: grants.external_schema(
                "d", bucket=bucket, tables=token, create_database=token, write=token, lake_formation=token,
                owner_allows=token,
            ),
            [
                f"'tables' must be a list, {UNKNOWN}",
                f"'create_database' must be True or False, {UNKNOWN}",
                f"'write' must be True or False, {UNKNOWN}",
                f"'lake_formation' must be True or False, {UNKNOWN}",
                f"'owner_allows' must be True or False, {UNKNOWN}",
            ],
        ),
        (
            lambda grants, bucket, token: grants.copy_over_ssh(bucket, "m", owner_allows=token),
            [f"'owner_allows' must be True or False, {UNKNOWN}"],
        ),
        (
            lambda grants, bucket, token: grants.create_model(bucket, owner_allows=token),
            [f"'owner_allows' must be True or False, {UNKNOWN}"],
        ),
        (
            lambda grants, _, token: grants.stream_from_msk(token, token),
            [f"'topics' must be a list, {UNKNOWN}"],
        ),
        (
            lambda grants, _, token: grants.unload_to(token),
            [f"'bucket' must be an s3.IBucket, {UNKNOWN}"],
        ),
    ],
)  # fmt: skip
def test_fails_when_only_the_deployment_knows_a_flag_or_a_list(
    stack: cdk.Stack, grants: RedshiftGrants, bucket: s3.IBucket, grant: Callable[..., object], messages: list[str]
) -> None:
    """A text that will say 'false' is true to Python, and would permit too much; its letters are no names of tables."""
    token = cdk.CfnParameter(stack, "Given", default="false").value_as_string

    assert [("InvalidArgument", message) for message in messages] == wrong(lambda: grant(grants, bucket, token))
    assert () == grants.policies


def test_fails_when_a_role_is_given_for_a_bucket(stack: cdk.Stack, grants: RedshiftGrants) -> None:
    """An imported one is a proxy of jsii like an imported bucket."""
    bad: Any = iam.Role.from_role_arn(stack, "Imported", f"arn:aws:iam::{ACCOUNT}:role/x")

    assert [("InvalidArgument", f"'bucket' must be {BUCKET}, got an IRole")] == wrong(lambda: grants.copy_from(bad))


def test_a_stream_and_its_key(stack: cdk.Stack, grants: RedshiftGrants) -> None:
    """The key is the customer's own; the AWS managed one needs no grant."""
    key = kms.Key.from_key_arn(stack, "Key", KEY)
    grants.stream_from_kinesis(kinesis.Stream(stack, "Stream", encryption_key=key))
    grants.stream_from_kinesis(kinesis.Stream(stack, "Managed"))

    assert ("kms:Decrypt", KEY) == statements_of(stack)["DecryptStreams"]
    assert 2 == len(statements_of(stack)["ReadStreams"][1])


def test_topics_are_those_of_the_cluster(stack: cdk.Stack, grants: RedshiftGrants) -> None:
    """Whether its ARN is a literal or only the deployment knows it."""
    brokers = f"arn:aws:kafka:{REGION}:{ACCOUNT}:cluster/events/11-1"
    grants.stream_from_msk(brokers, ["orders", "clicks"])
    token = cdk.Fn.import_value("Brokers")
    grants.stream_from_msk(token, ["orders"])
    resources = all_properties_of(stack, POLICY)[0]["PolicyDocument"]["Statement"][-1]["Resource"]
    topics = f"arn:aws:kafka:{REGION}:{ACCOUNT}:topic/events/11-1"
    imported = {"Fn::Join": [":topic/", {"Fn::Split": [":cluster/", {"Fn::ImportValue": "Brokers"}]}]}

    assert [f"{topics}/clicks", f"{topics}/orders", {"Fn::Join": ["", [imported, "/orders"]]}] == resources


def test_a_function_is_invoked_as_it_is_named(stack: cdk.Stack, grants: RedshiftGrants) -> None:
    """An alias is that alias, not the function behind it."""
    function = lambda_.Function.from_function_name(stack, "Function", "score")
    alias = lambda_.Function.from_function_arn(stack, "Alias", f"{function.function_arn}:live")
    grants.external_function(alias)

    assert f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:score:live" == statements_of(stack)["InvokeFunctions"][1]


def test_a_version_and_an_alias_of_the_app_are_invoked_as_such(stack: cdk.Stack, grants: RedshiftGrants) -> None:
    """The function behind them is not."""
    function = function_of(stack)
    version = lambda_.Version(stack, "Version", lambda_=function)
    alias = lambda_.Alias(stack, "Alias", alias_name="live", version=version)
    grants.external_function(version)
    grants.external_function(alias)
    resources = [stack.resolve(found.function_arn)["Ref"] for found in (alias, version)]

    assert ("lambda:InvokeFunction", resources) == statements_of(stack)["InvokeFunctions"]
    assert stack.resolve(function.function_arn)["Fn::GetAtt"][0] not in resources


def test_a_secret_known_by_part_of_its_arn_has_the_pattern(stack: cdk.Stack, grants: RedshiftGrants) -> None:
    """Its key is granted with it."""
    part = f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:sales"
    key = kms.Key.from_key_arn(stack, "Key", KEY)
    grants.federated_query(
        secretsmanager.Secret.from_secret_attributes(stack, "Part", secret_partial_arn=part, encryption_key=key)
    )
    found = statements_of(stack)

    assert f"{part}-??????" == found["AccessSecrets"][1]
    assert ("kms:Decrypt", KEY) == found["DecryptSecrets"]


def test_the_key_of_each_table_is_granted(stack: cdk.Stack, grants: RedshiftGrants) -> None:
    """Whether the table is defined here or imported with its key."""
    keys = [kms.Key(stack, f"Key{number}") for number in range(2)]
    attribute = dynamodb.Attribute(name="id", type=dynamodb.AttributeType.STRING)
    grants.copy_from_dynamodb(dynamodb.Table(stack, "Table", partition_key=attribute, encryption_key=keys[0]))
    grants.copy_from_dynamodb(
        dynamodb.Table.from_table_attributes(stack, "Imported", table_name="orders", encryption_key=keys[1])
    )
    arns = [".".join(stack.resolve(key.key_arn)["Fn::GetAtt"]) for key in keys]

    assert (["kms:Decrypt", "kms:DescribeKey"], arns) == statements_of(stack)["DecryptTables"]


def test_the_conditions_reach_the_template(stack: cdk.Stack, grants: RedshiftGrants, bucket: s3.IBucket) -> None:
    """Listing is for the prefix alone, and training is what the role is passed to."""
    grants.copy_from(bucket, prefix="a/")
    grants.create_model(bucket)
    (policy,) = all_properties_of(stack, POLICY)
    found = {statement["Sid"]: statement.get("Condition") for statement in policy["PolicyDocument"]["Statement"]}

    assert {"StringLike": {"s3:prefix": "a/*"}} == found["ListObjects2"]
    assert found["ListObjects"] is None
    assert {"StringEquals": {"iam:PassedToService": "sagemaker.amazonaws.com"}} == found["PassRolesToTraining"]


def test_names_are_of_the_deployment_where_the_stack_names_no_environment(agnostic: cdk.Stack) -> None:
    """Partition, region and account are the pseudo parameters."""
    RedshiftRole(agnostic, "Role").redshift_grants.copy_from_emr("j-1")

    assert (
        "elasticmapreduce:ListInstances",
        "arn:aws:elasticmapreduce:AWS::Region:AWS::AccountId:cluster/j-1",
    ) == statements_of(agnostic)["ListInstances"]


def _foreign(stack: cdk.Stack) -> s3.IBucket:
    return s3.Bucket.from_bucket_attributes(
        stack, "Theirs", bucket_arn="arn:aws:s3:::theirs", account=OTHER_ACCOUNT, region=REGION
    )


CATALOG_WRITES = {
    f"glue:{action}"
    for action in (
        "BatchCreatePartition BatchDeletePartition BatchDeleteTable CreatePartition CreateTable DeletePartition "
        "DeleteTable UpdatePartition UpdateTable"
    ).split()
}


@pytest.mark.parametrize(
    ("flag", "grant", "added", "dropped"),
    [
        ("clean_path", lambda grants, bucket, **flag: grants.unload_to(bucket, **flag), {"s3:DeleteObject"}, set()),
        (
            "create_database",
            lambda grants, bucket, **flag: grants.external_schema("d", bucket=bucket, **flag),
            {"glue:CreateDatabase"},
            set(),
        ),
        (
            "write",
            lambda grants, bucket, **flag: grants.external_schema("d", bucket=bucket, **flag),
            {"s3:PutObject", "kms:GenerateDataKey", *CATALOG_WRITES},
            set(),
        ),
        (
            "write",
            lambda grants, _, **flag: grants.external_schema("d", lake_formation=True, **flag),
            CATALOG_WRITES,
            set(),
        ),
        (
            "create_database",
            lambda grants, _, **flag: grants.external_schema("d", lake_formation=True, **flag),
            {"glue:CreateDatabase"},
            set(),
        ),
        (
            "lake_formation",
            lambda grants, bucket, lake_formation: grants.external_schema(
                "d", bucket=None if lake_formation else bucket, lake_formation=lake_formation
            ),
            {"lakeformation:GetDataAccess"},
            {
                "kms:Decrypt",
                "s3:GetBucketLocation",
                "s3:GetObject",
                "s3:ListBucket",
                "s3:ListBucketMultipartUploads",
                "s3:ListMultipartUploadParts",
            },
        ),
    ],
)
def test_each_flag_reaches_the_policy(
    flag: str, grant: Callable[..., object], added: set[str], dropped: set[str]
) -> None:
    """With True the documented actions come and go; False is the same as leaving it out."""

    def actions(**given: bool) -> set[str]:
        stack = cdk.Stack(cdk.App(analytics_reporting=False), "Data")
        key = kms.Key.from_key_arn(stack, "Key", KEY)
        lake = s3.Bucket.from_bucket_attributes(stack, "Lake", bucket_arn="arn:aws:s3:::lake", encryption_key=key)
        grant(RedshiftRole(stack, "Role").redshift_grants, lake, **given)
        listed = [found for found, _ in statements_of(stack).values()]
        return {action for found in listed for action in ([found] if isinstance(found, str) else found)}

    without, allowed = actions(**{flag: False}), actions(**{flag: True})

    assert (added, dropped) == (allowed - without, without - allowed)
    assert flag == "lake_formation" or without == actions()


@pytest.mark.parametrize(
    "grant",
    [
        lambda grants, bucket, **flag: grants.copy_from(bucket, **flag),
        lambda grants, bucket, **flag: grants.unload_to(bucket, **flag),
        lambda grants, bucket, **flag: grants.external_schema("d", bucket=bucket, **flag),
        lambda grants, bucket, **flag: grants.copy_over_ssh(bucket, "hosts.json", **flag),
        lambda grants, bucket, **flag: grants.create_model(bucket, **flag),
    ],
)
def test_the_owners_consent_is_asked_of_each_method(
    stack: cdk.Stack, grants: RedshiftGrants, grant: Callable[..., RedshiftGrant]
) -> None:
    """Without it, or with False, a bucket of another account is refused; with True it is granted."""
    bucket = _foreign(stack)
    found = [*wrong(lambda: grant(grants, bucket)), *wrong(lambda: grant(grants, bucket, owner_allows=False))]

    assert ["InvalidArgument"] * 2 == [rule for rule, _ in found]
    assert all(f"is in account {OTHER_ACCOUNT}, the role is in {ACCOUNT}" in message for _, message in found)
    assert () == grants.policies

    assert () != grant(grants, bucket, owner_allows=True).resource_statements
    assert "arn:aws:s3:::theirs" in json.dumps(statements_of(stack))


@pytest.mark.parametrize("serverless", [False, True])
def test_a_role_is_passed_to_the_services_it_trusts(stack: cdk.Stack, serverless: bool) -> None:
    """Serverless is one only where the role says so."""
    RedshiftRole(stack, "Role", serverless=serverless).redshift_grants.pass_role(iam.User(stack, "User"))
    (policy,) = all_properties_of(stack, POLICY)
    services = policy["PolicyDocument"]["Statement"][0]["Condition"]["StringEquals"]["iam:PassedToService"]

    assert serverless is ("redshift-serverless.amazonaws.com" in services)


def test_emr_and_ssh_have_their_own(stack: cdk.Stack, grants: RedshiftGrants, bucket: s3.IBucket) -> None:
    """One EMR cluster; one manifest."""
    grants.copy_from_emr("j-2AXXXXXXGAPLF")
    grants.copy_over_ssh(bucket, "ssh/hosts.json")
    found = statements_of(stack)

    assert f"arn:aws:elasticmapreduce:{REGION}:{ACCOUNT}:cluster/j-2AXXXXXXGAPLF" == found["ListInstances"][1]
    assert "arn:aws:s3:::sales/ssh/hosts.json" == found["ReadObjects"][1]


def test_models_are_trained_by_sagemaker(stack: cdk.Stack, bucket: s3.IBucket) -> None:
    """The role passes itself to SageMaker, whose trust does not grow with each of 25 grants."""
    role = RedshiftRole(stack, "Role")
    for _ in range(25):
        role.redshift_grants.create_model(bucket)
    (trust,) = [p["AssumeRolePolicyDocument"] for p in all_properties_of(stack, "AWS::IAM::Role")]
    logical_id = stack.resolve(role.role_arn)["Fn::GetAtt"][0]

    assert ["redshift.amazonaws.com", "sagemaker.amazonaws.com"] == [
        statement["Principal"]["Service"] for statement in trust["Statement"]
    ]
    assert ("iam:PassRole", f"{logical_id}.Arn") == statements_of(stack)["PassRolesToTraining"]


@pytest.mark.parametrize("lazy", [False, True])
def test_every_role_of_the_app_lets_sagemaker_assume_it(stack: cdk.Stack, bucket: s3.IBucket, lazy: bool) -> None:
    """Without that CREATE MODEL fails; a role that is made when it is first used is of the app too."""
    make: Any = iam.LazyRole if lazy else RedshiftRole
    options = {"assumed_by": iam.ServicePrincipal("redshift.amazonaws.com")} if lazy else {}
    RedshiftGrants.of(make(stack, "Role", **options)).create_model(bucket)
    (trust,) = [p["AssumeRolePolicyDocument"] for p in all_properties_of(stack, "AWS::IAM::Role")]

    assert "sagemaker.amazonaws.com" in [statement["Principal"]["Service"] for statement in trust["Statement"]]


def test_a_model_of_an_imported_role_writes_no_trust(stack: cdk.Stack, bucket: s3.IBucket) -> None:
    """Its trust policy is not ours; what it is allowed is."""
    RedshiftGrants.of(_imported(stack)).create_model(bucket)

    assert [] == all_properties_of(stack, "AWS::IAM::Role")
    assert ("iam:PassRole", f"arn:aws:iam::{ACCOUNT}:role/team/Imported") == (
        statements_of(stack)["PassRolesToTraining"]
    )


def test_tokens_are_granted_too(stack: cdk.Stack, grants: RedshiftGrants) -> None:
    """A prefix, a database and a list of tables that only the deployment knows."""
    prefix = cdk.CfnParameter(stack, "Prefix").value_as_string
    database = cdk.CfnParameter(stack, "Database").value_as_string
    bucket = s3.Bucket.from_bucket_name(stack, "Bucket", "sales")
    grants.external_schema(database, bucket=bucket, prefix=f"{prefix}/x")
    found = statements_of(stack)

    assert "arn:aws:s3:::sales/Prefix/x*" == found["QueryObjects"][1]
    assert f"arn:aws:glue:{REGION}:{ACCOUNT}:table/Database/*" in found["ReadCatalog"][1]


def test_calling_twice_adds_nothing(stack: cdk.Stack, grants: RedshiftGrants) -> None:
    """Also by another way to the same role."""
    bucket = s3.Bucket(stack, "Landing")
    grants.copy_from(bucket, prefix="x/")
    before = stack.resolve(grants.policies[0].policy_document)
    grants.copy_from(bucket, prefix="x/")
    role: Any = stack.node.find_child("Role")
    RedshiftGrants.of(role).copy_from(bucket, prefix="x/")

    assert [before] == [stack.resolve(policy.policy_document) for policy in grants.policies]


@pytest.mark.parametrize(
    ("make", "look"),
    [
        (function_of, "role"),
        (function_of, "grant_principal"),
        (lambda stack: iam.Role.from_role_name(stack, "Named", "named"), "grant_principal"),
        (lambda stack: iam.LazyRole(stack, "Lazy", assumed_by=iam.AnyPrincipal()), "grant_principal"),
    ],
)
def test_a_role_is_one_role_however_often_cdk_hands_it_out(
    stack: cdk.Stack, bucket: s3.IBucket, make: Callable[[cdk.Stack], Any], look: str
) -> None:
    """Each look gives another Python object; what was granted before is found by all of them."""
    made = make(stack)
    for prefix in ("a/", "b/", "a/"):
        RedshiftGrants.of(getattr(made, look)).copy_from(bucket, prefix=prefix)

    assert ["arn:aws:s3:::sales/a/*", "arn:aws:s3:::sales/b/*"] == statements_of(stack)["ReadObjects"][1]
    assert 1 == len(RedshiftGrants.of(getattr(made, look)).policies)


def test_lake_formation_meets_a_chain_in_a_role_that_cdk_hands_out(stack: cdk.Stack) -> None:
    """Whichever comes first."""
    function, first = function_of(stack), RedshiftRole(stack, "First")
    RoleChain(first, function.role)  # type: ignore[arg-type]
    ((rule, _),) = wrong(lambda: RedshiftGrants.of(function.role).external_schema("d", lake_formation=True))  # type: ignore[arg-type]
    named = iam.LazyRole(stack, "Lazy", assumed_by=iam.ServicePrincipal("redshift.amazonaws.com"))
    RedshiftGrants.of(named.grant_principal).external_schema("d", lake_formation=True)  # type: ignore[arg-type]
    ((other, _),) = wrong(lambda: RoleChain(first, named))

    assert ("InvalidArgument", "InvalidArgument") == (rule, other)


def test_one_value_in_two_tokens_is_granted_once(stack: cdk.Stack, grants: RedshiftGrants) -> None:
    """Two imports of one export are one bucket, and its prefix from a parameter is one prefix."""
    for number in range(2):
        lake = s3.Bucket.from_bucket_arn(stack, f"Lake{number}", cdk.Fn.import_value("LakeArn"))
        grants.copy_from(lake, prefix=f"{cdk.Fn.import_value('Prefix')}/")
    statements = all_properties_of(stack, POLICY)[0]["PolicyDocument"]["Statement"]
    imported = {"Fn::ImportValue": "LakeArn"}

    assert [imported, imported] == [
        statement["Resource"] for statement in statements if statement["Sid"] != "ReadObjects"
    ]
    assert 3 == len(statements)


def _several_policies(order: tuple[int, ...]) -> dict[str, Any]:
    """Grant in this order what needs several policies, with a parameter in the names."""
    stack = cdk.Stack(cdk.App(analytics_reporting=False), "Data")
    stage = cdk.CfnParameter(stack, "Stage").value_as_string
    lake, grants = s3.Bucket.from_bucket_name(stack, "Lake", "lake"), RedshiftRole(stack, "Role").redshift_grants
    tables = [f"table_{number:02}" for number in range(14)]
    calls: list[Callable[[], object]] = [
        lambda: grants.external_schema(f"sales_{stage}", bucket=lake, prefix="sales/", tables=tables),
        lambda: grants.copy_from(lake, prefix=f"{stage}/landing/"),
        lambda: grants.unload_to(lake, prefix="out/"),
        lambda: grants.unload_to(lake, prefix=f"{stage}/out/"),
    ]
    for index in order:
        calls[index]()
    return template_of(stack)


@pytest.fixture(scope="module")
def in_order() -> dict[str, Any]:
    """What the grants write in the order they are listed."""
    return _several_policies((0, 1, 2, 3))


@pytest.mark.parametrize("order", list(permutations(range(4))))
def test_the_order_of_calls_changes_nothing_in_several_policies(
    in_order: dict[str, Any], order: tuple[int, ...]
) -> None:
    """Also where a name is measured by what it may become, and no statement stands in two of them."""
    found = _several_policies(order)
    policies = [made["Properties"] for made in found["Resources"].values() if made["Type"] == POLICY]
    statements = [
        json.dumps([statement["Action"], resource, statement.get("Condition")])
        for properties in policies
        for statement in properties["PolicyDocument"]["Statement"]
        for resource in (statement["Resource"] if isinstance(statement["Resource"], list) else [statement["Resource"]])
    ]

    assert in_order == found
    assert len(policies) > 1
    assert len(set(statements)) == len(statements)


@pytest.mark.parametrize("order", list(permutations(range(3))))
@pytest.mark.parametrize("buckets", [("A", "B"), ("B", "A")])
def test_the_order_of_calls_changes_nothing(order: tuple[int, ...], buckets: tuple[str, str]) -> None:
    """Every permutation of three grants gives the same template, whichever bucket was defined first."""

    def template(order: tuple[int, ...], buckets: tuple[str, str]) -> dict[str, Any]:
        stack = cdk.Stack(cdk.App(analytics_reporting=False), "Data")
        made = {name: s3.Bucket(stack, name) for name in buckets}
        grants = RedshiftRole(stack, "Role").redshift_grants
        calls: list[Callable[[], object]] = [
            lambda: grants.copy_from(made["A"], prefix="a/"),
            lambda: grants.copy_from(made["B"], prefix="b/"),
            lambda: grants.unload_to(made["A"], prefix="out/"),
        ]
        for index in order:
            calls[index]()
        return template_of(stack)

    assert template((0, 1, 2), ("A", "B")) == template(order, buckets)


def test_the_order_of_calls_changes_nothing_for_buckets_of_other_stacks(app: cdk.App, stack: cdk.Stack) -> None:
    """Buckets of one logical id in six stacks are still six buckets, always in the same order."""
    env = cdk.Environment(account=ACCOUNT, region=REGION)
    buckets = [s3.Bucket(cdk.Stack(app, f"Home{number}", env=env), "Landing") for number in range(6)]
    for name, order in (("Up", buckets), ("Down", buckets[::-1])):
        grants = RedshiftRole(stack, name).redshift_grants
        for bucket in order:
            grants.copy_from(bucket, prefix="x/")
    up, down = (properties["PolicyDocument"] for properties in all_properties_of(stack, POLICY))

    for statement in up["Statement"]:
        homes = [f"Home{number}:" for number in range(6)]
        assert homes == sorted(homes, key=str(statement["Resource"]).index)
    assert up == down


def test_another_policy_begins_where_one_is_full(stack: cdk.Stack, grants: RedshiftGrants) -> None:
    """Both are on the role, and together they allow everything."""
    bucket = s3.Bucket.from_bucket_name(stack, "Bucket", "sales")
    for number in range(120):
        grants.copy_from(bucket, prefix=f"prefix-{number:03}/")
    policies = all_properties_of(stack, POLICY)
    role = {"Ref": stack.resolve(stack.node.find_child("Role").node.default_child.ref)["Ref"]}  # type: ignore[union-attr]
    sids = [statement["Sid"] for policy in policies for statement in policy["PolicyDocument"]["Statement"]]
    read = [
        resource
        for policy in policies
        for statement in policy["PolicyDocument"]["Statement"]
        if statement["Sid"] == "ReadObjects"
        for resource in (statement["Resource"] if isinstance(statement["Resource"], list) else [statement["Resource"]])
    ]

    assert len(policies) == len(grants.policies) > 1
    assert all([role] == policy["Roles"] for policy in policies)
    assert 120 == len(read)
    assert ["RedshiftGrants", "RedshiftGrants2"] == [policy.node.id for policy in grants.policies[:2]]
    assert len([sid for sid in sids if sid.startswith("ListObjects")]) == 120


def _imported(stack: cdk.Stack, **options: Any) -> iam.IRole:
    return iam.Role.from_role_arn(stack, "Imported", f"arn:aws:iam::{ACCOUNT}:role/team/Imported", **options)


def test_fails_when_the_role_is_of_another_account(stack: cdk.Stack, bucket: s3.IBucket) -> None:
    """CDK would silently do nothing."""
    role = iam.Role.from_role_arn(stack, "Theirs", f"arn:aws:iam::{OTHER_ACCOUNT}:role/Theirs")

    assert [
        (
            "RoleAccountMismatch",
            f"the role is in account {OTHER_ACCOUNT}, its permissions would be in {ACCOUNT}",
        )
    ] == wrong(lambda: RedshiftGrants.of(role).copy_from(bucket))
    assert [] == all_properties_of(stack, POLICY)


@pytest.mark.parametrize(
    "make",
    [
        lambda stack: _imported(stack, mutable=False),
        lambda stack: _imported(stack, mutable=False, add_grants_to_resources=True),
        lambda stack: RedshiftRole(stack, "Own").without_policy_updates(),
    ],
)
def test_fails_when_the_role_takes_no_policies(
    stack: cdk.Stack, bucket: s3.IBucket, make: Callable[[cdk.Stack], iam.IRole]
) -> None:
    """CDK would silently do nothing here too; the message is true of an import and of a role of the app."""
    role = make(stack)

    assert [
        (
            "InvalidArgument",
            (
                "the role was imported with mutable=False or is a role.without_policy_updates(), so CDK attaches no "
                "policy to it"
            ),
        )
    ] == wrong(lambda: RedshiftGrants.of(role).copy_from(bucket))
    assert [] == all_properties_of(stack, POLICY)


def test_an_imported_role_gets_its_policy_beside_it(stack: cdk.Stack, bucket: s3.IBucket) -> None:
    """By its name, without its path."""
    RedshiftGrants.of(_imported(stack)).copy_from(bucket)
    (policy,) = all_properties_of(stack, POLICY)

    assert ["Imported"] == policy["Roles"]
    assert "ImportedRedshiftGrants" in template_of(stack)["Resources"]


def test_any_role_of_cdk_can_be_granted(stack: cdk.Stack, bucket: s3.IBucket) -> None:
    """One by its name, a lazy one, one of a nested stack."""
    nested = cdk.NestedStack(stack, "Nested")
    for role in (
        iam.Role.from_role_name(stack, "Named", "named"),
        iam.LazyRole(stack, "Lazy", assumed_by=iam.ServicePrincipal("redshift.amazonaws.com")),
    ):
        RedshiftGrants.of(role).copy_from(bucket)
    RedshiftRole(nested, "Role").redshift_grants.copy_from(bucket)

    assert 2 == len(all_properties_of(stack, POLICY))
    assert 1 == len(all_properties_of(nested, POLICY))


def test_fails_when_there_is_no_room_to_trust_sagemaker(stack: cdk.Stack) -> None:
    """The trust policy of 27 users is full; nothing is written, and a larger quota has room."""
    lake = s3.Bucket.from_bucket_name(stack, "Lake", "lake")
    users = [DbUser(f"user-{number:02}", cluster="warehouse") for number in range(27)]
    full, larger = (
        RedshiftRole(stack, name, db_users=users, trust_policy_quota=quota)
        for name, quota in (("Full", 2048), ("Larger", 4096))
    )
    ((rule, message),) = wrong(lambda: full.redshift_grants.create_model(lake))
    trust, _ = all_properties_of(stack, "AWS::IAM::Role")

    assert "PolicyTooLarge" == rule
    assert message.startswith("with this, the trust policy of the role must have at most 2,048 characters")
    assert () == full.redshift_grants.policies
    assert 1 == len(trust["AssumeRolePolicyDocument"]["Statement"])
    larger.redshift_grants.create_model(lake)
    assert 1 == len(larger.redshift_grants.policies)


def test_fails_when_a_grant_needs_more_policies_than_iam_attaches(stack: cdk.Stack, grants: RedshiftGrants) -> None:
    """Nothing of that grant is written, and less still can be."""
    lake = s3.Bucket.from_bucket_name(stack, "Lake", "lake")
    for number in range(12):
        grants.copy_from(lake, prefix=f"{number:02}{'*' * 1000}/")
    before = [stack.resolve(policy.policy_document) for policy in grants.policies]
    ((rule, message),) = wrong(lambda: grants.copy_from(lake, prefix="*" * 1000))

    assert ("PolicyTooLarge", "with this, 26 managed policies would be attached, IAM attaches at most 25") == (
        rule,
        message,
    )
    assert before == [stack.resolve(policy.policy_document) for policy in grants.policies]
    grants.copy_from_emr("j-1")


@pytest.mark.parametrize("ours", [True, False])
def test_a_role_that_others_made_has_its_permissions_in_the_report(app: cdk.App, stack: cdk.Stack, ours: bool) -> None:
    """Where CDK is told to write no roles and policies, it writes none, and what the role needs stands in its
    report.
    """
    iam.Role.customize_roles(stack, use_precreated_roles={"Data/Role": "theirs"})
    trust = {} if ours else {"assumed_by": iam.ServicePrincipal("redshift.amazonaws.com")}
    make: Any = RedshiftRole if ours else iam.Role
    grants = RedshiftGrants.of(make(stack, "Role", **trust))
    lake = s3.Bucket.from_bucket_name(stack, "Lake", "lake")
    grants.copy_from(lake, prefix="a/")
    for _ in range(2):
        grants.create_model(lake)
    (reported,) = json.loads((Path(app.synth().directory) / "iam-policy-report.json").read_text())["roles"]
    statements = reported["identityPolicyStatements"]
    written = [json.dumps(statement, sort_keys=True) for statement in statements]
    read = {"Action": "s3:GetObject", "Effect": "Allow", "Resource": "arn:(PARTITION):s3:::lake/a/*"}

    assert "theirs" == reported["roleName"]
    assert read in statements
    assert {"StringLike": {"s3:prefix": ["a/*"]}} in [statement.get("Condition") for statement in statements]
    assert len(set(written)) == len(written)
    assert "Resources" not in template_of(stack)
    assert () == grants.policies


def test_a_report_beside_the_resources_changes_nothing(stack: cdk.Stack) -> None:
    """CDK can be told to write both."""
    iam.Role.customize_roles(stack, prevent_synthesis=False)
    RedshiftRole(stack, "Role").redshift_grants.copy_from_emr("j-1")

    assert 1 == len(all_properties_of(stack, POLICY))


def test_a_role_whose_arn_is_a_token_is_granted_by_its_name(stack: cdk.Stack) -> None:
    """The deployment reads the name from the ARN."""
    role = iam.Role.from_role_arn(stack, "Imported", cdk.Fn.import_value("Role"))
    RedshiftGrants.of(role).copy_from_emr("j-1")
    (policy,) = all_properties_of(stack, POLICY)

    assert [stack.resolve(role.role_name)] == policy["Roles"]


def test_fails_when_a_role_of_this_account_is_imported_into_a_stack_of_another(app: cdk.App) -> None:
    """A policy there would be on the role of the same name there."""
    there = cdk.Stack(app, "There", env=cdk.Environment(account=OTHER_ACCOUNT, region=REGION))
    role = iam.Role.from_role_arn(there, "Ours", f"arn:aws:iam::{ACCOUNT}:role/Ours")

    assert [
        ("RoleAccountMismatch", f"the role is in account {ACCOUNT}, its permissions would be in {OTHER_ACCOUNT}")
    ] == wrong(lambda: RedshiftGrants.of(role).copy_from_emr("j-1"))
    assert [] == all_properties_of(there, POLICY)


def test_a_role_of_another_stack_has_its_policy_there(app: cdk.App, stack: cdk.Stack) -> None:
    """The policy is where the role is, and refers to the bucket of the other stack."""
    home = cdk.Stack(app, "Home", env=cdk.Environment(account=ACCOUNT, region=REGION))
    RedshiftRole(home, "Role").redshift_grants.copy_from(s3.Bucket(stack, "Landing"), prefix="x/")

    assert 1 == len(all_properties_of(home, POLICY))
    assert [] == all_properties_of(stack, POLICY)


def test_a_literal_account_in_a_stack_without_one_brings_the_rule(agnostic: cdk.Stack) -> None:
    """A deployment to another account stops before any resource is touched."""
    RedshiftGrants.of(_imported(agnostic)).copy_from(s3.Bucket(agnostic, "Landing"))

    assert RULE_ID in template_of(agnostic)["Rules"]


def test_fails_when_the_bucket_is_of_another_environment_and_has_no_name(app: cdk.App, grants: RedshiftGrants) -> None:
    """CDK would fail at synth time, far from this line."""
    there = cdk.Stack(app, "There", env=cdk.Environment(account=ACCOUNT, region="us-east-1"))
    bucket = s3.Bucket(there, "Landing")

    assert [
        (
            "InvalidArgument",
            (
                "'bucket' (There/Landing) is in a stack of another environment and has no physical name, so CDK cannot "
                "refer to it from here"
            ),
        )
    ] == wrong(lambda: grants.copy_from(bucket))


def test_fails_when_the_bucket_is_in_another_stage(app: cdk.App, grants: RedshiftGrants) -> None:
    """CDK refuses references between Stages at synth time, far from this line."""
    there = cdk.Stack(cdk.Stage(app, "Stage"), "There", env=cdk.Environment(account=ACCOUNT, region=REGION))
    bucket = s3.Bucket(there, "Landing")
    ((rule, message),) = wrong(lambda: grants.copy_from(bucket))

    assert "InvalidArgument" == rule
    assert message.startswith("'bucket' (Stage/There/Landing) ")
    assert () == grants.policies


def test_fails_when_the_key_is_in_a_stack_that_names_no_environment(app: cdk.App, grants: RedshiftGrants) -> None:
    """The bucket has a name by which to refer to it, its key has none."""
    bucket = s3.Bucket(cdk.Stack(app, "There"), "Landing", bucket_name="sales", encryption=s3.BucketEncryption.KMS)
    ((rule, message),) = wrong(lambda: grants.copy_from(bucket))

    assert "InvalidArgument" == rule
    assert "(There/Landing)" in message
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

    assert [
        ("InvalidArgument", "'bucket' (Data/Bucket) is encrypted with a key that is known by its alias only")
    ] == wrong(lambda: grants.copy_from(bucket))


def test_the_key_behind_an_alias_is_granted(stack: cdk.Stack, grants: RedshiftGrants) -> None:
    """An alias of the app is followed to its key."""
    alias = kms.Alias(stack, "Alias", alias_name="alias/sales", target_key=kms.Key.from_key_arn(stack, "Key", KEY))
    bucket = s3.Bucket.from_bucket_attributes(stack, "Bucket", bucket_name="sales", encryption_key=alias)
    grants.copy_from(bucket)

    assert ("kms:Decrypt", KEY) == statements_of(stack)["DecryptObjects"]


@pytest.mark.parametrize(
    "grant",
    [
        lambda stack, grants: grants.copy_from_dynamodb(
            dynamodb.Table.from_table_arn(stack, "T", f"arn:aws:dynamodb:{REGION}:{OTHER_ACCOUNT}:table/t")
        ),
        lambda stack, grants: grants.federated_query(
            secretsmanager.Secret.from_secret_complete_arn(
                stack, "S", f"arn:aws:secretsmanager:{REGION}:{OTHER_ACCOUNT}:secret:s-Ab12Cd"
            )
        ),
        lambda stack, grants: grants.stream_from_kinesis(
            kinesis.Stream.from_stream_arn(stack, "K", f"arn:aws:kinesis:{REGION}:{OTHER_ACCOUNT}:stream/s")
        ),
        lambda stack, grants: grants.external_function(
            lambda_.Function.from_function_arn(stack, "F", f"arn:aws:lambda:{REGION}:{OTHER_ACCOUNT}:function:f")
        ),
        lambda stack, grants: grants.stream_from_msk(  # noqa: ARG005
            f"arn:aws:kafka:{REGION}:{OTHER_ACCOUNT}:cluster/c/1", ["t"]
        ),
    ],
)
def test_fails_when_what_is_granted_is_of_another_account(
    stack: cdk.Stack, grants: RedshiftGrants, grant: Callable[..., object]
) -> None:
    """The fix is to chain a role of that account."""
    ((rule, message),) = wrong(lambda: grant(stack, grants))

    assert "InvalidArgument" == rule
    assert f"is in account {OTHER_ACCOUNT}, the role is in {ACCOUNT}" in message


def test_passing_is_for_redshift_alone(stack: cdk.Stack) -> None:
    """CDK's own grant would let them pass the role to any service."""
    group = iam.Group(stack, "Group")
    RedshiftRole(stack, "Role").redshift_grants.pass_role(group)
    (policy,) = all_properties_of(stack, POLICY)
    (statement,) = policy["PolicyDocument"]["Statement"]

    assert {"StringEquals": {"iam:PassedToService": "redshift.amazonaws.com"}} == statement["Condition"]
    assert [stack.resolve(group.group_name)] == policy["Groups"]


def test_fails_when_lake_formation_meets_a_chain(stack: cdk.Stack) -> None:
    """Redshift does not combine them, whichever comes first."""
    first, second, third = (RedshiftRole(stack, name) for name in ("First", "Second", "Third"))
    RoleChain(first, second)
    third.redshift_grants.external_schema("sales", lake_formation=True)
    message = "the role is a later one of a RoleChain and 'lake_formation' is True, which Redshift does not combine"

    assert [("InvalidArgument", message)] == wrong(
        lambda: second.redshift_grants.external_schema("sales", lake_formation=True)
    )
    assert [("InvalidArgument", message)] == wrong(lambda: RoleChain(first, third))
    first.redshift_grants.external_schema("sales", lake_formation=True)


def test_one_finding_for_each_prefix(app: cdk.App, stack: cdk.Stack) -> None:
    """CDK's own way to read a bucket gives cdk-nag four findings, ours one for each prefix."""
    bucket = s3.Bucket(stack, "Landing")
    role = RedshiftRole(stack, "Role")
    theirs = RedshiftRole(stack, "Theirs")
    bucket.grant_read(theirs)
    role.redshift_grants.copy_from(bucket, prefix="a/")
    role.redshift_grants.copy_from(bucket, prefix="b/")
    logical_id = stack.resolve(bucket.bucket_arn)["Fn::GetAtt"][0]
    app.synth()
    found = {(rule, path) for rule, path in nag.findings(app) if "IAM5" in rule}

    assert {
        (f"AwsSolutions-IAM5[Resource::<{logical_id}.Arn>/{prefix}/*]", "Data/Role/RedshiftGrants")
        for prefix in ("a", "b")
    } == {(rule, path) for rule, path in found if path.startswith("Data/Role/")}
    assert 4 == len([path for _, path in found if path.startswith("Data/Theirs/")])


def test_an_acknowledged_prefix_leaves_no_finding(app: cdk.App, stack: cdk.Stack, bucket: s3.IBucket) -> None:
    """The five packs find nothing else; the acknowledgement is on the policy."""
    role = RedshiftRole(stack, "Role")
    role.redshift_grants.copy_from(bucket, prefix="a/")
    role.redshift_grants.copy_from(bucket, prefix="b/")
    expected = {f"AwsSolutions-IAM5[Resource::arn:aws:s3:::sales/{prefix}/*]" for prefix in ("a", "b")}
    app.synth()
    before = nag.nag_findings(app, stack)
    for rule in expected:
        acknowledgment = cdk.Acknowledgment(id=rule, reason="COPY takes every object under a prefix.")
        cdk.Validations.of(role.redshift_grants.policies[0]).acknowledge(acknowledgment)

    assert expected == before
    assert set() == nag.nag_findings(app, stack)


def test_a_role_for_users_of_clusters_elsewhere_synthesizes(app: cdk.App, stack: cdk.Stack) -> None:
    """The clusters need not be in the app; the guard finds nothing."""
    role = RedshiftRole(
        stack, "Role", db_users=[DbUser("loader", cluster="elsewhere")], source_clusters=["elsewhere"], serverless=True
    )
    RedshiftCluster(stack, "Cluster", roles=[role], cluster_subnet_group_name="subnets")

    assert [] == report_of(app)


HERE = f"{REGION}:{ACCOUNT}"
DOWNLOADS = "Resource::arn:<AWS::Partition>:s3:::redshift-downloads/*"
TRAINING_LOGS = f"Resource::arn:<AWS::Partition>:logs:{HERE}:log-group:/aws/sagemaker"
MODELS = ("automl-job", "compilation-job", "endpoint", "model", "processing-job", "training-job", "transform-job")
LOGS = ("Endpoints", "ProcessingJobs", "TrainingJobs", "TransformJobs")


@pytest.mark.parametrize(
    ("grant", "resources"),
    [
        (lambda grants, _: grants.copy_from_emr("j-1"), set()),
        (lambda grants, bucket: grants.copy_over_ssh(bucket, "hosts.json"), set()),
        (
            lambda grants, bucket: grants.unload_to(bucket, prefix="p/", clean_path=True),
            {"Resource::arn:aws:s3:::sales/p/*"},
        ),
        (
            lambda grants, bucket: grants.external_schema("d", bucket=bucket, prefix="p/", tables=["t"]),
            {"Resource::arn:aws:s3:::sales/p/*"},
        ),
        (
            lambda grants, _: grants.external_schema("d", lake_formation=True),
            {"Resource::*", f"Resource::arn:<AWS::Partition>:glue:{HERE}:table/d/*"},
        ),
        (lambda grants, _: grants.stream_from_msk(f"arn:aws:kafka:{HERE}:cluster/c/1", ["t"]), {"Resource::*"}),
        (
            lambda grants, bucket: grants.create_model(bucket),
            {
                "Resource::*",
                "Resource::arn:aws:s3:::sales/*",
                DOWNLOADS,
                *(f"Resource::arn:<AWS::Partition>:sagemaker:{HERE}:{kind}/*redshift*" for kind in MODELS),
                *(f"{TRAINING_LOGS}/{kind}/*redshift*" for kind in LOGS),
            },
        ),
    ],
)  # fmt: skip
def test_what_cdk_nag_says_of_each_grant(
    app: cdk.App,
    stack: cdk.Stack,
    bucket: s3.IBucket,
    grant: Callable[[RedshiftGrants, s3.IBucket], object],
    resources: set[str],
) -> None:
    """No wildcard action, ever; a wildcard resource where IAM or AWS's page has no other form, as
    docs/cdk-nag.md says.
    """
    grant(RedshiftRole(stack, "Role").redshift_grants, bucket)
    app.synth()

    assert {f"AwsSolutions-IAM5[{resource}]" for resource in resources} == {rule for rule, _ in nag.findings(app)}


@pytest.mark.parametrize(
    ("grant", "resources"),
    [
        (lambda grants, stack: grants.copy_from_dynamodb(dynamodb.Table.from_table_name(stack, "T", "orders")), set()),
        (
            lambda grants, stack: grants.federated_query(
                secretsmanager.Secret.from_secret_complete_arn(
                    stack, "S", f"arn:aws:secretsmanager:{HERE}:secret:sales-Ab12Cd"
                )
            ),
            {"Resource::*"},
        ),
        (
            lambda grants, stack: grants.stream_from_kinesis(
                kinesis.Stream.from_stream_arn(stack, "K", f"arn:aws:kinesis:{HERE}:stream/clicks")
            ),
            {"Resource::*"},
        ),
        (
            lambda grants, stack: grants.external_function(lambda_.Function.from_function_name(stack, "F", "score")),
            set(),
        ),
        (lambda grants, stack: grants.pass_role(iam.Group.from_group_name(stack, "G", "loaders")), set()),
        (lambda _, stack: RoleChain(stack.node.find_child("Role"), RedshiftRole(stack, "Last")), set()),
    ],
)  # fmt: skip
def test_what_cdk_nag_says_of_what_has_no_bucket(
    app: cdk.App, stack: cdk.Stack, grant: Callable[[RedshiftGrants, cdk.Stack], object], resources: set[str]
) -> None:
    """Nothing but the actions that know no resources."""
    grant(RedshiftRole(stack, "Role").redshift_grants, stack)
    app.synth()

    assert {f"AwsSolutions-IAM5[{resource}]" for resource in resources} == nag.nag_findings(app, stack)
