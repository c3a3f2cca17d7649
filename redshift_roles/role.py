"""
The role that Redshift assumes.

Names and regions flow in, an `iam.Role` with Redshift's trust flows out.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any

import jsii
from aws_cdk import Duration
from aws_cdk import aws_iam as iam
from constructs import Construct

from redshift_roles import arguments, limits
from redshift_roles.reading import remember_role
from redshift_roles.refusal import all_or_nothing, child_path, place_for, refuse
from redshift_roles.tokens import known, seconds_of


class RedshiftRole(iam.Role):
    """
    Define a role that Amazon Redshift assumes for COPY, UNLOAD and CREATE EXTERNAL SCHEMA.

    It is an `iam.Role`: it goes wherever an `iam.IRole` goes, and takes permissions the same way.

    Args:
        scope: The construct it belongs to.

        construct_id: Its name there.

        role_name: Its physical name: 1 to 64 letters, digits and ``+=,.@_-``. Default: CloudFormation makes one up.

        description: At most 1,000 characters. Default: none.

        path: Begins and ends with a slash, at most 512 characters. Default: ``/``.

        max_session_duration: 1 to 12 hours. Default: 1 hour.

        permissions_boundary: The most that the role may ever do. Default: no boundary.

        managed_policies: Policies to attach, 0 or more. Default: none.

        serverless: Whether Redshift Serverless may assume it too. Default: provisioned clusters only.

        regions: Names of regions, such as ``eu-west-1``: only clusters there may assume it, by the regional principal
            of each. AWS documents no regional principal for Serverless, which keeps its global one. Default: clusters
            of all regions.

    Raises:
        RoleAssociationError: InvalidArgument.

    Template:
        1 AWS::IAM::Role, whose AssumeRolePolicyDocument trusts ``redshift.amazonaws.com``, or
        ``redshift.REGION.amazonaws.com`` for each of the regions, and with serverless
        ``redshift-serverless.amazonaws.com``.

    Source:
        https://docs.aws.amazon.com/redshift/latest/mgmt/authorizing-redshift-service.html (read 2026-11-24)
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
        regions: Sequence[str] | None = None,
    ) -> None:
        place = place_for(scope, construct_id)
        options: dict[str, Any] = {
            "role_name": role_name,
            "description": description,
            "path": path,
            "max_session_duration": max_session_duration,
            "permissions_boundary": permissions_boundary,
            "managed_policies": managed_policies,
        }
        options = {name: value for name, value in options.items() if value is not None}
        given = known(**options, session_seconds=seconds_of(max_session_duration), regions=regions)
        troubles = arguments.check_role({**given, "serverless": serverless})
        refuse(lambda: child_path(scope, construct_id), limits.CREATE_ROLE, troubles)
        trusted = tuple(regions or ()), serverless
        props = iam.RoleProps(assumed_by=_principal(*trusted), **options) if options else _plain(*trusted)
        with all_or_nothing(scope, construct_id):
            # What iam.Role.__init__ does, less its check of a dozen absent options: a third of the time of a role.
            jsii.create(iam.Role, self, [scope, construct_id, props])
        literal = "role_name" in given and ("path" in given or path is None)
        remember_role(self, place, f"{path or '/'}{role_name}" if literal else "")


@cache
def _plain(regions: tuple[str, ...], serverless: bool) -> iam.RoleProps:
    """
    Write the properties of a role without options; they hold no state, so all such roles share them.
    """
    return iam.RoleProps(assumed_by=_principal(regions, serverless))


@cache
def _principal(regions: tuple[str, ...], serverless: bool) -> iam.PrincipalBase:
    """
    Name who may assume the role; the principals hold no state, so all roles share them.
    """
    names = [f"redshift.{region}.amazonaws.com" for region in dict.fromkeys(regions)] or ["redshift.amazonaws.com"]
    if serverless:
        names.append("redshift-serverless.amazonaws.com")
    principals = [iam.ServicePrincipal(name) for name in names]
    return principals[0] if len(principals) == 1 else iam.CompositePrincipal(*principals)
