"""What tells clusters and roles apart in the logical ids of role associations.

Texts flow in, perhaps tokens; keys flow out that stay the same when constructs, stacks or Stages get another id.
"""

from __future__ import annotations

import hashlib
import json
from typing import cast
from weakref import WeakKeyDictionary

from aws_cdk import CfnElement, NestedStack, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_redshift as redshift

from redshift_roles.aws.placeholders import has_placeholder, is_token
from redshift_roles.cdk.location import Location, location_of, referred
from redshift_roles.cdk.role_reader import role_arn
from redshift_roles.rules.facts import RoleFacts

_texts: WeakKeyDictionary[Stack, dict[str, str]] = WeakKeyDictionary()


def cluster_key(identifier: str, location: Location) -> str:
    """Name a cluster: by its literal identifier, however it was written, else by what CDK writes for it."""
    if not is_token(identifier):
        return identifier
    for target in referred(identifier):
        if isinstance(target, redshift.CfnCluster) and target.ref == identifier:
            literal = target.cluster_identifier
            if literal and not is_token(literal):
                return literal
    return _text(identifier, location)


def role_key(role: iam.IRole, facts: RoleFacts, location: Location) -> str:
    """Name a role: by its path and name where they are known, however they were written, else by what CDK writes for
    it.
    """
    arn = facts.parsed
    if arn.account and arn.resource and not has_placeholder(arn.resource):
        return arn.resource
    return _text(role_arn(role), location)


def digest(*keys: str) -> str:
    """Make a part of a logical id out of keys."""
    return hashlib.sha256("\n".join(keys).encode()).hexdigest()[:16]


def _text(text: str, location: Location) -> str:
    known = _texts.setdefault(location.stack, {})
    if text not in known:
        known[text] = _read_text(text, location) if is_token(text) else text
    return known[text]


def _read_text(text: str, location: Location) -> str:
    homes = {_home(home, location) for home in map(location_of, referred(text)) if home.stack is not location.stack}
    return " ".join([json.dumps(location.stack.resolve(text), sort_keys=True), *sorted(homes)])


def _home(home: Location, location: Location) -> str:
    """Tell a stack from others whose logical ids may be the same: by its name, and by its place among nested stacks."""
    names: list[str] = []
    stack = home.stack
    while isinstance(stack, NestedStack) and stack.nested_stack_parent is not None:
        parent = stack.nested_stack_parent
        names.append(parent.get_logical_id(cast("CfnElement", stack.nested_stack_resource)))
        stack = parent
    return "/".join(["" if home.top is location.top else home.top.stack_name, *reversed(names)])
