"""The one registry of what is known of CDK objects: what was read of each, and what our constructs were made with."""

from __future__ import annotations

from typing import Any, Final, TypeVar
from weakref import WeakKeyDictionary

from redshift_roles.cdk.jsii_compat import reference_of

Record = TypeVar("Record")


class Registry:
    """Records by CDK object: of each class that is asked for, one.

    jsii returns a new Python object each time for what was not made in Python, such as the role of a function, so an
    object is found by its jsii reference. jsii keeps what it refers to until the process ends, and never gives a
    reference twice. An object that jsii does not know yet is found by itself, and its records do not keep it alive.
    """

    def __init__(self) -> None:
        self._by_reference: dict[str, dict[type, Any]] = {}
        self._by_identity: WeakKeyDictionary[object, dict[type, Any]] = WeakKeyDictionary()

    def record(self, kind: type[Record], subject: object) -> Record:
        """Return the record of a class about an object; it is made with its defaults when it is first asked for."""
        records = self._records(subject)
        found: Record | None = records.get(kind)
        if found is None:
            found = records[kind] = kind()
        return found

    def _records(self, subject: object) -> dict[type, Any]:
        reference = reference_of(subject)
        if not reference:
            return self._by_identity.setdefault(subject, {})
        records = self._by_reference.get(reference)
        if records is None:
            records = self._by_reference[reference] = self._by_identity.pop(subject, {})
        return records


REGISTRY: Final = Registry()


def record_of(kind: type[Record], subject: object) -> Record:
    """Return the record of a class about a CDK object, as in ``record_of(RoleRecord, role).arn``."""
    return REGISTRY.record(kind, subject)
