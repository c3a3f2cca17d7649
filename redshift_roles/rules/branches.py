"""What a list of roles may come to, however the conditions in it are decided."""

from __future__ import annotations

from collections.abc import Callable

from redshift_roles.rules.facts import AssociationFacts, RoleFacts


def count(association: AssociationFacts) -> tuple[int, int]:
    """Count the distinct roles: how many there are at least, and how many at most."""
    distinct = len(set(association.identities))
    pairs = zip(association.identities, association.roles, strict=True)
    sure = len({name for name, role in pairs if not role.conditional})
    least, most = association.conditional_roles
    return min(sure + least, distinct), min(sure + most, distinct)


def unavoidable(association: AssociationFacts, is_wrong: Callable[[RoleFacts], bool]) -> list[RoleFacts]:
    """List the wrong roles that stand in the list, or have only wrong alternatives, whatever the conditions say."""
    wrong = [role for role in association.roles if is_wrong(role)]
    avoidable = {role.choice for role in association.roles if role not in wrong}
    return [role for role in wrong if not role.conditional or (role.choice and role.choice not in avoidable)]
