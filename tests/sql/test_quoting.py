"""Values as SQL text that nothing can break out of."""

from __future__ import annotations

import re

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from redshift_roles import sql
from redshift_roles.sql.statement import identifier, quoted
from tests.support.builders import arn

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
    """Split SQL as Redshift does: literals (with backslash escapes), quoted identifiers, and everything else."""
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


@given(TEXTS)
@example("\\")
@example("'")
@example("\\'")
@example('"')
def test_a_text_stays_one_literal_and_one_identifier(text: str) -> None:
    """Redshift reads it back as it was; in an identifier a backslash is itself."""
    assert [("literal", text)] == tokens_of(quoted(text))
    assert [("identifier", text)] == tokens_of(identifier(text))


def _statements(value: str, job: str, key: str) -> str:
    """Write each statement, with the value wherever any text may stand; not in the names of jobs and S3 objects."""
    return "\n".join(
        [
            sql.copy(
                (value, value), f"s3://b/{key}", arn(), columns=[value], region=value, null_as=value,
                date_format=value, time_format=value, delimiter=value,
            ),
            sql.copy((value,), f"emr://j/{value}", arn(), format="JSON", json=f"s3://b/{key}"),
            sql.copy("t", "s3://b/all", arn(), fixed_width=value, job=job),
            sql.unload(
                value, f"s3://b/{key}", arn(), partition_by=[value], null_as=value, region=value, extension=value,
                encrypted=True, kms_key_id=value,
            ),
            sql.create_external_schema(
                value, source="POSTGRES", role=arn(), database=value, schema=value, uri=value, secret_arn=value
            ),
            sql.create_external_schema(value, role="SESSION", database=value, region=value, catalog_id=value),
            sql.create_external_schema(
                value, source="MSK", role=arn(), cluster_arn=value, authentication="mtls", authentication_arn=value
            ),
            sql.create_external_function((value,), ["int"], "int", arn(), function=value),
            sql.grant_assumerole(arn(), users=[value], db_roles=[value], groups=[value], revoke_from_public=True),
            sql.revoke_assumerole(arn(), users=[value]),
        ]
    )  # fmt: skip


def _as_it_was(value: str) -> None:
    """Compare the statements with those that have a harmless value in its place."""
    # The name of a COPY job has no hyphens, and an address in Amazon S3 no * and ?.
    job, key = value.replace("-", "_"), re.sub("[*?]", "_", value)
    harmless, spoilt = tokens_of(_statements("x", "j", "x")), tokens_of(_statements(value, job, key))
    locations = {"x": value, "j": job, "s3://b/x": f"s3://b/{key}", "emr://j/x": f"emr://j/{value}"}

    assert [(kind, text if kind == "other" else locations.get(text, text)) for kind, text in harmless] == spoilt


@pytest.mark.parametrize("hostile", HOSTILE)
def test_no_value_breaks_out_of_a_statement(hostile: str) -> None:
    """A statement has the same tokens as with a harmless value, and reads the value back as it was."""
    _as_it_was(hostile)


@settings(max_examples=30, deadline=None)
@given(TEXTS)
def test_no_text_at_all_breaks_out_of_a_statement(text: str) -> None:
    """The same for any text."""
    _as_it_was(text)
