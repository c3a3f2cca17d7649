"""Patterns as IAM writes them: in actions, in resources and in the values of conditions.

A pattern and a text flow in; whether they match flows out, in time that grows with their lengths only.
"""

from __future__ import annotations

import re


def matches(pattern: str, text: str) -> bool:
    """Match as IAM does: ``*`` is any text, ``?`` any one character, and nothing else is special."""
    first, *rest = pattern.split("*")
    if not rest:
        return len(pattern) == len(text) and _stands(pattern, text, 0)
    *between, last = rest
    start, end = len(first), len(text) - len(last)
    if end < start or not _stands(first, text, 0) or not _stands(last, text, end):
        return False
    for part in between:
        found = _find(part, text, start, end)
        if found < 0:
            return False
        start = found + len(part)
    return True


def _stands(part: str, text: str, start: int) -> bool:
    """Say whether a part without stars stands at a place of the text."""
    return _find(part, text, start, start + len(part)) == start


def _find(part: str, text: str, start: int, end: int) -> int:
    """Find the first place of a part without stars, where the next one has most room; -1 when there is none."""
    if "?" not in part:
        return text.find(part, start, end)
    literal = re.compile(".".join(re.escape(piece) for piece in part.split("?")), re.DOTALL)
    match = literal.search(text, start, end)
    return match.start() if match else -1
