"""
Templates and cloud assemblies on disk.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from redshift_roles import template_files
from redshift_roles.template_files import Environment, Given
from tests.builders import StackText, write_assembly
from tests.conftest import ACCOUNT, OTHER_ACCOUNT, REGION

NOWHERE = Environment(None, None)
HERE = Environment(OTHER_ACCOUNT, "us-east-1")
EMPTY = '{"Resources": {}}'


def _read(*paths: Path, environment: Environment = NOWHERE) -> Given:
    return template_files.read(map(str, paths), environment, lambda _: None)


def _nesting(*urls: str) -> str:
    stacks = {
        f"Child{n}": {"Type": "AWS::CloudFormation::Stack", "Properties": {"TemplateURL": url}}
        for n, url in enumerate(urls)
    }
    return json.dumps({"Resources": stacks})


def _write(path: Path, text: str = EMPTY) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def test_fails_when_a_file_is_not_text(tmp_path: Path) -> None:
    """
    Bytes that are no UTF-8 are told in one line.
    """
    path = tmp_path / "template.yaml"
    path.write_bytes(b"\xff\xfe\x00")
    given = _read(path)

    assert ([f"{path}: not UTF-8 text"], []) == (given.unusable, given.assemblies)


def test_fails_when_a_file_cannot_be_opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """
    The line says what the system says.
    """
    path = _write(tmp_path / "template.yaml")

    def refuse(*_: object, **__: object) -> str:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "read_text", refuse)

    assert [f"{path}: Permission denied"] == _read(path).unusable


@pytest.mark.parametrize("name", ["a.json", "a.template", "a.yaml", "a.txt"])
def test_json_is_read_whatever_the_files_name(tmp_path: Path, name: str) -> None:
    """
    Also with a mark of its byte order.
    """
    path = _write(tmp_path / name, "\ufeff" + EMPTY)

    (assembly,) = _read(path).assemblies
    assert {path: {"Resources": {}}} == assembly.bodies


@pytest.mark.parametrize("name", ["a.template", "a.yaml"])
def test_yaml_may_begin_with_a_brace(tmp_path: Path, name: str) -> None:
    """
    What looks like JSON and is none is read as YAML.
    """
    (assembly,) = _read(_write(tmp_path / name, "{Resources: {A: {}}}")).assemblies

    assert [{"Resources": {"A": {}}}] == list(assembly.bodies.values())


def test_templates_are_strangers_and_cloud_assemblies_are_apps(tmp_path: Path) -> None:
    """
    Both may be given at once.
    """
    folder = tmp_path / "cdk.out"
    folder.mkdir()
    write_assembly(folder, stacks={"Data": StackText(account=None, region=None), "Far": StackText()})
    app, loose = _read(_write(tmp_path / "a.json"), folder, environment=HERE).assemblies

    assert (True, False) == (app.is_app, loose.is_app)
    assert [(OTHER_ACCOUNT, "us-east-1"), (ACCOUNT, REGION)] == [(one.account, one.region) for one in app.stacks]
    assert [(OTHER_ACCOUNT, "us-east-1")] == [(one.account, one.region) for one in loose.stacks]


def test_nested_stacks_of_a_cloud_assembly_are_where_their_parent_is(tmp_path: Path) -> None:
    """
    The environment that was given reaches them.
    """
    write_assembly(tmp_path, stacks={"Data": StackText(account=None, region=None, nested={"Child": StackText()})})
    (app,) = _read(tmp_path, environment=HERE).assemblies

    assert [(OTHER_ACCOUNT, "us-east-1")] * 2 == [(found.account, found.region) for found in app.templates()]


def test_the_manifest_stands_for_its_folder(tmp_path: Path) -> None:
    """
    So a cloud assembly can be given by either.
    """
    write_assembly(tmp_path, stacks={"Data": StackText()})
    (app,) = _read(tmp_path / "manifest.json").assemblies

    assert ["Data.template.json"] == [stack.file for stack in app.stacks]


def test_a_path_that_is_given_twice_is_read_once(tmp_path: Path) -> None:
    """
    No finding is told twice.
    """
    path = _write(tmp_path / "a.json")
    (assembly,) = _read(path, path).assemblies

    assert [path] == [stack.path for stack in assembly.stacks]


def test_a_nested_template_is_found_by_the_name_its_address_ends_in(tmp_path: Path) -> None:
    """
    However the address begins; it is no stack of its own then.
    """
    child = _write(tmp_path / "child.yaml", "Resources: {A: {}}")
    parent = _write(tmp_path / "parent.json", _nesting("https://bucket/x/child.yaml", "./child.yaml", "other.yaml"))
    (assembly,) = _read(parent, child).assemblies

    assert [parent] == [stack.path for stack in assembly.stacks]
    assert [parent, child, child] == [found.path for found in assembly.templates()]


def test_a_name_that_two_files_have_leads_to_neither(tmp_path: Path) -> None:
    """
    All three are stacks of their own.
    """
    files = [_write(tmp_path / folder / "child.yaml", "Resources: {A: {}}") for folder in ("a", "b")]
    parent = _write(tmp_path / "parent.json", _nesting("./child.yaml"))
    (assembly,) = _read(parent, *files).assemblies

    assert [parent, *files] == [found.path for found in assembly.templates()]
    assert 3 == len({found.key for found in assembly.templates()})


def test_fails_when_templates_nest_each_other(tmp_path: Path) -> None:
    """
    A circle has no beginning, or no end.
    """
    one, two = _write(tmp_path / "1.json", _nesting("2.json")), _write(tmp_path / "2.json", _nesting("1.json"))
    top = _write(tmp_path / "0.json", _nesting("1.json"))

    assert [f"{one}: nests itself"] == _read(one, two).unusable
    assert [f"{one}: nests itself"] == _read(top, one, two).unusable


def test_a_cloud_assembly_within_a_folder_is_not_its_manifest_only(tmp_path: Path) -> None:
    """
    A folder of templates that has a ``cdk.out`` is searched for templates; the manifest is none.
    """
    folder = tmp_path / "project" / "cdk.out"
    folder.mkdir(parents=True)
    write_assembly(folder, stacks={"Data": StackText(resources={"A": {"Type": "A::B::C"}})})
    (assembly,) = _read(tmp_path / "project").assemblies

    assert ["Data.template.json"] == [stack.file for stack in assembly.stacks]


@pytest.mark.parametrize("folder", ["node_modules/x", ".venv", "deep/.cache"])
def test_what_tools_keep_in_a_folder_is_passed_over(tmp_path: Path, folder: str) -> None:
    """
    A folder that is named itself is searched, whatever its name.
    """
    hidden = _write(tmp_path / folder / "a.yaml", "Resources: {A: {Type: 'A::B'}}")
    shown = _write(tmp_path / "deep" / "b.yaml", "Resources: {A: {Type: 'A::B'}}")

    assert [[shown]] == [[*assembly.bodies] for assembly in _read(tmp_path).assemblies]
    assert [[hidden]] == [[*assembly.bodies] for assembly in _read(hidden.parent).assemblies]


def test_lines_are_as_close_as_they_are_known(tmp_path: Path) -> None:
    """
    The property where it is written, else its section, else the resource.
    """
    text = "Resources:\n  A:\n    Properties:\n      IamRoles: []\n  B: {}\n"
    path = _write(tmp_path / "a.yaml", text)
    given = _read(path)

    assert [4, 3, 5, None] == [
        given.line_of(path, "A", "Properties/IamRoles/0"),
        given.line_of(path, "A", "Properties/Other"),
        given.line_of(path, "B", "Properties/IamRoles"),
        given.line_of(path, "C", "Properties/IamRoles"),
    ]


def test_every_file_is_counted(tmp_path: Path) -> None:
    """
    So that a person may watch.
    """
    counted: list[int] = []
    folder = tmp_path / "cdk.out"
    folder.mkdir()
    write_assembly(folder, stacks={"One": StackText(), "Two": StackText()})
    paths = [_write(tmp_path / "a.json"), _write(tmp_path / "b.json"), folder]
    template_files.read(map(str, paths), NOWHERE, counted.append)

    assert [1, 1, 1, 1] == counted
