"""The command ``redshift-roles check``: the rules applied to templates on disk, without Node.js, CDK or AWS."""

from __future__ import annotations

import argparse
import os
import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final, NamedTuple

from redshift_roles.aws import quotas
from redshift_roles.aws.placeholders import readable
from redshift_roles.cli import report as reports
from redshift_roles.cli.report import Ignored, Located, Report
from redshift_roles.rules import RULES
from redshift_roles.templates import checker, files
from redshift_roles.templates.assembly import Assembly, Template
from redshift_roles.templates.files import Environment, Given

FOUND: Final = 1
UNUSABLE: Final = 2
# How many files are read before the count is shown.
_MANY: Final = 20


def describe(parser: argparse.ArgumentParser) -> None:
    """Describe the arguments of the command."""
    parser.description = "Apply the rules to CloudFormation templates (JSON, YAML) and cdk.out folders."
    parser.epilog = (
        "A folder is searched for templates and cdk.out folders. Hidden folders, node_modules and virtual "
        "environments in it are ignored. "
        "Exit code: 0 when no rule is broken, 1 when one is, 2 when something cannot be read or nothing was checked."
    )
    describe_input(parser)
    parser.add_argument("--format", choices=[*reports.FORMATS], default="text", help="default: text")
    parser.add_argument("--output", metavar="FILE", help="write the report to a file, and print the counts")
    parser.add_argument("--strict", action="store_true", help="exit with 1 for warnings too")
    parser.add_argument(
        "--ignore",
        type=_ignore,
        action="append",
        default=[],
        metavar="RULE[:LOGICAL_ID]",
        help="accept the findings of a rule, or of a rule about one resource; may be given several times",
    )
    parser.add_argument(
        "--role-limit",
        type=_role_limit,
        default=quotas.DEFAULT_ROLE_LIMIT,
        metavar="N",
        help=f"roles a cluster or namespace may have: 1 to {quotas.ROLE_QUOTA}, default {quotas.DEFAULT_ROLE_LIMIT}",
    )
    parser.set_defaults(run=run)


def describe_input(parser: argparse.ArgumentParser) -> None:
    """Describe the arguments of all commands that read templates."""
    paths = "a template, a folder of templates, a cdk.out, or - for a template on standard input"
    parser.add_argument("paths", metavar="PATH", nargs="+", help=paths)
    parser.add_argument(
        "--account", type=_matching("[0-9]{12}", "twelve digits"), help="account of templates that name none"
    )
    parser.add_argument(
        "--region",
        type=_matching("[a-z]{2,}(-[a-z]+)+-[0-9]+", "the name of a region, such as eu-west-1"),
        help="region of templates that name none, such as eu-west-1",
    )


class Ignore(NamedTuple):
    """A rule whose findings are accepted, and of which resource; empty for all."""

    rule: str
    logical_id: str

    def __str__(self) -> str:
        return f"{self.rule}:{self.logical_id}" if self.logical_id else self.rule

    def covers(self, item: Located) -> bool:
        """Return whether a finding is accepted."""
        return item.finding.rule == self.rule and self.logical_id in ("", item.logical_id)


def _ignore(text: str) -> Ignore:
    rule, _, logical_id = text.partition(":")
    names = [known.name for known in RULES]
    if rule not in names:
        raise argparse.ArgumentTypeError(f"must begin with the name of a rule ({', '.join(names)}), got '{text}'")
    return Ignore(rule, logical_id)


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
    progress = Progress()
    given = files.read(arguments.paths, Environment(arguments.account, arguments.region), progress.count)
    report = _report(given, arguments)
    progress.clear()
    text = reports.FORMATS[arguments.format](report)
    show(text, reports.summary(report), given, arguments.output)
    for ignore in dict.fromkeys(arguments.ignore):
        if not any(map(ignore.covers, report.found)):
            log(f"--ignore {ignore}: there is no such finding")
    for line in (*given.odd, *report.unusable):
        log(line)
    if report.unusable:
        return UNUSABLE
    return FOUND if report.counted("error") or (arguments.strict and report.counted("warning")) else 0


def show(text: str, summary: str, given: Given, output: str | None) -> None:
    """Print a report, or write it to a file and print its summary."""
    if output is not None:
        with given.complaints(Path(output)):
            _write(Path(output), text)
    print(text if output is None else summary)  # noqa: T201  what the command is for


def log(line: str) -> None:
    """Write a line to standard error."""
    print(f"redshift-roles: {reports.inert(readable(line))}", file=sys.stderr)  # noqa: T201


def _write(path: Path, text: str) -> None:
    """Write a file whole or not at all; what is no regular file, such as a pipe, is written as it comes."""
    data = f"{text}\n".encode("utf-8", "backslashreplace")
    target = Path(os.path.realpath(path))
    if target.exists() and not target.is_file():
        target.write_bytes(data)
        return
    beside = target.with_name(f".{target.name}.{os.getpid()}")
    try:
        beside.write_bytes(data)
        if target.exists():
            beside.chmod(target.stat().st_mode)
        beside.replace(target)
    finally:
        beside.unlink(missing_ok=True)


def _report(given: Given, arguments: argparse.Namespace) -> Report:
    count, found = 0, list[Located]()
    for assembly in given.assemblies:
        with given.complaints():
            found += _located(assembly, given, arguments.role_limit)
            count += sum(1 for _ in assembly.templates())
    if not count and not given.unusable:
        given.unusable.append(f"{', '.join(arguments.paths)}: no templates, so nothing was checked")
    ignores: list[Ignore] = arguments.ignore
    kept = [
        item._replace(ignored=item.ignored or Ignored()) if any(ignore.covers(item) for ignore in ignores) else item
        for item in found
    ]
    return Report(count, kept, given.unusable)


def _located(assembly: Assembly, given: Given, role_limit: int) -> Iterator[Located]:
    for template, logical_id, location, finding, ignored in checker.check(assembly, role_limit, origin="template"):
        if template.path:
            called = readable(logical_id)
            line = given.line_of(template.path, called, location)
            accepted = None if ignored is None else Ignored(ignored, in_template=True)
            yield Located(template.path, line, _stack(template), called, location, finding, accepted)


def _stack(template: Template) -> str:
    """Return the chain of nested stacks down to a template; empty for a stack that is not nested."""
    top, *below = reversed([*template.lineage()])
    return "/".join([top.file, *(nested.parent_logical_id for nested in below)]) if below else ""


class Progress:
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
