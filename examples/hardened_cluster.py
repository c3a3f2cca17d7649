"""A cluster for data that needs more than the defaults: a key of your own, audit logs in a bucket of your own, database
parameters, five weeks of snapshots, and one security group of applications that may connect.
"""

from __future__ import annotations

import aws_cdk as cdk
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3

from redshift_roles import RedshiftCluster, RedshiftRole

# A project has this in its cdk.json: access logs are delivered under a bucket policy, not under an ACL.
LOGS_USE_BUCKET_POLICY = "@aws-cdk/aws-s3:serverAccessLogsUseBucketPolicy"


class HardenedStack(cdk.Stack):
    """A VPC, a key, a bucket for audit logs, and the cluster."""

    def __init__(self, scope: cdk.App, construct_id: str) -> None:
        super().__init__(scope, construct_id)
        self.node.set_context(LOGS_USE_BUCKET_POLICY, value=True)
        vpc = self._vpc()
        cluster = RedshiftCluster(
            self,
            "Cluster",
            roles=[RedshiftRole(self, "Loader")],
            vpc=vpc,
            vpc_subnets=ec2.SubnetSelection(subnet_type=ec2.SubnetType.PRIVATE_ISOLATED),
            number_of_nodes=3,
            encryption_key=kms.Key(self, "Key", description="Encrypts the warehouse", enable_key_rotation=True),
            audit_log_bucket=self._audit_logs(),
            parameters={"max_concurrency_scaling_clusters": "0", "statement_timeout": "3600000"},
            snapshot_retention=cdk.Duration.days(35),
        )
        application = ec2.SecurityGroup(
            self, "Application", vpc=vpc, description="Applications that query the warehouse", allow_all_outbound=False
        )
        cluster.connections.allow_default_port_from(application, "Applications query the warehouse")

    def _vpc(self) -> ec2.Vpc:
        """Two zones without internet; COPY and UNLOAD reach Amazon S3 through a gateway endpoint."""
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
            flow_logs={"All": ec2.FlowLogOptions()},
        )

    def _audit_logs(self) -> s3.Bucket:
        """Redshift writes audit logs only to a bucket with keys of Amazon S3's own."""
        access_logs = self._bucket("AccessLogs")
        return self._bucket("AuditLogs", access_logs)

    def _bucket(self, construct_id: str, access_logs: s3.Bucket | None = None) -> s3.Bucket:
        return s3.Bucket(
            self,
            construct_id,
            block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
            encryption=s3.BucketEncryption.S3_MANAGED,
            enforce_ssl=True,
            server_access_logs_bucket=access_logs,
        )


def build(app: cdk.App) -> cdk.Stack:
    """Define the stack in an app."""
    return HardenedStack(app, "HardenedCluster")


if __name__ == "__main__":
    app = cdk.App()
    build(app)
    app.synth()
