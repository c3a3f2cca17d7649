"""Refusing before anything is made."""

from __future__ import annotations

from typing import Any

import pytest
from aws_cdk import App, Stack
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
    assert f"'scope' is {shown}, allowed is a Stack or a construct in one" == finding.message


def test_a_construct_that_fails_halfway_is_taken_out_again(stack: Stack) -> None:
    """The error passes through and the tree is as it was."""

    def fail_halfway() -> None:
        with rollback_on_error(stack, "Half"):
            Construct(stack, "Half")
            raise KeyError

    with pytest.raises(KeyError):
        fail_halfway()

    assert stack.node.try_find_child("Half") is None


def test_a_construct_whose_name_is_taken_leaves_the_first_one(stack: Stack) -> None:
    """The child of that name is somebody else's."""
    first = Construct(stack, "Taken")

    with pytest.raises(RuntimeError), rollback_on_error(stack, "Taken"):
        Construct(stack, "Taken")

    assert first is stack.node.find_child("Taken")


def test_a_construct_that_succeeds_stays(stack: Stack) -> None:
    """Nothing is taken out without an error."""
    with rollback_on_error(stack, "Whole"):
        whole = Construct(stack, "Whole")

    assert whole is stack.node.find_child("Whole")


def test_a_path_is_written_before_the_child_is_there(app: App, stack: Stack) -> None:
    """Below the root there is no leading slash."""
    assert ("Data/Child", "Child") == (child_path(stack, "Child"), child_path(app, "Child"))
