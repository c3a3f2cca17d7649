"""What facts say of themselves."""

from __future__ import annotations

import pytest

from redshift_roles.aws.arns import THIS_ACCOUNT, THIS_PARTITION, parse
from redshift_roles.aws.placeholders import placeholder
from redshift_roles.rules.facts import RoleFacts
from tests.conftest import ACCOUNT, OTHER_ACCOUNT
from tests.support.builders import arn, association, role

OURS = role()
FOREIGN = role(arn=arn(account=OTHER_ACCOUNT))
CONDITIONAL = FOREIGN._replace(conditional=True)
ANYWHERE = role(arn=arn(account=THIS_ACCOUNT))
UNKNOWN = role(arn=placeholder("Imported"))


@pytest.mark.parametrize(
    ("text", "account", "literal"),
    [
        (arn(), ACCOUNT, ACCOUNT),
        (arn(account=THIS_ACCOUNT), THIS_ACCOUNT, None),
        (arn(account=placeholder("Parameter")), None, None),
        (placeholder("Imported"), None, None),
    ],
)
def test_an_account_is_literal_only_in_digits(text: str, account: str | None, literal: str | None) -> None:
    """The account of the deployment is known to be that, but it is no literal one."""
    facts = role(arn=text)

    assert (account, literal, parse(text)) == (facts.account, facts.literal_account, facts.parsed)


@pytest.mark.parametrize(("region", "partition"), [(None, None), ("eu-west-1", "aws"), ("cn-north-1", "aws-cn")])
def test_a_region_is_in_a_partition(region: str | None, partition: str | None) -> None:
    """Without a region the partition is not known."""
    assert partition == association(region=region).partition


@pytest.mark.parametrize(
    ("account", "expected", "roles", "settled"),
    [
        (ACCOUNT, OTHER_ACCOUNT, [FOREIGN], ACCOUNT),
        (THIS_ACCOUNT, OTHER_ACCOUNT, [OURS], OTHER_ACCOUNT),
        (THIS_ACCOUNT, None, [], THIS_ACCOUNT),
        (THIS_ACCOUNT, None, [ANYWHERE, UNKNOWN], THIS_ACCOUNT),
        (THIS_ACCOUNT, None, [ANYWHERE, OURS], ACCOUNT),
        (THIS_ACCOUNT, None, [CONDITIONAL, OURS], ACCOUNT),
        (THIS_ACCOUNT, None, [CONDITIONAL], THIS_ACCOUNT),
        (THIS_ACCOUNT, None, [OURS, FOREIGN], ACCOUNT),
        (THIS_ACCOUNT, None, [role(arn=arn(account="12345")), OURS], ACCOUNT),
    ],
)
def test_a_stack_can_be_of_one_account(
    account: str, expected: str | None, roles: list[RoleFacts], settled: str
) -> None:
    """Its own, else that of the top-level stack, else that of the first literal role that no condition drops."""
    assert settled == association(account=account, expected_account=expected, roles=roles).settled_account


@pytest.mark.parametrize(
    ("text", "identity"),
    [
        ("arn:aws:iam::111111111111:role/A", "111111111111:role/A"),
        (f"arn:{THIS_PARTITION}:iam::{THIS_ACCOUNT}:role/A", "111111111111:role/A"),
        ("arn:aws:iam::222222222222:role/A", "222222222222:role/A"),
        ("arn:aws:iam::111111111111:user/A", "arn:aws:iam::111111111111:user/A"),
        (placeholder("Data#Role"), placeholder("Data#Role")),
        ("garbage", "garbage"),
    ],
)
def test_a_role_has_one_identity_however_it_is_written(text: str, identity: str) -> None:
    """Account, path and name where they are known, else what is written."""
    facts = association(roles=[role(arn=text)])

    assert (identity,) == facts.identities
    assert identity == facts.identity(role(arn=text))
