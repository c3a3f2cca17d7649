"""The network of a cluster: subnet group, security groups and connections.

`aws_ec2` is slow to import, so it is imported only for a cluster with a VPC or security groups.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import jsii
from aws_cdk import aws_redshift as redshift
from constructs import Construct

from redshift_roles.aws import quotas
from redshift_roles.cdk.jsii_compat import IConnectable
from redshift_roles.cdk.location import path_of
from redshift_roles.rules import registry
from redshift_roles.rules.findings import RoleAssociationError
from redshift_roles.rules.registry import Problem

if TYPE_CHECKING:
    from aws_cdk import aws_ec2 as ec2


class Network(NamedTuple):
    """The network of a cluster; where no security group is known, Redshift takes the default one of the VPC."""

    subnet_group_name: str | None
    security_group_ids: list[str] | None
    connections: ec2.Connections | None


def define_network(
    scope: Construct,
    *,
    vpc: ec2.IVpc | None,
    vpc_subnets: ec2.SubnetSelection | None,
    security_groups: Sequence[ec2.ISecurityGroup] | None,
    cluster_subnet_group_name: str | None,
    port: int,
) -> Network:
    """Define the subnet group and the security group that a cluster needs and was not given."""
    if vpc is not None:
        cluster_subnet_group_name = redshift.CfnClusterSubnetGroup(
            scope,
            "Subnets",
            description=f"Subnets of {path_of(scope)}",
            subnet_ids=_subnet_ids(scope, vpc, vpc_subnets),
        ).ref
    if vpc is None and not security_groups:
        return Network(subnet_group_name=cluster_subnet_group_name, security_group_ids=None, connections=None)
    from aws_cdk import aws_ec2 as ec2  # noqa: PLC0415

    groups = list(security_groups or [])
    if vpc is not None and not groups:
        groups = [ec2.SecurityGroup(scope, "SecurityGroup", vpc=vpc, description=f"Access to {path_of(scope)}")]
    return Network(
        subnet_group_name=cluster_subnet_group_name,
        security_group_ids=[group.security_group_id for group in groups],
        connections=ec2.Connections(security_groups=groups, default_port=ec2.Port.tcp(port)),
    )


def _subnet_ids(scope: Construct, vpc: ec2.IVpc, subnets: ec2.SubnetSelection | None) -> list[str]:
    try:
        found = vpc.select_subnets(**_selection(subnets)).subnet_ids
        reason = "" if found else ": it selects none"
    except RuntimeError as error:
        reason = f": {str(error).splitlines()[0]}"
    if reason:
        wrong = f"'vpc' has no subnets for the cluster{reason}"
        raise _error(scope, wrong, "choose some: vpc_subnets=ec2.SubnetSelection(…)")
    return found


def _error(construct: Construct, wrong: str, fix: str) -> RoleAssociationError:
    finding = registry.INVALID_ARGUMENT.finding(path_of(construct), Problem("vpc", wrong, fix), quotas.CREATE_CLUSTER)
    return RoleAssociationError([finding])


def _selection(subnets: ec2.SubnetSelection | None) -> dict[str, Any]:
    names = ("availability_zones", "one_per_az", "subnet_filters", "subnet_group_name", "subnets", "subnet_type")
    return {name: getattr(subnets, name) for name in names} if subnets is not None else {}


@jsii.implements(IConnectable)
class Connectable(Construct):
    """A construct that is an `ec2.IConnectable` when its network has security groups."""

    _network: Network

    @property
    def connections(self) -> ec2.Connections:
        """Who may connect to it, and on which port.

        Raises:
            RoleAssociationError: InvalidArgument, when it has neither a VPC nor security groups.
        """
        if self._network.connections is None:
            raise _error(
                self,
                "'connections' needs a security group, and this cluster has neither 'vpc' nor 'security_groups'",
                "pass security_groups=[…] beside cluster_subnet_group_name",
            )
        return self._network.connections
