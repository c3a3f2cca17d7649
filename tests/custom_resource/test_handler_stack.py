"""A stack as the function sees it: which requests are old, and what other associations have; what follows from it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber

from redshift_roles.custom_resource.handler import index, snapshots
from redshift_roles.custom_resource.handler.clusters import PropagationError, RefusedError
from redshift_roles.custom_resource.handler.reconcile import OutdatedError
from redshift_roles.custom_resource.handler.stack import list_stack
from tests.support.fake_redshift import CLUSTER, STACK, FakeRedshift, error
from tests.support.fake_stack import ASSOCIATION, BEFORE, FakeStack
from tests.support.handler_requests import A, B, F, answer, request, snapshot, snapshot_of_default, stack_of

ROLE, OTHER = "arn:aws:iam::111111111111:role/R", "arn:aws:iam::111111111111:role/O"


def _event(kind: str, name: str = "Mine", cluster: str = "x") -> dict[str, Any]:
    return {
        "RequestType": kind,
        "StackId": STACK,
        "LogicalResourceId": name,
        "ResourceProperties": {"ClusterIdentifier": cluster},
    }


@pytest.mark.parametrize(
    ("kind", "status", "physical_id", "old"),
    [
        ("Create", "CREATE_IN_PROGRESS", "", ""),
        ("Create", "CREATE_COMPLETE", "x/Mine", "CREATE_COMPLETE"),
        ("Create", "CREATE_FAILED", "", "CREATE_FAILED"),
        ("Create", "DELETE_IN_PROGRESS", "x/Mine", "DELETE_IN_PROGRESS"),
        ("Update", "UPDATE_IN_PROGRESS", "x/Mine", ""),
        ("Update", "UPDATE_COMPLETE", "x/Mine", "UPDATE_COMPLETE"),
        ("Update", "UPDATE_FAILED", "x/Mine", "UPDATE_FAILED"),
        ("Update", "DELETE_COMPLETE", "x/Mine", "DELETE_COMPLETE"),
        ("Delete", "DELETE_IN_PROGRESS", "x/Mine", ""),
        ("Delete", "DELETE_IN_PROGRESS", "made-up", ""),
        ("Delete", "DELETE_COMPLETE", "x/Mine", "DELETE_COMPLETE"),
        ("Delete", "CREATE_IN_PROGRESS", "", "CREATE_IN_PROGRESS"),
        ("Delete", "CREATE_COMPLETE", "x/Mine", "CREATE_COMPLETE"),
        ("Delete", "CREATE_COMPLETE", "y/Mine", "CREATE_COMPLETE"),
        ("Delete", "UPDATE_COMPLETE", "x/Mine", "UPDATE_COMPLETE"),
        ("Delete", "UPDATE_IN_PROGRESS", "y/Mine", "UPDATE_IN_PROGRESS"),
        # After an update to another cluster, and after its rollback.
        ("Delete", "UPDATE_COMPLETE", "y/Mine", ""),
        ("Delete", "UPDATE_ROLLBACK_COMPLETE", "y/Mine", ""),
    ],
)
def test_a_request_is_old_when_cloudformation_does_something_else_now(
    kind: str, status: str, physical_id: str, old: str
) -> None:
    """By the status of its resource; a resource that is not listed is gone."""
    listed = (
        FakeStack().has("Mine", ASSOCIATION, status, physical_id).has("Yours", ASSOCIATION, f"{kind.upper()}_FAILED")
    )

    assert old == listed.look(_event(kind))().outdated()
    assert "gone" == FakeStack().look(_event(kind))().outdated()


def _snapshot(association: str, role: str = ROLE, former: str | None = None) -> str:
    name = ""
    for each in (former, role):
        if each is not None:
            name = snapshots.write(name, association, snapshots.key_of("x", each), "false", 1_000.0)
    return name


@pytest.mark.parametrize(
    ("association", "snapshot", "kept"),
    [
        (("Yours", "CREATE_COMPLETE"), ("CREATE_COMPLETE", _snapshot("Yours")), True),
        (("Yours", "CREATE_IN_PROGRESS"), ("CREATE_COMPLETE", _snapshot("Yours")), True),
        (("Yours", "UPDATE_FAILED"), ("UPDATE_COMPLETE", _snapshot("Yours")), True),
        (("Yours", "DELETE_IN_PROGRESS"), ("CREATE_COMPLETE", _snapshot("Yours")), False),
        (("Yours", "DELETE_FAILED"), ("CREATE_COMPLETE", _snapshot("Yours")), False),
        (("Yours", "CREATE_COMPLETE"), ("DELETE_IN_PROGRESS", _snapshot("Yours")), False),
        (("Yours", "CREATE_COMPLETE"), ("CREATE_COMPLETE", _snapshot("Yours", OTHER)), False),
        (("Yours", "CREATE_COMPLETE"), ("CREATE_COMPLETE", _snapshot("Yours", "")), False),
        (("Yours", "CREATE_COMPLETE"), ("CREATE_COMPLETE", _snapshot("Theirs")), False),
        (("Yours", "CREATE_COMPLETE"), ("CREATE_COMPLETE", ""), False),
        (("Mine", "UPDATE_IN_PROGRESS"), ("CREATE_COMPLETE", _snapshot("Mine")), False),
        # A snapshot that was about the role until second 1,000.
        (("Yours", "CREATE_COMPLETE", 999.0), ("UPDATE_COMPLETE", _snapshot("Yours", OTHER, ROLE)), True),
        (("Yours", "UPDATE_IN_PROGRESS", 1_000.0), ("UPDATE_COMPLETE", _snapshot("Yours", OTHER, ROLE)), False),
    ],
)
def test_a_role_is_kept_where_another_association_that_lives_has_it(
    association: tuple[Any, ...], snapshot: tuple[str, str], kept: bool
) -> None:
    """By a snapshot of that association, which lives too; a snapshot changes before its association."""
    name, status, *since = association
    listed = FakeStack().has(name, ASSOCIATION, status, "", *since).has("Snapshot", BEFORE, *snapshot)
    stack = listed.look(_event("Delete"))()

    assert (kept, False) == (stack.keeps("x", ROLE), stack.keeps("y", ROLE))


def test_a_default_role_is_kept_like_a_role() -> None:
    """Its snapshot has no role."""
    listed = (
        FakeStack()
        .has("Yours", ASSOCIATION, "CREATE_COMPLETE")
        .has("S", BEFORE, "CREATE_COMPLETE", _snapshot("Yours", ""))
    )

    assert listed.look(_event("Delete"))().keeps("x", "")


def test_all_pages_are_read() -> None:
    """A page has at most a hundred resources."""
    listed = FakeStack()
    for number in range(8):
        listed.has(f"R{number}", ASSOCIATION, "CREATE_COMPLETE")

    assert 8 == len(list_stack(listed, _event("Create")).resources)
    assert [None, "3", "6"] == [call.get("NextToken") for call in listed.calls]
    assert {STACK} == {call["StackName"] for call in listed.calls}


@pytest.fixture
def stubbed() -> Iterator[tuple[Any, Stubber]]:
    """Boto3's own client, which checks requests and answers against the service's model."""
    client = boto3.client("cloudformation", region_name="eu-west-1", aws_access_key_id="x", aws_secret_access_key="x")  # noqa: S106
    with Stubber(client) as stubber:
        yield client, stubber


def test_the_list_is_read_as_boto3_returns_it(stubbed: tuple[Any, Stubber]) -> None:
    """A resource that is being created has no physical id yet; a call that is not allowed yet is tried again."""
    client, stubber = stubbed
    page = FakeStack().has("Mine", ASSOCIATION, "CREATE_IN_PROGRESS", since=5.0).list_stack_resources()
    stubber.add_response("list_stack_resources", page, {"StackName": STACK})
    stubber.add_client_error("list_stack_resources", "AccessDenied")

    assert [("Mine", ASSOCIATION, "", "CREATE_IN_PROGRESS", 5.0)] == list(
        list_stack(client, _event("Create")).resources
    )
    with pytest.raises(PropagationError, match="AccessDenied"):
        list_stack(client, _event("Create"))


OLD = "this is an old request: its resource is {} by now, so nothing is changed"


@pytest.mark.parametrize(
    ("event", "status"),
    [
        (request("Create"), "CREATE_COMPLETE"),
        (request("Create"), "DELETE_COMPLETE"),
        (request("Update", OldResourceProperties=request(roles=(B,))["ResourceProperties"]), "UPDATE_COMPLETE"),
        (request("Delete", (B,)), "CREATE_COMPLETE"),
    ],
)
def test_a_request_that_is_delivered_again_after_a_newer_one_changes_nothing(
    event: dict[str, Any], status: str
) -> None:
    """It fails after a while in which the list of CloudFormation could be late; what was added before stays."""
    redshift = FakeRedshift(roles={B: 0.0, F: 0.0})
    listed = FakeStack().has("Association", ASSOCIATION, status, "warehouse/Association")
    with pytest.raises(OutdatedError, match=OLD.format(status)):
        answer(event, redshift, stack=listed)

    assert ([], {B, F}) == (redshift.calls, redshift.arns())
    assert 15 <= redshift.time < 40


def test_a_list_of_cloudformation_that_is_late_is_waited_for() -> None:
    """At the start of a change it may have the resource in its former status, or not at all."""
    redshift, listed = FakeRedshift(), FakeStack()
    clock = redshift.clock()

    def sleep(seconds: float) -> None:
        redshift.time += seconds
        if redshift.time > 6:
            listed.has("Association", ASSOCIATION, "CREATE_IN_PROGRESS")

    clock.sleep = sleep
    event = request()

    assert "warehouse/Association" == index.answer(event, redshift, listed.look(event), clock, 800)[0]
    assert {A} == redshift.arns()


@pytest.mark.parametrize("event", [request(), snapshot()])
def test_a_list_that_is_refused_for_now_is_read_again(event: dict[str, Any]) -> None:
    """The policy is seconds old, or the call is throttled."""
    redshift, listed = FakeRedshift(), stack_of(event)
    listed.failures = [error("AccessDenied"), error("Throttling")]
    answer(event, redshift, stack=listed)

    assert 2 < redshift.time < 30


def _with_another(event: dict[str, Any], role: str = A, found: str = "false") -> FakeStack:
    """Make a stack in which another association has a role of the cluster, or its default role."""
    name = snapshots.write("", "Another", snapshots.key_of(CLUSTER, role), found, 0.0)
    listed = stack_of(event).has("Another", ASSOCIATION, "CREATE_COMPLETE", f"{CLUSTER}/Another")
    return listed.has("Snapshot", BEFORE, "CREATE_COMPLETE", name)


def test_a_snapshot_takes_over_what_another_one_of_the_stack_knows() -> None:
    """The cluster or the role may only be written in another way, and what is there may be ours."""
    ours, event = FakeRedshift(roles={A: 0.0}), snapshot()
    default, of_default = FakeRedshift(roles={A: 0.0}, default=A), snapshot_of_default()

    assert {"WasAssociated": "false"} == answer(event, ours, stack=_with_another(event))[1]
    assert {"WasAssociated": "true"} == answer(event, ours, stack=_with_another(event, B))[1]
    assert F == answer(of_default, default, stack=_with_another(of_default, "", F))[1]["DefaultRoleArn"]


def test_a_delete_leaves_what_another_association_has() -> None:
    """Of roles and of the default role, each by itself."""
    event = request("Delete", (A, B), ("false",) * 2, DefaultRoleArn=A, DefaultBefore=F)
    left = {}
    for role in (A, B, ""):
        redshift = FakeRedshift(roles={A: 0.0, B: 0.0, F: 0.0}, default=A)
        answer(event, redshift, stack=_with_another(event, role))
        left[role] = (redshift.arns(), redshift.default)

    assert {A: ({A, F}, F), B: ({B, F}, F), "": ({F}, None)} == left


def test_an_update_leaves_what_another_association_has_and_takes_the_default_role() -> None:
    """It asks about nothing that it wants itself."""
    old = request(roles=(A, B), found=("false",) * 2, DefaultRoleArn=A, DefaultBefore=F)["ResourceProperties"]
    event = request("Update", (B,), DefaultRoleArn=B, DefaultBefore=F, OldResourceProperties=old)
    redshift = FakeRedshift(roles={A: 0.0, B: 0.0, F: 0.0}, default=A)
    answer(event, redshift, stack=_with_another(event))

    assert ({A, B, F}, B) == (redshift.arns(), redshift.default)


def test_a_create_that_fails_leaves_what_another_association_has() -> None:
    """It has added no part of that."""
    event = request(roles=(A, B), found=("false",) * 2)
    redshift = FakeRedshift(roles={A: 0.0, F: 0.0}, stuck={B})
    with pytest.raises(RefusedError, match="is adding"):
        answer(event, redshift, stack=_with_another(event))

    assert {A, F} == redshift.arns()


def test_capital_letters_make_no_other_cluster() -> None:
    """Redshift writes identifiers in small letters; a parameter may not."""
    old = request()["ResourceProperties"]
    event = request("Update", OldResourceProperties=old)
    event["ResourceProperties"] = {**old, "ClusterIdentifier": CLUSTER.capitalize()}
    redshift = FakeRedshift(roles={A: 0.0})

    assert "warehouse/Association" == answer(event, redshift)[0]
    assert [] == redshift.calls
    assert 1 == len({answer(snapshot(cluster=name), FakeRedshift())[0] for name in (CLUSTER, CLUSTER.upper())})
