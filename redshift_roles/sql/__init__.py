"""SQL that names roles: COPY, UNLOAD, CREATE EXTERNAL SCHEMA and FUNCTION, GRANT ASSUMEROLE.

Roles, names and options flow in; SQL text flows out. Every value is quoted so that it cannot break out, and tokens pass
through, so that the text can be a stack output. What Redshift would reject is refused here.
"""

from __future__ import annotations

from redshift_roles.aws import quotas as limits
from redshift_roles.sql import role_clause as sql_roles
from redshift_roles.sql.sql_checks import refuse
from redshift_roles.sql.copy_command import copy
from redshift_roles.sql.external_function import create_external_function
from redshift_roles.sql.assumerole import REVOKE_FROM_PUBLIC, grant_assumerole, revoke_assumerole
from redshift_roles.sql.role_clause import DEFAULT, SESSION, Role
from redshift_roles.sql.external_schema import create_external_schema
from redshift_roles.sql.unload_command import unload

__all__ = [
    "REVOKE_FROM_PUBLIC",
    "copy",
    "create_external_function",
    "create_external_schema",
    "grant_assumerole",
    "iam_role",
    "revoke_assumerole",
    "unload",
]


def iam_role(role: Role) -> str:
    """Write the clause that names a role: ``IAM_ROLE 'arn:…'``.

    Args:
        role: An `iam.IRole`, a `RoleChain`, ``default``, ``SESSION`` or an ARN.

    Raises:
        RoleAssociationError: InvalidArgument, for what is no role.

    Source:
        https://docs.aws.amazon.com/redshift/latest/dg/r_COPY.html (read 2026-11-24)
    """
    named = sql_roles.read(role)
    refuse("iam_role", limits.COPY, sql_roles.role_troubles("role", named, words=(DEFAULT, SESSION)))
    return sql_roles.clause(named)
