"""What cannot stand in a statement."""

from __future__ import annotations

import pytest

from redshift_roles import RoleAssociationError
from redshift_roles.aws import quotas
from redshift_roles.rules.registry import Problem
from redshift_roles.sql import sql_checks

TOKEN = "${Token[TOKEN.7]}"  # noqa: S105  a reference, not a secret
NAME = "allowed is a name of 1 to 3 parts with dots between them"
BYTES = "allowed is 1 to 127 bytes of UTF-8"
SURROGATE = "'x' holds half a character (a lone surrogate), which UTF-8 cannot write"


def _messages(*problems: Problem) -> list[str]:
    return [message for _, message, _ in problems]


@pytest.mark.parametrize(
    ("given_name", "message"),
    [
        ("", f"'x' is empty, {NAME}"),
        (7, f"'x' is 7, {NAME}"),
        ((), f"'x' is a tuple, {NAME}"),
        ((1,), f"'x' is a tuple, {NAME}"),
        (["a"], f"'x' is a list, {NAME}"),
        ("a.b.c.d", f"'x' is 'a.b.c.d', {NAME}"),
        (f"a.b.c.{TOKEN}", f"'x' is 'a.b.c.${{Token}}', {NAME}"),
        ("a..b", f"'x' has a part of 0 bytes, {BYTES}"),
        ("a" * 128, f"'x' has a part of 128 bytes, {BYTES}"),
        ("ü" * 64, f"'x' has a part of 128 bytes, {BYTES}"),
        (TOKEN + "a" * 128, f"'x' has a part of 128 bytes, {BYTES}"),
        ("a\x00b", "'x' holds a NUL character, which no statement can"),
        ("a\ud800b", SURROGATE),
    ],
)
def test_fails_when_a_name_is_none(given_name: object, message: str) -> None:
    """Redshift would refuse it, or read another name."""
    assert [message] == _messages(*sql_checks.name_problems("x", given_name))


@pytest.mark.parametrize("given_name", ["a" * 127, TOKEN * 9, TOKEN + "a" * 127, "a.b.c", ("a.b", "c"), "\ud7ff\ue000"])
def test_the_longest_name_passes(given_name: object) -> None:
    """127 bytes, of what is literal in it, in three parts."""
    assert [] == list(sql_checks.name_problems("x", given_name))


@pytest.mark.parametrize(
    ("given_name", "message"),
    [
        (None, "'x' must be a name, got None"),
        (("a",), "'x' must be a name, got a tuple"),
        ("", f"'x' has a part of 0 bytes, {BYTES}"),
        ("a" * 128, f"'x' has a part of 128 bytes, {BYTES}"),
    ],
)
def test_fails_when_an_identifier_is_none(given_name: object, message: str) -> None:
    """It is one text, which may have dots."""
    assert [message] == _messages(*sql_checks.identifier_problems("x", given_name))
    assert [] == list(sql_checks.identifier_problems("x", "a.b.c.d"))


@pytest.mark.parametrize(
    ("value", "shown"), [("id", "'id'"), (b"id", "b'id'"), (None, "None"), ({"id"}, "a set"), ({}, "a dict")]
)
def test_fails_when_a_list_is_none(value: object, shown: str) -> None:
    """A text is a list of letters to Python, which nobody means."""
    assert [f"'x' must be a list, got {shown}"] == _messages(*sql_checks.list_problems("x", value))


def test_fails_when_an_entry_is_wrong() -> None:
    """The message says which."""
    assert ["'x[1]' must be a name, got 7", f"'x[3]' has a part of 0 bytes, {BYTES}"] == _messages(
        *sql_checks.list_problems("x", ["a", 7, "b", ""])
    )
    assert [] == list(sql_checks.list_problems("x", ("a", "b")))


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (None, "'x' must be a text, got None"),
        ("", "'x' must be a text, got ''"),
        (b"x", "'x' must be a text, got b'x'"),
        ("a\x00", "'x' holds a NUL character, which no statement can"),
        ("\udfff", SURROGATE),
    ],
)
def test_fails_when_a_literal_is_none(value: object, message: str) -> None:
    """It is a text that Redshift can read, with something in it."""
    assert [message] == _messages(*sql_checks.text_problems({"x": value}))


def test_a_literal_may_be_empty_where_that_means_something() -> None:
    """NULL AS '' is a usual option."""
    assert [] == list(sql_checks.text_problems({"x": "", "y": "☃"}, empty=True))


@pytest.mark.parametrize(("value", "shown"), [("||", "'||'"), ("é", "'é'"), ("", "empty")])
def test_fails_when_it_is_not_one_character(value: str, shown: str) -> None:
    """One, and of ASCII."""
    assert [f"'x' must be one ASCII character, got {shown}"] == _messages(*sql_checks.character_problems("x", value))


@pytest.mark.parametrize("value", ["|", "\t", "'", "\\", TOKEN, None, 7])
def test_one_character_passes(value: object) -> None:
    """A token too; what is no text is told elsewhere."""
    assert [] == list(sql_checks.character_problems("x", value))


def test_fails_when_a_flag_is_neither_yes_nor_no() -> None:
    """Nothing but True and False is a flag."""
    assert ["'x' must be True or False, got 'no'", "'z' must be True or False, got 1"] == _messages(
        *sql_checks.flag_problems(x="no", y=True, z=1, u=False)
    )


def test_fails_when_a_word_is_none_of_those_allowed() -> None:
    """The message lists them."""
    assert ["'x' must be one of A, B, got 'c'"] == _messages(*sql_checks.choice_problems("x", "c", ("A", "B")))
    assert [] == list(sql_checks.choice_problems("x", "B", ("A", "B")))


@pytest.mark.parametrize("value", [0, 4, 1.5, True, "2", None])
def test_fails_when_a_number_is_not_whole_or_out_of_range(value: object) -> None:
    """Nor is a text or a flag a number."""
    assert [f"'x' must be a whole number from 1 to 3, got {value!r}"] == _messages(
        *sql_checks.whole_problems("x", value, 1, 3)
    )


def test_fails_when_a_number_is_a_token() -> None:
    """In a text it would be a number that means nothing; as a text it passes."""
    assert ["'x' is a token for a number, which no text can hold"] == _messages(
        *sql_checks.whole_problems("x", -1.8881545897087626e289, 1, 3)
    )
    assert [] == [problem for value in (1, 3, TOKEN) for problem in sql_checks.whole_problems("x", value, 1, 3)]


@pytest.mark.parametrize("value", [0.9, 3.1, True, "2", None, float("nan")])
def test_fails_when_a_number_is_out_of_range(value: object) -> None:
    """Below, above, and what is no number."""
    assert [f"'x' must be 1 to 3, got {value!r}"] == _messages(*sql_checks.range_problems("x", value, 1, 3))
    assert [] == [problem for number in (1, 2.5, 3) for problem in sql_checks.range_problems("x", number, 1, 3)]


def test_fails_when_options_clash() -> None:
    """Each option that does not go with the first is told."""
    assert ["'b' is given with a, and Redshift takes only one of them"] == _messages(
        *sql_checks.clashes(["a", "b", "c"], "a", {"b", "d"})
    )


def test_fails_when_anything_is_wrong() -> None:
    """One error has all of it, the function and the page."""
    with pytest.raises(RoleAssociationError) as caught:
        sql_checks.raise_if("copy", quotas.COPY, [Problem("", "wrong", "mend"), Problem("", "worse", "mend too")])

    assert [
        ("InvalidArgument", "sql.copy", "wrong", "mend", quotas.COPY.url),
        ("InvalidArgument", "sql.copy", "worse", "mend too", quotas.COPY.url),
    ] == [(f.rule, f.path, f.message, f.fix, f.source) for f in caught.value.findings]


def test_nothing_wrong_is_no_error() -> None:
    """The statement is written."""
    sql_checks.raise_if("copy", quotas.COPY, found := iter(()))

    assert [] == list(found)
