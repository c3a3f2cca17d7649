"""JSON templates.

A text flows in; plain dictionaries and lists, and the line of a resource where the text tells it, flow out.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from typing import Final

from redshift_roles.templates.assembly import Json
from redshift_roles.templates.unusable import MAX_DEPTH, Lines, UnusableError, without_marks

# Every text, so that none is begun in its middle; what follows tells the key of an object.
_TEXT: Final = re.compile(r'"([^"\\]*(?:\\.[^"\\]*)*)"(\s*:\s*\{)?', re.DOTALL)


def parse(text: str) -> Json:
    """Read a JSON document.

    Raises:
        UnusableError: The text is not JSON, or too deep to be a template.
    """
    try:
        body = json.loads(without_marks(text), object_pairs_hook=_mapping)
    except UnusableError:
        raise
    except json.JSONDecodeError as error:
        raise UnusableError(f"line {error.lineno}: not JSON: {error.msg}") from None
    except ValueError as error:
        raise UnusableError(f"not JSON: {error}") from None
    except RecursionError:
        raise UnusableError(f"nested deeper than {MAX_DEPTH} levels") from None
    if _is_deep(body):
        raise UnusableError(f"nested deeper than {MAX_DEPTH} levels")
    return body


def _mapping(pairs: list[tuple[str, Json]]) -> dict[str, Json]:
    """Make an object, and refuse a key that stands twice: the second would silently replace the first."""
    made = dict(pairs)
    if len(made) != len(pairs):
        key = next(key for key, count in Counter(key for key, _ in pairs).items() if count > 1)
        raise UnusableError(f"the key '{key}' stands twice")
    return made


def _is_deep(body: Json) -> bool:
    level = [body]
    for _ in range(MAX_DEPTH):
        level = [
            child
            for node in level
            for child in (node.values() if isinstance(node, dict) else node if isinstance(node, list) else ())
            if isinstance(child, (dict, list))
        ]
        if not level:
            return False
    return True


def lines(text: str) -> Lines:
    """Find the lines on which objects begin, by their keys; a key that two objects have leads to no line."""
    found: dict[str, list[int]] = {}
    line, end = 1, 0
    for match in _TEXT.finditer(text):
        if match[2]:
            line += text.count("\n", end, match.start())
            end = match.start()
            found.setdefault(match[1], []).append(line)
    return {(_unescaped(name),): at[0] for name, at in found.items() if len(at) == 1}


def _unescaped(name: str) -> str:
    return str(json.loads(f'"{name}"', strict=False)) if "\\" in name else name
