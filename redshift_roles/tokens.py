"""
What stands for a value that only the deployment knows.

Arguments flow in; those that are literals flow out. The only room that knows what a Token looks like: CDK's own test
costs a crossing into the jsii kernel.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from typing import Final

_TOKEN_MARKS: Final = ("${Token[", "#{Token[")
# A number that stands for a token is below any number a template can hold.
_NUMBER_TOKEN: Final = -1e200
_TOKEN: Final = re.compile(r"\$\{Token\[([^\]]*)\]\}")


def is_token(value: object) -> bool:
    """
    Say whether a string, number or list stands for a value that only the deployment knows.
    """
    if isinstance(value, str):
        return any(mark in value for mark in _TOKEN_MARKS)
    if isinstance(value, (list, tuple)):
        return any(is_token(item) for item in value)
    return isinstance(value, float) and value < _NUMBER_TOKEN


def is_list_token(entry: str) -> bool:
    """
    Say whether the entry of a list stands for a whole list.
    """
    return _TOKEN_MARKS[1] in entry


def known(required: Collection[str] = (), **given: object) -> dict[str, object]:
    """
    Keep the arguments that are given and are no tokens; a required one is kept even when it is None.
    """
    present = {name: value for name, value in given.items() if value is not None or name in required}
    return {name: value for name, value in present.items() if not is_token(value)}


def outside_tokens(text: str, change: Callable[[str], str]) -> str:
    """
    Change the literal parts of a text.
    """
    end, parts = 0, []
    for token in _TOKEN.finditer(text):
        parts += [change(text[end : token.start()]), token[0]]
        end = token.end()
    return "".join([*parts, change(text[end:])])


def split_outside_tokens(text: str, separator: str) -> list[str]:
    """
    Take a text apart at a separator, but never inside a token.
    """
    tokens = iter(_TOKEN.findall(text))
    parts = _TOKEN.sub(_TOKEN_MARKS[0], text).split(separator)
    return [re.sub(re.escape(_TOKEN_MARKS[0]), lambda _: f"${{Token[{next(tokens)}]}}", part) for part in parts]


def readable(text: str) -> str:
    """
    Write a text for people: ``${AWS::Region}``, or ``${Token}`` for what has no name.
    """
    return token_values(text, lambda name: f"${{{_named(name)}}}")


def _named(token: str) -> str:
    name, _, _ = token.rpartition(".")
    return name.replace(".", "::") if name.startswith("AWS.") else "Token"


def token_values(text: str, value: Callable[[str], str]) -> str:
    """
    Put values in the place of tokens; a token's name begins with what it stands for, such as ``AWS.Partition``.
    """
    return _TOKEN.sub(lambda token: value(token[1]), text)


def token_names(text: str) -> list[str]:
    """
    Name the tokens in a text.
    """
    return _TOKEN.findall(text)


def token_first(text: str) -> bool:
    """
    Say whether a text begins with a token.
    """
    return text.startswith(_TOKEN_MARKS)
