"""
The managed policies of what was granted to a role, user or group.

Permissions flow in, grant by grant; as few managed policies as IAM's size allows flow out, the same whatever the order.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache
from itertools import chain, groupby
from typing import Any, Final, cast
from weakref import WeakKeyDictionary

import jsii
from aws_cdk import Reference, Tokenization
from aws_cdk import aws_iam as iam
from constructs import Construct, DependencyGroup, IConstruct

from redshift_roles import limits
from redshift_roles.permission_documents import documents
from redshift_roles.permissions import Permission
from redshift_roles.places import Place, path_of
from redshift_roles.tokens import is_token, token_names, token_values

_PSEUDO_PARAMETERS: Final = {"AWS.Partition": 10, "AWS.Region": 14, "AWS.AccountId": 12}


class GrantedPolicies:
    """
    The policies of one principal, children of a construct near it.

    Attributes:
        policies: The managed policies, none before the first grant.
    """

    def __init__(self, scope: Construct, place: Place, construct_id: str, attachment: dict[str, Any]) -> None:
        self.policies: list[iam.CfnManagedPolicy] = []
        self._scope = scope
        self._place = place
        self._id = construct_id
        self._attachment = attachment
        self._permissions: dict[Permission, None] = {}
        self._longest: dict[str, int] = {}
        self._resolved: dict[str, str] = {}
        self._keys: dict[str, str] = {}

    def allow(self, permissions: Sequence[Permission]) -> None:
        """
        Add permissions; those that are there already add nothing.
        """
        new = [permission for permission in permissions if permission not in self._permissions]
        if not new:
            return
        self._permissions.update(dict.fromkeys(new))
        for permission in new:
            self._measure(permission)
        self._resolve()
        written = documents(self._permissions, key=lambda text: self._keys.get(text, text), written=self._at_longest)
        for index, document in enumerate(written):
            self._write(index, document)

    def _write(self, index: int, document: dict[str, object]) -> None:
        if index < len(self.policies):
            self.policies[index].policy_document = document
            return
        construct_id = f"{self._id}{index + 1}" if index else self._id
        policy = iam.CfnManagedPolicy(self._scope, construct_id, policy_document=document, **self._attachment)
        self.policies.append(policy)

    def _measure(self, permission: Permission) -> None:
        """
        Note how long the tokens of a permission will be at most.
        """
        service = permission.actions[0].partition(":")[0]
        for name in token_names(permission.resource):
            self._longest[name] = limits.LONGEST_ARNS.get(service, limits.LONGEST_ARN)

    def _at_longest(self, text: str) -> str:
        return token_values(text, lambda name: "x" * self._length(name))

    def _length(self, name: str) -> int:
        pseudo = next((length for start, length in _PSEUDO_PARAMETERS.items() if name.startswith(start)), None)
        return pseudo or self._longest.get(name, limits.S3_KEY_LENGTH)

    def _resolve(self) -> None:
        """
        Sort by what CDK will write, not by the numbers of tokens: those depend on the order of calls.
        """
        by_sid = sorted(self._permissions, key=lambda permission: permission.sid)
        needed: set[str] = set()
        for _, same in groupby(by_sid, lambda permission: permission.sid):
            texts = [_texts(permission) for permission in same]
            if len(texts) > 1:
                needed.update(text for text in chain(*texts) if is_token(text) and text not in self._resolved)
        if needed:
            listed = list(needed)
            resolved = self._place.stack.resolve(listed)
            self._resolved.update(zip(listed, (json.dumps(value, sort_keys=True) for value in resolved), strict=True))
            self._keys = _distinct(self._resolved)


def _distinct(resolved: Mapping[str, str]) -> dict[str, str]:
    """
    Tell apart what CDK writes alike: resources of the same logical id in different stacks, by their paths.
    """
    times = Counter(resolved.values())
    return {text: written if times[written] == 1 else f"{written} {_paths(text)}" for text, written in resolved.items()}


@cache
def _paths(text: str) -> str:
    """
    Name the resources behind the tokens of a text.
    """
    tokens = Tokenization.reverse_string(text).tokens
    return " ".join(path_of(token.target) for token in tokens if isinstance(token, Reference))


def _texts(permission: Permission) -> tuple[str, ...]:
    return (permission.resource, *(permission.condition[2] if permission.condition else ()))


_of_principals: WeakKeyDictionary[IConstruct, dict[tuple[int, str], GrantedPolicies]] = WeakKeyDictionary()


def granted_policies(
    principal: IConstruct, place: Place, construct_id: str, kind: str, *, scope: Construct | None = None
) -> GrantedPolicies:
    """
    Find the policies of a principal.

    Args:
        principal: The role, user or group.

        place: Where the policies are.

        construct_id: The id of the first policy.

        kind: ``roles``, ``users`` or ``groups``.

        scope: What the policies are children of. Default: the principal, or what an imported one is a child of, since
            CDK takes no import for a scope; then the ids begin with the import's.
    """
    found = _of_principals.setdefault(principal, {})
    key = (id(scope), construct_id)
    if key not in found:
        parent, name = (scope, construct_id) if scope else _beside(principal, construct_id)
        found[key] = GrantedPolicies(parent, place, name, {kind: [principal]})
    return found[key]


def _beside(principal: IConstruct, construct_id: str) -> tuple[Construct, str]:
    if isinstance(principal, Construct):
        return principal, construct_id
    return cast("Construct", principal.node.scope), f"{principal.node.id}{construct_id}"


@jsii.implements(iam.IPrincipal)
class _Granted:
    """
    A principal whose policies have the statements already: CDK makes grants out of principals.
    """

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
    """
    A grant that is made in CDK when it is first looked at: most are never looked at, and each costs milliseconds.
    """

    _made: iam.Grant | None = None
    _make: Callable[[], iam.Grant]

    @classmethod
    def of(cls, make: Callable[[], iam.Grant]) -> iam.Grant:
        """
        Keep how to make it. The jsii metaclass would make it at once, so the object is made past it.
        """
        grant = cls.__new__(cls)
        grant._make = make
        return grant

    @property
    def __jsii_ref__(self) -> object:
        if self._made is None:
            self._made = self._make()
        return self._made.__jsii_ref__  # type: ignore[attr-defined]


def grant_of(policies: Sequence[iam.CfnManagedPolicy], permissions: Iterable[Permission]) -> iam.Grant:
    """
    Describe what was allowed as CDK does.
    """
    principal = _Granted(policies)
    grants = [
        iam.Grant.add_to_principal(
            grantee=principal,
            actions=list(permission.actions),
            resource_arns=[permission.resource],
            conditions=_conditions(permission),
        )
        for permission in permissions
    ]
    first, *others = grants
    for other in others:
        first = first.combine(other)
    return first


def _conditions(permission: Permission) -> dict[str, dict[str, Any]] | None:
    if permission.condition is None:
        return None
    operator, name, values = permission.condition
    return {operator: {name: list(values)}}
