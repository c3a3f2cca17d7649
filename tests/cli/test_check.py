"""The command `redshift-roles check`."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import yaml

from redshift_roles.cli import main
from redshift_roles.rules import RULES
from tests.conftest import ACCOUNT, OTHER_ACCOUNT
from tests.support.programs import ROOT
from tests.support.rule_cases import Case, a_dozen, cases, write_cloud_assembly, write_plain

BROKEN = f"""\
Resources:
  Warehouse:
    Type: AWS::Redshift::Cluster
    Properties:
      ClusterType: single-node
      IamRoles:
        - arn:aws:iam::{OTHER_ACCOUNT}:role/Theirs
"""
UNDECIDED = """\
Parameters:
  RoleArn: {Type: String}
Resources:
  Warehouse:
    Type: AWS::Redshift::Cluster
    Properties: {IamRoles: [!Ref RoleArn]}
"""
SOUND = "Resources:\n  Warehouse: {Type: 'AWS::Redshift::Cluster', Properties: {}}\n"
NESTED = "Resources:\n  Child: {Type: 'AWS::CloudFormation::Stack', Properties: {TemplateURL: ./%s.yaml}}\n"
CHAIN = f"associate a role of account {ACCOUNT} and let it assume this one (role chaining: IAM_ROLE 'first,second')"
PAGE = "https://docs.aws.amazon.com/redshift/latest/mgmt/copy-unload-iam-role-associating-with-clusters.html"


class Run(NamedTuple):
    """The exit code of the command, and what it printed."""

    code: int
    out: str
    err: str

    @property
    def findings(self) -> list[dict[str, Any]]:
        """The findings of a JSON report."""
        findings: list[dict[str, Any]] = json.loads(self.out)["findings"]
        return findings


@pytest.fixture
def check(capsys: pytest.CaptureFixture[str]) -> Any:
    """Run the command in this process."""

    def run(*words: object) -> Run:
        code = main.main(["check", *map(str, words)])
        return Run(code, *capsys.readouterr())

    return run


@pytest.fixture
def template(tmp_path: Path) -> Any:
    """Write a template."""

    def write(text: str | dict[str, Any], name: str = "template.yaml") -> Path:
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True, parents=True)
        path.write_text(text if isinstance(text, str) else json.dumps({"Resources": text}, indent=1), encoding="utf-8")
        return path

    return write


def test_fails_when_a_rule_is_broken(check: Any, template: Any) -> None:
    """The report says where, which rule, what to do, and the AWS page; the exit code is 1."""
    path = template(BROKEN)

    assert (
        1,
        (
            f"{path}:6: Warehouse\n"
            f"  error RoleAccountMismatch: IamRoles[0] is in account {OTHER_ACCOUNT}, the cluster is in {ACCOUNT}\n"
            f"    fix: {CHAIN}\n"
            f"    source: {PAGE}\n"
            "\n"
            "1 template checked: 1 error, 0 warnings\n"
        ),
        "",
    ) == check(path, "--account", ACCOUNT)


def test_fails_when_a_role_does_not_trust_redshift_in_words_for_templates(
    check: Any, template: Any, tmp_path: Path
) -> None:
    """A person with a template has no RedshiftRole, so the fix names the template's property."""
    trust = {
        "Statement": {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "ec2.amazonaws.com"}}
    }
    role = {"Type": "AWS::IAM::Role", "Properties": {"AssumeRolePolicyDocument": trust}}
    cluster = {"Type": "AWS::Redshift::Cluster", "Properties": {"IamRoles": [{"Fn::GetAtt": ["Role", "Arn"]}]}}
    (found,) = check(template({"Role": role, "Warehouse": cluster}, "old.json"), "--format", "json").findings

    assert "allow sts:AssumeRole to the service redshift.amazonaws.com in its AssumeRolePolicyDocument" == found["fix"]
    lines = (tmp_path / "old.json").read_text().splitlines()
    assert '    "IamRoles": [' == lines[found["line"] - 1]


@pytest.mark.parametrize(("first", "name", "lines"), [("", "a.json", [3, 4]), ("# YAML\n", "a.yaml", [4, 5])])
def test_fails_at_the_line_of_each_statement(
    check: Any, template: Any, first: str, name: str, lines: list[int]
) -> None:
    """Also of inline policies."""
    statement = '{"Effect": "Allow", "Action": ["iam:PassRole", "redshift:CreateCluster"], "Resource": "*"}'
    text = (
        '{"Resources": {"Warehouse": {"Type": "AWS::Redshift::Cluster"}, "People": {"Type": "AWS::IAM::Group",\n'
        ' "Properties": {"Policies": [{"PolicyName": "a", "PolicyDocument": {"Statement": [\n'
        f"  {statement},\n  {statement}]}}}}]}}}}}}}}"
    )

    assert lines == [found["line"] for found in check(template(first + text, name), "--format", "json").findings]


def test_fails_when_there_are_more_roles_than_the_limit_that_was_given(check: Any, template: Any) -> None:
    """At the limit it passes; above it the message has the option of the command."""
    roles = [f"arn:aws:iam::{ACCOUNT}:role/R{n}" for n in range(3)]
    path = template({"Warehouse": {"Type": "AWS::Redshift::Cluster", "Properties": {"IamRoles": roles}}})
    run = check(path, "--account", ACCOUNT, "--role-limit", 2)

    assert "IamRoles has 3 entries, '--role-limit' is 2\n    fix: drop 1 role, or pass --role-limit 3" in run.out
    assert (1, 0) == (run.code, check(path, "--account", ACCOUNT, "--role-limit", 3).code)


def test_what_is_undecided_is_a_warning(check: Any, template: Any) -> None:
    """The exit code stays 0."""
    run = check(template(UNDECIDED))

    assert "  warning RoleAccountUndecided: IamRoles[0] is ${RoleArn}, whose account only the deployment" in run.out
    assert run.out.endswith("1 template checked: 0 errors, 1 warning\n")
    assert 0 == run.code


@pytest.mark.parametrize("options", [[], ["--role-limit", "1"], ["--role-limit", "50"], ["--region", "us-gov-west-1"]])
def test_a_sound_template_is_one_line(check: Any, template: Any, options: list[str]) -> None:
    """Nothing but the count."""
    assert (0, "1 template checked: 0 errors, 0 warnings\n", "") == check(template(SOUND), *options)


@pytest.mark.parametrize(
    ("name", "text", "complaint"),
    [
        ("empty.yaml", " \n", "not a template: it is empty"),
        ("list.yaml", "- a\n", "not a template: it has no Resources"),
        ("other.json", '{"Resources": 1}', "not a template: it has no Resources"),
        ("broken.json", '{"Resources": ', "line 1: not JSON: Expecting value"),
        ("broken.yaml", "Resources: [a\n", "line 2: not YAML: did not find expected ',' or ']'"),
        ("deep.json", '{"Resources": {"A": ' + "[" * 5000 + "]" * 5000 + "}}", "nested deeper than 100 levels"),
        ("deep.yaml", "Resources: " + "[" * 5000 + "]" * 5000, "line 1: nested deeper than 100 levels"),
        ("cyclic.yaml", "Resources: &a {A: *a}\n", "line 1: the alias '*a' contains itself"),
        ("python.yaml", "Resources: !!python/object/apply:os.system [exit]\n", "line 1: the tag 'tag:yaml.org,2002:"),
    ],
)
def test_fails_when_a_file_is_no_template(check: Any, template: Any, name: str, text: str, complaint: str) -> None:
    """One line says which file and why; the exit code is 2."""
    path = template(text, name)
    code, out, err = check(path)

    assert err.startswith(f"redshift-roles: {path}: {complaint}")
    assert (2, 1, "0 templates checked: 0 errors, 0 warnings\n") == (code, err.count("\n"), out)


def test_a_key_that_stands_twice_is_told_and_the_last_is_checked(check: Any, template: Any) -> None:
    """As CloudFormation takes it: the file is checked, and the exit code is that of the findings."""
    path = template(BROKEN.replace("IamRoles:", "IamRoles: []\n      IamRoles:"))
    code, out, err = check(path, "--account", ACCOUNT)

    assert (1, f"redshift-roles: {path}:7: the key 'IamRoles' stands twice; CloudFormation takes the last\n") == (
        code,
        err,
    )
    assert f"{path}:7: Warehouse\n  error RoleAccountMismatch" in out


def test_a_statement_within_a_role_has_its_own_line(check: Any, template: Any) -> None:
    """In YAML and in JSON; under a condition it is the line of the list."""
    statement = {"Effect": "Allow", "Action": "iam:PassRole", "Resource": "*"}
    other = {**statement, "Action": "redshift:CreateCluster"}
    policies: list[Any] = [
        {"PolicyName": "a", "PolicyDocument": {"Statement": [other]}},
        {"PolicyName": "b", "PolicyDocument": {"Statement": [other, statement]}},
    ]
    properties: dict[str, Any] = {"AssumeRolePolicyDocument": {}, "Policies": policies}
    role = {"Type": "AWS::IAM::Role", "Properties": properties}
    resources = {"Warehouse": {"Type": "AWS::Redshift::Cluster"}, "Role": role}
    as_json = template(resources, "a.json")
    as_yaml = template(yaml.safe_dump({"Resources": resources}, sort_keys=False), "a.yaml")
    properties["Policies"] = {"Fn::If": ["X", policies, []]}
    under_if = template(resources, "if.json")
    for path, expected in ((as_json, '"iam:PassRole"'), (as_yaml, "iam:PassRole"), (under_if, '"Policies"')):
        (found,) = check(path, "--format", "json").findings
        nearby = path.read_text().splitlines()[found["line"] - 1 : found["line"] + 2]
        assert any(expected in line for line in nearby)
        assert ("PassRoleUnscoped", "Role") == (found["rule"], found["logicalId"])


def test_fails_when_a_path_is_missing_and_checks_the_others(check: Any, template: Any, tmp_path: Path) -> None:
    """Everything readable is checked; the exit code says that something was not."""
    code, out, err = check(tmp_path / "nothing", template(BROKEN), "--account", ACCOUNT)

    assert (2, f"redshift-roles: {tmp_path / 'nothing'}: no such file or folder\n") == (code, err)
    assert "RoleAccountMismatch" in out


@pytest.mark.parametrize(
    ("option", "value", "complaint"),
    [
        *(("--role-limit", value, f"must be 1 to 50, got '{value}'") for value in ("0", "51", "x", "")),
        ("--account", "1111", "must be twelve digits, got '1111'"),
        ("--region", "Ireland", "must be the name of a region, such as eu-west-1, got 'Ireland'"),
        ("--format", "xml", "invalid choice: 'xml'"),
    ],
)
def test_fails_when_an_option_makes_no_sense(capsys: Any, option: str, value: str, complaint: str) -> None:
    """The usage and what is allowed are printed."""
    with pytest.raises(SystemExit) as caught:
        main.main(["check", "template.yaml", option, value])

    assert 2 == caught.value.code
    assert f"argument {option}: {complaint}" in capsys.readouterr().err


@pytest.mark.parametrize("ignored", ["", "Role", "roleaccountmismatch", ":Warehouse", "RoleAccountMismatch/Warehouse"])
def test_fails_when_a_rule_to_ignore_does_not_exist(capsys: Any, ignored: str) -> None:
    """All that exist are named."""
    with pytest.raises(SystemExit) as caught:
        main.main(["check", "template.yaml", "--ignore", ignored])
    err = capsys.readouterr().err

    assert 2 == caught.value.code
    assert f", got '{ignored}'\n" in err
    assert [] == [rule.name for rule in RULES if rule.name not in err]


@pytest.mark.parametrize("words", ["RoleDuplicated", "RoleAccountMismatch:Other", "RoleAccountMismatch:"])
def test_fails_when_the_ignored_finding_is_another_one(check: Any, template: Any, words: str) -> None:
    """Standard error tells which options match nothing."""
    code, out, err = check(template(BROKEN), "--account", ACCOUNT, "--ignore", words, "--ignore", words)
    unmatched = words != "RoleAccountMismatch:"

    assert (int(unmatched), "1 error" in out) == (code, unmatched)
    assert (f"redshift-roles: --ignore {words}: there is no such finding\n" if unmatched else "") == err


@pytest.mark.parametrize("words", [["RoleAccountMismatch"], ["RoleDuplicated", "RoleAccountMismatch:Warehouse"]])
def test_an_ignored_finding_does_not_count(check: Any, template: Any, words: list[str]) -> None:
    """Only the last line tells that there is one."""
    path = template(BROKEN)
    code, out, _ = check(path, "--account", ACCOUNT, *(word for name in words for word in ("--ignore", name)))

    assert (0, "1 template checked: 0 errors, 0 warnings, 1 ignored\n") == (code, out)


def test_what_a_template_accepts_is_ignored_with_its_reason(check: Any, template: Any) -> None:
    """Every report has it; an entry that accepts nothing is a warning."""
    ignore = [{"rule": "RoleAccountMismatch", "reason": "until June"}, {"rule": "RoleDuplicated", "reason": "no"}]
    metadata = json.dumps({"redshift-roles": {"ignore": ignore}})
    path = template(BROKEN.replace("    Type:", f"    Metadata: {metadata}\n    Type:"))
    code, out, err = check(path, "--account", ACCOUNT)

    assert (0, "") == (code, err)
    assert f"{path}:3: Warehouse\n  warning IgnoreWithoutEffect: ignore[1] is for RoleDuplicated" in out
    assert out.endswith(
        "1 template checked: 0 errors, 1 warning, 1 ignored\n"
        f"  ignored RoleAccountMismatch at {path}:7: Warehouse, because: until June\n"
    )
    findings = check(path, "--account", ACCOUNT, "--format", "json").findings
    assert [{"inTemplate": True, "reason": "until June"}, None] == [found["ignored"] for found in findings]
    log = json.loads(check(path, "--account", ACCOUNT, "--format", "sarif").out)
    assert [[{"kind": "inSource", "justification": "until June"}], []] == [
        result["suppressions"] for result in log["runs"][0]["results"]
    ]


def test_warnings_count_when_the_check_is_strict(check: Any, template: Any) -> None:
    """Unless they are ignored."""
    path = template(UNDECIDED)

    assert (1, 0) == (check(path, "--strict").code, check(template(SOUND, "b.yaml"), "--strict").code)
    assert 0 == check(path, "--strict", "--ignore", "RoleAccountUndecided").code


@pytest.fixture
def typed(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Put bytes on standard input."""
    return lambda data: monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data)))


@pytest.mark.parametrize(
    ("data", "complaint"),
    [
        (b"", "not a template: it is empty"),
        (b"- a", "not a template: it has no Resources"),
        (b"\xff\xfe", "not UTF-8 text"),
        (b"[a", "not YAML: did not find expected"),
        (b'{"Resources": ', "not YAML: did not find expected"),
    ],
)
def test_fails_when_standard_input_is_no_template(check: Any, typed: Any, data: bytes, complaint: str) -> None:
    """One line says why."""
    typed(data)
    code, _, err = check("-")

    assert (2, 1) == (code, err.count("\n"))
    assert err.startswith("redshift-roles: <stdin>: ")
    assert complaint in err


@pytest.mark.parametrize(("size", "complaint"), [(20_000_000, "it is empty"), (20_000_001, "larger than 20 MB")])
def test_fails_when_standard_input_is_too_large(check: Any, typed: Any, size: int, complaint: str) -> None:
    """It has the limit of files."""
    typed(b" " * size)
    code, _, err = check("-")

    assert (2, True) == (code, err.endswith(f"{complaint}\n"))


def test_fails_when_standard_input_is_closed(check: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """A program may start the command so."""
    monkeypatch.setattr(sys, "stdin", None)

    assert (2, "redshift-roles: <stdin>: standard input is closed\n") == check("-")[::2]


@pytest.mark.parametrize("is_json", [False, True])
def test_a_template_may_come_through_standard_input(check: Any, typed: Any, is_json: bool) -> None:
    """As YAML or JSON, also when it is named twice; a file of that name does not matter."""
    role = f"arn:aws:iam::{OTHER_ACCOUNT}:role/Theirs"
    body = {"Resources": {"Warehouse": {"Type": "AWS::Redshift::Cluster", "Properties": {"IamRoles": [role]}}}}
    typed(json.dumps(body, indent=1).encode() if is_json else BROKEN.encode())
    code, out, err = check("-", "-", "--account", ACCOUNT)

    assert (1, "") == (code, err)
    assert out.startswith("<stdin>:6: Warehouse\n  error RoleAccountMismatch")
    assert out.endswith("1 template checked: 1 error, 0 warnings\n")


def _folder(path: Path) -> Path:
    path.mkdir()
    return path


@pytest.mark.parametrize(
    ("make", "complaint"),
    [
        (_folder, "Is a directory"),
        (lambda path: path / "missing" / "report.json", "No such file or directory"),
        (lambda path: path.with_name("x" * 300), "File name too long"),
        (lambda _: Path("/dev/full"), "No space left on device"),
    ],
    ids=["folder", "missing", "long", "full"],
)
def test_fails_when_the_report_cannot_be_written(
    check: Any, template: Any, tmp_path: Path, make: Any, complaint: str
) -> None:
    """One line says why, the exit code is 2, and nothing of it is left."""
    path, source = make(tmp_path / "report"), template(SOUND)
    before = sorted(tmp_path.rglob("*"))

    assert (2, f"redshift-roles: {path}: {complaint}\n") == check(source, "--output", path)[::2]
    assert before == sorted(tmp_path.rglob("*"))


def test_the_old_report_stays_when_a_new_one_cannot_be_written(
    check: Any, template: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A report is written whole or not at all."""

    def write_half(path: Path, data: bytes) -> None:
        with path.open("wb") as file:
            file.write(data[:10])
        raise OSError(28, "No space left on device")

    (tmp_path / "report").write_text("old")
    source = template(BROKEN)
    monkeypatch.setattr(Path, "write_bytes", write_half)

    assert 2 == check(source, "--output", tmp_path / "report", "--account", ACCOUNT).code
    assert "old" == (tmp_path / "report").read_text()
    assert ["report", "template.yaml"] == sorted(path.name for path in tmp_path.iterdir())


def test_a_report_goes_to_a_file(check: Any, template: Any, tmp_path: Path) -> None:
    """The counts are printed. A file keeps its mode, a link leads to the file, and what is no file is left in place."""
    path, link = tmp_path / "report.json", tmp_path / "link"
    path.write_text("old")
    path.chmod(0o640)
    link.symlink_to(path)
    options = ["--account", ACCOUNT, "--format", "json", "--output"]
    counts = "1 template checked: 1 error, 0 warnings\n"

    for target in (link, "/dev/null"):
        assert (1, counts, "") == check(template(BROKEN), *options, target)
    assert "RoleAccountMismatch" == json.loads(path.read_text())["findings"][0]["rule"]
    assert (0o640, True, True) == (path.stat().st_mode & 0o777, link.is_symlink(), Path("/dev/null").is_char_device())


def test_a_report_of_a_file_whose_name_is_not_utf_8_is_written(check: Any, template: Any, tmp_path: Path) -> None:
    """Its bytes become escapes."""
    source = template(BROKEN, os.fsdecode(b"\xff.yaml"))

    assert 1 == check(source, "--account", ACCOUNT, "--output", tmp_path / "report").code
    assert rf"{tmp_path}/\udcff.yaml:6: Warehouse" in (tmp_path / "report").read_text()


def test_the_region_of_a_template_is_given(check: Any, template: Any) -> None:
    """A role of another partition is found where the region is known."""
    path = template(BROKEN.replace("arn:aws:", "arn:aws-cn:").replace(OTHER_ACCOUNT, ACCOUNT))

    assert (0, 1) == (check(path).code, check(path, "--region", "eu-west-1").code)


def test_nested_templates_are_followed_among_the_given_files(check: Any, template: Any) -> None:
    """The child is checked with what the parent passes, and not by itself."""
    properties = {
        "TemplateURL": {"Fn::Sub": "https://${Bucket}.s3.amazonaws.com/templates/child.yaml"},
        "Parameters": {"RoleArn": f"arn:aws:iam::{OTHER_ACCOUNT}:role/Theirs"},
    }
    parent = template({"Child": {"Type": "AWS::CloudFormation::Stack", "Properties": properties}}, "parent.yaml")
    child = template(UNDECIDED, "child.yaml")
    run = check(parent, child, "--account", ACCOUNT)

    assert f"{child}:6: Warehouse (nested in parent.yaml/Child)\n  error RoleAccountMismatch" in run.out
    assert run.out.endswith("2 templates checked: 1 error, 0 warnings\n")


def test_a_nested_template_that_is_not_given_is_not_read(check: Any, template: Any) -> None:
    """A file beside the template is left alone."""
    template(BROKEN, "child.yaml")

    assert 0 == check(template(NESTED % "child", "parent.yaml"), "--account", ACCOUNT).code


def test_fails_when_a_template_nests_itself(check: Any, template: Any) -> None:
    """A circle of nested stacks has no end."""
    code, _, err = check(path := template(NESTED % "self", "self.yaml"))

    assert (2, f"redshift-roles: {path}: nests itself\n") == (code, err)


def test_a_folder_of_templates_is_searched(check: Any, template: Any, tmp_path: Path) -> None:
    """What is no template there is ignored."""
    template(BROKEN, "folder/deep/a.yml")
    template(SOUND, "folder/b.template")
    template("just: notes\n", "folder/notes.yaml")
    template("# Resources:: in prose", "folder/README.md")
    code, out, err = check(tmp_path / "folder", "--account", ACCOUNT)

    assert out.endswith("2 templates checked: 1 error, 0 warnings\n")
    assert (1, "") == (code, err)


def test_fails_when_a_folder_has_no_templates(check: Any, tmp_path: Path) -> None:
    """An empty folder is a mistake of the caller."""
    code, _, err = check(tmp_path)

    assert (2, f"redshift-roles: {tmp_path}: holds no templates (.json, .template, .yaml, .yml)\n") == (code, err)


@pytest.mark.parametrize(
    "manifest",
    ['{"artifacts": {}}', '{"artifacts": {"Tree": {"type": "cdk:tree", "properties": {}}}}', '{"name": "x"}'],
)
def test_fails_when_nothing_was_checked(check: Any, template: Any, manifest: str) -> None:
    """Notes, web pages and cloud assemblies without stacks are no templates; one line says so."""
    folder = template(manifest, "site/manifest.json").parent
    template("just: notes\n", "site/notes.yaml")
    template("Resources: none", "site/more.yaml")
    code, out, err = check(folder)

    assert (2, "0 templates checked: 0 errors, 0 warnings\n") == (code, out)
    assert f"redshift-roles: {folder}: no templates, so nothing was checked\n" == err


@pytest.mark.parametrize("mark", [True, False], ids=["cdk.out", "web page"])
@pytest.mark.parametrize("artifacts", ['{"T": {"type": "cdk:tree"}}', "{}", None])
def test_templates_beside_a_manifest_without_stacks_are_checked(
    check: Any, template: Any, mark: bool, artifacts: str | None
) -> None:
    """The folder is searched like any other."""
    manifest = f', "artifacts": {artifacts}' if artifacts else ""
    folder = template(f'{{"version": "50"{manifest}}}', "site/manifest.json").parent
    if mark:
        template('{"version": "50"}', "site/cdk.out")
    template(BROKEN, "site/template.yaml")

    assert 1 == check(folder, "--account", ACCOUNT).code


@pytest.mark.parametrize("manifest", ["{", "[]", '{"artifacts": 1}'])
def test_fails_when_a_cloud_assembly_is_broken(check: Any, template: Any, tmp_path: Path, manifest: str) -> None:
    """Whatever is wrong with it, one line says so."""
    template(manifest, "manifest.json")
    template('{"version": "50"}', "cdk.out")
    code, _, err = check(tmp_path)

    assert (2, f"redshift-roles: {tmp_path}: not a cloud assembly that can be read\n") == (code, err)


@pytest.mark.parametrize("case", a_dozen(case for case in cases() if case.is_plain), ids=lambda case: case.name)
def test_a_plain_case_has_the_verdicts_of_the_table(check: Any, case: Case, tmp_path: Path) -> None:
    """The command has exactly the verdicts of an expert, and the exit code says whether one is an error."""
    (stack,) = case.stacks.values()
    given = {"--account": stack.account, "--region": stack.region}
    options = [word for name, value in given.items() if value for word in (name, value)]
    _agrees(check(write_plain(case, tmp_path), "--format", "json", *options), case)


@pytest.mark.parametrize("case", a_dozen(cases()), ids=lambda case: case.name)
def test_a_cloud_assembly_has_the_verdicts_of_the_table(check: Any, case: Case, tmp_path: Path) -> None:
    """The same for the templates that CDK writes, by their folder and from the folder above."""
    project = tmp_path / "project"
    (project / "cdk.out").mkdir(parents=True)
    folder = write_cloud_assembly(case, project / "cdk.out")

    for path in (folder, project):
        _agrees(check(path, "--format", "json"), case)


def _agrees(run: Run, case: Case) -> None:
    assert case.expected == sorted(f"{item['rule']} {item['logicalId']}" for item in run.findings)
    assert int(any(item["severity"] == "error" for item in run.findings)) == run.code
    assert "" == run.err


def test_it_runs_where_there_is_no_node_and_no_cdk(template: Any, tmp_path: Path) -> None:
    """A program of its own, in which CDK, constructs, jsii and boto3 cannot be imported."""
    program = (
        "import sys\n"
        "for name in ('aws_cdk', 'constructs', 'jsii', 'boto3', 'botocore'): sys.modules[name] = None\n"
        "from redshift_roles.cli.main import main\n"
        "sys.exit(main(sys.argv[1:]))\n"
    )
    command = [sys.executable, "-c", program, "check", str(template(BROKEN)), "--account", ACCOUNT]
    done = subprocess.run(
        command, capture_output=True, text=True, check=False, env={"PYTHONPATH": str(ROOT)}, cwd=tmp_path
    )

    assert (1, "") == (done.returncode, done.stderr)
    assert "RoleAccountMismatch" in done.stdout


def test_fails_when_pyyaml_is_not_installed(check: Any, template: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """The line says what to install; JSON needs nothing."""
    path = template(SOUND)
    monkeypatch.setitem(sys.modules, "yaml", None)
    run = check(path)

    assert f"redshift-roles: {path}: YAML needs PyYAML: pip install 'cdk-redshift-roles[cli]'\n" == run.err
    assert (2, 0) == (run.code, check(template('{"Resources": {}}', "a.json")).code)


@pytest.mark.parametrize(("is_terminal", "count", "shown"), [(True, 20, True), (True, 19, False), (False, 20, False)])
def test_many_files_are_counted_on_a_terminal(
    check: Any, template: Any, tmp_path: Path, monkeypatch: Any, is_terminal: bool, count: int, shown: bool
) -> None:
    """One line, which is removed at the end; nothing without a terminal."""
    for number in range(count):
        template(SOUND, f"many/{number}.yaml")
    monkeypatch.setattr(sys.stderr, "isatty", lambda: is_terminal)
    run = check(tmp_path / "many")

    assert (f"\rredshift-roles: {count} files read\r\x1b[K" if shown else "") == run.err
