"""What CloudFormation shows of a resource while it changes it: the server itself shows what is done, and no sooner.

ListStackResources answers with the status of a change that is under way, the physical id that a resource has after it,
and the time of the status. A resource that an update does not change keeps its own.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final

from ministack.core.responses import now_iso
from ministack.services import cloudformation
from ministack.services.cloudformation import handlers, provisioners, stacks

from tests.support.emulator.clusters import Json

Made = tuple[str, Json]

_CREATING: Final = "CREATE_IN_PROGRESS"


def install() -> None:
    """Let the server show what it is doing, also in nested stacks."""
    create, update, delete = stacks._provision_resource, stacks._update_resource, stacks._delete_resource
    listing = handlers._ACTION_HANDLERS["ListStackResources"]

    def creating(kind: str, logical_id: str, properties: Json, stack_name: str) -> Made:
        with _shown(stack_name, logical_id, "CREATE", kind, "") as status:
            made: Made = create(kind, logical_id, properties, stack_name)
            status["PhysicalResourceId"] = made[0]
        return made

    def updating(kind: str, name: str, old: Json, new: Json, stack_name: str, logical_id: str, *rest: Any) -> Made:
        with _shown(stack_name, logical_id, "" if old == new else "UPDATE", kind, name) as status:
            made: Made = update(kind, name, old, new, stack_name, logical_id, *rest)
            status["PhysicalResourceId"] = made[0]
        return made

    def deleting(kind: str, name: str, properties: Json, stack_name: str, logical_id: str) -> None:
        there = _statuses(cloudformation._stacks[stack_name]).get(logical_id, {})
        # Where another one came in its place, the status is of that one.
        replaced = there.get("PhysicalResourceId", name) != name
        with _shown(stack_name, logical_id, "" if replaced else "DELETE", kind, name):
            delete(kind, name, properties, stack_name, logical_id)

    def list_resources(request: Mapping[str, Any]) -> Any:
        stack = handlers._resolve_stack(handlers._p(request, "StackName")) or {}
        kept = stack.get("_resources", {})
        statuses = _statuses(stack).items()
        shown = {key: status for key, status in statuses if key in kept or status["ResourceStatus"] == _CREATING}
        stack["_resources"] = {key: {**kept.get(key, {}), **shown.get(key, {})} for key in {**kept, **shown}}
        try:
            return listing(request)
        finally:
            stack["_resources"] = kept

    for module in (provisioners, stacks):
        module._provision_resource, module._update_resource, module._delete_resource = creating, updating, deleting
    handlers._ACTION_HANDLERS["ListStackResources"] = list_resources


def _statuses(stack: Json) -> dict[str, Json]:
    statuses: dict[str, Json] = stack.setdefault("_statuses", {})
    return statuses


@contextmanager
def _shown(stack_name: str, logical_id: str, verb: str, kind: str, name: str) -> Iterator[Json]:
    """Show a resource as in progress, then as complete; one that could not be created is not there.

    What one change does by another, such as a replacement, shows as the first.
    """
    statuses = _statuses(cloudformation._stacks[stack_name])
    if not verb or statuses.get(logical_id, {}).get("ResourceStatus", "").endswith("_IN_PROGRESS"):
        yield {}
        return
    status = statuses[logical_id] = {"ResourceType": kind, "PhysicalResourceId": name, **_now(f"{verb}_IN_PROGRESS")}
    try:
        yield status
    except Exception:
        if verb == "CREATE":
            del statuses[logical_id]
        else:
            status.update(_now(f"{verb}_FAILED"))
        raise
    status.update(_now(f"{verb}_COMPLETE"))


def _now(status: str) -> Json:
    return {"ResourceStatus": status, "Timestamp": now_iso()}
