"""Patterns as IAM writes them, and the roles that the resources of a statement may be."""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Collection
from functools import lru_cache
from typing import Final

from redshift_roles.aws.placeholders import PLACEHOLDERS, has_placeholder, placeholder

# A name that no role has: a pattern that matches it matches every role.
_NO_ROLE: Final = "0-redshift-roles-0/0"
# What CloudFormation adds to the names it makes.
_MADE: Final = "XXXXXXXXXXXX"
_ANY: Final = re.compile("[*?]")
_WILDCARD: Final = re.compile("[*?\x01]")


def matches(pattern: str, text: str) -> bool:
    """Match as IAM does: ``*`` is any text, ``?`` any one character, and nothing else is special."""
    start, *others = _ANY.split(pattern)
    if not others:
        return pattern == text
    # Most patterns have letters that the text does not have, which is found much faster.
    may_match = text.startswith(start) and all(letters in text for letters in others)
    return may_match and _compiled(pattern).match(text) is not None


def overlap(one: str, other: str) -> bool:
    """Return whether two ARNs or patterns, of which the account may not be known, may mean the same resource."""
    pairs = zip(_parts(one), _parts(other), strict=False)
    return all(matches(part, against) or matches(against, part) for part, against in pairs)


@lru_cache(maxsize=4096)
def _parts(text: str) -> list[str]:
    known = PLACEHOLDERS.filled(text, lambda name: "*" if "AWS::" in name else placeholder(name))
    return PLACEHOLDERS.split(known, ":")


@lru_cache(maxsize=4096)
def _compiled(pattern: str) -> re.Pattern[str]:
    # fnmatch writes an expression that does not backtrack, however many stars there are.
    return re.compile(fnmatch.translate(pattern.replace("[", "[[]")))


def is_every_role(text: str, accounts: Collection[str]) -> bool:
    """Return whether a resource is every role of one of these accounts, some of which may not be known."""
    parts = PLACEHOLDERS.split(text, ":")
    if len(parts) < 6:
        anywhere = ":".join(["arn", "*", *parts[2:]]) if parts[0] == "arn" and len(parts) > 2 else text
        return any(matches(anywhere, f"arn:aws:iam::{account}:role/{_NO_ROLE}") for account in accounts or ("",))
    if not matches(parts[2], "iam") or not matches(":".join(parts[5:]), f"role/{_NO_ROLE}"):
        return False
    named = parts[4]
    return not accounts or any(
        has_placeholder(named) or has_placeholder(account) or matches(named, account) for account in accounts
    )


def matches_role(text: str, account: str, resource: str) -> bool:
    """Return whether a pattern matches a role, whose name may have an end that CloudFormation will make."""
    parts = PLACEHOLDERS.split(text, ":")
    if len(parts) < 6 or not matches(parts[2], "iam") or not matches(parts[4], account):
        return False
    pattern = ":".join(parts[5:])
    return matches(pattern, resource) or matches(pattern, PLACEHOLDERS.filled(resource, lambda _: _MADE))


def roles_matched(patterns: Collection[str], roles: Collection[tuple[str, str]]) -> set[tuple[str, str]]:
    """Find the roles, each an account and a resource, that some of the patterns match."""
    if not patterns:
        return set()
    known = _together(tuple(roles))
    found: set[tuple[str, str]] = set()
    for pattern in patterns:
        # A pattern matches nothing that does not have its letters; few are worth trying on each role.
        resource = ":".join(PLACEHOLDERS.split(pattern, ":")[5:])
        if resource and all(letters in known for letters in _ANY.split(resource)):
            found.update(role for role in roles if matches_role(pattern, *role))
    return found


@lru_cache(maxsize=8)
def _together(roles: tuple[tuple[str, str], ...]) -> str:
    return "\n".join(text for _, role in roles for text in (role, PLACEHOLDERS.filled(role, lambda _: _MADE)))


def may_be_role(text: str) -> bool:
    """Return whether a resource may be a role."""
    parts = PLACEHOLDERS.split(text, ":")
    if len(parts) < 6:
        return True
    start = _WILDCARD.split(":".join(parts[5:]))[0]
    in_iam = has_placeholder(parts[2]) or matches(parts[2], "iam")
    return in_iam and (start.startswith("role/") or "role/".startswith(start))
