"""The role that Redshift assumes: an `iam.Role` that trusts Redshift."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any, Final

from aws_cdk import CfnResource, Duration
from aws_cdk import aws_iam as iam
from constructs import Construct

from redshift_roles.aws import quotas
from redshift_roles.aws.permissions import Home
from redshift_roles.aws.placeholders import is_token, present
from redshift_roles.aws.policies import least_size
from redshift_roles.aws.trust import DbUser, Trust
from redshift_roles.cdk import plugins
from redshift_roles.cdk.location import Location
from redshift_roles.cdk.records import record_of
from redshift_roles.cdk.role_reader import OwnRole, RoleRecord, seconds_of
from redshift_roles.cdk.validation import child_location, child_path, raise_if, rollback_on_error, unit_problems
from redshift_roles.rules import arguments, registry
from redshift_roles.rules.findings import RoleAssociationError
from redshift_roles.rules.registry import Problem
from redshift_roles.templates.cluster_reader import METADATA

if TYPE_CHECKING:
    from redshift_roles.grants.redshift_grants import RedshiftGrants


class RedshiftRole(iam.Role):
    """Define a role that Amazon Redshift assumes for COPY, UNLOAD and CREATE EXTERNAL SCHEMA.

    It is an `iam.Role`: it goes wherever an `iam.IRole` goes, and takes permissions the same way.

    Args:
        scope: The construct it belongs to.
        construct_id: Its name there.
        role_name: Its physical name: 1 to 64 letters, digits and ``+=,.@_-``. Default: a generated name.
        description: At most 1,000 characters. Default: none.
        path: Begins and ends with a slash, at most 512 characters. Default: ``/``.
        max_session_duration: 1 to 12 hours. Default: 1 hour.
        permissions_boundary: The policy that limits what the role may do. Default: no boundary.
        managed_policies: Policies to attach, 0 or more. Default: none.
        serverless: Whether Redshift Serverless may assume it too. AWS asks for both global principals then, so regions
            and source_clusters limit it no more than to the account. Default: provisioned clusters only.
        db_users: The only database users who may use it, 1 or more, by ``sts:ExternalId``; all others fail, the admin
            too. A user of a workgroup needs serverless. Default: all users of the clusters it is associated with.
        source_clusters: Literal identifiers of the only provisioned clusters that may assume it, 1 or more, by
            ``aws:SourceArn`` and ``aws:SourceAccount``; with serverless, any of the account. Default: all.
        trust_policy_quota: How many characters the account allows a trust policy, 2,048 to 8,192. Default: 2,048, what
            IAM allows unless the quota was raised.
        regions: Names of regions of the role's partition, such as ``eu-west-1``: only clusters there may assume it, by
            the regional principal of each; with serverless, clusters of all regions. Default: clusters of all regions.

    Raises:
        RoleAssociationError: InvalidArgument, PolicyTooLarge. At synth time, from CDK's validation report,
            PolicyTooLarge for a trust policy that grew.

    Template:
        1 AWS::IAM::Role, whose AssumeRolePolicyDocument trusts ``redshift.amazonaws.com``, or
        ``redshift.REGION.amazonaws.com`` for each of the regions, and with serverless ``redshift.amazonaws.com`` and
        ``redshift-serverless.amazonaws.com`` besides; each with the conditions of db_users and source_clusters. Grants
        add AWS::IAM::ManagedPolicy. A trust_policy_quota other than 2,048 stands in the Metadata.

    Source:
        https://docs.aws.amazon.com/redshift/latest/mgmt/authorizing-redshift-service-regions.html (text of 2026-08-26)
        https://docs.aws.amazon.com/redshift/latest/mgmt/serverless-security-other-services.html (text of 2026-07-06)
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        role_name: str | None = None,
        description: str | None = None,
        path: str | None = None,
        max_session_duration: Duration | None = None,
        permissions_boundary: iam.IManagedPolicy | None = None,
        managed_policies: Sequence[iam.IManagedPolicy] | None = None,
        serverless: bool = False,
        db_users: Sequence[DbUser] | None = None,
        source_clusters: Sequence[str] | None = None,
        trust_policy_quota: int = quotas.TRUST_POLICY_SIZE,
        regions: Sequence[str] | None = None,
    ) -> None:
        location = child_location(scope, construct_id)
        options: dict[str, Any] = present(
            role_name=role_name,
            description=description,
            path=path,
            max_session_duration=max_session_duration,
            permissions_boundary=permissions_boundary,
            managed_policies=managed_policies,
        )
        seconds = seconds_of(max_session_duration)
        given = present(
            ("trust_policy_quota",),
            **options,
            session_seconds=seconds,
            serverless=serverless,
            regions=regions,
            db_users=db_users,
            source_clusters=source_clusters,
            trust_policy_quota=trust_policy_quota,
        )
        problems = [
            *arguments.check_role(given),
            *unit_problems("max_session_duration", max_session_duration, seconds, "seconds"),
            *_partition_problems(regions, location),
        ]

        def path_here() -> str:
            return child_path(scope, construct_id)

        raise_if(path_here, quotas.CREATE_ROLE, problems)
        home = _home(location) if db_users or source_clusters else _ANYWHERE
        trust = Trust(home, tuple(regions or ()), serverless, tuple(db_users or ()), tuple(source_clusters or ()))
        if home is not _ANYWHERE:
            _raise_if_too_large(trust, location, trust_policy_quota, path_here)
        with rollback_on_error(self, scope, construct_id):
            super().__init__(scope, construct_id, assumed_by=_principal(trust), **options)
            made = self.node.default_child if trust_policy_quota != quotas.TRUST_POLICY_SIZE else None
            if isinstance(made, CfnResource):
                # What checks the template finds the quota there.
                made.add_metadata(METADATA, {"trust_policy_quota": trust_policy_quota})
        literal = role_name is not None and not is_token([role_name, path])
        record_of(RoleRecord, self).own = OwnRole(
            location=location,
            path_and_name=f"{path or '/'}{role_name}" if literal else "",
            serverless=serverless,
            scope=scope,
            trust_policy_quota=trust_policy_quota,
            managed_policies=len(managed_policies or ()),
        )
        plugins.watch_policy(self, location)

    @property
    def redshift_grants(self) -> RedshiftGrants:
        """What Redshift may do with the role: one method for each operation."""
        from redshift_roles.grants.redshift_grants import RedshiftGrants  # noqa: PLC0415  not needed by a role without grants

        return RedshiftGrants.of(self)

    @property
    def iam_role_clause(self) -> str:
        """The clause that names the role in SQL, ``IAM_ROLE 'arn:…'``; it can be a stack output."""
        from redshift_roles.sql import role_clause  # noqa: PLC0415  not needed by a role alone

        return role_clause.clause(role_clause.read(self))


def _partition_problems(regions: object, location: Location) -> Iterator[Problem]:
    """Find regions whose clusters could never assume the role, since they are in another partition."""
    if location.region is None or not isinstance(regions, (list, tuple)):
        return
    home = quotas.partition_of(location.region)
    for index, region in enumerate(regions):
        if isinstance(region, str) and not is_token(region) and quotas.partition_of(region) != home:
            message = f"'regions[{index}]' must be of partition {home}, got {region!r} of {quotas.partition_of(region)}"
            yield Problem("regions", message, f"drop it, and define another role in a stack of {region}")


_ANYWHERE: Final = Home("", "", "")


def _home(location: Location) -> Home:
    return Home(location.partition_name, location.region_name, location.account_id)


@cache
def _principal(trust: Trust) -> iam.PrincipalBase:
    """Return who may assume the role; principals hold no state, so roles with the same trust share them."""
    principals = [
        iam.ServicePrincipal(service, conditions=conditions or None) for service, conditions in trust.principals()
    ]
    return principals[0] if len(principals) == 1 else iam.CompositePrincipal(*principals)


def _raise_if_too_large(trust: Trust, location: Location, quota: int, path: Callable[[], str]) -> None:
    length = least_size(trust.document(), location.region)
    if length > quota:
        problem = Problem(
            "trust_policy_quota",
            f"a trust policy must have at most {quota:,} characters ('trust_policy_quota'), got {length:,}",
            "divide the users among several roles, or raise the IAM quota and pass trust_policy_quota (at most 8,192)",
        )
        raise RoleAssociationError([registry.POLICY_TOO_LARGE.finding(path(), problem)])
