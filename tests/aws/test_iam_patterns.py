"""Patterns as IAM writes them, and the roles that the resources of a statement may be."""

from __future__ import annotations

import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from redshift_roles.aws import iam_patterns
from redshift_roles.aws.arns import THIS_ACCOUNT, THIS_PARTITION
from redshift_roles.aws.iam_patterns import matches
from redshift_roles.aws.placeholders import placeholder
from tests.conftest import ACCOUNT, OTHER_ACCOUNT


@pytest.mark.parametrize(
    ("pattern", "text", "expected"),
    [
        ("", "", True),
        ("", "a", False),
        ("*", "any:text/at all\n", True),
        ("?", "\n", True),
        ("[ab]", "a", False),
        ("[ab]", "[ab]", True),
        ("a.c", "abc", False),
        ("A", "a", False),
        ("arn:aws:iam::*:role/redshift-*", "arn:aws:iam::111111111111:role/redshift-loader", True),
    ],
)
def test_a_star_is_any_text_and_a_question_mark_any_character(pattern: str, text: str, expected: bool) -> None:
    """None at all is a text too; letters count as they are, brackets and dots mean themselves."""
    assert matches(pattern, text) is expected


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ("arn:aws:s3:::data", "arn:aws:s3:::other", False),
        ("arn:aws:iam::111111111111:role/a", f"arn:{THIS_PARTITION}:iam::{THIS_ACCOUNT}:role/b", False),
        ("arn:aws:redshift:eu-west-1:1:cluster:*", "arn:aws:redshift:us-east-1:*:cluster:dwh", False),
        (placeholder("t#Landing.Arn"), placeholder("t#Other.Arn"), False),
        ("*", "arn:aws:s3:::data", True),
        ("arn:aws:redshift:eu-west-1:1:cluster:*", "arn:aws:redshift:*:*:cluster:dwh", True),
        ("arn:aws:iam::111111111111:role/*", f"arn:{THIS_PARTITION}:iam::{THIS_ACCOUNT}:role/b", True),
        ("redshift:modify*", "redshift:modifyclusteriamroles", True),
    ],
)
def test_patterns_overlap_where_each_part_of_one_may_be_that_of_the_other(one: str, other: str, expected: bool) -> None:
    """Whichever of both is the wider one there; the account and the partition may not be known."""
    assert expected is iam_patterns.overlap(one, other) is iam_patterns.overlap(other, one)


@given(st.text("ab*?", max_size=9), st.text("ab", max_size=9))
def test_a_pattern_matches_what_its_regular_expression_does(pattern: str, text: str) -> None:
    """Which backtracks."""
    expression = pattern.replace("*", ".*").replace("?", ".")

    assert matches(pattern, text) is (re.fullmatch(expression, text) is not None)


@pytest.mark.parametrize("star", ["*a", "*a?", "*?", "?*a"])
def test_many_stars_take_no_time(star: str) -> None:
    """A regular expression that backtracks would try every way to share the text among them."""
    began = time.monotonic()

    assert not matches(f"{star * 2_000}b", "a" * 8_000)
    assert time.monotonic() - began < 5


@pytest.mark.parametrize(
    "text",
    [
        "*",
        "arn:*",
        "arn:aws:iam::*",
        f"arn:{THIS_PARTITION}:iam::*",
        "arn:aws-cn:iam::*",
        f"arn:aws:iam::{ACCOUNT}:role/*",
        f"arn:aws:iam::{THIS_ACCOUNT}:role/*",
        f"arn:aws:iam::{ACCOUNT}:*",
        "arn:aws:iam::*:role*",
        "arn:aws:*:*:*:*",
    ],
)
def test_a_pattern_may_be_every_role(text: str) -> None:
    """In whatever partition."""
    assert iam_patterns.is_every_role(text, {ACCOUNT})
    assert iam_patterns.is_every_role(text, {THIS_ACCOUNT})
    assert iam_patterns.is_every_role(text, ())


@pytest.mark.parametrize(
    "text",
    [
        f"arn:aws:iam::{OTHER_ACCOUNT}:role/*",
        f"arn:aws:iam::{ACCOUNT}:role/team/*",
        f"arn:aws:iam::{ACCOUNT}:user/*",
        "arn:aws:s3:::*",
        "arn:aws:s3*",
        "arn",
        "",
        placeholder("Role"),
    ],
)
def test_a_pattern_may_be_some_roles_or_none(text: str) -> None:
    """Those of another account are none that this one can pass."""
    assert not iam_patterns.is_every_role(text, {ACCOUNT})


@pytest.mark.parametrize(
    ("text", "resource", "expected"),
    [
        (f"arn:aws:iam::{ACCOUNT}:role/L*", "role/Loader", True),
        (f"arn:aws:iam::{ACCOUNT}:role/Loade?", "role/Loader", True),
        ("arn:aws:iam::*:role/*/L*", "role/team/Loader", True),
        (f"arn:aws:iam::{ACCOUNT}:role/Data-L-????????????", f"role/Data-L-{placeholder('Data#L')}", True),
        (f"arn:aws:iam::{ACCOUNT}:role/{placeholder('Stack')}-*", f"role/{placeholder('Stack')}-L", True),
        (f"arn:aws:iam::{ACCOUNT}:role/Load?", "role/Loader", False),
        (f"arn:aws:iam::{OTHER_ACCOUNT}:role/L*", "role/Loader", False),
        ("arn:aws:iam::*", "role/Loader", False),
    ],
)
def test_a_pattern_matches_a_role_by_account_and_name(text: str, resource: str, expected: bool) -> None:
    """CloudFormation ends the names it makes in twelve letters and digits."""
    assert expected == iam_patterns.matches_role(text, ACCOUNT, resource)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("*", True),
        ("arn:aws:iam::*", True),
        (placeholder("Role"), True),
        ("arn:aws:iam::*:*", True),
        ("arn:aws:iam::*:ro*", True),
        (f"arn:aws:iam::{ACCOUNT}:role/Admin", True),
        (f"arn:aws:{placeholder('Service')}::{ACCOUNT}:{placeholder('Resource')}", True),
        (f"arn:aws:iam::{ACCOUNT}:policy/boundary", False),
        (f"arn:aws:iam::{ACCOUNT}:user/*", False),
        ("arn:aws:s3:::bucket/*", False),
    ],
)
def test_a_resource_may_be_a_role(text: str, expected: bool) -> None:
    """Unless what is literal in it says that it is something else."""
    assert expected == iam_patterns.may_be_role(text)
