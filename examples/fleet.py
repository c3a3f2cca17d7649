"""A fleet: the same warehouse in every account and region, deployed by one pipeline of CDK Pipelines. What differs from
place to place is a row of a table; roles and policies are defined once, so no place can have others.

The pipeline deploys the first wave, waits for an approval, and deploys the others side by side.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

import aws_cdk as cdk
from aws_cdk import aws_s3 as s3
from aws_cdk import pipelines
from constructs import Construct

from redshift_roles import RedshiftWarehouse

HOME = cdk.Environment(account="111111111111", region="eu-west-1")
CONNECTION = "arn:aws:codeconnections:eu-west-1:111111111111:connection/aaaaaaaa-bbbb-4ccc-8ddd-eeeeeeeeeeee"
SUBNET_GROUP = "warehouse-subnets"


class Place(NamedTuple):
    """An account and a region, and when the pipeline deploys there."""

    account: str
    region: str
    wave: str


FLEET = (
    Place("222222222222", "eu-west-1", "First"),
    Place("333333333333", "eu-west-1", "Others"),
    Place("333333333333", "us-east-1", "Others"),
    Place("444444444444", "ap-southeast-2", "Others"),
)


class WarehouseStage(cdk.Stage):
    """What each place has: a warehouse that loads from the lake of its account and region."""

    def __init__(self, scope: Construct, place: Place) -> None:
        environment = cdk.Environment(account=place.account, region=place.region)
        super().__init__(scope, f"{place.region}-{place.account}", env=environment)
        stack = cdk.Stack(self, "Data")
        self.warehouse = RedshiftWarehouse(stack, "Warehouse", cluster_subnet_group_name=SUBNET_GROUP)
        lake = f"sales-lake-{place.account}-{place.region}"
        bucket = s3.Bucket.from_bucket_name(stack, "Lake", lake)
        self.warehouse.redshift_grants.copy_from(bucket, prefix="landing/")

        objects = f"arn:<AWS::Partition>:s3:::{lake}/landing/*"
        for construct, resource, reason in (
            (self.warehouse.user_policy, "*", "redshift:DescribeClusters lists clusters, on Resource '*'"),
            (self.warehouse.role, objects, "COPY reads every object under one prefix"),
        ):
            acknowledgment = cdk.Acknowledgment(id=f"AwsSolutions-IAM5[Resource::{resource}]", reason=reason)
            cdk.Validations.of(construct).acknowledge(acknowledgment)


def build(app: cdk.App, fleet: Iterable[Place] = FLEET) -> cdk.Stack:
    """Define the pipeline and a Stage for each place; each wave after the first waits for an approval."""
    stack = cdk.Stack(app, "Fleet", env=HOME)
    source = pipelines.CodePipelineSource.connection("example/warehouses", "main", connection_arn=CONNECTION)
    pipeline = pipelines.CodePipeline(
        stack,
        "Pipeline",
        synth=pipelines.ShellStep(
            "Synth", input=source, commands=["pip install -r requirements.txt", "npm ci", "npx cdk synth"]
        ),
        cross_account_keys=True,
        enable_key_rotation=True,
        publish_assets_in_parallel=False,
    )
    waves: dict[str, pipelines.Wave] = {}
    for place in fleet:
        if place.wave not in waves:
            approval = [pipelines.ManualApprovalStep(f"Approve{place.wave}")] if waves else []
            waves[place.wave] = pipeline.add_wave(place.wave, pre=approval)
        waves[place.wave].add_stage(WarehouseStage(stack, place))
    return stack


if __name__ == "__main__":
    app = cdk.App()
    build(app)
    app.synth()
