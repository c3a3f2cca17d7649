"""The action lists, as AWS publishes them."""

from __future__ import annotations

import pytest

from redshift_roles.aws import actions, quotas
from redshift_roles.aws.actions import Actions

LISTS = {name: value for name, value in vars(actions).items() if isinstance(value, Actions)}


@pytest.mark.parametrize("name", LISTS)
def test_fails_when_a_list_has_a_wildcard(name: str) -> None:
    """Each action is named in full, once, in order, by its service."""
    names = LISTS[name].names

    assert sorted(set(names)) == list(names)
    assert all(not set("*?") & set(action) for action in names)
    assert {1} == {action.count(":") for action in names}


@pytest.mark.parametrize("name", LISTS)
def test_each_list_has_a_page_and_a_date(name: str) -> None:
    """Whoever doubts an action finds the AWS page, and when it was read."""
    url, read = LISTS[name].source

    assert url.startswith("https://docs.aws.amazon.com/")
    assert read.startswith("2026-")


def test_the_lists_are_those_of_the_published_policy() -> None:
    """Describe, associate, create and pass: one action each, and the service that roles are passed to."""
    assert ("redshift:DescribeClusters",) == actions.DESCRIBE_CLUSTERS.names
    assert ("redshift:ModifyClusterIamRoles",) == actions.ASSOCIATE_ROLES.names
    assert ("redshift:CreateCluster",) == actions.CREATE_CLUSTERS.names
    assert ("iam:PassRole",) == actions.PASS_ROLE.names
    assert actions.PASSED_TO_SERVICE == "redshift.amazonaws.com"


def test_their_source_is_the_page_on_associating_roles() -> None:
    """The page that publishes the policy is the one that is cited."""
    assert actions.ASSOCIATE_ROLES.source == quotas.ASSOCIATING_ROLES
