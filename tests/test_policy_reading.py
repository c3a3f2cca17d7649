"""
Who may pass which roles, as the templates show it.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from redshift_roles.assembly import Json
from redshift_roles.facts import PassRoleFacts
from redshift_roles.policy_reading import Passing, RedshiftSide, passings
from redshift_roles.role_arns import THIS_ACCOUNT
from tests.builders import StackText, arn, template, trusting
from tests.conftest import ACCOUNT, OTHER_ACCOUNT

SIDE = RedshiftSide(
    {(ACCOUNT, "role/Loader"): "Loader", (ACCOUNT, "role/team/Spectrum"): "Spectrum"}, frozenset({ACCOUNT})
)
TO_REDSHIFT = {"StringEquals": {"iam:PassedToService": "redshift.amazonaws.com"}}


def _statement(**more: Json) -> dict[str, Json]:
    """
    Allow iam:PassRole on a role for Redshift.
    """
    return {"Effect": "Allow", "Action": "iam:PassRole", "Resource": arn(), **more}


def _policy(*statements: Json) -> dict[str, Json]:
    return {"Type": "AWS::IAM::ManagedPolicy", "Properties": {"PolicyDocument": {"Statement": list(statements)}}}


def _read(tmp_path: Path, resource: Json, *, account: str | None = ACCOUNT, side: RedshiftSide = SIDE) -> list[Passing]:
    """
    Write a stack with this resource, and read who passes roles.
    """
    found = template(tmp_path, StackText(resources={"Policy": resource}, account=account))
    return list(passings(found, lambda _: side, lambda _, logical_id: f"Data/{logical_id}"))


def _facts(tmp_path: Path, statement: Json, **more: Json) -> PassRoleFacts:
    (passing,) = _read(tmp_path, _policy(statement), **more)
    return passing.facts


def test_a_statement_is_read_with_its_place(tmp_path: Path) -> None:
    """
    The second one of two, which names a role for Redshift and another one.
    """
    other = _statement(Action="s3:GetObject")
    found = _read(tmp_path, _policy(other, _statement(Resource=[arn(), arn("Other")])))

    facts = PassRoleFacts("Data/Policy", "Statement[1]", None, "", ("Loader",), beside_redshift=True)
    assert [Passing("Policy", "Properties/PolicyDocument/Statement/1", facts)] == found


@pytest.mark.parametrize("kind", ["Policy", "ManagedPolicy", "RolePolicy", "UserPolicy", "GroupPolicy"])
def test_policies_of_every_kind_are_read(tmp_path: Path, kind: str) -> None:
    """
    Whoever they are attached to.
    """
    assert 1 == len(_read(tmp_path, {**_policy(_statement()), "Type": f"AWS::IAM::{kind}"}))


@pytest.mark.parametrize(
    "kind", ["IAM::Role", "IAM::User", "IAM::Group", "Serverless::Function", "Serverless::StateMachine"]
)
def test_policies_within_are_read(tmp_path: Path, kind: str) -> None:
    """
    The place says which policy of the list.
    """
    policies = ["AWSLambdaBasicExecutionRole", {"PolicyDocument": {"Statement": _statement()}}]
    (found,) = _read(tmp_path, {"Type": f"AWS::{kind}", "Properties": {"Policies": policies}})

    assert "Properties/Policies/1/PolicyDocument/Statement/0" == found.location
    assert "Policies[1].Statement[0]" == found.facts.label


def test_a_document_in_a_list_of_policies_is_read(tmp_path: Path) -> None:
    """
    SAM takes it.
    """
    resource = {"Type": "AWS::Serverless::Function", "Properties": {"Policies": [{"Statement": [_statement()]}]}}
    (found,) = _read(tmp_path, resource)

    assert "Properties/Policies/0/Statement/0" == found.location
    assert "Policies[0].Statement[0]" == found.facts.label


@pytest.mark.parametrize("branch", [1, 2])
def test_the_branches_of_a_condition_are_read(tmp_path: Path, branch: int) -> None:
    """
    A statement, or a policy, that is there under a condition is there.
    """
    nothing = {"Ref": "AWS::NoValue"}
    statement = {"Fn::If": ["C", _statement(), nothing] if branch == 1 else ["C", nothing, _statement()]}
    policy = {"Fn::If": ["C", nothing, {"PolicyDocument": {"Statement": statement}}]}

    assert 1 == len(_read(tmp_path, _policy(statement)))
    assert [] == _read(tmp_path, _policy({"Fn::If": ["C", _statement()]}))
    assert 1 == len(_read(tmp_path, {"Type": "AWS::IAM::User", "Properties": {"Policies": [policy]}}))


@pytest.mark.parametrize("written", ["text", "Fn::Sub"])
def test_a_document_that_is_a_text_is_read(tmp_path: Path, written: str) -> None:
    """
    CloudFormation takes JSON in a text, and functions in it.
    """
    text = json.dumps({"Statement": [_statement()]})
    sub = {"Fn::Sub": text.replace(ACCOUNT, "${AWS::AccountId}")}
    document = text if written == "text" else sub
    (found,) = _read(tmp_path, {"Type": "AWS::IAM::Policy", "Properties": {"PolicyDocument": document}})

    assert ("Loader",) == found.facts.redshift_roles


@pytest.mark.parametrize("document", ["{", "[1]", "plain", None, [], {"Statement": "x"}, {"Statement": [1, None]}])
def test_what_is_no_document_passes_nothing(tmp_path: Path, document: Json) -> None:
    """
    It is no crash either.
    """
    assert [] == _read(tmp_path, {"Type": "AWS::IAM::Policy", "Properties": {"PolicyDocument": document}})


@pytest.mark.parametrize(
    ("action", "passes"),
    [
        ("iam:PassRole", True),
        ("IAM:passrole", True),
        ("iam:Pass*", True),
        ("iam:*", True),
        ("iam:PassRol?", True),
        (["s3:*", "iam:PassRole"], True),
        ("iam:GetRole", False),
        ("iam:PassRoles", False),
        ("iam:pass", False),
        ("*", False),
        ("iam*", False),
        ([], False),
        ({"Ref": "Action"}, False),
    ],
)
def test_an_action_passes_roles_by_its_name(tmp_path: Path, action: Json, passes: bool) -> None:
    """
    In any case, by a pattern of IAM's actions; an administrator's star is another matter.
    """
    assert passes == bool(_read(tmp_path, _policy(_statement(Action=action))))


@pytest.mark.parametrize("denied", ["iam:PassRole", "iam:*", "*"])
def test_what_a_document_denies_in_part_is_taken_at_its_word(tmp_path: Path, denied: str) -> None:
    """
    Another action that is denied changes nothing.
    """
    deny = {"Effect": "Deny", "Action": denied, "Resource": "*"}

    assert [] == _read(tmp_path, _policy(_statement(), deny))
    assert 1 == len(_read(tmp_path, _policy(_statement(), {**deny, "Action": "iam:DeleteRole"})))


@pytest.mark.parametrize(
    ("condition", "services"),
    [
        (None, None),
        (TO_REDSHIFT, ("redshift.amazonaws.com",)),
        (
            {"StringLike": {"IAM:PassedToService": ["redshift*", "glue.amazonaws.com"]}},
            ("redshift*", "glue.amazonaws.com"),
        ),
        ({"StringEqualsIfExists": {"iam:PassedToService": "a"}}, ("a",)),
        ({"StringEqualsIgnoreCase": {"iam:PassedToService": "a"}}, ("a",)),
        ({"ForAnyValue:StringLike": {"iam:PassedToService": "a"}}, ("a",)),
        ({"ForAllValues:StringEquals": {"iam:PassedToService": "a"}}, ("a",)),
        ({"StringNotEquals": {"iam:PassedToService": "a"}}, None),
        ({"StringNotLike": {"iam:PassedToService": "a"}}, None),
        ({"Null": {"iam:PassedToService": "true"}}, None),
        ({"StringLike": {"iam:PassedToService": "*"}}, None),
        ({"StringEquals": {"aws:RequestedRegion": "eu-west-1"}}, None),
        ({"StringEquals": "x"}, ()),
        ("x", ()),
        ({"Bool": {"aws:MultiFactorAuthPresent": "true"}, **TO_REDSHIFT}, ("redshift.amazonaws.com",)),
    ],
)
def test_a_condition_keeps_to_services(tmp_path: Path, condition: Json, services: tuple[str, ...] | None) -> None:
    """
    By an operator that names them; one that excludes some, or allows any, keeps to none.
    """
    more = {} if condition is None else {"Condition": condition}

    assert services == _facts(tmp_path, _statement(**more)).services


@pytest.mark.parametrize(
    ("resource", "every_role"),
    [
        ("*", "*"),
        ("arn:aws:iam::111111111111:role/*", "arn:aws:iam::111111111111:role/*"),
        ({"Fn::Sub": "arn:${AWS::Partition}:iam::${AWS::AccountId}:role/*"}, "arn:aws:iam::111111111111:role/*"),
        ("arn:aws:iam::*:role/*", "arn:aws:iam::*:role/*"),
        ("arn:aws:iam::111111111111:*", "arn:aws:iam::111111111111:*"),
        ("arn:aws:iam::*", "arn:aws:iam::*"),
        ("arn:aws:*:*:*:*", "arn:aws:*:*:*:*"),
        ([arn(), "*"], "*"),
        ("arn:aws:iam::111111111111:role/team/*", ""),
        ("arn:aws:iam::111111111111:role/redshift*", ""),
        ("arn:aws:iam::111111111111:user/*", ""),
        ("arn:aws:s3:::*", ""),
        (arn(), ""),
        ({"Ref": "Role"}, ""),
    ],
)
def test_a_resource_may_stand_for_every_role(tmp_path: Path, resource: Json, every_role: str) -> None:
    """
    A pattern that matches a name that nobody would give.
    """
    assert every_role == _facts(tmp_path, _statement(Resource=resource)).every_role


def test_what_is_not_excluded_is_every_role(tmp_path: Path) -> None:
    """
    All but one is as good as all.
    """
    statement = _statement(NotResource=arn("Admin"))
    del statement["Resource"]

    assert "*" == _facts(tmp_path, statement).every_role


@pytest.mark.parametrize("key", ["aws:ResourceTag/team", "iam:ResourceTag/team", "iam:AssociatedResourceArn"])
def test_a_condition_may_pick_the_roles(tmp_path: Path, key: str) -> None:
    """
    By their tags, or by what they will serve.
    """
    statement = _statement(Resource="*", Condition={"StringEquals": {key: "data"}})

    assert "" == _facts(tmp_path, statement).every_role
    assert "*" == _facts(tmp_path, _statement(Resource="*", Condition={"StringEquals": {"aws:x": "y"}})).every_role


@pytest.mark.parametrize(
    ("resource", "named"),
    [
        (arn(), ("Loader",)),
        ([arn(path="/team/", name="Spectrum"), arn(), arn()], ("Spectrum", "Loader")),
        ("arn:aws:iam::111111111111:role/L*", ("Loader",)),
        ("arn:aws:iam::111111111111:role/*m", ("Spectrum",)),
        ("arn:aws:iam::*:role/Loader*", ("Loader",)),
        ("arn:aws:iam::222222222222:role/L*", ()),
        ("arn:aws:iam::111111111111:role/l*", ()),
        ("arn:aws:iam::111111111111:role/Loader.", ()),
        (arn("Other"), ()),
        (arn(account=OTHER_ACCOUNT), ()),
        ("*", ()),
        ({"Ref": "Role"}, ()),
    ],
)
def test_roles_for_redshift_are_known(tmp_path: Path, resource: Json, named: tuple[str, ...]) -> None:
    """
    Each once, in order, by ARN or by pattern; a pattern for every role names none.
    """
    assert named == _facts(tmp_path, _statement(Resource=resource)).redshift_roles


@pytest.mark.parametrize(
    ("account", "accounts", "beside"),
    [
        (ACCOUNT, {ACCOUNT}, True),
        (ACCOUNT, {OTHER_ACCOUNT, ACCOUNT}, True),
        (ACCOUNT, {OTHER_ACCOUNT}, False),
        (ACCOUNT, set(), False),
        (None, {ACCOUNT}, True),
        (ACCOUNT, {THIS_ACCOUNT}, True),
    ],
)
def test_a_policy_is_beside_redshift_in_its_account(
    tmp_path: Path, account: str | None, accounts: set[str], beside: bool
) -> None:
    """
    Or where one of the accounts is not known.
    """
    side = SIDE._replace(accounts=frozenset(accounts))

    assert beside == _facts(tmp_path, _statement(), account=account, side=side).beside_redshift


def test_the_side_of_redshift_is_asked_for_only_where_roles_are_passed(tmp_path: Path) -> None:
    """
    Most templates have no such statement.
    """

    def never(_: object) -> RedshiftSide:
        raise AssertionError

    found = template(
        tmp_path, StackText(resources={"Policy": _policy(_statement(Action="s3:*")), "Role": trusting("x")})
    )

    assert [] == list(passings(found, never, lambda _, logical_id: logical_id))
