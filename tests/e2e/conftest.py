"""One emulator and one bootstrapped account for all deployments."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator

import pytest

from tests.e2e.aws import Aws
from tests.support.emulator.server import ACCOUNT, REGION, emulator
from tests.support.programs import ROOT

_BEGAN = time.monotonic()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put last what waits for the deployments that the first test starts: all others run beside them."""
    items.sort(key=_waits)


def _waits(item: pytest.Item) -> bool:
    needs = set(getattr(item, "fixturenames", ()))
    return "main_lane" in needs or ("outputs" not in needs and bool(needs & {"lanes", "demo"}))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say how long it took. There is no limit: a slow machine that does other things too breaks none of what is
    proven.
    """
    terminalreporter.write_line(f"deployments: {time.monotonic() - _BEGAN:.0f} seconds")


@pytest.fixture(scope="session")
def aws(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Aws]:
    """Start the emulator and bootstrap the account; the apps are synthesized meanwhile."""
    folder = tmp_path_factory.mktemp("deployments")
    environment = {**os.environ, "CDK_VALIDATION": "false"}
    command = [sys.executable, "-m", "tests.e2e.apps", str(folder)]
    with (
        subprocess.Popen(command, cwd=ROOT, env=environment) as synthesis,
        emulator(folder, takes=1.0) as clients,
    ):
        made = Aws(folder, clients, synthesis)
        made.cdk("bootstrap", f"aws://{ACCOUNT}/{REGION}")
        yield made
