"""What AWS's pages document for each thing that Redshift does with a role, and the calls that it must not allow.

The statements are written from the pages, not from the code. Expected decisions follow from them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fnmatch import fnmatchcase
from typing import NamedTuple

from redshift_roles.aws import permissions
from redshift_roles.aws.permissions import Condition, Home, Objects, Permission
from tests.support.iam import Request

HOME = Home("aws", "eu-west-1", "111111111111")
HERE = "eu-west-1:111111111111"
BUCKET = "arn:aws:s3:::sales-data"
DOWNLOADS = "arn:aws:s3:::redshift-downloads"
BUCKETS = (BUCKET, f"{BUCKET}-2", "arn:aws:s3:::hr-data", DOWNLOADS, f"{DOWNLOADS}-2")
KEY = f"arn:aws:kms:{HERE}:key/11111111-1111-1111-1111-111111111111"
OTHER_KEY = KEY.replace("1111-1111", "2222-2222")
ROLE = "arn:aws:iam::111111111111:role/Loader"
OTHER_ROLE = "arn:aws:iam::111111111111:role/Admin"
TABLE = f"arn:aws:dynamodb:{HERE}:table/orders"
SECRET = f"arn:aws:secretsmanager:{HERE}:secret:sales-Ab12Cd"
STREAM = f"arn:aws:kinesis:{HERE}:stream/clicks"
FUNCTION = f"arn:aws:lambda:{HERE}:function:score"
BROKERS = f"arn:aws:kafka:{HERE}:cluster/events/11111111-1111-1111-1111-111111111111-1"
TOPIC = f"arn:aws:kafka:{HERE}:topic/events/11111111-1111-1111-1111-111111111111-1/orders"
EMR = f"arn:aws:elasticmapreduce:{HERE}:cluster/j-2AXXXXXXGAPLF"
CATALOG, DATABASE = f"arn:aws:glue:{HERE}:catalog", f"arn:aws:glue:{HERE}:database/sales"
CLUSTER = f"arn:aws:redshift:{HERE}:cluster:warehouse"
LOG_GROUP = f"arn:aws:logs:{HERE}:log-group:/aws/lambda/associations"
REPOSITORY = f"arn:aws:ecr:{HERE}:repository/images"


def glue_table(name: str, database: str = "sales") -> str:
    """Return the ARN of a table in the Glue Data Catalog."""
    return f"arn:aws:glue:{HERE}:table/{database}/{name}"


class Documented(NamedTuple):
    """One statement of a page.

    Attributes:
        sid: What it is for.
        actions: Separated by spaces.
        resources: Patterns.
        condition: When it holds; None for always.
    """

    sid: str
    actions: str
    resources: tuple[str, ...]
    condition: Condition | None = None

    def requests(self) -> Iterator[Request]:
        """Write calls that the statement allows; not each action is for each kind of resource."""
        _, name, values = self.condition or ("", "", ("",))
        contexts = [((name, value.replace("*", "a")),) if name else () for value in values]
        resources = [resource.replace("*", "a") for resource in self.resources]
        resources += [f"{resource}:log-stream:1" for resource in resources if ":log-group:" in resource]
        for action in self.actions.split():
            for resource in (*self.resources, REPOSITORY) if self.resources == ("*",) else resources:
                yield from (Request(action, resource, context) for context in contexts)

    def allows(self, request: Request) -> bool:
        """Return whether the statement allows a call."""
        operator, name, values = self.condition or ("", "", ())
        given = dict(request.context).get(name)
        matched = [fnmatchcase(given or "", value) if operator == "StringLike" else given == value for value in values]
        return (
            request.action in self.actions.split()
            and any(fnmatchcase(request.resource, pattern) for pattern in self.resources)
            and (self.condition is None or (given is not None and any(matched)))
        )


class Operation(NamedTuple):
    """One thing that Redshift does, the page about it, what is granted for it, and what the page documents."""

    name: str
    page: str
    granted: Sequence[Permission]
    documented: Sequence[Documented]


def _doc(sid: str, actions: str, *resources: str, when: Condition | None = None) -> Documented:
    return Documented(sid, actions, resources, when)


def _in_bucket(*keys: str, bucket: str = BUCKET) -> list[Documented]:
    listed = ("StringLike", "s3:prefix", keys) if keys else None
    return [
        _doc("ListObjects", "s3:ListBucket", bucket, when=listed),
        _doc("LocateBuckets", "s3:GetBucketLocation", bucket),
    ]


def _passed(sid: str, *services: str) -> Documented:
    return _doc(sid, "iam:PassRole", ROLE, when=("StringEquals", "iam:PassedToService", services))


_LANDING = f"{BUCKET}/landing/*"
_DECRYPT = _doc("DecryptObjects", "kms:Decrypt", KEY)
_ENCRYPT = _doc("EncryptObjects", "kms:Decrypt kms:GenerateDataKey", KEY)
_QUERY = [
    _doc("QueryObjects", "s3:GetObject s3:ListMultipartUploadParts", _LANDING),
    *_in_bucket("landing/*"),
    _doc("ListUploads", "s3:ListBucketMultipartUploads", BUCKET),
]
_CATALOG_READS = (
    "glue:GetDatabase glue:GetDatabases glue:GetTable glue:GetTables glue:GetPartition glue:GetPartitions "
    "glue:BatchGetPartition"
)
_CATALOG_WRITES = (
    "glue:CreateTable glue:DeleteTable glue:BatchDeleteTable glue:UpdateTable glue:BatchCreatePartition "
    "glue:CreatePartition glue:DeletePartition glue:BatchDeletePartition glue:UpdatePartition"
)
_READ_CATALOG = _doc("ReadCatalog", _CATALOG_READS, CATALOG, DATABASE, glue_table("*"))
_TRAINING = (
    "sagemaker:CreateAutoMLJob sagemaker:DescribeAutoMLJob sagemaker:StopAutoMLJob sagemaker:CreateCompilationJob "
    "sagemaker:DescribeCompilationJob sagemaker:StopCompilationJob sagemaker:CreateEndpoint sagemaker:DescribeEndpoint "
    "sagemaker:InvokeEndpoint sagemaker:CreateModel sagemaker:CreateProcessingJob sagemaker:DescribeProcessingJob "
    "sagemaker:StopProcessingJob sagemaker:CreateTrainingJob sagemaker:DescribeTrainingJob sagemaker:StopTrainingJob "
    "sagemaker:DescribeTransformJob"
)
_TRAINED = [
    f"arn:aws:sagemaker:{HERE}:{kind}/"
    for kind in "automl-job compilation-job endpoint model processing-job training-job transform-job".split()
]
_LOGS = ("Endpoints", "ProcessingJobs", "TrainingJobs", "TransformJobs")
_LOG_GROUPS = [f"arn:aws:logs:{HERE}:log-group:/aws/sagemaker/{kind}/" for kind in _LOGS]
_TO_METRICS = ("StringEquals", "cloudwatch:namespace", ("SageMaker", *(f"/aws/sagemaker/{kind}" for kind in _LOGS)))

_COPY = "dg/copy-usage_notes-access-permissions"
_SPECTRUM = "dg/c-spectrum-iam-policies"
_ASSOCIATING = "mgmt/copy-unload-iam-role-associating-with-clusters"
_CHAINING = "mgmt/authorizing-redshift-service"

OPERATIONS = [
    Operation(
        "COPY from a prefix",
        _COPY,
        permissions.copy_from(Objects(BUCKET, (KEY,), "landing/")),
        [_doc("ReadObjects", "s3:GetObject", _LANDING), *_in_bucket("landing/*"), _DECRYPT],
    ),
    Operation(
        "COPY with a manifest and JSONPaths",
        _COPY,
        permissions.copy_from(Objects(BUCKET, (), "landing/", ("load.json", "paths.json", "landing/inside.json"))),
        [
            _doc("ReadObjects", "s3:GetObject", _LANDING, f"{BUCKET}/load.json", f"{BUCKET}/paths.json"),
            *_in_bucket("landing/*", "load.json", "paths.json"),
        ],
    ),
    Operation(
        "COPY from a whole bucket",
        _COPY,
        permissions.copy_from(Objects(BUCKET, (), None, ("load.json",))),
        [_doc("ReadObjects", "s3:GetObject", f"{BUCKET}/*"), *_in_bucket()],
    ),
    Operation(
        "COPY over SSH",
        _COPY,
        permissions.copy_over_ssh(Objects(BUCKET, (KEY,), None, ("ssh/hosts.json",))),
        [_doc("ReadObjects", "s3:GetObject", f"{BUCKET}/ssh/hosts.json"), *_in_bucket("ssh/hosts.json"), _DECRYPT],
    ),
    Operation(
        "UNLOAD to a prefix",
        _COPY,
        permissions.unload_to(Objects(BUCKET, (KEY,), "landing/"), clean_path=False),
        [_doc("UnloadObjects", "s3:GetObject s3:PutObject", _LANDING), *_in_bucket("landing/*"), _ENCRYPT],
    ),
    Operation(
        "UNLOAD with CLEANPATH",
        "dg/r_UNLOAD",
        permissions.unload_to(Objects(BUCKET, (), "landing/"), clean_path=True),
        [
            _doc("UnloadObjects", "s3:GetObject s3:PutObject", _LANDING),
            _doc("CleanPath", "s3:DeleteObject", _LANDING),
            *_in_bucket("landing/*"),
        ],
    ),
    Operation(
        "external tables: the files, to read",
        _SPECTRUM,
        permissions.query_objects(Objects(BUCKET, (KEY,), "landing/"), write=False),
        [*_QUERY, _DECRYPT],
    ),
    Operation(
        "external tables: the files, to write",
        "dg/r_INSERT_external_table",
        permissions.query_objects(Objects(BUCKET, (KEY,), "landing/"), write=True),
        [*_QUERY, _doc("WriteObjects", "s3:PutObject", _LANDING), _ENCRYPT],
    ),
    Operation(
        "external tables: the catalog, to read",
        _SPECTRUM,
        permissions.query_catalog(HOME, "sales", None, create_database=False, write=False),
        [_READ_CATALOG],
    ),
    Operation(
        "external tables: one table, to write",
        _SPECTRUM,
        permissions.query_catalog(HOME, "sales", ["orders"], create_database=False, write=True),
        [
            _doc("ReadCatalog", _CATALOG_READS, CATALOG, DATABASE, glue_table("orders")),
            _doc("WriteCatalog", _CATALOG_WRITES, CATALOG, DATABASE, glue_table("orders")),
        ],
    ),
    Operation(
        "external tables: a new database",
        _SPECTRUM,
        permissions.query_catalog(HOME, "sales", None, create_database=True, write=False),
        [_READ_CATALOG, _doc("CreateDatabase", "glue:CreateDatabase", CATALOG, DATABASE)],
    ),
    Operation(
        "Lake Formation",
        "dg/spectrum-lake-formation",
        permissions.lake_formation(),
        [_doc("GetDataAccess", "lakeformation:GetDataAccess", "*")],
    ),
    Operation(
        "COPY from DynamoDB",
        _COPY,
        permissions.copy_from_dynamodb(TABLE, [KEY]),
        [
            _doc("ScanTables", "dynamodb:Scan dynamodb:DescribeTable", TABLE),
            _doc("DecryptTables", "kms:Decrypt kms:DescribeKey", KEY),
        ],
    ),
    Operation(
        "COPY from EMR",
        "dg/loading-data-from-emr.html#load-from-emr-steps-configure-iam",
        permissions.copy_from_emr(HOME, "j-2AXXXXXXGAPLF"),
        [_doc("ListInstances", "elasticmapreduce:ListInstances", EMR)],
    ),
    Operation(
        "federated queries",
        "dg/federated-create-secret-iam-role",
        permissions.federated_query(SECRET, [KEY]),
        [
            _doc(
                "AccessSecrets",
                "secretsmanager:GetResourcePolicy secretsmanager:GetSecretValue secretsmanager:DescribeSecret "
                "secretsmanager:ListSecretVersionIds",
                SECRET,
            ),
            _doc("ListSecrets", "secretsmanager:GetRandomPassword secretsmanager:ListSecrets", "*"),
            _doc("DecryptSecrets", "kms:Decrypt", KEY),
        ],
    ),
    Operation(
        "an external function",
        "dg/udf-creating-a-lambda-sql-udf",
        permissions.external_function(FUNCTION),
        [_doc("InvokeFunctions", "lambda:InvokeFunction", FUNCTION)],
    ),
    Operation(
        "streaming from Kinesis",
        "dg/materialized-view-streaming-ingestion-getting-started",
        permissions.stream_from_kinesis(STREAM, [KEY]),
        [
            _doc(
                "ReadStreams",
                "kinesis:DescribeStreamSummary kinesis:GetShardIterator kinesis:GetRecords kinesis:ListShards "
                "kinesis:DescribeStream",
                STREAM,
            ),
            _doc("ListStreams", "kinesis:ListStreams", "*"),
            _doc("DecryptStreams", "kms:Decrypt", KEY),
        ],
    ),
    Operation(
        "streaming from MSK",
        "dg/materialized-view-streaming-ingestion-getting-started-MSK",
        permissions.stream_from_msk(BROKERS, [TOPIC]),
        [
            _doc("ConnectToBrokers", "kafka-cluster:Connect", BROKERS),
            _doc("ReadTopics", "kafka-cluster:DescribeTopic kafka-cluster:ReadData", TOPIC),
            _doc("FindBrokers", "kafka:GetBootstrapBrokers", "*"),
        ],
    ),
    Operation(
        "CREATE MODEL",
        "dg/getting-started-machine-learning.html#admin-setup",
        permissions.create_model(HOME, ROLE, Objects(BUCKET, (KEY,))),
        [
            _doc("TrainModels", _TRAINING, *(f"{kind}*redshift*" for kind in _TRAINED)),
            # AWS's managed policy has it on the resources above, which the action does not support.
            _doc("ListCandidates", "sagemaker:ListCandidatesForAutoMLJob", "*"),
            _doc(
                "LogTraining",
                "logs:CreateLogGroup logs:DescribeLogStreams logs:CreateLogStream logs:PutLogEvents",
                *(f"{group}*redshift*" for group in _LOG_GROUPS),
            ),
            _doc("PutMetrics", "cloudwatch:PutMetricData", "*", when=_TO_METRICS),
            _doc(
                "PullImages",
                "ecr:BatchCheckLayerAvailability ecr:BatchGetImage ecr:GetAuthorizationToken "
                "ecr:GetDownloadUrlForLayer",
                "*",
            ),
            _doc("StoreModels", "s3:AbortMultipartUpload s3:GetObject s3:DeleteObject s3:PutObject", f"{BUCKET}/*"),
            _doc("ReadObjects", "s3:GetObject", f"{DOWNLOADS}/*"),
            _doc("ListObjects", "s3:ListBucket", BUCKET, DOWNLOADS),
            _doc("LocateBuckets", "s3:GetBucketLocation", BUCKET, DOWNLOADS),
            _passed("PassRolesToTraining", "sagemaker.amazonaws.com"),
            _doc("EncryptModels", "kms:CreateGrant kms:Decrypt kms:DescribeKey kms:Encrypt kms:GenerateDataKey", KEY),
        ],
    ),
    Operation(
        "passing a role",
        _ASSOCIATING,
        permissions.pass_role(ROLE, serverless=False),
        [_passed("PassRolesToRedshift", "redshift.amazonaws.com")],
    ),
    Operation(
        "passing a role to Serverless too",
        _ASSOCIATING,
        permissions.pass_role(ROLE, serverless=True),
        [_passed("PassRolesToRedshift", "redshift.amazonaws.com", "redshift-serverless.amazonaws.com")],
    ),
    Operation(
        "assuming the next role",
        _CHAINING,
        permissions.assume_role(ROLE),
        [_doc("AssumeNextRoles", "sts:AssumeRole", ROLE)],
    ),
    Operation(
        "associating roles with a cluster",
        _ASSOCIATING,
        permissions.associate_roles(CLUSTER, [ROLE]),
        [
            _doc("DescribeClusters", "redshift:DescribeClusters", CLUSTER),
            _doc("AssociateRoles", "redshift:ModifyClusterIamRoles", CLUSTER),
            _passed("PassRolesToRedshift", "redshift.amazonaws.com"),
        ],
    ),
    Operation(
        "writing the logs of a function",
        "lambda-intro-execution-role",
        permissions.write_logs(f"{LOG_GROUP}:*"),
        [_doc("WriteLogs", "logs:CreateLogStream logs:PutLogEvents", f"{LOG_GROUP}:*")],
    ),
]

# Siblings of what is granted, longer names, everything above, and calls that no operation needs.
_BESIDE: list[tuple[str, Sequence[str]]] = [
    (
        "s3:GetObject s3:PutObject s3:DeleteObject s3:ListMultipartUploadParts s3:AbortMultipartUpload",
        [
            f"{bucket}/{key}"
            for bucket in BUCKETS
            for key in "a.csv landing/2026/a.csv landing-2/a.csv ssh/hosts.json ssh/hosts.json2 load.json.bak".split()
        ],
    ),
    ("s3:ListBucket s3:GetBucketLocation s3:ListBucketMultipartUploads s3:PutBucketPolicy", BUCKETS),
    ("kms:CreateGrant kms:Decrypt kms:DescribeKey kms:Encrypt kms:GenerateDataKey", [KEY, OTHER_KEY]),
    (
        f"{_CATALOG_READS} {_CATALOG_WRITES} glue:CreateDatabase glue:DeleteDatabase glue:UpdateDatabase",
        [
            *(DATABASE, f"{DATABASE}-2", f"arn:aws:glue:{HERE}:database/hr"),
            *(glue_table("orders", "hr"), glue_table("orders", "sales-2"), glue_table("orders2")),
        ],
    ),
    ("lakeformation:GrantPermissions", ["*"]),
    ("dynamodb:Scan dynamodb:PutItem dynamodb:GetItem", [TABLE, f"{TABLE}2"]),
    ("elasticmapreduce:ListInstances elasticmapreduce:TerminateJobFlows", [EMR, EMR.replace("2A", "3B")]),
    ("secretsmanager:GetSecretValue secretsmanager:PutSecretValue", [SECRET, SECRET.replace("sales", "salaries")]),
    ("lambda:InvokeFunction lambda:UpdateFunctionCode", [FUNCTION, f"{FUNCTION}2", f"{FUNCTION}:live"]),
    ("kinesis:GetRecords kinesis:PutRecord", [STREAM, f"{STREAM}-2"]),
    ("kafka-cluster:Connect kafka-cluster:AlterCluster", [BROKERS, *(BROKERS.replace("s/", s) for s in ("s-2/", "/"))]),
    ("kafka-cluster:ReadData kafka-cluster:WriteData", [TOPIC, TOPIC.replace("orders", "salaries"), f"{TOPIC}-2"]),
    (
        f"{_TRAINING} sagemaker:DeleteModel",
        [f"{kind}{name}" for kind in _TRAINED for name in ("other", "redshiftml-1")],
    ),
    (
        "logs:CreateLogGroup logs:DescribeLogStreams logs:DeleteLogGroup",
        [
            f"arn:aws:logs:{HERE}:log-group:/aws/lambda/redshift-1",
            LOG_GROUP,
            *(f"{group}other" for group in _LOG_GROUPS),
        ],
    ),
    (
        "logs:CreateLogStream logs:PutLogEvents",
        [f"{group}:log-stream:1" for group in (f"{LOG_GROUP}-2", *(f"{group}other" for group in _LOG_GROUPS))],
    ),
    ("ecr:PutImage", [REPOSITORY]),
    ("iam:PassRole sts:AssumeRole", [ROLE, OTHER_ROLE]),
    (
        "redshift:DescribeClusters redshift:ModifyClusterIamRoles redshift:DeleteCluster",
        [CLUSTER, f"{CLUSTER}-2"],
    ),
]
_BESIDE_CONDITIONS = [
    *(
        Request("s3:ListBucket", bucket, (("s3:prefix", prefix),))
        for bucket in BUCKETS
        for prefix in ("", "landing/", "landing/2026/", "landing-2/", "ssh/", "ssh/hosts.json")
    ),
    *(
        Request("iam:PassRole", role, (("iam:PassedToService", f"{service}.amazonaws.com"),))
        for role in (ROLE, OTHER_ROLE)
        for service in ("ec2", "redshift", "redshift-serverless", "sagemaker")
    ),
    Request("cloudwatch:PutMetricData", "*", (("cloudwatch:namespace", "AWS/EC2"),)),
]
_REQUESTS = [
    *(request for operation in OPERATIONS for one in operation.documented for request in one.requests()),
    *(Request(action, resource) for actions, on in _BESIDE for action in actions.split() for resource in on),
    *_BESIDE_CONDITIONS,
]


def requests_about(operation: Operation) -> list[Request]:
    """Return the calls of all operations, and those beside them, to the services that an operation needs."""
    services = {action.partition(":")[0] for one in operation.documented for action in one.actions.split()}
    return [request for request in dict.fromkeys(_REQUESTS) if request.action.partition(":")[0] in services]
