"""The shapes an argument can have: a text, a number, a flag, a CDK object, a list.

A name and a value flow in; what is wrong with the value, in the words of the argument, flows out.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import singledispatch
from typing import Final, NamedTuple, Protocol

from redshift_roles.aws.placeholders import is_list_token, is_nameless, is_number_token, is_text_token, readable
from redshift_roles.rules.registry import Problem

_SURROGATE: Final = re.compile("[\ud800-\udfff]")


class Shape(Protocol):
    """What a value must be."""

    def check(self, name: str, value: object) -> Iterator[Problem]:
        """Return what is wrong with a value, by the name of the argument."""


class Text(NamedTuple):
    """A text argument: its pattern, the allowed values in words, one to imitate, and whether it must be known
    at synth.
    """

    pattern: str
    allowed: str
    example: str
    literal: bool = False

    def fits(self, value: object) -> bool:
        """Compare a value with the pattern; nothing can write half a character (a lone surrogate), or a list as
        a text.
        """
        if not isinstance(value, str) or _SURROGATE.search(value) or is_list_token(value):
            return False
        if self.literal and readable(value) != value:
            return False
        return bool(re.fullmatch(self.pattern, value, re.ASCII))

    def check(self, name: str, value: object) -> Iterator[Problem]:
        """Refuse what does not fit; what only the deployment knows may fit."""
        if (self.literal or not is_text_token(value)) and not self.fits(value):
            yield Problem(
                name, f"'{name}' must be {self.allowed}, got {shown(value)}", f"write it like {name}='{self.example}'"
            )


class Number(NamedTuple):
    """A whole-number argument, its range, and whether it must be known at synth time."""

    low: int
    high: int
    literal: bool = False

    def check(self, name: str, value: object) -> Iterator[Problem]:
        """Compare a value with the range; what only the deployment knows may be in it."""
        if not self.literal and is_number_token(value):
            return
        if not is_whole(value) or not self.low <= value <= self.high:  # type: ignore[operator]
            allowed = f"a whole number from {self.low} to {self.high}"
            yield Problem(name, f"'{name}' must be {allowed}, got {shown(value)}", f"pass {allowed}")


class Kind(NamedTuple):
    """A CDK object, known by an attribute that only its kind has."""

    attribute: str
    noun: str
    advice: str

    def fits(self, value: object) -> bool:
        """Look at the class only: no crossing into jsii."""
        return any(hasattr(found, self.attribute) for found in classes_of(value).values())

    def check(self, name: str, value: object) -> Iterator[Problem]:
        """Refuse what is of another kind."""
        if not self.fits(value):
            yield Problem(name, f"'{name}' must be {self.noun}, got {shown(value)}", self.advice)


@singledispatch
def classes_of(value: object) -> dict[str, type]:
    """Name the classes whose members a value has; another room registers objects that stand for several (`cdk`)."""
    return {type(value).__name__: type(value)}


class ListOf(NamedTuple):
    """A list of CDK objects or of texts."""

    item: Shape

    def check(self, name: str, value: object) -> Iterator[Problem]:
        """Refuse what is no list, then check each entry."""
        if isinstance(value, (str, bytes, Mapping)) or not isinstance(value, Sequence):
            yield Problem(name, f"'{name}' must be a list, got {shown(value)}", f"pass {name}=[…]")
            return
        if any(map(is_list_token, value)):
            yield unknown_list(name)
            return
        for index, entry in enumerate(value):
            yield from self.item.check(f"{name}[{index}]", entry)


class Flag:
    """A yes or no."""

    def check(self, name: str, value: object) -> Iterator[Problem]:
        """Refuse what is neither."""
        if not isinstance(value, bool):
            yield Problem(
                name, f"'{name}' must be True or False, got {shown(value)}", f"pass {name}=True or {name}=False"
            )


def is_whole(value: object) -> bool:
    """Say whether a value is a whole number; True and False are none."""
    return isinstance(value, int) and not isinstance(value, bool)


def unknown_list(name: str) -> Problem:
    """Refuse a list that only the deployment knows, where each entry is written by itself."""
    allowed = "a list whose entries are counted at synth"
    return Problem(name, f"'{name}' must be {allowed}, got a list that only the deployment knows", "name each of them")


def shown(value: object) -> str:
    """Write a value as the caller would."""
    if is_nameless(value):
        return _unknown(value)
    if value is None or isinstance(value, (str, bytes, int, float)):
        return readable(repr(value))
    name = next(iter(classes_of(value)))
    return f"an {name}" if name[0] in "AEIOaeio" else f"a {name}"


def _unknown(value: object) -> str:
    if isinstance(value, str) and not is_list_token(value):
        return "a value that only the deployment knows"
    return f"a {'number' if is_number_token(value) else 'list'} that only the deployment knows"


def id_shown(value: object) -> str:
    """Write a construct's id as it stands in a path."""
    return readable(value) if isinstance(value, str) else shown(value)
