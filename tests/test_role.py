"""The role that Redshift assumes."""

from __future__ import annotations

import json
from itertools import product
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_iam as iam

from redshift_roles import DbUser, RedshiftCluster, RedshiftGrants, RedshiftRole, RoleAssociationError
from tests.conftest import ACCOUNT, REGION
from tests.support.associations import refused
from tests.support.templates import deployed, properties_of, report_of, template_of

LOADER = DbUser("loader", cluster="warehouse")
HOURS = cdk.Duration.hours(cdk.Token.as_number(cdk.Fn.ref("Hours")))
LIST = cdk.Token.as_list(cdk.Fn.ref("Regions"))


def _trust(stack: cdk.Stack, **references: str) -> list[tuple[str, Any]]:
    """List the services that may assume the only role, each with its condition."""
    statements = properties_of(stack, "AWS::IAM::Role")["AssumeRolePolicyDocument"]["Statement"]
    assert all(s["Effect"] == "Allow" and s["Action"] == "sts:AssumeRole" for s in statements)
    return [
        (name, deployed(statement.get("Condition", {}), {"AWS::Partition": "aws", **references}))
        for statement in statements
        for names in [statement["Principal"]["Service"]]
        for name in ([names] if isinstance(names, str) else names)
    ]


@pytest.mark.parametrize(
    ("options", "messages"),
    [
        ({"role_name": ""}, ["'role_name' must be 1 to 64 letters, digits and +=,.@_-, got ''"]),
        ({"path": "team"}, ["'path' must be a path that begins and ends with a slash, at most 512, got 'team'"]),
        ({"max_session_duration": 3600}, ["'max_session_duration' must be a Duration, got 3600"]),
        ({"max_session_duration": cdk.Duration.minutes(59)}, ["'max_session_duration' must be"]),
        ({"max_session_duration": HOURS}, ["'max_session_duration' must be a token for seconds, got one for hours"]),
        ({"regions": []}, ["'regions' must have at least one"]),
        ({"regions": "eu-west-1"}, ["'regions' must be a list, got 'eu-west-1'"]),
        (
            {"regions": ["us-east-1", "cn-north-1"]},
            ["'regions[1]' must be of partition aws, got 'cn-north-1' of aws-cn"],
        ),
        ({"regions": LIST}, ["'regions' must be a list whose entries are counted at synth"]),
        ({"serverless": "yes"}, ["'serverless' must be True or False, got 'yes'"]),
        ({"serverless": cdk.Fn.ref("Serverless")}, ["'serverless' must be True or False, got a value that only"]),
        ({"managed_policies": ["A"]}, ["'managed_policies[0]' must be an iam.IManagedPolicy, got 'A'"]),
        ({"db_users": [DbUser("loader", workgroup="wg-1")]}, ["'db_users[0]'"]),
        ({"db_users": ["loader"]}, ["'db_users[0]' must be a DbUser, got 'loader'"]),
        ({"source_clusters": "warehouse"}, ["'source_clusters' must be a list, got 'warehouse'"]),
        ({"trust_policy_quota": 2047}, ["'trust_policy_quota' must be a whole number from 2048 to 8192, got 2047"]),
        ({"trust_policy_quota": 8193}, ["'trust_policy_quota' must be a whole number from 2048 to 8192, got 8193"]),
        (
            {"serverless": 1, "regions": [], "db_users": [], "source_clusters": [], "trust_policy_quota": 0},
            ["'serverless'", "'regions'", "'db_users'", "'source_clusters'", "'trust_policy_quota'"],
        ),
    ],
)
def test_fails_when_an_argument_is_wrong(stack: cdk.Stack, options: dict[str, Any], messages: list[str]) -> None:
    """Everything is reported at once, and no role is left behind."""
    found = refused(lambda: RedshiftRole(stack, "Role", **options))

    assert ["InvalidArgument"] * len(messages) == [rule for rule, _ in found]
    assert [True] * len(messages) == [text.startswith(part) for (_, text), part in zip(found, messages, strict=True)]
    assert [] == stack.node.children


def test_fails_when_the_construct_has_no_id_or_one_that_is_taken(stack: cdk.Stack) -> None:
    """An empty id is reported in our words; CDK's error for a second construct leaves the first one."""
    first = RedshiftRole(stack, "Role")

    with pytest.raises(RoleAssociationError, match="'construct_id' must be a literal name"):
        RedshiftRole(stack, "")
    with pytest.raises(RuntimeError, match="There is already a Construct with name 'Role'"):
        RedshiftRole(stack, "Role")
    assert first is stack.node.find_child("Role")


def test_regions_are_of_the_partition_of_the_role(app: cdk.App, agnostic: cdk.Stack) -> None:
    """Where that is known; a role exists in one partition."""
    china = cdk.Stack(app, "China", env=cdk.Environment(account=ACCOUNT, region="cn-north-1"))
    RedshiftRole(china, "Role", regions=["cn-northwest-1", cdk.Aws.REGION])
    RedshiftRole(agnostic, "Role", regions=["cn-north-1", "eu-west-1"])

    with pytest.raises(RoleAssociationError) as caught:
        RedshiftRole(china, "Wrong", regions=["eu-west-1"])
    assert ["drop it, and define another role in a stack of eu-west-1"] == [f.fix for f in caught.value.findings]


@pytest.mark.parametrize(
    ("options", "services"),
    [
        ({}, ["redshift"]),
        ({"serverless": True}, ["redshift", "redshift-serverless"]),
        ({"regions": ["eu-west-1"]}, ["redshift.eu-west-1"]),
        (
            {"regions": ["eu-west-1", "us-east-1", "eu-west-1"]},
            ["redshift.eu-west-1", "redshift.us-east-1"],
        ),
        ({"regions": ("eu-west-1",), "serverless": True}, ["redshift.eu-west-1", "redshift", "redshift-serverless"]),
    ],
)
def test_the_trust_is_what_the_options_say(stack: cdk.Stack, options: dict[str, Any], services: list[str]) -> None:
    """Regions replace the global principal by regional ones, Serverless has both global ones; there is nothing else."""
    RedshiftRole(stack, "Role", **options)

    assert [(f"{service}.amazonaws.com", {}) for service in services] == _trust(stack)
    assert {"AssumeRolePolicyDocument"} == set(properties_of(stack, "AWS::IAM::Role"))


def test_it_is_an_iam_role_with_its_options(stack: cdk.Stack) -> None:
    """It takes policies, and goes wherever an `iam.IRole` goes; tokens reach the template."""
    boundary = iam.ManagedPolicy.from_managed_policy_name(stack, "Boundary", "boundary")
    policy = iam.ManagedPolicy.from_managed_policy_name(stack, "Policy", "loader")
    role = RedshiftRole(
        stack,
        "Role",
        role_name=cdk.CfnParameter(stack, "Name").value_as_string,
        path="/redshift/",
        description="Loads sales",
        max_session_duration=cdk.Duration.hours(2),
        permissions_boundary=boundary,
        managed_policies=[policy],
        regions=[cdk.Aws.REGION],
    )
    added = role.add_to_principal_policy(iam.PolicyStatement(actions=["s3:GetObject"], resources=["*"]))
    properties = properties_of(stack, "AWS::IAM::Role")
    del properties["AssumeRolePolicyDocument"]

    assert isinstance(role, iam.Role)
    assert added.statement_added
    assert "s3:GetObject" == properties_of(stack, "AWS::IAM::Policy")["PolicyDocument"]["Statement"][0]["Action"]
    assert {
        "RoleName": {"Ref": "Name"},
        "Path": "/redshift/",
        "Description": "Loads sales",
        "MaxSessionDuration": 7200,
        "PermissionsBoundary": stack.resolve(boundary.managed_policy_arn),
        "ManagedPolicyArns": [stack.resolve(policy.managed_policy_arn)],
    } == properties


def test_fails_when_the_trust_policy_would_be_too_large(stack: cdk.Stack) -> None:
    """IAM refuses more than 2,048 characters, unless the quota was raised."""
    users = [DbUser(f"user{number:03}", cluster="warehouse") for number in range(40)]
    ((rule, message),) = refused(lambda: RedshiftRole(stack, "Role", db_users=users))

    assert "PolicyTooLarge" == rule
    assert "a trust policy must have at most 2,048 characters ('trust_policy_quota'), got 2,862" == message
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
    with pytest.raises(RoleAssociationError, match="got 2,049"):
        role("Over", 2 + spare)


def test_a_role_names_itself_in_sql(stack: cdk.Stack) -> None:
    """The clause can be a stack output."""
    role = RedshiftRole(stack, "Role")
    cdk.CfnOutput(stack, "Clause", value=role.iam_role_clause)

    assert ["", ["IAM_ROLE '", stack.resolve(role.role_arn), "'"]] == (
        template_of(stack)["Outputs"]["Clause"]["Value"]["Fn::Join"]
    )


@pytest.mark.parametrize(
    ("serverless", "regions", "users", "clusters"), list(product([False, True], repeat=4)), ids=str
)
def test_every_combination_of_restrictions_is_in_the_trust(
    stack: cdk.Stack, serverless: bool, regions: bool, users: bool, clusters: bool
) -> None:
    """Users and the account are on all principals; clusters are not on the two that Serverless must have."""
    RedshiftRole(
        stack,
        "Role",
        serverless=serverless,
        regions=["us-east-1"] if regions else None,
        db_users=[LOADER] if users else None,
        source_clusters=["warehouse"] if clusters else None,
    )
    region = "us-east-1" if regions else REGION
    home = f"arn:aws:redshift:{region}:{ACCOUNT}"
    equal: dict[str, list[str]] = {"sts:ExternalId": [f"{home}:dbuser:warehouse/loader"]} if users else {}
    equal |= {"aws:SourceAccount": [ACCOUNT]} if clusters else {}
    like = {"aws:SourceArn": [f"{home}:cluster:warehouse"]} if clusters else {}
    of_clusters = {operator: tests for operator, tests in (("StringEquals", equal), ("ArnLike", like)) if tests}
    expected = [(f"redshift.{region}.amazonaws.com" if regions else "redshift.amazonaws.com", of_clusters)]
    if serverless:
        both = ("redshift.amazonaws.com", "redshift-serverless.amazonaws.com")
        expected += [(name, {"StringEquals": equal} if equal else {}) for name in both[not (regions or clusters) :]]

    assert expected == _trust(stack)


def test_a_restricted_role_in_a_stack_without_an_environment_names_the_deployments(agnostic: cdk.Stack) -> None:
    """Region and account are those of the deployment; the least quota is allowed."""
    RedshiftRole(agnostic, "Role", db_users=[LOADER], source_clusters=["warehouse"], trust_policy_quota=2048)
    references = {name: name.removeprefix("AWS::") for name in ("AWS::Partition", "AWS::Region", "AWS::AccountId")}
    ((_, condition),) = _trust(agnostic, **references)

    assert {
        "StringEquals": {
            "sts:ExternalId": ["arn:Partition:redshift:Region:AccountId:dbuser:warehouse/loader"],
            "aws:SourceAccount": ["AccountId"],
        },
        "ArnLike": {"aws:SourceArn": ["arn:Partition:redshift:Region:AccountId:cluster:warehouse"]},
    } == condition


def test_a_role_for_users_of_clusters_elsewhere_synthesizes(app: cdk.App, stack: cdk.Stack) -> None:
    """The clusters of a restricted trust need not be in the app."""
    users = [DbUser("loader", cluster="elsewhere")]
    role = RedshiftRole(stack, "Role", db_users=users, source_clusters=["elsewhere"], serverless=True)
    RedshiftCluster(stack, "Cluster", roles=[role], cluster_subnet_group_name="subnets")

    assert [] == report_of(app)


def test_its_grants_are_its_own(stack: cdk.Stack) -> None:
    """The same, however they are asked for; none is written until one is granted."""
    role = RedshiftRole(stack, "Role")
    before = role.redshift_grants.policies
    role.redshift_grants.copy_from_emr("j-1")

    assert () == before
    assert RedshiftGrants.of(role).policies == role.redshift_grants.policies != ()
