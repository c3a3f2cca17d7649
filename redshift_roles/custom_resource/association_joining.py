"""How associations of one cluster come together in a stack, and apart again when something fails.

What an association wants flows in; the cluster's one resource has it, and who waits for the association waits for that.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from weakref import WeakKeyDictionary

from constructs import Construct, Dependable, DependencyGroup, IConstruct

from redshift_roles.cdk import plugins
from redshift_roles.cdk.location import Location, path_of
from redshift_roles.custom_resource.cluster_resource import AssociatedCluster, Member, Wanted
from redshift_roles.custom_resource.function import AssociationFunction
from redshift_roles.custom_resource.logical_ids import cluster_key, digest


@dataclass
class _Joined:
    """What has come together behind one function.

    Attributes:
        clusters: The clusters by what names them in logical ids.
        waited: The constructs whose dependents wait for a cluster too, and what those waited for without it.
    """

    clusters: dict[str, AssociatedCluster] = field(default_factory=dict)
    waited: list[tuple[IConstruct, AssociatedCluster, DependencyGroup]] = field(default_factory=list)

    def let_wait(self, construct: IConstruct, cluster: AssociatedCluster) -> None:
        """Let those who wait for a construct wait for a cluster too, which is no child of it."""
        if not any(pair[:2] == (construct, cluster) for pair in self.waited):
            alone = DependencyGroup()
            Dependable.implement(alone, Dependable.of(construct))
            Dependable.implement(construct, Dependable.of(DependencyGroup(alone, cluster)))
            self.waited.append((construct, cluster, alone))

    def restore(self, members: dict[str, tuple[Member, ...]], waited: int) -> None:
        """Go back to what was there before."""
        while len(self.waited) > waited:
            construct, _, alone = self.waited.pop()
            Dependable.implement(construct, Dependable.of(alone))
        for key, cluster in [*self.clusters.items()]:
            if key not in members:
                self.clusters.pop(key).remove()
            elif cluster.members is not members[key]:
                cluster.write(members[key])


_joined: WeakKeyDictionary[AssociationFunction, _Joined] = WeakKeyDictionary()


def _found(location: Location) -> _Joined:
    function = AssociationFunction.find(location)
    return _joined.setdefault(function, _Joined()) if function else _Joined()


def members_of(location: Location, cluster_identifier: str) -> tuple[Member, ...]:
    """List the associations that a cluster has in a stack."""
    found = _found(location).clusters.get(cluster_key(cluster_identifier, location))
    return found.members if found else ()


def other_default(members: Sequence[Member]) -> Callable[[], str] | None:
    """Return what reads the path of the association that sets a cluster's default role, or None when none does."""
    scopes = [member.scope for member in members if member.wanted.default_role is not None]
    return partial(path_of, scopes[0]) if scopes else None


def join(scope: Construct, location: Location, wanted: Wanted) -> None:
    """Let an association join those of its cluster; who waits for it, or for what it is in, waits for the cluster.

    Raises:
        RoleAssociationError: InvalidArgument; then nothing has changed.
    """
    with unchanged_on_error(location):
        function = AssociationFunction.of(scope, location)
        joined = _found(location)
        key = cluster_key(wanted.cluster_identifier, location)
        if key not in joined.clusters:
            construct_id = key if key[:1].isalpha() else f"Cluster{digest(key)}"
            joined.clusters[key] = AssociatedCluster(function, construct_id, location, key)
        cluster = joined.clusters[key]
        cluster.write((*cluster.members, cluster.look(scope, wanted)))
        _refuse_more(function, scope, joined.clusters.values())
        around: IConstruct | None = scope
        while around is not None and around is not location.stack:
            joined.let_wait(around, cluster)
            around = around.node.scope
    plugins.watch_associations(cluster, location)


def _refuse_more(function: AssociationFunction, scope: Construct, clusters: Collection[AssociatedCluster]) -> None:
    policies = sum(cluster.policies for cluster in clusters)
    defaults = any(member.default for cluster in clusters for member in cluster.members)
    function.refuse_more(scope, policies, defaults=defaults)


@contextmanager
def unchanged_on_error(location: Location) -> Iterator[None]:
    """Let the associations of a stack be as they were when something fails halfway."""
    is_new = AssociationFunction.find(location) is None
    joined = _found(location)
    members, waited = {key: cluster.members for key, cluster in joined.clusters.items()}, len(joined.waited)
    try:
        yield
    except Exception:
        _found(location).restore(members, waited)
        function = AssociationFunction.find(location)
        if function and is_new:
            function.remove()
        raise
