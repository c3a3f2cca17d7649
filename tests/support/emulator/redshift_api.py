"""The query protocol of Amazon Redshift, both ways, from the shapes of botocore's service model.

A form is read into parameters, and an answer is written as XML.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from typing import Any, Final
from xml.etree.ElementTree import Element, SubElement, tostring

import botocore.session
from botocore import xform_name
from botocore.model import OperationModel, ServiceModel, Shape

from tests.support.emulator.clusters import Caller, Json, Redshift, RefusedError

NAMESPACE: Final = "http://redshift.amazonaws.com/doc/2012-12-01/"
_REQUEST_ID: Final = "00000000-0000-0000-0000-000000000000"


@functools.cache
def service() -> ServiceModel:
    """Load the model of the service."""
    return botocore.session.Session().get_service_model("redshift")


def operation(form: Mapping[str, str]) -> OperationModel:
    """Name the operation that a form asks for."""
    action = form.get("Action", "")
    if action not in service().operation_names:
        raise RefusedError("InvalidAction", f"Could not find operation {action} for version 2012-12-01")
    return service().operation_model(action)


def answer(redshift: Redshift, caller: Caller, form: Mapping[str, str], *, throttled: bool) -> tuple[int, bytes]:
    """Answer a request with a status and a body."""
    try:
        asked = _let_in(form, throttled=throttled)
        method = getattr(redshift, xform_name(asked.name))
        return 200, response(asked, method(caller, parameters(form, asked.input_shape)))
    except RefusedError as error:
        return error.status, refusal(error)


def _let_in(form: Mapping[str, str], *, throttled: bool) -> OperationModel:
    asked = operation(form)
    if throttled:
        raise RefusedError("Throttling", "Rate exceeded")
    if not hasattr(Redshift, xform_name(asked.name)):
        raise RefusedError("InvalidAction", f"The emulator has no {asked.name}")
    return asked


def parameters(form: Mapping[str, str], shape: Shape) -> Json:
    """Read the parameters of an operation."""
    members = {name: _read(form, _name(member, name), member) for name, member in shape.members.items()}
    return {name: value for name, value in members.items() if value is not None}


def _read(form: Mapping[str, str], prefix: str, shape: Shape) -> object:
    if shape.type_name == "structure":
        within = {key.removeprefix(f"{prefix}."): value for key, value in form.items() if key.startswith(f"{prefix}.")}
        return parameters(within, shape) or None
    if shape.type_name == "list":
        return _read_list(form, prefix, shape.member)
    text = form.get(prefix)
    if text is None or shape.type_name == "string":
        return text
    return text == "true" if shape.type_name == "boolean" else int(text)


def _read_list(form: Mapping[str, str], prefix: str, member: Shape) -> list[object] | None:
    if form.get(prefix) == "":
        return []
    start = f"{prefix}.{_name(member, 'member')}"
    read: list[object] = []
    while (value := _read(form, f"{start}.{len(read) + 1}", member)) is not None:
        read.append(value)
    return read or None


def response(asked: OperationModel, answer: Json) -> bytes:
    """Write the answer to an operation."""
    root = Element(f"{asked.name}Response", xmlns=NAMESPACE)
    if asked.output_shape is not None:
        result = SubElement(root, asked.output_shape.serialization["resultWrapper"])
        _write_members(result, asked.output_shape, answer)
    SubElement(SubElement(root, "ResponseMetadata"), "RequestId").text = _REQUEST_ID
    return bytes(tostring(root))


def refusal(error: RefusedError) -> bytes:
    """Write a refusal."""
    root = Element("ErrorResponse", xmlns=NAMESPACE)
    reported = SubElement(root, "Error")
    for name, text in (("Type", "Sender"), ("Code", error.code), ("Message", error.message)):
        SubElement(reported, name).text = text
    SubElement(root, "RequestId").text = _REQUEST_ID
    return bytes(tostring(root))


def _write_members(parent: Element, shape: Shape, value: Json) -> None:
    for name, member in shape.members.items():
        if name in value:
            _write(SubElement(parent, _name(member, name)), member, value[name])


def _write(element: Element, shape: Shape, value: Any) -> None:
    if shape.type_name == "structure":
        _write_members(element, shape, value)
    elif shape.type_name == "list":
        for item in value:
            _write(SubElement(element, _name(shape.member, "member")), shape.member, item)
    else:
        element.text = str(value).lower() if isinstance(value, bool) else str(value)


def _name(shape: Shape, otherwise: str) -> str:
    return str(shape.serialization.get("name", otherwise))
