"""The permissions that a role needs for each thing that Redshift does with it, as AWS documents them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import partial
from typing import Final, NamedTuple

from redshift_roles.aws import actions
from redshift_roles.aws.actions import Actions
from redshift_roles.aws.placeholders import TOKENS

# Operator, key, values.
Condition = tuple[str, str, tuple[str, ...]]


class Permission(NamedTuple):
    """Actions that are allowed on one resource (``*`` where they do not support resource-level permissions)."""

    sid: str  # its purpose, in letters and digits
    actions: tuple[str, ...]
    resource: str
    condition: Condition | None = None


class Home(NamedTuple):
    """The partition, region and account of resources that have a name and no construct."""

    partition: str
    region: str
    account: str

    def arn(self, service: str, resource: str) -> str:
        """Return the ARN of a resource here."""
        return f"arn:{self.partition}:{service}:{self.region}:{self.account}:{resource}"


class Objects(NamedTuple):
    """Objects of a bucket: those below a prefix (None for all) and some files, and the keys that encrypt them."""

    bucket: str
    keys: tuple[str, ...] = ()
    prefix: str | None = None
    files: tuple[str, ...] = ()

    @property
    def patterns(self) -> tuple[str, ...]:
        """The keys as IAM patterns; a file under the prefix does not need its own."""
        if self.prefix is None:
            return ("*",)
        single = dict.fromkeys(file for file in self.files if not file.startswith(self.prefix))
        return (f"{literally(self.prefix)}*", *(literally(file) for file in single))

    @property
    def listed(self) -> Condition | None:
        """The condition on listings; None where all objects may be listed."""
        return None if self.prefix is None else ("StringLike", "s3:prefix", self.patterns)

    def allow(self, sid: str, allowed: Actions) -> list[Permission]:
        """Allow actions on the objects."""
        return _allow(sid, allowed, *(f"{self.bucket}/{pattern}" for pattern in self.patterns))

    def locate(self) -> list[Permission]:
        """Allow finding the bucket's region."""
        return _allow("LocateBuckets", actions.LOCATE_BUCKETS, self.bucket)

    def list(self) -> list[Permission]:
        """Allow listing them."""
        return _allow("ListObjects", actions.LIST_OBJECTS, self.bucket, condition=self.listed)


def _allow(sid: str, allowed: Actions, *resources: str, condition: Condition | None = None) -> list[Permission]:
    """Allow actions on each resource."""
    return [Permission(sid, allowed.names, resource, condition) for resource in resources]


def literally(text: str) -> str:
    """Escape wildcards and dollar signs, which IAM would not read literally."""
    return TOKENS.outside(text, lambda part: "".join(f"${{{mark}}}" if mark in "*?$" else mark for mark in part))


def copy_from(objects: Objects) -> list[Permission]:
    """COPY from Amazon S3."""
    return [
        *objects.allow("ReadObjects", actions.READ_OBJECTS),
        *objects.list(),
        *objects.locate(),
        *_allow("DecryptObjects", actions.DECRYPT_OBJECTS, *objects.keys),
    ]


def copy_over_ssh(manifest: Objects) -> list[Permission]:
    """COPY from remote hosts: only the manifest is in Amazon S3."""
    key = literally(*manifest.files)
    return [
        *_allow("ReadObjects", actions.READ_OBJECTS, f"{manifest.bucket}/{key}"),
        *_allow("ListObjects", actions.LIST_OBJECTS, manifest.bucket, condition=("StringLike", "s3:prefix", (key,))),
        *manifest.locate(),
        *_allow("DecryptObjects", actions.DECRYPT_OBJECTS, *manifest.keys),
    ]


def unload_to(objects: Objects, *, clean_path: bool, encrypted_auto: bool) -> list[Permission]:
    """UNLOAD to Amazon S3."""
    return [
        *objects.allow("UnloadObjects", actions.UNLOAD_OBJECTS),
        *(objects.allow("CleanPath", actions.CLEAN_PATH) if clean_path else []),
        *objects.list(),
        *objects.locate(),
        *(_allow("FindEncryption", actions.FIND_ENCRYPTION, objects.bucket) if encrypted_auto else []),
        *_allow("EncryptObjects", actions.ENCRYPT_OBJECTS, *objects.keys),
    ]


def query_objects(objects: Objects, *, write: bool, foreign: bool) -> list[Permission]:
    """The files of external tables; those of another account need what AWS's policy for its bucket has, too."""
    with_key = ("EncryptObjects", actions.ENCRYPT_OBJECTS) if write else ("DecryptObjects", actions.DECRYPT_OBJECTS)
    theirs = [
        *objects.allow("ListUploadParts", actions.LIST_UPLOAD_PARTS),
        *_allow("ListUploads", actions.LIST_UPLOADS, objects.bucket),
        *objects.locate(),
    ]
    return [
        *objects.allow("ReadObjects", actions.QUERY_OBJECTS),
        *(objects.allow("WriteObjects", actions.WRITE_OBJECTS) if write else []),
        *objects.list(),
        *_allow("ListVersions", actions.LIST_VERSIONS, objects.bucket, condition=objects.listed),
        *(theirs if foreign else []),
        *_allow(*with_key, *objects.keys),
    ]


class Catalog(NamedTuple):
    """A database of the AWS Glue Data Catalog, its tables (None for all), and the keys that encrypt the catalog."""

    home: Home
    database: str
    tables: Sequence[str] | None = None
    keys: tuple[str, ...] = ()


def query_catalog(catalog: Catalog, *, create_database: bool, drop_database: bool, write: bool) -> list[Permission]:
    """The AWS Glue Data Catalog: the catalog, one database, and its tables."""
    arn, name = partial(catalog.home.arn, "glue"), literally(catalog.database)
    named = ["*"] if catalog.tables is None else map(literally, catalog.tables)
    above = [arn("catalog"), arn(f"database/{name}")]
    resources = [*above, *(arn(f"table/{name}/{table}") for table in named)]
    # The database is dropped with all that is in it.
    dropped = [*above, arn(f"table/{name}/*"), arn(f"userDefinedFunction/{name}/*")]
    with_key = ("DecryptCatalog", actions.DECRYPT_CATALOG)
    if write or create_database:
        with_key = ("EncryptCatalog", actions.ENCRYPT_CATALOG)
    return [
        *_allow("ReadCatalog", actions.READ_CATALOG, *resources),
        *(_allow("WriteCatalog", actions.WRITE_CATALOG, *resources) if write else []),
        *(_allow("CreateDatabase", actions.CREATE_DATABASE, *above) if create_database else []),
        *(_allow("DropDatabase", actions.DELETE_DATABASE, *dropped) if drop_database else []),
        *_allow(*with_key, *catalog.keys),
    ]


def s3_tables(home: Home, bucket: str, name: str, keys: Sequence[str], *, write: bool) -> list[Permission]:
    """Amazon S3 Tables: a table bucket, its tables, and what the AWS Glue Data Catalog shows of it."""
    tables, below = f"{bucket}/table/*", f"s3tablescatalog/{name}"
    named = ["catalog", "catalog/s3tablescatalog", f"catalog/{below}", f"database/{below}/*", f"table/{below}/*/*"]
    catalog = [home.arn("glue", resource) for resource in named]
    written = [
        *_allow("WriteTableCatalog", actions.WRITE_TABLE_CATALOG, *catalog),
        *_allow("CreateTables", actions.CREATE_TABLES, bucket),
        *_allow("WriteTables", actions.WRITE_TABLES, tables),
    ]
    return [
        *_allow("ReadTableCatalog", actions.READ_TABLE_CATALOG, *catalog),
        *_allow("ListTableBuckets", actions.LIST_TABLE_BUCKETS, "*"),
        *_allow("ListTables", actions.LIST_TABLES, bucket),
        *_allow("ReadTables", actions.READ_TABLES, tables),
        *(written if write else []),
        *_allow("EncryptTables", actions.ENCRYPT_TABLES, *keys),
    ]


def lake_formation() -> list[Permission]:
    """Data that AWS Lake Formation vends; its own grants say what may be read."""
    return _allow("GetDataAccess", actions.GET_DATA_ACCESS, "*")


def copy_from_dynamodb(table: str, keys: Sequence[str]) -> list[Permission]:
    """COPY from an Amazon DynamoDB table."""
    return [*_allow("ScanTables", actions.SCAN_TABLES, table), *_allow("DecryptTables", actions.DECRYPT_TABLES, *keys)]


def copy_from_emr(home: Home, cluster_id: str) -> list[Permission]:
    """COPY from an Amazon EMR cluster."""
    return _allow("ListInstances", actions.LIST_INSTANCES, home.arn("elasticmapreduce", f"cluster/{cluster_id}"))


def federated_query(secret: str, keys: Sequence[str]) -> list[Permission]:
    """Queries in Amazon RDS and Amazon Aurora, with the credentials of a secret."""
    return [
        *_allow("AccessSecrets", actions.ACCESS_SECRETS, secret),
        *_allow("ListSecrets", actions.LIST_SECRETS, "*"),
        *_allow("DecryptSecrets", actions.DECRYPT_SECRETS, *keys),
    ]


def external_function(function: str) -> list[Permission]:
    """A user-defined function that is an AWS Lambda function."""
    return _allow("InvokeFunctions", actions.INVOKE_FUNCTIONS, function)


def stream_from_kinesis(stream: str, keys: Sequence[str]) -> list[Permission]:
    """Streaming ingestion from Amazon Kinesis Data Streams."""
    return [
        *_allow("ReadStreams", actions.READ_STREAMS, stream),
        *_allow("ListStreams", actions.LIST_STREAMS, "*"),
        *_allow("DecryptStreams", actions.DECRYPT_STREAMS, *keys),
    ]


def stream_from_msk(cluster: str, topics: Iterable[str], groups: str, *, by_cluster_arn: bool) -> list[Permission]:
    """Streaming ingestion from Amazon MSK with IAM authentication, from topics of one cluster."""
    return [
        *_allow("ConnectToBrokers", actions.CONNECT_TO_BROKERS, cluster),
        *_allow("ReadTopics", actions.READ_TOPICS, *topics),
        *_allow("JoinGroups", actions.JOIN_GROUPS, groups),
        *(_allow("FindBrokers", actions.FIND_BROKERS, "*") if by_cluster_arn else []),
    ]


def export_certificate(certificate: str) -> list[Permission]:
    """Streaming ingestion from Apache Kafka with a certificate of AWS Certificate Manager."""
    return _allow("ExportCertificates", actions.EXPORT_CERTIFICATES, certificate)


def read_certificate(secret: str, keys: Sequence[str]) -> list[Permission]:
    """Streaming ingestion from Apache Kafka with a certificate in a secret."""
    return [
        *_allow("ReadSecrets", actions.READ_SECRETS, secret),
        *_allow("DecryptSecrets", actions.DECRYPT_SECRETS, *keys),
    ]


# AWS's pages: what Redshift creates in SageMaker has "redshift" in its name. quotas.MODEL_LOGS: an endpoint has a log
# group of its own, a job a stream in the group of its kind.
_TRAINED: Final = (
    "automl-job compilation-job endpoint endpoint-config hyper-parameter-tuning-job model processing-job training-job "
    "transform-job"
).split()
_LOGGED_JOBS: Final = "ProcessingJobs TrainingJobs TransformJobs".split()
_NAMESPACES: Final = ("SageMaker", *(f"/aws/sagemaker/{name}" for name in ("Endpoints", *_LOGGED_JOBS)))


def create_model(home: Home, role: str, models: Objects, keys: Sequence[str]) -> list[Permission]:
    """Redshift ML: train with Amazon SageMaker, keep the models in a bucket, encrypt with the keys of the statement."""
    trained = [home.arn("sagemaker", f"{kind}/*redshift*") for kind in _TRAINED]
    groups, endpoints, jobs = (
        home.arn("logs", "log-group:/aws/sagemaker/*"),
        home.arn("logs", "log-group:/aws/sagemaker/Endpoints/*redshift*"),
        [home.arn("logs", f"log-group:/aws/sagemaker/{kind}:") for kind in _LOGGED_JOBS],
    )
    to_training = ("StringEquals", "iam:PassedToService", (actions.PASSED_TO_TRAINING,))
    by_namespace = ("StringEquals", "cloudwatch:namespace", _NAMESPACES)
    return [
        *_allow("TrainModels", actions.TRAIN_MODELS, *trained),
        *_allow("ExplainModels", actions.EXPLAIN_MODELS, *trained),
        *_allow("ListCandidates", actions.LIST_CANDIDATES, "*"),
        *_allow("CreateLogGroups", actions.CREATE_LOG_GROUPS, groups),
        *_allow("DescribeLogs", actions.DESCRIBE_LOGS, endpoints, *(f"{job}*" for job in jobs)),
        *_allow("LogTraining", actions.LOG_TRAINING, endpoints, *(f"{job}log-stream:*redshift*" for job in jobs)),
        *_allow("PutMetrics", actions.PUT_METRICS, "*", condition=by_namespace),
        *_allow("PullImages", actions.PULL_IMAGES, "*"),
        *models.allow("StoreModels", actions.STORE_MODELS),
        *models.list(),
        *models.locate(),
        *_allow("PassRolesToTraining", actions.PASS_ROLE, role, condition=to_training),
        *_allow("EncryptObjects", actions.ENCRYPT_OBJECTS, *models.keys),
        *_allow("EncryptModels", actions.ENCRYPT_MODELS, *keys),
    ]


def remote_model(home: Home, endpoint: str) -> list[Permission]:
    """Redshift ML: predictions of an Amazon SageMaker endpoint."""
    return _allow("InvokeEndpoints", actions.INVOKE_ENDPOINTS, home.arn("sagemaker", f"endpoint/{endpoint}"))


_GLOBAL: Final = "global."


def external_model(
    home: Home, models: Iterable[str], profiles: Sequence[str] = (), regions: Sequence[str] = ()
) -> list[Permission]:
    """Redshift ML: foundation models of Amazon Bedrock, of this region or only through inference profiles.

    A profile calls the model in its regions, and a global one also in a region that is not named.
    """
    routed = dict.fromkeys(
        [home.region, *regions, *([""] if any(name.startswith(_GLOBAL) for name in profiles) else [])]
    )
    named = [
        home._replace(region=region, account="").arn("bedrock", f"foundation-model/{model}")
        for model in models
        for region in routed
    ]
    through = [home.arn("bedrock", f"inference-profile/{profile}") for profile in profiles]
    condition = ("StringEquals", "bedrock:InferenceProfileArn", tuple(through)) if through else None
    return [
        *_allow("InvokeModels", actions.INVOKE_MODELS, *named, condition=condition),
        *_allow("InvokeProfiles", actions.INVOKE_PROFILES, *through),
    ]


def pass_role(role: str, *, serverless: bool) -> list[Permission]:
    """Passing the role to Amazon Redshift and to no other service."""
    services = (actions.PASSED_TO_SERVICE, *([actions.PASSED_TO_SERVERLESS] if serverless else []))
    to_redshift = ("StringEquals", "iam:PassedToService", services)
    return _allow("PassRolesToRedshift", actions.PASS_ROLE, role, condition=to_redshift)


def assume_role(role: str) -> list[Permission]:
    """Assuming the next role of a chain."""
    return _allow("AssumeNextRoles", actions.ASSUME_ROLE, role)


def associate_roles(cluster: str, roles: Iterable[str]) -> list[Permission]:
    """Associating roles with one cluster, and setting its default role."""
    return [
        *_allow("DescribeClusters", actions.DESCRIBE_CLUSTERS, cluster),
        *_allow("AssociateRoles", actions.ASSOCIATE_ROLES, cluster),
        *(permission for role in roles for permission in pass_role(role, serverless=False)),
    ]


def list_stack(stack_id: str) -> list[Permission]:
    """Listing the resources of one stack."""
    return _allow("ListStack", actions.LIST_STACK, stack_id)


def write_logs(log_group: str) -> list[Permission]:
    """Writing the logs of a function."""
    return _allow("WriteLogs", actions.WRITE_LOGS, log_group)
