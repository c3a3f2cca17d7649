"""Conditions that are decided before the deployment."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings

from redshift_roles.aws import Json
from redshift_roles.templates.assembly import Template
from redshift_roles.templates.conditions import alternatives, branch, holds
from redshift_roles.templates.values import texts
from tests.conftest import ACCOUNT, OTHER_ACCOUNT, REGION
from tests.support.builders import NO_VALUE, StackText, if_, template, trusting
from tests.support.random_values import VALUES

REGION_IS: Json = {"Fn::Equals": [{"Ref": "AWS::Region"}, REGION]}
REGION_IS_NOT: Json = {"Fn::Equals": [{"Ref": "AWS::Region"}, "us-east-1"]}
UNKNOWN: Json = {"Fn::Equals": [{"Ref": "Stage"}, "prod"]}
ARN: Json = {"Fn::GetAtt": ["Loader", "Arn"]}


def _template(tmp_path: Path, **conditions: Json) -> Template:
    parameters = {"Stage": {"Type": "String", "Default": "prod"}}
    return template(tmp_path, StackText(parameters=parameters, resources={"Loader": trusting()}, conditions=conditions))


def _holds(tmp_path: Path, condition: Json) -> bool | None:
    others = {"Yes": REGION_IS, "No": REGION_IS_NOT, "Unknown": UNKNOWN}
    return holds("Asked", _template(tmp_path, Asked=condition, **others), texts)


@pytest.mark.parametrize(
    ("sides", "expected"),
    [
        (["a", "a"], True),
        (["a", "b"], False),
        (["a", "A"], False),
        ([1, "1"], True),
        ([True, "true"], True),
        ([{"Ref": "AWS::AccountId"}, ACCOUNT], True),
        ([OTHER_ACCOUNT, {"Ref": "AWS::AccountId"}], False),
        ([{"Ref": "AWS::Partition"}, "aws-cn"], False),
        ([{"Ref": "Stage"}, "prod"], None),
        ([{"Ref": "Stage"}, {"Ref": "Stage"}], True),
        ([{"Ref": "Stage"}, {"Ref": "Other"}], None),
        ([{"Fn::Sub": "a-${Stage}"}, "b-prod"], False),
        ([{"Fn::Sub": "${Stage}-a"}, "prod-b"], False),
        ([{"Fn::Sub": "ab${Stage}bc"}, "abc"], False),
        ([{"Fn::Sub": "ab${Stage}bc"}, "abbc"], None),
        (["a-prod", {"Fn::Sub": "a-${Stage}"}], None),
        ([{"Fn::Sub": "a${Stage}"}, {"Fn::Sub": "b${Other}"}], False),
        ([{"Fn::Sub": "${Stage}a"}, {"Fn::Sub": "${Other}b"}], False),
        ([{"Fn::Sub": "a${Stage}"}, {"Fn::Sub": "ab${Other}"}], None),
        ([{"Fn::Sub": "ab${Stage}"}, {"Fn::Sub": "a${Other}"}], None),
        ([{"Fn::Sub": "${Stage}bc"}, {"Fn::Sub": "${Other}c"}], None),
        ([ARN, ""], False),
        (["", ARN], False),
        ([ARN, ARN], True),
        ([if_("a", "b"), "c"], False),
        ([if_("a", "b"), "a"], None),
        ([if_("a", "b"), if_("a", "b")], None),
        ([NO_VALUE, "a"], None),
        (["a"], None),
        (["a", "a", "a"], None),
        ("aa", None),
        (None, None),
    ],
)
def test_two_values_are_equal_where_their_texts_are(tmp_path: Path, sides: Json, expected: bool | None) -> None:
    """And are not where what is known of them differs; else only the deployment knows."""
    assert expected is _holds(tmp_path, {"Fn::Equals": sides})


YES: Json = {"Condition": "Yes"}
NO: Json = {"Condition": "No"}
MAYBE: Json = {"Condition": "Unknown"}


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        (YES, True),
        (NO, False),
        (MAYBE, None),
        ({"Fn::Not": [YES]}, False),
        ({"Fn::Not": [NO]}, True),
        ({"Fn::Not": [MAYBE]}, None),
        ({"Fn::Not": [YES, NO]}, None),
        ({"Fn::Not": []}, None),
        ({"Fn::And": [YES, YES]}, True),
        ({"Fn::And": [YES, MAYBE]}, None),
        ({"Fn::And": [MAYBE, NO]}, False),
        ({"Fn::Or": [NO, NO]}, False),
        ({"Fn::Or": [NO, MAYBE]}, None),
        ({"Fn::Or": [MAYBE, YES]}, True),
        ({"Fn::And": [{"Fn::Or": [NO, REGION_IS]}, {"Fn::Not": [REGION_IS_NOT]}]}, True),
        ({"Fn::Contains": [["a"], "a"]}, None),
        ({"Fn::EachMemberEquals": [["a"], "a"]}, None),
        ({"Condition": "Nowhere"}, None),
        ({"Condition": ["Yes"]}, None),
        ({"Condition": "Asked"}, None),
        ({"Fn::Not": [{"Condition": "Asked"}]}, None),
        ({"Fn::Or": [{"Condition": "Asked"}, YES]}, True),
        (True, None),
        ("Yes", None),
        (None, None),
        ({}, None),
    ],
)
def test_conditions_are_put_together(tmp_path: Path, condition: Json, expected: bool | None) -> None:
    """What is not known may be decided by the others; a circle decides nothing."""
    assert expected is _holds(tmp_path, condition)


@pytest.mark.parametrize("name", ["Nowhere", None, ["Yes"], {"Ref": "Yes"}])
def test_what_is_no_condition_is_not_decided(tmp_path: Path, name: Json) -> None:
    """Nor is one that the template lacks."""
    assert holds(name, _template(tmp_path, Yes=REGION_IS), texts) is None


@pytest.mark.parametrize(("depth", "expected"), [(30, True), (5_000, None)])
def test_a_chain_of_conditions_comes_to_an_end(tmp_path: Path, depth: int, expected: bool | None) -> None:
    """Forty are enough for any template."""
    chain = {f"C{number}": {"Condition": f"C{number + 1}"} for number in range(depth)}
    found = _template(tmp_path, **chain, **{f"C{depth}": REGION_IS})

    assert expected is holds("C0", found, texts)


def test_a_condition_and_its_opposite_are_the_branches_of_one(tmp_path: Path) -> None:
    """Whatever they are called, and however often one is the opposite of the other."""
    conditions: dict[str, Json] = {
        "Prod": UNKNOWN,
        "Dev": {"Fn::Not": [{"Condition": "Prod"}]},
        "NotDev": {"Fn::Not": [{"Condition": "Dev"}]},
        "Circle": {"Condition": "Circle"},
    }
    found = _template(tmp_path, **conditions)
    prod = branch("Prod", found)

    assert [prod, prod._replace(holds=False), prod] == [branch(name, found) for name in ("Prod", "Dev", "NotDev")]
    assert prod == branch("Dev", found, is_met=False)
    assert len({prod, *(branch(name, found) for name in ("Circle", "Nowhere"))}) == 3
    assert [True, False, True, None] == [
        holds(name, found, texts, (prod,)) for name in ("Prod", "Dev", "NotDev", "Circle")
    ]


def test_two_templates_have_two_conditions_of_one_name(tmp_path: Path) -> None:
    """A parameter of one may have another value in the other."""
    conditions = {"Prod": UNKNOWN}
    found = template(tmp_path, StackText(conditions=conditions, nested={"Child": StackText(conditions=conditions)}))

    assert branch("Prod", found) != branch("Prod", found.nested["Child"])
    assert holds("Prod", found, texts, (branch("Prod", found.nested["Child"]),)) is None


@settings(database=None, deadline=None, max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(condition=VALUES)
def test_whatever_stands_there_is_decided_or_not(tmp_path: Path, condition: Json) -> None:
    """Nothing raises."""
    found = Template(None, "", None, None, _template(tmp_path).assembly)
    found.__dict__["body"] = {"Conditions": {"Asked": condition}}

    assert holds("Asked", found, texts) in (True, False, None)
    assert branch("Asked", found).holds in (True, False)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("a", ["a"]),
        ({"Fn::Sub": "a"}, [{"Fn::Sub": "a"}]),
        ({"Fn::If": ["Yes", "a", "b"]}, ["a"]),
        ({"Fn::If": ["No", "a", "b"]}, ["b"]),
        ({"Fn::If": ["Unknown", "a", "b"]}, ["a", "b"]),
        ({"Fn::If": ["Unknown", {"Fn::If": ["Unknown", "a", "b"]}, {"Fn::If": ["Unknown", "c", "d"]}]}, ["a", "d"]),
        ({"Fn::If": ["Unknown", {"Fn::If": ["Other", "a", "b"]}, "c"]}, ["a", "b", "c"]),
        ({"Fn::If": ["Yes", "a"]}, []),
        ({"Fn::If": ["Yes", "a", "b", "c"]}, []),
        ({"Fn::If": [{"Ref": "Yes"}, "a", "b"]}, []),
        ({"Fn::If": "Yes"}, []),
        ({"Fn::If": None}, []),
    ],
)
def test_a_condition_has_alternatives(tmp_path: Path, value: Json, expected: list[Json]) -> None:
    """One where it is decided, perhaps by a condition around it; none where it is not well formed."""
    found = _template(tmp_path, Yes=REGION_IS, No=REGION_IS_NOT, Unknown=UNKNOWN)

    assert expected == [inner for inner, _ in alternatives(value, found, texts)]
