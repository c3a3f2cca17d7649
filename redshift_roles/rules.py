"""
The rules: facts about a cluster or a policy flow in, findings flow out.

Pure Python. One set of rules serves every caller: constructors, `add_role`, and the guard at synth time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Final

from redshift_roles import limits, role_arns, rulebook
from redshift_roles.facts import HolderFacts, RoleFacts
from redshift_roles.findings import Finding
from redshift_roles.rulebook import Rule, Trouble


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
    (rulebook.ROLE_LIMIT_OUT_OF_RANGE, role_limit_out_of_range),
    (rulebook.ROLE_QUOTA_EXCEEDED, role_quota_exceeded),
    (rulebook.ROLE_ARN_INVALID, role_arn_invalid),
    (rulebook.ROLE_ACCOUNT_MISMATCH, role_account_mismatch),
    (rulebook.ROLE_PARTITION_MISMATCH, role_partition_mismatch),
    (rulebook.ROLE_DUPLICATED, role_duplicated),
    (rulebook.SERVICE_LINKED_ROLE, service_linked_role),
    (rulebook.INVALID_ARGUMENT, role_unreachable),
    (rulebook.TRUST_LACKS_REDSHIFT, trust_lacks_redshift),
    (rulebook.ROLE_COUNT_UNDECIDED, role_count_undecided),
    (rulebook.ROLE_ACCOUNT_UNDECIDED, role_account_undecided),
)


def check(holder: HolderFacts) -> list[Finding]:
    """
    Find everything that is broken or undecided.
    """
    return [rule.finding(holder.path, trouble) for rule, find in CHECKS for trouble in find(holder)]


def failures(findings: Iterable[Finding]) -> list[Finding]:
    """
    Keep what is broken, drop what is only undecided.
    """
    return [finding for finding in findings if finding.rule not in rulebook.UNDECIDED]
