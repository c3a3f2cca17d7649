"""Clusters as a user policy may name them: constructs, L1s and literal identifiers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple, Protocol

from aws_cdk import aws_redshift as redshift
from constructs import IConstruct

from redshift_roles.aws import arns
from redshift_roles.aws.placeholders import is_token
from redshift_roles.cdk import location as locations
from redshift_roles.cdk.location import Location, location_of, path_of, referred, unreachable
from redshift_roles.rules import arguments
from redshift_roles.rules.registry import Problem, in_account


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
    """Return a cluster's ARN for a policy of this location."""
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
    """Find clusters that a policy of this location cannot name."""
    fix = "name what the users may do this with: clusters=[…]"
    yield from arguments.ListOf(_ClusterShape(location), fix).check("clusters", clusters)


class _ClusterShape(NamedTuple):
    """A cluster that a policy of this location can name."""

    location: Location

    def check(self, name: str, value: Any) -> Iterator[Problem]:  # noqa: ANN401  anything may be given
        """Check a literal identifier, or where a construct is."""
        if isinstance(value, str):
            yield from arguments.CLUSTER_IDENTIFIER.check(name, value)
        elif isinstance(value, redshift.CfnCluster) or hasattr(type(value), "cfn_cluster"):
            yield from _distance(name, value, self.location)
        else:
            allowed = "a RedshiftCluster, a CfnCluster or a literal identifier"
            yield arguments.must_be(name, allowed, value, f"pass {allowed}")


def _distance(name: str, cluster: HasCfnCluster | redshift.CfnCluster, location: Location) -> Iterator[Problem]:
    home = location_of(cluster)
    if home.stack is location.stack:
        return
    label = f"{name} ({path_of(cluster)})"
    reason = unreachable(home, location, "cluster_identifier")
    if arns.differ(home.account, location.account):
        fix = f"define the policy in a stack of account {home.account}; IAM users act on clusters of their own account"
        yield Problem(name, in_account(label, home.account, "the policy", location.account), fix)
    elif reason and is_token(_identifier(cluster, home, location)):
        fix = "give the cluster a cluster_identifier, or both stacks the same Stage and env="
        yield Problem(name, f"{label} {reason[0]}", fix)


def reference_problems(name: str, identifier: str, location: Location) -> Iterator[Problem]:
    """Find what keeps a construct of this location from acting on the cluster that a reference names."""
    for target in referred(identifier):
        home = location_of(target)
        label, reason = (
            f"'{name}' refers to {path_of(target)}, which",
            unreachable(home, location, "cluster_identifier"),
        )
        if arns.differ(home.account, location.account):
            fix = f"define this in a stack of account {home.account}"
            yield Problem(name, in_account(label, home.account, "and this", location.account), fix)
        if None not in (home.region, location.region) and home.region != location.region:
            message = f"{label} is in region {home.region}, and this is in {location.region}"
            yield Problem(name, message, f"define this in a stack of region {home.region}")
        elif reason:
            yield Problem(name, f"{label} {reason[0]}", reason[1])
