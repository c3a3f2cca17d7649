"""What the tests of grants begin with."""

from __future__ import annotations

import aws_cdk as cdk
import pytest
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3

from redshift_roles import RedshiftGrants, RedshiftRole
from tests.conftest import OTHER_ACCOUNT
from tests.support.granted import KEY, stack_in


@pytest.fixture
def bucket(stack: cdk.Stack) -> s3.IBucket:
    """A bucket by its name, with a customer managed key."""
    key = kms.Key.from_key_arn(stack, "Key", KEY)
    return s3.Bucket.from_bucket_attributes(stack, "Bucket", bucket_arn="arn:aws:s3:::sales", encryption_key=key)


@pytest.fixture
def role(stack: cdk.Stack) -> RedshiftRole:
    """A `RedshiftRole` in the same stack."""
    return RedshiftRole(stack, "Role")


@pytest.fixture
def grants(role: RedshiftRole) -> RedshiftGrants:
    """The grants of that role."""
    return role.redshift_grants


@pytest.fixture
def theirs(app: cdk.App) -> cdk.Stack:
    """A stack of another account."""
    return stack_in(app, account=OTHER_ACCOUNT)
