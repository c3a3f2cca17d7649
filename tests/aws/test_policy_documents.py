"""The user policy as a document, and its size."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from redshift_roles.aws.placeholders import PLACEHOLDERS, placeholder
from redshift_roles.aws.policy_documents import UserPolicy, size
from tests.support.builders import arn

CLUSTERS = [f"arn:aws:redshift:us-east-1:111111111111:cluster:{name}" for name in ("first", "second")]
ROLES = [arn("Redshift1"), arn("Redshift2"), arn("Redshift3")]


def _nothing(_name: str) -> int:
    """Give each hole no length."""
    return 0


def test_the_document_is_the_published_example_with_a_condition() -> None:
    """Two clusters and three roles: describe all, associate and create on these, pass these to Redshift alone."""
    document = UserPolicy(CLUSTERS, ROLES, create_clusters=True, describe_all_clusters=True).document()

    assert document == {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Sid": "DescribeClusters",
                "Effect": "Allow",
                "Action": "redshift:DescribeClusters",
                "Resource": "*",
            },
            {
                "Sid": "AssociateRoles",
                "Effect": "Allow",
                "Action": ["redshift:ModifyClusterIamRoles", "redshift:CreateCluster"],
                "Resource": CLUSTERS,
            },
            {
                "Sid": "PassRolesToRedshift",
                "Effect": "Allow",
                "Action": "iam:PassRole",
                "Resource": ROLES,
                "Condition": {"StringEquals": {"iam:PassedToService": "redshift.amazonaws.com"}},
            },
        ],
    }


def test_the_smallest_document_names_one_of_each() -> None:
    """One cluster and one role are texts, not lists; nobody creates, and only this cluster is described."""
    document = UserPolicy(CLUSTERS[:1], ROLES[:1], create_clusters=False, describe_all_clusters=False).document()

    assert document["Statement"] == [
        {
            "Sid": "DescribeClusters",
            "Effect": "Allow",
            "Action": "redshift:DescribeClusters",
            "Resource": CLUSTERS[0],
        },
        {
            "Sid": "AssociateRoles",
            "Effect": "Allow",
            "Action": "redshift:ModifyClusterIamRoles",
            "Resource": CLUSTERS[0],
        },
        {
            "Sid": "PassRolesToRedshift",
            "Effect": "Allow",
            "Action": "iam:PassRole",
            "Resource": ROLES[0],
            "Condition": {"StringEquals": {"iam:PassedToService": "redshift.amazonaws.com"}},
        },
    ]


@pytest.mark.parametrize(
    ("document", "hole_length", "expected"),
    [
        ({}, _nothing, 2),
        ({"Sid": "A b"}, _nothing, len('{"Sid":"A b"}')),
        ({"a": ["é", 1, True, None]}, _nothing, len('{"a":["é",1,true,null]}')),
        ({"a": [f"x{placeholder('Name')}y"]}, len, len('{"a":["xNamey"]}')),
        ({"a": placeholder("long") + placeholder("b")}, len, len('{"a":"longb"}')),
    ],
)
def test_the_size_counts_characters_without_space_between_parts(
    document: object, hole_length: Callable[[str], int], expected: int
) -> None:
    """Space inside a text counts, space between parts does not, and a hole counts as long as it is said to be."""
    assert expected == size(document, lambda text: PLACEHOLDERS.filled(text, lambda name: "x" * hole_length(name)))


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        ("a", 3),
        ("ä€", 4),
        ('a"b', 6),
        ("a\\b", 6),
        (["a", ["b"]], len('["a",["b"]]')),
        ({"k": {"m": "a"}}, len('{"k":{"m":"a"}}')),
        ({"$": "$"}, len('{"$":"<long>"}')),
        ([7, 1.5, True, None], len("[7,1.5,true,null]")),
    ],
)
def test_the_size_is_that_of_the_json_in_characters(document: object, expected: int) -> None:
    """A letter is one however many bytes it has, a quote in a text has its backslash, only values are written at
    length.
    """
    assert expected == size(document, lambda text: text.replace("$", "<long>"))


def test_a_policy_is_made_of_lists_whatever_it_was_given() -> None:
    """A tuple of clusters and one of roles are the same document."""
    lists = UserPolicy(CLUSTERS, ROLES, create_clusters=True, describe_all_clusters=False)
    tuples = UserPolicy(tuple(CLUSTERS), tuple(ROLES), create_clusters=True, describe_all_clusters=False)

    assert lists.document() == tuples.document()
