"""Role ARNs as far as they are known."""

from __future__ import annotations

import pytest

from redshift_roles.aws import quotas
from redshift_roles.aws.arns import THIS_ACCOUNT, THIS_PARTITION, RoleArn, differ, is_of_namespace, parse
from redshift_roles.aws.placeholders import placeholder
from tests.conftest import ACCOUNT, OTHER_ACCOUNT
from tests.support.builders import arn

ROLE_NAME = "which is no role name (1 to 64 letters, digits and +=,.@_-)"
TWELVE_DIGITS = "where the account number of twelve digits belongs"


@pytest.mark.parametrize("text", ["", " ", "\n\t"])
def test_fails_when_a_text_is_empty(text: str) -> None:
    """Nothing is no ARN."""
    assert RoleArn(None, None, None, "is empty") == parse(text)


@pytest.mark.parametrize(
    "text",
    [
        "Loader",
        "role/Loader",
        "arn",
        "arn:aws:iam::111111111111",
        "arn:aws:iam::111111111111:",
        f"x{arn()}",
        f"Loader-{placeholder('Suffix')}",
        f"xarn:{placeholder('Partition')}",
        f" {placeholder('Arn')}",
        f"{placeholder('Data#AWS::StackName')}-Loader-{placeholder('Data#Loader')}",
        "${Loader.Arn}",
    ],
)
def test_fails_when_a_text_cannot_become_an_arn(text: str) -> None:
    """A name stays a name, whatever the deployment puts behind it."""
    assert RoleArn(None, None, None, "is not an ARN") == parse(text)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("arn:aws:iam::111111111111:user/Ann", "is the ARN of a user, not of a role"),
        ("arn:aws:iam::111111111111:group/People", "is the ARN of a group, not of a role"),
        ("arn:aws:iam::111111111111:policy/Loader", "is the ARN of a policy, not of a role"),
        (f"arn:aws:iam::111111111111:user/{placeholder('User')}", "is the ARN of a user, not of a role"),
        ("arn:aws:iam::111111111111:root", "is the ARN of a root, not of a role"),
        ("arn:aws:iam::111111111111:Role/Loader", "is the ARN of a Role, not of a role"),
        ("arn:aws:iam::111111111111:role:Loader", "is not the ARN of a role"),
        ("arn:aws:iam::111111111111:instance-profile/Loader", "is not the ARN of a role"),
        ("arn:aws:sts::111111111111:assumed-role/Loader/session", "is a session of an assumed role, not a role"),
        ("arn:aws:sts::111111111111:role/Loader", "is of the service 'sts', not of IAM"),
        ("arn:aws:iam::111111111111:assumed-role/Loader/session", "is not the ARN of a role"),
        ("arn:aws:s3:::bucket", "is of the service 's3', not of IAM"),
        ("arn:aws::us-east-1:111111111111:role/Loader", "is of the service '', not of IAM"),
        ("arn:aws:iam:us-east-1:111111111111:role/Loader", "has a region; IAM ARNs have none"),
        (f"arn:aws:iam:{placeholder('AWS::Region')}:111111111111:role/Loader", "has a region; IAM ARNs have none"),
        ("arn:amazon:iam::111111111111:role/Loader", "is in 'amazon', which is no AWS partition"),
        ("arn::iam::111111111111:role/Loader", "is in '', which is no AWS partition"),
        ("arn:aws:iam::11111111111:role/Loader", f"has '11111111111' {TWELVE_DIGITS}"),
        ("arn:aws:iam::1111111111111:role/Loader", f"has '1111111111111' {TWELVE_DIGITS}"),
        ("arn:aws:iam::1111-1111-1111:role/Loader", f"has '1111-1111-1111' {TWELVE_DIGITS}"),
        ("arn:aws:iam:::role/Loader", f"has '' {TWELVE_DIGITS}"),
        ("arn:aws:iam::aws:role/Loader", f"has 'aws' {TWELVE_DIGITS}"),
        ("arn:aws:iam::111111111111:role/A,arn:aws:iam::111111111111:role/B", "holds several ARNs; name one role"),
        ("arn:aws:iam::111111111111:role/A, arn:aws:iam::111111111111:role/*", "holds several ARNs; name one role"),
        ("arn:aws:iam::111111111111:role/*", "has a wildcard; name one role"),
        ("arn:aws:iam::111111111111:role/Load?r", "has a wildcard; name one role"),
        ("arn:aws:iam::111111111111:role/team/*/Loader", "has a wildcard; name one role"),
        (f"arn:aws:iam::111111111111:role/{placeholder('Name')}*", "has a wildcard; name one role"),
        ("arn:aws:iam::111111111111:role/", f"ends in '', {ROLE_NAME}"),
        ("arn:aws:iam::111111111111:role/team/", f"ends in '', {ROLE_NAME}"),
        ("arn:aws:iam::111111111111:role", f"ends in '', {ROLE_NAME}"),
        ("arn:aws:iam::111111111111:role/Lo ader", f"ends in 'Lo ader', {ROLE_NAME}"),
        ("arn:aws:iam::111111111111:role/Ladér", f"ends in 'Ladér', {ROLE_NAME}"),
        ("arn:aws:iam::111111111111:role/Loader\n", f"ends in 'Loader\n', {ROLE_NAME}"),
        (arn("n" * 65), f"ends in '{'n' * 65}', {ROLE_NAME}"),
        (arn(path=f"/{'p' * 511}/"), "has a path of more than 512 characters"),
    ],
)
def test_fails_when_an_arn_is_not_that_of_a_role(text: str, problem: str) -> None:
    """The problem continues "the role is this text, which …"."""
    assert problem == parse(text).problem


def test_the_account_of_twelve_digits_is_ascii() -> None:
    """Digits of other scripts are no account number."""
    assert parse(arn(account="\u0661" * 12)).problem is not None


@pytest.mark.parametrize("partition", quotas.PARTITIONS)
def test_an_arn_is_taken_apart(partition: str) -> None:
    """Partition, account and resource, in each partition of AWS."""
    expected = RoleArn(partition, ACCOUNT, "role/team/data/Loader", None)

    assert expected == parse(arn(path="/team/data/", partition=partition))


@pytest.mark.parametrize("name", ["n", "n" * 64, "Az09_+=,.@-"])
@pytest.mark.parametrize("path", ["/", "/team/", f"/{'p' * 510}/", "/a:b/"])
def test_names_and_paths_are_allowed_to_their_last_character(name: str, path: str) -> None:
    """Sixty-four characters of a name and 512 of a path."""
    assert parse(arn(name, path=path)).problem is None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (placeholder("Arn"), RoleArn(None, None, None, None)),
        (f"ar{placeholder('Rest')}", RoleArn(None, None, None, None)),
        (f"arn:{placeholder('Rest')}", RoleArn(None, None, None, None)),
        (f"arn:aws:iam::{placeholder('Rest')}", RoleArn(None, None, None, None)),
        (arn(partition=THIS_PARTITION), RoleArn(None, ACCOUNT, "role/Loader", None)),
        (arn(account=THIS_ACCOUNT), RoleArn("aws", THIS_ACCOUNT, "role/Loader", None)),
        (arn(account=placeholder("Parameter")), RoleArn("aws", None, "role/Loader", None)),
        (arn(account=f"1{placeholder('AWS::AccountId')}"), RoleArn("aws", None, "role/Loader", None)),
        (arn(placeholder("a:b/c")), RoleArn("aws", ACCOUNT, f"role/{placeholder('a:b/c')}", None)),
        (arn(account=placeholder("a:b")), RoleArn("aws", None, "role/Loader", None)),
        (f"arn:aws:{placeholder('s')}::111111111111:role/L", RoleArn("aws", ACCOUNT, "role/L", None)),
        (f"arn:aws:iam::111111111111:{placeholder('r')}", RoleArn("aws", ACCOUNT, placeholder("r"), None)),
        (f"arn:aws:iam::111111111111:{placeholder('r')}/L", RoleArn("aws", ACCOUNT, f"{placeholder('r')}/L", None)),
    ],
)
def test_parts_that_are_not_known_are_not_checked(text: str, expected: RoleArn) -> None:
    """The parts around a placeholder are known all the same."""
    assert expected == parse(text)


@pytest.mark.parametrize(
    ("account", "other", "different"),
    [
        (ACCOUNT, OTHER_ACCOUNT, True),
        (ACCOUNT, ACCOUNT, False),
        (ACCOUNT, THIS_ACCOUNT, False),
        (THIS_ACCOUNT, OTHER_ACCOUNT, False),
        (THIS_ACCOUNT, THIS_ACCOUNT, False),
        (None, ACCOUNT, False),
        (ACCOUNT, None, False),
    ],
)
def test_accounts_differ_when_both_are_known_and_not_the_same(
    account: str | None,
    other: str | None,
    different: bool,
) -> None:
    """An account that only the deployment knows may be any."""
    assert different is differ(account, other)


NAMESPACE_ID = "8d6a9f0e-0000-0000-0000-000000000000"
SOME = placeholder("Some")


@pytest.mark.parametrize(
    ("partition", "region", "account", "end", "is_one"),
    [
        ("aws", "eu-west-1", "111111111111", NAMESPACE_ID, True),
        (SOME, SOME, SOME, SOME, True),
        ("aws", f"eu-{SOME}-1", "111111111111", f"8d6a9f0e-{SOME}", True),
        (SOME, "eu-west-1", SOME, "sales", False),
        (SOME, "eu-west-1", SOME, "*", False),
        (SOME, "*", "111111111111", NAMESPACE_ID, False),
        ("aws", "eu-west-1", "*", SOME, False),
        ("aws", "eu-west-1", SOME, f"{SOME}*", False),
        ("aws", "eu-west-1", SOME, f"?{SOME}", False),
        ("aws", "eu-west-1", "1111", SOME, False),
    ],
)
def test_the_arn_of_a_namespace_is_checked_as_far_as_it_is_known(
    partition: str, region: str, account: str, end: str, is_one: bool
) -> None:
    """It ends in an id (list_redshift-serverless); IAM takes * and ? for many."""
    assert is_one == is_of_namespace(f"arn:{partition}:redshift-serverless:{region}:{account}:namespace/{end}")


@pytest.mark.parametrize(
    ("text", "may_be_one"), [(SOME, True), (f"{SOME}/{SOME}", True), (f"{SOME}/*", False), ("", False)]
)
def test_a_text_that_begins_with_what_is_not_known_may_be_the_arn_of_a_namespace(text: str, may_be_one: bool) -> None:
    """Only a wildcard shows that it is not one."""
    assert may_be_one == is_of_namespace(text)
