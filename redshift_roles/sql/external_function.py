"""CREATE EXTERNAL FUNCTION.

A name, types, a Lambda function or SageMaker endpoint and a role flow in; the statement flows out.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Final, cast

from redshift_roles.aws import quotas
from redshift_roles.aws.placeholders import readable
from redshift_roles.rules.registry import Problem
from redshift_roles.rules.shapes import is_whole, shown
from redshift_roles.sql import role_clause, sql_checks, statement
from redshift_roles.sql.role_clause import Role
from redshift_roles.sql.statement import Name, quoted, with_value

_VOLATILITIES: Final = ("VOLATILE", "STABLE")
# A type can be neither quoted nor escaped: these are all there are.
_TYPE: Final = re.compile(
    "smallint|int2|integer|int|int4|bigint|int8|real|float4|double precision|float8|boolean|bool"
    "|date|(time|timestamp)(tz| with time zone| without time zone)?|interval (year to month|day to second)"
    "|text|super|hllsketch|geometry|geography"
    "|(char|character|nchar|bpchar|varchar|nvarchar|character varying)([(]([0-9]+|max)[)])?"
    "|(varbyte|varbinary|binary varying|float)([(][0-9]+[)])?|(decimal|numeric)([(][0-9]+(, ?[0-9]+)?[)])?",
    re.IGNORECASE | re.ASCII,
)
# EXTERNAL_FUNCTION: 5 MB.
_MAX_KILOBYTES: Final = 5_120
_KILOBYTES: Final[Mapping[str, int]] = {"KB": 1, "MB": 1_024}


def create_external_function(
    name: Name,
    arguments: Sequence[str],
    returns: str,
    role: Role,
    *,
    function: str | None = None,
    endpoint: str | None = None,
    volatility: str = "VOLATILE",
    or_replace: bool = False,
    retry_timeout: int | None = None,
    max_batch_rows: int | None = None,
    max_batch_size: tuple[int, str] | None = None,
) -> str:
    """Write a CREATE EXTERNAL FUNCTION statement.

    Args:
        name: The function in SQL.
        arguments: The types of its arguments, such as ``varchar`` and ``decimal(10, 2)``; 0 or more.
        returns: The type it returns.
        role: An `iam.IRole`, a `RoleChain`, ``default`` or an ARN.
        function: The name of the AWS Lambda function.
        endpoint: The name of an Amazon SageMaker endpoint, in place of a function.
        volatility: VOLATILE or STABLE. Default: VOLATILE.
        or_replace: Whether to replace a function of that name. Default: False.
        retry_timeout: How long to retry a function, 0 or more milliseconds. Default: 20,000.
        max_batch_rows: How many rows a call of a function may have, 1 or more. Default: no limit.
        max_batch_size: How large a call of a function may be, 1 KB to 5 MB: a number, and KB or MB. Default: 5 MB.

    Returns:
        The statement, with a semicolon.

    Raises:
        RoleAssociationError: InvalidArgument, for what Redshift would reject.

    Source:
        https://docs.aws.amazon.com/redshift/latest/dg/r_CREATE_EXTERNAL_FUNCTION.html (read 2026-11-24)
    """
    named = role_clause.read(role)
    batch = {"retry_timeout": retry_timeout, "max_batch_rows": max_batch_rows, "max_batch_size": max_batch_size}
    given = statement.given_options(**batch)
    problems = [
        *sql_checks.name_problems("name", name),
        *sql_checks.list_problems("arguments", arguments, _type_problems),
        *_type_problems("returns", returns),
        *role_clause.role_problems("role", named),
        *_target_problems(function, endpoint, given),
        *sql_checks.choice_problems("volatility", volatility, _VOLATILITIES),
        *sql_checks.flag_problems(or_replace=or_replace),
        *_batch_problems(given),
    ]
    sql_checks.raise_if("create_external_function", quotas.EXTERNAL_FUNCTION, problems)
    replace = "OR REPLACE " if or_replace else ""
    head = f"CREATE {replace}EXTERNAL FUNCTION {statement.name(name)}({', '.join(arguments)})"
    target = f"LAMBDA {quoted(function)}" if function is not None else f"SAGEMAKER {quoted(str(endpoint))}"
    body = f"RETURNS {returns} {volatility} {target} {role_clause.clause(named)}"
    return " ".join([head, body, *statement.clauses(given, _OPTIONS)]) + ";"


# In the order of the page.
_OPTIONS: Final[Mapping[str, Callable[[object], str]]] = {
    "retry_timeout": with_value("RETRY_TIMEOUT"),
    "max_batch_rows": with_value("MAX_BATCH_ROWS"),
    "max_batch_size": lambda size: "MAX_BATCH_SIZE {} {}".format(*cast("tuple[int, str]", size)),
}


def _type_problems(label: str, entry: object) -> Iterator[Problem]:
    if not isinstance(entry, str) or not _TYPE.fullmatch(entry):
        allowed = "the name of a data type"
        yield Problem(
            label, f"'{label}' must be {allowed}, got {shown(entry)}", "write it like 'varchar(20)' or 'decimal(10, 2)'"
        )


def _target_problems(function: object, endpoint: object, given: Mapping[str, object]) -> Iterator[Problem]:
    targets = statement.given_options(function=function, endpoint=endpoint)
    yield from sql_checks.text_problems(targets)
    if len(targets) != 1:
        both = "both given" if targets else "neither given"
        yield Problem(
            "function",
            f"'function' and 'endpoint' are {both}",
            "pass the name of one: a Lambda function or a SageMaker endpoint",
        )
    if "endpoint" in targets:
        yield from sql_checks.clashes(given, "endpoint", _OPTIONS)


def _batch_problems(given: Mapping[str, object]) -> Iterator[Problem]:
    for label, low in (("retry_timeout", 0), ("max_batch_rows", 1)):
        if label in given:
            yield from sql_checks.whole_problems(label, given[label], low, quotas.MAX_INTEGER)
    if "max_batch_size" in given:
        yield from _size_problems(given["max_batch_size"])


def _size_problems(size: object) -> Iterator[Problem]:
    number, unit = size if isinstance(size, tuple) and len(size) == len(("number", "unit")) else (None, None)
    kilobytes = _KILOBYTES.get(unit, 0) * number if isinstance(unit, str) and is_whole(number) else 0
    if not 1 <= kilobytes <= _MAX_KILOBYTES:
        given = readable(repr(size)) if isinstance(size, tuple) else shown(size)
        yield Problem(
            "max_batch_size", f"'max_batch_size' must be 1 KB to 5 MB, got {given}", "pass max_batch_size=(5, 'MB')"
        )
