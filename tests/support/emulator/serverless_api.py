"""The JSON protocol of Redshift Serverless: requests are read and answers are written with botocore's service model."""

from __future__ import annotations

import functools
import json
from collections.abc import Mapping
from typing import Any, Final

import botocore.session
from botocore import xform_name
from botocore.model import OperationModel, ServiceModel, Shape
from botocore.validate import ParamValidator

from tests.support.emulator.clusters import Caller, Json, RefusedError
from tests.support.emulator.serverless import INVALID, Serverless

TARGET: Final = "RedshiftServerless"


@functools.cache
def service() -> ServiceModel:
    """Load the model of the service."""
    return botocore.session.Session().get_service_model("redshift-serverless")


def answer(serverless: Serverless, caller: Caller, target: str, body: bytes, *, throttled: bool) -> tuple[int, bytes]:
    """Answer a request with a status and a body."""
    try:
        asked = _let_in(target, throttled=throttled)
        method = getattr(serverless, xform_name(asked.name))
        shown = method(caller, _parameters(body, asked.input_shape))
        return 200, json.dumps(_written(asked.output_shape, shown)).encode()
    except RefusedError as error:
        # What the query protocol calls AccessDenied has another name in the JSON protocol, and another status.
        code = error.code.replace("AccessDenied", "AccessDeniedException")
        return 400, json.dumps({"__type": code, "message": error.message}).encode()


def _let_in(target: str, *, throttled: bool) -> OperationModel:
    name = target.rpartition(".")[2]
    if throttled:
        raise RefusedError("ThrottlingException", "Rate exceeded")
    if name not in service().operation_names:
        raise RefusedError("UnknownOperationException", f"There is no operation {name}")
    if not hasattr(Serverless, xform_name(name)):
        raise RefusedError("UnknownOperationException", f"The emulator has no {name}")
    return service().operation_model(name)


def _parameters(body: bytes, shape: Shape) -> Json:
    given: Json = json.loads(body)
    report = ParamValidator().validate(given, shape)
    if report.has_errors():
        raise RefusedError(INVALID, report.generate_report())
    return given


def _written(shape: Shape, value: Any) -> Any:
    """Keep what the model has."""
    if shape.type_name == "list":
        return [_written(shape.member, item) for item in value]
    if shape.type_name != "structure":
        return value
    members: Mapping[str, Shape] = shape.members
    return {name: _written(member, value[name]) for name, member in members.items() if name in value}
