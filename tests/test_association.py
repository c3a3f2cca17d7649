"""Roles on clusters that already exist: what the template contains, and what is an error."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_iam as iam

from redshift_roles import RedshiftCluster, RedshiftRole
from tests.conftest import OTHER_ACCOUNT
from tests.support.associations import (
    ASSOCIATION,
    BEFORE,
    WAREHOUSE,
    associate,
    cfn_cluster,
    default_of_cluster,
    refused,
    three_roles,
)
from tests.support.builders import arn
from tests.support.templates import properties_of, report_of, template_of

NO_ROLES = "'roles' must have at least one entry, got an empty list"
DEFAULT = "'default_role' must be an iam.IRole, got 'arn'"
LIMIT = "'role_limit' must be a whole number, got '10'"
TIMEOUT = "'timeout' must be 30 to 840 seconds, got {}"
IDENTIFIER = (
    "'cluster_identifier' must be 1 to 63 lower-case letters, digits and single hyphens, a letter first, got {}"
)
UNKNOWN = "a {} that only the deployment knows"
EVERYTHING = {"cluster_identifier": "UPPER", "roles": [], "default_role": "arn", "role_limit": "10", "timeout": 60}


@pytest.mark.parametrize(
    ("options", "messages"),
    [
        ({"roles": []}, [NO_ROLES]),
        ({"roles": "role"}, ["'roles' must be a list, got 'role'"]),
        ({"roles": ["arn"]}, ["'roles[0]' must be an iam.IRole, got 'arn'"]),
        ({"default_role": "arn"}, [DEFAULT]),
        ({"role_limit": "10"}, [LIMIT]),
        ({"timeout": 60}, ["'timeout' must be a Duration, got 60"]),
        ({"timeout": cdk.Duration.seconds(29)}, [TIMEOUT.format("29 seconds")]),
        ({"timeout": cdk.Duration.seconds(841)}, [TIMEOUT.format("841 seconds")]),
        ({"cluster_identifier": None}, [IDENTIFIER.format(None)]),
        ({"cluster_identifier": 7}, [IDENTIFIER.format(7)]),
        ({"cluster_identifier": cdk.Token.as_number({"Ref": "X"})}, [IDENTIFIER.format(UNKNOWN.format("number"))]),
        ({"cluster_identifier": cdk.Token.as_list({"Ref": "X"})}, [IDENTIFIER.format(UNKNOWN.format("list"))]),
        (EVERYTHING, [IDENTIFIER.format("'UPPER'"), NO_ROLES, DEFAULT, LIMIT, "'timeout' must be a Duration, got 60"]),
    ],
)
def test_fails_when_an_argument_is_wrong(stack: cdk.Stack, options: dict[str, Any], messages: list[str]) -> None:
    """All that is wrong is reported once and together, and the tree stays as it was."""
    given = {"roles": [RedshiftRole(stack, "Role")], **options}

    assert [("InvalidArgument", message) for message in messages] == refused(lambda: associate(stack, "First", **given))
    assert ["Role"] == [child.node.id for child in stack.node.children]


def test_fails_for_roles_that_cannot_be_associated(stack: cdk.Stack) -> None:
    """The rules are those of a cluster, and so are those of its default role."""
    a, b, _ = three_roles(stack).values()
    foreign = iam.Role.from_role_arn(stack, "Foreign", arn("X", account=OTHER_ACCOUNT))
    imported = iam.Role.from_role_arn(stack, "Imported", arn("X"))
    define = partial(associate, stack, "First")
    cases: list[tuple[str, Callable[[], object]]] = [
        ("RoleQuotaExceeded", partial(define, *(RedshiftRole(stack, f"R{number}") for number in range(11)))),
        ("RoleLimitOutOfRange", partial(define, a, role_limit=51)),
        ("RoleAccountMismatch", partial(define, foreign)),
        ("RoleDuplicated", partial(define, a, a)),
        ("DefaultRoleNotAssociated", partial(define, a, imported, default_role=b)),
        ("DefaultRoleNotAssociated", partial(default_of_cluster, stack, b, roles=[a])),
    ]

    assert [[rule] for rule, _ in cases] == [[rule for rule, _ in refused(case)] for _, case in cases]


def test_snapshots_are_taken_before_the_cluster_is_changed(stack: cdk.Stack) -> None:
    """There is one for each role and one for the default role; the association gets their answers."""
    first, second = RedshiftRole(stack, "First"), RedshiftRole(stack, "Second")
    associate(stack, "Association", first, second, default_role=second)
    resources = template_of(stack)["Resources"]
    snapshots = {key: found["Properties"] for key, found in resources.items() if found["Type"] == BEFORE}
    by_role = {str(found.get("RoleArn")): key for key, found in snapshots.items()}
    arns = [stack.resolve(role.role_arn) for role in (first, second)]
    properties = properties_of(stack, ASSOCIATION)
    service = properties.pop("ServiceToken")

    assert {
        "ServiceTimeout": "1200",
        "Kind": "Association",
        "ClusterIdentifier": WAREHOUSE,
        "RoleArns": arns,
        "WasAssociated": [{"Fn::GetAtt": [by_role[str(role)], "WasAssociated"]} for role in arns],
        "RoleLimit": "10",
        "TimeoutSeconds": "600",
        "DefaultRoleArn": arns[1],
        "DefaultBefore": {"Fn::GetAtt": [by_role["None"], "DefaultRoleArn"]},
    } == properties
    assert 3 == len(snapshots)
    assert all(found["ServiceToken"] == service for found in snapshots.values())


@pytest.mark.parametrize("ours", [True, False])
@pytest.mark.parametrize("named", [True, False])
def test_fails_when_the_cluster_lists_the_role_itself(app: cdk.App, stack: cdk.Stack, ours: bool, named: bool) -> None:
    """The cluster may be ours or CDK's, and the association may name it or refer to it."""
    role = RedshiftRole(stack, "Role")
    identifier = WAREHOUSE if named else None
    if ours:
        options: dict[str, Any] = {"roles": [role], "cluster_subnet_group_name": "s"}
        reference = RedshiftCluster(stack, "Cluster", cluster_identifier=identifier, **options).cluster_identifier
    else:
        reference = cfn_cluster(stack, cluster_identifier=identifier, iam_roles=[role.role_arn]).ref
    associate(stack, "Association", role, cluster_identifier=identifier or reference)

    assert ["RoleDuplicated"] == [violation["ruleName"] for violation in report_of(app)]


def test_a_cluster_of_ours_can_have_a_default_role_and_associations(app: cdk.App, stack: cdk.Stack) -> None:
    """One resource sets the default role and associates the other roles; the cluster lists its own."""
    a, b, c = three_roles(stack).values()
    identifier = default_of_cluster(stack, a).cluster_identifier
    for name, role in (("First", b), ("Second", c)):
        associate(stack, name, role, cluster_identifier=identifier)
    properties = properties_of(stack, ASSOCIATION)

    assert stack.resolve([identifier, a.role_arn, [b.role_arn, c.role_arn]]) == [
        properties[name] for name in ("ClusterIdentifier", "DefaultRoleArn", "RoleArns")
    ]
    assert [] == report_of(app)
