"""CREATE EXTERNAL SCHEMA."""

from __future__ import annotations

from typing import Final

from redshift_roles.aws import quotas
from redshift_roles.rules.arguments import Flag
from redshift_roles.rules.registry import Problem
from redshift_roles.sql import role_clause, statement
from redshift_roles.sql.role_clause import DEFAULT, SESSION, Role
from redshift_roles.sql.statement import Identifier, Option, Whole, bare, flag, literal, one_of

_CATALOG: Final = "DATA CATALOG"
_HIVE: Final = "HIVE METASTORE"
_FEDERATED: Final = ("POSTGRES", "MYSQL")
_STREAMS: Final = ("MSK", "KAFKA")
_DATABASES: Final = (_CATALOG, _HIVE, *_FEDERATED)
_SOURCES: Final = (*_DATABASES, "KINESIS", *_STREAMS)
# In the order of the page's own syntax or example for a source, where it is not the first syntax.
_HEAD: Final = ("if_not_exists", "name", "source")
_ADDRESS_FIRST: Final = (*_HEAD, "database", "schema", "uri", "port", "role", "secret_arn")
_ORDERS: Final = {
    _HIVE: _ADDRESS_FIRST,
    "POSTGRES": _ADDRESS_FIRST,
    "MYSQL": _ADDRESS_FIRST,
    "KAFKA": (*_HEAD, "role", "uri", "cluster_arn", "authentication", "authentication_arn", "secret_arn"),
}


def _only(*sources: str) -> tuple[str, ...]:
    """Return what `Option.needs` names for an option that only these sources have."""
    return tuple(f"source={source!r}" for source in sources)


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
    """Return a CREATE EXTERNAL SCHEMA statement.

    Args:
        name: The schema.
        source: DATA CATALOG, HIVE METASTORE, POSTGRES, MYSQL, KINESIS, MSK or KAFKA. Default: DATA CATALOG.
        role: An `iam.IRole`, a `RoleChain`, ``default`` or an ARN; ``SESSION`` for the DATA CATALOG. Optional for
            MSK and KAFKA with authentication ``none``.
        database: The external database; for DATA CATALOG, HIVE METASTORE, POSTGRES and MYSQL.
        schema: The schema in a POSTGRES database. Default: ``public``.
        region: The region of the catalog if it is not the cluster's.
        uri: Where the metastore, the database or the brokers are. Required except for DATA CATALOG and KINESIS.
        port: 1 to 65,535, or a token as text. Default: the source's own.
        secret_arn: The secret with the credentials of POSTGRES or MYSQL, or with the certificate of mTLS.
        cluster_arn: The MSK cluster, in place of uri.
        authentication: ``none``, ``iam`` or ``mtls``; for MSK and KAFKA.
        authentication_arn: The certificate of mTLS in AWS Certificate Manager, in place of secret_arn.
        catalog_role: The role for the catalog, if it is not the one for the data.
        create_database: Whether to create the database in the catalog if it does not exist. Default: False.
        catalog_id: The account of the catalog; only if a role is ``SESSION``.
        if_not_exists: Whether a schema of that name may exist. Default: False.
        lake_formation: Whether AWS Lake Formation governs the catalog: changes no text, and does not allow a chain.

    Returns:
        The statement, with a semicolon.

    Raises:
        RoleAssociationError: InvalidArgument, for everything that Redshift would reject.

    Source:
        https://docs.aws.amazon.com/redshift/latest/dg/r_CREATE_EXTERNAL_SCHEMA.html (text of 2026-08-26)
    """

    def required(*sources: str) -> str:
        return f"for {source}" if source in sources else ""

    streams = source in _STREAMS
    role_for = required(*_DATABASES, "KINESIS")
    if streams and authentication in ("iam", "mtls"):
        role_for = f"for authentication='{authentication}'"
    uri_for = "without cluster_arn" if streams and cluster_arn is None else required(_HIVE, *_FEDERATED)
    needs_certificate = streams and authentication == "mtls" and secret_arn is None
    catalog, databases, stream = _only(_CATALOG), _only(*_DATABASES), _only(*_STREAMS)
    options = {
        "if_not_exists": flag(if_not_exists, "IF NOT EXISTS"),
        "name": Option(name, statement.identifier, Identifier(), required="here"),
        "source": bare(source, "FROM", one_of(*_SOURCES), required="here"),
        "database": literal(database, "DATABASE", needs=databases, required=required(*_DATABASES)),
        "schema": literal(schema, "SCHEMA", needs=_only("POSTGRES")),
        "region": literal(region, "REGION", needs=catalog),
        "role": role_clause.option(role, (DEFAULT, SESSION) if source == _CATALOG else (DEFAULT,), required=role_for),
        "authentication": bare(authentication, "AUTHENTICATION", one_of("none", "iam", "mtls"), needs=stream),
        "authentication_arn": literal(
            authentication_arn,
            "AUTHENTICATION_ARN",
            conflicts=("secret_arn",),
            needs=stream,
            required="for authentication='mtls' without secret_arn" if needs_certificate else "",
        ),
        "secret_arn": literal(
            secret_arn, "SECRET_ARN", needs=_only(*_FEDERATED, *_STREAMS), required=required(*_FEDERATED)
        ),
        "uri": literal(
            uri, "URI", conflicts=("cluster_arn",), needs=_only(_HIVE, *_FEDERATED, *_STREAMS), required=uri_for
        ),
        "port": bare(port, "PORT", Whole(1, 65_535), needs=_only(_HIVE, *_FEDERATED)),
        "cluster_arn": literal(cluster_arn, "CLUSTER_ARN", needs=stream),
        "catalog_role": role_clause.option(catalog_role, (SESSION,), "CATALOG_ROLE", needs=catalog, required=""),
        "create_database": flag(create_database, "CREATE EXTERNAL DATABASE IF NOT EXISTS", needs=catalog),
        "catalog_id": literal(catalog_id, "CATALOG_ID", needs=("role='SESSION'", "catalog_role='SESSION'")),
        "lake_formation": Option(lake_formation, lambda _: "", Flag(), needs=catalog),
    }
    problems = [
        Problem(
            label,
            f"'{label}' must be one role with lake_formation, got a chain",
            "pass the role that is associated, and give it the grants in Lake Formation",
        )
        for label in ("role", "catalog_role")
        if lake_formation is True and len(role_clause.arns_of(options[label].value)) > 1
    ]
    # Of an unknown source nothing is known.
    context = () if source in _SOURCES else _only(*_SOURCES)
    statement.check("create_external_schema", quotas.EXTERNAL_SCHEMA, options, context=context, problems=problems)
    return f"CREATE EXTERNAL SCHEMA {statement.written(options, _ORDERS.get(source))};"
