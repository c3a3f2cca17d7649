"""The answers of a snapshot, stored in its physical id after the association that it is for.

The first answer is about the present cluster and role, and always counts. The others are about former ones, each with
the time when it was replaced. A rollback needs them minutes later; they count for one day.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from typing import NamedTuple
from urllib.parse import quote, unquote

_START = "before"
# Longer than a rollback takes.
_KEPT_SECONDS = 86_400
# CloudFormation accepts a physical id of 1,024 characters.
_MAX_LENGTH = 1024
# What a snapshot answers of a role that was associated, and of one that was not.
FOUND = "true"
NOT_FOUND = "false"


class _Entry(NamedTuple):
    """An answer about a cluster and a role, and when it was replaced; None for the present one."""

    key: str
    answer: str
    until: float | None = None

    def counts(self, now: float) -> bool:
        """Return whether it is present, or was until lately."""
        return self.until is None or now - self.until < _KEPT_SECONDS


def key_of(cluster: str, role: str) -> str:
    """Return a short key for a cluster and a role."""
    return hashlib.sha256(f"{cluster}\n{role}".encode()).hexdigest()[:16]


def association_of(physical_id: str) -> str:
    """Return the logical id of the association that a snapshot is for."""
    return _parts(physical_id)[0]


def is_of(physical_id: str, key: str, since: float) -> bool:
    """Return whether a snapshot is about this cluster and role now, or was at that time."""
    entries = _entries(physical_id)
    then = [entry for entry in entries if entry.until is None or entry.until > since]
    return key in {entry.key for entry in (*entries[:1], *then[-1:])}


def read(physical_ids: Iterable[str], key: str, now: float) -> str | None:
    """Return the answer that snapshots have stored, if one still counts: a present one before a former one.

    A role that one of them did not find is ours since, whatever the others found later.
    """
    stored = ([each for each in _entries(name) if each.key == key and each.counts(now)] for name in physical_ids)
    latest = [entries[0] for entries in stored if entries]
    latest.sort(key=lambda entry: (entry.until is not None, entry.answer == FOUND))
    return latest[0].answer if latest else None


def write(physical_id: str, association: str, key: str, answer: str, now: float) -> str:
    """Return a physical id with the association, the present answer, and as many former ones as fit, the last first."""
    entries = [entry for entry in _entries(physical_id) if entry.counts(now)]
    if entries and entries[0].key == key:
        entries.pop(0)
    texts = [f"{key}={quote(answer, safe=':/')}"]
    for entry in entries:
        until = int(now if entry.until is None else entry.until)
        texts.append(f"{entry.key}={quote(entry.answer, safe=':/')}@{until:x}")
    start = f"{_START}/{association}/"
    while len(start + ",".join(texts)) > _MAX_LENGTH and len(texts) > 1:
        texts.pop()
    return start + ",".join(texts)


def _parts(physical_id: str) -> tuple[str, str]:
    """Return the association and the answers; of another physical id nothing."""
    start, _, rest = physical_id.partition("/")
    association, _, answers = rest.partition("/")
    return (association, answers) if start == _START else ("", "")


def _entries(physical_id: str) -> list[_Entry]:
    return [_entry(text) for text in _parts(physical_id)[1].split(",") if text]


def _entry(text: str) -> _Entry:
    key, _, rest = text.partition("=")
    answer, _, until = rest.partition("@")
    return _Entry(key, unquote(answer), float(int(until, 16)) if until else None)
