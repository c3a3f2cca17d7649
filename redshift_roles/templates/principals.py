"""The policies in templates: where they stand, to whom the app attaches them, and what these may do with roles."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final, NamedTuple, TypeVar

from redshift_roles.aws import Json, actions, arns, listed
from redshift_roles.aws.iam_patterns import matches, overlap
from redshift_roles.aws.placeholders import has_placeholder, literal_start
from redshift_roles.templates.assembly import Assembly, Template, function_of, mapping, once
from redshift_roles.templates.cluster_reader import document, evaluated, nearest, presence, role_key, role_names
from redshift_roles.templates.conditions import alternatives
from redshift_roles.templates.references import passed_for
from redshift_roles.templates.values import texts

MANAGED_POLICY: Final = "AWS::IAM::ManagedPolicy"
PERMISSION_SET: Final = "AWS::SSO::PermissionSet"
# Where a resource has its policy.
_POLICIES: Final = {
    "AWS::IAM::Policy": "PolicyDocument",
    MANAGED_POLICY: "PolicyDocument",
    "AWS::IAM::RolePolicy": "PolicyDocument",
    "AWS::IAM::UserPolicy": "PolicyDocument",
    "AWS::IAM::GroupPolicy": "PolicyDocument",
    PERMISSION_SET: "InlinePolicy",
}
# What has a list of policies; those of SAM may be documents themselves, or one.
BEARERS: Final = (
    "AWS::IAM::Role",
    "AWS::IAM::User",
    "AWS::IAM::Group",
    "AWS::Serverless::Function",
    "AWS::Serverless::StateMachine",
)


class People(NamedTuple):
    """Those to whom the app attaches a policy: which roles they are, and what they may do by all of their policies."""

    roles: frozenset[tuple[str, str]]  # by `role_key`
    others: bool  # whether somebody else has the policy too
    operations: tuple[str, ...]  # of Redshift, that take a role, as written


class _Allowed(NamedTuple):
    """The operations that take a role which policies allow, each with what was written, and those that they deny."""

    allowed: dict[str, str]
    denied: set[str]

    def add(self, other: _Allowed) -> None:
        """Add what another policy allows and denies."""
        self.allowed.update(other.allowed)
        self.denied.update(other.denied)


class Principal(NamedTuple):
    """Who has a policy: the ARN of a role, the name of a user or group, or a place."""

    kind: str
    name: str
    home: str  # within an app, whose stacks may name each other's people, the account where it is known; else the stack


def _principal(kind: str, name: str, template: Template) -> Principal:
    return Principal(kind, name, (template.account or "") if template.assembly.is_app else template.top.key)


Place = tuple[Template, str]
# To each policy who has it, and whether surely: a condition of the template may decide that.
_Holders = dict[Place, dict[Principal, bool]]
_Members = dict[Principal, dict[Principal, bool]]
_Powers = dict[Place | Principal, _Allowed]

_LISTS_OF_POLICIES: Final = ("ManagedPolicyArns", "ManagedPolicies", "Policies")
_ATTACHED_TO: Final = {"Roles": "Role", "Users": "User", "Groups": "Group"}


def people_of(place: Place) -> People:
    """Collect what those may do to whom the app attaches a policy."""
    assembly = place[0].assembly
    people = holders(assembly).get(place, {})
    together = _Allowed({}, set())
    for power in (_powers(assembly).get(place, _NO_POWER), *(_power_of(one, assembly) for one in sorted(people))):
        together.add(power)
    written = [text for operation, text in together.allowed.items() if operation not in together.denied]
    roles = frozenset(role_key(one.name) for one in people if one.kind == "Role")
    return People(roles, len(roles) < len(people), tuple(dict.fromkeys(written)))


_NO_POWER: Final = _Allowed({}, set())
NOBODY: Final = People(frozenset(), others=False, operations=())


def holders(assembly: Assembly) -> _Holders:
    """Find to whom the app attaches each policy, and whether surely; what has policies of its own holds these."""

    def found() -> _Holders:
        every = {place: _attached_to(*place) for place in places(assembly, *_POLICIES, *BEARERS)}
        managed = {
            text: place for place in places(assembly, MANAGED_POLICY) for text in texts({"Ref": place[1]}, place[0])
        }
        managed.update({f"/{text.rpartition('/')[2]}": place for text, place in managed.items()})
        for place in places(assembly, *BEARERS, PERMISSION_SET):
            who = holder_of(*place)
            _add(every[place], {who: True})
            for text, surely in listed_policies(*place).items():
                if text in managed:
                    _add(every[managed[text]], {who: surely})
        return every

    return once(assembly.memo, "holders", found, {})


def _powers(assembly: Assembly) -> _Powers:
    """Find what each policy allows, and each of those to whom it is attached."""

    def found() -> _Powers:
        powers: _Powers = defaultdict(lambda: _Allowed({}, set()))
        for place in places(assembly, *BEARERS, PERMISSION_SET):
            if actions.FULL_ACCESS in map(name_of_aws, listed_policies(*place)):
                everything = _Allowed(dict.fromkeys(actions.TAKE_ROLES.names, actions.FULL_ACCESS), set())
                powers[holder_of(*place)].add(everything)
        for template in assembly.templates():
            for logical_id, _, policy in documents(template):
                power = _taking(policy, template)
                for one in ((template, logical_id), *holders(assembly).get((template, logical_id), ())):
                    powers[one].add(power)
        return powers

    nothing: _Powers = {}
    return once(assembly.memo, "powers", found, nothing)


def _power_of(one: Principal, assembly: Assembly) -> _Allowed:
    """Collect what somebody may do: a user by the policies of groups too, and a group's members by all of theirs."""

    def found() -> _Allowed:
        together = _Allowed({}, set())
        users = {one, *members(assembly).get(one, ())}
        for each in sorted(users.union(*(groups_of(assembly).get(user, ()) for user in users))):
            together.add(_powers(assembly).get(each, _NO_POWER))
        return together

    return once(assembly.memo, f"power of {one}", found, _NO_POWER)


def groups_of(assembly: Assembly) -> _Members:
    """List the groups of each user, each with whether surely."""

    def found() -> _Members:
        groups: _Members = {}
        for group, users in members(assembly).items():
            for user, surely in users.items():
                groups.setdefault(user, {})[group] = surely
        return groups

    return once(assembly.memo, "groups", found, {})


def name_of_aws(policy: str) -> str:
    """Return the name of an AWS managed policy; in SAM it may be given by that."""
    return policy.rpartition(":iam::aws:policy/")[2]


def listed_policies(template: Template, logical_id: str) -> dict[str, bool]:
    """List the policies that somebody names, such as a role or a permission set, each with whether surely."""
    properties, found = template.properties(logical_id), dict[str, bool]()
    for key in _LISTS_OF_POLICIES:
        _add(found, _names(properties.get(key), template))
    # Of the accounts that a permission set is for; their paths may differ.
    references = listed(properties.get("CustomerManagedPolicyReferences"))
    named = _names([mapping(each).get("Name") for each in references], template)
    _add(found, {f"/{name}": surely for name, surely in named.items()})
    return _in_place(found, template, logical_id)


def members(assembly: Assembly) -> _Members:
    """List the users in each group, each with whether surely."""

    def found() -> _Members:
        groups: _Members = {}
        for template, logical_id in places(assembly, "AWS::IAM::User"):
            named = _names(template.properties(logical_id).get("Groups"), template)
            for group, surely in _in_place(named, template, logical_id).items():
                users = {holder_of(template, logical_id): surely}
                _add(groups.setdefault(_principal("Group", group, template), {}), users)
        for template, logical_id in places(assembly, "AWS::IAM::UserToGroupAddition"):
            added = template.properties(logical_id)
            named = _names(added.get("Users"), template)
            for group, surely in _in_place(_names(added.get("GroupName"), template), template, logical_id).items():
                users = {_principal("User", name, template): surely and named[name] for name in named}
                _add(groups.setdefault(_principal("Group", group, template), {}), users)
        return groups

    return once(assembly.memo, "members", found, {})


def places(assembly: Assembly, *kinds: str) -> Iterator[Place]:
    """List the resources of these types in all templates."""
    for template in assembly.templates():
        for logical_id in template.resources(*kinds):
            yield template, logical_id


def _attached_to(template: Template, logical_id: str) -> dict[Principal, bool]:
    """List to whom a policy says that it is attached, each with whether surely."""
    found: dict[Principal, bool] = {}
    properties, kind = template.properties(logical_id), template.resource_type(logical_id).rpartition("::")[2]
    by_name = {f"{kind.removesuffix('Policy')}Name": kind.removesuffix("Policy")} if kind != "ManagedPolicy" else {}
    for key, who in {**_ATTACHED_TO, **by_name}.items() if kind.endswith("Policy") else ():
        for name, surely in _names(properties.get(key), template).items():
            named = role_names(template.assembly).get(name, []) if who == "Role" else []
            near = [home for home in named if not arns.differ(home[0].account, template.account)]
            home = nearest(near, name, template)
            _add(found, {holder_of(*home) if home else _principal(who, name, template): surely})
    return found


def holder_of(template: Template, logical_id: str) -> Principal:
    """Name what has policies of its own."""
    kind = template.resource_type(logical_id).rpartition("::")[2]
    if kind == "Role":
        return _principal(kind, texts({"Fn::GetAtt": [logical_id, "Arn"]}, template)[0], template)
    is_named = kind in ("User", "Group")
    name = texts({"Ref": logical_id}, template)[0] if is_named else f"{template.key}#{logical_id}"
    return _principal(kind, name, template)


_NO_VALUE: Final = {"Ref": "AWS::NoValue"}


def _names(value: Json, template: Template) -> dict[str, bool]:
    """List the texts in a property that is a text or a list, each with whether no condition decides about it."""
    each = [_names_in(one, template) for one in alternatives_of(value, template)]
    return {name: all(one.get(name) for one in each) for one in each for name in one}


def _names_in(value: Json, template: Template) -> dict[str, bool]:
    function, argument = function_of(value)
    passed = passed_for(argument, template) if function == "Ref" else None
    if passed:
        return _names(*passed)
    found: dict[str, bool] = {}
    if isinstance(value, list):
        for item in value:
            _add(found, _names(item, template))
    elif value not in (None, _NO_VALUE) and not mapping(value).keys() & {"PolicyDocument", "Statement"}:
        known = texts(value, template)
        # A resource of the template that may have one of two names is one.
        is_own = function == "Ref" and template.resource_type(str(argument)).startswith("AWS::IAM::")
        found = {known[0]: True} if is_own else dict.fromkeys(known, len(known) == 1)
    return found


_Key = TypeVar("_Key")


def _add(found: dict[_Key, bool], more: Mapping[_Key, bool]) -> None:
    """Add what is there surely, or perhaps; one that is certain is enough."""
    found.update({key: surely or found.get(key, False) for key, surely in more.items()})


def _in_place(found: dict[str, bool], template: Template, logical_id: str) -> dict[str, bool]:
    """Return what a resource names: nothing where it is not deployed, and nothing surely where that is not decided."""
    present = presence(template, logical_id)
    return {} if present is False else {name: surely and present is True for name, surely in found.items()}


def _taking(policy: Json, template: Template) -> _Allowed:
    """Find the operations that take a role in a policy; an administrator's ``*`` is about everything."""
    found = _Allowed({}, set())
    for statement in listed(mapping(document(policy, template)).get("Statement")):
        for inner in alternatives_of(statement, template):
            if not isinstance(inner, dict) or "Action" not in inner:
                continue
            effect = inner.get("Effect")
            for action in listed(inner["Action"]):
                for text in texts(action, template) if _may_take(action, effect) else ():
                    taken = [name for name in actions.TAKE_ROLES.names if matches(text.lower(), name.lower())]
                    if effect == "Allow":
                        found.allowed.update((name, found.allowed.get(name, text)) for name in taken)
                    elif effect == "Deny" and _may_deny_everywhere(inner, template):
                        found.denied.update(taken)
    return found


# What a policy of people who give Redshift roles allows, and how it looks for roles.
_OF_REDSHIFT: Final = ("redshift:", "redshift-serverless:", "iam:passrole", "iam:getrole", "iam:listroles")


def gives_redshift_a_role(policy: Json, template: Template) -> bool:
    """Return whether a policy allows operations of Redshift that take a role, iam:PassRole, and nothing else."""
    found = False
    for statement in listed(mapping(document(policy, template)).get("Statement")):
        if mapping(statement).get("Effect") != "Allow":
            continue
        named = [str(text).lower() for text in listed(mapping(statement).get("Action"))]
        if not named or not all(text.startswith(_OF_REDSHIFT) for text in named):
            return False
        found = found or any(matches(text, name.lower()) for text in named for name in actions.TAKE_ROLES.names)
    return found


def _may_deny_everywhere(statement: Mapping[str, Any], template: Template) -> bool:
    """Return whether a Deny may leave nothing that an operation could be done to."""
    resources = [text for resource in listed(statement.get("Resource", "*")) for text in texts(resource, template)]
    is_wide = any(text == "*" or not literal_start(text) for text in resources)
    return is_wide and not is_of_circumstances(statement.get("Condition"))


def _may_take(action: Json, effect: Json) -> bool:
    return not isinstance(action, str) or action[:8].lower() == "redshift" or (effect == "Deny" and action[:1] == "*")


def documents(template: Template) -> Iterator[tuple[str, str, Json]]:
    """List the policies of a template: the resource that each is in, its place there, and the document."""
    for kind, key in _POLICIES.items():
        for logical_id in template.resources(kind):
            for policy in alternatives_of(template.properties(logical_id).get(key), template):
                yield logical_id, f"Properties/{key}", policy
    for logical_id in template.resources(*BEARERS):
        for policies in alternatives_of(template.properties(logical_id).get("Policies"), template):
            for index, policy in enumerate(listed(policies)):
                location = f"Properties/Policies/{index}" if isinstance(policies, list) else "Properties/Policies"
                for inner in alternatives_of(policy, template):
                    if isinstance(inner, dict) and "PolicyDocument" in inner:
                        for written in alternatives_of(inner["PolicyDocument"], template):
                            yield logical_id, f"{location}/PolicyDocument", written
                    else:
                        yield logical_id, location, inner


def alternatives_of(value: Json, template: Template) -> list[Json]:
    """Follow ``Fn::If`` to each value there may be."""
    return [inner for inner, _ in alternatives(value, template, texts)]


def forms_of(statement: Json, template: Template) -> list[dict[str, Any]]:
    """Read a statement in its forms: with the first branch of each condition within it, and with the last."""

    def found() -> list[dict[str, Any]]:
        first, last = (evaluated(statement, template, side) for side in (0, -1))
        return [form for form in ([first] if first == last else [first, last]) if isinstance(form, dict)]

    # The template keeps its statements, so that none has the id of another.
    return once(template.memo, f"forms {id(statement)}", found, [])


def is_boundary(logical_id: str, template: Template) -> bool:
    """Return whether a policy serves only as a permissions boundary, which grants nothing."""
    if template.resource_type(logical_id) != MANAGED_POLICY:
        return False
    assembly, names = template.assembly, texts({"Ref": logical_id}, template)
    boundaries = once(assembly.memo, "boundaries", lambda: _boundaries(assembly), set[str]())
    return not boundaries.isdisjoint(names) and not holders(assembly).get((template, logical_id))


def _boundaries(assembly: Assembly) -> set[str]:
    named = ((home.properties(one).get("PermissionsBoundary"), home) for home, one in places(assembly, *BEARERS))
    return {text for value, home in named for text in texts(value, home)}


def grants_nothing(template: Template, logical_id: str) -> bool:
    """Return whether nobody has what a resource grants: it is not deployed, a boundary, or SAM is given a role."""
    is_sam = template.resource_type(logical_id).startswith("AWS::Serverless::")
    roles = alternatives_of(template.properties(logical_id).get("Role"), template) if is_sam else [None]
    is_given = not any(role in (None, _NO_VALUE) for role in roles)
    return is_given or presence(template, logical_id) is False or is_boundary(logical_id, template)


_CIRCUMSTANCES: Final = (
    "aws:currenttime aws:multifactorauthage aws:multifactorauthpresent aws:requestedregion aws:securetransport "
    "aws:sourceip aws:sourcevpc aws:sourcevpce aws:viaawsservice aws:vpcsourceip"
).split()


def is_of_circumstances(condition: object) -> bool:
    """Return whether a condition is only about how a request is made: in which region, with MFA, from where."""
    keys = [key.lower() for group in mapping(condition).values() for key in mapping(group)]
    return bool(keys) and all(key in _CIRCUMSTANCES for key in keys)


class Statement(NamedTuple):
    """A statement of a policy in its forms, and whether a condition of the template decides that it is there."""

    place: Place
    location: str
    forms: list[dict[str, Any]]
    conditional: bool


def statements(template: Template) -> Iterator[Statement]:
    """List the statements of all policies, whatever they allow or deny."""
    for logical_id, location, policy in documents(template):
        if grants_nothing(template, logical_id):
            continue
        undecided = presence(template, logical_id) is None or _has_alternatives(template, logical_id, location)
        for statement in listed(mapping(document(policy, template)).get("Statement")):
            inner = alternatives_of(statement, template)
            for one in inner:
                yield Statement((template, logical_id), location, forms_of(one, template), undecided or len(inner) > 1)


def _has_alternatives(template: Template, logical_id: str, location: str) -> bool:
    """Return whether a condition decides about a policy: about its document, itself, or the list that it is in."""
    value: Json = template.properties(logical_id)
    for step in location.split("/")[1:]:
        found = alternatives_of(value[int(step)] if isinstance(value, list) else mapping(value).get(step), template)
        if len(found) != 1:
            return True
        value = found[0]
    return False


def texts_of(node: Json) -> list[str]:
    """List the texts in a value that is a text or a list."""
    return [text for text in listed(node) if isinstance(text, str)]


def actions_of(form: Mapping[str, Any], effect: str = "Allow") -> list[str]:
    """List the actions that a statement allows or denies; everything, where it names what it leaves out."""
    if form.get("Effect") != effect:
        return []
    return ["*"] if "NotAction" in form else texts_of(form.get("Action"))


def resources_of(form: Mapping[str, Any]) -> list[str]:
    """List the resources of a statement; all, where it names what it leaves out."""
    return ["*"] if "NotResource" in form else texts_of(form.get("Resource"))


def operations_of(form: Mapping[str, Any], names: Sequence[str]) -> Iterator[tuple[str, str]]:
    """List the operations of these names that a statement allows, each after what was written."""
    left_out = [text.lower() for text in texts_of(form.get("NotAction"))]
    for written in actions_of(form):
        start = re.split("[*?]", written.lower())[0]
        for name in names:
            text = name.lower()
            is_meant = text.startswith(start) and matches(written.lower(), text)
            if is_meant and not any(matches(one, text) for one in left_out):
                yield written, name


def denying(statements_: Iterable[Statement]) -> list[Statement]:
    """Choose the statements that deny something, in one of their forms at least."""
    return [one for one in statements_ if any(form.get("Effect") == "Deny" for form in one.forms)]


def taken_back(statements_: Iterable[Statement], action: str, text: str) -> bool | None:
    """Return whether statements surely deny an action on a resource; None where they may, or for some of it."""
    found: bool | None = False
    for statement in statements_:
        each = {_denies(form, action, text) for form in statement.forms}
        if each == {True} and not statement.conditional:
            return True
        found = None if each - {False} else found
    return found


def _denies(form: Mapping[str, Any], action: str, text: str) -> bool | None:
    if form.get("Effect") != "Deny" or is_of_circumstances(form.get("Condition")):
        return False
    is_action = _names_it(form, "Action", action)
    is_resource = is_action is not False and _names_it(form, "Resource", text)
    if is_resource is False:
        return False
    return None if None in (is_action, is_resource) or mapping(form.get("Condition")) else True


def _names_it(form: Mapping[str, Any], key: str, text: str) -> bool | None:
    """Return whether a statement is about an action or a resource; None where it is about some of it, or may be."""
    is_left_out = f"Not{key}" in form
    patterns = texts_of(form.get(f"Not{key}" if is_left_out else key))
    if key == "Action":
        text, patterns = text.lower(), [one.lower() for one in patterns]
    if any(matches(one, text) for one in patterns):
        return not is_left_out
    is_open = is_left_out and any(map(has_placeholder, (text, *patterns)))
    return None if is_open or any(overlap(one, text) for one in patterns) else is_left_out


def denied_surely(statement: Statement, action: str) -> list[str]:
    """List the resources on which a statement denies an action, whatever else is so; none where it depends."""
    form = statement.forms[0] if len(statement.forms) == 1 and not statement.conditional else {}
    is_sure = form.get("Effect") == "Deny" and not form.keys() & {"Condition", "NotResource"}
    return texts_of(form.get("Resource")) if is_sure and _names_it(form, "Action", action) else []
