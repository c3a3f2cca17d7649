"""What the arguments of a Serverless namespace and its workgroup may be."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Final, NamedTuple

from redshift_roles.aws import quotas
from redshift_roles.aws.placeholders import is_number_token, is_token
from redshift_roles.rules import arguments
from redshift_roles.rules.arguments import CLUSTER_ARGUMENTS, Flag, Given, ListOf, Number, Shape, Text, check, must_be
from redshift_roles.rules.registry import Problem

DEFAULT_DATABASE: Final = arguments.DEFAULT_DATABASE
DEFAULT_ADMIN: Final = arguments.DEFAULT_ADMIN
DEFAULT_PORT: Final = arguments.DEFAULT_PORT

NAMESPACE_ARGUMENTS: Final[Mapping[str, Shape]] = {
    **{name: CLUSTER_ARGUMENTS[name] for name in ("roles", "role_limit", "default_role", "encryption_key")},
    "namespace_name": arguments.SERVERLESS_NAME,
    "database_name": Text(
        r"[a-zA-Z][a-zA-Z0-9_+.@-]{0,126}", "1 to 127 letters, digits and _+.@-, a letter first", "sales"
    ),
    "admin_username": Text(
        r"[a-zA-Z][a-zA-Z0-9_+.@-]{0,126}", "1 to 127 letters, digits and _+.@-, a letter first", "warehouse_admin"
    ),
    "final_snapshot_retention": arguments.RETENTION,
    "removal_policy": CLUSTER_ARGUMENTS["removal_policy"],
}


def check_namespace(given: Given) -> Iterator[Problem]:
    """Check the arguments of a namespace; ``snapshot_days`` is a number for a `Duration`."""
    yield from check(given, NAMESPACE_ARGUMENTS)
    for name in ("namespace_name", "database_name", "admin_username"):
        yield from arguments.reserved(name, given.get(name))
    days, most = given.get("snapshot_days"), quotas.MAX_FINAL_SNAPSHOT_DAYS
    if isinstance(days, (int, float)) and (days != int(days) or not 1 <= days <= most):
        message = f"'final_snapshot_retention' must be 1 to {most:,} whole days, got {days:g} days"
        yield Problem(
            "final_snapshot_retention", message, "pass Duration.days(90), or leave it out to keep it for ever"
        )


_NETWORK: Final = ("vpc", "vpc_subnets", "security_groups")
WORKGROUP_ARGUMENTS: Final[Mapping[str, Shape]] = {
    **{name: CLUSTER_ARGUMENTS[name] for name in (*_NETWORK, "publicly_accessible")},
    "workgroup_name": arguments.SERVERLESS_NAME,
    "subnets": ListOf(
        arguments.Kind("subnet_id", "an ec2.ISubnet", "pass ec2.Subnet.from_subnet_id(self, 'Subnet', 'subnet-…')"),
        "name the subnets, or pass vpc=…",
    ),
    "max_capacity": Number(quotas.LEAST_CAPACITY, 2**31 - 1),
    "enhanced_vpc_routing": Flag(),
}


def check_workgroup(given: Given, region: str | None) -> Iterator[Problem]:
    """Check the arguments of a workgroup in a region; where that is not known, what some region allows is right."""
    yield from check(given, WORKGROUP_ARGUMENTS)
    yield from _network(given)
    yield from arguments.port_problems(given.get("port"), quotas.MANAGED_STORAGE_PORTS, "a workgroup")
    yield from arguments.parameter_problems(given.get("parameters", {}))
    base, most = given.get("base_capacity"), given.get("max_capacity")
    if "base_capacity" in given:
        yield from _base_capacity(base, region)
    if _is_known(base) and _is_known(most) and most < base:  # type: ignore[operator]
        message = f"'max_capacity' must be at least 'base_capacity', which is {base}, got {most}"
        yield Problem("max_capacity", message, f"pass max_capacity={base} or more")


def _is_known(value: object) -> bool:
    return arguments.is_whole(value) and not is_number_token(value)


def _base_capacity(value: object, region: str | None) -> Iterator[Problem]:
    if is_number_token(value):
        return
    usual, large, least = quotas.USUAL_CAPACITIES, quotas.LARGE_CAPACITIES, quotas.LEAST_CAPACITY
    allowed = [f"{usual.start} to {usual.stop - 1} in steps of {usual.step}"]
    is_right = value in usual
    if region is None or region in quotas.LARGE_CAPACITY_REGIONS:
        allowed.append(f"{large.start} to {large.stop - 1} in steps of {large.step}")
        is_right = is_right or value in large
    if region is None or region in quotas.LEAST_CAPACITY_REGIONS:
        allowed.insert(0, str(least))
        is_right = is_right or value == least
    if not arguments.is_whole(value) or not is_right:
        where = f" in {region}" if region else ""
        text = f"{', '.join(allowed[:-1])} or {allowed[-1]}" if len(allowed) > 1 else allowed[0]
        fix = f"pass base_capacity={quotas.DEFAULT_CAPACITY}, or leave it out, which is the same"
        yield must_be("base_capacity", f"{text} RPU{where}", value, fix)


def _network(given: Given) -> Iterator[Problem]:
    both = "vpc" in given, "subnets" in given
    if all(both):
        yield Problem("vpc", "'vpc' and 'subnets' are both given", "pass one of them")
    elif not any(both):
        yield Problem("", "neither 'vpc' nor 'subnets' is given", "pass vpc=…, or subnets=[…]")
    if "vpc_subnets" in given and "vpc" not in given:
        yield Problem("vpc_subnets", "'vpc_subnets' is given without 'vpc'", "pass vpc=…, or drop vpc_subnets")


class SubnetFacts(NamedTuple):
    """A subnet as far as CDK knows it: its path, its zone and its CIDR block."""

    path: Callable[[], str] = str
    zone: str | None = None
    cidr: str | None = None


def subnet_problems(
    argument: str, subnets: Sequence[SubnetFacts], capacity: object, region: str | None, *, is_routed: bool
) -> Iterator[Problem]:
    """Find subnets that are too few, in too few zones or too small for a workgroup (quotas.SERVERLESS_NETWORK)."""
    routing = "with enhanced VPC routing" if is_routed else "without enhanced VPC routing"
    least = quotas.ROUTED_SUBNETS if is_routed else quotas.UNROUTED_SUBNETS
    fewer = f", or pass enhanced_vpc_routing=False, which needs {quotas.UNROUTED_SUBNETS}" if is_routed else ""
    more = f"choose subnets in {least} zones; a stack without env= knows two zones: give it one{fewer}"
    if len(subnets) < least:
        message = f"'{argument}' must be {least} or more subnets {routing}, got {len(subnets)}"
        yield Problem(argument, message, more)
    zones = {subnet.zone for subnet in subnets}
    needed = quotas.UNROUTED_SUBNETS if region == quotas.TWO_ZONES_REGION else least
    if None not in zones and len(zones) < min(needed, len(subnets)):
        message = f"'{argument}' must be in {needed} or more availability zones {routing}, got {len(zones)}"
        yield Problem(argument, message, more)
    if is_routed:
        yield from _too_small(argument, subnets, capacity)


def _too_small(argument: str, subnets: Sequence[SubnetFacts], capacity: object) -> Iterator[Problem]:
    row = quotas.addresses(capacity if isinstance(capacity, int) else quotas.LEAST_CAPACITY)
    for subnet in subnets:
        _, _, prefix = (subnet.cidr or "").partition("/")
        if prefix.isdecimal() and int(prefix) > row.longest_prefix and not is_token(subnet.cidr):
            least = f"/{row.longest_prefix} or larger for {row.capacity} RPU or more with enhanced VPC routing"
            message = f"subnet {subnet.path()} must be {least} ({row.free} free addresses), got {subnet.cidr}"
            fix = "choose larger subnets, a smaller base_capacity, or enhanced_vpc_routing=False"
            yield Problem(argument, message, fix)
