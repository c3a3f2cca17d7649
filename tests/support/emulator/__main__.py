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
from collections.abc import Callable, Mapping
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

from tests.support.emulator import redshift_api, serverless_api, stacks
from tests.support.emulator.clusters import Pace, Redshift, RefusedError
from tests.support.emulator.resources import Provisioning
from tests.support.emulator.serverless import Serverless
from tests.support.emulator.serverless_resources import ServerlessProvisioning

Response = tuple[int, dict[str, str], bytes]

_CLUSTERS: Final = "redshift"
_SERVERLESS: Final = "redshift-serverless"
# One change in so many is throttled, so that nothing works that does not try again.
_THROTTLED: Final = 3
_WATCH_SECONDS: Final = 0.5
# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html: managed policies of a role, at first.
_ROLE_POLICIES: Final = 10


class Principal:
    """A caller by access key; without one, CloudFormation itself, which may pass every role.

    Args:
        access_key: The caller's.
        service: What roles are passed to.
    """

    def __init__(self, access_key: str | None, service: str) -> None:
        self._access_key, self._service = access_key, service

    def trusts_redshift(self, role_arn: str) -> bool:
        """Read the trust policy of a role of this account."""
        role = iam._roles.get(role_arn.rpartition("/")[2])
        if role is None or role["Arn"] != role_arn:
            return False
        document = role["AssumeRolePolicyDocument"]
        read = json.loads(document) if isinstance(document, str) else document
        trusted = {name for statement in read["Statement"] for name in _services(statement)}
        plain = f"{_CLUSTERS}.amazonaws.com" in trusted
        if self._service == _SERVERLESS:
            # https://docs.aws.amazon.com/redshift/latest/mgmt/serverless-security-other-services.html: both.
            return plain and f"{_SERVERLESS}.amazonaws.com" in trusted
        return plain or f"{_CLUSTERS}.{get_region()}.amazonaws.com" in trusted

    def check_pass_role(self, role_arn: str) -> None:
        """Ask the server's IAM, with the service that the role is passed to."""
        if self._access_key is None:
            return
        context = {"iam:PassedToService": f"{self._service}.amazonaws.com"}
        denied = enforce(
            self._access_key, "iam:PassRole", "iam", get_region(), resource_arn=role_arn, service_context=context
        )
        if denied:
            who = getattr(denied, "principal_arn", "")
            text = f"User: {who} is not authorized to perform: iam:PassRole on resource: {role_arn}"
            raise RefusedError("AccessDenied", text, 403)


def _services(statement: Mapping[str, Any]) -> set[str]:
    """Return the services that a statement lets assume the role."""
    actions, principal = statement.get("Action", []), statement.get("Principal", {})
    services = principal.get("Service", []) if isinstance(principal, dict) else []
    assumes = "sts:AssumeRole" in ([actions] if isinstance(actions, str) else actions)
    if statement["Effect"] != "Allow" or not assumes:
        return set()
    return {services} if isinstance(services, str) else set(services)


Answer = Callable[[Any, Principal, Mapping[str, str], bytes, bool], tuple[int, bytes]]


class Service(ModuleType):
    """A service as the server loads it: what there is, by account and region.

    Args:
        name: Its name in IAM.
        content_type: Of its answers.
        make: Makes what there is in a new account and region.
        answer: Answers a request.
    """

    def __init__(self, name: str, content_type: str, make: Callable[[str, str], Any], answer: Answer) -> None:
        super().__init__(name)
        self._type, self._make, self._answer = content_type, make, answer
        self._kept: dict[tuple[str, str], Any] = {}
        self._changes = itertools.count(1)

    def here(self) -> Any:
        """Find what there is in the request's account and region."""
        key = get_account_id(), get_region()
        if key not in self._kept:
            self._kept[key] = self._make(*key)
        return self._kept[key]

    def reset(self) -> None:
        """Forget everything."""
        self._kept.clear()

    async def handle_request(
        self, _: str, __: str, headers: dict[str, str], body: bytes, query: Mapping[str, Any]
    ) -> Response:
        """Answer a request."""
        caller = Principal(router.extract_access_key_id(headers, query), self.__name__)
        throttled = _changes(headers, body) and next(self._changes) % _THROTTLED == 0
        status, answer = self._answer(self.here(), caller, headers, body, throttled)
        return status, {"Content-Type": self._type}, answer


def _changes(headers: Mapping[str, str], body: bytes) -> bool:
    action = headers.get("x-amz-target", "").rpartition(".")[2] or _form(body).get("Action", "")
    return not action.startswith(("Describe", "Get", "List"))


def _form(body: bytes) -> dict[str, str]:
    return dict(parse_qsl(body.decode(), keep_blank_values=True))


def install(pace: Pace) -> None:
    """Teach the server Redshift: its APIs, its permissions, its resource types."""
    clusters = Service(
        _CLUSTERS,
        "text/xml",
        lambda account, region: Redshift(account, region, pace),
        lambda redshift, caller, _, body, throttled: redshift_api.answer(
            redshift, caller, _form(body), throttled=throttled
        ),
    )
    serverless = Service(
        _SERVERLESS,
        "application/x-amz-json-1.1",
        lambda account, region: Serverless(account, region, pace),
        lambda kept, caller, headers, body, throttled: serverless_api.answer(
            kept, caller, headers["x-amz-target"], body, throttled=throttled
        ),
    )
    for service in (clusters, serverless):
        name = service.__name__
        sys.modules[f"ministack.services.{name}"] = service
        app._loaded_modules[name] = service
        app.SERVICE_REGISTRY[name] = {"module": name}
        app.SERVICE_HANDLERS[name] = app._lazy_handler(name)
        iam_actions.SERVICE_TO_IAM_NAMESPACE[name] = name
    router.SERVICE_PATTERNS[_CLUSTERS] = {"host_patterns": [r"^redshift\."]}
    router.SERVICE_PATTERNS[_SERVERLESS] = {"target_prefixes": [f"{serverless_api.TARGET}."]}
    iam_actions._SERVICE_PROTOCOL[_CLUSTERS] = "query-xml"
    iam_actions._QUERY_XML_NS[_CLUSTERS] = redshift_api.NAMESPACE
    _name_resources(serverless)
    _limit_policies()
    stacks.install()
    Provisioning(clusters.here, Principal(None, _CLUSTERS)).install()
    ServerlessProvisioning(serverless.here, Principal(None, _SERVERLESS)).install()


def _name_resources(serverless: Service) -> None:
    """Let IAM see the cluster, namespace or workgroup that a request is about."""
    others = iam_actions.extract_resource_arn

    def extract(service: str, *rest: Any) -> str:
        if service == _SERVERLESS:
            return str(serverless.here().arn(json.loads(rest[3] or b"{}")))
        if service != _CLUSTERS:
            return str(others(service, *rest))
        name = _form(rest[3]).get("ClusterIdentifier")
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
