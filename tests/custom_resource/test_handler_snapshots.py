"""The answers of a snapshot in its physical id."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from redshift_roles.custom_resource.handler import snapshots
from redshift_roles.custom_resource.handler.snapshots import association_of, is_of, key_of

DAY = 86_400.0
NOW = 1_795_000_000.0


def _write(name: str, key: str, answer: str, now: float = NOW) -> str:
    return snapshots.write(name, "a", key, answer, now)


def _read(name: str, key: str, now: float = NOW) -> str | None:
    return snapshots.read([name], key, now)


@pytest.mark.parametrize("physical_id", ["", "nothing", "before", "before/", "before/a", "before/a/", "other/a/x=true"])
def test_another_physical_id_has_no_answers(physical_id: str) -> None:
    """Only a snapshot writes its answers into its physical id."""
    assert _read(physical_id, "x") is None
    assert not is_of(physical_id, "x", NOW)
    assert "before/a/y=true" == _write(physical_id, "y", "true")


def test_the_day_does_not_begin_again() -> None:
    """An answer that no longer counts is left out."""
    name = _write(_write(_write("", "x", "false"), "y", "true"), "z", "true", NOW + DAY / 2)

    assert f"before/a/z=true,y=true@{int(NOW + DAY / 2):x},x=false@{int(NOW):x}" == name
    assert _read(name, "x", NOW + DAY) is None
    assert f"before/a/z=true,y=true@{int(NOW + DAY / 2):x}" == _write(name, "z", "true", NOW + DAY)


@pytest.mark.parametrize("seen", ["", "arn:aws:iam::111111111111:role/x,y/a=b,c@d%41"])
def test_an_answer_may_have_the_characters_that_separate_answers(seen: str) -> None:
    """Or be empty."""
    name = _write(_write("", "x", seen), "y", "true")

    assert seen == _read(name, "x")
    assert seen == _read(_write("", "x", seen), "x")


def test_as_many_answers_are_kept_as_cloudformation_accepts() -> None:
    """The last ones; a physical id may have 1,024 characters."""
    name = ""
    for number in range(60):
        name = _write(name, f"{number:016}", "false")
    longer = _write(name, "y" * 16, "false")

    assert 980 < len(name) <= 1024
    kept = name.removeprefix("before/a/").replace("false,", f"false@{int(NOW):x},", 1).split(",")
    assert kept[: len(longer.split(",")) - 1] == longer.split(",")[1:]


def test_a_physical_id_may_have_its_full_length() -> None:
    """A thousand and twenty-four characters, the association's logical id included."""
    brim, beyond = (_write(_write("", "x", "s" * length), "y", "true") for length in (997, 998))

    assert (1024, "before/a/y=true") == (len(brim), beyond)


@given(st.lists(st.tuples(st.sampled_from("abc"), st.text(max_size=9), st.integers(0, 200_000)), max_size=9))
def test_it_returns_the_last_answer(steps: list[tuple[str, str, int]]) -> None:
    """Unless it was replaced more than a day ago."""
    name, now, truth, ended = "", NOW, dict[str, str](), dict[str, float]()
    for about, seen, passed in steps:
        now += passed
        known = {key: value for key, value in truth.items() if key not in ended or now - ended[key] < DAY}
        assert known == {key: value for key in "abc" if (value := _read(name, key, now)) is not None}
        name = _write(name, about, seen, now)
        truth = {**known, about: seen}
        ended = {key: ended.get(key, float(int(now))) for key in truth if key != about}


@pytest.mark.parametrize(
    ("first", "second", "answer"),
    [
        ("before/a/x=true", "before/b/y=true", "true"),
        ("before/a/y=true", "before/b/x=", ""),
        ("before/a/x=false", "before/b/x=true", "false"),
        ("before/a/y=true,x=false@{now}", "before/b/x=true", "true"),
        ("before/a/y=true,x=true@{now}", "before/b/y=true,x=false@{now}", "false"),
        ("before/a/y=true,x=true@{now}", "before/b/y=true,x=false@{ago}", "true"),
    ],
)
def test_of_several_snapshots_a_present_answer_counts_first(first: str, second: str, answer: str) -> None:
    """Then one that did not find the role, because it is ours since then."""
    names = [name.format(now=f"{int(NOW):x}", ago=f"{int(NOW - DAY):x}") for name in (first, second)]

    assert answer == snapshots.read(names, "x", NOW) == snapshots.read(names[::-1], "x", NOW)


@pytest.mark.parametrize(
    ("since", "keys"), [(NOW - 1, "zx"), (NOW, "zy"), (NOW + 59, "zy"), (NOW + 60, "z"), (NOW + 90, "z")]
)
def test_a_snapshot_is_about_what_it_is_now_and_what_it_was_when_its_association_changed_last(
    since: float, keys: str
) -> None:
    """What it was about in between has never reached the association."""
    name = _write(_write(_write("", "x", "false"), "y", "false"), "z", "false", NOW + 60)

    assert "a" == association_of(name)
    assert set(keys) == {key for key in "xyz" if is_of(name, key, since)}


def test_a_role_that_comes_back_is_listed_each_time() -> None:
    """Its last answer counts."""
    name = _write(_write(_write("", "x", "true"), "y", "false"), "x", "false", NOW + 60)

    assert f"before/a/x=false,y=false@{int(NOW + 60):x},x=true@{int(NOW):x}" == name
    assert "false" == _read(_write(name, "z", "true", NOW + 90), "x", NOW + 90)


def test_a_key_is_of_a_cluster_and_a_role() -> None:
    """Each of both makes another."""
    keys = {key_of(cluster, role) for cluster in ("a", "ab") for role in ("", "b", "c")}

    assert (6, {16}) == (len(keys), {len(key) for key in keys})
