"""The rules held against everything in an app, whoever wrote it.

The templates of an app flow in; verdicts, each a finding and the resource it is about, flow out. Pure Python: the
plug-in and the command line stand on it.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Iterator
from dataclasses import replace
from itertools import groupby
from typing import NamedTuple

from redshift_roles.aws import quotas, trust
from redshift_roles.aws.placeholders import readable
from redshift_roles.rules import UNDECIDED, association_rules, pass_role_rule, registry
from redshift_roles.rules.facts import AssociationFacts, Origin
from redshift_roles.rules.findings import Finding, shortened
from redshift_roles.templates import association_reader
from redshift_roles.templates.assembly import Assembly, Template
from redshift_roles.templates.cluster_reader import (
    CLUSTER,
    DEFAULT_PROPERTY,
    NAMESPACE,
    ROLES_PROPERTY,
    claimed_accounts,
    defined_roles,
    definition,
    holder_facts,
    role_key,
    trust_policy,
)
from redshift_roles.templates.policy_reader import RedshiftUsage, pass_role_statements


class Holder(NamedTuple):
    """A cluster or namespace in a template, and how many roles it may have."""

    template: Template
    logical_id: str
    role_limit: int


class Violation(NamedTuple):
    """One finding about one resource.

    Attributes:
        template: The template that has the resource.
        logical_id: The resource.
        location: What it is about, such as ``Properties/IamRoles``.
        finding: What is broken or undecided.
    """

    template: Template
    logical_id: str
    location: str
    finding: Finding

    @property
    def is_failure(self) -> bool:
        """Whether a rule is broken; else only the deployment knows."""
        return self.finding.rule not in UNDECIDED


def construct_path(template: Template, logical_id: str) -> str:
    """Name a resource by its construct path where CDK wrote it down, else by its logical id."""
    metadata = template.entry("Resources", logical_id).get("Metadata")
    path = metadata.get("aws:cdk:path") if isinstance(metadata, dict) else None
    return path if isinstance(path, str) else readable(logical_id)


def holders(assembly: Assembly, role_limit: int) -> Iterator[Holder]:
    """List the clusters and namespaces of an app; a limit above AWS's quota in a cluster's region is that quota."""
    for template in assembly.templates():
        for logical_id in template.resources(CLUSTER):
            yield Holder(template, logical_id, min(role_limit, quotas.role_quota(template.region)))
        for logical_id in template.resources(NAMESPACE):
            yield Holder(template, logical_id, role_limit)


def read(found: Iterable[Holder], origin: Origin = "app") -> Iterator[tuple[Holder, AssociationFacts]]:
    """Read each cluster, in the light of the accounts that its neighbours' roles claim for the top-level stack."""
    claims: dict[Template, str] = {}
    for holder in found:
        template, logical_id, role_limit = holder
        facts = holder_facts(
            template,
            logical_id,
            role_limit=role_limit,
            expected_account=claims.get(template.top),
            origin=origin,
        )
        for account in claimed_accounts(facts):
            claims.setdefault(template.top, account)
        yield holder, facts


def check(
    assembly: Assembly,
    role_limit: int,
    *,
    origin: Origin = "app",
    elsewhere: Container[tuple[Template, str]] = (),
) -> Iterator[Violation]:
    """Hold the rules against all clusters, namespaces and policies of an app.

    Args:
        assembly: The app's templates.
        role_limit: How many roles a cluster or namespace may have.
        origin: Whether fixes are for the author of a CDK app or of a template.
        elsewhere: The clusters that somebody else judges, by template and logical id.
    """
    for _, found in groupby(_judged(assembly, role_limit, origin=origin, elsewhere=elsewhere), _resource):
        yield from _bounded(found)


def _resource(verdict: Violation) -> tuple[Template, str]:
    return verdict.template, verdict.logical_id


def _bounded(found: Iterable[Violation]) -> Iterator[Violation]:
    """Leave out what was told already, and of one rule more than anybody reads."""
    by_rule: dict[str, list[Violation]] = {}
    for verdict in found:
        by_rule.setdefault(verdict.finding.rule, []).append(verdict)
    for same in by_rule.values():
        yield from shortened(same, _longer)


def _longer(verdict: Violation, words: str) -> Violation:
    return verdict._replace(finding=replace(verdict.finding, message=verdict.finding.message + words))


def _judged(
    assembly: Assembly, role_limit: int, *, origin: Origin, elsewhere: Container[tuple[Template, str]]
) -> Iterator[Violation]:
    known: list[tuple[Template, AssociationFacts]] = []
    for (template, logical_id, _), facts in read(holders(assembly, role_limit), origin):
        known.append((template, facts))
        if (template, logical_id) not in elsewhere:
            yield from holder_violations(template, logical_id, facts)
    yield from associated(assembly, _entry_path, origin=origin, elsewhere=elsewhere)
    sides: dict[Template | None, RedshiftUsage] = {}

    def side_of(template: Template) -> RedshiftUsage:
        app = None if assembly.is_app else template.top
        if app not in sides:
            sides[app] = _redshift_side(assembly, known, app)
        return sides[app]

    for template in assembly.templates():
        for passing in pass_role_statements(template, side_of):
            found = pass_role_rule.problems(passing.facts)
            # However its conditions are decided: a statement that is sound where one holds was meant so.
            for rule, problem in found if all(map(pass_role_rule.problems, passing.others)) else ():
                finding = rule.finding(construct_path(template, passing.logical_id), problem)
                yield Violation(template, passing.logical_id, passing.location, finding)


def associated(
    assembly: Assembly,
    path: Callable[[association_reader.Entry], str],
    *,
    origin: Origin = "app",
    elsewhere: Container[tuple[Template, str]] = (),
) -> Iterator[Violation]:
    """Judge the role associations of an app; most apps have none.

    Args:
        assembly: The app's templates.
        path: Names what has an entry of an association.
        origin: Whether fixes are for the author of a CDK app or of a template.
        elsewhere: The associations that somebody else judges, by template and logical id.
    """
    if not any(template.resources(association_reader.ASSOCIATION) for template in assembly.templates()):
        return
    for entry, facts in association_reader.associations(assembly, path, origin):
        if entry[:2] not in elsewhere:
            for rule, problem in association_rules.problems(facts, *association_reader.RULES):
                yield _about_entry(entry, rule.finding(path(entry), problem))
    for entry, problem in association_reader.circles(assembly):
        if entry[:2] not in elsewhere:
            yield _about_entry(entry, registry.INVALID_ARGUMENT.finding(path(entry), problem))


def _about_entry(entry: association_reader.Entry, finding: Finding) -> Violation:
    name = association_reader.DEFAULT if entry.position is None else association_reader.ROLES
    return Violation(entry.template, entry.logical_id, f"Properties/{name}", finding)


def _entry_path(entry: association_reader.Entry) -> str:
    return construct_path(entry.template, entry.logical_id)


def holder_violations(template: Template, logical_id: str, facts: AssociationFacts) -> Iterator[Violation]:
    """Check a cluster or namespace."""
    for rule, problem in association_rules.problems(facts):
        name = DEFAULT_PROPERTY if problem.argument == DEFAULT_PROPERTY else ROLES_PROPERTY
        finding = rule.finding(construct_path(template, logical_id), problem)
        yield Violation(template, logical_id, f"Properties/{name}", finding)


def _redshift_side(
    assembly: Assembly, known: list[tuple[Template, AssociationFacts]], top: Template | None
) -> RedshiftUsage:
    """Find what an app, or one stack, has of Redshift: roles that clusters have, and those that Redshift may assume."""
    roles: dict[tuple[str, str], str] = {}
    for key, homes in defined_roles(assembly).items():
        for home, logical_id in homes:
            if top in (None, home.top) and trust.trusted_services(trust_policy(home, logical_id)):
                roles[key] = readable(logical_id)
    accounts = set()
    for template, facts in known:
        if top in (None, template.top):
            accounts.add(facts.settled_account)
            for role in facts.roles:
                defined = definition(role.arn, template)
                roles.setdefault(role_key(role.arn), readable(defined[1] if defined else role.arn))
    return RedshiftUsage(roles, frozenset(accounts))
