"""Every statement that `sql` can write: the grants that authorize it, or why it needs none.

The options are those of the functions themselves, so a new one fails here until it has an entry.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import aws_cdk as cdk
import pytest
from aws_cdk import aws_certificatemanager as acm
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_kinesis as kinesis
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_secretsmanager as secretsmanager

from redshift_roles import RedshiftGrants, RedshiftRole, sql
from redshift_roles.rules.arguments import Text
from redshift_roles.sql import statement
from redshift_roles.sql.role_clause import RoleShape
from redshift_roles.sql.statement import Option
from tests.sql.statements import CHAIN, LEAST, ROLE, written
from tests.support.granted import HERE, KEY, listed, statements_of

FUNCTIONS = {name: function for name in sql.__all__ if callable(function := getattr(sql, name))}
GUIDE = "https://docs.aws.amazon.com/redshift/latest/dg"


class Form(NamedTuple):
    """One form of a statement.

    Attributes:
        function: The function that writes it.
        options: Its arguments besides the least ones.
        grant: The line after ``role.redshift_grants`` that authorizes it; empty where it needs no permission.
        allows: The actions that AWS documents for it; where it needs none, the page that says so.
        words: Words of the statement that the docstring of the grant must have.
    """

    function: str
    options: Mapping[str, Any]
    grant: str
    allows: str
    words: str = ""


_S3 = "s3:GetObject s3:ListBucket"
_OPEN = f"{GUIDE}/materialized-view-streaming-ingestion-getting-started-MSK.html"
_SESSION = f"{GUIDE}/copy-parameters-authorization.html"
_CATALOG = "glue:GetDatabase glue:GetTable glue:GetPartitions"
_CREDENTIALS = "secretsmanager:GetSecretValue secretsmanager:DescribeSecret secretsmanager:ListSecrets"
_TOPICS = "kafka-cluster:Connect kafka-cluster:ReadData kafka-cluster:AlterGroup kafka-cluster:DescribeGroup"
_SCHEMA = "CREATE EXTERNAL SCHEMA"

FORMS = [
    Form("copy", {}, '.copy_from(b, prefix="landing/")', _S3, "COPY"),
    Form("copy", {"role": "default"}, '.copy_from(b, prefix="landing/")', _S3, "COPY"),
    Form("copy", {"role": "SESSION"}, "", _SESSION),
    Form("copy", {"manifest": True}, '.copy_from(b, prefix="landing/", manifest="m")', _S3, "COPY"),
    Form("copy", {"format": "JSON", "json": "s3://b/j"}, '.copy_from(b, prefix="p/", jsonpaths="j")', _S3, "COPY"),
    Form("copy", {"format": "AVRO", "avro": "s3://b/j"}, '.copy_from(b, prefix="p/", jsonpaths="j")', _S3, "COPY"),
    Form("copy", {"job": "load"}, '.copy_from(b, prefix="landing/")', _S3, "COPY"),
    Form("copy", {"ssh": True}, '.copy_over_ssh(b, "hosts.json")', _S3, "COPY"),
    Form(
        "copy",
        {"source": "dynamodb://t", "read_ratio": 50},
        ".copy_from_dynamodb(table)",
        "dynamodb:Scan dynamodb:DescribeTable",
        "COPY",
    ),
    Form("copy", {"source": "emr://j-1/x"}, '.copy_from_emr("j-1")', "elasticmapreduce:ListInstances", "COPY"),
    Form("unload", {}, '.unload_to(b, prefix="out/")', f"{_S3} s3:PutObject", "UNLOAD"),
    Form("unload", {"role": "default"}, '.unload_to(b, prefix="out/")', f"{_S3} s3:PutObject", "UNLOAD"),
    Form("unload", {"role": "SESSION"}, "", _SESSION),
    Form(
        "unload",
        {"clean_path": True},
        '.unload_to(b, prefix="out/", clean_path=True)',
        f"{_S3} s3:PutObject s3:DeleteObject",
        "UNLOAD CLEANPATH",
    ),
    Form(
        "unload",
        {"encrypted": True, "kms_key_id": "k"},
        '.unload_to(b, prefix="out/", encryption_key=key)',
        f"{_S3} s3:PutObject kms:GenerateDataKey kms:Decrypt",
        "UNLOAD KMS_KEY_ID",
    ),
    Form(
        "unload",
        {"encrypted_auto": True},
        '.unload_to(b, prefix="out/", encrypted_auto=True)',
        f"{_S3} s3:PutObject s3:GetEncryptionConfiguration",
        "UNLOAD ENCRYPTED AUTO",
    ),
    Form(
        "create_external_schema", {}, '.external_schema("d", bucket=b)', f"{_CATALOG} {_S3}", f"{_SCHEMA} DATA CATALOG"
    ),
    Form(
        "create_external_schema", {"role": "default"}, '.external_schema("d", bucket=b)', f"{_CATALOG} {_S3}", _SCHEMA
    ),
    Form(
        "create_external_schema", {"role": "SESSION", "catalog_id": "1"}, "", f"{GUIDE}/r_CREATE_EXTERNAL_SCHEMA.html"
    ),
    Form(
        "create_external_schema",
        {"source": "DATA CATALOG", "create_database": True},
        '.external_schema("d", bucket=b, create_database=True)',
        f"{_CATALOG} {_S3} glue:CreateDatabase",
        f"{_SCHEMA} CREATE EXTERNAL DATABASE",
    ),
    Form(
        "create_external_schema",
        {"region": "us-west-2"},
        '.external_schema("d", bucket=b, region="us-west-2")',
        f"{_CATALOG} {_S3}",
        f"{_SCHEMA} REGION",
    ),
    Form(
        "create_external_schema", {"catalog_role": ROLE}, '.external_schema("d")', _CATALOG, f"{_SCHEMA} CATALOG_ROLE"
    ),
    Form("create_external_schema", {"catalog_role": "SESSION"}, "", f"{GUIDE}/r_CREATE_EXTERNAL_SCHEMA.html"),
    Form(
        "create_external_schema",
        {"lake_formation": True},
        '.external_schema("d", lake_formation=True)',
        f"{_CATALOG} lakeformation:GetDataAccess",
        _SCHEMA,
    ),
    Form(
        "create_external_schema",
        {"source": "HIVE METASTORE", "uri": "h", "port": 9083},
        ".hive_metastore(b)",
        _S3,
        f"{_SCHEMA} HIVE METASTORE",
    ),
    Form(
        "create_external_schema",
        {"source": "POSTGRES", "schema": "s", "uri": "h", "secret_arn": "a"},
        ".federated_query(secret)",
        _CREDENTIALS,
        f"{_SCHEMA} POSTGRES",
    ),
    Form(
        "create_external_schema",
        {"source": "MYSQL", "uri": "h", "secret_arn": "a"},
        ".federated_query(secret)",
        _CREDENTIALS,
        f"{_SCHEMA} MYSQL",
    ),
    Form(
        "create_external_schema",
        {"source": "KINESIS", "database": None},
        ".stream_from_kinesis(stream)",
        "kinesis:GetRecords kinesis:ListStreams",
        f"{_SCHEMA} KINESIS",
    ),
    *(
        Form("create_external_schema", {"source": source, "database": None, **options}, grant, allows, words)
        for source in ("MSK", "KAFKA")
        for options, grant, allows, words in (
            ({"uri": "u", "role": None, "authentication": "none"}, "", _OPEN, ""),
            (
                {"uri": "u", "authentication": "iam"},
                '.stream_from_msk(brokers, ["t"])',
                _TOPICS,
                f"{_SCHEMA} FROM {source} AUTHENTICATION iam",
            ),
            (
                {"cluster_arn": "c", "authentication": "iam"},
                '.stream_from_msk(brokers, ["t"], by_cluster_arn=True)',
                f"{_TOPICS} kafka:GetBootstrapBrokers",
                f"{_SCHEMA} FROM {source} CLUSTER_ARN AUTHENTICATION iam",
            ),
            (
                {"uri": "u", "authentication": "mtls", "authentication_arn": "a"},
                ".stream_from_kafka(certificate=certificate)",
                "acm:ExportCertificate",
                f"{_SCHEMA} FROM {source} AUTHENTICATION mtls AUTHENTICATION_ARN",
            ),
            (
                {"uri": "u", "authentication": "mtls", "secret_arn": "a"},
                ".stream_from_kafka(secret=secret)",
                "secretsmanager:GetSecretValue",
                f"{_SCHEMA} FROM {source} AUTHENTICATION mtls SECRET_ARN",
            ),
        )
    ),
    Form(
        "create_external_function",
        {},
        ".external_function(function)",
        "lambda:InvokeFunction",
        "CREATE EXTERNAL FUNCTION LAMBDA",
    ),
    Form("create_external_function", {"role": "default"}, ".external_function(function)", "lambda:InvokeFunction"),
    # Privileges of the database.
    Form("grant_assumerole", {}, "", f"{GUIDE}/r_GRANT.html"),
    Form("revoke_assumerole", {}, "", f"{GUIDE}/r_REVOKE.html"),
    # A clause alone: what its statement needs.
    Form("iam_role", {}, "", f"{GUIDE}/r_COPY.html"),
    Form("iam_role", {"role": "default"}, "", f"{GUIDE}/r_COPY.html"),
    Form("iam_role", {"role": "SESSION"}, "", _SESSION),
]

# What says how data is read and written, and in which region its bucket is: no other calls are made for it.
WITHOUT_PERMISSION = {
    "copy": """
        columns format quote delimiter fixed_width compression region ignore_header max_error null_as date_format
        time_format encoding accept_inv_chars accept_any_date blanks_as_null empty_as_null escape explicit_ids
        fill_record ignore_blank_lines remove_quotes round_ec trim_blanks truncate_columns no_load comp_update
        stat_update
    """,
    # The manifest is written under the prefix too.
    "unload": """
        format partition_by include_partition_columns manifest manifest_verbose header delimiter fixed_width
        compression add_quotes null_as escape allow_overwrite parallel max_file_size_mb row_group_size_mb region
        extension
    """,
    "create_external_schema": "if_not_exists",
    "create_external_function": "arguments returns volatility or_replace retry_timeout max_batch_rows max_batch_size",
    "grant_assumerole": "db_roles groups public statements",
    "revoke_assumerole": "db_roles groups public statements",
}


def _options(name: str, monkeypatch: pytest.MonkeyPatch) -> Mapping[str, Option]:
    """Return the options of a function, as it checks them."""
    seen: list[Mapping[str, Option]] = []
    monkeypatch.setattr(statement, "check", lambda *positional, **_: seen.append(positional[2]))
    written(name)
    return seen[0]


def _words(option: Option) -> Iterator[str]:
    """List the keywords that an option may be."""
    if isinstance(option.shape, Text) and option.shape.literal:
        yield from (word for word in option.shape.pattern.split("|") if word.replace(" ", "").isalpha())
    if isinstance(option.shape, RoleShape):
        yield from option.shape.words


@pytest.mark.parametrize("name", FUNCTIONS)
def test_fails_when_an_option_has_no_entry(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """Each option, and each keyword of one that needs a permission, is in a form or says only how data is written."""
    free = set(WITHOUT_PERMISSION.get(name, "").split())
    forms = [{**LEAST[name], **form.options} for form in FORMS if form.function == name]
    options = _options(name, monkeypatch)
    mapped = {option for form in forms for option in form}

    assert set(options) - free <= mapped
    assert free <= set(options)
    assert [] == [
        (option, word)
        for option in set(options) - free
        for word in _words(options[option])
        if not any(form.get(option) == word for form in forms)
    ]
    assert set(inspect.signature(FUNCTIONS[name]).parameters) <= {*options, "job_auto", "revoke_from_public"}


IDS = [f"{form.function} {form.options}" for form in FORMS]


@pytest.mark.parametrize("form", FORMS, ids=IDS)
def test_a_grant_authorizes_each_form(stack: cdk.Stack, form: Form) -> None:
    """The statement is written, the line is run, and what AWS documents for the statement lands in the policy."""
    key = kms.Key.from_key_arn(stack, "Key", KEY)
    names = {
        "b": s3.Bucket.from_bucket_name(stack, "B", "lake"),
        "key": key,
        "table": dynamodb.Table.from_table_name(stack, "T", "t"),
        "secret": secretsmanager.Secret.from_secret_name_v2(stack, "S", "s"),
        "certificate": acm.Certificate.from_certificate_arn(stack, "C", f"arn:aws:acm:{HERE}:certificate/c"),
        "stream": kinesis.Stream.from_stream_arn(stack, "K", f"arn:aws:kinesis:{HERE}:stream/s"),
        "brokers": f"arn:aws:kafka:{HERE}:cluster/c/1",
        "function": lambda_.Function.from_function_name(stack, "F", "fn"),
        "role": RedshiftRole(stack, "Role"),
    }
    text = written(form.function, **form.options)
    if form.grant:
        eval(f"role.redshift_grants{form.grant}", names)  # noqa: S307  the lines above
    landed = {action for actions, _ in statements_of(stack).values() for action in listed(actions)}
    documentation = inspect.getdoc(getattr(RedshiftGrants, form.grant[1:].partition("(")[0], None)) or ""

    assert (
        (set(form.allows.split()) <= landed) if form.grant else form.allows.startswith("https://docs.aws.amazon.com/")
    )
    assert [] == [word for word in form.words.split() if word not in documentation or word not in text]


def test_each_statement_takes_a_chain() -> None:
    """Each statement that names a role names a chain too, for whose links `RoleChain` writes ``sts:AssumeRole``."""
    takes_chain = {name for name in FUNCTIONS if CHAIN in written(name, **{_role_of(name): CHAIN})}

    assert set(FUNCTIONS) == takes_chain


def _role_of(name: str) -> str:
    return "roles" if name in ("grant_assumerole", "revoke_assumerole") else "role"


# The statements that `sql` does not write; people are passed roles by no statement.
OTHERS = {
    "create_model": "CREATE MODEL",
    "remote_model": "CREATE MODEL",
    "external_model": "CREATE EXTERNAL MODEL",
    "s3_tables": "CREATE DATABASE",
    "pass_role": "",
}


def test_fails_when_a_grant_authorizes_no_statement() -> None:
    """Each is in a form, or its documentation names a statement that `sql` does not write."""
    methods = {name for name, member in vars(RedshiftGrants).items() if callable(member) and not name.startswith("_")}
    used = {form.grant[1:].partition("(")[0] for form in FORMS if form.grant}

    assert methods - used - {"of"} == set(OTHERS)
    assert [] == [name for name, words in OTHERS.items() if words not in (getattr(RedshiftGrants, name).__doc__ or "")]
