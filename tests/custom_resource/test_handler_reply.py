"""The replies to CloudFormation: small enough, and sent again when the connection breaks."""

from __future__ import annotations

import http.client
import io
import json
import time
import urllib.error
from typing import Any

import pytest

from redshift_roles.custom_resource.handler import reply
from redshift_roles.custom_resource.handler.reply import Outcome, respond
from tests.support.fake_redshift import STACK

EVENT = {"StackId": STACK, "RequestId": "r", "LogicalResourceId": "L", "ResponseURL": "https://example.com/answer"}
DONE = Outcome("SUCCESS", "", "p", {"WasAssociated": "true"})


class _Response(io.BytesIO):
    """The response of CloudFormation, which may break off."""

    problem: Exception | None = None

    def read(self, size: int | None = -1) -> bytes:
        """Read it all, or fail."""
        if self.problem:
            raise self.problem
        return super().read(size)


class _Connection:
    """A connection to CloudFormation that breaks first."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, *problems: Exception | None) -> None:
        self.problems, self.sent, self.slept = list(problems), list[bytes](), list[float]()
        monkeypatch.setattr("urllib.request.urlopen", self._urlopen)
        monkeypatch.setattr(time, "sleep", self.slept.append)

    def _urlopen(self, request: Any, timeout: float) -> io.BytesIO:
        assert (reply.REPLY_SECONDS, "PUT", "https://example.com/answer") == (
            timeout,
            request.method,
            request.full_url,
        )
        assert "" == request.get_header("Content-type")
        problem = self.problems.pop(0) if self.problems else None
        heard = _Response()
        if isinstance(problem, http.client.IncompleteRead):
            heard.problem = problem
        elif problem:
            raise problem
        else:
            self.sent.append(request.data)
        return heard

    def body(self) -> dict[str, Any]:
        """Read the one answer that was heard."""
        (body,) = self.sent
        return dict(json.loads(body))


RESET = urllib.error.URLError(ConnectionResetError("reset by peer"))


def test_fails_when_no_reply_gets_through(monkeypatch: pytest.MonkeyPatch) -> None:
    """AWS Lambda then runs the function again, if there is time."""
    connection = _Connection(monkeypatch, *[RESET] * 4)
    with pytest.raises(urllib.error.URLError, match="reset by peer"):
        respond(EVENT, DONE)

    assert ([], [0.5, 1.0, 2.0], []) == (connection.sent, connection.slept, connection.problems)


@pytest.mark.parametrize("times", [1, 3])
@pytest.mark.parametrize(
    "problem", [RESET, TimeoutError("slow"), http.client.BadStatusLine(""), http.client.IncompleteRead(b"")]
)
def test_a_reply_is_sent_again_when_the_connection_breaks(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, problem: Exception, times: int
) -> None:
    """After a pause; the log says why."""
    connection = _Connection(monkeypatch, *[problem] * times)
    respond(EVENT, DONE)

    assert "SUCCESS" == connection.body()["Status"]
    assert times == len(connection.slept)
    assert times == caplog.text.count(f"the reply is not sent yet: {type(problem).__name__}: ")


def test_a_reply_has_what_cloudformation_requires(monkeypatch: pytest.MonkeyPatch) -> None:
    """It always has a reason."""
    connection = _Connection(monkeypatch)
    respond(EVENT, DONE)

    assert {
        "Status": "SUCCESS",
        "Reason": "done",
        "PhysicalResourceId": "p",
        "StackId": STACK,
        "RequestId": "r",
        "LogicalResourceId": "L",
        "Data": {"WasAssociated": "true"},
    } == connection.body()
    assert [] == connection.slept


@pytest.mark.parametrize("letter", ["x", "é", "€", "😀", '"'])
@pytest.mark.parametrize("physical_id", ["p", "p" * 1007])
def test_a_reply_is_never_larger_than_cloudformation_accepts(
    monkeypatch: pytest.MonkeyPatch, letter: str, physical_id: str
) -> None:
    """The middle of the reason is left out: the start has the cluster, the end what Redshift said."""
    connection = _Connection(monkeypatch)
    respond(EVENT, Outcome("FAILED", f"cluster warehouse: {letter * 9000}; the end", physical_id, {}))
    reason = connection.body()["Reason"]

    assert 3900 < len(connection.sent[0]) <= 4096
    assert reason.startswith(f"cluster warehouse: {letter * 9}")
    assert reason.endswith(f"{letter * 9}; the end")
    assert 1 == reason.count(f"{letter} [...] {letter}")


def test_a_reason_that_fits_is_sent_in_full(monkeypatch: pytest.MonkeyPatch) -> None:
    """To the last byte."""
    connection = _Connection(monkeypatch)
    respond(EVENT, Outcome("FAILED", "x", "p", {}))
    room = 4096 - len(connection.sent.pop()) + 1
    for length in (room, room + 1):
        respond(EVENT, Outcome("FAILED", "x" * length, "p", {}))

    assert [4096, True] == [len(connection.sent[0]), len(connection.sent[1]) < 4096]
    assert "x" * room == json.loads(connection.sent[0])["Reason"]


def test_a_reply_without_room_for_a_reason_is_sent_anyway(monkeypatch: pytest.MonkeyPatch) -> None:
    """CloudFormation may or may not accept it."""
    connection = _Connection(monkeypatch)
    respond(EVENT, Outcome("FAILED", "x" * 50, "p" * 5000, {}))

    assert " [...] " == connection.body()["Reason"]
