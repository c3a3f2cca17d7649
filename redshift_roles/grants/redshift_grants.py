"""What Redshift may do with a role: one method for each thing.

CDK resources and names flow in; managed policies on the role, with exactly what AWS documents, flow out.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from aws_cdk import Fn
from aws_cdk import aws_iam as iam

from redshift_roles.aws import arns, permissions, quotas
from redshift_roles.aws.permissions import Objects
from redshift_roles.aws.placeholders import is_text_token, present
from redshift_roles.cdk.location import Location
from redshift_roles.cdk.registry import record_of
from redshift_roles.cdk.resource_reader import resource, secret_arn
from redshift_roles.cdk.role_reader import role_arn
from redshift_roles.cdk.validation import raise_if
from redshift_roles.grants import pass_role as passing
from redshift_roles.grants.grant import RedshiftGrant
from redshift_roles.grants.managed_policies import GrantRecord
from redshift_roles.grants.writer import LAKE_FORMATION_IN_A_CHAIN, GrantWriter
from redshift_roles.rules import grant_arguments
from redshift_roles.rules.arguments import ROLE
from redshift_roles.rules.registry import Problem

if TYPE_CHECKING:
    from aws_cdk import aws_dynamodb as dynamodb
    from aws_cdk import aws_kinesis as kinesis
    from aws_cdk import aws_lambda as lambda_
    from aws_cdk import aws_s3 as s3
    from aws_cdk import aws_secretsmanager as secretsmanager


class RedshiftGrants:
    """Grant a role what Redshift does with it: exactly the actions that AWS documents, on exactly what is named.

    ``RedshiftGrants.of(role)`` takes any `iam.IRole`; ``RedshiftRole.redshift_grants`` is the same for a role of ours.
    Each method returns a `RedshiftGrant` and can be called twice without harm. A customer managed key of a bucket,
    table, secret or stream is found and granted by itself.

    Args:
        role: The role; ``RedshiftGrants.of`` is the way to give it, since it finds what was granted before.

    Attributes:
        policies: The managed policies on the role so far, each an `iam.CfnManagedPolicy`.

    Raises:
        RoleAssociationError: InvalidArgument, for what AWS would refuse and for a role imported with
            ``mutable=False``; RoleAccountMismatch, for a role of another account than its stack's; PolicyTooLarge, for
            more policies than IAM attaches, and for a trust policy without room for Amazon SageMaker.

    Template:
        1 AWS::IAM::ManagedPolicy, a child of the role, for all grants of the role together; another one for each 6,144
        characters, what only the deployment knows at its longest. The order of the calls changes nothing. None where
        ``iam.Role.customize_roles`` tells CDK to report policies and not to write them.

    Source:
        https://docs.aws.amazon.com/redshift/latest/dg/copy-usage_notes-access-permissions.html (read 2026-11-24)
    """

    def __init__(self, role: iam.IRole) -> None:
        self._writer = GrantWriter(role)

    @classmethod
    def of(cls, role: iam.IRole) -> RedshiftGrants:
        """Find the grants of a role.

        Raises:
            RoleAssociationError: InvalidArgument, for what is no role.
        """
        raise_if(lambda: "RedshiftGrants.of", quotas.COPY_PERMISSIONS, ROLE.check("role", role))
        return cls(role)

    @property
    def policies(self) -> tuple[iam.CfnManagedPolicy, ...]:
        """List the managed policies on the role so far."""
        return tuple(self._writer.policies)

    def copy_from(
        self,
        bucket: s3.IBucket,
        *,
        prefix: str | None = None,
        manifest: str | None = None,
        jsonpaths: str | None = None,
        owner_allows: bool = False,
    ) -> RedshiftGrant:
        """Allow COPY from Amazon S3: get the objects, list them, find the bucket's region, decrypt with the bucket's
        key.

        Args:
            bucket: The bucket.
            prefix: What the objects' keys begin with, exactly as in COPY: ``landing/`` is a folder, ``landing`` also
                begins ``landing-2/``. 1 to 1,024 characters. Default: all objects.
            manifest: The key of a manifest in the bucket, where it is not under the prefix. Default: none.
            jsonpaths: The key of a JSONPaths file in the bucket, where it is not under the prefix. Default: none.
            owner_allows: Whether the owner of a bucket of another account has added the statements that
                ``grant.resource_statements`` lists. Default: False, and such a bucket is refused.
        """
        given = present(
            ["bucket"], bucket=bucket, prefix=prefix, manifest=manifest, jsonpaths=jsonpaths, owner_allows=owner_allows
        )
        self._writer.raise_if(quotas.S3_KEYS, grant_arguments.check(given))
        found = resource(bucket, "bucket_arn")
        objects = Objects(found.arn, found.key_arn, prefix, _files(manifest, jsonpaths))
        return self._writer.allow_in_bucket(
            quotas.S3_KEYS, permissions.copy_from(objects), found, owner_allows=owner_allows
        )

    def unload_to(
        self, bucket: s3.IBucket, *, prefix: str | None = None, clean_path: bool = False, owner_allows: bool = False
    ) -> RedshiftGrant:
        """Allow UNLOAD to Amazon S3: get, put and list objects, and encrypt with the bucket's key.

        Args:
            bucket: The bucket.
            prefix: What the objects' keys begin with, as in UNLOAD. Default: all objects.
            clean_path: Whether UNLOAD may delete what is there (CLEANPATH). Default: False.
            owner_allows: As in `copy_from`.
        """
        given = present(["bucket"], bucket=bucket, prefix=prefix, clean_path=clean_path, owner_allows=owner_allows)
        self._writer.raise_if(quotas.S3_KEYS, grant_arguments.check(given))
        found = resource(bucket, "bucket_arn")
        objects = Objects(found.arn, found.key_arn, prefix)
        allowed = permissions.unload_to(objects, clean_path=clean_path)
        return self._writer.allow_in_bucket(quotas.S3_KEYS, allowed, found, owner_allows=owner_allows)

    def external_schema(
        self,
        database: str,
        *,
        bucket: s3.IBucket | None = None,
        prefix: str | None = None,
        tables: Sequence[str] | None = None,
        create_database: bool = False,
        write: bool = False,
        lake_formation: bool = False,
        owner_allows: bool = False,
    ) -> RedshiftGrant:
        """Allow CREATE EXTERNAL SCHEMA … FROM DATA CATALOG and queries of its tables (Redshift Spectrum).

        Args:
            database: The database in the AWS Glue Data Catalog of the role's account and region.
            bucket: The bucket that the tables' files are in; not with lake_formation.
            prefix: What the files' keys begin with. Default: all objects.
            tables: Names of tables, 1 or more. Default: all tables of the database.
            create_database: Whether to allow CREATE EXTERNAL DATABASE IF NOT EXISTS. Default: False.
            write: Whether to allow to create, alter and drop tables and partitions, and to insert. Default: False.
            lake_formation: Whether AWS Lake Formation vends the credentials for the files; then the role needs none
                for Amazon S3, and cannot be a later role of a chain. Default: False.
            owner_allows: As in `copy_from`.
        """
        given = present(
            ["database"],
            database=database,
            bucket=bucket,
            prefix=prefix,
            tables=tables,
            create_database=create_database,
            write=write,
            lake_formation=lake_formation,
            owner_allows=owner_allows,
        )
        problems = [*grant_arguments.check_external_schema(given)]
        record = record_of(GrantRecord, self._writer.role)
        if lake_formation is True and record.is_chained:
            problems.append(LAKE_FORMATION_IN_A_CHAIN)
        self._writer.raise_if(quotas.SPECTRUM_POLICIES, problems)
        catalog = permissions.query_catalog(
            self._writer.home, database, tables, create_database=create_database, write=write
        )
        if bucket is None:
            record.is_vended = True
            return self._writer.allow(quotas.SPECTRUM_POLICIES, [*catalog, *permissions.lake_formation()])
        found = resource(bucket, "bucket_arn")
        files = permissions.query_objects(Objects(found.arn, found.key_arn, prefix), write=write)
        return self._writer.allow_in_bucket(
            quotas.SPECTRUM_POLICIES, [*catalog, *files], found, owner_allows=owner_allows
        )

    def copy_from_dynamodb(self, table: dynamodb.ITable) -> RedshiftGrant:
        """Allow COPY from an Amazon DynamoDB table: describe and scan it, and decrypt with its key."""
        self._writer.raise_if(quotas.COPY_PERMISSIONS, grant_arguments.check({"table": table}))
        found = resource(table, "table_arn")
        return self._writer.allow(
            quotas.COPY_PERMISSIONS, permissions.copy_from_dynamodb(found.arn, found.key_arn), ("table", found)
        )

    def copy_from_emr(self, cluster_id: str) -> RedshiftGrant:
        """Allow COPY from an Amazon EMR cluster of the role's account and region: list its instances.

        Args:
            cluster_id: Its id, such as ``j-2AXXXXXXGAPLF``.
        """
        self._writer.raise_if(
            quotas.LOAD_FROM_EMR, grant_arguments.check(present(["cluster_id"], cluster_id=cluster_id))
        )
        return self._writer.allow(quotas.LOAD_FROM_EMR, permissions.copy_from_emr(self._writer.home, cluster_id))

    def copy_over_ssh(self, bucket: s3.IBucket, manifest: str, *, owner_allows: bool = False) -> RedshiftGrant:
        """Allow COPY from remote hosts: get and list the manifest that names them.

        Args:
            bucket: The bucket that the manifest is in.
            manifest: Its key.
            owner_allows: As in `copy_from`.
        """
        given = present(["bucket", "manifest"], bucket=bucket, manifest=manifest, owner_allows=owner_allows)
        self._writer.raise_if(quotas.COPY_PERMISSIONS, grant_arguments.check(given))
        found = resource(bucket, "bucket_arn")
        allowed = permissions.copy_over_ssh(Objects(found.arn, found.key_arn, files=(manifest,)))
        return self._writer.allow_in_bucket(quotas.COPY_PERMISSIONS, allowed, found, owner_allows=owner_allows)

    def federated_query(self, secret: secretsmanager.ISecret) -> RedshiftGrant:
        """Allow queries in Amazon RDS or Aurora (FROM POSTGRES, FROM MYSQL) with the credentials of a secret."""
        self._writer.raise_if(quotas.FEDERATED_QUERY, grant_arguments.check({"secret": secret}))
        found = resource(secret, "secret_arn")
        return self._writer.allow(
            quotas.FEDERATED_QUERY,
            permissions.federated_query(secret_arn(found, self._writer.location), found.key_arn),
            ("secret", found),
        )

    def external_function(self, function: lambda_.IFunction) -> RedshiftGrant:
        """Allow CREATE EXTERNAL FUNCTION over an AWS Lambda function: invoke exactly this function, version or
        alias.
        """
        self._writer.raise_if(quotas.LAMBDA_FUNCTIONS, grant_arguments.check({"function": function}))
        found = resource(function, "function_arn")
        return self._writer.allow(
            quotas.LAMBDA_FUNCTIONS, permissions.external_function(found.arn), ("function", found)
        )

    def stream_from_kinesis(self, stream: kinesis.IStream) -> RedshiftGrant:
        """Allow streaming ingestion from a stream of Amazon Kinesis Data Streams, and decrypt with its key."""
        self._writer.raise_if(quotas.STREAMING_KINESIS, grant_arguments.check({"stream": stream}))
        found = resource(stream, "stream_arn")
        return self._writer.allow(
            quotas.STREAMING_KINESIS, permissions.stream_from_kinesis(found.arn, found.key_arn), ("stream", found)
        )

    def stream_from_msk(self, cluster_arn: str, topics: Sequence[str]) -> RedshiftGrant:
        """Allow streaming ingestion from Amazon MSK with IAM authentication.

        Args:
            cluster_arn: The ARN of the MSK cluster, for which CDK has no interface.
            topics: Names of topics, 1 or more.
        """
        given = present(["cluster_arn", "topics"], cluster_arn=cluster_arn, topics=topics)
        problems = [*grant_arguments.check(given)]
        self._writer.raise_if(quotas.STREAMING_MSK, [*problems, *_foreign_cluster(cluster_arn, self._writer.location)])
        prefix = _topics_prefix(cluster_arn)
        return self._writer.allow(
            quotas.STREAMING_MSK, permissions.stream_from_msk(cluster_arn, [f"{prefix}/{topic}" for topic in topics])
        )

    def create_model(self, bucket: s3.IBucket, *, owner_allows: bool = False) -> RedshiftGrant:
        """Allow CREATE MODEL: train with Amazon SageMaker, and keep the models in a bucket.

        A role that the app defines lets SageMaker assume it too; an imported role must do so already.

        Args:
            bucket: The bucket of SETTINGS (S3_BUCKET …).
            owner_allows: As in `copy_from`.
        """
        self._writer.raise_if(
            quotas.MACHINE_LEARNING,
            grant_arguments.check(present(["bucket"], bucket=bucket, owner_allows=owner_allows)),
        )
        found = resource(bucket, "bucket_arn")
        allowed = permissions.create_model(
            self._writer.home, role_arn(self._writer.role), Objects(found.arn, found.key_arn)
        )
        return self._writer.allow_in_bucket(
            quotas.MACHINE_LEARNING, allowed, found, owner_allows=owner_allows, training=True
        )

    def pass_role(self, grantee: iam.IGrantable) -> RedshiftGrant:
        """Allow a user, group or role to pass this role to Amazon Redshift and to nothing else.

        CDK's own ``grant_pass_role`` lets them pass it to any service. A role of ours that Redshift Serverless may
        assume can be passed to that too.

        Args:
            grantee: Who may pass it: of the role's account, since ``iam:PassRole`` cannot cross accounts.
        """
        return passing.pass_role(self._writer.role, grantee)


def _files(*keys: str | None) -> tuple[str, ...]:
    return tuple(key for key in keys if key is not None)


def _topics_prefix(cluster_arn: str) -> str:
    """Write what the ARNs of a cluster's topics begin with."""
    if is_text_token(cluster_arn):
        return Fn.join(":topic/", Fn.split(":cluster/", cluster_arn))
    return cluster_arn.replace(":cluster/", ":topic/")


def _foreign_cluster(cluster_arn: str, location: Location) -> list[Problem]:
    literal = isinstance(cluster_arn, str) and not is_text_token(cluster_arn)
    account = arns.account_of(cluster_arn) if literal else None
    if not arns.differ(account, location.account):
        return []
    return [
        Problem(
            "cluster_arn",
            f"'cluster_arn' is in account {account}, the role is in {location.account}",
            f"let the role assume one of account {account}: RoleChain(role, theirs), and grant it to that",
        )
    ]
