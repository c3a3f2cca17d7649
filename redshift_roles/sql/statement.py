"""Values as SQL text: literals and identifiers that nothing can break out of.

Values flow in, tokens among them; SQL text flows out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal

from redshift_roles.aws.placeholders import TOKENS

# ``table``, ``schema.table``, or the parts one by one where a part has a dot.
Name = str | tuple[str, ...]


def quoted(text: str, mark: str = "'") -> str:
    """Write a literal, or with ``"`` an identifier. Redshift takes a backslash in a literal for an escape."""
    escaped = text.replace("\\", "\\\\") if mark == "'" else text
    return f"{mark}{escaped.replace(mark, mark * 2)}{mark}"


def identifier(name: str) -> str:
    """Write one identifier."""
    return quoted(name, '"')


def identifiers(names: Iterable[str]) -> str:
    """Write identifiers with commas between them."""
    return ", ".join(map(identifier, names))


def name(given: Name) -> str:
    """Write a name with its schema and database, as far as they are given."""
    return ".".join(identifier(part) for part in parts_of(given))


def parts_of(given: Name) -> list[str]:
    """Take a name apart at its dots; one that is given in parts is apart already."""
    return TOKENS.split(given, ".") if isinstance(given, str) else list(given)


def given_options(**options: object) -> dict[str, object]:
    """Keep the options that are given: not None, not False."""
    return {label: value for label, value in options.items() if value is not None and value is not False}


def clauses(given: Mapping[str, object], written: Mapping[str, Callable[[object], str]]) -> list[str]:
    """Write the options that are given, in the order in which Redshift documents them."""
    return [write(given[label]) for label, write in written.items() if label in given]


def word(text: str) -> Callable[[object], str]:
    """Write an option that is a word."""
    return lambda _: text


def with_literal(text: str) -> Callable[[object], str]:
    """Write an option with a literal."""
    return lambda value: f"{text} {quoted(str(value))}"


def with_value(text: str) -> Callable[[object], str]:
    """Write an option with a number or a word that was checked."""
    return lambda value: f"{text} {_decimal(value) if isinstance(value, float) else value}"


def _decimal(number: float) -> str:
    """Write a number to its last digit, without an exponent."""
    return f"{Decimal(str(number)):f}".removesuffix(".0")
