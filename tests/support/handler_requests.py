"""Requests of CloudFormation to the function behind role associations, and its answers."""

from __future__ import annotations

from typing import Any

from redshift_roles.custom_resource.handler import index
from tests.support.fake_redshift import CLUSTER, STACK, Account, FakeRedshift
from tests.support.fake_stack import ASSOCIATION, FakeStack

A, B, C, F, G = (f"arn:aws:iam::111111111111:role/{name}" for name in ("A", "B", "C", "Foreign", "Guest"))

Json = dict[str, Any]


def request(
    kind: str = "Create", roles: tuple[str, ...] = (A,), found: tuple[str, ...] = ("false",), **more: Any
) -> Json:
    """Make a request about an association."""
    options = {key: more.pop(key) for key in ("DefaultRoleArn", "DefaultBefore", "RoleLimit") if key in more}
    return {
        "RequestType": kind,
        "RequestId": "r",
        "StackId": STACK,
        "LogicalResourceId": "Association",
        "ResponseURL": "https://example.com/answer",
        "ResourceProperties": {
            "Kind": "Association",
            "ClusterIdentifier": CLUSTER,
            "RoleArns": list(roles),
            "WasAssociated": list(found),
            "RoleLimit": "10",
            "TimeoutSeconds": "300",
            **options,
        },
        **({"PhysicalResourceId": f"{CLUSTER}/Association"} if kind != "Create" else {}),
        **more,
    }


def snapshot(kind: str = "Create", role: str = A, physical: str | None = None, cluster: str = CLUSTER) -> Json:
    """Make a request about the snapshot of a role, or of the default role where the role is empty."""
    event = request(kind)
    event["ResourceProperties"] = {
        "Kind": "Before",
        "ClusterIdentifier": cluster,
        "Association": "Association",
        **({"RoleArn": role} if role else {}),
    }
    event.pop("PhysicalResourceId", None)
    return {**event, **({"PhysicalResourceId": physical} if physical else {})}


def snapshot_of_default(physical: str | None = None, cluster: str = CLUSTER) -> Json:
    """Make a request about the snapshot of the default role."""
    return snapshot("Update" if physical else "Create", "", physical, cluster)


def stack_of(event: Json) -> FakeStack:
    """Make a stack that does now what a request asks for."""
    return FakeStack().has(event["LogicalResourceId"], ASSOCIATION, f"{event['RequestType'].upper()}_IN_PROGRESS")


def answer(
    event: Json, redshift: FakeRedshift | Account, seconds: float = 800, stack: FakeStack | None = None
) -> tuple[str, Json]:
    """Answer a request."""
    return index.answer(event, redshift, (stack or stack_of(event)).look(event), redshift.clock(), seconds)
