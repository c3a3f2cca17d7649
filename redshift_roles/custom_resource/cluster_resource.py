"""The custom resources of role associations: one for each cluster of a stack, and the snapshots before its changes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Final, NamedTuple, cast

from aws_cdk import CfnResource
from aws_cdk import aws_iam as iam
from constructs import Construct, Dependable, DependencyGroup

from redshift_roles.aws import permissions
from redshift_roles.aws.placeholders import is_token
from redshift_roles.cdk import plugins
from redshift_roles.cdk.location import Location, cluster_arn, path_of
from redshift_roles.cdk.role_reader import role_arn
from redshift_roles.custom_resource.function import AssociationFunction
from redshift_roles.custom_resource.logical_ids import cluster_key, digest
from redshift_roles.grants.managed_policies import wait_for_grants

_ASSOCIATION: Final = "RedshiftRoleAssociation"
_SNAPSHOT: Final = "RedshiftRolesBefore"
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
        super().__init__(function, key if key[:1].isalpha() else f"Cluster{digest(key)}")
        self.key = key
        self.members: tuple[Member, ...] = ()
        self.policies = 0
        self.resource: CfnResource | None = None
        self._function, self._location = function, location
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
        snapshots = {
            key: self._snapshot(scope, wanted, f"Before{digest(key)}", key, {"RoleArn": role_arn(role)})
            for key, role in wanted.roles.items()
        }
        default = None
        if wanted.default_role is not None:
            default = Default(role_arn(wanted.default_role), self._snapshot(scope, wanted, "DefaultBefore", "", {}))
            wait_for_grants(default.snapshot, wanted.default_role, self._location)
        for key, role in wanted.roles.items():
            wait_for_grants(snapshots[key], role, self._location)
        self.write((*self.members, Member(scope, wanted, snapshots, default)))

    def _snapshot(
        self, scope: Construct, wanted: Wanted, construct_id: str, key: str, role: dict[str, str]
    ) -> CfnResource:
        properties = {
            "Kind": "Before",
            "ClusterIdentifier": wanted.cluster_identifier,
            "Association": self.logical_id,
            **role,
        }
        snapshot = self._function.resource(scope, construct_id, _SNAPSHOT, properties, self._allow)
        snapshot.override_logical_id(f"{_SNAPSHOT}{digest(self.key, key)}")
        return snapshot

    def write(self, members: tuple[Member, ...]) -> None:
        """Define the resource for these associations, in the place of the one before."""
        for policy in self._allow.node.children:
            self._allow.node.try_remove_child(policy.node.id)
        for construct_id in (_RESOURCE_ID, _RESTORE_ID):
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
            "WasAssociated": [snapshots[key].get_att("WasAssociated").to_string() for key in sorted(roles)],
            "RoleLimit": str(max(each.role_limit for each in wanted)),
            "TimeoutSeconds": str(max(each.seconds for each in wanted)),
        }
        passed = dict.fromkeys([*roles.values(), *([default.arn] if default else [])])
        needed = permissions.associate_roles(cluster_arn(identifier, self._location), passed)
        policies = self._function.allow(self._allow, identifier, needed)
        if default:
            properties["DefaultRoleArn"] = default.arn
            properties["DefaultBefore"] = default.snapshot.get_att("DefaultRoleArn").to_string()
            restored = default.snapshot.get_att("PutBackRoleArn").to_string()
            policies += self._function.allow_default(self, _RESTORE_ID, identifier, restored)
        self.policies = len(policies)
        self.resource = self._function.resource(self, _RESOURCE_ID, _ASSOCIATION, properties, *policies)
        self.resource.override_logical_id(self.logical_id)


def _clusters(location: Location) -> dict[str, AssociatedCluster]:
    """Return the clusters that the associations of a stack are about, by their keys."""
    function = AssociationFunction.find(location)
    children = function.node.children if function else []
    return {child.key: child for child in children if isinstance(child, AssociatedCluster)}


def members_of(location: Location, cluster_identifier: str) -> tuple[Member, ...]:
    """Return the associations that a cluster has in a stack."""
    cluster = _clusters(location).get(cluster_key(cluster_identifier, location))
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
        function = AssociationFunction.of(scope, location)
        clusters = _clusters(location)
        key = cluster_key(wanted.cluster_identifier, location)
        if key not in clusters:
            clusters[key] = AssociatedCluster(function, location, key)
        clusters[key].add(scope, wanted)
        policies = sum(cluster.policies for cluster in clusters.values())
        defaults = any(cluster.default_path for cluster in clusters.values())
        function.raise_if_over_quota(scope, policies, defaults=defaults)
    wait_too(scope, clusters[key])
    plugins.watch_associations(clusters[key], location)


def wait_too(construct: Construct, other: Construct) -> None:
    """Make what depends on a construct of this library depend on another one too, which is not a child of it."""
    itself = DependencyGroup()
    Dependable.implement(itself, Dependable.of(construct))
    Dependable.implement(construct, Dependable.of(DependencyGroup(itself, other)))


@contextmanager
def unchanged_on_error(location: Location) -> Iterator[None]:
    """Restore the associations of a stack when something fails halfway."""
    is_new = AssociationFunction.find(location) is None
    before = {cluster: cluster.members for cluster in _clusters(location).values()}
    try:
        yield
    except Exception:
        function = AssociationFunction.find(location)
        if function and is_new:
            function.remove()
        for cluster in _clusters(location).values():
            if cluster not in before:
                cast("AssociationFunction", function).node.try_remove_child(cluster.node.id)
            elif cluster.members is not before[cluster]:
                cluster.write(before[cluster])
        raise
