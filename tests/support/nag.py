"""What cdk-nag says of a construct and all in it, and what is acknowledged there."""

from __future__ import annotations

from typing import Final

import aws_cdk as cdk
import cdk_nag
from constructs import IConstruct

PACKS: Final = (
    cdk_nag.AwsSolutionsChecks,
    cdk_nag.HIPAASecurityChecks,
    cdk_nag.NIST80053R4Checks,
    cdk_nag.NIST80053R5Checks,
    cdk_nag.PCIDSS321Checks,
)


def nag_findings(app: cdk.App, scope: IConstruct) -> set[str]:
    """Name what the five packs find, acknowledged or not."""
    reports = [pack(app).validate_scope(scope) for pack in PACKS]
    return {violation.rule_name for report in reports for violation in report.violations}


def findings(app: cdk.App, scope: IConstruct | None = None) -> set[tuple[str, str]]:
    """List what cdk-nag finds in a synthesized app, or in a part of it: rule and path.

    The pack is asked directly, not through `app.synth()`: it answers with data instead of a text in an exception, an
    empty answer cannot mean that it was not asked, and it is independent of CDK's own validator, which the tests turn
    off. It is asked after `app.synth()`, when the tree is complete.
    """
    report = cdk_nag.AwsSolutionsChecks(app).validate_scope(scope or app)
    return {
        (violation.rule_name, str(resource.construct_path))
        for violation in report.violations
        for resource in violation.violating_resources
    }


def acknowledged(scope: IConstruct) -> set[tuple[str, str]]:
    """List what is acknowledged in an app or in a part of it, rule and path, but for what CDK's own constructs tell
    CDK's own validator.
    """
    rules = [
        (str(rule).removeprefix("Annotation::"), construct.node.path)
        for construct in scope.node.find_all()
        for entry in construct.node.metadata
        if entry.type == cdk.Validations.ACKNOWLEDGED_RULES_METADATA_KEY
        for rule in entry.data
    ]
    return {(rule, path) for rule, path in rules if not rule.startswith("CloudFormation-Validate::")}
