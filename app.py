"""A warehouse that may COPY from a landing bucket.

It synthesizes with no AWS account and no look-up, and deploys to whatever account and region the credentials are of.
"""

from __future__ import annotations

from typing import cast

import aws_cdk as cdk
import cdk_nag
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_s3 as s3
from constructs import IConstruct

from redshift_roles import RedshiftRole, RedshiftWarehouse, sql

LANDING_PREFIX = "landing/"

# Set here, not in cdk.json, so that `python app.py` and `cdk synth` write the same template.
FEATURE_FLAGS = {
    # The log bucket lets Amazon S3 write by its policy, not by an access control list.
    "@aws-cdk/aws-s3:serverAccessLogsUseBucketPolicy": True,
    # What CDK's validator finds in the template is an error, not a warning.
    "@aws-cdk/core:validateAgainstDefaultRules": True,
}


class WarehouseStack(cdk.Stack):
    """A VPC, a landing bucket, and a warehouse that reads from it."""

    def __init__(self, scope: cdk.App, construct_id: str) -> None:
        super().__init__(scope, construct_id, description="Amazon Redshift with the role it loads data with")
        landing = self._landing_bucket()
        warehouse = RedshiftWarehouse(self, "Warehouse", vpc=self._vpc())
        self._let_copy(warehouse.role, landing)
        self._outputs(warehouse, landing)
        acknowledge(
            warehouse.user_policy,
            "AwsSolutions-IAM5[Resource::*]",
            "redshift:DescribeClusters lists clusters; AWS documents it on Resource '*' for this policy",
        )

    def _vpc(self) -> ec2.Vpc:
        """Two zones without internet; the cluster reaches Amazon S3 through a gateway endpoint, which is free."""
        return ec2.Vpc(
            self,
            "Vpc",
            max_azs=2,
            nat_gateways=0,
            subnet_configuration=[
                ec2.SubnetConfiguration(name="Warehouse", subnet_type=ec2.SubnetType.PRIVATE_ISOLATED)
            ],
            gateway_endpoints={
                "S3": ec2.GatewayVpcEndpointOptions(service=ec2.GatewayVpcEndpointAwsService.S3),
            },
            flow_logs={"Rejected": ec2.FlowLogOptions(traffic_type=ec2.FlowLogTrafficType.REJECT)},
        )

    def _landing_bucket(self) -> s3.Bucket:
        access_logs = s3.Bucket(
            self,
            "AccessLogs",
            block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
            encryption=s3.BucketEncryption.S3_MANAGED,
            enforce_ssl=True,
        )
        return s3.Bucket(
            self,
            "Landing",
            block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
            encryption=s3.BucketEncryption.S3_MANAGED,
            enforce_ssl=True,
            server_access_logs_bucket=access_logs,
        )

    def _let_copy(self, role: RedshiftRole, bucket: s3.Bucket) -> None:
        """Allow what AWS documents for COPY, on the objects of one prefix."""
        role.redshift_grants.copy_from(bucket, prefix=LANDING_PREFIX)
        logical_id = self.get_logical_id(cast("cdk.CfnElement", bucket.node.default_child))
        acknowledge(
            role.redshift_grants.policies[0],
            f"AwsSolutions-IAM5[Resource::<{logical_id}.Arn>/{LANDING_PREFIX}*]",
            "COPY reads every object under one prefix; IAM has no other form for the objects of a prefix",
        )

    def _outputs(self, warehouse: RedshiftWarehouse, bucket: s3.Bucket) -> None:
        cluster, role_arn = warehouse.cluster, warehouse.role.role_arn
        source = f"s3://{bucket.bucket_name}/{LANDING_PREFIX}"
        copy = sql.copy("public.events", source, warehouse.role, format="PARQUET")
        cdk.CfnOutput(self, "Endpoint", value=f"{cluster.endpoint_address}:{cluster.endpoint_port}")
        cdk.CfnOutput(self, "RoleArn", value=role_arn)
        cdk.CfnOutput(self, "UserPolicyArn", value=warehouse.user_policy.managed_policy_arn)
        cdk.CfnOutput(self, "CopyCommand", value=copy)


def acknowledge(construct: IConstruct, rule: str, reason: str) -> None:
    """Answer a finding where it stands, and nowhere else."""
    cdk.Validations.of(construct).acknowledge(cdk.Acknowledgment(id=rule, reason=reason))


def build(app: cdk.App) -> WarehouseStack:
    """Define the stack in an app, under the AwsSolutions checks of cdk-nag."""
    cdk.Validations.of(app).add_plugins(cdk_nag.AwsSolutionsChecks(app))
    return WarehouseStack(app, "RedshiftWarehouse")


if __name__ == "__main__":
    app = cdk.App(context=FEATURE_FLAGS)
    build(app)
    app.synth()
