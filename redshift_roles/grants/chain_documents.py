"""The policies of a role chain as documents.

The ARNs of two neighbours flow in; what each side of the link must say flows out.
"""

from __future__ import annotations

from typing import NamedTuple

from redshift_roles.aws import actions, permissions
from redshift_roles.aws.policies import Document, documents


class RequiredPolicy(NamedTuple):
    """What the owner of a role must write, so that a chain holds.

    Attributes:
        role_arn: The role.
        kind: ``permissions`` for a policy on the role, ``trust`` for a statement in its trust policy.
        document: The policy document.
        text: The same as JSON, ready to send; where it holds what only the deployment knows, to be a stack output.
    """

    role_arn: str
    kind: str
    document: Document
    text: str


def permissions_policy(target: str) -> Document:
    """Allow to assume the next role."""
    (document,) = documents(permissions.assume_role(target))
    return document


def trust_policy(source: str) -> Document:
    """Let the role before assume this one."""
    return {"Version": "2012-10-17", "Statement": [trust_statement(source)]}


def trust_statement(source: str) -> dict[str, object]:
    """Write the statement of a trust policy that lets the role before in."""
    return {"Effect": "Allow", "Principal": {"AWS": source}, "Action": actions.ASSUME_ROLE.names[0]}
