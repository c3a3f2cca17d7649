"""Clusters as a user policy may name them.

Constructs, L1s and literal identifiers flow in; ARNs, and what is wrong with them, flow out.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Protocol

from aws_cdk import aws_redshift as redshift
from constructs import IConstruct

from redshift_roles.rules import arguments
from redshift_roles.cdk import location as places
from redshift_roles.aws import arns as role_arns
from redshift_roles.rules import shapes
from redshift_roles.cdk.location import Place, path_of, place_of, referred
from redshift_roles.rules.registry import Trouble
from redshift_roles.aws.placeholders import is_list_token, is_token


class HasCfnCluster(IConstruct, Protocol):
    """A construct that holds a provisioned cluster, such as `RedshiftCluster`."""

    @property
    def cfn_cluster(self) -> redshift.CfnCluster:
        """The cluster's L1."""

    @property
    def cluster_identifier(self) -> str:
        """The reference to it."""


Cluster = HasCfnCluster | redshift.CfnCluster | str


def cluster_arn(cluster: Cluster, place: Place) -> str:
    """Write a cluster's ARN for a policy in this place."""
    if isinstance(cluster, str):
        return places.cluster_arn(cluster, place)
    home = place_of(cluster)
    return places.cluster_arn(_identifier(cluster, home, place), home)


def _identifier(cluster: HasCfnCluster | redshift.CfnCluster, home: Place, place: Place) -> str:
    """Refer to a cluster: by reference in its own stack, by its literal identifier, if it has one, from another."""
    l1 = cluster if isinstance(cluster, redshift.CfnCluster) else cluster.cfn_cluster
    literal = None if home.stack is place.stack else l1.cluster_identifier
    if literal and not is_token(literal):
        return literal
    return cluster.ref if isinstance(cluster, redshift.CfnCluster) else cluster.cluster_identifier


def cluster_troubles(clusters: Sequence[Cluster], place: Place) -> Iterator[Trouble]:
    """Find what cannot be named in a policy of this place."""
    if isinstance(clusters, str) or not isinstance(clusters, Sequence):
        yield f"'clusters' is {shapes.shown(clusters)}, allowed is a list", "pass clusters=[…]"
        return
    if any(map(is_list_token, clusters)):
        yield shapes.unknown_list("clusters")
        return
    for index, cluster in enumerate(clusters):
        name = f"clusters[{index}]"
        if isinstance(cluster, str):
            yield from arguments.CLUSTER_IDENTIFIER.check(name, cluster)
        elif isinstance(cluster, redshift.CfnCluster) or hasattr(type(cluster), "cfn_cluster"):
            yield from _distance(name, cluster, place)
        else:
            allowed = "a RedshiftCluster, a CfnCluster or a literal identifier"
            yield f"'{name}' is {shapes.shown(cluster)}, allowed is {allowed}", f"pass {allowed}"


def _distance(name: str, cluster: HasCfnCluster | redshift.CfnCluster, place: Place) -> Iterator[Trouble]:
    home = place_of(cluster)
    if home.stack is place.stack:
        return
    label = f"{name} ({path_of(cluster)})"
    if role_arns.differ(home.account, place.account):
        yield (
            f"{label} is in account {home.account}, the policy is in {place.account}",
            f"define the policy in a stack of account {home.account}; IAM users act on clusters of their own account",
        )
    elif is_token(_identifier(cluster, home, place)) and not places.can_refer(place, home):
        yield (
            f"{label} is in a stack of another environment and has no cluster_identifier, so CDK cannot refer to it",
            "give the cluster a cluster_identifier, or both stacks the same env=",
        )


def reference_troubles(name: str, identifier: str, place: Place) -> Iterator[Trouble]:
    """Find what keeps this place from acting on the cluster that a reference names."""
    for target in referred(identifier):
        home = place_of(target)
        if home.stack is not place.stack:
            yield from _far(f"'{name}' refers to {path_of(target)}, which", home, place)


def _far(label: str, home: Place, place: Place) -> Iterator[Trouble]:
    if role_arns.differ(home.account, place.account):
        wrong = f"{label} is in account {home.account}, and this is in {place.account}"
        yield wrong, f"define this in a stack of account {home.account}"
    if None not in (home.region, place.region) and home.region != place.region:
        wrong = f"{label} is in region {home.region}, and this is in {place.region}"
        yield wrong, f"define this in a stack of region {home.region}"
    elif not places.can_refer(place, home):
        wrong = f"{label} is in a stack of another environment or Stage, so CDK cannot refer to it"
        yield wrong, "define this in a stack of the same Stage and the same env="
