"""A cluster as the Redshift API shows it, and the errors of that API by what can be done about them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol, TypeVar

from botocore.exceptions import BotoCoreError, ClientError

from .plan import Change, Cluster

# The last of these, and ValidationException below, are of Redshift Serverless, which `redshift-roles status` asks.
_GONE = {"ClusterNotFound", "ClusterNotFoundFault", "ResourceNotFoundException"}
# A role, or the policy that lets us pass it, may have been created seconds ago; IAM takes a while to propagate it.
_PROPAGATING = {"InvalidParameterValue", "AccessDenied", "AccessDeniedException", "UnauthorizedOperation"}
# Waiting does not solve these, nor any code with "Quota" in it. Every other error is worth another attempt.
_PERMANENT = {
    "DependentServiceAccessDenied",
    "ExpiredToken",
    "ExpiredTokenException",
    "InvalidAction",
    "InvalidParameterCombination",
    "MissingAction",
    "MissingParameter",
    "NotAuthorized",
    "OptInRequired",
    "UnsupportedOperation",
    "UnsupportedOperationFault",
    "ValidationError",
    "ValidationException",
}

_Answer = TypeVar("_Answer")


class Client(Protocol):
    """The two calls of boto3's Redshift client that the handler needs."""

    def describe_clusters(self, *, ClusterIdentifier: str) -> dict[str, Any]:  # noqa: N803  boto3's name
        """List the one cluster of that name."""

    def modify_cluster_iam_roles(self, **request: Any) -> object:  # noqa: ANN401  boto3's request
        """Add and remove roles, and set the default."""


class RetryableError(Exception):
    """The cluster is busy, the call was throttled, or AWS failed otherwise for now."""


class PropagationError(Exception):
    """Redshift does not accept the role, or does not let us pass it, perhaps only until IAM has propagated it."""


class RefusedError(Exception):
    """An error that waiting does not solve."""


class GoneError(RefusedError):
    """There is no cluster of that name."""

    def __init__(self) -> None:
        super().__init__("there is none of that name in this account and region")


def call(method: Callable[..., _Answer], **request: object) -> _Answer:
    """Call AWS; what goes wrong is raised as one of the errors above."""
    try:
        return method(**request)
    except ClientError as error:
        raise _error_of(error) from error
    except BotoCoreError as error:
        raise RetryableError(f"{type(error).__name__}: {error}") from error


def describe(client: Client, identifier: str) -> Cluster | None:
    """Return a cluster, or None when there is none of that name."""
    try:
        found = call(client.describe_clusters, ClusterIdentifier=identifier)["Clusters"]
    except GoneError:
        return None
    return _read(found[0]) if found else None


def _read(shown: dict[str, Any]) -> Cluster:
    statuses = shown.get("ClusterStatus", ""), shown.get("ClusterAvailabilityStatus", "")
    return Cluster(
        status=statuses[0],
        roles={role["IamRoleArn"]: role.get("ApplyStatus", "adding") for role in shown.get("IamRoles", [])},
        default=shown.get("DefaultIamRoleArn") or None,
        modifying="modifying" in (status.lower() for status in statuses),
    )


def modify(client: Client, identifier: str, wanted: Change) -> None:
    """Change the roles of a cluster in one call."""
    request: dict[str, Any] = {"ClusterIdentifier": identifier}
    if wanted.add:
        request["AddIamRoles"] = list(wanted.add)
    if wanted.remove:
        request["RemoveIamRoles"] = list(wanted.remove)
    if wanted.default is not None:
        request["DefaultIamRoleArn"] = wanted.default
    call(client.modify_cluster_iam_roles, **request)


def code_of(error: ClientError) -> str:
    """Return the code of an error."""
    return str(error.response.get("Error", {}).get("Code", ""))


def _error_of(error: ClientError) -> Exception:
    code = code_of(error)
    text = f"{code}: {error.response.get('Error', {}).get('Message', '')}"
    if code in _GONE:
        return GoneError()
    if code in _PROPAGATING:
        return PropagationError(text)
    return RefusedError(text) if code in _PERMANENT or "Quota" in code else RetryableError(text)
