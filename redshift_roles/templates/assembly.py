"""CloudFormation templates and cloud assemblies: their stacks, environments, resources and nesting."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, Final, NamedTuple, TypeVar, cast

from redshift_roles.aws import Json, listed
from redshift_roles.aws.placeholders import placeholder
from redshift_roles.templates import parsing
from redshift_roles.templates.parsing import UnusableError, without_marks

SUFFIXES: Final = (".json", ".template", ".yaml", ".yml")
LOOP: Final = "Fn::ForEach::"
# How CDK calls the templates of stacks, and those of nested ones.
WRITTEN: Final = ".template.json"
_NESTED: Final = ".nested.template.json"
_MAX_TEMPLATES: Final = 5_000
# What has a nested stack, and the property with the address of its template.
NESTED_STACKS: Final = {"AWS::CloudFormation::Stack": "TemplateURL", "AWS::Serverless::Application": "Location"}
# What brings a template to accounts and regions that nobody names here, perhaps in a property of its own.
_CARRIERS: Final = ("AWS::CloudFormation::StackSet", "AWS::ServiceCatalog::CloudFormationProduct")
TEMPLATE_BODY: Final = "TemplateBody"
_ROLES_REPORT: Final = "iam-policy-report.json"
_ENVIRONMENT: Final = re.compile(r"aws://([^/]+)/(.+)")
_ASSET_HASH: Final = re.compile(r"\b[0-9a-f]{64}\b")
_FILE: Final = re.compile(r"[\w./@+~%-]+")
# What reading a manifest of strangers may raise.
MALFORMED: Final = (AttributeError, KeyError, OSError, TypeError, ValueError, RecursionError)
_Result = TypeVar("_Result")


class Unread(NamedTuple):
    """Why a template is not checked, and what would help."""

    reason: str
    fix: str = "write it as JSON or YAML that CloudFormation reads"


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
    carrier: tuple[Template, str] | None = None  # the StackSet or product that brings it somewhere
    text: str | None = None  # of a template that is written in its carrier
    memo: dict[str, Any] = field(default_factory=dict, repr=False)  # what readers have worked out about it

    @cached_property
    def body(self) -> Mapping[str, Json]:
        """The parsed template."""
        if self.text is not None:
            return mapping(self.assembly.parsed(self, self.text))
        return mapping(self.assembly.body(self) if self.path else None)

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

    @property
    def above(self) -> tuple[Template, str] | None:
        """The template, and the resource in it, that has this one; None for a stack that CDK deploys."""
        return (self.parent, self.parent_logical_id) if self.parent else self.carrier

    @property
    def deployed(self) -> Template:
        """The template of the stack that CDK deploys for this one to be deployed."""
        return self.above[0].deployed if self.above else self

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
        for logical_id in self.resources(*NESTED_STACKS):
            address = self.properties(logical_id).get(NESTED_STACKS[self.resource_type(logical_id)])
            path = self._nested_file(address, above)
            if path in above:
                self.assembly.unusable.append(f"{path}: nests itself")
            elif path:
                found[logical_id] = Template(
                    path, "", self.account, self.region, self.assembly, parent=self, parent_logical_id=logical_id
                )
        return found

    def _nested_file(self, address: Json, above: list[Path]) -> Path | None:
        return next(self._assets_in(address), None) or self.assembly.loose.nested(address, above)

    def _assets_in(self, value: Json) -> Iterator[Path]:
        """Find the assets whose addresses are in a value."""
        hashes = _ASSET_HASH.findall(json.dumps(value)) if self.assets else []
        return (self.assets[name] for name in hashes if name in self.assets)

    @cached_property
    def carried(self) -> list[Template]:
        """The templates of StackSets and Service Catalog products: each is a stack by itself, of any account."""
        found = []
        for logical_id in self.resources(*_CARRIERS):
            properties = self.properties(logical_id)
            body = properties.get(TEMPLATE_BODY)
            written = {} if body is None else {f"{self.key}/{logical_id}": (self.path, _text(body))}
            files = {str(path): (path, None) for path in self._assets_in(properties)}
            for name, (path, text) in {**written, **files}.items():
                found.append(self._carried(path, logical_id, name, text))
        # Written by CDK for a product, or for another kind of stack, that nothing here refers to yet.
        unused = (path for path in self.assets.values() if path.name.endswith(WRITTEN) and path != self.path)
        if not self.above:
            found += [self._carried(path, "", str(path)) for path in unused if not path.name.endswith(_NESTED)]
        return found

    def _carried(self, path: Path | None, logical_id: str, name: str, text: str | None = None) -> Template:
        return Template(path, "", None, None, self.assembly, name=name, carrier=(self, logical_id), text=text)

    @cached_property
    def assets(self) -> Mapping[str, Path]:
        """The files of the top-level stack's assets, by hash; only a template of an app chooses files to open."""
        if self.above or not self.path or not self.assembly.is_app:
            return self.above[0].assets if self.above else {}
        if not self.path.name.endswith(WRITTEN):
            return {}
        manifest = self.path.with_name(self.path.name.removesuffix(WRITTEN) + ".assets.json")
        written = None
        with self.assembly.complaints(manifest):
            written = json.loads(parsing.read_text(manifest, self.assembly.folder)) if manifest.is_file() else {}
        found = {}
        for name, asset in mapping(mapping(written).get("files")).items():
            source = mapping(mapping(asset).get("source")).get("path")
            if isinstance(source, str):
                found[name] = manifest.parent / source
        return found


def _types(logical_id: str, resource: Json) -> set[str]:
    """List the type of a resource, or the types of all that a loop repeats."""
    if isinstance(resource, dict):
        return {str(resource.get("Type", ""))}
    if logical_id.startswith(LOOP) and isinstance(resource, list) and resource and isinstance(resource[-1], dict):
        return {kind for name, inner in resource[-1].items() for kind in _types(name, inner)}
    return set()


def _text(value: Json) -> str:
    """Write a text, and a placeholder for each part that is not written here."""
    function, argument = function_of(value)
    is_joined = function == "Fn::Join" and isinstance(argument, list) and len(argument) == 2 and argument[0] == ""
    if is_joined and isinstance(argument[1], list):
        return "".join(map(_text, argument[1]))
    if isinstance(value, str):
        return value
    # A quotation mark would end the text that it stands in.
    return placeholder(".".join(map(str, listed(argument))).replace('"', "'"))


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
    reports_roles: bool = False  # whether others make the roles, and CDK reports what these need
    folder: Path | None = None  # of an app that was given; nothing outside of it is opened
    unusable: list[str] = field(default_factory=list)  # a line for what cannot be read, and for what nests itself
    bodies: dict[Path, Json] = field(default_factory=dict, repr=False)
    unread: dict[Template, Unread] = field(default_factory=dict)
    memo: dict[str, Any] = field(default_factory=dict, repr=False)

    @classmethod
    def read(cls, folder: Path, *, is_given: bool = False) -> Assembly:
        """Read what an app was synthesized to (``cdk.out``).

        One that was given may come from anywhere: what it names outside of its folder is not opened, and what cannot
        be read is noted.
        """
        assembly = cls(folder=folder if is_given else None)
        assembly.stacks.extend(assembly._read(folder, set()))
        return assembly

    @contextmanager
    def complaints(self, path: Path, part: str = "") -> Iterator[None]:
        """Note what cannot be read of an app that was given, and go on; what was just synthesized can be read."""
        try:
            yield
        except MALFORMED as error:
            if not self.folder:
                raise
            reason = error if isinstance(error, UnusableError) else "cannot be read"
            self.unusable.append(f"{path}: {part}{reason}")

    def _read(self, folder: Path, known: set[str]) -> Iterator[Template]:
        real = os.path.realpath(folder)
        if real in known:
            raise UnusableError("a cloud assembly that is named twice")
        known.add(real)
        self.reports_roles = self.reports_roles or (folder / _ROLES_REPORT).is_file()
        manifest = folder / "manifest.json"
        artifacts = json.loads(parsing.read_text(manifest, self.folder)).get("artifacts", {})
        for artifact_id, artifact in artifacts.items():
            with self.complaints(manifest, f"the artifact '{artifact_id}' "):
                yield from self._read_artifact(folder, artifact_id, artifact, known)

    def _read_artifact(
        self, folder: Path, artifact_id: str, artifact: dict[str, Any], known: set[str]
    ) -> Iterator[Template]:
        properties = artifact.get("properties", {})
        if artifact["type"] == "cdk:cloud-assembly":
            stage = folder / properties["directoryName"]
            with self.complaints(stage):
                yield from self._read(stage, known)
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

    def body(self, template: Template) -> Json:
        """Parse a template's file, once however many nested stacks share it; one that cannot be read is empty."""
        path = cast("Path", template.path)
        if path not in self.bodies:
            self.bodies[path] = {}
            try:
                text = parsing.read_text(path, self.folder)
                # Most are what CDK wrote, which needs no care.
                self.bodies[path] = json.loads(without_marks(text))
            except (OSError, UnicodeDecodeError):
                self.unread[template] = Unread("it cannot be read")
            except UnusableError as error:
                self.unread[template] = Unread(str(error))
            except (ValueError, RecursionError):
                self.bodies[path] = self.parsed(template, text)
        return self.bodies[path]

    def parsed(self, template: Template, text: str) -> Json:
        """Parse a template's text; what cannot be parsed is noted and empty."""
        try:
            return parsing.parse(text, strict=template.text is None).body
        except UnusableError as error:
            self.unread[template] = Unread(str(error))
            return {}

    def templates(self) -> Iterator[Template]:
        """All templates, parents before their nested stacks."""
        waiting = list(reversed(self.stacks))
        carried = set[str]()
        nested = 0
        while waiting:
            template = waiting.pop()
            if template.carrier:
                # Several versions of a product may have one file.
                if template.name in carried:
                    continue
                carried.add(template.name)
            nested = nested + 1 if template.above else 0
            if nested > _MAX_TEMPLATES:
                raise UnusableError(f"{template.top.file}: more than {_MAX_TEMPLATES:,} nested stacks")
            yield template
            waiting.extend(reversed([*template.nested.values(), *template.carried]))

    @cached_property
    def by_key(self) -> Mapping[str, Template]:
        """All templates by their keys; that of a top-level stack is its file's name."""
        return {template.key: template for template in self.templates()}

    @cached_property
    def by_file(self) -> Mapping[str, Template]:
        """The templates of stacks that are not nested, by the names of their files."""
        found = (template for template in self.templates() if not template.parent and template.text is None)
        return {template.file: template for template in found}

    @cached_property
    def cross_region_exports(self) -> Mapping[str, tuple[Template, Json]]:
        """The values that CDK writes into other regions, by the name it writes them under."""
        found: dict[str, tuple[Template, Json]] = {}
        for template in self.stacks:
            for logical_id in template.resources("Custom::CrossRegionExportWriter"):
                exports = mapping(mapping(template.properties(logical_id).get("WriterProps")).get("exports"))
                found.update({name: (template, value) for name, value in exports.items()})
        return found
