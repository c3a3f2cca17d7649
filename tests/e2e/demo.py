"""
What `make demo` shows: `app.py` deployed by the real CDK command line, without an AWS account.

Nothing flows in; what the commands print flows out, and nothing stays.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from tests.e2e.aws import CDK
from tests.emulator.server import ACCOUNT, REGION, client, emulator
from tests.programs import ROOT

_STACK: Final = "RedshiftWarehouse"


def main() -> int:
    """
    Bootstrap, deploy, show the roles, destroy; stop where a command fails.
    """
    _say("starting an emulated AWS account; nothing leaves this machine")
    with tempfile.TemporaryDirectory(prefix="redshift-roles-demo-") as folder:
        try:
            with emulator(Path(folder), takes=4.0) as environment:
                _show(Path(folder), environment)
        except subprocess.CalledProcessError as error:
            _say(f"failed: {' '.join(error.cmd)}")
            return 1
    _say("done; the account is gone")
    return 0


def _show(folder: Path, environment: Mapping[str, str]) -> None:
    app = ("--app", f"{sys.executable} app.py", "--output", str(folder / "cdk.out"))
    _say("making the account ready: cdk bootstrap")
    bootstrap = [str(CDK), "bootstrap", f"aws://{ACCOUNT}/{REGION}"]
    subprocess.run(bootstrap, cwd=folder, env=environment, check=True, stderr=subprocess.DEVNULL)
    _say("deploying app.py: cdk deploy")
    _run(environment, str(CDK), "deploy", *app, "--require-approval", "never")
    cluster = _cluster(environment)
    _say(f"waiting for its role: redshift-roles status {cluster} --wait")
    _run(environment, sys.executable, "-m", "redshift_roles.cli", "status", cluster, "--wait")
    _say("destroying it: cdk destroy")
    _run(environment, str(CDK), "destroy", *app, "--force")


def _cluster(environment: Mapping[str, str]) -> str:
    (stack,) = client(environment, "cloudformation").describe_stacks(StackName=_STACK)["Stacks"]
    outputs = {output["OutputKey"]: output["OutputValue"] for output in stack["Outputs"]}
    return str(outputs["Endpoint"].partition(".")[0])


def _run(environment: Mapping[str, str], *command: str) -> None:
    """
    Run a command and let it speak for itself.
    """
    subprocess.run(command, cwd=ROOT, env=environment, check=True)


def _say(line: str) -> None:
    print(f"demo: {line}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
