"""The page of the rules is what the rules say."""

from __future__ import annotations

from typing import Any

import pytest

from redshift_roles import rules
from tests.support import rules_page

WRITTEN = [rule.name for rule in rules.RULES if "template" in rules_page.examples()[rule.name]]


def test_fails_when_the_page_is_not_current() -> None:
    """Run `python -m tests.support.rules_page` and read the difference."""
    assert rules_page.page() == rules_page.PAGE.read_text(encoding="utf-8")


def test_every_rule_has_an_example() -> None:
    """And every example a rule."""
    assert sorted(rule.name for rule in rules.RULES) == sorted(rules_page.examples())


@pytest.mark.parametrize("name", WRITTEN)
def test_an_example_breaks_its_rule_and_no_other(name: str) -> None:
    """A reader learns one thing at a time."""
    assert [name] == [finding.rule for finding in rules_page.found(name)]


@pytest.mark.parametrize("name", sorted({*rules_page.examples()} - {*WRITTEN}))
def test_an_example_in_python_raises_its_finding(stack: Any, name: str) -> None:
    """The page has the message and the fix."""
    import redshift_roles as ours  # noqa: PLC0415  the examples in templates need no jsii

    example = rules_page.examples()[name]
    names = {key: getattr(ours, key) for key in ours.__all__}
    with pytest.raises(ours.RoleAssociationError) as caught:
        exec(example["python"], {**names, "stack": stack, "role": ours.RedshiftRole(stack, "Role")})  # noqa: S102

    assert [(name, example["message"], example["fix"])] == [
        (finding.rule, finding.message, finding.fix) for finding in caught.value.findings
    ]
