"""
What the command line prints.
"""

from __future__ import annotations

import json
from pathlib import Path

from redshift_roles import rulebook
from redshift_roles.reports import FORMATS, Located, Report

BROKEN = rulebook.ROLE_DUPLICATED.finding("Warehouse", ("twice", "drop one"))
UNDECIDED = rulebook.ROLE_COUNT_UNDECIDED.finding("Warehouse", ("many", "count them"))
PAGE = "https://docs.aws.amazon.com/redshift/latest/mgmt"
LIMITS = f"{PAGE}/amazon-redshift-limits.html"
ASSOCIATING = f"{PAGE}/copy-unload-iam-role-associating-with-clusters.html"
FOUND = [
    Located(Path("a b.yaml"), 3, "", "Warehouse", "Properties/IamRoles", BROKEN),
    Located(Path("a b.yaml"), 3, "", "Warehouse", "Properties/IamRoles", UNDECIDED),
    Located(Path("child.yaml"), None, "main.yaml/Child", "Warehouse", "Properties/IamRoles", BROKEN),
]
REPORT = Report(2, FOUND, ["x.yaml: not YAML"])


def test_people_read_each_place_once() -> None:
    """
    With the line where it is known, the nested stack where there is one, and a count at the end.
    """
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


def test_the_count_knows_one_from_many() -> None:
    """
    One error, no warnings.
    """
    assert FORMATS["text"](Report(1, FOUND[:1], [])).endswith("\n1 template checked: 1 error, 0 warnings")


def test_machines_read_everything() -> None:
    """
    Each finding with its place, and what could not be read.
    """
    read = json.loads(FORMATS["json"](REPORT))

    assert (2, ["x.yaml: not YAML"], 3) == (read["templates"], read["unusable"], len(read["findings"]))
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
    } == read["findings"][2]
    assert None is read["findings"][0]["nestedIn"]


def test_code_hosts_read_rules_and_results() -> None:
    """
    Every rule with its level, every result with its rule and its place.
    """
    log = json.loads(FORMATS["sarif"](REPORT))
    (run,) = log["runs"]
    rules = run["tool"]["driver"]["rules"]

    assert ["https://json.schemastore.org/sarif-2.1.0.json", "2.1.0"] == [log["$schema"], log["version"]]
    assert [(rule.name, rule.sentence, rule.why, rule.source.url) for rule in rulebook.RULES] == [
        (rule["id"], rule["shortDescription"]["text"], rule["fullDescription"]["text"], rule["helpUri"])
        for rule in rules
    ]
    assert {rule.name: "warning" if rule.undecided else "error" for rule in rulebook.RULES} == {
        rule["id"]: rule["defaultConfiguration"]["level"] for rule in rules
    }
    assert [("RoleDuplicated", "error"), ("RoleCountUndecided", "warning"), ("RoleDuplicated", "error")] == [
        (rules[result["ruleIndex"]]["id"], result["level"]) for result in run["results"]
    ]
    assert [{"uri": "a%20b.yaml"}, {"uri": "a%20b.yaml"}, {"uri": "child.yaml"}] == [
        result["locations"][0]["physicalLocation"]["artifactLocation"] for result in run["results"]
    ]
    assert [{"startLine": 3}, {"startLine": 3}, None] == [
        result["locations"][0]["physicalLocation"].get("region") for result in run["results"]
    ]
    assert "twice. Fix: drop one" == run["results"][0]["message"]["text"]
    assert {"name": "Warehouse", "fullyQualifiedName": "Warehouse", "kind": "resource"} == (
        run["results"][0]["locations"][0]["logicalLocations"][0]
    )
    assert [{"level": "error", "message": {"text": "x.yaml: not YAML"}}] == (
        run["invocations"][0]["toolExecutionNotifications"]
    )


def test_a_report_of_nothing_is_whole_in_every_format() -> None:
    """
    Machines find their keys.
    """
    nothing = Report(0, [], [])

    assert "0 templates checked: 0 errors, 0 warnings" == FORMATS["text"](nothing)
    assert {"templates": 0, "findings": [], "unusable": []} == json.loads(FORMATS["json"](nothing))
    assert [] == json.loads(FORMATS["sarif"](nothing))["runs"][0]["results"]
