"""
What stands for a value that only the deployment knows.
"""

from __future__ import annotations

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
