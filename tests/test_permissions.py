"""
What a role is allowed for each operation: what AWS documents, all of it and nothing else.

Three proofs for each: the statements are the documented ones, an IAM evaluator that is not ours allows each documented
call, and it denies the neighbours.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from redshift_roles import permissions
from redshift_roles.limits import PARTITIONS
from redshift_roles.permission_documents import documents
from redshift_roles.permissions import Home, Objects, Permission
from tests.iam import Request, allowed
from tests.operations import BUCKET, OPERATIONS, Operation

NAMES = [operation.name for operation in OPERATIONS]


def _statements(granted: Sequence[Permission]) -> list[tuple[list[str], list[str], object]]:
    """
    Write permissions as the table does: the same actions under the same condition are one statement.
    """
    grouped: dict[tuple[str, tuple[str, ...], object], set[str]] = {}
    for permission in granted:
        grouped.setdefault((permission.sid, permission.actions, permission.condition), set()).add(permission.resource)
    return sorted(
        ((sorted(actions), sorted(found), condition) for (_, actions, condition), found in grouped.items()), key=str
    )


def _documented(operation: Operation) -> list[tuple[list[str], list[str], object]]:
    return sorted(((sorted(a), sorted(r), condition) for a, r, condition in operation.documented), key=str)


def _agrees(operation: Operation, granted: Sequence[Permission]) -> bool:
    return _statements(granted) == _documented(operation)


@cache
def _verdicts() -> dict[tuple[str, Request], bool]:
    """
    Ask the evaluator once for all operations.
    """
    asked = [(operation, request) for operation in OPERATIONS for request in (*operation.needed, *operation.refused)]
    answers = allowed([(operation.granted, request) for operation, request in asked])
    return {(operation.name, request): answer for (operation, request), answer in zip(asked, answers, strict=True)}


def test_fails_when_an_action_does_not_exist() -> None:
    """
    The evaluator knows every action, and an unknown one is an error, so a typing mistake here cannot read as a denial.
    """
    with pytest.raises(ValueError, match="s3:GetObjects"):
        allowed([(OPERATIONS[0].granted, Request("s3:GetObjects", f"{BUCKET}/a"))])


def test_fails_when_an_action_is_on_the_wrong_kind_of_resource() -> None:
    """
    The evaluator knows what each action is for.
    """
    with pytest.raises(ValueError, match="s3:ListBucket"):
        allowed([(OPERATIONS[0].granted, Request("s3:ListBucket", "arn:aws:iam::111111111111:role/Loader"))])


@pytest.mark.parametrize("operation", OPERATIONS, ids=NAMES)
def test_the_statements_are_the_documented_ones(operation: Operation) -> None:
    """
    Action by action, resource by resource, condition by condition.
    """
    assert _documented(operation) == _statements(operation.granted)


@pytest.mark.parametrize("operation", OPERATIONS, ids=NAMES)
def test_each_documented_call_is_allowed(operation: Operation) -> None:
    """
    The operation works.
    """
    assert [] == [request for request in operation.needed if not _verdicts()[operation.name, request]]


@pytest.mark.parametrize("operation", OPERATIONS, ids=NAMES)
def test_the_neighbours_are_denied(operation: Operation) -> None:
    """
    The sibling prefix, the other bucket, the write for a reader, the other key: none of them.
    """
    assert [] == [request for request in operation.refused if _verdicts()[operation.name, request]]


def _mutants(granted: Sequence[Permission]) -> Iterator[list[Permission]]:
    """
    Spoil permissions one by one: drop an action, widen a resource, drop a condition, drop the whole.
    """
    for index, permission in enumerate(granted):
        before, after = granted[:index], granted[index + 1 :]
        yield [*before, *after]
        for action in permission.actions:
            kept = tuple(name for name in permission.actions if name != action)
            yield [*before, *([permission._replace(actions=kept)] if kept else []), *after]
        service = permission.actions[0].partition(":")[0]
        yield [*before, permission._replace(actions=(*permission.actions, f"{service}:*")), *after]
        if permission.resource != "*":
            yield [*before, permission._replace(resource="*"), *after]
            yield [*before, permission._replace(resource=permission.resource.rpartition("/")[0] + "*"), *after]
        if permission.condition:
            yield [*before, permission._replace(condition=None), *after]


@pytest.mark.parametrize("operation", OPERATIONS, ids=NAMES)
def test_fails_when_a_list_is_spoilt(operation: Operation) -> None:
    """
    Whatever action is dropped and whatever resource is widened, the statements are no longer the documented ones.
    """
    mutants = list(_mutants(operation.granted))

    assert len(mutants) > 2
    assert [] == [mutant for mutant in mutants if _agrees(operation, mutant)]


def test_fails_when_a_resource_is_widened_unseen() -> None:
    """
    The evaluator alone notices each operation with all its resources widened to everything.
    """
    widened = {
        operation.name: [permission._replace(resource="*") for permission in operation.granted]
        for operation in OPERATIONS
        if {permission.resource for permission in operation.granted} != {"*"}
    }
    asked = [
        (operation.name, request)
        for operation in OPERATIONS
        for request in operation.refused
        if operation.name in widened
    ]
    answers = allowed([(widened[name], request) for name, request in asked])

    assert set(widened) == {name for (name, _), answer in zip(asked, answers, strict=True) if answer}


KEYS = st.text(st.characters(exclude_categories=("Cs", "Cc")), min_size=1, max_size=12)


@settings(max_examples=60, deadline=None)
@given(prefix=KEYS, key=KEYS)
def test_a_prefix_covers_the_keys_that_begin_with_it_and_no_other(prefix: str, key: str) -> None:
    """
    Whatever characters a prefix has, IAM's own wildcards and dollar signs among them.
    """
    (permission,) = [p for p in permissions.copy_from(Objects(BUCKET, None, prefix)) if p.sid == "ReadObjects"]

    for candidate in (prefix, prefix + key, key, key + prefix, prefix[:-1] + key):
        assert candidate.startswith(prefix) == _matches(permission.resource, f"{BUCKET}/{candidate}")


def _matches(pattern: str, text: str) -> bool:
    """
    Match as IAM does, in the simplest way there is: one character at a time.
    """
    if not pattern:
        return not text
    for escaped in ("${*}", "${?}", "${$}"):
        if pattern.startswith(escaped):
            return text[:1] == escaped[2] and _matches(pattern[len(escaped) :], text[1:])
    if pattern[0] == "*":
        return any(_matches(pattern[1:], text[start:]) for start in range(len(text) + 1))
    if pattern[0] == "?":
        return bool(text) and _matches(pattern[1:], text[1:])
    return text[:1] == pattern[0] and _matches(pattern[1:], text[1:])


@pytest.mark.parametrize("prefix", ["a*b/", "a?b/", "a$b/", "${aws:username}/", "ä/", "a b/", "100%/"])
def test_the_evaluator_agrees_on_strange_prefixes(prefix: str) -> None:
    """
    The object under the prefix is readable, and what its wildcards would match is not.
    """
    granted = permissions.copy_from(Objects(BUCKET, None, prefix))
    inside = Request("s3:GetObject", f"{BUCKET}/{prefix}x")
    outside = Request("s3:GetObject", f"{BUCKET}/{prefix.replace('*', 'XX').replace('?', 'X').replace('$', 'X')}x2")
    strange = prefix != outside.resource.removeprefix(f"{BUCKET}/").removesuffix("x2")

    assert [True, not strange] == allowed([(granted, inside), (granted, outside)])


@pytest.mark.parametrize("partition", PARTITIONS)
def test_resources_are_of_the_partition_region_and_account_of_the_home(partition: str) -> None:
    """
    No ARN has a partition of its own.
    """
    home = Home(partition, "xx-west-1", "333333333333")
    models = Objects(f"arn:{partition}:s3:::b")
    granted = [
        *permissions.query_catalog(home, "sales", None, create_database=True, write=True),
        *permissions.copy_from_emr(home, "j-1"),
        *permissions.create_model(home, f"arn:{partition}:iam::333333333333:role/R", models),
    ]
    named = [permission.resource for permission in granted if permission.resource != "*"]

    assert {partition} == {resource.split(":")[1] for resource in named}
    assert {("", ""), ("", "333333333333"), ("xx-west-1", "333333333333")} == {
        tuple(resource.split(":")[3:5]) for resource in named
    }


@given(names=st.lists(KEYS, min_size=1, max_size=4, unique=True))
@settings(max_examples=40, deadline=None)
def test_tables_are_named_as_they_stand(names: list[str]) -> None:
    """
    A table's name with a wildcard in it is that table alone.
    """
    home = Home("aws", "eu-west-1", "111111111111")
    granted = permissions.query_catalog(home, "sales", names, create_database=False, write=False)
    tables = {p.resource for p in granted if ":table/" in p.resource}

    assert {
        f"arn:aws:glue:eu-west-1:111111111111:table/sales/{permissions.literally(name)}" for name in names
    } == tables


def test_tokens_pass_through_unharmed() -> None:
    """
    Only what is literal is escaped.
    """
    assert "a${*}${Token[TOKEN.7]}b${?}" == permissions.literally("a*${Token[TOKEN.7]}b?")
    assert 1 == len(documents(permissions.copy_from(Objects("${Token[TOKEN.1]}", None, "${Token[TOKEN.2]}/x"))))
