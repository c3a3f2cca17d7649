"""JSON and YAML templates, opened and parsed safely, with the lines of their resources."""

from __future__ import annotations

import json
import os
import re
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO, Final, NamedTuple

from redshift_roles.aws import Json

# The lines of resources, and of what is in them, by the keys and indexes that lead there from `Resources`.
Lines = dict[tuple[str, ...], int]

# No larger file is read; CloudFormation takes templates of 1 MB.
MAX_BYTES: Final = 20_000_000
# Deeper than any template; CloudFormation's own limit on functions is far lower.
MAX_DEPTH: Final = 100
# How many levels below `Resources` have lines: `Role/Properties/Policies/0/PolicyDocument/Statement/0` are seven.
_MAX_LINED: Final = 7
# How many values the aliases of a YAML text may repeat.
_MAX_REPEATED: Final = 100_000
_SHORT: Final = re.compile(r"!([A-Za-z][\w.-]*(?:::[\w.-]+)*)")
_STANDARD: Final = re.compile(r"!|tag:yaml\.org,2002:(str|int|float|bool|null|map|seq|timestamp)")
_CONSTANTS: Final = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    **dict.fromkeys(("true", "True", "TRUE", "yes", "Yes", "YES", "on", "On", "ON"), True),
    **dict.fromkeys(("false", "False", "FALSE", "no", "No", "NO", "off", "Off", "OFF"), False),
}
_MERGE: Final = "<<"
_MARK: Final = re.compile(r"\\u000[12]")
_MARKS: Final = re.compile("[\x01\x02]")
# Every text of a JSON document, so that none is begun in its middle, with the colon after a key; and what has parts.
_JSON_TOKEN: Final = re.compile(r'"([^"\\]*(?:\\.[^"\\]*)*)"(\s*:)?|[][{},]', re.DOTALL)
_TOO_DEEP: Final = f"nested deeper than {MAX_DEPTH} levels"


class UnusableError(ValueError):
    """Templates that cannot be checked; the text is one line for people."""


def without_marks(text: str) -> str:
    """Replace in a JSON text the control characters that mark placeholders; no ARN has them."""
    return _MARK.sub(r"\\ufffd", text) if "\\u000" in text else text


class Parsed(NamedTuple):
    """A template, the lines of its resources unless they are yet to be found, and what is odd on which line."""

    body: Json
    lines: Lines | None
    odd: list[tuple[int, str]]


def read_bytes(path: Path, folder: Path | None = None) -> bytes:
    """Read a regular file of a bounded size; one that others have named must be in the folder."""
    reason = _against_opening(path, folder)
    if reason:
        raise UnusableError(reason)
    with path.open("rb") as file:
        return bounded(file)


def bounded(file: BinaryIO) -> bytes:
    """Read a file that is open to its end, unless it is too large."""
    data = file.read(MAX_BYTES + 1)
    if len(data) > MAX_BYTES:
        raise UnusableError(f"larger than {MAX_BYTES // 1_000_000} MB")
    return data


def _against_opening(path: Path, folder: Path | None) -> str:
    try:
        if folder and not is_within(path, folder):
            return f"not opened: it is outside of {folder}"
        # A pipe would be waited for, and a device has no end.
        return "" if stat.S_ISREG(path.stat().st_mode) else "not a regular file"
    except ValueError:
        return "not a path"


def read_text(path: Path, folder: Path | None = None) -> str:
    """Read a text file as `read_bytes` does."""
    return read_bytes(path, folder).decode("utf-8-sig")


def is_within(path: Path, folder: Path) -> bool:
    """Return whether a path is in a folder, when all links are followed."""
    return Path(os.path.realpath(path)).is_relative_to(os.path.realpath(folder))


def parse(text: str, *, is_json: bool = False, strict: bool = True) -> Parsed:
    """Read a template, JSON or YAML; `strict` as in `parse_json`.

    CloudFormation looks at the text, not at a file's name: what does not begin as JSON is YAML.
    """
    if not text.strip():
        raise UnusableError("not a template: it is empty")
    if text.lstrip().startswith(("{", "[")):
        try:
            return _parse_json(text, strict=strict)
        except UnusableError:
            if is_json:
                raise
    return parse_yaml(text)


def parse_json(text: str, *, strict: bool = True) -> Json:
    """Read a JSON document; unless it is strict, its texts may hold control characters."""
    return _parse_json(text, strict=strict).body


def _parse_json(text: str, *, strict: bool) -> Parsed:
    is_odd = False

    def mapping(pairs: list[tuple[str, Json]]) -> dict[str, Json]:
        nonlocal is_odd
        made = dict(pairs)
        is_odd = is_odd or len(made) != len(pairs)
        return made

    try:
        body = json.loads(without_marks(text), object_pairs_hook=mapping, strict=strict)
    except json.JSONDecodeError as error:
        raise UnusableError(f"line {error.lineno}: not JSON: {error.msg}") from None
    except ValueError as error:
        raise UnusableError(f"not JSON: {error}") from None
    except RecursionError:
        raise UnusableError(_TOO_DEEP) from None
    level = [body]
    for _ in range(MAX_DEPTH):
        level = [child for node in level for child in _children(node) if isinstance(child, (dict, list))]
    if level:
        raise UnusableError(_TOO_DEEP)
    return Parsed(body, *_json_keys(text)) if is_odd else Parsed(body, None, [])


def _twice(key: str, *, is_section: bool) -> str:
    if is_section:
        # https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/template-formats.html, read 2026-11-29
        return f"the section '{key}' stands twice; what CloudFormation does then is undefined, the last is checked"
    return f"the key '{key}' stands twice; CloudFormation takes the last"


def _children(node: Json) -> Iterator[Json]:
    return iter(node.values() if isinstance(node, dict) else node if isinstance(node, list) else ())


def json_lines(text: str) -> Lines:
    """Find the lines of resources, and of what is in them, in the text of a JSON template."""
    return _json_keys(text)[0]


def _json_keys(text: str) -> tuple[Lines, list[tuple[int, str]]]:
    """Find the lines of resources and of keys that stand twice."""
    lines: Lines = {}
    odd: list[tuple[int, str]] = []
    # The key or the index that is being read on each level, and the keys before it, which a list has none of.
    path: list[str] = []
    before: list[set[str] | None] = []
    line, end = 1, 0
    for match in _JSON_TOKEN.finditer(text):
        mark = match[0]
        if mark == ",":
            if before[-1] is None:
                path[-1] = str(int(path[-1]) + 1)
            continue
        if mark in ("}", "]"):
            path.pop()
            before.pop()
            continue
        line, end = line + text.count("\n", end, match.start()), match.start()
        known = before[-1] if before else set()
        if known is not None and match[2]:
            path[-1] = key = _unescaped(match[1])
            if key in known:
                odd.append((line, _twice(key, is_section=len(path) == 1)))
            known.add(key)
        if (known is None or match[2]) and path[0] == "Resources" and 1 < len(path) <= _MAX_LINED + 1:
            lines[tuple(path[1:])] = line
        if mark in ("{", "["):
            path.append("0")
            before.append(set() if mark == "{" else None)
    return lines, odd


def _unescaped(name: str) -> str:
    return str(json.loads(f'"{name}"', strict=False)) if "\\" in name else name


def parse_yaml(text: str) -> Parsed:
    """Read one YAML document, and the lines of its resources.

    Short functions such as ``!Sub`` become their long forms, also those that are not known. Nothing is constructed but
    texts, flags, mappings and lists, whatever a tag asks for.
    """
    try:
        import yaml  # noqa: PLC0415  an extra, which JSON templates do without
    except ImportError:
        raise UnusableError("YAML needs PyYAML: pip install 'cdk-redshift-roles[cli]'") from None
    reader = _YamlReader(yaml.parse(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader)))
    try:
        return Parsed(reader.document(), reader.lines, reader.odd)
    except yaml.YAMLError as error:
        mark, problem = getattr(error, "problem_mark", None), getattr(error, "problem", None)
        where = f"line {mark.line + 1}: " if mark else ""
        raise UnusableError(f"{where}not YAML: {problem or getattr(error, 'reason', 'not readable')}") from None


class _Anchored(NamedTuple):
    """A value that aliases may repeat, how many values it has in all, and how many levels."""

    value: Json
    size: int
    height: int


class _YamlReader:
    """Reads PyYAML's events: its own loaders overflow the stack on a text that is nested too deep."""

    def __init__(self, events: Iterator[Any]) -> None:
        self.lines: Lines = {}
        self.odd: list[tuple[int, str]] = []
        self._events = events
        self._event: Any = None
        self._anchors: dict[str, _Anchored | None] = {}
        self._repeated = 0

    def document(self) -> Json:
        """Read the only document of a stream."""
        found: list[Json] = []
        while self._next() != "StreamEndEvent":
            if type(self._event).__name__ == "DocumentStartEvent":
                if found:
                    raise self._refusal("a second document; a template is one")
                found.append(self._value(self._next(), 0, ()).value)
        return found[0] if found else None

    def _next(self) -> str:
        self._event = next(self._events)
        return type(self._event).__name__

    def _refusal(self, text: str) -> UnusableError:
        return UnusableError(f"line {self._line}: {text}")

    @property
    def _line(self) -> int:
        line: int = self._event.start_mark.line + 1
        return line

    def _value(self, kind: str, depth: int, keys: tuple[str, ...] | None, *, is_key: bool = False) -> _Anchored:
        """Read the value that the current event begins; without keys that lead to it, no line is noted."""
        event = self._event
        if kind == "AliasEvent":
            return self._alias(event.anchor, depth)
        if kind == "ScalarEvent":
            text = event.value if event.value.isprintable() else _MARKS.sub("\ufffd", event.value)
            found = _Anchored(_CONSTANTS.get(text, text) if event.implicit[0] and not is_key else text, 1, 0)
        elif depth >= MAX_DEPTH:
            raise self._refusal(_TOO_DEEP)
        else:
            if event.anchor:
                self._anchors[event.anchor] = None
            keys = None if event.tag else keys
            found = self._mapping(depth + 1, keys) if kind == "MappingStartEvent" else self._list(depth + 1, keys)
        if event.tag:
            found = found._replace(value=self._tagged(found.value, event.tag))
        if event.anchor:
            self._anchors[event.anchor] = found
        return found

    def _alias(self, name: str, depth: int) -> _Anchored:
        if name not in self._anchors:
            raise self._refusal(f"the alias '*{name}' has no anchor")
        anchored = self._anchors[name]
        if anchored is None:
            raise self._refusal(f"the alias '*{name}' contains itself")
        if depth + anchored.height > MAX_DEPTH:
            raise self._refusal(_TOO_DEEP)
        self._repeated += anchored.size
        if self._repeated > _MAX_REPEATED:
            raise self._refusal(f"aliases repeat more than {_MAX_REPEATED:,} values")
        return anchored

    def _list(self, depth: int, keys: tuple[str, ...] | None) -> _Anchored:
        made: list[Json] = []
        size, height = 1, 0
        while (kind := self._next()) != "SequenceEndEvent":
            item = self._value(kind, depth, self._noted(keys, str(len(made))))
            made.append(item.value)
            size, height = size + item.size, max(height, item.height)
        return _Anchored(made, size, height + 1)

    def _mapping(self, depth: int, keys: tuple[str, ...] | None) -> _Anchored:
        made: dict[str, Json] = {}
        merged: list[Json] = []
        size, height = 1, 0
        while (kind := self._next()) != "MappingEndEvent":
            key = self._value(kind, depth, None, is_key=True).value
            if not isinstance(key, str):
                raise self._refusal("a key that is no text")
            if key in made:
                self.odd.append((self._line, _twice(key, is_section=depth == 1)))
            below = self._noted(keys, key)
            item = self._value(self._next(), depth, below)
            if key == _MERGE:
                # As in PyYAML, with which templates are packaged: the first of a list counts, and the last merge.
                merged = [*(item.value if isinstance(item.value, list) else [item.value]), *merged]
            else:
                made[key] = item.value
            size, height = size + item.size + 1, max(height, item.height)
        for source in merged:
            for key, value in source.items() if isinstance(source, dict) else ():
                made.setdefault(key, value)
        return _Anchored(made, size, height + 1)

    def _noted(self, keys: tuple[str, ...] | None, key: str) -> tuple[str, ...] | None:
        """Note the line of what a key or an index below ``Resources`` leads to, some levels deep."""
        if keys is None or not (keys or key == "Resources"):
            return None
        keys = (*keys, key)
        if len(keys) > 1:
            self.lines[keys[1:]] = self._line
        return keys if len(keys) <= _MAX_LINED else None

    def _tagged(self, value: Json, tag: str) -> Json:
        short = _SHORT.fullmatch(tag)
        if short:
            name = short[1]
            if name == "GetAtt" and isinstance(value, str):
                value = value.split(".", 1)
            return {name if name in ("Ref", "Condition") else f"Fn::{name}": value}
        if _STANDARD.fullmatch(tag):
            return value
        raise self._refusal(f"the tag '{tag}' is no part of CloudFormation")
