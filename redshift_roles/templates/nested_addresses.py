"""Which given file the address of a nested template means.

An address and the files that were given flow in; one of those files flows out, or none. Nothing is opened.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Collection, Iterable
from pathlib import Path
from typing import Any, Final

_RUN: Final = re.compile(r"[\w./@+~%-]+")
SUFFIXES: Final = (".json", ".template", ".yaml", ".yml")
Parts = tuple[str, ...]


class GivenFiles:
    """Files by the ends of their paths.

    Args:
        paths: The files.
    """

    def __init__(self, paths: Iterable[Path] = ()) -> None:
        self._by_end: dict[Parts, list[Path]] = {}
        self._by_path: dict[Parts, Path] = {}
        self._depth = 0
        for path in paths:
            parts = _parts_of(path)
            self._depth = max(self._depth, len(parts))
            self._by_path[parts] = path
            for size in range(1, len(parts) + 1):
                self._by_end.setdefault(parts[-size:], []).append(path)

    def nested(self, address: Any, home: Path, above: Collection[Path]) -> Path | None:  # noqa: ANN401
        """Find the file that an address means: that of the very path, else the only one with the longest common end.

        Args:
            address: A ``TemplateURL``: a path relative to the template, a URL, or a function that makes one.
            home: The template that has it.
            above: That template, the one it is nested in, and so on. An address leads back to one of them only where
                nothing in it says otherwise.
        """
        is_literal = isinstance(address, str)
        is_relative = is_literal and "://" not in address
        beside = self._by_path.get(_parts_of(home.parent / address)) if is_relative else None
        if beside:
            return beside
        parts = _last_file(address)
        for size in range(min(len(parts), self._depth), 0, -1):
            ending = self._by_end.get(parts[-size:])
            is_whole = size == len(parts)
            if ending and (is_whole or not is_relative):
                found = ending[0] if len(ending) == 1 else None
                leads_back = is_literal and not is_relative and is_whole
                return found if found not in above or leads_back else None
        return None


def _parts_of(path: Path) -> Parts:
    return Path(os.path.abspath(path)).parts  # noqa: PTH100  links are not followed: a path is what it says


def _last_file(address: Any) -> Parts:  # noqa: ANN401
    """Take apart the last thing in an address that looks like a file, without the host before it."""
    text = address if isinstance(address, str) else json.dumps(address, ensure_ascii=False)
    runs = [run for run in _RUN.findall(text) if run.lower().endswith(SUFFIXES)]
    if not runs:
        return ()
    parts = [part for part in runs[-1].split("/") if part not in ("", ".", "..")]
    return tuple(parts[1:] if runs[-1].startswith("//") else parts)
