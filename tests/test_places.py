"""
Where a construct is.
"""

from __future__ import annotations

import aws_cdk as cdk
from constructs import Construct

from redshift_roles import places, role_arns
from tests.conftest import ACCOUNT, REGION


def test_a_place_is_that_of_the_nearest_stack(app: cdk.App, stack: cdk.Stack, agnostic: cdk.Stack) -> None:
    """
    Account and region are known or not; a nested stack knows its top; the stage is the app where there is no other.
    """
    known, unknown = places.place_of(Construct(stack, "Scope")), places.place_of(agnostic)
    nested = cdk.NestedStack(cdk.NestedStack(stack, "Nested"), "Deep")
    staged = cdk.Stack(cdk.Stage(app, "Stage"), "Stack")

    assert (stack, stack, ACCOUNT, REGION, app) == (known.stack, known.top, known.account, known.region, known.root)
    assert (role_arns.THIS_ACCOUNT, None) == (unknown.account, unknown.region)
    assert (nested, stack) == (places.place_of(nested).stack, places.place_of(nested).top)
    assert app is known.stage
    assert places.place_of(staged).stage is staged.node.scope
    assert known is places.place_of(stack)
