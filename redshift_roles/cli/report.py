"""The report of ``redshift-roles check`` as text, as JSON and as SARIF."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from itertools import groupby
from pathlib import Path
from typing import Any, Final, NamedTuple
from urllib.parse import quote

from redshift_roles.rules import RULES, WARNINGS
from redshift_roles.rules.findings import Finding, printable
from redshift_roles.rules.registry import Rule


class Located(NamedTuple):
    """A finding in a file, and the chain of nested stacks down to it, such as ``main.yaml/Data``."""

    file: Path
    line: int | None
    stack: str
    logical_id: str
    location: str
    finding: Finding

    @property
    def severity(self) -> str:
        """``error`` for what is broken, else ``warning``."""
        return "warning" if self.finding.rule in WARNINGS else "error"


class Report(NamedTuple):
    """The result of a check: the number of templates, the findings, and a line for each that could not be checked."""

    templates: int
    found: Sequence[Located]
    unusable: Sequence[str]


def as_text(report: Report) -> str:
    """Return each location with its findings, then a line with the counts."""
    return "\n".join([*_locations(report.found), _summary(report)])


def _locations(found: Sequence[Located]) -> Iterator[str]:
    for where, group in groupby(found, lambda item: (item.file, item.line, item.stack, item.finding.path)):
        file, line, stack, path = where
        nested = f" (nested in {stack})" if stack else ""
        yield printable(f"{file}:{line}: {path}{nested}" if line else f"{file}: {path}{nested}")
        for item in group:
            message, fix = printable(item.finding.message), printable(item.finding.fix)
            yield f"  {item.severity} {replace(item.finding, message=message, fix=fix)}"
        yield ""


def _summary(report: Report) -> str:
    errors = sum(item.severity == "error" for item in report.found)
    counts = {"template": report.templates, "error": errors, "warning": len(report.found) - errors}
    templates, *others = (f"{count} {noun}{'' if count == 1 else 's'}" for noun, count in counts.items())
    return f"{templates} checked: {', '.join(others)}"


def as_json(report: Report) -> str:
    """Return the report as one JSON object."""
    findings = [
        {
            "rule": item.finding.rule,
            "severity": item.severity,
            "file": str(item.file),
            "line": item.line,
            "nestedIn": item.stack or None,
            "path": item.finding.path,
            "logicalId": item.logical_id,
            "location": item.location,
            "message": item.finding.message,
            "fix": item.finding.fix,
            "source": item.finding.source,
        }
        for item in report.found
    ]
    return json.dumps({"templates": report.templates, "findings": findings, "unusable": [*report.unusable]}, indent=2)


_SCHEMA: Final = "https://json.schemastore.org/sarif-2.1.0.json"


def as_sarif(report: Report) -> str:
    """Return the report as a SARIF 2.1.0 log, which code hosts show beside the lines."""
    indexes = {rule.name: index for index, rule in enumerate(RULES)}
    driver = {"name": "redshift-roles", "rules": [_descriptor(rule) for rule in RULES]}
    notes = [{"level": "error", "message": {"text": line}} for line in report.unusable]
    run = {
        "tool": {"driver": driver},
        "invocations": [{"executionSuccessful": not notes, "toolExecutionNotifications": notes}],
        "results": [_result(item, indexes[item.finding.rule]) for item in report.found],
    }
    return json.dumps({"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}, indent=2)


def _descriptor(rule: Rule) -> dict[str, Any]:
    return {
        "id": rule.name,
        "shortDescription": {"text": rule.sentence},
        "fullDescription": {"text": rule.why},
        "helpUri": rule.source.url,
        "defaultConfiguration": {"level": "warning" if rule.is_warning else "error"},
    }


def _result(item: Located, index: int) -> dict[str, Any]:
    physical: dict[str, Any] = {"artifactLocation": {"uri": quote(os.fsencode(item.file.as_posix()))}}
    if item.line:
        physical["region"] = {"startLine": item.line}
    logical = {"name": item.logical_id, "fullyQualifiedName": item.finding.path, "kind": "resource"}
    return {
        "ruleId": item.finding.rule,
        "ruleIndex": index,
        "level": item.severity,
        "message": {"text": f"{item.finding.message}. Fix: {item.finding.fix}"},
        "locations": [{"physicalLocation": physical, "logicalLocations": [logical]}],
    }


FORMATS: Final[dict[str, Callable[[Report], str]]] = {"text": as_text, "json": as_json, "sarif": as_sarif}
