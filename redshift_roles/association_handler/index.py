"""
The entry of the Lambda function: it answers CloudFormation, whatever happens.

A request flows in; an answer with a reason flows out.

There are two kinds of resource. One looks what was there before an association came, and changes nothing:
CloudFormation keeps its answer and passes it to the other, so that it survives every crash. The other is the
association itself.
"""

from __future__ import annotations

import hashlib
import json
import logging
import urllib.request
from typing import Any, Protocol

import boto3

from .clusters import Client, RefusedError
from .converging import Clock, Request, converge, look, undo
from .plan import NOTHING, REMOVING, Association

_log = logging.getLogger()
_log.setLevel(logging.INFO)

_MARGIN_SECONDS = 20.0
_LOOK_SECONDS = 180.0
_MAX_REASON = 3000
_KEPT = 8

Json = dict[str, Any]


class Context(Protocol):
    """
    What AWS Lambda tells of the invocation.
    """

    def get_remaining_time_in_millis(self) -> int:
        """
        Say how long it may still take.
        """


def handler(event: Json, context: Context) -> None:
    """
    Answer one request.
    """
    _log.info(json.dumps({key: value for key, value in event.items() if key != "ResponseURL"}))
    remaining = context.get_remaining_time_in_millis() / 1000 - _MARGIN_SECONDS
    status, reason, physical_id = "FAILED", "", str(event.get("PhysicalResourceId") or "nothing")
    data: Json = {}
    try:
        physical_id = physical_id_of(event)
        physical_id, data = answer(event, boto3.client("redshift"), Clock(), remaining)
        status = "SUCCESS"
    except RefusedError as error:
        reason = str(error)
    except Exception as error:  # noqa: BLE001  CloudFormation must hear of everything, or it waits for an hour
        _log.exception("unexpected")
        reason = f"unexpected: {type(error).__name__}: {error}"
    _respond(event, status, reason, physical_id, data)


def answer(event: Json, client: Client, clock: Clock, seconds: float) -> tuple[str, Json]:
    """
    Do what a request asks, and return the physical id and the data of the resource.
    """
    properties = event["ResourceProperties"]
    if properties["Kind"] == "Before":
        return _look(event, client, clock, min(_LOOK_SECONDS, seconds))
    kind = event["RequestType"]
    old = event.get("OldResourceProperties", {}) if kind == "Update" else {}
    moved = bool(old) and old["ClusterIdentifier"] != properties["ClusterIdentifier"]
    wanted = _association(properties)
    before = {"Create": NOTHING, "Delete": wanted}.get(
        kind, NOTHING if moved else _association(old) if old else NOTHING
    )
    request = Request(
        cluster=properties["ClusterIdentifier"],
        before=before,
        after=NOTHING if kind == "Delete" else wanted,
        role_limit=int(properties["RoleLimit"]),
        seconds=max(min(float(properties["TimeoutSeconds"]), seconds), 0.0),
    )
    try:
        converge(client, request, clock)
    except RefusedError:
        if kind == "Create":
            undo(client, request)
        raise
    return physical_id_of(event), {}


def physical_id_of(event: Json) -> str:
    """
    Name a resource: the association by its cluster and its place in the stack, never by what it holds.
    """
    properties = event["ResourceProperties"]
    if event["RequestType"] == "Delete" or properties["Kind"] == "Before":
        return str(event.get("PhysicalResourceId") or "nothing")
    return f"{properties['ClusterIdentifier']}/{event['LogicalResourceId']}"


def _association(properties: Json) -> Association:
    found = properties.get("Found", [])
    roles = {arn: flag == "true" for arn, flag in zip(properties.get("RoleArns", []), found, strict=True)}
    return Association(roles, properties.get("DefaultRoleArn") or None, properties.get("DefaultBefore") or None)


def _look(event: Json, client: Client, clock: Clock, seconds: float) -> tuple[str, Json]:
    """
    Look what is there, or remember what was seen: the physical id has the last answers, for a rollback.
    """
    properties = event["ResourceProperties"]
    cluster, role = properties["ClusterIdentifier"], properties.get("RoleArn", "")
    key = hashlib.sha256(f"{cluster}\n{role}".encode()).hexdigest()[:16]
    seen = _seen(event.get("PhysicalResourceId", ""))
    if event["RequestType"] == "Delete":
        return str(event.get("PhysicalResourceId", "")), {}
    there = look(client, cluster, seconds, clock)
    is_there = there.roles.get(role, REMOVING) != REMOVING
    flag = seen.get(key, "true" if is_there else "false")
    kept = {key: flag, **{other: value for other, value in seen.items() if other != key}}
    written = ",".join(f"{other}={value}" for other, value in list(kept.items())[:_KEPT])
    put_back = there.default or _no_role(event["StackId"])
    return f"before/{written}", {"Found": flag, "DefaultRoleArn": there.default or "", "PutBackRoleArn": put_back}


def _no_role(stack_id: str) -> str:
    """
    Name a role that is not there: a policy must name something, also where there is nothing to put back.
    """
    _, partition, _, _, account, *_ = stack_id.split(":")
    return f"arn:{partition}:iam::{account}:role/no-default-role"


def _seen(physical_id: str) -> dict[str, str]:
    start, _, rest = physical_id.partition("/")
    return dict(entry.split("=") for entry in rest.split(",")) if start == "before" and rest else {}


def _respond(event: Json, status: str, reason: str, physical_id: str, data: Json) -> None:
    body = {
        "Status": status,
        "Reason": reason[:_MAX_REASON] or "done",
        "PhysicalResourceId": physical_id,
        "StackId": event["StackId"],
        "RequestId": event["RequestId"],
        "LogicalResourceId": event["LogicalResourceId"],
        "Data": data,
    }
    _log.info(json.dumps(body))
    sent = urllib.request.Request(  # noqa: S310  the address is CloudFormation's own
        event["ResponseURL"], data=json.dumps(body).encode(), method="PUT", headers={"Content-Type": ""}
    )
    with urllib.request.urlopen(sent, timeout=10) as response:  # noqa: S310
        response.read()
