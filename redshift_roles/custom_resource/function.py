"""The AWS Lambda function behind role associations: one for each cluster that a stack associates roles with."""

from __future__ import annotations

import atexit
import shutil
import tempfile
from collections.abc import Mapping
from functools import cache, partial
from pathlib import Path
from typing import Final, cast

from aws_cdk import Acknowledgment, Aws, CfnResource, CustomResource, Duration, RemovalPolicy, Validations
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from constructs import Construct, IDependable

from redshift_roles.aws import permissions, quotas
from redshift_roles.aws.permissions import Permission
from redshift_roles.aws.policies import documents
from redshift_roles.cdk.location import Location, path_of
from redshift_roles.cdk.role_reader import reports_policies
from redshift_roles.cdk.validation import raise_if
from redshift_roles.grants.managed_policies import GrantedPolicies, granted_policies, report
from redshift_roles.rules.registry import Problem

_PACKAGE: Final = Path(__file__).parent
_HANDLER: Final = "handler"

_PACKS: Final = ("HIPAA.Security", "NIST.800.53.R4", "NIST.800.53.R5", "PCI.DSS.321")
_NO_VPC: Final = "It calls the Redshift API alone, which needs no VPC"
_ONE_AT_A_TIME: Final = "CloudFormation calls it for one resource at a time"
_REPORTED: Final = "CloudFormation gets every failure as a reply"
_OWN_KEY: Final = "It holds names of clusters and roles; CloudWatch encrypts it with a key of its own"
_FUNCTION_ACKNOWLEDGMENTS: Final = {
    **{f"{pack}-LambdaInsideVPC": _NO_VPC for pack in _PACKS},
    **{f"{pack}-LambdaConcurrency": _ONE_AT_A_TIME for pack in ("HIPAA.Security", "NIST.800.53.R5")},
    **{f"{pack}-LambdaDLQ": _REPORTED for pack in ("HIPAA.Security", "NIST.800.53.R5")},
}
_LOG_ACKNOWLEDGMENTS: Final = {f"{pack}-CloudWatchLogGroupEncrypted": _OWN_KEY for pack in _PACKS}


def code() -> lambda_.Code:
    """Return the code of the function: the handler and nothing else."""
    return lambda_.Code.from_asset(str(_readable(_PACKAGE)), exclude=["*", f"!{_HANDLER}", f"!{_HANDLER}/*.py"])


@cache
def _readable(package: Path) -> Path:
    """Return a folder with a handler that everybody may read, because AWS Lambda runs it as another user.

    CDK packs files with their modes. Where the package was installed under a umask such as 077, the folder is a copy,
    which is removed at the end of the process: CDK has a copy of its own by then.
    """
    files = [*(package / _HANDLER).glob("*.py")]
    if all(file.stat().st_mode & 0o004 for file in files):
        return package
    copy = Path(tempfile.mkdtemp(prefix="redshift-roles-"))
    atexit.register(shutil.rmtree, copy, ignore_errors=True)
    (copy / _HANDLER).mkdir()
    for file in files:
        Path(shutil.copyfile(file, copy / _HANDLER / file.name)).chmod(0o644)
    return copy


class AssociationFunction(Construct):
    """The function for one cluster of a stack."""

    def __init__(self, scope: Construct, construct_id: str, location: Location) -> None:
        super().__init__(scope, construct_id)
        log_group = logs.LogGroup(
            self, "Logs", retention=logs.RetentionDays.ONE_YEAR, removal_policy=RemovalPolicy.DESTROY
        )
        self._role = iam.Role(self, "Role", assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"))
        self._function = lambda_.Function(
            self,
            "Function",
            description="Associates IAM roles with an Amazon Redshift cluster",
            code=code(),
            handler=f"{_HANDLER}.index.handler",
            runtime=lambda_.Runtime.PYTHON_3_14,
            timeout=Duration.seconds(quotas.FUNCTION_SECONDS),
            role=self._role,
            log_group=log_group,
            # A run that began later would not end before CloudFormation stops waiting for it (see `resource`).
            max_event_age=Duration.seconds(quotas.EVENT_SECONDS),
        )
        self._arn, self._role_name = self._function.function_arn, self._role.role_name
        self._timeout = Duration.seconds(quotas.EVENT_SECONDS + quotas.FUNCTION_SECONDS)
        self._location = location
        self._is_reported = reports_policies(self._role)
        self._logging = granted_policies(self._role, self._location, "WriteLogs", "roles")
        self._logging.allow(permissions.write_logs(log_group.log_group_arn))
        self._logging.allow(permissions.list_stack(Aws.STACK_ID))
        for construct, reasons in ((self._function, _FUNCTION_ACKNOWLEDGMENTS), (log_group, _LOG_ACKNOWLEDGMENTS)):
            acknowledged = (Acknowledgment(id=rule, reason=reason) for rule, reason in reasons.items())
            Validations.of(construct).acknowledge(*acknowledged)

    def raise_if_over_quota(self, scope: Construct, policies: int) -> None:
        """Raise InvalidArgument when the function's role cannot have these policies, for one cluster after another."""
        most = (quotas.ROLE_POLICIES - len(self._logging.policies)) // 2
        if policies > most:
            need = f"the roles and the default role of the cluster need {policies} policies, at most {most} are free"
            quota = f"in every account IAM attaches {quotas.ROLE_POLICIES} to a role"
            message = (
                f"{need}: {quota}, one is for the logs, and for another cluster the new ones come before the old go"
            )
            problem = Problem("", message, "associate some of the roles in another stack, perhaps a nested one")
            raise_if(partial(path_of, scope), quotas.IAM_QUOTAS, [problem])

    def allow(self, scope: Construct, cluster_identifier: str, needed: list[Permission]) -> list[iam.CfnManagedPolicy]:
        """Define the policies that the function needs for one cluster; they are created and deleted with it.

        A policy for all clusters would lose what the removal of one needs before CloudFormation requests that removal,
        and so would a policy that is updated to another cluster. A description cannot be updated, so for another
        cluster CloudFormation creates new policies first and deletes the old ones last.
        """
        if self._is_reported:
            report(self._role, needed)
            return []
        description = f"Associates IAM roles with the Redshift cluster {cluster_identifier}"
        attachment = {"roles": [self._role_name], "description": description}
        granted = GrantedPolicies(scope, self._location, "Policy", attachment)
        granted.allow(needed)
        return granted.policies

    def allow_default(
        self, scope: Construct, construct_id: str, cluster_identifier: str, role_arn: str
    ) -> list[iam.CfnManagedPolicy]:
        """Define the policy to restore a default role that only the deployment knows."""
        needed = permissions.pass_role(role_arn, serverless=False)
        if self._is_reported:
            report(self._role, needed)
            return []
        (document,) = documents(needed)
        description = f"Puts back the default role of the Redshift cluster {cluster_identifier}"
        roles = [self._role_name]
        return [
            iam.CfnManagedPolicy(scope, construct_id, description=description, policy_document=document, roles=roles)
        ]

    def resource(
        self, scope: Construct, construct_id: str, kind: str, properties: Mapping[str, object], *awaited: IDependable
    ) -> CfnResource:
        """Define a custom resource of the function, which depends on the policies that the function needs for it."""
        resource = CustomResource(
            scope,
            construct_id,
            resource_type=f"Custom::{kind}",
            service_token=self._arn,
            service_timeout=self._timeout,
            properties=properties,
        )
        node = resource.node
        node.add_dependency(*awaited, *self._logging.policies)
        return cast("CfnResource", node.default_child)
