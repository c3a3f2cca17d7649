"""
One emulator and one bootstrapped account for all deployments.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import boto3
import pytest

from tests.emulator.server import ACCOUNT, REGION, ROOT, emulator

_CDK = ROOT / "node_modules" / ".bin" / "cdk"


class Aws(NamedTuple):
    """
    The emulated account.

    Attributes:
        folder: Where the synthesized apps are.

        environment: What clients need.
    """

    folder: Path
    environment: dict[str, str]

    def client(self, service: str, **credentials: str) -> Any:
        """
        Make a client, as the account's root or as somebody else.
        """
        keys = {
            "aws_access_key_id": self.environment["AWS_ACCESS_KEY_ID"],
            "aws_secret_access_key": self.environment["AWS_SECRET_ACCESS_KEY"],
            **credentials,
        }
        endpoint, bundle = self.environment["AWS_ENDPOINT_URL"], self.environment["AWS_CA_BUNDLE"]
        return boto3.client(service, region_name=REGION, endpoint_url=endpoint, verify=bundle, **keys)  # type: ignore[call-overload]

    def start(self, *words: str) -> subprocess.Popen[str]:
        """
        Start the CDK command line.
        """
        return subprocess.Popen(
            [str(_CDK), *words],
            cwd=self.folder,
            env={**os.environ, **self.environment, "CI": "true", "CDK_DISABLE_CLI_TELEMETRY": "true"},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def cdk(self, *words: str) -> str:
        """
        Run the CDK command line, and return what it said.
        """
        process = self.start(*words)
        said, _ = process.communicate()
        assert process.returncode == 0, said
        return said

    def deployment(self, state: str) -> Sequence[str]:
        """
        Write the words that deploy an app in one of its states.
        """
        return ("deploy", "--all", "--app", str(self.folder / state), "--require-approval", "never", "--output", state)

    def deploy(self, state: str) -> str:
        """
        Deploy an app in one of its states.
        """
        return self.cdk(*self.deployment(state))

    def outputs(self, stack: str) -> dict[str, str]:
        """
        Read the outputs of a stack.
        """
        (found,) = self.client("cloudformation").describe_stacks(StackName=stack)["Stacks"]
        return {output["OutputKey"]: output["OutputValue"] for output in found.get("Outputs", [])}

    def cluster(self, identifier: str) -> dict[str, Any]:
        """
        Describe a cluster.
        """
        found: dict[str, Any] = self.client("redshift").describe_clusters(ClusterIdentifier=identifier)["Clusters"][0]
        return found

    def roles(self, identifier: str) -> dict[str, str]:
        """
        List the roles of a cluster by name, with their status.
        """
        return {
            role["IamRoleArn"].rpartition("/")[2]: role["ApplyStatus"] for role in self.cluster(identifier)["IamRoles"]
        }


@pytest.fixture(scope="session")
def aws(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Aws]:
    """
    Start the emulator, bootstrap the account, and synthesize all apps meanwhile.
    """
    folder = tmp_path_factory.mktemp("deployments")
    environment = {**os.environ, "CDK_VALIDATION": "false"}
    synthesis = subprocess.Popen([sys.executable, "-m", "tests.e2e.apps", str(folder)], cwd=ROOT, env=environment)
    with emulator(folder, takes=1.0) as client:
        made = Aws(folder, client)
        made.cdk("bootstrap", f"aws://{ACCOUNT}/{REGION}")
        assert synthesis.wait() == 0
        yield made
