"""
The guard: what became of our own clusters in the synthesized templates.

Clusters flow in as they are made; findings flow out of `app.synth()`, `cdk synth` and `Template.from_stack` alike. A
constructor sees only what is known at its line; property overrides, reassigned lists and finished trust policies stand
in the templates alone, so a policy-validation plug-in reads those, once for each app.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final, NamedTuple, Protocol, cast
from weakref import WeakKeyDictionary

import jsii
from aws_cdk import (
    App,
    CfnElement,
    IPolicyValidationContext,
    IPolicyValidationPlugin,
    NestedStack,
    PolicyValidationPluginReport,
    PolicyViolatingResource,
    PolicyViolation,
    Stack,
    Validations,
)
from aws_cdk import aws_redshift as redshift
from constructs import IConstruct

from redshift_roles import rulebook, rules
from redshift_roles.assembly import Assembly, Template
from redshift_roles.facts import HolderFacts
from redshift_roles.findings import Finding
from redshift_roles.places import Place, path_of
from redshift_roles.template_reading import ROLES_PROPERTY, claimed_accounts, holder_facts

PLUGIN_NAME: Final = "redshift-roles"


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


class _Found(NamedTuple):
    watched: _Watched
    template: Template
    logical_id: str

    def facts(self, expected_account: str | None = None) -> HolderFacts:
        return holder_facts(
            self.template,
            self.logical_id,
            path="",
            role_limit=self.watched.cluster.role_limit,
            expected_account=expected_account,
        )


@jsii.implements(IPolicyValidationPlugin)
class RoleGuard:
    """
    The policy-validation plug-in of one app.
    """

    def __init__(self, app: App) -> None:
        self._app = app
        self._watched: list[_Watched] = []

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

    def validate(self, context: IPolicyValidationContext) -> PolicyValidationPluginReport:  # noqa: ARG002
        """
        Judge every watched cluster as the templates show it; the app says where they are.
        """
        found = list(self._find(Assembly.read(Path(self._app.outdir))))
        violations = [_violation(where, finding) for where, finding in _judge(found)]
        success = all(violation.severity != "fatal" for violation in violations)
        return PolicyValidationPluginReport(success=success, violations=violations)

    def _find(self, assembly: Assembly) -> Iterator[_Found]:
        by_place: dict[Place, list[_Watched]] = {}
        for watched in self._watched:
            by_place.setdefault(watched.place, []).append(watched)
        for place, group in by_place.items():
            template = _template_of(place.stack, assembly)
            references = place.stack.resolve([watched.cluster.cluster_identifier for watched in group])
            for watched, reference in zip(group, references, strict=True):
                if template and template.resource_type(reference["Ref"]):
                    yield _Found(watched, template, reference["Ref"])


def _template_of(stack: Stack, assembly: Assembly) -> Template | None:
    """
    Find a stack's template; a nested stack's is known to its parent only.
    """
    parent = stack.nested_stack_parent if isinstance(stack, NestedStack) else None
    if parent is None or stack.nested_stack_resource is None:
        return assembly.by_key.get(Path(stack.template_file).name)
    above = _template_of(parent, assembly)
    logical_id = parent.get_logical_id(cast("CfnElement", stack.nested_stack_resource))
    return above.nested.get(logical_id) if above else None


def _judge(found: Sequence[_Found]) -> Iterator[tuple[_Found, Finding]]:
    """
    Check each cluster, in the light of the accounts that its neighbours' roles claim for the top-level stack.
    """
    claims: dict[Template, str] = {}
    for where in found:
        facts = where.facts(claims.get(where.template.top))
        for account in claimed_accounts(facts):
            claims.setdefault(where.template.top, account)
        for finding in rules.check(facts):
            yield where, finding


def _violation(where: _Found, finding: Finding) -> PolicyViolation:
    return PolicyViolation(
        rule_name=finding.rule,
        description=finding.message,
        fix=f"{finding.fix} (source: {finding.source})",
        severity="warning" if finding.rule in rulebook.UNDECIDED else "fatal",
        violating_resources=[
            PolicyViolatingResource(
                resource_logical_id=where.logical_id,
                template_path=str(where.template.path),
                construct_path=path_of(where.watched.cluster.cfn_cluster),
                locations=[f"Properties/{ROLES_PROPERTY}"],
            )
        ],
    )


_guards: WeakKeyDictionary[IConstruct, RoleGuard] = WeakKeyDictionary()


def watch(cluster: WatchedCluster, place: Place) -> None:
    """
    Have the app's guard look after a cluster; the first cluster of an app brings the guard.
    """
    guard = _guards.get(place.root)
    if guard is None:
        guard = _guards[place.root] = RoleGuard(cast("App", place.root))
        Validations.of(place.root).add_plugins(guard)
    guard.watch(cluster, place)
