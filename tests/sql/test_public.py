"""SQL that names roles."""

from __future__ import annotations

import inspect

import pytest

from redshift_roles import RoleAssociationError, sql
from tests.support.builders import arn

FIRST, SECOND = arn("First"), arn("Second", account="222222222222")
USER = FIRST.replace("role/", "user/")
TOKEN = "${Token[TOKEN.7]}"  # noqa: S105  a reference, not a secret


class _Role:
    role_arn = FIRST


class _Chain:
    role_arns = (FIRST, SECOND)


@pytest.mark.parametrize(
    ("role", "wrong"),
    [
        ("warehouse", "'role' holds 'warehouse', which is not an ARN"),
        ("", "'role' holds empty, which is empty"),
        (USER, f"'role' holds '{USER}', which is the ARN of a user, not of a role"),
        (f"{FIRST}, {SECOND}", f"'role' holds ' {SECOND}', which has spaces, and a chain has none"),
        (7, "'role' must be an iam.IRole, a RoleChain, 'default' or an ARN, got 7"),
        (",".join(arn(f"R{number}") for number in range(11)), "'role' has 11 roles, allowed is 10"),
    ],
)  # fmt: skip
def test_fails_when_it_is_no_role(role: str, wrong: str) -> None:
    """The message has the value and what is allowed."""
    with pytest.raises(RoleAssociationError) as caught:
        sql.iam_role(role)

    assert [("InvalidArgument", "sql.iam_role", wrong)] == [
        (finding.rule, finding.path, finding.message) for finding in caught.value.findings
    ]


@pytest.mark.parametrize(
    ("role", "clause"),
    [
        ("default", "IAM_ROLE default"),
        ("SESSION", "IAM_ROLE 'SESSION'"),
        (FIRST, f"IAM_ROLE '{FIRST}'"),
        (f"{FIRST},{SECOND}", f"IAM_ROLE '{FIRST},{SECOND}'"),
        (_Role(), f"IAM_ROLE '{FIRST}'"),
        (_Chain(), f"IAM_ROLE '{FIRST},{SECOND}'"),
        (TOKEN, f"IAM_ROLE '{TOKEN}'"),
        (f"{TOKEN},{SECOND}", f"IAM_ROLE '{TOKEN},{SECOND}'"),
        (",".join(arn(f"R{number}") for number in range(10)), None),
    ],
)
def test_a_role_is_named_whatever_it_is_given_as(role: str, clause: str | None) -> None:
    """A role, a chain, a word, an ARN and a token alike."""
    assert (clause or f"IAM_ROLE '{role}'") == sql.iam_role(role)


@pytest.mark.parametrize("name", sql.__all__)
def test_each_function_is_documented(name: str) -> None:
    """Each tells what it raises, and the AWS page with a date."""
    item = getattr(sql, name)
    text = inspect.getdoc(item) or ""

    assert not callable(item) or all(section in text for section in ("\nRaises:\n", "\nSource:\n", "(read 2026-"))


@pytest.mark.parametrize(
    ("function", "positional"),
    [
        ("iam_role", ["role"]),
        ("copy", ["table", "source", "role"]),
        ("unload", ["query", "to", "role"]),
        ("create_external_schema", ["name"]),
        ("create_external_function", ["name", "arguments", "returns", "role"]),
        ("grant_assumerole", ["roles"]),
        ("revoke_assumerole", ["roles"]),
    ],
)
def test_options_are_given_by_name(function: str, positional: list[str]) -> None:
    """What stands in the order of the statement may be given so; an option says which it is."""
    parameters = inspect.signature(getattr(sql, function)).parameters.values()

    assert positional == [parameter.name for parameter in parameters if parameter.kind is not parameter.KEYWORD_ONLY]
