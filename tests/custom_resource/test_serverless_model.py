"""The emulated Redshift Serverless behaves as AWS documents the real one."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.support.emulator.clusters import Json, Pace, RefusedError
from tests.support.emulator.serverless import Serverless
from tests.support.emulator.serverless_api import answer

ACCOUNT = "123456789012"
A, B, C = (f"arn:aws:iam::{ACCOUNT}:role/{name}" for name in "ABC")
OTHERS = "arn:aws:iam::999999999999:role/A"


class Someone:
    """A caller, who may pass every role but one, of which one does not trust Redshift."""

    def __init__(self, *, denied: str = "", untrusting: str = "") -> None:
        self._denied, self._untrusting = denied, untrusting

    def trusts_redshift(self, role_arn: str) -> bool:
        """Trust all but one."""
        return role_arn != self._untrusting

    def check_pass_role(self, role_arn: str) -> None:
        """Pass all but one."""
        if role_arn == self._denied:
            raise RefusedError("AccessDenied", f"iam:PassRole on resource: {role_arn}", 403)


class World:
    """One namespace with role A, its default, asked by the API's protocol; time passes when a test says so."""

    def __init__(self, quota: int = 50) -> None:
        self.time = 0.0
        self.serverless = Serverless(ACCOUNT, "eu-west-1", Pace(takes=10, busy=4, quota=quota), lambda: self.time)
        self.ask("CreateNamespace", iamRoles=[A], defaultIamRoleArn=A)
        self.time = 100.0

    def ask(self, action: str, caller: Someone | None = None, *, throttled: bool = False, **request: Any) -> Json:
        """Ask about the namespace, unless another is named, and return the answer or the refusal."""
        named = {"namespaceName": "sales"} if action.endswith("Namespace") else {}
        body = json.dumps({**named, **request}).encode()
        target = f"RedshiftServerless.{action}"
        _, said = answer(self.serverless, caller or Someone(), target, body, throttled=throttled)
        return dict(json.loads(said))

    def update(self, caller: Someone | None = None, **request: Any) -> str:
        """Change the namespace, and say how it went."""
        return str(self.ask("UpdateNamespace", caller, **request).get("__type", "changed"))

    def shown(self) -> Json:
        """Show the namespace."""
        return dict(self.ask("GetNamespace")["namespace"])

    def roles(self) -> tuple[list[str], str | None]:
        """List the roles as the API writes them, and the default role."""
        shown = self.shown()
        return shown["iamRoles"], shown.get("defaultIamRoleArn")


def _role(arn: str, status: str = "in-sync") -> str:
    return f"IamRole(applyStatus={status}, iamRoleArn={arn})"


# https://github.com/hashicorp/terraform-provider-aws/issues/39268: a default role needs the entire list.
@pytest.mark.parametrize(
    ("caller", "request_", "code"),
    [
        (Someone(), {"defaultIamRoleArn": A}, "ValidationException"),
        (Someone(), {"iamRoles": [A], "defaultIamRoleArn": B}, "ValidationException"),
        (Someone(), {"iamRoles": [B]}, "ValidationException"),
        (Someone(untrusting=B), {"iamRoles": [A, B], "defaultIamRoleArn": A}, "ValidationException"),
        (Someone(denied=B), {"iamRoles": [A, B], "defaultIamRoleArn": A}, "AccessDeniedException"),
        (Someone(denied=A), {"iamRoles": [A, B], "defaultIamRoleArn": A}, "AccessDeniedException"),
        (Someone(), {"iamRoles": [A, OTHERS], "defaultIamRoleArn": A}, "AccessDeniedException"),
        (Someone(), {"iamRoles": "A"}, "ValidationException"),
        (Someone(), {"iamRoles": [A, B, C], "defaultIamRoleArn": A}, "ValidationException"),
        (Someone(), {"iamRoles": [A], "defaultIamRoleArn": A, "kmsKeyId": "k"}, "ValidationException"),
        (Someone(), {"kmsKeyId": "k", "logExports": ["userlog"]}, "ValidationException"),
        (Someone(), {"namespaceName": "other", "logExports": ["userlog"]}, "ResourceNotFoundException"),
        (Someone(), {"namespaceName": "no", "logExports": ["userlog"]}, "ValidationException"),
    ],
)
def test_fails_when_roles_may_not_be_there_and_changes_nothing(caller: Someone, request_: Json, code: str) -> None:
    """The caller passes every role of the list, also one that is there already."""
    world = World(quota=2)

    assert code == world.update(caller, **request_)
    assert ([_role(A)], A) == world.roles()


def test_fails_while_a_namespace_is_modified() -> None:
    """The namespace shows it, and takes the next change at once afterwards."""
    world = World()
    assert "changed" == world.update(iamRoles=[A, B], defaultIamRoleArn=A)

    assert ("MODIFYING", "ConflictException") == (world.shown()["status"], world.update(iamRoles=[A]))
    assert "ConflictException" == world.ask("DeleteNamespace")["__type"]
    world.time += 4
    assert ("AVAILABLE", "changed") == (world.shown()["status"], world.update(iamRoles=[A]))


def test_fails_when_it_is_throttled_or_asked_for_what_it_lacks() -> None:
    """Nothing changes."""
    world = World()

    assert "ThrottlingException" == world.ask("UpdateNamespace", throttled=True, iamRoles=[])["__type"]
    assert "UnknownOperationException" == world.ask("ListSnapshots")["__type"]
    assert "UnknownOperationException" == world.ask("Namespaces")["__type"]
    assert ([_role(A)], A) == world.roles()


def test_roles_come_and_go_over_time() -> None:
    """A new list adds and removes; the default role stays when the request has none, and "" clears it."""
    world = World()
    assert "changed" == world.update(iamRoles=[B, A])
    assert ([_role(A), _role(B, "adding")], A) == world.roles()
    world.time += 10
    assert ([_role(A), _role(B)], A) == world.roles()

    assert "changed" == world.update(iamRoles=[B], defaultIamRoleArn="")
    assert ([_role(B), _role(A, "removing")], None) == world.roles()
    world.time += 10
    assert ([_role(B)], None) == world.roles()


def test_a_namespace_is_created_with_its_roles() -> None:
    """All or nothing; it has an id and an ARN with this id, and a name that no other has."""
    world = World()
    refused = world.ask("CreateNamespace", Someone(denied=B), namespaceName="new", iamRoles=[B])
    assert "AccessDeniedException" == refused["__type"]
    assert "ConflictException" == world.ask("CreateNamespace")["__type"]
    assert "ValidationException" == world.ask("CreateNamespace", namespaceName="New")["__type"]
    assert ["sales"] == [each["namespaceName"] for each in world.ask("ListNamespaces")["namespaces"]]

    made = world.ask("CreateNamespace", namespaceName="new", iamRoles=[B], dbName="dev", manageAdminPassword=True)
    shown = made["namespace"]
    assert f"arn:aws:redshift-serverless:eu-west-1:{ACCOUNT}:namespace/{shown['namespaceId']}" == shown["namespaceArn"]
    assert world.serverless.arn({"namespaceName": "new"}) == shown["namespaceArn"] != world.shown()["namespaceArn"]
    assert ("dev", [_role(B, "adding")]) == (shown["dbName"], shown["iamRoles"])
    assert "redshift!new" in shown["adminPasswordSecretArn"]


def test_a_namespace_has_one_workgroup_and_is_deleted_after_it() -> None:
    """Both are busy while the workgroup is created; each deletion takes time, and can leave a snapshot."""
    world = World()
    work: Json = {"workgroupName": "work", "port": 5440}
    assert "CREATING" == world.ask("CreateWorkgroup", namespaceName="sales", **work)["workgroup"]["status"]
    assert "MODIFYING" == world.shown()["status"]
    second = world.ask("CreateWorkgroup", namespaceName="sales", workgroupName="second")
    assert "ConflictException" == second["__type"]
    assert "ConflictException" == world.ask("DeleteWorkgroup", workgroupName="work")["__type"]
    world.time += 4
    shown = world.ask("GetWorkgroup", workgroupName="work")["workgroup"]
    address = f"work.{ACCOUNT}.eu-west-1.redshift-serverless.amazonaws.com"
    assert {"address": address, "port": 5440, "vpcEndpoints": []} == shown["endpoint"]
    assert ("AVAILABLE", world.serverless.arn(work)) == (shown["status"], shown["workgroupArn"])

    assert "ValidationException" == _update(world, baseCapacity=8, port=5439)
    assert "changed" == _update(world, baseCapacity=8)
    assert "ConflictException" == _update(world, baseCapacity=16)
    world.time += 4
    assert "ConflictException" == world.ask("DeleteNamespace")["__type"]
    assert "DELETING" == world.ask("DeleteWorkgroup", workgroupName="work")["workgroup"]["status"]
    world.time += 4
    assert "ResourceNotFoundException" == world.ask("GetWorkgroup", workgroupName="work")["__type"]
    assert "DELETING" == world.ask("DeleteNamespace", finalSnapshotName="last")["namespace"]["status"]
    assert "ConflictException" == world.update(iamRoles=[])
    world.time += 4
    assert ("ResourceNotFoundException", ["last"]) == (world.update(iamRoles=[]), world.serverless.snapshots)


def _update(world: World, **request: Any) -> str:
    return str(world.ask("UpdateWorkgroup", workgroupName="work", **request).get("__type", "changed"))
