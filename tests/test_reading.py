"""
CDK objects as plain facts.
"""

from __future__ import annotations

from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_iam as iam
from constructs import Construct

from redshift_roles import RedshiftRole, reading, role_arns
from tests.conftest import ACCOUNT, OTHER_ACCOUNT, REGION


@pytest.mark.parametrize(
    ("value", "token"),
    [
        ("plain", False),
        (7, False),
        (-1.5, False),
        (True, False),
        (None, False),
        (["plain"], False),
        (cdk.Aws.ACCOUNT_ID, True),
        (f"arn:{cdk.Aws.PARTITION}:iam::1:role/x", True),
        (cdk.Token.as_number(cdk.Fn.ref("Port")), True),
        (cdk.Token.as_list(cdk.Fn.ref("Roles")), True),
        (["plain", cdk.Aws.REGION], True),
    ],
    ids=["text", "whole", "real", "flag", "none", "list", "token", "concatenation", "number", "token list", "mixed"],
)
def test_a_token_is_known_without_a_crossing(value: object, token: bool) -> None:
    """
    Strings, numbers and lists that stand for something else are told from literals.
    """
    assert token is reading.is_token(value)


def test_known_arguments_are_given_and_no_tokens() -> None:
    """
    None and tokens are left out; falsy values stay.
    """
    assert {"a": "x", "c": 0, "d": False, "e": ()} == reading.known(a="x", b=None, c=0, d=False, e=(), f=cdk.Aws.REGION)


def test_a_place_is_that_of_the_nearest_stack(app: cdk.App, stack: cdk.Stack, agnostic: cdk.Stack) -> None:
    """
    Account and region are known or not; a nested stack knows its top; the stage is the app where there is no other.
    """
    known, unknown = reading.place_of(Construct(stack, "Scope")), reading.place_of(agnostic)
    nested = cdk.NestedStack(cdk.NestedStack(stack, "Nested"), "Deep")
    staged = cdk.Stack(cdk.Stage(app, "Stage"), "Stack")

    assert (stack, stack, ACCOUNT, REGION, app) == (known.stack, known.top, known.account, known.region, known.root)
    assert (role_arns.THIS_ACCOUNT, None) == (unknown.account, unknown.region)
    assert (nested, stack) == (reading.place_of(nested).stack, reading.place_of(nested).top)
    assert app is known.stage
    assert reading.place_of(staged).stage is staged.node.scope
    assert known is reading.place_of(stack)


def test_labels_have_paths_only_when_asked_for(stack: cdk.Stack) -> None:
    """
    A message has the role's path; the first look does without.
    """
    role, place = RedshiftRole(stack, "Role"), reading.place_of(stack)

    def labels(labelled: bool) -> list[str]:
        return [facts.label for facts in reading.role_facts([role], place, "roles", labelled=labelled)]

    assert (["roles[0]"], ["roles[0] (Data/Role)"]) == (labels(False), labels(True))


def test_the_same_role_reads_the_same_whoever_made_it(stack: cdk.Stack) -> None:
    """
    A role and an import of its own ARN token have one text, though nobody knows its name.
    """
    role, place = RedshiftRole(stack, "Role"), reading.place_of(stack)
    again = iam.Role.from_role_arn(stack, "Again", role.role_arn)
    other = RedshiftRole(stack, "Other")

    def texts(*roles: iam.IRole) -> list[str]:
        return [facts.text for facts in reading.role_facts(roles, place, "roles")]

    for order in ([role, again, other], [again, other, role]):
        assert 2 == len(set(texts(*order)))


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
    assert account == reading.account_of(arn, home, reading.place_of(stack))


def test_a_role_arn_is_read_once(stack: cdk.Stack) -> None:
    """
    Later readings take what was read before, or what the cluster's list told.
    """
    role, other = RedshiftRole(stack, "Role"), RedshiftRole(stack, "Other")
    first = reading.role_arn(role)
    reading.remember_role_arns([other], ["told"])

    assert first is reading.role_arn(role)
    assert "told" == reading.role_arn(other)
