"""Associations in tests: their types, a template that one builds, and roles to associate."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import aws_cdk as cdk
import pytest
from aws_cdk import aws_iam as iam
from aws_cdk import aws_redshift as redshift
from constructs import Construct

from redshift_roles import RedshiftCluster, RedshiftRole, RoleAssociation, RoleAssociationError
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


def custom_ids(template: dict[str, Any]) -> set[str]:
    """Return the logical ids of the custom resources."""
    return {key for key, found in template["Resources"].items() if found["Type"].startswith("Custom::")}


def associate(scope: Construct, name: str, *roles: iam.IRole, **options: Any) -> RoleAssociation:
    """Associate roles with the warehouse, or with another cluster."""
    return RoleAssociation(scope, name, **{"cluster": WAREHOUSE, "roles": list(roles), **options})


def refused(define: Callable[[], object]) -> list[tuple[str, str]]:
    """Return the rules that a construct breaks, each with its message."""
    with pytest.raises(RoleAssociationError) as caught:
        define()
    return [(finding.rule, finding.message) for finding in caught.value.findings]


def three_roles(stack: cdk.Stack) -> dict[str, RedshiftRole]:
    """Define roles A, B and C."""
    return {name: RedshiftRole(stack, name) for name in "ABC"}


def default_of_cluster(scope: Construct, role: iam.IRole, **options: Any) -> RedshiftCluster:
    """Define a cluster with this default role."""
    given = {"roles": [role], "default_role": role, "cluster_subnet_group_name": "s", **options}
    return RedshiftCluster(scope, "Cluster", **given)


def cfn_cluster(scope: Construct, **options: Any) -> redshift.CfnCluster:
    """Define a cluster as CDK's L1."""
    required = {"cluster_type": "single-node", "db_name": "dev", "master_username": "u", "node_type": "ra3.large"}
    return redshift.CfnCluster(scope, "Cluster", **{**required, **options})
