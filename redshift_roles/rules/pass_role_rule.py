"""The rule about who may pass roles to Redshift, and how it reads a condition on ``iam:PassedToService``."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Final, NamedTuple

from redshift_roles.aws import actions, quotas
from redshift_roles.aws.iam_patterns import matches
from redshift_roles.aws.placeholders import readable
from redshift_roles.rules.facts import PassRoleFacts
from redshift_roles.rules.registry import Problem, Rule

PASS_ROLE_UNSCOPED: Final = Rule(
    "PassRoleUnscoped",
    "A policy that allows people to pass roles to Redshift names the roles.",
    "With iam:PassRole on every role, people can act with the permissions of any role that Redshift may assume.",
    quotas.PASS_ROLE,
)
PASSED_TO_SERVICE_MISSING: Final = Rule(
    "PassedToServiceMissing",
    "A policy that allows people to pass named roles to Redshift says to which service: iam:PassedToService.",
    "A role that other services may assume too can be passed to them. AWS's own example is without the condition.",
    quotas.PASS_ROLE,
    is_advice=True,
)


def is_for_redshift(condition: object) -> bool:
    """Return whether a statement with this condition lets people pass roles to Redshift and to nothing else."""
    services = passed_services(condition)
    return bool(services) and all(map(is_redshift, services or ()))


def problems(facts: PassRoleFacts) -> list[tuple[Rule, Problem]]:
    """Find everything that breaks a rule about iam:PassRole."""
    to_redshift = [readable(service) for service in facts.services or ()] if _names_redshift(facts) else []
    if facts.every_role and to_redshift:
        what, fix = f"'{facts.every_role}' to {', '.join(to_redshift)}", "name in Resource the roles that may be passed"
    elif facts.every_role and facts.services is None and (facts.operations or facts.beside_redshift):
        beside = f", and {' and '.join(facts.operations)}" if facts.operations else ""
        what = f"'{facts.every_role}' to every service{beside}"
        fix = f"name the roles in Resource, and {_condition(facts)}"
    elif facts.services is None and facts.redshift_roles:
        what, fix = f"{', '.join(facts.redshift_roles)} without iam:PassedToService", _condition(facts)
        return [(PASSED_TO_SERVICE_MISSING, _problem(facts, what, fix))]
    else:
        return []
    return [(PASS_ROLE_UNSCOPED, _problem(facts, what, fix))]


def _names_redshift(facts: PassRoleFacts) -> bool:
    return any(is_redshift(service) for service in facts.services or ())


def _condition(facts: PassRoleFacts) -> str:
    """Write the condition that lets roles be passed to the services that they are for."""
    first, *more = facts.passed_to or (actions.PASSED_TO_SERVICE,)
    services = f"[{', '.join((first, *more))}]" if more else first
    serverless = "" if facts.passed_to else f" (for Serverless {actions.PASSED_TO_SERVERLESS})"
    return f"add Condition: {{StringEquals: {{iam:PassedToService: {services}}}}}{serverless}"


def _problem(facts: PassRoleFacts, what: str, fix: str) -> Problem:
    if facts.by_exclusion:
        fix = "add iam:PassRole to NotAction; where it is needed, allow it in a statement of its own, for named roles"
    return Problem(facts.label, f"{facts.label} allows iam:PassRole on {what}", fix)


_KEY: Final = "iam:passedtoservice"
_OPERATOR: Final = re.compile(r"(?:foranyvalue:|forallvalues:)?string(not)?(equals|equalsignorecase|like)(?:ifexists)?")
_REDSHIFT: Final = (actions.PASSED_TO_SERVICE, actions.PASSED_TO_SERVERLESS)
# A service that does not exist: a pattern that matches it matches every service.
_NOBODY: Final = "0-redshift-roles-0.amazonaws.com"


class _Operator(NamedTuple):
    names: tuple[str, ...]
    excludes: bool
    matches: Callable[[str, str], bool]

    def allows(self, service: str) -> bool:
        return self.excludes != any(self.matches(name, service) for name in self.names)


def is_redshift(service: str) -> bool:
    """Return whether a service principal, or a pattern of some, is one of Redshift's."""
    literal = service.startswith(("redshift.", "redshift-serverless.", "scheduler.redshift."))
    return literal or any(matches(service, name) for name in _REDSHIFT)


def passed_services(condition: object) -> tuple[str, ...] | None:
    """List the services to which a statement's condition restricts iam:PassRole; None where it does not.

    All operators must hold at once. The list is empty where only the deployment knows, and where nothing is left.
    """
    if condition is None:
        return None
    if not isinstance(condition, Mapping) or not all(isinstance(keys, Mapping) for keys in condition.values()):
        return ()
    operators = [each for each in _operators(condition) if not each.allows(_NOBODY) or not _of_redshift([each])]
    if not operators:
        return None
    if len(operators) == 1 and not operators[0].excludes:
        return operators[0].names
    return tuple(_of_redshift(operators))


def may_hold(condition: object, services: tuple[str, ...] | None) -> bool:
    """Return whether a condition may hold where a role is passed to one of these services, or to any."""
    operators = [*_operators(condition)] if isinstance(condition, Mapping) else []
    return not operators or not services or any(all(each.allows(one) for each in operators) for one in services)


def _of_redshift(operators: list[_Operator]) -> list[str]:
    return [service for service in _REDSHIFT if all(each.allows(service) for each in operators)]


def _operators(condition: Mapping[str, object]) -> Iterator[_Operator]:
    for operator, keys in condition.items():
        known = _OPERATOR.fullmatch(operator.lower())
        for key, values in keys.items() if known and isinstance(keys, Mapping) else ():
            if key.lower() == _KEY and known:
                listed = values if isinstance(values, list) else [values]
                names = tuple(value for value in listed if isinstance(value, str))
                yield _read(names, known[2], excludes=known[1] is not None)


def _read(names: tuple[str, ...], operator: str, *, excludes: bool) -> _Operator:
    if operator == "like":
        return _Operator(names, excludes, matches)
    # Only StringLike has wildcards; in the others they are characters that no service has.
    literal = tuple(name for name in names if "*" not in name and "?" not in name)
    if operator == "equalsignorecase":
        literal = tuple(name.lower() for name in literal)
    return _Operator(literal, excludes, str.__eq__)
