"""
Buckets, tables, secrets and streams as plain facts.
"""

from __future__ import annotations

from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3

from redshift_roles.places import place_of
from redshift_roles.resources import resource
from redshift_roles.role_arns import THIS_ACCOUNT
from tests.conftest import ACCOUNT, OTHER_ACCOUNT, REGION


def test_a_resource_is_read_once(stack: cdk.Stack) -> None:
    """
    Each crossing costs, and nothing changes.
    """
    bucket = s3.Bucket(stack, "Landing")

    assert resource(bucket, "bucket_arn") is resource(bucket, "bucket_arn")


@pytest.mark.parametrize(
    ("make", "account"),
    [
        (lambda stack: s3.Bucket(stack, "B"), ACCOUNT),
        (lambda stack: s3.Bucket.from_bucket_name(stack, "B", "sales"), ACCOUNT),
        (
            lambda stack: s3.Bucket.from_bucket_attributes(stack, "B", bucket_name="sales", account=OTHER_ACCOUNT),
            OTHER_ACCOUNT,
        ),
    ],
)  # fmt: skip
def test_a_bucket_is_of_the_account_cdk_says(stack: cdk.Stack, make: Any, account: str) -> None:
    """
    Its ARN has none.
    """
    assert account == resource(make(stack), "bucket_arn").account


def test_an_arn_says_whose_it_is(stack: cdk.Stack) -> None:
    """
    CDK takes an imported table for one of the stack's account, whatever its ARN says.
    """
    table = dynamodb.Table.from_table_arn(stack, "T", f"arn:aws:dynamodb:{REGION}:{OTHER_ACCOUNT}:table/t")

    assert OTHER_ACCOUNT == resource(table, "table_arn").account


def test_in_a_stack_without_an_account_it_is_of_this_account(agnostic: cdk.Stack) -> None:
    """
    Whatever that will be.
    """
    assert THIS_ACCOUNT == resource(s3.Bucket(agnostic, "B"), "bucket_arn").account


def test_a_foreign_key_makes_a_resource_foreign(stack: cdk.Stack) -> None:
    """
    The owner of the key must agree too.
    """
    key = kms.Key.from_key_arn(stack, "Key", f"arn:aws:kms:{REGION}:{OTHER_ACCOUNT}:key/1")
    found = resource(s3.Bucket(stack, "B", encryption_key=key), "bucket_arn")

    assert (ACCOUNT, OTHER_ACCOUNT, True) == (found.account, found.key_account, found.is_foreign(place_of(stack)))
    assert not resource(s3.Bucket(stack, "Plain"), "bucket_arn").is_foreign(place_of(stack))
