"""What AWS's pages document for each thing that Redshift does with a role, and the calls that it must not allow.

Both are written from the pages, not from the code.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fnmatch import fnmatchcase
from typing import NamedTuple

from redshift_roles.aws import permissions
from redshift_roles.aws.permissions import Catalog, Home, Objects, Permission
from tests.support.iam import Request

HOME = Home("aws", "eu-west-1", "111111111111")
HERE = "eu-west-1:111111111111"
BUCKET = "arn:aws:s3:::sales-data"
TABLE_BUCKET = f"arn:aws:s3tables:{HERE}:bucket/lake"
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
STACK = f"arn:aws:cloudformation:{HERE}:stack/Data/1"
LOG_GROUP = f"arn:aws:logs:{HERE}:log-group:/aws/lambda/associations"


def glue_table(name: str, database: str = "sales") -> str:
    """Return the ARN of a table in the Glue Data Catalog."""
    return f"arn:aws:glue:{HERE}:table/{database}/{name}"


def glue_function(name: str, database: str = "sales") -> str:
    """Return the ARN of a user-defined function in the Glue Data Catalog."""
    return f"arn:aws:glue:{HERE}:userDefinedFunction/{database}/{name}"


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
        _on("s3:GetEncryptionConfiguration", "*"),
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

_MGMT = _GUIDE.replace("/dg", "/mgmt")
_OBJECTS, _FILE, _PART = f"{BUCKET}/*", f"{BUCKET}/landing/2026/a.csv", f"{BUCKET}/landing/0000_part_00"
# "LIST the Amazon S3 bucket and GET the Amazon S3 objects"; "GET, LIST, and PUT"; "SCAN and DESCRIBE"; "ListInstances".
_PERMISSIONS = f"{_GUIDE}/copy-usage_notes-access-permissions.html"
_COPY = Page(_PERMISSIONS, "2026-09-16", [_on("s3:GetObject", _OBJECTS), _on("s3:ListBucket", BUCKET)])
_UNLOAD = Page(_PERMISSIONS, "2026-09-16", [_on("s3:GetObject s3:PutObject", _OBJECTS), _on("s3:ListBucket", BUCKET)])
_SPECTRUM_PAGE = f"{_GUIDE}/c-spectrum-iam-policies.html"
_SPECTRUM = Page(
    _SPECTRUM_PAGE,
    "2026-07-06",
    [
        _on("s3:ListBucketVersions s3:ListBucket s3:GetObject", BUCKET, f"{BUCKET}/landing/*"),
        _on(
            "glue:CreateDatabase glue:DeleteDatabase glue:GetDatabase glue:GetDatabases glue:UpdateDatabase "
            "glue:CreateTable glue:DeleteTable glue:BatchDeleteTable glue:UpdateTable glue:GetTable glue:GetTables "
            "glue:BatchCreatePartition glue:CreatePartition glue:DeletePartition glue:BatchDeletePartition "
            "glue:UpdatePartition glue:GetPartition glue:GetPartitions glue:BatchGetPartition",
            "*",
        ),
    ],
)
# What its policy for a bucket of another account allows. COPY and UNLOAD find the region too, in all of AWS's examples.
_THEIR_BUCKET = Page(
    _SPECTRUM_PAGE,
    "2026-07-06",
    [
        _on(
            "s3:GetBucketLocation s3:GetObject s3:ListMultipartUploadParts s3:ListBucket s3:ListBucketMultipartUploads",
            BUCKET,
            _OBJECTS,
        )
    ],
)
_TABLE_READS = "glue:GetTable glue:GetTables glue:GetPartition glue:GetPartitions glue:BatchGetPartition"
_CATALOG_WRITES = (
    "glue:CreateTable glue:DeleteTable glue:BatchDeleteTable glue:UpdateTable glue:BatchCreatePartition "
    "glue:CreatePartition glue:DeletePartition glue:BatchDeletePartition glue:UpdatePartition"
)
_GLUE_KEYS = Page(
    "https://docs.aws.amazon.com/glue/latest/dg/encrypt-glue-data-catalog.html",
    "2026-08-04",
    [_on("kms:Decrypt kms:Encrypt kms:GenerateDataKey", KEY)],
)
_TO_SERVICE = Page(
    "https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_passrole.html",
    "2026-07-06",
    [_on("iam:PassRole", ROLE)],
)
_LAKE_CATALOG = f"arn:aws:glue:{HERE}:%s/s3tablescatalog/lake"
_S3_TABLES = Page(
    f"{_GUIDE}/querying-s3Tables.html",
    "2026-08-26",
    [
        _on(
            "glue:GetCatalog glue:GetDatabase glue:GetTable glue:GetTables glue:UpdateTable glue:DeleteTable",
            CATALOG,
            *(
                f"arn:aws:glue:{HERE}:{below}"
                for below in (
                    "catalog/s3tablescatalog",
                    "catalog/s3tablescatalog/*",
                    "database/s3tablescatalog/*/*",
                    "table/s3tablescatalog/*/*/*",
                )
            ),
        ),
        _on(
            "s3tables:GetTableBucket s3tables:GetNamespace s3tables:GetTable s3tables:GetTableMetadataLocation "
            "s3tables:GetTableData s3tables:CreateTable s3tables:PutTableData s3tables:UpdateTableMetadataLocation "
            "s3tables:ListNamespaces s3tables:ListTables s3tables:DeleteTable",
            f"arn:aws:s3tables:{HERE}:bucket/*",
            f"arn:aws:s3tables:{HERE}:bucket/*/table/*",
        ),
        # The page has it on the same resources; AWS's authorization reference knows no resource for it.
        _on("s3tables:ListTableBuckets", "*"),
    ],
)
_TABLES_KEYS = Page(
    "https://docs.aws.amazon.com/AmazonS3/latest/userguide/s3-tables-kms-permissions.html",
    "2026-07-06",
    [_on("kms:GenerateDataKey kms:Decrypt", KEY)],
)


def _listed(*prefixes: str, actions: str = "s3:ListBucket", bucket: str = BUCKET) -> list[Request]:
    return [request for prefix in prefixes for request in _calls(actions, bucket, s3__prefix=prefix)]


# Siblings of what is granted, longer names, everything above, and what no statement does.
_BESIDE_FILES = [
    *_calls(
        "s3:GetObject s3:PutObject s3:DeleteObject",
        *(f"{BUCKET}/{name}" for name in ("a.csv", "landing", "landing-2/a.csv", "Landing/a.csv")),
        *(f"{bucket}/landing/a.csv" for bucket in (f"{BUCKET}-2", "arn:aws:s3:::hr-data")),
    ),
    *_calls("s3:ListBucket", BUCKET, f"{BUCKET}-2"),
    *_listed("", "landing-2/", "a"),
    *_listed("landing/", bucket=f"{BUCKET}-2"),
    *_calls("s3:GetObjectVersion s3:DeleteObjectVersion s3:PutObjectAcl s3:AbortMultipartUpload", _FILE),
    *_calls("s3:PutBucketPolicy s3:DeleteBucket s3:PutEncryptionConfiguration", BUCKET),
    *_calls("kms:Decrypt kms:GenerateDataKey", OTHER_KEY),
    *_calls("kms:Encrypt kms:CreateGrant kms:DescribeKey kms:ScheduleKeyDeletion", KEY),
]
_READ = [*_calls("s3:GetObject", _FILE), *_listed("landing/", "landing/2026/"), *_calls("s3:GetBucketLocation", BUCKET)]
_NO_WRITE = [*_calls("s3:PutObject s3:DeleteObject", _FILE), *_calls("kms:GenerateDataKey", KEY)]
_NO_VERSIONS = [*_calls("s3:ListBucketVersions", BUCKET), *_listed("landing/", actions="s3:ListBucketVersions")]
_SELECT = [*_calls("s3:GetObject", _FILE), *_listed("landing/", actions="s3:ListBucket s3:ListBucketVersions")]
_UPLOADS = [
    *_calls("s3:ListMultipartUploadParts", _FILE),
    *_calls("s3:ListBucketMultipartUploads s3:GetBucketLocation", BUCKET),
]
_TABLE_ARNS = [CATALOG, DATABASE, glue_table("orders")]
_READ_CATALOG = [*_calls("glue:GetDatabase glue:GetDatabases", CATALOG, DATABASE), *_calls(_TABLE_READS, *_TABLE_ARNS)]
_BESIDE_CATALOG = [
    *_calls(
        "glue:GetTable glue:UpdateTable",
        f"{DATABASE}-2",
        DATABASE.replace("sales", "hr"),
        glue_table("orders", "hr"),
        glue_table("orders", "sales-2"),
    ),
    *_calls("glue:UpdateDatabase", CATALOG, DATABASE),
    *_calls("glue:GetConnection", CATALOG),
    *_calls("kms:Decrypt", OTHER_KEY),
]
_BESIDE_TABLES = [
    *_calls(
        "glue:GetTable glue:DeleteTable", *(f"{_LAKE_CATALOG % kind}-2/sales/orders" for kind in ("table", "database"))
    ),
    *_calls("glue:GetTable glue:DeleteTable", glue_table("orders"), DATABASE),
    *_calls("glue:GetCatalog", f"{_LAKE_CATALOG % 'catalog'}-2"),
    *_calls("s3tables:GetTableData s3tables:PutTableData", f"{TABLE_BUCKET}-2/table/1"),
    *_calls("s3tables:CreateTable s3tables:ListTables", f"{TABLE_BUCKET}-2"),
    *_calls("s3tables:DeleteTableBucket s3tables:CreateNamespace s3tables:PutTableBucketPolicy", TABLE_BUCKET),
    *_calls("s3tables:PutTablePolicy", f"{TABLE_BUCKET}/table/1"),
]
_READ_TABLES = [
    *_calls("glue:GetCatalog", CATALOG, f"arn:aws:glue:{HERE}:catalog/s3tablescatalog", _LAKE_CATALOG % "catalog"),
    *_calls("glue:GetDatabase", CATALOG, f"{_LAKE_CATALOG % 'database'}/sales"),
    *_calls("glue:GetTable glue:GetTables", f"{_LAKE_CATALOG % 'table'}/sales/orders"),
    *_calls("s3tables:ListTableBuckets", "*"),
    *_calls("s3tables:GetTableBucket s3tables:GetNamespace s3tables:ListNamespaces s3tables:ListTables", TABLE_BUCKET),
    *_calls("s3tables:GetTable s3tables:GetTableData s3tables:GetTableMetadataLocation", f"{TABLE_BUCKET}/table/1"),
]
_WRITE_TABLES = [
    *_calls("glue:UpdateTable glue:DeleteTable", f"{_LAKE_CATALOG % 'table'}/sales/orders"),
    *_calls("s3tables:CreateTable", TABLE_BUCKET),
    *_calls("s3tables:PutTableData s3tables:DeleteTable", f"{TABLE_BUCKET}/table/1"),
    *_calls("s3tables:UpdateTableMetadataLocation", f"{TABLE_BUCKET}/table/1"),
]
_ASSOCIATING = f"{_MGMT}/copy-unload-iam-role-associating-with-clusters.html"


def _passed(service: str, role: str = ROLE) -> list[Request]:
    return _calls("iam:PassRole", role, iam__PassedToService=f"{service}.amazonaws.com")


SQL = [
    Sql(
        "COPY … FROM 's3://sales-data/landing/'",
        permissions.copy_from(Objects(BUCKET, (KEY,), "landing/")),
        [_COPY, _THEIR_BUCKET, _IN_BUCKETS],
        [*_READ, *_calls("kms:Decrypt", KEY)],
        [*_BESIDE_FILES, *_NO_WRITE, *_NO_VERSIONS],
    ),
    Sql(
        "COPY … FROM 's3://sales-data/load.json' MANIFEST JSON 's3://sales-data/paths.json'",
        permissions.copy_from(Objects(BUCKET, (), "landing/", ("load.json", "paths.json", "landing/inside.json"))),
        [_COPY, _THEIR_BUCKET],
        [
            *_READ,
            *_calls("s3:GetObject", *(f"{BUCKET}/{name}.json" for name in ("load", "paths"))),
            *_listed("load.json"),
        ],
        [*_BESIDE_FILES, *_NO_WRITE, *_calls("s3:GetObject", f"{BUCKET}/load.json.bak"), *_calls("kms:Decrypt", KEY)],
    ),
    Sql(
        "COPY … FROM 's3://sales-data/'",
        permissions.copy_from(Objects(BUCKET, (), None, ("load.json",))),
        [_COPY, _THEIR_BUCKET],
        [*_READ, *_calls("s3:GetObject", f"{BUCKET}/a.csv"), *_calls("s3:ListBucket", BUCKET), *_listed("", "a")],
        [
            *_NO_WRITE,
            *_NO_VERSIONS,
            *_calls("s3:GetObject", f"{BUCKET}-2/a.csv"),
            *_calls("s3:ListBucket", f"{BUCKET}-2"),
        ],
    ),
    Sql(
        "COPY … of an imported bucket, whose key is given beside the known one",
        permissions.copy_from(Objects(BUCKET, (KEY, OTHER_KEY), "landing/")),
        [_COPY, _THEIR_BUCKET, _IN_BUCKETS._replace(allows=[_on("kms:Decrypt", KEY, OTHER_KEY)])],
        [*_READ, *_calls("kms:Decrypt", KEY, OTHER_KEY)],
        [*_NO_WRITE, *_calls("kms:Decrypt", f"{KEY}2"), *_calls("kms:GenerateDataKey", OTHER_KEY)],
    ),
    Sql(
        "COPY … FROM 's3://sales-data/ssh/hosts.json' SSH",
        permissions.copy_over_ssh(Objects(BUCKET, (KEY,), None, ("ssh/hosts.json",))),
        [_COPY, _THEIR_BUCKET, _IN_BUCKETS],
        [
            *_calls("s3:GetObject", f"{BUCKET}/ssh/hosts.json"),
            *_listed("ssh/hosts.json"),
            *_calls("s3:GetBucketLocation", BUCKET),
            *_calls("kms:Decrypt", KEY),
        ],
        [
            *_BESIDE_FILES,
            *_NO_WRITE,
            *_calls("s3:GetObject", f"{BUCKET}/ssh/hosts.json2", _FILE),
            *_listed("ssh/", "landing/"),
        ],
    ),
    *(
        Sql(
            f"UNLOAD … TO 's3://sales-data/landing/' {option}",
            permissions.unload_to(
                Objects(BUCKET, (KEY,), "landing/"),
                clean_path=option == "CLEANPATH",
                encrypted_auto=option == "ENCRYPTED AUTO",
            ),
            [_UNLOAD, _THEIR_BUCKET, _IN_BUCKETS, page],
            [*_READ, *_calls("s3:PutObject", _PART), *_calls("kms:Decrypt kms:GenerateDataKey", KEY), *more],
            [*_BESIDE_FILES, *_NO_VERSIONS, *(call for call in others if call not in more)],
        )
        for deleting, finding in [(_calls("s3:DeleteObject", _FILE), _calls("s3:GetEncryptionConfiguration", BUCKET))]
        for others in [[*deleting, *finding]]
        for option, page, more in (
            ("PARALLEL OFF", _UNLOAD, []),
            ("CLEANPATH", Page(f"{_GUIDE}/r_UNLOAD.html", "2026-09-16", [_on("s3:DeleteObject", _OBJECTS)]), deleting),
            # That page says that the bucket's key is found; only the policies for Redshift ML say by which action.
            ("ENCRYPTED AUTO", _ML_PERMISSIONS, finding),
        )
    ),
    Sql(
        "SELECT … of external tables: their files",
        permissions.query_objects(Objects(BUCKET, (KEY,), "landing/"), write=False, foreign=False),
        [_SPECTRUM, _IN_BUCKETS],
        [*_SELECT, *_calls("kms:Decrypt", KEY)],
        [*_BESIDE_FILES, *_NO_WRITE, *_UPLOADS, *_calls("s3:ListBucketVersions", BUCKET)],
    ),
    Sql(
        "SELECT … of external tables: their files in another account",
        permissions.query_objects(Objects(BUCKET, (), "landing/"), write=False, foreign=True),
        [_SPECTRUM, _THEIR_BUCKET],
        [*_SELECT, *_UPLOADS],
        [*_BESIDE_FILES, *_NO_WRITE, *_calls("kms:Decrypt", KEY)],
    ),
    Sql(
        "INSERT … into external tables: their files",
        permissions.query_objects(Objects(BUCKET, (KEY,), "landing/"), write=True, foreign=False),
        [
            _SPECTRUM,
            Page(f"{_GUIDE}/r_INSERT_external_table.html", "2026-08-26", [_on("s3:PutObject", _OBJECTS)]),
            _IN_BUCKETS,
        ],
        [*_SELECT, *_calls("s3:PutObject", _PART), *_calls("kms:Decrypt kms:GenerateDataKey", KEY)],
        [*_BESIDE_FILES, *_UPLOADS, *_calls("s3:DeleteObject", _FILE)],
    ),
    Sql(
        "CREATE EXTERNAL SCHEMA … FROM DATA CATALOG",
        permissions.query_catalog(
            Catalog(HOME, "sales", keys=(KEY,)), create_database=False, drop_database=False, write=False
        ),
        [_SPECTRUM, _GLUE_KEYS],
        [*_READ_CATALOG, *_calls("kms:Decrypt", KEY)],
        [
            *_BESIDE_CATALOG,
            *_calls(_CATALOG_WRITES, *_TABLE_ARNS),
            *_calls("glue:CreateDatabase glue:DeleteDatabase", CATALOG, DATABASE),
            *_calls("kms:Encrypt kms:GenerateDataKey", KEY),
        ],
    ),
    Sql(
        "CREATE EXTERNAL SCHEMA … CREATE EXTERNAL DATABASE IF NOT EXISTS",
        permissions.query_catalog(
            Catalog(HOME, "sales", None, (KEY,)), create_database=True, drop_database=False, write=False
        ),
        [_SPECTRUM, _GLUE_KEYS],
        [
            *_READ_CATALOG,
            *_calls("glue:CreateDatabase", CATALOG, DATABASE),
            *_calls("kms:Decrypt kms:Encrypt kms:GenerateDataKey", KEY),
        ],
        [
            *_BESIDE_CATALOG,
            *_calls("glue:DeleteDatabase", CATALOG, DATABASE),
            *_calls("glue:CreateTable", *_TABLE_ARNS),
        ],
    ),
    Sql(
        "DROP SCHEMA … DROP EXTERNAL DATABASE",
        permissions.query_catalog(
            Catalog(HOME, "sales", ["orders"]), create_database=False, drop_database=True, write=False
        ),
        [_SPECTRUM],
        [
            *_READ_CATALOG,
            *_calls("glue:DeleteDatabase", CATALOG, DATABASE, glue_table("any"), glue_function("any")),
        ],
        [
            *_BESIDE_CATALOG,
            *_calls("glue:DeleteDatabase", f"{DATABASE}-2", glue_table("t", "hr"), glue_function("f", "sales-2")),
            *_calls("glue:DeleteTable glue:CreateDatabase", CATALOG, DATABASE),
            *_calls("glue:GetTable", glue_table("any")),
        ],
    ),
    Sql(
        "CREATE EXTERNAL TABLE …",
        permissions.query_catalog(
            Catalog(HOME, "sales", ["orders"], (KEY,)), create_database=False, drop_database=False, write=True
        ),
        [_SPECTRUM, _GLUE_KEYS],
        [
            *_READ_CATALOG,
            *_calls(_CATALOG_WRITES, *_TABLE_ARNS),
            *_calls("kms:Decrypt kms:Encrypt kms:GenerateDataKey", KEY),
        ],
        [*_BESIDE_CATALOG, *_calls("glue:GetTable glue:CreateTable", glue_table("orders2"), glue_table("salaries"))],
    ),
    Sql(
        "SELECT … of tables that AWS Lake Formation shares",
        permissions.lake_formation(),
        [Page(f"{_GUIDE}/spectrum-lake-formation.html", "2026-08-26", [_on("lakeformation:GetDataAccess", "*")])],
        _calls("lakeformation:GetDataAccess", "*"),
        _calls("lakeformation:GrantPermissions lakeformation:SearchTablesByLFTags", "*"),
    ),
    Sql(
        "SELECT … of Amazon S3 Tables",
        permissions.s3_tables(HOME, TABLE_BUCKET, "lake", [KEY], write=False),
        [_S3_TABLES, _TABLES_KEYS],
        [*_READ_TABLES, *_calls("kms:Decrypt kms:GenerateDataKey", KEY)],
        [*_BESIDE_TABLES, *_WRITE_TABLES],
    ),
    Sql(
        "INSERT … into Amazon S3 Tables",
        permissions.s3_tables(HOME, TABLE_BUCKET, "lake", [], write=True),
        [_S3_TABLES],
        [*_READ_TABLES, *_WRITE_TABLES],
        [*_BESIDE_TABLES, *_calls("kms:Decrypt", KEY)],
    ),
    Sql(
        "COPY … FROM 'dynamodb://orders'",
        permissions.copy_from_dynamodb(TABLE, [KEY]),
        [
            Page(_PERMISSIONS, "2026-09-16", [_on("dynamodb:Scan dynamodb:DescribeTable", TABLE)]),
            Page(
                "https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/encryption.usagenotes.html",
                "2026-07-06",
                [_on("kms:Decrypt kms:DescribeKey", KEY)],
            ),
        ],
        [*_calls("dynamodb:Scan dynamodb:DescribeTable", TABLE), *_calls("kms:Decrypt kms:DescribeKey", KEY)],
        [
            *_calls("dynamodb:Scan", f"{TABLE}2", f"{TABLE}/index/i"),
            *_calls("dynamodb:Query dynamodb:GetItem dynamodb:PutItem", TABLE),
            *_calls("kms:Decrypt", OTHER_KEY),
            *_calls("kms:Encrypt kms:GenerateDataKey", KEY),
        ],
    ),
    Sql(
        "COPY … FROM 'emr://j-2AXXXXXXGAPLF/a'",
        permissions.copy_from_emr(HOME, "j-2AXXXXXXGAPLF"),
        [
            Page(
                f"{_GUIDE}/loading-data-from-emr.html#load-from-emr-steps-configure-iam",
                "2026-07-06",
                [_on("elasticmapreduce:ListInstances", EMR)],
            )
        ],
        _calls("elasticmapreduce:ListInstances", EMR),
        [
            *_calls("elasticmapreduce:ListInstances", EMR.replace("2A", "3B"), f"{EMR}2"),
            *_calls("elasticmapreduce:TerminateJobFlows", EMR),
        ],
    ),
    *(
        Sql(
            f"passing a role, serverless={serverless}",
            permissions.pass_role(ROLE, serverless=serverless),
            [_TO_SERVICE],
            [*_passed("redshift"), *(to_serverless := _passed("redshift-serverless") if serverless else [])],
            [
                *_passed("ec2"),
                *_passed("sagemaker"),
                *_passed("redshift", OTHER_ROLE),
                *_calls("iam:PassRole", ROLE),
                *([] if to_serverless else _passed("redshift-serverless")),
            ],
        )
        for serverless in (False, True)
    ),
    Sql(
        "IAM_ROLE 'first,next'",
        permissions.assume_role(ROLE),
        [
            Page(
                f"{_MGMT}/authorizing-redshift-service-chaining-roles.html", "2026-07-06", [_on("sts:AssumeRole", ROLE)]
            )
        ],
        _calls("sts:AssumeRole", ROLE),
        [*_calls("sts:AssumeRole", OTHER_ROLE, f"{ROLE}2"), *_calls("iam:PassRole", ROLE)],
    ),
    Sql(
        "associating roles with a cluster",
        permissions.associate_roles(CLUSTER, [ROLE]),
        [
            Page(
                _ASSOCIATING,
                "2026-08-26",
                [_on("redshift:DescribeClusters redshift:ModifyClusterIamRoles redshift:CreateCluster", CLUSTER)],
            ),
            _TO_SERVICE,
        ],
        [*_calls("redshift:DescribeClusters redshift:ModifyClusterIamRoles", CLUSTER), *_passed("redshift")],
        [
            *_calls("redshift:DescribeClusters redshift:ModifyClusterIamRoles", f"{CLUSTER}-2"),
            *_calls("redshift:DeleteCluster redshift:CreateCluster", CLUSTER),
            *_passed("redshift", OTHER_ROLE),
            *_passed("ec2"),
        ],
    ),
    Sql(
        "writing the logs of a function",
        permissions.write_logs(f"{LOG_GROUP}:*"),
        [
            Page(
                "https://docs.aws.amazon.com/lambda/latest/dg/lambda-intro-execution-role.html",
                "2026-07-06",
                [_on("logs:CreateLogStream logs:PutLogEvents", "*")],
            )
        ],
        _calls("logs:CreateLogStream logs:PutLogEvents", f"{LOG_GROUP}:log-stream:1"),
        [
            *_calls("logs:PutLogEvents", f"{LOG_GROUP}-2:log-stream:1"),
            *_calls("logs:CreateLogGroup logs:DeleteLogGroup", LOG_GROUP),
        ],
    ),
    Sql(
        "listing the resources of a stack",
        permissions.list_stack(STACK),
        [
            Page(
                "https://docs.aws.amazon.com/service-authorization/latest/reference/list_awscloudformation.html",
                "2026-09-26",
                [_on("cloudformation:ListStackResources", STACK)],
            )
        ],
        _calls("cloudformation:ListStackResources", STACK),
        [
            *_calls("cloudformation:ListStackResources", STACK.replace("stack/Data/", "stack/Data-2/")),
            *_calls("cloudformation:DescribeStacks cloudformation:DeleteStack", STACK),
        ],
    ),
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
