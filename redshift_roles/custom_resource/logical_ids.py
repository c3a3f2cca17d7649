"""Keys of clusters and roles for logical ids: they stay the same when a construct, stack or Stage gets another id."""

from __future__ import annotations

import hashlib
import json
from typing import cast

from aws_cdk import CfnElement, NestedStack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_redshift as redshift

from redshift_roles.aws.placeholders import has_placeholder, is_token
from redshift_roles.cdk.location import Location, location_of, referred
from redshift_roles.cdk.role_reader import own_role, role_arn
from redshift_roles.rules.facts import RoleFacts


def cluster_key(identifier: str, location: Location) -> str:
    """Return the literal identifier of a cluster, however it was written, else what CDK writes for it."""
    if not is_token(identifier):
        return identifier
    for target in referred(identifier):
        if isinstance(target, redshift.CfnCluster) and target.ref == identifier:
            literal = target.cluster_identifier
            if literal and not is_token(literal):
                return literal
    return _written(identifier, location)


def role_key(role: iam.IRole, facts: RoleFacts, location: Location) -> str:
    """Return the path and name of a role where they are known, however they were written, else what CDK writes."""
    arn = facts.parsed
    if arn.account and arn.resource and not has_placeholder(arn.resource):
        return arn.resource
    own = own_role(role)
    return _written(role_arn(role), location, own.location if own else None)


def digest(*keys: str) -> str:
    """Return a part of a logical id for these keys."""
    return hashlib.sha256("\n".join(keys).encode()).hexdigest()[:16]


def _written(text: str, location: Location, home: Location | None = None) -> str:
    """Return what CDK writes for a text, with the names of the other stacks that it refers to, perhaps a known one."""
    if not is_token(text):
        return text
    homes = {home} if home else {location_of(target) for target in referred(text)}
    names = sorted({_stack_name(home, location) for home in homes if home.stack is not location.stack})
    return " ".join([json.dumps(location.stack.resolve(text), sort_keys=True), *names])


def _stack_name(home: Location, location: Location) -> str:
    """Return what tells a stack from others with the same logical ids: its name, and its ids in the stacks above."""
    names: list[str] = []
    stack = home.stack
    while isinstance(stack, NestedStack) and stack.nested_stack_parent is not None:
        parent = stack.nested_stack_parent
        names.append(parent.get_logical_id(cast("CfnElement", stack.nested_stack_resource)))
        stack = parent
    return "/".join(["" if home.top is location.top else home.top.stack_name, *reversed(names)])
