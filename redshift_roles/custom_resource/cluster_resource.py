"""The custom resources of role associations: one for each cluster of a stack, and the snapshots before its changes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Final, NamedTuple

from aws_cdk import CfnResource
from aws_cdk import aws_iam as iam
from constructs import Construct, Dependable, DependencyGroup

from redshift_roles.aws import permissions, quotas
from redshift_roles.aws.placeholders import is_token
from redshift_roles.cdk import plugins
from redshift_roles.cdk.jsii_compat import reference_of
from redshift_roles.cdk.location import Location, cluster_arn, path_of
from redshift_roles.cdk.records import record_of
from redshift_roles.cdk.role_reader import role_arn
from redshift_roles.cdk.validation import raise_if
from redshift_roles.custom_resource.function import AssociationFunction
from redshift_roles.custom_resource.logical_ids import cluster_key, digest
from redshift_roles.grants.managed_policies import grants_to_wait_for
from redshift_roles.rules.registry import Problem

_ASSOCIATION: Final = "RedshiftRoleAssociation"
_SNAPSHOT: Final = "RedshiftRolesBefore"
# No user gives a construct this id.
_ASSOCIATIONS_ID: Final = "Custom::RedshiftRoleAssociation"
_CLUSTER_ID: Final = "Cluster"
_RESOURCE_ID: Final = "Resource"
_RESTORE_ID: Final = "PutBackDefault"


class Wanted(NamedTuple):
    """What an association wants of a cluster of this account and region; without roles it sets a default role only."""

    cluster_identifier: str
    roles: dict[str, iam.IRole]  # by their keys in logical ids
    default_role: iam.IRole | None
    role_limit: int  # of the cluster, all of its roles counted
    seconds: int


class Default(NamedTuple):
    """A default role, and the snapshot of what was the default before."""

    arn: str
    snapshot: CfnResource


class Member(NamedTuple):
    """One of the associations of a cluster, and whether each of its roles was associated before."""

    scope: Construct
    wanted: Wanted
    snapshots: dict[str, CfnResource]
    default: Default | None


class AssociatedCluster(Construct):
    """All that the associations of a stack want of one cluster, and the resource that changes it."""

    def __init__(self, function: AssociationFunction, location: Location, key: str) -> None:
        super().__init__(function, _CLUSTER_ID)
        self.key = key
        self.members: tuple[Member, ...] = ()
        self.resource: CfnResource | None = None
        self.function, self._location = function, location
        self._allow = Construct(self, "Allow")
        self.logical_id = f"{_ASSOCIATION}{digest(key)}"

    @property
    def paths(self) -> list[str]:
        """The paths of the constructs that name the roles, in the order of the template."""
        named = [(key, member.scope) for member in self.members for key in member.wanted.roles]
        return [path_of(scope) for _, scope in sorted(named, key=lambda each: each[0])]

    @property
    def default_path(self) -> str:
        """The path of the construct that sets the default role; empty where none does."""
        return next((path_of(member.scope) for member in self.members if member.default), "")

    def add(self, scope: Construct, wanted: Wanted) -> None:
        """Add an association.

        The snapshots are children of the association: what it waits for, they wait for. Each waits for what its role is
        granted, too. They are named by the cluster and the role alone, so that they stay when the association is
        renamed.
        """
        scopes = {reference_of(above) for above in scope.node.scopes}

        def snapshot(construct_id: str, key: str, role: iam.IRole, **properties: str) -> CfnResource:
            given = {"ClusterIdentifier": wanted.cluster_identifier, "Association": self.logical_id, **properties}
            awaited = (self._allow, *grants_to_wait_for(role, self._location, scopes))
            made = self.function.resource(scope, construct_id, _SNAPSHOT, {"Kind": "Before", **given}, *awaited)
            made.override_logical_id(f"{_SNAPSHOT}{digest(self.key, key)}")
            return made

        snapshots = {
            key: snapshot(f"Before{digest(key)}", key, role, RoleArn=role_arn(role))
            for key, role in wanted.roles.items()
        }
        default = None
        if wanted.default_role is not None:
            before = snapshot("DefaultBefore", "", wanted.default_role)
            default = Default(role_arn(wanted.default_role), before)
        self.write((*self.members, Member(scope, wanted, snapshots, default)))

    def write(self, members: tuple[Member, ...]) -> None:
        """Define the resource for these associations, in the place of the one before."""
        for policy in self._allow.node.children if self.members else ():
            self._allow.node.try_remove_child(policy.node.id)
        for construct_id in (_RESOURCE_ID, _RESTORE_ID) if self.members else ():
            self.node.try_remove_child(construct_id)
        self.members = members
        wanted = [member.wanted for member in members]
        identifiers = [each.cluster_identifier for each in wanted]
        identifier = next(filter(is_token, identifiers), identifiers[0])
        roles = {key: role_arn(role) for each in wanted for key, role in each.roles.items()}
        snapshots = {key: snapshot for member in members for key, snapshot in member.snapshots.items()}
        default = next((member.default for member in members if member.default), None)
        properties: dict[str, object] = {
            "Kind": "Association",
            "ClusterIdentifier": identifier,
            "RoleArns": [roles[key] for key in sorted(roles)],
            "WasAssociated": [snapshots[key].get_att("WasAssociated") for key in sorted(roles)],
            "RoleLimit": str(max(each.role_limit for each in wanted)),
            "TimeoutSeconds": str(max(each.seconds for each in wanted)),
        }
        passed = dict.fromkeys([*roles.values(), *([default.arn] if default else [])])
        needed = permissions.associate_roles(cluster_arn(identifier, self._location), passed)
        policies = self.function.allow(self._allow, identifier, needed)
        if default:
            properties["DefaultRoleArn"] = default.arn
            properties["DefaultBefore"] = default.snapshot.get_att("DefaultRoleArn")
            restored = default.snapshot.get_att("PutBackRoleArn").to_string()
            policies += self.function.allow_default(self, _RESTORE_ID, identifier, restored)
        self.function.raise_if_over_quota(members[-1].scope, len(policies))
        self.resource = self.function.resource(self, _RESOURCE_ID, _ASSOCIATION, properties, *policies)
        self.resource.override_logical_id(self.logical_id)


class _Associations(Construct):
    """All associations of a stack: for each cluster a function, and below it the cluster."""

    def __init__(self, location: Location) -> None:
        super().__init__(location.stack, _ASSOCIATIONS_ID)
        self.clusters: dict[str, AssociatedCluster] = {}  # by their keys

    def members(self) -> dict[str, tuple[Member, ...]]:
        """Return the associations of each cluster."""
        return {key: cluster.members for key, cluster in self.clusters.items()}

    def restore(self, members: dict[str, tuple[Member, ...]]) -> None:
        """Restore the clusters and their associations."""
        self.clusters = {key: cluster for key, cluster in self.clusters.items() if key in members}
        kept = [cluster.function for cluster in self.clusters.values()]
        for function in self.node.children:
            if function not in kept:
                self.node.try_remove_child(function.node.id)
        for key, cluster in self.clusters.items():
            if cluster.members is not members[key]:
                cluster.write(members[key])

    def add(self, key: str, location: Location) -> AssociatedCluster:
        """Add a cluster."""
        function = AssociationFunction(self, key if key[:1].isalpha() else f"Cluster{digest(key)}", location)
        self.clusters[key] = AssociatedCluster(function, location, key)
        return self.clusters[key]


@dataclass
class _Known:
    associations: _Associations | None = None  # of a stack


def _cluster(scope: Construct, location: Location, key: str) -> AssociatedCluster:
    """Return the cluster of that key, which its first association creates."""
    known = record_of(_Known, location.stack)
    taken = None if known.associations else location.stack.node.try_find_child(_ASSOCIATIONS_ID)
    if taken:
        message = f"{path_of(taken)} is a {type(taken).__name__}, where the functions behind role associations belong"
        problem = Problem("", message, "give that construct another id")
        raise_if(partial(path_of, scope), quotas.MODIFY_ROLES, [problem])
    associations = known.associations = known.associations or _Associations(location)
    try:
        return associations.clusters.get(key) or associations.add(key, location)
    except RuntimeError as error:
        # CDK refuses the asset, as it does with a synthesizer that has no place for assets.
        message = f"the function behind role associations is an asset, and CDK refuses it: {error}"
        problem = Problem("", message, "give the stack a synthesizer with assets, such as DefaultStackSynthesizer")
        raise_if(partial(path_of, scope), quotas.CDK_ENVIRONMENTS, [problem])
        raise


def members_of(location: Location, cluster_identifier: str) -> tuple[Member, ...]:
    """Return the associations that a cluster has in a stack."""
    associations = record_of(_Known, location.stack).associations
    cluster = associations.clusters.get(cluster_key(cluster_identifier, location)) if associations else None
    return cluster.members if cluster else ()


def other_default(members: Sequence[Member]) -> Callable[[], str] | None:
    """Return what reads the path of the association that sets the default role, or None when none does."""
    scopes = [member.scope for member in members if member.default]
    return partial(path_of, scopes[0]) if scopes else None


def join(scope: Construct, location: Location, wanted: Wanted) -> None:
    """Add an association to those of its cluster; what depends on it waits for the resource of the cluster.

    Where it cannot be added, InvalidArgument is raised and nothing has changed.
    """
    with unchanged_on_error(location):
        cluster = _cluster(scope, location, cluster_key(wanted.cluster_identifier, location))
        cluster.add(scope, wanted)
    wait_too(scope, cluster)
    plugins.watch_associations(cluster, location)


def wait_too(construct: Construct, other: Construct) -> None:
    """Make what depends on a construct of this library depend on another one too, which is not a child of it."""
    itself = DependencyGroup()
    Dependable.implement(itself, Dependable.of(construct))
    Dependable.implement(construct, Dependable.of(DependencyGroup(itself, other)))


@contextmanager
def unchanged_on_error(location: Location) -> Iterator[None]:
    """Restore the associations of a stack when something fails halfway."""
    known = record_of(_Known, location.stack)
    associations = known.associations
    before = associations.members() if associations else {}
    try:
        yield
    except Exception:
        if associations:
            associations.restore(before)
        elif known.associations:
            known.associations = None
            location.stack.node.try_remove_child(_ASSOCIATIONS_ID)
        raise
