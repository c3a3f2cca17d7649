"""Errors at the line of the caller: one for all that is wrong, before anything is made."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any, Literal, TypeVar, cast

from aws_cdk import Duration
from aws_cdk import aws_iam as iam
from aws_cdk import aws_redshift as redshift
from constructs import Construct, IConstruct

from redshift_roles.aws.placeholders import TOKENS, is_list_token, is_token, present
from redshift_roles.aws.quotas import CDK_ENVIRONMENTS, Source
from redshift_roles.cdk import account_rule
from redshift_roles.cdk.location import Location, location_of, path_of, referred
from redshift_roles.cdk.role_reader import role_arn, role_facts, texts_of
from redshift_roles.rules import arguments, association_rules, registry
from redshift_roles.rules.facts import AssociationFacts, RoleFacts
from redshift_roles.rules.findings import Finding, RoleAssociationError
from redshift_roles.rules.registry import Problem

Arguments = TypeVar("Arguments")


def raise_if_unknown(construct: Construct, given: Iterable[str], description: Any) -> None:  # noqa: ANN401
    """Raise a TypeError, as Python does, for an argument that a construct does not have."""
    for name in given:
        if name not in description.__optional_keys__:
            message = f"{type(construct).__name__}.__init__() got an unexpected keyword argument {name!r}"
            raise TypeError(message)


def with_defaults(given: Arguments, defaults: Arguments) -> Arguments:
    """Return the arguments that are given, and the defaults of the others; None is no value for one with a default."""
    known = cast("dict[str, object]", defaults)
    return cast("Arguments", present(known, **{**known, **cast("dict[str, object]", given)}))


def child_path(scope: Construct, construct_id: str) -> str:
    """Return the path that a child will have."""
    parent, name = path_of(scope), arguments.id_shown(construct_id)
    return f"{parent}/{name}" if parent else name


def child_location(scope: Construct, construct_id: str) -> Location:
    """Return where a construct will be, or raise InvalidArgument where it cannot be."""
    problems = [*arguments.CONSTRUCT_ID.check("construct_id", construct_id)]
    try:
        location = location_of(scope) if isinstance(scope, Construct) else None
    except RuntimeError:
        location = None
    if location is None:
        wrong = f"'scope' must be a Stack or a construct in one, got {arguments.shown(scope)}"
        problems.append(Problem("scope", wrong, "pass the stack, or self inside a construct, as the first argument"))
        raise RoleAssociationError(_invalid(arguments.id_shown(construct_id), CDK_ENVIRONMENTS, problems))
    raise_if(lambda: child_path(scope, construct_id), CDK_ENVIRONMENTS, problems)
    return location


def raise_if(path: Callable[[], str], source: Source, problems: Iterable[Problem]) -> None:
    """Raise what is wrong with arguments as InvalidArgument; `path` costs crossings that only a message needs."""
    listed = list(problems)
    if listed:
        raise RoleAssociationError(_invalid(path(), source, listed))


def unit_problems(name: str, duration: object, seconds: float | None, unit: str) -> Iterator[Problem]:
    """Find a duration that CDK cannot convert to a unit: one that only the deployment knows, in another unit."""
    if seconds is None and isinstance(duration, Duration) and duration.unit_label() != unit:
        wrong = f"'{name}' must be a token for {unit}, got one for {duration.unit_label()}"
        yield Problem(name, wrong, f"pass Duration.{unit}(…)")


def region_problems(
    kind: str, location: Location, given: Mapping[str, Any], problems: Sequence[Problem]
) -> Iterator[Problem]:
    """Find a VPC or a key of another region than what is defined here; CDK would refer to it all the same."""
    for name in ("vpc", "encryption_key"):
        found = given.get(name)
        if found is None or location.region is None or any(problem.concerns(name) for problem in problems):
            continue
        # An imported key is where its ARN says.
        parts = TOKENS.split(found.key_arn, ":") if name == "encryption_key" else []
        region = parts[3] if len(parts) > 3 and not is_token(parts[3]) else location_of(found).region
        if region not in (None, location.region):
            message = f"'{name}' ({path_of(found)}) is in region {region}, the {kind} is in {location.region}"
            yield Problem(name, message, f"pass one of region {location.region}")


def checked_roles(
    path: Callable[[], str],
    source: Source,
    problems: Iterable[Problem],
    location: Location,
    *,
    kind: Literal["cluster", "namespace", "policy"],
    argument: str,
    roles: Sequence[iam.IRole],
    default_role: iam.IRole | None = None,
    role_limit: int | None = None,
    own_role: RoleFacts | None = None,
    others: Sequence[tuple[iam.IRole, IConstruct]] = (),
    cluster: redshift.CfnCluster | None = None,
    other_default: Callable[[], str] | None = None,
) -> AssociationFacts:
    """Return the facts about roles, or raise one error with all that is wrong with them and with other arguments.

    The path and the other default role are read only for a message. The caller will make its own role for the cluster.
    A cluster of the app has the roles besides that it lists itself.
    """
    listed = list(problems)
    if any(problem.concerns(argument, "role_limit", "default_role") for problem in listed):
        raise_if(path, source, listed)
    defaults = [] if default_role is None else [default_role]
    # All together, so that one role is found to be one however it is written.
    read = [*role_facts([*roles, *(role for role, _ in others), *defaults], location, argument)]
    first, last = len(roles), len(roles) + len(others)
    pairs = zip(read[first:last], others, strict=True)
    theirs = [facts._replace(owner=partial(path_of, scope)) for facts, (_, scope) in pairs]
    own = (cluster.iam_roles if cluster else None) or ()
    is_counted = not any(map(is_list_token, own))
    if cluster and is_counted:
        theirs += _listed(
            cluster, own, [*zip((*roles, *defaults), (*read[:first], *read[last:]), strict=True)], location
        )
    facts = AssociationFacts(
        kind=kind,
        argument=argument,
        account=location.account,
        region=location.region,
        roles=tuple(read[:first]),
        others=(own_role,) if own_role else tuple(theirs),
        more_roles=not is_counted,
        role_limit=role_limit,
        expected_account=account_rule.expected_account(location),
        account_asserted=True,
        default_roles=tuple(role._replace(label="'default_role'") for role in read[last:]),
        other_default=other_default,
    )
    broken = [found for found in association_rules.problems(facts) if not found[0].undecided]
    if listed or broken:
        here = path()
        invalid = _invalid(here, source, listed)
        of_roles = [
            rule.finding(here, problem, source if rule is registry.INVALID_ARGUMENT else None)
            for rule, problem in broken
        ]
        raise RoleAssociationError([*invalid, *of_roles])
    return facts


def _listed(
    cluster: redshift.CfnCluster, own: Sequence[str], known: Sequence[tuple[iam.IRole, RoleFacts]], location: Location
) -> Iterator[RoleFacts]:
    """Read the roles that a cluster lists itself; those that are known are recognized by their ARNs or resources."""
    owner, texts = partial(path_of, cluster), texts_of(own, location)
    by_arn = {role_arn(role): facts for role, facts in known}
    by_resource = [(target, facts) for arn, facts in by_arn.items() for target in referred(arn)]
    for index, (arn, text) in enumerate(zip(own, texts, strict=True)):
        targets = [] if arn in by_arn else [target for target in referred(arn) if isinstance(target, iam.CfnRole)]
        same = next((facts for target, facts in by_resource if target in targets), None)
        # What a condition brings is not sure to be there; the rules see it in the template.
        unsure = is_token(arn) and not targets
        facts = by_arn.get(arn) or same or RoleFacts("", text, conditional=unsure, defined=bool(targets))
        yield facts._replace(label=f"IamRoles[{index}]", owner=owner)


def _invalid(path: str, source: Source, problems: Iterable[Problem]) -> list[Finding]:
    return [registry.INVALID_ARGUMENT.finding(path, problem, source) for problem in problems]


@contextmanager
def rollback_on_error(construct: Construct, scope: Construct, construct_id: str) -> Iterator[None]:
    """Remove a construct from the tree when its constructor fails halfway.

    Another construct that had the id before stays. It is told apart afterwards: a look before each construct would be
    a crossing for each.
    """
    try:
        yield
    except Exception:
        if scope.node.try_find_child(construct_id) is construct:
            scope.node.try_remove_child(construct_id)
        raise
