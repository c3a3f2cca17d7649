"""What facts say of themselves."""

from __future__ import annotations

import pytest

from redshift_roles.aws.arns import THIS_ACCOUNT, THIS_PARTITION, parse
from redshift_roles.aws.placeholders import placeholder
from redshift_roles.rules.facts import RoleFacts
from tests.conftest import ACCOUNT, OTHER_ACCOUNT
from tests.support.builders import arn, association, role

OURS = role()
CONDITIONAL = role(arn=arn(account=OTHER_ACCOUNT), conditional=True)
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
def test_a_association_is_in_the_partition_of_its_region(region: str | None, partition: str | None) -> None:
    """Without a region the partition is not known."""
    assert partition == association(region=region).partition


def test_a_association_of_a_known_account_is_settled_by_it() -> None:
    """Neither its roles nor its neighbours can move a stack that names its account."""
    facts = association(roles=[role(arn=arn(account=OTHER_ACCOUNT))], expected_account=OTHER_ACCOUNT)

    assert facts.settled_account == ACCOUNT


def test_a_association_of_no_account_is_settled_by_what_its_neighbours_name() -> None:
    """The account that the top-level stack is bound to goes before the account of the association's own roles."""
    facts = association(account=THIS_ACCOUNT, roles=[OURS], expected_account=OTHER_ACCOUNT)

    assert facts.settled_account == OTHER_ACCOUNT


@pytest.mark.parametrize(
    ("roles", "account"),
    [
        ([], THIS_ACCOUNT),
        ([ANYWHERE, UNKNOWN], THIS_ACCOUNT),
        ([ANYWHERE, OURS], ACCOUNT),
        ([CONDITIONAL, OURS], ACCOUNT),
        ([CONDITIONAL], THIS_ACCOUNT),
        ([OURS, role(arn=arn(account=OTHER_ACCOUNT))], ACCOUNT),
    ],
    ids=["none", "unknown", "literal", "conditional first", "conditional only", "first of two"],
)
def test_a_association_of_no_account_is_settled_by_its_first_certain_literal_role(
    roles: list[RoleFacts], account: str
) -> None:
    """A role that a condition may drop settles nothing."""
    assert account == association(account=THIS_ACCOUNT, roles=roles).settled_account


def test_a_bad_account_number_settles_nothing() -> None:
    """Of two roles, the one whose account number is none does not say where the stack belongs."""
    facts = association(account=THIS_ACCOUNT, roles=[role(arn=arn(account="12345")), OURS])

    assert facts.settled_account == ACCOUNT


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
