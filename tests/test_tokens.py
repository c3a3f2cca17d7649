"""
What stands for a value that only the deployment knows.
"""

from __future__ import annotations

from typing import Any

import aws_cdk as cdk
import pytest

from redshift_roles import tokens


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
    assert token is tokens.is_token(value)


def test_known_arguments_are_given_and_no_tokens() -> None:
    """
    None and tokens are left out; falsy values stay.
    """
    assert {"a": "x", "c": 0, "d": False, "e": ()} == tokens.known(a="x", b=None, c=0, d=False, e=(), f=cdk.Aws.REGION)


@pytest.mark.parametrize(
    ("seconds", "duration"),
    [(None, None), (90.0, cdk.Duration.seconds(90)), (0.5, cdk.Duration.millis(500)), (None, "7")],
)
def test_durations_are_read_in_seconds(seconds: float | None, duration: Any) -> None:
    """
    What is no duration is left to the check of its kind.
    """
    assert seconds == tokens.seconds_of(duration)


def test_a_duration_that_is_a_token_is_not_known() -> None:
    """
    Only the deployment knows how long it is.
    """
    assert tokens.seconds_of(cdk.Duration.days(cdk.Token.as_number(cdk.Fn.ref("Days")))) is None
