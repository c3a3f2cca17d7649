"""Role chains: each role assumes the next, and the policies of both sides are written where the app owns them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final, NamedTuple, cast

from aws_cdk import Stack
from aws_cdk import aws_iam as iam
from constructs import Construct

from redshift_roles.aws import arns, permissions, quotas
from redshift_roles.aws.placeholders import is_token
from redshift_roles.aws.policies import Document, documents
from redshift_roles.aws.trust import trust_problem
from redshift_roles.cdk import account_rule
from redshift_roles.cdk.jsii_compat import is_immutable
from redshift_roles.cdk.location import Location, id_after, path_of, refer, waits
from redshift_roles.cdk.records import record_of
from redshift_roles.cdk.role_reader import (
    as_known,
    own_role,
    principal_account,
    role_arn,
    role_facts,
    role_location,
    trust_document,
    trust_of,
)
from redshift_roles.cdk.validation import raise_if
from redshift_roles.grants.managed_policies import GrantedPolicies, GrantRecord, Plan, granted_policies
from redshift_roles.grants.trust_policy import extend_trust, trust_problems, trusted_role
from redshift_roles.grants.writer import GRANTS_ID, LAKE_FORMATION_IN_A_CHAIN
from redshift_roles.rules import association_rules, registry
from redshift_roles.rules.arguments import ROLE
from redshift_roles.rules.facts import AssociationFacts
from redshift_roles.rules.findings import Finding, RoleAssociationError
from redshift_roles.rules.registry import Problem
from redshift_roles.sql import role_clause

_RULES: Final = (
    association_rules.ROLE_ARN_INVALID,
    association_rules.ROLE_DUPLICATED,
    association_rules.ROLE_PARTITION_MISMATCH,
    association_rules.SERVICE_LINKED_ROLE,
)


class RequiredPolicy(NamedTuple):
    """What the owner of a role must write, so that a chain works.

    Attributes:
        role_arn: The role.
        kind: ``permissions`` for a policy on the role, ``trust`` for a statement in its trust policy.
        document: The policy document.
        text: The same as JSON. With tokens in it, it can be the value of a stack output.
    """

    role_arn: str
    kind: str
    document: Document
    text: str


class RoleChain:
    """Chain roles: Redshift assumes the first, which assumes the next, and so on; the last has the permissions.

    This is how a cluster uses resources of another account. Only the first role is associated with the cluster.

    Args:
        first: A role that can be associated with the cluster.
        others: The roles after it, in order, of this account or of others; 1 to 9.

    Attributes:
        role_arns: The ARNs, in order.
        required_policies: What others must write: a `RequiredPolicy` for each side of a link that this app does not
            own.

    Raises:
        RoleAssociationError: InvalidArgument, RoleAccountMismatch, RoleArnInvalid, RoleDuplicated,
            RolePartitionMismatch, ServiceLinkedRole, TrustLacksRedshift, PolicyTooLarge.

    Template:
        ``sts:AssumeRole`` on the next role in the managed policy of each role but the last, and a statement in the
        trust policy of each role but the first, where this app owns them.

    Source:
        https://docs.aws.amazon.com/redshift/latest/mgmt/authorizing-redshift-service-chaining-roles.html
        (text of 2026-07-06)
    """

    def __init__(self, first: iam.IRole, *others: iam.IRole) -> None:
        roles = (first, *others)
        raise_if(lambda: "RoleChain", quotas.CHAINING_ROLES, _argument_problems(roles))
        links = [_Link(*pair, index == 0) for index, pair in enumerate(zip(roles, others, strict=False))]
        findings = _findings(roles, links) or [
            registry.POLICY_TOO_LARGE.finding(path_of(first), problem) for link in links for problem in link.too_large()
        ]
        if findings:
            raise RoleAssociationError(findings)
        for role in others:
            record_of(GrantRecord, role).is_chained = True
        self.role_arns = tuple(role_arn(role) for role in roles)
        self.required_policies = tuple(policy for link in links for policy in link.write())

    @property
    def iam_role_clause(self) -> str:
        """Return the clause that names the chain in SQL: ``IAM_ROLE 'first,second'``; it can be a stack output."""
        return role_clause.clause(role_clause.read(self))


@dataclass(frozen=True, eq=False)
class _Link:
    """One role of a chain and the next one, which it assumes."""

    source: iam.IRole
    target: iam.IRole
    source_is_first: bool

    @cached_property
    def writes_permissions(self) -> bool:
        """Whether this app can attach a policy to the source."""
        if isinstance(self.source, iam.Role):
            return True
        location = role_location(self.source)
        account = principal_account(self.source, location)
        here = account == location.account or (self.source_is_first and not arns.differ(account, location.account))
        return here and not is_immutable(self.source)

    @cached_property
    def trust(self) -> iam.PolicyDocument | None:
        """The trust policy of the target, where this app owns it."""
        return trust_of(self.target)

    @property
    def crosses_stacks(self) -> bool:
        """Whether each side is in a stack of its own."""
        return role_location(self.source).stack is not role_location(self.target).stack

    @cached_property
    def policies(self) -> GrantedPolicies:
        """The policies of the source, in the target's stack where that is another one of the same account and region.

        The target's trust policy names the source, so the target's stack depends on the source's already; a policy in
        the source's stack would make a circle.
        """
        home, there = role_location(self.source), role_location(self.target)
        same = (home.account_id, home.region_name) == (there.account_id, there.region_name)
        if self.trust and self.crosses_stacks and same:
            construct_id, scope = f"AssumedBy{id_after(self.source)}", cast("Construct", self.target)
            return granted_policies(self.source, there, construct_id, "roles", scope=scope)
        return granted_policies(self.source, home, GRANTS_ID, "roles")

    @cached_property
    def plan(self) -> Plan:
        """What the policies of the source will be."""
        return self.policies.plan(permissions.assume_role(role_arn(self.target)))

    def too_large(self) -> Iterator[Problem]:
        """Find policies of either side that would be too large or too many."""
        if self.writes_permissions:
            yield from self.policies.problems(self.plan)
        yield from trust_problems(self.target, trusted_role(self.source))

    def write(self) -> Iterator[RequiredPolicy]:
        """Write both sides, and return those that others must write."""
        source, target, home = role_arn(self.source), role_arn(self.target), role_location(self.source)
        trusted = trusted_role(self.source)
        if self.writes_permissions:
            if own_role(self.source) is None:
                account_rule.assert_account(home, [principal_account(self.source, home)])
            self.policies.write(self.plan)
        else:
            (document,) = documents(permissions.assume_role(target))
            yield _required(source, "permissions", document, role_location(self.target))
        if self.trust is None:
            yield _required(target, "trust", {"Version": "2012-10-17", "Statement": [trusted.statement]}, home)
        elif extend_trust(self.target, trusted):
            # IAM rejects a principal that does not exist yet.
            first, last = home.top, role_location(self.target).top
            if first is not last:
                last.add_stack_dependency(first)


def _required(arn: str, kind: str, document: Document, location: Location) -> RequiredPolicy:
    text = json.dumps(document, indent=2)
    return RequiredPolicy(arn, kind, document, location.stack.to_json_string(document, 2) if is_token(text) else text)


def _argument_problems(roles: Sequence[iam.IRole]) -> Iterator[Problem]:
    for index, role in enumerate(roles):
        yield from ROLE.check("first" if index == 0 else f"others[{index - 1}]", role)
    most = quotas.CHAINED_ROLES
    if not 1 < len(roles) <= most:
        yield Problem("", f"a chain must have 2 to {most} roles, got {len(roles)}", f"chain 2 to {most} roles")


def _findings(roles: Sequence[iam.IRole], links: Sequence[_Link]) -> list[Finding]:
    """Find everything that keeps the chain from working, but for policies that are too large."""
    path, location = path_of(roles[0]), role_location(roles[0])
    facts = AssociationFacts(
        kind="chain",
        argument="roles",
        account=location.account,
        region=location.region,
        roles=tuple(role_facts(roles, location, "roles")),
    )
    unreachable = [problem for link in links for problem in _out_of_reach(link)]
    later = [LAKE_FORMATION_IN_A_CHAIN for role in roles[1:] if record_of(GrantRecord, role).is_vended]
    distrusted, foreign = association_rules.TRUST_LACKS_REDSHIFT, association_rules.ROLE_ACCOUNT_MISMATCH
    return [
        *(rule.finding(path, problem) for rule, problem in association_rules.problems(facts, *_RULES)),
        *(distrusted.finding(path, problem) for problem in _distrusted(roles[0], path, location)),
        *(foreign.finding(path, problem, quotas.CHAINING_ROLES) for problem in _foreign(links)),
        *(
            registry.INVALID_ARGUMENT.finding(path, problem, quotas.CHAINING_ROLES)
            for problem in (*(unreachable or _circles(links)), *later)
        ),
    ]


def _foreign(links: Sequence[_Link]) -> Iterator[Problem]:
    """Find roles of another account than the one their stack is settled on, that would get a policy there."""
    for index, link in enumerate(links):
        if link.writes_permissions and own_role(link.source) is None:
            location = role_location(link.source)
            named = f"roles[{index}] ({path_of(link.source)})", principal_account(link.source, location)
            yield from account_rule.contradictions(location, [named])


def _out_of_reach(link: _Link) -> Iterator[Problem]:
    """Find roles that CDK cannot name from the stack of their neighbour."""
    sides = ((link.writes_permissions, link.source, link.target), (link.trust, link.target, link.source))
    for written, here, there in sides:
        if not written or not link.crosses_stacks:
            continue
        _, obstacle = refer(role_arn(there), role_location(there), role_location(here), "role_name")
        if obstacle:
            reason, fix = obstacle
            yield Problem("", f"a policy of {path_of(here)} cannot name {path_of(there)}, which {reason}", fix)


def _circles(links: Sequence[_Link]) -> Iterator[Problem]:
    """Find stacks that would each have to be deployed after the other, since a trust policy names an existing role."""
    earlier: list[tuple[Stack, Stack]] = []
    for link in links:
        source, target = role_location(link.source).top, role_location(link.target).top
        if link.trust is None or source is target:
            continue
        if waits(source, target) or (target, source) in earlier:
            yield Problem(
                "",
                f"{path_of(link.target)} trusts {path_of(link.source)}, whose stack is deployed after it already",
                f"put {path_of(link.target)} into a stack of its own",
            )
        earlier += [(source, target), *((first, target) for first, second in earlier if second is source)]


def _distrusted(first: iam.IRole, path: str, location: Location) -> Iterator[Problem]:
    """Find why the first role could not be associated with a cluster: Redshift may not assume it."""
    document = first.assume_role_policy if isinstance(first, iam.Role) and own_role(first) is None else None
    known = as_known(trust_document(document), location) if document else None
    reason = trust_problem(known, location.region, account=location.account)
    if reason:
        fix = (
            "use RedshiftRole, or assumed_by=iam.ServicePrincipal('redshift.amazonaws.com'), for the first of the chain"
        )
        yield Problem("first", f"first ({path}) {reason}", fix)
