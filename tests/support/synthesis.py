"""What `app.synth()` says of the clusters in it, read from CDK's validation report."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from redshift_roles.cdk.plugins import PLUGIN_NAME


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
