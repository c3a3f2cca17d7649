"""What values and lists of a template may become at deploy time.

Parameters of nested stacks, outputs and exports are followed within the app; what only the deployment knows becomes a
placeholder.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from itertools import islice, product
from math import prod
from typing import Final, NamedTuple

from redshift_roles.aws import Json, arns
from redshift_roles.aws.placeholders import PLACEHOLDERS, has_placeholder, placeholder, readable
from redshift_roles.templates import references
from redshift_roles.templates.assembly import Template, function_of, once
from redshift_roles.templates.conditions import Branch, Branches, Read, alternatives
from redshift_roles.templates.references import NO_VALUE, passed_for

# Stands for an unknown number of entries of a list that only the deployment knows.
MORE: Final = placeholder("more entries")

_MAX_DEPTH: Final = 40
_MAX_TEXTS: Final = 16
_MAX_LENGTH: Final = 4_096
_MAX_NAME: Final = 500
# Far more entries than any list of roles may have.
_MAX_ENTRIES: Final = 1_000
_SUB: Final = re.compile(r"\$\{(!?)([^}]*)\}")
_INDEX: Final = re.compile("[0-9]{1,4}")
# A placeholder, which is left alone, or a dynamic reference, which may have placeholders in it.
_DYNAMIC: Final = re.compile("\x01[^\x02]*\x02|(\\{\\{resolve:(?:\x01[^\x02]*\x02|[^}])*\\}\\})")


def texts(value: Json, template: Template, depth: int = 0) -> list[str]:
    """List the texts that a value may become, one where it is certain."""
    if isinstance(value, bool) or value is None:
        return [json.dumps(value)]
    if isinstance(value, (str, int, float)):
        text = str(value)
        return [_dynamic(text) if len(text) <= _MAX_LENGTH else unknown(value, template)]
    function, argument = function_of(value)
    evaluate = _FUNCTIONS.get(function)
    if not evaluate or depth >= _MAX_DEPTH:
        return [unknown(value, template)]
    found = evaluate(argument, template, lambda inner, home: texts(inner, home, depth + 1))
    return found if 0 < len(found) <= _MAX_TEXTS else [unknown(value, template)]


def unknown(value: Json, template: Template) -> str:
    """Return the placeholder of a value that only the deployment knows."""
    name = readable(_name(value))
    if len(name) > _MAX_NAME:
        import hashlib  # noqa: PLC0415  slow to import, and hardly a name is so long

        name = f"{name[: _MAX_NAME // 10]}…{hashlib.sha256(name.encode(errors='replace')).hexdigest()}"
    return placeholder(f"{template.key}#{name}")


def _name(value: Json) -> str:
    function, argument = function_of(value)
    if isinstance(argument, str) and function in ("Ref", "Fn::GetAtt", "Fn::ImportValue"):
        return f"{function} {argument}" if function == "Fn::ImportValue" else argument
    if function == "Fn::GetAtt" and isinstance(argument, list):
        return ".".join(str(part) for part in argument)
    return json.dumps(value, sort_keys=True)


def _dynamic(text: str) -> str:
    """Make placeholders of the dynamic references in a text."""
    if "{{resolve:" not in text:
        return text
    return _DYNAMIC.sub(lambda match: match[0] if match[1] is None else placeholder(_dynamic_name(match[1])), text)


def _dynamic_name(reference: str) -> str:
    """Name a dynamic reference by the placeholders in it, which may differ from stack to stack, and by its text."""
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
    for parts in product(*options) if prod(map(len, options)) <= _MAX_TEXTS else ():
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

    values = [variables.get(name, {"Fn::GetAtt" if "." in name else "Ref": name}) for name in names]
    return _combined([read(value, template) for value in values], write)


def _if(argument: Json, template: Template, read: Read) -> list[str]:
    found = _few(alternatives({"Fn::If": argument}, template, read))
    return [*dict.fromkeys(text for value, _ in found for text in read(value, template))]


def _few(found: Iterator[tuple[Json, Branches]]) -> list[tuple[Json, Branches]]:
    """List alternatives, or nothing where there are too many."""
    few = [*islice(found, _MAX_TEXTS + 1)]
    return few if len(few) <= _MAX_TEXTS else []


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
    """Return whether no placeholder of a text can hold a separator: account, region and partition cannot."""
    return all(name.startswith("AWS::") for name in PLACEHOLDERS.names(text))


def _parts(argument: Json, template: Template, read: Read) -> list[str]:
    """Split a text, placeholders included; a text that is not certain has no parts."""
    if not (isinstance(argument, list) and len(argument) == 2 and isinstance(argument[0], str) and argument[0]):
        return []
    found = read(argument[1], template)
    return PLACEHOLDERS.split(found[0], argument[0]) if len(found) == 1 else []


def items(value: Json, template: Template, read: Read) -> list[list[str]] | None:
    """List the entries of a list, each with the texts it may become; None where their number is not certain."""
    if isinstance(value, list):
        return [read(item, template) for item in value]
    function, argument = function_of(value)
    if function == "Fn::Split":
        return _sure(_parts(argument, template, read))
    if function == "Fn::FindInMap":
        found = _mapped(argument, template, read)
        is_plain = isinstance(found, list) and all(isinstance(item, (str, int)) for item in found)
        return [read(item, template) for item in found] if is_plain else None
    if function == "Fn::If":
        branches = [*islice(alternatives(value, template, read), 2)]
        return items(branches[0][0], template, read) if len(branches) == 1 else None
    if function == "Ref":
        work_out = partial(_passed_items, passed_for(argument, template), read)
        return once(template.memo, f"items {argument}", work_out, None)
    return None


def _is_list_parameter(value: Json, template: Template) -> bool:
    function, argument = function_of(value)
    if function != "Ref" or not isinstance(argument, str):
        return False
    kind = str(template.entry("Parameters", argument).get("Type", ""))
    return "CommaDelimitedList" in kind or "List<" in kind


def _is_list(value: Json, template: Template) -> bool:
    """Return whether a value is written as a list, or becomes one."""
    is_function = function_of(value)[0] in ("Fn::If", "Fn::Split")
    return isinstance(value, list) or is_function or _is_list_parameter(value, template)


def _passed_items(passed: tuple[Json, Template] | None, read: Read) -> list[list[str]] | None:
    """List the entries of what a parent passes: a list, or a text whose entries are separated by commas."""
    if passed is None:
        return None
    value, home = passed
    if _is_list(value, home):
        return items(value, home, read)
    found = read(value, home)
    return _sure([part.strip() for part in PLACEHOLDERS.split(found[0], ",")]) if len(found) == 1 else None


def _sure(parts: list[str]) -> list[list[str]] | None:
    """Make entries of the parts of a text, unless there are none or one may itself hold the separator."""
    unsure = any(has_placeholder(part) and not arns.parse(part).account for part in parts)
    return None if unsure or not parts else [[part] for part in parts]


def _find_in_map(argument: Json, template: Template, read: Read) -> list[str]:
    found = _mapped(argument, template, read)
    return read(found, template) if isinstance(found, (str, int)) else []


def _mapped(argument: Json, template: Template, read: Read) -> Json:
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


class Option(NamedTuple):
    """A text that an entry may be, and the branches of conditions in which it is that."""

    text: str
    when: Branches = ()


class Entry(NamedTuple):
    """An entry of a list; `MORE` stands for any number of entries, `NO_VALUE` for none."""

    options: list[Option]
    when: Branches = ()


class Entries(NamedTuple):
    """The entries of a list, and how many of them there are at least and at most, `MORE` left out."""

    entries: list[Entry]
    least: int
    most: int


NO_ENTRIES: Final = Entries([], 0, 0)


def entries(value: Json, template: Template, taken: Branches = (), depth: int = 0) -> Entries:
    """Read a list, or a function that makes one, where some branches of conditions are taken already."""
    if isinstance(value, str):
        return _item(value, template, taken, depth)
    if depth >= _MAX_DEPTH:
        return _more(taken)
    if isinstance(value, list):
        return _together((_item(item, template, taken, depth) for item in value), taken)
    function, argument = function_of(value)
    if function == "Fn::If":
        found = _few(alternatives(value, template, texts, taken))
        if not found:
            return _more(taken)
        each = [entries(inner, template, branches, depth + 1) for inner, branches in found]
        joined = [entry for one in each for entry in one.entries]
        return Entries(joined, min(one.least for one in each), max(one.most for one in each))
    if value == {"Ref": "AWS::NoValue"}:
        return NO_ENTRIES
    passed = passed_for(argument, template) if function == "Ref" else None
    if passed and _is_list(*passed):
        work_out = partial(entries, *passed, taken, depth + 1)
        return once(template.memo, f"entries {argument} {taken}", work_out, _more(taken))
    known = items(value, template, texts)
    if known is None:
        return _more(taken)
    return _together((_entry(_options(one, [n, value], taken), taken) for n, one in enumerate(known)), taken)


def _together(parts: Iterable[Entries], taken: Branches) -> Entries:
    found: list[Entry] = []
    least, most = 0, 0
    for part in parts:
        if len(found) >= _MAX_ENTRIES:
            return Entries([*found[:_MAX_ENTRIES], *_more(taken).entries], least, most)
        found += part.entries
        least, most = least + part.least, most + part.most
    return Entries(found, least, most)


def _more(taken: Branches) -> Entries:
    return _entry([Option(MORE, taken)], taken)


def _entry(options: list[Option], when: Branches) -> Entries:
    """Make an entry; an empty text counts as none."""
    there = [bool(text.strip()) and text not in (MORE, NO_VALUE) for text, _ in options]
    return Entries([Entry(options, when)], int(all(there)), int(any(there)))


def _item(item: Json, template: Template, taken: Branches, depth: int) -> Entries:
    """Read an entry, or a list within a list."""
    if isinstance(item, str):
        return _entry([Option(texts(item, template)[0], taken)], taken)
    if isinstance(item, list) or _is_list_parameter(item, template):
        return entries(item, template, taken, depth + 1)
    options = [
        option
        for value, branches in _few(alternatives(item, template, texts, taken))
        for option in _options([json.dumps(value)] if _is_mapping(value) else texts(value, template), value, branches)
    ]
    if not 0 < len(options) <= _MAX_TEXTS:
        options = [Option(unknown(item, template), taken)]
    if len({option.text for option in options}) == 1:
        options = [Option(options[0].text, taken)]
    return _entry(options, taken)


def _options(found: list[str], value: Json, taken: Branches) -> list[Option]:
    """Make options of the texts that a value may become, each of which is a branch of its own."""
    if len(found) == 1:
        return [Option(found[0], taken)]
    question = json.dumps(value, sort_keys=True)
    return [Option(text, (*taken, Branch(f"{question}={text}", holds=True))) for text in found]


# Pseudo parameters that are no texts.
_PSEUDO_LISTS: Final = ("AWS::NotificationARNs", "AWS::NoValue")
# Functions that return a text.
_OF_TEXT: Final = ("Fn::Base64", "Fn::ImportValue", "Fn::Join", "Fn::Select", "Fn::Sub")


def is_no_list(value: Json, template: Template) -> bool:
    """Return whether a value is surely no list, whatever the deployment knows."""
    function, argument = function_of(value)
    if _is_mapping(value) or not isinstance(value, (list, dict)):
        return True
    if function == "Fn::If":
        found = [inner for inner, _ in _few(alternatives(value, template, texts)) if inner != {"Ref": "AWS::NoValue"}]
        return bool(found) and all(is_no_list(inner, template) for inner in found)
    if function == "Ref" and isinstance(argument, str):
        if argument.startswith("AWS::"):
            return argument not in _PSEUDO_LISTS
        kind = str(template.entry("Parameters", argument).get("Type", "List"))
        return bool(template.resource_type(argument)) or "List" not in kind
    if function == "Fn::FindInMap":
        return isinstance(_mapped(argument, template, texts), (str, int))
    return function in _OF_TEXT or (function == "Fn::GetAtt" and _is_text_attribute(argument, template))


def _is_text_attribute(argument: Json, template: Template) -> bool:
    """Return whether an attribute is a text: an ARN, id or name of AWS's own resource, or a nested stack's output."""
    parts = argument.split(".", 1) if isinstance(argument, str) else argument
    if not isinstance(parts, list) or len(parts) != 2:
        return False
    kind, attribute = template.resource_type(str(parts[0])), str(parts[1])
    if kind == "AWS::CloudFormation::CustomResource" or not kind.startswith("AWS::"):
        return False
    return attribute.endswith(("Arn", "Id", "Name")) or attribute.startswith("Outputs.")


def in_short(value: Json) -> str:
    """Write a value as people do in YAML."""
    function, argument = function_of(value)
    if function not in ("Ref", "Fn::GetAtt", "Fn::ImportValue", "Fn::Sub"):
        return f"'{json.dumps(value)}'"
    if function == "Fn::GetAtt" and isinstance(argument, list):
        argument = ".".join(map(str, argument))
    written = argument if isinstance(argument, str) else json.dumps(argument)
    return f"!{function.removeprefix('Fn::')} {written}"


def _is_mapping(value: Json) -> bool:
    is_function = isinstance(value, dict) and any(key in ("Ref", "Condition") or key[:4] == "Fn::" for key in value)
    return isinstance(value, dict) and not is_function
