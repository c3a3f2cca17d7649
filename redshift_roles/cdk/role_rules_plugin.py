"""The plug-in: everybody's clusters, as the synthesized templates show them.

An app flows in at the end of its synthesis; CDK's validation report flows out. Everything in between is pure Python
that reads templates: no construct is visited.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final, cast

import jsii
from aws_cdk import App, IPolicyValidationContext, IPolicyValidationPlugin, PolicyValidationPluginReport

from redshift_roles.aws import arns, quotas
from redshift_roles.cdk import plugins
from redshift_roles.cdk.synthesized import PLUGIN_NAME, Synthesis, shared_path, synthesis_of, violation
from redshift_roles.rules import association_rules, registry
from redshift_roles.rules.facts import AssociationFacts
from redshift_roles.rules.findings import RoleAssociationError
from redshift_roles.rules.registry import Problem
from redshift_roles.rules.shapes import is_whole, shown
from redshift_roles.templates import checker
from redshift_roles.templates.checker import Violation

# What messages call it: it has no construct path.
_PATH: Final = "RoleAssociationRules"


@jsii.implements(IPolicyValidationPlugin)
class RoleAssociationRules:
    """Hold the rules against every provisioned cluster and Serverless namespace of an app, whoever wrote it.

    Register it once: ``Validations.of(app).add_plugins(RoleAssociationRules())``. It sees property overrides, raw
    resources, included templates, nested stacks and Stages, and judges the trust policies of associated roles and
    whoever may pass them (``iam:PassRole``) too. What it fails with can be acknowledged by the name of the rule, such
    as ``redshift-roles::RoleQuotaExceeded``; what only the deployment knows is a warning under a name of its own.
    Clusters of this library have a guard of their own, which nobody can acknowledge; the plug-in leaves them to it.

    Args:
        role_limit: How many roles a cluster or namespace may have: 1 to 50, by default 10. In a region whose AWS quota
            is smaller, a cluster is held to that quota. AWS documents no quota for a namespace.

    Raises:
        RoleAssociationError: InvalidArgument, when `role_limit` is no whole number; RoleLimitOutOfRange, when it is not
            1 to 50.

    Template:
        Nothing: it reads.

    Source:
        https://docs.aws.amazon.com/redshift/latest/mgmt/copy-unload-iam-role-associating-with-clusters.html
        (read 2026-11-24)
    """

    def __init__(self, *, role_limit: int = quotas.DEFAULT_ROLE_LIMIT) -> None:
        _refuse(role_limit)
        self._role_limit = role_limit

    @property
    def name(self) -> str:
        """The first half of every acknowledgement id."""
        return PLUGIN_NAME

    @property
    def version(self) -> None:
        """The plug-in is part of the package and has no version of its own."""

    @property
    def rule_ids(self) -> list[str]:
        """The names of the rules."""
        return [rule.name for rule in registry.RULES]

    def validate(self, context: IPolicyValidationContext) -> PolicyValidationPluginReport:
        """Judge what the templates show of the stacks that CDK asks about."""
        app = cast("App", context.app_construct)
        synthesis = synthesis_of(app)
        asked = {Path(path).resolve() for path in context.template_paths}
        ours = plugins.watched_in(app, synthesis.assembly)
        found = [
            verdict
            for verdict in checker.check(synthesis.assembly, self._role_limit, elsewhere=ours)
            if _file_of(verdict) in asked and _is_news(verdict, synthesis)
        ]
        return PolicyValidationPluginReport(
            success=not any(verdict.is_failure for verdict in found),
            violations=[violation(verdict, "error", shared_path(verdict, app)) for verdict in found],
        )


def _refuse(role_limit: object) -> None:
    if not is_whole(role_limit):
        problem = Problem(
            "role_limit", f"'role_limit' must be a whole number, got {shown(role_limit)}", "pass role_limit=10"
        )
        raise RoleAssociationError([registry.INVALID_ARGUMENT.finding(_PATH, problem, quotas.QUOTAS)])
    nowhere = AssociationFacts(
        _PATH, "cluster", "IamRoles", arns.THIS_ACCOUNT, None, (), role_limit=cast("int", role_limit)
    )
    found = association_rules.check(nowhere)
    if found:
        raise RoleAssociationError(found)


def _file_of(verdict: Violation) -> Path | None:
    path = verdict.template.top.path
    return path.resolve() if path else None


def _is_news(verdict: Violation, synthesis: Synthesis) -> bool:
    """Say whether no other plug-in of the same app has reported this."""
    key = (verdict.template, verdict.logical_id, verdict.finding)
    if key in synthesis.reported:
        return False
    synthesis.reported.add(key)
    return True
