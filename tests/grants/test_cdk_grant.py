"""What was granted, as CDK describes it."""

from __future__ import annotations

import aws_cdk as cdk
import jsii
import pytest
from aws_cdk import aws_iam as iam

from redshift_roles import RedshiftRole
from redshift_roles.grants.cdk_grant import LateGrant


def test_a_grant_is_made_when_it_is_looked_at() -> None:
    """Once, and never when nobody looks."""
    made: list[iam.Grant] = []

    def make() -> iam.Grant:
        made.append(iam.Grant.drop(iam.AnyPrincipal(), "test"))
        return made[-1]

    grant = LateGrant.of(make)
    before = len(made)
    looked = grant.success, grant.success

    assert (0, (False, False), 1) == (before, looked, len(made))
    assert isinstance(grant, iam.Grant)


def test_a_grant_costs_no_crossing_until_then(stack: cdk.Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    """The kernel is not asked for a grant that is thrown away."""
    asked: list[str] = []
    original = jsii.sinvoke

    def spy(klass: type, method: str, args: list[object] | None = None) -> object:
        asked.append(method)
        return original(klass, method, args)

    monkeypatch.setattr(jsii, "sinvoke", spy)
    grant = RedshiftRole(stack, "Role").redshift_grants.copy_from_emr("j-1")
    before = [method for method in asked if "add" in method.lower()]
    assert grant.success

    assert [] == before
    assert "addToPrincipal" in asked
