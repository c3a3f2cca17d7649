"""Findings, and the exception that reports all of them."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING, Final, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

# How many findings of one rule about one resource are reported: a cluster cannot have more roles than this.
MOST: Final = 50

_Reported = TypeVar("_Reported")


@dataclass(frozen=True, slots=True)
class Finding:
    """One broken rule.

    Attributes:
        rule: The rule's name, such as ``RoleQuotaExceeded``; stable, the same in docs, tests and acknowledgements.
        path: The construct path, such as ``Data/Warehouse``.
        message: What was given and what is allowed.
        fix: The edit that corrects it.
        source: The AWS page that states the rule.
    """

    rule: str
    path: str
    message: str
    fix: str
    source: str

    def __str__(self) -> str:
        return f"{self.rule}: {self.message}\n    fix: {self.fix}\n    source: {self.source}"


def shortened(reported: Iterable[_Reported], more: Callable[[_Reported, str], _Reported]) -> list[_Reported]:
    """Keep each finding once, and no more than `MOST`; the last one says how many are left out."""
    once = [*dict.fromkeys(reported)]
    kept = once[:MOST]
    if len(once) > MOST:
        kept[-1] = more(kept[-1], f", and {len(once) - MOST} more")
    return kept


def printable(text: str) -> str:
    """Replace control characters by escapes, because a terminal would obey or hide them."""
    return text if text.isprintable() else "".join(c if c.isprintable() else _escaped(c) for c in text)


def _escaped(character: str) -> str:
    return character.encode("unicode_escape").decode("ascii")


class RoleAssociationError(ValueError):
    """Roles, clusters or policies that Redshift or IAM would refuse.

    It is raised at synth time, with everything that is known to be wrong, before any construct is made.

    Attributes:
        findings: A tuple of `Finding`, at least one, in the order in which they are printed.
    """

    def __init__(self, findings: Iterable[Finding]) -> None:
        self.findings = tuple(findings)
        super().__init__(self.findings)

    def __str__(self) -> str:
        return "\n".join(_section(path, list(group)) for path, group in groupby(self.findings, lambda f: f.path))


# A traceback shows the public name of the class.
RoleAssociationError.__module__ = __name__.partition(".")[0]


def _section(path: str, findings: list[Finding]) -> str:
    count = "1 rule broken" if len(findings) == 1 else f"{len(findings)} rules broken"
    return "\n".join([f"{path}: {count}", *(f"  {finding}" for finding in findings)])
