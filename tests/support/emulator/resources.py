"""The resource types that the server lacks: what CloudFormation does with them.

Each handler takes a resource's properties, changes the model, and returns a physical id and attributes.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from ministack.core.responses import new_uuid
from ministack.services import iam
from ministack.services.cloudformation import provisioners

from tests.support.emulator.clusters import Json, Redshift, RefusedError

Made = tuple[str, Json]

_REPLACING: Final = ("ClusterIdentifier", "MasterUsername", "DBName", "ClusterSubnetGroupName")


@dataclass(frozen=True)
class Provisioning:
    """The handlers of the types.

    Attributes:
        redshift: The clusters of the request's account and region.
        caller: CloudFormation itself, which the server does not check for permissions.
    """

    redshift: Callable[[], Redshift]
    caller: Any

    def install(self) -> None:
        """Teach the server the types."""
        provisioners._RESOURCE_HANDLERS |= {
            "AWS::EC2::FlowLog": _OF_TRAFFIC,
            # Which apps that `cdk init` makes have in each VPC: its function takes the rules of a security group away.
            "Custom::VpcRestrictDefaultSG": _OF_TRAFFIC,
            "AWS::IAM::Group": {"create": _create_group, "delete": _delete_group},
            "AWS::Redshift::Cluster": {
                "create": self._create_cluster,
                "update": self._update_cluster,
                "update_with_logical_id": True,
                "delete": self._delete_cluster,
                "snapshot": self._snapshot_cluster,
            },
            "AWS::Redshift::ClusterParameterGroup": self._group("parameter_groups", "ClusterParameterGroupName"),
            "AWS::Redshift::ClusterSubnetGroup": self._group("subnet_groups", "ClusterSubnetGroupName"),
        }

    def _create_cluster(self, logical_id: str, properties: Json, stack_name: str) -> Made:
        name = properties.get("ClusterIdentifier") or provisioners._physical_name(
            stack_name, logical_id, lowercase=True, max_len=63
        )
        redshift = self.redshift()
        made = redshift.create_cluster(self.caller, {**properties, "ClusterIdentifier": name})
        return name, _attributes(made["Cluster"])

    def _update_cluster(self, name: str, old: Json, new: Json, stack_name: str, logical_id: str) -> Made:
        replaced = [key for key in _REPLACING if old.get(key) != new.get(key)]
        if replaced:
            raise ValueError(f"AWS::Redshift::Cluster {logical_id} of {stack_name} would be replaced: {replaced}")
        before, after = old.get("IamRoles", []), new.get("IamRoles", [])
        request = {
            "ClusterIdentifier": name,
            "AddIamRoles": [arn for arn in after if arn not in before],
            "RemoveIamRoles": [arn for arn in before if arn not in after],
        }
        redshift = self.redshift()
        if request["AddIamRoles"] or request["RemoveIamRoles"]:
            redshift.modify_cluster_iam_roles(self.caller, request)
        shown = redshift.describe_clusters(self.caller, {"ClusterIdentifier": name})
        return name, _attributes(shown["Clusters"][0])

    def _delete_cluster(self, name: str, _: Json) -> None:
        """Delete a cluster, if it is not gone already; CloudFormation does not try again when it is busy."""
        redshift = self.redshift()
        if name in redshift.clusters:
            redshift.delete_cluster(self.caller, {"ClusterIdentifier": name, "SkipFinalClusterSnapshot": True})

    def _snapshot_cluster(self, name: str, _: Json) -> None:
        self.redshift().snapshots.append(f"{name}-final")

    def _group(self, groups: str, name_property: str) -> Json:
        def create(logical_id: str, properties: Json, stack_name: str) -> Made:
            name = properties.get(name_property) or provisioners._physical_name(stack_name, logical_id, lowercase=True)
            getattr(self.redshift(), groups).add(name)
            return name, {}

        def delete(name: str, _: Json) -> None:
            used = [cluster for cluster in self.redshift().clusters.values() if name in cluster.properties.values()]
            if used:
                raise RefusedError("InvalidClusterSubnetGroupStateFault", f"{name} is used by {used[0].identifier}")
            getattr(self.redshift(), groups).discard(name)

        return {"create": create, "delete": delete}


def _attributes(cluster: Json) -> Json:
    name = cluster["ClusterIdentifier"]
    namespace = cluster["ClusterNamespaceArn"]
    region, account = namespace.split(":")[3:5]
    return {
        "Endpoint.Address": cluster["Endpoint"]["Address"],
        "Endpoint.Port": str(cluster["Endpoint"]["Port"]),
        "ClusterNamespaceArn": namespace,
        "MasterPasswordSecretArn": f"arn:aws:secretsmanager:{region}:{account}:secret:redshift!{name}",
    }


def _create_of_traffic(*_: object) -> Made:
    """Name what is about traffic: nothing flows in the emulated network."""
    return f"of-traffic-{new_uuid()[:8]}", {}


def _delete_of_traffic(*_: object) -> None:
    """Forget it."""


def _create_group(logical_id: str, properties: Json, stack_name: str) -> Made:
    """Make a group with its policies; one that exists gets those that it lacks."""
    name = properties.get("GroupName") or provisioners._physical_name(stack_name, logical_id)
    iam._IAM_HANDLERS["CreateGroup"]({"GroupName": name})
    for arn in properties.get("ManagedPolicyArns", []):
        iam.attach_managed_policy(iam._groups[name], arn)
    return name, {"Arn": iam._groups[name]["Arn"]}


def _delete_group(name: str, _: Json) -> None:
    """Delete a group and detach its policies."""
    for arn in [*iam._groups[name]["AttachedPolicies"]]:
        iam.detach_managed_policy(iam._groups[name], arn)
    iam._IAM_HANDLERS["DeleteGroup"]({"GroupName": name})


_OF_TRAFFIC: Final = {"create": _create_of_traffic, "delete": _delete_of_traffic}
