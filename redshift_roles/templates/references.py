"""What references of a template lead to: parameters of nested stacks, resources, outputs and exports."""

from __future__ import annotations

from typing import Final

from redshift_roles.aws import Json, arns, quotas
from redshift_roles.aws.placeholders import has_placeholder, placeholder
from redshift_roles.templates.assembly import NESTED_STACKS, Assembly, Template, mapping, once
from redshift_roles.templates.conditions import Read

# What AWS::NoValue becomes.
NO_VALUE: Final = placeholder("AWS::NoValue")

_URL_SUFFIXES: Final = {"aws": "amazonaws.com", "aws-us-gov": "amazonaws.com", "aws-cn": "amazonaws.com.cn"}
_IAM_ARNS: Final = {
    "AWS::IAM::Role": "role",
    "AWS::IAM::User": "user",
    "AWS::IAM::Group": "group",
    "AWS::IAM::InstanceProfile": "instance-profile",
    "AWS::IAM::ManagedPolicy": "policy",
}
# How many letters CloudFormation puts behind the stack and the logical id in a name that it generates.
_RANDOM_PART: Final = 13


def passed_for(name: Json, template: Template) -> tuple[Json, Template] | None:
    """Find the value of a parameter of a nested stack: what the parent passes, else its default.

    None where it is the name of a parameter of AWS Systems Manager, and where a function may pass more.
    """
    if not template.parent or not isinstance(name, str):
        return None
    parameter = template.entry("Parameters", name)
    properties = template.parent.properties(template.parent_logical_id)
    passed = properties.get("Parameters", {})
    if str(parameter.get("Type", "")).startswith("AWS::SSM::Parameter::Value<") or not isinstance(passed, dict):
        return None
    if name in passed and passed[name] != {"Ref": "AWS::NoValue"}:
        return passed[name], template.parent
    rewritten = any(key.startswith("Fn::") for key in (*passed, *properties))
    return None if rewritten or "Default" not in parameter else (parameter["Default"], template)


def ref(name: Json, template: Template, read: Read) -> list[str]:
    """Follow ``Ref``."""
    if not isinstance(name, str):
        return []
    pseudo = _pseudo(name, template)
    if pseudo is not None:
        return [pseudo]
    passed = passed_for(name, template)
    if passed:
        return once(template.memo, f"Ref {name}", lambda: read(*passed), [])
    kind = template.resource_type(name)
    if kind == "AWS::IAM::ManagedPolicy":
        return _iam_arns(kind, name, template, read)
    if kind.startswith("AWS::IAM::"):
        return _iam_names(kind, name, template, read)
    if kind == "AWS::Redshift::Cluster":
        return _property("ClusterIdentifier", name, template, read) or [placeholder(f"{template.key}#{name}")]
    return []


def _property(name: str, logical_id: str, template: Template, read: Read) -> list[str]:
    value = template.properties(logical_id).get(name)
    if value is None:
        return []
    found: list[str] = once(template.memo, f"{name} of {logical_id}", lambda: read(value, template), [])
    return [] if found == [NO_VALUE] else found


def _pseudo(name: str, template: Template) -> str | None:
    region = template.region
    partition = quotas.partition_of(region) if region else None
    known = {
        "AWS::AccountId": template.account,
        "AWS::Region": region,
        "AWS::Partition": partition,
        "AWS::URLSuffix": None if partition is None else _URL_SUFFIXES.get(partition),
    }
    if name in ("AWS::StackName", "AWS::StackId"):
        return (template.stack_name if name == "AWS::StackName" else "") or placeholder(f"{template.key}#{name}")
    return (known.get(name) or placeholder(name)) if name.startswith("AWS::") else None


def get_att(argument: Json, template: Template, read: Read) -> list[str]:
    """Follow ``Fn::GetAtt``."""
    parts = argument.split(".", 1) if isinstance(argument, str) else argument
    if not (isinstance(parts, list) and len(parts) == 2 and all(isinstance(part, str) for part in parts)):
        return []
    logical_id, attribute = parts
    kind = template.resource_type(logical_id)
    if kind in _IAM_ARNS and attribute == ("PolicyArn" if kind == "AWS::IAM::ManagedPolicy" else "Arn"):
        return _iam_arns(kind, logical_id, template, read)
    if kind == "AWS::IAM::Role" and attribute == "RoleId":
        return [f"AROA{placeholder(f'{template.key}#{logical_id}.RoleId')}"]
    if kind in NESTED_STACKS and attribute.startswith("Outputs."):
        nested = template.nested.get(logical_id)
        output = nested.entry("Outputs", attribute.removeprefix("Outputs.")) if nested else {}
        if not nested or "Value" not in output:
            return []
        return once(template.memo, f"GetAtt {logical_id}.{attribute}", lambda: read(output["Value"], nested), [])
    if kind == "Custom::CrossRegionExportReader":
        home, value = template.assembly.cross_region_exports.get(attribute, (None, None))
        return once(template.memo, f"GetAtt {logical_id}.{attribute}", lambda: read(value, home), []) if home else []
    return []


def _iam_arns(kind: str, logical_id: str, template: Template, read: Read) -> list[str]:
    return once(template.memo, f"ARN of {logical_id}", lambda: _find_iam_arns(kind, logical_id, template, read), [])


def _find_iam_arns(kind: str, logical_id: str, template: Template, read: Read) -> list[str]:
    word = _IAM_ARNS[kind]
    account = template.account or arns.THIS_ACCOUNT
    partition = _pseudo("AWS::Partition", template)
    names = _iam_names(kind, logical_id, template, read)
    paths = _property("Path", logical_id, template, read) or ["/"]
    return [
        f"arn:{partition}:iam::{account}:{word}{'/' if path == NO_VALUE else path}{name}"
        for path in paths
        for name in names
    ]


def _iam_names(kind: str, logical_id: str, template: Template, read: Read) -> list[str]:
    """List what a role, user, group, profile or policy may be called."""
    given = _property(f"{kind.rpartition('::')[2]}Name", logical_id, template, read) or [NO_VALUE]
    return [_generated_name(logical_id, template) if name == NO_VALUE else name for name in given]


def _generated_name(logical_id: str, template: Template) -> str:
    """Write a name as CloudFormation generates it (GENERATED_NAMES): stack, logical id and random letters."""
    unknown = placeholder(f"{template.key}#{logical_id}")
    stack = template.stack_name or placeholder(f"{template.key}#AWS::StackName")
    if len(template.stack_name) + len(logical_id) + _RANDOM_PART + 2 > quotas.ROLE_NAME_LENGTH:
        return f"{placeholder(f'{template.key}#AWS::StackName')}-{unknown}"
    return f"{stack}-{logical_id}-{unknown}"


def import_value(argument: Json, template: Template, read: Read) -> list[str]:
    """Follow ``Fn::ImportValue``."""
    names = read(argument, template)
    exported = exports(template.assembly, read).get(names[0], []) if len(names) == 1 else []
    near = [found for found in exported if _same_environment(found[0], template)]
    if len(near) != 1:
        return []
    home, value = near[0]
    return once(template.memo, f"ImportValue {names[0]}", lambda: read(value, home), [])


_Exports = dict[str, list[tuple[Template, Json]]]


def exports(assembly: Assembly, read: Read) -> _Exports:
    """List the exported values of an app by the names of their exports, as far as these are known."""
    return once(assembly.memo, "exports", lambda: _exports(assembly, read), {})


def _exports(assembly: Assembly, read: Read) -> _Exports:
    found: _Exports = {}
    for template in assembly.templates():
        for output in map(mapping, template.section("Outputs").values()):
            export = mapping(output.get("Export"))
            names = read(export["Name"], template) if "Name" in export else []
            if len(names) == 1 and not has_placeholder(names[0]):
                found.setdefault(names[0], []).append((template, output.get("Value")))
    return found


def _same_environment(exporting: Template, importing: Template) -> bool:
    pairs = ((exporting.account, importing.account), (exporting.region, importing.region))
    return all(one is None or other is None or one == other for one, other in pairs)


def get_stack_output(argument: Json, template: Template, read: Read) -> list[str]:
    """Follow ``Fn::GetStackOutput``."""
    if not isinstance(argument, dict):
        return []
    named = [stack for stack in template.assembly.stacks if stack.stack_name == argument.get("StackName")]
    region = argument.get("Region")
    named = [stack for stack in named if not isinstance(region, str) or stack.region in (None, region)]
    output = named[0].entry("Outputs", str(argument.get("OutputName"))) if len(named) == 1 else {}
    if "Value" not in output:
        return []
    key = f"GetStackOutput {named[0].key} {argument.get('OutputName')}"
    return once(template.memo, key, lambda: read(output["Value"], named[0]), [])
