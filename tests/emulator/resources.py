"""
CloudFormation's Redshift resources, for ministack.

Properties of a template flow in; clusters flow out.
"""

from __future__ import annotations

from typing import Any

from ministack.services.cloudformation.provisioners import _physical_name

from tests.emulator.clusters import Cluster, Clusters

Json = dict[str, Any]


def handlers(clusters: Clusters) -> dict[str, Json]:
    """
    List the handlers of the resource types.
    """

    def create(logical_id: str, properties: Json, stack: str) -> tuple[str, Json]:
        name = properties.get("ClusterIdentifier") or _physical_name(stack, logical_id, lowercase=True, max_len=63)
        return name, _attributes(clusters.create(name, properties.get("IamRoles", []), properties))

    def update(name: str, old: Json, new: Json, stack: str) -> tuple[str, Json]:  # noqa: ARG001
        before, after = old.get("IamRoles", []), new.get("IamRoles", [])
        add = [arn for arn in after if arn not in before]
        remove = [arn for arn in before if arn not in after]
        if add or remove:
            clusters.modify(name, add, remove, None)
        return name, _attributes(clusters.find(name))

    def delete(name: str, properties: Json) -> None:  # noqa: ARG001
        clusters.delete(name)

    return {
        "AWS::Redshift::Cluster": {"create": create, "update": update, "delete": delete},
        # ministack has no flow logs.
        "AWS::EC2::FlowLog": _named("Id"),
        "AWS::Redshift::ClusterParameterGroup": _named("ParameterGroupName"),
        "AWS::Redshift::ClusterSubnetGroup": _named("ClusterSubnetGroupName"),
    }


def _named(attribute: str) -> Json:
    """
    Handle what has a name and does nothing.
    """

    def create(logical_id: str, properties: Json, stack: str) -> tuple[str, Json]:  # noqa: ARG001
        name = _physical_name(stack, logical_id, lowercase=True)
        return name, {attribute: name}

    def update(name: str, old: Json, new: Json, stack: str) -> tuple[str, Json]:  # noqa: ARG001
        return name, {attribute: name}

    def delete(name: str, properties: Json) -> None:
        pass

    return {"create": create, "update": update, "delete": delete}


def _attributes(cluster: Cluster) -> Json:
    return {
        "Endpoint.Address": f"{cluster.identifier}.emulated",
        "Endpoint.Port": str(cluster.properties.get("Port", 5439)),
        "MasterPasswordSecretArn": f"arn:aws:secretsmanager:emulated:secret:{cluster.identifier}",
    }
