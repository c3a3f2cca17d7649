"""Every way a role can arrive at a cluster, in a stack of a known account and in one that names none.

The verdicts: the rule that our constructor or add_role raises with, ``pass`` without a word, ``rule`` where a
CloudFormation Rule decides at deploy time, and ``warned`` of as undecided at synth time.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

import aws_cdk as cdk
import jsii
import pytest
from aws_cdk import aws_iam as iam
from aws_cdk import aws_redshift as redshift

from redshift_roles import RedshiftCluster, RedshiftRole, RoleAssociationError
from tests.conftest import ACCOUNT, OTHER_ACCOUNT, REGION
from tests.support.templates import failures_of, warnings_of

REDSHIFT = iam.ServicePrincipal("redshift.amazonaws.com")
MISMATCH, INVALID, UNDECIDED = "RoleAccountMismatch", "InvalidArgument", "RoleAccountUndecided"

Arrival = Callable[[cdk.Stack], iam.IRole]


def _app(stack: cdk.Stack) -> cdk.App:
    return cast("cdk.App", stack.node.root)


def _imported(arn: str) -> Arrival:
    return lambda stack: iam.Role.from_role_arn(stack, "Imported", arn)


def _elsewhere(account: str | None, region: str | None = REGION, **options: Any) -> Arrival:
    def arrive(stack: cdk.Stack) -> iam.IRole:
        env = cdk.Environment(account=account, region=region) if account else None
        other = cdk.Stack(_app(stack), "Other", env=env)
        return RedshiftRole(other, "Role") if not options else iam.Role(other, "Role", assumed_by=REDSHIFT, **options)

    return arrive


def _other_stage(account: str) -> Arrival:
    def arrive(stack: cdk.Stack) -> iam.IRole:
        stage = cdk.Stage(_app(stack), "Stage")
        other = cdk.Stack(stage, "Other", env=cdk.Environment(account=account, region=REGION))
        return RedshiftRole(other, "Role")

    return arrive


def _raw_role(stack: cdk.Stack) -> iam.CfnRole:
    statement = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "redshift.amazonaws.com"}}
    return iam.CfnRole(stack, "Raw", assume_role_policy_document={"Statement": [statement]})


def _parameter(stack: cdk.Stack) -> str:
    return cdk.CfnParameter(stack, "RoleArn").value_as_string


# How it arrives, the outcome where the cluster is in ACCOUNT, and where its stack names no account.
ARRIVALS: dict[str, tuple[Arrival, str, str]] = {
    "a RedshiftRole of the same stack": (lambda s: RedshiftRole(s, "Role"), "pass", "pass"),
    "an iam.Role of the same stack": (lambda s: iam.Role(s, "Role", assumed_by=REDSHIFT), "pass", "pass"),
    "a LazyRole of the same stack": (lambda s: iam.LazyRole(s, "Role", assumed_by=REDSHIFT), "pass", "pass"),
    "the ARN of a CfnRole, imported": (
        lambda s: iam.Role.from_role_arn(s, "Imported", _raw_role(s).attr_arn),
        "pass",
        "pass",
    ),
    "a literal ARN of the cluster's account": (_imported(f"arn:aws:iam::{ACCOUNT}:role/Loader"), "pass", "rule"),
    "a literal ARN of another account": (_imported(f"arn:aws:iam::{OTHER_ACCOUNT}:role/Loader"), MISMATCH, "rule"),
    "an immutable import of another account": (
        lambda s: iam.Role.from_role_arn(s, "Imported", f"arn:aws:iam::{OTHER_ACCOUNT}:role/Loader", mutable=False),
        MISMATCH,
        "rule",
    ),
    "a name": (lambda s: iam.Role.from_role_name(s, "Imported", "Loader"), "pass", "pass"),
    "an f-string with stack.account": (
        lambda s: iam.Role.from_role_arn(s, "Imported", f"arn:aws:iam::{s.account}:role/Loader"),
        "pass",
        "pass",
    ),
    "an f-string with Aws.ACCOUNT_ID": (
        lambda s: iam.Role.from_role_arn(s, "Imported", f"arn:{cdk.Aws.PARTITION}:iam::{cdk.Aws.ACCOUNT_ID}:role/A"),
        "pass",
        "pass",
    ),
    "stack.format_arn": (
        lambda s: iam.Role.from_role_arn(
            s, "Imported", s.format_arn(service="iam", region="", resource="role", resource_name="A")
        ),
        "pass",
        "pass",
    ),
    "another account with the name in a parameter": (
        lambda s: iam.Role.from_role_arn(s, "Imported", f"arn:aws:iam::{OTHER_ACCOUNT}:role/{_parameter(s)}"),
        MISMATCH,
        "rule",
    ),
    "a parameter": (lambda s: iam.Role.from_role_arn(s, "Imported", _parameter(s)), "warned", "warned"),
    "an SSM parameter": (
        lambda s: iam.Role.from_role_arn(
            s, "Imported", cdk.aws_ssm.StringParameter.value_for_string_parameter(s, "/role/arn")
        ),
        "warned",
        "warned",
    ),
    "an import of another app's export": (
        lambda s: iam.Role.from_role_arn(s, "Imported", cdk.Fn.import_value("another-app-role")),
        "warned",
        "warned",
    ),
    "another stack of the same environment": (_elsewhere(ACCOUNT), "pass", INVALID),
    "another stack that names no account": (_elsewhere(None), INVALID, "pass"),
    "another stack of another account": (_elsewhere(OTHER_ACCOUNT), MISMATCH, INVALID),
    "another stack of another account, with a literal name": (
        _elsewhere(OTHER_ACCOUNT, role_name="loader"),
        MISMATCH,
        "rule",
    ),
    "another stack of another account, with a generated name": (
        _elsewhere(OTHER_ACCOUNT, role_name=cdk.PhysicalName.GENERATE_IF_NEEDED),
        MISMATCH,
        "rule",
    ),
    "another stack of another region": (_elsewhere(ACCOUNT, "us-east-1"), INVALID, INVALID),
    "another stack of another region, with a literal name": (
        _elsewhere(ACCOUNT, "us-east-1", role_name="loader"),
        "pass",
        "rule",
    ),
    "another Stage of the same account": (_other_stage(ACCOUNT), INVALID, INVALID),
    "another Stage of another account": (_other_stage(OTHER_ACCOUNT), MISMATCH, INVALID),
    "the ARN of a user": (_imported(f"arn:aws:iam::{ACCOUNT}:user/bob"), "RoleArnInvalid", "RoleArnInvalid"),
    "a service-linked role": (
        _imported(f"arn:aws:iam::{ACCOUNT}:role/aws-service-role/redshift.amazonaws.com/AWSServiceRoleForRedshift"),
        "ServiceLinkedRole",
        "ServiceLinkedRole",
    ),
    "a role of another partition": (
        _imported(f"arn:aws-cn:iam::{ACCOUNT}:role/Loader"),
        "RolePartitionMismatch",
        "rule",
    ),
}


def _outcome(stack: cdk.Stack, associate: Callable[[iam.IRole], object], arrival: Arrival) -> str:
    role = arrival(stack)
    try:
        associate(role)
    except RoleAssociationError as error:
        (finding,) = error.findings
        return finding.rule
    app = stack.node.root
    failed = failures_of(app)
    if failed:
        return f"failed: {failed}"
    warnings = warnings_of(app)
    if warnings:
        return "warned" if warnings == [UNDECIDED] else f"warned: {warnings}"
    return "rule" if "RedshiftRolesAccount" in _template(app, stack).get("Rules", {}) else "pass"


def _template(app: Any, stack: cdk.Stack) -> dict[str, Any]:
    template: dict[str, Any] = app.synth().get_stack_by_name(stack.stack_name).template
    return template


@pytest.fixture(params=["known", "agnostic"])
def location(request: pytest.FixtureRequest, stack: cdk.Stack, agnostic: cdk.Stack) -> tuple[cdk.Stack, int]:
    """The cluster's stack and the column of the outcome."""
    return (stack, 1) if request.param == "known" else (agnostic, 2)


@pytest.mark.parametrize("late", [False, True], ids=["constructor", "add_role"])
@pytest.mark.parametrize("how", ARRIVALS)
def test_a_role_is_checked_however_and_whenever_it_arrives(
    how: str, location: tuple[cdk.Stack, int], late: bool
) -> None:
    """The outcome is the one of the table, at the caller's line where it can be known there."""
    stack, column = location

    def associate(role: iam.IRole) -> None:
        cluster = _cluster(stack, *([] if late else [role]))
        if late:
            cluster.add_role(role)

    assert ARRIVALS[how][column] == _outcome(stack, associate, ARRIVALS[how][0])


def _cluster(scope: cdk.Stack, *roles: iam.IRole) -> RedshiftCluster:
    return RedshiftCluster(scope, "Cluster", roles=roles, cluster_subnet_group_name="subnets")


@pytest.mark.parametrize("in_parent", [True, False])
def test_a_role_crosses_between_a_stack_and_its_nested_stack(stack: cdk.Stack, in_parent: bool) -> None:
    """Parameters and outputs of nested stacks are followed both ways."""
    nested = cdk.NestedStack(stack, "Nested")
    home, there = (stack, nested) if in_parent else (nested, stack)

    assert "pass" == _outcome(stack, lambda role: _cluster(there, role), lambda _: RedshiftRole(home, "Role"))


def test_fails_when_the_parent_passes_a_nested_stack_a_role_that_does_not_trust_redshift(stack: cdk.Stack) -> None:
    """The role's trust is read in the parent's template."""
    nested = cdk.NestedStack(stack, "Nested")
    role = iam.Role(stack, "Role", assumed_by=iam.ServicePrincipal("ec2.amazonaws.com"))
    _cluster(nested, role)

    assert ["TrustLacksRedshift"] == failures_of(stack.node.root)


def test_a_role_of_another_region_is_followed_through_cross_region_references(app: cdk.App) -> None:
    """A role that CDK carries into another region by custom resource is of the same account, and its trust is
    checked.
    """
    home = cdk.Stack(app, "Home", env=cdk.Environment(account=ACCOUNT, region="us-east-1"))
    far = cdk.Stack(app, "Far", env=cdk.Environment(account=ACCOUNT, region=REGION), cross_region_references=True)
    _cluster(far, RedshiftRole(home, "Role"))

    assert ([], []) == (failures_of(app), warnings_of(app))


def _overridden(cluster: redshift.CfnCluster, value: object) -> None:
    cluster.add_property_override("IamRoles", value)


def _if(stack: cdk.Stack, yes: str, no: str) -> str:
    stage = cdk.CfnParameter(stack, "Stage").value_as_string
    condition = cdk.CfnCondition(stack, "Condition", expression=cdk.Fn.condition_equals(stage, "prod"))
    return cdk.Fn.condition_if(condition.logical_id, yes, no).to_string()


@jsii.implements(cdk.IStableListProducer)
class _Eleven:
    """A list that is made at synth time."""

    def produce(self) -> list[str]:
        """Make eleven roles."""
        return [f"arn:aws:iam::{ACCOUNT}:role/Loader{number}" for number in range(11)]


# What is done to the L1 behind our back; what the guard fails with; what it warns of.
THROUGH_THE_L1: dict[str, tuple[Callable[[cdk.Stack, redshift.CfnCluster], object], list[str], list[str]]] = {
    "a dynamic reference": (
        lambda _, c: _overridden(c, ["{{resolve:ssm:/role/arn}}"]),
        [],
        [UNDECIDED],
    ),
    "a Lazy list": (
        lambda _, c: setattr(c, "iam_roles", cdk.Lazy.list(_Eleven())),
        ["RoleQuotaExceeded"],
        [],
    ),
    "a list parameter": (
        lambda s, c: setattr(c, "iam_roles", cdk.CfnParameter(s, "Roles", type="CommaDelimitedList").value_as_list),
        [],
        ["RoleCountUndecided"],
    ),
    "Fn::If with a role or none": (
        lambda s, c: setattr(c, "iam_roles", [_if(s, f"arn:aws:iam::{ACCOUNT}:role/Loader", cdk.Aws.NO_VALUE)]),
        [],
        [],
    ),
    "Fn::If with a role of another account in one branch": (
        lambda s, c: setattr(
            c, "iam_roles", [_if(s, f"arn:aws:iam::{ACCOUNT}:role/A", f"arn:aws:iam::{OTHER_ACCOUNT}:role/B")]
        ),
        [],
        [UNDECIDED],
    ),
    "Fn::If that may be one role too many": (
        lambda s, c: setattr(
            c,
            "iam_roles",
            [*_Eleven().produce()[1:], _if(s, f"arn:aws:iam::{ACCOUNT}:role/More", cdk.Aws.NO_VALUE)],
        ),
        [],
        ["RoleCountUndecided"],
    ),
    "garbage": (lambda _, c: _overridden(c, ["garbage", 7]), ["RoleArnInvalid", "RoleArnInvalid"], []),
    "a text instead of a list": (lambda _, c: _overridden(c, "garbage"), ["RoleArnInvalid"], []),
    "a role's name": (
        lambda s, c: setattr(c, "iam_roles", [_raw_role(s).ref]),
        ["RoleArnInvalid"],
        [],
    ),
    "a user's ARN": (
        lambda s, c: setattr(c, "iam_roles", [iam.User(s, "User").user_arn]),
        ["RoleArnInvalid"],
        [],
    ),
    "the ARN of a CfnRole": (lambda s, c: setattr(c, "iam_roles", [_raw_role(s).attr_arn]), [], []),
    "a literal list split": (
        lambda _, c: setattr(c, "iam_roles", cdk.Fn.split(",", ",".join(_Eleven().produce()))),
        ["RoleQuotaExceeded"],
        [],
    ),
    "a split parameter": (
        lambda s, c: setattr(c, "iam_roles", cdk.Fn.split(",", _parameter(s))),
        [],
        ["RoleCountUndecided"],
    ),
    "a split import": (
        lambda _, c: setattr(c, "iam_roles", cdk.Fn.split(",", cdk.Fn.import_value("roles"))),
        [],
        ["RoleCountUndecided"],
    ),
    "an override with a foreign role": (
        lambda _, c: _overridden(c, [f"arn:aws:iam::{OTHER_ACCOUNT}:role/Loader"]),
        [MISMATCH],
        [],
    ),
    "an override of one entry": (
        lambda _, c: c.add_property_override("IamRoles.0", f"arn:aws:iam::{OTHER_ACCOUNT}:role/Loader"),
        [MISMATCH],
        [],
    ),
    "a deleted list": (lambda _, c: c.add_property_deletion_override("IamRoles"), [], []),
    "the same role twice": (
        lambda _, c: _overridden(c, [f"arn:aws:iam::{ACCOUNT}:role/Loader"] * 2),
        ["RoleDuplicated"],
        [],
    ),
}


@pytest.mark.parametrize("how", THROUGH_THE_L1)
def test_the_guard_checks_what_is_done_to_the_l1(how: str, stack: cdk.Stack) -> None:
    """Overrides, reassigned lists and lists made at synth time are checked in the template."""
    change, failed, warned = THROUGH_THE_L1[how]
    change(stack, _cluster(stack, RedshiftRole(stack, "Role")).cfn_cluster)

    assert (failed, warned) == (failures_of(stack.node.root), warnings_of(stack.node.root))


def test_a_literal_that_comes_through_an_override_comes_too_late_for_a_rule(agnostic: cdk.Stack) -> None:
    """Without a CloudFormation Rule the account stays undecided."""
    _overridden(_cluster(agnostic).cfn_cluster, [f"arn:aws:iam::{ACCOUNT}:role/Loader"])

    assert ([], [UNDECIDED]) == (failures_of(agnostic.node.root), warnings_of(agnostic.node.root))


def test_fails_when_overrides_of_two_clusters_claim_two_accounts_for_one_stack(agnostic: cdk.Stack) -> None:
    """Two literal ARNs of different accounts can never both be of the deployment's."""
    for account in (ACCOUNT, OTHER_ACCOUNT):
        cluster = RedshiftCluster(agnostic, f"Of{account}", cluster_subnet_group_name="subnets")
        _overridden(cluster.cfn_cluster, [f"arn:aws:iam::{account}:role/Loader"])

    assert ([MISMATCH], [UNDECIDED]) == (failures_of(agnostic.node.root), warnings_of(agnostic.node.root))
