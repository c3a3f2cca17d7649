"""A Lambda function for tests: CDK makes its role and hands it out as another Python object each time."""

from __future__ import annotations

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_


def function_of(stack: cdk.Stack, role: iam.IRole | None = None) -> lambda_.Function:
    """Define a function, with a role of CDK's own as it comes."""
    return lambda_.Function(
        stack,
        "Function",
        code=lambda_.Code.from_inline("def handler(event, context): pass"),
        handler="index.handler",
        runtime=lambda_.Runtime.PYTHON_3_13,
        role=role,
    )
