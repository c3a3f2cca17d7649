"""Amazon Redshift Serverless in memory, as far as roles go: namespaces whose roles come and go, and workgroups.

Written from the API's model and from CloudFormation's published handlers, which send the list of roles without the
default role when the default does not change:
https://github.com/aws-cloudformation/aws-cloudformation-resource-providers-redshift-serverless. What AWS does not
document is invented here, and marked.
"""

from __future__ import annotations

import itertools
import re
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

from tests.support.emulator.clusters import Caller, Json, Pace, RefusedError, RoleHolder, check_roles

CONFLICT: Final = "ConflictException"
INVALID: Final = "ValidationException"
MISSING: Final = "ResourceNotFoundException"

_NAME: Final = re.compile(r"[a-z0-9-]{3,64}")
_BUSY: Final = "There is an operation running on the {}. Try again later."  # invented
# "Unless required, you can't update multiple parameters in one request."
# https://docs.aws.amazon.com/redshift-serverless/latest/APIReference/API_UpdateNamespace.html
_TOGETHER: Final = (
    {"iamRoles", "defaultIamRoleArn"},
    {"adminUsername", "adminUserPassword", "manageAdminPassword", "adminPasswordSecretKmsKeyId"},
    {"kmsKeyId"},
    {"logExports", "logDestinationType"},
)
_NAMESPACE_KEPT: Final = ("adminUsername", "adminPasswordSecretKmsKeyId", "dbName", "kmsKeyId", "logExports")
_WORKGROUP_KEPT: Final = (
    "baseCapacity",
    "configParameters",
    "enhancedVpcRouting",
    "maxCapacity",
    "namespaceName",
    "port",
    "publiclyAccessible",
    "securityGroupIds",
    "subnetIds",
)


@dataclass
class Namespace(RoleHolder):
    """One namespace.

    Attributes:
        number: What its id is made from.
        gone: When it is deleted.
    """

    status: str = "AVAILABLE"
    busy_status: str = "MODIFYING"
    number: int = 0
    gone: float | None = None


@dataclass
class Workgroup:
    """One workgroup.

    Attributes:
        properties: What it was created with, and changed to.
        number: What its id is made from.
        busy_until: When it takes the next change.
        busy_status: Its status until then.
        gone: When it is deleted.
    """

    properties: Json
    number: int
    busy_until: float
    busy_status: str = "CREATING"
    gone: float | None = None


@dataclass
class Serverless:
    """The namespaces and workgroups of one account and region.

    Methods are named after the API's actions, and take their parameters in the API's names.
    """

    account: str
    region: str
    pace: Pace = field(default_factory=Pace)
    now: Callable[[], float] = time.monotonic
    snapshots: list[str] = field(default_factory=list)
    _namespaces: dict[str, Namespace] = field(default_factory=dict)
    _workgroups: dict[str, Workgroup] = field(default_factory=dict)
    _numbers: Any = field(default_factory=lambda: itertools.count(1))

    def create_namespace(self, caller: Caller, request: Json) -> Json:
        """Create a namespace with its roles."""
        name = _name(request, "namespaceName")
        if name in self.namespaces:
            raise RefusedError(CONFLICT, f"A namespace with the name {name} already exists.")
        made = Namespace(name, dict(request), number=next(self._numbers))
        self._set_roles(caller, made, request)
        self._namespaces[name] = made
        return {"namespace": self._shown(made)}

    def get_namespace(self, _: Caller, request: Json) -> Json:
        """Show a namespace."""
        return {"namespace": self._shown(self.namespace(request["namespaceName"]))}

    def list_namespaces(self, _: Caller, __: Json) -> Json:
        """Show all namespaces, on one page."""
        return {"namespaces": [self._shown(each) for each in self.namespaces.values()]}

    def update_namespace(self, caller: Caller, request: Json) -> Json:
        """Change what may be changed in one request; the roles are the whole list, also those that are there."""
        namespace = self.namespace(request["namespaceName"])
        given = set(request) - {"namespaceName"}
        if not any(given <= group for group in _TOGETHER):
            raise RefusedError(INVALID, f"You can't update these parameters in one request: {sorted(given)}")
        self._check_available("namespace", self._status(namespace))
        self._set_roles(caller, namespace, request)
        namespace.properties |= request
        namespace.busy_until = self.now() + self.pace.busy
        return {"namespace": self._shown(namespace)}

    def delete_namespace(self, _: Caller, request: Json) -> Json:
        """Delete a namespace that has no workgroup any more, which takes time."""
        namespace = self.namespace(request["namespaceName"])
        self._check_available("namespace", self._status(namespace))
        if self._workgroups_of(namespace.identifier):  # invented: the code
            raise RefusedError(CONFLICT, f"The namespace {namespace.identifier} has a workgroup.")
        if "finalSnapshotName" in request:
            self.snapshots.append(request["finalSnapshotName"])
        namespace.gone = self.now() + self.pace.busy
        return {"namespace": self._shown(namespace)}

    def create_workgroup(self, _: Caller, request: Json) -> Json:
        """Create the one workgroup of a namespace."""
        name = _name(request, "workgroupName")
        namespace = self.namespace(request["namespaceName"])
        if name in self.workgroups:
            raise RefusedError(CONFLICT, f"A workgroup with the name {name} already exists.")
        if self._workgroups_of(namespace.identifier):  # invented: the code
            raise RefusedError(CONFLICT, f"The namespace {namespace.identifier} has a workgroup.")
        self._check_available("namespace", self._status(namespace))
        until = self.now() + self.pace.busy
        made = self._workgroups[name] = Workgroup(dict(request), next(self._numbers), until)
        namespace.busy_until = until  # invented: that it is busy, as CloudFormation expects
        return {"workgroup": self._shown_workgroup(made)}

    def get_workgroup(self, _: Caller, request: Json) -> Json:
        """Show a workgroup."""
        return {"workgroup": self._shown_workgroup(self.workgroup(request["workgroupName"]))}

    def update_workgroup(self, _: Caller, request: Json) -> Json:
        """Change one parameter; AWS takes no more in one request."""
        workgroup = self.workgroup(request["workgroupName"])
        given = set(request) - {"workgroupName"}
        if len(given) != 1:
            raise RefusedError(INVALID, f"You can't update these parameters in one request: {sorted(given)}")
        self._check_available("workgroup", self._status(workgroup))
        workgroup.properties |= request
        workgroup.busy_until, workgroup.busy_status = self.now() + self.pace.busy, "MODIFYING"
        return {"workgroup": self._shown_workgroup(workgroup)}

    def delete_workgroup(self, _: Caller, request: Json) -> Json:
        """Delete a workgroup, which takes time."""
        workgroup = self.workgroup(request["workgroupName"])
        self._check_available("workgroup", self._status(workgroup))
        workgroup.gone = self.now() + self.pace.busy
        return {"workgroup": self._shown_workgroup(workgroup)}

    @property
    def namespaces(self) -> dict[str, Namespace]:
        """Return the namespaces that are there, by name."""
        return {name: each for name, each in [*self._namespaces.items()] if self._is_there(each)}

    @property
    def workgroups(self) -> dict[str, Workgroup]:
        """Return the workgroups that are there, by name."""
        return {name: each for name, each in [*self._workgroups.items()] if self._is_there(each)}

    def namespace(self, name: str) -> Namespace:
        """Find a namespace."""
        if name not in self.namespaces:
            raise RefusedError(MISSING, f"The namespace {name} doesn't exist.")
        return self.namespaces[name]

    def workgroup(self, name: str) -> Workgroup:
        """Find a workgroup."""
        if name not in self.workgroups:
            raise RefusedError(MISSING, f"The workgroup {name} doesn't exist.")
        return self.workgroups[name]

    def arn(self, request: Json) -> str:
        """Return the ARN of what a request is about, which has an id of its own; without one it is any."""
        workgroup, namespace = request.get("workgroupName"), request.get("namespaceName")
        if workgroup:
            return self._arn("workgroup", self.workgroups.get(workgroup))
        return self._arn("namespace", self.namespaces.get(namespace)) if namespace else "*"

    def _arn(self, kind: str, found: Namespace | Workgroup | None) -> str:
        return f"arn:aws:redshift-serverless:{self.region}:{self.account}:{kind}/{_id(found.number) if found else '*'}"

    def _is_there(self, found: Namespace | Workgroup) -> bool:
        return found.gone is None or self.now() < found.gone

    def _workgroups_of(self, name: str) -> list[Workgroup]:
        return [each for each in self.workgroups.values() if each.properties["namespaceName"] == name]

    def _status(self, found: Namespace | Workgroup) -> str:
        if found.gone is not None:
            return "DELETING"
        return found.busy_status if self.now() < found.busy_until else "AVAILABLE"

    def _check_available(self, kind: str, status: str) -> None:
        if status != "AVAILABLE":
            raise RefusedError(CONFLICT, _BUSY.format(kind))

    def _set_roles(self, caller: Caller, namespace: Namespace, request: Json) -> None:
        """Set the list of roles and the default role.

        https://github.com/hashicorp/terraform-provider-aws/issues/39268 quotes the refusal of a default role without
        its list. A list without its default role is what CloudFormation sends: the default stays.
        """
        wanted, default = request.get("iamRoles"), request.get("defaultIamRoleArn")
        if wanted is None and default is None:
            return
        default = namespace.default if default is None else default or None
        if wanted is None or (default and default not in wanted):
            raise RefusedError(INVALID, "The default IAM role must be one of iamRoles; give the entire list.")
        if len(wanted) > self.pace.quota:  # invented
            raise RefusedError(INVALID, f"A namespace may have {self.pace.quota} IAM roles.")
        check_roles(caller, self.account, wanted, INVALID)
        namespace.set_roles(set(wanted), self.now(), self.pace.takes)
        namespace.default = default
        namespace.busy_until = self.now() + self.pace.busy

    def _shown(self, namespace: Namespace) -> Json:
        roles = namespace.statuses(self.now())
        managed = namespace.properties.get("manageAdminPassword")
        secret = f"arn:aws:secretsmanager:{self.region}:{self.account}:secret:redshift!{namespace.identifier}"
        return {
            **{key: value for key, value in namespace.properties.items() if key in _NAMESPACE_KEPT},
            "namespaceName": namespace.identifier,
            "namespaceId": _id(namespace.number),
            "namespaceArn": self._arn("namespace", namespace),
            "status": self._status(namespace),
            "iamRoles": [f"IamRole(applyStatus={status}, iamRoleArn={arn})" for arn, status in roles.items()],
            **({"defaultIamRoleArn": namespace.default} if namespace.default else {}),
            **({"adminPasswordSecretArn": secret} if managed else {}),
        }

    def _shown_workgroup(self, workgroup: Workgroup) -> Json:
        name, port = workgroup.properties["workgroupName"], workgroup.properties.get("port", 5439)
        address = f"{name}.{self.account}.{self.region}.redshift-serverless.amazonaws.com"
        return {
            **{key: value for key, value in workgroup.properties.items() if key in _WORKGROUP_KEPT},
            "workgroupName": name,
            "workgroupId": _id(workgroup.number),
            "workgroupArn": self._arn("workgroup", workgroup),
            "status": self._status(workgroup),
            "endpoint": {"address": address, "port": port, "vpcEndpoints": []},
        }


def _id(number: int) -> str:
    return f"00000000-0000-4000-8000-{number:012}"


def _name(request: Json, key: str) -> str:
    name = request[key]
    if not _NAME.fullmatch(name):
        raise RefusedError(INVALID, f"{key} must be 3 to 64 characters of a-z, 0-9 and -")
    return str(name)
