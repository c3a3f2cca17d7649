"""What has to change on a cluster.

What an association wanted before, what it wants now and what is there flow in; one change flows out. Pure: the same
three give the same change however often they are asked, so a request can come twice, or after a crash.
"""

from __future__ import annotations

from dataclasses import dataclass, field

IN_SYNC = "in-sync"
REMOVING = "removing"
# What ModifyClusterIamRoles takes for "no default role".
NO_DEFAULT = ""


@dataclass(frozen=True)
class Association:
    """What one association wants of a cluster.

    Attributes:
        roles: ARN → whether the role was there before the association wanted it; then it stays when we go.
        default: The ARN of the role that is to be the default, or None to leave the default alone.
        default_before: What the default was before the association set one, or None.
    """

    roles: dict[str, bool] = field(default_factory=dict)
    default: str | None = None
    default_before: str | None = None


NOTHING = Association()


@dataclass(frozen=True)
class Cluster:
    """What is there.

    Attributes:
        status: ``available``, ``modifying``, ``paused`` and so on.
        roles: ARN → ``in-sync``, ``adding`` or ``removing``.
        default: The ARN of the default role, or None.
        modifying: Whether a change is under way.
    """

    status: str
    roles: dict[str, str]
    default: str | None
    modifying: bool = False


@dataclass(frozen=True)
class Change:
    """What one call of ModifyClusterIamRoles is to do.

    Attributes:
        add: ARNs, sorted.
        remove: ARNs, sorted.
        default: An ARN, `NO_DEFAULT` to clear it, or None to leave it alone.
    """

    add: tuple[str, ...] = ()
    remove: tuple[str, ...] = ()
    default: str | None = None

    def __bool__(self) -> bool:
        return bool(self.add or self.remove or self.default is not None)


def change(before: Association, after: Association, there: Cluster) -> Change:
    """Say what has to change so that ours are there, those we no longer want are gone, and everybody else's stay."""
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
    """The default there is, the roles that may become it, and those that leave."""

    current: str | None
    possible: set[str]
    leaving: set[str]


def _default(before: Association, after: Association, there: _Defaults) -> str | None:
    """Say what the default role is to become; None to leave it alone.

    A default that we set goes when we go, unless somebody changed it since; what was there before us comes back, unless
    it is no longer associated. A default that is not associated yet is waited for, and one that leaves is none.
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
    """List the roles that are not yet as they should be, with their status."""
    needed = {*after.roles, *([after.default] if after.default else [])}
    wanted = {arn: there.roles.get(arn, "not associated") for arn in needed}
    gone = {arn: there.roles[arn] for arn, found in before.roles.items() if not found and arn in there.roles}
    late = {arn: status for arn, status in wanted.items() if status != IN_SYNC}
    return {**late, **{arn: status for arn, status in gone.items() if arn not in after.roles}}
