"""Redshift Serverless: the namespace beside its roles, and the workgroup."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from functools import partial
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_redshiftserverless as serverless
from constructs import Construct

from redshift_roles import RedshiftCluster, RedshiftNamespace, RedshiftRole, RedshiftWorkgroup
from tests.conftest import ACCOUNT, OTHER_ACCOUNT, REGION
from tests.support.associations import refused
from tests.support.nag import nag_findings
from tests.support.templates import all_properties_of, deployed, properties_of, template_of, the_violation_of

NAMESPACE, WORKGROUP = "AWS::RedshiftServerless::Namespace", "AWS::RedshiftServerless::Workgroup"


def _namespace(scope: cdk.Stack, **options: Any) -> RedshiftNamespace:
    return RedshiftNamespace(scope, "Namespace", **options)


def _subnets(scope: cdk.Stack, *attributes: tuple[str | None, str | None]) -> list[ec2.ISubnet]:
    """Import subnets with these zones and CIDR blocks, where they are known."""
    found = []
    for number, (zone, cidr) in enumerate(attributes):
        options = {"availability_zone": zone, "ipv4_cidr_block": cidr, "subnet_id": f"subnet-{number:08x}"}
        known: dict[str, Any] = {name: value for name, value in options.items() if value}
        found.append(ec2.Subnet.from_subnet_attributes(scope, f"Subnet{number}", **known))
    return found


THREE_ZONES = tuple((f"{REGION}{letter}", f"10.0.{number}.0/24") for number, letter in enumerate("abc"))


def _workgroup(scope: cdk.Stack, **options: Any) -> RedshiftWorkgroup:
    known = {"vpc", "subnets"} & {*options}
    network = {} if known else {"subnets": _subnets(scope, *THREE_ZONES)}
    return RedshiftWorkgroup(scope, "Workgroup", **{"namespace": "sales", **network, **options})


@pytest.mark.parametrize(
    ("argument", "value", "message"),
    [
        ("namespace_name", "ab", "must be 3 to 64 lower-case letters, digits and hyphens, got 'ab'"),
        ("namespace_name", "a" * 65, "must be 3 to 64 lower-case letters"),
        ("namespace_name", "Sales", "must be 3 to 64 lower-case letters"),
        ("namespace_name", "table", "is 'table', which is a reserved word"),
        ("database_name", "", "must be 1 to 127 letters, digits and _+.@-, a letter first, got ''"),
        ("database_name", "a" * 128, "must be 1 to 127 letters"),
        ("database_name", "1a", "must be 1 to 127 letters"),
        ("database_name", "Table", "is 'Table', which is a reserved word"),
        ("admin_username", "public", "is 'public', which is a reserved word"),
        ("admin_username", None, "must be 1 to 127 letters"),
        ("final_snapshot_retention", 7, "must be a Duration, got 7"),
        ("final_snapshot_retention", cdk.Duration.days(0), "must be 1 to 3,653 whole days, got 0 days"),
        ("final_snapshot_retention", cdk.Duration.days(3654), "must be 1 to 3,653 whole days, got 3654 days"),
        ("final_snapshot_retention", cdk.Duration.hours(36), "must be 1 to 3,653 whole days, got 1.5 days"),
    ],
)
def test_fails_when_an_argument_of_a_namespace_is_wrong(
    stack: cdk.Stack, argument: str, value: object, message: str
) -> None:
    """One clear error in the words of the argument, at once, and nothing is left in the tree."""
    ((rule, found),) = refused(lambda: _namespace(stack, **{argument: value}))

    assert "InvalidArgument" == rule
    assert found.startswith(f"'{argument}' {message}")
    assert stack.node.try_find_child("Namespace") is None


@pytest.mark.parametrize(
    ("policy", "name"), [(cdk.RemovalPolicy.RETAIN, "RETAIN"), (cdk.RemovalPolicy.DESTROY, "DESTROY")]
)
def test_fails_when_a_snapshot_is_kept_that_is_not_taken(
    stack: cdk.Stack, policy: cdk.RemovalPolicy, name: str
) -> None:
    """A retention without a final snapshot does nothing."""
    days = cdk.Duration.days(7)

    assert [
        (
            "InvalidArgument",
            f"'final_snapshot_retention' is given, and RemovalPolicy.{name} takes no final snapshot",
        )
    ] == refused(lambda: _namespace(stack, removal_policy=policy, final_snapshot_retention=days))


HERE = {"AWS::StackId": f"arn:aws:cloudformation:{REGION}:{ACCOUNT}:stack/Data/1c2fa620-982a-11e3-aff7-50e2416294e0"}


def _snapshot_name(properties: dict[str, Any]) -> str:
    """Write the name of the final snapshot as a deployment would."""
    separator, (first, unique) = properties["FinalSnapshotName"]["Fn::Join"]
    index, of = unique["Fn::Select"]
    by, text = of["Fn::Split"]
    return str(separator).join([first, str(deployed(text, HERE)).split(by)[index]])


def test_the_defaults_of_a_namespace_are_secure(stack: cdk.Stack) -> None:
    """A managed password, all logs, and a final snapshot that is kept, under a name that CloudFormation takes."""
    _namespace(stack)
    properties = properties_of(stack, NAMESPACE)
    snapshot = _snapshot_name(properties)

    name = properties.pop("NamespaceName")
    assert f"final-{name}-1c2fa620-982a-11e3-aff7-50e2416294e0" == snapshot
    assert re.fullmatch("[a-z][a-z0-9]*(-[a-z0-9]+)*", snapshot)
    del properties["FinalSnapshotName"]
    assert {
        "AdminUsername": "warehouse_admin",
        "DbName": "warehouse",
        "FinalSnapshotRetentionPeriod": -1,
        "IamRoles": [],
        "LogExports": ["connectionlog", "useractivitylog", "userlog"],
        "ManageAdminPassword": True,
    } == properties


def test_the_name_of_a_snapshot_has_single_hyphens(stack: cdk.Stack) -> None:
    """A namespace may be called by hyphens alone; the name of a snapshot has letters or digits between them."""
    _namespace(stack, namespace_name="---")

    assert "final-1c2fa620-982a-11e3-aff7-50e2416294e0" == _snapshot_name(properties_of(stack, NAMESPACE))


def test_a_generated_name_is_stable_valid_and_unique(app: cdk.App) -> None:
    """Of the stack's name and the path, also in a nested stack, in a long path and in one with other characters."""
    names = []
    for stack_name in ("Data", "Other", "Data-"):
        stack = cdk.Stack(app, f"Id{stack_name}", stack_name=f"{stack_name}x")
        for scope in (stack, cdk.NestedStack(stack, "Nested"), cdk.NestedStack(stack, "Größe_" + "x" * 200)):
            names += [RedshiftNamespace(scope, name).cfn_namespace.namespace_name for name in ("A", "a", "Ä")]

    assert "datax-a-" == names[0][:-8]
    assert len(names) == len(set(names)) == 27
    assert [] == [name for name in names if not re.fullmatch("(?=.{3,64}$)[a-z][a-z0-9]*(-[a-z0-9]+)*", name)]
    again = cdk.Stack(cdk.App(), "Another", stack_name="Datax")
    assert names[0] == RedshiftNamespace(again, "A").cfn_namespace.namespace_name


@pytest.mark.parametrize(
    ("policy", "deletion"),
    [(cdk.RemovalPolicy.DESTROY, None), (cdk.RemovalPolicy.RETAIN, "Retain")],
)
def test_another_removal_policy_takes_no_snapshot(
    stack: cdk.Stack, policy: cdk.RemovalPolicy, deletion: str | None
) -> None:
    """It is deleted without one, or stays."""
    _namespace(stack, removal_policy=policy)
    (resource,) = template_of(stack)["Resources"].values()

    assert deletion == resource.get("DeletionPolicy") == resource.get("UpdateReplacePolicy")
    assert not {"FinalSnapshotName", "FinalSnapshotRetentionPeriod"} & {*resource["Properties"]}


def test_the_options_of_a_namespace_reach_the_template(stack: cdk.Stack) -> None:
    """One key for the data and the admin password; list and default role are written together."""
    key, role = kms.Key(stack, "Key"), RedshiftRole(stack, "Role", serverless=True)
    namespace = _namespace(
        stack,
        roles=[role],
        default_role=role,
        namespace_name="1--sales-",
        database_name="Sales.2",
        admin_username="Chief",
        encryption_key=key,
        final_snapshot_retention=cdk.Duration.days(3653),
    )
    namespace.add_role(RedshiftRole(stack, "More", serverless=True))

    properties, arn = properties_of(stack, NAMESPACE), stack.resolve(key.key_arn)
    assert {
        "NamespaceName": "1--sales-",
        "DbName": "Sales.2",
        "AdminUsername": "Chief",
        "KmsKeyId": arn,
        "AdminPasswordSecretKmsKeyId": arn,
        "FinalSnapshotRetentionPeriod": 3653,
        "DefaultIamRoleArn": stack.resolve(role.role_arn),
    }.items() <= properties.items()
    assert properties["DefaultIamRoleArn"] == properties["IamRoles"][0]
    assert 2 == len(properties["IamRoles"])
    assert _snapshot_name(properties).startswith("final-1-sales-1c2f")


def test_fails_at_synth_time_when_the_default_role_leaves_the_list(app: cdk.App, stack: cdk.Stack) -> None:
    """CloudFormation sends both together; Redshift would refuse a default role that is not associated."""
    role = RedshiftRole(stack, "Role", serverless=True)
    namespace = _namespace(stack, roles=[role], default_role=role)
    namespace.cfn_namespace.iam_roles = [f"arn:aws:iam::{ACCOUNT}:role/Another"]

    *found, message = the_violation_of(app)
    assert ["fatal DefaultRoleNotAssociated", "Data/Namespace/Resource"] == found
    assert message.startswith("DefaultIamRoleArn (Role1ABCC5F0) is not among IamRoles")


def test_what_only_the_deployment_knows_reaches_the_namespace(stack: cdk.Stack) -> None:
    """The name is part of the snapshot's name, and of the secret's."""
    name = cdk.CfnParameter(stack, "Name").value_as_string
    namespace = _namespace(stack, namespace_name=name, admin_username=name)

    assert {"Ref": "Name"} == properties_of(stack, NAMESPACE)["NamespaceName"]
    assert "final-" == stack.resolve(namespace.cfn_namespace.final_snapshot_name)["Fn::Join"][1][0]


def test_the_attributes_refer_to_the_namespace(stack: cdk.Stack) -> None:
    """Name and ARN are references to the resource."""
    namespace = _namespace(stack)
    logical_id = stack.get_logical_id(namespace.cfn_namespace)

    assert {"Ref": logical_id} == stack.resolve(namespace.namespace_name)
    assert {"Fn::GetAtt": [logical_id, "Namespace.NamespaceArn"]} == stack.resolve(namespace.namespace_arn)
    assert namespace.admin_secret is namespace.admin_secret
    assert namespace.admin_secret.encryption_key is None


def test_who_may_read_the_admin_password_may_decrypt_it(stack: cdk.Stack) -> None:
    """The secret of this namespace and the user of its L1 alone, whatever six characters follow, and its key."""
    key, user = kms.Key(stack, "Key"), iam.User(stack, "Admin")
    namespace = _namespace(stack, namespace_name="sales", encryption_key=key, admin_username="another")
    namespace.cfn_namespace.admin_username = "chief"
    namespace.admin_secret.grant_read(user)
    (statement,) = properties_of(stack, "AWS::IAM::Policy")["PolicyDocument"]["Statement"]
    (of_key,) = (
        each
        for each in properties_of(stack, "AWS::KMS::Key")["KeyPolicy"]["Statement"]
        if each["Principal"] == {"AWS": stack.resolve(user.user_arn)}
    )

    here = {"AWS::Partition": "aws", **dict.fromkeys(template_of(stack)["Resources"], "sales")}
    arn = f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:redshift!sales-chief-??????"
    assert arn == deployed(statement["Resource"], here)
    assert "kms:Decrypt" == of_key["Action"]


CAPACITIES = "4, 8 to 512 in steps of 8 or 544 to 1024 in steps of 32 RPU in eu-west-1"


@pytest.mark.parametrize(
    ("argument", "value", "message"),
    [
        ("namespace", None, "must be a RedshiftNamespace, a CfnNamespace or the name of a namespace, got None"),
        ("namespace", "Sales", "must be 3 to 64 lower-case letters, digits and hyphens, got 'Sales'"),
        ("workgroup_name", "a b", "must be 3 to 64 lower-case letters, digits and hyphens, got 'a b'"),
        (
            "base_capacity",
            12,
            "must be 4, 8 to 512 in steps of 8 or 544 to 1024 in steps of 32 RPU in eu-west-1, got 12",
        ),
        ("base_capacity", 0, "must be 4, 8 to 512"),
        ("base_capacity", 520, "must be 4, 8 to 512"),
        ("base_capacity", 1056, "must be 4, 8 to 512"),
        ("base_capacity", "128", "must be 4, 8 to 512"),
        ("max_capacity", 3, "must be a whole number from 4 to 2147483647, got 3"),
        ("port", 5456, "must be 5431 to 5455 or 8191 to 8215 for a workgroup, got 5456"),
        ("port", 5430, "must be 5431 to 5455"),
        ("port", 8190, "must be 5431 to 5455"),
        ("port", None, "must be 5431 to 5455"),
        ("parameters", "require_ssl", "must be a mapping"),
        ("enhanced_vpc_routing", None, "must be True or False, got None"),
        ("publicly_accessible", "no", "must be True or False, got 'no'"),
        ("vpc", "vpc-1", "must be an ec2.IVpc, got 'vpc-1'"),
        ("subnets", "subnet-1", "must be a list, got 'subnet-1'"),
        ("subnets", [], "must have at least one entry"),
        ("subnets", ["subnet-1"], "[0]' must be an ec2.ISubnet, got 'subnet-1'"),
        ("security_groups", "sg-1", "must be a list, got 'sg-1'"),
        ("vpc_subnets", ec2.SubnetSelection(one_per_az=True), "is given without 'vpc'"),
    ],
)
def test_fails_when_an_argument_of_a_workgroup_is_wrong(
    stack: cdk.Stack, argument: str, value: object, message: str
) -> None:
    """One clear error in the words of the argument, at once, and nothing is left in the tree."""
    ((rule, found),) = refused(lambda: _workgroup(stack, **{argument: value}))

    assert "InvalidArgument" == rule
    assert found.startswith(f"'{argument}' {message}".replace("' [", "["))
    assert stack.node.try_find_child("Workgroup") is None


def test_fails_when_a_workgroup_has_two_networks_or_none(stack: cdk.Stack) -> None:
    """Exactly one of vpc and subnets says where it is."""
    vpc = ec2.Vpc(stack, "Vpc")

    assert [("InvalidArgument", "'vpc' and 'subnets' are both given")] == refused(
        lambda: _workgroup(stack, vpc=vpc, subnets=vpc.private_subnets)
    )
    assert [("InvalidArgument", "neither 'vpc' nor 'subnets' is given")] == refused(
        lambda: RedshiftWorkgroup(stack, "Workgroup", namespace="sales")
    )


def test_a_workgroup_waits_for_the_namespace_that_it_names(app: cdk.App, stack: cdk.Stack) -> None:
    """CloudFormation makes what nothing depends on at the same time; a namespace of another name is not waited for."""
    nested = cdk.NestedStack(stack, "Nested")
    subnets = _subnets(stack, *THREE_ZONES)
    RedshiftWorkgroup(stack, "Workgroup", namespace="sales", subnets=subnets)
    RedshiftWorkgroup(stack, "Another", namespace="events", subnets=subnets)
    anywhere = cdk.Stack(app, "Anywhere")
    own = RedshiftNamespace(stack, "Namespace", namespace_name="sales")
    there = RedshiftNamespace(nested, "Namespace", namespace_name="events")
    RedshiftWorkgroup(anywhere, "Workgroup", namespace=there, subnets=_subnets(anywhere, *THREE_ZONES))

    waits = {
        found["Properties"]["NamespaceName"]: found.get("DependsOn")
        for found in template_of(stack)["Resources"].values()
        if found["Type"] == WORKGROUP
    }
    assert [stack.get_logical_id(own.cfn_namespace)] == waits["sales"]
    assert waits["events"][0].startswith("NestedNestedStack")
    assert "events" == properties_of(anywhere, WORKGROUP)["NamespaceName"]
    assert [stack] == anywhere.dependencies


def test_fails_when_the_most_capacity_is_less_than_the_base(stack: cdk.Stack) -> None:
    """As much as the base is enough."""
    message = "'max_capacity' must be at least 'base_capacity', which is 64, got 56"

    assert [("InvalidArgument", message)] == refused(lambda: _workgroup(stack, base_capacity=64, max_capacity=56))
    _workgroup(stack, base_capacity=64, max_capacity=64, subnets=_subnets(cdk.Stack(stack, "More"), *THREE_ZONES))


def test_a_workgroup_has_the_private_subnets_of_a_vpc_and_a_closed_security_group(stack: cdk.Stack) -> None:
    """TLS, activity logs and enhanced VPC routing, not public, for its namespace."""
    vpc = ec2.Vpc(stack, "Vpc")
    namespace = _namespace(stack)
    workgroup = _workgroup(stack, namespace=namespace, vpc=vpc)
    properties = properties_of(stack, WORKGROUP)

    (group,) = all_properties_of(stack, "AWS::EC2::SecurityGroup")
    assert "SecurityGroupIngress" not in group
    assert "data-workgroup-" == properties.pop("WorkgroupName")[:-8]
    assert {
        "ConfigParameters": [
            {"ParameterKey": "enable_user_activity_logging", "ParameterValue": "true"},
            {"ParameterKey": "require_ssl", "ParameterValue": "true"},
        ],
        "EnhancedVpcRouting": True,
        "NamespaceName": stack.resolve(namespace.namespace_name),
        "Port": 5440,
        "PubliclyAccessible": False,
        "SecurityGroupIds": stack.resolve([one.security_group_id for one in workgroup.connections.security_groups]),
        "SubnetIds": stack.resolve([subnet.subnet_id for subnet in vpc.private_subnets]),
    } == properties


def test_the_options_of_a_workgroup_reach_the_template(stack: cdk.Stack) -> None:
    """Each option is the property that its name says; parameters add to the secure ones or replace them."""
    group = ec2.SecurityGroup.from_security_group_id(stack, "Group", "sg-00000001")
    workgroup = _workgroup(
        stack,
        workgroup_name="reports",
        base_capacity=256,
        max_capacity=1000,
        security_groups=[group],
        port=8215,
        parameters={"require_ssl": "false", "query_group": "reports"},
        enhanced_vpc_routing=False,
        publicly_accessible=True,
    )

    assert {
        "WorkgroupName": "reports",
        "NamespaceName": "sales",
        "BaseCapacity": 256,
        "MaxCapacity": 1000,
        "Port": 8215,
        "PubliclyAccessible": True,
        "EnhancedVpcRouting": False,
        "SecurityGroupIds": ["sg-00000001"],
        "SubnetIds": [f"subnet-{number:08x}" for number in range(3)],
        "ConfigParameters": [
            {"ParameterKey": "enable_user_activity_logging", "ParameterValue": "true"},
            {"ParameterKey": "query_group", "ParameterValue": "reports"},
            {"ParameterKey": "require_ssl", "ParameterValue": "false"},
        ],
    } == properties_of(stack, WORKGROUP)
    assert ["sg-00000001"] == [one.security_group_id for one in workgroup.connections.security_groups]


def test_the_attributes_refer_to_the_workgroup(stack: cdk.Stack) -> None:
    """Name, ARN and endpoint are references to the resource."""
    workgroup = _workgroup(stack)
    logical_id = stack.get_logical_id(workgroup.cfn_workgroup)

    assert {"Ref": logical_id} == stack.resolve(workgroup.workgroup_name)
    assert [
        {"Fn::GetAtt": [logical_id, f"Workgroup.{name}"]}
        for name in ("WorkgroupArn", "Endpoint.Address", "Endpoint.Port")
    ] == stack.resolve([workgroup.workgroup_arn, workgroup.endpoint_address, workgroup.endpoint_port])


def test_a_workgroup_is_connectable_when_it_has_a_security_group(stack: cdk.Stack) -> None:
    """On its port; without one the error says what to pass."""
    vpc = ec2.Vpc(stack, "Vpc")
    application = ec2.SecurityGroup(stack, "Application", vpc=vpc)
    message = "'connections' needs a security group, and this workgroup has neither 'vpc' nor 'security_groups'"
    alone = _workgroup(stack)

    assert [("InvalidArgument", message)] == refused(lambda: alone.connections)
    application.connections.allow_to_default_port(
        RedshiftWorkgroup(stack, "Other", namespace="sales", vpc=vpc, port=8200)
    )
    (ingress,) = all_properties_of(stack, "AWS::EC2::SecurityGroupIngress")
    assert (8200, 8200) == (ingress["FromPort"], ingress["ToPort"])


ROUTED, UNROUTED = "with enhanced VPC routing", "without enhanced VPC routing"


@pytest.mark.parametrize(
    ("zones", "options", "message"),
    [
        ("ab", {}, f"'subnets' must be 3 or more subnets {ROUTED}, got 2"),
        ("aab", {}, f"'subnets' must be in 3 or more availability zones {ROUTED}, got 2"),
        ("abc", {}, None),
        ("aabc", {}, None),
        ("a", {"enhanced_vpc_routing": False}, f"'subnets' must be 2 or more subnets {UNROUTED}, got 1"),
        (
            "aa",
            {"enhanced_vpc_routing": False},
            f"'subnets' must be in 2 or more availability zones {UNROUTED}, got 1",
        ),
        ("ab", {"enhanced_vpc_routing": False}, None),
        ("a??", {}, None),
    ],
)
def test_fails_when_there_are_too_few_subnets_or_zones(
    stack: cdk.Stack, zones: str, options: dict[str, Any], message: str | None
) -> None:
    """AWS: three in three zones with enhanced VPC routing, two in two without; what is not known may be right."""
    subnets = _subnets(stack, *((None if zone == "?" else f"{REGION}{zone}", None) for zone in zones))
    if message is None:
        assert len(zones) == len(_workgroup(stack, subnets=subnets, **options).cfn_workgroup.subnet_ids or [])
    else:
        assert [("InvalidArgument", message)] == refused(lambda: _workgroup(stack, subnets=subnets, **options))


def test_fails_when_a_subnet_is_given_twice(stack: cdk.Stack) -> None:
    """By its id, however it was imported; where the zones are not known too."""
    one, other, third = (ec2.Subnet.from_subnet_id(stack, f"Subnet{at}", f"subnet-{at % 2}") for at in range(3))

    assert [("InvalidArgument", "'subnets[2]' and 'subnets[0]' are the same subnet")] == refused(
        lambda: _workgroup(stack, subnets=[one, other, third])
    )


def test_fails_when_a_subnet_is_too_small_for_the_capacity(stack: cdk.Stack) -> None:
    """AWS: a block of /26 for 128 RPU, which is the default; no more is asked without enhanced VPC routing."""
    subnets = _subnets(stack, *((f"{REGION}{zone}", f"10.0.0.0/{27 if zone == 'b' else 26}") for zone in "abc"))
    needs = "must be /26 or larger for 128 RPU or more with enhanced VPC routing (37 free addresses)"
    message = f"subnet Data/Subnet1 {needs}, got 10.0.0.0/27"

    assert [("InvalidArgument", message)] == refused(lambda: _workgroup(stack, subnets=subnets))
    for number, options in enumerate(({"base_capacity": 64}, {"enhanced_vpc_routing": False})):
        RedshiftWorkgroup(stack, f"Good{number}", namespace="sales", subnets=subnets, **options)  # type: ignore[arg-type]


def test_fails_when_a_vpc_has_two_zones(app: cdk.App) -> None:
    """As the VPC of a stack without an environment has, unless it names its zones."""
    stack = cdk.Stack(app, "Anywhere")
    message = f"'vpc' must have 3 or more subnets {ROUTED}, got 2"

    assert [("InvalidArgument", message)] == refused(lambda: _workgroup(stack, vpc=ec2.Vpc(stack, "Vpc")))
    _workgroup(stack, vpc=ec2.Vpc(stack, "Named", availability_zones=["eu-west-1a", "eu-west-1b", "eu-west-1c"]))


def test_a_vpc_that_cdk_has_yet_to_look_up_is_not_judged(stack: cdk.Stack) -> None:
    """CDK puts two zones of its own into the template until it knows."""
    _workgroup(stack, vpc=ec2.Vpc.from_lookup(stack, "Vpc", vpc_id="vpc-1"))

    assert 2 == len(properties_of(stack, WORKGROUP)["SubnetIds"])


def test_subnets_of_a_vpc_can_be_named(stack: cdk.Stack) -> None:
    """Also imported ones, of which CDK knows neither zone nor addresses."""
    subnets = _subnets(stack, (None, None), (None, None), (None, None))
    _workgroup(stack, vpc=ec2.Vpc(stack, "Vpc"), vpc_subnets=ec2.SubnetSelection(subnets=subnets))

    assert [f"subnet-{number:08x}" for number in range(3)] == properties_of(stack, WORKGROUP)["SubnetIds"]


def test_fails_when_a_vpc_has_no_such_subnets(stack: cdk.Stack) -> None:
    """What CDK finds is told in our words."""
    vpc = ec2.Vpc.from_vpc_attributes(stack, "Vpc", vpc_id="vpc-1", availability_zones=["a"])
    ((rule, message),) = refused(lambda: _workgroup(stack, vpc=vpc))

    assert "InvalidArgument" == rule
    assert message.startswith("'vpc' has no subnets for the workgroup: ")


@pytest.mark.parametrize(
    ("account", "region", "name", "message"),
    [
        (OTHER_ACCOUNT, REGION, None, f"is in account {OTHER_ACCOUNT}, the workgroup is in {ACCOUNT}"),
        (ACCOUNT, "us-east-1", "sales", f"is in region us-east-1, the workgroup is in {REGION}"),
        (ACCOUNT, None, None, None),
        (ACCOUNT, REGION, None, None),
        (ACCOUNT, REGION, "sales", None),
    ],
)
def test_fails_when_the_namespace_is_elsewhere(
    app: cdk.App, stack: cdk.Stack, account: str, region: str | None, name: str | None, message: str | None
) -> None:
    """It is in the account and region of its namespace; where CDK cannot refer to that, it is named literally."""
    other = cdk.Stack(app, "Other", env=cdk.Environment(account=account, region=region))
    namespace, subnets = _namespace(other, namespace_name=name), _subnets(stack, *THREE_ZONES)
    if message:
        assert [("InvalidArgument", f"'namespace' (Other/Namespace) {message}")] == refused(
            lambda: _workgroup(stack, namespace=namespace, subnets=subnets)
        )
        assert [("InvalidArgument", f"'namespace' refers to Other/Namespace/Resource, which {message}")] == refused(
            partial(RedshiftWorkgroup, stack, "Workgroup", namespace=namespace.namespace_name, subnets=subnets)
        )
    else:
        _workgroup(stack, namespace=namespace, subnets=subnets)
        written = properties_of(stack, WORKGROUP)["NamespaceName"]
        assert "Fn::ImportValue" in written if region else re.fullmatch("other-namespace-[0-9a-f]{8}", written)


def test_fails_when_a_namespace_has_a_workgroup(stack: cdk.Stack) -> None:
    """AWS: only one for each namespace. One that was removed again does not count."""
    namespace, subnets = _namespace(stack), _subnets(stack, *THREE_ZONES)
    parent = Construct(stack, "Parent")
    RedshiftWorkgroup(parent, "Workgroup", namespace=namespace, subnets=subnets)
    message = "has a workgroup, Data/Parent/Workgroup, and a namespace can have one only"

    for again, end in ((namespace, ""), (namespace.cfn_namespace, "/Resource")):
        found = refused(partial(RedshiftWorkgroup, stack, "Workgroup", namespace=again, subnets=subnets))
        assert [("InvalidArgument", f"'namespace' (Data/Namespace{end}) {message}")] == found
    stack.node.try_remove_child("Parent")
    RedshiftWorkgroup(stack, "Workgroup", namespace=namespace, subnets=subnets)


def test_fails_when_a_workgroup_names_something_else_of_a_namespace(stack: cdk.Stack) -> None:
    """Its ARN and its id are no names; either of the references to its name is."""
    l1, subnets = _namespace(stack).cfn_namespace, _subnets(stack, *THREE_ZONES)
    message = "'namespace' refers to Data/Namespace/Resource, and not to its name"

    for wrong in (l1.attr_namespace_namespace_arn, l1.attr_namespace_namespace_id):
        assert [("InvalidArgument", message)] == refused(
            partial(RedshiftWorkgroup, stack, "Workgroup", namespace=wrong, subnets=subnets)
        )
    for number, right in enumerate((l1.ref, l1.attr_namespace_namespace_name)):
        RedshiftWorkgroup(stack, f"Workgroup{number}", namespace=right, subnets=subnets)


@pytest.mark.parametrize("literal", [True, False])
def test_fails_when_the_namespace_is_in_another_stage_without_a_name(
    app: cdk.App, stack: cdk.Stack, literal: bool
) -> None:
    """CDK refers to nothing there; an L1 always has a name, which may be a token."""
    there = cdk.Stack(cdk.Stage(app, "Prod"), "Data", env=cdk.Environment(account=ACCOUNT, region=REGION))
    name = "sales" if literal else cdk.CfnParameter(there, "Name").value_as_string
    namespace = serverless.CfnNamespace(there, "Namespace", namespace_name=name)
    if literal:
        _workgroup(stack, namespace=namespace)
        assert "sales" == properties_of(stack, WORKGROUP)["NamespaceName"]
    else:
        ((_, message),) = refused(lambda: _workgroup(stack, namespace=namespace))
        assert message.startswith("'namespace' (Prod/Data/Namespace) is in another Stage")


@pytest.mark.parametrize("in_vpc", [True, False])
def test_the_defaults_have_no_finding_under_five_nag_packs(app: cdk.App, stack: cdk.Stack, in_vpc: bool) -> None:
    """AwsSolutions, HIPAA, NIST R4, NIST R5 and PCI find nothing, with nothing acknowledged."""
    role = RedshiftRole(stack, "Role", serverless=True)
    namespace = _namespace(stack, roles=[role], default_role=role)
    workgroup = _workgroup(stack, namespace=namespace, **({"vpc": ec2.Vpc(stack, "Vpc")} if in_vpc else {}))

    assert set() == nag_findings(app, namespace) | nag_findings(app, workgroup) | nag_findings(app, role)


def test_the_defaults_pass_cfn_lint(stack: cdk.Stack, tmp_path: Path) -> None:
    """The linter of CloudFormation has nothing to say of a cluster, a namespace and a workgroup, and would say it."""
    role = RedshiftRole(stack, "Role", serverless=True)
    RedshiftCluster(stack, "Cluster", cluster_subnet_group_name="subnets", roles=[role])
    _workgroup(stack, namespace=_namespace(stack, roles=[role], default_role=role))
    template = template_of(stack)

    (tmp_path / "good.json").write_text(json.dumps(template))
    wrong = {
        "AWS::Redshift::Cluster": ("NodeType", "ra3.tiny"),
        NAMESPACE: ("LogExports", ["everything"]),
        WORKGROUP: ("Port", "near"),
    }
    for resource in template["Resources"].values():
        name, value = wrong.get(resource["Type"], ("", None))
        if name:
            resource["Properties"][name] = value
    (tmp_path / "bad.json").write_text(json.dumps(template))
    command = [str(Path(sys.executable).with_name("cfn-lint")), "--regions", REGION, "--format", "json"]
    paths = [str(tmp_path / name) for name in ("good.json", "bad.json")]
    done = subprocess.run([*command, *paths], capture_output=True, text=True, check=False)
    found = [(Path(each["Filename"]).name, each["Message"]) for each in json.loads(done.stdout)]

    assert {"bad.json"} == {name for name, _ in found}
    assert {"ra3.tiny", "everything", "near"} == {
        word for word in ("ra3.tiny", "everything", "near") for _, message in found if word in message
    }
