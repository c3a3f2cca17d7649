"""The README, kept: its Python blocks run, and one that is followed by a text block must raise exactly that error."""

from __future__ import annotations

import re
from collections.abc import Iterable

from sybil import Document, Example, Region

_BLOCK = re.compile(r"```python\n(?P<code>.*?)```\n(\n```text\n(?P<error>.*?)```\n)?", re.DOTALL)


class ReadmeParser:
    """Find the Python blocks, each with the error it promises, if any."""

    def __call__(self, document: Document) -> Iterable[Region]:
        """Yield one region for each block."""
        for match in _BLOCK.finditer(document.text):
            line = document.text.count("\n", 0, match.start("code"))
            code = compile("\n" * line + match["code"], document.path, "exec")
            yield Region(match.start(), match.end(), (code, match["error"]), _run)


def _run(example: Example) -> str | None:
    code, promised = example.parsed
    if promised is None:
        exec(code, example.namespace)  # noqa: S102  the README is ours
        return None
    try:
        exec(code, example.namespace)  # noqa: S102
    except Exception as error:  # noqa: BLE001  whatever it raises is compared
        found = f"{type(error).__module__}.{type(error).__name__}: {error}"
        return None if found == promised.strip() else f"README promises\n{promised}\nbut it is\n{found}"
    return "README promises an error and there is none"
