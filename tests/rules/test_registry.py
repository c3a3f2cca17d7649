"""The passports of the rules."""

from __future__ import annotations

from datetime import date

import pytest

from redshift_roles.aws import quotas
from redshift_roles.rules import registry
from redshift_roles.rules.registry import Problem
from tests.support.builders import reported


@pytest.mark.parametrize("rule", registry.RULES, ids=lambda rule: str(rule.name))
def test_each_rule_says_what_why_and_where_it_is_written(rule: registry.Rule) -> None:
    """A rule has a name of its own, two sentences, an address and a day."""
    assert [rule] == [other for other in registry.RULES if other.name == rule.name]
    assert rule.sentence.endswith(".")
    assert rule.why.endswith(".")
    assert rule.source.url.startswith("https://")
    assert rule.source.read == date.fromisoformat(rule.source.read).isoformat()


@pytest.mark.parametrize("source", [None, quotas.CREATE_ROLE])
def test_a_finding_of_a_rule_may_cite_a_closer_page(source: quotas.Source | None) -> None:
    """The size of a policy is told like any other trouble."""
    found = registry.POLICY_TOO_LARGE.finding("Data/Policy", Problem("", "the policy is large", "drop a role"), source)

    assert [("PolicyTooLarge", "the policy is large", "drop a role")] == reported([found])
    assert ("Data/Policy", (source or quotas.IAM_QUOTAS).url) == (found.path, found.source)
