"""A role that loads from one prefix, unloads to another and reads what another team owns, with the SQL that uses it.

Everything that the role may do is a line; what the other team must write comes out as a stack output.
"""

from __future__ import annotations

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3 as s3

from redshift_roles import DbUser, RedshiftRole, RoleChain, sql

ENVIRONMENT = cdk.Environment(account="111111111111", region="eu-west-1")
THEIR_ROLE = "arn:aws:iam::222222222222:role/SharedWithUs"
REASON = "COPY and UNLOAD take every object under a prefix; IAM has no other form for the objects of a prefix"


def build(app: cdk.App) -> cdk.Stack:
    """Define the role, the chain to the other account, and the SQL as outputs."""
    stack = cdk.Stack(app, "ExactPermissions", env=ENVIRONMENT)
    bucket = s3.Bucket.from_bucket_name(stack, "Lake", "sales-lake")
    role = RedshiftRole(stack, "Loader", db_users=[DbUser("loader", cluster="warehouse")])
    role.redshift_grants.copy_from(bucket, prefix="landing/")
    role.redshift_grants.unload_to(bucket, prefix="reports/")
    chain = RoleChain(role, iam.Role.from_role_arn(stack, "Theirs", THEIR_ROLE))

    statements = {
        "Load": sql.copy("public.events", "s3://sales-lake/landing/", role, format="PARQUET"),
        "Report": sql.unload("SELECT * FROM public.totals", "s3://sales-lake/reports/", role, allow_overwrite=True),
        "LoadTheirs": sql.copy("public.orders", "s3://their-lake/orders/", chain, format="CSV", ignore_header=1),
        "Allow": sql.grant_assumerole(role, users=["loader"], statements=["COPY", "UNLOAD"], revoke_from_public=True),
    }
    for name, text in statements.items():
        cdk.CfnOutput(stack, name, value=text)
    cdk.CfnOutput(stack, "ForTheOtherTeam", value=chain.required_policies[0].text)

    for policy in role.redshift_grants.policies:
        for prefix in ("landing", "reports"):
            resource = f"arn:<AWS::Partition>:s3:::sales-lake/{prefix}/*"
            acknowledgment = cdk.Acknowledgment(id=f"AwsSolutions-IAM5[Resource::{resource}]", reason=REASON)
            cdk.Validations.of(policy).acknowledge(acknowledgment)
    return stack


if __name__ == "__main__":
    app = cdk.App()
    build(app)
    app.synth()
