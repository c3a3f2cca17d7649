"""The rules held against everything in an app, whoever wrote it.

The templates of an app flow in; verdicts, each a finding and the resource it is about, flow out. Pure Python: the
plug-in and the command line stand on it.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Iterator
from dataclasses import replace
from itertools import groupby
from typing import NamedTuple

from redshift_roles.templates import association_reader as association_rule
from redshift_roles.aws import quotas as limits
from redshift_roles.rules import pass_role_rule
from redshift_roles.aws import arns as role_arns
from redshift_roles.rules import registry as rulebook
from redshift_roles.rules import association_rules as rules
from redshift_roles.aws import trust
from redshift_roles.templates.assembly import Assembly, Template
from redshift_roles.rules.facts import HolderFacts
from redshift_roles.rules.findings import Finding, shortened
from redshift_roles.templates.policy_reader import RedshiftSide, passings
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


class Holder(NamedTuple):
    """A cluster or namespace in a template, and how many roles it may have."""

    template: Template
    logical_id: str
    role_limit: int


class Verdict(NamedTuple):
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
        return self.finding.rule not in rulebook.UNDECIDED


def construct_path(template: Template, logical_id: str) -> str:
    """Name a resource by its construct path where CDK wrote it down, else by its logical id."""
    metadata = template.entry("Resources", logical_id).get("Metadata")
    path = metadata.get("aws:cdk:path") if isinstance(metadata, dict) else None
    return path if isinstance(path, str) else role_arns.readable(logical_id)


def holders(assembly: Assembly, role_limit: int) -> Iterator[Holder]:
    """List the clusters and namespaces of an app; a limit above AWS's quota in a cluster's region is that quota."""
    for template in assembly.templates():
        for logical_id in template.resources(CLUSTER):
            yield Holder(template, logical_id, min(role_limit, limits.role_quota(template.region)))
        for logical_id in template.resources(NAMESPACE):
            yield Holder(template, logical_id, role_limit)


def read(found: Iterable[Holder], *, plain: bool = False) -> Iterator[tuple[Holder, HolderFacts]]:
    """Read each cluster, in the light of the accounts that its neighbours' roles claim for the top-level stack."""
    claims: dict[Template, str] = {}
    for holder in found:
        template, logical_id, role_limit = holder
        facts = holder_facts(
            template,
            logical_id,
            path=construct_path(template, logical_id),
            role_limit=role_limit,
            expected_account=claims.get(template.top),
            plain=plain,
        )
        for account in claimed_accounts(facts):
            claims.setdefault(template.top, account)
        yield holder, facts


def judge(
    assembly: Assembly,
    role_limit: int,
    *,
    plain: bool = False,
    elsewhere: Container[tuple[Template, str]] = (),
) -> Iterator[Verdict]:
    """Hold the rules against all clusters, namespaces and policies of an app.

    Args:
        assembly: The app's templates.
        role_limit: How many roles a cluster or namespace may have.
        plain: Whether fixes are for the author of a template, not of a CDK app.
        elsewhere: The clusters that somebody else judges, by template and logical id.
    """
    for _, found in groupby(_judged(assembly, role_limit, plain=plain, elsewhere=elsewhere), _resource):
        yield from _bounded(found)


def _resource(verdict: Verdict) -> tuple[Template, str]:
    return verdict.template, verdict.logical_id


def _bounded(found: Iterable[Verdict]) -> Iterator[Verdict]:
    """Leave out what was told already, and of one rule more than anybody reads."""
    by_rule: dict[str, list[Verdict]] = {}
    for verdict in found:
        by_rule.setdefault(verdict.finding.rule, []).append(verdict)
    for same in by_rule.values():
        yield from shortened(same, _longer)


def _longer(verdict: Verdict, words: str) -> Verdict:
    return verdict._replace(finding=replace(verdict.finding, message=verdict.finding.message + words))


def _judged(
    assembly: Assembly, role_limit: int, *, plain: bool, elsewhere: Container[tuple[Template, str]]
) -> Iterator[Verdict]:
    known: list[tuple[Template, HolderFacts]] = []
    for (template, logical_id, _), facts in read(holders(assembly, role_limit), plain=plain):
        known.append((template, facts))
        if (template, logical_id) not in elsewhere:
            for finding in rules.check(facts):
                yield Verdict(template, logical_id, _location(finding), finding)
    yield from associated(assembly, _entry_path, plain=plain, elsewhere=elsewhere)
    sides: dict[Template | None, RedshiftSide] = {}

    def side_of(template: Template) -> RedshiftSide:
        app = None if assembly.is_app else template.top
        if app not in sides:
            sides[app] = _redshift_side(assembly, known, app)
        return sides[app]

    for template in assembly.templates():
        for passing in passings(template, side_of, construct_path):
            found = pass_role_rule.check(passing.facts)
            # However its conditions are decided: a statement that is sound where one holds was meant so.
            for finding in found if all(pass_role_rule.check(facts) for facts in passing.others) else ():
                yield Verdict(template, passing.logical_id, passing.location, finding)


def associated(
    assembly: Assembly,
    path: Callable[[association_rule.Entry], str],
    *,
    plain: bool = False,
    elsewhere: Container[tuple[Template, str]] = (),
) -> Iterator[Verdict]:
    """Judge the role associations of an app; most apps have none.

    Args:
        assembly: The app's templates.
        path: Names what has an entry of an association.
        plain: Whether fixes are for the author of a template, not of a CDK app.
        elsewhere: The associations that somebody else judges, by template and logical id.
    """
    if not any(template.resources(association_rule.ASSOCIATION) for template in assembly.templates()):
        return
    for rule, found in (
        (rulebook.ROLE_DUPLICATED, association_rule.twice(assembly, path)),
        (rulebook.INVALID_ARGUMENT, association_rule.two_defaults(assembly, path)),
        (rulebook.INVALID_ARGUMENT, association_rule.circles(assembly)),
        (rulebook.TRUST_LACKS_REDSHIFT, association_rule.untrusting(assembly, plain=plain)),
        (rulebook.ROLE_ACCOUNT_UNDECIDED, association_rule.undecided(assembly, plain=plain)),
    ):
        for entry, trouble in found:
            if entry[:2] in elsewhere:
                continue
            name = association_rule.DEFAULT if entry.position is None else association_rule.ROLES
            yield Verdict(entry.template, entry.logical_id, f"Properties/{name}", rule.finding(path(entry), trouble))


def _entry_path(entry: association_rule.Entry) -> str:
    return construct_path(entry.template, entry.logical_id)


_ABOUT_DEFAULT: Container[str] = (rulebook.DEFAULT_ROLE_NOT_ASSOCIATED.name, rulebook.DEFAULT_ROLE_UNDECIDED.name)


def _location(finding: Finding) -> str:
    is_about_default = finding.rule in _ABOUT_DEFAULT or finding.message.startswith(DEFAULT_PROPERTY)
    return f"Properties/{DEFAULT_PROPERTY if is_about_default else ROLES_PROPERTY}"


def _redshift_side(assembly: Assembly, known: list[tuple[Template, HolderFacts]], top: Template | None) -> RedshiftSide:
    """Find what an app, or one stack, has of Redshift: roles that clusters have, and those that Redshift may assume."""
    roles: dict[tuple[str, str], str] = {}
    for key, homes in defined_roles(assembly).items():
        for home, logical_id in homes:
            if top in (None, home.top) and trust.trusted_services(trust_policy(home, logical_id)):
                roles[key] = role_arns.readable(logical_id)
    accounts = set()
    for template, facts in known:
        if top in (None, template.top):
            accounts.add(facts.settled_account)
            for role in facts.roles:
                defined = definition(role.text, template)
                roles.setdefault(role_key(role.text), role_arns.readable(defined[1] if defined else role.text))
    return RedshiftSide(roles, frozenset(accounts))
