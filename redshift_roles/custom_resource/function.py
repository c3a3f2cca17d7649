"""The AWS Lambda function behind role associations: one for each stack, shared by all of them.

A stack flows in; the function, its role and its log group flow out.
"""

from __future__ import annotations

from typing import Final

from aws_cdk import Acknowledgment, CustomResource, Duration, RemovalPolicy, Validations
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from constructs import Construct, IConstruct, IDependable

from redshift_roles.aws import permissions, quotas
from redshift_roles.aws.permissions import Permission
from redshift_roles.aws.policies import documents
from redshift_roles.cdk.location import Location, location_of, path_of
from redshift_roles.cdk.validation import raise_if
from redshift_roles.custom_resource import association_code
from redshift_roles.grants.managed_policies import GrantedPolicies, granted_policies
from redshift_roles.rules.registry import Problem

# Nobody calls a construct of theirs that.
_FUNCTION_ID: Final = "Custom::RedshiftRoleAssociation"
_LOGGING_ID: Final = "WriteLogs"
_POLICY_ID: Final = "Policy"
_ANSWERS: Final = {
    "NIST.800.53.R4-LambdaInsideVPC": "It calls the Redshift API alone, which needs no VPC",
    "NIST.800.53.R5-LambdaInsideVPC": "It calls the Redshift API alone, which needs no VPC",
    "NIST.800.53.R5-LambdaConcurrency": "CloudFormation calls it for one resource at a time",
    "NIST.800.53.R5-LambdaDLQ": "CloudFormation hears of every failure, and waits for the answer",
    "HIPAA.Security-LambdaInsideVPC": "It calls the Redshift API alone, which needs no VPC",
    "HIPAA.Security-LambdaConcurrency": "CloudFormation calls it for one resource at a time",
    "HIPAA.Security-LambdaDLQ": "CloudFormation hears of every failure, and waits for the answer",
    "PCI.DSS.321-LambdaInsideVPC": "It calls the Redshift API alone, which needs no VPC",
}
_PACKS: Final = ("HIPAA.Security", "NIST.800.53.R4", "NIST.800.53.R5", "PCI.DSS.321")
_LOG_ANSWERS: Final = dict.fromkeys(
    (f"{pack}-CloudWatchLogGroupEncrypted" for pack in _PACKS),
    "It holds names of clusters and roles; CloudWatch encrypts it with a key of its own",
)


class AssociationFunction(Construct):
    """The function of one stack."""

    def __init__(self, scope: Construct, construct_id: str) -> None:
        super().__init__(scope, construct_id)
        log_group = logs.LogGroup(
            self, "Logs", retention=logs.RetentionDays.ONE_YEAR, removal_policy=RemovalPolicy.DESTROY
        )
        role = iam.Role(self, "Role", assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"))
        self._function = lambda_.Function(
            self,
            "Function",
            description="Associates IAM roles with Amazon Redshift clusters",
            code=association_code.code(),
            handler="handler.index.handler",
            runtime=lambda_.Runtime.PYTHON_3_14,
            timeout=Duration.seconds(quotas.FUNCTION_SECONDS),
            role=role,
            log_group=log_group,
            # No run begins so late that it would outlive CloudFormation's patience (`resource`).
            max_event_age=Duration.seconds(quotas.EVENT_SECONDS),
        )
        self._role = role
        self._place = location_of(self)
        self._logging = granted_policies(role, self._place, _LOGGING_ID, "roles")
        self._logging.allow(permissions.write_logs(log_group.log_group_arn))
        for answered, answers in ((self._function, _ANSWERS), (log_group, _LOG_ANSWERS)):
            for rule, reason in answers.items():
                Validations.of(answered).acknowledge(Acknowledgment(id=rule, reason=reason))

    @classmethod
    def find(cls, location: Location) -> AssociationFunction | None:
        """Find the function of a stack."""
        found = location.stack.node.try_find_child(_FUNCTION_ID)
        return found if isinstance(found, cls) else None

    @classmethod
    def of(cls, scope: Construct, location: Location) -> AssociationFunction:
        """Find the function of a stack, or make it.

        Raises:
            RoleAssociationError: InvalidArgument, when something else has its name there.
        """
        found = location.stack.node.try_find_child(_FUNCTION_ID)
        if isinstance(found, cls):
            return found
        raise_if(lambda: path_of(scope), quotas.MODIFY_ROLES, [_name_is_taken(found)] if found else [])
        return cls(location.stack, _FUNCTION_ID)

    def remove(self) -> None:
        """Take the function out of its stack."""
        self._place.stack.node.try_remove_child(_FUNCTION_ID)

    def refuse_more(self, scope: Construct, policies: int, *, defaults: bool) -> None:
        """Refuse more policies than the function's role can carry.

        Args:
            scope: Who needs them.
            policies: How many there are, for all clusters.
            defaults: Whether a cluster has a default role among them.

        Raises:
            RoleAssociationError: InvalidArgument.
        """
        spare = 2 if defaults else 1
        most = quotas.ROLE_POLICIES - len(self._logging.policies) - spare
        raise_if(
            lambda: path_of(scope), quotas.IAM_QUOTAS, [_too_many(policies, most, spare)] if policies > most else []
        )

    def allow(self, scope: Construct, cluster_identifier: str, allowed: list[Permission]) -> list[iam.CfnManagedPolicy]:
        """Allow the function what one cluster needs, by policies that come and go with the cluster.

        A policy shared by all clusters would lose what the removal of one needs before CloudFormation asks for the
        removal; so would one that is updated when the cluster changes. A description cannot be updated: when the
        cluster changes, CloudFormation makes a new policy first, and deletes the old one last.

        Args:
            scope: What the policies are children of.
            cluster_identifier: The cluster.
            allowed: What it needs.
        """
        description = f"Associates IAM roles with the Redshift cluster {cluster_identifier}"
        attachment = {"roles": [self._role.role_name], "description": description}
        granted = GrantedPolicies(scope, self._place, _POLICY_ID, attachment)
        granted.allow(allowed)
        return granted.policies

    def let_put_back(
        self, scope: Construct, construct_id: str, cluster_identifier: str, role_arn: str
    ) -> iam.CfnManagedPolicy:
        """Allow the function to put back a default role that only the deployment knows; replaced with the
        cluster too.
        """
        (document,) = documents(permissions.pass_role(role_arn, serverless=False))
        return iam.CfnManagedPolicy(
            scope,
            construct_id,
            description=f"Puts back the default role of the Redshift cluster {cluster_identifier}",
            policy_document=document,
            roles=[self._role.role_name],
        )

    def resource(
        self, scope: Construct, construct_id: str, kind: str, properties: dict[str, object], *policies: IDependable
    ) -> CustomResource:
        """Define a custom resource that the function answers for, when it is allowed everything it needs."""
        made = CustomResource(
            scope,
            construct_id,
            resource_type=f"Custom::{kind}",
            service_token=self._function.function_arn,
            service_timeout=Duration.seconds(quotas.EVENT_SECONDS + quotas.FUNCTION_SECONDS),
            properties=properties,
        )
        made.node.add_dependency(*policies, *self._logging.policies)
        return made


def _too_many(policies: int, most: int, spare: int) -> Problem:
    parts = f"IAM attaches {quotas.ROLE_POLICIES} to a role, one is for the logs, {spare} for the change of a cluster"
    return Problem(
        "",
        f"the associations and default roles of this stack need {policies} policies, allowed is {most}: {parts}",
        "define this one in another stack, perhaps a nested one",
    )


def _name_is_taken(found: IConstruct) -> Problem:
    return Problem(
        "",
        f"{path_of(found)} is a {type(found).__name__}, where the function behind role associations belongs",
        "give that construct another id",
    )
