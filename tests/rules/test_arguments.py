"""Each argument at its boundaries."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from redshift_roles.rules import arguments
from redshift_roles.rules.registry import Problem
from tests.support.problems import messages_and_fixes

Check = Any


class Stack:
    """Something of the wrong kind, with a name that people know."""


class IUser:
    """Something of the wrong kind whose name begins with a vowel."""


def _of_kind(attribute: str) -> object:
    """Make an object that has this attribute, as its class says."""
    return type("Fake", (), {attribute: None})()


NETWORK = {"vpc": _of_kind("vpc_id")}
PORTS = {"ra3.large": "5431 to 5455 or 8191 to 8215", "rg.xlarge": "5431 to 5455 or 8191 to 8215"}
PORTS["dc2.large"] = "1150 to 65535"
CLUSTER_NAME = "1 to 63 lower-case letters, digits and single hyphens, a letter first"
DATABASE_NAME = "1 to 64 lower-case letters, digits and underscores, a letter first"
ADMIN_NAME = "1 to 128 lower-case letters, digits and _+.@-, a letter first"
SUBNET_GROUP = "the name of a subnet group, 1 to 255 characters"
WINDOW = "ddd:hh:mm-ddd:hh:mm in UTC, at least 30 minutes"
ROLE_NAME = "1 to 64 letters, digits and +=,.@_-"
POLICY_NAME = "1 to 128 letters, digits and +=,.@_-"
PATH = "a path that begins and ends with a slash, at most 512"
DESCRIPTION = "at most 1,000 printable characters"
REGION = "a region's name"
NODES = "a whole number from 1 to 100"


def _cluster(**given: object) -> list[tuple[str, str]]:
    """Check these arguments beside a sound network and node type."""
    return messages_and_fixes(arguments.check_cluster({**NETWORK, "node_type": "ra3.large", **given}))


def _without_network(**given: object) -> list[tuple[str, str]]:
    """Check these arguments of a cluster alone."""
    return messages_and_fixes(arguments.check_cluster(given))


def _role(**given: object) -> list[tuple[str, str]]:
    """Check these arguments of a role."""
    return messages_and_fixes(arguments.check_role(given))


def _policy(**given: object) -> list[tuple[str, str]]:
    """Check these arguments of a user policy."""
    return messages_and_fixes(arguments.check_policy(given))


# fmt: off
MISFITS: list[tuple[Check, str, str, str, list[object]]] = [
    (_cluster, "cluster_identifier", CLUSTER_NAME, "sales-warehouse", [
        "", "Sales", "9sales", "-sales", "sales-", "sales--warehouse", "sales_warehouse", "warehouse_admin", "s" * 64,
        "sales\n", "salés", 9, None, b"sales",
    ]),
    (_cluster, "database_name", DATABASE_NAME, "sales", [
        "", "my-data", "9data", "_data", "Data", "d" * 65, "data\n", 9, None, ["sales"],
    ]),
    (_cluster, "admin_username", ADMIN_NAME, "warehouse_admin", [
        "", "Admin", "9admin", "ad min", "a" * 129, {"name": "admin"},
    ]),
    (_cluster, "node_type", "a node type", "ra3.large", [
        "", "ra3", "warehouse", "ra3.", ".large", "RA3.large", "3ra.large", "ra3.large.x",
    ]),
    (_without_network, "cluster_subnet_group_name", SUBNET_GROUP, "warehouse-subnets", ["", "a" * 256, "a/b", 9]),
    (_cluster, "preferred_maintenance_window", WINDOW, "sun:03:00-sun:03:30", [
        "", "sun:03:00", "sun:03:00-sun:03:30-", "sun:24:00-mon:03:30", "sun:03:60-sun:04:30", "sun:3:00-sun:4:00",
        "sunday:03:00-sunday:03:30", "03:00-03:30", "sun:03:00 sun:03:30", 9,
    ]),
    (_role, "role_name", ROLE_NAME, "warehouse-loader", [
        "", "n" * 65, "team/loader", "a b", "ladér", 9, "name\n",
    ]),
    (_role, "path", PATH, "/redshift/", [
        "", "redshift/", "/redshift", "//", "/red shift/", f"/{'p' * 511}/", "/réd/", 9,
    ]),
    (_role, "description", DESCRIPTION, "Loads sales", ["d" * 1001, "a\x00", "€", 9]),
    (_policy, "description", DESCRIPTION, "Loads sales", ["d" * 1001, 9]),
    (_policy, "managed_policy_name", POLICY_NAME, "warehouse-role-association", ["", "n" * 129, "a/b"]),
]
# fmt: on


@pytest.mark.parametrize(
    ("check", "name", "allowed", "example", "value"),
    [(*argument, value) for *argument, values in MISFITS for value in values],
)
def test_fails_when_a_text_does_not_fit(check: Check, name: str, allowed: str, example: str, value: object) -> None:
    """The message shows the value and what is allowed, the fix a value to imitate."""
    shown = {"": "empty", "['sales']": "a list", "{'name': 'admin'}": "a dict"}.get(str(value), repr(value))

    assert [(f"'{name}' must be {allowed}, got {shown}", f"write it like {name}='{example}'")] == check(**{name: value})


@pytest.mark.parametrize(
    ("check", "given"),
    [
        *((_cluster, {"cluster_identifier": value}) for value in ("s", "s" * 63, "sales-9-warehouse", "s9")),
        *((_cluster, {"database_name": value}) for value in ("d", "d" * 64, "data_9_", "dev")),
        *((_cluster, {"admin_username": value}) for value in ("a", "a" * 128, "a_+.@-9", "publics")),
        *((_cluster, {"node_type": value}) for value in ("ra3.large", "ra3.16xlarge", "rg.xlarge", "dc2.large")),
        *((_cluster, {"number_of_nodes": value}) for value in (1, 2, 100)),
        *((_cluster, {"role_limit": value}) for value in (0, 10, 51)),
        *((_cluster, {"parameters": value}) for value in ({}, {"require_ssl": "true"})),
        *((_without_network, {"cluster_subnet_group_name": value}) for value in ("a", "a" * 255, "Sub nets_9.-")),
        *((_role, {"role_name": value}) for value in ("n", "n" * 64, "Az09_+=,.@-")),
        *((_role, {"path": value}) for value in ("/", "/a/", "/a/b!~/", f"/{'p' * 510}/")),
        *((_role, {"description": value}) for value in ("", "d" * 1000, "tab\tline\r\nÿ¡ ~")),
        *((_role, {"regions": value}) for value in (["us-east-1"], ("us-gov-west-1", "eusc-de-east-1", "cn-north-1"))),
        *((_role, {"session_seconds": value}) for value in (3600, 43200, 7200.5, None)),
        (_role, {"serverless": False, "max_session_duration": _of_kind("to_seconds")}),
        (_role, {"permissions_boundary": _of_kind("managed_policy_arn"), "managed_policies": []}),
        *((_policy, {"managed_policy_name": value}) for value in ("n", "n" * 128, "Az09_+=,.@-")),
        (_policy, {"description": "d" * 1000, "create_clusters": True, "describe_all_clusters": False}),
        (_policy, {"users": [], "groups": (), "clusters": ["sales"], "pass_roles": [_of_kind("role_arn")]}),
    ],
)
def test_arguments_are_allowed_to_their_last_value(check: Check, given: Mapping[str, object]) -> None:
    """What AWS takes is taken."""
    assert check(**given) == []


@pytest.mark.parametrize(
    ("check", "name", "attribute", "noun", "advice"),
    [
        (_role, "max_session_duration", "to_seconds", "a Duration", "pass Duration.hours(1)"),
        (
            _role,
            "permissions_boundary",
            "managed_policy_arn",
            "an iam.IManagedPolicy",
            "pass iam.ManagedPolicy(…), or one of its from_ methods",
        ),
        (_cluster, "snapshot_retention", "to_seconds", "a Duration", "pass Duration.days(7)"),
        (
            _cluster,
            "vpc",
            "vpc_id",
            "an ec2.IVpc",
            "pass ec2.Vpc(…), or ec2.Vpc.from_lookup(self, 'Vpc', vpc_id='…')",
        ),
        (_cluster, "vpc_subnets", "subnet_type", "an ec2.SubnetSelection", "pass ec2.SubnetSelection(…)"),
        (
            _cluster,
            "encryption_key",
            "key_arn",
            "a kms.IKey",
            "pass kms.Key(…), or kms.Key.from_key_arn(self, 'Key', 'arn:…')",
        ),
        (
            _cluster,
            "audit_log_bucket",
            "bucket_arn",
            "an s3.IBucket",
            "pass s3.Bucket(…), or s3.Bucket.from_bucket_name(self, 'Logs', '…')",
        ),
        (
            _cluster,
            "removal_policy",
            "RETAIN_ON_UPDATE_OR_DELETE",
            "a RemovalPolicy",
            "pass RemovalPolicy.SNAPSHOT",
        ),
    ],
)
def test_fails_when_an_object_is_of_another_kind(
    check: Check, name: str, attribute: str, noun: str, advice: str
) -> None:
    """An object of the right kind passes."""
    assert [] == check(**{name: _of_kind(attribute)})
    for value, shown in ((Stack(), "a Stack"), (IUser(), "an IUser"), ("text", "'text'"), (7, "7"), (None, "None")):
        assert [(f"'{name}' must be {noun}, got {shown}", advice)] == check(**{name: value})


@pytest.mark.parametrize(
    ("check", "name", "attribute", "noun", "advice"),
    [
        (
            _cluster,
            "roles",
            "role_arn",
            "an iam.IRole",
            "pass a RedshiftRole, or iam.Role.from_role_arn(self, 'Imported', 'arn:…')",
        ),
        (
            _policy,
            "pass_roles",
            "role_arn",
            "an iam.IRole",
            "pass a RedshiftRole, or iam.Role.from_role_arn(self, 'Imported', 'arn:…')",
        ),
        (
            _policy,
            "users",
            "user_ref",
            "an iam.IUser",
            "pass iam.User(…), or iam.User.from_user_name(self, 'User', '…')",
        ),
        (
            _policy,
            "groups",
            "group_ref",
            "an iam.IGroup",
            "pass iam.Group(…), or iam.Group.from_group_name(self, 'Group', '…')",
        ),
        (
            _role,
            "managed_policies",
            "managed_policy_arn",
            "an iam.IManagedPolicy",
            "pass iam.ManagedPolicy(…), or one of its from_ methods",
        ),
        (
            _cluster,
            "security_groups",
            "security_group_id",
            "an ec2.ISecurityGroup",
            "pass ec2.SecurityGroup(…)",
        ),
    ],
)
def test_fails_when_a_list_holds_something_else(
    check: Check, name: str, attribute: str, noun: str, advice: str
) -> None:
    """Each entry that is wrong is told by its place; a text among roles is the commonest mistake."""
    right = _of_kind(attribute)

    assert [
        (f"'{name}[1]' must be {noun}, got 'arn:aws'", advice),
        (f"'{name}[3]' must be {noun}, got a Stack", advice),
    ] == check(**{name: [right, "arn:aws", right, Stack()]})


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("sales", "'sales'"),
        (b"sales", "b'sales'"),
        ("", "empty"),
        (None, "None"),
        (7, "7"),
        ({"a": 1}, "a dict"),
        (Stack(), "a Stack"),
        ({"us-east-1"}, "a set"),
    ],
)
@pytest.mark.parametrize(("check", "name"), [(_cluster, "roles"), (_policy, "pass_roles"), (_role, "regions")])
def test_fails_when_a_list_is_something_else(check: Check, name: str, value: object, shown: str) -> None:
    """A text is a sequence of characters, and yet no list."""
    assert [(f"'{name}' must be a list, got {shown}", f"pass {name}=[…]")] == check(**{name: value})


@pytest.mark.parametrize("value", ["sales", None, [Stack()], [], [_of_kind("role_arn")]])
def test_roles_are_checked_alone_as_with_all_the_rest(value: object) -> None:
    """What comes in later is checked as what came in with the constructor."""
    assert _cluster(roles=value) == messages_and_fixes(arguments.check_roles({"roles": value}))


@pytest.mark.parametrize(
    ("check", "name"),
    [
        (_role, "serverless"),
        (_policy, "create_clusters"),
        (_policy, "describe_all_clusters"),
        (_cluster, "multi_az"),
        (_cluster, "publicly_accessible"),
    ],
)
@pytest.mark.parametrize(("value", "shown"), [(1, "1"), (0, "0"), ("yes", "'yes'"), (None, "None"), ([], "a list")])
def test_fails_when_a_flag_is_neither_true_nor_false(check: Check, name: str, value: object, shown: str) -> None:
    """One and zero are numbers."""
    found = check(**{name: value})

    assert [(f"'{name}' must be True or False, got {shown}", f"pass {name}=True or {name}=False")] == found


@pytest.mark.parametrize(
    ("value", "shown"), [(0, "0"), (101, "101"), (-1, "-1"), (True, "True"), ("2", "'2'"), (2.0, "2.0"), (None, "None")]
)
def test_fails_when_the_number_of_nodes_is_out_of_range(value: object, shown: str) -> None:
    """A cluster has 1 to 100 nodes."""
    assert [(f"'number_of_nodes' must be {NODES}, got {shown}", f"pass {NODES}")] == _cluster(number_of_nodes=value)


@pytest.mark.parametrize(("value", "shown"), [(True, "True"), ("10", "'10'"), (10.0, "10.0"), (None, "None")])
def test_fails_when_the_role_limit_is_no_whole_number(value: object, shown: str) -> None:
    """Its range is a rule of its own."""
    expected = [(f"'role_limit' must be a whole number, got {shown}", "pass role_limit=10")]

    assert expected == _cluster(role_limit=value)


@pytest.mark.parametrize(
    ("name", "value"),
    [("database_name", "user"), ("database_name", "table"), ("admin_username", "user"), ("admin_username", "public")],
)
def test_fails_when_a_name_is_a_reserved_word(name: str, value: str) -> None:
    """Redshift refuses its own words as names, and the user that stands for everybody."""
    expected = [(f"'{name}' is {value!r}, which is a reserved word", f"choose another {name}")]

    assert expected == _cluster(**{name: value})


def test_a_database_may_be_public() -> None:
    """Only a user may not be called so, and words stand in the way of names alone."""
    assert [[], []] == [_cluster(database_name="public"), _cluster(cluster_identifier="user")]


@pytest.mark.parametrize(
    ("node_type", "port"),
    [
        *(("ra3.large", port) for port in (5430, 5456, 8190, 8216, 0, "5440", True, None, 5440.0)),
        ("rg.xlarge", 8216),
        *(("dc2.large", port) for port in (1149, 65536, "5440")),
    ],
)
def test_fails_when_the_port_is_out_of_range(node_type: str, port: object) -> None:
    """The range depends on the node type, and the message says on which."""
    words = PORTS[node_type]
    expected = [(f"'port' must be {words} for {node_type}, got {port!r}", f"pass a port from {words}")]

    assert expected == _cluster(node_type=node_type, port=port)


@pytest.mark.parametrize(
    ("node_type", "port"),
    [
        *(("ra3.large", port) for port in (5431, 5440, 5455, 8191, 8215)),
        *(("dc2.large", port) for port in (1150, 5430, 65535)),
    ],
)
def test_ports_are_allowed_to_the_last_one(node_type: str, port: int) -> None:
    """Two ranges for managed storage, one for the rest."""
    assert _cluster(node_type=node_type, port=port) == []


def test_a_port_is_not_judged_where_the_node_type_is_not_known() -> None:
    """The range is not known then; that it is a whole number is."""
    token = "${Token[TOKEN.7]}"  # noqa: S105  a reference, not a secret

    assert [] == messages_and_fixes(arguments.check_cluster({**NETWORK, "port": 9}))
    assert [] == messages_and_fixes(arguments.check_cluster({**NETWORK, "port": 9, "node_type": token}))
    assert [
        ("'port' must be a whole number, got a value that only the deployment knows", "pass port=5440")
    ] == messages_and_fixes(arguments.check_cluster({**NETWORK, "port": token, "node_type": token}))


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (
            {},
            ("neither 'vpc' nor 'cluster_subnet_group_name' is given", "pass vpc=…, or the name of a subnet group"),
        ),
        (
            {**NETWORK, "cluster_subnet_group_name": "subnets"},
            ("'vpc' and 'cluster_subnet_group_name' are both given", "pass one of them"),
        ),
        (
            {"cluster_subnet_group_name": "subnets", "vpc_subnets": _of_kind("subnet_type")},
            ("'vpc_subnets' is given without 'vpc'", "pass vpc=…, or drop vpc_subnets"),
        ),
    ],
    ids=["neither", "both", "subnets without vpc"],
)
def test_fails_when_the_network_is_not_named_once(given: Mapping[str, object], expected: object) -> None:
    """Exactly one of a VPC and a subnet group says where the cluster stands."""
    assert [expected] == _without_network(**given)


def test_subnets_are_chosen_of_a_vpc() -> None:
    """With its VPC, a choice of subnets passes."""
    assert _cluster(vpc_subnets=_of_kind("subnet_type")) == []


@pytest.mark.parametrize(
    ("node_type", "days", "low"),
    [
        ("ra3.large", 0, 1),
        ("ra3.large", 36, 1),
        ("ra3.large", 1.5, 1),
        ("ra3.large", 0.5, 1),
        ("dc2.large", 36, 0),
        ("dc2.large", 0.5, 0),
        ("dc2.large", -1, 0),
    ],
)
def test_fails_when_snapshots_are_kept_too_short_or_too_long(node_type: str, days: float, low: int) -> None:
    """Whole days, and at least one where the node type keeps its data in managed storage."""
    message = f"'snapshot_retention' must be {low} to 35 whole days for {node_type}, got {days:g} days"

    assert [(message, "pass Duration.days(7)")] == _cluster(node_type=node_type, snapshot_days=days)


@pytest.mark.parametrize(
    ("node_type", "days"), [("ra3.large", 1), ("ra3.large", 35), ("ra3.large", 7.0), ("dc2.large", 0), (None, 99)]
)
def test_snapshots_are_kept_up_to_thirty_five_days(node_type: str | None, days: float) -> None:
    """Where the node type is not known, nothing is judged."""
    known = {"node_type": node_type} if node_type else {}

    assert _without_network(**NETWORK, **known, snapshot_days=days) == []


@pytest.mark.parametrize(
    ("window", "minutes"),
    [
        ("sun:03:00-sun:03:29", 29),
        ("sun:23:50-mon:00:19", 29),
        ("mon:00:00-mon:00:00", 0),
        ("Tue:23:59-WED:00:00", 1),
    ],
)
def test_fails_when_the_maintenance_window_is_too_short(window: str, minutes: int) -> None:
    """It is counted over midnight and over the end of the week."""
    message = f"'preferred_maintenance_window' must be at least 30, got {window!r}, {minutes} minutes long"

    assert [(message, "end it at least 30 minutes after it begins")] == _cluster(preferred_maintenance_window=window)


@pytest.mark.parametrize(
    "window",
    [
        arguments.DEFAULT_WINDOW,
        "sun:03:00-sun:03:30",
        "sun:23:50-mon:00:20",
        "mon:22:00-tue:01:00",
        "SAT:09:59-Sat:19:00",
        "thu:00:00-wed:23:59",
    ],
)
def test_a_maintenance_window_of_half_an_hour_passes(window: str) -> None:
    """Days are taken in either case, and the week may end within the window."""
    assert _cluster(preferred_maintenance_window=window) == []


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (
            {"number_of_nodes": 1},
            [("'multi_az' is True for a cluster of one node", "pass number_of_nodes=2 or more, for each zone")],
        ),
        (
            {"node_type": "dc2.large", "number_of_nodes": 2},
            [("'multi_az' is True for node type 'dc2.large'", "pass an RA3 node type")],
        ),
        ({"number_of_nodes": 2}, []),
        ({}, []),
    ],
)
def test_two_zones_need_two_nodes_of_managed_storage(
    given: Mapping[str, object], expected: list[tuple[str, str]]
) -> None:
    """What is not known is not judged."""
    assert expected == _cluster(multi_az=True, **given)
    assert _without_network(**NETWORK, multi_az=True) == []


def test_one_zone_needs_neither() -> None:
    """A cluster of one zone may have one node of any type."""
    assert _cluster(multi_az=False, number_of_nodes=1, node_type="dc2.large") == []


@pytest.mark.parametrize(
    ("parameters", "expected"),
    [
        (
            {"require_ssl": True, "query_group": "x", "statement_timeout": 9},
            [
                ("'parameters['require_ssl']' must be a text, got True", "write it as text: {'require_ssl': 'true'}"),
                (
                    "'parameters['statement_timeout']' must be a text, got 9",
                    "write it as text: {'statement_timeout': '9'}",
                ),
            ],
        ),
        ({9: "x"}, [("'parameters[9]' must be a text, got 'x'", "write it as text: {9: 'x'}")]),
        (
            [("require_ssl", "true")],
            [("'parameters' must be a mapping of texts, got a list", "pass parameters={'name': 'value'}")],
        ),
        (None, [("'parameters' must be a mapping of texts, got None", "pass parameters={'name': 'value'}")]),
    ],
    ids=["values", "names", "list", "none"],
)
def test_fails_when_parameters_are_no_texts(parameters: object, expected: list[tuple[str, str]]) -> None:
    """The fix writes the value as Redshift takes it."""
    assert expected == _cluster(parameters=parameters)


@pytest.mark.parametrize("regions", [[], ()])
def test_fails_when_regions_are_named_and_there_are_none(regions: object) -> None:
    """A role that trusts Redshift nowhere is of no use."""
    expected = (
        "'regions' must have at least one region, got an empty list",
        "name the regions, or leave regions out to trust all",
    )

    assert [expected] == _role(regions=regions)


@pytest.mark.parametrize("region", ["", "Europe", "eu-west", "eu-west-1a", "EU-WEST-1", 7, "eu-west-1\n"])
def test_fails_when_a_region_is_none(region: object) -> None:
    """A zone is no region, and the entry is told by its place."""
    name = "regions[1]"
    given = "empty" if region == "" else repr(region)

    assert [(f"'{name}' must be {REGION}, got {given}", f"write it like {name}='eu-west-1'")] == _role(
        regions=["us-east-1", region]
    )


@pytest.mark.parametrize(("seconds", "shown"), [(3599, "3599"), (43201, "43201"), (0, "0"), (60.5, "60.5")])
def test_fails_when_a_session_is_too_short_or_too_long(seconds: float, shown: str) -> None:
    """A session lasts one to twelve hours."""
    message = f"'max_session_duration' must be 3600 to 43200 (1 to 12 hours), got {shown} seconds"

    assert [(message, "pass Duration.hours(1) to Duration.hours(12)")] == _role(session_seconds=seconds)


@pytest.mark.parametrize("name", ["clusters", "pass_roles"])
@pytest.mark.parametrize("value", [[], ()])
def test_fails_when_a_policy_names_nothing(name: str, value: object) -> None:
    """A policy about no cluster or no role allows nothing."""
    message = f"'{name}' must have at least one entry, got an empty list"

    assert [(message, f"name what the users may do this with: {name}=[…]")] == _policy(**{name: value})


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("Warehouse", []),
        (" a ", []),
        ("a\nb", []),
        ("", [("'construct_id' must be a literal name, got ''", "write it like construct_id='Warehouse'")]),
        (" \n", [("'construct_id' must be a literal name, got ' \\n'", "write it like construct_id='Warehouse'")]),
        (None, [("'construct_id' must be a literal name, got None", "write it like construct_id='Warehouse'")]),
    ],
)
def test_a_construct_has_a_name(value: object, expected: list[tuple[str, str]]) -> None:
    """Any text with a letter to see."""
    assert expected == messages_and_fixes(arguments.CONSTRUCT_ID.check("construct_id", value))


def test_the_defaults_pass() -> None:
    """What is left out is right, and is not looked at twice."""
    defaults: dict[str, object] = {
        "node_type": arguments.DEFAULT_NODE_TYPE,
        "database_name": arguments.DEFAULT_DATABASE,
        "admin_username": arguments.DEFAULT_ADMIN,
        "port": arguments.DEFAULT_PORT,
        "preferred_maintenance_window": arguments.DEFAULT_WINDOW,
    }
    expected = ["ra3.large", "warehouse", "warehouse_admin", 5440, "sun:03:00-sun:03:30"]

    copies = {name: "".join([*value]) if isinstance(value, str) else value for name, value in defaults.items()}

    assert expected == [*defaults.values()]
    assert _cluster(**defaults) == []
    assert _cluster(**copies) == []


def test_arguments_of_another_construct_are_left_alone() -> None:
    """Each table speaks of its own arguments."""
    assert list(arguments.check({"path": 9}, arguments.CLUSTER_ARGUMENTS)) == []


def test_everything_is_told_at_once() -> None:
    """The arguments come first in the order in which they were given, then what they are together."""
    found: Iterator[Problem] = arguments.check_cluster(
        {
            "node_type": "dc2.large",
            "database_name": "user",
            "admin_username": "Admin",
            "number_of_nodes": 0,
            "role_limit": "10",
            "port": 80,
            "vpc_subnets": "private",
            "snapshot_days": 99,
            "preferred_maintenance_window": "sun:03:00-sun:03:10",
            "multi_az": True,
            "parameters": {"a": 1},
        }
    )

    assert [
        "'admin_username'",
        "'number_of_nodes'",
        "'vpc_subnets'",
        "'role_limit'",
        "'database_name'",
        "'port'",
        "neither",
        "'vpc_subnets'",
        "'snapshot_retention'",
        "'preferred_maintenance_window'",
        "'multi_az'",
        "'multi_az'",
        "'parameters['a']'",
    ] == [message.split()[0] for _, message, _ in found]


def test_each_duration_has_an_example_that_may_be_passed() -> None:
    """A session is of hours, a retention of days, a change of minutes."""
    wrong = "'timeout' must be a Duration, got 600"

    assert [(wrong, "pass Duration.minutes(10)")] == messages_and_fixes(arguments.TIMEOUT.check("timeout", 600))
