"""What a cluster and a Serverless namespace share: a list of roles that can grow."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from aws_cdk import aws_iam as iam

from redshift_roles.aws import quotas
from redshift_roles.aws.placeholders import is_list_token
from redshift_roles.cdk import account_rule
from redshift_roles.cdk.location import Location, path_of, remember_location
from redshift_roles.cdk.role_reader import remember_role_arns, role_arn
from redshift_roles.cdk.validation import checked_roles, raise_if
from redshift_roles.rules import arguments
from redshift_roles.rules.facts import AssociationFacts, RoleFacts
from redshift_roles.rules.registry import Problem
from redshift_roles.templates.cluster_reader import METADATA

if TYPE_CHECKING:
    from aws_cdk import aws_redshift as redshift
    from aws_cdk import aws_redshiftserverless as serverless


class ListKind(NamedTuple):
    """What has the list, the page about it, and the construct that has a role of its own besides."""

    name: Literal["cluster", "namespace"]
    page: quotas.Source
    warehouse: str

    def checked(
        self,
        path: Callable[[], str],
        problems: Iterable[Problem],
        location: Location,
        given: Any,  # noqa: ANN401  the arguments of a cluster or a namespace
        own_role: RoleFacts | None = None,
    ) -> AssociationFacts:
        """Return the facts about the roles that are given, or raise all that is wrong with the arguments."""
        return checked_roles(
            path,
            self.page,
            problems,
            location,
            kind=self.name,
            argument="roles",
            roles=given["roles"],
            default_role=given.get("default_role"),
            role_limit=given["role_limit"],
            own_role=own_role,
        )


class RoleList:
    """A construct with a list of roles: `_list_roles` is called when its L1 is made."""

    _list_kind: ListKind

    def _list_roles(
        self,
        l1: redshift.CfnCluster | serverless.CfnNamespace,
        location: Location,
        roles: Sequence[iam.IRole],
        role_limit: int,
    ) -> None:
        self._l1, self._location, self._roles, self._role_limit = l1, location, list(roles), role_limit
        remember_location(l1, location)
        if role_limit != quotas.DEFAULT_ROLE_LIMIT:
            # What checks the template finds the limit there.
            l1.add_metadata(METADATA, {"role_limit": role_limit})
        if roles:
            remember_role_arns(roles, self._listed())

    def _listed(self) -> Sequence[str]:
        return self._l1.iam_roles or []

    @property
    def roles(self) -> tuple[iam.IRole, ...]:
        """The associated roles, in the order of the template."""
        return tuple(self._roles)

    @property
    def role_limit(self) -> int:
        """How many roles it may have."""
        return self._role_limit

    def add_role(self, role: iam.IRole) -> None:
        """Associate one more role.

        Args:
            role: A role of the same account that is not associated yet.

        Raises:
            RoleAssociationError: As the constructor does; then all is as it was before.
        """
        roles, listed = [*self._roles, role], self._listed()
        found = [*_unknown_list(listed, self._list_kind.name), *arguments.ListOf(arguments.ROLE).check("roles", roles)]
        given = {"roles": roles, "role_limit": self._role_limit}
        facts = self._list_kind.checked(lambda: path_of(self), found, self._location, given)
        self._l1.iam_roles = [*listed, role_arn(role)]
        self._roles.append(role)
        account_rule.assert_account(self._location, (role.account for role in facts.roles))

    @property
    def grant_principal(self) -> None:
        """Nobody, so that ``bucket.grant_read(…)`` fails with what to use.

        Raises:
            RoleAssociationError: InvalidArgument. CDK passes its text on in an error of its own.
        """
        kind, _, warehouse = self._list_kind
        message = f"a {kind} has no permissions of its own: Redshift uses those of the role that a statement names"
        use = "grant to a role, as in role.redshift_grants.copy_from(bucket), or to a"
        problem = Problem("", message, f"{use} {warehouse}, which has one")
        raise_if(lambda: path_of(self), quotas.AUTHORIZING_REDSHIFT, [problem])


def _unknown_list(listed: Sequence[str], kind: str) -> list[Problem]:
    """Find a list that replaced ours and that only the deployment knows."""
    if not any(is_list_token(entry) for entry in listed):
        return []
    wrong = f"cfn_{kind}.iam_roles was replaced by a list that only the deployment knows, so no role can be added to it"
    return [Problem("", wrong, "add the role to that list, or leave the list to add_role")]
