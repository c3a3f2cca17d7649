"""What `make demo` deploys: the stack of `app.py`, and a role on a cluster that no app has made."""

from __future__ import annotations

import aws_cdk as cdk

from app import FEATURE_FLAGS, WarehouseStack
from redshift_roles import RedshiftRole, RoleAssociation
from tests.e2e.demo import SALES

if __name__ == "__main__":
    app = cdk.App(context=FEATURE_FLAGS)
    WarehouseStack(app, "RedshiftWarehouse")
    sales = cdk.Stack(app, "SalesReports")
    reports = RedshiftRole(sales, "Reports", role_name="Reports")
    RoleAssociation(sales, "Association", cluster=SALES, roles=[reports])
    app.synth()
