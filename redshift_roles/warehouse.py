"""A role, a cluster or namespace with it associated, and the policy of the people who may do that, in one construct."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, cast

import jsii
from aws_cdk import aws_iam as iam
from constructs import Construct

from redshift_roles.aws import arns
from redshift_roles.aws.placeholders import placeholder
from redshift_roles.cdk import account_rule
from redshift_roles.cdk.location import Location, path_of
from redshift_roles.cdk.validation import child_location, child_path, raise_if_unknown, rollback_on_error, with_defaults
from redshift_roles.cluster import CLUSTER_DEFAULTS, ClusterArguments, RedshiftCluster, check_cluster
from redshift_roles.namespace import (
    NAMESPACE_DEFAULTS,
    WORKGROUP_DEFAULTS,
    NamespaceArguments,
    RedshiftNamespace,
    RedshiftWorkgroup,
    WorkgroupArguments,
    check_namespace,
    check_workgroup,
)
from redshift_roles.role import RedshiftRole
from redshift_roles.rules import arguments
from redshift_roles.rules.facts import RoleFacts
from redshift_roles.rules.registry import Problem
from redshift_roles.user_policy import RoleAssociationPolicy, is_for_serverless, people_problems

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from redshift_roles.grants.redshift_grants import RedshiftGrants


class _Warehouse(Construct):
    """What both warehouses share: a role of their own and a user policy."""

    _role: RedshiftRole
    _user_policy: RoleAssociationPolicy

    @property
    def role(self) -> RedshiftRole:
        """The warehouse's own role."""
        return self._role

    @property
    def user_policy(self) -> RoleAssociationPolicy:
        """The policy of the people who may associate the roles."""
        return self._user_policy

    @property
    def redshift_grants(self) -> RedshiftGrants:
        """What Redshift may do with the warehouse's own role: one method for each operation."""
        return self._role.redshift_grants

    @property
    def grant_principal(self) -> iam.IPrincipal:
        """The warehouse's own role, for the grants of CDK."""
        return self._role


def _own_role(location: Location) -> RoleFacts:
    """Describe the role that a warehouse will make, which counts among the roles that are given."""
    arn = f"arn:{arns.THIS_PARTITION}:iam::{location.account}:role/{placeholder('Role')}"
    return RoleFacts("the warehouse's own role", arn)


class WarehouseArguments(ClusterArguments, total=False):
    """The arguments of a warehouse: those of its cluster, the people of its user policy, and what they may do."""

    users: Sequence[iam.IUser]
    groups: Sequence[iam.IGroup]
    create_clusters: bool
    describe_all_clusters: bool


@jsii.implements(iam.IGrantable)
class RedshiftWarehouse(_Warehouse):
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
        check_cluster(
            lambda: child_path(scope, construct_id),
            location,
            with_defaults(of_cluster, CLUSTER_DEFAULTS),
            problems=[
                *people_problems(users, groups, location),
                *arguments.check(flags, arguments.POLICY_ARGUMENTS),
            ],
            own_role=_own_role(location),
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
    def cluster(self) -> RedshiftCluster:
        """The cluster."""
        return self._cluster


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


class ServerlessArguments(NamespaceArguments, WorkgroupArguments, total=False):
    """The arguments of a Serverless warehouse: those of its namespace and its workgroup, and those of its policy."""

    users: Sequence[iam.IUser]
    groups: Sequence[iam.IGroup]
    create_namespaces: bool
    describe_all_clusters: bool


@jsii.implements(iam.IGrantable)
class ServerlessWarehouse(_Warehouse):
    """Define a role that Redshift Serverless assumes, a namespace with it, a workgroup, and the user policy.

    What is granted to a warehouse is granted to its role: ``bucket.grant_read(warehouse)``.

    Args:
        scope: The construct it belongs to.
        construct_id: Its name there.
        roles: More roles to associate and to let people pass; with the warehouse's own at most role_limit. A
            `RedshiftRole` needs ``serverless=True``. Default: none.
        users: Users of this account who may associate the roles. Default: none.
        groups: Groups of this account who may. Default: none.
        create_namespaces: Whether they may create namespaces too. Default: False.
        describe_all_clusters: Whether they may list all namespaces, as the console does. Default: True.
        default_role: One of the roles given here, to be what ``IAM_ROLE default`` means. Default: none.
        role_limit, namespace_name, database_name, admin_username: As in `RedshiftNamespace`.
        encryption_key, final_snapshot_retention, removal_policy: As in `RedshiftNamespace`.
        workgroup_name, base_capacity, max_capacity, vpc, vpc_subnets, subnets: As in `RedshiftWorkgroup`.
        security_groups, port, parameters, enhanced_vpc_routing, publicly_accessible: As in `RedshiftWorkgroup`.

    Attributes:
        role: The `RedshiftRole`, the first of the namespace's roles.
        namespace: The `RedshiftNamespace`.
        workgroup: The `RedshiftWorkgroup`.
        user_policy: The `RoleAssociationPolicy`.

    Raises:
        RoleAssociationError: As `RedshiftNamespace`, `RedshiftWorkgroup` and `RoleAssociationPolicy` do, everything at
            once.

    Template:
        1 AWS::IAM::Role, 1 AWS::IAM::ManagedPolicy, and what `RedshiftNamespace` and `RedshiftWorkgroup` say.

    Source:
        https://docs.aws.amazon.com/redshift/latest/mgmt/serverless-security-other-services.html (text of 2026-07-06)
    """

    def __init__(self, scope: Construct, construct_id: str, **given: Unpack[ServerlessArguments]) -> None:
        raise_if_unknown(self, given, ServerlessArguments)
        location = child_location(scope, construct_id)
        of_namespace = cast("NamespaceArguments", _of(given, NamespaceArguments))
        of_workgroup = cast("WorkgroupArguments", _of(given, WorkgroupArguments))
        users, groups, roles = given.get("users", ()), given.get("groups", ()), given.get("roles", ())
        create, describe_all = given.get("create_namespaces", False), given.get("describe_all_clusters", True)
        flags = {"create_namespaces": create, "describe_all_clusters": describe_all}
        _, problems = check_workgroup(location, with_defaults(of_workgroup, WORKGROUP_DEFAULTS))
        check_namespace(
            partial(child_path, scope, construct_id),
            location,
            with_defaults(of_namespace, NAMESPACE_DEFAULTS),
            problems=[
                *people_problems(users, groups, location),
                *arguments.check(flags, arguments.POLICY_ARGUMENTS),
                *_for_clusters_only(roles),
                *problems,
            ],
            own_role=_own_role(location),
        )
        with account_rule.withdrawn_on_error(location), rollback_on_error(self, scope, construct_id):
            super().__init__(scope, construct_id)
            self._role = RedshiftRole(self, "Role", serverless=True)
            of_namespace["roles"] = [self._role, *roles]
            self._namespace = RedshiftNamespace(self, "Namespace", **of_namespace)
            self._workgroup = RedshiftWorkgroup(self, "Workgroup", namespace=self._namespace, **of_workgroup)
            self._user_policy = RoleAssociationPolicy(
                self,
                "UserPolicy",
                namespaces=[self._namespace],
                pass_roles=of_namespace["roles"],
                create_namespaces=create,
                describe_all_clusters=describe_all,
                users=users,
                groups=groups,
            )

    @property
    def namespace(self) -> RedshiftNamespace:
        """The namespace."""
        return self._namespace

    @property
    def workgroup(self) -> RedshiftWorkgroup:
        """The workgroup."""
        return self._workgroup


def _of(given: ServerlessArguments, description: type) -> dict[str, object]:
    """Return the arguments of one construct."""
    names: frozenset[str] = description.__optional_keys__  # type: ignore[attr-defined]
    return {name: value for name, value in given.items() if name in names}


def _for_clusters_only(roles: Sequence[iam.IRole]) -> Iterator[Problem]:
    """Find roles of ours that were not made for Redshift Serverless."""
    if any(True for _ in arguments.ListOf(arguments.ROLE).check("roles", roles)):
        return
    for index, role in enumerate(roles):
        if not is_for_serverless(role):
            label = f"roles[{index}]"
            message = f"{label} ({path_of(role)}) is for clusters only, and this is Redshift Serverless"
            yield Problem(label, message, "pass RedshiftRole(…, serverless=True)")
