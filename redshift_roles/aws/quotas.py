"""AWS's numbers and names, each with the page that states it and the date of its text."""

from __future__ import annotations

from types import MappingProxyType
from typing import Final, NamedTuple


class Source(NamedTuple):
    """The AWS page that states a fact, and the first day that the text which was read can be of."""

    url: str
    text_of: str


_DOCS = "https://docs.aws.amazon.com"
_MGMT = f"{_DOCS}/redshift/latest/mgmt"
_API = f"{_DOCS}/redshift/latest/APIReference"
_SERVERLESS_API = f"{_DOCS}/redshift-serverless/latest/APIReference"
_GUIDE = f"{_DOCS}/redshift/latest/dg"
_IAM = f"{_DOCS}/IAM/latest"
_S3 = f"{_DOCS}/AmazonS3/latest/userguide"

QUOTAS: Final = Source(f"{_MGMT}/amazon-redshift-limits.html", "2026-08-04")
ASSOCIATING_ROLES: Final = Source(f"{_MGMT}/copy-unload-iam-role-associating-with-clusters.html", "2026-08-26")
AUTHORIZING_REDSHIFT: Final = Source(f"{_MGMT}/authorizing-redshift-service.html", "2026-08-04")
SERVICE_LINKED_ROLES: Final = Source(f"{_MGMT}/using-service-linked-roles.html", "2026-08-26")
CUSTOMER_KEYS: Final = Source(f"{_MGMT}/authorizing-kms-customer-managed-key.html", "2026-07-06")
MANAGED_SECRETS: Final = Source(f"{_DOCS}/secretsmanager/latest/userguide/service-linked-secrets.html", "2026-08-26")
ADMIN_PASSWORDS: Final = Source(f"{_MGMT}/redshift-secrets-manager-integration.html", "2026-08-26")
DEFAULT_ROLE: Final = Source(f"{_MGMT}/default-iam-role.html", "2026-08-26")
CREATE_CLUSTER: Final = Source(f"{_API}/API_CreateCluster.html", "2026-09-10")
CREATE_NAMESPACE: Final = Source(f"{_SERVERLESS_API}/API_CreateNamespace.html", "2026-09-10")
CREATE_WORKGROUP: Final = Source(f"{_SERVERLESS_API}/API_CreateWorkgroup.html", "2026-09-10")
SERVERLESS_CAPACITY: Final = Source(f"{_MGMT}/serverless-capacity.html", "2026-07-06")
SERVERLESS_NETWORK: Final = Source(f"{_MGMT}/serverless-usage-considerations.html", "2026-07-06")
RESERVED_WORDS_PAGE: Final = Source(f"{_GUIDE}/r_pg_keywords.html", "2026-08-26")
IAM_IDENTIFIERS: Final = Source(f"{_IAM}/UserGuide/reference_identifiers.html", "2026-07-06")
IAM_QUOTAS: Final = Source(f"{_IAM}/UserGuide/reference_iam-quotas.html", "2026-07-06")
PASS_ROLE: Final = Source(f"{_IAM}/UserGuide/id_roles_use_passrole.html", "2026-07-06")
ATTACH_POLICY: Final = Source(f"{_IAM}/APIReference/API_AttachUserPolicy.html", "2026-09-10")
CREATE_ROLE: Final = Source(f"{_IAM}/APIReference/API_CreateRole.html", "2026-09-10")
ARN_FORMAT: Final = Source(f"{_IAM}/UserGuide/reference-arns.html", "2026-08-26")
CHAINING_ROLES: Final = Source(f"{_MGMT}/authorizing-redshift-service-chaining-roles.html", "2026-07-06")
ROLES_OF_REGIONS: Final = Source(f"{_MGMT}/authorizing-redshift-service-regions.html", "2026-08-26")
SERVERLESS_ROLES: Final = Source(f"{_MGMT}/serverless-security-other-services.html", "2026-07-06")
SERVERLESS_ACTIONS: Final = Source(
    f"{_DOCS}/service-authorization/latest/reference/list_redshift-serverless.html", "2026-09-26"
)
DATABASE_USERS: Final = Source(f"{_MGMT}/authorizing-redshift-service-database-users.html", "2026-08-26")
CONFUSED_DEPUTY: Final = Source(f"{_MGMT}/cross-service-confused-deputy-prevention.html", "2026-08-26")
COPY: Final = Source(f"{_GUIDE}/r_COPY.html", "2026-09-16")
COPY_ROLE: Final = Source(f"{_GUIDE}/copy-parameters-authorization.html", "2026-09-16")
EXTERNAL_SCHEMA: Final = Source(f"{_GUIDE}/r_CREATE_EXTERNAL_SCHEMA.html", "2026-08-26")
EXTERNAL_FUNCTION: Final = Source(f"{_GUIDE}/r_CREATE_EXTERNAL_FUNCTION.html", "2026-08-26")
AUDIT_LOGGING: Final = Source(f"{_MGMT}/db-auditing.html", "2026-08-26")
REGIONS: Final = Source(f"{_DOCS}/accounts/latest/reference/manage-acct-regions.html", "2026-08-17")
GRANT: Final = Source(f"{_GUIDE}/r_GRANT.html", "2026-08-26")
REVOKE: Final = Source(f"{_GUIDE}/r_REVOKE.html", "2026-08-26")
NAMES: Final = Source(f"{_GUIDE}/r_names.html", "2026-08-26")
COPY_PERMISSIONS: Final = Source(f"{_GUIDE}/copy-usage_notes-access-permissions.html", "2026-09-16")
UNLOAD: Final = Source(f"{_GUIDE}/r_UNLOAD.html", "2026-09-16")
LOAD_FROM_EMR: Final = Source(f"{_GUIDE}/loading-data-from-emr.html#load-from-emr-steps-configure-iam", "2026-07-06")
SPECTRUM_POLICIES: Final = Source(f"{_GUIDE}/c-spectrum-iam-policies.html", "2026-07-06")
EXTERNAL_SCHEMAS: Final = Source(f"{_GUIDE}/c-spectrum-external-schemas.html", "2026-07-06")
S3_TABLES: Final = Source(f"{_GUIDE}/querying-s3Tables.html", "2026-08-26")
INSERT_EXTERNAL: Final = Source(f"{_GUIDE}/r_INSERT_external_table.html", "2026-08-26")
SPECTRUM_LAKE_FORMATION: Final = Source(f"{_GUIDE}/spectrum-lake-formation.html", "2026-08-26")
FEDERATED_QUERY: Final = Source(f"{_GUIDE}/federated-create-secret-iam-role.html", "2026-08-26")
LAMBDA_FUNCTIONS: Final = Source(f"{_GUIDE}/udf-creating-a-lambda-sql-udf.html", "2026-08-26")
STREAMING_KINESIS: Final = Source(f"{_GUIDE}/materialized-view-streaming-ingestion-getting-started.html", "2026-09-16")
STREAMING_MSK: Final = Source(f"{_GUIDE}/materialized-view-streaming-ingestion-getting-started-MSK.html", "2026-09-16")
MACHINE_LEARNING: Final = Source(f"{_GUIDE}/getting-started-machine-learning.html#admin-setup", "2026-08-26")
STREAMING: Final = Source(f"{_GUIDE}/materialized-view-streaming-ingestion.html", "2026-08-04")
MODEL_PERMISSIONS: Final = Source(
    f"{_MGMT}/redshift-iam-access-control-identity-based.html#iam-permission-ml", "2026-08-26"
)
SCHEDULER_ROLE: Final = Source(
    f"{_MGMT}/redshift-iam-access-control-identity-based.html#iam-permission-scheduler", "2026-08-26"
)
IDENTITY_CENTER_ROLE: Final = Source(f"{_GUIDE}/federated-permissions-prereqs.html", "2026-08-26")
MODEL_LOGS: Final = Source(f"{_DOCS}/sagemaker/latest/dg/logging-cloudwatch.html", "2026-08-26")
INFERENCE_PROFILES: Final = Source(f"{_DOCS}/bedrock/latest/userguide/inference-profiles-prereq.html", "2026-08-26")
S3_ENCRYPTION: Final = Source(f"{_S3}/UsingKMSEncryption.html", "2026-08-26")
S3_TABLES_ENCRYPTION: Final = Source(f"{_S3}/s3-tables-kms-permissions.html", "2026-07-06")
CATALOG_ENCRYPTION: Final = Source(f"{_DOCS}/glue/latest/dg/encrypt-glue-data-catalog.html", "2026-08-04")
S3_KEYS: Final = Source(f"{_S3}/object-keys.html", "2026-08-04")
BUCKET_NAMES: Final = Source(f"{_S3}/bucketnamingrules.html", "2026-08-26")
DYNAMODB_ENCRYPTION: Final = Source(
    f"{_DOCS}/amazondynamodb/latest/developerguide/encryption.usagenotes.html", "2026-07-06"
)
SECRETS_ENCRYPTION: Final = Source(f"{_DOCS}/secretsmanager/latest/userguide/security-encryption.html", "2026-08-26")
MODIFY_ROLES: Final = Source(f"{_API}/API_ModifyClusterIamRoles.html", "2026-09-10")
STACK_RESOURCES: Final = Source(
    f"{_DOCS}/service-authorization/latest/reference/list_awscloudformation.html", "2026-09-26"
)
LAMBDA_LOGS: Final = Source(f"{_DOCS}/lambda/latest/dg/lambda-intro-execution-role.html", "2026-07-06")
GENERATED_NAMES: Final = Source(
    f"{_DOCS}/AWSCloudFormation/latest/TemplateReference/aws-properties-name.html", "2026-07-06"
)
TEMPLATE_FORMATS: Final = Source(f"{_DOCS}/AWSCloudFormation/latest/UserGuide/template-formats.html", "2026-07-06")
CDK_ENVIRONMENTS: Final = Source(f"{_DOCS}/cdk/v2/guide/environments.html", "2026-08-26")

# This project's own limit, ten, is that of ASSOCIATING_ROLES. AWS's quota is larger (QUOTAS).
DEFAULT_ROLE_LIMIT: Final = 10
ROLE_QUOTA: Final = 50
ISOLATED_ROLE_QUOTA: Final = 10
ISOLATED_REGIONS: Final = frozenset({"us-iso-east-1", "us-iso-west-1", "us-isob-east-1"})


def role_quota(region: str | None) -> int:
    """Return how many roles a cluster can have in a region (QUOTAS); the larger number where it is not known."""
    return ISOLATED_ROLE_QUOTA if region in ISOLATED_REGIONS else ROLE_QUOTA


_PARTITIONS: Final = MappingProxyType(
    {
        "cn-": "aws-cn",
        "us-gov-": "aws-us-gov",
        "us-iso-": "aws-iso",
        "us-isob-": "aws-iso-b",
        "eu-isoe-": "aws-iso-e",
        "us-isof-": "aws-iso-f",
        "eusc-": "aws-eusc",
    }
)
PARTITIONS: Final = ("aws", *_PARTITIONS.values())


def partition_of(region: str) -> str:
    """Return the partition of a region (ARN_FORMAT)."""
    return next((name for prefix, name in _PARTITIONS.items() if region.startswith(prefix)), "aws")


# REGIONS: those of the partition aws that are enabled by default. All regions since March 2019 are opt-in regions.
_DEFAULT_REGIONS: Final = frozenset(
    """
    ap-northeast-1 ap-northeast-2 ap-northeast-3 ap-south-1 ap-southeast-1 ap-southeast-2 ca-central-1 eu-central-1
    eu-north-1 eu-west-1 eu-west-2 eu-west-3 sa-east-1 us-east-1 us-east-2 us-west-1 us-west-2
    """.split()
)


def is_opt_in(region: str) -> bool:
    """Return whether accounts must enable a region before they use it (REGIONS)."""
    return partition_of(region) == "aws" and region not in _DEFAULT_REGIONS


# IAM_QUOTAS: white space is not counted.
MANAGED_POLICY_SIZE: Final = 6_144
TRUST_POLICY_SIZE: Final = 2_048
LARGEST_TRUST_POLICY_SIZE: Final = 8_192
ROLE_NAME_LENGTH: Final = 64
PATH_LENGTH: Final = 512
MIN_SESSION_SECONDS: Final = 3_600
MAX_SESSION_SECONDS: Final = 43_200

# AWS Lambda stops a function after fifteen minutes; the last one is for the answer.
MIN_TIMEOUT_SECONDS: Final = 30
MAX_TIMEOUT_SECONDS: Final = 840
DEFAULT_TIMEOUT_SECONDS: Final = 600
FUNCTION_SECONDS: Final = 900
# How long AWS Lambda retries a request before it drops it.
EVENT_SECONDS: Final = 300
# IAM_QUOTAS: managed policies attached to each kind of principal: in every account, by default, and with the highest
# quota that can be requested. For a role the default was 10 until 2025, and is 20 in the newest text.
ATTACHED_POLICIES: Final = MappingProxyType({"roles": (10, 20, 25), "users": (10, 10, 20), "groups": (10, 10, 10)})
ROLE_POLICIES: Final = ATTACHED_POLICIES["roles"][0]

# ARN_FORMAT: the longest ARN that CloudFormation can give for a token, the longest name in an ARN, and the longest text
# after a slash. In Amazon S3: of a bucket, and a key; elsewhere the longest of any service.
LONGEST_IN_S3: Final = (83, 63, 1_024)
LONGEST_ELSEWHERE: Final = (345, 512, 512)
# In a user policy: the ARN of a role without a path, a generated cluster identifier, a generated role name. The id of a
# namespace is a UUID.
LONGEST_IN_USER_POLICY: Final = (102, 63, 64)
NAMESPACE_ID_LENGTH: Final = 36

# EXTERNAL_SCHEMA: "a maximum of 10 roles"; the page of CHAINING_ROLES names the quota of a cluster, which is larger.
CHAINED_ROLES: Final = 10

# NAMES: bytes of UTF-8.
IDENTIFIER_LENGTH: Final = 127

# COPY, UNLOAD, EXTERNAL_FUNCTION
MAX_ERRORS: Final = 100_000
MIN_FILE_SIZE_MB: Final = 5
MAX_FILE_SIZE_MB: Final = 6_348.8
MIN_ROW_GROUP_MB: Final = 32
MAX_ROW_GROUP_MB: Final = 128
MAX_READ_RATIO: Final = 200
MAX_INTEGER: Final = 2**31 - 1

# STREAMING
TOPIC_LENGTH: Final = 128

# S3_KEYS: bytes of UTF-8.
S3_KEY_LENGTH: Final = 1_024

# BUCKET_NAMES: the ends of names that no bucket of its own has: access points, directory and table buckets.
RESERVED_BUCKET_SUFFIXES: Final = ("-s3alias", "--ol-s3", ".mrap", "--x-s3", "--table-s3")

# CREATE_CLUSTER
MAX_NODES: Final = 100
MIN_NODES_MULTI_AZ: Final = 2
MANAGED_STORAGE_PORTS: Final = (range(5431, 5456), range(8191, 8216))
OTHER_PORTS: Final = (range(1150, 65536),)
MAX_SNAPSHOT_DAYS: Final = 35
MIN_MAINTENANCE_MINUTES: Final = 30


# CREATE_NAMESPACE; the page of AWS::RedshiftServerless::Namespace has the retention, in days.
MAX_FINAL_SNAPSHOT_DAYS: Final = 3_653

# SERVERLESS_CAPACITY, in Redshift processing units (RPU). Of the largest capacity, SERVERLESS_NETWORK has a list of
# regions too; a region of either may have it.
DEFAULT_CAPACITY: Final = 128
LEAST_CAPACITY: Final = 4
LEAST_CAPACITY_REGIONS: Final = frozenset(
    """
    us-east-2 us-east-1 us-west-1 us-west-2 ap-south-1 ap-southeast-1 ap-southeast-2 ap-northeast-1 eu-west-1 eu-north-1
    """.split()
)
USUAL_CAPACITIES: Final = range(8, 513, 8)
LARGE_CAPACITIES: Final = range(544, 1025, 32)
LARGE_CAPACITY_REGIONS: Final = frozenset("us-east-1 us-east-2 us-west-2 eu-west-1 eu-central-1 eu-west-2".split())

# SERVERLESS_NETWORK: how many subnets a workgroup needs, each in a zone of its own, with enhanced VPC routing and
# without. The text of 2025 allows two zones in us-west-1, which has no more.
ROUTED_SUBNETS: Final = 3
UNROUTED_SUBNETS: Final = 2
TWO_ZONES_REGION: Final = "us-west-1"


# CREATE_WORKGROUP: the database parameters of a workgroup, and beside them either the JSON or query monitoring metrics.
WORKGROUP_PARAMETERS: Final = (
    "auto_mv",
    "datestyle",
    "enable_case_sensitive_identifier",
    "enable_user_activity_logging",
    "query_group",
    "require_ssl",
    "search_path",
    "use_fips_ssl",
)
WORKLOAD_PARAMETER: Final = "wlm_json_configuration"
METRIC_PREFIX: Final = "max_"


class Addresses(NamedTuple):
    """What each subnet of a workgroup with enhanced VPC routing needs for a capacity when the workgroup is created."""

    capacity: int
    free: int
    longest_prefix: int  # of its CIDR block


# SERVERLESS_NETWORK
_ADDRESSES: Final = (
    Addresses(4, 9, 27),
    Addresses(16, 13, 27),
    Addresses(64, 21, 27),
    Addresses(128, 37, 26),
    Addresses(256, 69, 25),
    Addresses(512, 133, 24),
    Addresses(1024, 261, 23),
)


def addresses(capacity: int) -> Addresses:
    """Return what subnets need for a capacity; between two of SERVERLESS_NETWORK, what the smaller one needs."""
    return next((row for row in reversed(_ADDRESSES) if row.capacity <= capacity), _ADDRESSES[0])


def has_managed_storage(node_type: str) -> bool:
    """Return whether a node type keeps its data in Redshift Managed Storage (RA3 and RG do, DC2 does not)."""
    return node_type.startswith(("ra3.", "rg."))


# RESERVED_WORDS_PAGE
RESERVED_WORDS: Final = frozenset(
    """
    aes128 aes256 all allowoverwrite analyse analyze and any array as asc authorization az64 backup between binary
    blanksasnull both bytedict bzip2 case cast check collate column connect constraint create credentials cross
    current_date current_time current_timestamp current_user current_user_id default deferrable deflate defrag delta
    delta32k desc disable distinct do else emptyasnull enable encode encrypt encryption end except explicit false for
    foreign freeze from full globaldict256 globaldict64k grant group gzip having identity ignore ilike in initially
    inner intersect interval into is isnull join leading left like limit localtime localtimestamp lun luns lzo lzop
    minus mostly16 mostly32 mostly8 natural new not notnull null nulls off offline offset oid old on only open or order
    outer overlaps parallel partition percent permissions pivot placing primary raw readratio recover references
    rejectlog resort respect restore right select session_user similar snapshot some sysdate system table tag tdes
    text255 text32k then timestamp to top trailing true truncatecolumns type union unique unnest unpivot user using
    verbose wallet when where with without
    """.split()
)
