"""Role associations in templates, read into facts for the rules."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from typing import Final, NamedTuple

from redshift_roles.aws import Json, listed
from redshift_roles.aws.placeholders import PLACEHOLDERS
from redshift_roles.rules import association_rules, registry
from redshift_roles.rules.facts import AssociationFacts, Origin, RoleFacts
from redshift_roles.rules.registry import Problem
from redshift_roles.templates.assembly import Assembly, Template, function_of
from redshift_roles.templates.cluster_reader import ASSOCIATION, CLUSTER, association_facts, role_key
from redshift_roles.templates.values import texts

# What holds for one role of a cluster, however many it has besides.
RULES: Final = (
    association_rules.ROLE_DUPLICATED,
    association_rules.ROLE_ARN_INVALID,
    association_rules.ROLE_ACCOUNT_MISMATCH,
    association_rules.ROLE_PARTITION_MISMATCH,
    association_rules.SERVICE_LINKED_ROLE,
    registry.INVALID_ARGUMENT,
    association_rules.TRUST_LACKS_REDSHIFT,
    association_rules.ROLE_ACCOUNT_UNDECIDED,
)
_WAS_ASSOCIATED: Final = "WasAssociated"

# Where the cluster is, as far as two places can be known to be one, and its identifier.
_Cluster = tuple[str, str, str]


class Entry(NamedTuple):
    """An entry of a resource's list of roles; without a position the default role."""

    template: Template
    logical_id: str
    position: int | None


def associations(
    assembly: Assembly, path: Callable[[Entry], str], origin: Origin
) -> Iterator[tuple[Entry, AssociationFacts]]:
    """Read each role of each association, with what else in the app gives it to the same cluster."""
    first: dict[tuple[_Cluster, object], Entry] = {}
    for kind in (CLUSTER, ASSOCIATION):
        for template, logical_id in _resources(assembly, kind):
            facts = association_facts(template, logical_id, origin=origin)
            for entry, role in _entries(template, logical_id, facts):
                key = entry.position is None or role_key(role.arn)
                cluster = _cluster(template, logical_id, role.arn)
                earlier = first.setdefault((cluster, key), entry) if cluster else entry
                other = partial(path, earlier) if earlier[:2] != entry[:2] else None
                alone = replace(facts, roles=(), default_roles=(role,), conditional_roles=(0, 0), other_default=other)
                if entry.position is not None:
                    others = (role._replace(owner=other),) if other else ()
                    alone = replace(alone, roles=(role,), others=others, default_roles=(), other_default=None)
                if kind == ASSOCIATION:
                    yield entry, alone


def _resources(assembly: Assembly, kind: str) -> Iterator[tuple[Template, str]]:
    for template in assembly.templates():
        for logical_id in template.resources(kind):
            yield template, logical_id


def _entries(template: Template, logical_id: str, facts: AssociationFacts) -> Iterator[tuple[Entry, RoleFacts]]:
    for position, role in enumerate(facts.roles):
        if not role.conditional:
            yield Entry(template, logical_id, position), role
    for role in facts.default_roles:
        if not role.conditional:
            yield Entry(template, logical_id, None), role


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


def _cluster(template: Template, logical_id: str, role: str) -> _Cluster | None:
    """Name the cluster of a resource so that two names are equal when they surely are of one cluster.

    One that the app defines is one wherever it is referred to, and so is one whose role is a resource of the app: CDK
    refers within one environment. Otherwise two stacks must say which account and region they are for.
    """
    is_own = template.resource_type(logical_id) == CLUSTER
    value = {"Ref": logical_id} if is_own else template.properties(logical_id).get("ClusterIdentifier")
    named = texts(value, template)
    if len(named) != 1:
        return None
    if template.account and template.region:
        return template.account, template.region, named[0]
    names = [*PLACEHOLDERS.names(named[0]), *PLACEHOLDERS.names(role)]
    is_known = any(name.partition("#")[0] in template.assembly.by_key for name in names)
    return "" if is_known else template.top.key, "", named[0]
