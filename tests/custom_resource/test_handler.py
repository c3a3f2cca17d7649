"""Requests of CloudFormation, and the replies."""

from __future__ import annotations

import io
import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.exceptions import ConnectionClosedError
from botocore.stub import Stubber

from redshift_roles.custom_resource.handler import index, reply
from redshift_roles.custom_resource.handler.clusters import (
    GoneError,
    PropagationError,
    RefusedError,
    RetryableError,
    describe,
    modify,
)
from redshift_roles.custom_resource.handler.plan import Change, Cluster
from tests.support.fake_redshift import CLUSTER, STACK, Account, FakeRedshift, error
from tests.support.fake_stack import ASSOCIATION, FakeStack
from tests.support.handler_requests import A, B, C, F, G, answer, request, snapshot, snapshot_of_default

NO_KIND = "unexpected: KeyError: 'Kind'"
GONE = "cluster other: there is none of that name in this account and region"


class _Context:
    def get_remaining_time_in_millis(self) -> int:
        return 300_000


@contextmanager
def _cloudformation(monkeypatch: pytest.MonkeyPatch, client: Any) -> Iterator[list[dict[str, Any]]]:
    """Catch the replies."""
    sent: list[dict[str, Any]] = []

    def urlopen(request: Any, timeout: float) -> io.BytesIO:  # noqa: ARG001
        sent.append(json.loads(request.data))
        return io.BytesIO()

    monkeypatch.setattr("urllib.request.urlopen", urlopen)
    listed = FakeStack().has("Association", ASSOCIATION, "CREATE_IN_PROGRESS")
    clients = {"redshift": client, "cloudformation": listed}
    monkeypatch.setattr(boto3, "client", lambda name, config: clients[name])  # noqa: ARG005
    monkeypatch.setattr(index, "Clock", client.clock)
    index._clients.cache_clear()
    yield sent
    index._clients.cache_clear()


def test_a_failure_has_a_reason_and_a_physical_id(monkeypatch: pytest.MonkeyPatch) -> None:
    """CloudFormation shows the reason, and deletes what a failed create left by the physical id."""
    with _cloudformation(monkeypatch, FakeRedshift(status="paused")) as sent:
        index.handler(request(), _Context())

    assert [
        {
            "Status": "FAILED",
            "Reason": "cluster warehouse: its status is paused; resume it first",
            "PhysicalResourceId": "warehouse/Association",
            "StackId": STACK,
            "RequestId": "r",
            "LogicalResourceId": "Association",
            "Data": {},
        }
    ] == sent


@pytest.mark.parametrize(
    ("event", "status", "physical_id", "reason"),
    [
        (request(), "SUCCESS", "warehouse/Association", "done"),
        (request("Delete", PhysicalResourceId="made-up"), "SUCCESS", "made-up", "done"),
        (snapshot("Delete", physical="made-up"), "SUCCESS", "made-up", "done"),
        (snapshot("Update", A, "before/a/x=true", "other"), "FAILED", "before/a/x=true", GONE),
        (snapshot(cluster="other"), "FAILED", "nothing", GONE),
        (
            request(RoleLimit="x"),
            "FAILED",
            "warehouse/Association",
            "unexpected: ValueError: invalid literal for int() with base 10: 'x'",
        ),
        (request() | {"ResourceProperties": {}}, "FAILED", "nothing", NO_KIND),
        (request("Update") | {"ResourceProperties": {}}, "FAILED", "warehouse/Association", NO_KIND),
    ],
)
def test_every_request_gets_a_reply(
    monkeypatch: pytest.MonkeyPatch, event: dict[str, Any], status: str, physical_id: str, reason: str
) -> None:
    """Otherwise CloudFormation waits for an hour. With another physical id it would delete, or refuse the reply."""
    with _cloudformation(monkeypatch, FakeRedshift()) as sent:
        index.handler(event, _Context())

    assert [(status, physical_id, reason)] == [
        (body["Status"], body["PhysicalResourceId"], body["Reason"]) for body in sent
    ]


def test_fails_with_a_reason_when_a_request_is_old(monkeypatch: pytest.MonkeyPatch) -> None:
    """CloudFormation ignores the reply to an old request."""
    with _cloudformation(monkeypatch, FakeRedshift()) as sent:
        index.handler(request() | {"LogicalResourceId": "Other"}, _Context())

    reason = "this is an old request: its resource is gone by now, so nothing is changed"
    assert [("FAILED", reason)] == [(body["Status"], body["Reason"]) for body in sent]


def test_a_reply_has_the_answer_of_a_snapshot(monkeypatch: pytest.MonkeyPatch) -> None:
    """CloudFormation keeps it for the association."""
    with _cloudformation(monkeypatch, FakeRedshift(roles={F: 0.0})) as sent:
        index.handler(snapshot(role=F), _Context())

    assert [{"WasAssociated": "true"}] == [body["Data"] for body in sent]


@pytest.mark.parametrize(
    ("cluster", "message", "earliest"),
    [
        ({"exists": False}, "there is none of that name in this account and region", 0),
        # A new policy gets time to propagate.
        ({"read_failures": [error("AccessDenied", "not yet")] * 99}, "AccessDenied: not yet", 80),
        # The function could run longer.
        ({"read_failures": [error("Throttling")] * 99}, "not done in 180 seconds", 160),
    ],
)
def test_fails_when_a_snapshot_cannot_be_made_in_time(cluster: dict[str, Any], message: str, earliest: int) -> None:
    """In at most three minutes."""
    redshift = FakeRedshift(**cluster)
    with pytest.raises(RefusedError, match=f"cluster warehouse: {message}"):
        answer(snapshot(), redshift)

    assert earliest <= redshift.time < earliest + 50


def test_the_time_left_limits_the_timeout() -> None:
    """The function must reply before it is stopped."""
    redshift = FakeRedshift(stuck={A})
    with pytest.raises(RefusedError, match="not done in 30 seconds"):
        answer(request(), redshift, 30)


def test_a_snapshot_changes_nothing_and_keeps_its_answer() -> None:
    """The first answer for a role stays, whatever we changed since; a rollback asks for it again."""
    redshift = FakeRedshift()
    first, seen = answer(snapshot(), redshift)
    answer(request(), redshift)
    second, other = answer(snapshot("Update", B, first), redshift)
    third, again = answer(snapshot("Update", A, second), redshift)
    _, late = answer(snapshot(), redshift)

    assert ("false", "false", "false", "true") == (
        seen["WasAssociated"],
        other["WasAssociated"],
        again["WasAssociated"],
        late["WasAssociated"],
    )
    assert first != second
    assert third.startswith("before/")
    assert len(third) < 200
    assert 1 == len(redshift.calls)
    assert (third, {}) == answer(snapshot("Delete", A, third), FakeRedshift(exists=False))


@pytest.mark.parametrize("code", ["AccessDenied", "UnauthorizedOperation", "Throttling"])
def test_a_snapshot_waits_until_it_is_allowed(code: str) -> None:
    """The policy of the function is seconds old at the first snapshot."""
    redshift = FakeRedshift(roles={A: 0.0}, read_failures=[error(code)] * 3)

    assert "true" == answer(snapshot(), redshift)[1]["WasAssociated"]
    assert 0 < redshift.time < 30


def test_a_former_default_that_cannot_be_passed_is_cleared() -> None:
    """Otherwise the association could not be deleted."""
    redshift = FakeRedshift(roles={F: 0.0, A: 0.0}, default=A, may_pass={A})
    options: dict[str, Any] = {"DefaultRoleArn": A, "DefaultBefore": F}
    answer(request("Delete", **options), redshift)

    assert ({F}, None) == (redshift.arns(), redshift.default)


def test_a_role_of_the_list_is_restored_as_the_default() -> None:
    """It can be passed, because it is one of ours."""
    redshift = FakeRedshift(roles={A: 0.0, B: 0.0}, default=A, may_pass={A, B})
    before = request(roles=(A, B), found=("false", "true"), DefaultRoleArn=A, DefaultBefore=B)["ResourceProperties"]
    answer(request("Update", (A, B), ("false", "true"), OldResourceProperties=before), redshift)

    assert B == redshift.default


def test_there_is_time_to_reply_after_the_last_attempt(monkeypatch: pytest.MonkeyPatch) -> None:
    """Three slow calls, four more to remove what was added, and a slow CloudFormation; clients are made once."""
    made: list[Any] = []
    with _cloudformation(monkeypatch, FakeRedshift()) as sent:
        monkeypatch.setattr(boto3, "client", lambda name, config: made.append((name, config)))
        index.handler(request(), _Context())
        index.handler(request(), _Context())
    (redshift, config), (cloudformation, same) = made
    attempts = config.retries["total_max_attempts"]

    assert ("redshift", "cloudformation", config, 2) == (redshift, cloudformation, same, len(sent))
    seconds = attempts * (config.connect_timeout + config.read_timeout)
    answering = (len(reply.PAUSES) + 1) * reply.REPLY_SECONDS + sum(reply.PAUSES)
    assert 7 * seconds + answering < index._MARGIN_SECONDS


def test_a_create_that_fails_removes_what_it_added() -> None:
    """Whether or not CloudFormation asks for it; roles of others stay."""
    redshift = FakeRedshift(roles={F: 0.0, B: 0.0}, default=F, stuck={A})
    event = request(roles=(A, B), found=("false", "true"), DefaultRoleArn=A, DefaultBefore=F)
    with pytest.raises(RefusedError, match="is adding"):
        answer(event, redshift)

    assert ({F, B}, F) == (redshift.arns(), redshift.default)


def test_an_update_that_fails_on_another_cluster_removes_what_it_added() -> None:
    """None of our roles was there before."""
    redshift = FakeRedshift(roles={F: 0.0}, stuck={A})
    old = request()["ResourceProperties"] | {"ClusterIdentifier": "elsewhere"}
    event = request("Update", OldResourceProperties=old, PhysicalResourceId="elsewhere/Association")
    with pytest.raises(RefusedError, match="is adding"):
        answer(event, redshift)

    assert {F} == redshift.arns()


def test_an_update_that_fails_on_its_own_cluster_removes_nothing() -> None:
    """The rollback does."""
    redshift = FakeRedshift(roles={A: 0.0}, stuck={B})
    old = request()["ResourceProperties"]
    with pytest.raises(RefusedError, match="is adding"):
        answer(request("Update", (A, B), ("false",) * 2, OldResourceProperties=old), redshift)

    assert {A, B} == redshift.arns()


def _moving(kind: str, physical_id: str, *, to: str, back_from: str) -> dict[str, Any]:
    options: dict[str, Any] = {"DefaultRoleArn": A, "DefaultBefore": F}
    there, elsewhere = (
        request(**options)["ResourceProperties"] | {"ClusterIdentifier": name} for name in (to, back_from)
    )
    event = request(kind, PhysicalResourceId=physical_id, OldResourceProperties=elsewhere)
    return {**event, "ResourceProperties": there}


def test_a_rollback_cleans_up_the_cluster_of_the_killed_update() -> None:
    """CloudFormation knows no physical id to delete there. On the former cluster, what others chose meanwhile stays."""
    new, old = (FakeRedshift(roles={F: 0.0, A: 0.0, G: 0.0}, default=default) for default in (A, G))
    two = Account(new=new, old=old)
    event = _moving("Update", "old/Association", to="old", back_from="new")

    assert ("old/Association", {}) == answer(event, two)
    assert ({F, G}, F) == (new.arns(), new.default)
    assert ({F, G, A}, G, []) == (old.arns(), old.default, old.calls)


def test_an_update_to_another_cluster_leaves_the_former_one_alone() -> None:
    """CloudFormation deletes there by the former physical id, when all else has succeeded."""
    new, old = (FakeRedshift(roles=dict(roles), default=F) for roles in ({F: 0.0}, {F: 0.0, A: 0.0}))
    two = Account(new=new, old=old)
    for name, there, elsewhere in (("old/Association", "new", "old"), ("new/Association", "old", "new")):
        assert f"{there}/Association" == answer(_moving("Update", name, to=there, back_from=elsewhere), two)[0]

    assert ({F, A}, A) == (new.arns(), new.default)
    assert ({F, A}, A) == (old.arns(), old.default)


@pytest.mark.parametrize("problem", [{"exists": False}, {"busy_until": 10_000.0}, {"status": "paused"}])
def test_a_rollback_succeeds_also_when_it_cannot_clean_up(
    problem: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    """Half of its time is left for the rollback itself; the log has what was not removed."""
    two = Account(new=FakeRedshift(roles={A: 0.0}, **problem), old=FakeRedshift(roles={F: 0.0}))
    event = _moving("Update", "old/Association", to="old", back_from="new")
    answer(event, two)

    assert {F, A} == two.clusters["old"].arns()
    assert two.clusters["old"].time < 200
    assert ("exists" in problem) == ("not removed: cluster new: " not in caplog.text)


@pytest.mark.parametrize(("limit", "old_limit"), [("10", "20"), ("20", "10")])
def test_the_larger_limit_counts_in_an_update(limit: str, old_limit: str) -> None:
    """A rollback has the former limit, and the cluster may have more roles by now."""
    redshift = FakeRedshift(roles={B: 0.0, **{f"{F}{number}": 0.0 for number in range(12)}})
    old = request(roles=(B,))["ResourceProperties"] | {"RoleLimit": old_limit}
    event = request("Update", (A, B), ("false", "false"), OldResourceProperties=old)
    event["ResourceProperties"]["RoleLimit"] = limit
    answer(event, redshift)

    assert {A, B} < redshift.arns()


def test_a_snapshot_keeps_the_former_default() -> None:
    """After a rollback it is still the former one, not ours. Its name may have the characters that separate answers."""
    former = "arn:aws:iam::111111111111:role/x,y/a=b,c@d"
    redshift = FakeRedshift(roles={former: 0.0}, default=former)
    first, seen = answer(snapshot_of_default(), redshift)
    second, again = answer(snapshot_of_default(first), FakeRedshift(exists=False))

    assert {"DefaultRoleArn": former, "PutBackRoleArn": former} == seen
    assert (first, seen) == (second, again)


def test_former_answers_count_for_a_day() -> None:
    """After months others may have changed the cluster. The present answer always counts."""
    redshift = FakeRedshift()
    physical_id, _ = answer(snapshot(), redshift)
    redshift.roles = {A: 0.0}
    redshift.time += 90 * 86_400
    physical_id, unchanged = answer(snapshot("Update", A, physical_id), redshift)
    physical_id, _ = answer(snapshot("Update", B, physical_id), redshift)
    soon = answer(snapshot("Update", A, physical_id), redshift)[1]
    redshift.time += 2 * 86_400
    late = answer(snapshot("Update", A, physical_id), redshift)[1]

    assert ("false", "false", "true") == (unchanged["WasAssociated"], soon["WasAssociated"], late["WasAssociated"])


def test_a_role_that_others_removed_since_is_ours_when_we_come_back() -> None:
    """Nobody else wants it any more, so it must not stay after us. While it is associated it is theirs."""
    redshift = FakeRedshift(roles={A: 0.0})
    physical_id, first = answer(snapshot(), redshift)
    physical_id, _ = answer(snapshot("Update", B, physical_id), redshift)
    physical_id, still = answer(snapshot("Update", A, physical_id), redshift)
    physical_id, _ = answer(snapshot("Update", B, physical_id), redshift)
    del redshift.roles[A]
    _, gone = answer(snapshot("Update", A, physical_id), redshift)

    assert ("true", "true", "false") == (first["WasAssociated"], still["WasAssociated"], gone["WasAssociated"])


def test_a_snapshot_keeps_that_there_was_no_default() -> None:
    """A policy still needs an ARN."""
    first, seen = answer(snapshot_of_default(), FakeRedshift())

    assert {"DefaultRoleArn": "", "PutBackRoleArn": "arn:aws-cn:iam::111111111111:role/no-default-role"} == seen
    assert (first, seen) == answer(snapshot_of_default(first), FakeRedshift(roles={A: 0.0}, default=A))


def test_a_role_that_is_being_removed_counts_as_not_associated() -> None:
    """Its owner no longer wants it."""
    assert "false" == answer(snapshot(), FakeRedshift(leaving={A: 99.0}))[1]["WasAssociated"]


def test_the_physical_id_does_not_depend_on_the_roles() -> None:
    """So CloudFormation replaces nothing and deletes nothing."""
    redshift = FakeRedshift(roles={F: 0.0})
    names = {answer(request(), redshift)[0]}
    more = request("Update", (A, B, C), ("false",) * 3, OldResourceProperties=request()["ResourceProperties"])
    names.add(answer(more, redshift)[0])
    fewer = request("Update", (B,), OldResourceProperties=more["ResourceProperties"])
    names.add(answer(fewer, redshift)[0])

    assert {"warehouse/Association"} == names
    assert {F, B} == redshift.arns()


@pytest.fixture
def stubbed() -> Iterator[tuple[Any, Stubber]]:
    """Boto3's own client, which checks requests and answers against the service's model."""
    client = boto3.client("redshift", region_name="eu-west-1", aws_access_key_id="x", aws_secret_access_key="x")  # noqa: S106
    with Stubber(client) as stubber:
        yield client, stubber
        stubber.assert_no_pending_responses()


def test_requests_and_answers_are_those_of_the_api(stubbed: tuple[Any, Stubber]) -> None:
    """Boto3 checks both against the service's model."""
    client, stubber = stubbed
    # A role without a status is not in sync.
    listed = [{"IamRoleArn": A, "ApplyStatus": "in-sync"}, {"IamRoleArn": B}]
    found = {"ClusterStatus": "available", "IamRoles": listed, "DefaultIamRoleArn": A}
    stubber.add_response("describe_clusters", {"Clusters": [found]}, {"ClusterIdentifier": CLUSTER})
    request = {
        "ClusterIdentifier": CLUSTER,
        "AddIamRoles": [B],
        "RemoveIamRoles": [A],
        "DefaultIamRoleArn": "",
    }
    stubber.add_response("modify_cluster_iam_roles", {"Cluster": {}}, request)
    there = describe(client, CLUSTER)
    modify(client, CLUSTER, Change(add=(B,), remove=(A,), default=""))

    assert Cluster("available", {A: "in-sync", B: "adding"}, A) == there


@pytest.mark.parametrize(
    ("shown", "modifying"),
    [
        ({"ClusterStatus": "available", "ClusterAvailabilityStatus": "Available"}, False),
        ({"ClusterStatus": "modifying", "ClusterAvailabilityStatus": "Available"}, True),
        ({"ClusterStatus": "available", "ClusterAvailabilityStatus": "Modifying"}, True),
        ({"ClusterStatus": "resizing"}, False),
        ({}, False),
    ],
)
def test_a_cluster_is_modifying_when_either_status_says_so(
    stubbed: tuple[Any, Stubber], shown: dict[str, str], modifying: bool
) -> None:
    """CloudFormation reads both, too."""
    client, stubber = stubbed
    stubber.add_response("describe_clusters", {"Clusters": [shown]})

    assert Cluster(shown.get("ClusterStatus", ""), {}, None, modifying) == describe(client, CLUSTER)


# Of both calls, from the API's list of common errors and botocore's list of throttling codes.
RETRIED = """
    InvalidClusterState InvalidClusterStateFault InsufficientClusterCapacity DependentServiceRequestThrottlingFault
    DependentServiceUnavailableFault Throttling ThrottlingException ThrottledException RequestThrottled
    RequestThrottledException RequestLimitExceeded TooManyRequestsException SlowDown BandwidthLimitExceeded
    LimitExceededException PriorRequestNotComplete EC2ThrottledException InternalFailure ServiceUnavailable
    RequestTimeout RequestTimeoutException InvalidClientTokenId SomethingNew
""".split()
PROPAGATING = ["InvalidParameterValue", "AccessDenied", "AccessDeniedException", "UnauthorizedOperation"]
PERMANENT = """
    InvalidParameterCombination ValidationError NotAuthorized ExpiredToken ExpiredTokenException OptInRequired
    DependentServiceAccessDenied ClusterQuotaExceeded NumberOfNodesQuotaExceeded QuotaExceeded.ClusterSecurityGroup
    UnsupportedOperation
""".split()
CLOSED = ConnectionClosedError(endpoint_url="x")


@pytest.mark.parametrize(
    ("failure", "kind", "message"),
    [
        (CLOSED, RetryableError, "ConnectionClosedError: Connection was closed"),
        *((error(code, "no"), RetryableError, f"{code}: no") for code in RETRIED),
        *((error(code, "no"), PropagationError, f"{code}: no") for code in PROPAGATING),
        *((error(code, "no"), RefusedError, f"{code}: no") for code in PERMANENT),
    ],
)
def test_errors_of_the_api_are_classified(failure: Exception, kind: type[Exception], message: str) -> None:
    """Of both calls."""
    redshift = FakeRedshift(failures=[failure], read_failures=[failure])
    with pytest.raises(kind, match=message):
        describe(redshift, CLUSTER)
    with pytest.raises(kind, match=message):
        modify(redshift, CLUSTER, Change(add=(A,)))


def test_a_missing_cluster_is_none_and_cannot_be_changed(stubbed: tuple[Any, Stubber]) -> None:
    """By the code of the error, or by an empty list."""
    client, stubber = stubbed
    stubber.add_client_error("describe_clusters", "ClusterNotFound")
    stubber.add_response("describe_clusters", {"Clusters": []})
    stubber.add_client_error("modify_cluster_iam_roles", "ClusterNotFound")

    assert [None, None] == [describe(client, CLUSTER) for _ in range(2)]
    with pytest.raises(GoneError, match="there is none of that name"):
        modify(client, CLUSTER, Change(add=(A,)))


def test_the_log_has_requests_replies_and_errors_but_no_address(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Whoever has the address can reply for the function."""
    caplog.set_level("INFO")
    event = request()
    del event["ResourceProperties"]["RoleLimit"]
    with _cloudformation(monkeypatch, FakeRedshift()):
        index.handler(event, _Context())
    asked, surprise, replied = [record.getMessage() for record in caplog.records]

    assert "example.com" not in caplog.text
    assert {key: value for key, value in event.items() if key != "ResponseURL"} == json.loads(asked)
    assert "unexpected" == surprise
    assert "FAILED" == json.loads(replied)["Status"]


def test_the_handler_imports_nothing_of_ours_but_itself(tmp_path: Path) -> None:
    """AWS Lambda has its folder, the standard library and boto3 alone."""
    package = Path(index.__file__).parent
    shutil.copytree(package, tmp_path / package.name)
    program = f"""
import sys
sys.path.insert(0, {str(tmp_path)!r})
import {package.name}.index
print({{"redshift_roles", "aws_cdk", "constructs", "jsii"}} & {{*sys.modules}})
"""
    run = subprocess.run([sys.executable, "-I", "-c", program], capture_output=True, text=True, check=False)

    assert ("set()\n", "") == (run.stdout, run.stderr)
