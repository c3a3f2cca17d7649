"""
Clusters as the synthesized templates show them.

A template and a logical id flow in, facts for the rules flow out. What constructors cannot know stands here: property
overrides, lists that were lazy, and trust policies in their final form.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from redshift_roles import role_arns, trust
from redshift_roles.assembly import Assembly, Json, Template
from redshift_roles.facts import HolderFacts, RoleFacts
from redshift_roles.values import MORE, NO_VALUE, entries, texts, unknown

ROLES_PROPERTY: Final = "IamRoles"


def cluster_facts(
    template: Template, logical_id: str, *, path: str, role_limit: int, expected_account: str | None = None
) -> HolderFacts:
    """
    Read a provisioned cluster out of its template.
    """
    listed = entries(template.properties(logical_id).get(ROLES_PROPERTY, []), template)
    asserted = asserted_account(template)
    return HolderFacts(
        path=path,
        noun="cluster",
        words=ROLES_PROPERTY,
        account=template.account or role_arns.THIS_ACCOUNT,
        region=template.region,
        roles=tuple(_roles(listed, template)),
        more_roles=any(MORE in options for options in listed),
        role_limit=role_limit,
        expected_account=asserted or expected_account,
        account_asserted=asserted is not None,
    )


def _roles(listed: list[list[str]], template: Template) -> Iterator[RoleFacts]:
    for index, options in enumerate(listed):
        known = [text for text in options if text not in (MORE, NO_VALUE)]
        conditional = len(options) > 1
        for text in known:
            defined = _definition(text, template)
            label = f"{ROLES_PROPERTY}[{index}]"
            if defined is None:
                yield RoleFacts(label, text, conditional)
            else:
                yield RoleFacts(
                    f"{label} ({defined[1]})", text, conditional, _distrust(*defined, template, conditional)
                )


def _definition(text: str, template: Template) -> tuple[Template, str] | None:
    """
    Find the resource that defines a role, where the app does.
    """
    arn = role_arns.parse(text)
    known = None if arn.problem or not arn.account else (arn.account, arn.resource)
    memo = template.assembly.memo
    if "roles" not in memo:
        memo["roles"] = _defined_roles(template.assembly)
    roles: _Roles = memo["roles"]
    return roles.get(known)


_Roles = Mapping[tuple[str, str | None] | None, tuple[Template, str]]


def _defined_roles(assembly: Assembly) -> _Roles:
    """
    List the roles that the app defines, by account and by path and name as far as they are known.
    """
    found: dict[tuple[str, str | None] | None, tuple[Template, str]] = {}
    for template in assembly.templates():
        for logical_id in template.section("Resources"):
            if template.resource_type(logical_id) == "AWS::IAM::Role":
                for text in texts({"Fn::GetAtt": [logical_id, "Arn"]}, template):
                    arn = role_arns.parse(text)
                    if arn.account:
                        found.setdefault((arn.account, arn.resource), (template, logical_id))
    return found


def _distrust(home: Template, logical_id: str, cluster: Template, conditional: bool) -> str | None:
    if conditional:
        return None
    document = _evaluated(home.properties(logical_id).get("AssumeRolePolicyDocument"), home)
    return trust.distrust(document, cluster.region)


def _evaluated(node: Json, template: Template) -> Json:
    if isinstance(node, list):
        return [_evaluated(item, template) for item in node]
    if not isinstance(node, dict):
        return node
    function = next(iter(node)) if len(node) == 1 else ""
    if function == "Ref" or function.startswith("Fn::"):
        found = texts(node, template)
        return found[0] if len(found) == 1 else unknown(node, template)
    return {key: _evaluated(value, template) for key, value in node.items()}


def asserted_account(template: Template) -> str | None:
    """
    Find the account that a CloudFormation Rule of the top-level stack lets it be deployed to.
    """
    for rule in template.top.section("Rules").values():
        if isinstance(rule, dict) and "RuleCondition" not in rule:
            assertions = rule.get("Assertions")
            for assertion in assertions if isinstance(assertions, list) else []:
                account = _asserted(assertion.get("Assert") if isinstance(assertion, dict) else None)
                if account:
                    return account
    return None


def _asserted(condition: Json) -> str | None:
    sides = condition.get("Fn::Equals") if isinstance(condition, dict) else None
    if not isinstance(sides, list) or {"Ref": "AWS::AccountId"} not in sides:
        return None
    return next((side for side in sides if isinstance(side, str)), None)


def claimed_accounts(facts: HolderFacts) -> list[str]:
    """
    List the accounts that a cluster's roles say its stack must be deployed to, where the stack names none.
    """
    if facts.account != role_arns.THIS_ACCOUNT:
        return []
    return [role.literal_account for role in facts.roles if role.literal_account and not role.conditional]
