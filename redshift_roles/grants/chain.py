"""Role chaining: a cluster assumes the first role, which assumes the next, up to the one that has the permissions.

Roles flow in, of this account or others; the policies of both sides of each link flow out, written where they are ours
and as documents where they are another team's.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from aws_cdk import Stack
from aws_cdk import aws_iam as iam

from redshift_roles.aws import quotas
from redshift_roles.aws.trust import trust_problem
from redshift_roles.cdk import account_rule
from redshift_roles.cdk.location import Location, path_of, refer, waits
from redshift_roles.cdk.role_reader import (
    as_known,
    own_role,
    principal_account,
    role_arn,
    role_facts,
    role_location,
    trust_document,
)
from redshift_roles.cdk.validation import raise_if
from redshift_roles.grants import chain_links
from redshift_roles.grants.chain_links import Link
from redshift_roles.grants.writer import later_problems, note_chained
from redshift_roles.rules import association_rules, registry
from redshift_roles.rules.arguments import ROLE
from redshift_roles.rules.association_rules import Check
from redshift_roles.rules.facts import AssociationFacts
from redshift_roles.rules.findings import Finding, RoleAssociationError
from redshift_roles.rules.registry import Problem, Rule
from redshift_roles.sql import role_clause

_CHECKS: Final[tuple[tuple[Rule, Check], ...]] = (
    (registry.ROLE_ARN_INVALID, association_rules.role_arn_invalid),
    (registry.ROLE_DUPLICATED, association_rules.role_duplicated),
    (registry.ROLE_PARTITION_MISMATCH, association_rules.role_partition_mismatch),
    (registry.SERVICE_LINKED_ROLE, association_rules.service_linked_role),
)


class RoleChain:
    """Chain roles: Redshift assumes the first, which assumes the next, and so on; the last has the permissions.

    This is how a cluster reaches what another account owns. Only the first role is associated with the cluster.

    Args:
        first: A role that can be associated with the cluster.
        others: The roles after it, in order, of this account or of others; 1 to 9.

    Attributes:
        role_arns: The ARNs, in order.
        required_policies: What others must write: a `RequiredPolicy` for each side of a link that is not ours.

    Raises:
        RoleAssociationError: InvalidArgument, RoleAccountMismatch, RoleArnInvalid, RoleDuplicated, ServiceLinkedRole,
            TrustLacksRedshift, PolicyTooLarge.

    Template:
        ``sts:AssumeRole`` on the next role in the managed policy of each role but the last, and a statement in the
        trust policy of each role but the first, where they are ours to write.

    Source:
        https://docs.aws.amazon.com/redshift/latest/mgmt/authorizing-redshift-service.html (read 2026-11-24)
    """

    def __init__(self, first: iam.IRole, *others: iam.IRole) -> None:
        roles = (first, *others)
        raise_if(lambda: "RoleChain", quotas.CHAINING_ROLES, _shape_problems(roles))
        links = [Link(*pair, index == 0) for index, pair in enumerate(zip(roles, others, strict=False))]
        _refuse_broken(roles, links)
        plans = _plans(roles, links)
        for role in others:
            note_chained(role)
        self.role_arns = tuple(role_arn(role) for role in roles)
        self.required_policies = tuple(
            policy for link, planned in zip(links, plans, strict=True) for policy in chain_links.write(link, planned)
        )

    @property
    def iam_role_clause(self) -> str:
        """Write the clause that names the chain in SQL: ``IAM_ROLE 'first,second'``; it may be a stack output."""
        return role_clause.clause(role_clause.read(self))


def _shape_problems(roles: Sequence[iam.IRole]) -> Iterator[Problem]:
    for index, role in enumerate(roles):
        yield from ROLE.check("first" if index == 0 else f"others[{index - 1}]", role)
    most = quotas.CHAINED_ROLES
    if not 1 < len(roles) <= most:
        yield Problem("", f"the chain has {len(roles)} roles, allowed is 2 to {most}", f"chain 2 to {most} roles")


def _refuse_broken(roles: Sequence[iam.IRole], links: Sequence[Link]) -> None:
    """Raise with everything that keeps the chain from working."""
    path, location = path_of(roles[0]), role_location(roles[0])
    holder = AssociationFacts(
        path=path,
        noun="chain",
        words="'roles'",
        account=location.account,
        region=location.region,
        roles=tuple(role_facts(roles, location, "roles", labelled=True)),
        role_limit=quotas.CHAINED_ROLES,
    )
    findings = [rule.finding(path, problem) for rule, check in _CHECKS for problem in check(holder)]
    findings += _first_findings(roles[0], path, location)
    findings += [
        registry.ROLE_ACCOUNT_MISMATCH.finding(path, problem, quotas.CHAINING_ROLES) for problem in _foreign(links)
    ]
    reference_problem = [problem for link in links for problem in _out_of_reach(link)]
    problems = [*(reference_problem or _circles(links)), *later_problems(roles[1:])]
    findings += [registry.INVALID_ARGUMENT.finding(path, problem, quotas.CHAINING_ROLES) for problem in problems]
    if findings:
        raise RoleAssociationError(findings)


def _foreign(links: Sequence[Link]) -> Iterator[Problem]:
    """Find roles of another account than the one their stack is settled on, that would get a policy there."""
    for index, link in enumerate(links):
        if link.writes_permissions and own_role(link.source) is None:
            location = role_location(link.source)
            named = f"roles[{index}] ({path_of(link.source)})", principal_account(link.source, location)
            yield from account_rule.contradictions(location, [named])


def _out_of_reach(link: Link) -> Iterator[Problem]:
    """Find roles that CDK cannot name from the stack of their neighbour."""
    sides = ((link.writes_permissions, link.source, link.target), (link.writes_trust, link.target, link.source))
    for ours, here, there in sides:
        if not ours or not link.crosses_stacks:
            continue
        _, obstacle = refer(role_arn(there), role_location(there), role_location(here), "role_name")
        if obstacle:
            reason, fix = obstacle
            yield Problem("", f"a policy of {path_of(here)} cannot name {path_of(there)}, which {reason}", fix)


def _circles(links: Sequence[Link]) -> Iterator[Problem]:
    """Find stacks that would each have to be deployed after the other: a trust policy names a role that is there
    already.
    """
    earlier: list[tuple[Stack, Stack]] = []
    for link in links:
        source, target = role_location(link.source).top, role_location(link.target).top
        if not link.writes_trust or source is target:
            continue
        if waits(source, target) or (target, source) in earlier:
            yield Problem(
                "",
                f"{path_of(link.target)} trusts {path_of(link.source)}, whose stack is deployed after it already",
                f"put {path_of(link.target)} into a stack of its own",
            )
        earlier += [(source, target), *((first, target) for first, second in earlier if second is source)]


def _first_findings(first: iam.IRole, path: str, location: Location) -> list[Finding]:
    """Find why the first role could not be associated with a cluster: Redshift may not assume it."""
    document = first.assume_role_policy if isinstance(first, iam.Role) and own_role(first) is None else None
    written = as_known(trust_document(document), location) if document else {}
    reason = trust_problem(written, location.region)
    if reason is None:
        return []
    fix = "use RedshiftRole, or assumed_by=iam.ServicePrincipal('redshift.amazonaws.com'), for the first of the chain"
    return [registry.TRUST_LACKS_REDSHIFT.finding(path, Problem("first", f"first ({path}) {reason}", fix))]


def _plans(roles: Sequence[iam.IRole], links: Sequence[Link]) -> list[chain_links.Planned | None]:
    """Plan the policies of each link that are ours, or raise with all that would be too large."""
    plans = [chain_links.plan(link) for link in links]
    pairs = zip(links, plans, strict=True)
    problems = [problem for link, planned in pairs for problem in chain_links.no_room(link, planned)]
    if problems:
        path = path_of(roles[0])
        raise RoleAssociationError([registry.POLICY_TOO_LARGE.finding(path, problem) for problem in problems])
    return plans
