"""Roles that not every cluster may assume. The first trusts provisioned clusters in two regions and nowhere else; the
second trusts provisioned clusters and Redshift Serverless.
"""

from __future__ import annotations

import aws_cdk as cdk

from redshift_roles import RedshiftRole


def build(app: cdk.App) -> cdk.Stack:
    """Define the stack in an app."""
    stack = cdk.Stack(app, "RegionalTrust")
    european = RedshiftRole(stack, "European", regions=["eu-west-1", "eu-central-1"])
    anywhere = RedshiftRole(stack, "Anywhere", serverless=True)
    cdk.CfnOutput(stack, "EuropeanRoleArn", value=european.role_arn)
    cdk.CfnOutput(stack, "AnywhereRoleArn", value=anywhere.role_arn)
    return stack


if __name__ == "__main__":
    app = cdk.App()
    build(app)
    app.synth()
