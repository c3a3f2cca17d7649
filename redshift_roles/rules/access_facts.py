"""What an access map shows: people, roles, clusters, what roles reach, and the links between them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

NodeKind = Literal["person", "role", "cluster", "target"]
LinkKind = Literal["is in", "associates", "passes", "has", "includes", "assumes", "reaches"]


class Mark:
    """What is marked."""

    UNSCOPED: Final = "unscoped"
    ANY_SERVICE: Final = "any service"
    CONDITIONAL: Final = "conditional"
    UNDECIDED: Final = "undecided"
    DEFAULT: Final = "default"
    NO_TRUST: Final = "does not trust Redshift"
    BOUNDED: Final = "has a permissions boundary"
    NO_ROLE: Final = "no role ARN"
    ELSEWHERE: Final = "not in these templates"
    PARTLY_DENIED: Final = "partly denied"
    MORE_ROLES: Final = "has roles that only the deployment knows"


@dataclass(frozen=True)
class Node:
    """A person, a role, a cluster or what a role reaches.

    Attributes:
        id: A name that no other node of the map has; it may differ in the next map.
        kind: ``person``, ``role``, ``cluster`` or ``target``.
        type: What it is, such as ``user``, ``policy`` (whoever has it), ``role``, ``namespace``, ``bucket``.
        name: Its construct path below the stack, or its logical id, or its name where no template defines it.
        stack: The stack that defines it; empty where none does.
        logical_id: Its logical id there.
        aws_name: Its ARN, identifier, or name in IAM, with ``${Name}`` for what only the deployment knows.
        role_limit: How many roles a cluster may have.
        marks: What deserves attention, such as ``unscoped`` or ``undecided``.
    """

    id: str
    kind: NodeKind
    type: str
    name: str
    stack: str = ""
    logical_id: str = ""
    aws_name: str = ""
    role_limit: int | None = None
    marks: tuple[str, ...] = ()


@dataclass(frozen=True)
class Link:
    """What one node may do with another one.

    Attributes:
        kind: ``is in`` (a user, in a group), ``associates`` (a person may associate roles with a cluster), ``passes``
            (a person may pass a role), ``has`` (a cluster has a role), ``includes`` (a pattern matches a role or a
            cluster), ``assumes`` (a role may assume the next one of a chain), ``reaches``.
        source: The id of a node.
        target: The id of another one.
        how: The actions of ``associates``, the services of ``passes``, and for ``reaches`` words such as ``read``.
        policies: The policies that say so, or the role association of ``has``.
        conditions: The condition keys of these policies that limit it, and ``not ARN`` for what they leave out.
        marks: What deserves attention.
    """

    kind: LinkKind
    source: str
    target: str
    how: tuple[str, ...] = ()
    policies: tuple[str, ...] = ()
    conditions: tuple[str, ...] = ()
    marks: tuple[str, ...] = ()
