"""Trust policies as AWS documents them for Amazon Redshift: how they are written, and what they say about Redshift."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Final, NamedTuple

from redshift_roles.aws import Json, listed
from redshift_roles.aws.iam_patterns import matches
from redshift_roles.aws.permissions import Home
from redshift_roles.aws.placeholders import has_placeholder, literal_start, readable
from redshift_roles.aws.policies import Document, Statement, one_or_list

PROVISIONED: Final = "redshift"
SERVERLESS: Final = "redshift-serverless"
_SERVICE: Final = re.compile(rf"({PROVISIONED}|{SERVERLESS})(?:\.([a-z0-9-]+))?\.amazonaws\.com(?:\.cn)?")

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
        """Return what Redshift sends as ``sts:ExternalId`` for this user (quotas.DATABASE_USERS)."""
        where = self.cluster or f"serverless-{home.account}-{self.workgroup}"
        return home.arn("redshift", f"dbuser:{where}/{self.user}")


class Trust(NamedTuple):
    """The trust policy of a role that Redshift assumes (quotas.AUTHORIZING_REDSHIFT, quotas.CONFUSED_DEPUTY).

    Without regions, users or clusters it is for all of them.
    """

    home: Home
    regions: Sequence[str] = ()
    serverless: bool = False
    db_users: Sequence[DbUser] = ()
    source_clusters: Sequence[str] = ()

    def principals(self) -> dict[str, Conditions]:
        """Return the service principals, and when each may assume the role; no conditions for always.

        The principal of a region is limited to the users and clusters of that region. Serverless sends no cluster's
        ARN, so ``source_clusters`` limits it to the account alone.
        """
        homes = {f"redshift.{region}.amazonaws.com": self.home._replace(region=region) for region in self.regions} or {
            "redshift.amazonaws.com": self.home
        }
        found = {service: self._conditions([home], self.source_clusters) for service, home in homes.items()}
        if self.serverless:
            found["redshift-serverless.amazonaws.com"] = self._conditions([*homes.values()])
        return found

    def _conditions(self, homes: Sequence[Home], clusters: Sequence[str] = ()) -> Conditions:
        users = [user.external_id(home) for home in homes for user in dict.fromkeys(self.db_users)]
        arns = [home.arn("redshift", f"cluster:{name}") for home in homes for name in dict.fromkeys(clusters)]
        equal = {"sts:ExternalId": users, "aws:SourceAccount": [self.home.account] if self.source_clusters else []}
        equal = {key: values for key, values in equal.items() if values}
        return {
            **({"StringEquals": equal} if equal else {}),
            **({"ArnLike": {"aws:SourceArn": arns}} if arns else {}),
        }

    def document(self) -> Document:
        """Write the whole policy as CDK does."""
        statements = [
            {
                "Action": "sts:AssumeRole",
                "Effect": "Allow",
                "Principal": {"Service": service},
                **({"Condition": conditions} if conditions else {}),
            }
            for service, conditions in self.principals().items()
        ]
        return {"Version": "2012-10-17", "Statement": statements}


def merged(statements: Iterable[Statement]) -> list[Statement]:
    """Join statements that differ in their principals alone, as CDK does where it minimizes policies."""
    joined: dict[str, Statement] = {}
    for statement in statements:
        same = json.dumps({name: value for name, value in statement.items() if name != "Principal"}, sort_keys=True)
        first = joined.setdefault(same, {**statement, "Principal": {}})
        first["Principal"] = _both(first["Principal"], statement.get("Principal"))
    return [*joined.values()]


def _both(first: Json, second: Json) -> Json:
    if not isinstance(first, dict) or not isinstance(second, dict):
        return second
    kinds = dict.fromkeys([*first, *second])
    every = {kind: dict.fromkeys([*listed(first.get(kind)), *listed(second.get(kind))]) for kind in kinds}
    return {kind: one_or_list([*names]) for kind, names in every.items()}


def trust_problem(document: Json, region: str | None, *services: str) -> str | None:
    """Return why Redshift in a region cannot assume a role with this trust policy, or None where it can or may.

    Every string of the document is evaluated. Any of the services is enough; without a region, so is that of any
    region.
    """
    reasons = [_problem(document, region, service) for service in services or (PROVISIONED,)]
    return reasons[0] if all(reasons) else None


def trusted_services(document: Json) -> list[str]:
    """Return which of `PROVISIONED` and `SERVERLESS` a trust policy names, in whatever region."""
    names = [name for name in _allowed(_statements(document) or []) if isinstance(name, str) and name != "*"]
    return [service for service in (PROVISIONED, SERVERLESS) if any(_is_service(name, None, service) for name in names)]


def _problem(document: Json, region: str | None, service: str) -> str | None:
    statements = _statements(document)
    if statements is None:
        return None
    if any(_surely_denies(statement, region, service) for statement in statements):
        return "denies Redshift to assume it"
    allowed = _allowed(statements)
    if any(_may_be_service(name, region, service) for name in allowed):
        return None
    trusted = ", ".join(map(readable, sorted(set(map(str, allowed))))) or "nobody"
    called = "Redshift Serverless" if service == SERVERLESS else "Redshift"
    return f"trusts {trusted}; {called}{f' in {region}' if region else ''} cannot assume it"


def _statements(document: Json) -> list[Statement] | None:
    """List the statements, or None when only the deployment knows one of them, or whether it allows."""
    if not isinstance(document, Mapping) or "Statement" not in document:
        return None
    statements = listed(document["Statement"])
    known = all(isinstance(s, Mapping) and s.get("Effect") in ("Allow", "Deny") for s in statements)
    return statements if known else None


def _allowed(statements: Iterable[Statement]) -> list[Json]:
    """List the principals that may assume the role."""
    allowing = [s for s in statements if s["Effect"] == "Allow" and any(map(_may_assume, listed(s.get("Action", "*"))))]
    return [name for statement in allowing for name in _principals(statement)]


def _surely_denies(statement: Statement, region: str | None, service: str) -> bool:
    if statement["Effect"] != "Deny" or "Condition" in statement or "Principal" not in statement:
        return False
    assuming = any(map(_assumes, listed(statement.get("Action"))))
    # Where the region is not known, no region's principal is surely that of the cluster.
    return assuming and any(
        isinstance(name, str) and (name == "*" or _is_service(name, region or "", service))
        for name in _principals(statement)
    )


def _assumes(action: Json) -> bool:
    return isinstance(action, str) and matches(action.lower(), "sts:assumerole")


def _may_assume(action: Json) -> bool:
    return not isinstance(action, str) or has_placeholder(action) or _assumes(action)


def _principals(statement: Statement) -> list[Json]:
    principal = statement.get("Principal", "*")
    if not isinstance(principal, Mapping):
        return listed(principal)
    return [name for names in principal.values() for name in listed(names)]


def _is_service(name: str, region: str | None, service: str) -> bool:
    """Return whether a principal is a service, everywhere or in this region; in any, where none is given."""
    match = _SERVICE.fullmatch(name)
    return match is not None and match[1] == service and (match[2] is None or region in (None, match[2]))


def _may_be_service(name: Json, region: str | None, service: str) -> bool:
    if not isinstance(name, str) or name == "*" or _is_service(name, region, service):
        return True
    prefix, literal = f"{service}.", literal_start(name)
    return has_placeholder(name) and (prefix.startswith(literal) or literal.startswith(prefix))
