"""The rules: facts about a cluster or a policy flow in, findings flow out.

Pure Python. One set of rules serves every caller: constructors, `add_role`, the guard and the plug-in at synth time,
and the command line.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Final

from redshift_roles.aws import arns, quotas
from redshift_roles.aws.placeholders import readable
from redshift_roles.rules import branches, fixes, registry
from redshift_roles.rules.default_role_rules import default_role_not_associated, default_role_undecided
from redshift_roles.rules.facts import AssociationFacts, RoleFacts
from redshift_roles.rules.findings import Finding, shortened
from redshift_roles.rules.registry import Problem, Rule


def _in_region(holder: AssociationFacts) -> str:
    return f" in {holder.region}" if holder.region else ""


def role_limit_out_of_range(holder: AssociationFacts) -> Iterator[Problem]:
    """Check the limit itself."""
    quota = quotas.role_quota(holder.region)
    if holder.role_limit is not None and not 1 <= holder.role_limit <= quota:
        name = fixes.limit_name(holder)
        yield Problem(
            name,
            f"'{name}' must be 1 to {quota}{_in_region(holder)}, got {holder.role_limit}",
            f"pass a {name} from 1 to {quota}; the AWS quota is not adjustable",
        )


def role_quota_exceeded(holder: AssociationFacts) -> Iterator[Problem]:
    """Count the distinct roles that are there whatever the conditions say."""
    limit = holder.role_limit
    fewest, most = branches.count(holder)
    if limit is not None and fewest > max(limit, 0):
        has = "has" if fewest == most and not holder.more_roles else "has at least"
        yield Problem(
            "",
            f"{holder.words} {has} {fewest} entries, '{fixes.limit_name(holder)}' is {limit}",
            fixes.too_many(fewest, holder),
        )


def role_count_undecided(holder: AssociationFacts) -> Iterator[Problem]:
    """Tell when only the deployment knows whether the limit is kept."""
    if holder.role_limit is None:
        return
    fewest, most = branches.count(holder)
    if fewest <= holder.role_limit and (holder.more_roles or most > holder.role_limit):
        reason = "holds a list that only the deployment knows" if holder.more_roles else f"may have {most} entries"
        yield Problem(
            "",
            f"{holder.words} {reason}, '{fixes.limit_name(holder)}' is {holder.role_limit}",
            "name the roles one by one without conditions, or acknowledge this when the deployment keeps the limit",
        )


def role_account_mismatch(holder: AssociationFacts) -> Iterator[Problem]:
    """Compare accounts where both are known."""
    for role in _foreign(holder):
        yield Problem(
            "",
            f"{role.label} is in account {role.account}, {_where(holder)}",
            fixes.same_account(holder.settled_account, holder),
        )


def _foreign(holder: AssociationFacts) -> list[RoleFacts]:
    """List the roles that are of another account, however the conditions come out.

    A holder that is not always there may be meant for that account; two accounts in its list are wrong in any.
    """
    account = holder.settled_account
    if not holder.conditional:
        return branches.unavoidable(holder, lambda role: arns.differ(role.account, account))
    named = [role for role in holder.roles if role.literal_account and not role.conditional]
    if all(role.account == named[0].account for role in named):
        return []
    return [role for role in named if arns.differ(role.account, account)]


def _where(holder: AssociationFacts) -> str:
    if holder.account != arns.THIS_ACCOUNT:
        return f"the {holder.noun} is in {holder.account}"
    return f"the {holder.noun}'s stack already names a role of {holder.settled_account} and can be of one account only"


def role_account_undecided(holder: AssociationFacts) -> Iterator[Problem]:
    """Tell which accounts and partitions only the deployment knows."""
    account = holder.settled_account
    elsewhere = [role for role in holder.roles if _differs_in_partition(role, holder)]
    asked = [role for role in holder.roles if role.account != holder.account or role in elsewhere]
    reported = [*_foreign(holder), *_of_another_partition(holder)] if asked else []
    for role in asked:
        if role.arn.problem or role in reported:
            continue
        if role in elsewhere:
            yield Problem(
                "",
                f"{role.label} is in partition '{role.arn.partition}' where a condition holds, {_region(holder)}",
                fixes.other_branch(f"partition '{holder.partition}'", holder),
            )
        elif role.account is None:
            unknown = f"{role.label} is {readable(role.text)}, whose account only the deployment knows"
            yield Problem(
                "",
                f"{unknown}; the {holder.noun} is in {fixes.account_name(account)}",
                fixes.unknown_account(holder),
            )
        elif arns.differ(role.account, account):
            yield Problem(
                "",
                f"{role.label} is in account {role.account} where a condition holds, {_where(holder)}",
                fixes.other_branch(f"account {account}", holder),
            )
        elif role.literal_account and holder.account == arns.THIS_ACCOUNT and not holder.account_asserted:
            yield Problem(
                "",
                f"{role.label} is in account {role.account}, the {holder.noun}'s stack names no account",
                fixes.unnamed_account(role, holder),
            )


def role_duplicated(holder: AssociationFacts) -> Iterator[Problem]:
    """Find a role that stands in a cluster's list twice; a policy that names one twice allows nothing more."""
    if holder.role_limit is None:
        return
    first: dict[object, RoleFacts] = {}
    for name, role in zip(holder.identities, holder.roles, strict=True):
        if (role.conditional and not role.when) or role.arn.problem:
            continue
        earlier = first.setdefault((name, role.when), role)
        if earlier is not role:
            yield Problem("", f"{role.label} and {earlier.label} are the same role", f"drop {role.label}")


_A_ROLE: Final = "an IAM role: arn:PARTITION:iam::ACCOUNT:role/NAME, with its path if it has one"


def role_arn_invalid(holder: AssociationFacts) -> Iterator[Problem]:
    """Find what is not the ARN of an IAM role."""
    for role in (*holder.roles, *holder.default_roles):
        if role.arn.problem:
            yield Problem(
                "",
                f"{role.label} is '{readable(role.text)}', which {role.arn.problem}",
                f"give {'a list of ARNs' if role.problem else 'the ARN'} of {_A_ROLE}",
            )


def role_partition_mismatch(holder: AssociationFacts) -> Iterator[Problem]:
    """Compare partitions where both are known."""
    for role in _of_another_partition(holder):
        yield Problem(
            "",
            f"{role.label} is in partition '{role.arn.partition}', {_region(holder)}",
            f"name a role of partition '{holder.partition}'",
        )


def _of_another_partition(holder: AssociationFacts) -> list[RoleFacts]:
    """List the roles that are of another partition, however the conditions come out."""
    return [] if holder.conditional else branches.unavoidable(holder, lambda role: _differs_in_partition(role, holder))


def _differs_in_partition(role: RoleFacts, holder: AssociationFacts) -> bool:
    if holder.partition is None:
        return False
    return role.arn.partition not in (None, holder.partition) and not role.arn.problem


def _region(holder: AssociationFacts) -> str:
    return f"the {holder.noun} is in {holder.region}, which is in '{holder.partition}'"


def service_linked_role(holder: AssociationFacts) -> Iterator[Problem]:
    """Find roles that belong to an AWS service."""
    for role in holder.roles:
        if (role.arn.resource or "").startswith("role/aws-service-role/"):
            yield Problem("", f"{role.label} is '{readable(role.text)}', a service-linked role", fixes.own_role(holder))


def trust_lacks_redshift(holder: AssociationFacts) -> Iterator[Problem]:
    """Find roles of this app that Redshift may not assume."""
    for role in holder.roles:
        if role.trust_problem:
            yield Problem("", f"{role.label} {role.trust_problem}", fixes.trust(holder))


def role_unreachable(holder: AssociationFacts) -> Iterator[Problem]:
    """Find roles that CDK cannot refer to from the holder's stack."""
    for role in holder.roles:
        if role.reference_problem:
            yield Problem(
                "",
                f"{role.label} {role.reference_problem}",
                "give both stacks the same env=, or pass iam.Role.from_role_arn(…) with the role's literal ARN",
            )


Check = Callable[[AssociationFacts], Iterator[Problem]]

CHECKS: Final[tuple[tuple[Rule, Check], ...]] = (
    (registry.ROLE_LIMIT_OUT_OF_RANGE, role_limit_out_of_range),
    (registry.ROLE_QUOTA_EXCEEDED, role_quota_exceeded),
    (registry.ROLE_ARN_INVALID, role_arn_invalid),
    (registry.ROLE_ACCOUNT_MISMATCH, role_account_mismatch),
    (registry.ROLE_PARTITION_MISMATCH, role_partition_mismatch),
    (registry.ROLE_DUPLICATED, role_duplicated),
    (registry.SERVICE_LINKED_ROLE, service_linked_role),
    (registry.INVALID_ARGUMENT, role_unreachable),
    (registry.TRUST_LACKS_REDSHIFT, trust_lacks_redshift),
    (registry.DEFAULT_ROLE_NOT_ASSOCIATED, default_role_not_associated),
    (registry.ROLE_COUNT_UNDECIDED, role_count_undecided),
    (registry.ROLE_ACCOUNT_UNDECIDED, role_account_undecided),
    (registry.DEFAULT_ROLE_UNDECIDED, default_role_undecided),
)


def check(holder: AssociationFacts) -> list[Finding]:
    """Find everything that is broken or undecided."""
    return [rule.finding(holder.path, problem) for rule, find in CHECKS for problem in shortened(find(holder), _longer)]


def _longer(problem: Problem, words: str) -> Problem:
    return problem._replace(message=problem.message + words)


def failures(findings: Iterable[Finding]) -> list[Finding]:
    """Keep what is broken, drop what is only undecided."""
    return [finding for finding in findings if finding.rule not in registry.UNDECIDED]
