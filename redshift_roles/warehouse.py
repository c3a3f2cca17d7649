"""A role, a cluster with it associated, and the policy of the people who may do that, in one construct."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, cast

import jsii
from aws_cdk import aws_iam as iam
from constructs import Construct

from redshift_roles.aws import arns
from redshift_roles.aws.placeholders import placeholder
from redshift_roles.cdk import account_rule
from redshift_roles.cdk.location import Location
from redshift_roles.cdk.validation import (
    child_location,
    child_path,
    raise_if_unknown,
    rollback_on_error,
    with_defaults,
)
from redshift_roles.cluster import CLUSTER_DEFAULTS, ClusterArguments, RedshiftCluster, check_cluster
from redshift_roles.role import RedshiftRole
from redshift_roles.rules import arguments
from redshift_roles.rules.facts import RoleFacts
from redshift_roles.user_policy import RoleAssociationPolicy, people_problems

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from redshift_roles.grants.redshift_grants import RedshiftGrants


class WarehouseArguments(ClusterArguments, total=False):
    """The arguments of a warehouse: those of its cluster, the people of its user policy, and what they may do."""

    users: Sequence[iam.IUser]
    groups: Sequence[iam.IGroup]
    create_clusters: bool
    describe_all_clusters: bool


@jsii.implements(iam.IGrantable)
class RedshiftWarehouse(Construct):
    """Define a role that Redshift assumes, a cluster with it associated, and the user policy for that pair.

    What is granted to a warehouse is granted to its role: ``bucket.grant_read(warehouse)``.

    Args:
        scope: The construct it belongs to.
        construct_id: Its name there.
        roles: More roles to associate and to let people pass; with the warehouse's own at most role_limit. Default:
            none.
        users: Users of this account who may associate the roles. Default: none.
        groups: Groups of this account who may. Default: none.
        create_clusters: Whether they may create the cluster too. Default: True.
        describe_all_clusters: Whether they may list all clusters, as the console does. Default: True.
        default_role: One of the roles given here, to be what ``IAM_ROLE default`` means. Default: none.
        role_limit, cluster_identifier, node_type, number_of_nodes, database_name: As in `RedshiftCluster`.
        admin_username, port, vpc, vpc_subnets, security_groups, cluster_subnet_group_name: As in `RedshiftCluster`.
        encryption_key, parameters, snapshot_retention, preferred_maintenance_window: As in `RedshiftCluster`.
        audit_log_bucket, multi_az, publicly_accessible, removal_policy: As in `RedshiftCluster`.

    Attributes:
        role: The `RedshiftRole`, the first of the cluster's roles.
        cluster: The `RedshiftCluster`.
        user_policy: The `RoleAssociationPolicy`.

    Raises:
        RoleAssociationError: As `RedshiftCluster` and `RoleAssociationPolicy` do, everything at once.

    Template:
        1 AWS::IAM::Role, 1 AWS::IAM::ManagedPolicy, and what `RedshiftCluster` says.

    Source:
        https://docs.aws.amazon.com/redshift/latest/mgmt/copy-unload-iam-role-associating-with-clusters.html
        (text of 2026-08-26)
    """

    def __init__(self, scope: Construct, construct_id: str, **given: Unpack[WarehouseArguments]) -> None:
        raise_if_unknown(self, given, WarehouseArguments)
        location = child_location(scope, construct_id)
        users, groups = given.pop("users", ()), given.pop("groups", ())
        create_clusters = given.pop("create_clusters", True)
        describe_all_clusters = given.pop("describe_all_clusters", True)
        flags = {"create_clusters": create_clusters, "describe_all_clusters": describe_all_clusters}
        of_cluster = cast("ClusterArguments", given)
        own = RoleFacts(
            "the warehouse's own role",
            f"arn:{arns.THIS_PARTITION}:iam::{location.account}:role/{placeholder('Role')}",
        )
        check_cluster(
            lambda: child_path(scope, construct_id),
            location,
            with_defaults(of_cluster, CLUSTER_DEFAULTS),
            problems=[
                *people_problems(users, groups, location),
                *arguments.check(flags, arguments.POLICY_ARGUMENTS),
            ],
            own_role=own,
        )
        with _unchanged_on_error(location, given.get("default_role")), rollback_on_error(self, scope, construct_id):
            super().__init__(scope, construct_id)
            self._role = RedshiftRole(self, "Role")
            of_cluster["roles"] = [self._role, *given.get("roles", ())]
            self._cluster = RedshiftCluster(self, "Cluster", **of_cluster)
            if given.get("default_role") is not None:
                _wait_for_default(self, self._cluster)
            self._user_policy = RoleAssociationPolicy(
                self,
                "UserPolicy",
                clusters=[self._cluster],
                pass_roles=of_cluster["roles"],
                create_clusters=create_clusters,
                describe_all_clusters=describe_all_clusters,
                users=users,
                groups=groups,
            )

    @property
    def role(self) -> RedshiftRole:
        """The warehouse's own role."""
        return self._role

    @property
    def cluster(self) -> RedshiftCluster:
        """The cluster."""
        return self._cluster

    @property
    def user_policy(self) -> RoleAssociationPolicy:
        """The policy of the people who may associate the roles with the cluster."""
        return self._user_policy

    @property
    def redshift_grants(self) -> RedshiftGrants:
        """What Redshift may do with the warehouse's own role: one method for each operation."""
        return self._role.redshift_grants

    @property
    def grant_principal(self) -> iam.IPrincipal:
        """The warehouse's own role, for the grants of CDK."""
        return self._role


def _wait_for_default(warehouse: RedshiftWarehouse, cluster: RedshiftCluster) -> None:
    """Make what depends on a warehouse wait for its default role, as what depends on its cluster does."""
    from redshift_roles.custom_resource.cluster_resource import wait_too  # noqa: PLC0415

    wait_too(warehouse, cluster)


@contextmanager
def _unchanged_on_error(location: Location, default_role: iam.IRole | None) -> Iterator[None]:
    """Remove what a warehouse that fails halfway has defined outside itself."""
    with account_rule.withdrawn_on_error(location):
        if default_role is None:
            yield
            return
        from redshift_roles.custom_resource import cluster_resource  # noqa: PLC0415

        with cluster_resource.unchanged_on_error(location):
            yield
