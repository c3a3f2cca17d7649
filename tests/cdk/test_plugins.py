"""The guard: what became of our own clusters in the templates."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any, cast

import aws_cdk as cdk
import pytest
from aws_cdk import aws_iam as iam
from aws_cdk import aws_redshift as redshift
from aws_cdk.assertions import Template

from redshift_roles import RedshiftCluster, RedshiftNamespace, RedshiftRole, RoleAssociationRules, rules
from redshift_roles.cdk import plugins
from redshift_roles.rules import association_rules
from tests.conftest import ACCOUNT, OTHER_ACCOUNT, REGION
from tests.support.associations import associate
from tests.support.programs import ROOT, environment
from tests.support.templates import failures_of, report_of, warnings_of

FOREIGN = f"arn:aws:iam::{OTHER_ACCOUNT}:role/Loader"


def _cluster(scope: Any, name: str = "Cluster", **options: Any) -> RedshiftCluster:
    return RedshiftCluster(scope, name, cluster_subnet_group_name="subnets", **options)


def _untrusting(scope: cdk.Stack) -> iam.Role:
    return iam.Role(scope, "Untrusting", assumed_by=iam.ServicePrincipal("ec2.amazonaws.com"))


@pytest.mark.parametrize("how", ["app.synth", "Template.from_stack"])
def test_fails_when_an_override_puts_a_foreign_role_in(stack: cdk.Stack, how: str) -> None:
    """Both ways of synthesizing raise, and the message tells where, what and what to do."""
    _cluster(stack).cfn_cluster.add_property_override("IamRoles", [FOREIGN])

    app = cast("cdk.App", stack.node.root)
    synthesize = app.synth if how == "app.synth" else lambda: Template.from_stack(stack)

    with pytest.raises(RuntimeError) as caught:
        synthesize()

    message = str(caught.value)
    assert f"IamRoles[0] is in account {OTHER_ACCOUNT}, the cluster is in {ACCOUNT}" in message
    assert "Data/Cluster/Resource" in message
    assert "associate a role of account 111111111111 and let it assume this one" in message
    assert "https://docs.aws.amazon.com/redshift/latest/mgmt/copy-unload-iam-role-associating-with-clusters" in message
    assert "Token[" not in message


BROKEN = """
import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from redshift_roles import RedshiftCluster
app = cdk.App()
stack = cdk.Stack(app, "Data")
role = iam.Role(stack, "Role", assumed_by=iam.ServicePrincipal("ec2.amazonaws.com"))
RedshiftCluster(stack, "Cluster", roles=[role], cluster_subnet_group_name="subnets")
app.synth()
"""


def test_fails_on_the_command_line_too(tmp_path: Path) -> None:
    """`cdk synth` exits with an error, because `python app.py` does, and names the rule's fix."""
    program = tmp_path / "app.py"
    program.write_text(BROKEN)
    cdk_synth = [str(ROOT / "node_modules" / ".bin" / "cdk"), "synth", "--quiet", "--no-notices"]
    done = subprocess.run(
        [*cdk_synth, "--output", str(tmp_path / "out"), "--app", f"{sys.executable} {program}"],
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
        env=environment(tmp_path, validation=False),
    )

    assert 1 == done.returncode
    assert "trusts ec2.amazonaws.com; Redshift cannot assume it" in done.stdout + done.stderr
    assert "iam.ServicePrincipal('redshift.amazonaws.com')" in done.stdout + done.stderr


def test_a_finding_is_written_for_machines_too(stack: cdk.Stack) -> None:
    """CDK's report has the rule, the construct, the resource and the property."""
    cluster = _cluster(stack, roles=[_untrusting(stack)])

    (violation,) = report_of(stack.node.root)
    (construct,) = violation["violatingConstructs"]
    assert ("TrustLacksRedshift", "fatal") == (violation["ruleName"], violation["severity"])
    assert "Data/Cluster/Resource" == construct["constructPath"]
    assert {
        "templatePath": "Data.template.json",
        "logicalId": stack.get_logical_id(cluster.cfn_cluster),
        "propertyPaths": ["Properties/IamRoles"],
    } == construct["cloudFormationResource"]


def test_trust_may_grow_after_the_cluster_is_written(stack: cdk.Stack) -> None:
    """Only the finished trust policy counts."""
    role = _untrusting(stack)
    _cluster(stack, roles=[role])
    document = role.assume_role_policy
    assert document is not None
    document.add_statements(
        iam.PolicyStatement(actions=["sts:AssumeRole"], principals=[iam.ServicePrincipal("redshift.amazonaws.com")])
    )

    assert [] == failures_of(stack.node.root)


@pytest.mark.parametrize(("regions", "failed"), [([REGION], []), (["us-east-1"], ["TrustLacksRedshift"])])
def test_a_regional_trust_is_held_against_the_clusters_region(
    stack: cdk.Stack, regions: list[str], failed: list[str]
) -> None:
    """A role for other regions cannot be assumed in this one."""
    _cluster(stack, roles=[RedshiftRole(stack, "Role", regions=regions)])

    assert failed == failures_of(stack.node.root)


def test_fails_when_a_role_of_another_stack_does_not_trust_redshift(app: cdk.App, stack: cdk.Stack) -> None:
    """Exports are followed to the role's own template."""
    other = cdk.Stack(app, "Other", env=cdk.Environment(account=ACCOUNT, region=REGION))
    _cluster(stack, roles=[_untrusting(other)])

    assert ["TrustLacksRedshift"] == failures_of(app)


@pytest.mark.parametrize("strength", ["strong", "both", "weak"])
def test_a_role_of_another_stack_is_followed_however_cdk_refers_to_it(strength: str) -> None:
    """Exports, and the outputs that weak references read, lead to the role; nothing is left undecided."""
    app = cdk.App(context={"@aws-cdk/core:defaultCrossStackReferences": strength}, analytics_reporting=False)
    env = cdk.Environment(account=ACCOUNT, region=REGION)
    home, stack = cdk.Stack(app, "Home", env=env), cdk.Stack(app, "Data", env=env)
    _cluster(stack, "Good", roles=[RedshiftRole(home, "Role")])
    _cluster(stack, "Bad", roles=[_untrusting(home)])

    assert (["TrustLacksRedshift"], []) == (failures_of(app), warnings_of(app))


def _acknowledge(cluster: RedshiftCluster, *rules: str) -> None:
    for rule in rules:
        cdk.Validations.of(cluster).acknowledge(cdk.Acknowledgment(id=f"redshift-roles::{rule}", reason="known"))


def test_an_acknowledged_warning_does_not_silence_a_failure(stack: cdk.Stack) -> None:
    """What is undecided has an id of its own; a foreign role that comes later still fails."""
    parameter = cdk.CfnParameter(stack, "RoleArn").value_as_string
    cluster = _cluster(stack, roles=[iam.Role.from_role_arn(stack, "Role", parameter)])
    _acknowledge(cluster, "RoleAccountUndecided", "RoleAccountMismatch")
    cluster.cfn_cluster.add_property_override("IamRoles.1", FOREIGN)

    assert (["RoleAccountMismatch"], []) == (failures_of(stack.node.root), warnings_of(stack.node.root))


def test_a_warning_says_what_would_decide_it_and_can_be_acknowledged(app: cdk.App, stack: cdk.Stack) -> None:
    """It names the parameter, not a token."""
    acknowledged, reported = _cluster(stack, "Acknowledged"), _cluster(stack, "Reported")
    parameter = cdk.CfnParameter(stack, "RoleArn").value_as_string
    role = iam.Role.from_role_arn(stack, "Role", parameter)
    for cluster in (acknowledged, reported):
        cluster.add_role(role)
    _acknowledge(acknowledged, "RoleAccountUndecided")

    (violation,) = report_of(app)
    (construct,) = violation["violatingConstructs"]
    unknown = "IamRoles[0] is ${RoleArn}, whose account only the deployment knows"
    assert f"{unknown}; the cluster is in {ACCOUNT}" == violation["description"]
    assert violation["suggestedFix"].startswith("pass the role itself or its literal ARN, or acknowledge this")
    assert violation["suggestedFix"].endswith(f"(source: {association_rules.ROLE_ACCOUNT_UNDECIDED.source.url})")
    assert "Data/Reported/Resource" == construct["constructPath"]


def test_other_peoples_clusters_are_left_alone(stack: cdk.Stack) -> None:
    """A broken `CfnCluster` beside ours is not the guard's business."""
    _cluster(stack)
    redshift.CfnCluster(
        stack,
        "Theirs",
        cluster_type="multi-node",
        db_name="d",
        master_username="m",
        node_type="ra3.large",
        iam_roles=[FOREIGN] * 12,
    )

    assert [] == report_of(stack.node.root)


def test_one_guard_looks_after_all_clusters_of_an_app(app: cdk.App, stack: cdk.Stack, agnostic: cdk.Stack) -> None:
    """Stacks, nested stacks and Stages are checked once each, by one plug-in."""
    stage = cdk.Stage(app, "Prod")
    staged = cdk.Stack(stage, "Data", env=cdk.Environment(account=ACCOUNT, region=REGION))
    nested = cdk.NestedStack(agnostic, "Nested")
    scopes = [stack, staged, agnostic, nested]
    for scope in scopes:
        _cluster(scope).cfn_cluster.add_property_override("IamRoles", ["garbage"])

    found = report_of(app)
    assert ["RoleArnInvalid"] * len(scopes) == [violation["ruleName"] for violation in found]
    assert {f"{scope.node.path}/Cluster/Resource" for scope in scopes} == {
        construct["constructPath"] for violation in found for construct in violation["violatingConstructs"]
    }
    report = json.loads((Path(app.outdir) / "validation-report.json").read_text())
    assert ["redshift-roles"] == [plugin["pluginName"] for plugin in report["pluginReports"]]


def test_template_from_stack_of_a_staged_stack_is_the_one_unguarded_place(app: cdk.App) -> None:
    """CDK runs plug-ins at the app: there the same stack fails."""
    staged = cdk.Stack(cdk.Stage(app, "Prod"), "Data")
    _cluster(staged, roles=[_untrusting(staged)])

    Template.from_stack(staged).resource_count_is("AWS::Redshift::Cluster", 1)
    assert ["TrustLacksRedshift"] == failures_of(app)


class _Team(cdk.NestedStack):
    """A nested stack whose template is the same for every team."""

    def __init__(self, scope: cdk.Stack, name: str) -> None:
        super().__init__(scope, name)
        role = cdk.CfnParameter(self, "Role", default="x")
        _cluster(self, roles=[_untrusting(self)], cluster_identifier=role.value_as_string)


def test_fails_in_each_of_two_nested_stacks_that_share_a_template(stack: cdk.Stack) -> None:
    """CDK writes one asset for both; both clusters are judged."""
    _Team(stack, "One")
    _Team(stack, "Two")

    found = report_of(stack.node.root)
    paths = {construct["constructPath"] for violation in found for construct in violation["violatingConstructs"]}
    assert {"Data/One/Cluster/Resource", "Data/Two/Cluster/Resource"} == paths


def test_a_removed_cluster_is_not_missed(stack: cdk.Stack) -> None:
    """What is not in the template is not judged."""
    _cluster(stack).cfn_cluster.add_property_override("IamRoles", ["garbage"])
    stack.node.try_remove_child("Cluster")

    assert [] == report_of(stack.node.root)


class _Nowhere(cdk.DefaultStackSynthesizer):
    """Writes no template."""

    def synthesize(self, session: cdk.ISynthesisSession) -> None:
        """Do nothing."""


def _unwritten(app: cdk.App) -> cdk.Stack:
    env = cdk.Environment(account=ACCOUNT, region=REGION)
    return cdk.Stack(app, "Unwritten", synthesizer=_Nowhere(), env=env)


@pytest.mark.usefixtures("stack")
def test_fails_when_a_construct_is_in_no_template(app: cdk.App) -> None:
    """Nobody would check it; the finding names cluster, namespace, association, role and policies."""
    stack = _unwritten(app)
    _cluster(stack)
    RedshiftNamespace(stack, "Namespace")
    associate(stack, "Association", RedshiftRole(stack, "Role"))

    found = report_of(app)
    paths = [construct["constructPath"] for violation in found for construct in violation["violatingConstructs"]]
    assert {("fatal", "NotInATemplate")} == {(violation["severity"], violation["ruleName"]) for violation in found}
    of_lists = ["Unwritten/Cluster/Resource", "Unwritten/Namespace/Resource"]
    assert [*of_lists, "Unwritten/Association", "Unwritten/Role/Resource"] == paths[:4]


@pytest.mark.parametrize("removed", ["the construct", "the stack", "the nested stack"])
def test_what_was_removed_is_in_no_template_and_fails_nothing(app: cdk.App, stack: cdk.Stack, removed: str) -> None:
    """With `try_remove_child`, at any height of the tree."""
    scope = {"the stack": _unwritten(app), "the nested stack": cdk.NestedStack(stack, "Nested")}.get(removed, stack)
    _cluster(scope).cfn_cluster.add_property_override("IamRoles", ["garbage"])
    above: Any = scope.node.scope
    if scope is stack:
        stack.node.try_remove_child("Cluster")
    else:
        above.node.try_remove_child(scope.node.id)

    assert [] == report_of(app)


def test_a_stage_that_was_synthesized_before_fails_nothing_else(app: cdk.App) -> None:
    """Its clusters are found in its own assembly."""
    stage = cdk.Stage(app, "Prod")
    _cluster(cdk.Stack(stage, "Data", env=cdk.Environment(account=ACCOUNT, region=REGION)))
    stage.synth()

    assert [] == report_of(app)


def test_a_cluster_under_a_condition_that_never_holds_is_found(stack: cdk.Stack) -> None:
    """It is in the template, and nothing is wrong with what is not created."""
    never = cdk.CfnCondition(stack, "Never", expression=cdk.Fn.condition_equals("a", "b"))
    cluster = _cluster(stack).cfn_cluster
    cluster.cfn_options.condition = never
    cluster.add_property_override("IamRoles", ["garbage"])

    assert [] == report_of(stack.node.root)


def test_an_app_can_be_synthesized_again(stack: cdk.Stack) -> None:
    """The guard keeps nothing from one synthesis to the next."""
    cluster = _cluster(stack)
    app: Any = stack.node.root
    assert [] == report_of(app)
    cluster.cfn_cluster.add_property_override("IamRoles", ["garbage"])

    with pytest.raises(RuntimeError, match="which is not an ARN"):
        app.synth(force=True)


@pytest.mark.parametrize("make", [plugins.RoleGuard, lambda _: RoleAssociationRules()])
def test_a_plug_in_lists_its_rules(app: cdk.App, make: Any) -> None:
    """CDK gets the ids that can be acknowledged."""
    plug_in = make(app)

    assert [rule.name for rule in rules.RULES] == plug_in.rule_ids
    assert ("redshift-roles", None) == (plug_in.name, plug_in.version)


def test_a_synthesis_is_read_once(app: cdk.App, stack: cdk.Stack) -> None:
    """Until there is another one; then nothing is left of it."""
    app.synth()
    first = plugins.synthesis_of(app)

    assert first is plugins.synthesis_of(app)
    cdk.CfnResource(stack, "Topic", type="AWS::SNS::Topic")
    app.synth(force=True)
    second = plugins.synthesis_of(app)
    assert first is not second
    assert "AWS::SNS::Topic" == second.assembly.stacks[0].resource_type("Topic")
    assert set() == second.reported


def test_the_template_of_a_stack_is_found(app: cdk.App, stack: cdk.Stack) -> None:
    """Of a nested stack too, however deep."""
    nested = cdk.NestedStack(stack, "Nested")
    deep = cdk.NestedStack(nested, "Deep")
    for scope in (stack, nested, deep):
        cdk.CfnResource(scope, "Topic", type=f"A::B::{scope.node.id}")
    app.synth()
    assembly = plugins.synthesis_of(app).assembly
    found = [plugins.template_of(scope, assembly) for scope in (stack, nested, deep)]

    assert ["A::B::Data", "A::B::Nested", "A::B::Deep"] == [one.resource_type("Topic") if one else "" for one in found]
