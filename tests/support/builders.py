"""What the tests of pure code are built from: facts about roles and clusters, and cloud assemblies on disk."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from redshift_roles.aws import Json
from redshift_roles.rules.facts import AssociationFacts, RoleFacts
from redshift_roles.rules.findings import Finding
from redshift_roles.rules.registry import Problem
from redshift_roles.templates.assembly import Assembly, Template
from tests.conftest import ACCOUNT, REGION

CLUSTER = "AWS::Redshift::Cluster"
ROLE = "AWS::IAM::Role"
READER = "Custom::CrossRegionExportReader"
WRITER = "Custom::CrossRegionExportWriter"
NO_VALUE: Mapping[str, Json] = {"Ref": "AWS::NoValue"}


def arn(name: str = "Loader", *, account: str = ACCOUNT, path: str = "/", partition: str = "aws") -> str:
    """Write the ARN of a role."""
    return f"arn:{partition}:iam::{account}:role{path}{name}"


def role(
    *,
    arn: str = "arn:aws:iam::111111111111:role/Loader",
    label: str = "roles[0]",
    conditional: bool = False,
    trust_problem: str | None = None,
    reference_problem: tuple[str, str] | None = None,
) -> RoleFacts:
    """Describe one role; by default nothing is wrong with it."""
    return RoleFacts(label, arn, conditional, trust_problem, reference_problem)


def roles(count: int, *, conditional: bool = False, start: int = 0) -> tuple[RoleFacts, ...]:
    """Describe that many distinct roles."""
    indexes = range(start, start + count)
    return tuple(role(label=f"roles[{n}]", arn=arn(f"Role{n}"), conditional=conditional) for n in indexes)


def association(
    *,
    roles: Iterable[RoleFacts] = (),
    others: Iterable[RoleFacts] = (),
    default_roles: Iterable[RoleFacts] = (),
    **given: Any,
) -> AssociationFacts:
    """Describe a cluster of a known account and region; by default nothing is wrong with it."""
    listed: dict[str, Any] = {"roles": tuple(roles), "others": tuple(others), "default_roles": tuple(default_roles)}
    listed["conditional_roles"] = (0, sum(role.conditional for role in listed["roles"]))
    sound = {"kind": "cluster", "argument": "roles", "account": ACCOUNT, "region": REGION, "role_limit": 10}
    return AssociationFacts(**{**sound, **listed, **given})


def reported(findings: Iterable[Finding]) -> list[tuple[str, str, str]]:
    """Keep what a finding tells: its rule, its message and its fix."""
    return [(finding.rule, finding.message, finding.fix) for finding in findings]


def trusting(*services: str, name: Json = None, path: Json = None) -> dict[str, Json]:
    """Write a role resource that these services may assume, with a name and a path where they are given."""
    statement = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": list(services)}}
    given = {"RoleName": name, "Path": path}
    return {
        "Type": ROLE,
        "Properties": {
            "AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": [statement]},
            **{key: value for key, value in given.items() if value is not None},
        },
    }


def cluster(iam_roles: Json) -> dict[str, Json]:
    """Write a cluster resource with these roles."""
    return {"Type": CLUSTER, "Properties": {"IamRoles": iam_roles}}


@dataclass(frozen=True, kw_only=True)
class StackText:
    """One stack to be written: the sections of its template, where it is deployed, and its nested stacks.

    Attributes:
        passed: What the parent passes to a nested stack.
    """

    resources: Mapping[str, Json] = field(default_factory=dict)
    parameters: Mapping[str, Json] = field(default_factory=dict)
    outputs: Mapping[str, Json] = field(default_factory=dict)
    mappings: Mapping[str, Json] = field(default_factory=dict)
    rules: Mapping[str, Json] = field(default_factory=dict)
    conditions: Mapping[str, Json] = field(default_factory=dict)
    nested: Mapping[str, StackText] = field(default_factory=dict)
    passed: Mapping[str, Json] = field(default_factory=dict)
    account: str | None = ACCOUNT
    region: str | None = REGION


def write_assembly(tmp_path: Path, *, stacks: Mapping[str, StackText]) -> Path:
    """Write a minimal ``cdk.out`` with these stacks, and return its folder."""
    artifacts: dict[str, Json] = {"Tree": {"type": "cdk:tree", "properties": {"file": "tree.json"}}}
    for name, stack in stacks.items():
        files: dict[str, Json] = {"0" * 64: {"source": {"executable": ["build"]}}}
        _write_template(tmp_path, name, stack, files)
        (tmp_path / f"{name}.assets.json").write_text(json.dumps({"files": files}), encoding="utf-8")
        artifacts[name] = {
            "type": "aws:cloudformation:stack",
            "environment": f"aws://{stack.account or 'unknown-account'}/{stack.region or 'unknown-region'}",
            "properties": {"templateFile": f"{name}.template.json", "stackName": f"{name}Stack"},
        }
    (tmp_path / "manifest.json").write_text(json.dumps({"version": "1", "artifacts": artifacts}), encoding="utf-8")
    return tmp_path


def _write_template(folder: Path, name: str, stack: StackText, files: dict[str, Json]) -> None:
    """Write one template and those nested in it, and note the nested ones among the assets."""
    resources = dict(stack.resources)
    for logical_id, nested in stack.nested.items():
        nested_name = f"{name}{logical_id}.nested"
        asset = hashlib.sha256(nested_name.encode()).hexdigest()
        _write_template(folder, nested_name, nested, files)
        files[asset] = {"source": {"path": f"{nested_name}.template.json", "packaging": "file"}}
        url = {"Fn::Join": ["", ["https://s3.eu-west-1.", {"Ref": "AWS::URLSuffix"}, f"/assets/{asset}.json"]]}
        resources[logical_id] = {
            "Type": "AWS::CloudFormation::Stack",
            "Properties": {"TemplateURL": url, "Parameters": dict(nested.passed)},
        }
    sections = {
        "Resources": resources,
        "Parameters": stack.parameters,
        "Outputs": stack.outputs,
        "Mappings": stack.mappings,
        "Rules": stack.rules,
        "Conditions": stack.conditions,
    }
    body = {section: content for section, content in sections.items() if content}
    (folder / f"{name}.template.json").write_text(json.dumps(body), encoding="utf-8")


def read(tmp_path: Path, **stacks: StackText) -> Assembly:
    """Write an assembly and read it."""
    return Assembly.read(write_assembly(tmp_path, stacks=stacks))


def template(tmp_path: Path, stack: StackText | None = None, **others: StackText) -> Template:
    """Write an assembly whose stack ``Data`` is this one, and read its template."""
    return read(tmp_path, Data=stack or StackText(), **others).by_key["Data.template.json"]


def if_(first: Json, second: Json) -> Json:
    """Write a condition with two branches."""
    return {"Fn::If": ["Condition", first, second]}


def join(separator: str, *parts: Json) -> Json:
    """Write a join of these parts."""
    return {"Fn::Join": [separator, list(parts)]}


def messages_and_fixes(problems: Iterable[Problem]) -> list[tuple[str, str]]:
    """List messages and fixes."""
    return [(problem.message, problem.fix) for problem in problems]
