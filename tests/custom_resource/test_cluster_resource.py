"""The resource of a cluster: its logical id, what depends on it, and what several associations of one cluster do."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import partial
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


def _one(stack: cdk.Stack, name: str = "First") -> None:
    associate(stack, name, *three_roles(stack).values())


def _two(stack: cdk.Stack, *, moved: bool = False, reversed_: bool = False) -> None:
    a, b, c = three_roles(stack).values()

    def first() -> None:
        associate(stack, "First", a, *([] if moved else [b]), default_role=a, role_limit=12)

    def second() -> None:
        associate(stack, "Second", *([c, b] if moved else [c]), timeout=cdk.Duration.minutes(12))

    for define in (second, first) if reversed_ else (first, second):
        define()


def _imported(stack: cdk.Stack, name: str = "Imported") -> None:
    associate(stack, "First", iam.Role.from_role_arn(stack, name, arn("Loader")))


def _named_by_a_parameter(stack: cdk.Stack) -> None:
    cluster = cfn_cluster(stack, cluster_identifier=cdk.CfnParameter(stack, "Name").value_as_string)
    associate(stack, "Association", RedshiftRole(stack, "Role"), cluster_identifier=cluster.ref)


@pytest.mark.parametrize(
    ("before", "after", "options"),
    [
        (_one, partial(_one, name="Renamed"), {}),
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
def test_a_new_name_or_order_does_not_change_the_template(
    before: Callable[[cdk.Stack], None], after: Callable[[cdk.Stack], None], options: dict[str, str]
) -> None:
    """So a deployment does nothing."""
    assert template_after(before) == template_after(after, **options)


def test_a_role_that_is_imported_in_another_way_has_the_same_snapshot() -> None:
    """A new snapshot would find our own role, which then would stay on the cluster for ever."""

    def by_name(stack: cdk.Stack) -> None:
        associate(stack, "First", iam.Role.from_role_name(stack, "Imported", "Loader"))

    assert custom_ids(template_after(_imported)) == custom_ids(template_after(by_name))


def test_a_cluster_of_the_app_is_the_same_by_its_identifier_and_by_reference() -> None:
    """Where its identifier is a literal."""

    def ids(*, named: bool, elsewhere: bool = False) -> set[str]:
        def build(stack: cdk.Stack) -> None:
            home = cdk.Stack(cast("cdk.App", stack.node.root), "Home", env=ENVIRONMENT) if elsewhere else stack
            cluster = RedshiftCluster(home, "Cluster", cluster_identifier=WAREHOUSE, cluster_subnet_group_name="s")
            identifier = WAREHOUSE if named else cluster.cluster_identifier
            associate(stack, "First", RedshiftRole(stack, "Role"), cluster_identifier=identifier)

        return custom_ids(template_after(build))

    assert ids(named=True) == ids(named=False) == ids(named=False, elsewhere=True)


def test_a_role_of_another_stack_is_the_same_when_that_stack_is_renamed() -> None:
    """As long as it is deployed under the same name."""

    def ids(name: str, deployed: str) -> set[str]:
        def build(stack: cdk.Stack) -> None:
            home = cdk.Stack(cast("cdk.App", stack.node.scope), name, stack_name=deployed, env=ENVIRONMENT)
            nested = cdk.NestedStack(home, "Nested")
            associate(stack, "First", RedshiftRole(home, "Role"), RedshiftRole(nested, "Role"))

        return custom_ids(template_after(build))

    assert ids("Home", "Roles") == ids("Renamed", "Roles")
    assert ids("Home", "Roles") != ids("Home", "Others")


def test_logical_ids_stay_when_roles_come_and_go() -> None:
    """So a change of the roles replaces nothing."""

    def ids(names: str) -> set[str]:
        def build(stack: cdk.Stack) -> None:
            roles = three_roles(stack)
            associate(stack, "Association", *(roles[name] for name in names))

        return custom_ids(template_after(build))

    assert ids("A") < ids("CA") < ids("BAC")


def test_roles_of_two_stacks_with_one_logical_id_are_two(app: cdk.App, stack: cdk.Stack) -> None:
    """Each has its own snapshot, also where one is in a nested stack."""
    homes = [cdk.Stack(app, name, env=ENVIRONMENT) for name in ("One", "Two")]
    homes += [cdk.NestedStack(home, "Nested") for home in homes[:1]]
    associate(stack, "First", *(RedshiftRole(home, "Role") for home in [*homes, stack]))

    assert 4 == len(all_properties_of(stack, BEFORE))


def test_roles_with_similar_paths_are_two_roles(stack: cdk.Stack) -> None:
    """Each has its own snapshot, also where the names in their paths are equal once they are joined."""
    scopes = {name: Construct(stack, name) for name in ("A", "A-B", "AB", "A--B")}
    paths = (("A", "BC"), ("AB", "C"), ("A", "B-C"), ("A-B", "C"), ("A", "B--C"), ("A--B", "C"))
    associate(stack, "Association", *(RedshiftRole(scopes[scope], name) for scope, name in paths))

    assert len(paths) == len(all_properties_of(stack, BEFORE))


def test_associations_of_one_cluster_are_one_resource(stack: cdk.Stack) -> None:
    """It has all roles, each with the answer of its snapshot, the highest limit, the longest timeout, and the default
    role of the association that sets one.
    """
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
        associate(stack, f"A{number}", RedshiftRole(stack, f"Role{number}"), cluster_identifier=identifier)

    assert stack.resolve(cluster.cluster_identifier) == properties_of(stack, ASSOCIATION)["ClusterIdentifier"]


def test_a_cluster_that_only_the_deployment_knows_has_a_readable_path(stack: cdk.Stack) -> None:
    """The path of one that is known has its name in it."""
    for number, identifier in enumerate((WAREHOUSE, cdk.CfnParameter(stack, "Name").value_as_string)):
        associate(stack, f"A{number}", RedshiftRole(stack, f"Role{number}"), cluster_identifier=identifier)
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


def _dependencies(resources: dict[str, Any], key: str) -> Iterator[str]:
    """Return all that a resource depends on, the nearest first."""
    answers = resources[key].get("Properties", {}).get("WasAssociated", [])
    for name in [*resources[key].get("DependsOn", []), *(answer["Fn::GetAtt"][0] for answer in answers)]:
        yield name
        yield from _dependencies(resources, name)


def test_the_resource_of_a_cluster_depends_on_what_its_associations_depend_on(stack: cdk.Stack) -> None:
    """The snapshots depend on it, and the resource depends on their answers."""
    associate(stack, "First", RedshiftRole(stack, "Role")).node.add_dependency(sns.CfnTopic(stack, "Topic"))
    resources = template_of(stack)["Resources"]
    (key,) = [key for key, found in resources.items() if found["Type"] == ASSOCIATION]

    assert "Topic" in set(_dependencies(resources, key))


def test_fails_for_one_role_in_two_associations() -> None:
    """At the line of the second, however the role is written there; then nothing has changed."""

    def build(stack: cdk.Stack, *, twice: bool = False) -> None:
        associate(stack, "First", RedshiftRole(stack, "Role", role_name="Loader"))
        other = RedshiftRole(stack, "Other")
        if twice:
            again = iam.Role.from_role_arn(stack, "Again", arn("Loader"))
            message = "roles[1] (Data/Again) is associated with the same cluster by Data/First too"
            assert [("RoleDuplicated", message)] == refused(lambda: associate(stack, "Second", other, again))

    assert template_after(build) == template_after(partial(build, twice=True))


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


def _cluster_default(stack: cdk.Stack, role: iam.IRole) -> None:
    default_of_cluster(stack, role, cluster_identifier=WAREHOUSE)


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
    """An association may set one after the cluster itself, or before it; then nothing has changed."""
    message = f"'default_role' is given, and {theirs} sets the default role of the same cluster too"

    def build(stack: cdk.Stack, *, twice: bool = False) -> None:
        a, b, c = three_roles(stack).values()
        first(stack, a)
        if twice:
            assert [("InvalidArgument", message)] == refused(lambda: second(stack, b))
        associate(stack, "Third", c)

    assert template_after(build) == template_after(partial(build, twice=True))


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
    cluster = RedshiftCluster(there, "Cluster", cluster_subnet_group_name="s").cluster_identifier
    role = RedshiftRole(here, "Role")

    assert [("InvalidArgument", f"'cluster_identifier' refers to There/Cluster/Resource, {message}")] == refused(
        lambda: associate(here, "First", role, cluster_identifier=cluster)
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
            associate(stack, cluster, role, cluster_identifier=cluster)

    assert template_after(build) == template_after(partial(build, fails=True))
