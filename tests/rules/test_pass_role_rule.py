"""Who may pass roles to Redshift, and to which services a condition restricts that."""

from __future__ import annotations

import pytest

from redshift_roles.rules import pass_role_rule
from redshift_roles.rules.facts import PassRoleFacts

CONDITION = (
    "add Condition: {StringEquals: {iam:PassedToService: redshift.amazonaws.com}} "
    "(for Serverless redshift-serverless.amazonaws.com)"
)
KEY = "iam:PassedToService"
CLUSTERS = "redshift.amazonaws.com"
SERVERLESS = "redshift-serverless.amazonaws.com"
TO_REDSHIFT = (CLUSTERS,)
TO_LAMBDA = ("lambda.amazonaws.com",)


def _facts(
    *,
    services: tuple[str, ...] | None = None,
    every_role: str = "",
    redshift_roles: tuple[str, ...] = (),
    beside_redshift: bool = True,
    operations: tuple[str, ...] = (),
    passed_to: tuple[str, ...] = (),
) -> PassRoleFacts:
    """Describe a statement; as it comes, it passes a role that is none of ours."""
    return PassRoleFacts("Statement[0]", services, every_role, redshift_roles, beside_redshift, operations, passed_to)


@pytest.mark.parametrize(
    ("facts", "message", "fix"),
    [
        (
            _facts(every_role="*"),
            "Statement[0] allows iam:PassRole on '*' to every service",
            f"name the roles in Resource, and {CONDITION}",
        ),
        (
            _facts(every_role="*", beside_redshift=False, operations=("redshift:*", "redshift:CreateCluster")),
            "Statement[0] allows iam:PassRole on '*' to every service, and redshift:* and redshift:CreateCluster",
            f"name the roles in Resource, and {CONDITION}",
        ),
        (
            _facts(services=(*TO_LAMBDA, *TO_REDSHIFT), every_role="arn:aws:iam::111111111111:role/*"),
            (
                "Statement[0] allows iam:PassRole on 'arn:aws:iam::111111111111:role/*' to "
                "lambda.amazonaws.com, redshift.amazonaws.com"
            ),
            "name in Resource the roles that may be passed",
        ),
    ],
)
def test_fails_when_a_statement_is_unscoped(facts: PassRoleFacts, message: str, fix: str) -> None:
    """Every role to everybody, beside roles for Redshift or what may give it a role, and every role to Redshift."""
    assert [(pass_role_rule.PASS_ROLE_UNSCOPED, ("Statement[0]", message, fix))] == pass_role_rule.problems(facts)


@pytest.mark.parametrize(
    ("passed_to", "services"),
    [
        ((), "redshift.amazonaws.com}} (for Serverless redshift-serverless.amazonaws.com)"),
        ((CLUSTERS,), "redshift.amazonaws.com}}"),
        (("sagemaker.amazonaws.com",), "sagemaker.amazonaws.com}}"),
        ((CLUSTERS, SERVERLESS), "[redshift.amazonaws.com, redshift-serverless.amazonaws.com]}}"),
    ],
)
@pytest.mark.parametrize("every_role", ["", "*"])
def test_named_roles_without_a_service_are_advice(every_role: str, passed_to: tuple[str, ...], services: str) -> None:
    """The fix names the services that the roles are for, as far as that is known."""
    facts = _facts(
        every_role=every_role, redshift_roles=("Loader", "Spectrum"), beside_redshift=False, passed_to=passed_to
    )
    message = "Statement[0] allows iam:PassRole on Loader, Spectrum without iam:PassedToService"
    fix = f"add Condition: {{StringEquals: {{iam:PassedToService: {services}"

    assert [(pass_role_rule.PASSED_TO_SERVICE_MISSING, ("Statement[0]", message, fix))] == pass_role_rule.problems(
        facts
    )
    assert pass_role_rule.PASSED_TO_SERVICE_MISSING.is_warning


@pytest.mark.parametrize(
    "facts",
    [
        _facts(),
        _facts(every_role="*", beside_redshift=False),
        _facts(services=TO_REDSHIFT, redshift_roles=("Loader",)),
        _facts(services=TO_LAMBDA, every_role="*"),
        _facts(services=TO_LAMBDA, redshift_roles=("Loader",)),
        _facts(services=(), every_role="*", redshift_roles=("Loader",)),
    ],
)
def test_what_is_scoped_or_no_matter_of_redshift_breaks_nothing(facts: PassRoleFacts) -> None:
    """Named roles to Redshift, and whatever is passed to others."""
    assert [] == pass_role_rule.problems(facts)


@pytest.mark.parametrize(
    "facts", [_facts(every_role="*"), _facts(redshift_roles=("Loader",)), _facts(every_role="*", services=TO_REDSHIFT)]
)
def test_what_a_statement_does_not_exclude_is_excluded(facts: PassRoleFacts) -> None:
    """A condition would be one on all the other actions too."""
    ((_, problem),) = pass_role_rule.problems(facts._replace(by_exclusion=True))

    assert problem.fix == (
        "add iam:PassRole to NotAction; where it is needed, allow it in a statement of its own, for named roles"
    )


@pytest.mark.parametrize(
    "condition",
    [
        None,
        {},
        {"StringLike": {KEY: "*"}},
        {"StringLike": {KEY: "*.amazonaws.com"}},
        {"StringLike": {KEY: ["ec2.amazonaws.com", "**"]}},
        {"StringLike": {KEY: "*.amazonaws.???"}},
        {"StringNotEquals": {KEY: "ec2.amazonaws.com"}},
        {"StringNotEquals": {KEY: CLUSTERS}},
        {"StringNotLike": {KEY: "ec2*"}},
        {"Null": {KEY: "false"}},
        {"StringEquals": {"aws:RequestedRegion": "eu-west-1"}},
    ],
)
def test_fails_when_a_condition_allows_every_service(condition: object) -> None:
    """Any is matched, or some are excluded that are not both of Redshift's."""
    assert None is pass_role_rule.passed_services(condition)


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ({"StringEquals": {KEY: CLUSTERS}}, (CLUSTERS,)),
        ({"StringLike": {KEY: "red*"}}, ("red*",)),
        ({"ForAllValues:StringEqualsIfExists": {"IAM:PASSEDTOSERVICE": [CLUSTERS, 7]}}, (CLUSTERS,)),
        ({"StringEqualsIgnoreCase": {KEY: "Redshift.AmazonAWS.com"}}, (CLUSTERS,)),
        ({"StringLike": {KEY: "*"}, "StringEquals": {KEY: CLUSTERS}}, (CLUSTERS,)),
        ({"StringLike": {KEY: "redshift*"}, "StringEquals": {KEY: [CLUSTERS, "ec2.amazonaws.com"]}}, (CLUSTERS,)),
        ({"StringLike": {KEY: "redshift*"}, "StringNotEquals": {KEY: CLUSTERS}}, ("redshift*",)),
        ({"StringEquals": {KEY: "redshift*"}}, ()),
        ({"StringEquals": {KEY: "*"}}, ()),
        ({"StringEquals": {KEY: []}}, ()),
        ({"StringNotEquals": {KEY: [CLUSTERS, SERVERLESS]}}, ()),
        ({"StringNotLike": {KEY: "redshift*"}}, ()),
        ({"StringLike": {KEY: "ec2*"}, "StringEquals": {KEY: CLUSTERS}}, ()),
        ({"StringEquals": [{KEY: CLUSTERS}]}, ()),
        ("x", ()),
    ],
)
def test_all_operators_hold_at_once(condition: object, expected: tuple[str, ...]) -> None:
    """Wildcards are letters but under StringLike; what nobody can read names no service."""
    assert expected == pass_role_rule.passed_services(condition)


@pytest.mark.parametrize(
    ("condition", "services", "expected"),
    [
        ({"StringNotEquals": {KEY: [CLUSTERS, "lambda.amazonaws.com"]}}, (CLUSTERS,), False),
        ({"StringNotEquals": {KEY: CLUSTERS}, "Bool": {"aws:SecureTransport": "true"}}, (CLUSTERS,), False),
        ({"StringNotEquals": {KEY: CLUSTERS}}, (CLUSTERS, SERVERLESS), True),
        ({"StringNotEquals": {KEY: CLUSTERS}}, ("redshift*",), True),
        ({"StringNotEquals": {KEY: CLUSTERS}}, None, True),
        ({"StringNotEquals": {KEY: CLUSTERS}}, (), True),
        ({"StringNotEquals": {"aws:PrincipalTag/team": "data"}}, (CLUSTERS,), True),
        ({"StringNotEquals": "x"}, (CLUSTERS,), True),
        (None, (CLUSTERS,), True),
    ],
)
def test_a_condition_may_hold(condition: object, services: tuple[str, ...] | None, expected: bool) -> None:
    """For one of these services, unless it is about others alone."""
    assert expected == pass_role_rule.may_hold(condition, services)


@pytest.mark.parametrize(
    ("service", "expected"),
    [
        (CLUSTERS, True),
        (SERVERLESS, True),
        ("redshift.eu-west-1.amazonaws.com", True),
        ("redshift*", True),
        ("red*", True),
        ("redshift?serverless.*", True),
        ("redshift-data.amazonaws.com", False),
        ("Redshift.amazonaws.com", False),
        ("lambda*", False),
    ],
)
def test_a_service_of_redshift_is_known_by_its_name(service: str, expected: bool) -> None:
    """That of clusters, that of Serverless, and whatever pattern matches one of both."""
    assert expected == pass_role_rule.is_redshift(service)
