"""The table of cases: templates with the findings that an expert expects, and how they are written to disk."""

from __future__ import annotations

import hashlib
import json
import textwrap
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

from redshift_roles.aws import Json
from redshift_roles.aws.placeholders import readable
from redshift_roles.templates import parsing
from redshift_roles.templates.checker import Violation
from tests.conftest import ACCOUNT, REGION

FOLDER: Final = Path(__file__).parent.parent / "data"
_NUMBERS: Final = {"NINE": 9, "TEN": 10, "ELEVEN": 11, "TWELVE": 12, "FIFTY_ONE": 51}


@dataclass(frozen=True)
class Stack:
    """One stack of a case.

    Attributes:
        text: Its template, as YAML.
        account: Its account, or None when it names none.
        region: Its region, or None when it names none.
    """

    text: str
    account: str | None
    region: str | None

    @property
    def body(self) -> dict[str, Json]:
        """The parsed template."""
        return dict(parsing.parse_yaml(self.text)[0])


@dataclass(frozen=True)
class Case:
    """One row of the table.

    Attributes:
        name: A true sentence.
        stacks: The stacks of the app, by name.
        nested: The nested templates of the only stack, by logical id.
        expected: The findings, as ``Rule Resource``, sorted.
        raw: Why CDK cannot write these templates itself; empty when it can.
    """

    name: str
    stacks: Mapping[str, Stack]
    nested: Mapping[str, Stack]
    expected: list[str]
    raw: str

    @property
    def is_plain(self) -> bool:
        """Whether one file says it all."""
        return len(self.stacks) == 1 and not self.nested


@cache
def cases() -> list[Case]:
    """Read the table."""
    table: Any = parsing.parse_yaml((FOLDER / "verdicts.yaml").read_text(encoding="utf-8"))[0]
    return [_case(row, table["resources"]) for row in table["cases"]]


def a_dozen(found: Iterable[Case]) -> list[Case]:
    """Choose cases from all over the table: eight of one file, four of several stacks."""
    plain, others = list[Case](), list[Case]()
    for case in found:
        (plain if case.is_plain else others).append(case)
    return [*plain[:: max(1, len(plain) // 8)][:8], *others[:: max(1, len(others) // 4)][:4]]


def _case(row: Mapping[str, Any], shared: Mapping[str, str]) -> Case:
    stacks = {name: _stack(given, shared) for name, given in row.get("stacks", {"Data": row}).items()}
    nested = {name: _stack({**row, "template": text, "with": []}, {}) for name, text in row.get("nested", {}).items()}
    return Case(row["name"], stacks, nested, sorted(row["expected"]), row.get("raw", ""))


def _stack(given: Mapping[str, Any], shared: Mapping[str, str]) -> Stack:
    text = given.get("template", "")
    added = "".join(f"  {name}:\n{textwrap.indent(shared[name], '    ')}" for name in given.get("with", []))
    if added and "Resources:\n" in text:
        text = text.replace("Resources:\n", f"Resources:\n{added}")
    elif added and "Resources: {" in text:
        first, _, own = text.partition("Resources: {")
        text = f"{first}Resources:\n{added}  {own.strip().removesuffix('}')}\n"
    elif added:
        text = f"{text}Resources:\n{added}"
    for word, count in _NUMBERS.items():
        text = text.replace(word, json.dumps([f"arn:aws:iam::{ACCOUNT}:role/Role{n}" for n in range(count)]))
    return Stack(text, given.get("account", ACCOUNT), given.get("region", REGION))


def write_plain(case: Case, folder: Path) -> Path:
    """Write the only template of a case as the YAML it is."""
    (stack,) = case.stacks.values()
    path = folder / "template.yaml"
    path.write_text(stack.text, encoding="utf-8")
    return path


def write_cloud_assembly(case: Case, folder: Path) -> Path:
    """Write a case as ``cdk synth`` would."""
    artifacts = {}
    for name, stack in case.stacks.items():
        body, files = stack.body, {}
        for logical_id, nested in case.nested.items():
            asset = hashlib.sha256(logical_id.encode()).hexdigest()
            (folder / f"{logical_id}.nested.template.json").write_text(json.dumps(nested.body), encoding="utf-8")
            files[asset] = {"source": {"path": f"{logical_id}.nested.template.json", "packaging": "file"}}
            body["Resources"][logical_id]["Properties"]["TemplateURL"] = f"https://bucket/{asset}.json"
        (folder / f"{name}.template.json").write_text(json.dumps(body), encoding="utf-8")
        (folder / f"{name}.assets.json").write_text(json.dumps({"files": files}), encoding="utf-8")
        artifacts[name] = {
            "type": "aws:cloudformation:stack",
            "environment": f"aws://{stack.account or 'unknown-account'}/{stack.region or 'unknown-region'}",
            "properties": {"templateFile": f"{name}.template.json", "stackName": name},
        }
    (folder / "manifest.json").write_text(json.dumps({"version": "1", "artifacts": artifacts}), encoding="utf-8")
    return folder


def named(violations: Iterable[Violation]) -> list[str]:
    """Write violations as the table does."""
    return sorted(f"{violation.finding.rule} {readable(violation.logical_id)}" for violation in violations)
