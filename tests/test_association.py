"""Roles on clusters that already exist: what the template contains, and what is an error."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from functools import partial
from typing import Any

import aws_cdk as cdk
import aws_cdk.aws_redshift_alpha as alpha
import pytest
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from aws_cdk import aws_redshiftserverless as serverless
from aws_cdk import aws_s3 as s3

from redshift_roles import RedshiftCluster, RedshiftGrants, RedshiftNamespace, RedshiftRole, RoleAssociationError
from tests.conftest import OTHER_ACCOUNT
from tests.support.associations import (
    ASSOCIATION,
    BEFORE,
    ENVIRONMENT,
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
IDENTIFIER = "'cluster' must be 1 to 63 lower-case letters, digits and single hyphens, a letter first, got {}"
CLUSTER = (
    "'cluster' must be a RedshiftCluster, a CfnCluster, an ICluster of aws-redshift-alpha or an identifier, got {}"
)
UNKNOWN = "a {} that only the deployment knows"
EVERYTHING = {"cluster": "UPPER", "roles": ["arn"], "default_role": "arn", "role_limit": "10", "timeout": 60}


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
        ({"cluster": None}, [CLUSTER.format(None)]),
        ({"cluster": 7}, [CLUSTER.format(7)]),
        ({"cluster": cdk.Token.as_number({"Ref": "X"})}, [CLUSTER.format(UNKNOWN.format("number"))]),
        ({"cluster": cdk.Token.as_list({"Ref": "X"})}, [CLUSTER.format(UNKNOWN.format("list"))]),
        (
            EVERYTHING,
            [
                IDENTIFIER.format("'UPPER'"),
                "'roles[0]' must be an iam.IRole, got 'arn'",
                DEFAULT,
                LIMIT,
                "'timeout' must be a Duration, got 60",
            ],
        ),
    ],
)
def test_fails_when_an_argument_is_wrong(stack: cdk.Stack, options: dict[str, Any], messages: list[str]) -> None:
    """All that is wrong is reported once and together, and the tree stays as it was."""
    given = {"roles": [RedshiftRole(stack, "Role")], **options}

    assert [("InvalidArgument", message) for message in messages] == refused(lambda: associate(stack, "First", **given))
    assert ["Role"] == [child.node.id for child in stack.node.children]


def test_fails_for_a_namespace_of_serverless(stack: cdk.Stack) -> None:
    """However it is given; a role is added where its list is written, since the API would replace the list."""
    l1 = serverless.CfnNamespace(stack, "Namespace", namespace_name="events")

    arn_of_another = "arn:aws:redshift-serverless:eu-west-1:111111111111:namespace/8d6a9f0e-0000-0000-0000-000000000000"
    texts = [arn_of_another, l1.attr_namespace_namespace_arn, l1.ref]
    role = RedshiftRole(stack, "Role", serverless=True)
    for namespace, shown in (
        (l1, "a CfnNamespace"),
        (RedshiftNamespace(stack, "Ours"), "a RedshiftNamespace"),
        *zip(texts, [f"'{arn_of_another}'", *[UNKNOWN.format("value")] * 2], strict=True),
    ):
        with pytest.raises(RoleAssociationError) as caught:
            associate(stack, "First", role, cluster=namespace)

        (finding,) = caught.value.findings
        wrong = f"'cluster' must be a provisioned cluster, got {shown}"
        assert ("InvalidArgument", wrong) == (finding.rule, finding.message)
        assert finding.fix.startswith("add the role to the namespace itself: add_role(role) of RedshiftNamespace, or ")
        assert finding.fix.endswith(
            "aws redshift-serverless update-namespace --namespace-name NAME --iam-roles … --default-iam-role-arn …, "
            "with the whole list"
        )
        assert stack.node.try_find_child("First") is None


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
def test_fails_when_the_cluster_lists_the_role_itself(app: cdk.App, stack: cdk.Stack, ours: bool) -> None:
    """At once where the association refers to the cluster, ours or CDK's; at synth time where it names it."""
    role, other = RedshiftRole(stack, "Role"), RedshiftRole(stack, "Other")
    listing: Any = {"cluster_identifier": WAREHOUSE}
    cluster: Any = cfn_cluster(stack, **listing, iam_roles=[role.role_arn, other.role_arn])
    l1 = cluster
    if ours:
        stack.node.try_remove_child("Cluster")
        cluster = RedshiftCluster(stack, "Cluster", **listing, roles=[role, other], cluster_subnet_group_name="s")
        l1 = cluster.cfn_cluster
    message = f"roles[0] (Data/Role) is associated with the same cluster by {l1.node.path} too"

    for reference in (cluster, l1, l1.ref):
        assert [("RoleDuplicated", message)] == refused(partial(associate, stack, "A", role, cluster=reference))
    associate(stack, "Association", role)
    assert ["RoleDuplicated"] == [violation["ruleName"] for violation in report_of(app)]


def test_fails_when_a_cluster_of_the_app_would_have_too_many_roles(stack: cdk.Stack) -> None:
    """What it lists itself counts too, and so does a larger limit of its own."""
    roles = [RedshiftRole(stack, f"R{number}") for number in range(13)]
    cluster = RedshiftCluster(stack, "Cluster", roles=roles[:11], role_limit=12, cluster_subnet_group_name="s")
    message = "'roles' with the cluster's other roles has 13 entries, 'role_limit' is 12"

    assert [("RoleQuotaExceeded", message)] == refused(lambda: associate(stack, "A", *roles[11:], cluster=cluster))
    associate(stack, "A", roles[11], cluster=cluster)
    assert "12" == properties_of(stack, ASSOCIATION)["RoleLimit"]


def test_fails_when_the_default_role_is_alone_and_no_list_of_the_app_has_it(stack: cdk.Stack) -> None:
    """It is one of the cluster's own roles, or one of those given here."""
    a, b, _ = three_roles(stack).values()
    cluster = cfn_cluster(stack, iam_roles=[a.role_arn])
    not_among = "'default_role' (Data/B) is not among 'roles'"

    for given, default, expected in (
        (cluster, None, ("InvalidArgument", NO_ROLES)),
        ("of-others", a, ("InvalidArgument", NO_ROLES)),
        (cluster, b, ("DefaultRoleNotAssociated", not_among)),
    ):
        assert [expected] == refused(partial(associate, stack, "New", cluster=given, default_role=default))
    with pytest.raises(RoleAssociationError, match="name the default role among the roles too, or pass the CfnCluster"):
        associate(stack, "New", cluster="of-others", default_role=a)


@pytest.mark.parametrize("how", ["l1", "reference", "identifier", "ours", "alpha"])
def test_the_default_role_can_be_alone_where_the_cluster_lists_it(app: cdk.App, stack: cdk.Stack, how: str) -> None:
    """Nothing is associated then; an association of other roles may name it as well."""
    role, other = RedshiftRole(stack, "Role"), RedshiftRole(stack, "Other")
    cluster: Any = _alpha_cluster(stack, role) if how == "alpha" else None
    if how == "ours":
        cluster = RedshiftCluster(stack, "Cluster", roles=[role], cluster_subnet_group_name="s")
    elif how != "alpha":
        cluster = cfn_cluster(stack, cluster_identifier="own", iam_roles=[role.role_arn])
        cluster = {"l1": cluster, "reference": cluster.ref, "identifier": "own"}[how]
    associate(stack, "Default", cluster=cluster, default_role=role)
    associate(stack, "Others", other, cluster=cluster)
    properties = properties_of(stack, ASSOCIATION)

    assert stack.resolve([role.role_arn, [other.role_arn]]) == [properties["DefaultRoleArn"], properties["RoleArns"]]
    assert [] == report_of(app)


def test_the_default_role_can_be_alone_where_only_the_deployment_knows_the_list(stack: cdk.Stack) -> None:
    """A list parameter may contain it."""
    role = RedshiftRole(stack, "Role")
    listed = cdk.CfnParameter(stack, "Roles", type="CommaDelimitedList").value_as_list
    associate(stack, "Default", cluster=cfn_cluster(stack, iam_roles=listed), default_role=role)

    assert stack.resolve(role.role_arn) == properties_of(stack, ASSOCIATION)["DefaultRoleArn"]


def _alpha_cluster(stack: cdk.Stack, *roles: iam.IRole, name: str | None = None) -> alpha.Cluster:
    vpc = ec2.Vpc.from_vpc_attributes(
        stack, "Vpc", vpc_id="vpc-1", availability_zones=["a", "b"], private_subnet_ids=["subnet-1", "subnet-2"]
    )
    login = alpha.Login(master_username="somebody")
    return alpha.Cluster(stack, "Cluster", master_user=login, vpc=vpc, roles=list(roles), cluster_name=name)


def _depends_on(stack: cdk.Stack, kind: str) -> set[str]:
    """List the types of the resources that each snapshot of the stack depends on explicitly or by reference."""
    resources = template_of(stack)["Resources"]
    snapshots = [found for found in resources.values() if found["Type"] == kind]
    named = [
        {*found.get("DependsOn", ()), *re.findall(r'"(?:Ref|GetAtt)": "(\w+)"', json.dumps(found))}
        for found in snapshots
    ]
    return {resources[key]["Type"] for key in set.intersection(*named) if key in resources}


@pytest.mark.parametrize("how", ["l1", "identifier", "identifier, defined later", "ours", "alpha"])
def test_it_waits_for_a_cluster_of_its_stack(stack: cdk.Stack, how: str) -> None:
    """By reference, and also where the cluster is named by its literal identifier."""
    role = RedshiftRole(stack, "Role")
    if how == "identifier, defined later":
        associate(stack, "Association", role)
    if how == "ours":
        options: Any = {"cluster_identifier": WAREHOUSE, "cluster_subnet_group_name": "s"}
        cluster: Any = RedshiftCluster(stack, "Cluster", **options)
    else:
        make = (
            partial(_alpha_cluster, name=WAREHOUSE)
            if how == "alpha"
            else partial(cfn_cluster, cluster_identifier=WAREHOUSE)
        )
        cluster = make(stack)
    if how != "identifier, defined later":
        associate(stack, "Association", role, cluster=WAREHOUSE if how == "identifier" else cluster)

    assert "AWS::Redshift::Cluster" in _depends_on(stack, BEFORE)


def test_it_waits_for_a_named_cluster_of_another_stack(app: cdk.App, stack: cdk.Stack) -> None:
    """The name is a literal there, so that nothing is exported; the stack waits for the other one."""
    other = cdk.Stack(app, "Other", env=ENVIRONMENT)
    associate(stack, "Association", RedshiftRole(stack, "Role"), cluster=cfn_cluster(other, cluster_identifier="sales"))

    assert "sales" == properties_of(stack, ASSOCIATION)["ClusterIdentifier"]
    assert [other] == stack.dependencies


def test_it_names_a_cluster_of_another_stage_and_waits_for_nothing(app: cdk.App, stack: cdk.Stack) -> None:
    """CDK lets nothing depend on what is in another Stage."""
    staged = cdk.Stack(cdk.Stage(app, "Stage"), "Data", env=ENVIRONMENT)
    cluster = cfn_cluster(staged, cluster_identifier="sales")
    associate(stack, "Association", RedshiftRole(stack, "Role"), cluster=cluster)

    assert "sales" == properties_of(stack, ASSOCIATION)["ClusterIdentifier"]
    assert [] == stack.dependencies


def test_a_role_that_a_condition_brings_is_judged_in_the_template(app: cdk.App, stack: cdk.Stack) -> None:
    """The cluster may list the role; what its other branch lists is another one."""
    role, given = RedshiftRole(stack, "Role"), cdk.CfnParameter(stack, "Given").value_as_string
    condition = cdk.CfnCondition(stack, "Yes", expression=cdk.Fn.condition_equals(given, "yes"))
    either = cdk.Fn.condition_if(condition.logical_id, arn("A"), arn("B")).to_string()
    cluster = cfn_cluster(stack, iam_roles=[either])
    associate(stack, "Association", role, iam.Role.from_role_arn(stack, "A", arn("A")), cluster=cluster)

    assert [] == report_of(app)


def test_an_imported_cluster_is_named(stack: cdk.Stack) -> None:
    """By its identifier; there is nothing to wait for."""
    imported = alpha.Cluster.from_cluster_attributes(
        stack, "Imported", cluster_name="sales", cluster_endpoint_address="a", cluster_endpoint_port=5439
    )
    associate(stack, "Association", RedshiftRole(stack, "Role"), cluster=imported)

    assert "sales" == properties_of(stack, ASSOCIATION)["ClusterIdentifier"]


@pytest.mark.parametrize("later", [False, True])
@pytest.mark.parametrize("imported", [False, True])
@pytest.mark.parametrize("ours", [False, True])
def test_it_waits_for_the_grants_of_its_roles(stack: cdk.Stack, later: bool, imported: bool, ours: bool) -> None:
    """Those of this library and those of CDK, whether they are made before or after the association."""
    role = iam.Role.from_role_arn(stack, "Imported", arn("Loader")) if imported else RedshiftRole(stack, "Role")
    bucket = s3.Bucket.from_bucket_name(stack, "Bucket", "landing")

    def grant() -> None:
        if ours:
            RedshiftGrants.of(role).copy_from(bucket)
        else:
            bucket.grant_read(role)

    for step in (partial(associate, stack, "Association", role), grant)[:: 1 if later else -1]:
        step()

    assert ("AWS::IAM::ManagedPolicy" if ours else "AWS::IAM::Policy") in _depends_on(stack, BEFORE)


def test_an_association_below_its_role_does_not_wait_for_itself(stack: cdk.Stack) -> None:
    """What is a child of the role cannot wait for all of its children."""
    role = RedshiftRole(stack, "Role")
    role.redshift_grants.copy_from(s3.Bucket.from_bucket_name(stack, "Bucket", "landing"))
    associate(role, "Association", role)

    assert "AWS::IAM::ManagedPolicy" in _depends_on(stack, BEFORE)
    assert BEFORE not in _depends_on(stack, BEFORE)


def test_fails_where_cdk_refuses_the_asset_of_the_function(app: cdk.App) -> None:
    """CDK's own reason is reported, and nothing is left."""
    stack = cdk.Stack(app, "Data", synthesizer=cdk.BootstraplessSynthesizer())
    role = RedshiftRole(stack, "Role")
    reason = "Cannot add assets to a Stack that uses the BootstraplessSynthesizer"

    assert [
        ("InvalidArgument", f"the function behind role associations is an asset, and CDK refuses it: {reason}")
    ] == (refused(lambda: associate(stack, "Association", role)))
    assert ["Role"] == [child.node.id for child in stack.node.children]


def test_a_cluster_of_ours_can_have_a_default_role_and_associations(app: cdk.App, stack: cdk.Stack) -> None:
    """One resource sets the default role and associates the other roles; the cluster lists its own."""
    a, b, c = three_roles(stack).values()
    cluster = default_of_cluster(stack, a)
    identifier = cluster.cluster_identifier
    for name, role, given in (("First", b, cluster), ("Second", c, identifier)):
        associate(stack, name, role, cluster=given)
    properties = properties_of(stack, ASSOCIATION)

    assert stack.resolve([identifier, a.role_arn, [b.role_arn, c.role_arn]]) == [
        properties[name] for name in ("ClusterIdentifier", "DefaultRoleArn", "RoleArns")
    ]
    assert [] == report_of(app)
