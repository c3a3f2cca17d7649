"""Templates and cloud assemblies on disk, as the command line is given them.

Paths flow in; assemblies whose templates are parsed flow out, or one line that says why a path cannot be used. Nothing
is fetched: a nested template is followed only when its file is among those that were given.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, NamedTuple

from redshift_roles.templates import json_templates, parsing, template_search
from redshift_roles.templates.assembly import Assembly, Json, Template
from redshift_roles.templates.nested_addresses import GivenFiles
from redshift_roles.templates.template_search import Found
from redshift_roles.templates.unusable import Lines, UnusableError

# By which a file in a folder, whatever is wrong with it, says that it is meant as a template.
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
    """What the paths of a command hold.

    Attributes:
        assemblies: The cloud assemblies, and one for all other templates.
        unusable: What cannot be used and why, a line each.
        lines: The lines of resources, by file; those of a JSON file once they are asked for.
    """

    assemblies: list[Assembly] = field(default_factory=list)
    unusable: list[str] = field(default_factory=list)
    lines: dict[Path, Lines] = field(default_factory=dict)

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
            self.lines[path] = json_templates.lines(path.read_text(encoding="utf-8-sig"))
        known = self.lines[path]
        keys = (logical_id, *location.split("/")[:2])
        return next((known[keys[:size]] for size in (3, 2, 1) if keys[:size] in known), None)


def read(paths: Iterable[str], environment: Environment, progress: Callable[[int], None]) -> Given:
    """Read templates, folders of templates and cloud assemblies.

    Args:
        paths: Files and folders.
        environment: Where templates will be deployed that do not say so themselves.
        progress: Told how many files have been read.
    """
    given = Given()
    loose = Assembly(is_app=False)
    for path, is_named, is_assembly in _found(paths, given):
        with given.complaints(path):
            if is_assembly:
                _cloud_assembly(path, environment, given, progress)
            else:
                _take(path, loose, given, is_named=is_named)
                progress(1)
    if loose.bodies:
        _arrange(loose, environment, given)
        given.assemblies.append(loose)
    return given


def _found(paths: Iterable[str], given: Given) -> Iterable[Found]:
    """List what there is to read, once however often it was named."""
    listed: dict[Path, Found] = {}
    for path in paths:
        if not path:
            given.unusable.append("'': no such file or folder")
            continue
        with given.complaints(Path(path)):
            for found in template_search.found(Path(path)):
                before = listed.setdefault(found.path.resolve(), found)
                if found.is_named and not before.is_named:
                    listed[found.path.resolve()] = before._replace(is_named=True)
    return listed.values()


def _take(path: Path, loose: Assembly, given: Given, *, is_named: bool) -> None:
    """Parse one template; what lies in a folder and is not meant as one is passed over."""
    data = path.read_bytes()
    bare = data.replace(b"\0", b"")
    if not is_named and b"Resources" not in bare:
        return
    try:
        text = data.decode("utf-8-sig")
        body = _parsed(text, path, given) if is_named or "::" in text else None
    except (UnusableError, UnicodeDecodeError):
        if is_named or _SIGNS.search(bare):
            raise
        return
    if isinstance(body, dict) and isinstance(body.get("Resources"), dict):
        loose.bodies[path] = body
    elif is_named:
        raise UnusableError("not a template: it has no Resources")


def _parsed(text: str, path: Path, given: Given) -> Json:
    is_json = path.suffix.lower() == ".json"
    if not text.strip():
        raise UnusableError("not a template: it is empty")
    if is_json or text.lstrip().startswith("{"):
        try:
            return json_templates.parse(text)
        except UnusableError:
            if is_json:
                raise
    body, given.lines[path] = parsing.parse(text)
    return body


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
    _tell_circles(loose, given)


def _tell_circles(assembly: Assembly, given: Given) -> None:
    given.unusable += [f"{path}: nests itself" for path in dict.fromkeys(assembly.circles)]


def _cloud_assembly(folder: Path, environment: Environment, given: Given, progress: Callable[[int], None]) -> None:
    """Read a ``cdk.out`` to its last template; one that cannot be read leaves the others as they are."""
    try:
        assembly = Assembly.read(folder)
        for template in assembly.templates():
            template.account = template.account or environment.account
            template.region = template.region or environment.region
            if template.path and template.path not in assembly.bodies:
                _take_of_app(template.path, assembly, given)
                progress(1)
    except UnusableError:
        raise
    except (AttributeError, KeyError, OSError, TypeError, ValueError, RecursionError):
        raise UnusableError("not a cloud assembly that can be read") from None
    assembly.stacks = [stack for stack in assembly.stacks if stack.path and assembly.bodies[stack.path] is not _UNREAD]
    given.assemblies.append(assembly)
    _tell_circles(assembly, given)


def _take_of_app(path: Path, assembly: Assembly, given: Given) -> None:
    assembly.bodies[path] = _UNREAD
    with given.complaints(path):
        assembly.bodies[path] = _parsed(path.read_text(encoding="utf-8-sig"), path, given)
