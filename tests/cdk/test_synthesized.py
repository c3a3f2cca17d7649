"""What an app was synthesized to."""

from __future__ import annotations

from typing import Any

import aws_cdk as cdk
from redshift_roles.cdk.synthesized import shared_path, synthesis_of, template_of, violation

from redshift_roles.rules import registry
from redshift_roles.rules.registry import Problem
from redshift_roles.templates.checker import Violation


def _verdict(app: Any, stack: cdk.Stack, rule: registry.Rule, logical_id: str = "Topic") -> Violation:
    template = template_of(stack, synthesis_of(app).assembly)
    assert template is not None
    return Violation(template, logical_id, "Properties/IamRoles", rule.finding("Data", Problem("", "message", "fix")))


def test_a_synthesis_is_read_once(app: Any, stack: cdk.Stack) -> None:
    """Until there is another one; then nothing is left of it."""
    app.synth()
    first = synthesis_of(app)

    assert first is synthesis_of(app)
    cdk.CfnResource(stack, "Topic", type="AWS::SNS::Topic")
    app.synth(force=True)
    second = synthesis_of(app)
    assert first is not second
    assert "AWS::SNS::Topic" == second.assembly.stacks[0].resource_type("Topic")
    assert set() == second.reported


def test_the_template_of_a_stack_is_found(app: Any, stack: cdk.Stack) -> None:
    """Of a nested stack too, however deep."""
    nested = cdk.NestedStack(stack, "Nested")
    deep = cdk.NestedStack(nested, "Deep")
    for scope in (stack, nested, deep):
        cdk.CfnResource(scope, "Topic", type=f"A::B::{scope.node.id}")
    app.synth()
    assembly = synthesis_of(app).assembly
    found = [template_of(scope, assembly) for scope in (stack, nested, deep)]

    assert ["A::B::Data", "A::B::Nested", "A::B::Deep"] == [one.resource_type("Topic") if one else "" for one in found]


def test_a_verdict_is_written_as_cdk_reports_it(app: Any, stack: cdk.Stack) -> None:
    """What is broken has the severity that is given, what is undecided is a warning; the source stands beside
    the fix.
    """
    app.synth()
    broken: Any = violation(_verdict(app, stack, registry.ROLE_DUPLICATED), "fatal", "Data/Topic")
    undecided: Any = violation(_verdict(app, stack, registry.ROLE_COUNT_UNDECIDED), "fatal", None)

    assert ("fatal", "warning") == (broken.severity, undecided.severity)
    assert ("RoleDuplicated", "message", f"fix (source: {registry.ROLE_DUPLICATED.source.url})") == (
        broken.rule_name,
        broken.description,
        broken.fix,
    )
    (location,) = broken.violating_resources
    assert ("Topic", "Data/Topic", ["Properties/IamRoles"]) == (
        location.resource_logical_id,
        location.construct_path,
        location.locations,
    )
    assert location.template_path.endswith("/Data.template.json")


def test_only_a_shared_template_needs_its_construct_found(app: Any, stack: cdk.Stack) -> None:
    """Two nested stacks of one file are told apart; all others CDK finds itself."""
    nested = [cdk.NestedStack(stack, name) for name in ("One", "Two")]
    for scope in nested:
        cdk.CfnResource(scope, "Topic", type="AWS::SNS::Topic")
    app.synth()
    paths = [shared_path(_verdict(app, scope, registry.ROLE_DUPLICATED), app) for scope in (stack, *nested)]

    assert [None, "Data/One/Topic", "Data/Two/Topic"] == paths
    assert shared_path(_verdict(app, nested[0], registry.ROLE_DUPLICATED, "Nothing"), app) is None
