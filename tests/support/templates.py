"""Reading templates in tests: the resources of a type, and values as a deployment would write them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import aws_cdk as cdk
from aws_cdk.assertions import Template

from redshift_roles.cdk.plugins import PLUGIN_NAME


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


def report_of(app: Any) -> list[dict[str, Any]]:
    """Synthesize and list what our plug-in found, as CDK wrote it down."""
    try:
        app.synth()
    except RuntimeError as error:
        if "ValidationFailed" not in str(error):
            raise
    path = Path(app.outdir) / "validation-report.json"
    report = json.loads(path.read_text()) if path.exists() else {"pluginReports": []}
    plugins = [plugin for plugin in report["pluginReports"] if plugin["pluginName"] == PLUGIN_NAME]
    return [violation for plugin in plugins for violation in plugin["violations"]]


def failures_of(app: Any) -> list[str]:
    """Name the rules that fail the synthesis."""
    return [violation["ruleName"] for violation in report_of(app) if violation["severity"] == "fatal"]


def warnings_of(app: Any) -> list[str]:
    """Name the rules that only warn."""
    return [violation["ruleName"] for violation in report_of(app) if violation["severity"] == "warning"]


def the_violation_of(app: Any) -> tuple[str, str, str]:
    """Return the rule, the construct and the message of the only thing that is reported."""
    (violation,) = report_of(app)
    (construct,) = violation["violatingConstructs"]
    return f"{violation['severity']} {violation['ruleName']}", construct["constructPath"], violation["description"]
