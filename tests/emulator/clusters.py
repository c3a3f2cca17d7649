"""
Redshift's clusters and their roles, as AWS documents them: roles that take a while, and one change at a time.

Calls flow in; states that change with time flow out. Error codes are Redshift's; texts that
AWS does not publish are ours.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

QUOTA = 50
# A role with this in its name never comes in sync.
STUCK = "Stuck"
_CONCURRENT = "The Cluster is being modified by a concurrent operation. Please check its status and try again."


class RedshiftError(Exception):
    """
    An error of the API.
    """

    def __init__(self, code: str, message: str, status: int = 400) -> None:
        super().__init__(message)
        self.code, self.message, self.status = code, message, status


@dataclass
class Cluster:
    """
    One cluster.

    Attributes:
        identifier: Its name.

        properties: What it was created with.

        roles: ARN → when it is in sync.

        leaving: ARN → when it is gone.

        default: The default role, or None.

        busy_until: When the next change may come.
    """

    identifier: str
    properties: dict[str, Any]
    roles: dict[str, float] = field(default_factory=dict)
    leaving: dict[str, float] = field(default_factory=dict)
    default: str | None = None
    busy_until: float = 0.0


class Clusters:
    """
    The clusters of one account and region.

    Args:
        takes: How long a role takes to come or go, in seconds.

        check_role: Refuses a role that does not exist, is of another account or does not trust Redshift.
    """

    def __init__(self, takes: float, check_role: Callable[[str], None]) -> None:
        self._takes = takes
        self._check_role = check_role
        self._clusters: dict[str, Cluster] = {}

    def create(self, identifier: str, roles: Sequence[str], properties: dict[str, Any]) -> Cluster:
        """
        Create a cluster with its roles.
        """
        if identifier in self._clusters:
            raise RedshiftError("ClusterAlreadyExists", f"Cluster already exists: {identifier}")
        self._check(roles, len(roles))
        cluster = self._clusters[identifier] = Cluster(identifier, properties)
        cluster.roles = dict.fromkeys(roles, time.monotonic() + self._takes)
        return cluster

    def find(self, identifier: str) -> Cluster:
        """
        Find a cluster.
        """
        if identifier not in self._clusters:
            raise RedshiftError("ClusterNotFound", f"Cluster {identifier} not found.", 404)
        cluster = self._clusters[identifier]
        now = time.monotonic()
        cluster.leaving = {arn: gone for arn, gone in cluster.leaving.items() if gone > now}
        return cluster

    def everything(self) -> list[Cluster]:
        """
        List the clusters.
        """
        return [self.find(identifier) for identifier in self._clusters]

    def modify(self, identifier: str, add: Sequence[str], remove: Sequence[str], default: str | None) -> Cluster:
        """
        Change the roles of a cluster.
        """
        cluster, now = self.find(identifier), time.monotonic()
        if now < cluster.busy_until:
            raise RedshiftError("InvalidClusterState", _CONCURRENT)
        self._check(add, len({*cluster.roles, *add} - set(remove)))
        if default and default not in {*cluster.roles, *add}:
            raise RedshiftError("InvalidParameterValue", f"The default role {default} is not associated.")
        for arn in remove:
            if cluster.roles.pop(arn, None) is not None:
                cluster.leaving[arn] = now + self._takes
            cluster.default = None if cluster.default == arn else cluster.default
        for arn in add:
            cluster.roles.setdefault(arn, now + self._takes)
        if default is not None:
            cluster.default = default or None
        cluster.busy_until = now + self._takes / 2
        return cluster

    def delete(self, identifier: str) -> Cluster:
        """
        Delete a cluster.
        """
        cluster = self.find(identifier)
        del self._clusters[identifier]
        return cluster

    def _check(self, roles: Sequence[str], total: int) -> None:
        for arn in roles:
            self._check_role(arn)
        if total > QUOTA:
            raise RedshiftError("InvalidParameterValue", f"{total} IAM roles, the quota is {QUOTA}.")


def described(cluster: Cluster) -> dict[str, Any]:
    """
    Describe a cluster as the API does.
    """
    now = time.monotonic()
    status = {
        arn: "in-sync" if synced <= now and STUCK not in arn else "adding" for arn, synced in cluster.roles.items()
    }
    status |= dict.fromkeys(cluster.leaving, "removing")
    return {
        "ClusterIdentifier": cluster.identifier,
        "ClusterStatus": "modifying" if now < cluster.busy_until else "available",
        "ClusterAvailabilityStatus": "Available",
        "NodeType": cluster.properties.get("NodeType", "ra3.large"),
        "Endpoint": {"Address": f"{cluster.identifier}.emulated", "Port": int(cluster.properties.get("Port", 5439))},
        "IamRoles": [{"IamRoleArn": arn, "ApplyStatus": applied} for arn, applied in status.items()],
        **({"DefaultIamRoleArn": cluster.default} if cluster.default else {}),
    }
