"""The entry of the Lambda function, which always replies to CloudFormation.

There are two kinds of resource. A snapshot stores what was there before an association, and changes nothing:
CloudFormation keeps its answer and passes it to the association, so it survives every crash.
"""

from __future__ import annotations

import json
import logging
from typing import Any, Protocol

import boto3
from botocore.config import Config

from . import snapshots
from .clusters import Client, RefusedError
from .plan import NOTHING, REMOVING, Association, Cluster
from .reconcile import Clock, Request, read, reconcile, undo
from .reply import Outcome, respond

_log = logging.getLogger()
_log.setLevel(logging.INFO)

# The last attempt makes two calls, and a create that fails makes three more to remove what it added; then there must be
# time to reply. Calls are not repeated here: the next attempt does that.
_CALLS = Config(connect_timeout=3, read_timeout=4, retries={"mode": "standard", "total_max_attempts": 1})
_MARGIN_SECONDS = 60.0
_SNAPSHOT_SECONDS = 180.0

Json = dict[str, Any]


class Context(Protocol):
    """The context of an invocation."""

    def get_remaining_time_in_millis(self) -> int:
        """Return how long it may still take."""


def handler(event: Json, context: Context) -> None:
    """Reply to one request."""
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
    except Exception as error:  # noqa: BLE001  without a reply CloudFormation waits for an hour
        _log.exception("unexpected")
        reason = f"unexpected: {type(error).__name__}: {error}"
    respond(event, Outcome(status, reason, physical_id, data))


def answer(event: Json, client: Client, clock: Clock, seconds: float) -> tuple[str, Json]:
    """Fulfil a request, and return the physical id and the data of the resource."""
    properties = event["ResourceProperties"]
    if properties["Kind"] == "Before":
        return _snapshot(event, client, clock, min(_SNAPSHOT_SECONDS, seconds))
    deadline = clock.now() + max(min(float(properties["TimeoutSeconds"]), seconds), 0.0)
    if _is_rollback_of_move(event):
        _clean_up(event["OldResourceProperties"], client, clock, (deadline - clock.now()) / 2)
    request = _request(event, deadline - clock.now())
    try:
        reconcile(client, request, clock)
    except RefusedError:
        if request.before == NOTHING:
            undo(client, request)
        raise
    return physical_id_of(event), {}


def physical_id_of(event: Json) -> str:
    """Return the physical id: of an association its cluster and logical id, never its roles."""
    properties = event["ResourceProperties"]
    if event["RequestType"] == "Delete" or properties["Kind"] == "Before":
        return str(event.get("PhysicalResourceId") or "nothing")
    return f"{properties['ClusterIdentifier']}/{event['LogicalResourceId']}"


def _old(event: Json) -> Json:
    old: Json = event.get("OldResourceProperties", {}) if event["RequestType"] == "Update" else {}
    return old


def _changes_cluster(event: Json) -> bool:
    old = _old(event)
    return bool(old) and old["ClusterIdentifier"] != event["ResourceProperties"]["ClusterIdentifier"]


def _is_rollback_of_move(event: Json) -> bool:
    """Return whether an update is the rollback of one to another cluster whose physical id CloudFormation never got."""
    return _changes_cluster(event) and event.get("PhysicalResourceId") == physical_id_of(event)


def _clean_up(properties: Json, client: Client, clock: Clock, seconds: float) -> None:
    """Remove our roles from a cluster for which CloudFormation will send no delete, if it can be done in time."""
    cluster, limit = properties["ClusterIdentifier"], int(properties["RoleLimit"])
    try:
        reconcile(client, Request(cluster, _association(properties), NOTHING, limit, seconds), clock)
    except RefusedError as error:
        _log.warning("not removed: %s", error)


def _request(event: Json, seconds: float) -> Request:
    """Read the request; of an update the larger limit counts, since it may be a rollback."""
    properties, old = event["ResourceProperties"], _old(event)
    wanted = _association(properties)
    deletes = event["RequestType"] == "Delete"
    before = NOTHING
    if deletes or _is_rollback_of_move(event):
        before = wanted
    elif old and not _changes_cluster(event):
        before = _association(old)
    return Request(
        cluster=properties["ClusterIdentifier"],
        before=before,
        after=NOTHING if deletes else wanted,
        role_limit=max(int(side["RoleLimit"]) for side in (properties, old) if side),
        seconds=seconds,
    )


def _association(properties: Json) -> Association:
    found = properties.get("WasAssociated", [])
    roles = {arn: flag == "true" for arn, flag in zip(properties.get("RoleArns", []), found, strict=True)}
    return Association(roles, properties.get("DefaultRoleArn") or None, properties.get("DefaultBefore") or None)


def _snapshot(event: Json, client: Client, clock: Clock, seconds: float) -> tuple[str, Json]:
    """Return what was associated before: from the answers in the physical id, else from the cluster.

    A role that was associated is checked again. The association never removes such a role, so if it is gone, others
    removed it, and what is added from now on is ours.
    """
    physical_id = str(event.get("PhysicalResourceId", ""))
    if event["RequestType"] == "Delete":
        return physical_id, {}
    cluster, role = event["ResourceProperties"]["ClusterIdentifier"], event["ResourceProperties"].get("RoleArn", "")
    key = snapshots.key_of(cluster, role)
    answer = snapshots.read(physical_id, key, clock.date())
    if answer is None or (role and answer == "true"):
        answer = _state(read(client, cluster, seconds, clock), role)
    return snapshots.write(physical_id, key, answer, clock.date()), _data(event, role, answer)


def _data(event: Json, role: str, answer: str) -> Json:
    """Return the attributes: for a default role also the ARN that a policy needs so that it can be restored."""
    if role:
        return {"WasAssociated": answer}
    return {"DefaultRoleArn": answer, "PutBackRoleArn": answer or _no_role(event["StackId"])}


def _no_role(stack_id: str) -> str:
    """Return the ARN of no role: a policy must name one, also when there is no default role to restore."""
    _, partition, _, _, account, *_ = stack_id.split(":")
    return f"arn:{partition}:iam::{account}:role/no-default-role"


def _state(there: Cluster, role: str) -> str:
    """Return whether a role is associated or, without a role, the default role."""
    if not role:
        return there.default or ""
    return "true" if there.roles.get(role, REMOVING) != REMOVING else "false"
