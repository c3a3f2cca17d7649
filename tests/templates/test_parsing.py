"""YAML and JSON templates, parsed safely."""

from __future__ import annotations

import json
import sys
import time
from typing import Any

import pytest
import yaml

from redshift_roles.aws import Json
from redshift_roles.templates import parsing
from redshift_roles.templates.parsing import UnusableError

DEEP = 100


def _body(text: str) -> Json:
    return parsing.parse_yaml(text)[0]


@pytest.fixture(params=["libyaml", "Python"], autouse=True)
def parser(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Both of PyYAML's parsers tell the same."""
    if request.param == "Python":
        monkeypatch.setattr(yaml, "CSafeLoader", yaml.SafeLoader)


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("a: 1\n---\nb: 2", "line 2: a second document; a template is one"),
        ("a: *b", "line 1: the alias '*b' has no anchor"),
        ("a: &b [*b]", "line 1: the alias '*b' contains itself"),
        ("a: &b\n  c: *b", "line 2: the alias '*b' contains itself"),
        ("? [a]\n: 1", "line 1: a key that is no text"),
        ("? {a: b}\n: 1", "line 1: a key that is no text"),
        ("a: !!binary aGk=", "line 1: the tag 'tag:yaml.org,2002:binary' is no part of CloudFormation"),
        ("a: !!set {b}", "line 1: the tag 'tag:yaml.org,2002:set' is no part of CloudFormation"),
        (
            "a:\n- !!python/name:os.system x",
            "line 2: the tag 'tag:yaml.org,2002:python/name:os.system' is no part of CloudFormation",
        ),
        ("a: !Sub/x y", "line 1: the tag '!Sub/x' is no part of CloudFormation"),
        ("a: !1 y", "line 1: the tag '!1' is no part of CloudFormation"),
        ("a: !Base64 !Sub y", "line 1: not YAML: "),
        ("{{ name }}: 1", "line 1: a key that is no text"),
        ("a: 1\n{% if x %}\n", "line 2: not YAML: "),
        ("a: [}", "line 1: not YAML: "),
        ("a: \t- b", "line 1: not YAML: "),
        ("a: \x07", "not YAML: "),
        ("a: " + "[" * DEEP + "]" * DEEP, "line 1: nested deeper than 100 levels"),
    ],
)
def test_fails_when_the_text_is_no_template(text: str, complaint: str) -> None:
    """One line says where and why."""
    with pytest.raises(UnusableError) as caught:
        _body(text)

    reported = str(caught.value)
    reason = reported.removeprefix(complaint)
    assert reported.startswith(complaint)
    assert complaint.endswith(" ") == bool(reason)
    assert "not readable" != reason
    assert "\n" not in reported


def test_a_hundred_levels_are_not_too_deep() -> None:
    """One less than what is refused."""
    node = _body("a: " + "[" * (DEEP - 1) + "]" * (DEEP - 1))["a"]
    depth = 0
    while node:
        node, depth = node[0], depth + 1

    assert DEEP - 2 == depth


@pytest.mark.parametrize("levels", [1, 2])
def test_fails_when_an_alias_takes_a_depth_further(levels: int) -> None:
    """The depth of what an alias stands for counts where it stands."""
    half = DEEP // 2
    text = f"a: &a {'[' * half}{']' * half}\nb: {'[' * (half - 2)}{{c: *a}}{']' * (half - 2)}"
    assert _body(text)
    deeper = f"a: &a {'[' * half}{']' * half}\nb: {'[' * (half - 2 + levels)}{{c: *a}}{']' * (half - 2 + levels)}"
    with pytest.raises(UnusableError, match="line 2: nested deeper than 100 levels"):
        _body(deeper)


def test_fails_when_pyyaml_is_not_there(monkeypatch: pytest.MonkeyPatch) -> None:
    """The line says how to get it."""
    monkeypatch.setitem(sys.modules, "yaml", None)

    with pytest.raises(UnusableError, match=r"^YAML needs PyYAML: pip install 'cdk-redshift-roles\[cli\]'$"):
        _body("a: 1")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("!Ref A", {"Ref": "A"}),
        ("!Condition A", {"Condition": "A"}),
        ("!GetAtt A.B.C", {"Fn::GetAtt": ["A", "B.C"]}),
        ("!GetAtt [A, B]", {"Fn::GetAtt": ["A", "B"]}),
        ("!Sub '${A}'", {"Fn::Sub": "${A}"}),
        ("!If [A, !Ref B, [1]]", {"Fn::If": ["A", {"Ref": "B"}, ["1"]]}),
        ("!Transform {Name: A}", {"Fn::Transform": {"Name": "A"}}),
        ("!ForEach::Loop [A]", {"Fn::ForEach::Loop": ["A"]}),
        ("!Base64 x", {"Fn::Base64": "x"}),
        ("!Base64 {Fn::Sub: x}", {"Fn::Base64": {"Fn::Sub": "x"}}),
        ("!Base64\n  Fn::Sub: |\n    x\n", {"Fn::Base64": {"Fn::Sub": "x\n"}}),
        ("!Base64 |-\n  x: !y", {"Fn::Base64": "x: !y"}),
        ("[!Cidr [!Ref A, '1', 8], !Base64 ]", [{"Fn::Cidr": [{"Ref": "A"}, "1", "8"]}, {"Fn::Base64": ""}]),
        ("!GetAZs ''", {"Fn::GetAZs": ""}),
        ("!Length [a]", {"Fn::Length": ["a"]}),
        ("!ToJsonString {A: b}", {"Fn::ToJsonString": {"A": "b"}}),
        ("!Of_2030 x", {"Fn::Of_2030": "x"}),
        ("!Rain::S3 x", {"Fn::Rain::S3": "x"}),
        ("!Of-2030.b x", {"Fn::Of-2030.b": "x"}),
        ("&x !Ref A", {"Ref": "A"}),
        ("!Ref &x A", {"Ref": "A"}),
        ("!Ref ''", {"Ref": ""}),
        ("! plain", "plain"),
        ("!!str 1", "1"),
        ("!!int 1", "1"),
        ("!!map {a: b}", {"a": "b"}),
        ("!!seq [a]", ["a"]),
    ],
)
def test_short_functions_become_long(text: str, expected: Json) -> None:
    """As CloudFormation reads them."""
    assert {"a": expected} == _body(f"a: {text}")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("012345678901", "012345678901"),
        ("111111111111", "111111111111"),
        ("1.50", "1.50"),
        ("2012-10-17", "2012-10-17"),
        ("true", True),
        ("No", False),
        ("~", None),
        ("", None),
        ("null", None),
        ("'true'", "true"),
        ('"null"', "null"),
        ("''", ""),
        ("|\n  true", "true"),
        ('"\\x01\\x02"', "\ufffd\ufffd"),
        ("{}", {}),
        ("[]", []),
    ],
)
def test_values_stay_as_they_are_written(text: str, expected: Json) -> None:
    """Numbers and dates are texts, since an account may begin with a zero; only plain words are flags."""
    assert {"a": expected} == _body(f"a: {text}")


@pytest.mark.parametrize(
    ("words", "value"),
    [
        ("true True TRUE yes Yes YES on On ON", True),
        ("false False FALSE no No NO off Off OFF", False),
        ("~ null Null NULL", None),
    ],
)
def test_flags_have_many_words(words: str, value: Json) -> None:
    """Those of YAML 1.1, and no others."""
    assert [value] * len(words.split()) == [_body(f"a: {word}")["a"] for word in words.split()]
    assert ["tRUE", "nO", "nULL"] == _body("[tRUE, nO, nULL]")


@pytest.mark.parametrize(("count", "fits"), [(4, True), (5, False)])
def test_what_aliases_repeat_is_counted(monkeypatch: pytest.MonkeyPatch, count: int, fits: bool) -> None:
    """Each container, key and value of what an alias stands for, wherever it stands."""
    monkeypatch.setattr(parsing, "_MAX_REPEATED", 4 * 4)
    text = f"a: &a {{x: [y]}}\nb: [{', '.join(['*a'] * count)}]"
    if fits:
        assert [{"x": ["y"]}] * count == _body(text)["b"]
    else:
        with pytest.raises(UnusableError, match="line 2: aliases repeat more than 16 values"):
            _body(text)


@pytest.mark.parametrize("key", ["true", "null", "1", "2012-10-17", "On", "~"])
def test_keys_are_texts(key: str) -> None:
    """Whatever they would be as values."""
    assert {key: {"b": "c"}} == _body(f"{key}: {{b: c}}")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a: &x {b: c}\nd: *x", {"a": {"b": "c"}, "d": {"b": "c"}}),
        ("a: &x b\nd: [*x, *x]", {"a": "b", "d": ["b", "b"]}),
        ("a: &x b\n*x : c", {"a": "b", "b": "c"}),
        ("a: &x {b: c, e: f}\nd: {<<: *x, b: own}", {"a": {"b": "c", "e": "f"}, "d": {"b": "own", "e": "f"}}),
        ("a: &x {b: 1}\nc: &y {b: 2, d: 3}\ne: {<<: [*x, *y]}", {"e": {"b": "1", "d": "3"}}),
        ("a: &x {b: 1}\nc: &y {b: 2}\ne: {<<: *x, <<: *y}", {"e": {"b": "2"}}),
        ("a: &x !Ref B\nd: *x", {"a": {"Ref": "B"}, "d": {"Ref": "B"}}),
        ("a: {<<: text}", {"a": {}}),
    ],
)
def test_aliases_and_merges_are_followed(text: str, expected: dict[str, Json]) -> None:
    """Tools that package templates take them."""
    body = _body(text)

    assert expected == {key: body[key] for key in expected}


@pytest.mark.parametrize("text", ["", "# a comment\n", "---\n"])
def test_a_text_without_a_document_is_nothing(text: str) -> None:
    """There is nothing to read."""
    assert (None, {}, []) == parsing.parse_yaml(text)


LINES = {
    ("A",): 4,
    ("A", "Type"): 5,
    ("A", "Properties"): 6,
    ("A", "Properties", "Policies"): 7,
    ("A", "Properties", "Policies", "0"): 8,
    ("A", "Properties", "Policies", "0", "PolicyDocument"): 8,
    ("A", "Properties", "Policies", "0", "PolicyDocument", "Statement"): 9,
    ("A", "Properties", "Policies", "0", "PolicyDocument", "Statement", "0"): 10,
    ("A", "Properties", "Policies", "0", "PolicyDocument", "Statement", "1"): 11,
    ("A", "Properties", "Policies", "0", "PolicyName"): 12,
    ("A", "Properties", "Policies", "1"): 13,
    ("B",): 14,
    ("B", "Type"): 14,
}


def test_the_lines_of_resources_are_known() -> None:
    """Down to the statements of a policy, and of resources only."""
    text = (
        "Parameters:\n"
        "  P: {Type: [{a: b}]}\n"
        "Resources:\n"
        "  A:\n"
        "    Type: T\n"
        "    Properties:\n"
        "      Policies:\n"
        "        - PolicyDocument:\n"
        "            Statement:\n"
        "              - {Effect: Allow}\n"
        "              - {Effect: Deny, Action: [x]}\n"
        "          PolicyName: n\n"
        "        - text\n"
        "  B: {Type: T}\n"
        "Outputs:\n"
        "  O: {Value: v}\n"
    )

    assert LINES == parsing.parse_yaml(text)[1]


def test_the_lines_of_resources_in_json_are_known() -> None:
    """The same, whatever else is called so, and whatever its texts look like."""
    text = (
        '{"Parameters": {"A": [{"B": "[{"}]},\n'
        '"Outputs": {"Resources": {"A": 1}},\n'
        '"Resources": {\n'
        '  "A": {\n'
        '    "Type" : "\\"A\\": {",\n'
        '    "\\u0050roperties": {\n'
        '      "Policies"\n: [\n'
        '        {"PolicyDocument": {\n'
        '            "Statement": [\n'
        '              {"Effect": "Allow"},\n'
        '              {"Effect": ["Deny", []], "NotAction": 1.5, "Condition": null}]},\n'
        '          "PolicyName": "n"},\n'
        '        "text"]}},\n'
        '  "B": {"Type": "T"}}}'
    )
    expected = {keys: line + (line > 7) for keys, line in LINES.items()}

    assert expected == parsing.json_lines(text)


SECOND = "stands twice; CloudFormation takes the last"


@pytest.mark.parametrize(
    ("yaml_text", "json_text", "body", "odd"),
    [
        ("a: {b: 1}\nc: 2", '{"a": {"b": "1"},\n"c": "2"}', {"a": {"b": "1"}, "c": "2"}, []),
        (
            "a:\n  Port: 1\n  Port: 2",
            '{"a":\n {"Port": "1",\n "Port" : "2"}}',
            {"a": {"Port": "2"}},
            [(3, f"the key 'Port' {SECOND}")],
        ),
        (
            "a:\n- {b: {}, b: [{c: 1,\n c: 2}], b: 3}",
            '{"a":\n[{"b": {}, "b": [{"c": "1",\n "c": "2"}], "b": "3"}]}',
            {"a": [{"b": "3"}]},
            [(2, f"the key 'b' {SECOND}"), (3, f"the key 'c' {SECOND}"), (3, f"the key 'b' {SECOND}")],
        ),
        (
            "a: {é: 1}\na: {}",
            '{"a": {"\\u00e9": "1", "x": "\\"x\\": {"},\n"a": {}}',
            {"a": {}},
            [(2, "the section 'a' stands twice; what CloudFormation does then is undefined, the last is checked")],
        ),
    ],
    ids=["once", "property", "nested", "section"],
)
def test_of_a_key_that_stands_twice_the_last_counts(
    yaml_text: str, json_text: str, body: Json, odd: list[tuple[int, str]]
) -> None:
    """As in CloudFormation, and each is told with its line, in YAML and in JSON."""
    for text in (yaml_text, json_text):
        found = parsing.parse(text)
        assert (body, odd) == (found.body, sorted(found.odd, key=lambda one: one[0]))


@pytest.mark.parametrize("begin", ["", "---\n", "%YAML 1.1\n---\n", "# a comment\n", "\r\n"])
@pytest.mark.parametrize("end", ["", "\n...\n", "\r\n", "  # a comment"])
def test_marks_of_a_document_and_comments_are_passed_over(begin: str, end: str) -> None:
    """Also around JSON, and in a file that is named so."""
    for is_json, text in ((False, "a: {b: 1}"), (True, "a: {b: 1}"), (False, '{"a": {"b": "1"}}')):
        assert {"a": {"b": "1"}} == parsing.parse(f"{begin}{text}{end}", is_json=is_json).body


@pytest.mark.parametrize("text", [b"\xff".decode("latin-1"), "ключ: значение", "a: 日本"])
def test_any_letters_are_read(text: str) -> None:
    """Texts of all languages, with keys or without."""
    found: Any = _body(text)

    assert found == text or found


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("", "line 1: not JSON: Expecting value"),
        ('{\n"a": }', "line 2: not JSON: Expecting value"),
        ("[" + "1" * 5000 + "]", "not JSON: Exceeds the limit"),
        ("[" * 101 + "]" * 101, "nested deeper than 100 levels"),
        ("[" * 200_000, "nested deeper than 100 levels"),
        ('{"a":' * 101 + "1" + "}" * 101, "nested deeper than 100 levels"),
        ('{"a": 1,}', "line 1: not JSON: "),
        ('{"a": 1} // b', "line 1: not JSON: Extra data"),
        ('{"a": 1}\n{"b": 1}', "line 2: not JSON: Extra data"),
    ],
)
def test_fails_when_json_is_no_template(text: str, complaint: str) -> None:
    """One line says where and why."""
    with pytest.raises(UnusableError) as caught:
        parsing.parse_json(text)

    assert str(caught.value).startswith(complaint)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("text", ["[" * 100 + "]" * 100, '{"a":' * 100 + "1" + "}" * 100, '["\\u0001"]'])
def test_json_may_be_a_hundred_levels_deep(text: str) -> None:
    """One less than what is refused. The marks of placeholders are taken out, as of YAML."""
    assert "\x01" not in str(parsing.parse_json(text))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('{\n "Resources": {\n  "A" : {}\n}}', 3),
        ('{"Resources": {"A": {}}}', 1),
        ('{"Resources": {"A": {}},\n"Outputs": {"A": {}}}', 1),
        ('{"Outputs": {"A": {}},\n"Resources": {"A": {}}}', 2),
        ('{"Resources": {"B": {"A": {}}}}', None),
        ('{"Resources": {"B": "A"}}', None),
        ('{"Resources": ["A"]}', None),
        ('{"Resources": [{"A": {}}]}', None),
        ('"A"', None),
        ('{"Resources": {"AB": {}}}', None),
        ('{"Resources": {"A": 1,\n"A": {}}}', 2),
        ('{"Resources":\n{"\\u0041": {}}}', 2),
        ('{"Resources":\n{"B": "\\\\", "A"\n:\n{}}}', 2),
        ('{"Body": "{\\"Resources\\": {\\"A\\": {}}}",\n"A": {}}', None),
    ],
)
def test_the_line_of_a_resource_in_json_is_found(text: str, expected: int | None) -> None:
    """Of what is in `Resources`, and of the last where there are two."""
    assert expected == parsing.json_lines(text).get(("A",))


def test_json_within_a_text_is_passed_over_at_once() -> None:
    """A dashboard of a megabyte: looking again at each of its quotes would take minutes."""
    body = json.dumps({"widgets": [{"type": "metric", "properties": {"title": f"t{n}"}} for n in range(16_000)]})
    text = json.dumps({"Resources": {"Board": {"Body": body}}})
    start = time.perf_counter()

    assert {("Board",): 1, ("Board", "Body"): 1} == parsing.json_lines(text)
    assert len(text) > 1_000_000
    assert time.perf_counter() - start < 5


def test_a_short_function_has_no_lines_of_entries() -> None:
    """The entries of its list are no entries of the value that it makes."""
    text = "Resources:\n  A:\n    Properties:\n      Policies: !If\n        - C\n        - {x: 1}\n        - [y]\n"

    assert [("A",), ("A", "Properties"), ("A", "Properties", "Policies")] == [*(parsing.parse_yaml(text).lines or ())]
