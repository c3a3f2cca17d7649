"""The function behind role associations: its code, its permissions, and how many policies it can have."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path
from typing import Any
from unittest.mock import ANY

import aws_cdk as cdk
import pytest
import yaml
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from redshift_roles import RedshiftRole
from redshift_roles.aws import listed
from redshift_roles.custom_resource import function
from tests.conftest import ACCOUNT, REGION
from tests.support import nag
from tests.support.associations import ASSOCIATION, BEFORE, associate, default_of_cluster, refused
from tests.support.builders import arn
from tests.support.programs import ROOT
from tests.support.templates import all_properties_of, deployed, properties_of, template_of

POLICY = "AWS::IAM::ManagedPolicy"


def _statements(stack: cdk.Stack) -> list[dict[str, Any]]:
    return [each for policy in all_properties_of(stack, POLICY) for each in policy["PolicyDocument"]["Statement"]]


def test_the_function_may_do_exactly_this(stack: cdk.Stack) -> None:
    """Describe and modify one cluster, pass these roles to Redshift, list its own stack, write its own logs."""
    role = RedshiftRole(stack, "Role")
    associate(stack, "Association", role)
    cluster = f"arn:aws:redshift:{REGION}:{ACCOUNT}:cluster:warehouse"
    references = {"AWS::Partition": "aws", "AWS::StackId": "this stack"}
    to_redshift = {"StringEquals": {"iam:PassedToService": "redshift.amazonaws.com"}}
    resources = template_of(stack)["Resources"]
    (log_group,) = [key for key, found in resources.items() if found["Type"] == "AWS::Logs::LogGroup"]

    assert {
        "AssociateRoles": ("redshift:ModifyClusterIamRoles", cluster, None),
        "DescribeClusters": ("redshift:DescribeClusters", cluster, None),
        "ListStack": ("cloudformation:ListStackResources", "this stack", None),
        "PassRolesToRedshift": ("iam:PassRole", stack.resolve(role.role_arn), to_redshift),
        "WriteLogs": (["logs:CreateLogStream", "logs:PutLogEvents"], {"Fn::GetAtt": [log_group, "Arn"]}, None),
    } == {s["Sid"]: (s["Action"], deployed(s["Resource"], references), s.get("Condition")) for s in _statements(stack)}


def test_the_function_may_pass_the_default_role_of_a_cluster(stack: cdk.Stack) -> None:
    """The cluster associates the role itself, but the function makes it the default, which needs iam:PassRole too."""
    role = RedshiftRole(stack, "Role")
    default_of_cluster(stack, role)
    passed = [each["Resource"] for each in _statements(stack) if each["Sid"] == "PassRolesToRedshift"]

    assert stack.resolve(role.role_arn) in passed


def _over_quota(policies: int, most: int, spare: int) -> list[tuple[str, str]]:
    message = (
        f"the associations and default roles of this stack need {policies} policies, at most {most} are free: "
        f"in every account IAM attaches 10 to a role, one is for the logs, {spare} for the change of a cluster"
    )
    return [("InvalidArgument", message)]


def test_fails_when_the_function_can_have_no_more_policies(stack: cdk.Stack) -> None:
    """IAM attaches ten to a role, of which as many stay free as one cluster has, so that it can be replaced."""
    role = RedshiftRole(stack, "Role")
    for number in range(5):
        associate(stack, f"A{number}", role, cluster=f"c{number}")
    default_of_cluster(stack, role)
    before = [construct.node.path for construct in stack.node.find_all()]

    assert _over_quota(8, 7, 2) == refused(lambda: associate(stack, "Association", role))
    assert before == [construct.node.path for construct in stack.node.find_all()]


def test_an_association_without_a_default_role_needs_one_policy_less(stack: cdk.Stack) -> None:
    """After the error, the same association is possible without a default role."""
    role = RedshiftRole(stack, "Role")
    for number in range(7):
        associate(stack, f"A{number}", role, cluster=f"c{number}")

    assert _over_quota(9, 7, 2) == refused(lambda: associate(stack, "Association", role, default_role=role))
    associate(stack, "Association", role)
    assert 9 == len(all_properties_of(stack, POLICY))


def test_a_long_list_needs_several_policies_and_counts_as_many(stack: cdk.Stack) -> None:
    """A policy has at most 6,144 characters."""
    path = f"/{'p' * 500}/"
    names = [[f"R{cluster}-{role}" for role in range(40)] for cluster in range(2)]
    lists = [[iam.Role.from_role_arn(stack, name, arn(name, path=path)) for name in each] for each in names]
    for number, roles in enumerate(lists):
        associate(stack, f"A{number}", *roles, cluster=f"c{number}", role_limit=50)

    assert 9 == len(all_properties_of(stack, POLICY))
    assert _over_quota(12, 8, 1) == refused(lambda: associate(stack, "Association", *lists[1], role_limit=50))


def test_all_associations_of_a_stack_share_one_function(stack: cdk.Stack) -> None:
    """Each depends on the policies of its own cluster and of the logs."""
    for name in ("First", "Second"):
        associate(stack, name, RedshiftRole(stack, f"Role{name}"), cluster=name.lower())
    resources = template_of(stack)["Resources"]
    policies = sorted(key for key, found in resources.items() if found["Type"] == POLICY)
    properties = properties_of(stack, "AWS::Lambda::Function")
    names = [re.sub("CustomRedshiftRoleAssociation|.{8}$", "", policy) for policy in policies]
    dependencies = {
        (found["Properties"]["ClusterIdentifier"], tuple(sorted({*found["DependsOn"]} & {*policies})))
        for found in resources.values()
        if found["Type"].startswith("Custom::")
    }

    assert ["RoleWriteLogs", "firstAllowPolicy", "secondAllowPolicy"] == names
    assert "handler.index.handler" == properties["Handler"]
    assert [[{"Ref": properties["Role"]["Fn::GetAtt"][0]}]] * 3 == [
        resources[policy]["Properties"]["Roles"] for policy in policies
    ]
    assert {("first", (policies[0], policies[1])), ("second", (policies[0], policies[2]))} == dependencies


def test_each_nested_stack_has_a_function_of_its_own(stack: cdk.Stack) -> None:
    """So a stack with many clusters can be divided."""
    nested = [cdk.NestedStack(stack, name) for name in ("One", "Two")]
    for home in nested:
        associate(home, "First", iam.Role.from_role_arn(home, "Imported", arn(home.node.id)))

    assert [1, 1, 0] == [len(all_properties_of(home, "AWS::Lambda::Function")) for home in (*nested, stack)]


@pytest.mark.parametrize("kind", ["Associates", "Puts"])
def test_the_policies_of_a_cluster_are_replaced_with_it_and_not_with_its_roles(kind: str) -> None:
    """Their descriptions, which cannot be updated, have the cluster, also one that a parameter names."""

    def descriptions(cluster: str, name: str) -> dict[str, Any]:
        stack = cdk.Stack(cdk.App(analytics_reporting=False), "Data")
        named = cdk.CfnParameter(stack, "Name").value_as_string if cluster == "parameter" else cluster
        role = RedshiftRole(stack, name)
        associate(stack, "Association", role, cluster=named, default_role=role)
        policies = [(key, each) for key, each in template_of(stack)["Resources"].items() if each["Type"] == POLICY]
        described = {key: each["Properties"].get("Description") for key, each in policies}
        return {key: description for key, description in described.items() if kind in str(description)}

    assert 1 == len(descriptions("first", "A"))
    assert descriptions("first", "A") == descriptions("first", "B")
    assert descriptions("first", "A") != descriptions("second", "A")
    assert [{"Fn::Join": ["", [ANY, {"Ref": "Name"}]]}] == [*descriptions("parameter", "A").values()]


def test_a_run_ends_before_cloudformation_stops_waiting(stack: cdk.Stack) -> None:
    """Lambda begins within five minutes or never, and is stopped after fifteen; CloudFormation waits for twenty, so a
    run changes nothing after CloudFormation has given its request up. The logs are kept for a year.
    """
    associate(stack, "Association", RedshiftRole(stack, "Role"))
    begins = properties_of(stack, "AWS::Lambda::EventInvokeConfig")["MaximumEventAgeInSeconds"]
    runs = properties_of(stack, "AWS::Lambda::Function")["Timeout"]

    assert (300, 900) == (begins, runs)
    assert 365 == properties_of(stack, "AWS::Logs::LogGroup")["RetentionInDays"]
    assert {str(begins + runs)} == {
        found["ServiceTimeout"] for kind in (ASSOCIATION, BEFORE) for found in all_properties_of(stack, kind)
    }


def test_five_packs_of_cdk_nag_find_nothing(app: cdk.App, stack: cdk.Stack) -> None:
    """Rules that do not apply to a custom resource are acknowledged on the construct that breaks them."""
    associate(stack, "Association", RedshiftRole(stack, "Role"))
    app.synth()

    assert set() == nag.findings(app)
    assert set() == nag.nag_findings(app, stack)


def test_fails_where_another_construct_has_the_id_of_the_function(stack: cdk.Stack) -> None:
    """That construct stays; an id that users would choose is free."""
    Construct(stack, "Custom::RedshiftRoleAssociation")
    role = RedshiftRole(stack, "Role")
    message = "Data/Custom::RedshiftRoleAssociation is a Construct, where the function behind role associations belongs"

    assert [("InvalidArgument", message)] == refused(lambda: associate(stack, "RedshiftRoleAssociation", role))
    assert ["Custom::RedshiftRoleAssociation", "Role"] == [child.node.id for child in stack.node.children]
    stack.node.try_remove_child("Custom::RedshiftRoleAssociation")
    associate(stack, "RedshiftRoleAssociation", role)
    assert 1 == len(all_properties_of(stack, ASSOCIATION))


def _staged(folder: Path) -> tuple[str, dict[str, int]]:
    """Return the name under which CDK stages the code, and its files with their modes."""
    app = cdk.App(outdir=str(folder), analytics_reporting=False)
    stack = cdk.Stack(app, "Data")
    runtime = lambda_.Runtime.PYTHON_3_14
    lambda_.Function(stack, "Function", code=function.code(), handler="handler.index.handler", runtime=runtime)
    app.synth()
    (asset,) = [path for path in folder.iterdir() if path.is_dir()]
    files = [path for path in asset.rglob("*") if path.is_file()]
    return asset.name, {str(path.relative_to(asset)): path.stat().st_mode & 0o777 for path in files}


def test_the_code_is_the_handler_alone_and_everybody_may_read_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A package that was installed under umask 077 is deployed as any other, by the same name."""
    package: Any = function._PACKAGE
    closed = tmp_path / "closed"
    shutil.copytree(package, closed, ignore=shutil.ignore_patterns("__pycache__"))
    for path in (closed / "handler").glob("*.py"):
        path.chmod(0o600)
    name, files = _staged(tmp_path / "open-out")
    monkeypatch.setattr(function, "_PACKAGE", closed)

    modules = ("__init__", "clusters", "index", "plan", "reconcile", "reply", "snapshots", "stack")
    assert {f"handler/{module}.py" for module in modules} == set(files)
    assert (name, dict.fromkeys(files, 0o644)) == _staged(tmp_path / "closed-out")
    assert package == function._readable(package)


def test_the_handler_is_tested_on_the_python_that_the_function_runs_on(stack: cdk.Stack) -> None:
    """CI has it, and `make handler` has it from a package whose version starts with it, such as 314 for 3.14."""
    associate(stack, "Association", RedshiftRole(stack, "Role"))
    runtime = properties_of(stack, "AWS::Lambda::Function")["Runtime"]
    (workflow,) = (ROOT / ".github" / "workflows").glob("*.yml")
    matrix = yaml.safe_load(workflow.read_text())["jobs"]["test"]["strategy"]["matrix"]
    package = json.loads((ROOT / "package.json").read_text())["devDependencies"]["pyodide"]

    assert runtime in {f"python{version}" for version in matrix["python"]}
    assert f"python{package[0]}.{package[1:].partition('.')[0]}" == runtime


def test_what_a_function_needs_is_in_the_report_where_others_make_its_role(app: cdk.App, stack: cdk.Stack) -> None:
    """CDK writes no policies then: logs, the change of the cluster, and the former default role stand in its report."""
    iam.Role.customize_roles(stack)
    role = RedshiftRole(stack, "Role")
    associate(stack, "Association", role, default_role=role)
    reported = json.loads((Path(app.synth().directory) / "iam-policy-report.json").read_text())["roles"]
    (statements,) = [each["identityPolicyStatements"] for each in reported if "Custom" in each["roleConstructPath"]]
    actions = [action for each in statements for action in listed(each["Action"]) or [each["Action"]]]

    assert {
        *("logs:CreateLogStream", "logs:PutLogEvents", "cloudformation:ListStackResources"),
        *("redshift:DescribeClusters", "redshift:ModifyClusterIamRoles", "iam:PassRole"),
    } == {*actions}
    assert 2 == actions.count("iam:PassRole")
    assert not [found for found in template_of(stack)["Resources"].values() if "IAM" in found["Type"]]
