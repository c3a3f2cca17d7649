"""The network of a cluster or workgroup: subnets, security groups and connections.

`aws_ec2` is slow to import, so it is imported only where there is a VPC or a security group.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

import jsii
from aws_cdk import aws_redshift as redshift
from constructs import Construct

from redshift_roles.aws import quotas
from redshift_roles.cdk.jsii_compat import IConnectable
from redshift_roles.cdk.location import path_of
from redshift_roles.cdk.records import record_of
from redshift_roles.rules import registry
from redshift_roles.rules.cluster_arguments import SubnetFacts
from redshift_roles.rules.findings import RoleAssociationError
from redshift_roles.rules.registry import Problem

if TYPE_CHECKING:
    from aws_cdk import aws_ec2 as ec2


class Network(NamedTuple):
    """The network of a cluster or workgroup; where no security group is known, Redshift takes the VPC's default one."""

    security_group_ids: list[str] | None
    connections: ec2.Connections | None
    subnet_group_name: str | None = None


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
        selected = select_subnets(vpc, vpc_subnets, "cluster")
        if isinstance(selected, Problem):
            finding = registry.INVALID_ARGUMENT.finding(path_of(scope), selected, quotas.CREATE_CLUSTER)
            raise RoleAssociationError([finding])
        cluster_subnet_group_name = redshift.CfnClusterSubnetGroup(
            scope,
            "Subnets",
            description=f"Subnets of {path_of(scope)}",
            subnet_ids=[subnet_id(subnet) for subnet in selected.subnets],
        ).ref
    network = define_security(scope, vpc=vpc, security_groups=security_groups, port=port)
    return network._replace(subnet_group_name=cluster_subnet_group_name)


def define_security(
    scope: Construct, *, vpc: ec2.IVpc | None, security_groups: Sequence[ec2.ISecurityGroup] | None, port: int
) -> Network:
    """Define the security group that a construct in a VPC was not given."""
    if vpc is None and not security_groups:
        return Network(security_group_ids=None, connections=None)
    from aws_cdk import aws_ec2 as ec2  # noqa: PLC0415

    groups = list(security_groups or [])
    if vpc is not None and not groups:
        groups = [ec2.SecurityGroup(scope, "SecurityGroup", vpc=vpc, description=f"Access to {path_of(scope)}")]
    return Network(
        security_group_ids=[group.security_group_id for group in groups],
        connections=ec2.Connections(security_groups=groups, default_port=ec2.Port.tcp(port)),
    )


class Selected(NamedTuple):
    """Subnets of a VPC, and whether CDK has yet to look up which ones there are."""

    subnets: Sequence[ec2.ISubnet]
    is_awaited: bool = False


@dataclass
class _Usual:
    selected: Selected | None = None


def select_subnets(vpc: ec2.IVpc, selection: ec2.SubnetSelection | None, kind: str) -> Selected | Problem:
    """Select subnets of a VPC, those that CDK chooses only once, or return why there are none."""
    usual = record_of(_Usual, vpc)
    if selection is None and usual.selected:
        return usual.selected
    named = selection.subnets if selection and not selection.subnet_filters else None
    if named:
        # CDK would ask each for its zone, which an imported one may not know.
        return Selected(named)
    try:
        found = vpc.select_subnets(**_selection(selection))
        reason = "" if found.subnets else ": it selects none"
    except RuntimeError as error:
        reason = f": {str(error).splitlines()[0]}"
    if reason:
        wrong = f"'vpc' has no subnets for the {kind}{reason}"
        return Problem("vpc", wrong, "choose some: vpc_subnets=ec2.SubnetSelection(…)")
    selected = Selected(found.subnets, found.is_pending_lookup or False)
    if selection is None:
        usual.selected = selected
    return selected


def _selection(subnets: ec2.SubnetSelection | None) -> dict[str, Any]:
    names = ("availability_zones", "one_per_az", "subnet_filters", "subnet_group_name", "subnets", "subnet_type")
    return {name: getattr(subnets, name) for name in names} if subnets is not None else {}


@dataclass
class _Read:
    identifier: str | None = None
    facts: SubnetFacts | None = None


def subnet_id(subnet: ec2.ISubnet) -> str:
    """Read the id of a subnet, once."""
    known = record_of(_Read, subnet)
    if known.identifier is None:
        known.identifier = subnet.subnet_id
    return known.identifier


def subnet_facts(subnet: ec2.ISubnet) -> SubnetFacts:
    """Read what is known of a subnet, once."""
    known = record_of(_Read, subnet)
    if known.facts is None:
        zone, cidr = _attribute(subnet, "availability_zone"), _attribute(subnet, "ipv4_cidr_block")
        known.facts = SubnetFacts(partial(path_of, subnet), zone, cidr)
    return known.facts


def _attribute(subnet: ec2.ISubnet, name: str) -> str | None:
    """Read an attribute of a subnet, which an imported one may not know."""
    try:
        found: str = getattr(subnet, name)
    except RuntimeError:
        return None
    return found


@jsii.implements(IConnectable)
class Connectable(Construct):
    """A construct that is an `ec2.IConnectable` when its network has security groups."""

    _network: Network
    # What it is called, what may be given in place of a VPC, and the page about it.
    _connected: tuple[str, str, quotas.Source]

    @property
    def connections(self) -> ec2.Connections:
        """Who may connect to it, and on which port.

        Raises:
            RoleAssociationError: InvalidArgument, when it has neither a VPC nor security groups.
        """
        if self._network.connections is None:
            kind, beside, page = self._connected
            wrong = f"'connections' needs a security group, and this {kind} has neither 'vpc' nor 'security_groups'"
            problem = Problem("vpc", wrong, f"pass security_groups=[…] beside {beside}")
            raise RoleAssociationError([registry.INVALID_ARGUMENT.finding(path_of(self), problem, page)])
        return self._network.connections
