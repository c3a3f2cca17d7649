"""
Targets of the benchmark.
"""

from __future__ import annotations

import pytest

from bench.targets import MISSED, reached, target


@pytest.mark.parametrize(("value", "missed"), [(1.051, ""), (1.056, f" {MISSED}"), (0.2, ""), (2.0, f" {MISSED}")])
def test_a_target_that_was_missed_says_so(value: float, missed: str) -> None:
    """
    With the digits of the table.
    """
    assert f"≤ 1.05 s{missed}" == target(value, 1.05, " s")
    assert reached(value, 1.05) == (not missed)
