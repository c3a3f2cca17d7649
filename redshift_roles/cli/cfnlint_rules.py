"""The rules for cfn-lint: ``cfn-lint --append-rules redshift_roles.cli.cfnlint_rules``.

It is the only module that imports cfn-lint, which is no dependency of the package.
"""

from __future__ import annotations

import json
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

from cfnlint.rules import CloudFormationLintRule, RuleMatch

from redshift_roles.aws import quotas
from redshift_roles.aws.placeholders import readable
from redshift_roles.rules import RULES
from redshift_roles.rules.findings import printable
from redshift_roles.rules.registry import Rule
from redshift_roles.templates import checker, files, parsing
from redshift_roles.templates.assembly import Assembly, Template
from redshift_roles.templates.checker import Violation
from redshift_roles.templates.files import Environment, Given

# Ids for rules of users are those from 9000; a text file of rules has its line numbers there. Each rule keeps its id,
# so new ones are added at the end.
_FIRST: Final = 9501
_NAMES: Final = (
    "RoleQuotaExceeded",
    "RoleLimitOutOfRange",
    "RoleArnInvalid",
    "RoleAccountMismatch",
    "RolePartitionMismatch",
    "RoleDuplicated",
    "ServiceLinkedRole",
    "InvalidArgument",
    "TrustLacksRedshift",
    "DefaultRoleNotAssociated",
    "RoleCountUndecided",
    "RoleAccountUndecided",
    "DefaultRoleUndecided",
    "PassRoleUnscoped",
    "PolicyTooLarge",
    "NotInATemplate",
    "TemplateUndecided",
    "AttachedPoliciesUndecided",
    "PolicySizeUndecided",
    "TrustPolicyUndecided",
    "PassedToServiceMissing",
    "IgnoreWithoutEffect",
)


@lru_cache(maxsize=2)  # cfn-lint asks each rule about a template before it goes on to the next one
def _checked(cfn: Any, role_limit: int) -> tuple[list[Violation], list[str]]:  # noqa: ANN401  cfn-lint has no types
    """Check a template, and say why it cannot be read; the file is read anew, as cfn-lint changes what it has read."""
    path = Path(cfn.filename or "-")
    given = files.read([str(path)], Environment(None, None), lambda _: None) if path.is_file() else _piped(path, cfn)
    violations = [found for one in given.assemblies for found in checker.check(one, role_limit, origin="template")]
    return violations, given.unusable


def _piped(path: Path, cfn: Any) -> Given:  # noqa: ANN401
    given = Given()
    with given.complaints(path):
        assembly = Assembly(is_app=False, bodies={path: parsing.parse_json(json.dumps(cfn.template, default=str))})
        assembly.stacks.append(Template(path, "", None, None, assembly))
        given.assemblies.append(assembly)
    return given


class _RedshiftRule(CloudFormationLintRule):  # type: ignore[misc]  # cfn-lint has no types
    """One of our rules; cfn-lint takes no notice of a class without an id."""

    tags = ("redshift", "iam")
    name = ""

    def __init__(self) -> None:
        super().__init__()
        if self.name == "RoleQuotaExceeded":
            self.config_definition = {"role_limit": {"default": quotas.DEFAULT_ROLE_LIMIT, "type": "integer"}}

    def match(self, cfn: Any) -> list[Any]:  # noqa: ANN401
        """List the findings of this rule, each with the keys that lead to it."""
        violations, _ = _checked(cfn, self.config.get("role_limit", quotas.DEFAULT_ROLE_LIMIT))
        return [
            RuleMatch(_keys(violation), printable(f"{finding.rule}: {finding.message}. Fix: {finding.fix}"))
            for violation in violations
            if (finding := violation.finding).rule == self.name and violation.ignored is None
        ]


def _keys(violation: Violation) -> list[str | int]:
    location = [int(key) if key.isdecimal() else key for key in violation.location.split("/")]
    return ["Resources", readable(violation.logical_id), *location] if violation.logical_id else location


class TemplateUnusable(CloudFormationLintRule):  # type: ignore[misc]
    """A template that cfn-lint can read and the rules cannot."""

    id = "E9500"
    shortdesc = "The template can be checked"
    description = "What cannot be read is reported, because nothing in it was checked."
    tags = _RedshiftRule.tags

    def match(self, cfn: Any) -> list[Any]:  # noqa: ANN401
        """Say why."""
        return [RuleMatch([], printable(line)) for line in _checked(cfn, quotas.DEFAULT_ROLE_LIMIT)[1]]


def _made(rule: Rule) -> type[_RedshiftRule]:
    number = _FIRST + _NAMES.index(rule.name)
    texts = {"shortdesc": rule.sentence, "description": rule.why, "source_url": rule.source.url, "__doc__": rule.why}
    return type(
        rule.name, (_RedshiftRule,), {"id": f"{'W' if rule.is_warning else 'E'}{number}", "name": rule.name, **texts}
    )


# cfn-lint looks for classes among the names of this module.
globals().update({rule.name: _made(rule) for rule in RULES if rule.name in _NAMES})
