"""What the arguments of the constructs may be.

Values flow in; what is wrong with them, and what to do, flows out.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import chain
from typing import Final

from redshift_roles.aws import quotas
from redshift_roles.aws.placeholders import is_list_token, is_number_token, is_token, known, readable
from redshift_roles.rules.registry import Problem
from redshift_roles.rules.shapes import Flag, Kind, ListOf, Number, Shape, Text, is_whole, shown

DEFAULT_NODE_TYPE: Final = "ra3.large"
DEFAULT_DATABASE: Final = "warehouse"
DEFAULT_ADMIN: Final = "warehouse_admin"
# Not 5439, which scanners try first.
DEFAULT_PORT: Final = 5440
DEFAULT_WINDOW: Final = "sun:03:00-sun:03:30"
_DEFAULTS: Final = {
    "node_type": DEFAULT_NODE_TYPE,
    "database_name": DEFAULT_DATABASE,
    "admin_username": DEFAULT_ADMIN,
    "preferred_maintenance_window": DEFAULT_WINDOW,
}

Given = Mapping[str, object]
_ABSENT: Final = object()


ROLE: Final = Kind(
    "role_arn", "an iam.IRole", "pass a RedshiftRole, or iam.Role.from_role_arn(self, 'Imported', 'arn:…')"
)
_POLICY: Final = Kind(
    "managed_policy_arn", "an iam.IManagedPolicy", "pass iam.ManagedPolicy(…), or one of its from_ methods"
)
_DURATION: Final = Kind("to_seconds", "a Duration", "pass Duration.hours(1)")
_RETENTION: Final = _DURATION._replace(advice="pass Duration.days(7)")
TIMEOUT: Final = _DURATION._replace(advice="pass Duration.minutes(10)")
BUCKET: Final = Kind(
    "bucket_arn", "an s3.IBucket", "pass s3.Bucket(…), or s3.Bucket.from_bucket_name(self, 'Logs', '…')"
)
_KEY: Final = Kind("key_arn", "a kms.IKey", "pass kms.Key(…), or kms.Key.from_key_arn(self, 'Key', 'arn:…')")
_VPC: Final = Kind("vpc_id", "an ec2.IVpc", "pass ec2.Vpc(…), or ec2.Vpc.from_lookup(self, 'Vpc', vpc_id='…')")
_SUBNETS: Final = Kind("subnet_type", "an ec2.SubnetSelection", "pass ec2.SubnetSelection(…)")
_SECURITY_GROUP: Final = Kind("security_group_id", "an ec2.ISecurityGroup", "pass ec2.SecurityGroup(…)")
USER: Final = Kind("user_ref", "an iam.IUser", "pass iam.User(…), or iam.User.from_user_name(self, 'User', '…')")
GROUP: Final = Kind("group_ref", "an iam.IGroup", "pass iam.Group(…), or iam.Group.from_group_name(self, 'Group', '…')")
_REMOVAL: Final = Kind("RETAIN_ON_UPDATE_OR_DELETE", "a RemovalPolicy", "pass RemovalPolicy.SNAPSHOT")

_MOMENT: Final = r"(mon|tue|wed|thu|fri|sat|sun):([01]\d|2[0-3]):[0-5]\d"

CONSTRUCT_ID: Final = Text(r"(?s:.*\S.*)", "a literal name", "Warehouse", literal=True)
CLUSTER_IDENTIFIER: Final = Text(
    r"(?=.{1,63}$)[a-z][a-z0-9]*(-[a-z0-9]+)*",
    "1 to 63 lower-case letters, digits and single hyphens, a letter first",
    "sales-warehouse",
)
_ROLE_NAME: Final = Text(r"[\w+=,.@-]{1,64}", "1 to 64 letters, digits and +=,.@_-", "warehouse-loader")
_PATH: Final = Text(
    r"/|(?=.{1,512}$)/[\x21-\x7e]+/", "a path that begins and ends with a slash, at most 512", "/redshift/"
)
_DESCRIPTION: Final = Text(r"[\t\n\r\x20-\x7e\xa1-\xff]{0,1000}", "at most 1,000 printable characters", "Loads sales")
_POLICY_NAME: Final = Text(r"[\w+=,.@-]{1,128}", "1 to 128 letters, digits and +=,.@_-", "warehouse-role-association")
_REGION: Final = Text(r"[a-z]{2,4}(-[a-z]+)+-\d", "a region's name", "eu-west-1")
_WINDOW: Final = Text(
    rf"(?i:{_MOMENT}-{_MOMENT})",
    "ddd:hh:mm-ddd:hh:mm in UTC, at least 30 minutes",
    "sun:03:00-sun:03:30",
)
_DATABASE: Final = Text(
    r"[a-z][a-z0-9_]{0,63}", "1 to 64 lower-case letters, digits and underscores, a letter first", "sales"
)
_ADMIN: Final = Text(
    r"[a-z][a-z0-9_+.@-]{0,127}", "1 to 128 lower-case letters, digits and _+.@-, a letter first", "warehouse_admin"
)
_NODE_TYPE: Final = Text(r"[a-z][a-z0-9]*\.[a-z0-9]+", "a node type", "ra3.large")
_SUBNET_GROUP: Final = Text(r"[\w .-]{1,255}", "the name of a subnet group, 1 to 255 characters", "warehouse-subnets")

ROLE_ARGUMENTS: Final[Mapping[str, Shape]] = {
    "role_name": _ROLE_NAME,
    "description": _DESCRIPTION,
    "path": _PATH,
    "max_session_duration": _DURATION,
    "permissions_boundary": _POLICY,
    "managed_policies": ListOf(_POLICY),
    "serverless": Flag(),
    "regions": ListOf(_REGION),
}
POLICY_ARGUMENTS: Final[Mapping[str, Shape]] = {
    "pass_roles": ListOf(ROLE),
    "create_clusters": Flag(),
    "describe_all_clusters": Flag(),
    "users": ListOf(USER),
    "groups": ListOf(GROUP),
    "managed_policy_name": _POLICY_NAME,
    "description": _DESCRIPTION,
}
CLUSTER_ARGUMENTS: Final[Mapping[str, Shape]] = {
    "roles": ListOf(ROLE),
    "default_role": ROLE,
    "cluster_identifier": CLUSTER_IDENTIFIER,
    "node_type": _NODE_TYPE,
    "number_of_nodes": Number(1, quotas.MAX_NODES),
    "database_name": _DATABASE,
    "admin_username": _ADMIN,
    "vpc": _VPC,
    "vpc_subnets": _SUBNETS,
    "security_groups": ListOf(_SECURITY_GROUP),
    "cluster_subnet_group_name": _SUBNET_GROUP,
    "encryption_key": _KEY,
    "snapshot_retention": _RETENTION,
    "preferred_maintenance_window": _WINDOW,
    "audit_log_bucket": BUCKET,
    "multi_az": Flag(),
    "publicly_accessible": Flag(),
    "removal_policy": _REMOVAL,
}

# Arguments that have a default, or must be given: None is no value for them.
REQUIRED_OF_POLICY: Final = frozenset({"pass_roles", "create_clusters", "describe_all_clusters"})


def check(given: Given, allowed: Mapping[str, Shape]) -> Iterator[Problem]:
    """Check each argument by itself; a default was right when it was written."""
    for name, value in given.items():
        if name in allowed and value is not _DEFAULTS.get(name, _ABSENT):
            yield from allowed[name].check(name, value)


def check_role(given: Given) -> Iterator[Problem]:
    """Check the arguments of a role. ``session_seconds`` stands for a `Duration`."""
    yield from check(given, ROLE_ARGUMENTS)
    if given.get("regions", _ABSENT) in ([], ()):
        yield Problem(
            "regions",
            "'regions' must have at least one region, got an empty list",
            "name the regions, or leave regions out to trust all",
        )
    seconds = given.get("session_seconds")
    low, high = quotas.MIN_SESSION_SECONDS, quotas.MAX_SESSION_SECONDS
    if isinstance(seconds, (int, float)) and not low <= seconds <= high:
        yield Problem(
            "max_session_duration",
            f"'max_session_duration' must be {low} to {high} (1 to 12 hours), got {seconds:g} seconds",
            "pass Duration.hours(1) to Duration.hours(12)",
        )


def check_policy(given: Given) -> Iterator[Problem]:
    """Check the arguments of a user policy."""
    yield from check(given, POLICY_ARGUMENTS)
    for name in ("clusters", "pass_roles"):
        if given.get(name, _ABSENT) in ([], ()):
            yield Problem(
                name,
                f"'{name}' must have at least one entry, got an empty list",
                f"name what the users may do this with: {name}=[…]",
            )


def check_roles(given: Given) -> Iterator[Problem]:
    """Check the roles of a cluster alone."""
    yield from CLUSTER_ARGUMENTS["roles"].check("roles", given.get("roles"))


def check_cluster(given: Given) -> Iterator[Problem]:
    """Check the arguments of a cluster. ``snapshot_days`` stands for a `Duration`."""
    literal = known(given)
    yield from chain(
        check(given, CLUSTER_ARGUMENTS),
        _role_limit(given),
        _reserved(literal),
        _port(given),
        _network(given),
        _snapshots(literal),
        _window_length(literal),
        _availability(literal),
        _parameters(given),
    )


def _role_limit(given: Given) -> Iterator[Problem]:
    if not is_whole(given.get("role_limit", quotas.DEFAULT_ROLE_LIMIT)):
        yield Problem(
            "role_limit", f"'role_limit' must be a whole number, got {shown(given['role_limit'])}", "pass role_limit=10"
        )


# No user may be called so, though a database may.
_PUBLIC: Final = ("admin_username", "public")


def _reserved(given: Given) -> Iterator[Problem]:
    for name in ("database_name", "admin_username"):
        value = given.get(name)
        if isinstance(value, str) and (value in quotas.RESERVED_WORDS or (name, value) == _PUBLIC):
            yield Problem(name, f"'{name}' is {value!r}, which is a reserved word", f"choose another {name}")


def _port(given: Given) -> Iterator[Problem]:
    node_type, port = given.get("node_type"), given.get("port")
    if "port" not in given or is_number_token(port):
        return
    if not isinstance(node_type, str) or is_token(node_type):
        if not is_whole(port):
            yield Problem("port", f"'port' must be a whole number, got {shown(port)}", f"pass port={DEFAULT_PORT}")
        return
    ranges = quotas.MANAGED_STORAGE_PORTS if quotas.has_managed_storage(node_type) else quotas.OTHER_PORTS
    if not is_whole(port) or not any(port in allowed for allowed in ranges):
        words = " or ".join(f"{allowed.start} to {allowed.stop - 1}" for allowed in ranges)
        yield Problem("port", f"'port' must be {words} for {node_type}, got {shown(port)}", f"pass a port from {words}")


def _network(given: Given) -> Iterator[Problem]:
    both = "vpc" in given, "cluster_subnet_group_name" in given
    if all(both):
        yield Problem("vpc", "'vpc' and 'cluster_subnet_group_name' are both given", "pass one of them")
    elif not any(both):
        yield Problem(
            "", "neither 'vpc' nor 'cluster_subnet_group_name' is given", "pass vpc=…, or the name of a subnet group"
        )
    if "vpc_subnets" in given and "vpc" not in given:
        yield Problem("vpc_subnets", "'vpc_subnets' is given without 'vpc'", "pass vpc=…, or drop vpc_subnets")


def _snapshots(given: Given) -> Iterator[Problem]:
    days, node_type = given.get("snapshot_days"), given.get("node_type")
    if isinstance(days, (int, float)) and isinstance(node_type, str):
        low = 1 if quotas.has_managed_storage(node_type) else 0
        if days != int(days) or not low <= days <= quotas.MAX_SNAPSHOT_DAYS:
            allowed = f"{low} to {quotas.MAX_SNAPSHOT_DAYS} whole days"
            yield Problem(
                "snapshot_retention",
                f"'snapshot_retention' must be {allowed} for {node_type}, got {days:g} days",
                "pass Duration.days(7)",
            )


_DAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_WEEK_MINUTES: Final = 7 * 24 * 60


def _window_length(given: Given) -> Iterator[Problem]:
    window = given.get("preferred_maintenance_window")
    if window is DEFAULT_WINDOW or not isinstance(window, str) or not _WINDOW.fits(window):
        return
    start, end = (_minute(moment) for moment in window.lower().split("-"))
    length = (end - start) % _WEEK_MINUTES
    if length < quotas.MIN_MAINTENANCE_MINUTES:
        allowed = f"allowed is at least {quotas.MIN_MAINTENANCE_MINUTES}"
        yield Problem(
            "preferred_maintenance_window",
            f"'preferred_maintenance_window' is {window!r}, {length} minutes long, {allowed}",
            "end it at least 30 minutes after it begins",
        )


def _minute(moment: str) -> int:
    day, hour, minute = moment.split(":")
    return (_DAYS.index(day) * 24 + int(hour)) * 60 + int(minute)


def _availability(given: Given) -> Iterator[Problem]:
    if given.get("multi_az") is not True:
        return
    nodes, node_type = given.get("number_of_nodes"), given.get("node_type")
    if is_whole(nodes) and nodes < quotas.MIN_NODES_MULTI_AZ:  # type: ignore[operator]
        yield Problem(
            "multi_az", "'multi_az' is True for a cluster of one node", "pass number_of_nodes=2 or more, for each zone"
        )
    if isinstance(node_type, str) and not quotas.has_managed_storage(node_type):
        yield Problem("multi_az", f"'multi_az' is True for node type {node_type!r}", "pass an RA3 node type")


def _parameters(given: Given) -> Iterator[Problem]:
    parameters = given.get("parameters", {})
    if not isinstance(parameters, Mapping):
        yield Problem(
            "parameters",
            f"'parameters' must be a mapping of texts, got {shown(parameters)}",
            "pass parameters={'name': 'value'}",
        )
        return
    for name, value in parameters.items():
        if not isinstance(name, str) or not isinstance(value, str) or is_list_token(value):
            label = readable(repr(name))
            written = "…" if is_token(value) else str(value).lower()
            yield Problem(
                "parameters",
                f"'parameters[{label}]' must be a text, got {shown(value)}",
                f"write it as text: {{{label}: '{written}'}}",
            )
