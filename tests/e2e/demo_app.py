"""What `make demo` deploys: the stack of `app.py`, and a role on a cluster that no app has made."""

from __future__ import annotations

import aws_cdk as cdk
from aws_cdk import aws_s3 as s3

from app import FEATURE_FLAGS, WarehouseStack
from redshift_roles import RedshiftRole, RoleAssociation
from tests.e2e.demo import REPORTING

if __name__ == "__main__":
    app = cdk.App(context=FEATURE_FLAGS)
    WarehouseStack(app, "RedshiftWarehouse")
    stack = cdk.Stack(app, "Reports")
    reports = RedshiftRole(stack, "ReportsRole", role_name="Reports")
    reports.redshift_grants.unload_to(s3.Bucket.from_bucket_name(stack, "Exports", "exports"), prefix="reports/")
    RoleAssociation(stack, "Association", cluster=REPORTING, roles=[reports])
    app.synth()
