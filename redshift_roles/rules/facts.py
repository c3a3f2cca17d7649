"""What the rules look at: plain facts about roles, about the cluster or policy that names them, and about who passes
them.

They flow out of the readers, who make them out of CDK objects and templates, and into the rules.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from redshift_roles.aws import arns, quotas


class Branch(NamedTuple):
    """One way to answer a question that only the deployment answers.

    Attributes:
        question: What is asked; equal questions have equal answers.
        answer: Which answer this is: 0, 1, …
        answers: How many there are.
    """

    question: str
    answer: int
    answers: int = 2


class RoleFacts(NamedTuple):
    """One role as a cluster or a policy names it.

    Attributes:
        label: How to call it in a message, such as ``roles[3] (Data/Imported)``.
        text: Its ARN as far as it is known (see `role_arns`).
        conditional: Whether a condition of the template decides that the role is there at all.
        distrust: Why Redshift cannot assume it, or None when it can or when that is not known.
        unreachable: Why CDK cannot refer to it from the holder's stack, or None when it can.
        defined: Whether the app defines it: two roles that it defines are two, whatever their names will be.
        when: The branches it stands in; where there are none, a conditional role is a question of its own.
        problem: Why it cannot be a role, where that does not show in its text.
    """

    label: str
    text: str
    conditional: bool = False
    trust_problem: str | None = None
    reference_problem: str | None = None
    defined: bool = False
    when: tuple[Branch, ...] = ()
    problem: str | None = None

    @property
    def arn(self) -> arns.RoleArn:
        """The parts of the ARN."""
        return arns.RoleArn(None, None, None, self.problem) if self.problem else arns.parse(self.text)

    @property
    def account(self) -> str | None:
        """Twelve digits, or `role_arns.THIS_ACCOUNT`, or None when it is not known or this is no role."""
        arn = self.arn
        return None if arn.problem else arn.account

    @property
    def literal_account(self) -> str | None:
        """The account when it is twelve digits, else None."""
        account = self.account
        return None if account == arns.THIS_ACCOUNT else account


@dataclass(frozen=True)
class AssociationFacts:
    """A cluster, a Serverless namespace, or a user policy, and the roles it names.

    Attributes:
        path: Its construct path.
        noun: What it is in a message: ``cluster``, ``namespace`` or ``policy``.
        words: What its list of roles is called in a message: ``'roles'``, ``'pass_roles'`` or ``IamRoles``.
        account: Its account as twelve digits, or `role_arns.THIS_ACCOUNT` when its stack names none.
        region: Its region, or None when its stack names none.
        roles: The roles that are known, in order.
        more_roles: Whether the list may hold roles that are not known (a list parameter).
        role_limit: How many roles the cluster may have; None for a policy.
        expected_account: Where `account` is not known: the only account this top-level stack can be deployed to,
            since a role of it is named there. None when nothing says so.
        account_asserted: Whether a CloudFormation Rule stops a deployment to any account but the expected one.
        default_roles: What its default role may be; empty when it has none.
        plain: Whether a template is all that is there, with no CDK app to mend.
        conditional: Whether a condition decides that it is there at all: it may then be meant for another account.
    """

    path: str
    noun: str
    words: str
    account: str
    region: str | None
    roles: tuple[RoleFacts, ...]
    more_roles: bool = False
    role_limit: int | None = None
    expected_account: str | None = None
    account_asserted: bool = False
    default_roles: tuple[RoleFacts, ...] = ()
    plain: bool = False
    conditional: bool = False

    @cached_property
    def partition(self) -> str | None:
        """The partition that the region is in, or None when the region is not known."""
        return quotas.partition_of(self.region) if self.region else None

    @cached_property
    def settled_account(self) -> str:
        """The only account this can be deployed to: its own, else the one that a role it names dictates."""
        if self.account != arns.THIS_ACCOUNT:
            return self.account
        dictated = (role.literal_account for role in self.roles if not role.conditional)
        return self.expected_account or next(filter(None, dictated), self.account)

    @cached_property
    def identities(self) -> tuple[str, ...]:
        """What tells the roles apart, in their order; equal for one role, however it was written."""
        return tuple(self.identity(role) for role in self.roles)

    def identity(self, role: RoleFacts) -> str:
        """Name a role so that two names are equal when they are of one role."""
        account, resource = role.account, role.arn.resource
        if not account or not resource:
            return role.text
        return f"{self.settled_account if account == arns.THIS_ACCOUNT else account}:{resource}"


class PassRoleFacts(NamedTuple):
    """A statement of some policy that allows iam:PassRole.

    Attributes:
        path: The construct path of the policy.
        label: Where the statement stands, such as ``Statement[0]``.
        services: The services it names in iam:PassedToService, or None when it names none and allows all.
        every_role: The resource that stands for every role, such as ``*``; empty when there is none.
        redshift_roles: Those of its resources that are roles for Redshift, as people call them.
        beside_redshift: Whether the same app has clusters or namespaces that the policy's account may be of.
        by_exclusion: Whether it allows all actions but some.
    """

    path: str
    label: str
    services: tuple[str, ...] | None
    every_role: str
    redshift_roles: tuple[str, ...]
    beside_redshift: bool
    by_exclusion: bool = False
