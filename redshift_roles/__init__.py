"""
Amazon Redshift's IAM roles as AWS CDK constructs.

The public names flow out of here, and nothing else. They are loaded when they are first used, since `aws_cdk` starts a
Node process and the rules need none.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from redshift_roles.cluster import RedshiftCluster
    from redshift_roles.findings import Finding, RoleAssociationError
    from redshift_roles.role import RedshiftRole
    from redshift_roles.user_policy import RoleAssociationPolicy
    from redshift_roles.warehouse import RedshiftWarehouse

_HOMES = {
    "Finding": "findings",
    "RedshiftCluster": "cluster",
    "RedshiftRole": "role",
    "RedshiftWarehouse": "warehouse",
    "RoleAssociationError": "findings",
    "RoleAssociationPolicy": "user_policy",
}

__all__ = [
    "Finding",
    "RedshiftCluster",
    "RedshiftRole",
    "RedshiftWarehouse",
    "RoleAssociationError",
    "RoleAssociationPolicy",
]


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        message = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(message)
    value = globals()[name] = getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
