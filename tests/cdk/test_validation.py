"""Refusing before anything is made."""

from __future__ import annotations

from typing import Any

import pytest
from aws_cdk import App, Aws, Environment, Stack
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from constructs import Construct

from redshift_roles import (
    RedshiftCluster,
    RedshiftNamespace,
    RedshiftRole,
    RedshiftWarehouse,
    RedshiftWorkgroup,
    RoleAssociationError,
    RoleAssociationPolicy,
)
from redshift_roles.cdk.validation import child_path, rollback_on_error
from tests.conftest import ACCOUNT, REGION


@pytest.mark.parametrize(
    ("scope", "shown"), [(None, "None"), ("Data", "'Data'"), (App(analytics_reporting=False), "an App")]
)
@pytest.mark.parametrize("kind", [RedshiftRole, RedshiftCluster, RedshiftWarehouse, RoleAssociationPolicy])
def test_fails_when_the_scope_is_in_no_stack(kind: Any, scope: object, shown: str) -> None:
    """All constructs say so, in the words of the argument."""
    options = {"clusters": ["a"], "pass_roles": []} if kind is RoleAssociationPolicy else {}

    with pytest.raises(RoleAssociationError) as caught:
        kind(scope, "Thing", **options)

    (finding,) = caught.value.findings
    assert ("InvalidArgument", "Thing") == (finding.rule, finding.path)
    assert f"'scope' must be a Stack or a construct in one, got {shown}" == finding.message


class _Half(Construct):
    def __init__(self, scope: Stack, construct_id: str, *, fails: bool = True) -> None:
        with rollback_on_error(self, scope, construct_id):
            super().__init__(scope, construct_id)
            if fails:
                raise KeyError


@pytest.mark.parametrize("kind", [RedshiftCluster, RedshiftNamespace, RedshiftWorkgroup])
def test_fails_when_a_vpc_or_a_key_is_in_another_region(app: App, stack: Stack, kind: Any) -> None:
    """Both are of one region; CDK refers to those of another all the same, and an imported key is where its ARN is."""
    there = Stack(app, "There", env=Environment(account=ACCOUNT, region="us-east-1"))
    arn = "arn:{}:kms:us-east-1:111111111111:key/8d6a9f0e-0000-0000-0000-000000000000"
    imported = [
        kms.Key.from_key_arn(stack, f"Key{at}", arn.format(partition))
        for at, partition in enumerate(("aws", Aws.PARTITION))
    ]
    given: list[dict[str, Any]] = []
    if kind is not RedshiftWorkgroup:
        given += [{"encryption_key": key} for key in (kms.Key(there, "Key"), *imported)]
    if kind is not RedshiftNamespace:
        given.append({"vpc": ec2.Vpc(there, "Vpc")})
    more = {"namespace": "sales"} if kind is RedshiftWorkgroup else {}

    for options in given:
        ((name, construct),) = options.items()
        network = {"cluster_subnet_group_name": "subnets"} if kind is RedshiftCluster and name != "vpc" else {}
        with pytest.raises(RoleAssociationError) as caught:
            kind(stack, "Thing", **options, **network, **more)
        (finding,) = (one for one in caught.value.findings if "region" in one.message)
        where = f"is in region us-east-1, the {kind.__name__.removeprefix('Redshift').lower()} is in {REGION}"
        assert f"'{name}' ({construct.node.path}) {where}" == finding.message
        assert stack.node.try_find_child("Thing") is None


def test_a_key_of_the_same_or_an_unknown_region_is_right(stack: Stack, agnostic: Stack) -> None:
    """What only the deployment knows is not judged."""
    arn = "arn:aws:kms:{}:111111111111:key/8d6a9f0e-0000-0000-0000-000000000000"
    here = kms.Key.from_key_arn(stack, "Here", arn.format(REGION))
    anywhere = kms.Key.from_key_arn(stack, "Anywhere", arn.format(Aws.REGION))

    RedshiftNamespace(stack, "One", encryption_key=here)
    RedshiftNamespace(stack, "Another", encryption_key=anywhere)
    RedshiftNamespace(agnostic, "Known", encryption_key=kms.Key.from_key_arn(agnostic, "Key", here.key_arn))


def test_a_construct_that_fails_halfway_is_removed(stack: Stack) -> None:
    """The error passes through and the tree is as it was."""
    with pytest.raises(KeyError):
        _Half(stack, "Half")

    assert stack.node.try_find_child("Half") is None


def test_a_construct_that_had_the_id_before_stays(stack: Stack) -> None:
    """Whoever made it: Python, or CDK, for which jsii returns another Python object each time."""
    first = _Half(stack, "Taken", fails=False)
    bucket = s3.Bucket(stack, "Bucket")
    for scope, name in ((stack, "Taken"), (bucket, "Resource")):
        with pytest.raises(RuntimeError, match="already a Construct"):
            _Half(scope, name)  # type: ignore[arg-type]

    assert first is stack.node.find_child("Taken")
    assert bucket.node.try_find_child("Resource") is not None


def test_a_path_is_written_before_the_child_is_there(app: App, stack: Stack) -> None:
    """Below the root there is no leading slash."""
    assert ("Data/Child", "Child") == (child_path(stack, "Child"), child_path(app, "Child"))
