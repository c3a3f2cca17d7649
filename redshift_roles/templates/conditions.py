"""Conditions of a template, as far as they are decided before the deployment.

The name of a condition flows in; whether it holds flows out, or nothing where only the deployment knows, and the
question that decides it.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Final

from redshift_roles.aws.placeholders import has_placeholder, literal_end, literal_start
from redshift_roles.templates.assembly import Json, Template, function_of

# Lists the texts that a value of a template may become.
Read = Callable[[Json, Template], list[str]]
_MAX_DEPTH: Final = 40


def holds(name: Json, template: Template, read: Read, depth: int = 0) -> bool | None:
    """Say whether a condition holds; None where only the deployment knows, and in a circle."""
    if not isinstance(name, str) or depth > _MAX_DEPTH:
        return None
    key = f"condition {name}"
    if key not in template.memo:
        template.memo[key] = None
        template.memo[key] = _holds(template.section("Conditions").get(name), template, read, depth)
    decided: bool | None = template.memo[key]
    return decided


def taken(argument: Json, template: Template, read: Read) -> list[Json]:
    """List the branches that an ``Fn::If`` may take: one where its condition is decided, none where it is not well
    formed.
    """
    if not (isinstance(argument, list) and len(argument) == 3):
        return []
    decided = holds(argument[0], template, read)
    return argument[1:] if decided is None else [argument[1 if decided else 2]]


def question(name: str, template: Template) -> tuple[str, bool]:
    """Name what decides a condition, and say whether the condition is the opposite of that."""
    key = f"question {name}"
    if key not in template.memo:
        template.memo[key] = _question(name, template)
    asked: tuple[str, bool] = template.memo[key]
    return asked


def _question(name: str, template: Template) -> tuple[str, bool]:
    node: Json = {"Condition": name}
    negated = False
    for _ in range(_MAX_DEPTH):
        function, argument = function_of(node)
        if function == "Condition" and isinstance(argument, str) and argument in template.section("Conditions"):
            node = template.section("Conditions")[argument]
        elif function == "Fn::Not" and isinstance(argument, list) and len(argument) == 1:
            node, negated = argument[0], not negated
        else:
            break
    return f"{template.key}?{json.dumps(node, sort_keys=True)}", negated


def _holds(node: Json, template: Template, read: Read, depth: int) -> bool | None:
    function, argument = function_of(node)
    if function == "Condition":
        return holds(argument, template, read, depth + 1)
    if not isinstance(argument, list) or depth > _MAX_DEPTH:
        return None
    if function == "Fn::Equals":
        return _equal(argument, template, read)
    sides = (_holds(side, template, read, depth + 1) for side in argument)
    if function == "Fn::Not":
        return _not(next(sides)) if len(argument) == 1 else None
    if function == "Fn::And":
        return _all([*sides])
    return _not(_all([_not(side) for side in sides])) if function == "Fn::Or" else None


def _not(decided: bool | None) -> bool | None:
    return None if decided is None else not decided


def _all(decided: list[bool | None]) -> bool | None:
    return False if False in decided else None if None in decided else True


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
    """Say whether a text with holes may become another one, as far as what is literal at their ends tells."""
    start, end = literal_start(text), literal_end(text)
    if not has_placeholder(other):
        return len(start) + len(end) <= len(other) and other.startswith(start) and other.endswith(end)
    other_start, other_end = literal_start(other), literal_end(other)
    starts = other_start.startswith(start) or start.startswith(other_start)
    return starts and (other_end.endswith(end) or end.endswith(other_end))
