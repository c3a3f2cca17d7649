"""Writes the grants of one role, or raises with everything that keeps a grant from working."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Final

from aws_cdk import IResource
from aws_cdk import aws_iam as iam

from redshift_roles.aws import arns, quotas
from redshift_roles.aws.actions import PASSED_TO_TRAINING
from redshift_roles.aws.permissions import Home, Permission
from redshift_roles.aws.placeholders import present
from redshift_roles.aws.quotas import Source
from redshift_roles.cdk import account_rule
from redshift_roles.cdk.jsii_compat import is_immutable
from redshift_roles.cdk.location import path_of
from redshift_roles.cdk.resource_reader import Key, Resource, key_problems, resource, resource_problems, wrong_name
from redshift_roles.cdk.role_reader import own_role, principal_account, role_location
from redshift_roles.cdk.validation import raise_if
from redshift_roles.grants.cross_account import add_to_policies, owner_problems, owner_sides, without_key_names
from redshift_roles.grants.grant import RedshiftGrant
from redshift_roles.grants.managed_policies import granted_policies, takes_no_policies
from redshift_roles.grants.trust_policy import Trusted, extend_trust, trust_problems
from redshift_roles.rules import association_rules, registry
from redshift_roles.rules.arguments import check_grant
from redshift_roles.rules.findings import Finding, RoleAssociationError
from redshift_roles.rules.registry import Problem, in_account

if TYPE_CHECKING:
    from aws_cdk import aws_kms as kms

GRANTS_ID: Final = "RedshiftGrants"
LAKE_FORMATION_IN_A_CHAIN: Final = Problem(
    "lake_formation",
    "the role is a later one of a RoleChain and 'lake_formation' is True, which Redshift does not combine",
    "associate the role with the cluster itself, or pass bucket=… in place of lake_formation=True",
)
_TRAINING: Final = Trusted("Service", PASSED_TO_TRAINING, PASSED_TO_TRAINING)


class GrantWriter:
    """Writes the grants of one role."""

    def __init__(self, role: iam.IRole) -> None:
        self.role = role
        self.location = role_location(role)
        self.home = Home(self.location.partition_name, self.location.region_name, self.location.account_id)
        self._granted = granted_policies(role, self.location, GRANTS_ID, "roles")
        self.policies = self._granted.policies

    def check(self, source: Source, *required: str, **arguments: object) -> None:
        """Raise with all that is wrong with the arguments of a grant."""
        self.raise_if(source, check_grant(present(required, **arguments)))

    def read(
        self,
        source: Source,
        argument: str,
        given: IResource,
        encryption_key: kms.IKey | None = None,
        *required: str,
        **others: object,
    ) -> Resource:
        """Read the resource of a grant, and the key that is given beside it, once all its arguments are right."""
        self.check(source, argument, *required, **{argument: given}, **others, encryption_key=encryption_key)
        return resource(given, f"{argument}_arn").with_key(encryption_key)

    def raise_if(self, source: Source, problems: Iterable[Problem]) -> None:
        """Raise what is wrong with arguments, at the role's path."""
        raise_if(lambda: path_of(self.role), source, problems)

    def allow(
        self,
        source: Source,
        allowed: Sequence[Permission],
        argument: str = "",
        found: Resource | None = None,
        *,
        keys: Sequence[Key] = (),
        owner_allows: bool = False,
        training: bool = False,
    ) -> RedshiftGrant:
        """Allow something, or raise with everything that keeps it from working.

        The keys are those of other arguments than the resource. `owner_allows` is what the owners of a bucket, and of
        keys, in other accounts have agreed to. With `training`, Amazon SageMaker must assume the role too, where the
        app owns its trust policy.
        """
        account = None if own_role(self.role) else principal_account(self.role, self.location)
        findings = [] if own_role(self.role) else self._unattachable(account)
        # A key may be given that the resource knows too.
        keys = [*{key.arn: key for key in (*keys, *(found.keys[::-1] if found else ()))}.values()][::-1]
        is_named = found is None or wrong_name(found) is None
        sides = owner_sides(allowed, argument, found, keys, self.location, self.role) if is_named else []
        problems = [
            *(resource_problems(argument, found, self.location) if found else ()),
            *key_problems(keys, argument, found, self.location),
            *owner_problems(sides, self.role, self.location, owner_allows=owner_allows),
        ]
        if found and found.is_bucket and sides:
            allowed = without_key_names(allowed, found, self.location)
        findings += [registry.INVALID_ARGUMENT.finding(path_of(self.role), problem, source) for problem in problems]
        if findings:
            raise RoleAssociationError(findings)
        plan = self._granted.plan(allowed)
        too_large = [*self._granted.problems(plan), *(trust_problems(self.role, _TRAINING) if training else [])]
        if too_large:
            rule, path = registry.POLICY_TOO_LARGE, path_of(self.role)
            raise RoleAssociationError([rule.finding(path, problem) for problem in too_large])
        account_rule.assert_account(self.location, [account])
        self._granted.write(plan)
        if training:
            extend_trust(self.role, _TRAINING)
        add_to_policies(sides, self.location)
        return RedshiftGrant(self._granted, [statement for side in sides for statement in side.statements])

    def _unattachable(self, account: str | None) -> list[Finding]:
        """Find why no policy of this stack can be attached to the role."""
        here = self.location.account
        problems = [*account_rule.contradictions(self.location, [("the role", account)])]
        rule, source = association_rules.ROLE_ACCOUNT_MISMATCH, quotas.CHAINING_ROLES
        if arns.differ(account, here):
            fix = f"write them in a stack of {account}, and let a role of {here} assume it: RoleChain(first, role)"
            problems = [Problem("", in_account("the role", account, "its stack", here), fix)]
        elif not problems and is_immutable(self.role):
            problems = [takes_no_policies("", "the role")]
            rule, source = registry.INVALID_ARGUMENT, quotas.COPY_PERMISSIONS
        return [rule.finding(path_of(self.role), problem, source) for problem in problems]
