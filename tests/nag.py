"""
What cdk-nag says of a stack, without synthesizing it.
"""

from __future__ import annotations

from typing import Final

import cdk_nag
from aws_cdk import App, Stack

PACKS: Final = (
    cdk_nag.AwsSolutionsChecks,
    cdk_nag.HIPAASecurityChecks,
    cdk_nag.NIST80053R4Checks,
    cdk_nag.NIST80053R5Checks,
    cdk_nag.PCIDSS321Checks,
)


def nag_findings(app: App, stack: Stack) -> set[str]:
    """
    Name what the five packs find, acknowledged or not.
    """
    reports = [pack(app).validate_scope(stack) for pack in PACKS]
    return {violation.rule_name for report in reports for violation in report.violations}
