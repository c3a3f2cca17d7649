"""The arguments that restrict who may assume a role."""

from __future__ import annotations

from typing import Any

import pytest

from redshift_roles.aws.trust import DbUser
from redshift_roles.rules import trust_arguments
from tests.support.problems import messages_and_fixes

UNKNOWN = "is known only to the deployment, allowed is a literal"
COUNTED = "is a list that only the deployment knows, allowed is a list whose entries are counted at synth"
TOKEN = "${Token[Ref.7]}"  # noqa: S105  a reference, not a secret


def _messages(**given: Any) -> list[str]:
    complete = {"trust_policy_quota": 2048, **given}
    return [message for _, message, _ in trust_arguments.check(complete, serverless=True)]


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"db_users": []}, "'db_users' must have at least one entry, got an empty list"),
        ({"db_users": "loader"}, "'db_users' must be a list, got 'loader'"),
        ({"db_users": DbUser("a", "b")}, "'db_users' must be a list, got a DbUser"),
        ({"db_users": 7}, "'db_users' must be a list, got 7"),
        ({"db_users": {"a": 1}}, "'db_users' must be a list, got a dict"),
        ({"db_users": ["loader"]}, "'db_users[0]' must be a DbUser, got 'loader'"),
        ({"db_users": [DbUser("a")]}, "'db_users[0]' has neither 'cluster' nor 'workgroup'"),
        ({"db_users": [DbUser("a", "b", "wg-1")]}, "'db_users[0]' has both 'cluster' and 'workgroup'"),
        (
            {"db_users": [DbUser("a b", "b")]},
            "'db_users[0].user' must be 1 to 127 letters, digits and _+=,.@:/-, got 'a b'",
        ),
        (
            {"db_users": [DbUser(None, "b")]},  # type: ignore[arg-type]
            "'db_users[0].user' must be 1 to 127 letters, digits and _+=,.@:/-, got None",
        ),
        (
            {"db_users": [DbUser("", "b")]},
            "'db_users[0].user' must be 1 to 127 letters, digits and _+=,.@:/-, got ''",
        ),
        (
            {"db_users": [DbUser("a", workgroup="X")]},
            "'db_users[0].workgroup' must be the id of a workgroup, got 'X'",
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
        ({"source_clusters": TOKEN}, "'source_clusters' must be a list, got a value that only the deployment knows"),
        (
            {"trust_policy_quota": -1.8881545897087626e289},
            (
                "'trust_policy_quota' is a number that only the deployment knows, "
                "allowed is a whole number from 2048 to 8192"
            ),
        ),
        ({"source_clusters": ()}, "'source_clusters' must have at least one entry, got an empty list"),
        ({"source_clusters": "warehouse"}, "'source_clusters' must be a list, got 'warehouse'"),
        ({"source_clusters": [TOKEN]}, f"'source_clusters[0]' {UNKNOWN}"),
        ({"trust_policy_quota": 2047}, "'trust_policy_quota' must be a whole number from 2048 to 8192, got 2047"),
        ({"trust_policy_quota": 8193}, "'trust_policy_quota' must be a whole number from 2048 to 8192, got 8193"),
        ({"trust_policy_quota": None}, "'trust_policy_quota' must be a whole number from 2048 to 8192, got None"),
    ],
)
def test_fails_when_an_argument_is_wrong(given: dict[str, Any], message: str) -> None:
    """The message has the argument's name, the value and what is allowed."""
    assert [message] == _messages(**given)


def test_fails_when_a_cluster_is_no_identifier() -> None:
    """As everywhere else: lower case, a letter first."""
    wanted = "1 to 63 lower-case letters, digits and single hyphens, a letter first"

    assert [f"'source_clusters[1]' must be {wanted}, got 'Upper'"] == _messages(source_clusters=["ok", "Upper"])
    assert [f"'db_users[0].cluster' must be {wanted}, got '1'"] == _messages(db_users=[DbUser("a", "1")])


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

    assert [fix] == [advice for _, _, advice in trust_arguments.check(complete, serverless=True)]


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
    ] == messages_and_fixes(trust_arguments.check(given, serverless=False))
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
