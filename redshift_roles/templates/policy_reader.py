"""Who may pass which roles, as the templates show it.

Policies of a template flow in, wherever they stand in it; facts about each statement that allows iam:PassRole flow out.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final, NamedTuple

from redshift_roles.aws import arns, iam_patterns
from redshift_roles.aws.iam_patterns import matches
from redshift_roles.aws.placeholders import readable
from redshift_roles.rules import pass_role_rule
from redshift_roles.rules.facts import PassRoleFacts
from redshift_roles.templates import conditions
from redshift_roles.templates.assembly import Assembly, Json, Template
from redshift_roles.templates.cluster_reader import document, evaluated, role_key
from redshift_roles.templates.statement_forms import Holds, branches, forms
from redshift_roles.templates.values import texts

_PASSING: Final = "iam:passrole"
_BOUNDED: Final = "AWS::IAM::ManagedPolicy"
_PERMISSION_SET: Final = "AWS::SSO::PermissionSet"
# Where a resource has its policy.
_POLICIES: Final = {
    "AWS::IAM::Policy": "PolicyDocument",
    _BOUNDED: "PolicyDocument",
    "AWS::IAM::RolePolicy": "PolicyDocument",
    "AWS::IAM::UserPolicy": "PolicyDocument",
    "AWS::IAM::GroupPolicy": "PolicyDocument",
    _PERMISSION_SET: "InlinePolicy",
}
# What has a list of policies; those of SAM may be documents themselves, or one.
_BEARERS: Final = (
    "AWS::IAM::Role",
    "AWS::IAM::User",
    "AWS::IAM::Group",
    "AWS::Serverless::Function",
    "AWS::Serverless::StateMachine",
)


class RedshiftUsage(NamedTuple):
    """What an app has of Redshift, as far as a policy of it may concern that.

    Attributes:
        roles: What people call the roles for Redshift, by `template_reading.role_key`.
        accounts: The accounts of its clusters and namespaces.
    """

    roles: Mapping[tuple[str, str], str]
    accounts: frozenset[str]


class PassRoleStatement(NamedTuple):
    """A statement that allows iam:PassRole, and where it stands.

    Attributes:
        logical_id: The resource.
        location: The statement in it.
        facts: What it allows.
        others: What it allows where its conditions are decided otherwise.
    """

    logical_id: str
    location: str
    facts: PassRoleFacts
    others: tuple[PassRoleFacts, ...] = ()


def pass_role_statements(
    template: Template, side_of: Callable[[Template], RedshiftUsage]
) -> Iterator[PassRoleStatement]:
    """Read every statement of a template that allows iam:PassRole.

    Args:
        template: The template.
        side_of: Says what the app has of Redshift; asked only where there is such a statement.
    """
    for logical_id, location, policy in _documents(template):
        for index, statements in _allowing(policy, template):
            if _is_boundary(logical_id, template):
                break
            where = f"{location}/Statement/{index}"
            side = side_of(template)
            accounts = _accounts(logical_id, template, side)
            facts = [_facts(statement, accounts, side, _shown(where)) for statement in statements]
            yield PassRoleStatement(logical_id, where, facts[0], tuple(facts[1:]))


def _accounts(logical_id: str, template: Template, side: RedshiftUsage) -> frozenset[str]:
    """List the accounts whose roles a policy may pass: its own where that is known, else those of the clusters."""
    is_elsewhere = template.resource_type(logical_id) == _PERMISSION_SET
    return side.accounts if template.account is None or is_elsewhere else frozenset({template.account})


def _is_boundary(logical_id: str, template: Template) -> bool:
    """Say whether a policy serves as a permissions boundary only: that grants nothing."""
    properties = template.properties(logical_id)
    if template.resource_type(logical_id) != _BOUNDED or any(
        properties.get(key) for key in ("Roles", "Users", "Groups")
    ):
        return False
    own = set(texts({"Ref": logical_id}, template))
    boundaries, attached = _uses(template.assembly)
    return bool(own & boundaries) and not own & attached


def _uses(assembly: Assembly) -> tuple[set[str], set[str]]:
    """List the policies that are boundaries of somebody, and those that are attached to somebody."""
    if "policy uses" not in assembly.memo:
        found: tuple[set[str], set[str]] = (set(), set())
        assembly.memo["policy uses"] = found
        for template in assembly.templates():
            for logical_id in template.resources(*_BEARERS):
                properties = template.properties(logical_id)
                found[0].update(texts(properties.get("PermissionsBoundary"), template))
                for key in ("ManagedPolicyArns", "Policies"):
                    for attached in _listed(properties.get(key)):
                        found[1].update(texts(attached, template))
    uses: tuple[set[str], set[str]] = assembly.memo["policy uses"]
    return uses


def _shown(location: str) -> str:
    short = location.removeprefix("Properties/").replace("PolicyDocument/", "")
    return re.sub(r"/(\d+)", r"[\1]", short).replace("/", ".")


def _holds(template: Template) -> Holds:
    return lambda name: conditions.holds(name, template, texts)


def _documents(template: Template) -> Iterator[tuple[str, str, Json]]:
    holds = _holds(template)
    for kind, key in _POLICIES.items():
        for logical_id in template.resources(kind):
            for policy in branches(template.properties(logical_id).get(key), holds):
                yield logical_id, f"Properties/{key}", policy
    for logical_id in template.resources(*_BEARERS):
        for policies in branches(template.properties(logical_id).get("Policies"), holds):
            yield from _listed_documents(logical_id, policies, holds)


def _listed_documents(logical_id: str, policies: Json, holds: Holds) -> Iterator[tuple[str, str, Json]]:
    for index, policy in enumerate(_listed(policies)):
        for branch in branches(policy, holds):
            if isinstance(branch, dict):
                location = f"Properties/Policies/{index}" if isinstance(policies, list) else "Properties/Policies"
                within = "PolicyDocument" in branch
                for document_of in branches(branch["PolicyDocument"], holds) if within else [branch]:
                    yield logical_id, f"{location}/PolicyDocument" if within else location, document_of


def _allowing(policy: Json, template: Template) -> Iterator[tuple[int, list[dict[str, Any]]]]:
    """List the statements that allow iam:PassRole, each in all its forms, unless the document takes some of
    that back.
    """
    holds = _holds(template)
    written = document(policy, template)
    statements = written.get("Statement") if isinstance(written, dict) else None
    passing: list[tuple[int, list[dict[str, Any]]]] = []
    for index, statement in enumerate(_listed(statements)):
        for branch in branches(statement, holds):
            if isinstance(branch, dict) and _names_iam(branch):
                known = [evaluated(form, template) for form in forms(branch, holds)]
                passing.append((index, [form for form in known if isinstance(form, dict)]))
    if not any(_denies(form) for _, known in passing for form in known):
        yield from ((index, known) for index, known in passing if known and all(map(_allows, known)))


def _names_iam(statement: Mapping[str, Json]) -> bool:
    """Look before evaluating: most statements have nothing to do with IAM."""
    if "NotAction" in statement:
        return True
    actions = _listed(statement.get("Action"))
    return any(not isinstance(action, str) or action[:4].lower() == "iam:" or action == "*" for action in actions)


def _allows(statement: Mapping[str, Any]) -> bool:
    """Say whether a statement allows iam:PassRole by name; an administrator's ``*`` is about everything."""
    if statement.get("Effect") != "Allow":
        return False
    if "NotAction" in statement:
        return not any(matches(text.lower(), _PASSING) for text in _texts(statement["NotAction"]))
    named = [text.lower() for text in _texts(statement.get("Action")) if text.lower().startswith("iam:")]
    return any(matches(text, _PASSING) for text in named)


def _denies(statement: Mapping[str, Any]) -> bool:
    """Say whether a statement takes iam:PassRole back, if only for some roles."""
    if statement.get("Effect") != "Deny":
        return False
    listed = any(
        matches(text.lower(), _PASSING) for text in _texts(statement.get("Action", statement.get("NotAction")))
    )
    about_roles = "NotResource" in statement or any(map(iam_patterns.may_be_role, _texts(statement.get("Resource"))))
    return about_roles and listed != ("NotAction" in statement)


def _facts(statement: Mapping[str, Any], accounts: frozenset[str], side: RedshiftUsage, label: str) -> PassRoleFacts:
    resources = ["*"] if "NotResource" in statement else _texts(statement.get("Resource"))
    condition = statement.get("Condition")
    everywhere = [text for text in resources if iam_patterns.is_every_role(text, accounts)]
    return PassRoleFacts(
        label=label,
        services=pass_role_rule.passed_services(condition),
        every_role=readable(everywhere[0]) if everywhere and not _is_tagged(condition) else "",
        redshift_roles=tuple(dict.fromkeys(_redshift_roles(resources, side))),
        beside_redshift=any(not arns.differ(one, other) for one in accounts for other in side.accounts),
        by_exclusion="NotAction" in statement,
    )


def _listed(node: Any) -> list[Any]:  # noqa: ANN401  a document holds anything
    return node if isinstance(node, list) else [] if node is None else [node]


def _texts(node: Any) -> list[str]:  # noqa: ANN401
    return [text for text in _listed(node) if isinstance(text, str)]


def _is_tagged(condition: object) -> bool:
    """Say whether a condition picks the roles, by their tags or by what they will serve."""
    groups = condition.values() if isinstance(condition, Mapping) else []
    keys = [key.lower() for group in groups if isinstance(group, Mapping) for key in group]
    return any(key.startswith(("aws:resourcetag/", "iam:resourcetag/", "iam:associatedresourcearn")) for key in keys)


def _redshift_roles(resources: list[str], side: RedshiftUsage) -> Iterator[str]:
    for text in resources:
        called = side.roles.get(role_key(text))
        if called:
            yield called
        elif ("*" in text or "?" in text) and not iam_patterns.is_every_role(text, ()):
            for (account, resource), name in side.roles.items():
                if iam_patterns.matches_role(text, account, resource):
                    yield name
