"""Patterns as IAM writes them."""

from __future__ import annotations

import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from redshift_roles.aws.iam_patterns import matches


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        ("", "a"),
        ("a", ""),
        ("a", "aa"),
        ("aa", "a"),
        ("a*", "ba"),
        ("*a", "ab"),
        ("a*a", "a"),
        ("ab*ba", "aba"),
        ("*b*", "aaa"),
        ("a*b*c", "acb"),
        ("?", ""),
        ("?", "aa"),
        ("a?c", "ac"),
        ("*a?", "a"),
        ("*a?*", "ba"),
        ("[ab]", "a"),
        ("a.c", "abc"),
        ("A", "a"),
    ],
)
def test_a_text_that_differs_is_no_match(pattern: str, text: str) -> None:
    """Letters count as they are, brackets and dots mean themselves."""
    assert not matches(pattern, text)


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        ("", ""),
        ("a", "a"),
        ("*", ""),
        ("*", "any:text/at all\n"),
        ("**", "a"),
        ("a*", "a"),
        ("a*a", "aa"),
        ("ab*ba", "abba"),
        ("*b*", "abc"),
        ("a*b*b", "abbb"),
        ("?", "\n"),
        ("a?c", "a?c"),
        ("?*?", "ab"),
        ("*a?*", "bab"),
        ("[ab]", "[ab]"),
        ("arn:aws:iam::*:role/redshift-*", "arn:aws:iam::111111111111:role/redshift-loader"),
    ],
)
def test_a_star_is_any_text_and_a_question_mark_any_character(pattern: str, text: str) -> None:
    """None at all is a text too."""
    assert matches(pattern, text)


@given(st.text("ab*?", max_size=9), st.text("ab", max_size=9))
def test_a_pattern_matches_what_its_regular_expression_does(pattern: str, text: str) -> None:
    """Which is slower to tell."""
    expression = pattern.replace("*", ".*").replace("?", ".")

    assert (re.fullmatch(expression, text) is not None) == matches(pattern, text)


@pytest.mark.parametrize("star", ["*a", "*a?", "*?", "?*a"])
def test_many_stars_take_no_time(star: str) -> None:
    """A regular expression would try every way to share the text among them."""
    began = time.monotonic()

    assert not matches(f"{star * 2_000}b", "a" * 8_000)
    assert 2 > time.monotonic() - began
