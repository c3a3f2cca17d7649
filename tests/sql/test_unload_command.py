"""UNLOAD."""

from __future__ import annotations

from typing import Any

import pytest

from redshift_roles import RoleAssociationError, sql
from tests.support.builders import arn

ROLE = arn()
TOKEN = "${Token[TOKEN.7]}"  # noqa: S105  a reference, not a secret
BOTH = "and Redshift takes only one of them"
HEAD = f"UNLOAD ('SELECT 1') TO 's3://b/out/' IAM_ROLE '{ROLE}'"


def _unload(query: Any = "SELECT 1", to: Any = "s3://b/out/", role: Any = ROLE, **options: Any) -> str:
    return sql.unload(query, to, role, **options)


def _wrong(*arguments: Any, **options: Any) -> list[str]:
    with pytest.raises(RoleAssociationError) as caught:
        _unload(*arguments, **options)
    assert {("InvalidArgument", "sql.unload")} == {(finding.rule, finding.path) for finding in caught.value.findings}
    return [finding.message for finding in caught.value.findings]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        *(
            ({"format": kind, option: value}, f"'{option}' is given with format={kind!r}, {BOTH}")
            for kind, options in {
                "CSV": {"fixed_width": "a:1", "add_quotes": True},
                "PARQUET": {
                    "delimiter": ",", "fixed_width": "a:1", "add_quotes": True, "escape": True, "null_as": "",
                    "header": True, "compression": "GZIP",
                },
                "JSON": {
                    "header": True, "delimiter": ",", "fixed_width": "a:1", "add_quotes": True, "escape": True,
                    "null_as": "x",
                },
            }.items()
            for option, value in options.items()
        ),
        ({"fixed_width": "a:1", "delimiter": ","}, f"'delimiter' is given with fixed_width, {BOTH}"),
        ({"fixed_width": "a:1", "header": True}, f"'header' is given with fixed_width, {BOTH}"),
        ({"clean_path": True, "allow_overwrite": True}, f"'allow_overwrite' is given with clean_path, {BOTH}"),
        ({"manifest_verbose": True, "manifest": True}, f"'manifest' is given with manifest_verbose, {BOTH}"),
        ({"encrypted_auto": True, "encrypted": True}, f"'encrypted' is given with encrypted_auto, {BOTH}"),
        ({"encrypted_auto": True, "kms_key_id": "k"}, f"'kms_key_id' is given with encrypted_auto, {BOTH}"),
        *(({"encrypted": True, "format": kind}, "'encrypted' is given without kms_key_id") for kind in (None, "CSV", "PARQUET", "JSON")),
        ({"delimiter": "||"}, "'delimiter' must be one ASCII character, got '||'"),
        ({"delimiter": "\\t"}, "'delimiter' must be one ASCII character, got '\\\\t'"),
        ({"delimiter": "é"}, "'delimiter' must be one ASCII character, got 'é'"),
        ({"max_file_size_mb": -1.8881545897087626e289}, "'max_file_size_mb' must be 5 to 6348.8, got a number that only the deployment knows"),
        ({"partition_by": ["#{Token[TOKEN.7]}"]}, "'partition_by' must be a list whose entries are counted at synth, got a list that only the deployment knows"),
        ({"query": "SELECT #{Token[TOKEN.7]}"}, "'query' must be a text, got a list that only the deployment knows"),
        ({"partition_by": "year"}, "'partition_by' must be a list, got 'year'"),
        ({"row_group_size_mb": 31, "format": "PARQUET"}, "'row_group_size_mb' must be a whole number from 32 to 128, got 31"),
        ({"row_group_size_mb": 32.5, "format": "PARQUET"}, "'row_group_size_mb' must be a whole number from 32 to 128, got 32.5"),
        ({"null_as": 1}, "'null_as' must be a text, got 1"),
        ({"max_file_size_mb": True}, "'max_file_size_mb' must be 5 to 6348.8, got True"),
        ({"to": "s3://x-s3alias"}, "'to' is 's3://x-s3alias', an access point alias, which UNLOAD does not take"),
        ({"row_group_size_mb": 32}, "'row_group_size_mb' is given without format='PARQUET'"),
        ({"kms_key_id": "k"}, "'kms_key_id' is given without encrypted"),
        ({"include_partition_columns": True}, "'include_partition_columns' is given without partition_by"),
        ({"max_file_size_mb": 4.9}, "'max_file_size_mb' must be 5 to 6348.8, got 4.9"),
        ({"max_file_size_mb": 6349}, "'max_file_size_mb' must be 5 to 6348.8, got 6349"),
        ({"row_group_size_mb": 129, "format": "PARQUET"}, "'row_group_size_mb' must be a whole number from 32 to 128, got 129"),
        ({"format": "ORC"}, "'format' must be one of CSV, PARQUET, JSON, got 'ORC'"),
        ({"compression": "LZOP"}, "'compression' must be one of GZIP, BZIP2, ZSTD, got 'LZOP'"),
        ({"parallel": "YES"}, "'parallel' must be one of ON, OFF, got 'YES'"),
        ({"escape": 1}, "'escape' must be True or False, got 1"),
        ({"extension": 1}, "'extension' must be a text, got 1"),
        ({"partition_by": [1]}, "'partition_by[0]' must be a name, got 1"),
        ({"role": "SESSION"}, "'role' is 'SESSION', which this statement does not take"),
        ({"query": ""}, "'query' must be a text, got ''"),
        ({"to": ""}, "'to' must be a text, got ''"),
        ({"to": None}, "'to' must be a text, got None"),
        ({"to": "s3://"}, "'to' must be s3://bucket/prefix, got 's3://'"),
        ({"to": "s3:///out"}, "'to' must be s3://bucket/prefix, got 's3:///out'"),
        ({"to": "b/out"}, "'to' must be s3://bucket/prefix, got 'b/out'"),
        ({"to": "s3://x-s3alias/out"}, "'to' is 's3://x-s3alias/out', an access point alias, which UNLOAD does not take"),
    ],
)  # fmt: skip
def test_fails_when_redshift_would_reject_it(options: dict[str, Any], message: str) -> None:
    """The message has the option, and what is wrong with it."""
    assert [message] == _wrong(**options)


FLAGS = [
    "header", "manifest", "manifest_verbose", "encrypted", "encrypted_auto", "add_quotes", "escape", "allow_overwrite",
    "clean_path", "include_partition_columns",
]  # fmt: skip


@pytest.mark.parametrize("flag", FLAGS)
def test_fails_when_a_flag_is_neither_yes_nor_no(flag: str) -> None:
    """A text such as 'no' would count as yes."""
    assert [f"'{flag}' must be True or False, got 'no'"] == _wrong(partition_by=["y"], **{flag: "no"})


@pytest.mark.parametrize("option", ["delimiter", "fixed_width", "extension", "region"])
def test_fails_when_a_text_is_empty(option: str) -> None:
    """Of all texts, only NULL AS '' means something."""
    assert [f"'{option}' must be a text, got ''"] == _wrong(**{option: ""})


def test_fails_when_the_key_is_empty() -> None:
    """It must name a key."""
    assert ["'kms_key_id' must be a text, got ''"] == _wrong(encrypted=True, kms_key_id="")


def test_everything_wrong_is_told_at_once() -> None:
    """One error for all."""
    assert 4 == len(_wrong("", "x", 7, compression="x"))


@pytest.mark.parametrize(
    ("options", "tail"),
    [
        ({}, ""),
        (
            {
                "format": "PARQUET", "partition_by": ["y", "m"], "include_partition_columns": True, "manifest_verbose": True,
                "clean_path": True, "max_file_size_mb": 256, "row_group_size_mb": 64,
            },
            (' FORMAT AS PARQUET PARTITION BY ("y", "m") INCLUDE MANIFEST VERBOSE CLEANPATH MAXFILESIZE 256 MB '
            "ROWGROUPSIZE 64 MB"),
        ),
        (
            {
                "header": True, "delimiter": ",", "manifest": True, "compression": "ZSTD", "add_quotes": True,
                "null_as": "", "escape": True, "allow_overwrite": True, "parallel": "OFF", "region": "us-east-1",
                "extension": "csv.zst", "encrypted_auto": True,
            },
            (" MANIFEST HEADER DELIMITER AS ',' ENCRYPTED AUTO ZSTD ADDQUOTES NULL AS '' ESCAPE ALLOWOVERWRITE "
            "PARALLEL OFF REGION 'us-east-1' EXTENSION 'csv.zst'"),
        ),
        ({"encrypted": True, "kms_key_id": "k"}, " KMS_KEY_ID 'k' ENCRYPTED"),
        ({"format": "PARQUET", "encrypted": True, "kms_key_id": "k"}, " FORMAT AS PARQUET KMS_KEY_ID 'k' ENCRYPTED"),
        ({"format": "PARQUET", "encrypted_auto": True}, " FORMAT AS PARQUET ENCRYPTED AUTO"),
        ({"format": "JSON", "compression": "GZIP"}, " FORMAT AS JSON GZIP"),
        ({"compression": "BZIP2", "parallel": "ON"}, " BZIP2 PARALLEL ON"),
        ({"format": "CSV", "header": True, "delimiter": ";", "escape": True, "null_as": "x"}, " FORMAT AS CSV HEADER DELIMITER AS ';' NULL AS 'x' ESCAPE"),
        ({"format": "PARQUET", "row_group_size_mb": 32}, " FORMAT AS PARQUET ROWGROUPSIZE 32 MB"),
        ({"format": "PARQUET", "row_group_size_mb": 128}, " FORMAT AS PARQUET ROWGROUPSIZE 128 MB"),
        ({"fixed_width": "0:3"}, " FIXEDWIDTH AS '0:3'"),
        ({"partition_by": ["y"], "format": "CSV"}, ' FORMAT AS CSV PARTITION BY ("y")'),
        ({"max_file_size_mb": 5}, " MAXFILESIZE 5 MB"),
        ({"max_file_size_mb": 5.0}, " MAXFILESIZE 5 MB"),
        ({"max_file_size_mb": 1234.5678}, " MAXFILESIZE 1234.5678 MB"),
        ({"delimiter": "'"}, " DELIMITER AS ''''"),
        ({"delimiter": "\t"}, " DELIMITER AS '\t'"),
        ({"delimiter": TOKEN}, f" DELIMITER AS '{TOKEN}'"),
        ({"max_file_size_mb": 6348.8}, " MAXFILESIZE 6348.8 MB"),
    ],
)  # fmt: skip
def test_the_options_are_written_as_redshift_documents_them(options: dict[str, Any], tail: str) -> None:
    """Each by its own word, boundaries included."""
    assert f"{HEAD}{tail};" == _unload(**options)


def test_the_query_is_a_literal() -> None:
    """Its own quotation marks are doubled."""
    assert _unload("SELECT * FROM t WHERE a = 'x'").startswith("UNLOAD ('SELECT * FROM t WHERE a = ''x''') TO ")


@pytest.mark.parametrize("to", [TOKEN, f"{TOKEN}/out", f"s3://{TOKEN}/x-s3alias/"])
def test_tokens_pass_through(to: str) -> None:
    """The text can be a stack output."""
    assert f"UNLOAD ('{TOKEN}') TO '{to}' IAM_ROLE '{TOKEN}' REGION '{TOKEN}';" == _unload(
        TOKEN, to, TOKEN, region=TOKEN
    )
