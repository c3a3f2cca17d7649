"""Who may pass which role to which cluster, and what each role reaches, read from the templates of an app."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any, Final, NamedTuple, TypeVar

from redshift_roles.aws import actions, arns, quotas, targets
from redshift_roles.aws.iam_patterns import is_every_role, matches, may_be_role, roles_matched
from redshift_roles.aws.placeholders import PLACEHOLDERS, has_placeholder, placeholder, readable
from redshift_roles.aws.targets import Target
from redshift_roles.rules.access_facts import (
    ANY_SERVICE,
    BOUNDED,
    CONDITIONAL,
    DEFAULT,
    ELSEWHERE,
    MORE_ROLES,
    NO_ROLE,
    NO_TRUST,
    PARTLY_DENIED,
    UNDECIDED,
    UNSCOPED,
    Link,
    LinkKind,
    Node,
    NodeKind,
)
from redshift_roles.rules.facts import AssociationFacts
from redshift_roles.rules.pass_role_rule import is_redshift
from redshift_roles.templates import association_reader, checker
from redshift_roles.templates.assembly import Assembly, Template, mapping
from redshift_roles.templates.cluster_reader import (
    defined_roles,
    definition,
    presence,
    role_key,
)
from redshift_roles.templates.policy_reader import PassRoleStatement, RedshiftUsage, pass_role_statements
from redshift_roles.templates.principals import (
    BEARERS,
    MANAGED_POLICY,
    PERMISSION_SET,
    Place,
    Principal,
    Statement,
    actions_of,
    denied_operations,
    denies,
    holder_of,
    holders,
    listed_policies,
    members,
    operations_of,
    places,
    resources_of,
    statements,
    texts_of,
)
from redshift_roles.templates.values import texts


class _Cluster(NamedTuple):
    """A cluster or namespace that policies may name: by its identifier, or by what begins the name of its ARN or id."""

    id: str
    identifier: str
    start: str
    template: Template


# The condition keys and marks of a statement, and the region and account of what it is about.
_Circumstances = tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]
_Item = TypeVar("_Item", bound=Hashable)
_AWS_POLICY: Final = re.compile(r"arn:[^:]*:iam::aws:policy/(?:.*/)?([^/]+)", re.DOTALL)
# AWS managed policies that let people associate roles, and those that let them pass any role.
_FULL_ACCESS: Final = "AmazonRedshiftFullAccess"
_ASSOCIATING: Final = ("AdministratorAccess", _FULL_ACCESS, "PowerUserAccess")
_PASSING: Final = ("AdministratorAccess", "IAMFullAccess")
_ASSUME_ROLE: Final = actions.ASSUME_ROLE.names[0].lower()
# Conditions that say what is drawn anyway: to which service a role is passed, and which objects are listed.
_DRAWN: Final = ("iam:passedtoservice", "s3:prefix")
_PERSONS: Final = {"PermissionSet": "permission set", "StateMachine": "state machine"}
_TAKING: Final = ("cluster", "namespace")
_ANY: Final = "*"
# How many patterns are shown that leave out roles.
_SHOWN: Final = 3


def _policy_name(statement: Statement) -> str:
    """Name the policy of a statement by its resource, or by its own name where it is in a role, a user or a group."""
    template, logical_id = statement.place
    if template.resource_type(logical_id) not in (*BEARERS, PERMISSION_SET):
        return readable(checker.name_of(template, logical_id))
    index = re.match("Properties/Policies/([0-9]+)", statement.location)
    policies = template.properties(logical_id).get("Policies")
    named = mapping(policies[int(index[1])]).get("PolicyName") if index and isinstance(policies, list) else None
    return "inline policy" if named is None else readable(texts(named, template)[0])


def _items(
    statement: Statement, items_of: Callable[[dict[str, Any]], Iterable[_Item]]
) -> Iterator[tuple[_Item, tuple[str, ...]]]:
    """List what a statement is about, and mark what is not in all of its forms."""
    counts = Counter(item for form in statement.forms for item in dict.fromkeys(items_of(form)))
    for item, count in counts.items():
        yield item, _marks(surely=not statement.conditional and count == len(statement.forms))


def _marks(*, surely: bool) -> tuple[str, ...]:
    return () if surely else (CONDITIONAL,)


def _conditions(form: Mapping[str, Any]) -> tuple[str, ...]:
    """List the keys of a statement's conditions, as they are written."""
    keys = [key for group in mapping(form.get("Condition")).values() for key in mapping(group)]
    return tuple(sorted({key for key in keys if key.lower() not in _DRAWN}))


def _takes_roles(statement: Statement) -> bool:
    """Return whether a statement allows an operation that takes a role; most do not."""
    return any(True for form in statement.forms for _ in operations_of(form))


def _is_pattern(text: str) -> bool:
    return "*" in text or "?" in text


def _is_near(one: _Cluster, parts: list[str]) -> bool:
    """Return whether a cluster may be in the region and account of an ARN."""
    known = zip(parts[3:5], (one.template.region, one.template.account), strict=False)
    return all(real is None or has_placeholder(part) or matches(part, real) for part, real in known)


class AccessReader:
    """Collects the nodes and the links of a map, app by app."""

    def __init__(self) -> None:
        self.nodes: dict[Hashable, Node] = {}
        self._links: dict[Hashable, Link] = {}

    @property
    def links(self) -> list[Link]:
        """What the nodes may do with each other."""
        return [*self._links.values()]

    def read(self, assembly: Assembly) -> None:
        """Read clusters first, then people, then what the roles reach, chains included."""
        self._roles: dict[str, dict[tuple[str, str], list[str]]] = {}  # ids by scope and `role_key`
        self._homes: dict[str, Place] = {}  # where roles are defined
        self._clusters: dict[tuple[str, str], list[_Cluster]] = {}  # by scope and service
        self._statements: dict[Principal, list[Statement]] = {}
        self._conditional = set[int]()  # the forms of statements that a condition of the template decides about
        self._assembly = assembly
        self._held = holders(assembly)
        self._bearers = {
            holder_of(*place): place
            for place in places(assembly, *BEARERS, PERMISSION_SET)
            if presence(*place) is not False
        }
        policies = places(assembly, MANAGED_POLICY)
        self._own_policies = {text for place in policies for text in texts({"Ref": place[1]}, place[0])}
        limit = quotas.DEFAULT_ROLE_LIMIT
        found = [*checker.read(checker.clusters_and_namespaces(assembly, limit), "template")]
        usage_of = checker.usages(assembly, [(one.template, facts) for one, facts in found])
        for key, homes in defined_roles(assembly).items():
            for home in homes:
                if key in usage_of(home[0]).services:
                    self._defined_role(home)
        for (template, logical_id, most), facts in found:
            if presence(template, logical_id) is not False:
                self._cluster(template, logical_id, facts, most)
        self._associations()
        self._people(usage_of)
        self._reaches()

    # nodes and links

    def _node(self, key: Hashable, kind: NodeKind, type_: str, name: str, **more: Any) -> str:  # noqa: ANN401  the fields of a node
        key = (id(self._assembly), key)
        if key not in self.nodes:
            self.nodes[key] = Node(f"{kind}{len(self.nodes) + 1}", kind, type_, name, **more)
        return self.nodes[key].id

    def _defined(self, place: Place, kind: NodeKind, type_: str, **more: Any) -> str:  # noqa: ANN401  the fields of a node
        template, logical_id = place
        named = {"stack": checker.stack_name_of(template), "logical_id": readable(logical_id)}
        return self._node((kind, *place), kind, type_, readable(checker.name_of(*place)), **named, **more)

    def _link(
        self,
        kind: LinkKind,
        source: str,
        target: str,
        how: Iterable[str] = (),
        policy: str = "",
        conditions: tuple[str, ...] = (),
        marks: Iterable[str] = (),
    ) -> None:
        """Add a link; what several statements say in the same circumstances is one."""
        noted = tuple(dict.fromkeys(marks))
        key = (kind, source, target, conditions, noted)
        one = self._links.get(key)
        said = dict.fromkeys([*(one.how if one else ()), *how])
        policies = dict.fromkeys([*(one.policies if one else ()), *([policy] if policy else [])])
        self._links[key] = Link(kind, source, target, tuple(said), tuple(policies), conditions, noted)

    def _scope(self, template: Template) -> str:
        return "" if self._assembly.is_app else template.top.key

    def _resource(self, name: str) -> Place | None:
        """Find the resource of the app that a placeholder stands for."""
        key, _, rest = name.partition("#")
        template = self._assembly.by_key.get(key)
        logical_id = rest.partition(".")[0]
        return (template, logical_id) if template and template.resource_type(logical_id) else None

    def _is_undecided(self, text: str) -> bool:
        """Return whether more is unknown than the account, the region, and the names of resources of the app."""
        names = PLACEHOLDERS.names(text)
        return any(not name.rpartition("#")[2].startswith("AWS::") and not self._resource(name) for name in names)

    # roles

    def _may_be_role(self, text: str) -> bool:
        """Return whether a resource of a policy may be a role; the ARN of a bucket is none."""
        names = PLACEHOLDERS.names(text) if text.startswith("\x01") else []
        place = self._resource(names[0]) if names else None
        kind = place[0].resource_type(place[1]) if place else ""
        is_other = kind.startswith("AWS::") and not kind.startswith(("AWS::CloudFormation::", "AWS::IAM::Role"))
        return may_be_role(text) and not is_other

    def _defined_role(self, place: Place) -> str:
        template, logical_id = place
        text = texts({"Fn::GetAtt": [logical_id, "Arn"]}, template)[0]
        marks = [BOUNDED] if "PermissionsBoundary" in template.properties(logical_id) else []
        marks += [CONDITIONAL] if presence(*place) is None else []
        found = self._defined(place, "role", "role", aws_name=readable(text), marks=tuple(marks))
        if found not in self._homes:
            self._homes[found] = place
            self._roles.setdefault(self._scope(template), {}).setdefault(role_key(text), []).append(found)
        return found

    def _role(self, text: str, template: Template) -> str:
        """Find the role of an ARN, or add one that no template defines."""
        place = definition(text, template)
        if place:
            return self._defined_role(place)
        arn = arns.parse(text)
        name = readable((arn.resource or text).removeprefix("role/"))
        account = f" ({arn.account})" if arns.differ(arn.account, template.account or arn.account) else ""
        marks = [NO_ROLE] if arn.problem else [UNDECIDED] if self._is_undecided(arn.resource or text) else [ELSEWHERE]
        key = (self._scope(template), role_key(text))
        found = self._node(
            ("role", key), "role", "role", f"{name}{account}", aws_name=readable(text), marks=tuple(marks)
        )
        self._roles.setdefault(key[0], {}).setdefault(key[1], [found])
        return found

    def _roles_like(self, text: str, template: Template, but: Sequence[str] = ()) -> str:
        """Add what stands for all roles that a pattern matches."""
        is_every = is_every_role(text, ())
        account = arns.account_of(text) or ""
        of_account = f" of {account}" if account.isdecimal() and arns.differ(account, template.account) else ""
        name = (
            f"any role{of_account}" if is_every else readable(PLACEHOLDERS.split(text, ":")[-1]).removeprefix("role/")
        )
        marks = (UNSCOPED,) if is_every else ()
        some = [*map(readable, islice(but, _SHOWN)), *(["…"] if len(but) > _SHOWN else [])]
        left_out = f" but {', '.join(some)}" if but else ""
        scope = self._scope(template)
        before = len(self.nodes)
        key = ("roles", scope, text, *but)
        found = self._node(key, "role", "roles", f"{name}{left_out}", aws_name=readable(text), marks=marks)
        if len(self.nodes) > before:
            known = self._roles.get(scope, {})
            accounts = {account for account, _ in known if is_every and is_every_role(text, {account})}
            meant = {one for one in known if one[0] in accounts} or roles_matched([text], known.keys())
            meant -= roles_matched(but, known.keys())
            for one in [one for role, ids in known.items() if role in meant for one in ids]:
                self._link("includes", found, one)
        return found

    # clusters

    def _cluster(self, template: Template, logical_id: str, facts: AssociationFacts, limit: int) -> None:
        place = (template, logical_id)
        named = {"cluster": "ClusterIdentifier", "namespace": "NamespaceName"}.get(facts.kind, "")
        written = template.properties(logical_id).get(named)
        marks = [CONDITIONAL] if facts.conditional else []
        marks += [MORE_ROLES] if facts.more_roles else []
        name = "" if written is None else readable(texts(written, template)[0])
        found = self._defined(place, "cluster", facts.kind, aws_name=name, role_limit=limit, marks=tuple(marks))
        one = _Cluster(found, texts({"Ref": logical_id}, template)[0], f"{template.key}#{logical_id}.", template)
        self._clusters.setdefault((self._scope(template), facts.kind), []).append(one)
        self._has(found, facts, template)

    def _foreign(self, name: str, kind: str, template: Template) -> str:
        """Add a cluster, or another thing that takes roles, that no template defines."""
        marks = (UNDECIDED if not name or self._is_undecided(name) else ELSEWHERE,)
        key = ("cluster", self._scope(template), template.account, template.region, kind, name)
        before = len(self.nodes)
        shown = readable(name) or "?"
        found = self._node(key, "cluster", kind, shown, aws_name=readable(name), marks=marks)
        if len(self.nodes) > before:
            one = _Cluster(found, name, "", template)
            self._clusters.setdefault((self._scope(template), kind), []).append(one)
        return found

    def _has(self, cluster: str, facts: AssociationFacts, template: Template, through: str = "") -> None:
        """Link a cluster to the roles of a list, and to its default role."""
        defaults = {self._role(role.arn, template): role for role in facts.default_roles}
        found = {self._role(role.arn, template): role for role in facts.roles}
        for one in dict.fromkeys([*found, *defaults]):
            role = found.get(one) or defaults[one]
            marks = [DEFAULT] if one in defaults else []
            marks += [CONDITIONAL] if role.conditional else []
            marks += [NO_TRUST] if role.trust_problem else []
            self._link("has", cluster, one, policy=through, marks=marks)

    def _associations(self) -> None:
        """Add the clusters that others own, and the roles that role associations give to any."""
        for group in association_reader.groups(self._assembly, "template"):
            first = group[0]
            name = association_reader.identifier_of(first) or ""
            for source in group:
                if first.is_cluster:
                    cluster = self._defined((first.template, first.logical_id), "cluster", "cluster")
                else:
                    cluster = self._foreign(name, "cluster", first.template)
                if not source.is_cluster:
                    through = readable(checker.name_of(source.template, source.logical_id))
                    self._has(cluster, source.facts, source.template, through)

    def _clusters_of(self, text: str, kind: str, template: Template) -> str | None:
        """Find what a resource of a policy names of this kind, such as a cluster, or what stands for several."""
        service, called, separator = targets.TAKERS[kind]
        parts = PLACEHOLDERS.split(text, ":")
        word, _, name = ":".join(parts[5:]).partition(separator)
        if len(parts) < 6:
            word, name = (called, text) if has_placeholder(text) else (_ANY, _ANY)
        elif not matches(parts[2], service) or not matches(word, called):
            return None
        known = self._clusters.get((self._scope(template), kind), [])
        inside = PLACEHOLDERS.names(name)
        is_pattern = _is_pattern(name + word)
        for one in known if not is_pattern else ():
            is_named = one.identifier == name or (one.start and any(each.startswith(one.start) for each in inside))
            if is_named and _is_near(one, parts):
                return one.id
        if not is_pattern:
            return self._foreign(name, kind, template)
        is_every = word != called or not name.strip(_ANY)
        label, marks = (f"any {kind}", (UNSCOPED,)) if is_every else (readable(name), ())
        before = len(self.nodes)
        key = ("clusters", self._scope(template), kind, *parts[3:5], "" if is_every else name)
        found = self._node(key, "cluster", f"{kind}s", label, aws_name=readable(text), marks=marks)
        for one in known if len(self.nodes) > before else ():
            if _is_near(one, parts) and (is_every or matches(name, one.identifier)):
                self._link("includes", found, one.id)
        return found

    # people

    def _people(self, usage_of: Callable[[Template], RedshiftUsage]) -> None:
        """Read what people may associate, then what they may pass."""
        associating = {one for one, place in self._bearers.items() if self._has_aws_policy(one, place, usage_of)}
        for template in self._assembly.templates():
            is_here = bool(usage_of(template).roles) or any(home == self._scope(template) for home, _ in self._clusters)
            for statement in statements(template):
                # The forms of a statement are read once, and have no other's id while the app is read.
                self._conditional.update([id(statement.forms)] if statement.conditional else [])
                for one, surely in self._who(statement.place).items():
                    mine = statement if surely else statement._replace(conditional=True)
                    self._statements.setdefault(one, []).append(mine)
                    if _takes_roles(mine) and self._associates(one, mine, wide=is_here):
                        associating.add(one)
        for template in self._assembly.templates():
            for passing in pass_role_statements(template, usage_of):
                present = presence(template, passing.logical_id)
                who = self._who((template, passing.logical_id)) if present is not False else {}
                for one, surely in who.items():
                    known = usage_of(template).roles
                    self._passes(one, passing, template, known, surely=surely, is_associating=one in associating)
        self._groups()

    def _groups(self) -> None:
        """Link users to the groups that may do something."""
        for group, users in sorted(members(self._assembly).items()):
            if (id(self._assembly), ("person", group)) in self.nodes:
                for user, surely in sorted(users.items()):
                    self._link("is in", self._person(user), self._person(group), marks=_marks(surely=surely))

    def _who(self, place: Place) -> dict[Principal, bool]:
        """List who has a policy, and whether surely; where the app attaches it to nobody, whoever will have it."""
        template, logical_id = place
        nobody = Principal("Policy", f"{template.key}#{logical_id}", "")
        return dict(sorted(self._held.get(place, {}).items())) or {nobody: True}

    def _person(self, who: Principal) -> str:
        """Add somebody who may associate or pass roles."""
        home = self._bearers.get(who) or (self._resource(who.name) if who.kind == "Policy" else None)
        type_ = _PERSONS.get(who.kind, who.kind.lower())
        if home is None:
            name = arns.parse(who.name).resource or who.name
            return self._node(("person", who), "person", type_, readable(name).removeprefix("role/"))
        marks = (BOUNDED,) if "PermissionsBoundary" in home[0].properties(home[1]) else ()
        known = readable(who.name) if who.kind in ("Group", "Role", "User") else ""
        named = {"stack": checker.stack_name_of(home[0]), "logical_id": readable(home[1]), "aws_name": known}
        return self._node(("person", who), "person", type_, readable(checker.name_of(*home)), marks=marks, **named)

    def _associates(self, who: Principal, statement: Statement, *, wide: bool) -> bool:
        """Link somebody to the clusters that a statement is about, and an administrator to all roles."""
        template = statement.place[0]
        denied = denied_operations(statement.place if who.kind == "Policy" else who, self._assembly)

        def items_of(form: dict[str, Any]) -> Iterator[tuple[str, str, str, tuple[str, ...]]]:
            kinds: dict[str, dict[str, None]] = {}
            for written, operation in operations_of(form):
                if operation not in denied and (wide or written != _ANY):
                    kinds.setdefault(written, {})[targets.taker_of(operation)] = None
            for written, found in kinds.items():
                for kind in [one for one in found if one in _TAKING] or found:
                    for text in resources_of(form):
                        yield written, kind, text, _conditions(form)

        policy, is_associating = _policy_name(statement), False
        for (written, kind, text, conditions), marks in _items(statement, items_of):
            cluster = self._clusters_of(text, kind, template)
            if cluster:
                is_associating = True
                self._link("associates", self._person(who), cluster, [written], policy, conditions, marks)
                is_everything = written == _ANY and "NotAction" not in statement.forms[0] and is_every_role(text, ())
                if is_everything:
                    every = self._roles_like(_ANY, template)
                    self._link("passes", self._person(who), every, (), policy, conditions, (*marks, ANY_SERVICE))
        return is_associating

    def _has_aws_policy(self, who: Principal, place: Place, usage_of: Callable[[Template], RedshiftUsage]) -> bool:
        """Link somebody to all clusters and roles where AWS managed policies say so, and return whether they do."""
        is_associating = False
        for text, surely in listed_policies(*place).items():
            marks = _marks(surely=surely)
            match = _AWS_POLICY.fullmatch(text)
            name = match[1] if match else text
            if name != _FULL_ACCESS and not usage_of(place[0]).roles:
                continue
            for kind in _TAKING if name in _ASSOCIATING else ():
                every = self._clusters_of(_ANY, kind, place[0])
                is_associating = True
                self._link(
                    "associates", self._person(who), every or "", [f"{targets.TAKERS[kind][0]}:*"], name, (), marks
                )
            if name in _PASSING:
                every = self._roles_like(_ANY, place[0])
                self._link("passes", self._person(who), every, (), name, (), [*marks, ANY_SERVICE])
        return is_associating

    def _passes(
        self,
        who: Principal,
        passing: PassRoleStatement,
        template: Template,
        known: Mapping[tuple[str, str], str],
        *,
        surely: bool,
        is_associating: bool,
    ) -> None:
        """Link somebody to the roles that a statement lets them pass to Redshift, or to any service."""
        facts_of = {id(form): facts for form, facts in zip(passing.forms, passing.facts, strict=True)}

        def items_of(form: dict[str, Any]) -> Iterator[tuple[str, tuple[str, ...] | None, tuple[str, ...]]]:
            facts = facts_of[id(form)]
            to_redshift = any(map(is_redshift, facts.services or ()))
            left_out = (*texts_of(form.get("NotResource")), *passing.denied)
            for text in resources_of(form) if to_redshift or not facts.services else ():
                if is_every_role(text, ()):
                    is_passed = facts.beside_redshift or is_associating
                elif _is_pattern(text):
                    is_passed = bool(roles_matched([text], known.keys()))
                else:
                    is_passed = role_key(text) in known or (is_associating and not definition(text, template))
                if not self._may_be_role(text) or not (is_passed or to_redshift):
                    continue
                if _is_pattern(text):
                    yield self._roles_like(text, template, left_out), facts.services, _conditions(form)
                elif not roles_matched(left_out, {role_key(text)}):
                    yield self._role(text, template), facts.services, _conditions(form)

        place = (template, passing.logical_id)
        maybe = not surely or id(passing.forms) in self._conditional
        statement = Statement(place, passing.location, passing.forms, maybe)
        for (role, services, conditions), marks in _items(statement, items_of):
            more = [ANY_SERVICE] if services is None else [] if services else [UNDECIDED]
            how = [readable(service) for service in services or ()]
            self._link("passes", self._person(who), role, how, _policy_name(statement), conditions, [*marks, *more])

    # what roles reach

    def _reaches(self) -> None:
        """Read the policies of each role, and those of the next roles of chains."""
        by_name = {one.name: one for one in self._statements if one.kind == "Role"}
        done = set[str]()
        while waiting := [
            (resource, one)
            for known in self._roles.values()
            for (_, resource), ids in known.items()
            for one in ids
            if one not in done
        ]:
            for resource, one in waiting:
                done.add(one)
                place = self._homes.get(one)
                who = holder_of(*place) if place else by_name.get(resource.rpartition("/")[2])
                self._reach(one, self._statements.get(who, []) if who else [])
                for text, surely in listed_policies(*place).items() if place else ():
                    self._by_managed_policy(one, text, surely=surely)

    def _by_managed_policy(self, role: str, text: str, *, surely: bool) -> None:
        """Add a policy whose text is not in the templates as what it reaches."""
        by_aws = _AWS_POLICY.fullmatch(text)
        if by_aws:
            target = self._node(("policy", by_aws[1]), "target", "AWS managed policy", by_aws[1])
        elif text not in self._own_policies:
            name = readable(PLACEHOLDERS.split(text, "/")[-1])
            target = self._node(("policy", text), "target", "managed policy", name, marks=(UNDECIDED,))
        else:
            return
        self._link("reaches", role, target, marks=_marks(surely=surely))

    def _reach(self, role: str, statements_: list[Statement]) -> None:
        """Link a role to what its policies allow, less what they deny."""
        denying = [(form, action) for one in statements_ for form in one.forms for action in actions_of(form, "Deny")]
        found: dict[_Circumstances, dict[Target, set[str]]] = {}
        policies: dict[tuple[_Circumstances, Target], dict[str, None]] = {}
        for statement in statements_:
            template, policy = statement.place[0], _policy_name(statement)
            for (action, text, conditions), marks in _items(statement, _allowed):
                is_denied = [denies(form, denied, action, text) for form, denied in denying]
                if True in is_denied:
                    continue
                if action != _ANY and matches(action.lower(), _ASSUME_ROLE):
                    if self._may_be_role(text):
                        add = self._roles_like if _is_pattern(text) else self._role
                        self._link("assumes", role, add(text, template), (), policy, conditions, marks)
                    continue
                arn = self._as_arn(text, template)
                noted = (*marks, *([PARTLY_DENIED] if None in is_denied else []))
                group = (conditions, noted, tuple(PLACEHOLDERS.split(arn, ":")[3:5]))
                target = targets.target_of(arn, action.partition(":")[0].lower())
                found.setdefault(group, {}).setdefault(target, set()).add(targets.access_of(action))
                policies.setdefault((group, target), {})[policy] = None
        for group, reached in found.items():
            for target, how in targets.without_repetition(reached):
                # Which resources there are, an action often tells of all or none.
                if target.name != _ANY or how != (targets.LIST,):
                    for policy in policies[group, target]:
                        self._link("reaches", role, self._target(target, group[2]), how, policy, *group[:2])

    def _as_arn(self, text: str, template: Template) -> str:
        """Write a reference to a resource of the app as an ARN of its service."""
        role = definition(text, template)
        if role:
            return f"arn::iam:::role/{placeholder(f'{role[0].key}#{role[1]}')}"
        name = next(iter(PLACEHOLDERS.names(text)), "")
        place = self._resource(name) if text.startswith(placeholder(name)) else None
        if not place:
            return text
        service, _, word = place[0].resource_type(place[1]).lower().removeprefix("aws::").partition("::")
        service = {"msk": "kafka"}.get(service, service)
        return f"arn::{service}:::{'' if service == 's3' else word + '/'}{text}"

    def _target(self, target: Target, where: tuple[str, ...]) -> str:
        """Add what a role reaches, named by the resources of the app that it is made of."""

        def shown(name: str) -> str:
            place = self._resource(name)
            return checker.name_of(*place) if place else placeholder(name)

        homes = [place for name in PLACEHOLDERS.names(target.name) if (place := self._resource(name))]
        named = {"stack": checker.stack_name_of(homes[0][0]), "logical_id": readable(homes[0][1])} if homes else {}
        marks = [UNSCOPED] if not target.name.strip("*?") else []
        marks += [UNDECIDED] if self._is_undecided(target.name) else []
        name = readable(PLACEHOLDERS.filled(target.name, shown))
        return self._node(("target", target, *where), "target", target.type, name, marks=tuple(marks), **named)


def _allowed(form: dict[str, Any]) -> Iterator[tuple[str, str, tuple[str, ...]]]:
    for action in actions_of(form):
        for text in resources_of(form):
            yield action, text, _conditions(form)
