"""The CloudFormation Rule that keeps a stack in the account its roles are of."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from constructs import Construct

from redshift_roles import (
    RedshiftCluster,
    RedshiftGrants,
    RedshiftRole,
    RedshiftWarehouse,
    RoleAssociationError,
    RoleAssociationPolicy,
    RoleChain,
)
from redshift_roles.cdk.account_rule import RULE_ID
from tests.conftest import ACCOUNT, OTHER_ACCOUNT
from tests.support.associations import ASSOCIATION
from tests.support.synthesis import failures_of, warnings_of
from tests.support.templates import template_of


def _role(scope: cdk.Stack, account: str, name: str = "Loader") -> iam.IRole:
    return iam.Role.from_role_arn(scope, f"{name}{account}", f"arn:aws:iam::{account}:role/{name}")


def _cluster(scope: Any, name: str, *roles: iam.IRole) -> RedshiftCluster:
    return RedshiftCluster(scope, name, roles=roles, cluster_subnet_group_name="subnets")


def _rules(stack: cdk.Stack) -> dict[str, Any]:
    rules = template_of(stack).get("Rules", {})
    return {name: rule for name, rule in rules.items() if name != "CheckBootstrapVersion"}


def _asserted(account: str) -> dict[str, Any]:
    return {
        RULE_ID: {
            "Assertions": [
                {
                    "Assert": {"Fn::Equals": [{"Ref": "AWS::AccountId"}, account]},
                    "AssertDescription": f"This stack names IAM roles or people of account {account}; deploy it there.",
                }
            ]
        }
    }


@pytest.mark.parametrize("late", [True, False])
def test_fails_when_two_accounts_are_claimed_for_one_stack(agnostic: cdk.Stack, late: bool) -> None:
    """Two literal ARNs of different accounts can never both match, in one cluster or in two."""
    mine, other = _role(agnostic, ACCOUNT), _role(agnostic, OTHER_ACCOUNT)
    if late:
        _cluster(agnostic, "First", mine)

    with pytest.raises(RoleAssociationError) as caught:
        _cluster(agnostic, "Second", *([other] if late else [mine, other]))

    (finding,) = caught.value.findings
    assert "RoleAccountMismatch" == finding.rule
    assert finding.message.endswith(
        f"is in account {OTHER_ACCOUNT}, the cluster's stack already names a role of {ACCOUNT} and can be of one "
        "account only"
    )
    assert agnostic.node.try_find_child("Second") is None


def test_fails_when_a_policy_contradicts_a_cluster(agnostic: cdk.Stack) -> None:
    """Clusters and user policies of a stack share one Rule."""
    cluster = _cluster(agnostic, "Cluster", _role(agnostic, ACCOUNT))

    with pytest.raises(RoleAssociationError, match="RoleAccountMismatch"):
        RoleAssociationPolicy(agnostic, "Policy", clusters=[cluster], pass_roles=[_role(agnostic, OTHER_ACCOUNT)])

    assert _asserted(ACCOUNT) == _rules(agnostic)


def test_a_failed_warehouse_takes_its_rule_back(agnostic: cdk.Stack) -> None:
    """An error leaves neither construct nor Rule, and does not bind the stack to an account."""
    path = "x" * 500
    roles = [iam.Role.from_role_arn(agnostic, f"R{n}", f"arn:aws:iam::{ACCOUNT}:role/{path}/r{n}") for n in range(13)]

    with pytest.raises(RoleAssociationError, match="PolicyTooLarge"):
        RedshiftWarehouse(agnostic, "Warehouse", roles=roles, role_limit=50, cluster_subnet_group_name="subnets")

    assert agnostic.node.try_find_child("Warehouse") is None
    _cluster(agnostic, "Cluster", _role(agnostic, OTHER_ACCOUNT))
    assert _asserted(OTHER_ACCOUNT) == _rules(agnostic)


def test_a_literal_role_brings_one_rule_for_the_whole_stack(agnostic: cdk.Stack) -> None:
    """Clusters, policies and roles that come later share it, and nothing is left undecided."""
    first = _cluster(agnostic, "First", _role(agnostic, ACCOUNT))
    second = _cluster(agnostic, "Second")
    second.add_role(_role(agnostic, ACCOUNT, "Another"))
    RoleAssociationPolicy(agnostic, "Policy", clusters=[first, second], pass_roles=[*first.roles, *second.roles])

    assert _asserted(ACCOUNT) == _rules(agnostic)
    assert ([], []) == (failures_of(agnostic.node.root), warnings_of(agnostic.node.root))


def test_a_nested_stack_puts_the_rule_into_the_top_level_stack(agnostic: cdk.Stack) -> None:
    """A Rule of a nested stack would come after the first resources; the parent's comes before all."""
    nested = cdk.NestedStack(agnostic, "Nested")
    _cluster(nested, "Inside", _role(nested, ACCOUNT))
    _cluster(agnostic, "Outside", _role(agnostic, ACCOUNT))

    assert _asserted(ACCOUNT) == _rules(agnostic)
    assert {} == _rules(nested)
    assert ([], []) == (failures_of(agnostic.node.root), warnings_of(agnostic.node.root))


def test_a_rule_that_is_removed_leaves_the_account_undecided(agnostic: cdk.Stack) -> None:
    """The guard believes the template, not our memory."""
    _cluster(agnostic, "Cluster", _role(agnostic, ACCOUNT))
    agnostic.node.try_remove_child(RULE_ID)

    assert ["RoleAccountUndecided"] == warnings_of(agnostic.node.root)


def test_a_known_account_needs_no_rule(stack: cdk.Stack) -> None:
    """What is decided at synth time is not asked again."""
    _cluster(stack, "Cluster", _role(stack, ACCOUNT))

    assert {} == _rules(stack)


def test_a_role_of_the_deployments_account_needs_no_rule(agnostic: cdk.Stack) -> None:
    """A role by name is right by construction."""
    _cluster(agnostic, "Cluster", iam.Role.from_role_name(agnostic, "Role", "Loader"))

    assert {} == _rules(agnostic)


SETTLED = f"the stack already names a role of {ACCOUNT} and can be of one account only"


def _refused(call: Callable[[], object]) -> list[tuple[str, str]]:
    with pytest.raises(RoleAssociationError) as caught:
        call()
    return [(finding.rule, finding.message) for finding in caught.value.findings]


def test_fails_when_grants_to_roles_of_two_accounts_meet(agnostic: cdk.Stack) -> None:
    """The second policy would be on a role of the same name in the first account."""
    mine, other = _role(agnostic, ACCOUNT), _role(agnostic, OTHER_ACCOUNT)
    RedshiftGrants.of(mine).copy_from_emr("j-1")
    before = [construct.node.path for construct in agnostic.node.find_all()]

    assert [("RoleAccountMismatch", f"the role is in account {OTHER_ACCOUNT}, {SETTLED}")] == _refused(
        lambda: RedshiftGrants.of(other).copy_from_emr("j-1")
    )
    assert before == [construct.node.path for construct in agnostic.node.find_all()]
    assert _asserted(ACCOUNT) == _rules(agnostic)


def test_fails_when_a_grant_contradicts_a_cluster(agnostic: cdk.Stack) -> None:
    """Grants share the Rule with clusters, also from a nested stack."""
    _cluster(agnostic, "Cluster", _role(agnostic, ACCOUNT))
    other = _role(cdk.NestedStack(agnostic, "Nested"), OTHER_ACCOUNT)

    assert ["RoleAccountMismatch"] == [
        rule for rule, _ in _refused(lambda: RedshiftGrants.of(other).copy_from_emr("j-1"))
    ]


@pytest.mark.parametrize("who", ["user", "role"])
def test_fails_when_somebody_passes_roles_of_two_accounts(agnostic: cdk.Stack, who: str) -> None:
    """Whether the people or the roles are known by their account."""
    if who == "user":
        role: iam.IRole = RedshiftRole(agnostic, "Role")
        mine, other = (
            iam.User.from_user_arn(agnostic, f"U{account}", f"arn:aws:iam::{account}:user/loader")
            for account in (ACCOUNT, OTHER_ACCOUNT)
        )
        RedshiftGrants.of(role).pass_role(mine)
        found = _refused(lambda: RedshiftGrants.of(role).pass_role(other))
    else:
        user = iam.User(agnostic, "User")
        RedshiftGrants.of(_role(agnostic, ACCOUNT)).pass_role(user)
        found = _refused(lambda: RedshiftGrants.of(_role(agnostic, OTHER_ACCOUNT)).pass_role(user))
    label = f"'grantee' (Anywhere/U{OTHER_ACCOUNT})" if who == "user" else "the role"

    assert [("RoleAccountMismatch", f"{label} is in account {OTHER_ACCOUNT}, {SETTLED}")] == found
    assert _asserted(ACCOUNT) == _rules(agnostic)


def test_fails_when_first_roles_of_two_accounts_are_chained(agnostic: cdk.Stack) -> None:
    """Each would have a policy in this stack."""
    last = RedshiftRole(agnostic, "Last", role_name="last")
    RoleChain(_role(agnostic, ACCOUNT), last)
    other = _role(agnostic, OTHER_ACCOUNT)

    assert [
        ("RoleAccountMismatch", f"roles[0] (Anywhere/Loader{OTHER_ACCOUNT}) is in account {OTHER_ACCOUNT}, {SETTLED}")
    ] == _refused(lambda: RoleChain(other, last))


def test_a_later_role_of_a_chain_may_be_of_another_account(agnostic: cdk.Stack) -> None:
    """That is what chains are for; nothing is written on it here."""
    chain = RoleChain(_role(agnostic, ACCOUNT), _role(agnostic, OTHER_ACCOUNT))

    assert 1 == len(chain.required_policies)
    assert _asserted(ACCOUNT) == _rules(agnostic)


@pytest.mark.parametrize(
    "refused",
    [
        lambda stack: RedshiftGrants.of(_role(stack, ACCOUNT)).copy_from(_known_by_alias(stack)),
        lambda stack: RedshiftGrants.of(_role(stack, ACCOUNT)).copy_from_emr("lake"),
        lambda stack: RedshiftGrants.of(_role(stack, ACCOUNT)).pass_role(iam.ServicePrincipal("ec2.amazonaws.com")),
        lambda stack: RoleChain(_role(stack, ACCOUNT), iam.Role.from_role_arn(stack, "X", "arn:aws:iam::1:user/x")),
    ],
)
def test_what_is_refused_binds_the_stack_to_no_account(agnostic: cdk.Stack, refused: Callable[[Any], object]) -> None:
    """A caught error leaves no Rule, and another account's role is welcome."""
    _refused(lambda: refused(agnostic))

    assert agnostic.node.try_find_child(RULE_ID) is None
    RedshiftGrants.of(_role(agnostic, OTHER_ACCOUNT)).copy_from_emr("j-1")
    assert _asserted(OTHER_ACCOUNT) == _rules(agnostic)


def _known_by_alias(stack: cdk.Stack) -> s3.IBucket:
    alias = kms.Alias.from_alias_name(stack, "Alias", "alias/sales")
    return s3.Bucket.from_bucket_attributes(stack, "Lake", bucket_name="lake", encryption_key=alias)


def test_a_failing_cluster_leaves_the_rule_of_an_earlier_one(agnostic: cdk.Stack) -> None:
    """The Rule is removed only together with the construct that wrote it."""
    _cluster(agnostic, "First", _role(agnostic, ACCOUNT))
    vpc = ec2.Vpc.from_vpc_attributes(agnostic, "Vpc", vpc_id="vpc-1", availability_zones=["a"])

    with pytest.raises(RoleAssociationError):
        RedshiftCluster(agnostic, "Second", vpc=vpc)

    assert _asserted(ACCOUNT) == _rules(agnostic)


def test_a_cluster_that_fails_halfway_removes_its_rule(agnostic: cdk.Stack) -> None:
    """The default role fails after the Rule is written, because a construct has the name of its resource."""
    Construct(agnostic, ASSOCIATION)
    role = _role(agnostic, ACCOUNT)

    with pytest.raises(RoleAssociationError):
        RedshiftCluster(agnostic, "Cluster", roles=[role], default_role=role, cluster_subnet_group_name="subnets")

    assert agnostic.node.try_find_child(RULE_ID) is None


def test_a_literal_role_beside_an_unknown_one_brings_a_rule(agnostic: cdk.Stack) -> None:
    """The account is taken from the first role whose account is known."""
    unknown = iam.Role.from_role_arn(agnostic, "Unknown", cdk.Fn.import_value("RoleArn"))
    _cluster(agnostic, "Cluster", unknown, _role(agnostic, ACCOUNT))

    assert _asserted(ACCOUNT) == _rules(agnostic)


@pytest.mark.parametrize("kind", ["users", "groups"])
def test_a_user_or_group_of_a_literal_account_brings_a_rule(agnostic: cdk.Stack, kind: str) -> None:
    """The roles are of the stack's own account, so that only the person names an account."""
    person: dict[str, Any] = {
        "users": [iam.User.from_user_arn(agnostic, "User", f"arn:aws:iam::{ACCOUNT}:user/loader")],
        "groups": [iam.Group.from_group_arn(agnostic, "Group", f"arn:aws:iam::{ACCOUNT}:group/loaders")],
    }
    options = {kind: person[kind]}
    role = RedshiftRole(agnostic, "Role")
    RoleAssociationPolicy(agnostic, "Policy", clusters=["warehouse"], pass_roles=[role], **options)

    assert _asserted(ACCOUNT) == _rules(agnostic)
