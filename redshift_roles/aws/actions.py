"""IAM actions by the operation that needs them, each list with the AWS page that documents it.

Nothing flows in; constants flow out.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from redshift_roles.aws import quotas
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
DESCRIBE_CLUSTERS: Final = Actions(("redshift:DescribeClusters",), quotas.ASSOCIATING_ROLES)
ASSOCIATE_ROLES: Final = Actions(("redshift:ModifyClusterIamRoles",), quotas.ASSOCIATING_ROLES)
CREATE_CLUSTERS: Final = Actions(("redshift:CreateCluster",), quotas.ASSOCIATING_ROLES)
PASS_ROLE: Final = Actions(("iam:PassRole",), quotas.PASS_ROLE)

# limits.PASS_ROLE: what iam:PassedToService is when a role is passed to a provisioned cluster, to a Serverless
# namespace, and by Redshift itself to the service that trains its models.
PASSED_TO_SERVICE: Final = "redshift.amazonaws.com"
PASSED_TO_SERVERLESS: Final = "redshift-serverless.amazonaws.com"
PASSED_TO_TRAINING: Final = "sagemaker.amazonaws.com"

# Role chaining.
ASSUME_ROLE: Final = Actions(("sts:AssumeRole",), quotas.CHAINING_ROLES)

# COPY, UNLOAD. "LIST the bucket and GET the objects"; "GET, LIST, and PUT"; CLEANPATH: "s3:DeleteObject".
READ_OBJECTS: Final = Actions(("s3:GetObject",), quotas.COPY_PERMISSIONS)
LIST_OBJECTS: Final = Actions(("s3:ListBucket",), quotas.COPY_PERMISSIONS)
LOCATE_BUCKETS: Final = Actions(("s3:GetBucketLocation",), quotas.SPECTRUM_POLICIES)
UNLOAD_OBJECTS: Final = Actions(("s3:GetObject", "s3:PutObject"), quotas.COPY_PERMISSIONS)
CLEAN_PATH: Final = Actions(("s3:DeleteObject",), quotas.UNLOAD)
DECRYPT_OBJECTS: Final = Actions(("kms:Decrypt",), quotas.S3_ENCRYPTION)
ENCRYPT_OBJECTS: Final = Actions(("kms:Decrypt", "kms:GenerateDataKey"), quotas.S3_ENCRYPTION)

# COPY from elsewhere. "SCAN and DESCRIBE"; "the ListInstances action".
SCAN_TABLES: Final = Actions(("dynamodb:DescribeTable", "dynamodb:Scan"), quotas.COPY_PERMISSIONS)
DECRYPT_TABLES: Final = Actions(("kms:Decrypt", "kms:DescribeKey"), quotas.DYNAMODB_ENCRYPTION)
LIST_INSTANCES: Final = Actions(("elasticmapreduce:ListInstances",), quotas.LOAD_FROM_EMR)

# CREATE EXTERNAL SCHEMA over the Glue Data Catalog: the "minimum permissions" of the page, by what needs them.
QUERY_OBJECTS: Final = Actions(("s3:GetObject", "s3:ListMultipartUploadParts"), quotas.SPECTRUM_POLICIES)
LIST_UPLOADS: Final = Actions(("s3:ListBucketMultipartUploads",), quotas.SPECTRUM_POLICIES)
WRITE_OBJECTS: Final = Actions(("s3:PutObject",), quotas.INSERT_EXTERNAL)
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
    quotas.SPECTRUM_POLICIES,
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
    quotas.SPECTRUM_POLICIES,
)
CREATE_DATABASE: Final = Actions(("glue:CreateDatabase",), quotas.SPECTRUM_POLICIES)
GET_DATA_ACCESS: Final = Actions(("lakeformation:GetDataAccess",), quotas.SPECTRUM_LAKE_FORMATION)

# Federated queries.
ACCESS_SECRETS: Final = Actions(
    (
        "secretsmanager:DescribeSecret",
        "secretsmanager:GetResourcePolicy",
        "secretsmanager:GetSecretValue",
        "secretsmanager:ListSecretVersionIds",
    ),
    quotas.FEDERATED_QUERY,
)
LIST_SECRETS: Final = Actions(
    ("secretsmanager:GetRandomPassword", "secretsmanager:ListSecrets"), quotas.FEDERATED_QUERY
)
DECRYPT_SECRETS: Final = Actions(("kms:Decrypt",), quotas.SECRETS_ENCRYPTION)

# CREATE EXTERNAL FUNCTION.
INVOKE_FUNCTIONS: Final = Actions(("lambda:InvokeFunction",), quotas.LAMBDA_FUNCTIONS)

# Streaming ingestion.
READ_STREAMS: Final = Actions(
    (
        "kinesis:DescribeStream",
        "kinesis:DescribeStreamSummary",
        "kinesis:GetRecords",
        "kinesis:GetShardIterator",
        "kinesis:ListShards",
    ),
    quotas.STREAMING_KINESIS,
)
LIST_STREAMS: Final = Actions(("kinesis:ListStreams",), quotas.STREAMING_KINESIS)
DECRYPT_STREAMS: Final = Actions(("kms:Decrypt",), quotas.STREAMING_KINESIS)
CONNECT_TO_BROKERS: Final = Actions(("kafka-cluster:Connect",), quotas.STREAMING_MSK)
READ_TOPICS: Final = Actions(("kafka-cluster:DescribeTopic", "kafka-cluster:ReadData"), quotas.STREAMING_MSK)
FIND_BROKERS: Final = Actions(("kafka:GetBootstrapBrokers",), quotas.STREAMING_MSK)

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
    quotas.ALL_COMMANDS_POLICY,
)
LIST_CANDIDATES: Final = Actions(("sagemaker:ListCandidatesForAutoMLJob",), quotas.ALL_COMMANDS_POLICY)
LOG_TRAINING: Final = Actions(
    ("logs:CreateLogGroup", "logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"),
    quotas.MACHINE_LEARNING,
)
PUT_METRICS: Final = Actions(("cloudwatch:PutMetricData",), quotas.MACHINE_LEARNING)
PULL_IMAGES: Final = Actions(
    (
        "ecr:BatchCheckLayerAvailability",
        "ecr:BatchGetImage",
        "ecr:GetAuthorizationToken",
        "ecr:GetDownloadUrlForLayer",
    ),
    quotas.MACHINE_LEARNING,
)
STORE_MODELS: Final = Actions(
    ("s3:AbortMultipartUpload", "s3:DeleteObject", "s3:GetObject", "s3:PutObject"), quotas.MACHINE_LEARNING
)
ENCRYPT_MODELS: Final = Actions(
    ("kms:CreateGrant", "kms:Decrypt", "kms:DescribeKey", "kms:Encrypt", "kms:GenerateDataKey"),
    quotas.MACHINE_LEARNING,
)

# The function behind role associations.
WRITE_LOGS: Final = Actions(("logs:CreateLogStream", "logs:PutLogEvents"), quotas.LAMBDA_LOGS)
