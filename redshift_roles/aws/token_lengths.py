"""How long the values behind tokens can be.

A permission flows in, with tokens where only the deployment knows; its texts flow out, each as long as it can become.
"""

from __future__ import annotations

import re
from typing import Final

from redshift_roles.aws import quotas
from redshift_roles.aws.permissions import Permission
from redshift_roles.aws.placeholders import TOKENS, is_token, token_first

_PSEUDO_PARAMETERS: Final = {"AWS.Partition": 10, "AWS.Region": 14, "AWS.AccountId": 12}
# The fields of an ARN before the resource: arn, partition, service, region, account.
_FIELDS: Final = (3, 10, 64, 14, 12)
_ESCAPED: Final = re.compile(r"\$\{([*?$])\}")
_KEYS: Final = "s3:prefix"


def longest(permission: Permission) -> dict[str, str]:
    """Write each text of a permission that holds tokens as long as it can become.

    What a whole token stands for is an ARN; after the first slash, and in an ARN that is written out, tokens are names.
    """
    service = permission.actions[0].partition(":")[0]
    written = {permission.resource: _arn(permission.resource, service)} if is_token(permission.resource) else {}
    if permission.condition:
        _, name, values = permission.condition
        written |= {value: _key(value) if name == _KEYS else _arn(value, "s3") for value in values if is_token(value)}
    return written


def _arn(text: str, service: str) -> str:
    if token_first(text):
        head, *rest = TOKENS.split(text, "/")
        begin = _filled(head, quotas.LONGEST_ARNS.get(service, quotas.LONGEST_ARN))
    else:
        fields = TOKENS.split(text, ":")
        head, *rest = TOKENS.split(":".join(fields[len(_FIELDS) :]), "/")
        scope = [_filled(field, most) for field, most in zip(fields, _FIELDS, strict=False)]
        begin = ":".join([*scope, _name(head, service)])
    if service == "s3":
        return "/".join([begin, *([_key("/".join(rest))] if rest else [])])
    return "/".join([begin, *(_name(part, service) for part in rest)])


def _name(text: str, service: str) -> str:
    """Write a name, of which the literal part has taken its share already."""
    most = quotas.LONGEST_NAMES.get(service, quotas.LONGEST_NAME)
    return _filled(text, most - len(_literal(text).rpartition(":")[2]))


def _key(pattern: str) -> str:
    """Write what object keys begin with: with all its tokens a key is no longer than Amazon S3 allows."""
    literal = _ESCAPED.sub(r"\1", _literal(pattern).removesuffix("*"))
    return _filled(pattern, quotas.S3_KEY_LENGTH - len(literal))


def _literal(text: str) -> str:
    return TOKENS.filled(text, lambda _: "")


def _filled(text: str, most: int) -> str:
    """Put values into a text, which together have at most so many characters, or what is known of pseudo parameters."""
    first = next((name for name in TOKENS.names(text) if _pseudo(name) is None), None)
    lengths = {name: _pseudo(name) or 0 for name in TOKENS.names(text)}
    if first is not None:
        lengths[first] = max(most - sum(lengths.values()), 1)
    return TOKENS.filled(text, lambda name: "x" * lengths[name])


def _pseudo(name: str) -> int | None:
    return next((length for start, length in _PSEUDO_PARAMETERS.items() if name.startswith(start)), None)
