"""What a list of roles may come to."""

from __future__ import annotations

from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from redshift_roles.rules.branches import count, unavoidable
from redshift_roles.rules.facts import Branch, RoleFacts
from tests.support.builders import arn, association, role, roles

A, NOT_A = Branch("a", 0), Branch("a", 1)
B, NOT_B = Branch("b", 0), Branch("b", 1)


def _role(name: str, *when: Branch) -> RoleFacts:
    return role(arn=arn(name), conditional=bool(when))._replace(when=when)


@pytest.mark.parametrize(
    ("listed", "expected"),
    [
        ([], (0, 0)),
        ([_role("x"), _role("x"), _role("y")], (2, 2)),
        ([_role("x", A)], (0, 1)),
        ([_role("x", A), _role("y", NOT_A)], (1, 1)),
        ([_role("x", A), _role("x", NOT_A)], (1, 1)),
        ([_role("x"), _role("x", A), _role("y", NOT_A)], (1, 2)),
        ([_role("x", A), _role("y", A), _role("z", NOT_A)], (1, 2)),
        ([_role("x", A), _role("y", NOT_A), _role("x", B), _role("z", NOT_B)], (1, 2)),
        ([_role("x", A), _role("y", B)], (0, 2)),
        ([_role("x", A), _role("x", B)], (0, 1)),
        ([_role("x", A, B), _role("y", A, NOT_B), _role("z", NOT_A)], (1, 1)),
        ([_role("x", A, B), _role("y", B)], (0, 2)),
        ([_role("x", A, NOT_A)], (0, 0)),
        ([_role("x", Branch("c", 0, 3)), _role("y", Branch("c", 1, 3))], (0, 1)),
        ([*roles(2, conditional=True)], (0, 2)),
        ([_role("x"), *roles(2, conditional=True)], (1, 3)),
    ],
)
def test_roles_are_counted_one_way_and_the_other(listed: list[RoleFacts], expected: tuple[int, int]) -> None:
    """Branches that exclude each other are never counted together."""
    assert expected == count(association(roles=listed))


def test_questions_that_are_too_many_leave_the_count_open() -> None:
    """Seven that belong together have more answers than anybody tries."""
    questions = [Branch(f"q{number}", 0) for number in range(7)]
    joined = [_role("all", *questions), _role("x", questions[0]), _role("y", questions[0]._replace(answer=1))]

    assert (1, 1) == count(association(roles=joined[1:]))
    assert (0, 3) == count(association(roles=joined))
    assert (0, 2) == count(association(roles=[_role("all", *questions[1:]), *joined[1:2]]))


def test_roles_that_are_too_many_leave_the_count_open() -> None:
    """A thousand in two branches are looked at, more are not."""
    either = [_role(f"r{number}", *[A, NOT_A][number % 2 : number % 2 + 1]) for number in range(1_002)]

    assert (500, 500) == count(association(roles=either[:1_000]))
    assert (0, 1_002) == count(association(roles=either))


def test_questions_that_a_later_role_joins_belong_together() -> None:
    """Whichever of them came first."""
    listed = [_role("x", A), _role("y", NOT_A), _role("z", B), _role("w", NOT_B), _role("v", NOT_B)]

    assert (2, 3) == count(association(roles=listed))
    assert (2, 4) == count(association(roles=[*listed, _role("u", A, NOT_B)]))
    assert (2, 4) == count(association(roles=[_role("u", A, NOT_B), *reversed(listed)]))


BRANCHES = st.sampled_from([Branch(question, answer) for question in "abc" for answer in (0, 1)])
LISTED = st.lists(
    st.builds(lambda name, when: _role(name, *when), st.sampled_from("xyz"), st.lists(BRANCHES, max_size=2)), max_size=8
)


def _ways(listed: list[RoleFacts]) -> list[list[RoleFacts]]:
    return [
        [each for each in listed if all(answers["abc".index(b.question)] == b.answer for b in each.when)]
        for answers in product((0, 1), repeat=3)
    ]


@settings(database=None, deadline=None)
@given(listed=LISTED)
def test_no_way_has_fewer_or_more(listed: list[RoleFacts]) -> None:
    """Trying every answer to every question never leaves the range."""
    counts = [len({each.arn for each in way}) for way in _ways(listed)]
    fewest, most = count(association(roles=listed))

    assert fewest <= min(counts)
    assert max(counts) <= most


@settings(database=None, deadline=None)
@given(listed=LISTED)
def test_what_is_unavoidable_is_there_in_every_way(listed: list[RoleFacts]) -> None:
    """One of the wrong roles, whichever answers are given."""

    def is_wrong(each: RoleFacts) -> bool:
        return each.arn != arn("x")

    found = unavoidable(association(roles=listed), is_wrong)

    assert all(is_wrong(each) for each in found)
    assert not found or all(any(each in found for each in way) for way in _ways(listed))


@pytest.mark.parametrize(
    ("listed", "expected"),
    [
        ([_role("x"), _role("y")], "x"),
        ([_role("x", A), _role("y", NOT_A)], ""),
        ([_role("x", A), _role("xx", NOT_A)], "x xx"),
        ([_role("x", A), _role("x", B)], ""),
        ([_role("x"), _role("x", A)], "x"),
        ([_role("x", A, B), _role("xx", A, NOT_B), _role("xxx", NOT_A), _role("y", NOT_A)], "x xx xxx"),
    ],
)
def test_a_choice_between_wrong_roles_is_none(listed: list[RoleFacts], expected: str) -> None:
    """Where one branch is sound, the others can be avoided."""
    found = unavoidable(association(roles=listed), lambda each: "/x" in each.arn)

    assert expected.split() == [each.arn.rpartition("/")[2] for each in found]
