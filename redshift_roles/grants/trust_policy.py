"""Trust policies that grow after their role was defined.

A role and a statement flow in; the trouble of a policy that IAM would refuse flows out, or the statement is added.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from aws_cdk import Annotations
from aws_cdk import aws_iam as iam

from redshift_roles.aws import arns, quotas
from redshift_roles.aws.placeholders import PLACEHOLDERS, literal_start
from redshift_roles.aws.policy_documents import Statement, size
from redshift_roles.aws.trust_documents import merged
from redshift_roles.cdk.location import Location, least_length
from redshift_roles.cdk.role_reader import as_known, own_role, role_arn, role_location, trust_document, trust_of
from redshift_roles.rules.registry import Problem

_MINIMIZED: Final = "@aws-cdk/aws-iam:minimizePolicies"
_UNDECIDED: Final = "redshift-roles:TrustPolicyUndecided"
_LEAST_ARN: Final = len("arn:aws:iam::123456789012:role/x")
# What the ARNs of roles of ours are, as far as it is known, by the tokens that stand for them.
_arns: dict[str, str] = {}


def trust_problems(role: iam.IRole, statement: Statement, source: iam.IRole | None = None) -> Iterator[Problem]:
    """Find out whether the trust policy of a role of the app has room for one more statement.

    Args:
        role: The role.
        statement: The statement.
        source: The role that it lets in, if it is one.
    """
    document = trust_of(role)
    if document is None:
        return
    own, location = own_role(role), role_location(role)
    quota = own.trust_policy_quota if own else quotas.LARGEST_TRUST_POLICY_SIZE
    if source is not None:
        _note_arn(source)
    length = _least_size(document, [statement], role, location, quota)
    if length > quota:
        allowed = f"'trust_policy_quota' is {quota:,}" if own else f"allowed is {quota:,}"
        yield Problem(
            "",
            f"with this, the trust policy of the role has at least {length:,} characters, {allowed}",
            "let fewer roles and users in, or raise the IAM quota and pass trust_policy_quota (at most 8,192)",
        )


def extend_trust(role: iam.IRole, document: iam.PolicyDocument, statement: Statement) -> None:
    """Add a statement to the trust policy of a role of the app; warn where only a raised quota has room for it."""
    document.add_statements(iam.PolicyStatement.from_json(statement))
    usual = quotas.TRUST_POLICY_SIZE
    if own_role(role) is None and _least_size(document, [], role, role_location(role), usual) > usual:
        warning = (
            f"The trust policy has more than the {usual:,} characters that IAM allows unless the quota was raised."
        )
        Annotations.of(role).add_warning_v2(_UNDECIDED, warning)


def _note_arn(role: iam.IRole) -> None:
    own = own_role(role)
    if own and own.path_and_name:
        partition, account = arns.THIS_PARTITION, own.location.account
        _arns[role_arn(role)] = f"arn:{partition}:iam::{account}:role{own.path_and_name}"


def _least_size(
    document: iam.PolicyDocument, added: list[Statement], role: iam.IRole, location: Location, quota: int
) -> int:
    """Measure a trust policy at the least that the deployment can write, merged where CDK is told to merge."""
    statements = as_known([*trust_document(document)["Statement"], *added], location, _arns)
    length = _size(statements, location)
    if length > quota and role.node.try_get_context(_MINIMIZED):
        return _size(merged(statements), location)
    return length


def _size(statements: list[Statement], location: Location) -> int:
    def least(text: str) -> str:
        return PLACEHOLDERS.filled(text, lambda name: "x" * least_length(name, location))

    known = [{**statement, "Principal": _least_principal(statement.get("Principal"))} for statement in statements]
    return size({"Version": "2012-10-17", "Statement": known}, least)


def _least_principal(principal: object) -> object:
    """Write roles of which nothing is known as the shortest ARN there is."""
    if isinstance(principal, dict):
        return {kind: _least_principal(named) for kind, named in principal.items()}
    if isinstance(principal, list):
        return [_least_principal(named) for named in principal]
    is_unknown = isinstance(principal, str) and literal_start(principal) == ""
    return "x" * _LEAST_ARN if is_unknown else principal
