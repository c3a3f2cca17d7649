"""Permissions as policy documents: as few as fit, the same whatever the order."""

from __future__ import annotations

import json
import re
from itertools import chain, permutations
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from redshift_roles.aws import permissions, quotas
from redshift_roles.aws.permissions import Objects, Permission
from redshift_roles.aws.policies import documents
from redshift_roles.aws.policy_documents import size
from tests.support.operations import OPERATIONS

READ = ("s3:GetObject",)


def _read(*names: str, sid: str = "ReadObjects") -> list[Permission]:
    return [Permission(sid, READ, name) for name in names]


def _statements(written: list[dict[str, object]]) -> list[dict[str, Any]]:
    return [statement for document in written for statement in _listed(document["Statement"])]


def _listed(node: Any) -> list[Any]:
    return node if isinstance(node, list) else [node]


def _resources(document: dict[str, object]) -> int:
    return len({resource for statement in _statements([document]) for resource in _listed(statement["Resource"])})


def _unfolded(written: list[dict[str, object]]) -> set[tuple[str, str, str]]:
    """Take documents apart: an action, a resource and a condition at a time."""
    return {
        (action, resource, json.dumps(statement.get("Condition")))
        for statement in _statements(written)
        for action in _listed(statement["Action"])
        for resource in _listed(statement["Resource"])
    }


def test_fails_when_nothing_would_be_written() -> None:
    """Nothing to allow is no document, since IAM takes no empty one."""
    assert [] == documents([])
    assert [] == documents([], most=1)


def test_one_action_on_one_resource_is_the_smallest_document() -> None:
    """One of a kind is a text, not a list."""
    assert [
        {
            "Version": "2012-10-17",
            "Statement": [{"Sid": "ReadObjects", "Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:a"}],
        }
    ] == documents(_read("arn:a"))


def test_what_is_allowed_alike_is_one_statement() -> None:
    """Resources are sorted, and each stands there once."""
    (document,) = documents(_read("arn:b", "arn:a", "arn:b"))

    assert [["arn:a", "arn:b"]] == [statement["Resource"] for statement in _statements([document])]


def test_statements_for_one_purpose_are_numbered() -> None:
    """Another condition is another statement, and IAM wants another Sid for it."""
    listing = [
        Permission("ListObjects", ("s3:ListBucket",), "arn:a", ("StringLike", "s3:prefix", values))
        for values in (("b/*",), ("a/*", "m"))
    ]
    (document,) = documents([*listing, Permission("ListObjects", ("s3:ListBucket",), "arn:c")])

    assert [
        ("ListObjects", None),
        ("ListObjects2", {"StringLike": {"s3:prefix": ["a/*", "m"]}}),
        ("ListObjects3", {"StringLike": {"s3:prefix": "b/*"}}),
    ] == [(statement["Sid"], statement.get("Condition")) for statement in _statements([document])]


PLAIN = Permission("Do", ("s3:GetObject",), "arn:a", ("StringLike", "s3:prefix", ("a",)))


@pytest.mark.parametrize(
    "other",
    [
        PLAIN._replace(actions=("s3:PutObject",)),
        PLAIN._replace(condition=("StringNotLike", "s3:prefix", ("a",))),
        PLAIN._replace(condition=("StringLike", "s3:x-amz-acl", ("a",))),
        PLAIN._replace(condition=("StringLike", "s3:prefix", ("b",))),
        PLAIN._replace(condition=None),
    ],
    ids=["actions", "operator", "key", "values", "none"],
)
def test_what_differs_in_one_thing_is_two_statements(other: Permission) -> None:
    """Merging them would allow something that nobody asked for."""
    written = documents([PLAIN, other._replace(resource="arn:b")])

    assert {
        ("s3:GetObject", "arn:a", '{"StringLike": {"s3:prefix": "a"}}'),
        (other.actions[0], "arn:b", _condition(other)),
    } == _unfolded(written)
    assert ["Do", "Do2"] == [statement["Sid"] for statement in _statements(written)]


def _condition(permission: Permission) -> str:
    if permission.condition is None:
        return "null"
    operator, key, (value,) = permission.condition
    return json.dumps({operator: {key: value}})


def test_statements_are_sorted_by_their_purpose_first() -> None:
    """Whatever their actions are, so that those for one purpose stand together and are numbered through."""
    purposes = [("Second", "s3:A"), ("First", "s3:B"), ("Second", "s3:C")]
    (document,) = documents(Permission(sid, (action,), "arn:a") for sid, action in purposes)

    assert [("First", "s3:B"), ("Second", "s3:A"), ("Second2", "s3:C")] == [
        (statement["Sid"], statement["Action"]) for statement in _statements([document])
    ]


@pytest.mark.parametrize(("length", "count"), [(6_143, 1), (6_144, 1), (6_145, 2)])
def test_a_policy_of_6144_characters_is_one(length: int, count: int) -> None:
    """That is how many IAM takes; one more, and it is two policies."""
    start = '{"Version":"2012-10-17","Statement":[{"Sid":"ReadObjects","Effect":"Allow","Action":"s3:GetObject",'
    end = '"Resource":["arn:a","arn:b"]}]}'
    padded = "arn:b" + "x" * (length - len(start) - len(end))

    assert count == len(documents(_read("arn:a", padded)))


@pytest.mark.parametrize(("spare", "count"), [(-1, 2), (0, 1)])
def test_a_token_counts_as_long_as_it_may_become(spare: int, count: int) -> None:
    """Two keys whose ARNs only the deployment knows, at the longest that any service gives."""
    longest = "k" * quotas.LONGEST_ARN
    (whole,) = documents(_read(f"{longest}1", f"{longest}2"))
    tokens = _read("${Token[TOKEN.1]}", "${Token[TOKEN.2]}")

    assert count == len(
        documents(
            tokens,
            written=lambda text: text.replace("${Token[TOKEN.", longest).replace("]}", ""),
            most=size(whole, str) + spare,
        )
    )


@pytest.mark.parametrize(("spare", "count"), [(-1, 2), (0, 1), (1, 1)])
def test_a_document_is_filled_to_the_last_character(spare: int, count: int) -> None:
    """One that is exactly as large as IAM allows is one; a character more, and there are two."""
    allowed = _read(*(f"arn:{number:04}" for number in range(50)))
    (whole,) = documents(allowed)

    assert count == len(documents(allowed, most=size(whole, str) + spare))


@pytest.mark.parametrize(("spare", "first"), [(-1, 19), (0, 20), (1, 20)])
def test_the_first_of_several_documents_is_filled_to_the_last_character(spare: int, first: int) -> None:
    """As many resources as fit, and not one less."""
    allowed = _read(*(f"arn:{number:04}" for number in range(50)))
    (twenty,) = documents(allowed[:20])
    written = documents(allowed, most=size(twenty, str) + spare)

    assert first == _resources(written[0])


def test_the_limit_is_that_of_a_managed_policy() -> None:
    """6,144 characters, as IAM counts them."""
    allowed = _read(*(f"arn:aws:s3:::bucket-{number:04}/landing/*" for number in range(400)))
    written = documents(allowed)

    assert all(size(document, str) <= quotas.MANAGED_POLICY_SIZE for document in written)
    assert all(size(document, str) > quotas.MANAGED_POLICY_SIZE - 60 for document in written[:-1])
    assert _unfolded(written) == {("s3:GetObject", permission.resource, "null") for permission in allowed}


def test_a_statement_that_is_divided_keeps_its_sid() -> None:
    """In each document; a Sid is unique within a document, which is what IAM asks for."""
    written = documents([*_read("arn:a", "arn:b", "arn:c"), *_read("arn:d", sid="Second")], most=140)

    assert len(written) > 1
    assert all(len(sids) == len(set(sids)) for sids in ([s["Sid"] for s in _statements([d])] for d in written))


@pytest.mark.parametrize("spare", [0, 1])
def test_what_fits_is_measured_once(spare: int) -> None:
    """Up to the last character; only what does not fit is measured resource by resource."""
    allowed = _read(*(f"arn:{number}" for number in range(5)))
    (whole,) = documents(allowed)
    measured: list[str] = []

    def written(text: str) -> str:
        measured.append(text)
        return text

    documents(allowed, written=written, most=size(whole, str) + spare)

    assert sorted(set(measured)) == sorted(measured)


def test_a_later_statement_gathers_its_resources() -> None:
    """Also where one document cannot hold all: each statement stands in it once."""
    granted = [
        *_read("arn:a", "arn:b", sid="First"),
        *_read("arn:c", "arn:d", sid="Second"),
        *_read("x" * 200, sid="Z"),
    ]
    first, second = documents(granted, most=300)

    assert [("First", ["arn:a", "arn:b"]), ("Second", ["arn:c", "arn:d"])] == [
        (statement["Sid"], statement["Resource"]) for statement in _statements([first])
    ]
    assert ["x" * 200] == [statement["Resource"] for statement in _statements([second])]


def test_one_resource_that_is_too_large_alone_has_a_document_of_its_own() -> None:
    """Nothing is dropped; IAM will say what it thinks of it."""
    assert 2 == len(documents(_read("arn:" + "a" * 200, "arn:b"), most=150))


def test_texts_count_at_their_longest() -> None:
    """Where only the deployment knows a text, the longest decides."""
    allowed = _read("arn:a", "arn:b")

    assert 1 == len(documents(allowed))
    assert 2 == len(documents(allowed, written=lambda text: text.replace("arn:", "x" * 6000)))


def test_texts_are_sorted_by_their_key() -> None:
    """What a token's text is does not matter, only what it stands for."""
    (document,) = documents(
        _read("${Token[9]}", "${Token[1]}"), key={"${Token[9]}": "a", "${Token[1]}": "b"}.__getitem__
    )

    assert ["${Token[9]}", "${Token[1]}"] == _statements([document])[0]["Resource"]


GRANTS = [
    permissions.copy_from(Objects("arn:aws:s3:::a", "arn:k", "one/")),
    permissions.copy_from(Objects("arn:aws:s3:::b", None, "two/", ("m",))),
    permissions.unload_to(Objects("arn:aws:s3:::a", "arn:k", "out/"), clean_path=True),
]


@pytest.mark.parametrize("order", list(permutations(GRANTS)))
def test_the_order_of_grants_changes_nothing(order: list[list[Permission]]) -> None:
    """Every permutation of three grants is the same document."""
    assert documents(chain(*GRANTS)) == documents(chain(*order))


@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_nothing_is_lost_and_nothing_added(data: st.DataObject) -> None:
    """However small the documents are and whatever the order, they allow exactly what was asked."""
    whole = list(chain(*(operation.granted for operation in OPERATIONS)))
    chosen = data.draw(st.lists(st.sampled_from(whole), min_size=1, max_size=25))
    most = data.draw(st.integers(600, 4000))
    written = documents(chosen, most=most)

    assert _unfolded(documents(chosen)) == _unfolded(written)
    assert written == documents(reversed(chosen), most=most)
    assert {(action, permission.resource) for permission in chosen for action in permission.actions} == {
        (action, resource) for action, resource, _ in _unfolded(written)
    }
    sids = [[statement["Sid"] for statement in _statements([document])] for document in written]
    assert all(len(found) == len(set(found)) for found in sids)
    assert all(re.fullmatch(r"[A-Za-z0-9]+", statement["Sid"]) for statement in _statements(written))
    assert all(size(document, str) <= most or 1 == _resources(document) for document in written)
