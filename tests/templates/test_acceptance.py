"""What owners accept, in the Metadata of templates and by acknowledgements that CDK wrote down."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from redshift_roles.aws import Json
from redshift_roles.rules import RULES
from redshift_roles.templates import checker
from redshift_roles.templates.assembly import Assembly
from redshift_roles.templates.checker import Violation
from tests.conftest import OTHER_ACCOUNT
from tests.support.builders import StackText, arn, cluster, read

RULE = "RoleAccountMismatch"
FOREIGN = arn(account=OTHER_ACCOUNT)
ENTRY = {"rule": RULE, "reason": "our parent"}


def _ignoring(*entries: Json) -> dict[str, Json]:
    return {"redshift-roles": {"ignore": [*entries]}}


def _found(assembly: Assembly) -> list[Violation]:
    return [*checker.check(assembly, 10, origin="template")]


def _reasons(found: list[Violation]) -> list[tuple[str, str, str | None]]:
    return [(violation.finding.rule, violation.logical_id, violation.ignored) for violation in found]


def _assembly(tmp_path: Path, *, resource: Json = None, template: Json = None) -> Assembly:
    """Write two clusters with a foreign role, and this Metadata in the first one and in the template."""
    first = {**cluster([FOREIGN]), "Metadata": {"aws:cdk:path": "Data/First/Resource", **(resource or {})}}
    assembly = read(tmp_path, Data=StackText(resources={"First": first, "Second": cluster([FOREIGN])}))
    assembly.stacks[0].body["Metadata"] = template or {}  # type: ignore[index]
    return assembly


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        ({"rule": RULE}, f"ignore[0] of {RULE} must have a reason"),
        ({"rule": RULE, "reason": " "}, f"ignore[0] of {RULE} must have a reason"),
        ({"rule": "RoleAcountMismatch", "reason": "x"}, "ignore[0] must name a rule, got 'RoleAcountMismatch'"),
        (RULE, "ignore[0] must name a rule, got ''"),
        (
            {"rule": "RoleDuplicated", "reason": "x"},
            "ignore[0] is for RoleDuplicated, and there is no such finding that can be ignored",
        ),
    ],
)
@pytest.mark.parametrize("place", ["resource", "template"])
def test_an_ignore_without_effect_is_told(tmp_path: Path, place: str, entry: Json, message: str) -> None:
    """The finding stays, and a warning says why."""
    found = _found(_assembly(tmp_path, **{place: _ignoring(entry)}))

    assert [None, None, None] == [violation.ignored for violation in found]
    told = found[-1]
    assert ("IgnoreWithoutEffect", message, False) == (told.finding.rule, told.finding.message, told.is_failure)
    assert ("Data/First/Resource" if place == "resource" else "Data.template.json") == told.finding.path
    assert "Metadata/redshift-roles" == told.location


def test_a_rule_that_does_not_exist_is_told_with_those_that_do(tmp_path: Path) -> None:
    """So that the name can be mended."""
    fix = _found(_assembly(tmp_path, resource=_ignoring({"rule": "x", "reason": "x"})))[-1].finding.fix

    assert f"write one of {', '.join(sorted(rule.name for rule in RULES))}" == fix


@pytest.mark.parametrize(
    ("metadata", "first", "second"),
    [
        ({"resource": _ignoring(ENTRY)}, "our parent", None),
        ({"template": _ignoring(ENTRY)}, "our parent", "our parent"),
        ({"template": _ignoring({**ENTRY, "logical_id": "Second"})}, None, "our parent"),
        ({"resource": _ignoring(ENTRY), "template": _ignoring({**ENTRY, "logical_id": "Second"})}, *["our parent"] * 2),
    ],
)
def test_metadata_accepts_findings(
    tmp_path: Path, metadata: dict[str, Json], first: str | None, second: str | None
) -> None:
    """Of a resource in the resource or in the template, of all resources in the template."""
    found = _found(_assembly(tmp_path, **metadata))

    assert [(RULE, "First", first), (RULE, "Second", second)] == _reasons(found)
    assert [first is None, second is None] == [violation.is_failure for violation in found]


def test_what_is_accepted_hides_nothing_else_in_a_stack_set(tmp_path: Path) -> None:
    """Long lists of findings are shortened; those that are accepted and those that are not are two lists."""
    accepted = {**cluster([FOREIGN, FOREIGN]), "Metadata": _ignoring({"rule": "RoleDuplicated", "reason": "x"})}
    body = {"Resources": {**{f"C{n}": accepted for n in range(51)}, "Other": cluster([FOREIGN, FOREIGN])}}
    stack_set = {"Type": "AWS::CloudFormation::StackSet", "Properties": {"TemplateBody": json.dumps(body)}}
    found = _found(read(tmp_path, Data=StackText(resources={"Sets": stack_set})))
    duplicated = [violation for violation in found if violation.finding.rule == "RoleDuplicated"]

    assert ["x"] * 50 + [None] == [violation.ignored for violation in duplicated]


def _written(folder: Path, written: Json = None, report: Json = None, **artifact: Json) -> Assembly:
    """Write what CDK writes besides the templates."""
    assembly = _assembly(folder)
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    manifest["artifacts"]["Data"].update(artifact)
    (folder / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    if written is not None:
        (folder / "Data.metadata.json").write_text(json.dumps(written), encoding="utf-8")
    if report is not None:
        (folder / "validation-report.json").write_text(json.dumps(report), encoding="utf-8")
    assembly.folder = folder
    return assembly


def _acknowledged(path: str, name: str = f"redshift-roles::{RULE}") -> dict[str, Any]:
    return {
        path: [
            {"type": "aws:cdk:logicalId", "data": "x"},
            {"type": "aws:cdk:acknowledged-rules", "data": {name: "known"}},
        ]
    }


@pytest.mark.parametrize(
    ("metadata", "reason"),
    [
        (_acknowledged("/Data/First/Resource"), "known"),
        (_acknowledged("/Data"), "known"),
        ({**_acknowledged("/Data", f"redshift-roles::{RULE}"), "/Data/First": []}, "known"),
        (_acknowledged("/Data/Fir"), None),
        (_acknowledged("/Data/Second"), None),
        (_acknowledged("/Data", "redshift-roles::RoleDuplicated"), None),
        (_acknowledged("/Data", f"other::{RULE}"), None),
        (_acknowledged("/Data", RULE), None),
    ],
)
@pytest.mark.parametrize("inline", [True, False])
def test_an_acknowledgement_of_a_scope_accepts_what_is_in_it(
    tmp_path: Path, metadata: Json, reason: str | None, inline: bool
) -> None:
    """As CDK applies it, in the manifest or in a file beside it."""
    place = {"metadata": metadata} if inline else {"additionalMetadataFile": "Data.metadata.json"}
    found = _found(_written(tmp_path, None if inline else metadata, **place))

    assert (RULE, "First", reason) == _reasons(found)[0]


@pytest.mark.parametrize("name", ["../Data.metadata.json", "/etc/passwd", ".", "absent.json", 7])
def test_no_file_of_another_folder_is_read(tmp_path: Path, name: Json) -> None:
    """A manifest chooses no files elsewhere."""
    folder = tmp_path / "out"
    folder.mkdir()
    (tmp_path / "Data.metadata.json").write_text(json.dumps(_acknowledged("/Data")), encoding="utf-8")

    assert (RULE, "First", None) == _reasons(_found(_written(folder, additionalMetadataFile=name)))[0]


def _report(kind: str, path: str = "", plugin: str = "redshift-roles") -> Json:
    resource = {"templatePath": "Data.template.json", "logicalId": "First"}
    violation = {
        "ruleName": RULE,
        "violatingConstructs": [{"constructPath": "Data/First/Resource", "cloudFormationResource": resource}],
        "acknowledgedAt": path,
        "acknowledgedId": f"redshift-roles::{RULE}",
        "reason": "known",
    }
    return {"pluginReports": [{"pluginName": plugin, kind: [violation]}]}


def test_an_acknowledgement_of_the_app_stands_in_the_report(tmp_path: Path) -> None:
    """No stack has it; so it is read from what CDK reports."""
    found = _found(_written(tmp_path, report=_report("suppressedViolations")))

    assert [(RULE, "First", "known"), (RULE, "Second", "known")] == _reasons(found)
    other = _found(_written(tmp_path, report=_report("suppressedViolations", plugin="other")))
    assert [None, None] == [violation.ignored for violation in other]


@pytest.mark.parametrize("metadata", [{}, _ignoring(ENTRY)])
def test_what_cdk_reports_in_spite_of_an_acknowledgement_cannot_be_accepted(tmp_path: Path, metadata: Json) -> None:
    """The guard's findings are such."""
    report = _report("violations")
    assembly = _written(tmp_path, _acknowledged("/Data"), report, additionalMetadataFile="Data.metadata.json")
    assembly.stacks[0].body["Resources"]["First"]["Metadata"].update(metadata)
    found = _found(assembly)

    assert (RULE, "First", None) == _reasons(found)[0]
    assert (["IgnoreWithoutEffect"] if metadata else []) == [violation.finding.rule for violation in found[2:]]


@pytest.mark.parametrize("text", ["[1]", "{", '{"pluginReports": [1, {"violations": [null]}]}'])
def test_what_is_no_report_accepts_nothing(tmp_path: Path, text: str) -> None:
    """It is no crash either."""
    assembly = _written(tmp_path)
    (tmp_path / "validation-report.json").write_text(text, encoding="utf-8")

    assert [None, None] == [violation.ignored for violation in _found(assembly)]


def test_cdk_applies_acknowledgements_itself(tmp_path: Path) -> None:
    """The plug-in reports what is acknowledged, so that CDK can say so."""
    assembly = _written(tmp_path, _acknowledged("/Data"), additionalMetadataFile="Data.metadata.json")

    assert [None, None] == [violation.ignored for violation in checker.check(assembly, 10)]
