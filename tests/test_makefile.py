"""
The two commands, where they cannot do their work.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """
    A folder with the Makefile and the requirements alone, and nothing installed.
    """
    for name in ("Makefile", "requirements.txt"):
        shutil.copy(ROOT / name, tmp_path / name)
    return tmp_path


def _make(checkout: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    nowhere = {"PIP_NO_INDEX": "1", "PIP_CONFIG_FILE": os.devnull, "PIP_FIND_LINKS": ""}
    environment = {"PATH": os.environ["PATH"], "HOME": str(checkout), **nowhere}
    command = ["make", "--no-print-directory", "synth", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, cwd=checkout, env=environment)


def test_fails_when_an_install_fails_and_says_what_to_do(checkout: Path) -> None:
    """
    What happens is told on the way, and a failed install is not taken for a finished one.
    """
    first, second = _make(checkout), _make(checkout)

    assert "install: making the virtual environment .venv\n" in first.stdout
    for done in (first, second):
        assert done.returncode != 0
        assert "install: requirements.txt, with CDK and Node (a minute the first time)\n" in done.stdout
        assert "install: failed; see pip's message above. Is the package index in reach? Then run make again" in (
            done.stdout
        )


def test_fails_when_python_is_too_old_and_says_how_to_name_another(checkout: Path) -> None:
    """
    Nothing is made with it.
    """
    done = _make(checkout, "PYTHON=false")

    assert done.returncode != 0
    assert "install: false is older than 3.10; name a newer one: make synth PYTHON=python3.12" in done.stdout
    assert not (checkout / ".venv").exists()
