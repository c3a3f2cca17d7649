"""
Values as SQL text that nothing can break out of.
"""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from redshift_roles import sql, sql_text
from redshift_roles.sql_text import identifier, name, quoted
from tests.builders import arn

HOSTILE = [
    "o'hara",
    "'; DROP TABLE x; --",
    '"; DROP TABLE x; --',
    "\\",
    "\\'",
    "'' OR ''='",
    "/* */",
    "$$",
    "$body$",
    "line\nbreak",
    "ünï☃",
    "a;b",
    "%s {} ${x}",
]
TEXTS = st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"]), min_size=1, max_size=20)


def tokens_of(statement: str) -> list[tuple[str, str]]:
    """
    Take SQL apart as Redshift does: literals (with backslash escapes), quoted identifiers, and everything else.
    """
    found, position = [], 0
    while position < len(statement):
        mark = statement[position]
        if mark not in "'\"":
            found.append(("other", mark))
            position += 1
            continue
        value, position = "", position + 1
        while True:
            character = statement[position]
            if mark == "'" and character == "\\":
                value, position = value + statement[position + 1], position + 2
            elif statement[position : position + 2] == mark * 2:
                value, position = value + mark, position + 2
            elif character == mark:
                position += 1
                break
            else:
                value, position = value + character, position + 1
        found.append(("literal" if mark == "'" else "identifier", value))
    return found


def _values(statement: str, kind: str) -> list[str]:
    return [value for found, value in tokens_of(statement) if found == kind]


@given(TEXTS)
@example("\\")
@example("'")
@example("\\'")
def test_a_literal_stays_one_literal(text: str) -> None:
    """
    Whatever is in it, Redshift reads it back as it was.
    """
    assert [("literal", text)] == tokens_of(quoted(text))


@given(TEXTS)
@example('"')
def test_an_identifier_stays_one_identifier(text: str) -> None:
    """
    Whatever is in it; a backslash is itself there.
    """
    assert [("identifier", text)] == tokens_of(identifier(text))


@pytest.mark.parametrize("hostile", HOSTILE)
def test_no_value_breaks_out_of_a_statement(hostile: str) -> None:
    """
    The statement has the same tokens as with a harmless value in its place.
    """

    def written(value: str) -> str:
        return sql.copy(
            (value, value),
            f"s3://b/{value}",
            arn(),
            columns=[value],
            region=value,
            null_as=value,
            date_format=value,
            delimiter=value,
        ) + sql.grant_assumerole(arn(), users=[value], groups=[value]) + sql.unload(value, f"s3://b/{value}", arn())  # fmt: skip

    harmless, spoilt = tokens_of(written("x")), tokens_of(written(hostile))

    assert [kind for kind, _ in harmless] == [kind for kind, _ in spoilt]
    assert [value for kind, value in harmless if kind == "other"] == [
        value for kind, value in spoilt if kind == "other"
    ]
    assert 5 == _values(written(hostile), "identifier").count(hostile)
    assert 5 == _values(written(hostile), "literal").count(hostile)


@pytest.mark.parametrize(
    ("given_name", "written"),
    [
        ("events", '"events"'),
        ("public.events", '"public"."events"'),
        ("db.public.events", '"db"."public"."events"'),
        (("public", "odd.name"), '"public"."odd.name"'),
    ],
)
def test_a_name_is_divided_at_its_dots(given_name: sql_text.Name, written: str) -> None:
    """
    Unless it is given in parts, where a part may have a dot.
    """
    assert written == name(given_name)


@pytest.mark.parametrize(
    ("given_name", "message"),
    [
        ("", "'table' is empty, allowed is a name of 1 to 3 parts with dots between them"),
        (7, "'table' is 7, allowed is a name of 1 to 3 parts with dots between them"),
        ((1,), "'table' is a tuple, allowed is a name of 1 to 3 parts with dots between them"),
        ("a.b.c.d", "'table' is 'a.b.c.d', allowed is a name of 1 to 3 parts with dots between them"),
        ("a..b", "'table' has a part of 0 bytes, allowed is 1 to 127 bytes of UTF-8"),
        ("a" * 128, "'table' has a part of 128 bytes, allowed is 1 to 127 bytes of UTF-8"),
        ("ü" * 64, "'table' has a part of 128 bytes, allowed is 1 to 127 bytes of UTF-8"),
        ("a\x00b", "'table' holds a NUL character, which no name can"),
    ],
)
def test_fails_when_a_name_is_none(given_name: object, message: str) -> None:
    """
    Redshift would refuse it, or read another name.
    """
    assert [message] == [trouble for trouble, _ in sql_text.name_troubles("table", given_name)]


@pytest.mark.parametrize("given_name", ["a" * 127, "${Token[TOKEN.7]}" * 9])
def test_the_longest_name_passes(given_name: str) -> None:
    """
    127 bytes, or what only the deployment knows.
    """
    assert [] == list(sql_text.name_troubles("table", given_name))


@pytest.mark.parametrize(("value", "message"), [(None, "is None"), ("", "is empty"), (b"x", "is b'x'")])
def test_fails_when_a_literal_is_no_text(value: object, message: str) -> None:
    """
    It must be a text with something in it.
    """
    assert [f"'x' {message}, allowed is a text"] == [trouble for trouble, _ in sql_text.text_troubles({"x": value})]


def test_fails_when_a_literal_holds_a_nul() -> None:
    """
    Redshift takes none, nor would it read the rest.
    """
    assert ["'x' holds a NUL character, which no literal can"] == [
        trouble for trouble, _ in sql_text.text_troubles({"x": "a\x00"})
    ]


def test_a_literal_may_be_empty_where_that_means_something() -> None:
    """
    NULL AS '' is a usual option.
    """
    assert [] == list(sql_text.text_troubles({"x": ""}, empty=True))
