"""
Where a construct is: its stack, and the environment CDK knows of it.

A construct flows in; what its stack says of account, region and partition flows out, read once for each stack.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from weakref import WeakKeyDictionary

from aws_cdk import NestedStack, Stack, Stage
from constructs import IConstruct

from redshift_roles import limits, role_arns
from redshift_roles.tokens import is_token


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


def cluster_arn(identifier: str, home: Place) -> str:
    """
    Write the ARN of a cluster, in the partition, region and account of its own stack.
    """
    return f"arn:{home.partition_name}:redshift:{home.region_name}:{home.account_id}:cluster:{identifier}"


def least_length(token: str, place: Place) -> int:
    """
    Say how long the value of a token is at least: a pseudo parameter in this place, or anything else.
    """
    lengths = {
        "AWS.Partition": len(limits.partition_of(place.region or "")),
        "AWS.Region": len(place.region or "eu-west-1"),
        "AWS.AccountId": len("123456789012"),
    }
    return next((length for name, length in lengths.items() if token.startswith(name)), 1)


def can_refer(place: Place, home: Place) -> bool:
    """
    Say whether a stack can refer to an attribute of a resource in another one.
    """
    same = (place.account_id, place.region_name) == (home.account_id, home.region_name)
    return place.stage is home.stage and (same or None not in (place.region, home.region))
