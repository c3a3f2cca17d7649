"""The entry of the Lambda function, which always replies to CloudFormation.

There are two kinds of resource. A snapshot stores what was there before an association, and changes nothing:
CloudFormation keeps its answer and passes it to the association, so it survives every crash.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from functools import cache, partial
from typing import Any, Protocol

import boto3
from botocore.config import Config

from . import snapshots
from .clusters import Client, RefusedError
from .plan import NOTHING, REMOVING, Association, Cluster
from .reconcile import Clock, OutdatedError, Request, found, reconcile, retry, undo
from .reply import Outcome, respond
from .stack import Stack, association_id, cluster_of, list_stack

_log = logging.getLogger()
_log.setLevel(logging.INFO)

# The last attempt makes three calls, and a create that fails makes four more to remove what it added; then there must
# be time to reply. Calls are not repeated here: the next attempt does that.
_CALLS = Config(connect_timeout=2, read_timeout=3.5, retries={"mode": "standard", "total_max_attempts": 1})
_MARGIN_SECONDS = 60.0
_SNAPSHOT_SECONDS = 180.0

Json = dict[str, Any]
Look = Callable[[], Stack]


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
        redshift, cloudformation = _clients()
        physical_id, data = answer(event, redshift, partial(list_stack, cloudformation, event), Clock(), remaining)
        status = "SUCCESS"
    except (RefusedError, OutdatedError) as error:
        reason = str(error)
    except Exception as error:  # noqa: BLE001  without a reply CloudFormation waits for an hour
        _log.exception("unexpected")
        reason = f"unexpected: {type(error).__name__}: {error}"
    respond(event, Outcome(status, reason, physical_id, data))


@cache
def _clients() -> tuple[Any, Any]:
    """Make the clients, once for each process: they are slow to make."""
    return boto3.client("redshift", config=_CALLS), boto3.client("cloudformation", config=_CALLS)


def answer(event: Json, client: Client, look: Look, clock: Clock, seconds: float) -> tuple[str, Json]:
    """Fulfil a request, and return the physical id and the data of the resource."""
    properties = event["ResourceProperties"]
    if properties["Kind"] == "Before":
        return _snapshot(event, client, look, clock, min(_SNAPSHOT_SECONDS, seconds))
    deadline = clock.now() + max(min(float(properties["TimeoutSeconds"]), seconds), 0.0)
    if _is_rollback_of_move(event):
        _clean_up(event["OldResourceProperties"], client, look, clock, (deadline - clock.now()) / 2)
    request = _request(event, look, deadline - clock.now())
    try:
        reconcile(client, request, clock)
    except RefusedError:
        if request.before == NOTHING:
            undo(client, request)
        raise
    return physical_id_of(event), {}


def physical_id_of(event: Json) -> str:
    """Return the physical id that a request leads to, unless a snapshot writes another one."""
    properties = event["ResourceProperties"]
    if event["RequestType"] == "Delete" or properties["Kind"] == "Before":
        return str(event.get("PhysicalResourceId") or "nothing")
    return association_id(event)


def _old(event: Json) -> Json:
    old: Json = event.get("OldResourceProperties", {}) if event["RequestType"] == "Update" else {}
    return old


def _moves(event: Json) -> bool:
    old = _old(event)
    return bool(old) and cluster_of(old) != cluster_of(event["ResourceProperties"])


def _is_rollback_of_move(event: Json) -> bool:
    """Return whether an update is the rollback of one to another cluster whose physical id CloudFormation never got."""
    return _moves(event) and event.get("PhysicalResourceId") == physical_id_of(event)


def _clean_up(properties: Json, client: Client, look: Look, clock: Clock, seconds: float) -> None:
    """Remove our roles from a cluster for which CloudFormation will send no delete, if it can be done in time."""
    cluster, limit = cluster_of(properties), int(properties["RoleLimit"])
    try:
        reconcile(client, Request(cluster, _association(properties), NOTHING, limit, seconds, look), clock)
    except RefusedError as error:
        _log.warning("not removed: %s", error)


def _request(event: Json, look: Look, seconds: float) -> Request:
    """Read the request; of an update the larger limit counts, since it may be a rollback."""
    properties, old = event["ResourceProperties"], _old(event)
    wanted = _association(properties)
    deletes = event["RequestType"] == "Delete"
    before = NOTHING
    if deletes or _is_rollback_of_move(event):
        before = wanted
    elif old and not _moves(event):
        before = _association(old)
    return Request(
        cluster=cluster_of(properties),
        before=before,
        after=NOTHING if deletes else wanted,
        role_limit=max(int(side["RoleLimit"]) for side in (properties, old) if side),
        seconds=seconds,
        look=look,
    )


def _association(properties: Json) -> Association:
    flags = properties.get("WasAssociated", [])
    roles = {arn: flag == snapshots.FOUND for arn, flag in zip(properties.get("RoleArns", []), flags, strict=True)}
    return Association(roles, properties.get("DefaultRoleArn") or None, properties.get("DefaultBefore") or None)


def _snapshot(event: Json, client: Client, look: Look, clock: Clock, seconds: float) -> tuple[str, Json]:
    """Return what was associated before: from the answers of the stack's snapshots, else from the cluster.

    A role that was associated is checked again. The association never removes such a role, so if it is gone, others
    removed it, and what is added from now on is ours.
    """
    physical_id, properties = str(event.get("PhysicalResourceId", "")), event["ResourceProperties"]
    if event["RequestType"] == "Delete":
        return physical_id, {}
    cluster, role = cluster_of(properties), properties.get("RoleArn", "")
    key = snapshots.key_of(cluster, role)

    def attempt(_: bool) -> str:
        stored = snapshots.read([physical_id, *look().snapshots()], key, clock.date())
        if stored is None or (role and stored == snapshots.FOUND):
            return _state(found(client, cluster), role)
        return stored

    answer = retry(attempt, f"cluster {cluster}", seconds, clock)
    return snapshots.write(physical_id, properties["Association"], key, answer, clock.date()), _data(
        event, role, answer
    )


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
    return snapshots.FOUND if there.roles.get(role, REMOVING) != REMOVING else snapshots.NOT_FOUND
