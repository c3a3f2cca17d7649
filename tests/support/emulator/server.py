"""The server as a process of its own, with TLS, and what its clients need to reach it.

It runs in a folder that the caller gives, and is stopped in the end.
"""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import ssl
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import boto3
import trustme
from botocore.config import Config

from tests.support import programs

ACCOUNT: Final = "123456789012"
REGION: Final = "eu-west-1"
PROGRAM: Final = "tests.support.emulator"
_START_SECONDS: Final = 30.0
_RETRIES: Final = Config(retries={"mode": "standard", "total_max_attempts": 8})


def client(environment: Mapping[str, str], service: str, key: str = "test", secret: str = "test") -> Any:  # noqa: S107  the emulator's own
    """Make a client, by default the account's administrator's."""
    return boto3.client(
        service,
        region_name=REGION,
        endpoint_url=environment["AWS_ENDPOINT_URL"],
        verify=environment["AWS_CA_BUNDLE"],
        aws_access_key_id=key,
        aws_secret_access_key=secret,
        config=_RETRIES,
    )


@contextlib.contextmanager
def emulator(folder: Path, *, takes: float = 1.0) -> Iterator[dict[str, str]]:
    """Run the emulator with IAM enforced, over TLS, and yield the environment of the account's administrator.

    Args:
        folder: Where certificates, its log and its home are.
        takes: How long a role takes to be in sync or gone, in seconds.
    """
    port = _free_port()
    authority, chain, key = _certificates(folder)
    clients = {
        **programs.environment(folder, validation=False),
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_REGION": REGION,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_ENDPOINT_URL": f"https://localhost:{port}",
        "AWS_CA_BUNDLE": str(authority),
        "AWS_EC2_METADATA_DISABLED": "true",
        "NODE_EXTRA_CA_CERTS": str(authority),
        "TMPDIR": str(folder),
    }
    own = {
        "AUTH": "true",
        "EMULATOR_TAKES": str(takes),
        "GATEWAY_PORT": str(port),
        "IOT_MTLS_ENABLED": "0",
        "LOG_LEVEL": "WARNING",
        "MINISTACK_ACCOUNT_ID": ACCOUNT,
        "MINISTACK_HOST": "localhost",
        "MINISTACK_REGION": REGION,
        "MINISTACK_SSL_CERT": str(chain),
        "MINISTACK_SSL_KEY": str(key),
        "SSL_CERT_FILE": str(authority),
        "USE_SSL": "1",
    }
    log = folder / "emulator.log"
    command = [sys.executable, "-m", PROGRAM]
    with log.open("w") as written:
        server = subprocess.Popen(
            command,
            cwd=programs.ROOT,
            env={**clients, **own},
            stdout=written,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            _wait_for(clients, server, log)
            yield clients
        finally:
            # The functions it runs are processes of their own, in its group.
            with contextlib.suppress(ProcessLookupError):
                os.killpg(server.pid, signal.SIGKILL)
            server.wait()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _certificates(folder: Path) -> tuple[Path, Path, Path]:
    authority, chain, key = (folder / name for name in ("authority.pem", "chain.pem", "key.pem"))
    signer = trustme.CA()
    issued = signer.issue_cert("localhost", "127.0.0.1")
    signer.cert_pem.write_to_path(str(authority))
    issued.private_key_pem.write_to_path(str(key))
    for part in issued.cert_chain_pems:
        part.write_to_path(str(chain), append=True)
    return authority, chain, key


def _wait_for(clients: Mapping[str, str], server: subprocess.Popen[bytes], log: Path) -> None:
    trusted = ssl.create_default_context(cafile=clients["AWS_CA_BUNDLE"])
    health = f"{clients['AWS_ENDPOINT_URL']}/_ministack/health"
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline and server.poll() is None:
        with contextlib.suppress(urllib.error.URLError, ConnectionError):
            urllib.request.urlopen(health, context=trusted, timeout=5).close()  # noqa: S310  our own
            return
        time.sleep(0.1)
    raise RuntimeError(f"the emulator did not start; its log ends:\n{log.read_text()[-2000:]}")
