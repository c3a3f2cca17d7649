"""What stands for a value that only the deployment knows.

Arguments flow in; those that are literals flow out. The only room that knows what a Token looks like: CDK's own test
costs a crossing into the jsii kernel.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from typing import Final

_TOKEN_MARKS: Final = ("${Token[", "#{Token[")
# A number that stands for a token is below any number a template can hold.
_NUMBER_TOKEN: Final = -1e200
_TOKEN: Final = re.compile(r"\$\{Token\[([^\]]*)\]\}")
# How the token of a list, and that of a number, look inside a text.
_OTHER_TOKEN: Final = re.compile(r"#\{Token\[[^\]]*\]\}|-1\.[0-9]+e\+289")
_ANY_TOKEN: Final = re.compile(f"{_TOKEN.pattern}|{_OTHER_TOKEN.pattern}")
_UNNAMED: Final = "${Token}"


def is_token(value: object) -> bool:
    """Say whether a string, number or list stands for a value that only the deployment knows."""
    if isinstance(value, str):
        return any(mark in value for mark in _TOKEN_MARKS)
    if isinstance(value, (list, tuple)):
        return any(is_token(item) for item in value)
    return is_number_token(value)


def is_number_token(value: object) -> bool:
    """Say whether a number stands for one that only the deployment knows."""
    return isinstance(value, float) and value < _NUMBER_TOKEN


def is_list_token(entry: object) -> bool:
    """Say whether the entry of a list stands for a whole list."""
    return isinstance(entry, str) and _TOKEN_MARKS[1] in entry


def is_text_token(value: object) -> bool:
    """Say whether a text has a part that only the deployment knows; the token of a list or a number makes no text."""
    return isinstance(value, str) and _TOKEN_MARKS[0] in value and _TOKEN_MARKS[1] not in value


def present(required: Collection[str] = (), **arguments: object) -> dict[str, object]:
    """Keep the arguments that are given; a required one is kept even when it is None."""
    return {name: value for name, value in arguments.items() if value is not None or name in required}


def known(arguments: Mapping[str, object]) -> dict[str, object]:
    """Keep the arguments that are no tokens."""
    return {name: value for name, value in arguments.items() if not is_token(value)}


def outside_tokens(text: str, change: Callable[[str], str]) -> str:
    """Change the literal parts of a text."""
    end, parts = 0, []
    for token in _TOKEN.finditer(text):
        parts += [change(text[end : token.start()]), token[0]]
        end = token.end()
    return "".join([*parts, change(text[end:])])


def split_outside_tokens(text: str, separator: str) -> list[str]:
    """Take a text apart at a separator, but never inside a token."""
    tokens = _ANY_TOKEN.finditer(text)
    parts = _ANY_TOKEN.sub(_TOKEN_MARKS[0], text).split(separator)
    return [re.sub(re.escape(_TOKEN_MARKS[0]), lambda _: next(tokens)[0], part) for part in parts]


def readable(text: str) -> str:
    """Write a text for people: ``${AWS::Region}``, or ``${Token}`` for what has no name."""
    return _OTHER_TOKEN.sub(_UNNAMED, token_values(text, _named))


def _named(token: str) -> str:
    name, _, _ = token.rpartition(".")
    return f"${{{name.replace('.', '::')}}}" if name.startswith("AWS.") else _UNNAMED


def is_nameless(value: object) -> bool:
    """Say whether a value is a token, nothing beside it, of which no more can be told."""
    if isinstance(value, (list, tuple)):
        return any(map(is_list_token, value))
    return readable(value) == _UNNAMED if isinstance(value, str) else is_token(value)


def token_values(text: str, value: Callable[[str], str]) -> str:
    """Put values in the place of tokens; a token's name begins with what it stands for, such as ``AWS.Partition``."""
    return _TOKEN.sub(lambda token: value(token[1]), text)


def token_names(text: str) -> list[str]:
    """Name the tokens in a text."""
    return _TOKEN.findall(text)


def token_first(text: str) -> bool:
    """Say whether a text begins with a token."""
    return text.startswith(_TOKEN_MARKS)
