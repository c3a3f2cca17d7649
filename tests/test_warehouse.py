"""The whole thing in one statement."""

from __future__ import annotations

from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3 as s3

from redshift_roles import RedshiftCluster, RedshiftRole, RedshiftWarehouse, RoleAssociationPolicy
from tests.conftest import ACCOUNT, OTHER_ACCOUNT
from tests.support.associations import refused
from tests.support.templates import all_properties_of, properties_of, template_of


def _warehouse(stack: cdk.Stack, **options: Any) -> RedshiftWarehouse:
    return RedshiftWarehouse(stack, "Warehouse", **{"cluster_subnet_group_name": "subnets", **options})


def test_fails_with_everything_at_once_and_leaves_nothing(stack: cdk.Stack) -> None:
    """Arguments, people and roles are checked together, before the warehouse's own role is made."""
    foreign = iam.Role.from_role_arn(stack, "Foreign", f"arn:aws:iam::{OTHER_ACCOUNT}:role/A")
    bob = iam.User.from_user_arn(stack, "Bob", f"arn:aws:iam::{OTHER_ACCOUNT}:user/bob")

    assert [
        ("InvalidArgument", "'users[0]' (Data/Bob) is in account 222222222222, the policy is in 111111111111"),
        ("InvalidArgument", "'port' must be 5431 to 5455 or 8191 to 8215 for ra3.large, got 1"),
        ("RoleAccountMismatch", "roles[0] (Data/Foreign) is in account 222222222222, the cluster is in 111111111111"),
    ] == refused(lambda: _warehouse(stack, roles=[foreign], users=[bob], port=1))
    assert stack.node.try_find_child("Warehouse") is None


def test_its_own_role_counts(stack: cdk.Stack) -> None:
    """Nine roles beside its own make ten; ten beside it make one too many, which the error says."""
    roles = [RedshiftRole(stack, f"Role{number}") for number in range(10)]
    message = "'roles' with the cluster's other roles has 11 entries, 'role_limit' is 10"

    assert [("RoleQuotaExceeded", message)] == refused(lambda: _warehouse(stack, roles=roles))
    assert 10 == len(_warehouse(stack, roles=roles[:9]).cluster.roles)


@pytest.mark.parametrize(
    "options",
    [
        {"roles": None},
        {"users": "bob"},
        {"users": None},
        {"groups": ["loaders"]},
        {"create_clusters": None},
        {"describe_all_clusters": "no"},
    ],
)
def test_fails_when_a_list_or_flag_is_wrong(stack: cdk.Stack, options: dict[str, Any]) -> None:
    """Wrong kinds are reported in the words of the argument."""
    ((rule, message),) = refused(lambda: _warehouse(stack, **options))

    assert "InvalidArgument" == rule
    assert message.startswith(f"'{next(iter(options))}")


def test_it_has_a_role_a_cluster_and_the_policy_for_exactly_that_pair(stack: cdk.Stack) -> None:
    """The cluster names the role, and the policy allows to associate and pass these alone."""
    warehouse = _warehouse(stack)

    role, cluster = {"Fn::GetAtt": ["WarehouseRoleA74E6209", "Arn"]}, {"Ref": "WarehouseCluster7B91A95E"}
    assert [role] == properties_of(stack, "AWS::Redshift::Cluster")["IamRoles"]
    _, associate, pass_roles = properties_of(stack, "AWS::IAM::ManagedPolicy")["PolicyDocument"]["Statement"]
    assert cluster == associate["Resource"]["Fn::Join"][1][-1]
    assert role == pass_roles["Resource"]
    assert ("multi-node", 2) == tuple(
        properties_of(stack, "AWS::Redshift::Cluster")[name] for name in ("ClusterType", "NumberOfNodes")
    )
    assert isinstance(warehouse.role, RedshiftRole)
    assert isinstance(warehouse.cluster, RedshiftCluster)
    assert isinstance(warehouse.user_policy, RoleAssociationPolicy)


def test_flags_of_the_policy_reach_it(stack: cdk.Stack) -> None:
    """People may neither create the cluster nor list others."""
    _warehouse(stack, create_clusters=False, describe_all_clusters=False)
    describe, associate, _ = properties_of(stack, "AWS::IAM::ManagedPolicy")["PolicyDocument"]["Statement"]

    assert "redshift:ModifyClusterIamRoles" == associate["Action"]
    assert associate["Resource"] == describe["Resource"]


def test_what_is_granted_to_it_is_granted_to_its_role(stack: cdk.Stack) -> None:
    """By this library, by CDK, and by its user policy's neighbour: `iam.Grant`."""
    warehouse, bucket = _warehouse(stack), s3.Bucket(stack, "Bucket")
    bucket.grant_read(warehouse)
    warehouse.redshift_grants.copy_from(bucket, prefix="landing/")
    (written,) = all_properties_of(stack, "AWS::IAM::Policy")
    granted, _ = all_properties_of(stack, "AWS::IAM::ManagedPolicy")

    assert [stack.resolve(warehouse.role.role_name)] == written["Roles"] == granted["Roles"]
    assert warehouse.role is warehouse.grant_principal


def test_extra_roles_join_both_the_cluster_and_the_policy(stack: cdk.Stack) -> None:
    """Its own role comes first."""
    extra = iam.Role.from_role_arn(stack, "Extra", f"arn:aws:iam::{ACCOUNT}:role/Extra")
    warehouse = _warehouse(stack, roles=[extra], users=[iam.User(stack, "User")], groups=[iam.Group(stack, "Group")])

    arns = [stack.resolve(warehouse.role.role_arn), f"arn:aws:iam::{ACCOUNT}:role/Extra"]
    policy = properties_of(stack, "AWS::IAM::ManagedPolicy")
    assert arns == properties_of(stack, "AWS::Redshift::Cluster")["IamRoles"]
    assert arns == policy["PolicyDocument"]["Statement"][2]["Resource"]
    assert (1, 1) == (len(policy["Users"]), len(policy["Groups"]))


def test_the_default_role_is_one_of_the_given_roles_and_reaches_the_cluster(stack: cdk.Stack) -> None:
    """Any other is reported before the warehouse's own role is made."""
    extra, other = RedshiftRole(stack, "Extra"), RedshiftRole(stack, "Other")

    assert ["DefaultRoleNotAssociated"] == [rule for rule, _ in refused(lambda: _warehouse(stack, default_role=other))]
    assert stack.node.try_find_child("Warehouse") is None
    _warehouse(stack, roles=[extra], default_role=extra)
    association = properties_of(stack, "Custom::RedshiftRoleAssociation")
    assert stack.resolve(extra.role_arn) == association["DefaultRoleArn"]


def test_every_argument_of_a_cluster_reaches_it(stack: cdk.Stack, app: cdk.App) -> None:
    """The warehouse's cluster has the properties of a cluster with the same arguments, tokens included."""
    options: dict[str, Any] = {
        "cluster_identifier": cdk.CfnParameter(stack, "Name").value_as_string,
        "node_type": "ra3.xlplus",
        "number_of_nodes": 3,
        "database_name": "sales",
        "admin_username": "chief",
        "port": 8191,
        "parameters": {"statement_timeout": "1000"},
        "snapshot_retention": cdk.Duration.days(3),
        "preferred_maintenance_window": "mon:01:00-mon:02:00",
        "multi_az": True,
        "publicly_accessible": True,
        "removal_policy": cdk.RemovalPolicy.RETAIN,
        "role_limit": 20,
    }
    warehouse = _warehouse(stack, **options)
    alone = cdk.Stack(app, "Alone")
    options["cluster_identifier"] = cdk.CfnParameter(alone, "Name").value_as_string
    RedshiftCluster(alone, "Cluster", cluster_subnet_group_name="subnets", **options)

    ours, theirs = (properties_of(s, "AWS::Redshift::Cluster") for s in (stack, alone))
    del ours["IamRoles"], ours["ClusterParameterGroupName"], theirs["ClusterParameterGroupName"]
    assert theirs == ours
    assert 20 == warehouse.cluster.role_limit
    assert "Retain" in str(template_of(stack)["Resources"]["WarehouseCluster7B91A95E"]["DeletionPolicy"])
