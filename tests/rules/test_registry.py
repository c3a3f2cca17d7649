"""Problems and the findings that rules make of them."""

from __future__ import annotations

import pytest

from redshift_roles.aws import quotas
from redshift_roles.rules.findings import Finding
from redshift_roles.rules.registry import POLICY_TOO_LARGE, Problem, in_account


@pytest.mark.parametrize(
    ("argument", "expected"),
    [("roles", True), ("roles[3]", True), ("roles.x", True), ("pass_roles", False), ("", False)],
)
def test_a_problem_concerns_an_argument_or_an_entry_of_it(argument: str, expected: bool) -> None:
    """Of any of those that are asked for."""
    assert expected is Problem(argument, "", "").concerns("port", "roles")


@pytest.mark.parametrize("source", [None, quotas.CREATE_ROLE])
def test_a_finding_may_cite_a_closer_page(source: quotas.Source | None) -> None:
    """Without one it cites that of its rule."""
    expected = Finding("PolicyTooLarge", "Data/Policy", "large", "split it", (source or quotas.IAM_QUOTAS).url)

    assert expected == POLICY_TOO_LARGE.finding("Data/Policy", Problem("", "large", "split it"), source)


def test_two_accounts_are_named() -> None:
    """That of a stack without an account is the one of a role that it names."""
    assert "'grantee' is in account 1, the role is in 2" == in_account("'grantee'", "1", "the role", "2")
    assert in_account("it", "1", "the stack", "2", named=True) == (
        "it is in account 1, the stack already names a role of 2 and can be of one account only"
    )
