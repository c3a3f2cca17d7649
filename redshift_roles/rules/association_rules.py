"""The rules about the roles of clusters, Serverless namespaces, user policies and chains."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Final

from redshift_roles.aws import arns, quotas
from redshift_roles.aws.placeholders import has_placeholder, literal_start, readable
from redshift_roles.rules import branches
from redshift_roles.rules.facts import AssociationFacts, RoleFacts
from redshift_roles.rules.registry import INVALID_ARGUMENT, Problem, Rule, in_account

ROLE_LIMIT_OUT_OF_RANGE: Final = Rule(
    "RoleLimitOutOfRange",
    "role_limit is 1 to 50, and at most 10 in us-iso-east-1, us-iso-west-1 and us-isob-east-1.",
    "AWS's quota is not adjustable; a larger limit would promise what Redshift refuses.",
    quotas.QUOTAS,
)


def role_limit_out_of_range(association: AssociationFacts) -> Iterator[Problem]:
    """Check the limit itself."""
    name, limit, quota = _limit_name(association), association.role_limit, quotas.role_quota(association.region)
    if limit is not None and not 1 <= limit <= quota:
        where = f" in {association.region}" if association.region else ""
        fix = f"pass a {name} from 1 to {quota}; the AWS quota is not adjustable"
        yield Problem("role_limit", f"'{name}' must be 1 to {quota}{where}, got {limit}", fix)


def _limit_name(association: AssociationFacts) -> str:
    return "role_limit" if association.origin == "app" else "--role-limit"


ROLE_QUOTA_EXCEEDED: Final = Rule(
    "RoleQuotaExceeded",
    "A cluster or namespace has at most role_limit distinct roles.",
    "Redshift refuses to associate a role beyond a cluster's quota, at deploy time.",
    quotas.QUOTAS,
)


def role_quota_exceeded(association: AssociationFacts) -> Iterator[Problem]:
    """Count the distinct roles that are there whatever the conditions are."""
    limit = association.role_limit
    fewest, most = _count(association)
    if limit is not None and fewest > max(limit, 0):
        has = "has" if fewest == most and not association.more_roles else "has at least"
        message = f"{_listed(association)} {has} {fewest} entries, '{_limit_name(association)}' is {limit}"
        yield Problem(association.argument, message, _fewer(fewest, limit, association))


def _count(association: AssociationFacts) -> tuple[int, int]:
    everything = (*association.others, *association.roles)
    return branches.count(replace(association, roles=everything) if association.others else association)


def _quoted(argument: str) -> str:
    """Write an argument in quotation marks, and a property of a template without."""
    return argument if argument[:1].isupper() else f"'{argument}'"


def _listed(association: AssociationFacts) -> str:
    return _quoted(association.argument) + (" with the cluster's other roles" if association.others else "")


def _fewer(count: int, limit: int, association: AssociationFacts) -> str:
    """Write how many roles to drop, or which limit would allow them all."""
    is_namespace = association.kind == "namespace"
    most = quotas.ROLE_QUOTA if is_namespace else quotas.role_quota(association.region)
    where = f" in {association.region}" if association.region else ""
    quota = "AWS documents no quota for a namespace" if is_namespace else f"the AWS quota{where} is {most}"
    excess = count - min(limit, most)
    drop = f"drop {excess} role" if excess == 1 else f"drop {excess} roles"
    if count <= most:
        return (
            f"{drop}, or pass {_limit_name(association)}{'=' if association.origin == 'app' else ' '}{count} ({quota})"
        )
    return f"{drop}, or acknowledge this ({quota})" if is_namespace else f"{drop} ({quota} and not adjustable)"


ROLE_ARN_INVALID: Final = Rule(
    "RoleArnInvalid",
    "Each role is given by the ARN of an IAM role.",
    "Redshift refuses anything but the ARN of one IAM role, at deploy time.",
    quotas.IAM_IDENTIFIERS,
)


def role_arn_invalid(association: AssociationFacts) -> Iterator[Problem]:
    """Find what is not the ARN of an IAM role."""
    arguments = ((association.argument, association.roles), (association.default_argument, association.default_roles))
    for argument, roles in arguments:
        for role in roles:
            if role.parsed.problem:
                what = "a list of ARNs" if role.problem else "the ARN"
                fix = f"give {what} of an IAM role: arn:PARTITION:iam::ACCOUNT:role/NAME, with its path if it has one"
                yield Problem(argument, f"{role} is '{readable(role.arn)}', which {role.parsed.problem}", fix)


ROLE_ACCOUNT_MISMATCH: Final = Rule(
    "RoleAccountMismatch",
    "A role and the cluster or policy that names it are of one account.",
    "Redshift associates only roles of the cluster's own account, and iam:PassRole cannot cross accounts.",
    quotas.ASSOCIATING_ROLES,
)


def role_account_mismatch(association: AssociationFacts) -> Iterator[Problem]:
    """Compare accounts where both are known."""
    account = association.settled_account
    fix = f"associate a role of account {account} and let it assume this one (role chaining: IAM_ROLE 'first,second')"
    if association.kind == "policy":
        fix = f"name roles of account {account} only; iam:PassRole cannot cross accounts"
    for role in _of_another_account(association):
        yield Problem(association.argument, _in_account(role, association), fix)


def _of_another_account(association: AssociationFacts) -> list[RoleFacts]:
    """List the roles that are of another account, whatever the conditions are.

    A resource under a condition may be meant for that account; two accounts in its list are wrong in any.
    """
    account = association.settled_account
    if not association.conditional:
        return branches.unavoidable(association, lambda role: arns.differ(role.account, account))
    named = [role for role in association.roles if role.literal_account and not role.conditional]
    if all(role.account == named[0].account for role in named):
        return []
    return [role for role in named if arns.differ(role.account, account)]


def _in_account(role: RoleFacts, association: AssociationFacts, when: str = "") -> str:
    is_open = association.account == arns.THIS_ACCOUNT
    home = f"the {association.kind}'s stack" if is_open else f"the {association.kind}"
    return in_account(str(role), f"{role.account}{when}", home, association.settled_account, named=is_open)


ROLE_PARTITION_MISMATCH: Final = Rule(
    "RolePartitionMismatch",
    "A role's ARN is of the partition its cluster is in.",
    "A role exists in one partition only; the ARN names a role that is not there.",
    quotas.ARN_FORMAT,
)


def role_partition_mismatch(association: AssociationFacts) -> Iterator[Problem]:
    """Compare partitions where both are known."""
    fix = f"name a role of partition '{association.partition}'"
    for role in _of_another_partition(association):
        yield Problem(association.argument, _in_partition(role, association), fix)


def _of_another_partition(association: AssociationFacts) -> list[RoleFacts]:
    """List the roles that are of another partition, whatever the conditions are."""
    if association.conditional:
        return []
    return branches.unavoidable(association, lambda role: _differs_in_partition(role, association))


def _differs_in_partition(role: RoleFacts, association: AssociationFacts) -> bool:
    known = association.partition is not None and not role.parsed.problem
    return known and role.parsed.partition not in (None, association.partition)


def _in_partition(role: RoleFacts, association: AssociationFacts, when: str = "") -> str:
    where = f"the {association.kind} is in {association.region}, which is in '{association.partition}'"
    return f"{role} is in partition '{role.parsed.partition}'{when}, {where}"


ROLE_DUPLICATED: Final = Rule(
    "RoleDuplicated",
    "Each role is associated once.",
    "CloudFormation sends the list as it is; a role that stands in it twice hides a mistake.",
    quotas.ASSOCIATING_ROLES,
)


def role_duplicated(association: AssociationFacts) -> Iterator[Problem]:
    """Find a role that a cluster has twice; a policy that names one twice allows nothing more."""
    if association.kind == "policy":
        return
    first: dict[object, RoleFacts] = {}
    for role in (*association.others, *association.roles):
        if (role.conditional and not role.when) or role.parsed.problem:
            continue
        earlier = first.setdefault((association.identity(role), role.when), role)
        if earlier is role or role.owner:
            continue
        if earlier.owner:
            message = f"{role} is associated with the same cluster by {earlier.owner()} too"
            fix = "leave it to one of them: what one removes, the other still wants"
        else:
            message, fix = f"{role} and {earlier} are the same role", f"drop {role.label}"
        yield Problem(association.argument, message, fix)


SERVICE_LINKED_ROLE: Final = Rule(
    "ServiceLinkedRole",
    "No service-linked role is associated.",
    "A service-linked role belongs to its service; Redshift refuses to associate it.",
    quotas.SERVICE_LINKED_ROLES,
)


def service_linked_role(association: AssociationFacts) -> Iterator[Problem]:
    """Find roles that belong to an AWS service."""
    fix = "drop it and create a role of your own" + _in_app(association, ": RedshiftRole(self, 'Role')")
    for role in association.roles:
        if (role.parsed.resource or "").startswith("role/aws-service-role/"):
            message = f"{role} is '{readable(role.arn)}', a service-linked role"
            yield Problem(association.argument, message, fix)


def _in_app(association: AssociationFacts, text: str) -> str:
    return text if association.origin == "app" else ""


def role_not_referable(association: AssociationFacts) -> Iterator[Problem]:
    """Find roles that CDK cannot refer to from the stack of the association."""
    fix = "give both stacks the same env=, or pass iam.Role.from_role_arn(…) with the role's literal ARN"
    for role in association.roles:
        if role.reference_problem:
            yield Problem(association.argument, f"{role} {role.reference_problem}", fix)


def two_default_roles(association: AssociationFacts) -> Iterator[Problem]:
    """Find a second default role of the same cluster."""
    if association.default_roles and association.other_default:
        given, other = _quoted(association.default_argument), association.other_default()
        message = f"{given} is given, and {other} sets the default role of the same cluster too"
        yield Problem(association.default_argument, message, "leave it to one of them: a cluster has one default role")


TRUST_LACKS_REDSHIFT: Final = Rule(
    "TrustLacksRedshift",
    "Each associated role that the app defines lets Redshift assume it.",
    "Redshift refuses: the IAM role must delegate access to an Amazon Redshift account.",
    quotas.AUTHORIZING_REDSHIFT,
)


def trust_lacks_redshift(association: AssociationFacts) -> Iterator[Problem]:
    """Find roles of this app that Redshift may not assume."""
    is_namespace = association.kind == "namespace"
    service = "redshift-serverless.amazonaws.com" if is_namespace else "redshift.amazonaws.com"
    ours = "RedshiftRole(…, serverless=True)" if is_namespace else "RedshiftRole"
    fix = f"use {ours}, or assumed_by=iam.ServicePrincipal('{service}')"
    if association.origin == "template":
        fix = f"allow sts:AssumeRole to the service {service} in its AssumeRolePolicyDocument"
    for role in association.roles:
        if role.trust_problem:
            yield Problem(association.argument, f"{role} {role.trust_problem}", fix)


DEFAULT_ROLE_NOT_ASSOCIATED: Final = Rule(
    "DefaultRoleNotAssociated",
    "The default role is one of the associated roles.",
    "Redshift refuses a default role that is not associated, at deploy time.",
    quotas.DEFAULT_ROLE,
)


def default_role_not_associated(association: AssociationFacts) -> Iterator[Problem]:
    """Find a default role that is surely not among the roles."""
    for role in _other_defaults(association):
        if not _may_be_among(role, association):
            message = f"{_named(role)} is not among {_quoted(association.argument)}"
            yield Problem(association.default_argument, message, _add_default(association))


def _add_default(association: AssociationFacts) -> str:
    return f"add it to {_quoted(association.argument)}, or make one of those roles the default"


def _named(role: RoleFacts) -> str:
    return f"{role.label} ({readable(role.parsed.resource or role.arn).removeprefix('role/')})"


def _other_defaults(association: AssociationFacts) -> list[RoleFacts]:
    """List what the default role may be and no associated role is."""
    among = {association.identity(role) for role in (*association.others, *association.roles)}
    found = (role for role in association.default_roles if association.identity(role) not in among)
    return [role for role in found if not role.parsed.problem]


def _may_be_among(role: RoleFacts, association: AssociationFacts) -> bool:
    everything = (*association.others, *association.roles)
    return (
        role.conditional or association.more_roles or any(_may_be_one(role, other, association) for other in everything)
    )


def _may_be_one(role: RoleFacts, other: RoleFacts, association: AssociationFacts) -> bool:
    """Return whether two roles that are written differently may still be one."""
    settled = association.settled_account
    accounts = [settled if each.account == arns.THIS_ACCOUNT else each.account for each in (role, other)]
    if other.parsed.problem or arns.differ(*accounts):
        return False
    if _is_another(role, other) or _is_another(other, role):
        return False
    name, other_name = (each.parsed.resource or arns.THIS_ACCOUNT for each in (role, other))
    return _may_become(name, other_name) or _may_become(other_name, name)


def _is_another(role: RoleFacts, other: RoleFacts) -> bool:
    """Return whether a role of the app is surely not this one: its name will be made up."""
    return role.defined and (other.defined or not has_placeholder(other.arn))


def _may_become(name: str, other: str) -> bool:
    return other.startswith(literal_start(name)) if has_placeholder(name) else other == name


ROLE_COUNT_UNDECIDED: Final = Rule(
    "RoleCountUndecided",
    "The number of roles of a cluster or namespace is known at synth time.",
    "A list parameter, a condition or a macro may take it over its role limit at deploy time.",
    quotas.QUOTAS,
    undecided=True,
)


def role_count_undecided(association: AssociationFacts) -> Iterator[Problem]:
    """Find lists of which only the deployment knows whether they keep the limit."""
    limit = association.role_limit
    fewest, most = _count(association)
    if limit is not None and fewest <= limit and (association.more_roles or most > limit):
        reason = f"may have {most} entries"
        if association.more_roles:
            reason = "holds a list that only the deployment knows"
        message = f"{_listed(association)} {reason}, '{_limit_name(association)}' is {limit}"
        fix = "name the roles one by one without conditions, or acknowledge this when the deployment keeps the limit"
        yield Problem(association.argument, message, fix)


ROLE_ACCOUNT_UNDECIDED: Final = Rule(
    "RoleAccountUndecided",
    "The account of each associated role is known at synth time.",
    "A role of another account would be refused only at deploy time.",
    quotas.ASSOCIATING_ROLES,
    undecided=True,
)
_WHEN: Final = " where a condition holds"


def role_account_undecided(association: AssociationFacts) -> Iterator[Problem]:
    """Find roles whose account or partition only the deployment knows."""
    account = association.settled_account
    elsewhere = [role for role in association.roles if _differs_in_partition(role, association)]
    open_roles = [role for role in association.roles if role.account != association.account or role in elsewhere]
    broken = [*_of_another_account(association), *_of_another_partition(association)] if open_roles else []
    for role in open_roles:
        if role.parsed.problem or role in broken:
            continue
        if role in elsewhere:
            message = _in_partition(role, association, _WHEN)
            yield Problem(
                association.argument, message, _other_branch(f"partition '{association.partition}'", association)
            )
        elif role.account is None:
            unknown = f"{role} is {readable(role.arn)}, whose account only the deployment knows"
            known = "the account of the deployment" if account == arns.THIS_ACCOUNT else account
            message = f"{unknown}; the {association.kind} is in {known}"
            yield Problem(association.argument, message, _known_account(association))
        elif arns.differ(role.account, account):
            message = _in_account(role, association, _WHEN)
            yield Problem(association.argument, message, _other_branch(f"account {account}", association))
        elif role.literal_account and association.account == arns.THIS_ACCOUNT and not association.account_asserted:
            message = f"{role} is in account {role.account}, the {association.kind}'s stack names no account"
            yield Problem(association.argument, message, _named_account(role, association))


def _other_branch(wanted: str, association: AssociationFacts) -> str:
    """Write what to do about a role that only a condition brings in."""
    if association.conditional:
        return f"name a role of {wanted}, or acknowledge this when the condition holds elsewhere only"
    return f"drop that branch, or name a role of {wanted} in it"


def _known_account(association: AssociationFacts) -> str:
    """Write how the account of a role becomes known."""
    if association.origin == "template":
        return "name the role by Fn::GetAtt or by its literal ARN; nothing to do when it is a role of that account"
    return "pass the role itself or its literal ARN, or acknowledge this when it is a role of that account"


def _named_account(role: RoleFacts, association: AssociationFacts) -> str:
    """Write how the account of a stack becomes known."""
    if association.origin == "template":
        return f"pass --account {role.account}, or write ${{AWS::AccountId}} for the account in the ARN"
    stack = f"give the stack env=Environment(account='{role.account}', region=…)"
    argument = _quoted(association.argument)
    if argument == association.argument:
        return f"{stack}, or write Aws.ACCOUNT_ID for the account in the ARN"
    return f"{stack}, or pass the role through {argument}"


DEFAULT_ROLE_UNDECIDED: Final = Rule(
    "DefaultRoleUndecided",
    "It is known at synth time that the default role is one of the associated roles.",
    "A default role that is not associated would be refused only at deploy time.",
    quotas.DEFAULT_ROLE,
    undecided=True,
)


def default_role_undecided(association: AssociationFacts) -> Iterator[Problem]:
    """Find a default role of which only the deployment knows whether it is among the roles."""
    for role in _other_defaults(association):
        if _may_be_among(role, association):
            message = f"only the deployment knows whether {_named(role)} is among {_quoted(association.argument)}"
            yield Problem(association.default_argument, message, _add_default(association))


Check = Callable[[AssociationFacts], Iterator[Problem]]

CHECKS: Final[tuple[tuple[Rule, Check], ...]] = (
    (ROLE_LIMIT_OUT_OF_RANGE, role_limit_out_of_range),
    (ROLE_QUOTA_EXCEEDED, role_quota_exceeded),
    (ROLE_ARN_INVALID, role_arn_invalid),
    (ROLE_ACCOUNT_MISMATCH, role_account_mismatch),
    (ROLE_PARTITION_MISMATCH, role_partition_mismatch),
    (ROLE_DUPLICATED, role_duplicated),
    (SERVICE_LINKED_ROLE, service_linked_role),
    (INVALID_ARGUMENT, role_not_referable),
    (INVALID_ARGUMENT, two_default_roles),
    (TRUST_LACKS_REDSHIFT, trust_lacks_redshift),
    (DEFAULT_ROLE_NOT_ASSOCIATED, default_role_not_associated),
    (ROLE_COUNT_UNDECIDED, role_count_undecided),
    (ROLE_ACCOUNT_UNDECIDED, role_account_undecided),
    (DEFAULT_ROLE_UNDECIDED, default_role_undecided),
)


def problems(association: AssociationFacts, *rules: Rule) -> list[tuple[Rule, Problem]]:
    """Find everything that breaks these rules, or any rule when none is given, each problem once."""
    found = ((rule, problem) for rule, check in CHECKS if not rules or rule in rules for problem in check(association))
    return [*dict.fromkeys(found)]
