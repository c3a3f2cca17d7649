"""How many managed policies IAM attaches to one principal.

A number flows in; the trouble that no quota mends, or the warning about a quota that may not do, flows out.
"""

from __future__ import annotations

from collections.abc import Iterator

from redshift_roles.aws import quotas
from redshift_roles.rules.registry import Problem


def too_many(kind: str, number: int) -> Iterator[Problem]:
    """Find more policies than IAM attaches, however the account's quota was raised.

    Args:
        kind: ``roles``, ``users`` or ``groups``.
        number: How many policies there are.
    """
    _, most = quotas.ATTACHED_POLICIES[kind]
    if number > most:
        fix = f"divide the work among several {kind}; names that only the deployment knows count at their longest"
        yield f"with this, {number} managed policies would be attached, IAM attaches at most {most}", fix


def undecided(kind: str, number: int) -> str | None:
    """Say what decides whether so many policies can be attached; None where IAM attaches them anyway."""
    usual, most = quotas.ATTACHED_POLICIES[kind]
    if number <= usual:
        return None
    return (
        f"More than {usual} managed policies are attached. IAM attaches {usual} unless the quota of the account was "
        f"raised, and then at most {most}; divide the work among several {kind}, or see that it was."
    )
