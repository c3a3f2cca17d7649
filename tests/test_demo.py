"""
The demo, interrupted: it says so, and nothing stays.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests import programs

_EMULATOR = "tests.emulator"


def _emulators(folder: Path) -> list[int]:
    """
    Find the emulators that work in a folder.
    """
    mark = f"TMPDIR={folder}".encode()
    found = []
    for process in Path("/proc").iterdir():
        try:
            command, environment = (process / "cmdline").read_bytes(), (process / "environ").read_bytes()
        except OSError:
            continue
        if _EMULATOR.encode() in command.split(b"\0") and mark in environment:
            found.append(int(process.name))
    return found


def _until(condition: Callable[[], bool], seconds: float = 20.0) -> bool:
    deadline = time.monotonic() + seconds
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.05)
    return condition()


def _start(folder: Path) -> subprocess.Popen[str]:
    """
    Start the demo as from a terminal, and return when its emulator is there and it runs a command.
    """
    # A shell has what it runs in the background ignore interrupts, and so do all that this starts.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        process = subprocess.Popen(
            [sys.executable, "-u", "-m", "tests.e2e.demo"],
            cwd=programs.ROOT,
            env={**os.environ, "TMPDIR": str(folder)},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
    finally:
        signal.signal(signal.SIGINT, before)
    assert process.stdout is not None
    while "cdk bootstrap" not in process.stdout.readline():
        assert process.poll() is None
    assert _emulators(folder)
    return process


pytestmark = pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="processes are found in /proc")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_demo_says_so_and_leaves_nothing(tmp_path: Path, number: signal.Signals) -> None:
    """
    No traceback, no file, no process.
    """
    process = _start(tmp_path)
    process.send_signal(number)
    said, _ = process.communicate(timeout=20)

    assert (130, "demo: interrupted; the account is gone\n") == (process.returncode, said)
    assert [] == [*tmp_path.iterdir()]
    assert [] == _emulators(tmp_path)


def test_the_emulator_ends_when_the_demo_is_killed(tmp_path: Path) -> None:
    """
    It looks whether its parent is still there.
    """
    process = _start(tmp_path)
    process.kill()
    process.communicate(timeout=20)

    assert _until(lambda: not _emulators(tmp_path))
