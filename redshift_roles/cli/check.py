"""The command ``redshift-roles check``: the rules held against templates on disk.

Arguments flow in; a report on standard output, complaints on standard error and an exit code flow out. It needs no
Node, no CDK and no AWS.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Iterator
from typing import Any, Final

from redshift_roles.aws import quotas
from redshift_roles.aws.placeholders import readable
from redshift_roles.cli import report as reports
from redshift_roles.cli.report import Located, Report
from redshift_roles.rules.findings import printable
from redshift_roles.templates import checker, files
from redshift_roles.templates.assembly import Assembly, Template
from redshift_roles.templates.files import Environment, Given

FOUND: Final = 1
UNUSABLE: Final = 2
# From how many files on a person sees progress.
_MANY: Final = 20


def add_parser(subparsers: Any) -> None:  # noqa: ANN401  argparse names the type with an underscore
    """Describe the command."""
    parser: argparse.ArgumentParser = subparsers.add_parser(
        "check",
        help="hold the rules against CloudFormation templates and cdk.out folders",
        description="Hold the rules against CloudFormation templates (JSON, YAML) and cdk.out folders.",
        epilog="A folder is searched for templates and cdk.out folders; hidden folders, node_modules and virtual "
        "environments are passed over unless named. "
        "Exit code: 0 when no rule is broken, 1 when one is, 2 when something cannot be read.",
    )
    parser.add_argument("paths", metavar="PATH", nargs="+", help="a template, a folder of templates, or a cdk.out")
    parser.add_argument("--format", choices=[*reports.FORMATS], default="text", help="default: text")
    parser.add_argument(
        "--role-limit",
        type=_role_limit,
        default=quotas.DEFAULT_ROLE_LIMIT,
        metavar="N",
        help=f"roles a cluster or namespace may have: 1 to {quotas.ROLE_QUOTA}, default {quotas.DEFAULT_ROLE_LIMIT}",
    )
    parser.add_argument("--account", type=_account, help="account of templates that name none: twelve digits")
    parser.add_argument("--region", type=_region, help="region of templates that name none, such as eu-west-1")
    parser.set_defaults(run=run)


def _role_limit(text: str) -> int:
    if not re.fullmatch("[0-9]{1,4}", text) or not 1 <= int(text) <= quotas.ROLE_QUOTA:
        raise argparse.ArgumentTypeError(f"'{text}', allowed is 1 to {quotas.ROLE_QUOTA}")
    return int(text)


def _account(text: str) -> str:
    if not re.fullmatch("[0-9]{12}", text):
        raise argparse.ArgumentTypeError(f"'{text}', allowed is twelve digits")
    return text


def _region(text: str) -> str:
    if not re.fullmatch("[a-z]{2,}(-[a-z]+)+-[0-9]+", text):
        raise argparse.ArgumentTypeError(f"'{text}', allowed is the name of a region, such as eu-west-1")
    return text


def run(arguments: argparse.Namespace) -> int:
    """Check, report, and say with the exit code how it went."""
    progress = _Progress()
    given = files.read(arguments.paths, Environment(arguments.account, arguments.region), progress.read)
    report = _judged(given, arguments.role_limit)
    progress.end()
    print(reports.FORMATS[arguments.format](report))  # noqa: T201  what the command is for
    for line in report.unusable:
        print(f"redshift-roles: {printable(readable(line))}", file=sys.stderr)  # noqa: T201
    if report.unusable:
        return UNUSABLE
    return FOUND if any(item.severity == "error" for item in report.found) else 0


def _judged(given: Given, role_limit: int) -> Report:
    count, found = 0, list[Located]()
    for assembly in given.assemblies:
        with given.complaints():
            found += _located(assembly, given, role_limit)
            count += sum(1 for _ in assembly.templates())
    return Report(count, found, given.unusable)


def _located(assembly: Assembly, given: Given, role_limit: int) -> Iterator[Located]:
    for template, logical_id, location, finding in checker.check(assembly, role_limit, origin="template"):
        if template.path:
            called = readable(logical_id)
            line = given.line_of(template.path, called, location)
            yield Located(template.path, line, _stack(template), called, location, finding)


def _stack(template: Template) -> str:
    """Name the nested stacks down to a template; empty for a stack of its own."""
    top, *below = reversed([*template.lineage()])
    return "/".join([top.file, *(nested.parent_logical_id for nested in below)]) if below else ""


class _Progress:
    """One line that counts, when many files are read and a person is watching."""

    def __init__(self) -> None:
        self._count = 0
        self._is_shown = False

    def read(self, count: int) -> None:
        """Count files."""
        self._count += count
        if self._count >= _MANY and sys.stderr.isatty():
            self._is_shown = True
            print(f"\rredshift-roles: {self._count} files read", end="", file=sys.stderr, flush=True)  # noqa: T201

    def end(self) -> None:
        """Take the line away."""
        if self._is_shown:
            print("\r\x1b[K", end="", file=sys.stderr, flush=True)  # noqa: T201
