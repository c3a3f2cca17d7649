"""All that this package uses of jsii and CDK without it being documented; a test fails where CDK changes it."""

from __future__ import annotations

from typing import Any, Final

from aws_cdk import aws_iam as iam
from constructs import IConstruct
from jsii._reference_map import InterfaceDynamicProxy

from redshift_roles.aws.placeholders import is_awaited
from redshift_roles.rules.arguments import classes_of

# Where `iam.Role.customize_roles` leaves its options.
_CUSTOMIZED_ROLES: Final = "@aws-cdk/iam:customizeRoles"
# The ids under which `iam.Role.from_role_arn` keeps a role that takes no policies, and the role behind it.
_IMMUTABLE, _MUTABLE = "ImmutableRole", "MutableRole"


def reference_of(subject: object) -> str:
    """Return the name by which jsii refers to an object; empty for what it does not know. No crossing."""
    reference: str = getattr(getattr(subject, "__jsii_ref__", None), "ref", "")
    return reference


@classes_of.register
def _classes_of_proxy(value: InterfaceDynamicProxy) -> dict[str, type]:
    """Name the interfaces of a CDK object that has no class in Python: jsii has a `_IRoleProxy` for an `IRole`."""
    classes = [type(delegate) for delegate in value._delegates]  # noqa: SLF001
    interfaces_first = sorted(classes, key=lambda found: not found.__name__.startswith("_I"))
    return {found.__name__.removeprefix("_").removesuffix("Proxy"): found for found in interfaces_first}


def is_immutable(role: iam.IRole) -> bool:
    """Return whether CDK ignores policies for a role, as it does for some imported ones.

    Of a role that it has not looked up yet, CDK knows it later.
    """
    if isinstance(role, iam.Role) or is_awaited(role.role_arn):
        return False
    node = role.node
    siblings = node.scope.node if node.scope else node
    return node.id.startswith(_IMMUTABLE) or siblings.try_find_child(f"{_MUTABLE}{node.id}") is not None


def reports_policies(scope: IConstruct) -> bool:
    """Return whether CDK reports the policies of roles in a scope and writes none (``iam.Role.customize_roles``)."""
    options: dict[str, Any] | None = scope.node.try_get_context(_CUSTOMIZED_ROLES)
    return options is not None and options.get("preventSynthesis") is not False


class IConnectable:
    """What jsii needs to know of `ec2.IConnectable`, without importing `aws_ec2`, which is slow to import."""

    __jsii_type__ = "aws-cdk-lib.aws_ec2.IConnectable"

    def connections(self) -> None:
        """The one member of the interface."""

    connections.__jsii_name__ = "connections"  # type: ignore[attr-defined]
    connections = property(connections)  # type: ignore[assignment]
