"""Which roles the resources of a statement stand for."""

from __future__ import annotations

import time

import pytest

from redshift_roles.aws import iam_patterns
from redshift_roles.aws.arns import THIS_ACCOUNT, THIS_PARTITION
from redshift_roles.aws.placeholders import placeholder
from tests.conftest import ACCOUNT, OTHER_ACCOUNT


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
def test_a_pattern_may_stand_for_every_role(text: str) -> None:
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
def test_a_pattern_may_stand_for_some_or_none(text: str) -> None:
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


def test_no_pattern_takes_long() -> None:
    """Many stars, and a name that is almost matched."""
    text = f"arn:aws:iam::{ACCOUNT}:role/" + "*a" * 30 + "b"
    start = time.perf_counter()

    assert not iam_patterns.matches_role(text, ACCOUNT, "role/" + "a" * 64)
    assert not iam_patterns.is_every_role(text, {ACCOUNT})
    assert time.perf_counter() - start < 1
