"""Clusters and Serverless namespaces as the templates show them.

A template and a logical id flow in, facts for the rules flow out. What constructors cannot know stands here: property
overrides, lists that were lazy, and trust policies in their final form.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Final

from redshift_roles.aws import arns, trust
from redshift_roles.aws.placeholders import PLACEHOLDERS, readable
from redshift_roles.rules.facts import AssociationFacts, Branch, Origin, RoleFacts
from redshift_roles.templates import conditions
from redshift_roles.templates.assembly import Assembly, Json, Template, function_of
from redshift_roles.templates.list_entries import MORE, Entry, is_no_list, options
from redshift_roles.templates.unusable import without_marks
from redshift_roles.templates.values import NO_VALUE, texts, unknown

ROLES_PROPERTY: Final = "IamRoles"
DEFAULT_PROPERTY: Final = "DefaultIamRoleArn"
CLUSTER: Final = "AWS::Redshift::Cluster"
NAMESPACE: Final = "AWS::RedshiftServerless::Namespace"


def holder_facts(
    template: Template,
    logical_id: str,
    *,
    role_limit: int,
    expected_account: str | None = None,
    origin: Origin = "app",
) -> AssociationFacts:
    """Read a provisioned cluster or a Serverless namespace out of its template."""
    present = presence(template, logical_id)
    properties = template.properties(logical_id) if present is not False else {}
    serverless = template.resource_type(logical_id) == NAMESPACE
    services = (trust.SERVERLESS, trust.PROVISIONED) if serverless else (trust.PROVISIONED,)
    written = properties.get(ROLES_PROPERTY, [])
    assumed = _assumed(template, logical_id)
    listed = [] if is_no_list(written) else options(written, template, assumed)
    default = options([properties[DEFAULT_PROPERTY]], template, assumed) if DEFAULT_PROPERTY in properties else []
    asserted = asserted_account(template)
    rewritten = present is not False and _is_rewritten(template, logical_id)
    return AssociationFacts(
        kind="namespace" if serverless else "cluster",
        argument=ROLES_PROPERTY,
        account=template.account or arns.THIS_ACCOUNT,
        region=template.region,
        roles=(*_no_roles(written), *_roles(listed, template, services, surely=present is True)),
        more_roles=rewritten or any(option.text == MORE for entry in listed for option in entry.options),
        role_limit=role_limit,
        expected_account=asserted or expected_account,
        account_asserted=asserted is not None,
        default_argument=DEFAULT_PROPERTY,
        default_roles=tuple(_default_roles(default, template, surely=present is True)) if serverless else (),
        origin=origin,
        conditional=present is None,
    )


def presence(template: Template, logical_id: str) -> bool | None:
    """Say whether the conditions of a resource and of the nested stacks it is in hold; None where they are not
    decided.
    """
    decided = [conditions.holds(name, home, texts) for name, home in _conditions(template, logical_id)]
    return False if False in decided else None if None in decided else True


def _conditions(template: Template, logical_id: str) -> Iterator[tuple[Json, Template]]:
    for home in template.lineage():
        condition = home.entry("Resources", logical_id).get("Condition")
        if condition is not None:
            yield condition, home
        logical_id = home.parent_logical_id


def _assumed(template: Template, logical_id: str) -> tuple[Branch, ...]:
    """List the branches that are taken wherever a resource is."""
    named = [(name, home) for name, home in _conditions(template, logical_id) if isinstance(name, str)]
    asked = [conditions.question(name, home) for name, home in named]
    return tuple(Branch(question, int(is_opposite)) for question, is_opposite in asked)


def _is_rewritten(template: Template, logical_id: str) -> bool:
    """Say whether a macro may write other roles than the template shows; those of AWS leave Redshift's
    resources alone.
    """
    macros = template.body.get("Transform", [])
    names = [macro.get("Name") if isinstance(macro, dict) else macro for macro in _listed(macros)]
    if any(not str(name).startswith("AWS::") for name in names):
        return True
    keys = [*template.entry("Resources", logical_id), *template.properties(logical_id)]
    return any(key.startswith("Fn::") for key in keys)


def _listed(node: Json) -> list[Json]:
    return node if isinstance(node, list) else [node]


def _default_roles(listed: list[Entry], template: Template, *, surely: bool) -> Iterator[RoleFacts]:
    for text, when in [option for entry in listed for option in entry.options]:
        if text not in (MORE, NO_VALUE) and not _is_left_out(text, surely=surely and not when):
            defined = _is_named_by_deployment(definition(text, template))
            yield RoleFacts(DEFAULT_PROPERTY, text, bool(when), defined=defined, when=when)


def _is_left_out(text: str, *, surely: bool) -> bool:
    """Say whether an empty text is most likely what a condition guards against."""
    return not text.strip() and not surely


def _no_roles(value: Json) -> Iterator[RoleFacts]:
    """Describe what stands in the place of a list and is none."""
    if is_no_list(value):
        yield RoleFacts(ROLES_PROPERTY, json.dumps(value), problem="is no list")


def _roles(listed: list[Entry], template: Template, services: tuple[str, ...], *, surely: bool) -> Iterator[RoleFacts]:
    for index, entry in enumerate(listed):
        for text, when in entry.options:
            conditional = bool(when)
            if text in (MORE, NO_VALUE) or _is_left_out(text, surely=surely and not conditional):
                continue
            found = definition(text, template)
            label = f"{ROLES_PROPERTY}[{index}]"
            if found is None:
                yield RoleFacts(label, text, conditional, when=when)
                continue
            # Which region a condition holds in is not known.
            region = template.region if surely and not conditional else None
            yield RoleFacts(
                f"{label} ({readable(found[1])})",
                text,
                conditional,
                trust_problem_of(*found, region, *services),
                defined=_is_named_by_deployment(found),
                when=when,
            )


def _is_named_by_deployment(found: tuple[Template, str] | None) -> bool:
    """Say whether this is a role of the app whose name nobody can know beforehand."""
    return found is not None and "RoleName" not in found[0].properties(found[1])


def definition(text: str, template: Template) -> tuple[Template, str] | None:
    """Find the resource that defines a role, where the app does; that of the same stack before those of others.

    Among strangers a role of another stack is meant only where its generated name is, not a name that merely agrees.
    """
    defined = defined_roles(template.assembly)
    found = defined.get(role_key(text)) if defined else None
    if not found:
        return None
    near = [home for home in found if home[0].top is template.top]
    far = [home for home in found if template.assembly.is_app or _is_generated_by(home[0], text)]
    near = near or far
    return near[0] if len(near) == 1 else None


def _is_generated_by(home: Template, text: str) -> bool:
    return any(name.startswith(f"{home.key}#") for name in PLACEHOLDERS.names(text))


def role_key(text: str) -> tuple[str, str]:
    """Name a role so that two names are equal when they are of one role, however its partition is written."""
    arn = arns.parse(text)
    return (arn.account, arn.resource) if arn.account and arn.resource and not arn.problem else ("", text)


def defined_roles(assembly: Assembly) -> _Roles:
    """List the roles that the app defines, by account and by path and name as far as they are known."""
    if "roles" not in assembly.memo:
        assembly.memo["roles"] = _defined_roles(assembly)
    roles: _Roles = assembly.memo["roles"]
    return roles


_Roles = Mapping[tuple[str, str], list[tuple[Template, str]]]


def _defined_roles(assembly: Assembly) -> _Roles:
    found: dict[tuple[str, str], list[tuple[Template, str]]] = {}
    for template in assembly.templates():
        for logical_id in template.resources("AWS::IAM::Role"):
            if presence(template, logical_id) is False:
                continue
            for text in texts({"Fn::GetAtt": [logical_id, "Arn"]}, template):
                if arns.parse(text).account:
                    found.setdefault(role_key(text), []).append((template, logical_id))
    return found


def trust_problem_of(home: Template, logical_id: str, region: str | None, *services: str) -> str | None:
    """Say why Redshift in this region may not assume a role of the app; None when it may, or may well."""
    key = f"distrust {logical_id} {region} {services}"
    if key not in home.memo:
        home.memo[key] = trust.trust_problem(trust_policy(home, logical_id), region, *services)
    reason: str | None = home.memo[key]
    return reason


def trust_policy(home: Template, logical_id: str) -> Json:
    """Read a role's trust policy, every string of it evaluated."""
    return evaluated(document(home.properties(logical_id).get("AssumeRolePolicyDocument"), home), home)


def document(node: Json, template: Template) -> Json:
    """Read a policy document, which may be written as a JSON text, perhaps with functions in it."""
    is_function = isinstance(node, dict) and any(key.startswith("Fn::") for key in node)
    text = evaluated(node, template) if is_function else node
    if not isinstance(text, str):
        return node
    try:
        return json.loads(without_marks(text), strict=False)
    except (ValueError, RecursionError):
        return node


def evaluated(node: Json, template: Template) -> Json:
    """Put what is known in the place of the functions of a document, and holes elsewhere."""
    if isinstance(node, list):
        return [evaluated(item, template) for item in node]
    if not isinstance(node, dict):
        return node
    function, argument = function_of(node)
    branches = conditions.taken(argument, template, texts) if function == "Fn::If" else []
    if len(branches) == 1:
        return evaluated(branches[0], template)
    if function == "Ref" or function.startswith("Fn::"):
        found = texts(node, template)
        return found[0] if len(found) == 1 else unknown(node, template)
    return {key: evaluated(value, template) for key, value in node.items()}


def asserted_account(template: Template) -> str | None:
    """Find the account that a CloudFormation Rule of the top-level stack lets it be deployed to."""
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


def claimed_accounts(facts: AssociationFacts) -> list[str]:
    """List the accounts that a cluster's roles say its stack must be deployed to, where the stack names none."""
    if facts.account != arns.THIS_ACCOUNT or facts.conditional:
        return []
    return [role.literal_account for role in facts.roles if role.literal_account and not role.conditional]
