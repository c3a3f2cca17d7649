"""Redshift Serverless: a namespace with its roles, and the workgroup that computes for it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cache, cached_property, partial
from typing import TYPE_CHECKING, Any, Final, TypedDict

import jsii
from aws_cdk import Aws, Duration, Fn, RemovalPolicy
from aws_cdk import aws_iam as iam
from aws_cdk import aws_redshiftserverless as serverless
from constructs import Construct

from redshift_roles.aws import arns, quotas
from redshift_roles.aws.placeholders import is_token
from redshift_roles.cdk import account_rule, cluster_network, cluster_references, plugins
from redshift_roles.cdk.cluster_network import Connectable
from redshift_roles.cdk.cluster_references import HasCfnNamespace
from redshift_roles.cdk.location import (
    Location,
    generated_name,
    location_of,
    name_part,
    path_of,
    remember_location,
    unreachable,
)
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
from redshift_roles.rules import arguments, cluster_arguments
from redshift_roles.rules.facts import AssociationFacts, RoleFacts
from redshift_roles.rules.registry import Problem, in_account

if TYPE_CHECKING:
    from aws_cdk import aws_ec2 as ec2
    from aws_cdk import aws_kms as kms
    from aws_cdk import aws_secretsmanager as secretsmanager
    from typing_extensions import Unpack

_SECONDS_PER_DAY: Final = 86_400
_LOGS: Final = ["connectionlog", "useractivitylog", "userlog"]
# What AWS::RedshiftServerless::Namespace takes for a snapshot that is kept until somebody deletes it.
_FOR_EVER: Final = -1


class NamespaceArguments(TypedDict, total=False):
    """The arguments of a namespace; `RedshiftNamespace` says what each may be."""

    roles: Sequence[iam.IRole]
    role_limit: int
    default_role: iam.IRole | None
    namespace_name: str | None
    database_name: str
    admin_username: str
    encryption_key: kms.IKey | None
    final_snapshot_retention: Duration | None
    removal_policy: RemovalPolicy


# None is no value for these.
NAMESPACE_DEFAULTS: Final[NamespaceArguments] = {
    "roles": (),
    "role_limit": quotas.DEFAULT_ROLE_LIMIT,
    "database_name": cluster_arguments.DEFAULT_DATABASE,
    "admin_username": cluster_arguments.DEFAULT_ADMIN,
    "removal_policy": RemovalPolicy.SNAPSHOT,
}
_NAMESPACE: Final = ListKind("namespace", quotas.CREATE_NAMESPACE, "ServerlessWarehouse")


@jsii.implements(iam.IGrantable)
class RedshiftNamespace(RoleList, Construct):
    """Define a Redshift Serverless namespace with its IAM roles associated.

    It is encrypted, has its admin password in Secrets Manager, exports all logs to CloudWatch Logs, and takes a final
    snapshot when it is deleted. A `RedshiftWorkgroup` computes for it.

    Args:
        scope: The construct it belongs to.
        construct_id: Its name there.
        roles: Roles the namespace may assume, in order; 0 to role_limit, all of the namespace's account. Each must
            trust ``redshift.amazonaws.com`` and ``redshift-serverless.amazonaws.com``, as
            ``RedshiftRole(…, serverless=True)`` does. Default: none.
        role_limit: How many roles it may have: 1 to 50. AWS documents no quota. Default: 10.
        default_role: One of the roles, to be what ``IAM_ROLE default`` means. CloudFormation can replace it, and does
            not clear it when the property is gone. Default: no default role.
        namespace_name: Its physical name: 3 to 64 lower-case letters, digits and hyphens, no reserved word. Default: a
            name made of the stack's name and the construct's path. Another name is another namespace.
        database_name: The first database: 1 to 127 letters, digits and ``_+.@-``; CloudFormation does not rename it.
            Default: ``warehouse``.
        admin_username: 1 to 127 letters, digits and ``_+.@-``; a namespace that exists keeps the one it has. Default:
            ``warehouse_admin``.
        encryption_key: Encrypts the data and the admin password. Default: a key that AWS owns, and the AWS managed key
            of Secrets Manager.
        final_snapshot_retention: How long the final snapshot is kept: 1 to 3,653 whole days. Default: until somebody
            deletes it.
        removal_policy: What happens to it when it is removed from the stack. Default: a final snapshot is taken.

    Attributes:
        cfn_namespace: The L1.

    Raises:
        RoleAssociationError: DefaultRoleNotAssociated, InvalidArgument, RoleAccountMismatch, RoleArnInvalid,
            RoleDuplicated, RoleLimitOutOfRange, RolePartitionMismatch, RoleQuotaExceeded, ServiceLinkedRole. At synth
            time, from CDK's validation report, those and TrustLacksRedshift; RoleAccountUndecided and
            RoleCountUndecided warn.

    Template:
        1 AWS::RedshiftServerless::Namespace (IamRoles, also empty, and DefaultIamRoleArn for a default role). In a
        stack without an account, a role of a literal account brings 1 CloudFormation Rule. A role_limit other than 10
        stands in its Metadata. The final snapshot is called ``final-NAME-STACK``, with the unique id of the stack.

    Source:
        https://docs.aws.amazon.com/redshift-serverless/latest/APIReference/API_CreateNamespace.html
        (text of 2026-09-10)
    """

    _list_kind = _NAMESPACE

    def __init__(self, scope: Construct, construct_id: str, **given: Unpack[NamespaceArguments]) -> None:
        raise_if_unknown(self, given, NamespaceArguments)
        location = child_location(scope, construct_id)
        given = with_defaults(given, NAMESPACE_DEFAULTS)
        facts = check_namespace(partial(child_path, scope, construct_id), location, given)
        with rollback_on_error(self, scope, construct_id):
            super().__init__(scope, construct_id)
            remember_location(self, location)
            self._encryption_key = given.get("encryption_key")
            name = given.get("namespace_name") or generated_name(scope, construct_id, location)
            self._cfn_namespace = self._define(name, given)
            if given["removal_policy"] not in (RemovalPolicy.SNAPSHOT, RemovalPolicy.DESTROY):
                self._cfn_namespace.apply_removal_policy(given["removal_policy"])
            self._list_roles(self._cfn_namespace, location, given["roles"], given["role_limit"])
            self._namespace_name = cluster_references.reference(self._cfn_namespace)
        account_rule.assert_account(location, (role.account for role in facts.roles))
        plugins.watch(self._cfn_namespace, self._namespace_name, location)

    def _define(self, name: str, given: NamespaceArguments) -> serverless.CfnNamespace:
        key, retention = given.get("encryption_key"), given.get("final_snapshot_retention")
        key_arn = key.key_arn if key else None
        is_snapshot = given["removal_policy"] is RemovalPolicy.SNAPSHOT
        days = retention.to_days() if retention else _FOR_EVER
        return serverless.CfnNamespace(
            self,
            "Resource",
            namespace_name=name,
            admin_password_secret_kms_key_id=key_arn,
            admin_username=given["admin_username"],
            db_name=given["database_name"],
            default_iam_role_arn=given.get("default_role"),
            final_snapshot_name=_final_snapshot(name) if is_snapshot else None,
            final_snapshot_retention_period=days if is_snapshot else None,
            # An empty list too: CloudFormation's handler leaves the roles that are there when the property is gone.
            iam_roles=list(given["roles"]),
            kms_key_id=key_arn,
            log_exports=_LOGS,
            manage_admin_password=True,
        )

    @property
    def cfn_namespace(self) -> serverless.CfnNamespace:
        """The L1, for what this construct has no argument for."""
        return self._cfn_namespace

    @property
    def namespace_name(self) -> str:
        """The physical name, a reference."""
        return self._namespace_name

    @property
    def namespace_arn(self) -> str:
        """The ARN, ``arn:PARTITION:redshift-serverless:REGION:ACCOUNT:namespace/ID``, a reference."""
        return cluster_references.namespace_arn(self._cfn_namespace)

    @cached_property
    def admin_secret(self) -> secretsmanager.ISecret:
        """The secret that Redshift keeps the admin password in, and rotates; it knows its key.

        CloudFormation does not return its ARN, so it is found by its name, ``redshift!NAMESPACE-USER``. AWS documents
        the prefix (quotas.MANAGED_SECRETS); what follows it is how Redshift names these secrets.
        """
        from aws_cdk import aws_secretsmanager as secretsmanager  # noqa: PLC0415  not needed by a plain namespace

        home = self._location
        where = f"{home.partition_name}:secretsmanager:{home.region_name}:{home.account_id}"
        return secretsmanager.Secret.from_secret_attributes(
            self,
            "AdminSecret",
            secret_partial_arn=f"arn:{where}:secret:redshift!{self._namespace_name}-{self._cfn_namespace.admin_username}",
            encryption_key=self._encryption_key,
        )


def check_namespace(
    path: Callable[[], str],
    location: Location,
    given: NamespaceArguments,
    *,
    problems: Iterable[Problem] = (),
    own_role: RoleFacts | None = None,
) -> AssociationFacts:
    """Return the facts about the roles of a namespace, or raise all that is wrong with its arguments."""
    retention = given.get("final_snapshot_retention")
    seconds = seconds_of(retention)
    days = {} if seconds is None else {"snapshot_days": seconds / _SECONDS_PER_DAY}
    found = [
        *problems,
        *cluster_arguments.check_namespace({**given, **days}),
        *unit_problems("final_snapshot_retention", retention, seconds, "days"),
        *_unused_retention(retention, given["removal_policy"]),
    ]
    found += region_problems("namespace", location, {**given}, found)
    return _NAMESPACE.checked(path, found, location, given, own_role)


def _unused_retention(retention: Duration | None, policy: object) -> Iterator[Problem]:
    if isinstance(retention, Duration) and isinstance(policy, RemovalPolicy) and policy is not RemovalPolicy.SNAPSHOT:
        message = f"'final_snapshot_retention' is given, and RemovalPolicy.{policy.name} takes no final snapshot"
        fix = "drop it, or pass removal_policy=RemovalPolicy.SNAPSHOT"
        yield Problem("final_snapshot_retention", message, fix)


@cache
def _stack_uuid() -> str:
    """Return the unique id of the stack that names it: a stack that is created again gets another one."""
    return Fn.select(2, Fn.split("/", Aws.STACK_ID))


def _final_snapshot(namespace_name: str) -> str:
    """Name the final snapshot; no two of an account may have one name."""
    name = namespace_name if is_token(namespace_name) else name_part(namespace_name)
    return "-".join(part for part in ("final", name, _stack_uuid()) if part)


class WorkgroupArguments(TypedDict, total=False):
    """The arguments of a workgroup beside its namespace; `RedshiftWorkgroup` says what each may be."""

    workgroup_name: str | None
    base_capacity: int | None
    max_capacity: int | None
    vpc: ec2.IVpc | None
    vpc_subnets: ec2.SubnetSelection | None
    subnets: Sequence[ec2.ISubnet] | None
    security_groups: Sequence[ec2.ISecurityGroup] | None
    port: int
    parameters: Mapping[str, str] | None
    enhanced_vpc_routing: bool
    publicly_accessible: bool


# None is no value for these.
WORKGROUP_DEFAULTS: Final[WorkgroupArguments] = {
    "port": cluster_arguments.DEFAULT_PORT,
    "enhanced_vpc_routing": True,
    "publicly_accessible": False,
}


class RedshiftWorkgroup(Connectable):
    """Define the Redshift Serverless workgroup of a namespace, in a VPC.

    It is not public, requires TLS, logs the activity of users, and routes COPY and UNLOAD through the VPC, which needs
    a route from its subnets to Amazon S3, such as a gateway endpoint. Usage limits and price-performance targets are
    left to the L1.

    Args:
        scope: The construct it belongs to.
        construct_id: Its name there.
        namespace: The `RedshiftNamespace` or `CfnNamespace` it computes for, which has no other workgroup, or the name
            of one. With another one CloudFormation replaces the workgroup, which needs another workgroup_name.
        workgroup_name: Its physical name: 3 to 64 lower-case letters, digits and hyphens. Default: a name made of the
            stack's name and the construct's path. Another name is another workgroup.
        base_capacity: Redshift processing units (RPU): 8 to 512 in steps of 8; in some regions also 4, and 544 to 1,024
            in steps of 32. Default: 128, what Redshift takes.
        max_capacity: The most RPU it may use, base_capacity or more; without one 128 or more. Default: no limit of its
            own.
        vpc: The VPC it is in. Exactly one of vpc and subnets.
        vpc_subnets: Which subnets of the VPC. Default: the private ones.
        subnets: The subnets it is in: three or more in three availability zones, without enhanced VPC routing two in
            two. For a base_capacity of 128 RPU each needs 37 free addresses, a block of /26.
        security_groups: Who may connect. Default: with a VPC, a new security group that lets nobody in.
        port: 5431 to 5455 or 8191 to 8215. Default: 5440.
        parameters: Database parameters, texts by name: ``auto_mv``, ``datestyle``,
            ``enable_case_sensitive_identifier``, ``query_group``, ``search_path``, ``use_fips_ssl``, and either
            ``wlm_json_configuration`` or query monitoring metrics such as ``max_query_execution_time``. They add to
            ``require_ssl`` and ``enable_user_activity_logging``, which are ``true``, or replace them. Default: none.
        enhanced_vpc_routing: Whether COPY and UNLOAD go through the VPC. Default: True.
        publicly_accessible: Whether it has a public address. Default: False.

    Attributes:
        cfn_workgroup: The L1.

    Raises:
        RoleAssociationError: InvalidArgument, also for subnets that are too few, in too few zones or too small, as far
            as CDK knows them.

    Template:
        1 AWS::RedshiftServerless::Workgroup; with a VPC 1 AWS::EC2::SecurityGroup unless security_groups are given.

    Source:
        https://docs.aws.amazon.com/redshift-serverless/latest/APIReference/API_CreateWorkgroup.html
        (text of 2026-09-10)
        https://docs.aws.amazon.com/redshift/latest/mgmt/serverless-usage-considerations.html (text of 2026-07-06)
        https://docs.aws.amazon.com/redshift/latest/mgmt/serverless-capacity.html (text of 2026-07-06)
    """

    _connected = ("workgroup", "subnets", quotas.CREATE_WORKGROUP)

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        namespace: HasCfnNamespace | serverless.CfnNamespace | str,
        **given: Unpack[WorkgroupArguments],
    ) -> None:
        raise_if_unknown(self, given, WorkgroupArguments)
        location = child_location(scope, construct_id)
        given = with_defaults(given, WORKGROUP_DEFAULTS)
        chosen, problems = check_workgroup(location, given)
        problems = [*_namespace_problems(namespace, location), *problems]
        raise_if(partial(child_path, scope, construct_id), quotas.CREATE_WORKGROUP, problems)
        with rollback_on_error(self, scope, construct_id):
            super().__init__(scope, construct_id)
            remember_location(self, location)
            self._network = cluster_network.define_security(
                self, vpc=given.get("vpc"), security_groups=given.get("security_groups"), port=given["port"]
            )
            parameters = {**cluster_arguments.SECURE_PARAMETERS, **(given.get("parameters") or {})}
            self._cfn_workgroup = serverless.CfnWorkgroup(
                self,
                "Resource",
                workgroup_name=given.get("workgroup_name") or generated_name(scope, construct_id, location),
                base_capacity=given.get("base_capacity"),
                config_parameters=_config(tuple(sorted(parameters.items()))),
                enhanced_vpc_routing=given["enhanced_vpc_routing"],
                max_capacity=given.get("max_capacity"),
                namespace_name=_named(namespace, location),
                port=given["port"],
                publicly_accessible=given["publicly_accessible"],
                security_group_ids=self._network.security_group_ids,
                subnet_ids=[cluster_network.subnet_id(subnet) for subnet in chosen],
            )
            l1 = None
            if not isinstance(namespace, str):
                l1 = cluster_references.l1_of_namespace(namespace)
                cluster_references.remember_workgroup(l1, self)
            cluster_references.wait_for_namespace(self._cfn_workgroup, _named(namespace, location), l1, location)

    @property
    def cfn_workgroup(self) -> serverless.CfnWorkgroup:
        """The L1, for what this construct has no argument for."""
        return self._cfn_workgroup

    @property
    def workgroup_name(self) -> str:
        """The physical name, a reference."""
        return cluster_references.reference(self._cfn_workgroup)

    @property
    def workgroup_arn(self) -> str:
        """The ARN, ``arn:PARTITION:redshift-serverless:REGION:ACCOUNT:workgroup/ID``, a reference."""
        return self._cfn_workgroup.attr_workgroup_workgroup_arn

    @property
    def endpoint_address(self) -> str:
        """The host name that clients connect to."""
        return self._cfn_workgroup.attr_workgroup_endpoint_address

    @property
    def endpoint_port(self) -> str:
        """The port that clients connect to; CloudFormation returns a number."""
        return self._cfn_workgroup.get_att("Workgroup.Endpoint.Port").to_string()


def check_workgroup(location: Location, given: WorkgroupArguments) -> tuple[Sequence[ec2.ISubnet], list[Problem]]:
    """Return the subnets of a workgroup, and all that is wrong with its arguments."""
    problems = [*cluster_arguments.check_workgroup({**given}, location.region)]
    problems += region_problems("workgroup", location, {**given}, problems)
    if any(problem.concerns("", "vpc", "vpc_subnets", "subnets") for problem in problems):
        return (), problems
    vpc, argument, capacity = given.get("vpc"), "subnets", given.get("base_capacity", quotas.DEFAULT_CAPACITY)
    chosen = cluster_network.Selected(given.get("subnets") or ())
    seen: dict[str, int] = {}
    for index, subnet in enumerate(chosen.subnets):
        first = seen.setdefault(cluster_network.subnet_id(subnet), index)
        if first != index:
            message = f"'subnets[{index}]' and 'subnets[{first}]' are the same subnet"
            problems.append(Problem(f"subnets[{index}]", message, f"drop subnets[{index}]"))
    if vpc is not None:
        selected, argument = cluster_network.select_subnets(vpc, given.get("vpc_subnets"), "workgroup"), "vpc"
        if isinstance(selected, Problem):
            return (), [*problems, selected]
        chosen = selected
    if not chosen.is_awaited:
        facts = [cluster_network.subnet_facts(subnet) for subnet in chosen.subnets]
        problems += cluster_arguments.subnet_problems(
            argument,
            facts,
            None if any(one.concerns("base_capacity") for one in problems) else capacity,
            location.region,
            is_routed=given["enhanced_vpc_routing"],
        )
    return chosen.subnets, problems


def _named(namespace: HasCfnNamespace | serverless.CfnNamespace | str, location: Location) -> str:
    """Name a namespace: by reference where CDK can refer to it, which is a dependency too, else by its name."""
    if isinstance(namespace, str):
        return namespace
    l1 = cluster_references.l1_of_namespace(namespace)
    if unreachable(location_of(namespace), location, "namespace_name"):
        return l1.namespace_name
    return cluster_references.reference(l1)


def _namespace_problems(namespace: Any, location: Location) -> Iterator[Problem]:  # noqa: ANN401  it may be anything
    """Find what is no namespace, or one that a workgroup of this location cannot have."""
    allowed = "a RedshiftNamespace, a CfnNamespace or the name of a namespace"
    if isinstance(namespace, str):
        yield from arguments.SERVERLESS_NAME.check("namespace", namespace)
        for l1 in cluster_references.namespaces_of(namespace):
            label = f"'namespace' refers to {path_of(l1)}"
            if namespace in (cluster_references.namespace_arn(l1), l1.attr_namespace_namespace_id):
                yield Problem("namespace", f"{label}, and not to its name", "pass the construct")
            else:
                yield from _distance(f"{label}, which", namespace, location_of(l1), location)
    elif cluster_references.is_namespace(namespace):
        home, other = location_of(namespace), cluster_references.workgroup_of(namespace)
        if home.stack is not location.stack:
            label = f"'namespace' ({path_of(namespace)})"
            yield from _distance(label, _named(namespace, location), home, location)
        if other is not None:
            label = f"'namespace' ({path_of(namespace)})"
            message = f"{label} has a workgroup, {path_of(other)}, and a namespace can have one only"
            yield Problem("namespace", message, "define a namespace for each workgroup, and share data between them")
    else:
        yield arguments.must_be("namespace", allowed, namespace, f"pass {allowed}")


def _distance(label: str, name: str, home: Location, location: Location) -> Iterator[Problem]:
    """Find what keeps a workgroup from the namespace of this name: another account or region, or no reference."""
    fix = "define the workgroup in a stack of the namespace's env"
    if arns.differ(home.account, location.account):
        yield Problem("namespace", in_account(label, home.account, "the workgroup", location.account), fix)
    elif None not in (home.region, location.region) and home.region != location.region:
        yield Problem("namespace", f"{label} is in region {home.region}, the workgroup is in {location.region}", fix)
    else:
        reason = unreachable(home, location, "namespace_name")
        if reason and is_token(name):
            other = "give both stacks the same Stage and env=, or pass the name of the namespace as a text"
            yield Problem("namespace", f"{label} {reason[0]}", other)


@cache
def _config(texts: tuple[tuple[str, str], ...]) -> list[serverless.CfnWorkgroup.ConfigParameterProperty]:
    """Return database parameters; they hold no state, so workgroups with the same ones share them."""
    make = serverless.CfnWorkgroup.ConfigParameterProperty
    return [make(parameter_key=name, parameter_value=value) for name, value in texts]
