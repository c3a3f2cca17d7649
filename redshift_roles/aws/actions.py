"""IAM actions by the operation that needs them, each list with the AWS page that documents it.

Nothing flows in; constants flow out.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from redshift_roles.aws import quotas as limits
from redshift_roles.aws.quotas import Source


class Actions(NamedTuple):
    """What one statement allows, and where AWS says that it is needed.

    Attributes:
        names: Such as ``s3:GetObject``; never with a wildcard.
        source: The AWS page.
    """

    names: tuple[str, ...]
    source: Source


# The user policy: the page publishes it as an example.
DESCRIBE_CLUSTERS: Final = Actions(("redshift:DescribeClusters",), limits.ASSOCIATING_ROLES)
ASSOCIATE_ROLES: Final = Actions(("redshift:ModifyClusterIamRoles",), limits.ASSOCIATING_ROLES)
CREATE_CLUSTERS: Final = Actions(("redshift:CreateCluster",), limits.ASSOCIATING_ROLES)
PASS_ROLE: Final = Actions(("iam:PassRole",), limits.PASS_ROLE)

# limits.PASS_ROLE: what iam:PassedToService is when a role is passed to a provisioned cluster, to a Serverless
# namespace, and by Redshift itself to the service that trains its models.
PASSED_TO_SERVICE: Final = "redshift.amazonaws.com"
PASSED_TO_SERVERLESS: Final = "redshift-serverless.amazonaws.com"
PASSED_TO_TRAINING: Final = "sagemaker.amazonaws.com"

# Role chaining.
ASSUME_ROLE: Final = Actions(("sts:AssumeRole",), limits.CHAINING_ROLES)

# COPY, UNLOAD. "LIST the bucket and GET the objects"; "GET, LIST, and PUT"; CLEANPATH: "s3:DeleteObject".
READ_OBJECTS: Final = Actions(("s3:GetObject",), limits.COPY_PERMISSIONS)
LIST_OBJECTS: Final = Actions(("s3:ListBucket",), limits.COPY_PERMISSIONS)
LOCATE_BUCKETS: Final = Actions(("s3:GetBucketLocation",), limits.SPECTRUM_POLICIES)
UNLOAD_OBJECTS: Final = Actions(("s3:GetObject", "s3:PutObject"), limits.COPY_PERMISSIONS)
CLEAN_PATH: Final = Actions(("s3:DeleteObject",), limits.UNLOAD)
DECRYPT_OBJECTS: Final = Actions(("kms:Decrypt",), limits.S3_ENCRYPTION)
ENCRYPT_OBJECTS: Final = Actions(("kms:Decrypt", "kms:GenerateDataKey"), limits.S3_ENCRYPTION)

# COPY from elsewhere. "SCAN and DESCRIBE"; "the ListInstances action".
SCAN_TABLES: Final = Actions(("dynamodb:DescribeTable", "dynamodb:Scan"), limits.COPY_PERMISSIONS)
DECRYPT_TABLES: Final = Actions(("kms:Decrypt", "kms:DescribeKey"), limits.DYNAMODB_ENCRYPTION)
LIST_INSTANCES: Final = Actions(("elasticmapreduce:ListInstances",), limits.LOAD_FROM_EMR)

# CREATE EXTERNAL SCHEMA over the Glue Data Catalog: the "minimum permissions" of the page, by what needs them.
QUERY_OBJECTS: Final = Actions(("s3:GetObject", "s3:ListMultipartUploadParts"), limits.SPECTRUM_POLICIES)
LIST_UPLOADS: Final = Actions(("s3:ListBucketMultipartUploads",), limits.SPECTRUM_POLICIES)
WRITE_OBJECTS: Final = Actions(("s3:PutObject",), limits.INSERT_EXTERNAL)
READ_CATALOG: Final = Actions(
    (
        "glue:BatchGetPartition",
        "glue:GetDatabase",
        "glue:GetDatabases",
        "glue:GetPartition",
        "glue:GetPartitions",
        "glue:GetTable",
        "glue:GetTables",
    ),
    limits.SPECTRUM_POLICIES,
)
WRITE_CATALOG: Final = Actions(
    (
        "glue:BatchCreatePartition",
        "glue:BatchDeletePartition",
        "glue:BatchDeleteTable",
        "glue:CreatePartition",
        "glue:CreateTable",
        "glue:DeletePartition",
        "glue:DeleteTable",
        "glue:UpdatePartition",
        "glue:UpdateTable",
    ),
    limits.SPECTRUM_POLICIES,
)
CREATE_DATABASE: Final = Actions(("glue:CreateDatabase",), limits.SPECTRUM_POLICIES)
GET_DATA_ACCESS: Final = Actions(("lakeformation:GetDataAccess",), limits.SPECTRUM_LAKE_FORMATION)

# Federated queries.
ACCESS_SECRETS: Final = Actions(
    (
        "secretsmanager:DescribeSecret",
        "secretsmanager:GetResourcePolicy",
        "secretsmanager:GetSecretValue",
        "secretsmanager:ListSecretVersionIds",
    ),
    limits.FEDERATED_QUERY,
)
LIST_SECRETS: Final = Actions(
    ("secretsmanager:GetRandomPassword", "secretsmanager:ListSecrets"), limits.FEDERATED_QUERY
)
DECRYPT_SECRETS: Final = Actions(("kms:Decrypt",), limits.SECRETS_ENCRYPTION)

# CREATE EXTERNAL FUNCTION.
INVOKE_FUNCTIONS: Final = Actions(("lambda:InvokeFunction",), limits.LAMBDA_FUNCTIONS)

# Streaming ingestion.
READ_STREAMS: Final = Actions(
    (
        "kinesis:DescribeStream",
        "kinesis:DescribeStreamSummary",
        "kinesis:GetRecords",
        "kinesis:GetShardIterator",
        "kinesis:ListShards",
    ),
    limits.STREAMING_KINESIS,
)
LIST_STREAMS: Final = Actions(("kinesis:ListStreams",), limits.STREAMING_KINESIS)
DECRYPT_STREAMS: Final = Actions(("kms:Decrypt",), limits.STREAMING_KINESIS)
CONNECT_TO_BROKERS: Final = Actions(("kafka-cluster:Connect",), limits.STREAMING_MSK)
READ_TOPICS: Final = Actions(("kafka-cluster:DescribeTopic", "kafka-cluster:ReadData"), limits.STREAMING_MSK)
FIND_BROKERS: Final = Actions(("kafka:GetBootstrapBrokers",), limits.STREAMING_MSK)

# CREATE MODEL. The page has ``sagemaker:*Job*`` on everything; AWS's own managed policy names the actions.
TRAIN_MODELS: Final = Actions(
    (
        "sagemaker:CreateAutoMLJob",
        "sagemaker:CreateCompilationJob",
        "sagemaker:CreateEndpoint",
        "sagemaker:CreateModel",
        "sagemaker:CreateProcessingJob",
        "sagemaker:CreateTrainingJob",
        "sagemaker:DescribeAutoMLJob",
        "sagemaker:DescribeCompilationJob",
        "sagemaker:DescribeEndpoint",
        "sagemaker:DescribeProcessingJob",
        "sagemaker:DescribeTrainingJob",
        "sagemaker:DescribeTransformJob",
        "sagemaker:InvokeEndpoint",
        "sagemaker:StopAutoMLJob",
        "sagemaker:StopCompilationJob",
        "sagemaker:StopProcessingJob",
        "sagemaker:StopTrainingJob",
    ),
    limits.ALL_COMMANDS_POLICY,
)
LIST_CANDIDATES: Final = Actions(("sagemaker:ListCandidatesForAutoMLJob",), limits.ALL_COMMANDS_POLICY)
LOG_TRAINING: Final = Actions(
    ("logs:CreateLogGroup", "logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"),
    limits.MACHINE_LEARNING,
)
PUT_METRICS: Final = Actions(("cloudwatch:PutMetricData",), limits.MACHINE_LEARNING)
PULL_IMAGES: Final = Actions(
    (
        "ecr:BatchCheckLayerAvailability",
        "ecr:BatchGetImage",
        "ecr:GetAuthorizationToken",
        "ecr:GetDownloadUrlForLayer",
    ),
    limits.MACHINE_LEARNING,
)
STORE_MODELS: Final = Actions(
    ("s3:AbortMultipartUpload", "s3:DeleteObject", "s3:GetObject", "s3:PutObject"), limits.MACHINE_LEARNING
)
ENCRYPT_MODELS: Final = Actions(
    ("kms:CreateGrant", "kms:Decrypt", "kms:DescribeKey", "kms:Encrypt", "kms:GenerateDataKey"),
    limits.MACHINE_LEARNING,
)

# The function behind role associations.
WRITE_LOGS: Final = Actions(("logs:CreateLogStream", "logs:PutLogEvents"), limits.LAMBDA_LOGS)
