"""YAML templates, read safely.

A text flows in; plain dictionaries and lists, with the lines on which resources begin, flow out. Short functions such
as ``!Sub`` become their long forms. Nothing is constructed but texts, flags and containers, whatever a tag asks for,
and aliases cannot make a small text large, deep or endless.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any, Final

from redshift_roles.templates.assembly import Json
from redshift_roles.templates.unusable import MAX_DEPTH, Lines, UnusableError

_MAX_SIZE: Final = 5_000_000
_SHORT: Final = re.compile(r"!([A-Za-z]+(?:::[A-Za-z]+)*)")
_STANDARD: Final = re.compile(r"tag:yaml\.org,2002:(str|int|float|bool|null|map|seq|timestamp)")
_CONSTANTS: Final = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    **dict.fromkeys(("true", "True", "TRUE", "yes", "Yes", "YES", "on", "On", "ON"), True),
    **dict.fromkeys(("false", "False", "FALSE", "no", "No", "NO", "off", "Off", "OFF"), False),
}
_MERGE: Final = "<<"
_LOOP: Final = "Fn::ForEach::"
_MARKS: Final = re.compile("[\x01\x02]")


@dataclass(slots=True)
class _Frame:
    """A mapping or list that is not finished."""

    value: Any
    tag: str | None
    anchor: str | None
    key: str | None = None
    merged: list[Any] = field(default_factory=list)
    size: int = 1
    height: int = 1


@dataclass(slots=True)
class _Anchored:
    """What an alias stands for; None while it is not finished."""

    value: Any = None
    size: int = 0
    height: int = 0
    is_finished: bool = False


def parse(text: str) -> tuple[Json, Lines]:
    """Read one YAML document.

    Raises:
        UnusableError: The text is not YAML, or not what CloudFormation takes for it.
    """
    try:
        import yaml  # noqa: PLC0415  an extra, which JSON templates do without
    except ImportError:
        raise UnusableError("YAML needs PyYAML: pip install 'cdk-redshift-roles[cli]'") from None
    builder = _Builder()
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        for event in yaml.parse(text, Loader=loader):
            builder.take(event)
    except yaml.YAMLError as error:
        raise UnusableError(_told(error)) from None
    return builder.document, builder.lines


def _told(error: Exception) -> str:
    mark = getattr(error, "problem_mark", None)
    where = f"line {mark.line + 1}: " if mark else ""
    problem = getattr(error, "problem", None) or getattr(error, "reason", None) or "not readable"
    return f"{where}not YAML: {problem}"


class _Builder:
    """Builds a document out of the parser's events, one by one: no recursion, so no text is too deep for it."""

    def __init__(self) -> None:
        self.document: Json = None
        self.lines: Lines = {}
        self._frames: list[_Frame] = []
        self._anchors: dict[str, _Anchored] = {}
        self._documents = 0
        self._event: Any = None

    def take(self, event: Any) -> None:  # noqa: ANN401  PyYAML's events share no type that tells them apart
        """Take the next event."""
        self._event = event
        kind = type(event).__name__
        if kind == "ScalarEvent":
            self._scalar(event)
        elif kind == "MappingStartEvent":
            self._start({}, event)
        elif kind == "SequenceStartEvent":
            self._start([], event)
        elif kind in ("MappingEndEvent", "SequenceEndEvent"):
            self._end()
        elif kind == "AliasEvent":
            self._alias(event.anchor)
        elif kind == "DocumentStartEvent":
            self._documents += 1
            if self._documents > 1:
                raise self._refusal("a second document; a template is one")

    def _line(self) -> int:
        return int(self._event.start_mark.line) + 1

    def _refusal(self, text: str) -> UnusableError:
        return UnusableError(f"line {self._line()}: {text}")

    def _start(self, value: Any, event: Any) -> None:  # noqa: ANN401
        if len(self._frames) >= MAX_DEPTH:
            raise self._refusal(f"nested deeper than {MAX_DEPTH} levels")
        if event.anchor:
            self._anchors[event.anchor] = _Anchored()
        self._frames.append(_Frame(value, event.tag, event.anchor))

    def _end(self) -> None:
        frame = self._frames.pop()
        for merged in frame.merged:
            for source in merged if isinstance(merged, list) else [merged]:
                for key, value in source.items() if isinstance(source, dict) else ():
                    frame.value.setdefault(key, value)
        value = self._tagged(frame.value, frame.tag)
        if frame.anchor:
            self._anchors[frame.anchor] = _Anchored(value, frame.size, frame.height, is_finished=True)
        self._add(value, frame.size, frame.height)

    def _scalar(self, event: Any) -> None:  # noqa: ANN401
        text: str = event.value
        if not text.isprintable():
            text = _MARKS.sub("\ufffd", text)
        value = _CONSTANTS.get(text, text) if event.implicit[0] and not self._awaits_key() else text
        value = self._tagged(value, event.tag)
        if event.anchor:
            self._anchors[event.anchor] = _Anchored(value, 1, 0, is_finished=True)
        self._add(value, 1, 0)

    def _alias(self, name: str) -> None:
        anchored = self._anchors.get(name)
        if anchored is None:
            raise self._refusal(f"the alias '*{name}' has no anchor")
        if not anchored.is_finished:
            raise self._refusal(f"the alias '*{name}' contains itself")
        self._add(anchored.value, anchored.size, anchored.height)

    def _tagged(self, value: Json, tag: str | None) -> Json:
        if tag in (None, "!"):
            return value
        short = _SHORT.fullmatch(str(tag))
        if short:
            name = short[1]
            if name == "GetAtt" and isinstance(value, str):
                value = value.split(".", 1)
            return {name if name in ("Ref", "Condition") else f"Fn::{name}": value}
        if _STANDARD.fullmatch(str(tag)):
            return value
        raise self._refusal(f"the tag '{tag}' is no part of CloudFormation")

    def _awaits_key(self) -> bool:
        return bool(self._frames) and isinstance(self._frames[-1].value, dict) and self._frames[-1].key is None

    def _add(self, value: Any, size: int, height: int) -> None:  # noqa: ANN401
        if not self._frames:
            self.document = value
            return
        frame = self._frames[-1]
        frame.size += size
        frame.height = max(frame.height, height + 1)
        if len(self._frames) + height > MAX_DEPTH:
            raise self._refusal(f"nested deeper than {MAX_DEPTH} levels")
        if frame.size > _MAX_SIZE:
            raise self._refusal(f"aliases repeat more than {_MAX_SIZE:,} values")
        if isinstance(frame.value, list):
            frame.value.append(value)
        elif frame.key is None:
            self._begin_entry(frame, value)
        else:
            if frame.key == _MERGE:
                frame.merged.append(value)
            else:
                frame.value[frame.key] = value
            frame.key = None

    def _begin_entry(self, frame: _Frame, key: Json) -> None:
        if not isinstance(key, str):
            raise self._refusal("a key that is no text")
        if key in frame.value:
            raise self._refusal(f"the key '{key}' stands twice")
        frame.key = key
        if len(self._frames) > 1 and self._frames[0].key == "Resources":
            self._note_line()

    def _note_line(self) -> None:
        """Remember where a resource begins, and its sections and entries; those in a loop by what the loop repeats."""
        first = 1
        while len(self._frames) > first + 2 and (self._frames[first].key or "").startswith(_LOOP):
            first += 2
        if len(self._frames) <= first + 3:
            keys = [(frame.key or "") for frame in self._frames[first:]]
            self.lines.setdefault((keys[0].replace("&{", "${"), *keys[1:]), self._line())
