"""What a part of a policy becomes, however the conditions in it are decided.

A part of a template flows in; its forms flow out, each without the conditions.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import product
from typing import Any, Final

Json = Any
# Says whether a condition holds; None where only the deployment knows.
Holds = Callable[[Json], bool | None]

# How many conditions within one statement are looked at in all their combinations.
_MAX_CONDITIONS: Final = 5
_NOTHING: Final = {"Ref": "AWS::NoValue"}


def branches(node: Json, holds: Holds) -> list[Json]:
    """List what a value may be: the branches of a condition, the one that it takes where that is decided, or itself."""
    argument = node.get("Fn::If") if isinstance(node, dict) else None
    if isinstance(argument, list) and len(argument) == 3:
        decided = holds(argument[0])
        taken = argument[1:] if decided is None else [argument[1 if decided else 2]]
        return [found for branch in taken for found in branches(branch, holds)]
    return [node]


def forms(statement: Json, holds: Holds) -> list[Json]:
    """List what becomes of a statement, however its conditions are decided; one with many is left as it stands."""
    decided = {name: holds(name) for name in sorted(_condition_names(statement))}
    if sum(way is None for way in decided.values()) > _MAX_CONDITIONS:
        return [statement]
    ways = product(*((True, False) if way is None else (way,) for way in decided.values()))
    return [_decided(statement, dict(zip(decided, way, strict=True))) for way in ways]


def _condition_names(node: Json) -> set[str]:
    below = node.values() if isinstance(node, dict) else node if isinstance(node, list) else ()
    names = {name for item in below for name in _condition_names(item)}
    name = _condition_of(node)
    return {*names, name} if name is not None else names


def _condition_of(node: Json) -> str | None:
    argument: Json = node.get("Fn::If") if isinstance(node, dict) and len(node) == 1 else None
    is_whole = isinstance(argument, list) and len(argument) == 3 and isinstance(argument[0], str)
    return str(argument[0]) if is_whole else None


def _decided(node: Json, holds: Mapping[str, bool]) -> Json:
    """Put in the place of each condition the branch it takes, and leave out what is nothing then."""
    name = _condition_of(node)
    if name is not None:
        return _decided(node["Fn::If"][1 if holds[name] else 2], holds)
    if isinstance(node, list):
        return [item for item in (_decided(item, holds) for item in node) if item != _NOTHING]
    if isinstance(node, dict):
        made = {key: _decided(item, holds) for key, item in node.items()}
        return {key: item for key, item in made.items() if item != _NOTHING}
    return node
