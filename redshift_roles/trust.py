"""
What a trust policy says about Redshift.

A resolved trust policy document flows in, with holes where only the deployment knows; the reason why Redshift may not
assume the role flows out, or None.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from fnmatch import fnmatchcase
from typing import Final

from redshift_roles import role_arns

_ASSUME_ROLE: Final = "sts:assumerole"
_DOMAIN: Final = r"\.amazonaws\.com(\.cn)?"
_GLOBAL: Final = re.compile(rf"\*|redshift{_DOMAIN}")
_REGIONAL: Final = re.compile(rf"redshift\.([a-z0-9-]+){_DOMAIN}")
_PREFIX: Final = "redshift."


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
    if any(_surely_denies(statement, region) for statement in statements):
        return "denies Redshift to assume it"
    allowing = [statement for statement in statements if statement["Effect"] == "Allow" and _may_be_assuming(statement)]
    if any(_may_be_redshift(name, region) for statement in allowing for name in _principals(statement)):
        return None
    names = sorted({str(name) for statement in allowing for name in _principals(statement)})
    trusted = ", ".join(role_arns.readable(name) for name in names) or "nobody"
    return f"trusts {trusted}; Redshift{f' in {region}' if region else ''} cannot assume it"


def _statements(document: object) -> list[Mapping[str, object]] | None:
    """
    List the statements, or None when only the deployment knows one of them, or whether it allows.
    """
    if not isinstance(document, Mapping) or "Statement" not in document:
        return None
    listed = _listed(document["Statement"])
    statements = [s for s in listed if isinstance(s, Mapping) and s.get("Effect") in ("Allow", "Deny")]
    return statements if len(statements) == len(listed) else None


def _listed(node: object) -> list[object]:
    return node if isinstance(node, list) else [] if node is None else [node]


def _surely_denies(statement: Mapping[str, object], region: str | None) -> bool:
    if statement["Effect"] != "Deny" or "Condition" in statement:
        return False
    assuming = any(_matches(action) for action in _listed(statement.get("Action")))
    principals = _principals(statement) if "Principal" in statement else []
    return assuming and any(_is_redshift(name, region) for name in principals)


def _matches(action: object) -> bool:
    return isinstance(action, str) and fnmatchcase(_ASSUME_ROLE, action.lower())


def _may_be_assuming(statement: Mapping[str, object]) -> bool:
    actions = _listed(statement.get("Action", "*"))
    return any(not isinstance(a, str) or role_arns.has_hole(a) or _matches(a) for a in actions)


def _principals(statement: Mapping[str, object]) -> list[object]:
    principal = statement.get("Principal", "*")
    if not isinstance(principal, Mapping):
        return _listed(principal)
    return [name for names in principal.values() for name in _listed(names)]


def _is_redshift(name: object, region: str | None) -> bool:
    if not isinstance(name, str):
        return False
    regional = _REGIONAL.fullmatch(name)
    return bool(_GLOBAL.fullmatch(name)) or bool(regional and regional[1] == region)


def _may_be_redshift(name: object, region: str | None) -> bool:
    if not isinstance(name, str) or _is_redshift(name, region):
        return True
    if role_arns.has_hole(name):
        literal = role_arns.literal_start(name)
        return _PREFIX.startswith(literal) or literal.startswith(_PREFIX)
    return region is None and bool(_REGIONAL.fullmatch(name))
