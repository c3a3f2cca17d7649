"""
Redshift as the handler sees it, in memory: roles that take a while, busy moments, throttling, a quota, and time that
passes only when somebody sleeps.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from botocore.exceptions import ClientError

from redshift_roles.association_handler.converging import Clock

CLUSTER = "warehouse"
_EPOCH = 1_795_000_000.0
STACK = "arn:aws-cn:cloudformation:cn-north-1:111111111111:stack/Data/1"


def error(code: str, message: str = "no") -> ClientError:
    """
    Make an error as boto3 raises it.
    """
    return ClientError({"Error": {"Code": code, "Message": message}}, "ModifyClusterIamRoles")


@dataclass
class FakeRedshift:
    """
    One cluster.

    Attributes:
        roles: ARN → when it is in sync (a time), or None while it is stuck.

        leaving: ARN → when it is gone.

        default: The default role.

        status: The cluster's status; None where there is no cluster.

        busy_until: When the cluster is available again.

        busy_status: Its status until then.

        takes: How long a change takes, in seconds.

        stuck: Roles that never come in sync.

        failures: Errors that the next calls of ModifyClusterIamRoles raise.

        deaf: Errors that the next calls of DescribeClusters raise.

        may_pass: The roles that the caller may pass; None for all.

        calls: What was asked.
    """

    roles: dict[str, float] = field(default_factory=dict)
    leaving: dict[str, float] = field(default_factory=dict)
    default: str | None = None
    status: str | None = "available"
    busy_until: float = 0.0
    busy_status: str = "modifying"
    takes: float = 5.0
    stuck: set[str] = field(default_factory=set)
    failures: list[Exception] = field(default_factory=list)
    deaf: list[Exception] = field(default_factory=list)
    may_pass: set[str] | None = None
    calls: list[dict[str, Any]] = field(default_factory=list)
    on_call: Callable[[FakeRedshift], None] | None = None
    time: float = 0.0

    def clock(self) -> Clock:
        """
        Make a clock whose sleep moves the cluster's time on.
        """
        return Clock(now=lambda: self.time, date=lambda: _EPOCH + self.time, sleep=self._sleep, jitter=lambda: 1.0)

    def _sleep(self, seconds: float) -> None:
        self.time += seconds

    def arns(self) -> set[str]:
        """
        Name the roles that are associated, or about to be.
        """
        return set(self.roles)

    def describe_clusters(self, ClusterIdentifier: str) -> dict[str, Any]:  # noqa: N803  boto3's name
        """
        Answer as boto3 does.
        """
        if self.deaf:
            raise self.deaf.pop(0)
        if self.status is None or ClusterIdentifier != CLUSTER:
            code = "ClusterNotFound"
            raise error(code)
        self.leaving = {arn: gone for arn, gone in self.leaving.items() if gone > self.time}
        listed = [{"IamRoleArn": arn, "ApplyStatus": self._status(arn)} for arn in self.roles]
        listed += [{"IamRoleArn": arn, "ApplyStatus": "removing"} for arn in self.leaving]
        busy = self.status == "available" and self.time < self.busy_until
        found = {"ClusterStatus": self.busy_status if busy else self.status, "IamRoles": listed}
        return {"Clusters": [{**found, "DefaultIamRoleArn": self.default} if self.default else found]}

    def _status(self, arn: str) -> str:
        return "adding" if arn in self.stuck or self.roles[arn] > self.time else "in-sync"

    def modify_cluster_iam_roles(self, **request: Any) -> None:
        """
        Change the roles as Redshift does: one change at a time, and each takes a while.
        """
        self.calls.append(request)
        if self.on_call:
            self.on_call(self)
        if self.failures:
            raise self.failures.pop(0)
        if self.status != "available" or self.time < self.busy_until:
            code = "InvalidClusterState"
            raise error(code)
        self._pass(*request.get("AddIamRoles", []), request.get("DefaultIamRoleArn", ""))
        for arn in request.get("AddIamRoles", []):
            self.roles.setdefault(arn, self.time + self.takes)
        for arn in request.get("RemoveIamRoles", []):
            if self.roles.pop(arn, None) is not None:
                self.leaving[arn] = self.time + self.takes
            self.default = None if self.default == arn else self.default
        if "DefaultIamRoleArn" in request:
            self.default = request["DefaultIamRoleArn"] or None
        self.busy_until = self.time + self.takes / 2

    def _pass(self, *arns: str) -> None:
        for arn in arns:
            if arn and self.may_pass is not None and arn not in self.may_pass:
                code = "AccessDenied"
                raise error(code, f"not authorized to perform: iam:PassRole on resource: {arn}")


class Account:
    """
    Several clusters, whose time is the same.
    """

    def __init__(self, **clusters: FakeRedshift) -> None:
        self.clusters = clusters
        # Called before each change, and after it.
        self.around: Callable[[str], None] = lambda _: None

    def clock(self) -> Clock:
        """
        Make a clock whose sleep moves the time on.
        """
        clock = next(iter(self.clusters.values())).clock()
        clock.sleep = self.pass_time
        return clock

    def pass_time(self, seconds: float) -> None:
        """
        Let time pass for all.
        """
        for cluster in self.clusters.values():
            cluster.time += seconds

    def describe_clusters(self, ClusterIdentifier: str) -> dict[str, Any]:  # noqa: N803  boto3's name
        """
        Answer for one cluster.
        """
        return self.clusters[ClusterIdentifier].describe_clusters(CLUSTER)

    def modify_cluster_iam_roles(self, **request: Any) -> None:
        """
        Change one cluster.
        """
        self.around("before")
        self.clusters[request["ClusterIdentifier"]].modify_cluster_iam_roles(**request)
        self.around("after")
