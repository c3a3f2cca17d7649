"""What was granted, as CDK describes it.

Managed policies and the permissions in them flow in; an `iam.Grant` flows out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import jsii
from aws_cdk import aws_iam as iam
from constructs import DependencyGroup

from redshift_roles.aws.permissions import Permission


@jsii.implements(iam.IPrincipal)
class _Granted:
    """A principal whose policies have the statements already: CDK makes grants out of principals."""

    def __init__(self, policies: Sequence[iam.CfnManagedPolicy]) -> None:
        self._policies = policies

    @property
    def grant_principal(self) -> iam.IPrincipal:
        return self

    @property
    def assume_role_action(self) -> str:
        return "sts:AssumeRole"

    @property
    def policy_fragment(self) -> iam.PrincipalPolicyFragment:
        return iam.PrincipalPolicyFragment({})

    @property
    def principal_account(self) -> str | None:
        return None

    def add_to_principal_policy(self, statement: iam.PolicyStatement) -> iam.AddToPrincipalPolicyResult:  # noqa: ARG002
        return iam.AddToPrincipalPolicyResult(statement_added=True, policy_dependable=DependencyGroup(*self._policies))


class LateGrant(iam.Grant):
    """A grant that is made in CDK when it is first looked at: most are never looked at, and each costs milliseconds."""

    _made: iam.Grant | None = None
    _make: Callable[[], iam.Grant]

    @classmethod
    def of(cls, make: Callable[[], iam.Grant]) -> iam.Grant:
        """Keep how to make it. The jsii metaclass would make it at once, so the object is made past it."""
        grant = cls.__new__(cls)
        grant._make = make
        return grant

    @property
    def __jsii_ref__(self) -> object:
        if self._made is None:
            self._made = self._make()
        return self._made.__jsii_ref__  # type: ignore[attr-defined]


def grant_of(policies: Sequence[iam.CfnManagedPolicy], permissions: Iterable[Permission]) -> iam.Grant:
    """Describe what was allowed as CDK does."""
    principal = _Granted(policies)
    grants = [
        iam.Grant.add_to_principal(
            grantee=principal,
            actions=list(permission.actions),
            resource_arns=[permission.resource],
            conditions=conditions_of(permission),
        )
        for permission in permissions
    ]
    first, *others = grants
    for other in others:
        first = first.combine(other)
    return first


def conditions_of(permission: Permission) -> dict[str, dict[str, Any]] | None:
    """Write the condition of a permission as CDK takes it."""
    if permission.condition is None:
        return None
    operator, name, values = permission.condition
    return {operator: {name: list(values)}}
