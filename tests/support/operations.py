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
BUCKETS = (BUCKET, f"{BUCKET}-2", "arn:aws:s3:::hr-data")
KEY = f"arn:aws:kms:{HERE}:key/11111111-1111-1111-1111-111111111111"
OTHER_KEY = KEY.replace("1111-1111", "2222-2222")
ROLE = "arn:aws:iam::111111111111:role/Loader"
OTHER_ROLE = "arn:aws:iam::111111111111:role/Admin"
TABLE = f"arn:aws:dynamodb:{HERE}:table/orders"
SECRET = f"arn:aws:secretsmanager:{HERE}:secret:sales-Ab12Cd"
STREAM = f"arn:aws:kinesis:{HERE}:stream/clicks"
FUNCTION = f"arn:aws:lambda:{HERE}:function:score"
UUID = "11111111-1111-1111-1111-111111111111-1"
BROKERS, TOPICS, GROUPS = (f"arn:aws:kafka:{HERE}:{kind}/events/{UUID}" for kind in ("cluster", "topic", "group"))
CERTIFICATE = f"arn:aws:acm:{HERE}:certificate/11111111-1111-1111-1111-111111111111"
EMR = f"arn:aws:elasticmapreduce:{HERE}:cluster/j-2AXXXXXXGAPLF"
CATALOG, DATABASE = f"arn:aws:glue:{HERE}:catalog", f"arn:aws:glue:{HERE}:database/sales"
CLUSTER = f"arn:aws:redshift:{HERE}:cluster:warehouse"
LOG_GROUP = f"arn:aws:logs:{HERE}:log-group:/aws/lambda/associations"


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
            for resource in self.resources if self.resources == ("*",) else resources:
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
    ("logs:CreateLogGroup logs:DescribeLogStreams logs:DeleteLogGroup", [LOG_GROUP]),
    ("logs:CreateLogStream logs:PutLogEvents", [f"{LOG_GROUP}-2:log-stream:1"]),
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


class Page(NamedTuple):
    """What one page documents: patterns of actions, and the patterns of resources that it names for them."""

    url: str
    text_of: str
    allows: Sequence[tuple[str, Sequence[str]]]

    def has(self, permission: Permission) -> bool:
        """Return whether the page allows all of a permission; patterns may have patterns in them."""
        return all(
            any(
                any(fnmatchcase(action, pattern) for pattern in actions.split())
                and any(fnmatchcase(permission.resource, pattern) for pattern in resources)
                for actions, resources in self.allows
            )
            for action in permission.actions
        )


class Sql(NamedTuple):
    """SQL that needs permissions: what is granted for it, the pages about it, and the calls that Redshift makes for it.

    Attributes:
        statement: The SQL.
        granted: What is granted.
        pages: What AWS documents.
        calls: What must be allowed.
        beside: What must be denied, besides the calls in other partitions, regions and accounts.
    """

    statement: str
    granted: Sequence[Permission]
    pages: Sequence[Page]
    calls: Sequence[Request]
    beside: Sequence[Request]

    def elsewhere(self) -> Iterator[Request]:
        """Write the calls in another partition, region and account, where resources have one.

        The images of Amazon SageMaker are in accounts of AWS, so the pages name no repository.
        """
        for call in (call for call in self.calls if not call.action.startswith("ecr:")):
            for here, there in (
                ("arn:aws:", "arn:aws-cn:"),
                ("eu-west-1", "us-east-1"),
                ("111111111111", "222222222222"),
            ):
                other = call._replace(resource=call.resource.replace(here, there, 1))
                if other not in self.calls:
                    yield other


def _on(actions: str, *resources: str) -> tuple[str, Sequence[str]]:
    return actions, resources


def _calls(actions: str, *resources: str, **context: str) -> list[Request]:
    sent = tuple((name.replace("__", ":"), value) for name, value in context.items())
    return [Request(action, resource, sent) for action in actions.split() for resource in resources]


_GUIDE = "https://docs.aws.amazon.com/redshift/latest/dg"
_SECRETS = Page(
    "https://docs.aws.amazon.com/secretsmanager/latest/userguide/security-encryption.html",
    "2026-08-26",
    [_on("kms:Decrypt", KEY)],
)
_KAFKA = f"{_GUIDE}/materialized-view-streaming-ingestion-getting-started-MSK.html"
_ANY_KAFKA = "arn:aws:kafka:*:111111111111"
_ML = Page(
    f"{_GUIDE}/getting-started-machine-learning.html#admin-setup",
    "2026-08-26",
    [
        _on(
            "cloudwatch:PutMetricData ecr:BatchCheckLayerAvailability ecr:BatchGetImage ecr:GetAuthorizationToken "
            "ecr:GetDownloadUrlForLayer logs:CreateLogGroup logs:CreateLogStream logs:DescribeLogStreams "
            "logs:PutLogEvents sagemaker:*Job* sagemaker:AddTags sagemaker:CreateModel sagemaker:CreateEndpoint "
            "sagemaker:CreateEndpointConfig sagemaker:DeleteEndpoint sagemaker:DeleteEndpointConfig "
            "sagemaker:DeleteModel",
            "*",
        ),
        _on(
            "iam:PassRole s3:AbortMultipartUpload s3:GetObject s3:DeleteObject s3:PutObject",
            ROLE,
            f"{BUCKET}/*",
            "arn:aws:s3:::redshift-downloads/*",
        ),
        ("s3:GetBucketLocation s3:ListBucket", [BUCKET, "arn:aws:s3:::redshift-downloads"]),
        _on("kms:CreateGrant kms:Decrypt kms:DescribeKey kms:Encrypt kms:GenerateDataKey*", OTHER_KEY),
        _on("bedrock:InvokeModel", "arn:aws:bedrock:eu-west-1::foundation-model/*"),
    ],
)
_ML_PERMISSIONS = Page(
    "https://docs.aws.amazon.com/redshift/latest/mgmt/redshift-iam-access-control-identity-based.html#iam-permission-ml",
    "2026-08-26",
    [
        _on(
            "sagemaker:CreateEndpoint sagemaker:CreateEndpointConfig sagemaker:DeleteEndpoint "
            "sagemaker:DeleteEndpointConfig sagemaker:DescribeEndpoint sagemaker:DescribeEndpointConfig "
            "sagemaker:DescribeModel sagemaker:InvokeEndpoint sagemaker:ListTags",
            "*",
        ),
        _on("sagemaker:DescribeEndpoint sagemaker:InvokeEndpoint", "arn:aws:sagemaker:*:*:endpoint/*redshift*"),
        _on("sagemaker:ListCandidatesForAutoMLJob", "*"),
        _on("bedrock:InvokeModel", "*"),
    ],
)
_IN_BUCKETS = Page(
    "https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingKMSEncryption.html",
    "2026-08-26",
    [_on("kms:Decrypt kms:GenerateDataKey", KEY)],
)
_SAGEMAKER, _LOGS = f"arn:aws:sagemaker:{HERE}", f"arn:aws:logs:{HERE}:log-group:/aws/sagemaker"
_JOBS = {
    "automl-job": "CreateAutoMLJob DescribeAutoMLJob StopAutoMLJob",
    "compilation-job": "CreateCompilationJob DescribeCompilationJob StopCompilationJob",
    "hyper-parameter-tuning-job": "CreateHyperParameterTuningJob DescribeHyperParameterTuningJob "
    "StopHyperParameterTuningJob",
    "processing-job": "CreateProcessingJob DescribeProcessingJob StopProcessingJob",
    "training-job": "CreateTrainingJob DescribeTrainingJob StopTrainingJob",
    "transform-job": "CreateTransformJob DescribeTransformJob StopTransformJob",
    "model": "CreateModel DescribeModel DeleteModel",
    "endpoint": "CreateEndpoint DescribeEndpoint InvokeEndpoint DeleteEndpoint",
    "endpoint-config": "CreateEndpoint CreateEndpointConfig DescribeEndpointConfig DeleteEndpointConfig",
}


def _in_sagemaker(name: str) -> list[Request]:
    """What CREATE MODEL does, by the kinds of resources that each action has in AWS's authorization reference."""
    return [
        Request(f"sagemaker:{action}", f"{_SAGEMAKER}:{kind}/{name}")
        for kind, actions in _JOBS.items()
        for action in f"{actions} AddTags ListTags".split()
    ]


_FOUNDATION_MODEL = "arn:aws:bedrock:eu-west-1::foundation-model"
_HAIKU = "anthropic.claude-3-haiku-20240307-v1:0"
_PROFILE = f"arn:aws:bedrock:{HERE}:inference-profile/eu.{_HAIKU}"
_GLOBAL = _PROFILE.replace("/eu.", "/global.")
_PROFILES = Page(
    "https://docs.aws.amazon.com/bedrock/latest/userguide/inference-profiles-prereq.html",
    "2026-08-26",
    [
        _on("bedrock:InvokeModel*", "arn:aws:bedrock:*::foundation-model/*", "arn:aws:bedrock:*:*:inference-profile/*"),
        _on("bedrock:GetInferenceProfile", "arn:aws:bedrock:*:*:inference-profile/*"),
    ],
)

SQL = [
    Sql(
        "CREATE EXTERNAL SCHEMA … FROM POSTGRES",
        permissions.federated_query(SECRET, [KEY]),
        [
            Page(
                f"{_GUIDE}/federated-create-secret-iam-role.html",
                "2026-08-26",
                [
                    _on(
                        "secretsmanager:GetResourcePolicy secretsmanager:GetSecretValue secretsmanager:DescribeSecret "
                        "secretsmanager:ListSecretVersionIds",
                        SECRET,
                    ),
                    _on("secretsmanager:GetRandomPassword secretsmanager:ListSecrets", "*"),
                ],
            ),
            _SECRETS,
        ],
        [
            *_calls("secretsmanager:GetSecretValue secretsmanager:DescribeSecret", SECRET),
            *_calls("secretsmanager:GetResourcePolicy secretsmanager:ListSecretVersionIds", SECRET),
            *_calls("secretsmanager:GetRandomPassword secretsmanager:ListSecrets", "*"),
            *_calls("kms:Decrypt", KEY),
        ],
        [
            *_calls("secretsmanager:GetSecretValue", f"{SECRET}2", SECRET.replace("sales", "salaries")),
            *_calls("secretsmanager:PutSecretValue secretsmanager:DeleteSecret", SECRET),
            *_calls("kms:Decrypt", OTHER_KEY),
            *_calls("kms:Encrypt", KEY),
        ],
    ),
    Sql(
        "CREATE EXTERNAL FUNCTION … LAMBDA 'score'",
        permissions.external_function(FUNCTION),
        [Page(f"{_GUIDE}/udf-creating-a-lambda-sql-udf.html", "2026-08-26", [_on("lambda:InvokeFunction", FUNCTION)])],
        _calls("lambda:InvokeFunction", FUNCTION),
        [
            *_calls("lambda:InvokeFunction", f"{FUNCTION}2", f"{FUNCTION}:live"),
            *_calls("lambda:UpdateFunctionCode lambda:GetFunction", FUNCTION),
        ],
    ),
    Sql(
        "CREATE EXTERNAL SCHEMA … FROM KINESIS",
        permissions.stream_from_kinesis(STREAM, [KEY]),
        [
            Page(
                f"{_GUIDE}/materialized-view-streaming-ingestion-getting-started.html",
                "2026-09-16",
                [
                    _on(
                        "kinesis:DescribeStreamSummary kinesis:GetShardIterator kinesis:GetRecords kinesis:ListShards "
                        "kinesis:DescribeStream",
                        "arn:aws:kinesis:*:111111111111:stream/*",
                    ),
                    _on("kinesis:ListStreams", "*"),
                    _on("kms:Decrypt", KEY),
                ],
            )
        ],
        [
            *_calls("kinesis:DescribeStreamSummary kinesis:DescribeStream kinesis:ListShards", STREAM),
            *_calls("kinesis:GetShardIterator kinesis:GetRecords", STREAM),
            *_calls("kinesis:ListStreams", "*"),
            *_calls("kms:Decrypt", KEY),
        ],
        [
            *_calls("kinesis:GetRecords", f"{STREAM}-2", STREAM.replace("clicks", "salaries")),
            *_calls("kinesis:PutRecord kinesis:DeleteStream", STREAM),
            *_calls("kinesis:SubscribeToShard", f"{STREAM}/consumer/redshift:1"),
            *_calls("kms:Decrypt", OTHER_KEY),
        ],
    ),
    *(
        Sql(
            f"CREATE EXTERNAL SCHEMA … FROM MSK … AUTHENTICATION iam {'CLUSTER_ARN' if by_cluster_arn else 'URI'} '…'",
            permissions.stream_from_msk(BROKERS, [f"{TOPICS}/orders"], f"{GROUPS}/*", by_cluster_arn=by_cluster_arn),
            [
                Page(
                    _KAFKA,
                    "2026-09-16",
                    [
                        _on(
                            "kafka-cluster:ReadData kafka-cluster:DescribeTopic kafka-cluster:Connect",
                            f"{_ANY_KAFKA}:cluster/events/*",
                            f"{_ANY_KAFKA}:topic/events/*",
                        ),
                        _on("kafka-cluster:AlterGroup kafka-cluster:DescribeGroup", f"{_ANY_KAFKA}:group/events/*"),
                    ],
                ),
                Page(f"{_GUIDE}/r_CREATE_EXTERNAL_SCHEMA.html", "2026-08-26", [_on("kafka:GetBootstrapBrokers", "*")]),
            ],
            [
                *_calls("kafka-cluster:Connect", BROKERS),
                *_calls("kafka-cluster:DescribeTopic kafka-cluster:ReadData", f"{TOPICS}/orders"),
                *_calls("kafka-cluster:AlterGroup kafka-cluster:DescribeGroup", f"{GROUPS}/any", f"{GROUPS}/other"),
                *(finding := _calls("kafka:GetBootstrapBrokers", "*") if by_cluster_arn else []),
            ],
            [
                *_calls("kafka-cluster:Connect", BROKERS.replace("events/", "events-2/"), f"{BROKERS}2"),
                *_calls("kafka-cluster:ReadData", f"{TOPICS}/orders-2", f"{TOPICS}/salaries", f"{TOPICS}2/orders"),
                *_calls("kafka-cluster:WriteData kafka-cluster:AlterTopic", f"{TOPICS}/orders"),
                *_calls("kafka-cluster:AlterGroup", f"{GROUPS}2/any", GROUPS.replace("events/", "events-2/") + "/any"),
                *_calls("kafka-cluster:DeleteGroup", f"{GROUPS}/any"),
                *_calls("kafka-cluster:AlterCluster", BROKERS),
                *([] if finding else _calls("kafka:GetBootstrapBrokers", "*")),
            ],
        )
        for by_cluster_arn in (False, True)
    ),
    Sql(
        "CREATE EXTERNAL SCHEMA … FROM KAFKA … AUTHENTICATION mtls AUTHENTICATION_ARN '…'",
        permissions.export_certificate(CERTIFICATE),
        [Page(_KAFKA, "2026-09-16", [_on("acm:ExportCertificate", CERTIFICATE)])],
        _calls("acm:ExportCertificate", CERTIFICATE),
        [
            *_calls("acm:ExportCertificate", f"{CERTIFICATE}2", CERTIFICATE.replace("1111-1111", "2222-2222", 1)),
            *_calls("acm:GetCertificate acm:DeleteCertificate", CERTIFICATE),
        ],
    ),
    Sql(
        "CREATE EXTERNAL SCHEMA … FROM KAFKA … AUTHENTICATION mtls SECRET_ARN '…'",
        permissions.read_certificate(SECRET, [KEY]),
        [Page(_KAFKA, "2026-09-16", [_on("secretsmanager:GetSecretValue", SECRET)]), _SECRETS],
        [*_calls("secretsmanager:GetSecretValue", SECRET), *_calls("kms:Decrypt", KEY)],
        [
            *_calls("secretsmanager:GetSecretValue", f"{SECRET}2"),
            *_calls("secretsmanager:DescribeSecret secretsmanager:PutSecretValue", SECRET),
            *_calls("secretsmanager:ListSecrets", "*"),
            *_calls("kms:Decrypt", OTHER_KEY),
        ],
    ),
    Sql(
        "CREATE MODEL … SETTINGS (S3_BUCKET '…', KMS_KEY_ID '…')",
        permissions.create_model(HOME, ROLE, Objects(BUCKET, (KEY,)), [OTHER_KEY]),
        [_ML, _ML_PERMISSIONS, _IN_BUCKETS],
        [
            *_in_sagemaker("redshiftml-1"),
            *_calls("sagemaker:ListCandidatesForAutoMLJob", "*"),
            *_calls("logs:CreateLogGroup", f"{_LOGS}/TrainingJobs", f"{_LOGS}/Endpoints/redshiftml-1"),
            *_calls("logs:DescribeLogStreams", f"{_LOGS}/TrainingJobs:*", f"{_LOGS}/Endpoints/redshiftml-1"),
            *(
                Request(action, f"{_LOGS}/{stream}")
                for action in ("logs:CreateLogStream", "logs:PutLogEvents")
                for stream in (
                    "ProcessingJobs:log-stream:redshiftml-1/algo-1-1",
                    "TrainingJobs:log-stream:redshiftml-1/algo-1-1",
                    "TransformJobs:log-stream:redshiftml-1/i-1",
                    "Endpoints/redshiftml-1:log-stream:AllTraffic/i-1",
                )
            ),
            *_calls("cloudwatch:PutMetricData", "*", cloudwatch__namespace="/aws/sagemaker/TrainingJobs"),
            *_calls("ecr:GetAuthorizationToken", "*"),
            *_calls(
                "ecr:BatchCheckLayerAvailability ecr:BatchGetImage ecr:GetDownloadUrlForLayer",
                "arn:aws:ecr:eu-west-1:222222222222:repository/xgboost",
            ),
            *_calls("s3:PutObject s3:GetObject s3:DeleteObject s3:AbortMultipartUpload", f"{BUCKET}/redshift-ml/a"),
            *_calls("s3:ListBucket s3:GetBucketLocation", BUCKET),
            *_calls("iam:PassRole", ROLE, iam__PassedToService="sagemaker.amazonaws.com"),
            *_calls("kms:Decrypt kms:GenerateDataKey", KEY, OTHER_KEY),
            *_calls("kms:CreateGrant kms:DescribeKey kms:Encrypt kms:GenerateDataKeyWithoutPlaintext", OTHER_KEY),
        ],
        [
            *_in_sagemaker("churn"),
            *_calls("sagemaker:UpdateEndpoint", f"{_SAGEMAKER}:endpoint/redshiftml-1"),
            *_calls("sagemaker:CreateNotebookInstance", f"{_SAGEMAKER}:notebook-instance/redshiftml-1"),
            *_calls("logs:CreateLogGroup", f"arn:aws:logs:{HERE}:log-group:/aws/lambda/redshift"),
            *_calls("logs:DescribeLogStreams", f"{_LOGS}/NotebookInstances:*", f"{_LOGS}/Endpoints/churn"),
            *_calls("logs:PutLogEvents", f"{_LOGS}/TrainingJobs:log-stream:churn/algo-1-1"),
            *_calls("logs:PutLogEvents", f"{_LOGS}/Endpoints/churn:log-stream:AllTraffic/i-1"),
            *_calls("logs:DeleteLogGroup", f"{_LOGS}/TrainingJobs"),
            *_calls("cloudwatch:PutMetricData", "*", cloudwatch__namespace="AWS/EC2"),
            *_calls("ecr:PutImage", "arn:aws:ecr:eu-west-1:222222222222:repository/xgboost"),
            *_calls("s3:GetObject s3:PutObject", f"{BUCKET}-2/a", "arn:aws:s3:::redshift-downloads/a"),
            *_calls("s3:PutBucketAcl s3:GetBucketAcl s3:PutBucketCORS", BUCKET),
            *_calls("iam:PassRole", ROLE, iam__PassedToService="ec2.amazonaws.com"),
            *_calls("iam:PassRole", OTHER_ROLE, iam__PassedToService="sagemaker.amazonaws.com"),
            *_calls("kms:CreateGrant kms:Encrypt", KEY),
            *_calls("kms:GenerateDataKeyPair kms:ScheduleKeyDeletion", OTHER_KEY),
        ],
    ),
    Sql(
        "CREATE MODEL … SAGEMAKER 'churn'",
        permissions.remote_model(HOME, "churn"),
        [_ML_PERMISSIONS],
        _calls("sagemaker:DescribeEndpoint sagemaker:InvokeEndpoint", f"{_SAGEMAKER}:endpoint/churn"),
        [
            *_calls("sagemaker:InvokeEndpoint", f"{_SAGEMAKER}:endpoint/churn-2", f"{_SAGEMAKER}:endpoint/redshift"),
            *_calls("sagemaker:DeleteEndpoint sagemaker:UpdateEndpoint", f"{_SAGEMAKER}:endpoint/churn"),
        ],
    ),
    Sql(
        "CREATE EXTERNAL MODEL … SETTINGS (MODEL_ID 'anthropic.claude-v2:1')",
        permissions.external_model(HOME, ["anthropic.claude-v2:1"]),
        [_ML, _ML_PERMISSIONS],
        _calls("bedrock:InvokeModel", f"{_FOUNDATION_MODEL}/anthropic.claude-v2:1"),
        [
            *_calls("bedrock:InvokeModel", f"{_FOUNDATION_MODEL}/anthropic.claude-v2", f"{_FOUNDATION_MODEL}/{_HAIKU}"),
            *_calls("bedrock:InvokeModel bedrock:GetInferenceProfile", _PROFILE),
            *_calls("bedrock:InvokeModelWithResponseStream", f"{_FOUNDATION_MODEL}/anthropic.claude-v2:1"),
            *_calls("bedrock:ListFoundationModels", "*"),
        ],
    ),
    *(
        Sql(
            f"CREATE EXTERNAL MODEL … SETTINGS (MODEL_ID '{place}.{_HAIKU}')",
            permissions.external_model(HOME, [_HAIKU], [f"{place}.{_HAIKU}"], regions),
            [_PROFILES],
            [
                *_calls("bedrock:InvokeModel bedrock:GetInferenceProfile", profile),
                *(
                    request
                    for region in ("eu-west-1", *regions)
                    for request in _calls(
                        "bedrock:InvokeModel",
                        f"arn:aws:bedrock:{region}::foundation-model/{_HAIKU}",
                        bedrock__InferenceProfileArn=profile,
                    )
                ),
            ],
            [
                *_calls("bedrock:InvokeModel", f"{_FOUNDATION_MODEL}/{_HAIKU}"),
                *_calls("bedrock:InvokeModel", f"{_FOUNDATION_MODEL}/{_HAIKU}", bedrock__InferenceProfileArn=other),
                *_calls("bedrock:InvokeModel bedrock:GetInferenceProfile", other),
                *_calls("bedrock:CreateInferenceProfile", profile),
            ],
        )
        for place, profile, other, regions in (
            ("eu", _PROFILE, _GLOBAL, ("eu-central-1",)),
            ("global", _GLOBAL, _PROFILE, ()),
        )
    ),
]
