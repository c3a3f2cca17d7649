"""What a list of roles may come to, one way or the other.

The roles of an association flow in, each with the branches it stands in; how many there are at least and at most, and
which mistakes nobody can avoid, flow out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import product
from math import prod
from typing import Final

from redshift_roles.rules.facts import AssociationFacts, Branch, RoleFacts

# Ways that questions which belong together are answered in, and roles that are looked at in all of them; beyond, each
# role may be there or not.
_MAX_WAYS: Final = 64
_MAX_LOOKS: Final = 2_000

_Placed = tuple[RoleFacts, frozenset[Branch]]


def count(association: AssociationFacts) -> tuple[int, int]:
    """Count the distinct roles: how many there are at least, and how many at most."""
    if not any(role.conditional for role in association.roles):
        return (len(set(association.identities)),) * 2
    names = {role: association.identity(role) for role in association.roles}
    sure = {names[role] for role in association.roles if not role.conditional}
    seen, fewest, most = set(sure), len(sure), len(sure)
    for group in _groups(association.roles):
        ways = [{names[role] for role in way} for way in _ways(group)]
        fewest += min(len(way - seen) for way in ways)
        most += max(len(way - sure) for way in ways)
        seen.update(names[role] for role, _ in group)
    return fewest, min(most, len(set(association.identities)))


def unavoidable(association: AssociationFacts, is_wrong: Callable[[RoleFacts], bool]) -> list[RoleFacts]:
    """List the wrong roles of which the list has one however it comes out."""
    wrong = [role for role in association.roles if is_wrong(role)]
    if not any(role.conditional for role in wrong):
        return wrong
    found = {role for role in wrong if not role.conditional}
    for group in _groups(association.roles):
        among = {role for role, _ in group}.intersection(wrong)
        if among and all(among.intersection(way) for way in _ways(group)):
            found |= among
    return [role for role in association.roles if role in found]


def _groups(roles: tuple[RoleFacts, ...]) -> list[list[_Placed]]:
    """Put those conditional roles together whose questions belong together."""
    groups: dict[str, list[_Placed]] = {}
    for index, role in enumerate(roles):
        if role.conditional:
            when = frozenset(role.when or [Branch(f"entry {index}", 0)])
            joined = _joined(groups, when)
            joined.append((role, when))
            groups.update((branch.question, joined) for branch in when)
    return [*{id(group): group for group in groups.values()}.values()]


def _joined(groups: dict[str, list[_Placed]], when: frozenset[Branch]) -> list[_Placed]:
    """Make one group of those that have some of these questions."""
    found = {id(groups[branch.question]): groups[branch.question] for branch in when if branch.question in groups}
    largest, *others = sorted(found.values(), key=len, reverse=True) or [[]]
    for placed in (placed for group in others for placed in group):
        largest.append(placed)
        groups.update((branch.question, largest) for branch in placed[1])
    return largest


def _ways(group: list[_Placed]) -> Iterator[list[RoleFacts]]:
    """List which roles of a group are there together."""
    answers = {branch.question: branch.answers for _, when in group for branch in when}
    ways = prod(answers.values())
    if ways > _MAX_WAYS or ways * len(group) > _MAX_LOOKS:
        yield []
        yield [role for role, _ in group]
        return
    for given in product(*map(range, answers.values())):
        answered = dict(zip(answers, given, strict=True))
        yield [role for role, when in group if all(answered[branch.question] == branch.answer for branch in when)]
