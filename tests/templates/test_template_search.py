"""What the paths of a command line hold."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from redshift_roles.templates import template_search
from redshift_roles.templates.template_search import Found
from redshift_roles.templates.unusable import UnusableError


def _write(path: Path, text: str = "{}") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def test_fails_when_there_is_nothing(tmp_path: Path) -> None:
    """No such path, or no file with a name that templates have."""
    _write(tmp_path / "notes.md")
    _write(tmp_path / ".hidden.yaml")
    for path, complaint in (
        (tmp_path / "gone", "no such file or folder"),
        (tmp_path, "holds no templates (.json, .template, .yaml, .yml)"),
    ):
        with pytest.raises(UnusableError) as caught:
            template_search.found(path)
        assert complaint == str(caught.value)


def test_a_folder_is_searched_in_order(tmp_path: Path) -> None:
    """Its files, then its folders; what tools keep there is passed over, and so are links to folders, and pipes."""
    outside = _write(tmp_path / "outside" / "x.yaml").parent
    top = tmp_path / "top"
    expected = [_write(top / name) for name in ("b.YML", "a/c.json", "a/d.template", "z/e.yaml")]
    for name in ("node_modules/a.yaml", ".git/a.yaml", "env/a.yaml", "env/pyvenv.cfg", "a/.b.yaml", "a/x.txt"):
        _write(top / name)
    (top / "link").symlink_to(outside)
    (top / "gone.yaml").symlink_to(top / "nowhere.yaml")
    os.mkfifo(top / "pipe.yaml")

    assert [Found(path, is_named=False, is_assembly=False) for path in expected] == template_search.found(top)


def test_a_folder_that_is_named_is_searched_whatever_it_is(tmp_path: Path) -> None:
    """Who names a virtual environment means it."""
    path = _write(tmp_path / ".venv" / "a.yaml")
    _write(tmp_path / ".venv" / "pyvenv.cfg")

    assert [Found(path, is_named=False, is_assembly=False)] == template_search.found(path.parent)


@pytest.mark.parametrize(
    ("manifest", "expected"),
    [
        ('{"version": "50", "artifacts": {}}', True),
        ('{"version": "50", "artifacts": []}', False),
        ('{"version": "50", "name": "App"}', False),
        ("[]", False),
        ("{", False),
        ("[" * 200_000, False),
    ],
)
def test_a_cloud_assembly_is_known_by_its_manifest(tmp_path: Path, manifest: str, expected: bool) -> None:
    """Or, where that is broken, by the other file that CDK writes beside it."""
    assert not template_search.is_assembly(tmp_path)
    path = _write(tmp_path / "out" / "manifest.json", manifest)

    assert expected == template_search.is_assembly(path.parent)
    for named in (tmp_path, path.parent, path):
        (found,) = template_search.found(named)
        assert (path.parent if expected else path, expected) == (found.path, found.is_assembly)
    _write(path.parent / "cdk.out")
    assert template_search.is_assembly(path.parent)


def test_a_cloud_assembly_is_taken_as_a_whole(tmp_path: Path) -> None:
    """None of its files is taken on its own."""
    _write(tmp_path / "app" / "cdk.out" / "manifest.json", '{"artifacts": {}}')
    _write(tmp_path / "app" / "cdk.out" / "S.template.json")
    _write(tmp_path / "app" / "cdk.out" / "assembly-Prod" / "manifest.json", '{"artifacts": {}}')

    assert [Found(tmp_path / "app" / "cdk.out", is_named=False, is_assembly=True)] == template_search.found(tmp_path)


def test_one_file_of_a_cloud_assembly_is_taken_alone_when_it_is_named(tmp_path: Path) -> None:
    """Only the manifest stands for the whole folder."""
    _write(tmp_path / "manifest.json", '{"artifacts": {}}')
    path = _write(tmp_path / "Data.template.json")

    assert [Found(path, is_named=True, is_assembly=False)] == template_search.found(path)
