"""Conditions of a template: whether they hold, and what ``Fn::If`` may become."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final, NamedTuple

from redshift_roles.aws import Json
from redshift_roles.aws.placeholders import has_placeholder, literal_end, literal_start
from redshift_roles.templates.assembly import Template, function_of, once

# Returns the texts that a value of a template may become.
Read = Callable[[Json, Template], list[str]]
_MAX_DEPTH: Final = 40


class Branch(NamedTuple):
    """One of the two branches of a condition, whose name is unique in the assembly."""

    condition: str
    holds: bool


Branches = tuple[Branch, ...]


def holds(name: Json, template: Template, read: Read, taken: Branches = (), depth: int = 0) -> bool | None:
    """Return whether a condition holds; None where only the deployment knows, and in a circle."""
    if not isinstance(name, str) or depth > _MAX_DEPTH:
        return None
    known = next((branch.holds for branch in taken if branch.condition == _key(name, template)), None)
    if known is not None:
        return known
    memo = f"condition {name} {taken}" if taken else f"condition {name}"
    condition = template.section("Conditions").get(name)
    return once(template.memo, memo, lambda: _holds(condition, template, read, taken, depth), None)


def _holds(node: Json, template: Template, read: Read, taken: Branches, depth: int) -> bool | None:
    function, argument = function_of(node)
    if function == "Condition":
        return holds(argument, template, read, taken, depth + 1)
    if not isinstance(argument, list) or depth > _MAX_DEPTH:
        return None
    if function == "Fn::Equals":
        return _equal(argument, template, read)
    sides = (_holds(side, template, read, taken, depth + 1) for side in argument)
    if function == "Fn::Not":
        return _not(next(sides)) if len(argument) == 1 else None
    if function == "Fn::And":
        return _all([*sides])
    return _not(_all([_not(side) for side in sides])) if function == "Fn::Or" else None


def _not(decided: bool | None) -> bool | None:
    return None if decided is None else not decided


def _all(decided: list[bool | None]) -> bool | None:
    return False if False in decided else None if None in decided else True


def branch(name: str, template: Template, *, is_met: bool = True) -> Branch:
    """Return the branch of a condition; one that is another condition, or its opposite, is a branch of that."""
    seen = set[str]()
    while name not in seen:
        seen.add(name)
        function, argument = function_of(template.section("Conditions").get(name))
        if function == "Fn::Not" and isinstance(argument, list) and len(argument) == 1:
            function, argument = function_of(argument[0])
            is_met ^= function == "Condition"
        if function == "Condition" and isinstance(argument, str):
            name = argument
    return Branch(_key(name, template), is_met)


def _key(name: str, template: Template) -> str:
    return f"{template.key}?{name}"


def alternatives(value: Json, template: Template, read: Read, taken: Branches = ()) -> Iterator[tuple[Json, Branches]]:
    """Follow ``Fn::If``, also within its branches, to each value there may be, and the branches that lead there.

    Nothing comes of an ``Fn::If`` that is not well formed.
    """
    function, argument = function_of(value)
    if function != "Fn::If":
        yield value, taken
    elif isinstance(argument, list) and len(argument) == 3 and isinstance(argument[0], str):
        decided = holds(argument[0], template, read, taken)
        for is_met, inner in ((True, argument[1]), (False, argument[2])):
            if decided is None:
                known = (*taken, branch(argument[0], template, is_met=is_met))
                yield from alternatives(inner, template, read, known)
            elif decided is is_met:
                yield from alternatives(inner, template, read, taken)


def _equal(sides: list[Json], template: Template, read: Read) -> bool | None:
    """Compare two values by all the texts they may become."""
    if len(sides) != 2:
        return None
    left, right = (read(side, template) for side in sides)
    found = {_same(one, other) for one in left for other in right}
    return found.pop() if len(found) == 1 else None


def _same(one: str, other: str) -> bool | None:
    if one == other:
        return True
    if not has_placeholder(one):
        one, other = other, one
    return None if has_placeholder(one) and _may_become(one, other) else False


def _may_become(text: str, other: str) -> bool:
    """Return whether a text with placeholders may become another one, as far as their literal ends show."""
    start, end = literal_start(text), literal_end(text)
    if not has_placeholder(other):
        return len(start) + len(end) <= len(other) and other.startswith(start) and other.endswith(end)
    other_start, other_end = literal_start(other), literal_end(other)
    starts = other_start.startswith(start) or start.startswith(other_start)
    return starts and (other_end.endswith(end) or end.endswith(other_end))
