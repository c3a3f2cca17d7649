"""
Who may pass which roles, as the templates show it.

Policies of a template flow in, wherever they stand in it; facts about each statement that allows iam:PassRole flow out.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final, NamedTuple

from redshift_roles import role_arns
from redshift_roles.assembly import Json, Template
from redshift_roles.facts import PassRoleFacts
from redshift_roles.template_reading import document, evaluated, role_key

_PASSING: Final = "iam:passrole"
_PASSED_TO: Final = "iam:passedtoservice"
_POLICIES: Final = (
    "AWS::IAM::Policy",
    "AWS::IAM::ManagedPolicy",
    "AWS::IAM::RolePolicy",
    "AWS::IAM::UserPolicy",
    "AWS::IAM::GroupPolicy",
)
# What has a list of policies; those of SAM may be documents themselves.
_BEARERS: Final = (
    "AWS::IAM::Role",
    "AWS::IAM::User",
    "AWS::IAM::Group",
    "AWS::Serverless::Function",
    "AWS::Serverless::StateMachine",
)
# Operators that keep iam:PassedToService to the values they name; the others only exclude some.
_OPERATOR: Final = re.compile(r"(foranyvalue:|forallvalues:)?string(equals(ignorecase)?|like)(ifexists)?")
# A name that nobody gives to a role: a pattern that matches it matches every role.
_NOBODY: Final = "0-redshift-roles-0/0"


class RedshiftSide(NamedTuple):
    """
    What an app has of Redshift, as far as a policy of it may concern that.

    Attributes:
        roles: What people call the roles for Redshift, by `template_reading.role_key`.

        accounts: The accounts of its clusters and namespaces.
    """

    roles: Mapping[tuple[str, str], str]
    accounts: frozenset[str]


class Passing(NamedTuple):
    """
    A statement that allows iam:PassRole, and where it stands.
    """

    logical_id: str
    location: str
    facts: PassRoleFacts


def passings(
    template: Template, side_of: Callable[[Template], RedshiftSide], path: Callable[[Template, str], str]
) -> Iterator[Passing]:
    """
    Read every statement of a template that allows iam:PassRole.

    Args:
        template: The template.

        side_of: Says what the app has of Redshift; asked only where there is such a statement.

        path: Says what findings call a resource of a template.
    """
    for logical_id, location, policy in _documents(template):
        for index, statement in _allowing(policy, template):
            where = f"{location}/Statement/{index}"
            facts = _facts(statement, template, side_of(template), path(template, logical_id), _shown(where))
            yield Passing(logical_id, where, facts)


def _shown(location: str) -> str:
    short = location.removeprefix("Properties/").replace("PolicyDocument/", "")
    return re.sub(r"/(\d+)", r"[\1]", short).replace("/", ".")


def _documents(template: Template) -> Iterator[tuple[str, str, Json]]:
    for logical_id in template.resources(*_POLICIES):
        yield logical_id, "Properties/PolicyDocument", template.properties(logical_id).get("PolicyDocument")
    for logical_id in template.resources(*_BEARERS):
        policies = template.properties(logical_id).get("Policies")
        for index, policy in enumerate(policies if isinstance(policies, list) else []):
            for branch in _branches(policy):
                location = f"Properties/Policies/{index}"
                if "PolicyDocument" in branch:
                    yield logical_id, f"{location}/PolicyDocument", branch["PolicyDocument"]
                else:
                    yield logical_id, location, branch


def _branches(node: Json) -> list[Mapping[str, Json]]:
    """
    List what a value may be: the branches of a condition, or itself.
    """
    if not isinstance(node, dict):
        return []
    branches = node.get("Fn::If")
    if isinstance(branches, list) and len(branches) == 3:
        return [found for branch in branches[1:] for found in _branches(branch)]
    return [node]


def _allowing(policy: Json, template: Template) -> Iterator[tuple[int, Mapping[str, Any]]]:
    """
    List the statements that allow iam:PassRole, unless the document itself takes some of that back.
    """
    written = document(policy, template)
    statements = written.get("Statement") if isinstance(written, dict) else None
    listed = statements if isinstance(statements, list) else [statements]
    passing = [
        (index, evaluated(branch, template))
        for index, statement in enumerate(listed)
        for branch in _branches(statement)
        if _names_iam(branch)
    ]
    passing = [(index, statement) for index, statement in passing if isinstance(statement, dict) and _passes(statement)]
    if not any(statement.get("Effect") == "Deny" for _, statement in passing):
        yield from ((index, statement) for index, statement in passing if statement.get("Effect") == "Allow")


def _names_iam(statement: Mapping[str, Json]) -> bool:
    """
    Look before evaluating: most statements have nothing to do with IAM.
    """
    actions = statement.get("Action")
    texts = actions if isinstance(actions, list) else [actions]
    return any(not isinstance(text, str) or text[:4].lower() == "iam:" or text == "*" for text in texts)


def _passes(statement: Mapping[str, Any]) -> bool:
    """
    Say whether a statement is about iam:PassRole by name; an administrator's ``*`` is about everything.
    """
    texts = [text for text in _listed(statement.get("Action")) if isinstance(text, str)]
    wide = statement.get("Effect") == "Deny"
    return any(_matches(text.lower(), _PASSING) for text in texts if wide or text.lower().startswith("iam:"))


def _facts(
    statement: Mapping[str, Any], template: Template, side: RedshiftSide, path: str, label: str
) -> PassRoleFacts:
    resources = [text for text in _listed(statement.get("Resource")) if isinstance(text, str)]
    if "NotResource" in statement:
        resources = ["*"]
    condition = statement.get("Condition")
    everywhere = [text for text in resources if _is_every_role(text)]
    account = template.account or role_arns.THIS_ACCOUNT
    return PassRoleFacts(
        path=path,
        label=label,
        services=_services(condition),
        every_role=role_arns.readable(everywhere[0]) if everywhere and not _is_tagged(condition) else "",
        redshift_roles=tuple(dict.fromkeys(_redshift_roles(resources, side))),
        beside_redshift=any(not role_arns.differ(account, other) for other in side.accounts),
    )


def _listed(node: Any) -> list[Any]:  # noqa: ANN401  a document holds anything
    return node if isinstance(node, list) else [] if node is None else [node]


def _services(condition: object) -> tuple[str, ...] | None:
    """
    List the services a condition keeps the statement to; none is named where only the deployment knows.
    """
    if condition is None:
        return None
    if not isinstance(condition, Mapping):
        return ()
    for operator, keys in condition.items():
        if not isinstance(keys, Mapping):
            return ()
        for key, values in keys.items():
            if key.lower() == _PASSED_TO and _OPERATOR.fullmatch(operator.lower()):
                names = tuple(value for value in _listed(values) if isinstance(value, str))
                return None if any(not name.strip("*") for name in names) else names
    return None


def _is_tagged(condition: object) -> bool:
    """
    Say whether a condition picks the roles, by their tags or by what they will serve.
    """
    groups = condition.values() if isinstance(condition, Mapping) else []
    keys = [key.lower() for group in groups if isinstance(group, Mapping) for key in group]
    return any(key.startswith(("aws:resourcetag/", "iam:resourcetag/", "iam:associatedresourcearn")) for key in keys)


def _is_every_role(text: str) -> bool:
    parts = role_arns.split(text, ":")
    if len(parts) < 6:
        return _matches(text, f"arn:aws:iam::000000000000:role/{_NOBODY}")
    return _matches(parts[2], "iam") and _matches(":".join(parts[5:]), f"role/{_NOBODY}")


def _redshift_roles(resources: list[str], side: RedshiftSide) -> Iterator[str]:
    for text in resources:
        called = side.roles.get(role_key(text))
        if called:
            yield called
        elif "*" in text and not _is_every_role(text):
            yield from _matching(text, side)


def _matching(text: str, side: RedshiftSide) -> Iterator[str]:
    parts = role_arns.split(text, ":")
    for (home, resource), called in side.roles.items():
        if len(parts) > 5 and _matches(parts[4], home) and _matches(":".join(parts[5:]), resource):
            yield called


def _matches(pattern: str, text: str) -> bool:
    """
    Match as IAM does: ``*`` is any text, ``?`` any character, and nothing else is special.
    """
    literal = "".join(".*" if c == "*" else "." if c == "?" else re.escape(c) for c in pattern)
    return re.fullmatch(literal, text, re.DOTALL) is not None
