"""What to do about a broken rule."""

from __future__ import annotations

from dataclasses import replace

import pytest

from redshift_roles.aws.arns import THIS_ACCOUNT
from redshift_roles.rules import fixes
from tests.conftest import ACCOUNT, OTHER_ACCOUNT
from tests.support.builders import holder, role


@pytest.mark.parametrize(
    ("count", "noun", "plain", "fix"),
    [
        (11, "cluster", False, "drop 1 role, or pass role_limit=11 (the AWS quota in eu-west-1 is 50)"),
        (12, "cluster", True, "drop 2 roles, or pass --role-limit 12 (the AWS quota in eu-west-1 is 50)"),
        (51, "cluster", True, "drop 41 roles (the AWS quota in eu-west-1 is 50 and not adjustable)"),
        (12, "namespace", False, "drop 2 roles, or pass role_limit=12 (AWS documents no quota for a namespace)"),
        (50, "namespace", True, "drop 40 roles, or pass --role-limit 50 (AWS documents no quota for a namespace)"),
        (51, "namespace", False, "drop 41 roles, or acknowledge this (AWS documents no quota for a namespace)"),
    ],
)
def test_too_many_roles_are_dropped_or_allowed(count: int, noun: str, plain: bool, fix: str) -> None:
    """Up to AWS's quota a larger limit will do; a namespace has no quota that is documented."""
    assert fix == fixes.too_many(count, holder(noun=noun, plain=plain))


def test_a_small_quota_is_none_of_a_namespace() -> None:
    """The isolated regions limit clusters."""
    facts = holder(noun="namespace", region="us-iso-east-1", role_limit=20)

    assert "drop 5 roles, or pass role_limit=25 (AWS documents no quota for a namespace)" == fixes.too_many(25, facts)


@pytest.mark.parametrize("noun", ["cluster", "namespace"])
def test_a_role_of_another_account_is_chained(noun: str) -> None:
    """Clusters and namespaces alike assume it through one of their own account."""
    fix = f"associate a role of account {ACCOUNT} and let it assume this one (role chaining: IAM_ROLE 'first,second')"
    assert fix == fixes.same_account(ACCOUNT, holder(noun=noun))


def test_a_policy_names_roles_of_its_account() -> None:
    """Nobody passes a role across accounts."""
    fix = f"name roles of account {ACCOUNT} only; iam:PassRole cannot cross accounts"
    assert fix == fixes.same_account(ACCOUNT, holder(noun="policy"))


@pytest.mark.parametrize(
    ("words", "plain", "fix"),
    [
        (
            "'roles'",
            False,
            "pass the role itself or its literal ARN, or acknowledge this when it is a role of that account",
        ),
        (
            "IamRoles",
            True,
            "name the role by Fn::GetAtt or by its literal ARN; nothing to do when it is a role of that account",
        ),
    ],
)
def test_an_unknown_account_becomes_known(words: str, plain: bool, fix: str) -> None:
    """In an app by the role itself, in a template by its attribute."""
    assert fix == fixes.unknown_account(holder(words=words, plain=plain))


@pytest.mark.parametrize(
    ("words", "plain", "fix"),
    [
        (
            "'roles' with the warehouse's own role",
            False,
            f"give the stack env=Environment(account='{ACCOUNT}', region=…), or pass the role through 'roles'",
        ),
        (
            "'pass_roles'",
            False,
            f"give the stack env=Environment(account='{ACCOUNT}', region=…), or pass the role through 'pass_roles'",
        ),
        (
            "IamRoles",
            False,
            (
                f"give the stack env=Environment(account='{ACCOUNT}', region=…), "
                "or write Aws.ACCOUNT_ID for the account in the ARN"
            ),
        ),
        ("IamRoles", True, f"pass --account {ACCOUNT}, or write ${{AWS::AccountId}} for the account in the ARN"),
    ],
)
def test_the_account_of_a_stack_becomes_known(words: str, plain: bool, fix: str) -> None:
    """In an app by env, on the command line by an option; a resource of somebody else has no argument of ours."""
    assert fix == fixes.unnamed_account(role(), holder(words=words, plain=plain))


@pytest.mark.parametrize(("plain", "more"), [(False, ": RedshiftRole(self, 'Role')"), (True, "")])
def test_a_services_role_is_replaced(plain: bool, more: str) -> None:
    """By one of the caller's own."""
    assert f"drop it and create a role of your own{more}" == fixes.own_role(holder(plain=plain))


@pytest.mark.parametrize(
    ("noun", "plain", "fix"),
    [
        ("cluster", False, "use RedshiftRole, or assumed_by=iam.ServicePrincipal('redshift.amazonaws.com')"),
        (
            "namespace",
            False,
            (
                "use RedshiftRole(…, serverless=True), "
                "or assumed_by=iam.ServicePrincipal('redshift-serverless.amazonaws.com')"
            ),
        ),
        (
            "cluster",
            True,
            "allow sts:AssumeRole to the service redshift.amazonaws.com in its AssumeRolePolicyDocument",
        ),
        (
            "namespace",
            True,
            "allow sts:AssumeRole to the service redshift-serverless.amazonaws.com in its AssumeRolePolicyDocument",
        ),
    ],
)
def test_redshift_may_assume_a_role(noun: str, plain: bool, fix: str) -> None:
    """The service is that of the cluster or of the namespace."""
    assert fix == fixes.trust(holder(noun=noun, plain=plain))


@pytest.mark.parametrize(("plain", "name"), [(False, "role_limit"), (True, "--role-limit")])
def test_the_limit_has_the_name_of_the_callers_setting(plain: bool, name: str) -> None:
    """An argument in an app, an option on the command line."""
    assert name == fixes.limit_name(holder(plain=plain))


@pytest.mark.parametrize(
    ("account", "name"), [(OTHER_ACCOUNT, OTHER_ACCOUNT), (THIS_ACCOUNT, "the account of the deployment")]
)
def test_an_account_has_a_name(account: str, name: str) -> None:
    """Its number, or what it will be."""
    assert name == fixes.account_name(account)


@pytest.mark.parametrize(
    ("conditional", "fix"),
    [
        (True, "name a role of account 1, or acknowledge this when the condition holds elsewhere only"),
        (False, "drop that branch, or name a role of account 1 in it"),
    ],
)
def test_a_branch_with_a_wrong_role_is_corrected(conditional: bool, fix: str) -> None:
    """A holder that exists only under a condition may be acknowledged, and another one loses the branch."""
    facts = replace(holder(), conditional=conditional)

    assert fix == fixes.other_branch("account 1", facts)


@pytest.mark.parametrize("words", ["'roles'", "IamRoles"])
def test_a_default_role_is_made_one_of_the_roles(words: str) -> None:
    """The fix names the list of roles as the reader knows it."""
    assert f"add it to {words}, or make one of those roles the default" == fixes.default_role(holder(words=words))


def test_two_default_roles_become_one() -> None:
    """The text says why only one may stay."""
    assert "leave it to one of them: a cluster has one default role" == fixes.ONE_DEFAULT


@pytest.mark.parametrize(("plain", "setting"), [(False, "role_limit=12"), (True, "--role-limit 12")])
def test_a_larger_limit_is_written_as_the_callers_setting(plain: bool, setting: str) -> None:
    """It is an argument in an app and an option on the command line."""
    assert setting == fixes.limit_of(12, holder(plain=plain))


@pytest.mark.parametrize(
    ("noun", "region", "text"),
    [
        ("namespace", "eu-west-1", "AWS documents no quota for a namespace"),
        ("cluster", "eu-west-1", "the AWS quota in eu-west-1 is 50"),
        ("cluster", "us-iso-east-1", "the AWS quota in us-iso-east-1 is 10"),
        ("cluster", None, "the AWS quota is 50"),
    ],
)
def test_the_quota_is_that_of_the_region(noun: str, region: str | None, text: str) -> None:
    """The region is named where it is known."""
    assert text == fixes.quota(holder(noun=noun, region=region))
