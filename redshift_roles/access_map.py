"""The access map: who may pass which role to which cluster, and what each role reaches."""

from __future__ import annotations

import json
import os
import re
from collections import Counter
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict
from typing import Final, NamedTuple

from redshift_roles.aws import targets
from redshift_roles.aws.placeholders import present, readable
from redshift_roles.rules import arguments
from redshift_roles.rules.access_facts import Link, Mark, Node
from redshift_roles.rules.arguments import ListOf, Shape, Text
from redshift_roles.rules.findings import RoleAssociationError, printable
from redshift_roles.rules.registry import INVALID_ARGUMENT, Problem
from redshift_roles.templates import files
from redshift_roles.templates.access_reader import AccessReader
from redshift_roles.templates.assembly import Assembly
from redshift_roles.templates.files import Environment

VERSION: Final = 1
# How many names are shown where one is wrong.
_SHOWN: Final = 5
_NAMES: Final = ListOf(Text(r"(?s:.+)", "a name", "warehouse", literal=True))
_ALLOWED: Final[dict[str, Shape]] = {
    **dict.fromkeys(("clusters", "roles", "people"), _NAMES),
    "account": Text("[0-9]{12}", "twelve digits", "111111111111", literal=True),
    "region": arguments.REGION._replace(literal=True),
}
_PARTS: Final = {"person": "people", "cluster": "clusters", "role": "roles", "target": "targets"}


class AccessMap:
    """Who may pass which role to which cluster, and what each role reaches.

    It is read from templates and cloud assemblies as ``redshift-roles check`` reads them, and says what the policies of
    people and roles say. The policies of buckets, keys and organizations, permissions boundaries, and the grants of AWS
    Lake Formation may limit or extend that.

    Attributes:
        people: Who may associate roles or pass them: users, groups, roles, permission sets, and for a policy that is
            attached to nobody, whoever has it.
        clusters: Clusters and namespaces, also those that are only named, and what else has a role.
        roles: The roles of clusters, those that Redshift may assume, and the next ones of chains.
        targets: What the roles reach, such as a bucket with a prefix.
        links: What leads from one of these to another.

    Source:
        https://docs.aws.amazon.com/redshift/latest/mgmt/copy-unload-iam-role-associating-with-clusters.html
        (text of 2026-08-26).
    """

    def __init__(self, nodes: Iterable[Node], links: Iterable[Link]) -> None:
        found = [*nodes]
        self.people, self.clusters, self.roles, self.targets = (
            tuple(node for node in found if node.kind == kind) for kind in _PARTS
        )
        order = {node.id: place for place, node in enumerate(self.nodes)}
        self.links = tuple(sorted(links, key=lambda link: (order[link.source], order[link.target])))

    def __str__(self) -> str:
        counted = {kind: len(getattr(self, part)) for kind, part in _PARTS.items()}
        return ", ".join(f"{count:,} {kind if count == 1 else _PARTS[kind]}" for kind, count in counted.items())

    @property
    def nodes(self) -> tuple[Node, ...]:
        """All people, clusters, roles and targets."""
        return (*self.people, *self.clusters, *self.roles, *self.targets)

    @classmethod
    def read(cls, *paths: str | os.PathLike[str], account: str | None = None, region: str | None = None) -> AccessMap:
        """Read the map of templates, folders of templates and cloud assemblies, such as ``app.synth().directory``.

        Args:
            paths: At least one template (JSON or YAML), folder or ``cdk.out``.
            account: The account of templates that name none: twelve digits.
            region: The region of such templates, such as ``eu-west-1``.

        Raises:
            RoleAssociationError: When an argument is of the wrong kind, and for each path that cannot be read or holds
                no template.
        """
        problems = [*arguments.check(present(account=account, region=region), _ALLOWED)]
        for index, path in enumerate(paths):
            if not isinstance(path, (str, os.PathLike)):
                problems.append(arguments.must_be(f"paths[{index}]", "a path", path, "pass 'cdk.out'"))
        _raise_if("AccessMap.read", problems)
        given = files.read([os.fspath(path) for path in paths], Environment(account, region), lambda _: None)
        lines = given.unusable if given.unusable or given.assemblies else ["there are no templates"]
        fix = "pass templates (JSON or YAML), folders of templates or cloud assemblies"
        _raise_if("AccessMap.read", [Problem("paths", printable(readable(line)), fix) for line in lines])
        return cls.of(given.assemblies)

    @classmethod
    def of(cls, assemblies: Iterable[Assembly]) -> AccessMap:
        """Make the map of apps that are read already."""
        reader = AccessReader()
        for assembly in assemblies:
            reader.read(assembly)
        return cls(reader.nodes.values(), reader.links)

    def narrowed(
        self, *, clusters: Sequence[str] = (), roles: Sequence[str] = (), people: Sequence[str] = ()
    ) -> AccessMap:
        """Return the part of the map that leads to or from these; of several kinds, what leads to or from each.

        Args:
            clusters: Names, logical ids, or parts of an identifier.
            roles: Names, logical ids, or parts of an ARN.
            people: Names, logical ids, or parts of an ARN or a name in IAM.

        Raises:
            RoleAssociationError: When an argument is of the wrong kind, and for each name that matches nothing.
        """
        given = {"clusters": clusters, "roles": roles, "people": people}
        _raise_if("AccessMap.narrowed", [*arguments.check(given, _ALLOWED)])
        kept = {node.id for node in self.nodes}
        for part, names in given.items():
            if names:
                kept &= self._around({node.id for name in names for node in self.called(part, name)})
        _raise_if("AccessMap.narrowed", [*self._unknown(given)])
        links = (link for link in self.links if {link.source, link.target} <= kept)
        return AccessMap((node for node in self.nodes if node.id in kept), links)

    def called(self, part: str, name: str) -> list[Node]:
        """List the nodes of a part of the map that a name may mean."""
        nodes: tuple[Node, ...] = getattr(self, part)
        return [node for node in nodes if _is_called(node, name)]

    def _unknown(self, given: Mapping[str, Sequence[str]]) -> Iterator[Problem]:
        for part, names in given.items():
            for index, name in enumerate(names):
                if not self.called(part, name):
                    some = [printable(node.name) for node in getattr(self, part)[:_SHOWN]]
                    fix = f"name some of its {part}, such as {', '.join(some)}" if some else f"the map has no {part}"
                    allowed = f"the name of one of the {part} of the map"
                    yield arguments.must_be(f"{part}[{index}]", allowed, name, fix)

    def _around(self, ids: set[str]) -> set[str]:
        """Find what leads to these and from them, and who may pass the roles that they have."""
        roles = {link.target for link in self.links if link.kind == "has" and link.source in ids}
        passing = self._reached(roles, down=False) - {node.id for node in self.clusters}
        return self._reached(ids, down=True) | self._reached(ids, down=False) | passing

    def _reached(self, ids: set[str], *, down: bool) -> set[str]:
        following: dict[str, list[str]] = {}
        for link in self.links:
            one, other = (link.source, link.target) if down else (link.target, link.source)
            following.setdefault(one, []).append(other)
        found, waiting = set(ids), [*ids]
        while waiting:
            new = [other for other in following.get(waiting.pop(), ()) if other not in found]
            found.update(new)
            waiting += new
        return found

    def json(self) -> str:
        """Return the map as one JSON object, for programs."""
        parts = {part: [asdict(node) for node in getattr(self, part)] for part in _PARTS.values()}
        # The escape is the same text to a program; a build machine would look for its commands within a line.
        written = json.dumps({"version": VERSION, **parts, "links": [*map(asdict, self.links)]}, indent=2)
        return written.replace("##", r"#\u0023")

    def table(self) -> str:
        """Return the map as a table for a terminal: a line for each link, and for what has none."""
        nodes = {node.id: node for node in self.nodes}
        rows: dict[str, list[tuple[str, str, str, str]]] = {}
        for link in self.links:
            source = nodes[link.source]
            notes = [*(link.how if link.kind == "associates" else ()), *(f"by {name}" for name in link.policies)]
            notes += [f"if {key}" for key in link.conditions]
            notes += [mark for mark in link.marks if mark not in (Mark.ANY_SERVICE, Mark.DEFAULT)]
            row = (
                _called(source),
                _verb(link, nodes[link.target]),
                _called(nodes[link.target]),
                printable(", ".join(notes)),
            )
            rows.setdefault(source.stack, []).append(row)
        linked = {link.source for link in self.links}
        for node in (*self.clusters, *self.roles):
            if node.stack and node.id not in linked:
                role = "unknown roles" if Mark.MORE_ROLES in node.marks else "no role"
                nothing = ("has", role) if node.kind == "cluster" else ("reaches", "nothing")
                rows.setdefault(node.stack, []).append((_called(node), *nothing, ""))
        widths = [max((len(row[place]) for each in rows.values() for row in each), default=0) for place in range(3)]
        written = [str(self)]
        for stack in sorted(rows, key=lambda stack: not stack):
            written += ["", printable(stack or Mark.ELSEWHERE)]
            for row in rows[stack]:
                cells = [cell.ljust(width) for cell, width in zip(row, widths, strict=False)]
                written.append(f"  {'  '.join([*cells, row[3]])}".rstrip())
        return "\n".join(written)

    def mermaid(self) -> str:
        """Return the map as a Mermaid flowchart, which GitHub, GitLab and VS Code draw in Markdown."""
        return _mermaid(_Drawing(self))

    def dot(self) -> str:
        """Return the map as a graph for Graphviz."""
        return _dot(_Drawing(self))


def _raise_if(function: str, problems: Sequence[Problem]) -> None:
    if problems:
        raise RoleAssociationError(INVALID_ARGUMENT.finding(function, problem) for problem in problems)


def _is_called(node: Node, name: str) -> bool:
    is_end = node.name.endswith(f"/{name}")
    return bool(name) and (name in (node.name, node.logical_id) or is_end or name in node.aws_name)


def _called(node: Node) -> str:
    marks = f" ({', '.join(node.marks)})" if node.marks else ""
    return printable(f"{node.name if _is_any(node) else f'{_type(node)} {node.name}'}{marks}")


def _is_any(node: Node) -> bool:
    """Return whether a node stands for every role, cluster or namespace."""
    return node.kind in ("cluster", "role") and Mark.UNSCOPED in node.marks


def _type(node: Node) -> str:
    return "whoever has" if node.type == "policy" else node.type


_VERBS: Final = {
    "list": "lists",
    "read": "reads",
    "write": "writes",
    "invoke": "invokes",
    "pass": "passes",
    "do anything with": "does anything with",
}


def _gives(target: Node) -> str:
    is_list = target.type.startswith(("cluster", "namespace"))
    return "may associate roles with" if is_list else "may give a role to"


def _verb(link: Link, target: Node) -> str:
    """Write what a link says, as people do."""
    if link.kind == "reaches":
        # Who reads something lists it first.
        words = [word for word in link.how if word != targets.LIST] or link.how
        return ", ".join(_VERBS[word] for word in words) or "has"
    if link.kind == "passes":
        services = ", ".join(printable(service.removesuffix(".amazonaws.com")) for service in link.how)
        return f"may pass to {'any service' if Mark.ANY_SERVICE in link.marks else services or '?'}"
    if link.kind == "has" and Mark.DEFAULT in link.marks:
        return "has as default"
    return {"associates": _gives(target), "includes": "such as"}.get(link.kind, link.kind)


# How many boxes a drawing may have before those that are alike are drawn as one, and how many of the same are shown.
_LEGIBLE: Final = 60
_FEW: Final = 3
_LONGEST: Final = 80
_WARNINGS: Final = frozenset((Mark.UNSCOPED, Mark.ANY_SERVICE, Mark.NO_TRUST, Mark.NO_ROLE))
_OPEN: Final = frozenset((Mark.CONDITIONAL, Mark.ELSEWHERE, Mark.MORE_ROLES, Mark.PARTLY_DENIED, Mark.UNDECIDED))


class _Box(NamedTuple):
    """A node of a drawing, or several that are drawn as one."""

    kind: str
    stack: str
    lines: tuple[str, ...]
    marks: frozenset[str]


class _Arrow(NamedTuple):
    """A link of a drawing, between two of its boxes."""

    source: int
    target: int
    lines: tuple[str, ...]
    marks: frozenset[str]


_Colors = dict[str, Hashable]


class _Drawing:
    """The boxes and arrows of a map, few enough to be legible as far as some are alike.

    Nodes with the same neighbours are drawn as one where they are many. Where that leaves too many boxes, so are nodes
    with neighbours that are alike: first those of one stack, then those of all stacks.
    """

    def __init__(self, drawn: AccessMap) -> None:
        nodes, links = drawn.nodes, drawn.links
        by_id = {node.id: node for node in nodes}
        near: dict[str, list[tuple[Hashable, str]]] = {node.id: [] for node in nodes}
        roles: dict[str, int] = {}
        for link in links:
            said = (link.kind, link.how, link.conditions, link.marks)
            near[link.source].append((("to", said), link.target))
            near[link.target].append((("from", said), link.source))
            roles[link.source] = roles.get(link.source, 0) + (link.kind == "has")
        groups = _grouped(nodes, _with_equal_neighbours(nodes, near))
        for with_stack in (True, False):
            if len(groups) > _LEGIBLE:
                groups = _grouped(nodes, _with_similar_neighbours(nodes, near, with_stack=with_stack))
        places = {node.id: place for place, group in enumerate(groups) for node in group}
        self.boxes = [_box(group, [roles.get(node.id, 0) for node in group]) for group in groups]
        arrows = (
            _Arrow(places[one.source], places[one.target], _said(one, by_id[one.target]), frozenset(one.marks))
            for one in links
        )
        self.arrows = [*dict.fromkeys(arrows)]


def _about(node: Node, *, with_stack: bool = True) -> Hashable:
    # What a service has, such as its kinds of jobs, may be alike.
    type_ = node.type.partition(" ")[0] if node.kind == "target" else node.type
    return (node.kind, type_, node.marks, node.role_limit, node.stack if with_stack else "")


def _grouped(nodes: Iterable[Node], colors: _Colors) -> list[list[Node]]:
    groups: dict[Hashable, list[Node]] = {}
    for node in nodes:
        groups.setdefault(colors[node.id], []).append(node)
    return [*groups.values()]


def _with_equal_neighbours(nodes: Sequence[Node], near: Mapping[str, list[tuple[Hashable, str]]]) -> _Colors:
    """Give the same colour to many nodes with the same neighbours."""
    colors: _Colors = {node.id: node.id for node in nodes}
    count = len(nodes) + 1
    while len(set(colors.values())) < count:
        count = len(set(colors.values()))
        seen = {
            node.id: (_about(node), frozenset((said, colors[other]) for said, other in near[node.id])) for node in nodes
        }
        many = {view for view, number in Counter(seen.values()).items() if number > _FEW}
        first: dict[Hashable, str] = {}
        for node in nodes:
            view = seen[node.id]
            if view in many:
                colors[node.id] = first.setdefault(view, node.id)
    return colors


def _with_similar_neighbours(
    nodes: Sequence[Node], near: Mapping[str, list[tuple[Hashable, str]]], *, with_stack: bool
) -> _Colors:
    """Give the same colour to nodes whose neighbours have the same colours."""
    numbers: dict[Hashable, int] = {}
    colors: _Colors = {node.id: _about(node, with_stack=with_stack) for node in nodes}
    count = 0
    while len(set(colors.values())) > count:
        count = len(set(colors.values()))
        seen = {one: (colors[one], frozenset((said, colors[other]) for said, other in near[one])) for one in colors}
        colors = {one: numbers.setdefault(view, len(numbers)) for one, view in seen.items()}
    return colors


def _box(group: list[Node], roles: list[int]) -> _Box:
    """Draw a node, or several that are alike, with how many roles each cluster has."""
    node, stacks = group[0], {one.stack for one in group}
    lines = [_type(node), node.name] if not _is_any(node) else [node.name]
    if len(group) > 1:
        called, names = _several(group)
        some = names[:_FEW] if len(stacks) == 1 else [f"in {len(stacks)} stacks"]
        more = [f"and {len(group) - _FEW:,} more"] if len(stacks) == 1 and len(group) > _FEW else []
        lines = [f"{'whoever has one of ' if node.type == 'policy' else ''}{len(group):,} {called}", *some, *more]
    if node.role_limit is not None and node.type in ("cluster", "namespace"):
        counted = f"{min(roles)}" if min(roles) == max(roles) else f"{min(roles)} to {max(roles)}"
        at_least = "at least " if Mark.MORE_ROLES in node.marks else ""
        lines.append(f"{at_least}{counted} of {node.role_limit} roles")
    lines += [f"({mark})" for mark in node.marks]
    return _Box(
        node.kind, _short(stacks.pop()) if len(stacks) == 1 else "", tuple(map(_short, lines)), frozenset(node.marks)
    )


def _several(group: list[Node]) -> tuple[str, list[str]]:
    """Return what several nodes are called, and their names, with what they are where they are not the same."""
    type_, names = group[0].type, [node.name for node in group]
    if len({node.type for node in group}) > 1:
        service = type_.partition(" ")[0]
        return f"{service} resources", [f"{node.type.removeprefix(service)} {node.name}".strip() for node in group]
    if type_ == "bucket" and any("/" in name for name in names):
        return "prefixes", names
    return "policies" if type_ == "policy" else f"{type_}s", names


def _said(link: Link, target: Node) -> tuple[str, ...]:
    """Label an arrow: what may be done, and when."""
    verb = _verb(link, target)
    verb = verb.removesuffix(" with") if link.kind == "associates" else verb
    limits = [f"if {key}" for key in link.conditions]
    marks = [f"({mark})" for mark in link.marks if mark not in (Mark.DEFAULT, Mark.ANY_SERVICE)]
    return tuple(map(_short, (verb, *limits, *marks)))


def _short(text: str) -> str:
    """Write a text for a label, its middle left out where it is long."""
    half = _LONGEST // 2
    return printable(text if len(text) <= _LONGEST else f"{text[:half]}…{text[-half:]}")


_SHAPES: Final = {"person": ('(["', '"])'), "cluster": ('[("', '")]'), "role": ('{{"', '"}}'), "target": ('["', '"]')}
# Fill and border; texts are dark in light and dark pages.
_COLORS: Final = {
    "person": ("#fff3df", "#b26a00"),
    "cluster": ("#e3edfd", "#2458a8"),
    "role": ("#e5f4e6", "#2b7433"),
    "target": ("#f1ebfb", "#6540ae"),
}
_TEXT: Final = "#1b1b1b"
_GREY: Final = "#888888"
_RED: Final = "#c62828"
_NOT_PLAIN: Final = re.compile("[^A-Za-z0-9 ,()/_.-]|(?<![A-Za-z0-9])[.-]|[.-](?![A-Za-z0-9])")
# What Mermaid reads even in characters that are numbers: an end of a line, a formula, an icon. A word joiner, which
# nobody sees, parts them.
_SPECIAL: Final = re.compile(r"\\(?=n)|\$(?=\$)|:(?=fa)")


def _mermaid(drawing: _Drawing) -> str:
    """Write a flowchart; a character that could end a label or mean something in it is written as its number."""

    def label(lines: Iterable[str]) -> str:
        apart = (_SPECIAL.sub("\\g<0>\u2060", line) for line in lines)
        return "<br/>".join(_NOT_PLAIN.sub(lambda match: f"#{ord(match[0])};", line) for line in apart)

    written = ["flowchart LR"]
    for number, (stack, boxes) in enumerate(_by_stack(drawing), 1):
        written += [f'  subgraph s{number}["{label([stack])}"]', "    direction LR"] if stack else []
        for place, box in boxes:
            start, end = _SHAPES[box.kind]
            written.append(f"    n{place}{start}{label(box.lines)}{end}")
        written += ["  end", f"  style s{number} fill:none,stroke:{_GREY}"] if stack else []
    for one in drawing.arrows:
        line = "-.->" if one.marks & _OPEN else "-->"
        written.append(f'  n{one.source} {line}|"{label(one.lines)}"| n{one.target}')
    classes: dict[str, list[int]] = {}
    for place, box in enumerate(drawing.boxes):
        marked = {"open": box.marks & _OPEN, "warning": box.marks & _WARNINGS}
        for name in (box.kind, *(name for name, marks in marked.items() if marks)):
            classes.setdefault(name, []).append(place)
    styles = {kind: f"fill:{fill},stroke:{stroke},color:{_TEXT}" for kind, (fill, stroke) in _COLORS.items()}
    styles |= {"open": "stroke-dasharray:5 4", "warning": f"stroke:{_RED},stroke-width:3px"}
    # The last style of a box counts; Mermaid has a class of its own for a cluster.
    for name, style in styles.items():
        named = ",".join(f"n{place}" for place in classes.get(name, ()))
        written += [f"  classDef {name}s {style}", f"  class {named} {name}s"] if named else []
    wide = [str(number) for number, one in enumerate(drawing.arrows) if one.marks & _WARNINGS]
    written += [f"  linkStyle {','.join(wide)} stroke:{_RED},stroke-width:2px"] if wide else []
    return "\n".join(written)


def _by_stack(drawing: _Drawing) -> list[tuple[str, list[tuple[int, _Box]]]]:
    found: dict[str, list[tuple[int, _Box]]] = {}
    for place, box in enumerate(drawing.boxes):
        found.setdefault(box.stack, []).append((place, box))
    return [*found.items()]


def _dot(drawing: _Drawing) -> str:
    """Write a graph; Graphviz reads escapes and HTML entities in labels."""
    entities = str.maketrans({"\\": "\\\\", '"': '\\"', "&": "&amp;", "#": "&#35;"})

    def label(lines: Iterable[str]) -> str:
        return "\\n".join(line.translate(entities) for line in lines)

    shapes = {"person": "oval", "cluster": "cylinder", "role": "hexagon", "target": "box"}
    written = [
        "digraph access {",
        '  rankdir=LR; node [style="filled", fontname="Helvetica"]; edge [fontname="Helvetica"];',
    ]
    for number, (stack, boxes) in enumerate(_by_stack(drawing), 1):
        written += [f"  subgraph cluster_{number} {{", f'    label="{label([stack])}";'] if stack else []
        for place, box in boxes:
            fill, stroke = _COLORS[box.kind]
            style = "filled,dashed" if box.marks & _OPEN else "filled"
            color = _RED if box.marks & _WARNINGS else stroke
            more = f'shape={shapes[box.kind]}, style="{style}", fillcolor="{fill}", color="{color}"'
            written.append(f'    n{place} [label="{label(box.lines)}", {more}];')
        written += ["  }"] if stack else []
    for one in drawing.arrows:
        style = "dashed" if one.marks & _OPEN else "solid"
        color = f', color="{_RED}"' if one.marks & _WARNINGS else ""
        written.append(f'  n{one.source} -> n{one.target} [label="{label(one.lines)}", style={style}{color}];')
    return "\n".join([*written, "}"])
