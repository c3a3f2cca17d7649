"""The shapes an argument can have."""

from __future__ import annotations

import pytest

from redshift_roles.rules.shapes import Flag, Kind, ListOf, Number, Shape, Text, classes_of, id_shown, is_whole, shown
from tests.support.problems import messages_and_fixes


class Apple:
    """A thing with an attribute of its own."""

    core = 1


class Uniform:
    """A thing without it."""


class Pear:
    """Stands for what another room says of it."""


@classes_of.register
def _(_: Pear) -> dict[str, type]:
    return {"IUniform": Uniform, "IApple": Apple}


APPLE = Kind("core", "an Apple", "pick one")
NAME = Text("[a-z]+", "a name", "ann")
ANYTHING = Text("(?s:.+)", "anything", "a")
LITERAL = ANYTHING._replace(literal=True)
TEXT, LIST, NUMBER = "${Token[TOKEN.7]}", "#{Token[TOKEN.8]}", -1.8881545897087626e289
UNKNOWN = "a value that only the deployment knows"
A_LIST, A_NUMBER = "a list that only the deployment knows", "a number that only the deployment knows"
FEW = "a whole number from 1 to 3"
COUNTED = (
    "'x' must be a list whose entries are counted at synth, got a list that only the deployment knows",
    "name each of them",
)


@pytest.mark.parametrize(
    ("shape", "value", "message", "fix"),
    [
        (NAME, "Ann", "'x' must be a name, got 'Ann'", "write it like x='ann'"),
        (NAME, 7, "'x' must be a name, got 7", "write it like x='ann'"),
        (Number(1, 3), 4, "'x' must be a whole number from 1 to 3, got 4", "pass a whole number from 1 to 3"),
        (Number(1, 3), 0, "'x' must be a whole number from 1 to 3, got 0", "pass a whole number from 1 to 3"),
        (Number(0, 1), True, "'x' must be a whole number from 0 to 1, got True", "pass a whole number from 0 to 1"),
        (APPLE, Uniform(), "'x' must be an Apple, got a Uniform", "pick one"),
        (APPLE, "core", "'x' must be an Apple, got 'core'", "pick one"),
        (Kind("seed", "a Seed", "pick one"), Pear(), "'x' must be a Seed, got an IUniform", "pick one"),
        (APPLE, TEXT, f"'x' must be an Apple, got {UNKNOWN}", "pick one"),
        (NAME, NUMBER, f"'x' must be a name, got {A_NUMBER}", "write it like x='ann'"),
        (NAME, [LIST], f"'x' must be a name, got {A_LIST}", "write it like x='ann'"),
        (NAME, LIST, f"'x' must be a name, got {A_LIST}", "write it like x='ann'"),
        (ANYTHING, LIST, f"'x' must be anything, got {A_LIST}", "write it like x='a'"),
        (LITERAL, TEXT, f"'x' must be anything, got {UNKNOWN}", "write it like x='a'"),
        (LITERAL, f"a{TEXT}", "'x' must be anything, got 'a${Token}'", "write it like x='a'"),
        (LITERAL, f"a{NUMBER}", "'x' must be anything, got 'a${Token}'", "write it like x='a'"),
        (Number(1, 3), TEXT, f"'x' must be {FEW}, got {UNKNOWN}", f"pass {FEW}"),
        (Number(1, 3, literal=True), NUMBER, f"'x' must be {FEW}, got {A_NUMBER}", f"pass {FEW}"),
        (Flag(), TEXT, f"'x' must be True or False, got {UNKNOWN}", "pass x=True or x=False"),
        (Flag(), NUMBER, f"'x' must be True or False, got {A_NUMBER}", "pass x=True or x=False"),
        (Flag(), [LIST], f"'x' must be True or False, got {A_LIST}", "pass x=True or x=False"),
        (ListOf(NAME), TEXT, f"'x' must be a list, got {UNKNOWN}", "pass x=[…]"),
        (ListOf(NAME), NUMBER, f"'x' must be a list, got {A_NUMBER}", "pass x=[…]"),
        (ListOf(NAME), [LIST], *COUNTED),
        (ListOf(APPLE), ("x", LIST), *COUNTED),
        (Flag(), 1, "'x' must be True or False, got 1", "pass x=True or x=False"),
        (ListOf(APPLE), "core", "'x' must be a list, got 'core'", "pass x=[…]"),
        (ListOf(APPLE), {}, "'x' must be a list, got a dict", "pass x=[…]"),
        (ListOf(APPLE), [Apple(), Uniform()], "'x[1]' must be an Apple, got a Uniform", "pick one"),
    ],
)
def test_fails_when_a_value_has_another_shape(shape: Shape, value: object, message: str, fix: str) -> None:
    """One trouble, in the words of the argument."""
    assert [(message, fix)] == messages_and_fixes(shape.check("x", value))


@pytest.mark.parametrize(
    ("shape", "value"),
    [
        (NAME, "ann"),
        (LITERAL, "${Token}"),
        (Number(1, 3), 1),
        (Number(1, 3), 3),
        (APPLE, Apple()),
        (APPLE, Pear()),
        (NAME, TEXT),
        (NAME, f"A{TEXT}"),
        (Number(1, 3), NUMBER),
        (ListOf(NAME), [TEXT]),
        (Flag(), False),
        (ListOf(APPLE), []),
        (ListOf(NAME), ("ann", "bob")),
    ],
)
def test_a_value_of_the_shape_passes(shape: Shape, value: object) -> None:
    """Nothing is told of it; what only the deployment knows is a text or a number, and may fit."""
    assert [] == list(shape.check("x", value))


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("", "''"),
        ("a", "'a'"),
        (None, "None"),
        (1.5, "1.5"),
        (b"a", "b'a'"),
        (Apple(), "an Apple"),
        (Uniform(), "a Uniform"),
        ([1], "a list"),
        (TEXT, "a value that only the deployment knows"),
        (NUMBER, "a number that only the deployment knows"),
        (LIST, "a list that only the deployment knows"),
        ([LIST], "a list that only the deployment knows"),
        ([TEXT], "a list"),
        (f"a{TEXT}", "'a${Token}'"),
        (f"a{NUMBER}", "'a${Token}'"),
        ("${Token[AWS.Region.7]}", "'${AWS::Region}'"),
    ],
)
def test_a_value_is_shown_as_its_caller_would_write_it(value: object, text: str) -> None:
    """Literals as they are, objects by their class."""
    assert text == shown(value)


@pytest.mark.parametrize(
    ("value", "text"),
    [("Data", "Data"), (f"a{TEXT}", "a${Token}"), (None, "None"), ([LIST], "a list that only the deployment knows")],
)
def test_an_id_is_shown_as_in_a_path(value: object, text: str) -> None:
    """Without quotation marks, and without raw tokens."""
    assert text == id_shown(value)


@pytest.mark.parametrize(("value", "whole"), [(1, True), (0, True), (True, False), (1.0, False), ("1", False)])
def test_a_whole_number_is_no_flag(value: object, whole: bool) -> None:
    """Python takes True for 1; AWS does not."""
    assert whole is is_whole(value)
