"""Trust policies that grow after their role was defined."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import assertions
from aws_cdk import aws_iam as iam

from redshift_roles import RedshiftRole, RoleAssociationError, RoleChain
from redshift_roles.aws.policies import size
from redshift_roles.grants.trust_policy import Trusted, extend_trust, trust_problems
from tests.support.builders import arn
from tests.support.templates import all_properties_of, deployed

ROLE = "AWS::IAM::Role"


def _trust(stack: cdk.Stack, name: str, **references: str) -> dict[str, Any]:
    """Read the trust policy of a role as a deployment would write it."""
    resources = {key: value for key, value in _resources(stack).items() if key.startswith(name)}
    (found,) = resources.values()
    document: dict[str, Any] = deployed(found["Properties"]["AssumeRolePolicyDocument"], references)
    return document


def _chained(firsts: Sequence[RedshiftRole], last: RedshiftRole) -> tuple[int, RoleAssociationError]:
    """Let one role after the other assume the last, until one fails, and return how many did not."""
    for number, first in enumerate(firsts):
        try:
            RoleChain(first, last)
        except RoleAssociationError as error:  # noqa: PERF203  the first error ends it
            return number, error
    raise AssertionError("no chain failed")


def _resources(stack: cdk.Stack) -> dict[str, Any]:
    return dict(assertions.Template.from_stack(stack).to_json()["Resources"])


def _sized(length: int, letter: str = "x") -> Trusted:
    """Let in a role whose statement has so many characters."""
    least = size(Trusted("AWS", arn(""), arn("")).statement)
    name = arn(letter * (length - least))
    return Trusted("AWS", name, name)


@pytest.mark.parametrize(("spare", "problems"), [(0, 0), (-1, 1)])
@pytest.mark.parametrize(("make", "quota"), [(RedshiftRole, 2048), (RedshiftRole, 4096), (iam.Role, 8192)])
def test_fails_when_a_trust_policy_has_no_room(
    stack: cdk.Stack, make: Any, quota: int, spare: int, problems: int
) -> None:
    """To the character: the quota of a `RedshiftRole`, else the largest that any account has."""
    ours = make is RedshiftRole
    given = {"trust_policy_quota": quota} if ours else {"assumed_by": iam.ServicePrincipal("redshift.amazonaws.com")}
    role = make(stack, "Role", **given)
    (properties,) = all_properties_of(stack, ROLE)
    before = size(properties["AssumeRolePolicyDocument"])
    letters = iter("abcdefgh")
    while quota - before > 1200:
        extend_trust(role, _sized(1000 - len(","), next(letters)))
        before += 1000
    found = [*trust_problems(role, _sized(quota - before - len(",") - spare))]
    most = f"{quota:,} characters ('trust_policy_quota')" if ours else f"{quota:,} characters"

    assert problems == len(found)
    assert all(
        message == f"with this, the trust policy of the role must have at most {most}, got at least {quota + 1:,}"
        for _, message, _ in found
    )


def test_fails_when_too_many_chains_end_in_one_role_and_leaves_nothing(agnostic: cdk.Stack) -> None:
    """Each role that it lets in counts with what is known of its ARN, and the last good one is within the limit."""
    last = RedshiftRole(agnostic, "Last")
    firsts = [RedshiftRole(agnostic, f"First{number}", role_name="x" * 60 + f"{number:02}") for number in range(20)]
    trusted, error = _chained(firsts, last)
    (finding,) = error.findings
    statements = _trust(agnostic, "Last")["Statement"]
    known = [{**one, "Principal": {"AWS": arn("x" * 62)}} for one in statements if "AWS" in one["Principal"]]

    assert ("PolicyTooLarge", f"Anywhere/First{trusted}") == (finding.rule, finding.path)
    assert trusted == len(statements) - 1
    assert () == firsts[trusted].redshift_grants.policies
    service = size([statements[0]])
    assert size({"Version": "2012-10-17", "Statement": known}) + service <= 2048
    assert size({"Version": "2012-10-17", "Statement": [*known, known[0]]}) + service > 2048


def test_fails_when_too_many_roles_without_a_name_are_let_in(stack: cdk.Stack) -> None:
    """Nothing is known of their ARNs but the shortest that there is."""
    last = RedshiftRole(stack, "Last")
    trusted, error = _chained([RedshiftRole(stack, f"First{number}") for number in range(30)], last)

    assert 19 == trusted
    assert ["PolicyTooLarge"] == [finding.rule for finding in error.findings]


def test_what_cdk_merges_takes_less(app: cdk.App) -> None:
    """With the feature flag of new apps the roles are one list, and more of them have room."""
    stack = cdk.Stack(app, "Data")
    stack.node.set_context("@aws-cdk/aws-iam:minimizePolicies", True)
    last = RedshiftRole(stack, "Last")
    for number in range(30):
        RoleChain(RedshiftRole(stack, f"First{number}", role_name=f"first-{number:02}"), last)

    (statement,) = _trust(stack, "Last")["Statement"]

    assert 30 == len(statement["Principal"]["AWS"])


@pytest.mark.parametrize(("length", "warned"), [(1500, False), (2000, True)])
def test_warns_when_only_a_raised_quota_has_room(stack: cdk.Stack, length: int, warned: bool) -> None:
    """The quota is not known for a role of CDK; for a `RedshiftRole` it is an argument."""
    role = iam.Role(stack, "Role", assumed_by=iam.ServicePrincipal("redshift.amazonaws.com"))
    ours = RedshiftRole(stack, "Ours", trust_policy_quota=8192)
    for one in (role, ours):
        extend_trust(one, _sized(length))
    found = assertions.Annotations.from_stack(stack).find_warning("*", assertions.Match.any_value())

    assert (["/Data/Role"] if warned else []) == [message.id for message in found]
    assert all("redshift-roles:TrustPolicyUndecided" in str(message.entry.data) for message in found)


def test_the_trust_of_an_import_is_not_measured(stack: cdk.Stack) -> None:
    """The app does not own it."""
    assert [] == [*trust_problems(iam.Role.from_role_name(stack, "Imported", "loader"), _sized(9000))]
