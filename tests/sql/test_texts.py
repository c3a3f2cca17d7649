"""The text of each statement, as the AWS pages document it."""

from __future__ import annotations

from typing import Any

import pytest

from redshift_roles import sql
from tests.sql.statements import CHAIN, ROLE, TOKEN, written

SECOND = CHAIN.removeprefix(f"{ROLE},")
DATABASE: dict[str, Any] = {"database": "d", "uri": "h", "secret_arn": "x"}
STREAM: dict[str, Any] = {"database": None, "role": None}


class _Chain:
    role_arns = (ROLE, SECOND)


def _copy(options: dict[str, Any], tail: str) -> tuple[str, dict[str, Any], str]:
    return "copy", options, f"COPY \"events\" FROM 's3://b/landing/' IAM_ROLE '{ROLE}'{tail};"


def _unload(options: dict[str, Any], tail: str) -> tuple[str, dict[str, Any], str]:
    return "unload", options, f"UNLOAD ('SELECT 1') TO 's3://b/out/' IAM_ROLE '{ROLE}'{tail};"


def _schema(options: dict[str, Any], tail: str) -> tuple[str, dict[str, Any], str]:
    return "create_external_schema", options, f'CREATE EXTERNAL SCHEMA "spectrum" FROM {tail};'


def _function(options: dict[str, Any], head: str, tail: str) -> tuple[str, dict[str, Any], str]:
    return "create_external_function", options, f'CREATE {head}EXTERNAL FUNCTION "f"{tail};'


TEXTS = [
    _copy({}, ""),
    _copy({"format": "PARQUET"}, " FORMAT AS PARQUET"),
    _copy({"format": "SHAPEFILE"}, " FORMAT AS SHAPEFILE"),
    _copy({"format": "CSV", "quote": "'", "ignore_header": 0}, " FORMAT AS CSV QUOTE AS '''' IGNOREHEADER 0"),
    _copy({"format": "JSON"}, " FORMAT AS JSON 'auto'"),
    _copy({"format": "JSON", "json": "s3://b/p"}, " FORMAT AS JSON 's3://b/p'"),
    _copy({"format": "JSON", "json": "noshred"}, " FORMAT AS JSON 'noshred'"),
    _copy({"format": "JSON", "json": f"{TOKEN}/p"}, f" FORMAT AS JSON '{TOKEN}/p'"),
    _copy({"format": "AVRO"}, " FORMAT AS AVRO 'auto'"),
    _copy({"format": "AVRO", "avro": "auto ignorecase"}, " FORMAT AS AVRO 'auto ignorecase'"),
    _copy({"delimiter": "|~|"}, " DELIMITER '|~|'"),
    _copy({"fixed_width": "a:1,b:2", "encoding": "UTF8"}, " FIXEDWIDTH 'a:1,b:2' ENCODING UTF8"),
    _copy({"max_error": 100_000}, " MAXERROR 100000"),
    _copy({"max_error": TOKEN}, f" MAXERROR {TOKEN}"),
    _copy({"accept_inv_chars": TOKEN}, f" ACCEPTINVCHARS '{TOKEN}'"),
    _copy({"ssh": True}, " SSH"),
    _copy({"job": "load"}, ' JOB CREATE "load" AUTO ON'),
    _copy({"job": "load", "job_auto": False}, ' JOB CREATE "load" AUTO OFF'),
    _copy(
        {"delimiter": "|", "compression": "GZIP", "manifest": True, "region": "us-east-1", "null_as": ""},
        " MANIFEST REGION 'us-east-1' DELIMITER '|' GZIP NULL AS ''",
    ),
    _copy(
        {
            "accept_any_date": True, "accept_inv_chars": "?", "blanks_as_null": True, "date_format": "auto",
            "empty_as_null": True, "encoding": "UTF16", "escape": True, "explicit_ids": True, "fill_record": True,
            "ignore_blank_lines": True, "remove_quotes": True, "round_ec": True, "time_format": "auto",
            "trim_blanks": True, "truncate_columns": True, "comp_update": "PRESET", "max_error": 7, "no_load": True,
            "stat_update": "OFF",
        },
        " ACCEPTANYDATE ACCEPTINVCHARS '?' BLANKSASNULL DATEFORMAT 'auto' EMPTYASNULL ENCODING UTF16 ESCAPE EXPLICIT_IDS "
        "FILLRECORD IGNOREBLANKLINES REMOVEQUOTES ROUNDEC TIMEFORMAT 'auto' TRIMBLANKS TRUNCATECOLUMNS COMPUPDATE PRESET "
        "MAXERROR 7 NOLOAD STATUPDATE OFF",
    ),
    ("copy", {"columns": ["a", "B c"]}, f"COPY \"events\" (\"a\", \"B c\") FROM 's3://b/landing/' IAM_ROLE '{ROLE}';"),
    *(
        ("copy", {"table": table}, f"COPY {name} FROM 's3://b/landing/' IAM_ROLE '{ROLE}';")
        for table, name in {
            "db.public.events": '"db"."public"."events"',
            ("public", "odd.name"): '"public"."odd.name"',
            "a" * 127: f'"{"a" * 127}"',
            TOKEN + "a" * 127: f'"{TOKEN}{"a" * 127}"',
            f"{TOKEN}.{TOKEN}": f'"{TOKEN}"."{TOKEN}"',
            "\ud7ff\ue000": '"\ud7ff\ue000"',
        }.items()
    ),
    *(
        ("copy", {"source": source, **options}, f"COPY \"events\" FROM '{source}' IAM_ROLE '{ROLE}'{tail};")
        for source, options, tail in (
            ("dynamodb://Orders", {"read_ratio": 1}, " READRATIO 1"),
            ("dynamodb://Orders", {"read_ratio": 200}, " READRATIO 200"),
            ("emr://j-1/part-*", {"delimiter": ","}, " DELIMITER ','"),
            (f"s3://{TOKEN}/landing/", {}, ""),
            (TOKEN, {}, ""),
            (f"{TOKEN}/x", {"read_ratio": 50}, " READRATIO 50"),
        )
    ),
    ("copy", {"role": "SESSION"}, "COPY \"events\" FROM 's3://b/landing/' IAM_ROLE 'SESSION';"),
    ("unload", {"role": "SESSION"}, "UNLOAD ('SELECT 1') TO 's3://b/out/' IAM_ROLE 'SESSION';"),
    _unload({}, ""),
    _unload(
        {
            "format": "PARQUET", "partition_by": ["y", "m"], "include_partition_columns": True, "manifest_verbose": True,
            "clean_path": True, "max_file_size_mb": 256, "row_group_size_mb": 64,
        },
        ' FORMAT AS PARQUET PARTITION BY ("y", "m") INCLUDE MANIFEST VERBOSE CLEANPATH MAXFILESIZE 256 MB ROWGROUPSIZE 64 MB',
    ),
    _unload(
        {
            "header": True, "delimiter": ",", "manifest": True, "compression": "ZSTD", "add_quotes": True,
            "null_as": "", "escape": True, "allow_overwrite": True, "parallel": "OFF", "region": "us-east-1",
            "extension": "csv.zst", "encrypted_auto": True,
        },
        " MANIFEST HEADER DELIMITER AS ',' ENCRYPTED AUTO ZSTD ADDQUOTES NULL AS '' ESCAPE ALLOWOVERWRITE PARALLEL OFF "
        "REGION 'us-east-1' EXTENSION 'csv.zst'",
    ),
    _unload({"format": "PARQUET", "encrypted": True, "kms_key_id": "k"}, " FORMAT AS PARQUET KMS_KEY_ID 'k' ENCRYPTED"),
    _unload({"format": "PARQUET", "row_group_size_mb": 32}, " FORMAT AS PARQUET ROWGROUPSIZE 32 MB"),
    _unload({"format": "PARQUET", "row_group_size_mb": 128}, " FORMAT AS PARQUET ROWGROUPSIZE 128 MB"),
    _unload({"format": "JSON", "compression": "GZIP"}, " FORMAT AS JSON GZIP"),
    _unload({"format": "CSV", "partition_by": ["y"]}, ' FORMAT AS CSV PARTITION BY ("y")'),
    _unload({"compression": "BZIP2", "parallel": "ON"}, " BZIP2 PARALLEL ON"),
    _unload({"fixed_width": "0:3"}, " FIXEDWIDTH AS '0:3'"),
    *(
        _unload({"max_file_size_mb": size}, f" MAXFILESIZE {text} MB")
        for size, text in ((5, "5"), (5.0, "5"), (1234.5678, "1234.5678"), (6348.8, "6348.8"))
    ),
    *(
        _unload({"delimiter": mark}, f" DELIMITER AS '{text}'")
        for mark, text in (("'", "''"), ("\t", "\t"), ("\\", "\\\\"), (TOKEN, TOKEN))
    ),
    *(
        ("unload", {"query": TOKEN, "to": to, "role": TOKEN, "region": TOKEN}, f"UNLOAD ('{TOKEN}') TO '{to}' IAM_ROLE '{TOKEN}' REGION '{TOKEN}';")
        for to in (TOKEN, f"{TOKEN}/out", f"s3://{TOKEN}/x-s3alias/")
    ),
    _schema({}, f"DATA CATALOG DATABASE 'd' IAM_ROLE '{ROLE}'"),
    _schema({"role": CHAIN}, f"DATA CATALOG DATABASE 'd' IAM_ROLE '{CHAIN}'"),
    _schema({"lake_formation": True}, f"DATA CATALOG DATABASE 'd' IAM_ROLE '{ROLE}'"),
    _schema({"role": "SESSION", "catalog_id": "1"}, "DATA CATALOG DATABASE 'd' IAM_ROLE 'SESSION' CATALOG_ID '1'"),
    _schema(
        {"role": "default", "region": "us-east-1", "create_database": True, "catalog_role": "SESSION", "catalog_id": "1"},
        "DATA CATALOG DATABASE 'd' REGION 'us-east-1' IAM_ROLE default CATALOG_ROLE 'SESSION' "
        "CREATE EXTERNAL DATABASE IF NOT EXISTS CATALOG_ID '1'",
    ),
    _schema(
        {"source": "HIVE METASTORE", "uri": "10.0.0.1", "port": 9083},
        f"HIVE METASTORE DATABASE 'd' URI '10.0.0.1' PORT 9083 IAM_ROLE '{ROLE}'",
    ),
    _schema(
        {"source": "POSTGRES", "schema": "s", **DATABASE},
        f"POSTGRES DATABASE 'd' SCHEMA 's' URI 'h' IAM_ROLE '{ROLE}' SECRET_ARN 'x'",
    ),
    _schema(
        {"source": "MYSQL", **DATABASE, "port": TOKEN},
        f"MYSQL DATABASE 'd' URI 'h' PORT {TOKEN} IAM_ROLE '{ROLE}' SECRET_ARN 'x'",
    ),
    _schema({"source": "KINESIS", "database": None}, f"KINESIS IAM_ROLE '{ROLE}'"),
    _schema(
        {"source": "MSK", "database": None, "uri": "b:1", "authentication": "iam"},
        f"MSK IAM_ROLE '{ROLE}' AUTHENTICATION iam URI 'b:1'",
    ),
    _schema(
        {"source": "MSK", "database": None, "cluster_arn": "c", "authentication": "mtls", "authentication_arn": "a"},
        f"MSK IAM_ROLE '{ROLE}' AUTHENTICATION mtls AUTHENTICATION_ARN 'a' CLUSTER_ARN 'c'",
    ),
    _schema({"source": "KAFKA", **STREAM, "uri": "b:1", "authentication": "none"}, "KAFKA URI 'b:1' AUTHENTICATION none"),
    _schema(
        {"source": "KAFKA", **STREAM, "role": ROLE, "uri": "b:1", "authentication": "mtls", "secret_arn": "s"},
        f"KAFKA IAM_ROLE '{ROLE}' URI 'b:1' AUTHENTICATION mtls SECRET_ARN 's'",
    ),
    _schema(
        {"source": "KAFKA", "database": None, "uri": "b:1", "authentication": "mtls", "authentication_arn": "a"},
        f"KAFKA IAM_ROLE '{ROLE}' URI 'b:1' AUTHENTICATION mtls AUTHENTICATION_ARN 'a'",
    ),
    (
        "create_external_schema",
        {"name": 'odd"na.me', "source": "KINESIS", "database": None, "if_not_exists": True},
        f'CREATE EXTERNAL SCHEMA IF NOT EXISTS "odd""na.me" FROM KINESIS IAM_ROLE \'{ROLE}\';',
    ),
    _function({}, "", f"(int) RETURNS int VOLATILE LAMBDA 'fn' IAM_ROLE '{ROLE}'"),
    _function(
        {"arguments": [], "or_replace": True, "volatility": "STABLE"},
        "OR REPLACE ",
        f"() RETURNS int STABLE LAMBDA 'fn' IAM_ROLE '{ROLE}'",
    ),
    _function(
        {"arguments": ["decimal(10, 2)", "text"], "role": "default", "retry_timeout": 0, "max_batch_rows": 1},
        "",
        "(decimal(10, 2), text) RETURNS int VOLATILE LAMBDA 'fn' IAM_ROLE default RETRY_TIMEOUT 0 MAX_BATCH_ROWS 1",
    ),
    *(
        _function({"max_batch_size": size}, "", f"(int) RETURNS int VOLATILE LAMBDA 'fn' IAM_ROLE '{ROLE}' MAX_BATCH_SIZE {text}")
        for size, text in (((1, "KB"), "1 KB"), ((5120, "KB"), "5120 KB"), ((5, "MB"), "5 MB"))
    ),
    *(
        (function, options, f"{verb} ASSUMEROLE ON {text.format(to=to)};")
        for function, verb, to in (("grant_assumerole", "GRANT", "TO"), ("revoke_assumerole", "REVOKE", "FROM"))
        for options, text in (
            ({}, f"'{ROLE}' {{to}} \"a\" FOR ALL"),
            ({"roles": "default", "users": [], "public": True}, "default {to} PUBLIC FOR ALL"),
            ({"roles": ["ALL"], "public": True}, 'ALL {to} "a", PUBLIC FOR ALL'),
            ({"roles": ("default",)}, 'default {to} "a" FOR ALL'),
            ({"roles": _Chain()}, f"'{CHAIN}' {{to}} \"a\" FOR ALL"),
            ({"roles": "ALL", "users": [], "groups": ["g"]}, 'ALL {to} GROUP "g" FOR ALL'),
            (
                {"statements": ["COPY", "UNLOAD", "EXTERNAL FUNCTION", "CREATE MODEL"]},
                f"'{ROLE}' {{to}} \"a\" FOR COPY, UNLOAD, EXTERNAL FUNCTION, CREATE MODEL",
            ),
            (
                {"roles": [ROLE, CHAIN], "users": ["a", "b"], "db_roles": ["r"], "groups": ["g", "h"]},
                f"'{ROLE}', '{CHAIN}' {{to}} \"a\", \"b\", ROLE \"r\", GROUP \"g\", GROUP \"h\" FOR ALL",
            ),
        )
    ),
]  # fmt: skip


@pytest.mark.parametrize(("function", "options", "text"), TEXTS)
def test_a_statement_is_written_as_redshift_documents_it(function: str, options: dict[str, Any], text: str) -> None:
    """Each option by its own word, in the order of the page, boundaries included."""
    assert text == written(function, **options)


def test_the_control_is_turned_on_by_revoking_it_from_everybody() -> None:
    """Once, before the first grant; until then everybody may use every role."""
    first, second = written("grant_assumerole", revoke_from_public=True).splitlines()

    assert first == sql.REVOKE_FROM_PUBLIC == "REVOKE ASSUMEROLE ON ALL FROM PUBLIC FOR ALL;"
    assert second == written("grant_assumerole")


@pytest.mark.parametrize(
    "kind",
    [
        "smallint", "int2", "integer", "INT", "int4", "bigint", "int8", "real", "float4", "double precision", "float8",
        "float", "float(24)", "boolean", "bool", "date", "time", "timetz", "time with time zone",
        "time without time zone", "timestamp", "timestamptz", "TIMESTAMP WITH TIME ZONE", "timestamp without time zone",
        "interval year to month", "interval day to second", "char(1)", "character", "nchar", "bpchar", "varchar",
        "varchar(20)", "varchar(max)", "nvarchar", "character varying(20)", "text", "varbyte(9)", "varbinary",
        "binary varying", "decimal", "decimal(10)", "decimal(10,2)", "numeric(10, 2)", "super", "hllsketch", "geometry",
        "geography",
    ],
)  # fmt: skip
def test_a_data_type_is_written_as_it_is(kind: str) -> None:
    """A type can be neither quoted nor escaped, so only these pass."""
    assert f"({kind}) RETURNS {kind} VOLATILE" in written("create_external_function", arguments=[kind], returns=kind)
