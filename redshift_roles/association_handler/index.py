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
from urllib.parse import quote, unquote

import boto3
from botocore.config import Config

from .clusters import Client, RefusedError
from .converging import Clock, Request, converge, look, undo
from .plan import NOTHING, REMOVING, Association, Cluster

_log = logging.getLogger()
_log.setLevel(logging.INFO)

# The last attempt makes two calls, and a create that fails two more to take back what it added; then there must be time
# to answer. Calls are not repeated here: the next attempt does that.
_CALLS = Config(connect_timeout=4, read_timeout=8, retries={"mode": "standard", "total_max_attempts": 1})
_ANSWER_SECONDS = 10
_MARGIN_SECONDS = 60.0
_LOOK_SECONDS = 180.0
_MAX_REASON = 3000
# CloudFormation takes a physical id of 1,024 characters.
_MAX_MEMORY = 1000

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
        physical_id, data = answer(event, boto3.client("redshift", config=_CALLS), Clock(), remaining)
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
    if event["RequestType"] == "Delete":
        return str(event.get("PhysicalResourceId", "")), {}
    cluster, role = event["ResourceProperties"]["ClusterIdentifier"], event["ResourceProperties"].get("RoleArn", "")
    key = hashlib.sha256(f"{cluster}\n{role}".encode()).hexdigest()[:16]
    seen = _seen(event.get("PhysicalResourceId", ""))
    if key not in seen:
        seen[key] = _found(look(client, cluster, seconds, clock), role)
    kept = {key: seen[key], **{other: value for other, value in seen.items() if other != key}}
    entries = [f"{other}={quote(value, safe=':/')}" for other, value in kept.items()]
    while len(",".join(entries)) > _MAX_MEMORY:
        entries.pop()
    return f"before/{','.join(entries)}", _told(event, role, seen[key])


def _told(event: Json, role: str, seen: str) -> Json:
    """
    Tell what was seen, and for a default role what a policy must name so that it can be put back.
    """
    if role:
        return {"Found": seen}
    return {"DefaultRoleArn": seen, "PutBackRoleArn": seen or _no_role(event["StackId"])}


def _no_role(stack_id: str) -> str:
    """
    Name a role that is not there: a policy must name something, also where there is nothing to put back.
    """
    _, partition, _, _, account, *_ = stack_id.split(":")
    return f"arn:{partition}:iam::{account}:role/no-default-role"


def _found(there: Cluster, role: str) -> str:
    """
    Say whether a role is there, or which is the default where no role is asked for.
    """
    if not role:
        return there.default or ""
    return "true" if there.roles.get(role, REMOVING) != REMOVING else "false"


def _seen(physical_id: str) -> dict[str, str]:
    start, _, rest = physical_id.partition("/")
    entries = [entry.partition("=") for entry in rest.split(",")] if start == "before" and rest else []
    return {key: unquote(value) for key, _, value in entries}


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
    with urllib.request.urlopen(sent, timeout=_ANSWER_SECONDS) as response:  # noqa: S310
        response.read()
