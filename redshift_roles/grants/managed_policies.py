"""The managed policies of what was granted to a user, group or role."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
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
    Tokenization,
)
from aws_cdk import aws_iam as iam
from constructs import Construct, DependencyGroup, IConstruct, IDependable

from redshift_roles.aws import quotas
from redshift_roles.aws.permissions import Permission
from redshift_roles.aws.placeholders import is_token
from redshift_roles.aws.policies import Document, Statement, documents, least_size
from redshift_roles.cdk import plugins
from redshift_roles.cdk.jsii_compat import reference_of
from redshift_roles.cdk.location import Location, path_of
from redshift_roles.cdk.records import record_of
from redshift_roles.cdk.role_reader import own_role, reports_policies, role_location
from redshift_roles.rules.registry import ATTACHED_POLICIES_UNDECIDED, Problem


@dataclass
class GrantRecord:
    """What was granted to a user, group or role."""

    kind: str = "roles"  # or users, or groups
    given: int = 0  # how many managed policies it was created with
    policies: dict[tuple[str, str], GrantedPolicies] = field(default_factory=dict)  # by scope and first id
    trusted: dict[str, str] = field(default_factory=dict)  # what is known of the principals in its trust policy
    is_chained: bool = False
    is_vended: bool = False
    waited_for: DependencyGroup | None = None  # all its policies, where something waits for them

    def number(self, changed: GrantedPolicies, written: int) -> int:
        """Count its policies when some of them change."""
        return self.given + written + sum(len(one.policies) for one in self.policies.values() if one is not changed)


class Plan(NamedTuple):
    """What the policies of a principal will be: all documents, and the permissions that are not there yet."""

    new: tuple[Permission, ...]
    written: list[Document]


class GrantedPolicies:
    """The policies of one principal, as few as IAM's size allows, the same whatever the order of the grants."""

    def __init__(
        self,
        scope: Construct,
        location: Location,
        construct_id: str,
        attachment: Mapping[str, Any],
        record: GrantRecord | None = None,
    ) -> None:
        self.policies: list[iam.CfnManagedPolicy] = []
        self._scope = scope
        self._location = location
        self._id = construct_id
        self._attachment = attachment
        self._record = record or GrantRecord()
        self._permissions: dict[Permission, None] = {}
        self._plan = Plan((), [])
        self._resolved: dict[str, str] = {}
        self._written_with_paths: dict[str, str] = {}
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
        keys = self._keys(together)
        return Plan(new, documents(together, key=lambda text: keys.get(text, text)))

    def problems(self, plan: Plan) -> Iterator[Problem]:
        """Find a statement that no policy can hold, and more policies than IAM attaches with any quota."""
        for document in plan.written if plan.new else []:
            statement, *others = cast("list[Statement]", document["Statement"])
            if others or not isinstance(statement["Resource"], str):
                continue
            length, most = least_size(document), quotas.MANAGED_POLICY_SIZE
            if length > most:
                yield Problem(
                    "",
                    f"the statement for {statement['Action']} must have at most {most:,} characters, got {length:,}",
                    "grant the prefix, the manifest and the JSONPaths file one by one, or give them shorter keys",
                )
        kind, number = self._record.kind, self._record.number(self, len(plan.written))
        *_, most = quotas.ATTACHED_POLICIES[kind]
        if len(plan.written) > len(self.policies) and number > most:
            yield Problem(
                "",
                f"with this, {number} managed policies would be attached, IAM attaches at most {most}",
                f"divide the work among several {kind}; a name that is a token counts at its longest",
            )

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
        plugins.watch_policy(policy, self._location)
        for waited_for in filter(None, (self._dependable, self._record.waited_for)):
            waited_for.add(policy)

    def _warn(self) -> None:
        """Warn where only an account whose quota was raised attaches as many policies."""
        kind = self._record.kind
        surely, default, most = quotas.ATTACHED_POLICIES[kind]
        if self._record.number(self, len(self.policies)) > surely:
            attached = f"{surely} or {default}" if default > surely else surely
            warning = (
                f"More than {surely} managed policies are attached. By the quota of the account IAM attaches "
                f"{attached}, at most {most} ({quotas.IAM_QUOTAS.url}). Divide the work among several {kind}, "
                "or raise the quota."
            )
            Annotations.of(self._scope).add_warning_v2(ATTACHED_POLICIES_UNDECIDED.annotation_id, warning)

    def _keys(self, together: Sequence[Permission]) -> dict[str, str]:
        """Return what tokens are sorted by, where permissions are compared: their numbers depend on the order of calls.

        A key is what CDK writes. Resources of several stacks can have one logical id; they have their paths besides.
        """
        stack, times = self._location.stack, Counter(permission.sid for permission in together)
        compared = [(one.resource, *(one.condition or ("", "", ()))[2]) for one in together if times[one.sid] > 1]
        texts = dict.fromkeys(text for listed in compared for text in listed if is_token(text))
        new = [text for text in texts if text not in self._resolved]
        if new:
            resolved = [json.dumps(value, sort_keys=True) for value in stack.resolve(new)]
            self._resolved.update(zip(new, resolved, strict=True))
        keys = {text: self._resolved[text] for text in texts}
        alike = Counter(keys.values())
        return {text: key if alike[key] == 1 else f"{key} {self._with_paths(text)}" for text, key in keys.items()}

    def _with_paths(self, text: str) -> str:
        if text not in self._written_with_paths:
            written = Tokenization.resolve(text, scope=self._location.stack, resolver=_by_path(), preparing=False)
            self._written_with_paths[text] = json.dumps(written, sort_keys=True)
        return self._written_with_paths[text]


class _ReportedPolicies(GrantedPolicies):
    """What is granted to a role whose policies CDK is told to report (``iam.Role.customize_roles``)."""

    def write(self, plan: Plan) -> None:
        """Give CDK the statements; it writes them into ``iam-policy-report.txt``."""
        (role,) = self._attachment["roles"]
        self._permissions.update(dict.fromkeys(plan.new))
        report(role, plan.new)


def report(role: iam.IRole, permissions: Iterable[Permission]) -> None:
    """Give CDK permissions for its report about a role that others make; it writes a statement once."""
    for permission in permissions:
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
    """Return the policies of a principal, which are its children unless another scope is given.

    Those of an imported one are children of its parent, since CDK takes no import for a scope; then the ids begin with
    the import's.
    """
    record, key = record_of(GrantRecord, construct), (reference_of(scope), construct_id)
    if key not in record.policies:
        own = own_role(construct)
        record.kind, record.given = kind, own.managed_policies if own else 0
        parent, name = (scope, construct_id) if scope else _beside(construct, construct_id)
        reported = kind == "roles" and reports_policies(cast("iam.IRole", construct))
        make = _ReportedPolicies if reported else GrantedPolicies
        record.policies[key] = make(parent, location, name, {kind: [construct]}, record)
    return record.policies[key]


def grants_to_wait_for(role: iam.IRole, location: Location, scopes: Collection[str]) -> list[IDependable]:
    """List what waits for a role and for what it is granted, by this library and by CDK, in these scopes there.

    Later grants count too. What CDK grants is a child of the role; a construct that is one as well cannot wait for it.
    """
    record = record_of(GrantRecord, role)
    if record.waited_for is None:
        record.waited_for = DependencyGroup(*(policy for one in record.policies.values() for policy in one.policies))
    can_wait = reference_of(role) not in scopes and role_location(role).stage is location.stage
    return [record.waited_for, role] if can_wait else [record.waited_for]


def _beside(construct: IConstruct, construct_id: str) -> tuple[Construct, str]:
    if isinstance(construct, Construct):
        return construct, construct_id
    return cast("Construct", construct.node.scope), f"{construct.node.id}{construct_id}"


@jsii.implements(IFragmentConcatenator)
class _Pairs:
    """Keeps the parts of a text, which may be objects, apart."""

    def join(self, left: object, right: object) -> object:
        return {"": [left, right]}


class _ByPath(DefaultTokenResolver):
    """Writes references by the paths of their resources: logical ids of different stacks may be the same."""

    def __init__(self) -> None:
        super().__init__(_Pairs())

    def resolve_token(self, t: IResolvable, context: IResolveContext, post_processor: IPostProcessor) -> object:
        if isinstance(t, Reference):
            return f"{path_of(t.target)}.{t.display_name}"
        resolved: object = super().resolve_token(t, context, post_processor)
        return resolved


_by_path: Final = cache(_ByPath)


def takes_no_policies(argument: str, what: str) -> Problem:
    """Return what is wrong with a role to which CDK attaches no policy."""
    return Problem(
        argument,
        f"{what} was imported with mutable=False or is a role.without_policy_updates(): CDK attaches no policy to it",
        "import it with mutable=True, use the role itself, or let its owner write the permissions",
    )
