"""What is allowed: rules that take facts and arguments, and return findings. Pure Python."""

from typing import Final

from redshift_roles.rules.association_rules import CHECKS
from redshift_roles.rules.pass_role_rule import PASS_ROLE_UNSCOPED
from redshift_roles.rules.registry import POLICY_TOO_LARGE, Rule

RULES: Final[tuple[Rule, ...]] = (*dict.fromkeys(rule for rule, _ in CHECKS), PASS_ROLE_UNSCOPED, POLICY_TOO_LARGE)
UNDECIDED: Final = frozenset(rule.name for rule in RULES if rule.undecided)
