"""Where a construct is: its stack, its environment, and what can be referred to from there."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from aws_cdk import NestedStack, Reference, Stack, Stage, Tokenization
from constructs import IConstruct

from redshift_roles.aws import arns
from redshift_roles.aws.placeholders import is_token
from redshift_roles.cdk.records import record_of


@dataclass(eq=False)
class Location:
    """A stack, perhaps a nested one, and its environment as CDK writes it, perhaps tokens; one for each stack."""

    stack: Stack
    top: Stack
    root: IConstruct
    account_id: str
    region_name: str
    partition_name: str
    asserted_account: str | None = None

    @cached_property
    def top_name_and_path(self) -> tuple[str, str]:
        """The name of the top-level stack, which is unique in its account and region, and its path."""
        return self.top.stack_name, self.top.node.path

    @cached_property
    def stage(self) -> Stage | None:
        """The stage; the app itself where there is no other."""
        return Stage.of(self.stack)

    @property
    def account(self) -> str:
        """Twelve digits, or `arns.THIS_ACCOUNT` where the stack names no account."""
        return arns.THIS_ACCOUNT if is_token(self.account_id) else self.account_id

    @property
    def region(self) -> str | None:
        """The region, or None where the stack names none."""
        return None if is_token(self.region_name) else self.region_name


@dataclass
class _Known:
    location: Location | None = None


def location_of(scope: IConstruct) -> Location:
    """Return where a construct is; read once for each scope and stack."""
    known = record_of(_Known, scope)
    if known.location is None:
        stack = scope if isinstance(scope, Stack) else Stack.of(scope)
        of_stack = record_of(_Known, stack)
        known.location = of_stack.location = of_stack.location or _read(stack)
    return known.location


def _read(stack: Stack) -> Location:
    top = stack
    while isinstance(top, NestedStack) and top.nested_stack_parent is not None:
        top = top.nested_stack_parent
    return Location(stack, top, stack.node.root, stack.account, stack.region, stack.partition)


def remember_location(construct: IConstruct, location: Location) -> None:
    """Record where a construct of ours is, which is known from its scope."""
    record_of(_Known, construct).location = location


def path_of(construct: object) -> str:
    """Return a construct's path; empty for what is no construct."""
    return str(getattr(getattr(construct, "node", None), "path", ""))


def id_after(construct: IConstruct) -> str:
    """Return a construct's path as an id; no two paths have the same one."""
    return path_of(construct).replace("-", "-.").replace("/", "--")


def name_part(text: str) -> str:
    """Write a text as lower-case letters and digits with single hyphens between them."""
    return re.sub("[^a-z0-9]+", "-", text.lower()).strip("-")


def generated_name(scope: IConstruct, construct_id: str, location: Location) -> str:
    """Make a physical name of at most 64 characters for a construct, of its stack's name and its path there."""
    from hashlib import sha256  # noqa: PLC0415  slow to import, and a cluster needs no such name

    name, top = location.top_name_and_path
    parent = top if scope is location.top else path_of(scope)
    unique = f"{name}{parent.removeprefix(top)}/{construct_id.replace('/', '--')}"
    return f"{name_part(unique)[:55].rstrip('-')}-{sha256(unique.encode()).hexdigest()[:8]}"


def referred(text: str) -> list[IConstruct]:
    """List the constructs that the tokens of a text refer to."""
    tokens = Tokenization.reverse_string(text).tokens if is_token(text) else []
    return [token.target for token in tokens if isinstance(token, Reference)]


def cluster_arn(identifier: str, home: Location) -> str:
    """Return the ARN of a cluster, in the partition, region and account of its own stack."""
    return f"arn:{home.partition_name}:redshift:{home.region_name}:{home.account_id}:cluster:{identifier}"


def namespace_arn(namespace_id: str, home: Location) -> str:
    """Return the ARN of a namespace of Redshift Serverless; its id is no name, and only the deployment knows it."""
    where = f"{home.partition_name}:redshift-serverless:{home.region_name}:{home.account_id}"
    return f"arn:{where}:namespace/{namespace_id}"


# Why CDK cannot refer to something, and what to do about it.
Unreachable = tuple[str, str]


def unreachable(home: Location, location: Location, name: str) -> Unreachable | None:
    """Return why a stack cannot refer to an attribute of a resource in another one; None when it can.

    The name is what the resource can be given so that stacks of other environments can name it, such as ``role_name``.
    """
    if home.stack is location.stack:
        return None
    if home.stage is not location.stage:
        reason = "is in another Stage, and CDK cannot refer from one Stage to another"
        return reason, "put both in one Stage, or import it by its literal ARN"
    same = (home.account_id, home.region_name) == (location.account_id, location.region_name)
    return None if same or None not in (home.region, location.region) else _without(name, home, location)


def _without(name: str, home: Location, location: Location) -> Unreachable:
    reason = f"is in a stack of another environment and has no {name}, so CDK cannot refer to it from here"
    is_region = home.account == location.account and None not in (home.region, location.region)
    wanted = "pass cross_region_references=True to both stacks" if is_region else "both stacks the same env="
    return reason, f"give it a {name}, or {wanted}"


def refer(text: str, home: Location, location: Location, name: str) -> tuple[Any, Unreachable | None]:
    """Resolve an ARN, perhaps a token, as another stack would write it, or return why CDK cannot; as `unreachable`."""
    try:
        value = location.stack.resolve(text) if is_token(text) else text
    except RuntimeError:
        return None, _without(name, home, location)
    is_reference = isinstance(value, dict) and not {"Fn::GetAtt", "Ref"}.isdisjoint(value)
    return value, unreachable(home, location, name) if is_reference else None


def waits(stack: Stack, other: Stack) -> bool:
    """Return whether a stack is deployed after another one, as far as the app has said so already."""
    seen, coming = {stack}, [stack]
    while coming:
        new = [found for found in coming.pop().dependencies if found not in seen]
        seen.update(new)
        coming += new
    return other in seen
