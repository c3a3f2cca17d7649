"""Run the README and the pages of the documentation: all blocks of a page, in order, in a folder of its own.

- ``python`` runs, as one program with the other blocks of the page.
- ``yaml`` and ``json`` must be well-formed.
- ``console`` runs the commands that need no account and no registry, and checks what it can of the others.
- ``text`` or ``mermaid`` after one of these is what it prints, or the error that it raises.

A block that begins with ``# NAME.py`` or ``# NAME.yaml`` is written to that file; Python then runs when a command
runs it. A block in a comment (``<!-- python``) prepares something that readers have already.
"""

from __future__ import annotations

import io
import json
import os
import re
import shlex
import shutil
import tempfile
from collections.abc import Callable, Iterable
from contextlib import redirect_stderr, redirect_stdout
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

import pytest
import yaml
from sybil import Document, Example, Region

from redshift_roles.cli import main as command
from tests.support.programs import ROOT

_BLOCK: Final = re.compile(
    r"^(?P<fence>```|<!-- )(?P<language>[\w{}-]+)\n(?P<code>.*?)^(?:```|-->)\n"
    r"(?:\n```(?:text|mermaid)\n(?P<text>.*?)^```\n)?",
    re.DOTALL | re.MULTILINE,
)
_FILE: Final = re.compile(r"# (?P<name>[\w./-]+\.(?:py|ya?ml|json))\n")
_FOLDER: Final = "__folder__"

# What needs an account, a registry or a program that the tests of this project run elsewhere.
_NOT_HERE: Final = {"aws", "cd", "cfn-lint", "git", "mkdir", "npm", "npx", "pip", "pre-commit", "source"}
_DEPLOYMENTS: Final = {"bootstrap", "deploy", "destroy", "diff", "init"}


class PageParser:
    """Find the blocks, each with the text that it must print."""

    def __call__(self, document: Document) -> Iterable[Region]:
        """Yield one region for each block."""
        for match in _BLOCK.finditer(document.text):
            language, code = match["language"], match["code"]
            if language in _LANGUAGES:
                line = document.text.count("\n", 0, match.start("code"))
                run = partial(_LANGUAGES[language], code, document.path, line)
                yield Region(match.start(), match.end(), (run, match["text"]), _evaluate)
            elif not language.startswith("{"):
                raise ValueError(f"{document.path}: a block of '{language}' must follow a block that prints it")


def make_folder(namespace: dict[str, Any]) -> None:
    """Give a page a folder."""
    namespace[_FOLDER] = tempfile.mkdtemp()


def remove_folder(namespace: dict[str, Any]) -> None:
    """Remove the folder of a page."""
    shutil.rmtree(namespace[_FOLDER])


def _evaluate(example: Example) -> str | None:
    run, promised = example.parsed
    printed, before, failed = io.StringIO(), Path.cwd(), False
    os.chdir(example.namespace[_FOLDER])
    try:
        with redirect_stdout(printed), redirect_stderr(printed):
            failed = bool(run(example.namespace))
    except Exception as error:
        if promised is None:
            raise
        printed.write(f"{type(error).__module__}.{type(error).__name__}: {error}")
    finally:
        os.chdir(before)
    found = printed.getvalue().strip()
    if promised is None:
        return f"the page shows no output, but it fails with\n{found}" if failed else None
    return None if found == promised.strip() else f"the page promises\n{promised}\nbut it is\n{found}"


def _python(code: str, page: str, line: int, namespace: dict[str, Any]) -> None:
    if _write(code) in (None, "app.py"):
        exec(compile("\n" * line + code, page, "exec"), namespace)  # noqa: S102  the pages are ours


def _yaml(code: str, *_: object) -> None:
    list(yaml.parse(code))
    _write(code)


def _json(code: str, *_: object) -> None:
    json.loads(code)


def _write(code: str) -> str | None:
    """Write a block to the file that it names, and return the name."""
    named = _FILE.match(code)
    if named is None:
        return None
    path = Path(named["name"])
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(code, encoding="utf-8")
    return named["name"]


def _console(code: str, _page: str, _line: int, namespace: dict[str, Any]) -> bool:
    lines = code.replace("\\\n", " ").splitlines()
    failures = [_run(shlex.split(line, comments=True), namespace) for line in lines]
    return any(failures)


def _run(words: list[str], namespace: dict[str, Any]) -> bool:
    """Run a command, and return whether it failed."""
    if not words or words[0] in _NOT_HERE or (words[0] == "cdk" and words[1] in _DEPLOYMENTS):
        return False
    if words[:3] == ["python", "-m", "redshift_roles"]:
        words = ["redshift-roles", *words[3:]]
    if words[:2] == ["redshift-roles", "status"]:
        return command.parser(words[1:]).parse_args(words[1:]) is None
    if words[0] == "redshift-roles":
        return command.main(words[1:]) != 0
    if words[0] == "pytest":
        return pytest.main(["-p", "no:cacheprovider", *words[1:]]) != 0
    if words[0] == "make":
        return not re.search(rf"^{words[1]}:", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
    if words[:2] == ["python", "-m"]:
        return find_spec(words[2]) is None
    if words[:2] == ["cdk", "synth"]:
        # What `app.py` has written, without a process of its own.
        shutil.copytree(namespace["app"].outdir, "cdk.out", dirs_exist_ok=True)
        return False
    raise ValueError(f"a page has a command that no test knows: {shlex.join(words)}")


_LANGUAGES: Final[dict[str, Callable[[str, str, int, dict[str, Any]], bool | None]]] = {
    "python": _python,
    "yaml": _yaml,
    "json": _json,
    "console": _console,
}
