"""SQL text and its options: how each is written, what its value must be, and what excludes it."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from typing import Any, Final, NamedTuple

from redshift_roles.aws import quotas
from redshift_roles.aws.placeholders import TOKENS, is_number_token, is_text_token, readable, token_first
from redshift_roles.rules import registry
from redshift_roles.rules.arguments import Flag, ListOf, Number, Shape, Text, shown
from redshift_roles.rules.findings import RoleAssociationError
from redshift_roles.rules.registry import Problem

# ``table``, ``schema.table``, or the parts in a tuple where a part contains a dot.
Name = str | tuple[str, ...]

TEXT: Final = Text(r"(?s:[^\0]+)", "non-empty UTF-8 text without NUL characters", "…")
MAYBE_EMPTY: Final = Text(r"(?s:[^\0]*)", "UTF-8 text without NUL characters", "…")
CHARACTER: Final = Text(r"[\x01-\x7f]", "one ASCII character", "|")
_S3: Final = "s3://"
_WILDCARD: Final = re.compile(r"[*?]")


def quoted(text: str, mark: str = "'") -> str:
    """Return a literal, or with ``"`` an identifier. In a literal, Redshift reads a backslash as an escape."""
    escaped = text.replace("\\", "\\\\") if mark == "'" else text
    return f"{mark}{escaped.replace(mark, mark * 2)}{mark}"


def identifier(name: str) -> str:
    """Return one quoted identifier."""
    return quoted(name, '"')


def identifiers(names: Iterable[str], prefix: str = "") -> str:
    """Return quoted identifiers with commas between them."""
    return ", ".join(f"{prefix}{identifier(name)}" for name in names)


def qualified(name: Name) -> str:
    """Return a quoted name with its schema and database, if they are given."""
    return ".".join(map(identifier, _parts(name)))


def _parts(name: Name) -> list[str]:
    return TOKENS.split(name, ".") if isinstance(name, str) else list(name)


def any_of(words: Iterable[str]) -> str:
    """Return words with commas and an "or" between them."""
    *others, last = words
    return f"{', '.join(others)} or {last}" if others else last


def one_of(*words: str) -> Text:
    """Return the shape of a keyword; a token cannot be one."""
    return Text("|".join(words), f"one of {', '.join(words)}", words[0], literal=True)


class Literal(NamedTuple):
    """Text that is written as a literal. A token in it passes; the text around it is checked."""

    text: Text = TEXT

    def check(self, name: str, value: object) -> Iterator[Problem]:
        """Check the text; what follows a token may have any form."""
        if isinstance(value, str) and is_text_token(value):
            yield from (TEXT if token_first(value) else self.text).check(name, readable(value))
        else:
            yield from self.text.check(name, value)


class S3Location(NamedTuple):
    """The address of one object in Amazon S3, or of all objects whose keys begin so; Redshift knows no patterns."""

    text: Text
    is_one: bool = False

    def check(self, name: str, value: object) -> Iterator[Problem]:
        """Check the text, then the bucket and the key, as far as they are no tokens."""
        wrong = [*Literal(self.text).check(name, value)]
        yield from wrong
        if wrong or not isinstance(value, str) or not value.startswith(_S3):
            return
        text = readable(value)
        bucket = TOKENS.split(value.removeprefix(_S3), "/")[0]
        if bucket.startswith("arn:") or bucket.endswith(quotas.RESERVED_BUCKET_SUFFIXES):
            allowed = "in a bucket by its own name, since Redshift documents no access points"
            yield Problem(name, f"'{name}' must be {allowed}, got {text!r}", "write the name of the bucket itself")
        before = _WILDCARD.split(text)[0]
        if before != text:
            allowed = "one address" if self.is_one else "what the addresses begin with"
            fix = "name one object" if self.is_one else f"write '{before}'"
            if _WILDCARD.search(bucket):
                fix = "name one bucket"
            yield Problem(name, f"'{name}' must be {allowed}, without * and ?, got {text!r}", fix)


class Identifier(NamedTuple):
    """A name of 1 to 127 bytes; tokens in it are not counted."""

    text: Text = TEXT

    def check(self, name: str, value: object) -> Iterator[Problem]:
        """Check the text and its length."""
        yield from Literal(self.text).check(name, value)
        known = TOKENS.filled(value, lambda _: "") if isinstance(value, str) else ""
        length = len(known.encode(errors="surrogatepass"))
        if length > quotas.IDENTIFIER_LENGTH:
            allowed = f"at most {quotas.IDENTIFIER_LENGTH} bytes of UTF-8"
            yield Problem(name, f"'{name}' must be {allowed}, got {length}", "shorten it")


class QualifiedName:
    """A name of up to three parts: database, schema, table."""

    def check(self, name: str, value: object) -> Iterator[Problem]:
        """Check the number of parts, then each part."""
        parts = _parts(value) if isinstance(value, (str, tuple)) and value else []
        if not 1 <= len(parts) <= 3:
            allowed = "a name of 1 to 3 parts with dots between them"
            yield Problem(name, f"'{name}' must be {allowed}, got {shown(value)}", f"write it like {name}='events'")
        for part in parts[:3]:
            yield from Identifier().check(name, part)


class Whole(NamedTuple):
    """A whole number. A token must be given as text, because a number token cannot be in a text."""

    low: int
    high: int

    def check(self, name: str, value: object) -> Iterator[Problem]:
        """Check the range."""
        if is_number_token(value):
            yield Problem(
                name, f"'{name}' must be text if it is a token, got {shown(value)}", "pass Token.as_string(…)"
            )
        elif not is_text_token(value):
            yield from Number(self.low, self.high).check(name, value)


NAMES: Final = ListOf(Identifier())


class Option(NamedTuple):
    """An argument of a statement; None, False and an empty list mean that it is not given."""

    value: object
    write: Callable[[Any], str]
    shape: Shape
    conflicts: Collection[str] = ()  # arguments that exclude it, such as `ssh` or `format='CSV'`
    needs: Collection[str] = ()  # arguments of which one must be given with it
    required: str = ""  # when it must be given, such as `for KINESIS`

    @property
    def is_given(self) -> bool:
        """Whether there is something to check and to write."""
        return self.value is not None and self.value is not False and self.value not in ((), [])

    @property
    def sql(self) -> str:
        """Its text; empty if it is not given."""
        return self.write(self.value) if self.is_given else ""

    def problems(self, name: str, present: Collection[str]) -> Iterator[Problem]:
        """Check it alone and with the arguments that are present."""
        if not self.is_given:
            if self.required:
                yield Problem(name, f"'{name}' is required {self.required}", f"pass {name}=…")
            return
        yield from self.shape.check(name, self.value)
        for other in self.conflicts:
            if other in present:
                yield Problem(name, f"'{name}' cannot be combined with {other}", f"drop {name}")
        if self.needs and not any(other in present for other in self.needs):
            needed = any_of(self.needs)
            yield Problem(name, f"'{name}' needs {needed}", f"drop {name}, or pass {needed}")


def flag(value: object, word: str, conflicts: Collection[str] = (), needs: Collection[str] = ()) -> Option:
    """Return an option that is a word."""
    return Option(value, lambda _: word, Flag(), conflicts, needs)


def literal(
    value: object,
    word: str,
    text: Text = TEXT,
    conflicts: Collection[str] = (),
    needs: Collection[str] = (),
    required: str = "",
) -> Option:
    """Return an option that is a word and a literal."""
    return Option(value, lambda given: f"{word} {quoted(given)}", Literal(text), conflicts, needs, required)


def bare(
    value: object,
    word: str,
    shape: Shape,
    conflicts: Collection[str] = (),
    needs: Collection[str] = (),
    required: str = "",
) -> Option:
    """Return an option that is a word and a keyword or a number."""
    return Option(value, lambda given: f"{word} {given}", shape, conflicts, needs, required)


def check(
    function: str,
    source: quotas.Source,
    options: Mapping[str, Option],
    *,
    context: Iterable[str] = (),
    problems: Iterable[Problem] = (),
) -> None:
    """Check the options of a statement, by argument, and raise InvalidArgument with all problems.

    The conflicts and needs of options may name what the context has besides.
    """
    given = {name: option.value for name, option in options.items() if option.is_given}
    present = {*context, *given, *(f"{name}={value!r}" for name, value in given.items() if isinstance(value, str))}
    found = [problem for name, option in options.items() for problem in option.problems(name, present)]
    found += problems
    if found:
        findings = [registry.INVALID_ARGUMENT.finding(f"sql.{function}", problem, source) for problem in found]
        raise RoleAssociationError(findings)


def written(options: Mapping[str, Option], order: Iterable[str] | None = None) -> str:
    """Return the options that are given, in the order of the mapping or in another one."""
    return " ".join(filter(None, (options[name].sql for name in order or options)))
