"""The arguments that restrict who may assume a role."""

from __future__ import annotations

from typing import Any

import pytest

from redshift_roles.aws.trust_documents import DbUser
from redshift_roles.rules import trust_arguments

UNKNOWN = "is known only to the deployment, allowed is a literal"
COUNTED = "is a list that only the deployment knows, allowed is a list whose entries are counted at synth"
TOKEN = "${Token[Ref.7]}"  # noqa: S105  a reference, not a secret


def _messages(**given: Any) -> list[str]:
    complete = {"trust_policy_quota": 2048, **given}
    return [message for message, _ in trust_arguments.check(complete, serverless=True)]


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"db_users": []}, "'db_users' is empty, allowed is at least one entry"),
        ({"db_users": "loader"}, "'db_users' is 'loader', allowed is a list"),
        ({"db_users": DbUser("a", "b")}, "'db_users' is a DbUser, allowed is a list"),
        ({"db_users": 7}, "'db_users' is 7, allowed is a list"),
        ({"db_users": {"a": 1}}, "'db_users' is a dict, allowed is a list"),
        ({"db_users": ["loader"]}, "'db_users[0]' is 'loader', allowed is a DbUser"),
        ({"db_users": [DbUser("a")]}, "'db_users[0]' has neither 'cluster' nor 'workgroup'"),
        ({"db_users": [DbUser("a", "b", "wg-1")]}, "'db_users[0]' has both 'cluster' and 'workgroup'"),
        (
            {"db_users": [DbUser("a b", "b")]},
            "'db_users[0].user' is 'a b', allowed is 1 to 127 letters, digits and _+=,.@:/-",
        ),
        (
            {"db_users": [DbUser(None, "b")]},  # type: ignore[arg-type]
            "'db_users[0].user' is None, allowed is 1 to 127 letters, digits and _+=,.@:/-",
        ),
        (
            {"db_users": [DbUser("", "b")]},
            "'db_users[0].user' is empty, allowed is 1 to 127 letters, digits and _+=,.@:/-",
        ),
        (
            {"db_users": [DbUser("a", workgroup="X")]},
            "'db_users[0].workgroup' is 'X', allowed is the id of a workgroup",
        ),
        (
            {"db_users": [DbUser("a", TOKEN)]},
            f"'db_users[0].cluster' {UNKNOWN}",
        ),
        (
            {"db_users": [DbUser(TOKEN, "b")]},
            f"'db_users[0].user' {UNKNOWN}",
        ),
        ({"db_users": ["#{Token[TOKEN.7]}"]}, f"'db_users' {COUNTED}"),
        ({"source_clusters": ["#{Token[TOKEN.7]}"]}, f"'source_clusters' {COUNTED}"),
        ({"source_clusters": TOKEN}, "'source_clusters' is known only to the deployment, allowed is a list"),
        (
            {"trust_policy_quota": -1.8881545897087626e289},
            (
                "'trust_policy_quota' is a number that only the deployment knows, "
                "allowed is a whole number from 2048 to 8192"
            ),
        ),
        ({"source_clusters": ()}, "'source_clusters' is empty, allowed is at least one entry"),
        ({"source_clusters": "warehouse"}, "'source_clusters' is 'warehouse', allowed is a list"),
        ({"source_clusters": [TOKEN]}, f"'source_clusters[0]' {UNKNOWN}"),
        ({"trust_policy_quota": 2047}, "'trust_policy_quota' is 2047, allowed is a whole number from 2048 to 8192"),
        ({"trust_policy_quota": 8193}, "'trust_policy_quota' is 8193, allowed is a whole number from 2048 to 8192"),
        ({"trust_policy_quota": None}, "'trust_policy_quota' is None, allowed is a whole number from 2048 to 8192"),
    ],
)
def test_fails_when_an_argument_is_wrong(given: dict[str, Any], message: str) -> None:
    """The message has the argument's name, the value and what is allowed."""
    assert [message] == _messages(**given)


def test_fails_when_a_cluster_is_no_identifier() -> None:
    """As everywhere else: lower case, a letter first."""
    wanted = "1 to 63 lower-case letters, digits and single hyphens, a letter first"

    assert [f"'source_clusters[1]' is 'Upper', allowed is {wanted}"] == _messages(source_clusters=["ok", "Upper"])
    assert [f"'db_users[0].cluster' is '1', allowed is {wanted}"] == _messages(db_users=[DbUser("a", "1")])


@pytest.mark.parametrize(
    ("given", "fix"),
    [
        ({"db_users": "loader"}, "pass db_users=[…]"),
        ({"source_clusters": 7}, "pass source_clusters=[…]"),
        ({"db_users": []}, "name them, or leave db_users out to trust all"),
        ({"db_users": ["loader"]}, "pass DbUser(cluster='warehouse', user='loader')"),
        ({"db_users": [DbUser("a")]}, "pass DbUser(cluster='warehouse', user='loader'), or workgroup=…"),
        ({"db_users": [DbUser("a b", "b")]}, "write it like db_users[0].user='loader'"),
        (
            {"db_users": [DbUser("a", workgroup="X")]},
            "write it like db_users[0].workgroup='8d6a9f0e-0000-0000-0000-000000000000'",
        ),
        (
            {"source_clusters": [TOKEN]},
            "give the cluster a cluster_identifier and write it here; a reference would be circular",
        ),
        ({"trust_policy_quota": 1}, "pass a whole number from 2048 to 8192"),
    ],
)
def test_the_fix_can_be_copied(given: dict[str, Any], fix: str) -> None:
    """It says what to write in place of what is wrong."""
    complete = {"trust_policy_quota": 2048, **given}

    assert [fix] == [advice for _, advice in trust_arguments.check(complete, serverless=True)]


@pytest.mark.parametrize("user", ["", "a" * 128, "a b", "a*", "ä", "a\n"])
def test_fails_when_a_user_cannot_be_an_external_id(user: str) -> None:
    """STS allows letters, digits and some marks, and no wildcard; Redshift allows 127 of them."""
    assert 1 == len(_messages(db_users=[DbUser(user, "warehouse")]))


@pytest.mark.parametrize("workgroup", ["", "ab", "a" * 65, "A-1", "a_b", "a*"])
def test_fails_when_a_workgroup_is_no_id(workgroup: str) -> None:
    """Three to 64 lower-case letters, digits and hyphens."""
    assert 1 == len(_messages(db_users=[DbUser("loader", workgroup=workgroup)]))


def test_fails_when_a_user_of_a_workgroup_has_a_role_that_serverless_may_not_assume() -> None:
    """Serverless assumes a role by both of its principals; a user of a cluster needs the one of clusters alone."""
    users = [DbUser("loader", "warehouse"), DbUser("loader", workgroup="wg-1")]
    given = {"trust_policy_quota": 2048, "db_users": users}

    assert [
        (
            "'db_users[1]' is a user of a workgroup, and Redshift Serverless may not assume the role",
            "pass serverless=True",
        )
    ] == list(trust_arguments.check(given, serverless=False))
    assert [] == list(trust_arguments.check(given, serverless=True))


def test_everything_wrong_is_told_at_once() -> None:
    """Users, clusters and the quota."""
    wrong = _messages(db_users=["x", DbUser("a b")], source_clusters=["X"], trust_policy_quota=0)

    assert 5 == len(wrong)


@pytest.mark.parametrize(
    "given",
    [
        {},
        {"db_users": None, "source_clusters": None},
        {"db_users": [DbUser("loader", "warehouse"), DbUser("IAMR:Admin", workgroup="8d6a-1")]},
        {"db_users": (DbUser("a" * 127, "w"),)},
        {"db_users": [DbUser("+=,.@:/-_9", "w"), DbUser("a", workgroup="abc"), DbUser("a", workgroup="a" * 64)]},
        {"source_clusters": ["warehouse"], "trust_policy_quota": 8192},
    ],
)
def test_good_arguments_pass(given: dict[str, Any]) -> None:
    """Boundaries included."""
    assert [] == _messages(**given)
