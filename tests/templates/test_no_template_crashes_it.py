"""No crash on anything: whatever is in a file, the command ends with a report or a map, or with exit code 2."""

from __future__ import annotations

import contextlib
import io
import json
import os
import stat
import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from redshift_roles.cli import main
from tests.support.programs import opened_files
from tests.support.rule_cases import FOLDER

# Of the processor, for each run.
SECONDS = 1
CALM = settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture]
)
NAMES = st.sampled_from(
    ["Role", "Warehouse", "Child", "Param", "AWS::AccountId", "AWS::NoValue", "AWS::Region", "Child.Outputs.X", "", "X"]
)
TEXTS = st.one_of(
    NAMES,
    st.text(max_size=12),
    st.sampled_from(
        [
            "arn:aws:iam::111111111111:role/A",
            "arn:aws:iam::222222222222:role/*",
            "arn:aws:iam::${AWS::AccountId}:role/${Role}",
            "${!Literal}${",
            "{{resolve:ssm:/x}}",
            "a,b,,",
            "\x01x\x02",
            "\x01",
            "*",
            "iam:PassRole",
            "Allow",
            "redshift.amazonaws.com",
            "/${Role.Arn}${Role.Arn}${Role.Arn}${Role.Arn}/",
            "${Warehouse}${Warehouse}${Warehouse}",
            "1" * 5_000,
        ]
    ),
)
FUNCTIONS = st.sampled_from(
    """
    Ref Fn::GetAtt Fn::Sub Fn::Join Fn::Split Fn::Select Fn::If Fn::ImportValue Fn::FindInMap Fn::Transform Fn::Base64
    Fn::ForEach::Loop Fn::GetStackOutput Fn::Equals Fn::Not Fn::And Fn::Or Fn::Length Condition
    """.split()
)
SCALARS = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False), TEXTS)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.dictionaries(TEXTS, inner, max_size=3),
        st.builds(lambda name, value: {name: value}, FUNCTIONS, inner),
    ),
    max_leaves=12,
)
STATEMENTS = st.one_of(
    VALUES,
    st.fixed_dictionaries(
        {},
        optional={
            "Effect": st.one_of(st.sampled_from(["Allow", "Deny"]), VALUES),
            "Action": st.one_of(st.sampled_from(["iam:PassRole", "iam:*", "*", "sts:AssumeRole"]), VALUES),
            "Resource": VALUES,
            "NotResource": VALUES,
            "Principal": VALUES,
            "Condition": st.one_of(
                VALUES, st.builds(lambda value: {"StringEquals": {"iam:PassedToService": value}}, VALUES)
            ),
        },
    ),
)
DOCUMENTS = st.one_of(
    VALUES, st.fixed_dictionaries({"Statement": st.one_of(st.lists(STATEMENTS, max_size=3), STATEMENTS)})
)
RESOURCES = st.one_of(
    VALUES,
    st.fixed_dictionaries(
        {
            "Type": st.sampled_from(
                """
                AWS::Redshift::Cluster AWS::RedshiftServerless::Namespace AWS::IAM::Role AWS::IAM::Policy
                AWS::CloudFormation::Stack AWS::Serverless::Function Custom::CrossRegionExportWriter
                """.split()
            )
        },
        optional={
            "Properties": st.one_of(
                VALUES,
                st.fixed_dictionaries(
                    {},
                    optional={
                        "IamRoles": VALUES,
                        "DefaultIamRoleArn": VALUES,
                        "AssumeRolePolicyDocument": DOCUMENTS,
                        "PolicyDocument": DOCUMENTS,
                        "Policies": st.one_of(
                            VALUES, st.lists(st.builds(lambda document: {"PolicyDocument": document}, DOCUMENTS))
                        ),
                        "RoleName": VALUES,
                        "Path": VALUES,
                        "ClusterIdentifier": VALUES,
                        "TemplateURL": st.one_of(VALUES, st.just("./template.json")),
                        "Parameters": VALUES,
                    },
                ),
            ),
            "Metadata": VALUES,
            "Condition": VALUES,
        },
    ),
)
SECTIONS = st.dictionaries(NAMES, VALUES, max_size=3)
TEMPLATES = st.fixed_dictionaries(
    {"Resources": st.dictionaries(NAMES, RESOURCES, min_size=1, max_size=5)},
    optional={
        **{name: st.one_of(VALUES, SECTIONS) for name in ("Parameters", "Outputs", "Mappings", "Rules", "Conditions")},
        "Transform": VALUES,
    },
)
MUTATIONS = st.lists(
    st.tuples(st.integers(0, 10_000), st.integers(0, 30), st.one_of(st.text(max_size=4), TEXTS)), min_size=1, max_size=6
)
REALISTIC = sorted(path for path in (FOLDER / "realistic").rglob("*") if path.is_file())


# What is told and does not make the input unusable.
ODD = ("stands twice; ", ": not opened: a link that leads out of ")


def _ends_well(*words: str) -> None:
    """Run the command and hold it to its promise, in every format and in time."""
    out, err = io.StringIO(), io.StringIO()
    began = time.process_time()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = main.main(["check", *words, "--format", "sarif"])
        halfway = time.process_time()
        main.main(["check", *words])
        checked = time.process_time()
        drawn = main.main(["map", *words, "--format", "mermaid"])
        mapped = time.process_time()
    assert SECONDS >= max(halfway - began, checked - halfway, (mapped - checked) / 2)
    complaints = err.getvalue().splitlines()

    assert code in (0, 1, 2)
    assert (code == 2) == (drawn == 2)
    assert (code == 2) == any(all(odd not in line for odd in ODD) for line in complaints)
    assert all(line.startswith("redshift-roles: ") for line in complaints)
    assert "2.1.0" == json.JSONDecoder().raw_decode(out.getvalue())[0]["version"]


@CALM
@given(body=TEMPLATES)
@pytest.mark.parametrize("options", [[], ["--account", "111111111111", "--region", "eu-west-1"]])
def test_any_template_ends_well(tmp_path: Path, options: list[str], body: Any) -> None:
    """Sections and functions of whatever shape are read, or passed over."""
    path = tmp_path / "template.json"
    path.write_text(json.dumps(body), encoding="utf-8")

    _ends_well(str(path), *options)


@CALM
@given(body=TEMPLATES)
def test_any_template_of_a_cloud_assembly_ends_well(tmp_path: Path, body: Any) -> None:
    """So are those that CDK may have written."""
    artifact = {"type": "aws:cloudformation:stack", "properties": {"templateFile": "Data.template.json"}}
    (tmp_path / "Data.template.json").write_text(json.dumps(body), encoding="utf-8")
    (tmp_path / "manifest.json").write_text(json.dumps({"artifacts": {"Data": artifact}}), encoding="utf-8")

    _ends_well(str(tmp_path))


@CALM
@given(manifest=st.one_of(VALUES, st.builds(lambda value: {"artifacts": {"A": value}}, VALUES)), assets=VALUES)
def test_any_manifest_is_read_or_refused(tmp_path: Path, manifest: Any, assets: Any) -> None:
    """A cloud assembly of whatever shape is no crash."""
    (tmp_path / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    (tmp_path / "Data.assets.json").write_text(json.dumps(assets), encoding="utf-8")

    _ends_well(str(tmp_path))


# What a manifest may call a file: what is there, what is not, and what is elsewhere.
PATHS = st.sampled_from(
    """
    Data.template.json Data.assets.json manifest.json Stage Stage/Data.template.json . .. ../secret.json /dev/zero a\0b
    /etc/passwd pipe link.json linked linked/secret.json Stage/../../secret.json circle x.yaml nowhere.json \ud800
    """.split()
)
ARTIFACTS = st.fixed_dictionaries(
    {
        "type": st.sampled_from(["aws:cloudformation:stack", "cdk:cloud-assembly", "cdk:asset-manifest"]),
        "properties": st.fixed_dictionaries({"templateFile": PATHS, "directoryName": PATHS}),
    }
)
MANIFESTS = st.fixed_dictionaries({"artifacts": st.dictionaries(NAMES, ARTIFACTS, min_size=1, max_size=4)})
HASH = "a" * 64
ASSETS = st.fixed_dictionaries(
    {"files": st.fixed_dictionaries({HASH: st.builds(lambda path: {"source": {"path": path}}, PATHS)})}
)
NESTING = {"Type": "AWS::CloudFormation::Stack", "Properties": {"TemplateURL": f"https://bucket/{HASH}"}}


@settings(CALM, max_examples=40)
@given(
    manifests=st.tuples(MANIFESTS, MANIFESTS),
    assets=ASSETS,
)
def test_any_cloud_assembly_of_strangers_stays_in_its_folder(
    tmp_path: Path, manifests: tuple[Any, Any], assets: Any
) -> None:
    """Whatever its manifests name: files outside, links out of the folder, devices, pipes, folders and circles."""
    folder = tmp_path / "out"
    (folder / "Stage").mkdir(parents=True, exist_ok=True)
    if not (folder / "pipe").exists():
        os.mkfifo(folder / "pipe")
        (folder / "link.json").symlink_to(tmp_path / "secret.json")
        (folder / "linked").symlink_to(tmp_path)
        (folder / "circle").symlink_to(folder)
        (folder / "x.yaml").write_text("Resources: {A: {Type: 'A::B'}}")
        (tmp_path / "secret.json").write_text('{"Resources": {"C": {}}}')
    for home, manifest in zip((folder, folder / "Stage"), manifests, strict=True):
        (home / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
        (home / "Data.assets.json").write_text(json.dumps(assets), encoding="utf-8")
        (home / "Data.template.json").write_text(json.dumps({"Resources": {"Nested": NESTING}}), encoding="utf-8")
    for given_path in (folder, tmp_path / "out" / "Stage"):
        with opened_files() as opened:
            _ends_well(str(given_path))
        assert all(Path(os.path.realpath(name)).is_relative_to(given_path) for name in opened)
        assert all(stat.S_ISREG(Path(name).stat().st_mode) for name in opened)


YAML_LINES = st.sampled_from(
    """
    Resources:|  A: !Base64 x|  A:|    Type: AWS::IAM::Role|    Type: AWS::Redshift::Cluster|    Properties:|---|...
    Properties: &p {IamRoles: [!GetAtt A.Arn]}|    <<: *p|  B: *p|    IamRoles: !Sub x|    IamRoles:|    - !Ref A|\t
    - {PolicyDocument: {Statement: [!If [A, {Effect: Allow}]]}}|    Policies: !Foo|  ? [a]|  : b|# c|%YAML 1.1|{|}|]
    Properties: {Policies: !Transform [}|  "A": |{{ x }}:|{% if x %}|  1: 012|  true: yes|  a: !!binary eA==|  c: |-
    """.replace("\n", "|").split("|")
)


@CALM
@given(lines=st.lists(YAML_LINES, max_size=14), ending=st.sampled_from(["\n", "\r\n", "\r", "\u2028"]))
def test_any_lines_of_yaml_are_read_or_refused(tmp_path: Path, lines: list[str], ending: str) -> None:
    """Tags, anchors, merges, marks and what templating languages leave behind, in any order."""
    path = tmp_path / "template.yaml"
    path.write_bytes(ending.join(["Resources:", *lines]).encode())

    _ends_well(str(path))


@CALM
@given(
    content=st.one_of(
        st.binary(max_size=60), st.text(max_size=60).map(str.encode), VALUES.map(json.dumps).map(str.encode)
    )
)
@pytest.mark.parametrize("name", ["file.json", "file.yaml", "file.template"])
def test_any_file_is_read_or_refused(tmp_path: Path, name: str, content: bytes) -> None:
    """Bytes, texts and JSON that are no templates end in one line."""
    (tmp_path / name).write_bytes(content)

    _ends_well(str(tmp_path / name))


def _mutated(text: str, mutations: list[tuple[int, int, str]]) -> str:
    for where, length, put in mutations:
        start = where % (len(text) + 1)
        text = text[:start] + put + text[start + length :]
    return text


@CALM
@given(which=st.sampled_from(REALISTIC), mutations=MUTATIONS)
def test_any_mutated_template_is_read_or_refused(
    tmp_path: Path, which: Path, mutations: list[tuple[int, int, str]]
) -> None:
    """A slip of the hand anywhere in a realistic template is no crash."""
    path = tmp_path / which.name
    path.write_text(_mutated(which.read_text(encoding="utf-8"), mutations), encoding="utf-8", errors="replace")

    _ends_well(str(path))


def _nested_sub(depth: int) -> Any:
    """Write a text that is twice the text below it."""
    return {"Fn::Sub": ["${a}${a}", {"a": _nested_sub(depth - 1)}]} if depth else "x"


def _role(**properties: Any) -> dict[str, Any]:
    return {"Type": "AWS::IAM::Role", "Properties": {"AssumeRolePolicyDocument": {}, **properties}}


def _cluster(*iam_roles: Any, **properties: Any) -> dict[str, Any]:
    return {"Type": "AWS::Redshift::Cluster", "Properties": {"IamRoles": list(iam_roles), **properties}}


ITSELF = {"Fn::Sub": "${Warehouse}" * 4}
ARN = {"Fn::GetAtt": ["Role", "Arn"]}


@pytest.mark.parametrize(
    "resources",
    [
        {"Role": _role(Path={"Fn::Sub": f"/{'${Role.Arn}' * 4}/"}), "Warehouse": _cluster(ARN)},
        {"Role": _role(RoleName={"Fn::Sub": "${Role}" * 4}), "Warehouse": _cluster(ARN)},
        {"Warehouse": _cluster({"Ref": "Warehouse"}, ClusterIdentifier=ITSELF)},
        {"Warehouse": _cluster(_nested_sub(30))},
        {"Warehouse": _cluster({"Fn::Select": ["1" * 5_000, ["a", "b"]]})},
        {"Warehouse": _cluster("{{resolve:" * 30_000)},
        {"Warehouse": _cluster({"Fn::Sub": "${" * 150_000})},
        {
            "Warehouse": _cluster(ARN),
            "Role": _role(
                AssumeRolePolicyDocument={
                    "Statement": [{"Effect": "Allow", "Principal": "*", "Action": f"{'*a' * 2_000}b"}]
                }
            ),
        },
    ],
    ids=["path", "name", "identifier", "sub", "index", "dynamic", "open", "stars"],
)
def test_what_looks_endless_comes_to_an_end(tmp_path: Path, resources: Any) -> None:
    """Texts that are made of themselves or of many like them, and patterns with many stars."""
    path = tmp_path / "template.json"
    path.write_text(json.dumps({"Resources": resources}), encoding="utf-8")

    _ends_well(str(path))


def _policy(*statements: Any, **properties: Any) -> dict[str, Any]:
    return {
        "Type": "AWS::IAM::ManagedPolicy",
        "Properties": {"PolicyDocument": {"Statement": [*statements]}, **properties},
    }


def _passing(*resources: str, effect: str = "Allow") -> dict[str, Any]:
    return {"Effect": effect, "Action": "iam:PassRole", "Resource": [*resources]}


def _patterns(policy: int, *, start: str = "x") -> list[str]:
    return [f"arn:aws:iam::111111111111:role/{start}{policy}y{number}*" for number in range(50)]


BY_REDSHIFT = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "redshift.amazonaws.com"}}
ROLES = {
    f"Role{number}": _role(RoleName=f"role{number}", AssumeRolePolicyDocument={"Statement": [BY_REDSHIFT]})
    for number in range(200)
}
GROUP = {"Groups": [{"Ref": "Group"}]}


def _associated(number: int) -> dict[str, Any]:
    roles = [f"arn:aws:iam::111111111111:role/R{number}x{n}" for n in range(3)]
    properties = {"ClusterIdentifier": "sales", "RoleArns": roles[:2], "DefaultRoleArn": roles[2], "RoleLimit": "10"}
    return {"Type": "Custom::RedshiftRoleAssociation", "Properties": properties}


MANY: dict[str, dict[str, Any]] = {
    "patterns": {"Resources": {**ROLES, **{f"P{n}": _policy(_passing(*_patterns(n))) for n in range(40)}}},
    "patterns that begin with a star": {
        "Resources": {**ROLES, **{f"P{n}": _policy(_passing(*_patterns(n, start="*"))) for n in range(40)}}
    },
    "patterns that are denied": {
        "Resources": {
            **ROLES,
            **{f"P{n}": _policy(_passing("*"), _passing(*_patterns(n), effect="Deny")) for n in range(40)},
        }
    },
    "statements": {"Resources": {"P": _policy(*[_passing("*")] * 800)}},
    "members": {
        "Resources": {
            "Group": {"Type": "AWS::IAM::Group"},
            **{f"User{n}": {"Type": "AWS::IAM::User", "Properties": GROUP} for n in range(500)},
            **{f"P{n}": _policy(_passing("*"), **GROUP) for n in range(100)},
        }
    },
    "entries that ignore": {
        "Metadata": {
            "redshift-roles": {
                "ignore": [{"rule": "RoleArnInvalid", "reason": "x", "logical_id": f"Z{n}"} for n in range(1_500)]
            }
        },
        "Resources": {f"C{n}": _cluster("x") for n in range(250)},
    },
    "associations of one cluster": {"Resources": {f"A{n}": _associated(n) for n in range(200)}},
}


@pytest.mark.parametrize("what", MANY)
def test_many_of_two_kinds_are_not_compared_one_by_one(tmp_path: Path, what: str) -> None:
    """Within the size of a template, there are thousands of them."""
    path = tmp_path / "template.json"
    path.write_text(json.dumps(MANY[what]), encoding="utf-8")

    _ends_well(str(path), "--account", "111111111111")


BOMB = "\n".join(
    ["Resources:", "  A0: &a0 [x, x, x, x, x, x, x, x, x]"]
    + [f"  A{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 20)]
)
TOWER = "\n".join(
    ["Resources:", "  A0: &a0 {IamRoles: [x]}"] + [f"  A{n}: &a{n} {'[' * 20}*a{n - 1}{']' * 20}" for n in range(1, 20)]
)


@pytest.mark.parametrize(
    ("text", "complaint"),
    [(BOMB, "line 7: aliases repeat more than 100,000 values"), (TOWER, "line 7: nested deeper than 100 levels")],
)
def test_fails_when_aliases_make_a_small_text_large(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str, complaint: str
) -> None:
    """Neither width nor depth grows beyond what a template may have."""
    path = tmp_path / "bomb.yaml"
    path.write_text(text)

    assert 2 == main.main(["check", str(path)])
    assert capsys.readouterr().err.endswith(f": {complaint}\n")


def test_fails_when_nested_stacks_multiply(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Fourteen files, each of which nests the next one twice, would be sixteen thousand stacks."""
    for number in range(14):
        stack = {"Type": "AWS::CloudFormation::Stack", "Properties": {"TemplateURL": f"{number + 1}.json"}}
        (tmp_path / f"{number}.json").write_text(json.dumps({"Resources": {"One": stack, "Two": stack}}))

    assert 2 == main.main(["check", str(tmp_path)])
    assert "redshift-roles: 0.json: more than 5,000 nested stacks\n" == capsys.readouterr().err


def test_nothing_in_a_template_is_opened(tmp_path: Path) -> None:
    """Only the given file is read, whatever addresses and paths stand in it, and whatever lies beside it."""
    secret = "a" * 64
    given_path = tmp_path / "x.template.json"
    stacks = {
        f"Child{number}": {"Type": "AWS::CloudFormation::Stack", "Properties": {"TemplateURL": url}}
        for number, url in enumerate(("file:///etc/hosts.yaml", f"https://bucket/{secret}", "./beside.json"))
    }
    include = {"Fn::Transform": {"Name": "AWS::Include", "Parameters": {"Location": "https://example.com/x.yaml"}}}
    given_path.write_text(json.dumps({"Resources": {**stacks, "Other": include}}))
    (tmp_path / "beside.json").write_text('{"Resources": {"C": {}}}')
    (tmp_path / "x.assets.json").write_text(json.dumps({"files": {secret: {"source": {"path": "beside.json"}}}}))
    with opened_files() as opened:
        code = main.main(["check", str(given_path)])

    assert (0, [str(given_path)]) == (code, opened)


def _large() -> dict[str, Any]:
    """Write ten megabytes: clusters, one of them broken, and texts that look like templates and like patterns."""
    listed = [f"arn:aws:iam::111111111111:role/R{number}" for number in range(9)]
    board = json.dumps({"widgets": [{"type": "metric", "properties": {"title": f"t{n}"}} for n in range(2_000)]})
    statement = {"Effect": "Allow", "Action": "iam:PassRole", "Resource": "arn:aws:iam::111111111111:role/" + "*a" * 60}
    kinds: list[dict[str, Any]] = [
        {"Type": "AWS::Redshift::Cluster", "Properties": {"IamRoles": listed}},
        {"Type": "AWS::CloudWatch::Dashboard", "Properties": {"DashboardBody": board}},
        {"Type": "AWS::IAM::ManagedPolicy", "Properties": {"PolicyDocument": {"Statement": [statement]}}},
        {"Type": "AWS::CloudFormation::Stack", "Properties": {"TemplateURL": "https://x/" + "a." * 5_000}},
        {"Type": "AWS::CloudFormation::Stack", "Properties": {"TemplateURL": "a/" * 5_000 + "x.yaml"}},
    ]
    resources = {
        f"{kind['Type'].split(':')[-1]}{index}x{n}": kind for n in range(70) for index, kind in enumerate(kinds)
    }
    more = {f"More{number}": kinds[0] for number in range(3_000)}
    broken = {"Type": "AWS::Redshift::Cluster", "Properties": {"IamRoles": ["x"]}}
    return {"Resources": {**resources, **more, "Broken": broken}}


@pytest.mark.parametrize("name", ["large.json", "large.yaml"])
def test_ten_megabytes_are_read_in_seconds(tmp_path: Path, capsys: Any, name: str) -> None:
    """What grows with the square of anything takes hours."""
    path = tmp_path / name
    text = json.dumps(_large(), indent=1)
    path.write_text(text if name.endswith("json") else f"# JSON is YAML\n{text}")
    assert len(text) > 10_000_000
    start = time.perf_counter()

    assert 1 == main.main(["check", str(path), "--account", "111111111111", "--format", "json"])
    assert time.perf_counter() - start < 60
    (finding,) = json.loads(capsys.readouterr().out)["findings"]
    assert ("Broken", True) == (finding["logicalId"], finding["line"] > 1_000)
