"""One resource for each cluster of a stack: what is the same whatever it is called, and what one resource holds."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, cast

import aws_cdk as cdk
import pytest
from aws_cdk import aws_iam as iam
from aws_cdk import aws_redshift as redshift

from redshift_roles import RedshiftCluster, RedshiftRole
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


def _one(stack: cdk.Stack, name: str = "First") -> None:
    associate(stack, name, *three_roles(stack).values())


def _two(stack: cdk.Stack, *, moved: bool = False, turned: bool = False, default: bool = True) -> None:
    a, b, c = three_roles(stack).values()

    def first() -> None:
        associate(stack, "First", a, *([] if moved else [b]), default_role=a if default else None, role_limit=12)

    def second() -> None:
        associate(stack, "Second", *([c, b] if moved else [c]), timeout=cdk.Duration.minutes(12))

    for define in (second, first) if turned else (first, second):
        define()


def _imported(stack: cdk.Stack, name: str = "Imported") -> None:
    associate(stack, "First", iam.Role.from_role_arn(stack, name, arn("Loader")))


def _by_name(stack: cdk.Stack) -> None:
    associate(stack, "First", iam.Role.from_role_name(stack, "Imported", "Loader"))


def _ids(template: dict[str, Any]) -> set[str]:
    return {key for key, found in template["Resources"].items() if found["Type"].startswith("Custom::")}


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (lambda: template_after(_one), lambda: template_after(lambda stack: _one(stack, "Renamed"))),
        (lambda: template_after(_two), lambda: template_after(lambda stack: _two(stack, moved=True))),
        (lambda: template_after(_two), lambda: template_after(lambda stack: _two(stack, turned=True))),
        (lambda: template_after(_imported), lambda: template_after(lambda stack: _imported(stack, "Loader"))),
        (lambda: template_after(_two), lambda: template_after(_two, name="Renamed")),
        (lambda: template_after(_two), lambda: template_after(_two, stage="Prod")),
    ],
    ids=["renamed", "moved", "turned", "import renamed", "stack renamed", "in a Stage"],
)
def test_what_is_only_called_something_else_is_the_same(
    before: Callable[[], dict[str, Any]], after: Callable[[], dict[str, Any]]
) -> None:
    """Not a letter of the template changes, so no deployment does anything."""
    assert before() == after()


def test_a_role_that_is_imported_in_another_way_is_looked_for_once() -> None:
    """By its ARN or by its name: a new look would find our own role there, and leave it behind for ever."""
    assert _ids(template_after(_imported)) == _ids(template_after(_by_name))


def test_a_cluster_of_the_app_is_the_same_by_its_identifier_and_by_reference() -> None:
    """Where its identifier is a literal."""

    def build(stack: cdk.Stack, *, named: bool, elsewhere: bool = False) -> None:
        home = cdk.Stack(cast("cdk.App", stack.node.root), "Home", env=ENVIRONMENT) if elsewhere else stack
        cluster = RedshiftCluster(home, "Cluster", cluster_identifier=WAREHOUSE, cluster_subnet_group_name="s")
        identifier = WAREHOUSE if named else cluster.cluster_identifier
        associate(stack, "First", RedshiftRole(stack, "Role"), cluster_identifier=identifier)

    by_name = _ids(template_after(lambda stack: build(stack, named=True)))
    assert by_name == _ids(template_after(lambda stack: build(stack, named=False)))
    assert by_name == _ids(template_after(lambda stack: build(stack, named=False, elsewhere=True)))


def test_a_role_of_another_stack_is_the_same_when_that_stack_is_renamed() -> None:
    """As long as it is deployed under the same name."""

    def build(stack: cdk.Stack, name: str, deployed: str) -> None:
        home = cdk.Stack(cast("cdk.App", stack.node.scope), name, stack_name=deployed, env=ENVIRONMENT)
        nested = cdk.NestedStack(home, "Nested")
        associate(stack, "First", RedshiftRole(home, "Role"), RedshiftRole(nested, "Role"))

    before = _ids(template_after(lambda stack: build(stack, "Home", "Roles")))
    assert before == _ids(template_after(lambda stack: build(stack, "Renamed", "Roles")))
    assert before != _ids(template_after(lambda stack: build(stack, "Home", "Others")))


def test_roles_of_two_stacks_that_are_called_the_same_there_are_two(app: cdk.App, stack: cdk.Stack) -> None:
    """Each has a look of its own, also where one is in a nested stack."""
    homes = [cdk.Stack(app, name, env=ENVIRONMENT) for name in ("One", "Two")]
    homes += [cdk.NestedStack(home, "Nested") for home in homes[:1]]
    associate(stack, "First", *(RedshiftRole(home, "Role") for home in [*homes, stack]))

    assert 4 == len(all_properties_of(stack, BEFORE))


def test_associations_of_one_cluster_are_one_resource(stack: cdk.Stack) -> None:
    """All roles, the highest limit, the longest timeout, and the default of the one that sets it."""
    _two(stack)
    properties = properties_of(stack, ASSOCIATION)
    roles = [stack.resolve(stack.node.find_child(name).role_arn) for name in "ABC"]  # type: ignore[attr-defined]

    assert roles == properties["RoleArns"]
    assert 3 == len({str(found) for found in properties["WasAssociated"]})
    assert ("12", "720", roles[0]) == tuple(
        properties[name] for name in ("RoleLimit", "TimeoutSeconds", "DefaultRoleArn")
    )
    assert 1 == len(all_properties_of(stack, "AWS::Lambda::Function"))


@pytest.mark.parametrize("named_first", [True, False])
def test_a_cluster_that_any_association_refers_to_is_waited_for(stack: cdk.Stack, named_first: bool) -> None:
    """Though another one names it."""
    cluster = RedshiftCluster(stack, "Cluster", cluster_identifier=WAREHOUSE, cluster_subnet_group_name="s")
    identifiers = [WAREHOUSE, cluster.cluster_identifier]
    for number, identifier in enumerate(identifiers if named_first else reversed(identifiers)):
        role = RedshiftRole(stack, f"Role{number}")
        associate(stack, f"A{number}", role, cluster_identifier=identifier)

    assert stack.resolve(cluster.cluster_identifier) == properties_of(stack, ASSOCIATION)["ClusterIdentifier"]


def test_a_cluster_that_only_the_deployment_knows_has_a_readable_path(stack: cdk.Stack) -> None:
    """One that is known has its name in it."""
    parameter = cdk.CfnParameter(stack, "Name").value_as_string
    for number, identifier in enumerate((WAREHOUSE, parameter)):
        role = RedshiftRole(stack, f"Role{number}")
        associate(stack, f"A{number}", role, cluster_identifier=identifier)
    clusters = stack.node.find_child("Custom::RedshiftRoleAssociation").node.children[-2:]

    assert WAREHOUSE == clusters[0].node.id
    assert re.fullmatch("Cluster[0-9a-f]{16}", clusters[1].node.id)


def test_each_answer_is_that_of_its_role(stack: cdk.Stack) -> None:
    """In the order of the roles."""
    _two(stack, turned=True)
    resources = template_of(stack)["Resources"]
    properties = properties_of(stack, ASSOCIATION)

    assert properties["RoleArns"] == [
        resources[found["Fn::GetAtt"][0]]["Properties"]["RoleArn"] for found in properties["WasAssociated"]
    ]


def test_each_nested_stack_has_a_function_of_its_own(stack: cdk.Stack) -> None:
    """Which is how a stack with many clusters is divided."""
    nested = [cdk.NestedStack(stack, name) for name in ("One", "Two")]
    for home in nested:
        associate(home, "First", iam.Role.from_role_arn(home, "Imported", arn(home.node.id)))

    assert [1, 1, 0] == [len(all_properties_of(home, "AWS::Lambda::Function")) for home in (*nested, stack)]


def test_the_logs_of_the_function_are_kept_for_a_year(stack: cdk.Stack) -> None:
    """CloudWatch deletes log events after 365 days."""
    associate(stack, "Association", RedshiftRole(stack, "Role"))

    assert 365 == properties_of(stack, "AWS::Logs::LogGroup")["RetentionInDays"]


def test_the_function_may_pass_the_default_role_of_a_cluster(stack: cdk.Stack) -> None:
    """The cluster associates the role itself, but the function makes it the default, which needs iam:PassRole too."""
    role = RedshiftRole(stack, "Role")
    RedshiftCluster(stack, "Cluster", roles=[role], default_role=role, cluster_subnet_group_name="subnets")
    policies = all_properties_of(stack, "AWS::IAM::ManagedPolicy")
    statements = [statement for policy in policies for statement in policy["PolicyDocument"]["Statement"]]
    passed = [statement["Resource"] for statement in statements if statement["Sid"] == "PassRolesToRedshift"]

    assert stack.resolve(role.role_arn) in passed


def _named_by_a_parameter(stack: cdk.Stack) -> None:
    name = cdk.CfnParameter(stack, "Name").value_as_string
    cluster = redshift.CfnCluster(
        stack,
        "Cluster",
        cluster_type="single-node",
        db_name="dev",
        master_username="admin",
        node_type="ra3.large",
        cluster_identifier=name,
    )
    associate(stack, "Association", RedshiftRole(stack, "Role"), cluster_identifier=cluster.ref)


def test_logical_ids_stay_when_a_parameter_names_the_cluster() -> None:
    """The ids do not depend on the numbers that CDK gives its tokens, which differ in each synthesis."""
    assert template_after(_named_by_a_parameter) == template_after(_named_by_a_parameter)
