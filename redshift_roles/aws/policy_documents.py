"""The user policy as a plain document, and how large IAM will count it.

Cluster and role ARNs flow in, a policy document flows out.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import NamedTuple

from redshift_roles.aws import actions

Statement = dict[str, object]


class UserPolicy(NamedTuple):
    """The policy of the people who associate exactly these roles with exactly these clusters.

    Attributes:
        cluster_arns: 1 or more.
        role_arns: 1 or more.
        create_clusters: Whether they may create the clusters too.
        describe_all_clusters: Whether they may list all clusters, or describe these alone.
    """

    cluster_arns: Sequence[str]
    role_arns: Sequence[str]
    create_clusters: bool
    describe_all_clusters: bool

    def document(self) -> dict[str, object]:
        """Write the document."""
        associate = [*actions.ASSOCIATE_ROLES.names, *(actions.CREATE_CLUSTERS.names if self.create_clusters else ())]
        described: Sequence[str] = ["*"] if self.describe_all_clusters else self.cluster_arns
        to_redshift = {"StringEquals": {"iam:PassedToService": actions.PASSED_TO_SERVICE}}
        return {
            "Version": "2012-10-17",
            "Statement": [
                _allow("DescribeClusters", actions.DESCRIBE_CLUSTERS.names, described),
                _allow("AssociateRoles", associate, self.cluster_arns),
                {**_allow("PassRolesToRedshift", actions.PASS_ROLE.names, self.role_arns), "Condition": to_redshift},
            ],
        }


def _allow(sid: str, actions: Sequence[str], resources: Sequence[str]) -> Statement:
    return {"Sid": sid, "Effect": "Allow", "Action": _one_or_list(actions), "Resource": _one_or_list(resources)}


def _one_or_list(values: Sequence[str]) -> str | list[str]:
    return values[0] if len(values) == 1 else list(values)


def size(document: object, written: Callable[[str], str]) -> int:
    """Count a document as IAM does: white space between its parts is not counted.

    Args:
        document: The document.
        written: Writes a text as long as it will be, where only the deployment knows.
    """
    return len(json.dumps(rewritten(document, written), separators=(",", ":"), ensure_ascii=False))


def rewritten(node: object, written: Callable[[str], str]) -> object:
    """Write a document with each of its texts written anew."""
    if isinstance(node, str):
        return written(node)
    if isinstance(node, list):
        return [rewritten(item, written) for item in node]
    return {key: rewritten(value, written) for key, value in node.items()} if isinstance(node, dict) else node
