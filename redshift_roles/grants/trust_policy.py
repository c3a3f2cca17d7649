"""Trust policies of the app's roles, with statements that are added after the role was defined."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final, NamedTuple

from aws_cdk import Annotations
from aws_cdk import aws_iam as iam

from redshift_roles.aws import arns, quotas
from redshift_roles.aws.placeholders import literal_start
from redshift_roles.aws.policies import Statement, least_size, rewritten
from redshift_roles.aws.trust import merged
from redshift_roles.cdk.location import Location
from redshift_roles.cdk.records import record_of
from redshift_roles.cdk.role_reader import as_known, own_role, role_arn, role_location, trust_document, trust_of
from redshift_roles.grants.managed_policies import GrantRecord
from redshift_roles.rules.registry import TRUST_POLICY_UNDECIDED, Problem

_MINIMIZED: Final = "@aws-cdk/aws-iam:minimizePolicies"
_LEAST_ARN: Final = len("arn:aws:iam::123456789012:role/x")


class Trusted(NamedTuple):
    """An ARN, perhaps a token, or a service that may assume a role, and what is known of it."""

    kind: str
    name: str
    known: str

    @property
    def statement(self) -> Statement:
        """The statement of the trust policy."""
        return {"Effect": "Allow", "Principal": {self.kind: self.name}, "Action": "sts:AssumeRole"}


def trusted_role(role: iam.IRole) -> Trusted:
    """Describe a role that may assume another one."""
    own, arn = own_role(role), role_arn(role)
    named = (
        own and own.path_and_name and f"arn:{arns.THIS_PARTITION}:iam::{own.location.account}:role{own.path_and_name}"
    )
    return Trusted("AWS", arn, named or arn)


def trust_problems(role: iam.IRole, trusted: Trusted) -> Iterator[Problem]:
    """Find out whether the trust policy of a role has room for one more statement, where the app owns it."""
    document, known = trust_of(role), record_of(GrantRecord, role).trusted
    if document is None or trusted.name in known:
        return
    own = own_role(role)
    quota = own.trust_policy_quota if own else quotas.LARGEST_TRUST_POLICY_SIZE
    length = _least_size(document, [trusted.statement], role, quota, {**known, trusted.name: trusted.known})
    if length > quota:
        most = f"{quota:,} characters ('trust_policy_quota')" if own else f"{quota:,} characters"
        yield Problem(
            "",
            f"with this, the trust policy of the role must have at most {most}, got at least {length:,}",
            "let fewer roles and users in, or raise the IAM quota and pass trust_policy_quota (at most 8,192)",
        )


def extend_trust(role: iam.IRole, trusted: Trusted) -> bool:
    """Add a statement to the trust policy of a role, and return whether it is new there.

    A warning is added where only a raised quota has room for the policy. Nothing is added where the app does not own
    it.
    """
    document, known = trust_of(role), record_of(GrantRecord, role).trusted
    if document is None or trusted.name in known:
        return False
    known[trusted.name] = trusted.known
    document.add_statements(iam.PolicyStatement.from_json(trusted.statement))
    usual = quotas.TRUST_POLICY_SIZE
    if own_role(role) is None and _least_size(document, [], role, usual, known) > usual:
        warning = (
            f"The trust policy has more than the {usual:,} characters that IAM allows unless the quota was raised. "
            "Let fewer roles and users in, or raise the quota."
        )
        Annotations.of(role).add_warning_v2(TRUST_POLICY_UNDECIDED.annotation_id, warning)
    return True


def _least_size(
    document: iam.PolicyDocument, added: list[Statement], role: iam.IRole, quota: int, known: Mapping[str, str]
) -> int:
    """Measure a trust policy at the least that the deployment can write, merged where CDK is told to merge."""
    location = role_location(role)
    statements = as_known([*trust_document(document)["Statement"], *added], location, known)
    length = _size(statements, location)
    if length > quota and role.node.try_get_context(_MINIMIZED):
        return _size(merged(statements), location)
    return length


def _size(statements: list[Statement], location: Location) -> int:
    known = [{**one, "Principal": rewritten(one.get("Principal"), _least_principal)} for one in statements]
    return least_size({"Version": "2012-10-17", "Statement": known}, location.region)


def _least_principal(text: str) -> str:
    """Write a role of which nothing is known as the shortest ARN there is."""
    return text if literal_start(text) else "x" * _LEAST_ARN
