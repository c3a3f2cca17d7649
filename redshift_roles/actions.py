"""
IAM actions by the operation that needs them, each list with the AWS page that documents it.

Nothing flows in; constants flow out, sorted.
"""

from __future__ import annotations

from typing import Final

from redshift_roles.limits import ASSOCIATING_ROLES

# The user policy: ASSOCIATING_ROLES publishes it as an example.
SOURCE: Final = ASSOCIATING_ROLES
DESCRIBE_CLUSTERS: Final = ("redshift:DescribeClusters",)
ASSOCIATE_ROLES: Final = ("redshift:ModifyClusterIamRoles",)
CREATE_CLUSTERS: Final = ("redshift:CreateCluster",)
PASS_ROLE: Final = ("iam:PassRole",)

# limits.PASS_ROLE: what iam:PassedToService is when a role is passed to a provisioned cluster.
PASSED_TO_SERVICE: Final = "redshift.amazonaws.com"
