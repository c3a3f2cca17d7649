"""A construct of your own that has a cluster in it. It takes a role that exists already, and associates one more for
each thing that the platform learns to do after the cluster was defined, here to read a stream.
"""

from __future__ import annotations

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kinesis as kinesis
from constructs import Construct

from redshift_roles import RedshiftCluster, RedshiftRole

ENVIRONMENT = cdk.Environment(account="111111111111", region="eu-west-1")
LOADER = "arn:aws:iam::111111111111:role/data/Loader"
STREAM = "clicks"
SUBNET_GROUP = "warehouse-subnets"


class AnalyticsPlatform(Construct):
    """A cluster that loads as one role and reads streams as another."""

    def __init__(self, scope: Construct, construct_id: str, *, loader: iam.IRole, subnet_group: str) -> None:
        super().__init__(scope, construct_id)
        self.cluster = RedshiftCluster(self, "Cluster", roles=[loader], cluster_subnet_group_name=subnet_group)

    def ingest(self, stream: kinesis.IStream) -> RedshiftRole:
        """Let the cluster read a stream, and return the role that CREATE EXTERNAL SCHEMA names."""
        role = RedshiftRole(self, "StreamReader", description="Reads a stream into a materialized view")
        stream.grant_read(role)
        self.cluster.add_role(role)
        return role


def build(app: cdk.App) -> cdk.Stack:
    """Define a stack that uses the construct."""
    stack = cdk.Stack(app, "YourConstruct", env=ENVIRONMENT)
    loader = iam.Role.from_role_arn(stack, "Loader", LOADER)
    platform = AnalyticsPlatform(stack, "Platform", loader=loader, subnet_group=SUBNET_GROUP)
    clicks = stack.format_arn(service="kinesis", resource="stream", resource_name=STREAM)
    platform.ingest(kinesis.Stream.from_stream_arn(stack, "Clicks", clicks))
    return stack


if __name__ == "__main__":
    app = cdk.App()
    build(app)
    app.synth()
