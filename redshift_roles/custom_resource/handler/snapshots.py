"""The answers of a snapshot, stored in its physical id.

The first answer is about the present cluster and role, and always counts. The others are about former ones, each with
the time when it was replaced. A rollback needs them minutes later; they count for one day.
"""

from __future__ import annotations

import hashlib
from typing import NamedTuple
from urllib.parse import quote, unquote

_START = "before/"
# Longer than a rollback takes.
_KEPT_SECONDS = 86_400
# CloudFormation accepts a physical id of 1,024 characters.
_MAX_LENGTH = 1000


class _Entry(NamedTuple):
    """An answer, and when it was replaced; None for the present one."""

    answer: str
    until: float | None


def key_of(cluster: str, role: str) -> str:
    """Return a short key for a cluster and a role."""
    return hashlib.sha256(f"{cluster}\n{role}".encode()).hexdigest()[:16]


def read(physical_id: str, key: str, now: float) -> str | None:
    """Return the stored answer, if it still counts."""
    entry = _recent(_entries(physical_id), now).get(key)
    return None if entry is None else entry.answer


def write(physical_id: str, key: str, answer: str, now: float) -> str:
    """Return a physical id with the present answer, and as many former ones as fit."""
    former = _recent(_entries(physical_id), now)
    former.pop(key, None)
    texts = [f"{key}={quote(answer, safe=':/')}"]
    texts += [
        f"{other}={quote(entry.answer, safe=':/')}@{int(now if entry.until is None else entry.until):x}"
        for other, entry in former.items()
    ]
    while len(",".join(texts)) > _MAX_LENGTH:
        texts.pop()
    return _START + ",".join(texts)


def _recent(entries: dict[str, _Entry], now: float) -> dict[str, _Entry]:
    return {key: entry for key, entry in entries.items() if entry.until is None or now - entry.until < _KEPT_SECONDS}


def _entries(physical_id: str) -> dict[str, _Entry]:
    rest = physical_id.removeprefix(_START)
    return dict(map(_entry, rest.split(","))) if rest and rest != physical_id else {}


def _entry(text: str) -> tuple[str, _Entry]:
    key, _, rest = text.partition("=")
    answer, _, until = rest.partition("@")
    return key, _Entry(unquote(answer), float(int(until, 16)) if until else None)
