"""What is known of CDK objects, found again by every Python object that stands for the same one.

An object flows in; what was noted of it flows out. jsii hands out a new Python object at each look at what was not made
in Python, such as the role of a function or who is behind an import; the reference in it stays the same.
"""

from __future__ import annotations

from typing import Generic, TypeVar
from weakref import WeakKeyDictionary

Noted = TypeVar("Noted")


class Remembered(Generic[Noted]):
    """Notes about CDK objects.

    jsii keeps every object that it refers to until the process ends and never gives a reference twice. So a note lives
    as long as what it is about, and can be about nothing else. What jsii does not know yet is told apart by itself.
    """

    def __init__(self) -> None:
        self._by_reference: dict[str, Noted] = {}
        self._by_identity: WeakKeyDictionary[object, Noted] = WeakKeyDictionary()

    def get(self, subject: object) -> Noted | None:
        """Read what was noted; None where nothing was."""
        reference = reference_of(subject)
        if reference in self._by_reference:
            return self._by_reference[reference]
        return self._by_identity.get(subject)

    def __contains__(self, subject: object) -> bool:
        return reference_of(subject) in self._by_reference or subject in self._by_identity

    def __setitem__(self, subject: object, noted: Noted) -> None:
        reference = reference_of(subject)
        if reference:
            self._by_reference[reference] = noted
        else:
            self._by_identity[subject] = noted

    def forget(self, subject: object) -> None:
        """Drop what was noted, if anything was."""
        self._by_reference.pop(reference_of(subject), None)
        self._by_identity.pop(subject, None)


def reference_of(subject: object) -> str:
    """Read by which name jsii refers to an object; empty for what it does not know. No crossing: it stands in the
    object.
    """
    reference: str = getattr(getattr(subject, "__jsii_ref__", None), "ref", "")
    return reference
