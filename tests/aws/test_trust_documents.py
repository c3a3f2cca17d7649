"""Trust policies as AWS documents them for Amazon Redshift."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from redshift_roles.aws import quotas
from redshift_roles.aws.permissions import Home
from redshift_roles.aws.policies import size
from redshift_roles.aws.quotas import PARTITIONS
from redshift_roles.aws.trust import DbUser, Trust, merged, trust_problem
from tests.support.iam import Assumption, assumed

HOME = Home("aws", "us-west-2", "111111111111")
LOADER = DbUser("loader", cluster="warehouse")
ROLE = "arn:aws:iam::111111111111:role/Loader"
REDSHIFT, SERVERLESS = "redshift.amazonaws.com", "redshift-serverless.amazonaws.com"
WEST, EAST = "redshift.us-west-2.amazonaws.com", "redshift.us-east-1.amazonaws.com"

# A service, and what it tells of whom it works for.
Caller = tuple[str, tuple[tuple[str, str], ...]]


def _user(name: str = "loader", cluster: str = "warehouse", region: str = "us-west-2") -> tuple[str, str]:
    return "sts:ExternalId", f"arn:aws:redshift:{region}:111111111111:dbuser:{cluster}/{name}"


def _cluster(
    name: str = "warehouse", region: str = "us-west-2", account: str = "111111111111"
) -> tuple[tuple[str, str], tuple[str, str]]:
    arn = f"arn:aws:redshift:{region}:{account}:cluster:{name}"
    return ("aws:SourceArn", arn), ("aws:SourceAccount", account)


def _by(service: str, *known: tuple[str, str]) -> Caller:
    return service, known


@pytest.mark.parametrize(
    ("trust", "let_in", "kept_out"),
    [
        (
            Trust(HOME),
            [_by(REDSHIFT), _by(REDSHIFT, _user())],
            [_by(SERVERLESS), _by(WEST), _by("ec2.amazonaws.com"), _by("scheduler.redshift.amazonaws.com")],
        ),
        (Trust(HOME, serverless=True), [_by(REDSHIFT), _by(SERVERLESS)], [_by(WEST), _by("ec2.amazonaws.com")]),
        (Trust(HOME, ("us-west-2", "us-east-1")), [_by(WEST), _by(EAST)], [_by(REDSHIFT), _by(SERVERLESS)]),
        (
            Trust(HOME, db_users=(LOADER, DbUser("IAMR:Admin", workgroup="8d6a"))),
            [_by(REDSHIFT, _user()), _by(REDSHIFT, _user("IAMR:Admin", "serverless-111111111111-8d6a"))],
            [
                _by(REDSHIFT),
                _by(REDSHIFT, _user("loader2")),
                _by(REDSHIFT, _user(cluster="warehouse-2")),
                _by(REDSHIFT, _user(region="us-east-1")),
                _by(REDSHIFT, _user("IAMR:Admin")),
                _by(SERVERLESS, _user()),
            ],
        ),
        (
            Trust(HOME, serverless=True, source_clusters=("warehouse", "lake")),
            [
                _by(REDSHIFT, *_cluster()),
                _by(REDSHIFT, *_cluster("lake")),
                _by(SERVERLESS, ("aws:SourceAccount", HOME.account)),
            ],
            [
                _by(REDSHIFT),
                _by(REDSHIFT, _cluster()[0]),
                _by(REDSHIFT, ("aws:SourceAccount", HOME.account)),
                _by(REDSHIFT, *_cluster("warehouse-2")),
                _by(REDSHIFT, *_cluster(region="us-east-1")),
                _by(REDSHIFT, *_cluster(account="222222222222")),
                _by(SERVERLESS),
                _by(SERVERLESS, ("aws:SourceAccount", "222222222222")),
            ],
        ),
        (
            Trust(HOME, ("us-west-2", "us-east-1"), db_users=(LOADER,), source_clusters=("warehouse",)),
            [
                _by(WEST, _user(), *_cluster()),
                _by(EAST, _user(region="us-east-1"), *_cluster(region="us-east-1")),
            ],
            [
                _by(WEST, _user()),
                _by(WEST, *_cluster()),
                _by(WEST, _user(region="us-east-1"), *_cluster()),
                _by(WEST, _user(), *_cluster(region="us-east-1")),
                _by(EAST, _user(), *_cluster()),
                _by(REDSHIFT, _user(), *_cluster()),
            ],
        ),
    ],
    ids=["plain", "serverless", "regions", "users", "clusters", "all"],
)
def test_fails_when_somebody_else_comes_in(
    trust: Trust,
    let_in: list[Caller],
    kept_out: list[Caller],
) -> None:
    """An evaluator that is not ours lets in whom AWS's page names, and nobody beside: no other service, user or
    cluster.
    """
    asked = [Assumption(service, ROLE, trust.document(), (), known) for service, known in (*let_in, *kept_out)]

    assert [*(True for _ in let_in), *(False for _ in kept_out)] == assumed(asked)


def test_without_restrictions_redshift_alone_is_trusted() -> None:
    """The plain policy, with no condition."""
    assert {
        "Version": "2012-10-17",
        "Statement": [
            {"Action": "sts:AssumeRole", "Effect": "Allow", "Principal": {"Service": "redshift.amazonaws.com"}}
        ],
    } == Trust(HOME).document()


def test_a_user_is_an_external_id() -> None:
    """The page on database users writes it so."""
    assert "arn:aws:redshift:us-west-2:111111111111:dbuser:warehouse/loader" == LOADER.external_id(HOME)


def test_a_user_of_a_workgroup_has_the_account_in_its_external_id() -> None:
    """Serverless calls the cluster serverless-ACCOUNT-WORKGROUP."""
    user = DbUser("IAMR:Admin", workgroup="8d6a")

    assert "arn:aws:redshift:us-west-2:111111111111:dbuser:serverless-111111111111-8d6a/IAMR:Admin" == (
        user.external_id(HOME)
    )


def test_users_are_a_condition_on_all_principals() -> None:
    """Provisioned clusters and Serverless alike; a user who is named twice stands there once."""
    trusted = Trust(HOME, serverless=True, db_users=(LOADER, LOADER)).principals()
    conditions = {"StringEquals": {"sts:ExternalId": [LOADER.external_id(HOME)]}}

    assert [
        ("redshift.amazonaws.com", conditions),
        ("redshift-serverless.amazonaws.com", conditions),
    ] == [tuple(principal) for principal in trusted]


def test_clusters_are_a_source_arn_and_the_account() -> None:
    """The page on the confused deputy asks for both; Serverless, which sends no cluster, is left with the account.

    A cluster that is named twice stands there once.
    """
    trusted = Trust(HOME, serverless=True, source_clusters=("warehouse", "lake", "warehouse")).principals()

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
    """What is measured is what CDK writes."""
    assert {
        "Action": "sts:AssumeRole",
        "Effect": "Allow",
        "Principal": {"Service": "redshift.amazonaws.com"},
        "Condition": {"StringEquals": {"sts:ExternalId": [LOADER.external_id(HOME)]}},
    } == Trust(HOME, db_users=(LOADER,)).principals()[0].statement()


def test_each_region_has_its_own_users_and_clusters() -> None:
    """The principal of one region cannot be used with the users or clusters of another."""
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
    """What restricts a role does not lock Redshift out, as far as the rule can tell."""
    trust = Trust(HOME, regions, serverless, db_users, source_clusters)

    assert trust_problem(trust.document(), "us-west-2") is None
    assert serverless == any("serverless" in principal.service for principal in trust.principals())


@given(
    user=st.from_regex(r"[\w+=,.@:/-]{1,127}", fullmatch=True),
    cluster=st.from_regex(r"[a-z][a-z0-9-]{0,62}", fullmatch=True),
    partition=st.sampled_from(PARTITIONS),
)
def test_external_ids_are_of_the_home(user: str, cluster: str, partition: str) -> None:
    """Partition, region and account are the role's; the rest stands as it was given."""
    written = DbUser(user, cluster=cluster).external_id(Home(partition, "xx-1", "333333333333"))

    assert ["arn", partition, "redshift", "xx-1", "333333333333", "dbuser", f"{cluster}/{user}"] == written.split(
        ":", 6
    )


def test_each_user_takes_the_room_of_an_external_id() -> None:
    """The first user brings the condition, each other one its id, two quotes and a comma."""
    users = [DbUser(f"user{number:04}", cluster="warehouse") for number in range(3)]
    one, two, three = (size(Trust(HOME, db_users=users[: count + 1]).document(), str) for count in range(3))
    added = len(f',"{users[0].external_id(HOME)}"')
    plain = (
        '{"Version":"2012-10-17","Statement":[{"Action":"sts:AssumeRole","Effect":"Allow",'
        '"Principal":{"Service":"redshift.amazonaws.com"}'
    )
    conditions = ',"Condition":{"StringEquals":{"sts:ExternalId":[]}}'

    assert len(plain + "}]}") == size(Trust(HOME).document(), str)
    assert len(plain + conditions + "}]}") + added - 1 == one
    assert (added, added) == (two - one, three - two)


@pytest.mark.parametrize(("quota", "most"), [(quotas.TRUST_POLICY_SIZE, 27), (quotas.LARGEST_TRUST_POLICY_SIZE, 117)])
def test_a_trust_policy_holds_so_many_users(quota: int, most: int) -> None:
    """With names of eight letters and a cluster of nine; one more is more than IAM takes."""
    lengths = [
        size(Trust(HOME, db_users=[DbUser(f"user{n:04}", cluster="warehouse") for n in range(count)]).document(), str)
        for count in (most, most + 1)
    ]

    assert lengths[0] <= quota < lengths[1]


def _let_in(principal: object, **more: object) -> dict[str, object]:
    return {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": principal, **more}


@pytest.mark.parametrize(
    ("statements", "expected"),
    [
        ([], []),
        ([_let_in({"AWS": "a"}), _let_in({"AWS": "b"})], [_let_in({"AWS": ["a", "b"]})]),
        ([_let_in({"AWS": ["a", "b"]}), _let_in({"AWS": "b"})], [_let_in({"AWS": ["a", "b"]})]),
        ([_let_in({"AWS": "a"}), _let_in({"Service": "s"})], [_let_in({"AWS": "a", "Service": "s"})]),
        ([_let_in({"AWS": "a"}), _let_in({"AWS": "a"})], [_let_in({"AWS": "a"})]),
        ([_let_in({"AWS": "a"}), _let_in("*")], [_let_in("*")]),
        (
            [_let_in({"AWS": "a"}), _let_in({"AWS": "b"}, Condition={}), _let_in({"AWS": "c"})],
            [_let_in({"AWS": ["a", "c"]}), _let_in({"AWS": "b"}, Condition={})],
        ),
    ],
)
def test_statements_that_differ_in_their_principals_are_one(
    statements: list[dict[str, object]], expected: list[dict[str, object]]
) -> None:
    """The least that CDK may write where it minimizes policies."""
    assert expected == merged(statements)
