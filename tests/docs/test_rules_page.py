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


def _python(*, at_synth: bool) -> list[str]:
    examples = rules_page.examples().items()
    return sorted(name for name, example in examples if "python" in example and ("at" in example) is at_synth)


def _run(stack: Any, name: str) -> None:
    import aws_cdk as cdk  # noqa: PLC0415  the examples in templates need no jsii
    from aws_cdk import aws_iam as iam  # noqa: PLC0415
    from aws_cdk import aws_s3 as s3  # noqa: PLC0415

    import redshift_roles as ours  # noqa: PLC0415

    class WritesNoTemplate(cdk.DefaultStackSynthesizer):
        def synthesize(self, session: cdk.ISynthesisSession) -> None:
            pass

    made = {
        "app": stack.node.root,
        "stack": stack,
        "role": ours.RedshiftRole(stack, "Role"),
        "bucket": s3.Bucket.from_bucket_name(stack, "Bucket", "lake"),
    }
    theirs = (cdk.Stack, iam.ManagedPolicy, iam.Role, iam.ServicePrincipal, WritesNoTemplate)
    names = {key: getattr(ours, key) for key in ours.__all__}
    known = {**names, **made, **{each.__name__: each for each in theirs}}
    exec(rules_page.examples()[name]["python"], known)  # noqa: S102


@pytest.mark.parametrize("name", _python(at_synth=False))
def test_an_example_in_python_raises_its_finding(stack: Any, name: str) -> None:
    """The page has the message and the fix."""
    from redshift_roles import RoleAssociationError  # noqa: PLC0415

    with pytest.raises(RoleAssociationError) as caught:
        _run(stack, name)

    example = rules_page.examples()[name]
    assert [(name, example["message"], example["fix"])] == [
        (finding.rule, finding.message, finding.fix) for finding in caught.value.findings
    ]


@pytest.mark.parametrize("name", _python(at_synth=True))
def test_an_example_at_synth_time_is_in_the_report(stack: Any, name: str) -> None:
    """Or is a warning on the construct; the page has the message and the fix."""
    from aws_cdk.assertions import Annotations, Match  # noqa: PLC0415

    from tests.support.templates import report_of  # noqa: PLC0415

    _run(stack, name)
    example = rules_page.examples()[name]
    text = f"{example['message']} {example['fix']}"
    reported = {
        violation["ruleName"]: f"{violation['description']} {violation['suggestedFix'].partition(' (source')[0]}"
        for violation in report_of(stack.node.root)
    }
    warnings = [] if reported else Annotations.from_stack(stack).find_warning("*", Match.any_value())

    assert {name: text} == reported or [f"{text} [ack: redshift-roles:{name}]"] == [
        warning.entry.data for warning in warnings
    ]
