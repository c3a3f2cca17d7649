"""Roles on clusters that already exist: what lands in the template, and what is refused."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any
from unittest.mock import ANY

import aws_cdk as cdk
import pytest
from aws_cdk import aws_iam as iam
from aws_cdk import aws_redshift as redshift
from constructs import Construct

from redshift_roles import RedshiftCluster, RedshiftRole, RoleAssociation, RoleAssociationError
from tests.conftest import ACCOUNT, OTHER_ACCOUNT, REGION
from tests.support import nag
from tests.support.builders import arn
from tests.support.synthesis import report_of
from tests.support.templates import all_properties_of, deployed, properties_of, template_of

ASSOCIATION, BEFORE = "Custom::RedshiftRoleAssociation", "Custom::RedshiftRolesBefore"
WAREHOUSE = "warehouse"


def _wrong(scope: cdk.Stack, **options: Any) -> list[tuple[str, str]]:
    given = {"cluster_identifier": WAREHOUSE, **options}
    with pytest.raises(RoleAssociationError) as caught:
        RoleAssociation(scope, "Association", **given)
    assert scope.node.try_find_child("Association") is None
    return [(finding.rule, finding.message) for finding in caught.value.findings]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"roles": []}, "'roles' must have at least one role, got an empty list"),
        ({"roles": "role"}, "'roles' must be a list, got 'role'"),
        ({"roles": ["arn"]}, "'roles[0]' must be an iam.IRole, got 'arn'"),
        ({"roles": [], "default_role": "arn"}, "'default_role' must be an iam.IRole, got 'arn'"),
        ({"roles": [], "role_limit": "10"}, "'role_limit' must be a whole number, got '10'"),
        ({"roles": [], "timeout": 60}, "'timeout' must be a Duration, got 60"),
        ({"roles": [], "timeout": cdk.Duration.seconds(29)}, "'timeout' must be 30 to 840 seconds, got 29 seconds"),
        ({"roles": [], "timeout": cdk.Duration.seconds(841)}, "'timeout' must be 30 to 840 seconds, got 841 seconds"),
        (
            {"roles": [], "cluster_identifier": "UPPER"},
            (
                "'cluster_identifier' must be 1 to 63 lower-case letters, digits and single hyphens, , got 'UPPER'"
                "a letter first"
            ),
        ),
    ],
)  # fmt: skip
def test_fails_when_an_argument_is_wrong(stack: cdk.Stack, options: dict[str, Any], message: str) -> None:
    """Everything wrong is told at once, and nothing is left in the tree."""
    assert ("InvalidArgument", message) in _wrong(stack, **options)


@pytest.mark.parametrize(
    "identifier",
    [None, 7, cdk.Token.as_number({"Ref": "X"}), cdk.Token.as_list({"Ref": "X"})],
    ids=["nothing", "number", "reference to a number", "reference to a list"],
)
def test_fails_when_the_cluster_identifier_is_no_text(stack: cdk.Stack, identifier: Any) -> None:
    """Nor a reference to one."""
    ((rule, message),) = _wrong(stack, roles=[RedshiftRole(stack, "Role")], cluster_identifier=identifier)

    assert "InvalidArgument" == rule
    assert message.startswith("'cluster_identifier' is ")


def test_fails_when_the_default_role_is_not_among_the_roles(stack: cdk.Stack) -> None:
    """Only an associated role can be the default."""
    roles = [RedshiftRole(stack, "A"), iam.Role.from_role_arn(stack, "B", arn("B"))]
    ((rule, message),) = _wrong(stack, roles=roles, default_role=RedshiftRole(stack, "C"))

    assert "DefaultRoleNotAssociated" == rule
    assert message.startswith("'default_role'")
    assert message.endswith("is not among 'roles'")


def test_fails_for_what_the_rules_say(stack: cdk.Stack) -> None:
    """The same rules as for a cluster."""
    many = [RedshiftRole(stack, f"R{number}") for number in range(11)]
    foreign = iam.Role.from_role_arn(stack, "Foreign", arn("X", account=OTHER_ACCOUNT))

    assert ["RoleQuotaExceeded"] == [rule for rule, _ in _wrong(stack, roles=many)]
    assert ["RoleAccountMismatch"] == [rule for rule, _ in _wrong(stack, roles=[foreign])]
    assert ["RoleDuplicated"] == [rule for rule, _ in _wrong(stack, roles=[many[0], many[0]])]
    assert ["RoleLimitOutOfRange"] == [rule for rule, _ in _wrong(stack, roles=many[:1], role_limit=51)]


def test_what_was_there_before_is_looked_at_first(stack: cdk.Stack) -> None:
    """A look for each role and one for the default; the association gets their answers."""
    first, second = RedshiftRole(stack, "First"), RedshiftRole(stack, "Second")
    RoleAssociation(stack, "Association", cluster_identifier=WAREHOUSE, roles=[first, second], default_role=second)
    resources = template_of(stack)["Resources"]
    looks = {key: found["Properties"].get("RoleArn") for key, found in resources.items() if found["Type"] == BEFORE}
    by_role = {str(role): key for key, role in looks.items()}
    arns = [stack.resolve(role.role_arn) for role in (first, second)]
    properties = properties_of(stack, ASSOCIATION)
    service = properties.pop("ServiceToken")

    assert 3 == len(looks)
    assert {
        "ServiceTimeout": "1200",
        "Kind": "Association",
        "ClusterIdentifier": WAREHOUSE,
        "RoleArns": arns,
        "WasAssociated": [{"Fn::GetAtt": [by_role[str(role)], "WasAssociated"]} for role in arns],
        "RoleLimit": "10",
        "TimeoutSeconds": "600",
        "DefaultRoleArn": arns[1],
        "DefaultBefore": {"Fn::GetAtt": [by_role["None"], "DefaultRoleArn"]},
    } == properties
    assert {str(service)} == {
        str(found["Properties"]["ServiceToken"]) for found in resources.values() if found["Type"] == BEFORE
    }


def test_the_function_may_do_exactly_this(stack: cdk.Stack) -> None:
    """Describe and modify one cluster, pass these roles to Redshift, write its own logs."""
    role = RedshiftRole(stack, "Role")
    RoleAssociation(stack, "Association", cluster_identifier=WAREHOUSE, roles=[role])
    policies = all_properties_of(stack, "AWS::IAM::ManagedPolicy")
    cluster = f"arn:aws:redshift:{REGION}:{ACCOUNT}:cluster:warehouse"
    statements = [statement for policy in policies for statement in policy["PolicyDocument"]["Statement"]]
    (log_group,) = [
        key for key, found in template_of(stack)["Resources"].items() if found["Type"] == "AWS::Logs::LogGroup"
    ]

    assert {
        "AssociateRoles": ("redshift:ModifyClusterIamRoles", cluster, None),
        "DescribeClusters": ("redshift:DescribeClusters", cluster, None),
        "PassRolesToRedshift": (
            "iam:PassRole",
            stack.resolve(role.role_arn),
            {"StringEquals": {"iam:PassedToService": "redshift.amazonaws.com"}},
        ),
        "WriteLogs": (
            ["logs:CreateLogStream", "logs:PutLogEvents"],
            {"Fn::GetAtt": [log_group, "Arn"]},
            None,
        ),
    } == {
        s["Sid"]: (
            s["Action"],
            s["Resource"] if "Fn::GetAtt" in s["Resource"] else deployed(s["Resource"], {"AWS::Partition": "aws"}),
            s.get("Condition"),
        )
        for s in statements
    }


MESSAGE = (
    "the associations and default roles of this stack need {} policies, allowed is {}: IAM attaches 10 to a role, one "
    "is for the logs, {} for the change of a cluster"
)


def test_fails_when_the_function_can_carry_no_more_policies(stack: cdk.Stack) -> None:
    """IAM attaches ten to a role: one for the logs, one for each cluster, one more for each default role, and as many
    as one cluster has are free, for the time in which one replaces another.
    """
    roles = [RedshiftRole(stack, "Role")]
    for number in range(5):
        RoleAssociation(stack, f"A{number}", cluster_identifier=f"c{number}", roles=roles)
    RedshiftCluster(stack, "Cluster", roles=roles, default_role=roles[0], cluster_subnet_group_name="s")
    before = [construct.node.path for construct in stack.node.find_all()]

    assert [("InvalidArgument", MESSAGE.format(8, 7, 2))] == _wrong(stack, roles=roles)
    assert before == [construct.node.path for construct in stack.node.find_all()]


def test_an_association_without_a_default_role_needs_one_policy_less(stack: cdk.Stack) -> None:
    """What was refused with a default role fits without one: a refusal takes no room."""
    roles = [RedshiftRole(stack, "Role")]
    for number in range(7):
        RoleAssociation(stack, f"A{number}", cluster_identifier=f"c{number}", roles=roles)

    assert [("InvalidArgument", MESSAGE.format(9, 7, 2))] == _wrong(stack, roles=roles, default_role=roles[0])
    RoleAssociation(stack, "Association", cluster_identifier=WAREHOUSE, roles=roles)
    assert 9 == len(all_properties_of(stack, "AWS::IAM::ManagedPolicy"))
    assert stack.node.try_find_child("Association") is not None


def test_a_long_list_needs_several_policies_and_counts_as_many(stack: cdk.Stack) -> None:
    """IAM takes 6,144 characters a policy."""
    path = f"/{'p' * 500}/"
    for number in range(2):
        roles = [
            iam.Role.from_role_arn(stack, f"R{number}-{role}", arn(f"R{number}-{role}", path=path))
            for role in range(40)
        ]
        RoleAssociation(stack, f"A{number}", cluster_identifier=f"c{number}", roles=roles, role_limit=50)

    assert 9 == len(all_properties_of(stack, "AWS::IAM::ManagedPolicy"))
    assert [("InvalidArgument", MESSAGE.format(12, 8, 1))] == _wrong(stack, roles=roles, role_limit=50)


def test_all_associations_of_a_stack_share_one_function(stack: cdk.Stack) -> None:
    """Each waits for the policy that it needs and for that of the logs, and for no other's."""
    for name in ("First", "Second"):
        RoleAssociation(stack, name, cluster_identifier=name.lower(), roles=[RedshiftRole(stack, f"Role{name}")])
    resources = template_of(stack)["Resources"]
    policies = [key for key, found in resources.items() if found["Type"] == "AWS::IAM::ManagedPolicy"]
    (role,) = properties_of(stack, "AWS::Lambda::Function")["Role"]["Fn::GetAtt"][:1]
    logs, *own = [re.sub("CustomRedshiftRoleAssociation|.{8}$", "", policy) for policy in sorted(policies)]
    waits = {
        (found["Properties"]["ClusterIdentifier"], tuple(sorted(found["DependsOn"])))
        for found in resources.values()
        if found["Type"].startswith("Custom::")
    }

    assert 1 == len([found for found in resources.values() if found["Type"] == "AWS::Lambda::Function"])
    assert [[{"Ref": role}]] * 3 == [resources[policy]["Properties"]["Roles"] for policy in policies]
    assert ("RoleWriteLogs", ["firstAllowPolicy", "secondAllowPolicy"]) == (logs, own)
    written, first, second = sorted(policies)
    assert {("first", (written, first)), ("second", (written, second))} == waits


@pytest.mark.parametrize("kind", ["Associates", "Puts"])
def test_the_policies_of_a_cluster_are_replaced_with_it_and_not_with_its_roles(kind: str) -> None:
    """CloudFormation deletes what it replaces last, so the old cluster can still be left; a description cannot be
    updated, so another one is another policy, also where only the value of a parameter is another one.
    """

    def policy(cluster: str, name: str) -> dict[str, Any]:
        stack = cdk.Stack(cdk.App(analytics_reporting=False), "Data")
        named = cdk.CfnParameter(stack, "Name").value_as_string if cluster == "parameter" else cluster
        role = RedshiftRole(stack, name)
        RoleAssociation(stack, "Association", cluster_identifier=named, roles=[role], default_role=role)
        (found,) = [
            {key: value["Properties"]["Description"]}
            for key, value in template_of(stack)["Resources"].items()
            if kind in str(value["Properties"].get("Description")) and value["Type"] == "AWS::IAM::ManagedPolicy"
        ]
        return found

    assert policy("first", "A") == policy("first", "B")
    assert policy("first", "A") != policy("second", "A")
    assert {"Fn::Join": ["", [ANY, {"Ref": "Name"}]]} == next(iter(policy("parameter", "A").values()))


def test_no_run_outlives_the_patience_of_cloudformation(stack: cdk.Stack) -> None:
    """Lambda begins within five minutes or never, and is stopped after fifteen; CloudFormation waits for twenty, so a
    request that was given up can add nothing any more.
    """
    RoleAssociation(stack, "Association", cluster_identifier=WAREHOUSE, roles=[RedshiftRole(stack, "Role")])
    begins = properties_of(stack, "AWS::Lambda::EventInvokeConfig")["MaximumEventAgeInSeconds"]
    runs = properties_of(stack, "AWS::Lambda::Function")["Timeout"]

    assert (300, 900) == (begins, runs)
    assert {str(begins + runs)} == {
        found["ServiceTimeout"] for kind in (ASSOCIATION, BEFORE) for found in all_properties_of(stack, kind)
    }


def test_logical_ids_stay_when_roles_come_and_go() -> None:
    """So that changing the roles replaces nothing."""

    def ids(*names: str) -> set[str]:
        stack = cdk.Stack(cdk.App(analytics_reporting=False), "Data")
        roles = {name: RedshiftRole(stack, name) for name in ("A", "B", "C")}
        RoleAssociation(stack, "Association", cluster_identifier=WAREHOUSE, roles=[roles[name] for name in names])
        return {key for key, found in template_of(stack)["Resources"].items() if found["Type"].startswith("Custom::")}

    assert ids("A") < ids("C", "A") < ids("B", "A", "C")


def test_the_code_is_the_handler_and_nothing_else(app: cdk.App, stack: cdk.Stack) -> None:
    """It lies beside the package, so it comes with the wheel."""
    RoleAssociation(stack, "Association", cluster_identifier=WAREHOUSE, roles=[RedshiftRole(stack, "Role")])
    folder = Path(app.synth().directory)
    (asset,) = [path for path in folder.iterdir() if path.is_dir() and path.name.startswith("asset.")]

    modules = ("__init__", "answers", "clusters", "index", "plan", "reconcile", "snapshots")
    assert {f"{module}.py" for module in modules} == {path.name for path in asset.rglob("*") if path.is_file()}
    assert {"handler"} == {path.name for path in asset.iterdir()}
    assert "handler.index.handler" == properties_of(stack, "AWS::Lambda::Function")["Handler"]


def test_five_packs_of_cdk_nag_find_nothing(app: cdk.App, stack: cdk.Stack) -> None:
    """What does not fit a custom resource is answered where it stands."""
    RoleAssociation(stack, "Association", cluster_identifier=WAREHOUSE, roles=[RedshiftRole(stack, "Role")])
    app.synth()

    assert set() == nag.findings(app)
    assert set() == nag.nag_findings(app, stack)


def _duplicates(app: cdk.App) -> list[tuple[str, str]]:
    return [
        (violation["ruleName"], violation["description"])
        for violation in report_of(app)
        if violation["ruleName"] == "RoleDuplicated"
    ]


@pytest.mark.parametrize("ours", [True, False])
@pytest.mark.parametrize("named", [True, False])
def test_fails_when_the_cluster_lists_the_role_itself(app: cdk.App, stack: cdk.Stack, ours: bool, named: bool) -> None:
    """Whether the cluster is ours or CDK's, and whether the association names it or refers to it."""
    role = RedshiftRole(stack, "Role")
    identifier = WAREHOUSE if named else None
    if ours:
        reference = RedshiftCluster(
            stack, "Cluster", roles=[role], cluster_identifier=identifier, cluster_subnet_group_name="s"
        ).cluster_identifier
    else:
        reference = redshift.CfnCluster(
            stack,
            "Cluster",
            cluster_type="single-node",
            db_name="d",
            master_username="u",
            node_type="ra3.large",
            iam_roles=[role.role_arn],
            cluster_identifier=identifier,
        ).ref
    RoleAssociation(stack, "Association", cluster_identifier=identifier or reference, roles=[role])

    assert ["RoleDuplicated"] == [rule for rule, _ in _duplicates(app)]


def test_other_roles_of_the_same_cluster_are_welcome(app: cdk.App, stack: cdk.Stack) -> None:
    """Two associations and the cluster's own list, each with roles of its own."""
    roles = [RedshiftRole(stack, f"R{number}") for number in range(3)]
    cluster = RedshiftCluster(stack, "Cluster", roles=roles[:1], cluster_subnet_group_name="s")
    for number in (1, 2):
        RoleAssociation(stack, f"A{number}", cluster_identifier=cluster.cluster_identifier, roles=[roles[number]])

    assert [] == report_of(app)


def test_a_cluster_of_ours_can_have_a_default_role(app: cdk.App, stack: cdk.Stack) -> None:
    """By the same function; the roles stay in the cluster's own list."""
    roles = [RedshiftRole(stack, f"R{number}") for number in range(2)]
    RedshiftCluster(stack, "Cluster", roles=roles, default_role=roles[1], cluster_subnet_group_name="s")
    properties = properties_of(stack, ASSOCIATION)
    (cluster,) = [
        key for key, found in template_of(stack)["Resources"].items() if found["Type"] == "AWS::Redshift::Cluster"
    ]

    assert {"Ref": cluster} == properties["ClusterIdentifier"]
    assert stack.resolve(roles[1].role_arn) == properties["DefaultRoleArn"]
    assert [] == properties.get("RoleArns", [])
    assert [] == report_of(app)


def test_fails_when_the_default_role_of_a_cluster_is_not_among_its_roles(stack: cdk.Stack) -> None:
    """At the line that defines the cluster."""
    with pytest.raises(RoleAssociationError) as caught:
        RedshiftCluster(
            stack,
            "Cluster",
            roles=[RedshiftRole(stack, "A")],
            default_role=RedshiftRole(stack, "B"),
            cluster_subnet_group_name="s",
        )

    assert ["DefaultRoleNotAssociated"] == [finding.rule for finding in caught.value.findings]


def test_without_a_default_role_there_is_no_function(stack: cdk.Stack) -> None:
    """A plain cluster has no custom resource."""
    RedshiftCluster(stack, "Cluster", roles=[RedshiftRole(stack, "A")], cluster_subnet_group_name="s")

    assert [] == all_properties_of(stack, "AWS::Lambda::Function")


def test_roles_whose_paths_are_alike_are_two_roles(stack: cdk.Stack) -> None:
    """Each is looked for by itself, whatever their names run into one another to."""
    scopes = {name: Construct(stack, name) for name in ("A", "A-B", "AB", "A--B")}
    locations = (("A", "BC"), ("AB", "C"), ("A", "B-C"), ("A-B", "C"), ("A", "B--C"), ("A--B", "C"))
    roles = [RedshiftRole(scopes[scope], name) for scope, name in locations]
    RoleAssociation(stack, "Association", cluster_identifier=WAREHOUSE, roles=roles)

    assert len(locations) == len(all_properties_of(stack, BEFORE))


def test_a_timeout_that_is_no_duration_is_refused_once(stack: cdk.Stack) -> None:
    """A value of the wrong kind is not also reported as out of range."""
    wrong = _wrong(stack, roles=[RedshiftRole(stack, "Role")], timeout=60)

    assert [("InvalidArgument", "'timeout' must be a Duration, got 60")] == wrong
