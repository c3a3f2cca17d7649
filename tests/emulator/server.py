"""
The emulator as a process: started, ready, and stopped.

A folder flows in; the environment of its clients flows out.
"""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import trustme

ROOT: Final = Path(__file__).parent.parent.parent
ACCOUNT: Final = "123456789012"
REGION: Final = "us-east-1"
_READY_SECONDS: Final = 30


def _free_port() -> int:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        port: int = listening.getsockname()[1]
        return port


def _certificates(folder: Path) -> tuple[Path, Path, Path]:
    """
    Write a certificate authority, and a certificate for localhost.
    """
    authority = trustme.CA()
    issued = authority.issue_cert("localhost", "127.0.0.1")
    ca, chain, key = folder / "ca.pem", folder / "chain.pem", folder / "key.pem"
    authority.cert_pem.write_to_path(str(ca))
    issued.cert_chain_pems[0].write_to_path(str(chain))
    issued.private_key_pem.write_to_path(str(key))
    return ca, chain, key


@contextmanager
def emulator(folder: Path, *, takes: float = 1.0) -> Iterator[dict[str, str]]:
    """
    Run the emulator with IAM enforced, over TLS, and yield the environment that its clients need.

    Args:
        folder: Where certificates and logs go.

        takes: How long a role takes to be in sync, in seconds.
    """
    ca, chain, key = _certificates(folder)
    port = _free_port()
    endpoint = f"https://localhost:{port}"
    client = {
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_REGION": REGION,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_CA_BUNDLE": str(ca),
        "NODE_EXTRA_CA_CERTS": str(ca),
        "SSL_CERT_FILE": str(ca),
    }
    server = {
        **client,
        "AUTH": "true",
        "USE_SSL": "1",
        "MINISTACK_SSL_CERT": str(chain),
        "MINISTACK_SSL_KEY": str(key),
        "BIND_HOST": "127.0.0.1",
        "GATEWAY_PORT": str(port),
        "MINISTACK_HOST": "localhost",
        "MINISTACK_ACCOUNT_ID": ACCOUNT,
        "MINISTACK_REGION": REGION,
        "LOG_LEVEL": "WARNING",
        "REDSHIFT_TAKES": str(takes),
        "TMPDIR": str(folder),
        "HOME": str(folder),
    }
    with (folder / "emulator.log").open("w") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.emulator"],
            cwd=ROOT,
            env={**os.environ, **server},
            stdout=log,
            stderr=subprocess.STDOUT,
        )
        try:
            _wait(process, port, folder / "emulator.log")
            yield client
        finally:
            process.kill()
            process.wait()


def _wait(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    """
    Wait until somebody listens.
    """
    deadline = time.monotonic() + _READY_SECONDS
    while time.monotonic() < deadline:
        if process.poll() is not None:
            break
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    message = f"the emulator is not there:\n{log.read_text()[-3000:]}"
    raise RuntimeError(message)
