"""Each argument below, at and above its boundaries, and where only the deployment knows it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pytest

from redshift_roles.aws.trust import DbUser
from redshift_roles.rules import arguments, cluster_arguments
from redshift_roles.rules.arguments import Flag, Kind, ListOf, Number, Shape, Text, WholeNumber, classes_of, shown
from redshift_roles.rules.registry import Problem
from tests.support.builders import messages_and_fixes

Check = Callable[[Mapping[str, object]], Iterator[Problem]]

TEXT, LIST, NUMBER = "${Token[TOKEN.7]}", "#{Token[TOKEN.8]}", -1.8881545897087626e289
A_VALUE, A_LIST, A_NUMBER = (f"a {what} that only the deployment knows" for what in ("value", "list", "number"))


class Stack:
    """Something of the wrong kind, with a name that people know."""


class Apple:
    """A thing with an attribute of its own."""

    core = 1


class Pear:
    """Stands for several classes."""


@classes_of.register
def _(_: Pear) -> dict[str, type]:
    return {"IStack": Stack, "IApple": Apple}


def _of_kind(attribute: str) -> object:
    return type("Fake", (), {attribute: None})()


ROLE, BUCKET, TABLE = _of_kind("role_arn"), _of_kind("bucket_arn"), _of_kind("table_arn")
A_KEY = _of_kind("key_arn")
NETWORK = {"vpc": _of_kind("vpc_id")}


def _cluster(given: Mapping[str, object]) -> Iterator[Problem]:
    """Check these arguments beside a network and a node type."""
    network = {} if "cluster_subnet_group_name" in given else NETWORK
    return cluster_arguments.check_cluster({**network, "node_type": "ra3.large", **given})


def _policy(given: Mapping[str, object]) -> Iterator[Problem]:
    return arguments.check_policy(given)


def _construct(given: Mapping[str, object]) -> Iterator[Problem]:
    return arguments.check(given, {"construct_id": arguments.CONSTRUCT_ID})


_role, _grant = arguments.check_role, arguments.check_grant


def _found(check: Check, **given: object) -> list[tuple[str, str]]:
    return messages_and_fixes(check(given))


CLUSTER_NAME = "1 to 63 lower-case letters, digits and single hyphens, a letter first"
USER = "1 to 127 letters, digits and _+=,.@:/-"
BEGINNING = "1 to 1,024 characters without a slash or s3:// in front"
TABLES = "arn:aws:s3tables:eu-west-1:111111111111:bucket/lake"
MSK = "arn:aws:kafka:eu-west-1:111111111111:cluster/events/8d6a9f0e-0000-0000-0000-000000000000-1"

# fmt: off
TEXTS: list[tuple[Check, str, str, str, list[object], list[object]]] = [
    (_construct, "construct_id", "a literal name", "Warehouse",
        ["", " \n", None, TEXT, f"a{TEXT}", f"a{NUMBER}"], ["Warehouse", " a ", "a\nb", "${Token}"]),
    (_cluster, "cluster_identifier", CLUSTER_NAME, "sales-warehouse",
        ["", "Sales", "9sales", "-sales", "sales-", "sales--warehouse", "sales_warehouse", "s" * 64, "sales\n", "salés",
         9, None, b"sales"],
        ["s", "s" * 63, "sales-9-warehouse", "s9", "user", TEXT, f"A{TEXT}"]),
    (_cluster, "database_name", "1 to 64 lower-case letters, digits and underscores, a letter first", "sales",
        ["", "my-data", "9data", "_data", "Data", "d" * 65, "data\n", 9, None, ["sales"]],
        ["d", "d" * 64, "data_9_", "dev", "public"]),
    (_cluster, "admin_username", "1 to 128 lower-case letters, digits and _+.@-, a letter first", "warehouse_admin",
        ["", "Admin", "9admin", "ad min", "a" * 129, {"name": "admin"}], ["a", "a" * 128, "a_+.@-9", "publics"]),
    (_cluster, "node_type", "a node type", "ra3.large",
        ["", "ra3", "warehouse", "ra3.", ".large", "RA3.large", "3ra.large", "ra3.large.x"],
        ["ra3.large", "ra3.16xlarge", "rg.xlarge", "dc2.large"]),
    (_cluster, "cluster_subnet_group_name", "the name of a subnet group, 1 to 255 characters", "warehouse-subnets",
        ["", "a" * 256, "a/b", 9], ["a", "a" * 255, "Sub nets_9.-"]),
    (_cluster, "preferred_maintenance_window", "ddd:hh:mm-ddd:hh:mm in UTC, at least 30 minutes", "sun:03:00-sun:03:30",
        ["", "sun:03:00", "sun:03:00-sun:03:30-", "sun:24:00-mon:03:30", "sun:03:60-sun:04:30", "sun:3:00-sun:4:00",
         "sunday:03:00-sunday:03:30", "03:00-03:30", "sun:03:00 sun:03:30", 9],
        ["sun:03:00-sun:03:30", "sun:23:50-mon:00:20", "mon:22:00-tue:01:00", "SAT:09:59-Sat:19:00",
         "thu:00:00-wed:23:59"]),
    (_role, "role_name", "1 to 64 letters, digits and +=,.@_-", "warehouse-loader",
        ["", "n" * 65, "team/loader", "a b", "ladér", 9, "name\n"], ["n", "n" * 64, "Az09_+=,.@-"]),
    (_role, "path", "a path that begins and ends with a slash, at most 512", "/redshift/",
        ["", "redshift/", "/redshift", "//", "/red shift/", f"/{'p' * 511}/", "/réd/", 9],
        ["/", "/a/", "/a/b!~/", f"/{'p' * 510}/"]),
    (_role, "description", "at most 1,000 printable characters", "Loads sales",
        ["d" * 1001, "a\x00", "€", 9], ["", "d" * 1000, "tab\tline\r\nÿ¡ ~"]),
    (_role, "regions[1]", "a region's name", "eu-west-1",
        ["", "Europe", "eu-west", "eu-west-1a", "EU-WEST-1", 7, "eu-west-1\n"],
        ["us-gov-west-1", "eusc-de-east-1", "cn-north-1", TEXT]),
    (_role, "source_clusters[1]", CLUSTER_NAME, "sales-warehouse", ["Upper"], ["warehouse"]),
    (_policy, "description", "at most 1,000 printable characters", "Loads sales", ["d" * 1001, 9], ["d" * 1000]),
    (_policy, "managed_policy_name", "1 to 128 letters, digits and +=,.@_-", "warehouse-role-association",
        ["", "n" * 129, "a/b"], ["n", "n" * 128, "Az09_+=,.@-"]),
    (_grant, "prefix", f"what object keys begin with, {BEGINNING}", "landing/",
        ["", "/landing", "s3://b/landing", 7, "a\nb", "a" * 1025, "ä" * 1025, "a\ud800", LIST],
        ["a" * 1024, "a-$ä b/ÿ\xa0\x7f", "ä" * 512]),
    (_grant, "manifest", f"the key of one object, {BEGINNING}", "manifests/load.json",
        ["folder/", "a" * 1025, "s3://b/m", "\udfff"], ["a" * 1024, "a/b"]),
    (_grant, "jsonpaths", f"the key of one object, {BEGINNING}", "manifests/load.json",
        ["/x", "", "a\x1fb", "\ud800" * 300], ["x", "ä" * 512]),
    (_grant, "database", "a name of 1 to 255 characters without a slash", "sales",
        ["", "a/b", "a" * 256, "a\x1f", "\ud800"], ["a" * 255]),
    (_grant, "tables[1]", "a name of 1 to 255 characters without a slash", "sales", ["a" * 256], ["a" * 255]),
    (_grant, "cluster_id", "the id of an Amazon EMR cluster", "j-2AXXXXXXGAPLF",
        ["", "k-1", "j-", "j-" + "A" * 21, "j-a"], ["j-2AXXXXXXGAPLF", "j-" + "A" * 20]),
    (_grant, "region", "a region's name", "eu-west-1",
        ["", "eu", "eu-west", "EU-WEST-1", 1], ["us-gov-west-1", "cn-north-1", "us-iso-east-1"]),
    (_grant, "account", "an account number, 12 digits", "222222222222",
        ["", "1" * 11, "1" * 13, 222222222222, "root"], ["0" * 12]),
    (_grant, "table_bucket_arn", "the ARN of an Amazon S3 table bucket", TABLES,
        ["", "lake", TABLES + "*", TABLES + "/table/1", TABLES.replace("s3tables", "s3"), TABLES.replace("1" * 12, "")],
        [TABLES, TABLES.replace("arn:aws:", "arn:aws-cn:")]),
    (_grant, "cluster_arn", "the ARN of an Amazon MSK cluster", MSK,
        ["", "events", MSK + "*", MSK.replace("events", "ev?nts"), MSK + "/x", MSK + "\n",
         MSK.replace("events", "${aws:username}"), MSK.replace("111111111111", "11111111111"),
         MSK.replace("kafka", "kinesis"), MSK.replace("cluster/", "topic/")],
        [MSK]),
    (_grant, "topics[1]", "the name of a topic, 1 to 128 letters, digits and ._-", "events",
        ["", "a" * 129, "*", "a b"], ["a" * 128, "a.b-c_d"]),
    (_grant, "endpoint", "the name of an Amazon SageMaker endpoint, not its ARN", "churn",
        ["", "a" * 64, "-a", "a-", "churn*", "arn:aws:sagemaker:eu-west-1:111111111111:endpoint/churn"],
        ["a", "a" * 63, "Churn-2", "a--b", TEXT]),
    (_grant, "foundation_models[1]", "the id of a foundation model, and not of an inference profile",
        "anthropic.claude-v2:1",
        ["", "claude", "anthropic.*", "eu.anthropic.claude-v2:1", "global.anthropic.claude-v2:1", "Anthropic.claude",
         "arn:aws:bedrock:eu-west-1::foundation-model/anthropic.claude-v2:1"],
        ["amazon.nova-lite-v1:0", "anthropic.claude-3-haiku-20240307-v1:0", "europe.model", TEXT]),
    (_grant, "inference_profiles[1]", "the id of an inference profile", "eu.anthropic.claude-v2:1",
        ["", "anthropic.claude-v2:1", "eu.*", "eu.anthropic", "application-inference-profile/1", TEXT],
        ["us.amazon.nova-lite-v1:0", "us-gov.anthropic.claude-v2:1", "global.anthropic.claude-v2:1"]),
]
# fmt: on


@pytest.mark.parametrize(
    ("given", "wrong", "fix"),
    [
        ({"clusters": ["c"], "create_clusters": False}, "create_clusters", "clusters"),
        ({"namespaces": ["n"]}, "create_namespaces", "namespaces"),
        ({"namespaces": ["n"], "create_clusters": True}, "create_namespaces", "namespaces"),
        ({"clusters": ["c"], "namespaces": ["n"], "create_clusters": False}, "create_clusters", "clusters"),
        ({"clusters": ["c"]}, None, None),
        ({"namespaces": ["n"], "create_namespaces": True}, None, None),
        ({"clusters": ["c"], "namespaces": ["n"], "create_clusters": False, "create_namespaces": True}, None, None),
        ({"clusters": ["c"], "namespaces": ["n"], "create_clusters": True}, None, None),
    ],
)
def test_what_a_create_needs_is_for_those_who_create(
    given: dict[str, object], wrong: str | None, fix: str | None
) -> None:
    """A key, the service-linked role and a secret are for a cluster or a namespace that the policy allows to create."""
    for name, value in (("encryption_keys", ["key"]), ("service_linked_role", True), ("manage_admin_password", True)):
        kinds = {**given, name: value}
        found = [problem for problem in _policy(kinds) if not problem.argument.startswith("encryption_keys[")]

        expected = [
            (name, f"'{name}' is given beside {wrong}=False", f"drop {name}, which only those who create {fix} need")
        ]
        assert (expected if wrong else []) == found


def test_fails_when_namespaces_are_created_that_nobody_names() -> None:
    """Who may create namespaces may associate roles with some."""
    expected = [("'create_namespaces' is True without 'namespaces'", "name them: namespaces=[…]")]

    assert expected == _found(_policy, clusters=["c"], create_namespaces=True)
    assert [] == _found(_policy, clusters=["c"], create_namespaces=False)


def _in_its_place(name: str, value: object, example: str) -> dict[str, object]:
    listed = name.removesuffix("[1]")
    return {name: value} if listed == name else {listed: [example, value]}


@pytest.mark.parametrize(
    ("check", "name", "allowed", "example", "value"),
    [(*argument, value) for *argument, wrong, _ in TEXTS for value in wrong],
)
def test_fails_when_a_text_does_not_fit(check: Check, name: str, allowed: str, example: str, value: object) -> None:
    """The message shows the value and what is allowed, the fix a value to imitate."""
    expected = (f"'{name}' must be {allowed}, got {shown(value)}", f"write it like {name}='{example}'")

    assert [expected] == _found(check, **_in_its_place(name, value, example))


@pytest.mark.parametrize(
    ("check", "name", "example", "value"),
    [(check, name, example, value) for check, name, _, example, _, right in TEXTS for value in (example, *right)],
)
def test_a_text_is_allowed_to_its_last_character(check: Check, name: str, example: str, value: object) -> None:
    """What AWS takes is taken, and so is the example of each fix."""
    assert [] == _found(check, **_in_its_place(name, value, example))


@pytest.mark.parametrize(
    ("check", "name", "attribute", "allowed", "fix"),
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
            "default_role",
            "role_arn",
            "an iam.IRole",
            "pass a RedshiftRole, or iam.Role.from_role_arn(self, 'Imported', 'arn:…')",
        ),
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
        (
            _policy,
            "users[0]",
            "user_ref",
            "an iam.IUser",
            "pass iam.User(…), or iam.User.from_user_name(self, 'User', '…')",
        ),
        (
            _policy,
            "groups[0]",
            "group_ref",
            "an iam.IGroup",
            "pass iam.Group(…), or iam.Group.from_group_name(self, 'Group', '…')",
        ),
        (_cluster, "security_groups[0]", "security_group_id", "an ec2.ISecurityGroup", "pass ec2.SecurityGroup(…)"),
        (
            _role,
            "managed_policies[0]",
            "managed_policy_arn",
            "an iam.IManagedPolicy",
            "pass iam.ManagedPolicy(…), or one of its from_ methods",
        ),
        (
            _grant,
            "table",
            "table_arn",
            "a dynamodb.ITable",
            "pass dynamodb.TableV2(…), or one of its from_ methods",
        ),
        (
            _grant,
            "secret",
            "secret_arn",
            "a secretsmanager.ISecret",
            "pass secretsmanager.Secret(…), or one of its from_ methods",
        ),
        (
            _grant,
            "function",
            "function_arn",
            "a lambda_.IFunction",
            "pass lambda_.Function(…), or one of its from_ methods",
        ),
        (
            _grant,
            "certificate",
            "certificate_arn",
            "an acm.ICertificate",
            "pass acm.PrivateCertificate(…), or one of its from_ methods",
        ),
        (_grant, "stream", "stream_arn", "a kinesis.IStream", "pass kinesis.Stream(…), or one of its from_ methods"),
        *(
            (_grant, name, "key_arn", "a kms.IKey", "pass kms.Key(…), or kms.Key.from_key_arn(self, 'Key', 'arn:…')")
            for name in ("encryption_key", "catalog_key")
        ),
        (_grant, "grantee", "grant_principal", "an iam.IGrantable", "pass a user, a group or a role"),
    ],
)
def test_fails_when_an_object_is_of_another_kind(
    check: Check, name: str, attribute: str, allowed: str, fix: str
) -> None:
    """An object of the right kind passes."""
    argument = name.removesuffix("[0]")

    def found(value: object) -> list[tuple[str, str]]:
        return _found(check, **{argument: value if argument == name else [value]})

    assert [] == found(_of_kind(attribute))
    for value, text in ((Stack(), "a Stack"), (Pear(), "an IStack"), ("text", "'text'"), (None, "None")):
        assert [(f"'{name}' must be {allowed}, got {text}", fix)] == found(value)


@pytest.mark.parametrize(
    ("check", "name"),
    [(_cluster, "roles"), (_policy, "pass_roles"), (_role, "regions"), (_role, "db_users"), (_role, "source_clusters")],
)
@pytest.mark.parametrize("value", ["sales", b"sales", "", None, 7, {"a": 1}, Stack(), {"a"}, DbUser("a", "b"), TEXT])
def test_fails_when_a_list_is_something_else(check: Check, name: str, value: object) -> None:
    """A text is a sequence of characters, and yet not a list."""
    assert [(f"'{name}' must be a list, got {shown(value)}", f"pass {name}=[…]")] == _found(check, **{name: value})


@pytest.mark.parametrize(
    ("check", "name", "fix"),
    [
        (_role, "regions", "name the regions, or leave regions out to trust all"),
        (_role, "db_users", "name them, or leave db_users out to trust all"),
        (_role, "source_clusters", "name them, or leave source_clusters out to trust all"),
        (_policy, "pass_roles", "name what the users may do this with: pass_roles=[…]"),
        (_grant, "tables", "name the tables, or leave tables out for all of the database"),
        (_grant, "topics", "name the topics"),
        (_grant, "foundation_models", "name the models"),
        (_grant, "inference_profiles", "name the profiles, or leave inference_profiles out"),
    ],
)
@pytest.mark.parametrize("value", [[], ()])
def test_fails_when_a_list_is_empty(check: Check, name: str, fix: str, value: object) -> None:
    """Where nobody needs an empty one."""
    assert [(f"'{name}' must have at least one entry, got an empty list", fix)] == _found(check, **{name: value})


@pytest.mark.parametrize(
    ("check", "name"),
    [
        (_role, "serverless"),
        (_policy, "create_clusters"),
        (_policy, "create_namespaces"),
        (_policy, "describe_all_clusters"),
        (_cluster, "multi_az"),
        (_cluster, "publicly_accessible"),
        (_grant, "by_cluster_arn"),
        *((_grant, name) for name in ("owner_allows", "clean_path", "create_database", "write", "lake_formation")),
        *((_grant, name) for name in ("encrypted_auto", "drop_database")),
    ],
)
@pytest.mark.parametrize("value", [1, 0, "yes", None, [], TEXT, NUMBER, [LIST]])
def test_fails_when_a_flag_is_neither_true_nor_false(check: Check, name: str, value: object) -> None:
    """One and zero are numbers, and nothing in a template decides it."""
    expected = (f"'{name}' must be True or False, got {shown(value)}", f"pass {name}=True or {name}=False")

    assert [expected] == _found(check, **{name: value})


@pytest.mark.parametrize(
    ("check", "name", "low", "high", "wrong"),
    [(_cluster, "number_of_nodes", 1, 100, ()), (_role, "trust_policy_quota", 2048, 8192, (NUMBER,))],
)
def test_fails_when_a_number_is_out_of_range(
    check: Check, name: str, low: int, high: int, wrong: tuple[object, ...]
) -> None:
    """Both ends are allowed; True and 2.0 are not whole numbers."""
    allowed = f"a whole number from {low} to {high}"

    assert [] == _found(check, **{name: low}) == _found(check, **{name: high})
    for value in (low - 1, high + 1, -1, True, str(low), float(low), None, TEXT, *wrong):
        expected = (f"'{name}' must be {allowed}, got {shown(value)}", f"pass {allowed}")
        assert [expected] == _found(check, **{name: value})


@pytest.mark.parametrize("value", [True, "10", 10.0, None])
def test_fails_when_the_role_limit_is_not_a_whole_number(value: object) -> None:
    """Its range is a rule of its own."""
    assert [(f"'role_limit' must be a whole number, got {value!r}", "pass role_limit=10")] == _found(
        _cluster, role_limit=value
    )
    assert [] == [problem for limit in (0, 10, 51) for problem in _found(_cluster, role_limit=limit)]


@pytest.mark.parametrize(
    ("name", "value"),
    [("database_name", "user"), ("database_name", "table"), ("admin_username", "user"), ("admin_username", "public")],
)
def test_fails_when_a_name_is_a_reserved_word(name: str, value: str) -> None:
    """Redshift refuses its own words as names, and the user that stands for everybody."""
    expected = (f"'{name}' is {value!r}, which is a reserved word", f"choose another {name}")

    assert [expected] == _found(_cluster, **{name: value})


PORTS = {
    "ra3.large": ("5431 to 5455 or 8191 to 8215", (5431, 5440, 5455, 8191, 8215), (5430, 5456, 8190, 8216, 0)),
    "rg.xlarge": ("5431 to 5455 or 8191 to 8215", (5431,), (8216,)),
    "dc2.large": ("1150 to 65535", (1150, 5430, 65535), (1149, 65536)),
}


@pytest.mark.parametrize("node_type", PORTS)
def test_fails_when_the_port_is_out_of_range(node_type: str) -> None:
    """The range depends on the node type, and the message says on which."""
    allowed, right, wrong = PORTS[node_type]

    assert [] == [problem for port in right for problem in _found(_cluster, node_type=node_type, port=port)]
    for port in (*wrong, "5440", True, None, 5440.0):
        expected = (f"'port' must be {allowed} for {node_type}, got {port!r}", f"pass a port from {allowed}")
        assert [expected] == _found(_cluster, node_type=node_type, port=port)


def test_the_range_of_a_port_is_not_known_without_the_node_type() -> None:
    """That it must be a whole number is known."""
    expected = (f"'port' must be a whole number, got {A_VALUE}", "pass port=5440")

    assert [] == _found(cluster_arguments.check_cluster, **NETWORK, port=9)
    assert [] == _found(_cluster, port=9, node_type=TEXT) == _found(_cluster, port=NUMBER)
    assert [expected] == _found(_cluster, port=TEXT, node_type=TEXT)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (
            {},
            [("neither 'vpc' nor 'cluster_subnet_group_name' is given", "pass vpc=…, or the name of a subnet group")],
        ),
        (
            {**NETWORK, "cluster_subnet_group_name": "subnets"},
            [("'vpc' and 'cluster_subnet_group_name' are both given", "pass one of them")],
        ),
        (
            {"cluster_subnet_group_name": "subnets", "vpc_subnets": _of_kind("subnet_type")},
            [("'vpc_subnets' is given without 'vpc'", "pass vpc=…, or drop vpc_subnets")],
        ),
        ({**NETWORK, "vpc_subnets": _of_kind("subnet_type")}, []),
    ],
    ids=["neither", "both", "subnets without vpc", "subnets with vpc"],
)
def test_fails_when_the_network_is_not_named_once(given: dict[str, object], expected: list[tuple[str, str]]) -> None:
    """Exactly one of a VPC and a subnet group says where the cluster is."""
    assert expected == _found(cluster_arguments.check_cluster, **given)


@pytest.mark.parametrize(
    ("node_type", "low", "right", "wrong"),
    [("ra3.large", 1, (1, 7.0, 35), (0, 36, 1.5, 0.5)), ("dc2.large", 0, (0, 35), (36, 0.5, -1))],
)
def test_fails_when_snapshots_are_kept_too_short_or_too_long(
    node_type: str, low: int, right: tuple[float, ...], wrong: tuple[float, ...]
) -> None:
    """Whole days, and at least one where the node type keeps its data in managed storage."""
    assert [] == [one for days in right for one in _found(_cluster, node_type=node_type, snapshot_days=days)]
    for days in wrong:
        message = f"'snapshot_retention' must be {low} to 35 whole days for {node_type}, got {days:g} days"
        assert [(message, "pass Duration.days(7)")] == _found(_cluster, node_type=node_type, snapshot_days=days)
    assert [] == _found(cluster_arguments.check_cluster, **NETWORK, snapshot_days=99)


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
    message = f"'preferred_maintenance_window' must be at least 30 minutes, got {minutes} in {window!r}"
    expected = (message, "end it at least 30 minutes after it begins")

    assert [expected] == _found(_cluster, preferred_maintenance_window=window)


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
        ({"node_type": TEXT}, []),
        ({"multi_az": False, "number_of_nodes": 1, "node_type": "dc2.large"}, []),
    ],
)
def test_two_zones_need_two_nodes_of_managed_storage(given: dict[str, object], expected: list[tuple[str, str]]) -> None:
    """What is not known passes."""
    assert expected == _found(_cluster, **{"multi_az": True, **given})


@pytest.mark.parametrize(
    ("parameters", "expected"),
    [
        ({}, []),
        ({"require_ssl": "true", "query_group": TEXT}, []),
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
        ({"a": LIST}, [(f"'parameters['a']' must be a text, got {A_LIST}", "write it as text: {'a': '…'}")]),
        (
            [("require_ssl", "true")],
            [("'parameters' must be a mapping of texts, got a list", "pass parameters={'name': 'value'}")],
        ),
        (None, [("'parameters' must be a mapping of texts, got None", "pass parameters={'name': 'value'}")]),
    ],
)
def test_fails_when_parameters_are_not_texts(parameters: object, expected: list[tuple[str, str]]) -> None:
    """The fix writes the value as Redshift takes it."""
    assert expected == _found(_cluster, parameters=parameters)


def test_the_defaults_pass() -> None:
    """They are what the documentation says."""
    defaults = {
        "node_type": cluster_arguments.DEFAULT_NODE_TYPE,
        "database_name": cluster_arguments.DEFAULT_DATABASE,
        "admin_username": cluster_arguments.DEFAULT_ADMIN,
        "port": cluster_arguments.DEFAULT_PORT,
        "preferred_maintenance_window": cluster_arguments.DEFAULT_WINDOW,
    }

    assert ["ra3.large", "warehouse", "warehouse_admin", 5440, "sun:03:00-sun:03:30"] == [*defaults.values()]
    assert [] == _found(_cluster, **defaults)


@pytest.mark.parametrize(
    ("seconds", "fits"),
    [(3599, False), (3600, True), (7200.5, True), (43200, True), (43201, False), (60.5, False), (None, True)],
)
def test_fails_when_a_session_is_too_short_or_too_long(seconds: float | None, fits: bool) -> None:
    """A session lasts one to twelve hours."""
    message = f"'max_session_duration' must be 3600 to 43200 (1 to 12 hours), got {seconds or 0:g} seconds"
    expected = [] if fits else [(message, "pass Duration.hours(1) to Duration.hours(12)")]

    assert expected == _found(_role, session_seconds=seconds)


DB_USER = "pass DbUser(cluster='warehouse', user='loader')"
LITERAL = f"must be a literal, got {A_VALUE}"
CIRCULAR = "give the cluster a cluster_identifier and write it here; a reference would be circular"
WORKGROUP = "8d6a9f0e-0000-0000-0000-000000000000"


def _misfit(part: str, allowed: str, value: object, example: str) -> list[tuple[str, str]]:
    name = f"db_users[0].{part}"
    return [(f"'{name}' must be {allowed}, got {shown(value)}", f"write it like {name}='{example}'")]


@pytest.mark.parametrize(
    ("user", "expected"),
    [
        ("loader", [("'db_users[0]' must be a DbUser, got 'loader'", DB_USER)]),
        (DbUser("a"), [("'db_users[0]' has neither 'cluster' nor 'workgroup'", f"{DB_USER}, or workgroup=…")]),
        (
            DbUser("a", "b", "wg-1"),
            [("'db_users[0]' has both 'cluster' and 'workgroup'", f"{DB_USER}, or workgroup=…")],
        ),
        (DbUser("a", TEXT), [(f"'db_users[0].cluster' {LITERAL}", CIRCULAR)]),
        (DbUser(TEXT, "b"), [(f"'db_users[0].user' {LITERAL}", CIRCULAR)]),
        (DbUser("a", "1"), _misfit("cluster", CLUSTER_NAME, "1", "sales-warehouse")),
        *(
            (DbUser(user, "warehouse"), _misfit("user", USER, user, "loader"))
            for user in ("", "a" * 128, "a b", "a*", "ä", "a\n")
        ),
        *(
            (DbUser("loader", workgroup=group), _misfit("workgroup", "the id of a workgroup", group, WORKGROUP))
            for group in ("", "ab", "a" * 65, "A-1", "a_b", "a*")
        ),
        *((DbUser(user, "w"), []) for user in ("a" * 127, "+=,.@:/-_9", "IAMR:Admin")),
        *((DbUser("a", workgroup=group), []) for group in ("abc", "a" * 64, WORKGROUP)),
    ],
)
def test_fails_when_a_database_user_is_wrong(user: Any, expected: list[tuple[str, str]]) -> None:
    """It is of a cluster or a workgroup, with what STS allows in an external id; a reference would be circular."""
    assert expected == _found(_role, serverless=True, db_users=[user])


def test_fails_when_a_source_cluster_is_a_reference() -> None:
    """The cluster names the role."""
    assert [(f"'source_clusters[0]' {LITERAL}", CIRCULAR)] == _found(_role, source_clusters=[TEXT])


def test_fails_when_a_user_of_a_workgroup_has_a_role_that_serverless_may_not_assume() -> None:
    """A user of a cluster does not need Serverless."""
    users = [DbUser("loader", "warehouse"), DbUser("loader", workgroup="wg-1")]
    message = "'db_users[1]' is a user of a workgroup, and Redshift Serverless may not assume the role"

    assert [(message, "pass serverless=True")] == _found(_role, db_users=users)
    assert [] == _found(_role, db_users=users, serverless=True)


PREFIX = "grant the part of the prefix before it, or all of the bucket"
KEY = "give it another key, or grant the part of the key before it as prefix, or all of the bucket"


@pytest.mark.parametrize(
    ("given", "found", "fix"),
    [
        ({"prefix": "данные/"}, ("prefix", "'д' in 'данные/'"), PREFIX),
        ({"prefix": f"{TEXT}/ж"}, ("prefix", "'ж' in '${Token}/ж'"), PREFIX),
        ({"manifest": "m/\u0100"}, ("manifest", "'\u0100' in 'm/\u0100'"), KEY),
        ({"jsonpaths": "a日"}, ("jsonpaths", "'日' in 'a日'"), KEY),
        ({"database": "日本"}, ("database", "'日' in '日本'"), "give the database another name"),
        (
            {"tables": ["a", "ж"]},
            ("tables[1]", "'ж' in 'ж'"),
            "give the table another name, or leave tables out for all of the database",
        ),
    ],
)
def test_fails_when_a_policy_cannot_contain_a_character(given: dict[str, object], found: Any, fix: str) -> None:
    """The message shows which one."""
    name, got = found

    assert [(f"'{name}' must have characters up to U+00FF (ÿ) only, got {got}", fix)] == _found(_grant, **given)


@pytest.mark.parametrize(
    ("given", "name", "shown", "fix"),
    [
        ({"prefix": "landing/*"}, "prefix", "'landing/*'", "write prefix='landing/'"),
        ({"prefix": "a?/b*"}, "prefix", "'a?/b*'", "write prefix='a'"),
        ({"prefix": f"{TEXT}/*"}, "prefix", "'${Token}/*'", "write prefix='${Token}/'"),
        ({"prefix": "*"}, "prefix", "'*'", "leave prefix out, which is all objects"),
        ({"manifest": "m/*.json"}, "manifest", "'m/*.json'", "write the key of one object"),
        ({"jsonpaths": "paths?"}, "jsonpaths", "'paths?'", "write the key of one object"),
        ({"database": "*"}, "database", "'*'", "name one database, and grant each"),
        (
            {"tables": ["orders", "events_*"]},
            "tables[1]",
            "'events_*'",
            "name each table, or leave tables out for all of the database",
        ),
    ],
)
def test_fails_when_a_name_is_a_pattern(given: dict[str, object], name: str, shown: str, fix: str) -> None:
    """Redshift takes a prefix as it stands, and a policy that says so matches nothing else."""
    message = f"'{name}' must have no * or ?, which Redshift would take literally, got {shown}"

    assert [(message, fix)] == _found(_grant, **given)


@pytest.mark.parametrize(
    "given",
    [
        {"bucket": BUCKET},
        {"table_bucket_arn": "arn:aws:s3tables:eu-west-1:111111111111:bucket/*"},
        {"cluster_id": "j-*"},
        {"cluster_arn": "arn:aws:kafka:eu-west-1:111111111111:cluster/*/1"},
        {"topics": ["events-*"]},
        {"region": "eu-*"},
        {"account": "*"},
    ],
)
def test_no_other_name_can_be_a_pattern(given: dict[str, object]) -> None:
    """What these may be leaves no room for one; the names of resources are read by `cdk`."""
    problems = _found(_grant, **given)

    assert (given == {"bucket": BUCKET}) == (problems == [])


@pytest.mark.parametrize("name", ["prefix", "manifest", "jsonpaths"])
@pytest.mark.parametrize("length", [513, 1024])
def test_fails_when_a_key_has_too_many_bytes(name: str, length: int) -> None:
    """Amazon S3 counts bytes, not characters."""
    message = f"'{name}' must be at most 1,024 bytes of UTF-8, got {2 * length:,}"

    assert [(message, "shorten it; Amazon S3 counts bytes")] == _found(_grant, **{name: "ä" * length})


VENDS = "Lake Formation vends the credentials for Amazon S3"


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({}, []),
        ({"prefix": "x/"}, [("'prefix' is 'x/' without a bucket", "pass the bucket that the tables' files are in")]),
        (
            {"encryption_key": A_KEY},
            [("'encryption_key' is a Fake without a bucket", "pass the bucket that the tables' files are in")],
        ),
        (
            {"lake_formation": True, "encryption_key": A_KEY},
            [("'encryption_key' is a Fake beside lake_formation=True", f"drop encryption_key: {VENDS}")],
        ),
        (
            {"lake_formation": True, "bucket": BUCKET, "prefix": "x/"},
            [
                ("'bucket' is a Fake beside lake_formation=True", f"drop bucket: {VENDS}"),
                ("'prefix' is 'x/' beside lake_formation=True", f"drop prefix: {VENDS}"),
            ],
        ),
        ({"bucket": BUCKET}, []),
        ({"bucket": TABLE}, [("'bucket' must be an s3.IBucket, got a Fake", arguments.BUCKET.fix)]),
        ({"lake_formation": True}, []),
    ],
)
def test_the_data_of_a_schema_is_in_a_bucket_or_vended_or_granted_apart(
    given: dict[str, object], expected: list[tuple[str, str]]
) -> None:
    """Not in a bucket and vended; what is about files needs their bucket."""
    assert expected == _found(arguments.check_external_schema, database="sales", **given)


SECRET, CERTIFICATE, THE_KEY = _of_kind("secret_arn"), _of_kind("certificate_arn"), _of_kind("key_arn")


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({}, [("'certificate' and 'secret' are not given", "pass one of them")]),
        (
            {"certificate": CERTIFICATE, "secret": SECRET},
            [("'certificate' and 'secret' are both given", "pass one of them")],
        ),
        (
            {"certificate": CERTIFICATE, "encryption_key": THE_KEY},
            [("'encryption_key' is given, and 'certificate' has no key of AWS KMS", "drop encryption_key")],
        ),
        ({"certificate": CERTIFICATE}, []),
        ({"secret": SECRET}, []),
        ({"secret": SECRET, "encryption_key": THE_KEY}, []),
    ],
)
def test_a_certificate_is_in_one_place(given: dict[str, object], expected: list[tuple[str, str]]) -> None:
    """AUTHENTICATION_ARN or SECRET_ARN, and only a secret has a key that the role must use."""
    assert expected == _found(arguments.check_kafka, **given)


def test_fails_when_a_model_is_called_in_other_regions_without_a_profile() -> None:
    """Redshift calls the models of its own region, and profiles those of others."""
    models: dict[str, object] = {"foundation_models": ["anthropic.claude-v2:1"], "regions": ["eu-central-1"]}
    fix = "pass inference_profiles=[…], or drop regions: Redshift calls models of its own region"

    assert [("'regions' is given without 'inference_profiles'", fix)] == _found(
        arguments.check_external_model, **models
    )
    assert [] == _found(arguments.check_external_model, **models, inference_profiles=["eu.anthropic.claude-v2:1"])


def test_arguments_of_another_construct_are_left_alone() -> None:
    """Each table has its own arguments."""
    assert [] == [*arguments.check({"path": 9}, cluster_arguments.CLUSTER_ARGUMENTS)]


def test_everything_is_reported_at_once() -> None:
    """The arguments come first in the order in which they were given, then what they are together."""
    given = {
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

    assert [problem.argument for problem in cluster_arguments.check_cluster(given)] == [
        "admin_username",
        "number_of_nodes",
        "role_limit",
        "vpc_subnets",
        "port",
        "",
        "vpc_subnets",
        "parameters",
        "database_name",
        "preferred_maintenance_window",
        "snapshot_retention",
        "multi_az",
        "multi_az",
    ]


APPLE, NAME = Kind("core", "an Apple", "pick one"), Text("[a-z]+", "a name", "ann")
COUNTED = f"'x' must be a list whose entries are counted at synth, got {A_LIST}"


@pytest.mark.parametrize(
    ("shape", "value", "expected"),
    [
        (APPLE, Apple(), []),
        (APPLE, Pear(), []),
        (APPLE, TEXT, [(f"'x' must be an Apple, got {A_VALUE}", "pick one")]),
        (Number(1, 3), NUMBER, []),
        (Number(1, 3), 2, []),
        (WholeNumber(7), NUMBER, [(f"'x' must be a whole number, got {A_NUMBER}", "pass x=7")]),
        (Flag(), False, []),
        (ListOf(NAME), [TEXT], []),
        (ListOf(NAME), ("ann", "bob"), []),
        (ListOf(NAME), [], []),
        (ListOf(NAME), [LIST], [(COUNTED, "name each of them")]),
        (ListOf(APPLE), ("x", LIST), [(COUNTED, "name each of them")]),
        (NAME, NUMBER, [(f"'x' must be a name, got {A_NUMBER}", "write it like x='ann'")]),
        (NAME, [LIST], [(f"'x' must be a name, got {A_LIST}", "write it like x='ann'")]),
        (arguments.TIMEOUT, 600, [("'x' must be a Duration, got 600", "pass Duration.minutes(10)")]),
    ],
)
def test_a_shape_takes_what_may_fit(shape: Shape, value: object, expected: list[tuple[str, str]]) -> None:
    """What only the deployment knows is a text or a number, and may fit; entries of a list must be counted."""
    assert expected == messages_and_fixes(shape.check("x", value))


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("", "''"),
        ("a", "'a'"),
        (None, "None"),
        (1.5, "1.5"),
        (b"a", "b'a'"),
        (Apple(), "an Apple"),
        (Stack(), "a Stack"),
        (Pear(), "an IStack"),
        ([1], "a list"),
        ({}, "a dict"),
        (TEXT, A_VALUE),
        (NUMBER, A_NUMBER),
        (LIST, A_LIST),
        ([LIST], A_LIST),
        ([TEXT], "a list"),
        (f"a{TEXT}", "'a${Token}'"),
        (f"a{NUMBER}", "'a${Token}'"),
        ("${Token[AWS.Region.7]}", "'${AWS::Region}'"),
    ],
)
def test_a_value_is_shown_as_its_caller_would_write_it(value: object, text: str) -> None:
    """Literals as they are, objects by their class; an id as in a path, without quotation marks."""
    is_text = isinstance(value, str) and text.startswith("'")

    assert text == shown(value)
    assert not is_text or text[1:-1] == arguments.id_shown(value)


@pytest.mark.parametrize(("value", "whole"), [(1, True), (0, True), (True, False), (1.0, False), ("1", False)])
def test_a_whole_number_is_not_a_flag(value: object, whole: bool) -> None:
    """Python takes True for 1; AWS does not."""
    assert whole is arguments.is_whole(value)


@pytest.mark.parametrize("shape", [arguments.CLUSTER_IDENTIFIER, arguments.GRANT_ARGUMENTS["cluster_arn"]])
def test_a_parameter_that_is_not_looked_up_yet_may_be_right(shape: arguments.Shape) -> None:
    """What CDK writes for it in the meantime is never deployed; only as the name of a role CDK refuses it itself."""
    assert [] == [*shape.check("name", "dummy-value-for-/warehouse/name")]
    assert 1 == len([*arguments.ROLE_ARGUMENTS["role_name"].check("role_name", "dummy-value-for-/role/name")])
