"""Clusters, Serverless namespaces and role associations in templates, read into facts for the rules."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from functools import partial
from typing import Final, NamedTuple

from redshift_roles.aws import Json, arns, listed, trust
from redshift_roles.aws.placeholders import PLACEHOLDERS, has_placeholder, readable, with_missing_name
from redshift_roles.rules.facts import AssociationFacts, Kind, Origin, RoleFacts
from redshift_roles.templates.assembly import Assembly, Template, function_of, mapping, once
from redshift_roles.templates.conditions import Branch, Branches, alternatives, branch, holds
from redshift_roles.templates.parsing import UnusableError, parse_json
from redshift_roles.templates.references import NO_VALUE
from redshift_roles.templates.values import (
    MORE,
    NO_ENTRIES,
    Entries,
    Entry,
    entries,
    in_short,
    is_no_list,
    texts,
    unknown,
)

CLUSTER: Final = "AWS::Redshift::Cluster"
NAMESPACE: Final = "AWS::RedshiftServerless::Namespace"
ASSOCIATION: Final = "Custom::RedshiftRoleAssociation"
SCHEDULED_ACTION: Final = "AWS::Redshift::ScheduledAction"
IDENTITY_CENTER: Final = "AWS::Redshift::RedshiftIdcApplication"
# The entry of a resource's Metadata in which this library writes what the template has no property for.
METADATA: Final = "redshift-roles"


class _Kind(NamedTuple):
    """What a type of resource is called, where it has its roles and its default role, and who assumes them."""

    name: Kind
    roles: str
    default: str
    services: tuple[str, ...]
    is_list: bool = True
    actions: tuple[str, ...] = (trust.ASSUME_ROLE,)


_KINDS: Final = {
    CLUSTER: _Kind("cluster", "IamRoles", "", (trust.PROVISIONED,)),
    NAMESPACE: _Kind("namespace", "IamRoles", "DefaultIamRoleArn", (trust.SERVERLESS, trust.PROVISIONED)),
    ASSOCIATION: _Kind("cluster", "RoleArns", "DefaultRoleArn", (trust.PROVISIONED,)),
    SCHEDULED_ACTION: _Kind("scheduled action", "IamRole", "", (trust.SCHEDULER,), is_list=False),
    IDENTITY_CENTER: _Kind(
        "Identity Center application",
        "IamRoleArn",
        "",
        (trust.SERVERLESS, trust.PROVISIONED),
        is_list=False,
        actions=(trust.ASSUME_ROLE, trust.SET_CONTEXT),
    ),
}


def association_facts(
    template: Template,
    logical_id: str,
    *,
    role_limit: int | None = None,
    limit_written: bool = False,
    expected_account: str | None = None,
    origin: Origin = "app",
) -> AssociationFacts:
    """Read a cluster, a namespace, a role association, a scheduled action or an Identity Center application."""
    type_ = template.resource_type(logical_id)
    kind = _KINDS.get(type_, _KINDS[CLUSTER])
    present = presence(template, logical_id)
    properties = template.properties(logical_id) if present is not False else {}
    written = properties.get(kind.roles, [])
    taken = _taken(template, logical_id)
    if not kind.is_list:
        written = [written] if kind.roles in properties else []
    # A macro may write a list in the place of a function.
    is_wrong = is_no_list(written, template) and not (function_of(written)[0] and _is_rewritten(template, logical_id))
    read = NO_ENTRIES if is_wrong else entries(written, template, taken)
    roles = [*_roles(read, written, template, kind, taken, surely=present is True)]
    if is_wrong:
        roles = [RoleFacts(kind.roles, json.dumps(written), problem="is no list", written=in_short(written))]
    sure = sum(not role.conditional for role in roles)
    default = entries([properties[kind.default]], template, taken) if kind.default in properties else NO_ENTRIES
    asserted = asserted_account(template)
    return AssociationFacts(
        kind=kind.name,
        argument=kind.roles,
        account=template.account or arns.THIS_ACCOUNT,
        region=template.region,
        roles=tuple(roles),
        conditional_roles=(max(read.least - sure, 0), max(read.most - sure, 0)),
        more_roles=(present is not False and _is_rewritten(template, logical_id))
        or any(option.text == MORE for entry in read.entries for option in entry.options),
        role_limit=role_limit,
        limit_written=limit_written,
        expected_account=asserted or expected_account,
        account_asserted=asserted is not None or type_ == ASSOCIATION,
        default_argument=kind.default,
        default_roles=tuple(_default_roles(default, template, logical_id, kind.default, taken, surely=present is True)),
        origin=origin,
        conditional=present is None,
    )


def written_limit(template: Template, logical_id: str) -> int | None:
    """Return the role limit that a cluster or association was given in the app, where it is written down."""
    if template.resource_type(logical_id) == ASSOCIATION:
        return _number(template.properties(logical_id).get("RoleLimit"))
    return written(template, logical_id, "role_limit")


def written(template: Template, logical_id: str, name: str) -> int | None:
    """Return a number that this library wrote into the metadata of a resource."""
    return _number(mapping(mapping(template.entry("Resources", logical_id).get("Metadata")).get(METADATA)).get(name))


def _number(value: Json) -> int | None:
    text = str(value)
    return int(text) if re.fullmatch("[0-9]{1,4}", text) else None


def presence(template: Template, logical_id: str) -> bool | None:
    """Return whether the conditions of a resource and of its nested stacks hold; None where that is not decided."""
    decided = [holds(condition, home, texts) for condition, home in _conditions(template, logical_id)]
    return False if False in decided else None if None in decided else True


def undecided_branches(template: Template, logical_id: str) -> frozenset[Branch]:
    """List the branches in which a resource is there, those of its nested stacks too, that are not decided."""
    named = [(name, home) for name, home in _conditions(template, logical_id) if isinstance(name, str)]
    return frozenset(branch(name, home) for name, home in named if holds(name, home, texts) is None)


def _conditions(template: Template, logical_id: str) -> Iterator[tuple[Json, Template]]:
    for home in template.lineage():
        condition = home.entry("Resources", logical_id).get("Condition")
        if condition is not None:
            yield condition, home
        logical_id = home.parent_logical_id


def _taken(template: Template, logical_id: str) -> Branches:
    """List the branches of conditions that are taken wherever a resource is."""
    condition = template.entry("Resources", logical_id).get("Condition")
    return (branch(condition, template),) if isinstance(condition, str) else ()


def _is_rewritten(template: Template, logical_id: str) -> bool:
    """Return whether a macro may write other roles than the template shows; AWS's own leave Redshift alone."""
    macros = listed(template.body.get("Transform"))
    names = [macro.get("Name") if isinstance(macro, dict) else macro for macro in macros]
    if any(not str(name).startswith("AWS::") for name in names):
        return True
    resource = template.entry("Resources", logical_id)
    return any(key.startswith("Fn::") for key in (logical_id, *resource, *mapping(resource.get("Properties"))))


def _default_roles(
    read: Entries, template: Template, logical_id: str, name: str, taken: Branches, *, surely: bool
) -> Iterator[RoleFacts]:
    for text, when in [option for entry in read.entries for option in entry.options]:
        conditional = when != taken
        if text not in (MORE, NO_VALUE) and not _is_left_out(text, surely=surely and not conditional):
            found = definition(text, template)
            role = RoleFacts(name, _arn(text, template), conditional, defined=_is_named_by_deployment(found))
            if found:
                role = role._replace(path=partial(readable, found[1]))
            yield as_written(role, text, template.properties(logical_id)[name], template)


def _arn(text: str, template: Template) -> str:
    """Name a role that has no name yet, because others make it."""
    return with_missing_name(text) if template.assembly.reports_roles else text


def _is_left_out(text: str, *, surely: bool) -> bool:
    """Return whether an empty text is most likely what a condition guards against."""
    return not text.strip() and not surely


def _roles(
    read: Entries, written: Json, template: Template, kind: _Kind, taken: Branches, *, surely: bool
) -> Iterator[RoleFacts]:
    is_one_by_one = isinstance(written, list) and len(written) == len(read.entries)
    for index, entry in enumerate(read.entries):
        label = f"{kind.roles}[{index}]" if kind.is_list else kind.roles
        for text, when in entry.options:
            conditional = when != taken
            if text in (MORE, NO_VALUE) or _is_left_out(text, surely=surely and not conditional):
                continue
            found = definition(text, template)
            # Which region and account a condition holds in is not known.
            place = (template.region, template.account) if surely and not conditional else (None, None)
            problems = (trust_problem_of(*found, *place, *kind.services, action=name) for name in kind.actions if found)
            role = RoleFacts(
                f"{label} ({found[1]})" if found else label,
                _arn(text, template),
                conditional,
                next(filter(None, problems), None),
                defined=_is_named_by_deployment(found),
                when=when[len(taken) :],
                choice=label if conditional and entry.when == taken and _is_one_surely(entry) else "",
            )
            yield as_written(role, text, written[index] if is_one_by_one else text, template)


def as_written(role: RoleFacts, text: str, written: Json, template: Template) -> RoleFacts:
    """Name a role as people wrote it, and find that they wrote the name of one, or another resource."""
    other = _other_resource(written, template)
    if other:
        problem = f"is {in_short(written)}, and {other[0]} is an {other[1]}, not a role"
        return role._replace(problem=problem, fix="give the ARN of an IAM role")
    if not arns.parse(text).problem:
        return role
    named = nearest(role_names(template.assembly).get(text, []), text, template)
    if named:
        by_ref = " (Ref)" if function_of(written)[0] == "Ref" else ""
        return role._replace(problem=f"is the name of {named[1]}{by_ref}", fix=f"write !GetAtt {named[1]}.Arn")
    is_generated = isinstance(written, dict) and has_placeholder(text)
    return role._replace(written=in_short(written)) if is_generated else role


def _other_resource(written: Json, template: Template) -> tuple[str, str] | None:
    """Find the resource of AWS that is no role, and whose name or ARN is written; its logical id and its type."""
    function, argument = function_of(written)
    parts = argument.split(".", 1) if isinstance(argument, str) else argument
    if function == "Ref":
        parts = [argument, "Arn"]
    if function not in ("Ref", "Fn::GetAtt") or not isinstance(parts, list) or parts[1:] != ["Arn"]:
        return None
    kind = template.resource_type(str(parts[0]))
    # A custom resource may have any name, and IAM's own are known by their ARNs.
    is_known = kind.startswith("AWS::") and not kind.startswith(("AWS::IAM::", "AWS::CloudFormation::"))
    return (str(parts[0]), kind) if is_known else None


def _is_one_surely(entry: Entry) -> bool:
    return all(text not in (MORE, NO_VALUE) for text, _ in entry.options)


def _is_named_by_deployment(found: tuple[Template, str] | None) -> bool:
    """Return whether this is a role of the app whose name CloudFormation generates."""
    return found is not None and "RoleName" not in found[0].properties(found[1])


def definition(text: str, template: Template) -> tuple[Template, str] | None:
    """Find the resource that defines a role, where the app does; that of the same stack before those of others.

    Templates that are only read together may give two roles the same name: between them only a generated name counts.
    """
    defined = defined_roles(template.assembly)
    return nearest(defined.get(role_key(text), []), text, template) if defined else None


def nearest(found: list[tuple[Template, str]], text: str, template: Template) -> tuple[Template, str] | None:
    """Choose among the roles that a text may mean, where it is certain."""
    if not found:
        return None
    near = [home for home in found if home[0].top is template.top]
    if not near:
        names = PLACEHOLDERS.names(text)
        is_app = template.assembly.is_app
        near = [home for home in found if is_app or any(name.startswith(f"{home[0].key}#") for name in names)]
    return near[0] if len(near) == 1 else None


def role_key(text: str) -> tuple[str, str]:
    """Name a role so that two names are equal when they are of one role, however its partition is written."""
    arn = arns.parse(text)
    return (arn.account, arn.resource) if arn.account and arn.resource and not arn.problem else ("", text)


_Roles = dict[tuple[str, str], list[tuple[Template, str]]]


def defined_roles(assembly: Assembly) -> _Roles:
    """List the roles that the app defines, by account and by path and name as far as they are known."""
    return once(assembly.memo, "roles", lambda: _defined_roles(assembly), {})


def role_names(assembly: Assembly) -> dict[str, list[tuple[Template, str]]]:
    """List the roles that the app defines by their names, which ``Ref`` returns."""

    def found() -> dict[str, list[tuple[Template, str]]]:
        names: dict[str, list[tuple[Template, str]]] = {}
        for template in assembly.templates():
            for logical_id in template.resources("AWS::IAM::Role"):
                for text in texts({"Ref": logical_id}, template):
                    names.setdefault(text, []).append((template, logical_id))
        return names

    return once(assembly.memo, "role names", found, {})


def _defined_roles(assembly: Assembly) -> _Roles:
    found: _Roles = {}
    for template in assembly.templates():
        for logical_id in template.resources("AWS::IAM::Role"):
            if presence(template, logical_id) is False:
                continue
            for text in texts({"Fn::GetAtt": [logical_id, "Arn"]}, template):
                if arns.parse(text).account:
                    found.setdefault(role_key(text), []).append((template, logical_id))
    return found


def trust_problem_of(
    home: Template,
    logical_id: str,
    region: str | None,
    account: str | None,
    *services: str,
    action: str = trust.ASSUME_ROLE,
) -> str | None:
    """Return why Redshift in this place may not assume a role of the app; None when it may, or may well."""

    def found() -> str | None:
        return trust.trust_problem(trust_policy(home, logical_id), region, *services, account=account, action=action)

    return once(home.memo, f"trust {logical_id} {region} {account} {services} {action}", found, None)


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
        return parse_json(text, strict=False)
    except UnusableError:
        return node


def evaluated(node: Json, template: Template, side: int | None = None) -> Json:
    """Replace the functions of a document by what is known, and by placeholders elsewhere.

    With side 0, the first branch of each condition that is not decided is taken, with -1 the last, and what becomes no
    value is left out.
    """
    if isinstance(node, list):
        items = [evaluated(item, template, side) for item in node]
        return [item for item in items if side is None or item != NO_VALUE]
    if not isinstance(node, dict):
        return node
    function = function_of(node)[0]
    if function == "Fn::If":
        found = [value for value, _ in alternatives(node, template, texts)]
        is_known = len(found) == 1 or (side is not None and bool(found))
        return evaluated(found[side or 0], template, side) if is_known else unknown(node, template)
    if function == "Ref" or function.startswith("Fn::"):
        known = texts(node, template)
        return known[side or 0] if len(known) == 1 or side is not None else unknown(node, template)
    made = {key: evaluated(value, template, side) for key, value in node.items()}
    return {key: value for key, value in made.items() if side is None or value != NO_VALUE}


def asserted_account(template: Template) -> str | None:
    """Find the account that a CloudFormation Rule of the top-level stack lets it be deployed to."""
    for rule in map(mapping, template.top.section("Rules").values()):
        for assertion in listed(rule.get("Assertions")) if "RuleCondition" not in rule else ():
            sides = mapping(mapping(assertion).get("Assert")).get("Fn::Equals")
            if isinstance(sides, list) and {"Ref": "AWS::AccountId"} in sides:
                account = next((side for side in sides if isinstance(side, str)), None)
                if account:
                    return account
    return None


def claimed_accounts(facts: AssociationFacts) -> list[str]:
    """List the accounts that a cluster's roles say its stack must be deployed to, where the stack names none."""
    if facts.account != arns.THIS_ACCOUNT or facts.conditional:
        return []
    return [role.literal_account for role in facts.roles if role.literal_account and not role.conditional]
