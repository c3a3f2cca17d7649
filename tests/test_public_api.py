"""The door: what the package offers, and how."""

from __future__ import annotations

import inspect
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import pytest

import redshift_roles

PUBLIC = [
    "DbUser",
    "Finding",
    "RedshiftCluster",
    "RedshiftGrant",
    "RedshiftGrants",
    "RedshiftRole",
    "RedshiftWarehouse",
    "RequiredPolicy",
    "RoleAssociation",
    "RoleAssociationError",
    "RoleAssociationPolicy",
    "RoleAssociationRules",
    "RoleChain",
    "sql",
]

WRITERS = [
    "RedshiftCluster",
    "RedshiftGrants",
    "RedshiftRole",
    "RedshiftWarehouse",
    "RoleAssociationPolicy",
    "RoleAssociationRules",
    "RoleChain",
]


def test_fails_when_a_name_is_not_there() -> None:
    """A wrong name is an AttributeError of the package, as for any module."""
    with pytest.raises(AttributeError, match="module 'redshift_roles' has no attribute 'RedshiftRoles'"):
        _ = redshift_roles.RedshiftRoles


def test_all_names_are_listed_and_there() -> None:
    """`__all__` is the whole of the public names, `dir` shows them, and each is what it is called."""
    assert PUBLIC == sorted(redshift_roles.__all__)
    assert set(PUBLIC) <= set(dir(redshift_roles))
    assert PUBLIC == [getattr(redshift_roles, name).__name__.rpartition(".")[2] for name in PUBLIC]


@pytest.mark.parametrize("name", ["RedshiftCluster", "RedshiftRole", "RedshiftWarehouse", "RoleAssociationPolicy"])
def test_constructs_take_scope_and_id_and_keywords(name: str) -> None:
    """Everything after the construct's id is keyword-only."""
    parameters = list(inspect.signature(getattr(redshift_roles, name).__init__).parameters.values())

    assert ["self", "scope", "construct_id"] == [parameter.name for parameter in parameters[:3]]
    assert {inspect.Parameter.KEYWORD_ONLY} == {parameter.kind for parameter in parameters[3:]}


@pytest.mark.parametrize("name", WRITERS)
def test_what_writes_templates_is_documented(name: str) -> None:
    """Each tells its arguments, what it raises, what lands in the template, and the AWS page with a date."""
    item = getattr(redshift_roles, name)
    text = inspect.getdoc(item) or ""
    options = [p for p in inspect.signature(item.__init__).parameters if p != "self"]

    assert all(f"\n{section}:\n" in text for section in ("Args", "Raises", "Template", "Source"))
    assert "https://docs.aws.amazon.com/" in text
    assert "(read 2026-" in text
    assert [] == [option for option in options if f"{option}:" not in text and f"{option}," not in text]


@pytest.mark.parametrize("name", ["DbUser", "Finding", "RedshiftGrant", "RequiredPolicy", "RoleAssociationError"])
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
