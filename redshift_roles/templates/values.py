"""What a value of a template can be at deploy time, as far as the app's own templates tell.

A value or intrinsic function flows in; the texts it may become flow out, with named holes where only the deployment
knows. Parameters of nested stacks, outputs and exports are followed as long as they stay in the app.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from itertools import product
from math import prod
from typing import Final

from redshift_roles.aws import arns
from redshift_roles.aws.placeholders import PLACEHOLDERS, has_placeholder, placeholder, readable
from redshift_roles.templates import conditions, references
from redshift_roles.templates.assembly import Json, Template, function_of
from redshift_roles.templates.conditions import Read
from redshift_roles.templates.references import once, passed_for

NO_VALUE: Final = references.NO_VALUE

MAX_DEPTH: Final = 40
LIST_TYPES: Final = ("CommaDelimitedList", "List<")
MAX_TEXTS: Final = 16
_MAX_LENGTH: Final = 4_096
_MAX_NAME: Final = 500
# How many values of a template are evaluated before the rest counts as unknown: far more than any that can be deployed.
_MAX_WORK: Final = 100_000
_MAX_WORK_NESTED: Final = 1_000
_WORK_OF_A_RESOURCE: Final = 200
_SUB: Final = re.compile(r"\$\{(!?)([^}]*)\}")
_INDEX: Final = re.compile("[0-9]{1,4}")
# A hole, which is left alone, or a dynamic reference, which may have holes in it.
_DYNAMIC: Final = re.compile("\x01[^\x02]*\x02|(\\{\\{resolve:(?:\x01[^\x02]*\x02|[^}])*\\}\\})")


def texts(value: Json, template: Template, depth: int = 0) -> list[str]:
    """List the texts a value may become, one where it is certain."""
    if isinstance(value, bool) or value is None:
        return [json.dumps(value)]
    if isinstance(value, (str, int, float)):
        text = str(value)
        return [_dynamic(text) if len(text) <= _MAX_LENGTH else unknown(value, template)]
    function, argument = function_of(value)
    evaluate = _FUNCTIONS.get(function)
    if not evaluate or depth >= MAX_DEPTH or not worth(template):
        return [unknown(value, template)]
    found = evaluate(argument, template, lambda inner, home: texts(inner, home, depth + 1))
    return found if 0 < len(found) <= MAX_TEXTS else [unknown(value, template)]


def worth(template: Template, count: int = 1) -> bool:
    """Count more values of a template; say no when there were so many that the rest counts as unknown."""
    left: int | None = template.memo.get("work")
    if left is None:
        first = _MAX_WORK_NESTED if template.parent else _MAX_WORK
        left = first + _WORK_OF_A_RESOURCE * len(template.section("Resources"))
    template.memo["work"] = left - count if template.path else left
    return left > 0


def unknown(value: Json, template: Template) -> str:
    """Stand for a value that only the deployment knows."""
    name = readable(_name(value))
    if len(name) > _MAX_NAME:
        import hashlib  # noqa: PLC0415  slow to import, and hardly a name is so long

        name = f"{name[: _MAX_NAME // 10]}…{hashlib.sha256(name.encode(errors='replace')).hexdigest()}"
    return placeholder(f"{template.key}#{name}")


def _name(value: Json) -> str:
    function, argument = function_of(value)
    if function == "Ref" and isinstance(argument, str):
        return argument
    if function == "Fn::GetAtt" and isinstance(argument, str):
        return argument
    if function == "Fn::ImportValue" and isinstance(argument, str):
        return f"{function} {argument}"
    if function == "Fn::GetAtt" and isinstance(argument, list):
        return ".".join(str(part) for part in argument)
    return json.dumps(value, sort_keys=True)


def _dynamic(text: str) -> str:
    """Make holes of the dynamic references in a text."""
    if "{{resolve:" not in text:
        return text
    return _DYNAMIC.sub(lambda match: match[0] if match[1] is None else placeholder(_dynamic_name(match[1])), text)


def _dynamic_name(reference: str) -> str:
    """Name a dynamic reference by what it is made of, which may differ from stack to stack, and by how it reads."""
    made_of = [name.replace("#", "/") for name in PLACEHOLDERS.names(reference)]
    return "#".join([*(["/".join(made_of)] if made_of else []), readable(reference)])


def _join(argument: Json, template: Template, read: Read) -> list[str]:
    if not (isinstance(argument, list) and len(argument) == 2 and isinstance(argument[0], str)):
        return []
    separator, parts = argument[0], items(argument[1], template, read)
    if parts is None:
        return []
    return _combined(parts, lambda written: separator.join(part for part in written if part != NO_VALUE))


def _combined(options: list[list[str]], write: Callable[[tuple[str, ...]], str]) -> list[str]:
    """Write a text with each combination of what its parts may become, unless these are too many or too long."""
    found = []
    for parts in product(*options) if prod(map(len, options)) <= MAX_TEXTS else ():
        text = write(parts)
        if len(text) > _MAX_LENGTH:
            return []
        found.append(_dynamic(text))
    return [*dict.fromkeys(found)]


def _sub(argument: Json, template: Template, read: Read) -> list[str]:
    text, variables = argument if isinstance(argument, list) and len(argument) == 2 else (argument, {})
    if not isinstance(text, str) or not isinstance(variables, Mapping) or len(text) > _MAX_LENGTH:
        return []
    names = [*dict.fromkeys(match[2] for match in _SUB.finditer(text) if not match[1])]

    def write(values: tuple[str, ...]) -> str:
        put = {name: "" if value == NO_VALUE else value for name, value in zip(names, values, strict=True)}
        return _SUB.sub(lambda match: f"${{{match[2]}}}" if match[1] else put[match[2]], text)

    return _combined([read(_variable(name, variables), template) for name in names], write)


def _variable(name: str, variables: Mapping[str, Json]) -> Json:
    if name in variables:
        return variables[name]
    return {"Fn::GetAtt": name} if "." in name else {"Ref": name}


def _if(argument: Json, template: Template, read: Read) -> list[str]:
    branches = conditions.taken(argument, template, read)
    return [*dict.fromkeys(text for branch in branches for text in read(branch, template))]


def _select(argument: Json, template: Template, read: Read) -> list[str]:
    if not (isinstance(argument, list) and len(argument) == 2):
        return []
    written = read(argument[0], template)
    if len(written) != 1 or not _INDEX.fullmatch(written[0]):
        return []
    index, function = int(written[0]), function_of(argument[1])
    if function[0] == "Fn::Split":
        parts = _parts(function[1], template, read)[: index + 1]
        return [parts[index]] if index < len(parts) and all(map(_is_one_part, parts)) else []
    found = items(argument[1], template, read) or []
    return found[index] if index < len(found) else []


def _is_one_part(text: str) -> bool:
    """Say whether no hole of a text can hold a separator: account, region and partition cannot."""
    return all(name.startswith("AWS::") for name in PLACEHOLDERS.names(text))


def _parts(argument: Json, template: Template, read: Read) -> list[str]:
    """Take a text apart, however much of it is known; nothing is left of one that is not certain."""
    if not (isinstance(argument, list) and len(argument) == 2 and isinstance(argument[0], str) and argument[0]):
        return []
    found = read(argument[1], template)
    return PLACEHOLDERS.split(found[0], argument[0]) if len(found) == 1 else []


def items(value: Json, template: Template, read: Read) -> list[list[str]] | None:
    """List the entries of a list, each with the texts it may become; None where it may be longer or shorter."""
    if isinstance(value, list):
        return [read(item, template) for item in value]
    function, argument = function_of(value)
    if function == "Fn::Split":
        return _sure(_parts(argument, template, read))
    if function == "Fn::FindInMap":
        found = mapped(argument, template, read)
        return items(found, template, read) if isinstance(found, list) else None
    if function == "Fn::If":
        branches = conditions.taken(argument, template, read)
        return items(branches[0], template, read) if len(branches) == 1 else None
    if function == "Ref":
        passed = passed_for(argument, template)
        kept = once(f"items {argument}", template, lambda: [_passed_items(*passed, read) if passed else None])
        return kept[0] if kept else None
    return None


def is_list_parameter(value: Json, template: Template) -> bool:
    """Say whether a value refers to a parameter that is a list."""
    function, argument = function_of(value)
    if function != "Ref" or not isinstance(argument, str):
        return False
    return any(kind in str(template.entry("Parameters", argument).get("Type", "")) for kind in LIST_TYPES)


def is_list(value: Json, template: Template) -> bool:
    """Say whether a value is written as a list, or becomes one."""
    return isinstance(value, list) or function_of(value)[0] in _LISTS or is_list_parameter(value, template)


_LISTS: Final = ("Fn::If", "Fn::Split")


def _passed_items(value: Json, home: Template, read: Read) -> list[list[str]] | None:
    """Take apart what a parent passes: a list, or a text whose entries are set off by commas."""
    if is_list(value, home):
        return items(value, home, read)
    found = read(value, home)
    return _sure([part.strip() for part in PLACEHOLDERS.split(found[0], ",")]) if len(found) == 1 else None


def _sure(parts: list[str]) -> list[list[str]] | None:
    """Make entries of the parts of a text, unless there are none or one may itself hold the separator."""
    unsure = any(has_placeholder(part) and not arns.parse(part).account for part in parts)
    return None if unsure or not parts else [[part] for part in parts]


def _find_in_map(argument: Json, template: Template, read: Read) -> list[str]:
    found = mapped(argument, template, read)
    return read(found, template) if isinstance(found, (str, int)) else []


def mapped(argument: Json, template: Template, read: Read) -> Json:
    """Look up a mapping: a text, a list, or None where it is not known."""
    if not (isinstance(argument, list) and len(argument) >= 3):
        return None
    node: Json = template.section("Mappings")
    for key in argument[:3]:
        names = read(key, template)
        node = node.get(names[0]) if isinstance(node, Mapping) and len(names) == 1 else None
    return node


_Evaluate = Callable[[Json, Template, Read], list[str]]
_FUNCTIONS: Final[Mapping[str, _Evaluate]] = {
    "Ref": references.ref,
    "Fn::FindInMap": _find_in_map,
    "Fn::GetAtt": references.get_att,
    "Fn::GetStackOutput": references.get_stack_output,
    "Fn::If": _if,
    "Fn::ImportValue": references.import_value,
    "Fn::Join": _join,
    "Fn::Select": _select,
    "Fn::Sub": _sub,
}
