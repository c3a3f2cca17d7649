"""SQL statements that name roles, as text: COPY, UNLOAD, CREATE EXTERNAL SCHEMA and FUNCTION, GRANT ASSUMEROLE.

Every literal and identifier is quoted by one function (Redshift treats a backslash as an escape, so quotation marks and
backslashes are both doubled), and tokens pass through, so a statement can be a stack output. Combinations that the AWS
pages exclude are an error, and so is a list that only the deployment knows. COPY has no ENCRYPTED: it is for client-
side encryption alone, which ended on 2026-04-30.
"""

from __future__ import annotations

from redshift_roles.sql.assumerole import REVOKE_FROM_PUBLIC, grant_assumerole, revoke_assumerole
from redshift_roles.sql.copy_command import copy
from redshift_roles.sql.external_function import create_external_function
from redshift_roles.sql.external_schema import create_external_schema
from redshift_roles.sql.role_clause import iam_role
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
