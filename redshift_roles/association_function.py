"""
The AWS Lambda function behind role associations: one for each stack, shared by all of them.

A stack flows in; the function, its role and its log group flow out.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final, cast

from aws_cdk import Acknowledgment, CustomResource, Duration, RemovalPolicy, Stack, Validations
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from constructs import Construct, DependencyGroup

from redshift_roles import limits, permissions
from redshift_roles.granted_policies import GrantedPolicies, granted_policies
from redshift_roles.permission_documents import documents
from redshift_roles.permissions import Permission
from redshift_roles.places import path_of, place_of
from redshift_roles.refusal import refuse
from redshift_roles.rulebook import Trouble

_FUNCTION_ID: Final = "RedshiftRoleAssociation"
_LOGGING_ID: Final = "WriteLogs"
_POLICY_ID: Final = "Policy"
_PACKAGE: Final = Path(__file__).parent
_CODE: Final = ("*", "!association_handler", "!association_handler/*.py")
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
    """
    The function of one stack.
    """

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
            code=lambda_.Code.from_asset(str(_PACKAGE), exclude=list(_CODE)),
            handler="association_handler.index.handler",
            runtime=lambda_.Runtime.PYTHON_3_14,
            timeout=Duration.seconds(limits.FUNCTION_SECONDS),
            role=role,
            log_group=log_group,
            # No run begins so late that it would outlive CloudFormation's patience (`resource`).
            max_event_age=Duration.seconds(limits.EVENT_SECONDS),
        )
        self._role = role
        self._logging = granted_policies(role, place_of(self), _LOGGING_ID, "roles")
        self._logging.allow(permissions.write_logs(log_group.log_group_arn))
        self._allowed = 0
        for answered, answers in ((self._function, _ANSWERS), (log_group, _LOG_ANSWERS)):
            for rule, reason in answers.items():
                Validations.of(answered).acknowledge(Acknowledgment(id=rule, reason=reason))

    @classmethod
    def of(cls, scope: Construct) -> AssociationFunction:
        """
        Find the function of a stack, or make it.
        """
        stack = Stack.of(scope)
        found = stack.node.try_find_child(_FUNCTION_ID)
        return cast("AssociationFunction", found) if found else cls(stack, _FUNCTION_ID)

    def reserve(self, scope: Construct, policies: int) -> None:
        """
        Take room for the policies of an association, all or none.

        Raises:
            RoleAssociationError: InvalidArgument, when the function's role can carry no more policies.
        """
        full = self._allowed + policies > _MOST
        refuse(lambda: path_of(scope), limits.IAM_QUOTAS, [_too_many(self._allowed)] if full else [])
        self._allowed += policies

    def allow(self, scope: Construct, cluster_identifier: str, allowed: list[Permission]) -> DependencyGroup:
        """
        Allow the function what one association needs, by a policy that comes and goes with the association.

        A policy shared by all would lose what the removal of an association needs before CloudFormation asks for the
        removal; so would one that is updated when the cluster changes. A description cannot be updated: when the
        cluster changes, CloudFormation makes a new policy first, and deletes the old one last.

        Args:
            scope: The association.

            cluster_identifier: Its cluster.

            allowed: What it needs.
        """
        description = f"Associates IAM roles with the Redshift cluster {cluster_identifier}"
        attachment = {"roles": [self._role.role_name], "description": description}
        granted = GrantedPolicies(scope, place_of(scope), _POLICY_ID, attachment)
        granted.allow(allowed)
        return DependencyGroup(*granted.policies, *self._logging.policies)

    def let_put_back(self, scope: Construct, role_arn: str) -> iam.CfnManagedPolicy:
        """
        Allow the function to put back a default role that only the deployment knows.
        """
        (document,) = documents(permissions.pass_role(role_arn, serverless=False))
        return iam.CfnManagedPolicy(scope, "PutBackDefault", policy_document=document, roles=[self._role])

    def resource(
        self, scope: Construct, construct_id: str, kind: str, properties: dict[str, object], policies: DependencyGroup
    ) -> CustomResource:
        """
        Define a custom resource that the function answers for, when it is allowed everything it needs.
        """
        made = CustomResource(
            scope,
            construct_id,
            resource_type=f"Custom::{kind}",
            service_token=self._function.function_arn,
            service_timeout=Duration.seconds(limits.EVENT_SECONDS + limits.FUNCTION_SECONDS),
            properties=properties,
        )
        made.node.add_dependency(policies)
        return made


# One of the policies that the role can carry is for the logs.
_MOST: Final = limits.ROLE_POLICIES - 1


def _too_many(allowed: int) -> Trouble:
    return (
        f"the associations and default roles of this stack have {allowed} policies already, allowed is {_MOST}",
        "join those of one cluster, or define this one in another stack, perhaps a nested one",
    )
