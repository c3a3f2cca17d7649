"""Associations of roles with clusters that exist already."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial

from aws_cdk import Duration
from aws_cdk import aws_iam as iam
from constructs import Construct

from redshift_roles.aws import quotas
from redshift_roles.cdk import account_rule
from redshift_roles.cdk.cluster_references import (
    Cluster,
    ClusterShape,
    NamedCluster,
    defined_in,
    named,
    wait_for_cluster,
)
from redshift_roles.cdk.role_reader import seconds_of
from redshift_roles.cdk.validation import checked_roles, child_location, child_path, rollback_on_error
from redshift_roles.custom_resource.cluster_resource import Wanted, join, members_of, other_default
from redshift_roles.custom_resource.logical_ids import role_key
from redshift_roles.rules import arguments
from redshift_roles.rules.registry import Problem


class RoleAssociation(Construct):
    """Associate roles with a cluster that exists already, and set its default role.

    It is additive: roles that others associated stay on create, update, rollback and delete, and so does a role that
    was associated before. A deployment waits until each role is in sync, or fails within `timeout` with a reason that
    names the cluster, the role and its status.

    Namespaces of Redshift Serverless are refused: their API replaces the whole list of roles, so that a role of others
    could be lost. `RedshiftNamespace` has ``add_role()``.

    All associations of one cluster in one stack are one resource. They can be renamed, and roles can move between them,
    without a change of the template. A construct that depends on an association waits for that resource, which waits
    for what the roles were granted, also later. A dependency on a construct around the association does not wait for
    it, because the resource is not a child of either.

    Args:
        scope: The construct it belongs to.
        construct_id: Its name there.
        cluster: A provisioned cluster of this account and region: its identifier, a `RedshiftCluster`, a `CfnCluster`,
            or anything with a ``cluster_name`` such as an `ICluster` of ``aws-redshift-alpha``. The association depends
            on a cluster of the same stack, also where its literal identifier is given.
        roles: Roles to associate, 1 to role_limit, all of the cluster's account. None (``[]``) with a default_role that
            a cluster of this app lists itself.
        default_role: One of the roles, or of those that the cluster lists itself, to be what ``IAM_ROLE default``
            means. Default: the default role is left alone.
        role_limit: How many roles the cluster may have, all of them counted: 1 to 50, the AWS quota. The highest of a
            cluster's associations counts. Default: 10.
        timeout: How long a change may take, 30 seconds to 14 minutes. The longest of a cluster's associations counts.
            Default: 10 minutes.

    Raises:
        RoleAssociationError: DefaultRoleNotAssociated, InvalidArgument (also for a second default role of the cluster),
            RoleAccountMismatch, RoleArnInvalid, RoleDuplicated (also for a role of another association of the cluster),
            RoleLimitOutOfRange, RolePartitionMismatch, RoleQuotaExceeded (for all roles that the stack associates with
            the cluster), ServiceLinkedRole. At synth time, from CDK's validation report, RoleDuplicated for a role that
            another stack or the cluster itself associates, InvalidArgument for a default role that another stack sets,
            and TrustLacksRedshift.

    Template:
        1 Custom::RedshiftRolesBefore for each role and for a default role. For all associations of a cluster in a stack
        together 1 Custom::RedshiftRoleAssociation, and 1 AWS::Lambda::Function with its
        AWS::Lambda::EventInvokeConfig, AWS::IAM::Role, AWS::Logs::LogGroup and AWS::IAM::ManagedPolicy for the logs.
        The function has 1 more AWS::IAM::ManagedPolicy for the cluster, up to 4 for a list that one cannot hold, of
        which 1 is to restore the default role before ours. No logical id contains the path of an association.

    Source:
        https://docs.aws.amazon.com/redshift/latest/APIReference/API_ModifyClusterIamRoles.html (text of 2026-09-10)
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        cluster: Cluster,
        roles: Sequence[iam.IRole],
        default_role: iam.IRole | None = None,
        role_limit: int = quotas.DEFAULT_ROLE_LIMIT,
        timeout: Duration | None = None,
    ) -> None:
        location = child_location(scope, construct_id)
        path = partial(child_path, scope, construct_id)
        of_cluster = [*ClusterShape(location, "association", same_region=True).check("cluster", cluster)]
        found = NamedCluster("", location, None) if of_cluster else named(cluster, location)
        l1 = found.l1 or (None if roles else next(iter(defined_in(location.stack, found.identifier)), None))
        of_roles = [*_role_problems(roles, default_role, role_limit, is_ours=l1 is not None or bool(of_cluster))]
        problems = [*of_cluster, *of_roles, *_timeout_problems(timeout)]
        others = members_of(location, found.identifier)
        limits = [role_limit, *(member.wanted.role_limit for member in others), getattr(cluster, "role_limit", 0)]
        limit = role_limit if of_roles or role_limit <= 0 else max(limits)
        facts = checked_roles(
            path,
            quotas.MODIFY_ROLES,
            problems,
            location,
            kind="cluster",
            argument="roles",
            roles=roles,
            default_role=default_role,
            role_limit=limit,
            others=[(role, member.scope) for member in others for role in member.wanted.roles.values()],
            cluster=l1,
            other_default=other_default(others),
        )
        keyed = {role_key(role, known, location): role for role, known in zip(roles, facts.roles, strict=True)}
        seconds = int(seconds_of(timeout) or quotas.DEFAULT_TIMEOUT_SECONDS)
        with account_rule.withdrawn_on_error(location), rollback_on_error(self, scope, construct_id):
            super().__init__(scope, construct_id)
            account_rule.assert_account(location, (role.account for role in facts.roles))
            join(self, location, Wanted(found.identifier, keyed, default_role, limit, seconds))
            wait_for_cluster(self, found, location)


def _role_problems(
    roles: Sequence[iam.IRole], default_role: iam.IRole | None, role_limit: int, *, is_ours: bool
) -> Iterator[Problem]:
    """Check the roles; the default role can be alone where the app defines the cluster, which lists it then."""
    alone = default_role is not None and is_ours
    fix = "name the roles to associate: roles=[…]"
    if default_role is not None:
        fix = "name the default role among the roles too, or pass the CfnCluster or RedshiftCluster that lists it"
    yield from arguments.ListOf(arguments.ROLE, "" if alone else fix).check("roles", roles)
    if default_role is not None:
        yield from arguments.ROLE.check("default_role", default_role)
    yield from arguments.ROLE_LIMIT.check("role_limit", role_limit)


def _timeout_problems(timeout: Duration | None) -> Iterator[Problem]:
    if timeout is None:
        return
    yield from arguments.TIMEOUT.check("timeout", timeout)
    seconds = seconds_of(timeout)
    low, high = quotas.MIN_TIMEOUT_SECONDS, quotas.MAX_TIMEOUT_SECONDS
    if isinstance(timeout, Duration) and (seconds is None or not low <= seconds <= high):
        shown = "a value that only the deployment knows" if seconds is None else f"{seconds:g} seconds"
        yield Problem("timeout", f"'timeout' must be {low} to {high} seconds, got {shown}", "pass Duration.minutes(10)")
