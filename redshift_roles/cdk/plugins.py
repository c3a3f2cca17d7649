"""The guard: what became of our own clusters in the synthesized templates.

Clusters flow in as they are made; findings flow out of `app.synth()`, `cdk synth` and `Template.from_stack` alike. A
constructor sees only what is known at its line; property overrides, reassigned lists and finished trust policies stand
in the templates alone, so a policy-validation plug-in reads those, once for each app.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple, Protocol, cast
from weakref import WeakKeyDictionary

import jsii
from aws_cdk import (
    App,
    CfnResource,
    IPolicyValidationContext,
    IPolicyValidationPlugin,
    PolicyValidationPluginReport,
    Validations,
)
from aws_cdk import aws_redshift as redshift
from constructs import IConstruct

from redshift_roles.cdk.location import Location, path_of
from redshift_roles.cdk.synthesized import PLUGIN_NAME, synthesis_of, template_of, violation
from redshift_roles.rules import association_rules, registry
from redshift_roles.templates import checker
from redshift_roles.templates.assembly import Assembly, Template
from redshift_roles.templates.association_reader import Entry
from redshift_roles.templates.checker import Holder, Violation
from redshift_roles.templates.cluster_reader import ROLES_PROPERTY


class WatchedCluster(Protocol):
    """What the guard asks of a cluster."""

    @property
    def cfn_cluster(self) -> redshift.CfnCluster:
        """The L1 that ends up in the template."""

    @property
    def cluster_identifier(self) -> str:
        """The reference to it, a token."""

    @property
    def role_limit(self) -> int:
        """How many roles it may have."""


class WatchedAssociations(Protocol):
    """What the guard asks of the associations of a cluster."""

    @property
    def resource(self) -> CfnResource | None:
        """The L1 that ends up in the template."""

    @property
    def paths(self) -> list[str]:
        """The paths of the constructs that name its roles, in the order of the template."""

    @property
    def default_path(self) -> str:
        """The path of the construct that sets the default role."""


class _Watched(NamedTuple):
    cluster: WatchedCluster
    location: Location


@jsii.implements(IPolicyValidationPlugin)
class RoleGuard:
    """The policy-validation plug-in of one app."""

    def __init__(self, app: App) -> None:
        self._app = app
        self._watched: list[_Watched] = []
        self._associations: list[tuple[WatchedAssociations, Location]] = []

    @property
    def name(self) -> str:
        """The first half of every acknowledgement id."""
        return PLUGIN_NAME

    @property
    def version(self) -> None:
        """The plug-in is part of the package and has no version of its own."""

    @property
    def rule_ids(self) -> list[str]:
        """The names of the rules."""
        return [rule.name for rule in registry.RULES]

    def watch(self, cluster: WatchedCluster, location: Location) -> None:
        """Look after a cluster."""
        self._watched.append(_Watched(cluster, location))

    def watch_associations(self, associations: WatchedAssociations, location: Location) -> None:
        """Look after the associations of a cluster."""
        if (associations, location) not in self._associations:
            self._associations.append((associations, location))

    def validate(self, context: IPolicyValidationContext) -> PolicyValidationPluginReport:  # noqa: ARG002
        """Judge every watched cluster as the templates show it; the app says where they are."""
        assembly = synthesis_of(self._app).assembly
        found = self.find(assembly)
        checked = [
            (Violation(holder.template, holder.logical_id, f"Properties/{ROLES_PROPERTY}", finding), found[holder])
            for holder, facts in checker.read(found)
            for finding in association_rules.check(facts)
        ]
        violations = [violation(verdict, "fatal", path_of(cluster.cfn_cluster)) for verdict, cluster in checked]
        paths = self._associated(assembly)

        def path(entry: Entry) -> str:
            found = paths.get(entry[:2])
            return _path(found, entry.position) if found else checker.construct_path(*entry[:2])

        reported = [*checker.associated(assembly, path)] if self._associations else []
        violations += [violation(verdict, "fatal", verdict.finding.path) for verdict in reported]
        everything = [*(verdict for verdict, _ in checked), *reported]
        return PolicyValidationPluginReport(
            success=not any(verdict.is_failure for verdict in everything), violations=violations
        )

    def _associated(self, assembly: Assembly) -> dict[tuple[Template, str], WatchedAssociations]:
        """Find the resources of the watched associations in the templates."""
        found = {}
        for associations, location in self._associations:
            template = template_of(location.stack, assembly)
            if template and associations.resource:
                found[template, location.stack.get_logical_id(associations.resource)] = associations
        return found

    def watched(self, assembly: Assembly) -> set[tuple[Template, str]]:
        """List what it looks after, by template and logical id."""
        clusters = {(holder.template, holder.logical_id) for holder in self.find(assembly)}
        return clusters | {*self._associated(assembly)}

    def find(self, assembly: Assembly) -> dict[Holder, WatchedCluster]:
        """Find the watched clusters in the templates."""
        return dict(self._find(assembly))

    def _find(self, assembly: Assembly) -> Iterator[tuple[Holder, WatchedCluster]]:
        by_place: dict[Location, list[WatchedCluster]] = {}
        for watched in self._watched:
            by_place.setdefault(watched.location, []).append(watched.cluster)
        for location, group in by_place.items():
            template = template_of(location.stack, assembly)
            references = location.stack.resolve([cluster.cluster_identifier for cluster in group])
            for cluster, reference in zip(group, references, strict=True):
                if template and template.resource_type(reference["Ref"]):
                    yield Holder(template, reference["Ref"], cluster.role_limit), cluster


def _path(associations: WatchedAssociations, position: int | None) -> str:
    paths = [] if position is None else associations.paths[position : position + 1]
    return (paths or [associations.default_path or associations.paths[0]])[0]


_guards: WeakKeyDictionary[IConstruct, RoleGuard] = WeakKeyDictionary()


def watch(cluster: WatchedCluster, location: Location) -> None:
    """Have the app's guard look after a cluster."""
    _guard(location).watch(cluster, location)


def watch_associations(associations: WatchedAssociations, location: Location) -> None:
    """Have the app's guard look after the associations of a cluster."""
    _guard(location).watch_associations(associations, location)


def _guard(location: Location) -> RoleGuard:
    """Find the guard of an app; the first cluster or association brings it."""
    guard = _guards.get(location.root)
    if guard is None:
        guard = _guards[location.root] = RoleGuard(cast("App", location.root))
        Validations.of(location.root).add_plugins(guard)
    return guard


def watched_in(app: App, assembly: Assembly) -> set[tuple[Template, str]]:
    """List the clusters and associations that the app's guard looks after, by template and logical id."""
    guard = _guards.get(app)
    return guard.watched(assembly) if guard else set()
