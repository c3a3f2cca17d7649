"""The policy of the people who associate roles with clusters."""

from __future__ import annotations

import json
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_iam as iam
from aws_cdk import aws_redshift as redshift

from redshift_roles import RedshiftCluster, RedshiftRole, RoleAssociationError, RoleAssociationPolicy
from tests.conftest import ACCOUNT, OTHER_ACCOUNT, REGION
from tests.support.associations import refused
from tests.support.builders import arn
from tests.support.nag import nag_findings
from tests.support.templates import deployed, properties_of, template_of

POLICY = "AWS::IAM::ManagedPolicy"
HERE = f"arn:aws:redshift:{REGION}:{ACCOUNT}:cluster"
FOREIGN = f"is in account {OTHER_ACCOUNT}, the policy is in {ACCOUNT}"


def _policy(stack: cdk.Stack, **options: Any) -> RoleAssociationPolicy:
    given = {"clusters": ["warehouse"], "pass_roles": None, **options}
    given["pass_roles"] = given["pass_roles"] or _roles(stack, "A")
    return RoleAssociationPolicy(stack, "Policy", **given)


def _roles(stack: cdk.Stack, *names: str) -> list[iam.IRole]:
    return [iam.Role.from_role_name(stack, name, name) for name in names]


def _cluster(scope: cdk.Stack, **options: Any) -> RedshiftCluster:
    return RedshiftCluster(scope, "Cluster", cluster_subnet_group_name="subnets", **options)


def _statements(stack: cdk.Stack, **references: str) -> list[Any]:
    document = deployed(properties_of(stack, POLICY)["PolicyDocument"], {"AWS::Partition": "aws", **references})
    return list(document["Statement"])


def _user(scope: cdk.Stack, account: str = OTHER_ACCOUNT) -> iam.IUser:
    return iam.User.from_user_arn(scope, "Bob", f"arn:aws:iam::{account}:user/bob")


def _group(scope: cdk.Stack, account: str = OTHER_ACCOUNT) -> iam.IGroup:
    return iam.Group.from_group_arn(scope, "Loaders", f"arn:aws:iam::{account}:group/loaders")


@pytest.mark.parametrize(
    ("options", "messages"),
    [
        ({"clusters": [], "pass_roles": ()}, ["'clusters' must have", "'pass_roles' must have"]),
        ({"clusters": ["Bad_Name"]}, ["'clusters[0]' must be 1 to 63 lower-case letters"]),
        (
            {"clusters": ["ok", 7]},
            ["'clusters[1]' must be a RedshiftCluster, a CfnCluster or a literal identifier"],
        ),
        ({"clusters": "warehouse"}, ["'clusters' must be a list, got 'warehouse'"]),
        ({"clusters": None}, ["'clusters' must be a list, got None"]),
        ({"create_clusters": None}, ["'create_clusters' must be True or False, got None"]),
        ({"describe_all_clusters": None}, ["'describe_all_clusters' must be True or False, got None"]),
        ({"pass_roles": arn("A")}, [f"'pass_roles' must be a list, got '{arn('A')}'"]),
        ({"pass_roles": [arn("A")]}, [f"'pass_roles[0]' must be an iam.IRole, got '{arn('A')}'"]),
        ({"pass_roles": None}, ["'pass_roles' must be a list, got None"]),
        ({"managed_policy_name": "a b"}, ["'managed_policy_name' must be 1 to 128 letters"]),
        ({"description": "\n" * 1001}, ["'description' must be at most 1,000"]),
    ],
)
def test_fails_when_an_argument_is_wrong(stack: cdk.Stack, options: dict[str, Any], messages: list[str]) -> None:
    """Everything is reported at once, and the tree stays as it was."""
    given = {"clusters": ["warehouse"], "pass_roles": _roles(stack, "A"), **options}
    found = refused(lambda: RoleAssociationPolicy(stack, "Policy", **given))

    assert ["InvalidArgument"] * len(messages) == [rule for rule, _ in found]
    assert [True] * len(messages) == [text.startswith(part) for (_, text), part in zip(found, messages, strict=True)]
    assert stack.node.try_find_child("Policy") is None


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        (arn("A", account=OTHER_ACCOUNT), "RoleAccountMismatch"),
        (f"arn:aws:iam::{ACCOUNT}:user/A", "RoleArnInvalid"),
        (f"arn:aws:iam::{ACCOUNT}:role/aws-service-role/x/A", "ServiceLinkedRole"),
        (f"arn:aws-cn:iam::{ACCOUNT}:role/A", "RolePartitionMismatch"),
    ],
)
def test_fails_when_a_role_cannot_be_passed(stack: cdk.Stack, text: str, rule: str) -> None:
    """iam:PassRole cannot cross accounts or partitions, and passes only roles of the account's own."""
    role = iam.Role.from_role_arn(stack, "Role", text)
    ((found, message),) = refused(lambda: _policy(stack, pass_roles=[role]))

    assert rule == found
    assert "pass_roles[0] (Data/Role)" in message


def test_fails_when_it_is_attached_to_another_account(stack: cdk.Stack) -> None:
    """CDK would attach it to the same name in this account; nothing is attached, by argument or afterwards."""
    user, group = _user(stack), _group(stack)
    role = iam.Role.from_role_arn(stack, "Analyst", arn("analyst", account=OTHER_ACCOUNT))

    assert [f"'users[0]' (Data/Bob) {FOREIGN}", f"'groups[0]' (Data/Loaders) {FOREIGN}"] == [
        message for _, message in refused(lambda: _policy(stack, users=[user], groups=[group]))
    ]
    stack.node.try_remove_child("A")
    policy = _policy(stack)
    for message, attach in (
        (f"'user' (Data/Bob) {FOREIGN}", lambda: policy.attach_to_user(user)),
        (f"'group' (Data/Loaders) {FOREIGN}", lambda: policy.attach_to_group(group)),
        (f"'role' (Data/Analyst) {FOREIGN}", lambda: policy.attach_to_role(role)),
        ("'user' must be an iam.IUser, got 'bob'", lambda: policy.attach_to_user("bob")),  # type: ignore[arg-type]
    ):
        assert [("InvalidArgument", message)] == refused(attach)
    assert not {"Users", "Groups", "Roles"} & set(properties_of(stack, POLICY))


def test_fails_when_people_of_two_accounts_meet_in_a_stack_that_names_none(agnostic: cdk.Stack) -> None:
    """The first account that is named binds the stack; another one contradicts it."""
    policy = _policy(agnostic)
    policy.attach_to_user(_user(agnostic, ACCOUNT))

    with pytest.raises(RoleAssociationError, match=FOREIGN):
        policy.attach_to_group(_group(agnostic))

    assert ACCOUNT in str(template_of(agnostic)["Rules"]["RedshiftRolesAccount"])


def test_fails_when_a_cluster_cannot_be_named(app: cdk.App, stack: cdk.Stack, agnostic: cdk.Stack) -> None:
    """Users act on clusters of their own account; CDK cannot refer to a cluster of another environment."""
    other = cdk.Stack(app, "Other", env=cdk.Environment(account=OTHER_ACCOUNT, region=REGION))
    theirs, unnamed = _cluster(other), _cluster(agnostic)
    roles = _roles(stack, "A")

    assert [("InvalidArgument", f"clusters[0] (Other/Cluster) {FOREIGN}")] == refused(
        lambda: _policy(stack, clusters=[theirs], pass_roles=roles)
    )
    ((_, message),) = refused(lambda: _policy(stack, clusters=[unnamed], pass_roles=roles))
    assert "has no cluster_identifier, so CDK cannot refer to it from here" in message


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
    """For two clusters and three roles it is AWS's example, and the roles are passed to Redshift alone."""
    stack = cdk.Stack(app, "Data", env=cdk.Environment(account="123456789012", region=region))
    clusters = ["my-redshift-cluster", "my-second-redshift-cluster"]
    roles = ["MyRedshiftRole", "SecondRedshiftRole", "ThirdRedshiftRole"]
    _policy(stack, clusters=clusters, pass_roles=_roles(stack, *roles))

    assert [
        {"Sid": "DescribeClusters", "Effect": "Allow", "Action": "redshift:DescribeClusters", "Resource": "*"},
        {
            "Sid": "AssociateRoles",
            "Effect": "Allow",
            "Action": ["redshift:ModifyClusterIamRoles", "redshift:CreateCluster"],
            "Resource": [f"arn:{partition}:redshift:{region}:123456789012:cluster:{name}" for name in clusters],
        },
        {
            "Sid": "PassRolesToRedshift",
            "Effect": "Allow",
            "Action": "iam:PassRole",
            "Resource": [f"arn:{partition}:iam::123456789012:role/{name}" for name in roles],
            "Condition": {"StringEquals": {"iam:PassedToService": "redshift.amazonaws.com"}},
        },
    ] == _statements(stack, **{"AWS::Partition": partition})
    assert "2012-10-17" == properties_of(stack, POLICY)["PolicyDocument"]["Version"]


def test_a_stack_that_names_no_account_leaves_account_and_region_to_the_deployment(agnostic: cdk.Stack) -> None:
    """Partition, account and region come from the stack."""
    _policy(agnostic)
    here = {"AWS::Partition": "aws-cn", "AWS::Region": "cn-north-1", "AWS::AccountId": ACCOUNT}
    _, associate, pass_roles = _statements(agnostic, **here)

    assert f"arn:aws-cn:redshift:cn-north-1:{ACCOUNT}:cluster:warehouse" == associate["Resource"]
    assert f"arn:aws-cn:iam::{ACCOUNT}:role/A" == pass_roles["Resource"]


def test_a_cluster_may_be_named_by_construct_l1_or_identifier(stack: cdk.Stack) -> None:
    """All three have ``cluster:NAME`` ARNs; a cluster and a role that are named twice count once; a path is kept."""
    cluster, role = _cluster(stack), RedshiftRole(stack, "Role")
    l1 = redshift.CfnCluster(
        stack, "L1", cluster_type="multi-node", db_name="d", master_username="m", node_type="ra3.large"
    )
    imported = iam.Role.from_role_arn(stack, "Imported", arn("Loader", path="/team/redshift/"))
    _policy(stack, clusters=[cluster, l1, "literal", cluster], pass_roles=[role, role, imported])
    _, associate, pass_roles = _statements(stack, ClusterEB0386A7="ours", L1="raw")

    assert [f"{HERE}:ours", f"{HERE}:raw", f"{HERE}:literal"] == associate["Resource"]
    assert [{"Fn::GetAtt": ["Role1ABCC5F0", "Arn"]}, arn("Loader", path="/team/redshift/")] == pass_roles["Resource"]


def test_a_cluster_of_another_stack_is_in_the_account_and_region_of_its_own(app: cdk.App, stack: cdk.Stack) -> None:
    """A literal identifier is used across regions; the ARN has the other region."""
    other = cdk.Stack(app, "Other", env=cdk.Environment(account=ACCOUNT, region="us-east-1"))
    _policy(stack, clusters=[_cluster(other, cluster_identifier="sales")])

    assert f"arn:aws:redshift:us-east-1:{ACCOUNT}:cluster:sales" == _statements(stack)[1]["Resource"]


def test_flags_take_permissions_away(stack: cdk.Stack) -> None:
    """Without create_clusters nobody may create; without describe_all_clusters these clusters alone are described."""
    _policy(stack, create_clusters=False, describe_all_clusters=False)
    describe, associate, _ = _statements(stack)

    assert ("redshift:DescribeClusters", f"{HERE}:warehouse") == (describe["Action"], describe["Resource"])
    assert ("redshift:ModifyClusterIamRoles", f"{HERE}:warehouse") == (associate["Action"], associate["Resource"])


@pytest.mark.parametrize(("describe_all", "expected"), [(True, {"Resource::*"}), (False, set())])
def test_describing_all_clusters_is_its_one_nag_finding(
    app: cdk.App, stack: cdk.Stack, describe_all: bool, expected: set[str]
) -> None:
    """Five packs find DescribeClusters on ``*`` and nothing else; without it they find nothing."""
    role = RedshiftRole(stack, "Role")
    _policy(stack, clusters=[_cluster(stack)], pass_roles=[role], describe_all_clusters=describe_all)

    assert {f"AwsSolutions-IAM5[{finding}]" for finding in expected} == nag_findings(app, stack)


def test_it_is_attached_to_people_of_its_account(stack: cdk.Stack) -> None:
    """Users and groups by argument, all three kinds afterwards; names and description are the caller's."""
    own = iam.User(stack, "Own")
    people: dict[str, Any] = {"users": [_user(stack, ACCOUNT), own], "groups": [_group(stack, ACCOUNT)]}
    policy = _policy(stack, managed_policy_name="association", description="For loaders", **people)
    policy.attach_to_user(iam.User.from_user_name(stack, "Named", "eve"))
    policy.attach_to_group(iam.Group(stack, "OwnGroup"))
    policy.attach_to_role(iam.Role(stack, "Analyst", assumed_by=iam.AccountRootPrincipal()))

    properties = properties_of(stack, POLICY)
    assert ["bob", stack.resolve(own.user_name), "eve"] == properties["Users"]
    assert "loaders" == properties["Groups"][0]
    assert (2, 1) == (len(properties["Groups"]), len(properties["Roles"]))
    assert ("association", "For loaders") == (properties["ManagedPolicyName"], properties["Description"])


def _many(stack: cdk.Stack, count: int) -> list[iam.IRole]:
    return [iam.Role.from_role_name(stack, f"R{number}", f"{'n' * 61}{number:03}") for number in range(count)]


@pytest.mark.parametrize(
    "environment", [cdk.Environment(account=ACCOUNT, region=REGION), None], ids=["known", "agnostic"]
)
def test_fails_when_the_policy_would_exceed_the_size_that_iam_takes(environment: cdk.Environment | None) -> None:
    """The 6,144 characters are counted as IAM does, to the last; one more is refused and leaves nothing."""

    def size(length: int) -> int:
        """Write a policy of many roles, the last of which has a name of this length."""
        stack = cdk.Stack(cdk.App(analytics_reporting=False), "Data", env=environment)
        roles = [*_many(stack, 57), iam.Role.from_role_name(stack, "Last", "n" * length)]
        try:
            _policy(stack, pass_roles=roles)
        except RoleAssociationError as error:
            broken = {finding.rule for finding in error.findings}
            return 0 if broken == {"PolicyTooLarge"} and stack.node.try_find_child("Policy") is None else -1
        here = {"AWS::Partition": "aws", "AWS::Region": REGION, "AWS::AccountId": ACCOUNT}
        document = deployed(properties_of(stack, POLICY)["PolicyDocument"], here)
        return len(json.dumps(document, separators=(",", ":")))

    fitting = 1 + 6144 - size(1)

    assert [6144, 0] == [size(fitting), size(fitting + 1)]


def test_the_size_of_a_policy_that_is_too_large_is_reported(stack: cdk.Stack) -> None:
    """With what is allowed, and what to do."""
    with pytest.raises(RoleAssociationError) as caught:
        _policy(stack, pass_roles=_many(stack, 60))

    (finding,) = caught.value.findings
    assert ("PolicyTooLarge", "Data/Policy") == (finding.rule, finding.path)
    assert "a policy must have at most 6,144 characters, got at least 6,358" == finding.message
    assert "split it: one RoleAssociationPolicy for each group of clusters and roles" == finding.fix


def test_fifty_generated_roles_of_one_cluster_fit(stack: cdk.Stack) -> None:
    """A generated name counts at its shortest, so that no policy is refused that IAM would take."""
    _policy(stack, pass_roles=[RedshiftRole(stack, f"Role{number}") for number in range(50)])

    assert 50 == len(_statements(stack)[2]["Resource"])


@pytest.mark.parametrize(("count", "warned"), [(50, False), (62, True)])
def test_warns_when_generated_names_may_make_the_policy_too_large(stack: cdk.Stack, count: int, warned: bool) -> None:
    """CloudFormation generates names of at most 64 characters; only the deployment knows how long they are."""
    policy = _policy(stack, pass_roles=[RedshiftRole(stack, f"Role{number}") for number in range(count)])
    found = [str(entry.data) for entry in policy.node.metadata if entry.type == "aws:cdk:warning"]

    assert warned == any("redshift-roles:PolicySizeUndecided" in text for text in found)


def test_fails_when_many_long_role_arns_are_too_large_together(stack: cdk.Stack) -> None:
    """No single ARN is too long, but 45 ARNs of 130 characters exceed the size of a managed policy."""
    arns = [arn(f"{'x' * 45}{number:03}", path=f"/{'p' * 50}/") for number in range(45)]
    roles = [iam.Role.from_role_arn(stack, f"Role{number}", text) for number, text in enumerate(arns)]

    assert {130} == {len(text) for text in arns}
    assert ["PolicyTooLarge"] == [rule for rule, _ in refused(lambda: _policy(stack, pass_roles=roles))]
