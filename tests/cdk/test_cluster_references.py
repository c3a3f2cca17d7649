"""Clusters and namespaces as a user policy may name them."""

from __future__ import annotations

import aws_cdk as cdk
import pytest
from aws_cdk import aws_redshift as redshift
from aws_cdk import aws_redshiftserverless as serverless

from redshift_roles import RedshiftCluster
from redshift_roles.cdk.cluster_references import Cluster, cluster_problems, named, named_namespace
from redshift_roles.cdk.location import location_of
from tests.conftest import ACCOUNT, REGION
from tests.support.builders import messages_and_fixes


def _l1(scope: cdk.Stack, cluster_identifier: str | None = None) -> redshift.CfnCluster:
    return redshift.CfnCluster(
        scope,
        "L1",
        cluster_identifier=cluster_identifier,
        cluster_type="multi-node",
        db_name="d",
        master_username="m",
        node_type="ra3.large",
    )


def test_fails_when_a_cluster_is_in_another_stage(app: cdk.App, stack: cdk.Stack) -> None:
    """CDK cannot refer from one Stage to another."""
    staged = cdk.Stack(cdk.Stage(app, "Stage"), "Data", env=cdk.Environment(account=ACCOUNT, region=REGION))

    ((_, message, fix),) = cluster_problems([_l1(staged)], (), location_of(stack))
    assert "clusters[0] (Stage/Data/L1) is in another Stage, and CDK cannot refer from one Stage to another" == message
    assert fix.startswith("give the cluster a cluster_identifier")


def test_fails_when_only_the_deployment_knows_the_clusters(stack: cdk.Stack) -> None:
    """A policy names each of them."""
    listed = cdk.Token.as_list(cdk.Fn.ref("Clusters"))
    wrong = "'clusters' must be a list whose entries are counted at synth, got a list that only the deployment knows"

    assert [(wrong, "name each of them")] == messages_and_fixes(cluster_problems(listed, (), location_of(stack)))
    assert [] == messages_and_fixes(cluster_problems([cdk.Fn.ref("Cluster")], (), location_of(stack)))


def test_fails_for_what_has_the_names_of_a_cluster_and_is_no_construct(stack: cdk.Stack) -> None:
    """Such as the properties of an imported one."""

    class Named:
        cluster_name = "sales"
        cfn_cluster = None

    ((message, _),) = messages_and_fixes(cluster_problems([Named()], (), location_of(stack)))  # type: ignore[list-item]
    assert message.endswith("or an identifier, got a Named")


@pytest.mark.parametrize("region", [REGION, "us-east-1"])
def test_a_literal_identifier_needs_no_reference(app: cdk.App, stack: cdk.Stack, region: str) -> None:
    """From another stack a named cluster is named, not referred to."""
    other = cdk.Stack(app, "Other", env=cdk.Environment(account=ACCOUNT, region=region))
    location = location_of(stack)
    clusters: list[Cluster] = [
        _l1(other, cluster_identifier="sales"),
        RedshiftCluster(other, "Cluster", cluster_identifier="sales", cluster_subnet_group_name="subnets"),
    ]

    expected = f"arn:{stack.partition}:redshift:{region}:{ACCOUNT}:cluster:sales"
    assert [] == messages_and_fixes(cluster_problems(clusters, (), location))
    assert [expected, expected] == [named(cluster, location).arn for cluster in clusters]


def test_in_its_own_stack_a_named_cluster_is_referred_to(stack: cdk.Stack) -> None:
    """A reference follows what an override makes of the name."""
    cluster = RedshiftCluster(stack, "Cluster", cluster_identifier="sales", cluster_subnet_group_name="subnets")

    assert named(cluster, location_of(stack)).arn == cluster.cluster_arn
    assert cluster.cluster_arn.endswith(f":cluster:{cluster.cluster_identifier}")


def test_a_token_is_taken_as_an_identifier(stack: cdk.Stack) -> None:
    """Only the deployment knows whether it is a valid one."""
    name = cdk.CfnParameter(stack, "Name").value_as_string

    assert [] == messages_and_fixes(cluster_problems([name], (), location_of(stack)))


def test_new_namespaces_are_those_of_the_region_of_the_one_that_is_named(app: cdk.App, stack: cdk.Stack) -> None:
    """However it is named: by its construct, by its attribute, or by its ARN; else they are those of the policy."""
    other = cdk.Stack(app, "Other", env=cdk.Environment(account=ACCOUNT, region="us-east-1"))
    l1 = serverless.CfnNamespace(other, "Namespace", namespace_name="events")
    literal = f"arn:aws:redshift-serverless:us-east-1:{ACCOUNT}:namespace/8d6a9f0e-0000-0000-0000-000000000000"
    location = location_of(stack)

    def new(namespace: serverless.CfnNamespace | str) -> str:
        return named_namespace(namespace, location).arn_of_all

    there = f"arn:{stack.partition}:redshift-serverless:us-east-1:{ACCOUNT}:namespace/*"
    assert [there, there] == [new(l1), new(l1.attr_namespace_namespace_arn)]
    assert f"arn:aws:redshift-serverless:us-east-1:{ACCOUNT}:namespace/*" == new(literal)
    assert there.replace("us-east-1", REGION) == new(cdk.CfnParameter(stack, "Arn").value_as_string)
