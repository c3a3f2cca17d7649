"""Statements in templates that allow iam:PassRole, wherever the policy stands, read into facts for the rules."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType
from typing import Any, Final, NamedTuple

from redshift_roles.aws import Json, actions, arns, iam_patterns, listed, quotas, trust
from redshift_roles.aws.iam_patterns import matches
from redshift_roles.aws.placeholders import literal_start, readable
from redshift_roles.aws.policies import least_size, size
from redshift_roles.rules import association_rules, pass_role_rule, registry
from redshift_roles.rules.facts import AssociationFacts, Origin, PassRoleFacts, RoleFacts
from redshift_roles.rules.registry import Problem, Rule
from redshift_roles.templates.assembly import Template, mapping, once
from redshift_roles.templates.cluster_reader import (
    METADATA,
    as_written,
    asserted_account,
    definition,
    document,
    evaluated,
    presence,
    role_key,
    trust_policy,
    written,
)
from redshift_roles.templates.principals import (
    MANAGED_POLICY,
    NOBODY,
    PERMISSION_SET,
    People,
    Place,
    alternatives_of,
    documents,
    forms_of,
    gives_redshift_a_role,
    is_boundary,
    is_of_circumstances,
    operations_of,
    people_of,
    texts_of,
)

_PASSING: Final = "iam:passrole"
# What has a document whose size is checked.
SIZED: Final = (MANAGED_POLICY, "AWS::IAM::Role")


class RedshiftUsage(NamedTuple):
    """The roles of an app that Redshift may assume: their names by `role_key`, their accounts, and who assumes them."""

    roles: Mapping[tuple[str, str], str]
    accounts: frozenset[str]
    services: Mapping[tuple[str, str], list[str]] = MappingProxyType({})


class PassRoleStatement(NamedTuple):
    """A statement that allows iam:PassRole: its facts where its conditions hold, and where they do not."""

    logical_id: str
    location: str
    facts: list[PassRoleFacts]


def pass_role_statements(
    template: Template, usage_of: Callable[[Template], RedshiftUsage]
) -> Iterator[PassRoleStatement]:
    """Read every statement of a template that allows iam:PassRole."""
    for logical_id, where, forms, denied, is_of_redshift in _passing(template):
        usage = usage_of(template)
        # A permission set is defined in one account and passes roles of others.
        account = None if template.resource_type(logical_id) == PERMISSION_SET else template.account
        accounts = usage.accounts if account is None else frozenset({account})
        facts = [
            _facts(form, denied, accounts, usage, (template, logical_id), is_of_redshift)._replace(label=_label(where))
            for form in forms
        ]
        yield PassRoleStatement(logical_id, where, facts)


class _Passing(NamedTuple):
    """A statement that allows iam:PassRole: its forms, and the roles that its document denies."""

    logical_id: str
    location: str
    forms: list[dict[str, Any]]
    denied: list[str]
    is_of_redshift: bool  # whether its document is about nothing but giving Redshift a role


def _passing(template: Template) -> list[_Passing]:
    """List the statements that allow iam:PassRole; read once."""
    nothing: list[_Passing] = []
    return once(template.memo, "passing", lambda: [*_find_passing(template)], nothing)


def _find_passing(template: Template) -> Iterator[_Passing]:
    for logical_id, location, policy in documents(template):
        allowing = [*_allowing(policy, template)]
        if not allowing or is_boundary(logical_id, template):
            continue
        is_of_redshift = gives_redshift_a_role(policy, template)
        for index, forms, denied in allowing:
            yield _Passing(logical_id, f"{location}/Statement/{index}", forms, denied, is_of_redshift)


# What a role of a policy statement must be, and the rules that say so.
_OF_ROLES: Final = (
    association_rules.ROLE_ARN_INVALID,
    association_rules.ROLE_ACCOUNT_MISMATCH,
    association_rules.ROLE_PARTITION_MISMATCH,
    association_rules.SERVICE_LINKED_ROLE,
)


class PolicyProblem(NamedTuple):
    """What is wrong with a policy, in a resource and a property of it."""

    logical_id: str
    location: str
    rule: Rule
    problem: Problem


def policy_problems(template: Template, origin: Origin) -> Iterator[PolicyProblem]:
    """Find roles that nobody can pass to Redshift, and policies that IAM refuses for their size."""
    for logical_id, where, forms, *_ in _passing(template):
        is_anywhere = template.resource_type(logical_id) == PERMISSION_SET
        if not is_anywhere and all(pass_role_rule.is_for_redshift(form.get("Condition")) for form in forms):
            for rule, problem in _role_problems(_label(where), forms, template, origin):
                yield PolicyProblem(logical_id, where, rule, problem)
    for logical_id, problem in (*_large_documents(template), *_many_policies(template)):
        yield PolicyProblem(logical_id, f"Properties/{problem.argument}", registry.POLICY_TOO_LARGE, problem)


def _role_problems(
    label: str, forms: list[dict[str, Any]], template: Template, origin: Origin
) -> list[tuple[Rule, Problem]]:
    """Find what is wrong with the roles of a statement, whatever the conditions are.

    A pattern may match any role. A template for several accounts may name the roles of all of them.
    """
    named, *others = ([*texts_of(form.get("Resource"))] for form in forms)
    expected = asserted_account(template)
    facts = AssociationFacts(
        kind="policy",
        argument=f"{label}.Resource",
        account=template.account or arns.THIS_ACCOUNT,
        region=template.region,
        roles=tuple(
            as_written(RoleFacts(f"{label}.Resource[{index}]", text), text, text, template)
            for index, text in enumerate(named)
            if "*" not in text and "?" not in text and all(text in other for other in others)
        ),
        expected_account=expected,
        origin=origin,
    )
    is_settled = template.account or expected
    rules = [rule for rule in _OF_ROLES if is_settled or rule is not association_rules.ROLE_ACCOUNT_MISMATCH]
    return association_rules.problems(facts, *rules)


# What refers to a value is rarely three times shorter than the value, and statements have other words besides.
_GROWTH: Final = 3


def _large_documents(template: Template) -> Iterator[tuple[str, Problem]]:
    """Find managed policies, and trust policies of roles for Redshift, that IAM refuses for their size."""
    for logical_id, length in _large(template, "AWS::IAM::ManagedPolicy", "PolicyDocument", quotas.MANAGED_POLICY_SIZE):
        message = f"a policy must have at most {quotas.MANAGED_POLICY_SIZE:,} characters, got at least {length:,}"
        yield logical_id, Problem("PolicyDocument", message, "divide its statements among several managed policies")
    for logical_id, length in _large(template, "AWS::IAM::Role", "AssumeRolePolicyDocument", quotas.TRUST_POLICY_SIZE):
        quota = written(template, logical_id, "trust_policy_quota") or quotas.TRUST_POLICY_SIZE
        if length > quota and trust.trusted_services(trust_policy(template, logical_id)):
            message = f"a trust policy must have at most {quota:,} characters, got at least {length:,}"
            said = f"trust_policy_quota of RedshiftRole, or Metadata: {{{METADATA}: {{trust_policy_quota: …}}}}"
            fix = f"let fewer roles and users in, or raise the IAM quota and say so: {said} (at most 8,192)"
            yield logical_id, Problem("AssumeRolePolicyDocument", message, fix)


def _large(template: Template, kind: str, key: str, most: int) -> Iterator[tuple[str, int]]:
    for logical_id in template.resources(kind):
        node = template.properties(logical_id).get(key)
        if size(node) * _GROWTH > most and presence(template, logical_id) is not False:
            length = least_size(evaluated(document(node, template), template), template.region)
            if length > most:
                yield logical_id, length


def _many_policies(template: Template) -> Iterator[tuple[str, Problem]]:
    """Find roles, users and groups to which the template surely attaches more managed policies than IAM does."""
    attached = Counter(
        (key, node.get("Ref"))
        for policy in template.resources(MANAGED_POLICY)
        for key in ("Roles", "Users", "Groups")
        for node in listed(template.properties(policy).get(key))
        if isinstance(node, dict) and presence(template, policy) is True
    )
    for kind in ("Role", "User", "Group"):
        *_, most = quotas.ATTACHED_POLICIES[f"{kind.lower()}s"]
        for logical_id in template.resources(f"AWS::IAM::{kind}"):
            own = listed(template.properties(logical_id).get("ManagedPolicyArns"))
            count = attached[f"{kind}s", logical_id] + sum("Fn::If" not in str(each) for each in own)
            if count > most and presence(template, logical_id) is not False:
                message = f"{count} managed policies are attached, IAM attaches at most {most}"
                fix = f"divide the work among several {kind.lower()}s"
                yield logical_id, Problem("ManagedPolicyArns", message, fix)


def _label(location: str) -> str:
    short = location.removeprefix("Properties/").replace("PolicyDocument/", "")
    return re.sub(r"/(\d+)", r"[\1]", short).replace("/", ".")


def _allowing(policy: Json, template: Template) -> Iterator[tuple[int, list[dict[str, Any]], list[str]]]:
    """List the statements that allow iam:PassRole, and the roles for which the document takes that back.

    There are none where it may be taken back for all roles.
    """
    statements = mapping(document(policy, template)).get("Statement")
    passing: list[tuple[int, list[dict[str, Any]]]] = []
    for index, statement in enumerate(listed(statements)):
        for inner in alternatives_of(statement, template):
            if isinstance(inner, dict) and _names_iam(inner):
                passing += [(index, forms_of(inner, template))]
    denying = [form for _, forms in passing for form in forms if _denies(form)]
    denied = [text for form in denying for text in texts_of(form.get("Resource"))]
    if not any(_may_deny_all(form) for form in denying):
        yield from ((index, forms, denied) for index, forms in passing if forms and all(map(_allows, forms)))


def _may_deny_all(statement: Mapping[str, Any]) -> bool:
    """Return whether a Deny may leave no role, or only those that a condition chooses."""
    resources = texts_of(statement.get("Resource"))
    is_open = any(not literal_start(text) or iam_patterns.is_every_role(text, ()) for text in resources)
    return is_open or "NotResource" in statement or "Condition" in statement


def _names_iam(statement: Mapping[str, Json]) -> bool:
    """Return whether a statement may name actions of IAM; most need no evaluation."""
    if "NotAction" in statement:
        return True
    actions = listed(statement.get("Action"))
    return any(not isinstance(action, str) or action[:4].lower() == "iam:" or action == "*" for action in actions)


def _allows(statement: Mapping[str, Any]) -> bool:
    """Return whether a statement allows iam:PassRole by name; an administrator's ``*`` is about everything."""
    written = [text.lower() for text, _ in operations_of(statement, actions.PASS_ROLE.names)]
    return any("NotAction" in statement or text.startswith("iam:") for text in written)


def _denies(statement: Mapping[str, Any]) -> bool:
    """Return whether a statement takes iam:PassRole back, if only for some roles."""
    if statement.get("Effect") != "Deny":
        return False
    named = texts_of(statement.get("Action", statement.get("NotAction")))
    is_named = any(matches(text.lower(), _PASSING) for text in named)
    about_roles = "NotResource" in statement or any(map(iam_patterns.may_be_role, texts_of(statement.get("Resource"))))
    return (
        about_roles and is_named != ("NotAction" in statement) and not is_of_circumstances(statement.get("Condition"))
    )


def _facts(
    statement: Mapping[str, Any],
    denied: list[str],
    accounts: frozenset[str],
    usage: RedshiftUsage,
    place: Place,
    is_of_redshift: bool,
) -> PassRoleFacts:
    condition = statement.get("Condition")
    services = pass_role_rule.passed_services(condition)
    every_role, beside = _every_role(statement, denied, accounts, usage)
    found = _redshift_roles(texts_of(statement.get("Resource")), usage)
    taken_back = iam_patterns.roles_matched(denied, found)
    named = {key: name for key, name in found.items() if key not in taken_back}
    if is_of_redshift and not every_role and not named:
        named = dict(_others(texts_of(statement.get("Resource")), denied, place[0]))
    # Who they are matters only where they may pass roles to every service.
    people = people_of(place) if services is None and (every_role or named) else NOBODY
    return PassRoleFacts(
        label="",
        services=services,
        every_role="" if _is_tagged(condition) else every_role,
        redshift_roles=tuple(dict.fromkeys(named.values())),
        beside_redshift=beside,
        operations=people.operations,
        passed_to=_passed_to([*named], people, usage),
        by_exclusion="NotAction" in statement,
    )


def _every_role(
    statement: Mapping[str, Any], denied: list[str], accounts: frozenset[str], usage: RedshiftUsage
) -> tuple[str, bool]:
    """Return what stands for every role of these accounts, and whether that has roles which Redshift may assume."""
    excluded = texts_of(statement.get("NotResource"))
    if "NotResource" in statement:
        if any(iam_patterns.is_every_role(text, accounts) or not literal_start(text) for text in excluded):
            return "", False
        every = f"NotResource {', '.join(map(readable, excluded))}"
    else:
        every = next((t for t in texts_of(statement.get("Resource")) if iam_patterns.is_every_role(t, accounts)), "")
    left = usage.roles.keys() - iam_patterns.roles_matched([*excluded, *denied], usage.roles)
    near = any(not arns.differ(one, other) for one in accounts for other in usage.accounts)
    return readable(every), near and (bool(left) or not usage.roles)


def _passed_to(named: list[tuple[str, str]], people: People, usage: RedshiftUsage) -> tuple[str, ...]:
    """Return the services that roles are passed to: by Redshift itself, by a schedule, or by people."""
    by_redshift = people.roles & usage.roles.keys()
    if by_redshift and by_redshift == people.roles and not people.others and not people.operations:
        return (actions.PASSED_TO_TRAINING,)
    found = _passed_by_people(named, people, usage)
    return (*(found or _TO_REDSHIFT), actions.PASSED_TO_TRAINING) if by_redshift else found


_TO_REDSHIFT: Final = (actions.PASSED_TO_SERVICE, actions.PASSED_TO_SERVERLESS)


def _passed_by_people(named: list[tuple[str, str]], people: People, usage: RedshiftUsage) -> tuple[str, ...]:
    services = {service for key in named for service in usage.services.get(key, (trust.SERVERLESS,))}
    if trust.SCHEDULER in services:
        return (actions.PASSED_TO_SERVICE, actions.PASSED_TO_SCHEDULER)
    kinds = {written.partition(":")[0] for written in people.operations}
    if kinds == {trust.PROVISIONED} or services == {trust.PROVISIONED}:
        return (actions.PASSED_TO_SERVICE,)
    return (actions.PASSED_TO_SERVERLESS,) if kinds == {trust.SERVERLESS} else ()


def _is_tagged(condition: object) -> bool:
    """Return whether a condition picks the roles, by their tags or by what they will serve."""
    keys = [key.lower() for group in mapping(condition).values() for key in mapping(group)]
    return any(key.startswith(("aws:resourcetag/", "iam:resourcetag/", "iam:associatedresourcearn")) for key in keys)


def _others(resources: list[str], denied: list[str], template: Template) -> Iterator[tuple[tuple[str, str], str]]:
    """Name the roles among resources that the app does not define, and that may be of its account."""
    for text in resources:
        account = arns.account_of(text) or ""
        is_elsewhere = arns.differ(account if account.isdecimal() else None, template.account)
        is_denied = any(matches(each, text) for each in denied)
        if iam_patterns.may_be_role(text) and not (is_elsewhere or is_denied or definition(text, template)):
            yield role_key(text), readable(text)


def _redshift_roles(resources: list[str], usage: RedshiftUsage) -> dict[tuple[str, str], str]:
    """Name the roles for Redshift among resources; a pattern for every role names none."""
    found = {}
    for text in resources:
        if role_key(text) in usage.roles:
            found[role_key(text)] = usage.roles[role_key(text)]
        elif ("*" in text or "?" in text) and not iam_patterns.is_every_role(text, ()):
            matched = iam_patterns.roles_matched([text], usage.roles)
            found.update((key, usage.roles[key]) for key in (usage.roles if matched else ()) if key in matched)
    return found
