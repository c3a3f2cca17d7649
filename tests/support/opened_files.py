"""Which files a test opens, as Python's own audit tells."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager

_listeners: list[list[str]] = []


def _hear(event: str, arguments: tuple[object, ...]) -> None:
    if event == "open" and _listeners and isinstance(arguments[0], (str, bytes)):
        name = os.fsdecode(arguments[0])
        if not name.endswith((".py", ".pyc")):
            _listeners[-1].append(name)


sys.addaudithook(_hear)


@contextmanager
def opened_files() -> Iterator[list[str]]:
    """List the files that are opened, other than modules."""
    _listeners.append([])
    try:
        yield _listeners[-1]
    finally:
        _listeners.pop()
