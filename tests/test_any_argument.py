"""Any value for any argument: accepted, and the template holds it, or refused in words for people."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from functools import cache
from itertools import count
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kinesis as kinesis
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_secretsmanager as secretsmanager

from redshift_roles import (
    AccessMap,
    DbUser,
    RedshiftCluster,
    RedshiftGrants,
    RedshiftNamespace,
    RedshiftRole,
    RedshiftWarehouse,
    RedshiftWorkgroup,
    RoleAssociation,
    RoleAssociationError,
    RoleAssociationPolicy,
    RoleAssociationRules,
    RoleChain,
    ServerlessWarehouse,
    sql,
)
from tests.conftest import ACCOUNT, REGION
from tests.support.builders import arn
from tests.support.signatures import arguments_of
from tests.support.templates import template_of

MSK = f"arn:aws:kafka:{REGION}:{ACCOUNT}:cluster/events/1"
_numbers = count()


def _fresh() -> str:
    return f"C{next(_numbers)}"


def _values(stack: cdk.Stack) -> dict[str, Any]:
    """List tokens of each kind, alone and inside other values, and values that hardly any argument takes."""
    text = cdk.CfnParameter(stack, "Text").value_as_string
    listed = cdk.CfnParameter(stack, "List", type="CommaDelimitedList").value_as_list
    number = cdk.CfnParameter(stack, "Number", type="Number").value_as_number
    return {
        "text token": text,
        "text with a token": f"a{text}",
        "list token": listed,
        "entry of a list token": listed[0],
        "number token": number,
        "text with a number token": f"a{number}",
        "list of text tokens": [text],
        "list of number tokens": [number],
        "tuple with a list token": (listed[0], "x"),
        "tuple with a number token": (number, "KB"),
        "mapping of tokens": {text: listed},
        "whole": 7,
        "real": 1.5,
        "text": "x",
        "bytes": b"x",
        "flag": True,
        "nothing": None,
        "empty list": [],
        "list": ["x"],
        "list of lists": [["x"]],
        "object": object(),
        "role": iam.Role.from_role_arn(stack, "Proxy", arn("Proxy")),
        "bucket": s3.Bucket.from_bucket_name(stack, "ProxyBucket", "proxy"),
        "duration": cdk.Duration.minutes(5),
        "unknown duration": cdk.Duration.minutes(number),
        "user": DbUser(text, cluster=listed, workgroup=number),  # type: ignore[arg-type]
    }


def _role(stack: cdk.Stack) -> iam.IRole:
    return iam.Role.from_role_arn(stack, _fresh(), arn(_fresh()))


def _construct(kind: Callable[..., object], **good: Callable[[cdk.Stack], Any]) -> Callable[..., object]:
    def make(stack: cdk.Stack, **given: Any) -> object:
        options = {name: value(stack) for name, value in good.items() if name not in given}
        return kind(**{"scope": stack, "construct_id": _fresh(), **options, **given})

    return make


@cache
def _good(stack: cdk.Stack, make: Callable[[cdk.Stack], Any]) -> Any:
    """Make what many calls can share."""
    return make(stack)


def _loader(stack: cdk.Stack) -> RedshiftRole:
    return RedshiftRole(stack, _fresh())


def _grant(name: str, **good: Callable[[cdk.Stack], Any]) -> Callable[..., object]:
    def make(stack: cdk.Stack, **given: Any) -> object:
        options = {key: _good(stack, value) for key, value in good.items() if key not in given}
        return getattr(_good(stack, _loader).redshift_grants, name)(**options, **given)

    return make


@cache
def _subnets(stack: cdk.Stack) -> list[ec2.ISubnet]:
    """Import three subnets, once for each stack."""
    return [ec2.Subnet.from_subnet_id(stack, f"Subnet{number}", f"subnet-{number:08x}") for number in range(3)]


def _statement(write: Callable[..., str], **good: Any) -> Callable[..., object]:
    def make(stack: cdk.Stack, **given: Any) -> object:
        return cdk.CfnOutput(stack, _fresh(), value=write(**{**good, **given}))

    return make


def _db_user(stack: cdk.Stack, **given: Any) -> object:
    good: dict[str, Any] = {"user": "loader"} if {"cluster", "workgroup"} & set(given) else {"cluster": "warehouse"}
    return RedshiftRole(stack, _fresh(), serverless=True, db_users=[DbUser(**{**good, **given})])


def _method(kind: Callable[..., Any], name: str, **good: Callable[[cdk.Stack], Any]) -> Callable[..., object]:
    make = _construct(kind, **good)

    def call(stack: cdk.Stack, **given: Any) -> object:
        return getattr(_good(stack, make), name)(**given)

    return call


def _rules(_: cdk.Stack, **given: Any) -> object:
    return RoleAssociationRules(**given)


def _chain(stack: cdk.Stack, **given: Any) -> object:
    first, second = given.get("first", RedshiftRole(stack, _fresh())), given.get("others", _role(stack))
    return cdk.CfnOutput(stack, _fresh(), value=RoleChain(first, second).iam_role_clause)


def _bucket(stack: cdk.Stack) -> s3.IBucket:
    return s3.Bucket.from_bucket_name(stack, _fresh(), "landing")


def _network(_: cdk.Stack) -> str:
    return "private"


POLICY: dict[str, Callable[[cdk.Stack], Any]] = {
    "clusters": lambda _: ["warehouse"],
    "pass_roles": lambda stack: [_role(stack)],
}


CALLS: Mapping[str, tuple[Callable[..., object], Callable[..., object]]] = {
    "RedshiftRole": (RedshiftRole.__init__, _construct(RedshiftRole)),
    "RedshiftCluster": (RedshiftCluster.__init__, _construct(RedshiftCluster, cluster_subnet_group_name=_network)),
    "RedshiftWarehouse": (
        RedshiftWarehouse.__init__,
        _construct(RedshiftWarehouse, cluster_subnet_group_name=_network),
    ),
    "RoleAssociationPolicy": (
        RoleAssociationPolicy.__init__,
        _construct(RoleAssociationPolicy, **POLICY),
    ),
    "RedshiftNamespace": (RedshiftNamespace.__init__, _construct(RedshiftNamespace)),
    "RedshiftWorkgroup": (
        RedshiftWorkgroup.__init__,
        _construct(RedshiftWorkgroup, namespace=lambda _: "sales", subnets=_subnets),
    ),
    "ServerlessWarehouse": (ServerlessWarehouse.__init__, _construct(ServerlessWarehouse, subnets=_subnets)),
    "add_role": (
        RedshiftCluster.add_role,
        _method(RedshiftCluster, "add_role", cluster_subnet_group_name=_network),
    ),
    "RedshiftNamespace.add_role": (RedshiftNamespace.add_role, _method(RedshiftNamespace, "add_role")),
    **{
        name: (getattr(RoleAssociationPolicy, name), _method(RoleAssociationPolicy, name, **POLICY))
        for name in ("attach_to_user", "attach_to_group", "attach_to_role")
    },
    "RedshiftGrants.of": (RedshiftGrants.of, lambda _, **given: RedshiftGrants.of(**given)),
    "RoleAssociationRules": (RoleAssociationRules.__init__, _rules),
    "RoleAssociation": (
        RoleAssociation.__init__,
        _construct(RoleAssociation, cluster=lambda _: _fresh().lower(), roles=lambda stack: [_role(stack)]),
    ),
    "DbUser": (DbUser, _db_user),
    "AccessMap.read": (AccessMap.read, lambda _, paths="x", **given: AccessMap.read(paths, **given)),
    "AccessMap.narrowed": (AccessMap.narrowed, lambda _, **given: AccessMap([], []).narrowed(**given)),
    "RoleChain": (RoleChain, _chain),
    "copy_from": (RedshiftGrants.copy_from, _grant("copy_from", bucket=_bucket)),
    "unload_to": (RedshiftGrants.unload_to, _grant("unload_to", bucket=_bucket)),
    "external_schema": (
        RedshiftGrants.external_schema,
        _grant("external_schema", database=lambda _: "d", bucket=_bucket),
    ),
    "hive_metastore": (RedshiftGrants.hive_metastore, _grant("hive_metastore", bucket=_bucket)),
    "s3_tables": (
        RedshiftGrants.s3_tables,
        _grant("s3_tables", table_bucket_arn=lambda _: f"arn:aws:s3tables:{REGION}:{ACCOUNT}:bucket/lake"),
    ),
    "copy_from_dynamodb": (
        RedshiftGrants.copy_from_dynamodb,
        _grant("copy_from_dynamodb", table=lambda stack: dynamodb.Table.from_table_name(stack, _fresh(), "t")),
    ),
    "copy_from_emr": (RedshiftGrants.copy_from_emr, _grant("copy_from_emr")),
    "copy_over_ssh": (
        RedshiftGrants.copy_over_ssh,
        _grant("copy_over_ssh", bucket=_bucket, manifest=lambda _: "hosts"),
    ),
    "federated_query": (
        RedshiftGrants.federated_query,
        _grant("federated_query", secret=lambda stack: secretsmanager.Secret.from_secret_name_v2(stack, _fresh(), "s")),
    ),
    "external_function": (
        RedshiftGrants.external_function,
        _grant("external_function", function=lambda stack: lambda_.Function.from_function_name(stack, _fresh(), "f")),
    ),
    "stream_from_kinesis": (
        RedshiftGrants.stream_from_kinesis,
        _grant(
            "stream_from_kinesis",
            stream=lambda stack: kinesis.Stream.from_stream_arn(
                stack, _fresh(), f"arn:aws:kinesis:{REGION}:{ACCOUNT}:stream/s"
            ),
        ),
    ),
    "stream_from_msk": (
        RedshiftGrants.stream_from_msk,
        _grant("stream_from_msk", cluster_arn=lambda _: MSK, topics=lambda _: ["t"]),
    ),
    "stream_from_kafka": (
        RedshiftGrants.stream_from_kafka,
        _grant(
            "stream_from_kafka",
            secret=lambda stack: secretsmanager.Secret.from_secret_name_v2(stack, _fresh(), "s"),
        ),
    ),
    "create_model": (RedshiftGrants.create_model, _grant("create_model", bucket=_bucket)),
    "remote_model": (RedshiftGrants.remote_model, _grant("remote_model")),
    "external_model": (
        RedshiftGrants.external_model,
        _grant(
            "external_model",
            foundation_models=lambda _: ["anthropic.claude-v2:1"],
            inference_profiles=lambda _: ["eu.anthropic.claude-v2:1"],
        ),
    ),
    "pass_role": (RedshiftGrants.pass_role, _grant("pass_role")),
    "sql.iam_role": (sql.iam_role, _statement(sql.iam_role)),
    "sql.copy": (sql.copy, _statement(sql.copy, table="t", source="s3://b/x", role="default")),
    "sql.unload": (sql.unload, _statement(sql.unload, query="SELECT 1", to="s3://b/x", role="default")),
    "sql.create_external_schema": (
        sql.create_external_schema,
        _statement(sql.create_external_schema, name="s", role="default", database="d"),
    ),
    "sql.create_external_function": (
        sql.create_external_function,
        _statement(
            sql.create_external_function, name="f", arguments=["int"], returns="int", role="default", function="f"
        ),
    ),
    "sql.grant_assumerole": (sql.grant_assumerole, _statement(sql.grant_assumerole, roles="default", users=["u"])),
    "sql.revoke_assumerole": (sql.revoke_assumerole, _statement(sql.revoke_assumerole, roles="default", users=["u"])),
}


def _messages_and_fixes(call: Callable[..., object], stack: cdk.Stack, **given: Any) -> str:
    """Say what a call is refused with: in our words, or in others'."""
    try:
        call(stack, **given)
    except RoleAssociationError as error:
        return str(error)
    except Exception as error:  # noqa: BLE001  whatever it is, it is not ours
        return f"raw {type(error).__name__}: {error}"
    return ""


RAW = ("raw ", "Token[", "token[", "e+289", "jsii", "object at 0x")


@pytest.mark.parametrize("name", CALLS)
def test_any_value_is_accepted_or_refused_in_words_for_people(name: str) -> None:
    """The text has no raw token and no error of jsii, and what is accepted is synthesized without one."""
    app = cdk.App(analytics_reporting=False, context={"@aws-cdk/core:stackResourceLimit": 0})
    stack = cdk.Stack(app, "Data", env=cdk.Environment(account=ACCOUNT, region=REGION))
    called, call = CALLS[name]
    values = _values(stack)
    reported = {
        (argument, kind): _messages_and_fixes(call, stack, **{argument: value})
        for argument in arguments_of(called)
        for kind, value in values.items()
    }

    assert {} == {case: text for case, text in reported.items() if any(raw in text for raw in RAW)}
    text = json.dumps(template_of(stack), default=str)
    assert [] == [raw for raw in RAW if raw in text]
