"""CREATE EXTERNAL SCHEMA.

A name, a source of data and roles flow in; the statement flows out.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Final

from redshift_roles.aws import quotas
from redshift_roles.rules.registry import Problem
from redshift_roles.sql import role_clause, sql_checks, statement
from redshift_roles.sql.role_clause import DEFAULT, SESSION, Role
from redshift_roles.sql.statement import with_literal, with_value, word

_CATALOG: Final = "DATA CATALOG"
_SOURCES: Final = (_CATALOG, "HIVE METASTORE", "POSTGRES", "MYSQL", "KINESIS", "MSK", "KAFKA")
_AUTHENTICATIONS: Final = ("none", "iam", "mtls")
_FEDERATED: Final = ("POSTGRES", "MYSQL")
_STREAMS: Final = ("MSK", "KAFKA")
# Which source each option is for, where it is not for all.
_FOR: Final[Mapping[str, tuple[str, ...]]] = {
    "database": (_CATALOG, "HIVE METASTORE", *_FEDERATED),
    "schema": ("POSTGRES",),
    "region": (_CATALOG,),
    "uri": ("HIVE METASTORE", *_FEDERATED, *_STREAMS),
    "port": ("HIVE METASTORE", *_FEDERATED),
    "secret_arn": (*_FEDERATED, *_STREAMS),
    "cluster_arn": _STREAMS,
    "authentication": _STREAMS,
    "authentication_arn": _STREAMS,
    "catalog_role": (_CATALOG,),
    "create_database": (_CATALOG,),
    "catalog_id": (_CATALOG,),
    "lake_formation": (_CATALOG,),
}
_NEEDED: Final[Mapping[str, tuple[str, ...]]] = {
    _CATALOG: ("database", "role"),
    "HIVE METASTORE": ("database", "uri", "role"),
    "POSTGRES": ("database", "uri", "role", "secret_arn"),
    "MYSQL": ("database", "uri", "role", "secret_arn"),
    "KINESIS": ("role",),
}
_FLAGS: Final = ("create_database", "lake_formation")
_TEXTS: Final = ("database", "schema", "region", "uri", "secret_arn", "cluster_arn", "authentication_arn", "catalog_id")


def _role(text: str) -> Callable[[object], str]:
    return lambda value: f"{text} {role_clause.role_text(value)}"


# In the order of the first syntax on the page.
_OPTIONS: Final[Mapping[str, Callable[[object], str]]] = {
    "database": with_literal("DATABASE"),
    "schema": with_literal("SCHEMA"),
    "region": with_literal("REGION"),
    "role": _role("IAM_ROLE"),
    "authentication": with_value("AUTHENTICATION"),
    "authentication_arn": with_literal("AUTHENTICATION_ARN"),
    "secret_arn": with_literal("SECRET_ARN"),
    "uri": with_literal("URI"),
    "port": with_value("PORT"),
    "cluster_arn": with_literal("CLUSTER_ARN"),
    "catalog_role": _role("CATALOG_ROLE"),
    "create_database": word("CREATE EXTERNAL DATABASE IF NOT EXISTS"),
    "catalog_id": with_literal("CATALOG_ID"),
}
# In the order of the page's own syntax or example for a source, where it has another one.
_ADDRESS_FIRST: Final = ("database", "schema", "uri", "port", "role", "secret_arn")
_ORDERS: Final[Mapping[str, tuple[str, ...]]] = {
    "HIVE METASTORE": _ADDRESS_FIRST,
    "POSTGRES": _ADDRESS_FIRST,
    "MYSQL": _ADDRESS_FIRST,
    "KAFKA": ("role", "uri", "cluster_arn", "authentication", "authentication_arn", "secret_arn"),
}


def create_external_schema(
    name: str,
    *,
    source: str = _CATALOG,
    role: Role | None = None,
    database: str | None = None,
    schema: str | None = None,
    region: str | None = None,
    uri: str | None = None,
    port: int | str | None = None,
    secret_arn: str | None = None,
    cluster_arn: str | None = None,
    authentication: str | None = None,
    authentication_arn: str | None = None,
    catalog_role: Role | None = None,
    create_database: bool = False,
    catalog_id: str | None = None,
    if_not_exists: bool = False,
    lake_formation: bool = False,
) -> str:
    """Write a CREATE EXTERNAL SCHEMA statement.

    Args:
        name: The schema.
        source: DATA CATALOG, HIVE METASTORE, POSTGRES, MYSQL, KINESIS, MSK or KAFKA. Default: DATA CATALOG.
        role: An `iam.IRole`, a `RoleChain`, ``default`` or an ARN; ``SESSION`` for the DATA CATALOG. Needed but for
            MSK and KAFKA.
        database: The external database; for DATA CATALOG, HIVE METASTORE, POSTGRES and MYSQL.
        schema: The schema in a POSTGRES database. Default: ``public``.
        region: The region of the catalog where it is not the cluster's.
        uri: Where the metastore, the database or the brokers are. Needed but for DATA CATALOG and KINESIS.
        port: 1 to 65,535, or a token as text. Default: the source's own.
        secret_arn: The secret with the credentials of POSTGRES or MYSQL, or with the certificate of mTLS.
        cluster_arn: The MSK cluster, in place of uri.
        authentication: ``none``, ``iam`` or ``mtls``; for MSK and KAFKA.
        authentication_arn: The certificate of mTLS in AWS Certificate Manager, in place of secret_arn.
        catalog_role: The role for the catalog, where it is not the one for the data.
        create_database: Whether to create the database in the catalog where it is missing. Default: False.
        catalog_id: The account of the catalog; only where a role is ``SESSION``.
        if_not_exists: Whether a schema of that name may exist. Default: False.
        lake_formation: Whether AWS Lake Formation governs the catalog: writes nothing, and refuses a chain.

    Returns:
        The statement, with a semicolon.

    Raises:
        RoleAssociationError: InvalidArgument, for what Redshift would reject.

    Source:
        https://docs.aws.amazon.com/redshift/latest/dg/r_CREATE_EXTERNAL_SCHEMA.html (read 2026-11-24)
    """
    options = {label: value for label, value in locals().items() if label in _GIVEN}
    options |= {"role": role_clause.read(role), "catalog_role": role_clause.read(catalog_role)}
    given = statement.given_options(**options)
    problems = [
        *sql_checks.identifier_problems("name", name),
        *sql_checks.choice_problems("source", source, _SOURCES),
        *sql_checks.flag_problems(if_not_exists=if_not_exists),
        *_value_problems(given),
        *_roles_problems(given, source, lake_formation=lake_formation),
        *_combination_problems(given, source),
        *_stream_problems(given, source),
    ]
    sql_checks.raise_if("create_external_schema", quotas.EXTERNAL_SCHEMA, problems)
    exists = "IF NOT EXISTS " if if_not_exists else ""
    head = f"CREATE EXTERNAL SCHEMA {exists}{statement.identifier(name)} FROM {source}"
    written = {label: _OPTIONS[label] for label in _ORDERS.get(source, tuple(_OPTIONS))}
    return " ".join([head, *statement.clauses(given, written)]) + ";"


_GIVEN: Final = frozenset({*_OPTIONS, "lake_formation"})


def _value_problems(given: Mapping[str, object]) -> Iterator[Problem]:
    yield from sql_checks.text_problems({label: given[label] for label in _TEXTS if label in given})
    yield from sql_checks.flag_problems(**{label: given[label] for label in _FLAGS if label in given})
    if "authentication" in given:
        yield from sql_checks.choice_problems("authentication", given["authentication"], _AUTHENTICATIONS)
    if "port" in given:
        yield from sql_checks.whole_problems("port", given["port"], 1, 65_535)


def _roles_problems(given: Mapping[str, object], source: object, *, lake_formation: bool) -> Iterator[Problem]:
    words = (DEFAULT, SESSION) if source == _CATALOG else (DEFAULT,)
    for label, allowed in (("role", words), ("catalog_role", (SESSION,))):
        if label not in given:
            continue
        yield from role_clause.role_problems(label, given[label], words=allowed)
        if lake_formation is True and len(role_clause.arns_of(given[label])) > 1:
            yield Problem(
                label,
                f"'{label}' is a chain of roles, and Lake Formation takes none",
                "pass the one role that is associated, and give it the grants in Lake Formation",
            )


def _combination_problems(given: Mapping[str, object], source: object) -> Iterator[Problem]:
    for label in given:
        allowed = _FOR.get(label)
        if allowed and source in _SOURCES and source not in allowed:
            yield Problem(label, f"'{label}' is given for {source}, it is for {', '.join(allowed)}", f"drop {label}")
    for label in _NEEDED.get(str(source), ()):
        if label not in given:
            yield Problem(label, f"'{label}' is not given for {source}", f"pass {label}=…")
    if "catalog_id" in given and SESSION not in (given.get("role"), given.get("catalog_role")):
        yield Problem(
            "catalog_id",
            "'catalog_id' is given without a role 'SESSION'",
            "pass catalog_role='SESSION', or drop catalog_id",
        )


def _stream_problems(given: Mapping[str, object], source: object) -> Iterator[Problem]:
    if source not in _STREAMS:
        return
    brokers, certificates = {"uri", "cluster_arn"} & set(given), {"authentication_arn", "secret_arn"} & set(given)
    if len(brokers) != 1:
        yield Problem("uri", f"'uri' and 'cluster_arn' are {_both_or_neither(brokers)} given", "pass one of them")
    if len(certificates) > 1:
        yield Problem("authentication_arn", "'authentication_arn' and 'secret_arn' are both given", "pass one of them")
    if given.get("authentication") == "mtls" and not certificates:
        yield Problem("", "no certificate is given for authentication='mtls'", "pass authentication_arn or secret_arn")
    if given.get("authentication") == "iam" and "role" not in given:
        yield Problem("role", "'role' is not given for authentication='iam'", "pass the role that may read the topics")


def _both_or_neither(given: Collection[str]) -> str:
    return "both" if given else "neither"
