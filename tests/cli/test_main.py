"""The command `redshift-roles`."""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import yaml

from redshift_roles.cli import __version__, main
from tests.support.programs import ROOT

COMMAND = [sys.executable, "-m", "redshift_roles.cli.main", "check"]
ALONE: dict[str, Any] = {"cwd": ROOT, "env": {"PYTHONPATH": str(ROOT)}}


@pytest.fixture
def command(monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[[argparse.Namespace], int]], None]:
    """Make ``do`` the only command, which does this."""

    def install(run: Callable[[argparse.Namespace], int]) -> None:
        module = SimpleNamespace(describe=lambda parser: parser.set_defaults(run=run))
        monkeypatch.setattr(main, "COMMANDS", {"do": "it"})
        monkeypatch.setitem(sys.modules, "redshift_roles.cli.do", module)

    return install


def test_fails_when_no_command_is_given(capsys: pytest.CaptureFixture[str]) -> None:
    """The usage is printed; the exit code is 2."""
    with pytest.raises(SystemExit) as caught:
        main.main([])

    assert 2 == caught.value.code
    assert "usage: redshift-roles" in capsys.readouterr().err


def test_fails_when_a_command_is_unknown(capsys: pytest.CaptureFixture[str]) -> None:
    """Those that exist are listed; the exit code is 2."""
    with pytest.raises(SystemExit) as caught:
        main.main(["chekc", "status"])

    assert 2 == caught.value.code
    assert re.search("invalid choice: 'chekc' .*check.*status", capsys.readouterr().err)


@pytest.mark.parametrize("error", [RecursionError("deep"), KeyError("\x1b[31m\n::error::"), MemoryError()])
def test_fails_when_a_command_has_a_mistake(command: Any, capsys: pytest.CaptureFixture[str], error: Exception) -> None:
    """One line names the error and the line of code, without a traceback; the exit code is not that of a finding."""

    def run(_: argparse.Namespace) -> int:
        raise error

    command(run)

    assert 2 == main.main(["do"])
    out, err = capsys.readouterr()
    start = f"redshift-roles: a mistake of this command, please report it: {type(error).__name__}: "
    assert ("", True, 1) == (out, err.startswith(start), err.count("\n"))
    assert re.search(r" \(test_main\.py:[0-9]+\)\n$", err)
    assert "\x1b" not in err


def test_an_interrupt_shows_no_traceback(command: Any) -> None:
    """The exit code is the shell's own."""

    def run(_: argparse.Namespace) -> int:
        raise KeyboardInterrupt

    command(run)

    assert 130 == main.main(["do"])


def test_a_command_returns_the_exit_code(command: Any) -> None:
    """It gets the arguments that it described."""
    command(lambda arguments: 7 if callable(arguments.run) else 0)

    assert 7 == main.main(["do"])


def test_the_version_is_that_of_the_package(capsys: pytest.CaptureFixture[str]) -> None:
    """The build reads it from the same line."""
    with pytest.raises(SystemExit) as caught:
        main.main(["--version"])

    assert (0, f"redshift-roles {__version__}\n") == (caught.value.code, capsys.readouterr().out)
    assert 'path = "redshift_roles/cli/__init__.py"' in (ROOT / "pyproject.toml").read_text()


def test_the_package_runs_as_the_command(tmp_path: Path) -> None:
    """Where scripts are not on the path."""
    path = tmp_path / "template.json"
    path.write_text('{"Resources": {}}')
    command = [sys.executable, "-m", "redshift_roles", "check", str(path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, **ALONE)

    assert (0, "1 template checked: 0 errors, 0 warnings\n", "") == (done.returncode, done.stdout, done.stderr)


def test_a_pipe_may_be_closed_early(tmp_path: Path) -> None:
    """There is no traceback."""
    cluster = "{Type: 'AWS::Redshift::Cluster', Properties: {IamRoles: [x]}}"
    text = "Resources:\n" + "".join(f"  C{number}: {cluster}\n" for number in range(2000))
    path = tmp_path / "many.yaml"
    path.write_text(text)
    with subprocess.Popen([*COMMAND, str(path)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, **ALONE) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.readline()
        process.stdout.close()
        errors = process.stderr.read()

    assert (1, b"") == (process.wait(), errors)


@pytest.mark.parametrize(
    ("redirected", "complaint"),
    [
        (">/dev/full", "redshift-roles: No space left on device\n"),
        (">&-", "redshift-roles: standard output is closed\n"),
        (">/dev/full 2>&1", ""),
        (">&- 2>&-", ""),
    ],
)
def test_fails_when_a_report_cannot_be_written(tmp_path: Path, redirected: str, complaint: str) -> None:
    """One line says so, if it can be written; the exit code is 2."""
    path = tmp_path / "template.json"
    path.write_text('{"Resources": {}}')
    program = f'exec "{sys.executable}" -m redshift_roles.cli.main check "{path}" {redirected}'
    done = subprocess.run(["/bin/sh", "-c", program], capture_output=True, text=True, check=False, **ALONE)

    assert (2, complaint) == (done.returncode, done.stderr)


def test_a_terminal_without_the_characters_gets_escapes(tmp_path: Path) -> None:
    """A name in another script does not end the command."""
    path = tmp_path / "letters.json"
    path.write_text(
        '{"Resources": {"\\u0416\\ud800": {"Type": "AWS::Redshift::Cluster", "Properties": {"IamRoles": ["x"]}}}}'
    )
    environment = {"PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "ascii"}
    done = subprocess.run([*COMMAND, str(path)], capture_output=True, check=False, cwd=ROOT, env=environment)

    assert (1, b"") == (done.returncode, done.stderr)
    assert rb"\u0416\ud800" in done.stdout


@pytest.mark.parametrize(
    ("words", "loaded"),
    [
        ("--version", ""),
        ("check template.json", "aws rules templates"),
        ("check template.yaml", "aws rules templates yaml"),
        ("check --format sarif template.json", "aws rules templates hashlib"),
        ("status --help", "aws custom_resource rules"),
    ],
)
def test_a_command_loads_only_what_it_needs(tmp_path: Path, words: str, loaded: str) -> None:
    """CDK starts Node.js, and boto3 takes a second: `check` takes a tenth, of which Python itself is a third."""
    (tmp_path / "template.json").write_text('{"Resources": {"A": {"Type": "AWS::Redshift::Cluster"}}}')
    (tmp_path / "template.yaml").write_text("Resources: {A: {Type: 'AWS::Redshift::Cluster'}}")
    program = (
        "import sys\n"
        "from redshift_roles.cli.main import main\n"
        "try: main(sys.argv[1:])\n"
        "except SystemExit: pass\n"
        "others = 'aws_cdk boto3 botocore cfnlint constructs hashlib importlib.metadata jsii jsonschema yaml'.split()\n"
        "ours = {name.split('.')[1] for name in sys.modules if name.startswith('redshift_roles.')} - {'cli'}\n"
        "print(*sorted(ours), *[name for name in others if name in sys.modules], file=sys.stderr)\n"
    )
    command = [sys.executable, "-c", program, *words.split()]
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=tmp_path, env=ALONE["env"])

    assert f"{loaded}\n" == done.stderr


def test_the_script_is_installed_under_its_name() -> None:
    """The package says where the command is."""
    text = (ROOT / "pyproject.toml").read_text()
    ((module, name),) = re.findall(r'^redshift-roles = "(.+):(.+)"$', text, re.MULTILINE)

    assert main.main is getattr(import_module(module), name)


@pytest.mark.parametrize(
    ("name", "is_template"),
    [
        ("template.yaml", True),
        ("infra/template.json", True),
        ("infra/warehouse-template.yml", True),
        ("Data.template.json", True),
        ("infra/quick_start.template", True),
        ("templates.yaml", False),
        ("infra/mytemplate.yaml", False),
        (".github/workflows/ci.yml", False),
        ("template.yaml.j2", False),
        ("docs/template.md", False),
    ],
)
def test_the_hook_of_pre_commit_chooses_files_that_are_named_as_templates(name: str, is_template: bool) -> None:
    """Others are an error when they are no templates, so a project says itself where more of its templates are."""
    (hook,) = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text())

    assert "redshift-roles check" == hook["entry"]
    assert is_template == bool(re.search(hook["files"], name))


PAGE = (ROOT / "docs" / "checking.md").read_text()


@pytest.mark.parametrize("line", re.findall("^redshift-roles (.*)$", PAGE, re.MULTILINE))
def test_each_command_of_the_page_is_understood(line: str) -> None:
    """Its options exist, and its rules too."""
    words = line.split()

    assert callable(main.parser(words).parse_args(words).run)


def test_the_workflow_of_the_page_uploads_also_when_the_check_fails() -> None:
    """It may write alerts and nothing else, and it uploads the file that the command writes."""
    workflow, pre_commit = (yaml.safe_load(block) for block in re.findall("```yaml\n(.*?)```", PAGE, re.DOTALL))
    (job,) = workflow["jobs"].values()
    *_, check, upload = job["steps"]

    assert "redshift-roles" == pre_commit["repos"][0]["hooks"][0]["id"]
    assert ({}, {"actions": "read", "contents": "read", "security-events": "write"}) == (
        workflow["permissions"],
        job["permissions"],
    )
    assert "${{ !cancelled() }}" == upload["if"]
    assert f"--output {upload['with']['sarif_file']} " in check["run"]
