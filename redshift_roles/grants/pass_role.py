"""Who may pass a role to Amazon Redshift."""

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
from redshift_roles.grants.managed_policies import granted_policies, takes_no_policies
from redshift_roles.rules import arguments, association_rules, registry
from redshift_roles.rules.arguments import shown
from redshift_roles.rules.findings import RoleAssociationError
from redshift_roles.rules.registry import Problem, in_account

_POLICY_ID: Final = "PassRedshiftRoles"
_ATTACHED_BY: Final = (("roles", "role_name"), ("users", "user_name"), ("groups", "group_name"))


def pass_role(role: iam.IRole, grantee: iam.IGrantable) -> RedshiftGrant:
    """Allow a grantee to pass a role to Amazon Redshift and to nothing else."""

    def path() -> str:
        return path_of(role)

    raise_if(path, quotas.PASS_ROLE, arguments.check_grant({"grantee": grantee}))
    principal: Any = grantee.grant_principal
    kind = next((kind for kind, name in _ATTACHED_BY if hasattr(principal, name)), "")
    if not kind:
        wrong = f"'grantee' must be a user, a group, a role, or what runs as a role, got {shown(grantee)}"
        fix = "pass iam.User(…), iam.Group(…), iam.Role(…), or a construct that runs as a role"
        raise_if(path, quotas.PASS_ROLE, [Problem("grantee", wrong, fix)])
    label, home = f"'grantee' ({path_of(principal)})", role_location(principal)
    accounts = principal_account(principal, home), principal_account(role, role_location(role))
    foreign = [*_foreign(label, *accounts, home)]
    if foreign:
        rule = association_rules.ROLE_ACCOUNT_MISMATCH
        raise RoleAssociationError([rule.finding(path(), problem, quotas.PASS_ROLE) for problem in foreign])
    immutable = [takes_no_policies("grantee", label)] if kind == "roles" and is_immutable(principal) else []
    raise_if(path, quotas.PASS_ROLE, [*immutable, *_out_of_reach(role, home)])
    own = own_role(role)
    allowed = permissions.pass_role(role_arn(role), serverless=own is not None and own.serverless)
    granted = granted_policies(principal, home, _POLICY_ID, kind)
    plan = granted.plan(allowed)
    too_large = [registry.POLICY_TOO_LARGE.finding(path(), problem) for problem in granted.problems(plan)]
    if too_large:
        raise RoleAssociationError(too_large)
    account_rule.assert_account(home, accounts)
    granted.write(plan)
    return RedshiftGrant(granted)


def _foreign(label: str, account: str | None, own: str | None, home: Location) -> Iterator[Problem]:
    """Find why the grantee cannot pass the role, or cannot have a policy in its stack."""
    if arns.differ(account, own):
        fix = f"let a user, group or role of account {own} pass it; iam:PassRole cannot cross accounts"
        yield Problem("grantee", in_account(label, account, "the role", own), fix)
    elif arns.differ(account, home.account):
        fix = f"import it in a stack of account {account}"
        yield Problem("grantee", in_account(label, account, "its stack", home.account), fix)
    else:
        yield from account_rule.contradictions(home, [(label, account), ("the role", own)])


def _out_of_reach(role: iam.IRole, home: Location) -> Iterator[Problem]:
    own = role_location(role)
    _, obstacle = (None, None) if own.stack is home.stack else refer(role_arn(role), own, home, "role_name")
    if obstacle:
        reason, fix = obstacle
        yield Problem("", f"the role {reason}", fix)
