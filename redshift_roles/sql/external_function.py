"""CREATE EXTERNAL FUNCTION."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from redshift_roles.aws import quotas
from redshift_roles.aws.placeholders import readable
from redshift_roles.rules.arguments import ListOf, Text, is_whole, shown
from redshift_roles.rules.registry import Problem
from redshift_roles.sql import role_clause, statement
from redshift_roles.sql.role_clause import Role
from redshift_roles.sql.statement import Name, Option, QualifiedName, Whole, bare, flag, literal, one_of

# A type can be neither quoted nor escaped, so only these types pass.
_TYPE: Final = Text(
    "(?i:smallint|int2|integer|int|int4|bigint|int8|real|float4|double precision|float8|boolean|bool"
    "|date|(time|timestamp)(tz| with time zone| without time zone)?|interval (year to month|day to second)"
    "|text|super|hllsketch|geometry|geography"
    "|(char|character|nchar|bpchar|varchar|nvarchar|character varying)([(]([0-9]+|max)[)])?"
    "|(varbyte|varbinary|binary varying|float)([(][0-9]+[)])?|(decimal|numeric)([(][0-9]+(, ?[0-9]+)?[)])?)",
    "the name of a data type",
    "decimal(10, 2)",
    literal=True,
)
_MAX_KILOBYTES: Final = 5_120


class _BatchSize:
    """A number with its unit."""

    def check(self, name: str, value: object) -> Iterator[Problem]:
        """Check the range in kilobytes."""
        kilobytes = 0
        if isinstance(value, tuple) and len(value) == 2 and is_whole(value[0]) and value[1] in ("KB", "MB"):
            kilobytes = value[0] * (1_024 if value[1] == "MB" else 1)
        if not 1 <= kilobytes <= _MAX_KILOBYTES:
            given = readable(repr(value)) if isinstance(value, tuple) else shown(value)
            yield Problem(name, f"'{name}' must be 1 KB to 5 MB, got {given}", f"pass {name}=(5, 'MB')")


def create_external_function(
    name: Name,
    arguments: Sequence[str],
    returns: str,
    role: Role,
    *,
    function: str,
    volatility: str = "VOLATILE",
    or_replace: bool = False,
    retry_timeout: int | None = None,
    max_batch_rows: int | None = None,
    max_batch_size: tuple[int, str] | None = None,
) -> str:
    """Return a CREATE EXTERNAL FUNCTION statement.

    Args:
        name: The function in SQL.
        arguments: The types of its arguments, such as ``varchar`` and ``decimal(10, 2)``; 0 or more.
        returns: The type it returns.
        role: An `iam.IRole`, a `RoleChain`, ``default`` or an ARN.
        function: The name of the AWS Lambda function.
        volatility: VOLATILE or STABLE. Default: VOLATILE.
        or_replace: Whether to replace a function of that name. Default: False.
        retry_timeout: How long to retry a function, 0 or more milliseconds. Default: 20,000.
        max_batch_rows: How many rows a call of a function may have, 1 or more. Default: no limit.
        max_batch_size: How large a call of a function may be, 1 KB to 5 MB: a number, and KB or MB. Default: 5 MB.

    Returns:
        The statement, with a semicolon.

    Raises:
        RoleAssociationError: InvalidArgument, for everything that Redshift would reject.

    Source:
        https://docs.aws.amazon.com/redshift/latest/dg/r_CREATE_EXTERNAL_FUNCTION.html (text of 2026-08-26)
    """
    options = {
        "or_replace": flag(or_replace, "OR REPLACE"),
        "name": Option(
            name,
            lambda name: f"EXTERNAL FUNCTION {statement.qualified(name)}({', '.join(arguments)})",
            QualifiedName(),
            required="here",
        ),
        "arguments": Option(arguments, lambda _: "", ListOf(_TYPE), required="here" if arguments is None else ""),
        "returns": bare(returns, "RETURNS", _TYPE, required="here"),
        "volatility": Option(volatility, str, one_of("VOLATILE", "STABLE"), required="here"),
        "function": literal(function, "LAMBDA", required="here"),
        "role": role_clause.option(role),
        "retry_timeout": bare(retry_timeout, "RETRY_TIMEOUT", Whole(0, quotas.MAX_INTEGER)),
        "max_batch_rows": bare(max_batch_rows, "MAX_BATCH_ROWS", Whole(1, quotas.MAX_INTEGER)),
        "max_batch_size": Option(max_batch_size, lambda size: f"MAX_BATCH_SIZE {size[0]} {size[1]}", _BatchSize()),
    }
    statement.check("create_external_function", quotas.EXTERNAL_FUNCTION, options)
    return f"CREATE {statement.written(options)};"
