"""The action lists."""

from __future__ import annotations

import pytest

from redshift_roles.aws import actions
from redshift_roles.aws.actions import Actions

LISTS = {name: value for name, value in vars(actions).items() if isinstance(value, Actions)}


@pytest.mark.parametrize("name", LISTS)
def test_fails_when_a_list_has_a_wildcard(name: str) -> None:
    """Each action is named in full, once, in order, by its service."""
    names = LISTS[name].names

    assert sorted(set(names)) == list(names)
    assert all(not set("*?") & set(action) for action in names)
    assert {1} == {action.count(":") for action in names}
