"""
CDK objects as plain facts.
"""

from __future__ import annotations

from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_iam as iam

from redshift_roles import RedshiftRole, places, reading, role_arns
from tests.conftest import ACCOUNT, OTHER_ACCOUNT


def test_labels_have_paths_only_when_asked_for(stack: cdk.Stack) -> None:
    """
    A message has the role's path; the first look does without.
    """
    role, place = RedshiftRole(stack, "Role"), places.place_of(stack)

    def labels(labelled: bool) -> list[str]:
        return [facts.label for facts in reading.role_facts([role], place, "roles", labelled=labelled)]

    assert (["roles[0]"], ["roles[0] (Data/Role)"]) == (labels(False), labels(True))


def test_the_same_role_reads_the_same_whoever_made_it(stack: cdk.Stack) -> None:
    """
    A role and an import of its own ARN token have one text, though nobody knows its name.
    """
    role, place = RedshiftRole(stack, "Role"), places.place_of(stack)
    again = iam.Role.from_role_arn(stack, "Again", role.role_arn)
    other = RedshiftRole(stack, "Other")

    def texts(*roles: iam.IRole) -> list[str]:
        return [facts.text for facts in reading.role_facts(roles, place, "roles")]

    for order in ([role, again, other], [again, other, role]):
        assert 2 == len(set(texts(*order)))


@pytest.mark.parametrize(
    ("arn", "home", "account"),
    [
        (f"arn:aws:iam::{OTHER_ACCOUNT}:user/bob", ACCOUNT, OTHER_ACCOUNT),
        (cdk.Fn.import_value("user"), OTHER_ACCOUNT, OTHER_ACCOUNT),
        (cdk.Fn.import_value("user"), cdk.Aws.ACCOUNT_ID, role_arns.THIS_ACCOUNT),
        (cdk.Fn.import_value("user"), cdk.Fn.import_value("account"), None),
    ],
    ids=["named", "of a known stack", "of this deployment", "unknown"],
)
def test_an_account_is_the_one_of_the_arn_else_of_the_stack(
    stack: cdk.Stack, arn: str, home: str, account: str | None
) -> None:
    """
    An imported user is in the account its ARN names, wherever it was imported.
    """
    assert account == reading.account_of(arn, home, places.place_of(stack))


def test_a_role_arn_is_read_once(stack: cdk.Stack) -> None:
    """
    Later readings take what was read before, or what the cluster's list told.
    """
    role, other = RedshiftRole(stack, "Role"), RedshiftRole(stack, "Other")
    first = reading.role_arn(role)
    reading.remember_role_arns([other], ["told"])

    assert first is reading.role_arn(role)
    assert "told" == reading.role_arn(other)


@pytest.mark.parametrize(
    ("seconds", "duration"),
    [(None, None), (90.0, cdk.Duration.seconds(90)), (0.5, cdk.Duration.millis(500)), (None, "7")],
)
def test_durations_are_read_in_seconds(seconds: float | None, duration: Any) -> None:
    """
    What is no duration is left to the check of its kind.
    """
    assert seconds == reading.seconds_of(duration)


def test_a_duration_that_is_a_token_is_not_known() -> None:
    """
    Only the deployment knows how long it is.
    """
    assert reading.seconds_of(cdk.Duration.days(cdk.Token.as_number(cdk.Fn.ref("Days")))) is None
