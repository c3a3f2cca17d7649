"""The program: ministack with a Redshift of our own, ``python -m tests.support.emulator``.

It reads EMULATOR_TAKES, and what ministack reads, from the environment, and serves on one port. It changes private
parts of ministack where there is no public way, which is why ministack is pinned.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import os
import signal
import sys
import threading
import time
from collections.abc import Mapping
from types import ModuleType
from typing import Any, Final
from urllib.parse import parse_qsl

import hypercorn
import hypercorn.asyncio
from ministack import app
from ministack.core import iam_actions, router
from ministack.core.iam_evaluator import enforce
from ministack.core.responses import get_account_id, get_region
from ministack.services import iam

from tests.support.emulator import redshift_api, stacks
from tests.support.emulator.clusters import Pace, Redshift, RefusedError
from tests.support.emulator.resources import Provisioning

Response = tuple[int, dict[str, str], bytes]

_PRINCIPALS: Final = ("redshift.amazonaws.com", "redshift.{}.amazonaws.com")
# One change in so many is throttled, so that nothing works that does not try again.
_THROTTLED: Final = 3
_WATCH_SECONDS: Final = 0.5
# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html: managed policies of a role, at first.
_ROLE_POLICIES: Final = 10


class Principal:
    """A caller by access key; without one, CloudFormation itself, which may pass every role."""

    def __init__(self, access_key: str | None) -> None:
        self._access_key = access_key

    def trusts_redshift(self, role_arn: str) -> bool:
        """Read the trust policy of a role of this account."""
        role = iam._roles.get(role_arn.rpartition("/")[2])
        if role is None or role["Arn"] != role_arn:
            return False
        document = role["AssumeRolePolicyDocument"]
        read = json.loads(document) if isinstance(document, str) else document
        return any(_lets_redshift_in(statement) for statement in read["Statement"])

    def check_pass_role(self, role_arn: str) -> None:
        """Ask the server's IAM, with the service that the role is passed to."""
        if self._access_key is None:
            return
        context = {"iam:PassedToService": "redshift.amazonaws.com"}
        denied = enforce(
            self._access_key, "iam:PassRole", "iam", get_region(), resource_arn=role_arn, service_context=context
        )
        if denied:
            who = getattr(denied, "principal_arn", "")
            text = f"User: {who} is not authorized to perform: iam:PassRole on resource: {role_arn}"
            raise RefusedError("AccessDenied", text, 403)


def _lets_redshift_in(statement: Mapping[str, Any]) -> bool:
    actions, principal = statement.get("Action", []), statement.get("Principal", {})
    services = principal.get("Service", []) if isinstance(principal, dict) else []
    named = {services} if isinstance(services, str) else set(services)
    wanted = {name.format(get_region()) for name in _PRINCIPALS}
    assumes = "sts:AssumeRole" in ([actions] if isinstance(actions, str) else actions)
    return statement["Effect"] == "Allow" and assumes and bool(named & wanted)


class Service(ModuleType):
    """The service as the server loads it: clusters by account and region."""

    def __init__(self, pace: Pace) -> None:
        super().__init__("redshift")
        self._pace = pace
        self._kept: dict[tuple[str, str], Redshift] = {}
        self._changes = itertools.count(1)

    def here(self) -> Redshift:
        """Find the clusters of the request's account and region."""
        key = get_account_id(), get_region()
        return self._kept.setdefault(key, Redshift(*key, self._pace))

    def reset(self) -> None:
        """Forget everything."""
        self._kept.clear()

    async def handle_request(
        self, _: str, __: str, headers: dict[str, str], body: bytes, query: Mapping[str, Any]
    ) -> Response:
        """Answer a request."""
        caller = Principal(router.extract_access_key_id(headers, query))
        form = dict(parse_qsl(body.decode(), keep_blank_values=True))
        changes = not form.get("Action", "").startswith("Describe")
        throttled = changes and next(self._changes) % _THROTTLED == 0
        status, answer = redshift_api.answer(self.here(), caller, form, throttled=throttled)
        return status, {"Content-Type": "text/xml"}, answer


def install(pace: Pace) -> Service:
    """Teach the server Redshift: its API, its permissions, its resource types."""
    service = Service(pace)
    sys.modules["ministack.services.redshift"] = service
    app._loaded_modules["redshift"] = service
    app.SERVICE_REGISTRY["redshift"] = {"module": "redshift"}
    app.SERVICE_HANDLERS["redshift"] = app._lazy_handler("redshift")
    router.SERVICE_PATTERNS["redshift"] = {"host_patterns": [r"^redshift\."]}
    iam_actions.SERVICE_TO_IAM_NAMESPACE["redshift"] = "redshift"
    iam_actions._SERVICE_PROTOCOL["redshift"] = "query-xml"
    iam_actions._QUERY_XML_NS["redshift"] = redshift_api.NAMESPACE
    _name_clusters()
    _limit_policies()
    stacks.install()
    Provisioning(service.here, Principal(None)).install()
    return service


def _name_clusters() -> None:
    """Let IAM see the cluster that a request is about."""
    others = iam_actions.extract_resource_arn

    def extract(service: str, *rest: Any) -> str:
        if service != "redshift":
            return str(others(service, *rest))
        form = dict(parse_qsl(rest[3].decode(), keep_blank_values=True))
        name = form.get("ClusterIdentifier")
        return f"arn:aws:redshift:{rest[5]}:{rest[6]}:cluster:{name}" if name else "*"

    iam_actions.extract_resource_arn = extract


def _limit_policies() -> None:
    """Attach no more managed policies to a role than IAM does, whoever asks."""
    attach, answer = iam.attach_managed_policy, iam._IAM_HANDLERS["AttachRolePolicy"]

    def attach_if_free(entity: dict[str, Any], arn: str) -> None:
        there = entity.get("AttachedPolicies", [])
        if "AssumeRolePolicyDocument" in entity and arn not in there and len(there) >= _ROLE_POLICIES:
            raise RefusedError("LimitExceeded", f"Cannot exceed quota for PoliciesPerRole: {_ROLE_POLICIES}", 409)
        attach(entity, arn)

    def answer_refusal(form: Mapping[str, Any]) -> Response:
        try:
            answered: Response = answer(form)
        except RefusedError as error:
            answered = iam._error(error.status, error.code, error.message, ns="iam")
        return answered

    iam.attach_managed_policy = attach_if_free
    iam._IAM_HANDLERS["AttachRolePolicy"] = answer_refusal


async def serve() -> None:
    """Serve on one port of this machine until the process is told to end.

    ministack's own `main` would also take port 443.
    """
    config = hypercorn.Config()
    config.bind = [f"127.0.0.1:{os.environ['GATEWAY_PORT']}"]
    config.certfile, config.keyfile = os.environ["MINISTACK_SSL_CERT"], os.environ["MINISTACK_SSL_KEY"]
    await hypercorn.asyncio.serve(app.app, config)


def end_with(parent: int) -> None:
    """End, with the functions that run, when nobody is there any more who could end us: a killed program cannot."""
    while os.getppid() == parent:
        time.sleep(_WATCH_SECONDS)
    os.killpg(0, signal.SIGKILL)


if __name__ == "__main__":
    threading.Thread(target=end_with, args=[os.getppid()], daemon=True).start()
    takes = float(os.environ["EMULATOR_TAKES"])
    install(Pace(takes=takes, busy=takes / 2, default_alone=True))
    asyncio.run(serve())
