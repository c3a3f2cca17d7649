"""The resource of a cluster: its logical id, what depends on it, and what several associations of one cluster do."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache, partial
from typing import Any, cast

import aws_cdk as cdk
import pytest
from aws_cdk import aws_iam as iam
from aws_cdk import aws_sns as sns
from constructs import Construct

from redshift_roles import RedshiftCluster, RedshiftRole, RedshiftWarehouse
from tests.conftest import ACCOUNT, REGION
from tests.support.associations import (
    ASSOCIATION,
    BEFORE,
    ENVIRONMENT,
    WAREHOUSE,
    associate,
    cfn_cluster,
    custom_ids,
    default_of_cluster,
    refused,
    template_after,
    three_roles,
)
from tests.support.builders import arn
from tests.support.templates import all_properties_of, properties_of, template_of

Build = Callable[[cdk.Stack], None]
# What several tests compare with is synthesized once.
template_before = cache(template_after)


def _two(stack: cdk.Stack, *, name: str = "First", moved: bool = False, reversed_: bool = False) -> None:
    a, b, c = three_roles(stack).values()
    first = partial(associate, stack, name, a, *([] if moved else [b]), default_role=a, role_limit=12)
    second = partial(associate, stack, "Second", *([c, b] if moved else [c]), timeout=cdk.Duration.minutes(12))
    for define in (second, first) if reversed_ else (first, second):
        define()


def _imported(stack: cdk.Stack, name: str = "Imported") -> None:
    associate(stack, "First", iam.Role.from_role_arn(stack, name, arn("Loader")))


def _named_by_a_parameter(stack: cdk.Stack) -> None:
    cluster = cfn_cluster(stack, cluster_identifier=cdk.CfnParameter(stack, "Name").value_as_string)
    associate(stack, "Association", RedshiftRole(stack, "Role"), cluster=cluster.ref)


@pytest.mark.parametrize(
    ("before", "after", "options"),
    [
        (_two, partial(_two, name="Renamed"), {}),
        (_two, partial(_two, moved=True), {}),
        (_two, partial(_two, reversed_=True), {}),
        (_imported, partial(_imported, name="Loader"), {}),
        (_two, _two, {"name": "Renamed"}),
        (_two, _two, {"stage": "Prod"}),
        # The numbers of CDK's tokens are others in each synthesis.
        (_named_by_a_parameter, _named_by_a_parameter, {}),
    ],
    ids=["renamed", "moved", "reversed", "import renamed", "stack renamed", "in a Stage", "parameter"],
)
def test_a_new_name_or_order_does_not_change_the_template(before: Build, after: Build, options: dict[str, str]) -> None:
    """So a deployment does nothing."""
    assert template_before(before) == template_after(after, **options)


def _imported_by_name(stack: cdk.Stack) -> None:
    associate(stack, "First", iam.Role.from_role_name(stack, "Imported", "Loader"))


def _of_a_cluster(stack: cdk.Stack, *, referred: bool = False, elsewhere: bool = False) -> None:
    home = cdk.Stack(cast("cdk.App", stack.node.root), "Home", env=ENVIRONMENT) if elsewhere else stack
    cluster = RedshiftCluster(home, "Cluster", cluster_identifier=WAREHOUSE, cluster_subnet_group_name="s")
    identifier = cluster.cluster_identifier if referred else WAREHOUSE
    associate(stack, "First", RedshiftRole(stack, "Role"), cluster=identifier)


def _of_other_stacks(stack: cdk.Stack, name: str = "Home", deployed: str = "Roles") -> None:
    home = cdk.Stack(cast("cdk.App", stack.node.scope), name, stack_name=deployed, env=ENVIRONMENT)
    nested = cdk.NestedStack(home, "Nested")
    associate(stack, "First", RedshiftRole(home, "Role"), RedshiftRole(nested, "Role"))


@pytest.mark.parametrize(
    ("before", "after", "same"),
    [
        (_imported, _imported_by_name, True),
        (_of_a_cluster, partial(_of_a_cluster, referred=True), True),
        (_of_a_cluster, partial(_of_a_cluster, referred=True, elsewhere=True), True),
        (_of_other_stacks, partial(_of_other_stacks, name="Renamed"), True),
        (_of_other_stacks, partial(_of_other_stacks, deployed="Others"), False),
    ],
    ids=["import", "reference", "reference to another stack", "role of a renamed stack", "role of another stack"],
)
def test_logical_ids_are_those_of_the_cluster_and_the_role(before: Build, after: Build, same: bool) -> None:
    """A second snapshot for one role would find our own role, which then would stay on the cluster for ever."""
    assert same == (custom_ids(template_before(before)) == custom_ids(template_after(after)))


def test_logical_ids_stay_when_roles_come_and_go() -> None:
    """So a change of the roles replaces nothing."""

    def ids(names: str) -> set[str]:
        def build(stack: cdk.Stack) -> None:
            roles = three_roles(stack)
            associate(stack, "Association", *(roles[name] for name in names))

        return custom_ids(template_after(build))

    assert ids("A") < ids("CA") < ids("BAC")


def test_each_role_has_its_own_snapshot(app: cdk.App, stack: cdk.Stack) -> None:
    """Also with one logical id in several stacks, and where the names in the paths are equal once they are joined."""
    homes = [stack, *(cdk.Stack(app, name, env=ENVIRONMENT) for name in ("One", "Two"))]
    homes.append(cdk.NestedStack(homes[1], "Nested"))
    scopes = {name: Construct(stack, name) for name in ("A", "A-B", "AB", "A--B")}
    paths = (("A", "BC"), ("AB", "C"), ("A", "B-C"), ("A-B", "C"), ("A", "B--C"), ("A--B", "C"))
    similar = [RedshiftRole(scopes[scope], name) for scope, name in paths]
    associate(stack, "First", *similar, *(RedshiftRole(home, "Role") for home in homes))

    assert len(paths) + len(homes) == len(all_properties_of(stack, BEFORE))


def test_associations_of_one_cluster_are_one_resource(stack: cdk.Stack) -> None:
    """It has all roles with the answers of their snapshots, the highest limit, the longest timeout, the one default."""
    _two(stack, reversed_=True)
    resources = template_of(stack)["Resources"]
    properties = properties_of(stack, ASSOCIATION)
    roles = [stack.resolve(cast("iam.IRole", stack.node.find_child(name)).role_arn) for name in "ABC"]
    snapshots = [resources[answer["Fn::GetAtt"][0]] for answer in properties["WasAssociated"]]

    assert roles == properties["RoleArns"] == [snapshot["Properties"]["RoleArn"] for snapshot in snapshots]
    assert ["12", "720", roles[0]] == [properties[key] for key in ("RoleLimit", "TimeoutSeconds", "DefaultRoleArn")]
    assert 1 == len(all_properties_of(stack, "AWS::Lambda::Function"))


@pytest.mark.parametrize("named_first", [True, False])
def test_a_reference_to_the_cluster_is_kept(stack: cdk.Stack, named_first: bool) -> None:
    """So the resource is deployed after the cluster, though another association only names the cluster."""
    cluster = RedshiftCluster(stack, "Cluster", cluster_identifier=WAREHOUSE, cluster_subnet_group_name="s")
    identifiers = [WAREHOUSE, cluster.cluster_identifier]
    for number, identifier in enumerate(identifiers if named_first else reversed(identifiers)):
        associate(stack, f"A{number}", RedshiftRole(stack, f"Role{number}"), cluster=identifier)

    assert stack.resolve(cluster.cluster_identifier) == properties_of(stack, ASSOCIATION)["ClusterIdentifier"]


def test_a_cluster_that_only_the_deployment_knows_has_a_readable_path(stack: cdk.Stack) -> None:
    """The path of one that is known has its name in it."""
    for number, identifier in enumerate((WAREHOUSE, cdk.CfnParameter(stack, "Name").value_as_string)):
        associate(stack, f"A{number}", RedshiftRole(stack, f"Role{number}"), cluster=identifier)
    clusters = stack.node.find_child("Custom::RedshiftRoleAssociation").node.children[-2:]

    assert WAREHOUSE == clusters[0].node.id
    assert re.fullmatch("Cluster[0-9a-f]{16}", clusters[1].node.id)


def _warehouse(scope: Construct, role: iam.IRole, **options: Any) -> RedshiftWarehouse:
    given = {"roles": [role], "default_role": role, "cluster_subnet_group_name": "s", **options}
    return RedshiftWarehouse(scope, "Warehouse", **given)


def _around(stack: cdk.Stack, role: iam.IRole) -> Construct:
    platform = Construct(stack, "Platform")
    associate(Construct(platform, "Inner"), "First", role)
    sns.CfnTopic(platform, "Beside")
    return platform


CHANGE = {ASSOCIATION, BEFORE, "AWS::IAM::ManagedPolicy"}
CLUSTER = {*CHANGE, "AWS::Redshift::Cluster", "AWS::Redshift::ClusterParameterGroup"}


@pytest.mark.parametrize(
    ("define", "expected"),
    [
        (lambda stack, role: associate(stack, "First", role), CHANGE),
        (default_of_cluster, CLUSTER),
        (_warehouse, {*CLUSTER, "AWS::IAM::Role"}),
        (_around, {BEFORE, "AWS::SNS::Topic"}),
    ],
    ids=["association", "cluster with a default role", "warehouse with a default role", "construct of a user"],
)
def test_what_depends_on_an_association_depends_on_the_resource_of_its_cluster(
    stack: cdk.Stack, define: Callable[[cdk.Stack, iam.IRole], Construct], expected: set[str]
) -> None:
    """Also when more associations join later. The constructs of users around an association stay as CDK made them."""
    sns.CfnTopic(stack, "Job").node.add_dependency(define(stack, RedshiftRole(stack, "Role")))
    associate(stack, "Later", RedshiftRole(stack, "Another"))
    resources = template_of(stack)["Resources"]

    assert expected == {resources[name]["Type"] for name in resources["Job"]["DependsOn"]}


def test_the_resource_of_a_cluster_depends_on_what_its_associations_depend_on(stack: cdk.Stack) -> None:
    """The snapshots depend on it, and the resource depends on their answers."""
    associate(stack, "First", RedshiftRole(stack, "Role")).node.add_dependency(sns.CfnTopic(stack, "Topic"))
    (answer,) = properties_of(stack, ASSOCIATION)["WasAssociated"]

    assert "Topic" in template_of(stack)["Resources"][answer["Fn::GetAtt"][0]]["DependsOn"]


def test_fails_when_the_associations_of_a_cluster_have_too_many_roles(stack: cdk.Stack) -> None:
    """Together, at the line of the last one; the highest limit of any of them is that of the cluster."""
    roles = [RedshiftRole(stack, f"R{number}") for number in range(12)]
    associate(stack, "First", *roles[:6])

    words = "'roles' with the cluster's other roles has 11 entries, 'role_limit' is 10"
    assert [("RoleQuotaExceeded", words)] == refused(lambda: associate(stack, "Second", *roles[6:11]))
    associate(stack, "Second", *roles[6:10], role_limit=11)
    associate(stack, "Third", roles[10])
    out_of_range = ("RoleLimitOutOfRange", "'role_limit' must be 1 to 50 in eu-west-1, got 0")
    assert out_of_range == refused(lambda: associate(stack, "Fourth", roles[11], role_limit=0))[0]
    properties = properties_of(stack, ASSOCIATION)
    assert (11, "11") == (len(properties["RoleArns"]), properties["RoleLimit"])


def _named(stack: cdk.Stack, role: iam.IRole) -> None:
    associate(stack, "First", role, RedshiftRole(stack, "Named", role_name="Loader"))


def _imported_again(stack: cdk.Stack, role: iam.IRole) -> None:
    associate(stack, "Second", role, iam.Role.from_role_arn(stack, "Again", arn("Loader")))


def _default_of_association(stack: cdk.Stack, role: iam.IRole) -> None:
    associate(stack, "First", role, default_role=role)


def _default_of_cluster(stack: cdk.Stack, role: iam.IRole) -> None:
    default_of_cluster(stack, role, cluster_identifier=WAREHOUSE)


DUPLICATED = "roles[1] (Data/Again) is associated with the same cluster by Data/First too"
DEFAULT = "'default_role' is given, and {} sets the default role of the same cluster too"


@pytest.mark.parametrize(
    ("first", "second", "rule", "message"),
    [
        (_named, _imported_again, "RoleDuplicated", DUPLICATED),
        (_default_of_cluster, _default_of_association, "InvalidArgument", DEFAULT.format("Data/Cluster")),
        (_default_of_association, _default_of_cluster, "InvalidArgument", DEFAULT.format("Data/First")),
    ],
)
def test_fails_when_two_associations_contradict_one_another(
    first: Callable[..., None], second: Callable[..., None], rule: str, message: str
) -> None:
    """By one role, however it is written, or by two defaults, at the line of the second; then nothing has changed."""

    def build(stack: cdk.Stack, *, both: bool = False) -> None:
        a, b, c = three_roles(stack).values()
        first(stack, a)
        if both:
            assert [(rule, message)] == refused(partial(second, stack, b))
        associate(stack, "Third", c)

    assert template_after(build) == template_after(partial(build, both=True))


NOT_REFERABLE = (
    "which is in a stack of another environment and has no cluster_identifier, so CDK cannot refer to it from here"
)


@pytest.mark.parametrize(
    ("home", "message"),
    [
        ({"region": "us-east-1"}, "which is in region us-east-1, the association is in eu-west-1"),
        ({"account": "222222222222"}, "which is in account 222222222222, the association is in 111111111111"),
        ({}, NOT_REFERABLE),
    ],
    ids=["region", "account", "nowhere"],
)
def test_fails_for_a_cluster_of_another_environment(app: cdk.App, home: dict[str, str], message: str) -> None:
    """The function calls the API of its own account and region, and another cluster may have that name there."""
    named = {"account": ACCOUNT, "region": REGION, **home} if home else {}
    there = cdk.Stack(app, "There", env=cdk.Environment(**named), cross_region_references=True)
    here = cdk.Stack(app, "Here", env=ENVIRONMENT, cross_region_references=True)
    cluster = RedshiftCluster(there, "Cluster", cluster_subnet_group_name="s").cluster_identifier
    role = RedshiftRole(here, "Role")

    assert [("InvalidArgument", f"'cluster' refers to There/Cluster/Resource, {message}")] == refused(
        lambda: associate(here, "First", role, cluster=cluster)
    )


def test_a_warehouse_that_fails_halfway_leaves_the_associations_as_they_were(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its default role has joined them, or has created the function, when its user policy fails."""

    def fail(*_: object, **__: object) -> None:
        raise ValueError("halfway")

    monkeypatch.setattr("redshift_roles.warehouse.RoleAssociationPolicy", fail)

    def warehouse(scope: Construct, role: iam.IRole) -> None:
        with pytest.raises(ValueError, match="halfway"):
            _warehouse(scope, role, cluster_identifier=WAREHOUSE)

    def build(stack: cdk.Stack, *, fails: bool = False) -> None:
        a, b, _ = three_roles(stack).values()
        if fails:
            warehouse(stack, a)
            assert ["A", "B", "C"] == [child.node.id for child in stack.node.children]
        for cluster, role in ((WAREHOUSE, b), ("lake", a)):
            if fails:
                warehouse(stack, a)
            associate(stack, cluster, role, cluster=cluster)

    assert template_after(build) == template_after(partial(build, fails=True))
