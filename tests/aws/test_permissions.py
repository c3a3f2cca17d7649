"""What a role is allowed for each operation: all that AWS documents and nothing else."""

from __future__ import annotations

import re
from collections import defaultdict
from fnmatch import fnmatchcase
from functools import cache

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from redshift_roles.aws import actions, permissions, quotas
from redshift_roles.aws.actions import Actions
from redshift_roles.aws.permissions import Catalog, Home, Objects
from redshift_roles.aws.policies import documents
from redshift_roles.aws.quotas import PARTITIONS, Source
from tests.support.iam import Request, allowed
from tests.support.operations import BUCKET, SQL, Sql


@pytest.mark.parametrize(
    ("action", "resource"),
    [("s3:GetObjects", f"{BUCKET}/a"), ("s3:ListBucket", "arn:aws:iam::111111111111:role/Loader")],
    ids=["typing mistake", "wrong resource"],
)
def test_fails_when_an_action_does_not_exist_for_a_resource(action: str, resource: str) -> None:
    """So that a mistake in these tests cannot look like a denial."""
    with pytest.raises(ValueError, match=action):
        allowed([(SQL[0].granted, Request(action, resource))])


STATEMENTS = [one.statement for one in SQL]


@pytest.mark.parametrize("sql", SQL, ids=STATEMENTS)
def test_fails_when_more_is_granted_than_a_page_documents(sql: Sql) -> None:
    """Action by action and resource by resource; the pages are those of the sources, with the dates of their texts."""
    undocumented = [one for one in sql.granted if not any(page.has(one) for page in sql.pages)]
    sources = {(source.url, source.text_of) for source in vars(quotas).values() if isinstance(source, Source)}

    assert [] == undocumented
    assert {(page.url, page.text_of) for page in sql.pages} <= sources
    assert {action for one in sql.granted for action in one.actions} == {call.action for call in sql.calls}
    assert all(re.fullmatch(r"[A-Za-z0-9]+", one.sid) for one in sql.granted)


def _documented(source: Source) -> list[str]:
    """List the patterns of actions that a page has, in the text of a date."""
    pages = [page for sql in SQL for page in sql.pages if Source(page.url, page.text_of) == source]
    return [pattern for page in pages for names, _ in page.allows for pattern in names.split()]


LISTS = {
    name: found for name, found in vars(actions).items() if isinstance(found, Actions) and _documented(found.source)
}


@pytest.mark.parametrize("name", LISTS)
def test_the_page_that_a_list_of_actions_cites_has_them_all(name: str) -> None:
    """In the text of that date, as it is written here from the page."""
    names, source = LISTS[name]

    assert [] == [name for name in names if not any(fnmatchcase(name, each) for each in _documented(source))]


@cache
def _answers() -> dict[str, dict[str, dict[Request, bool]]]:
    """Ask the evaluator once about all SQL."""
    asked = [
        (sql, kind, request)
        for sql in SQL
        for kind, requests in (("calls", sql.calls), ("beside", sql.beside), ("elsewhere", [*sql.elsewhere()]))
        for request in requests
    ]
    found: dict[str, dict[str, dict[Request, bool]]] = {name: defaultdict(dict) for name in STATEMENTS}
    answers = allowed([(sql.granted, request) for sql, _, request in asked])
    for (sql, kind, request), answer in zip(asked, answers, strict=True):
        found[sql.statement][kind][request] = answer
    return found


@pytest.mark.parametrize("sql", SQL, ids=STATEMENTS)
def test_an_evaluator_allows_the_calls_of_the_statement_and_nothing_beside_them(sql: Sql) -> None:
    """Not the sibling, the longer name, the other key, nor the same resource of another partition, region, account."""
    answers = _answers()[sql.statement]

    assert [] == [request for request, is_allowed in answers["calls"].items() if not is_allowed]
    assert [] == [request for request, is_allowed in answers["beside"].items() if is_allowed]
    assert [] == [request for request, is_allowed in answers["elsewhere"].items() if is_allowed]


# IAM's wildcards, dollar signs and braces as often as letters, and anything else a key or a name may have.
PIECES = ["*", "?", "$", "{", "}", "${", "${*}", "${a", "a", "b", "ab"]
KEYS = st.lists(
    st.sampled_from([*PIECES, "/"]) | st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=6
).map("".join)


@settings(max_examples=150, deadline=None)
@given(prefix=KEYS, key=KEYS)
def test_a_prefix_covers_the_keys_that_begin_with_it_and_no_other(prefix: str, key: str) -> None:
    """Whatever characters a prefix has, IAM's own wildcards and dollar signs among them; reading and listing alike."""
    reading, listing, _ = permissions.copy_from(Objects(BUCKET, (), prefix))
    assert listing.condition is not None
    _, _, (listed,) = listing.condition

    for candidate in (prefix, prefix + key, key, key + prefix, prefix[:-1] + key, prefix.replace("*", key)):
        assert candidate.startswith(prefix) == _matches(reading.resource, f"{BUCKET}/{candidate}")
        assert candidate.startswith(prefix) == _matches(listed, candidate)


@settings(max_examples=150, deadline=None)
@given(prefix=KEYS, manifest=KEYS, key=KEYS)
def test_a_manifest_is_one_object(prefix: str, manifest: str, key: str) -> None:
    """Besides the prefix, that one key can be read, and none that its characters match as a pattern."""
    granted = permissions.copy_from(Objects(BUCKET, (), prefix, (manifest,)))
    reading = [permission.resource for permission in granted if permission.sid == "ReadObjects"]

    for candidate in (manifest, manifest + key, key, prefix + key, manifest.replace("*", key).replace("?", "b")):
        expected = candidate == manifest or candidate.startswith(prefix)
        assert expected == any(_matches(pattern, f"{BUCKET}/{candidate}") for pattern in reading)


def test_a_file_that_is_named_twice_is_listed_once() -> None:
    """A manifest may be the JSONPaths file too, as far as IAM is concerned."""
    assert ("landing/*", "m.json") == Objects(BUCKET, (), "landing/", ("m.json", "landing/m.json", "m.json")).patterns


@settings(max_examples=150, deadline=None)
@given(manifest=KEYS, key=KEYS)
def test_the_manifest_of_hosts_is_one_object(manifest: str, key: str) -> None:
    """It alone can be read and listed, whatever its characters match as a pattern."""
    reading, listing, _ = permissions.copy_over_ssh(Objects(BUCKET, (), None, (manifest,)))
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
    answers = allowed([(permissions.copy_from(Objects(BUCKET, (), prefix)), request) for prefix, _, request in asked])

    assert [key.startswith(prefix) for prefix, key, _ in asked] == answers


@pytest.mark.parametrize("partition", PARTITIONS)
def test_resources_are_of_the_partition_region_and_account_of_the_home(partition: str) -> None:
    """No ARN has a partition of its own."""
    home = Home(partition, "xx-west-1", "333333333333")
    models = Objects(f"arn:{partition}:s3:::b")
    granted = [
        *permissions.query_catalog(Catalog(home, "sales"), create_database=True, drop_database=True, write=True),
        *permissions.s3_tables(home, home.arn("s3tables", "bucket/lake"), "lake", [], write=True),
        *permissions.copy_from_emr(home, "j-1"),
        *permissions.create_model(home, f"arn:{partition}:iam::333333333333:role/R", models, []),
        *permissions.remote_model(home, "churn"),
        *permissions.external_model(home, ["a.b"], ["eu.a.b"]),
    ]
    named = [permission.resource for permission in granted if permission.resource != "*"]

    assert {partition} == {resource.split(":")[1] for resource in named}
    assert {("", ""), ("", "333333333333"), ("xx-west-1", ""), ("xx-west-1", "333333333333")} == {
        tuple(resource.split(":")[3:5]) for resource in named
    }


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
    catalog = Catalog(home, database, tables)
    granted = permissions.query_catalog(catalog, create_database=False, drop_database=False, write=False)
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
    assert 1 == len(documents(permissions.copy_from(Objects("${Token[TOKEN.1]}", (), "${Token[TOKEN.2]}/x"))))
