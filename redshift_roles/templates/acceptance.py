"""Findings that their owners accept: in the Metadata of a template, and as CDK wrote down what an app acknowledges."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple

from redshift_roles.aws import Json, listed
from redshift_roles.rules import RULES
from redshift_roles.rules.findings import Finding
from redshift_roles.rules.registry import Problem
from redshift_roles.templates import parsing
from redshift_roles.templates.assembly import WRITTEN, Assembly, Template, mapping
from redshift_roles.templates.cluster_reader import METADATA

_RULES: Final = frozenset(rule.name for rule in RULES)
_MANIFEST: Final = "manifest.json"
_REPORT: Final = "validation-report.json"
_ACKNOWLEDGED: Final = "aws:cdk:acknowledged-rules"
# A rule about a resource: the file of its template, its logical id, and the name of the rule.
_About = tuple[str, str, str]


class _Ignore(NamedTuple):
    """An entry of a template's Metadata: the rule, the reason, and the resource, empty for all of the template."""

    template: Template
    owner: str  # the resource in whose Metadata it stands; empty for those of the template
    position: int
    rule: str
    reason: str
    logical_id: str

    @property
    def problem(self) -> tuple[str, str]:
        """Why it has no effect, and what to do about it."""
        if self.rule not in _RULES:
            return f"must name a rule, got '{self.rule}'", f"write one of {', '.join(sorted(_RULES))}"
        if not self.reason:
            return f"of {self.rule} must have a reason", "write reason: and why the finding is accepted"
        return f"is for {self.rule}, and there is no such finding that can be ignored", "remove it"


class Acceptance:
    """What is accepted in an assembly; acknowledgements count only where CDK does not apply them itself."""

    def __init__(self, assembly: Assembly, *, with_acknowledgements: bool) -> None:
        self._ignores = [ignore for template in assembly.templates() for ignore in _ignores(template)]
        self._used = set[tuple[Template, str, int]]()
        # The first entry counts for a rule about a resource, or about all of a template.
        self._first: dict[tuple[Template, str, str], _Ignore] = {}
        for ignore in self._ignores:
            if ignore.reason:
                self._first.setdefault((ignore.template, ignore.rule, ignore.logical_id), ignore)
        self._by_path: dict[str, dict[str, str]] = {}
        self._suppressed: dict[_About, str] = {}
        self._reported = set[_About]()
        if with_acknowledgements and assembly.is_app:
            for folder in {stack.path.parent for stack in assembly.stacks if stack.path}:
                self._read_metadata(folder)
            if assembly.folder:
                self._read_report(assembly.folder)

    def reason(self, template: Template, logical_id: str, finding: Finding) -> str | None:
        """Return why a finding is accepted; None where it is not.

        What CDK has reported of the same synthesis in spite of an acknowledgement cannot be accepted at all.
        """
        about = (template.file, logical_id, finding.rule)
        if about in self._reported:
            return None
        for meant in dict.fromkeys(("", logical_id)):
            ignore = self._first.get((template, finding.rule, meant))
            if ignore:
                self._used.add((template, ignore.owner, ignore.position))
                return ignore.reason
        return self._suppressed.get(about) or self._acknowledged(_path(template, logical_id), finding.rule)

    def _acknowledged(self, path: str, rule: str) -> str | None:
        """Find the closest acknowledgement, as CDK does."""
        scopes = path.split("/") if self._by_path else []
        found = (self._by_path.get("/".join(scopes[:size]), {}) for size in range(len(scopes), -1, -1))
        return next((each[rule] for each in found if rule in each), None)

    def without_effect(self) -> Iterator[tuple[Template, str, Problem]]:
        """Find entries that ignore nothing; ask when all findings are known."""
        for ignore in self._ignores:
            if (ignore.template, ignore.owner, ignore.position) not in self._used:
                message, fix = ignore.problem
                yield ignore.template, ignore.owner, Problem("", f"ignore[{ignore.position}] {message}", fix)

    def _read_metadata(self, folder: Path) -> None:
        for artifact in map(mapping, mapping(_json(folder, _MANIFEST).get("artifacts")).values()):
            name = str(artifact.get("additionalMetadataFile", ""))
            further = _json(folder, name) if name and Path(name).name == name else {}
            for path, entries in (*mapping(artifact.get("metadata")).items(), *further.items()):
                for entry in map(mapping, listed(entries)):
                    data = mapping(entry.get("data")) if entry.get("type") == _ACKNOWLEDGED else {}
                    for acknowledged, reason in data.items():
                        self._acknowledge(path.strip("/"), acknowledged, reason)

    def _read_report(self, folder: Path) -> None:
        """Read what CDK has reported of this library's plug-ins: acknowledged or not, also at an app or a Stage."""
        for report in map(mapping, listed(_json(folder, _REPORT).get("pluginReports"))):
            if report.get("pluginName") != METADATA:
                continue
            for violation in map(mapping, listed(report.get("violations"))):
                self._reported.update(_about(violation))
            for violation in map(mapping, listed(report.get("suppressedViolations"))):
                reason = str(violation.get("reason", ""))
                self._suppressed.update(dict.fromkeys(_about(violation), reason))
                self._acknowledge(str(violation.get("acknowledgedAt")), str(violation.get("acknowledgedId")), reason)

    def _acknowledge(self, path: str, name: str, reason: Json) -> None:
        plugin, _, rule = name.partition("::")
        if plugin == METADATA:
            self._by_path.setdefault(path, {})[rule] = str(reason)


def _ignores(template: Template) -> Iterator[_Ignore]:
    places = [("", template.body), *((name, mapping(one)) for name, one in template.section("Resources").items())]
    for owner, place in places:
        written = mapping(mapping(place.get("Metadata")).get(METADATA)).get("ignore", [])
        for index, entry in enumerate(listed(written)):
            rule, reason, of = (mapping(entry).get(key) for key in ("rule", "reason", "logical_id"))
            about = owner or (of if isinstance(of, str) else "")
            yield _Ignore(template, owner, index, str(rule or ""), str(reason or "").strip(), about)


def _path(template: Template, logical_id: str) -> str:
    """Find where an acknowledgement stands: what is in an asset has no construct but the one that brings it."""
    if template.above and (template.text is not None or not template.file.endswith(WRITTEN)):
        return _path(*template.above)
    path = mapping(template.entry("Resources", logical_id).get("Metadata")).get("aws:cdk:path")
    return path if isinstance(path, str) else ""


def _about(violation: dict[str, Json]) -> Iterator[_About]:
    for construct in map(mapping, listed(violation.get("violatingConstructs"))):
        resource = mapping(construct.get("cloudFormationResource"))
        file = Path(str(resource.get("templatePath", ""))).name
        yield file, str(resource.get("logicalId", "")), str(violation.get("ruleName", ""))


def _json(folder: Path, name: str) -> dict[str, Json]:
    try:
        return mapping(json.loads(parsing.read_text(folder / name, folder)))
    except (OSError, ValueError, RecursionError):
        return {}
