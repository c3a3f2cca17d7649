"""The policy-validation plug-ins that check an app when it is synthesized.

Constructors see only what is known at their line. Property overrides, reassigned lists, finished trust policies and
clusters of others are in the synthesized templates alone, so the plug-ins read those; they visit no construct.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Final, Protocol, cast

import jsii
from aws_cdk import (
    App,
    CfnElement,
    CfnResource,
    IPolicyValidationContext,
    IPolicyValidationPlugin,
    NestedStack,
    PolicyValidationPluginReport,
    PolicyViolatingResource,
    PolicyViolation,
    Stack,
    Validations,
)
from constructs import Construct, IConstruct

from redshift_roles.aws import arns, quotas
from redshift_roles.aws.placeholders import readable
from redshift_roles.cdk.jsii_compat import reference_of
from redshift_roles.cdk.location import Location, path_of
from redshift_roles.cdk.records import record_of
from redshift_roles.cdk.validation import raise_if
from redshift_roles.rules import RULES, association_rules, registry
from redshift_roles.rules.arguments import ROLE_LIMIT
from redshift_roles.rules.facts import AssociationFacts
from redshift_roles.rules.findings import Finding, RoleAssociationError, printable
from redshift_roles.rules.registry import Problem
from redshift_roles.templates import association_reader, checker
from redshift_roles.templates.assembly import WRITTEN, Assembly, Template, once
from redshift_roles.templates.association_reader import Entry
from redshift_roles.templates.checker import ClusterOrNamespace, Violation
from redshift_roles.templates.policy_reader import SIZED

# The first half of every acknowledgement id.
PLUGIN_NAME: Final = "redshift-roles"


@dataclass
class Synthesis:
    """One synthesis of an app: when its manifest was written, and what plug-ins have reported of its assembly."""

    written: int
    assembly: Assembly
    reported: set[tuple[Template, str, Finding]] = field(default_factory=set)


@dataclass
class AppRecord:
    """What is known of an app: its guard, and its last synthesis."""

    guard: RoleGuard | None = None
    synthesis: Synthesis | None = None


def synthesis_of(app: App) -> Synthesis:
    """Return what an app was just synthesized to; plug-ins that run one after the other share it."""
    record, folder = record_of(AppRecord, app), Path(app.outdir)
    written = (folder / "manifest.json").stat().st_mtime_ns
    if record.synthesis is None or record.synthesis.written != written:
        record.synthesis = Synthesis(written, Assembly.read(folder))
    return record.synthesis


def template_of(stack: Stack, assembly: Assembly) -> Template | None:
    """Find a stack's template; only its parent knows the template of a nested stack."""
    parent = stack.nested_stack_parent if isinstance(stack, NestedStack) else None
    if parent is None or stack.nested_stack_resource is None:
        return assembly.by_file.get(Path(stack.template_file).name)
    above = template_of(parent, assembly)
    logical_id = parent.get_logical_id(cast("CfnElement", stack.nested_stack_resource))
    return above.nested.get(logical_id) if above else None


# A violation, and the path of its construct, or None where CDK finds it by the logical id.
_Reported = tuple[Violation, str | None]


@jsii.implements(IPolicyValidationPlugin)
class _Plugin:
    """What both plug-ins share; each has a severity, and finds violations of its own."""

    _severity: str

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
        return [rule.name for rule in RULES]

    def validate(self, context: IPolicyValidationContext) -> PolicyValidationPluginReport:
        """Check the templates of the app that CDK has just synthesized."""
        reported = [*self._find(context)]
        return PolicyValidationPluginReport(
            success=not any(violation.is_failure for violation, _ in reported),
            violations=[self._for_cdk(violation, path) for violation, path in reported],
        )

    @abstractmethod
    def _find(self, context: IPolicyValidationContext) -> Iterator[_Reported]: ...

    def _for_cdk(self, violation: Violation, construct_path: str | None) -> PolicyViolation:
        finding = violation.finding
        resource = PolicyViolatingResource(
            resource_logical_id=printable(readable(violation.logical_id)),
            template_path=str(violation.template.path),
            construct_path=construct_path,
            locations=[violation.location],
        )
        return PolicyViolation(
            rule_name=finding.rule,
            description=printable(finding.message),
            fix=f"{printable(finding.fix)} (source: {finding.source})",
            severity=self._severity if violation.is_failure else "warning",
            violating_resources=[resource],
        )


class _Associations(Protocol):
    """The associations of a cluster: their resource, and the constructs behind its entries, in their order."""

    logical_id: str

    @property
    def resource(self) -> CfnResource | None: ...
    @property
    def paths(self) -> list[str]: ...
    @property
    def default_path(self) -> str: ...


class RoleGuard(_Plugin):
    """The plug-in that our constructs register once for each app: it checks what they have made."""

    _severity = "fatal"

    def __init__(self, app: App) -> None:
        self._app = app
        self.clusters: dict[Location, dict[str, CfnResource]] = {}
        self.associations: dict[_Associations, Location] = {}
        self.policies: dict[Location, list[Construct]] = {}

    def _find(self, context: IPolicyValidationContext) -> Iterator[_Reported]:  # noqa: ARG002
        assembly = synthesis_of(self._app).assembly
        clusters = self._clusters(assembly)
        yield from self._missing(assembly)
        for found in checker.of_policies(assembly):
            place = found[:2]
            if place in self._policies(assembly):
                yield found, path_of(self._policies(assembly)[place])
        limited = (
            ClusterOrNamespace(*place, association_reader.role_limit(assembly, *place, quotas.DEFAULT_ROLE_LIMIT))
            for place in clusters
        )
        for resource, facts in checker.read(limited):
            for found in checker.violations_of(resource.template, resource.logical_id, facts):
                yield found, path_of(clusters[resource[:2]])
        if not self.associations:
            return
        resources = self._resources(assembly)

        def path(entry: Entry) -> str:
            if entry[:2] in resources:
                return _path(resources[entry[:2]], entry.position)
            return path_of(clusters.get(entry[:2])) or checker.construct_path(*entry[:2])

        for found in checker.associated(assembly, path):
            yield found, found.finding.path

    def checks(self, place: tuple[Template, str]) -> bool:
        """Return whether it checks a resource; policies are looked for only where something is wrong with one."""
        template, logical_id = place
        if template.resource_type(logical_id) in SIZED:
            return place in self._policies(template.assembly)
        return place in self._clusters(template.assembly) or place in self._resources(template.assembly)

    def _missing(self, assembly: Assembly) -> Iterator[_Reported]:
        """Find what is in the construct tree and in no template: nobody checks that."""
        found = {*self._clusters(assembly).values()}
        for cluster in (one for clusters in self.clusters.values() for one in clusters.values()):
            if cluster not in found:
                yield from self._nowhere(cluster, partial(path_of, cluster), assembly)
        there = {*self._resources(assembly).values()}
        for associations in self.associations:
            if associations.resource and associations not in there:
                path = partial(_path, associations, None)
                yield from self._nowhere(associations.resource, path, assembly)

        for location, constructs in self.policies.items():
            if template_of(location.stack, assembly) is None:
                for resource in filter(None, map(_resource, constructs)):
                    yield from self._nowhere(resource, partial(path_of, resource), assembly)

    def _nowhere(self, resource: CfnResource, path: Callable[[], str], assembly: Assembly) -> Iterator[_Reported]:
        if _is_in_tree(resource):
            stack = Stack.of(resource)
            template = Template(Path(self._app.outdir, stack.template_file), "", None, None, assembly)
            finding = registry.NOT_IN_A_TEMPLATE.finding(path(), _NOWHERE)
            yield Violation(template, stack.resolve(resource.logical_id), "Properties", finding), finding.path

    def _clusters(self, assembly: Assembly) -> dict[tuple[Template, str], CfnResource]:
        """Find the clusters and namespaces in the templates, once; the last one of a logical id counts."""
        return once(assembly.memo, "our clusters", lambda: dict(self._find_clusters(assembly)), {})

    def _find_clusters(self, assembly: Assembly) -> Iterator[tuple[tuple[Template, str], CfnResource]]:
        for location, clusters in self.clusters.items():
            template = template_of(location.stack, assembly)
            # Those of a stack in one crossing.
            references = location.stack.resolve([*clusters]) if template else []
            for cluster, reference in zip(clusters.values(), references, strict=bool(template)):
                if template and template.resource_type(reference["Ref"]):
                    yield (template, reference["Ref"]), cluster

    def _policies(self, assembly: Assembly) -> dict[tuple[Template, str], CfnResource]:
        """Find the policies and roles in the templates, once, which costs crossings for each."""
        return once(assembly.memo, "our policies", lambda: dict(self._find_policies(assembly)), {})

    def _find_policies(self, assembly: Assembly) -> Iterator[tuple[tuple[Template, str], CfnResource]]:
        for location, constructs in self.policies.items():
            template = template_of(location.stack, assembly)
            for resource in filter(None, map(_resource, constructs if template else ())):
                yield (cast("Template", template), location.stack.get_logical_id(resource)), resource

    def _resources(self, assembly: Assembly) -> dict[tuple[Template, str], _Associations]:
        """Find the resources of the associations in the templates, once."""
        return once(assembly.memo, "our associations", lambda: dict(self._find_resources(assembly)), {})

    def _find_resources(self, assembly: Assembly) -> Iterator[tuple[tuple[Template, str], _Associations]]:
        for associations, location in self.associations.items():
            template = template_of(location.stack, assembly)
            if template and template.resource_type(associations.logical_id):
                yield (template, associations.logical_id), associations


_NOWHERE: Final = Problem(
    "",
    "it is in no template of the cloud assembly, so it cannot be checked",
    "let the synthesizer of its stack write a template that is a stack or an asset of the app, or remove the construct",
)


def _resource(construct: Construct) -> CfnResource | None:
    """Return the L1 of a policy or role; CDK makes none where it only reports roles."""
    made = construct if isinstance(construct, CfnResource) else construct.node.default_child
    return made if isinstance(made, CfnResource) else None


def _is_in_tree(construct: IConstruct) -> bool:
    """Return whether a construct is still a child of its scope, and so on; a removed one still has its scope."""
    scope = construct.node.scope
    if scope is None:
        return True
    child = scope.node.try_find_child(construct.node.id)
    return child is not None and reference_of(child) == reference_of(construct) and _is_in_tree(scope)


def _path(associations: _Associations, position: int | None) -> str:
    paths = [] if position is None else associations.paths[position : position + 1]
    return (paths or [associations.default_path or associations.paths[0]])[0]


def watch(cluster: CfnResource, reference: str, location: Location) -> None:
    """Check a cluster or namespace of ours when the app is synthesized; `reference` is its ``Ref``, read already."""
    _guard(location).clusters.setdefault(location, {})[reference] = cluster


def watch_associations(associations: _Associations, location: Location) -> None:
    """Check the associations of a cluster when the app is synthesized."""
    _guard(location).associations[associations] = location


def watch_policy(construct: Construct, location: Location) -> None:
    """Check a managed policy, or a role's trust policy, when the app is synthesized."""
    _guard(location).policies.setdefault(location, []).append(construct)


def _guard(location: Location) -> RoleGuard:
    record = record_of(AppRecord, location.root)
    if record.guard is None:
        record.guard = RoleGuard(cast("App", location.root))
        Validations.of(location.root).add_plugins(record.guard)
    return record.guard


class RoleAssociationRules(_Plugin):
    """Check every provisioned cluster and Serverless namespace of an app, no matter who wrote it.

    Register it once: ``Validations.of(app).add_plugins(RoleAssociationRules())``. It sees property overrides, raw
    resources, included templates, nested stacks, Stages, StackSets and Service Catalog products, and checks the trust
    policies of associated roles, the policies of those who may pass them (``iam:PassRole``), and the size of policies.
    A failure can be acknowledged by the name of the rule, such as ``redshift-roles::RoleQuotaExceeded``; what only the
    deployment knows is a warning under a name of its own. What the Metadata of a template ignores with a reason
    (``redshift-roles``, ``ignore``) is left out. Constructs of this library are checked without it, by a
    plug-in of their own that nobody can acknowledge.

    Args:
        role_limit: How many roles a cluster or namespace may have: 1 to 50, by default 10. In a region whose AWS quota
            is smaller, a cluster is held to that quota. AWS documents no quota for a namespace.

    Raises:
        RoleAssociationError: InvalidArgument, when `role_limit` is no whole number; RoleLimitOutOfRange, when it is not
            1 to 50.

    Template:
        Nothing: it reads.

    Source:
        https://docs.aws.amazon.com/redshift/latest/mgmt/copy-unload-iam-role-associating-with-clusters.html
        (text of 2026-08-26)
    """

    _severity = "error"

    def __init__(self, *, role_limit: int = quotas.DEFAULT_ROLE_LIMIT) -> None:
        _raise_if_wrong(role_limit)
        self._role_limit = role_limit

    def _find(self, context: IPolicyValidationContext) -> Iterator[_Reported]:
        app = cast("App", context.app_construct)
        synthesis = synthesis_of(app)
        asked = {Path(path).resolve() for path in context.template_paths}
        guard = record_of(AppRecord, app).guard
        is_ours = guard.checks if guard else lambda _: False
        for found in checker.check(synthesis.assembly, self._role_limit, is_elsewhere=is_ours):
            if found.ignored is not None:
                continue
            violation = _of_construct(found)
            file, key = violation.template.deployed.path, (violation.template, violation.logical_id, violation.finding)
            # Another plug-in of the same app may have reported it.
            if file and file.resolve() in asked and key not in synthesis.reported:
                synthesis.reported.add(key)
                yield violation, _shared_path(violation, app)


def _raise_if_wrong(role_limit: object) -> None:
    # The plug-in has no construct path.
    path = "RoleAssociationRules"
    raise_if(lambda: path, quotas.QUOTAS, ROLE_LIMIT.check("role_limit", role_limit))
    limit = cast("int", role_limit)
    nowhere = AssociationFacts(
        kind="cluster", argument="IamRoles", account=arns.THIS_ACCOUNT, region=None, role_limit=limit
    )
    found = association_rules.problems(nowhere)
    if found:
        raise RoleAssociationError(rule.finding(path, problem) for rule, problem in found)


def _of_construct(violation: Violation) -> Violation:
    """Report what is in an asset, which has no constructs, about the resource that refers to the asset."""
    template, finding = violation.template, violation.finding
    if template.above is None or template.file.endswith(WRITTEN):
        return violation
    message = f"{readable(violation.logical_id)} in {template.file}: {finding.message}"
    return _of_construct(Violation(*template.above, "Properties", replace(finding, message=message)))


def _shared_path(violation: Violation, app: App) -> str | None:
    """Find the construct of a resource in a template that several nested stacks share; None for any other.

    CDK finds constructs by the file of the template and the logical id, which leads to one of those stacks only.
    """
    template = violation.template
    if [other.path for other in template.assembly.templates() if other.text is None].count(template.path) == 1:
        return None
    for stack in app.node.find_all():
        if isinstance(stack, NestedStack) and template_of(stack, template.assembly) is template:
            for construct in stack.node.find_all():
                if isinstance(construct, CfnElement) and stack.resolve(construct.logical_id) == violation.logical_id:
                    return construct.node.path
    return None
