"""What `make demo` shows: `app.py` deployed by the real CDK command line, without an AWS account.

It prints what the commands print, and leaves nothing behind, also when it is interrupted.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from tests.e2e.aws import CDK
from tests.support.emulator.server import ACCOUNT, REGION, client, emulator
from tests.support.programs import ROOT

_STACK: Final = "RedshiftWarehouse"
_AT_ONCE: Final = ("--require-approval", "never")
INTERRUPTED: Final = 130


def main() -> int:
    """Bootstrap, deploy, show the roles, destroy; stop where a command fails, or when told to."""
    signal.signal(signal.SIGTERM, _end)
    try:
        _say("starting an emulated AWS account; nothing leaves this machine")
        with (
            tempfile.TemporaryDirectory(prefix="redshift-roles-demo-") as folder,
            emulator(Path(folder), takes=4.0) as environment,
        ):
            _show(Path(folder), environment)
    except subprocess.CalledProcessError as error:
        _say(f"failed: {' '.join(error.cmd)}")
        return 1
    except KeyboardInterrupt:
        _say("interrupted; the account is gone")
        return INTERRUPTED
    _say("done; the account is gone")
    return 0


def _end(*_: object) -> None:
    """End as an interrupted program does, which cleans up."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    raise KeyboardInterrupt


def _show(folder: Path, environment: Mapping[str, str]) -> None:
    assembly = str(folder / "cdk.out")
    _say("making the account ready: cdk bootstrap")
    _run(environment, str(CDK), "bootstrap", f"aws://{ACCOUNT}/{REGION}", cwd=folder, complaints=subprocess.DEVNULL)
    _say("deploying app.py: cdk deploy")
    _run(environment, str(CDK), "deploy", "--app", f"{sys.executable} app.py", "--output", assembly, *_AT_ONCE)
    cluster = _cluster(environment)
    _say(f"waiting for its role: redshift-roles status {cluster} --wait")
    _run(environment, sys.executable, "-m", "redshift_roles.cli.main", "status", cluster, "--wait")
    _say("destroying it: cdk destroy")
    _run(environment, str(CDK), "destroy", "--app", assembly, "--force")


def _cluster(environment: Mapping[str, str]) -> str:
    (stack,) = client(environment, "cloudformation").describe_stacks(StackName=_STACK)["Stacks"]
    outputs = {output["OutputKey"]: output["OutputValue"] for output in stack["Outputs"]}
    return str(outputs["Endpoint"].partition(".")[0])


def _run(environment: Mapping[str, str], *command: str, cwd: Path = ROOT, complaints: int | None = None) -> None:
    """Run a command and let it speak for itself; what it has started ends with it."""
    process = subprocess.Popen(command, cwd=cwd, env=environment, stderr=complaints, start_new_session=True)
    try:
        code = process.wait()
    except BaseException:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        raise
    if code:
        raise subprocess.CalledProcessError(code, command)


def _say(line: str) -> None:
    print(f"demo: {line}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
