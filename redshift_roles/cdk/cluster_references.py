"""Clusters as a user policy may name them.

Constructs, L1s and literal identifiers flow in; ARNs, and what is wrong with them, flow out.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Protocol

from aws_cdk import aws_redshift as redshift
from constructs import IConstruct

from redshift_roles.aws import arns
from redshift_roles.aws.placeholders import is_list_token, is_token
from redshift_roles.cdk import location as locations
from redshift_roles.cdk.location import Location, location_of, path_of, referred
from redshift_roles.rules import arguments, shapes
from redshift_roles.rules.registry import Problem


class HasCfnCluster(IConstruct, Protocol):
    """A construct that holds a provisioned cluster, such as `RedshiftCluster`."""

    @property
    def cfn_cluster(self) -> redshift.CfnCluster:
        """The cluster's L1."""

    @property
    def cluster_identifier(self) -> str:
        """The reference to it."""


Cluster = HasCfnCluster | redshift.CfnCluster | str


def cluster_arn(cluster: Cluster, location: Location) -> str:
    """Write a cluster's ARN for a policy in this place."""
    if isinstance(cluster, str):
        return locations.cluster_arn(cluster, location)
    home = location_of(cluster)
    return locations.cluster_arn(_identifier(cluster, home, location), home)


def _identifier(cluster: HasCfnCluster | redshift.CfnCluster, home: Location, location: Location) -> str:
    """Refer to a cluster: by reference in its own stack, by its literal identifier, if it has one, from another."""
    l1 = cluster if isinstance(cluster, redshift.CfnCluster) else cluster.cfn_cluster
    literal = None if home.stack is location.stack else l1.cluster_identifier
    if literal and not is_token(literal):
        return literal
    return cluster.ref if isinstance(cluster, redshift.CfnCluster) else cluster.cluster_identifier


def cluster_problems(clusters: Sequence[Cluster], location: Location) -> Iterator[Problem]:
    """Find what cannot be named in a policy of this place."""
    if isinstance(clusters, str) or not isinstance(clusters, Sequence):
        yield Problem("clusters", f"'clusters' must be a list, got {shapes.shown(clusters)}", "pass clusters=[…]")
        return
    if any(map(is_list_token, clusters)):
        yield shapes.unknown_list("clusters")
        return
    for index, cluster in enumerate(clusters):
        name = f"clusters[{index}]"
        if isinstance(cluster, str):
            yield from arguments.CLUSTER_IDENTIFIER.check(name, cluster)
        elif isinstance(cluster, redshift.CfnCluster) or hasattr(type(cluster), "cfn_cluster"):
            yield from _distance(name, cluster, location)
        else:
            allowed = "a RedshiftCluster, a CfnCluster or a literal identifier"
            yield Problem(name, f"'{name}' must be {allowed}, got {shapes.shown(cluster)}", f"pass {allowed}")


def _distance(name: str, cluster: HasCfnCluster | redshift.CfnCluster, location: Location) -> Iterator[Problem]:
    home = location_of(cluster)
    if home.stack is location.stack:
        return
    label = f"{name} ({path_of(cluster)})"
    if arns.differ(home.account, location.account):
        yield Problem(
            "",
            f"{label} is in account {home.account}, the policy is in {location.account}",
            f"define the policy in a stack of account {home.account}; IAM users act on clusters of their own account",
        )
    elif is_token(_identifier(cluster, home, location)) and not locations.can_refer(location, home):
        yield Problem(
            "",
            f"{label} is in a stack of another environment and has no cluster_identifier, so CDK cannot refer to it",
            "give the cluster a cluster_identifier, or both stacks the same env=",
        )


def reference_problems(name: str, identifier: str, location: Location) -> Iterator[Problem]:
    """Find what keeps this place from acting on the cluster that a reference names."""
    for target in referred(identifier):
        home = location_of(target)
        if home.stack is not location.stack:
            yield from _far(f"'{name}' refers to {path_of(target)}, which", home, location)


def _far(label: str, home: Location, location: Location) -> Iterator[Problem]:
    if arns.differ(home.account, location.account):
        wrong = f"{label} is in account {home.account}, and this is in {location.account}"
        yield Problem("", wrong, f"define this in a stack of account {home.account}")
    if None not in (home.region, location.region) and home.region != location.region:
        wrong = f"{label} is in region {home.region}, and this is in {location.region}"
        yield Problem("", wrong, f"define this in a stack of region {home.region}")
    elif not locations.can_refer(location, home):
        wrong = f"{label} is in a stack of another environment or Stage, so CDK cannot refer to it"
        yield Problem("", wrong, "define this in a stack of the same Stage and the same env=")
