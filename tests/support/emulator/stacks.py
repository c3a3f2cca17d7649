"""What CloudFormation shows of a resource while it changes it: the server itself shows what is done, and no sooner.

ListStackResources reads what the server keeps of a stack. Here its records get the statuses of a change that is under
way, and the physical id that a resource has after it.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from ministack.core.responses import now_iso
from ministack.services import cloudformation
from ministack.services.cloudformation import provisioners, stacks

from tests.support.emulator.clusters import Json

Made = tuple[str, Json]


def install() -> None:
    """Let the server show what it is doing, also in nested stacks."""
    create, update, delete = stacks._provision_resource, stacks._update_resource, stacks._delete_resource

    def creating(kind: str, logical_id: str, properties: Json, stack_name: str) -> Made:
        with _shown(stack_name, logical_id, "CREATE", {"ResourceType": kind}) as record:
            made: Made = create(kind, logical_id, properties, stack_name)
            record["PhysicalResourceId"] = made[0]
        return made

    def updating(kind: str, name: str, old: Json, new: Json, stack_name: str, logical_id: str, *rest: Any) -> Made:
        verb = "" if old == new else "UPDATE"
        with _shown(stack_name, logical_id, verb) as record:
            made: Made = update(kind, name, old, new, stack_name, logical_id, *rest)
            record["PhysicalResourceId"] = made[0]
        return made

    def deleting(kind: str, name: str, properties: Json, stack_name: str, logical_id: str) -> None:
        record = _records(stack_name).get(logical_id, {})
        # Where another one came in its place, the record is about that one.
        verb = "DELETE" if record.get("PhysicalResourceId") == name else ""
        with _shown(stack_name, logical_id, verb):
            delete(kind, name, properties, stack_name, logical_id)

    for module in (provisioners, stacks):
        module._provision_resource, module._update_resource, module._delete_resource = creating, updating, deleting


def _records(stack_name: str) -> dict[str, Json]:
    records: dict[str, Json] = cloudformation._stacks[stack_name].setdefault("_resources", {})
    return records


@contextmanager
def _shown(stack_name: str, logical_id: str, verb: str, started: Json | None = None) -> Iterator[Json]:
    """Show a resource as in progress, then as complete; one that could not be created is not there any more.

    What one change does by another, such as a replacement, shows as the first.
    """
    records = _records(stack_name)
    before = records.get(logical_id)
    if not verb or (before or {}).get("ResourceStatus", "").endswith("_IN_PROGRESS"):
        yield {}
        return
    now = {"ResourceStatus": f"{verb}_IN_PROGRESS", "Timestamp": now_iso()}
    record = records[logical_id] = {**(before or started or {}), **now}
    try:
        yield record
    except Exception:
        if before is None:
            del records[logical_id]
        else:
            records[logical_id] = {**before, "ResourceStatus": f"{verb}_FAILED"}
        raise
    record["ResourceStatus"] = f"{verb}_COMPLETE"
