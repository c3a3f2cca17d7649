"""Which services a statement lets roles be passed to: its condition on iam:PassedToService.

A condition flows in; the services it names flow out, or that it names none.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Final, NamedTuple

from redshift_roles.aws import actions
from redshift_roles.aws.patterns import matches

_PASSED_TO: Final = "iam:passedtoservice"
_OPERATOR: Final = re.compile(r"(?:foranyvalue:|forallvalues:)?string(not)?(equals|equalsignorecase|like)(?:ifexists)?")
_REDSHIFT: Final = (actions.PASSED_TO_SERVICE, actions.PASSED_TO_SERVERLESS)
# A service that nobody has: a pattern that matches it matches every service.
_NOBODY: Final = "0-redshift-roles-0.amazonaws.com"


class _Test(NamedTuple):
    """One operator on iam:PassedToService."""

    names: tuple[str, ...]
    excludes: bool
    matches: Callable[[str, str], bool]

    def lets(self, service: str) -> bool:
        """Say whether the operator lets a role be passed to a service."""
        return self.excludes != any(self.matches(name, service) for name in self.names)


def is_redshift(service: str) -> bool:
    """Say whether a service principal, or a pattern of some, is one of Redshift's."""
    literal = service.startswith(("redshift.", "redshift-serverless."))
    return literal or any(matches(service, name) for name in _REDSHIFT)


def services(condition: object) -> tuple[str, ...] | None:
    """List the services that a condition keeps a statement to; None where it keeps it to none.

    All operators must hold at once. The list is empty where only the deployment knows, and where nothing is left.
    """
    if condition is None:
        return None
    if not isinstance(condition, Mapping) or not all(isinstance(keys, Mapping) for keys in condition.values()):
        return ()
    tests = [test for test in _tests(condition) if not test.lets(_NOBODY) or not _lets_redshift([test])]
    if not tests:
        return None
    if len(tests) == 1 and not tests[0].excludes:
        return tests[0].names
    return tuple(_lets_redshift(tests))


def _lets_redshift(tests: list[_Test]) -> list[str]:
    return [service for service in _REDSHIFT if all(test.lets(service) for test in tests)]


def _tests(condition: Mapping[str, Mapping[str, object]]) -> Iterator[_Test]:
    for operator, keys in condition.items():
        known = _OPERATOR.fullmatch(operator.lower())
        for key, values in keys.items() if known else ():
            if key.lower() == _PASSED_TO and known:
                listed = values if isinstance(values, list) else [values]
                names = tuple(value for value in listed if isinstance(value, str))
                yield _test(names, known[2], excludes=known[1] is not None)


def _test(names: tuple[str, ...], operator: str, *, excludes: bool) -> _Test:
    """Read one operator; only StringLike knows wildcards, for the others they are letters that no service has."""
    if operator == "like":
        return _Test(names, excludes, matches)
    literal = tuple(name for name in names if "*" not in name and "?" not in name)
    if operator == "equalsignorecase":
        literal = tuple(name.lower() for name in literal)
    return _Test(literal, excludes, str.__eq__)
