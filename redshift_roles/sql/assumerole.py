"""GRANT and REVOKE ASSUMEROLE: which database users may use a role, and for which statements.

Roles, users and statements flow in; the SQL flows out.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from redshift_roles.aws import quotas
from redshift_roles.rules.registry import Problem
from redshift_roles.sql import role_clause, sql_checks, statement
from redshift_roles.sql.role_clause import DEFAULT, Role

ALL: Final = "ALL"
_STATEMENTS: Final = (ALL, "COPY", "UNLOAD", "EXTERNAL FUNCTION", "CREATE MODEL")
# The control is off until this was run once: before it, everybody may use every role.
REVOKE_FROM_PUBLIC: Final = "REVOKE ASSUMEROLE ON ALL FROM PUBLIC FOR ALL;"


def grant_assumerole(
    roles: Sequence[Role] | Role,
    *,
    users: Sequence[str] = (),
    db_roles: Sequence[str] = (),
    groups: Sequence[str] = (),
    public: bool = False,
    statements: Sequence[str] = (ALL,),
    revoke_from_public: bool = False,
) -> str:
    """Write a GRANT ASSUMEROLE statement.

    Args:
        roles: A role or a list of them, each an `iam.IRole`, a `RoleChain` or an ARN; or ``default``, or ``ALL``. Who
            is granted a chain may use exactly that chain.
        users: Names of database users.
        db_roles: Names of database roles.
        groups: Names of database groups.
        public: Whether everybody may. Default: False.
        statements: ALL, COPY, UNLOAD, EXTERNAL FUNCTION or CREATE MODEL, 1 or more. Default: ALL.
        revoke_from_public: Whether to write, before it, the REVOKE … FROM PUBLIC that a superuser must run once; until
            then everybody may use every role of the cluster. Default: False.

    Returns:
        The statement, with a semicolon, perhaps with the other one on a line before it.

    Raises:
        RoleAssociationError: InvalidArgument, for what Redshift would reject.

    Source:
        https://docs.aws.amazon.com/redshift/latest/dg/r_GRANT.html (read 2026-11-24)
    """
    grantees = _Grantees(users, db_roles, groups, public=public)
    flags = sql_checks.flag_problems(revoke_from_public=revoke_from_public)
    clause = _clause("grant_assumerole", roles, grantees, statements, "TO", *flags)
    grant = f"GRANT ASSUMEROLE ON {clause};"
    return f"{REVOKE_FROM_PUBLIC}\n{grant}" if revoke_from_public else grant


def revoke_assumerole(
    roles: Sequence[Role] | Role,
    *,
    users: Sequence[str] = (),
    db_roles: Sequence[str] = (),
    groups: Sequence[str] = (),
    public: bool = False,
    statements: Sequence[str] = (ALL,),
) -> str:
    """Write a REVOKE ASSUMEROLE statement; the arguments are those of `grant_assumerole`.

    Raises:
        RoleAssociationError: InvalidArgument, for what Redshift would reject.

    Source:
        https://docs.aws.amazon.com/redshift/latest/dg/r_REVOKE.html (read 2026-11-24)
    """
    clause = _clause("revoke_assumerole", roles, _Grantees(users, db_roles, groups, public=public), statements, "FROM")
    return f"REVOKE ASSUMEROLE ON {clause};"


class _Grantees:
    """Who is granted something."""

    def __init__(self, users: Sequence[str], db_roles: Sequence[str], groups: Sequence[str], *, public: bool) -> None:
        self._named = (("users", "", users), ("db_roles", "ROLE ", db_roles), ("groups", "GROUP ", groups))
        self._public = public

    def problems(self) -> Iterator[Problem]:
        for label, _, names in self._named:
            yield from sql_checks.list_problems(label, names)
        yield from sql_checks.flag_problems(public=self._public)
        if not self._public and not any(names for _, _, names in self._named):
            yield Problem("", "nobody is named", "name users, db_roles or groups, or pass public=True")

    def text(self) -> str:
        named = [f"{word}{statement.identifier(entry)}" for _, word, names in self._named for entry in names]
        return ", ".join([*named, *(["PUBLIC"] if self._public else [])])


def _clause(
    function: str,
    roles: Sequence[Role] | Role,
    grantees: _Grantees,
    statements: Sequence[str],
    preposition: str,
    *flags: Problem,
) -> str:
    named = [role_clause.read(role) for role in (roles if isinstance(roles, (list, tuple)) else [roles])]
    problems = [*_roles_problems(named), *_statements_problems(statements), *grantees.problems(), *flags]
    sql_checks.raise_if(function, quotas.GRANT, problems)
    listed = ALL if named == [ALL] else ", ".join(map(role_clause.role_text, named))
    return f"{listed} {preposition} {grantees.text()} FOR {', '.join(statements)}"


def _roles_problems(named: Sequence[object]) -> Iterator[Problem]:
    if not named:
        yield Problem(
            "roles", "'roles' must have at least one role, got an empty list", "name the roles, or pass 'ALL'"
        )
    for index, role in enumerate(named):
        if role in (ALL, DEFAULT):
            if len(named) > 1:
                yield Problem("roles", f"'roles' has '{role}' beside other roles", f"pass '{role}' alone")
        else:
            label = f"roles[{index}]" if len(named) > 1 else "roles"
            yield from role_clause.role_problems(label, role)


def _statements_problems(statements: Sequence[str]) -> Iterator[Problem]:
    yield from sql_checks.list_problems(
        "statements", statements, lambda label, entry: sql_checks.choice_problems(label, entry, _STATEMENTS)
    )
    if not statements:
        yield Problem(
            "statements", "'statements' must have at least one, got an empty list", "pass statements=['COPY']"
        )
    if isinstance(statements, (list, tuple)) and ALL in statements and len(statements) > 1:
        yield Problem("statements", "'statements' has 'ALL' beside others", "pass ['ALL'] alone")
