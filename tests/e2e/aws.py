"""The emulated account, and the real CDK command line on it.

It takes the words of a command, and returns what the command says and what is then in the account.
"""

from __future__ import annotations

import subprocess
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

from tests.support.emulator.server import client
from tests.support.programs import ROOT

CDK: Final = ROOT / "node_modules" / ".bin" / "cdk"
_SERVICES: Final = ["redshift.amazonaws.com", "redshift-serverless.amazonaws.com"]
TRUST: Final = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": {"Service": _SERVICES}, "Action": "sts:AssumeRole"}],
}

_SETTLE_SECONDS: Final = 10.0


class Cluster(NamedTuple):
    """What a cluster or a namespace shows.

    Attributes:
        roles: Its roles by name, with their status.
        default: The name of its default role; empty when it has none.
    """

    roles: dict[str, str]
    default: str

    @property
    def in_sync(self) -> set[str]:
        """Return the names of the roles that are in sync."""
        return {name for name, status in self.roles.items() if status == "in-sync"}


class Aws(NamedTuple):
    """The emulated account.

    Attributes:
        folder: Where the synthesized apps are.
        environment: What clients need.
        synthesis: The program that writes the apps, one after the other.
    """

    folder: Path
    environment: dict[str, str]
    synthesis: subprocess.Popen[bytes]

    def client(self, service: str) -> Any:
        """Make a client of the account's administrator."""
        return client(self.environment, service)

    def start(self, *words: str) -> subprocess.Popen[str]:
        """Start the CDK command line."""
        return subprocess.Popen(
            [str(CDK), *words],
            cwd=self.folder,
            env={**self.environment, "CI": "true"},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def cdk(self, *words: str) -> str:
        """Run the CDK command line, and return what it said."""
        process = self.start(*words)
        said, _ = process.communicate()
        assert process.returncode == 0, said
        return said

    def deployment(self, state: str, *words: str) -> Sequence[str]:
        """Write the words that deploy all stacks of an app in one of its states."""
        return ("deploy", *self._all(state), "--require-approval", "never", "--output", state, *words)

    def deploy(self, state: str, *words: str) -> str:
        """Deploy all stacks of an app in one of its states."""
        return self.cdk(*self.deployment(state, *words))

    def destruction(self, state: str) -> Sequence[str]:
        """Write the words that destroy all stacks of an app, in whatever state they are."""
        return ("destroy", *self._all(state), "--force", "--output", state)

    def destroy(self, state: str) -> str:
        """Destroy the stacks of an app."""
        return self.cdk(*self.destruction(state))

    def _all(self, state: str) -> Sequence[str]:
        """Name all stacks of an app, as soon as it is there."""
        while not (self.folder / state).exists():
            assert self.synthesis.poll() in (None, 0), "the apps cannot be synthesized"
            time.sleep(0.1)
        return ("--all", "--app", str(self.folder / state), "--concurrency", "12")

    def outputs(self, stack: str) -> dict[str, str]:
        """Read the outputs of a stack."""
        (found,) = self.client("cloudformation").describe_stacks(StackName=stack)["Stacks"]
        return {output["OutputKey"]: output["OutputValue"] for output in found.get("Outputs", [])}

    def clusters(self) -> dict[str, Cluster]:
        """Describe all clusters."""
        described = self.client("redshift").describe_clusters()["Clusters"]
        return {
            each["ClusterIdentifier"]: Cluster(
                {_name(role["IamRoleArn"]): role["ApplyStatus"] for role in each["IamRoles"]},
                _name(each.get("DefaultIamRoleArn", "")),
            )
            for each in described
        }

    def namespaces(self) -> dict[str, Cluster]:
        """Show all namespaces."""
        listed = self.client("redshift-serverless").list_namespaces()["namespaces"]
        return {
            each["namespaceName"]: Cluster(
                dict(_entry(text) for text in each["iamRoles"]), _name(each.get("defaultIamRoleArn", ""))
            )
            for each in listed
        }

    def roles(self) -> list[str]:
        """Name all roles but those of `cdk bootstrap`."""
        names = [role["RoleName"] for role in self.client("iam").list_roles()["Roles"]]
        return [name for name in names if not name.startswith("cdk-")]

    def settled(self, identifier: str) -> Cluster:
        """Wait until no role of a cluster comes or goes any more: CloudFormation itself does not."""
        deadline = time.monotonic() + _SETTLE_SECONDS
        while time.monotonic() < deadline and set(self.clusters()[identifier].roles.values()) != {"in-sync"}:
            time.sleep(0.2)
        return self.clusters()[identifier]


def _entry(text: str) -> tuple[str, str]:
    status, arn = text.removeprefix("IamRole(applyStatus=").removesuffix(")").split(", iamRoleArn=")
    return _name(arn), status


def _name(arn: str) -> str:
    return arn.rpartition("/")[2]
