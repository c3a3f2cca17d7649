"""Role associations in templates, as facts for the rules."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Final, NamedTuple

from redshift_roles.aws import arns
from redshift_roles.aws.placeholders import PLACEHOLDERS, readable
from redshift_roles.rules import association_rules, registry
from redshift_roles.rules.facts import AssociationFacts, Origin, RoleFacts
from redshift_roles.rules.registry import Problem
from redshift_roles.templates.assembly import Assembly, Json, Template, function_of
from redshift_roles.templates.cluster_reader import CLUSTER, ROLES_PROPERTY, definition, role_key, trust_problem_of
from redshift_roles.templates.list_entries import MORE, entries
from redshift_roles.templates.values import NO_VALUE, texts

ASSOCIATION: Final = "Custom::RedshiftRoleAssociation"
ROLES: Final = "RoleArns"
DEFAULT: Final = "DefaultRoleArn"
WAS_ASSOCIATED: Final = "WasAssociated"
RULES: Final = (
    association_rules.ROLE_DUPLICATED,
    registry.INVALID_ARGUMENT,
    association_rules.TRUST_LACKS_REDSHIFT,
    association_rules.ROLE_ACCOUNT_UNDECIDED,
)
_CLUSTER_IDENTIFIER: Final = "ClusterIdentifier"

# Where the cluster is, as far as two places can be known to be one, and its identifier.
_Cluster = tuple[str, str, str]
_Role = tuple[str, str]


class Entry(NamedTuple):
    """An entry of a resource's list of roles; without a position the default role."""

    template: Template
    logical_id: str
    position: int | None


def associations(
    assembly: Assembly, path: Callable[[Entry], str], origin: Origin
) -> Iterator[tuple[Entry, AssociationFacts]]:
    """Read each entry of each association, with what else in the app gives the same cluster the same.

    Args:
        assembly: The app's templates.
        path: Names what has an entry.
        origin: Whether the templates were written by a CDK app that can be changed.
    """
    first: dict[tuple[_Cluster, object], Entry] = {}
    for kind, argument in ((CLUSTER, ROLES_PROPERTY), (ASSOCIATION, ROLES)):
        for template in assembly.templates():
            for logical_id in template.resources(kind):
                named = texts(_identifier(template, logical_id, kind), template)
                for entry, role in _entries(template, logical_id, argument):
                    key = entry.position is None or role_key(role.arn)
                    place = _cluster(named[0], role.arn, template) if len(named) == 1 else ("", "", str(id(role)))
                    earlier = first.setdefault((place, key), entry)
                    if kind == ASSOCIATION:
                        other = partial(path, earlier) if earlier[:2] != entry[:2] else None
                        yield entry, _facts(entry, role, other, origin)


def _facts(entry: Entry, role: RoleFacts, other: Callable[[], str] | None, origin: Origin) -> AssociationFacts:
    is_default = entry.position is None
    return AssociationFacts(
        kind="cluster",
        argument=ROLES,
        account=entry.template.account or arns.THIS_ACCOUNT,
        region=entry.template.region,
        roles=() if is_default else (role,),
        others=(role._replace(owner=other),) if other and not is_default else (),
        account_asserted=True,
        default_argument=DEFAULT,
        default_roles=(role,) if is_default else (),
        other_default=other if is_default else None,
        origin=origin,
    )


def circles(assembly: Assembly) -> Iterator[tuple[Entry, Problem]]:
    """Find associations that wait for another one of the same cluster and stack, which is the same resource."""
    for template in assembly.templates():
        for logical_id in template.resources(ASSOCIATION):
            answers = template.properties(logical_id).get(WAS_ASSOCIATED)
            for position, answer in enumerate(answers if isinstance(answers, list) else []):
                if logical_id in _waits(answer, template):
                    message = "the association waits for another one of its cluster, and the two are one resource"
                    fix = "drop that dependency, or define the other one in another stack, perhaps a nested one"
                    yield Entry(template, logical_id, position), Problem(ROLES, message, fix)


def _waits(answer: Json, template: Template) -> list[Json]:
    """List what the look that gives an answer waits for."""
    function, argument = function_of(answer)
    is_given = function == "Fn::GetAtt" and isinstance(argument, list) and argument
    waits = template.entry("Resources", str(argument[0])).get("DependsOn", []) if is_given else []
    return waits if isinstance(waits, list) else [waits]


def _identifier(template: Template, logical_id: str, kind: str) -> Json:
    return {"Ref": logical_id} if kind == CLUSTER else template.properties(logical_id).get(_CLUSTER_IDENTIFIER)


def _entries(template: Template, logical_id: str, argument: str) -> Iterator[tuple[Entry, RoleFacts]]:
    properties = template.properties(logical_id)
    for index, options in enumerate(entries(properties.get(argument, []), template)):
        if len(options) == 1 and options[0] not in (MORE, NO_VALUE):
            defined = definition(options[0], template)
            label = f"{argument}[{index}]" + (f" ({readable(defined[1])})" if defined else "")
            problem = trust_problem_of(*defined, template.region) if defined else None
            yield Entry(template, logical_id, index), RoleFacts(label, options[0], trust_problem=problem)
    default = texts(properties.get(DEFAULT), template) if DEFAULT in properties else []
    if len(default) == 1:
        yield Entry(template, logical_id, None), RoleFacts(DEFAULT, default[0])


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
