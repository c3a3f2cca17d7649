"""CREATE EXTERNAL SCHEMA."""

from __future__ import annotations

from typing import Any

import pytest

from redshift_roles import RoleAssociationError, sql
from tests.support.builders import arn

ROLE, CHAIN = arn(), f"{arn()},{arn('Second')}"
TOKEN = "${Token[TOKEN.7]}"  # noqa: S105  a reference, not a secret


# What Redshift takes for each option, all else being well.
OPTIONS: dict[str, Any] = {
    "database": "d", "schema": "s", "region": "us-east-1", "uri": "h", "port": 1, "role": ROLE, "secret_arn": "x",
    "cluster_arn": "c", "authentication": "none", "authentication_arn": "a", "catalog_role": ROLE,
    "create_database": True, "catalog_id": "1", "lake_formation": True,
}  # fmt: skip
# What each source needs, and what else it takes; catalog_id needs a 'SESSION' of its own.
NEEDED: dict[str, set[str]] = {
    "DATA CATALOG": {"database", "role"},
    "HIVE METASTORE": {"database", "uri", "role"},
    "POSTGRES": {"database", "uri", "role", "secret_arn"},
    "MYSQL": {"database", "uri", "role", "secret_arn"},
    "KINESIS": {"role"},
    "MSK": {"uri"},
    "KAFKA": {"uri"},
}
STREAM = {"uri", "role", "secret_arn", "authentication", "authentication_arn"}
TAKEN: dict[str, set[str]] = {
    "DATA CATALOG": {"database", "region", "role", "catalog_role", "create_database", "lake_formation"},
    "HIVE METASTORE": {"database", "uri", "port", "role"},
    "POSTGRES": {"database", "schema", "uri", "port", "role", "secret_arn"},
    "MYSQL": {"database", "uri", "port", "role", "secret_arn"},
    "KINESIS": {"role"},
    "MSK": STREAM,
    "KAFKA": STREAM,
}


def _wrong(name: Any = "spectrum", **options: Any) -> list[str]:
    with pytest.raises(RoleAssociationError) as caught:
        sql.create_external_schema(name, **options)
    return [finding.message for finding in caught.value.findings]


def _is_refused(source: str, options: dict[str, Any]) -> bool:
    try:
        sql.create_external_schema("spectrum", source=source, **options)
    except RoleAssociationError:
        return True
    return False


@pytest.mark.parametrize("source", NEEDED)
def test_fails_when_what_the_source_needs_is_missing(source: str) -> None:
    """With all that it needs it passes, and with one thing less it does not."""
    needed = {label: OPTIONS[label] for label in NEEDED[source]}
    missing = [{label: value for label, value in needed.items() if label != left_out} for left_out in needed]

    assert [False, *(True for _ in missing)] == [_is_refused(source, options) for options in [needed, *missing]]


@pytest.mark.parametrize("source", TAKEN)
def test_fails_when_an_option_is_for_another_source(source: str) -> None:
    """Each source takes the options of its page, and no other."""
    needed = {label: OPTIONS[label] for label in NEEDED[source]}
    taken = {label for label, value in OPTIONS.items() if not _is_refused(source, {**needed, label: value})}

    assert TAKEN[source] == taken


@pytest.mark.parametrize("flag", ["if_not_exists", "create_database", "lake_formation"])
def test_fails_when_a_flag_is_neither_yes_nor_no(flag: str) -> None:
    """A text such as 'no' would count as yes."""
    assert [f"'{flag}' must be True or False, got 'no'"] == _wrong(database="d", role=ROLE, **{flag: "no"})


@pytest.mark.parametrize("option", ["database", "schema", "region", "uri", "secret_arn", "cluster_arn", "authentication_arn", "catalog_id"])  # fmt: skip
def test_fails_when_a_text_is_empty(option: str) -> None:
    """None of them means something."""
    assert f"'{option}' must be a text, got ''" in _wrong(**{option: ""})


@pytest.mark.parametrize(
    ("options", "messages"),
    [
        ({"role": ROLE}, ["'database' is not given for DATA CATALOG"]),
        ({"database": "d"}, ["'role' is not given for DATA CATALOG"]),
        ({"source": "POSTGRES", "role": ROLE, "database": "d", "uri": "h"}, ["'secret_arn' is not given for POSTGRES"]),
        ({"source": "MYSQL", "role": ROLE, "database": "d", "secret_arn": "s"}, ["'uri' is not given for MYSQL"]),
        ({"source": "KINESIS"}, ["'role' is not given for KINESIS"]),
        ({"source": "KINESIS", "role": ROLE, "database": "d"}, ["'database' is given for KINESIS, it is for DATA CATALOG, HIVE METASTORE, POSTGRES, MYSQL"]),
        ({"source": "KINESIS", "role": "SESSION"}, ["'role' is 'SESSION', which this statement does not take"]),
        ({"source": "MSK", "authentication": "iam", "uri": "u"}, ["'role' is not given for authentication='iam'"]),
        ({"source": "MSK", "authentication": "none", "uri": "u", "cluster_arn": "c"}, ["'uri' and 'cluster_arn' are both given"]),
        (
            {"source": "KINESIS", "role": ROLE, "catalog_id": "1"},
            ["'catalog_id' is given for KINESIS, it is for DATA CATALOG", "'catalog_id' is given without a role 'SESSION'"],
        ),
        ({"source": "MSK"}, ["'uri' and 'cluster_arn' are neither given"]),
        ({"source": "KAFKA", "uri": "u", "authentication": "mtls"}, ["no certificate is given for authentication='mtls'"]),
        ({"source": "KAFKA", "uri": "u", "authentication_arn": "a", "secret_arn": "s"}, ["'authentication_arn' and 'secret_arn' are both given"]),
        ({"source": "HIVE METASTORE", "database": "d", "role": ROLE, "uri": "x", "port": 65_536}, ["'port' must be a whole number from 1 to 65535, got 65536"]),
        ({"source": "HIVE METASTORE", "database": "d", "role": ROLE, "uri": "x", "port": 99.5}, ["'port' must be a whole number from 1 to 65535, got 99.5"]),
        ({"source": "HIVE METASTORE", "database": "d", "role": ROLE, "uri": "x", "port": -1e289}, ["'port' is a token for a number, which no text can hold"]),
        ({"source": "MSK", "authentication": "ldap", "uri": "u"}, ["'authentication' must be one of none, iam, mtls, got 'ldap'"]),
        ({"database": "d", "role": ROLE, "catalog_id": "1"}, ["'catalog_id' is given without a role 'SESSION'"]),
        ({"database": "d", "role": ROLE, "catalog_role": "default"}, ["'catalog_role' is 'default', which this statement does not take"]),
        ({"database": "d", "role": CHAIN, "lake_formation": True}, ["'role' is a chain of roles, and Lake Formation takes none"]),
        ({"database": "d", "role": ROLE, "catalog_role": CHAIN, "lake_formation": True}, ["'catalog_role' is a chain of roles, and Lake Formation takes none"]),
        ({"database": "d", "role": ROLE, "uri": "x"}, ["'uri' is given for DATA CATALOG, it is for HIVE METASTORE, POSTGRES, MYSQL, MSK, KAFKA"]),
        ({"source": "HIVE METASTORE", "database": "d", "role": ROLE, "uri": "x", "port": 0}, ["'port' must be a whole number from 1 to 65535, got 0"]),
        ({"database": "", "role": ROLE}, ["'database' must be a text, got ''"]),
        ({"database": "d", "role": ROLE, "create_database": 1}, ["'create_database' must be True or False, got 1"]),
    ],
)  # fmt: skip
def test_fails_when_redshift_would_reject_it(options: dict[str, Any], messages: list[str]) -> None:
    """Each source has options of its own, and needs some of them."""
    assert messages == _wrong(**options)


def test_fails_when_the_source_is_unknown() -> None:
    """The message lists what there is."""
    assert ["'source' must be one of DATA CATALOG, HIVE METASTORE, POSTGRES, MYSQL, KINESIS, MSK, KAFKA, got 'ORACLE'"] == (
        _wrong(source="ORACLE")
    )  # fmt: skip


def test_fails_when_the_name_is_none() -> None:
    """A schema has one name, which may have a dot."""
    assert ["'name' must be a name, got 7"] == _wrong(7, database="d", role=ROLE)


@pytest.mark.parametrize(
    ("options", "tail"),
    [
        ({"database": "sales", "role": ROLE}, f"DATA CATALOG DATABASE 'sales' IAM_ROLE '{ROLE}'"),
        ({"database": "sales", "role": CHAIN}, f"DATA CATALOG DATABASE 'sales' IAM_ROLE '{CHAIN}'"),
        ({"database": "sales", "role": ROLE, "lake_formation": True}, f"DATA CATALOG DATABASE 'sales' IAM_ROLE '{ROLE}'"),
        (
            {"database": "sales", "role": "default", "region": "us-east-1", "create_database": True, "catalog_role": "SESSION", "catalog_id": "111111111111"},
            ("DATA CATALOG DATABASE 'sales' REGION 'us-east-1' IAM_ROLE default CATALOG_ROLE 'SESSION' "
            "CREATE EXTERNAL DATABASE IF NOT EXISTS CATALOG_ID '111111111111'"),
        ),
        (
            {"source": "HIVE METASTORE", "database": "h", "uri": "10.0.0.1", "port": 9083, "role": ROLE},
            f"HIVE METASTORE DATABASE 'h' URI '10.0.0.1' PORT 9083 IAM_ROLE '{ROLE}'",
        ),
        (
            {"source": "POSTGRES", "database": "p", "schema": "s", "uri": "h", "role": ROLE, "secret_arn": "x"},
            f"POSTGRES DATABASE 'p' SCHEMA 's' URI 'h' IAM_ROLE '{ROLE}' SECRET_ARN 'x'",
        ),
        (
            {"source": "MYSQL", "database": "m", "uri": TOKEN, "port": TOKEN, "role": ROLE, "secret_arn": TOKEN},
            f"MYSQL DATABASE 'm' URI '{TOKEN}' PORT {TOKEN} IAM_ROLE '{ROLE}' SECRET_ARN '{TOKEN}'",
        ),
        (
            {"source": "KAFKA", "uri": "b:1", "authentication": "mtls", "secret_arn": "s"},
            "KAFKA URI 'b:1' AUTHENTICATION mtls SECRET_ARN 's'",
        ),
        ({"source": "MSK", "uri": "b:1", "authentication": "iam", "role": ROLE}, f"MSK IAM_ROLE '{ROLE}' AUTHENTICATION iam URI 'b:1'"),
        ({"database": "d", "role": "SESSION", "catalog_id": "1"}, "DATA CATALOG DATABASE 'd' IAM_ROLE 'SESSION' CATALOG_ID '1'"),
        ({"source": "KINESIS", "role": ROLE}, f"KINESIS IAM_ROLE '{ROLE}'"),
        ({"source": "KAFKA", "uri": "b:9092", "authentication": "none"}, "KAFKA URI 'b:9092' AUTHENTICATION none"),
        (
            {"source": "MSK", "cluster_arn": "c", "authentication": "mtls", "authentication_arn": "a", "role": ROLE},
            f"MSK IAM_ROLE '{ROLE}' AUTHENTICATION mtls AUTHENTICATION_ARN 'a' CLUSTER_ARN 'c'",
        ),
        (
            {"source": "KAFKA", "uri": "b:1", "authentication": "mtls", "authentication_arn": "a", "role": ROLE},
            f"KAFKA IAM_ROLE '{ROLE}' URI 'b:1' AUTHENTICATION mtls AUTHENTICATION_ARN 'a'",
        ),
    ],
)  # fmt: skip
def test_each_source_is_written_as_redshift_documents_it(options: dict[str, Any], tail: str) -> None:
    """The name is quoted, the options stand in the order of the page."""
    assert f'CREATE EXTERNAL SCHEMA "spectrum" FROM {tail};' == sql.create_external_schema("spectrum", **options)


def test_a_schema_of_that_name_may_be_there() -> None:
    """Only where the caller says so."""
    written = sql.create_external_schema('odd"name', source="KINESIS", role=ROLE, if_not_exists=True)

    assert f'CREATE EXTERNAL SCHEMA IF NOT EXISTS "odd""name" FROM KINESIS IAM_ROLE \'{ROLE}\';' == written
