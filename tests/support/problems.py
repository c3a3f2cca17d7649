"""Problems as the tests compare them."""

from __future__ import annotations

from collections.abc import Iterable

from redshift_roles.rules.registry import Problem


def messages_and_fixes(problems: Iterable[Problem]) -> list[tuple[str, str]]:
    """List messages and fixes."""
    return [(problem.message, problem.fix) for problem in problems]
