"""The rules about a default role.

Facts about a holder flow in; what is wrong with its default role flows out. Pure Python.
"""

from __future__ import annotations

from collections.abc import Iterator

from redshift_roles.aws import arns
from redshift_roles.aws.placeholders import has_placeholder, literal_start, readable
from redshift_roles.rules import fixes
from redshift_roles.rules.facts import AssociationFacts, RoleFacts
from redshift_roles.rules.registry import Problem


def default_role_not_associated(holder: AssociationFacts) -> Iterator[Problem]:
    """Find a default role that is surely not among the roles."""
    for role in _strange_defaults(holder):
        if not role.arn.problem and not _may_be_among(role, holder):
            yield Problem("", f"{role.label} ({_called(role)}) is not among {holder.words}", fixes.default_role(holder))


def default_role_undecided(holder: AssociationFacts) -> Iterator[Problem]:
    """Tell when only the deployment knows whether the default role is among the roles."""
    for role in _strange_defaults(holder):
        if not role.arn.problem and _may_be_among(role, holder):
            unknown = f"only the deployment knows whether {role.label} ({_called(role)}) is among {holder.words}"
            yield Problem("", unknown, fixes.default_role(holder))


def _strange_defaults(holder: AssociationFacts) -> list[RoleFacts]:
    """List what the default role may be and no associated role is."""
    return [role for role in holder.default_roles if holder.identity(role) not in holder.identities]


def _may_be_among(role: RoleFacts, holder: AssociationFacts) -> bool:
    return role.conditional or holder.more_roles or any(_may_be_one(role, other, holder) for other in holder.roles)


def _may_be_one(role: RoleFacts, other: RoleFacts, holder: AssociationFacts) -> bool:
    """Say whether two roles that are written differently may still be one."""
    accounts = [holder.settled_account if each.account == arns.THIS_ACCOUNT else each.account for each in (role, other)]
    if role.arn.problem or other.arn.problem or arns.differ(*accounts):
        return False
    if _is_another(role, other) or _is_another(other, role):
        return False
    name, other_name = (each.arn.resource or arns.THIS_ACCOUNT for each in (role, other))
    return _may_become(name, other_name) or _may_become(other_name, name)


def _is_another(role: RoleFacts, other: RoleFacts) -> bool:
    """Say whether a role of the app is surely not this one: nobody can have written the name it will get."""
    return role.defined and (other.defined or not has_placeholder(other.text))


def _may_become(name: str, other: str) -> bool:
    return other.startswith(literal_start(name)) if has_placeholder(name) else other == name


def _called(role: RoleFacts) -> str:
    return readable(role.arn.resource or role.text).removeprefix("role/")
