"""What is checked of a cluster before it is made, or before a role is added to it.

Arguments and roles flow in; the facts about the roles flow out, or one error with all that is wrong.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final

from redshift_roles.aws import quotas
from redshift_roles.aws.placeholders import is_list_token
from redshift_roles.cdk import account_rule
from redshift_roles.cdk.location import Location
from redshift_roles.cdk.role_reader import role_facts, seconds_of
from redshift_roles.cdk.validation import raise_if, raise_if_broken, unit_problems
from redshift_roles.rules import arguments
from redshift_roles.rules.facts import AssociationFacts, RoleFacts
from redshift_roles.rules.registry import Problem

_SECONDS_PER_DAY: Final = 86_400


def refuse_cluster(
    path: Callable[[], str],
    location: Location,
    given: Mapping[str, Any],
    *,
    problems: Iterable[Problem] = (),
    own_role: RoleFacts | None = None,
    only_roles: bool = False,
) -> AssociationFacts:
    """Raise all that is wrong with the arguments of a cluster.

    Args:
        path: Reads the path for the message.
        location: Where the cluster will be.
        given: The arguments that are no tokens.
        problems: What else is wrong.
        own_role: A role that the caller will make for it, counted before the given ones.
        only_roles: Whether the other arguments were checked before.

    Returns:
        The facts about its roles.
    """
    retention = given.get("snapshot_retention")
    seconds = seconds_of(retention)
    days = {} if seconds is None else {"snapshot_days": seconds / _SECONDS_PER_DAY}
    check = arguments.check_roles if only_roles else arguments.check_cluster
    found = [*problems, *check({**given, **days})]
    found += unit_problems("snapshot_retention", retention, seconds, "days")

    chosen = [given["default_role"]] if "default_role" in given else []

    unreadable = any(problem.concerns("roles", "role_limit", "default_role") for problem in found)
    if unreadable:
        raise_if(path, quotas.CREATE_CLUSTER, found)
    roles = [*role_facts([*given["roles"], *chosen], location, "roles")]
    last = len(given["roles"])
    facts = AssociationFacts(
        kind="cluster",
        argument="roles",
        account=location.account,
        region=location.region,
        roles=tuple(roles[:last]),
        others=(own_role,) if own_role else (),
        role_limit=given["role_limit"],
        expected_account=account_rule.expected_account(location),
        account_asserted=True,
        default_roles=tuple(role._replace(label="'default_role'", path=str) for role in roles[last:]),
    )
    raise_if_broken(path, quotas.CREATE_CLUSTER, found, facts)
    return facts


def unknown_list(listed: Sequence[str]) -> list[Problem]:
    """Find a list that somebody put in the place of ours and that only the deployment knows."""
    if not any(is_list_token(entry) for entry in listed):
        return []
    wrong = "cfn_cluster.iam_roles was replaced by a list that only the deployment knows, so no role can be added to it"
    return [Problem("", wrong, "add the role to that list, or leave the list to add_role")]
