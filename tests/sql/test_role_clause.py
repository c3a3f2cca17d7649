"""Roles as statements name them."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from redshift_roles import sql
from redshift_roles.sql import role_clause
from tests.support.builders import arn

FIRST, SECOND = arn("First"), arn("Second", account="222222222222")
TOKEN = "${Token[TOKEN.7]}"  # noqa: S105  a reference, not a secret
PARTITION = "${Token[AWS.Partition.3]}"


class _Role:
    """A role that counts how often it is read, since that costs a crossing in CDK."""

    def __init__(self) -> None:
        self.readings = 0

    @property
    def role_arn(self) -> str:
        self.readings += 1
        return FIRST


class _Chain:
    role_arns = (FIRST, SECOND)


def _messages(role: object, words: tuple[str, ...] = (role_clause.DEFAULT,)) -> list[str]:
    return [message for _, message, _ in role_clause.role_problems("role", role_clause.read(role), words=words)]


@pytest.mark.parametrize(
    ("role", "problem"),
    [
        (f"arn:{PARTITION}:iam::111111111111:user/bob", "the ARN of a user, not of a role"),
        (f"arn:{PARTITION}:iam::1:role/Loader", "has '1' where the account number of twelve digits belongs"),
        (f"Loader-{TOKEN}", "not an ARN"),
    ],
)
def test_fails_when_what_is_literal_is_no_role(role: str, problem: str) -> None:
    """A token does not hide what is known around it, and is shown by its name."""
    (message,) = _messages(role)

    assert message.endswith(problem)
    assert "${Token[" not in message


def test_fails_when_one_of_a_chain_is_no_role() -> None:
    """Each that is none is told."""
    assert ["'role' holds 'x', which is not an ARN", "'role' holds empty, which is empty"] == _messages(f"{FIRST},x,")


@pytest.mark.parametrize("word", [role_clause.DEFAULT, role_clause.SESSION])
def test_fails_when_the_statement_does_not_take_the_word(word: str) -> None:
    """Where it does, it is written."""
    assert [f"'role' is '{word}', which this statement does not take"] == _messages(word, ())
    assert [] == _messages(word, (word,))


@pytest.mark.parametrize("role", [None, 7, [FIRST], object])
def test_fails_when_it_is_neither_role_nor_chain_nor_text(role: object) -> None:
    """The message says what is allowed."""
    (message,) = _messages(role)

    assert message.endswith("allowed is an iam.IRole, a RoleChain, 'default' or an ARN")


@pytest.mark.parametrize(
    "role",
    [
        TOKEN,
        f"arn:{PARTITION}:iam::111111111111:role/Loader",
        f"arn:aws:iam::{TOKEN}:role/{TOKEN}",
        f"arn:aws:iam::111111111111:role/{TOKEN}",
        f"{TOKEN},{SECOND}",
    ],
)
def test_a_role_that_only_the_deployment_knows_passes(role: str) -> None:
    """In whole or in part, alone or in a chain."""
    assert ([], f"'{role}'") == (_messages(role), role_clause.role_text(role))


@pytest.mark.parametrize(
    ("role", "arns"),
    [
        (FIRST, [FIRST]),
        (_Chain(), [FIRST, SECOND]),
        ("${Token[a,b.7]},x", ["${Token[a,b.7]}", "x"]),
        ("default", []),
        ("SESSION", []),
        (7, []),
    ],
)
def test_a_chain_is_taken_apart(role: object, arns: list[str]) -> None:
    """At its commas, but not inside a token."""
    assert arns == role_clause.arns_of(role_clause.read(role))


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
    """Each statement names it, and asks it only once."""
    role = _Role()

    assert f"'{FIRST}'" in STATEMENTS[statement](role)
    assert 1 == role.readings


def test_the_role_of_the_catalog_is_read_once() -> None:
    """It may be another one than that of the data."""
    role = _Role()
    written = sql.create_external_schema("s", database="d", role="default", catalog_role=role)

    assert written.endswith(f"IAM_ROLE default CATALOG_ROLE '{FIRST}';")
    assert 1 == role.readings
