"""What is read from a cloud assembly on disk."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import pytest

from redshift_roles.aws import Json
from redshift_roles.templates.assembly import Assembly, Template
from redshift_roles.templates.values import texts
from tests.conftest import ACCOUNT, REGION
from tests.support.builders import ROLE, WRITER, StackText, cluster, read, template, write_assembly


def _nested() -> StackText:
    """Describe a stack with two nested stacks, one of which has a nested stack too."""
    grandchild = StackText(resources={"Deep": {"Type": "A::B::C"}})
    return StackText(nested={"Child": StackText(nested={"Grandchild": grandchild}), "Twin": StackText()})


@pytest.mark.parametrize(("account", "region"), [(ACCOUNT, REGION), (ACCOUNT, None), (None, REGION), (None, None)])
def test_a_stack_has_the_environment_of_its_artifact(tmp_path: Path, account: str | None, region: str | None) -> None:
    """What the manifest calls unknown is not known."""
    found = template(tmp_path, StackText(account=account, region=region))

    assert (account, region, "DataStack") == (found.account, found.region, found.stack_name)


@pytest.mark.parametrize("environment", [{}, {"environment": ""}, {"environment": "aws://111111111111"}])
def test_a_stack_without_an_environment_names_none(tmp_path: Path, environment: dict[str, str]) -> None:
    """An artifact that says nothing, or nothing complete, leaves account, region and name to the deployment."""
    artifact = {
        "type": "aws:cloudformation:stack",
        "properties": {"templateFile": "Data.template.json"},
        **environment,
    }
    (tmp_path / "Data.template.json").write_text("{}", encoding="utf-8")
    (tmp_path / "manifest.json").write_text(json.dumps({"artifacts": {"Data": artifact}}), encoding="utf-8")

    (found,) = Assembly.read(tmp_path).stacks

    assert (None, None, "Data") == (found.account, found.region, found.stack_name)


def test_an_assembly_of_nothing_has_no_stacks(tmp_path: Path) -> None:
    """A manifest may hold no artifacts, and artifacts of other kinds are passed over."""
    (tmp_path / "manifest.json").write_text("{}", encoding="utf-8")

    assert Assembly.read(tmp_path).stacks == []
    assert read(tmp_path).stacks == []


def test_stages_are_read_in_their_place(tmp_path: Path) -> None:
    """An assembly within the assembly brings its stacks along."""
    (tmp_path / "assembly-Prod").mkdir()
    write_assembly(tmp_path / "assembly-Prod", stacks={"ProdData": StackText()})
    write_assembly(tmp_path, stacks={"First": StackText(), "Last": StackText(account=None)})
    manifest = tmp_path / "manifest.json"
    artifacts: dict[str, Json] = json.loads(manifest.read_text(encoding="utf-8"))["artifacts"]
    stage = {"type": "cdk:cloud-assembly", "properties": {"directoryName": "assembly-Prod"}}
    artifacts = {"First": artifacts["First"], "Prod": stage, "Last": artifacts["Last"]}
    manifest.write_text(json.dumps({"artifacts": artifacts}), encoding="utf-8")

    assembly = Assembly.read(tmp_path)

    assert [stack.file for stack in assembly.stacks] == [
        "First.template.json",
        "ProdData.template.json",
        "Last.template.json",
    ]
    assert all(stack.assembly is assembly for stack in assembly.stacks)


def test_nested_stacks_are_found_by_their_assets(tmp_path: Path) -> None:
    """Nested stacks are of their parent's environment, and know their place in it."""
    top = template(tmp_path, _nested())
    child = top.nested["Child"]
    grandchild = child.nested["Grandchild"]

    assert list(top.nested) == ["Child", "Twin"]
    assert list(child.nested) == ["Grandchild"]
    assert list(grandchild.nested) == []
    assert (grandchild.parent, grandchild.parent_logical_id, grandchild.top) == (child, "Grandchild", top)
    assert (grandchild.account, grandchild.region, grandchild.stack_name) == (ACCOUNT, REGION, "")
    assert grandchild.resource_type("Deep") == "A::B::C"
    assert (top.parent, top.parent_logical_id, top.top) == (None, "", top)


def test_parents_come_before_their_nested_stacks(tmp_path: Path) -> None:
    """The order is that of the files: each stack, then what is nested in it."""
    assembly = read(tmp_path, Data=_nested(), Other=StackText())
    files = [found.file for found in assembly.templates()]

    assert files == [
        "Data.template.json",
        "DataChild.nested.template.json",
        "DataChild.nestedGrandchild.nested.template.json",
        "DataTwin.nested.template.json",
        "Other.template.json",
    ]
    assert [(key, found.file) for key, found in assembly.by_key.items()] == [
        ("Data.template.json", files[0]),
        ("Data.template.json/Child", files[1]),
        ("Data.template.json/Child/Grandchild", files[2]),
        ("Data.template.json/Twin", files[3]),
        ("Other.template.json", files[4]),
    ]


@pytest.mark.parametrize(
    "resource",
    [
        "text",
        {"Type": "AWS::CloudFormation::Stack"},
        {"Type": "AWS::CloudFormation::Stack", "Properties": {"TemplateURL": "https://example.com/other.json"}},
        {"Type": "AWS::CloudFormation::Stack", "Properties": {"TemplateURL": f"https://s3/{'a' * 64}.json"}},
        {"Type": "AWS::CloudFormation::Stack", "Properties": {"TemplateURL": f"https://s3/{'0' * 64}.json"}},
    ],
    ids=["no resource", "no properties", "no asset", "unknown asset", "built asset"],
)
def test_a_nested_stack_of_elsewhere_is_not_followed(tmp_path: Path, resource: Json) -> None:
    """Only templates that are part of the assembly are read."""
    top = template(tmp_path, StackText(resources={"Nested": resource}, nested={"Ours": StackText()}))

    assert list(top.nested) == ["Ours"]


@pytest.mark.parametrize(
    "assets",
    [None, "{}", "[]", '{"files": []}', '{"files": {"a": 1, "b": {}, "c": {"source": 1}, "d": {"source": {}}}}'],
)
def test_a_manifest_of_assets_may_hold_none(tmp_path: Path, assets: str | None) -> None:
    """What is missing or misshapen is no asset."""
    write_assembly(tmp_path, stacks={"Data": _nested()})
    (tmp_path / "Data.assets.json").unlink()
    if assets is not None:
        (tmp_path / "Data.assets.json").write_text(assets, encoding="utf-8")

    (top,) = Assembly.read(tmp_path).templates()

    assert top.assets == {}


def test_strangers_have_no_assets(tmp_path: Path) -> None:
    """Only an app says which files are its own."""
    assembly = Assembly.read(write_assembly(tmp_path, stacks={"Data": _nested()}))
    assembly.is_app = False

    (top,) = assembly.templates()

    assert ({}, {}) == (top.assets, top.nested)


def test_a_template_that_would_be_nested_in_itself_is_not_followed(tmp_path: Path) -> None:
    """The assembly remembers it."""
    write_assembly(tmp_path, stacks={"Data": _nested()})
    assets = tmp_path / "Data.assets.json"
    assets.write_text(assets.read_text().replace("DataTwin.nested", "Data"), encoding="utf-8")

    assembly = Assembly.read(tmp_path)

    assert 3 == len([*assembly.templates()])
    assert [f"{tmp_path / 'Data.template.json'}: nests itself"] == assembly.unusable


def test_assets_are_files_beside_the_template(tmp_path: Path) -> None:
    """A nested stack has the assets of its top-level stack; what is yet to be built is no file."""
    top = template(tmp_path, _nested())

    assert {path.name for path in top.assets.values()} == {
        "DataChild.nested.template.json",
        "DataChild.nestedGrandchild.nested.template.json",
        "DataTwin.nested.template.json",
    }
    assert {tmp_path} == {path.parent for path in top.assets.values()}
    assert top.assets is top.nested["Child"].assets is top.nested["Child"].nested["Grandchild"].assets


def test_a_place_that_is_not_synthesized_has_nothing_in_it() -> None:
    """Only its account and region are known."""
    location = Template(None, "", ACCOUNT, REGION, Assembly())

    assert (location.body, location.file, location.assets, location.nested) == ({}, "", {}, {})
    assert location.top is location


@pytest.mark.parametrize("body", ["[]", '"text"', "7", "", "a: b", "a: *b"])
def test_a_template_that_is_no_object_is_empty(tmp_path: Path, body: str) -> None:
    """A file that holds something else is no reason to stop."""
    write_assembly(tmp_path, stacks={"Data": StackText()})
    (tmp_path / "Data.template.json").write_text(body, encoding="utf-8")

    (found,) = Assembly.read(tmp_path).templates()

    assert found.section("Resources") == {}


@pytest.mark.parametrize(
    ("resources", "kind", "properties"),
    [
        ({"Role": {"Type": ROLE, "Properties": {"Path": "/"}}}, ROLE, {"Path": "/"}),
        ({"Role": {"Type": ROLE}}, ROLE, {}),
        ({"Role": {"Type": ROLE, "Properties": "text"}}, ROLE, {}),
        ({"Role": {"Properties": {"Path": "/"}}}, "", {"Path": "/"}),
        ({"Role": ["text"]}, "", {}),
        ({"Other": {"Type": ROLE}}, "", {}),
        ({}, "", {}),
    ],
)
def test_a_resource_has_a_type_and_properties_if_it_is_one(
    tmp_path: Path, resources: dict[str, Json], kind: str, properties: dict[str, Json]
) -> None:
    """What is missing or misshapen is empty."""
    found = template(tmp_path, StackText(resources=resources))

    assert (kind, properties) == (found.resource_type("Role"), found.properties("Role"))


def test_cross_region_exports_are_found_by_what_the_writer_calls_them(tmp_path: Path) -> None:
    """CDK's custom resource carries names and values."""
    resources: dict[str, Json] = {
        "Writer": {"Type": WRITER, "Properties": {"WriterProps": {"exports": {"/cdk/a": "first", "/cdk/b": "second"}}}},
        "Idle": {"Type": WRITER, "Properties": {"WriterProps": {}}},
        "Empty": {"Type": WRITER},
        "Text": {"Type": WRITER, "Properties": {"WriterProps": "text"}},
        "List": {"Type": WRITER, "Properties": {"WriterProps": {"exports": ["x"]}}},
        "Other": {"Type": "Custom::Other", "Properties": {"WriterProps": {"exports": {"/cdk/c": "third"}}}},
    }
    assembly = read(tmp_path, Data=StackText(resources=resources))

    assert [("/cdk/a", "Data.template.json", "first"), ("/cdk/b", "Data.template.json", "second")] == [
        (name, found.file, value) for name, (found, value) in assembly.cross_region_exports.items()
    ]


def test_a_nested_template_without_its_file_is_noted(tmp_path: Path) -> None:
    """It is empty, and its reader knows why."""
    write_assembly(tmp_path, stacks={"Data": StackText(nested={"Child": StackText()})})
    (tmp_path / "DataChild.nested.template.json").unlink()
    assembly = Assembly.read(tmp_path)

    _, child = assembly.templates()
    assert ({}, "it cannot be read") == (child.body, assembly.unread[child].reason)


def test_an_application_of_sam_is_a_nested_stack(tmp_path: Path) -> None:
    """Its address is in another property; its parameters come from the parent."""
    child = StackText(resources={"Warehouse": cluster([{"Ref": "Role"}])}, parameters={"Role": {"Type": "String"}})
    write_assembly(tmp_path, stacks={"Data": StackText(nested={"Child": child})})
    body = json.loads((tmp_path / "Data.template.json").read_text())
    nested = body["Resources"]["Child"]["Properties"].pop("TemplateURL")
    body["Resources"]["Child"] = {
        "Type": "AWS::Serverless::Application",
        "Properties": {"Location": nested, "Parameters": {"Role": "loader"}},
    }
    (tmp_path / "Data.template.json").write_text(json.dumps(body))

    _, below = Assembly.read(tmp_path).templates()
    assert ("Child", ["loader"]) == (below.parent_logical_id, texts({"Ref": "Role"}, below))


def _product(*hashes: str) -> Mapping[str, Json]:
    versions = [{"Info": {"LoadTemplateFromURL": f"https://bucket/{asset}.json"}} for asset in hashes]
    properties = {"ProvisioningArtifactParameters": versions}
    return {"Type": "AWS::ServiceCatalog::CloudFormationProduct", "Properties": properties}


@pytest.mark.parametrize("versions", [0, 1, 2])
def test_the_template_of_a_product_is_a_stack_of_any_account(tmp_path: Path, versions: int) -> None:
    """It is read once, however many versions have it, and if none has."""
    asset = "a" * 64
    write_assembly(tmp_path, stacks={"Data": StackText(resources={"Product": _product(*[asset] * versions)})})
    (tmp_path / "Shelf.product.template.json").write_text(json.dumps({"Resources": {"C": cluster([])}}))
    files = {asset: {"source": {"path": "Shelf.product.template.json", "packaging": "file"}}}
    (tmp_path / "Data.assets.json").write_text(json.dumps({"files": files}))

    data, shelf = Assembly.read(tmp_path).templates()
    assert (None, None, None, shelf) == (shelf.account, shelf.region, shelf.parent, shelf.top)
    assert ["C"] == shelf.resources("AWS::Redshift::Cluster")
    assert data is shelf.deployed
    assert (data, "Product" if versions else "") == shelf.carrier
