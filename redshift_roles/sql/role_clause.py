"""Roles as statements name them.

Roles and chains flow in and are read once; SQL text, and what is wrong with them, flow out.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final, Protocol

from redshift_roles.aws import arns as role_arns
from redshift_roles.aws import quotas
from redshift_roles.aws.placeholders import TOKENS, is_list_token, placeholder
from redshift_roles.rules.registry import Problem
from redshift_roles.rules.shapes import shown, unknown_list
from redshift_roles.sql.statement import quoted

DEFAULT: Final = "default"
SESSION: Final = "SESSION"


class HasRoleArn(Protocol):
    """A role, such as an `iam.IRole`."""

    @property
    def role_arn(self) -> str:
        """Its ARN, perhaps a token."""


class HasRoleArns(Protocol):
    """A chain of roles, such as a `RoleChain`."""

    @property
    def role_arns(self) -> tuple[str, ...]:
        """Their ARNs, in order."""


# A role, a chain, ``default``, ``SESSION``, or ARNs as text with commas between them.
Role = HasRoleArn | HasRoleArns | str


def read(role: object) -> object:
    """Read the ARNs of a role or chain, once: a property of a CDK role costs a crossing. What is neither stays as it
    is.
    """
    chain = getattr(role, "role_arns", None)
    if chain is not None:
        return ",".join(chain)
    arn = getattr(role, "role_arn", None)
    return role if arn is None else arn


def arns_of(role: object) -> list[str]:
    """List the ARNs of a role that was read; none where a word stands for it."""
    return [] if role in (DEFAULT, SESSION) or not isinstance(role, str) else TOKENS.split(role, ",")


def role_text(role: object) -> str:
    """Write a role that was read: ``default``, ``'SESSION'``, or one literal with the ARNs of a chain."""
    return DEFAULT if role == DEFAULT else quoted(str(role))


def clause(role: object) -> str:
    """Write the clause that names a role that was read."""
    return f"IAM_ROLE {role_text(role)}"


def role_problems(label: str, role: object, *, words: Sequence[str] = (DEFAULT,)) -> Iterator[Problem]:
    """Find what is no role.

    Args:
        label: What the caller calls it.
        role: The role, read.
        words: Which words the statement takes in place of a role.
    """
    if is_list_token(role):
        yield unknown_list(label)
        return
    if role in (DEFAULT, SESSION) and role not in words:
        yield Problem(
            label, f"'{label}' is {shown(role)}, which this statement does not take", "pass a role, or its ARN"
        )
    elif not isinstance(role, str):
        allowed = "an iam.IRole, a RoleChain, 'default' or an ARN"
        yield Problem(label, f"'{label}' must be {allowed}, got {shown(role)}", f"pass {label}=role")
    arns = arns_of(role)
    if len(arns) > quotas.CHAINED_ROLES:
        most = quotas.CHAINED_ROLES
        yield Problem(label, f"'{label}' has {len(arns)} roles, allowed is {most}", f"chain at most {most} roles")
    for arn in arns:
        problem = "has spaces, and a chain has none" if arn != arn.strip() else _arn_problem(arn)
        if problem:
            yield Problem(label, f"'{label}' holds {shown(arn)}, which {problem}", "give the ARN of an IAM role")


def _arn_problem(arn: str) -> str | None:
    """Judge what is literal in an ARN."""
    return role_arns.parse(TOKENS.filled(arn, placeholder)).problem
