"""The command `redshift-roles map`."""

from __future__ import annotations

import io
import json
import re
import sys
from pathlib import Path
from typing import Any

import pytest

from redshift_roles.cli import main

ROLE = "arn:aws:iam::111111111111:role/loader"
TEMPLATE = f"""\
Resources:
  Warehouse: {{Type: AWS::Redshift::Cluster, Properties: {{IamRoles: [{ROLE}]}}}}
  Other: {{Type: AWS::Redshift::Cluster, Properties: {{IamRoles: []}}}}
"""


@pytest.fixture
def template(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A template of two clusters, in the current folder."""
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "template.yaml"
    path.write_text(TEMPLATE)
    return path


def _run(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str, str]:
    code = main.main(["map", *words])
    return (code, *capsys.readouterr())


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (["nowhere.yaml"], "nowhere.yaml: no such file or folder"),
        (["."], ".: holds no templates (.json, .template, .yaml, .yml)"),
        (["wrong.yml"], "wrong.yml: not a template: it has no Resources"),
    ],
)
def test_fails_when_there_is_nothing_to_draw(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any, words: list[str], complaint: str
) -> None:
    """One line says why; the map is that of nothing."""
    monkeypatch.chdir(tmp_path)
    if words == ["wrong.yml"]:
        (tmp_path / "wrong.yml").write_text("a: b")

    code, out, err = _run(capsys, *words)
    assert (2, f"redshift-roles: {complaint}\n") == (code, err)
    assert "0 people, 0 clusters, 0 roles, 0 targets\n" == out


def test_fails_when_a_template_among_others_cannot_be_read(template: Path, capsys: Any) -> None:
    """What can be read is drawn."""
    (template.parent / "wrong.yaml").write_text("Resources: {A: {Type: 'AWS::IAM::Role' ]")
    code, out, err = _run(capsys, ".")

    assert (2, True) == (code, "cluster Warehouse  has  role loader" in " ".join(out.split(" ")))
    assert err.startswith("redshift-roles: wrong.yaml: ")


@pytest.mark.parametrize(
    ("words", "complaints"),
    [
        (["--cluster", ""], ["--cluster : there is no such cluster"]),
        (["--cluster", "Warehose"], ["--cluster Warehose: there is no such cluster"]),
        (
            ["--role", "x", "--role", "loader", "--person", "\x1b[31m"],
            ["--role x: there is no such role", "--person \\x1b[31m: there is no such person"],
        ),
    ],
)
def test_fails_when_a_name_matches_nothing(
    template: Path, capsys: Any, words: list[str], complaints: list[str]
) -> None:
    """Nothing is drawn: a part of what was asked for would look complete."""
    code, out, err = _run(capsys, str(template), *words)

    assert (2, "", [f"redshift-roles: {line}" for line in complaints]) == (code, out, err.splitlines())


def test_fails_when_the_format_is_unknown(template: Path, capsys: Any) -> None:
    """Those that exist are listed."""
    with pytest.raises(SystemExit) as caught:
        _run(capsys, str(template), "--format", "svg")

    assert 2 == caught.value.code
    assert re.search("invalid choice: 'svg' .*table.*mermaid.*dot.*json", capsys.readouterr().err)


def test_a_table_is_printed_unless_another_format_is_chosen(template: Path, capsys: Any) -> None:
    """For a terminal; nothing in it is obeyed by a build machine."""
    odd = template.with_name("odd.yaml")
    odd.write_text(TEMPLATE.replace("Other", "'##vso[x]'"))
    code, out, err = _run(capsys, "template.yaml")

    assert (0, "") == (code, err)
    assert [
        "0 people, 2 clusters, 1 role, 0 targets",
        "",
        "template.yaml",
        "  cluster Warehouse  has  role loader (not in these templates)",
        "  cluster Other      has  no role",
    ] == out.splitlines()
    assert "##vso" not in _run(capsys, str(odd))[1]


@pytest.mark.parametrize(
    ("name", "start"), [("mermaid", "flowchart LR\n"), ("dot", "digraph access {\n"), ("json", '{\n  "version": 1,\n')]
)
def test_the_other_formats(template: Path, capsys: Any, name: str, start: str) -> None:
    """Each to standard output."""
    code, out, _ = _run(capsys, str(template), "--format", name)

    assert (0, True) == (code, out.startswith(start))


def test_a_template_on_standard_input(template: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any) -> None:
    """By a dash, as for the check."""
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(template.read_bytes())))

    code, out, _ = _run(capsys, "-")
    assert (0, "<stdin>") == (code, out.splitlines()[2])


def test_names_narrow_the_map(template: Path, capsys: Any) -> None:
    """Each option may be repeated."""
    found = _run(capsys, str(template), "--cluster", "Other")[1]
    both = _run(capsys, str(template), "--cluster", "Other", "--cluster", "Warehouse", "--format", "json")[1]

    assert "0 people, 1 cluster, 0 roles, 0 targets" == found.splitlines()[0]
    assert 2 == len(json.loads(both)["clusters"])


def test_the_account_and_the_region_are_those_of_templates_that_name_none(template: Path, capsys: Any) -> None:
    """A role of another account shows its account."""
    found = _run(capsys, str(template), "--account", "222222222222", "--region", "eu-west-1", "--role", "loader")[1]

    assert "role loader (111111111111) (not in these templates)" in found


def test_a_file_gets_the_map_and_the_terminal_the_counts(template: Path, capsys: Any) -> None:
    """One that cannot be written is an error."""
    path = template.with_name("map.mmd")
    code, out, _ = _run(capsys, str(template), "--format", "mermaid", "--output", str(path))
    lost = _run(capsys, str(template), "--output", str(path / "x"))

    assert (0, "0 people, 2 clusters, 1 role, 0 targets\n") == (code, out)
    assert path.read_text().startswith("flowchart LR\n")
    assert (2, f"redshift-roles: {path / 'x'}: Not a directory\n") == (lost[0], lost[2])


@pytest.mark.parametrize(("arrows", "is_told"), [(500, False), (501, True)])
def test_a_large_flowchart_says_how_to_narrow_it(template: Path, capsys: Any, arrows: int, is_told: bool) -> None:
    """Mermaid draws no more than 500 arrows, here those of statements under different conditions; a table has more."""
    allowed = {"Effect": "Allow", "Action": "redshift:*", "Resource": "*"}
    tags = [f"aws:PrincipalTag/t{number}" for number in range(arrows)]
    statements = [{**allowed, "Condition": {"StringEquals": {tag: "x"}}} for tag in tags]
    policy = {"Type": "AWS::IAM::ManagedPolicy", "Properties": {"PolicyDocument": {"Statement": statements}}}
    path = template.with_name("large.json")
    path.write_text(json.dumps({"Resources": {"Policy": policy}}))
    code, out, err = _run(capsys, str(path), "--format", "mermaid")

    limit = "Mermaid draws at most 500 arrows and 50,000 characters: narrow the map with --cluster, --role or --person"
    assert (0, arrows) == (code, out.count("-->"))
    assert [f"redshift-roles: {limit}"] * is_told == err.splitlines()
    assert "" == _run(capsys, str(path))[2]
