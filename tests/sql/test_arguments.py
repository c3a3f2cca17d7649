"""What each argument of a statement must be."""

from __future__ import annotations

import inspect
from typing import Any

import pytest

from redshift_roles import RoleAssociationError, sql
from tests.sql.statements import LEAST, LIST, NUMBER, ROLE, TOKEN, problems, written

SHOWN = {
    TOKEN: "a value that only the deployment knows",
    LIST: "a list that only the deployment knows",
    NUMBER: "a number that only the deployment knows",
}
TEXT = "non-empty UTF-8 text without NUL characters"
NAME = "a name of 1 to 3 parts with dots between them"
SOURCE = "s3://bucket/prefix, emr://cluster-id/path or dynamodb://table"
TARGET = "s3://bucket/prefix"
ADDRESSES = "what the addresses begin with, without * and ?"
ADDRESS = "one address, without * and ?"
OWN_NAME = "in a bucket by its own name, since Redshift documents no access points"
POINTS = [
    "s3://x-s3alias",
    "s3://x-s3alias/out",
    "s3://x--ol-s3/out",
    "s3://arn:aws:s3:eu-west-1:111111111111:accesspoint/ap/out",
    "s3://arn:aws:s3::111111111111:accesspoint/m.mrap/out",
    "s3://x.mrap/out",
    "s3://x--euw1-az1--x-s3/out",
]
PATHS = "auto, auto ignorecase, noshred or s3://bucket/paths.json"
ROLES = "an iam.IRole, a RoleChain, an ARN or"
TYPE = "the name of a data type"
COUNTED = "a list whose entries are counted at synth"
KAFKA = {"source": "KAFKA", "uri": "u"}
HIVE = {"source": "HIVE METASTORE", "uri": "x"}

# Function, argument, wrong values, what it must be, other arguments.
WRONG: list[tuple[str, str, list[Any], str, dict[str, Any]]] = [
    ("copy", "table", ["", "a.b.c.d", 7, ["a"]], NAME, {}),
    ("copy", "table", ["a\0b", LIST, "a\ud800b"], TEXT, {}),
    ("copy", "columns", ["id", b"id", 7, {"id": 1}, {"id"}, TOKEN], "a list", {}),
    ("copy", "source", ["b/landing", "s3://", "s3:///x", "", LIST, NUMBER], SOURCE, {}),
    ("copy", "format", ["XML", TOKEN], "one of CSV, JSON, AVRO, PARQUET, ORC, SHAPEFILE", {}),
    ("copy", "json", ["yes", "s3://", ""], PATHS, {"format": "JSON"}),
    ("copy", "avro", ["noshred"], "auto, auto ignorecase or s3://bucket/paths.json", {"format": "AVRO"}),
    ("copy", "quote", ["''", "é", ""], "one ASCII character", {"format": "CSV"}),
    ("copy", "accept_inv_chars", ["é", "??"], "one ASCII character", {}),
    ("copy", "compression", ["LZO"], "one of GZIP, BZIP2, LZOP, ZSTD", {}),
    ("copy", "encoding", ["UTF7"], "one of UTF8, UTF16, UTF16LE, UTF16BE, ISO88591", {}),
    ("copy", "comp_update", ["YES"], "one of ON, OFF, PRESET", {}),
    ("copy", "stat_update", ["PRESET"], "one of ON, OFF", {}),
    ("copy", "read_ratio", [0, 201], "a whole number from 1 to 200", {"source": "dynamodb://t"}),
    ("copy", "max_error", [100_001, -1, 1.5, "2"], "a whole number from 0 to 100000", {}),
    ("copy", "max_error", [NUMBER], "text if it is a token", {}),
    ("copy", "ignore_header", [True, 2**31], "a whole number from 0 to 2147483647", {}),
    ("copy", "null_as", [0], "UTF-8 text without NUL characters", {}),
    ("copy", "job", [7, "load-it", ""], "a name without hyphens", {}),
    ("copy", "role", ["default", "SESSION"], "an iam.IRole, a RoleChain or an ARN", {"job": "j"}),
    ("copy", "role", ["SESSION"], f"{ROLES} 'default'", {"source": "dynamodb://t", "read_ratio": 5}),
    ("copy", "role", ["SESSION"], f"{ROLES} 'default'", {"source": "emr://j-1/x"}),
    ("copy", "source", ["s3://b/landing/*", "s3://b/*.csv", "s3://b/day=?/", "s3://b*/x"], ADDRESSES, {}),
    *(("copy", "source", ["s3://b/load-*.json"], ADDRESS, {option: True}) for option in ("manifest", "ssh")),
    ("copy", "source", POINTS, OWN_NAME, {}),
    ("copy", "source", POINTS, OWN_NAME, {"manifest": True}),
    ("copy", "json", POINTS, OWN_NAME, {"format": "JSON"}),
    ("unload", "to", POINTS, OWN_NAME, {}),
    *(("copy", name, ["s3://b/paths*.json"], ADDRESS, {"format": name.upper()}) for name in ("json", "avro")),
    ("unload", "query", ["", 7], TEXT, {}),
    ("unload", "to", ["s3://", "s3:///out", "b/out", ""], TARGET, {}),
    ("unload", "to", ["s3://b/out/*", "s3://b/out?"], ADDRESSES, {}),
    ("unload", "role", [7], "an iam.IRole, a RoleChain, an ARN, 'default' or 'SESSION'", {}),
    ("unload", "format", ["ORC"], "one of CSV, PARQUET, JSON", {}),
    ("unload", "compression", ["LZOP"], "one of GZIP, BZIP2, ZSTD", {}),
    ("unload", "parallel", ["YES"], "one of ON, OFF", {}),
    ("unload", "delimiter", ["||", "\\t", "é", ""], "one ASCII character", {}),
    ("unload", "null_as", [1], "UTF-8 text without NUL characters", {}),
    ("unload", "max_file_size_mb", [NUMBER, True, 4.9, 6349, "9", float("nan")], "5 to 6348.8", {}),
    ("unload", "row_group_size_mb", [31, 129, 32.5], "a whole number from 32 to 128", {"format": "PARQUET"}),
    ("unload", "kms_key_id", [""], TEXT, {"encrypted": True}),
    ("create_external_schema", "name", [7, ""], TEXT, {}),
    ("create_external_schema", "source", ["ORACLE"], "one of DATA CATALOG, HIVE METASTORE, POSTGRES, MYSQL, KINESIS, MSK, KAFKA", {}),
    ("create_external_schema", "authentication", ["ldap"], "one of none, iam, mtls", {**KAFKA, "database": None}),
    ("create_external_schema", "port", [0, 65_536, 99.5], "a whole number from 1 to 65535", HIVE),
    ("create_external_schema", "port", [NUMBER], "text if it is a token", HIVE),
    ("create_external_schema", "catalog_role", ["default"], f"{ROLES} 'SESSION'", {}),
    ("create_external_schema", "role", ["SESSION"], f"{ROLES} 'default'", {"source": "KINESIS", "database": None}),
    ("create_external_function", "name", [""], NAME, {}),
    ("create_external_function", "role", ["SESSION"], f"{ROLES} 'default'", {}),
    ("create_external_function", "volatility", ["PURE"], "one of VOLATILE, STABLE", {}),
    ("create_external_function", "retry_timeout", [-1, 0.5], "a whole number from 0 to 2147483647", {}),
    ("create_external_function", "max_batch_rows", [0, 2**31], "a whole number from 1 to 2147483647", {}),
    ("create_external_function", "max_batch_size", [5, (5, "GB"), (0, "KB"), (-1, "MB"), (5121, "KB"), (6, "MB"), (1.5, "MB"), (5,), (5, None), (True, "MB")], "1 KB to 5 MB", {}),
    ("create_external_function", "returns", [
        7, "", "int ", " int", "int STABLE LAMBDA", "int--", "int/**/", "int;", "int'", 'int"', "int\n", "varchar(20",
        "varchar(-1)", "varchar(1,2)", "decimal(1,2,3)", "decimal(max)", "int(4)", "varchar(\u0661)", "\u017fuper", "$$", "int[]", TOKEN,
    ], TYPE, {}),
    ("grant_assumerole", "roles", [{ROLE}, "SESSION"], f"{ROLES} 'default'", {}),
    ("iam_role", "role", [7, [ROLE], object, LIST], "an iam.IRole, a RoleChain, an ARN, 'default' or 'SESSION'", {}),
]  # fmt: skip


@pytest.mark.parametrize(
    ("function", "argument", "value", "allowed", "others"),
    [(function, argument, value, *rest) for function, argument, values, *rest in WRONG for value in values],
)
def test_fails_when_a_value_is_wrong(
    function: str, argument: str, value: Any, allowed: str, others: dict[str, Any]
) -> None:
    """The one message has the argument, what it must be, and the value."""
    (message,) = problems(function, **others | {argument: value})
    plain = value is None or isinstance(value, (str, bytes, int, float)) or argument == "max_batch_size"
    shown = SHOWN.get(value, repr(value)) if plain else f"a {type(value).__name__}"

    assert f"'{argument}' must be {allowed}, got {shown}" == message


# Where the message names an entry or a part.
ENTRIES: list[tuple[str, dict[str, Any], str]] = [
    ("copy", {"table": (1,)}, f"'table' must be {TEXT}, got 1"),
    ("copy", {"table": "a..b"}, f"'table' must be {TEXT}, got ''"),
    ("copy", {"table": f"a.b.c.{TOKEN}"}, f"'table' must be {NAME}, got 'a.b.c.${{Token}}'"),
    ("copy", {"table": "ü" * 64}, "'table' must be at most 127 bytes of UTF-8, got 128"),
    ("copy", {"table": TOKEN + "a" * 128}, "'table' must be at most 127 bytes of UTF-8, got 128"),
    ("copy", {"job": "j" * 128}, "'job' must be at most 127 bytes of UTF-8, got 128"),
    ("copy", {"columns": ["a", 7]}, f"'columns[1]' must be {TEXT}, got 7"),
    ("copy", {"columns": ["a" * 128]}, "'columns[0]' must be at most 127 bytes of UTF-8, got 128"),
    ("copy", {"columns": [LIST]}, f"'columns' must be {COUNTED}, got {SHOWN[LIST]}"),
    ("copy", {"format": "JSON", "json": f"a/{TOKEN}"}, f"'json' must be {PATHS}, got 'a/${{Token}}'"),
    ("copy", {"accept_inv_chars": f"a{TOKEN}"}, "'accept_inv_chars' must be one ASCII character, got 'a${Token}'"),
    ("copy", {"source": f"s3://{TOKEN}/a/*"}, f"'source' must be {ADDRESSES}, got 's3://${{Token}}/a/*'"),
    ("unload", {"to": f"s3://b/{TOKEN}?"}, f"'to' must be {ADDRESSES}, got 's3://b/${{Token}}?'"),
    ("unload", {"to": f"s3://{TOKEN}-s3alias/"}, f"'to' must be {OWN_NAME}, got 's3://${{Token}}-s3alias/'"),
    ("unload", {"query": f"SELECT {LIST}"}, f"'query' must be {TEXT}, got 'SELECT ${{Token}}'"),
    ("unload", {"query": f"\0{TOKEN}"}, f"'query' must be {TEXT}, got '\\x00${{Token}}'"),
    ("create_external_function", {"arguments": ["int", "x, int"]}, f"'arguments[1]' must be {TYPE}, got 'x, int'"),
    ("create_external_schema", {"source": None}, "'source' is required here"),
    ("create_external_function", {"volatility": None}, "'volatility' is required here"),
    ("grant_assumerole", {"roles": []}, "'roles' is required here"),
    ("grant_assumerole", {"roles": [ROLE, "x"]}, "'roles[1]' contains 'x', which is not an ARN"),
    ("grant_assumerole", {"users": ["a", ""]}, f"'users[1]' must be {TEXT}, got ''"),
    ("grant_assumerole", {"statements": []}, "'statements' is required here"),
    ("revoke_assumerole", {"statements": ["X"]}, "'statements[0]' must be one of ALL, COPY, UNLOAD, EXTERNAL FUNCTION, CREATE MODEL, got 'X'"),
]  # fmt: skip


@pytest.mark.parametrize(("function", "options", "message"), ENTRIES)
def test_fails_when_an_entry_is_wrong(function: str, options: dict[str, Any], message: str) -> None:
    """The message says which entry, and what only the deployment knows is readable."""
    assert [message] == problems(function, **options)


PARAMETERS = [
    (function, parameter) for function in LEAST for parameter in inspect.signature(getattr(sql, function)).parameters.values()
]  # fmt: skip


@pytest.mark.parametrize(("function", "parameter"), PARAMETERS, ids=str)
def test_fails_when_an_argument_is_of_the_wrong_kind(function: str, parameter: inspect.Parameter) -> None:
    """A flag is no text, a list is no text, and a text is not empty, except NULL AS."""
    value: Any = {"bool": "no", "Sequence[str]": "x"}.get(parameter.annotation, "")
    found = problems(function, **{parameter.name: value})
    allowed = {"bool": "True or False", "Sequence[str]": "a list"}.get(parameter.annotation)

    if parameter.name == "null_as":
        assert [] == found
    elif allowed:
        assert f"'{parameter.name}' must be {allowed}, got {value!r}" in found
    else:
        assert any(message.startswith(f"'{parameter.name}' ") for message in found)


REQUIRED = [(name, argument) for name, least in LEAST.items() for argument in least if argument != "users"]


@pytest.mark.parametrize(("function", "argument"), REQUIRED)
def test_fails_when_a_required_argument_is_none(function: str, argument: str) -> None:
    """It cannot be left out."""
    (message,) = problems(function, **{argument: None})

    assert message.startswith(f"'{argument}' ")


def test_all_problems_are_in_one_error() -> None:
    """The caller corrects them at once."""
    assert 4 == len(problems("unload", query="", to="x", role=7, compression="x"))
    assert 3 == len(problems("copy", source="y", format="PARQUET", delimiter=",", job="a-b"))


def test_options_are_given_by_name() -> None:
    """What stands first in the statement may be given by position."""
    positional = {
        name: [item.name for item in inspect.signature(getattr(sql, name)).parameters.values() if item.kind is not item.KEYWORD_ONLY]
        for name in LEAST
    }  # fmt: skip

    assert {
        "copy": ["table", "source", "role"],
        "unload": ["query", "to", "role"],
        "create_external_schema": ["name"],
        "create_external_function": ["name", "arguments", "returns", "role"],
        "grant_assumerole": ["roles"],
        "revoke_assumerole": ["roles"],
        "iam_role": ["role"],
    } == positional


@pytest.mark.parametrize(
    ("function", "options", "fix"),
    [
        ("copy", {"source": "s3://b/landing/*"}, "write 's3://b/landing/'"),
        ("copy", {"source": "s3://b/landing/day-?.csv"}, "write 's3://b/landing/day-'"),
        ("copy", {"source": f"s3://{TOKEN}/landing/*"}, "write 's3://${Token}/landing/'"),
        ("copy", {"source": "s3://b*/landing/"}, "name one bucket"),
        ("copy", {"source": "s3://b/load-*.json", "manifest": True}, "name one object"),
        ("copy", {"format": "AVRO", "avro": "s3://b/paths*.json"}, "name one object"),
        ("unload", {"to": "s3://b/out/*"}, "write 's3://b/out/'"),
        ("unload", {"to": "s3://x-s3alias/out"}, "write the name of the bucket itself"),
    ],
)
def test_the_fix_says_what_to_write_for_a_pattern(function: str, options: dict[str, Any], fix: str) -> None:
    """COPY and UNLOAD take what keys begin with, so that the part before the first star is meant."""
    with pytest.raises(RoleAssociationError) as caught:
        written(function, **options)

    assert [fix] == [finding.fix for finding in caught.value.findings]
