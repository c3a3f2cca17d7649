"""What looks have seen, in the physical id that CloudFormation keeps."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from redshift_roles.custom_resource.handler.snapshots import key_of, read, write

DAY = 86_400.0
NOW = 1_795_000_000.0


@pytest.mark.parametrize("physical_id", ["", "nothing", "before", "before/", "other/x=true"])
def test_another_name_remembers_nothing(physical_id: str) -> None:
    """Only a look writes its answers into its name."""
    assert read(physical_id, "x", NOW) is None
    assert "before/y=true" == write(physical_id, "y", "true", NOW)


def test_what_a_look_is_about_counts_for_ever() -> None:
    """Also when its name is written again."""
    name = write("", "x", "false", NOW)

    assert "before/x=false" == name
    assert "false" == read(name, "x", NOW + 1000 * DAY)
    assert name == write(name, "x", "false", NOW + 1000 * DAY)


def test_what_it_was_about_before_counts_for_a_day() -> None:
    """From the time when it changed, whenever it was seen."""
    name = write(write("", "x", "false", NOW - 90 * DAY), "y", "true", NOW)

    assert f"before/y=true,x=false@{int(NOW):x}" == name
    assert "false" == read(name, "x", NOW + DAY - 1)
    assert read(name, "x", NOW + DAY) is None
    assert "true" == read(name, "y", NOW + DAY)


def test_the_day_does_not_begin_again() -> None:
    """When it changes once more; then what counts no more is left out."""
    name = write(write(write("", "x", "false", NOW), "y", "true", NOW), "z", "true", NOW + DAY / 2)

    assert f"before/z=true,y=true@{int(NOW + DAY / 2):x},x=false@{int(NOW):x}" == name
    assert read(name, "x", NOW + DAY) is None
    assert f"before/z=true,y=true@{int(NOW + DAY / 2):x}" == write(name, "z", "true", NOW + DAY)


def test_what_comes_back_counts_for_ever_again() -> None:
    """And stands first."""
    name = write(write("", "x", "false", NOW), "y", "true", NOW)

    assert f"before/x=false,y=true@{int(NOW + 9):x}" == write(name, "x", "false", NOW + 9)


@pytest.mark.parametrize("seen", ["", "arn:aws:iam::111111111111:role/x,y/a=b,c@d%41"])
def test_what_was_seen_may_hold_what_separates(seen: str) -> None:
    """Nothing is something, too."""
    name = write(write("", "x", seen, NOW), "y", "true", NOW)

    assert seen == read(name, "x", NOW)
    assert seen == read(write("", "x", seen, NOW), "x", NOW)


def test_as_much_is_remembered_as_cloudformation_takes() -> None:
    """The last answers; a physical id may have 1,024 characters."""
    name = ""
    for number in range(60):
        name = write(name, f"{number:016}", "false", NOW)
    longer = write(name, "y" * 16, "false", NOW)

    assert 980 < len(name) <= 1007
    kept = name.removeprefix("before/").replace("false,", f"false@{int(NOW):x},", 1).split(",")
    assert kept[: len(longer.split(",")) - 1] == longer.split(",")[1:]


def test_a_name_may_be_filled_to_the_brim() -> None:
    """A thousand characters after its start, and nothing is forgotten."""
    brim, beyond = (write(write("", "x", "s" * length, NOW), "y", "true", NOW) for length in (982, 983))

    assert (1007, "before/y=true") == (len(brim), beyond)


@given(st.lists(st.tuples(st.sampled_from("abc"), st.text(max_size=9), st.integers(0, 200_000)), max_size=9))
def test_it_never_tells_what_is_not_so(steps: list[tuple[str, str, int]]) -> None:
    """It tells what was last seen, unless it has been about something else for a day."""
    name, now, truth, ended = "", NOW, dict[str, str](), dict[str, float]()
    for about, seen, passed in steps:
        now += passed
        known = {key: value for key, value in truth.items() if key not in ended or now - ended[key] < DAY}
        assert known == {key: value for key in "abc" if (value := read(name, key, now)) is not None}
        name = write(name, about, seen, now)
        truth = {**known, about: seen}
        ended = {key: ended.get(key, float(int(now))) for key in truth if key != about}


def test_a_look_is_about_a_cluster_and_a_role() -> None:
    """Each of both makes another."""
    keys = {key_of(cluster, role) for cluster in ("a", "ab") for role in ("", "b", "c")}

    assert (6, {16}) == (len(keys), {len(key) for key in keys})
