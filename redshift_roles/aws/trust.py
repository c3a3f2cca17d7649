"""Trust policies as AWS documents them for Amazon Redshift: how they are written, and what they say about Redshift."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final, NamedTuple

from redshift_roles.aws import Json, listed
from redshift_roles.aws.iam_patterns import matches
from redshift_roles.aws.permissions import Home
from redshift_roles.aws.placeholders import PLACEHOLDERS, has_placeholder, literal_start, readable
from redshift_roles.aws.policies import Document, Statement, one_or_list

PROVISIONED: Final = "redshift"
SERVERLESS: Final = "redshift-serverless"
# It runs scheduled actions (quotas.SCHEDULER_ROLE).
SCHEDULER: Final = "scheduler.redshift"
_SERVICE: Final = re.compile(
    rf"({PROVISIONED}|{SERVERLESS}|{re.escape(SCHEDULER)})(?:\.([a-z0-9-]+))?\.amazonaws\.com(?:\.cn)?"
)

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
    """The trust policy of a role that Redshift assumes (quotas.ROLES_OF_REGIONS, quotas.SERVERLESS_ROLES).

    Without regions, users or clusters it is for all of them (quotas.DATABASE_USERS, quotas.CONFUSED_DEPUTY).
    """

    home: Home
    regions: Sequence[str] = ()
    serverless: bool = False
    db_users: Sequence[DbUser] = ()
    source_clusters: Sequence[str] = ()

    def principals(self) -> list[tuple[str, Conditions]]:
        """List the service principals, and when each may assume the role; no conditions for always.

        The principal of a region is limited to the users and clusters of that region. Serverless must be trusted by
        both global names, and sends no cluster's ARN, so ``source_clusters`` limits these to the account alone.
        """
        homes = {f"redshift.{region}.amazonaws.com": self.home._replace(region=region) for region in self.regions} or {
            "redshift.amazonaws.com": self.home
        }
        found = [(service, self._conditions([home], self.source_clusters)) for service, home in homes.items()]
        if self.serverless:
            conditions = self._conditions([*homes.values()])
            both = [(f"{service}.amazonaws.com", conditions) for service in (PROVISIONED, SERVERLESS)]
            found += [named for named in both if named not in found]
        return found

    def _conditions(self, homes: Sequence[Home], clusters: Sequence[str] = ()) -> Conditions:
        users = [user.external_id(home) for home in homes for user in dict.fromkeys(self.db_users)]
        arns = [home.arn("redshift", f"cluster:{name}") for home in homes for name in dict.fromkeys(clusters)]
        equal = {"sts:ExternalId": users, "aws:SourceAccount": [self.home.account] if self.source_clusters else []}
        equal = {key: values for key, values in equal.items() if values}
        return {**({"StringEquals": equal} if equal else {}), **({"ArnLike": {"aws:SourceArn": arns}} if arns else {})}

    def document(self) -> Document:
        """Write the whole policy as CDK does."""
        statements = [
            {
                "Action": "sts:AssumeRole",
                "Effect": "Allow",
                "Principal": {"Service": service},
                **({"Condition": conditions} if conditions else {}),
            }
            for service, conditions in self.principals()
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


# What Redshift does with a role; the second one for people of IAM Identity Center (quotas.IDENTITY_CENTER_ROLE).
ASSUME_ROLE: Final = "sts:AssumeRole"
SET_CONTEXT: Final = "sts:SetContext"


class _Caller(NamedTuple):
    """The Redshift that would assume a role, as far as it is known."""

    service: str
    region: str | None
    account: str | None
    action: str = ASSUME_ROLE


def trust_problem(
    document: Json, region: str | None, *services: str, account: str | None = None, action: str = ASSUME_ROLE
) -> str | None:
    """Return why Redshift in a region and an account cannot assume a role, or None where it can or may.

    Every string of the trust policy is evaluated. Each of the services must be able to; without a region, that of any
    region is enough, and without an account, any account.
    """
    reasons = (_problem(document, _Caller(service, region, account, action)) for service in services or (PROVISIONED,))
    return next(filter(None, reasons), None)


def trusted_services(document: Json) -> list[str]:
    """Return which of `PROVISIONED`, `SERVERLESS` and `SCHEDULER` a trust policy names, in whatever region."""
    found = [
        name for statement in _allowing(_statements(document) or [], ASSUME_ROLE) for name in _principals(statement)
    ]
    names = [name for name in found if isinstance(name, str) and name != "*"]
    return [
        service
        for service in (PROVISIONED, SERVERLESS, SCHEDULER)
        if any(_is_service(name, _Caller(service, None, None)) for name in names)
    ]


def _problem(document: Json, caller: _Caller) -> str | None:
    statements = _statements(document)
    if statements is None:
        return None
    if any(_surely_denies(statement, caller) for statement in statements):
        return f"denies Redshift to {_DOES[caller.action]}"
    trusted, is_elsewhere = set[str](), False
    for statement in _allowing(statements, caller.action):
        names = _principals(statement)
        limits = _unmet(statement, caller) if any(_may_be_service(name, caller) for name in names) else []
        if not limits and any(_may_be_service(name, caller) for name in names):
            return None
        where = f" where {' and '.join(limits)}" if limits else ""
        is_elsewhere = is_elsewhere or bool(limits)
        trusted.update(f"{name}{where}" for name in names)
    called = _CALLED[caller.service]
    region = f" in {caller.region}" if caller.region else ""
    account = f" of account {caller.account}" if caller.account and is_elsewhere else ""
    whom = ", ".join(map(readable, sorted(trusted))) or "nobody"
    return f"trusts {whom}; {called}{region}{account} cannot {_DOES[caller.action]}"


def _statements(document: Json) -> list[Statement] | None:
    """List the statements, or None when only the deployment knows one of them, or whether it allows."""
    if not isinstance(document, Mapping) or "Statement" not in document:
        return None
    statements = listed(document["Statement"])
    known = all(isinstance(s, Mapping) and s.get("Effect") in ("Allow", "Deny") for s in statements)
    return statements if known else None


_CALLED: Final = {PROVISIONED: "Redshift", SERVERLESS: "Redshift Serverless", SCHEDULER: "the Redshift scheduler"}
_DOES: Final = {ASSUME_ROLE: "assume it", SET_CONTEXT: "set its context (sts:SetContext)"}


def _allowing(statements: Iterable[Statement], action: str) -> list[Statement]:
    """List the statements that let somebody do this with the role."""
    allowing = [statement for statement in statements if statement["Effect"] == "Allow"]
    return [one for one in allowing if any(_may_be(name, action) for name in listed(one.get("Action", "*")))]


def _surely_denies(statement: Statement, caller: _Caller) -> bool:
    if statement["Effect"] != "Deny" or "Principal" not in statement:
        return False
    assuming = any(_is(name, caller.action) for name in listed(statement.get("Action")))
    met = assuming and all(met for _, met in _tests(statement.get("Condition", {}), caller))
    # Where the region is not known, no region's principal is surely that of the cluster.
    sure = caller._replace(region=caller.region or "")
    return met and any(
        isinstance(name, str) and (name == "*" or _is_service(name, sure)) for name in _principals(statement)
    )


def _is(name: Json, action: str) -> bool:
    return isinstance(name, str) and matches(name.lower(), action.lower())


def _may_be(name: Json, action: str) -> bool:
    return not isinstance(name, str) or has_placeholder(name) or _is(name, action)


def _principals(statement: Statement) -> list[Json]:
    principal = statement.get("Principal", "*")
    if not isinstance(principal, Mapping):
        return listed(principal)
    return [name for names in principal.values() for name in listed(names)]


def _is_service(name: str, caller: _Caller) -> bool:
    """Return whether a principal is a service, everywhere or in this region; in any, where none is given."""
    match = _SERVICE.fullmatch(name)
    return match is not None and match[1] == caller.service and (match[2] is None or caller.region in (None, match[2]))


def _may_be_service(name: Json, caller: _Caller) -> bool:
    if not isinstance(name, str) or name == "*" or _is_service(name, caller):
        return True
    prefix, literal = f"{caller.service}.", literal_start(name)
    return has_placeholder(name) and (prefix.startswith(literal) or literal.startswith(prefix))


# Conditions on what Redshift sends when it assumes a role (quotas.CONFUSED_DEPUTY, quotas.DATABASE_USERS). All of their
# keys have one value, so an operator for a set of values tests the same.
_OPERATOR: Final = re.compile(
    "(?:For(?:Any|All)Values?:)?(?P<kind>String|Arn)(?P<negated>Not)?(?P<how>Equals|EqualsIgnoreCase|Like)(?P<optional>IfExists)?"
)


def _unmet(statement: Statement, caller: _Caller) -> list[str]:
    """List the conditions of a statement that Redshift surely does not meet."""
    return [text for text, met in _tests(statement.get("Condition", {}), caller) if met is False]


def _tests(condition: Json, caller: _Caller) -> Iterator[tuple[str, bool | None]]:
    """List each test of a condition, and whether Redshift meets it; None where that is not known."""
    if not isinstance(condition, Mapping):
        yield "", None
        return
    for name, keys in condition.items():
        operator = _OPERATOR.fullmatch(name)
        if operator is None or not isinstance(keys, Mapping):
            yield "", None
            continue
        for key, values in keys.items():
            met = _meets(operator, key.lower(), listed(values), caller)
            relation = "is not" if operator["negated"] else "is"
            yield f"{key} {relation} {' or '.join(map(str, listed(values)))}", met


def _meets(operator: re.Match[str], key: str, values: list[Json], caller: _Caller) -> bool | None:
    if not all(isinstance(value, (str, int)) for value in values):
        return None
    has_wildcards = operator["kind"] == "Arn" or operator["how"] == "Like"
    # A user may not be sent always, and is then not tested by some operators.
    is_optional = operator["optional"] or operator[0].startswith("ForAll")
    if key == "aws:sourceaccount":
        found = [_is_account(str(value), caller, has_wildcards) for value in values]
    elif key == "aws:sourcearn" or (key == "sts:externalid" and not is_optional):
        found = [_is_here(str(value), caller, has_wildcards) for value in values]
    else:
        return None
    if not found or (None in found and True not in found):
        return None
    return (True in found) != bool(operator["negated"])


def _is_account(value: str, caller: _Caller, has_wildcards: bool) -> bool | None:
    """Return whether a text is the account, or a pattern of it."""
    if caller.account is None or (value != caller.account and _is_open(value + caller.account)):
        return None
    return matches(value, caller.account) if has_wildcards else value == caller.account


def _is_here(value: str, caller: _Caller, has_wildcards: bool) -> bool | None:
    """Return False where an ARN is surely of another region or account; else only the deployment knows."""
    parts = PLACEHOLDERS.split(value, ":")
    if len(parts) < 6:
        return None
    here = [(parts[3], caller.region), (parts[4], caller.account)]
    elsewhere = [
        known
        for part, known in here
        if known is not None
        and not _is_open(part + known)
        and not (matches(part, known) if has_wildcards else part == known)
    ]
    return False if elsewhere else None


def _is_open(text: str) -> bool:
    """Return whether only the deployment, or the request, decides a text."""
    return has_placeholder(text) or "${" in text
