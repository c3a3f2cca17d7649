"""The managed policies of what was granted to a user, group or role."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any, Final, NamedTuple, cast

import jsii
from aws_cdk import (
    Annotations,
    DefaultTokenResolver,
    IFragmentConcatenator,
    IPostProcessor,
    IResolvable,
    IResolveContext,
    Reference,
    Stack,
    Tokenization,
)
from aws_cdk import aws_iam as iam
from constructs import Construct, DependencyGroup, IConstruct

from redshift_roles.aws import quotas
from redshift_roles.aws.permissions import Permission
from redshift_roles.aws.placeholders import is_token
from redshift_roles.aws.policies import Document, Statement, documents, least_size
from redshift_roles.cdk.jsii_compat import reference_of
from redshift_roles.cdk.location import Location, path_of
from redshift_roles.cdk.registry import record_of
from redshift_roles.cdk.role_reader import own_role, reports_policies
from redshift_roles.rules.registry import Problem

_UNDECIDED: Final = "redshift-roles:AttachedPoliciesUndecided"


@dataclass
class GrantRecord:
    """What was granted to a user, group or role.

    Attributes:
        policies: Its policies, by the scope that they are children of and the id of the first.
        trusted: The principals that were added to its trust policy, and what is known of each.
        is_chained: Whether it is a later role of a chain.
        is_vended: Whether Lake Formation vends data to it.
    """

    policies: dict[tuple[str, str], GrantedPolicies] = field(default_factory=dict)
    trusted: dict[str, str] = field(default_factory=dict)
    is_chained: bool = False
    is_vended: bool = False


class Plan(NamedTuple):
    """What the policies of a principal will be.

    Attributes:
        new: The permissions that are not there yet.
        written: All documents.
    """

    new: tuple[Permission, ...]
    written: list[Document]


class GrantedPolicies:
    """The policies of one principal, as few as IAM's size allows, the same whatever the order of the grants.

    Attributes:
        policies: The managed policies, none before the first grant.
    """

    def __init__(
        self,
        scope: Construct,
        location: Location,
        construct_id: str,
        attachment: Mapping[str, Any],
        *,
        kind: str = "roles",
        given: int = 0,
        siblings: Mapping[tuple[str, str], GrantedPolicies] | None = None,
    ) -> None:
        self.policies: list[iam.CfnManagedPolicy] = []
        self._scope = scope
        self._location = location
        self._id = construct_id
        self._attachment = attachment
        self._permissions: dict[Permission, None] = {}
        self._plan = Plan((), [])
        self._keys: dict[str, str] = {}
        self._kind = kind
        self._given = given
        self._siblings = {} if siblings is None else siblings
        self._dependable: DependencyGroup | None = None

    def allow(self, permissions: Sequence[Permission]) -> None:
        """Add permissions; those that are there already add nothing."""
        self.write(self.plan(permissions))

    def plan(self, permissions: Sequence[Permission]) -> Plan:
        """Return what the policies will be with more permissions, and write nothing."""
        new = tuple(permission for permission in dict.fromkeys(permissions) if permission not in self._permissions)
        if not new:
            return self._plan._replace(new=())
        together = [*self._permissions, *new]
        keys = self._sorted_by(together)
        return Plan(new, documents(together, key=lambda text: keys.get(text, text)))

    def problems(self, plan: Plan) -> Iterator[Problem]:
        """Find a statement that no policy can hold, and more policies than IAM attaches with any quota."""
        for document in plan.written if plan.new else []:
            statement, *others = cast("list[Statement]", document["Statement"])
            length, most = least_size(document), quotas.MANAGED_POLICY_SIZE
            if length > most and not others and isinstance(statement["Resource"], str):
                yield Problem(
                    "",
                    f"the statement for {statement['Action']} must have at most {most:,} characters, got {length:,}",
                    "grant the prefix, the manifest and the JSONPaths file one by one, or give them shorter keys",
                )
        number, (_, most) = self._number(len(plan.written)), quotas.ATTACHED_POLICIES[self._kind]
        if len(plan.written) > len(self.policies) and number > most:
            yield Problem(
                "",
                f"with this, {number} managed policies would be attached, IAM attaches at most {most}",
                f"divide the work among several {self._kind}; a name that is a token counts at its longest",
            )

    def _number(self, written: int) -> int:
        """Count the policies of the principal when so many of these are written."""
        return self._given + written + sum(len(one.policies) for one in self._siblings.values() if one is not self)

    def write(self, plan: Plan) -> None:
        """Write what was planned."""
        before, self._plan = self._plan, plan
        self._permissions.update(dict.fromkeys(plan.new))
        if not plan.new:
            return
        for index, document in enumerate(plan.written):
            if index >= len(self.policies):
                self._add(f"{self._id}{index + 1}" if index else self._id, document)
            elif document != before.written[index]:
                self.policies[index].policy_document = document
        self._warn()

    def apply_before(self, constructs: Iterable[IConstruct]) -> None:
        """Make constructs depend on the policies of now and of later."""
        if self._dependable is None:
            self._dependable = DependencyGroup(*self.policies)
        for construct in constructs:
            construct.node.add_dependency(self._dependable)

    def _add(self, construct_id: str, document: Document) -> None:
        policy = iam.CfnManagedPolicy(self._scope, construct_id, policy_document=document, **self._attachment)
        self.policies.append(policy)
        if self._dependable:
            self._dependable.add(policy)

    def _warn(self) -> None:
        """Warn where only an account whose quota was raised attaches as many policies."""
        usual, most = quotas.ATTACHED_POLICIES[self._kind]
        if self._number(len(self.policies)) > usual:
            warning = (
                f"More than {usual} managed policies are attached. IAM attaches {usual} unless the quota of the "
                f"account was raised, and then at most {most}; divide the work among several {self._kind}, or see "
                "that it was."
            )
            Annotations.of(self._scope).add_warning_v2(_UNDECIDED, warning)

    def _sorted_by(self, together: Iterable[Permission]) -> dict[str, str]:
        """Sort by what CDK will write, not by the numbers of tokens: those depend on the order of calls."""
        needed: dict[str, None] = {}
        for _, same in groupby(sorted(together, key=lambda one: one.sid), lambda one: one.sid):
            listed = [(one.resource, *(one.condition[2] if one.condition else ())) for one in same]
            if len(listed) > 1:
                needed.update(dict.fromkeys(text for texts in listed for text in texts if is_token(text)))
        return _same_values(needed, self._location.stack, self._keys)


class _ReportedPolicies(GrantedPolicies):
    """What is granted to a role whose policies CDK is told to report (``iam.Role.customize_roles``)."""

    def write(self, plan: Plan) -> None:
        """Give CDK the statements; it writes them into ``iam-policy-report.txt``."""
        (role,) = self._attachment["roles"]
        self._permissions.update(dict.fromkeys(plan.new))
        for permission in plan.new:
            operator, key, values = permission.condition or ("", "", ())
            statement = iam.PolicyStatement(
                actions=list(permission.actions),
                resources=[permission.resource],
                conditions={operator: {key: list(values)}} if permission.condition else None,
            )
            role.add_to_principal_policy(statement)


def granted_policies(
    construct: IConstruct, location: Location, construct_id: str, kind: str, *, scope: Construct | None = None
) -> GrantedPolicies:
    """Return the policies of a principal.

    Args:
        construct: The role, user or group.
        location: Where the policies are.
        construct_id: The id of the first policy.
        kind: ``roles``, ``users`` or ``groups``.
        scope: What the policies are children of. Default: the principal, or what an imported one is a child of, since
            CDK takes no import for a scope; then the ids begin with the import's.
    """
    policies, key = record_of(GrantRecord, construct).policies, (reference_of(scope), construct_id)
    if key not in policies:
        parent, name = (scope, construct_id) if scope else _beside(construct, construct_id)
        reported = kind == "roles" and reports_policies(cast("iam.IRole", construct))
        make = _ReportedPolicies if reported else GrantedPolicies
        own = own_role(construct)
        policies[key] = make(
            parent,
            location,
            name,
            {kind: [construct]},
            kind=kind,
            given=own.managed_policies if own else 0,
            siblings=policies,
        )
    return policies[key]


def _beside(construct: IConstruct, construct_id: str) -> tuple[Construct, str]:
    if isinstance(construct, Construct):
        return construct, construct_id
    return cast("Construct", construct.node.scope), f"{construct.node.id}{construct_id}"


@jsii.implements(IFragmentConcatenator)
class _Pairs:
    """Keeps the parts of a text, which may be objects, apart."""

    def join(self, left: object, right: object) -> object:
        """Write two neighbours."""
        return {"": [left, right]}


class _ByPath(DefaultTokenResolver):
    """Writes references by the paths of their resources: logical ids of different stacks may be the same."""

    def __init__(self) -> None:
        super().__init__(_Pairs())

    def resolve_token(self, t: IResolvable, context: IResolveContext, post_processor: IPostProcessor) -> object:
        """Write one token."""
        if isinstance(t, Reference):
            return f"{path_of(t.target)}.{t.display_name}"
        resolved: object = super().resolve_token(t, context, post_processor)
        return resolved


def _same_values(texts: Collection[str], stack: Stack, known: dict[str, str]) -> dict[str, str]:
    """Return a key for each text with tokens, the same for the same value, however often it was made a token.

    Args:
        texts: The texts.
        stack: Where they are to be written.
        known: What this stack writes for texts that were resolved before; those of now are added.
    """
    new = [text for text in texts if text not in known]
    if new:
        resolved = stack.resolve(new)
        known.update(zip(new, (json.dumps(value, sort_keys=True) for value in resolved), strict=True))
    times = Counter(known[text] for text in texts)
    return {text: known[text] if times[known[text]] == 1 else f"{known[text]} {_paths(text, stack)}" for text in texts}


def _paths(text: str, stack: Stack) -> str:
    return json.dumps(Tokenization.resolve(text, scope=stack, resolver=_ByPath(), preparing=False), sort_keys=True)
