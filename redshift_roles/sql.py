"""
SQL flows out.
"""

from __future__ import annotations


def iam_role(role: object) -> str:
    """
    Write the clause.
    """
    arns = getattr(role, "role_arns", None) or (role.role_arn,)  # type: ignore[attr-defined]
    return f"IAM_ROLE '{','.join(arns)}'"
