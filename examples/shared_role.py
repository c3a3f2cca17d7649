"""One role for two clusters in two stacks of one account. The first stack defines the role and exports it, the second
imports it, so CloudFormation keeps the role for as long as a cluster needs it.
"""

from __future__ import annotations

import aws_cdk as cdk

from redshift_roles import RedshiftCluster, RedshiftRole

SUBNET_GROUP = "warehouse-subnets"

# A project has this in its cdk.json: CloudFormation refuses to delete what another stack imports.
REFERENCE_STRENGTH = "@aws-cdk/core:defaultCrossStackReferences"


def build(app: cdk.App) -> cdk.Stack:
    """Define both stacks in an app and return the one that imports the role."""
    sales = cdk.Stack(app, "Sales")
    loader = RedshiftRole(sales, "Loader", description="Loads sales and marketing data")
    RedshiftCluster(sales, "Cluster", roles=[loader], cluster_subnet_group_name=SUBNET_GROUP)

    marketing = cdk.Stack(app, "Marketing")
    marketing.node.set_context(REFERENCE_STRENGTH, "strong")
    RedshiftCluster(marketing, "Cluster", roles=[loader], cluster_subnet_group_name=SUBNET_GROUP)
    return marketing


if __name__ == "__main__":
    app = cdk.App()
    build(app)
    app.synth()
