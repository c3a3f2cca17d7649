"""
The custom resources of one association.

A cluster, roles and a default role flow in; what looks at the cluster before, and what changes it, flow out.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

from aws_cdk import CustomResource
from aws_cdk import aws_iam as iam
from constructs import Construct

from redshift_roles import permissions
from redshift_roles.association_function import AssociationFunction
from redshift_roles.places import Place, cluster_arn, id_after
from redshift_roles.reading import role_arn

ASSOCIATION: Final = "RedshiftRoleAssociation"
BEFORE: Final = "RedshiftRolesBefore"


class Wanted(NamedTuple):
    """
    What an association wants.

    Attributes:
        cluster_identifier: Of a cluster of this account and region, perhaps a token.

        roles: The roles it associates; none where it sets a default role alone.

        default_role: The role that is to be the default, or None.

        role_limit: How many roles the cluster may have, everybody's counted.

        seconds: How long a change may take.
    """

    cluster_identifier: str
    roles: Sequence[iam.IRole]
    default_role: iam.IRole | None
    role_limit: int
    seconds: int


def define_association(scope: Construct, place: Place, wanted: Wanted) -> CustomResource:
    """
    Define the resources of an association.
    """
    function = AssociationFunction.of(scope)
    function.reserve(scope, 1 if wanted.default_role is None else 2)
    passed = [*wanted.roles, *([wanted.default_role] if wanted.default_role else [])]
    arn = cluster_arn(wanted.cluster_identifier, place)
    needed = permissions.associate_roles(arn, dict.fromkeys(role_arn(role) for role in passed))
    policies = function.allow(scope, wanted.cluster_identifier, needed)

    def looked(construct_id: str, role: iam.IRole | None = None) -> CustomResource:
        return function.resource(scope, construct_id, BEFORE, _before(wanted, role), policies)

    # Named by the role, so that a role's resource stays the same when other roles come and go.
    found = [looked(f"Before{id_after(role)}", role).get_att_string("Found") for role in wanted.roles]
    properties: dict[str, object] = {
        "Kind": "Association",
        "ClusterIdentifier": wanted.cluster_identifier,
        "RoleArns": [role_arn(role) for role in wanted.roles],
        "Found": found,
        "RoleLimit": str(wanted.role_limit),
        "TimeoutSeconds": str(wanted.seconds),
    }
    if wanted.default_role is not None:
        before = looked("DefaultBefore")
        properties["DefaultRoleArn"] = role_arn(wanted.default_role)
        properties["DefaultBefore"] = before.get_att_string("DefaultRoleArn")
        put_back = function.let_put_back(scope, before.get_att_string("PutBackRoleArn"))
        made = function.resource(scope, "Resource", ASSOCIATION, properties, policies)
        made.node.add_dependency(put_back)
        return made
    return function.resource(scope, "Resource", ASSOCIATION, properties, policies)


def _before(wanted: Wanted, role: iam.IRole | None) -> dict[str, object]:
    named = {"RoleArn": role_arn(role)} if role is not None else {}
    return {"Kind": "Before", "ClusterIdentifier": wanted.cluster_identifier, **named}
