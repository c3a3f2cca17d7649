"""UNLOAD."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Final

from redshift_roles.aws import quotas
from redshift_roles.rules.arguments import Text, shown
from redshift_roles.rules.registry import Problem
from redshift_roles.sql import role_clause, statement
from redshift_roles.sql.role_clause import DEFAULT, SESSION, Role
from redshift_roles.sql.statement import (
    CHARACTER,
    Literal,
    Option,
    S3Location,
    Whole,
    bare,
    flag,
    literal,
    one_of,
    quoted,
)

_TARGET: Final = Text(r"(?s:s3://[^/].*)", "s3://bucket/prefix", "s3://bucket/out/")
# What excludes options, as `Option.conflicts` names it.
_CSV: Final = "format='CSV'"
_PARQUET: Final = "format='PARQUET'"
_JSON: Final = "format='JSON'"


class _FileSize:
    """The size of a file in megabytes."""

    def check(self, name: str, value: object) -> Iterator[Problem]:
        """Check the range."""
        low, high = quotas.MIN_FILE_SIZE_MB, quotas.MAX_FILE_SIZE_MB
        if isinstance(value, bool) or not isinstance(value, (int, float)) or not low <= value <= high:
            allowed = f"{low:g} to {high:g}"
            yield Problem(name, f"'{name}' must be {allowed}, got {shown(value)}", f"pass {allowed}")


def _decimal(size: float) -> str:
    """Return a number to its last digit, without an exponent."""
    return f"{Decimal(str(size)):f}".removesuffix(".0")


def unload(  # noqa: D417  one line for several options
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
    """Return an UNLOAD statement.

    Args:
        query: The SELECT whose rows are unloaded.
        to: ``s3://bucket/prefix`` without ``*`` and ``?``; no access point.
        role: An `iam.IRole`, a `RoleChain`, ``default``, ``SESSION`` or an ARN.
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
        region: The region of the bucket if it is not the cluster's.
        extension: What the names of the files end in.

    Returns:
        The statement, with a semicolon.

    Raises:
        RoleAssociationError: InvalidArgument, for everything that Redshift would reject.

    Source:
        https://docs.aws.amazon.com/redshift/latest/dg/r_UNLOAD.html (text of 2026-09-16)
    """
    options = {
        "query": Option(query, lambda select: f"({quoted(select)})", Literal(), required="here"),
        "to": Option(to, lambda address: f"TO {quoted(address)}", S3Location(_TARGET), required="here"),
        "role": role_clause.option(role, (DEFAULT, SESSION)),
        "format": bare(format, "FORMAT AS", one_of("CSV", "PARQUET", "JSON")),
        "partition_by": Option(
            partition_by, lambda names: f"PARTITION BY ({statement.identifiers(names)})", statement.NAMES
        ),
        "include_partition_columns": flag(include_partition_columns, "INCLUDE", needs=("partition_by",)),
        "manifest": flag(manifest, "MANIFEST", ("manifest_verbose",)),
        "manifest_verbose": flag(manifest_verbose, "MANIFEST VERBOSE"),
        "header": flag(header, "HEADER", ("fixed_width", _PARQUET, _JSON)),
        "delimiter": literal(delimiter, "DELIMITER AS", CHARACTER, conflicts=("fixed_width", _PARQUET, _JSON)),
        "fixed_width": literal(fixed_width, "FIXEDWIDTH AS", conflicts=(_CSV, _PARQUET, _JSON)),
        "kms_key_id": literal(
            kms_key_id, "KMS_KEY_ID", conflicts=("encrypted_auto",), needs=("encrypted", "encrypted_auto")
        ),
        "encrypted": flag(encrypted, "ENCRYPTED", ("encrypted_auto",), needs=("kms_key_id", "encrypted_auto")),
        "encrypted_auto": flag(encrypted_auto, "ENCRYPTED AUTO"),
        "compression": Option(compression, str, one_of("GZIP", "BZIP2", "ZSTD"), conflicts=(_PARQUET,)),
        "add_quotes": flag(add_quotes, "ADDQUOTES", (_CSV, _PARQUET, _JSON)),
        "null_as": literal(null_as, "NULL AS", statement.MAYBE_EMPTY, conflicts=(_PARQUET, _JSON)),
        "escape": flag(escape, "ESCAPE", (_PARQUET, _JSON)),
        "allow_overwrite": flag(allow_overwrite, "ALLOWOVERWRITE", ("clean_path",)),
        "clean_path": flag(clean_path, "CLEANPATH"),
        "parallel": bare(parallel, "PARALLEL", one_of("ON", "OFF")),
        "max_file_size_mb": Option(max_file_size_mb, lambda size: f"MAXFILESIZE {_decimal(size)} MB", _FileSize()),
        "row_group_size_mb": Option(
            row_group_size_mb,
            lambda size: f"ROWGROUPSIZE {size} MB",
            Whole(quotas.MIN_ROW_GROUP_MB, quotas.MAX_ROW_GROUP_MB),
            needs=(_PARQUET,),
        ),
        "region": literal(region, "REGION"),
        "extension": literal(extension, "EXTENSION"),
    }
    statement.check("unload", quotas.UNLOAD, options)
    return f"UNLOAD {statement.written(options)};"
