"""What a role is allowed for each operation: what AWS documents, all of it and nothing else.

Three proofs for each: the statements are the documented ones, an IAM evaluator that is not ours allows each documented
call, and it denies the neighbours.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import cache

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from redshift_roles.aws import permissions
from redshift_roles.aws.permissions import Home, Objects, Permission
from redshift_roles.aws.policies import documents
from redshift_roles.aws.quotas import PARTITIONS
from tests.support.iam import Request, allowed
from tests.support.operations import BUCKET, OPERATIONS, Operation

NAMES = [operation.name for operation in OPERATIONS]


def _statements(granted: Sequence[Permission]) -> list[tuple[list[str], list[str], object]]:
    """Write permissions as the table does: the same actions under the same condition are one statement."""
    grouped: dict[tuple[str, tuple[str, ...], object], set[str]] = {}
    for permission in granted:
        grouped.setdefault((permission.sid, permission.actions, permission.condition), set()).add(permission.resource)
    return sorted(
        ((sorted(actions), sorted(found), condition) for (_, actions, condition), found in grouped.items()), key=str
    )


def _documented(operation: Operation) -> list[tuple[list[str], list[str], object]]:
    return sorted(((sorted(a), sorted(r), condition) for a, r, condition in operation.documented), key=str)


def _agrees(operation: Operation, granted: Sequence[Permission]) -> bool:
    return _statements(granted) == _documented(operation)


@cache
def _verdicts() -> dict[tuple[str, Request], bool]:
    """Ask the evaluator once for all operations."""
    asked = [(operation, request) for operation in OPERATIONS for request in (*operation.needed, *operation.refused)]
    answers = allowed([(operation.granted, request) for operation, request in asked])
    return {(operation.name, request): answer for (operation, request), answer in zip(asked, answers, strict=True)}


def test_fails_when_an_action_does_not_exist() -> None:
    """The evaluator knows every action, and an unknown one is an error, so a typing mistake here cannot read as a
    denial.
    """
    with pytest.raises(ValueError, match="s3:GetObjects"):
        allowed([(OPERATIONS[0].granted, Request("s3:GetObjects", f"{BUCKET}/a"))])


def test_fails_when_an_action_is_on_the_wrong_kind_of_resource() -> None:
    """The evaluator knows what each action is for."""
    with pytest.raises(ValueError, match="s3:ListBucket"):
        allowed([(OPERATIONS[0].granted, Request("s3:ListBucket", "arn:aws:iam::111111111111:role/Loader"))])


@pytest.mark.parametrize("operation", OPERATIONS, ids=NAMES)
def test_the_statements_are_the_documented_ones(operation: Operation) -> None:
    """Action by action, resource by resource, condition by condition."""
    assert _documented(operation) == _statements(operation.granted)


@pytest.mark.parametrize("operation", OPERATIONS, ids=NAMES)
def test_each_documented_call_is_allowed(operation: Operation) -> None:
    """The operation works."""
    assert [] == [request for request in operation.needed if not _verdicts()[operation.name, request]]


@pytest.mark.parametrize("operation", OPERATIONS, ids=NAMES)
def test_the_neighbours_are_denied(operation: Operation) -> None:
    """The sibling prefix, the other bucket, the write for a reader, the other key: none of them."""
    assert [] == [request for request in operation.refused if _verdicts()[operation.name, request]]


S3_READS = ["DecryptObjects", "ListObjects", "LocateBuckets", "ReadObjects"]
SIDS = {
    "COPY from a prefix": S3_READS,
    "COPY over SSH": S3_READS,
    "UNLOAD to a prefix": ["EncryptObjects", "ListObjects", "LocateBuckets", "UnloadObjects"],
    "UNLOAD with CLEANPATH": ["CleanPath", "ListObjects", "LocateBuckets", "UnloadObjects"],
    "external tables: the files, to read": [
        "DecryptObjects", "ListObjects", "ListUploads", "LocateBuckets", "QueryObjects",
    ],
    "external tables: the files, to write": [
        "EncryptObjects", "ListObjects", "ListUploads", "LocateBuckets", "QueryObjects", "WriteObjects",
    ],
    "external tables: one table, to write": ["ReadCatalog", "WriteCatalog"],
    "external tables: a new database": ["CreateDatabase", "ReadCatalog"],
    "Lake Formation": ["GetDataAccess"],
    "COPY from DynamoDB": ["DecryptTables", "ScanTables"],
    "COPY from EMR": ["ListInstances"],
    "federated queries": ["AccessSecrets", "DecryptSecrets", "ListSecrets"],
    "an external function": ["InvokeFunctions"],
    "streaming from Kinesis": ["DecryptStreams", "ListStreams", "ReadStreams"],
    "streaming from MSK": ["ConnectToBrokers", "FindBrokers", "ReadTopics"],
    "CREATE MODEL": [
        "EncryptModels", "ListCandidates", "ListObjects", "LocateBuckets", "LogTraining", "PassRolesToTraining",
        "PullImages", "PutMetrics", "ReadObjects", "StoreModels", "TrainModels",
    ],
    "passing a role": ["PassRolesToRedshift"],
    "assuming the next role": ["AssumeNextRoles"],
    "associating roles with a cluster": ["AssociateRoles", "DescribeClusters", "PassRolesToRedshift"],
    "writing the logs of a function": ["WriteLogs"],
}  # fmt: skip


def test_statements_say_what_they_are_for() -> None:
    """In letters and digits, which is all that IAM takes."""
    written = {
        operation.name: sorted({permission.sid for permission in operation.granted})
        for operation in OPERATIONS
        if operation.name in SIDS
    }

    assert SIDS == written
    assert all(re.fullmatch(r"[A-Za-z0-9]+", sid) for sids in written.values() for sid in sids)


@pytest.mark.parametrize("operation", OPERATIONS, ids=NAMES)
def test_each_documented_action_is_tried(operation: Operation) -> None:
    """None is granted that the evaluator was not asked about."""
    documented = {action for actions, _, _ in operation.documented for action in actions}

    assert documented == {request.action for request in operation.needed}


def _narrowed(granted: Sequence[Permission]) -> Iterator[tuple[str, list[Permission]]]:
    """Drop one action after the other, from all that is granted for one purpose."""
    for sid, action in sorted({(permission.sid, action) for permission in granted for action in permission.actions}):
        kept = [
            permission._replace(actions=tuple(name for name in permission.actions if name != action))
            if permission.sid == sid
            else permission
            for permission in granted
        ]
        yield action, [permission for permission in kept if permission.actions]


def _widened(granted: Sequence[Permission]) -> Iterator[tuple[Permission, list[Permission]]]:
    """Widen one permission after the other: to everything, to what is above it, to any condition."""
    for index, permission in enumerate(granted):
        wider = [permission._replace(condition=None)]
        wider += [permission._replace(resource=r) for r in ("*", permission.resource.rpartition("/")[0] + "*")]
        for other in wider if permission.resource != "*" else wider[:1]:
            if other != permission:
                yield permission, [*granted[:index], other, *granted[index + 1 :]]


# An operation, what of it was spoilt, and which time.
Mutant = tuple[str, str | Permission, int]


def _dropped(granted: Sequence[Permission]) -> Iterator[list[Permission]]:
    """Drop one action after the other, from one resource after the other."""
    for index, permission in enumerate(granted):
        for action in permission.actions:
            kept = tuple(name for name in permission.actions if name != action)
            yield [*granted[:index], *([permission._replace(actions=kept)] if kept else []), *granted[index + 1 :]]


@pytest.mark.parametrize("operation", OPERATIONS, ids=NAMES)
def test_fails_when_a_list_is_spoilt(operation: Operation) -> None:
    """Whatever action is dropped and whatever resource is widened, the statements are no longer the documented ones."""
    granted = operation.granted
    mutants = [*_dropped(granted), *(m for _, m in _narrowed(granted)), *(m for _, m in _widened(granted))]

    assert len(mutants) > 1
    assert [] == [mutant for mutant in mutants if _agrees(operation, mutant)]


def test_fails_when_the_evaluator_overlooks_a_mutant() -> None:
    """The needed calls alone notice each action that is dropped, the neighbours alone each resource that is widened."""
    asked: list[tuple[Mutant, bool, list[Permission], Request]] = []
    mutants: set[Mutant] = set()
    for operation in OPERATIONS:
        for number, (action, mutant) in enumerate(_narrowed(operation.granted)):
            name: Mutant = (operation.name, action, number)
            mutants.add(name)
            asked += [(name, False, mutant, request) for request in operation.needed if request.action == action]
        for number, (permission, mutant) in enumerate(_widened(operation.granted)):
            name = (operation.name, permission, number)
            mutants.add(name)
            tried = [request for request in operation.refused if request.action in permission.actions]
            asked += [(name, True, mutant, request) for request in tried]
    answers = allowed([(mutant, request) for _, _, mutant, request in asked])
    noticed = {name for (name, wrong, _, _), answer in zip(asked, answers, strict=True) if answer is wrong}

    assert set() == {action for _, action, _ in mutants - noticed}


# IAM's wildcards, dollar signs and braces as often as letters, and anything else a key or a name may have.
PIECES = ["*", "?", "$", "{", "}", "${", "${*}", "${a", "a", "b", "ab"]
KEYS = st.lists(
    st.sampled_from([*PIECES, "/"]) | st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=6
).map("".join)


@settings(max_examples=150, deadline=None)
@given(prefix=KEYS, key=KEYS)
def test_a_prefix_covers_the_keys_that_begin_with_it_and_no_other(prefix: str, key: str) -> None:
    """Whatever characters a prefix has, IAM's own wildcards and dollar signs among them; reading and listing alike."""
    reading, listing, _ = permissions.copy_from(Objects(BUCKET, None, prefix))
    assert listing.condition is not None
    _, _, (listed,) = listing.condition

    for candidate in (prefix, prefix + key, key, key + prefix, prefix[:-1] + key, prefix.replace("*", key)):
        assert candidate.startswith(prefix) == _matches(reading.resource, f"{BUCKET}/{candidate}")
        assert candidate.startswith(prefix) == _matches(listed, candidate)


@settings(max_examples=150, deadline=None)
@given(prefix=KEYS, manifest=KEYS, key=KEYS)
def test_a_manifest_is_one_object(prefix: str, manifest: str, key: str) -> None:
    """Beside the prefix there is that one key, and none that its characters could stand for."""
    granted = permissions.copy_from(Objects(BUCKET, None, prefix, (manifest,)))
    reading = [permission.resource for permission in granted if permission.sid == "ReadObjects"]

    for candidate in (manifest, manifest + key, key, prefix + key, manifest.replace("*", key).replace("?", "b")):
        expected = candidate == manifest or candidate.startswith(prefix)
        assert expected == any(_matches(pattern, f"{BUCKET}/{candidate}") for pattern in reading)


def test_a_file_that_is_named_twice_is_listed_once() -> None:
    """A manifest may be the JSONPaths file too, as far as IAM is concerned."""
    assert ("landing/*", "m.json") == Objects(BUCKET, None, "landing/", ("m.json", "landing/m.json", "m.json")).patterns


@settings(max_examples=150, deadline=None)
@given(manifest=KEYS, key=KEYS)
def test_the_manifest_of_hosts_is_one_object(manifest: str, key: str) -> None:
    """It alone can be read and listed, whatever its characters could stand for."""
    reading, listing, _ = permissions.copy_over_ssh(Objects(BUCKET, None, None, (manifest,)))
    assert listing.condition is not None
    _, _, (listed,) = listing.condition

    for candidate in (manifest, manifest + key, key, manifest.replace("*", key).replace("?", "b")):
        assert (candidate == manifest) == _matches(reading.resource, f"{BUCKET}/{candidate}")
        assert (candidate == manifest) == _matches(listed, candidate)


def _matches(pattern: str, text: str) -> bool:
    """Match as IAM does, in the simplest way there is: one character at a time."""
    if not pattern:
        return not text
    for escaped in ("${*}", "${?}", "${$}"):
        if pattern.startswith(escaped):
            return text[:1] == escaped[2] and _matches(pattern[len(escaped) :], text[1:])
    if pattern[0] == "*":
        return any(_matches(pattern[1:], text[start:]) for start in range(len(text) + 1))
    if pattern[0] == "?":
        return bool(text) and _matches(pattern[1:], text[1:])
    return text[:1] == pattern[0] and _matches(pattern[1:], text[1:])


@settings(max_examples=2, deadline=None, phases=[Phase.generate])
@given(pairs=st.lists(st.tuples(KEYS, KEYS), min_size=30, max_size=30))
def test_the_evaluator_agrees_on_strange_prefixes(pairs: list[tuple[str, str]]) -> None:
    """The objects whose keys begin with the prefix can be read and listed, and no others.

    It takes a resource with an asterisk for many resources, so that such a key is tried as a listing alone.
    """
    strange = ["a*b/", "a?b/", "a$b/", "${aws:username}/", "${*}/", "ä/", "a b/", "100%/"]
    tried = [
        (prefix, candidate)
        for prefix, key in [*pairs, *((prefix, "x") for prefix in strange)]
        for candidate in (prefix + key, prefix.replace("*", "XX").replace("?", "X").replace("$", "X") + key, key)
    ]
    asked = [(prefix, key, Request("s3:ListBucket", BUCKET, (("s3:prefix", key),))) for prefix, key in tried]
    asked += [(prefix, key, Request("s3:GetObject", f"{BUCKET}/{key}")) for prefix, key in tried if "*" not in key]
    answers = allowed([(permissions.copy_from(Objects(BUCKET, None, prefix)), request) for prefix, _, request in asked])

    assert [key.startswith(prefix) for prefix, key, _ in asked] == answers


@pytest.mark.parametrize("partition", PARTITIONS)
def test_resources_are_of_the_partition_region_and_account_of_the_home(partition: str) -> None:
    """No ARN has a partition of its own."""
    home = Home(partition, "xx-west-1", "333333333333")
    models = Objects(f"arn:{partition}:s3:::b")
    granted = [
        *permissions.query_catalog(home, "sales", None, create_database=True, write=True),
        *permissions.copy_from_emr(home, "j-1"),
        *permissions.create_model(home, f"arn:{partition}:iam::333333333333:role/R", models),
    ]
    named = [permission.resource for permission in granted if permission.resource != "*"]

    assert {partition} == {resource.split(":")[1] for resource in named}
    assert {("", ""), ("", "333333333333"), ("xx-west-1", "333333333333")} == {
        tuple(resource.split(":")[3:5]) for resource in named
    }


def _here(partition: str) -> list[tuple[list[Permission], Request]]:
    """Ask for one thing of each kind in a partition."""
    home = Home(partition, "eu-west-1", "111111111111")
    bucket, role = f"arn:{partition}:s3:::sales", f"arn:{partition}:iam::111111111111:role/R"
    return [
        (permissions.copy_from(Objects(bucket, None, "in/")), Request("s3:GetObject", f"{bucket}/in/a")),
        (
            permissions.query_catalog(home, "sales", None, create_database=False, write=False),
            Request("glue:GetTable", home.arn("glue", "table/sales/orders")),
        ),
        (
            permissions.copy_from_emr(home, "j-1"),
            Request("elasticmapreduce:ListInstances", home.arn("elasticmapreduce", "cluster/j-1")),
        ),
        (
            permissions.pass_role(role, serverless=False),
            Request("iam:PassRole", role, (("iam:PassedToService", "redshift.amazonaws.com"),)),
        ),
        (permissions.assume_role(role), Request("sts:AssumeRole", role)),
    ]


def test_what_is_granted_in_one_partition_holds_there_alone() -> None:
    """Eight partitions: each call is allowed in its own, and denied in the next."""
    asked = [_here(partition) for partition in PARTITIONS]
    own = [pair for pairs in asked for pair in pairs]
    following = [
        (granted, request)
        for pairs, others in zip(asked, [*asked[1:], asked[0]], strict=True)
        for (granted, _), (_, request) in zip(pairs, others, strict=True)
    ]

    assert [*([True] * 40), *([False] * 40)] == allowed([*own, *following])


NAMES_IN_CATALOGS = KEYS.map(lambda key: key.replace("/", "a"))


@settings(max_examples=80, deadline=None)
@given(
    database=NAMES_IN_CATALOGS,
    tables=st.none() | st.lists(NAMES_IN_CATALOGS, min_size=1, max_size=3),
    other=NAMES_IN_CATALOGS,
)
def test_databases_and_tables_are_named_as_they_stand(database: str, tables: list[str] | None, other: str) -> None:
    """A name with a wildcard in it is that database or table alone."""
    home = Home("aws", "eu-west-1", "111111111111")
    granted = permissions.query_catalog(home, database, tables, create_database=False, write=False)
    patterns = [permission.resource for permission in granted]

    for name in (database, other, database + other, database.replace("*", other)):
        found = any(_matches(pattern, home.arn("glue", f"database/{name}")) for pattern in patterns)
        assert (name == database) == found
        for table in (*(tables or ()), other, (tables or ["a"])[0].replace("*", other)):
            found = any(_matches(pattern, home.arn("glue", f"table/{name}/{table}")) for pattern in patterns)
            assert (name == database and (tables is None or table in tables)) == found


def test_tokens_pass_through_unharmed() -> None:
    """Only what is literal is escaped."""
    assert "a${*}${Token[TOKEN.7]}b${?}" == permissions.literally("a*${Token[TOKEN.7]}b?")
    assert 1 == len(documents(permissions.copy_from(Objects("${Token[TOKEN.1]}", None, "${Token[TOKEN.2]}/x"))))
