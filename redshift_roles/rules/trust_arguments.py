"""The arguments that restrict who may assume a role.

The arguments as they were given flow in; what is wrong with them flows out.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from redshift_roles.aws import quotas
from redshift_roles.aws.placeholders import is_list_token, is_token
from redshift_roles.aws.trust import DbUser
from redshift_roles.rules.arguments import CLUSTER_IDENTIFIER, Given
from redshift_roles.rules.registry import Problem
from redshift_roles.rules.shapes import Number, Text, shown, unknown_list

_USER: Final = Text(r"[\w+=,.@:/-]{1,127}", "1 to 127 letters, digits and _+=,.@:/-", "loader")
_WORKGROUP: Final = Text(r"[a-z0-9-]{3,64}", "the id of a workgroup", "8d6a9f0e-0000-0000-0000-000000000000")
_QUOTA: Final = Number(quotas.TRUST_POLICY_SIZE, quotas.LARGEST_TRUST_POLICY_SIZE, literal=True)


def check(given: Given, *, serverless: bool) -> Iterator[Problem]:
    """Check ``db_users``, ``source_clusters`` and ``trust_policy_quota`` of a role.

    Args:
        given: The arguments.
        serverless: Whether Redshift Serverless may assume the role.
    """
    for name, check_entry in (("db_users", _db_user), ("source_clusters", _cluster)):
        listed = given.get(name)
        if listed is None:
            continue
        if isinstance(listed, (str, bytes, Mapping, DbUser)) or not isinstance(listed, Sequence):
            yield Problem(name, f"'{name}' must be a list, got {shown(listed)}", f"pass {name}=[…]")
            continue
        if any(map(is_list_token, listed)):
            yield unknown_list(name)
            continue
        if not listed:
            yield Problem(
                name,
                f"'{name}' must have at least one entry, got an empty list",
                f"name them, or leave {name} out to trust all",
            )
        for index, entry in enumerate(listed):
            yield from check_entry(f"{name}[{index}]", entry)
    if not serverless:
        yield from _workgroups(given.get("db_users"))
    yield from _QUOTA.check("trust_policy_quota", given.get("trust_policy_quota"))


def _workgroups(users: object) -> Iterator[Problem]:
    """Refuse users of workgroups whose role Redshift Serverless may not assume."""
    for index, user in enumerate(users if isinstance(users, (list, tuple)) else ()):
        if isinstance(user, DbUser) and user.workgroup is not None:
            yield Problem(
                "db_users",
                f"'db_users[{index}]' is a user of a workgroup, and Redshift Serverless may not assume the role",
                "pass serverless=True",
            )


def _db_user(name: str, entry: object) -> Iterator[Problem]:
    if not isinstance(entry, DbUser):
        yield Problem(
            name, f"'{name}' must be a DbUser, got {shown(entry)}", "pass DbUser(cluster='warehouse', user='loader')"
        )
        return
    if (entry.cluster is None) == (entry.workgroup is None):
        both = "both 'cluster' and" if entry.cluster is not None else "neither 'cluster' nor"
        yield Problem(
            name, f"'{name}' has {both} 'workgroup'", "pass DbUser(cluster='warehouse', user='loader'), or workgroup=…"
        )
    for part, shape in (("user", _USER), ("cluster", CLUSTER_IDENTIFIER), ("workgroup", _WORKGROUP)):
        value = getattr(entry, part)
        if value is None and part != "user":
            continue
        yield from _literal(f"{name}.{part}", value) or shape.check(f"{name}.{part}", value)


def _cluster(name: str, entry: object) -> Iterator[Problem]:
    yield from _literal(name, entry) or CLUSTER_IDENTIFIER.check(name, entry)


def _literal(name: str, value: object) -> list[Problem]:
    """Refuse a reference: the cluster names the role, so the role cannot name the cluster too."""
    if not is_token(value):
        return []
    return [
        Problem(
            name,
            f"'{name}' must be a literal, got a value that only the deployment knows",
            "give the cluster a cluster_identifier and write it here; a reference would be circular",
        )
    ]
