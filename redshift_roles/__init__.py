"""Amazon Redshift's IAM roles as AWS CDK constructs.

The public names are loaded when they are first used: `aws_cdk` starts a Node process, and the SQL functions need none.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from redshift_roles import sql
    from redshift_roles.access_map import AccessMap
    from redshift_roles.association import RoleAssociation
    from redshift_roles.aws.trust import DbUser
    from redshift_roles.cdk.plugins import RoleAssociationRules
    from redshift_roles.cluster import RedshiftCluster
    from redshift_roles.grants.chain import RequiredPolicy, RoleChain
    from redshift_roles.grants.grant import RedshiftGrant
    from redshift_roles.grants.redshift_grants import RedshiftGrants
    from redshift_roles.namespace import RedshiftNamespace, RedshiftWorkgroup
    from redshift_roles.role import RedshiftRole
    from redshift_roles.rules.findings import Finding, RoleAssociationError
    from redshift_roles.user_policy import RoleAssociationPolicy
    from redshift_roles.warehouse import RedshiftWarehouse, ServerlessWarehouse

__all__ = [
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

# A type checker that saw the function would take any name for one of ours.
if not TYPE_CHECKING:
    _MODULES = {
        "AccessMap": "access_map",
        "DbUser": "aws.trust",
        "Finding": "rules.findings",
        "RedshiftCluster": "cluster",
        "RedshiftGrant": "grants.grant",
        "RedshiftGrants": "grants.redshift_grants",
        "RedshiftNamespace": "namespace",
        "RedshiftRole": "role",
        "RedshiftWarehouse": "warehouse",
        "RedshiftWorkgroup": "namespace",
        "RequiredPolicy": "grants.chain",
        "RoleAssociation": "association",
        "RoleAssociationError": "rules.findings",
        "RoleAssociationPolicy": "user_policy",
        "RoleAssociationRules": "cdk.plugins",
        "RoleChain": "grants.chain",
        "ServerlessWarehouse": "warehouse",
    }

    def __getattr__(name: str) -> object:
        if name == "sql":
            return import_module(f"{__name__}.sql")
        if name not in _MODULES:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        value = globals()[name] = getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)
        return value


def __dir__() -> list[str]:
    return sorted(__all__)
