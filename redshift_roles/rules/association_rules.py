"""The rules about the roles of clusters, Serverless namespaces, user policies and chains, each with its check."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

from redshift_roles.aws import arns, quotas
from redshift_roles.aws.placeholders import MISSING_ROLE, has_placeholder, is_awaited, literal_start, readable
from redshift_roles.rules.facts import AssociationFacts, RoleFacts
from redshift_roles.rules.registry import INVALID_ARGUMENT, Problem, Rule, in_account

ROLE_LIMIT_OUT_OF_RANGE: Final = Rule(
    "RoleLimitOutOfRange",
    "role_limit is 1 to 50, and for a cluster at most 10 in us-iso-east-1, us-iso-west-1 and us-isob-east-1.",
    "The AWS quota is not adjustable, so Redshift would refuse the roles above it.",
    quotas.QUOTAS,
)


def _limit_out_of_range(association: AssociationFacts) -> Iterator[Problem]:
    name, limit, quota = _limit_name(association), association.role_limit, _largest_limit(association)
    if limit is not None and not 1 <= limit <= quota:
        is_namespace = association.kind == "namespace"
        where = f" in {association.region}" if association.region and not is_namespace else ""
        why = "AWS documents no quota for a namespace" if is_namespace else "the AWS quota is not adjustable"
        fix = f"pass a {name} from 1 to {quota}; {why}"
        yield Problem("role_limit", f"'{name}' must be 1 to {quota}{where}, got {limit}", fix)


def _largest_limit(association: AssociationFacts) -> int:
    """Return the AWS quota of a cluster in its region; that of all other regions for a namespace, which has none."""
    return quotas.ROLE_QUOTA if association.kind == "namespace" else quotas.role_quota(association.region)


def _limit_name(association: AssociationFacts) -> str:
    is_option = association.origin == "template" and not association.limit_written
    return "--role-limit" if is_option else "role_limit"


ROLE_QUOTA_EXCEEDED: Final = Rule(
    "RoleQuotaExceeded",
    "A cluster or namespace has at most role_limit distinct roles.",
    "Redshift refuses to associate a role beyond a cluster's quota, at deploy time.",
    quotas.QUOTAS,
)


def _quota_exceeded(association: AssociationFacts) -> Iterator[Problem]:
    limit = association.role_limit
    least, most = _count(association)
    if limit is not None and least > max(limit, 0):
        has = "has" if least == most and not association.more_roles else "has at least"
        message = f"{_listed(association)} {has} {least} entries, '{_limit_name(association)}' is {limit}"
        yield Problem(association.argument, message, _fewer(least, limit, association))


def _count(association: AssociationFacts) -> tuple[int, int]:
    """Count the distinct roles: how many there are at least, and how many at most."""
    distinct = len(set(association.identities))
    pairs = zip(association.identities, association.all_roles, strict=True)
    sure = len({name for name, role in pairs if not role.conditional})
    least, most = association.conditional_roles
    return min(sure + least, distinct), min(sure + most, distinct)


def _listed(association: AssociationFacts) -> str:
    return _quoted(association.argument) + (f" with the {association.kind}'s other roles" if association.others else "")


def _quoted(argument: str) -> str:
    """Write an argument in quotation marks, and a property of a template without."""
    return argument if argument[:1].isupper() else f"'{argument}'"


def _fewer(count: int, limit: int, association: AssociationFacts) -> str:
    """Write how many roles to drop, or which limit would allow them all."""
    is_namespace = association.kind == "namespace"
    most = _largest_limit(association)
    where = f" in {association.region}" if association.region else ""
    quota = "AWS documents no quota for a namespace" if is_namespace else f"the AWS quota{where} is {most}"
    excess = count - min(limit, most)
    drop = f"drop {excess} role" if excess == 1 else f"drop {excess} roles"
    if count <= most:
        name = _limit_name(association)
        larger = f"--role-limit {count}" if name.startswith("--") else f"{name}={count}"
        return f"{drop}, or pass {larger} ({quota})"
    return f"{drop}, or acknowledge this ({quota})" if is_namespace else f"{drop} ({quota} and not adjustable)"


def _entry(role: RoleFacts, association: AssociationFacts) -> str:
    """Name the list, and in a template the entry, that a role is in."""
    return association.argument if role.position is None else f"{association.argument}[{role.position}]"


ROLE_ARN_INVALID: Final = Rule(
    "RoleArnInvalid",
    "Each role is given by the ARN of an IAM role.",
    "Redshift refuses anything but the ARN of one IAM role, at deploy time.",
    quotas.IAM_IDENTIFIERS,
)


def _arn_invalid(association: AssociationFacts) -> Iterator[Problem]:
    defaults = ((association.default_argument, role) for role in association.default_roles)
    for argument, role in (*((_entry(role, association), role) for role in association.roles), *defaults):
        if role.parsed.problem:
            what = "a list of ARNs" if role.problem else "the ARN"
            fix = f"give {what} of an IAM role: arn:PARTITION:iam::ACCOUNT:role/NAME, with its path if it has one"
            shown = role.written or f"'{readable(role.arn)}'"
            message = f"{role} {role.problem}" if role.fix else f"{role} is {shown}, which {role.parsed.problem}"
            yield Problem(argument, message, role.fix or fix)


ROLE_ACCOUNT_MISMATCH: Final = Rule(
    "RoleAccountMismatch",
    "A role and the cluster or policy that names it are of one account.",
    "Redshift associates only roles of the cluster's own account, and iam:PassRole cannot cross accounts.",
    quotas.ASSOCIATING_ROLES,
)


_WITH_ONE_ROLE: Final = ("scheduled action", "Identity Center application")


def _account_mismatch(association: AssociationFacts) -> Iterator[Problem]:
    account = association.settled_account
    fix = f"associate a role of account {account} and let it assume this one (role chaining: IAM_ROLE 'first,second')"
    if association.kind == "policy":
        fix = f"name roles of account {account} only; iam:PassRole cannot cross accounts"
    if association.kind in _WITH_ONE_ROLE:
        fix = f"name a role of account {account}"
    for role in _of_another_account(association):
        yield Problem(_entry(role, association), _in_account(role, association), fix)


def _of_another_account(association: AssociationFacts) -> list[RoleFacts]:
    """List the roles that are of another account, whatever the conditions are.

    A resource under a condition may be meant for that account; two accounts in its list are wrong in any.
    """
    account = association.settled_account
    if not association.conditional:
        return _unavoidable(association, lambda role: arns.differ(role.account, account))
    named = [role for role in association.roles if role.literal_account and not role.conditional]
    if all(role.account == named[0].account for role in named):
        return []
    return [role for role in named if arns.differ(role.account, account)]


def _unavoidable(association: AssociationFacts, is_wrong: Callable[[RoleFacts], bool]) -> list[RoleFacts]:
    """List the wrong roles that are in the list, or have only wrong alternatives, whatever the conditions are."""
    wrong = [role for role in association.roles if is_wrong(role)]
    avoidable = {role.choice for role in association.roles if role not in wrong} if wrong else set()
    return [role for role in wrong if not role.conditional or (role.choice and role.choice not in avoidable)]


def _in_account(role: RoleFacts, association: AssociationFacts, when: str = "") -> str:
    is_open = association.account == arns.THIS_ACCOUNT
    home = f"the {association.kind}'s stack" if is_open else f"the {association.kind}"
    return in_account(str(role), f"{role.account}{when}", home, association.settled_account, named=is_open)


ROLE_PARTITION_MISMATCH: Final = Rule(
    "RolePartitionMismatch",
    "A role's ARN is of the partition its cluster is in.",
    "A role exists in one partition only, so Redshift would not find it.",
    quotas.ARN_FORMAT,
)


def _partition_mismatch(association: AssociationFacts) -> Iterator[Problem]:
    fix = f"name a role of partition '{association.partition}'"
    for role in _of_another_partition(association):
        yield Problem(_entry(role, association), _in_partition(role, association), fix)


def _of_another_partition(association: AssociationFacts) -> list[RoleFacts]:
    """List the roles that are of another partition, whatever the conditions are."""
    return [] if association.conditional else _unavoidable(association, lambda role: _differs(role, association))


def _differs(role: RoleFacts, association: AssociationFacts) -> bool:
    is_known = association.partition is not None and not role.parsed.problem
    return is_known and role.parsed.partition not in (None, association.partition)


def _in_partition(role: RoleFacts, association: AssociationFacts, when: str = "") -> str:
    where = f"the {association.kind} is in {association.region}, which is in '{association.partition}'"
    return f"{role} is in partition '{role.parsed.partition}'{when}, {where}"


ROLE_DUPLICATED: Final = Rule(
    "RoleDuplicated",
    "Each role is associated once.",
    "CloudFormation passes the list to Redshift as it is, and a role that is listed twice is most likely a mistake.",
    quotas.ASSOCIATING_ROLES,
)


def _duplicated(association: AssociationFacts) -> Iterator[Problem]:
    """Find a role that a cluster has twice; a policy that names one twice allows nothing more."""
    first: dict[object, RoleFacts] = {}
    for name, role in zip(association.identities, association.all_roles, strict=True):
        if association.kind == "policy" or (role.conditional and not role.when) or role.parsed.problem:
            continue
        earlier = first.setdefault((name, role.when), role)
        if earlier is role or role.owner:
            continue
        message, fix = f"{role} and {earlier} are the same role", f"drop {role.label}"
        if earlier.owner:
            message = f"{role} is associated with the same cluster by {earlier.owner()} too"
            fix = "leave it to one of them: what one removes, the other still wants"
        yield Problem(_entry(role, association), message, fix)


SERVICE_LINKED_ROLE: Final = Rule(
    "ServiceLinkedRole",
    "No service-linked role is associated.",
    "A service-linked role belongs to its service; Redshift refuses to associate it.",
    quotas.SERVICE_LINKED_ROLES,
)


def _service_linked(association: AssociationFacts) -> Iterator[Problem]:
    ours = ": RedshiftRole(self, 'Role')" if association.origin == "app" else ""
    for role in association.roles:
        if (role.parsed.resource or "").startswith("role/aws-service-role/"):
            message = f"{role} is '{readable(role.arn)}', a service-linked role"
            yield Problem(_entry(role, association), message, f"drop it and create a role of your own{ours}")


def _not_referable(association: AssociationFacts) -> Iterator[Problem]:
    """Find roles that CDK cannot refer to from the stack of the association."""
    for role in association.roles:
        if role.reference_problem:
            reason, fix = role.reference_problem
            yield Problem(association.argument, f"{role} {reason}", fix)


def two_default_roles(association: AssociationFacts) -> Iterator[Problem]:
    """Find a second default role of the same cluster."""
    if association.default_roles and association.other_default:
        given, other = _quoted(association.default_argument), association.other_default()
        message = f"{given} is given, and {other} sets the default role of the same cluster too"
        yield Problem(association.default_argument, message, "leave it to one of them: a cluster has one default role")


TRUST_LACKS_REDSHIFT: Final = Rule(
    "TrustLacksRedshift",
    "Each associated role that the app defines lets Redshift assume it; of a namespace, both of Redshift's services.",
    "Redshift refuses to associate a role that it cannot assume.",
    quotas.AUTHORIZING_REDSHIFT,
)


_BOTH: Final = "redshift.amazonaws.com and redshift-serverless.amazonaws.com"


def _trust_lacks_redshift(association: AssociationFacts) -> Iterator[Problem]:
    service, fix, allowed = "service redshift.amazonaws.com", "", "sts:AssumeRole"
    if association.kind == "scheduled action":
        service = "service scheduler.redshift.amazonaws.com"
        fix = "use assumed_by=iam.ServicePrincipal('scheduler.redshift.amazonaws.com')"
    elif association.kind == "namespace":
        service, fix = f"services {_BOTH}", f"use RedshiftRole(…, serverless=True), or trust both {_BOTH}"
    elif association.kind == "Identity Center application":
        service, allowed = f"services {_BOTH}", "sts:AssumeRole, sts:SetContext"
    else:
        fix = "use RedshiftRole, or assumed_by=iam.ServicePrincipal('redshift.amazonaws.com')"
    if association.origin == "template" or not fix:
        fix = f"allow {allowed} to the {service} in its AssumeRolePolicyDocument"
    for role in association.roles:
        if role.trust_problem:
            yield Problem(_entry(role, association), f"{role} {role.trust_problem}", fix)


DEFAULT_ROLE_NOT_ASSOCIATED: Final = Rule(
    "DefaultRoleNotAssociated",
    "The default role is one of the associated roles.",
    "Redshift refuses a default role that is not associated, at deploy time.",
    quotas.DEFAULT_ROLE,
)
DEFAULT_ROLE_UNDECIDED: Final = Rule(
    "DefaultRoleUndecided",
    "It is known at synth time that the default role is one of the associated roles.",
    "A default role that is not associated would be refused only at deploy time.",
    quotas.DEFAULT_ROLE,
    undecided=True,
)


def _default_not_associated(association: AssociationFacts) -> Iterator[Problem]:
    for role in _other_defaults(association):
        if not _may_be_among(role, association):
            yield _not_among("{} is not among {}", role, association)


def _default_undecided(association: AssociationFacts) -> Iterator[Problem]:
    for role in _other_defaults(association):
        if _may_be_among(role, association):
            yield _not_among("only the deployment knows whether {} is among {}", role, association)


def _not_among(message: str, role: RoleFacts, association: AssociationFacts) -> Problem:
    name = role.path() or readable(role.parsed.resource or role.arn).removeprefix("role/")
    listed = _quoted(association.argument)
    if association.others and listed == association.argument:
        listed = f"the roles of the {association.kind}"
    fix = f"add it to {listed}, or make one of those roles the default"
    return Problem(association.default_argument, message.format(f"{role.label} ({name})", listed), fix)


def _other_defaults(association: AssociationFacts) -> list[RoleFacts]:
    """List what the default role may be and no associated role is."""
    return [
        role
        for role in association.default_roles
        if not role.parsed.problem and association.identity(role) not in association.identities
    ]


def _may_be_among(role: RoleFacts, association: AssociationFacts) -> bool:
    if role.conditional or association.more_roles:
        return True
    return any(_may_be_one(role, other, association) for other in association.all_roles)


def _may_be_one(role: RoleFacts, other: RoleFacts, association: AssociationFacts) -> bool:
    """Return whether two roles that are written differently may still be one."""
    settled = association.settled_account
    accounts = [settled if each.account == arns.THIS_ACCOUNT else each.account for each in (role, other)]
    if other.parsed.problem or arns.differ(*accounts):
        return False
    # Two roles that the app defines are two, and nobody can have written the name that one of them will get.
    pairs = (role, other), (other, role)
    if any(one.defined and (two.defined or not has_placeholder(two.arn)) for one, two in pairs):
        return False
    name, other_name = (each.parsed.resource or arns.THIS_ACCOUNT for each in (role, other))
    return _may_become(name, other_name) or _may_become(other_name, name)


def _may_become(name: str, other: str) -> bool:
    return other.startswith(literal_start(name)) if has_placeholder(name) else other == name


ROLE_COUNT_UNDECIDED: Final = Rule(
    "RoleCountUndecided",
    "The number of roles of a cluster or namespace is known at synth time.",
    "A list parameter, a condition or a macro may bring more roles than role_limit at deploy time.",
    quotas.QUOTAS,
    undecided=True,
)


def _count_undecided(association: AssociationFacts) -> Iterator[Problem]:
    limit = association.role_limit
    least, most = _count(association)
    if limit is not None and least <= limit and (association.more_roles or most > limit):
        has = "holds a list that only the deployment knows" if association.more_roles else f"may have {most} entries"
        message = f"{_listed(association)} {has}, '{_limit_name(association)}' is {limit}"
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


def _account_undecided(association: AssociationFacts) -> Iterator[Problem]:
    """Find roles whose account or partition only the deployment knows."""
    account = association.settled_account
    elsewhere = [role for role in association.roles if _differs(role, association)]
    not_settled = [role for role in association.roles if role.account != association.account or role in elsewhere]
    broken = [*_of_another_account(association), *_of_another_partition(association)] if not_settled else []
    for role in not_settled:
        argument = _entry(role, association)
        if role.parsed.problem or role in broken:
            continue
        if role in elsewhere:
            fix = _other_branch(f"partition '{association.partition}'", association)
            yield Problem(argument, _in_partition(role, association, _WHEN), fix)
        elif is_awaited(role.arn):
            yield Problem(argument, *_awaited(role))
        elif role.account is None:
            known = "the account of the deployment" if account == arns.THIS_ACCOUNT else account
            unknown = f"{role} is {readable(role.arn)}, whose account only the deployment knows"
            yield Problem(argument, f"{unknown}; the {association.kind} is in {known}", _known_role(association))
        elif arns.differ(role.account, account):
            fix = _other_branch(f"account {account}", association)
            yield Problem(argument, _in_account(role, association, _WHEN), fix)
        elif role.literal_account and association.account == arns.THIS_ACCOUNT and not association.account_asserted:
            message = f"{role} is in account {role.account}, the {association.kind}'s stack names no account"
            yield Problem(argument, message, _known_stack(role, association))


def _awaited(role: RoleFacts) -> tuple[str, str]:
    """Write what CDK does not know of a role yet, and what to do about it."""
    if role.arn.endswith(MISSING_ROLE):
        return f"{role} has no name yet: others make it", "name it in use_precreated_roles of iam.Role.customize_roles"
    fix = "run the CDK command line with credentials for the account of the stack"
    return f"{role} has not been looked up yet, so its account is not known", fix


def _other_branch(wanted: str, association: AssociationFacts) -> str:
    """Write what to do about a role that only a condition brings in."""
    if association.conditional:
        return f"name a role of {wanted}, or acknowledge this when the condition holds elsewhere only"
    return f"drop that branch, or name a role of {wanted} in it"


def _known_role(association: AssociationFacts) -> str:
    """Write how the account of a role becomes known."""
    if association.origin == "template":
        return "name the role by Fn::GetAtt or by its literal ARN; nothing to do when it is a role of that account"
    return "pass the role itself or its literal ARN, or acknowledge this when it is a role of that account"


def _known_stack(role: RoleFacts, association: AssociationFacts) -> str:
    """Write how the account of a stack becomes known."""
    if association.origin == "template":
        return f"pass --account {role.account}, or write ${{AWS::AccountId}} for the account in the ARN"
    stack = f"give the stack env=Environment(account='{role.account}', region=…)"
    argument = _quoted(association.argument)
    if argument == association.argument:
        return f"{stack}, or write Aws.ACCOUNT_ID for the account in the ARN"
    return f"{stack}, or pass the role through {argument}"


CHECKS: Final[tuple[tuple[Rule, Callable[[AssociationFacts], Iterator[Problem]]], ...]] = (
    (ROLE_LIMIT_OUT_OF_RANGE, _limit_out_of_range),
    (ROLE_QUOTA_EXCEEDED, _quota_exceeded),
    (ROLE_ARN_INVALID, _arn_invalid),
    (ROLE_ACCOUNT_MISMATCH, _account_mismatch),
    (ROLE_PARTITION_MISMATCH, _partition_mismatch),
    (ROLE_DUPLICATED, _duplicated),
    (SERVICE_LINKED_ROLE, _service_linked),
    (INVALID_ARGUMENT, _not_referable),
    (INVALID_ARGUMENT, two_default_roles),
    (TRUST_LACKS_REDSHIFT, _trust_lacks_redshift),
    (DEFAULT_ROLE_NOT_ASSOCIATED, _default_not_associated),
    (ROLE_COUNT_UNDECIDED, _count_undecided),
    (ROLE_ACCOUNT_UNDECIDED, _account_undecided),
    (DEFAULT_ROLE_UNDECIDED, _default_undecided),
)


def problems(association: AssociationFacts, *rules: Rule) -> list[tuple[Rule, Problem]]:
    """Find everything that breaks these rules, or any rule when none is given, each problem once."""
    found = ((rule, problem) for rule, check in CHECKS if not rules or rule in rules for problem in check(association))
    return [*dict.fromkeys(found)]
