"""What the rules check: plain facts about roles, about what names them, and about the statements that pass them."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass
from functools import cached_property
from typing import Literal, NamedTuple

from redshift_roles.aws import arns, quotas
from redshift_roles.aws.placeholders import is_awaited

# What has roles, as messages call it.
Kind = Literal["cluster", "namespace", "policy", "chain", "scheduled action", "Identity Center application"]
# Where it can be corrected: in the CDK app that wrote it, or in the template itself.
Origin = Literal["app", "template"]


class RoleFacts(NamedTuple):
    """One role as a cluster, a policy or a chain names it; its label is its place, such as ``roles[3]``."""

    label: str
    arn: str  # as far as it is known
    conditional: bool = False  # whether a condition of the template decides that it is there
    trust_problem: str | None = None  # why Redshift cannot assume it, as far as that is known
    # Why CDK cannot refer to it from the stack that names it, and what to do about it.
    reference_problem: tuple[str, str] | None = None
    defined: bool = False  # by the app: two such roles are two, whatever their names will be
    when: tuple[Hashable, ...] = ()  # its branches of conditions; roles with equal ones are there together
    problem: str | None = None  # why it cannot be a role, where its ARN does not show it
    fix: str = ""  # what to do about that
    written: str = ""  # what stands in the template, where that is a function
    choice: str = ""  # the entry of which it is an alternative, where one of them is surely there
    path: Callable[[], str] = str  # reads its construct path, which costs crossings into jsii
    owner: Callable[[], str] | None = None  # reads the path of what else associates it
    position: int | None = None  # in the list of a template

    def __str__(self) -> str:
        """Write the role as a message names it."""
        path = self.path()
        return f"{self.label} ({path})" if path else self.label

    @property
    def parsed(self) -> arns.RoleArn:
        """The parts of the ARN."""
        return arns.RoleArn(None, None, None, self.problem) if self.problem else arns.parse(self.arn)

    @property
    def account(self) -> str | None:
        """Twelve digits, or `arns.THIS_ACCOUNT`, or None when it is not known or this is not a role."""
        parsed = self.parsed
        return None if parsed.problem else parsed.account

    @property
    def literal_account(self) -> str | None:
        """The account when it is twelve digits, else None."""
        account = self.account
        return None if account == arns.THIS_ACCOUNT else account


@dataclass(frozen=True, kw_only=True)
class AssociationFacts:
    """The roles of a cluster, a Serverless namespace, a user policy, a chain, or what has a single role."""

    kind: Kind
    argument: str  # the argument or property that lists the roles, such as `IamRoles`
    account: str  # twelve digits, or `arns.THIS_ACCOUNT`
    region: str | None
    roles: tuple[RoleFacts, ...] = ()
    others: tuple[RoleFacts, ...] = ()  # that the same cluster has from elsewhere
    conditional_roles: tuple[int, int] = (0, 0)  # how many of them are there at least, and at most
    more_roles: bool = False  # whether the list may hold roles that are not known
    role_limit: int | None = None
    limit_written: bool = False  # in the template, by what defines the cluster or an association
    expected_account: str | None = None  # the only account that its stack can be deployed to
    account_asserted: bool = False  # by a CloudFormation Rule
    default_argument: str = "default_role"
    default_roles: tuple[RoleFacts, ...] = ()  # what its default role may be
    other_default: Callable[[], str] | None = None  # reads the path of what else sets it
    origin: Origin = "app"
    conditional: bool = False  # whether a condition decides that it is there at all

    @cached_property
    def partition(self) -> str | None:
        """The partition of the region, or None when the region is not known."""
        return quotas.partition_of(self.region) if self.region else None

    @cached_property
    def settled_account(self) -> str:
        """The only account this can be deployed to: its own, else the one that a role it names dictates."""
        if self.account != arns.THIS_ACCOUNT:
            return self.account
        dictated = (role.literal_account for role in self.roles if not role.conditional)
        return self.expected_account or next(filter(None, dictated), self.account)

    @cached_property
    def all_roles(self) -> tuple[RoleFacts, ...]:
        """The roles that the cluster has from elsewhere, and those it has here."""
        return (*self.others, *self.roles)

    @cached_property
    def identities(self) -> tuple[str, ...]:
        """What tells `all_roles` apart, in their order; equal for one role, however it was written."""
        return tuple(self.identity(role) for role in self.all_roles)

    def identity(self, role: RoleFacts) -> str:
        """Return a name that is equal for two descriptions of one role."""
        if is_awaited(role.arn):
            return " ".join([role.label, role.owner() if role.owner else ""])
        account, resource = role.account, role.parsed.resource
        if not account or not resource:
            return role.arn
        return f"{self.settled_account if account == arns.THIS_ACCOUNT else account}:{resource}"


class PassRoleFacts(NamedTuple):
    """A policy statement that allows iam:PassRole."""

    label: str  # such as `Statement[0]`
    services: tuple[str, ...] | None  # in iam:PassedToService, or None for all
    every_role: str  # such as `*`; empty when there is none
    redshift_roles: tuple[str, ...]  # in readable form
    beside_redshift: bool  # whether `every_role` has roles of the app that Redshift may assume
    operations: tuple[str, ...] = ()  # of Redshift that the same people may do and that take a role, as written
    passed_to: tuple[str, ...] = ()  # the services that the roles are for, where that is known
    by_exclusion: bool = False  # by NotAction
