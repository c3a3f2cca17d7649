"""
GRANT and REVOKE ASSUMEROLE: which database users may use a role, and for which statements.

Roles, users and statements flow in; the SQL flows out.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final, cast

from redshift_roles import limits, sql_text
from redshift_roles.rulebook import Trouble
from redshift_roles.sql_text import Role

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
    """
    Write a GRANT ASSUMEROLE statement.

    Args:
        roles: A role or a list of them, each an `iam.IRole`, a `RoleChain`, ``default`` or an ARN; or ``ALL``. Who is
            granted a chain may use exactly that chain.

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
    clause = _clause("grant_assumerole", roles, _Grantees(users, db_roles, groups, public=public), statements, "TO")
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
    """
    Write a REVOKE ASSUMEROLE statement; the arguments are those of `grant_assumerole`.

    Raises:
        RoleAssociationError: InvalidArgument, for what Redshift would reject.

    Source:
        https://docs.aws.amazon.com/redshift/latest/dg/r_REVOKE.html (read 2026-11-24)
    """
    clause = _clause("revoke_assumerole", roles, _Grantees(users, db_roles, groups, public=public), statements, "FROM")
    return f"REVOKE ASSUMEROLE ON {clause};"


class _Grantees:
    """
    Who is granted something.
    """

    def __init__(self, users: Sequence[str], db_roles: Sequence[str], groups: Sequence[str], *, public: bool) -> None:
        self._named = (("users", "", users), ("db_roles", "ROLE ", db_roles), ("groups", "GROUP ", groups))
        self._public = public

    def troubles(self) -> Iterator[Trouble]:
        for label, _, names in self._named:
            for entry in names:
                yield from sql_text.identifier_troubles(label, entry)
        if not self._public and not any(names for _, _, names in self._named):
            yield "nobody is named", "name users, db_roles or groups, or pass public=True"

    def text(self) -> str:
        named = [f"{word}{sql_text.identifier(entry)}" for _, word, names in self._named for entry in names]
        return ", ".join([*named, *(["PUBLIC"] if self._public else [])])


def _clause(
    function: str, roles: Sequence[Role] | Role, grantees: _Grantees, statements: Sequence[str], preposition: str
) -> str:
    listed: list[Role] = list(roles) if isinstance(roles, (list, tuple)) else [cast("Role", roles)]
    everything = ALL in [role for role in listed if isinstance(role, str)]
    troubles = [
        *(trouble for role in listed if not everything for trouble in sql_text.role_troubles("roles", role)),
        *_list_troubles(listed, statements, everything=everything),
        *grantees.troubles(),
    ]
    sql_text.refuse(function, limits.GRANT, troubles)
    named = ALL if everything else ", ".join(map(sql_text.role_text, listed))
    return f"{named} {preposition} {grantees.text()} FOR {', '.join(statements)}"


def _list_troubles(roles: Sequence[object], statements: Sequence[str], *, everything: bool) -> Iterator[Trouble]:
    if not roles:
        yield "'roles' is empty, allowed is at least one role", "name the roles, or pass 'ALL'"
    if everything and len(roles) > 1:
        yield "'roles' has 'ALL' beside other roles", "pass 'ALL' alone"
    if not statements:
        yield "'statements' is empty, allowed is at least one", "pass statements=['COPY']"
    for statement in statements:
        yield from sql_text.choice_troubles("statements", statement, _STATEMENTS)
    if ALL in statements and len(statements) > 1:
        yield "'statements' has 'ALL' beside others", "pass ['ALL'] alone"
