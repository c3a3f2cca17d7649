"""What stands for a value that only the deployment knows."""

from __future__ import annotations

import aws_cdk as cdk
import pytest
from hypothesis import given
from hypothesis import strategies as st

from redshift_roles.aws import placeholders
from redshift_roles.aws.placeholders import TOKENS


@pytest.mark.parametrize(
    ("value", "token"),
    [
        ("plain", False),
        (7, False),
        (-1.5, False),
        (True, False),
        (None, False),
        (["plain"], False),
        (cdk.Aws.ACCOUNT_ID, True),
        (f"arn:{cdk.Aws.PARTITION}:iam::1:role/x", True),
        (cdk.Token.as_number(cdk.Fn.ref("Port")), True),
        (cdk.Token.as_list(cdk.Fn.ref("Roles")), True),
        (["plain", cdk.Aws.REGION], True),
    ],
    ids=["text", "whole", "real", "flag", "none", "list", "token", "concatenation", "number", "token list", "mixed"],
)
def test_a_token_is_known_without_a_crossing(value: object, token: bool) -> None:
    """Strings, numbers and lists that stand for something else are told from literals."""
    assert token is placeholders.is_token(value)


def test_arguments_that_are_given_are_kept() -> None:
    """None is left out; tokens and falsy values stay."""
    region = cdk.Aws.REGION

    assert {"a": "x", "c": 0, "d": False, "f": region} == placeholders.present(a="x", b=None, c=0, d=False, f=region)


def test_known_arguments_are_no_tokens() -> None:
    """Of any kind; None and falsy values stay."""
    arguments = {"a": "x", "b": None, "c": 0, "d": (), "e": cdk.Aws.REGION, "f": -1.8881545897087626e289}

    assert {"a": "x", "b": None, "c": 0, "d": ()} == placeholders.known(arguments)


@pytest.mark.parametrize(
    ("text", "changed"),
    [
        ("", ""),
        ("abc", "ABC"),
        ("a${Token[x.1]}b", "A${Token[x.1]}B"),
        ("${Token[x.1]}${Token[y.2]}c", "${Token[x.1]}${Token[y.2]}C"),
        ("${a}", "${A}"),
    ],
)
def test_only_what_is_literal_is_changed(text: str, changed: str) -> None:
    """Tokens pass through as they are."""
    assert changed == TOKENS.outside(text, str.upper)


def test_tokens_are_named_and_replaced() -> None:
    """By what stands between the brackets."""
    text = f"arn:{cdk.Aws.PARTITION}:x:${{Token[TOKEN.7]}}"

    assert ["AWS.Partition", "TOKEN"] == [name.rpartition(".")[0] for name in TOKENS.names(text)]
    assert "arn:<AWS>:x:<TOKEN>" == TOKENS.filled(text, lambda name: f"<{name.partition('.')[0]}>")


@pytest.mark.parametrize(
    ("text", "first"), [("${Token[x.1]}a", True), ("#{Token[x.1]}", True), ("a${Token[x.1]}", False), ("", False)]
)
def test_a_text_may_begin_with_a_token(text: str, first: bool) -> None:
    """Then nobody knows how it begins."""
    assert first == placeholders.token_first(text)


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("a.b", ["a", "b"]),
        ("", [""]),
        ("${Token[x.1]}.b.${Token[y.2]}", ["${Token[x.1]}", "b", "${Token[y.2]}"]),
        ("a${Token[x.1]}b", ["a${Token[x.1]}b"]),
        ("a-1.8881545897087505e+289.b", ["a-1.8881545897087505e+289", "b"]),
    ],
)
def test_a_text_is_not_divided_inside_a_token(text: str, parts: list[str]) -> None:
    """The dots in the names of tokens are not the caller's."""
    assert parts == TOKENS.split(text, ".")


def test_people_do_not_read_tokens() -> None:
    """A pseudo parameter has its name, everything else none."""
    assert "a-${AWS::Region}-${Token}" == placeholders.readable(f"a-{cdk.Aws.REGION}-${{Token[TOKEN.7]}}")


def test_a_token_may_stand_for_a_whole_list() -> None:
    """It is the one entry of a list then, and looks a little different."""
    (entry,) = cdk.Token.as_list(cdk.Fn.ref("Roles"))

    assert placeholders.is_list_token(entry)
    assert not placeholders.is_list_token(cdk.Aws.REGION)
    assert placeholders.is_token([entry])
    assert placeholders.is_token(("x", entry))


def test_a_required_argument_is_kept_even_when_it_is_none() -> None:
    """So that its check can refuse it."""
    assert {"a": None} == placeholders.present({"a", "b"}, a=None, c=None)


@pytest.mark.parametrize(
    ("value", "kinds"),
    [
        ("x", (False, False, False, False)),
        (7, (False, False, False, False)),
        (["x"], (False, False, False, False)),
        (True, (False, False, False, False)),
        (cdk.Aws.REGION, (True, False, False, False)),
        (cdk.Fn.ref("P"), (True, False, False, True)),
        (f"a{cdk.Fn.ref('P')}", (True, False, False, False)),
        (cdk.Token.as_number(cdk.Fn.ref("P")), (False, True, False, True)),
        (cdk.Token.as_list(cdk.Fn.ref("P"))[0], (False, False, True, True)),
        (cdk.Token.as_list(cdk.Fn.ref("P")), (False, False, False, True)),
        (["x", cdk.Fn.ref("P")], (False, False, False, False)),
    ],
    ids=[
        "text", "whole", "list", "flag", "pseudo parameter", "parameter", "concatenation", "number", "entry",
        "token list", "mixed",
    ],
)  # fmt: skip
def test_each_kind_of_token_is_told_apart(value: object, kinds: tuple[bool, ...]) -> None:
    """A text, a number, an entry for a whole list; of some nothing more can be told."""
    tests = (
        placeholders.is_text_token,
        placeholders.is_number_token,
        placeholders.is_list_token,
        placeholders.is_nameless,
    )

    assert kinds == tuple(test(value) for test in tests)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (cdk.Aws.REGION, "${AWS::Region}"),
        (f"a/{cdk.Fn.ref('P')}", "a/${Token}"),
        (cdk.Token.as_list(cdk.Fn.ref("P"))[0], "${Token}"),
        (f"a/{cdk.Token.as_number(cdk.Fn.ref('P'))}/b", "a/${Token}/b"),
    ],
    ids=["pseudo parameter", "concatenation", "entry", "number"],
)
def test_no_token_is_shown_to_people(value: str, text: str) -> None:
    """Whatever it stands for, and wherever it stands."""
    assert text == placeholders.readable(value)


LITERALS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="{"))
TOKEN_NAMES = st.from_regex(r"[A-Za-z.]{1,12}\.[0-9]{1,4}", fullmatch=True)


@given(parts=st.lists(st.tuples(LITERALS, TOKEN_NAMES), max_size=4), rest=LITERALS)
def test_literals_and_tokens_are_told_apart_wherever_they_stand(parts: list[tuple[str, str]], rest: str) -> None:
    """What is between tokens is changed, piece by piece; tokens are named in their order and replaced in their
    places.
    """
    text = "".join(f"{literal}${{Token[{name}]}}" for literal, name in parts) + rest
    changed = "".join(f"<{literal}>${{Token[{name}]}}" for literal, name in parts) + f"<{rest}>"

    assert changed == TOKENS.outside(text, lambda literal: f"<{literal}>")
    assert [name for _, name in parts] == TOKENS.names(text)
    assert "".join(f"{literal}({name})" for literal, name in parts) + rest == TOKENS.filled(
        text, lambda name: f"({name})"
    )


def test_what_only_looks_like_a_token_is_literal() -> None:
    """A token without its end, and IAM's own variables."""
    for text in ("${Token[x.1]", "${Token[x.1}", "${aws:username}"):
        assert text.upper() == TOKENS.outside(text, str.upper)
        assert [] == TOKENS.names(text)
        assert text == TOKENS.filled(text, str.upper)
