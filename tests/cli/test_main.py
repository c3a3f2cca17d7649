"""The command `redshift-roles`."""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
from importlib import import_module
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from redshift_roles.cli import main
from tests.support.programs import ROOT

COMMAND = [sys.executable, "-m", "redshift_roles.cli.main", "check"]
ALONE: dict[str, Any] = {"cwd": ROOT, "env": {"PYTHONPATH": str(ROOT)}}


def _command(run: Any) -> Any:
    """Make a command that does this."""

    def add_parser(subparsers: Any) -> None:
        subparsers.add_parser("do").set_defaults(run=run)

    return SimpleNamespace(add_parser=add_parser)


def test_fails_when_no_command_is_given(capsys: pytest.CaptureFixture[str]) -> None:
    """The usage is printed; the exit code is 2."""
    with pytest.raises(SystemExit) as caught:
        main.main([])

    assert 2 == caught.value.code
    assert "usage: redshift-roles" in capsys.readouterr().err


def test_a_command_returns_the_exit_code(monkeypatch: pytest.MonkeyPatch) -> None:
    """It gets the arguments that it described."""
    monkeypatch.setattr(main, "COMMANDS", (_command(lambda arguments: 7 if callable(arguments.run) else 0),))

    assert 7 == main.main(["do"])


def test_an_interrupt_shows_no_traceback(monkeypatch: pytest.MonkeyPatch) -> None:
    """The exit code is the shell's own."""

    def run(_: argparse.Namespace) -> int:
        raise KeyboardInterrupt

    monkeypatch.setattr(main, "COMMANDS", (_command(run),))

    assert 130 == main.main(["do"])


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


def test_loading_it_loads_neither_cdk_nor_aws() -> None:
    """It starts no Node.js, and loads YAML only for YAML."""
    program = (
        "import sys, redshift_roles.cli.main\n"
        "names = {'aws_cdk', 'constructs', 'jsii', 'boto3', 'botocore', 'yaml'}\n"
        "print(sorted(names & {name.partition('.')[0] for name in sys.modules}))\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, **ALONE)

    assert "[]\n" == done.stdout


def test_the_script_is_installed_under_its_name() -> None:
    """The package says where the command is."""
    text = (ROOT / "pyproject.toml").read_text()
    ((module, name),) = re.findall(r'^redshift-roles = "(.+):(.+)"$', text, re.MULTILINE)

    assert main.main is getattr(import_module(module), name)
