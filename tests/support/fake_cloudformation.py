"""CloudFormation as far as custom resources of associations go: one stack, its order, its rollbacks and its requests.

Snapshots come before their association, and go after it; what is independent comes in any order. New resources come
first, old ones and old physical ids go last, after a rollback too. A request may reach the function twice, or again
when it is long answered; the function may be killed at each of its changes, and be run again or not.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from random import Random
from typing import Any, NamedTuple

from redshift_roles.custom_resource.handler import index
from redshift_roles.custom_resource.handler.clusters import RefusedError
from redshift_roles.custom_resource.handler.reconcile import OutdatedError
from redshift_roles.custom_resource.handler.stack import Stack
from tests.support.fake_redshift import STACK, Account
from tests.support.fake_stack import ASSOCIATION, BEFORE, FakeStack

Json = dict[str, Any]
DELETED = "DELETE_COMPLETE"


class Wanted(NamedTuple):
    """An association: its cluster, its roles and its default role, each as it is written in the template."""

    roles: tuple[str, ...]
    default: str | None = None


@dataclass(frozen=True)
class Template:
    """What is deployed: associations by how their cluster is written, and what each such cluster and role is."""

    wanted: Mapping[str, Wanted]
    values: Mapping[str, str]

    def roles(self, association: str) -> list[str]:
        """Return what an association's roles are."""
        return [self.values[role] for role in self.wanted[association].roles]

    def default(self, association: str) -> str | None:
        """Return what an association's default role is."""
        default = self.wanted[association].default
        return None if default is None else self.values[default]

    def holders(self) -> dict[tuple[str, str], list[str]]:
        """Return the associations that want a role of a cluster, or its default role, which is named ""."""
        found: dict[tuple[str, str], list[str]] = {}
        for name in self.wanted:
            default = [""] if self.wanted[name].default else []
            for role in {*self.roles(name), *default}:
                found.setdefault((self.values[name], role), []).append(name)
        return found

    def resources(self) -> dict[str, _Resource]:
        """Return the resources by their logical ids, which come from how clusters and roles are written."""
        found = {}
        for name, wanted in self.wanted.items():
            snapshots = [_snapshot_id(name, role) for role in wanted.roles]
            properties = {
                "Kind": "Before",
                "ClusterIdentifier": self.values[name],
                "Association": _association_id(name),
            }
            for role, logical_id in zip(wanted.roles, snapshots, strict=True):
                found[logical_id] = _Resource(BEFORE, {**properties, "RoleArn": self.values[role]})
            association: Json = {
                "Kind": "Association",
                "ClusterIdentifier": self.values[name],
                "RoleArns": self.roles(name),
                "RoleLimit": "10",
                "TimeoutSeconds": "120",
            }
            default = _snapshot_id(name, "")
            if wanted.default:
                found[default] = _Resource(BEFORE, properties)
                association["DefaultRoleArn"] = self.values[wanted.default]
            needs = (*snapshots, default) if wanted.default else tuple(snapshots)
            found[_association_id(name)] = _Resource(ASSOCIATION, association, needs)
        return found


class _Resource(NamedTuple):
    """A resource of a template; an association has the answers of its snapshots among its properties."""

    kind: str
    properties: Json
    needs: tuple[str, ...] = ()


def _snapshot_id(cluster: str, role: str) -> str:
    return f"RedshiftRolesBefore{cluster}{role}"


def _association_id(cluster: str) -> str:
    return f"RedshiftRoleAssociation{cluster}"


@dataclass
class Record:
    """What CloudFormation knows of a resource that it has begun to create."""

    kind: str
    properties: Json
    status: str = ""
    physical_id: str = ""
    data: Json = field(default_factory=dict)
    since: float = 0.0


@dataclass
class Trouble:
    """What goes wrong in an operation of the stack.

    Attributes:
        kill_at: Which of its changes the function does not survive; None for all.
        was_heard: Whether the cluster has heard it then.
        runs_again: Whether AWS Lambda runs the function again.
        fails_at: After how many resources another one of the stack fails; None for never.
        learns: Whether CloudFormation takes the physical id from a reply that says FAILED.
        repeats: How often a request is delivered twice, and how often again later, of one.
    """

    kill_at: int | None = None
    was_heard: bool = False
    runs_again: bool = False
    fails_at: int | None = None
    learns: bool = False
    repeats: float = 0.0


class KilledError(BaseException):
    """The function is killed."""


class StuckError(Exception):
    """A rollback or a delete never ends."""


class _FailedError(Exception):
    """A resource has failed."""


class CloudFormation:
    """One stack."""

    def __init__(self, account: Account, random: Random) -> None:
        self.account, self._random = account, random
        self.records: dict[str, Record] = {}
        self.template = Template({}, {})
        # Called between two requests.
        self.meanwhile: Callable[[], None] = lambda: None
        self._trouble = Trouble()
        self._changes = self._steps = 0
        self._replaced: list[tuple[str, str, Json]] = []
        self._old_requests: list[Json] = []
        account.around = self._around

    def deploy(self, template: Template, trouble: Trouble) -> bool:
        """Create or update the stack, or roll it back; return whether it is as wanted."""
        self._begin(trouble)
        before = {name: replace(each) for name, each in self.records.items()}
        wanted = template.resources()
        try:
            self._forward(wanted)
        except _FailedError:
            self._trouble = Trouble(repeats=trouble.repeats)
            self._back(before)
            return False
        self.template = template
        self._clean_up(wanted)
        return True

    def delete(self, trouble: Trouble) -> None:
        """Delete the stack."""
        self._begin(trouble)
        self._clean_up({})
        self.template, self.records, self._old_requests = Template({}, {}), {}, []

    def deliver_late(self) -> None:
        """Deliver an old request again, unless a newer one about the same resource is in progress; nobody waits for it.

        CloudFormation does not tell the function which of two requests is the newer one, so that is a limit.
        """
        request = self._random.choice(self._old_requests or [None])
        record = self.records.get(request["LogicalResourceId"]) if request else None
        if request and not (record and record.status.endswith("_IN_PROGRESS")):
            self._run_quietly(request)

    def forget_requests(self) -> None:
        """Let five minutes pass, for which AWS Lambda keeps a request."""
        self._old_requests = []

    def _begin(self, trouble: Trouble) -> None:
        """Begin an operation.

        Old deletes of what was replaced do not come again from now on: one may remove the default role before the
        association that set it restores the former one. That is a limit.
        """
        live = self._live()
        self._old_requests = [
            each
            for each in self._old_requests
            if each["RequestType"] != "Delete" or each["LogicalResourceId"] not in live
        ]
        self._trouble, self._changes, self._steps, self._replaced = trouble, 0, 0, []
        # How long deleted resources are listed is not documented.
        if self._random.random() < 0.5:
            self.records = {name: each for name, each in self.records.items() if each.status != DELETED}

    def _set(self, name: str, status: str) -> None:
        """Set the status of a resource; each step takes CloudFormation a second."""
        self.account.pass_time(1.0)
        self.records[name].status, self.records[name].since = status, self.account.clock().date()

    def _live(self) -> dict[str, Record]:
        return {name: each for name, each in self.records.items() if each.status != DELETED}

    def _forward(self, wanted: dict[str, _Resource]) -> None:
        """Create and update what is ready, several at a time."""
        waiting = dict(wanted)
        while waiting:
            ready = [name for name, each in waiting.items() if not set(each.needs) & set(waiting)]
            self._random.shuffle(ready)
            batch = ready[: self._random.randint(1, len(ready))]
            requests = [(name, request) for name in batch if (request := self._start(name, waiting.pop(name)))]
            done = [self._finish(name, request) for name, request in requests]
            if not all(done):
                raise _FailedError
            for _ in requests:
                self._steps += 1
                if self._steps == self._trouble.fails_at:
                    raise _FailedError

    def _start(self, name: str, wanted: _Resource) -> Json | None:
        """Begin to create or update a resource; return the request, if there is something to do."""
        properties = self._properties(wanted)
        record = self._live().get(name)
        if record is None:
            self.records[name] = Record(wanted.kind, properties)
            self._set(name, "CREATE_IN_PROGRESS")
            return self._request("Create", name, properties)
        if record.properties == properties and not record.status.endswith("FAILED"):
            return None
        request = self._request("Update", name, properties, record.properties, record.physical_id)
        record.properties = properties
        self._set(name, "UPDATE_IN_PROGRESS")
        return request

    def _properties(self, wanted: _Resource) -> Json:
        if wanted.kind == BEFORE:
            return wanted.properties
        answers = [self.records[name].data for name in wanted.needs]
        default = [each["DefaultRoleArn"] for each in answers if "DefaultRoleArn" in each]
        return {
            **wanted.properties,
            "WasAssociated": [each["WasAssociated"] for each in answers if "WasAssociated" in each],
            **({"DefaultBefore": default[0]} if default else {}),
        }

    def _finish(self, name: str, request: Json) -> bool:
        """Run a request, and keep what it replies; return whether it has succeeded."""
        record, kind = self.records[name], request["RequestType"].upper()
        try:
            physical_id, data = self._send(request)
        except (RefusedError, KilledError) as error:
            replied = not isinstance(error, KilledError)
            if kind == "CREATE":
                record.physical_id = index.physical_id_of(request) if replied else "made-up"
            elif replied and self._trouble.learns:
                record.physical_id = index.physical_id_of(request)
            self._set(name, f"{kind}_FAILED")
            return False
        if kind == "UPDATE" and physical_id != record.physical_id:
            self._replaced.append((name, record.physical_id, request["OldResourceProperties"]))
        record.physical_id, record.data = physical_id, data
        self._set(name, f"{kind}_COMPLETE")
        return True

    def _back(self, before: dict[str, Record]) -> None:
        """Roll back what was updated: snapshots first, then associations with their answers; then clean up."""
        wanted = self.template.resources()
        failed = {name: (each.physical_id, each.properties) for name, each in self._live().items()}
        self._replaced = []
        changed = [name for name in wanted if self.records[name].properties != before[name].properties]
        for name in sorted(self._shuffled(changed), key=lambda each: wanted[each].kind == ASSOCIATION):
            self._set(name, "UPDATE_FAILED")
            for _ in range(4):
                request = self._start(name, wanted[name])
                if request is None or self._finish(name, request):
                    break
                self._unstick()
            else:
                raise StuckError(f"{name} is never rolled back")
            physical_id, properties = failed[name]
            self._replaced = [each for each in self._replaced if each[0] != name]
            if physical_id != self.records[name].physical_id:
                self._replaced.append((name, physical_id, properties))
        self._unstick()
        self._clean_up(wanted)

    def _unstick(self) -> None:
        for cluster in self.account.clusters.values():
            cluster.stuck, cluster.failures = set(), []

    def _clean_up(self, wanted: Iterable[str]) -> None:
        """Delete what is no longer wanted and what was replaced: associations first, several at a time."""
        for kind in (ASSOCIATION, BEFORE):
            removed = [(name, each) for name, each in self._live().items() if name not in wanted and each.kind == kind]
            deletes = [(name, each.physical_id, each.properties) for name, each in removed]
            deletes += [each for each in self._replaced if self.records[each[0]].kind == kind]
            deletes = self._shuffled(deletes)
            while deletes:
                batch = [deletes.pop() for _ in range(self._random.randint(1, len(deletes)))]
                for name, _, _ in batch:
                    if name not in wanted:
                        self._set(name, "DELETE_IN_PROGRESS")
                for name, physical_id, properties in batch:
                    self._delete(self._request("Delete", name, properties, physical_id=physical_id))
                    if name not in wanted:
                        self._set(name, DELETED)

    def _delete(self, request: Json) -> None:
        for _ in range(4):
            try:
                self._send(request)
            except (RefusedError, KilledError):
                continue
            return
        raise StuckError(f"{request['LogicalResourceId']} is never deleted")

    def _request(
        self, kind: str, name: str, properties: Json, old: Json | None = None, physical_id: str | None = None
    ) -> Json:
        return {
            "RequestType": kind,
            "StackId": STACK,
            "LogicalResourceId": name,
            "ResourceProperties": properties,
            **({} if old is None else {"OldResourceProperties": old}),
            **({} if physical_id is None else {"PhysicalResourceId": physical_id}),
        }

    def _send(self, request: Json) -> tuple[str, Json]:
        """Deliver a request: perhaps after an old one, perhaps twice, and again when the function is killed."""
        self.meanwhile()
        if self._random.random() < self._trouble.repeats:
            self.deliver_late()
        try:
            reply = self._run(request)
        except KilledError:
            if not self._trouble.runs_again:
                raise
            reply = self._run(request)
        if self._random.random() < self._trouble.repeats:
            self._run_quietly(request)
        self._old_requests.append(request)
        return reply

    def _run_quietly(self, request: Json) -> None:
        trouble, self._trouble = self._trouble, Trouble()
        try:
            self._run(request)
        except (RefusedError, OutdatedError):
            pass
        finally:
            self._trouble = trouble

    def _run(self, request: Json) -> tuple[str, Json]:
        def look() -> Stack:
            listed = FakeStack()
            for name, each in self.records.items():
                listed.has(name, each.kind, each.status, each.physical_id, each.since)
            return listed.look(request)()

        return index.answer(request, self.account, look, self.account.clock(), 800)

    def _around(self, moment: str) -> None:
        self._changes += moment == "before"
        if self._trouble.kill_at == self._changes - 1 and (moment == "after") == self._trouble.was_heard:
            self._trouble.kill_at = None
            raise KilledError

    def _shuffled(self, items: list[Any]) -> list[Any]:
        return self._random.sample(items, len(items))
