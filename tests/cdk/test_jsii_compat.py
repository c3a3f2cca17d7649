"""What is known of CDK objects, found again by every Python object that stands for the same one."""

from __future__ import annotations

import gc
from types import SimpleNamespace
from typing import Any
from weakref import ref

from redshift_roles.cdk.jsii_compat import Remembered, reference_of


class Thing:
    """What jsii does not know."""


def proxy(name: str) -> Any:
    """Make one of the Python objects that stand for one CDK object."""
    made: Any = Thing()
    made.__jsii_ref__ = SimpleNamespace(ref=name)
    return made


def test_nothing_is_known_of_a_stranger() -> None:
    """Whether jsii knows it or not."""
    notes: Remembered[str] = Remembered()
    notes[proxy("Role@1")] = "one"

    assert [None, None] == [notes.get(proxy("Role@2")), notes.get(Thing())]
    assert proxy("Role@2") not in notes
    assert Thing() not in notes


def test_a_note_is_found_by_every_object_of_the_same_reference() -> None:
    """The last note counts."""
    notes: Remembered[str] = Remembered()
    notes[proxy("Role@1")] = "one"
    notes[proxy("Role@1")] = "two"

    assert "two" == notes.get(proxy("Role@1"))
    assert proxy("Role@1") in notes


def test_a_note_that_says_nothing_is_a_note() -> None:
    """False is not the same as unknown."""
    notes: Remembered[bool] = Remembered()
    notes[proxy("Role@1")] = False

    assert False is notes.get(proxy("Role@1"))
    assert proxy("Role@1") in notes


def test_what_jsii_learns_of_later_keeps_its_note() -> None:
    """An object of Python alone gets its reference when it is first passed on."""
    thing: Any = Thing()
    notes: Remembered[str] = Remembered()
    notes[thing] = "before"
    thing.__jsii_ref__ = SimpleNamespace(ref="Thing@1")

    assert "before" == notes.get(thing)
    notes[thing] = "after"
    assert "after" == notes.get(thing)


def test_what_jsii_does_not_know_is_let_go() -> None:
    """A note keeps nothing alive."""
    thing = Thing()
    notes: Remembered[str] = Remembered()
    notes[thing] = "one"
    watched = ref(thing)
    del thing
    gc.collect()

    assert watched() is None


def test_a_note_can_be_dropped() -> None:
    """Also one that was never made."""
    thing = Thing()
    notes: Remembered[str] = Remembered()
    for subject in (thing, proxy("Role@1")):
        notes.forget(subject)
        notes[subject] = "one"
        notes.forget(subject)

        assert subject not in notes
        assert notes.get(subject) is None


def test_two_memories_know_nothing_of_each_other() -> None:
    """Each holds notes of one kind."""
    first: Remembered[str] = Remembered()
    second: Remembered[str] = Remembered()
    first[proxy("Role@1")] = "one"

    assert second.get(proxy("Role@1")) is None


def test_a_reference_stands_in_the_object() -> None:
    """It is empty for what jsii does not know."""
    assert ["Role@1", "", ""] == [reference_of(subject) for subject in (proxy("Role@1"), Thing(), None)]
