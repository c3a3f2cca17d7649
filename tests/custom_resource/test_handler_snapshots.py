"""The answers of a snapshot in its physical id."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from redshift_roles.custom_resource.handler.snapshots import key_of, read, write

DAY = 86_400.0
NOW = 1_795_000_000.0


@pytest.mark.parametrize("physical_id", ["", "nothing", "before", "before/", "other/x=true"])
def test_another_physical_id_has_no_answers(physical_id: str) -> None:
    """Only a snapshot writes its answers into its physical id."""
    assert read(physical_id, "x", NOW) is None
    assert "before/y=true" == write(physical_id, "y", "true", NOW)


def test_the_day_does_not_begin_again() -> None:
    """An answer that no longer counts is left out."""
    name = write(write(write("", "x", "false", NOW), "y", "true", NOW), "z", "true", NOW + DAY / 2)

    assert f"before/z=true,y=true@{int(NOW + DAY / 2):x},x=false@{int(NOW):x}" == name
    assert read(name, "x", NOW + DAY) is None
    assert f"before/z=true,y=true@{int(NOW + DAY / 2):x}" == write(name, "z", "true", NOW + DAY)


@pytest.mark.parametrize("seen", ["", "arn:aws:iam::111111111111:role/x,y/a=b,c@d%41"])
def test_an_answer_may_have_the_characters_that_separate_answers(seen: str) -> None:
    """Or be empty."""
    name = write(write("", "x", seen, NOW), "y", "true", NOW)

    assert seen == read(name, "x", NOW)
    assert seen == read(write("", "x", seen, NOW), "x", NOW)


def test_as_many_answers_are_kept_as_cloudformation_accepts() -> None:
    """The last ones; a physical id may have 1,024 characters."""
    name = ""
    for number in range(60):
        name = write(name, f"{number:016}", "false", NOW)
    longer = write(name, "y" * 16, "false", NOW)

    assert 980 < len(name) <= 1007
    kept = name.removeprefix("before/").replace("false,", f"false@{int(NOW):x},", 1).split(",")
    assert kept[: len(longer.split(",")) - 1] == longer.split(",")[1:]


def test_a_physical_id_may_have_its_full_length() -> None:
    """A thousand characters after its prefix."""
    brim, beyond = (write(write("", "x", "s" * length, NOW), "y", "true", NOW) for length in (982, 983))

    assert (1007, "before/y=true") == (len(brim), beyond)


@given(st.lists(st.tuples(st.sampled_from("abc"), st.text(max_size=9), st.integers(0, 200_000)), max_size=9))
def test_it_returns_the_last_answer(steps: list[tuple[str, str, int]]) -> None:
    """Unless it was replaced more than a day ago."""
    name, now, truth, ended = "", NOW, dict[str, str](), dict[str, float]()
    for about, seen, passed in steps:
        now += passed
        known = {key: value for key, value in truth.items() if key not in ended or now - ended[key] < DAY}
        assert known == {key: value for key in "abc" if (value := read(name, key, now)) is not None}
        name = write(name, about, seen, now)
        truth = {**known, about: seen}
        ended = {key: ended.get(key, float(int(now))) for key in truth if key != about}


def test_a_key_is_of_a_cluster_and_a_role() -> None:
    """Each of both makes another."""
    keys = {key_of(cluster, role) for cluster in ("a", "ab") for role in ("", "b", "c")}

    assert (6, {16}) == (len(keys), {len(key) for key in keys})
