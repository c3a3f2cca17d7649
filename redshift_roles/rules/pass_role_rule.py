"""The rule about who may pass roles to Redshift.

Facts about a statement of a policy flow in, findings flow out. Pure Python, like the other rules.
"""

from __future__ import annotations

from collections.abc import Iterator

from redshift_roles.aws import actions, arns
from redshift_roles.rules import registry
from redshift_roles.rules.facts import PassRoleFacts
from redshift_roles.rules.findings import Finding
from redshift_roles.rules.passed_services import is_redshift
from redshift_roles.rules.registry import Problem

_CONDITION = (
    f"add Condition: {{StringEquals: {{iam:PassedToService: {actions.PASSED_TO_SERVICE}}}}} "
    f"(for Serverless {actions.PASSED_TO_SERVERLESS})"
)


def pass_role_unscoped(facts: PassRoleFacts) -> Iterator[Problem]:
    """Find a statement that lets roles for Redshift be passed without a limit."""
    allows = f"{facts.label} allows iam:PassRole on"
    if facts.services is None:
        if facts.every_role and facts.beside_redshift:
            fix = f"name the roles in Resource, and {_CONDITION}"
            yield f"{allows} '{facts.every_role}' to every service", _fix(fix, facts)
        elif facts.redshift_roles:
            yield f"{allows} {', '.join(facts.redshift_roles)} without iam:PassedToService", _fix(_CONDITION, facts)
    elif facts.every_role and any(is_redshift(service) for service in facts.services):
        passed_to = ", ".join(arns.readable(service) for service in facts.services)
        fix = "name in Resource the roles that may be passed"
        yield f"{allows} '{facts.every_role}' to {passed_to}", _fix(fix, facts)


def _fix(fix: str, facts: PassRoleFacts) -> str:
    if facts.by_exclusion:
        return "add iam:PassRole to NotAction; where it is needed, allow it in a statement of its own, for named roles"
    return fix


def check(facts: PassRoleFacts) -> list[Finding]:
    """Find everything that is broken."""
    return [registry.PASS_ROLE_UNSCOPED.finding(facts.path, problem) for problem in pass_role_unscoped(facts)]
