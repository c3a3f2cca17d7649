"""Refusing what cannot work, before anything is made.

What is wrong flows in; one exception with everything flows out, and the construct tree stays as it was.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager

from aws_cdk import Duration
from constructs import Construct

from redshift_roles.rules import arguments
from redshift_roles.rules import registry as rulebook
from redshift_roles.rules import association_rules as rules
from redshift_roles.rules import shapes
from redshift_roles.rules.facts import HolderFacts
from redshift_roles.rules.findings import Finding, RoleAssociationError
from redshift_roles.aws.quotas import CDK_ENVIRONMENTS, Source
from redshift_roles.cdk.location import Place, path_of, place_of
from redshift_roles.rules.registry import Trouble


def child_path(scope: Construct, construct_id: str) -> str:
    """Write the path a child will have."""
    parent, name = path_of(scope), shapes.id_shown(construct_id)
    return f"{parent}/{name}" if parent else name


def place_for(scope: Construct, construct_id: str) -> Place:
    """Read where a construct will be.

    Raises:
        RoleAssociationError: InvalidArgument, when that is in no stack, or when it cannot have that name.
    """
    troubles = [*arguments.CONSTRUCT_ID.check("construct_id", construct_id)]
    try:
        place = place_of(scope) if isinstance(scope, Construct) else None
    except RuntimeError:
        place = None
    if place is None:
        wrong = f"'scope' is {shapes.shown(scope)}, allowed is a Stack or a construct in one"
        troubles.append((wrong, "pass the stack, or self inside a construct, as the first argument"))
        raise RoleAssociationError(_invalid(shapes.id_shown(construct_id), CDK_ENVIRONMENTS, troubles))
    refuse(lambda: child_path(scope, construct_id), CDK_ENVIRONMENTS, troubles)
    return place


def refuse(path: Callable[[], str], source: Source, troubles: Iterable[Trouble]) -> None:
    """Raise what is wrong with arguments; do nothing when all is well.

    Args:
        path: Reads the construct's path, which costs crossings that only a message needs.
        source: The AWS page about the arguments.
        troubles: What is wrong with them.

    Raises:
        RoleAssociationError: InvalidArgument.
    """
    listed = list(troubles)
    if listed:
        raise RoleAssociationError(_invalid(path(), source, listed))


def unit_troubles(name: str, duration: object, seconds: float | None, unit: str) -> Iterator[Trouble]:
    """Find a duration that CDK could not convert: one that only the deployment knows, in another unit.

    Args:
        name: What the caller calls it.
        duration: The duration, or what was given in its place.
        seconds: How long it is, where that is known.
        unit: What CDK converts it to.
    """
    if seconds is None and isinstance(duration, Duration) and duration.unit_label() != unit:
        wrong = f"'{name}' is known only to the deployment, and in {duration.unit_label()}"
        yield f"{wrong}, allowed is a token for {unit}", f"pass Duration.{unit}(…)"


def judged(
    path: Callable[[], str], source: Source, troubles: Iterable[Trouble], holder: Callable[[bool], HolderFacts]
) -> HolderFacts:
    """Read the facts about a cluster or policy, or raise one error with all that is wrong.

    Args:
        path: Reads the construct's path.
        source: The AWS page about the arguments.
        troubles: What is wrong with them.
        holder: Reads the facts; with True, for a message.

    Raises:
        RoleAssociationError: InvalidArgument, and whatever the rules say.
    """
    listed, facts = list(troubles), holder(False)
    broken = rules.failures(rules.check(facts))
    if listed or broken:
        labelled = rules.failures(rules.check(holder(True))) if broken else []
        raise RoleAssociationError([*_invalid(path(), source, listed), *labelled])
    return facts


def _invalid(path: str, source: Source, troubles: Iterable[Trouble]) -> list[Finding]:
    return [rulebook.INVALID_ARGUMENT.finding(path, trouble, source) for trouble in troubles]


_NAME_IS_TAKEN = "There is already a Construct with name"


@contextmanager
def all_or_nothing(scope: Construct, construct_id: str) -> Iterator[None]:
    """Take a construct out of the tree again when making it fails halfway."""
    try:
        yield
    except Exception as error:
        if _NAME_IS_TAKEN not in str(error):
            scope.node.try_remove_child(construct_id)
        raise
