"""Where a construct is."""

from __future__ import annotations

from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3 as s3
from constructs import Construct

from redshift_roles.aws import arns
from redshift_roles.cdk.location import (
    cluster_arn,
    id_after,
    location_of,
    path_of,
    refer,
    unreachable,
    waits,
)
from tests.conftest import ACCOUNT, OTHER_ACCOUNT, REGION


def test_a_place_is_that_of_the_nearest_stack(app: cdk.App, stack: cdk.Stack, agnostic: cdk.Stack) -> None:
    """Account and region are known or not; a nested stack knows its top; the stage is the app where there is no
    other.
    """
    known, unknown = location_of(Construct(stack, "Scope")), location_of(agnostic)
    nested = cdk.NestedStack(cdk.NestedStack(stack, "Nested"), "Deep")
    staged = cdk.Stack(cdk.Stage(app, "Stage"), "Stack")

    assert (stack, stack, ACCOUNT, REGION, app) == (known.stack, known.top, known.account, known.region, known.root)
    assert (arns.THIS_ACCOUNT, None) == (unknown.account, unknown.region)
    assert (nested, stack) == (location_of(nested).stack, location_of(nested).top)
    assert app is known.stage
    assert location_of(staged).stage is staged.node.scope
    assert known is location_of(stack)


def test_a_stack_can_refer_to_its_own_environment_and_to_known_regions(
    app: cdk.App, stack: cdk.Stack, agnostic: cdk.Stack
) -> None:
    """Not into another Stage, and not between a stack with a region and one without."""

    def reason(scope: Construct, account: str, region: str) -> str:
        env = cdk.Environment(account=account, region=region)
        return (unreachable(location_of(cdk.Stack(scope, f"Of{account}{region}", env=env)), here, "name") or ("",))[0]

    here, nowhere = location_of(stack), location_of(agnostic)

    assert ["", ""] == [reason(app, ACCOUNT, REGION), reason(app, OTHER_ACCOUNT, "us-east-1")]
    assert reason(cdk.Stage(app, "Stage"), ACCOUNT, REGION).startswith("is in another Stage")
    assert (unreachable(nowhere, here, "name") or ("",))[0].endswith("has no name, so CDK cannot refer to it from here")
    assert unreachable(location_of(cdk.Stack(app, "Agnostic")), nowhere, "name") is None


def test_a_cluster_has_an_arn_of_its_own_place(stack: cdk.Stack, agnostic: cdk.Stack) -> None:
    """With a colon before its name; what no stack names is left to the deployment."""
    home, nowhere = location_of(stack), location_of(agnostic)

    assert f"arn:{stack.partition}:redshift:{REGION}:{ACCOUNT}:cluster:w" == cluster_arn("w", home)
    assert f"arn:{cdk.Aws.PARTITION}:redshift:{cdk.Aws.REGION}:{cdk.Aws.ACCOUNT_ID}:cluster:w" == (
        cluster_arn("w", nowhere)
    )


def test_what_is_no_construct_has_no_path(stack: cdk.Stack) -> None:
    """A construct has its own."""
    assert ("", "Data") == (path_of("Data"), path_of(stack))


def test_ids_after_paths_are_as_different_as_the_paths(stack: cdk.Stack) -> None:
    """Whatever the names run into one another to."""
    scopes = {name: Construct(stack, name) for name in ("A", "A-B", "AB", "A--B")}
    pairs = (("A", "BC"), ("AB", "C"), ("A", "B-C"), ("A-B", "C"), ("A", "B--C"), ("A--B", "C"))
    ids = [id_after(Construct(scopes[scope], name)) for scope, name in pairs]

    assert "Data--A--BC" == ids[0]
    assert len(pairs) == len(set(ids))


def test_a_stack_waits_for_those_it_depends_on_and_theirs(app: cdk.App) -> None:
    """And for itself; never for those that wait for it."""
    first, second, third = (cdk.Stack(app, name) for name in ("First", "Second", "Third"))
    second.add_stack_dependency(first)
    third.add_stack_dependency(second)

    assert [True, True, True] == [waits(third, other) for other in (first, second, third)]
    assert [True, False, False] == [waits(first, other) for other in (first, second, third)]


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (lambda app: cdk.Stack(app, "There", env=cdk.Environment(account=ACCOUNT, region=REGION)), None),
        (lambda app: cdk.Stack(app, "There"), "is in a stack of another environment and has no name"),
        (
            lambda app: cdk.Stack(
                cdk.Stage(app, "Stage"), "There", env=cdk.Environment(account=ACCOUNT, region=REGION)
            ),
            "is in another Stage",
        ),
    ],
)
def test_a_reference_reaches_stacks_of_one_stage_and_environment(
    app: cdk.App, stack: cdk.Stack, make: Any, reason: str | None
) -> None:
    """Where it does not, the reason and a way out are told; a literal reaches everywhere."""
    home, location = location_of(stack), location_of(make(app))
    value, obstacle = refer(s3.Bucket(stack, "Bucket").bucket_arn, home, location, "name")
    literal = "arn:aws:s3:::bucket"

    assert (reason is None) == (obstacle is None)
    assert (obstacle or ("",))[0].startswith(reason or "")
    assert value is None or "Fn::GetAtt" in value
    assert (literal, None) == refer(literal, home, location, "name")


@pytest.mark.parametrize(
    ("env", "fix"),
    [
        ({"region": "us-east-1"}, "give it a role_name, or pass cross_region_references=True to both stacks"),
        ({"account": OTHER_ACCOUNT}, "give it a role_name, or both stacks the same env="),
        ({"account": None, "region": None}, "give it a role_name, or both stacks the same env="),
    ],
    ids=["region", "account", "none"],
)
def test_what_to_do_about_another_environment_depends_on_what_differs(
    app: cdk.App, stack: cdk.Stack, env: dict[str, str | None], fix: str
) -> None:
    """CDK refers across regions where it is told to, and never across accounts."""
    there = cdk.Stack(app, "There", env=cdk.Environment(**{"account": ACCOUNT, "region": REGION, **env}))
    role = iam.Role(stack, "Role", assumed_by=iam.AccountRootPrincipal())
    _, obstacle = refer(role.role_arn, location_of(stack), location_of(there), "role_name")

    assert obstacle is not None
    assert fix == obstacle[1]
