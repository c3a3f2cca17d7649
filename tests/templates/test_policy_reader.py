"""Who may pass which roles, as the templates show it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from redshift_roles.aws import Json
from redshift_roles.aws.arns import THIS_ACCOUNT
from redshift_roles.rules.facts import PassRoleFacts
from redshift_roles.templates.policy_reader import PassRoleStatement, RedshiftUsage, pass_role_statements
from tests.conftest import ACCOUNT, OTHER_ACCOUNT
from tests.support.builders import StackText, arn, template, trusting

SIDE = RedshiftUsage(
    {(ACCOUNT, "role/Loader"): "Loader", (ACCOUNT, "role/team/Spectrum"): "Spectrum"}, frozenset({ACCOUNT})
)
TO_REDSHIFT = {"StringEquals": {"iam:PassedToService": "redshift.amazonaws.com"}}


def _statement(**more: Json) -> dict[str, Json]:
    """Allow iam:PassRole on a role for Redshift."""
    return {"Effect": "Allow", "Action": "iam:PassRole", "Resource": arn(), **more}


def _policy(*statements: Json) -> dict[str, Json]:
    return {"Type": "AWS::IAM::ManagedPolicy", "Properties": {"PolicyDocument": {"Statement": list(statements)}}}


def _read(
    tmp_path: Path, resource: Json, *, account: str | None = ACCOUNT, side: RedshiftUsage = SIDE
) -> list[PassRoleStatement]:
    """Write a stack with this resource, and read who passes roles."""
    found = template(tmp_path, StackText(resources={"Policy": resource}, account=account))
    return list(pass_role_statements(found, lambda _: side))


def _facts(tmp_path: Path, statement: Json, **more: Json) -> PassRoleFacts:
    (passing,) = _read(tmp_path, _policy(statement), **more)
    (facts,) = passing.facts
    return facts


def test_a_statement_is_read_with_its_place(tmp_path: Path) -> None:
    """The second one of two, which names a role for Redshift and another one."""
    other = _statement(Action="s3:GetObject")
    found = _read(tmp_path, _policy(other, _statement(Resource=[arn(), arn("Other")])))

    facts = PassRoleFacts("Statement[1]", None, "", ("Loader",), beside_redshift=True)
    assert [PassRoleStatement("Policy", "Properties/PolicyDocument/Statement/1", [facts])] == found


@pytest.mark.parametrize("kind", ["Policy", "ManagedPolicy", "RolePolicy", "UserPolicy", "GroupPolicy"])
def test_policies_of_every_kind_are_read(tmp_path: Path, kind: str) -> None:
    """Whoever they are attached to."""
    assert 1 == len(_read(tmp_path, {**_policy(_statement()), "Type": f"AWS::IAM::{kind}"}))


@pytest.mark.parametrize(
    "kind", ["IAM::Role", "IAM::User", "IAM::Group", "Serverless::Function", "Serverless::StateMachine"]
)
@pytest.mark.parametrize(
    ("policies", "location", "label"),
    [
        (
            ["Basic", {"PolicyDocument": {"Statement": _statement()}}],
            "/1/PolicyDocument/Statement/0",
            "[1].Statement[0]",
        ),
        ([{"Statement": [_statement()]}], "/0/Statement/0", "[0].Statement[0]"),
        ({"Statement": [_statement()]}, "/Statement/0", ".Statement[0]"),
    ],
)
def test_policies_within_are_read(tmp_path: Path, kind: str, policies: Json, location: str, label: str) -> None:
    """Documents of a list too, and one in the place of a list, which SAM takes; the place says which."""
    (found,) = _read(tmp_path, {"Type": f"AWS::{kind}", "Properties": {"Policies": policies}})

    assert f"Properties/Policies{location}" == found.location
    assert f"Policies{label}" == found.facts[0].label
    assert [] == _read(tmp_path, {"Type": f"AWS::{kind}", "Properties": {"Policies": "AdministratorAccess"}})


def test_what_a_permission_set_allows_is_read(tmp_path: Path) -> None:
    """Its policy is for people of other accounts; so roles of any cluster's account matter."""
    properties = {"InlinePolicy": {"Statement": [_statement(Resource=f"arn:aws:iam::{OTHER_ACCOUNT}:role/*")]}}
    side = RedshiftUsage({}, frozenset({OTHER_ACCOUNT}))
    (found,) = _read(tmp_path, {"Type": "AWS::SSO::PermissionSet", "Properties": properties}, side=side)

    assert ("Properties/InlinePolicy/Statement/0", "InlinePolicy.Statement[0]") == (
        found.location,
        found.facts[0].label,
    )
    assert found.facts[0].beside_redshift
    assert found.facts[0].every_role


@pytest.mark.parametrize("location", ["Policies", "PolicyDocument"])
def test_a_condition_may_decide_on_a_whole_policy(tmp_path: Path, location: str) -> None:
    """What is there where it holds is there."""
    document: Json = {"Statement": [_statement()]}
    policies: Json = [{"PolicyDocument": document if location == "Policies" else _if("X", NOTHING, document)}]
    listed = _if("X", policies, NOTHING) if location == "Policies" else policies
    (found,) = _read(tmp_path, {"Type": "AWS::IAM::Role", "Properties": {"Policies": listed}})

    assert "Properties/Policies/0/PolicyDocument/Statement/0" == found.location
    policy = {"Type": "AWS::IAM::Policy", "Properties": {"PolicyDocument": _if("X", document, NOTHING)}}
    assert 1 == len(_read(tmp_path, policy))


@pytest.mark.parametrize(
    ("role", "policy", "grants"),
    [
        ({"PermissionsBoundary": {"Ref": "Policy"}}, {}, False),
        ({}, {}, True),
        ({"PermissionsBoundary": {"Ref": "Other"}}, {}, True),
        ({"PermissionsBoundary": {"Ref": "Policy"}, "ManagedPolicyArns": [{"Ref": "Policy"}]}, {}, True),
        ({"PermissionsBoundary": {"Ref": "Policy"}}, {"Roles": ["Developer"]}, True),
        ({"PermissionsBoundary": {"Ref": "Policy"}}, {"Users": ["Developer"]}, True),
        ({"PermissionsBoundary": {"Ref": "Policy"}}, {"Groups": ["Developers"]}, True),
        ({"PermissionsBoundary": {"Ref": "Policy"}}, {"Roles": []}, False),
    ],
)
def test_a_boundary_grants_nothing(tmp_path: Path, role: Json, policy: dict[str, Json], grants: bool) -> None:
    """Unless it is attached to somebody too."""
    written = _policy(_statement())
    written["Properties"].update(policy)
    resources = {"Policy": written, "Role": {"Type": "AWS::IAM::Role", "Properties": role}}
    found = template(tmp_path, StackText(resources=resources))

    assert grants == bool([*pass_role_statements(found, lambda _: SIDE)])


@pytest.mark.parametrize("written", ["text", "Fn::Sub"])
def test_a_document_that_is_a_text_is_read(tmp_path: Path, written: str) -> None:
    """CloudFormation takes JSON in a text, and functions in it."""
    text = json.dumps({"Statement": [_statement()]})
    sub = {"Fn::Sub": text.replace(ACCOUNT, "${AWS::AccountId}")}
    document = text if written == "text" else sub
    (found,) = _read(tmp_path, {"Type": "AWS::IAM::Policy", "Properties": {"PolicyDocument": document}})

    assert ("Loader",) == found.facts[0].redshift_roles


@pytest.mark.parametrize("document", ["{", "[1]", "plain", None, [], {"Statement": "x"}, {"Statement": [1, None]}])
def test_what_is_no_document_passes_nothing(tmp_path: Path, document: Json) -> None:
    """It is no crash either."""
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
    """In any case, by a pattern of IAM's actions; an administrator's star is another matter."""
    assert passes == bool(_read(tmp_path, _policy(_statement(Action=action))))


@pytest.mark.parametrize(
    ("excluded", "passes"),
    [
        ("s3:*", True),
        (["s3:*", "iam:CreateUser"], True),
        ("iam:*", False),
        (["s3:*", "IAM:Pass*"], False),
        ("*", False),
    ],
)
def test_what_is_not_excluded_is_allowed(tmp_path: Path, excluded: Json, passes: bool) -> None:
    """Unlike an administrator's star, it was written with exceptions in mind."""
    statement = {"Effect": "Allow", "NotAction": excluded, "Resource": "*"}
    found = _read(tmp_path, _policy(statement))

    assert [True] * passes == [passing.facts[0].by_exclusion for passing in found]


@pytest.mark.parametrize(
    ("deny", "is_silenced"),
    [
        ({"Action": "iam:*", "Resource": "arn:aws:iam::111111111111:policy/boundary"}, False),
        ({"Action": "*", "Resource": ["arn:aws:s3:::bucket/*"]}, False),
        ({"Action": "iam:PassRole", "Resource": "arn:aws:iam::*:role/Admin"}, False),
        ({"Action": "iam:PassRole", "Resource": "arn:aws:iam::*:role/*"}, True),
        ({"Action": "iam:PassRole", "Resource": "arn:aws:iam::*:role/Admin", "Condition": {"Bool": {"x": "y"}}}, True),
        ({"Action": "iam:PassRole", "NotResource": "arn:aws:iam::*:role/Loader"}, True),
        ({"Action": "iam:PassRole", "Resource": {"Ref": "Anything"}}, True),
        ({"NotAction": "s3:*", "Resource": "*"}, True),
        ({"NotAction": "iam:*", "Resource": "*"}, False),
    ],
)
def test_only_what_may_deny_all_roles_takes_everything_back(
    tmp_path: Path, deny: dict[str, Json], is_silenced: bool
) -> None:
    """A boundary, or a bucket, that nobody may touch is no role."""
    assert is_silenced == (not _read(tmp_path, _policy(_statement(), {"Effect": "Deny", **deny})))


@pytest.mark.parametrize(
    ("condition", "services"),
    [
        (None, None),
        (TO_REDSHIFT, ("redshift.amazonaws.com",)),
        ({"StringEquals": {"iam:PassedToService": {"Ref": "AWS::Partition"}}}, ("aws",)),
        ({"StringLike": {"iam:PassedToService": "*"}}, None),
        ("x", ()),
        ({"Bool": {"aws:MultiFactorAuthPresent": "true"}, **TO_REDSHIFT}, ("redshift.amazonaws.com",)),
    ],
)
def test_a_condition_keeps_to_services(tmp_path: Path, condition: Json, services: tuple[str, ...] | None) -> None:
    """As far as it is known."""
    more = {} if condition is None else {"Condition": condition}

    assert services == _facts(tmp_path, _statement(**more)).services


def _if(name: str, first: Json, second: Json) -> Json:
    return {"Fn::If": [name, first, second]}


NOTHING = {"Ref": "AWS::NoValue"}


def _all_facts(tmp_path: Path, **more: Json) -> list[tuple[str, tuple[str, ...] | None]]:
    (passing,) = _read(tmp_path, _policy(_statement(**more)))
    return [(facts.every_role, facts.services) for facts in passing.facts]


def test_a_statement_is_read_in_two_forms(tmp_path: Path) -> None:
    """With the first branch of each condition in it, and with the last; what is no value there is left out."""
    to = "redshift.amazonaws.com"
    condition = {"StringEquals": {"iam:PassedToService": to}}
    nested = _if("X", "*", _if("Y", arn(), "arn:aws:iam::*:role/*"))

    assert [("*", None)] == _all_facts(tmp_path, Resource="*")
    assert [("*", None), ("arn:aws:iam::*:role/*", None)] == _all_facts(tmp_path, Resource=nested)
    assert [("*", None), ("", (to,))] == _all_facts(
        tmp_path, Resource=[_if("X", "*", NOTHING), arn()], Condition=_if("X", NOTHING, condition)
    )
    assert [("*", ("a",)), ("", ("b",))] == _all_facts(
        tmp_path,
        Resource=_if("X", "*", arn()),
        Condition={"StringEquals": {"iam:PassedToService": [_if("Y", "a", "b")]}},
    )


def test_a_statement_that_may_deny_allows_nothing_for_sure(tmp_path: Path) -> None:
    """Then the document is taken at its word."""
    assert [] == _read(tmp_path, _policy(_statement(Effect=_if("X", "Allow", "Deny"))))


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
        (f"arn:aws:iam::{OTHER_ACCOUNT}:role/*", ""),
        ({"Fn::Sub": "arn:${AWS::Partition}:iam::*"}, "arn:aws:iam::*"),
    ],
)
def test_a_resource_may_stand_for_every_role(tmp_path: Path, resource: Json, every_role: str) -> None:
    """A pattern that matches a name that nobody would give."""
    assert every_role == _facts(tmp_path, _statement(Resource=resource)).every_role


@pytest.mark.parametrize("key", ["aws:ResourceTag/team", "iam:ResourceTag/team", "iam:AssociatedResourceArn"])
@pytest.mark.parametrize("resource", ["*", "arn:aws:iam::*:role/*"])
def test_a_condition_may_pick_the_roles(tmp_path: Path, resource: str, key: str) -> None:
    """A condition on tags or on the associated resource makes a pattern for every role stand for no role."""
    scoped = _facts(tmp_path, _statement(Resource=resource, Condition={"StringEquals": {key: "data"}}))
    other = _facts(tmp_path, _statement(Resource=resource, Condition={"StringEquals": {"aws:x": "y"}}))

    assert ("", ()) == (scoped.every_role, scoped.redshift_roles)
    assert (resource, ()) == (other.every_role, other.redshift_roles)


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
        ("arn:aws:iam::111111111111:role/?oade?", ("Loader",)),
        ("arn:aws:iam::111111111111:role/Loader.", ()),
        (arn("Other"), ()),
        (arn(account=OTHER_ACCOUNT), ()),
        ("*", ()),
        ({"Ref": "Role"}, ()),
    ],
)
def test_roles_for_redshift_are_known(tmp_path: Path, resource: Json, named: tuple[str, ...]) -> None:
    """Each once, in order, by ARN or by pattern; a pattern for every role names none."""
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
    """Or where one of the accounts is not known."""
    side = SIDE._replace(accounts=frozenset(accounts))

    assert beside == _facts(tmp_path, _statement(), account=account, side=side).beside_redshift


def test_the_side_of_redshift_is_asked_for_only_where_roles_are_passed(tmp_path: Path) -> None:
    """Most templates have no such statement."""

    def never(_: object) -> RedshiftUsage:
        raise AssertionError

    found = template(
        tmp_path, StackText(resources={"Policy": _policy(_statement(Action="s3:*")), "Role": trusting("x")})
    )

    assert [] == list(pass_role_statements(found, never))
