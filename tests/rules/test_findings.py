"""The exact text of findings and errors."""

from __future__ import annotations

import pickle

import pytest

from redshift_roles.rules.findings import MOST, Finding, RoleAssociationError, printable, shortened

QUOTA = Finding(
    "RoleQuotaExceeded",
    "Data/Warehouse",
    "'roles' has 12 entries, 'role_limit' is 10",
    "drop 2 roles, or pass role_limit=12 (the AWS quota in eu-west-1 is 50)",
    "https://docs.aws.amazon.com/quotas",
)
MISMATCH = Finding(
    "RoleAccountMismatch",
    "Data/Warehouse",
    "roles[3] (Data/Imported) is in account 222222222222, the cluster is in 111111111111",
    "associate a role of account 111111111111",
    "https://docs.aws.amazon.com/roles",
)
ELSEWHERE = Finding("InvalidArgument", "Data/Role", "'path' is empty", "pass a path", "https://docs.aws.amazon.com/iam")

QUOTA_TEXT = """\
  RoleQuotaExceeded: 'roles' has 12 entries, 'role_limit' is 10
    fix: drop 2 roles, or pass role_limit=12 (the AWS quota in eu-west-1 is 50)
    source: https://docs.aws.amazon.com/quotas"""
MISMATCH_TEXT = """\
  RoleAccountMismatch: roles[3] (Data/Imported) is in account 222222222222, the cluster is in 111111111111
    fix: associate a role of account 111111111111
    source: https://docs.aws.amazon.com/roles"""
ELSEWHERE_TEXT = """\
  InvalidArgument: 'path' is empty
    fix: pass a path
    source: https://docs.aws.amazon.com/iam"""
BOTH_TEXT = f"Data/Warehouse: 2 rules broken\n{QUOTA_TEXT}\n{MISMATCH_TEXT}"


@pytest.mark.parametrize(
    ("findings", "text"),
    [
        ([QUOTA], f"Data/Warehouse: 1 rule broken\n{QUOTA_TEXT}"),
        ([QUOTA, MISMATCH], BOTH_TEXT),
        (
            [QUOTA, MISMATCH, ELSEWHERE],
            f"{BOTH_TEXT}\nData/Role: 1 rule broken\n{ELSEWHERE_TEXT}",
        ),
    ],
    ids=["one finding", "two findings", "two paths"],
)
def test_an_error_reports_everything_under_the_path_it_is_about(findings: list[Finding], text: str) -> None:
    """Each path is a heading with its count; each finding is three lines: rule, fix and source."""
    assert text == str(RoleAssociationError(findings))


def test_an_error_keeps_its_findings_in_a_tuple() -> None:
    """In the order of the iterable it was made with."""
    error = RoleAssociationError(finding for finding in (QUOTA, MISMATCH))

    assert (QUOTA, MISMATCH) == error.findings


def test_an_error_is_a_value_error_of_the_public_package() -> None:
    """Callers may catch ValueError, and a traceback shows the public name."""
    assert issubclass(RoleAssociationError, ValueError)
    assert ("redshift_roles", "RoleAssociationError") == (
        RoleAssociationError.__module__,
        RoleAssociationError.__qualname__,
    )


def test_an_error_survives_pickling() -> None:
    """A test runner that works in several processes hands errors over whole."""
    error = RoleAssociationError([QUOTA, ELSEWHERE])
    copy = pickle.loads(pickle.dumps(error))  # noqa: S301  our own bytes

    assert (error.findings, str(error)) == (copy.findings, str(copy))


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("role/Loader: ключ 鍵", "role/Loader: ключ 鍵"),
        ("", ""),
        ("a\nb\r\t\x1b[0m\x7f", r"a\nb\r\t\x1b[0m\x7f"),
        ("\u202eabc\u2028\U000e0001\udcff", r"\u202eabc\u2028\U000e0001\udcff"),
    ],
)
def test_control_characters_are_written_as_escapes(text: str, shown: str) -> None:
    """Letters of every script are left alone."""
    assert shown == printable(text)


@pytest.mark.parametrize(("count", "last"), [(0, []), (1, ["0"]), (MOST, ["49"]), (MOST + 1, ["49, and 1 more"])])
def test_a_list_of_findings_is_cut_at_fifty(count: int, last: list[str]) -> None:
    """Each finding is kept once, and the last one says how many are left out."""
    reported = [str(number) for number in range(count) for _ in range(2)]
    kept = shortened(reported, str.__add__)

    assert (min(count, MOST), last) == (len(kept), kept[-1:])
