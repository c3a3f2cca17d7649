"""What a part of a policy becomes, however the conditions in it are decided."""

from __future__ import annotations

from typing import Any

import pytest

from redshift_roles.templates.statement_forms import branches, forms

NOTHING = {"Ref": "AWS::NoValue"}


def _if(name: Any, first: Any, second: Any) -> dict[str, Any]:
    return {"Fn::If": [name, first, second]}


def _unknown(_: Any) -> None:
    """Leave every condition to the deployment."""


@pytest.mark.parametrize("node", ["x", None, [], {}, {"A": 1}, {"Fn::If": ["X", 1]}, {"Fn::If": "X"}])
def test_what_no_condition_decides_is_itself(node: Any) -> None:
    """Also what only looks like a condition."""
    assert [node] == branches(node, _unknown)
    assert [node] == forms(node, _unknown)


def test_the_branches_of_a_condition_are_all_there() -> None:
    """Those within a branch too."""
    assert ["a", "b", NOTHING] == branches(_if("X", _if("Y", "a", "b"), NOTHING), _unknown)


def test_a_condition_is_decided_alike_in_every_place() -> None:
    """What is nothing then is left out of its list or mapping."""
    node = {"A": _if("X", 1, NOTHING), "B": [_if("X", NOTHING, 2), 3], "C": _if("Y", _if("X", 4, 5), 6)}

    assert [
        {"A": 1, "B": [3], "C": 4},
        {"A": 1, "B": [3], "C": 6},
        {"B": [2, 3], "C": 5},
        {"B": [2, 3], "C": 6},
    ] == forms(node, _unknown)


def test_many_conditions_are_left_as_they_stand() -> None:
    """Six would make 64 forms."""
    nodes = [_if(f"X{number}", 1, 2) for number in range(6)]

    assert [nodes] == forms(nodes, _unknown)
    assert 32 == len(forms(nodes[:5], _unknown))


def test_a_condition_without_a_name_is_left_as_it_stands() -> None:
    """CloudFormation refuses it."""
    assert [_if({"Ref": "X"}, 1, 2)] == forms(_if({"Ref": "X"}, 1, 2), _unknown)


@pytest.mark.parametrize(("holds", "taken"), [(True, 1), (False, 2)])
def test_a_condition_that_is_decided_has_one_branch(holds: bool, taken: int) -> None:
    """The other one is never there; a condition beside it that is not decided has both."""
    node = [_if("X", 1, 2), _if("Y", 3, 4)]

    assert [taken] == branches(node[0], {"X": holds}.get)
    assert [[taken, 3], [taken, 4]] == forms(node, {"X": holds}.get)
