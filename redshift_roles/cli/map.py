"""The command ``redshift-roles map``: who may pass which role to which cluster, and what each role reaches."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from typing import Final

from redshift_roles.access_map import AccessMap
from redshift_roles.cli import check
from redshift_roles.cli.report import inert
from redshift_roles.templates import files
from redshift_roles.templates.files import Environment

_FORMATS: Final[dict[str, Callable[[AccessMap], str]]] = {
    "table": lambda drawn: "\n".join(map(inert, drawn.table().split("\n"))),
    "mermaid": AccessMap.mermaid,
    "dot": AccessMap.dot,
    "json": AccessMap.json,
}


# The limits of Mermaid (maxEdges, maxTextSize), which GitHub does not raise, and what each arrow has.
_ARROWS: Final = 500
_CHARACTERS: Final = 50_000
_ARROW: Final = '>|"'


def describe(parser: argparse.ArgumentParser) -> None:
    """Describe the arguments of the command."""
    parser.description = "Show who may pass which role to which cluster, and what each role reaches."
    parser.epilog = (
        "Exit code: 0, or 2 when something cannot be read, there are no templates, or a name matches nothing."
    )
    check.describe_input(parser)
    parser.add_argument("--format", choices=[*_FORMATS], default="table", help="default: table")
    parser.add_argument("--output", metavar="FILE", help="write the map to a file, and print the counts")
    for name, what in (("cluster", "clusters"), ("role", "roles"), ("person", "people")):
        shown = f"only what leads to or from these {what}: a path, logical id, or part of an ARN or name; repeatable"
        parser.add_argument(f"--{name}", action="append", default=[], metavar="NAME", help=shown)
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Read, print the map, and return the exit code."""
    progress = check.Progress()
    given = files.read(arguments.paths, Environment(arguments.account, arguments.region), progress.count)
    count, drawn = 0, AccessMap((), ())
    with given.complaints():
        count = sum(1 for assembly in given.assemblies for _ in assembly.templates())
        drawn = AccessMap.of(given.assemblies)
    progress.clear()
    if not count and not given.unusable:
        given.unusable.append(f"{', '.join(arguments.paths)}: no templates, so there is no map")
    names = {"cluster": arguments.cluster, "role": arguments.role, "person": arguments.person}
    parts = {"cluster": "clusters", "role": "roles", "person": "people"}
    unknown = [(kind, name) for kind in names for name in names[kind] if not drawn.called(parts[kind], name)]
    given.unusable += [f"--{kind} {name}: there is no such {kind}" for kind, name in unknown]
    if not unknown:
        drawn = drawn.narrowed(**{parts[kind]: chosen for kind, chosen in names.items()})
        text = _FORMATS[arguments.format](drawn)
        check.show(text, str(drawn), given, arguments.output)
        if arguments.format == "mermaid" and (len(text) > _CHARACTERS or text.count(_ARROW) > _ARROWS):
            limit = f"Mermaid draws at most {_ARROWS} arrows and {_CHARACTERS:,} characters"
            check.log(f"{limit}: narrow the map with --cluster, --role or --person")
    for line in (*given.odd, *given.unusable):
        check.log(line)
    return check.UNUSABLE if given.unusable else 0
