"""
Roles that an app associates with one cluster in two places.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from redshift_roles.assembly import Json, Template
from redshift_roles.association_rule import twice
from tests.builders import StackText, arn, cluster, read, trusting

ASSOCIATION = "Custom::RedshiftRoleAssociation"


def _association(identifier: Json, *roles: Json) -> dict[str, Json]:
    return {"Type": ASSOCIATION, "Properties": {"ClusterIdentifier": identifier, "RoleArns": list(roles)}}


def _found(tmp_path: Path, **stacks: StackText) -> list[tuple[str, str]]:
    def path(template: Template, logical_id: str) -> str:
        return f"{template.key.partition('.')[0]}/{logical_id}"

    return [(found.logical_id, found.trouble[0]) for found in twice(read(tmp_path, **stacks), path)]


def _named(identifier: str, *roles: Json) -> Mapping[str, Json]:
    made = cluster(list(roles))
    return {**made, "Properties": {**made["Properties"], "ClusterIdentifier": identifier}}


@pytest.mark.parametrize("identifier", ["warehouse", {"Ref": "Cluster"}])
def test_fails_when_the_cluster_lists_the_role_too(tmp_path: Path, identifier: Json) -> None:
    """
    However the association names the cluster.
    """
    role = {"Fn::GetAtt": ["Role", "Arn"]}
    resources = {
        "Role": trusting("redshift.amazonaws.com"),
        "Cluster": _named("warehouse", arn("Other"), role),
        "Association": _association(identifier, role),
    }

    assert [("Association", "RoleArns[0] (Role) is associated with the same cluster by Data/Cluster too")] == _found(
        tmp_path, Data=StackText(resources=resources)
    )


def test_fails_when_two_stacks_have_one_role(tmp_path: Path) -> None:
    """
    Of one account and region.
    """
    stacks = {name: StackText(resources={f"In{name}": _association("warehouse", arn())}) for name in ("A", "B")}

    assert [("InB", f"RoleArns[0] ({arn()}) is associated with the same cluster by A/InA too")] == _found(
        tmp_path, **stacks
    )


def test_a_cluster_without_a_name_is_followed_through_exports(tmp_path: Path) -> None:
    """
    The resource itself is the cluster.
    """
    exported = {"Value": {"Ref": "Cluster"}, "Export": {"Name": "Warehouse"}}
    home = StackText(resources={"Cluster": cluster([arn()])}, outputs={"Name": exported})
    there = StackText(resources={"Association": _association({"Fn::ImportValue": "Warehouse"}, arn())})

    assert ["Association"] == [logical_id for logical_id, _ in _found(tmp_path, Home=home, There=there)]


@pytest.mark.parametrize(
    "resources",
    [
        {"A": _association("warehouse", arn("A")), "B": _association("warehouse", arn("B"))},
        {"A": _association("warehouse", arn("A")), "B": _association("lake", arn("A"))},
        {"A": _association({"Ref": "Unknown"}, arn("A")), "B": _association({"Ref": "Other"}, arn("A"))},
        {"Cluster": cluster([arn("A")]), "B": _association("warehouse", arn("A"))},
        {"Cluster": cluster({"Ref": "Roles"}), "B": _association({"Ref": "Cluster"}, arn("A"))},
        {"A": _association("warehouse")},
        {"A": {"Type": ASSOCIATION}},
    ],
)
def test_others_share_nothing(tmp_path: Path, resources: Mapping[str, Json]) -> None:
    """
    Other roles, other clusters, and what nobody knows.
    """
    assert [] == _found(tmp_path, Data=StackText(resources=resources))


def test_another_region_is_another_cluster(tmp_path: Path) -> None:
    """
    Names are unique in an account and region.
    """
    stacks = {
        region.replace("-", ""): StackText(resources={"A": _association("warehouse", arn())}, region=region)
        for region in ("eu-west-1", "us-east-1")
    }

    assert [] == _found(tmp_path, **stacks)
