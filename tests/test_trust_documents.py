"""
Trust policies as AWS documents them for Amazon Redshift.
"""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from redshift_roles.limits import PARTITIONS
from redshift_roles.permissions import Home
from redshift_roles.trust import distrust
from redshift_roles.trust_documents import DbUser, Trust

HOME = Home("aws", "us-west-2", "111111111111")
LOADER = DbUser("loader", cluster="warehouse")


def test_without_restrictions_redshift_alone_is_trusted() -> None:
    """
    The plain policy, with no condition.
    """
    assert {
        "Version": "2012-10-17",
        "Statement": [
            {"Action": "sts:AssumeRole", "Effect": "Allow", "Principal": {"Service": "redshift.amazonaws.com"}}
        ],
    } == Trust(HOME).document()


def test_a_user_is_an_external_id() -> None:
    """
    The page on database users writes it so.
    """
    assert "arn:aws:redshift:us-west-2:111111111111:dbuser:warehouse/loader" == LOADER.external_id(HOME)


def test_a_user_of_a_workgroup_has_the_account_in_its_external_id() -> None:
    """
    Serverless calls the cluster serverless-ACCOUNT-WORKGROUP.
    """
    user = DbUser("IAMR:Admin", workgroup="8d6a")

    assert "arn:aws:redshift:us-west-2:111111111111:dbuser:serverless-111111111111-8d6a/IAMR:Admin" == (
        user.external_id(HOME)
    )


def test_users_are_a_condition_on_all_principals() -> None:
    """
    Provisioned clusters and Serverless alike; a user who is named twice stands there once.
    """
    trusted = Trust(HOME, serverless=True, db_users=(LOADER, LOADER)).principals()
    conditions = {"StringEquals": {"sts:ExternalId": [LOADER.external_id(HOME)]}}

    assert [
        ("redshift.amazonaws.com", conditions),
        ("redshift-serverless.amazonaws.com", conditions),
    ] == [tuple(principal) for principal in trusted]


def test_clusters_are_a_source_arn_and_the_account() -> None:
    """
    The page on the confused deputy asks for both; Serverless, which sends no cluster, is left with the account.
    """
    trusted = Trust(HOME, serverless=True, source_clusters=("warehouse", "lake")).principals()

    assert [
        (
            "redshift.amazonaws.com",
            {
                "StringEquals": {"aws:SourceAccount": ["111111111111"]},
                "ArnLike": {
                    "aws:SourceArn": [
                        "arn:aws:redshift:us-west-2:111111111111:cluster:warehouse",
                        "arn:aws:redshift:us-west-2:111111111111:cluster:lake",
                    ]
                },
            },
        ),
        ("redshift-serverless.amazonaws.com", {"StringEquals": {"aws:SourceAccount": ["111111111111"]}}),
    ] == [tuple(principal) for principal in trusted]


def test_the_statement_has_its_conditions() -> None:
    """
    What is measured is what CDK writes.
    """
    assert {
        "Action": "sts:AssumeRole",
        "Effect": "Allow",
        "Principal": {"Service": "redshift.amazonaws.com"},
        "Condition": {"StringEquals": {"sts:ExternalId": [LOADER.external_id(HOME)]}},
    } == Trust(HOME, db_users=(LOADER,)).principals()[0].statement()


def test_each_region_has_its_own_users_and_clusters() -> None:
    """
    The principal of one region cannot be used with the users or clusters of another.
    """
    regions = ("eu-west-1", "us-east-1", "eu-west-1")
    trusted = Trust(HOME, regions, serverless=True, db_users=(LOADER,), source_clusters=("warehouse",)).principals()
    named = [
        (
            principal.service,
            [arn.split(":")[3] for arn in principal.conditions["StringEquals"]["sts:ExternalId"]],
            [arn.split(":")[3] for arn in principal.conditions.get("ArnLike", {}).get("aws:SourceArn", [])],
        )
        for principal in trusted
    ]

    assert [
        ("redshift.eu-west-1.amazonaws.com", ["eu-west-1"], ["eu-west-1"]),
        ("redshift.us-east-1.amazonaws.com", ["us-east-1"], ["us-east-1"]),
        ("redshift-serverless.amazonaws.com", ["eu-west-1", "us-east-1"], []),
    ] == named


@pytest.mark.parametrize("serverless", [False, True])
@pytest.mark.parametrize("regions", [(), ("us-west-2",)])
@pytest.mark.parametrize("db_users", [(), (LOADER,)])
@pytest.mark.parametrize("source_clusters", [(), ("warehouse",)])
def test_redshift_is_trusted_in_every_combination(
    serverless: bool, regions: tuple[str, ...], db_users: tuple[DbUser, ...], source_clusters: tuple[str, ...]
) -> None:
    """
    What restricts a role does not lock Redshift out, as far as the rule can tell.
    """
    trust = Trust(HOME, regions, serverless, db_users, source_clusters)

    assert distrust(trust.document(), "us-west-2") is None
    assert serverless == any("serverless" in principal.service for principal in trust.principals())


@given(
    user=st.from_regex(r"[\w+=,.@:/-]{1,127}", fullmatch=True),
    cluster=st.from_regex(r"[a-z][a-z0-9-]{0,62}", fullmatch=True),
    partition=st.sampled_from(PARTITIONS),
)
def test_external_ids_are_of_the_home(user: str, cluster: str, partition: str) -> None:
    """
    Partition, region and account are the role's; the rest stands as it was given.
    """
    written = DbUser(user, cluster=cluster).external_id(Home(partition, "xx-1", "333333333333"))

    assert ["arn", partition, "redshift", "xx-1", "333333333333", "dbuser", f"{cluster}/{user}"] == written.split(
        ":", 6
    )
