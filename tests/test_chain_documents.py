"""
The policies of a role chain as documents.
"""

from __future__ import annotations

from redshift_roles.chain_documents import permissions_policy, trust_policy
from tests.builders import arn

FIRST, SECOND = arn("First"), arn("Second", account="222222222222")


def test_each_role_may_assume_the_next_and_no_other() -> None:
    """
    The page on role chaining writes it so.
    """
    assert {
        "Version": "2012-10-17",
        "Statement": [
            {"Sid": "AssumeNextRoles", "Effect": "Allow", "Action": "sts:AssumeRole", "Resource": SECOND},
        ],
    } == permissions_policy(SECOND)


def test_each_role_trusts_the_one_before_and_no_other() -> None:
    """
    The role itself, not its whole account.
    """
    assert {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Principal": {"AWS": FIRST}, "Action": "sts:AssumeRole"}],
    } == trust_policy(FIRST)
