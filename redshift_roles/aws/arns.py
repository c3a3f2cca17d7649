"""The ARNs of roles, whose parts may be placeholders, and what is wrong with them."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final, NamedTuple

from redshift_roles.aws import quotas
from redshift_roles.aws.placeholders import has_placeholder, is_awaited, literal_start, placeholder

_PART: Final = "(?:[^:\x01]|" + placeholder("[^\x02]*") + ")*"
_ARN: Final = re.compile(f"arn:({_PART}):({_PART}):({_PART}):({_PART}):(.+)", re.DOTALL)
# A text that begins with the name of a stack is no ARN.
_STACK_NAME: Final = re.compile(placeholder("[^\x02]*#AWS::StackName"))
_ACCOUNT: Final = re.compile("[0-9]{12}")
_ID: Final = "[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"
_HIDDEN: Final = placeholder("[^\x02]*")
# In a part that has a placeholder the rest is not judged, but for a wildcard.
_PARTLY: Final = rf"[^:/*?\x01]*({_HIDDEN}[^:/*?\x01]*)+"
_NAMESPACE: Final = re.compile(
    rf"arn:([a-z-]+|{_PARTLY}):redshift-serverless:([a-z0-9-]+|{_PARTLY}):([0-9]{{12}}|{_PARTLY})"
    rf":namespace/({_ID}|{_PARTLY})|{_HIDDEN}([^*?\x01]|{_HIDDEN})*"
)
# A path may have commas and colons, and nobody means this.
_ANOTHER: Final = re.compile(r",\s*arn:")
_ROLE_NAME: Final = re.compile(r"[\w+=,.@-]+", re.ASCII)

# The account and partition of a stack that does not say where it will be deployed.
THIS_ACCOUNT: Final = placeholder("AWS::AccountId")
THIS_PARTITION: Final = placeholder("AWS::Partition")


def differ(account: str | None, other: str | None) -> bool:
    """Return whether two accounts are known and are not the same."""
    return None not in (account, other) and THIS_ACCOUNT not in (account, other) and account != other


def account_of(arn: str) -> str | None:
    """Return the account of any ARN, or None when it has none or is no ARN."""
    match = _ARN.fullmatch(arn)
    return match[4] or None if match else None


def is_of_namespace(arn: str) -> bool:
    """Return whether a text is the ARN of one namespace of Redshift Serverless, as far as it is known.

    It ends in an id and not in a name.
    """
    return is_awaited(arn) or _NAMESPACE.fullmatch(arn) is not None


class RoleArn(NamedTuple):
    """The parts of a role's ARN, None where a part is not known, and why it is none of an IAM role."""

    partition: str | None
    account: str | None  # twelve digits, or `THIS_ACCOUNT`
    resource: str | None  # such as `role/team/Loader`, perhaps with placeholders
    problem: str | None


@lru_cache(maxsize=4096)
def parse(text: str) -> RoleArn:
    """Split an ARN into its parts, as far as they are known."""
    if is_awaited(text):
        return RoleArn(None, None, None, None)
    match = _ARN.fullmatch(text)
    if not match:
        return RoleArn(None, None, None, _not_an_arn(text))
    partition, service, region, account, resource = match.groups()
    return RoleArn(
        None if has_placeholder(partition) else partition,
        account if account == THIS_ACCOUNT or not has_placeholder(account) else None,
        resource,
        _problem(partition, service, region, account, resource),
    )


def _not_an_arn(text: str) -> str | None:
    literal = literal_start(text)
    may_be_arn = "arn:".startswith(literal) or literal.startswith("arn:")
    if has_placeholder(text) and may_be_arn and not _STACK_NAME.match(text):
        return None
    return "is empty" if not text.strip() else "is not an ARN"


def _problem(partition: str, service: str, region: str, account: str, resource: str) -> str | None:
    if not has_placeholder(partition) and partition not in quotas.PARTITIONS:
        return f"is in '{partition}', which is no AWS partition"
    if service == "sts" and resource.startswith("assumed-role/"):
        return "is a session of an assumed role, not a role"
    if not has_placeholder(service) and service != "iam":
        return f"is of the service '{service}', not of IAM"
    if region:
        return "has a region; IAM ARNs have none"
    if not has_placeholder(account) and not _ACCOUNT.fullmatch(account):
        return f"has '{account}' where the account number of twelve digits belongs"
    return _resource_problem(resource)


def _resource_problem(resource: str) -> str | None:
    kind, _, rest = resource.partition("/")
    if has_placeholder(kind):
        return None
    if kind != "role":
        return f"is the ARN of a {kind}, not of a role" if kind.isalpha() else "is not the ARN of a role"
    if _ANOTHER.search(rest):
        return "holds several ARNs; name one role"
    if "*" in rest or "?" in rest:
        return "has a wildcard; name one role"
    if has_placeholder(rest):
        return None
    path, _, name = rest.rpartition("/")
    if not _ROLE_NAME.fullmatch(name) or len(name) > quotas.ROLE_NAME_LENGTH:
        return f"ends in '{name}', which is no role name (1 to 64 letters, digits and +=,.@_-)"
    if len(path) + 2 > quotas.PATH_LENGTH:
        return f"has a path of more than {quotas.PATH_LENGTH} characters"
    return None
