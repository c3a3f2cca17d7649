"""The action lists."""

from __future__ import annotations

import pytest
from botocore.loaders import Loader

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


@pytest.mark.parametrize("service", ["redshift", "redshift-serverless"])
def test_the_operations_that_take_a_role_are_those_of_the_api(service: str) -> None:
    """As AWS's model of the service has them."""
    model = Loader().load_service_model(service, "service-2")
    members = {
        name: model["shapes"][operation["input"]["shape"]].get("members", {})
        for name, operation in model["operations"].items()
        if "input" in operation
    }
    taking = [
        f"{service}:{name}"
        for name, given in members.items()
        if any(member.lower() in ("iamrole", "iamroles", "iamrolearn", "rolearn", "addiamroles") for member in given)
    ]

    assert sorted(taking) == [name for name in actions.TAKE_ROLES.names if name.startswith(f"{service}:")]
