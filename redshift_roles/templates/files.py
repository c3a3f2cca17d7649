"""Templates and cloud assemblies on disk, found and parsed as the command line is given them.

Nothing is fetched: a nested template is followed only when its file is among those that were given.
"""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, NamedTuple

from redshift_roles.aws import Json
from redshift_roles.rules.findings import shortened
from redshift_roles.templates import parsing
from redshift_roles.templates.assembly import MALFORMED, SUFFIXES, Assembly, GivenFiles, Template, Unread
from redshift_roles.templates.parsing import Lines, Parsed, UnusableError

# A template on standard input is one like a file of this name; its argument is a dash.
STANDARD_INPUT: Final = Path("<stdin>")
_DASH: Final = "-"
_MANIFEST: Final = "manifest.json"
# A second file that CDK writes into each cloud assembly, and one that each virtual environment has.
_CDK_MARK: Final = "cdk.out"
# The artifacts of a cloud assembly that are stacks, or assemblies of their own.
_STACKS: Final = ("aws:cloudformation:stack", "cdk:cloud-assembly")
_VENV_MARK: Final = "pyvenv.cfg"
_TOOLS: Final = "node_modules"
# What shows that a file in a folder, whatever is wrong with it, is meant as a template.
_SIGNS: Final = re.compile(
    rb"""^[\xef\xbb\xbf\xfe\xff]*(?:AWSTemplateFormatVersion|Resources)\s*:"""
    rb"""|["'](?:AWSTemplateFormatVersion|Resources)["']\s*:""",
    re.MULTILINE,
)
_UNREAD: Final[dict[str, Json]] = {}


class Environment(NamedTuple):
    """Where templates will be deployed that do not say so themselves."""

    account: str | None
    region: str | None


@dataclass
class Given:
    """What the paths of a command hold; what cannot be used, and what is odd, is a line each."""

    assemblies: list[Assembly] = field(default_factory=list)
    unusable: list[str] = field(default_factory=list)
    odd: list[str] = field(default_factory=list)
    lines: dict[Path, Lines] = field(default_factory=dict)  # those of a JSON file once they are asked for

    @contextmanager
    def complaints(self, path: Path | None = None) -> Iterator[None]:
        """Note why a path cannot be used, and go on."""
        prefix = f"{path}: " if path else ""
        try:
            yield
        except UnusableError as error:
            self.unusable.append(f"{prefix}{error}")
        except UnicodeDecodeError:
            self.unusable.append(f"{prefix}not UTF-8 text")
        except OSError as error:
            self.unusable.append(f"{prefix}{error.strerror}")

    def line_of(self, path: Path, logical_id: str, location: str) -> int | None:
        """Find the line that a finding is about, as closely as it is known."""
        if path not in self.lines:
            self.lines[path] = parsing.json_lines(parsing.read_text(path))
        known = self.lines[path]
        keys = (logical_id, *location.split("/"))
        return next((known[keys[:size]] for size in range(len(keys), 0, -1) if keys[:size] in known), None)

    def note(self, path: Path, parsed: Parsed) -> None:
        """Note the lines of a template, and what is odd in it."""
        if parsed.lines is not None:
            self.lines[path] = parsed.lines
        odd = shortened(parsed.odd, lambda one, words: (one[0], one[1] + words))
        self.odd += [f"{path}:{line}: {text}" for line, text in odd]


class _Found(NamedTuple):
    """A file or the folder of a cloud assembly, and whether the caller named it or a folder that it is in."""

    path: Path
    is_named: bool
    is_assembly: bool


def read(paths: Iterable[str], environment: Environment, progress: Callable[[int], None]) -> Given:
    """Read templates, folders of templates and cloud assemblies."""
    given = Given()
    loose = Assembly(is_app=False)
    for path, is_named, is_assembly in _found(paths, given):
        with given.complaints(path):
            if is_assembly:
                _read_assembly(path, environment, given, progress)
            else:
                _read_template(path, loose, given, is_named=is_named)
                progress(1)
    if loose.bodies:
        _arrange(loose, environment, given)
        given.assemblies.append(loose)
    return given


def _found(paths: Iterable[str], given: Given) -> Iterable[_Found]:
    """List what there is to read, once however often it was named."""
    found: dict[Path, _Found] = {}
    for path in paths:
        if not path:
            given.unusable.append("'': no such file or folder")
            continue
        if path == _DASH:
            found[STANDARD_INPUT] = _Found(STANDARD_INPUT, is_named=True, is_assembly=False)
            continue
        with given.complaints(Path(path)):
            for one in _search(Path(path), given):
                before = found.setdefault(one.path.resolve(), one)
                found[one.path.resolve()] = before._replace(is_named=before.is_named or one.is_named)
    return found.values()


def _search(path: Path, given: Given) -> list[_Found]:
    """List what a path holds; the manifest of a cloud assembly stands for its folder."""
    if path.is_file():
        is_whole = path.name == _MANIFEST and _is_assembly(path.parent)
        return [_Found(path.parent if is_whole else path, is_named=True, is_assembly=is_whole)]
    if not path.is_dir():
        raise UnusableError("not a regular file" if path.exists() else "no such file or folder")
    found = [*_in_folder(path, given)]
    if not found:
        raise UnusableError(f"holds no templates ({', '.join(SUFFIXES)})")
    return found


def _in_folder(top: Path, given: Given) -> Iterator[_Found]:
    """List templates and cloud assemblies; what tools keep in a project is passed over, unless it was named."""
    for name, folders, files in os.walk(top):
        folder = Path(name)
        if _is_assembly(folder):
            folders.clear()
            yield _Found(folder, is_named=folder == top, is_assembly=True)
        elif folder != top and _VENV_MARK in files:
            folders.clear()
        else:
            folders[:] = sorted(name for name in folders if not name.startswith(".") and name != _TOOLS)
            for path in (folder / name for name in sorted(files) if not name.startswith(".")):
                if path.name.lower().endswith(SUFFIXES) and path.is_file():
                    if path.is_symlink() and not parsing.is_within(path, top):
                        given.odd.append(f"{path}: not opened: a link that leads out of {top}")
                    else:
                        yield _Found(path, is_named=False, is_assembly=False)


def _is_assembly(folder: Path) -> bool:
    """Return whether a folder has stacks as ``cdk synth`` writes them; web pages have manifests too.

    A manifest that is broken has stacks, too, if CDK wrote it.
    """
    manifest = folder / _MANIFEST
    if not manifest.is_file():
        return False
    try:
        written = json.loads(parsing.read_text(manifest, folder))
    except (OSError, ValueError, RecursionError):
        written = None
    artifacts = written.get("artifacts", {}) if isinstance(written, dict) else None
    if not isinstance(artifacts, dict):
        return (folder / _CDK_MARK).is_file()
    return any(not isinstance(one, dict) or one.get("type", _STACKS[0]) in _STACKS for one in artifacts.values())


def _read_template(path: Path, loose: Assembly, given: Given, *, is_named: bool) -> None:
    """Parse one template; what is in a folder and is not meant as one is passed over."""
    data = parsing.read_bytes(path) if path is not STANDARD_INPUT else _standard_input()
    bare = data.replace(b"\0", b"")
    if not is_named and b"Resources" not in bare:
        return
    try:
        text = data.decode("utf-8-sig")
        parsed = _parsed(text, path) if is_named or "::" in text else None
    except (UnusableError, UnicodeDecodeError):
        if is_named or _SIGNS.search(bare):
            raise
        return
    if parsed and isinstance(parsed.body, dict) and isinstance(parsed.body.get("Resources"), dict):
        if path is STANDARD_INPUT and parsed.lines is None:
            parsed = parsed._replace(lines=parsing.json_lines(text))  # it cannot be read again
        loose.bodies[path] = parsed.body
        given.note(path, parsed)
    elif is_named:
        raise UnusableError("not a template: it has no Resources")


def _standard_input() -> bytes:
    if sys.stdin is None:
        raise UnusableError("standard input is closed")
    return parsing.bounded(sys.stdin.buffer)


def _parsed(text: str, path: Path) -> Parsed:
    return parsing.parse(text, is_json=path.suffix.lower() == ".json")


def _arrange(loose: Assembly, environment: Environment, given: Given) -> None:
    """Make stacks of the templates that no other one nests, and of what is left of those that nest each other."""
    loose.loose = GivenFiles(loose.bodies)
    stacks = [Template(path, "", *environment, loose, name=str(path)) for path in loose.bodies]
    nested = {below.path for stack in stacks for below in stack.nested.values()}
    reached = set[Path | None]()
    for stack in sorted(stacks, key=lambda stack: stack.path in nested):
        if stack.path not in reached:
            with given.complaints():
                reached.update(template.path for template in Assembly(stacks=[stack]).templates())
                loose.stacks.append(stack)
    _note_unusable(loose, given)


def _note_unusable(assembly: Assembly, given: Given) -> None:
    given.unusable += dict.fromkeys(assembly.unusable)


def _read_assembly(folder: Path, environment: Environment, given: Given, progress: Callable[[int], None]) -> None:
    """Read a ``cdk.out`` to its last template; one that cannot be read leaves the others as they are."""
    try:
        assembly = Assembly.read(folder, is_given=True)
        for template in assembly.templates():
            template.account = template.account or environment.account
            template.region = template.region or environment.region
            path = template.path
            if path and template.above and not parsing.is_within(path, folder):
                # Such as an asset that CDK left where it was.
                assembly.unread[template] = Unread(f"it is outside of {folder}", "let CDK stage its assets")
                assembly.bodies[path] = _UNREAD
            elif path and path not in assembly.bodies:
                assembly.bodies[path] = _UNREAD
                with given.complaints(path):
                    parsed = _parsed(parsing.read_text(path, folder), path)
                    assembly.bodies[path] = parsed.body
                    given.note(path, parsed)
                progress(1)
    except UnusableError:
        raise
    except MALFORMED:
        raise UnusableError("not a cloud assembly that can be read") from None
    assembly.stacks = [stack for stack in assembly.stacks if stack.path and assembly.bodies[stack.path] is not _UNREAD]
    given.assemblies.append(assembly)
    _note_unusable(assembly, given)
