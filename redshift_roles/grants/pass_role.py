"""Who may pass a role to Amazon Redshift.

A role and a user, group or role flow in; a managed policy on that one flows out.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from aws_cdk import aws_iam as iam

from redshift_roles.aws import arns, permissions, quotas
from redshift_roles.cdk import account_rule
from redshift_roles.cdk.jsii_compat import is_immutable
from redshift_roles.cdk.location import Location, path_of, refer
from redshift_roles.cdk.role_reader import own_role, principal_account, role_arn, role_location
from redshift_roles.cdk.validation import raise_if
from redshift_roles.grants.grant import RedshiftGrant
from redshift_roles.grants.managed_policies import granted_policies
from redshift_roles.rules import association_rules, grant_arguments, registry
from redshift_roles.rules.findings import RoleAssociationError
from redshift_roles.rules.registry import Problem
from redshift_roles.rules.shapes import shown

_PASSING_ID: Final = "PassRedshiftRoles"
_ATTACHED_BY: Final = (("roles", "role_name"), ("users", "user_name"), ("groups", "group_name"))


def pass_role(role: iam.IRole, grantee: iam.IGrantable) -> RedshiftGrant:
    """Allow a grantee to pass a role to Amazon Redshift and to nothing else."""

    def path() -> str:
        return path_of(role)

    raise_if(path, quotas.PASS_ROLE, grant_arguments.check({"grantee": grantee}))
    principal: Any = grantee.grant_principal
    kind = next((kind for kind, name in _ATTACHED_BY if hasattr(principal, name)), "")
    raise_if(path, quotas.PASS_ROLE, [] if kind else [_nobody(grantee)])
    home = role_location(principal)
    accounts = principal_account(principal, home), principal_account(role, role_location(role))
    named = (f"'grantee' ({path_of(principal)})", accounts[0]), ("the role", accounts[1])
    foreign = (
        [*_foreign(principal, *accounts)]
        or [*_elsewhere(principal, accounts[0], home.account)]
        or [*account_rule.contradictions(home, named)]
    )
    if foreign:
        raise RoleAssociationError(
            [association_rules.ROLE_ACCOUNT_MISMATCH.finding(path(), problem, quotas.PASS_ROLE) for problem in foreign]
        )
    raise_if(path, quotas.PASS_ROLE, [*_unwritable(principal, kind), *_out_of_reach(role, home)])
    own = own_role(role)
    allowed = permissions.pass_role(role_arn(role), serverless=own is not None and own.serverless)
    granted = granted_policies(principal, home, _PASSING_ID, kind)
    plan = granted.plan(allowed)
    too_large = [registry.POLICY_TOO_LARGE.finding(path(), problem) for problem in granted.problems(plan)]
    if too_large:
        raise RoleAssociationError(too_large)
    account_rule.assert_account(home, accounts)
    granted.write(plan)
    return RedshiftGrant(granted)


def _nobody(grantee: object) -> Problem:
    return Problem(
        "grantee",
        f"'grantee' must be a user, a group, a role, or what runs as a role, got {shown(grantee)}",
        "pass iam.User(…), iam.Group(…), iam.Role(…), or a construct that runs as a role",
    )


def _foreign(grantee: iam.IPrincipal, account: str | None, own: str | None) -> Iterator[Problem]:
    if arns.differ(account, own):
        yield Problem(
            "grantee",
            f"'grantee' ({path_of(grantee)}) is in account {account}, the role is in {own}",
            f"let a user, group or role of account {own} pass it; iam:PassRole cannot cross accounts",
        )


def _elsewhere(grantee: iam.IPrincipal, account: str | None, written: str) -> Iterator[Problem]:
    if arns.differ(account, written):
        yield Problem(
            "grantee",
            f"'grantee' ({path_of(grantee)}) is in account {account}, its policy would be in {written}",
            f"import it in a stack of account {account}",
        )


def _unwritable(grantee: iam.IRole, kind: str) -> Iterator[Problem]:
    if kind == "roles" and is_immutable(grantee):
        what = f"'grantee' ({path_of(grantee)}) was imported with mutable=False or is a role.without_policy_updates()"
        yield Problem(
            "",
            f"{what}, so CDK attaches no policy to it",
            "import it with mutable=True, give the role itself, or let whoever owns it write the permission",
        )


def _out_of_reach(role: iam.IRole, home: Location) -> Iterator[Problem]:
    own = role_location(role)
    _, obstacle = (None, None) if own.stack is home.stack else refer(role_arn(role), own, home, "role_name")
    if obstacle:
        reason, fix = obstacle
        yield Problem("", f"the role {reason}", fix)
