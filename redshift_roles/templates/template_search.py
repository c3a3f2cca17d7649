"""What the paths of a command line hold: templates, and cloud assemblies.

Paths flow in; the files and folders to read flow out, each once. Nothing is opened but manifests.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple

from redshift_roles.templates.nested_addresses import SUFFIXES
from redshift_roles.templates.unusable import UnusableError

_MANIFEST: Final = "manifest.json"
# A second file that CDK writes into each cloud assembly, and that a virtual environment has.
_CDK_MARK: Final = "cdk.out"
_VENV_MARK: Final = "pyvenv.cfg"
_TOOLS: Final = "node_modules"


class Found(NamedTuple):
    """A file or folder to read.

    Attributes:
        path: The file, or the folder of a cloud assembly.
        is_named: Whether the caller named it; else it lies in a folder that the caller named.
        is_assembly: Whether it is a cloud assembly.
    """

    path: Path
    is_named: bool
    is_assembly: bool


def found(path: Path) -> list[Found]:
    """List what a path holds.

    Raises:
        UnusableError: There is nothing of that name, or nothing in it.
    """
    if path.is_file():
        return [_file(path)]
    if not path.is_dir():
        raise UnusableError("no such file or folder")
    listed = [*_in_folder(path)]
    if not listed:
        raise UnusableError(f"holds no templates ({', '.join(SUFFIXES)})")
    return listed


def _file(path: Path) -> Found:
    """Take a file that was named; the manifest of a cloud assembly stands for its folder."""
    stands_for_folder = path.name == _MANIFEST and is_assembly(path.parent)
    return Found(path.parent if stands_for_folder else path, is_named=True, is_assembly=stands_for_folder)


def _in_folder(top: Path) -> Iterator[Found]:
    """List templates and cloud assemblies; what tools keep in a project is passed over, unless it was named."""
    for name, folders, files in os.walk(top):
        folder = Path(name)
        if is_assembly(folder):
            folders.clear()
            yield Found(folder, is_named=folder == top, is_assembly=True)
        elif folder != top and _VENV_MARK in files:
            folders.clear()
        else:
            folders[:] = sorted(name for name in folders if not name.startswith(".") and name != _TOOLS)
            fitting = (folder / name for name in sorted(files) if _fits(name))
            yield from (Found(path, is_named=False, is_assembly=False) for path in fitting if path.is_file())


def _fits(name: str) -> bool:
    return not name.startswith(".") and name.lower().endswith(SUFFIXES)


def is_assembly(folder: Path) -> bool:
    """Say whether a folder is what ``cdk synth`` writes; web pages have manifests too."""
    manifest = folder / _MANIFEST
    if not manifest.is_file():
        return False
    try:
        written = json.loads(manifest.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        written = None
    has_artifacts = isinstance(written, dict) and isinstance(written.get("artifacts"), dict)
    return has_artifacts or (folder / _CDK_MARK).is_file()
