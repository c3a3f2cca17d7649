"""Who may assume a role: trust policies as AWS documents them for Amazon Redshift.

Regions, database users and clusters flow in; the principals and the conditions of the trust policy flow out.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from redshift_roles.aws.permissions import Home
from redshift_roles.aws.policy_documents import Statement

# Operator → key → values.
Conditions = dict[str, dict[str, list[str]]]


class DbUser(NamedTuple):
    """A database user whose COPY, UNLOAD and queries may use a role.

    Attributes:
        user: Its name: 1 to 127 letters, digits and ``_+=,.@:/-``, such as ``loader`` or ``IAMR:Analyst``.
        cluster: The literal identifier of a provisioned cluster, in the role's account and region.
        workgroup: The id of a Redshift Serverless workgroup there, in place of a cluster.
    """

    user: str
    cluster: str | None = None
    workgroup: str | None = None

    def external_id(self, home: Home) -> str:
        """Write what Redshift sends as ``sts:ExternalId`` for this user."""
        where = self.cluster or f"serverless-{home.account}-{self.workgroup}"
        return home.arn("redshift", f"dbuser:{where}/{self.user}")


class Trusted(NamedTuple):
    """One principal of a trust policy.

    Attributes:
        service: The service principal.
        conditions: When it may assume the role; empty for always.
    """

    service: str
    conditions: Conditions

    def statement(self) -> dict[str, object]:
        """Write the statement as CDK will."""
        principal = {"Service": self.service}
        always: dict[str, object] = {"Action": "sts:AssumeRole", "Effect": "Allow", "Principal": principal}
        return {**always, "Condition": self.conditions} if self.conditions else always


class Trust(NamedTuple):
    """What a role's trust policy is to say.

    Attributes:
        home: Where the role's clusters and users are.
        regions: The regions whose clusters may assume it; none for all.
        serverless: Whether Redshift Serverless may.
        db_users: The only users who may; none for all.
        source_clusters: The only clusters that may; none for all.
    """

    home: Home
    regions: Sequence[str] = ()
    serverless: bool = False
    db_users: Sequence[DbUser] = ()
    source_clusters: Sequence[str] = ()

    def principals(self) -> list[Trusted]:
        """List the principals.

        A region's principal has the users and clusters of that region. Serverless sends no cluster's ARN, so that
        ``source_clusters`` leaves it with the account alone.
        """
        regional = [(f"redshift.{region}.amazonaws.com", region) for region in dict.fromkeys(self.regions)]
        homes = [(service, self.home._replace(region=region)) for service, region in regional]
        homes = homes or [("redshift.amazonaws.com", self.home)]
        clusters = [Trusted(service, self._conditions([home], self.source_clusters)) for service, home in homes]
        if not self.serverless:
            return clusters
        return [*clusters, Trusted("redshift-serverless.amazonaws.com", self._conditions([home for _, home in homes]))]

    def _conditions(self, homes: Sequence[Home], clusters: Sequence[str] = ()) -> Conditions:
        users = [user.external_id(home) for home in homes for user in dict.fromkeys(self.db_users)]
        arns = [home.arn("redshift", f"cluster:{name}") for home in homes for name in dict.fromkeys(clusters)]
        account = [self.home.account] if self.source_clusters else []
        equal = {"sts:ExternalId": users, "aws:SourceAccount": account}
        conditions = {"StringEquals": equal, "ArnLike": {"aws:SourceArn": arns}}
        kept = {
            operator: {key: values for key, values in tests.items() if values} for operator, tests in conditions.items()
        }
        return {operator: tests for operator, tests in kept.items() if tests}

    def document(self) -> dict[str, object]:
        """Write the whole policy."""
        statements = [trusted.statement() for trusted in self.principals()]
        return {"Version": "2012-10-17", "Statement": statements}


def merged(statements: Iterable[Statement]) -> list[Statement]:
    """Join statements that differ in their principals alone, as CDK does where it minimizes policies."""
    joined: dict[str, Statement] = {}
    for statement in statements:
        same = json.dumps({name: value for name, value in statement.items() if name != "Principal"}, sort_keys=True)
        first = joined.setdefault(same, {**statement, "Principal": {}})
        first["Principal"] = _both(first["Principal"], statement.get("Principal"))
    return [*joined.values()]


def _both(first: object, second: object) -> object:
    if not isinstance(first, dict) or not isinstance(second, dict):
        return second
    kinds = dict.fromkeys([*first, *second])
    every = {kind: dict.fromkeys([*_listed(first.get(kind)), *_listed(second.get(kind))]) for kind in kinds}
    return {kind: next(iter(names)) if len(names) == 1 else [*names] for kind, names in every.items()}


def _listed(named: object) -> list[object]:
    if named is None:
        return []
    return named if isinstance(named, list) else [named]
