"""JSON and YAML templates, parsed safely, with the lines of their resources."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any, Final, NamedTuple

from redshift_roles.aws import Json

# The lines of resources, and below them of their sections and entries, by the keys that lead there from `Resources`.
Lines = dict[tuple[str, ...], int]

# Deeper than any template; CloudFormation's own limit on functions is far lower.
MAX_DEPTH: Final = 100
# How many values the aliases of a YAML text may repeat.
_MAX_REPEATED: Final = 100_000
_SHORT: Final = re.compile(r"!([A-Za-z]+(?:::[A-Za-z]+)*)")
_STANDARD: Final = re.compile(r"!|tag:yaml\.org,2002:(str|int|float|bool|null|map|seq|timestamp)")
_CONSTANTS: Final = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    **dict.fromkeys(("true", "True", "TRUE", "yes", "Yes", "YES", "on", "On", "ON"), True),
    **dict.fromkeys(("false", "False", "FALSE", "no", "No", "NO", "off", "Off", "OFF"), False),
}
_MERGE: Final = "<<"
_MARK: Final = re.compile(r"\\u000[12]")
_MARKS: Final = re.compile("[\x01\x02]")
_SYMBOL: Final = re.compile(r'"[^"\\]*(?:\\.[^"\\]*)*"|[{}\[\],:]', re.DOTALL)
_SPACE: Final = re.compile(r"[ \t\n\r]*")
# How many keys lead from `Resources` to a statement of an inline policy: the deepest line that is noted.
_NOTED: Final = len("Resources/Role/Properties/Policies/0/PolicyDocument/Statement/0".split("/"))
_TOO_DEEP: Final = f"nested deeper than {MAX_DEPTH} levels"


class UnusableError(ValueError):
    """Templates that cannot be checked; the text is one line for people."""


def without_marks(text: str) -> str:
    """Replace in a JSON text the control characters that mark placeholders; no ARN has them."""
    return _MARK.sub(r"\\ufffd", text) if "\\u000" in text else text


def parse(text: str, *, is_json: bool = False, strict: bool = True) -> tuple[Json, Lines | None]:
    """Read a template, JSON or YAML, and the lines of its resources where it is YAML; `strict` as in `parse_json`."""
    if not text.strip():
        raise UnusableError("not a template: it is empty")
    if is_json or text.lstrip().startswith("{"):
        try:
            return parse_json(text, strict=strict), None
        except UnusableError:
            if is_json:
                raise
    return parse_yaml(text)


def parse_json(text: str, *, strict: bool = True) -> Json:
    """Read a JSON document; unless it is strict, its texts may hold control characters."""
    try:
        body = json.loads(without_marks(text), object_pairs_hook=_mapping, strict=strict)
    except UnusableError:
        raise
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
    return body


def _mapping(pairs: list[tuple[str, Json]]) -> dict[str, Json]:
    """Make an object; of a key that stands twice, the second would silently replace the first."""
    made = dict(pairs)
    if len(made) != len(pairs):
        key = next(key for key, count in Counter(key for key, _ in pairs).items() if count > 1)
        raise UnusableError(f"the key '{key}' stands twice")
    return made


def _children(node: Json) -> Iterator[Json]:
    return iter(node.values() if isinstance(node, dict) else node if isinstance(node, list) else ())


class JsonLines:
    """The lines of a JSON template that has been read; those within a resource are found when one is asked for."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._lines: Lines = {}
        self._values = dict[str, tuple[int, int, int]]()  # where a resource begins and ends, and on which line
        line, end = 1, 0
        for section, _, start, _ in _members(text, 0):
            for name, at, begin, stop in _members(text, start) if section == "Resources" else ():
                line += text.count("\n", end, at)
                end = at
                self._lines[name,] = line
                self._values[name] = begin, stop, line + text.count("\n", at, begin)

    def get(self, keys: tuple[str, ...]) -> int | None:
        """Return the line of what these keys lead to."""
        if keys[0] in self._values:
            begin, stop, line = self._values.pop(keys[0])
            self._lines.update(_lines_within(self._text[begin:stop], ["Resources", keys[0]], line))
        return self._lines.get(keys)


def _members(text: str, start: int) -> Iterator[tuple[str, int, int, int]]:
    """List the keys of a JSON object, where each begins, and where its value begins and ends."""
    decode, begin = json.JSONDecoder(strict=False).raw_decode, _after_space(text, start)
    at = _after_space(text, begin + 1) if text[begin] == "{" else begin
    while at > begin and text[at] == '"':
        key, end = decode(text, at)
        value = _after_space(text, _after_space(text, end) + 1)
        _, stop = decode(text, value)
        yield key, at, value, stop
        at = _after_space(text, stop)
        at = _after_space(text, at + 1) if text[at] == "," else at


def _after_space(text: str, start: int) -> int:
    found = _SPACE.match(text, start)
    return found.end() if found else start


def _lines_within(text: str, keys: list[str], line: int) -> Lines:
    """Find the lines in a JSON value that these keys lead to and that begins on this line."""
    found: Lines = {}
    is_list = [False] * len(keys)  # which of the keys are positions in lists
    end, expects_key = 0, False
    for match in _SYMBOL.finditer(text):
        symbol = match[0]
        line += text.count("\n", end, match.start())
        end = match.start()
        if symbol == "," and is_list[-1]:
            keys[-1] = str(int(keys[-1]) + 1)
        elif symbol in ",:":
            expects_key = symbol == ","
        elif symbol in "}]":
            keys.pop()
            is_list.pop()
        else:
            is_name = symbol not in "{[" and expects_key and not is_list[-1]
            if is_name:
                keys[-1] = str(json.loads(symbol, strict=False))
            if is_name or is_list[-1]:
                _note(found, keys, line)
            if symbol in "{[":
                keys.append("0")
                is_list.append(symbol == "[")
                expects_key = symbol == "{"
    return found


def _note(lines: Lines, keys: Sequence[str], line: int) -> None:
    """Note the line of a key or list entry below ``Resources``."""
    if 1 < len(keys) <= _NOTED and keys[0] == "Resources":
        lines[tuple(keys[1:])] = line


def parse_yaml(text: str) -> tuple[Json, Lines]:
    """Read one YAML document, and the lines of its resources.

    Short functions such as ``!Sub`` become their long forms. Nothing is constructed but texts, flags, mappings and
    lists, whatever a tag asks for.
    """
    try:
        import yaml  # noqa: PLC0415  an extra, which JSON templates do without
    except ImportError:
        raise UnusableError("YAML needs PyYAML: pip install 'cdk-redshift-roles[cli]'") from None
    reader = _YamlReader(yaml.parse(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader)))
    try:
        return reader.document(), reader.lines
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
        return UnusableError(f"line {self._event.start_mark.line + 1}: {text}")

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
                raise self._refusal(f"the key '{key}' stands twice")
            below = self._noted(keys, key)
            item = self._value(self._next(), depth, below)
            if key == _MERGE:
                merged += item.value if isinstance(item.value, list) else [item.value]
            else:
                made[key] = item.value
            size, height = size + item.size + 1, max(height, item.height)
        for source in merged:
            for key, value in source.items() if isinstance(source, dict) else ():
                made.setdefault(key, value)
        return _Anchored(made, size, height + 1)

    def _noted(self, keys: tuple[str, ...] | None, key: str) -> tuple[str, ...] | None:
        """Note the line of a key or list entry, and return what leads to its value."""
        if keys is None or len(keys) == _NOTED or (not keys and key != "Resources"):
            return None
        keys = (*keys, key)
        _note(self.lines, keys, self._event.start_mark.line + 1)
        return keys

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
