"""
Redshift's query API: requests and answers by the service's own model in botocore.

A form of parameters flows in; the XML that boto3 reads flows out.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from typing import Any
from xml.sax.saxutils import escape

import botocore.session

from tests.emulator.clusters import Cluster, Clusters, RedshiftError, described

_NAMESPACE = "http://redshift.amazonaws.com/doc/2012-12-01/"


@cache
def _model() -> Any:
    return botocore.session.get_session().get_service_model("redshift")


def listed(form: Mapping[str, str], name: str) -> list[str]:
    """
    Read a list of the query protocol: ``Name.member.1`` and so on.
    """
    found = {key: value for key, value in form.items() if key.startswith(f"{name}.")}
    return [found[key] for key in sorted(found, key=lambda key: int(key.rpartition(".")[2]))]


class RedshiftApi:
    """
    The operations that are emulated.

    Args:
        clusters: The clusters.

        may_pass: Refuses a role that the caller may not pass to Redshift.
    """

    def __init__(self, clusters: Clusters, may_pass: Callable[[str], None]) -> None:
        self._clusters = clusters
        self._may_pass = may_pass
        self._operations: dict[str, Callable[[Mapping[str, str]], dict[str, Any]]] = {
            "CreateCluster": self._create,
            "DescribeClusters": self._describe,
            "ModifyClusterIamRoles": self._modify,
            "DeleteCluster": self._delete,
        }

    def answer(self, form: Mapping[str, str]) -> tuple[int, str]:
        """
        Answer a request with a status and a body.
        """
        action = form.get("Action", "")
        if action not in self._operations:
            return 400, _error(RedshiftError("InvalidAction", f"{action} is not emulated"))
        try:
            result = self._operations[action](form)
        except RedshiftError as error:
            return error.status, _error(error)
        shape = _model().operation_model(action).output_shape
        body = _xml(shape, result)
        return 200, (
            f'<{action}Response xmlns="{_NAMESPACE}"><{action}Result>{body}</{action}Result>'
            f"<ResponseMetadata><RequestId>emulated</RequestId></ResponseMetadata></{action}Response>"
        )

    def _create(self, form: Mapping[str, str]) -> dict[str, Any]:
        roles = listed(form, "IamRoles")
        for arn in roles:
            self._may_pass(arn)
        return _one(self._clusters.create(form["ClusterIdentifier"], roles, dict(form)))

    def _describe(self, form: Mapping[str, str]) -> dict[str, Any]:
        named = form.get("ClusterIdentifier")
        found = [self._clusters.find(named)] if named else self._clusters.everything()
        return {"Clusters": [described(cluster) for cluster in found]}

    def _modify(self, form: Mapping[str, str]) -> dict[str, Any]:
        add, remove = listed(form, "AddIamRoles"), listed(form, "RemoveIamRoles")
        default = form.get("DefaultIamRoleArn")
        for arn in {*add, *([default] if default else [])}:
            self._may_pass(arn)
        return _one(self._clusters.modify(form["ClusterIdentifier"], add, remove, default))

    def _delete(self, form: Mapping[str, str]) -> dict[str, Any]:
        return _one(self._clusters.delete(form["ClusterIdentifier"]))


def _one(cluster: Cluster) -> dict[str, Any]:
    return {"Cluster": described(cluster)}


def _xml(shape: Any, value: Any) -> str:
    if shape.type_name == "structure":
        members = shape.members
        return "".join(
            f"<{name}>{_xml(members[name], part)}</{name}>" for name, part in value.items() if name in members
        )
    if shape.type_name == "list":
        name = shape.member.serialization.get("name", "member")
        return "".join(f"<{name}>{_xml(shape.member, item)}</{name}>" for item in value)
    return escape(str(value).lower() if isinstance(value, bool) else str(value))


def _error(error: RedshiftError) -> str:
    return (
        f'<ErrorResponse xmlns="{_NAMESPACE}"><Error><Type>Sender</Type><Code>{error.code}</Code>'
        f"<Message>{escape(error.message)}</Message></Error><RequestId>emulated</RequestId></ErrorResponse>"
    )
