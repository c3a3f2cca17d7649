"""The command `redshift-roles check`."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from redshift_roles.cli import main
from tests.conftest import ACCOUNT, OTHER_ACCOUNT
from tests.support.programs import ROOT
from tests.support.rule_cases import Case, cases, write_cloud_assembly, write_plain

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
CHAIN = f"associate a role of account {ACCOUNT} and let it assume this one (role chaining: IAM_ROLE 'first,second')"
PAGE = "https://docs.aws.amazon.com/redshift/latest/mgmt/copy-unload-iam-role-associating-with-clusters.html"


class Told:
    """What the command told: its exit code, and what it wrote."""

    def __init__(self, code: int, out: str, err: str) -> None:
        self.code, self.out, self.err = code, out, err

    @property
    def found(self) -> list[dict[str, Any]]:
        """The findings of a JSON report."""
        findings: list[dict[str, Any]] = json.loads(self.out)["findings"]
        return findings


@pytest.fixture
def check(capsys: pytest.CaptureFixture[str]) -> Any:
    """Run the command in this process."""

    def run(*words: object) -> Told:
        code = main.main(["check", *map(str, words)])
        captured = capsys.readouterr()
        return Told(code, captured.out, captured.err)

    return run


@pytest.fixture
def template(tmp_path: Path) -> Any:
    """Write a template."""

    def write(text: str, name: str = "template.yaml") -> Path:
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True, parents=True)
        path.write_text(text, encoding="utf-8")
        return path

    return write


def test_fails_when_a_rule_is_broken(check: Any, template: Any) -> None:
    """The report tells where, which rule, what to do, and the page that says so; the exit code is 1."""
    path = template(BROKEN)
    reported = check(path, "--account", ACCOUNT)

    assert (
        f"{path}:6: Warehouse\n"
        f"  error RoleAccountMismatch: IamRoles[0] is in account {OTHER_ACCOUNT}, the cluster is in {ACCOUNT}\n"
        f"    fix: {CHAIN}\n"
        f"    source: {PAGE}\n"
        "\n"
        "1 template checked: 1 error, 0 warnings\n"
    ) == reported.out
    assert (1, "") == (reported.code, reported.err)


def test_fails_when_a_role_does_not_trust_redshift_in_words_for_templates(check: Any, template: Any) -> None:
    """A person with a template has no RedshiftRole; the fix speaks of the template."""
    trust = {
        "Statement": {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "ec2.amazonaws.com"}}
    }
    role = {"Type": "AWS::IAM::Role", "Properties": {"AssumeRolePolicyDocument": trust}}
    cluster = {"Type": "AWS::Redshift::Cluster", "Properties": {"IamRoles": [{"Fn::GetAtt": ["Role", "Arn"]}]}}
    path = template(json.dumps({"Resources": {"Role": role, "Warehouse": cluster}}, indent=1), "old.json")
    (found,) = check(path, "--format", "json").found

    assert "allow sts:AssumeRole to the service redshift.amazonaws.com in its AssumeRolePolicyDocument" == found["fix"]
    assert json.dumps({"Resources": {"Role": role}}, indent=1).count("\n") == found["line"]


def test_fails_when_there_are_more_roles_than_the_limit_that_was_given(check: Any, template: Any) -> None:
    """At the limit it passes; above it the message has the words of the command line."""
    roles = [f"arn:aws:iam::{ACCOUNT}:role/R{n}" for n in range(3)]
    cluster = {"Type": "AWS::Redshift::Cluster", "Properties": {"IamRoles": roles}}
    path = template(json.dumps({"Resources": {"Warehouse": cluster}}))
    reported = check(path, "--account", ACCOUNT, "--role-limit", 2)

    assert "IamRoles has 3 entries, '--role-limit' is 2\n    fix: drop 1 role, or pass --role-limit 3" in reported.out
    assert (1, 0) == (reported.code, check(path, "--account", ACCOUNT, "--role-limit", 3).code)


def test_what_is_undecided_is_told_and_does_not_fail(check: Any, template: Any) -> None:
    """A warning leaves the exit code at 0."""
    reported = check(template(UNDECIDED))

    assert (
        "  warning RoleAccountUndecided: IamRoles[0] is ${RoleArn}, whose account only the deployment" in reported.out
    )
    assert reported.out.endswith("1 template checked: 0 errors, 1 warning\n")
    assert 0 == reported.code


def test_a_sound_template_is_told_in_one_line(check: Any, template: Any) -> None:
    """Nothing but the count."""
    reported = check(template(SOUND))

    assert (0, "1 template checked: 0 errors, 0 warnings\n") == (reported.code, reported.out)


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
        ("twice.yaml", "Resources: {A: 1, A: 2}\n", "line 1: the key 'A' stands twice"),
        ("python.yaml", "Resources: !!python/object/apply:os.system [exit]\n", "line 1: the tag 'tag:yaml.org,2002:"),
    ],
)
def test_fails_when_a_file_is_no_template(check: Any, template: Any, name: str, text: str, complaint: str) -> None:
    """One line says which file and why; the exit code is 2."""
    path = template(text, name)
    reported = check(path)

    assert reported.err.startswith(f"redshift-roles: {path}: {complaint}")
    assert (2, 1) == (reported.code, reported.err.count("\n"))
    assert "0 templates checked: 0 errors, 0 warnings\n" == reported.out


def test_fails_when_a_path_is_missing_and_judges_the_others(check: Any, template: Any, tmp_path: Path) -> None:
    """What can be judged is; the exit code tells that something could not."""
    reported = check(tmp_path / "nothing", template(BROKEN), "--account", ACCOUNT)

    assert f"redshift-roles: {tmp_path / 'nothing'}: no such file or folder\n" == reported.err
    assert "RoleAccountMismatch" in reported.out
    assert 2 == reported.code


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (["--role-limit", "0"], "'0', allowed is 1 to 50"),
        (["--role-limit", "51"], "'51', allowed is 1 to 50"),
        (["--role-limit", "x"], "'x', allowed is 1 to 50"),
        (["--account", "1111"], "'1111', allowed is twelve digits"),
        (["--region", "Ireland"], "'Ireland', allowed is the name of a region, such as eu-west-1"),
        (["--format", "xml"], "invalid choice: 'xml'"),
    ],
)
def test_fails_when_an_option_makes_no_sense(capsys: Any, words: list[str], complaint: str) -> None:
    """The usage and what is allowed are told."""
    with pytest.raises(SystemExit) as caught:
        main.main(["check", "template.yaml", *words])

    assert 2 == caught.value.code
    assert complaint in capsys.readouterr().err


@pytest.mark.parametrize("role_limit", ["1", "50"])
def test_the_limit_is_one_to_fifty(check: Any, template: Any, role_limit: str) -> None:
    """Both ends are allowed."""
    assert 0 == check(template(SOUND), "--role-limit", role_limit).code


def test_the_region_of_a_template_is_given(check: Any, template: Any) -> None:
    """A role of another partition is found where the region is known."""
    text = BROKEN.replace("arn:aws:", "arn:aws-cn:").replace(OTHER_ACCOUNT, ACCOUNT)
    path = template(text)

    assert (0, 1) == (check(path).code, check(path, "--region", "eu-west-1").code)


def test_nested_templates_are_followed_among_the_given_files(check: Any, template: Any) -> None:
    """The child is judged in its place, with what the parent passes, and not by itself."""
    parent = template(
        "Resources:\n"
        "  Child:\n"
        "    Type: AWS::CloudFormation::Stack\n"
        "    Properties:\n"
        "      TemplateURL: !Sub https://${Bucket}.s3.amazonaws.com/templates/child.yaml\n"
        f"      Parameters: {{RoleArn: 'arn:aws:iam::{OTHER_ACCOUNT}:role/Theirs'}}\n",
        "parent.yaml",
    )
    child = template(UNDECIDED, "child.yaml")
    reported = check(parent, child, "--account", ACCOUNT)

    assert f"{child}:6: Warehouse (nested in parent.yaml/Child)\n  error RoleAccountMismatch" in reported.out
    assert reported.out.endswith("2 templates checked: 1 error, 0 warnings\n")


def test_a_nested_template_that_is_not_given_is_not_fetched(check: Any, template: Any) -> None:
    """A file beside the template is left alone."""
    template(BROKEN, "child.yaml")
    stack = "{Type: 'AWS::CloudFormation::Stack', Properties: {TemplateURL: ./child.yaml}}"
    parent = template(f"Resources:\n  Child: {stack}\n", "parent.yaml")

    assert 0 == check(parent, "--account", ACCOUNT).code


def test_fails_when_a_template_nests_itself(check: Any, template: Any) -> None:
    """A circle of nested stacks has no end."""
    stack = "{Type: 'AWS::CloudFormation::Stack', Properties: {TemplateURL: ./self.yaml}}"
    path = template(f"Resources:\n  Child: {stack}\n", "self.yaml")
    reported = check(path)

    assert (2, f"redshift-roles: {path}: nests itself\n") == (reported.code, reported.err)


def test_a_folder_of_templates_is_searched(check: Any, template: Any, tmp_path: Path) -> None:
    """What is no template there is passed over."""
    template(BROKEN, "folder/deep/a.yml")
    template(SOUND, "folder/b.template")
    template("just: notes\n", "folder/notes.yaml")
    template("# Resources:: in prose", "folder/README.md")
    reported = check(tmp_path / "folder", "--account", ACCOUNT)

    assert reported.out.endswith("2 templates checked: 1 error, 0 warnings\n")
    assert (1, "") == (reported.code, reported.err)


def test_fails_when_a_folder_holds_no_templates(check: Any, tmp_path: Path) -> None:
    """An empty folder is a mistake of the caller."""
    reported = check(tmp_path)

    assert f"redshift-roles: {tmp_path}: holds no templates (.json, .template, .yaml, .yml)\n" == reported.err
    assert 2 == reported.code


@pytest.mark.parametrize("manifest", ["{", "[]", '{"artifacts": {"A": {}}}', '{"artifacts": 1}'])
def test_fails_when_a_cloud_assembly_is_broken(check: Any, template: Any, tmp_path: Path, manifest: str) -> None:
    """Whatever is wrong with it, one line says so."""
    template(manifest, "manifest.json")
    template('{"version": "50"}', "cdk.out")
    reported = check(tmp_path)

    assert (2, f"redshift-roles: {tmp_path}: not a cloud assembly that can be read\n") == (reported.code, reported.err)


def test_sarif_has_the_rules_and_the_places(check: Any, template: Any) -> None:
    """Code hosts show each result beside its line."""
    path = template(BROKEN)
    reported = check(path, "--account", ACCOUNT, "--format", "sarif")
    log = json.loads(reported.out)
    (run,) = log["runs"]
    (result,) = run["results"]
    rule = run["tool"]["driver"]["rules"][result["ruleIndex"]]

    assert ("2.1.0", "redshift-roles", True) == (
        log["version"],
        run["tool"]["driver"]["name"],
        run["invocations"][0]["executionSuccessful"],
    )
    assert ("RoleAccountMismatch", "RoleAccountMismatch", "error") == (rule["id"], result["ruleId"], result["level"])
    assert (PAGE, "error") == (rule["helpUri"], rule["defaultConfiguration"]["level"])
    (location,) = result["locations"]
    assert {"artifactLocation": {"uri": path.as_posix()}, "region": {"startLine": 6}} == location["physicalLocation"]
    assert "Warehouse" == location["logicalLocations"][0]["name"]
    assert f"Fix: {CHAIN}" in result["message"]["text"]


def test_sarif_tells_what_could_not_be_read(check: Any, tmp_path: Path) -> None:
    """The run was not successful, and says why."""
    reported = check(tmp_path / "nothing", "--format", "sarif")
    (invocation,) = json.loads(reported.out)["runs"][0]["invocations"]

    assert not invocation["executionSuccessful"]
    assert (
        f"{tmp_path / 'nothing'}: no such file or folder"
        == (invocation["toolExecutionNotifications"][0]["message"]["text"])
    )


@pytest.mark.parametrize("case", [case for case in cases() if case.is_plain], ids=lambda case: case.name)
def test_a_plain_case_has_the_verdicts_of_the_table(check: Any, case: Case, tmp_path: Path) -> None:
    """The command gives neither fewer than an expert, nor more, and its exit code tells whether one is an error."""
    (stack,) = case.stacks.values()
    given = {"--account": stack.account, "--region": stack.region}
    options = [word for name, value in given.items() if value for word in (name, value)]
    _agrees(check(write_plain(case, tmp_path), "--format", "json", *options), case)


@pytest.mark.parametrize("case", cases(), ids=lambda case: case.name)
def test_a_cloud_assembly_has_the_verdicts_of_the_table(check: Any, case: Case, tmp_path: Path) -> None:
    """So it does where CDK wrote the templates, by its folder and from the folder above."""
    project = tmp_path / "project"
    (project / "cdk.out").mkdir(parents=True)
    folder = write_cloud_assembly(case, project / "cdk.out")

    for path in (folder, project):
        _agrees(check(path, "--format", "json"), case)


def _agrees(reported: Told, case: Case) -> None:
    assert case.expected == sorted(f"{item['rule']} {item['logicalId']}" for item in reported.found)
    assert int(any(item["severity"] == "error" for item in reported.found)) == reported.code
    assert "" == reported.err


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


def test_a_yaml_template_without_pyyaml_is_told_in_one_line(
    check: Any, template: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The line says what to install; JSON needs nothing."""
    path = template(SOUND)
    monkeypatch.setitem(sys.modules, "yaml", None)
    reported = check(path)

    assert f"redshift-roles: {path}: YAML needs PyYAML: pip install 'cdk-redshift-roles[cli]'\n" == reported.err
    assert (2, 0) == (reported.code, check(template('{"Resources": {}}', "a.json")).code)


@pytest.mark.parametrize(("is_terminal", "count", "shown"), [(True, 20, True), (True, 19, False), (False, 20, False)])
def test_many_files_are_counted_for_a_person(
    check: Any, template: Any, tmp_path: Path, monkeypatch: Any, is_terminal: bool, count: int, shown: bool
) -> None:
    """One line that counts, and is taken away at the end; nothing where nobody watches."""
    for number in range(count):
        template(SOUND, f"many/{number}.yaml")
    monkeypatch.setattr(sys.stderr, "isatty", lambda: is_terminal)
    reported = check(tmp_path / "many")

    assert (f"\rredshift-roles: {count} files read\r\x1b[K" if shown else "") == reported.err
