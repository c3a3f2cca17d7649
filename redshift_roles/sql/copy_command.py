"""COPY."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from redshift_roles.aws import quotas
from redshift_roles.rules.arguments import Flag, Text
from redshift_roles.rules.registry import Problem
from redshift_roles.sql import role_clause, statement
from redshift_roles.sql.role_clause import DEFAULT, SESSION, Role
from redshift_roles.sql.statement import Name, Option, S3Location, Whole, bare, flag, literal, one_of, quoted

_SOURCE: Final = Text(
    r"(?s:(s3|emr|dynamodb)://[^/].*)",
    "s3://bucket/prefix, emr://cluster-id/path or dynamodb://table",
    "s3://bucket/landing/",
)
# A mapping of names to columns may also be in a JSONPaths file.
_AVRO_PATHS: Final = Text(
    r"auto( ignorecase)?|(?s:s3://[^/].*)", "auto, auto ignorecase or s3://bucket/paths.json", "auto"
)
_JSON_PATHS: Final = Text(
    rf"noshred|{_AVRO_PATHS.pattern}", "auto, auto ignorecase, noshred or s3://bucket/paths.json", "auto"
)
_JOB: Final = Text(r"(?s:[^\0-]+)", "a name without hyphens", "load_events")
_OTHER_ENCODINGS: Final = ("UTF16", "UTF16LE", "UTF16BE", "ISO88591")

# What excludes options, as `Option.conflicts` names it.
_S3: Final = "source='s3://…'"
_EMR: Final = "source='emr://…'"
_DYNAMODB: Final = "source='dynamodb://…'"
_CSV: Final = "format='CSV'"
_COLUMNAR: Final = ("format='PARQUET'", "format='ORC'")
_NESTED: Final = ("format='JSON'", "format='AVRO'")
_NOT_DELIMITED: Final = (*_NESTED, *_COLUMNAR, "format='SHAPEFILE'")


def copy(  # noqa: D417  one line for several options
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
    """Return a COPY statement.

    Args:
        table: The table: ``events``, ``public.events``, or its parts in a tuple where a part has a dot.
        source: ``s3://bucket/prefix`` without ``*`` and ``?``, ``emr://cluster-id/path`` or ``dynamodb://table``; with
            ssh or manifest, the object that lists the hosts or files. No access point.
        role: An `iam.IRole`, a `RoleChain`, ``default``, an ARN, or ``SESSION``, the caller's own permissions, for
            Amazon S3. A job takes a role alone.
        columns: Names of columns. Default: all, in order.
        format: CSV, JSON, AVRO, PARQUET, ORC or SHAPEFILE. Default: text with a delimiter.
        quote: The quotation mark of CSV. Default: ``"``.
        json, avro: ``auto``, ``auto ignorecase``, for JSON also ``noshred``, or the ``s3://`` address of a JSONPaths
            file. Default: ``auto``.
        delimiter, fixed_width: How text is divided into columns: by a character (for a tab the tab itself, not a
            backslash and a t), or by widths (``id:8,name:20``). Default: by ``|``.
        compression: GZIP, BZIP2, LZOP or ZSTD. Default: none.
        region: The region of the source if it is not the cluster's.
        manifest, ssh, accept_any_date, blanks_as_null, empty_as_null: The options of those names. Default: False.
        escape, explicit_ids, fill_record, ignore_blank_lines: The options of those names. Default: False.
        remove_quotes, round_ec, trim_blanks, truncate_columns, no_load: The options of those names. Default: False.
        read_ratio: How much of the throughput of a DynamoDB table to use, 1 to 200 percent; required for one.
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
        RoleAssociationError: InvalidArgument, for everything that Redshift would reject.

    Source:
        https://docs.aws.amazon.com/redshift/latest/dg/r_COPY.html (text of 2026-09-16)
    """
    kind = source.partition("://")[0] if isinstance(source, str) else ""
    on_s3_only = format in ("PARQUET", "ORC", "SHAPEFILE")
    options = {
        "table": Option(table, statement.qualified, statement.QualifiedName(), required="here"),
        "columns": Option(columns, lambda names: f"({statement.identifiers(names)})", statement.NAMES),
        "source": Option(
            source,
            lambda address: f"FROM {quoted(address)}",
            S3Location(_SOURCE, is_one=manifest is True or ssh is True),
            required="here",
        ),
        "role": role_clause.option(role, _words(kind, job)),
        "format": bare(
            format,
            "FORMAT AS",
            one_of("CSV", "JSON", "AVRO", "PARQUET", "ORC", "SHAPEFILE"),
            (_DYNAMODB, _EMR, "ssh") if on_s3_only else (_DYNAMODB,),
        ),
        "json": Option(
            _paths(json, format, "JSON"), quoted, S3Location(_JSON_PATHS, is_one=True), needs=("format='JSON'",)
        ),
        "avro": Option(
            _paths(avro, format, "AVRO"), quoted, S3Location(_AVRO_PATHS, is_one=True), needs=("format='AVRO'",)
        ),
        "quote": literal(quote, "QUOTE AS", statement.CHARACTER, needs=(_CSV,)),
        "manifest": flag(manifest, "MANIFEST", (_EMR, _DYNAMODB, "ssh")),
        "ssh": flag(ssh, "SSH", (_EMR, _DYNAMODB)),
        "read_ratio": bare(
            read_ratio,
            "READRATIO",
            Whole(1, quotas.MAX_READ_RATIO),
            (_S3, _EMR, "ssh", *_COLUMNAR),
            required="for a DynamoDB table" if kind == "dynamodb" else "",
        ),
        "region": literal(region, "REGION", conflicts=(_EMR, *_COLUMNAR)),
        "delimiter": literal(delimiter, "DELIMITER", conflicts=("fixed_width", *_NOT_DELIMITED, _DYNAMODB)),
        "fixed_width": literal(
            fixed_width,
            "FIXEDWIDTH",
            conflicts=(_CSV, *_NOT_DELIMITED, _DYNAMODB, *(f"encoding={other!r}" for other in _OTHER_ENCODINGS)),
        ),
        "compression": Option(
            compression, str, one_of("GZIP", "BZIP2", "LZOP", "ZSTD"), conflicts=(*_COLUMNAR, _DYNAMODB)
        ),
        "accept_any_date": flag(accept_any_date, "ACCEPTANYDATE", _COLUMNAR),
        "accept_inv_chars": literal(accept_inv_chars, "ACCEPTINVCHARS", statement.CHARACTER, conflicts=(_DYNAMODB,)),
        "blanks_as_null": flag(blanks_as_null, "BLANKSASNULL", _COLUMNAR),
        "date_format": literal(date_format, "DATEFORMAT", conflicts=_COLUMNAR),
        "empty_as_null": flag(empty_as_null, "EMPTYASNULL", _COLUMNAR),
        "encoding": bare(encoding, "ENCODING", one_of("UTF8", *_OTHER_ENCODINGS), _COLUMNAR),
        "escape": flag(escape, "ESCAPE", ("fixed_width", _CSV, *_NOT_DELIMITED, _DYNAMODB)),
        "explicit_ids": flag(explicit_ids, "EXPLICIT_IDS"),
        "fill_record": flag(fill_record, "FILLRECORD", (*_NESTED, _DYNAMODB)),
        "ignore_blank_lines": flag(ignore_blank_lines, "IGNOREBLANKLINES", (*_NESTED, *_COLUMNAR, _DYNAMODB)),
        "ignore_header": bare(ignore_header, "IGNOREHEADER", Whole(0, quotas.MAX_INTEGER), (*_COLUMNAR, _DYNAMODB)),
        "null_as": literal(null_as, "NULL AS", statement.MAYBE_EMPTY, conflicts=(*_NESTED, *_COLUMNAR, _DYNAMODB)),
        "remove_quotes": flag(remove_quotes, "REMOVEQUOTES", (_CSV, *_NOT_DELIMITED, _DYNAMODB)),
        "round_ec": flag(round_ec, "ROUNDEC", _COLUMNAR),
        "time_format": literal(time_format, "TIMEFORMAT", conflicts=_COLUMNAR),
        "trim_blanks": flag(trim_blanks, "TRIMBLANKS", _COLUMNAR),
        "truncate_columns": flag(truncate_columns, "TRUNCATECOLUMNS", _COLUMNAR),
        "comp_update": bare(comp_update, "COMPUPDATE", one_of("ON", "OFF", "PRESET"), _COLUMNAR),
        "max_error": bare(max_error, "MAXERROR", Whole(0, quotas.MAX_ERRORS), _COLUMNAR),
        "no_load": flag(no_load, "NOLOAD", _COLUMNAR),
        "stat_update": bare(stat_update, "STATUPDATE", one_of("ON", "OFF")),
        "job": Option(
            job,
            lambda name: f"JOB CREATE {statement.identifier(name)} AUTO {'ON' if job_auto else 'OFF'}",
            statement.Identifier(_JOB),
            conflicts=(_EMR, _DYNAMODB, "ssh"),
        ),
    }
    problems = [*Flag().check("job_auto", job_auto)]
    if job is None and job_auto is False:
        problems.append(Problem("job_auto", "'job_auto' needs job", "drop job_auto, or name the COPY job in job"))
    statement.check("copy", quotas.COPY, options, context=[f"source='{kind}://…'"], problems=problems)
    return f"COPY {statement.written(options)};"


def _words(kind: str, job: str | None) -> tuple[str, ...]:
    """List the words that stand for a role: a job has none, and the caller's session is for Amazon S3 (COPY_ROLE)."""
    if job is not None:
        return ()
    return (DEFAULT,) if kind in ("emr", "dynamodb") else (DEFAULT, SESSION)


def _paths(given: str | None, file_format: str | None, own: str) -> str | None:
    return "auto" if given is None and file_format == own else given
