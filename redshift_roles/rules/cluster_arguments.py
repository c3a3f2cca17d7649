"""What the arguments of clusters, Serverless namespaces and workgroups may be."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Final, NamedTuple

from redshift_roles.aws import quotas
from redshift_roles.aws.placeholders import is_list_token, is_number_token, is_token, readable
from redshift_roles.rules.arguments import (
    BUCKET,
    CLUSTER_IDENTIFIER,
    KEY,
    RETENTION,
    ROLE,
    ROLE_LIMIT,
    SERVERLESS_NAME,
    Flag,
    Given,
    Kind,
    ListOf,
    Number,
    Shape,
    Text,
    WholeNumber,
    check,
    is_whole,
    must_be,
    shown,
)
from redshift_roles.rules.registry import Problem

# Database parameters that clusters and workgroups have unless they are replaced.
SECURE_PARAMETERS: Final = {"enable_user_activity_logging": "true", "require_ssl": "true"}
DEFAULT_NODE_TYPE: Final = "ra3.large"
DEFAULT_DATABASE: Final = "warehouse"
DEFAULT_ADMIN: Final = "warehouse_admin"
# Not 5439, which scanners try first.
DEFAULT_PORT: Final = 5440
DEFAULT_WINDOW: Final = "sun:03:00-sun:03:30"

_DAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_WEEK_MINUTES: Final = 7 * 24 * 60
_MOMENT: Final = rf"({'|'.join(_DAYS)}):([01]\d|2[0-3]):[0-5]\d"
_WINDOW: Final = Text(
    rf"(?i:{_MOMENT}-{_MOMENT})", "ddd:hh:mm-ddd:hh:mm in UTC, at least 30 minutes", "sun:03:00-sun:03:30"
)
CLUSTER_ARGUMENTS: Final[Mapping[str, Shape]] = {
    "roles": ListOf(ROLE),
    "role_limit": ROLE_LIMIT,
    "default_role": ROLE,
    "cluster_identifier": CLUSTER_IDENTIFIER,
    "node_type": Text(r"[a-z][a-z0-9]*\.[a-z0-9]+", "a node type", "ra3.large"),
    "number_of_nodes": Number(1, quotas.MAX_NODES),
    "database_name": Text(
        r"[a-z][a-z0-9_]{0,63}", "1 to 64 lower-case letters, digits and underscores, a letter first", "sales"
    ),
    "admin_username": Text(
        r"[a-z][a-z0-9_+.@-]{0,127}", "1 to 128 lower-case letters, digits and _+.@-, a letter first", "warehouse_admin"
    ),
    "vpc": Kind("vpc_id", "an ec2.IVpc", "pass ec2.Vpc(…), or ec2.Vpc.from_lookup(self, 'Vpc', vpc_id='…')"),
    "vpc_subnets": Kind("subnet_type", "an ec2.SubnetSelection", "pass ec2.SubnetSelection(…)"),
    "security_groups": ListOf(Kind("security_group_id", "an ec2.ISecurityGroup", "pass ec2.SecurityGroup(…)")),
    "cluster_subnet_group_name": Text(
        r"[\w .-]{1,255}", "the name of a subnet group, 1 to 255 characters", "warehouse-subnets"
    ),
    "encryption_key": KEY,
    "snapshot_retention": RETENTION,
    "preferred_maintenance_window": _WINDOW,
    "audit_log_bucket": BUCKET,
    "multi_az": Flag(),
    "publicly_accessible": Flag(),
    "removal_policy": Kind("RETAIN_ON_UPDATE_OR_DELETE", "a RemovalPolicy", "pass RemovalPolicy.SNAPSHOT"),
}


def check_cluster(given: Given) -> Iterator[Problem]:
    """Check the arguments of a cluster; ``snapshot_days`` is a number for a `Duration`."""
    yield from check(given, CLUSTER_ARGUMENTS)
    yield from _port(given)
    yield from _network(given)
    yield from _parameters(given.get("parameters", {}))
    literal = {name: value for name, value in given.items() if not is_token(value)}
    for name in ("database_name", "admin_username"):
        yield from _reserved(name, literal.get(name))
    yield from _window_length(literal)
    yield from _node_type(literal)


def _port(given: Given) -> Iterator[Problem]:
    node_type, port = given.get("node_type"), given.get("port")
    if "port" not in given or is_number_token(port):
        return
    if not isinstance(node_type, str) or is_token(node_type):
        yield from WholeNumber(DEFAULT_PORT).check("port", port)
        return
    ranges = quotas.MANAGED_STORAGE_PORTS if quotas.has_managed_storage(node_type) else quotas.OTHER_PORTS
    yield from _port_in(port, ranges, node_type)


def _port_in(port: object, ranges: Sequence[range], whose: str) -> Iterator[Problem]:
    """Find a port that is in none of the ranges."""
    if not is_number_token(port) and (not is_whole(port) or not any(port in allowed for allowed in ranges)):
        allowed = " or ".join(f"{each.start} to {each.stop - 1}" for each in ranges)
        yield must_be("port", f"{allowed} for {whose}", port, f"pass a port from {allowed}")


def _network(given: Given) -> Iterator[Problem]:
    both = "vpc" in given, "cluster_subnet_group_name" in given
    if all(both):
        yield Problem("vpc", "'vpc' and 'cluster_subnet_group_name' are both given", "pass one of them")
    elif not any(both):
        fix = "pass vpc=…, or the name of a subnet group"
        yield Problem("", "neither 'vpc' nor 'cluster_subnet_group_name' is given", fix)
    if "vpc_subnets" in given and "vpc" not in given:
        yield Problem("vpc_subnets", "'vpc_subnets' is given without 'vpc'", "pass vpc=…, or drop vpc_subnets")


def _parameters(parameters: object) -> Iterator[Problem]:
    """Find database parameters that are no texts by name."""
    if not isinstance(parameters, Mapping):
        yield must_be("parameters", "a mapping of texts", parameters, "pass parameters={'name': 'value'}")
        return
    for name, value in parameters.items():
        if not isinstance(name, str) or not isinstance(value, str) or is_list_token(value):
            label = readable(repr(name))
            written = "…" if is_token(value) else str(value).lower()
            fix = f"write it as text: {{{label}: '{written}'}}"
            yield Problem("parameters", f"'parameters[{label}]' must be a text, got {shown(value)}", fix)


def _reserved(name: str, value: object) -> Iterator[Problem]:
    """Find a name that is a reserved word; a database may be called public, a user may not."""
    word = value.lower() if isinstance(value, str) else ""
    if word in quotas.RESERVED_WORDS or (name, word) == ("admin_username", "public"):
        yield Problem(name, f"'{name}' is {value!r}, which is a reserved word", f"choose another {name}")


def _window_length(given: Given) -> Iterator[Problem]:
    window = given.get("preferred_maintenance_window")
    if isinstance(window, str) and _WINDOW.fits(window):
        length, least = _minutes(window), quotas.MIN_MAINTENANCE_MINUTES
        if length < least:
            message = f"'preferred_maintenance_window' must be at least {least} minutes, got {length} in {window!r}"
            fix = f"end it at least {least} minutes after it begins"
            yield Problem("preferred_maintenance_window", message, fix)


@lru_cache(maxsize=64)
def _minutes(window: str) -> int:
    moments = [moment.split(":") for moment in window.lower().split("-")]
    start, end = ((_DAYS.index(day) * 24 + int(hour)) * 60 + int(minute) for day, hour, minute in moments)
    return (end - start) % _WEEK_MINUTES


def _node_type(given: Given) -> Iterator[Problem]:
    """Check what depends on the type and the number of the nodes."""
    node_type, days, nodes = (given.get(name) for name in ("node_type", "snapshot_days", "number_of_nodes"))
    is_managed = isinstance(node_type, str) and quotas.has_managed_storage(node_type)
    low, high = int(is_managed), quotas.MAX_SNAPSHOT_DAYS
    is_wrong = isinstance(days, (int, float)) and (days != int(days) or not low <= days <= high)
    if is_wrong and isinstance(node_type, str):
        message = f"'snapshot_retention' must be {low} to {high} whole days for {node_type}, got {days:g} days"
        yield Problem("snapshot_retention", message, "pass Duration.days(7)")
    if given.get("multi_az") is True:
        if is_whole(nodes) and nodes < quotas.MIN_NODES_MULTI_AZ:  # type: ignore[operator]
            fix = "pass number_of_nodes=2 or more, for each zone"
            yield Problem("multi_az", "'multi_az' is True for a cluster of one node", fix)
        if isinstance(node_type, str) and not is_managed:
            yield Problem("multi_az", f"'multi_az' is True for node type {node_type!r}", "pass an RA3 node type")


NAMESPACE_ARGUMENTS: Final[Mapping[str, Shape]] = {
    **{name: CLUSTER_ARGUMENTS[name] for name in ("roles", "role_limit", "default_role", "encryption_key")},
    "namespace_name": SERVERLESS_NAME,
    "database_name": Text(
        r"[a-zA-Z][a-zA-Z0-9_+.@-]{0,126}", "1 to 127 letters, digits and _+.@-, a letter first", "sales"
    ),
    "admin_username": Text(
        r"[a-zA-Z][a-zA-Z0-9_+.@-]{0,126}", "1 to 127 letters, digits and _+.@-, a letter first", "warehouse_admin"
    ),
    "final_snapshot_retention": RETENTION,
    "removal_policy": CLUSTER_ARGUMENTS["removal_policy"],
}


def check_namespace(given: Given) -> Iterator[Problem]:
    """Check the arguments of a namespace; ``snapshot_days`` is a number for a `Duration`."""
    yield from check(given, NAMESPACE_ARGUMENTS)
    for name in ("namespace_name", "database_name", "admin_username"):
        yield from _reserved(name, given.get(name))
    days, most = given.get("snapshot_days"), quotas.MAX_FINAL_SNAPSHOT_DAYS
    if isinstance(days, (int, float)) and (days != int(days) or not 1 <= days <= most):
        message = f"'final_snapshot_retention' must be 1 to {most:,} whole days, got {days:g} days"
        yield Problem(
            "final_snapshot_retention", message, "pass Duration.days(90), or leave it out to keep it for ever"
        )


_OF_NETWORK: Final = ("vpc", "vpc_subnets", "security_groups")
WORKGROUP_ARGUMENTS: Final[Mapping[str, Shape]] = {
    **{name: CLUSTER_ARGUMENTS[name] for name in (*_OF_NETWORK, "publicly_accessible")},
    "workgroup_name": SERVERLESS_NAME,
    "subnets": ListOf(
        Kind("subnet_id", "an ec2.ISubnet", "pass subnets of an ec2.Vpc, or ec2.Subnet.from_subnet_attributes(…)"),
        "name the subnets, or pass vpc=…",
    ),
    "max_capacity": Number(quotas.LEAST_CAPACITY, 2**31 - 1),
    "enhanced_vpc_routing": Flag(),
}


def check_workgroup(given: Given, region: str | None) -> Iterator[Problem]:
    """Check the arguments of a workgroup in a region; where that is not known, what some region allows is right."""
    yield from check(given, WORKGROUP_ARGUMENTS)
    yield from _workgroup_network(given)
    yield from _port_in(given.get("port"), quotas.MANAGED_STORAGE_PORTS, "a workgroup")
    yield from _parameters(given.get("parameters", {}))
    yield from _unknown_parameters(given.get("parameters"))
    base, most = given.get("base_capacity"), given.get("max_capacity")
    if "base_capacity" in given:
        yield from _base_capacity(base, region)
    least = given.get("base_capacity", quotas.DEFAULT_CAPACITY)
    if _is_known(least) and _is_known(most) and quotas.LEAST_CAPACITY <= most < least:  # type: ignore[operator]
        default = "" if "base_capacity" in given else " by default"
        message = f"'max_capacity' must be at least 'base_capacity', which is {least}{default}, got {most}"
        yield Problem("max_capacity", message, f"pass max_capacity={least} or more, or a smaller base_capacity")


def _unknown_parameters(parameters: object) -> Iterator[Problem]:
    """Find names that are no parameters of a workgroup; those of clusters are others."""
    given = parameters if isinstance(parameters, Mapping) else {}
    names = [name for name in given if isinstance(name, str) and not is_token(name)]
    metrics = [name for name in names if name.startswith(quotas.METRIC_PREFIX)]
    known = {*quotas.WORKGROUP_PARAMETERS, quotas.WORKLOAD_PARAMETER, *metrics}
    for name in names:
        if name not in known:
            message = f"'parameters[{readable(repr(name))}]' is not a parameter of a workgroup"
            allowed = (
                f"{', '.join(quotas.WORKGROUP_PARAMETERS)}, {quotas.WORKLOAD_PARAMETER} or a query monitoring metric"
            )
            fix = f"choose from {allowed}, or set cfn_workgroup.config_parameters for one that is new"
            yield Problem("parameters", message, fix)
    if metrics and quotas.WORKLOAD_PARAMETER in names:
        message = f"'parameters' has both {quotas.WORKLOAD_PARAMETER!r} and {metrics[0]!r}"
        yield Problem("parameters", message, f"write the limits of queries into {quotas.WORKLOAD_PARAMETER}")


def _is_known(value: object) -> bool:
    return is_whole(value) and not is_number_token(value)


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
    if not is_whole(value) or not is_right:
        where = f" in {region}" if region else ""
        text = f"{', '.join(allowed[:-1])} or {allowed[-1]}" if len(allowed) > 1 else allowed[0]
        fix = f"pass base_capacity={quotas.DEFAULT_CAPACITY}, or leave it out, which is the same"
        yield must_be("base_capacity", f"{text} RPU{where}", value, fix)


def _workgroup_network(given: Given) -> Iterator[Problem]:
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
    more = f"choose subnets in {least} zones; a VPC of a stack without env= has two: pass env= to the stack{fewer}"
    if len(subnets) < least:
        verb = "have" if argument == "vpc" else "be"
        message = f"'{argument}' must {verb} {least} or more subnets {routing}, got {len(subnets)}"
        yield Problem(argument, message, more)
    zones = {subnet.zone for subnet in subnets}
    needed = quotas.UNROUTED_SUBNETS if region == quotas.TWO_ZONES_REGION else least
    if None not in zones and len(zones) < min(needed, len(subnets)):
        where = f"{needed} or more availability zones {routing}, got {len(zones)}"
        message = (
            f"'{argument}' must have subnets in {where}" if argument == "vpc" else f"'{argument}' must be in {where}"
        )
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
