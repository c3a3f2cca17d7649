"""How statements name roles."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from redshift_roles import sql
from redshift_roles.sql import role_clause
from tests.sql.statements import TOKEN, problems
from tests.support.builders import arn

FIRST, SECOND = arn("First"), arn("Second", account="222222222222")
PARTITION = "${Token[AWS.Partition.3]}"


class _Role:
    """A role that counts how often it is read, because in CDK each reading is a jsii call."""

    def __init__(self) -> None:
        self.readings = 0

    @property
    def role_arn(self) -> str:
        self.readings += 1
        return FIRST


class _Chain:
    role_arns = (FIRST, SECOND)


@pytest.mark.parametrize(
    ("role", "messages"),
    [
        ("Loader", ["'role' contains 'Loader', which is not an ARN"]),
        (f"Loader-{TOKEN}", ["'role' contains 'Loader-${Token}', which is not an ARN"]),
        (f"{FIRST},x,", ["'role' contains 'x', which is not an ARN", "'role' contains '', which is empty"]),
        (f"{FIRST}, {SECOND}", [f"'role' contains ' {SECOND}', which has spaces"]),
        (f"arn:{PARTITION}:iam::111111111111:user/a", ["'role' contains 'arn:${AWS::Partition}:iam::111111111111:user/a', which is the ARN of a user, not of a role"]),
        (f"arn:{PARTITION}:iam::1:role/A", ["'role' contains 'arn:${AWS::Partition}:iam::1:role/A', which has '1' where the account number of twelve digits belongs"]),
        (",".join(arn(f"R{number}") for number in range(11)), ["'role' must be at most 10 roles, got 11"]),
    ],
)  # fmt: skip
def test_fails_when_a_part_is_no_role(role: str, messages: list[str]) -> None:
    """The value is shown, a token by its name; a token does not hide what is known around it."""
    assert messages == problems("iam_role", role=role)


@pytest.mark.parametrize(
    ("role", "named"),
    [
        ("default", "default"),
        ("SESSION", "'SESSION'"),
        (FIRST, f"'{FIRST}'"),
        (_Role(), f"'{FIRST}'"),
        (_Chain(), f"'{FIRST},{SECOND}'"),
        (ten := ",".join(arn(f"R{number}") for number in range(10)), f"'{ten}'"),
        *(
            (role, f"'{role}'")
            for role in (
                TOKEN,
                f"{TOKEN},{SECOND}",
                f"arn:{PARTITION}:iam::111111111111:role/Loader",
                f"arn:aws:iam::{TOKEN}:role/{TOKEN}",
            )
        ),
    ],
)
def test_a_role_is_named_whatever_it_is_given_as(role: role_clause.Role, named: str) -> None:
    """A role, a chain, a word, an ARN and a token, in whole or in part."""
    assert f"IAM_ROLE {named}" == sql.iam_role(role)


def test_a_chain_is_not_split_inside_a_token() -> None:
    """The name of a token may have a comma."""
    assert ["${Token[a,b.7]}", "x"] == role_clause.arns_of("${Token[a,b.7]},x")


STATEMENTS: dict[str, Callable[[_Role], str]] = {
    "iam_role": sql.iam_role,
    "copy": lambda role: sql.copy("t", "s3://b/x", role),
    "unload": lambda role: sql.unload("SELECT 1", "s3://b/x", role),
    "create_external_schema": lambda role: sql.create_external_schema("s", database="d", role=role),
    "create_external_function": lambda role: sql.create_external_function("f", [], "int", role, function="x"),
    "grant_assumerole": lambda role: sql.grant_assumerole([role], users=["a"]),
    "revoke_assumerole": lambda role: sql.revoke_assumerole(role, users=["a"]),
}


@pytest.mark.parametrize("statement", STATEMENTS)
def test_a_role_is_read_once(statement: str) -> None:
    """Each statement names it."""
    role = _Role()

    assert f"'{FIRST}'" in STATEMENTS[statement](role)
    assert 1 == role.readings


def test_the_role_of_the_catalog_is_read_once() -> None:
    """It may be another one than the role of the data."""
    role = _Role()
    written = sql.create_external_schema("s", database="d", role="default", catalog_role=role)

    assert written.endswith(f"IAM_ROLE default CATALOG_ROLE '{FIRST}';")
    assert 1 == role.readings
