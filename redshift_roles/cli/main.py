"""The command ``redshift-roles``. It loads the module of one of its commands, and never CDK."""

from __future__ import annotations

import argparse
import io
import os
import sys
from collections.abc import Sequence
from importlib import import_module
from typing import Final, TextIO

from redshift_roles.cli import __version__

# The module of this name describes the arguments and runs the command.
COMMANDS: Final = {
    "check": "apply the rules to CloudFormation templates and cdk.out folders",
    "map": "show who may pass which role to which cluster, and what each role reaches",
    "status": "show the roles of a cluster or a Serverless namespace, and whether they can be used",
}

INTERRUPTED: Final = 130
UNUSABLE: Final = 2


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command, and return its exit code: 2 for wrong arguments, or a report that cannot be written."""
    arguments = parser(sys.argv[1:] if argv is None else argv).parse_args(argv)
    _write_any_text()
    try:
        if sys.stdout is None:
            return _unusable("standard output is closed")
        code: int = arguments.run(arguments)
        sys.stdout.flush()
    except BrokenPipeError:
        _write_no_more(sys.stdout)
        return 1
    except OSError as error:
        _write_no_more(sys.stdout)
        return _unusable(error.strerror or str(error))
    except KeyboardInterrupt:
        return INTERRUPTED
    except Exception as error:  # noqa: BLE001  Python's own exit code for it would mean a broken rule
        return _unusable(f"a mistake of this command, please report it: {_described(error)}")
    return code


def parser(words: Sequence[str]) -> argparse.ArgumentParser:
    """Describe the arguments of the command that is named, and only the names of the others."""
    made = argparse.ArgumentParser(prog="redshift-roles", description="IAM roles of Amazon Redshift.")
    made.add_argument("--version", action="version", version=f"redshift-roles {__version__}")
    subparsers = made.add_subparsers(metavar="COMMAND", required=True)
    named = next((word for word in words if not word.startswith("-")), None)
    for name, summary in COMMANDS.items():
        command = subparsers.add_parser(name, help=summary)
        if name == named:
            import_module(f"redshift_roles.cli.{name}").describe(command)
    return made


def _described(error: Exception) -> str:
    """Return what the error is and the line that raised it."""
    trace = error.__traceback__
    while trace and trace.tb_next:
        trace = trace.tb_next
    where = f" ({os.path.basename(trace.tb_frame.f_code.co_filename)}:{trace.tb_lineno})" if trace else ""  # noqa: PTH119
    return ascii(f"{type(error).__name__}: {error}{where}")[1:-1]


def _unusable(reason: str) -> int:
    try:
        print(f"redshift-roles: {reason}", file=sys.stderr, flush=True)  # noqa: T201
    except OSError:
        _write_no_more(sys.stderr)
    return UNUSABLE


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
