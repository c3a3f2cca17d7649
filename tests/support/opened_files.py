"""The files that a test opens, from the audit events of Python."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager

_listeners: list[list[str]] = []


def _listen(event: str, arguments: tuple[object, ...]) -> None:
    if event == "open" and _listeners and isinstance(arguments[0], (str, bytes)):
        name = os.fsdecode(arguments[0])
        if not name.endswith((".py", ".pyc")):
            _listeners[-1].append(name)


sys.addaudithook(_listen)


@contextmanager
def opened_files() -> Iterator[list[str]]:
    """Collect the files that are opened, except modules."""
    _listeners.append([])
    try:
        yield _listeners[-1]
    finally:
        _listeners.pop()
