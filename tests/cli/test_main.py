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


def _command(run: Any) -> Any:
    """Make a command that does this."""

    def add_parser(subparsers: Any) -> None:
        subparsers.add_parser("do").set_defaults(run=run)

    return SimpleNamespace(add_parser=add_parser)


def test_fails_when_no_command_is_given(capsys: pytest.CaptureFixture[str]) -> None:
    """The usage is told; the exit code is 2."""
    with pytest.raises(SystemExit) as caught:
        main.main([])

    assert 2 == caught.value.code
    assert "usage: redshift-roles" in capsys.readouterr().err


def test_a_command_gives_the_exit_code(monkeypatch: pytest.MonkeyPatch) -> None:
    """It gets the arguments that it described."""
    seen: list[argparse.Namespace] = []

    def run(arguments: argparse.Namespace) -> int:
        seen.append(arguments)
        return 7

    monkeypatch.setattr(main, "COMMANDS", (_command(run),))

    assert 7 == main.main(["do"])
    assert [run] == [arguments.run for arguments in seen]


def test_who_interrupts_sees_no_traceback(monkeypatch: pytest.MonkeyPatch) -> None:
    """The exit code is the shell's own for it."""

    def run(_: argparse.Namespace) -> int:
        raise KeyboardInterrupt

    monkeypatch.setattr(main, "COMMANDS", (_command(run),))

    assert 130 == main.main(["do"])


def test_a_reader_may_have_seen_enough(tmp_path: Path) -> None:
    """A pipe that is closed early is no trouble worth a traceback."""
    cluster = "{Type: 'AWS::Redshift::Cluster', Properties: {IamRoles: [x]}}"
    text = "Resources:\n" + "".join(f"  C{number}: {cluster}\n" for number in range(2000))
    path = tmp_path / "many.yaml"
    path.write_text(text)
    command = [sys.executable, "-m", "redshift_roles.cli.main", "check", str(path)]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=ROOT, env={"PYTHONPATH": str(ROOT)}
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.readline()
        process.stdout.close()
        complaint = process.stderr.read()

    assert (1, b"") == (process.wait(), complaint)


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
    """One line says so, where there is a place for it; the exit code is that of what could not be checked."""
    path = tmp_path / "template.json"
    path.write_text('{"Resources": {}}')
    program = f'exec "{sys.executable}" -m redshift_roles.cli.main check "{path}" {redirected}'
    done = subprocess.run(
        ["/bin/sh", "-c", program], capture_output=True, text=True, check=False, cwd=ROOT, env={"PYTHONPATH": str(ROOT)}
    )

    assert (2, complaint) == (done.returncode, done.stderr)


def test_a_terminal_without_the_letters_gets_escapes(tmp_path: Path) -> None:
    """A name in another script is told, not raised."""
    path = tmp_path / "letters.json"
    path.write_text(
        '{"Resources": {"\\u0416\\ud800": {"Type": "AWS::Redshift::Cluster", "Properties": {"IamRoles": ["x"]}}}}'
    )
    command = [sys.executable, "-m", "redshift_roles.cli.main", "check", str(path)]
    environment = {"PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "ascii"}
    done = subprocess.run(command, capture_output=True, check=False, cwd=ROOT, env=environment)

    assert (1, b"") == (done.returncode, done.stderr)
    assert rb"\u0416\ud800" in done.stdout


def test_loading_it_loads_neither_cdk_nor_aws() -> None:
    """It starts no Node, and reads no YAML before it must."""
    program = (
        "import sys, redshift_roles.cli.main\n"
        "names = {'aws_cdk', 'constructs', 'jsii', 'boto3', 'botocore', 'yaml'}\n"
        "print(sorted(names & {name.partition('.')[0] for name in sys.modules}))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        check=True,
        cwd=ROOT,
        env={"PYTHONPATH": str(ROOT)},
    )

    assert "[]\n" == done.stdout


def test_the_script_is_installed_under_its_name() -> None:
    """The package says where the command is."""
    (module, name) = re.findall(r'^redshift-roles = "(.+):(.+)"$', (ROOT / "pyproject.toml").read_text(), re.MULTILINE)[
        0
    ]

    assert main.main is getattr(import_module(module), name)
