"""SQL that names roles: COPY, UNLOAD, CREATE EXTERNAL SCHEMA and FUNCTION, GRANT ASSUMEROLE.

Roles, names and options flow in; SQL text flows out. Every value is quoted so that it cannot break out, and tokens pass
through, so that the text can be a stack output. What Redshift would reject is refused here.
"""

from __future__ import annotations

from redshift_roles.aws import quotas
from redshift_roles.sql import role_clause
from redshift_roles.sql.assumerole import REVOKE_FROM_PUBLIC, grant_assumerole, revoke_assumerole
from redshift_roles.sql.copy_command import copy
from redshift_roles.sql.external_function import create_external_function
from redshift_roles.sql.external_schema import create_external_schema
from redshift_roles.sql.role_clause import DEFAULT, SESSION, Role
from redshift_roles.sql.sql_checks import raise_if
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
    named = role_clause.read(role)
    raise_if("iam_role", quotas.COPY, role_clause.role_problems("role", named, words=(DEFAULT, SESSION)))
    return role_clause.clause(named)
