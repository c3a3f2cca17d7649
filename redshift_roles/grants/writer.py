"""Writing grants, or refusing those that could not work.

Permissions, and what they are for, flow in; managed policies on the role flow out, or one error with all that is wrong.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from aws_cdk import aws_iam as iam

from redshift_roles.aws import arns, quotas
from redshift_roles.aws.actions import PASSED_TO_TRAINING
from redshift_roles.aws.permissions import Home, Permission
from redshift_roles.aws.quotas import Source
from redshift_roles.cdk import account_rule
from redshift_roles.cdk.jsii_compat import is_immutable
from redshift_roles.cdk.location import Location, path_of
from redshift_roles.cdk.resource_reader import Resource, resource_problems
from redshift_roles.cdk.role_reader import own_role, principal_account, role_arn, role_location
from redshift_roles.cdk.validation import raise_if
from redshift_roles.grants.cross_account import add_to_policies, owner_problems, owner_statements, without_key_names
from redshift_roles.grants.grant import RedshiftGrant
from redshift_roles.grants.managed_policies import granted_policies
from redshift_roles.grants.trust_policy import Trusted, extend_trust, trust_problems
from redshift_roles.rules import association_rules, registry
from redshift_roles.rules.findings import Finding, RoleAssociationError
from redshift_roles.rules.registry import Problem

GRANTS_ID: Final = "RedshiftGrants"


class GrantWriter:
    """Writes the grants of one role.

    Attributes:
        role: The role.
        location: Where it is.
        policies: Its managed policies so far.
    """

    def __init__(self, role: iam.IRole) -> None:
        self.role = role
        self.location = role_location(role)
        self._granted = granted_policies(role, self.location, GRANTS_ID, "roles")
        self.policies = self._granted.policies

    @property
    def home(self) -> Home:
        """Where resources are that have a name and no construct."""
        return Home(self.location.partition_name, self.location.region_name, self.location.account_id)

    def path(self) -> str:
        """Read the role's path."""
        return path_of(self.role)

    def raise_if(self, source: Source, problems: Iterable[Problem]) -> None:
        """Raise what is wrong with arguments."""
        raise_if(self.path, source, problems)

    def allow(
        self, source: Source, allowed: Sequence[Permission], named: tuple[str, Resource] | None = None
    ) -> RedshiftGrant:
        """Allow something, or raise with everything that keeps it from working.

        Args:
            source: The AWS page about it.
            allowed: The permissions.
            named: What the caller calls the resource, and the resource, where there is one.
        """
        problems = [*resource_problems(*named, self.location, shareable=False)] if named else []
        return self._write(source, allowed, problems)

    def allow_in_bucket(
        self,
        source: Source,
        allowed: Sequence[Permission],
        bucket: Resource,
        *,
        owner_allows: bool,
        training: bool = False,
    ) -> RedshiftGrant:
        """Allow what needs a bucket, and the consent of the bucket's owner when that is another account.

        Args:
            source: The AWS page about it.
            allowed: The permissions.
            bucket: The bucket.
            owner_allows: Whether the owner of another account has consented.
            training: Whether Amazon SageMaker must assume the role too, where its trust policy is ours to write.
        """
        problems = [*resource_problems("bucket", bucket, self.location, shareable=True)]
        if not bucket.is_foreign(self.location):
            return self._write(source, allowed, problems, training=training)
        asked = owner_statements(allowed, bucket, self.location, role_arn(self.role))
        problems += owner_problems(asked, bucket, self.role, self.location, owner_allows=owner_allows)
        written = without_key_names(allowed, bucket, self.location)
        self._write(source, written, problems, training=training)
        add_to_policies(asked, bucket, self.location)
        return RedshiftGrant(self._granted, [*asked.bucket, *asked.key])

    def _write(
        self, source: Source, allowed: Sequence[Permission], problems: Sequence[Problem], *, training: bool = False
    ) -> RedshiftGrant:
        account = None if own_role(self.role) else principal_account(self.role, self.location)
        findings = [] if own_role(self.role) else self._unattachable(account)
        findings += [registry.INVALID_ARGUMENT.finding(self.path(), problem, source) for problem in problems]
        if findings:
            raise RoleAssociationError(findings)
        plan = self._granted.plan(allowed)
        too_large = [*self._granted.problems(plan), *(trust_problems(self.role, _TRAINING) if training else [])]
        if too_large:
            raise RoleAssociationError([registry.POLICY_TOO_LARGE.finding(self.path(), one) for one in too_large])
        account_rule.assert_account(self.location, [account])
        self._granted.write(plan)
        if training:
            extend_trust(self.role, _TRAINING)
        return RedshiftGrant(self._granted)

    def _unattachable(self, account: str | None) -> list[Finding]:
        """Find why no policy of this stack reaches the role."""
        if arns.differ(account, self.location.account):
            foreign = [_foreign(str(account), self.location)]
        else:
            foreign = [*account_rule.contradictions(self.location, [("the role", account)])]
        if foreign:
            return [association_rules.ROLE_ACCOUNT_MISMATCH.finding(self.path(), foreign[0], quotas.CHAINING_ROLES)]
        if is_immutable(self.role):
            return [registry.INVALID_ARGUMENT.finding(self.path(), _IMMUTABLE, quotas.COPY_PERMISSIONS)]
        return []


_TRAINING: Final = Trusted("Service", PASSED_TO_TRAINING, PASSED_TO_TRAINING)
_IMMUTABLE: Final = Problem(
    "",
    "the role was imported with mutable=False or is a role.without_policy_updates(), so CDK attaches no policy to it",
    "import it with mutable=True, grant it to the role itself, or let whoever owns it write the permissions",
)
LAKE_FORMATION_IN_A_CHAIN: Final = Problem(
    "lake_formation",
    "the role is a later one of a RoleChain and 'lake_formation' is True, which Redshift does not combine",
    "associate the role with the cluster itself, or pass bucket=… in place of lake_formation=True",
)


def _foreign(account: str, location: Location) -> Problem:
    return Problem(
        "",
        f"the role is in account {account}, its permissions would be in {location.account}",
        f"write them in a stack of {account}, and let a role of {location.account} assume it: RoleChain(first, role)",
    )
