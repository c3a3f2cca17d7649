"""Loops in a template: ``Fn::ForEach`` among its resources.

Resources flow in; the same resources flow out, those of a loop once, with a hole where the loop's variable stands.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from redshift_roles.aws.placeholders import placeholder, readable

_LOOP: Final = "Fn::ForEach::"
_MAX_DEPTH: Final = 5
Json = Any


def unrolled(resources: Mapping[str, Json], home: str) -> Mapping[str, Json]:
    """Put in the place of each loop what it repeats.

    Args:
        resources: The resources of a template.
        home: A name that no other template of the app has.
    """
    if not any(name.startswith(_LOOP) for name in resources):
        return resources
    return dict(_unrolled(resources, home, _MAX_DEPTH))


def _unrolled(resources: Mapping[str, Json], home: str, depth: int) -> Iterator[tuple[str, Json]]:
    for name, value in resources.items():
        if not name.startswith(_LOOP):
            yield name, value
        elif depth and isinstance(value, list) and len(value) == 3 and isinstance(value[2], dict):
            variable = re.compile(rf"[$&]\{{{re.escape(str(value[0]))}\}}")
            loop = readable(name).replace("#", "/")
            marked = _marked(value[2], variable, placeholder(f"{home}/{loop}#{value[0]}"), {})
            yield from _unrolled(marked, home, depth - 1)


def _marked(node: Json, variable: re.Pattern[str], mark: str, seen: dict[int, Json]) -> Json:
    """Write a hole for the variable wherever a text has it: a loop replaces texts, whatever function they stand in.

    What stands in several places, as aliases of YAML do, is written once and stands in them again.
    """
    if isinstance(node, str):
        return variable.sub(lambda _: mark, node)
    if not isinstance(node, (list, dict)):
        return node
    if id(node) not in seen:
        if isinstance(node, list):
            seen[id(node)] = [_marked(item, variable, mark, seen) for item in node]
        else:
            pairs = ((_marked(key, variable, mark, seen), value) for key, value in node.items())
            seen[id(node)] = {key: _marked(value, variable, mark, seen) for key, value in pairs}
    return seen[id(node)]
