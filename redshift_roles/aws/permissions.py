"""What a role must be allowed for each thing that Redshift does with it.

ARNs and names flow in, with tokens where only the deployment knows; permissions flow out: one resource and the
documented actions on it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple

from redshift_roles.aws import actions
from redshift_roles.aws.actions import Actions
from redshift_roles.aws.placeholders import TOKENS

# Operator, key, values.
Condition = tuple[str, str, tuple[str, ...]]


class Permission(NamedTuple):
    """What is allowed on one resource.

    Attributes:
        sid: What for, in letters and digits.
        actions: Sorted.
        resource: An ARN, or ``*`` where the action knows no resources.
        condition: When it is allowed; None for always.
    """

    sid: str
    actions: tuple[str, ...]
    resource: str
    condition: Condition | None = None


class Home(NamedTuple):
    """Where resources are that have a name and no construct."""

    partition: str
    region: str
    account: str

    def arn(self, service: str, resource: str) -> str:
        """Write the ARN of a resource here."""
        return f"arn:{self.partition}:{service}:{self.region}:{self.account}:{resource}"


class Objects(NamedTuple):
    """Objects of a bucket.

    Attributes:
        bucket: The bucket's ARN.
        key: The ARN of the customer managed key that encrypts them, or None.
        prefix: What their keys begin with; None for all objects.
        files: Keys of single objects besides, such as a manifest.
    """

    bucket: str
    key: str | None = None
    prefix: str | None = None
    files: tuple[str, ...] = ()

    @property
    def patterns(self) -> tuple[str, ...]:
        """The keys as IAM patterns; a file under the prefix needs none of its own."""
        if self.prefix is None:
            return ("*",)
        single = dict.fromkeys(file for file in self.files if not file.startswith(self.prefix))
        return (f"{literally(self.prefix)}*", *(literally(file) for file in single))

    @property
    def listed(self) -> Condition | None:
        """Which listings are allowed; all where all objects are."""
        return None if self.prefix is None else ("StringLike", "s3:prefix", self.patterns)

    def allow(self, sid: str, allowed: Actions) -> list[Permission]:
        """Allow actions on the objects."""
        return [Permission(sid, allowed.names, f"{self.bucket}/{pattern}") for pattern in self.patterns]

    def list(self) -> list[Permission]:
        """Allow to list them and to find the bucket's region."""
        return [
            Permission("ListObjects", actions.LIST_OBJECTS.names, self.bucket, self.listed),
            Permission("LocateBuckets", actions.LOCATE_BUCKETS.names, self.bucket),
        ]


def literally(text: str) -> str:
    """Write a text so that IAM takes its wildcards and dollar signs as they stand."""
    return TOKENS.outside(text, lambda part: "".join(f"${{{mark}}}" if mark in "*?$" else mark for mark in part))


def _with_key(sid: str, allowed: Actions, key: str | None) -> list[Permission]:
    return [] if key is None else [Permission(sid, allowed.names, key)]


def copy_from(objects: Objects) -> list[Permission]:
    """COPY from Amazon S3."""
    return [
        *objects.allow("ReadObjects", actions.READ_OBJECTS),
        *objects.list(),
        *_with_key("DecryptObjects", actions.DECRYPT_OBJECTS, objects.key),
    ]


def copy_over_ssh(manifest: Objects) -> list[Permission]:
    """COPY from remote hosts: the manifest alone is in Amazon S3."""
    (key,) = manifest.files
    exact = Permission(
        "ListObjects", actions.LIST_OBJECTS.names, manifest.bucket, ("StringLike", "s3:prefix", (literally(key),))
    )
    return [
        Permission("ReadObjects", actions.READ_OBJECTS.names, f"{manifest.bucket}/{literally(key)}"),
        exact,
        Permission("LocateBuckets", actions.LOCATE_BUCKETS.names, manifest.bucket),
        *_with_key("DecryptObjects", actions.DECRYPT_OBJECTS, manifest.key),
    ]


def unload_to(objects: Objects, *, clean_path: bool) -> list[Permission]:
    """UNLOAD to Amazon S3."""
    return [
        *objects.allow("UnloadObjects", actions.UNLOAD_OBJECTS),
        *(objects.allow("CleanPath", actions.CLEAN_PATH) if clean_path else []),
        *objects.list(),
        *_with_key("EncryptObjects", actions.ENCRYPT_OBJECTS, objects.key),
    ]


def query_objects(objects: Objects, *, write: bool) -> list[Permission]:
    """The files of external tables."""
    key = ("EncryptObjects", actions.ENCRYPT_OBJECTS) if write else ("DecryptObjects", actions.DECRYPT_OBJECTS)
    return [
        *objects.allow("QueryObjects", actions.QUERY_OBJECTS),
        *(objects.allow("WriteObjects", actions.WRITE_OBJECTS) if write else []),
        *objects.list(),
        Permission("ListUploads", actions.LIST_UPLOADS.names, objects.bucket),
        *_with_key(*key, objects.key),
    ]


def query_catalog(
    home: Home, database: str, tables: Sequence[str] | None, *, create_database: bool, write: bool
) -> list[Permission]:
    """The AWS Glue Data Catalog: the catalog, one database, and its tables."""
    name = literally(database)
    named = ["*"] if tables is None else [literally(table) for table in tables]
    above = [home.arn("glue", "catalog"), home.arn("glue", f"database/{name}")]
    resources = [*above, *(home.arn("glue", f"table/{name}/{table}") for table in named)]
    return [
        *_each("ReadCatalog", actions.READ_CATALOG, resources),
        *(_each("WriteCatalog", actions.WRITE_CATALOG, resources) if write else []),
        *(_each("CreateDatabase", actions.CREATE_DATABASE, above) if create_database else []),
    ]


def _each(sid: str, allowed: Actions, resources: Iterable[str]) -> list[Permission]:
    return [Permission(sid, allowed.names, resource) for resource in resources]


def lake_formation() -> list[Permission]:
    """Data that AWS Lake Formation vends: what may be read stands in its own grants."""
    return [Permission("GetDataAccess", actions.GET_DATA_ACCESS.names, "*")]


def copy_from_dynamodb(table: str, key: str | None) -> list[Permission]:
    """COPY from an Amazon DynamoDB table."""
    return [
        Permission("ScanTables", actions.SCAN_TABLES.names, table),
        *_with_key("DecryptTables", actions.DECRYPT_TABLES, key),
    ]


def copy_from_emr(home: Home, cluster_id: str) -> list[Permission]:
    """COPY from an Amazon EMR cluster."""
    return [
        Permission("ListInstances", actions.LIST_INSTANCES.names, home.arn("elasticmapreduce", f"cluster/{cluster_id}"))
    ]


def federated_query(secret: str, key: str | None) -> list[Permission]:
    """Queries in Amazon RDS and Amazon Aurora, with the credentials of a secret."""
    return [
        Permission("AccessSecrets", actions.ACCESS_SECRETS.names, secret),
        Permission("ListSecrets", actions.LIST_SECRETS.names, "*"),
        *_with_key("DecryptSecrets", actions.DECRYPT_SECRETS, key),
    ]


def external_function(function: str) -> list[Permission]:
    """A user-defined function that is an AWS Lambda function."""
    return [Permission("InvokeFunctions", actions.INVOKE_FUNCTIONS.names, function)]


def stream_from_kinesis(stream: str, key: str | None) -> list[Permission]:
    """Streaming ingestion from Amazon Kinesis Data Streams."""
    return [
        Permission("ReadStreams", actions.READ_STREAMS.names, stream),
        Permission("ListStreams", actions.LIST_STREAMS.names, "*"),
        *_with_key("DecryptStreams", actions.DECRYPT_STREAMS, key),
    ]


def stream_from_msk(cluster: str, topics: Iterable[str]) -> list[Permission]:
    """Streaming ingestion from Amazon MSK with IAM authentication.

    Args:
        cluster: The cluster's ARN.
        topics: The ARNs of the topics.
    """
    return [
        Permission("ConnectToBrokers", actions.CONNECT_TO_BROKERS.names, cluster),
        Permission("FindBrokers", actions.FIND_BROKERS.names, "*"),
        *_each("ReadTopics", actions.READ_TOPICS, topics),
    ]


# AWS's managed policy: Redshift names what it makes in SageMaker so.
_TRAINED: Final = (
    "automl-job",
    "compilation-job",
    "endpoint",
    "model",
    "processing-job",
    "training-job",
    "transform-job",
)
_LOGGED: Final = ("Endpoints", "ProcessingJobs", "TrainingJobs", "TransformJobs")
_NAMESPACES: Final = ("SageMaker", *(f"/aws/sagemaker/{name}" for name in _LOGGED))
_DOWNLOADS: Final = "redshift-downloads"


def create_model(home: Home, role: str, models: Objects) -> list[Permission]:
    """Redshift ML: train with Amazon SageMaker, and keep the models in a bucket."""
    downloads = Objects(f"arn:{home.partition}:s3:::{_DOWNLOADS}")
    to_training = ("StringEquals", "iam:PassedToService", (actions.PASSED_TO_TRAINING,))
    return [
        *_each("TrainModels", actions.TRAIN_MODELS, (home.arn("sagemaker", f"{kind}/*redshift*") for kind in _TRAINED)),
        Permission("ListCandidates", actions.LIST_CANDIDATES.names, "*"),
        *_each(
            "LogTraining",
            actions.LOG_TRAINING,
            (home.arn("logs", f"log-group:/aws/sagemaker/{kind}/*redshift*") for kind in _LOGGED),
        ),
        Permission("PutMetrics", actions.PUT_METRICS.names, "*", ("StringEquals", "cloudwatch:namespace", _NAMESPACES)),
        Permission("PullImages", actions.PULL_IMAGES.names, "*"),
        *models.allow("StoreModels", actions.STORE_MODELS),
        *models.list(),
        *downloads.allow("ReadObjects", actions.READ_OBJECTS),
        *downloads.list(),
        Permission("PassRolesToTraining", actions.PASS_ROLE.names, role, to_training),
        *_with_key("EncryptModels", actions.ENCRYPT_MODELS, models.key),
    ]


def pass_role(role: str, *, serverless: bool) -> list[Permission]:
    """Passing the role to Amazon Redshift and to nothing else."""
    services = (actions.PASSED_TO_SERVICE, *([actions.PASSED_TO_SERVERLESS] if serverless else []))
    return [
        Permission(
            "PassRolesToRedshift", actions.PASS_ROLE.names, role, ("StringEquals", "iam:PassedToService", services)
        )
    ]


def assume_role(role: str) -> list[Permission]:
    """Assuming the next role of a chain."""
    return [Permission("AssumeNextRoles", actions.ASSUME_ROLE.names, role)]


def associate_roles(cluster: str, roles: Iterable[str]) -> list[Permission]:
    """Associating roles with one cluster, and setting its default role."""
    return [
        Permission("DescribeClusters", actions.DESCRIBE_CLUSTERS.names, cluster),
        Permission("AssociateRoles", actions.ASSOCIATE_ROLES.names, cluster),
        *(permission for role in roles for permission in pass_role(role, serverless=False)),
    ]


def write_logs(log_group: str) -> list[Permission]:
    """Writing the logs of a function."""
    return [Permission("WriteLogs", actions.WRITE_LOGS.names, log_group)]
