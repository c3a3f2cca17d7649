"""COPY."""

from __future__ import annotations

from typing import Any

import pytest

from redshift_roles import RoleAssociationError, sql
from tests.support.builders import arn

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


# What Redshift takes for each option, all else being well.
OPTIONS: dict[str, Any] = {
    "quote": "'", "json": "auto", "avro": "auto", "delimiter": ",", "fixed_width": "a:1", "compression": "GZIP",
    "region": "us-east-1", "manifest": True, "ssh": True, "read_ratio": 50, "ignore_header": 1,
    "max_error": 1, "null_as": "x", "date_format": "auto", "time_format": "auto", "encoding": "UTF8",
    "accept_inv_chars": "?", "accept_any_date": True, "blanks_as_null": True, "empty_as_null": True, "escape": True,
    "explicit_ids": True, "fill_record": True, "ignore_blank_lines": True, "remove_quotes": True, "round_ec": True,
    "trim_blanks": True, "truncate_columns": True, "no_load": True, "comp_update": "ON", "stat_update": "ON",
    "job": "load",
}  # fmt: skip
# The words of the pages on data formats, on columnar data and on each source.
RECORDS = {"quote", "delimiter", "escape", "fixed_width", "fill_record", "ignore_blank_lines", "null_as", "remove_quotes", "read_ratio"}  # fmt: skip
# "Only the following COPY parameters are supported": these, FROM, IAM_ROLE and CREDENTIALS; a job is none of them.
COLUMNAR = {"accept_inv_chars", "fill_record", "stat_update", "manifest", "explicit_ids", "job"}
NOT_WITH_FORMAT: dict[str, set[str]] = {
    "CSV": {"json", "avro", "fixed_width", "remove_quotes", "escape", "read_ratio"},
    "JSON": RECORDS | {"avro"},
    "AVRO": RECORDS | {"json"},
    "PARQUET": set(OPTIONS) - COLUMNAR,
    "ORC": set(OPTIONS) - COLUMNAR,
    "SHAPEFILE": {"ssh", "quote", "json", "avro", "read_ratio", "delimiter", "escape", "fixed_width", "remove_quotes"},
}
# JSON, AVRO and QUOTE have formats of their own, which are given with them below.
NOT_FROM: dict[str, set[str]] = {
    "s3://b/x": {"read_ratio"},
    "emr://j-1/x": {"manifest", "read_ratio", "region", "ssh", "job"},
    "dynamodb://t": {
        "quote", "json", "avro", "delimiter", "fixed_width", "compression", "escape", "fill_record",
        "ignore_blank_lines", "ignore_header", "null_as", "remove_quotes", "accept_inv_chars", "manifest",
        "ssh", "job",
    },
}  # fmt: skip
FORMAT_OF = {"quote": "CSV", "json": "JSON", "avro": "AVRO"}
BOTH = "and Redshift takes only one of them"


def _is_refused(source: str, **options: Any) -> bool:
    try:
        _copy(source, **options)
    except RoleAssociationError:
        return True
    return False


@pytest.mark.parametrize("kind", NOT_WITH_FORMAT)
def test_fails_when_the_format_takes_no_such_option(kind: str) -> None:
    """Each format refuses what its page excludes, and takes all the others."""
    refused = {option for option, value in OPTIONS.items() if _is_refused("s3://b/x", format=kind, **{option: value})}

    assert NOT_WITH_FORMAT[kind] == refused


@pytest.mark.parametrize("source", NOT_FROM)
def test_fails_when_the_source_takes_no_such_option(source: str) -> None:
    """Each source refuses what its page excludes, and takes all the others."""
    needed = {"read_ratio": 50} if source.startswith("dynamodb") else {}
    refused = {
        option
        for option, value in OPTIONS.items()
        if _is_refused(source, **{**needed, option: value, "format": FORMAT_OF.get(option)})
    }

    assert NOT_FROM[source] == refused


def test_fails_when_a_list_of_hosts_is_given_what_it_does_not_take() -> None:
    """Over SSH the source is the manifest itself, which is no list of files, and no job watches it."""
    refused = {option for option, value in OPTIONS.items() if _is_refused("s3://b/x", **{"ssh": True, option: value})}

    assert {"manifest", "read_ratio", "job", *FORMAT_OF} == refused


@pytest.mark.parametrize("option", ["delimiter", "escape"])
def test_fails_when_fixed_width_is_given_with_what_divides_text(option: str) -> None:
    """Text is divided by widths or by a character."""
    assert [f"'{option}' is given with fixed_width, {BOTH}"] == _wrong(fixed_width="a:1", **{option: OPTIONS[option]})


@pytest.mark.parametrize("encoding", ["UTF16", "UTF16LE", "UTF16BE", "ISO88591"])
def test_fails_when_fixed_width_is_given_with_another_encoding(encoding: str) -> None:
    """The page: fixed-width data files must use UTF-8 encoding."""
    assert [f"'encoding' is '{encoding}' beside fixed_width, which is for UTF-8 alone"] == _wrong(
        fixed_width="a:1", encoding=encoding
    )
    assert _copy(fixed_width="a:1", encoding="UTF8").endswith("FIXEDWIDTH 'a:1' ENCODING UTF8;")


@pytest.mark.parametrize("kind", ["PARQUET", "ORC", "SHAPEFILE"])
def test_fails_when_a_format_of_amazon_s3_comes_from_elsewhere(kind: str) -> None:
    """EMR and remote hosts give text, CSV, JSON and Avro."""
    alone = "and COPY takes it from Amazon S3 alone"

    assert [f"'format' is '{kind}' for a source of emr, {alone}"] == _wrong("emr://j-1/a", format=kind)
    assert f"'format' is '{kind}' for a source of ssh, {alone}" in _wrong("s3://b/hosts", ssh=True, format=kind)
    assert f"'format' is given with a source of dynamodb, {BOTH}" in _wrong("dynamodb://t", read_ratio=50, format=kind)


@pytest.mark.parametrize("kind", ["CSV", "JSON", "AVRO"])
def test_other_formats_come_from_emr_and_hosts_too(kind: str) -> None:
    """As the pages on both say."""
    assert f"FORMAT AS {kind}" in _copy("emr://j-1/a", format=kind)
    assert f"FORMAT AS {kind}" in _copy("s3://b/hosts", ssh=True, format=kind)


def test_fails_when_the_table_is_none() -> None:
    """It has one to three parts."""
    with pytest.raises(RoleAssociationError) as caught:
        sql.copy("a.b.c.d", "s3://b/x", ROLE)

    assert ["'table' must be a name of 1 to 3 parts with dots between them, got 'a.b.c.d'"] == [
        finding.message for finding in caught.value.findings
    ]


@pytest.mark.parametrize("columns", ["id", None, 7])
def test_fails_when_columns_are_no_list(columns: Any) -> None:
    """A text is a list of letters to Python, and would name a column for each."""
    assert [f"'columns' must be a list, got {columns!r}"] == _wrong(columns=columns)


@pytest.mark.parametrize("option", sorted({"quote", "json", "avro", "delimiter", "fixed_width", "region", "date_format", "time_format", "accept_inv_chars"}))  # fmt: skip
def test_fails_when_a_text_is_empty(option: str) -> None:
    """Of all texts, only NULL AS '' means something."""
    assert [f"'{option}' must be a text, got ''"] == [
        message for message in _wrong(format=FORMAT_OF.get(option), **{option: ""}) if "character" not in message
    ]


@pytest.mark.parametrize("option", [option for option, value in OPTIONS.items() if value is True])
def test_fails_when_a_flag_is_neither_yes_nor_no(option: str) -> None:
    """A text such as 'no' would count as yes."""
    assert f"'{option}' must be True or False, got 'no'" in _wrong(**{option: "no"})


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"format": "CSV", "escape": True}, f"'escape' is given with format='CSV', {BOTH}"),
        ({"quote": "'"}, "'quote' is given without format='CSV'"),
        ({"json": "auto"}, "'json' is given without format='JSON'"),
        ({"avro": "auto", "format": "CSV"}, "'avro' is given without format='AVRO'"),
        ({"read_ratio": 5}, f"'read_ratio' is given with a source of s3, {BOTH}"),
        ({"format": "XML"}, "'format' must be one of CSV, JSON, AVRO, PARQUET, ORC, SHAPEFILE, got 'XML'"),
        ({"compression": "LZO"}, "'compression' must be one of GZIP, BZIP2, LZOP, ZSTD, got 'LZO'"),
        ({"comp_update": "YES"}, "'comp_update' must be one of ON, OFF, PRESET, got 'YES'"),
        ({"stat_update": "PRESET"}, "'stat_update' must be one of ON, OFF, got 'PRESET'"),
        ({"encoding": "UTF7"}, "'encoding' must be one of UTF8, UTF16, UTF16LE, UTF16BE, ISO88591, got 'UTF7'"),
        ({"max_error": 100_001}, "'max_error' must be a whole number from 0 to 100000, got 100001"),
        ({"max_error": -1}, "'max_error' must be a whole number from 0 to 100000, got -1"),
        ({"ignore_header": True}, "'ignore_header' must be a whole number from 0 to 2147483647, got True"),
        ({"manifest": "yes"}, "'manifest' must be True or False, got 'yes'"),
        ({"region": 7}, "'region' must be a text, got 7"),
        ({"columns": [""]}, "'columns[0]' has a part of 0 bytes, allowed is 1 to 127 bytes of UTF-8"),
        ({"format": "JSON", "json": "yes"}, "'json' must be auto, auto ignorecase, noshred or s3://bucket/paths.json, got 'yes'"),
        ({"format": "JSON", "json": "s3://"}, "'json' must be auto, auto ignorecase, noshred or s3://bucket/paths.json, got 's3://'"),
        ({"format": "AVRO", "avro": "noshred"}, "'avro' must be auto, auto ignorecase or s3://bucket/paths.json, got 'noshred'"),
        ({"format": "CSV", "quote": "''"}, "'quote' must be one ASCII character, got \"''\""),
        ({"accept_inv_chars": "é"}, "'accept_inv_chars' must be one ASCII character, got 'é'"),
        ({"max_error": 1.5}, "'max_error' must be a whole number from 0 to 100000, got 1.5"),
        ({"null_as": 0}, "'null_as' must be a text, got 0"),
        ({"job_auto": "OFF"}, "'job_auto' must be True or False, got 'OFF'"),
        ({"job_auto": False}, "'job_auto' is given without job"),
        ({"job": 7}, "'job' must be a name, got 7"),
        ({"columns": ["#{Token[TOKEN.7]}"]}, "'columns' must be a list whose entries are counted at synth, got a list that only the deployment knows"),
        ({"columns": TOKEN}, "'columns' must be a list, got a value that only the deployment knows"),
        ({"manifest": TOKEN}, "'manifest' must be True or False, got a value that only the deployment knows"),
        ({"max_error": -1.8881545897087626e289}, "'max_error' is a token for a number, which no text can hold"),
        ({"job": "load-it"}, "'job' must be a name without hyphens, got 'load-it'"),
    ],
)  # fmt: skip
def test_fails_when_redshift_would_reject_the_options(options: dict[str, Any], message: str) -> None:
    """The message has the option, and what it does not go with."""
    assert message in _wrong(**options)


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("b/landing", "'source' must be s3://bucket/prefix, emr://cluster-id/path or dynamodb://table, got 'b/landing'"),
        ("s3://", "'source' must be s3://bucket/prefix, emr://cluster-id/path or dynamodb://table, got 's3://'"),
        ("s3:///x", "'source' must be s3://bucket/prefix, emr://cluster-id/path or dynamodb://table, got 's3:///x'"),
        ("", "'source' must be a text, got ''"),
        ("#{Token[TOKEN.7]}", "'source' must be a text, got a list that only the deployment knows"),
        (-1.8881545897087626e289, "'source' must be a text, got a number that only the deployment knows"),
        (None, "'source' must be a text, got None"),
    ],
)  # fmt: skip
def test_fails_when_the_source_is_none(source: Any, message: str) -> None:
    """Amazon S3, EMR and DynamoDB."""
    assert [message] == _wrong(source)


@pytest.mark.parametrize("ratio", [0, 201])
def test_fails_when_the_read_ratio_is_out_of_range(ratio: int) -> None:
    """From one percent of the table's throughput to twice of it."""
    assert [f"'read_ratio' must be a whole number from 1 to 200, got {ratio}"] == (
        _wrong("dynamodb://t", read_ratio=ratio)
    )


def test_fails_when_a_table_of_dynamodb_has_no_read_ratio() -> None:
    """Redshift asks for it."""
    assert ["'read_ratio' is not given for a DynamoDB table"] == _wrong("dynamodb://t")


@pytest.mark.parametrize("role", ["default", "SESSION"])
def test_fails_when_a_job_has_no_role_of_its_own(role: str) -> None:
    """A COPY job runs when nobody is there."""
    assert [f"'role' is '{role}', which this statement does not take"] == _wrong(role=role, job="x")


def test_everything_wrong_is_told_at_once() -> None:
    """One error for all."""
    assert 4 == len(_wrong("x", "y", format="PARQUET", delimiter=",", job="a-b"))


@pytest.mark.parametrize(
    ("options", "written"),
    [
        ({}, f'COPY "events" {FROM};'),
        ({"format": "PARQUET"}, f'COPY "events" {FROM} FORMAT AS PARQUET;'),
        ({"format": "CSV", "quote": "'", "ignore_header": 0}, f"COPY \"events\" {FROM} FORMAT AS CSV QUOTE AS '''' IGNOREHEADER 0;"),
        ({"format": "JSON"}, f"COPY \"events\" {FROM} FORMAT AS JSON 'auto';"),
        ({"format": "JSON", "json": "s3://b/p"}, f"COPY \"events\" {FROM} FORMAT AS JSON 's3://b/p';"),
        ({"format": "JSON", "json": "noshred"}, f"COPY \"events\" {FROM} FORMAT AS JSON 'noshred';"),
        ({"format": "JSON", "json": f"{TOKEN}/p"}, f"COPY \"events\" {FROM} FORMAT AS JSON '{TOKEN}/p';"),
        ({"format": "AVRO"}, f"COPY \"events\" {FROM} FORMAT AS AVRO 'auto';"),
        ({"format": "SHAPEFILE"}, f'COPY "events" {FROM} FORMAT AS SHAPEFILE;'),
        ({"delimiter": "|~|"}, f"COPY \"events\" {FROM} DELIMITER '|~|';"),
        ({"max_error": 100_000}, f'COPY "events" {FROM} MAXERROR 100000;'),
        ({"max_error": TOKEN}, f'COPY "events" {FROM} MAXERROR {TOKEN};'),
        ({"accept_inv_chars": TOKEN}, f"COPY \"events\" {FROM} ACCEPTINVCHARS '{TOKEN}';"),
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
                "stat_update": "OFF",
            },
            (f"COPY \"events\" {FROM} ACCEPTANYDATE ACCEPTINVCHARS '?' BLANKSASNULL DATEFORMAT 'auto' "
            "EMPTYASNULL ENCODING UTF16 ESCAPE EXPLICIT_IDS FILLRECORD IGNOREBLANKLINES REMOVEQUOTES ROUNDEC "
            "TIMEFORMAT 'auto' TRIMBLANKS TRUNCATECOLUMNS COMPUPDATE PRESET MAXERROR 7 NOLOAD STATUPDATE OFF;"),
        ),
        ({"fixed_width": "a:1,b:2"}, f"COPY \"events\" {FROM} FIXEDWIDTH 'a:1,b:2';"),
        ({"job": "load"}, f'COPY "events" {FROM} JOB CREATE "load" AUTO ON;'),
        ({"job": "load", "job_auto": False}, f'COPY "events" {FROM} JOB CREATE "load" AUTO OFF;'),
    ],
)  # fmt: skip
def test_the_options_are_written_as_redshift_documents_them(options: dict[str, Any], written: str) -> None:
    """Each by its own word."""
    assert written == _copy(**options)


@pytest.mark.parametrize(
    ("source", "options", "tail"),
    [
        ("dynamodb://Orders", {"read_ratio": 1}, "READRATIO 1"),
        ("dynamodb://Orders", {"read_ratio": 200}, "READRATIO 200"),
        ("emr://j-1/part-*", {"delimiter": ","}, "DELIMITER ','"),
        ("s3://b/hosts.json", {"ssh": True}, "SSH"),
    ],
)
def test_each_source_has_its_own_options(source: str, options: dict[str, Any], tail: str) -> None:
    """DynamoDB has a share of its throughput, SSH a manifest of hosts."""
    assert f"COPY \"events\" FROM '{source}' IAM_ROLE '{ROLE}' {tail};" == _copy(source, **options)


@pytest.mark.parametrize("source", [f"s3://{TOKEN}/landing/", TOKEN, f"{TOKEN}/x"])
def test_tokens_pass_through(source: str) -> None:
    """The text can be a stack output."""
    assert f"COPY \"{TOKEN}\" FROM '{source}' IAM_ROLE '{TOKEN}';" == sql.copy(TOKEN, source, TOKEN)


@pytest.mark.parametrize("options", [{}, {"read_ratio": 50}, {"manifest": True, "format": "PARQUET", "job": "load"}])
def test_a_source_that_only_the_deployment_knows_takes_any_option(options: dict[str, Any]) -> None:
    """It may be of any kind; over SSH it is a list of hosts."""
    assert f"FROM '{TOKEN}' " in _copy(TOKEN, **options)
    assert [f"'manifest' is given with a source of ssh, {BOTH}"] == _wrong(TOKEN, ssh=True, manifest=True)
