"""Role associations as the templates show them: one role, one cluster, one hand.

The templates of an app flow in; what is associated twice, where there are two default roles, what Redshift may not
assume, and what only the deployment knows flow out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final, NamedTuple

from redshift_roles.aws import arns
from redshift_roles.aws.placeholders import PLACEHOLDERS, readable
from redshift_roles.rules import association_rules, fixes
from redshift_roles.rules.facts import AssociationFacts, RoleFacts
from redshift_roles.rules.registry import Problem
from redshift_roles.templates.assembly import Assembly, Json, Template, function_of
from redshift_roles.templates.cluster_reader import CLUSTER, ROLES_PROPERTY, definition, role_key, trust_problem_of
from redshift_roles.templates.list_entries import MORE, entries
from redshift_roles.templates.values import NO_VALUE, texts

ASSOCIATION: Final = "Custom::RedshiftRoleAssociation"
ROLES: Final = "RoleArns"
DEFAULT: Final = "DefaultRoleArn"
WAS_ASSOCIATED: Final = "WasAssociated"
_CLUSTER_IDENTIFIER: Final = "ClusterIdentifier"

# Where the cluster is, as far as two places can be known to be one, and its identifier.
_Cluster = tuple[str, str, str]
_Role = tuple[str, str]


class Entry(NamedTuple):
    """An entry of a resource's list of roles; without a position the default role."""

    template: Template
    logical_id: str
    position: int | None


class Found(NamedTuple):
    """What is wrong with an entry of an association."""

    entry: Entry
    problem: Problem


class _Claim(NamedTuple):
    entry: Entry
    label: str
    text: str


def twice(assembly: Assembly, path: Callable[[Entry], str]) -> Iterator[Found]:
    """Find roles that an association shares with a cluster's own list, or with an association of another stack.

    Args:
        assembly: The app's templates.
        path: Names what has an entry.
    """
    first: dict[tuple[_Cluster, _Role], _Claim] = {}
    for claim, cluster in _all_claims(assembly):
        earlier = first.setdefault((cluster, role_key(claim.text)), claim)
        if claim.entry.template.resource_type(claim.entry.logical_id) == ASSOCIATION and _differ(earlier, claim):
            yield Found(
                claim.entry,
                Problem(
                    "",
                    f"{claim.label} is associated with the same cluster by {path(earlier.entry)} too",
                    "leave it to one of them: what one removes, the other still wants",
                ),
            )


def two_defaults(assembly: Assembly, path: Callable[[Entry], str]) -> Iterator[Found]:
    """Find clusters whose default role associations of two stacks set."""
    first: dict[_Cluster, Entry] = {}
    for template in assembly.templates():
        for logical_id in template.resources(ASSOCIATION):
            properties = template.properties(logical_id)
            named = texts(properties.get(_CLUSTER_IDENTIFIER), template)
            roles = texts(properties.get(DEFAULT), template) if DEFAULT in properties else []
            if len(named) == len(roles) == 1:
                entry = Entry(template, logical_id, None)
                earlier = first.setdefault(_cluster(named[0], "", template), entry)
                if earlier is not entry:
                    yield Found(
                        entry,
                        Problem(
                            "",
                            f"{DEFAULT} is given, and {path(earlier)} sets the default role of the same cluster too",
                            fixes.ONE_DEFAULT,
                        ),
                    )


def _differ(one: _Claim, other: _Claim) -> bool:
    return one.entry[:2] != other.entry[:2]


def circles(assembly: Assembly) -> Iterator[Found]:
    """Find associations that wait for another one of the same cluster and stack, which is the same resource."""
    for template in assembly.templates():
        for logical_id in template.resources(ASSOCIATION):
            answers = template.properties(logical_id).get(WAS_ASSOCIATED)
            for position, answer in enumerate(answers if isinstance(answers, list) else []):
                if logical_id in _waits(answer, template):
                    yield Found(
                        Entry(template, logical_id, position),
                        Problem(
                            "",
                            "the association waits for another one of its cluster, and the two are one resource",
                            "drop that dependency, or define the other one in another stack, perhaps a nested one",
                        ),
                    )


def _waits(answer: Json, template: Template) -> list[Json]:
    """List what the look that gives an answer waits for."""
    function, argument = function_of(answer)
    is_given = function == "Fn::GetAtt" and isinstance(argument, list) and argument
    waits = template.entry("Resources", str(argument[0])).get("DependsOn", []) if is_given else []
    return waits if isinstance(waits, list) else [waits]


def untrusting(assembly: Assembly, *, plain: bool) -> Iterator[Found]:
    """Find roles of the app that an association associates and that Redshift may not assume."""
    fix = fixes.trust(AssociationFacts("", "cluster", ROLES, "", None, (), plain=plain))
    for template in assembly.templates():
        for logical_id in template.resources(ASSOCIATION):
            for claim in _claims(template, logical_id, ROLES):
                defined = definition(claim.text, template)
                reason = trust_problem_of(*defined, template.region) if defined else None
                if reason:
                    yield Found(claim.entry, Problem("", f"{claim.label} {reason}", fix))


def undecided(assembly: Assembly, *, plain: bool) -> Iterator[Found]:
    """Find roles of associations whose account only the deployment knows."""
    for template in assembly.templates():
        account = template.account or arns.THIS_ACCOUNT
        for logical_id in template.resources(ASSOCIATION):
            for claim in _claims(template, logical_id, ROLES):
                role = RoleFacts(f"{ROLES}[{claim.entry.position}]", claim.text)
                holder = AssociationFacts(
                    "", "cluster", ROLES, account, template.region, (role,), account_asserted=True, plain=plain
                )
                for problem in association_rules.role_account_undecided(holder):
                    yield Found(claim.entry, problem)


def _all_claims(assembly: Assembly) -> Iterator[tuple[_Claim, _Cluster]]:
    for kind, words in ((CLUSTER, ROLES_PROPERTY), (ASSOCIATION, ROLES)):
        for template in assembly.templates():
            for logical_id in template.resources(kind):
                named = texts(_identifier(template, logical_id, kind), template)
                for claim in _claims(template, logical_id, words) if len(named) == 1 else ():
                    yield claim, _cluster(named[0], claim.text, template)


def _identifier(template: Template, logical_id: str, kind: str) -> Json:
    return {"Ref": logical_id} if kind == CLUSTER else template.properties(logical_id).get(_CLUSTER_IDENTIFIER)


def _claims(template: Template, logical_id: str, words: str) -> Iterator[_Claim]:
    for index, options in enumerate(entries(template.properties(logical_id).get(words, []), template)):
        if len(options) == 1 and options[0] not in (MORE, NO_VALUE):
            defined = definition(options[0], template)
            label = f"{words}[{index}] ({readable(defined[1] if defined else options[0])})"
            yield _Claim(Entry(template, logical_id, index), label, options[0])


def _cluster(identifier: str, role: str, template: Template) -> _Cluster:
    """Name a cluster so that two names are equal when they surely are of one cluster.

    One that the app defines is one wherever it is referred to, and so is one whose role is a resource of the app: CDK
    refers within one environment. Otherwise two stacks must say which account and region they are for.
    """
    if template.account and template.region:
        return template.account, template.region, identifier
    known = _is_of_the_app(identifier, template) or _is_of_the_app(role, template)
    return "" if known else template.top.key, "", identifier


def _is_of_the_app(text: str, template: Template) -> bool:
    return any(name.partition("#")[0] in template.assembly.by_key for name in PLACEHOLDERS.names(text))
