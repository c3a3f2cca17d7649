"""Associations in tests: their types, a template that one builds, and roles to associate."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import aws_cdk as cdk
from aws_cdk import aws_iam as iam

from redshift_roles import RedshiftRole, RoleAssociation
from tests.conftest import ACCOUNT, REGION
from tests.support.templates import template_of

ASSOCIATION: Final = "Custom::RedshiftRoleAssociation"
BEFORE: Final = "Custom::RedshiftRolesBefore"
WAREHOUSE: Final = "warehouse"
ENVIRONMENT: Final = cdk.Environment(account=ACCOUNT, region=REGION)


def template_after(build: Callable[[cdk.Stack], object], *, name: str = "Data", stage: str = "") -> dict[str, Any]:
    """Synthesize what a function builds in a new stack that is always deployed under the same name."""
    app = cdk.App(analytics_reporting=False)
    scope = cdk.Stage(app, stage) if stage else app
    stack = cdk.Stack(scope, name, stack_name="Data", env=ENVIRONMENT)
    build(stack)
    return template_of(stack)


def associate(stack: cdk.Stack, name: str, *roles: iam.IRole, **options: Any) -> RoleAssociation:
    """Associate roles with the warehouse, or with another cluster."""
    return RoleAssociation(stack, name, **{"cluster_identifier": WAREHOUSE, "roles": list(roles), **options})


def three_roles(stack: cdk.Stack) -> dict[str, RedshiftRole]:
    """Define roles A, B and C."""
    return {name: RedshiftRole(stack, name) for name in "ABC"}
