"""A cluster as the Redshift API shows it, and the errors of that API by what can be done about them."""

from __future__ import annotations

from typing import Any, Protocol

from botocore.exceptions import BotoCoreError, ClientError

from .plan import Change, Cluster

_BUSY = {"InvalidClusterState", "InvalidClusterStateFault"}
_THROTTLED = {"Throttling", "ThrottlingException", "RequestLimitExceeded", "TooManyRequestsException"}
_SERVER_ERROR = 500
_GONE = {"ClusterNotFound", "ClusterNotFoundFault"}
# A role, or the policy that lets us pass it, may have been created seconds ago; IAM takes a while to propagate it.
_PROPAGATING = {"InvalidParameterValue", "AccessDenied", "AccessDeniedException", "UnauthorizedOperation"}


class Client(Protocol):
    """The two calls of boto3's Redshift client that the handler needs."""

    def describe_clusters(self, *, ClusterIdentifier: str) -> dict[str, Any]:  # noqa: N803  boto3's name
        """List the one cluster of that name."""

    def modify_cluster_iam_roles(self, **request: Any) -> object:  # noqa: ANN401  boto3's request
        """Add and remove roles, and set the default."""


class RetryableError(Exception):
    """The cluster is busy, or the call was throttled."""


class PropagationError(Exception):
    """Redshift does not accept the role, or does not let us pass it, perhaps only until IAM has propagated it."""


class RefusedError(Exception):
    """An error that waiting does not solve."""


def _code_of(error: ClientError) -> str:
    """Return the error's code."""
    return str(error.response.get("Error", {}).get("Code", ""))


def describe(client: Client, identifier: str) -> Cluster | None:
    """Return a cluster, or None when there is none of that name."""
    try:
        found = client.describe_clusters(ClusterIdentifier=identifier)["Clusters"]
    except ClientError as error:
        if _code_of(error) in _GONE:
            return None
        raise _error_of(error) from error
    except BotoCoreError as error:
        raise RetryableError(f"{type(error).__name__}: {error}") from error
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
    try:
        client.modify_cluster_iam_roles(**request)
    except ClientError as error:
        raise _error_of(error) from error
    except BotoCoreError as error:
        raise RetryableError(f"{type(error).__name__}: {error}") from error


def _error_of(error: ClientError) -> Exception:
    code, message = _code_of(error), error.response.get("Error", {}).get("Message", "")
    text = f"{code}: {message}"
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    if code in _BUSY | _THROTTLED or status >= _SERVER_ERROR:
        return RetryableError(text)
    return PropagationError(text) if code in _PROPAGATING else RefusedError(text)
