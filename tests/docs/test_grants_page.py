"""The table of grants in the guide: each row is run, and what it says lands in the policy is what lands there.

In the last column a code span ``service:Action`` names an action, ``Action`` after it one of the same service, and a
number before ``service:…`` says how many others of that service there are. "As above" takes in the row before.
"""

from __future__ import annotations

import re
from collections import Counter
from typing import Any, NamedTuple

import aws_cdk as cdk
import pytest
from aws_cdk import aws_certificatemanager as acm
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kinesis as kinesis
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_secretsmanager as secretsmanager

from redshift_roles import RedshiftGrants, RedshiftRole
from tests.support.granted import HERE, KEY, listed, statements_of
from tests.support.programs import ROOT

GUIDE = (ROOT / "docs" / "guides" / "grants.md").read_text(encoding="utf-8")
HEAD = "| what you want to run | the line, after `role.redshift_grants` | what lands in the role's policy |"
NUMBERS = dict(
    zip(
        "one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen "
        "eighteen nineteen twenty".split(),
        range(1, 21),
        strict=True,
    )
)
SPAN = re.compile(r"(?:(?P<number>\w+) )?`(?P<text>[^`]+)`")


class Row(NamedTuple):
    """One row: the line to run, the actions it names, and how many others of a service it counts."""

    line: str
    named: frozenset[str]
    counted: Counter[str]


def rows(text: str) -> list[Row]:
    """Read the table."""
    table = text[text.index(HEAD) :].split("\n\n", maxsplit=1)[0].splitlines()[2:]
    read: list[Row] = []
    for cells in (line.strip("| ").split(" | ") for line in table):
        named, counted = _actions(cells[2])
        if cells[2].startswith("as above"):
            above = next(row for row in reversed(read))
            named, counted = named | above.named, counted + above.counted
        read.append(Row(cells[1].split("`")[1], named, counted))
    return read


def _actions(cell: str) -> tuple[frozenset[str], Counter[str]]:
    named, counted, service = set(), Counter[str](), ""
    for span in SPAN.finditer(cell):
        start, colon, action = span["text"].rpartition(":")
        service = start if colon else service
        if action == "…":
            counted[service] += NUMBERS.get(span["number"]) or int(span["number"])
        elif re.fullmatch("[A-Z][A-Za-z]+", action):
            named.add(f"{service}:{action}")
    return frozenset(named), counted


def named_in_the_table(stack: cdk.Stack) -> dict[str, Any]:
    """Define what the lines of the table name, each encrypted with a key."""
    key = kms.Key.from_key_arn(stack, "Key", KEY)
    return {
        "b": s3.Bucket.from_bucket_attributes(stack, "B", bucket_arn="arn:aws:s3:::lake", encryption_key=key),
        "table": dynamodb.Table.from_table_attributes(stack, "T", table_name="orders", encryption_key=key),
        "secret": secretsmanager.Secret.from_secret_attributes(
            stack, "S", secret_complete_arn=f"arn:aws:secretsmanager:{HERE}:secret:s-Ab12Cd", encryption_key=key
        ),
        "stream": kinesis.Stream.from_stream_attributes(
            stack, "K", stream_arn=f"arn:aws:kinesis:{HERE}:stream/s", encryption_key=key
        ),
        "certificate": acm.Certificate.from_certificate_arn(stack, "C", f"arn:aws:acm:{HERE}:certificate/c"),
        "key": kms.Key.from_key_arn(stack, "Other", KEY.replace("key/1", "key/2")),
        "table_bucket_arn": f"arn:aws:s3tables:{HERE}:bucket/lake",
        "arn": f"arn:aws:kafka:{HERE}:cluster/c/1",
        "function": lambda_.Function.from_function_name(stack, "F", "score"),
        "user": iam.User(stack, "U"),
    }


@pytest.mark.parametrize("row", rows(GUIDE), ids=lambda row: row.line)
def test_what_a_row_says_is_what_lands(stack: cdk.Stack, row: Row) -> None:
    """Each action that it names, and none that it does not cover."""
    names = named_in_the_table(stack)
    eval(f"grants{row.line}", {"grants": RedshiftRole(stack, "Role").redshift_grants, **names})  # noqa: S307  our page
    landed = {action for actions, _ in statements_of(stack).values() for action in listed(actions)}
    others = Counter(action.partition(":")[0] for action in landed - row.named)

    assert row.named <= landed
    assert row.counted == others


def test_every_grant_has_a_row() -> None:
    """The table names all methods."""
    methods = {name for name, member in vars(RedshiftGrants).items() if callable(member) and not name.startswith("_")}

    assert methods == {re.findall(r"\w+", row.line)[0] for row in rows(GUIDE)}
