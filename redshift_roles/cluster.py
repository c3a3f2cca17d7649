"""A provisioned cluster with its roles."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cache, cached_property
from typing import TYPE_CHECKING, Any, Final, TypedDict

import jsii
from aws_cdk import Duration, RemovalPolicy, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_redshift as redshift
from constructs import Construct, IDependable

from redshift_roles.aws import quotas
from redshift_roles.cdk import account_rule, cluster_references, plugins, resource_reader
from redshift_roles.cdk.cluster_network import Connectable, define_network
from redshift_roles.cdk.location import Location, cluster_arn, path_of, remember_location
from redshift_roles.cdk.role_list import ListKind, RoleList
from redshift_roles.cdk.role_reader import seconds_of
from redshift_roles.cdk.validation import (
    child_location,
    child_path,
    raise_if,
    raise_if_unknown,
    region_problems,
    rollback_on_error,
    unit_problems,
    with_defaults,
)
from redshift_roles.rules import association_rules, cluster_arguments
from redshift_roles.rules.facts import AssociationFacts, RoleFacts
from redshift_roles.rules.registry import Problem

if TYPE_CHECKING:
    from aws_cdk import aws_ec2 as ec2
    from aws_cdk import aws_kms as kms
    from aws_cdk import aws_s3 as s3
    from aws_cdk import aws_secretsmanager as secretsmanager
    from typing_extensions import Unpack

_SNAPSHOT_DAYS: Final = 7
_SECONDS_PER_DAY: Final = 86_400
_PARAMETER_FAMILY: Final = "redshift-2.0"


class ClusterArguments(TypedDict, total=False):
    """The arguments of a cluster; `RedshiftCluster` says what each may be."""

    roles: Sequence[iam.IRole]
    role_limit: int
    default_role: iam.IRole | None
    cluster_identifier: str | None
    node_type: str
    number_of_nodes: int
    database_name: str
    admin_username: str
    port: int
    vpc: ec2.IVpc | None
    vpc_subnets: ec2.SubnetSelection | None
    security_groups: Sequence[ec2.ISecurityGroup] | None
    cluster_subnet_group_name: str | None
    encryption_key: kms.IKey | None
    parameters: Mapping[str, str] | None
    snapshot_retention: Duration | None
    preferred_maintenance_window: str
    audit_log_bucket: s3.IBucket | None
    multi_az: bool
    publicly_accessible: bool
    removal_policy: RemovalPolicy


# None is no value for these.
CLUSTER_DEFAULTS: Final[ClusterArguments] = {
    "roles": (),
    "role_limit": quotas.DEFAULT_ROLE_LIMIT,
    "node_type": cluster_arguments.DEFAULT_NODE_TYPE,
    "number_of_nodes": 2,
    "database_name": cluster_arguments.DEFAULT_DATABASE,
    "admin_username": cluster_arguments.DEFAULT_ADMIN,
    "port": cluster_arguments.DEFAULT_PORT,
    "preferred_maintenance_window": cluster_arguments.DEFAULT_WINDOW,
    "multi_az": False,
    "publicly_accessible": False,
    "removal_policy": RemovalPolicy.SNAPSHOT,
}


_CLUSTER: Final = ListKind("cluster", quotas.CREATE_CLUSTER, "RedshiftWarehouse")


@jsii.implements(iam.IGrantable)
class RedshiftCluster(RoleList, Connectable):
    """Define a provisioned Redshift cluster with its IAM roles associated.

    It is encrypted and not public, requires TLS, routes COPY and UNLOAD through the VPC, writes audit logs, has its
    admin password in Secrets Manager, keeps automated snapshots for seven days, and takes a final snapshot when it is
    deleted. COPY and UNLOAD need a route from its subnets to Amazon S3, such as a gateway endpoint.

    Args:
        scope: The construct it belongs to.
        construct_id: Its name there.
        roles: Roles the cluster may assume, in order; 0 to role_limit, all of the cluster's account. Default: none.
        role_limit: How many roles it may have: 1 to 50, the AWS quota (1 to 10 in us-iso-east-1, us-iso-west-1 and
            us-isob-east-1). Default: 10.
        default_role: One of the roles, to be what ``IAM_ROLE default`` means. Default: no default role.
        cluster_identifier: Its physical name: 1 to 63 lower-case letters, digits and single hyphens, a letter first.
            Default: a name that CloudFormation generates.
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
        audit_log_bucket: A bucket in the cluster's region for the audit logs, encrypted by SSE-S3 and without Object
            Lock. A bucket of this app gets the bucket policy for it, an imported one must have it. Default: CloudWatch
            Logs.
        multi_az: Whether it runs in two availability zones; RA3 with 2 nodes or more. Default: False.
        publicly_accessible: Whether it has a public address. Default: False.
        removal_policy: What happens to it when it is removed from the stack. Default: a final snapshot is taken.

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
        without an account, a role of a literal account brings 1 CloudFormation Rule. A role_limit other than 10 stands
        in the cluster's Metadata. A default role brings 2 custom resources and the function of `RoleAssociation`;
        without one there is none.

    Source:
        https://docs.aws.amazon.com/redshift/latest/APIReference/API_CreateCluster.html (text of 2026-09-10)
    """

    _list_kind = _CLUSTER
    _connected = ("cluster", "cluster_subnet_group_name", quotas.CREATE_CLUSTER)

    def __init__(self, scope: Construct, construct_id: str, **given: Unpack[ClusterArguments]) -> None:
        raise_if_unknown(self, given, ClusterArguments)
        location = child_location(scope, construct_id)
        given = with_defaults(given, CLUSTER_DEFAULTS)
        facts = check_cluster(lambda: child_path(scope, construct_id), location, given)
        with account_rule.withdrawn_on_error(location), rollback_on_error(self, scope, construct_id):
            super().__init__(scope, construct_id)
            remember_location(self, location)
            self._encryption_key = given.get("encryption_key")
            self._network = define_network(
                self,
                vpc=given.get("vpc"),
                vpc_subnets=given.get("vpc_subnets"),
                security_groups=given.get("security_groups"),
                cluster_subnet_group_name=given.get("cluster_subnet_group_name"),
                port=given["port"],
            )
            self._cfn_cluster = self._define(construct_id, given)
            self._cfn_cluster.apply_removal_policy(given["removal_policy"])
            self._list_roles(self._cfn_cluster, location, given["roles"], given["role_limit"])
            self._cluster_identifier = cluster_references.reference(self._cfn_cluster)
            bucket, default_role = given.get("audit_log_bucket"), given.get("default_role")
            policy = _allow_audit_logs(bucket, location, given.get("cluster_identifier")) if bucket else None
            if policy is not None:
                self._cfn_cluster.node.add_dependency(policy)
            account_rule.assert_account(location, (role.account for role in facts.roles))
            if default_role is not None:
                _define_default(self, location, default_role, facts)
        plugins.watch(self._cfn_cluster, self._cluster_identifier, location)

    def _define(self, construct_id: str, given: ClusterArguments) -> redshift.CfnCluster:
        parameters = {**cluster_arguments.SECURE_PARAMETERS, **(given.get("parameters") or {})}
        parameter_group = redshift.CfnClusterParameterGroup(
            self,
            "Parameters",
            description=f"Parameters of {construct_id}",
            parameter_group_family=_PARAMETER_FAMILY,
            parameters=_parameters(tuple(sorted(parameters.items()))),
        )
        key, retention = given.get("encryption_key"), given.get("snapshot_retention")
        key_arn = key.key_arn if key else None
        single = given["number_of_nodes"] == 1
        return redshift.CfnCluster(
            self,
            "Resource",
            allow_version_upgrade=True,
            automated_snapshot_retention_period=retention.to_days() if retention else _SNAPSHOT_DAYS,
            cluster_identifier=given.get("cluster_identifier"),
            cluster_parameter_group_name=parameter_group,
            cluster_subnet_group_name=self._network.subnet_group_name,
            cluster_type="single-node" if single else "multi-node",
            db_name=given["database_name"],
            encrypted=True,
            enhanced_vpc_routing=True,
            iam_roles=list(given["roles"]) or None,
            kms_key_id=key_arn,
            logging_properties=_logging(given.get("audit_log_bucket")),
            manage_master_password=True,
            master_password_secret_kms_key_id=key_arn,
            master_username=given["admin_username"],
            multi_az=given["multi_az"] or None,
            node_type=given["node_type"],
            number_of_nodes=None if single else given["number_of_nodes"],
            port=given["port"],
            preferred_maintenance_window=given["preferred_maintenance_window"],
            publicly_accessible=given["publicly_accessible"],
            vpc_security_group_ids=self._network.security_group_ids,
        )

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
        return cluster_arn(self._cluster_identifier, self._location)

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
        """The secret that Redshift keeps the admin password in, and rotates; it knows its key."""
        from aws_cdk import aws_secretsmanager as secretsmanager  # noqa: PLC0415  not needed by a plain cluster

        return secretsmanager.Secret.from_secret_attributes(
            self,
            "AdminSecret",
            secret_complete_arn=self._cfn_cluster.attr_master_password_secret_arn,
            encryption_key=self._encryption_key,
        )


def check_cluster(
    path: Callable[[], str],
    location: Location,
    given: ClusterArguments,
    *,
    problems: Iterable[Problem] = (),
    own_role: RoleFacts | None = None,
) -> AssociationFacts:
    """Return the facts about the roles of a cluster, or raise all that is wrong with its arguments."""
    retention = given.get("snapshot_retention")
    seconds = seconds_of(retention)
    days = {} if seconds is None else {"snapshot_days": seconds / _SECONDS_PER_DAY}
    found = [
        *problems,
        *cluster_arguments.check_cluster({**given, **days}),
        *unit_problems("snapshot_retention", retention, seconds, "days"),
        *_audit_bucket_problems(given.get("audit_log_bucket")),
    ]
    found += region_problems("cluster", location, {**given}, found)
    return _CLUSTER.checked(path, found, location, given, own_role)


def _define_default(cluster: RedshiftCluster, location: Location, role: iam.IRole, facts: AssociationFacts) -> None:
    """Set the default role, which AWS::Redshift::Cluster has no property for."""
    # These need aws_lambda, which a plain cluster does not.
    from redshift_roles.custom_resource import cluster_resource  # noqa: PLC0415

    identifier = cluster_references.reference(cluster.cfn_cluster)
    other = cluster_resource.other_default(cluster_resource.members_of(location, identifier))
    facts = replace(facts, other_default=other)
    raise_if(lambda: path_of(cluster), quotas.DEFAULT_ROLE, association_rules.two_default_roles(facts))
    seconds = quotas.DEFAULT_TIMEOUT_SECONDS
    wanted = cluster_resource.Wanted(identifier, {}, role, facts.role_limit or 0, seconds)
    cluster_resource.join(cluster, location, wanted)


@cache
def _parameters(texts: tuple[tuple[str, str], ...]) -> list[redshift.CfnClusterParameterGroup.ParameterProperty]:
    """Return database parameters; they hold no state, so clusters with the same ones share them."""
    make = redshift.CfnClusterParameterGroup.ParameterProperty
    return [make(parameter_name=name, parameter_value=value) for name, value in texts]


_EXPORTS: Final = ["connectionlog", "useractivitylog", "userlog"]
_TO_CLOUDWATCH: Final = redshift.CfnCluster.LoggingPropertiesProperty(
    log_destination_type="cloudwatch", log_exports=_EXPORTS
)


def _logging(bucket: s3.IBucket | None) -> redshift.CfnCluster.LoggingPropertiesProperty:
    if bucket is None:
        return _TO_CLOUDWATCH
    return redshift.CfnCluster.LoggingPropertiesProperty(log_destination_type="s3", bucket_name=bucket.bucket_name)


_SSE_S3: Final = "AES256"
_ALGORITHM: Final = re.compile('"sseAlgorithm": "([^"]+)"', re.IGNORECASE)


def _audit_bucket_problems(bucket: Any) -> Iterator[Problem]:  # noqa: ANN401  it may be no bucket
    """Find a bucket that Redshift writes no audit logs to (quotas.AUDIT_LOGGING), as far as the app knows it."""
    if not hasattr(bucket, "bucket_arn"):
        return
    from aws_cdk import aws_s3 as s3  # noqa: PLC0415  not needed by a plain cluster

    yield from resource_reader.name_problems("audit_log_bucket", resource_reader.resource(bucket, "bucket_arn"))
    resource = bucket.node.default_child
    if isinstance(resource, s3.CfnBucket):
        encryption = Stack.of(resource).resolve(resource.bucket_encryption)
        algorithms, is_locked = _ALGORITHM.findall(json.dumps(encryption)), resource.object_lock_enabled is True
    else:
        algorithms, is_locked = ["aws:kms"] if bucket.encryption_key else [], False
    wrong = [
        *(
            (f"must be encrypted by SSE-S3 ({_SSE_S3}), got {algorithm}", "s3.BucketEncryption.S3_MANAGED")
            for algorithm in algorithms
            if algorithm != _SSE_S3
        ),
        *([("must have Object Lock turned off, got object_lock_enabled=True", "no Object Lock")] if is_locked else []),
    ]
    for message, needed in wrong:
        fix = f"pass a bucket with {needed}, or leave audit_log_bucket out for CloudWatch Logs"
        yield Problem("audit_log_bucket", f"'audit_log_bucket' ({path_of(bucket)}) {message}", fix)


def _audit_services(location: Location) -> list[str]:
    """List the services that write audit logs in a region; both where that is not known."""
    everywhere, here = "redshift.amazonaws.com", f"redshift.{location.region_name}.amazonaws.com"
    if location.region is None:
        return [everywhere, here]
    return [here if quotas.is_opt_in(location.region) else everywhere]


def _allow_audit_logs(bucket: s3.IBucket, location: Location, cluster_identifier: str | None) -> IDependable | None:
    """Write the bucket policy that audit logging needs: for this cluster when it has a name, else for its region.

    Source:
        https://docs.aws.amazon.com/redshift/latest/mgmt/db-auditing.html (text of 2026-08-26)
    """
    statement = iam.PolicyStatement(
        sid="RedshiftAuditLogging",
        principals=[iam.ServicePrincipal(service) for service in _audit_services(location)],
        actions=["s3:GetBucketAcl", "s3:PutObject"],
        resources=[bucket.bucket_arn, bucket.arn_for_objects("*")],
        conditions={
            "StringEquals": {"aws:SourceAccount": location.account_id},
            "ArnLike": {"aws:SourceArn": cluster_arn(cluster_identifier or "*", location)},
        },
    )
    return bucket.add_to_resource_policy(statement).policy_dependable
