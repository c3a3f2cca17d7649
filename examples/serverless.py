"""Redshift Serverless in one statement: a role that it assumes, a namespace with that role, a workgroup in three zones
of a VPC, and the policy of the people who may associate the role. Somebody else has made the VPC; nothing is looked up.
"""

from __future__ import annotations

import aws_cdk as cdk
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_s3 as s3

from redshift_roles import ServerlessWarehouse

VPC = "vpc-0aaaaaaaaaaaaaaaa"
ZONES = ["eu-west-1a", "eu-west-1b", "eu-west-1c"]
SUBNETS = ["subnet-0aaaaaaaaaaaaaaaa", "subnet-0bbbbbbbbbbbbbbbb", "subnet-0cccccccccccccccc"]
ROUTES = ["rtb-0aaaaaaaaaaaaaaaa", "rtb-0bbbbbbbbbbbbbbbb", "rtb-0cccccccccccccccc"]
LANDING = "sales-landing"


def build(app: cdk.App) -> cdk.Stack:
    """Define the stack in an app."""
    stack = cdk.Stack(app, "Serverless")
    vpc = ec2.Vpc.from_vpc_attributes(
        stack,
        "Vpc",
        vpc_id=VPC,
        availability_zones=ZONES,
        private_subnet_ids=SUBNETS,
        private_subnet_route_table_ids=ROUTES,
    )
    warehouse = ServerlessWarehouse(stack, "Warehouse", base_capacity=8, max_capacity=64, vpc=vpc)
    landing = s3.Bucket.from_bucket_name(stack, "Landing", LANDING)
    grant = warehouse.redshift_grants.copy_from(landing, prefix="sales/")
    cdk.CfnOutput(stack, "Endpoint", value=warehouse.workgroup.endpoint_address)
    cdk.Validations.of(warehouse.user_policy).acknowledge(
        cdk.Acknowledgment(
            id="AwsSolutions-IAM5[Resource::*]",
            reason="redshift-serverless:ListNamespaces does not support resource-level permissions",
        )
    )
    for policy in grant.policies:
        cdk.Validations.of(policy).acknowledge(
            cdk.Acknowledgment(
                id=f"AwsSolutions-IAM5[Resource::arn:<AWS::Partition>:s3:::{LANDING}/sales/*]",
                reason="COPY reads every object under the prefix; IAM has no other form for the objects of a prefix",
            )
        )
    return stack


if __name__ == "__main__":
    app = cdk.App()
    build(app)
    app.synth()
