"""
One role, one cluster, one hand: roles that an app associates with the same cluster in two places.

The templates of an app flow in; what is associated twice, and where, flows out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final, NamedTuple

from redshift_roles.assembly import Assembly, Json, Template
from redshift_roles.list_entries import MORE, entries
from redshift_roles.role_arns import readable
from redshift_roles.rulebook import Trouble
from redshift_roles.template_reading import CLUSTER, ROLES_PROPERTY, definition, role_key
from redshift_roles.values import NO_VALUE, texts

ASSOCIATION: Final = "Custom::RedshiftRoleAssociation"
ROLES: Final = "RoleArns"
_CLUSTER_IDENTIFIER: Final = "ClusterIdentifier"

# Account, region and identifier.
_Cluster = tuple[str | None, str | None, str]


class Twice(NamedTuple):
    """
    A role that stands in an association and is associated with the cluster elsewhere too.
    """

    template: Template
    logical_id: str
    trouble: Trouble


class _Claim(NamedTuple):
    template: Template
    logical_id: str
    label: str
    role: tuple[str, str]


def twice(assembly: Assembly, path: Callable[[Template, str], str]) -> Iterator[Twice]:
    """
    Find roles that an association shares with a cluster's own list, or with another association.

    Args:
        assembly: The app's templates.

        path: Names a resource.
    """
    first: dict[tuple[_Cluster, tuple[str, str]], _Claim] = {}
    for kind in (CLUSTER, ASSOCIATION):
        for template in assembly.templates():
            for logical_id in template.resources(kind):
                for cluster, claim in _claims(template, logical_id, kind):
                    earlier = first.setdefault((cluster, claim.role), claim)
                    if kind == ASSOCIATION and earlier.logical_id != claim.logical_id:
                        where = path(earlier.template, earlier.logical_id)
                        yield Twice(
                            template,
                            logical_id,
                            (
                                f"{claim.label} is associated with the same cluster by {where} too",
                                "leave it to one of them: what one removes, the other still wants",
                            ),
                        )


def _claims(template: Template, logical_id: str, kind: str) -> Iterator[tuple[_Cluster, _Claim]]:
    properties = template.properties(logical_id)
    identifier: Json = {"Ref": logical_id} if kind == CLUSTER else properties.get(_CLUSTER_IDENTIFIER)
    words = ROLES_PROPERTY if kind == CLUSTER else ROLES
    named = texts(identifier, template)
    for index, options in enumerate(entries(properties.get(words, []), template)):
        if len(named) == 1 and len(options) == 1 and options[0] not in (MORE, NO_VALUE):
            defined = definition(options[0], template)
            label = f"{words}[{index}] ({readable(defined[1] if defined else options[0])})"
            cluster = (template.account, template.region, named[0])
            yield cluster, _Claim(template, logical_id, label, role_key(options[0]))
