"""Which arguments of a statement exclude or need each other."""

from __future__ import annotations

from typing import Any

import pytest

from tests.sql.statements import CHAIN, ROLE, TOKEN, problems

# Function, arguments, message.
COMBINATIONS: list[tuple[str, dict[str, Any], str]] = [
    ("copy", {"quote": "'"}, "'quote' needs format='CSV'"),
    ("copy", {"json": "auto"}, "'json' needs format='JSON'"),
    ("copy", {"avro": "auto", "format": "CSV"}, "'avro' needs format='AVRO'"),
    ("copy", {"format": "CSV", "escape": True}, "'escape' cannot be combined with format='CSV'"),
    ("copy", {"read_ratio": 5}, "'read_ratio' cannot be combined with source='s3://…'"),
    ("copy", {"source": "dynamodb://t"}, "'read_ratio' is required for a DynamoDB table"),
    ("copy", {"source": TOKEN, "ssh": True, "manifest": True}, "'manifest' cannot be combined with ssh"),
    ("copy", {"source": TOKEN, "ssh": True, "read_ratio": 5}, "'read_ratio' cannot be combined with ssh"),
    *(
        ("copy", {"source": TOKEN, "format": kind, "read_ratio": 5}, f"'read_ratio' cannot be combined with format={kind!r}")
        for kind in ("PARQUET", "ORC")
    ),
    *(
        ("copy", {"source": "dynamodb://t", "read_ratio": 5, "format": kind}, "'format' cannot be combined with source='dynamodb://…'")
        for kind in ("CSV", "SHAPEFILE")
    ),
    ("copy", {"job_auto": False}, "'job_auto' needs job"),
    *(
        ("copy", {"fixed_width": "a:1", option: value}, f"'{option}' cannot be combined with fixed_width")
        for option, value in {"delimiter": ",", "escape": True}.items()
    ),
    *(
        ("copy", {"fixed_width": "a:1", "encoding": other}, f"'fixed_width' cannot be combined with encoding={other!r}")
        for other in ("UTF16", "UTF16LE", "UTF16BE", "ISO88591")
    ),
    *(
        ("copy", {**options, "format": kind}, f"'format' cannot be combined with {other}")
        for kind in ("PARQUET", "ORC", "SHAPEFILE")
        for options, other in (({"source": "emr://j/x"}, "source='emr://…'"), ({"ssh": True}, "ssh"))
    ),
    ("unload", {"fixed_width": "a:1", "delimiter": ","}, "'delimiter' cannot be combined with fixed_width"),
    ("unload", {"fixed_width": "a:1", "header": True}, "'header' cannot be combined with fixed_width"),
    ("unload", {"clean_path": True, "allow_overwrite": True}, "'allow_overwrite' cannot be combined with clean_path"),
    ("unload", {"manifest_verbose": True, "manifest": True}, "'manifest' cannot be combined with manifest_verbose"),
    ("unload", {"encrypted_auto": True, "encrypted": True}, "'encrypted' cannot be combined with encrypted_auto"),
    ("unload", {"encrypted_auto": True, "kms_key_id": "k"}, "'kms_key_id' cannot be combined with encrypted_auto"),
    ("unload", {"encrypted": True}, "'encrypted' needs kms_key_id or encrypted_auto"),
    ("unload", {"encrypted": True, "format": "PARQUET"}, "'encrypted' needs kms_key_id or encrypted_auto"),
    ("unload", {"kms_key_id": "k"}, "'kms_key_id' needs encrypted or encrypted_auto"),
    ("unload", {"row_group_size_mb": 32}, "'row_group_size_mb' needs format='PARQUET'"),
    ("unload", {"include_partition_columns": True}, "'include_partition_columns' needs partition_by"),
    ("create_external_schema", {"database": None}, "'database' is required for DATA CATALOG"),
    ("create_external_schema", {"source": "KINESIS"}, "'database' needs source='DATA CATALOG', source='HIVE METASTORE', source='POSTGRES' or source='MYSQL'"),
    ("create_external_schema", {"catalog_id": "1"}, "'catalog_id' needs role='SESSION' or catalog_role='SESSION'"),
    ("create_external_schema", {"role": CHAIN, "lake_formation": True}, "'role' must be one role with lake_formation, got a chain"),
    ("create_external_schema", {"catalog_role": CHAIN, "lake_formation": True}, "'catalog_role' must be one role with lake_formation, got a chain"),
    *(
        ("create_external_schema", {"source": source, "database": None, **options}, message)
        for source in ("MSK", "KAFKA")
        for options, message in (
            ({}, "'uri' is required without cluster_arn"),
            ({"uri": "u", "cluster_arn": "c"}, "'uri' cannot be combined with cluster_arn"),
            ({"uri": "u", "role": None, "authentication": "iam"}, "'role' is required for authentication='iam'"),
            ({"uri": "u", "role": None, "authentication": "mtls", "secret_arn": "s"}, "'role' is required for authentication='mtls'"),
            ({"uri": "u", "authentication": "mtls"}, "'authentication_arn' is required for authentication='mtls' without secret_arn"),
            ({"uri": "u", "authentication_arn": "a", "secret_arn": "s"}, "'authentication_arn' cannot be combined with secret_arn"),
        )
    ),
    ("create_external_function", {"function": None}, "'function' is required here"),
    *(
        (function, options, message)
        for function in ("grant_assumerole", "revoke_assumerole")
        for options, message in (
            ({"users": []}, "nobody is named"),
            ({"roles": ["ALL", ROLE]}, "'roles' cannot combine 'ALL' with other roles"),
            ({"roles": [ROLE, "default"]}, "'roles' cannot combine 'default' with other roles"),
            ({"statements": ["ALL", "COPY"]}, "'statements' cannot combine 'ALL' with others"),
        )
    ),
]  # fmt: skip


@pytest.mark.parametrize(("function", "options", "message"), COMBINATIONS)
def test_fails_when_redshift_would_reject_the_combination(function: str, options: dict[str, Any], message: str) -> None:
    """The message names both sides."""
    assert [message] == problems(function, **options)


# What Redshift takes for each option, all else being well.
COPY: dict[str, Any] = {
    "quote": "'", "json": "auto", "avro": "auto", "delimiter": ",", "fixed_width": "a:1", "compression": "GZIP",
    "region": "us-east-1", "manifest": True, "ssh": True, "read_ratio": 50, "ignore_header": 1,
    "max_error": 1, "null_as": "x", "date_format": "auto", "time_format": "auto", "encoding": "UTF8",
    "accept_inv_chars": "?", "accept_any_date": True, "blanks_as_null": True, "empty_as_null": True, "escape": True,
    "explicit_ids": True, "fill_record": True, "ignore_blank_lines": True, "remove_quotes": True, "round_ec": True,
    "trim_blanks": True, "truncate_columns": True, "no_load": True, "comp_update": "ON", "stat_update": "ON",
    "job": "load",
}  # fmt: skip
UNLOAD: dict[str, Any] = {
    "manifest": True, "header": True, "delimiter": ",", "fixed_width": "a:1", "compression": "GZIP", "add_quotes": True,
    "null_as": "", "escape": True, "allow_overwrite": True, "clean_path": True, "parallel": "OFF",
    "max_file_size_mb": 5, "region": "us-east-1", "extension": "x", "encrypted_auto": True, "partition_by": ["y"],
}  # fmt: skip
# The words of the pages on data formats, on columnar data and on each source.
RECORDS = {"quote", "delimiter", "escape", "fixed_width", "fill_record", "ignore_blank_lines", "null_as", "remove_quotes", "read_ratio"}  # fmt: skip
# "Only the following COPY parameters are supported": these, FROM, IAM_ROLE and CREDENTIALS; a job is none of them.
COLUMNAR = set(COPY) - {"accept_inv_chars", "fill_record", "stat_update", "manifest", "explicit_ids", "job"}
LINES = {"header", "delimiter", "fixed_width", "add_quotes", "escape", "null_as"}
# JSON, AVRO and QUOTE have formats of their own, which are given with them below.
FORMAT_OF = {"quote": "CSV", "json": "JSON", "avro": "AVRO"}
REJECTED: list[tuple[str, dict[str, Any], set[str]]] = [
    ("copy", {"format": "CSV"}, {"json", "avro", "fixed_width", "remove_quotes", "escape", "read_ratio"}),
    ("copy", {"format": "JSON"}, RECORDS | {"avro"}),
    ("copy", {"format": "AVRO"}, RECORDS | {"json"}),
    ("copy", {"format": "PARQUET"}, COLUMNAR),
    ("copy", {"format": "ORC"}, COLUMNAR),
    ("copy", {"format": "SHAPEFILE"}, {"ssh", "quote", "json", "avro", "read_ratio", "delimiter", "escape", "fixed_width", "remove_quotes"}),
    ("copy", {"source": "s3://b/x"}, {"read_ratio"}),
    ("copy", {"source": "emr://j-1/x"}, {"manifest", "read_ratio", "region", "ssh", "job"}),
    ("copy", {"source": "dynamodb://t", "read_ratio": 50}, {
        "quote", "json", "avro", "delimiter", "fixed_width", "compression", "escape", "fill_record",
        "ignore_blank_lines", "ignore_header", "null_as", "remove_quotes", "accept_inv_chars", "manifest",
        "ssh", "job",
    }),
    ("copy", {"ssh": True}, {"manifest", "read_ratio", "job"}),
    ("copy", {"source": TOKEN}, set()),
    ("unload", {"format": "CSV"}, {"fixed_width", "add_quotes"}),
    ("unload", {"format": "PARQUET"}, LINES | {"compression"}),
    ("unload", {"format": "JSON"}, LINES),
]  # fmt: skip


@pytest.mark.parametrize(("function", "options", "rejected"), REJECTED)
def test_fails_when_a_format_or_source_has_no_such_option(
    function: str, options: dict[str, Any], rejected: set[str]
) -> None:
    """Each takes every option that its page does not exclude."""
    given = {"copy": COPY, "unload": UNLOAD}[function].items()
    own = {} if "format" in options else FORMAT_OF
    found = {name for name, value in given if problems(function, **{"format": own.get(name), **options, name: value})}

    assert rejected == found


@pytest.mark.parametrize("options", [{"encrypted": True, "kms_key_id": "k"}, {"encrypted_auto": True}, {}])
def test_parquet_is_encrypted_with_a_key_of_aws_kms(options: dict[str, Any]) -> None:
    """AWS: "PARQUET with ENCRYPTED is only supported with" SSE-KMS; the bucket's own key is one, and none is SSE-S3."""
    assert [] == problems("unload", format="PARQUET", **options)


@pytest.mark.parametrize("kind", ["CSV", "JSON", "AVRO"])
@pytest.mark.parametrize("options", [{"source": "emr://j-1/a"}, {"source": "s3://b/hosts", "ssh": True}])
def test_other_formats_come_from_emr_and_hosts_too(kind: str, options: dict[str, Any]) -> None:
    """PARQUET, ORC and SHAPEFILE come from Amazon S3 only."""
    assert [] == problems("copy", format=kind, **options)


SCHEMA: dict[str, Any] = {
    "database": "d", "schema": "s", "region": "us-east-1", "uri": "h", "port": 1, "role": ROLE, "secret_arn": "x",
    "cluster_arn": "c", "authentication": "none", "authentication_arn": "a", "catalog_role": ROLE,
    "create_database": True, "catalog_id": "1", "lake_formation": True,
}  # fmt: skip
STREAM = {"uri", "role", "secret_arn", "authentication", "authentication_arn"}
# What each source needs, and what it takes; catalog_id needs a 'SESSION' of its own.
SOURCES: dict[str, tuple[set[str], set[str]]] = {
    "DATA CATALOG": (
        {"database", "role"}, {"database", "region", "role", "catalog_role", "create_database", "lake_formation"},
    ),
    "HIVE METASTORE": ({"database", "uri", "role"}, {"database", "uri", "port", "role"}),
    "POSTGRES": (
        {"database", "uri", "role", "secret_arn"}, {"database", "schema", "uri", "port", "role", "secret_arn"},
    ),
    "MYSQL": ({"database", "uri", "role", "secret_arn"}, {"database", "uri", "port", "role", "secret_arn"}),
    "KINESIS": ({"role"}, {"role"}),
    "MSK": ({"uri"}, STREAM),
    "KAFKA": ({"uri"}, STREAM),
}  # fmt: skip


def _takes(source: str, names: set[str]) -> bool:
    given = {name: SCHEMA[name] if name in names else None for name in ("database", "role", *names)}
    return not problems("create_external_schema", source=source, **given)


@pytest.mark.parametrize("source", SOURCES)
def test_fails_when_a_source_lacks_what_it_needs_or_has_what_it_does_not_take(source: str) -> None:
    """Each source has the arguments of its page, and no others."""
    needed, taken = SOURCES[source]

    assert _takes(source, needed)
    assert [] == [name for name in needed if _takes(source, needed - {name})]
    assert taken == {name for name in SCHEMA if _takes(source, needed | {name})}
