"""
The rules: facts about a cluster or a policy flow in, findings flow out.

Pure Python. One set of rules serves every caller: constructors, `add_role`, and the guard at synth time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Final, NamedTuple

from redshift_roles import limits, role_arns
from redshift_roles.facts import HolderFacts, RoleFacts
from redshift_roles.findings import Finding

# What is wrong, and what to do about it.
Trouble = tuple[str, str]


class Rule(NamedTuple):
    """
    The passport of a rule.

    Attributes:
        name: Its name everywhere: in findings, tests, docs and acknowledgements.

        sentence: What is true where the rule is kept.

        why: What AWS does where it is broken.

        source: The AWS page that states it.

        undecided: Whether a finding means "not known at synth time": a warning, never an error.
    """

    name: str
    sentence: str
    why: str
    source: limits.Source
    undecided: bool = False

    def finding(self, path: str, trouble: Trouble, source: limits.Source | None = None) -> Finding:
        """
        Report that the rule is broken; `source` names a closer page than the rule's own.
        """
        return Finding(self.name, path, *trouble, (source or self.source).url)


ROLE_QUOTA_EXCEEDED: Final = Rule(
    "RoleQuotaExceeded",
    "A cluster has at most role_limit distinct roles.",
    "Redshift refuses to associate a role beyond the quota, at deploy time.",
    limits.QUOTAS,
)
ROLE_COUNT_UNDECIDED: Final = Rule(
    "RoleCountUndecided",
    "The number of a cluster's roles is known at synth time.",
    "A list parameter or a condition may take the cluster over its role limit at deploy time.",
    limits.QUOTAS,
    undecided=True,
)
ROLE_LIMIT_OUT_OF_RANGE: Final = Rule(
    "RoleLimitOutOfRange",
    "role_limit is 1 to 50, and at most 10 in us-iso-east-1, us-iso-west-1 and us-isob-east-1.",
    "AWS's quota is not adjustable; a larger limit would promise what Redshift refuses.",
    limits.QUOTAS,
)
ROLE_ACCOUNT_MISMATCH: Final = Rule(
    "RoleAccountMismatch",
    "A role and the cluster or policy that names it are of one account.",
    "Redshift associates only roles of the cluster's own account, and iam:PassRole cannot cross accounts.",
    limits.ASSOCIATING_ROLES,
)
ROLE_ACCOUNT_UNDECIDED: Final = Rule(
    "RoleAccountUndecided",
    "The account of each associated role is known at synth time.",
    "A role of another account would be refused only at deploy time.",
    limits.ASSOCIATING_ROLES,
    undecided=True,
)
ROLE_DUPLICATED: Final = Rule(
    "RoleDuplicated",
    "Each role is associated once.",
    "CloudFormation sends the list as it is; a role that stands in it twice hides a mistake.",
    limits.ASSOCIATING_ROLES,
)
ROLE_ARN_INVALID: Final = Rule(
    "RoleArnInvalid",
    "Each role is given by the ARN of an IAM role.",
    "Redshift refuses anything but the ARN of one IAM role, at deploy time.",
    limits.IAM_IDENTIFIERS,
)
ROLE_PARTITION_MISMATCH: Final = Rule(
    "RolePartitionMismatch",
    "A role's ARN is of the partition its cluster is in.",
    "A role exists in one partition only; the ARN names a role that is not there.",
    limits.ARN_FORMAT,
)
SERVICE_LINKED_ROLE: Final = Rule(
    "ServiceLinkedRole",
    "No service-linked role is associated.",
    "A service-linked role belongs to its service; Redshift refuses to associate it.",
    limits.SERVICE_LINKED_ROLES,
)
TRUST_LACKS_REDSHIFT: Final = Rule(
    "TrustLacksRedshift",
    "Each associated role that the app defines lets Redshift assume it.",
    "Redshift refuses: the IAM role must delegate access to an Amazon Redshift account.",
    limits.AUTHORIZING_REDSHIFT,
)
POLICY_TOO_LARGE: Final = Rule(
    "PolicyTooLarge",
    "A user policy has at most 6,144 characters, white space not counted.",
    "IAM refuses a larger managed policy, at deploy time.",
    limits.IAM_QUOTAS,
)
INVALID_ARGUMENT: Final = Rule(
    "InvalidArgument",
    "Each argument is of the documented kind and in the documented range.",
    "AWS would refuse it at deploy time, or CDK would fail far from the line that is wrong.",
    limits.CREATE_CLUSTER,
)


def _in_region(holder: HolderFacts) -> str:
    return f" in {holder.region}" if holder.region else ""


def _plural(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def identity(role: RoleFacts, holder: HolderFacts) -> str:
    """
    Name a role so that two names are equal when they are of one role, however it was written.
    """
    if not role.account or not role.arn.resource:
        return role.text
    account = holder.settled_account if role.account == role_arns.THIS_ACCOUNT else role.account
    return f"{account}:{role.arn.resource}"


def role_limit_out_of_range(holder: HolderFacts) -> Iterator[Trouble]:
    """
    Check the limit itself.
    """
    quota = limits.role_quota(holder.region)
    if holder.role_limit is not None and not 1 <= holder.role_limit <= quota:
        yield (
            f"'role_limit' is {holder.role_limit}, allowed is 1 to {quota}{_in_region(holder)}",
            f"pass a role_limit from 1 to {quota}; the AWS quota is not adjustable",
        )


def role_quota_exceeded(holder: HolderFacts) -> Iterator[Trouble]:
    """
    Count the distinct roles that are there whatever the conditions say.
    """
    limit, quota = holder.role_limit, limits.role_quota(holder.region)
    count = len({identity(role, holder) for role in holder.roles if not role.conditional})
    if limit is None or count <= max(limit, 0):
        return
    drop = f"drop {_plural(count - min(limit, quota), 'role')}"
    aws = f"the AWS quota{_in_region(holder)} is {quota}"
    yield (
        f"{holder.words} has {count} entries, 'role_limit' is {limit}",
        f"{drop}, or pass role_limit={count} ({aws})" if count <= quota else f"{drop} ({aws} and not adjustable)",
    )


def role_count_undecided(holder: HolderFacts) -> Iterator[Trouble]:
    """
    Tell when only the deployment knows whether the limit is kept.
    """
    if holder.role_limit is None:
        return
    sure = {identity(role, holder) for role in holder.roles if not role.conditional}
    most = sure | {identity(role, holder) for role in holder.roles}
    if len(sure) <= holder.role_limit and (holder.more_roles or len(most) > holder.role_limit):
        reason = "holds a list that only the deployment knows" if holder.more_roles else f"may have {len(most)} entries"
        yield (
            f"{holder.words} {reason}, 'role_limit' is {holder.role_limit}",
            "name the roles one by one without conditions, or acknowledge this when the deployment keeps the limit",
        )


def role_account_mismatch(holder: HolderFacts) -> Iterator[Trouble]:
    """
    Compare accounts where both are known.
    """
    account = holder.settled_account
    for role in holder.roles:
        if role.literal_account and account not in (role.account, role_arns.THIS_ACCOUNT) and not role.conditional:
            yield (f"{role.label} is in account {role.account}, {_where(holder)}", _same_account_fix(holder, account))


def _where(holder: HolderFacts) -> str:
    if holder.account != role_arns.THIS_ACCOUNT:
        return f"the {holder.noun} is in {holder.account}"
    return f"the {holder.noun}'s stack already names a role of {holder.settled_account} and can be of one account only"


def _same_account_fix(holder: HolderFacts, account: str) -> str:
    if holder.noun == "cluster":
        return (
            f"associate a role of account {account} and let it assume this one (role chaining: IAM_ROLE 'first,second')"
        )
    return f"name roles of account {account} only; iam:PassRole cannot cross accounts"


def role_account_undecided(holder: HolderFacts) -> Iterator[Trouble]:
    """
    Tell which accounts only the deployment knows.
    """
    account = holder.settled_account
    for role in holder.roles:
        if role.arn.problem:
            continue
        if role.account is None:
            unknown = f"{role.label} is {role_arns.readable(role.text)}, whose account only the deployment knows"
            yield (
                f"{unknown}; the {holder.noun} is in {_account_name(account)}",
                "pass the role itself or its literal ARN, or acknowledge this when it is a role of that account",
            )
        elif role.literal_account and account not in (role.account, role_arns.THIS_ACCOUNT):
            if role.conditional:
                yield (
                    f"{role.label} is in account {role.account} where a condition holds, {_where(holder)}",
                    f"drop that branch, or name a role of account {account} in it",
                )
        elif role.literal_account and holder.account == role_arns.THIS_ACCOUNT and not holder.account_asserted:
            yield (
                f"{role.label} is in account {role.account}, the {holder.noun}'s stack names no account",
                f"give the stack env=Environment(account='{role.account}', region=…), or pass the role through 'roles'",
            )


def _account_name(account: str) -> str:
    return "the account of the deployment" if account == role_arns.THIS_ACCOUNT else account


def role_duplicated(holder: HolderFacts) -> Iterator[Trouble]:
    """
    Find a role that stands in a cluster's list twice; a policy that names one twice allows nothing more.
    """
    if holder.role_limit is None:
        return
    first: dict[str, RoleFacts] = {}
    for role in holder.roles:
        if role.conditional or role.arn.problem:
            continue
        earlier = first.setdefault(identity(role, holder), role)
        if earlier is not role:
            yield f"{role.label} and {earlier.label} are the same role", f"drop {role.label}"


def role_arn_invalid(holder: HolderFacts) -> Iterator[Trouble]:
    """
    Find what is not the ARN of an IAM role.
    """
    for role in holder.roles:
        if role.arn.problem:
            yield (
                f"{role.label} is '{role_arns.readable(role.text)}', which {role.arn.problem}",
                "give the ARN of an IAM role: arn:PARTITION:iam::ACCOUNT:role/NAME, with its path if it has one",
            )


def role_partition_mismatch(holder: HolderFacts) -> Iterator[Trouble]:
    """
    Compare partitions where both are known.
    """
    for role in holder.roles:
        partition = role.arn.partition
        if holder.partition and partition and not role.arn.problem and partition != holder.partition:
            where = f"the {holder.noun} is in {holder.region}, which is in '{holder.partition}'"
            yield (
                f"{role.label} is in partition '{partition}', {where}",
                f"name a role of partition '{holder.partition}'",
            )


def service_linked_role(holder: HolderFacts) -> Iterator[Trouble]:
    """
    Find roles that belong to an AWS service.
    """
    for role in holder.roles:
        if role.arn.resource and role.arn.resource.startswith("role/aws-service-role/"):
            yield (
                f"{role.label} is '{role_arns.readable(role.text)}', a service-linked role",
                "drop it and create a role of your own: RedshiftRole(self, 'Role')",
            )


def trust_lacks_redshift(holder: HolderFacts) -> Iterator[Trouble]:
    """
    Find roles of this app that Redshift may not assume.
    """
    for role in holder.roles:
        if role.distrust:
            yield (
                f"{role.label} {role.distrust}",
                "use RedshiftRole, or assumed_by=iam.ServicePrincipal('redshift.amazonaws.com')",
            )


def role_unreachable(holder: HolderFacts) -> Iterator[Trouble]:
    """
    Find roles that CDK cannot refer to from the holder's stack.
    """
    for role in holder.roles:
        if role.unreachable:
            yield (
                f"{role.label} {role.unreachable}",
                "give both stacks the same env=, or pass iam.Role.from_role_arn(…) with the role's literal ARN",
            )


Check = Callable[[HolderFacts], Iterator[Trouble]]

CHECKS: Final[tuple[tuple[Rule, Check], ...]] = (
    (ROLE_LIMIT_OUT_OF_RANGE, role_limit_out_of_range),
    (ROLE_QUOTA_EXCEEDED, role_quota_exceeded),
    (ROLE_ARN_INVALID, role_arn_invalid),
    (ROLE_ACCOUNT_MISMATCH, role_account_mismatch),
    (ROLE_PARTITION_MISMATCH, role_partition_mismatch),
    (ROLE_DUPLICATED, role_duplicated),
    (SERVICE_LINKED_ROLE, service_linked_role),
    (INVALID_ARGUMENT, role_unreachable),
    (TRUST_LACKS_REDSHIFT, trust_lacks_redshift),
    (ROLE_COUNT_UNDECIDED, role_count_undecided),
    (ROLE_ACCOUNT_UNDECIDED, role_account_undecided),
)
RULES: Final = (*(rule for rule, _ in CHECKS), POLICY_TOO_LARGE)
UNDECIDED: Final = frozenset(rule.name for rule in RULES if rule.undecided)


def check(holder: HolderFacts) -> list[Finding]:
    """
    Find everything that is broken or undecided.
    """
    return [rule.finding(holder.path, trouble) for rule, find in CHECKS for trouble in find(holder)]


def failures(findings: Iterable[Finding]) -> list[Finding]:
    """
    Keep what is broken, drop what is only undecided.
    """
    return [finding for finding in findings if finding.rule not in UNDECIDED]
