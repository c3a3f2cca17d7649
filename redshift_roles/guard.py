"""
The guard: what became of our own clusters in the synthesized templates.

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
    IPolicyValidationContext,
    IPolicyValidationPlugin,
    PolicyValidationPluginReport,
    Validations,
)
from aws_cdk import aws_redshift as redshift
from constructs import IConstruct

from redshift_roles import rulebook, rules, verdicts
from redshift_roles.assembly import Assembly, Template
from redshift_roles.places import Place, path_of
from redshift_roles.synthesized import PLUGIN_NAME, shared_path, synthesis_of, template_of, violation
from redshift_roles.template_reading import ROLES_PROPERTY
from redshift_roles.verdicts import Holder, Verdict


class WatchedCluster(Protocol):
    """
    What the guard asks of a cluster.
    """

    @property
    def cfn_cluster(self) -> redshift.CfnCluster:
        """
        The L1 that ends up in the template.
        """

    @property
    def cluster_identifier(self) -> str:
        """
        The reference to it, a token.
        """

    @property
    def role_limit(self) -> int:
        """
        How many roles it may have.
        """


class _Watched(NamedTuple):
    cluster: WatchedCluster
    place: Place


@jsii.implements(IPolicyValidationPlugin)
class RoleGuard:
    """
    The policy-validation plug-in of one app.
    """

    def __init__(self, app: App) -> None:
        self._app = app
        self._watched: list[_Watched] = []
        self._associations = False

    @property
    def name(self) -> str:
        """
        The first half of every acknowledgement id.
        """
        return PLUGIN_NAME

    @property
    def version(self) -> None:
        """
        The plug-in is part of the package and has no version of its own.
        """

    @property
    def rule_ids(self) -> list[str]:
        """
        The names of the rules.
        """
        return [rule.name for rule in rulebook.RULES]

    def watch(self, cluster: WatchedCluster, place: Place) -> None:
        """
        Look after a cluster.
        """
        self._watched.append(_Watched(cluster, place))

    def watch_associations(self) -> None:
        """
        Look for roles that are associated with one cluster in two places.
        """
        self._associations = True

    def validate(self, context: IPolicyValidationContext) -> PolicyValidationPluginReport:  # noqa: ARG002
        """
        Judge every watched cluster as the templates show it; the app says where they are.
        """
        assembly = synthesis_of(self._app).assembly
        found = self.find(assembly)
        judged = [
            (Verdict(holder.template, holder.logical_id, f"Properties/{ROLES_PROPERTY}", finding), found[holder])
            for holder, facts in verdicts.read(found)
            for finding in rules.check(facts)
        ]
        violations = [violation(verdict, "fatal", path_of(cluster.cfn_cluster)) for verdict, cluster in judged]
        twice = [*verdicts.shared(assembly)] if self._associations else []
        return PolicyValidationPluginReport(
            success=not twice and not any(verdict.is_failure for verdict, _ in judged),
            violations=[
                *violations,
                *(violation(verdict, "fatal", shared_path(verdict, self._app)) for verdict in twice),
            ],
        )

    def find(self, assembly: Assembly) -> dict[Holder, WatchedCluster]:
        """
        Find the watched clusters in the templates.
        """
        return dict(self._find(assembly))

    def _find(self, assembly: Assembly) -> Iterator[tuple[Holder, WatchedCluster]]:
        by_place: dict[Place, list[WatchedCluster]] = {}
        for watched in self._watched:
            by_place.setdefault(watched.place, []).append(watched.cluster)
        for place, group in by_place.items():
            template = template_of(place.stack, assembly)
            references = place.stack.resolve([cluster.cluster_identifier for cluster in group])
            for cluster, reference in zip(group, references, strict=True):
                if template and template.resource_type(reference["Ref"]):
                    yield Holder(template, reference["Ref"], cluster.role_limit), cluster


_guards: WeakKeyDictionary[IConstruct, RoleGuard] = WeakKeyDictionary()


def watch(cluster: WatchedCluster, place: Place) -> None:
    """
    Have the app's guard look after a cluster.
    """
    _guard(place).watch(cluster, place)


def watch_associations(place: Place) -> None:
    """
    Have the app's guard look after its role associations.
    """
    _guard(place).watch_associations()


def _guard(place: Place) -> RoleGuard:
    """
    Find the guard of an app; the first cluster or association brings it.
    """
    guard = _guards.get(place.root)
    if guard is None:
        guard = _guards[place.root] = RoleGuard(cast("App", place.root))
        Validations.of(place.root).add_plugins(guard)
    return guard


def watched_in(app: App, assembly: Assembly) -> set[tuple[Template, str]]:
    """
    List the clusters that the app's guard looks after, by template and logical id.
    """
    guard = _guards.get(app)
    return {(holder.template, holder.logical_id) for holder in guard.find(assembly)} if guard else set()
