"""What Redshift may do with a role: one method for each operation."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, cast

from aws_cdk import Fn
from aws_cdk import aws_iam as iam

from redshift_roles.aws import arns, permissions, quotas
from redshift_roles.aws.permissions import Catalog, Home, Objects, Permission
from redshift_roles.aws.placeholders import TOKENS, is_text_token, present
from redshift_roles.cdk.records import record_of
from redshift_roles.cdk.resource_reader import Resource, arn_problems, given_key, resource, secret_arn
from redshift_roles.cdk.role_reader import role_arn
from redshift_roles.cdk.validation import raise_if
from redshift_roles.grants.grant import RedshiftGrant
from redshift_roles.grants.managed_policies import GrantRecord
from redshift_roles.grants.pass_role import pass_role
from redshift_roles.grants.writer import LAKE_FORMATION_IN_A_CHAIN, GrantWriter
from redshift_roles.rules import arguments
from redshift_roles.rules.arguments import ROLE

if TYPE_CHECKING:
    from aws_cdk import aws_certificatemanager as acm
    from aws_cdk import aws_dynamodb as dynamodb
    from aws_cdk import aws_kinesis as kinesis
    from aws_cdk import aws_kms as kms
    from aws_cdk import aws_lambda as lambda_
    from aws_cdk import aws_s3 as s3
    from aws_cdk import aws_secretsmanager as secretsmanager


class RedshiftGrants:
    """Allow a role what Redshift does with it: exactly the actions that AWS documents, on exactly what is named.

    ``RedshiftGrants.of(role)`` takes any `iam.IRole`; a `RedshiftRole` has the same as ``redshift_grants``. Each method
    returns a `RedshiftGrant` and can be called twice without harm. The actions on a customer managed key that CDK
    knows of a bucket, table, secret or stream are allowed with it; of one that was imported by its name or ARN, CDK
    knows no key: pass it as ``encryption_key``.

    Args:
        role: The role.

    Attributes:
        policies: The managed policies on the role so far, each an `iam.CfnManagedPolicy`.

    Raises:
        RoleAssociationError: InvalidArgument, for what AWS would reject, for a resource that CDK cannot refer to from
            the role's stack, for a resource or key of another account, and for a role imported with ``mutable=False``;
            RoleAccountMismatch, for a role of another account than its stack's; PolicyTooLarge, for a statement that no
            policy can hold, for more policies than IAM attaches, and for a trust policy without room for SageMaker.

    Template:
        1 AWS::IAM::ManagedPolicy, a child of the role, for all grants of the role together; another one for each 6,144
        characters, with tokens at their longest. The order of the calls changes nothing. None where
        ``iam.Role.customize_roles`` tells CDK to report policies and not to write them.

    Source:
        https://docs.aws.amazon.com/redshift/latest/dg/copy-usage_notes-access-permissions.html
        (text of 2026-09-16), and the page that a method names
    """

    def __init__(self, role: iam.IRole) -> None:
        raise_if(lambda: "RedshiftGrants.of", quotas.COPY_PERMISSIONS, ROLE.check("role", role))
        self._writer = GrantWriter(role)

    @classmethod
    def of(cls, role: iam.IRole) -> RedshiftGrants:
        """Return the grants of a role, with what was granted to it before."""
        return cls(role)

    @property
    def policies(self) -> tuple[iam.CfnManagedPolicy, ...]:
        """Return the managed policies on the role so far."""
        return tuple(self._writer.policies)

    def copy_from(
        self,
        bucket: s3.IBucket,
        *,
        prefix: str | None = None,
        manifest: str | None = None,
        jsonpaths: str | None = None,
        encryption_key: kms.IKey | None = None,
        owner_allows: bool = False,
    ) -> RedshiftGrant:
        """Allow COPY … FROM 's3://…': get the objects, list them, find the bucket's region, decrypt with its key.

        The objects that a manifest lists must be under the prefix too; call it again for each further bucket.

        Args:
            bucket: The bucket itself: Redshift documents no access points.
            prefix: What the objects' keys begin with, exactly as in COPY: ``landing/`` is a folder, ``landing`` also
                matches ``landing-2/``. 1 to 1,024 characters without ``*`` and ``?``. Default: all objects.
            manifest: The key of a manifest in the bucket, where it is not under the prefix. Default: none.
            jsonpaths: The key of a JSONPaths file in the bucket, where it is not under the prefix. Default: none.
            encryption_key: A customer managed key that CDK does not know: that of an imported bucket, or of objects
                that were not encrypted with the bucket's own. Default: only the key that the bucket was defined or
                imported with.
            owner_allows: Whether the owner of a bucket or key of another account has added the statements that
                ``grant.resource_statements`` has. Default: False, and such a bucket or key is an error, whose message
                has them. A bucket that the app defines gets them in its policy.
        """
        found = self._writer.read(
            quotas.S3_KEYS,
            "bucket",
            bucket,
            encryption_key,
            prefix=prefix,
            manifest=manifest,
            jsonpaths=jsonpaths,
            owner_allows=owner_allows,
        )
        files = tuple(key for key in (manifest, jsonpaths) if key is not None)
        allowed = permissions.copy_from(Objects(found.arn, found.key_arns, prefix, files))
        return self._writer.allow(quotas.S3_KEYS, allowed, "bucket", found, owner_allows=owner_allows)

    def unload_to(
        self,
        bucket: s3.IBucket,
        *,
        prefix: str | None = None,
        clean_path: bool = False,
        encrypted_auto: bool = False,
        encryption_key: kms.IKey | None = None,
        owner_allows: bool = False,
    ) -> RedshiftGrant:
        """Allow UNLOAD … TO 's3://…': get, put and list objects, find the bucket's region, encrypt with its key.

        Args:
            bucket: The bucket itself: UNLOAD takes no access point.
            prefix: What the objects' keys begin with, as in UNLOAD. Default: all objects.
            clean_path: Whether UNLOAD may delete the objects under the prefix (CLEANPATH). Default: False.
            encrypted_auto: Whether UNLOAD may find out the bucket's default key (ENCRYPTED AUTO). Default: False.
            encryption_key: The key of KMS_KEY_ID, or the default key of an imported bucket. Default: only the key that
                the bucket was defined or imported with.
            owner_allows: As in `copy_from`.

        Source:
            https://docs.aws.amazon.com/redshift/latest/dg/r_UNLOAD.html (text of 2026-09-16)
        """
        found = self._writer.read(
            quotas.UNLOAD,
            "bucket",
            bucket,
            encryption_key,
            prefix=prefix,
            clean_path=clean_path,
            encrypted_auto=encrypted_auto,
            owner_allows=owner_allows,
        )
        objects = Objects(found.arn, found.key_arns, prefix)
        allowed = permissions.unload_to(objects, clean_path=clean_path, encrypted_auto=encrypted_auto)
        return self._writer.allow(quotas.UNLOAD, allowed, "bucket", found, owner_allows=owner_allows)

    def external_schema(
        self,
        database: str,
        *,
        bucket: s3.IBucket | None = None,
        prefix: str | None = None,
        tables: Sequence[str] | None = None,
        create_database: bool = False,
        drop_database: bool = False,
        write: bool = False,
        lake_formation: bool = False,
        region: str | None = None,
        account: str | None = None,
        encryption_key: kms.IKey | None = None,
        catalog_key: kms.IKey | None = None,
        owner_allows: bool = False,
    ) -> RedshiftGrant:
        """Allow CREATE EXTERNAL SCHEMA … FROM DATA CATALOG and queries of its tables (Redshift Spectrum).

        Allowed is to read the catalog, the database and its tables, and to get and list the files and decrypt them.
        Without a bucket it is the catalog alone, which is what a CATALOG_ROLE needs. The policy of the bucket must not
        restrict access to VPC endpoints. Whether writing Apache Iceberg tables needs more, no AWS page says.

        Args:
            database: The database in the AWS Glue Data Catalog.
            bucket: The bucket that the tables' files are in; not with lake_formation. Default: none.
            prefix: What the files' keys begin with. Default: all objects.
            tables: Names of tables, 1 or more. Default: all tables of the database.
            create_database: Whether to allow CREATE EXTERNAL DATABASE IF NOT EXISTS. Default: False.
            drop_database: Whether to allow DROP SCHEMA … DROP EXTERNAL DATABASE, with all that the database contains.
                Default: False.
            write: Whether to allow to create, alter and drop tables and partitions, and to insert. Default: False.
            lake_formation: Whether AWS Lake Formation vends the credentials for the files. The role then needs
                ``lakeformation:GetDataAccess`` instead of the files, and cannot be a later role of a `RoleChain`.
                Default: False.
            region: The region of the catalog (REGION). Default: that of the role's stack.
            account: The account of the catalog, 12 digits. For a resource link, call it twice: for the link, and for
                the database behind it, whose owner shares it by AWS Lake Formation. Default: the role's account, so
                that the last role of a chain needs none.
            encryption_key: As in `copy_from`, for the files.
            catalog_key: The customer managed key that encrypts the catalog, unless AWS Glue uses it by a service role
                of its own. Default: none.
            owner_allows: As in `copy_from`, for the bucket and for both keys.

        Source:
            https://docs.aws.amazon.com/redshift/latest/dg/c-spectrum-iam-policies.html (text of 2026-07-06)
        """
        given = present(
            ["database"],
            database=database,
            bucket=bucket,
            prefix=prefix,
            tables=tables,
            create_database=create_database,
            drop_database=drop_database,
            write=write,
            lake_formation=lake_formation,
            region=region,
            account=account,
            encryption_key=encryption_key,
            catalog_key=catalog_key,
            owner_allows=owner_allows,
        )
        writer, record = self._writer, record_of(GrantRecord, self._writer.role)
        in_a_chain = [LAKE_FORMATION_IN_A_CHAIN] if lake_formation is True and record.is_chained else []
        writer.raise_if(quotas.SPECTRUM_POLICIES, [*arguments.check_external_schema(given), *in_a_chain])
        home = Home(writer.home.partition, region or writer.home.region, account or writer.home.account)
        keys = given_key("catalog_key", catalog_key)
        catalog = Catalog(home, database, tables, tuple(key.arn for key in keys))
        allowed = permissions.query_catalog(
            catalog, create_database=create_database, drop_database=drop_database, write=write
        )
        found = None
        if bucket is not None:
            found = resource(bucket, "bucket_arn").with_key(encryption_key)
            allowed += self._files(found, prefix, write=write)
        if lake_formation:
            allowed += permissions.lake_formation()
        granted = writer.allow(quotas.SPECTRUM_POLICIES, allowed, "bucket", found, keys=keys, owner_allows=owner_allows)
        record.is_vended = record.is_vended or lake_formation
        return granted

    def hive_metastore(
        self,
        bucket: s3.IBucket,
        *,
        prefix: str | None = None,
        write: bool = False,
        encryption_key: kms.IKey | None = None,
        owner_allows: bool = False,
    ) -> RedshiftGrant:
        """Allow CREATE EXTERNAL SCHEMA … FROM HIVE METASTORE: get and list the files and decrypt them.

        An Apache Hive metastore needs no permission, but security groups that let the cluster in.

        Args:
            bucket: The bucket that the tables' files are in.
            prefix: What the files' keys begin with. Default: all objects.
            write: Whether to allow INSERT. Default: False.
            encryption_key: As in `copy_from`.
            owner_allows: As in `copy_from`.

        Source:
            https://docs.aws.amazon.com/redshift/latest/dg/c-spectrum-external-schemas.html (text of 2026-07-06)
        """
        found = self._writer.read(
            quotas.EXTERNAL_SCHEMAS,
            "bucket",
            bucket,
            encryption_key,
            prefix=prefix,
            write=write,
            owner_allows=owner_allows,
        )
        allowed = self._files(found, prefix, write=write)
        return self._writer.allow(quotas.EXTERNAL_SCHEMAS, allowed, "bucket", found, owner_allows=owner_allows)

    def _files(self, found: Resource, prefix: str | None, *, write: bool) -> list[Permission]:
        foreign = arns.differ(found.account, self._writer.location.account)
        return permissions.query_objects(Objects(found.arn, found.key_arns, prefix), write=write, foreign=foreign)

    def s3_tables(
        self,
        table_bucket_arn: str,
        *,
        write: bool = False,
        encryption_key: kms.IKey | None = None,
        owner_allows: bool = False,
    ) -> RedshiftGrant:
        """Allow queries of Amazon S3 Tables: read the tables of a table bucket, and the catalog that shows them.

        Redshift reads them by a resource link, which is a database of the default catalog: grant that one with
        ``external_schema("link")``. CREATE DATABASE … FROM ARN needs the same.

        Args:
            table_bucket_arn: The ARN of the table bucket, of the role's account.
            write: Whether to allow to create, write and drop tables. Default: False.
            encryption_key: The customer managed key of the tables. Default: none.
            owner_allows: As in `copy_from`, for a key of another account.

        Source:
            https://docs.aws.amazon.com/redshift/latest/dg/querying-s3Tables.html (text of 2026-08-26)
        """
        writer, home = self._writer, self._writer.home
        given = present(
            ["table_bucket_arn"],
            table_bucket_arn=table_bucket_arn,
            write=write,
            encryption_key=encryption_key,
            owner_allows=owner_allows,
        )
        foreign = arn_problems("table_bucket_arn", table_bucket_arn, writer.location)
        writer.raise_if(quotas.S3_TABLES, [*arguments.check_grant(given), *foreign])
        keys = given_key("encryption_key", encryption_key)
        parts, name = TOKENS.split(table_bucket_arn, ":"), Fn.select(1, Fn.split("/", table_bucket_arn))
        if len(parts) > 1:
            home, name = Home(parts[1], parts[3], parts[4]), parts[5].partition("/")[2]
        allowed = permissions.s3_tables(home, table_bucket_arn, name, [key.arn for key in keys], write=write)
        return writer.allow(quotas.S3_TABLES, allowed, keys=keys, owner_allows=owner_allows)

    def copy_from_dynamodb(
        self, table: dynamodb.ITable, *, encryption_key: kms.IKey | None = None, owner_allows: bool = False
    ) -> RedshiftGrant:
        """Allow COPY from an Amazon DynamoDB table: describe and scan it, decrypt with its key.

        Args:
            table: The table, of the role's account.
            encryption_key: The customer managed key of an imported table, which CDK does not know. Default: the one
                that the table was defined or imported with.
            owner_allows: As in `copy_from`, for a key of another account.
        """
        found = self._writer.read(quotas.COPY_PERMISSIONS, "table", table, encryption_key, owner_allows=owner_allows)
        allowed = permissions.copy_from_dynamodb(found.arn, found.key_arns)
        return self._writer.allow(quotas.COPY_PERMISSIONS, allowed, "table", found, owner_allows=owner_allows)

    def copy_from_emr(self, cluster_id: str) -> RedshiftGrant:
        """Allow COPY from an Amazon EMR cluster of the role's account and region: list its instances.

        Args:
            cluster_id: Its id, such as ``j-2AXXXXXXGAPLF``.

        Source:
            https://docs.aws.amazon.com/redshift/latest/dg/loading-data-from-emr.html#load-from-emr-steps-configure-iam
            (text of 2026-07-06)
        """
        self._writer.check(quotas.LOAD_FROM_EMR, "cluster_id", cluster_id=cluster_id)
        return self._writer.allow(quotas.LOAD_FROM_EMR, permissions.copy_from_emr(self._writer.home, cluster_id))

    def copy_over_ssh(
        self, bucket: s3.IBucket, manifest: str, *, encryption_key: kms.IKey | None = None, owner_allows: bool = False
    ) -> RedshiftGrant:
        """Allow COPY … SSH from remote hosts: get and list the manifest that names them, decrypt with the bucket's key.

        Args:
            bucket: The bucket that the manifest is in.
            manifest: Its key.
            encryption_key: As in `copy_from`.
            owner_allows: As in `copy_from`.
        """
        found = self._writer.read(
            quotas.COPY_PERMISSIONS,
            "bucket",
            bucket,
            encryption_key,
            "manifest",
            manifest=manifest,
            owner_allows=owner_allows,
        )
        allowed = permissions.copy_over_ssh(Objects(found.arn, found.key_arns, files=(manifest,)))
        return self._writer.allow(quotas.COPY_PERMISSIONS, allowed, "bucket", found, owner_allows=owner_allows)

    def federated_query(
        self, secret: secretsmanager.ISecret, *, encryption_key: kms.IKey | None = None, owner_allows: bool = False
    ) -> RedshiftGrant:
        """Allow queries in Amazon RDS or Aurora: read the secret with the credentials, decrypt with its key.

        It authorizes CREATE EXTERNAL SCHEMA … FROM POSTGRES or MYSQL and the queries of its tables.

        Args:
            secret: The secret (SECRET_ARN), of the role's account.
            encryption_key: As in `copy_from_dynamodb`, of an imported secret.
            owner_allows: As in `copy_from`, for a key of another account.

        Source:
            https://docs.aws.amazon.com/redshift/latest/dg/federated-create-secret-iam-role.html (text of 2026-08-26)
        """
        found = self._writer.read(quotas.FEDERATED_QUERY, "secret", secret, encryption_key, owner_allows=owner_allows)
        allowed = permissions.federated_query(secret_arn(found, self._writer.location), found.key_arns)
        return self._writer.allow(quotas.FEDERATED_QUERY, allowed, "secret", found, owner_allows=owner_allows)

    def external_function(self, function: lambda_.IFunction) -> RedshiftGrant:
        """Allow CREATE EXTERNAL FUNCTION … LAMBDA and calls of the function: invoke an AWS Lambda function.

        Args:
            function: The function, version or alias, of the role's account. It is invoked as such and no other way.

        Source:
            https://docs.aws.amazon.com/redshift/latest/dg/udf-creating-a-lambda-sql-udf.html (text of 2026-08-26)
        """
        found = self._writer.read(quotas.LAMBDA_FUNCTIONS, "function", function)
        allowed = permissions.external_function(found.arn)
        return self._writer.allow(quotas.LAMBDA_FUNCTIONS, allowed, "function", found)

    def stream_from_kinesis(
        self, stream: kinesis.IStream, *, encryption_key: kms.IKey | None = None, owner_allows: bool = False
    ) -> RedshiftGrant:
        """Allow streaming ingestion from Amazon Kinesis Data Streams: read a stream, decrypt with its key.

        It authorizes CREATE EXTERNAL SCHEMA … FROM KINESIS, which shows all streams of the account, and the
        materialized views over this one.

        Args:
            stream: The stream, of the role's account.
            encryption_key: As in `copy_from_dynamodb`, of an imported stream.
            owner_allows: As in `copy_from`, for a key of another account.

        Source:
            https://docs.aws.amazon.com/redshift/latest/dg/materialized-view-streaming-ingestion-getting-started.html
            (text of 2026-09-16)
        """
        found = self._writer.read(quotas.STREAMING_KINESIS, "stream", stream, encryption_key, owner_allows=owner_allows)
        allowed = permissions.stream_from_kinesis(found.arn, found.key_arns)
        return self._writer.allow(quotas.STREAMING_KINESIS, allowed, "stream", found, owner_allows=owner_allows)

    def stream_from_msk(
        self, cluster_arn: str, topics: Sequence[str], *, by_cluster_arn: bool = False
    ) -> RedshiftGrant:
        """Allow streaming ingestion from Amazon MSK with IAM authentication: read topics, join groups of the cluster.

        It authorizes CREATE EXTERNAL SCHEMA … FROM MSK or KAFKA … AUTHENTICATION iam and the materialized views over
        it. AUTHENTICATION none needs no role, and mtls `stream_from_kafka`.

        Args:
            cluster_arn: The ARN of the MSK cluster, for which CDK has no interface.
            topics: Names of topics, 1 or more, each of 1 to 128 characters.
            by_cluster_arn: Whether the statement names the cluster (CLUSTER_ARN) and not its brokers (URI). Redshift
                then finds the brokers by ``kafka:GetBootstrapBrokers``, which does not support resource-level
                permissions. Default: False.

        Source:
            https://docs.aws.amazon.com/redshift/latest/dg/materialized-view-streaming-ingestion-getting-started-MSK.html
            (text of 2026-09-16)
        """
        given = present(
            ["cluster_arn", "topics"], cluster_arn=cluster_arn, topics=topics, by_cluster_arn=by_cluster_arn
        )
        foreign = arn_problems("cluster_arn", cluster_arn, self._writer.location)
        self._writer.raise_if(quotas.STREAMING_MSK, [*arguments.check_grant(given), *foreign])
        topic, group = (_of_cluster(cluster_arn, kind) for kind in ("topic", "group"))
        named = [f"{topic}/{name}" for name in topics]
        allowed = permissions.stream_from_msk(cluster_arn, named, f"{group}/*", by_cluster_arn=by_cluster_arn)
        return self._writer.allow(quotas.STREAMING_MSK, allowed)

    def stream_from_kafka(
        self,
        *,
        certificate: acm.ICertificate | None = None,
        secret: secretsmanager.ISecret | None = None,
        encryption_key: kms.IKey | None = None,
        owner_allows: bool = False,
    ) -> RedshiftGrant:
        """Allow streaming ingestion from Amazon MSK, Apache Kafka or Confluent Cloud with mTLS: read a certificate.

        It authorizes CREATE EXTERNAL SCHEMA … FROM MSK or KAFKA … AUTHENTICATION mtls and the materialized views over
        it; the brokers decide what the certificate may read.

        Args:
            certificate: The certificate in AWS Certificate Manager (AUTHENTICATION_ARN), issued by a private
                certificate authority, of the role's account.
            secret: The secret with the certificate and its private key (SECRET_ARN), of the role's account, in place
                of certificate.
            encryption_key: As in `copy_from_dynamodb`, of an imported secret.
            owner_allows: As in `copy_from`, for a key of another account.

        Source:
            https://docs.aws.amazon.com/redshift/latest/dg/materialized-view-streaming-ingestion-getting-started-MSK.html
            (text of 2026-09-16)
        """
        given = present(
            certificate=certificate, secret=secret, encryption_key=encryption_key, owner_allows=owner_allows
        )
        self._writer.raise_if(quotas.STREAMING_MSK, arguments.check_kafka(given))
        if secret is None:
            found = resource(cast("acm.ICertificate", certificate), "certificate_arn")
            allowed = permissions.export_certificate(found.arn)
            return self._writer.allow(quotas.STREAMING_MSK, allowed, "certificate", found)
        found = resource(secret, "secret_arn").with_key(encryption_key)
        allowed = permissions.read_certificate(secret_arn(found, self._writer.location), found.key_arns)
        return self._writer.allow(quotas.STREAMING_MSK, allowed, "secret", found, owner_allows=owner_allows)

    def create_model(
        self, bucket: s3.IBucket, *, encryption_key: kms.IKey | None = None, owner_allows: bool = False
    ) -> RedshiftGrant:
        """Allow CREATE MODEL: train with Amazon SageMaker, keep the models in a bucket.

        A role that the app defines lets SageMaker assume it too; an imported role must do so already. Not allowed are
        Amazon Forecast and training in a VPC of yours; sample data in ``redshift-downloads`` is read with `copy_from`.

        Args:
            bucket: The bucket of SETTINGS (S3_BUCKET …), in the cluster's region.
            encryption_key: The key of SETTINGS (KMS_KEY_ID …), or of an imported bucket. Default: the bucket's own key,
                for its objects alone.
            owner_allows: As in `copy_from`.

        Source:
            https://docs.aws.amazon.com/redshift/latest/dg/getting-started-machine-learning.html#admin-setup
            (text of 2026-08-26),
            https://docs.aws.amazon.com/redshift/latest/mgmt/redshift-iam-access-control-identity-based.html#iam-permission-ml
            (text of 2026-08-26)
        """
        self._writer.check(
            quotas.MACHINE_LEARNING, "bucket", bucket=bucket, encryption_key=encryption_key, owner_allows=owner_allows
        )
        found, keys = resource(bucket, "bucket_arn"), given_key("encryption_key", encryption_key)
        allowed = permissions.create_model(
            self._writer.home,
            role_arn(self._writer.role),
            Objects(found.arn, found.key_arns),
            [key.arn for key in keys],
        )
        return self._writer.allow(
            quotas.MACHINE_LEARNING, allowed, "bucket", found, keys=keys, owner_allows=owner_allows, training=True
        )

    def remote_model(self, endpoint: str) -> RedshiftGrant:
        """Allow CREATE MODEL … SAGEMAKER 'endpoint': describe and invoke an endpoint of the role's account and region.

        Args:
            endpoint: The name of the Amazon SageMaker endpoint, 1 to 63 letters, digits and hyphens.

        Source:
            https://docs.aws.amazon.com/redshift/latest/mgmt/redshift-iam-access-control-identity-based.html#iam-permission-ml
            (text of 2026-08-26)
        """
        self._writer.check(quotas.MODEL_PERMISSIONS, "endpoint", endpoint=endpoint)
        return self._writer.allow(quotas.MODEL_PERMISSIONS, permissions.remote_model(self._writer.home, endpoint))

    def external_model(
        self,
        foundation_models: Sequence[str],
        *,
        inference_profiles: Sequence[str] | None = None,
        regions: Sequence[str] | None = None,
    ) -> RedshiftGrant:
        """Allow CREATE EXTERNAL MODEL … MODEL_TYPE BEDROCK and its functions: invoke models of Amazon Bedrock.

        Args:
            foundation_models: Ids of foundation models (MODEL_ID …), 1 or more, such as ``anthropic.claude-v2:1``.
            inference_profiles: Ids of inference profiles of the role's account, such as
                ``eu.anthropic.claude-3-haiku-20240307-v1:0``. The models can then be invoked through these alone.
                Redshift's own pages do not mention them. Default: none.
            regions: The regions besides the role's to which the profiles send requests. Default: none.

        Source:
            https://docs.aws.amazon.com/redshift/latest/mgmt/redshift-iam-access-control-identity-based.html#iam-permission-ml
            (text of 2026-08-26),
            https://docs.aws.amazon.com/bedrock/latest/userguide/inference-profiles-prereq.html (text of 2026-08-26)
        """
        given = present(
            ["foundation_models"],
            foundation_models=foundation_models,
            inference_profiles=inference_profiles,
            regions=regions,
        )
        self._writer.raise_if(quotas.MODEL_PERMISSIONS, arguments.check_external_model(given))
        allowed = permissions.external_model(
            self._writer.home, foundation_models, inference_profiles or (), regions or ()
        )
        return self._writer.allow(quotas.MODEL_PERMISSIONS, allowed)

    def pass_role(self, grantee: iam.IGrantable) -> RedshiftGrant:
        """Allow a user, group or role to pass this role to Amazon Redshift and to no other service.

        CDK's own ``grant_pass_role`` lets them pass it to any service. A `RedshiftRole` with ``serverless=True`` can be
        passed to Redshift Serverless too. The managed policy is on the grantee.

        Args:
            grantee: Who may pass it: of the role's account, since ``iam:PassRole`` cannot cross accounts.

        Source:
            https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_passrole.html (text of 2026-07-06)
        """
        return pass_role(self._writer.role, grantee)


def _of_cluster(cluster_arn: str, kind: str) -> str:
    """Return what the ARNs of the topics or groups of an MSK cluster begin with."""
    if is_text_token(cluster_arn):
        return Fn.join(f":{kind}/", Fn.split(":cluster/", cluster_arn))
    return cluster_arn.replace(":cluster/", f":{kind}/")
