"""What looks have seen, as text that CloudFormation keeps: the physical id of a look.

A physical id and an answer flow in; a physical id flows out. Pure.

The first entry is what the look is about now, and counts as long as that stays so. The others are what it was about
before, each with the time when that ended: a rollback needs them minutes later. After a day they count no more; others
may have changed the cluster since.
"""

from __future__ import annotations

import hashlib
from typing import NamedTuple
from urllib.parse import quote, unquote

_START = "before/"
# Longer than a rollback takes.
_KEPT_SECONDS = 86_400
# CloudFormation takes a physical id of 1,024 characters.
_MAX_LENGTH = 1000


class _Entry(NamedTuple):
    """What was seen, and until when it was kept up to date; None for what still is."""

    seen: str
    until: float | None


def key_of(cluster: str, role: str) -> str:
    """Name what a look is about in a few characters."""
    return hashlib.sha256(f"{cluster}\n{role}".encode()).hexdigest()[:16]


def recall(physical_id: str, key: str, now: float) -> str | None:
    """Say what was seen before, if that still counts."""
    entry = _young(_entries(physical_id), now).get(key)
    return None if entry is None else entry.seen


def remember(physical_id: str, key: str, seen: str, now: float) -> str:
    """Write a physical id that has what was seen now, and as much of what was seen before as it can hold."""
    former = _young(_entries(physical_id), now)
    former.pop(key, None)
    texts = [f"{key}={quote(seen, safe=':/')}"]
    texts += [
        f"{other}={quote(entry.seen, safe=':/')}@{int(now if entry.until is None else entry.until):x}"
        for other, entry in former.items()
    ]
    while len(",".join(texts)) > _MAX_LENGTH:
        texts.pop()
    return _START + ",".join(texts)


def _young(entries: dict[str, _Entry], now: float) -> dict[str, _Entry]:
    return {key: entry for key, entry in entries.items() if entry.until is None or now - entry.until < _KEPT_SECONDS}


def _entries(physical_id: str) -> dict[str, _Entry]:
    rest = physical_id.removeprefix(_START)
    return dict(map(_entry, rest.split(","))) if rest and rest != physical_id else {}


def _entry(text: str) -> tuple[str, _Entry]:
    key, _, rest = text.partition("=")
    seen, _, until = rest.partition("@")
    return key, _Entry(unquote(seen), float(int(until, 16)) if until else None)
