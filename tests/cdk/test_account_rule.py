"""The CloudFormation Rule that keeps a stack in the account its roles are of."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import aws_cdk as cdk
import pytest
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
from tests.support.associations import ASSOCIATION, refused
from tests.support.templates import failures_of, template_of, warnings_of


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


SETTLED = f"already names a role of {ACCOUNT} and can be of one account only"


@pytest.mark.parametrize("late", [True, False])
def test_fails_when_two_accounts_are_claimed_for_one_stack(agnostic: cdk.Stack, late: bool) -> None:
    """Two literal ARNs of different accounts can never both match, in one cluster or in two."""
    mine, other = _role(agnostic, ACCOUNT), _role(agnostic, OTHER_ACCOUNT)
    if late:
        _cluster(agnostic, "First", mine)
    ((rule, message),) = refused(lambda: _cluster(agnostic, "Second", *([other] if late else [mine, other])))

    assert "RoleAccountMismatch" == rule
    assert message.endswith(f"is in account {OTHER_ACCOUNT}, the cluster's stack {SETTLED}")
    assert agnostic.node.try_find_child("Second") is None


def test_fails_when_a_policy_or_a_grant_contradicts_a_cluster(agnostic: cdk.Stack) -> None:
    """Clusters, user policies and grants of a stack share one Rule, also from a nested stack."""
    cluster = _cluster(agnostic, "Cluster", _role(agnostic, ACCOUNT))
    other, nested = _role(agnostic, OTHER_ACCOUNT), _role(cdk.NestedStack(agnostic, "Nested"), OTHER_ACCOUNT)

    for define in (
        lambda: RoleAssociationPolicy(agnostic, "Policy", clusters=[cluster], pass_roles=[other]),
        lambda: RedshiftGrants.of(nested).copy_from_emr("j-1"),
    ):
        assert ["RoleAccountMismatch"] == [rule for rule, _ in refused(define)]
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


def test_a_known_account_and_a_role_by_name_need_no_rule(stack: cdk.Stack, agnostic: cdk.Stack) -> None:
    """What is decided at synth time is not asked again; a role by name is of the deployment's account."""
    _cluster(stack, "Cluster", _role(stack, ACCOUNT))
    _cluster(agnostic, "Cluster", iam.Role.from_role_name(agnostic, "Role", "Loader"))

    assert [{}, {}] == [_rules(stack), _rules(agnostic)]


def test_fails_when_grants_to_roles_of_two_accounts_meet(agnostic: cdk.Stack) -> None:
    """The second policy would be on a role of the same name in the first account."""
    mine, other = _role(agnostic, ACCOUNT), _role(agnostic, OTHER_ACCOUNT)
    RedshiftGrants.of(mine).copy_from_emr("j-1")
    before = [construct.node.path for construct in agnostic.node.find_all()]

    assert [("RoleAccountMismatch", f"the role is in account {OTHER_ACCOUNT}, the stack {SETTLED}")] == refused(
        lambda: RedshiftGrants.of(other).copy_from_emr("j-1")
    )
    assert before == [construct.node.path for construct in agnostic.node.find_all()]
    assert _asserted(ACCOUNT) == _rules(agnostic)


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
        found = refused(lambda: RedshiftGrants.of(role).pass_role(other))
    else:
        user = iam.User(agnostic, "User")
        RedshiftGrants.of(_role(agnostic, ACCOUNT)).pass_role(user)
        found = refused(lambda: RedshiftGrants.of(_role(agnostic, OTHER_ACCOUNT)).pass_role(user))
    label = f"'grantee' (Anywhere/U{OTHER_ACCOUNT})" if who == "user" else "the role"

    assert [("RoleAccountMismatch", f"{label} is in account {OTHER_ACCOUNT}, the stack {SETTLED}")] == found
    assert _asserted(ACCOUNT) == _rules(agnostic)


def test_fails_when_first_roles_of_two_accounts_are_chained(agnostic: cdk.Stack) -> None:
    """Each would have a policy in this stack."""
    last = RedshiftRole(agnostic, "Last", role_name="last")
    RoleChain(_role(agnostic, ACCOUNT), last)
    other = _role(agnostic, OTHER_ACCOUNT)

    assert [
        (
            "RoleAccountMismatch",
            f"roles[0] (Anywhere/Loader{OTHER_ACCOUNT}) is in account {OTHER_ACCOUNT}, the stack {SETTLED}",
        )
    ] == refused(lambda: RoleChain(other, last))


def test_a_later_role_of_a_chain_may_be_of_another_account(agnostic: cdk.Stack) -> None:
    """That is what chains are for; nothing is written on it here."""
    chain = RoleChain(_role(agnostic, ACCOUNT), _role(agnostic, OTHER_ACCOUNT))

    assert 1 == len(chain.required_policies)
    assert _asserted(ACCOUNT) == _rules(agnostic)


@pytest.mark.parametrize(
    "grant",
    [
        lambda stack: RedshiftGrants.of(_role(stack, ACCOUNT)).copy_from(_known_by_alias(stack)),
        lambda stack: RedshiftGrants.of(_role(stack, ACCOUNT)).copy_from_emr("lake"),
        lambda stack: RedshiftGrants.of(_role(stack, ACCOUNT)).pass_role(iam.ServicePrincipal("ec2.amazonaws.com")),
        lambda stack: RoleChain(_role(stack, ACCOUNT), iam.Role.from_role_arn(stack, "X", "arn:aws:iam::1:user/x")),
    ],
)
def test_what_is_refused_binds_the_stack_to_no_account(agnostic: cdk.Stack, grant: Callable[[Any], object]) -> None:
    """A caught error leaves no Rule, and another account's role is welcome."""
    refused(lambda: grant(agnostic))

    assert agnostic.node.try_find_child(RULE_ID) is None
    RedshiftGrants.of(_role(agnostic, OTHER_ACCOUNT)).copy_from_emr("j-1")
    assert _asserted(OTHER_ACCOUNT) == _rules(agnostic)


def _known_by_alias(stack: cdk.Stack) -> s3.IBucket:
    alias = kms.Alias.from_alias_name(stack, "Alias", "alias/sales")
    return s3.Bucket.from_bucket_attributes(stack, "Lake", bucket_name="lake", encryption_key=alias)


def test_a_cluster_that_fails_halfway_removes_the_rule_that_it_wrote(agnostic: cdk.Stack) -> None:
    """And no other. The default role fails after the Rule is written: a construct has the id of its resource."""
    Construct(agnostic, ASSOCIATION)
    role = _role(agnostic, ACCOUNT)

    def fail() -> None:
        RedshiftCluster(agnostic, "Second", roles=[role], default_role=role, cluster_subnet_group_name="subnets")

    assert ["InvalidArgument"] == [rule for rule, _ in refused(fail)]
    assert agnostic.node.try_find_child(RULE_ID) is None
    _cluster(agnostic, "First", role)
    assert ["InvalidArgument"] == [rule for rule, _ in refused(fail)]
    assert _asserted(ACCOUNT) == _rules(agnostic)


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
    options, role = {kind: person[kind]}, RedshiftRole(agnostic, "Role")
    RoleAssociationPolicy(agnostic, "Policy", clusters=["warehouse"], pass_roles=[role], **options)

    assert _asserted(ACCOUNT) == _rules(agnostic)
