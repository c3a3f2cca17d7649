"""The rules for cfn-lint."""

from __future__ import annotations

import io
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from redshift_roles.cli import main
from redshift_roles.rules import RULES
from tests.conftest import ACCOUNT, OTHER_ACCOUNT
from tests.support.programs import ROOT

MODULE = "redshift_roles.cli.cfnlint_rules"
BROKEN = f"""\
Resources:
  Warehouse:
    Type: AWS::Redshift::Cluster
    Properties:
      ClusterType: single-node
      DBName: dev
      MasterUsername: adminuser
      ManageMasterPassword: true
      NodeType: ra3.large
      IamRoles:
        - arn:aws:iam::{ACCOUNT}:role/One
        - arn:aws:iam::{OTHER_ACCOUNT}:role/Two
  People:
    Type: AWS::IAM::Group
    Properties:
      Policies:
        - PolicyName: associate
          PolicyDocument:
            Version: "2012-10-17"
            Statement:
              - {{Effect: Allow, Action: "redshift:ModifyClusterIamRoles", Resource: "*"}}
              - {{Effect: Allow, Action: "iam:PassRole", Resource: "*"}}
"""
FOUND = [("E9504", 10), ("E9514", 22), ("W9512", 10)]
Lint = Callable[..., list[Any]]


@pytest.fixture
def lint(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Lint:
    """Run cfn-lint with our rules alone in this process, and list what they found; its own take long to load."""
    from cfnlint.config import ConfigMixIn  # noqa: PLC0415  not in each process that only collects this test
    from cfnlint.runner import Runner  # noqa: PLC0415

    monkeypatch.setattr(ConfigMixIn, "append_rules", [MODULE])

    def run(text: str, *words: str, is_piped: bool = False) -> list[Any]:
        path = tmp_path / "template.yaml"
        path.write_text(text, encoding="utf-8")
        monkeypatch.setattr(sys, "stdin", io.StringIO(text))
        matches = Runner(ConfigMixIn([*words, *([] if is_piped else ["--template", str(path)])])).run()
        return [match for match in matches if re.fullmatch("[EW]9[0-9]+|E0002", match.rule.id)]

    return run


def _places(matches: list[Any]) -> list[tuple[str, int]]:
    return sorted((match.rule.id, match.linenumber) for match in matches)


def test_fails_when_a_rule_is_broken(tmp_path: Path) -> None:
    """The command of cfn-lint finds the rules by the name of their module, and says where and what to do."""
    path = tmp_path / "template.yaml"
    path.write_text(BROKEN)
    command = [str(Path(sys.executable).with_name("cfn-lint")), "--append-rules", MODULE, "--template", str(path)]
    done = subprocess.run(
        command, capture_output=True, text=True, check=False, env={"PYTHONPATH": str(ROOT)}, cwd=tmp_path
    )

    assert (6, "") == (done.returncode, done.stderr)
    fix = "Fix: name the roles in Resource, and add Condition"
    assert re.search(rf"^E9514 PassRoleUnscoped: Policies.*{fix}.*\n{path}:22:[0-9]+$", done.stdout, re.MULTILINE)


def test_fails_when_a_template_cannot_be_read(lint: Lint) -> None:
    """What cfn-lint can read and the rules cannot is reported once, because nothing in it was checked."""
    matches = lint(f"{BROKEN}Metadata:\n  Deep: {'[' * 120}{']' * 120}\n")

    assert [("E9500", 1)] == _places(matches)
    assert "nested deeper than 100 levels" in matches[0].message


def test_each_finding_has_its_own_line(lint: Lint) -> None:
    """Those of the command are the same ones."""
    assert FOUND == _places(lint(BROKEN))


@pytest.mark.parametrize(
    ("words", "left"),
    [
        (["--ignore-checks", "E9514"], [FOUND[0], FOUND[2]]),
        (["--ignore-checks", "E95", "W95"], []),
        (["--configure-rule", "E9501:role_limit=1", "--ignore-checks", "E9504", "E9514", "W"], [("E9501", 10)]),
    ],
)
def test_a_rule_is_ignored_or_configured_by_its_id(lint: Lint, words: list[str], left: list[tuple[str, int]]) -> None:
    """As those of cfn-lint are."""
    assert left == _places(lint(BROKEN, *words))


@pytest.mark.parametrize(
    "metadata",
    [
        "{cfn-lint: {config: {ignore_checks: [E9514]}}}",
        "{redshift-roles: {ignore: [{rule: PassRoleUnscoped, reason: they are administrators}]}}",
    ],
)
def test_a_resource_may_ignore_a_rule(lint: Lint, metadata: str) -> None:
    """By cfn-lint's own metadata, and by ours."""
    text = BROKEN.replace("    Type: AWS::IAM::Group\n", f"    Type: AWS::IAM::Group\n    Metadata: {metadata}\n")

    assert [FOUND[0], FOUND[2]] == _places(lint(text))


def test_an_ignore_of_the_template_without_effect_has_its_line(lint: Lint) -> None:
    """It is about no resource."""
    ignore = "{redshift-roles: {ignore: [{rule: RoleDuplicated, reason: both names are needed}]}}"

    assert [*FOUND, ("W9522", 23)] == _places(lint(f"{BROKEN}Metadata: {ignore}\n"))


def test_a_template_may_come_through_standard_input(lint: Lint) -> None:
    """Cfn-lint has read it then."""
    matches = lint(BROKEN, is_piped=True)

    assert FOUND == _places(matches)
    assert [None] * 3 == [match.filename for match in matches]


def test_every_rule_has_an_id_of_its_own() -> None:
    """In the range for rules of users, with the letter of its severity, and its AWS page."""
    from redshift_roles.cli import cfnlint_rules  # noqa: PLC0415

    assert [] == [rule.name for rule in RULES if not hasattr(cfnlint_rules, rule.name)]
    made = {rule.name: getattr(cfnlint_rules, rule.name)() for rule in RULES}
    assert len(RULES) == len({rule.id for rule in made.values()})
    for rule in RULES:
        found = made[rule.name]
        assert re.fullmatch(f"{'W' if rule.is_warning else 'E'}95[0-9]{{2}}", found.id)
        assert (rule.sentence, rule.why, rule.source.url) == (found.shortdesc, found.description, found.source_url)


def test_the_command_finds_the_same(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """One set of rules serves both."""
    path = tmp_path / "template.yaml"
    path.write_text(BROKEN)

    assert 1 == main.main(["check", str(path)])
    out = capsys.readouterr().out
    assert ["RoleAccountMismatch", "RoleAccountUndecided", "PassRoleUnscoped"] == re.findall(r"  \w+ (\w+): ", out)
