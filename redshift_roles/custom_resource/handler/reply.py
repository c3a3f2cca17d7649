"""The reply to CloudFormation: at most 4,096 bytes, and sent again when the connection breaks."""

from __future__ import annotations

import http.client
import json
import logging
import time
import urllib.request
from typing import Any, NamedTuple

_log = logging.getLogger(__name__)

REPLY_SECONDS = 4
PAUSES = (0.5, 1.0, 2.0)
# The largest reply that CloudFormation accepts.
_MAX_BYTES = 4096

Json = dict[str, Any]


class Outcome(NamedTuple):
    """The result of a request."""

    status: str
    reason: str
    physical_id: str
    data: Json


def respond(event: Json, outcome: Outcome) -> None:
    """Send the reply, and try again when the connection breaks: the change before it may have taken minutes."""
    body = _body(event, outcome)
    _log.info(body)
    sent = urllib.request.Request(  # noqa: S310  the address is CloudFormation's own
        event["ResponseURL"], data=body.encode(), method="PUT", headers={"Content-Type": ""}
    )
    pauses = list(PAUSES)
    while True:
        try:
            return _send(sent)
        except (OSError, http.client.HTTPException) as error:
            if not pauses:
                raise
            _log.warning("the reply is not sent yet: %s: %s", type(error).__name__, error)
        time.sleep(pauses.pop(0))


def _send(request: urllib.request.Request) -> None:
    with urllib.request.urlopen(request, timeout=REPLY_SECONDS) as response:  # noqa: S310  see above
        response.read()


def _body(event: Json, outcome: Outcome) -> str:
    """Return the reply, with as much of the reason as fits."""
    kept = len(outcome.reason)
    while len(text := _text(event, outcome, _shortened(outcome.reason, kept))) > _MAX_BYTES and kept > 0:
        kept -= 8
    return text


def _shortened(reason: str, length: int) -> str:
    """Leave out the middle: the start says what failed, and the end what Redshift said."""
    if len(reason) <= length:
        return reason
    half = max(length, 0) // 2
    return f"{reason[:half]} [...] {reason[len(reason) - half :]}"


def _text(event: Json, outcome: Outcome, reason: str) -> str:
    return json.dumps(
        {
            "Status": outcome.status,
            "Reason": reason or "done",
            "PhysicalResourceId": outcome.physical_id,
            "StackId": event["StackId"],
            "RequestId": event["RequestId"],
            "LogicalResourceId": event["LogicalResourceId"],
            "Data": outcome.data,
        }
    )
