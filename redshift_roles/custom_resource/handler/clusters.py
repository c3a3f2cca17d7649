"""A cluster as the Redshift API shows it.

A client and an identifier flow in; facts about the cluster, and what went wrong in plain words, flow out.
"""

from __future__ import annotations

from typing import Any, Protocol

from botocore.exceptions import BotoCoreError, ClientError

from .plan import Change, Cluster

_BUSY = {"InvalidClusterState", "InvalidClusterStateFault"}
_THROTTLED = {"Throttling", "ThrottlingException", "RequestLimitExceeded", "TooManyRequestsException"}
_SERVER_ERROR = 500
_GONE = {"ClusterNotFound", "ClusterNotFoundFault"}
# A role, or the policy that lets us pass it, may have been created seconds ago; IAM takes a while to tell everybody.
_MAYBE_SOON = {"InvalidParameterValue", "AccessDenied", "AccessDeniedException", "UnauthorizedOperation"}


class Client(Protocol):
    """The two calls of boto3's Redshift client that the handler needs."""

    def describe_clusters(self, *, ClusterIdentifier: str) -> dict[str, Any]:  # noqa: N803  boto3's name
        """List the clusters of that name: one."""

    def modify_cluster_iam_roles(self, **request: Any) -> object:  # noqa: ANN401  boto3's request
        """Add and remove roles, and set the default."""


class NotYetError(Exception):
    """The cluster is busy, or the API is: worth another try."""


class MaybeSoonError(Exception):
    """Redshift does not take the role, or does not let us pass it: perhaps only until IAM has told everybody."""


class RefusedError(Exception):
    """Nothing that waiting would mend."""


def code_of(error: ClientError) -> str:
    """Name the error as the API does."""
    return str(error.response.get("Error", {}).get("Code", ""))


def describe(client: Client, identifier: str) -> Cluster | None:
    """Read a cluster; None when there is none of that name."""
    try:
        found = client.describe_clusters(ClusterIdentifier=identifier)["Clusters"]
    except ClientError as error:
        if code_of(error) in _GONE:
            return None
        raise _told(error) from error
    except BotoCoreError as error:
        raise NotYetError(f"{type(error).__name__}: {error}") from error
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
        raise _told(error) from error
    except BotoCoreError as error:
        raise NotYetError(f"{type(error).__name__}: {error}") from error


def _told(error: ClientError) -> Exception:
    code, message = code_of(error), error.response.get("Error", {}).get("Message", "")
    text = f"{code}: {message}"
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    if code in _BUSY | _THROTTLED or status >= _SERVER_ERROR:
        return NotYetError(text)
    return MaybeSoonError(text) if code in _MAYBE_SOON else RefusedError(text)
