"""The arguments of grants."""

from __future__ import annotations

from typing import Any

import pytest

from redshift_roles.rules import grant_arguments
from redshift_roles.rules.shapes import Text

PREFIX = "must be what object keys begin with, 1 to 1,024 characters without a slash or s3:// in front"
KEY = "must be the key of one object, 1 to 1,024 characters without a slash or s3:// in front"
CHARACTERS = "and IAM policies take characters up to U+00FF (ÿ) only"
MSK_EXAMPLE = "arn:aws:kafka:eu-west-1:111111111111:cluster/events/8d6a9f0e-0000-0000-0000-000000000000-1"
MSK = "arn:aws:kafka:eu-west-1:111111111111:cluster/events/11111111-1"


class _Bucket:
    bucket_arn = "arn"


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"bucket": "landing"}, "'bucket' must be an s3.IBucket, got 'landing'"),
        ({"prefix": ""}, f"'prefix' {PREFIX}, got ''"),
        ({"prefix": "/landing"}, f"'prefix' {PREFIX}, got '/landing'"),
        ({"prefix": "s3://b/landing"}, f"'prefix' {PREFIX}, got 's3://b/landing'"),
        ({"prefix": 7}, f"'prefix' {PREFIX}, got 7"),
        ({"prefix": "a\nb"}, f"'prefix' {PREFIX}, got 'a\\nb'"),
        ({"manifest": "folder/"}, f"'manifest' {KEY}, got 'folder/'"),
        ({"jsonpaths": "/x"}, f"'jsonpaths' {KEY}, got '/x'"),
        ({"prefix": "данные/"}, f"'prefix' is 'данные/' with 'д', {CHARACTERS}"),
        ({"prefix": "${Token[TOKEN.7]}/ж"}, f"'prefix' is '${{Token}}/ж' with 'ж', {CHARACTERS}"),
        ({"manifest": "m/\u0100"}, f"'manifest' is 'm/\u0100' with '\u0100', {CHARACTERS}"),
        ({"jsonpaths": "a日"}, f"'jsonpaths' is 'a日' with '日', {CHARACTERS}"),
        ({"database": "日本"}, f"'database' is '日本' with '日', {CHARACTERS}"),
        ({"tables": ["a", "ж"]}, f"'tables[1]' is 'ж' with 'ж', {CHARACTERS}"),
        ({"prefix": "ä" * 513}, "'prefix' has 1,026 bytes of UTF-8, allowed is 1,024"),
        ({"clean_path": "yes"}, "'clean_path' must be True or False, got 'yes'"),
        ({"owner_allows": None}, "'owner_allows' must be True or False, got None"),
        ({"database": "a/b"}, "'database' must be a name of 1 to 255 characters without a slash, got 'a/b'"),
        ({"tables": "orders"}, "'tables' must be a list, got 'orders'"),
        ({"tables": []}, "'tables' must have at least one entry, got an empty list"),
        ({"topics": ()}, "'topics' must have at least one entry, got an empty list"),
        ({"topics": ["a b"]}, "'topics[0]' must be the name of a topic, 1 to 249 letters, digits and ._-, got 'a b'"),
        ({"cluster_id": "k-1"}, "'cluster_id' must be the id of an Amazon EMR cluster, got 'k-1'"),
        ({"cluster_arn": "events"}, "'cluster_arn' must be the ARN of an Amazon MSK cluster, got 'events'"),
        ({"table": object()}, "'table' must be a dynamodb.ITable, got an object"),
        ({"secret": None}, "'secret' must be a secretsmanager.ISecret, got None"),
        ({"function": "f"}, "'function' must be a lambda_.IFunction, got 'f'"),
        ({"stream": "s"}, "'stream' must be a kinesis.IStream, got 's'"),
        ({"grantee": "g"}, "'grantee' must be an iam.IGrantable, got 'g'"),
    ],
)
def test_fails_when_an_argument_is_wrong(given: dict[str, Any], message: str) -> None:
    """The message has the argument's name, the value and what is allowed."""
    assert [message] == [problem for _, problem, _ in grant_arguments.check(given)]


@pytest.mark.parametrize(
    "given",
    [
        {"prefix": "a" * 1025},
        {"manifest": "a" * 1025},
        {"manifest": "s3://b/m"},
        {"jsonpaths": ""},
        {"jsonpaths": "a\x1fb"},
        {"prefix": "ä" * 1024},
        {"prefix": "ä" * 1025},
        {"prefix": "a\u0100"},
        {"manifest": "ä" * 513},
        {"jsonpaths": "ä" * 513},
        {"database": ""},
        {"database": "a" * 256},
        {"database": "a\x1f"},
        {"tables": ["a" * 256]},
        {"tables": {"orders": 1}},
        {"cluster_id": "j-"},
        {"cluster_id": "j-" + "A" * 21},
        {"cluster_id": "j-a"},
        {"cluster_arn": MSK + "*"},
        {"cluster_arn": MSK.replace("events", "ev?nts")},
        {"cluster_arn": MSK + "/x"},
        {"cluster_arn": MSK.replace("events", "${aws:username}")},
        {"cluster_arn": MSK + "\n"},
        {"prefix": "a\ud800"},
        {"manifest": "\udfff"},
        {"jsonpaths": "\ud800" * 300},
        {"database": "\ud800"},
        {"cluster_arn": MSK.replace("111111111111", "11111111111")},
        {"cluster_arn": MSK.replace("kafka", "kinesis")},
        {"cluster_arn": MSK.replace("cluster/", "topic/")},
        {"topics": [""]},
        {"topics": ["a" * 250]},
        {"topics": ["*"]},
        {"create_database": 1},
        {"write": "no"},
        {"lake_formation": None},
    ],
)
def test_fails_when_an_argument_is_a_step_too_far(given: dict[str, Any]) -> None:
    """One character too many, one mark that is not allowed: one finding, that names the argument."""
    (message,) = [problem for _, problem, _ in grant_arguments.check(given)]

    assert message.startswith(f"'{next(iter(given))}")


@pytest.mark.parametrize(
    ("given", "fix"),
    [
        ({"prefix": ""}, "write it like prefix='landing/'"),
        ({"manifest": ""}, "write it like manifest='manifests/load.json'"),
        ({"database": ""}, "write it like database='sales'"),
        ({"cluster_id": ""}, "write it like cluster_id='j-2AXXXXXXGAPLF'"),
        ({"cluster_arn": ""}, f"write it like cluster_arn='{MSK_EXAMPLE}'"),
        ({"topics": [""]}, "write it like topics[0]='events'"),
        ({"tables": []}, "name the tables, or leave tables out for all of the database"),
        ({"topics": []}, "name the topics"),
        ({"prefix": "ä" * 513}, "shorten it; Amazon S3 counts bytes"),
        ({"prefix": "ж"}, "grant the part of the prefix before it, or all of the bucket"),
        (
            {"manifest": "ж"},
            "give it another key, or grant the part of the key before it as prefix, or all of the bucket",
        ),
        ({"database": "ж"}, "give the database another name"),
        ({"tables": ["ж"]}, "give the table another name, or leave tables out for all of the database"),
        ({"table": None}, "pass dynamodb.TableV2(…), or one of its from_ methods"),
        ({"secret": None}, "pass secretsmanager.Secret(…), or one of its from_ methods"),
        ({"function": None}, "pass lambda_.Function(…), or one of its from_ methods"),
        ({"stream": None}, "pass kinesis.Stream(…), or one of its from_ methods"),
        ({"grantee": None}, "pass a user, a group or a role"),
    ],
)
def test_the_fix_can_be_copied(given: dict[str, Any], fix: str) -> None:
    """It says what to write in place of what is wrong."""
    assert [fix] == [advice for _, _, advice in grant_arguments.check(given)]


def test_the_examples_in_the_fixes_are_good_themselves() -> None:
    """Whoever copies one gets no second finding."""
    arguments = grant_arguments.GRANT_ARGUMENTS
    texts = {name: shape.example for name, shape in arguments.items() if isinstance(shape, Text)}

    assert {"prefix", "manifest", "jsonpaths", "database", "cluster_id", "cluster_arn"} == set(texts)
    assert [] == list(grant_arguments.check({**texts, "tables": ("orders",), "topics": ("events",)}))


class _Resource:
    table_arn = secret_arn = function_arn = stream_arn = grant_principal = "arn"  # noqa: S105  a name, not a secret


@pytest.mark.parametrize("name", ["table", "secret", "function", "stream", "grantee"])
def test_each_kind_is_known_by_its_own_attribute(name: str) -> None:
    """What has it passes; a bucket, which does not, is refused."""
    assert [] == list(grant_arguments.check({name: _Resource()}))
    assert 1 == len(list(grant_arguments.check({name: _Bucket()})))


@pytest.mark.parametrize(
    "given",
    [
        {"prefix": "a" * 1024, "manifest": "a" * 1024, "jsonpaths": "x"},
        {"prefix": "a*?$ä b/ÿ\xa0\x7f"},
        {"prefix": "ä" * 512, "manifest": "a/b", "jsonpaths": "ä" * 512},
        {"database": "a" * 255, "tables": ["orders", "a" * 255]},
        {"cluster_id": "j-2AXXXXXXGAPLF"},
        {"cluster_id": "j-" + "A" * 20},
        {"topics": ["a" * 249]},
        {"lake_formation": True, "create_database": False},
        {"cluster_arn": MSK, "topics": ["a.b-c_d"]},
        {"bucket": _Bucket(), "clean_path": True, "write": False, "owner_allows": True},
    ],
)
def test_good_arguments_pass(given: dict[str, Any]) -> None:
    """Boundaries included."""
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
            ["'database' must be a name of 1 to 255 characters without a slash, got 'a/b'"],
        ),
        ({"database": "sales", "lake_formation": True}, []),
    ],
)
def test_the_data_of_a_schema_is_in_a_bucket_or_vended(given: dict[str, Any], messages: list[str]) -> None:
    """One of the two, not both and not neither."""
    assert messages == [problem for _, problem, _ in grant_arguments.check_external_schema(given)]


@pytest.mark.parametrize(
    ("given", "fixes"),
    [
        ({}, ["pass the bucket that the tables' files are in, or lake_formation=True"]),
        (
            {"lake_formation": True, "bucket": _Bucket(), "prefix": "x/"},
            [
                "drop bucket: Lake Formation vends the credentials for Amazon S3",
                "drop prefix: Lake Formation vends the credentials for Amazon S3",
            ],
        ),
    ],
)
def test_the_fix_names_what_to_drop_or_to_pass(given: dict[str, Any], fixes: list[str]) -> None:
    """For each argument that is one too many, and for the one that is missing."""
    assert fixes == [fix for _, _, fix in grant_arguments.check_external_schema(given)]
