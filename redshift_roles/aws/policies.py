"""Permissions as policy documents.

Permissions flow in, in any order; documents flow out, as few as IAM's size allows, the same whatever the order was.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import groupby

from redshift_roles.aws import quotas
from redshift_roles.aws.permissions import Condition, Permission
from redshift_roles.aws.policy_documents import Statement, size

Document = dict[str, object]


def documents(
    permissions: Iterable[Permission],
    *,
    key: Callable[[str], str] = str,
    written: Callable[[str], str] = str,
    most: int = quotas.MANAGED_POLICY_SIZE,
) -> list[Document]:
    """Write the documents.

    Args:
        permissions: What is to be allowed; a permission that is there twice is written once.
        key: What a text with tokens is sorted by; texts with the same key are the same.
        written: Writes a text as long as it will be at most.
        most: How many characters a document may have.
    """
    statements = list(_statements(permissions, key))
    whole = _document(statements)
    if not statements or size(whole, written) <= most:
        return [whole] if statements else []
    return [*_divided(statements, lambda document: size(document, written) <= most)]


def _document(statements: Sequence[Statement]) -> Document:
    return {"Version": "2012-10-17", "Statement": [_tidied(statement) for statement in statements]}


def _tidied(statement: Statement) -> Statement:
    return {name: _one_or_list(value) for name, value in statement.items()}


def _one_or_list(value: object) -> object:
    return value[0] if isinstance(value, list) and len(value) == 1 else value


def _statements(permissions: Iterable[Permission], key: Callable[[str], str]) -> Iterator[Statement]:
    """Write one statement for the resources on which the same is allowed, each with a Sid of its own."""

    def group(permission: Permission) -> tuple[object, ...]:
        operator, name, values = permission.condition or ("", "", ())
        return (permission.sid, permission.actions, operator, name, tuple(key(value) for value in values))

    def whole(permission: Permission) -> tuple[object, ...]:
        return (group(permission), key(permission.resource))

    distinct = {whole(permission): permission for permission in permissions}
    ordered = sorted(distinct.values(), key=whole)
    for sid, same in groupby(ordered, lambda permission: permission.sid):
        for number, (_, members) in enumerate(groupby(same, group), start=1):
            yield _statement(sid if number == 1 else f"{sid}{number}", list(members))


def _statement(sid: str, permissions: Sequence[Permission]) -> Statement:
    return {
        "Sid": sid,
        "Effect": "Allow",
        "Action": list(permissions[0].actions),
        "Resource": [permission.resource for permission in permissions],
        **_condition(permissions[0].condition),
    }


def _condition(condition: Condition | None) -> Statement:
    if condition is None:
        return {}
    operator, name, values = condition
    return {"Condition": {operator: {name: _one_or_list(list(values))}}}


def _divided(statements: Iterable[Statement], fits: Callable[[Document], bool]) -> Iterator[Document]:
    """Fill one document after the other, resource by resource."""
    filled: list[Statement] = []
    for statement in statements:
        for resource in _resources(statement):
            grown = _grown(filled, statement, resource)
            if filled and not fits(_document(grown)):
                yield _document(filled)
                grown = _grown([], statement, resource)
            filled = grown
    yield _document(filled)


def _grown(filled: list[Statement], statement: Statement, resource: str) -> list[Statement]:
    if filled and filled[-1]["Sid"] == statement["Sid"]:
        return [*filled[:-1], {**statement, "Resource": [*_resources(filled[-1]), resource]}]
    return [*filled, {**statement, "Resource": [resource]}]


def _resources(statement: Statement) -> list[str]:
    listed = statement["Resource"]
    return listed if isinstance(listed, list) else []
