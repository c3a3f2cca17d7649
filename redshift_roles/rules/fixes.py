"""What to do about a broken rule, in the words of whoever reads it.

Facts flow in; a fix flows out, for the author of a CDK app or, where a template is all that is there, for its author.
"""

from __future__ import annotations

from typing import Final

from redshift_roles.aws import arns, quotas
from redshift_roles.rules.facts import AssociationFacts, RoleFacts

ONE_DEFAULT: Final = "leave it to one of them: a cluster has one default role"


def limit_name(holder: AssociationFacts) -> str:
    """Name the setting that limits the number of roles."""
    return "--role-limit" if holder.plain else "role_limit"


def limit_of(count: int, holder: AssociationFacts) -> str:
    """Write the setting that would allow that many roles."""
    return f"--role-limit {count}" if holder.plain else f"role_limit={count}"


def quota(holder: AssociationFacts) -> str:
    """Say what AWS allows."""
    if holder.noun == "namespace":
        return "AWS documents no quota for a namespace"
    where = f" in {holder.region}" if holder.region else ""
    return f"the AWS quota{where} is {quotas.role_quota(holder.region)}"


def too_many(count: int, holder: AssociationFacts) -> str:
    """Say how many roles to drop, or which limit would allow them all."""
    most = quotas.ROLE_QUOTA if holder.noun == "namespace" else quotas.role_quota(holder.region)
    excess = count - min(holder.role_limit or 0, most)
    drop = f"drop {excess} role" if excess == 1 else f"drop {excess} roles"
    if count <= most:
        return f"{drop}, or pass {limit_of(count, holder)} ({quota(holder)})"
    if holder.noun == "namespace":
        return f"{drop}, or acknowledge this ({quota(holder)})"
    return f"{drop} ({quota(holder)} and not adjustable)"


def same_account(account: str, holder: AssociationFacts) -> str:
    """Say how a role of another account can be used all the same."""
    if holder.noun == "policy":
        return f"name roles of account {account} only; iam:PassRole cannot cross accounts"
    return f"associate a role of account {account} and let it assume this one (role chaining: IAM_ROLE 'first,second')"


def other_branch(wanted: str, holder: AssociationFacts) -> str:
    """Say what to do about a role that only a condition brings in."""
    if holder.conditional:
        return f"name a role of {wanted}, or acknowledge this when the condition holds elsewhere only"
    return f"drop that branch, or name a role of {wanted} in it"


def unknown_account(holder: AssociationFacts) -> str:
    """Say how the account of a role becomes known."""
    if holder.plain:
        return "name the role by Fn::GetAtt or by its literal ARN; nothing to do when it is a role of that account"
    return "pass the role itself or its literal ARN, or acknowledge this when it is a role of that account"


def unnamed_account(role: RoleFacts, holder: AssociationFacts) -> str:
    """Say how the account of a stack becomes known."""
    if holder.plain:
        return f"pass --account {role.account}, or write ${{AWS::AccountId}} for the account in the ARN"
    stack = f"give the stack env=Environment(account='{role.account}', region=…)"
    if _is_argument(holder):
        return f"{stack}, or pass the role through {holder.words.partition(' ')[0]}"
    return f"{stack}, or write Aws.ACCOUNT_ID for the account in the ARN"


def _is_argument(holder: AssociationFacts) -> bool:
    """Say whether the roles are an argument of one of our constructs; else they are a property of a resource."""
    return holder.words.startswith("'")


def own_role(holder: AssociationFacts) -> str:
    """Say what to associate instead of a service's role."""
    return "drop it and create a role of your own" + ("" if holder.plain else ": RedshiftRole(self, 'Role')")


def trust(holder: AssociationFacts) -> str:
    """Say how Redshift may assume a role."""
    service = "redshift-serverless.amazonaws.com" if holder.noun == "namespace" else "redshift.amazonaws.com"
    if holder.plain:
        return f"allow sts:AssumeRole to the service {service} in its AssumeRolePolicyDocument"
    ours = "RedshiftRole(…, serverless=True)" if holder.noun == "namespace" else "RedshiftRole"
    return f"use {ours}, or assumed_by=iam.ServicePrincipal('{service}')"


def default_role(holder: AssociationFacts) -> str:
    """Say how the default role becomes one of the associated roles."""
    return f"add it to {holder.words}, or make one of those roles the default"


def account_name(account: str) -> str:
    """Name an account that may not be known."""
    return "the account of the deployment" if account == arns.THIS_ACCOUNT else account
