"""The arguments of grants: what a prefix, a manifest, a database and a topic may be.

The arguments that were given flow in; what is wrong with them flows out.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Final

from redshift_roles.aws import quotas
from redshift_roles.rules import arguments
from redshift_roles.rules.arguments import Given
from redshift_roles.rules.registry import Problem
from redshift_roles.rules.shapes import Flag, Kind, ListOf, Shape, Text, shown

_TABLE: Final = Kind("table_arn", "a dynamodb.ITable", "pass dynamodb.TableV2(…), or one of its from_ methods")
_SECRET: Final = Kind(
    "secret_arn", "a secretsmanager.ISecret", "pass secretsmanager.Secret(…), or one of its from_ methods"
)
_FUNCTION: Final = Kind("function_arn", "a lambda_.IFunction", "pass lambda_.Function(…), or one of its from_ methods")
_STREAM: Final = Kind("stream_arn", "a kinesis.IStream", "pass kinesis.Stream(…), or one of its from_ methods")
_GRANTEE: Final = Kind("grant_principal", "an iam.IGrantable", "pass a user, a group or a role")

_BEGINNING: Final = "without a slash or s3:// in front"
_PREFIX: Final = Text(
    rf"(?!/|s3://)[^\x00-\x1f]{{1,{quotas.S3_KEY_LENGTH}}}",
    f"what object keys begin with, 1 to {quotas.S3_KEY_LENGTH:,} characters {_BEGINNING}",
    "landing/",
)
_KEY: Final = Text(
    rf"(?!/|s3://)[^\x00-\x1f]{{0,{quotas.S3_KEY_LENGTH - 1}}}[^\x00-\x1f/]",
    f"the key of one object, 1 to {quotas.S3_KEY_LENGTH:,} characters {_BEGINNING}",
    "manifests/load.json",
)
_CATALOG_NAME: Final = Text(r"[^\x00-\x1f/]{1,255}", "a name of 1 to 255 characters without a slash", "sales")
_EMR_CLUSTER: Final = Text(r"j-[A-Z0-9]{1,20}", "the id of an Amazon EMR cluster", "j-2AXXXXXXGAPLF")
_MSK_CLUSTER: Final = Text(
    r"arn:[a-z-]+:kafka:[a-z0-9-]+:[0-9]{12}:cluster/[A-Za-z0-9-]+/[A-Za-z0-9-]+",
    "the ARN of an Amazon MSK cluster",
    "arn:aws:kafka:eu-west-1:111111111111:cluster/events/8d6a9f0e-0000-0000-0000-000000000000-1",
)
_TOPIC: Final = Text(r"[\w.-]{1,249}", "the name of a topic, 1 to 249 letters, digits and ._-", "events")

GRANT_ARGUMENTS: Final[Mapping[str, Shape]] = {
    "bucket": arguments.BUCKET,
    "prefix": _PREFIX,
    "manifest": _KEY,
    "jsonpaths": _KEY,
    "owner_allows": Flag(),
    "clean_path": Flag(),
    "database": _CATALOG_NAME,
    "tables": ListOf(_CATALOG_NAME),
    "create_database": Flag(),
    "write": Flag(),
    "lake_formation": Flag(),
    "table": _TABLE,
    "cluster_id": _EMR_CLUSTER,
    "secret": _SECRET,
    "function": _FUNCTION,
    "stream": _STREAM,
    "cluster_arn": _MSK_CLUSTER,
    "topics": ListOf(_TOPIC),
    "grantee": _GRANTEE,
}


def check(given: Given) -> Iterator[Problem]:
    """Check the arguments of one grant."""
    yield from arguments.check(given, GRANT_ARGUMENTS)
    for name in ("prefix", "manifest", "jsonpaths"):
        value = given.get(name)
        size = len(value.encode(errors="surrogatepass")) if isinstance(value, str) else 0
        if size > quotas.S3_KEY_LENGTH >= len(str(value)):
            yield Problem(
                name,
                f"'{name}' has {size:,} bytes of UTF-8, allowed is {quotas.S3_KEY_LENGTH:,}",
                "shorten it; Amazon S3 counts bytes",
            )
    yield from _policy_characters(given)
    for name in ("tables", "topics"):
        if given.get(name) in ([], ()):
            yield Problem(name, f"'{name}' must have at least one entry, got an empty list", _LEAVE_OUT[name])


# What policies cannot hold; half a character is refused as such.
_FOREIGN: Final = re.compile("[^\x00-\xff\ud800-\udfff]")
_IN_PLACE: Final = {
    "prefix": "grant the part of the prefix before it, or all of the bucket",
    "manifest": "give it another key, or grant the part of the key before it as prefix, or all of the bucket",
    "jsonpaths": "give it another key, or grant the part of the key before it as prefix, or all of the bucket",
    "database": "give the database another name",
    "tables": "give the table another name, or leave tables out for all of the database",
}


def _policy_characters(given: Given) -> Iterator[Problem]:
    """Find characters that no policy of IAM can hold: those after U+00FF."""
    for name, fix in _IN_PLACE.items():
        value = given.get(name)
        named = [(name, value)] if isinstance(value, str) else []
        if isinstance(value, (list, tuple)):
            named = [(f"{name}[{index}]", entry) for index, entry in enumerate(value) if isinstance(entry, str)]
        for label, text in named:
            found = _FOREIGN.search(text)
            if found:
                allowed = "IAM policies take characters up to U+00FF (ÿ) only"
                yield Problem(label, f"'{label}' is {shown(text)} with {found[0]!r}, and {allowed}", fix)


_LEAVE_OUT: Final = {
    "tables": "name the tables, or leave tables out for all of the database",
    "topics": "name the topics",
}


def check_external_schema(given: Given) -> Iterator[Problem]:
    """Check where the data of an external schema comes from: a bucket, or what AWS Lake Formation vends."""
    yield from check(given)
    if given.get("lake_formation") is not True:
        if "bucket" not in given:
            yield Problem(
                "bucket",
                "'bucket' is not given",
                "pass the bucket that the tables' files are in, or lake_formation=True",
            )
        return
    for name in ("bucket", "prefix"):
        if name in given:
            yield Problem(
                name,
                f"'{name}' is {shown(given[name])} beside lake_formation=True",
                f"drop {name}: Lake Formation vends the credentials for Amazon S3",
            )
