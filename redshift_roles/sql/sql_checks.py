"""What cannot stand in a statement.

Arguments flow in, with what the caller calls them; what is wrong with them, and what to do, flows out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from redshift_roles.aws import quotas
from redshift_roles.aws.placeholders import TOKENS, is_list_token, is_number_token, is_text_token, is_token
from redshift_roles.aws.quotas import Source
from redshift_roles.rules import registry
from redshift_roles.rules.findings import RoleAssociationError
from redshift_roles.rules.registry import Problem
from redshift_roles.rules.shapes import Flag, Number, shown, unknown_list
from redshift_roles.sql.statement import parts_of


def raise_if(function: str, source: Source, problems: Iterable[Problem]) -> None:
    """Raise with everything that is wrong with a statement; do nothing when all is well.

    Raises:
        RoleAssociationError: InvalidArgument.
    """
    findings = [registry.INVALID_ARGUMENT.finding(f"sql.{function}", problem, source) for problem in problems]
    if findings:
        raise RoleAssociationError(findings)


def name_problems(label: str, given: object, *, most: int = 3) -> Iterator[Problem]:
    """Find what cannot be a name."""
    if any(map(is_list_token, given if isinstance(given, tuple) else [given])):
        yield _entry_of_unknown(label)
        return
    whole = given if isinstance(given, (str, tuple)) else ()
    parts = parts_of(whole) if whole else []
    if not parts or len(parts) > most or not all(isinstance(part, str) for part in parts):
        allowed = f"a name of 1 to {most} parts with dots between them"
        yield Problem(label, f"'{label}' must be {allowed}, got {shown(given)}", f"write it like {label}='events'")
        return
    for part in parts:
        yield from _part_problems(label, part)


def identifier_problems(label: str, given: object) -> Iterator[Problem]:
    """Find what cannot be one identifier."""
    if not isinstance(given, str):
        yield Problem(label, f"'{label}' must be a name, got {shown(given)}", f"write it like {label}='loader'")
        return
    yield from _part_problems(label, given)


def list_problems(
    label: str, given: object, check: Callable[[str, object], Iterable[Problem]] = identifier_problems
) -> Iterator[Problem]:
    """Refuse what is no list, a text above all, which is a list of letters to Python; then check each entry."""
    if isinstance(given, (str, bytes)) or not isinstance(given, Sequence):
        yield Problem(label, f"'{label}' must be a list, got {shown(given)}", f"pass {label}=[…]")
        return
    if any(map(is_list_token, given)):
        yield unknown_list(label)
        return
    for index, entry in enumerate(given):
        yield from check(f"{label}[{index}]", entry)


def _part_problems(label: str, part: str) -> Iterator[Problem]:
    """Measure what is literal; the deployment adds the rest."""
    length = len(_literal(part).encode(errors="surrogatepass"))
    if length > quotas.IDENTIFIER_LENGTH or not part:
        allowed = f"1 to {quotas.IDENTIFIER_LENGTH} bytes of UTF-8"
        yield Problem(label, f"'{label}' has a part of {length} bytes, allowed is {allowed}", f"give it {allowed}")
    yield from _character_problems(label, part)


def _entry_of_unknown(label: str) -> Problem:
    return Problem(
        label, f"'{label}' must be a text, got a list that only the deployment knows", "pass one entry: Fn.select(0, …)"
    )


def _literal(text: str) -> str:
    return TOKENS.filled(text, lambda _: "")


def _character_problems(label: str, text: str) -> Iterator[Problem]:
    if is_list_token(text):
        yield _entry_of_unknown(label)
    if "\x00" in text:
        yield Problem(label, f"'{label}' holds a NUL character, which no statement can", "drop it")
    if any("\ud800" <= character <= "\udfff" for character in text):
        yield Problem(
            label, f"'{label}' holds half a character (a lone surrogate), which UTF-8 cannot write", "drop it"
        )


def text_problems(given: Mapping[str, object], *, empty: bool = False) -> Iterator[Problem]:
    """Find what cannot be a literal: what is no text, is empty where it must not be, or holds what no statement can."""
    for label, value in given.items():
        if not isinstance(value, str) or not (value or empty):
            yield Problem(label, f"'{label}' must be a text, got {shown(value)}", f"write it like {label}='…'")
        else:
            yield from _character_problems(label, value)


def character_problems(label: str, value: object) -> Iterator[Problem]:
    """Find what is not one ASCII character."""
    if isinstance(value, str) and not is_token(value) and not (len(value) == 1 and value.isascii()):
        yield Problem(
            label,
            f"'{label}' must be one ASCII character, got {shown(value)}",
            "pass the character itself, such as '|'",
        )


def flag_problems(**given: object) -> Iterator[Problem]:
    """Find what is neither yes nor no."""
    for label, value in given.items():
        yield from Flag().check(label, value)


def choice_problems(label: str, value: object, allowed: Sequence[str]) -> Iterator[Problem]:
    """Find what is none of the words that Redshift takes."""
    if value not in allowed:
        yield Problem(
            label, f"'{label}' must be one of {', '.join(allowed)}, got {shown(value)}", f"pass one of them as {label}"
        )


def whole_problems(label: str, value: object, low: int, high: int) -> Iterator[Problem]:
    """Find what is no whole number, or one out of range; a token must come as text."""
    if is_number_token(value):
        yield Problem(
            label, f"'{label}' is a token for a number, which no text can hold", f"pass Token.as_string(…) as {label}"
        )
    elif not is_text_token(value):
        yield from Number(low, high).check(label, value)


def range_problems(label: str, value: object, low: float, high: float) -> Iterator[Problem]:
    """Find numbers out of range."""
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not low <= value <= high:
        yield Problem(label, f"'{label}' must be {low:g} to {high:g}, got {shown(value)}", f"pass {low:g} to {high:g}")


def clashes(given: Iterable[str], first: str, forbidden: Iterable[str]) -> Iterator[Problem]:
    """Find options that Redshift does not take together."""
    for label in given:
        if label in forbidden:
            yield Problem(
                label, f"'{label}' is given with {first}, and Redshift takes only one of them", f"drop {label}"
            )
