"""How trouble reads: one finding a broken rule, one exception for all of them.

Findings flow in from the rules; text for people flows out.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING, Final, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

# Of how many findings by one rule about one thing a person reads each: nothing may have more roles than this.
MOST: Final = 50

_Told = TypeVar("_Told")


@dataclass(frozen=True, slots=True)
class Finding:
    """One broken rule at one place.

    Attributes:
        rule: The rule's name, such as ``RoleQuotaExceeded``; stable, the same in docs, tests and acknowledgements.
        path: The construct path where it was found, such as ``Data/Warehouse``.
        message: What was given and what is allowed, in the words of the caller's argument.
        fix: The edit that mends it.
        source: The AWS page that states the rule.
    """

    rule: str
    path: str
    message: str
    fix: str
    source: str

    def __str__(self) -> str:
        return f"{self.rule}: {self.message}\n    fix: {self.fix}\n    source: {self.source}"


def shortened(reported: Iterable[_Told], more: Callable[[_Told, str], _Told]) -> list[_Told]:
    """Tell each thing once and keep the list short; the last one tells how many are left out.

    Args:
        reported: What one rule has to say about one thing.
        more: Adds words to the last one.
    """
    once = [*dict.fromkeys(reported)]
    kept = once[:MOST]
    if len(once) > MOST:
        kept[-1] = more(kept[-1], f", and {len(once) - MOST} more")
    return kept


def printable(text: str) -> str:
    """Write as escapes what a terminal would obey or hide, such as a colour or the end of a line."""
    return text if text.isprintable() else "".join(c if c.isprintable() else _escaped(c) for c in text)


def _escaped(character: str) -> str:
    return character.encode("unicode_escape").decode("ascii")


class RoleAssociationError(ValueError):
    """Roles, clusters or policies that Redshift or IAM would refuse, found at synth time.

    Raised with everything that is known to be wrong at once, before any construct is made.

    Attributes:
        findings: A tuple of `Finding`, at least one, in the order in which they are printed.
    """

    def __init__(self, findings: Iterable[Finding]) -> None:
        self.findings = tuple(findings)
        super().__init__(self.findings)

    def __str__(self) -> str:
        return "\n".join(_section(path, list(group)) for path, group in groupby(self.findings, lambda f: f.path))


# A traceback names the class by its public address.
RoleAssociationError.__module__ = __name__.partition(".")[0]


def _section(path: str, findings: list[Finding]) -> str:
    count = "1 rule broken" if len(findings) == 1 else f"{len(findings)} rules broken"
    return "\n".join([f"{path}: {count}", *(f"  {finding}" for finding in findings)])
