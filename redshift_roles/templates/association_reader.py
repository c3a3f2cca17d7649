"""The lists of roles that an app gives its clusters: a cluster's own, and those of role associations."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from itertools import accumulate
from typing import Final, NamedTuple

from redshift_roles.aws import Json, listed
from redshift_roles.aws.placeholders import PLACEHOLDERS
from redshift_roles.rules import association_rules
from redshift_roles.rules.facts import AssociationFacts, Origin
from redshift_roles.rules.registry import Problem, Rule
from redshift_roles.templates.assembly import Assembly, Template, function_of, once
from redshift_roles.templates.cluster_reader import (
    ASSOCIATION,
    CLUSTER,
    association_facts,
    presence,
    undecided_branches,
    written_limit,
)
from redshift_roles.templates.conditions import Branch
from redshift_roles.templates.values import texts

_WAS_ASSOCIATED: Final = "WasAssociated"
_OF_DEFAULT: Final = (association_rules.DEFAULT_ROLE_NOT_ASSOCIATED, association_rules.DEFAULT_ROLE_UNDECIDED)
_OF_LIST: Final = tuple(rule for rule, _ in association_rules.CHECKS if rule not in _OF_DEFAULT)
# Roles, and lists, of one cluster that are compared: far more than it may have.
_COMPARED: Final = 100
# What is said once of a cluster, however many lists it has.
_OF_COUNT: Final = (association_rules.ROLE_QUOTA_EXCEEDED, association_rules.ROLE_COUNT_UNDECIDED)


class Entry(NamedTuple):
    """An entry of a resource's list of roles; without a position the default role, or the whole list."""

    template: Template
    logical_id: str
    position: int | None


class Found(NamedTuple):
    """A problem of an association, and the entry that it is about."""

    entry: Entry
    argument: str
    rule: Rule
    problem: Problem


_Path = Callable[[Entry], str]


class Source(NamedTuple):
    """A list of roles that the app gives a cluster, and the branches of conditions in which it does."""

    template: Template
    logical_id: str
    facts: AssociationFacts
    branches: frozenset[Branch]

    @property
    def is_cluster(self) -> bool:
        """Whether it is the cluster's own list."""
        return self.template.resource_type(self.logical_id) == CLUSTER

    @property
    def lists_roles(self) -> bool:
        """Whether it has roles, or may have some."""
        return bool(self.facts.roles) or self.facts.more_roles

    def seen_from(self, other: Source, path: _Path) -> AssociationFacts:
        """Return the facts as they are where another list is; what a condition decides may be there or not."""
        if any(branch._replace(holds=not branch.holds) in other.branches for branch in self.branches):
            return replace(self.facts, roles=(), conditional_roles=(0, 0), more_roles=False)
        surely = self.branches <= other.branches
        roles = tuple(
            role._replace(
                owner=partial(path, Entry(self.template, self.logical_id, role.position)),
                conditional=role.conditional or not surely,
                when=role.when if surely else (),
            )
            for role in self.facts.roles
        )
        least, most = self.facts.conditional_roles
        sure = sum(not role.conditional for role in self.facts.roles)
        return replace(self.facts, roles=roles, conditional_roles=(least, most) if surely else (0, sure + most))


def role_limit(assembly: Assembly, template: Template, logical_id: str, default: int) -> int:
    """Return the largest limit that a cluster was given: its own, else the default, and those of its associations."""
    own = written_limit(template, logical_id)
    nothing = dict[tuple[Template, str], int]()
    largest = once(assembly.memo, "role limits", lambda: _limits(assembly), nothing).get((template, logical_id), 0)
    return max(default if own is None else own, largest)


def _limits(assembly: Assembly) -> dict[tuple[Template, str], int]:
    """List the largest limits of the associations of each cluster that has some."""
    found = groups(assembly, "app")
    return {(source.template, source.logical_id): _largest(group) or 0 for group in found for source in group}


def _largest(group: Sequence[Source]) -> int | None:
    limits = [written_limit(source.template, source.logical_id) for source in group]
    return max((limit for limit in limits if limit is not None), default=None)


def found(assembly: Assembly, path: _Path, origin: Origin) -> Iterator[Found]:
    """Apply the rules to each association, with what else in the app gives roles to the same cluster."""
    for group in groups(assembly, origin):
        said = set[Rule]()
        limit = _largest(group)
        lists = _Lists(group, path)
        for place, source in enumerate(group):
            if source.is_cluster:
                continue
            problems = [*association_rules.problems(lists.with_earlier(place, limit), *_OF_LIST)]
            if source.facts.default_roles:
                problems += association_rules.problems(lists.with_all(place), *_OF_DEFAULT)
            for rule, problem in problems:
                if rule in _OF_COUNT and (rule in said or not source.lists_roles):
                    continue
                said.add(rule)
                yield Found(_entry(source, problem), _argument(source, problem), rule, problem)


def _argument(source: Source, problem: Problem) -> str:
    is_default = problem.argument == source.facts.default_argument
    return source.facts.default_argument if is_default else source.facts.argument


def _entry(source: Source, problem: Problem) -> Entry:
    """Find the entry that a problem is about; too many roles are too many from the last one on."""
    last = len(source.facts.roles) - 1 if problem.argument == source.facts.argument else None
    return Entry(source.template, source.logical_id, last if problem.position is None else problem.position)


class _Lists:
    """The lists of roles of one cluster, each seen from the others.

    Lists after the first hundred roles are compared with those alone: no cluster may have that many.
    """

    def __init__(self, group: Sequence[Source], path: _Path) -> None:
        self._group, self._path = group, path
        counts = accumulate(len(source.facts.roles) + 1 for source in group)
        self._compared = sum(count <= _COMPARED for count in counts)
        self._seen: dict[tuple[int, frozenset[Branch]], AssociationFacts] = {}

    def with_earlier(self, place: int, limit: int | None) -> AssociationFacts:
        """Return the facts about a list together with those before it."""
        source = self._group[place]
        before = next(self._defaults_before(place), None) if source.facts.default_roles else None
        facts = self._beside(source, range(min(place, self._compared)))
        return replace(facts, role_limit=limit, limit_written=True, other_default=before)

    def with_all(self, place: int) -> AssociationFacts:
        """Return the facts about a list together with all others; without any, nobody knows the cluster's roles."""
        facts = self._beside(self._group[place], (other for other in range(self._compared) if other != place))
        is_known = any(other.is_cluster or other.lists_roles for other in self._group)
        return facts if is_known and self._compared == len(self._group) else replace(facts, more_roles=True)

    def _defaults_before(self, place: int) -> Iterator[Callable[[], str]]:
        for other in self._group[:place]:
            if other.facts.default_roles and other.branches <= self._group[place].branches:
                yield partial(self._path, Entry(other.template, other.logical_id, None))

    def _beside(self, source: Source, places: Iterable[int]) -> AssociationFacts:
        seen = [self._seen_from(source, place) for place in places]
        counts = [facts.conditional_roles for facts in (source.facts, *seen)]
        return replace(
            source.facts,
            others=tuple(role for facts in seen for role in facts.roles),
            conditional_roles=(sum(least for least, _ in counts), sum(most for _, most in counts)),
            more_roles=any(facts.more_roles for facts in (source.facts, *seen)),
        )

    def _seen_from(self, source: Source, place: int) -> AssociationFacts:
        key = place, source.branches
        if key not in self._seen:
            self._seen[key] = self._group[place].seen_from(source, self._path)
        return self._seen[key]


def groups(assembly: Assembly, origin: Origin) -> list[list[Source]]:
    """List the clusters that have associations, each with its lists of roles, its own first."""
    return once(assembly.memo, f"clusters {origin}", lambda: _grouped(assembly, origin), [])


def _grouped(assembly: Assembly, origin: Origin) -> list[list[Source]]:
    if not any(template.resources(ASSOCIATION) for template in assembly.templates()):
        return []
    places = [place for kind in (CLUSTER, ASSOCIATION) for place in _resources(assembly, kind)]
    sources = [_source(*place, origin) for place in places if presence(*place) is not False]
    environments = _environments(sources)
    groups: dict[object, list[Source]] = {}
    for source in sources:
        identifier = identifier_of(source)
        environment = environments(source.template)
        groups.setdefault((environment, identifier) if identifier else source[:2], []).append(source)
    return [group for group in groups.values() if not group[-1].is_cluster]


def _source(template: Template, logical_id: str, origin: Origin) -> Source:
    facts = association_facts(template, logical_id, origin=origin)
    roles = tuple(role._replace(position=position) for position, role in enumerate(facts.roles))
    return Source(template, logical_id, replace(facts, roles=roles), undecided_branches(template, logical_id))


def _resources(assembly: Assembly, kind: str) -> Iterator[tuple[Template, str]]:
    for template in assembly.templates():
        for logical_id in template.resources(kind):
            yield template, logical_id


def circles(assembly: Assembly) -> Iterator[tuple[Entry, Problem]]:
    """Find associations that wait for another one of the same cluster and stack, which is the same resource."""
    for template, logical_id in _resources(assembly, ASSOCIATION):
        answers = template.properties(logical_id).get(_WAS_ASSOCIATED)
        for position, answer in enumerate(answers if isinstance(answers, list) else []):
            if logical_id in _dependencies(answer, template):
                message = "the association waits for another one of its cluster, and the two are one resource"
                fix = "drop that dependency, or define the other one in another stack, perhaps a nested one"
                yield Entry(template, logical_id, position), Problem("RoleArns", message, fix)


def _dependencies(answer: Json, template: Template) -> list[Json]:
    """List what the resource that an attribute is read from depends on."""
    function, argument = function_of(answer)
    is_given = function == "Fn::GetAtt" and isinstance(argument, list) and argument
    return listed(template.entry("Resources", str(argument[0])).get("DependsOn")) if is_given else []


def identifier_of(source: Source) -> str | None:
    """Name the cluster of a list so that two names are equal when they surely are of one cluster of an environment."""
    template, logical_id = source[:2]
    value = {"Ref": logical_id} if source.is_cluster else template.properties(logical_id).get("ClusterIdentifier")
    named = texts(value, template)
    return named[0] if len(named) == 1 else None


def _environments(sources: Sequence[Source]) -> Callable[[Template], object]:
    """Return what tells where a template is deployed; equal for two that surely are of one account and region.

    Stacks that do not say where they are may be anywhere, each by itself, but CDK refers within one environment only:
    what a list of roles refers to is where the list is.
    """
    same: dict[Template, Template] = {}

    def representative(template: Template) -> Template:
        while template in same:
            template = same[template]
        return template

    for source in sources:
        if source.template.account and source.template.region:
            continue
        for text in (identifier_of(source) or "", *(role.arn for role in source.facts.roles)):
            for name in PLACEHOLDERS.names(text):
                other = source.template.assembly.by_key.get(name.partition("#")[0])
                one = representative(source.template.top)
                if other and representative(other.top) is not one:
                    same[one] = representative(other.top)
    return lambda template: (
        (template.account, template.region) if template.account and template.region else representative(template.top)
    )
