"""Whether a trust policy lets Redshift assume the role."""

from __future__ import annotations

from typing import Any

import pytest

from redshift_roles.aws.arns import THIS_REGION
from redshift_roles.aws.placeholders import placeholder
from redshift_roles.aws.trust import PROVISIONED, SERVERLESS, trust_problem, trusted_services
from tests.conftest import REGION

REDSHIFT = {"Service": "redshift.amazonaws.com"}
EC2 = {"Service": "ec2.amazonaws.com"}
DENIED = "denies Redshift to assume it"


def _statement(principal: object, effect: str = "Allow", action: object = "sts:AssumeRole", **more: object) -> Any:
    """Write a statement of a trust policy."""
    return {"Effect": effect, "Principal": principal, "Action": action, **more}


def _distrust(*statements: object, region: str | None = REGION) -> str | None:
    """Judge a trust policy of these statements."""
    return trust_problem({"Version": "2012-10-17", "Statement": list(statements)}, region)


@pytest.mark.parametrize(
    ("principal", "trusted"),
    [
        (EC2, "ec2.amazonaws.com"),
        ({"Service": ["glue.amazonaws.com", "ec2.amazonaws.com"]}, "ec2.amazonaws.com, glue.amazonaws.com"),
        ({"Service": "redshift-serverless.amazonaws.com"}, "redshift-serverless.amazonaws.com"),
        ({"Service": "redshift.us-east-1.amazonaws.com"}, "redshift.us-east-1.amazonaws.com"),
        ({"Service": "redshift.us-east-1.amazonaws.com.cn"}, "redshift.us-east-1.amazonaws.com.cn"),
        ({"Service": "redshift.amazonaws.com.de"}, "redshift.amazonaws.com.de"),
        ({"Service": "xredshift.amazonaws.com"}, "xredshift.amazonaws.com"),
        ({"Service": "redshift.amazonaws-com"}, "redshift.amazonaws-com"),
        ({"Service": "redshift.eu-west-1xamazonaws.com"}, "redshift.eu-west-1xamazonaws.com"),
        ({"AWS": "arn:aws:iam::111111111111:root"}, "arn:aws:iam::111111111111:root"),
        ({"AWS": f"arn:aws:iam::{placeholder('AWS::AccountId')}:root"}, "arn:aws:iam::${AWS::AccountId}:root"),
        ({"Service": []}, "nobody"),
        ({}, "nobody"),
    ],
)
def test_fails_when_only_others_are_trusted(principal: object, trusted: str) -> None:
    """The message names everybody who may assume the role, in order."""
    assert f"trusts {trusted}; Redshift in eu-west-1 cannot assume it" == _distrust(_statement(principal))


def test_fails_when_only_others_are_trusted_in_whatever_region() -> None:
    """Where the cluster's region is not known, the message names none."""
    assert _distrust(_statement(EC2), region=None) == "trusts ec2.amazonaws.com; Redshift cannot assume it"


@pytest.mark.parametrize(
    "statements",
    [
        [],
        [_statement(REDSHIFT, action="sts:TagSession")],
        [_statement(REDSHIFT, action=["sts:TagSession", "sts:AssumeRoleWithSAML"])],
        [_statement(REDSHIFT, action=[])],
        [{"Effect": "Allow", "NotPrincipal": REDSHIFT, "Action": "sts:TagSession"}],
    ],
    ids=["no statement", "tags only", "list", "no action", "everybody else"],
)
def test_fails_when_nobody_may_assume_the_role(statements: list[object]) -> None:
    """Statements about other actions are not about assuming."""
    assert _distrust(*statements) == "trusts nobody; Redshift in eu-west-1 cannot assume it"


@pytest.mark.parametrize("action", ["sts:AssumeRole", "sts:*", "*", ["sts:TagSession", "STS:assumerole"]])
@pytest.mark.parametrize(
    "principal", ["*", ["*"], {"AWS": "*"}, REDSHIFT, {"Service": "redshift.eu-west-1.amazonaws.com"}]
)
def test_fails_when_redshift_is_denied(principal: object, action: object) -> None:
    """A denial wins over whatever allows, in either order."""
    denial, grant = _statement(principal, "Deny", action), _statement(REDSHIFT)

    assert [DENIED, DENIED] == [_distrust(denial, grant), _distrust(grant, denial)]


@pytest.mark.parametrize(
    "denial",
    [
        _statement("*", "Deny", Condition={"Bool": {"aws:SecureTransport": "false"}}),
        _statement(EC2, "Deny"),
        _statement(REDSHIFT, "Deny", "sts:TagSession"),
        _statement({"Service": "redshift.us-east-1.amazonaws.com"}, "Deny"),
        {"Effect": "Deny", "NotPrincipal": REDSHIFT, "Action": "sts:AssumeRole"},
        {"Effect": "Deny", "Principal": "*", "NotAction": "sts:AssumeRole"},
        _statement({"AWS": placeholder("Somebody")}, "Deny"),
        _statement([{"Fn::If": ["Strict", "*", "arn:aws:iam::111111111111:root"]}], "Deny"),
        _statement(REDSHIFT, "Deny", placeholder("Action")),
        _statement(REDSHIFT, "Deny", [{"Ref": "Action"}]),
    ],
    ids=[
        "condition",
        "others",
        "other action",
        "other region",
        "not principal",
        "not action",
        "unknown principal",
        "unresolved principal",
        "unknown action",
        "unresolved action",
    ],
)
def test_a_denial_that_may_not_be_of_redshift_does_not_fail(denial: object) -> None:
    """Only a denial that is certain is a failure: of Redshift, of assuming, unconditional."""
    assert _distrust(denial, _statement(REDSHIFT)) is None


@pytest.mark.parametrize("action", ["sts:AssumeRole", "STS:ASSUMEROLE", "sts:*", "*"])
@pytest.mark.parametrize(
    "principal",
    [
        "*",
        {"AWS": "*"},
        REDSHIFT,
        {"Service": "redshift.amazonaws.com.cn"},
        {"Service": "redshift.eu-west-1.amazonaws.com"},
        {"Service": "redshift.eu-west-1.amazonaws.com.cn"},
        {"AWS": "arn:aws:iam::111111111111:root", "Service": ["ec2.amazonaws.com", "redshift.amazonaws.com"]},
        {"Service": f"redshift.{placeholder('AWS::URLSuffix')}"},
        {"Service": f"redshift.{THIS_REGION}.amazonaws.com"},
        {"Service": f"redshift.eu-{placeholder('Direction')}-1.amazonaws.com"},
        {"Service": placeholder("Service")},
        {"Service": [{"Fn::If": ["Serverless", "a", "b"]}]},
    ],
)
def test_redshift_may_assume_what_trusts_it(principal: object, action: str) -> None:
    """By its global or regional name, by a wildcard, and by what may become one of those."""
    assert _distrust(_statement(EC2), _statement(principal, action=action)) is None


@pytest.mark.parametrize("action", ["sts:AssumeRole*", "sts:Assume*", "sts:Assume?ole"])
def test_an_action_with_a_wildcard_is_what_it_matches(action: str) -> None:
    """IAM reads an action as a pattern, in what is allowed and in what is denied."""
    assert _distrust(_statement(REDSHIFT, action=action)) is None
    assert _distrust(_statement(REDSHIFT), _statement(REDSHIFT, "Deny", action)) == DENIED


def test_a_denial_of_one_region_may_not_be_that_of_the_cluster() -> None:
    """Where the cluster's region is not known, a regional denial is not certain."""
    denial = _statement({"Service": "redshift.us-east-1.amazonaws.com"}, "Deny")

    assert _distrust(denial, _statement(REDSHIFT), region=None) is None


@pytest.mark.parametrize(
    "action", [placeholder("Action"), [placeholder("Action")], [{"Ref": "Action"}], ["x", "sts:AssumeRole"]]
)
def test_an_action_that_is_not_known_may_be_the_right_one(action: object) -> None:
    """One action of a list is enough, and one that only the deployment knows may be it."""
    assert _distrust(_statement(REDSHIFT, action=action)) is None


@pytest.mark.parametrize(
    "statement",
    [
        {"Effect": "Allow", "Principal": REDSHIFT, "NotAction": "sts:TagSession"},
        {"Effect": "Allow", "NotPrincipal": EC2, "Action": "sts:AssumeRole"},
    ],
    ids=["not action", "not principal"],
)
def test_what_is_allowed_to_all_but_some_may_well_be_allowed_to_redshift(statement: object) -> None:
    """Statements that name exceptions are given the benefit of the doubt."""
    assert _distrust(statement) is None


@pytest.mark.parametrize("region", ["us-east-1", "ap-southeast-2"])
def test_any_regional_name_is_enough_for_a_region_that_is_not_known(region: str) -> None:
    """The cluster may be deployed to that very region."""
    assert _distrust(_statement({"Service": f"redshift.{region}.amazonaws.com"}), region=None) is None


@pytest.mark.parametrize("service", [f"ec2.{placeholder('AWS::URLSuffix')}", f"logs.{THIS_REGION}.amazonaws.com"])
def test_fails_when_a_service_of_another_name_is_trusted_in_an_unknown_region(service: str) -> None:
    """A hole behind another service's name does not make it Redshift."""
    assert _distrust(_statement({"Service": service}), region=None) is not None


@pytest.mark.parametrize(
    "document",
    [
        None,
        placeholder("Document"),
        [],
        {},
        {"Version": "2012-10-17"},
        {"Statement": placeholder("Statements")},
        {"Statement": [placeholder("Effect"), _statement(EC2)]},
        {"Statement": [_statement(EC2), {"Principal": REDSHIFT, "Action": "sts:AssumeRole"}]},
    ],
    ids=["none", "text", "list", "empty", "no statement", "unknown list", "unknown statement", "no effect"],
)
def test_a_document_with_a_statement_that_is_not_known_is_not_judged(document: object) -> None:
    """A statement that only the deployment knows may allow Redshift."""
    assert trust_problem(document, REGION) is None


@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        (_statement(REDSHIFT), None),
        (_statement(EC2), "trusts ec2.amazonaws.com; Redshift in eu-west-1 cannot assume it"),
        (None, "trusts nobody; Redshift in eu-west-1 cannot assume it"),
    ],
)
def test_one_statement_may_stand_without_a_list(statement: object, expected: str | None) -> None:
    """IAM takes one statement for a list of one."""
    assert expected == trust_problem({"Statement": statement}, REGION)


def test_an_effect_that_is_not_known_is_not_judged() -> None:
    """The deployment may make it Allow."""
    assert _distrust(_statement(REDSHIFT, placeholder("Effect"))) is None


def test_who_is_denied_is_not_among_those_who_are_trusted() -> None:
    """Only what is allowed is told."""
    assert _distrust(_statement(EC2), _statement({"AWS": "b"}, "Deny")) == (
        "trusts ec2.amazonaws.com; Redshift in eu-west-1 cannot assume it"
    )


def _serverless(*statements: object, region: str | None = REGION) -> str | None:
    """Judge a trust policy for a namespace."""
    return trust_problem({"Statement": list(statements)}, region, SERVERLESS, PROVISIONED)


@pytest.mark.parametrize(
    ("statement", "reason"),
    [
        (_statement(EC2), "trusts ec2.amazonaws.com; Redshift Serverless in eu-west-1 cannot assume it"),
        (_statement("*", effect="Deny"), DENIED),
        (
            _statement({"Service": "redshift-serverless.us-east-1.amazonaws.com"}),
            "trusts redshift-serverless.us-east-1.amazonaws.com; Redshift Serverless in eu-west-1 cannot assume it",
        ),
    ],
)
def test_fails_when_neither_service_may_assume_the_role_of_a_namespace(statement: object, reason: str) -> None:
    """The message speaks of Serverless."""
    assert reason == _serverless(statement)


@pytest.mark.parametrize(
    "principal",
    [
        REDSHIFT,
        {"Service": "redshift-serverless.amazonaws.com"},
        {"Service": "redshift-serverless.eu-west-1.amazonaws.com"},
        {"Service": placeholder("Data#Service")},
        {"Service": f"redshift-{placeholder('Data#Service')}"},
        "*",
    ],
)
def test_either_service_may_assume_the_role_of_a_namespace(principal: object) -> None:
    """AWS's pages have named one, then the other, then both."""
    assert _serverless(_statement(principal)) is None


def test_a_service_that_is_denied_leaves_the_other() -> None:
    """Only where both are shut out is the role of no use to a namespace."""
    denied = _statement({"Service": "redshift-serverless.amazonaws.com"}, effect="Deny")

    assert _serverless(denied, _statement(REDSHIFT)) is None
    assert DENIED == _serverless(denied, _statement({"Service": "redshift-serverless.amazonaws.com"}))


@pytest.mark.parametrize(
    ("statements", "services"),
    [
        ([_statement(REDSHIFT)], [PROVISIONED]),
        ([_statement({"Service": ["ec2.amazonaws.com", "redshift.us-east-1.amazonaws.com"]})], [PROVISIONED]),
        (
            [_statement({"Service": "redshift-serverless.amazonaws.com"}), _statement(REDSHIFT)],
            [PROVISIONED, SERVERLESS],
        ),
        ([_statement(EC2)], []),
        ([_statement("*")], []),
        ([_statement({"Service": placeholder("Data#Service")})], []),
        ([_statement({"Service": [1, "redshift.amazonaws.com"]})], [PROVISIONED]),
        ([_statement(REDSHIFT, effect="Deny")], []),
        ([_statement(REDSHIFT, action="sts:TagSession")], []),
        (["x"], []),
    ],
)
def test_the_services_that_a_role_is_for_are_those_it_names(statements: list[object], services: list[str]) -> None:
    """A role that everybody may assume is not made for Redshift."""
    assert services == trusted_services({"Statement": statements})


@pytest.mark.parametrize("document", [None, "x", {}])
def test_a_role_without_a_trust_policy_is_for_nobody(document: object) -> None:
    """What cannot be read names no service."""
    assert [] == trusted_services(document)
