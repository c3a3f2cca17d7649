"""What the policies of buckets and keys of another account must contain."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple, TypeGuard, cast

from aws_cdk import aws_iam as iam
from constructs import IConstruct

from redshift_roles.aws import arns
from redshift_roles.aws.permissions import Home, Permission
from redshift_roles.aws.placeholders import readable
from redshift_roles.aws.policies import Statement, documents, rewritten
from redshift_roles.cdk.location import Location, location_of, refer, waits
from redshift_roles.cdk.resource_reader import Key, Resource, key_label, resource_label
from redshift_roles.cdk.role_reader import as_known, role_arn
from redshift_roles.rules.registry import Problem, in_account


class OwnerSide(NamedTuple):
    """What the policy of a bucket or key of another account must contain."""

    argument: str
    label: str
    policy: str
    construct: Any
    account: str | None
    statements: list[Statement]


def owner_sides(
    allowed: Sequence[Permission],
    argument: str,
    found: Resource | None,
    keys: Sequence[Key],
    location: Location,
    role: iam.IRole,
) -> list[OwnerSide]:
    """Return the statements by which the owners allow a role what its own policy allows it."""
    sides = []
    if found and found.is_bucket and arns.differ(found.account, location.account):
        in_bucket = [permission for permission in allowed if f"{permission.resource}/".startswith(f"{found.arn}/")]
        statements, label = _for(role, in_bucket), resource_label(argument, found)
        sides.append(OwnerSide(argument, label, "its bucket policy", found.construct, found.account, statements))
    for key in keys:
        with_key = [permission._replace(resource="*") for permission in allowed if permission.resource == key.arn]
        if with_key and arns.differ(key.account, location.account):
            statements, label = _for(role, with_key), key_label(key, argument, found)
            name = key.argument or argument
            sides.append(OwnerSide(name, label, "the policy of that key", key.construct, key.account, statements))
    return sides


def _for(role: iam.IRole, allowed: Sequence[Permission]) -> list[Statement]:
    """Write statements without a Sid, which another statement of the same policy might have."""
    statements = [statement for document in documents(allowed) for statement in document["Statement"]]
    nameless = [{name: value for name, value in statement.items() if name != "Sid"} for statement in statements]
    return [{**statement, "Principal": {"AWS": role_arn(role)}} for statement in nameless]


def without_key_names(allowed: Sequence[Permission], found: Resource, location: Location) -> list[Permission]:
    """Allow the use of a key of the app in another account for the objects of the bucket, without the key's name.

    The key's policy names the role, so the role is created before the key, and its policy cannot name the key.
    """
    for key in found.keys:
        if arns.differ(key.account, location.account) and _is_of_this_app(key.construct):
            home = location_of(key.construct)
            named = Home(location.partition_name, home.region or "*", home.account).arn("kms", "key/*")
            used = ("StringLike", "kms:EncryptionContext:aws:s3:arn", (found.arn, f"{found.arn}/*"))
            allowed = [
                permission._replace(resource=named, condition=used) if permission.resource == key.arn else permission
                for permission in allowed
            ]
    return list(allowed)


def owner_problems(
    sides: Sequence[OwnerSide], role: iam.IRole, location: Location, *, owner_allows: bool
) -> Iterator[Problem]:
    """Find what the owner of a bucket or key must do first; nothing where the app can do it."""
    for side in sides:
        label = in_account(side.label, side.account, "the role", location.account)
        if _is_of_this_app(side.construct):
            yield from _own_problems(side.argument, label, role, location, location_of(side.construct))
        elif not owner_allows:
            fix = "send it to the owner (grant.resource_statements has it), and pass owner_allows=True when it is there"
            yield Problem(side.argument, f"{label}; {side.policy} needs {_text(side.statements, location)}", fix)


def _own_problems(argument: str, label: str, role: iam.IRole, location: Location, home: Location) -> Iterator[Problem]:
    """Find what keeps a policy of the app from naming the role: AWS rejects a principal that does not exist yet."""
    _, obstacle = refer(role_arn(role), location, home, "role_name")
    if obstacle:
        message = f"{label}, whose policy cannot name a role without a role_name"
        yield Problem(argument, message, "give the role a role_name")
    elif waits(location.top, home.top):
        message = f"{label}, whose policy names the role, and the role's stack is deployed after it"
        yield Problem(argument, message, "put the role into a stack that depends on nothing there")


def _is_of_this_app(construct: IConstruct | None) -> TypeGuard[IConstruct]:
    """Return whether the app defines a bucket or key: what is imported has no resource."""
    return construct is not None and construct.node.default_child is not None


def _text(statements: Sequence[Statement], location: Location) -> str:
    written = as_known(statements if len(statements) > 1 else statements[0], location)
    return json.dumps(rewritten(written, readable))


def add_to_policies(sides: Sequence[OwnerSide], location: Location) -> None:
    """Add the statements to the policies of a bucket and a key of the app; their stacks then wait for the role's."""
    for side in sides:
        if _is_of_this_app(side.construct):
            location_of(side.construct).top.add_stack_dependency(location.top)
            for statement in side.statements:
                cast("Any", side.construct).add_to_resource_policy(iam.PolicyStatement.from_json(statement))
