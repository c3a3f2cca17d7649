"""Who may pass which role to which cluster, and what each role reaches, read from the templates of an app."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any, Final, NamedTuple, TypeVar

from redshift_roles.aws import actions, arns, quotas, targets
from redshift_roles.aws.iam_patterns import is_every_role, matches, may_be_role, overlap, roles_matched
from redshift_roles.aws.placeholders import PLACEHOLDERS, has_placeholder, placeholder, readable
from redshift_roles.aws.targets import Target
from redshift_roles.rules.access_facts import Link, LinkKind, Mark, Node, NodeKind
from redshift_roles.rules.facts import AssociationFacts
from redshift_roles.rules.pass_role_rule import is_redshift, may_hold, passed_services
from redshift_roles.templates import association_reader, checker, principals
from redshift_roles.templates.assembly import Assembly, Template, mapping
from redshift_roles.templates.cluster_reader import defined_roles, definition, presence, role_key
from redshift_roles.templates.policy_reader import RedshiftUsage
from redshift_roles.templates.principals import BEARERS, PERMISSION_SET, Place, Principal, Statement, taken_back
from redshift_roles.templates.values import texts


class _Cluster(NamedTuple):
    """A cluster or namespace that policies may name: by its identifier, or by what begins the name of its ARN or id."""

    id: str
    identifier: str
    start: str
    account: str | None
    region: str | None


_Texts = tuple[str, ...]
# The conditions and marks of a statement, and the region and account of what it is about.
_Circumstances = tuple[_Texts, _Texts, _Texts]
_Item = TypeVar("_Item", bound=Hashable)
_ASSUME_ROLE: Final = actions.ASSUME_ROLE.names[0].lower()
_PASS_ROLE: Final = actions.PASS_ROLE.names[0]
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
    if statement.location in actions.BY_AWS:
        return statement.location
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
        yield item, _marks(not statement.conditional and count == len(statement.forms))


def _marks(surely: bool, mark: str = Mark.CONDITIONAL) -> tuple[str, ...]:
    return () if surely else (mark,)


def _conditions(form: Mapping[str, Any], drawn: Sequence[str] = _DRAWN) -> _Texts:
    """List the keys of a statement's conditions, as they are written, and what its resources are not."""
    keys = [key for group in mapping(form.get("Condition")).values() for key in mapping(group)]
    left_out = [f"not {readable(text)}" for text in principals.texts_of(form.get("NotResource"))]
    return tuple(sorted({*(key for key in keys if key.lower() not in drawn), *left_out}))


def _by_aws(place: Place, *, wide: bool) -> Iterator[Statement]:
    """Read the AWS managed policies that somebody has as statements, as far as they are about passing roles."""
    for text, surely in principals.listed_policies(*place).items():
        name = principals.name_of_aws(text)
        if name in actions.BY_AWS and (wide or name == actions.FULL_ACCESS):
            form = {"Effect": "Allow", "Action": [*actions.BY_AWS[name]], "Resource": _ANY}
            yield Statement(place, name, [form], not surely)


def _is_pattern(text: str) -> bool:
    return "*" in text or "?" in text


def _is_near(one: _Cluster, region: str, account: str) -> bool:
    """Return whether a cluster may be in the region and account of an ARN."""
    known = ((region, one.region), (account, one.account))
    return all(real is None or has_placeholder(part) or matches(part, real) for part, real in known)


def _bounds(place: Place) -> _Texts:
    written = principals.alternatives_of(place[0].properties(place[1]).get("PermissionsBoundary"), place[0])
    return _marks(all(one in (None, {"Ref": "AWS::NoValue"}) for one in written), Mark.BOUNDED)


def _account_of(place: Place) -> str | None:
    """Return the account in which people have a policy; a permission set is for others than its own."""
    return None if place[0].resource_type(place[1]) == PERMISSION_SET else place[0].account


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
        self._names: dict[str, list[Principal]] = {}  # who other roles may be
        self._clusters: dict[tuple[str, str], list[_Cluster]] = {}  # by scope and service
        self._statements: dict[Principal, list[Statement]] = {}
        self._denied: dict[Principal, list[Statement]] = {}  # those that deny something, also by groups
        self._assembly = assembly
        bearers = principals.places(assembly, *BEARERS, PERMISSION_SET)
        self._bearers = {principals.holder_of(*one): one for one in bearers if not principals.grants_nothing(*one)}
        self._has_accounts = len({one.account for one in assembly.templates() if one.account}) > 1
        policies = principals.places(assembly, principals.MANAGED_POLICY)
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

    def _of(self, account: str | None, template: Template) -> str:
        """Name an account where people could take it for another one."""
        is_other = arns.differ(account, template.account) or self._has_accounts
        return f" of {account}" if account and account.isdecimal() and is_other else ""

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
        marks = (*_bounds(place), *_marks(presence(*place) is not None))
        found = self._defined(place, "role", "role", aws_name=readable(text), marks=marks)
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
        key = (self._scope(template), role_key(text))
        # Several roles of one name: which of them there is, conditions decide.
        several = any(self._scope(home) == key[0] for home, _ in defined_roles(self._assembly).get(key[1], []))
        is_undecided = several or self._is_undecided(arn.resource or text)
        marks = (Mark.NO_ROLE if arn.problem else Mark.UNDECIDED if is_undecided else Mark.ELSEWHERE,)
        found = self._node(("role", key), "role", "role", f"{name}{account}", aws_name=readable(text), marks=marks)
        self._roles.setdefault(key[0], {}).setdefault(key[1], [found])
        names = (Principal("Role", text.rpartition("/")[2], home) for home in (key[0] or key[1][0], ""))
        self._names[found] = [*dict.fromkeys(names)]
        return found

    def _roles_like(self, text: str, template: Template, account: str | None = None, but: Sequence[str] = ()) -> str:
        """Add what stands for all roles of an account that a pattern matches."""
        is_every = is_every_role(text, ())
        named = arns.account_of(text) or ""
        account = named if named.isdecimal() else account
        name = "any role" if is_every else readable(PLACEHOLDERS.split(text, ":")[-1]).removeprefix("role/")
        some = [*map(readable, islice(but, _SHOWN)), *(["…"] if len(but) > _SHOWN else [])]
        left_out = f" but {', '.join(some)}" if but else ""
        shown = f"{name}{self._of(account, template) if is_every else ''}{left_out}"
        scope, before = self._scope(template), len(self.nodes)
        key = ("roles", scope, account, text, *but)
        marks = (Mark.UNSCOPED,) if is_every else ()
        found = self._node(key, "role", "roles", shown, aws_name=readable(text), marks=marks)
        if len(self.nodes) > before:
            known = [one for one in self._roles.get(scope, {}) if not arns.differ(account, one[0] or None)]
            accounts = {account for account, _ in known if is_every and is_every_role(text, {account})}
            meant = {one for one in known if one[0] in accounts} or roles_matched([text], known)
            meant -= roles_matched(but, known)
            for one in [one for role, ids in self._roles.get(scope, {}).items() if role in meant for one in ids]:
                self._link("includes", found, one)
        return found

    # clusters

    def _cluster(self, template: Template, logical_id: str, facts: AssociationFacts, limit: int) -> None:
        place = (template, logical_id)
        named = {"cluster": "ClusterIdentifier", "namespace": "NamespaceName"}.get(facts.kind, "")
        written = template.properties(logical_id).get(named)
        marks = [Mark.CONDITIONAL] if facts.conditional else []
        marks += [Mark.MORE_ROLES] if facts.more_roles else []
        name = "" if written is None else readable(texts(written, template)[0])
        found = self._defined(place, "cluster", facts.kind, aws_name=name, role_limit=limit, marks=tuple(marks))
        identifier, where = texts({"Ref": logical_id}, template)[0], (template.account, template.region)
        one = _Cluster(found, identifier, f"{template.key}#{logical_id}.", *where)
        self._clusters.setdefault((self._scope(template), facts.kind), []).append(one)
        self._has(found, facts, template)

    def _foreign(self, name: str, kind: str, template: Template, region: str = _ANY, account: str = _ANY) -> str:
        """Add a cluster, or another thing that takes roles, that no template defines."""
        marks = (Mark.UNDECIDED if not name or self._is_undecided(name) else Mark.ELSEWHERE,)
        pairs = [(account, template.account), (region, template.region)]
        where = [own if _is_pattern(one) or has_placeholder(one) else one for one, own in pairs]
        others = ", ".join(one for one, (_, own) in zip(where, pairs, strict=True) if one and arns.differ(one, own))
        shown = f"{readable(name) or '?'}{f' ({others})' if others else ''}"
        key = ("cluster", self._scope(template), *where, kind, name)
        before = len(self.nodes)
        found = self._node(key, "cluster", kind, shown, aws_name=readable(name), marks=marks)
        if len(self.nodes) > before:
            self._clusters.setdefault((self._scope(template), kind), []).append(_Cluster(found, name, "", *where))
        return found

    def _has(self, cluster: str, facts: AssociationFacts, template: Template, through: str = "") -> None:
        """Link a cluster to the roles of a list, and to its default role."""
        defaults = {self._role(role.arn, template): role for role in facts.default_roles}
        found = {self._role(role.arn, template): role for role in facts.roles}
        for one in dict.fromkeys([*found, *defaults]):
            role = found.get(one) or defaults[one]
            marks = [Mark.DEFAULT] if one in defaults else []
            marks += [Mark.CONDITIONAL] if role.conditional else []
            marks += [Mark.NO_TRUST] if role.trust_problem else []
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

    def _clusters_of(self, text: str, kind: str, place: Place) -> str | None:
        """Find what a resource of a policy names of this kind, such as a cluster, or what stands for several."""
        service, called, separator = targets.TAKERS[kind]
        template, parts = place[0], PLACEHOLDERS.split(text, ":")
        word, _, name = ":".join(parts[5:]).partition(separator)
        region, account = (*parts[3:5], _ANY, _ANY)[:2] if len(parts) >= 6 else (_ANY, _ANY)
        account = account if account.isdecimal() else _account_of(place) or account
        if len(parts) < 6:
            word, name = (called, text) if has_placeholder(text) else (_ANY, _ANY)
        elif not matches(parts[2], service) or not matches(word, called):
            return None
        known = self._clusters.get((self._scope(template), kind), [])
        inside = PLACEHOLDERS.names(name)
        is_pattern = _is_pattern(name + word)
        for one in known if not is_pattern else ():
            is_named = one.identifier == name or (one.start and any(each.startswith(one.start) for each in inside))
            if is_named and _is_near(one, region, account):
                return one.id
        if not is_pattern:
            return self._foreign(name, kind, template, region, account)
        is_every = word != called or not name.strip(_ANY)
        label, marks = (
            (f"any {kind}{self._of(account, template)}", (Mark.UNSCOPED,)) if is_every else (readable(name), ())
        )
        before = len(self.nodes)
        key = ("clusters", self._scope(template), kind, region, account, "" if is_every else name)
        found = self._node(key, "cluster", f"{kind}s", label, aws_name=readable(text), marks=marks)
        for one in known if len(self.nodes) > before else ():
            if _is_near(one, region, account) and (is_every or matches(name, one.identifier)):
                self._link("includes", found, one.id)
        return found

    # people

    def _people(self, usage_of: Callable[[Template], RedshiftUsage]) -> None:
        """Read who has which statements, then what these let people associate and pass."""

        def is_wide(template: Template) -> bool:
            return bool(usage_of(template).roles) or any(home == self._scope(template) for home, _ in self._clusters)

        for template in self._assembly.templates():
            for each in principals.statements(template):
                for one, surely in self._who(each.place).items():
                    self._statements.setdefault(one, []).append(each if surely else each._replace(conditional=True))
        by_aws = {one: [*_by_aws(place, wide=is_wide(place[0]))] for one, place in self._bearers.items()}
        for one in dict.fromkeys([*(one for one, found in by_aws.items() if found), *self._statements]):
            self._denied[one] = self._denying(one)
            mine = [*by_aws.get(one, ()), *self._statements.get(one, ())]
            is_associating = [self._associates(one, each, wide=is_wide(each.place[0])) for each in mine]
            for each in mine:
                self._passes(one, each, usage_of(each.place[0]), is_associating=any(is_associating))
        self._groups()

    def _denying(self, who: Principal, but: Principal | None = None) -> list[Statement]:
        """List the statements that deny somebody something, those of groups but one included."""
        found = [*self._statements.get(who, ())]
        for group, surely in principals.groups_of(self._assembly).get(who, {}).items():
            theirs = self._statements.get(group, ()) if group != but else ()
            found += [one if surely else one._replace(conditional=True) for one in theirs]
        return principals.denying(found)

    def _groups(self) -> None:
        """Link users to the groups that may do something."""
        names = (*actions.TAKE_ROLES.names, _PASS_ROLE)
        for group, users in sorted(principals.members(self._assembly).items()):
            if (id(self._assembly), ("person", group)) in self.nodes:
                for user, surely in sorted(users.items()):
                    denying = self._denying(user, but=group)
                    is_whole = not any(taken_back(denying, name, _ANY) is not False for name in names)
                    marks = (*_marks(surely), *_marks(is_whole, Mark.PARTLY_DENIED))
                    self._link("is in", self._person(user), self._person(group), marks=marks)

    def _who(self, place: Place) -> dict[Principal, bool]:
        """Return who has a policy, each with whether that is certain; a policy attached to nobody has one holder."""
        template, logical_id = place
        nobody = Principal("Policy", f"{template.key}#{logical_id}", "")
        return dict(sorted(principals.holders(self._assembly).get(place, {}).items())) or {nobody: True}

    def _person(self, who: Principal) -> str:
        """Add somebody who may associate or pass roles."""
        home = self._bearers.get(who) or (self._resource(who.name) if who.kind == "Policy" else None)
        type_ = _PERSONS.get(who.kind, who.kind.lower())
        if home is None:
            name = readable(arns.parse(who.name).resource or who.name).removeprefix("role/")
            account = f" ({who.home})" if self._has_accounts and who.home else ""
            marks = (Mark.UNDECIDED,) if self._is_undecided(who.name) else ()
            return self._node(("person", who), "person", type_, f"{name}{account}", marks=marks)
        known = readable(who.name) if who.kind in ("Group", "Role", "User") else ""
        named = {"stack": checker.stack_name_of(home[0]), "logical_id": readable(home[1]), "aws_name": known}
        name = readable(checker.name_of(*home))
        return self._node(("person", who), "person", type_, name, marks=_bounds(home), **named)

    def _associates(self, who: Principal, statement: Statement, *, wide: bool) -> bool:
        """Link somebody to the clusters that a statement is about, and return whether there are any."""
        denying = self._denied[who]

        def items_of(form: dict[str, Any]) -> Iterator[tuple[str, str, str, _Texts, _Texts]]:
            kinds: dict[str, dict[str, list[str]]] = {}
            for written, operation in principals.operations_of(form, actions.TAKE_ROLES.names):
                if wide or written != _ANY:
                    kinds.setdefault(written, {}).setdefault(targets.taker_of(operation), []).append(operation)
            for written, found in kinds.items():
                for text in principals.resources_of(form):
                    denied = {kind: {taken_back(denying, one, text) for one in found[kind]} for kind in found}
                    left = [kind for kind in found if denied[kind] != {True}]
                    for kind in [one for one in left if one in _TAKING] or left:
                        more = _marks(denied[kind] == {False}, Mark.PARTLY_DENIED)
                        yield written, kind, text, _conditions(form), more

        policy, is_associating = _policy_name(statement), False
        for (written, kind, text, conditions, more), marks in _items(statement, items_of):
            cluster = self._clusters_of(text, kind, statement.place)
            if cluster:
                is_associating = True
                self._link("associates", self._person(who), cluster, [written], policy, conditions, (*marks, *more))
        return is_associating

    def _passes(self, who: Principal, statement: Statement, usage: RedshiftUsage, *, is_associating: bool) -> None:
        """Link somebody to the roles that a statement lets them pass to Redshift, or to any service."""
        template, known = statement.place[0], usage.roles.keys()
        account = _account_of(statement.place)
        is_near = any(not arns.differ(account, one) for one in usage.accounts)
        each = [(one, principals.denied_surely(one, _PASS_ROLE)) for one in self._denied[who]]
        denied = [text for _, named in each for text in named]
        others = [one for one, named in each if not named]

        def items_of(form: dict[str, Any]) -> Iterator[tuple[str, _Texts, _Texts, _Texts]]:
            services = passed_services(form.get("Condition"))
            to_redshift = any(map(is_redshift, services or ()))
            if (services and not to_redshift) or not [*principals.operations_of(form, [_PASS_ROLE])]:
                return
            conditions = _conditions({"Condition": form.get("Condition")}, () if services is None else _DRAWN)
            marks = (Mark.ANY_SERVICE,) if services is None else () if services else (Mark.UNDECIDED,)
            named = (*principals.texts_of(form.get("NotResource")), *denied)
            left_out = [text for text in named if self._may_be_role(text)]
            rest = [one for one in others if any(may_hold(each.get("Condition"), services) for each in one.forms)]
            for text in filter(self._may_be_role, principals.resources_of(form)):
                if is_every_role(text, ()):
                    is_passed = is_associating or (is_near and bool(known - roles_matched(left_out, known)))
                elif _is_pattern(text):
                    is_passed = bool(roles_matched([text], known))
                else:
                    is_passed = role_key(text) in known or (is_associating and not definition(text, template))
                is_denied = True if any(matches(one, text) for one in denied) else taken_back(rest, _PASS_ROLE, text)
                if is_denied or not (is_passed or to_redshift) or roles_matched(left_out, {role_key(text)}):
                    continue
                if _is_pattern(text):
                    role = self._roles_like(text, template, account, [one for one in left_out if overlap(one, text)])
                else:
                    role = self._role(text, template)
                how = tuple(map(readable, services or ()))
                yield role, how, conditions, (*marks, *_marks(is_denied is False, Mark.PARTLY_DENIED))

        for (role, how, conditions, more), marks in _items(statement, items_of):
            self._link("passes", self._person(who), role, how, _policy_name(statement), conditions, (*marks, *more))

    # what roles reach

    def _reaches(self) -> None:
        """Read the policies of each role, and those of the next roles of chains."""
        done = set[str]()
        while waiting := [one for one in (*self._homes, *self._names) if one not in done]:
            for one in waiting:
                done.add(one)
                place = self._homes.get(one)
                who = [principals.holder_of(*place)] if place else self._names[one]
                self._reach(one, [each for name in who for each in self._statements.get(name, ())])
                for text, surely in principals.listed_policies(*place).items() if place else ():
                    if text not in self._own_policies:
                        self._by_managed_policy(one, text, surely=surely)

    def _by_managed_policy(self, role: str, text: str, *, surely: bool) -> None:
        """Add a policy whose text is not in the templates as what it reaches."""
        name = readable(PLACEHOLDERS.split(text, "/")[-1])
        if principals.name_of_aws(text) != text:
            target = self._node(("policy", name), "target", "AWS managed policy", name)
        else:
            target = self._node(("policy", text), "target", "managed policy", name, marks=(Mark.UNDECIDED,))
        self._link("reaches", role, target, marks=_marks(surely))

    def _reach(self, role: str, statements_: list[Statement]) -> None:
        """Link a role to what its policies allow, less what they deny."""
        denying = principals.denying(statements_)
        found: dict[_Circumstances, dict[Target, set[str]]] = {}
        policies: dict[tuple[_Circumstances, Target], dict[str, None]] = {}
        for statement in statements_:
            template, policy = statement.place[0], _policy_name(statement)
            for (action, text, conditions), marks in _items(statement, _allowed):
                is_denied = taken_back(denying, action, text)
                if is_denied:
                    continue
                noted = (*marks, *_marks(is_denied is False, Mark.PARTLY_DENIED))
                if action != _ANY and matches(action.lower(), _ASSUME_ROLE):
                    if self._may_be_role(text):
                        add = self._roles_like if _is_pattern(text) else self._role
                        self._link("assumes", role, add(text, template), (), policy, conditions, noted)
                    continue
                arn = self._as_arn(text, template)
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

    def _target(self, target: Target, where: _Texts) -> str:
        """Add what a role reaches, named by the resources of the app that it is made of."""

        def shown(name: str) -> str:
            place = self._resource(name)
            return checker.name_of(*place) if place else placeholder(name)

        homes = [place for name in PLACEHOLDERS.names(target.name) if (place := self._resource(name))]
        named = {"stack": checker.stack_name_of(homes[0][0]), "logical_id": readable(homes[0][1])} if homes else {}
        marks = [Mark.UNSCOPED] if not target.name.strip("*?") else []
        marks += [Mark.UNDECIDED] if self._is_undecided(target.name) else []
        name = readable(PLACEHOLDERS.filled(target.name, shown))
        return self._node(("target", target, *where), "target", target.type, name, marks=tuple(marks), **named)


def _allowed(form: dict[str, Any]) -> Iterator[tuple[str, str, _Texts]]:
    for action in principals.actions_of(form):
        for text in principals.resources_of(form):
            yield action, text, _conditions(form)
