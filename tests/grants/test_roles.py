"""The roles that can be granted something: of the app, imported, handed out by CDK, or written by others."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3 as s3

from redshift_roles import RedshiftGrants, RedshiftRole, RoleAssociationError
from redshift_roles.cdk.account_rule import RULE_ID
from tests.conftest import ACCOUNT, OTHER_ACCOUNT
from tests.support.builders import arn
from tests.support.functions import function_of
from tests.support.granted import POLICY, stack_in, statements_of, wrong
from tests.support.templates import all_properties_of, properties_of, template_of

REDSHIFT = iam.ServicePrincipal("redshift.amazonaws.com")


def _imported(stack: cdk.Stack, **options: Any) -> iam.IRole:
    return iam.Role.from_role_arn(stack, "Imported", arn("Imported", path="/team/"), **options)


@pytest.mark.parametrize(
    ("make", "attribute"),
    [
        (function_of, "role"),
        (function_of, "grant_principal"),
        (lambda stack: iam.Role.from_role_name(stack, "Named", "named"), "grant_principal"),
        (lambda stack: iam.LazyRole(stack, "Lazy", assumed_by=iam.AnyPrincipal()), "grant_principal"),
    ],
)
def test_a_role_is_one_role_however_often_cdk_hands_it_out(
    stack: cdk.Stack, bucket: s3.IBucket, make: Callable[[cdk.Stack], Any], attribute: str
) -> None:
    """CDK returns another Python object each time; all of them have the same grants."""
    made = make(stack)
    for prefix in ("a/", "b/", "a/"):
        RedshiftGrants.of(getattr(made, attribute)).copy_from(bucket, prefix=prefix)

    assert ["arn:aws:s3:::sales/a/*", "arn:aws:s3:::sales/b/*"] == statements_of(stack)["ReadObjects"][1]
    assert 1 == len(RedshiftGrants.of(getattr(made, attribute)).policies)


@pytest.mark.parametrize(("account", "written"), [(OTHER_ACCOUNT, ACCOUNT), (ACCOUNT, OTHER_ACCOUNT)])
def test_fails_when_the_role_is_of_another_account_than_its_stack(app: cdk.App, account: str, written: str) -> None:
    """CDK would silently do nothing, or attach the policy to the role of the same name there."""
    stack = stack_in(app, account=written)
    role = iam.Role.from_role_arn(stack, "Role", arn("Role", account=account))

    with pytest.raises(RoleAssociationError) as caught:
        RedshiftGrants.of(role).copy_from_emr("j-1")
    fix = f"write them in a stack of {account}, and let a role of {written} assume it: RoleChain(first, role)"

    assert [("RoleAccountMismatch", f"the role is in account {account}, its stack is in {written}", fix)] == [
        (finding.rule, finding.message, finding.fix) for finding in caught.value.findings
    ]
    assert [] == all_properties_of(stack, POLICY)


@pytest.mark.parametrize(
    "make",
    [
        lambda stack: _imported(stack, mutable=False),
        lambda stack: _imported(stack, mutable=False, add_grants_to_resources=True),
        lambda stack: RedshiftRole(stack, "Own").without_policy_updates(),
    ],
)
def test_fails_when_the_role_takes_no_policies(stack: cdk.Stack, make: Callable[[cdk.Stack], iam.IRole]) -> None:
    """CDK would silently do nothing here too; an import or a role of the app."""
    role = make(stack)
    message = (
        "the role was imported with mutable=False or is a role.without_policy_updates(): CDK attaches no policy to it"
    )

    assert [("InvalidArgument", message)] == wrong(lambda: RedshiftGrants.of(role).copy_from_emr("j-1"))
    assert [] == all_properties_of(stack, POLICY)


@pytest.mark.parametrize(
    ("make", "name"),
    [
        (_imported, "Imported"),
        (lambda stack: iam.Role.from_role_name(stack, "Imported", "named"), "named"),
        (lambda stack: iam.Role.from_role_arn(stack, "Imported", cdk.Fn.import_value("Role")), None),
    ],
)
def test_an_imported_role_gets_its_policy_beside_it(stack: cdk.Stack, make: Any, name: str | None) -> None:
    """By its name, without its path; where its ARN is a token, the deployment reads the name from it."""
    role = make(stack)
    RedshiftGrants.of(role).copy_from_emr("j-1")

    assert [name or stack.resolve(role.role_name)] == properties_of(stack, POLICY)["Roles"]
    assert "ImportedRedshiftGrants" in template_of(stack)["Resources"]


def test_a_role_has_its_policy_in_its_own_stack(app: cdk.App, stack: cdk.Stack) -> None:
    """Also a lazy one and one of a nested stack; it refers to the bucket of the other stack."""
    home, bucket = stack_in(app), s3.Bucket(stack, "Landing")
    nested = cdk.NestedStack(home, "Nested")
    for role in (
        RedshiftRole(home, "Role"),
        iam.LazyRole(home, "Lazy", assumed_by=REDSHIFT),
        RedshiftRole(nested, "Role"),
    ):
        RedshiftGrants.of(role).copy_from(bucket, prefix="x/")

    assert [2, 1, 0] == [len(all_properties_of(one, POLICY)) for one in (home, nested, stack)]


def test_a_literal_account_in_a_stack_without_one_brings_the_rule(agnostic: cdk.Stack) -> None:
    """A deployment to another account stops before any resource is touched."""
    RedshiftGrants.of(_imported(agnostic)).copy_from(s3.Bucket(agnostic, "Landing"))

    assert RULE_ID in template_of(agnostic)["Rules"]


@pytest.mark.parametrize("ours", [True, False])
def test_a_role_that_others_made_has_its_permissions_in_the_report(app: cdk.App, stack: cdk.Stack, ours: bool) -> None:
    """Where CDK is told to write no roles and policies, it writes none, and what the role needs stands in its
    report.
    """
    iam.Role.customize_roles(stack, use_precreated_roles={"Data/Role": "theirs"})
    role = RedshiftRole(stack, "Role") if ours else iam.Role(stack, "Role", assumed_by=REDSHIFT)
    grants, lake = RedshiftGrants.of(role), s3.Bucket.from_bucket_name(stack, "Lake", "lake")
    grants.copy_from(lake, prefix="a/")
    for _ in range(2):
        grants.create_model(lake)
    (reported,) = json.loads((Path(app.synth().directory) / "iam-policy-report.json").read_text())["roles"]
    statements = reported["identityPolicyStatements"]
    written = [json.dumps(statement, sort_keys=True) for statement in statements]

    assert "theirs" == reported["roleName"]
    assert {"Action": "s3:GetObject", "Effect": "Allow", "Resource": "arn:(PARTITION):s3:::lake/a/*"} in statements
    assert {"StringLike": {"s3:prefix": ["a/*"]}} in [statement.get("Condition") for statement in statements]
    assert len(set(written)) == len(written)
    assert "Resources" not in template_of(stack)
    assert () == grants.policies


def test_a_report_beside_the_resources_changes_nothing(stack: cdk.Stack) -> None:
    """CDK can be told to write both."""
    iam.Role.customize_roles(stack, prevent_synthesis=False)
    RedshiftRole(stack, "Role").redshift_grants.copy_from_emr("j-1")

    assert 1 == len(all_properties_of(stack, POLICY))
