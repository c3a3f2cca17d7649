"""The command ``redshift-roles``. Neither of its commands loads CDK."""

from __future__ import annotations

import argparse
import io
import os
import sys
from collections.abc import Sequence
from typing import Final, TextIO

from redshift_roles.cli import check, status

COMMANDS: Final = (check, status)

INTERRUPTED: Final = 130
UNWRITABLE: Final = 2


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command, and return its exit code: 2 for wrong arguments, or a report that cannot be written."""
    parser = argparse.ArgumentParser(prog="redshift-roles", description="IAM roles of Amazon Redshift.")
    subparsers = parser.add_subparsers(metavar="COMMAND", required=True)
    for command in COMMANDS:
        command.add_parser(subparsers)
    arguments = parser.parse_args(argv)
    _write_any_text()
    try:
        if sys.stdout is None:
            return _unwritable("standard output is closed")
        code: int = arguments.run(arguments)
        sys.stdout.flush()
    except BrokenPipeError:
        _write_no_more(sys.stdout)
        return 1
    except OSError as error:
        _write_no_more(sys.stdout)
        return _unwritable(error.strerror or str(error))
    except KeyboardInterrupt:
        return INTERRUPTED
    return code


def _unwritable(reason: str) -> int:
    try:
        print(f"redshift-roles: {reason}", file=sys.stderr, flush=True)  # noqa: T201
    except OSError:
        _write_no_more(sys.stderr)
    return UNWRITABLE


def _write_no_more(stream: TextIO) -> None:
    """Discard what is not written yet; otherwise Python reports an error when it closes the stream."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def _write_any_text() -> None:
    """Write characters that the terminal does not have as escapes, not as an error."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


if __name__ == "__main__":
    sys.exit(main())
