"""Role associations as the guard finds them in the templates of an app."""

from __future__ import annotations

import aws_cdk as cdk
import pytest
from aws_cdk import aws_iam as iam

from redshift_roles import RedshiftRole, RoleAssociationRules
from tests.support.associations import ENVIRONMENT, associate
from tests.support.builders import arn
from tests.support.templates import report_of, the_violation_of


def test_fails_when_an_association_waits_for_another_one_of_its_cluster(app: cdk.App, stack: cdk.Stack) -> None:
    """They are one resource; CloudFormation would only say that there is a circle."""
    first = associate(stack, "First", RedshiftRole(stack, "Role"))
    associate(stack, "Second", RedshiftRole(stack, "Another")).node.add_dependency(first)
    associate(stack, "Lake", RedshiftRole(stack, "One"), cluster="lake").node.add_dependency(first)

    *found, message = the_violation_of(app)
    assert ["fatal InvalidArgument", "Data/Second"] == found
    assert message.startswith("the association waits for another one of its cluster")


def test_fails_when_two_stacks_set_the_default_of_one_cluster(app: cdk.App) -> None:
    """When the app is synthesized; the message and the finding name the associations."""
    for name in ("One", "Two"):
        stack = cdk.Stack(app, name, env=ENVIRONMENT)
        associate(stack, "Other", iam.Role.from_role_arn(stack, "Another", arn(f"Another{name}")))
        role = RedshiftRole(stack, "Role")
        associate(stack, "Association", role, default_role=role)

    *found, message = the_violation_of(app)
    assert ["fatal InvalidArgument", "Two/Association"] == found
    assert "One/Association sets the default role of the same cluster too" in message


def test_fails_when_two_stacks_associate_one_role(app: cdk.App) -> None:
    """Also where both are called the same there; the finding names the association that has the role."""
    for name in ("One", "Two"):
        stack = cdk.Stack(app, name, env=ENVIRONMENT)
        associate(stack, "Other", iam.Role.from_role_arn(stack, "Another", arn(f"Another{name}")))
        associate(stack, "Association", iam.Role.from_role_arn(stack, "Imported", arn("Loader")))

    *found, message = the_violation_of(app)
    assert ["fatal RoleDuplicated", "Two/Association"] == found
    assert message.endswith("is associated with the same cluster by One/Association too")


def test_fails_when_two_stacks_give_one_cluster_more_roles_than_it_may_have(app: cdk.App) -> None:
    """The finding names the association that goes beyond the limit, and how many roles there are in all."""
    for name, first in (("One", 0), ("Two", 6)):
        stack = cdk.Stack(app, name, env=ENVIRONMENT)
        roles = [iam.Role.from_role_arn(stack, f"R{n}", arn(f"R{n}")) for n in range(first, first + 6)]
        associate(stack, "Association", *roles)

    *found, message = the_violation_of(app)
    assert ["fatal RoleQuotaExceeded", "Two/Association"] == found
    assert "RoleArns with the cluster's other roles has 12 entries, 'role_limit' is 10" == message


def test_fails_when_a_limit_is_changed_to_more_than_the_quota(app: cdk.App, stack: cdk.Stack) -> None:
    """The template has the limit that the function will keep."""
    associate(stack, "Association", RedshiftRole(stack, "Role"))
    for construct in stack.node.find_all():
        if isinstance(construct, cdk.CfnResource) and construct.cfn_resource_type.endswith("RoleAssociation"):
            construct.add_property_override("RoleLimit", "51")

    *found, message = the_violation_of(app)
    assert ["fatal RoleLimitOutOfRange", "Data/Association"] == found
    assert "'role_limit' must be 1 to 50 in eu-west-1, got 51" == message


@pytest.mark.parametrize("stages", [True, False])
def test_stacks_that_name_no_account_may_be_of_two(app: cdk.App, stages: bool) -> None:
    """One app for development and production, with the same names in both."""
    for name in ("Dev", "Prod"):
        stack = cdk.Stack(cdk.Stage(app, name) if stages else app, "Data" if stages else name)
        associate(stack, f"Association{name}", iam.Role.from_role_name(stack, f"Imported{name}", "Loader"))

    assert [] == report_of(app)


def test_fails_when_redshift_may_not_assume_a_role(app: cdk.App, stack: cdk.Stack) -> None:
    """By its finished trust policy; the finding names the association that has the role."""
    associate(stack, "First", RedshiftRole(stack, "Good"))
    bad = iam.Role(stack, "Bad", assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"))
    grown = iam.Role(stack, "Grown", assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"))
    associate(stack, "Second", bad, grown)
    assert grown.assume_role_policy is not None
    grown.assume_role_policy.add_statements(
        iam.PolicyStatement(actions=["sts:AssumeRole"], principals=[iam.ServicePrincipal("redshift.amazonaws.com")])
    )

    *found, message = the_violation_of(app)
    assert ["fatal TrustLacksRedshift", "Data/Second"] == found
    assert "trusts lambda.amazonaws.com; Redshift in eu-west-1 cannot assume it" in message


def test_a_role_of_an_account_that_nobody_knows_warns_and_can_be_acknowledged(app: cdk.App, stack: cdk.Stack) -> None:
    """The synthesis goes on; the finding names the association that has the role."""
    for name in ("Shared", "Answered"):
        given = cdk.CfnParameter(stack, f"{name}Arn").value_as_string
        association = associate(stack, name, iam.Role.from_role_arn(stack, f"{name}Role", given), cluster=name.lower())
    cdk.Validations.of(association).acknowledge(
        cdk.Acknowledgment(id="redshift-roles::RoleAccountUndecided", reason="of the platform team, in this account")
    )
    app.synth()

    *found, message = the_violation_of(app)
    assert ["warning RoleAccountUndecided", "Data/Shared"] == found
    assert "RoleArns[0] is ${SharedArn}, whose account only the deployment knows" in message


def test_a_finding_about_an_association_is_reported_once_beside_the_plugin(app: cdk.App, stack: cdk.Stack) -> None:
    """The plug-in leaves out the associations that the guard checks."""
    cdk.Validations.of(app).add_plugins(RoleAssociationRules())
    role = iam.Role(stack, "Untrusting", assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"))
    associate(stack, "Association", role)

    assert ["TrustLacksRedshift"] == [violation["ruleName"] for violation in report_of(app)]
