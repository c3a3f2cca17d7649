"""What Redshift does with a role, each with what AWS documents for it, what it must be able to do, and what it must
not.

The statements are written from the AWS pages (see the sources in `redshift_roles.aws.actions`), not from the code.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from redshift_roles.aws import permissions
from redshift_roles.aws.permissions import Home, Objects, Permission
from tests.support.iam import Request

HOME = Home("aws", "eu-west-1", "111111111111")
HERE = "eu-west-1:111111111111"
BUCKET = "arn:aws:s3:::sales-data"
OTHER_BUCKET = "arn:aws:s3:::hr-data"
LONGER_BUCKET = "arn:aws:s3:::sales-data-2"
DOWNLOADS = "arn:aws:s3:::redshift-downloads"
KEY = f"arn:aws:kms:{HERE}:key/11111111-1111-1111-1111-111111111111"
OTHER_KEY = f"arn:aws:kms:{HERE}:key/22222222-2222-2222-2222-222222222222"
ROLE = "arn:aws:iam::111111111111:role/Loader"
OTHER_ROLE = "arn:aws:iam::111111111111:role/Admin"
TABLE = f"arn:aws:dynamodb:{HERE}:table/orders"
SECRET = f"arn:aws:secretsmanager:{HERE}:secret:sales-Ab12Cd"
STREAM = f"arn:aws:kinesis:{HERE}:stream/clicks"
FUNCTION = f"arn:aws:lambda:{HERE}:function:score"
BROKERS = f"arn:aws:kafka:{HERE}:cluster/events/11111111-1111-1111-1111-111111111111-1"
OTHER_BROKERS = f"arn:aws:kafka:{HERE}:cluster/audit/22222222-2222-2222-2222-222222222222-1"
LONGER_BROKERS = BROKERS.replace("events", "events-2")
TOPIC = f"arn:aws:kafka:{HERE}:topic/events/11111111-1111-1111-1111-111111111111-1/orders"
OTHER_TOPIC = f"arn:aws:kafka:{HERE}:topic/events/11111111-1111-1111-1111-111111111111-1/salaries"
CATALOG = f"arn:aws:glue:{HERE}:catalog"
DATABASE = f"arn:aws:glue:{HERE}:database/sales"
OTHER_DATABASE = f"arn:aws:glue:{HERE}:database/hr"
CLUSTER = f"arn:aws:redshift:{HERE}:cluster:warehouse"
OTHER_CLUSTER = f"arn:aws:redshift:{HERE}:cluster:warehouse-2"
LOG_GROUP = f"arn:aws:logs:{HERE}:log-group:/aws/lambda/associations"


def glue_table(name: str, database: str = "sales") -> str:
    """Write the ARN of a table in the Glue Data Catalog."""
    return f"arn:aws:glue:{HERE}:table/{database}/{name}"


# Actions, resources, and the condition.
Documented = tuple[set[str], set[str], object]


class Operation(NamedTuple):
    """One operation with its three proofs."""

    name: str
    granted: Sequence[Permission]
    documented: Sequence[Documented]
    needed: Sequence[Request]
    refused: Sequence[Request]


def _listing(bucket: str, prefix: str | None) -> Request:
    return Request("s3:ListBucket", bucket, () if prefix is None else (("s3:prefix", prefix),))


def _each(actions: Iterable[str], *resources: str) -> list[Request]:
    return [Request(action, resource) for action in sorted(actions) for resource in resources]


def _passing(role: str, service: str) -> Request:
    return Request("iam:PassRole", role, (("iam:PassedToService", service),))


_UNDER_LANDING = ("StringLike", "s3:prefix", ("landing/*",))
_READ_NEIGHBOURS = [
    Request("s3:GetObject", f"{BUCKET}/landing-2/a.csv"),
    Request("s3:GetObject", f"{BUCKET}/a.csv"),
    Request("s3:GetObject", f"{OTHER_BUCKET}/landing/a.csv"),
    _listing(BUCKET, "landing-2/"),
    _listing(BUCKET, ""),
    _listing(BUCKET, None),
    _listing(OTHER_BUCKET, "landing/"),
    _listing(LONGER_BUCKET, "landing/"),
    _listing(LONGER_BUCKET, "ssh/hosts.json"),
    *_each(["s3:GetObject"], f"{LONGER_BUCKET}/landing/a.csv", f"{LONGER_BUCKET}/ssh/hosts.json"),
    *_each(["s3:GetBucketLocation"], OTHER_BUCKET, LONGER_BUCKET),
    Request("kms:Decrypt", OTHER_KEY),
    Request("s3:PutBucketPolicy", BUCKET),
]
_NO_WRITES = [
    Request("s3:PutObject", f"{BUCKET}/landing/a.csv"),
    Request("s3:DeleteObject", f"{BUCKET}/landing/a.csv"),
    Request("kms:GenerateDataKey", KEY),
]
_READ_NEEDS = [
    Request("s3:GetObject", f"{BUCKET}/landing/a.csv"),
    Request("s3:GetObject", f"{BUCKET}/landing/2026/a.csv"),
    _listing(BUCKET, "landing/"),
    _listing(BUCKET, "landing/2026/"),
    Request("s3:GetBucketLocation", BUCKET),
    Request("kms:Decrypt", KEY),
]

_CATALOG_READS = {
    "glue:GetDatabase", "glue:GetDatabases", "glue:GetTable", "glue:GetTables", "glue:GetPartition",
    "glue:GetPartitions", "glue:BatchGetPartition",
}  # fmt: skip
_CATALOG_WRITES = {
    "glue:CreateTable", "glue:DeleteTable", "glue:BatchDeleteTable", "glue:UpdateTable", "glue:BatchCreatePartition",
    "glue:CreatePartition", "glue:DeletePartition", "glue:BatchDeletePartition", "glue:UpdatePartition",
}  # fmt: skip
_OF_TABLES = _CATALOG_READS - {"glue:GetDatabase", "glue:GetDatabases"}
_PARTS = (CATALOG, DATABASE, glue_table("orders"))
_TABLE_READS = [
    *_each(_OF_TABLES, *_PARTS),
    *_each(["glue:GetDatabase", "glue:GetDatabases"], CATALOG, DATABASE),
]
_TABLE_WRITES = _each(_CATALOG_WRITES, *_PARTS)
_TABLE_NEIGHBOURS = [
    *_each(["glue:GetTable"], glue_table("orders", "hr"), glue_table("orders", "sales-2"), OTHER_DATABASE),
    Request("glue:GetDatabase", OTHER_DATABASE),
    Request("glue:DeleteDatabase", DATABASE),
    Request("glue:UpdateDatabase", DATABASE),
]

# What each kind of resource is for; AWS's managed policy allows all of it on all of them.
_SAGEMAKER = {
    "automl-job": "CreateAutoMLJob DescribeAutoMLJob StopAutoMLJob",
    "compilation-job": "CreateCompilationJob DescribeCompilationJob StopCompilationJob",
    "endpoint": "CreateEndpoint DescribeEndpoint InvokeEndpoint",
    "model": "CreateModel",
    "processing-job": "CreateProcessingJob DescribeProcessingJob StopProcessingJob",
    "training-job": "CreateTrainingJob DescribeTrainingJob StopTrainingJob",
    "transform-job": "DescribeTransformJob",
}
_TRAINING = [
    (f"sagemaker:{action}", f"arn:aws:sagemaker:{HERE}:{kind}/")
    for kind, names in _SAGEMAKER.items()
    for action in names.split()
]
_OF_GROUPS = {"logs:CreateLogGroup", "logs:DescribeLogStreams"}
_OF_STREAMS = {"logs:CreateLogStream", "logs:PutLogEvents"}
_IMAGE_READS = {
    "ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetAuthorizationToken", "ecr:GetDownloadUrlForLayer",
}  # fmt: skip
_REPOSITORY = f"arn:aws:ecr:{HERE}:repository/images"
_MODEL_STORE = {"s3:AbortMultipartUpload", "s3:GetObject", "s3:DeleteObject", "s3:PutObject"}
_MODEL_KEY = {"kms:CreateGrant", "kms:Decrypt", "kms:DescribeKey", "kms:Encrypt", "kms:GenerateDataKey"}
_LOGS = ("Endpoints", "ProcessingJobs", "TrainingJobs", "TransformJobs")
_METRICS = ("SageMaker", *(f"/aws/sagemaker/{kind}" for kind in _LOGS))


def _log_group(kind: str, name: str) -> str:
    return f"arn:aws:logs:{HERE}:log-group:/aws/sagemaker/{kind}/{name}"


def _logging(name: str) -> list[Request]:
    groups = [_log_group(kind, name) for kind in _LOGS]
    return [*_each(_OF_GROUPS, *groups), *_each(_OF_STREAMS, *(f"{group}:log-stream:1" for group in groups))]


def _measuring(namespace: str) -> Request:
    return Request("cloudwatch:PutMetricData", "*", (("cloudwatch:namespace", namespace),))


OPERATIONS = [
    Operation(
        "COPY from a prefix",
        permissions.copy_from(Objects(BUCKET, KEY, "landing/")),
        [
            ({"s3:GetObject"}, {f"{BUCKET}/landing/*"}, None),
            ({"s3:ListBucket"}, {BUCKET}, _UNDER_LANDING),
            ({"s3:GetBucketLocation"}, {BUCKET}, None),
            ({"kms:Decrypt"}, {KEY}, None),
        ],
        _READ_NEEDS,
        [*_READ_NEIGHBOURS, *_NO_WRITES],
    ),
    Operation(
        "COPY with a manifest and JSONPaths",
        permissions.copy_from(Objects(BUCKET, None, "landing/", ("load.json", "paths.json", "landing/inside.json"))),
        [
            (
                {"s3:GetObject"},
                {f"{BUCKET}/landing/*", f"{BUCKET}/load.json", f"{BUCKET}/paths.json"},
                None,
            ),
            ({"s3:ListBucket"}, {BUCKET}, ("StringLike", "s3:prefix", ("landing/*", "load.json", "paths.json"))),
            ({"s3:GetBucketLocation"}, {BUCKET}, None),
        ],
        [
            Request("s3:GetObject", f"{BUCKET}/load.json"),
            Request("s3:GetObject", f"{BUCKET}/paths.json"),
            Request("s3:GetObject", f"{BUCKET}/landing/inside.json"),
            _listing(BUCKET, "load.json"),
            _listing(BUCKET, "landing/"),
            Request("s3:GetBucketLocation", BUCKET),
        ],
        [
            *_READ_NEIGHBOURS,
            *_NO_WRITES,
            Request("s3:GetObject", f"{BUCKET}/load.json.bak"),
            Request("kms:Decrypt", KEY),
        ],
    ),
    Operation(
        "COPY from a whole bucket",
        permissions.copy_from(Objects(BUCKET, None, None, ("load.json",))),
        [
            ({"s3:GetObject"}, {f"{BUCKET}/*"}, None),
            ({"s3:ListBucket"}, {BUCKET}, None),
            ({"s3:GetBucketLocation"}, {BUCKET}, None),
        ],
        [
            Request("s3:GetObject", f"{BUCKET}/anything"),
            _listing(BUCKET, None),
            _listing(BUCKET, "any/"),
            Request("s3:GetBucketLocation", BUCKET),
        ],
        [
            *_each(["s3:GetObject"], f"{OTHER_BUCKET}/anything", f"{LONGER_BUCKET}/anything"),
            _listing(OTHER_BUCKET, None),
            _listing(LONGER_BUCKET, None),
            *_each(["s3:GetBucketLocation"], OTHER_BUCKET, LONGER_BUCKET),
            *_NO_WRITES,
        ],
    ),
    Operation(
        "COPY over SSH",
        permissions.copy_over_ssh(Objects(BUCKET, KEY, None, ("ssh/hosts.json",))),
        [
            ({"s3:GetObject"}, {f"{BUCKET}/ssh/hosts.json"}, None),
            ({"s3:ListBucket"}, {BUCKET}, ("StringLike", "s3:prefix", ("ssh/hosts.json",))),
            ({"s3:GetBucketLocation"}, {BUCKET}, None),
            ({"kms:Decrypt"}, {KEY}, None),
        ],
        [
            Request("s3:GetObject", f"{BUCKET}/ssh/hosts.json"),
            _listing(BUCKET, "ssh/hosts.json"),
            Request("s3:GetBucketLocation", BUCKET),
            Request("kms:Decrypt", KEY),
        ],
        [
            Request("s3:GetObject", f"{BUCKET}/ssh/hosts.json2"),
            _listing(BUCKET, "ssh/"),
            *_READ_NEIGHBOURS,
            *_NO_WRITES,
        ],
    ),
    Operation(
        "UNLOAD to a prefix",
        permissions.unload_to(Objects(BUCKET, KEY, "landing/"), clean_path=False),
        [
            ({"s3:GetObject", "s3:PutObject"}, {f"{BUCKET}/landing/*"}, None),
            ({"s3:ListBucket"}, {BUCKET}, _UNDER_LANDING),
            ({"s3:GetBucketLocation"}, {BUCKET}, None),
            ({"kms:Decrypt", "kms:GenerateDataKey"}, {KEY}, None),
        ],
        [*_READ_NEEDS, Request("s3:PutObject", f"{BUCKET}/landing/a.csv"), Request("kms:GenerateDataKey", KEY)],
        [
            *_READ_NEIGHBOURS,
            Request("s3:PutObject", f"{BUCKET}/landing-2/a.csv"),
            Request("s3:PutObject", f"{OTHER_BUCKET}/landing/a.csv"),
            Request("s3:DeleteObject", f"{BUCKET}/landing/a.csv"),
            Request("kms:GenerateDataKey", OTHER_KEY),
        ],
    ),
    Operation(
        "UNLOAD with CLEANPATH",
        permissions.unload_to(Objects(BUCKET, None, "landing/"), clean_path=True),
        [
            ({"s3:GetObject", "s3:PutObject"}, {f"{BUCKET}/landing/*"}, None),
            ({"s3:DeleteObject"}, {f"{BUCKET}/landing/*"}, None),
            ({"s3:ListBucket"}, {BUCKET}, _UNDER_LANDING),
            ({"s3:GetBucketLocation"}, {BUCKET}, None),
        ],
        [
            Request("s3:PutObject", f"{BUCKET}/landing/a.csv"),
            Request("s3:GetObject", f"{BUCKET}/landing/a.csv"),
            Request("s3:DeleteObject", f"{BUCKET}/landing/a.csv"),
            _listing(BUCKET, "landing/"),
            Request("s3:GetBucketLocation", BUCKET),
        ],
        [*_READ_NEIGHBOURS, Request("s3:DeleteObject", f"{BUCKET}/landing-2/a.csv"), Request("kms:Decrypt", KEY)],
    ),
    Operation(
        "external tables: the files, to read",
        permissions.query_objects(Objects(BUCKET, KEY, "landing/"), write=False),
        [
            ({"s3:GetObject", "s3:ListMultipartUploadParts"}, {f"{BUCKET}/landing/*"}, None),
            ({"s3:ListBucket"}, {BUCKET}, _UNDER_LANDING),
            ({"s3:GetBucketLocation"}, {BUCKET}, None),
            ({"s3:ListBucketMultipartUploads"}, {BUCKET}, None),
            ({"kms:Decrypt"}, {KEY}, None),
        ],
        [
            *_READ_NEEDS,
            Request("s3:ListMultipartUploadParts", f"{BUCKET}/landing/a.csv"),
            Request("s3:ListBucketMultipartUploads", BUCKET),
        ],
        [
            *_READ_NEIGHBOURS,
            *_NO_WRITES,
            *_each(["s3:ListBucketMultipartUploads"], OTHER_BUCKET, LONGER_BUCKET),
            Request("s3:ListMultipartUploadParts", f"{BUCKET}/landing-2/a.csv"),
        ],
    ),
    Operation(
        "external tables: the files, to write",
        permissions.query_objects(Objects(BUCKET, KEY, "landing/"), write=True),
        [
            ({"s3:GetObject", "s3:ListMultipartUploadParts"}, {f"{BUCKET}/landing/*"}, None),
            ({"s3:PutObject"}, {f"{BUCKET}/landing/*"}, None),
            ({"s3:ListBucket"}, {BUCKET}, _UNDER_LANDING),
            ({"s3:GetBucketLocation"}, {BUCKET}, None),
            ({"s3:ListBucketMultipartUploads"}, {BUCKET}, None),
            ({"kms:Decrypt", "kms:GenerateDataKey"}, {KEY}, None),
        ],
        [
            *_READ_NEEDS,
            Request("s3:ListMultipartUploadParts", f"{BUCKET}/landing/a.csv"),
            Request("s3:ListBucketMultipartUploads", BUCKET),
            Request("s3:PutObject", f"{BUCKET}/landing/a.csv"),
            Request("kms:GenerateDataKey", KEY),
        ],
        [
            *_READ_NEIGHBOURS,
            Request("s3:PutObject", f"{BUCKET}/landing-2/a"),
            *_each(["s3:ListBucketMultipartUploads"], OTHER_BUCKET, LONGER_BUCKET),
            Request("kms:GenerateDataKey", OTHER_KEY),
        ],
    ),
    Operation(
        "external tables: the catalog, to read",
        permissions.query_catalog(HOME, "sales", None, create_database=False, write=False),
        [(_CATALOG_READS, {CATALOG, DATABASE, glue_table("*")}, None)],
        _TABLE_READS,
        [*_TABLE_NEIGHBOURS, *_TABLE_WRITES, Request("glue:CreateDatabase", DATABASE)],
    ),
    Operation(
        "external tables: one table, to write",
        permissions.query_catalog(HOME, "sales", ["orders"], create_database=False, write=True),
        [
            (_CATALOG_READS, {CATALOG, DATABASE, glue_table("orders")}, None),
            (_CATALOG_WRITES, {CATALOG, DATABASE, glue_table("orders")}, None),
        ],
        [*_TABLE_READS, *_TABLE_WRITES],
        [
            *_TABLE_NEIGHBOURS,
            Request("glue:GetTable", glue_table("orders2")),
            *_each(["glue:DeleteTable"], glue_table("customers"), OTHER_DATABASE),
            Request("glue:CreateDatabase", DATABASE),
        ],
    ),
    Operation(
        "external tables: a new database",
        permissions.query_catalog(HOME, "sales", None, create_database=True, write=False),
        [
            (_CATALOG_READS, {CATALOG, DATABASE, glue_table("*")}, None),
            ({"glue:CreateDatabase"}, {CATALOG, DATABASE}, None),
        ],
        [
            *_TABLE_READS,
            *_each(["glue:CreateDatabase"], CATALOG, DATABASE),
        ],
        [*_TABLE_NEIGHBOURS, *_TABLE_WRITES, Request("glue:CreateDatabase", OTHER_DATABASE)],
    ),
    Operation(
        "Lake Formation",
        permissions.lake_formation(),
        [({"lakeformation:GetDataAccess"}, {"*"}, None)],
        [Request("lakeformation:GetDataAccess", "*")],
        [Request("lakeformation:GrantPermissions", "*"), Request("s3:GetObject", f"{BUCKET}/landing/a.csv")],
    ),
    Operation(
        "COPY from DynamoDB",
        permissions.copy_from_dynamodb(TABLE, KEY),
        [
            ({"dynamodb:Scan", "dynamodb:DescribeTable"}, {TABLE}, None),
            ({"kms:Decrypt", "kms:DescribeKey"}, {KEY}, None),
        ],
        [
            Request("dynamodb:Scan", TABLE),
            Request("dynamodb:DescribeTable", TABLE),
            Request("kms:Decrypt", KEY),
            Request("kms:DescribeKey", KEY),
        ],
        [
            Request("dynamodb:Scan", f"{TABLE}2"),
            Request("dynamodb:PutItem", TABLE),
            Request("dynamodb:GetItem", TABLE),
            Request("kms:Decrypt", OTHER_KEY),
        ],
    ),
    Operation(
        "COPY from EMR",
        permissions.copy_from_emr(HOME, "j-2AXXXXXXGAPLF"),
        [({"elasticmapreduce:ListInstances"}, {f"arn:aws:elasticmapreduce:{HERE}:cluster/j-2AXXXXXXGAPLF"}, None)],
        [Request("elasticmapreduce:ListInstances", f"arn:aws:elasticmapreduce:{HERE}:cluster/j-2AXXXXXXGAPLF")],
        [
            Request("elasticmapreduce:ListInstances", f"arn:aws:elasticmapreduce:{HERE}:cluster/j-3BXXXXXXGAPLF"),
            Request("elasticmapreduce:TerminateJobFlows", f"arn:aws:elasticmapreduce:{HERE}:cluster/j-2AXXXXXXGAPLF"),
        ],
    ),
    Operation(
        "federated queries",
        permissions.federated_query(SECRET, KEY),
        [
            (
                {
                    "secretsmanager:GetResourcePolicy",
                    "secretsmanager:GetSecretValue",
                    "secretsmanager:DescribeSecret",
                    "secretsmanager:ListSecretVersionIds",
                },
                {SECRET},
                None,
            ),
            ({"secretsmanager:GetRandomPassword", "secretsmanager:ListSecrets"}, {"*"}, None),
            ({"kms:Decrypt"}, {KEY}, None),
        ],
        [
            Request("secretsmanager:GetResourcePolicy", SECRET),
            Request("secretsmanager:GetSecretValue", SECRET),
            Request("secretsmanager:DescribeSecret", SECRET),
            Request("secretsmanager:ListSecretVersionIds", SECRET),
            Request("secretsmanager:GetRandomPassword", "*"),
            Request("secretsmanager:ListSecrets", "*"),
            Request("kms:Decrypt", KEY),
        ],
        [
            Request("secretsmanager:GetSecretValue", f"arn:aws:secretsmanager:{HERE}:secret:salaries-Ab12Cd"),
            Request("secretsmanager:PutSecretValue", SECRET),
            Request("kms:Decrypt", OTHER_KEY),
        ],
    ),
    Operation(
        "an external function",
        permissions.external_function(FUNCTION),
        [({"lambda:InvokeFunction"}, {FUNCTION}, None)],
        [Request("lambda:InvokeFunction", FUNCTION)],
        [
            Request("lambda:InvokeFunction", f"{FUNCTION}2"),
            Request("lambda:InvokeFunction", f"{FUNCTION}:live"),
            Request("lambda:UpdateFunctionCode", FUNCTION),
        ],
    ),
    Operation(
        "streaming from Kinesis",
        permissions.stream_from_kinesis(STREAM, KEY),
        [
            (
                {
                    "kinesis:DescribeStreamSummary",
                    "kinesis:GetShardIterator",
                    "kinesis:GetRecords",
                    "kinesis:ListShards",
                    "kinesis:DescribeStream",
                },
                {STREAM},
                None,
            ),
            ({"kinesis:ListStreams"}, {"*"}, None),
            ({"kms:Decrypt"}, {KEY}, None),
        ],
        [
            Request("kinesis:DescribeStreamSummary", STREAM),
            Request("kinesis:GetShardIterator", STREAM),
            Request("kinesis:GetRecords", STREAM),
            Request("kinesis:ListShards", STREAM),
            Request("kinesis:DescribeStream", STREAM),
            Request("kinesis:ListStreams", "*"),
            Request("kms:Decrypt", KEY),
        ],
        [
            Request("kinesis:GetRecords", f"{STREAM}-2"),
            Request("kinesis:PutRecord", STREAM),
            Request("kms:Decrypt", OTHER_KEY),
        ],
    ),
    Operation(
        "streaming from MSK",
        permissions.stream_from_msk(BROKERS, [TOPIC]),
        [
            ({"kafka-cluster:Connect"}, {BROKERS}, None),
            ({"kafka-cluster:DescribeTopic", "kafka-cluster:ReadData"}, {TOPIC}, None),
            ({"kafka:GetBootstrapBrokers"}, {"*"}, None),
        ],
        [
            Request("kafka-cluster:Connect", BROKERS),
            Request("kafka-cluster:DescribeTopic", TOPIC),
            Request("kafka-cluster:ReadData", TOPIC),
            Request("kafka:GetBootstrapBrokers", "*"),
        ],
        [
            Request("kafka-cluster:Connect", OTHER_BROKERS),
            Request("kafka-cluster:Connect", LONGER_BROKERS),
            Request("kafka-cluster:ReadData", OTHER_TOPIC),
            Request("kafka-cluster:WriteData", TOPIC),
            Request("kafka-cluster:AlterCluster", BROKERS),
        ],
    ),
    Operation(
        "CREATE MODEL",
        permissions.create_model(HOME, ROLE, Objects(BUCKET, KEY)),
        [
            (
                {action for action, _ in _TRAINING},
                {f"arn:aws:sagemaker:{HERE}:{kind}/*redshift*" for kind in _SAGEMAKER},
                None,
            ),
            # AWS's managed policy has it on the resources above, which the action does not know.
            ({"sagemaker:ListCandidatesForAutoMLJob"}, {"*"}, None),
            (_OF_GROUPS | _OF_STREAMS, {_log_group(kind, "*redshift*") for kind in _LOGS}, None),
            ({"cloudwatch:PutMetricData"}, {"*"}, ("StringEquals", "cloudwatch:namespace", _METRICS)),
            (_IMAGE_READS, {"*"}, None),
            (_MODEL_STORE, {f"{BUCKET}/*"}, None),
            ({"s3:GetObject"}, {f"{DOWNLOADS}/*"}, None),
            ({"s3:ListBucket"}, {BUCKET, DOWNLOADS}, None),
            ({"s3:GetBucketLocation"}, {BUCKET, DOWNLOADS}, None),
            ({"iam:PassRole"}, {ROLE}, ("StringEquals", "iam:PassedToService", ("sagemaker.amazonaws.com",))),
            (_MODEL_KEY, {KEY}, None),
        ],
        [
            *(Request(action, f"{kind}redshiftml-1") for action, kind in _TRAINING),
            Request("sagemaker:ListCandidatesForAutoMLJob", "*"),
            *_logging("redshift-1"),
            *(_measuring(namespace) for namespace in _METRICS),
            Request("ecr:GetAuthorizationToken", "*"),
            *_each(_IMAGE_READS - {"ecr:GetAuthorizationToken"}, _REPOSITORY),
            *_each(_MODEL_STORE, f"{BUCKET}/model"),
            Request("s3:GetObject", f"{DOWNLOADS}/data"),
            *_each(["s3:ListBucket", "s3:GetBucketLocation"], BUCKET, DOWNLOADS),
            _passing(ROLE, "sagemaker.amazonaws.com"),
            *_each(_MODEL_KEY, KEY),
        ],
        [
            *(Request(action, f"{kind}other") for action, kind in _TRAINING),
            Request("sagemaker:DeleteModel", f"arn:aws:sagemaker:{HERE}:model/redshiftml-1"),
            *_logging("other"),
            *_each(_OF_GROUPS, f"arn:aws:logs:{HERE}:log-group:/aws/lambda/redshift-1"),
            _measuring("AWS/EC2"),
            *_each(["ecr:PutImage"], _REPOSITORY),
            Request("s3:PutObject", f"{DOWNLOADS}/data"),
            *_each(_MODEL_STORE, f"{OTHER_BUCKET}/model", f"{LONGER_BUCKET}/model", f"{DOWNLOADS}-2/model"),
            *_each(["s3:ListBucket", "s3:GetBucketLocation"], OTHER_BUCKET, LONGER_BUCKET, f"{DOWNLOADS}-2"),
            _passing(ROLE, "redshift.amazonaws.com"),
            _passing(OTHER_ROLE, "sagemaker.amazonaws.com"),
            *_each(_MODEL_KEY, OTHER_KEY),
        ],
    ),
    Operation(
        "passing a role",
        permissions.pass_role(ROLE, serverless=False),
        [({"iam:PassRole"}, {ROLE}, ("StringEquals", "iam:PassedToService", ("redshift.amazonaws.com",)))],
        [_passing(ROLE, "redshift.amazonaws.com")],
        [
            _passing(ROLE, "ec2.amazonaws.com"),
            _passing(ROLE, "redshift-serverless.amazonaws.com"),
            _passing(OTHER_ROLE, "redshift.amazonaws.com"),
            Request("iam:PassRole", ROLE),
        ],
    ),
    Operation(
        "passing a role to Serverless too",
        permissions.pass_role(ROLE, serverless=True),
        [
            (
                {"iam:PassRole"},
                {ROLE},
                (
                    "StringEquals",
                    "iam:PassedToService",
                    ("redshift.amazonaws.com", "redshift-serverless.amazonaws.com"),
                ),
            )
        ],
        [_passing(ROLE, "redshift.amazonaws.com"), _passing(ROLE, "redshift-serverless.amazonaws.com")],
        [_passing(ROLE, "ec2.amazonaws.com"), _passing(OTHER_ROLE, "redshift.amazonaws.com")],
    ),
    Operation(
        "assuming the next role",
        permissions.assume_role(ROLE),
        [({"sts:AssumeRole"}, {ROLE}, None)],
        [Request("sts:AssumeRole", ROLE)],
        [Request("sts:AssumeRole", OTHER_ROLE), Request("iam:PassRole", ROLE)],
    ),
    Operation(
        "associating roles with a cluster",
        permissions.associate_roles(CLUSTER, [ROLE]),
        [
            ({"redshift:DescribeClusters"}, {CLUSTER}, None),
            ({"redshift:ModifyClusterIamRoles"}, {CLUSTER}, None),
            ({"iam:PassRole"}, {ROLE}, ("StringEquals", "iam:PassedToService", ("redshift.amazonaws.com",))),
        ],
        [
            *_each(["redshift:DescribeClusters", "redshift:ModifyClusterIamRoles"], CLUSTER),
            _passing(ROLE, "redshift.amazonaws.com"),
        ],
        [
            *_each(["redshift:DescribeClusters", "redshift:ModifyClusterIamRoles"], OTHER_CLUSTER),
            Request("redshift:DeleteCluster", CLUSTER),
            _passing(ROLE, "redshift-serverless.amazonaws.com"),
            _passing(OTHER_ROLE, "redshift.amazonaws.com"),
        ],
    ),
    Operation(
        "writing the logs of a function",
        permissions.write_logs(f"{LOG_GROUP}:*"),
        [(_OF_STREAMS, {f"{LOG_GROUP}:*"}, None)],
        _each(_OF_STREAMS, f"{LOG_GROUP}:log-stream:1"),
        [
            *_each(_OF_STREAMS, f"{LOG_GROUP}-2:log-stream:1"),
            *_each(["logs:DeleteLogGroup", "logs:CreateLogGroup"], LOG_GROUP),
        ],
    ),
]  # fmt: skip
