"""What the rules check: plain facts about roles, about what names them, and about the statements that pass them."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass
from functools import cached_property
from typing import Literal, NamedTuple

from redshift_roles.aws import arns, quotas

# Where it can be corrected: in the CDK app that wrote it, or in the template itself.
Origin = Literal["app", "template"]


class RoleFacts(NamedTuple):
    """One role as a cluster, a policy or a chain names it.

    Attributes:
        label: Its place, such as ``roles[3]``.
        arn: Its ARN as far as it is known (see `arns`).
        conditional: Whether a condition of the template decides that the role is there at all.
        trust_problem: Why Redshift cannot assume it, or None when it can or when that is not known.
        reference_problem: Why CDK cannot refer to it from the stack that names it, or None when it can.
        defined: Whether the app defines it: two roles that it defines are two, whatever their names will be.
        when: The branches of conditions it is in; two roles with equal branches are there together.
        problem: Why it cannot be a role, where its ARN does not show it.
        choice: The entry of which it is one of the alternatives, where one of them is surely there.
        path: Reads its construct path, which costs crossings into jsii that only a message needs.
        owner: Reads the path of what else associates it with the same cluster.
    """

    label: str
    arn: str
    conditional: bool = False
    trust_problem: str | None = None
    reference_problem: str | None = None
    defined: bool = False
    when: tuple[Hashable, ...] = ()
    problem: str | None = None
    choice: str = ""
    path: Callable[[], str] = str
    owner: Callable[[], str] | None = None

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
    """The roles of a cluster, a Serverless namespace, a user policy or a chain.

    Attributes:
        kind: What names the roles.
        argument: The argument or template property that lists them, such as ``roles`` or ``IamRoles``.
        account: Its account as twelve digits, or `arns.THIS_ACCOUNT` when its stack names none.
        region: Its region, or None when its stack names none.
        roles: The roles that are known, in order.
        others: The roles that the same cluster has from elsewhere: other associations, the list of the cluster itself.
        conditional_roles: How many of the conditional roles are there at least, and how many at most.
        more_roles: Whether the list may hold roles that are not known (a list parameter).
        role_limit: How many roles the cluster may have; None where there is no limit.
        expected_account: Where `account` is not known: the only account this top-level stack can be deployed to,
            since a role of it is named there. None when nothing says so.
        account_asserted: Whether a CloudFormation Rule stops a deployment to any account but the expected one.
        default_argument: The argument or template property with its default role.
        default_roles: What its default role may be; empty when it has none.
        other_default: Reads the path of what else sets the default role of the same cluster.
        origin: Whether it is written in a CDK app or in a template alone, which decides how it can be corrected.
        conditional: Whether a condition decides that it is there at all: it may then be meant for another account.
    """

    kind: Literal["cluster", "namespace", "policy", "chain"]
    argument: str
    account: str
    region: str | None
    roles: tuple[RoleFacts, ...] = ()
    others: tuple[RoleFacts, ...] = ()
    conditional_roles: tuple[int, int] = (0, 0)
    more_roles: bool = False
    role_limit: int | None = None
    expected_account: str | None = None
    account_asserted: bool = False
    default_argument: str = "default_role"
    default_roles: tuple[RoleFacts, ...] = ()
    other_default: Callable[[], str] | None = None
    origin: Origin = "app"
    conditional: bool = False

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
        account, resource = role.account, role.parsed.resource
        if not account or not resource:
            return role.arn
        return f"{self.settled_account if account == arns.THIS_ACCOUNT else account}:{resource}"


class PassRoleFacts(NamedTuple):
    """A policy statement that allows iam:PassRole.

    Attributes:
        label: Where the statement is, such as ``Statement[0]``.
        services: The services it names in iam:PassedToService, or None when it names none and allows all.
        every_role: The resource that stands for every role, such as ``*``; empty when there is none.
        redshift_roles: Its resources that are roles for Redshift, in readable form.
        beside_redshift: Whether the same app has clusters or namespaces that the policy's account may be of.
        by_exclusion: Whether it allows all actions but some.
    """

    label: str
    services: tuple[str, ...] | None
    every_role: str
    redshift_roles: tuple[str, ...]
    beside_redshift: bool
    by_exclusion: bool = False
