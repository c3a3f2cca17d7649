"""The custom resources of role associations: one for each cluster of a stack, and the looks at it beforehand.

What associations want of a cluster flows in; what looks at the cluster before, and the one resource that changes it,
flow out: the same whatever their order, and whatever they are called.
"""

from __future__ import annotations

from typing import Final, NamedTuple, cast

from aws_cdk import CfnResource, CustomResource
from aws_cdk import aws_iam as iam
from constructs import Construct

from redshift_roles.aws import permissions
from redshift_roles.aws.placeholders import is_token
from redshift_roles.cdk.location import Location, cluster_arn, path_of
from redshift_roles.cdk.role_reader import role_arn
from redshift_roles.custom_resource.function import AssociationFunction
from redshift_roles.custom_resource.logical_ids import digest

ASSOCIATION: Final = "RedshiftRoleAssociation"
BEFORE: Final = "RedshiftRolesBefore"
_ALLOW_ID: Final = "Allow"
_PUT_BACK_ID: Final = "PutBackDefault"
_RESOURCE_ID: Final = "Resource"


class Wanted(NamedTuple):
    """What an association wants.

    Attributes:
        cluster_identifier: Of a cluster of this account and region, perhaps a token.
        roles: The roles it associates, by what names each in logical ids; none where it sets a default role alone.
        default_role: The role that is to be the default, or None.
        role_limit: How many roles the cluster may have, everybody's counted.
        seconds: How long a change may take.
    """

    cluster_identifier: str
    roles: dict[str, iam.IRole]
    default_role: iam.IRole | None
    role_limit: int
    seconds: int


class Default(NamedTuple):
    """A default role, and the look at what was the default before."""

    arn: str
    look: CustomResource


class Member(NamedTuple):
    """An association that has joined.

    Attributes:
        scope: Its construct, whose path people know.
        wanted: What it wants.
        looks: What was there before, for each of its roles.
        default: The default role that it sets, or None.
    """

    scope: Construct
    wanted: Wanted
    looks: dict[str, CustomResource]
    default: Default | None


class AssociatedCluster(Construct):
    """A cluster and all that the associations of a stack want of it.

    Attributes:
        members: The associations.
        policies: How many policies the function's role carries for it.
    """

    def __init__(self, function: AssociationFunction, construct_id: str, location: Location, key: str) -> None:
        super().__init__(function, construct_id)
        self.members: tuple[Member, ...] = ()
        self.policies = 0
        self._function, self._place, self._key = function, location, key
        self._allow = Construct(self, _ALLOW_ID)
        self._resource: CustomResource | None = None

    @property
    def resource(self) -> CfnResource | None:
        """The resource that changes the cluster."""
        return cast("CfnResource", self._resource.node.default_child) if self._resource else None

    @property
    def paths(self) -> list[str]:
        """The paths of the constructs that name the roles, in the order of the template."""
        named = [(key, member.scope) for member in self.members for key in member.wanted.roles]
        return [path_of(scope) for _, scope in sorted(named, key=lambda each: each[0])]

    @property
    def default_path(self) -> str:
        """The path of the construct that sets the default role; empty where none does."""
        return next((path_of(member.scope) for member in self.members if member.default), "")

    def look(self, scope: Construct, wanted: Wanted) -> Member:
        """Define what looks at the cluster before an association comes.

        The looks belong to the association: what it waits for, they wait for. They are named by the cluster and the
        role alone, so that they stay when the association is renamed.
        """
        looks = {
            key: self._look(scope, wanted.cluster_identifier, f"Before{digest(key)}", key, role_arn(role))
            for key, role in wanted.roles.items()
        }
        role = wanted.default_role
        before = self._look(scope, wanted.cluster_identifier, "DefaultBefore") if role else None
        return Member(scope, wanted, looks, Default(role_arn(role), before) if role and before else None)

    def _look(
        self, scope: Construct, identifier: str, construct_id: str, key: str = "", arn: str | None = None
    ) -> CustomResource:
        named = {"RoleArn": arn} if arn is not None else {}
        properties: dict[str, object] = {"Kind": "Before", "ClusterIdentifier": identifier, **named}
        look = self._function.resource(scope, construct_id, BEFORE, properties, self._allow)
        resource = cast("CfnResource", look.node.default_child)
        resource.override_logical_id(f"{BEFORE}{digest(self._key, key)}")
        return look

    def write(self, members: tuple[Member, ...]) -> None:
        """Write what these associations want together, in the place of what was there."""
        if self.members:
            self._clear()
        self.members = members
        wanted = [member.wanted for member in members]
        identifiers = [each.cluster_identifier for each in wanted]
        identifier = next(filter(is_token, identifiers), identifiers[0])
        roles = {key: role_arn(role) for each in wanted for key, role in each.roles.items()}
        looks = {key: look for member in members for key, look in member.looks.items()}
        default = next((member.default for member in members if member.default), None)
        properties: dict[str, object] = {
            "Kind": "Association",
            "ClusterIdentifier": identifier,
            "RoleArns": [roles[key] for key in sorted(roles)],
            "WasAssociated": [looks[key].get_att_string("WasAssociated") for key in sorted(roles)],
            "RoleLimit": str(max(each.role_limit for each in wanted)),
            "TimeoutSeconds": str(max(each.seconds for each in wanted)),
        }
        passed = dict.fromkeys([*roles.values(), *([default.arn] if default else [])])
        needed = permissions.associate_roles(cluster_arn(identifier, self._place), passed)
        policies = self._function.allow(self._allow, identifier, needed)
        if default:
            properties["DefaultRoleArn"] = default.arn
            properties["DefaultBefore"] = default.look.get_att_string("DefaultRoleArn")
            before = default.look.get_att_string("PutBackRoleArn")
            policies.append(self._function.let_put_back(self, _PUT_BACK_ID, identifier, before))
        self.policies = len(policies)
        self._resource = self._function.resource(self, _RESOURCE_ID, ASSOCIATION, properties, *policies)

    def remove(self) -> None:
        """Take it out of the tree."""
        self._function.node.try_remove_child(self.node.id)

    def _clear(self) -> None:
        for scope in (self._allow, self):
            for child in scope.node.children:
                if child is not self._allow:
                    scope.node.try_remove_child(child.node.id)
