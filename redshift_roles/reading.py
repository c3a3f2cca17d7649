"""
CDK objects as plain facts.

Stacks and roles flow in, facts for the rules flow out. The only module that knows what a Token is. A crossing into the
jsii kernel costs more than anything Python does here, so each thing is read once.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final
from weakref import WeakKeyDictionary

from aws_cdk import Aws, Duration, NestedStack, Stack, Stage
from aws_cdk import aws_iam as iam
from constructs import IConstruct

from redshift_roles import role_arns
from redshift_roles.assembly import Assembly, Json, Template
from redshift_roles.facts import RoleFacts
from redshift_roles.values import texts

_TOKEN_MARKS: Final = ("${Token[", "#{Token[")
# A number that stands for a token is below any number a template can hold.
_NUMBER_TOKEN: Final = -1e200


def is_token(value: object) -> bool:
    """
    Say whether a string, number or list stands for a value that only the deployment knows.
    """
    if isinstance(value, str):
        return any(mark in value for mark in _TOKEN_MARKS)
    if isinstance(value, (list, tuple)):
        return any(is_token(item) for item in value)
    return isinstance(value, float) and value < _NUMBER_TOKEN


def is_list_token(entry: str) -> bool:
    """
    Say whether the entry of a list stands for a whole list.
    """
    return _TOKEN_MARKS[1] in entry


@dataclass(frozen=True, eq=False)
class Place:
    """
    Where a construct is: its stack and what CDK says of it.

    Attributes:
        stack: The stack, perhaps a nested one.

        top: The top-level stack.

        root: The root of the construct tree.

        account_id: The account as CDK writes it, perhaps a token.

        region_name: The region as CDK writes it, perhaps a token.

        partition_name: The partition as CDK writes it, perhaps a token.
    """

    stack: Stack
    top: Stack
    root: IConstruct
    account_id: str
    region_name: str
    partition_name: str

    @cached_property
    def stage(self) -> Stage | None:
        """
        The stage, the app itself where there is no other; read when it is first asked for.
        """
        return Stage.of(self.stack)

    @property
    def account(self) -> str:
        """
        Twelve digits, or `role_arns.THIS_ACCOUNT` where the stack names no account.
        """
        return role_arns.THIS_ACCOUNT if is_token(self.account_id) else self.account_id

    @property
    def region(self) -> str | None:
        """
        The region, or None where the stack names none.
        """
        return None if is_token(self.region_name) else self.region_name


_places: WeakKeyDictionary[IConstruct, Place] = WeakKeyDictionary()


def place_of(scope: IConstruct) -> Place:
    """
    Read where a construct is, once for each scope and stack.
    """
    place = _places.get(scope)
    if place is None:
        stack = scope if isinstance(scope, Stack) else Stack.of(scope)
        place = _places.get(stack) or _read_place(stack)
        _places[scope] = _places[stack] = place
    return place


def _read_place(stack: Stack) -> Place:
    top = stack
    while isinstance(top, NestedStack) and top.nested_stack_parent is not None:
        top = top.nested_stack_parent
    return Place(stack, top, stack.node.root, stack.account, stack.region, stack.partition)


def remember_place(construct: IConstruct, place: Place) -> None:
    """
    Keep where a construct of ours is, which its scope already told.
    """
    _places[construct] = place


def path_of(construct: object) -> str:
    """
    Read a construct's path; empty for what is no construct.
    """
    return construct.node.path if hasattr(construct, "node") else ""


_role_arns: WeakKeyDictionary[iam.IRole, str] = WeakKeyDictionary()
_role_homes: WeakKeyDictionary[iam.IRole, tuple[Place, str]] = WeakKeyDictionary()


def role_arn(role: iam.IRole) -> str:
    """
    Read a role's ARN, once.
    """
    arn = _role_arns.get(role)
    if arn is None:
        arn = _role_arns[role] = role.role_arn
    return arn


def remember_role_arns(roles: Sequence[iam.IRole], arns: Sequence[str]) -> None:
    """
    Keep ARNs that were read in one go.
    """
    _role_arns.update(zip(roles, arns, strict=True))


def remember_role(role: iam.IRole, place: Place, path_and_name: str) -> None:
    """
    Keep where a role of ours is defined, and its path and name when they are given (else empty).
    """
    _role_homes[role] = (place, path_and_name)


def role_facts(roles: Sequence[iam.IRole], place: Place, words: str, *, labelled: bool = False) -> Iterator[RoleFacts]:
    """
    Read roles as a construct in this place would name them.

    Args:
        roles: The roles.

        place: Where the cluster or policy is.

        words: What the caller calls the list.

        labelled: Whether the labels hold the roles' construct paths, which costs crossings that only a message needs.
    """
    all_ours = all(role in _role_homes for role in roles)
    read: dict[str, RoleFacts] = {}
    for index, role in enumerate(roles):
        path = path_of(role) if labelled else ""
        label = f"{words}[{index}] ({path})" if path else f"{words}[{index}]"
        if role in _role_homes:
            facts = _own_role(role, label, place, distinct=all_ours)
        else:
            facts = _any_role(role, label, place)
        if not all_ours:
            twin = read.setdefault(role_arn(role), facts)
            facts = facts._replace(text=twin.text)
        yield facts


def _own_role(role: iam.IRole, label: str, place: Place, *, distinct: bool) -> RoleFacts:
    home, path_and_name = _role_homes[role]
    name = path_and_name or "/" + (role_arns.hole(f"{id(role)}#Name") if distinct else _nameless(role))
    text = f"arn:{_partition(home)}:iam::{home.account}:role{name}"
    near = home.stack is place.stack or _is_foreign(home.account, place)
    unreachable = None if near else _reference(role, home, place)[1]
    return RoleFacts(label, text, unreachable=unreachable)


def _is_foreign(account: str | None, place: Place) -> bool:
    """
    Say whether an account is known to be another one: then it matters no more whether CDK can refer to it.
    """
    return account is not None and role_arns.THIS_ACCOUNT not in (account, place.account) and account != place.account


def _nameless(role: iam.IRole) -> str:
    return role_arns.hole(f"{role_arn(role)}#Name")


def _partition(place: Place) -> str:
    return role_arns.THIS_PARTITION if is_token(place.partition_name) else place.partition_name


def _any_role(role: iam.IRole, label: str, place: Place) -> RoleFacts:
    account = _known_account(role.env.account, place)
    home = place_of(role)
    if _is_foreign(account, place):
        value, unreachable = None, None
    else:
        value, unreachable = _reference(role, home, place)
    text = _defined_text(role, account) or _text(value, role, place)
    if account and not role_arns.parse(text).account and not role_arns.parse(text).problem:
        text = f"arn:{role_arns.THIS_PARTITION}:iam::{account}:role/{_nameless(role)}"
    return RoleFacts(label, text, unreachable=unreachable)


def _known_account(account: str, place: Place) -> str | None:
    if not is_token(account):
        return account
    return role_arns.THIS_ACCOUNT if account in (Aws.ACCOUNT_ID, place.account_id) else None


def _defined_text(role: iam.IRole, account: str | None) -> str | None:
    """
    Write the ARN of a role that the app defines under a literal name.
    """
    resource = role.node.default_child if isinstance(role, iam.Role) and account else None
    name = resource.role_name if isinstance(resource, iam.CfnRole) else None
    if not isinstance(resource, iam.CfnRole) or name is None or is_token(name):
        return None
    return f"arn:{role_arns.THIS_PARTITION}:iam::{account}:role{resource.path or '/'}{name}"


def _text(value: Json, role: iam.IRole, place: Place) -> str:
    arn = role_arn(role)
    if not is_token(arn):
        return texts(arn, _nowhere(place))[0]
    found = texts(value, _nowhere(place)) if value is not None else []
    return found[0] if len(found) == 1 and role_arns.parse(found[0]).account else role_arns.hole(f"{arn}#Arn")


def _nowhere(place: Place) -> Template:
    account = None if is_token(place.account_id) else place.account_id
    return Template(None, "", account, place.region, Assembly())


def _reference(role: iam.IRole, home: Place, place: Place) -> tuple[Json, str | None]:
    """
    Resolve a role's ARN as the stack of this place would write it, or say why CDK would refuse at synth time.
    """
    try:
        value = place.stack.resolve(role_arn(role))
    except RuntimeError:
        return None, "is in a stack of another environment and has no role_name, so CDK cannot refer to it from here"
    if home.stage is not place.stage and isinstance(value, dict) and "Fn::GetAtt" in value:
        return value, "is in another Stage, and CDK cannot refer from one Stage to another"
    return value, None


def cluster_arn(identifier: str, home: Place) -> str:
    """
    Write the ARN of a cluster, in the partition, region and account of its own stack.
    """
    return f"arn:{home.partition_name}:redshift:{home.region_name}:{home.account_id}:cluster:{identifier}"


def can_refer(place: Place, home: Place) -> bool:
    """
    Say whether a stack can refer to an attribute of a resource in another one.
    """
    same = (place.account_id, place.region_name) == (home.account_id, home.region_name)
    return place.stage is home.stage and (same or None not in (place.region, home.region))


def known(required: Collection[str] = (), **given: object) -> dict[str, object]:
    """
    Keep the arguments that are given and are no tokens; a required one is kept even when it is None.
    """
    present = {name: value for name, value in given.items() if value is not None or name in required}
    return {name: value for name, value in present.items() if not is_token(value)}


def seconds_of(duration: Duration | None) -> float | None:
    """
    Read a duration; None when it is a token, not given, or of another kind.
    """
    if not isinstance(duration, Duration) or duration.is_unresolved():
        return None
    return duration.to_milliseconds() / 1000


def texts_of(values: Sequence[str], place: Place) -> list[str]:
    """
    Write values as far as they are known, with holes where only the deployment knows.
    """
    resolved = place.stack.resolve(list(values))
    return [found[0] for found in (texts(value, _nowhere(place)) for value in resolved)]


def account_of(arn: str, home_account: str, place: Place) -> str | None:
    """
    Read the account of a user, group or role: the one its ARN names, else the one of its stack.
    """
    return role_arns.parse(texts_of([arn], place)[0]).account or _known_account(home_account, place)
