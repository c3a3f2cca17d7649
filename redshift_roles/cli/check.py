"""The command ``redshift-roles check``: the rules applied to templates on disk, without Node.js, CDK or AWS."""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Callable, Iterator
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
# How many files are read before the count is shown.
_MANY: Final = 20


def add_parser(subparsers: Any) -> None:  # noqa: ANN401  argparse names the type with an underscore
    """Describe the command."""
    parser: argparse.ArgumentParser = subparsers.add_parser(
        "check",
        help="apply the rules to CloudFormation templates and cdk.out folders",
        description="Apply the rules to CloudFormation templates (JSON, YAML) and cdk.out folders.",
        epilog="A folder is searched for templates and cdk.out folders. Hidden folders, node_modules and virtual "
        "environments in it are ignored. "
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
    parser.add_argument(
        "--account", type=_matching("[0-9]{12}", "twelve digits"), help="account of templates that name none"
    )
    parser.add_argument(
        "--region",
        type=_matching("[a-z]{2,}(-[a-z]+)+-[0-9]+", "the name of a region, such as eu-west-1"),
        help="region of templates that name none, such as eu-west-1",
    )
    parser.set_defaults(run=run)


def _role_limit(text: str) -> int:
    if not re.fullmatch("[0-9]{1,4}", text) or not 1 <= int(text) <= quotas.ROLE_QUOTA:
        raise argparse.ArgumentTypeError(f"must be 1 to {quotas.ROLE_QUOTA}, got '{text}'")
    return int(text)


def _matching(pattern: str, allowed: str) -> Callable[[str], str]:
    def parsed(text: str) -> str:
        if not re.fullmatch(pattern, text):
            raise argparse.ArgumentTypeError(f"must be {allowed}, got '{text}'")
        return text

    return parsed


def run(arguments: argparse.Namespace) -> int:
    """Check, print a report, and return the exit code."""
    progress = _Progress()
    given = files.read(arguments.paths, Environment(arguments.account, arguments.region), progress.count)
    report = _report(given, arguments.role_limit)
    progress.clear()
    print(reports.FORMATS[arguments.format](report))  # noqa: T201  what the command is for
    for line in report.unusable:
        print(f"redshift-roles: {printable(readable(line))}", file=sys.stderr)  # noqa: T201
    if report.unusable:
        return UNUSABLE
    return FOUND if any(item.severity == "error" for item in report.found) else 0


def _report(given: Given, role_limit: int) -> Report:
    count, found = 0, list[Located]()
    for assembly in given.assemblies:
        with given.complaints():
            found += _located(assembly, given, role_limit)
            count += sum(1 for _ in assembly.templates())
    return Report(count, found, given.unusable)


def _located(assembly: Assembly, given: Given, role_limit: int) -> Iterator[Located]:
    for template, logical_id, location, finding, ignored in checker.check(assembly, role_limit, origin="template"):
        if template.path and ignored is None:
            called = readable(logical_id)
            line = given.line_of(template.path, called, location)
            yield Located(template.path, line, _stack(template), called, location, finding)


def _stack(template: Template) -> str:
    """Return the chain of nested stacks down to a template; empty for a stack that is not nested."""
    top, *below = reversed([*template.lineage()])
    return "/".join([top.file, *(nested.parent_logical_id for nested in below)]) if below else ""


class _Progress:
    """A line that counts the files, on a terminal, when there are many."""

    def __init__(self) -> None:
        self._files = 0

    def count(self, files: int) -> None:
        """Count files that are read."""
        self._files += files
        if self._is_shown():
            print(f"\rredshift-roles: {self._files} files read", end="", file=sys.stderr, flush=True)  # noqa: T201

    def clear(self) -> None:
        """Remove the line."""
        if self._is_shown():
            print("\r\x1b[K", end="", file=sys.stderr, flush=True)  # noqa: T201

    def _is_shown(self) -> bool:
        return self._files >= _MANY and sys.stderr.isatty()
