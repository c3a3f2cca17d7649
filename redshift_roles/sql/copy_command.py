"""COPY.

A table, a source, a role and options flow in; the statement flows out.
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
from redshift_roles.sql.role_clause import DEFAULT, SESSION, Role
from redshift_roles.sql.statement import Name, quoted, with_literal, with_value, word

_OTHER_ENCODINGS: Final = ("UTF16", "UTF16LE", "UTF16BE", "ISO88591")
_CHOICES: Final[Mapping[str, Sequence[str]]] = {
    "format": ("CSV", "JSON", "AVRO", "PARQUET", "ORC", "SHAPEFILE"),
    "compression": ("GZIP", "BZIP2", "LZOP", "ZSTD"),
    "encoding": ("UTF8", *_OTHER_ENCODINGS),
    "comp_update": ("ON", "OFF", "PRESET"),
    "stat_update": ("ON", "OFF"),
}
_RANGES: Final[Mapping[str, tuple[int, int]]] = {
    "read_ratio": (1, quotas.MAX_READ_RATIO),
    "max_error": (0, quotas.MAX_ERRORS),
    "ignore_header": (0, quotas.MAX_INTEGER),
}
_FLAGS: Final = (
    "manifest", "ssh", "explicit_ids", "accept_any_date", "blanks_as_null", "empty_as_null", "escape",
    "fill_record", "ignore_blank_lines", "remove_quotes", "round_ec", "trim_blanks", "truncate_columns", "no_load",
)  # fmt: skip
_TEXTS: Final = (
    "quote", "json", "avro", "delimiter", "fixed_width", "region", "date_format", "time_format", "accept_inv_chars",
)  # fmt: skip
# Each may be the s3:// address of a JSONPaths file instead.
_MAPPINGS: Final[Mapping[str, Sequence[str]]] = {
    "json": ("auto", "auto ignorecase", "noshred"),
    "avro": ("auto", "auto ignorecase"),
}

# In the order of the page.
_OPTIONS: Final[Mapping[str, Callable[[object], str]]] = {
    "manifest": word("MANIFEST"),
    "ssh": word("SSH"),
    "read_ratio": with_value("READRATIO"),
    "region": with_literal("REGION"),
    "delimiter": with_literal("DELIMITER"),
    "fixed_width": with_literal("FIXEDWIDTH"),
    "compression": str,
    "accept_any_date": word("ACCEPTANYDATE"),
    "accept_inv_chars": with_literal("ACCEPTINVCHARS"),
    "blanks_as_null": word("BLANKSASNULL"),
    "date_format": with_literal("DATEFORMAT"),
    "empty_as_null": word("EMPTYASNULL"),
    "encoding": with_value("ENCODING"),
    "escape": word("ESCAPE"),
    "explicit_ids": word("EXPLICIT_IDS"),
    "fill_record": word("FILLRECORD"),
    "ignore_blank_lines": word("IGNOREBLANKLINES"),
    "ignore_header": with_value("IGNOREHEADER"),
    "null_as": with_literal("NULL AS"),
    "remove_quotes": word("REMOVEQUOTES"),
    "round_ec": word("ROUNDEC"),
    "time_format": with_literal("TIMEFORMAT"),
    "trim_blanks": word("TRIMBLANKS"),
    "truncate_columns": word("TRUNCATECOLUMNS"),
    "comp_update": with_value("COMPUPDATE"),
    "max_error": with_value("MAXERROR"),
    "no_load": word("NOLOAD"),
    "stat_update": with_value("STATUPDATE"),
}

_OF_TEXT: Final = frozenset({"delimiter", "escape", "fixed_width", "remove_quotes"})
_OF_RECORDS: Final = _OF_TEXT | {"fill_record", "ignore_blank_lines", "null_as"}
_COLUMNAR: Final = frozenset(_OPTIONS) - {
    "manifest", "explicit_ids", "fill_record", "accept_inv_chars", "stat_update",
}  # fmt: skip
_NOT_WITH_FORMAT: Final[Mapping[str, frozenset[str]]] = {
    "CSV": _OF_TEXT - {"delimiter"},
    "JSON": _OF_RECORDS,
    "AVRO": _OF_RECORDS,
    "PARQUET": _COLUMNAR,
    "ORC": _COLUMNAR,
    "SHAPEFILE": _OF_TEXT,
}
# A source that begins with a token.
_UNKNOWN: Final = "a kind that only the deployment knows"
_NOT_FROM: Final[Mapping[str, frozenset[str]]] = {
    _UNKNOWN: frozenset(),
    "s3": frozenset({"read_ratio"}),
    "emr": frozenset({"manifest", "read_ratio", "region", "ssh", "job"}),
    "ssh": frozenset({"manifest", "read_ratio", "job"}),
    "dynamodb": frozenset(
        {
            "format", "compression", "delimiter", "fixed_width", "escape", "fill_record", "ignore_blank_lines",
            "ignore_header", "null_as", "remove_quotes", "accept_inv_chars", "manifest", "ssh", "job",
        }
    ),
}  # fmt: skip
# What EMR clusters and hosts do not give.
_FROM_S3_ONLY: Final = ("PARQUET", "ORC", "SHAPEFILE")
_SOURCE: Final = re.compile(r"(s3|emr|dynamodb)://[^/]")
_OBJECT: Final = re.compile(r"s3://[^/]")


def copy(  # noqa: D417  options of one sort are told together
    table: Name,
    source: str,
    role: Role,
    *,
    columns: Sequence[str] = (),
    format: str | None = None,  # noqa: A002  SQL's word
    quote: str | None = None,
    json: str | None = None,
    avro: str | None = None,
    delimiter: str | None = None,
    fixed_width: str | None = None,
    compression: str | None = None,
    region: str | None = None,
    manifest: bool = False,
    ssh: bool = False,
    read_ratio: int | None = None,
    ignore_header: int | None = None,
    max_error: int | None = None,
    null_as: str | None = None,
    date_format: str | None = None,
    time_format: str | None = None,
    encoding: str | None = None,
    accept_inv_chars: str | None = None,
    accept_any_date: bool = False,
    blanks_as_null: bool = False,
    empty_as_null: bool = False,
    escape: bool = False,
    explicit_ids: bool = False,
    fill_record: bool = False,
    ignore_blank_lines: bool = False,
    remove_quotes: bool = False,
    round_ec: bool = False,
    trim_blanks: bool = False,
    truncate_columns: bool = False,
    no_load: bool = False,
    comp_update: str | None = None,
    stat_update: str | None = None,
    job: str | None = None,
    job_auto: bool = True,
) -> str:
    """Write a COPY statement.

    Args:
        table: The table: ``events``, ``public.events``, or its parts in a tuple where a part has a dot.
        source: ``s3://bucket/prefix``, ``emr://cluster-id/path`` or ``dynamodb://table``; with ssh or manifest, the
            object that lists the hosts or files.
        role: An `iam.IRole`, a `RoleChain`, ``default``, ``SESSION`` or an ARN.
        columns: Names of columns. Default: all, in order.
        format: CSV, JSON, AVRO, PARQUET, ORC or SHAPEFILE. Default: text with a delimiter.
        quote: The quotation mark of CSV. Default: ``"``.
        json, avro: ``auto``, ``auto ignorecase``, for JSON also ``noshred``, or the ``s3://`` address of a JSONPaths
            file. Default: ``auto``.
        delimiter, fixed_width: How text is divided into columns: by a character (for a tab the tab itself, not a
            backslash and a t), or by widths (``id:8,name:20``). Default: by ``|``.
        compression: GZIP, BZIP2, LZOP or ZSTD. Default: none.
        region: The region of the source where it is not the cluster's.
        manifest, ssh, accept_any_date, blanks_as_null, empty_as_null, escape, explicit_ids, fill_record,
        ignore_blank_lines, remove_quotes, round_ec, trim_blanks, truncate_columns, no_load:
            The options of those names. Default: False.
        read_ratio: What part of the throughput of a DynamoDB table to use, 1 to 200 percent; needed there.
        ignore_header: How many lines to skip, 0 or more.
        max_error: How many errors to allow, 0 to 100,000.
        null_as, date_format, time_format, encoding, accept_inv_chars: The options of those names.
        comp_update: ON, OFF or PRESET.
        stat_update: ON or OFF.
        job: The name of a COPY job, which loads new files by itself. Default: load once.
        job_auto: Whether the job loads by itself, or when it is run. Default: True.

    Returns:
        The statement, with a semicolon.

    Raises:
        RoleAssociationError: InvalidArgument, for what Redshift would reject.

    Source:
        https://docs.aws.amazon.com/redshift/latest/dg/r_COPY.html (read 2026-11-24)
    """
    given = statement.given_options(**{label: value for label, value in locals().items() if label in _GIVEN})
    named = role_clause.read(role)
    problems = [
        *sql_checks.name_problems("table", table),
        *_source_problems(source),
        *role_clause.role_problems("role", named, words=(DEFAULT, SESSION) if job is None else ()),
        *sql_checks.list_problems("columns", columns),
        *_value_problems(given),
        *_combination_problems(given, _kind(source, ssh=ssh)),
        *_job_problems(job, job_auto),
    ]
    sql_checks.raise_if("copy", quotas.COPY, problems)
    listed = f" ({statement.identifiers(columns)})" if columns else ""
    head = f"COPY {statement.name(table)}{listed} FROM {quoted(source)} {role_clause.clause(named)}"
    tail = [] if job is None else [f"JOB CREATE {statement.identifier(job)} AUTO {'ON' if job_auto else 'OFF'}"]
    return " ".join([head, *_format(given), *statement.clauses(given, _OPTIONS), *tail]) + ";"


_GIVEN: Final = frozenset({*_OPTIONS, "format", "quote", "json", "avro", "job"})


def _kind(source: object, *, ssh: object) -> str:
    if ssh is not True and isinstance(source, str) and token_first(source):
        return _UNKNOWN
    match = _SOURCE.match(source) if isinstance(source, str) else None
    scheme = match[1] if match else "s3"
    return "ssh" if ssh is True and scheme == "s3" else scheme


def _source_problems(source: object) -> Iterator[Problem]:
    yield from sql_checks.text_problems({"source": source})
    if isinstance(source, str) and source and not token_first(source) and not _SOURCE.match(source):
        allowed = "s3://bucket/prefix, emr://cluster-id/path or dynamodb://table"
        yield Problem(
            "source", f"'source' must be {allowed}, got {shown(source)}", "write it like source='s3://bucket/landing/'"
        )


def _value_problems(given: Mapping[str, object]) -> Iterator[Problem]:
    yield from sql_checks.flag_problems(**{label: given[label] for label in _FLAGS if label in given})
    yield from sql_checks.text_problems({label: given[label] for label in _TEXTS if label in given})
    yield from sql_checks.text_problems({label: given[label] for label in ("null_as",) if label in given}, empty=True)
    for label in ("quote", "accept_inv_chars"):
        yield from sql_checks.character_problems(label, given.get(label))
    for label, words in _MAPPINGS.items():
        yield from _mapping_problems(label, given.get(label), words)
    for label, allowed in _CHOICES.items():
        if label in given:
            yield from sql_checks.choice_problems(label, given[label], allowed)
    for label, (low, high) in _RANGES.items():
        if label in given:
            yield from sql_checks.whole_problems(label, given[label], low, high)


def _mapping_problems(label: str, value: object, words: Sequence[str]) -> Iterator[Problem]:
    if isinstance(value, str) and value not in ("", *words) and not token_first(value) and not _OBJECT.match(value):
        allowed = f"{', '.join(words)} or s3://bucket/paths.json"
        yield Problem(label, f"'{label}' must be {allowed}, got {shown(value)}", f"pass {label}='auto'")


def _combination_problems(given: Mapping[str, object], kind: str) -> Iterator[Problem]:
    written = given.get("format")
    if isinstance(written, str) and written in _NOT_WITH_FORMAT:
        yield from sql_checks.clashes(given, f"format={written!r}", _NOT_WITH_FORMAT[written])
    yield from sql_checks.clashes(given, f"a source of {kind}", _NOT_FROM[kind])
    if written in _FROM_S3_ONLY and kind in ("emr", "ssh"):
        yield Problem(
            "format",
            f"'format' is {written!r} for a source of {kind}, and COPY takes it from Amazon S3 alone",
            "drop format",
        )
    if "fixed_width" in given:
        yield from sql_checks.clashes(given, "fixed_width", ("delimiter", "escape"))
    if "fixed_width" in given and given.get("encoding") in _OTHER_ENCODINGS:
        yield Problem(
            "encoding",
            f"'encoding' is {given['encoding']!r} beside fixed_width, which is for UTF-8 alone",
            "drop encoding",
        )
    for label, needed in (("quote", "CSV"), ("json", "JSON"), ("avro", "AVRO")):
        if label in given and written != needed:
            yield Problem(
                label, f"'{label}' is given without format={needed!r}", f"pass format={needed!r}, or drop {label}"
            )
    if kind == "dynamodb" and "read_ratio" not in given:
        yield Problem(
            "read_ratio",
            "'read_ratio' is not given for a DynamoDB table",
            "pass read_ratio=50, the percentage of its throughput",
        )


def _job_problems(job: object, job_auto: object) -> Iterator[Problem]:
    yield from sql_checks.flag_problems(job_auto=job_auto)
    if job is None:
        if job_auto is False:
            yield Problem("job_auto", "'job_auto' is given without job", "name the COPY job in job, or drop job_auto")
        return
    yield from sql_checks.identifier_problems("job", job)
    if isinstance(job, str) and "-" in job:
        yield Problem("job", f"'job' must be a name without hyphens, got {shown(job)}", "write underscores")


def _format(given: Mapping[str, object]) -> list[str]:
    written = given.get("format")
    if written is None:
        return []
    paths = {"JSON": given.get("json", "auto"), "AVRO": given.get("avro", "auto")}.get(str(written))
    detail = f" {quoted(str(paths))}" if paths is not None else ""
    mark = f" QUOTE AS {quoted(str(given['quote']))}" if "quote" in given else ""
    return [f"FORMAT AS {written}{detail}{mark}"]
