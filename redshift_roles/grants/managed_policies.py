"""The managed policies of what was granted to a role, user or group.

Permissions flow in, grant by grant; as few managed policies as IAM's size allows flow out, the same whatever the order.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from typing import Any, Final, NamedTuple, cast

from aws_cdk import Annotations
from aws_cdk import aws_iam as iam
from constructs import Construct, IConstruct

from redshift_roles.aws.permissions import Permission
from redshift_roles.aws.placeholders import is_token
from redshift_roles.aws.policies import Document, documents
from redshift_roles.aws.token_lengths import longest
from redshift_roles.cdk.jsii_compat import Remembered, reference_of
from redshift_roles.cdk.location import Location
from redshift_roles.cdk.role_reader import own_role, reports_policies
from redshift_roles.grants.attachments import too_many, undecided
from redshift_roles.grants.cdk_grant import conditions_of
from redshift_roles.grants.deploy_time import same_values
from redshift_roles.rules.registry import Problem


class Plan(NamedTuple):
    """What a principal's policies will be.

    Attributes:
        new: The permissions that are not there yet.
        written: All documents.
        longest: Each text with tokens, as long as it can become.
    """

    new: tuple[Permission, ...]
    written: list[Document]
    longest: Mapping[str, str]


class GrantedPolicies:
    """The policies of one principal, children of a construct near it.

    Attributes:
        policies: The managed policies, none before the first grant.
    """

    def __init__(
        self,
        scope: Construct,
        location: Location,
        construct_id: str,
        attachment: dict[str, Any],
        principal: _Principal | None = None,
    ) -> None:
        self.policies: list[iam.CfnManagedPolicy] = []
        self._scope = scope
        self._place = location
        self._id = construct_id
        self._attachment = attachment
        self._permissions: dict[Permission, None] = {}
        self._plan = Plan((), [], {})
        self._keys: dict[str, str] = {}
        self._principal = principal

    def allow(self, permissions: Sequence[Permission]) -> None:
        """Add permissions; those that are there already add nothing."""
        self.write(self.plan(permissions))

    def plan(self, permissions: Sequence[Permission]) -> Plan:
        """Say what the policies will be with more permissions, and write nothing."""
        new = tuple(permission for permission in dict.fromkeys(permissions) if permission not in self._permissions)
        if not new:
            return self._plan._replace(new=())
        longer = dict(self._plan.longest)
        for permission in new:
            for text, value in longest(permission).items():
                longer[text] = max(longer.get(text, ""), value, key=len)
        together = [*self._permissions, *new]
        keys = self._sorted_by(together)
        written = documents(
            together, key=lambda text: keys.get(text, text), written=lambda text: longer.get(text, text)
        )
        return Plan(new, written, longer)

    def problems(self, plan: Plan) -> Iterator[Problem]:
        """Find out whether IAM attaches as many policies as were planned."""
        if self._principal and len(plan.written) > len(self.policies):
            yield from too_many(self._principal.kind, self._principal.number(self, len(plan.written)))

    def write(self, plan: Plan) -> None:
        """Write what was planned."""
        before, self._plan = self._plan, plan
        self._permissions.update(dict.fromkeys(plan.new))
        if not plan.new:
            return
        for index, document in enumerate(plan.written):
            if index >= len(self.policies):
                self._add(index, document)
            elif document != before.written[index]:
                self.policies[index].policy_document = document
        for index in range(len(plan.written), len(self.policies)):
            self._scope.node.try_remove_child(self._construct_id(index))
        del self.policies[len(plan.written) :]
        self._warn()

    def _warn(self) -> None:
        principal = self._principal
        warning = undecided(principal.kind, principal.number(self, len(self.policies))) if principal else None
        if warning:
            Annotations.of(self._scope).add_warning_v2(_UNDECIDED, warning)

    def _construct_id(self, index: int) -> str:
        return f"{self._id}{index + 1}" if index else self._id

    def _add(self, index: int, document: Document) -> None:
        construct_id = self._construct_id(index)
        policy = iam.CfnManagedPolicy(self._scope, construct_id, policy_document=document, **self._attachment)
        self.policies.append(policy)

    def _sorted_by(self, together: Iterable[Permission]) -> dict[str, str]:
        """Sort by what CDK will write, not by the numbers of tokens: those depend on the order of calls."""
        needed: dict[str, None] = {}
        for _, same in groupby(sorted(together, key=_sid), _sid):
            listed = [_texts(permission) for permission in same]
            if len(listed) > 1:
                needed.update(dict.fromkeys(text for texts in listed for text in texts if is_token(text)))
        return same_values(needed, self._place.stack, self._keys)


class _Principal(NamedTuple):
    """Who has the policies.

    Attributes:
        kind: ``roles``, ``users`` or ``groups``.
        given: How many policies were given to it when it was made.
        granted: All that were granted to it.
    """

    kind: str
    given: int
    granted: Mapping[tuple[str, str], GrantedPolicies]

    def number(self, changed: GrantedPolicies, written: int) -> int:
        """Count the policies when some of them change."""
        return self.given + written + sum(len(one.policies) for one in self.granted.values() if one is not changed)


_UNDECIDED: Final = "redshift-roles:AttachedPoliciesUndecided"


def _sid(permission: Permission) -> str:
    return permission.sid


def _texts(permission: Permission) -> tuple[str, ...]:
    return (permission.resource, *(permission.condition[2] if permission.condition else ()))


class ReportedPolicies(GrantedPolicies):
    """What is granted to a role whose policies CDK is told to report and not to write
    (``iam.Role.customize_roles``).
    """

    def write(self, plan: Plan) -> None:
        """Tell CDK, which writes the policies of this role into ``iam-policy-report.txt``."""
        (role,) = self._attachment["roles"]
        self._permissions.update(dict.fromkeys(plan.new))
        for permission in plan.new:
            statement = iam.PolicyStatement(
                actions=list(permission.actions),
                resources=[permission.resource],
                conditions=conditions_of(permission),
            )
            role.add_to_principal_policy(statement)


_of_principals: Remembered[dict[tuple[str, str], GrantedPolicies]] = Remembered()


def granted_policies(
    principal: IConstruct, location: Location, construct_id: str, kind: str, *, scope: Construct | None = None
) -> GrantedPolicies:
    """Find the policies of a principal.

    Args:
        principal: The role, user or group.
        location: Where the policies are.
        construct_id: The id of the first policy.
        kind: ``roles``, ``users`` or ``groups``.
        scope: What the policies are children of. Default: the principal, or what an imported one is a child of, since
            CDK takes no import for a scope; then the ids begin with the import's.
    """
    found = _of_principals.get(principal)
    if found is None:
        found = _of_principals[principal] = {}
    key = (reference_of(scope), construct_id)
    if key not in found:
        parent, name = (scope, construct_id) if scope else _beside(principal, construct_id)
        reported = kind == "roles" and reports_policies(cast("iam.IRole", principal))
        made = ReportedPolicies if reported else GrantedPolicies
        own = own_role(principal)
        whose = _Principal(kind, own.managed_policies if own else 0, found)
        found[key] = made(parent, location, name, {kind: [principal]}, whose)
    return found[key]


def _beside(principal: IConstruct, construct_id: str) -> tuple[Construct, str]:
    if isinstance(principal, Construct):
        return principal, construct_id
    return cast("Construct", principal.node.scope), f"{principal.node.id}{construct_id}"
