"""A cloud assembly on disk: its templates, their stacks and environments.

The folder that `cdk synth` wrote, or templates that were read elsewhere, flow in; `Template` objects that know their
neighbours flow out. Reads files, runs nothing, imports no CDK.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, Final

from redshift_roles.templates.loops import unrolled
from redshift_roles.templates.nested_addresses import GivenFiles
from redshift_roles.templates.unusable import UnusableError, without_marks

# Any JSON value of a template: what CloudFormation calls a value or an intrinsic function.
Json = Any

_ENVIRONMENT: Final = re.compile(r"aws://([^/]+)/(.+)")
_ASSET_HASH: Final = re.compile(r"\b[0-9a-f]{64}\b")
_NESTED_STACK: Final = "AWS::CloudFormation::Stack"
_MAX_TEMPLATES: Final = 5_000


@dataclass(eq=False)
class Template:
    """One synthesized template.

    Attributes:
        path: The file, or None for a place in an app that is not synthesized yet: then nothing is known of it but its
            account and region.
        stack_name: The stack's physical name; empty for a nested stack.
        account: Twelve digits, or None when the stack names none.
        region: The region, or None when the stack names none.
        assembly: The assembly it is part of.
        parent: The template whose nested stack this is, or None.
        parent_logical_id: The logical id of the nested stack there.
        name: What tells it from its neighbours; empty where the file's name does.
        memo: What readers have worked out about it.
    """

    path: Path | None
    stack_name: str
    account: str | None
    region: str | None
    assembly: Assembly
    parent: Template | None = None
    parent_logical_id: str = ""
    name: str = ""
    memo: dict[str, Any] = field(default_factory=dict, repr=False)

    @cached_property
    def body(self) -> Mapping[str, Json]:
        """The parsed template."""
        body = self.assembly.body(self.path) if self.path else {}
        return body if isinstance(body, dict) else {}

    @property
    def file(self) -> str:
        """The file's name, which CDK makes unique among the top-level stacks of an app."""
        return self.path.name if self.path else ""

    @cached_property
    def key(self) -> str:
        """A name that no other template of the app has: two nested stacks may share one file."""
        return f"{self.parent.key}/{self.parent_logical_id}" if self.parent else self.name or self.file

    @property
    def top(self) -> Template:
        """The template of the top-level stack this one is part of."""
        return self.parent.top if self.parent else self

    def section(self, name: str) -> Mapping[str, Json]:
        """A top-level section, empty when the template has none; the resources that a loop makes stand there once."""
        if name == "Resources":
            return self._resources
        section = self.body.get(name)
        return section if isinstance(section, dict) else {}

    @cached_property
    def _resources(self) -> Mapping[str, Json]:
        resources = self.body.get("Resources")
        return unrolled(resources, self.key) if isinstance(resources, dict) else {}

    def entry(self, section: str, logical_id: str) -> Mapping[str, Json]:
        """One resource, parameter or output, empty when there is none of that name."""
        entry = self.section(section).get(logical_id)
        return entry if isinstance(entry, dict) else {}

    def resource_type(self, logical_id: str) -> str:
        """The type of a resource, empty when there is none of that name."""
        return str(self.entry("Resources", logical_id).get("Type", ""))

    def resources(self, *kinds: str) -> list[str]:
        """List the logical ids of the resources of these types."""
        if "kinds" not in self.memo:
            found: dict[str, list[str]] = {}
            self.memo["kinds"] = found
            for logical_id, resource in self.section("Resources").items():
                if isinstance(resource, dict):
                    found.setdefault(str(resource.get("Type", "")), []).append(logical_id)
        return [logical_id for kind in kinds for logical_id in self.memo["kinds"].get(kind, [])]

    def properties(self, logical_id: str) -> Mapping[str, Json]:
        """The properties of a resource."""
        properties = self.entry("Resources", logical_id).get("Properties")
        return properties if isinstance(properties, dict) else {}

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

    def lineage(self) -> Iterator[Template]:
        """This template, the one it is nested in, and so on to the top-level stack."""
        template: Template | None = self
        while template:
            yield template
            template = template.parent

    def _nested_file(self, address: Json, above: list[Path]) -> Path | None:
        hashes = _ASSET_HASH.findall(json.dumps(address)) if self.assets else []
        asset = next((self.assets[name] for name in hashes if name in self.assets), None)
        return asset or self.assembly.loose.nested(address, above[0], above)

    @cached_property
    def assets(self) -> Mapping[str, Path]:
        """The files of the top-level stack's assets, by hash; a template that is not of an app chooses no file
        to open.
        """
        if self.parent or not self.path or not self.assembly.is_app:
            return self.parent.assets if self.parent else {}
        manifest = self.path.with_name(self.path.name.replace(".template.json", ".assets.json"))
        listed = json.loads(manifest.read_text(encoding="utf-8")) if manifest.is_file() else {}
        files = listed.get("files") if isinstance(listed, dict) else None
        return {
            name: manifest.parent / asset["source"]["path"]
            for name, asset in (files.items() if isinstance(files, dict) else ())
            if isinstance(asset, dict) and isinstance(asset.get("source"), dict) and "path" in asset["source"]
        }


@dataclass(eq=False)
class Assembly:
    """All templates of an app, stages and nested stacks included.

    Attributes:
        stacks: The templates of the top-level stacks.
        loose: The files that may be nested templates.
        is_app: Whether the stacks are of one app; else they only happen to be read together.
        circles: The files that would be nested in themselves; they are not followed.
        bodies: The parsed files.
        memo: What readers have worked out about it.
    """

    stacks: list[Template] = field(default_factory=list)
    loose: GivenFiles = field(default_factory=GivenFiles)
    is_app: bool = True
    circles: list[Path] = field(default_factory=list)
    bodies: dict[Path, Json] = field(default_factory=dict, repr=False)
    memo: dict[str, Any] = field(default_factory=dict, repr=False)

    @classmethod
    def read(cls, folder: Path) -> Assembly:
        """Read what an app was synthesized to (``cdk.out``)."""
        assembly = cls()
        assembly.stacks.extend(assembly._read(folder))
        return assembly

    def body(self, path: Path) -> Json:
        """Parse a file, once however many nested stacks share it; an asset that is no JSON is empty."""
        if path not in self.bodies:
            try:
                self.bodies[path] = json.loads(without_marks(path.read_text(encoding="utf-8")))
            except ValueError:
                self.bodies[path] = {}
        return self.bodies[path]

    def _read(self, folder: Path) -> Iterator[Template]:
        artifacts = json.loads((folder / "manifest.json").read_text(encoding="utf-8")).get("artifacts", {})
        for artifact_id, artifact in artifacts.items():
            properties = artifact.get("properties", {})
            if artifact["type"] == "cdk:cloud-assembly":
                yield from self._read(folder / properties["directoryName"])
            elif artifact["type"] == "aws:cloudformation:stack":
                account, region = _environment(artifact.get("environment", ""))
                name = properties.get("stackName", artifact_id)
                yield Template(folder / properties["templateFile"], name, account, region, self)

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
                writer = template.properties(logical_id).get("WriterProps")
                exports = writer.get("exports") if isinstance(writer, dict) else None
                if isinstance(exports, dict):
                    found.update({name: (template, value) for name, value in exports.items()})
        return found


def _environment(text: str) -> tuple[str | None, str | None]:
    match = _ENVIRONMENT.fullmatch(text)
    account, region = match.groups() if match else ("unknown-account", "unknown-region")
    return (
        None if account == "unknown-account" else account,
        None if region == "unknown-region" else region,
    )


def function_of(value: Json) -> tuple[str, Json]:
    """Take an intrinsic function apart: its name, or nothing for what is none, and its argument."""
    return next(iter(value.items())) if isinstance(value, dict) and len(value) == 1 else ("", value)
