"""The report of the command `redshift-roles check`."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from redshift_roles.cli.report import FORMATS, Ignored, Located, Report
from redshift_roles.rules import association_rules
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
        "ignored": None,
    } == report["findings"][2]
    assert None is report["findings"][0]["nestedIn"]


def test_a_report_of_nothing_is_whole_in_every_format() -> None:
    """Programs find their keys; a count of one has no plural."""
    nothing = Report(0, [], [])

    assert FORMATS["text"](Report(1, FOUND[:1], [])).endswith("\n1 template checked: 1 error, 0 warnings")
    assert "0 templates checked: 0 errors, 0 warnings" == FORMATS["text"](nothing)
    assert {"templates": 0, "findings": [], "unusable": []} == json.loads(FORMATS["json"](nothing))


def test_an_ignored_finding_is_only_counted() -> None:
    """With its reason where one is known; a program finds all of it."""
    accepted = FOUND[0]._replace(ignored=Ignored("until ::May\n::error::x", in_template=True))
    report = Report(1, [accepted, FOUND[1]._replace(ignored=Ignored())], [])

    assert (
        "1 template checked: 0 errors, 0 warnings, 2 ignored\n"
        r"  ignored RoleDuplicated at a b.yaml:3: Warehouse, because: until ::May\n::error::x"
    ) == FORMATS["text"](report)
    assert [{"inTemplate": True, "reason": "until ::May\n::error::x"}, {"inTemplate": False, "reason": None}] == [
        finding["ignored"] for finding in json.loads(FORMATS["json"](report))["findings"]
    ]


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


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        # GitHub obeys these at the beginning of a line, after white space too.
        ("::error file=a.yaml", r"\x3a:error file=a.yaml"),
        ("  ::add-mask::x", r"  \x3a:add-mask::x"),
        # GitHub's older form, Azure Pipelines and TeamCity obey theirs anywhere.
        ("a##[error]x.yaml", r"a\x23#[error]x.yaml"),
        ("##vso[task.setvariable variable=x]y", r"\x23#vso[task.setvariable variable=x]y"),
        ("a ##teamcity[buildStop]", r"a \x23#teamcity[buildStop]"),
        # Nobody obeys these.
        ("a::b.yaml", "a::b.yaml"),
        ("a##b.yaml", "a##b.yaml"),
        (":a.yaml", ":a.yaml"),
    ],
)
def test_what_a_build_machine_obeys_is_escaped(name: str, shown: str) -> None:
    """In the name of a file, and in what a template says."""
    finding = replace(BROKEN, message=f"x {name}", fix=f"y {name}")
    item = FOUND[0]._replace(file=Path(name), finding=finding)
    text = FORMATS["text"](Report(1, [item], []))
    inside = shown if "##" in name else name

    assert [f"{shown}:3: Warehouse", f"  error RoleDuplicated: x {inside}", f"    fix: y {inside}"] == text.split("\n")[
        :3
    ]
    assert f"x {name}" == json.loads(FORMATS["json"](Report(1, [item], [])))["findings"][0]["message"]
    assert "##" not in "".join(FORMATS[name](Report(1, [item], [name])) for name in ("json", "sarif"))


@given(st.text(st.sampled_from("#:[ \n\t\u2028x]")), st.text(st.sampled_from("#:[ \n\t\u2028x]")))
def test_no_line_of_a_report_is_a_command(name: str, text: str) -> None:
    """Whatever the file, the resource and the message are called."""
    finding = replace(BROKEN, path=text, message=text, fix=text)
    report = Report(
        1, [FOUND[0]._replace(file=Path(name), finding=finding, ignored=one) for one in (None, Ignored(text))], [text]
    )
    for write in FORMATS.values():
        for line in write(report).splitlines():
            assert not line.lstrip().startswith("::")
            assert not re.search(r"##\w*\[", line)
