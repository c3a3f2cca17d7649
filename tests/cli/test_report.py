"""The report of the command `redshift-roles check`."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from pathlib import Path

from redshift_roles.cli.report import FORMATS, Located, Report
from redshift_roles.rules import RULES, association_rules
from redshift_roles.rules.registry import Problem

BROKEN = association_rules.ROLE_DUPLICATED.finding("Warehouse", Problem("", "twice", "drop one"))
UNDECIDED = association_rules.ROLE_COUNT_UNDECIDED.finding("Warehouse", Problem("", "many", "count them"))
PAGE = "https://docs.aws.amazon.com/redshift/latest/mgmt"
LIMITS = f"{PAGE}/amazon-redshift-limits.html"
ASSOCIATING = f"{PAGE}/copy-unload-iam-role-associating-with-clusters.html"
FOUND = [
    Located(Path("a b.yaml"), 3, "", "Warehouse", "Properties/IamRoles", BROKEN),
    Located(Path("a b.yaml"), 3, "", "Warehouse", "Properties/IamRoles", UNDECIDED),
    Located(Path("child.yaml"), None, "main.yaml/Child", "Warehouse", "Properties/IamRoles", BROKEN),
]
REPORT = Report(2, FOUND, ["x.yaml: not YAML"])


def test_people_read_each_location_once() -> None:
    """With the line if it is known, the nested stack if there is one, and the counts at the end."""
    assert (
        "a b.yaml:3: Warehouse\n"
        f"  error RoleDuplicated: twice\n    fix: drop one\n    source: {ASSOCIATING}\n"
        f"  warning RoleCountUndecided: many\n    fix: count them\n    source: {LIMITS}\n"
        "\n"
        "child.yaml: Warehouse (nested in main.yaml/Child)\n"
        f"  error RoleDuplicated: twice\n    fix: drop one\n    source: {ASSOCIATING}\n"
        "\n"
        "2 templates checked: 2 errors, 1 warning"
    ) == FORMATS["text"](REPORT)


def test_json_has_everything() -> None:
    """Each finding with its location, and what could not be read."""
    report = json.loads(FORMATS["json"](REPORT))

    assert (2, ["x.yaml: not YAML"], 3) == (report["templates"], report["unusable"], len(report["findings"]))
    assert {
        "rule": "RoleDuplicated",
        "severity": "error",
        "file": "child.yaml",
        "line": None,
        "nestedIn": "main.yaml/Child",
        "path": "Warehouse",
        "logicalId": "Warehouse",
        "location": "Properties/IamRoles",
        "message": "twice",
        "fix": "drop one",
        "source": ASSOCIATING,
    } == report["findings"][2]
    assert None is report["findings"][0]["nestedIn"]


def _result(index: int, rule: str, level: str, text: str, physical: dict[str, object]) -> dict[str, object]:
    logical = {"name": "Warehouse", "fullyQualifiedName": "Warehouse", "kind": "resource"}
    return {
        "ruleId": rule,
        "ruleIndex": index,
        "level": level,
        "message": {"text": text},
        "locations": [{"physicalLocation": physical, "logicalLocations": [logical]}],
    }


def test_sarif_has_rules_and_results() -> None:
    """The whole log, by the names of SARIF 2.1.0; a result has its rule by name and by index."""
    indexes = {rule.name: index for index, rule in enumerate(RULES)}
    duplicated, undecided = indexes["RoleDuplicated"], indexes["RoleCountUndecided"]
    line = {"artifactLocation": {"uri": "a%20b.yaml"}, "region": {"startLine": 3}}
    rules = [
        {
            "id": rule.name,
            "shortDescription": {"text": rule.sentence},
            "fullDescription": {"text": rule.why},
            "helpUri": rule.source.url,
            "defaultConfiguration": {"level": "warning" if rule.is_warning else "error"},
        }
        for rule in RULES
    ]
    note = {"level": "error", "message": {"text": "x.yaml: not YAML"}}

    assert {
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [
            {
                "tool": {"driver": {"name": "redshift-roles", "rules": rules}},
                "invocations": [{"executionSuccessful": False, "toolExecutionNotifications": [note]}],
                "results": [
                    _result(duplicated, "RoleDuplicated", "error", "twice. Fix: drop one", line),
                    _result(undecided, "RoleCountUndecided", "warning", "many. Fix: count them", line),
                    _result(
                        duplicated,
                        "RoleDuplicated",
                        "error",
                        "twice. Fix: drop one",
                        {"artifactLocation": {"uri": "child.yaml"}},
                    ),
                ],
            }
        ],
    } == json.loads(FORMATS["sarif"](REPORT))


def test_a_report_of_nothing_is_whole_in_every_format() -> None:
    """Programs find their keys; a count of one has no plural."""
    nothing = Report(0, [], [])

    assert FORMATS["text"](Report(1, FOUND[:1], [])).endswith("\n1 template checked: 1 error, 0 warnings")
    assert "0 templates checked: 0 errors, 0 warnings" == FORMATS["text"](nothing)
    assert {"templates": 0, "findings": [], "unusable": []} == json.loads(FORMATS["json"](nothing))
    (run,) = json.loads(FORMATS["sarif"](nothing))["runs"]
    assert ([], [{"executionSuccessful": True, "toolExecutionNotifications": []}]) == (
        run["results"],
        run["invocations"],
    )


def test_control_characters_of_a_template_are_escaped() -> None:
    """A colour, a new line and a change of direction do not reach the terminal."""
    finding = replace(BROKEN, path="C\x1b[31m\n::error::x", message="'bad\n  error Foo\u202e'", fix="drop\r'\udcff'")
    reported = FORMATS["text"](Report(1, [Located(Path("a\n.yaml"), 3, "m\t", "C", "", finding)], []))

    assert [
        r"a\n.yaml:3: C\x1b[31m\n::error::x (nested in m\t)",
        r"  error RoleDuplicated: 'bad\n  error Foo\u202e'",
        r"    fix: drop\r'\udcff'",
        f"    source: {ASSOCIATING}",
    ] == reported.split("\n")[:4]


def test_the_name_of_a_file_may_not_be_utf_8() -> None:
    """Its bytes are percent-encoded."""
    path = Path(os.fsdecode(b"a/\xff \xc3\xa9.yaml"))
    (result,) = json.loads(FORMATS["sarif"](Report(1, [FOUND[0]._replace(file=path)], [])))["runs"][0]["results"]

    assert "a/%FF%20%C3%A9.yaml" == result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
