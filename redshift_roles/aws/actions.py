"""IAM actions by the operation that needs them, each list with the AWS page that documents it."""

from __future__ import annotations

from typing import Final, NamedTuple

from redshift_roles.aws import quotas
from redshift_roles.aws.quotas import Source


class Actions(NamedTuple):
    """The actions of one statement, never with a wildcard, and the page that says that they are needed."""

    names: tuple[str, ...]
    source: Source


def _actions(source: Source, names: str) -> Actions:
    return Actions(tuple(names.split()), source)


# The user policy, which the page publishes as an example.
DESCRIBE_CLUSTERS: Final = _actions(quotas.ASSOCIATING_ROLES, "redshift:DescribeClusters")
ASSOCIATE_ROLES: Final = _actions(quotas.ASSOCIATING_ROLES, "redshift:ModifyClusterIamRoles")
CREATE_CLUSTERS: Final = _actions(quotas.ASSOCIATING_ROLES, "redshift:CreateCluster")
PASS_ROLE: Final = _actions(quotas.PASS_ROLE, "iam:PassRole")
# The same for namespaces of Redshift Serverless: who replaces the list of roles reads it first.
LIST_NAMESPACES: Final = _actions(quotas.SERVERLESS_ACTIONS, "redshift-serverless:ListNamespaces")
UPDATE_NAMESPACES: Final = _actions(
    quotas.SERVERLESS_ACTIONS, "redshift-serverless:GetNamespace redshift-serverless:UpdateNamespace"
)
CREATE_NAMESPACES: Final = _actions(quotas.SERVERLESS_ACTIONS, "redshift-serverless:CreateNamespace")

# What people need besides to create a cluster or a namespace: with a customer managed key, as the first one of an
# account, with an admin password that Redshift manages, and with a customer managed key for that password.
USE_KEYS: Final = _actions(quotas.CUSTOMER_KEYS, "kms:Decrypt kms:DescribeKey kms:Encrypt kms:GenerateDataKey")
CREATE_GRANTS: Final = _actions(quotas.CUSTOMER_KEYS, "kms:CreateGrant")
CREATE_LINKED_ROLE: Final = _actions(quotas.SERVICE_LINKED_ROLES, "iam:CreateServiceLinkedRole")
MANAGE_PASSWORDS: Final = _actions(
    quotas.ADMIN_PASSWORDS,
    "secretsmanager:CreateSecret secretsmanager:DeleteSecret secretsmanager:DescribeSecret secretsmanager:RotateSecret "
    "secretsmanager:TagResource secretsmanager:UpdateSecret",
)
GENERATE_PASSWORDS: Final = _actions(quotas.ADMIN_PASSWORDS, "secretsmanager:GetRandomPassword")
RETIRE_GRANTS: Final = _actions(quotas.ADMIN_PASSWORDS, "kms:RetireGrant")

# quotas.PASS_ROLE: iam:PassedToService where a role is passed to a provisioned cluster, to a namespace, and by
# Redshift itself to the service that trains its models.
PASSED_TO_SERVICE: Final = "redshift.amazonaws.com"
PASSED_TO_SERVERLESS: Final = "redshift-serverless.amazonaws.com"
PASSED_TO_TRAINING: Final = "sagemaker.amazonaws.com"
PASSED_TO_SCHEDULER: Final = "scheduler.redshift.amazonaws.com"

# What takes a role: the operations whose requests have one.
TAKE_ROLES: Final = _actions(
    quotas.CREATE_CLUSTER,
    "redshift-serverless:CreateNamespace redshift-serverless:CreateScheduledAction redshift-serverless:UpdateNamespace "
    "redshift-serverless:UpdateScheduledAction redshift:CreateCluster redshift:CreateRedshiftIdcApplication "
    "redshift:CreateScheduledAction redshift:ModifyClusterIamRoles redshift:ModifyRedshiftIdcApplication "
    "redshift:ModifyScheduledAction redshift:RestoreFromClusterSnapshot",
)

# The AWS managed policies that let people associate or pass roles, and their actions that do.
_ANY_OPERATION: Final = ("redshift:*", "redshift-serverless:*")
FULL_ACCESS: Final = "AmazonRedshiftFullAccess"
BY_AWS: Final = {
    "AdministratorAccess": (*_ANY_OPERATION, "iam:PassRole"),
    FULL_ACCESS: _ANY_OPERATION,
    "IAMFullAccess": ("iam:PassRole",),
    "PowerUserAccess": _ANY_OPERATION,
}

# Role chaining.
ASSUME_ROLE: Final = _actions(quotas.CHAINING_ROLES, "sts:AssumeRole")

# COPY, UNLOAD. "LIST the bucket and GET the objects"; "GET, LIST, and PUT"; CLEANPATH: "s3:DeleteObject".
READ_OBJECTS: Final = _actions(quotas.COPY_PERMISSIONS, "s3:GetObject")
LIST_OBJECTS: Final = _actions(quotas.COPY_PERMISSIONS, "s3:ListBucket")
LOCATE_BUCKETS: Final = _actions(quotas.SPECTRUM_POLICIES, "s3:GetBucketLocation")
UNLOAD_OBJECTS: Final = _actions(quotas.COPY_PERMISSIONS, "s3:GetObject s3:PutObject")
CLEAN_PATH: Final = _actions(quotas.UNLOAD, "s3:DeleteObject")
# ENCRYPTED AUTO: the page says that the default key of the bucket is found, and another page by which action.
FIND_ENCRYPTION: Final = _actions(quotas.MODEL_PERMISSIONS, "s3:GetEncryptionConfiguration")
DECRYPT_OBJECTS: Final = _actions(quotas.S3_ENCRYPTION, "kms:Decrypt")
ENCRYPT_OBJECTS: Final = _actions(quotas.S3_ENCRYPTION, "kms:Decrypt kms:GenerateDataKey")

# COPY from elsewhere. "SCAN and DESCRIBE"; "the ListInstances action".
SCAN_TABLES: Final = _actions(quotas.COPY_PERMISSIONS, "dynamodb:DescribeTable dynamodb:Scan")
DECRYPT_TABLES: Final = _actions(quotas.DYNAMODB_ENCRYPTION, "kms:Decrypt kms:DescribeKey")
LIST_INSTANCES: Final = _actions(quotas.LOAD_FROM_EMR, "elasticmapreduce:ListInstances")

# CREATE EXTERNAL SCHEMA over the Glue Data Catalog: the "minimum permissions" of the page, by what needs them. The
# multipart actions are in its policy for the bucket of another account alone.
QUERY_OBJECTS: Final = _actions(quotas.SPECTRUM_POLICIES, "s3:GetObject")
LIST_VERSIONS: Final = _actions(quotas.SPECTRUM_POLICIES, "s3:ListBucketVersions")
LIST_UPLOAD_PARTS: Final = _actions(quotas.SPECTRUM_POLICIES, "s3:ListMultipartUploadParts")
LIST_UPLOADS: Final = _actions(quotas.SPECTRUM_POLICIES, "s3:ListBucketMultipartUploads")
WRITE_OBJECTS: Final = _actions(quotas.INSERT_EXTERNAL, "s3:PutObject")
READ_CATALOG: Final = _actions(
    quotas.SPECTRUM_POLICIES,
    "glue:BatchGetPartition glue:GetDatabase glue:GetDatabases glue:GetPartition glue:GetPartitions glue:GetTable "
    "glue:GetTables",
)
WRITE_CATALOG: Final = _actions(
    quotas.SPECTRUM_POLICIES,
    "glue:BatchCreatePartition glue:BatchDeletePartition glue:BatchDeleteTable glue:CreatePartition glue:CreateTable "
    "glue:DeletePartition glue:DeleteTable glue:UpdatePartition glue:UpdateTable",
)
CREATE_DATABASE: Final = _actions(quotas.SPECTRUM_POLICIES, "glue:CreateDatabase")
DELETE_DATABASE: Final = _actions(quotas.SPECTRUM_POLICIES, "glue:DeleteDatabase")
DECRYPT_CATALOG: Final = _actions(quotas.CATALOG_ENCRYPTION, "kms:Decrypt")
ENCRYPT_CATALOG: Final = _actions(quotas.CATALOG_ENCRYPTION, "kms:Decrypt kms:Encrypt kms:GenerateDataKey")
GET_DATA_ACCESS: Final = _actions(quotas.SPECTRUM_LAKE_FORMATION, "lakeformation:GetDataAccess")

# Amazon S3 Tables: the policy of the page, by what needs it and by the resources that the actions support.
READ_TABLE_CATALOG: Final = _actions(quotas.S3_TABLES, "glue:GetCatalog glue:GetDatabase glue:GetTable glue:GetTables")
WRITE_TABLE_CATALOG: Final = _actions(quotas.S3_TABLES, "glue:DeleteTable glue:UpdateTable")
LIST_TABLES: Final = _actions(
    quotas.S3_TABLES, "s3tables:GetNamespace s3tables:GetTableBucket s3tables:ListNamespaces s3tables:ListTables"
)
LIST_TABLE_BUCKETS: Final = _actions(quotas.S3_TABLES, "s3tables:ListTableBuckets")
READ_TABLES: Final = _actions(
    quotas.S3_TABLES, "s3tables:GetTable s3tables:GetTableData s3tables:GetTableMetadataLocation"
)
CREATE_TABLES: Final = _actions(quotas.S3_TABLES, "s3tables:CreateTable")
WRITE_TABLES: Final = _actions(
    quotas.S3_TABLES, "s3tables:DeleteTable s3tables:PutTableData s3tables:UpdateTableMetadataLocation"
)
ENCRYPT_TABLES: Final = _actions(quotas.S3_TABLES_ENCRYPTION, "kms:Decrypt kms:GenerateDataKey")

# Federated queries.
ACCESS_SECRETS: Final = _actions(
    quotas.FEDERATED_QUERY,
    "secretsmanager:DescribeSecret secretsmanager:GetResourcePolicy secretsmanager:GetSecretValue "
    "secretsmanager:ListSecretVersionIds",
)
LIST_SECRETS: Final = _actions(quotas.FEDERATED_QUERY, "secretsmanager:GetRandomPassword secretsmanager:ListSecrets")
DECRYPT_SECRETS: Final = _actions(quotas.SECRETS_ENCRYPTION, "kms:Decrypt")

# CREATE EXTERNAL FUNCTION.
INVOKE_FUNCTIONS: Final = _actions(quotas.LAMBDA_FUNCTIONS, "lambda:InvokeFunction")

# Streaming ingestion.
READ_STREAMS: Final = _actions(
    quotas.STREAMING_KINESIS,
    "kinesis:DescribeStream kinesis:DescribeStreamSummary kinesis:GetRecords kinesis:GetShardIterator "
    "kinesis:ListShards",
)
LIST_STREAMS: Final = _actions(quotas.STREAMING_KINESIS, "kinesis:ListStreams")
DECRYPT_STREAMS: Final = _actions(quotas.STREAMING_KINESIS, "kms:Decrypt")
CONNECT_TO_BROKERS: Final = _actions(quotas.STREAMING_MSK, "kafka-cluster:Connect")
READ_TOPICS: Final = _actions(quotas.STREAMING_MSK, "kafka-cluster:DescribeTopic kafka-cluster:ReadData")
JOIN_GROUPS: Final = _actions(quotas.STREAMING_MSK, "kafka-cluster:AlterGroup kafka-cluster:DescribeGroup")
# "For backward compatibility": a schema that names the cluster (CLUSTER_ARN) and not its brokers (URI).
FIND_BROKERS: Final = _actions(quotas.EXTERNAL_SCHEMA, "kafka:GetBootstrapBrokers")
EXPORT_CERTIFICATES: Final = _actions(quotas.STREAMING_MSK, "acm:ExportCertificate")
READ_SECRETS: Final = _actions(quotas.STREAMING_MSK, "secretsmanager:GetSecretValue")

# CREATE MODEL. The page has ``sagemaker:*Job*``; of the actions that it stands for, these are named on AWS's other page
# (`EXPLAIN_MODELS`) or create, describe and stop the jobs that it names.
TRAIN_MODELS: Final = _actions(
    quotas.MACHINE_LEARNING,
    "sagemaker:AddTags sagemaker:CreateAutoMLJob sagemaker:CreateCompilationJob sagemaker:CreateEndpoint "
    "sagemaker:CreateEndpointConfig sagemaker:CreateHyperParameterTuningJob sagemaker:CreateModel "
    "sagemaker:CreateProcessingJob sagemaker:CreateTrainingJob sagemaker:CreateTransformJob sagemaker:DeleteEndpoint "
    "sagemaker:DeleteEndpointConfig sagemaker:DeleteModel sagemaker:DescribeAutoMLJob "
    "sagemaker:DescribeCompilationJob sagemaker:DescribeHyperParameterTuningJob sagemaker:DescribeProcessingJob "
    "sagemaker:DescribeTrainingJob sagemaker:DescribeTransformJob sagemaker:StopAutoMLJob "
    "sagemaker:StopCompilationJob sagemaker:StopHyperParameterTuningJob sagemaker:StopProcessingJob "
    "sagemaker:StopTrainingJob sagemaker:StopTransformJob",
)
# What its policies for Autopilot and for model explanation have besides.
EXPLAIN_MODELS: Final = _actions(
    quotas.MODEL_PERMISSIONS,
    "sagemaker:DescribeEndpoint sagemaker:DescribeEndpointConfig sagemaker:DescribeModel sagemaker:InvokeEndpoint "
    "sagemaker:ListTags",
)
LIST_CANDIDATES: Final = _actions(quotas.MODEL_PERMISSIONS, "sagemaker:ListCandidatesForAutoMLJob")
CREATE_LOG_GROUPS: Final = _actions(quotas.MACHINE_LEARNING, "logs:CreateLogGroup")
DESCRIBE_LOGS: Final = _actions(quotas.MACHINE_LEARNING, "logs:DescribeLogStreams")
LOG_TRAINING: Final = _actions(quotas.MACHINE_LEARNING, "logs:CreateLogStream logs:PutLogEvents")
PUT_METRICS: Final = _actions(quotas.MACHINE_LEARNING, "cloudwatch:PutMetricData")
PULL_IMAGES: Final = _actions(
    quotas.MACHINE_LEARNING,
    "ecr:BatchCheckLayerAvailability ecr:BatchGetImage ecr:GetAuthorizationToken ecr:GetDownloadUrlForLayer",
)
STORE_MODELS: Final = _actions(
    quotas.MACHINE_LEARNING, "s3:AbortMultipartUpload s3:DeleteObject s3:GetObject s3:PutObject"
)
# The page has ``kms:GenerateDataKey*``; its other actions make pairs of keys, which no encryption of data uses.
ENCRYPT_MODELS: Final = _actions(
    quotas.MACHINE_LEARNING,
    "kms:CreateGrant kms:Decrypt kms:DescribeKey kms:Encrypt kms:GenerateDataKey kms:GenerateDataKeyWithoutPlaintext",
)

# CREATE MODEL with the name of an endpoint, and CREATE EXTERNAL MODEL.
INVOKE_ENDPOINTS: Final = _actions(quotas.MODEL_PERMISSIONS, "sagemaker:DescribeEndpoint sagemaker:InvokeEndpoint")
INVOKE_MODELS: Final = _actions(quotas.MODEL_PERMISSIONS, "bedrock:InvokeModel")
INVOKE_PROFILES: Final = _actions(quotas.INFERENCE_PROFILES, "bedrock:GetInferenceProfile bedrock:InvokeModel")

# The function behind role associations.
LIST_STACK: Final = _actions(quotas.STACK_RESOURCES, "cloudformation:ListStackResources")
WRITE_LOGS: Final = _actions(quotas.LAMBDA_LOGS, "logs:CreateLogStream logs:PutLogEvents")
