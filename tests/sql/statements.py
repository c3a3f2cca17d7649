"""Statements with their least arguments, for tests that change one of them."""

from __future__ import annotations

from typing import Any, Final

from redshift_roles import RoleAssociationError, sql
from tests.support.builders import arn

ROLE: Final = arn()
CHAIN: Final = f"{ROLE},{arn('Second')}"
TOKEN: Final = "${Token[TOKEN.7]}"  # noqa: S105  a reference, not a secret
LIST: Final = "#{Token[TOKEN.7]}"
NUMBER: Final = -1.8881545897087626e289

LEAST: Final[dict[str, dict[str, Any]]] = {
    "copy": {"table": "events", "source": "s3://b/landing/", "role": ROLE},
    "unload": {"query": "SELECT 1", "to": "s3://b/out/", "role": ROLE},
    "create_external_schema": {"name": "spectrum", "database": "d", "role": ROLE},
    "create_external_function": {"name": "f", "arguments": ["int"], "returns": "int", "role": ROLE, "function": "fn"},
    "grant_assumerole": {"roles": ROLE, "users": ["a"]},
    "revoke_assumerole": {"roles": ROLE, "users": ["a"]},
    "iam_role": {"role": ROLE},
}


def written(function: str, /, **options: Any) -> str:
    """Write a statement with these arguments."""
    text: str = getattr(sql, function)(**LEAST[function] | options)
    return text


def problems(function: str, /, **options: Any) -> list[str]:
    """Return what is wrong with these arguments; nothing if the statement is written."""
    try:
        written(function, **options)
    except RoleAssociationError as error:
        assert {("InvalidArgument", f"sql.{function}")} == {(found.rule, found.path) for found in error.findings}  # noqa: PT017
        return [found.message for found in error.findings]
    return []
