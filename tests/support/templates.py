"""Reading templates in tests: the resources of a type, and values as a deployment would write them."""

from __future__ import annotations

from typing import Any

import aws_cdk as cdk
from aws_cdk.assertions import Template


def template_of(stack: cdk.Stack) -> dict[str, Any]:
    """Synthesize the app and return the stack's template."""
    template: dict[str, Any] = dict(Template.from_stack(stack).to_json())
    return template


def properties_of(stack: cdk.Stack, kind: str) -> dict[str, Any]:
    """Return the properties of the only resource of a type."""
    (properties,) = all_properties_of(stack, kind)
    return properties


def all_properties_of(stack: cdk.Stack, kind: str) -> list[dict[str, Any]]:
    """Return the properties of all resources of a type."""
    resources = template_of(stack).get("Resources", {}).values()
    return [resource["Properties"] for resource in resources if resource["Type"] == kind]


def deployed(value: Any, references: dict[str, str]) -> Any:
    """Write a value as a deployment with these references would."""
    if isinstance(value, list):
        return [deployed(item, references) for item in value]
    if not isinstance(value, dict):
        return value
    if set(value) == {"Ref"}:
        return references[value["Ref"]]
    if set(value) == {"Fn::Join"}:
        separator, parts = value["Fn::Join"]
        return str(separator).join(deployed(part, references) for part in parts)
    return {key: deployed(item, references) for key, item in value.items()}
