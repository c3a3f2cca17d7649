"""What `make emulator` keeps running: an account that any shell reaches with what is printed, until it is stopped."""

from __future__ import annotations

import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.demo import REPORTING
from tests.support.programs import ROOT

# A person without permissions, and the stack of `cdk bootstrap`.
PROGRAM = """
import boto3
from botocore.exceptions import ClientError
iam, cloudformation = boto3.client("iam"), boto3.client("cloudformation")
print(cloudformation.describe_stacks(StackName="CDKToolkit")["Stacks"][0]["StackStatus"])
iam.create_user(UserName="nobody")
key = iam.create_access_key(UserName="nobody")["AccessKey"]
keys = {"aws_access_key_id": key["AccessKeyId"], "aws_secret_access_key": key["SecretAccessKey"]}
try:
    boto3.client("redshift", **keys).describe_clusters()
except ClientError as error:
    print(error.response["Error"]["Code"])
"""


@pytest.fixture
def kept(tmp_path: Path) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """The program, and what it prints to be pasted."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.e2e.demo", "--keep"],
        cwd=ROOT,
        env={"PATH": "/usr/bin:/bin", "HOME": str(tmp_path), "TMPDIR": str(tmp_path)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        yield process, "".join(iter(process.stdout.readline, "emulator: Ctrl-C stops it\n")) if process.stdout else ""
    finally:
        process.kill()
        process.communicate()


def _paste(lines: str, home: Path, *command: str) -> subprocess.CompletedProcess[str]:
    """Run a command in a shell of its own, with nothing but these lines."""
    script = f'{lines}\nexec "$@"'
    return subprocess.run(
        ["/bin/bash", "-euc", script, "bash", sys.executable, *command],
        cwd=home,
        env={"HOME": str(home), "PATH": "/usr/bin:/bin", "PYTHONPATH": str(ROOT), "AWS_PROFILE": "another"},
        capture_output=True,
        text=True,
        check=False,
    )


def test_an_account_is_kept_until_it_is_stopped(kept: tuple[subprocess.Popen[str], str], tmp_path: Path) -> None:
    """It is bootstrapped, IAM is enforced, and the cluster of the tutorial is there; in the end no file is left, nor
    the server.
    """
    assert f'cluster="{REPORTING}"' in (ROOT / "docs" / "tutorial.md").read_text()
    process, said = kept
    lines = "\n".join(line for line in said.splitlines() if line.startswith(("export ", "unset ")))
    assert "export AWS_ENDPOINT_URL=https://localhost:" in lines

    asked = _paste(lines, tmp_path, "-c", PROGRAM)
    assert ["CREATE_COMPLETE", "AccessDenied"] == asked.stdout.splitlines(), asked.stderr
    shown = _paste(lines, tmp_path, "-m", "redshift_roles", "status", REPORTING, "--wait")
    assert "  in-sync  arn:aws:iam::123456789012:role/ReportingTeam  (default)\n" in shown.stdout, shown.stderr

    process.send_signal(signal.SIGINT)
    rest, _ = process.communicate(timeout=20)
    assert (0, "emulator: done; the account is gone\n") == (process.returncode, rest)
    assert [] == [*tmp_path.glob("redshift-roles-*")]
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("localhost", int(re.findall(r"https://localhost:(\d+)", lines)[0])))
