"""Loops among the resources of a template."""

from __future__ import annotations

import pytest

from redshift_roles.aws.placeholders import placeholder, readable
from redshift_roles.templates.assembly import Json
from redshift_roles.templates.loops import unrolled

NAME = placeholder("home/Fn::ForEach::L#Name")


def test_a_template_without_loops_stays_as_it_is() -> None:
    """Not even a copy is made."""
    resources = {"Bucket": {"Type": "AWS::S3::Bucket"}}

    assert unrolled(resources, "home") is resources


def test_what_a_loop_repeats_stands_there_once() -> None:
    """Beside the other resources, in their order, with a hole wherever a text has the variable."""
    body = {"Type": "T", "Properties": {"A${Name}": ["&{Name}", {"Fn::Sub": "x-${Name}-${Other}"}, 1]}}
    resources = {"First": {}, "Fn::ForEach::L": ["Name", ["a"], {"C${Name}": body, "D": {}}], "Last": {}}

    found = unrolled(resources, "home")

    marked = {"Type": "T", "Properties": {f"A{NAME}": [NAME, {"Fn::Sub": f"x-{NAME}-${{Other}}"}, 1]}}
    assert [("First", {}), (f"C{NAME}", marked), ("D", {}), ("Last", {})] == list(found.items())


def test_loops_stand_in_loops() -> None:
    """Each variable has a hole of its own."""
    inner = {"Fn::ForEach::Inner": ["Size", ["s"], {"C${Name}${Size}": {}}]}

    name, size = placeholder("home/Fn::ForEach::Outer#Name"), placeholder("home/Fn::ForEach::Inner#Size")
    assert {f"C{name}{size}": {}} == unrolled({"Fn::ForEach::Outer": ["Name", ["a"], inner]}, "home")


def test_two_loops_over_the_same_pattern_are_two() -> None:
    """They call their variable alike, and run over other values."""
    loops = {f"Fn::ForEach::{name}": ["X", [name], {"C${X}": {"Of": name}}] for name in ("Prod", "Dev", "De#v")}

    assert ["Prod", "Dev", "De#v"] == [value["Of"] for value in unrolled(loops, "home").values()]
    assert ["C${X}"] * 3 == [readable(name) for name in unrolled(loops, "home")]


@pytest.mark.parametrize(
    "loop",
    [None, {}, [], ["Name"], ["Name", ["a"]], ["Name", ["a"], []], ["Name", ["a"], {}, {}], ["Name", ["a"], "x"]],
)
def test_a_misshapen_loop_makes_nothing(loop: Json) -> None:
    """It is no crash, and hides nothing else."""
    assert {"Last": {}} == unrolled({"Fn::ForEach::L": loop, "Last": {}}, "home")


def test_what_stands_in_many_places_is_written_once() -> None:
    """A few aliases of YAML stand for more values than anybody could copy."""
    value: Json = ["${Name}"]
    for _ in range(60):
        value = [value, value]

    found = unrolled({"Fn::ForEach::L": ["Name", ["a"], {"C": {"Properties": value}}]}, "home")["C"]["Properties"]

    assert found[0] is found[1]
    while isinstance(found, list):
        found = found[-1]
    assert found == NAME


@pytest.mark.parametrize(("depth", "count"), [(5, 1), (6, 0)])
def test_five_loops_deep_is_deep_enough(depth: int, count: int) -> None:
    """CloudFormation takes five; deeper ones are passed over."""
    node: Json = {"C": {}}
    for number in range(depth):
        node = {f"Fn::ForEach::L{number}": [f"V{number}", ["a"], node]}

    assert count == len(unrolled(node, "home"))
