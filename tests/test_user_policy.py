"""The policy of the people who associate roles with clusters."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_iam as iam
from aws_cdk import aws_redshift as redshift

from redshift_roles import RedshiftCluster, RedshiftRole, RoleAssociationError, RoleAssociationPolicy
from tests.conftest import ACCOUNT, OTHER_ACCOUNT, REGION
from tests.support.nag import nag_findings
from tests.support.templates import deployed, properties_of, template_of

POLICY = "AWS::IAM::ManagedPolicy"


def _roles(scope: cdk.Stack, *names: str) -> list[iam.IRole]:
    return [iam.Role.from_role_name(scope, name, name) for name in names]


def _document(stack: cdk.Stack, references: dict[str, str]) -> Any:
    return deployed(properties_of(stack, POLICY)["PolicyDocument"], references)


def _findings(error: pytest.ExceptionInfo[RoleAssociationError]) -> list[tuple[str, str]]:
    return [(finding.rule, finding.message) for finding in error.value.findings]


def test_fails_when_clusters_or_roles_are_empty(stack: cdk.Stack) -> None:
    """A policy for nothing is a mistake, told for both lists at once."""
    with pytest.raises(RoleAssociationError) as caught:
        RoleAssociationPolicy(stack, "Policy", clusters=[], pass_roles=[])

    assert [
        ("InvalidArgument", "'clusters' must have at least one entry, got an empty list"),
        ("InvalidArgument", "'pass_roles' must have at least one entry, got an empty list"),
    ] == _findings(caught)
    assert [] == stack.node.children


@pytest.mark.parametrize(
    ("clusters", "message"),
    [
        (["Bad_Name"], "'clusters[0]' must be 1 to 63 lower-case letters"),
        (["ok", 7], "'clusters[1]' must be a RedshiftCluster, a CfnCluster or a literal identifier, got 7"),
        ("warehouse", "'clusters' must be a list, got 'warehouse'"),
        (None, "'clusters' must be a list, got None"),
    ],
)
def test_fails_when_a_cluster_is_of_the_wrong_kind(stack: cdk.Stack, clusters: Any, message: str) -> None:
    """Each entry is a construct, an L1 or a valid identifier."""
    with pytest.raises(RoleAssociationError) as caught:
        RoleAssociationPolicy(stack, "Policy", clusters=clusters, pass_roles=_roles(stack, "A"))

    ((rule, found),) = _findings(caught)
    assert "InvalidArgument" == rule
    assert found.startswith(message)


@pytest.mark.parametrize("option", ["create_clusters", "describe_all_clusters"])
def test_fails_when_a_flag_is_neither_true_nor_false(stack: cdk.Stack, option: str) -> None:
    """None is no answer."""
    flags: dict[str, Any] = {option: None}

    with pytest.raises(RoleAssociationError) as caught:
        RoleAssociationPolicy(stack, "Policy", clusters=["warehouse"], pass_roles=_roles(stack, "A"), **flags)

    assert [("InvalidArgument", f"'{option}' must be True or False, got None")] == _findings(caught)


@pytest.mark.parametrize("roles", ["arn:aws:iam::111111111111:role/A", ["arn:aws:iam::111111111111:role/A"], None])
def test_fails_when_a_role_is_not_a_role(stack: cdk.Stack, roles: Any) -> None:
    """An ARN is not taken where an interface exists."""
    with pytest.raises(RoleAssociationError) as caught:
        RoleAssociationPolicy(stack, "Policy", clusters=["warehouse"], pass_roles=roles)

    ((rule, message),) = _findings(caught)
    assert "InvalidArgument" == rule
    assert message.startswith("'pass_roles")


@pytest.mark.parametrize(
    ("arn", "rule"),
    [
        (f"arn:aws:iam::{OTHER_ACCOUNT}:role/A", "RoleAccountMismatch"),
        (f"arn:aws:iam::{ACCOUNT}:user/A", "RoleArnInvalid"),
        (f"arn:aws:iam::{ACCOUNT}:role/aws-service-role/x/A", "ServiceLinkedRole"),
        (f"arn:aws-cn:iam::{ACCOUNT}:role/A", "RolePartitionMismatch"),
    ],
)
def test_fails_when_a_role_cannot_be_passed(stack: cdk.Stack, arn: str, rule: str) -> None:
    """iam:PassRole cannot cross accounts or partitions, and passes nothing but roles of one's own."""
    role = iam.Role.from_role_arn(stack, "Role", arn)

    with pytest.raises(RoleAssociationError) as caught:
        RoleAssociationPolicy(stack, "Policy", clusters=["warehouse"], pass_roles=[role])

    assert [rule] == [finding.rule for finding in caught.value.findings]
    assert "pass_roles[0] (Data/Role)" in caught.value.findings[0].message


def _user(scope: cdk.Stack, account: str) -> iam.IUser:
    return iam.User.from_user_arn(scope, "Bob", f"arn:aws:iam::{account}:user/bob")


def _group(scope: cdk.Stack, account: str) -> iam.IGroup:
    return iam.Group.from_group_arn(scope, "Loaders", f"arn:aws:iam::{account}:group/loaders")


def test_fails_when_a_user_or_group_is_of_another_account(stack: cdk.Stack) -> None:
    """CDK would attach the policy to the user or group of the same name in this account."""
    with pytest.raises(RoleAssociationError) as caught:
        RoleAssociationPolicy(
            stack,
            "Policy",
            clusters=["warehouse"],
            pass_roles=_roles(stack, "A"),
            users=[_user(stack, OTHER_ACCOUNT)],
            groups=[_group(stack, OTHER_ACCOUNT)],
        )

    assert [
        ("InvalidArgument", "'users[0]' (Data/Bob) is in account 222222222222, the policy is in 111111111111"),
        ("InvalidArgument", "'groups[0]' (Data/Loaders) is in account 222222222222, the policy is in 111111111111"),
    ] == _findings(caught)


def test_fails_when_it_is_attached_to_somebody_of_another_account_afterwards(stack: cdk.Stack) -> None:
    """The rule holds for attach_to_user, attach_to_group and attach_to_role, and attaches nothing."""
    policy = RoleAssociationPolicy(stack, "Policy", clusters=["warehouse"], pass_roles=_roles(stack, "A"))
    role = iam.Role.from_role_arn(stack, "Analyst", f"arn:aws:iam::{OTHER_ACCOUNT}:role/analyst")

    user, group = _user(stack, OTHER_ACCOUNT), _group(stack, OTHER_ACCOUNT)
    attachments: list[tuple[Callable[[], None], str]] = [
        (lambda: policy.attach_to_user(user), "'user' (Data/Bob)"),
        (lambda: policy.attach_to_group(group), "'group' (Data/Loaders)"),
        (lambda: policy.attach_to_role(role), "'role' (Data/Analyst)"),
    ]
    for attach, message in attachments:
        with pytest.raises(RoleAssociationError) as caught:
            attach()
        assert ["Data/Policy"] == [finding.path for finding in caught.value.findings]
        assert caught.value.findings[0].message.startswith(f"{message} is in account 222222222222")

    assert not {"Users", "Groups", "Roles"} & set(properties_of(stack, POLICY))


def test_fails_when_it_is_attached_to_nobody(stack: cdk.Stack) -> None:
    """A name is no user; the error says what is."""
    policy = RoleAssociationPolicy(stack, "Policy", clusters=["warehouse"], pass_roles=_roles(stack, "A"))

    with pytest.raises(RoleAssociationError) as caught:
        policy.attach_to_user("bob")  # type: ignore[arg-type]

    assert [("InvalidArgument", "'user' must be an iam.IUser, got 'bob'")] == _findings(caught)


def test_fails_when_people_of_two_accounts_meet_in_a_stack_that_names_none(agnostic: cdk.Stack) -> None:
    """The first account that is named binds the stack; another one contradicts it."""
    policy = RoleAssociationPolicy(agnostic, "Policy", clusters=["warehouse"], pass_roles=_roles(agnostic, "A"))
    policy.attach_to_user(_user(agnostic, ACCOUNT))

    with pytest.raises(RoleAssociationError, match="is in account 222222222222, the policy is in 111111111111"):
        policy.attach_to_group(_group(agnostic, OTHER_ACCOUNT))

    assert ACCOUNT in str(template_of(agnostic)["Rules"]["RedshiftRolesAccount"])


def test_fails_when_a_cluster_is_of_another_account(app: cdk.App, stack: cdk.Stack) -> None:
    """People act on clusters of their own account only."""
    other = cdk.Stack(app, "Other", env=cdk.Environment(account=OTHER_ACCOUNT, region=REGION))
    cluster = RedshiftCluster(other, "Cluster", cluster_subnet_group_name="subnets")

    with pytest.raises(RoleAssociationError) as caught:
        RoleAssociationPolicy(stack, "Policy", clusters=[cluster], pass_roles=_roles(stack, "A"))

    assert [
        (
            "InvalidArgument",
            "clusters[0] (Other/Cluster) is in account 222222222222, the policy is in 111111111111",
        )
    ] == _findings(caught)


def test_fails_when_a_cluster_without_a_name_is_where_cdk_cannot_refer_to(
    stack: cdk.Stack, agnostic: cdk.Stack
) -> None:
    """CDK would fail at synth time; we say so before, at the line that is wrong."""
    cluster = RedshiftCluster(agnostic, "Cluster", cluster_subnet_group_name="subnets")

    with pytest.raises(RoleAssociationError, match="has no cluster_identifier, so CDK cannot refer to it"):
        RoleAssociationPolicy(stack, "Policy", clusters=[cluster], pass_roles=_roles(stack, "A"))


PARTITIONS = {
    "eu-west-1": "aws",
    "cn-north-1": "aws-cn",
    "us-gov-west-1": "aws-us-gov",
    "us-iso-east-1": "aws-iso",
    "us-isob-east-1": "aws-iso-b",
    "eu-isoe-west-1": "aws-iso-e",
    "us-isof-south-1": "aws-iso-f",
    "eusc-de-east-1": "aws-eusc",
}


@pytest.mark.parametrize(("region", "partition"), PARTITIONS.items())
def test_it_is_the_published_policy_in_every_partition(app: cdk.App, region: str, partition: str) -> None:
    """For two clusters and three roles it is AWS's example, plus that roles are passed to Redshift alone."""
    stack = cdk.Stack(app, "Data", env=cdk.Environment(account="123456789012", region=region))
    RoleAssociationPolicy(
        stack,
        "Policy",
        clusters=["my-redshift-cluster", "my-second-redshift-cluster"],
        pass_roles=_roles(stack, "MyRedshiftRole", "SecondRedshiftRole", "ThirdRedshiftRole"),
    )

    cluster = f"arn:{partition}:redshift:{region}:123456789012:cluster:"
    role = f"arn:{partition}:iam::123456789012:role/"
    assert {
        "Version": "2012-10-17",
        "Statement": [
            {"Sid": "DescribeClusters", "Effect": "Allow", "Action": "redshift:DescribeClusters", "Resource": "*"},
            {
                "Sid": "AssociateRoles",
                "Effect": "Allow",
                "Action": ["redshift:ModifyClusterIamRoles", "redshift:CreateCluster"],
                "Resource": [f"{cluster}my-redshift-cluster", f"{cluster}my-second-redshift-cluster"],
            },
            {
                "Sid": "PassRolesToRedshift",
                "Effect": "Allow",
                "Action": "iam:PassRole",
                "Resource": [f"{role}MyRedshiftRole", f"{role}SecondRedshiftRole", f"{role}ThirdRedshiftRole"],
                "Condition": {"StringEquals": {"iam:PassedToService": "redshift.amazonaws.com"}},
            },
        ],
    } == _document(stack, {"AWS::Partition": partition})


def test_a_stack_that_names_no_account_leaves_account_and_region_to_the_deployment(agnostic: cdk.Stack) -> None:
    """Partition, account and region come from the stack."""
    RoleAssociationPolicy(agnostic, "Policy", clusters=["warehouse"], pass_roles=_roles(agnostic, "A"))

    here = {"AWS::Partition": "aws-cn", "AWS::Region": "cn-north-1", "AWS::AccountId": ACCOUNT}
    _, associate, pass_roles = _document(agnostic, here)["Statement"]
    assert f"arn:aws-cn:redshift:cn-north-1:{ACCOUNT}:cluster:warehouse" == associate["Resource"]
    assert f"arn:aws-cn:iam::{ACCOUNT}:role/A" == pass_roles["Resource"]


def test_a_role_path_is_kept(stack: cdk.Stack) -> None:
    """The ARN in the policy has the role's path."""
    role = iam.Role.from_role_arn(stack, "Role", f"arn:aws:iam::{ACCOUNT}:role/team/redshift/Loader")
    RoleAssociationPolicy(stack, "Policy", clusters=["warehouse"], pass_roles=[role])

    assert (
        f"arn:aws:iam::{ACCOUNT}:role/team/redshift/Loader"
        == _document(stack, {"AWS::Partition": "aws"})["Statement"][2]["Resource"]
    )


def test_a_cluster_may_be_named_by_construct_l1_or_identifier(stack: cdk.Stack) -> None:
    """All three end up as ``cluster:NAME`` ARNs; a cluster and a role that are named twice count once."""
    cluster = RedshiftCluster(stack, "Cluster", cluster_subnet_group_name="subnets")
    l1 = redshift.CfnCluster(
        stack, "L1", cluster_type="multi-node", db_name="d", master_username="m", node_type="ra3.large"
    )
    role = RedshiftRole(stack, "Role")
    RoleAssociationPolicy(stack, "Policy", clusters=[cluster, l1, "literal", cluster], pass_roles=[role, role])

    references = {"AWS::Partition": "aws", "ClusterEB0386A7": "ours", "L1": "raw"}
    _, associate, pass_roles = _document(stack, references)["Statement"]
    prefix = f"arn:aws:redshift:{REGION}:{ACCOUNT}:cluster"
    assert [f"{prefix}:ours", f"{prefix}:raw", f"{prefix}:literal"] == associate["Resource"]
    assert {"Fn::GetAtt": ["Role1ABCC5F0", "Arn"]} == pass_roles["Resource"]


def test_a_cluster_of_another_stack_is_in_the_account_and_region_of_its_own(app: cdk.App, stack: cdk.Stack) -> None:
    """A literal identifier is used across regions; the ARN has the other region."""
    other = cdk.Stack(app, "Other", env=cdk.Environment(account=ACCOUNT, region="us-east-1"))
    cluster = RedshiftCluster(other, "Cluster", cluster_identifier="sales", cluster_subnet_group_name="subnets")
    RoleAssociationPolicy(stack, "Policy", clusters=[cluster], pass_roles=_roles(stack, "A"))

    _, associate, _ = _document(stack, {"AWS::Partition": "aws"})["Statement"]
    assert f"arn:aws:redshift:us-east-1:{ACCOUNT}:cluster:sales" == associate["Resource"]


def test_flags_take_permissions_away(stack: cdk.Stack) -> None:
    """Without create_clusters nobody may create; without describe_all_clusters the describing is of these clusters."""
    RoleAssociationPolicy(
        stack,
        "Policy",
        clusters=["warehouse"],
        pass_roles=_roles(stack, "A"),
        create_clusters=False,
        describe_all_clusters=False,
    )

    describe, associate, _ = _document(stack, {"AWS::Partition": "aws"})["Statement"]
    cluster = f"arn:aws:redshift:{REGION}:{ACCOUNT}:cluster:warehouse"
    assert ("redshift:DescribeClusters", cluster) == (describe["Action"], describe["Resource"])
    assert ("redshift:ModifyClusterIamRoles", cluster) == (associate["Action"], associate["Resource"])


@pytest.mark.parametrize(("describe_all", "expected"), [(True, {"Resource::*"}), (False, set())])
def test_describing_all_clusters_is_its_one_nag_finding(
    app: cdk.App, stack: cdk.Stack, describe_all: bool, expected: set[str]
) -> None:
    """Five packs find DescribeClusters on ``*`` and nothing else; without it they find nothing."""
    cluster = RedshiftCluster(stack, "Cluster", cluster_subnet_group_name="subnets")
    role = RedshiftRole(stack, "Role")
    RoleAssociationPolicy(stack, "Policy", clusters=[cluster], pass_roles=[role], describe_all_clusters=describe_all)

    assert {f"AwsSolutions-IAM5[{finding}]" for finding in expected} == nag_findings(app, stack)


def test_it_is_attached_to_people_of_its_account(stack: cdk.Stack) -> None:
    """Users and groups by argument, all three kinds afterwards; names and description are the caller's."""
    policy = RoleAssociationPolicy(
        stack,
        "Policy",
        clusters=["warehouse"],
        pass_roles=_roles(stack, "A"),
        users=[_user(stack, ACCOUNT), iam.User(stack, "Own")],
        groups=[_group(stack, ACCOUNT)],
        managed_policy_name="association",
        description="For loaders",
    )
    policy.attach_to_user(iam.User.from_user_name(stack, "Named", "eve"))
    policy.attach_to_group(iam.Group(stack, "OwnGroup"))
    policy.attach_to_role(iam.Role(stack, "Analyst", assumed_by=iam.AccountRootPrincipal()))

    properties = properties_of(stack, POLICY)
    assert ["bob", {"Ref": "Own0CA58D22"}, "eve"][0::2] == properties["Users"][0::2]
    assert 3 == len(properties["Users"])
    assert "loaders" == properties["Groups"][0]
    assert (2, 1) == (len(properties["Groups"]), len(properties["Roles"]))
    assert ("association", "For loaders") == (properties["ManagedPolicyName"], properties["Description"])


def _many(stack: cdk.Stack, count: int) -> list[iam.IRole]:
    return [iam.Role.from_role_name(stack, f"R{number}", f"{'n' * 61}{number:03}") for number in range(count)]


@pytest.mark.parametrize(
    "environment", [cdk.Environment(account=ACCOUNT, region=REGION), None], ids=["known", "agnostic"]
)
def test_fails_when_the_policy_would_exceed_the_size_that_iam_takes(
    environment: cdk.Environment | None,
) -> None:
    """The 6,144 characters are counted as IAM does, to the last; one more is refused and leaves nothing."""
    shortest = len(_last_of_many(environment, 1))
    fitting = 1 + 6144 - shortest

    assert 6144 == len(_last_of_many(environment, fitting))
    assert "too large" == _last_of_many(environment, fitting + 1)


def _last_of_many(environment: cdk.Environment | None, length: int) -> str:
    """Write a policy of many roles, the last of which has a name of this length."""
    stack = cdk.Stack(cdk.App(analytics_reporting=False), "Data", env=environment)
    roles = [*_many(stack, 57), iam.Role.from_role_name(stack, "Last", "n" * length)]
    if _made(stack, roles) == "too large":
        return "too large"
    document = properties_of(stack, POLICY)["PolicyDocument"]
    references = {"AWS::Partition": "aws", "AWS::Region": REGION, "AWS::AccountId": ACCOUNT}
    return json.dumps(deployed(document, references), separators=(",", ":"))


def test_the_size_of_a_policy_that_is_too_large_is_messages_and_fixes(stack: cdk.Stack) -> None:
    """With what is allowed, and what to do."""
    with pytest.raises(RoleAssociationError) as caught:
        RoleAssociationPolicy(stack, "Policy", clusters=["warehouse"], pass_roles=_many(stack, 60))

    (finding,) = caught.value.findings
    assert ("PolicyTooLarge", "Data/Policy") == (finding.rule, finding.path)
    assert "the policy has at least 6,358 characters, allowed is 6,144" == finding.message
    assert "split it: one RoleAssociationPolicy for each group of clusters and roles" == finding.fix


def _made(stack: cdk.Stack, roles: list[iam.IRole]) -> str:
    try:
        RoleAssociationPolicy(stack, "Policy", clusters=["warehouse"], pass_roles=roles)
    except RoleAssociationError as error:
        broken = [finding.rule for finding in error.findings]
    else:
        broken = []
    left = stack.node.try_find_child("Policy")
    return "too large" if broken == ["PolicyTooLarge"] and left is None else f"made {broken}"


def test_fifty_generated_roles_of_one_cluster_fit(stack: cdk.Stack) -> None:
    """A name that CloudFormation will make up is counted at its least, so that no policy is refused that IAM would
    take.
    """
    roles = [RedshiftRole(stack, f"Role{number}") for number in range(50)]
    RoleAssociationPolicy(stack, "Policy", clusters=["warehouse"], pass_roles=roles)

    assert 50 == len(properties_of(stack, POLICY)["PolicyDocument"]["Statement"][2]["Resource"])


def test_fails_when_many_long_role_arns_are_too_large_together(stack: cdk.Stack) -> None:
    """No single ARN is too long, but 45 ARNs of 130 characters exceed the size of a managed policy."""
    arns = [f"arn:aws:iam::{ACCOUNT}:role/{'p' * 50}/{'x' * 45}{number:03}" for number in range(45)]
    roles = [iam.Role.from_role_arn(stack, f"Role{number}", text) for number, text in enumerate(arns)]
    assert {130} == {len(text) for text in arns}

    with pytest.raises(RoleAssociationError) as caught:
        RoleAssociationPolicy(stack, "Policy", clusters=["warehouse"], pass_roles=roles)

    assert ["PolicyTooLarge"] == [finding.rule for finding in caught.value.findings]
