"""What an access map shows of templates: people, clusters, roles, chains, and what the roles reach."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from redshift_roles.access_map import AccessMap
from redshift_roles.aws import Json
from redshift_roles.templates import parsing
from tests.conftest import ACCOUNT, REGION
from tests.support.rule_cases import FOLDER

_TABLE = (FOLDER / "maps.yaml").read_text(encoding="utf-8")
CASES: dict[str, Any] = parsing.parse_yaml(_TABLE).body
HEAD = CASES["head"]
POLICY = "AWS::IAM::ManagedPolicy"


def _statement(action: str, *resources: Json, **more: Json) -> Json:
    return {"Effect": "Allow", "Action": action, "Resource": [*resources], **more}


def _role(service: Json = "redshift.amazonaws.com", *statements: Json, **more: Json) -> Json:
    trust = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": service}}
    policies = [{"PolicyName": "inline", "PolicyDocument": {"Statement": [*statements]}}] if statements else []
    properties = {"AssumeRolePolicyDocument": {"Statement": [trust]}, "Policies": policies, **more}
    return {"Type": "AWS::IAM::Role", "Properties": properties}


def _policy(*statements: Json, kind: str = POLICY, **more: Json) -> Json:
    return {"Type": kind, "Properties": {"PolicyDocument": {"Statement": [*statements]}, **more}}


def rows(drawn: AccessMap) -> list[list[str]]:
    """Split the lines of a table into cells, without its counts and its stacks."""
    return [re.split(" {2,}", line.strip()) for line in drawn.table().splitlines() if line.startswith("  ")]


def _expected(lines: list[str]) -> list[list[str]]:
    return [re.split(" {2,}", line) for line in lines]


KNOWN = _expected(["cluster Warehouse  has  role Loader", "role Loader  reaches  nothing"])


def _template(**resources: Json) -> Json:
    body = parsing.parse_yaml(HEAD).body
    return {**body, "Resources": {**body["Resources"], **resources}}


def read(folder: Path, body: Json) -> AccessMap:
    """Read the map of a template of a known account and region."""
    path = folder / "template.json"
    path.write_text(json.dumps(body), encoding="utf-8")
    return AccessMap.read(path, account=ACCOUNT, region=REGION)


@pytest.mark.parametrize("name", CASES["realistic"])
def test_a_realistic_template_has_the_map_of_an_expert(name: str) -> None:
    """Each line of it, no more and no fewer."""
    drawn = AccessMap.read(FOLDER / "realistic" / name, account=ACCOUNT, region=REGION)

    assert sorted(_expected(CASES["realistic"][name].splitlines())) == sorted(rows(drawn))


@pytest.mark.parametrize("name", CASES["reach"])
def test_a_role_reaches_what_its_policies_allow(tmp_path: Path, name: str) -> None:
    """In the words of the services, grouped, and marked where it is wide or not decided."""
    case = CASES["reach"][name]
    document = {"Statement": case["statements"]}
    policy = {"Type": "AWS::IAM::Policy", "Properties": {"Roles": [{"Ref": "Loader"}], "PolicyDocument": document}}
    found = [row[1:] for row in rows(read(tmp_path, _template(Policy=policy))) if row[0] == "role Loader"]

    assert _expected(case["rows"]) == [row for row in found if not row[0].startswith("may ")]


@pytest.mark.parametrize("name", CASES["people"])
def test_people_may_do_what_their_policies_allow(tmp_path: Path, name: str) -> None:
    """Here whoever will have the policy, as it is attached to nobody."""
    case = CASES["people"][name]
    policy = {"Type": "AWS::IAM::ManagedPolicy", "Properties": {"PolicyDocument": {"Statement": case["statements"]}}}
    found = [row for row in rows(read(tmp_path, _template(Policy=policy))) if row not in KNOWN]

    mine = [f"whoever has Policy  {line}" for line in case["rows"]]
    assert sorted(_expected([*mine, *case.get("others", [])])) == sorted(found)


READ = _statement("s3:GetObject", "arn:aws:s3:::data/*")
MODIFY = _statement("redshift:ModifyClusterIamRoles", "arn:aws:redshift:eu-west-1:111111111111:cluster:dwh")


@pytest.mark.parametrize("name", CASES["shown"])
def test_the_map_shows(tmp_path: Path, name: str) -> None:
    """Beside the cluster and the role that each template has, nothing else."""
    case = CASES["shown"][name]
    drawn = read(tmp_path, {**_template(**case["resources"]), **CASES["stages"]})

    assert sorted(_expected(case["rows"])) == sorted(row for row in rows(drawn) if row not in KNOWN)


def _assembly(folder: Path, environment: str, **stacks: dict[str, Json]) -> AccessMap:
    return _app(folder, {name: (environment, resources) for name, resources in stacks.items()})


def _app(folder: Path, stacks: dict[str, tuple[str, dict[str, Json]]]) -> AccessMap:
    artifacts = {
        name: {
            "type": "aws:cloudformation:stack",
            "environment": environment,
            "properties": {"templateFile": f"{name}.template.json"},
        }
        for name, (environment, _) in stacks.items()
    }
    (folder / "manifest.json").write_text(json.dumps({"artifacts": artifacts}))
    for name, (_, resources) in stacks.items():
        (folder / f"{name}.template.json").write_text(json.dumps({"Resources": resources}))
    return AccessMap.read(folder)


@pytest.mark.parametrize("name", CASES["apps"])
def test_the_accounts_of_an_app_are_apart(tmp_path: Path, name: str) -> None:
    """IAM allows people what is of their own account, and each account may have people and roles of the same names."""
    case = CASES["apps"][name]
    stacks = {one: (f"aws://{account}/eu-west-1", found) for one, (account, found) in case["stacks"].items()}

    assert sorted(_expected(case["rows"])) == sorted(rows(_app(tmp_path, stacks)))


def _made(path: str, resource: Json) -> Json:
    return {**resource, "Metadata": {"aws:cdk:path": path}}


def test_an_app_is_one_map_with_its_stacks(tmp_path: Path) -> None:
    """A role of one stack, a cluster of another one, by the paths of their constructs."""
    drawn = _assembly(
        tmp_path,
        "aws://111111111111/eu-west-1",
        Roles={"LoaderA1B2C3D4": _made("Roles/Team/Loader/Resource", _role(RoleName="loader"))},
        Data={
            "WarehouseA1B2C3D4": {
                "Type": "AWS::Redshift::Cluster",
                "Properties": {"IamRoles": ["arn:aws:iam::111111111111:role/loader"]},
            }
        },
    )

    (cluster,), (role,) = drawn.clusters, drawn.roles
    assert ("Warehouse", "WarehouseA1B2C3D4", "Data (111111111111, eu-west-1)", 10) == (
        cluster.name,
        cluster.logical_id,
        cluster.stack,
        cluster.role_limit,
    )
    assert ("Team/Loader", "Roles (111111111111, eu-west-1)", "arn:aws:iam::111111111111:role/loader") == (
        role.name,
        role.stack,
        role.aws_name,
    )
    assert [("has", cluster.id, role.id)] == [(link.kind, link.source, link.target) for link in drawn.links]


SURE = {"PolicyName": "sure", "PolicyDocument": {"Statement": [READ]}}
NO_VALUE = {"Ref": "AWS::NoValue"}


@pytest.mark.parametrize(
    ("policies", "note"),
    [
        ([{"Fn::If": ["IsProd", SURE, NO_VALUE]}], "by inline policy, conditional"),
        ({"Fn::If": ["IsProd", [SURE], NO_VALUE]}, "by inline policy, conditional"),
        ({"Fn::If": ["IsProd", [SURE], []]}, "by inline policy, conditional"),
        (
            [{**SURE, "PolicyDocument": {"Fn::If": ["IsProd", SURE["PolicyDocument"], NO_VALUE]}}],
            "by sure, conditional",
        ),
        ([{"Fn::If": ["IsProd", NO_VALUE, {"Ref": "AWS::NoValue"}]}, SURE], "by sure"),
    ],
)
def test_a_policy_that_may_not_be_there_is_conditional(tmp_path: Path, policies: Json, note: str) -> None:
    """Whether a condition decides about its document, itself or its list; not because one beside it may be absent."""
    trust = _role()["Properties"]["AssumeRolePolicyDocument"]
    other = {"Type": "AWS::IAM::Role", "Properties": {"AssumeRolePolicyDocument": trust, "Policies": policies}}

    assert ["role Other", "reads", "bucket data", note] in rows(read(tmp_path, _template(Other=other)))


READ_ONLY, FULL = (f"arn:aws:iam::aws:policy/Amazon{name}" for name in ("S3ReadOnlyAccess", "RedshiftFullAccess"))


@pytest.mark.parametrize(
    ("listed", "note"),
    [
        ([{"Fn::If": ["IsProd", READ_ONLY, NO_VALUE]}, {"Fn::If": ["IsProd", FULL, NO_VALUE]}], "conditional"),
        ({"Fn::If": ["IsProd", [READ_ONLY, FULL], NO_VALUE]}, "conditional"),
        ([{"Fn::If": ["IsProd", READ_ONLY, FULL]}, READ_ONLY, FULL], ""),
    ],
)
def test_a_managed_policy_that_may_not_be_attached_is_conditional(tmp_path: Path, listed: Json, note: str) -> None:
    """Of a role and what it reaches, and of what somebody may do by one of AWS."""
    found = rows(read(tmp_path, _template(Other=_role(ManagedPolicyArns=listed))))

    note = f", {note}" if note else ""
    by = f"by AmazonRedshiftFullAccess{note}"
    assert ["role Other", "may associate roles with", "any cluster (unscoped)", f"redshift:*, {by}"] in found
    reached = ["role Other", "has", "AWS managed policy AmazonS3ReadOnlyAccess"]
    assert [*reached, *([note[2:]] if note else [])] in found


@pytest.mark.parametrize(
    ("kind", "properties", "name"),
    [
        ("User", {"UserName": "ann"}, "ann"),
        ("Group", {"GroupName": "admins"}, "admins"),
        ("Role", {"RoleName": "ops"}, f"arn:aws:iam::{ACCOUNT}:role/ops"),
    ],
)
def test_a_person_has_the_name_in_iam(tmp_path: Path, kind: str, properties: Json, name: str) -> None:
    """By which the map is narrowed, as by a path or a logical id."""
    statement = _statement("iam:PassRole", {"Fn::GetAtt": ["Loader", "Arn"]})
    inline = [{"PolicyName": "inline", "PolicyDocument": {"Statement": [statement]}}]
    person = {"Type": f"AWS::IAM::{kind}", "Properties": {**properties, "Policies": inline}}

    drawn = read(tmp_path, _template(Someone=person))
    assert [("Someone", name)] == [(one.name, one.aws_name) for one in drawn.people]
    assert ["Someone"] == [one.name for one in drawn.narrowed(people=[name[-3:]]).people]


def test_what_has_no_place_is_drawn_where_it_is_written(tmp_path: Path) -> None:
    """A stack that names no account and no region is called by its name alone."""
    drawn = _assembly(tmp_path, "aws://unknown-account/unknown-region", Data={"Role": _role()})

    assert ["Data"] == [role.stack for role in drawn.roles]
    assert ["arn:${AWS::Partition}:iam::${AWS::AccountId}:role/Data-Role-${Role}"] == [r.aws_name for r in drawn.roles]


def test_templates_that_are_only_read_together_share_no_roles(tmp_path: Path) -> None:
    """Two teams may give their roles the same name, and a pattern of one template means its own."""
    policy = _policy(_statement("iam:PassRole", "*"))
    for name in ("one", "two"):
        body = {"Resources": {"Loader": _role(RoleName="loader"), "Policy": policy}}
        (tmp_path / f"{name}.json").write_text(json.dumps(body))
    drawn = AccessMap.read(tmp_path, account=ACCOUNT, region=REGION)

    kinds = [(link.kind, link.source, link.target) for link in drawn.links]
    assert (2, 4) == (len(drawn.people), len(drawn.roles))
    assert ["includes", "includes", "passes", "passes"] == sorted(kind for kind, _, _ in kinds)
    assert len(set(kinds)) == 4


def test_a_policy_is_not_of_a_role_that_another_template_calls_by_the_same_name(tmp_path: Path) -> None:
    """Where the two are only read together."""
    cluster = {"Type": "AWS::Redshift::Cluster", "Properties": {"IamRoles": [f"arn:aws:iam::{ACCOUNT}:role/team/mine"]}}
    mine = _policy(READ, kind="AWS::IAM::RolePolicy", RoleName="mine")
    for name, resources in {"one": {"Warehouse": cluster}, "two": {"Mine": mine}}.items():
        (tmp_path / f"{name}.json").write_text(json.dumps({"Resources": resources}))

    assert _expected(["cluster Warehouse  has  role team/mine (not in these templates)"]) == rows(
        AccessMap.read(tmp_path, account=ACCOUNT, region=REGION)
    )


def test_administrators_are_people_of_a_map_where_there_is_something_of_redshift(tmp_path: Path) -> None:
    """Who may do everything is in many templates of other things; who names Redshift is always shown."""
    everything = _policy(_statement("*", "*"))
    admins = {
        "Type": "AWS::IAM::Group",
        "Properties": {"ManagedPolicyArns": ["arn:aws:iam::aws:policy/AdministratorAccess"]},
    }
    resources = {"Everything": everything, "Admins": admins}

    assert () == read(tmp_path, {"Resources": resources}).people
    assert ["Named"] == [one.name for one in read(tmp_path, {"Resources": {"Named": _policy(MODIFY)}}).people]
    assert ["Admins", "Everything"] == [one.name for one in read(tmp_path, _template(**resources)).people]
