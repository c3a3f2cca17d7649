"""Records about CDK objects."""

from __future__ import annotations

import gc
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any
from weakref import ref

from redshift_roles.cdk.records import Registry


class Thing:
    """What jsii does not know."""


@dataclass
class Note:
    """One class of records."""

    text: str = ""


class Other(Note):
    """Another one."""


def proxy(name: str) -> Any:
    """Return a new Python object that stands for a CDK object."""
    made: Any = Thing()
    made.__jsii_ref__ = SimpleNamespace(ref=name)
    return made


def test_every_object_of_one_reference_has_the_same_record() -> None:
    """Others have one of their own."""
    registry = Registry()
    registry.record(Note, proxy("Role@1")).text = "one"

    assert "one" == registry.record(Note, proxy("Role@1")).text
    assert "" == registry.record(Note, proxy("Role@2")).text == registry.record(Note, Thing()).text


def test_classes_of_records_and_registries_share_nothing() -> None:
    """Each room has its own."""
    registry = Registry()
    registry.record(Note, proxy("Role@1")).text = "one"

    assert "" == registry.record(Other, proxy("Role@1")).text == Registry().record(Note, proxy("Role@1")).text


def test_what_jsii_learns_of_later_keeps_its_record() -> None:
    """An object of Python alone gets its reference when it is first passed to CDK."""
    thing: Any = Thing()
    registry = Registry()
    before = registry.record(Note, thing)
    thing.__jsii_ref__ = SimpleNamespace(ref="Thing@1")

    assert before is registry.record(Note, thing) is registry.record(Note, proxy("Thing@1"))


def test_what_jsii_does_not_know_is_let_go() -> None:
    """A record keeps nothing alive."""
    thing = Thing()
    registry = Registry()
    registry.record(Note, thing)
    watched = ref(thing)
    del thing
    gc.collect()

    assert watched() is None
