"""
The arguments of grants.
"""

from __future__ import annotations

from typing import Any

import pytest

from redshift_roles import grant_arguments

PREFIX = "allowed is what object keys begin with, 1 to 1,024 characters without a slash or s3:// in front"
KEY = "allowed is the key of one object, 1 to 1,024 characters without a slash or s3:// in front"
MSK = "arn:aws:kafka:eu-west-1:111111111111:cluster/events/11111111-1"


class _Bucket:
    bucket_arn = "arn"


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"bucket": "landing"}, "'bucket' is 'landing', allowed is an s3.IBucket"),
        ({"prefix": ""}, f"'prefix' is empty, {PREFIX}"),
        ({"prefix": "/landing"}, f"'prefix' is '/landing', {PREFIX}"),
        ({"prefix": "s3://b/landing"}, f"'prefix' is 's3://b/landing', {PREFIX}"),
        ({"prefix": 7}, f"'prefix' is 7, {PREFIX}"),
        ({"prefix": "a\nb"}, f"'prefix' is 'a\\nb', {PREFIX}"),
        ({"manifest": "folder/"}, f"'manifest' is 'folder/', {KEY}"),
        ({"jsonpaths": "/x"}, f"'jsonpaths' is '/x', {KEY}"),
        ({"prefix": "ä" * 513}, "'prefix' has 1,026 bytes of UTF-8, allowed is 1,024"),
        ({"clean_path": "yes"}, "'clean_path' is 'yes', allowed is True or False"),
        ({"owner_allows": None}, "'owner_allows' is None, allowed is True or False"),
        ({"database": "a/b"}, "'database' is 'a/b', allowed is a name of 1 to 255 characters without a slash"),
        ({"tables": "orders"}, "'tables' is 'orders', allowed is a list"),
        ({"tables": []}, "'tables' is empty, allowed is at least one entry"),
        ({"topics": ()}, "'topics' is empty, allowed is at least one entry"),
        ({"topics": ["a b"]}, "'topics[0]' is 'a b', allowed is the name of a topic, 1 to 249 letters, digits and ._-"),
        ({"cluster_id": "k-1"}, "'cluster_id' is 'k-1', allowed is the id of an Amazon EMR cluster"),
        ({"cluster_arn": "events"}, "'cluster_arn' is 'events', allowed is the ARN of an Amazon MSK cluster"),
        ({"table": object()}, "'table' is an object, allowed is a dynamodb.ITable"),
        ({"secret": None}, "'secret' is None, allowed is a secretsmanager.ISecret"),
        ({"function": "f"}, "'function' is 'f', allowed is a lambda_.IFunction"),
        ({"stream": "s"}, "'stream' is 's', allowed is a kinesis.IStream"),
        ({"grantee": "g"}, "'grantee' is 'g', allowed is an iam.IGrantable"),
    ],
)
def test_fails_when_an_argument_is_wrong(given: dict[str, Any], message: str) -> None:
    """
    The message has the argument's name, the value and what is allowed.
    """
    assert [message] == [trouble for trouble, _ in grant_arguments.check(given)]


@pytest.mark.parametrize(
    "given",
    [
        {"prefix": "a" * 1024, "manifest": "a" * 1024, "jsonpaths": "x"},
        {"prefix": "a*?$ä b/"},
        {"database": "a" * 255, "tables": ["orders"]},
        {"cluster_id": "j-2AXXXXXXGAPLF"},
        {"cluster_arn": MSK, "topics": ["a.b-c_d"]},
        {"bucket": _Bucket(), "clean_path": True, "write": False, "owner_allows": True},
    ],
)
def test_good_arguments_pass(given: dict[str, Any]) -> None:
    """
    Boundaries included.
    """
    assert [] == list(grant_arguments.check(given))


@pytest.mark.parametrize(
    ("given", "messages"),
    [
        ({"database": "sales"}, ["'bucket' is not given"]),
        ({"database": "sales", "lake_formation": False}, ["'bucket' is not given"]),
        (
            {"database": "sales", "lake_formation": True, "bucket": _Bucket(), "prefix": "x/"},
            ["'bucket' is a _Bucket beside lake_formation=True", "'prefix' is 'x/' beside lake_formation=True"],
        ),
        ({"database": "sales", "bucket": _Bucket()}, []),
        (
            {"database": "a/b", "bucket": _Bucket()},
            ["'database' is 'a/b', allowed is a name of 1 to 255 characters without a slash"],
        ),
        ({"database": "sales", "lake_formation": True}, []),
    ],
)
def test_the_data_of_a_schema_is_in_a_bucket_or_vended(given: dict[str, Any], messages: list[str]) -> None:
    """
    One of the two, not both and not neither.
    """
    assert messages == [trouble for trouble, _ in grant_arguments.check_external_schema(given)]
