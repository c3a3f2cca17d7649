"""The emulated Redshift as boto3's client shows it: failures on demand, and time that passes only when somebody
sleeps.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from botocore.exceptions import ClientError

from redshift_roles.custom_resource.handler.reconcile import Clock
from tests.support.emulator.clusters import Cluster, Json, Pace, Redshift, RefusedError

CLUSTER = "warehouse"
_EPOCH = 1_795_000_000.0
STACK = "arn:aws-cn:cloudformation:cn-north-1:111111111111:stack/Data/1"


def error(code: str, message: str = "no") -> ClientError:
    """Make an error as boto3 raises it."""
    return ClientError({"Error": {"Code": code, "Message": message}}, "ModifyClusterIamRoles")


@dataclass
class FakeRedshift(Cluster):
    """One cluster, and the client that changes it.

    Attributes:
        exists: Whether there is a cluster.
        takes: How long a change takes, in seconds.
        failures: Errors that the next calls of ModifyClusterIamRoles raise.
        read_failures: Errors that the next calls of DescribeClusters raise.
        may_pass: The roles that the caller may pass; None for all.
        default_alone: Whether a call that removes roles may not name the default role.
        calls: What was asked.
        on_call: Called when a change is asked.
        time: Now.
    """

    identifier: str = CLUSTER
    properties: Json = field(default_factory=dict)
    exists: bool = True
    takes: float = 5.0
    failures: list[Exception] = field(default_factory=list)
    read_failures: list[Exception] = field(default_factory=list)
    may_pass: set[str] | None = None
    default_alone: bool = False
    calls: list[dict[str, Any]] = field(default_factory=list)
    on_call: Callable[[FakeRedshift], None] | None = None
    time: float = 0.0

    def clock(self) -> Clock:
        """Make a clock whose sleep moves the cluster's time on."""
        return Clock(now=lambda: self.time, date=lambda: _EPOCH + self.time, sleep=self._sleep, jitter=lambda: 1.0)

    def _sleep(self, seconds: float) -> None:
        self.time += seconds

    def arns(self) -> set[str]:
        """Return the roles that are associated or being added."""
        return set(self.roles)

    def describe_clusters(self, **request: Any) -> dict[str, Any]:
        """Answer as boto3 does."""
        if self.read_failures:
            raise self.read_failures.pop(0)
        return self._answer("describe_clusters", request)

    def modify_cluster_iam_roles(self, **request: Any) -> None:
        """Change the roles."""
        self.calls.append(request)
        if self.on_call:
            self.on_call(self)
        if self.failures:
            raise self.failures.pop(0)
        self._answer("modify_cluster_iam_roles", request)

    def _answer(self, action: str, request: Json) -> Json:
        pace = Pace(self.takes, self.takes / 2, default_alone=self.default_alone)
        redshift = Redshift("111111111111", "eu-west-1", pace, lambda: self.time)
        redshift.clusters = {self.identifier: self} if self.exists else {}
        try:
            return dict(getattr(redshift, action)(self, request))
        except RefusedError as refused:
            raise error(refused.code, refused.message) from refused

    def trusts_redshift(self, _: str) -> bool:
        """Trust every role."""
        return True

    def check_pass_role(self, role_arn: str) -> None:
        """Refuse what the caller may not pass."""
        if self.may_pass is not None and role_arn not in self.may_pass:
            text = f"not authorized to perform: iam:PassRole on resource: {role_arn}"
            raise RefusedError("AccessDenied", text, 403)


class Account:
    """Several clusters, whose time is the same."""

    def __init__(self, **clusters: FakeRedshift) -> None:
        self.clusters = clusters
        for name, cluster in clusters.items():
            cluster.identifier = name
        # Called before each change, and after it.
        self.around: Callable[[str], None] = lambda _: None

    def clock(self) -> Clock:
        """Make a clock whose sleep moves the time on."""
        clock = next(iter(self.clusters.values())).clock()
        clock.sleep = self.pass_time
        return clock

    def pass_time(self, seconds: float) -> None:
        """Let time pass for all."""
        for cluster in self.clusters.values():
            cluster.time += seconds

    def describe_clusters(self, ClusterIdentifier: str) -> dict[str, Any]:  # noqa: N803  boto3's name
        """Answer for one cluster."""
        return self.clusters[ClusterIdentifier].describe_clusters(ClusterIdentifier=ClusterIdentifier)

    def modify_cluster_iam_roles(self, **request: Any) -> None:
        """Change one cluster."""
        self.around("before")
        self.clusters[request["ClusterIdentifier"]].modify_cluster_iam_roles(**request)
        self.around("after")
