"""What this package uses of jsii and CDK without it being documented: these tests fail where CDK changes it."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import aws_cdk as cdk
import pytest
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam

from redshift_roles import RedshiftRole
from redshift_roles.cdk.jsii_compat import IConnectable, is_immutable, reference_of, reports_policies
from redshift_roles.rules.arguments import classes_of, shown
from tests.conftest import ACCOUNT, OTHER_ACCOUNT
from tests.support.builders import arn
from tests.support.functions import function_of
from tests.support.templates import all_properties_of


def test_every_object_that_stands_for_one_has_its_reference(stack: cdk.Stack) -> None:
    """CDK's own role of a function is another Python object at each look."""
    function = function_of(stack)
    one, other = function.role, function.role

    assert one is not other
    assert reference_of(one) == reference_of(other) != ""
    assert ["", ""] == [reference_of(SimpleNamespace()), reference_of(None)]


def test_an_import_is_known_by_its_interfaces(stack: cdk.Stack) -> None:
    """It has no class in Python."""
    role = iam.Role.from_role_arn(stack, "Imported", arn())

    assert "an IRole" == shown(role)
    assert any(hasattr(found, "role_arn") for found in classes_of(role).values())
    assert {"RedshiftRole": RedshiftRole} == classes_of(RedshiftRole(stack, "Role"))


@pytest.mark.parametrize(
    ("account", "mutable", "immutable"),
    [(ACCOUNT, True, False), (ACCOUNT, False, True), (OTHER_ACCOUNT, True, True)],
)
def test_an_import_shows_whether_it_takes_policies(
    stack: cdk.Stack, account: str, mutable: bool, immutable: bool
) -> None:
    """CDK takes a role of another account for immutable whatever was asked."""
    role = iam.Role.from_role_arn(stack, "Imported", arn(account=account), mutable=mutable)
    role.add_to_principal_policy(iam.PolicyStatement(actions=["s3:ListAllMyBuckets"], resources=["*"]))

    assert immutable == is_immutable(role)
    assert immutable == (all_properties_of(stack, "AWS::IAM::Policy") == [])


def test_a_role_of_the_app_takes_policies_unless_it_is_wrapped(stack: cdk.Stack) -> None:
    """``without_policy_updates`` returns an immutable role."""
    role = RedshiftRole(stack, "Role")

    assert (False, True) == (is_immutable(role), is_immutable(role.without_policy_updates()))


@pytest.mark.parametrize(
    ("options", "reports"),
    [
        (None, False),
        (iam.CustomizeRolesOptions(), True),
        (iam.CustomizeRolesOptions(prevent_synthesis=True), True),
        (iam.CustomizeRolesOptions(prevent_synthesis=False), False),
    ],
)
def test_customized_roles_are_found(app: cdk.App, options: iam.CustomizeRolesOptions | None, reports: bool) -> None:
    """CDK reports their policies instead of writing them, unless it is told to write them all the same."""
    if options:
        iam.Role.customize_roles(app, prevent_synthesis=options.prevent_synthesis)

    assert reports == reports_policies(cdk.Stack(app, "Data"))


def test_the_interface_of_what_can_be_connected_is_the_one_of_cdk() -> None:
    """The name of the type and of its member are those that jsii knows."""
    theirs, ours = cast("Any", ec2.IConnectable), cast("Any", IConnectable)

    assert theirs.__jsii_type__ == ours.__jsii_type__
    getters = [found.connections.fget for found in (theirs, ours)]
    assert ["connections", "connections"] == [getter.__jsii_name__ for getter in getters]
