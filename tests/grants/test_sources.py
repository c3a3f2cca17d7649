"""Grants for what is not in Amazon S3: tables, secrets, streams, topics, functions and EMR clusters."""

from __future__ import annotations

from collections.abc import Callable

import aws_cdk as cdk
import pytest
from aws_cdk import aws_certificatemanager as acm
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_kinesis as kinesis
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_secretsmanager as secretsmanager

from redshift_roles import RedshiftGrants, RedshiftRole
from tests.conftest import ACCOUNT, OTHER_ACCOUNT, REGION
from tests.support.functions import function_of
from tests.support.granted import HERE, KEY, all_statements_of, stack_in, statements_of, written, wrong

ATTRIBUTE = dynamodb.Attribute(name="id", type=dynamodb.AttributeType.STRING)


def test_each_table_and_its_key_are_granted(stack: cdk.Stack, grants: RedshiftGrants) -> None:
    """Of a table that the app defines, by either class, and of one that it imports, with a key or without."""
    keys = [kms.Key(stack, f"Key{number}") for number in range(3)]
    encryption = dynamodb.TableEncryptionV2.customer_managed_key(keys[0])
    tables: list[dynamodb.ITable] = [
        dynamodb.TableV2(stack, "Own", partition_key=ATTRIBUTE, encryption=encryption),
        dynamodb.Table(stack, "Older", partition_key=ATTRIBUTE, encryption_key=keys[1]),
        dynamodb.Table.from_table_attributes(stack, "Imported", table_name="sales", encryption_key=keys[2]),
        dynamodb.Table.from_table_name(stack, "Named", "orders"),
    ]
    for table in tables:
        grants.copy_from_dynamodb(table)
    found, arns = statements_of(stack), written(stack.resolve([key.key_arn for key in keys]))

    assert {"ScanTables", "DecryptTables"} == set(found)
    assert set(written(stack.resolve([table.table_arn for table in tables]))) == set(found["ScanTables"][1])
    assert f"arn:aws:dynamodb:{HERE}:table/orders" in found["ScanTables"][1]
    assert (["kms:Decrypt", "kms:DescribeKey"], arns) == found["DecryptTables"]


def test_a_secret_has_its_suffix(stack: cdk.Stack, grants: RedshiftGrants) -> None:
    """What is not known in full has the pattern of the six characters that Secrets Manager adds; keys are granted."""
    own_key, key = kms.Key(stack, "OwnKey"), kms.Key.from_key_arn(stack, "Key", KEY)
    own = secretsmanager.Secret(stack, "Own", encryption_key=own_key)
    arn = f"arn:aws:secretsmanager:{HERE}:secret:"
    for secret in (
        own,
        secretsmanager.Secret.from_secret_name_v2(stack, "Named", "named"),
        secretsmanager.Secret.from_secret_complete_arn(stack, "Complete", f"{arn}full-Ab12Cd"),
        secretsmanager.Secret.from_secret_attributes(
            stack, "Part", secret_partial_arn=f"{arn}part", encryption_key=key
        ),
    ):
        grants.federated_query(secret)
    found = statements_of(stack)

    assert {f"{arn}named-??????", f"{arn}full-Ab12Cd", f"{arn}part-??????", stack.resolve(own.secret_arn)["Ref"]} == (
        set(found["AccessSecrets"][1])
    )
    assert {KEY, written(stack.resolve(own_key.key_arn))} == set(found["DecryptSecrets"][1])


def _named(there: cdk.Stack) -> secretsmanager.ISecret:
    return secretsmanager.Secret(there, "Db", secret_name="db")  # noqa: S106  a name, not a secret


def _complete(there: cdk.Stack) -> secretsmanager.ISecret:
    arn = f"arn:{cdk.Aws.PARTITION}:secretsmanager:us-east-1:{ACCOUNT}:secret:db-Ab12Cd"
    return secretsmanager.Secret.from_secret_complete_arn(there, "Db", arn)


@pytest.mark.parametrize(("make", "suffix"), [(_named, "??????"), (_complete, "Ab12Cd")])
def test_a_secret_of_another_environment_has_the_pattern_unless_it_is_known_in_full(
    app: cdk.App, stack: cdk.Stack, grants: RedshiftGrants, make: Callable[..., secretsmanager.ISecret], suffix: str
) -> None:
    """CDK knows it by its name alone there; a part of its ARN may be left to the deployment."""
    grants.federated_query(make(stack_in(app, region="us-east-1")))

    assert f"arn:aws:secretsmanager:us-east-1:{ACCOUNT}:secret:db-{suffix}" == statements_of(stack)["AccessSecrets"][1]


def test_a_secret_of_another_stack_of_the_same_environment_is_named_in_full(
    app: cdk.App, stack: cdk.Stack, grants: RedshiftGrants
) -> None:
    """Its stack exports its ARN, with the six characters."""
    grants.federated_query(_named(stack_in(app, "Beside")))
    (resource,) = [one["Resource"] for one in all_statements_of(stack) if one["Sid"] == "AccessSecrets"]

    assert {"Fn::ImportValue"} == set(resource)


def test_fails_when_a_secret_of_another_environment_has_no_name(app: cdk.App, grants: RedshiftGrants) -> None:
    """Then CDK cannot refer to it."""
    secret = secretsmanager.Secret(stack_in(app, region="us-east-1"), "Db")
    ((_, message),) = wrong(lambda: grants.federated_query(secret))

    assert "'secret' (There/Db) is in a stack of another environment and has no physical name" in message
    assert () == grants.policies


def test_a_stream_and_its_key(stack: cdk.Stack, grants: RedshiftGrants) -> None:
    """The key is the customer's own; the AWS managed one needs no grant."""
    key = kms.Key.from_key_arn(stack, "Key", KEY)
    grants.stream_from_kinesis(kinesis.Stream(stack, "Stream", encryption_key=key))
    grants.stream_from_kinesis(kinesis.Stream(stack, "Managed"))

    assert ("kms:Decrypt", KEY) == statements_of(stack)["DecryptStreams"]
    assert 2 == len(statements_of(stack)["ReadStreams"][1])


def test_topics_are_those_of_the_cluster(stack: cdk.Stack, grants: RedshiftGrants) -> None:
    """Whether its ARN is a literal or only the deployment knows it."""
    grants.stream_from_msk(f"arn:aws:kafka:{HERE}:cluster/events/11-1", ["orders", "clicks"])
    grants.stream_from_msk(cdk.Fn.import_value("Brokers"), ["orders"])
    topics = f"arn:aws:kafka:{HERE}:topic/events/11-1"
    imported = {"Fn::Join": [":topic/", {"Fn::Split": [":cluster/", {"Fn::ImportValue": "Brokers"}]}]}

    named = {one["Sid"]: one["Resource"] for one in all_statements_of(stack)}

    assert [f"{topics}/clicks", f"{topics}/orders", {"Fn::Join": ["", [imported, "/orders"]]}] == named["ReadTopics"]


@pytest.mark.parametrize(
    ("cluster", "groups"),
    [
        (f"arn:aws:kafka:{HERE}:cluster/events/11-1", f"arn:aws:kafka:{HERE}:group/events/11-1/*"),
        (
            cdk.Fn.import_value("Brokers"),
            {
                "Fn::Join": [
                    "",
                    [{"Fn::Join": [":group/", {"Fn::Split": [":cluster/", {"Fn::ImportValue": "Brokers"}]}]}, "/*"],
                ]
            },
        ),
    ],
    ids=["literal", "import"],
)
def test_consumer_groups_are_those_of_the_cluster(
    stack: cdk.Stack, grants: RedshiftGrants, cluster: str, groups: object
) -> None:
    """Amazon MSK requires readers to join one; Redshift does not document the names of its groups."""
    grants.stream_from_msk(cluster, ["orders"])
    (joined,) = (one for one in all_statements_of(stack) if one["Sid"] == "JoinGroups")

    assert (["kafka-cluster:AlterGroup", "kafka-cluster:DescribeGroup"], groups) == (
        joined["Action"],
        joined["Resource"],
    )


@pytest.mark.parametrize(("options", "found"), [({}, None), ({"by_cluster_arn": True}, "*")])
def test_brokers_are_found_for_a_statement_that_names_the_cluster(
    stack: cdk.Stack, grants: RedshiftGrants, options: dict[str, bool], found: str | None
) -> None:
    """A statement that names the brokers needs no more than the topics and groups."""
    grants.stream_from_msk(f"arn:aws:kafka:{HERE}:cluster/events/11-1", ["orders"], **options)

    assert found == statements_of(stack).get("FindBrokers", ("", None))[1]


def test_a_certificate_is_exported_or_read_from_its_secret(stack: cdk.Stack, grants: RedshiftGrants) -> None:
    """One action on the one or the other, and the secret's key; nothing that `federated_query` needs besides."""
    arn, key = f"arn:aws:acm:{HERE}:certificate/1", kms.Key.from_key_arn(stack, "Key", KEY)
    grants.stream_from_kafka(certificate=acm.Certificate.from_certificate_arn(stack, "Certificate", arn))
    grants.stream_from_kafka(
        secret=secretsmanager.Secret.from_secret_name_v2(stack, "Secret", "mtls"), encryption_key=key
    )

    assert {
        "ExportCertificates": ("acm:ExportCertificate", arn),
        "ReadSecrets": ("secretsmanager:GetSecretValue", f"arn:aws:secretsmanager:{HERE}:secret:mtls-??????"),
        "DecryptSecrets": ("kms:Decrypt", KEY),
    } == statements_of(stack)


def test_the_key_of_what_is_imported_can_be_given(stack: cdk.Stack, grants: RedshiftGrants) -> None:
    """Beside the key that the resource knows; an alias is the key behind it."""
    known, given = kms.Key.from_key_arn(stack, "Known", KEY), kms.Key(stack, "Given")
    stream = kinesis.Stream(stack, "Stream", encryption_key=known)
    grants.federated_query(secretsmanager.Secret.from_secret_name_v2(stack, "S", "s"), encryption_key=given)
    grants.stream_from_kinesis(stream, encryption_key=kms.Alias(stack, "Alias", alias_name="a", target_key=given))
    found, arn = statements_of(stack), written(stack.resolve(given.key_arn))

    assert arn == found["DecryptSecrets"][1]
    assert {KEY, arn} == set(found["DecryptStreams"][1])


def test_fails_when_a_given_key_is_known_by_its_alias_only(stack: cdk.Stack, grants: RedshiftGrants) -> None:
    """IAM policies cannot name it."""
    alias = kms.Alias.from_alias_name(stack, "Alias", "alias/sales")
    secret = secretsmanager.Secret.from_secret_name_v2(stack, "S", "s")
    message = "'encryption_key' (Data/Alias) is known by its alias only"

    for grant in (
        lambda: grants.federated_query(secret, encryption_key=alias),
        lambda: grants.stream_from_kafka(secret=secret, encryption_key=alias),
        lambda: grants.create_model(s3.Bucket(stack, "Models"), encryption_key=alias),
    ):
        assert [("InvalidArgument", message)] == wrong(grant)
        stack.node.try_remove_child("Models")
    assert () == grants.policies


def test_a_function_is_invoked_as_it_is_named(stack: cdk.Stack, grants: RedshiftGrants) -> None:
    """A version or an alias of the app, or one that is imported, is that one, not the function behind it."""
    function = function_of(stack)
    version = lambda_.Version(stack, "Version", lambda_=function)
    alias = lambda_.Alias(stack, "Alias", alias_name="live", version=version)
    named = lambda_.Function.from_function_arn(stack, "Named", f"arn:aws:lambda:{HERE}:function:score:live")
    for invoked in (version, alias, named):
        grants.external_function(invoked)
    resources = written(stack.resolve([found.function_arn for found in (alias, version, named)]))

    assert "lambda:InvokeFunction" == statements_of(stack)["InvokeFunctions"][0]
    assert sorted(resources) == sorted(statements_of(stack)["InvokeFunctions"][1])
    assert written(stack.resolve(function.function_arn)) not in resources


@pytest.mark.parametrize(("fixture", "home"), [("stack", HERE), ("agnostic", "AWS::Region:AWS::AccountId")])
def test_an_emr_cluster_is_of_the_account_and_region_of_the_role(
    request: pytest.FixtureRequest, fixture: str, home: str
) -> None:
    """Those of the deployment where the stack names none."""
    stack: cdk.Stack = request.getfixturevalue(fixture)
    RedshiftRole(stack, "Role").redshift_grants.copy_from_emr("j-1")
    arn = f"arn:aws:elasticmapreduce:{home}:cluster/j-1"

    assert {"ListInstances": ("elasticmapreduce:ListInstances", arn)} == statements_of(stack)


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
        lambda stack, grants: grants.stream_from_kafka(
            certificate=acm.Certificate.from_certificate_arn(
                stack, "C", f"arn:aws:acm:{REGION}:{OTHER_ACCOUNT}:certificate/c"
            )
        ),
        lambda stack, grants: grants.stream_from_kafka(
            secret=secretsmanager.Secret.from_secret_complete_arn(
                stack, "S", f"arn:aws:secretsmanager:{REGION}:{OTHER_ACCOUNT}:secret:s-Ab12Cd"
            )
        ),
        lambda _, grants: grants.stream_from_msk(f"arn:aws:kafka:{REGION}:{OTHER_ACCOUNT}:cluster/c/1", ["t"]),
    ],
)
def test_fails_when_what_is_granted_is_of_another_account(
    stack: cdk.Stack, grants: RedshiftGrants, grant: Callable[..., object]
) -> None:
    """The fix is to chain a role of that account."""
    ((rule, message),) = wrong(lambda: grant(stack, grants))

    assert "InvalidArgument" == rule
    assert f"is in account {OTHER_ACCOUNT}, the role is in {ACCOUNT}" in message


def test_one_value_in_two_tokens_is_granted_once(stack: cdk.Stack, grants: RedshiftGrants) -> None:
    """Two imports of one export are one function, and two joins of one parameter one EMR cluster."""
    parameter = cdk.CfnParameter(stack, "Id").value_as_string
    names = [cdk.Fn.join("-", ["j", parameter]) for _ in range(2)]
    for index, name in enumerate(names):
        grants.copy_from_emr(name)
        grants.external_function(
            lambda_.Function.from_function_arn(stack, f"F{index}", cdk.Fn.import_value("Function"))
        )

    assert names[0] != names[1]
    assert [{"Fn::ImportValue": "Function"}] == [
        one["Resource"] for one in all_statements_of(stack) if one["Sid"] == "InvokeFunctions"
    ]
    assert 2 == len(all_statements_of(stack))
