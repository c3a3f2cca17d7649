"""The programs that are timed: N clusters or namespaces with ten roles each, and a user policy for each.

Each runs in a process of its own: ``python -m bench.programs NAME N OUTDIR``.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from aws_cdk import Stack
    from aws_cdk.aws_iam import Role

ROLES: Final = 10
# CloudFormation takes 500 resources a stack; a cluster, its parameters, its policy and its roles are thirteen.
CLUSTERS_PER_STACK: Final = 35
# With a policy for each role they are twenty-three.
GRANTED_CLUSTERS_PER_STACK: Final = 20
ENVIRONMENT: Final = {"account": "111111111111", "region": "eu-west-1"}


def _stacks(count: int, size: int = CLUSTERS_PER_STACK) -> Iterator[tuple[str, range]]:
    for number, first in enumerate(range(0, count, size)):
        yield f"S{number}", range(first, min(first + size, count))


def ours(count: int, outdir: str) -> None:
    """Build it with this library."""
    from aws_cdk import App, Environment, Stack

    from redshift_roles import RedshiftCluster, RedshiftRole, RoleAssociationPolicy

    app = App(outdir=outdir)
    for name, clusters in _stacks(count):
        stack = Stack(app, name, env=Environment(**ENVIRONMENT))
        for index in clusters:
            roles = [RedshiftRole(stack, f"Role{index}x{number}") for number in range(ROLES)]
            cluster = RedshiftCluster(stack, f"Cluster{index}", roles=roles, cluster_subnet_group_name="subnets")
            RoleAssociationPolicy(stack, f"Policy{index}", clusters=[cluster], pass_roles=roles)
    app.synth()


def unguarded(count: int, outdir: str) -> None:
    """Build it with this library, without the guard at synth time."""
    from redshift_roles.cdk import plugins

    plugins.watch = lambda *_: None
    plugins.watch_policy = lambda *_: None
    ours(count, outdir)


def by_hand(count: int, outdir: str) -> None:
    """Build it with what `aws_cdk` has."""
    from aws_cdk import App, Environment, Stack

    app = App(outdir=outdir)
    for name, clusters in _stacks(count):
        stack = Stack(app, name, env=Environment(**ENVIRONMENT))
        for index in clusters:
            _cluster_by_hand(stack, index)
    app.synth()


def _cluster_by_hand(stack: Stack, index: int) -> list[Role]:
    from aws_cdk import Aws, RemovalPolicy
    from aws_cdk import aws_iam as iam
    from aws_cdk import aws_redshift as redshift

    roles = [
        iam.Role(stack, f"Role{index}x{number}", assumed_by=iam.ServicePrincipal("redshift.amazonaws.com"))
        for number in range(ROLES)
    ]
    parameters = redshift.CfnClusterParameterGroup(
        stack,
        f"Cluster{index}Parameters",
        description=f"Parameters of Cluster{index}",
        parameter_group_family="redshift-2.0",
        parameters=[
            redshift.CfnClusterParameterGroup.ParameterProperty(
                parameter_name="enable_user_activity_logging", parameter_value="true"
            ),
            redshift.CfnClusterParameterGroup.ParameterProperty(parameter_name="require_ssl", parameter_value="true"),
        ],
    )
    cluster = redshift.CfnCluster(
        stack,
        f"Cluster{index}",
        allow_version_upgrade=True,
        automated_snapshot_retention_period=7,
        cluster_parameter_group_name=parameters.ref,
        cluster_subnet_group_name="subnets",
        cluster_type="multi-node",
        db_name="warehouse",
        encrypted=True,
        enhanced_vpc_routing=True,
        iam_roles=[role.role_arn for role in roles],
        logging_properties=redshift.CfnCluster.LoggingPropertiesProperty(
            log_destination_type="cloudwatch", log_exports=["connectionlog", "useractivitylog", "userlog"]
        ),
        manage_master_password=True,
        master_username="warehouse_admin",
        node_type="ra3.large",
        number_of_nodes=2,
        port=5440,
        preferred_maintenance_window="sun:03:00-sun:03:30",
        publicly_accessible=False,
    )
    cluster.apply_removal_policy(RemovalPolicy.SNAPSHOT)
    iam.ManagedPolicy(
        stack,
        f"Policy{index}",
        statements=[
            iam.PolicyStatement(sid="DescribeClusters", actions=["redshift:DescribeClusters"], resources=["*"]),
            iam.PolicyStatement(
                sid="AssociateRoles",
                actions=["redshift:ModifyClusterIamRoles", "redshift:CreateCluster"],
                resources=[f"arn:{Aws.PARTITION}:redshift:{stack.region}:{stack.account}:cluster:{cluster.ref}"],
            ),
            iam.PolicyStatement(
                sid="PassRolesToRedshift",
                actions=["iam:PassRole"],
                resources=[role.role_arn for role in roles],
                conditions={"StringEquals": {"iam:PassedToService": "redshift.amazonaws.com"}},
            ),
        ],
    )
    return roles


def ours_granted(count: int, outdir: str) -> None:
    """Build it with this library, where each role may COPY from a prefix of its own."""
    from aws_cdk import App, Environment, Stack
    from aws_cdk import aws_s3 as s3

    from redshift_roles import RedshiftCluster, RedshiftRole, RoleAssociationPolicy

    app = App(outdir=outdir)
    for name, clusters in _stacks(count, GRANTED_CLUSTERS_PER_STACK):
        stack = Stack(app, name, env=Environment(**ENVIRONMENT))
        bucket = s3.Bucket.from_bucket_name(stack, "Landing", "landing")
        for index in clusters:
            roles = [RedshiftRole(stack, f"Role{index}x{number}") for number in range(ROLES)]
            for number, role in enumerate(roles):
                role.redshift_grants.copy_from(bucket, prefix=f"{index}/{number}/")
            cluster = RedshiftCluster(stack, f"Cluster{index}", roles=roles, cluster_subnet_group_name="subnets")
            RoleAssociationPolicy(stack, f"Policy{index}", clusters=[cluster], pass_roles=roles)
    app.synth()


def by_hand_granted(count: int, outdir: str) -> None:
    """Build the same with what `aws_cdk` has."""
    from aws_cdk import App, Environment, Stack
    from aws_cdk import aws_iam as iam
    from aws_cdk import aws_s3 as s3

    app = App(outdir=outdir)
    for name, clusters in _stacks(count, GRANTED_CLUSTERS_PER_STACK):
        stack = Stack(app, name, env=Environment(**ENVIRONMENT))
        bucket = s3.Bucket.from_bucket_name(stack, "Landing", "landing")
        for index in clusters:
            for number, role in enumerate(_cluster_by_hand(stack, index)):
                pattern = f"{index}/{number}/*"
                iam.ManagedPolicy(
                    stack,
                    f"Role{index}x{number}RedshiftGrants",
                    roles=[role],
                    statements=[
                        iam.PolicyStatement(
                            sid="ListObjects",
                            actions=["s3:ListBucket"],
                            resources=[bucket.bucket_arn],
                            conditions={"StringLike": {"s3:prefix": pattern}},
                        ),
                        iam.PolicyStatement(
                            sid="LocateBuckets", actions=["s3:GetBucketLocation"], resources=[bucket.bucket_arn]
                        ),
                        iam.PolicyStatement(
                            sid="ReadObjects", actions=["s3:GetObject"], resources=[bucket.arn_for_objects(pattern)]
                        ),
                    ],
                )
    app.synth()


SUBNETS: Final = ("subnet-0aaaaaaaaaaaaaaaa", "subnet-0bbbbbbbbbbbbbbbb", "subnet-0cccccccccccccccc")


def ours_serverless(count: int, outdir: str) -> None:
    """Build namespaces of Redshift Serverless with this library, each with a workgroup and a user policy."""
    from aws_cdk import App, Environment, Stack
    from aws_cdk import aws_ec2 as ec2

    from redshift_roles import RedshiftNamespace, RedshiftRole, RedshiftWorkgroup, RoleAssociationPolicy

    app = App(outdir=outdir)
    for name, namespaces in _stacks(count):
        stack = Stack(app, name, env=Environment(**ENVIRONMENT))
        subnets = [ec2.Subnet.from_subnet_id(stack, each, each) for each in SUBNETS]
        for index in namespaces:
            roles = [RedshiftRole(stack, f"Role{index}x{number}", serverless=True) for number in range(ROLES)]
            namespace = RedshiftNamespace(stack, f"Namespace{index}", roles=roles)
            RedshiftWorkgroup(stack, f"Workgroup{index}", namespace=namespace, subnets=subnets)
            RoleAssociationPolicy(stack, f"Policy{index}", namespaces=[namespace], pass_roles=roles)
    app.synth()


def by_hand_serverless(count: int, outdir: str) -> None:
    """Build the same with what `aws_cdk` has."""
    from aws_cdk import App, Environment, Stack
    from aws_cdk import aws_ec2 as ec2

    app = App(outdir=outdir)
    for name, namespaces in _stacks(count):
        stack = Stack(app, name, env=Environment(**ENVIRONMENT))
        subnets = [ec2.Subnet.from_subnet_id(stack, each, each) for each in SUBNETS]
        for index in namespaces:
            _namespace_by_hand(stack, index, [subnet.subnet_id for subnet in subnets])
    app.synth()


def _namespace_by_hand(stack: Stack, index: int, subnet_ids: list[str]) -> None:
    from aws_cdk import Aws, Fn
    from aws_cdk import aws_iam as iam
    from aws_cdk import aws_redshiftserverless as serverless

    roles = [
        iam.Role(
            stack,
            f"Role{index}x{number}",
            assumed_by=iam.CompositePrincipal(
                iam.ServicePrincipal("redshift.amazonaws.com"),
                iam.ServicePrincipal("redshift-serverless.amazonaws.com"),
            ),
        )
        for number in range(ROLES)
    ]
    name = f"{stack.stack_name.lower()}-namespace{index}"
    namespace = serverless.CfnNamespace(
        stack,
        f"Namespace{index}",
        namespace_name=name,
        admin_username="warehouse_admin",
        db_name="warehouse",
        final_snapshot_name=f"final-{name}-{Fn.select(2, Fn.split('/', Aws.STACK_ID))}",
        final_snapshot_retention_period=-1,
        iam_roles=[role.role_arn for role in roles],
        log_exports=["connectionlog", "useractivitylog", "userlog"],
        manage_admin_password=True,
    )
    parameter = serverless.CfnWorkgroup.ConfigParameterProperty
    serverless.CfnWorkgroup(
        stack,
        f"Workgroup{index}",
        workgroup_name=f"{stack.stack_name.lower()}-workgroup{index}",
        config_parameters=[
            parameter(parameter_key="enable_user_activity_logging", parameter_value="true"),
            parameter(parameter_key="require_ssl", parameter_value="true"),
        ],
        enhanced_vpc_routing=True,
        namespace_name=namespace.ref,
        port=5440,
        publicly_accessible=False,
        subnet_ids=subnet_ids,
    )
    to_serverless = {"StringEquals": {"iam:PassedToService": "redshift-serverless.amazonaws.com"}}
    iam.ManagedPolicy(
        stack,
        f"Policy{index}",
        statements=[
            iam.PolicyStatement(sid="ListNamespaces", actions=["redshift-serverless:ListNamespaces"], resources=["*"]),
            iam.PolicyStatement(
                sid="UpdateNamespaces",
                actions=["redshift-serverless:GetNamespace", "redshift-serverless:UpdateNamespace"],
                resources=[namespace.attr_namespace_namespace_arn],
            ),
            iam.PolicyStatement(
                sid="PassRolesToServerless",
                actions=["iam:PassRole"],
                resources=[role.role_arn for role in roles],
                conditions=to_serverless,
            ),
        ],
    )


def included(count: int, outdir: str) -> None:
    """Read the finished templates back: the floor."""
    from aws_cdk import App, Environment, Stack
    from aws_cdk import cloudformation_include as include

    app = App(outdir=outdir)
    finished = Path(outdir).with_name("by_hand")
    for name, _ in _stacks(count):
        stack = Stack(app, name, env=Environment(**ENVIRONMENT))
        include.CfnInclude(stack, "Template", template_file=str(finished / f"{name}.bare.json"))
    app.synth()


PROGRAMS: Final[dict[str, Callable[[int, str], None]]] = {
    program.__name__: program
    for program in (
        ours,
        unguarded,
        by_hand,
        included,
        ours_granted,
        by_hand_granted,
        ours_serverless,
        by_hand_serverless,
    )
}

if __name__ == "__main__":
    PROGRAMS[sys.argv[1]](int(sys.argv[2]), sys.argv[3])
