"""Targets, and whether they were reached."""

from __future__ import annotations

from typing import Final

MISSED: Final = "**missed**"


def reached(value: float, most: float) -> bool:
    """Compare what the table shows, with its two digits."""
    return round(value, 2) <= most


def target(value: float, most: float, unit: str = "") -> str:
    """Write a target beside what was measured; one that was not reached says so."""
    written = f"≤ {most:.2f}{unit}"
    return written if reached(value, most) else f"{written} {MISSED}"
