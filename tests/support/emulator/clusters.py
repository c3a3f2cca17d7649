"""Amazon Redshift in memory, as far as roles go: clusters whose roles come and go over time.

Written from the API's model and pages. What AWS does not document is invented here, and marked: the codes for too many
roles and for a role of another account, the status while roles are changed, and what becomes of a role that one request
both adds and removes.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, Final, Protocol

Json = dict[str, Any]

STATUS_TAG: Final = "status"

_WRONG_ROLE: Final = "InvalidParameterValue"
_CONCURRENT: Final = (
    "The Cluster is being modified by a concurrent operation. Please check the Cluster's status and try again."
)
_UNDELETABLE: Final = "There is an operation running on the Cluster. Please try to delete it at a later time."
# https://github.com/hashicorp/terraform-provider-aws/pull/4563 quotes the refusal, which names the statuses; that a
# paused cluster can be deleted: https://docs.aws.amazon.com/redshift/latest/mgmt/rs-mgmt-pause-resume-cluster.html
_DELETABLE: Final = {
    "available",
    "hardware-failure",
    "incompatible-hsm",
    "incompatible-network",
    "incompatible-restore",
    "paused",
}
_LIFECYCLE: Final = "Unable to delete the cluster {}. You can only delete clusters with {} lifecycle."
_INVALID: Final = "The IAM role {} is not valid. The IAM role must delegate access to an Amazon Redshift account."
_KEPT: Final = ("NodeType", "MasterUsername", "DBName", "Encrypted", "ClusterSubnetGroupName", "ClusterParameterGroups")


class RefusedError(Exception):
    """What the API refuses, with its code and the status of the response."""

    def __init__(self, code: str, message: str, status: int = 400) -> None:
        super().__init__(message)
        self.code, self.message, self.status = code, message, status


class Caller(Protocol):
    """Who asks, and what IAM knows of roles."""

    def trusts_redshift(self, role_arn: str) -> bool:
        """Say whether a role exists and lets Redshift assume it."""

    def check_pass_role(self, role_arn: str) -> None:
        """Refuse with AccessDenied when the caller may not pass a role to Redshift."""


@dataclass(frozen=True)
class Pace:
    """How fast, how much, and what goes wrong.

    Attributes:
        takes: Seconds until a role is in sync, or gone.
        busy: Seconds after a change in which another one is refused, and a deletion.
        quota: How many roles a cluster may have.
        default_alone: Whether a call that removes roles may not name the default role, as was reported in 2022:
            https://github.com/aws/aws-sdk-go/issues/4462.
    """

    takes: float = 1.0
    busy: float = 0.5
    quota: int = 50
    default_alone: bool = False


@dataclass
class RoleHolder:
    """What roles are associated with: a cluster, or a namespace.

    Attributes:
        identifier: Its name.
        properties: What it was created with.
        status: Its status when it is not busy.
        roles: ARN → when the role is in sync.
        leaving: ARN → when the role is gone.
        default: The default role's ARN.
        busy_until: When it takes the next change.
        busy_status: Its status until then.
        stuck: What the ARNs of roles have in them that never come in sync.
    """

    identifier: str
    properties: Json
    status: str = "available"
    roles: dict[str, float] = field(default_factory=dict)
    leaving: dict[str, float] = field(default_factory=dict)
    default: str | None = None
    busy_until: float = 0.0
    busy_status: str = "modifying"
    stuck: set[str] = field(default_factory=lambda: {"Stuck"})

    def set_roles(self, wanted: set[str], now: float, takes: float) -> None:
        """Add what is wanted and not there, remove what is there and not wanted; both take time."""
        for arn in sorted(wanted - set(self.roles)):
            self.leaving.pop(arn, None)
            self.roles[arn] = now + takes
        for arn in set(self.roles) - wanted:
            del self.roles[arn]
            self.leaving[arn] = now + takes

    def statuses(self, now: float) -> dict[str, str]:
        """Return the status of each role that is there or still leaving."""
        self.leaving = {arn: gone for arn, gone in self.leaving.items() if gone > now}
        late = {arn for arn, when in self.roles.items() if when > now or any(part in arn for part in self.stuck)}
        there = {arn: "adding" if arn in late else "in-sync" for arn in self.roles}
        return {**there, **dict.fromkeys(self.leaving, "removing")}


class Cluster(RoleHolder):
    """One cluster."""


def check_roles(caller: Caller, account: str, arns: Iterable[str | None], code: str) -> None:
    """Refuse roles that the caller may not pass, of another account, or that Redshift may not assume."""
    for arn in filter(None, arns):
        caller.check_pass_role(arn)
        if arn.split(":")[4:5] != [account]:  # invented: IAM's words, which Redshift may not use
            raise RefusedError("AccessDenied", "Cross-account pass role is not allowed.", 403)
        if not caller.trusts_redshift(arn):
            raise RefusedError(code, _INVALID.format(arn))


class Redshift:
    """The clusters of one account and region.

    Methods are named after the API's actions, and take their parameters in the API's names.
    """

    def __init__(
        self, account: str, region: str, pace: Pace | None = None, now: Callable[[], float] = time.monotonic
    ) -> None:
        self.account, self.region = account, region
        self.pace, self._now = pace or Pace(), now
        self.clusters: dict[str, Cluster] = {}
        self.subnet_groups: set[str] = set()
        self.parameter_groups: set[str] = set()
        self.snapshots: list[str] = []

    def describe_clusters(self, _: Caller, request: Json) -> Json:
        """List one cluster, or all."""
        name = request.get("ClusterIdentifier")
        found = [self.find(name)] if name else list(self.clusters.values())
        return {"Clusters": [self._shown(cluster) for cluster in found]}

    def create_cluster(self, caller: Caller, request: Json) -> Json:
        """Create a cluster with its roles."""
        name = request["ClusterIdentifier"]
        if name in self.clusters:
            raise RefusedError("ClusterAlreadyExists", "Cluster already exists")
        group, parameters = request.get("ClusterSubnetGroupName"), request.get("ClusterParameterGroupName")
        if group is not None and group not in self.subnet_groups:
            raise RefusedError("ClusterSubnetGroupNotFoundFault", f"Cluster subnet group {group} not found.")
        if parameters is not None and parameters not in self.parameter_groups:
            raise RefusedError("ClusterParameterGroupNotFound", f"ParameterGroup not found: {parameters}", 404)
        made = Cluster(name, request)
        check_roles(caller, self.account, [*request.get("IamRoles", []), request.get("DefaultIamRoleArn")], _WRONG_ROLE)
        self._change(made, request.get("IamRoles", []), [], request.get("DefaultIamRoleArn"))
        self.clusters[name] = made
        return {"Cluster": self._shown(made)}

    def modify_cluster_iam_roles(self, caller: Caller, request: Json) -> Json:
        """Add roles, remove roles and set the default role, all or nothing."""
        cluster = self.find(request["ClusterIdentifier"])
        add, remove = request.get("AddIamRoles", []), request.get("RemoveIamRoles", [])
        default = request.get("DefaultIamRoleArn")
        check_roles(caller, self.account, [*add, default], _WRONG_ROLE)
        self._check_available(cluster)
        self._change(cluster, add, remove, default)
        return {"Cluster": self._shown(cluster)}

    def delete_cluster(self, _: Caller, request: Json) -> Json:
        """Delete a cluster at once, unless it is busy, with a final snapshot unless the caller does without."""
        cluster = self.find(request["ClusterIdentifier"])
        if cluster.status not in _DELETABLE:
            named = ", ".join(sorted(_DELETABLE))
            raise RefusedError("InvalidClusterState", _LIFECYCLE.format(cluster.identifier, named))
        if self._is_busy(cluster):
            raise RefusedError("InvalidClusterState", _UNDELETABLE)
        if not request.get("SkipFinalClusterSnapshot"):
            self.snapshots.append(request["FinalClusterSnapshotIdentifier"])
        del self.clusters[cluster.identifier]
        return {"Cluster": {**self._shown(cluster), "ClusterStatus": "deleting"}}

    def create_tags(self, _: Caller, request: Json) -> Json:
        """Set the status of a cluster, which is what its tag `status` does here: real ones break by themselves."""
        cluster = self.find(request["ResourceName"].rpartition(":")[2])
        cluster.status = {tag["Key"]: tag["Value"] for tag in request["Tags"]}.get(STATUS_TAG, cluster.status)
        return {}

    def create_cluster_subnet_group(self, _: Caller, request: Json) -> Json:
        """Name a subnet group; the emulated clusters have no network."""
        name = request["ClusterSubnetGroupName"]
        self.subnet_groups.add(name)
        return {"ClusterSubnetGroup": {"ClusterSubnetGroupName": name}}

    def describe_cluster_snapshots(self, _: Caller, request: Json) -> Json:
        """List the snapshots, or those of one cluster; they are named after theirs."""
        start = request.get("ClusterIdentifier", "")
        return {"Snapshots": [{"SnapshotIdentifier": name} for name in self.snapshots if name.startswith(start)]}

    def find(self, name: str) -> Cluster:
        """Find a cluster."""
        if name not in self.clusters:
            raise RefusedError("ClusterNotFound", f"Cluster {name} not found.", 404)
        return self.clusters[name]

    def _check_available(self, cluster: Cluster) -> None:
        if cluster.status != "available":
            raise RefusedError("InvalidClusterState", "The specified cluster is not in the available state.")
        if self._is_busy(cluster):
            raise RefusedError("InvalidClusterState", _CONCURRENT)

    def _is_busy(self, cluster: Cluster) -> bool:
        return self._now() < cluster.busy_until

    def _change(self, cluster: Cluster, add: list[str], remove: list[str], default: str | None) -> None:
        present = set(cluster.roles)
        wanted = (present | set(add)) - set(remove)  # invented: what is both added and removed goes, or does not come
        if len(wanted) > self.pace.quota:  # invented
            raise RefusedError(_WRONG_ROLE, f"A cluster may have {self.pace.quota} IAM roles.")
        if default is not None and remove and self.pace.default_alone:
            raise RefusedError(_WRONG_ROLE, "The roles should contain the default IAM role.")
        if default and default not in wanted:
            raise RefusedError(_WRONG_ROLE, f"The IAM role {default} is not associated with the cluster.")
        now = self._now()
        if add or remove or default is not None:
            cluster.busy_until = now + self.pace.busy
        cluster.set_roles(wanted, now, self.pace.takes)
        default = cluster.default if default is None else default
        cluster.default = default if default in wanted else None

    def _shown(self, cluster: Cluster) -> Json:
        name, available = cluster.identifier, cluster.status == "available"
        busy = available and self._is_busy(cluster)  # invented
        statuses = cluster.statuses(self._now())
        return {
            **{key: value for key, value in cluster.properties.items() if key in _KEPT},
            "ClusterIdentifier": name,
            "ClusterStatus": cluster.busy_status if busy else cluster.status,
            "ClusterAvailabilityStatus": "Available" if available else "Unavailable",
            "ClusterNamespaceArn": f"arn:aws:redshift:{self.region}:{self.account}:namespace:{name}",
            "Endpoint": {
                "Address": f"{name}.emulated.{self.region}.redshift.amazonaws.com",
                "Port": int(cluster.properties.get("Port", 5439)),
            },
            "IamRoles": [{"IamRoleArn": arn, "ApplyStatus": status} for arn, status in statuses.items()],
            **({"DefaultIamRoleArn": cluster.default} if cluster.default else {}),
        }
