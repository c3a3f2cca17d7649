"""Values that only the deployment knows: tokens and placeholders."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from redshift_roles.aws import placeholders
from redshift_roles.aws.arns import THIS_ACCOUNT, THIS_PARTITION, RoleArn, parse
from redshift_roles.aws.placeholders import PLACEHOLDERS, TOKENS, Marker, placeholder


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("dummy-value-for-/warehouse/name", True),
        ("arn:aws:iam:eu-west-1:123456789012:role/DUMMY_ARN", True),
        (f"arn:{placeholder('AWS::Partition')}:iam::123456789012:role/DUMMY_ARN", True),
        ("arn:aws:iam::111111111111:role/missing role", True),
        ("arn:aws:iam::123456789012:role/DUMMY_ARN2", False),
        ("arn:aws:iam::111111111111:role/DUMMY_ARN", False),
        ("arn:aws:iam::111111111111:role", False),
        ("a-dummy-value-for-", False),
    ],
)
def test_what_cdk_does_not_know_yet_is_known(text: str, expected: bool) -> None:
    """What it writes for a parameter or a role until it has looked it up, and for a role that others make."""
    assert expected == placeholders.is_awaited(text)
    assert not expected or parse(text) == RoleArn(None, None, None, None)


def test_arguments_that_are_given_are_kept() -> None:
    """None is left out where it is not required; tokens and falsy values stay."""
    given = {"a": "x", "b": None, "c": 0, "d": False, "f": "${Token[AWS.Region.7]}"}

    assert placeholders.present({"e"}, **given) == {"a": "x", "c": 0, "d": False, "f": given["f"]}
    assert placeholders.present({"b", "e"}, b=None, c=None) == {"b": None}


@pytest.mark.parametrize(
    ("text", "first"), [("${Token[x.1]}a", True), ("#{Token[x.1]}", True), ("a${Token[x.1]}", False), ("", False)]
)
def test_a_text_may_begin_with_a_token(text: str, first: bool) -> None:
    """Then its beginning is not known."""
    assert placeholders.token_first(text) is first


@pytest.mark.parametrize(
    ("text", "separator", "parts"),
    [
        ("", ".", [""]),
        ("${Token[x.1]}.b.${Token[y.2]}", ".", ["${Token[x.1]}", "b", "${Token[y.2]}"]),
        ("a-1.8881545897087505e+289.b", ".", ["a-1.8881545897087505e+289", "b"]),
        ("#{Token[x.1]}.b", ".", ["#{Token[x.1]}", "b"]),
    ],
)
def test_a_text_is_not_split_inside_a_token(text: str, separator: str, parts: list[str]) -> None:
    """The dots in the names of tokens are not the caller's."""
    assert TOKENS.split(text, separator) == parts


@pytest.mark.parametrize(
    ("text", "start", "end"), [("", "", ""), ("a", "a", "a"), (f"a{placeholder('b')}c{placeholder('d')}e", "a", "e")]
)
def test_a_text_is_known_up_to_its_first_placeholder_and_after_its_last(text: str, start: str, end: str) -> None:
    """A text without placeholders is known as a whole."""
    assert (placeholders.literal_start(text), placeholders.literal_end(text)) == (start, end)
    assert placeholders.has_placeholder(text) is (start != text)


def test_the_environment_of_a_stack_has_the_names_of_pseudo_parameters() -> None:
    """The account and partition of the deployment."""
    assert PLACEHOLDERS.names(THIS_ACCOUNT + THIS_PARTITION) == ["AWS::AccountId", "AWS::Partition"]


LITERALS = st.text(st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="{"))
NAMES = st.from_regex(r"[A-Za-z.,]{1,12}\.[0-9]{1,4}", fullmatch=True)


@pytest.mark.parametrize(("marker", "start", "end"), [(TOKENS, "${Token[", "]}"), (PLACEHOLDERS, "\x01", "\x02")])
@given(parts=st.lists(st.tuples(LITERALS, NAMES), max_size=4), rest=LITERALS)
def test_literals_and_names_are_told_apart_wherever_they_stand(
    marker: Marker, start: str, end: str, parts: list[tuple[str, str]], rest: str
) -> None:
    """Names are listed in order, replaced in their places and never split; literals are changed piece by piece."""
    text = "".join(f"{literal}{start}{name}{end}" for literal, name in parts) + rest
    changed = "".join(f"<{literal}>{start}{name}{end}" for literal, name in parts) + f"<{rest}>"

    assert marker.names(text) == [name for _, name in parts]
    assert marker.filled(text, str.upper) == "".join(f"{literal}{name.upper()}" for literal, name in parts) + rest
    assert marker.outside(text, lambda literal: f"<{literal}>") == changed
    assert ",".join(marker.split(text, ",")) == text
    assert [name for part in marker.split(text, ",") for name in marker.names(part)] == [name for _, name in parts]


@pytest.mark.parametrize("text", ["${Token[x.1]", "${Token[x.1}", "${aws:username}"])
def test_what_only_looks_like_a_token_is_literal(text: str) -> None:
    """A token without its end, and IAM's own variables."""
    assert TOKENS.names(text) == []
    assert TOKENS.outside(text, str.upper) == text.upper()
