"""Role ARNs as far as they are known."""

from __future__ import annotations

import pytest

from redshift_roles.aws import quotas as limits
from redshift_roles.aws.arns import (
    THIS_ACCOUNT,
    THIS_PARTITION,
    THIS_REGION,
    RoleArn,
    differ,
    filled,
    has_hole,
    hole,
    holes,
    literal_start,
    parse,
    readable,
    split,
)
from tests.support.builders import arn
from tests.conftest import ACCOUNT, OTHER_ACCOUNT

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
        f"Loader-{hole('Suffix')}",
        f"xarn:{hole('Partition')}",
        f" {hole('Arn')}",
        f"{hole('Data#AWS::StackName')}-Loader-{hole('Data#Loader')}",
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
        (f"arn:aws:iam::111111111111:user/{hole('User')}", "is the ARN of a user, not of a role"),
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
        (f"arn:aws:iam:{hole('AWS::Region')}:111111111111:role/Loader", "has a region; IAM ARNs have none"),
        ("arn:amazon:iam::111111111111:role/Loader", "is in 'amazon', which is no AWS partition"),
        ("arn::iam::111111111111:role/Loader", "is in '', which is no AWS partition"),
        ("arn:aws:iam::11111111111:role/Loader", f"has '11111111111' {TWELVE_DIGITS}"),
        ("arn:aws:iam::1111111111111:role/Loader", f"has '1111111111111' {TWELVE_DIGITS}"),
        ("arn:aws:iam::1111-1111-1111:role/Loader", f"has '1111-1111-1111' {TWELVE_DIGITS}"),
        ("arn:aws:iam:::role/Loader", f"has '' {TWELVE_DIGITS}"),
        ("arn:aws:iam::aws:role/Loader", f"has 'aws' {TWELVE_DIGITS}"),
        ("arn:aws:iam::111111111111:role/*", "has a wildcard; name one role"),
        ("arn:aws:iam::111111111111:role/Load?r", "has a wildcard; name one role"),
        ("arn:aws:iam::111111111111:role/team/*/Loader", "has a wildcard; name one role"),
        (f"arn:aws:iam::111111111111:role/{hole('Name')}*", "has a wildcard; name one role"),
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
    """The problem is told in words that continue "the role is this text, which …"."""
    assert problem == parse(text).problem


def test_the_account_of_twelve_digits_is_ascii() -> None:
    """Digits of other scripts are no account number."""
    assert parse(arn(account="\u0661" * 12)).problem is not None


@pytest.mark.parametrize("partition", limits.PARTITIONS)
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
        (hole("Arn"), RoleArn(None, None, None, None)),
        (f"ar{hole('Rest')}", RoleArn(None, None, None, None)),
        (f"arn:{hole('Rest')}", RoleArn(None, None, None, None)),
        (f"arn:aws:iam::{hole('Rest')}", RoleArn(None, None, None, None)),
        (arn(partition=THIS_PARTITION), RoleArn(None, ACCOUNT, "role/Loader", None)),
        (arn(account=THIS_ACCOUNT), RoleArn("aws", THIS_ACCOUNT, "role/Loader", None)),
        (arn(account=hole("Parameter")), RoleArn("aws", None, "role/Loader", None)),
        (arn(account=f"1{hole('AWS::AccountId')}"), RoleArn("aws", None, "role/Loader", None)),
        (arn(hole("a:b/c")), RoleArn("aws", ACCOUNT, f"role/{hole('a:b/c')}", None)),
        (arn(account=hole("a:b")), RoleArn("aws", None, "role/Loader", None)),
        (f"arn:aws:{hole('s')}::111111111111:role/L", RoleArn("aws", ACCOUNT, "role/L", None)),
        (f"arn:aws:iam::111111111111:{hole('r')}", RoleArn("aws", ACCOUNT, hole("r"), None)),
        (f"arn:aws:iam::111111111111:{hole('r')}/L", RoleArn("aws", ACCOUNT, f"{hole('r')}/L", None)),
    ],
)
def test_parts_that_are_not_known_are_not_judged(text: str, expected: RoleArn) -> None:
    """Only the deployment knows a hole; the parts around it are known all the same."""
    assert expected == parse(text)


def test_a_text_without_holes_is_known() -> None:
    """A hole is seen wherever it stands."""
    assert [False, True, True] == [has_hole(text) for text in ("", hole(""), f"arn:{hole('x')}:y")]


def test_the_place_of_a_stack_is_what_cloudformation_calls_it() -> None:
    """The account, partition and region of the deployment are CloudFormation's pseudo parameters."""
    names = ["AWS::AccountId", "AWS::Partition", "AWS::Region"]

    assert names == holes(THIS_ACCOUNT + THIS_PARTITION + THIS_REGION)


def test_holes_are_named_in_order_and_filled_one_by_one() -> None:
    """Each hole gets its own value; what stands between them stays."""
    text = f"a{hole('First')}b{hole('Second')}{hole('First')}c"

    assert holes(text) == ["First", "Second", "First"]
    assert filled(text, str.upper) == "aFIRSTbSECONDFIRSTc"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", [""]),
        ("a,b,,c", ["a", "b", "", "c"]),
        (f"a{hole('b,c')}", [f"a{hole('b,c')}"]),
        (f"{hole('a')},b{hole('c,d')}{hole('e')},{hole('f,')}", [hole("a"), f"b{hole('c,d')}{hole('e')}", hole("f,")]),
    ],
)
def test_a_text_is_split_around_its_holes(text: str, expected: list[str]) -> None:
    """The separator may be part of a hole's name, which stays whole."""
    assert expected == split(text, ",")


@pytest.mark.parametrize(("text", "start"), [("", ""), ("arn:aws", "arn:aws"), (f"a{hole('b')}c{hole('d')}", "a")])
def test_the_start_of_a_text_is_known_up_to_its_first_hole(text: str, start: str) -> None:
    """A text without holes is known to its end."""
    assert start == literal_start(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("arn:aws", "arn:aws"),
        (f"x{hole('AWS::AccountId')}y", "x${AWS::AccountId}y"),
        (hole("Data.template.json#Loader.Arn"), "${Loader.Arn}"),
    ],
)
def test_people_read_the_name_of_a_hole_without_its_file(text: str, expected: str) -> None:
    """A hole is written as CloudFormation's Sub would write it."""
    assert expected == readable(text)


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
