"""A warehouse in one statement: a role that Redshift assumes, a cluster with it associated, and the policy of the
people who may do that. The cluster goes into a subnet group that somebody else has made; nothing is looked up.
"""

from __future__ import annotations

import aws_cdk as cdk

from redshift_roles import RedshiftWarehouse

SUBNET_GROUP = "warehouse-subnets"


def build(app: cdk.App) -> cdk.Stack:
    """Define the stack in an app."""
    stack = cdk.Stack(app, "OneStatement")
    warehouse = RedshiftWarehouse(stack, "Warehouse", cluster_subnet_group_name=SUBNET_GROUP)
    cdk.CfnOutput(stack, "RoleArn", value=warehouse.role.role_arn)
    cdk.Validations.of(warehouse.user_policy).acknowledge(
        cdk.Acknowledgment(
            id="AwsSolutions-IAM5[Resource::*]",
            reason="redshift:DescribeClusters lists clusters; AWS documents it on Resource '*' for this policy",
        )
    )
    return stack


if __name__ == "__main__":
    app = cdk.App()
    build(app)
    app.synth()
