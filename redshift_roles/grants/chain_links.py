"""The two sides of the links of a role chain, written.

Neighbours flow in; what is ours is planned, and written when all of it has room; what others must write flows out.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import NamedTuple, cast

from aws_cdk import aws_iam as iam

from redshift_roles.aws import arns, permissions
from redshift_roles.aws.placeholders import is_token
from redshift_roles.aws.policies import Document
from redshift_roles.cdk import account_rule
from redshift_roles.cdk.jsii_compat import Remembered, is_immutable
from redshift_roles.cdk.location import Location, id_after
from redshift_roles.cdk.role_reader import own_role, principal_account, role_arn, role_location, trust_of
from redshift_roles.grants.chain_documents import RequiredPolicy, permissions_policy, trust_policy, trust_statement
from redshift_roles.grants.managed_policies import GrantedPolicies, Plan, granted_policies
from redshift_roles.grants.trust_policy import extend_trust, trust_problems
from redshift_roles.grants.writer import GRANTS_ID
from redshift_roles.rules.registry import Problem


class Link(NamedTuple):
    """Two neighbours of a chain."""

    source: iam.IRole
    target: iam.IRole
    source_is_first: bool

    @property
    def writes_permissions(self) -> bool:
        """Say whether policies of this app reach the source."""
        if isinstance(self.source, iam.Role):
            return True
        location = role_location(self.source)
        account = principal_account(self.source, location)
        here = account == location.account or (self.source_is_first and not arns.differ(account, location.account))
        return here and not is_immutable(self.source)

    @property
    def writes_trust(self) -> bool:
        """Say whether the trust policy of the target is ours."""
        return trust_of(self.target) is not None

    @property
    def crosses_stacks(self) -> bool:
        """Say whether each side is in a stack of its own."""
        return role_location(self.source).stack is not role_location(self.target).stack


class Planned(NamedTuple):
    """What will be written on the source of a link."""

    granted: GrantedPolicies
    plan: Plan


_trusting: Remembered[Remembered[bool]] = Remembered()


def plan(link: Link) -> Planned | None:
    """Plan the policy of the source; None where it is another team's to write."""
    return _planned(link) if link.writes_permissions else None


def no_room(link: Link, planned: Planned | None) -> Iterator[Problem]:
    """Find policies of either side that would be too large or too many."""
    if planned:
        yield from planned.granted.problems(planned.plan)
    if link.source not in _sources(link.target):
        yield from trust_problems(link.target, trust_statement(role_arn(link.source)), link.source)


def _planned(link: Link) -> Planned:
    """Let the source assume the target, in the target's stack where that is another one of the same account and region.

    The target's trust policy names the source, so the target's stack depends on the source's already; a policy in the
    source's stack would close the circle.
    """
    home, there = role_location(link.source), role_location(link.target)
    same = (home.account_id, home.region_name) == (there.account_id, there.region_name)
    if link.writes_trust and link.crosses_stacks and same:
        construct_id = f"AssumedBy{id_after(link.source)}"
        granted = granted_policies(link.source, there, construct_id, "roles", scope=cast("iam.Role", link.target))
    else:
        granted = granted_policies(link.source, home, GRANTS_ID, "roles")
    return Planned(granted, granted.plan(permissions.assume_role(role_arn(link.target))))


def write(link: Link, planned: Planned | None) -> Iterator[RequiredPolicy]:
    """Write both sides of a link, and return those that are not ours to write."""
    source, target, home = role_arn(link.source), role_arn(link.target), role_location(link.source)
    if planned is None:
        yield _required(source, "permissions", permissions_policy(target), role_location(link.target))
    else:
        if own_role(link.source) is None:
            account_rule.assert_account(home, [principal_account(link.source, home)])
        planned.granted.write(planned.plan)
    if link.writes_trust:
        _trust(link, source)
    else:
        yield _required(target, "trust", trust_policy(source), home)


def _sources(target: iam.IRole) -> Remembered[bool]:
    """Find the roles that a chain has let in already."""
    return _trusting.get(target) or Remembered()


def _trust(link: Link, source: str) -> None:
    """Let the source into the target's trust policy, once; IAM refuses a principal that is not there yet."""
    sources, document = _sources(link.target), trust_of(link.target)
    if document is None or link.source in sources:
        return
    sources[link.source] = True
    _trusting[link.target] = sources
    extend_trust(link.target, document, trust_statement(source))
    first, last = role_location(link.source).top, role_location(link.target).top
    if first is not last:
        last.add_stack_dependency(first)


def _required(arn: str, kind: str, document: Document, location: Location) -> RequiredPolicy:
    text = json.dumps(document, indent=2)
    return RequiredPolicy(arn, kind, document, location.stack.to_json_string(document, 2) if is_token(text) else text)
