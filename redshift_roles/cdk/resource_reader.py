"""The buckets, tables, secrets and streams that a role is granted: ARNs, accounts and keys, each read once."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, NamedTuple, cast

from aws_cdk import IResource

from redshift_roles.aws import arns, quotas
from redshift_roles.aws.placeholders import TOKENS, is_token, readable
from redshift_roles.cdk.location import Location, location_of, path_of, refer, unreachable
from redshift_roles.cdk.records import record_of
from redshift_roles.cdk.role_reader import known_account
from redshift_roles.rules.registry import Problem, in_account

if TYPE_CHECKING:
    from aws_cdk import aws_kms as kms
    from aws_cdk import aws_secretsmanager as secretsmanager


class Key(NamedTuple):
    """A customer managed key: the one that a resource knows, or one that an argument names."""

    construct: kms.IKey
    arn: str
    account: str | None  # twelve digits, `arns.THIS_ACCOUNT`, or None when it is not known
    argument: str = ""  # empty for the key that a resource knows


class Resource(NamedTuple):
    """One AWS resource that a role is granted, and the customer managed keys of what is in it."""

    construct: Any
    arn: str
    account: str | None  # as that of a key
    keys: tuple[Key, ...]
    is_bucket: bool

    @property
    def key_arns(self) -> tuple[str, ...]:
        """The ARNs of the keys."""
        return tuple(key.arn for key in self.keys)

    def with_key(self, encryption_key: kms.IKey | None) -> Resource:
        """Add the key of an argument ``encryption_key``, if it is given."""
        return self._replace(keys=(*self.keys, *given_key("encryption_key", encryption_key)))


_SUFFIX: Final = "-??????"
_WILDCARD: Final = re.compile(r"[*?]")
_NOT_ONE: Final = ("one, since IAM takes * and ? for many", "import each by its own name, and grant each")


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
    arn: str = getattr(construct, attribute)
    if attribute == "secret_arn":
        # Secrets Manager adds six characters to the name.
        arn = cast("secretsmanager.ISecret", construct).secret_full_arn or f"{arn}{_SUFFIX}"
    home = location_of(construct)
    named = arn.split(":")[4:5]
    account = named[0] if named and named[0].isdigit() else known_account(construct.env.account, home)
    keys = () if key is None else (_key(key, home),)
    return Resource(construct, arn, account, keys, attribute == "bucket_arn")


def given_key(argument: str, key: kms.IKey | None) -> tuple[Key, ...]:
    """Read the key that an argument names, if it is given."""
    return () if key is None else (_key(key, location_of(key))._replace(argument=argument),)


def _key(key: kms.IKey, home: Location) -> Key:
    if hasattr(key, "alias_name"):
        key = _target(key)
    return Key(key, key.key_arn, known_account(key.env.account, home))


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


def resource_label(name: str, found: Resource) -> str:
    """Name a resource in a message; the path costs two crossings, which only a message needs."""
    return f"'{name}' ({path_of(found.construct)})"


def resource_problems(name: str, found: Resource, location: Location) -> Iterator[Problem]:
    """Find why a role could not use a resource; the owner of a bucket can let in a role of another account."""
    if wrong_name(found):
        yield from name_problems(name, found)
    elif arns.differ(found.account, location.account) and not found.is_bucket:
        yield _of_another_account(name, resource_label(name, found), found.account, location)
    elif is_token(found.arn) and location_of(found.construct).stack is not location.stack:
        _, reason = refer(found.arn, location_of(found.construct), location, "physical name")
        if reason:
            yield Problem(name, f"{resource_label(name, found)} {reason[0]}", reason[1])


def arn_problems(name: str, arn: object, location: Location) -> Iterator[Problem]:
    """Find that a resource for which CDK has no interface is of another account than a role; its ARN may be a token."""
    account = arns.account_of(arn) if isinstance(arn, str) and not is_token(arn) else None
    if arns.differ(account, location.account):
        yield _of_another_account(name, f"'{name}'", account, location)


def _of_another_account(name: str, label: str, account: str | None, location: Location) -> Problem:
    fix = f"let the role assume one of account {account}: RoleChain(role, theirs), and grant it to that"
    return Problem(name, in_account(label, account, "the role", location.account), fix)


def name_problems(name: str, found: Resource) -> Iterator[Problem]:
    """Find that the ARN of a resource is not the name of one resource that Redshift uses."""
    wrong = wrong_name(found)
    if wrong:
        allowed, fix = wrong
        yield Problem(name, f"{resource_label(name, found)} must be {allowed}, got '{readable(found.arn)}'", fix)


def wrong_name(found: Resource) -> tuple[str, str] | None:
    """Return what a resource must be, and the fix, where its ARN is not the name of one resource that Redshift uses."""
    parts = TOKENS.split(found.arn, ":")
    if found.is_bucket and len(parts) > 1:
        is_own = parts[2:5] == ["s3", "", ""] and "/" not in parts[-1]
        if not is_own or parts[-1].endswith(quotas.RESERVED_BUCKET_SUFFIXES):
            fix = "pass the bucket itself: s3.Bucket.from_bucket_name(self, 'Lake', '…')"
            return "a bucket by its own name, since Redshift documents no access points", fix
    return _NOT_ONE if _WILDCARD.search(found.arn.removesuffix(_SUFFIX)) else None


def key_label(key: Key, name: str, found: Resource | None) -> str:
    """Name a key in a message: by its argument, or as that of a resource."""
    if key.argument or found is None:
        return f"'{key.argument}' ({path_of(key.construct)})"
    return f"the key of {resource_label(name, found)}"


def key_problems(keys: Sequence[Key], name: str, found: Resource | None, location: Location) -> Iterator[Problem]:
    """Find why a role could not use the keys of a resource, or those that arguments name."""
    for key in keys:
        reason = _key_problem(key, location, in_bucket=found is not None and found.is_bucket and key in found.keys)
        if reason:
            yield Problem(key.argument or name, f"{key_label(key, name, found)} {reason[0]}", reason[1])


def _key_problem(key: Key, location: Location, *, in_bucket: bool) -> tuple[str, str] | None:
    if ":alias/" in key.arn:
        fix = "import the key by its own ARN: kms.Key.from_key_arn(…); IAM policies cannot name an alias"
        return "is known by its alias only", fix
    if _WILDCARD.search(key.arn):
        allowed, fix = _NOT_ONE
        return f"must be {allowed}, got '{readable(key.arn)}'", fix
    if arns.differ(key.account, location.account):
        # The policy of a key in this app names the role; only for a bucket can the role's policy do without its name.
        if in_bucket or key.construct.node.default_child is None:
            return None
        reason = f"is defined in account {key.account}, and its policy and the role's would have to name each other"
        return reason, "import the key by its literal ARN: kms.Key.from_key_arn(…), and let its owner allow it"
    if is_token(key.arn) and unreachable(location_of(key.construct), location, "name"):
        fix = "give both stacks an env= with account and region, or import the key by its literal ARN"
        return "is in a stack of another environment, to which CDK cannot refer from here", fix
    return None
