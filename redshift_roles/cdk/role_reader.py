"""CDK roles, users and groups as plain facts.

A crossing into the jsii kernel costs more than anything that Python does here, so each thing is read once.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from types import MappingProxyType
from typing import Any, NamedTuple, cast

from aws_cdk import Aws, Duration
from aws_cdk import aws_iam as iam
from aws_cdk.interfaces.aws_iam import IGroupRef, IUserRef
from constructs import IConstruct

from redshift_roles.aws import Json, arns
from redshift_roles.aws.placeholders import is_awaited, is_token, placeholder, with_missing_name
from redshift_roles.aws.policies import rewritten
from redshift_roles.cdk import jsii_compat
from redshift_roles.cdk.location import Location, Unreachable, location_of, path_of, refer
from redshift_roles.cdk.records import record_of
from redshift_roles.rules.facts import RoleFacts
from redshift_roles.templates.assembly import Assembly, Template
from redshift_roles.templates.values import texts

Principal = IUserRef | IGroupRef | iam.IRole


class OwnRole(NamedTuple):
    """What a role of ours was made with; its path and name are empty unless they are given."""

    location: Location
    path_and_name: str
    serverless: bool
    scope: IConstruct
    trust_policy_quota: int
    managed_policies: int


@dataclass
class RoleRecord:
    """What is known of a role: what ours was made with, and the ARN and the trust policy, once they were read."""

    own: OwnRole | None = None
    arn: str | None = None
    trust: iam.PolicyDocument | None = None


@dataclass
class _ScopeRecord:
    reports_policies: bool | None = None


def role_arn(role: iam.IRole) -> str:
    """Read a role's ARN, once."""
    record = record_of(RoleRecord, role)
    if record.arn is None:
        record.arn = role.role_arn
    return record.arn


def remember_role_arns(roles: Sequence[iam.IRole], read: Sequence[str]) -> None:
    """Record ARNs that were read in one go."""
    for role, arn in zip(roles, read, strict=True):
        record_of(RoleRecord, role).arn = arn


def own_role(role: object) -> OwnRole | None:
    """Return what a role of ours was made with; None for others."""
    return record_of(RoleRecord, role).own


def role_location(role: iam.IRole) -> Location:
    """Return where a role is."""
    own = own_role(role)
    return own.location if own else location_of(role)


def role_facts(roles: Sequence[iam.IRole], location: Location, argument: str) -> Iterator[RoleFacts]:
    """Read the roles that an argument lists, as a cluster or policy of this location names them."""
    all_ours = all(own_role(role) for role in roles)
    read: dict[str, RoleFacts] = {}
    for index, role in enumerate(roles):
        label = f"{argument}[{index}]"
        own = own_role(role)
        facts = _own_role(role, own, label, location, distinct=all_ours) if own else _any_role(role, label, location)
        if not all_ours:
            twin = read.setdefault(role_arn(role), facts)
            facts = facts._replace(arn=_awaited_arn(role) or twin.arn)
        yield facts._replace(path=partial(path_of, role))


def _own_role(role: iam.IRole, own: OwnRole, label: str, location: Location, *, distinct: bool) -> RoleFacts:
    home = own.location
    name = own.path_and_name or "/" + (placeholder(f"{id(role)}#Name") if distinct else _nameless(role))
    partition = arns.THIS_PARTITION if is_token(home.partition_name) else home.partition_name
    text = f"arn:{partition}:iam::{home.account}:role{name}"
    problem = None if home.stack is location.stack else _reference(role, home, home.account, location)[1]
    return RoleFacts(label, text, reference_problem=problem, defined=True)


def _nameless(role: iam.IRole) -> str:
    return placeholder(f"{role_arn(role)}#Name")


def _any_role(role: iam.IRole, label: str, location: Location) -> RoleFacts:
    awaited = _awaited_arn(role)
    if awaited:
        return RoleFacts(label, awaited)
    literal = "" if isinstance(role, iam.Role) or is_token(role_arn(role)) else _text(None, role, location)
    if arns.parse(literal).account:
        return RoleFacts(label, literal)
    account = known_account(role.env.account, location)
    value, problem = _reference(role, location_of(role), account, location)
    text = _defined_text(role, account) or _text(value, role, location)
    if account and not arns.parse(text).account and not arns.parse(text).problem:
        text = f"arn:{arns.THIS_PARTITION}:iam::{account}:role/{_nameless(role)}"
    return RoleFacts(label, text, reference_problem=problem, defined=isinstance(role, iam.Role))


def _awaited_arn(role: iam.IRole) -> str | None:
    """Return what CDK writes for a role that it does not know yet, with a name; None for any other."""
    arn = role_arn(role)
    named = with_missing_name(arn)
    return named if is_awaited(arn) or (named != arn and reports_policies(role)) else None


def known_account(account: str, location: Location) -> str | None:
    """Return an account that CDK writes: twelve digits, `arns.THIS_ACCOUNT`, or None when it is not known."""
    if not is_token(account):
        return account
    return arns.THIS_ACCOUNT if account in (Aws.ACCOUNT_ID, location.account_id) else None


def _defined_text(role: iam.IRole, account: str | None) -> str | None:
    """Return the ARN of a role that the app defines under a literal name."""
    resource = role.node.default_child if isinstance(role, iam.Role) and account else None
    name = resource.role_name if isinstance(resource, iam.CfnRole) else None
    if not isinstance(resource, iam.CfnRole) or name is None or is_token(name):
        return None
    return f"arn:{arns.THIS_PARTITION}:iam::{account}:role{resource.path or '/'}{name}"


def _text(value: Json, role: iam.IRole, location: Location) -> str:
    arn = role_arn(role)
    if not is_token(arn):
        return texts(arn, _nowhere(location))[0]
    found = texts(value, _nowhere(location)) if value is not None else []
    return found[0] if len(found) == 1 and arns.parse(found[0]).account else placeholder(f"{arn}#Arn")


def _nowhere(location: Location) -> Template:
    account = None if is_token(location.account_id) else location.account_id
    return Template(None, "", account, location.region, Assembly())


def _reference(
    role: iam.IRole, home: Location, account: str | None, location: Location
) -> tuple[Json, Unreachable | None]:
    """Resolve a role's ARN as another stack would write it, or return why CDK cannot refer to it."""
    if arns.differ(account, location.account):
        # It is reported for its account; it matters no more whether CDK can refer to it.
        return None, None
    return refer(role_arn(role), home, location, "role_name")


def trust_of(role: iam.IRole) -> iam.PolicyDocument | None:
    """Return the trust policy of a role that the app defines, also of one that is made when it is first used.

    A role that CDK takes from elsewhere (``iam.Role.customize_roles``) has no resource and no trust policy here.
    """
    record = record_of(RoleRecord, role)
    if record.trust is None:
        made = role if isinstance(role, iam.Role) else role.node.default_child
        record.trust = made.assume_role_policy if isinstance(made, iam.Role) and made.node.default_child else None
    return record.trust


def trust_document(document: iam.PolicyDocument) -> dict[str, Any]:
    """Return a trust policy with tokens in it; what CDK keeps as an object, such as a `CfnJson`, is left empty."""
    found: dict[str, Any] = json.loads(json.dumps(document.to_json(), default=lambda _: {}))
    return found


def as_known(document: object, location: Location, known: Mapping[str, str] = MappingProxyType({})) -> Any:  # noqa: ANN401
    """Return a document as far as it is known, with placeholders where only the deployment knows."""
    given: dict[str, str] = {}
    rewritten(document, lambda text: given.setdefault(text, known.get(text, text)))
    values = dict(zip(given, texts_of([*given.values()], location), strict=True))
    return rewritten(document, values.__getitem__)


def reports_policies(role: iam.IRole) -> bool:
    """Return whether CDK reports the policies of a role and writes none."""
    own = own_role(role)
    scope = own.scope if own else (role.node.scope or role)
    record = record_of(_ScopeRecord, scope)
    if record.reports_policies is None:
        record.reports_policies = jsii_compat.reports_policies(scope)
    return record.reports_policies


def texts_of(values: Sequence[str], location: Location) -> list[str]:
    """Return values as far as they are known, with placeholders where only the deployment knows."""
    resolved = location.stack.resolve(list(values))
    return [found[0] for found in (texts(value, _nowhere(location)) for value in resolved)]


def account_of(arn: str, home_account: str, location: Location) -> str | None:
    """Return the account of a user, group or role: the one its ARN names, else the one of its stack."""
    named = arns.parse(texts_of([arn], location)[0]).account
    return named or (None if is_awaited(arn) else known_account(home_account, location))


def principal_account(principal: Principal, location: Location) -> str | None:
    """Return the account of a user, group or role; None when it is not known, or for anything else."""
    own = own_role(principal)
    if own and not reports_policies(cast("iam.IRole", principal)):
        return known_account(own.location.account_id, location)
    for reference, arn in (("role_ref", "role_arn"), ("group_ref", "group_arn"), ("user_ref", "user_arn")):
        found = getattr(principal, reference, None)
        if found is not None:
            return account_of(getattr(found, arn), principal.env.account, location)
    return None


def seconds_of(duration: Duration | None) -> float | None:
    """Return a duration in seconds; None when it is a token, not given, or of another kind."""
    if not isinstance(duration, Duration) or duration.is_unresolved():
        return None
    return duration.to_milliseconds() / 1000
