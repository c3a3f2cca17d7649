"""Redshift Serverless in one statement."""

from __future__ import annotations

from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3

from redshift_roles import RedshiftNamespace, RedshiftRole, RedshiftWorkgroup, ServerlessWarehouse
from tests.conftest import ACCOUNT, OTHER_ACCOUNT
from tests.support.associations import refused
from tests.support.nag import nag_findings
from tests.support.templates import all_properties_of, failures_of, properties_of, template_of

NAMESPACE, WORKGROUP = "AWS::RedshiftServerless::Namespace", "AWS::RedshiftServerless::Workgroup"
POLICY = "AWS::IAM::ManagedPolicy"


def _subnets(stack: cdk.Stack) -> list[ec2.ISubnet]:
    return [
        ec2.Subnet.from_subnet_attributes(
            stack, f"Subnet{zone}", subnet_id=f"subnet-0000000{zone}", availability_zone=f"eu-west-1{zone}"
        )
        for zone in "abc"
    ]


def _warehouse(stack: cdk.Stack, **options: Any) -> ServerlessWarehouse:
    known = {"vpc", "subnets"} & {*options}
    return ServerlessWarehouse(stack, "Warehouse", **{**({} if known else {"subnets": _subnets(stack)}), **options})


def test_fails_with_everything_at_once_and_leaves_nothing(stack: cdk.Stack) -> None:
    """Arguments of namespace and workgroup, people and roles are checked together, before anything is made."""
    foreign = iam.Role.from_role_arn(stack, "Foreign", f"arn:aws:iam::{OTHER_ACCOUNT}:role/A")
    plain = RedshiftRole(stack, "Plain")
    bob = iam.User.from_user_arn(stack, "Bob", f"arn:aws:iam::{OTHER_ACCOUNT}:user/bob")

    assert [
        ("InvalidArgument", "'users[0]' (Data/Bob) is in account 222222222222, the policy is in 111111111111"),
        ("InvalidArgument", "'create_namespaces' must be True or False, got 'yes'"),
        ("InvalidArgument", "'port' must be 5431 to 5455 or 8191 to 8215 for a workgroup, got 1"),
        ("InvalidArgument", "'admin_username' must be 1 to 127 letters, digits and _+.@-, a letter first, got ''"),
        ("RoleAccountMismatch", "roles[0] (Data/Foreign) is in account 222222222222, the namespace is in 111111111111"),
    ] == refused(
        lambda: _warehouse(stack, roles=[foreign], users=[bob], port=1, admin_username="", create_namespaces="yes")
    )
    assert [
        ("InvalidArgument", "roles[0] (Data/Plain) is for clusters only, and this is Redshift Serverless")
    ] == refused(lambda: _warehouse(stack, roles=[plain], subnets=stack.node.children[-3:]))
    assert stack.node.try_find_child("Warehouse") is None


def test_its_own_role_counts(stack: cdk.Stack) -> None:
    """Nine roles beside its own make ten; ten beside it make one too many."""
    roles = [iam.Role.from_role_arn(stack, f"R{n}", f"arn:aws:iam::{ACCOUNT}:role/R{n}") for n in range(10)]
    subnets = _subnets(stack)
    message = "'roles' with the namespace's other roles has 11 entries, 'role_limit' is 10"

    assert [("RoleQuotaExceeded", message)] == refused(lambda: _warehouse(stack, roles=roles, subnets=subnets))
    assert 10 == len(_warehouse(stack, roles=roles[:9], subnets=subnets).namespace.roles)


@pytest.mark.parametrize(
    ("options", "error"),
    [
        ({"roles": None}, "'roles' must be a list"),
        ({"users": None}, "'users' must be a list"),
        ({"groups": ["loaders"]}, "'groups[0]' must be an iam.IGroup"),
        ({"describe_all_clusters": "no"}, "'describe_all_clusters' must be True or False"),
        ({"namespace_name": "A"}, "'namespace_name' must be 3 to 64"),
        ({"vpc": "vpc"}, "'vpc' must be an ec2.IVpc"),
        ({"subnets": []}, "'subnets' must have at least one entry"),
    ],
)
def test_fails_when_an_argument_is_wrong(stack: cdk.Stack, options: dict[str, Any], error: str) -> None:
    """In the words of the argument, at the path of the warehouse."""
    ((rule, message),) = refused(lambda: _warehouse(stack, **options))

    assert "InvalidArgument" == rule
    assert message.startswith(error)


def test_it_has_a_role_a_namespace_a_workgroup_and_the_policy_for_them(app: cdk.App, stack: cdk.Stack) -> None:
    """Both services trust the role, the namespace has it and no other, and people may update this namespace alone."""
    warehouse = _warehouse(stack)

    role, namespace = stack.resolve(warehouse.role.role_arn), stack.resolve(warehouse.namespace.namespace_name)
    assert [role] == properties_of(stack, NAMESPACE)["IamRoles"]
    assert namespace == properties_of(stack, WORKGROUP)["NamespaceName"]
    trusted = properties_of(stack, "AWS::IAM::Role")["AssumeRolePolicyDocument"]["Statement"]
    assert ["redshift.amazonaws.com", "redshift-serverless.amazonaws.com"] == [
        statement["Principal"]["Service"] for statement in trusted
    ]
    listed, update, pass_roles = properties_of(stack, POLICY)["PolicyDocument"]["Statement"]
    assert ("redshift-serverless:ListNamespaces", "*") == (listed["Action"], listed["Resource"])
    assert ["redshift-serverless:GetNamespace", "redshift-serverless:UpdateNamespace"] == sorted(update["Action"])
    assert stack.resolve(warehouse.namespace.namespace_arn) == update["Resource"]
    assert ("iam:PassRole", role) == (pass_roles["Action"], pass_roles["Resource"])
    to_serverless = {"StringEquals": {"iam:PassedToService": "redshift-serverless.amazonaws.com"}}
    assert to_serverless == pass_roles["Condition"]
    assert [] == failures_of(app)


def test_what_is_granted_to_it_is_granted_to_its_role(stack: cdk.Stack) -> None:
    """By this library and by CDK."""
    warehouse, bucket = _warehouse(stack), s3.Bucket(stack, "Bucket")
    bucket.grant_read(warehouse)
    warehouse.redshift_grants.copy_from(bucket, prefix="landing/")
    (written,) = all_properties_of(stack, "AWS::IAM::Policy")
    granted = next(policy for policy in all_properties_of(stack, POLICY) if policy.get("Roles"))

    assert [stack.resolve(warehouse.role.role_name)] == written["Roles"] == granted["Roles"]


def test_flags_people_and_more_roles_reach_the_policy_and_the_namespace(stack: cdk.Stack) -> None:
    """Its own role comes first; the default role is one of the given ones."""
    extra = RedshiftRole(stack, "Extra", serverless=True)
    warehouse = _warehouse(
        stack,
        roles=[extra],
        default_role=extra,
        users=[iam.User(stack, "User")],
        groups=[iam.Group(stack, "Group")],
        create_namespaces=True,
        describe_all_clusters=False,
    )

    arns = stack.resolve([warehouse.role.role_arn, extra.role_arn])
    namespace, policy = properties_of(stack, NAMESPACE), properties_of(stack, POLICY)
    assert (arns, arns[1]) == (namespace["IamRoles"], namespace["DefaultIamRoleArn"])
    statements = {one["Sid"]: one for one in policy["PolicyDocument"]["Statement"]}
    assert ["UpdateNamespaces", "CreateNamespaces", "PassRolesToServerless"] == [*statements]
    assert arns == statements["PassRolesToServerless"]["Resource"]
    assert (1, 1) == (len(policy["Users"]), len(policy["Groups"]))


def test_every_argument_reaches_its_construct(app: cdk.App) -> None:
    """Namespace and workgroup have the properties of those that are made with the same arguments."""
    ours, theirs = (cdk.Stack(app, name) for name in ("Ours", "Theirs"))
    of_namespace: dict[str, Any] = {
        "namespace_name": "sales",
        "database_name": "sales",
        "admin_username": "chief",
        "final_snapshot_retention": cdk.Duration.days(3),
        "role_limit": 20,
    }
    of_workgroup: dict[str, Any] = {
        "workgroup_name": "reports",
        "base_capacity": 64,
        "max_capacity": 128,
        "port": 8191,
        "parameters": {"query_group": "x"},
        "enhanced_vpc_routing": False,
        "publicly_accessible": True,
    }
    warehouse = _warehouse(ours, encryption_key=kms.Key(ours, "Key"), **of_namespace, **of_workgroup)
    RedshiftNamespace(theirs, "Namespace", encryption_key=kms.Key(theirs, "Key"), **of_namespace)
    RedshiftWorkgroup(theirs, "Workgroup", namespace="sales", subnets=_subnets(theirs), **of_workgroup)

    for kind, unlike in ((NAMESPACE, "IamRoles"), (WORKGROUP, "NamespaceName")):
        one, other = properties_of(ours, kind), properties_of(theirs, kind)
        one.pop(unlike)
        other.pop(unlike, None)
        assert other == one
    assert 20 == warehouse.namespace.role_limit
    assert "sales" == warehouse.namespace.cfn_namespace.namespace_name
    assert "reports" == warehouse.workgroup.cfn_workgroup.workgroup_name


def test_the_retained_one_stays(stack: cdk.Stack) -> None:
    """The removal policy is that of the namespace."""
    _warehouse(stack, removal_policy=cdk.RemovalPolicy.RETAIN)
    found = {one["Type"]: one.get("DeletionPolicy") for one in template_of(stack)["Resources"].values()}

    assert ("Retain", None) == (found[NAMESPACE], found[WORKGROUP])


def test_cdk_nag_finds_nothing_but_the_list_of_namespaces(app: cdk.App, stack: cdk.Stack) -> None:
    """ListNamespaces supports no resource-level permissions; without it there is no finding."""
    findings = nag_findings(app, _warehouse(stack, vpc=ec2.Vpc(stack, "Vpc")))
    without = ServerlessWarehouse(stack, "Other", subnets=_subnets(stack), describe_all_clusters=False)

    assert {"AwsSolutions-IAM5[Resource::*]"} == findings
    assert set() == nag_findings(app, without)
