"""The plug-in: everybody's clusters in an app."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import aws_cdk.aws_redshift_alpha as alpha
import pytest
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from aws_cdk import aws_redshift as redshift
from aws_cdk import aws_redshiftserverless as serverless
from aws_cdk import cloudformation_include as include
from aws_cdk.assertions import Template

from redshift_roles import RedshiftCluster, RedshiftRole, RoleAssociationRules
from tests.conftest import ACCOUNT, OTHER_ACCOUNT, REGION
from tests.support.associations import refused
from tests.support.rule_cases import Case, Stack, a_dozen, cases
from tests.support.templates import report_of

REQUIRED = {"ClusterType": "single-node", "DBName": "dev", "MasterUsername": "somebody", "NodeType": "ra3.large"}
FOREIGN = f"arn:aws:iam::{OTHER_ACCOUNT}:role/Loader"


@pytest.fixture
def ruled(app: cdk.App) -> cdk.App:
    """An app with the plug-in."""
    cdk.Validations.of(app).add_plugins(RoleAssociationRules())
    return app


def _cluster(scope: Any, name: str = "Theirs", **options: Any) -> redshift.CfnCluster:
    return redshift.CfnCluster(
        scope,
        name,
        cluster_type="multi-node",
        db_name="dev",
        master_username="somebody",
        node_type="ra3.large",
        **options,
    )


def _named(app: cdk.App) -> list[tuple[str, str, str]]:
    """List severity, rule and construct of everything that was found."""
    return [
        (violation["severity"], violation["ruleName"], construct["constructPath"])
        for violation in report_of(app)
        for construct in violation["violatingConstructs"]
    ]


@pytest.mark.parametrize(
    ("role_limit", "rule", "message"),
    [
        *((limit, "RoleLimitOutOfRange", f"'role_limit' must be 1 to 50, got {limit}") for limit in (0, 51, -1)),
        *(
            (value, "InvalidArgument", f"'role_limit' must be a whole number, got {value!r}")
            for value in ("10", None, True, 9.5)
        ),
    ],
)
def test_fails_when_the_limit_is_wrong(role_limit: Any, rule: str, message: str) -> None:
    """At the line of the caller, with what it must be."""
    assert [(rule, message)] == refused(lambda: RoleAssociationRules(role_limit=role_limit))


@pytest.mark.parametrize("how", ["app.synth", "Template.from_stack"])
def test_fails_when_a_cluster_of_somebody_else_breaks_a_rule(ruled: cdk.App, stack: cdk.Stack, how: str) -> None:
    """Both ways of synthesizing raise, and the message tells where, what and what to do."""
    _cluster(stack, iam_roles=[FOREIGN])

    with pytest.raises(RuntimeError) as caught:
        ruled.synth() if how == "app.synth" else Template.from_stack(stack)

    message = str(caught.value)
    assert f"IamRoles[0] is in account {OTHER_ACCOUNT}, the cluster is in {ACCOUNT}" in message
    assert "Data/Theirs" in message
    assert "associate a role of account 111111111111 and let it assume this one" in message
    assert "Acknowledge with 'redshift-roles::RoleAccountMismatch'" in message


def test_fails_whoever_wrote_the_cluster_and_however(ruled: cdk.App, stack: cdk.Stack, tmp_path: Path) -> None:
    """L1, override, raw resource, included template and namespace are judged alike, each under its own path."""
    _cluster(stack, "L1", iam_roles=[FOREIGN])
    _cluster(stack, "Override").add_property_override("IamRoles", [FOREIGN])
    cdk.CfnResource(stack, "Raw", type="AWS::Redshift::Cluster", properties={"IamRoles": [FOREIGN]})
    text = tmp_path / "old.json"
    old = {"Type": "AWS::Redshift::Cluster", "Properties": {**REQUIRED, "IamRoles": [FOREIGN]}}
    text.write_text(json.dumps({"Resources": {"Old": old}}))
    include.CfnInclude(stack, "Included", template_file=str(text))
    serverless.CfnNamespace(stack, "Namespace", namespace_name="dev", iam_roles=[FOREIGN])

    expected = [
        ("error", "RoleAccountMismatch", f"Data/{path}")
        for path in ("L1", "Override", "Raw", "Included/Old", "Namespace")
    ]
    assert expected == _named(ruled)


def test_fails_when_a_cluster_of_the_alpha_constructs_breaks_a_rule(ruled: cdk.App, stack: cdk.Stack) -> None:
    """Roles of a list, of `add_iam_role` and the default one; and what its custom resource may pass."""
    loader, glue, *many = [
        iam.Role(stack, name, assumed_by=iam.ServicePrincipal(f"{service}.amazonaws.com"))
        for name, service in [("Loader", "redshift"), ("Glue", "glue"), *((f"R{n}", "redshift") for n in range(9))]
    ]
    vpc = ec2.Vpc(stack, "Network")

    def cluster(name: str, *roles: iam.IRole) -> alpha.Cluster:
        login = alpha.Login(master_username="somebody")
        return alpha.Cluster(stack, name, master_user=login, vpc=vpc, roles=list(roles))

    cluster("Many", loader, *many)
    cluster("Eleven", loader, *many).add_iam_role(glue)
    cluster("Foreign").add_iam_role(iam.Role.from_role_arn(stack, "Theirs", FOREIGN))
    cluster("Default", loader).add_default_iam_role(loader)

    *of_clusters, (severity, rule, path) = _named(ruled)
    assert [
        ("error", "RoleQuotaExceeded", "Data/Eleven/Resource"),
        ("error", "TrustLacksRedshift", "Data/Eleven/Resource"),
        ("error", "RoleAccountMismatch", "Data/Foreign/Resource"),
    ] == of_clusters
    assert ("warning", "PassedToServiceMissing") == (severity, rule)
    assert path.endswith("/ServiceRole/DefaultPolicy/Resource")


def test_fails_in_nested_stacks_and_stages(ruled: cdk.App, stack: cdk.Stack) -> None:
    """All stacks of the app are judged, parameters of nested stacks followed to the parent."""
    role = iam.Role(stack, "Role", assumed_by=iam.ServicePrincipal("ec2.amazonaws.com"))
    _cluster(cdk.NestedStack(stack, "Nested"), iam_roles=[role.role_arn])
    staged = cdk.Stack(cdk.Stage(ruled, "Prod"), "Data", env=cdk.Environment(account=ACCOUNT, region=REGION))
    _cluster(staged, iam_roles=[FOREIGN])

    assert [
        ("error", "RoleAccountMismatch", "Prod/Data/Theirs"),
        ("error", "TrustLacksRedshift", "Data/Nested/Theirs"),
    ] == sorted(_named(ruled))


class _Team(cdk.NestedStack):
    """A nested stack whose template is the same for every team."""

    def __init__(self, scope: cdk.Stack, name: str, role: str) -> None:
        super().__init__(scope, name, parameters={"Role": role})
        parameter = cdk.CfnParameter(self, "Role")
        _cluster(self, iam_roles=[parameter.value_as_string])


def test_fails_in_the_one_of_two_nested_stacks_that_is_broken(ruled: cdk.App, stack: cdk.Stack) -> None:
    """They share a template and differ in their parameters; the construct is that of the broken one."""
    _Team(stack, "One", f"arn:aws:iam::{ACCOUNT}:role/Loader")
    _Team(stack, "Two", FOREIGN)

    assert [("error", "RoleAccountMismatch", "Data/Two/Theirs")] == _named(ruled)


def test_fails_when_a_policy_of_the_app_passes_every_role(ruled: cdk.App, stack: cdk.Stack) -> None:
    """The policy is named, and the statement in it."""
    _cluster(stack, iam_roles=[f"arn:aws:iam::{ACCOUNT}:role/Loader"])
    user = iam.User(stack, "User")
    user.add_to_policy(iam.PolicyStatement(actions=["iam:PassRole"], resources=["*"]))

    (violation,) = report_of(ruled)
    (construct,) = violation["violatingConstructs"]
    assert ("PassRoleUnscoped", "Statement[0] allows iam:PassRole on '*' to every service") == (
        violation["ruleName"],
        violation["description"],
    )
    assert "Data/User/DefaultPolicy/Resource" == construct["constructPath"]
    assert ["Properties/PolicyDocument/Statement/0"] == construct["cloudFormationResource"]["propertyPaths"]


def test_what_this_library_writes_breaks_nothing(ruled: cdk.App, stack: cdk.Stack) -> None:
    """Its roles, clusters, policies and grants are clean."""
    from redshift_roles import RedshiftWarehouse  # noqa: PLC0415

    RedshiftWarehouse(stack, "Warehouse", cluster_subnet_group_name="subnets")
    RedshiftRole(stack, "Role", serverless=True).redshift_grants.pass_role(iam.User(stack, "User"))

    assert [] == _named(ruled)


def test_a_failure_can_be_acknowledged(ruled: cdk.App, stack: cdk.Stack) -> None:
    """By the name of the rule, at the construct or above it."""
    cluster = _cluster(stack, iam_roles=[FOREIGN, "garbage"])
    cdk.Validations.of(cluster).acknowledge(
        cdk.Acknowledgment(id="redshift-roles::RoleAccountMismatch", reason="a test of ours")
    )

    assert [("error", "RoleArnInvalid", "Data/Theirs")] == _named(ruled)


def test_what_is_undecided_warns_and_does_not_block(ruled: cdk.App, stack: cdk.Stack) -> None:
    """The synthesis succeeds; the warning has an id of its own."""
    parameter = cdk.CfnParameter(stack, "RoleArn").value_as_string
    _cluster(stack, iam_roles=[parameter])
    ruled.synth()

    assert [("warning", "RoleAccountUndecided", "Data/Theirs")] == _named(ruled)


@pytest.mark.parametrize("where", ["twice at the app", "the same one twice", "at the app and at the stage"])
def test_a_plug_in_that_is_registered_twice_reports_once(app: cdk.App, where: str) -> None:
    """However it came about, each finding stands in the report once."""
    stage = cdk.Stage(app, "Prod")
    _cluster(cdk.Stack(stage, "Data", env=cdk.Environment(account=ACCOUNT, region=REGION)), iam_roles=[FOREIGN])
    first, second = RoleAssociationRules(), RoleAssociationRules()
    cdk.Validations.of(app).add_plugins(first)
    cdk.Validations.of(stage if "stage" in where else app).add_plugins(first if "same" in where else second)

    assert [("error", "RoleAccountMismatch", "Prod/Data/Theirs")] == _named(app)


def test_a_plug_in_of_a_stage_looks_at_that_stage_only(app: cdk.App, stack: cdk.Stack) -> None:
    """The stacks beside it are nobody's business."""
    stage = cdk.Stage(app, "Prod")
    _cluster(stack, iam_roles=[FOREIGN])
    _cluster(cdk.Stack(stage, "Data", env=cdk.Environment(account=ACCOUNT, region=REGION)), iam_roles=["garbage"])
    cdk.Validations.of(stage).add_plugins(RoleAssociationRules())

    assert [("error", "RoleArnInvalid", "Prod/Data/Theirs")] == _named(app)


def test_our_own_clusters_are_left_to_their_guard(ruled: cdk.App, stack: cdk.Stack) -> None:
    """What the guard finds is found once, and nobody can acknowledge it."""
    ours = RedshiftCluster(stack, "Ours", cluster_subnet_group_name="subnets")
    ours.cfn_cluster.add_property_override("IamRoles", [FOREIGN])
    _cluster(stack, iam_roles=[FOREIGN])

    assert [
        ("error", "RoleAccountMismatch", "Data/Theirs"),
        ("fatal", "RoleAccountMismatch", "Data/Ours/Resource"),
    ] == sorted(_named(ruled))


def test_our_own_clusters_keep_their_own_limit(ruled: cdk.App, stack: cdk.Stack) -> None:
    """A cluster of this library with `role_limit=11` may have eleven roles."""
    roles = [RedshiftRole(stack, f"Role{n}") for n in range(11)]
    RedshiftCluster(stack, "Ours", cluster_subnet_group_name="subnets", roles=roles, role_limit=11)

    assert [] == _named(ruled)


@pytest.mark.parametrize(("role_limit", "count", "broken"), [(1, 1, 0), (1, 2, 1), (50, 50, 0), (50, 51, 1)])
def test_the_limit_is_the_callers(app: cdk.App, stack: cdk.Stack, role_limit: int, count: int, broken: int) -> None:
    """At the limit and one above."""
    cdk.Validations.of(app).add_plugins(RoleAssociationRules(role_limit=role_limit))
    _cluster(stack, iam_roles=[f"arn:aws:iam::{ACCOUNT}:role/R{n}" for n in range(count)])

    assert [("error", "RoleQuotaExceeded", "Data/Theirs")] * broken == _named(app)


def test_an_app_can_be_synthesized_again(ruled: Any, stack: cdk.Stack) -> None:
    """The plug-in keeps nothing from one synthesis to the next: it fails again."""
    _cluster(stack, iam_roles=["garbage"])

    for _ in range(2):
        with pytest.raises(RuntimeError, match="which is not an ARN"):
            ruled.synth(force=True)


@pytest.mark.parametrize("case", a_dozen(case for case in cases() if not case.raw), ids=lambda case: case.name)
def test_a_case_has_the_verdicts_of_the_table(case: Case, ruled: cdk.App, tmp_path: Path) -> None:
    """A real synthesis of the included templates gives neither fewer nor more."""
    for name, given in case.stacks.items():
        env = cdk.Environment(account=given.account, region=given.region)
        files = {key: _written(tmp_path, key, below) for key, below in case.nested.items()}
        nested = {key: include.CfnIncludeProps(template_file=file) for key, file in files.items()}
        path = _written(tmp_path, name, given)
        include.CfnInclude(cdk.Stack(ruled, name, env=env), "Old", template_file=path, load_nested_stacks=nested)

    found = [f"{rule} {path.rpartition('/')[2]}" for _, rule, path in _named(ruled)]
    assert case.expected == sorted(found)


def _written(folder: Path, name: str, given: Stack) -> str:
    body = given.body
    for resource in body["Resources"].values():
        if resource["Type"] == "AWS::Redshift::Cluster":
            resource["Properties"] = {**REQUIRED, **resource["Properties"]}
        if resource["Type"] == "AWS::CloudFormation::Stack":
            resource["Properties"]["TemplateURL"] = "https://bucket/nested.json"
    (folder / f"{name}.json").write_text(json.dumps(body))
    return str(folder / f"{name}.json")
