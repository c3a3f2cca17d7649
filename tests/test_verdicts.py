"""
The rules held against everything in an app.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from redshift_roles import verdicts
from redshift_roles.assembly import Assembly
from tests.rule_cases import Case, cases, named, write_cloud_assembly


def test_the_table_has_cases_of_every_kind() -> None:
    """
    Each has a name of its own, and most rules are broken by one.
    """
    names = [case.name for case in cases()]

    assert len(names) >= 60
    assert sorted(set(names)) == sorted(names)


@pytest.mark.parametrize("case", cases(), ids=lambda case: case.name)
def test_a_case_has_the_verdicts_of_the_table(case: Case, tmp_path: Path) -> None:
    """
    Neither fewer than an expert gives, nor more.
    """
    assembly = Assembly.read(write_cloud_assembly(case, tmp_path))

    assert case.expected == named(verdicts.judge(assembly, 10))
