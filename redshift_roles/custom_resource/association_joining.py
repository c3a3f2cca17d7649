"""How associations of one cluster come together in a stack, and apart again when something fails.

What an association wants flows in; the cluster's one resource has it, and who waits for the association waits for that.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from weakref import WeakKeyDictionary

from constructs import Construct, Dependable, DependencyGroup, IConstruct

from redshift_roles.rules import fixes
from redshift_roles.cdk import plugins as guard
from redshift_roles.custom_resource.function import AssociationFunction
from redshift_roles.custom_resource.logical_ids import cluster_key, digest
from redshift_roles.custom_resource.cluster_resource import AssociatedCluster, Member, Wanted
from redshift_roles.cdk.location import Place, path_of
from redshift_roles.rules.registry import Trouble


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


def _found(place: Place) -> _Joined:
    function = AssociationFunction.find(place)
    return _joined.setdefault(function, _Joined()) if function else _Joined()


def members_of(place: Place, cluster_identifier: str) -> tuple[Member, ...]:
    """List the associations that a cluster has in a stack."""
    found = _found(place).clusters.get(cluster_key(cluster_identifier, place))
    return found.members if found else ()


def default_troubles(members: Sequence[Member]) -> Iterator[Trouble]:
    """Find the default role that a cluster has already, when another one is to be it."""
    for member in members:
        if member.wanted.default_role is not None:
            theirs = f"{path_of(member.scope)} makes {path_of(member.wanted.default_role)} the default role"
            yield (
                f"'default_role' is given, and {theirs} of the same cluster",
                fixes.ONE_DEFAULT,
            )


def join(scope: Construct, place: Place, wanted: Wanted) -> None:
    """Let an association join those of its cluster; who waits for it, or for what it is in, waits for the cluster.

    Raises:
        RoleAssociationError: InvalidArgument; then nothing has changed.
    """
    with unchanged_on_error(place):
        function = AssociationFunction.of(scope, place)
        joined = _found(place)
        key = cluster_key(wanted.cluster_identifier, place)
        if key not in joined.clusters:
            construct_id = key if key[:1].isalpha() else f"Cluster{digest(key)}"
            joined.clusters[key] = AssociatedCluster(function, construct_id, place, key)
        cluster = joined.clusters[key]
        cluster.write((*cluster.members, cluster.look(scope, wanted)))
        _refuse_more(function, scope, joined.clusters.values())
        around: IConstruct | None = scope
        while around is not None and around is not place.stack:
            joined.let_wait(around, cluster)
            around = around.node.scope
    guard.watch_associations(cluster, place)


def _refuse_more(function: AssociationFunction, scope: Construct, clusters: Collection[AssociatedCluster]) -> None:
    policies = sum(cluster.policies for cluster in clusters)
    defaults = any(member.default for cluster in clusters for member in cluster.members)
    function.refuse_more(scope, policies, defaults=defaults)


@contextmanager
def unchanged_on_error(place: Place) -> Iterator[None]:
    """Let the associations of a stack be as they were when something fails halfway."""
    is_new = AssociationFunction.find(place) is None
    joined = _found(place)
    members, waited = {key: cluster.members for key, cluster in joined.clusters.items()}, len(joined.waited)
    try:
        yield
    except Exception:
        _found(place).restore(members, waited)
        function = AssociationFunction.find(place)
        if function and is_new:
            function.remove()
        raise
