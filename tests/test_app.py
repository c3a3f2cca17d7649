"""The app of this repository: one stack that deploys anywhere, clean under cdk-nag, and does what its outputs say."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import pytest
from syrupy.assertion import SnapshotAssertion
from syrupy.extensions.json import JSONSnapshotExtension

from app import FEATURE_FLAGS, build
from tests.support.nag import acknowledged, findings

STACK = "RedshiftWarehouse"


@pytest.fixture(scope="module")
def built() -> cdk.App:
    """The app, synthesized; cdk-nag has not refused it."""
    app = cdk.App(analytics_reporting=False, context=FEATURE_FLAGS)
    build(app)
    app.synth()
    return app


@pytest.fixture(scope="module")
def template(built: cdk.App) -> dict[str, Any]:
    """The template of its only stack."""
    (stack,) = built.synth().stacks
    found: dict[str, Any] = stack.template
    return found


def _of(template: dict[str, Any], kind: str) -> dict[str, Any]:
    """Return the properties of all resources of a type, by logical id."""
    resources = template["Resources"].items()
    return {name: found["Properties"] for name, found in resources if found["Type"] == kind}


def _text(value: Any) -> str:
    """Write a value as text, with logical ids in angle brackets where a deployment would write names and ARNs."""
    if isinstance(value, str):
        return value
    ((function, argument),) = value.items()
    if function == "Fn::Join":
        separator, parts = argument
        return str(separator).join(_text(part) for part in parts)
    return f"<{argument}>" if function == "Ref" else f"<{'.'.join(argument)}>"


def _landing(template: dict[str, Any]) -> str:
    """Name the bucket that data lands in: the one that logs access to the other."""
    (name,) = (name for name, found in _of(template, "AWS::S3::Bucket").items() if "LoggingConfiguration" in found)
    return name


def _loader(template: dict[str, Any]) -> str:
    """Name the role that the cluster has."""
    (cluster,) = _of(template, "AWS::Redshift::Cluster").values()
    ((name, attribute),) = (role["Fn::GetAtt"] for role in cluster["IamRoles"])
    assert "Arn" == attribute
    return str(name)


def test_the_template_is_the_recorded_one(template: dict[str, Any], snapshot: SnapshotAssertion) -> None:
    """Every change of the template is seen; what it means is said by the tests below."""
    recorded = snapshot.with_defaults(extension_class=JSONSnapshotExtension)

    assert recorded == template


def test_cdk_nag_finds_nothing_and_two_findings_are_acknowledged(built: cdk.App, template: dict[str, Any]) -> None:
    """The answered ones are the two that AWS documents in no narrower form, each at the policy where it stands."""
    assert set() == findings(built)
    assert {
        ("AwsSolutions-IAM5[Resource::*]", f"{STACK}/Warehouse/UserPolicy"),
        (
            f"AwsSolutions-IAM5[Resource::<{_landing(template)}.Arn>/landing/*]",
            f"{STACK}/Warehouse/Role/RedshiftGrants",
        ),
    } == acknowledged(built)


def test_fails_when_the_findings_are_not_acknowledged(
    template: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The app runs cdk-nag itself, and then does not synthesize, for just what the two acknowledgements answer."""
    monkeypatch.setattr("app.acknowledge", lambda *_: None)
    app = cdk.App(analytics_reporting=False, context=FEATURE_FLAGS, outdir=str(tmp_path))
    build(app)

    with pytest.raises(RuntimeError, match="ValidationFailed"):
        app.synth()

    (report,) = json.loads((tmp_path / "validation-report.json").read_text())["pluginReports"]
    assert "AwsSolutions" == report["pluginName"]
    assert {
        ("AwsSolutions-IAM5[Resource::*]", f"{STACK}/Warehouse/UserPolicy/Resource"),
        (
            f"AwsSolutions-IAM5[Resource::<{_landing(template)}.Arn>/landing/*]",
            f"{STACK}/Warehouse/Role/RedshiftGrants",
        ),
    } == {
        (violation["ruleName"], where["constructPath"])
        for violation in report["violations"]
        for where in violation["violatingConstructs"]
    }


def test_the_outputs_are_what_a_loader_needs(template: dict[str, Any]) -> None:
    """Where to connect, what to pass, what to attach, and the whole COPY command."""
    role, bucket = _loader(template), _landing(template)
    (cluster,) = _of(template, "AWS::Redshift::Cluster")
    (policy,) = (
        name
        for name, found in _of(template, "AWS::IAM::ManagedPolicy").items()
        if "iam:PassRole" in json.dumps(found["PolicyDocument"])
    )
    assert {
        "Endpoint": f"<{cluster}.Endpoint.Address>:<{cluster}.Endpoint.Port>",
        "RoleArn": f"<{role}.Arn>",
        "UserPolicyArn": f"<{policy}>",
        "CopyCommand": (
            f"COPY \"public\".\"events\" FROM 's3://<{bucket}>/landing/' IAM_ROLE '<{role}.Arn>' FORMAT AS PARQUET;"
        ),
    } == {name: _text(output["Value"]) for name, output in template["Outputs"].items()}


def test_the_role_may_read_what_is_under_landing_and_nothing_else(template: dict[str, Any]) -> None:
    """All that the role is allowed, wherever it is written: to get and list one prefix, and to locate the bucket."""
    role = _loader(template)
    policies = [*_of(template, "AWS::IAM::ManagedPolicy").values(), *_of(template, "AWS::IAM::Policy").values()]
    attached = [policy for policy in policies if {"Ref": role} in policy.get("Roles", [])]
    allowed = {
        (statement["Effect"], statement["Action"], _text(statement["Resource"]), json.dumps(statement.get("Condition")))
        for policy in attached
        for statement in policy["PolicyDocument"]["Statement"]
    }

    bucket = f"<{_landing(template)}.Arn>"
    under_landing = json.dumps({"StringLike": {"s3:prefix": "landing/*"}})
    assert {
        ("Allow", "s3:GetObject", f"{bucket}/landing/*", "null"),
        ("Allow", "s3:ListBucket", bucket, under_landing),
        ("Allow", "s3:GetBucketLocation", bucket, "null"),
    } == allowed
    assert {"Policies", "ManagedPolicyArns"}.isdisjoint(_of(template, "AWS::IAM::Role")[role])


def test_redshift_and_nobody_else_may_assume_the_role(template: dict[str, Any]) -> None:
    """Its trust policy has one principal."""
    assert [{"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "redshift.amazonaws.com"}}] == _of(
        template, "AWS::IAM::Role"
    )[_loader(template)]["AssumeRolePolicyDocument"]["Statement"]


def test_the_template_names_nothing_and_no_partition(template: dict[str, Any]) -> None:
    """It deploys twice to one account, and to China and GovCloud: CloudFormation makes up all names that must be
    unique.
    """
    literal_names = {
        (found["Type"], key)
        for found in template["Resources"].values()
        for key, value in found["Properties"].items()
        if key.endswith(("Name", "Identifier")) and isinstance(value, str)
    }

    # Inside the cluster and inside a role, in that order: nothing else in the account can have taken these.
    assert {("AWS::Redshift::Cluster", "DBName"), ("AWS::IAM::Policy", "PolicyName")} == literal_names
    assert "arn:aws:" not in json.dumps(template)
