"""Writing grants, or refusing those that could not work."""

from __future__ import annotations

import aws_cdk as cdk
import pytest
from aws_cdk import aws_iam as iam

from redshift_roles import RedshiftRole, RoleAssociationError
from redshift_roles.aws import quotas
from redshift_roles.aws.permissions import Home, Permission
from redshift_roles.aws.policies import documents, size
from redshift_roles.grants.writer import GrantWriter
from redshift_roles.rules.registry import Problem
from tests.conftest import ACCOUNT, OTHER_ACCOUNT, REGION
from tests.support.builders import arn

_READ = Permission("ReadObjects", ("s3:GetObject",), "arn:aws:s3:::a/*")


def test_fails_when_arguments_are_wrong(stack: cdk.Stack) -> None:
    """At the role's path, with the page of AWS that says so."""
    writer = GrantWriter(RedshiftRole(stack, "Role"))
    with pytest.raises(RoleAssociationError) as caught:
        writer.raise_if(quotas.S3_KEYS, [Problem("", "one", "fix it"), Problem("", "two", "fix that")])

    assert [("Data/Role", "one", "fix it"), ("Data/Role", "two", "fix that")] == [
        (finding.path, finding.message, finding.fix) for finding in caught.value.findings
    ]
    assert {quotas.S3_KEYS.url} == {finding.source for finding in caught.value.findings}
    assert [] == writer.policies


def test_fails_when_the_role_is_of_another_account_even_for_what_is_allowed(stack: cdk.Stack) -> None:
    """The fix is a chain; nothing is written."""
    writer = GrantWriter(iam.Role.from_role_arn(stack, "Theirs", arn(account=OTHER_ACCOUNT)))
    with pytest.raises(RoleAssociationError) as caught:
        writer.allow(quotas.S3_KEYS, [_READ])
    (finding,) = caught.value.findings

    assert "RoleAccountMismatch" == finding.rule
    assert (
        f"write them in a stack of {OTHER_ACCOUNT}, and let a role of {ACCOUNT} assume it: RoleChain(first, role)"
    ) == finding.fix
    assert [] == writer.policies


def test_names_are_of_the_place_of_the_role(stack: cdk.Stack) -> None:
    """Partition, region and account come from the role's stack."""
    home = GrantWriter(RedshiftRole(stack, "Role")).home

    assert Home(stack.partition, REGION, ACCOUNT) == home


def test_fails_when_one_statement_is_too_large_for_a_policy(stack: cdk.Stack) -> None:
    """It cannot be divided, and IAM would refuse it; nothing is written, and one character less is."""
    writer = GrantWriter(RedshiftRole(stack, "Role"))
    most = quotas.MANAGED_POLICY_SIZE

    def allowed(length: int) -> Permission:
        condition = ("StringLike", "s3:prefix", ("a" * 3000, "b" * (length - 3000)))
        return Permission("ListObjects", ("s3:ListBucket",), "arn:aws:s3:::a", condition)

    frame = size(documents([allowed(4000)])[0], str) - 4000
    with pytest.raises(RoleAssociationError) as caught:
        writer.allow(quotas.S3_KEYS, [_READ, allowed(most - frame + 1)])
    (finding,) = caught.value.findings

    assert "PolicyTooLarge" == finding.rule
    assert "the statement for s3:ListBucket must have at most 6,144 characters, got 6,145" == finding.message
    assert [] == writer.policies
    writer.allow(quotas.S3_KEYS, [_READ, allowed(most - frame)])
    assert 2 == len(writer.policies)
