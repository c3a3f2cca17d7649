"""The roles of a cluster, as people and programs read them."""

from __future__ import annotations

import json
from typing import Any

import pytest

from redshift_roles.cli import cluster_status

A, B, C = (f"arn:aws:iam::111111111111:role/{name}" for name in "ABC")


def _cluster(*roles: tuple[str, str], **options: Any) -> dict[str, Any]:
    listed = [{"IamRoleArn": arn, "ApplyStatus": status} for arn, status in roles]
    return {"ClusterIdentifier": "warehouse", "ClusterStatus": "available", "IamRoles": listed, **options}


@pytest.mark.parametrize("status", ["adding", "removing", "something-new"])
def test_a_role_is_late_when_it_is_not_in_sync(status: str) -> None:
    """Also in a status that nobody knows yet."""
    found = cluster_status.read(_cluster((A, "in-sync"), (B, status)))

    assert (B,) == tuple(role.arn for role in found.late)
    assert f"cluster warehouse is available; 1 of 2 roles in sync; {B} is {status}" == found.progress()


def test_nothing_is_late_when_all_are_in_sync() -> None:
    """The progress then names no role."""
    found = cluster_status.read(_cluster((A, "in-sync")))

    assert () == found.late
    assert "cluster warehouse is available; 1 of 1 roles in sync" == found.progress()


def test_text_marks_the_default_and_has_a_line_for_each_role() -> None:
    """The lines are by ARN, their columns are aligned."""
    found = cluster_status.read(
        _cluster((C, "removing"), (B, "in-sync"), (A, "adding"), DefaultIamRoleArn=B, ClusterStatus="modifying")
    )

    assert (
        f"cluster warehouse is modifying\n  adding    {A}\n  in-sync   {B}  (default)\n  removing  {C}"
    ) == cluster_status.FORMATS["text"](found)


@pytest.mark.parametrize("listed", [{"IamRoles": []}, {}])
def test_text_says_that_there_are_no_roles(listed: dict[str, Any]) -> None:
    """Silence could mean anything."""
    cluster = {"ClusterIdentifier": "warehouse", "ClusterStatus": "paused", **listed}

    assert "cluster warehouse is paused\n  no roles are associated" == cluster_status.FORMATS["text"](
        cluster_status.read(cluster)
    )


@pytest.mark.parametrize(("default", "written"), [(A, A), ("", None), (C, C)])
def test_json_has_the_default_role(default: str, written: str | None) -> None:
    """There is null where there is no default role; a default that is not among the roles is told as it is."""
    report = cluster_status.FORMATS["json"](cluster_status.read(_cluster((A, "in-sync"), DefaultIamRoleArn=default)))

    assert {
        "cluster": "warehouse",
        "status": "available",
        "inSync": True,
        "defaultRole": written,
        "roles": [{"arn": A, "status": "in-sync", "default": default == A}],
    } == json.loads(report)


def test_json_says_when_a_role_is_late() -> None:
    """A script reads one word."""
    report = json.loads(cluster_status.FORMATS["json"](cluster_status.read(_cluster((A, "adding")))))

    assert False is report["inSync"]
