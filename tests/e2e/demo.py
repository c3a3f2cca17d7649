"""What `make demo` shows and `make emulator` keeps: an emulated AWS account, and the real CDK command line on it.

The commands print what they do; nothing stays, also when it is interrupted.
"""

from __future__ import annotations

import json
import os
import shlex
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Final

from tests.e2e.aws import CDK, TRUST
from tests.support.emulator.server import ACCOUNT, REGION, client, emulator
from tests.support.programs import ROOT

# The cluster of another team that the tutorial supposes, and its role.
REPORTING: Final = "reporting"
OTHERS: Final = "ReportingTeam"
INTERRUPTED: Final = 130

_STACK: Final = "RedshiftWarehouse"
_AT_ONCE: Final = ("--all", "--concurrency", "2", "--require-approval", "never")
# What a client needs of the account, in whatever shell it runs.
_EXPORTED: Final = (
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_REGION",
    "AWS_DEFAULT_REGION",
    "AWS_ENDPOINT_URL",
    "AWS_CA_BUNDLE",
    "AWS_EC2_METADATA_DISABLED",
    "NODE_EXTRA_CA_CERTS",
    "CDK_DISABLE_CLI_TELEMETRY",
)
# They would choose another account, or other credentials.
_FORGOTTEN: Final = ("AWS_PROFILE", "AWS_SESSION_TOKEN")

Show = Callable[[str, Path, Mapping[str, str]], None]


def main(program: str, show: Show, *, takes: float) -> int:
    """Make an account ready, show something on it, and stop where a command fails, or when told to."""
    signal.signal(signal.SIGTERM, _end)
    try:
        _say(program, "starting an emulated AWS account; nothing leaves this machine")
        with (
            tempfile.TemporaryDirectory(prefix=f"redshift-roles-{program}-") as folder,
            emulator(Path(folder), takes=takes) as environment,
        ):
            _prepare(program, Path(folder), environment)
            show(program, Path(folder), environment)
    except subprocess.CalledProcessError as error:
        _say(program, f"failed: {' '.join(error.cmd)}")
        return 1
    except KeyboardInterrupt:
        _say(program, "interrupted; the account is gone")
        return INTERRUPTED
    _say(program, "done; the account is gone")
    return 0


def _end(*_: object) -> None:
    """End as an interrupted program does, which cleans up."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    raise KeyboardInterrupt


def _prepare(program: str, folder: Path, environment: Mapping[str, str]) -> None:
    """Bootstrap the account, and make what others have there."""
    _say(program, "making the account ready: cdk bootstrap")
    _run(environment, str(CDK), "bootstrap", f"aws://{ACCOUNT}/{REGION}", cwd=folder, complaints=subprocess.DEVNULL)
    iam, redshift = client(environment, "iam"), client(environment, "redshift")
    role = iam.create_role(RoleName=OTHERS, AssumeRolePolicyDocument=json.dumps(TRUST))["Role"]["Arn"]
    redshift.create_cluster(
        ClusterIdentifier=REPORTING,
        NodeType="ra3.large",
        MasterUsername="admin",
        IamRoles=[role],
        DefaultIamRoleArn=role,
    )


def keep(program: str, _: Path, environment: Mapping[str, str]) -> None:
    """Say how a shell reaches the account, and keep it until somebody interrupts, which is how it ends well."""
    exports = [f"export {name}={shlex.quote(environment[name])}" for name in _EXPORTED]
    _say(program, f"the cluster {REPORTING} with the role {OTHERS} is there, which no app has made")
    _say(program, "ready; paste this into another terminal:")
    print("\n".join(["", f"unset {' '.join(_FORGOTTEN)}", *exports, ""]), flush=True)
    _say(program, "Ctrl-C stops it")
    with suppress(KeyboardInterrupt):
        signal.pause()


def demo(program: str, folder: Path, environment: Mapping[str, str]) -> None:
    """Deploy, show the roles and the access map, destroy."""
    assembly = str(folder / "cdk.out")
    _status(program, environment, "what others have", REPORTING)
    _say(program, f"deploying app.py, and a role for {REPORTING}: cdk deploy")
    app = f"{sys.executable} -m tests.e2e.demo_app"
    _run(environment, str(CDK), "deploy", "--app", app, "--output", assembly, *_AT_ONCE)
    cluster = _cluster(environment)
    _status(program, environment, "waiting for its role", cluster)
    _status(program, environment, "two roles can be used", REPORTING)
    _say(program, "who may pass which role to which cluster: redshift-roles map cdk.out")
    _run(environment, sys.executable, "-m", "redshift_roles", "map", assembly)
    _say(program, "destroying it: cdk destroy")
    _run(environment, str(CDK), "destroy", "--all", "--app", assembly, "--force")
    _status(program, environment, "what others have stays", REPORTING)


def _status(program: str, environment: Mapping[str, str], title: str, cluster: str) -> None:
    _say(program, f"{title}: redshift-roles status {cluster} --wait")
    _run(environment, sys.executable, "-m", "redshift_roles", "status", cluster, "--wait")


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


def _say(program: str, line: str) -> None:
    print(f"{program}: {line}", flush=True)


if __name__ == "__main__":
    if sys.argv[1:] == ["--keep"]:
        sys.exit(main("emulator", keep, takes=4.0))
    sys.exit(main("demo", demo, takes=4.0))
