"""Which services a statement lets roles be passed to."""

from __future__ import annotations

import pytest

from redshift_roles.rules import passed_services

KEY = "iam:PassedToService"
CLUSTERS = "redshift.amazonaws.com"
SERVERLESS = "redshift-serverless.amazonaws.com"


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
def test_fails_when_a_condition_keeps_to_no_service(condition: object) -> None:
    """Any is matched, or some are excluded that are not both of Redshift's."""
    assert None is passed_services.services(condition)


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
    assert expected == passed_services.services(condition)


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
    assert expected == passed_services.is_redshift(service)
