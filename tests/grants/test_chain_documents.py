"""The policies of a role chain as documents."""

from __future__ import annotations

import pytest

from redshift_roles.grants.chain_documents import permissions_policy, trust_policy
from tests.support.builders import arn
from tests.support.iam import Assumption, assumed

FIRST, SECOND = arn("First"), arn("Second", account="222222222222")
OTHER = arn("Other")


@pytest.mark.parametrize("second", [SECOND, arn("Second")], ids=["another account", "one account"])
def test_fails_when_a_side_of_the_link_is_missing(second: str) -> None:
    """An evaluator that is not ours: both sides let the first role in, one alone does not, and no other role
    comes in.
    """
    mine, theirs = permissions_policy(second), trust_policy(FIRST)
    assert [True, False, False, False, False] == assumed(
        [
            Assumption(FIRST, second, theirs, [mine]),
            Assumption(FIRST, second, trust_policy(OTHER), [mine]),
            Assumption(OTHER, second, theirs, [mine]),
            Assumption(FIRST, f"{second}2", trust_policy(OTHER), [mine]),
            Assumption(second, FIRST, trust_policy(OTHER), [mine]),
        ]
    )


def test_fails_when_the_permission_of_a_link_across_accounts_is_missing() -> None:
    """Trust is not enough there; and the permission is for the next role alone."""
    theirs = trust_policy(FIRST)

    assert [False, False] == assumed(
        [Assumption(FIRST, SECOND, theirs), Assumption(FIRST, f"{SECOND}2", theirs, [permissions_policy(SECOND)])]
    )


def test_each_role_may_assume_the_next_and_no_other() -> None:
    """The page on role chaining writes it so."""
    assert {
        "Version": "2012-10-17",
        "Statement": [
            {"Sid": "AssumeNextRoles", "Effect": "Allow", "Action": "sts:AssumeRole", "Resource": SECOND},
        ],
    } == permissions_policy(SECOND)


def test_each_role_trusts_the_one_before_and_no_other() -> None:
    """The role itself, not its whole account."""
    assert {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Principal": {"AWS": FIRST}, "Action": "sts:AssumeRole"}],
    } == trust_policy(FIRST)
