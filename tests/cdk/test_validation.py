"""Refusing before anything is made."""

from __future__ import annotations

from typing import Any

import pytest
from aws_cdk import App, Stack
from aws_cdk import aws_s3 as s3
from constructs import Construct

from redshift_roles import RedshiftCluster, RedshiftRole, RedshiftWarehouse, RoleAssociationError, RoleAssociationPolicy
from redshift_roles.cdk.validation import child_path, rollback_on_error


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
