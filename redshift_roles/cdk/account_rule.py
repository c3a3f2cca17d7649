"""The CloudFormation Rule that keeps a stack in the account of its roles.

A stack that names no account can be deployed to any. The Rule of the top-level stack stops a deployment to another
account before any resource is touched.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Final

from aws_cdk import Aws, CfnRule, CfnRuleAssertion, Fn

from redshift_roles.aws import arns
from redshift_roles.cdk.location import Location, location_of
from redshift_roles.rules.registry import Problem, in_account

RULE_ID: Final = "RedshiftRolesAccount"


def expected_account(location: Location) -> str | None:
    """Return the account that the top-level stack's Rule asserts, or None while it has no Rule."""
    return location_of(location.top).asserted_account


def contradictions(
    location: Location, named: Iterable[tuple[str, str | None]], settled: str | None = None
) -> Iterator[Problem]:
    """Find named accounts that the top-level stack cannot be of, since its Rule asserts another one, or will."""
    expected = expected_account(location) or settled
    for label, account in named:
        if arns.differ(account, expected):
            message = in_account(label, account, "the stack", expected, named=True)
            yield Problem("", message, f"put what is of account {account} into a stack of its own")


def assert_account(location: Location, accounts: Iterable[str | None]) -> None:
    """Write the Rule when the stack names no account and one of these accounts, of roles or people, is known."""
    if location.account != arns.THIS_ACCOUNT or expected_account(location):
        return
    account = next((known for known in accounts if known and known != arns.THIS_ACCOUNT), None)
    if account:
        CfnRule(
            location.top,
            RULE_ID,
            assertions=[
                CfnRuleAssertion(
                    assert_=Fn.condition_equals(Aws.ACCOUNT_ID, account),
                    assert_description=f"This stack names IAM roles or people of account {account}; deploy it there.",
                )
            ],
        )
        location_of(location.top).asserted_account = account


@contextmanager
def withdrawn_on_error(location: Location) -> Iterator[None]:
    """Remove the Rule when the construct that it was written for fails halfway."""
    before = expected_account(location)
    try:
        yield
    except Exception:
        if before is None and expected_account(location):
            location_of(location.top).asserted_account = None
            location.top.node.try_remove_child(RULE_ID)
        raise
