"""The emulated account, and the real CDK command line on it.

Words of the command line flow in; what it says, and what is then in the account, flow out.
"""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

from tests.support.emulator.server import client
from tests.support.programs import ROOT

CDK: Final = ROOT / "node_modules" / ".bin" / "cdk"


class Aws(NamedTuple):
    """The emulated account.

    Attributes:
        folder: Where the synthesized apps are.
        environment: What clients need.
    """

    folder: Path
    environment: dict[str, str]

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

    def deployment(self, state: str) -> Sequence[str]:
        """Write the words that deploy an app in one of its states."""
        return ("deploy", "--all", "--app", str(self.folder / state), "--require-approval", "never", "--output", state)

    def deploy(self, state: str) -> str:
        """Deploy an app in one of its states."""
        return self.cdk(*self.deployment(state))

    def destroy(self, state: str) -> str:
        """Destroy an app, in the state that it is in."""
        return self.cdk("destroy", "--all", "--force", "--app", str(self.folder / state), "--output", state)

    def outputs(self, stack: str) -> dict[str, str]:
        """Read the outputs of a stack."""
        (found,) = self.client("cloudformation").describe_stacks(StackName=stack)["Stacks"]
        return {output["OutputKey"]: output["OutputValue"] for output in found.get("Outputs", [])}

    def cluster(self, identifier: str) -> dict[str, Any]:
        """Describe a cluster."""
        found: dict[str, Any] = self.client("redshift").describe_clusters(ClusterIdentifier=identifier)["Clusters"][0]
        return found

    def roles(self, identifier: str) -> dict[str, str]:
        """List the roles of a cluster by name, with their status."""
        return {
            role["IamRoleArn"].rpartition("/")[2]: role["ApplyStatus"] for role in self.cluster(identifier)["IamRoles"]
        }
