"""A provisioned cluster with its roles.

Roles, a network and a few choices flow in; a cluster that passes the common security checks flows out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cache, cached_property
from typing import TYPE_CHECKING, Final

from aws_cdk import Duration, RemovalPolicy
from aws_cdk import aws_iam as iam
from aws_cdk import aws_redshift as redshift
from constructs import Construct

from redshift_roles.audit_logging import let_redshift_write, logging_properties
from redshift_roles.aws import quotas
from redshift_roles.aws.placeholders import present
from redshift_roles.cdk import account_rule, plugins
from redshift_roles.cdk.cluster_network import Connectable, define_network
from redshift_roles.cdk.location import Location, cluster_arn, path_of, remember_location
from redshift_roles.cdk.role_reader import remember_role_arns, role_arn
from redshift_roles.cdk.validation import child_location, child_path, raise_if, rollback_on_error
from redshift_roles.cluster_checks import refuse_cluster, unknown_list
from redshift_roles.rules import arguments, association_rules
from redshift_roles.rules.arguments import (
    DEFAULT_ADMIN,
    DEFAULT_DATABASE,
    DEFAULT_NODE_TYPE,
    DEFAULT_PORT,
    DEFAULT_WINDOW,
)
from redshift_roles.rules.facts import AssociationFacts

if TYPE_CHECKING:
    from aws_cdk import aws_ec2 as ec2
    from aws_cdk import aws_kms as kms
    from aws_cdk import aws_s3 as s3
    from aws_cdk import aws_secretsmanager as secretsmanager

_SNAPSHOT_DAYS: Final = 7
_PARAMETER_FAMILY: Final = "redshift-2.0"
_SECURE_PARAMETERS: Final = {"enable_user_activity_logging": "true", "require_ssl": "true"}


class RedshiftCluster(Connectable):
    """Define a provisioned Redshift cluster with its IAM roles associated.

    It is encrypted, not public, requires TLS, routes COPY and UNLOAD through the VPC, writes audit logs, keeps its
    admin password in Secrets Manager, keeps automated snapshots for seven days and a last one when it is deleted. COPY
    and UNLOAD need a way from its subnets to Amazon S3: a gateway endpoint.

    Args:
        scope: The construct it belongs to.
        construct_id: Its name there.
        roles: Roles the cluster may assume, in order; 0 to role_limit, all of the cluster's account. Default: none.
        role_limit: How many roles it may have: 1 to 50, the AWS quota (1 to 10 in us-iso-east-1, us-iso-west-1 and
            us-isob-east-1). Default: 10.
        default_role: One of the roles, to be what ``IAM_ROLE default`` means. Default: no default role.
        cluster_identifier: Its physical name: 1 to 63 lower-case letters, digits and single hyphens, a letter first.
            Default: CloudFormation makes one up.
        node_type: Such as ``ra3.xlplus``. Default: ``ra3.large``.
        number_of_nodes: 1 to 100. Default: 2.
        database_name: The first database: 1 to 64 lower-case letters, digits and underscores. Default: ``warehouse``.
        admin_username: 1 to 128 lower-case letters, digits and ``_+.@-``. Default: ``warehouse_admin``.
        port: 5431 to 5455 or 8191 to 8215 for RA3 and RG nodes. Default: 5440.
        vpc: The VPC it is in. Exactly one of vpc and cluster_subnet_group_name.
        vpc_subnets: Which subnets of the VPC. Default: the private ones.
        security_groups: Who may connect. Default: with a VPC, a new security group that lets nobody in.
        cluster_subnet_group_name: An existing subnet group.
        encryption_key: Encrypts the data and the admin password. Default: the AWS managed key.
        parameters: Database parameters, texts by name; they add to ``require_ssl`` and
            ``enable_user_activity_logging``, which are ``true``, or replace them. Default: none.
        snapshot_retention: How long automated snapshots are kept: 1 to 35 whole days. Default: 7 days.
        preferred_maintenance_window: ``ddd:hh:mm-ddd:hh:mm`` in UTC, at least 30 minutes. Default:
            ``sun:03:00-sun:03:30``.
        audit_log_bucket: Takes the audit logs; in the cluster's region. A bucket of this app gets the bucket policy for
            it, an imported one must have it. Default: CloudWatch Logs.
        multi_az: Whether it runs in two availability zones; RA3 with 2 nodes or more. Default: False.
        publicly_accessible: Whether it has a public address. Default: False.
        removal_policy: What becomes of it when it leaves the stack. Default: a final snapshot.

    Attributes:
        cfn_cluster: The L1.

    Raises:
        RoleAssociationError: DefaultRoleNotAssociated, InvalidArgument, RoleAccountMismatch, RoleArnInvalid,
            RoleDuplicated, RoleLimitOutOfRange, RolePartitionMismatch, RoleQuotaExceeded, ServiceLinkedRole. At synth
            time, from CDK's validation report, those and TrustLacksRedshift; RoleAccountUndecided and
            RoleCountUndecided warn.

    Template:
        1 AWS::Redshift::Cluster (IamRoles) and 1 AWS::Redshift::ClusterParameterGroup; with a VPC 1
        AWS::Redshift::ClusterSubnetGroup, and 1 AWS::EC2::SecurityGroup unless security_groups are given. In a stack
        without an account, a role of a literal account brings 1 CloudFormation Rule. A default role brings 2 custom
        resources and the function of `RoleAssociation`; without one there is none.

    Source:
        https://docs.aws.amazon.com/redshift/latest/APIReference/API_CreateCluster.html (read 2026-11-24)
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        roles: Sequence[iam.IRole] = (),
        role_limit: int = quotas.DEFAULT_ROLE_LIMIT,
        default_role: iam.IRole | None = None,
        cluster_identifier: str | None = None,
        node_type: str = DEFAULT_NODE_TYPE,
        number_of_nodes: int = 2,
        database_name: str = DEFAULT_DATABASE,
        admin_username: str = DEFAULT_ADMIN,
        port: int = DEFAULT_PORT,
        vpc: ec2.IVpc | None = None,
        vpc_subnets: ec2.SubnetSelection | None = None,
        security_groups: Sequence[ec2.ISecurityGroup] | None = None,
        cluster_subnet_group_name: str | None = None,
        encryption_key: kms.IKey | None = None,
        parameters: Mapping[str, str] | None = None,
        snapshot_retention: Duration | None = None,
        preferred_maintenance_window: str = DEFAULT_WINDOW,
        audit_log_bucket: s3.IBucket | None = None,
        multi_az: bool = False,
        publicly_accessible: bool = False,
        removal_policy: RemovalPolicy = RemovalPolicy.SNAPSHOT,
    ) -> None:
        location = child_location(scope, construct_id)
        given = present(
            arguments.REQUIRED_OF_CLUSTER,
            roles=roles,
            role_limit=role_limit,
            default_role=default_role,
            cluster_identifier=cluster_identifier,
            node_type=node_type,
            number_of_nodes=number_of_nodes,
            database_name=database_name,
            admin_username=admin_username,
            port=port,
            vpc=vpc,
            vpc_subnets=vpc_subnets,
            security_groups=security_groups,
            cluster_subnet_group_name=cluster_subnet_group_name,
            encryption_key=encryption_key,
            parameters=parameters,
            snapshot_retention=snapshot_retention,
            preferred_maintenance_window=preferred_maintenance_window,
            audit_log_bucket=audit_log_bucket,
            multi_az=multi_az,
            publicly_accessible=publicly_accessible,
            removal_policy=removal_policy,
        )
        facts = refuse_cluster(lambda: child_path(scope, construct_id), location, given)
        with account_rule.withdrawn_on_error(location), rollback_on_error(self, scope, construct_id):
            super().__init__(scope, construct_id)
            remember_location(self, location)
            self._place, self._role_limit, self._roles = location, role_limit, list(roles)
            self._network = define_network(
                self,
                vpc=vpc,
                vpc_subnets=vpc_subnets,
                security_groups=security_groups,
                cluster_subnet_group_name=cluster_subnet_group_name,
                port=port,
            )
            parameter_group = redshift.CfnClusterParameterGroup(
                self,
                "Parameters",
                description=f"Parameters of {construct_id}",
                parameter_group_family=_PARAMETER_FAMILY,
                parameters=_parameters(tuple(sorted({**_SECURE_PARAMETERS, **(parameters or {})}.items()))),
            )
            key_arn = encryption_key.key_arn if encryption_key else None
            single = number_of_nodes == 1
            self._cfn_cluster = redshift.CfnCluster(
                self,
                "Resource",
                allow_version_upgrade=True,
                automated_snapshot_retention_period=_days(snapshot_retention),
                cluster_identifier=cluster_identifier,
                cluster_parameter_group_name=parameter_group,
                cluster_subnet_group_name=self._network.subnet_group_name,
                cluster_type="single-node" if single else "multi-node",
                db_name=database_name,
                encrypted=True,
                enhanced_vpc_routing=True,
                iam_roles=self._roles or None,
                kms_key_id=key_arn,
                logging_properties=logging_properties(audit_log_bucket),
                manage_master_password=True,
                master_password_secret_kms_key_id=key_arn,
                master_username=admin_username,
                multi_az=multi_az or None,
                node_type=node_type,
                number_of_nodes=None if single else number_of_nodes,
                port=port,
                preferred_maintenance_window=preferred_maintenance_window,
                publicly_accessible=publicly_accessible,
                vpc_security_group_ids=self._network.security_group_ids,
            )
            self._cfn_cluster.apply_removal_policy(removal_policy)
            self._cluster_identifier = self._cfn_cluster.ref
            if self._roles:
                remember_role_arns(self._roles, self._cfn_cluster.iam_roles or [])
            if audit_log_bucket is not None:
                policy = let_redshift_write(audit_log_bucket, location, cluster_identifier)
                if policy is not None:
                    self._cfn_cluster.node.add_dependency(policy)
            account_rule.assert_account(location, (role.account for role in facts.roles))
            if default_role is not None:
                _define_default(self, location, default_role, facts)
        plugins.watch(self, location)

    @property
    def cfn_cluster(self) -> redshift.CfnCluster:
        """The L1, for what this construct has no argument for."""
        return self._cfn_cluster

    @property
    def cluster_identifier(self) -> str:
        """The physical name, a reference."""
        return self._cluster_identifier

    @property
    def cluster_arn(self) -> str:
        """The ARN, ``arn:PARTITION:redshift:REGION:ACCOUNT:cluster:NAME``."""
        return cluster_arn(self._cluster_identifier, self._place)

    @property
    def endpoint_address(self) -> str:
        """The host name that clients connect to."""
        return self._cfn_cluster.attr_endpoint_address

    @property
    def endpoint_port(self) -> str:
        """The port that clients connect to."""
        return self._cfn_cluster.attr_endpoint_port

    @cached_property
    def admin_secret(self) -> secretsmanager.ISecret:
        """The secret that Redshift keeps the admin password in, and rotates."""
        from aws_cdk import aws_secretsmanager as secretsmanager  # noqa: PLC0415  not needed by a plain cluster

        arn = self._cfn_cluster.attr_master_password_secret_arn
        return secretsmanager.Secret.from_secret_complete_arn(self, "AdminSecret", arn)

    @property
    def roles(self) -> tuple[iam.IRole, ...]:
        """The associated roles, in the order of the template."""
        return tuple(self._roles)

    @property
    def role_limit(self) -> int:
        """How many roles it may have."""
        return self._role_limit

    def add_role(self, role: iam.IRole) -> None:
        """Associate one more role.

        Args:
            role: A role of the cluster's account that is not associated yet.

        Raises:
            RoleAssociationError: As the constructor does; then the cluster is as it was before.
        """
        given = present(roles=[*self._roles, role], role_limit=self._role_limit)
        listed = self._cfn_cluster.iam_roles or []
        problems = unknown_list(listed)
        facts = refuse_cluster(lambda: path_of(self), self._place, given, problems=problems, only_roles=True)
        self._cfn_cluster.iam_roles = [*listed, role_arn(role)]
        self._roles.append(role)
        account_rule.assert_account(self._place, (role.account for role in facts.roles))


def _define_default(cluster: RedshiftCluster, location: Location, role: iam.IRole, facts: AssociationFacts) -> None:
    """Set the default role, which AWS::Redshift::Cluster has no property for."""
    # These need aws_lambda, which a plain cluster does not.
    from redshift_roles.custom_resource import cluster_resource  # noqa: PLC0415

    identifier = cluster.cluster_identifier
    other = cluster_resource.other_default(cluster_resource.members_of(location, identifier))
    facts = replace(facts, other_default=other)
    raise_if(lambda: path_of(cluster), quotas.DEFAULT_ROLE, association_rules.two_default_roles(facts))
    seconds = quotas.DEFAULT_TIMEOUT_SECONDS
    wanted = cluster_resource.Wanted(identifier, {}, role, facts.role_limit or 0, seconds)
    cluster_resource.join(cluster, location, wanted)


def _days(retention: Duration | None) -> float:
    return _SNAPSHOT_DAYS if retention is None else retention.to_days()


@cache
def _parameters(texts: tuple[tuple[str, str], ...]) -> list[redshift.CfnClusterParameterGroup.ParameterProperty]:
    """Write database parameters; they hold no state, so all clusters with the same ones share them."""
    make = redshift.CfnClusterParameterGroup.ParameterProperty
    return [make(parameter_name=name, parameter_value=value) for name, value in texts]
