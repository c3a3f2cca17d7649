"""What the command line prints."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

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


def test_people_read_each_place_once() -> None:
    """With the line where it is known, the nested stack where there is one, and a count at the end."""
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
    """One error, no warnings."""
    assert FORMATS["text"](Report(1, FOUND[:1], [])).endswith("\n1 template checked: 1 error, 0 warnings")


def test_machines_read_everything() -> None:
    """Each finding with its place, and what could not be read."""
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
    """Every rule with its level, every result with its rule and its place."""
    log = json.loads(FORMATS["sarif"](REPORT))
    (run,) = log["runs"]
    rules = run["tool"]["driver"]["rules"]

    assert ["https://json.schemastore.org/sarif-2.1.0.json", "2.1.0"] == [log["$schema"], log["version"]]
    assert [(rule.name, rule.sentence, rule.why, rule.source.url) for rule in RULES] == [
        (rule["id"], rule["shortDescription"]["text"], rule["fullDescription"]["text"], rule["helpUri"])
        for rule in rules
    ]
    assert {rule.name: "warning" if rule.undecided else "error" for rule in RULES} == {
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
    """Machines find their keys."""
    nothing = Report(0, [], [])

    assert "0 templates checked: 0 errors, 0 warnings" == FORMATS["text"](nothing)
    assert {"templates": 0, "findings": [], "unusable": []} == json.loads(FORMATS["json"](nothing))
    assert [] == json.loads(FORMATS["sarif"](nothing))["runs"][0]["results"]


def test_nothing_in_a_template_gives_orders_to_a_terminal() -> None:
    """A colour, a new line and a change of direction are written as escapes."""
    finding = replace(BROKEN, path="C\x1b[31m\n::error::x", message="'bad\n  error Foo\u202e'", fix="drop\r'\udcff'")
    reported = FORMATS["text"](Report(1, [Located(Path("a\n.yaml"), 3, "m\t", "C", "", finding)], []))

    assert [
        r"a\n.yaml:3: C\x1b[31m\n::error::x (nested in m\t)",
        r"  error RoleDuplicated: 'bad\n  error Foo\u202e'",
        r"    fix: drop\r'\udcff'",
        f"    source: {ASSOCIATING}",
    ] == reported.split("\n")[:4]


def test_the_name_of_a_file_may_be_no_text() -> None:
    """Its bytes are written as an address writes them."""
    path = Path(os.fsdecode(b"a/\xff \xc3\xa9.yaml"))
    (result,) = json.loads(FORMATS["sarif"](Report(1, [FOUND[0]._replace(file=path)], [])))["runs"][0]["results"]

    assert "a/%FF%20%C3%A9.yaml" == result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]


# What SARIF 2.1.0 says an object must have, and what it may have of what we write, by the way to it.
REQUIRED = {
    "": {"version", "runs"},
    "runs": {"tool"},
    "runs.tool": {"driver"},
    "runs.tool.driver": {"name"},
    "runs.tool.driver.rules": {"id"},
    "runs.tool.driver.rules.shortDescription": {"text"},
    "runs.tool.driver.rules.fullDescription": {"text"},
    "runs.tool.driver.rules.defaultConfiguration": set[str](),
    "runs.invocations": {"executionSuccessful"},
    "runs.invocations.toolExecutionNotifications": {"message"},
    "runs.invocations.toolExecutionNotifications.message": {"text"},
    "runs.results": {"message"},
    "runs.results.message": {"text"},
    "runs.results.locations": set[str](),
    "runs.results.locations.physicalLocation": {"artifactLocation"},
    "runs.results.locations.physicalLocation.artifactLocation": {"uri"},
    "runs.results.locations.physicalLocation.region": {"startLine"},
    "runs.results.locations.logicalLocations": set[str](),
}
OPTIONAL = {
    "": {"$schema"},
    "runs": {"invocations", "results"},
    "runs.tool.driver": {"rules"},
    "runs.tool.driver.rules": {"shortDescription", "fullDescription", "helpUri", "defaultConfiguration"},
    "runs.tool.driver.rules.defaultConfiguration": {"level"},
    "runs.invocations": {"toolExecutionNotifications"},
    "runs.invocations.toolExecutionNotifications": {"level"},
    "runs.results": {"ruleId", "ruleIndex", "level", "locations"},
    "runs.results.locations": {"physicalLocation", "logicalLocations"},
    "runs.results.locations.physicalLocation": {"region"},
    "runs.results.locations.logicalLocations": {"name", "fullyQualifiedName", "kind"},
}


def _objects(node: Any, way: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    if isinstance(node, dict):
        yield way, node
        for key, value in node.items():
            yield from _objects(value, f"{way}.{key}".lstrip("."))
    for item in node if isinstance(node, list) else ():
        yield from _objects(item, way)


def test_sarif_has_what_its_schema_requires_and_nothing_it_does_not_know() -> None:
    """Each object at each level; lines begin at one, levels are those of the schema, rules are found by their index."""
    log = json.loads(FORMATS["sarif"](REPORT))
    met = set()
    for way, found in _objects(log):
        met.add(way)
        assert REQUIRED[way] <= set(found) <= REQUIRED[way] | OPTIONAL.get(way, set()), way
        assert found.get("level", "none") in ("none", "note", "warning", "error")
        assert found.get("startLine", 1) >= 1
        assert all(isinstance(found.get(key, ""), str) for key in ("text", "uri", "id", "ruleId", "name", "version"))

    (run,) = log["runs"]
    assert set(REQUIRED) == met
    assert all(run["tool"]["driver"]["rules"][one["ruleIndex"]]["id"] == one["ruleId"] for one in run["results"])
