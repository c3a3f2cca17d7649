"""Templates and cloud assemblies on disk."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path

import pytest

from redshift_roles.aws import Json
from redshift_roles.templates import checker
from redshift_roles.templates import files as template_files
from redshift_roles.templates.assembly import MALFORMED, Assembly, GivenFiles
from redshift_roles.templates.files import Environment, Given
from tests.conftest import ACCOUNT, OTHER_ACCOUNT, REGION
from tests.support.builders import StackText, write_assembly
from tests.support.programs import opened_files

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
    """Bytes that are no UTF-8 are reported in one line."""
    path = tmp_path / "template.yaml"
    path.write_bytes(b"\xff\xfe\x00")
    given = _read(path)

    assert ([f"{path}: not UTF-8 text"], []) == (given.unusable, given.assemblies)


def test_fails_when_a_file_cannot_be_opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The line says what the system says."""
    path = _write(tmp_path / "template.yaml")

    def raise_if(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", raise_if)

    assert [f"{path}: Permission denied"] == _read(path).unusable


def test_fails_when_a_path_is_no_regular_file(tmp_path: Path) -> None:
    """A pipe would be waited for, and a device has no end."""
    os.mkfifo(tmp_path / "pipe")

    assert ["/dev/zero: not a regular file", f"{tmp_path / 'pipe'}: not a regular file"] == (
        _read(Path("/dev/zero"), tmp_path / "pipe").unusable
    )


@pytest.mark.parametrize(("size", "is_read"), [(20_000_000, True), (20_000_001, False)])
def test_fails_when_a_file_is_larger_than_twenty_megabytes(tmp_path: Path, size: int, is_read: bool) -> None:
    """The others are read."""
    large, other = _write(tmp_path / "large.json", EMPTY.ljust(size)), _write(tmp_path / "other.json")
    given = _read(tmp_path / "large.json", other)

    assert ([] if is_read else [f"{large}: larger than 20 MB"]) == given.unusable
    assert ([large, other] if is_read else [other]) == [*given.assemblies[0].bodies]


@pytest.mark.parametrize("name", ["a.json", "a.template", "a.yaml", "a.txt"])
def test_json_is_read_whatever_the_files_name(tmp_path: Path, name: str) -> None:
    """Also with a mark of its byte order."""
    path = _write(tmp_path / name, "\ufeff" + EMPTY)

    (assembly,) = _read(path).assemblies
    assert {path: {"Resources": {}}} == assembly.bodies


@pytest.mark.parametrize("name", ["a.template", "a.yaml"])
def test_yaml_may_begin_with_a_brace(tmp_path: Path, name: str) -> None:
    """What looks like JSON and is none is read as YAML."""
    (assembly,) = _read(_write(tmp_path / name, "{Resources: {A: {}}}")).assemblies

    assert [{"Resources": {"A": {}}}] == list(assembly.bodies.values())


def test_templates_are_strangers_and_cloud_assemblies_are_apps(tmp_path: Path) -> None:
    """Both may be given at once."""
    folder = tmp_path / "cdk.out"
    folder.mkdir()
    nested = {"Child": StackText()}
    write_assembly(folder, stacks={"Data": StackText(account=None, region=None, nested=nested), "Far": StackText()})
    app, loose = _read(_write(tmp_path / "a.json"), folder, environment=HERE).assemblies

    assert (True, False) == (app.is_app, loose.is_app)
    there = (OTHER_ACCOUNT, "us-east-1")
    assert [there, there, (ACCOUNT, REGION)] == [(one.account, one.region) for one in app.templates()]
    assert [there] == [(one.account, one.region) for one in loose.stacks]


def test_a_path_that_is_given_twice_is_read_once(tmp_path: Path) -> None:
    """No finding is reported twice."""
    path = _write(tmp_path / "a.json")
    (assembly,) = _read(path, path).assemblies

    assert [path] == [stack.path for stack in assembly.stacks]


def test_a_nested_template_is_found_by_the_name_its_address_ends_in(tmp_path: Path) -> None:
    """However the address begins; it is no stack of its own then."""
    child = _write(tmp_path / "child.yaml", "Resources: {A: {}}")
    parent = _write(tmp_path / "parent.json", _nesting("https://bucket/x/child.yaml", "./child.yaml", "other.yaml"))
    (assembly,) = _read(parent, child).assemblies

    assert [parent] == [stack.path for stack in assembly.stacks]
    assert [parent, child, child] == [found.path for found in assembly.templates()]


@pytest.mark.parametrize(
    ("address", "meant"),
    [
        ("./net/template.yaml", "net/template.yaml"),
        ("net/../template.yaml", "template.yaml"),
        ("../cfn/child.yaml", "../cfn/child.yaml"),
        ("./child.yaml", "../cfn/child.yaml"),
        ("https://bucket.s3.amazonaws.com/v1/child.yaml", "../cfn/child.yaml"),
        ("https://bucket/v1/child.yaml?versionId=1.2", "../cfn/child.yaml"),
        ("s3://bucket/qs/t.json", "../cfn/t.json"),
        ({"Fn::Sub": "https://${B}.s3.amazonaws.com/${Prefix}cfn/t.json"}, "../cfn/t.json"),
        ({"Fn::Join": ["", ["https://", {"Ref": "B"}, "/cfn/t.json"]]}, "../cfn/t.json"),
        ("./data/template.yaml", None),
        ("https://bucket/data/template.yaml", None),
        ("../other/t.json", None),
        ("https://bucket/main.yaml", None),
        ({"Fn::Sub": "https://bucket/${Prefix}main.yaml"}, None),
        ("./network/main.yaml", None),
        ("https://child.yaml", None),
        ("https://bucket/child.YAML", None),
        ("", None),
        ({"Ref": "Url"}, None),
        (None, None),
        (7, None),
    ],
)
def test_an_address_means_the_file_of_its_path_or_the_only_one_of_its_name(
    tmp_path: Path, address: Json, meant: str | None
) -> None:
    """A name alone never means a template that is being nested in, nor one of two files."""
    home = tmp_path / "qs" / "main.yaml"
    files = ["main.yaml", "net/template.yaml", "template.yaml", "../cfn/child.yaml", "../cfn/t.json"]
    given = GivenFiles(home.parent / name for name in files)

    assert (home.parent / meant if meant else None) == given.nested(address, [home])
    assert None is GivenFiles().nested(address, [home])


def test_no_address_is_too_long() -> None:
    """Whatever it repeats."""
    start = time.perf_counter()

    for part in ("a", "a/", "a.", "/", "../", "x.yaml/", "%", "://"):
        assert None is GivenFiles([Path("main.yaml")]).nested(part * 200_000, [Path("main.yaml")])
    assert time.perf_counter() - start < 5


def test_fails_when_templates_nest_each_other(tmp_path: Path) -> None:
    """A circle has no beginning, or no end. It is reported once, and the rest is checked."""
    one, two = _write(tmp_path / "1.json", _nesting("2.json")), _write(tmp_path / "2.json", _nesting("1.json"))
    top, other = _write(tmp_path / "0.json", _nesting("1.json")), _write(tmp_path / "3.json")

    for files, expected in (([one, two, other], [other, one, two]), ([top, one, two], [top, one, two])):
        given = _read(*files)
        (assembly,) = given.assemblies
        assert [f"{one}: nests itself"] == given.unusable
        assert expected == [found.path for found in assembly.templates()]


def test_fails_when_one_template_nests_too_much_and_keeps_the_others(tmp_path: Path) -> None:
    """Ten times ten times ten times ten, out of five small files."""
    files = [_write(tmp_path / f"{n}.json", _nesting(*[f"{n + 1}.json"] * 10)) for n in range(4)]
    last, other = _write(tmp_path / "4.json"), _write(tmp_path / "other.json")
    given = _read(*files, last, other)
    (assembly,) = given.assemblies

    assert ["0.json: more than 5,000 nested stacks"] == given.unusable
    assert [other] == [found.path for found in assembly.templates()]


@pytest.mark.parametrize(
    "assets", ["{}", "[]", "{", '{"files": 1}', '{"files": {"%s": {"source": {"path": "other.json"}}}}' % ("a" * 64)]
)
def test_a_file_of_assets_beside_a_template_is_not_opened(tmp_path: Path, assets: str) -> None:
    """Only an app that was given has assets: a template from elsewhere does not choose what is opened."""
    child = f"https://bucket/{'a' * 64}.json"
    path = _write(tmp_path / "x.template.json", _nesting(child))
    _write(tmp_path / "x.assets.json", assets)
    _write(tmp_path / "other.json", '{"Resources": {"C": {}}}')
    with opened_files() as opened:
        given = _read(path)

    assert ([], [str(path)]) == (given.unusable, opened)
    assert [[path]] == [[found.path for found in assembly.templates()] for assembly in given.assemblies]


def test_a_cloud_assembly_within_a_folder_is_read_as_one(tmp_path: Path) -> None:
    """As if it had been named itself; its Stages are read in their place, and no file of it on its own."""
    folder = tmp_path / "project" / "cdk.out"
    stage = folder / "assembly-Prod"
    stage.mkdir(parents=True)
    write_assembly(folder, stacks={"Data": StackText(nested={"Child": StackText()})})
    write_assembly(stage, stacks={"Prod": StackText()})
    manifest = json.loads((folder / "manifest.json").read_text())
    manifest["artifacts"]["Stage"] = {
        "type": "cdk:cloud-assembly",
        "properties": {"directoryName": "assembly-Prod"},
    }
    (folder / "manifest.json").write_text(json.dumps(manifest))
    other = _write(tmp_path / "project" / "a.json", '{"Resources": {"A": {"Type": "A::B::C"}}}')

    files = ["Data.template.json", "DataChild.nested.template.json", "Prod.template.json"]
    for paths in ([tmp_path / "project"], [folder, other], [tmp_path / "project", folder, other]):
        app, loose = sorted(_read(*paths).assemblies, key=lambda assembly: not assembly.is_app)
        assert files == [found.file for found in app.templates()]
        assert ["a.json"] == [found.file for found in loose.templates()]
    assert ["Prod.template.json"] == [found.file for found in _read(stage).assemblies[0].templates()]


def test_fails_when_a_template_of_a_cloud_assembly_is_broken_and_keeps_the_others(tmp_path: Path) -> None:
    """The line names its file."""
    write_assembly(tmp_path, stacks={"Bad": StackText(), "Data": StackText(), "Gone": StackText()})
    bad, gone = tmp_path / "Bad.template.json", tmp_path / "Gone.template.json"
    bad.write_text('{"Resources": ')
    gone.unlink()
    given = _read(tmp_path)

    assert [f"{bad}: line 1: not JSON: Expecting value", f"{gone}: No such file or directory"] == given.unusable
    assert ["Data.template.json"] == [found.file for found in given.assemblies[0].templates()]


def _hostile(folder: Path, **stacks: object) -> None:
    """Write a cloud assembly with a stack Data, and others whose files have these names."""
    write_assembly(folder, stacks={"Data": StackText()})
    manifest = json.loads((folder / "manifest.json").read_text())
    for name, file in stacks.items():
        kind = "cdk:cloud-assembly" if name.startswith("Stage") else "aws:cloudformation:stack"
        manifest["artifacts"][name] = {"type": kind, "properties": {"templateFile": file, "directoryName": file}}
    (folder / "manifest.json").write_text(json.dumps(manifest))


@pytest.mark.parametrize(
    ("name", "complaint"),
    [
        ("../secret.json", "not opened: it is outside of "),
        ("sub/../../secret.json", "not opened: it is outside of "),
        ("/etc/hostname", "not opened: it is outside of "),
        ("/dev/zero", "not opened: it is outside of "),
        ("/nowhere/x.json", "not opened: it is outside of "),
        ("link.json", "not opened: it is outside of "),
        ("linked/secret.json", "not opened: it is outside of "),
        ("circle.json", "Too many levels of symbolic links"),
        ("pipe.json", "not a regular file"),
        ("sub", "not a regular file"),
        ("", "not a regular file"),
        ("nowhere.json", "No such file or directory"),
        ("a" * 5_000, "File name too long"),
        ("a\0b", "not a path"),
        ("\ud800", "not a path"),
    ],
)
def test_fails_when_the_template_of_a_stack_is_not_a_file_in_the_folder(
    tmp_path: Path, name: str, complaint: str
) -> None:
    """It is not opened, whatever the manifest says; the other stacks are checked."""
    _write(tmp_path / "secret.json")
    folder = tmp_path / "out"
    (folder / "sub").mkdir(parents=True)
    _hostile(folder, Bad=name)
    (folder / "link.json").symlink_to(tmp_path / "secret.json")
    (folder / "linked").symlink_to(tmp_path)
    (folder / "circle.json").symlink_to("circle.json")
    os.mkfifo(folder / "pipe.json")
    with opened_files() as opened:
        given = _read(folder)

    assert {str(folder / name) for name in ("Data.template.json", "Data.assets.json", "manifest.json")} >= set(opened)
    assert [["Data.template.json"]] == [[one.file for one in assembly.templates()] for assembly in given.assemblies]
    (line,) = given.unusable
    assert line.startswith(f"{folder / name}: {complaint}")


@pytest.mark.parametrize(
    ("name", "complaint"),
    [
        (".", "a cloud assembly that is named twice"),
        ("sub", "cannot be read"),
        ("gone", "cannot be read"),
        ("broken", "cannot be read"),
        ("twice/../sound", "a cloud assembly that is named twice"),
        ("..", "not opened: it is outside of "),
        ("/etc", "not opened: it is outside of "),
        ("linked", "not opened: it is outside of "),
        ("a\0b", "cannot be read"),
    ],
)
def test_fails_when_a_stage_is_not_a_cloud_assembly_in_the_folder(tmp_path: Path, name: str, complaint: str) -> None:
    """Its manifest is not opened outside, and none is read twice; the other stages and stacks are checked."""
    outside, folder = tmp_path / "outside", tmp_path / "out"
    for made in (outside, folder / "sound", folder / "sub", folder / "twice", folder / "broken"):
        made.mkdir(parents=True)
    write_assembly(outside, stacks={"Secret": StackText()})
    write_assembly(folder / "sound", stacks={"Prod": StackText()})
    _write(folder / "broken" / "manifest.json", '{"artifacts": {"A": 1}}')
    _hostile(folder, Stage0="sound", Stage1=name)
    (folder / "linked").symlink_to(outside)
    with opened_files() as opened:
        given = _read(folder)

    assert not [file for file in opened if "outside" in file]
    (assembly,) = given.assemblies
    assert ["Data.template.json", "Prod.template.json"] == [one.file for one in assembly.templates()]
    (line,) = given.unusable
    assert complaint in line


STACK_TYPE = "aws:cloudformation:stack"


@pytest.mark.parametrize(
    "artifact",
    [
        None,
        [],
        "x",
        {},
        {"type": STACK_TYPE},
        {"type": STACK_TYPE, "properties": []},
        {"type": STACK_TYPE, "properties": {"templateFile": 5}},
        {"type": STACK_TYPE, "properties": {"templateFile": None}},
        {"type": STACK_TYPE, "environment": 5, "properties": {"templateFile": "Data.template.json"}},
        {"type": "cdk:cloud-assembly", "properties": {}},
        {"type": "cdk:cloud-assembly", "properties": {"directoryName": 5}},
    ],
)
def test_fails_when_an_artifact_has_another_form(tmp_path: Path, artifact: Json) -> None:
    """The stacks before it and after it are checked; what was just synthesized has no such thing."""
    write_assembly(tmp_path, stacks={"Data": StackText(), "Other": StackText()})
    manifest = tmp_path / "manifest.json"
    first, *others = json.loads(manifest.read_text())["artifacts"].items()
    manifest.write_text(json.dumps({"artifacts": dict([first, ("Odd", artifact), *others])}))
    given = _read(tmp_path)

    assert [f"{manifest}: the artifact 'Odd' cannot be read"] == given.unusable
    (assembly,) = given.assemblies
    assert ["Data.template.json", "Other.template.json"] == [one.file for one in assembly.templates()]
    with pytest.raises(MALFORMED):
        Assembly.read(tmp_path)


@pytest.mark.parametrize("assets", ["{", "[" * 200_000, "\x00", "pipe", "link"])
def test_fails_when_the_assets_of_a_stack_cannot_be_read(tmp_path: Path, assets: str) -> None:
    """The stack is checked without them, and so are the others."""
    folder = tmp_path / "out"
    folder.mkdir()
    write_assembly(folder, stacks={"Data": StackText(nested={"Child": StackText()}), "Other": StackText()})
    manifest = folder / "Data.assets.json"
    manifest.unlink()
    if assets == "link":
        manifest.symlink_to(_write(tmp_path / "secret.json", '{"files": {}}'))
    elif assets == "pipe":
        os.mkfifo(manifest)
    else:
        _write(manifest, assets)
    given = _read(folder)

    assert ["Data.template.json", "Other.template.json"] == [one.file for one in given.assemblies[0].templates()]
    complaint = f"not opened: it is outside of {folder}" if assets == "link" else "cannot be read"
    assert ([] if assets == "pipe" else [f"{manifest}: {complaint}"]) == given.unusable


@pytest.mark.parametrize("path", ["../child.json", "/nowhere/child.json", "/dev/zero", "link.json"])
def test_an_asset_outside_of_the_folder_is_not_opened_and_undecided(tmp_path: Path, path: str) -> None:
    """CDK leaves assets where they are when it is told not to stage them: a warning, since nobody can tell."""
    folder = tmp_path / "out"
    folder.mkdir()
    write_assembly(folder, stacks={"Data": StackText(nested={"Child": StackText(), "Twin": StackText()})})
    (folder / "link.json").symlink_to(_write(tmp_path / "child.json", '{"Resources": {"C": {}}}'))
    assets = folder / "Data.assets.json"
    assets.write_text(assets.read_text().replace("DataChild.nested.template.json", path))
    with opened_files() as opened:
        given = _read(folder)
        found = list(checker.check(given.assemblies[0], 10))

    assert [] == given.unusable
    assert {folder} == {Path(file).parent for file in opened}
    assert str(folder / "link.json") not in opened
    (violation,) = found
    assert ("TemplateUndecided", "Child") == (violation.finding.rule, violation.logical_id)
    assert f"is not checked: it is outside of {folder}" in violation.finding.message
    assert violation.finding.fix.startswith("let CDK stage its assets, or acknowledge this")


def test_what_an_app_was_just_synthesized_to_may_have_assets_elsewhere(tmp_path: Path) -> None:
    """The app itself says so; what cannot be read is an error there."""
    folder = tmp_path / "out"
    folder.mkdir()
    write_assembly(folder, stacks={"Data": StackText(nested={"Child": StackText()})})
    assets = folder / "Data.assets.json"
    child = _write(tmp_path / "child.json", '{"Resources": {"C": {"Type": "A::B"}}}')
    assets.write_text(assets.read_text().replace("DataChild.nested.template.json", str(child)))

    assert ["C"] == [*[*Assembly.read(folder).templates()][1].section("Resources")]
    assets.write_text("{")
    with pytest.raises(ValueError, match="Expecting property name"):
        list(Assembly.read(folder).templates())


def test_keys_that_stand_twice_are_told_with_their_lines(tmp_path: Path) -> None:
    """Fifty of a file, of templates only, and those of a cloud assembly too."""
    path = _write(tmp_path / "a.yaml", "Resources:\n  A: {Type: 'A::B'}\n  A: {Type: 'A::C'}\n")
    many = _write(tmp_path / "many.yaml", "Resources:\n" + "  A: {Type: 'A::B'}\n" * 60)
    _write(tmp_path / "config.yaml", "Resources: A::B\nResources: A::B\n")
    folder = tmp_path / "out"
    folder.mkdir()
    write_assembly(folder, stacks={"Data": StackText()})
    _write(folder / "Data.template.json", '{"Resources": {"A": {"Type": "A::B"},\n"A": {"Type": "A::C"}}}')
    given = _read(tmp_path)
    words = "the key 'A' stands twice; CloudFormation takes the last"

    assert [f"{path}:3: {words}", *[f"{many}:{line}: {words}" for line in range(3, 52)]] == given.odd[:50]
    assert [f"{many}:52: {words}, and 9 more", f"{folder / 'Data.template.json'}:2: {words}"] == given.odd[50:]
    assert [] == given.unusable
    assert {"A::C", "A::B"} == {one.resource_type("A") for read in given.assemblies for one in read.templates()}


def test_a_nested_template_of_an_app_may_be_yaml(tmp_path: Path) -> None:
    """An asset that somebody wrote by hand."""
    write_assembly(tmp_path, stacks={"Data": StackText(nested={"Child": StackText()})})
    assets = tmp_path / "Data.assets.json"
    assets.write_text(assets.read_text().replace("DataChild.nested.template.json", "child.yaml"))
    _write(tmp_path / "child.yaml", "Resources: {A: {Type: !Ref B}}")
    given = _read(tmp_path)

    assert [] == given.unusable
    assert {"A": {"Type": {"Ref": "B"}}} == [*given.assemblies[0].templates()][1].section("Resources")


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("chart.yaml", "kind: x\n{{- if .Values.Resources }}\nspec: {{ a::b }}\n"),
        ("many.yaml", "kind: A # Resources ::\n---\nkind: B\n"),
        ("mkdocs.yml", "nav: [Resources]\nemoji: !!python/name:a::b\n"),
        ("twice.json", '{"a": "Resources ::", "a": 1}'),
        ("latin.yaml", b"nav: [Resources ::]\nname: \xe9\n"),
    ],
)
def test_what_lies_in_a_folder_and_is_not_meant_as_a_template_is_passed_over(
    tmp_path: Path, name: str, text: str | bytes
) -> None:
    """It is reported where it is named itself."""
    sound = _write(tmp_path / "sound.yaml", "Resources: {A: {Type: 'A::B'}}")
    path = tmp_path / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    given = _read(tmp_path)

    assert ([], [[sound]]) == (given.unusable, [[*assembly.bodies] for assembly in given.assemblies])
    assert 1 == len(_read(path).unusable)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.yaml", b"Resources: [A::B\n"),
        ("a.yaml", b"# x\nAWSTemplateFormatVersion: '2010-09-09'\nResources: {A::B\n"),
        ("a.json", b'{"Resources": {"A::B": {}, "C": }}'),
        ("a.json", b'{"AWSTemplateFormatVersion" : "2010-09-09", "Resources" : [ "A::B'),
        ("a.yaml", "Resources: {A: {Type: 'A::B'}}".encode("utf-16")),
        ("a.yaml", b"Resources: {A: {Type: 'A::B'}} # \xe9"),
    ],
)
def test_fails_when_what_is_meant_as_a_template_cannot_be_read_in_a_folder(
    tmp_path: Path, name: str, text: bytes
) -> None:
    """A template that is not checked is reported."""
    (tmp_path / name).write_bytes(text)

    assert 1 == len(_read(tmp_path).unusable)


def test_fails_when_a_path_is_no_text(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An empty path, perhaps of a variable that is not set, is not the current folder."""
    _write(tmp_path / "a.json", '{"Resources": {"A": {"Type": "A::B"}}}')
    monkeypatch.chdir(tmp_path)
    given = template_files.read([""], NOWHERE, lambda _: None)

    assert (["'': no such file or folder"], []) == (given.unusable, given.assemblies)


def test_the_manifest_of_something_else_is_passed_over(tmp_path: Path) -> None:
    """Web pages have one too. Where it is named itself, it is reported."""
    manifest = _write(tmp_path / "manifest.json", '{"name": "App", "version": "1", "icons": []}')
    path = _write(tmp_path / "a.json", '{"Resources": {"A": {"Type": "A::B"}}}')

    assert [[path]] == [[*assembly.bodies] for assembly in _read(tmp_path).assemblies]
    assert [f"{manifest}: not a template: it has no Resources"] == _read(manifest).unusable


@pytest.mark.parametrize("folder", ["node_modules/x", ".venv", "deep/.cache", "env"])
def test_what_tools_keep_in_a_folder_is_passed_over(tmp_path: Path, folder: str) -> None:
    """A folder that is named itself is searched, whatever its name."""
    hidden = _write(tmp_path / folder / "a.yaml", "Resources: {A: {Type: 'A::B'}}")
    _write(tmp_path / "env" / "pyvenv.cfg", "")
    shown = _write(tmp_path / "deep" / "b.yaml", "Resources: {A: {Type: 'A::B'}}")

    assert [[shown]] == [[*assembly.bodies] for assembly in _read(tmp_path).assemblies]
    assert [[hidden]] == [[*assembly.bodies] for assembly in _read(hidden.parent).assemblies]


def test_a_folder_is_searched_in_order(tmp_path: Path) -> None:
    """Its files, whatever the case of their endings, then its folders; links to folders and pipes are passed over."""
    outside = _write(tmp_path / "outside" / "x.yaml", "Resources: {A: {Type: 'A::B'}}").parent
    top = tmp_path / "top"
    names = ("a.JSON", "b.YML", "a/c.json", "a/d.Template", "z/e.yaml")
    expected = [_write(top / name, '{"Resources": {"A": {"Type": "A::B"}}}') for name in names]
    for name in ("a/.b.yaml", "a/x.txt"):
        _write(top / name, '{"Resources": {"A": {"Type": "A::B"}}}')
    (top / "link").symlink_to(outside)
    (top / "gone.yaml").symlink_to(top / "nowhere.yaml")
    (top / "a" / "secret.yaml").symlink_to(outside / "x.yaml")
    (top / "z" / "same.yaml").symlink_to(top / "z" / "e.yaml")
    os.mkfifo(top / "pipe.yaml")
    given = _read(top)

    assert [expected] == [[*assembly.bodies] for assembly in given.assemblies]
    assert [f"{top / 'a' / 'secret.yaml'}: not opened: a link that leads out of {top}"] == given.odd
    assert [] == given.unusable


@pytest.mark.parametrize(
    ("name", "complaint"),
    [("gone", "no such file or folder"), (".", "holds no templates (.json, .template, .yaml, .yml)")],
)
def test_fails_when_there_is_nothing(tmp_path: Path, name: str, complaint: str) -> None:
    """No such path, or no file with a name that templates have."""
    _write(tmp_path / "notes.md")
    _write(tmp_path / ".hidden.yaml")

    assert [f"{tmp_path / name}: {complaint}"] == _read(tmp_path / name).unusable


STACK = '{"artifacts": {"A": {"type": "aws:cloudformation:stack", "properties": {"templateFile": "a.json"}}}}'


@pytest.mark.parametrize(
    ("manifest", "is_app"),
    [(STACK, True), ('{"artifacts": []}', False), ("[]", False), ("{", False), ("[" * 200_000, False)],
    ids=["sound", "list", "no object", "broken", "deep"],
)
def test_a_cloud_assembly_is_known_by_its_manifest(tmp_path: Path, manifest: str, is_app: bool) -> None:
    """Given by its folder or by the manifest; where that is broken, the other file that CDK writes shows it."""
    path = _write(tmp_path / "out" / "manifest.json", manifest)
    if is_app:
        _write(path.with_name("a.json"))
    for named in (tmp_path, path.parent, path):
        assert ([True] if is_app else []) == [assembly.is_app for assembly in _read(named).assemblies]

    _write(path.parent / "cdk.out")
    complaint = [] if is_app else [f"{path.parent}: not a cloud assembly that can be read"]
    assert complaint == _read(tmp_path).unusable


def test_lines_are_as_close_as_they_are_known(tmp_path: Path) -> None:
    """The property where it is written, else its section, else the resource."""
    text = "Resources:\n  A:\n    Properties:\n      IamRoles: []\n      Policies:\n      - {}\n      - {}\n  B: {}\n"
    path = _write(tmp_path / "a.yaml", text)
    given = _read(path)

    assert [4, 7, 3, 8, None] == [
        given.line_of(path, "A", "Properties/IamRoles/0"),
        given.line_of(path, "A", "Properties/Policies/1/PolicyDocument/Statement/0"),
        given.line_of(path, "A", "Properties/Other"),
        given.line_of(path, "B", "Properties/IamRoles"),
        given.line_of(path, "C", "Properties/IamRoles"),
    ]


def test_every_file_is_counted(tmp_path: Path) -> None:
    """So that a person may watch."""
    counted: list[int] = []
    folder = tmp_path / "cdk.out"
    folder.mkdir()
    write_assembly(folder, stacks={"One": StackText(), "Two": StackText()})
    paths = [_write(tmp_path / "a.json"), _write(tmp_path / "b.json"), folder]
    template_files.read(map(str, paths), NOWHERE, counted.append)

    assert [1, 1, 1, 1] == counted
