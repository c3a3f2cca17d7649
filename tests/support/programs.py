"""Programs in a process of their own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any, Final, NamedTuple

ROOT: Final = Path(__file__).parent.parent.parent


class Run(NamedTuple):
    """The result of a program that writes a cloud assembly.

    Attributes:
        code: Its exit code.
        stderr: What it wrote to standard error.
        assembly: The JSON documents it wrote to `CDK_OUTDIR`, by file name.
        elsewhere: The files it wrote to its home or working directory.
    """

    code: int
    stderr: str
    assembly: dict[str, Any]
    elsewhere: list[Path]


def documents(folder: Path) -> dict[str, Any]:
    """Read the JSON documents of a cloud assembly, by file name."""
    return {path.name: json.loads(path.read_text()) for path in folder.glob("*.json")}


def violations(report: dict[str, Any]) -> list[str]:
    """Return the rules that a validation report of CDK says are broken."""
    return [violation["ruleName"] for plugin in report["pluginReports"] for violation in plugin["violations"]]


def environment(home: Path, *, validation: bool) -> dict[str, str]:
    """Return the environment variables of a machine without AWS configuration, with CDK's own validator or without.

    jsii unpacks CDK to a cache, by default under the home directory; the cache is shared, the home directory is empty.
    """
    unpacked = Path.home() / ".cache" / "aws" / "jsii" / "package-cache"
    return {
        **({} if validation else {"CDK_VALIDATION": "false"}),
        "CDK_DISABLE_CLI_TELEMETRY": "true",
        "HOME": str(home),
        "JSII_RUNTIME_PACKAGE_CACHE_ROOT": os.environ.get("JSII_RUNTIME_PACKAGE_CACHE_ROOT", str(unpacked)),
        "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]),
        "PYTHONPATH": str(ROOT),
    }


def run(directory: Path, *command: str, validation: bool) -> Run:
    """Run a Python program as on a machine without AWS configuration, with CDK's own validator or without."""
    for name in ("home", "work", "cdk.out"):
        (directory / name).mkdir()
    done = subprocess.run(
        [sys.executable, *command],
        cwd=directory / "work",
        env={**environment(directory / "home", validation=validation), "CDK_OUTDIR": str(directory / "cdk.out")},
        capture_output=True,
        text=True,
        check=False,
    )
    return Run(
        done.returncode,
        done.stderr,
        documents(directory / "cdk.out"),
        [path for name in ("home", "work") for path in (directory / name).iterdir()],
    )


_listeners: list[list[str]] = []


def _listen(event: str, arguments: tuple[object, ...]) -> None:
    if event == "open" and _listeners and isinstance(arguments[0], (str, bytes)):
        name = os.fsdecode(arguments[0])
        if not name.endswith((".py", ".pyc")):
            _listeners[-1].append(name)


@cache
def _begin_to_listen() -> None:
    sys.addaudithook(_listen)


@contextmanager
def opened_files() -> Iterator[list[str]]:
    """Collect the files that are opened, except modules."""
    _begin_to_listen()
    _listeners.append([])
    try:
        yield _listeners[-1]
    finally:
        _listeners.pop()
