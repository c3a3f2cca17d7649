"""What a trust policy says about Redshift.

A resolved trust policy document flows in, with holes where only the deployment knows; the reason why Redshift may not
assume the role flows out, or None.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from redshift_roles.aws import patterns
from redshift_roles.aws.placeholders import has_placeholder, literal_start, readable

_ASSUME_ROLE: Final = "sts:assumerole"
PROVISIONED: Final = "redshift"
SERVERLESS: Final = "redshift-serverless"


def trust_problem(document: object, region: str | None, *services: str) -> str | None:
    """Say why Redshift in this region may not assume a role with this trust policy; None when it may, or may well.

    Args:
        document: The AssumeRolePolicyDocument, every string of it evaluated.
        region: The region of the cluster or namespace, or None when it is not known: then any region's principal is
            enough.
        services: Which of `PROVISIONED` and `SERVERLESS` will do, the most telling first; the former where none is
            named.
    """
    reasons = [_distrust(document, region, service) for service in services or (PROVISIONED,)]
    return reasons[0] if all(reasons) else None


def trusted_services(document: object) -> list[str]:
    """List which of `PROVISIONED` and `SERVERLESS` a trust policy names, in whatever region."""
    allowing = [s for s in _statements(document) or [] if s["Effect"] == "Allow" and _may_be_assuming(s)]
    names = [name for statement in allowing for name in _principals(statement) if isinstance(name, str) and name != "*"]
    return [service for service in (PROVISIONED, SERVERLESS) if any(_is_service(name, None, service) for name in names)]


def _distrust(document: object, region: str | None, service: str) -> str | None:
    statements = _statements(document)
    if statements is None:
        return None
    if any(_surely_denies(statement, region, service) for statement in statements):
        return "denies Redshift to assume it"
    allowing = [statement for statement in statements if statement["Effect"] == "Allow" and _may_be_assuming(statement)]
    if any(_may_be_service(name, region, service) for statement in allowing for name in _principals(statement)):
        return None
    names = sorted({str(name) for statement in allowing for name in _principals(statement)})
    trusted = ", ".join(readable(name) for name in names) or "nobody"
    called = "Redshift Serverless" if service == SERVERLESS else "Redshift"
    return f"trusts {trusted}; {called}{f' in {region}' if region else ''} cannot assume it"


def _statements(document: object) -> list[Mapping[str, object]] | None:
    """List the statements, or None when only the deployment knows one of them, or whether it allows."""
    if not isinstance(document, Mapping) or "Statement" not in document:
        return None
    listed = _listed(document["Statement"])
    statements = [s for s in listed if isinstance(s, Mapping) and s.get("Effect") in ("Allow", "Deny")]
    return statements if len(statements) == len(listed) else None


def _listed(node: object) -> list[object]:
    return node if isinstance(node, list) else [] if node is None else [node]


def _surely_denies(statement: Mapping[str, object], region: str | None, service: str) -> bool:
    if statement["Effect"] != "Deny" or "Condition" in statement:
        return False
    assuming = any(_matches(action) for action in _listed(statement.get("Action")))
    principals = _principals(statement) if "Principal" in statement else []
    return assuming and any(_is_service_of(name, region, service) for name in principals)


def _matches(action: object) -> bool:
    return isinstance(action, str) and patterns.matches(action.lower(), _ASSUME_ROLE)


def _may_be_assuming(statement: Mapping[str, object]) -> bool:
    actions = _listed(statement.get("Action", "*"))
    return any(not isinstance(a, str) or has_placeholder(a) or _matches(a) for a in actions)


def _principals(statement: Mapping[str, object]) -> list[object]:
    principal = statement.get("Principal", "*")
    if not isinstance(principal, Mapping):
        return _listed(principal)
    return [name for names in principal.values() for name in _listed(names)]


def _is_service(name: str, region: str | None, service: str) -> bool:
    """Say whether a principal is a service, everywhere or in this region; in any, where none is given."""
    match = _SERVICE.fullmatch(name)
    return match is not None and match[1] == service and (match[2] is None or region in (None, match[2]))


def _is_service_of(name: object, region: str | None, service: str) -> bool:
    """Say whether a principal is surely a service in this region."""
    return isinstance(name, str) and (name == "*" or _is_service(name, region or "", service))


def _may_be_service(name: object, region: str | None, service: str) -> bool:
    if not isinstance(name, str) or name == "*" or _is_service(name, region, service):
        return True
    prefix, literal = f"{service}.", literal_start(name)
    return has_placeholder(name) and (prefix.startswith(literal) or literal.startswith(prefix))


_SERVICE: Final = re.compile(r"(redshift|redshift-serverless)(?:\.([a-z0-9-]+))?\.amazonaws\.com(?:\.cn)?")
