"""The entry of the Lambda function: it answers CloudFormation, whatever happens.

A request flows in; an answer with a reason flows out.

There are two kinds of resource. One looks what was there before an association came, and changes nothing:
CloudFormation keeps its answer and passes it to the other, so that it survives every crash. The other is the
association itself.
"""

from __future__ import annotations

import json
import logging
from typing import Any, Protocol

import boto3
from botocore.config import Config

from . import memory
from .answers import Outcome, respond
from .clusters import Client, RefusedError
from .converging import Clock, Request, converge, look, undo
from .plan import NOTHING, REMOVING, Association, Cluster

_log = logging.getLogger()
_log.setLevel(logging.INFO)

# The last attempt makes two calls, and a create that fails makes three more to take back what it added; then there must
# be time to answer. Calls are not repeated here: the next attempt does that.
_CALLS = Config(connect_timeout=3, read_timeout=4, retries={"mode": "standard", "total_max_attempts": 1})
_MARGIN_SECONDS = 60.0
_LOOK_SECONDS = 180.0

Json = dict[str, Any]


class Context(Protocol):
    """What AWS Lambda tells of the invocation."""

    def get_remaining_time_in_millis(self) -> int:
        """Say how long it may still take."""


def handler(event: Json, context: Context) -> None:
    """Answer one request."""
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
    respond(event, Outcome(status, reason, physical_id, data))


def answer(event: Json, client: Client, clock: Clock, seconds: float) -> tuple[str, Json]:
    """Do what a request asks, and return the physical id and the data of the resource."""
    properties = event["ResourceProperties"]
    if properties["Kind"] == "Before":
        return _look(event, client, clock, min(_LOOK_SECONDS, seconds))
    deadline = clock.now() + max(min(float(properties["TimeoutSeconds"]), seconds), 0.0)
    if _goes_back(event):
        _leave(event["OldResourceProperties"], client, clock, (deadline - clock.now()) / 2)
    request = _request(event, deadline - clock.now())
    try:
        converge(client, request, clock)
    except RefusedError:
        if request.before == NOTHING:
            undo(client, request)
        raise
    return physical_id_of(event), {}


def physical_id_of(event: Json) -> str:
    """Name a resource: the association by its cluster and its place in the stack, never by what it holds."""
    properties = event["ResourceProperties"]
    if event["RequestType"] == "Delete" or properties["Kind"] == "Before":
        return str(event.get("PhysicalResourceId") or "nothing")
    return f"{properties['ClusterIdentifier']}/{event['LogicalResourceId']}"


def _old(event: Json) -> Json:
    old: Json = event.get("OldResourceProperties", {}) if event["RequestType"] == "Update" else {}
    return old


def _moves(event: Json) -> bool:
    old = _old(event)
    return bool(old) and old["ClusterIdentifier"] != event["ResourceProperties"]["ClusterIdentifier"]


def _goes_back(event: Json) -> bool:
    """Say whether an update goes back from a cluster to which it never got: CloudFormation knows no name there."""
    return _moves(event) and event.get("PhysicalResourceId") == physical_id_of(event)


def _leave(properties: Json, client: Client, clock: Clock, seconds: float) -> None:
    """Take ours away from a cluster that CloudFormation will not ask about any more, if it can be done in time."""
    cluster, limit = properties["ClusterIdentifier"], int(properties["RoleLimit"])
    try:
        converge(client, Request(cluster, _association(properties), NOTHING, limit, seconds), clock)
    except RefusedError as error:
        _log.warning("what was begun there stays: %s", error)


def _request(event: Json, seconds: float) -> Request:
    """Read what is asked of the cluster; of an update that goes back, the larger limit counts."""
    properties, old = event["ResourceProperties"], _old(event)
    wanted = _association(properties)
    leaves = event["RequestType"] == "Delete"
    before = NOTHING
    if leaves or _goes_back(event):
        before = wanted
    elif old and not _moves(event):
        before = _association(old)
    return Request(
        cluster=properties["ClusterIdentifier"],
        before=before,
        after=NOTHING if leaves else wanted,
        role_limit=max(int(side["RoleLimit"]) for side in (properties, old) if side),
        seconds=seconds,
    )


def _association(properties: Json) -> Association:
    found = properties.get("Found", [])
    roles = {arn: flag == "true" for arn, flag in zip(properties.get("RoleArns", []), found, strict=True)}
    return Association(roles, properties.get("DefaultRoleArn") or None, properties.get("DefaultBefore") or None)


def _look(event: Json, client: Client, clock: Clock, seconds: float) -> tuple[str, Json]:
    """Look what is there, or remember what was seen: the physical id has the last answers, for a rollback.

    A role that was found is looked for again: we never remove it, so if it is gone, others removed it, and what we add
    from now on is ours.
    """
    physical_id = str(event.get("PhysicalResourceId", ""))
    if event["RequestType"] == "Delete":
        return physical_id, {}
    cluster, role = event["ResourceProperties"]["ClusterIdentifier"], event["ResourceProperties"].get("RoleArn", "")
    key = memory.key_of(cluster, role)
    seen = memory.recall(physical_id, key, clock.date())
    if seen is None or (role and seen == "true"):
        seen = _found(look(client, cluster, seconds, clock), role)
    return memory.remember(physical_id, key, seen, clock.date()), _told(event, role, seen)


def _told(event: Json, role: str, seen: str) -> Json:
    """Tell what was seen, and for a default role what a policy must name so that it can be put back."""
    if role:
        return {"Found": seen}
    return {"DefaultRoleArn": seen, "PutBackRoleArn": seen or _no_role(event["StackId"])}


def _no_role(stack_id: str) -> str:
    """Name a role that is not there: a policy must name something, also where there is nothing to put back."""
    _, partition, _, _, account, *_ = stack_id.split(":")
    return f"arn:{partition}:iam::{account}:role/no-default-role"


def _found(there: Cluster, role: str) -> str:
    """Say whether a role is there, or which is the default where no role is asked for."""
    if not role:
        return there.default or ""
    return "true" if there.roles.get(role, REMOVING) != REMOVING else "false"
