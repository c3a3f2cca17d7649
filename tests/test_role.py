"""The role that Redshift assumes."""

from __future__ import annotations

import json
from itertools import product
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_iam as iam

from redshift_roles import DbUser, RedshiftGrants, RedshiftRole, RoleAssociationError
from tests.conftest import ACCOUNT, REGION
from tests.support.templates import deployed, properties_of, template_of


def _principals(stack: cdk.Stack) -> list[str]:
    statements = properties_of(stack, "AWS::IAM::Role")["AssumeRolePolicyDocument"]["Statement"]
    assert all(s["Effect"] == "Allow" and s["Action"] == "sts:AssumeRole" for s in statements)
    listed = [statement["Principal"]["Service"] for statement in statements]
    return [name for names in listed for name in ([names] if isinstance(names, str) else names)]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"role_name": ""}, "'role_name' must be 1 to 64 letters, digits and +=,.@_-, got ''"),
        ({"path": "team"}, "'path' must be a path that begins and ends with a slash, at most 512, got 'team'"),
        ({"max_session_duration": 3600}, "'max_session_duration' must be a Duration, got 3600"),
        (
            {"max_session_duration": cdk.Duration.minutes(59)},
            "'max_session_duration' must be 3600 to 43200 (1 to 12 hours), got 3540 seconds",
        ),
        (
            {"max_session_duration": cdk.Duration.hours(cdk.Token.as_number(cdk.Fn.ref("Hours")))},
            "'max_session_duration' must be a token for seconds, got one for hours",
        ),
        ({"regions": []}, "'regions' must have at least one entry, got an empty list"),
        (
            {"regions": ["us-east-1", "cn-north-1"]},
            "'regions[1]' is 'cn-north-1' of partition aws-cn, the role is in aws",
        ),
        (
            {"regions": cdk.Token.as_list(cdk.Fn.ref("Regions"))},
            "'regions' must be a list whose entries are counted at synth, got a list that only the deployment knows",
        ),
        (
            {"serverless": cdk.Fn.ref("Serverless")},
            "'serverless' must be True or False, got a value that only the deployment knows",
        ),
        (
            {"db_users": [DbUser("loader", workgroup="wg-1")]},
            "'db_users[0]' is a user of a workgroup, and Redshift Serverless may not assume the role",
        ),
        ({"regions": "eu-west-1"}, "'regions' must be a list, got 'eu-west-1'"),
        ({"serverless": "yes"}, "'serverless' must be True or False, got 'yes'"),
        ({"managed_policies": ["ReadOnly"]}, "'managed_policies[0]' must be an iam.IManagedPolicy, got 'ReadOnly'"),
    ],
)
def test_fails_when_an_argument_is_wrong(stack: cdk.Stack, options: dict[str, object], message: str) -> None:
    """The error names the argument, the value and what is allowed, and no role is left behind."""
    with pytest.raises(RoleAssociationError) as caught:
        RedshiftRole(stack, "Role", **options)  # type: ignore[arg-type]

    assert [("InvalidArgument", "Data/Role", message)] == [(f.rule, f.path, f.message) for f in caught.value.findings]
    assert [] == stack.node.children


def test_fails_when_the_construct_has_no_name(stack: cdk.Stack) -> None:
    """An empty construct id is refused in our words."""
    with pytest.raises(RoleAssociationError, match="'construct_id' must be a literal name, got ''"):
        RedshiftRole(stack, "")


def test_fails_when_the_name_is_taken_and_keeps_the_first_role(stack: cdk.Stack) -> None:
    """CDK's own refusal of a second construct of one name does not remove the first."""
    first = RedshiftRole(stack, "Role")

    with pytest.raises(RuntimeError, match="There is already a Construct with name 'Role'"):
        RedshiftRole(stack, "Role")

    assert first is stack.node.find_child("Role")


def test_regions_are_of_the_partition_of_the_role(app: cdk.App, agnostic: cdk.Stack) -> None:
    """Where that is known; IAM knows no role of another partition."""
    china = cdk.Stack(app, "China", env=cdk.Environment(account=ACCOUNT, region="cn-north-1"))
    RedshiftRole(china, "Role", regions=["cn-northwest-1", cdk.Aws.REGION])
    RedshiftRole(agnostic, "Role", regions=["cn-north-1", "eu-west-1"])

    with pytest.raises(RoleAssociationError) as caught:
        RedshiftRole(china, "Wrong", regions=["eu-west-1"])

    assert ["drop it, and define another role in a stack of eu-west-1"] == [f.fix for f in caught.value.findings]


def test_a_plain_role_trusts_redshift_and_nothing_else(stack: cdk.Stack) -> None:
    """Without options the template has a role that provisioned clusters may assume, with no physical name."""
    RedshiftRole(stack, "Role")

    assert ["redshift.amazonaws.com"] == _principals(stack)
    assert {"AssumeRolePolicyDocument"} == set(properties_of(stack, "AWS::IAM::Role"))


@pytest.mark.parametrize(
    ("options", "principals"),
    [
        ({"serverless": True}, ["redshift.amazonaws.com", "redshift-serverless.amazonaws.com"]),
        ({"regions": ["eu-west-1"]}, ["redshift.eu-west-1.amazonaws.com"]),
        (
            {"regions": ["eu-west-1", "us-east-1", "eu-west-1"]},
            ["redshift.eu-west-1.amazonaws.com", "redshift.us-east-1.amazonaws.com"],
        ),
        (
            {"regions": ("eu-west-1",), "serverless": True},
            ["redshift.eu-west-1.amazonaws.com", "redshift-serverless.amazonaws.com"],
        ),
    ],
)
def test_the_trust_is_what_the_options_say(stack: cdk.Stack, options: dict[str, object], principals: list[str]) -> None:
    """Serverless adds its principal, regions replace the global one by regional ones."""
    RedshiftRole(stack, "Role", **options)  # type: ignore[arg-type]

    assert principals == _principals(stack)


def test_the_options_of_an_iam_role_reach_the_template(stack: cdk.Stack) -> None:
    """Name, path, description, session, boundary and policies are those of `iam.Role`."""
    boundary = iam.ManagedPolicy.from_managed_policy_name(stack, "Boundary", "boundary")
    policy = iam.ManagedPolicy.from_managed_policy_name(stack, "Policy", "loader")
    RedshiftRole(
        stack,
        "Role",
        role_name="loader",
        path="/redshift/",
        description="Loads sales",
        max_session_duration=cdk.Duration.hours(2),
        permissions_boundary=boundary,
        managed_policies=[policy],
    )

    properties = properties_of(stack, "AWS::IAM::Role")
    assert ("loader", "/redshift/", "Loads sales", 7200) == tuple(
        properties[name] for name in ("RoleName", "Path", "Description", "MaxSessionDuration")
    )
    assert stack.resolve(boundary.managed_policy_arn) == properties["PermissionsBoundary"]
    assert [stack.resolve(policy.managed_policy_arn)] == properties["ManagedPolicyArns"]


def test_it_is_an_iam_role(stack: cdk.Stack) -> None:
    """It takes policies, and goes wherever an `iam.IRole` goes."""
    role = RedshiftRole(stack, "Role")
    added = role.add_to_principal_policy(iam.PolicyStatement(actions=["s3:GetObject"], resources=["*"]))

    assert isinstance(role, iam.Role)
    assert added.statement_added
    assert "s3:GetObject" == properties_of(stack, "AWS::IAM::Policy")["PolicyDocument"]["Statement"][0]["Action"]


def test_tokens_pass_through(stack: cdk.Stack) -> None:
    """What only the deployment knows is not judged."""
    name = cdk.CfnParameter(stack, "Name").value_as_string
    RedshiftRole(stack, "Role", role_name=name, regions=[cdk.Aws.REGION])

    assert {"Ref": "Name"} == properties_of(stack, "AWS::IAM::Role")["RoleName"]


def test_fails_when_the_trust_policy_would_be_too_large(stack: cdk.Stack) -> None:
    """IAM refuses more than 2,048 characters, unless the quota was raised."""
    users = [DbUser(f"user{number:03}", cluster="warehouse") for number in range(40)]
    with pytest.raises(RoleAssociationError) as caught:
        RedshiftRole(stack, "Role", db_users=users)
    (finding,) = caught.value.findings

    assert "PolicyTooLarge" == finding.rule
    assert "characters, 'trust_policy_quota' is 2,048" in finding.message
    assert stack.node.try_find_child("Role") is None
    RedshiftRole(stack, "Role", db_users=users, trust_policy_quota=8192)


def test_a_trust_policy_is_measured_to_the_character(stack: cdk.Stack) -> None:
    """One that is exactly as large as allowed passes, and a character more does not."""

    def role(name: str, length: int) -> RedshiftRole:
        users = [DbUser("a" * 100, cluster=f"c{number}") for number in range(11)]
        return RedshiftRole(stack, name, db_users=[*users, DbUser("b" * length, cluster="warehouse")])

    def size(role: RedshiftRole) -> int:
        document = stack.resolve(role.assume_role_policy)
        return len(json.dumps(deployed(document, {"AWS::Partition": "aws"}), separators=(",", ":")))

    spare = 2048 - size(role("Small", 1))

    assert 2048 == size(role("Full", 1 + spare))
    with pytest.raises(RoleAssociationError, match="2,049 characters"):
        role("Over", 2 + spare)


def test_users_and_clusters_restrict_the_trust(stack: cdk.Stack) -> None:
    """In the role's own partition, region and account."""
    RedshiftRole(stack, "Role", db_users=[DbUser("loader", cluster="warehouse")], source_clusters=["warehouse"])
    (statement,) = properties_of(stack, "AWS::IAM::Role")["AssumeRolePolicyDocument"]["Statement"]
    home = f":redshift:{REGION}:{ACCOUNT}:"

    assert {
        "StringEquals": {
            "sts:ExternalId": [f"arn:aws{home}dbuser:warehouse/loader"],
            "aws:SourceAccount": [ACCOUNT],
        },
        "ArnLike": {"aws:SourceArn": [f"arn:aws{home}cluster:warehouse"]},
    } == deployed(statement["Condition"], {"AWS::Partition": "aws"})


def test_a_role_names_itself_in_sql(stack: cdk.Stack) -> None:
    """The clause can be a stack output."""
    role = RedshiftRole(stack, "Role")
    cdk.CfnOutput(stack, "Clause", value=role.iam_role_clause)

    assert ["", ["IAM_ROLE '", stack.resolve(role.role_arn), "'"]] == (
        template_of(stack)["Outputs"]["Clause"]["Value"]["Fn::Join"]
    )


@pytest.mark.parametrize(
    ("options", "messages"),
    [
        ({"db_users": []}, ["'db_users' must have at least one entry, got an empty list"]),
        ({"db_users": ["loader"]}, ["'db_users[0]' must be a DbUser, got 'loader'"]),
        ({"source_clusters": []}, ["'source_clusters' must have at least one entry, got an empty list"]),
        ({"source_clusters": "warehouse"}, ["'source_clusters' must be a list, got 'warehouse'"]),
        ({"trust_policy_quota": 2047}, ["'trust_policy_quota' must be a whole number from 2048 to 8192, got 2047"]),
        ({"trust_policy_quota": 8193}, ["'trust_policy_quota' must be a whole number from 2048 to 8192, got 8193"]),
        (
            {"serverless": 1, "regions": [], "db_users": [], "source_clusters": [], "trust_policy_quota": 0},
            [
                "'serverless' must be True or False, got 1",
                "'regions' must have at least one entry, got an empty list",
                "'db_users' must have at least one entry, got an empty list",
                "'source_clusters' must have at least one entry, got an empty list",
                "'trust_policy_quota' must be a whole number from 2048 to 8192, got 0",
            ],
        ),
    ],
)
def test_fails_when_the_trust_is_restricted_in_a_way_that_iam_refuses(
    stack: cdk.Stack, options: dict[str, Any], messages: list[str]
) -> None:
    """Everything is told at once, and no role is left behind."""
    with pytest.raises(RoleAssociationError) as caught:
        RedshiftRole(stack, "Role", **options)

    assert [("InvalidArgument", message) for message in messages] == [
        (f.rule, f.message) for f in caught.value.findings
    ]
    assert [] == stack.node.children


@pytest.mark.parametrize(
    ("serverless", "regions", "users", "clusters"), list(product([False, True], repeat=4)), ids=str
)
def test_every_combination_of_restrictions_is_in_the_trust(
    stack: cdk.Stack, serverless: bool, regions: bool, users: bool, clusters: bool
) -> None:
    """Principals by region and Serverless, users on both, clusters on provisioned ones alone, the account on both."""
    RedshiftRole(
        stack,
        "Role",
        serverless=serverless,
        regions=["us-east-1"] if regions else None,
        db_users=[DbUser("loader", cluster="warehouse")] if users else None,
        source_clusters=["warehouse"] if clusters else None,
    )
    region = "us-east-1" if regions else REGION
    equal: dict[str, list[str]] = {}
    if users:
        equal["sts:ExternalId"] = [f"arn:aws:redshift:{region}:{ACCOUNT}:dbuser:warehouse/loader"]
    if clusters:
        equal["aws:SourceAccount"] = [ACCOUNT]
    like = {"aws:SourceArn": [f"arn:aws:redshift:{region}:{ACCOUNT}:cluster:warehouse"]} if clusters else {}
    of_clusters = {operator: tests for operator, tests in (("StringEquals", equal), ("ArnLike", like)) if tests}
    expected = {f"redshift.{region}.amazonaws.com" if regions else "redshift.amazonaws.com": of_clusters}
    if serverless:
        expected["redshift-serverless.amazonaws.com"] = {"StringEquals": equal} if equal else {}
    statements = properties_of(stack, "AWS::IAM::Role")["AssumeRolePolicyDocument"]["Statement"]
    services = [
        (service, deployed(statement.get("Condition", {}), {"AWS::Partition": "aws"}))
        for statement in statements
        for service in (
            statement["Principal"]["Service"]
            if isinstance(statement["Principal"]["Service"], list)
            else [statement["Principal"]["Service"]]
        )
    ]

    assert expected == dict(services)
    assert len(expected) == len(services)


def test_a_restricted_role_in_a_stack_without_an_environment_names_the_deployments(agnostic: cdk.Stack) -> None:
    """Region and account are those of the deployment."""
    RedshiftRole(agnostic, "Role", db_users=[DbUser("loader", cluster="warehouse")], source_clusters=["warehouse"])
    (statement,) = properties_of(agnostic, "AWS::IAM::Role")["AssumeRolePolicyDocument"]["Statement"]
    references = {name: name.removeprefix("AWS::") for name in ("AWS::Partition", "AWS::Region", "AWS::AccountId")}

    assert {
        "StringEquals": {
            "sts:ExternalId": ["arn:Partition:redshift:Region:AccountId:dbuser:warehouse/loader"],
            "aws:SourceAccount": ["AccountId"],
        },
        "ArnLike": {"aws:SourceArn": ["arn:Partition:redshift:Region:AccountId:cluster:warehouse"]},
    } == deployed(statement["Condition"], references)


@pytest.mark.parametrize("quota", [2048, 8192])
def test_the_least_and_the_greatest_quota_are_allowed(stack: cdk.Stack, quota: int) -> None:
    """What IAM allows unless the quota was raised, and the most to which it can be."""
    RedshiftRole(stack, "Role", db_users=[DbUser("loader", cluster="warehouse")], trust_policy_quota=quota)

    assert ["redshift.amazonaws.com"] == _principals(stack)


def test_its_grants_are_its_own(stack: cdk.Stack) -> None:
    """The same, however they are asked for; none is written until one is granted."""
    role = RedshiftRole(stack, "Role")
    before = role.redshift_grants.policies
    role.redshift_grants.copy_from_emr("j-1")

    assert () == before
    assert RedshiftGrants.of(role).policies == role.redshift_grants.policies != ()
