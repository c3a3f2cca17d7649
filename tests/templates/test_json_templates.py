"""JSON templates."""

from __future__ import annotations

import json
import time

import pytest

from redshift_roles.templates import json_templates
from redshift_roles.templates.unusable import UnusableError


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("", "line 1: not JSON: Expecting value"),
        ('{\n"a": }', "line 2: not JSON: Expecting value"),
        ("[" + "1" * 5000 + "]", "not JSON: Exceeds the limit"),
        ("[" * 101 + "]" * 101, "nested deeper than 100 levels"),
        ("[" * 200_000, "nested deeper than 100 levels"),
        ('{"a":' * 101 + "1" + "}" * 101, "nested deeper than 100 levels"),
        ('{"Resources": {"C": {}, "D": 1, "C": []}}', "the key 'C' stands twice"),
    ],
)
def test_fails_when_the_text_is_no_template(text: str, complaint: str) -> None:
    """One line says where and why."""
    with pytest.raises(UnusableError) as caught:
        json_templates.parse(text)

    assert str(caught.value).startswith(complaint)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("text", ["[" * 100 + "]" * 100, '{"a":' * 100 + "1" + "}" * 100])
def test_a_hundred_levels_are_not_too_deep(text: str) -> None:
    """One less than what is refused."""
    assert json_templates.parse(text)


def test_the_marks_of_holes_are_taken_out() -> None:
    """As in every other text."""
    assert ["\ufffd"] == json_templates.parse('["\\u0001"]')


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('{\n "Resources": {\n  "A" : {}\n}}', 3),
        ('{"Resources": {"A": {}}}', 1),
        ('{"Resources": {"A": {}},\n"Outputs": {"A": {}}}', None),
        ('{"Resources": {"B": "A"}}', None),
        ('{"Resources": {"AB": {}}}', None),
        ('{"Resources": {"A": 1,\n"A": {}}}', 2),
        ('{"Resources":\n{"\\u0041": {}}}', 2),
        ('{"Resources":\n{"B": "\\\\", "A"\n:\n{}}}', 2),
        ('{"Body": "{\\"A\\": {}}",\n"A": {}}', 2),
    ],
)
def test_the_line_of_a_resource_is_found_where_it_is_certain(text: str, expected: int | None) -> None:
    """A name that is a key of two objects leads to no line."""
    assert expected == json_templates.lines(text).get(("A",))


def test_many_lines_are_found_in_one_go() -> None:
    """Each by its key."""
    text = json.dumps({"Resources": {f"R{number}": {"Type": "T"} for number in range(3)}}, indent=1)

    assert {("Resources",): 2, ("R0",): 3, ("R1",): 6, ("R2",): 9} == json_templates.lines(text)


def test_json_within_a_text_is_passed_over_in_one_go() -> None:
    """A dashboard of a megabyte: looking again at each of its quotes would take minutes."""
    body = json.dumps({"widgets": [{"type": "metric", "properties": {"title": f"t{n}"}} for n in range(16_000)]})
    text = json.dumps({"Resources": {"Board": {"Body": body}}})
    start = time.perf_counter()

    assert {("Resources",): 1, ("Board",): 1} == json_templates.lines(text)
    assert len(text) > 1_000_000
    assert time.perf_counter() - start < 5
