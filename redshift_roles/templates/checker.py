"""The rules, applied to all clusters, namespaces, associations and policies in the templates of an app."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from itertools import groupby
from typing import Final, NamedTuple

from redshift_roles.aws import quotas, trust
from redshift_roles.aws.placeholders import readable
from redshift_roles.rules import WARNINGS, association_rules, pass_role_rule, registry
from redshift_roles.rules.facts import AssociationFacts, Origin
from redshift_roles.rules.findings import Finding, shortened
from redshift_roles.rules.registry import Problem
from redshift_roles.templates import association_reader, policy_reader
from redshift_roles.templates.acceptance import Acceptance
from redshift_roles.templates.assembly import TEMPLATE_BODY, Assembly, Template, Unread, mapping
from redshift_roles.templates.cluster_reader import (
    CLUSTER,
    IDENTITY_CENTER,
    METADATA,
    NAMESPACE,
    SCHEDULED_ACTION,
    association_facts,
    claimed_accounts,
    defined_roles,
    definition,
    role_key,
    trust_policy,
    written_limit,
)
from redshift_roles.templates.policy_reader import RedshiftUsage, pass_role_statements

_GENERATED: Final = re.compile("(.+)[0-9A-F]{8}")


class ClusterOrNamespace(NamedTuple):
    """A cluster or namespace in a template, and how many roles it may have."""

    template: Template
    logical_id: str
    role_limit: int


class Violation(NamedTuple):
    """One finding about a part of a resource, such as ``Properties/IamRoles``."""

    template: Template
    logical_id: str
    location: str
    finding: Finding
    ignored: str | None = None  # why its owner accepts it

    @property
    def is_failure(self) -> bool:
        """Whether a rule is broken, and nobody accepts that; else it is a warning."""
        return self.ignored is None and self.finding.rule not in WARNINGS


def construct_path(template: Template, logical_id: str) -> str:
    """Name a resource by its construct path where CDK wrote it down, else by its logical id."""
    path = mapping(template.entry("Resources", logical_id).get("Metadata")).get("aws:cdk:path")
    return path if isinstance(path, str) else readable(logical_id)


def stack_name_of(template: Template) -> str:
    """Name a stack for people: with the stacks that it is nested in, and where it is deployed if that is known."""
    if template.above:
        home, logical_id = template.above
        return f"{stack_name_of(home)}/{name_of(home, logical_id) if logical_id else template.file}"
    place = ", ".join(filter(None, (template.account, template.region)))
    name = template.stack_name or str(template.path or "")
    return f"{name} ({place})" if place and template.stack_name else name


def name_of(template: Template, logical_id: str) -> str:
    """Name a resource within its stack: by its construct path, else by its logical id, without the end CDK adds."""
    path = construct_path(template, logical_id)
    if "/" not in path:
        generated = _GENERATED.fullmatch(path) if template.assembly.is_app else None
        return generated[1] if generated else path
    parts = readable(path).removesuffix("/Resource").split("/")
    sizes = (size for size in range(1, len(parts)) if "-".join(parts[:size]) == template.top.stack_name)
    return "/".join(parts[next(sizes, 0) :])


def clusters_and_namespaces(assembly: Assembly, role_limit: int) -> Iterator[ClusterOrNamespace]:
    """List the clusters and namespaces of an app; this limit is that of those that the app gives none.

    Scheduled actions and Identity Center applications are among them, and have one role.
    A limit above AWS's quota in a cluster's region is that quota.
    """
    for template in assembly.templates():
        for logical_id in template.resources(CLUSTER):
            usual = min(role_limit, quotas.role_quota(template.region))
            limit = association_reader.role_limit(assembly, template, logical_id, usual)
            yield ClusterOrNamespace(template, logical_id, limit)
        for logical_id in template.resources(NAMESPACE):
            written = written_limit(template, logical_id)
            yield ClusterOrNamespace(template, logical_id, role_limit if written is None else written)
        for logical_id in template.resources(SCHEDULED_ACTION, IDENTITY_CENTER):
            yield ClusterOrNamespace(template, logical_id, 1)


def read(
    found: Iterable[ClusterOrNamespace], origin: Origin = "app"
) -> Iterator[tuple[ClusterOrNamespace, AssociationFacts]]:
    """Read each cluster, in the light of the accounts that its neighbours' roles claim for the top-level stack."""
    claims: dict[Template, str] = {}
    for resource in found:
        template, logical_id, role_limit = resource
        facts = association_facts(
            template,
            logical_id,
            role_limit=role_limit,
            expected_account=claims.get(template.top),
            origin=origin,
            limit_written=written_limit(template, logical_id) is not None,
        )
        for account in claimed_accounts(facts):
            claims.setdefault(template.top, account)
        yield resource, facts


def _nowhere(_: tuple[Template, str]) -> bool:
    return False


def check(
    assembly: Assembly,
    role_limit: int,
    *,
    origin: Origin = "app",
    is_elsewhere: Callable[[tuple[Template, str]], bool] = _nowhere,
) -> Iterator[Violation]:
    """Apply the rules to all clusters, namespaces, associations and policies of an app that no other caller checks.

    What its owner accepts says why. CDK applies acknowledgements itself, so they count only where it does not.
    """
    everything = map(_in_file, _accepted(assembly, _check(assembly, role_limit, origin, is_elsewhere), origin))
    for _, found in groupby(everything, lambda violation: violation[:2]):
        by_rule: dict[tuple[str, str | None], list[Violation]] = {}
        for violation in found:
            by_rule.setdefault((violation.finding.rule, violation.ignored), []).append(violation)
        for same in by_rule.values():
            yield from shortened(same, _longer)


def _accepted(assembly: Assembly, found: Iterable[Violation], origin: Origin) -> Iterator[Violation]:
    """Mark what is accepted, and report what accepts nothing."""
    acceptance = Acceptance(assembly, with_acknowledgements=origin == "template")
    for violation in found:
        yield violation._replace(ignored=acceptance.reason(violation.template, violation.logical_id, violation.finding))
    for template, logical_id, problem in acceptance.without_effect():
        path = construct_path(template, logical_id) or template.file
        finding = registry.IGNORE_WITHOUT_EFFECT.finding(path, problem)
        yield Violation(template, logical_id, f"Metadata/{METADATA}", finding)


def _in_file(violation: Violation) -> Violation:
    """Report what is in the text of a StackSet about the StackSet, which CDK and people can find."""
    template, finding = violation.template, violation.finding
    if template.carrier is None or template.text is None:
        return violation
    path = f"{construct_path(*template.carrier)}/{finding.path}"
    location = f"Properties/{TEMPLATE_BODY}"
    return Violation(*template.carrier, location, replace(finding, path=path), violation.ignored)


def _longer(violation: Violation, words: str) -> Violation:
    return violation._replace(finding=replace(violation.finding, message=violation.finding.message + words))


def _check(
    assembly: Assembly, role_limit: int, origin: Origin, is_elsewhere: Callable[[tuple[Template, str]], bool]
) -> Iterator[Violation]:
    known: list[tuple[Template, AssociationFacts]] = []
    for (template, logical_id, _), facts in read(clusters_and_namespaces(assembly, role_limit), origin):
        known.append((template, facts))
        if not is_elsewhere((template, logical_id)):
            yield from violations_of(template, logical_id, facts)
    yield from associated(assembly, lambda entry: construct_path(*entry[:2]), origin=origin, is_elsewhere=is_elsewhere)
    usage_of = usages(assembly, known)
    for template in assembly.templates():
        if template in assembly.unread:
            yield _unread(template, assembly.unread[template])
        for statement in pass_role_statements(template, usage_of):
            # A statement that breaks no rule in one of its forms was meant so.
            found = [pass_role_rule.problems(facts) for facts in statement.facts]
            for rule, problem in found[0] if all(found) else ():
                finding = rule.finding(construct_path(template, statement.logical_id), problem)
                yield Violation(template, statement.logical_id, statement.location, finding)
    yield from (found for found in of_policies(assembly, origin) if not is_elsewhere(found[:2]))


def usages(assembly: Assembly, known: list[tuple[Template, AssociationFacts]]) -> Callable[[Template], RedshiftUsage]:
    """Return what lists the roles for Redshift where a template is: in its app, or else in its top-level stack."""
    found: dict[Template | None, RedshiftUsage] = {}

    def usage_of(template: Template) -> RedshiftUsage:
        app = None if assembly.is_app else template.top
        if app not in found:
            found[app] = _redshift_usage(assembly, known, app)
        return found[app]

    return usage_of


def of_policies(assembly: Assembly, origin: Origin = "app") -> Iterator[Violation]:
    """Apply the rules to the roles that policies let people pass to Redshift, and to the size of policies."""
    for template in assembly.templates():
        for logical_id, location, rule, problem in policy_reader.policy_problems(template, origin):
            yield Violation(template, logical_id, location, rule.finding(construct_path(template, logical_id), problem))


def _unread(template: Template, unread: Unread) -> Violation:
    """Report a template that cannot be read about what has it."""
    home, logical_id = template.above or (template, "")
    fix = f"{unread.fix}, or acknowledge this when nothing in it is of Redshift"
    called = f"the template {template.file}" if template.text is None else TEMPLATE_BODY
    message = f"{called} is not checked: {unread.reason}"
    finding = registry.TEMPLATE_UNDECIDED.finding(construct_path(home, logical_id), Problem("", message, fix))
    return Violation(home, logical_id, "Properties", finding)


# The pages about the trust of roles that are not a cluster's.
_TRUST_PAGES: Final = {
    "namespace": quotas.SERVERLESS_ROLES,
    "scheduled action": quotas.SCHEDULER_ROLE,
    "Identity Center application": quotas.IDENTITY_CENTER_ROLE,
}


def violations_of(template: Template, logical_id: str, facts: AssociationFacts) -> Iterator[Violation]:
    """Apply the rules to a cluster or namespace."""
    path = construct_path(template, logical_id)
    for rule, problem in association_rules.problems(facts):
        page = _TRUST_PAGES.get(facts.kind) if rule is association_rules.TRUST_LACKS_REDSHIFT else None
        yield Violation(template, logical_id, _location(problem, facts), rule.finding(path, problem, page))


def _location(problem: Problem, facts: AssociationFacts) -> str:
    is_default = problem.argument == facts.default_argument
    return f"Properties/{facts.default_argument if is_default else facts.argument}"


def associated(
    assembly: Assembly,
    path: Callable[[association_reader.Entry], str],
    *,
    origin: Origin = "app",
    is_elsewhere: Callable[[tuple[Template, str]], bool] = _nowhere,
) -> Iterator[Violation]:
    """Apply the rules to the role associations of an app that no other caller checks."""
    for entry, argument, rule, problem in association_reader.found(assembly, path, origin):
        if not is_elsewhere(entry[:2]):
            yield Violation(*entry[:2], f"Properties/{argument}", rule.finding(path(entry), problem))
    for entry, problem in association_reader.circles(assembly):
        if not is_elsewhere(entry[:2]):
            finding = registry.INVALID_ARGUMENT.finding(path(entry), problem)
            yield Violation(*entry[:2], f"Properties/{problem.argument}", finding)


def _redshift_usage(
    assembly: Assembly, known: list[tuple[Template, AssociationFacts]], top: Template | None
) -> RedshiftUsage:
    """Find the roles for Redshift in an app, or in one of its stacks: those of clusters, and those it may assume."""
    roles: dict[tuple[str, str], str] = {}
    services: dict[tuple[str, str], list[str]] = {}
    accounts = set()
    for key, homes in defined_roles(assembly).items():
        for home, logical_id in homes:
            trusted = trust.trusted_services(trust_policy(home, logical_id)) if top in (None, home.top) else []
            if trusted:
                roles[key], services[key] = readable(logical_id), trusted
                accounts.add(key[0])
    for template, facts in known:
        for role in facts.roles if top in (None, template.top) else ():
            defined = definition(role.arn, template)
            roles.setdefault(role_key(role.arn), readable(defined[1] if defined else role.arn))
            accounts.add(facts.settled_account)
    return RedshiftUsage(roles, frozenset(accounts), services)
