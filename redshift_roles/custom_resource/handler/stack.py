"""The stack of a request as CloudFormation lists it: whether the request is an old one, and what else wants a role.

Logical ids say how a cluster and a role are written. What they are, only the deployment knows, and so do the physical
ids of the snapshots. So a role that is written in another way is still recognized as the same role.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

from . import snapshots
from .clusters import call

_ASSOCIATION = "Custom::RedshiftRoleAssociation"
_SNAPSHOT = "Custom::RedshiftRolesBefore"
_DELETING = "DELETE_IN_PROGRESS"

Json = dict[str, Any]


def cluster_of(properties: Json) -> str:
    """Return the identifier of a cluster as Redshift writes it: a parameter may have capital letters."""
    return str(properties["ClusterIdentifier"]).lower()


def association_id(event: Json) -> str:
    """Return the physical id of the association that a request is about: its cluster and logical id, never roles."""
    return f"{cluster_of(event['ResourceProperties'])}/{event['LogicalResourceId']}"


class StackClient(Protocol):
    """The one call of boto3's CloudFormation client that the handler needs."""

    def list_stack_resources(self, **request: Any) -> dict[str, Any]:  # noqa: ANN401  boto3's request
        """List the resources of a stack, a page at a time."""


class Resource(NamedTuple):
    """A resource of the stack; it has no physical id before it is created."""

    logical_id: str
    kind: str
    physical_id: str
    status: str
    since: float  # when it got the status

    @property
    def lives(self) -> bool:
        """Whether it is not deleted, and not about to be."""
        return not self.status.startswith("DELETE_")

    @property
    def is_changing(self) -> bool:
        """Whether CloudFormation creates or updates it now."""
        return self.lives and self.status.endswith("_IN_PROGRESS")

    def has_replaced(self, physical_id: str) -> bool:
        """Return whether it was updated, and has another physical id than before."""
        return self.status.startswith("UPDATE_") and not self.is_changing and self.physical_id != physical_id


@dataclass(frozen=True)
class Stack:
    """The resources of a stack, for a request about one of them."""

    event: Json
    resources: tuple[Resource, ...]

    def outdated(self) -> str:
        """Return what the resource is, if CloudFormation is not doing now what the request asks for, else "".

        After an update has replaced a physical id, the old one is deleted while the resource is as it was updated.
        """
        own = [each for each in self.resources if each.logical_id == self.event["LogicalResourceId"]]
        if self.event["RequestType"] == "Delete":
            former = association_id(self.event)
            current = any(each.status == _DELETING or each.has_replaced(former) for each in own)
        else:
            current = any(each.is_changing for each in own)
        return "" if current else ", ".join(each.status for each in own) or "gone"

    def keeps(self, cluster: str, role: str) -> bool:
        """Return whether another association has a role of a cluster, or without a role the default role.

        It has what its snapshots are about, and what they were about when CloudFormation last created or updated it:
        a snapshot changes before its association, and the association may not change at all.
        """
        key, own = snapshots.key_of(cluster, role), self.event["LogicalResourceId"]
        others = {each.logical_id: each.since for each in self.resources if each.kind == _ASSOCIATION and each.lives}
        others.pop(own, None)
        named = [(snapshots.association_of(name), name) for name in self.snapshots()]
        return any(snapshots.is_of(name, key, others[other]) for other, name in named if other in others)

    def snapshots(self) -> Iterator[str]:
        """Yield the physical ids of the snapshots."""
        return (each.physical_id for each in self.resources if each.kind == _SNAPSHOT and each.lives)


def list_stack(client: StackClient, event: Json) -> Stack:
    """List the stack of a request."""
    found: list[Json] = []
    page: Json = {"StackName": event["StackId"]}
    while page:
        answer = call(client.list_stack_resources, **page)
        found += answer["StackResourceSummaries"]
        page = {**page, "NextToken": answer["NextToken"]} if answer.get("NextToken") else {}
    return Stack(event, tuple(map(_read, found)))


def _read(shown: Json) -> Resource:
    names = ("LogicalResourceId", "ResourceType", "PhysicalResourceId", "ResourceStatus")
    logical_id, kind, physical_id, status = (str(shown.get(name) or "") for name in names)
    return Resource(logical_id, kind, physical_id, status, shown["LastUpdatedTimestamp"].timestamp())
