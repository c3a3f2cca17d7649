"""CloudFormation templates and cloud assemblies: their stacks, environments, resources and nesting."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, Final, TypeVar

from redshift_roles.aws import Json

# The lines of resources, and below them of their sections and entries, by the keys that lead there from `Resources`.
Lines = dict[tuple[str, ...], int]

# Deeper than any template; CloudFormation's own limit on functions is far lower.
MAX_DEPTH: Final = 100
SUFFIXES: Final = (".json", ".template", ".yaml", ".yml")
LOOP: Final = "Fn::ForEach::"
_MAX_TEMPLATES: Final = 5_000
_NESTED_STACK: Final = "AWS::CloudFormation::Stack"
_ENVIRONMENT: Final = re.compile(r"aws://([^/]+)/(.+)")
_ASSET_HASH: Final = re.compile(r"\b[0-9a-f]{64}\b")
_FILE: Final = re.compile(r"[\w./@+~%-]+")
_MARK: Final = re.compile(r"\\u000[12]")
_Result = TypeVar("_Result")


class UnusableError(ValueError):
    """Templates that cannot be checked; the text is one line for people."""


def without_marks(text: str) -> str:
    """Replace in a JSON text the control characters that mark placeholders; no ARN has them."""
    return _MARK.sub(r"\\ufffd", text) if "\\u000" in text else text


def function_of(value: Json) -> tuple[str, Json]:
    """Return an intrinsic function's name and argument; the name is empty for any other value."""
    return next(iter(value.items())) if isinstance(value, dict) and len(value) == 1 else ("", value)


def mapping(node: Json) -> dict[str, Json]:
    """Return a mapping as it is, and any other value as an empty one."""
    return node if isinstance(node, dict) else {}


def once(memo: dict[str, Any], key: str, work_out: Callable[[], _Result], in_circle: _Result) -> _Result:
    """Work something out once, and return what it is in a circle while that is being done."""
    if key not in memo:
        memo[key] = in_circle
        memo[key] = work_out()
    result: _Result = memo[key]
    return result


@dataclass(eq=False)
class Template:
    """One template; without a path, a stack that is not synthesized yet."""

    path: Path | None
    stack_name: str  # empty for a nested stack
    account: str | None
    region: str | None
    assembly: Assembly
    parent: Template | None = None
    parent_logical_id: str = ""
    name: str = ""  # unique in the assembly, where the file's name is not
    memo: dict[str, Any] = field(default_factory=dict, repr=False)  # what readers have worked out about it

    @cached_property
    def body(self) -> Mapping[str, Json]:
        """The parsed template."""
        return mapping(self.assembly.body(self.path) if self.path else None)

    @property
    def file(self) -> str:
        """The file's name, which CDK makes unique among the top-level stacks of an app."""
        return self.path.name if self.path else ""

    @cached_property
    def key(self) -> str:
        """A name that no other template of the assembly has; two nested stacks may share one file."""
        return f"{self.parent.key}/{self.parent_logical_id}" if self.parent else self.name or self.file

    @property
    def top(self) -> Template:
        """The template of the top-level stack this one is part of."""
        return self.parent.top if self.parent else self

    def lineage(self) -> Iterator[Template]:
        """This template, the one it is nested in, and so on to the top-level stack."""
        template: Template | None = self
        while template:
            yield template
            template = template.parent

    def section(self, name: str) -> Mapping[str, Json]:
        """A top-level section, empty when the template has none."""
        return mapping(self.body.get(name))

    def entry(self, section: str, logical_id: str) -> Mapping[str, Json]:
        """One resource, parameter or output, empty when there is none of that name."""
        return mapping(self.section(section).get(logical_id))

    def resource_type(self, logical_id: str) -> str:
        """The type of a resource, empty when there is none of that name."""
        return str(self.entry("Resources", logical_id).get("Type", ""))

    def properties(self, logical_id: str) -> Mapping[str, Json]:
        """The properties of a resource."""
        return mapping(self.entry("Resources", logical_id).get("Properties"))

    def resources(self, *kinds: str) -> list[str]:
        """List the logical ids of the resources of these types, and the loops that make such resources."""
        return [logical_id for kind in kinds for logical_id in self._by_type.get(kind, [])]

    @cached_property
    def _by_type(self) -> Mapping[str, list[str]]:
        found: dict[str, list[str]] = {}
        for logical_id, resource in self.section("Resources").items():
            for kind in _types(logical_id, resource):
                found.setdefault(kind, []).append(logical_id)
        return found

    @cached_property
    def nested(self) -> Mapping[str, Template]:
        """The nested stacks that are part of the assembly, by logical id."""
        found = {}
        above = [template.path for template in self.lineage() if template.path]
        for logical_id in self.resources(_NESTED_STACK):
            path = self._nested_file(self.properties(logical_id).get("TemplateURL"), above)
            if path in above:
                self.assembly.circles.append(path)
            elif path:
                found[logical_id] = Template(
                    path, "", self.account, self.region, self.assembly, parent=self, parent_logical_id=logical_id
                )
        return found

    def _nested_file(self, address: Json, above: list[Path]) -> Path | None:
        hashes = _ASSET_HASH.findall(json.dumps(address)) if self.assets else []
        asset = next((self.assets[name] for name in hashes if name in self.assets), None)
        return asset or self.assembly.loose.nested(address, above)

    @cached_property
    def assets(self) -> Mapping[str, Path]:
        """The files of the top-level stack's assets, by hash; only a template of an app chooses files to open."""
        if self.parent or not self.path or not self.assembly.is_app:
            return self.parent.assets if self.parent else {}
        manifest = self.path.with_name(self.path.name.replace(".template.json", ".assets.json"))
        written = json.loads(manifest.read_text(encoding="utf-8")) if manifest.is_file() else {}
        files = mapping(mapping(written).get("files")).items()
        sources = {name: mapping(mapping(asset).get("source")) for name, asset in files}
        return {name: manifest.parent / source["path"] for name, source in sources.items() if "path" in source}


def _types(logical_id: str, resource: Json) -> set[str]:
    """List the type of a resource, or the types of all that a loop repeats."""
    if isinstance(resource, dict):
        return {str(resource.get("Type", ""))}
    if logical_id.startswith(LOOP) and isinstance(resource, list) and resource and isinstance(resource[-1], dict):
        return {kind for name, inner in resource[-1].items() for kind in _types(name, inner)}
    return set()


class GivenFiles:
    """Files that may be nested templates."""

    def __init__(self, paths: Iterable[Path] = ()) -> None:
        self._by_path: dict[str, Path] = {}
        self._by_name: dict[str, list[Path]] = {}
        for path in paths:
            self._by_path[os.path.abspath(path)] = path  # noqa: PTH100  links are not followed: a path is what it says
            self._by_name.setdefault(path.name, []).append(path)

    def nested(self, address: Json, above: Collection[Path]) -> Path | None:
        """Find the file that a ``TemplateURL`` means: the one of that relative path, else the only one of that name.

        `above` has the template and those that it is nested in; a name alone never means one of them.
        """
        if isinstance(address, str) and "://" not in address:
            beside = self._by_path.get(os.path.abspath(next(iter(above)).parent / address))  # noqa: PTH100
            if beside or "/" in address.removeprefix("./"):
                return beside
        found = self._by_name.get(_file_name(address), [])
        return found[0] if len(found) == 1 and found[0] not in above else None


def _file_name(address: Json) -> str:
    """Return the name of the last file in an address; empty where there is none, or where it is a host."""
    text = address if isinstance(address, str) else json.dumps(address, ensure_ascii=False)
    files = [part for part in _FILE.findall(text) if part.lower().endswith(SUFFIXES)]
    folder, _, name = files[-1].rpartition("/") if files else ("", "", "")
    return "" if folder == "/" else name


@dataclass(eq=False)
class Assembly:
    """All templates of an app, stages and nested stacks included."""

    stacks: list[Template] = field(default_factory=list)
    loose: GivenFiles = field(default_factory=GivenFiles)  # the files that may be nested templates
    is_app: bool = True  # else the stacks only happen to be read together
    circles: list[Path] = field(default_factory=list)  # files that would be nested in themselves; not followed
    bodies: dict[Path, Json] = field(default_factory=dict, repr=False)
    memo: dict[str, Any] = field(default_factory=dict, repr=False)

    @classmethod
    def read(cls, folder: Path) -> Assembly:
        """Read what an app was synthesized to (``cdk.out``)."""
        assembly = cls()
        assembly.stacks.extend(assembly._read(folder))
        return assembly

    def _read(self, folder: Path) -> Iterator[Template]:
        artifacts = json.loads((folder / "manifest.json").read_text(encoding="utf-8")).get("artifacts", {})
        for artifact_id, artifact in artifacts.items():
            properties = artifact.get("properties", {})
            if artifact["type"] == "cdk:cloud-assembly":
                yield from self._read(folder / properties["directoryName"])
            elif artifact["type"] == "aws:cloudformation:stack":
                environment = _ENVIRONMENT.fullmatch(artifact.get("environment", ""))
                account, region = environment.groups() if environment else (None, None)
                yield Template(
                    folder / properties["templateFile"],
                    properties.get("stackName", artifact_id),
                    None if account == "unknown-account" else account,
                    None if region == "unknown-region" else region,
                    self,
                )

    def body(self, path: Path) -> Json:
        """Parse a file, once however many nested stacks share it; an asset that is not JSON is empty."""
        if path not in self.bodies:
            try:
                self.bodies[path] = json.loads(without_marks(path.read_text(encoding="utf-8")))
            except ValueError:
                self.bodies[path] = {}
        return self.bodies[path]

    def templates(self) -> Iterator[Template]:
        """All templates, parents before their nested stacks."""
        waiting = list(reversed(self.stacks))
        nested = 0
        while waiting:
            template = waiting.pop()
            nested = nested + 1 if template.parent else 0
            if nested > _MAX_TEMPLATES:
                raise UnusableError(f"{template.top.file}: more than {_MAX_TEMPLATES:,} nested stacks")
            yield template
            waiting.extend(reversed([*template.nested.values()]))

    @cached_property
    def by_key(self) -> Mapping[str, Template]:
        """All templates by their keys; that of a top-level stack is its file's name."""
        return {template.key: template for template in self.templates()}

    @cached_property
    def cross_region_exports(self) -> Mapping[str, tuple[Template, Json]]:
        """The values that CDK writes into other regions, by the name it writes them under."""
        found: dict[str, tuple[Template, Json]] = {}
        for template in self.stacks:
            for logical_id in template.resources("Custom::CrossRegionExportWriter"):
                exports = mapping(mapping(template.properties(logical_id).get("WriterProps")).get("exports"))
                found.update({name: (template, value) for name, value in exports.items()})
        return found
