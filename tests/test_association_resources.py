"""
One resource for each cluster of a stack: what joins, what changes nothing, and who waits for whom.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, cast

import aws_cdk as cdk
import pytest
from aws_cdk import aws_iam as iam
from aws_cdk import aws_sns as sns
from constructs import Construct

from redshift_roles import RedshiftCluster, RedshiftRole, RedshiftWarehouse, RoleAssociation, RoleAssociationError
from tests.builders import arn
from tests.conftest import ACCOUNT, REGION
from tests.synthesis import report_of
from tests.templates import all_properties_of, properties_of, template_of

ASSOCIATION, BEFORE = "Custom::RedshiftRoleAssociation", "Custom::RedshiftRolesBefore"
WAREHOUSE = "warehouse"
ENVIRONMENT = cdk.Environment(account=ACCOUNT, region=REGION)
Build = Callable[[cdk.Stack], object]


def _template(build: Build, *, name: str = "Data", stage: str = "") -> dict[str, Any]:
    app = cdk.App(analytics_reporting=False)
    scope = cdk.Stage(app, stage) if stage else app
    stack = cdk.Stack(scope, name, stack_name="Data", env=ENVIRONMENT)
    build(stack)
    return template_of(stack)


def _associate(stack: cdk.Stack, name: str, *roles: iam.IRole, **options: Any) -> RoleAssociation:
    return RoleAssociation(stack, name, **{"cluster_identifier": WAREHOUSE, "roles": roles and list(roles), **options})


def _ours(stack: cdk.Stack) -> dict[str, RedshiftRole]:
    return {name: RedshiftRole(stack, name) for name in "ABC"}


def _one(stack: cdk.Stack, name: str = "First") -> None:
    _associate(stack, name, *_ours(stack).values())


def _two(stack: cdk.Stack, *, moved: bool = False, turned: bool = False, default: bool = True) -> None:
    a, b, c = _ours(stack).values()

    def first() -> None:
        _associate(stack, "First", a, *([] if moved else [b]), default_role=a if default else None, role_limit=12)

    def second() -> None:
        _associate(stack, "Second", *([c, b] if moved else [c]), timeout=cdk.Duration.minutes(12))

    for define in (second, first) if turned else (first, second):
        define()


def _imported(stack: cdk.Stack, name: str = "Imported") -> None:
    _associate(stack, "First", iam.Role.from_role_arn(stack, name, arn("Loader")))


def _by_name(stack: cdk.Stack) -> None:
    _associate(stack, "First", iam.Role.from_role_name(stack, "Imported", "Loader"))


def _ids(template: dict[str, Any]) -> set[str]:
    return {key for key, found in template["Resources"].items() if found["Type"].startswith("Custom::")}


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (lambda: _template(_one), lambda: _template(lambda stack: _one(stack, "Renamed"))),
        (lambda: _template(_two), lambda: _template(lambda stack: _two(stack, moved=True))),
        (lambda: _template(_two), lambda: _template(lambda stack: _two(stack, turned=True))),
        (lambda: _template(_imported), lambda: _template(lambda stack: _imported(stack, "Loader"))),
        (lambda: _template(_two), lambda: _template(_two, name="Renamed")),
        (lambda: _template(_two), lambda: _template(_two, stage="Prod")),
    ],
    ids=["renamed", "moved", "turned", "import renamed", "stack renamed", "in a Stage"],
)
def test_what_is_only_called_something_else_is_the_same(
    before: Callable[[], dict[str, Any]], after: Callable[[], dict[str, Any]]
) -> None:
    """
    Not a letter of the template changes, so no deployment does anything.
    """
    assert before() == after()


def test_a_role_that_is_imported_in_another_way_is_looked_for_once() -> None:
    """
    By its ARN or by its name: a new look would find our own role there, and leave it behind for ever.
    """
    assert _ids(_template(_imported)) == _ids(_template(_by_name))


def test_a_cluster_of_the_app_is_the_same_by_its_identifier_and_by_reference() -> None:
    """
    Where its identifier is a literal.
    """

    def build(stack: cdk.Stack, *, named: bool, elsewhere: bool = False) -> None:
        home = cdk.Stack(cast("cdk.App", stack.node.root), "Home", env=ENVIRONMENT) if elsewhere else stack
        cluster = RedshiftCluster(home, "Cluster", cluster_identifier=WAREHOUSE, cluster_subnet_group_name="s")
        identifier = WAREHOUSE if named else cluster.cluster_identifier
        _associate(stack, "First", RedshiftRole(stack, "Role"), cluster_identifier=identifier)

    by_name = _ids(_template(lambda stack: build(stack, named=True)))
    assert by_name == _ids(_template(lambda stack: build(stack, named=False)))
    assert by_name == _ids(_template(lambda stack: build(stack, named=False, elsewhere=True)))


def test_roles_of_two_stacks_that_are_called_the_same_there_are_two(app: cdk.App, stack: cdk.Stack) -> None:
    """
    Each has a look of its own, also where one is in a nested stack.
    """
    homes = [cdk.Stack(app, name, env=ENVIRONMENT) for name in ("One", "Two")]
    homes += [cdk.NestedStack(home, "Nested") for home in homes[:1]]
    _associate(stack, "First", *(RedshiftRole(home, "Role") for home in [*homes, stack]))

    assert 4 == len(all_properties_of(stack, BEFORE))


def test_associations_of_one_cluster_are_one_resource(stack: cdk.Stack) -> None:
    """
    All roles, the highest limit, the longest timeout, and the default of the one that sets it.
    """
    _two(stack)
    properties = properties_of(stack, ASSOCIATION)
    roles = [stack.resolve(stack.node.find_child(name).role_arn) for name in "ABC"]  # type: ignore[attr-defined]

    assert roles == properties["RoleArns"]
    assert 3 == len({str(found) for found in properties["Found"]})
    assert ("12", "720", roles[0]) == tuple(
        properties[name] for name in ("RoleLimit", "TimeoutSeconds", "DefaultRoleArn")
    )
    assert 1 == len(all_properties_of(stack, "AWS::Lambda::Function"))


def test_each_answer_is_that_of_its_role(stack: cdk.Stack) -> None:
    """
    In the order of the roles.
    """
    _two(stack, turned=True)
    resources = template_of(stack)["Resources"]
    properties = properties_of(stack, ASSOCIATION)

    assert properties["RoleArns"] == [
        resources[found["Fn::GetAtt"][0]]["Properties"]["RoleArn"] for found in properties["Found"]
    ]


def _waits(resources: dict[str, Any], key: str) -> Iterator[str]:
    """
    Name all that a resource waits for, the nearest first.
    """
    found = resources[key]
    properties = found.get("Properties", {})
    named = [*found.get("DependsOn", []), *(each["Fn::GetAtt"][0] for each in properties.get("Found", []))]
    for name in named:
        yield name
        yield from _waits(resources, name)


def _alone(stack: cdk.Stack, role: RedshiftRole) -> Construct:
    return _associate(stack, "First", role)


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
    """
    And so does who waits for a construct around it, also when more associations join later.
    """
    topic = sns.CfnTopic(stack, "Topic")
    topic.node.add_dependency(define(stack, RedshiftRole(stack, "Role")))
    _associate(stack, "Later", RedshiftRole(stack, "Another"))
    resources = template_of(stack)["Resources"]
    waited = {resources[name]["Type"] for name in resources["Topic"]["DependsOn"]}

    assert {ASSOCIATION, BEFORE, "AWS::IAM::ManagedPolicy", *others} <= waited


def test_fails_when_an_association_waits_for_another_one_of_its_cluster(app: cdk.App, stack: cdk.Stack) -> None:
    """
    They are one resource; CloudFormation would only say that there is a circle.
    """
    first = _associate(stack, "First", RedshiftRole(stack, "Role"))
    _associate(stack, "Second", RedshiftRole(stack, "Another")).node.add_dependency(first)
    _associate(stack, "Lake", RedshiftRole(stack, "One"), cluster_identifier="lake").node.add_dependency(first)

    (violation,) = report_of(app)
    (construct,) = violation["violatingConstructs"]
    assert ("InvalidArgument", "fatal") == (violation["ruleName"], violation["severity"])
    assert violation["description"].startswith("the association waits for another one of its cluster")
    assert "Data/Second" == construct["constructPath"]


def test_what_an_association_waits_for_its_cluster_waits_for(stack: cdk.Stack) -> None:
    """
    Its looks wait, and the resource that has their answers.
    """
    topic = sns.CfnTopic(stack, "Topic")
    _associate(stack, "First", RedshiftRole(stack, "Role")).node.add_dependency(topic)
    resources = template_of(stack)["Resources"]
    (key,) = [key for key, found in resources.items() if found["Type"] == ASSOCIATION]

    assert "Topic" in set(_waits(resources, key))


def _refused(define: Callable[[], object]) -> list[tuple[str, str]]:
    """
    Say what is wrong.
    """
    with pytest.raises(RoleAssociationError) as caught:
        define()
    return [(finding.rule, finding.message) for finding in caught.value.findings]


def test_fails_for_one_role_in_two_associations() -> None:
    """
    At the line of the second, however the role is written there, and all is as it was before.
    """

    def first(stack: cdk.Stack) -> None:
        _associate(stack, "First", RedshiftRole(stack, "Role", role_name="Loader"))
        RedshiftRole(stack, "Other")

    def both(stack: cdk.Stack) -> None:
        first(stack)
        roles = (
            cast("iam.IRole", stack.node.find_child("Other")),
            iam.Role.from_role_arn(stack, "Again", arn("Loader")),
        )
        message = "roles[1] (Data/Again) and a role (Data/Role) of Data/First are the same role"
        assert [("RoleDuplicated", message)] == _refused(lambda: _associate(stack, "Second", *roles))

    assert _template(first) == _template(both)


def test_fails_when_the_associations_of_a_cluster_have_too_many_roles(stack: cdk.Stack) -> None:
    """
    Together, at the line of the one that is too many; a higher limit of any of them is the cluster's.
    """
    roles = [RedshiftRole(stack, f"R{number}") for number in range(11)]
    _associate(stack, "First", *roles[:6])

    with pytest.raises(RoleAssociationError) as caught:
        _associate(stack, "Second", *roles[6:])

    words = "'roles' with those of the cluster's other associations has 11 entries, 'role_limit' is 10"
    assert [("RoleQuotaExceeded", words)] == [(finding.rule, finding.message) for finding in caught.value.findings]
    _associate(stack, "Second", *roles[6:10], role_limit=11)
    _associate(stack, "Third", roles[10])
    with pytest.raises(RoleAssociationError, match="'role_limit' is 0, allowed is 1 to 50"):
        _associate(stack, "Fourth", RedshiftRole(stack, "One"), role_limit=0)
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
    _associate(stack, "First", role, default_role=role)


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
    """
    Whether an association sets one after the cluster itself, or before it; and all is as it was before.
    """
    message = f"'default_role' is given, and {theirs} makes Data/A the default role of the same cluster"

    def build(stack: cdk.Stack, *, twice: bool) -> None:
        a, b, c = _ours(stack).values()
        first(stack, a)
        if twice:
            assert [("InvalidArgument", message)] == _refused(lambda: second(stack, b))
        _associate(stack, "Third", c)

    assert _template(lambda stack: build(stack, twice=False)) == _template(lambda stack: build(stack, twice=True))


def test_fails_when_two_stacks_set_the_default_of_one_cluster(app: cdk.App) -> None:
    """
    When the app is synthesized; the message and the finding name the associations.
    """
    for name in ("One", "Two"):
        stack = cdk.Stack(app, name, env=ENVIRONMENT)
        role = RedshiftRole(stack, "Role")
        _associate(stack, "Association", role, default_role=role)

    (violation,) = report_of(app)
    (construct,) = violation["violatingConstructs"]
    assert ("InvalidArgument", "fatal") == (violation["ruleName"], violation["severity"])
    assert "One/Association sets the default role of the same cluster too" in violation["description"]
    assert "Two/Association" == construct["constructPath"]


def test_fails_when_two_stacks_associate_one_role(app: cdk.App) -> None:
    """
    Also where both are called the same there; the finding names the association that has the role.
    """
    for name in ("One", "Two"):
        stack = cdk.Stack(app, name, env=ENVIRONMENT)
        _associate(stack, "Other", RedshiftRole(stack, "Role"))
        _associate(stack, "Association", iam.Role.from_role_arn(stack, "Imported", arn("Loader")))

    (violation,) = report_of(app)
    (construct,) = violation["violatingConstructs"]
    assert "RoleDuplicated" == violation["ruleName"]
    assert violation["description"].endswith("is associated with the same cluster by One/Association too")
    assert "Two/Association" == construct["constructPath"]


@pytest.mark.parametrize("stages", [True, False])
def test_stacks_that_name_no_account_may_be_of_two(app: cdk.App, stages: bool) -> None:
    """
    One app for development and production, with the same names in both.
    """
    for name in ("Dev", "Prod"):
        stack = cdk.Stack(cdk.Stage(app, name) if stages else app, "Data" if stages else name)
        _associate(stack, f"Association{name}", iam.Role.from_role_name(stack, f"Imported{name}", "Loader"))

    assert [] == report_of(app)


def test_fails_when_redshift_may_not_assume_a_role(app: cdk.App, stack: cdk.Stack) -> None:
    """
    By its finished trust policy; the finding names the association that has the role.
    """
    _associate(stack, "First", RedshiftRole(stack, "Good"))
    bad = iam.Role(stack, "Bad", assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"))
    grown = iam.Role(stack, "Grown", assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"))
    _associate(stack, "Second", bad, grown)
    assert grown.assume_role_policy is not None
    grown.assume_role_policy.add_statements(
        iam.PolicyStatement(actions=["sts:AssumeRole"], principals=[iam.ServicePrincipal("redshift.amazonaws.com")])
    )

    (violation,) = report_of(app)
    (construct,) = violation["violatingConstructs"]
    assert ("TrustLacksRedshift", "fatal") == (violation["ruleName"], violation["severity"])
    assert "trusts lambda.amazonaws.com; Redshift in eu-west-1 cannot assume it" in violation["description"]
    assert "Data/Second" == construct["constructPath"]


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
    """
    The function calls the API of its own account and region, and another cluster may have that name there.
    """
    named = {"account": ACCOUNT, "region": REGION, **home} if home else {}
    there = cdk.Stack(app, "There", env=cdk.Environment(**named), cross_region_references=True)
    here = cdk.Stack(app, "Here", env=ENVIRONMENT, cross_region_references=True)
    cluster = RedshiftCluster(there, "Cluster", cluster_subnet_group_name="s")

    with pytest.raises(RoleAssociationError) as caught:
        _associate(here, "First", RedshiftRole(here, "Role"), cluster_identifier=cluster.cluster_identifier)

    assert [("InvalidArgument", f"'cluster_identifier' refers to There/Cluster/Resource, {message}")] == [
        (finding.rule, finding.message) for finding in caught.value.findings
    ]


def test_fails_where_something_else_stands_in_the_place_of_the_function(stack: cdk.Stack) -> None:
    """
    It is left there, and so is nothing of the association; the id that people would take is free.
    """
    Construct(stack, "Custom::RedshiftRoleAssociation")
    with pytest.raises(RoleAssociationError) as caught:
        _associate(stack, "RedshiftRoleAssociation", RedshiftRole(stack, "Role"))

    message = "Data/Custom::RedshiftRoleAssociation is a Construct, where the function behind role associations belongs"
    assert [("InvalidArgument", message)] == [(each.rule, each.message) for each in caught.value.findings]
    assert ["Custom::RedshiftRoleAssociation", "Role"] == [child.node.id for child in stack.node.children]
    stack.node.try_remove_child("Custom::RedshiftRoleAssociation")
    _associate(stack, "RedshiftRoleAssociation", RedshiftRole(stack, "Another"))
    assert 1 == len(all_properties_of(stack, ASSOCIATION))


def test_a_warehouse_that_fails_halfway_leaves_the_associations_as_they_were(monkeypatch: pytest.MonkeyPatch) -> None:
    """
    Its default role has joined them, or brought the function, when its user policy fails.
    """

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
        a, b, _ = _ours(stack).values()
        platform = Construct(stack, "Platform")
        sns.CfnTopic(stack, "Topic").node.add_dependency(platform)
        for cluster, role in ((WAREHOUSE, b), ("lake", a)):
            if fails:
                warehouse(platform, a)
            _associate(stack, cluster, role, cluster_identifier=cluster)

    assert _template(lambda stack: build(stack, fails=False)) == _template(lambda stack: build(stack, fails=True))


def test_each_nested_stack_has_a_function_of_its_own(stack: cdk.Stack) -> None:
    """
    Which is how a stack with many clusters is divided.
    """
    nested = [cdk.NestedStack(stack, name) for name in ("One", "Two")]
    for home in nested:
        _associate(home, "First", iam.Role.from_role_arn(home, "Imported", arn(home.node.id)))

    assert [1, 1, 0] == [len(all_properties_of(home, "AWS::Lambda::Function")) for home in (*nested, stack)]
