"""
Templates and cloud assemblies on disk, as the command line is given them.

Paths flow in; assemblies whose templates are parsed flow out, or one line that says why a path cannot be used. Nothing
is fetched: a nested template is followed only when its file is among those that were given.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, NamedTuple

from redshift_roles import json_templates, yaml_templates
from redshift_roles.assembly import Assembly, Json, Template
from redshift_roles.unusable import Lines, UnusableError

_SUFFIXES: Final = (".json", ".template", ".yaml", ".yml")
_MANIFEST: Final = "manifest.json"


class Environment(NamedTuple):
    """
    Where templates will be deployed that do not say so themselves.
    """

    account: str | None
    region: str | None


@dataclass
class Given:
    """
    What the paths of a command hold.

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
        """
        Note why a path cannot be used, and go on.
        """
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
        """
        Find the line that a finding is about, as closely as it is known.
        """
        if path not in self.lines:
            self.lines[path] = json_templates.lines(path.read_text(encoding="utf-8-sig"))
        known = self.lines[path]
        keys = (logical_id, *location.split("/")[:2])
        return next((known[keys[:size]] for size in (3, 2, 1) if keys[:size] in known), None)


def read(paths: Iterable[str], environment: Environment, progress: Callable[[int], None]) -> Given:
    """
    Read templates, folders of templates and cloud assemblies.

    Args:
        paths: Files and folders.

        environment: Where templates will be deployed that do not say so themselves.

        progress: Told how many files have been read.
    """
    given = Given()
    loose = Assembly(is_app=False)
    for path in [*dict.fromkeys(Path(path) for path in paths)]:
        with given.complaints(path):
            for found, is_named in _found(path):
                with given.complaints(found):
                    if (found / _MANIFEST).is_file():
                        given.assemblies.append(_cloud_assembly(found, environment, progress))
                    else:
                        _take(found, loose, given, is_named=is_named)
                        progress(1)
    with given.complaints():
        if loose.bodies:
            _arrange(loose, environment)
            given.assemblies.append(loose)
    return given


def _found(path: Path) -> Iterator[tuple[Path, bool]]:
    """
    List what a path holds, each with whether it was named itself.
    """
    if path.is_file():
        yield (path.parent if path.name == _MANIFEST else path), True
    elif not path.is_dir():
        raise UnusableError("no such file or folder")
    elif (path / _MANIFEST).is_file():
        yield path, True
    else:
        listed = [found for found in sorted(path.rglob("*")) if _may_be_template(found.relative_to(path), found)]
        if not listed:
            raise UnusableError(f"holds no templates ({', '.join(_SUFFIXES)})")
        yield from ((found, False) for found in listed)


def _may_be_template(within: Path, path: Path) -> bool:
    """
    Pass over what tools keep in a project, and what has another kind of name.
    """
    is_ours = not any(part.startswith(".") or part == "node_modules" for part in within.parts)
    return is_ours and path.suffix in _SUFFIXES and path.is_file()


def _take(path: Path, loose: Assembly, given: Given, *, is_named: bool) -> None:
    """
    Parse one template; what lies in a folder and is none is passed over.
    """
    text = path.read_text(encoding="utf-8-sig")
    if is_named or ("Resources" in text and "::" in text):
        body = _parsed(text, path, given)
        if isinstance(body, dict) and isinstance(body.get("Resources"), dict):
            loose.bodies[path] = body
        elif is_named:
            raise UnusableError("not a template: it has no Resources")


def _parsed(text: str, path: Path, given: Given) -> Json:
    if not text.strip():
        raise UnusableError("not a template: it is empty")
    if path.suffix == ".json" or text.lstrip().startswith("{"):
        try:
            return json_templates.parse(text)
        except UnusableError:
            if path.suffix == ".json":
                raise
    body, given.lines[path] = yaml_templates.parse(text)
    return body


def _arrange(loose: Assembly, environment: Environment) -> None:
    """
    Make stacks of the templates that no other one of them nests.
    """
    names = Counter(path.name for path in loose.bodies)
    loose.loose = {path.name: path for path in loose.bodies if names[path.name] == 1}
    loose.stacks = [Template(path, "", *environment, loose, name=str(path)) for path in loose.bodies]
    nested = {below.path for stack in loose.stacks for below in stack.nested.values()}
    loose.stacks = [stack for stack in loose.stacks if stack.path not in nested]
    if nested and not loose.stacks:
        raise UnusableError(f"{min(map(str, nested))}: nests itself")
    for _ in loose.templates():
        pass


def _cloud_assembly(folder: Path, environment: Environment, progress: Callable[[int], None]) -> Assembly:
    """
    Read a ``cdk.out`` to its last template.
    """
    try:
        assembly = Assembly.read(folder)
        for template in assembly.templates():
            template.account = template.account or environment.account
            template.region = template.region or environment.region
            path = template.path
            if path and path not in assembly.bodies:
                assembly.bodies[path] = json_templates.parse(path.read_text(encoding="utf-8"))
                progress(1)
    except UnusableError:
        raise
    except (AttributeError, KeyError, OSError, TypeError, ValueError, RecursionError):
        raise UnusableError("not a cloud assembly that can be read") from None
    return assembly
