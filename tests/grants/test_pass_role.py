"""Who may pass a role to Amazon Redshift."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_iam as iam

from redshift_roles import RedshiftGrants, RedshiftRole
from tests.conftest import ACCOUNT, OTHER_ACCOUNT, REGION
from tests.support.builders import arn
from tests.support.functions import function_of
from tests.support.granted import POLICY, all_statements_of, stack_in, wrong
from tests.support.templates import all_properties_of, properties_of, template_of


def _there(app: cdk.App, account: str = ACCOUNT, region: str = REGION) -> cdk.Stack:
    return stack_in(app, account=account, region=region)


def _user(stack: cdk.Stack, account: str = ACCOUNT) -> iam.IUser:
    return iam.User.from_user_arn(stack, "Who", f"arn:aws:iam::{account}:user/loader")


def test_fails_when_the_grantee_has_no_policies_and_leaves_nothing(stack: cdk.Stack, grants: RedshiftGrants) -> None:
    """A service has no policies; another grantee works."""
    before = [construct.node.path for construct in stack.node.find_all()]
    message = "'grantee' must be a user, a group, a role, or what runs as a role, got a ServicePrincipal"

    assert [("InvalidArgument", message)] == wrong(lambda: grants.pass_role(iam.ServicePrincipal("ec2.amazonaws.com")))
    assert before == [construct.node.path for construct in stack.node.find_all()]
    grants.pass_role(iam.User(stack, "User"))


THEIRS, OURS = f"in account {OTHER_ACCOUNT}, the role is in {ACCOUNT}", f"in account {ACCOUNT}"


@pytest.mark.parametrize(
    ("home", "make", "message"),
    [
        (ACCOUNT, lambda stack: _user(stack, OTHER_ACCOUNT), f"(There/Who) is {THEIRS}"),
        (
            ACCOUNT,
            lambda stack: iam.Role.from_role_arn(stack, "Who", arn("loader", account=OTHER_ACCOUNT)),
            f"(There/Who) is {THEIRS}",
        ),
        (
            ACCOUNT,
            lambda stack: iam.Group.from_group_arn(stack, "Who", f"arn:aws:iam::{OTHER_ACCOUNT}:group/loaders"),
            f"(There/Who) is {THEIRS}",
        ),
        # The function's role is named, since that would have the policy.
        (OTHER_ACCOUNT, function_of, f"(There/Function/ServiceRole) is {THEIRS}"),
        # A policy there would be on the user of the same name there.
        (OTHER_ACCOUNT, _user, f"(There/Who) is {OURS}, its stack is in {OTHER_ACCOUNT}"),
    ],
)
def test_fails_when_the_grantee_is_of_another_account(
    app: cdk.App, grants: RedshiftGrants, home: str, make: Callable[..., Any], message: str
) -> None:
    """``iam:PassRole`` cannot cross accounts; CDK would attach the policy to whoever has the same name here."""
    there = _there(app, home)
    grantee = make(there)

    assert [("RoleAccountMismatch", f"'grantee' {message}")] == wrong(lambda: grants.pass_role(grantee))
    assert [] == all_properties_of(there, POLICY)


def test_fails_when_the_role_is_of_another_account(stack: cdk.Stack) -> None:
    """The same the other way round."""
    role = iam.Role.from_role_arn(stack, "Theirs", arn(account=OTHER_ACCOUNT))

    assert ["RoleAccountMismatch"] == [
        rule for rule, _ in wrong(lambda: RedshiftGrants.of(role).pass_role(iam.User(stack, "User")))
    ]


@pytest.mark.parametrize(
    "make",
    [
        lambda stack: iam.Role.from_role_arn(stack, "Who", arn("Who"), mutable=False),
        lambda stack: iam.Role(stack, "Who", assumed_by=iam.AccountRootPrincipal()).without_policy_updates(),
    ],
)
def test_fails_when_the_grantee_takes_no_policies(stack: cdk.Stack, grants: RedshiftGrants, make: Any) -> None:
    """The caller said that CDK attaches nothing to it; the message is true of an import and of a role of the app."""
    grantee = make(stack)
    ((rule, message),) = wrong(lambda: grants.pass_role(grantee))

    assert "InvalidArgument" == rule
    assert message.endswith(
        ") was imported with mutable=False or is a role.without_policy_updates(): CDK attaches no policy to it"
    )
    assert [] == all_properties_of(stack, POLICY)


@pytest.mark.parametrize(
    "there",
    [
        lambda app: _there(app, region="us-east-1"),
        lambda app: cdk.Stack(app, "Anywhere"),
        lambda app: cdk.Stack(cdk.Stage(app, "Stage"), "There", env=cdk.Environment(account=ACCOUNT, region=REGION)),
    ],
)
def test_fails_when_cdk_cannot_refer_to_the_role_from_the_stack_of_the_grantee(
    app: cdk.App, grants: RedshiftGrants, there: Callable[[cdk.App], cdk.Stack]
) -> None:
    """In another region, in a stack of no environment, in another Stage: CDK would fail at synth time."""
    user = iam.User(there(app), "User")

    assert ["InvalidArgument"] == [rule for rule, _ in wrong(lambda: grants.pass_role(user))]


def test_roles_of_two_regions_are_passed_by_one_user(app: cdk.App, stack: cdk.Stack) -> None:
    """IAM has no regions: each is named as the user's stack can, in one policy, once it has a name."""
    there = _there(app, region="us-east-1")
    user, beside = iam.User(there, "User"), RedshiftRole(there, "Beside")
    RedshiftRole(stack, "Role", role_name="loader").redshift_grants.pass_role(user)
    beside.redshift_grants.pass_role(user)
    (statement,) = all_statements_of(there)
    named = {"Fn::Join": ["", ["arn:", {"Ref": "AWS::Partition"}, f":iam::{ACCOUNT}:role/loader"]]}

    assert 2 == len(statement["Resource"])
    assert there.resolve(beside.role_arn) in statement["Resource"]
    assert named in statement["Resource"]


def test_the_policy_is_in_the_stack_of_the_grantee(app: cdk.App, stack: cdk.Stack, grants: RedshiftGrants) -> None:
    """It imports the role's ARN; the role's stack does not depend on it."""
    there = _there(app)
    grants.pass_role(iam.User(there, "User"))

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
        ("Roles", function_of),
    ],
)
def test_users_groups_and_roles_may_pass_it(
    stack: cdk.Stack, role: RedshiftRole, kind: str, make: Callable[[cdk.Stack], Any]
) -> None:
    """By a managed policy, with one statement for this role and this service; CDK's own names no service."""
    grantee = make(stack)
    role.redshift_grants.pass_role(grantee)
    attribute = {"Users": "user_name", "Groups": "group_name", "Roles": "role_name"}[kind]
    name = getattr(getattr(grantee, "role", grantee), attribute)

    assert [stack.resolve(name)] == properties_of(stack, POLICY)[kind]
    assert [
        {
            "Sid": "PassRolesToRedshift",
            "Effect": "Allow",
            "Action": "iam:PassRole",
            "Resource": stack.resolve(role.role_arn),
            "Condition": {"StringEquals": {"iam:PassedToService": "redshift.amazonaws.com"}},
        }
    ] == all_statements_of(stack)


@pytest.mark.parametrize(
    "make",
    [
        function_of,
        lambda stack: iam.User(stack, "Who"),
        lambda stack: iam.User.from_user_name(stack, "Who", "loader"),
        lambda stack: iam.Group.from_group_name(stack, "Who", "loaders"),
        lambda stack: iam.Role.from_role_name(stack, "Who", "loader"),
        lambda stack: iam.Role.from_role_name(stack, "Who", "loader").grant_principal,
    ],
)
def test_two_roles_are_one_policy(stack: cdk.Stack, make: Callable[[cdk.Stack], Any]) -> None:
    """CDK makes another Python object each time for who is behind a function or an import; calling twice adds
    nothing.
    """
    who, roles = make(stack), [RedshiftRole(stack, name) for name in ("A", "B")]
    for role in (*roles, roles[0]):
        role.redshift_grants.pass_role(who)
    (statement,) = all_statements_of(stack)

    assert [stack.resolve(role.role_arn) for role in roles] == statement["Resource"]


def test_a_role_of_serverless_is_passed_to_it_too(stack: cdk.Stack) -> None:
    """A namespace takes it from another service."""
    RedshiftRole(stack, "Role", serverless=True).redshift_grants.pass_role(iam.User(stack, "User"))
    (statement,) = all_statements_of(stack)

    assert ["redshift.amazonaws.com", "redshift-serverless.amazonaws.com"] == (
        statement["Condition"]["StringEquals"]["iam:PassedToService"]
    )


def test_a_role_that_takes_no_policies_can_still_be_passed(agnostic: cdk.Stack) -> None:
    """The policy is not on it. Its literal account brings the rule into a stack of no account."""
    role = iam.Role.from_role_arn(agnostic, "Fixed", arn("Fixed"), mutable=False)
    RedshiftGrants.of(role).pass_role(iam.User(agnostic, "User"))

    assert arn("Fixed") == all_statements_of(agnostic)[0]["Resource"]
    assert "RedshiftRolesAccount" in template_of(agnostic)["Rules"]


def test_what_a_role_that_others_made_may_pass_is_in_the_report(app: cdk.App, stack: cdk.Stack) -> None:
    """CDK was told to write no policies for roles; a user's is written."""
    iam.Role.customize_roles(stack, use_precreated_roles={"Role": "first", "Who": "second"})
    role = RedshiftRole(stack, "Role")
    who, user = iam.Role(stack, "Who", assumed_by=iam.AccountRootPrincipal()), iam.User(stack, "User")
    for grantee in (who, user):
        role.redshift_grants.pass_role(grantee)
    report = json.loads((Path(app.synth().directory) / "iam-policy-report.json").read_text())["roles"]
    passed = {found["roleName"]: [one["Action"] for one in found["identityPolicyStatements"]] for found in report}

    assert {"first": [], "second": ["iam:PassRole"]} == passed
    assert [[stack.resolve(user.user_name)]] == [policy["Users"] for policy in all_properties_of(stack, POLICY)]
