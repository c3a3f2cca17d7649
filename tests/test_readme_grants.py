"""The README's table of grants: each row is run, and what it says lands in the policy is what lands there.

In the last column a code span ``service:Action`` names an action, ``Action`` after it one of the same service, and a
number before ``service:…`` says how many others of that service there are. "As above" takes in the row before.
"""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path
from typing import Any, NamedTuple

import aws_cdk as cdk
import pytest
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kinesis as kinesis
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_secretsmanager as secretsmanager

from redshift_roles import RedshiftGrants, RedshiftRole
from tests.conftest import ACCOUNT, REGION
from tests.support.templates import all_properties_of

HERE = f"{REGION}:{ACCOUNT}"
README = (Path(__file__).parent.parent / "README.md").read_text(encoding="utf-8")
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
        read.append(Row(cells[1].strip("`"), named, counted))
    return read


def _actions(cell: str) -> tuple[frozenset[str], Counter[str]]:
    named, counted, service = set(), Counter[str](), ""
    for span in SPAN.finditer(cell):
        start, colon, action = span["text"].rpartition(":")
        service = start if colon else service
        if action == "…":
            counted[service] += NUMBERS[span["number"]]
        elif re.fullmatch("[A-Z][A-Za-z]+", action):
            named.add(f"{service}:{action}")
    return frozenset(named), counted


def difference(row: Row, landed: set[str]) -> dict[str, object]:
    """Say in what a row and a policy are not the same; nothing when they are."""
    others = Counter(action.partition(":")[0] for action in landed - row.named)
    found = {"missing": row.named - landed, "counted": row.counted - others, "uncovered": others - row.counted}
    return {name: value for name, value in found.items() if value}


def named_in_the_table(stack: cdk.Stack) -> dict[str, Any]:
    """Define what the lines of the table name, each encrypted with a key."""
    key = kms.Key.from_key_arn(stack, "Key", f"arn:aws:kms:{HERE}:key/1")
    return {
        "b": s3.Bucket.from_bucket_attributes(stack, "B", bucket_arn="arn:aws:s3:::lake", encryption_key=key),
        "table": dynamodb.Table.from_table_attributes(stack, "T", table_name="orders", encryption_key=key),
        "secret": secretsmanager.Secret.from_secret_attributes(
            stack, "S", secret_complete_arn=f"arn:aws:secretsmanager:{HERE}:secret:s-Ab12Cd", encryption_key=key
        ),
        "stream": kinesis.Stream.from_stream_attributes(
            stack, "K", stream_arn=f"arn:aws:kinesis:{HERE}:stream/s", encryption_key=key
        ),
        "arn": f"arn:aws:kafka:{HERE}:cluster/c/1",
        "function": lambda_.Function.from_function_name(stack, "F", "score"),
        "user": iam.User(stack, "U"),
    }


ROW = Row(".copy_from(b)", frozenset({"s3:GetObject"}), Counter({"glue": 2}))


@pytest.mark.parametrize(
    ("landed", "expected"),
    [
        ({"s3:GetObject", "glue:GetTable", "glue:GetTables"}, {}),
        ({"glue:GetTable", "glue:GetTables"}, {"missing": {"s3:GetObject"}}),
        ({"s3:GetObject", "glue:GetTable"}, {"counted": Counter({"glue": 1})}),
        (
            {"s3:GetObject", "s3:PutObject", "glue:GetTable", "glue:GetTables", "glue:GetDatabase"},
            {"uncovered": Counter({"s3": 1, "glue": 1})},
        ),
    ],
)
def test_fails_when_a_row_says_less_or_more_than_lands(landed: set[str], expected: dict[str, object]) -> None:
    """An action that is missing, one too few, one too many."""
    assert expected == difference(ROW, landed)


def test_a_row_is_read_as_a_reader_does() -> None:
    """A name without its service is of the service before it; a resource is no action."""
    text = f"""{HEAD}
|---|---|---|
| `COPY` | `.copy_from(b, prefix="p/")` | `s3:GetObject`, `ListBucket` on `b/p/*`; two `glue:…` actions |
| … | `.unload_to(b)` | as above, and three `glue:…` actions, `kms:Decrypt` on `b` |

more"""
    first, second = rows(text)
    named = frozenset({"s3:GetObject", "s3:ListBucket"})

    assert Row('.copy_from(b, prefix="p/")', named, Counter({"glue": 2})) == first
    assert Row(".unload_to(b)", named | {"kms:Decrypt"}, Counter({"glue": 5})) == second


@pytest.mark.parametrize("row", rows(README), ids=lambda row: row.line)
def test_what_a_row_says_is_what_lands(stack: cdk.Stack, row: Row) -> None:
    """Each action that it names, and none that it does not cover."""
    names = named_in_the_table(stack)
    eval(f"grants{row.line}", {"grants": RedshiftRole(stack, "Role").redshift_grants, **names})  # noqa: S307  our README
    landed = {
        action
        for properties in all_properties_of(stack, "AWS::IAM::ManagedPolicy")
        for statement in properties["PolicyDocument"]["Statement"]
        for action in ([statement["Action"]] if isinstance(statement["Action"], str) else statement["Action"])
    }

    assert {} == difference(row, landed)


def test_every_grant_has_a_row() -> None:
    """A method that the table does not name is one that nobody finds."""
    methods = {name for name, member in vars(RedshiftGrants).items() if callable(member) and not name.startswith("_")}

    assert methods == {re.findall(r"\w+", row.line)[0] for row in rows(README)}
