"""
What entries a list of a template can have at deploy time.

A list, an intrinsic function or a parameter flows in; its entries flow out, each with the texts it may become.
"""

from __future__ import annotations

from typing import Final

from redshift_roles import role_arns
from redshift_roles.assembly import Json, Template
from redshift_roles.role_arns import hole
from redshift_roles.values import MAX_DEPTH, NO_VALUE, function_of, mapped, once, passed_for, texts

# The unknown number of entries of a list that only the deployment knows.
MORE: Final = hole("more entries")

_LIST_TYPES: Final = ("CommaDelimitedList", "List<")


def entries(value: Json, template: Template, depth: int = 0) -> list[list[str]]:
    """
    List the entries of a list value, each with the texts it may become; `MORE` where the list may be longer.
    """
    if isinstance(value, list):
        return [found for item in value for found in _entry(item, template, depth)]
    if isinstance(value, str):
        return [texts(value, template)]
    function, argument = function_of(value)
    if depth < MAX_DEPTH:
        if function == "Fn::If" and isinstance(argument, list) and len(argument) == 3:
            branches = [entries(branch, template, depth + 1) for branch in argument[1:]]
            return [[*dict.fromkeys([*options, NO_VALUE])] for branch in branches for options in branch]
        if function == "Fn::Split":
            return _split(argument, template, depth + 1)
        if function == "Fn::FindInMap":
            return _mapped(argument, template, depth + 1)
        if function == "Ref" and argument == "AWS::NoValue":
            return []
        if function == "Ref":
            return _parameter_entries(argument, template, depth + 1)
    return [[MORE]]


def _entry(item: Json, template: Template, depth: int) -> list[list[str]]:
    if isinstance(item, list) or _is_list_parameter(item, template):
        return entries(item, template, depth + 1)
    return [texts(item, template, depth + 1)]


def _is_list_parameter(item: Json, template: Template) -> bool:
    function, argument = function_of(item)
    if function != "Ref" or not isinstance(argument, str):
        return False
    return any(kind in str(template.entry("Parameters", argument).get("Type", "")) for kind in _LIST_TYPES)


def _split(argument: Json, template: Template, depth: int) -> list[list[str]]:
    if not (isinstance(argument, list) and len(argument) == 2 and isinstance(argument[0], str)):
        return [[MORE]]
    found = texts(argument[1], template, depth)
    if len(found) != 1 or not argument[0]:
        return [[MORE]]
    return _sure_parts(role_arns.split(found[0], argument[0]))


def _mapped(argument: Json, template: Template, depth: int) -> list[list[str]]:
    found = mapped(argument, template, depth)
    return entries(found, template, depth) if isinstance(found, list) else [[MORE]]


def _sure_parts(parts: list[str]) -> list[list[str]]:
    """
    Make entries of the parts of a text, unless a part may itself hold the separator.
    """
    return [[MORE]] if any(_may_hold_more(part) for part in parts) else [[part] for part in parts]


def _may_hold_more(text: str) -> bool:
    return role_arns.has_hole(text) and not role_arns.parse(text).account


def _parameter_entries(name: Json, template: Template, depth: int) -> list[list[str]]:
    passed = passed_for(name, template)
    if passed is None:
        return [[MORE]]
    found = once(f"entries {name}", template, lambda: _passed_entries(passed, depth))
    return found or [[MORE]]


def _passed_entries(passed: tuple[Json, Template], depth: int) -> list[list[str]]:
    """
    Take apart what a parent passes: a list, or a text whose entries are set off by commas.
    """
    value, parent = passed
    if isinstance(value, list) or function_of(value)[0] in ("Fn::If", "Fn::Split") or _is_list_parameter(value, parent):
        return entries(value, parent, depth)
    found = texts(value, parent, depth)
    return _sure_parts([part.strip() for part in role_arns.split(found[0], ",")] if len(found) == 1 else [MORE])
