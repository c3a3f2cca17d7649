"""The resource types of Redshift Serverless: what CloudFormation does with them, and how it waits for them.

Each handler asks what CloudFormation's own handlers ask, and returns when the namespace or workgroup is available:
https://github.com/aws-cloudformation/aws-cloudformation-resource-providers-redshift-serverless.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from botocore.model import Shape
from ministack.services.cloudformation import provisioners, stacks

from tests.support.emulator.clusters import Json, RefusedError
from tests.support.emulator.serverless import MISSING, Serverless
from tests.support.emulator.serverless_api import service

Made = tuple[str, Json]

_PREFIX: Final = "AWS::RedshiftServerless::"
_POLL_SECONDS: Final = 0.1


@dataclass(frozen=True)
class ServerlessProvisioning:
    """The handlers of the types.

    Attributes:
        serverless: The namespaces and workgroups of the request's account and region.
        caller: CloudFormation itself, which the server does not check for permissions.
    """

    serverless: Callable[[], Serverless]
    caller: Any

    def install(self) -> None:
        """Teach the server the types, which it must not wait for on its only thread."""
        for kind in ("Namespace", "Workgroup"):
            provisioners._RESOURCE_HANDLERS[_PREFIX + kind] = {
                "create": self._creating(kind),
                "update": self._updating(kind),
                "update_with_logical_id": True,
                "delete": self._deleting(kind),
            }
        others = stacks._runs_on_worker_thread
        stacks._runs_on_worker_thread = lambda kind: kind.startswith(_PREFIX) or others(kind)

    def _creating(self, kind: str) -> Callable[..., Made]:
        def create(_: str, properties: Json, __: str) -> Made:
            request = _request(f"Create{kind}", properties)
            if kind == "Workgroup":
                self._wait("Namespace", request["namespaceName"])
            self._ask(f"create_{kind.lower()}", request)
            return self._made(kind, properties)

        return create

    def _updating(self, kind: str) -> Callable[..., Made]:
        def update(name: str, old: Json, new: Json, stack_name: str, logical_id: str) -> Made:
            if any(old.get(key) != new.get(key) for key in (f"{kind}Name", "NamespaceName")):
                raise ValueError(f"{_PREFIX}{kind} {logical_id} of {stack_name} would be replaced")
            # CloudFormation asks for nothing where a property is gone: such roles, and such a default role, stay.
            changed = {key: new.get(key) for key in {**old, **new} if not _same(old.get(key), new.get(key))}
            if "DefaultIamRoleArn" in changed:
                changed["IamRoles"] = new.get("IamRoles")
            request = _request(f"Update{kind}", changed)
            self._wait(kind, name)
            if request:
                self._ask(f"update_{kind.lower()}", {_key(f"{kind}Name"): name, **request})
            return self._made(kind, new)

        return update

    def _deleting(self, kind: str) -> Callable[[str, Json], None]:
        def delete(name: str, properties: Json) -> None:
            snapshot = _request("DeleteNamespace", properties) if kind == "Namespace" else {}
            try:
                self._wait(kind, name)
                self._ask(f"delete_{kind.lower()}", {**snapshot, _key(f"{kind}Name"): name})
                self._wait(kind, name)
            except RefusedError as error:
                if error.code != MISSING:
                    raise

        return delete

    def _ask(self, action: str, request: Json) -> Json:
        answer: Json = getattr(self.serverless(), action)(self.caller, request)
        return answer

    def _wait(self, kind: str, name: str) -> Json:
        """Return a namespace or workgroup when it is available; raise MISSING when it is gone."""
        while True:
            shown: Json = self._ask(f"get_{kind.lower()}", {_key(f"{kind}Name"): name})[kind.lower()]
            if shown["status"] == "AVAILABLE":
                return shown
            time.sleep(_POLL_SECONDS)

    def _made(self, kind: str, properties: Json) -> Made:
        name: str = properties[f"{kind}Name"]
        shown = self._wait(kind, name)
        if kind == "Workgroup":
            self._wait("Namespace", shown["namespaceName"])
        attributes = {f"{kind}.{_title(key)}": value for key, value in shown.items()}
        endpoint = shown.get("endpoint", {})
        return name, {**attributes, **{f"{kind}.Endpoint.{_title(key)}": value for key, value in endpoint.items()}}


def _request(operation: str, properties: Json) -> Json:
    """Write properties as the parameters of an operation."""
    shape: Shape = service().operation_model(operation).input_shape
    written = {_key(name): _lower(value) for name, value in properties.items() if value is not None}
    return {name: value for name, value in written.items() if name in shape.members}


def _lower(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {_key(name): _lower(inner) for name, inner in value.items()}
    return [_lower(item) for item in value] if isinstance(value, list) else value


def _key(name: str) -> str:
    return name[0].lower() + name[1:]


def _title(name: str) -> str:
    return name[0].upper() + name[1:]


def _same(old: Any, new: Any) -> bool:
    """The order of a list of roles is no change."""
    if isinstance(old, list) and isinstance(new, list):
        return sorted(map(str, old)) == sorted(map(str, new))
    return bool(old == new)
