"""Tokens as CDK writes them are known for what they are."""

from __future__ import annotations

import aws_cdk as cdk
import pytest

from redshift_roles.aws import placeholders
from redshift_roles.aws.placeholders import placeholder

LIST = cdk.Token.as_list(cdk.Fn.ref("Roles"))
NUMBER = cdk.Token.as_number(cdk.Fn.ref("Port"))
TEXT = cdk.Fn.ref("Name")


def _id(value: object) -> str:
    """Return a name for a case that is the same in each run, which the numbers of tokens are not."""
    return value if isinstance(value, str) and placeholders.readable(value) == value else type(value).__name__


@pytest.mark.parametrize(
    ("value", "kinds"),
    [
        *((value, "") for value in ("plain", 7, -1.5, True, None, ["plain"], "${aws:username}")),
        (cdk.Aws.REGION, "token text"),
        (f"arn:{cdk.Aws.PARTITION}:iam::1:role/x", "token text"),
        (TEXT, "token text nameless"),
        (f"a{TEXT}", "token text"),
        (NUMBER, "token number nameless"),
        (LIST[0], "token list nameless"),
        (LIST, "token nameless"),
        (["plain", cdk.Aws.REGION], "token"),
        (("x", LIST[0]), "token nameless"),
    ],
    ids=_id,
)
def test_each_kind_of_token_is_known(value: object, kinds: str) -> None:
    """A text, a number, an entry for a whole list; some have no name that people could read."""
    tests = {
        "token": placeholders.is_token,
        "text": placeholders.is_text_token,
        "number": placeholders.is_number_token,
        "list": placeholders.is_list_token,
        "nameless": placeholders.is_nameless,
    }

    assert [name for name, test in tests.items() if test(value)] == kinds.split()


@pytest.mark.parametrize(
    ("text", "written"),
    [
        (f"a-{cdk.Aws.REGION}-{TEXT}", "a-${AWS::Region}-${Token}"),
        (LIST[0], "${Token}"),
        (f"a/{NUMBER}/b", "a/${Token}/b"),
        (f"x{placeholder('AWS::AccountId')}y", "x${AWS::AccountId}y"),
        (placeholder("Data.template.json#Loader.Arn"), "${Loader.Arn}"),
        ("${aws:username}", "${aws:username}"),
    ],
    ids=_id,
)
def test_people_read_names_as_cloudformation_writes_them(text: str, written: str) -> None:
    """Without the file of a placeholder; a token that is no pseudo parameter has no name."""
    assert placeholders.readable(text) == written
