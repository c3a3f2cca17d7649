"""How a statement names a role: ``IAM_ROLE`` with a role, a chain, an ARN or a word."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Final, NamedTuple, Protocol

from redshift_roles.aws import quotas
from redshift_roles.aws.arns import parse
from redshift_roles.aws.placeholders import TOKENS, is_list_token, placeholder
from redshift_roles.rules.arguments import shown
from redshift_roles.rules.registry import Problem
from redshift_roles.sql import statement
from redshift_roles.sql.statement import Option, quoted

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
    """Return the ARNs of a role or chain; any other value as it is. Read a role once: its property is a jsii call."""
    chain = getattr(role, "role_arns", None)
    if chain is not None:
        return ",".join(chain)
    arn = getattr(role, "role_arn", None)
    return role if arn is None else arn


def arns_of(role: object) -> list[str]:
    """Return the ARNs of a role that was read; none if it is a word."""
    return [] if role in (DEFAULT, SESSION) or not isinstance(role, str) else TOKENS.split(role, ",")


def role_text(role: object) -> str:
    """Return the SQL of a role that was read: ``default``, ``'SESSION'``, or one literal with the ARNs of a chain."""
    return DEFAULT if role == DEFAULT else quoted(str(role))


def clause(role: object) -> str:
    """Return the clause of a role that was read."""
    return f"IAM_ROLE {role_text(role)}"


class RoleShape(NamedTuple):
    """A role that was read, or one of the words that a statement takes instead."""

    words: Collection[str] = (DEFAULT,)

    def check(self, name: str, value: object) -> Iterator[Problem]:
        """Check the word, or each ARN of the chain."""
        if value in self.words:
            return
        if not isinstance(value, str) or is_list_token(value) or value in (DEFAULT, SESSION):
            allowed = statement.any_of(["an iam.IRole", "a RoleChain", "an ARN", *map(repr, self.words)])
            yield Problem(name, f"'{name}' must be {allowed}, got {shown(value)}", f"pass {name}=role")
            return
        arns, most = arns_of(value), quotas.CHAINED_ROLES
        if len(arns) > most:
            yield Problem(name, f"'{name}' must be at most {most} roles, got {len(arns)}", "shorten the chain")
        for arn in arns:
            problem = "has spaces" if arn != arn.strip() else parse(TOKENS.filled(arn, placeholder)).problem
            if problem:
                yield Problem(name, f"'{name}' contains {shown(arn)}, which {problem}", "give the ARN of an IAM role")


def option(
    role: object,
    words: Collection[str] = (DEFAULT,),
    keyword: str = "IAM_ROLE",
    *,
    needs: Collection[str] = (),
    required: str = "here",
) -> Option:
    """Return the option that names a role."""
    return Option(
        read(role), lambda named: f"{keyword} {role_text(named)}", RoleShape(words), needs=needs, required=required
    )


def iam_role(role: Role) -> str:
    """Return the clause that names a role: ``IAM_ROLE 'arn:…'``.

    Args:
        role: An `iam.IRole`, a `RoleChain`, ``default``, ``SESSION`` or an ARN.

    Raises:
        RoleAssociationError: InvalidArgument, for a value that is no role.

    Source:
        https://docs.aws.amazon.com/redshift/latest/dg/r_COPY.html (text of 2026-09-16)
    """
    named = option(role, (DEFAULT, SESSION))
    statement.check("iam_role", quotas.COPY, {"role": named})
    return named.sql
