"""The report of ``redshift-roles check`` as text, as JSON and as SARIF."""

from __future__ import annotations

import json
import os
import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from itertools import groupby
from pathlib import Path
from typing import Any, Final, NamedTuple

from redshift_roles.aws import quotas
from redshift_roles.cli import __version__
from redshift_roles.rules import RULES, WARNINGS
from redshift_roles.rules.findings import Finding, printable
from redshift_roles.rules.registry import Rule


class Ignored(NamedTuple):
    """Why a finding does not count: its owner accepts it, on the command line or in the template."""

    reason: str = ""
    in_template: bool = False


class Located(NamedTuple):
    """A finding in a file, and the chain of nested stacks down to it, such as ``main.yaml/Data``."""

    file: Path
    line: int | None
    stack: str
    logical_id: str
    location: str
    finding: Finding
    ignored: Ignored | None = None

    @property
    def severity(self) -> str:
        """``error`` for what is broken, else ``warning``."""
        return "warning" if self.finding.rule in WARNINGS else "error"

    @property
    def where(self) -> str:
        """The place for people."""
        nested = f" (nested in {self.stack})" if self.stack else ""
        return inert(f"{self.file}:{f'{self.line}:' if self.line else ''} {self.finding.path}{nested}")


class Report(NamedTuple):
    """The result of a check: the number of templates, the findings, and a line for each that could not be checked."""

    templates: int
    found: Sequence[Located]
    unusable: Sequence[str]

    def counted(self, severity: str) -> list[Located]:
        """List the findings of a severity that nobody accepts."""
        return [item for item in self.found if item.severity == severity and not item.ignored]


# What build machines obey in a log: GitHub's at the beginning of a line, those of others anywhere.
_COMMAND: Final = re.compile(r"^(?P<space>\s*):(?=:)|#(?=#\w*\[)")


def inert(text: str) -> str:
    """Escape what a terminal or a build machine would obey instead of showing it."""
    return _COMMAND.sub(lambda match: f"{match['space'] or ''}\\x{ord(match[0][-1]):x}", printable(text))


def as_text(report: Report) -> str:
    """Return each location with its findings, then a line with the counts, and why findings are ignored."""
    reasons = [
        f"  ignored {item.finding.rule} at {item.where}, because: {inert(item.ignored.reason)}"
        for item in report.found
        if item.ignored and item.ignored.reason
    ]
    return "\n".join([*_locations(report.found), summary(report), *reasons])


def _locations(found: Sequence[Located]) -> Iterator[str]:
    for where, group in groupby((item for item in found if not item.ignored), lambda item: item.where):
        yield where
        for item in group:
            message, fix = inert(item.finding.message), inert(item.finding.fix)
            yield f"  {item.severity} {replace(item.finding, message=message, fix=fix)}"
        yield ""


def summary(report: Report) -> str:
    """Return the counts, in one line."""
    counts = {"template": report.templates, **{kind: len(report.counted(kind)) for kind in ("error", "warning")}}
    templates, *others = (f"{count} {noun}{'' if count == 1 else 's'}" for noun, count in counts.items())
    ignored = sum(item.ignored is not None for item in report.found)
    return f"{templates} checked: {', '.join([*others, *([f'{ignored} ignored'] if ignored else [])])}"


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
            "ignored": item.ignored and {"inTemplate": item.ignored.in_template, "reason": item.ignored.reason or None},
        }
        for item in report.found
    ]
    return _dumped({"templates": report.templates, "findings": findings, "unusable": [*report.unusable]})


def _dumped(value: dict[str, Any]) -> str:
    # The escape is the same text to a program; a build machine would look for its commands within a line.
    return json.dumps(value, indent=2).replace("##", r"#\u0023")


_SCHEMA: Final = "https://json.schemastore.org/sarif-2.1.0.json"
_ROOT: Final = "%SRCROOT%"
# In the texts of SARIF, `[text](address)` is a link and `{0}` an argument.
_SYNTAX: Final = re.compile(r"\](?=\()|\{(?=[0-9])")


def as_sarif(report: Report) -> str:
    """Return the report as a SARIF 2.1.0 log, as GitHub's code scanning reads it.

    See https://docs.github.com/en/code-security/reference/code-scanning/sarif-files/sarif-support-for-code-scanning
    """
    driver = {
        "name": "redshift-roles",
        "version": __version__,
        "informationUri": quotas.ASSOCIATING_ROLES.url,
        "rules": [_descriptor(rule) for rule in RULES],
    }
    notes = [{"level": "error", "message": {"text": _literal(line)}} for line in report.unusable]
    root = Path.cwd().as_uri().removesuffix("/") + "/"
    run = {
        "tool": {"driver": driver},
        "originalUriBaseIds": {_ROOT: {"uri": root, "description": {"text": "The folder of the command."}}},
        "invocations": [{"executionSuccessful": not notes, "toolExecutionNotifications": notes}],
        "results": [*_results(report.found)],
    }
    return _dumped({"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]})


def _descriptor(rule: Rule) -> dict[str, Any]:
    text = f"{rule.sentence} {rule.why}"
    return {
        "id": rule.name,
        "shortDescription": {"text": rule.sentence},
        "fullDescription": {"text": rule.why},
        "help": {"text": f"{text} See {rule.source.url}", "markdown": f"{text} See [AWS's page]({rule.source.url})."},
        "helpUri": rule.source.url,
        "defaultConfiguration": {"level": "warning" if rule.is_warning else "error"},
    }


def _literal(text: str) -> str:
    return _SYNTAX.sub(r"\g<0> ", printable(text))


def _results(found: Sequence[Located]) -> Iterator[dict[str, Any]]:
    from hashlib import sha256  # noqa: PLC0415  only this format needs it

    indexes = {rule.name: index for index, rule in enumerate(RULES)}
    counts = Counter[tuple[Path, str]]()
    for item in found:
        # What a finding is about stays the same when lines move, and so does its number among equal ones.
        about = f"{item.finding.rule}\0{item.stack}\0{item.logical_id}\0{item.location}"
        digest = sha256(about.encode("utf-8", "surrogatepass")).hexdigest()[:16]
        counts[item.file, digest] += 1
        # GitHub requires a line.
        physical = {"artifactLocation": _artifact(item.file), "region": {"startLine": item.line or 1}}
        logical = {"name": item.logical_id, "fullyQualifiedName": item.finding.path, "kind": "resource"}
        yield {
            "ruleId": item.finding.rule,
            "ruleIndex": indexes[item.finding.rule],
            "level": item.severity,
            "message": {"text": _literal(f"{item.finding.message}. Fix: {item.finding.fix}")},
            "locations": [{"physicalLocation": physical, "logicalLocations": [logical]}],
            "partialFingerprints": {"primaryLocationLineHash": f"{digest}:{counts[item.file, digest]}"},
            "suppressions": [_suppression(item.ignored)] if item.ignored else [],
        }


def _artifact(file: Path) -> dict[str, str]:
    from urllib.parse import quote  # noqa: PLC0415  only this format needs it

    whole, here = file.resolve(), Path.cwd()
    if here not in whole.parents:
        return {"uri": whole.as_uri()}
    return {"uri": quote(os.fsencode(whole.relative_to(here).as_posix())), "uriBaseId": _ROOT}


def _suppression(ignored: Ignored) -> dict[str, str]:
    kind = {"kind": "inSource" if ignored.in_template else "external"}
    return {**kind, "justification": printable(ignored.reason)} if ignored.reason else kind


FORMATS: Final[dict[str, Callable[[Report], str]]] = {"text": as_text, "json": as_json, "sarif": as_sarif}
