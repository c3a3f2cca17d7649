"""The door: what the package offers, and how."""

from __future__ import annotations

import inspect
import subprocess
import sys
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import pytest

import redshift_roles
from tests.support.programs import ROOT
from tests.support.signatures import arguments_of

PUBLIC = [
    "AccessMap",
    "DbUser",
    "Finding",
    "RedshiftCluster",
    "RedshiftGrant",
    "RedshiftGrants",
    "RedshiftNamespace",
    "RedshiftRole",
    "RedshiftWarehouse",
    "RedshiftWorkgroup",
    "RequiredPolicy",
    "RoleAssociation",
    "RoleAssociationError",
    "RoleAssociationPolicy",
    "RoleAssociationRules",
    "RoleChain",
    "ServerlessWarehouse",
    "sql",
]

WRITERS = [
    "RedshiftCluster",
    "RedshiftGrants",
    "RedshiftNamespace",
    "RedshiftRole",
    "RedshiftWarehouse",
    "RedshiftWorkgroup",
    "RoleAssociationPolicy",
    "RoleAssociationRules",
    "RoleChain",
    "ServerlessWarehouse",
]


def test_fails_when_a_name_is_not_there() -> None:
    """A wrong name is an AttributeError of the package, as for any module."""
    with pytest.raises(AttributeError, match="module 'redshift_roles' has no attribute 'RedshiftRoles'"):
        _ = redshift_roles.RedshiftRoles  # type: ignore[attr-defined]


def test_the_public_names_are_all_that_is_shown() -> None:
    """`__all__` has them, `dir` shows them before and after they are used, and each is what it is called."""
    assert PUBLIC == sorted(redshift_roles.__all__) == dir(redshift_roles)
    assert PUBLIC == [getattr(redshift_roles, name).__name__.rpartition(".")[2] for name in PUBLIC]
    assert PUBLIC == dir(redshift_roles)


def test_a_type_checker_finds_a_misspelt_name_and_a_wrong_argument(tmp_path: Path) -> None:
    """Though names are loaded when they are first used, and a cluster and a warehouse share their arguments."""
    program = tmp_path / "program.py"
    program.write_text(
        "from aws_cdk import Stack\n"
        "from redshift_roles import RedshiftCluster, RedshiftRoel, RedshiftWarehouse\n"
        "RedshiftCluster(Stack(), 'C', prot=5440)\n"
        "RedshiftWarehouse(Stack(), 'W', port='5440', users=[])\n"
    )
    command = [sys.executable, "-m", "mypy", str(program)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT)

    assert [
        'Module "redshift_roles" has no attribute "RedshiftRoel"; maybe "RedshiftRole"?  [attr-defined]',
        'Unexpected keyword argument "prot" for "RedshiftCluster"  [call-arg]',
        'Argument "port" to "RedshiftWarehouse" has incompatible type "str"; expected "int"  [arg-type]',
    ] == [line.partition("error: ")[2] for line in done.stdout.splitlines() if "error:" in line]


@pytest.mark.parametrize(
    ("name", "given"),
    [
        ("RedshiftCluster", {}),
        ("RedshiftWarehouse", {}),
        ("RedshiftNamespace", {}),
        ("RedshiftWorkgroup", {"namespace": "n-1"}),
    ],
)
def test_fails_when_an_argument_is_misspelt(stack: Any, name: str, given: dict[str, str]) -> None:
    """By a TypeError, as for any function, and nothing is made."""
    with pytest.raises(TypeError, match=f"{name}.__init__.. got an unexpected keyword argument 'prot'"):
        getattr(redshift_roles, name)(stack, "Thing", prot=5440, **given)

    assert [] == stack.node.children


CONSTRUCTS = [name for name in WRITERS if name not in ("RedshiftGrants", "RoleAssociationRules", "RoleChain")]


@pytest.mark.parametrize("name", CONSTRUCTS)
def test_constructs_take_scope_and_id_and_keywords(name: str) -> None:
    """Everything after the construct's id is given by keyword."""
    parameters = list(inspect.signature(getattr(redshift_roles, name).__init__).parameters.values())

    assert ["self", "scope", "construct_id"] == [parameter.name for parameter in parameters[:3]]
    assert {parameter.kind for parameter in parameters[3:]} <= {
        inspect.Parameter.KEYWORD_ONLY,
        inspect.Parameter.VAR_KEYWORD,
    }


@pytest.mark.parametrize("name", WRITERS)
def test_what_writes_templates_is_documented(name: str) -> None:
    """Each tells its arguments, what it raises, what lands in the template, and the AWS page with a date."""
    item = getattr(redshift_roles, name)
    text = inspect.getdoc(item) or ""
    options = arguments_of(item.__init__)

    assert all(f"\n{section}:\n" in text for section in ("Args", "Raises", "Template", "Source"))
    assert "https://docs.aws.amazon.com/" in text
    assert "(text of 2026-" in text
    assert [] == [option for option in options if f"{option}:" not in text and f"{option}," not in text]


@pytest.mark.parametrize(
    "name", ["AccessMap", "DbUser", "Finding", "RedshiftGrant", "RequiredPolicy", "RoleAssociationError"]
)
def test_values_are_documented(name: str) -> None:
    """Each tells its attributes."""
    assert "\nAttributes:\n" in (inspect.getdoc(getattr(redshift_roles, name)) or "")


def test_the_package_is_typed() -> None:
    """Type checkers read its annotations."""
    assert (Path(redshift_roles.__file__).parent / "py.typed").is_file()


def test_the_checkout_is_not_an_installed_package() -> None:
    """The tests run what is in the checkout, not an older installation."""
    with pytest.raises(PackageNotFoundError):
        version("cdk-redshift-roles")
