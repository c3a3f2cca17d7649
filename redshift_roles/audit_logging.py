"""Where a cluster writes its audit logs.

A bucket, or none for CloudWatch Logs, flows in; the cluster's logging properties flow out.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from aws_cdk import aws_iam as iam
from aws_cdk import aws_redshift as redshift
from constructs import IDependable

from redshift_roles.cdk.location import Location, cluster_arn

if TYPE_CHECKING:
    from aws_cdk import aws_s3 as s3

_EXPORTS: Final = ["connectionlog", "useractivitylog", "userlog"]
_TO_CLOUDWATCH: Final = redshift.CfnCluster.LoggingPropertiesProperty(
    log_destination_type="cloudwatch", log_exports=_EXPORTS
)


def logging_properties(bucket: s3.IBucket | None) -> redshift.CfnCluster.LoggingPropertiesProperty:
    """Say where the logs go."""
    if bucket is None:
        return _TO_CLOUDWATCH
    return redshift.CfnCluster.LoggingPropertiesProperty(log_destination_type="s3", bucket_name=bucket.bucket_name)


def let_redshift_write(bucket: s3.IBucket, location: Location, cluster_identifier: str | None) -> IDependable | None:
    """Write the bucket policy that audit logging needs: for this cluster where it has a name, else for its region.

    Source:
        https://docs.aws.amazon.com/redshift/latest/mgmt/db-auditing.html (read 2026-11-24)
    """
    statement = iam.PolicyStatement(
        sid="RedshiftAuditLogging",
        principals=[iam.ServicePrincipal("redshift.amazonaws.com")],
        actions=["s3:GetBucketAcl", "s3:PutObject"],
        resources=[bucket.bucket_arn, bucket.arn_for_objects("*")],
        conditions={
            "StringEquals": {"aws:SourceAccount": location.account_id},
            "ArnLike": {"aws:SourceArn": cluster_arn(cluster_identifier or "*", location)},
        },
    )
    return bucket.add_to_resource_policy(statement).policy_dependable
