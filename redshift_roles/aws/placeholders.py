"""Values that only the deployment knows, where they stand in texts and arguments.

A CDK argument has tokens. The template readers write placeholders: names between two control characters, which no ARN
contains. Two equal names stand for equal values, so two equal texts are equal whatever the deployment puts in. CDK's
own test for tokens calls into the jsii kernel; this module does not.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator
from typing import Final


class Marker:
    """One way to mark a value that only the deployment knows in a text: by what stands before and after its name.

    Such values without a name match the pattern of the others.
    """

    def __init__(self, start: str, end: str, others: str = "(?!)") -> None:
        self._named = re.compile(f"{re.escape(start)}([^{re.escape(end[0])}]*){re.escape(end)}")
        self._any = re.compile(f"{self._named.pattern}|{others}")

    def names(self, text: str) -> list[str]:
        """Return the names in order."""
        return self._named.findall(text)

    def filled(self, text: str, value: Callable[[str], str]) -> str:
        """Replace each name by a value."""
        return self._named.sub(lambda match: value(match[1]), text)

    def outside(self, text: str, change: Callable[[str], str]) -> str:
        """Change what is literal."""
        return "".join(change(literal) + marked for literal, marked in self._pieces(text))

    def split(self, text: str, separator: str) -> list[str]:
        """Split at a separator, but never inside a name."""
        parts = [""]
        for literal, marked in self._pieces(text):
            first, *more = literal.split(separator)
            parts[-1] += first
            parts += more
            parts[-1] += marked
        return parts

    def _pieces(self, text: str) -> Iterator[tuple[str, str]]:
        end = 0
        for match in self._any.finditer(text):
            yield text[end : match.start()], match[0]
            end = match.end()
        yield text[end:], ""


_OPEN, _CLOSE = "\x01", "\x02"
_TOKEN, _LIST_TOKEN = "${Token[", "#{Token["
# How the token of a list, and that of a number, look inside a text.
_NAMELESS: Final = r"#\{Token\[[^\]]*\]\}|-1\.[0-9]+e\+289"
# A number that stands for a token is below any number a template can hold.
_NUMBER_TOKEN: Final = -1e200
_UNNAMED: Final = "${Token}"

PLACEHOLDERS: Final = Marker(_OPEN, _CLOSE)
TOKENS: Final = Marker(_TOKEN, "]}", _NAMELESS)


def placeholder(name: str) -> str:
    """Return the placeholder of this name."""
    return f"{_OPEN}{name}{_CLOSE}"


def has_placeholder(text: str) -> bool:
    """Return whether a part of a text is not known."""
    return _OPEN in text


def literal_start(text: str) -> str:
    """Return what stands before the first placeholder."""
    return text.partition(_OPEN)[0]


def literal_end(text: str) -> str:
    """Return what stands after the last placeholder."""
    return text.rpartition(_CLOSE)[2]


def readable(text: str) -> str:
    """Write a text for people: ``${Name}`` for a placeholder or pseudo parameter, ``${Token}`` for any other token."""
    if _OPEN not in text and "{Token[" not in text and "e+289" not in text:
        return text
    named = PLACEHOLDERS.filled(text, lambda name: f"${{{name.rpartition('#')[2]}}}")
    return re.sub(_NAMELESS, _UNNAMED, TOKENS.filled(named, _pseudo_parameter))


def _pseudo_parameter(token: str) -> str:
    return f"${{{token.rpartition('.')[0].replace('.', '::')}}}" if token.startswith("AWS.") else _UNNAMED


# What CDK writes until its command line has looked up a parameter (``value_from_lookup``) or a role (``from_lookup``).
_AWAITED_VALUE: Final = "dummy-value-for-"
_AWAITED_ROLE: Final = ":123456789012:role/DUMMY_ARN"
# How the ARN ends that CDK writes for a role without a name, where others make the roles (``customize_roles``), and the
# name for it: CDK's own, which no role can have.
_NAMELESS_ROLE: Final = ":role"
MISSING_ROLE: Final = ":role/missing role"


def is_awaited(text: str) -> bool:
    """Return whether a text stands for what CDK does not know yet, and will before the app can be deployed."""
    return text.startswith(_AWAITED_VALUE) or text.endswith((_AWAITED_ROLE, MISSING_ROLE))


def with_missing_name(arn: str) -> str:
    """Name the role of an ARN that ends before the name, where CDK takes roles from others."""
    return arn.removesuffix(_NAMELESS_ROLE) + MISSING_ROLE if arn.endswith(_NAMELESS_ROLE) else arn


def is_token(value: object) -> bool:
    """Return whether a string, a number or an entry of a list is a token or contains one."""
    if isinstance(value, str):
        return _TOKEN in value or _LIST_TOKEN in value
    if isinstance(value, (list, tuple)):
        return any(map(is_token, value))
    return is_number_token(value)


def is_number_token(value: object) -> bool:
    """Return whether a number is a token."""
    return isinstance(value, float) and value < _NUMBER_TOKEN


def is_list_token(entry: object) -> bool:
    """Return whether an entry of a list stands for a whole list."""
    return isinstance(entry, str) and _LIST_TOKEN in entry


def is_text_token(value: object) -> bool:
    """Return whether a value is a text with a token; the token of a list or a number makes no text."""
    return isinstance(value, str) and _TOKEN in value and _LIST_TOKEN not in value


def is_nameless(value: object) -> bool:
    """Return whether a value is one token without a readable name and nothing else."""
    if isinstance(value, (list, tuple)):
        return any(map(is_list_token, value))
    return readable(value) == _UNNAMED if isinstance(value, str) else is_token(value)


def token_first(text: str) -> bool:
    """Return whether a text begins with a token."""
    return text.startswith((_TOKEN, _LIST_TOKEN))


def present(required: Collection[str] = (), **arguments: object) -> dict[str, object]:
    """Return the arguments that are given, and the required ones even when they are None."""
    return {name: value for name, value in arguments.items() if value is not None or name in required}
