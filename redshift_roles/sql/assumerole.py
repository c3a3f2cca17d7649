"""GRANT and REVOKE ASSUMEROLE: which database users may use a role, and for which statements."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from redshift_roles.aws import quotas
from redshift_roles.rules.arguments import Flag, ListOf
from redshift_roles.rules.registry import Problem
from redshift_roles.sql import role_clause, statement
from redshift_roles.sql.role_clause import DEFAULT, Role, RoleShape
from redshift_roles.sql.statement import NAMES, Option, flag, identifiers, one_of

ALL: Final = "ALL"
_STATEMENTS: Final = ListOf(one_of(ALL, "COPY", "UNLOAD", "EXTERNAL FUNCTION", "CREATE MODEL"))
# The control is off until this statement is run once. Until then everybody may use every role.
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
    """Return a GRANT ASSUMEROLE statement.

    Args:
        roles: A role or a list of roles, each an `iam.IRole`, a `RoleChain` or an ARN; or ``default``, or ``ALL``. A
            chain is granted as a whole.
        users: Names of database users.
        db_roles: Names of database roles.
        groups: Names of database groups.
        public: Whether everybody may use the roles. Default: False.
        statements: ALL, COPY, UNLOAD, EXTERNAL FUNCTION or CREATE MODEL, 1 or more. Default: ALL.
        revoke_from_public: Whether to begin with the REVOKE … FROM PUBLIC that a superuser must run once. Until then
            everybody may use every role of the cluster. Default: False.

    Returns:
        The statement with a semicolon; with revoke_from_public, two lines.

    Raises:
        RoleAssociationError: InvalidArgument, for everything that Redshift would reject.

    Source:
        https://docs.aws.amazon.com/redshift/latest/dg/r_GRANT.html (text of 2026-08-26)
    """
    grantees = _grantees(users, db_roles, groups, public)
    problems = Flag().check("revoke_from_public", revoke_from_public)
    grant = f"GRANT ASSUMEROLE {_clause('grant_assumerole', roles, 'TO', grantees, statements, problems)};"
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
    """Return a REVOKE ASSUMEROLE statement; the arguments are those of `grant_assumerole`.

    Raises:
        RoleAssociationError: InvalidArgument, for everything that Redshift would reject.

    Source:
        https://docs.aws.amazon.com/redshift/latest/dg/r_REVOKE.html (text of 2026-08-26)
    """
    grantees = _grantees(users, db_roles, groups, public)
    return f"REVOKE ASSUMEROLE {_clause('revoke_assumerole', roles, 'FROM', grantees, statements)};"


def _grantees(users: object, db_roles: object, groups: object, public: object) -> dict[str, Option]:
    return {
        "users": Option(users, identifiers, NAMES),
        "db_roles": Option(db_roles, lambda names: identifiers(names, "ROLE "), NAMES),
        "groups": Option(groups, lambda names: identifiers(names, "GROUP "), NAMES),
        "public": flag(public, "PUBLIC"),
    }


class _Roles:
    """One role or more, or all of them."""

    def check(self, name: str, value: object) -> Iterator[Problem]:
        """Check each role."""
        roles: list[object] = value if isinstance(value, list) else [value]
        for index, role in enumerate(roles):
            if role not in (ALL, DEFAULT):
                yield from RoleShape().check(f"{name}[{index}]" if len(roles) > 1 else name, role)
            elif len(roles) > 1:
                yield Problem(name, f"'{name}' cannot combine {role!r} with other roles", f"pass {role!r} alone")


def _clause(
    function: str,
    roles: Sequence[Role] | Role,
    preposition: str,
    grantees: dict[str, Option],
    statements: Sequence[str],
    problems: Iterable[Problem] = (),
) -> str:
    named = [role_clause.read(role) for role in (roles if isinstance(roles, (list, tuple)) else [roles])]
    options = {
        "roles": Option(named, _on, _Roles(), required="here"),
        **grantees,
        "statements": Option(statements, lambda words: f"FOR {', '.join(words)}", _STATEMENTS, required="here"),
    }
    found = [*problems]
    if not any(option.is_given for option in grantees.values()):
        found.append(Problem("users", "nobody is named", "name users, db_roles or groups, or pass public=True"))
    if isinstance(statements, (list, tuple)) and ALL in statements and len(statements) > 1:
        found.append(Problem("statements", "'statements' cannot combine 'ALL' with others", "pass ['ALL'] alone"))
    statement.check(function, quotas.GRANT, options, problems=found)
    to = ", ".join(filter(None, (option.sql for option in grantees.values())))
    return f"{options['roles'].sql} {preposition} {to} {options['statements'].sql}"


def _on(roles: list[object]) -> str:
    return "ON ALL" if roles == [ALL] else f"ON {', '.join(map(role_clause.role_text, roles))}"
