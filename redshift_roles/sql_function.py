"""
CREATE EXTERNAL FUNCTION.

A name, types, a Lambda function or SageMaker endpoint and a role flow in; the statement flows out.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final

from redshift_roles import limits, sql_text
from redshift_roles.rulebook import Trouble
from redshift_roles.shapes import shown
from redshift_roles.sql_text import Name, Role, quoted

_VOLATILITIES: Final = ("VOLATILE", "STABLE", "IMMUTABLE")
_TYPE: Final = re.compile(r"[a-z][a-z0-9 ]*(\([0-9]+(, ?[0-9]+)?\))?( [a-z ]+)?", re.IGNORECASE)
_SIZE_UNITS: Final = ("B", "KB", "MB")


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
    """
    Write a CREATE EXTERNAL FUNCTION statement.

    Args:
        name: The function in SQL.

        arguments: The types of its arguments, such as ``varchar`` and ``decimal(10, 2)``; 0 or more.

        returns: The type it returns.

        role: An `iam.IRole`, a `RoleChain`, ``default`` or an ARN.

        function: The name of the AWS Lambda function.

        endpoint: The name of an Amazon SageMaker endpoint, in place of a function.

        volatility: VOLATILE, STABLE or IMMUTABLE. Default: VOLATILE.

        or_replace: Whether to replace a function of that name. Default: False.

        retry_timeout: How long to retry, 0 or more milliseconds. Default: 20,000.

        max_batch_rows: How many rows a call may have, 1 or more. Default: no limit.

        max_batch_size: How large a call may be: a number, and B, KB or MB. Default: 5 MB.

    Returns:
        The statement, with a semicolon.

    Raises:
        RoleAssociationError: InvalidArgument, for what Redshift would reject.

    Source:
        https://docs.aws.amazon.com/redshift/latest/dg/r_CREATE_EXTERNAL_FUNCTION.html (read 2026-11-24)
    """
    troubles = [
        *sql_text.name_troubles("name", name),
        *(trouble for entry in (*arguments, returns) for trouble in _type_troubles(entry)),
        *sql_text.role_troubles("role", role),
        *_target_troubles(function, endpoint),
        *sql_text.choice_troubles("volatility", volatility, _VOLATILITIES),
        *_number_troubles(retry_timeout, max_batch_rows, max_batch_size),
    ]
    sql_text.refuse("create_external_function", limits.EXTERNAL_FUNCTION, troubles)
    target = f"LAMBDA {quoted(function)}" if function is not None else f"SAGEMAKER {quoted(str(endpoint))}"
    options = [
        f"RETRY_TIMEOUT {retry_timeout}" if retry_timeout is not None else "",
        f"MAX_BATCH_ROWS {max_batch_rows}" if max_batch_rows is not None else "",
        f"MAX_BATCH_SIZE {max_batch_size[0]} {max_batch_size[1]}" if max_batch_size is not None else "",
    ]
    head = (
        f"CREATE {'OR REPLACE ' if or_replace else ''}EXTERNAL FUNCTION {sql_text.name(name)}({', '.join(arguments)})"
    )
    body = f"RETURNS {returns} {volatility} {target} IAM_ROLE {sql_text.role_text(role)}"
    return " ".join([head, body, *filter(None, options)]) + ";"


def _type_troubles(entry: object) -> Iterator[Trouble]:
    if not isinstance(entry, str) or not _TYPE.fullmatch(entry):
        yield (
            f"a type is {shown(entry)}, allowed is the name of a data type",
            "write it like 'varchar' or 'decimal(10, 2)'",
        )


def _target_troubles(function: object, endpoint: object) -> Iterator[Trouble]:
    given = {label: value for label, value in (("function", function), ("endpoint", endpoint)) if value is not None}
    yield from sql_text.text_troubles(given)
    if len(given) != 1:
        both = "both given" if given else "neither given"
        yield f"'function' and 'endpoint' are {both}", "pass the name of one: a Lambda function or a SageMaker endpoint"


def _number_troubles(retry_timeout: object, max_batch_rows: object, max_batch_size: object) -> Iterator[Trouble]:
    for label, value, low in (("retry_timeout", retry_timeout, 0), ("max_batch_rows", max_batch_rows, 1)):
        if value is not None:
            yield from sql_text.range_troubles(label, value, low, limits.MAX_INTEGER)
    if max_batch_size is None:
        return
    if not isinstance(max_batch_size, tuple) or len(max_batch_size) != len(("number", "unit")):
        yield f"'max_batch_size' is {shown(max_batch_size)}, allowed is a number and a unit", "pass (5, 'MB')"
        return
    number, unit = max_batch_size
    yield from sql_text.range_troubles("max_batch_size", number, 1, limits.MAX_INTEGER)
    yield from sql_text.choice_troubles("max_batch_size", unit, _SIZE_UNITS)
