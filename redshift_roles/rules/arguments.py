"""What the arguments of constructs, grants and SQL functions may be."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache, singledispatch
from typing import Final, NamedTuple, Protocol

from redshift_roles.aws import quotas
from redshift_roles.aws.placeholders import (
    is_awaited,
    is_list_token,
    is_nameless,
    is_number_token,
    is_text_token,
    is_token,
    readable,
)
from redshift_roles.aws.trust import DbUser
from redshift_roles.rules.registry import Problem

Given = Mapping[str, object]
_SURROGATE: Final = re.compile("[\ud800-\udfff]")


class Shape(Protocol):
    """What an argument may be."""

    def check(self, name: str, value: object) -> Iterator[Problem]:
        """Find what is wrong with a value; one that only the deployment knows may be right."""


def must_be(name: str, allowed: str, value: object, fix: str) -> Problem:
    """Write what an argument must be, and what it is."""
    return Problem(name, f"'{name}' must be {allowed}, got {shown(value)}", fix)


class Text(NamedTuple):
    """A text that matches a pattern; a literal one must be known at synth time."""

    pattern: str
    allowed: str
    example: str
    literal: bool = False
    checked_by_cdk: bool = False  # which refuses what it writes itself until it has looked up a parameter

    def fits(self, value: object) -> bool:
        """Return whether a value matches; half a character (a lone surrogate) and the token of a list never do."""
        if not isinstance(value, str):
            return False
        return (is_awaited(value) and not self.checked_by_cdk) or _matches(self.pattern, value, literal=self.literal)

    def check(self, name: str, value: object) -> Iterator[Problem]:
        """Check the pattern."""
        if (self.literal or not is_text_token(value)) and not self.fits(value):
            yield must_be(name, self.allowed, value, f"write it like {name}='{self.example}'")


# Most clusters of an app have the same values, such as the defaults.
@lru_cache(maxsize=4096)
def _matches(pattern: str, value: str, *, literal: bool) -> bool:
    if _SURROGATE.search(value) or is_list_token(value) or (literal and readable(value) != value):
        return False
    return re.fullmatch(pattern, value, re.ASCII) is not None


class Number(NamedTuple):
    """A whole number in a range; a literal one must be known at synth time."""

    low: int
    high: int
    literal: bool = False

    def check(self, name: str, value: object) -> Iterator[Problem]:
        """Check the range."""
        if not self.literal and is_number_token(value):
            return
        if not is_whole(value) or not self.low <= value <= self.high:  # type: ignore[operator]
            allowed = f"a whole number from {self.low} to {self.high}"
            yield must_be(name, allowed, value, f"pass {allowed}")


class WholeNumber(NamedTuple):
    """A whole number whose range depends on other arguments."""

    example: int

    def check(self, name: str, value: object) -> Iterator[Problem]:
        """Check the type."""
        if not is_whole(value):
            yield must_be(name, "a whole number", value, f"pass {name}={self.example}")


class Flag:
    """True or False."""

    def check(self, name: str, value: object) -> Iterator[Problem]:
        """Check the type."""
        if not isinstance(value, bool):
            yield must_be(name, "True or False", value, f"pass {name}=True or {name}=False")


class Kind(NamedTuple):
    """A CDK object, identified by an attribute of its class: reading that of the object would cross into jsii."""

    attribute: str
    allowed: str
    fix: str

    def check(self, name: str, value: object) -> Iterator[Problem]:
        """Check the class."""
        if not any(hasattr(found, self.attribute) for found in classes_of(value).values()):
            yield must_be(name, self.allowed, value, self.fix)


class ListOf(NamedTuple):
    """A list; `if_empty` is what to do about an empty one, where that is wrong."""

    item: Shape
    if_empty: str = ""

    def check(self, name: str, value: object) -> Iterator[Problem]:
        """Check the type, then each entry."""
        is_one_object = isinstance(value, (str, bytes, Mapping)) or hasattr(value, "_fields")
        if is_one_object or not isinstance(value, Sequence):
            yield must_be(name, "a list", value, f"pass {name}=[…]")
        elif any(map(is_list_token, value)):
            allowed, given = "a list whose entries are counted at synth", "a list that only the deployment knows"
            yield Problem(name, f"'{name}' must be {allowed}, got {given}", "name each of them")
        elif not value and self.if_empty:
            yield Problem(name, f"'{name}' must have at least one entry, got an empty list", self.if_empty)
        else:
            for index, entry in enumerate(value):
                yield from self.item.check(f"{name}[{index}]", entry)


@singledispatch
def classes_of(value: object) -> dict[str, type]:
    """Name the classes whose members a value has; `cdk` registers objects that stand for several."""
    return {type(value).__name__: type(value)}


def is_whole(value: object) -> bool:
    """Return whether a value is a whole number; True and False are not."""
    return isinstance(value, int) and not isinstance(value, bool)


def shown(value: object) -> str:
    """Write a value as the caller would."""
    if is_nameless(value):
        is_text = isinstance(value, str) and not is_list_token(value)
        what = "value" if is_text else "number" if is_number_token(value) else "list"
        return f"a {what} that only the deployment knows"
    if value is None or isinstance(value, (str, bytes, int, float)):
        return readable(repr(value))
    name = next(iter(classes_of(value)))
    return f"an {name}" if name[0] in "AEIOaeio" else f"a {name}"


def id_shown(value: object) -> str:
    """Write a construct's id as in a path."""
    return readable(value) if isinstance(value, str) else shown(value)


def check(given: Given, allowed: Mapping[str, Shape]) -> Iterator[Problem]:
    """Check each argument by itself."""
    for name, value in given.items():
        if name in allowed:
            yield from allowed[name].check(name, value)


ROLE: Final = Kind(
    "role_arn", "an iam.IRole", "pass a RedshiftRole, or iam.Role.from_role_arn(self, 'Imported', 'arn:…')"
)
USER: Final = Kind("user_ref", "an iam.IUser", "pass iam.User(…), or iam.User.from_user_name(self, 'User', '…')")
GROUP: Final = Kind("group_ref", "an iam.IGroup", "pass iam.Group(…), or iam.Group.from_group_name(self, 'Group', '…')")
BUCKET: Final = Kind(
    "bucket_arn", "an s3.IBucket", "pass s3.Bucket(…), or s3.Bucket.from_bucket_name(self, 'Logs', '…')"
)
KEY: Final = Kind("key_arn", "a kms.IKey", "pass kms.Key(…), or kms.Key.from_key_arn(self, 'Key', 'arn:…')")
_POLICY: Final = Kind(
    "managed_policy_arn", "an iam.IManagedPolicy", "pass iam.ManagedPolicy(…), or one of its from_ methods"
)
_SESSION: Final = Kind("to_seconds", "a Duration", "pass Duration.hours(1)")
RETENTION: Final = _SESSION._replace(fix="pass Duration.days(7)")
TIMEOUT: Final = _SESSION._replace(fix="pass Duration.minutes(10)")
ROLE_LIMIT: Final = WholeNumber(quotas.DEFAULT_ROLE_LIMIT)
CONSTRUCT_ID: Final = Text(r"(?s:.*\S.*)", "a literal name", "Warehouse", literal=True)
CLUSTER_IDENTIFIER: Final = Text(
    r"(?=.{1,63}$)[a-z][a-z0-9]*(-[a-z0-9]+)*",
    "1 to 63 lower-case letters, digits and single hyphens, a letter first",
    "sales-warehouse",
)
SERVERLESS_NAME: Final = Text(r"[a-z0-9-]{3,64}", "3 to 64 lower-case letters, digits and hyphens", "sales-warehouse")
_DESCRIPTION: Final = Text(r"[\t\n\r\x20-\x7e\xa1-\xff]{0,1000}", "at most 1,000 printable characters", "Loads sales")

REGION: Final = Text(r"[a-z]{2,4}(-[a-z]+)+-\d", "a region's name", "eu-west-1")
_DB_USER: Final = "pass DbUser(cluster='warehouse', user='loader')"
_DB_USER_PARTS: Final = {
    "user": Text(r"[\w+=,.@:/-]{1,127}", "1 to 127 letters, digits and _+=,.@:/-", "loader"),
    "cluster": CLUSTER_IDENTIFIER,
    "workgroup": Text(r"[a-z0-9-]{3,64}", "the id of a workgroup", "8d6a9f0e-0000-0000-0000-000000000000"),
}


class _NoReference(NamedTuple):
    """A text that refers to nothing: the cluster names the role, so the role cannot name the cluster too."""

    text: Text

    def check(self, name: str, value: object) -> Iterator[Problem]:
        if is_token(value):
            fix = "give the cluster a cluster_identifier and write it here; a reference would be circular"
            yield Problem(name, f"'{name}' must be a literal, got a value that only the deployment knows", fix)
        else:
            yield from self.text.check(name, value)


class _DbUserShape:
    """A database user of a cluster or a workgroup."""

    def check(self, name: str, value: object) -> Iterator[Problem]:
        if not isinstance(value, DbUser):
            yield must_be(name, "a DbUser", value, _DB_USER)
            return
        if (value.cluster is None) == (value.workgroup is None):
            both = "neither 'cluster' nor" if value.cluster is None else "both 'cluster' and"
            yield Problem(name, f"'{name}' has {both} 'workgroup'", f"{_DB_USER}, or workgroup=…")
        for part, text in _DB_USER_PARTS.items():
            given = getattr(value, part)
            if given is not None or part == "user":
                yield from _NoReference(text).check(f"{name}.{part}", given)


ROLE_ARGUMENTS: Final[Mapping[str, Shape]] = {
    "role_name": Text(
        r"[\w+=,.@-]{1,64}", "1 to 64 letters, digits and +=,.@_-", "warehouse-loader", checked_by_cdk=True
    ),
    "description": _DESCRIPTION,
    "path": Text(
        r"/|(?=.{1,512}$)/[\x21-\x7e]+/", "a path that begins and ends with a slash, at most 512", "/redshift/"
    ),
    "max_session_duration": _SESSION,
    "permissions_boundary": _POLICY,
    "managed_policies": ListOf(_POLICY),
    "serverless": Flag(),
    "regions": ListOf(REGION, "name the regions, or leave regions out to trust all"),
    "db_users": ListOf(_DbUserShape(), "name them, or leave db_users out to trust all"),
    "source_clusters": ListOf(_NoReference(CLUSTER_IDENTIFIER), "name them, or leave source_clusters out to trust all"),
    "trust_policy_quota": Number(quotas.TRUST_POLICY_SIZE, quotas.LARGEST_TRUST_POLICY_SIZE, literal=True),
}


def check_role(given: Given) -> Iterator[Problem]:
    """Check the arguments of a role; ``session_seconds`` is a number for a `Duration`."""
    yield from check(given, ROLE_ARGUMENTS)
    seconds = given.get("session_seconds")
    low, high = quotas.MIN_SESSION_SECONDS, quotas.MAX_SESSION_SECONDS
    if isinstance(seconds, (int, float)) and not low <= seconds <= high:
        message = f"'max_session_duration' must be {low} to {high} (1 to 12 hours), got {seconds:g} seconds"
        yield Problem("max_session_duration", message, "pass Duration.hours(1) to Duration.hours(12)")
    users = given.get("db_users")
    for index, user in enumerate(users if isinstance(users, (list, tuple)) else ()):
        if isinstance(user, DbUser) and user.workgroup is not None and given.get("serverless") is not True:
            message = f"'db_users[{index}]' is a user of a workgroup, and Redshift Serverless may not assume the role"
            yield Problem("db_users", message, "pass serverless=True")


POLICY_ARGUMENTS: Final[Mapping[str, Shape]] = {
    "pass_roles": ListOf(ROLE, "name what the users may do this with: pass_roles=[…]"),
    "create_clusters": Flag(),
    "create_namespaces": Flag(),
    "describe_all_clusters": Flag(),
    "encryption_keys": ListOf(KEY),
    "service_linked_role": Flag(),
    "manage_admin_password": Flag(),
    "users": ListOf(USER),
    "groups": ListOf(GROUP),
    "managed_policy_name": Text(
        r"[\w+=,.@-]{1,128}", "1 to 128 letters, digits and +=,.@_-", "warehouse-role-association"
    ),
    "description": _DESCRIPTION,
}
# Arguments that have a default, or must be given: None is no value for them.
_TO_CREATE: Final = ("encryption_keys", "service_linked_role", "manage_admin_password")
_FLAGS_OF_POLICY: Final = ("create_clusters", "create_namespaces", "describe_all_clusters")
REQUIRED_OF_POLICY: Final = frozenset({"pass_roles", *_FLAGS_OF_POLICY, *_TO_CREATE})


def check_policy(given: Given) -> Iterator[Problem]:
    """Check the arguments of a user policy."""
    yield from check(given, POLICY_ARGUMENTS)
    kind = "namespaces" if given.get("namespaces") and not given.get("clusters") else "clusters"
    creates_namespaces = given.get("create_namespaces") is True
    if creates_namespaces and not given.get("namespaces"):
        message = "'create_namespaces' is True without 'namespaces'"
        yield Problem("create_namespaces", message, "name them: namespaces=[…]")
    if creates_namespaces or (kind == "clusters" and given.get("create_clusters") is not False):
        return
    for name in _TO_CREATE:
        if given.get(name):
            message = f"'{name}' is given beside create_{kind}=False"
            yield Problem(name, message, f"drop {name}, which only those who create {kind} need")


# A foundation model has a provider and a name; the id of an inference profile begins with where it sends requests.
_GEOGRAPHY: Final = "(us|us-gov|eu|apac|jp|au|ca|global)"
_MODEL: Final = r"[a-z0-9-]{1,63}\.[a-z0-9-]{1,63}([.:][a-z0-9-]{1,63}){0,2}"
_CATALOG_NAME: Final = Text(r"[^\x00-\x1f/]{1,255}", "a name of 1 to 255 characters without a slash", "sales")
_KEY_LENGTH: Final = quotas.S3_KEY_LENGTH
_KEY_WORDS: Final = f"1 to {_KEY_LENGTH:,} characters without a slash or s3:// in front"
_OBJECT_KEY: Final = Text(
    rf"(?!/|s3://)[^\x00-\x1f]{{0,{_KEY_LENGTH - 1}}}[^\x00-\x1f/]",
    f"the key of one object, {_KEY_WORDS}",
    "manifests/load.json",
)
GRANT_ARGUMENTS: Final[Mapping[str, Shape]] = {
    "bucket": BUCKET,
    "prefix": Text(
        rf"(?!/|s3://)[^\x00-\x1f]{{1,{_KEY_LENGTH}}}", f"what object keys begin with, {_KEY_WORDS}", "landing/"
    ),
    "manifest": _OBJECT_KEY,
    "jsonpaths": _OBJECT_KEY,
    "encryption_key": KEY,
    "owner_allows": Flag(),
    "clean_path": Flag(),
    "encrypted_auto": Flag(),
    "database": _CATALOG_NAME,
    "tables": ListOf(_CATALOG_NAME, "name the tables, or leave tables out for all of the database"),
    "create_database": Flag(),
    "drop_database": Flag(),
    "region": REGION,
    "account": Text(r"[0-9]{12}", "an account number, 12 digits", "222222222222"),
    "catalog_key": KEY,
    "table_bucket_arn": Text(
        r"arn:[a-z-]+:s3tables:[a-z0-9-]+:[0-9]{12}:bucket/[a-z0-9-]{3,63}",
        "the ARN of an Amazon S3 table bucket",
        "arn:aws:s3tables:eu-west-1:111111111111:bucket/lake",
    ),
    "write": Flag(),
    "lake_formation": Flag(),
    "table": Kind("table_arn", "a dynamodb.ITable", "pass dynamodb.TableV2(…), or one of its from_ methods"),
    "cluster_id": Text(r"j-[A-Z0-9]{1,20}", "the id of an Amazon EMR cluster", "j-2AXXXXXXGAPLF"),
    "secret": Kind(
        "secret_arn", "a secretsmanager.ISecret", "pass secretsmanager.Secret(…), or one of its from_ methods"
    ),
    "function": Kind("function_arn", "a lambda_.IFunction", "pass lambda_.Function(…), or one of its from_ methods"),
    "stream": Kind("stream_arn", "a kinesis.IStream", "pass kinesis.Stream(…), or one of its from_ methods"),
    "cluster_arn": Text(
        r"arn:[a-z-]+:kafka:[a-z0-9-]+:[0-9]{12}:cluster/[A-Za-z0-9-]+/[A-Za-z0-9-]+",
        "the ARN of an Amazon MSK cluster",
        "arn:aws:kafka:eu-west-1:111111111111:cluster/events/8d6a9f0e-0000-0000-0000-000000000000-1",
    ),
    "topics": ListOf(
        Text(
            rf"[\w.-]{{1,{quotas.TOPIC_LENGTH}}}",
            f"the name of a topic, 1 to {quotas.TOPIC_LENGTH} letters, digits and ._-",
            "events",
        ),
        "name the topics",
    ),
    "by_cluster_arn": Flag(),
    "certificate": Kind(
        "certificate_arn", "an acm.ICertificate", "pass acm.PrivateCertificate(…), or one of its from_ methods"
    ),
    "endpoint": Text(
        r"[A-Za-z0-9](-*[A-Za-z0-9]){0,62}", "the name of an Amazon SageMaker endpoint, not its ARN", "churn"
    ),
    "foundation_models": ListOf(
        Text(
            rf"(?!{_GEOGRAPHY}\.){_MODEL}",
            "the id of a foundation model, and not of an inference profile",
            "anthropic.claude-v2:1",
        ),
        "name the models",
    ),
    "inference_profiles": ListOf(
        Text(rf"{_GEOGRAPHY}\.{_MODEL}", "the id of an inference profile", "eu.anthropic.claude-v2:1", literal=True),
        "name the profiles, or leave inference_profiles out",
    ),
    "regions": ListOf(REGION, "name the regions, or leave regions out"),
    "grantee": Kind("grant_principal", "an iam.IGrantable", "pass a user, a group or a role"),
}

# What IAM policies cannot contain; a lone surrogate is reported as such.
_FOREIGN: Final = re.compile("[^\x00-\xff\ud800-\udfff]")
_ANOTHER_KEY: Final = "give it another key, or grant the part of the key before it as prefix, or all of the bucket"
_ONE_KEY: Final = "write the key of one object"
# What to do about such a character in a name, and about a * or ?, which Redshift would take literally too.
_WRITTEN_TO_POLICIES: Final = {
    "prefix": (
        "grant the part of the prefix before it, or all of the bucket",
        "leave prefix out, which is all objects",
    ),
    "manifest": (_ANOTHER_KEY, _ONE_KEY),
    "jsonpaths": (_ANOTHER_KEY, _ONE_KEY),
    "database": ("give the database another name", "name one database, and grant each"),
    "tables": (
        "give the table another name, or leave tables out for all of the database",
        "name each table, or leave tables out for all of the database",
    ),
}


def check_grant(given: Given) -> Iterator[Problem]:
    """Check the arguments of a grant, also for what Amazon S3 and the policies of IAM cannot contain."""
    yield from check(given, GRANT_ARGUMENTS)
    for name in ("prefix", "manifest", "jsonpaths"):
        value = given.get(name)
        size = len(value.encode(errors="surrogatepass")) if isinstance(value, str) else 0
        if size > _KEY_LENGTH >= len(str(value)):
            message = f"'{name}' must be at most {_KEY_LENGTH:,} bytes of UTF-8, got {size:,}"
            yield Problem(name, message, "shorten it; Amazon S3 counts bytes")
    for name, fixes in _WRITTEN_TO_POLICIES.items():
        value = given.get(name)
        entries = enumerate(value) if isinstance(value, (list, tuple)) else ()
        for label, text in [(name, value), *((f"{name}[{index}]", entry) for index, entry in entries)]:
            if isinstance(text, str):
                yield from _unwritable(label, text, *fixes)


def _unwritable(label: str, text: str, rename: str, spell_out: str) -> Iterator[Problem]:
    found = _FOREIGN.search(text)
    if found:
        message = f"'{label}' must have characters up to U+00FF (ÿ) only, got {found[0]!r} in {shown(text)}"
        yield Problem(label, message, rename)
    before, star, _ = re.sub(r"[?]", "*", text).partition("*")
    if star:
        message = f"'{label}' must have no * or ?, which Redshift would take literally, got {shown(text)}"
        yield Problem(
            label, message, f"write {label}='{readable(before)}'" if before and label == "prefix" else spell_out
        )


def check_external_schema(given: Given) -> Iterator[Problem]:
    """Check where the files of an external schema are: in a bucket, vended by AWS Lake Formation, or granted apart."""
    yield from check_grant(given)
    is_vended = given.get("lake_formation") is True
    for name in ("bucket", "prefix", "encryption_key"):
        if name in given and is_vended:
            message = f"'{name}' is {shown(given[name])} beside lake_formation=True"
            yield Problem(name, message, f"drop {name}: Lake Formation vends the credentials for Amazon S3")
        elif name in given and "bucket" not in given:
            fix = "pass the bucket that the tables' files are in"
            yield Problem(name, f"'{name}' is {shown(given[name])} without a bucket", fix)


def check_kafka(given: Given) -> Iterator[Problem]:
    """Check where the certificate of a client of Apache Kafka is: in AWS Certificate Manager, or in a secret."""
    yield from check_grant(given)
    if ("certificate" in given) == ("secret" in given):
        wrong = "both given" if "secret" in given else "not given"
        yield Problem("certificate", f"'certificate' and 'secret' are {wrong}", "pass one of them")
    elif "encryption_key" in given and "secret" not in given:
        message = "'encryption_key' is given, and 'certificate' has no key of AWS KMS"
        yield Problem("encryption_key", message, "drop encryption_key")


def check_external_model(given: Given) -> Iterator[Problem]:
    """Check the foundation models, and the inference profiles that send requests to other regions."""
    yield from check_grant(given)
    if "regions" in given and "inference_profiles" not in given:
        fix = "pass inference_profiles=[…], or drop regions: Redshift calls models of its own region"
        yield Problem("regions", "'regions' is given without 'inference_profiles'", fix)
