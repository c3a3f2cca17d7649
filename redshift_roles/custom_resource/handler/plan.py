"""What has to change on a cluster, from what was wanted before, what is wanted now, and what is there.

The same three always give the same change, so a request may be repeated, also after a crash.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

IN_SYNC = "in-sync"
REMOVING = "removing"
# What ModifyClusterIamRoles takes for "no default role".
NO_DEFAULT = ""


@dataclass(frozen=True)
class Association:
    """What one association wants of a cluster; a role that was associated before stays when it is deleted."""

    roles: dict[str, bool] = field(default_factory=dict)  # ARN → whether it was associated before
    default: str | None = None  # None to leave it alone
    default_before: str | None = None  # before the association set one


NOTHING = Association()


@dataclass(frozen=True)
class Cluster:
    """The state of a cluster, and of its roles by ARN."""

    status: str
    roles: dict[str, str]  # ARN → `in-sync`, `adding` or `removing`
    default: str | None
    modifying: bool = False


@dataclass(frozen=True)
class Change:
    """One call of ModifyClusterIamRoles; no default leaves it alone, `NO_DEFAULT` clears it."""

    add: tuple[str, ...] = ()
    remove: tuple[str, ...] = ()
    default: str | None = None

    def __bool__(self) -> bool:
        return bool(self.add or self.remove or self.default is not None)


def leave(before: Association, after: Association, keeps: Callable[[str], bool]) -> Association:
    """Return what was wanted before as if others had wanted it, where another association wants it too.

    Only what is no longer wanted is asked about: each role by its ARN, and the default role as "".
    """
    return Association(
        roles={arn: found or (arn not in after.roles and keeps(arn)) for arn, found in before.roles.items()},
        default=None if before.default and not after.default and keeps("") else before.default,
        default_before=before.default_before,
    )


def change(before: Association, after: Association, there: Cluster) -> Change:
    """Return the change that adds our roles, removes those no longer wanted, and leaves the roles of others alone."""
    present = {arn for arn, status in there.roles.items() if status != REMOVING}
    ours = {arn for arn, found in before.roles.items() if not found}
    add = set(after.roles) - set(there.roles)
    remove = (ours - set(after.roles)) & present
    return Change(
        add=tuple(sorted(add)),
        remove=tuple(sorted(remove)),
        default=_default(before, after, _Defaults(there.default, present - remove | add, remove)),
    )


@dataclass(frozen=True)
class _Defaults:
    """The present default, the roles that may become the default, and those that are removed."""

    current: str | None
    possible: set[str]
    leaving: set[str]


def _default(before: Association, after: Association, there: _Defaults) -> str | None:
    """Return the new default role, or None to leave it alone.

    A default that we set is removed with us, unless somebody changed it since. Then the former one is restored, if it
    is still associated. A default that is not associated yet is waited for.
    """
    kept = None if there.current in there.leaving else there.current
    target = kept
    if after.default is not None and (after.default != before.default or kept is None):
        target = after.default if after.default in there.possible else kept
    elif after.default is None and before.default is not None and there.current == before.default:
        previous = before.default_before
        target = previous if previous in there.possible else None
    return None if target == there.current else target or NO_DEFAULT


def waiting(before: Association, after: Association, there: Cluster) -> dict[str, str]:
    """Return the roles that are not yet as wanted, with their status."""
    needed = {*after.roles, *([after.default] if after.default else [])}
    wanted = {arn: there.roles.get(arn, "not associated") for arn in needed}
    gone = {arn: there.roles[arn] for arn, found in before.roles.items() if not found and arn in there.roles}
    late = {arn: status for arn, status in wanted.items() if status != IN_SYNC}
    return {**late, **{arn: status for arn, status in gone.items() if arn not in after.roles}}
