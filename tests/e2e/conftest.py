"""
One emulator and one bootstrapped account for all deployments.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator

import pytest

from tests.e2e.aws import Aws
from tests.emulator.server import ACCOUNT, REGION, emulator
from tests.programs import ROOT


@pytest.fixture(scope="session")
def aws(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Aws]:
    """
    Start the emulator, bootstrap the account, and synthesize all apps meanwhile.
    """
    folder = tmp_path_factory.mktemp("deployments")
    environment = {**os.environ, "CDK_VALIDATION": "false"}
    synthesis = subprocess.Popen([sys.executable, "-m", "tests.e2e.apps", str(folder)], cwd=ROOT, env=environment)
    with emulator(folder, takes=1.0) as clients:
        made = Aws(folder, clients)
        made.cdk("bootstrap", f"aws://{ACCOUNT}/{REGION}")
        assert synthesis.wait() == 0
        yield made
