"""What an app was synthesized to, read once for each synthesis.

An app flows in; its cloud assembly, the templates of its stacks, and violations in CDK's words flow out.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, cast
from weakref import WeakKeyDictionary

from aws_cdk import App, CfnElement, NestedStack, PolicyViolatingResource, PolicyViolation, Stack
from constructs import IConstruct

from redshift_roles.aws.placeholders import readable
from redshift_roles.rules.findings import Finding, printable
from redshift_roles.templates.assembly import Assembly, Template
from redshift_roles.templates.checker import Violation

# The first half of every acknowledgement id.
PLUGIN_NAME: Final = "redshift-roles"


@dataclass
class Synthesis:
    """One synthesis of an app.

    Attributes:
        written: When its manifest was written, which tells it from the one before.
        assembly: What it wrote.
        told: What plug-ins have reported of it: template, resource and finding.
    """

    written: int
    assembly: Assembly
    reported: set[tuple[Template, str, Finding]] = field(default_factory=set)


_syntheses: WeakKeyDictionary[IConstruct, Synthesis] = WeakKeyDictionary()


def synthesis_of(app: App) -> Synthesis:
    """Read what an app was just synthesized to; plug-ins that run one after the other share it."""
    folder = Path(app.outdir)
    written = (folder / "manifest.json").stat().st_mtime_ns
    synthesis = _syntheses.get(app)
    if synthesis is None or synthesis.written != written:
        synthesis = _syntheses[app] = Synthesis(written, Assembly.read(folder))
    return synthesis


def template_of(stack: Stack, assembly: Assembly) -> Template | None:
    """Find a stack's template; a nested stack's is known to its parent only."""
    parent = stack.nested_stack_parent if isinstance(stack, NestedStack) else None
    if parent is None or stack.nested_stack_resource is None:
        return assembly.by_key.get(Path(stack.template_file).name)
    above = template_of(parent, assembly)
    logical_id = parent.get_logical_id(cast("CfnElement", stack.nested_stack_resource))
    return above.nested.get(logical_id) if above else None


def violation(verdict: Violation, severity: str, construct_path: str | None) -> PolicyViolation:
    """Write a verdict as CDK reports it.

    Args:
        verdict: What is broken or undecided.
        severity: Such as ``fatal``, for what is broken.
        construct_path: The construct, or None where CDK finds it by the logical id.
    """
    finding = verdict.finding
    return PolicyViolation(
        rule_name=finding.rule,
        description=printable(finding.message),
        fix=f"{printable(finding.fix)} (source: {finding.source})",
        severity=severity if verdict.is_failure else "warning",
        violating_resources=[
            PolicyViolatingResource(
                resource_logical_id=printable(readable(verdict.logical_id)),
                template_path=str(verdict.template.path),
                construct_path=construct_path,
                locations=[verdict.location],
            )
        ],
    )


def shared_path(verdict: Violation, app: App) -> str | None:
    """Find the construct of a resource in a nested template that several nested stacks share; None for any other.

    CDK finds constructs by the file of the template and the logical id, which leads to one of those stacks only.
    """
    assembly = verdict.template.assembly
    if sum(template.path == verdict.template.path for template in assembly.templates()) == 1:
        return None
    return next(_paths_of(verdict, app), None)


def _paths_of(verdict: Violation, app: App) -> Iterator[str]:
    for stack in app.node.find_all():
        if isinstance(stack, NestedStack) and template_of(stack, verdict.template.assembly) is verdict.template:
            for construct in stack.node.find_all():
                if isinstance(construct, CfnElement) and stack.get_logical_id(construct) == verdict.logical_id:
                    yield construct.node.path
