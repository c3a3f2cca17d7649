"""What cannot be read as a template.

A text flows in; a text without what would mislead readers flows out, or one line that says why it is no template. Where
it is one, the lines of its resources flow out beside it.
"""

from __future__ import annotations

import re
from typing import Final

# Deeper than any template; CloudFormation's own limit on functions is far lower.
MAX_DEPTH: Final = 100
_MARK: Final = re.compile(r"\\u000[12]")

# The lines of resources, and below them of their sections and entries, by the keys that lead there from ``Resources``.
Lines = dict[tuple[str, ...], int]


class UnusableError(ValueError):
    """Templates that cannot be judged; its text is one line for people."""


def without_marks(text: str) -> str:
    """Take out of a JSON text the control characters that mark holes: no ARN has them, and readers trust them."""
    return _MARK.sub(r"\\ufffd", text) if "\\u000" in text else text
