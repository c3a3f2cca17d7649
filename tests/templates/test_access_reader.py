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
    known = _expected(["cluster Warehouse  has  role Loader", "role Loader  reaches  nothing"])
    found = [row for row in rows(read(tmp_path, _template(Policy=policy))) if row not in known]

    mine = [f"whoever has Policy  {line}" for line in case["rows"]]
    assert sorted(_expected([*mine, *case.get("others", [])])) == sorted(found)


ARN = {"Fn::GetAtt": ["Loader", "Arn"]}
READ = _statement("s3:GetObject", "arn:aws:s3:::data/*")
CLUSTER = "arn:aws:redshift:eu-west-1:111111111111:cluster:dwh"
MODIFY = _statement("redshift:ModifyClusterIamRoles", CLUSTER)
TO_REDSHIFT = {"StringEquals": {"iam:PassedToService": "redshift.amazonaws.com"}}
PASS = _statement("iam:PassRole", ARN, Condition=TO_REDSHIFT)
NAMESPACE = {
    "Type": "AWS::RedshiftServerless::Namespace",
    "Properties": {"NamespaceName": "lake", "IamRoles": [ARN], "DefaultIamRoleArn": ARN},
}


def _association(**properties: Json) -> Json:
    return {"Type": "Custom::RedshiftRoleAssociation", "Properties": properties}


# Resources beside those of the head, and what the map has because of them.
SHOWN: dict[str, tuple[dict[str, Json], list[str]]] = {
    "a user, its group, and another user in it": (
        {
            "Ann": {"Type": "AWS::IAM::User", "Properties": {"Groups": [{"Ref": "Team"}]}},
            "Team": {"Type": "AWS::IAM::Group", "Properties": {}},
            "More": {
                "Type": "AWS::IAM::UserToGroupAddition",
                "Properties": {"GroupName": {"Ref": "Team"}, "Users": ["bob"]},
            },
            "Policy": _policy(MODIFY, Groups=[{"Ref": "Team"}]),
        },
        [
            "user Ann  is in  group Team",
            "user bob  is in  group Team",
            "group Team  may associate roles with  cluster Warehouse  redshift:ModifyClusterIamRoles, by Policy",
        ],
    ),
    "users, groups and roles that are only named": (
        {"Policy": _policy(PASS, kind="AWS::IAM::Policy", Users=["ann"], Groups=["team"], Roles=["deployer"])},
        [
            "group team  may pass to redshift  role Loader  by Policy",
            "role deployer  may pass to redshift  role Loader  by Policy",
            "user ann  may pass to redshift  role Loader  by Policy",
        ],
    ),
    "a role with a permissions boundary": (
        {"Deployer": _role("lambda.amazonaws.com", PASS, PermissionsBoundary="arn:aws:iam::1:policy/b")},
        ["role Deployer (has a permissions boundary)  may pass to redshift  role Loader  by inline"],
    ),
    "no policy that is a boundary, or is not deployed": (
        {
            "Limit": _policy(PASS),
            "Other": _role("lambda.amazonaws.com", PermissionsBoundary={"Ref": "Limit"}),
            "Never": {**_policy(PASS), "Condition": "Never"},
            "Gone": {"Type": "AWS::Redshift::Cluster", "Properties": {}, "Condition": "Never"},
            "Nobody": {
                "Type": "AWS::IAM::Group",
                "Properties": {"ManagedPolicyArns": ["arn:aws:iam::aws:policy/AdministratorAccess"]},
                "Condition": "Never",
            },
        },
        [],
    ),
    "a policy under a condition": (
        {"Policy": {**_policy(PASS), "Condition": "Undecided"}},
        ["whoever has Policy  may pass to redshift  role Loader  by Policy, conditional"],
    ),
    "a document that a condition chooses": (
        {
            "Policy": {
                "Type": POLICY,
                "Properties": {
                    "PolicyDocument": {"Fn::If": ["Undecided", {"Statement": [PASS]}, {"Statement": [MODIFY]}]}
                },
            }
        },
        [
            "whoever has Policy  may pass to redshift  role Loader  by Policy, conditional",
            (
                "whoever has Policy  may associate roles with  cluster Warehouse  "
                "redshift:ModifyClusterIamRoles, by Policy, conditional"
            ),
        ],
    ),
    "what a Deny of a group takes from its users": (
        {
            "Ann": {"Type": "AWS::IAM::User", "Properties": {"Groups": [{"Ref": "Team"}]}},
            "Team": {"Type": "AWS::IAM::Group", "Properties": {}},
            "Allow": _policy(MODIFY, Users=[{"Ref": "Ann"}]),
            "Deny": _policy({**MODIFY, "Effect": "Deny", "Resource": "*"}, Groups=[{"Ref": "Team"}]),
        },
        [],
    ),
    "who has a policy of AWS that lets people do everything": (
        {
            "Admins": {
                "Type": "AWS::IAM::Group",
                "Properties": {"ManagedPolicyArns": ["arn:aws:iam::aws:policy/IAMFullAccess"]},
            },
            "Readers": {
                "Type": "AWS::IAM::Group",
                "Properties": {"ManagedPolicyArns": ["arn:aws:iam::aws:policy/job-function/ViewOnlyAccess"]},
            },
        },
        [
            "group Admins  may pass to any service  any role (unscoped)  by IAMFullAccess",
            "any role (unscoped)  such as  role Loader",
        ],
    ),
    "a namespace, named by its ARN and its id": (
        {
            "Loader": _role(["redshift.amazonaws.com", "redshift-serverless.amazonaws.com"]),
            "Lake": NAMESPACE,
            "Policy": _policy(
                _statement("redshift-serverless:UpdateNamespace", {"Fn::GetAtt": ["Lake", "Namespace.NamespaceArn"]}),
                _statement(
                    "redshift-serverless:CreateNamespace",
                    {"Fn::Sub": "arn:aws:redshift-serverless:*:111111111111:namespace/${Lake.Namespace.NamespaceId}"},
                ),
            ),
        },
        [
            "namespace Lake  has as default  role Loader",
            (
                "whoever has Policy  may associate roles with  namespace Lake  redshift-serverless:UpdateNamespace, "
                "redshift-serverless:CreateNamespace, by Policy"
            ),
        ],
    ),
    "roles on a cluster that others own, and the cluster in a policy": (
        {
            "Join": _association(ClusterIdentifier="theirs", RoleArns=[ARN], DefaultRoleArn=ARN),
            "Policy": _policy(
                _statement("redshift:ModifyClusterIamRoles", "arn:aws:redshift:eu-west-1:111111111111:cluster:theirs")
            ),
        },
        [
            "cluster theirs (not in these templates)  has as default  role Loader  by Join",
            (
                "whoever has Policy  may associate roles with  cluster theirs (not in these templates)  "
                "redshift:ModifyClusterIamRoles, by Policy"
            ),
        ],
    ),
    "the default role of a cluster, by an association": (
        {"Join": _association(ClusterIdentifier={"Ref": "Warehouse"}, RoleArns=[], DefaultRoleArn=ARN)},
        ["cluster Warehouse  has as default  role Loader  by Join"],
    ),
    "a cluster that only the deployment knows": (
        {"Join": _association(ClusterIdentifier={"Ref": "Name"}, RoleArns=[ARN])},
        ["cluster ${Name} (undecided)  has  role Loader  by Join"],
    ),
    "a chain to its end": (
        {
            "First": _role("redshift.amazonaws.com", _statement("sts:AssumeRole", {"Fn::GetAtt": ["Second", "Arn"]})),
            "Second": _role("ec2.amazonaws.com", _statement("sts:AssumeRole", {"Fn::GetAtt": ["Third", "Arn"]})),
            "Third": _role("ec2.amazonaws.com", READ, _statement("sts:AssumeRole", {"Fn::GetAtt": ["First", "Arn"]})),
        },
        [
            "role First  assumes  role Second  by inline",
            "role Second  assumes  role Third  by inline",
            "role Third  assumes  role First  by inline",
            "role Third  reads  bucket data  by inline",
        ],
    ),
    "what is attached to a role by other resources, and to one that is only named": (
        {
            "Attached": _policy(READ, Roles=[{"Ref": "Other"}]),
            "Listed": _policy(_statement("s3:PutObject", "arn:aws:s3:::data/*")),
            "Other": _role(ManagedPolicyArns=[{"Ref": "Listed"}, {"Ref": "Theirs"}]),
            "Second": {
                "Type": "AWS::Redshift::Cluster",
                "Properties": {"IamRoles": ["arn:aws:iam::111111111111:role/team/mine"]},
            },
            "Mine": _policy(READ, kind="AWS::IAM::RolePolicy", RoleName="mine"),
        },
        [
            "cluster Second  has  role team/mine (not in these templates)",
            "role Other  has  managed policy ${Theirs} (undecided)",
            "role Other  reads, writes  bucket data  by Attached, by Listed",
            "role team/mine (not in these templates)  reads  bucket data  by Mine",
        ],
    ),
    "no role of another service, and no policy about one": (
        {
            "Glue": _role("glue.amazonaws.com", READ),
            "Policy": _policy(_statement("iam:PassRole", {"Fn::GetAtt": ["Glue", "Arn"]}), MODIFY),
        },
        ["whoever has Policy  may associate roles with  cluster Warehouse  redshift:ModifyClusterIamRoles, by Policy"],
    ),
}
KNOWN = ["cluster Warehouse  has  role Loader", "role Loader  reaches  nothing"]
CONDITIONS = {
    "Never": {"Fn::Equals": ["a", "b"]},
    "Undecided": {"Fn::Equals": [{"Ref": "Stage"}, "prod"]},
}


@pytest.mark.parametrize("name", SHOWN)
def test_the_map_shows(tmp_path: Path, name: str) -> None:
    """Beside the cluster and the role that each template has, nothing else."""
    resources, expected = SHOWN[name]
    body = {**_template(**resources), "Conditions": CONDITIONS, "Parameters": {"Stage": {"Type": "String"}}}
    found = [row for row in rows(read(tmp_path, body)) if row not in _expected(KNOWN)]

    assert sorted(_expected(expected)) == sorted(found)


def _assembly(folder: Path, environment: str, **stacks: dict[str, Json]) -> AccessMap:
    artifacts = {
        name: {
            "type": "aws:cloudformation:stack",
            "environment": environment,
            "properties": {"templateFile": f"{name}.template.json"},
        }
        for name in stacks
    }
    (folder / "manifest.json").write_text(json.dumps({"artifacts": artifacts}))
    for name, resources in stacks.items():
        (folder / f"{name}.template.json").write_text(json.dumps({"Resources": resources}))
    return AccessMap.read(folder)


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
