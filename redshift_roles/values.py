"""
What a value of a template can be at deploy time, as far as the app's own templates tell.

A value or intrinsic function flows in; the texts it may become flow out, with named holes where only the deployment
knows. Parameters of nested stacks, outputs and exports are followed as long as they stay in the app.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from itertools import product
from typing import Any, Final, TypeVar

from redshift_roles import limits, role_arns
from redshift_roles.assembly import Json, Template
from redshift_roles.role_arns import hole

# What AWS::NoValue becomes.
NO_VALUE: Final = hole("AWS::NoValue")

_MAX_TEXTS: Final = 16
MAX_DEPTH: Final = 40
_MAX_LENGTH: Final = 4_096
_Found = TypeVar("_Found", bound="list[Any]")
_SUB: Final = re.compile(r"\$\{(!?)([^}]*)\}")
# A hole, which is left alone, or a dynamic reference, which may have holes in it.
_DYNAMIC: Final = re.compile("\x01[^\x02]*\x02|(\\{\\{resolve:(?:\x01[^\x02]*\x02|[^}])*\\}\\})")


def texts(value: Json, template: Template, depth: int = 0) -> list[str]:
    """
    List the texts a value may become, one where it is certain.
    """
    if isinstance(value, bool) or value is None:
        return [json.dumps(value)]
    if isinstance(value, (str, int, float)):
        return [_dynamic(str(value))]
    function, argument = function_of(value)
    evaluate = _FUNCTIONS.get(function)
    found = evaluate(argument, template, depth + 1) if evaluate and depth < MAX_DEPTH else []
    return found if 0 < len(found) <= _MAX_TEXTS else [unknown(value, template)]


def once(reference: str, template: Template, follow: Callable[[], _Found]) -> _Found:
    """
    Follow a reference once: what it leads to is kept, and a circle leads to nothing.
    """
    if reference not in template.memo:
        template.memo[reference] = []
        template.memo[reference] = follow()
    found: _Found = template.memo[reference]
    return found


def passed_for(name: Json, template: Template) -> tuple[Json, Template] | None:
    """
    Find what the parent passes for a parameter of a nested stack.
    """
    if not template.parent or not isinstance(name, str):
        return None
    passed = template.parent.properties(template.parent_logical_id).get("Parameters")
    return (passed[name], template.parent) if isinstance(passed, dict) and name in passed else None


def unknown(value: Json, template: Template) -> str:
    """
    Stand for a value that only the deployment knows.
    """
    return hole(f"{template.key}#{role_arns.readable(_name(value))}")


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


def function_of(value: Json) -> tuple[str, Json]:
    """
    Take an intrinsic function apart: its name, or nothing for what is none, and its argument.
    """
    return next(iter(value.items())) if isinstance(value, dict) and len(value) == 1 else ("", value)


def _dynamic(text: str) -> str:
    """
    Make holes of the dynamic references in a text.
    """
    if "{{resolve:" not in text:
        return text
    return _DYNAMIC.sub(lambda match: match[0] if match[1] is None else hole(_dynamic_name(match[1])), text)


def _dynamic_name(reference: str) -> str:
    """
    Name a dynamic reference by what it is made of, which may differ from stack to stack, and by how it reads.
    """
    made_of = [name.replace("#", "/") for name in role_arns.holes(reference)]
    return "#".join([*(["/".join(made_of)] if made_of else []), role_arns.readable(reference)])


def _ref(name: Json, template: Template, depth: int) -> list[str]:
    if not isinstance(name, str):
        return []
    pseudo = _pseudo(name, template)
    if pseudo is not None:
        return [pseudo]
    passed = passed_for(name, template)
    if passed:
        return once(f"Ref {name}", template, lambda: texts(*passed, depth))
    kind = template.resource_type(name)
    if kind.startswith("AWS::IAM::") and kind != "AWS::IAM::ManagedPolicy":
        return _iam_names(kind, name, template, depth)
    return _cluster_identifier(name, template, depth) if kind == "AWS::Redshift::Cluster" else []


def _cluster_identifier(logical_id: str, template: Template, depth: int) -> list[str]:
    """
    Name a cluster: by its literal identifier, else by the resource itself, from whatever template it is looked at.
    """
    given = template.properties(logical_id).get("ClusterIdentifier")
    return (texts(given, template, depth) if given is not None else []) or [hole(f"{template.key}#{logical_id}")]


def _pseudo(name: str, template: Template) -> str | None:
    region = template.region
    partition = limits.partition_of(region) if region else None
    known = {
        "AWS::AccountId": template.account,
        "AWS::Region": region,
        "AWS::Partition": partition,
        "AWS::URLSuffix": None if partition is None else _URL_SUFFIXES.get(partition),
    }
    if name in ("AWS::StackName", "AWS::StackId"):
        return (template.stack_name if name == "AWS::StackName" else "") or hole(f"{template.key}#{name}")
    return (known.get(name) or hole(name)) if name.startswith("AWS::") else None


_URL_SUFFIXES: Final = {"aws": "amazonaws.com", "aws-us-gov": "amazonaws.com", "aws-cn": "amazonaws.com.cn"}


def _get_att(argument: Json, template: Template, depth: int) -> list[str]:
    parts = argument.split(".", 1) if isinstance(argument, str) else argument
    if not (isinstance(parts, list) and len(parts) == 2 and all(isinstance(part, str) for part in parts)):
        return []
    logical_id, attribute = parts
    kind = template.resource_type(logical_id)
    if kind in _IAM_ARNS and attribute == "Arn":
        return _iam_arns(kind, logical_id, template, depth)
    if kind == "AWS::CloudFormation::Stack" and attribute.startswith("Outputs."):
        nested = template.nested.get(logical_id)
        output = nested.entry("Outputs", attribute.removeprefix("Outputs.")) if nested else {}
        if not nested or "Value" not in output:
            return []
        return once(f"GetAtt {logical_id}.{attribute}", template, lambda: texts(output["Value"], nested, depth))
    if kind == "Custom::CrossRegionExportReader":
        exported = template.assembly.cross_region_exports.get(attribute)
        return once(f"GetAtt {logical_id}.{attribute}", template, lambda: _follow(exported, depth))
    return []


_IAM_ARNS: Final = {"AWS::IAM::Role": "role", "AWS::IAM::User": "user", "AWS::IAM::Group": "group"}


def _iam_arns(kind: str, logical_id: str, template: Template, depth: int) -> list[str]:
    word = _IAM_ARNS[kind]
    account = template.account or role_arns.THIS_ACCOUNT
    partition = _pseudo("AWS::Partition", template)
    names = _iam_names(kind, logical_id, template, depth)
    paths = _given(template.properties(logical_id).get("Path"), template, depth) or ["/"]
    return [f"arn:{partition}:iam::{account}:{word}{path}{name}" for path in paths for name in names]


def _iam_names(kind: str, logical_id: str, template: Template, depth: int) -> list[str]:
    """
    List what a role, user or group may be called; a name that CloudFormation makes up has its logical id in it.
    """
    value = template.properties(logical_id).get(f"{kind.rpartition('::')[2]}Name")
    given = once(f"name of {logical_id}", template, lambda: _given(value, template, depth))
    return given or [f"{logical_id}-{hole(f'{template.key}#{role_arns.readable(logical_id)}')}"]


def _given(value: Json, template: Template, depth: int) -> list[str]:
    found = [] if value is None else texts(value, template, depth)
    return [] if found == [NO_VALUE] else found


def _follow(found: tuple[Template, Json] | None, depth: int) -> list[str]:
    return texts(found[1], found[0], depth) if found else []


def _import_value(argument: Json, template: Template, depth: int) -> list[str]:
    names = texts(argument, template, depth)
    exported = template.assembly.exports.get(names[0], []) if len(names) == 1 else []
    near = [found for found in exported if _same_environment(found[0], template)]
    return once(f"ImportValue {names[0]}", template, lambda: _follow(near[0], depth)) if len(near) == 1 else []


def _same_environment(exporting: Template, importing: Template) -> bool:
    pairs = ((exporting.account, importing.account), (exporting.region, importing.region))
    return all(one is None or other is None or one == other for one, other in pairs)


def _get_stack_output(argument: Json, template: Template, depth: int) -> list[str]:
    if not isinstance(argument, dict):
        return []
    named = [stack for stack in template.assembly.stacks if stack.stack_name == argument.get("StackName")]
    region = argument.get("Region")
    named = [stack for stack in named if not isinstance(region, str) or stack.region in (None, region)]
    output = named[0].entry("Outputs", str(argument.get("OutputName"))) if len(named) == 1 else {}
    if "Value" not in output:
        return []
    key = f"GetStackOutput {named[0].key} {argument.get('OutputName')}"
    return once(key, template, lambda: texts(output["Value"], named[0], depth))


def _join(argument: Json, template: Template, depth: int) -> list[str]:
    if not (isinstance(argument, list) and len(argument) == 2 and isinstance(argument[0], str)):
        return []
    if not isinstance(argument[1], list):
        return []
    return _combined([texts(part, template, depth) for part in argument[1]], argument[0])


def _combined(options: list[list[str]], separator: str) -> list[str]:
    found: list[str] = []
    for parts in product(*options):
        found.append(_dynamic(separator.join(part for part in parts if part != NO_VALUE)))
        if len(found) > _MAX_TEXTS or len(found[-1]) > _MAX_LENGTH:
            return []
    return [*dict.fromkeys(found)]


def _sub(argument: Json, template: Template, depth: int) -> list[str]:
    text, variables = argument if isinstance(argument, list) and len(argument) == 2 else (argument, {})
    if not isinstance(text, str) or not isinstance(variables, Mapping):
        return []
    options, end = [], 0
    for match in _SUB.finditer(text):
        options.append([text[end : match.start()]])
        options.append(_variable(match, variables, template, depth))
        end = match.end()
    return _combined([*options, [text[end:]]], "")


def _variable(match: re.Match[str], variables: Mapping[str, Json], template: Template, depth: int) -> list[str]:
    literal, name = match.groups()
    if literal:
        return [f"${{{name}}}"]
    if name in variables:
        return texts(variables[name], template, depth)
    return texts({"Fn::GetAtt": name} if "." in name else {"Ref": name}, template, depth)


def _if(argument: Json, template: Template, depth: int) -> list[str]:
    if not (isinstance(argument, list) and len(argument) == 3):
        return []
    return [*dict.fromkeys([*texts(argument[1], template, depth), *texts(argument[2], template, depth)])]


def _select(argument: Json, template: Template, depth: int) -> list[str]:
    if not (isinstance(argument, list) and len(argument) == 2 and str(argument[0]).isdecimal()):
        return []
    index, found = int(argument[0]), _listed(argument[1], template, depth)
    return found[index] if index < len(found) else []


def _listed(value: Json, template: Template, depth: int) -> list[list[str]]:
    function, argument = function_of(value)
    if function == "Fn::Split":
        return _split_text(argument, template, depth)
    items = mapped(argument, template, depth) if function == "Fn::FindInMap" else value
    return [texts(item, template, depth) for item in items] if isinstance(items, list) else []


def _split_text(argument: Json, template: Template, depth: int) -> list[list[str]]:
    if not (isinstance(argument, list) and len(argument) == 2 and isinstance(argument[0], str) and argument[0]):
        return []
    found = texts(argument[1], template, depth)
    certain = len(found) == 1 and not role_arns.has_hole(found[0])
    return [[part] for part in found[0].split(argument[0])] if certain else []


def _find_in_map(argument: Json, template: Template, depth: int) -> list[str]:
    found = mapped(argument, template, depth)
    return texts(found, template, depth) if isinstance(found, (str, int)) else []


def mapped(argument: Json, template: Template, depth: int) -> Json:
    """
    Look up a mapping: a text, a list, or None where it is not known.
    """
    if not (isinstance(argument, list) and len(argument) >= 3):
        return None
    node: Json = template.section("Mappings")
    for key in argument[:3]:
        names = texts(key, template, depth)
        node = node.get(names[0]) if isinstance(node, Mapping) and len(names) == 1 else None
    return node


_Evaluate = Callable[[Json, Template, int], list[str]]
_FUNCTIONS: Final[Mapping[str, _Evaluate]] = {
    "Ref": _ref,
    "Fn::FindInMap": _find_in_map,
    "Fn::GetAtt": _get_att,
    "Fn::GetStackOutput": _get_stack_output,
    "Fn::If": _if,
    "Fn::ImportValue": _import_value,
    "Fn::Join": _join,
    "Fn::Select": _select,
    "Fn::Sub": _sub,
}
