"""
Start the emulator: ``python -m tests.emulator``, with what `tests.emulator.server` puts into the environment.
"""

from __future__ import annotations

import contextvars
import json
import os
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qsl

from ministack import app
from ministack.core import iam_actions, iam_evaluator, router
from ministack.core.responses import get_account_id, get_region
from ministack.services import iam
from ministack.services.cloudformation import provisioners

from tests.emulator.clusters import Clusters, RedshiftError
from tests.emulator.redshift_api import RedshiftApi
from tests.emulator.resources import handlers

Headers = dict[str, str]
Answer = tuple[int, Headers, bytes]

_SERVICE = "redshift"
_REDSHIFT = "redshift.amazonaws.com"
_access_key: contextvars.ContextVar[str] = contextvars.ContextVar("access_key", default="")


def check_role(arn: str) -> None:
    """
    Refuse a role that does not exist, is of another account, or does not trust Redshift.
    """
    _, _, _, _, account, resource = [*arn.split(":", 5), *[""] * 6][:6]
    name = resource.rpartition("/")[2]
    role = iam._roles.get(name) if account == get_account_id() else None
    document = role.get("AssumeRolePolicyDocument") if role else ""
    text = document if isinstance(document, str) else json.dumps(document)
    if role is None or _REDSHIFT not in text:
        message = f"The IAM role {arn} is not valid. The IAM role must delegate access to an Amazon Redshift account."
        code = "InvalidParameterValue"
        raise RedshiftError(code, message)


def may_pass(arn: str) -> None:
    """
    Refuse a role that the caller may not pass to Redshift.
    """
    if not app.AUTH:
        return
    context = {"iam:PassedToService": _REDSHIFT}
    denied = iam_evaluator.enforce(
        _access_key.get(), "iam:PassRole", _SERVICE, get_region(), resource_arn=arn, service_context=context
    )
    if denied:
        message = f"not authorized to perform: iam:PassRole on resource: {arn}"
        code = "AccessDenied"
        raise RedshiftError(code, message, 403)


def install(takes: float) -> None:
    """
    Put Redshift into ministack: its API, its resources, and what IAM checks of both.
    """
    clusters = Clusters(takes, check_role)
    api = RedshiftApi(clusters, may_pass)

    async def handle(method: str, path: str, headers: Headers, body: bytes, query: Any) -> Answer:  # noqa: ARG001
        _access_key.set(router.extract_access_key_id(headers, query))
        status, text = api.answer(_form(body))
        return status, {"Content-Type": "text/xml"}, text.encode()

    app.SERVICE_HANDLERS[_SERVICE] = handle
    router.SERVICE_PATTERNS[_SERVICE] = {"host_patterns": [r"redshift\."]}
    iam_actions.SERVICE_TO_IAM_NAMESPACE[_SERVICE] = _SERVICE
    iam_actions._SERVICE_PROTOCOL[_SERVICE] = "query-xml"
    iam_actions._QUERY_XML_NS[_SERVICE] = "http://redshift.amazonaws.com/doc/2012-12-01/"
    provisioners._RESOURCE_HANDLERS.update(handlers(clusters))
    iam_actions.extract_resource_arn = _with_clusters(iam_actions.extract_resource_arn)


def _form(body: bytes) -> dict[str, str]:
    return dict(parse_qsl(body.decode(), keep_blank_values=True))


def _with_clusters(original: Callable[..., str]) -> Callable[..., str]:
    """
    Name the cluster of a request as IAM does; leave all other services to ministack.
    """

    def resource_arn(service: str, *arguments: Any) -> str:
        if service != _SERVICE:
            return original(service, *arguments)
        _method, _path, _headers, body, _query, region, account = arguments
        name = _form(body).get("ClusterIdentifier")
        return f"arn:aws:redshift:{region}:{account}:cluster:{name}" if name else "*"

    return resource_arn


if __name__ == "__main__":
    install(float(os.environ.get("REDSHIFT_TAKES", "1")))
    app.main()
