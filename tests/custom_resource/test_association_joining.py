"""Associations of one cluster in one stack: who waits for whom, what is refused, and what is taken back."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, cast

import aws_cdk as cdk
import pytest
from aws_cdk import aws_iam as iam
from aws_cdk import aws_sns as sns
from constructs import Construct

from redshift_roles import RedshiftCluster, RedshiftRole, RedshiftWarehouse, RoleAssociation, RoleAssociationError
from tests.conftest import ACCOUNT, REGION
from tests.support.associations import (
    ASSOCIATION,
    BEFORE,
    ENVIRONMENT,
    WAREHOUSE,
    associate,
    template_after,
    three_roles,
)
from tests.support.builders import arn
from tests.support.templates import all_properties_of, properties_of, template_of


def _waits(resources: dict[str, Any], key: str) -> Iterator[str]:
    """Name all that a resource waits for, the nearest first."""
    found = resources[key]
    properties = found.get("Properties", {})
    named = [*found.get("DependsOn", []), *(each["Fn::GetAtt"][0] for each in properties.get("WasAssociated", []))]
    for name in named:
        yield name
        yield from _waits(resources, name)


def _alone(stack: cdk.Stack, role: RedshiftRole) -> Construct:
    return associate(stack, "First", role)


def _inside(stack: cdk.Stack, role: RedshiftRole) -> Construct:
    platform = Construct(stack, "Platform")
    RoleAssociation(Construct(platform, "Inner"), "First", cluster_identifier=WAREHOUSE, roles=[role])
    sns.CfnTopic(platform, "Beside")
    return platform


def _of_a_cluster(stack: cdk.Stack, role: RedshiftRole) -> Construct:
    return RedshiftCluster(stack, "Cluster", roles=[role], default_role=role, cluster_subnet_group_name="s")


def _of_a_warehouse(stack: cdk.Stack, role: RedshiftRole) -> Construct:
    return RedshiftWarehouse(stack, "Warehouse", roles=[role], default_role=role, cluster_subnet_group_name="s")


@pytest.mark.parametrize(
    ("define", "others"),
    [
        (_alone, set()),
        (_inside, {"AWS::SNS::Topic"}),
        (_of_a_cluster, {"AWS::Redshift::Cluster"}),
        (_of_a_warehouse, {"AWS::Redshift::Cluster"}),
    ],
)
def test_who_waits_for_an_association_waits_for_its_cluster(
    stack: cdk.Stack, define: Callable[[cdk.Stack, RedshiftRole], Construct], others: set[str]
) -> None:
    """And so does who waits for a construct around it, also when more associations join later."""
    topic = sns.CfnTopic(stack, "Topic")
    topic.node.add_dependency(define(stack, RedshiftRole(stack, "Role")))
    associate(stack, "Later", RedshiftRole(stack, "Another"))
    resources = template_of(stack)["Resources"]
    waited = {resources[name]["Type"] for name in resources["Topic"]["DependsOn"]}

    assert {ASSOCIATION, BEFORE, "AWS::IAM::ManagedPolicy", *others} <= waited


def test_what_an_association_waits_for_its_cluster_waits_for(stack: cdk.Stack) -> None:
    """Its looks wait, and the resource that has their answers."""
    topic = sns.CfnTopic(stack, "Topic")
    associate(stack, "First", RedshiftRole(stack, "Role")).node.add_dependency(topic)
    resources = template_of(stack)["Resources"]
    (key,) = [key for key, found in resources.items() if found["Type"] == ASSOCIATION]

    assert "Topic" in set(_waits(resources, key))


def _refused(define: Callable[[], object]) -> list[tuple[str, str]]:
    """Say what is wrong."""
    with pytest.raises(RoleAssociationError) as caught:
        define()
    return [(finding.rule, finding.message) for finding in caught.value.findings]


def test_fails_for_one_role_in_two_associations() -> None:
    """At the line of the second, however the role is written there, and all is as it was before."""

    def first(stack: cdk.Stack) -> None:
        associate(stack, "First", RedshiftRole(stack, "Role", role_name="Loader"))
        RedshiftRole(stack, "Other")

    def both(stack: cdk.Stack) -> None:
        first(stack)
        roles = (
            cast("iam.IRole", stack.node.find_child("Other")),
            iam.Role.from_role_arn(stack, "Again", arn("Loader")),
        )
        message = "roles[1] (Data/Again) is associated with the same cluster by Data/First too"
        assert [("RoleDuplicated", message)] == _refused(lambda: associate(stack, "Second", *roles))

    assert template_after(first) == template_after(both)


def test_fails_when_the_associations_of_a_cluster_have_too_many_roles(stack: cdk.Stack) -> None:
    """Together, at the line of the one that is too many; a higher limit of any of them is the cluster's."""
    roles = [RedshiftRole(stack, f"R{number}") for number in range(11)]
    associate(stack, "First", *roles[:6])

    with pytest.raises(RoleAssociationError) as caught:
        associate(stack, "Second", *roles[6:])

    words = "'roles' with the cluster's other roles has 11 entries, 'role_limit' is 10"
    assert [("RoleQuotaExceeded", words)] == [(finding.rule, finding.message) for finding in caught.value.findings]
    associate(stack, "Second", *roles[6:10], role_limit=11)
    associate(stack, "Third", roles[10])
    with pytest.raises(RoleAssociationError, match="'role_limit' must be 1 to 50 in eu-west-1, got 0"):
        associate(stack, "Fourth", RedshiftRole(stack, "One"), role_limit=0)
    assert (11, "11") == (
        len(properties_of(stack, ASSOCIATION)["RoleArns"]),
        properties_of(stack, ASSOCIATION)["RoleLimit"],
    )


def _cluster_default(stack: cdk.Stack, role: iam.IRole) -> None:
    RedshiftCluster(
        stack,
        "Cluster",
        cluster_identifier=WAREHOUSE,
        roles=[role],
        default_role=role,
        cluster_subnet_group_name="s",
    )


def _association_default(stack: cdk.Stack, role: iam.IRole) -> None:
    associate(stack, "First", role, default_role=role)


@pytest.mark.parametrize(
    ("first", "second", "theirs"),
    [
        (_cluster_default, _association_default, "Data/Cluster"),
        (_association_default, _cluster_default, "Data/First"),
    ],
)
def test_fails_when_a_cluster_gets_two_default_roles(
    first: Callable[[cdk.Stack, iam.IRole], None], second: Callable[[cdk.Stack, iam.IRole], None], theirs: str
) -> None:
    """Whether an association sets one after the cluster itself, or before it; and all is as it was before."""
    message = f"'default_role' is given, and {theirs} sets the default role of the same cluster too"

    def build(stack: cdk.Stack, *, twice: bool) -> None:
        a, b, c = three_roles(stack).values()
        first(stack, a)
        if twice:
            assert [("InvalidArgument", message)] == _refused(lambda: second(stack, b))
        associate(stack, "Third", c)

    assert template_after(lambda stack: build(stack, twice=False)) == template_after(
        lambda stack: build(stack, twice=True)
    )


@pytest.mark.parametrize(
    ("home", "message"),
    [
        ({"region": "us-east-1"}, "which is in region us-east-1, and this is in eu-west-1"),
        ({"account": "222222222222"}, "which is in account 222222222222, and this is in 111111111111"),
        ({}, "which is in a stack of another environment or Stage, so CDK cannot refer to it"),
    ],
    ids=["region", "account", "nowhere"],
)
def test_fails_for_a_cluster_of_another_environment(app: cdk.App, home: dict[str, str], message: str) -> None:
    """The function calls the API of its own account and region, and another cluster may have that name there."""
    named = {"account": ACCOUNT, "region": REGION, **home} if home else {}
    there = cdk.Stack(app, "There", env=cdk.Environment(**named), cross_region_references=True)
    here = cdk.Stack(app, "Here", env=ENVIRONMENT, cross_region_references=True)
    cluster = RedshiftCluster(there, "Cluster", cluster_subnet_group_name="s")

    with pytest.raises(RoleAssociationError) as caught:
        associate(here, "First", RedshiftRole(here, "Role"), cluster_identifier=cluster.cluster_identifier)

    assert [("InvalidArgument", f"'cluster_identifier' refers to There/Cluster/Resource, {message}")] == [
        (finding.rule, finding.message) for finding in caught.value.findings
    ]


def test_fails_where_something_else_stands_in_the_place_of_the_function(stack: cdk.Stack) -> None:
    """It is left there, and so is nothing of the association; the id that people would take is free."""
    Construct(stack, "Custom::RedshiftRoleAssociation")
    with pytest.raises(RoleAssociationError) as caught:
        associate(stack, "RedshiftRoleAssociation", RedshiftRole(stack, "Role"))

    message = "Data/Custom::RedshiftRoleAssociation is a Construct, where the function behind role associations belongs"
    assert [("InvalidArgument", message)] == [(each.rule, each.message) for each in caught.value.findings]
    assert ["Custom::RedshiftRoleAssociation", "Role"] == [child.node.id for child in stack.node.children]
    stack.node.try_remove_child("Custom::RedshiftRoleAssociation")
    associate(stack, "RedshiftRoleAssociation", RedshiftRole(stack, "Another"))
    assert 1 == len(all_properties_of(stack, ASSOCIATION))


def test_a_warehouse_that_fails_halfway_leaves_the_associations_as_they_were(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its default role has joined them, or brought the function, when its user policy fails."""

    def fail(*_: object, **__: object) -> None:
        raise ValueError("halfway")

    monkeypatch.setattr("redshift_roles.warehouse.RoleAssociationPolicy", fail)

    def warehouse(scope: Construct, role: iam.IRole) -> None:
        with pytest.raises(ValueError, match="halfway"):
            RedshiftWarehouse(
                scope,
                "Warehouse",
                cluster_identifier=WAREHOUSE,
                roles=[role],
                default_role=role,
                cluster_subnet_group_name="s",
            )

    def build(stack: cdk.Stack, *, fails: bool) -> None:
        a, b, _ = three_roles(stack).values()
        if fails:
            warehouse(stack, a)
            assert ["A", "B", "C"] == [child.node.id for child in stack.node.children]
        platform = Construct(stack, "Platform")
        sns.CfnTopic(stack, "Topic").node.add_dependency(platform)
        for cluster, role in ((WAREHOUSE, b), ("lake", a)):
            if fails:
                warehouse(platform, a)
            associate(stack, cluster, role, cluster_identifier=cluster)

    assert template_after(lambda stack: build(stack, fails=False)) == template_after(
        lambda stack: build(stack, fails=True)
    )
