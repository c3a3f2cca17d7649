"""
What a trust policy says about Redshift.

A resolved trust policy document flows in, with holes where only the deployment knows; the reason why Redshift may not
assume the role flows out, or None.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from redshift_roles import role_arns

_ASSUME_ROLE: Final = frozenset({"sts:assumerole", "sts:*", "*"})
_DOMAIN: Final = r"\.amazonaws\.com(\.cn)?"
_REDSHIFT: Final = re.compile(rf"redshift({_DOMAIN}|\.{role_arns.hole('AWS::URLSuffix')})")
_REGIONAL: Final = re.compile(rf"redshift\.([a-z0-9-]+){_DOMAIN}")


def distrust(document: object, region: str | None) -> str | None:
    """
    Say why Redshift in this region may not assume a role with this trust policy; None when it may, or may well.

    Args:
        document: The AssumeRolePolicyDocument, every string of it evaluated.

        region: The cluster's region, or None when it is not known: then any region's principal is enough.
    """
    statements = _statements(document)
    if statements is None:
        return None
    assuming = [statement for statement in statements if _is_about_assuming(statement)]
    if any(_denies(statement) and _names_redshift(statement, region) for statement in assuming):
        return "denies Redshift to assume it"
    allowing = [statement for statement in assuming if statement["Effect"] == "Allow"]
    if any(_names_redshift(statement, region) for statement in allowing):
        return None
    names = sorted({_readable(name) for statement in allowing for name in _principals(statement)})
    return f"trusts {', '.join(names) or 'nobody'}; Redshift{f' in {region}' if region else ''} cannot assume it"


def _statements(document: object) -> list[Mapping[str, object]] | None:
    """
    List the statements, or None when only the deployment knows one of them.
    """
    if not isinstance(document, Mapping) or "Statement" not in document:
        return None
    listed = _listed(document["Statement"])
    statements = [statement for statement in listed if isinstance(statement, Mapping) and "Effect" in statement]
    return statements if len(statements) == len(listed) else None


def _listed(node: object) -> list[object]:
    return node if isinstance(node, list) else [] if node is None else [node]


def _denies(statement: Mapping[str, object]) -> bool:
    return statement["Effect"] == "Deny" and "Principal" in statement and "Condition" not in statement


def _is_about_assuming(statement: Mapping[str, object]) -> bool:
    actions = _listed(statement.get("Action", "*"))
    return any(not isinstance(a, str) or role_arns.has_hole(a) or a.lower() in _ASSUME_ROLE for a in actions)


def _names_redshift(statement: Mapping[str, object], region: str | None) -> bool:
    return any(_is_redshift(name, region) for name in _principals(statement))


def _principals(statement: Mapping[str, object]) -> list[object]:
    principal = statement.get("Principal", "*")
    if not isinstance(principal, Mapping):
        return _listed(principal)
    return [name for names in principal.values() for name in _listed(names)]


def _is_redshift(name: object, region: str | None) -> bool:
    if not isinstance(name, str):
        return True
    regional = _REGIONAL.fullmatch(name)
    if regional:
        return region is None or regional[1] == region
    return name == "*" or bool(_REDSHIFT.fullmatch(name)) or (role_arns.has_hole(name) and not name.startswith("arn:"))


def _readable(name: object) -> str:
    return role_arns.readable(name) if isinstance(name, str) else "a principal that only the deployment knows"
