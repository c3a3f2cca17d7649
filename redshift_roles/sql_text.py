"""
Values as SQL text: literals and identifiers that nothing can break out of, and the names of roles.

Values flow in, tokens among them; SQL text, and what is wrong with the values, flow out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Final, Protocol

from redshift_roles import limits, role_arns, rulebook
from redshift_roles.findings import RoleAssociationError
from redshift_roles.limits import Source
from redshift_roles.rulebook import Trouble
from redshift_roles.shapes import shown
from redshift_roles.tokens import is_token, split_outside_tokens

DEFAULT: Final = "default"
SESSION: Final = "SESSION"
_NUL: Final = "\x00"


class HasRoleArn(Protocol):
    """
    A role, such as an `iam.IRole`.
    """

    @property
    def role_arn(self) -> str:
        """
        Its ARN, perhaps a token.
        """


class HasRoleArns(Protocol):
    """
    A chain of roles, such as a `RoleChain`.
    """

    @property
    def role_arns(self) -> tuple[str, ...]:
        """
        Their ARNs, in order.
        """


# A role, a chain, ``default``, ``SESSION``, or ARNs as text with commas between them.
Role = HasRoleArn | HasRoleArns | str
# ``table``, ``schema.table``, or the parts one by one where a part has a dot.
Name = str | tuple[str, ...]


def quoted(text: str, mark: str = "'") -> str:
    """
    Write a literal, or with ``"`` an identifier. Redshift takes a backslash in a literal for an escape.
    """
    escaped = text.replace("\\", "\\\\") if mark == "'" else text
    return f"{mark}{escaped.replace(mark, mark * 2)}{mark}"


def identifier(name: str) -> str:
    """
    Write one identifier.
    """
    return quoted(name, '"')


def name(given: Name) -> str:
    """
    Write a name with its schema and database, as far as they are given.
    """
    return ".".join(identifier(part) for part in parts_of(given))


def parts_of(given: Name) -> list[str]:
    """
    Take a name apart at its dots; one that is given in parts is apart already.
    """
    return split_outside_tokens(given, ".") if isinstance(given, str) else list(given)


def name_troubles(label: str, given: object, *, most: int = 3) -> Iterator[Trouble]:
    """
    Find what cannot be a name.
    """
    whole = given if isinstance(given, (str, tuple)) else ()
    parts = parts_of(whole) if whole else []
    if not parts or len(parts) > most or not all(isinstance(part, str) for part in parts):
        allowed = f"a name of 1 to {most} parts with dots between them" if most > 1 else "a name"
        yield f"'{label}' is {shown(given)}, allowed is {allowed}", f"write it like {label}='events'"
        return
    for part in parts:
        yield from _identifier_troubles(label, part)


def identifier_troubles(label: str, given: object) -> Iterator[Trouble]:
    """
    Find what cannot be one identifier.
    """
    if not isinstance(given, str):
        yield f"'{label}' is {shown(given)}, allowed is a name", f"write it like {label}='loader'"
        return
    yield from _identifier_troubles(label, given)


def _identifier_troubles(label: str, part: str) -> Iterator[Trouble]:
    length = 1 if is_token(part) else len(part.encode())
    if not 0 < length <= limits.IDENTIFIER_LENGTH:
        allowed = f"1 to {limits.IDENTIFIER_LENGTH} bytes of UTF-8"
        yield f"'{label}' has a part of {length} bytes, allowed is {allowed}", "shorten it"
    if _NUL in part:
        yield f"'{label}' holds a NUL character, which no name can", "drop it"


def text_troubles(given: Mapping[str, object], *, empty: bool = False) -> Iterator[Trouble]:
    """
    Find what cannot be a literal: what is no text, is empty where it must not be, or holds a NUL character.
    """
    for label, value in given.items():
        if not isinstance(value, str) or not (value or empty):
            yield f"'{label}' is {shown(value)}, allowed is a text", f"write it like {label}='…'"
        elif _NUL in value:
            yield f"'{label}' holds a NUL character, which no literal can", "drop it"


def flag_troubles(given: Mapping[str, object]) -> Iterator[Trouble]:
    """
    Find what is neither yes nor no.
    """
    for label, value in given.items():
        if not isinstance(value, bool):
            yield f"'{label}' is {shown(value)}, allowed is True or False", f"pass {label}=True or {label}=False"


def choice_troubles(label: str, value: object, allowed: Sequence[str]) -> Iterator[Trouble]:
    """
    Find what is none of the words that Redshift takes.
    """
    if value not in allowed:
        words = ", ".join(allowed)
        yield f"'{label}' is {shown(value)}, allowed is one of {words}", f"pass {label}='{allowed[0]}'"


def range_troubles(label: str, value: object, low: float, high: float) -> Iterator[Trouble]:
    """
    Find numbers out of range.
    """
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not low <= value <= high:
        yield f"'{label}' is {shown(value)}, allowed is {low:g} to {high:g}", f"pass {low:g} to {high:g}"


def clashes(given: Iterable[str], first: str, forbidden: Iterable[str]) -> Iterator[Trouble]:
    """
    Find options that Redshift does not take together.
    """
    for label in given:
        if label in forbidden:
            yield f"'{label}' is given with {first}, and Redshift takes only one of them", f"drop {label}"


def arns_of(role: object) -> list[str] | None:
    """
    Read the ARNs of a role or chain; None for what is neither.
    """
    if isinstance(role, str):
        return role.split(",")
    chain = getattr(role, "role_arns", None)
    if chain is not None:
        return list(chain)
    arn = getattr(role, "role_arn", None)
    return None if arn is None else [arn]


def role_text(role: Role) -> str:
    """
    Write a role as Redshift reads it: ``default``, ``'SESSION'``, or one literal with the ARNs of a chain.
    """
    if role == DEFAULT:
        return DEFAULT
    return quoted(",".join(arns_of(role) or []))


def role_troubles(
    label: str, role: object, *, words: Sequence[str] = (DEFAULT,), chain: bool = True
) -> Iterator[Trouble]:
    """
    Find what is no role.

    Args:
        label: What the caller calls it.

        role: The role.

        words: Which words the statement takes in place of a role.

        chain: Whether the statement takes a chain.
    """
    if role in (DEFAULT, SESSION) if isinstance(role, str) else False:
        if role not in words:
            yield f"'{label}' is {shown(role)}, which this statement does not take", "pass a role, or its ARN"
        return
    arns = arns_of(role)
    if arns is None:
        allowed = "an iam.IRole, a RoleChain, 'default' or an ARN"
        yield f"'{label}' is {shown(role)}, allowed is {allowed}", f"pass {label}=role"
        return
    if len(arns) > limits.CHAINED_ROLES:
        yield (
            f"'{label}' has {len(arns)} roles, allowed is {limits.CHAINED_ROLES}",
            f"chain at most {limits.CHAINED_ROLES} roles",
        )
    if len(arns) > 1 and not chain:
        yield f"'{label}' is a chain, which this statement does not take", "pass the one role that is associated"
    for arn in arns:
        problem = "has spaces, and a chain has none" if arn != arn.strip() else _arn_problem(arn)
        if problem:
            yield f"'{label}' holds {shown(arn)}, which {problem}", "give the ARN of an IAM role"


def _arn_problem(arn: str) -> str | None:
    return None if is_token(arn) else role_arns.parse(arn).problem


def refuse(function: str, source: Source, troubles: Iterable[Trouble]) -> None:
    """
    Raise with everything that is wrong with a statement; do nothing when all is well.

    Raises:
        RoleAssociationError: InvalidArgument.
    """
    findings = [rulebook.INVALID_ARGUMENT.finding(f"sql.{function}", trouble, source) for trouble in troubles]
    if findings:
        raise RoleAssociationError(findings)


def given_options(**options: object) -> dict[str, object]:
    """
    Keep the options that are given: not None, not False.
    """
    return {label: value for label, value in options.items() if value is not None and value is not False}


def clauses(given: Mapping[str, object], written: Mapping[str, Callable[[object], str]]) -> list[str]:
    """
    Write the options that are given, in the order in which Redshift documents them.
    """
    return [write(given[label]) for label, write in written.items() if label in given]


def word(text: str) -> Callable[[object], str]:
    """
    Write an option that is a word.
    """
    return lambda _: text


def with_literal(text: str) -> Callable[[object], str]:
    """
    Write an option with a literal.
    """
    return lambda value: f"{text} {quoted(str(value))}"


def with_number(text: str) -> Callable[[object], str]:
    """
    Write an option with a number.
    """
    return lambda value: f"{text} {value:g}" if isinstance(value, float) else f"{text} {value}"


def on_or_off(text: str) -> Callable[[object], str]:
    """
    Write an option with ON or OFF.
    """
    return lambda value: f"{text} {value}"
