"""CDK objects as plain facts."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_iam as iam

from redshift_roles import (
    RedshiftCluster,
    RedshiftGrants,
    RedshiftRole,
    RoleAssociation,
    RoleAssociationError,
    RoleAssociationPolicy,
    RoleChain,
)
from redshift_roles.aws import arns
from redshift_roles.cdk import role_reader
from redshift_roles.cdk.location import location_of
from tests.conftest import ACCOUNT, OTHER_ACCOUNT, REGION
from tests.support.builders import arn


def test_a_message_has_the_path_of_a_role(stack: cdk.Stack) -> None:
    """Beside its place in the list."""
    (facts,) = role_reader.role_facts([RedshiftRole(stack, "Role")], location_of(stack), "roles")

    assert "roles[0] (Data/Role)" == str(facts)


def test_the_same_role_reads_the_same_whoever_made_it(stack: cdk.Stack) -> None:
    """A role and an import of its own ARN token have one text, though nobody knows its name."""
    role, location = RedshiftRole(stack, "Role"), location_of(stack)
    again = iam.Role.from_role_arn(stack, "Again", role.role_arn)
    other = RedshiftRole(stack, "Other")

    def texts(*roles: iam.IRole) -> list[str]:
        return [facts.arn for facts in role_reader.role_facts(roles, location, "roles")]

    for order in ([role, again, other], [again, other, role]):
        assert 2 == len(set(texts(*order)))


def test_nothing_is_known_of_a_role_until_cdk_has_looked_it_up(app: cdk.App, stack: cdk.Stack) -> None:
    """CDK writes one ARN of another account for all of them; two are two, and what uses them is defined."""
    first, second = (iam.Role.from_lookup(stack, name, role_name=name) for name in ("one", "two"))
    facts = [*role_reader.role_facts([first, second], location_of(stack), "roles")]
    cluster = RedshiftCluster(stack, "Cluster", roles=[first, second], cluster_subnet_group_name="subnets")
    RoleAssociationPolicy(stack, "Policy", clusters=[cluster], pass_roles=[first, second])
    RoleAssociation(stack, "Association", cluster="other", roles=[first], default_role=first)
    RedshiftGrants.of(first).copy_from_emr("j-1")
    RoleChain(RedshiftRole(stack, "Role"), second)
    manifest = json.loads((Path(app.synth().directory) / "manifest.json").read_text())

    assert [None, None] == [each.account for each in facts]
    assert [None, None] == [role_reader.principal_account(role, location_of(stack)) for role in (first, second)]
    assert 2 == len(manifest["missing"])


def test_a_role_of_others_has_no_account_until_it_has_a_name(stack: cdk.Stack) -> None:
    """CDK writes one ARN, which ends before the name, for all of them; two are two."""
    iam.Role.customize_roles(stack)
    roles = [iam.Role(stack, name, assumed_by=iam.AccountRootPrincipal()) for name in "AB"]
    facts = [*role_reader.role_facts(roles, location_of(stack), "roles")]
    RedshiftCluster(stack, "Cluster", roles=roles, cluster_subnet_group_name="subnets")

    assert [None, None] == [each.account for each in facts]


@pytest.mark.parametrize(
    ("arn", "home", "account"),
    [
        (f"arn:aws:iam::{OTHER_ACCOUNT}:user/bob", ACCOUNT, OTHER_ACCOUNT),
        (cdk.Fn.import_value("user"), OTHER_ACCOUNT, OTHER_ACCOUNT),
        (cdk.Fn.import_value("user"), cdk.Aws.ACCOUNT_ID, arns.THIS_ACCOUNT),
        (cdk.Fn.import_value("user"), cdk.Fn.import_value("account"), None),
    ],
    ids=["named", "of a known stack", "of this deployment", "unknown"],
)
def test_an_account_is_the_one_of_the_arn_else_of_the_stack(
    stack: cdk.Stack, arn: str, home: str, account: str | None
) -> None:
    """An imported user is in the account its ARN names, wherever it was imported."""
    assert account == role_reader.account_of(arn, home, location_of(stack))


def test_a_role_arn_is_read_once(stack: cdk.Stack) -> None:
    """Later readings take what was read before, or what the cluster's list told."""
    role, other = RedshiftRole(stack, "Role"), RedshiftRole(stack, "Other")
    first = role_reader.role_arn(role)
    role_reader.remember_role_arns([other], ["told"])

    assert first is role_reader.role_arn(role)
    assert "told" == role_reader.role_arn(other)


@pytest.mark.parametrize(
    ("seconds", "duration"),
    [(None, None), (90.0, cdk.Duration.seconds(90)), (0.5, cdk.Duration.millis(500)), (None, "7")],
)
def test_durations_are_read_in_seconds(seconds: float | None, duration: Any) -> None:
    """What is no duration is left to the check of its kind."""
    assert seconds == role_reader.seconds_of(duration)


def test_a_duration_that_is_a_token_is_not_known() -> None:
    """Only the deployment knows how long it is."""
    assert role_reader.seconds_of(cdk.Duration.days(cdk.Token.as_number(cdk.Fn.ref("Days")))) is None


def test_a_role_of_ours_is_remembered(stack: cdk.Stack) -> None:
    """With its place, its path and name where they are given, and what else it was given; others are not."""
    policy = iam.ManagedPolicy.from_aws_managed_policy_name("ReadOnlyAccess")
    given: dict[str, Any] = {"serverless": True, "trust_policy_quota": 4096, "managed_policies": [policy]}
    role = RedshiftRole(stack, "Role", role_name="loader", path="/team/", **given)
    plain = RedshiftRole(stack, "Plain")
    tokens = [
        RedshiftRole(stack, "Token", role_name=cdk.Fn.import_value("name"), path="/team/"),
        RedshiftRole(stack, "Path", role_name="named", path=cdk.Fn.import_value("path")),
    ]
    location = location_of(stack)

    nameless = role_reader.OwnRole(location, "", False, stack, 2048, 0)

    assert role_reader.OwnRole(location, "/team/loader", True, stack, 4096, 1) == role_reader.own_role(role)
    assert [nameless] * 3 == [role_reader.own_role(one) for one in (plain, *tokens)]
    assert role_reader.own_role(iam.Role(stack, "Other", assumed_by=iam.AccountRootPrincipal())) is None


def test_a_role_is_where_it_was_defined_or_imported(stack: cdk.Stack, agnostic: cdk.Stack) -> None:
    """Whether it is of ours or not."""
    ours = RedshiftRole(cdk.NestedStack(stack, "Nested"), "Role")
    imported = iam.Role.from_role_name(agnostic, "Imported", "loader")

    assert location_of(ours) == role_reader.role_location(ours)
    assert stack is role_reader.role_location(ours).top
    assert agnostic is role_reader.role_location(imported).stack


@pytest.mark.parametrize(
    ("make", "account"),
    [
        (lambda stack: RedshiftRole(stack, "Who"), ACCOUNT),
        (lambda stack: iam.User(stack, "Who"), ACCOUNT),
        (lambda stack: iam.Group(stack, "Who"), ACCOUNT),
        (lambda stack: iam.Role.from_role_arn(stack, "Who", f"arn:aws:iam::{OTHER_ACCOUNT}:role/r"), OTHER_ACCOUNT),
        (lambda stack: iam.User.from_user_arn(stack, "Who", f"arn:aws:iam::{OTHER_ACCOUNT}:user/u"), OTHER_ACCOUNT),
        (lambda stack: iam.Group.from_group_arn(stack, "Who", f"arn:aws:iam::{OTHER_ACCOUNT}:group/g"), OTHER_ACCOUNT),
        (lambda stack: iam.Role.from_role_arn(stack, "Who", cdk.Fn.import_value("role")), None),
        (lambda _: iam.ServicePrincipal("ec2.amazonaws.com"), None),
    ],
    ids=["a role", "a user", "a group", "their role", "their user", "their group", "a token", "a service"],
)
def test_a_principal_has_the_account_of_its_arn(stack: cdk.Stack, make: Any, account: str | None) -> None:
    """None where only the deployment knows, and for what has no account."""
    assert account == role_reader.principal_account(make(stack), location_of(stack))


def test_a_principal_in_a_stack_without_an_account_is_of_this_account(agnostic: cdk.Stack) -> None:
    """Whatever that will be."""
    location = location_of(agnostic)

    assert arns.THIS_ACCOUNT == role_reader.principal_account(RedshiftRole(agnostic, "Role"), location)
    assert arns.THIS_ACCOUNT == role_reader.principal_account(iam.User(agnostic, "User"), location)


def test_the_trust_policy_is_found_where_the_app_defines_the_role(stack: cdk.Stack) -> None:
    """Also of a role that is made when it is first used, from then on; not of an import."""
    role, lazy = RedshiftRole(stack, "Role"), iam.LazyRole(stack, "Lazy", assumed_by=iam.AccountRootPrincipal())
    imported = iam.Role.from_role_arn(stack, "Imported", arn())

    assert [None, None] == [role_reader.trust_of(lazy), role_reader.trust_of(imported)]
    assert lazy.role_arn
    for made in (role, lazy):
        document = role_reader.trust_of(made)
        assert document is not None
        assert "sts:AssumeRole" == document.to_json()["Statement"][0]["Action"]


@pytest.mark.parametrize("is_ours", [True, False])
def test_a_role_of_another_account_is_refused_once(app: cdk.App, stack: cdk.Stack, is_ours: bool) -> None:
    """Its account is reported, and not also that CDK cannot refer to it."""
    other = cdk.Stack(app, "Other", env=cdk.Environment(account=OTHER_ACCOUNT, region=REGION))
    service = iam.ServicePrincipal("redshift.amazonaws.com")
    role = RedshiftRole(other, "Role") if is_ours else iam.Role(other, "Role", assumed_by=service)

    with pytest.raises(RoleAssociationError) as caught:
        RedshiftCluster(stack, "Cluster", roles=[role], cluster_subnet_group_name="subnets")

    assert ["RoleAccountMismatch"] == [finding.rule for finding in caught.value.findings]
