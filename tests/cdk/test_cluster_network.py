"""Where a cluster is in the network."""

from __future__ import annotations

import pytest
from aws_cdk import Stack
from aws_cdk import aws_ec2 as ec2

from redshift_roles import RedshiftCluster, RoleAssociationError
from tests.support.templates import all_properties_of, properties_of, template_of

CLUSTER, INGRESS = "AWS::Redshift::Cluster", "AWS::EC2::SecurityGroupIngress"


@pytest.fixture
def vpc(stack: Stack) -> ec2.Vpc:
    """A VPC with public and private subnets in two zones."""
    return ec2.Vpc(stack, "Vpc", max_azs=2)


def test_fails_when_connections_are_asked_of_a_cluster_without_security_groups(stack: Stack) -> None:
    """The error says what to pass."""
    cluster = RedshiftCluster(stack, "Cluster", cluster_subnet_group_name="subnets")

    with pytest.raises(RoleAssociationError) as caught:
        _ = cluster.connections

    (finding,) = caught.value.findings
    assert ("InvalidArgument", "Data/Cluster") == (finding.rule, finding.path)
    assert "pass security_groups=[…] beside cluster_subnet_group_name" == finding.fix


def test_a_vpc_brings_a_subnet_group_of_its_private_subnets(stack: Stack, vpc: ec2.Vpc) -> None:
    """Without vpc_subnets the cluster is in the private ones, behind a security group that lets nobody in."""
    RedshiftCluster(stack, "Cluster", vpc=vpc)

    group = properties_of(stack, "AWS::Redshift::ClusterSubnetGroup")
    assert stack.resolve([subnet.subnet_id for subnet in vpc.private_subnets]) == group["SubnetIds"]
    (security_group,) = all_properties_of(stack, "AWS::EC2::SecurityGroup")
    assert "SecurityGroupIngress" not in security_group
    assert [] == all_properties_of(stack, INGRESS)
    assert 1 == len(properties_of(stack, CLUSTER)["VpcSecurityGroupIds"])


def test_vpc_subnets_choose_the_subnets(stack: Stack, vpc: ec2.Vpc) -> None:
    """A selection is passed on as it is."""
    RedshiftCluster(stack, "Cluster", vpc=vpc, vpc_subnets=ec2.SubnetSelection(subnet_type=ec2.SubnetType.PUBLIC))

    group = properties_of(stack, "AWS::Redshift::ClusterSubnetGroup")
    assert stack.resolve([subnet.subnet_id for subnet in vpc.public_subnets]) == group["SubnetIds"]


@pytest.mark.parametrize("with_vpc", [True, False])
def test_given_security_groups_are_used(stack: Stack, vpc: ec2.Vpc, with_vpc: bool) -> None:
    """No group is made beside them, with a VPC or with the name of a subnet group."""
    group = ec2.SecurityGroup(stack, "Group", vpc=vpc)
    if with_vpc:
        cluster = RedshiftCluster(stack, "Cluster", vpc=vpc, security_groups=[group])
    else:
        cluster = RedshiftCluster(stack, "Cluster", cluster_subnet_group_name="subnets", security_groups=[group])

    assert [stack.resolve(group.security_group_id)] == properties_of(stack, CLUSTER)["VpcSecurityGroupIds"]
    assert 1 == len(all_properties_of(stack, "AWS::EC2::SecurityGroup"))
    assert [group] == cluster.connections.security_groups


def test_a_subnet_group_alone_leaves_the_security_group_to_redshift(stack: Stack) -> None:
    """The template names the subnet group and no security group."""
    RedshiftCluster(stack, "Cluster", cluster_subnet_group_name="subnets")

    properties = properties_of(stack, CLUSTER)
    assert "subnets" == properties["ClusterSubnetGroupName"]
    assert "VpcSecurityGroupIds" not in properties
    assert {CLUSTER, "AWS::Redshift::ClusterParameterGroup"} == {
        resource["Type"] for resource in template_of(stack)["Resources"].values()
    }


@pytest.mark.parametrize("from_cluster", [True, False])
def test_it_is_connectable_from_both_sides(stack: Stack, vpc: ec2.Vpc, from_cluster: bool) -> None:
    """The cluster goes wherever an `ec2.IConnectable` goes, with its port as the default one."""
    cluster = RedshiftCluster(stack, "Cluster", vpc=vpc, port=8200)
    application = ec2.SecurityGroup(stack, "Application", vpc=vpc)
    if from_cluster:
        cluster.connections.allow_default_port_from(application)
    else:
        application.connections.allow_to_default_port(cluster)

    (ingress,) = all_properties_of(stack, INGRESS)
    assert (8200, 8200) == (ingress["FromPort"], ingress["ToPort"])
    assert stack.resolve(application.security_group_id) == ingress["SourceSecurityGroupId"]
