"""What a rule and a problem are, and the rules about arguments and policies, which hold for every construct."""

from __future__ import annotations

import re
from typing import Final, NamedTuple

from redshift_roles.aws import quotas
from redshift_roles.rules.findings import Finding


class Problem(NamedTuple):
    """What is wrong with an argument or template property (empty if it is no single one), and what to do about it."""

    argument: str
    message: str
    fix: str

    def concerns(self, *arguments: str) -> bool:
        """Return whether it is about one of these arguments, or an entry of one."""
        return re.split(r"[\[.]", self.argument, maxsplit=1)[0] in arguments

    @property
    def position(self) -> int | None:
        """The entry of a list that it is about, as in ``RoleArns[3]``."""
        found = re.search(r"\[([0-9]+)\]$", self.argument)
        return int(found[1]) if found else None


class Rule(NamedTuple):
    """What a rule says, and why.

    A finding of an undecided one means "not known at synth time". That is a warning, and so is advice.
    """

    name: str
    sentence: str
    why: str
    source: quotas.Source
    undecided: bool = False
    is_advice: bool = False

    @property
    def is_warning(self) -> bool:
        """Whether its findings are warnings."""
        return self.undecided or self.is_advice

    @property
    def annotation_id(self) -> str:
        """The id under which the warning on a construct can be acknowledged."""
        return f"redshift-roles:{self.name}"

    def finding(self, path: str, problem: Problem, source: quotas.Source | None = None) -> Finding:
        """Report that the rule is broken; `source` is a closer page than the rule's own."""
        return Finding(self.name, path, problem.message, problem.fix, (source or self.source).url)


POLICY_TOO_LARGE: Final = Rule(
    "PolicyTooLarge",
    "A managed policy has at most 6,144 characters and a trust policy 2,048, white space not counted, "
    "and a role has at most 25 managed policies.",
    "IAM refuses a larger policy, or one more, at deploy time.",
    quotas.IAM_QUOTAS,
)
NOT_IN_A_TEMPLATE: Final = Rule(
    "NotInATemplate",
    "Each cluster, namespace, association, policy and role of this library is in a template that CDK writes.",
    "What is in no template cannot be checked there, and most likely is not deployed.",
    quotas.TEMPLATE_FORMATS,
)
TEMPLATE_UNDECIDED: Final = Rule(
    "TemplateUndecided",
    "Each template of the app can be read: those of nested stacks, StackSets and Service Catalog products too.",
    "What is in a template that cannot be read is not checked.",
    quotas.TEMPLATE_FORMATS,
    undecided=True,
)
POLICY_SIZE_UNDECIDED: Final = Rule(
    "PolicySizeUndecided",
    "A user policy keeps within 6,144 characters, whatever names are generated.",
    "IAM refuses a larger policy at deploy time.",
    quotas.IAM_QUOTAS,
    undecided=True,
)
TRUST_POLICY_UNDECIDED: Final = Rule(
    "TrustPolicyUndecided",
    "A trust policy keeps within the 2,048 characters that every account allows.",
    "IAM refuses a larger one at deploy time, unless the quota of the account was raised.",
    quotas.IAM_QUOTAS,
    undecided=True,
)
ATTACHED_POLICIES_UNDECIDED: Final = Rule(
    "AttachedPoliciesUndecided",
    "A user, group or role has at most the 10 managed policies that every account allows.",
    "IAM refuses one more at deploy time, unless the quota of the account is higher.",
    quotas.IAM_QUOTAS,
    undecided=True,
)
IGNORE_WITHOUT_EFFECT: Final = Rule(
    "IgnoreWithoutEffect",
    "Each entry of ignore in a template's Metadata names a rule, says why, and accepts a finding.",
    "What is ignored and is not there hides the next finding of that rule.",
    quotas.TEMPLATE_FORMATS,
    is_advice=True,
)
INVALID_ARGUMENT: Final = Rule(
    "InvalidArgument",
    "Each argument is of the documented kind and in the documented range.",
    "AWS would refuse it at deploy time, or CDK would fail far from the line that is wrong.",
    quotas.CREATE_CLUSTER,
)


def in_account(what: str, account: str | None, home: str, own: str | None, *, named: bool = False) -> str:
    """Write that something is in another account than its home, which may be a stack whose account a role names."""
    where = f"already names a role of {own} and can be of one account only" if named else f"is in {own}"
    return f"{what} is in account {account}, {home} {where}"
