"""The fleet of the examples: one pipeline, forty accounts and regions, and the same warehouse everywhere."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final, NamedTuple

import aws_cdk as cdk
import pytest
from syrupy.assertion import SnapshotAssertion
from syrupy.extensions.json import JSONSnapshotExtension

from examples import fleet
from redshift_roles.cli import main
from tests.support.nag import acknowledged, findings

REGIONS: Final = ("eu-west-1", "us-east-1", "ap-southeast-2", "eu-central-1")
PLACES: Final = [
    fleet.Place(
        f"2000000000{number // len(REGIONS):02}", REGIONS[number % len(REGIONS)], "Others" if number else "First"
    )
    for number in range(40)
]


class Deployed(NamedTuple):
    """A synthesized fleet: its construct tree, its folder, its pipeline, and the templates by account and region."""

    app: cdk.App
    folder: Path
    pipeline: dict[str, Any]
    templates: dict[tuple[str, str], dict[str, Any]]


@pytest.fixture(scope="module")
def deployed(tmp_path_factory: pytest.TempPathFactory) -> Deployed:
    """Forty Stages, synthesized once for all tests."""
    folder = tmp_path_factory.mktemp("fleet")
    app = cdk.App(analytics_reporting=False, outdir=str(folder))
    fleet.build(app, PLACES)
    assembly = app.synth()
    stacks = [stack for nested in assembly.nested_assemblies for stack in nested.nested_assembly.stacks]
    templates = {(stack.environment.account, stack.environment.region): stack.template for stack in stacks}
    (pipeline,) = _of(assembly.get_stack_by_name("Fleet").template, "AWS::CodePipeline::Pipeline")
    return Deployed(app, folder, pipeline, templates)


def _of(template: dict[str, Any], kind: str) -> list[dict[str, Any]]:
    return [found["Properties"] for found in template["Resources"].values() if found["Type"] == kind]


def test_every_place_has_the_same_roles_and_policies(deployed: Deployed) -> None:
    """Nothing differs between two accounts or regions but their numbers and names: there is one template."""
    assert {(place.account, place.region) for place in PLACES} == set(deployed.templates)
    assert 1 == len(
        {
            json.dumps(template, sort_keys=True).replace(account, "ACCOUNT").replace(region, "REGION")
            for (account, region), template in deployed.templates.items()
        }
    )


def test_the_template_of_a_place_is_the_recorded_one(deployed: Deployed, snapshot: SnapshotAssertion) -> None:
    """It is that of all, by the test before."""
    recorded = snapshot.with_defaults(extension_class=JSONSnapshotExtension)

    assert recorded == deployed.templates["200000000001", "us-east-1"]


def test_a_user_policy_is_for_the_cluster_of_its_own_account_and_region(deployed: Deployed) -> None:
    """People of one place can do nothing in another."""
    for (account, region), template in deployed.templates.items():
        text = json.dumps(template)
        assert f":redshift:{region}:{account}:cluster:" in text
        others = [place for place in PLACES if place.account != account]
        assert not [place for place in others if place.account in text]


def test_the_pipeline_deploys_each_place_once_with_the_roles_of_its_account(deployed: Deployed) -> None:
    """The change set of a place is executed in its region, by the deploy role that its account is bootstrapped with."""
    done = []
    for stage in deployed.pipeline["Stages"]:
        for action in stage["Actions"]:
            if action.get("Configuration", {}).get("ActionMode") == "CHANGE_SET_EXECUTE":
                (*_, role) = action["RoleArn"]["Fn::Join"][1]
                done.append((role, action.get("Region", "eu-west-1")))

    assert sorted(
        (f":iam::{place.account}:role/cdk-hnb659fds-deploy-role-{place.account}-{place.region}", place.region)
        for place in PLACES
    ) == sorted(done)


def test_the_pipeline_waits_for_an_approval_after_the_first_wave(deployed: Deployed) -> None:
    """CDK Pipelines divides a wave of more than fifty actions into stages, the approval in front."""
    stages = {stage["Name"]: stage["Actions"] for stage in deployed.pipeline["Stages"]}

    assert ["Source", "Build", "UpdatePipeline", "eu-west-1-200000000000", "Others.1", "Others.2"] == list(stages)
    (approval,) = (action for action in stages["Others.1"] if "ApproveOthers" == action["Name"])
    assert "Approval" == approval["ActionTypeId"]["Category"]
    assert all(approval["RunOrder"] < action["RunOrder"] for action in stages["Others.1"] if action is not approval)
    assert [50, 29] == [len(stages[name]) for name in ("Others.1", "Others.2")]


def test_cdk_nag_finds_nothing_in_a_place(deployed: Deployed) -> None:
    """Two findings are acknowledged, which AWS documents in no narrower form; all places are the same."""
    place = deployed.app.node.find_child("Fleet").node.find_child("us-east-1-200000000001")

    assert set() == findings(deployed.app, place)
    assert {
        ("AwsSolutions-IAM5[Resource::*]", f"{place.node.path}/Data/Warehouse/UserPolicy"),
        (
            "AwsSolutions-IAM5[Resource::arn:<AWS::Partition>:s3:::sales-lake-200000000001-us-east-1/landing/*]",
            f"{place.node.path}/Data/Warehouse/Role",
        ),
    } == acknowledged(place)


def test_the_command_checks_every_place(deployed: Deployed, capsys: pytest.CaptureFixture[str]) -> None:
    """It reads the assemblies of all Stages, the pipeline, and three stacks for artifacts in the other regions."""
    assert 0 == main.main(["check", str(deployed.folder)])
    assert "44 templates checked: 0 errors, 0 warnings\n" == capsys.readouterr().out


def test_fails_when_one_place_breaks_a_rule(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The check at synth time reads the templates of Stages too, and names the Stage."""

    class Overridden(fleet.WarehouseStage):
        def __init__(self, scope: cdk.Stack, place: fleet.Place) -> None:
            super().__init__(scope, place)
            if place.region == "us-east-1":
                other = "arn:aws:iam::333333333333:role/Loader"
                self.warehouse.cluster.cfn_cluster.add_property_override("IamRoles", [other])

    monkeypatch.setattr(fleet, "WarehouseStage", Overridden)
    app = cdk.App(analytics_reporting=False, outdir=str(tmp_path))
    fleet.build(app, PLACES[:2])

    with pytest.raises(RuntimeError, match="ValidationFailed"):
        app.synth()
    (report,) = json.loads((tmp_path / "validation-report.json").read_text())["pluginReports"]
    (violation,) = report["violations"]
    assert "RoleAccountMismatch" == violation["ruleName"]
    assert ["Fleet/us-east-1-200000000000/Data/Warehouse/Cluster/Resource"] == [
        where["constructPath"] for where in violation["violatingConstructs"]
    ]
