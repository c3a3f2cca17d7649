"""
Writing grants, or refusing those that could not work.
"""

from __future__ import annotations

import aws_cdk as cdk
import pytest
from aws_cdk import aws_iam as iam

from redshift_roles import RedshiftRole
from redshift_roles.grant_writing import GrantWriter, is_immutable
from redshift_roles.permissions import Home
from tests.builders import arn
from tests.conftest import ACCOUNT, OTHER_ACCOUNT, REGION


@pytest.mark.parametrize(
    ("account", "mutable", "immutable"),
    [(ACCOUNT, True, False), (ACCOUNT, False, True), (OTHER_ACCOUNT, True, True)],
)
def test_an_import_tells_whether_it_takes_policies(
    stack: cdk.Stack, account: str, mutable: bool, immutable: bool
) -> None:
    """
    CDK takes a role of another account for immutable whatever was asked.
    """
    role = iam.Role.from_role_arn(stack, "Imported", arn(account=account), mutable=mutable)

    assert immutable == is_immutable(role)


def test_a_role_of_the_app_takes_policies(stack: cdk.Stack) -> None:
    """
    Unless it is wrapped.
    """
    role = RedshiftRole(stack, "Role")

    assert (False, True) == (is_immutable(role), is_immutable(role.without_policy_updates()))


def test_names_are_of_the_place_of_the_role(stack: cdk.Stack) -> None:
    """
    Partition, region and account come from the role's stack.
    """
    home = GrantWriter(RedshiftRole(stack, "Role")).home

    assert Home(stack.partition, REGION, ACCOUNT) == home
