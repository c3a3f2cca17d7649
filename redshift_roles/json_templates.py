"""
JSON templates.

A text flows in; plain dictionaries and lists, and the line of a resource where the text tells it, flow out.
"""

from __future__ import annotations

import json
import re

from redshift_roles.assembly import Json
from redshift_roles.unusable import MAX_DEPTH, UnusableError, without_marks


def parse(text: str) -> Json:
    """
    Read a JSON document.

    Raises:
        UnusableError: The text is not JSON, or too deep to be a template.
    """
    try:
        body = json.loads(without_marks(text))
    except json.JSONDecodeError as error:
        raise UnusableError(f"line {error.lineno}: not JSON: {error.msg}") from None
    except ValueError as error:
        raise UnusableError(f"not JSON: {error}") from None
    except RecursionError:
        raise UnusableError(f"nested deeper than {MAX_DEPTH} levels") from None
    if _is_deep(body):
        raise UnusableError(f"nested deeper than {MAX_DEPTH} levels")
    return body


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


def line_of(text: str, logical_id: str) -> int | None:
    """
    Find the line of a resource; None where the text has its name as a key more than once.
    """
    found = [match.start() for match in re.finditer(re.escape(json.dumps(logical_id)) + r"\s*:\s*\{", text)]
    return text.count("\n", 0, found[0]) + 1 if len(found) == 1 else None
