"""What cannot be read as a template."""

from __future__ import annotations

import json

import pytest

from redshift_roles.templates.unusable import without_marks


@pytest.mark.parametrize("mark", ["\x01", "\x02"])
def test_the_marks_of_holes_are_taken_out(mark: str) -> None:
    """A template cannot pass for something that only the deployment knows."""
    assert ["a\ufffdb"] == json.loads(without_marks(json.dumps([f"a{mark}b"])))


@pytest.mark.parametrize("text", ["\x03", "\x10", "plain", "\\ backslash"])
def test_every_other_text_stays(text: str) -> None:
    """Other control characters mean nothing to readers."""
    assert [text] == json.loads(without_marks(json.dumps([text])))
