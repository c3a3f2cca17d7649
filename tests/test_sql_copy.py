"""
COPY.
"""

from __future__ import annotations

from typing import Any

import pytest

from redshift_roles import RoleAssociationError, sql
from tests.builders import arn

ROLE = arn()
FROM = f"FROM 's3://b/landing/' IAM_ROLE '{ROLE}'"
TOKEN = "${Token[TOKEN.7]}"  # noqa: S105  a reference, not a secret


def _copy(source: str = "s3://b/landing/", role: Any = ROLE, **options: Any) -> str:
    return sql.copy("events", source, role, **options)


def _wrong(*arguments: Any, **options: Any) -> list[str]:
    with pytest.raises(RoleAssociationError) as caught:
        _copy(*arguments, **options)
    assert {("InvalidArgument", "sql.copy")} == {(finding.rule, finding.path) for finding in caught.value.findings}
    return [finding.message for finding in caught.value.findings]


CLASHES: dict[str, dict[str, Any]] = {
        "CSV": {"fixed_width": "a:1", "escape": True, "remove_quotes": True},
        "JSON": {
            "delimiter": ",", "escape": True, "fixed_width": "a:1", "fill_record": True,
            "ignore_blank_lines": True, "null_as": "x", "remove_quotes": True,
        },
        "AVRO": {"delimiter": ",", "fill_record": True, "null_as": "x"},
        "PARQUET": {"compression": "GZIP", "delimiter": ",", "max_error": 1, "ignore_header": 1, "encrypted": True},
        "ORC": {"date_format": "auto", "trim_blanks": True, "truncate_columns": True},
        "SHAPEFILE": {"delimiter": ","},
    }  # fmt: skip
BOTH = "and Redshift takes only one of them"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        *(
            ({"format": kind, option: value}, f"'{option}' is given with format={kind!r}, {BOTH}")
            for kind, options in CLASHES.items()
            for option, value in options.items()
        ),
        ({"fixed_width": "a:1", "delimiter": ","}, f"'delimiter' is given with fixed_width, {BOTH}"),
        ({"quote": "'"}, "'quote' is given without format='CSV'"),
        ({"json": "auto"}, "'json' is given without format='JSON'"),
        ({"avro": "auto", "format": "CSV"}, "'avro' is given without format='AVRO'"),
        ({"read_ratio": 5}, f"'read_ratio' is given with a source of s3, {BOTH}"),
        ({"format": "XML"}, "'format' is 'XML', allowed is one of CSV, JSON, AVRO, PARQUET, ORC, SHAPEFILE"),
        ({"compression": "LZO"}, "'compression' is 'LZO', allowed is one of GZIP, BZIP2, LZOP, ZSTD"),
        ({"comp_update": "YES"}, "'comp_update' is 'YES', allowed is one of ON, OFF, PRESET"),
        ({"stat_update": "PRESET"}, "'stat_update' is 'PRESET', allowed is one of ON, OFF"),
        ({"encoding": "UTF7"}, "'encoding' is 'UTF7', allowed is one of UTF8, UTF16, UTF16LE, UTF16BE, ISO88591"),
        ({"max_error": 100_001}, "'max_error' is 100001, allowed is 0 to 100000"),
        ({"max_error": -1}, "'max_error' is -1, allowed is 0 to 100000"),
        ({"ignore_header": True}, "'ignore_header' is True, allowed is 0 to 2.14748e+09"),
        ({"manifest": "yes"}, "'manifest' is 'yes', allowed is True or False"),
        ({"region": 7}, "'region' is 7, allowed is a text"),
        ({"columns": [""]}, "'columns' has a part of 0 bytes, allowed is 1 to 127 bytes of UTF-8"),
        ({"job": "load-it"}, "'job' is 'load-it', allowed is a name without hyphens"),
    ],
)  # fmt: skip
def test_fails_when_redshift_would_reject_the_options(options: dict[str, Any], message: str) -> None:
    """
    The message has the option, and what it does not go with.
    """
    assert message in _wrong(**options)


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("b/landing", "'source' is 'b/landing', allowed is s3://bucket/prefix, emr://cluster-id/path or dynamodb://table"),
        ("s3://", "'source' is 's3://', allowed is s3://bucket/prefix, emr://cluster-id/path or dynamodb://table"),
        ("", "'source' is empty, allowed is a text"),
        (None, "'source' is None, allowed is a text"),
    ],
)  # fmt: skip
def test_fails_when_the_source_is_none(source: Any, message: str) -> None:
    """
    Amazon S3, EMR and DynamoDB.
    """
    assert [message] == _wrong(source)


@pytest.mark.parametrize(
    ("source", "options", "refused"),
    [
        ("dynamodb://t", {"read_ratio": 50, "format": "CSV"}, "format"),
        ("dynamodb://t", {"read_ratio": 50, "manifest": True}, "manifest"),
        ("dynamodb://t", {"read_ratio": 50, "job": "x"}, "job"),
        ("emr://j-1/x", {"region": "eu-west-1"}, "region"),
        ("emr://j-1/x", {"encrypted": True}, "encrypted"),
        ("s3://b/hosts.json", {"ssh": True, "manifest": True}, "manifest"),
    ],
)
def test_fails_when_the_source_takes_no_such_option(source: str, options: dict[str, Any], refused: str) -> None:
    """
    Each source has options of its own.
    """
    assert [f"'{refused}' is given with"] == [
        message.partition(" a source")[0] for message in _wrong(source, **options)
    ]


def test_fails_when_a_table_of_dynamodb_has_no_read_ratio() -> None:
    """
    Redshift asks for it.
    """
    assert ["'read_ratio' is not given for a DynamoDB table"] == _wrong("dynamodb://t")


@pytest.mark.parametrize("role", ["default", "SESSION"])
def test_fails_when_a_job_has_no_role_of_its_own(role: str) -> None:
    """
    A COPY job runs when nobody is there.
    """
    assert [f"'role' is '{role}', which this statement does not take"] == _wrong(role=role, job="x")


def test_everything_wrong_is_told_at_once() -> None:
    """
    One error for all.
    """
    assert 4 == len(_wrong("x", "y", format="PARQUET", delimiter=",", job="a-b"))


@pytest.mark.parametrize(
    ("options", "written"),
    [
        ({}, f'COPY "events" {FROM};'),
        ({"format": "PARQUET"}, f'COPY "events" {FROM} FORMAT AS PARQUET;'),
        ({"format": "CSV", "quote": "'", "ignore_header": 0}, f"COPY \"events\" {FROM} FORMAT AS CSV QUOTE AS '''' IGNOREHEADER 0;"),
        ({"format": "JSON"}, f"COPY \"events\" {FROM} FORMAT AS JSON 'auto';"),
        ({"format": "JSON", "json": "s3://b/p"}, f"COPY \"events\" {FROM} FORMAT AS JSON 's3://b/p';"),
        ({"format": "AVRO", "avro": "auto ignorecase"}, f"COPY \"events\" {FROM} FORMAT AS AVRO 'auto ignorecase';"),
        ({"columns": ["a", "B c"]}, f'COPY "events" ("a", "B c") {FROM};'),
        (
            {"delimiter": "|", "compression": "GZIP", "manifest": True, "region": "us-east-1", "null_as": ""},
            f"COPY \"events\" {FROM} MANIFEST REGION 'us-east-1' DELIMITER '|' GZIP NULL AS '';",
        ),
        (
            {
                "accept_any_date": True, "accept_inv_chars": "?", "blanks_as_null": True, "date_format": "auto",
                "empty_as_null": True, "encoding": "UTF16", "escape": True, "explicit_ids": True, "fill_record": True,
                "ignore_blank_lines": True, "remove_quotes": True, "round_ec": True, "time_format": "auto",
                "trim_blanks": True, "truncate_columns": True, "comp_update": "PRESET", "max_error": 7, "no_load": True,
                "stat_update": "OFF", "encrypted": True,
            },
            (f"COPY \"events\" {FROM} ENCRYPTED ACCEPTANYDATE ACCEPTINVCHARS '?' BLANKSASNULL DATEFORMAT 'auto' "
            "EMPTYASNULL ENCODING UTF16 ESCAPE EXPLICIT_IDS FILLRECORD IGNOREBLANKLINES REMOVEQUOTES ROUNDEC "
            "TIMEFORMAT 'auto' TRIMBLANKS TRUNCATECOLUMNS COMPUPDATE PRESET MAXERROR 7 NOLOAD STATUPDATE OFF;"),
        ),
        ({"fixed_width": "a:1,b:2"}, f"COPY \"events\" {FROM} FIXEDWIDTH 'a:1,b:2';"),
        ({"job": "load"}, f'COPY "events" {FROM} JOB CREATE "load" AUTO ON;'),
        ({"job": "load", "job_auto": False}, f'COPY "events" {FROM} JOB CREATE "load" AUTO OFF;'),
    ],
)  # fmt: skip
def test_the_options_are_written_as_redshift_documents_them(options: dict[str, Any], written: str) -> None:
    """
    Each by its own word.
    """
    assert written == _copy(**options)


@pytest.mark.parametrize(
    ("source", "options", "tail"),
    [
        ("dynamodb://Orders", {"read_ratio": 50}, "READRATIO 50"),
        ("emr://j-1/part-*", {"delimiter": ","}, "DELIMITER ','"),
        ("s3://b/hosts.json", {"ssh": True}, "SSH"),
    ],
)
def test_each_source_has_its_own_options(source: str, options: dict[str, Any], tail: str) -> None:
    """
    DynamoDB has a share of its throughput, SSH a manifest of hosts.
    """
    assert f"COPY \"events\" FROM '{source}' IAM_ROLE '{ROLE}' {tail};" == _copy(source, **options)


@pytest.mark.parametrize("source", [f"s3://{TOKEN}/landing/", TOKEN, f"{TOKEN}/x"])
def test_tokens_pass_through(source: str) -> None:
    """
    The text can be a stack output.
    """
    assert f"COPY \"{TOKEN}\" FROM '{source}' IAM_ROLE '{TOKEN}';" == sql.copy(TOKEN, source, TOKEN)
