"""What a grant method returns."""

from __future__ import annotations

from collections.abc import Callable
from unittest.mock import Mock

import aws_cdk as cdk
import pytest
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3 as s3

from redshift_roles import RedshiftGrant, RedshiftRole
from tests.conftest import OTHER_ACCOUNT
from tests.support.templates import template_of


def _waiting(stack: cdk.Stack) -> list[str]:
    depends_on: list[str] = template_of(stack)["Resources"]["Waiting"]["DependsOn"]
    return depends_on


@pytest.mark.parametrize(
    "grant",
    [
        lambda role, bucket: role.redshift_grants.copy_from(bucket),
        lambda role, _: role.redshift_grants.pass_role(iam.User(role, "User")),
    ],
)
def test_a_construct_can_wait_for_the_policy(
    stack: cdk.Stack, grant: Callable[[RedshiftRole, s3.IBucket], RedshiftGrant]
) -> None:
    """The policy of the role, or of the user who may pass it."""
    granted = grant(RedshiftRole(stack, "Role"), s3.Bucket(stack, "Landing"))
    granted.assert_success()
    granted.apply_before(cdk.CfnResource(stack, "Waiting", type="AWS::SNS::Topic"))
    (policy,) = granted.policies

    assert granted.success
    assert () == granted.resource_statements
    assert [stack.resolve(policy.ref)["Ref"]] == _waiting(stack)


def test_a_construct_waits_for_the_policies_of_later_grants_too(stack: cdk.Stack) -> None:
    """A later grant may move a permission into another policy."""
    bucket, grants = s3.Bucket.from_bucket_name(stack, "Lake", "lake"), RedshiftRole(stack, "Role").redshift_grants
    granted = grants.copy_from(bucket, prefix="zzz/")
    granted.apply_before(cdk.CfnResource(stack, "Waiting", type="AWS::SNS::Topic"))
    for number in range(60):
        grants.copy_from(bucket, prefix=f"prefix-{number:03}/")

    assert len(granted.policies) > 1
    assert sorted(stack.resolve(policy.ref)["Ref"] for policy in granted.policies) == _waiting(stack)


def test_a_role_that_others_write_has_no_policy_to_wait_for(stack: cdk.Stack) -> None:
    """CDK reports what it needs."""
    iam.Role.customize_roles(stack, use_precreated_roles={"Data/Role": "theirs"})
    granted = RedshiftRole(stack, "Role").redshift_grants.copy_from_emr("j-1")
    granted.apply_before(cdk.CfnResource(stack, "Waiting", type="AWS::SNS::Topic"))

    assert granted.success
    assert () == granted.policies
    assert "DependsOn" not in template_of(stack)["Resources"]["Waiting"]


def test_a_grant_is_not_made_in_cdk(stack: cdk.Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    """The statements of the owner become CDK's when they are read."""
    made = Mock(wraps=iam.PolicyStatement.from_json)
    monkeypatch.setattr(iam.PolicyStatement, "from_json", made)
    theirs = s3.Bucket.from_bucket_attributes(stack, "Theirs", bucket_name="theirs", account=OTHER_ACCOUNT)
    granted = RedshiftRole(stack, "Role").redshift_grants.copy_from(theirs, owner_allows=True)

    assert not made.called
    assert len(granted.resource_statements) == made.call_count == 3
