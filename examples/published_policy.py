"""The policy that AWS publishes for people who associate roles with clusters, here for a group of them. Clusters and
roles exist already and are named; account and region are those of the deployment. It allows what the published one
does, less one thing: the roles can be passed to Redshift and to no other service.

https://docs.aws.amazon.com/redshift/latest/mgmt/copy-unload-iam-role-associating-with-clusters.html
"""

from __future__ import annotations

import aws_cdk as cdk
from aws_cdk import aws_iam as iam

from redshift_roles import RoleAssociationPolicy

CLUSTERS = ("my-redshift-cluster", "my-second-redshift-cluster")
ROLES = ("MyRedshiftRole", "SecondRedshiftRole", "ThirdRedshiftRole")


def build(app: cdk.App) -> cdk.Stack:
    """Define the stack in an app."""
    stack = cdk.Stack(app, "PublishedPolicy")
    policy = RoleAssociationPolicy(
        stack,
        "Policy",
        clusters=CLUSTERS,
        pass_roles=[iam.Role.from_role_name(stack, name, name) for name in ROLES],
        groups=[iam.Group(stack, "Loaders")],
    )
    cdk.Validations.of(policy).acknowledge(
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
