"""A cluster gets the roles that an association wants: in time, busy, throttled, stuck or gone."""

from __future__ import annotations

import copy
from contextlib import suppress
from typing import Any

import pytest

from redshift_roles.custom_resource.handler.clusters import RefusedError
from redshift_roles.custom_resource.handler.plan import NOTHING, Association
from redshift_roles.custom_resource.handler.reconcile import Clock, Request, reconcile, undo
from tests.support.fake_redshift import CLUSTER, STACK, FakeRedshift, error
from tests.support.fake_stack import ASSOCIATION, FakeStack

A, B, C, F = (f"arn:aws:iam::111111111111:role/{name}" for name in ("A", "B", "C", "Foreign"))

LOOK = (
    FakeStack()
    .has("Association", ASSOCIATION, "UPDATE_IN_PROGRESS")
    .look({"RequestType": "Update", "LogicalResourceId": "Association", "StackId": STACK})
)


def _ours(*roles: str, **options: Any) -> Association:
    return Association(dict.fromkeys(roles, False), **options)


def _run(
    redshift: FakeRedshift,
    before: Association = NOTHING,
    after: Association = NOTHING,
    *,
    role_limit: int = 10,
    seconds: float = 300,
    cluster: str = CLUSTER,
) -> None:
    reconcile(redshift, Request(cluster, before, after, role_limit, seconds, LOOK), redshift.clock())


def _refused(redshift: FakeRedshift, *sides: Association, **options: Any) -> str:
    with pytest.raises(RefusedError) as caught:
        _run(redshift, *sides, **options)
    return str(caught.value)


STATES: dict[str, dict[str, Any]] = {
    "clean": {},
    "foreign roles present": {"roles": {F: 0.0}},
    "partly ours": {"roles": {A: 0.0, F: 0.0}},
    "someone removed ours": {"roles": {F: 0.0}, "leaving": {A: 3.0}},
    "default changed": {"roles": {A: 0.0, F: 0.0}, "default": F},
}
REQUESTS = {
    "Create": (NOTHING, _ours(A, B, default=B)),
    "Update": (_ours(A), _ours(B, default=B)),
    "Delete": (_ours(A, B, default=B), NOTHING),
    "after rollback": (_ours(B, default=B), _ours(A)),
}
MOODS: dict[str, dict[str, Any]] = {
    "in time": {},
    "busy": {"busy_until": 40.0},
    "throttled": {"failures": [error("Throttling"), error("ThrottlingException"), error("InvalidClusterState")]},
    "IAM not yet": {"failures": [error("InvalidParameterValue", "must delegate"), error("AccessDenied")]},
    "resizing": {"busy_status": "resizing", "busy_until": 100.0},
}


@pytest.mark.parametrize("mood", MOODS)
@pytest.mark.parametrize("request_type", REQUESTS)
@pytest.mark.parametrize("state", STATES)
def test_the_cluster_gets_our_roles_and_keeps_those_of_others(state: str, request_type: str, mood: str) -> None:
    """Whatever was there and however busy it is; a repeated request changes nothing more."""
    made: dict[str, Any] = copy.deepcopy({**STATES[state], **MOODS[mood]})
    redshift = FakeRedshift(**made)
    before, after = REQUESTS[request_type]
    foreign = {F} & set(redshift.roles)
    default = redshift.default
    _run(redshift, before, after)

    assert foreign | set(after.roles) == redshift.arns()
    assert set() == {arn for arn in after.roles if redshift.roles[arn] > redshift.time}
    if after.default:
        assert after.default == redshift.default
    elif default == F:
        assert F == redshift.default
    calls = len(redshift.calls)
    _run(redshift, before, after)
    assert calls == len(redshift.calls)


@pytest.mark.parametrize("request_type", REQUESTS)
@pytest.mark.parametrize("state", STATES)
def test_roles_of_others_stay_when_a_role_is_stuck(state: str, request_type: str) -> None:
    """A request that waits for it fails in time, also when repeated; a delete does not wait for it."""
    redshift = FakeRedshift(**copy.deepcopy(STATES[state]), stuck={A, B})
    foreign, default = {F} & set(redshift.roles), redshift.default
    before, after = REQUESTS[request_type]

    for _ in range(2):
        if after == NOTHING:
            _run(redshift, before, after)
        else:
            message = _refused(redshift, before, after, seconds=60)
            assert message.startswith("cluster warehouse: not done in 60 seconds: its status is available; ")
            assert all(f"{arn} is adding" in message for arn in after.roles)
    assert foreign | set(after.roles) == redshift.arns()
    assert redshift.default == (after.default or default if default == F else after.default)


@pytest.mark.parametrize("gone", [{"exists": False}, {"status": "deleting"}, {"status": "final-snapshot"}])
def test_a_cluster_that_is_gone_has_no_roles_to_remove(gone: dict[str, Any]) -> None:
    """A delete succeeds without a call, also while the cluster is being deleted."""
    redshift = FakeRedshift(roles={A: 0.0}, **gone)
    for _ in range(2):
        _run(redshift, *REQUESTS["Delete"])

    assert [] == redshift.calls


THROTTLED = [error("Throttling", "Rate exceeded")] * 99
DENIED, BUSY = error("AccessDenied", "iam:PassRole"), error("InvalidClusterState", "busy")
UNTRUSTED = error("InvalidParameterValue", "must delegate")
PASSING, FOR_LONG = "AccessDenied: iam:PassRole", [DENIED] * 99
LATE = "not done in 60 seconds: "
MISSING = f"{LATE}its status is available; {A} is not associated"
TOLD = f"InvalidClusterState: busy; {PASSING}; Throttling: Rate exceeded"
STILL_ADDING = f"{LATE}its status is available; {A} is adding"
FULL = "it would have 11 roles, 9 of them of others; 'role_limit' must be 11 or more, got 10"
NINE = {f"{F}{number}": 0.0 for number in range(9)}


@pytest.mark.parametrize(
    ("cluster", "before", "after", "seconds", "message"),
    [
        ({"exists": False}, _ours(A), _ours(B), 0, "there is none of that name in this account and region"),
        ({"status": "paused"}, NOTHING, _ours(A), 0, "its status is paused; resume it first"),
        ({"status": "deleting"}, NOTHING, _ours(A), 0, "its status is deleting; it is being deleted"),
        ({"status": "final-snapshot"}, NOTHING, _ours(A), 0, "its status is final-snapshot; it is being deleted"),
        ({"status": "storage-full"}, NOTHING, _ours(A), 0, "its status is storage-full; resize it first"),
        ({"roles": NINE}, NOTHING, _ours(A, B), 0, FULL),
        ({"roles": {A: 0.0, **NINE}}, _ours(A), _ours(A, B), 0, FULL),
        ({"failures": [error("UnsupportedOperation", "never")]}, NOTHING, _ours(A), 0, "UnsupportedOperation: never"),
        # A role that is stuck, a cluster that is always busy, and a default role that nobody associates.
        ({"stuck": {A}}, NOTHING, _ours(A), 60, STILL_ADDING),
        ({"busy_until": 1e4}, NOTHING, _ours(A), 60, f"{LATE}its status is modifying; {A} is not associated"),
        ({"roles": {F: 0.0}}, NOTHING, _ours(default=A), 60, MISSING),
        # Throttling, alone and after a refusal; what came before the last accepted change is left out.
        ({"read_failures": THROTTLED}, _ours(A), _ours(B), 60, f"{LATE}{A}, {B}: Throttling: Rate exceeded"),
        ({"failures": THROTTLED}, NOTHING, _ours(A), 60, f"{MISSING}: Throttling: Rate exceeded"),
        ({"failures": [BUSY, DENIED, *THROTTLED]}, NOTHING, _ours(A), 60, f"{MISSING}: {TOLD}"),
        ({"stuck": {A}, "failures": [DENIED]}, NOTHING, _ours(A), 60, STILL_ADDING),
        # A new role gets time to propagate; a refusal after that is final.
        ({"failures": [UNTRUSTED] * 99}, NOTHING, _ours(A), 130, f"{A}: InvalidParameterValue: must delegate"),
        ({"failures": FOR_LONG}, NOTHING, _ours(A), 130, f"{A}: {PASSING}"),
        ({"failures": FOR_LONG, "roles": {A: 0.0}}, NOTHING, _ours(default=A), 130, f"{A}: {PASSING}"),
    ],
)
def test_fails_with_a_reason_when_the_change_is_impossible(
    cluster: dict[str, Any], before: Association, after: Association, seconds: int, message: str
) -> None:
    """At once when waiting does not help, else with time left to reply; the roles of others stay."""
    redshift = FakeRedshift(**copy.deepcopy(cluster))
    others = redshift.arns() - {A, B}

    limit = 60 if seconds == 60 else 300
    assert f"cluster warehouse: {message}" == _refused(redshift, before, after, seconds=limit)
    assert seconds / 1.6 <= redshift.time <= seconds
    assert others == redshift.arns() - {A, B}
    assert seconds or len(redshift.calls) == len(cluster.get("failures", []))


def test_without_time_a_refusal_is_final_at_once() -> None:
    """No attempt follows."""
    redshift = FakeRedshift(failures=[DENIED])

    assert f"cluster warehouse: {A}: {PASSING}" == _refused(redshift, NOTHING, _ours(A), seconds=0)


def test_a_paused_cluster_that_needs_no_change_is_left_alone() -> None:
    """It is not an error then, nor when a delete leaves a default role of ours; a role of ours must not stay."""
    _run(FakeRedshift(status="paused", roles={A: 0.0}), NOTHING, _ours(A))
    _run(FakeRedshift(status="paused"), _ours(A), NOTHING)
    _run(FakeRedshift(status="paused", roles={A: 0.0}, default=A), _ours(default=A), NOTHING)

    paused = FakeRedshift(status="paused", roles={A: 0.0})
    assert "cluster warehouse: its status is paused; resume it first" == _refused(paused, _ours(A), NOTHING)


# From AWS's list of cluster statuses.
BROKEN = {
    "hardware-failure": "restore it from a snapshot first",
    "incompatible-hsm": "repair its HSM first",
    "incompatible-network": "repair its network first",
    "incompatible-parameters": "correct its parameters first",
    "incompatible-restore": "restore it from another snapshot first",
    "storage-full": "resize it first",
}


@pytest.mark.parametrize(
    ("before", "after"), [(_ours(A, default=A), NOTHING), (_ours(A, B), _ours(B)), (_ours(B, default=B), _ours(B))]
)
@pytest.mark.parametrize("status", BROKEN)
def test_what_cannot_be_removed_from_a_broken_cluster_is_left(
    caplog: pytest.LogCaptureFixture, status: str, before: Association, after: Association
) -> None:
    """The stack can be deleted and rolled back; the log has the reason."""
    redshift = FakeRedshift(status=status, roles={A: 0.0, B: 0.0}, default=B)
    _run(redshift, before, after)

    assert ([], 0) == (redshift.calls, redshift.time)
    assert f"cluster warehouse is left as it is: its status is {status}; {BROKEN[status]}" in caplog.text


@pytest.mark.parametrize(
    ("before", "after"),
    [(_ours(A), _ours(B)), (_ours(A), _ours(A, default=A)), (_ours(A, default=A), _ours(A, B)), (NOTHING, _ours(C))],
)
@pytest.mark.parametrize("status", BROKEN)
def test_fails_when_a_broken_cluster_has_not_all_that_is_wanted(
    status: str, before: Association, after: Association
) -> None:
    """A role is missing, is not in sync, or is not the default; the reason has what to do."""
    redshift = FakeRedshift(status=status, roles={A: 0.0, C: 99.0}, default=F)

    assert f"cluster warehouse: its status is {status}; {BROKEN[status]}" == _refused(redshift, before, after)


def test_a_cluster_that_is_deleted_before_the_change_has_no_roles_to_remove() -> None:
    """A delete succeeds, and an update fails."""
    gone = error("ClusterNotFound")
    _run(FakeRedshift(roles={A: 0.0}, failures=[gone]), _ours(A), NOTHING)

    message = _refused(FakeRedshift(roles={A: 0.0}, failures=[gone]), _ours(A), _ours(B))
    assert "cluster warehouse: there is none of that name in this account and region" == message


def test_the_default_is_changed_before_a_role_is_removed_where_redshift_refuses_both_at_once() -> None:
    """Of an exchange, of a removed default role, and of a former default that is restored."""

    def refuse(there: FakeRedshift) -> None:
        if there.calls[-1].get("RemoveIamRoles") and "DefaultIamRoleArn" in there.calls[-1]:
            raise error("InvalidParameterValue", "the list must contain the default")

    sides = [
        (_ours(A, default=A), _ours(B, default=B), B),
        (_ours(A, default=A), NOTHING, None),
        (_ours(A, default=A, default_before=F), NOTHING, F),
    ]
    for before, after, default in sides:
        redshift = FakeRedshift(roles={A: 0.0, F: 0.0}, default=A, on_call=refuse)
        _run(redshift, before, after)

        assert ({F, *after.roles}, default) == (redshift.arns(), redshift.default)
        assert 3 == len(redshift.calls)
        assert [{"ClusterIdentifier": CLUSTER, "RemoveIamRoles": [A]}] == redshift.calls[2:]
        assert redshift.time < 30


def test_a_former_default_that_cannot_be_passed_is_not_restored_where_redshift_refuses_both_at_once() -> None:
    """It is cleared first, after the time that IAM needs, and then the role is removed."""

    def refuse(there: FakeRedshift) -> None:
        if there.calls[-1].get("RemoveIamRoles") and "DefaultIamRoleArn" in there.calls[-1]:
            raise error("InvalidParameterValue", "the list must contain the default")

    redshift = FakeRedshift(roles={A: 0.0, F: 0.0}, default=A, on_call=refuse, may_pass={A})
    _run(redshift, _ours(A, default=A, default_before=F), NOTHING)

    assert ({F}, None) == (redshift.arns(), redshift.default)
    assert 90 < redshift.time < 150


def test_the_reason_has_the_last_state_when_the_last_read_is_throttled() -> None:
    """And the throttling."""
    redshift = FakeRedshift(stuck={A})

    def stop(_: FakeRedshift) -> None:
        redshift.read_failures = [error("Throttling", "Rate exceeded")] * 99

    redshift.on_call = stop
    message = _refused(redshift, NOTHING, _ours(A), seconds=60)
    seen = f"its status is available; {A} is not associated"

    assert f"cluster warehouse: not done in 60 seconds: {seen}: Throttling: Rate exceeded" == message


@pytest.mark.parametrize("leaving", [{}, {A: 7.0}])
def test_an_exchange_needs_no_room(leaving: dict[str, float]) -> None:
    """It may be a rollback, on a cluster to which others added roles; also while the former role is being removed."""
    others = {f"{F}{number}": 0.0 for number in range(12)}
    redshift = FakeRedshift(roles={B: 0.0, **others}, leaving=leaving)
    _run(redshift, _ours(B), _ours(A))

    assert {A, *others} == redshift.arns()


def test_a_removal_needs_no_room() -> None:
    """Others may have more roles than this association allows."""
    redshift = FakeRedshift(roles={A: 0.0, **{f"{F}{number}": 0.0 for number in range(12)}})
    _run(redshift, _ours(A), NOTHING)

    assert 12 == len(redshift.roles)


def test_a_role_that_others_are_removing_makes_room() -> None:
    """The change waits until it is gone, since Redshift would refuse it."""
    redshift = FakeRedshift(roles={f"{F}{number}": 0.0 for number in range(9)}, leaving={f"{F}9": 7.0})
    asked: list[float] = []
    redshift.on_call = lambda there: asked.append(there.time)
    _run(redshift, NOTHING, _ours(A))

    assert 10 == len(redshift.roles)
    assert [9.5] == asked


def test_a_removed_role_makes_room_for_an_added_one() -> None:
    """In one call."""
    redshift = FakeRedshift(roles={**{f"{F}{number}": 0.0 for number in range(9)}, A: 0.0})
    _run(redshift, _ours(A), _ours(B))

    assert [{"ClusterIdentifier": CLUSTER, "AddIamRoles": [B], "RemoveIamRoles": [A]}] == redshift.calls


def test_a_default_role_that_the_cluster_adds_itself_is_waited_for() -> None:
    """It can be the default before it is in sync, but be used only then."""
    redshift = FakeRedshift(roles={A: 30.0})
    _run(redshift, NOTHING, _ours(default=A))

    assert A == redshift.default
    assert redshift.time >= 30


@pytest.mark.parametrize("code", ["AccessDenied", "InvalidParameterValue"])
def test_a_former_default_that_redshift_never_accepts_is_not_restored(code: str) -> None:
    """It may be no role any more, or one that cannot be passed; the stack is deleted all the same."""

    def raise_if(_: FakeRedshift) -> None:
        if redshift.calls[-1].get("DefaultIamRoleArn"):
            raise error(code)

    redshift = FakeRedshift(roles={A: 0.0, F: 0.0}, default=A, on_call=raise_if)
    _run(redshift, _ours(A, default=A, default_before=F), NOTHING)

    assert ({F}, None) == (redshift.arns(), redshift.default)
    assert [F, "", None] == [call.get("DefaultIamRoleArn") for call in redshift.calls[-3:]]
    assert 90 < redshift.time < 150


@pytest.mark.parametrize("refusals", [1, 5])
@pytest.mark.parametrize("code", ["AccessDenied", "InvalidParameterValue"])
def test_a_former_default_that_redshift_accepts_later_is_restored(code: str, refusals: int) -> None:
    """The policy that allows passing it may be seconds old."""
    redshift = FakeRedshift(roles={A: 0.0, F: 0.0}, default=A, failures=[error(code)] * refusals)
    _run(redshift, _ours(A, default=A, default_before=F), NOTHING)

    assert ({F}, F) == (redshift.arns(), redshift.default)
    assert [*[F] * (refusals + 1), None] == [call.get("DefaultIamRoleArn") for call in redshift.calls]


def test_a_failed_create_does_not_wait_for_the_former_default() -> None:
    """Its roles are removed at once, with or without it."""
    redshift = FakeRedshift(roles={A: 0.0, F: 0.0}, default=A, failures=[error("AccessDenied")])
    undo(redshift, Request(CLUSTER, NOTHING, _ours(A, default=A, default_before=F), 10, 300, LOOK))

    assert ({F}, None, 0) == (redshift.arns(), redshift.default, redshift.time)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (_ours(default=A, default_before=F), NOTHING),
        (_ours(A, default=A, default_before=F), NOTHING),
        (_ours(default=F), _ours(default=A)),
        (_ours(A), _ours(A, default=A)),
    ],
)
def test_it_ends_when_the_cluster_accepts_the_next_change(before: Association, after: Association) -> None:
    """CloudFormation changes or deletes the cluster next, and does not retry."""
    default = A if after == NOTHING else F
    redshift = FakeRedshift(roles={A: 0.0, F: 0.0}, default=default, takes=60.0)
    _run(redshift, before, after)

    assert 1 == len(redshift.calls)
    assert redshift.time >= redshift.busy_until == 30.0


@pytest.mark.parametrize(("before", "after"), [(_ours(A), NOTHING), (NOTHING, NOTHING)])
def test_a_delete_that_has_nothing_to_do_waits_for_a_change_that_may_be_ours(
    before: Association, after: Association
) -> None:
    """The function may have been killed after it; other requests succeed at once."""
    redshift = FakeRedshift(busy_until=30.0)
    _run(redshift, before, after)
    waited = redshift.time
    other = FakeRedshift(roles={A: 0.0}, busy_until=30.0)
    _run(other, _ours(A), _ours(A))

    assert waited >= 30.0
    assert 0 == other.time


def test_a_change_that_does_not_end_in_time_is_no_failure() -> None:
    """Our roles are as wanted."""
    redshift = FakeRedshift(roles={A: 0.0, F: 0.0}, default=A, takes=2_000.0, time=1_000.0)
    _run(redshift, _ours(default=A, default_before=F), NOTHING, seconds=60)

    assert F == redshift.default
    assert 1_030 < redshift.time < 1_060


def test_a_resize_of_others_is_not_waited_for_when_nothing_is_left_to_do() -> None:
    """It takes hours, and is no change of ours."""
    redshift = FakeRedshift(busy_status="resizing", busy_until=10_000.0)
    _run(redshift, _ours(A), NOTHING)

    assert 0 == redshift.time


@pytest.mark.parametrize("default", [None, A])
def test_fails_when_a_role_cannot_be_passed_and_the_default_of_others_stays(default: str | None) -> None:
    """A refusal of another role does not clear the default."""
    redshift = FakeRedshift(roles={A: 0.0, F: 0.0}, default=F, may_pass={A})

    assert "iam:PassRole" in _refused(redshift, _ours(A, default=default), _ours(A, B, default=default))
    assert F == redshift.default
    assert {(B,)} == {tuple(call["AddIamRoles"]) for call in redshift.calls}
    assert [] == [call for call in redshift.calls if "DefaultIamRoleArn" in call]


def test_fails_when_a_wanted_default_cannot_be_passed() -> None:
    """Although it is the former one; the reason has the permission."""
    redshift = FakeRedshift(roles={A: 0.0, F: 0.0}, default=A, may_pass={A})
    message = _refused(redshift, _ours(A, F, default=A, default_before=F), _ours(A, F, default=F))

    assert message.startswith("cluster warehouse: ")
    assert "iam:PassRole" in message
    assert A == redshift.default


def _pauses(jitter: float, redshift: FakeRedshift) -> list[float]:
    """Return the pauses of a request for a role."""
    pauses: list[float] = []

    def sleep(seconds: float) -> None:
        pauses.append(seconds)
        redshift.time += seconds

    clock = Clock(now=lambda: redshift.time, sleep=sleep, jitter=lambda: jitter)
    with suppress(RefusedError):
        reconcile(redshift, Request(CLUSTER, NOTHING, _ours(A), 10, 300, LOOK), clock)
    return pauses


def _busy_for(seconds: float) -> FakeRedshift:
    return FakeRedshift(busy_until=seconds)


def test_pauses_grow_while_nothing_changes() -> None:
    """From two seconds to twenty."""
    pauses = _pauses(1.0, _busy_for(10_000))

    assert pauses == sorted(pauses)
    assert (2.0, 3.0, 20.0) == (pauses[0], pauses[1], pauses[-1])


def test_pauses_are_short_again_when_the_state_changes() -> None:
    """A cluster that was busy for long takes the role, and the request does not sleep through that."""
    redshift = _busy_for(60)
    pauses = _pauses(1.0, redshift)

    longest = pauses.index(max(pauses))
    assert pauses[longest] > 10.0
    assert 2.0 == pauses[longest + 1]
    assert [A] == [*redshift.roles]


def test_jitter_takes_up_to_half_of_a_pause() -> None:
    """So that two functions do not meet again and again."""
    pauses = _pauses(0.0, _busy_for(10_000))

    assert (1.0, 10.0) == (pauses[0], pauses[-1])
