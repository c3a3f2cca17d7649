"""The command `redshift-roles check`."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import yaml

from redshift_roles.cli import main
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


def test_fails_when_a_role_does_not_trust_redshift_in_words_for_templates(check: Any, template: Any) -> None:
    """A person with a template has no RedshiftRole, so the fix names the template's property."""
    trust = {
        "Statement": {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "ec2.amazonaws.com"}}
    }
    role = {"Type": "AWS::IAM::Role", "Properties": {"AssumeRolePolicyDocument": trust}}
    cluster = {"Type": "AWS::Redshift::Cluster", "Properties": {"IamRoles": [{"Fn::GetAtt": ["Role", "Arn"]}]}}
    (found,) = check(template({"Role": role, "Warehouse": cluster}, "old.json"), "--format", "json").findings

    assert "allow sts:AssumeRole to the service redshift.amazonaws.com in its AssumeRolePolicyDocument" == found["fix"]
    # The line of IamRoles: after those of the role come Warehouse, Type and Properties.
    assert json.dumps({"Resources": {"Role": role}}, indent=1).count("\n") + 3 == found["line"]


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
    other = {**statement, "Action": "sqs:SendMessage"}
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


@pytest.mark.parametrize("manifest", ["{", "[]", '{"artifacts": {"A": {}}}', '{"artifacts": 1}'])
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
