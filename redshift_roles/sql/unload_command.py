"""UNLOAD.

A query, a target, a role and options flow in; the statement flows out.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Final

from redshift_roles.aws import quotas
from redshift_roles.aws.placeholders import token_first
from redshift_roles.rules.registry import Problem
from redshift_roles.rules.shapes import shown
from redshift_roles.sql import role_clause, sql_checks, statement
from redshift_roles.sql.role_clause import Role
from redshift_roles.sql.statement import quoted, with_literal, with_value, word

_FORMATS: Final = ("CSV", "PARQUET", "JSON")
_COMPRESSIONS: Final = ("GZIP", "BZIP2", "ZSTD")
_FLAGS: Final = (
    "header", "manifest", "manifest_verbose", "encrypted", "encrypted_auto", "add_quotes", "escape", "allow_overwrite",
    "clean_path", "include_partition_columns",
)  # fmt: skip
_TEXTS: Final = ("delimiter", "fixed_width", "extension", "region", "kms_key_id")

# In the order of the page.
_OPTIONS: Final[Mapping[str, Callable[[object], str]]] = {
    "manifest": word("MANIFEST"),
    "manifest_verbose": word("MANIFEST VERBOSE"),
    "header": word("HEADER"),
    "delimiter": with_literal("DELIMITER AS"),
    "fixed_width": with_literal("FIXEDWIDTH AS"),
    "kms_key_id": with_literal("KMS_KEY_ID"),
    "encrypted": word("ENCRYPTED"),
    "encrypted_auto": word("ENCRYPTED AUTO"),
    "compression": str,
    "add_quotes": word("ADDQUOTES"),
    "null_as": with_literal("NULL AS"),
    "escape": word("ESCAPE"),
    "allow_overwrite": word("ALLOWOVERWRITE"),
    "clean_path": word("CLEANPATH"),
    "parallel": with_value("PARALLEL"),
    "max_file_size_mb": lambda value: f"{with_value('MAXFILESIZE')(value)} MB",
    "row_group_size_mb": lambda value: f"{with_value('ROWGROUPSIZE')(value)} MB",
    "region": with_literal("REGION"),
    "extension": with_literal("EXTENSION"),
}
_OF_TEXT: Final = frozenset({"delimiter", "fixed_width", "add_quotes", "escape", "null_as", "header"})
_NOT_WITH_FORMAT: Final[Mapping[str, frozenset[str]]] = {
    "CSV": frozenset({"fixed_width", "add_quotes"}),
    "PARQUET": _OF_TEXT | {"compression"},
    "JSON": _OF_TEXT,
}
# Either of two options, not both.
_PAIRS: Final = (
    ("fixed_width", "delimiter"),
    ("fixed_width", "header"),
    ("clean_path", "allow_overwrite"),
    ("manifest_verbose", "manifest"),
    ("encrypted_auto", "encrypted"),
    ("encrypted_auto", "kms_key_id"),
)
_TARGET: Final = re.compile(r"s3://[^/]")
_ALIAS: Final = re.compile(r"s3://[^/]*-s3alias(/|$)")


def unload(  # noqa: D417  options of one sort are told together
    query: str,
    to: str,
    role: Role,
    *,
    format: str | None = None,  # noqa: A002  SQL's word
    partition_by: Sequence[str] = (),
    include_partition_columns: bool = False,
    manifest: bool = False,
    manifest_verbose: bool = False,
    header: bool = False,
    delimiter: str | None = None,
    fixed_width: str | None = None,
    encrypted: bool = False,
    encrypted_auto: bool = False,
    kms_key_id: str | None = None,
    compression: str | None = None,
    add_quotes: bool = False,
    null_as: str | None = None,
    escape: bool = False,
    allow_overwrite: bool = False,
    clean_path: bool = False,
    parallel: str | None = None,
    max_file_size_mb: float | None = None,
    row_group_size_mb: int | None = None,
    region: str | None = None,
    extension: str | None = None,
) -> str:
    """Write an UNLOAD statement.

    Args:
        query: The SELECT whose rows are unloaded.
        to: ``s3://bucket/prefix``; no access point alias.
        role: An `iam.IRole`, a `RoleChain`, ``default`` or an ARN.
        format: CSV, PARQUET or JSON. Default: text with a delimiter.
        partition_by: Names of columns to partition by. Default: none.
        include_partition_columns: Whether the files hold those columns too. Default: False.
        manifest, manifest_verbose: Whether to write a manifest, and one with the columns. Default: False.
        header, delimiter, fixed_width, add_quotes, null_as, escape: How text is written.
        encrypted, encrypted_auto: Whether the files are encrypted by the key of kms_key_id, or by the bucket's default
            key. Default: by keys of Amazon S3.
        kms_key_id: The AWS KMS key that encrypts the files; with encrypted.
        compression: GZIP, BZIP2 or ZSTD. Default: none.
        allow_overwrite, clean_path: Whether to overwrite files, or to delete what is there first; not both.
        parallel: ON or OFF. Default: ON.
        max_file_size_mb: 5 to 6,348.8 megabytes (6.2 GB). Default: 6.2 GB.
        row_group_size_mb: 32 to 128 megabytes, of PARQUET. Default: 32.
        region: The region of the bucket where it is not the cluster's.
        extension: What the names of the files end in.

    Returns:
        The statement, with a semicolon.

    Raises:
        RoleAssociationError: InvalidArgument, for what Redshift would reject.

    Source:
        https://docs.aws.amazon.com/redshift/latest/dg/r_UNLOAD.html (read 2026-11-24)
    """
    given = statement.given_options(**{label: value for label, value in locals().items() if label in _GIVEN})
    named = role_clause.read(role)
    problems = [
        *sql_checks.text_problems({"query": query}),
        *_target_problems(to),
        *role_clause.role_problems("role", named),
        *sql_checks.list_problems("partition_by", partition_by),
        *_value_problems(given),
        *_combination_problems(given, partitioned=bool(partition_by)),
    ]
    sql_checks.raise_if("unload", quotas.UNLOAD, problems)
    head = f"UNLOAD ({quoted(query)}) TO {quoted(to)} {role_clause.clause(named)}"
    written = [] if format is None else [f"FORMAT AS {format}"]
    partitioned = _partition(partition_by, include=include_partition_columns)
    return " ".join([head, *written, *partitioned, *statement.clauses(given, _OPTIONS)]) + ";"


_GIVEN: Final = frozenset({*_OPTIONS, "format", "include_partition_columns"})


def _partition(columns: Sequence[str], *, include: bool) -> list[str]:
    if not columns:
        return []
    return [f"PARTITION BY ({statement.identifiers(columns)}){' INCLUDE' if include else ''}"]


def _target_problems(to: object) -> Iterator[Problem]:
    yield from sql_checks.text_problems({"to": to})
    if not isinstance(to, str) or not to or token_first(to):
        return
    if not _TARGET.match(to):
        yield Problem("to", f"'to' must be s3://bucket/prefix, got {shown(to)}", "write it like to='s3://bucket/out/'")
    if _ALIAS.match(to):
        yield Problem(
            "to", f"'to' is {shown(to)}, an access point alias, which UNLOAD does not take", "name the bucket itself"
        )


def _value_problems(given: Mapping[str, object]) -> Iterator[Problem]:
    yield from sql_checks.flag_problems(**{label: given[label] for label in _FLAGS if label in given})
    yield from sql_checks.text_problems({label: given[label] for label in _TEXTS if label in given})
    yield from sql_checks.text_problems({label: given[label] for label in ("null_as",) if label in given}, empty=True)
    yield from sql_checks.character_problems("delimiter", given.get("delimiter") or None)
    for label, allowed in (("format", _FORMATS), ("compression", _COMPRESSIONS), ("parallel", ("ON", "OFF"))):
        if label in given:
            yield from sql_checks.choice_problems(label, given[label], allowed)
    if "max_file_size_mb" in given:
        low, high = quotas.MIN_FILE_SIZE_MB, quotas.MAX_FILE_SIZE_MB
        yield from sql_checks.range_problems("max_file_size_mb", given["max_file_size_mb"], low, high)
    if "row_group_size_mb" in given:
        least, most = quotas.MIN_ROW_GROUP_MB, quotas.MAX_ROW_GROUP_MB
        yield from sql_checks.whole_problems("row_group_size_mb", given["row_group_size_mb"], least, most)


def _combination_problems(given: Mapping[str, object], *, partitioned: bool) -> Iterator[Problem]:
    written = given.get("format")
    if isinstance(written, str) and written in _NOT_WITH_FORMAT:
        yield from sql_checks.clashes(given, f"format={written!r}", _NOT_WITH_FORMAT[written])
    for first, second in _PAIRS:
        if first in given:
            yield from sql_checks.clashes(given, first, (second,))
    if "row_group_size_mb" in given and written != "PARQUET":
        yield Problem(
            "row_group_size_mb",
            "'row_group_size_mb' is given without format='PARQUET'",
            "pass format='PARQUET', or drop it",
        )
    if "kms_key_id" in given and not {"encrypted", "encrypted_auto"} & set(given):
        yield Problem("kms_key_id", "'kms_key_id' is given without encrypted", "pass encrypted=True")
    if given.get("encrypted") is True and not {"kms_key_id", "encrypted_auto"} & set(given):
        yield Problem(
            "encrypted",
            "'encrypted' is given without kms_key_id",
            "pass kms_key_id, or encrypted_auto=True in place of encrypted",
        )
    if "include_partition_columns" in given and not partitioned:
        yield Problem(
            "include_partition_columns",
            "'include_partition_columns' is given without partition_by",
            "name the columns in partition_by",
        )
