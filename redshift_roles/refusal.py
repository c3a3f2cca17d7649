"""
Refusing what cannot work, before anything is made.

What is wrong flows in; one exception with everything flows out, and the construct tree stays as it was.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager

from constructs import Construct

from redshift_roles import rules
from redshift_roles.facts import HolderFacts
from redshift_roles.findings import Finding, RoleAssociationError
from redshift_roles.limits import Source
from redshift_roles.reading import path_of
from redshift_roles.rules import Trouble


def child_path(scope: Construct, construct_id: str) -> str:
    """
    Write the path a child will have.
    """
    parent = path_of(scope)
    return f"{parent}/{construct_id}" if parent else str(construct_id)


def refuse(
    path: Callable[[], str],
    source: Source,
    *,
    arguments: Iterable[Trouble] = (),
    holder: Callable[[bool], HolderFacts] | None = None,
    findings: Iterable[Finding] = (),
) -> None:
    """
    Raise one error with all that is wrong; do nothing when all is well.

    Args:
        path: Reads the construct's path, which costs crossings that only a message needs.

        source: The AWS page about the arguments.

        arguments: What is wrong with them.

        holder: Reads the facts for the rules; with True, for a message.

        findings: What else is wrong.

    Raises:
        RoleAssociationError: Whatever the rules say.
    """
    troubles = list(arguments)
    broken = holder is not None and rules.failures(rules.check(holder(False)))
    found = [*findings]
    if troubles or broken:
        where = path()
        found += [rules.INVALID_ARGUMENT.finding(where, trouble, source) for trouble in troubles]
        if holder and broken:
            found += rules.failures(rules.check(holder(True)))
    if found:
        raise RoleAssociationError(found)


_NAME_IS_TAKEN = "There is already a Construct with name"


@contextmanager
def all_or_nothing(scope: Construct, construct_id: str) -> Iterator[None]:
    """
    Take a construct out of the tree again when making it fails halfway.
    """
    try:
        yield
    except Exception as error:
        if _NAME_IS_TAKEN not in str(error):
            scope.node.try_remove_child(construct_id)
        raise
