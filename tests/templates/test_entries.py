"""The entries that lists of templates may have."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings

from redshift_roles.aws import Json
from redshift_roles.aws.placeholders import placeholder
from redshift_roles.templates.assembly import Template
from redshift_roles.templates.conditions import Branch
from redshift_roles.templates.references import NO_VALUE
from redshift_roles.templates.values import MORE, Option, entries, texts, unknown
from tests.conftest import ACCOUNT, REGION
from tests.support import builders
from tests.support.builders import StackText, if_, join, template, trusting
from tests.support.random_values import PLACE, VALUES

RESOLVE = "{{resolve:ssm:/loader}}"
LOADER = f"arn:aws:iam::{ACCOUNT}:role/Loader"
GENERATED = f"arn:aws:iam::{ACCOUNT}:role/DataStack-Loader-{placeholder('Data.template.json#Loader')}"


def _own(name: str) -> str:
    return placeholder(f"Data.template.json#{name}")


def _texts(value: Json, found: Template) -> list[list[str]]:
    """List what each entry may be, and `NO_VALUE` where a condition may leave it out."""
    listed = []
    for entry in entries(value, found).entries:
        possible = [option.text for option in entry.options]
        listed.append([*dict.fromkeys([*possible, NO_VALUE] if entry.when else possible)])
    return listed


def test_a_list_that_is_passed_in_a_circle_comes_to_an_end(tmp_path: Path) -> None:
    """Two nested stacks that pass each other's lists are not known."""
    turning = {"Fn::Split": [",", {"Fn::GetAtt": ["Child", "Outputs.Out"]}]}
    outputs = {"Out": {"Value": join(",", {"Fn::Select": [0, {"Ref": "In"}]}, {"Ref": "In"})}}
    child = StackText(outputs=outputs, passed={"In": turning}, parameters={"In": {"Type": "CommaDelimitedList"}})
    found = template(tmp_path, StackText(nested={"Child": child}))

    assert _texts(turning, found) == [[MORE]]


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ([], []),
        (["a", {"Ref": "AWS::Region"}], [["a"], [REGION]]),
        ("a", [["a"]]),
        (["a", builders.NO_VALUE, "b"], [["a"], [NO_VALUE], ["b"]]),
        (builders.NO_VALUE, []),
        ([if_("a", builders.NO_VALUE)], [["a", NO_VALUE]]),
        ([if_("a", "b")], [["a", "b"]]),
        ([["a"], ["b"]], [["a"], ["b"]]),
        (if_(["a", "b"], ["c"]), [["a", NO_VALUE], ["b", NO_VALUE], ["c", NO_VALUE]]),
        (if_(["a"], builders.NO_VALUE), [["a", NO_VALUE]]),
        (if_(if_(["a"], []), [if_("b", builders.NO_VALUE)]), [["a", NO_VALUE], [NO_VALUE]]),
        (if_(["a"], [{"Fn::If": ["Other", "b", "c"]}]), [["a", NO_VALUE], ["b", "c", NO_VALUE]]),
        (if_(["a"], {"Ref": "List"}), [["a", NO_VALUE], [MORE, NO_VALUE]]),
        ({"Fn::Split": [",", "a,b"]}, [["a"], ["b"]]),
        ({"Fn::Split": ["||", {"Fn::Join": ["||", ["a", "b"]]}]}, [["a"], ["b"]]),
        ({"Fn::Split": [",", join(",", {"Fn::GetAtt": ["Loader", "Arn"]}, LOADER)]}, [[GENERATED], [LOADER]]),
        ({"Ref": "List"}, [[MORE]]),
        ([{"Ref": "List"}, "a"], [[MORE], ["a"]]),
        ([{"Ref": "Accounts"}, "a"], [[MORE], ["a"]]),
        ([{"Ref": "One"}, "a"], [[_own("One")], ["a"]]),
        ([{"Fn::ImportValue": "List"}], [[_own("Fn::ImportValue List")]]),
        ([{"Ref": ["List"]}], [[_own('{"Ref": ["List"]}')]]),
        ({"Fn::Split": [",", {"Ref": "One"}]}, [[MORE]]),
        ({"Fn::Split": [",", join(",", LOADER, {"Ref": "One"})]}, [[MORE]]),
        ({"Fn::Split": [",", if_("a", "b")]}, [[MORE]]),
        ({"Fn::Split": ["", "a"]}, [[MORE]]),
        ({"Fn::Split": [","]}, [[MORE]]),
        ({"Fn::Split": [",", "a", "b"]}, [[MORE]]),
        ({"Fn::Split": [7, "a"]}, [[MORE]]),
        ({"Fn::Split": "text"}, [[MORE]]),
        ({"Fn::If": ["Condition", ["a"]]}, [[MORE]]),
        ({"Fn::If": ["Condition", ["a"], ["b"], ["c"]]}, [[MORE]]),
        ({"Fn::If": "Condition"}, [[MORE]]),
        ({"Fn::If": "abc"}, [[MORE]]),
        ({"Ref": ["List"]}, [[MORE]]),
        ({"Fn::FindInMap": ["Roles", "Prod", "Arns"]}, [["a"], ["b"]]),
        ({"Fn::FindInMap": ["Roles", "Prod", "Arn"]}, [[MORE]]),
        ({"Fn::FindInMap": ["Roles", "Prod", "Other"]}, [[MORE]]),
        ({"Fn::FindInMap": ["Roles", {"Ref": "One"}, "Arns"]}, [[MORE]]),
        ({"a": 1, "b": 2}, [[MORE]]),
        ([{"a": 1, "b": 2}, {}], [['{"a": 1, "b": 2}'], ["{}"]]),
        (None, [[MORE]]),
        (7, [[MORE]]),
    ],
)
def test_a_list_has_entries(tmp_path: Path, value: Json, expected: list[list[str]]) -> None:
    """Each with what it may become, and a sign where the list may be longer."""
    parameters = {
        "List": {"Type": "CommaDelimitedList"},
        "Accounts": {"Type": "List<String>"},
        "One": {"Type": "String"},
    }
    mappings = {"Roles": {"Prod": {"Arns": ["a", "b"], "Arn": "a"}}}
    found = template(tmp_path, StackText(parameters=parameters, resources={"Loader": trusting()}, mappings=mappings))

    assert expected == _texts(value, found)


YES, NO = (Branch("Data.template.json?Condition", holds) for holds in (True, False))
OTHER = Branch("Data.template.json?Other", holds=True)
NOT_OTHER = OTHER._replace(holds=False)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (["a"], [[("a", ())]]),
        ([if_("a", "b")], [[("a", (YES,)), ("b", (NO,))]]),
        ([{"Fn::If": ["Opposite", "a", "b"]}], [[("a", (NO,)), ("b", (YES,))]]),
        ([if_("a", "a")], [[("a", ())]]),
        (if_(["a"], ["b", if_("c", "d")]), [[("a", (YES,))], [("b", (NO,))], [("d", (NO,))]]),
        (
            [if_({"Fn::If": ["Other", "a", "b"]}, "c")],
            [[("a", (YES, OTHER)), ("b", (YES, NOT_OTHER)), ("c", (NO,))]],
        ),
        ([{"Fn::If": ["Here", "a", "b"]}], [[("a", ())]]),
        ({"Fn::If": ["Opposite of here", ["a"], ["b"]]}, [[("b", ())]]),
        (if_({"Ref": "List"}, ["a"]), [[(MORE, (YES,))], [("a", (NO,))]]),
    ],
)
def test_an_entry_has_the_branches_it_stands_in(tmp_path: Path, value: Json, expected: Json) -> None:
    """Those that exclude what was taken before are left out, and so are those that are decided."""
    conditions = {
        "Opposite": {"Fn::Not": [{"Condition": "Condition"}]},
        "Here": {"Fn::Equals": [{"Ref": "AWS::Region"}, REGION]},
        "Opposite of here": {"Fn::Not": [{"Condition": "Here"}]},
    }
    found = entries(value, template(tmp_path, StackText(conditions=conditions)))

    assert expected == [[tuple(option) for option in entry.options] for entry in found.entries]


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (["a", "b"], (2, 2)),
        ([if_("a", "b"), "c"], (2, 2)),
        ([if_("a", builders.NO_VALUE), "c"], (1, 2)),
        ([if_("a", ""), ""], (0, 1)),
        (if_(["a", "b", "c"], ["d"]), (1, 3)),
        (if_(if_(["a"], []), [if_("b", "c"), "d"]), (1, 2)),
        ([if_("a", builders.NO_VALUE), {"Fn::If": ["Opposite", "b", builders.NO_VALUE]}], (0, 2)),
        ([{"Ref": "List"}, "a"], (1, 1)),
        (builders.NO_VALUE, (0, 0)),
    ],
)
def test_a_list_has_at_least_and_at_most_so_many_entries(
    tmp_path: Path, value: Json, expected: tuple[int, int]
) -> None:
    """An interval for each condition; two of them are added up as if they had nothing to do with each other."""
    parameters = {"List": {"Type": "CommaDelimitedList"}}
    found = entries(value, template(tmp_path, StackText(parameters=parameters)))

    assert expected == (found.least, found.most)


@pytest.mark.parametrize(("count", "expected"), [(16, 16), (17, 1)])
@pytest.mark.parametrize("listed", [True, False])
def test_at_most_sixteen_options_are_kept(tmp_path: Path, count: int, expected: int, listed: bool) -> None:
    """Seventeen are one placeholder, or a list of any length."""
    value: Json = ["0"] if listed else "0"
    for number in range(1, count):
        value = {"Fn::If": [f"C{number}", [str(number)] if listed else str(number), value]}
    found = template(tmp_path)
    options = [option for entry in entries(value if listed else [value], found).entries for option in entry.options]

    assert expected == len(options)
    assert (expected == 1) == (options[0].text == (MORE if listed else unknown(value, found)))


def test_what_is_taken_anyway_decides_the_branches(tmp_path: Path) -> None:
    """The other one is not taken, and what else is not known stays so."""
    value = [if_("a", "b"), if_({"Fn::If": ["Other", "c", "d"]}, "e")]
    found = entries(if_(value, ["f"]), template(tmp_path), (YES,))
    other = entries(if_(value, ["f"]), template(tmp_path), (NO,))

    assert [[("a", (YES,))], [("c", (YES, OTHER)), ("d", (YES, NOT_OTHER))]] == [
        [tuple(option) for option in entry.options] for entry in found.entries
    ]
    assert [[Option("f", (NO,))]] == [entry.options for entry in other.entries]


def test_each_of_several_texts_is_a_branch_of_its_own(tmp_path: Path) -> None:
    """The same text elsewhere is the same branch."""
    value = join("", "a", if_("b", "c"))
    first, second, other = entries([value, value, join("", "x", if_("b", "c"))], template(tmp_path)).entries

    assert first == second
    assert 4 == len({option.when for entry in (first, other) for option in entry.options})


@pytest.mark.parametrize("value", [["x"] * 2_000, [["x"] * 100] * 20, [[["x"] * 10] * 10] * 20])
def test_of_a_long_list_the_beginning_is_read(tmp_path: Path, value: Json) -> None:
    """Nothing may have a thousand roles."""
    found = _texts(value, template(tmp_path))

    assert ([["x"]] * 1_000, [[MORE]]) == (found[:1_000], found[1_000:])


def test_a_split_never_cuts_what_is_not_known(tmp_path: Path) -> None:
    """The separator may be part of a placeholder's name, which is no text of the deployment's."""
    arn = join("", f"arn:aws:iam::{ACCOUNT}:role/", {"Fn::FindInMap": ["Roles", {"Ref": "X"}, "Name"]})
    found = template(tmp_path)

    assert _texts({"Fn::Split": [",", arn]}, found) in ([texts(arn, found)], [[MORE]])


@pytest.mark.parametrize(
    ("passed", "expected"),
    [
        ("a, b", [["a"], ["b"]]),
        (["a", {"Fn::GetAtt": ["Loader", "Arn"]}], [["a"], [GENERATED]]),
        ({"Fn::Split": [",", "a,b"]}, [["a"], ["b"]]),
        ({"Ref": "List"}, [[MORE]]),
        (join(",", "a", "b"), [["a"], ["b"]]),
        (join(", ", "a", {"Fn::GetAtt": ["Loader", "Arn"]}), [["a"], [GENERATED]]),
        (join(",", "a", {"Ref": "Other"}), [[MORE]]),
        (RESOLVE, [[MORE]]),
    ],
)
@pytest.mark.parametrize("value", [{"Ref": "Roles"}, [{"Ref": "Roles"}]])
def test_a_list_that_is_passed_to_a_nested_stack_is_followed(
    tmp_path: Path, value: Json, passed: Json, expected: list[list[str]]
) -> None:
    """A text is taken apart at its commas; what only the deployment knows may be any number of entries."""
    child = StackText(parameters={"Roles": {"Type": "CommaDelimitedList"}}, passed={"Roles": passed})
    parameters = {"List": {"Type": "CommaDelimitedList"}}
    stack = StackText(resources={"Loader": trusting()}, parameters=parameters, nested={"Child": child})

    found = template(tmp_path, stack).nested["Child"]

    assert expected == _texts(value, found)
    assert _texts({"Fn::ImportValue": "Roles"}, found) == [[MORE]]
    assert _texts({"Ref": ["Roles"]}, found) == [[MORE]]


@pytest.mark.parametrize("depth", [38, 60])
def test_lists_end_where_they_are_too_deep(tmp_path: Path, depth: int) -> None:
    """Forty lists within each other are enough for any template."""
    listed: Json = ["x"]
    for _ in range(depth):
        listed = [listed]

    assert [["x" if depth < 40 else MORE]] == _texts(listed, template(tmp_path))


@settings(database=None, deadline=None, max_examples=300, suppress_health_check=[HealthCheck.too_slow])
@given(value=VALUES)
def test_whatever_a_template_holds_is_some_entries(value: Json) -> None:
    """Nothing raises, and each entry may become something."""
    assert all(entry and all(isinstance(text, str) for text in entry) for entry in _texts(value, PLACE))
