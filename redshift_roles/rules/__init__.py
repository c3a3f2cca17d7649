"""What is allowed: rules that take facts and arguments, and return findings. Pure Python."""

from typing import Final

from redshift_roles.rules.association_rules import CHECKS
from redshift_roles.rules.pass_role_rule import PASS_ROLE_UNSCOPED, PASSED_TO_SERVICE_MISSING
from redshift_roles.rules.registry import (
    ATTACHED_POLICIES_UNDECIDED,
    IGNORE_WITHOUT_EFFECT,
    NOT_IN_A_TEMPLATE,
    POLICY_SIZE_UNDECIDED,
    POLICY_TOO_LARGE,
    TEMPLATE_UNDECIDED,
    TRUST_POLICY_UNDECIDED,
    Rule,
)

RULES: Final[tuple[Rule, ...]] = (
    *dict.fromkeys(rule for rule, _ in CHECKS),
    PASS_ROLE_UNSCOPED,
    PASSED_TO_SERVICE_MISSING,
    POLICY_TOO_LARGE,
    NOT_IN_A_TEMPLATE,
    TEMPLATE_UNDECIDED,
    ATTACHED_POLICIES_UNDECIDED,
    POLICY_SIZE_UNDECIDED,
    TRUST_POLICY_UNDECIDED,
    IGNORE_WITHOUT_EFFECT,
)
WARNINGS: Final = frozenset(rule.name for rule in RULES if rule.is_warning)
