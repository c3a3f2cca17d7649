"""The passports of the rules: what each says, why, and the AWS page that says so.

Nothing flows in; rules with names, and findings in their names, flow out.
"""

from __future__ import annotations

import re
from typing import Final, NamedTuple

from redshift_roles.aws import quotas
from redshift_roles.rules.findings import Finding


class Problem(NamedTuple):
    """Something that is wrong, and what to do about it.

    Attributes:
        argument: The argument it is about, such as ``port`` or ``roles[3]``; empty where it is about no single one.
        message: What is wrong, in the words of the caller.
        fix: What to do about it.
    """

    argument: str
    message: str
    fix: str

    def concerns(self, *arguments: str) -> bool:
        """Return whether it is about one of these arguments, or an entry of one."""
        return re.split(r"[\[.]", self.argument, maxsplit=1)[0] in arguments


class Rule(NamedTuple):
    """The passport of a rule.

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
    source: quotas.Source
    undecided: bool = False

    def finding(self, path: str, problem: Problem, source: quotas.Source | None = None) -> Finding:
        """Report that the rule is broken; `source` names a closer page than the rule's own."""
        return Finding(self.name, path, problem.message, problem.fix, (source or self.source).url)


ROLE_QUOTA_EXCEEDED: Final = Rule(
    "RoleQuotaExceeded",
    "A cluster or namespace has at most role_limit distinct roles.",
    "Redshift refuses to associate a role beyond a cluster's quota, at deploy time.",
    quotas.QUOTAS,
)
ROLE_COUNT_UNDECIDED: Final = Rule(
    "RoleCountUndecided",
    "The number of roles of a cluster or namespace is known at synth time.",
    "A list parameter, a condition or a macro may take it over its role limit at deploy time.",
    quotas.QUOTAS,
    undecided=True,
)
ROLE_LIMIT_OUT_OF_RANGE: Final = Rule(
    "RoleLimitOutOfRange",
    "role_limit is 1 to 50, and at most 10 in us-iso-east-1, us-iso-west-1 and us-isob-east-1.",
    "AWS's quota is not adjustable; a larger limit would promise what Redshift refuses.",
    quotas.QUOTAS,
)
ROLE_ACCOUNT_MISMATCH: Final = Rule(
    "RoleAccountMismatch",
    "A role and the cluster or policy that names it are of one account.",
    "Redshift associates only roles of the cluster's own account, and iam:PassRole cannot cross accounts.",
    quotas.ASSOCIATING_ROLES,
)
ROLE_ACCOUNT_UNDECIDED: Final = Rule(
    "RoleAccountUndecided",
    "The account of each associated role is known at synth time.",
    "A role of another account would be refused only at deploy time.",
    quotas.ASSOCIATING_ROLES,
    undecided=True,
)
ROLE_DUPLICATED: Final = Rule(
    "RoleDuplicated",
    "Each role is associated once.",
    "CloudFormation sends the list as it is; a role that stands in it twice hides a mistake.",
    quotas.ASSOCIATING_ROLES,
)
ROLE_ARN_INVALID: Final = Rule(
    "RoleArnInvalid",
    "Each role is given by the ARN of an IAM role.",
    "Redshift refuses anything but the ARN of one IAM role, at deploy time.",
    quotas.IAM_IDENTIFIERS,
)
ROLE_PARTITION_MISMATCH: Final = Rule(
    "RolePartitionMismatch",
    "A role's ARN is of the partition its cluster is in.",
    "A role exists in one partition only; the ARN names a role that is not there.",
    quotas.ARN_FORMAT,
)
SERVICE_LINKED_ROLE: Final = Rule(
    "ServiceLinkedRole",
    "No service-linked role is associated.",
    "A service-linked role belongs to its service; Redshift refuses to associate it.",
    quotas.SERVICE_LINKED_ROLES,
)
TRUST_LACKS_REDSHIFT: Final = Rule(
    "TrustLacksRedshift",
    "Each associated role that the app defines lets Redshift assume it.",
    "Redshift refuses: the IAM role must delegate access to an Amazon Redshift account.",
    quotas.AUTHORIZING_REDSHIFT,
)
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
PASS_ROLE_UNSCOPED: Final = Rule(
    "PassRoleUnscoped",
    "Whoever may pass a role to Redshift may pass named roles, and to named services.",
    "iam:PassRole on every role, or to every service, lets its holder act with the rights of any such role.",
    quotas.PASS_ROLE,
)
POLICY_TOO_LARGE: Final = Rule(
    "PolicyTooLarge",
    "At most: a managed policy 6,144 characters, a trust policy 2,048, white space not counted; a role 25 policies.",
    "IAM refuses a larger policy, or one more, at deploy time.",
    quotas.IAM_QUOTAS,
)
INVALID_ARGUMENT: Final = Rule(
    "InvalidArgument",
    "Each argument is of the documented kind and in the documented range.",
    "AWS would refuse it at deploy time, or CDK would fail far from the line that is wrong.",
    quotas.CREATE_CLUSTER,
)

RULES: Final = (
    ROLE_LIMIT_OUT_OF_RANGE,
    ROLE_QUOTA_EXCEEDED,
    ROLE_ARN_INVALID,
    ROLE_ACCOUNT_MISMATCH,
    ROLE_PARTITION_MISMATCH,
    ROLE_DUPLICATED,
    SERVICE_LINKED_ROLE,
    INVALID_ARGUMENT,
    TRUST_LACKS_REDSHIFT,
    DEFAULT_ROLE_NOT_ASSOCIATED,
    PASS_ROLE_UNSCOPED,
    ROLE_COUNT_UNDECIDED,
    ROLE_ACCOUNT_UNDECIDED,
    DEFAULT_ROLE_UNDECIDED,
    POLICY_TOO_LARGE,
)
UNDECIDED: Final = frozenset(rule.name for rule in RULES if rule.undecided)
