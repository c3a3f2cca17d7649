"""The policy of the people who associate roles with clusters."""

from __future__ import annotations

import json
import re
from functools import cache, partial
from typing import Any, NamedTuple

import aws_cdk as cdk
import aws_cdk.aws_redshift_alpha as alpha
import pytest
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_memorydb as memorydb
from aws_cdk import aws_redshift as redshift
from aws_cdk import aws_redshiftserverless as serverless

from redshift_roles import (
    RedshiftCluster,
    RedshiftNamespace,
    RedshiftRole,
    RedshiftWarehouse,
    RoleAssociationError,
    RoleAssociationPolicy,
    ServerlessWarehouse,
)
from tests.conftest import ACCOUNT, OTHER_ACCOUNT, REGION
from tests.support.associations import ENVIRONMENT, refused
from tests.support.builders import arn
from tests.support.iam import Documented, Request, decisions_of
from tests.support.nag import nag_findings
from tests.support.templates import all_properties_of, deployed, properties_of, template_of

POLICY = "AWS::IAM::ManagedPolicy"
HERE = f"arn:aws:redshift:{REGION}:{ACCOUNT}:cluster"
ALLOWED = "a RedshiftCluster, a CfnCluster, an ICluster of aws-redshift-alpha or an identifier"
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
            [f"'clusters[1]' must be {ALLOWED}"],
        ),
        ({"clusters": "warehouse"}, ["'clusters' must be a list, got 'warehouse'"]),
        ({"clusters": None}, ["'clusters' must be a list, got None"]),
        ({"create_clusters": None}, ["'create_clusters' must be True or False, got None"]),
        ({"describe_all_clusters": None}, ["'describe_all_clusters' must be True or False, got None"]),
        ({"pass_roles": arn("A")}, [f"'pass_roles' must be a list, got '{arn('A')}'"]),
        ({"pass_roles": [arn("A")]}, [f"'pass_roles[0]' must be an iam.IRole, got '{arn('A')}'"]),
        ({"pass_roles": None}, ["'pass_roles' must be a list, got None"]),
        ({"encryption_keys": None}, ["'encryption_keys' must be a list, got None"]),
        ({"encryption_keys": ["arn:aws:kms:x"]}, ["'encryption_keys[0]' must be a kms.IKey, got 'arn:aws:kms:x'"]),
        ({"service_linked_role": None}, ["'service_linked_role' must be True or False, got None"]),
        ({"manage_admin_password": "yes"}, ["'manage_admin_password' must be True or False, got 'yes'"]),
        (
            {"create_clusters": False, "service_linked_role": True, "manage_admin_password": True},
            [
                "'service_linked_role' is given beside create_clusters=False",
                "'manage_admin_password' is given beside create_clusters=False",
            ],
        ),
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


def test_fails_when_a_key_cannot_be_named(app: cdk.App, stack: cdk.Stack, agnostic: cdk.Stack) -> None:
    """IAM does not follow an alias; CDK cannot refer to a key of another Stage, or of another environment."""
    alias = kms.Alias.from_alias_name(stack, "Alias", "alias/warehouse")
    staged = kms.Key(cdk.Stack(cdk.Stage(app, "Stage"), "Keys", env=ENVIRONMENT), "Key")
    nowhere = kms.Key(agnostic, "Key")
    elsewhere = "is in a stack of another environment, to which CDK cannot refer from here"
    messages = [
        "'encryption_keys[0]' (Data/Alias) is known by its alias only",
        f"'encryption_keys[1]' (Stage/Keys/Key) {elsewhere}",
        f"'encryption_keys[2]' (Anywhere/Key) {elsewhere}",
    ]

    assert [("InvalidArgument", message) for message in messages] == refused(
        lambda: _policy(stack, encryption_keys=[alias, staged, nowhere])
    )
    no_create = "'encryption_keys' is given beside create_clusters=False"
    stack.node.try_remove_child("A")
    assert [("InvalidArgument", no_create)] == refused(
        lambda: _policy(stack, encryption_keys=[alias], create_clusters=False)
    )


def test_fails_for_what_is_no_provisioned_cluster(stack: cdk.Stack) -> None:
    """A namespace, which has an argument of its own, and clusters of other services, which have a name too."""
    namespace = serverless.CfnNamespace(stack, "Namespace", namespace_name="sales")
    containers = ecs.Cluster.from_cluster_arn(stack, "Tasks", f"arn:aws:ecs:{REGION}:{ACCOUNT}:cluster/tasks")
    cache = memorydb.CfnCluster(stack, "Cache", acl_name="a", cluster_name="c", node_type="n")

    with pytest.raises(RoleAssociationError, match=r"pass it as namespaces=\[…\]") as caught:
        _policy(stack, clusters=[namespace, containers, cache])
    assert [
        "'clusters[0]' must be a provisioned cluster, got a CfnNamespace",
        f"'clusters[1]' must be {ALLOWED}, got an ICluster",
        f"'clusters[2]' must be {ALLOWED}, got a CfnCluster",
    ] == [finding.message for finding in caught.value.findings]


def test_fails_when_a_warehouse_is_given_in_place_of_its_cluster_or_namespace(app: cdk.App) -> None:
    """The error says which part of it is meant."""
    stack = cdk.Stack(app, "Data")
    provisioned = RedshiftWarehouse(stack, "One", cluster_subnet_group_name="subnets")
    subnets = [ec2.Subnet.from_subnet_attributes(stack, zone, subnet_id=zone, availability_zone=zone) for zone in "abc"]
    other = ServerlessWarehouse(stack, "Two", subnets=subnets)

    with pytest.raises(RoleAssociationError) as caught:
        _policy(stack, clusters=[provisioned], namespaces=[other])
    assert ["pass its cluster: warehouse.cluster", "pass its namespace: warehouse.namespace"] == [
        finding.fix for finding in caught.value.findings
    ]


def _fix_of(name: str) -> str:
    shown = f"aws redshift-serverless get-namespace --namespace-name {name}"
    return f"pass the construct, or the ARN that this shows: {shown}; an ARN ends in an id and not in the name"


@pytest.mark.parametrize(
    ("given", "shown", "name"),
    [
        ("sales", "'sales'", "sales"),
        ("a b", "'a b'", "NAME"),
        ("", "''", "NAME"),
        (7, "7", "NAME"),
        (f"arn:aws:redshift-serverless:{REGION}:{ACCOUNT}:namespace/sales", None, "NAME"),
        (f"arn:aws:redshift-serverless:{REGION}:{ACCOUNT}:namespace/*", None, "NAME"),
        (f"arn:aws:redshift-serverless:{REGION}:{ACCOUNT}:namespace/{'?' * 36}", None, "NAME"),
        (
            f"arn:aws:redshift-serverless:{REGION}:{ACCOUNT}:workgroup/8d6a9f0e-0000-0000-0000-000000000000",
            None,
            "NAME",
        ),
        (f"arn:aws:redshift:{REGION}:{ACCOUNT}:namespace:8d6a9f0e-0000-0000-0000-000000000000", None, "NAME"),
    ],
)
def test_fails_when_a_namespace_cannot_be_named(stack: cdk.Stack, given: Any, shown: str | None, name: str) -> None:
    """Its ARN ends in an id that only the deployment knows, so a name says nothing; IAM takes * and ? for many."""
    with pytest.raises(RoleAssociationError) as caught:
        _policy(stack, clusters=[], namespaces=[given])

    (finding,) = caught.value.findings
    wrong = "'namespaces[0]' must be a RedshiftNamespace, a CfnNamespace or the ARN of a namespace, got "
    assert ("InvalidArgument", wrong + (shown or f"'{given}'"), _fix_of(name)) == (
        finding.rule,
        finding.message,
        finding.fix,
    )
    assert stack.node.try_find_child("Policy") is None


def test_what_is_known_of_a_namespace_is_checked(stack: cdk.Stack, agnostic: cdk.Stack) -> None:
    """A token in one part of an ARN leaves the others as they are; no account is read from it, and none is shown."""
    start = f"arn:{cdk.Aws.PARTITION}:redshift-serverless:{REGION}:{cdk.Aws.ACCOUNT_ID}:namespace/"
    one = start + NAMESPACE.rpartition("/")[2]
    of_another = one.replace(cdk.Aws.ACCOUNT_ID, cdk.Fn.import_value("Account"))
    for scope in (stack, agnostic):
        _policy(scope, clusters=[], namespaces=[one, of_another])

    statements = properties_of(agnostic, "AWS::IAM::ManagedPolicy")["PolicyDocument"]["Statement"]
    assert agnostic.resolve([one, of_another]) == statements[1]["Resource"]
    assert "RedshiftRolesAccount" not in template_of(agnostic)["Rules"]
    ((_, message),) = refused(lambda: _policy(cdk.Stack(stack, "Many"), clusters=[], namespaces=[f"{start}*"]))
    arn = f"{start}{cdk.Fn.import_value('Id')}"
    ((_, of_cluster),) = refused(lambda: _policy(cdk.Stack(stack, "Clusters"), clusters=[arn]))
    assert of_cluster.startswith(
        "'clusters[0]' must be a provisioned cluster, got 'arn:${AWS::Partition}:redshift-serverless:"
    )
    awaited = cdk.aws_ssm.StringParameter.value_from_lookup(stack, "/namespace")
    _policy(cdk.NestedStack(stack, "Awaited"), clusters=[], namespaces=[awaited])
    assert message.endswith(
        f"got 'arn:${{AWS::Partition}}:redshift-serverless:{REGION}:${{AWS::AccountId}}:namespace/*'"
    )


def test_fails_when_a_namespace_is_elsewhere(app: cdk.App, stack: cdk.Stack, agnostic: cdk.Stack) -> None:
    """People act in their own account; CDK cannot refer to another Stage or environment; a Ref is a name."""
    other = cdk.Stack(app, "Other", env=cdk.Environment(account=OTHER_ACCOUNT, region=REGION))
    staged = cdk.Stack(cdk.Stage(app, "Stage"), "Data", env=ENVIRONMENT)
    own = _namespace(stack)
    given = [
        _namespace(other),
        _namespace(staged),
        _namespace(agnostic),
        NAMESPACE.replace(ACCOUNT, OTHER_ACCOUNT),
        NAMESPACE.replace("arn:aws:", "arn:aws-cn:"),
        own.ref,
        own.attr_namespace_namespace_id,
        cdk.Stack.of(agnostic).node.find_child("Namespace").attr_namespace_namespace_arn,  # type: ignore[attr-defined]
    ]

    reason = "is in a stack of another environment and has no literal ARN, so CDK cannot refer to it from here"
    assert [
        f"namespaces[0] (Other/Namespace) {FOREIGN}",
        "namespaces[1] (Stage/Data/Namespace) is in another Stage, and CDK cannot refer from one Stage to another",
        f"namespaces[2] (Anywhere/Namespace) {reason}",
        f"'namespaces[3]' {FOREIGN}",
        "'namespaces[4]' is in partition aws-cn, the policy is in aws",
        "'namespaces[5]' refers to Data/Namespace, and not to its ARN",
        "'namespaces[6]' refers to Data/Namespace, and not to its ARN",
        f"'namespaces[7]' refers to Anywhere/Namespace, which {reason}",
    ] == [message for _, message in refused(lambda: _policy(stack, clusters=[], namespaces=given))]


def test_fails_when_a_role_is_not_for_serverless(stack: cdk.Stack) -> None:
    """Redshift Serverless could assume none of them; beside clusters one such role is enough."""
    ours = [RedshiftRole(stack, "Ours"), RedshiftRole(stack, "Serverless", serverless=True)]
    namespace = _namespace(stack)

    assert [("InvalidArgument", "pass_roles[0] (Data/Ours) is for clusters only, and only 'namespaces' are given")] == (
        refused(lambda: _policy(stack, clusters=[], namespaces=[namespace], pass_roles=ours))
    )
    none = "'pass_roles' has no role for Redshift Serverless, and 'namespaces' are given"
    assert [("InvalidArgument", none)] == refused(
        lambda: _policy(stack, namespaces=[namespace], pass_roles=[ours[0], ours[0]])
    )


def test_fails_when_the_secret_of_a_namespace_cannot_be_named(stack: cdk.Stack) -> None:
    """An ARN has an id, and Redshift names the secret after the name; without create_namespaces it needs none."""
    options: dict[str, Any] = {
        "namespaces": [NAMESPACE],
        "manage_admin_password": True,
        "pass_roles": _roles(stack, "A"),
    }

    message = "'namespaces[0]' is an ARN, and its secret would be named after the namespace's name"
    assert [("InvalidArgument", message)] == refused(lambda: _policy(stack, create_namespaces=True, **options))
    _policy(stack, **options)
    statements = {statement["Sid"]: statement for statement in _statements(stack)}
    assert SECRET == statements["ManageAdminPasswords"]["Resource"]


def test_fails_when_neither_a_cluster_nor_a_namespace_is_named(stack: cdk.Stack) -> None:
    """One of either is enough."""
    with pytest.raises(RoleAssociationError) as caught:
        RoleAssociationPolicy(stack, "Policy", pass_roles=_roles(stack, "A"))

    (finding,) = caught.value.findings
    assert "'clusters' must have at least one entry, got an empty list" == finding.message
    assert "name what the users may do this with: clusters=[…] or namespaces=[…]" == finding.fix


def test_fails_when_a_stack_that_names_no_account_would_need_two(agnostic: cdk.Stack) -> None:
    """Roles, namespaces and people of literal accounts: whatever is read first, the others must be of its account."""
    role = iam.Role.from_role_arn(agnostic, "Role", arn("A"))
    theirs = NAMESPACE.replace(ACCOUNT, OTHER_ACCOUNT)

    def message(label: str) -> str:
        return f"{label} is in account {OTHER_ACCOUNT}, the stack already names a role of {ACCOUNT}"

    for options, label in (
        ({"namespaces": [theirs], "pass_roles": [role]}, "'namespaces[0]'"),
        ({"namespaces": [NAMESPACE, theirs]}, "'namespaces[1]'"),
        ({"pass_roles": [role], "users": [_user(agnostic)]}, "Anywhere/Bob"),
    ):
        ((rule, text),) = refused(lambda options=options: _policy(agnostic, **options))  # type: ignore[misc]
        assert ("InvalidArgument", True) == (rule, text.startswith(message(label)))
        agnostic.node.try_remove_child("A")
    assert "RedshiftRolesAccount" not in str(template_of(agnostic))


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


def test_a_namespace_of_a_literal_arn_binds_a_stack_that_names_no_account(agnostic: cdk.Stack) -> None:
    """The ARN is written as it is given; what is not known is the deployment's."""
    _policy(agnostic, clusters=[], namespaces=[NAMESPACE, NAMESPACE], create_namespaces=True)
    here = {"AWS::Partition": "aws", "AWS::Region": "us-east-1", "AWS::AccountId": ACCOUNT}
    _, update, create, _ = _statements(agnostic, **here)

    assert (NAMESPACE, f"{NAMESPACE[:-36]}*") == (update["Resource"], create["Resource"])
    assert ACCOUNT in str(template_of(agnostic)["Rules"]["RedshiftRolesAccount"])


@pytest.mark.parametrize(("region", "partition"), [("cn-north-1", "aws-cn"), ("us-gov-west-1", "aws-us-gov")])
def test_namespaces_are_those_of_their_partition(app: cdk.App, region: str, partition: str) -> None:
    """Partition, account and region come from the stack; the service principal is the same everywhere."""
    stack = cdk.Stack(app, "Data", env=cdk.Environment(account=ACCOUNT, region=region))
    _policy(stack, clusters=[], namespaces=[_namespace(stack)], create_namespaces=True)
    _, update, create, to_serverless = _statements(stack, **{"AWS::Partition": partition})

    assert {"Fn::GetAtt": ["Namespace", "Namespace.NamespaceArn"]} == update["Resource"]
    assert f"arn:{partition}:redshift-serverless:{region}:{ACCOUNT}:namespace/*" == create["Resource"]
    assert f"arn:{partition}:iam::{ACCOUNT}:role/A" == to_serverless["Resource"]
    assert {"StringEquals": {"iam:PassedToService": "redshift-serverless.amazonaws.com"}} == to_serverless["Condition"]


def test_a_namespace_may_be_named_by_construct_l1_or_arn(app: cdk.App, stack: cdk.Stack) -> None:
    """One that is named twice counts once, however it is named; one of another stack is imported from it."""
    own, held, other = (
        _namespace(stack),
        RedshiftNamespace(stack, "Held"),
        _namespace(cdk.Stack(app, "Other", env=ENVIRONMENT)),
    )
    given = [own, held, other, own.attr_namespace_namespace_arn, held.namespace_arn, held, NAMESPACE]
    _policy(stack, clusters=[], namespaces=given)
    resources = _statements(stack)[1]["Resource"]

    assert ["Namespace", "Namespace.NamespaceArn"] == resources[0]["Fn::GetAtt"]
    assert stack.resolve(held.cfn_namespace.attr_namespace_namespace_arn) == resources[1]
    assert "Namespace.NamespaceArn" in str(template_of(other.stack)["Outputs"])
    assert (["Fn::ImportValue"], NAMESPACE, 4) == ([*resources[2]], resources[3], len(resources))


def test_a_role_is_passed_to_the_services_that_it_is_for(stack: cdk.Stack) -> None:
    """Of ours that is known; others may be for both. A policy for clusters alone passes nothing to Serverless."""
    provisioned, both = RedshiftRole(stack, "Provisioned"), RedshiftRole(stack, "Both", serverless=True)
    imported = iam.Role.from_role_arn(stack, "Imported", arn("Loader"))
    _policy(stack, namespaces=[_namespace(stack)], pass_roles=[provisioned, both, imported, both])
    statements = {statement["Sid"]: statement for statement in _statements(stack)}

    roles = [stack.resolve(provisioned.role_arn), stack.resolve(both.role_arn), arn("Loader")]
    assert roles == statements["PassRolesToRedshift"]["Resource"]
    assert roles[1:] == statements["PassRolesToServerless"]["Resource"]


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


def test_a_cluster_of_the_alpha_constructs_is_named(app: cdk.App, stack: cdk.Stack) -> None:
    """By reference in its own stack, by its name from another one, and by the name it was imported under."""
    other = cdk.Stack(app, "Other", env=cdk.Environment(account=ACCOUNT, region="us-east-1"))

    def cluster(home: cdk.Stack, name: str | None = None) -> alpha.Cluster:
        vpc = ec2.Vpc.from_vpc_attributes(
            home, "Vpc", vpc_id="vpc-1", availability_zones=["a", "b"], private_subnet_ids=["subnet-1", "subnet-2"]
        )
        return alpha.Cluster(home, "C", master_user=alpha.Login(master_username="x"), vpc=vpc, cluster_name=name)

    imported = alpha.Cluster.from_cluster_attributes(
        stack, "Imported", cluster_name="imported", cluster_endpoint_address="a", cluster_endpoint_port=5439
    )
    here = cluster(stack)
    _policy(stack, clusters=[here, cluster(other, "sales"), imported])
    logical_id = stack.get_logical_id(here.node.default_child)  # type: ignore[arg-type]

    there = f"arn:aws:redshift:us-east-1:{ACCOUNT}:cluster:sales"
    assert [f"{HERE}:ours", there, f"{HERE}:imported"] == _statements(stack, **{logical_id: "ours"})[1]["Resource"]


def test_a_reference_is_the_cluster_that_it_refers_to(app: cdk.App, stack: cdk.Stack) -> None:
    """Its ARN has the region of the cluster, not that of the policy."""
    other = cdk.Stack(app, "Other", env=cdk.Environment(account=ACCOUNT, region="us-east-1"))
    _policy(stack, clusters=[_cluster(other, cluster_identifier="sales").cluster_identifier])

    assert f"arn:aws:redshift:us-east-1:{ACCOUNT}:cluster:sales" == _statements(stack)[1]["Resource"]


def test_flags_take_permissions_away(stack: cdk.Stack) -> None:
    """Without create_clusters nobody may create; without describe_all_clusters these clusters alone are described."""
    _policy(stack, create_clusters=False, describe_all_clusters=False)
    describe, associate, _ = _statements(stack)

    assert ("redshift:DescribeClusters", f"{HERE}:warehouse") == (describe["Action"], describe["Resource"])
    assert ("redshift:ModifyClusterIamRoles", f"{HERE}:warehouse") == (associate["Action"], associate["Resource"])


class Task(NamedTuple):
    """What people do, the AWS page about it, the date of its text, and what it documents."""

    page: str
    text_of: str
    documented: tuple[Documented, ...]


CLUSTER, ROLE = f"{HERE}:warehouse", arn("A")
KEY = f"arn:aws:kms:{REGION}:{ACCOUNT}:key/11111111-1111-1111-1111-111111111111"
SECRET = f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:redshift!warehouse-*"
LINKED = f"arn:aws:iam::{ACCOUNT}:role/aws-service-role/redshift.amazonaws.com/AWSServiceRoleForRedshift"
NAMESPACE = f"arn:aws:redshift-serverless:{REGION}:{ACCOUNT}:namespace/8d6a9f0e-0000-0000-0000-000000000000"
NAMESPACE_SECRET = SECRET.replace("!warehouse", "!events")
_CALLS = ("CreateCluster", "DeleteCluster", "DescribeClusters", "ModifyCluster", "ModifyClusterIamRoles", "CreateTags")
_FOR_SERVICE = ("Bool", "kms:GrantIsForAWSResource", ("true",))
TASKS = {
    "associate": Task(
        "mgmt/copy-unload-iam-role-associating-with-clusters",
        "2026-08-26",
        (
            Documented("redshift:ModifyClusterIamRoles", (CLUSTER,)),
            Documented("iam:PassRole", (ROLE,), ("StringEquals", "iam:PassedToService", ("redshift.amazonaws.com",))),
        ),
    ),
    "describe": Task(
        "mgmt/copy-unload-iam-role-associating-with-clusters",
        "2026-08-26",
        (Documented("redshift:DescribeClusters", ("arn:aws:redshift:*:*:cluster:*",)),),
    ),
    "describe one": Task(
        "service-authorization/list_redshift", "2026-09-26", (Documented("redshift:DescribeClusters", (CLUSTER,)),)
    ),
    "create": Task(
        "mgmt/copy-unload-iam-role-associating-with-clusters",
        "2026-08-26",
        (Documented("redshift:CreateCluster", (CLUSTER,)),),
    ),
    "with a key": Task(
        "mgmt/authorizing-kms-customer-managed-key",
        "2026-07-06",
        (
            Documented("kms:GenerateDataKey kms:Encrypt kms:Decrypt kms:DescribeKey", (KEY,)),
            Documented("kms:CreateGrant", (KEY,), _FOR_SERVICE),
        ),
    ),
    "the first of an account": Task(
        "mgmt/using-service-linked-roles",
        "2026-08-26",
        (
            Documented(
                "iam:CreateServiceLinkedRole",
                (LINKED,),
                ("StringLike", "iam:AWSServiceName", ("redshift.amazonaws.com",)),
            ),
        ),
    ),
    "with a managed password": Task(
        "mgmt/redshift-secrets-manager-integration",
        "2026-08-26",
        (
            Documented(
                "secretsmanager:CreateSecret secretsmanager:RotateSecret secretsmanager:DescribeSecret "
                "secretsmanager:UpdateSecret secretsmanager:DeleteSecret secretsmanager:TagResource",
                (SECRET,),
            ),
            Documented("secretsmanager:GetRandomPassword", ("*",)),
        ),
    ),
    "a namespace with a managed password": Task(
        "mgmt/redshift-secrets-manager-integration",
        "2026-08-26",
        (
            Documented(
                "secretsmanager:CreateSecret secretsmanager:RotateSecret secretsmanager:DescribeSecret "
                "secretsmanager:UpdateSecret secretsmanager:DeleteSecret secretsmanager:TagResource",
                (NAMESPACE_SECRET,),
            ),
            Documented("secretsmanager:GetRandomPassword", ("*",)),
        ),
    ),
    "update namespaces": Task(
        "service-authorization/list_redshift-serverless",
        "2026-09-26",
        (
            Documented("redshift-serverless:GetNamespace redshift-serverless:UpdateNamespace", (NAMESPACE,)),
            Documented(
                "iam:PassRole", (ROLE,), ("StringEquals", "iam:PassedToService", ("redshift-serverless.amazonaws.com",))
            ),
        ),
    ),
    "list namespaces": Task(
        "service-authorization/list_redshift-serverless",
        "2026-09-26",
        (Documented("redshift-serverless:ListNamespaces", ("*",)),),
    ),
    "create namespaces": Task(
        "service-authorization/list_redshift-serverless",
        "2026-09-26",
        (Documented("redshift-serverless:CreateNamespace", (f"{NAMESPACE[:-36]}*",)),),
    ),
    "with a key for the password": Task(
        "mgmt/redshift-secrets-manager-integration",
        "2026-08-26",
        (
            Documented("kms:Decrypt kms:GenerateDataKey kms:RetireGrant", (KEY,)),
            Documented("kms:CreateGrant", (KEY,), _FOR_SERVICE),
        ),
    ),
}
_ALL = {"encryption_keys": True, "service_linked_role": True, "manage_admin_password": True}
_OF_NAMESPACES = {task for task in TASKS if "namespace" in task}
# What people with these arguments can do.
PEOPLE: dict[str, tuple[dict[str, Any], set[str]]] = {
    "associate": ({"create_clusters": False, "describe_all_clusters": False}, {"associate", "describe one"}),
    "describe all": ({"create_clusters": False}, {"associate", "describe"}),
    "create": ({"describe_all_clusters": False}, {"associate", "describe one", "create"}),
    "encryption_keys": ({"encryption_keys": True}, {"associate", "describe", "create", "with a key"}),
    "service_linked_role": (
        {"service_linked_role": True},
        {"associate", "describe", "create", "the first of an account"},
    ),
    "manage_admin_password": (
        {"manage_admin_password": True},
        {"associate", "describe", "create", "with a managed password"},
    ),
    "all of clusters": (_ALL, {*TASKS.keys() - _OF_NAMESPACES - {"describe one"}}),
    "namespaces": ({"clusters": [], "namespaces": True, "describe_all_clusters": False}, {"update namespaces"}),
    "list namespaces": ({"clusters": [], "namespaces": True}, {"update namespaces", "list namespaces"}),
    "create namespaces": (
        {"clusters": [], "namespaces": True, "create_namespaces": True, **_ALL},
        {*_OF_NAMESPACES, "with a key", "with a key for the password", "the first of an account"},
    ),
    "both": (
        {"namespaces": True},
        {"associate", "describe", "create", "update namespaces", "list namespaces"},
    ),
    "all": ({"namespaces": True, "create_namespaces": True, **_ALL}, {*TASKS.keys() - {"describe one"}}),
    "all of clusters beside namespaces": (
        {"namespaces": True, **_ALL},
        {*TASKS.keys() - _OF_NAMESPACES - {"describe one"}, "update namespaces", "list namespaces"},
    ),
    "all of namespaces beside clusters": (
        {"namespaces": True, "create_namespaces": True, "create_clusters": False, **_ALL},
        {*TASKS.keys() - {"describe one", "create", "with a managed password"}},
    ),
}
_NAMESPACE_CALLS = ("CreateNamespace", "DeleteNamespace", "GetNamespace", "TagResource", "UpdateNamespace")
# Neighbours of what is named, other services, and calls that no task needs.
BESIDE = [
    *(Request(f"redshift:{name}", f"{CLUSTER}{end}") for name in _CALLS for end in ("", "-2")),
    *(Request(f"redshift:{name}", CLUSTER.replace(REGION, "us-east-1")) for name in _CALLS),
    *(
        Request("iam:PassRole", role, (("iam:PassedToService", f"{service}.amazonaws.com"),))
        for role in (ROLE, arn("B"), LINKED)
        for service in ("redshift", "ec2", "redshift-serverless", "scheduler.redshift")
    ),
    *(
        Request(f"redshift-serverless:{name}", namespace)
        for name in _NAMESPACE_CALLS
        for namespace in (
            NAMESPACE,
            f"{NAMESPACE[:-1]}1",
            f"{NAMESPACE[:-36]}events",
            NAMESPACE.replace(REGION, "us-east-1"),
            NAMESPACE.replace(ACCOUNT, OTHER_ACCOUNT),
        )
    ),
    *(
        Request("iam:CreateServiceLinkedRole", role, (("iam:AWSServiceName", f"{service}.amazonaws.com"),))
        for role in (LINKED, LINKED.replace("redshift.", "rds.").replace("ForRedshift", "ForRDS"), ROLE)
        for service in ("redshift", "rds")
    ),
    *(
        Request(f"kms:{name}", key, (("kms:GrantIsForAWSResource", is_for_service),))
        for name in "CreateGrant Decrypt DescribeKey Encrypt GenerateDataKey RetireGrant ScheduleKeyDeletion".split()
        for key in (KEY, KEY.replace("1111-1111", "2222-2222"))
        for is_for_service in ("true", "false")
    ),
    Request("kms:CreateGrant", KEY),
    *(
        Request(f"secretsmanager:{name}", secret.replace("*", "admin-Ab12Cd"))
        for name in "CreateSecret DeleteSecret GetSecretValue TagResource PutSecretValue".split()
        for secret in (
            SECRET,
            NAMESPACE_SECRET,
            SECRET.replace("!warehouse", "!sales"),
            SECRET.replace("redshift!", ""),
        )
    ),
]


def _namespace(scope: cdk.Stack, name: str = "events") -> serverless.CfnNamespace:
    return serverless.CfnNamespace(scope, "Namespace", namespace_name=name)


@cache
def _decisions() -> dict[str, dict[Request, bool]]:
    """Decide on the calls of all tasks, and on neighbours of what they name, for each of the people."""
    stack = cdk.Stack(cdk.App(analytics_reporting=False), "Data", env=ENVIRONMENT)
    key, namespace, role = kms.Key.from_key_arn(stack, "Key", KEY), _namespace(stack), _roles(stack, "A")
    given: dict[str, Any] = {"encryption_keys": [key], "namespaces": [namespace]}
    for number, (options, _) in enumerate(PEOPLE.values()):
        objects: dict[str, Any] = {name: given[name] for name in options.keys() & given.keys()}
        RoleAssociationPolicy(
            stack, f"Of{number}", **{"clusters": ["warehouse"], "pass_roles": role, **options, **objects}
        )
    attribute = json.dumps({"Fn::GetAtt": ["Namespace", "Namespace.NamespaceArn"]})
    written = json.dumps([each["PolicyDocument"] for each in all_properties_of(stack, POLICY)])
    known = deployed(json.loads(written.replace(attribute, json.dumps(NAMESPACE))), {"AWS::Partition": "aws"})
    asked = [request for task in TASKS.values() for one in task.documented for request in one.requests()]
    return decisions_of(dict(zip(PEOPLE, known, strict=True)), [*dict.fromkeys([*asked, *BESIDE])])


@pytest.mark.parametrize("people", PEOPLE)
def test_people_can_do_what_the_pages_document_and_nothing_beside_it(people: str) -> None:
    """An evaluator decides on the calls of all tasks, and on neighbours of what they name."""
    documented = [one for name in PEOPLE[people][1] for one in TASKS[name].documented]
    decided = _decisions()[people]

    assert {request: any(one.allows(request) for one in documented) for request in decided} == decided
    assert {action for one in documented for action in one.actions.split()} == {
        request.action for request, is_allowed in decided.items() if is_allowed
    }
    assert not all(decided.values())


def test_what_a_create_needs_has_statements_of_its_own(stack: cdk.Stack) -> None:
    """They follow the published ones, which stay as they are; two clusters have two secrets, a key counts once."""
    key = kms.Key(stack, "Key")
    options: dict[str, Any] = {"service_linked_role": True, "manage_admin_password": True}
    _policy(stack, clusters=["a", "b", "a"], encryption_keys=[key, key], **options)
    statements = {statement["Sid"]: statement for statement in _statements(stack)}

    assert ["DescribeClusters", "AssociateRoles", "PassRolesToRedshift"] == [*statements][:3]
    assert [
        *("CreateServiceLinkedRole", "UseEncryptionKeys", "GrantKeysToRedshift"),
        *("ManageAdminPasswords", "GeneratePasswords"),
    ] == [*statements][3:]
    secrets = [f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:redshift!{name}-*" for name in "ab"]
    assert secrets == statements["ManageAdminPasswords"]["Resource"]
    assert stack.resolve(key.key_arn) == statements["UseEncryptionKeys"]["Resource"]
    assert "kms:RetireGrant" in statements["UseEncryptionKeys"]["Action"]


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"describe_all_clusters": False}, set()),
        ({"namespaces": True, "describe_all_clusters": False}, set()),
        ({"namespaces": True}, {"Resource::*"}),
        (
            {"namespaces": True, "describe_all_clusters": False, "create_namespaces": True},
            {f"Resource::arn:<AWS::Partition>:redshift-serverless:{REGION}:{ACCOUNT}:namespace/*"},
        ),
        ({}, {"Resource::*"}),
        ({"service_linked_role": True, "describe_all_clusters": False}, set()),
        (
            {"manage_admin_password": True, "describe_all_clusters": False},
            {
                "Resource::*",
                f"Resource::arn:<AWS::Partition>:secretsmanager:{REGION}:{ACCOUNT}:secret:redshift!<Cluster>-*",
            },
        ),
    ],
)
def test_nag_finds_only_what_has_no_narrower_form(
    app: cdk.App, stack: cdk.Stack, options: dict[str, Any], expected: set[str]
) -> None:
    """Lists and GetRandomPassword on ``*``, ids of new namespaces, and the end of a secret's name; else nothing."""
    cluster, role = _cluster(stack), RedshiftRole(stack, "Role", serverless=True)
    spaces = [_namespace(stack)] if "namespaces" in options else []
    _policy(stack, clusters=[cluster], pass_roles=[role], **{**options, "namespaces": spaces})
    logical_id = stack.get_logical_id(cluster.cfn_cluster)
    named = {finding.replace("<Cluster>", f"<{logical_id}>") for finding in expected}

    assert {f"AwsSolutions-IAM5[{finding}]" for finding in named} == nag_findings(app, stack)


def test_nag_finds_nothing_about_keys(app: cdk.App, stack: cdk.Stack) -> None:
    """Each is named."""
    key = kms.Key(stack, "Key", enable_key_rotation=True)
    role = RedshiftRole(stack, "Role")
    _policy(stack, clusters=[_cluster(stack)], pass_roles=[role], encryption_keys=[key], describe_all_clusters=False)

    assert set() == nag_findings(app, stack)


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


def test_clusters_that_are_named_twice_count_twice(stack: cdk.Stack) -> None:
    """Without describe_all_clusters each stands in two statements; keys do always, and secrets are longer."""
    names = [f"{'n' * 60}{number:02}" for number in range(27)]
    keys = [kms.Key.from_key_arn(stack, f"Key{number}", f"{KEY[:-2]}{number:02}") for number in range(36)]
    roles = _roles(stack, "A")

    for options in ({"clusters": names, "describe_all_clusters": False}, {"encryption_keys": keys}):
        assert ["PolicyTooLarge"] == [rule for rule, _ in refused(partial(_policy, stack, pass_roles=roles, **options))]


def test_fifty_generated_roles_of_one_cluster_fit(stack: cdk.Stack) -> None:
    """A generated name counts at its shortest, so that no policy is refused that IAM would take."""
    _policy(stack, pass_roles=[RedshiftRole(stack, f"Role{number}") for number in range(50)])

    assert 50 == len(_statements(stack)[2]["Resource"])


def test_fails_when_the_policy_of_namespaces_would_exceed_the_size_that_iam_takes() -> None:
    """An id is counted with its 36 characters, in a reference to a namespace too; one character more is refused."""

    def size(length: int) -> int:
        """Write a policy of 24 namespaces and many roles, the last of which has a name of this length."""
        stack = cdk.Stack(cdk.App(analytics_reporting=False), "Data", env=ENVIRONMENT)
        spaces = [serverless.CfnNamespace(stack, f"N{number}", namespace_name="n") for number in range(24)]
        roles = [*_many(stack, 33), iam.Role.from_role_name(stack, "Last", "n" * length)]
        try:
            _policy(stack, clusters=[], namespaces=spaces, pass_roles=roles)
        except RoleAssociationError as error:
            return 0 if {"PolicyTooLarge"} == {finding.rule for finding in error.findings} else -1
        written = json.dumps(_statements(stack), separators=(",", ":"))
        attribute = r'{"Fn::GetAtt":\["N[0-9]+","Namespace.NamespaceArn"\]}'
        return len('{"Version":"2012-10-17","Statement":}') + len(re.sub(attribute, json.dumps(NAMESPACE), written))

    fitting = 1 + 6144 - size(1)
    assert (True, 6144, 0) == (0 < fitting < 64, size(fitting), size(fitting + 1))


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
