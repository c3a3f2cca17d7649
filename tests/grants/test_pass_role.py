"""Who may pass a role to Amazon Redshift."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_iam as iam

from redshift_roles import RedshiftGrants, RedshiftRole, RoleAssociationError
from tests.conftest import ACCOUNT, OTHER_ACCOUNT, REGION
from tests.support.builders import arn
from tests.support.functions import function_of
from tests.support.templates import all_properties_of, properties_of, template_of

POLICY = "AWS::IAM::ManagedPolicy"


def _wrong(role: iam.IRole, grantee: Any) -> tuple[str, str]:
    with pytest.raises(RoleAssociationError) as caught:
        RedshiftGrants.of(role).pass_role(grantee)
    (finding,) = caught.value.findings
    return finding.rule, finding.message


def test_fails_when_nobody_can_have_the_policy(stack: cdk.Stack) -> None:
    """A service has no policies."""
    assert (
        "InvalidArgument",
        "'grantee' must be a user, a group, a role, or what runs as a role, got a ServicePrincipal",
    ) == _wrong(RedshiftRole(stack, "Role"), iam.ServicePrincipal("ec2.amazonaws.com"))


def test_fails_when_the_grantee_is_of_another_account(stack: cdk.Stack) -> None:
    """CDK would attach the policy to the user of the same name here."""
    user = iam.User.from_user_arn(stack, "User", f"arn:aws:iam::{OTHER_ACCOUNT}:user/loader")

    assert (
        "RoleAccountMismatch",
        f"'grantee' (Data/User) is in account {OTHER_ACCOUNT}, the role is in {ACCOUNT}",
    ) == _wrong(RedshiftRole(stack, "Role"), user)
    assert [] == all_properties_of(stack, POLICY)


def test_fails_when_the_role_is_of_another_account(stack: cdk.Stack) -> None:
    """``iam:PassRole`` cannot cross accounts."""
    role = iam.Role.from_role_arn(stack, "Theirs", arn(account=OTHER_ACCOUNT))

    assert "RoleAccountMismatch" == _wrong(role, iam.User(stack, "User"))[0]


def _there(app: cdk.App, account: str = ACCOUNT, region: str = REGION) -> cdk.Stack:
    return cdk.Stack(app, "There", env=cdk.Environment(account=account, region=region))


@pytest.mark.parametrize(
    "make",
    [
        lambda stack: iam.Role.from_role_arn(stack, "Who", arn("loader", account=OTHER_ACCOUNT)),
        lambda stack: iam.Group.from_group_arn(stack, "Who", f"arn:aws:iam::{OTHER_ACCOUNT}:group/loaders"),
    ],
)
def test_fails_when_a_role_or_group_is_of_another_account(stack: cdk.Stack, make: Any) -> None:
    """Whatever it is, and nothing is written."""
    message = f"'grantee' (Data/Who) is in account {OTHER_ACCOUNT}, the role is in {ACCOUNT}"

    assert ("RoleAccountMismatch", message) == _wrong(RedshiftRole(stack, "Role"), make(stack))
    assert [] == all_properties_of(stack, POLICY)


def test_fails_when_the_grantee_is_defined_in_a_stack_of_another_account(app: cdk.App, stack: cdk.Stack) -> None:
    """The function's role is named, since that would have the policy."""
    function = function_of(_there(app, OTHER_ACCOUNT))
    message = f"'grantee' (There/Function/ServiceRole) is in account {OTHER_ACCOUNT}, the role is in {ACCOUNT}"

    assert ("RoleAccountMismatch", message) == _wrong(RedshiftRole(stack, "Role"), function)


def test_fails_when_a_user_of_this_account_is_imported_into_a_stack_of_another(app: cdk.App, stack: cdk.Stack) -> None:
    """A policy there would be on the user of the same name there."""
    there = _there(app, OTHER_ACCOUNT)
    user = iam.User.from_user_arn(there, "User", f"arn:aws:iam::{ACCOUNT}:user/loader")

    assert "RoleAccountMismatch" == _wrong(RedshiftRole(stack, "Role", role_name="loader"), user)[0]
    assert [] == all_properties_of(there, POLICY)


@pytest.mark.parametrize(
    "make",
    [
        lambda stack: iam.Role.from_role_arn(stack, "Who", arn("Who"), mutable=False),
        lambda stack: iam.Role(stack, "Who", assumed_by=iam.AccountRootPrincipal()).without_policy_updates(),
    ],
)
def test_fails_when_the_grantee_takes_no_policies(stack: cdk.Stack, make: Any) -> None:
    """The caller said that CDK attaches nothing to it; the message is true of an import and of a role of the app."""
    rule, message = _wrong(RedshiftRole(stack, "Role"), make(stack))

    assert "InvalidArgument" == rule
    assert message.endswith(
        ") was imported with mutable=False or is a role.without_policy_updates(): CDK attaches no policy to it"
    )
    assert [] == all_properties_of(stack, POLICY)


def test_fails_when_the_grantee_is_in_another_region_and_the_role_has_no_name(app: cdk.App, stack: cdk.Stack) -> None:
    """CDK would fail at synth time, far from this line; with a name it works."""
    there = _there(app, region="us-east-1")

    assert "InvalidArgument" == _wrong(RedshiftRole(stack, "Role"), iam.User(there, "User"))[0]


def test_fails_when_the_grantee_is_in_a_stack_that_names_no_environment(stack: cdk.Stack, agnostic: cdk.Stack) -> None:
    """CDK cannot refer to the role from there either."""
    assert "InvalidArgument" == _wrong(RedshiftRole(stack, "Role"), iam.User(agnostic, "User"))[0]


def test_fails_when_the_grantee_is_in_another_stage(app: cdk.App, stack: cdk.Stack) -> None:
    """CDK refuses references between Stages at synth time."""
    there = cdk.Stack(cdk.Stage(app, "Stage"), "There", env=cdk.Environment(account=ACCOUNT, region=REGION))

    assert "InvalidArgument" == _wrong(RedshiftRole(stack, "Role"), iam.User(there, "User"))[0]


def test_a_refused_grantee_leaves_nothing_and_another_one_works(stack: cdk.Stack) -> None:
    """Nothing half-built stands in the way."""
    role = RedshiftRole(stack, "Role")
    before = [construct.node.path for construct in stack.node.find_all()]
    _wrong(role, iam.ServicePrincipal("ec2.amazonaws.com"))

    assert before == [construct.node.path for construct in stack.node.find_all()]
    assert role.redshift_grants.pass_role(iam.User(stack, "User")).success


def test_a_named_role_is_passed_in_another_region(app: cdk.App, stack: cdk.Stack) -> None:
    """IAM knows no regions."""
    there = _there(app, region="us-east-1")
    RedshiftRole(stack, "Role", role_name="loader").redshift_grants.pass_role(iam.User(there, "User"))

    assert {"Fn::Join": ["", ["arn:", {"Ref": "AWS::Partition"}, f":iam::{ACCOUNT}:role/loader"]]} == (
        properties_of(there, POLICY)["PolicyDocument"]["Statement"][0]["Resource"]
    )


def test_roles_of_two_regions_are_passed_by_one_user(app: cdk.App, stack: cdk.Stack) -> None:
    """Each is named as the user's stack can, in one policy."""
    there = _there(app, region="us-east-1")
    user, beside = iam.User(there, "User"), RedshiftRole(there, "Beside")
    RedshiftRole(stack, "Role", role_name="loader").redshift_grants.pass_role(user)
    beside.redshift_grants.pass_role(user)
    (statement,) = properties_of(there, POLICY)["PolicyDocument"]["Statement"]

    assert 2 == len(statement["Resource"])
    assert there.resolve(beside.role_arn) in statement["Resource"]


def test_the_policy_is_in_the_stack_of_the_grantee(app: cdk.App, stack: cdk.Stack) -> None:
    """It imports the role's ARN; the role's stack knows nothing of it."""
    there = _there(app)
    RedshiftRole(stack, "Role").redshift_grants.pass_role(iam.User(there, "User"))

    assert [] == all_properties_of(stack, POLICY)
    assert 1 == len(all_properties_of(there, POLICY))
    assert [stack] == there.dependencies


@pytest.mark.parametrize(
    ("kind", "make"),
    [
        ("Users", lambda stack: iam.User(stack, "Who")),
        ("Groups", lambda stack: iam.Group(stack, "Who")),
        ("Roles", lambda stack: iam.Role(stack, "Who", assumed_by=iam.AccountRootPrincipal())),
        ("Users", lambda stack: iam.User.from_user_name(stack, "Who", "loader")),
        ("Groups", lambda stack: iam.Group.from_group_name(stack, "Who", "loaders")),
        ("Roles", lambda stack: iam.Role.from_role_name(stack, "Who", "loader")),
        ("Roles", lambda stack: iam.LazyRole(stack, "Who", assumed_by=iam.AccountRootPrincipal())),
        ("Users", lambda stack: iam.User.from_user_arn(stack, "Who", cdk.Fn.import_value("User"))),
    ],
)
def test_users_groups_and_roles_may_pass_it(stack: cdk.Stack, kind: str, make: Any) -> None:
    """By a managed policy, with one statement for this role and this service."""
    role, who = RedshiftRole(stack, "Role"), make(stack)
    grant = role.redshift_grants.pass_role(who)
    policy = properties_of(stack, POLICY)

    assert 1 == len(policy[kind])
    assert [
        {
            "Sid": "PassRolesToRedshift",
            "Effect": "Allow",
            "Action": "iam:PassRole",
            "Resource": stack.resolve(role.role_arn),
            "Condition": {"StringEquals": {"iam:PassedToService": "redshift.amazonaws.com"}},
        }
    ] == policy["PolicyDocument"]["Statement"]
    assert grant.success
    assert [] == all_properties_of(stack, "AWS::IAM::Policy")


def test_what_runs_as_a_role_may_pass_it(stack: cdk.Stack) -> None:
    """The policy is on the role of the function."""
    function = function_of(stack)
    RedshiftRole(stack, "Role").redshift_grants.pass_role(function)

    assert [[stack.resolve(function.role.role_name)]] == [p["Roles"] for p in all_properties_of(stack, POLICY)]  # type: ignore[union-attr]


def test_two_roles_are_one_policy(stack: cdk.Stack) -> None:
    """Whoever passes two roles has one policy; calling twice adds nothing."""
    user = iam.User(stack, "User")
    for name in ("A", "B", "A"):
        role: Any = stack.node.try_find_child(name) or RedshiftRole(stack, name)
        role.redshift_grants.pass_role(user)
    (statement,) = properties_of(stack, POLICY)["PolicyDocument"]["Statement"]

    assert 2 == len(statement["Resource"])


@pytest.mark.parametrize(
    "make",
    [
        function_of,
        lambda stack: iam.User.from_user_name(stack, "Who", "loader"),
        lambda stack: iam.Group.from_group_name(stack, "Who", "loaders"),
        lambda stack: iam.Role.from_role_name(stack, "Who", "loader"),
        lambda stack: iam.Role.from_role_name(stack, "Who", "loader").grant_principal,
    ],
)
def test_two_roles_are_one_policy_of_whoever_cdk_hands_out(stack: cdk.Stack, make: Any) -> None:
    """CDK makes another Python object each time for who is behind a function or an import; calling twice adds
    nothing.
    """
    who, roles = make(stack), [RedshiftRole(stack, name) for name in ("A", "B")]
    for role in (*roles, roles[0]):
        role.redshift_grants.pass_role(who)
    (statement,) = properties_of(stack, POLICY)["PolicyDocument"]["Statement"]

    assert [stack.resolve(role.role_arn) for role in roles] == statement["Resource"]


def test_a_role_of_serverless_is_passed_to_it_too(stack: cdk.Stack) -> None:
    """A namespace takes it from another service."""
    RedshiftRole(stack, "Role", serverless=True).redshift_grants.pass_role(iam.User(stack, "User"))
    (statement,) = properties_of(stack, POLICY)["PolicyDocument"]["Statement"]

    assert ["redshift.amazonaws.com", "redshift-serverless.amazonaws.com"] == (
        statement["Condition"]["StringEquals"]["iam:PassedToService"]
    )


def test_a_role_that_takes_no_policies_can_still_be_passed(stack: cdk.Stack) -> None:
    """The policy is not on it."""
    role = iam.Role.from_role_arn(stack, "Fixed", arn("Fixed"), mutable=False)
    RedshiftGrants.of(role).pass_role(iam.User(stack, "User"))

    assert arn("Fixed") == properties_of(stack, POLICY)["PolicyDocument"]["Statement"][0]["Resource"]


def test_a_literal_account_in_a_stack_without_one_brings_the_rule(agnostic: cdk.Stack) -> None:
    """A deployment to another account stops before any resource is touched."""
    RedshiftGrants.of(iam.Role.from_role_arn(agnostic, "Role", arn())).pass_role(iam.User(agnostic, "User"))

    assert "RedshiftRolesAccount" in template_of(agnostic)["Rules"]


def test_what_a_role_that_others_made_may_pass_is_in_the_report(app: cdk.App, stack: cdk.Stack) -> None:
    """CDK was told to write no policies for roles; a user's is written."""
    iam.Role.customize_roles(stack, use_precreated_roles={"Role": "first", "Who": "second"})
    role = RedshiftRole(stack, "Role")
    who = iam.Role(stack, "Who", assumed_by=iam.AccountRootPrincipal())
    user = iam.User(stack, "User")
    for grantee in (who, user):
        role.redshift_grants.pass_role(grantee)
    report = json.loads((Path(app.synth().directory) / "iam-policy-report.json").read_text())["roles"]
    passed = {found["roleName"]: [one["Action"] for one in found["identityPolicyStatements"]] for found in report}

    assert {"first": [], "second": ["iam:PassRole"]} == passed
    assert [[stack.resolve(user.user_name)]] == [policy["Users"] for policy in all_properties_of(stack, POLICY)]
