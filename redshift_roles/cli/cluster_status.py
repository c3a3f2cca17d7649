"""The roles of a cluster as Redshift tells them, for people and for programs.

An answer of DescribeClusters flows in; its roles, each with its status, and a report flow out.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any, Final, NamedTuple

# DescribeClusters: "in-sync: The role is attached to the cluster and can be used"; the others are adding and removing.
IN_SYNC: Final = "in-sync"


class RoleStatus(NamedTuple):
    """One associated role.

    Attributes:
        arn: The role.
        status: ``in-sync``, ``adding`` or ``removing``.
        is_default: Whether it is what ``IAM_ROLE default`` means.
    """

    arn: str
    status: str
    is_default: bool


class ClusterStatus(NamedTuple):
    """A cluster and its roles.

    Attributes:
        identifier: The cluster.
        status: ``available``, ``modifying``, ``paused`` and so on.
        roles: Its roles, by ARN.
        default_role: The ARN of its default role; empty when it has none.
    """

    identifier: str
    status: str
    roles: tuple[RoleStatus, ...]
    default_role: str

    @property
    def late(self) -> tuple[RoleStatus, ...]:
        """The roles that are not in sync: not usable yet, or not gone yet."""
        return tuple(role for role in self.roles if role.status != IN_SYNC)

    def progress(self) -> str:
        """Say in a line how far it is."""
        done = f"{len(self.roles) - len(self.late)} of {len(self.roles)} roles in sync"
        late = [f"{role.arn} is {role.status}" for role in self.late]
        return "; ".join([f"cluster {self.identifier} is {self.status}", done, *late])


def read(cluster: Mapping[str, Any]) -> ClusterStatus:
    """Read one of the clusters that DescribeClusters answers with."""
    default = cluster.get("DefaultIamRoleArn") or ""
    roles = (
        RoleStatus(role["IamRoleArn"], role["ApplyStatus"], role["IamRoleArn"] == default)
        for role in cluster.get("IamRoles", [])
    )
    return ClusterStatus(cluster["ClusterIdentifier"], cluster["ClusterStatus"], tuple(sorted(roles)), default)


def _text(found: ClusterStatus) -> str:
    width = max((len(role.status) for role in found.roles), default=0)
    lines = [
        f"  {role.status:{width}}  {role.arn}{'  (default)' if role.is_default else ''}" for role in found.roles
    ] or ["  no roles are associated"]
    return "\n".join([f"cluster {found.identifier} is {found.status}", *lines])


def _json(found: ClusterStatus) -> str:
    roles = [{"arn": role.arn, "status": role.status, "default": role.is_default} for role in found.roles]
    report = {
        "cluster": found.identifier,
        "status": found.status,
        "inSync": not found.late,
        "defaultRole": found.default_role or None,
        "roles": roles,
    }
    return json.dumps(report, indent=2)


FORMATS: Final[Mapping[str, Callable[[ClusterStatus], str]]] = {"text": _text, "json": _json}
