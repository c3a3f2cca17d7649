"""Which roles the resources of a statement stand for.

A resource of a policy flows in, perhaps a pattern, perhaps with holes; what it stands for flows out.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Final

from redshift_roles.aws.patterns import matches
from redshift_roles.aws.placeholders import PLACEHOLDERS, has_placeholder

# A name that nobody gives to a role: a pattern that matches it matches every role.
_NOBODY: Final = "0-redshift-roles-0/0"
# What CloudFormation adds to the names it makes.
_MADE: Final = "XXXXXXXXXXXX"
_WILD: Final = re.compile("[*?\x01]")


def _parts(text: str) -> list[str]:
    return PLACEHOLDERS.split(text, ":")


def is_every_role(text: str, accounts: Collection[str]) -> bool:
    """Say whether a resource stands for every role of one of these accounts, some of which may not be known."""
    parts = _parts(text)
    if len(parts) < 6:
        anywhere = ":".join(["arn", "*", *parts[2:]]) if parts[0] == "arn" and len(parts) > 2 else text
        return any(matches(anywhere, f"arn:aws:iam::{account}:role/{_NOBODY}") for account in accounts or ("",))
    if not matches(parts[2], "iam") or not matches(":".join(parts[5:]), f"role/{_NOBODY}"):
        return False
    return not accounts or any(_may_be(parts[4], account) for account in accounts)


def _may_be(pattern: str, account: str) -> bool:
    return has_placeholder(pattern) or has_placeholder(account) or matches(pattern, account)


def matches_role(text: str, account: str, resource: str) -> bool:
    """Say whether a pattern matches a role, whose name may have an end that CloudFormation will make."""
    parts = _parts(text)
    if len(parts) < 6 or not matches(parts[4], account):
        return False
    pattern = ":".join(parts[5:])
    return matches(pattern, resource) or matches(pattern, PLACEHOLDERS.filled(resource, lambda _: _MADE))


def may_be_role(text: str) -> bool:
    """Say whether a resource may stand for any role at all."""
    parts = _parts(text)
    if len(parts) < 6:
        return True
    start = _WILD.split(":".join(parts[5:]))[0]
    service = parts[2]
    return (has_placeholder(service) or matches(service, "iam")) and (
        start.startswith("role/") or "role/".startswith(start)
    )
