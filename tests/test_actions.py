"""
The action lists, as AWS publishes them.
"""

from __future__ import annotations

from redshift_roles import actions, limits


def test_the_lists_are_those_of_the_published_policy() -> None:
    """
    Describe, associate, create and pass: one action each, and the service that roles are passed to.
    """
    assert actions.DESCRIBE_CLUSTERS == ("redshift:DescribeClusters",)
    assert actions.ASSOCIATE_ROLES == ("redshift:ModifyClusterIamRoles",)
    assert actions.CREATE_CLUSTERS == ("redshift:CreateCluster",)
    assert actions.PASS_ROLE == ("iam:PassRole",)
    assert actions.PASSED_TO_SERVICE == "redshift.amazonaws.com"


def test_their_source_is_the_page_on_associating_roles() -> None:
    """
    The page that publishes the policy is the one that is cited.
    """
    assert actions.SOURCE == limits.ASSOCIATING_ROLES
