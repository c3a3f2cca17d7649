"""The buckets, tables, secrets and streams that a role is granted: ARNs, accounts and keys, each read once."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, NamedTuple, cast

from aws_cdk import IResource

from redshift_roles.aws import arns
from redshift_roles.aws.placeholders import is_token
from redshift_roles.cdk.location import Location, Unreachable, location_of, path_of, refer, unreachable
from redshift_roles.cdk.records import record_of
from redshift_roles.cdk.role_reader import known_account
from redshift_roles.rules.registry import Problem, in_account

if TYPE_CHECKING:
    from aws_cdk import aws_kms as kms
    from aws_cdk import aws_secretsmanager as secretsmanager


class Resource(NamedTuple):
    """One AWS resource that a role is granted, and its customer managed key if it has one."""

    construct: Any
    arn: str
    account: str | None  # twelve digits, `arns.THIS_ACCOUNT`, or None when it is not known
    key: kms.IKey | None
    key_arn: str | None
    key_account: str | None  # as `account` is written

    def is_foreign(self, location: Location) -> bool:
        """Return whether it, or its key, is known to be of another account than a role of this location."""
        return any(arns.differ(account, location.account) for account in (self.account, self.key_account))


_SUFFIX: Final = "-??????"


@dataclass
class _Known:
    resource: Resource | None = None


def resource(construct: IResource, attribute: str) -> Resource:
    """Read a bucket, table, secret, stream or function, once; its ARN is an attribute such as ``bucket_arn``."""
    known = record_of(_Known, construct)
    known.resource = known.resource or _resource(construct, attribute)
    return known.resource


def _resource(construct: IResource, attribute: str) -> Resource:
    key: kms.IKey | None = getattr(construct, "encryption_key", None)
    if key is not None and hasattr(key, "alias_name"):
        key = _target(key)
    arn: str = getattr(construct, attribute)
    if attribute == "secret_arn":
        # Secrets Manager adds six characters to the name.
        arn = cast("secretsmanager.ISecret", construct).secret_full_arn or f"{arn}{_SUFFIX}"
    home = location_of(construct)
    named = arn.split(":")[4:5]
    account = named[0] if named and named[0].isdigit() else known_account(construct.env.account, home)
    if key is None:
        return Resource(construct, arn, account, None, None, None)
    return Resource(construct, arn, account, key, key.key_arn, known_account(key.env.account, home))


def _target(key: kms.IKey) -> kms.IKey:
    """Return the key behind an alias, which IAM policies cannot name; the alias when it is an imported name."""
    alias = cast("kms.IAlias", key)
    try:
        return alias.alias_target_key
    except (AttributeError, RuntimeError):
        return key


def secret_arn(secret: Resource, location: Location) -> str:
    """Return a secret's ARN for a role of this location, in full or with the pattern of its end.

    CDK writes the ARN of a secret of another environment without the six characters.
    """
    home = location_of(secret.construct)
    if (home.account, home.region) == (location.account, location.region) or secret.arn.endswith(_SUFFIX):
        return secret.arn
    defined = is_token(secret.arn) and secret.construct.node.default_child is not None
    return f"{secret.arn}{_SUFFIX}" if defined else secret.arn


def resource_problems(name: str, found: Resource, location: Location, *, shareable: bool) -> Iterator[Problem]:
    """Find why a role could not use a resource; owners of a shareable one can let in a role of another account."""
    by_alias = bool(found.key_arn and ":alias/" in found.key_arn)
    is_foreign = arns.differ(found.account, location.account) and not shareable
    reason = None if is_foreign else _unreachable(found, location)
    if not (by_alias or is_foreign or reason):
        return
    # The path costs two crossings, which only a message needs.
    label = f"'{name}' ({path_of(found.construct)})"
    if by_alias:
        yield Problem(
            name,
            f"{label} is encrypted with a key that is known by its alias only",
            "import the key by its own ARN: kms.Key.from_key_arn(…); IAM policies cannot name an alias",
        )
    if is_foreign:
        fix = f"let the role assume one of account {found.account}: RoleChain(role, theirs), and grant it to that"
        yield Problem(name, in_account(label, found.account, "the role", location.account), fix)
    if reason:
        yield Problem(name, f"{label} {reason[0]}", reason[1])


def _unreachable(found: Resource, location: Location) -> Unreachable | None:
    """Find what CDK cannot refer to from here: the resource, or its key, which can have no physical name."""
    home = location_of(found.construct)
    if home.stack is not location.stack and is_token(found.arn):
        _, reason = refer(found.arn, home, location, "physical name")
        if reason:
            return reason
    if found.key is None or not is_token(found.key_arn) or arns.differ(found.key_account, location.account):
        return None
    if unreachable(location_of(found.key), location, "name") is None:
        return None
    return (
        "is encrypted with a key in a stack of another environment, to which CDK cannot refer from here",
        "give both stacks an env= with account and region, or import the key by its literal ARN",
    )
