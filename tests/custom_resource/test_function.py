"""The functions behind role associations: their code, their permissions, and how many policies each can have."""

from __future__ import annotations

import json
import shutil
from collections import Counter
from functools import cache
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
from redshift_roles.cdk.jsii_compat import reference_of
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


def _attached(stack: cdk.Stack) -> list[int]:
    """Count the managed policies of each function's role."""
    roles = [json.dumps(policy["Roles"]) for policy in all_properties_of(stack, POLICY) if policy.get("Roles")]
    return sorted(Counter(roles).values())


def test_each_cluster_of_a_stack_has_a_function_with_policies_of_its_own(stack: cdk.Stack) -> None:
    """So however many clusters change in one deployment, when CloudFormation attaches the new policies before it
    detaches the old ones, no role has more than the ten that IAM attaches.
    """
    role = RedshiftRole(stack, "Role")
    for number in range(6):
        associate(stack, f"A{number}", role, cluster=f"c{number}", default_role=role)
    logs, for_cluster = 1, 2

    assert [logs + for_cluster] * 6 == _attached(stack)
    assert 6 == len(all_properties_of(stack, "AWS::Lambda::Function"))


def _long(stack: cdk.Stack, number: int) -> list[iam.IRole]:
    """Import roles with long paths, of which a policy has eleven at most."""
    path = f"/{'p' * 500}/"
    return [iam.Role.from_role_arn(stack, f"R{role}", arn(f"R{role:02}", path=path)) for role in range(number)]


@pytest.mark.parametrize(("roles", "with_default", "need"), [(44, False, 5), (40, True, 5), (50, True, 6)])
def test_fails_when_the_function_can_have_no_more_policies(
    stack: cdk.Stack, roles: int, with_default: bool, need: int
) -> None:
    """IAM attaches ten to a role, and another cluster has its own before the old ones go; nothing has changed then."""
    given = _long(stack, roles)
    before = [*map(reference_of, stack.node.find_all())]
    message = (
        f"the roles and the default role of the cluster need {need} policies, at most 4 are free: in every account IAM "
        "attaches 10 to a role, one is for the logs, and for another cluster the new ones come before the old go"
    )
    default = {"default_role": given[0]} if with_default else {}

    assert [("InvalidArgument", message)] == refused(lambda: associate(stack, "A", *given, role_limit=50, **default))
    assert before == [*map(reference_of, stack.node.find_all())]


def test_a_long_list_has_several_policies(stack: cdk.Stack) -> None:
    """A policy has at most 6,144 characters; twice as many and one for the logs are within the quota."""
    associate(stack, "A", *_long(stack, 43), role_limit=50)

    assert [1 + 4] == _attached(stack)


def test_a_list_that_grows_too_long_leaves_the_associations_as_they_were(stack: cdk.Stack) -> None:
    """Of the same cluster, in another association."""
    *first, last = _long(stack, 44)
    associate(stack, "First", *first, role_limit=50)
    before = template_of(stack)

    assert "InvalidArgument" == refused(lambda: associate(stack, "Second", last, role_limit=50))[0][0]
    assert before == template_of(stack)


def test_the_associations_of_a_cluster_share_one_function(stack: cdk.Stack) -> None:
    """Each resource depends on the policies of its own cluster and of the logs, and on no other."""
    for name, cluster in (("First", "first"), ("Second", "second"), ("Third", "first")):
        associate(stack, name, RedshiftRole(stack, f"Role{name}"), cluster=cluster)
    resources = template_of(stack)["Resources"]
    dependencies = {
        (
            found["Properties"]["ClusterIdentifier"],
            found["Properties"]["ServiceToken"]["Fn::GetAtt"][0][: -len("01234567")],
            *sorted(name[: -len("01234567")] for name in found["DependsOn"] if name.startswith("Custom")),
        )
        for found in resources.values()
        if found["Type"].startswith("Custom::")
    }
    handlers = [each["Handler"] for each in all_properties_of(stack, "AWS::Lambda::Function")]
    start = "CustomRedshiftRoleAssociation"

    assert ["handler.index.handler"] * 2 == handlers
    assert {
        (name, f"{start}{name}Function", f"{start}{name}ClusterAllowPolicy", f"{start}{name}RoleWriteLogs")
        for name in ("first", "second")
    } == dependencies


@cache
def _described(cluster: str, name: str) -> dict[str, Any]:
    """Return the descriptions of the policies for a cluster that a role of this name is associated with."""
    stack = cdk.Stack(cdk.App(analytics_reporting=False), "Data")
    named = cdk.CfnParameter(stack, "Name").value_as_string if cluster == "parameter" else cluster
    role = RedshiftRole(stack, name)
    associate(stack, "Association", role, cluster=named, default_role=role)
    policies = [(key, each) for key, each in template_of(stack)["Resources"].items() if each["Type"] == POLICY]
    return {key: each["Properties"].get("Description") for key, each in policies}


@pytest.mark.parametrize("kind", ["Associates", "Puts"])
def test_the_policies_of_a_cluster_are_replaced_with_it_and_not_with_its_roles(kind: str) -> None:
    """Their descriptions, which cannot be updated, have the cluster, also one that a parameter names."""

    def descriptions(cluster: str, name: str) -> dict[str, Any]:
        return {key: each for key, each in _described(cluster, name).items() if kind in str(each)}

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
    message = "Data/Custom::RedshiftRoleAssociation is a Construct, where the functions behind role associations belong"

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
    workflow = (ROOT / ".github" / "workflows" / "ci.yml").read_text()
    matrix = yaml.safe_load(workflow)["jobs"]["test"]["strategy"]["matrix"]
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
