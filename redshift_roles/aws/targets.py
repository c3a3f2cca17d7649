"""What the statements of a policy are about, in words: kinds and names of resources, and what is done with them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Final, NamedTuple

from redshift_roles.aws import trust
from redshift_roles.aws.placeholders import PLACEHOLDERS


class Target(NamedTuple):
    """A resource, or resources with a common name, such as the tables of a Glue database."""

    type: str  # such as `bucket`
    name: str  # such as `landing/2026/*`, with placeholders; `*` for every resource of this type
    part: str = ""  # what the name begins with and other targets may name, too: a bucket, a Glue database


_ANY: Final = "*"
_WILD: Final = ("*", "?")
# What policies call resources, by the service and the first word of the resource; most need no table.
_TYPES: Final = {
    ("acm", "certificate"): "certificate",
    ("bedrock", "foundation-model"): "foundation model",
    ("bedrock", "inference-profile"): "inference profile",
    ("dynamodb", "table"): "DynamoDB table",
    ("ecr", "repository"): "repository",
    ("elasticmapreduce", "cluster"): "EMR cluster",
    ("iam", "role"): "IAM role",
    ("kafka", "cluster"): "Kafka cluster",
    ("kafka-cluster", "cluster"): "Kafka cluster",
    ("kafka", "topic"): "Kafka topic",
    ("kafka", "group"): "Kafka group",
    ("kinesis", "stream"): "stream",
    ("kms", "alias"): "key",
    ("kms", "key"): "key",
    ("lambda", "function"): "function",
    ("logs", "log-group"): "log group",
    ("redshift", "cluster"): "Redshift cluster",
    ("s3", "bucket"): "bucket",
    ("s3tables", "bucket"): "table bucket",
    ("secretsmanager", "secret"): "secret",
    ("glue", "database"): "Glue database",
    ("glue", "table"): "Glue table",
    ("glue", "catalog"): "Glue catalog",
}
# What a service has most of, where a resource does not show its kind.
_USUAL: Final = {service: type_ for (service, _), type_ in _TYPES.items()} | {
    _ANY: "everything",
    "bedrock": "foundation model",
    "glue": "Glue database",
    "kafka": "Kafka cluster",
    "kms": "key",
}
_WORD: Final = re.compile("[/:]")


def target_of(resource: str, service: str) -> Target:
    """Name what the resource of a statement is; the service of its actions tells where the resource does not."""
    parts = PLACEHOLDERS.split(resource, ":")
    if service == "lakeformation":
        return Target("data", "that AWS Lake Formation grants")
    if len(parts) < 6:
        return _in_bucket(resource) if service == "s3" else Target(_USUAL.get(service, service), resource)
    service, rest = parts[2], ":".join(parts[5:])
    if service == "s3":
        return _in_bucket(rest)
    if service == "glue":
        return _in_catalog(rest)
    word, *names = _WORD.split(rest, maxsplit=1) if not rest.startswith(("\x01", *_WILD)) else (service, rest)
    if word == service or not names:
        return Target(_USUAL.get(service, service), rest)
    return Target(_TYPES.get((service, word), f"{service} {word}"), names[0])


def _in_bucket(rest: str) -> Target:
    bucket, *key = PLACEHOLDERS.split(rest, "/")
    name = "/".join(key)
    return Target("bucket", bucket if name in ("", _ANY) else f"{bucket}/{name}", bucket)


def _in_catalog(rest: str) -> Target:
    word, *names = PLACEHOLDERS.split(rest, "/")
    database = names[0] if names else ""
    if word == "table" and len(names) > 1 and names[1:] != [_ANY]:
        return Target("Glue table", f"{database}.{'/'.join(names[1:])}", database)
    if word in ("database", "table", "userDefinedFunction") and names:
        return Target("Glue database", database, database)
    return Target("Glue catalog", "/".join(names) or "of the account")


# How the names of actions begin that only list and describe, that read, and that run something. Those of the first
# list that get something get nothing of the data.
_LISTED: Final = (
    "list describe getbucketlocation getencryptionconfiguration getrandompassword getbootstrapbrokers "
    "getauthorizationtoken getresourcepolicy"
).split()
_READ: Final = "get batchget scan query select read download decrypt receive export poll search connect".split()
_RUN: Final = "invoke start execute".split()
LIST, READ, WRITE, INVOKE, PASS, EVERYTHING = "list", "read", "write", "invoke", "pass", "do anything with"


def access_of(action: str) -> str:
    """Return what an action does with a resource, in one word; a pattern may do more."""
    name = action.lower().rpartition(":")[2]
    if name.startswith(_WILD):
        return EVERYTHING
    for word, starts in ((PASS, ["passrole"]), (LIST, _LISTED), (READ, _READ), (INVOKE, _RUN)):
        if name.startswith(tuple(starts)):
            return word
    return WRITE


def in_order(words: Iterable[str]) -> tuple[str, ...]:
    """Put what is done with a resource in order; what includes everything stands alone."""
    known = set(words)
    return (
        (EVERYTHING,)
        if EVERYTHING in known
        else tuple(word for word in (LIST, READ, WRITE, INVOKE, PASS) if word in known)
    )


def without_repetition(found: dict[Target, set[str]]) -> Iterator[tuple[Target, tuple[str, ...]]]:
    """Leave out what another target says more closely: the listing of a bucket, the database of a table.

    Who reads objects lists the bucket, and who reads a table finds its database and catalog.
    """
    parts = {(target.type.partition(" ")[0], target.part) for target in found if target.part != target.name}
    for target, words in found.items():
        kind = target.type.partition(" ")[0]
        is_whole = target.part == target.name
        is_found = words <= {LIST} if kind == "bucket" else words <= {LIST, READ}
        if is_whole and is_found and (kind, target.part) in parts:
            continue
        if target.type == "Glue catalog" and any(other.type in ("Glue database", "Glue table") for other in found):
            continue
        yield target, in_order(words)


_APPLICATION: Final = "Identity Center application"
# What takes roles, and how its ARNs name it: the service, the word for it, and what is between this and a name.
TAKERS: Final = {
    "cluster": (trust.PROVISIONED, "cluster", ":"),
    "namespace": (trust.SERVERLESS, "namespace", "/"),
    "scheduled action": (trust.PROVISIONED, "", ":"),
    _APPLICATION: (trust.PROVISIONED, "redshiftidcapplication", ":"),
}


def taker_of(operation: str) -> str:
    """Return to what an operation of Redshift gives a role."""
    if operation.startswith(f"{trust.SERVERLESS}:") and "Namespace" in operation:
        return "namespace"
    return "scheduled action" if "Scheduled" in operation else _APPLICATION if "Idc" in operation else "cluster"
