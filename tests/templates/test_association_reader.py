"""Roles and default roles that an app gives one cluster in two places, and roles that Redshift may not assume."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from redshift_roles.aws import Json
from redshift_roles.rules.association_rules import DEFAULT_ROLE_UNDECIDED, ROLE_QUOTA_EXCEEDED
from redshift_roles.rules.facts import Origin
from redshift_roles.rules.registry import Problem, Rule
from redshift_roles.templates import association_reader
from redshift_roles.templates.association_reader import Entry, circles
from tests.conftest import ACCOUNT, OTHER_ACCOUNT, REGION
from tests.support.builders import StackText, arn, cluster, read, trusting

ASSOCIATION = "Custom::RedshiftRoleAssociation"


def _association(identifier: Json, *roles: Json) -> dict[str, Json]:
    return {"Type": ASSOCIATION, "Properties": {"ClusterIdentifier": identifier, "RoleArns": list(roles)}}


def _path(entry: Entry) -> str:
    return f"{entry.template.key.partition('.')[0]}/{entry.logical_id}"


def _problems(tmp_path: Path, stacks: Mapping[str, StackText], origin: Origin = "app") -> list[tuple[Entry, Problem]]:
    found = association_reader.found(read(tmp_path, **stacks), _path, origin)
    return [(entry, problem) for entry, _, _, problem in found]


def _found(tmp_path: Path, **stacks: StackText) -> list[tuple[str, str]]:
    return [(entry.logical_id, problem.message) for entry, problem in _problems(tmp_path, stacks)]


def _named(identifier: str, *roles: Json) -> Mapping[str, Json]:
    made = cluster(list(roles))
    return {**made, "Properties": {**made["Properties"], "ClusterIdentifier": identifier}}


@pytest.mark.parametrize("identifier", ["warehouse", {"Ref": "Cluster"}])
def test_fails_when_the_cluster_lists_the_role_too(tmp_path: Path, identifier: Json) -> None:
    """However the association names the cluster."""
    role = {"Fn::GetAtt": ["Role", "Arn"]}
    resources = {
        "Role": trusting("redshift.amazonaws.com"),
        "Cluster": _named("warehouse", arn("Other"), role),
        "Association": _association(identifier, role),
    }

    assert [("Association", "RoleArns[0] (Role) is associated with the same cluster by Data/Cluster too")] == _found(
        tmp_path, Data=StackText(resources=resources)
    )


@pytest.mark.parametrize(("number", "expected"), [(50, []), (51, [("Last", DEFAULT_ROLE_UNDECIDED)])])
def test_a_default_role_among_too_many_lists_is_undecided(
    tmp_path: Path, number: int, expected: list[tuple[str, Rule]]
) -> None:
    """Only so many lists are compared; the role may be in one of the others."""
    last = _association("warehouse")
    last["Properties"]["DefaultRoleArn"] = arn(f"Role{number - 1}")
    resources = {f"A{n}": _association("warehouse", arn(f"Role{n}")) for n in range(number)} | {"Last": last}
    found = association_reader.found(read(tmp_path, Data=StackText(resources=resources)), _path, "app")

    assert expected == [(entry.logical_id, rule) for entry, _, rule, _ in found if rule is not ROLE_QUOTA_EXCEEDED]


@pytest.mark.parametrize(("first", "second"), [("X", "Y"), ("X", "X")])
def test_fails_when_two_stacks_have_one_role(tmp_path: Path, first: str, second: str) -> None:
    """Of one account and region, whether or not the two are called the same there."""
    stacks = {
        "A": StackText(resources={first: _association("warehouse", arn("Other"), arn())}),
        "B": StackText(resources={second: _association("warehouse", arn())}),
    }

    assert [(second, f"RoleArns[0] is associated with the same cluster by A/{first} too")] == _found(tmp_path, **stacks)


@pytest.mark.parametrize(
    ("account", "region"), [(None, None), (ACCOUNT, None), (None, REGION)], ids=["nothing", "account", "region"]
)
def test_two_stacks_that_do_not_say_where_they_are_may_have_two_clusters(
    tmp_path: Path, account: str | None, region: str | None
) -> None:
    """Such as one for development and one for production; one stack and its nested ones are in one place."""
    made = StackText(resources={"A": _association("warehouse", arn())}, account=account, region=region)
    parent = replace(made, nested={"Nested": made})

    assert [] == _found(tmp_path, Dev=made, Prod=made)
    assert ["A"] == [logical_id for logical_id, _ in _found(tmp_path, Data=parent)]


def test_fails_when_two_stacks_refer_to_one_role_wherever_they_are(tmp_path: Path) -> None:
    """CDK refers within one environment."""
    exported = {"Value": {"Fn::GetAtt": ["Role", "Arn"]}, "Export": {"Name": "Role"}}
    roles = StackText(
        resources={"Role": trusting("redshift.amazonaws.com")}, outputs={"Role": exported}, account=None, region=None
    )
    made = StackText(resources={"A": _association("warehouse", {"Fn::ImportValue": "Role"})}, account=None, region=None)

    assert [("A", "RoleArns[0] (Role) is associated with the same cluster by First/A too")] == _found(
        tmp_path, Roles=roles, First=made, Second=made
    )


def _default(identifier: Json, role: Json) -> dict[str, Json]:
    made = _association(identifier)
    return {**made, "Properties": {**made["Properties"], "DefaultRoleArn": role}}


def test_fails_when_two_stacks_set_the_default_of_one_cluster(tmp_path: Path) -> None:
    """Of one account and region; another cluster and a stack of nowhere are others."""
    stacks = {name: StackText(resources={"D": _default("warehouse", arn(name))}) for name in ("A", "B")}
    other = StackText(resources={"D": _default("lake", arn("C")), "E": _association("warehouse", arn("D"))})
    nowhere = StackText(resources={"D": _default("warehouse", arn("E"))}, account=None, region=None)

    found = _problems(tmp_path, {**stacks, "Other": other, "Nowhere": nowhere})
    ((entry, problem),) = [(entry, problem) for entry, problem in found if "too" in problem.message]
    assert ("B.template.json", "D", None) == (entry.template.key, entry.logical_id, entry.position)
    _, message, fix = problem
    assert "DefaultRoleArn is given, and A/D sets the default role of the same cluster too" == message
    assert "leave it to one of them: a cluster has one default role" == fix


@pytest.mark.parametrize(("origin", "words"), [("template", "AssumeRolePolicyDocument"), ("app", "RedshiftRole")])
def test_fails_when_redshift_may_not_assume_a_role(tmp_path: Path, origin: Origin, words: str) -> None:
    """Of those that the app defines; the fix is in the words of whoever reads it."""
    resources = {
        "Good": trusting("redshift.amazonaws.com"),
        "Bad": trusting("lambda.amazonaws.com"),
        "A": _association({"Ref": "Unknown"}, arn(), {"Fn::GetAtt": ["Good", "Arn"]}, {"Fn::GetAtt": ["Bad", "Arn"]}),
    }
    ((entry, problem),) = _problems(tmp_path, {"Data": StackText(resources=resources)}, origin)

    assert ("A", 2) == (entry.logical_id, entry.position)
    _, message, fix = problem
    assert "RoleArns[2] (Bad) trusts lambda.amazonaws.com; Redshift in eu-west-1 cannot assume it" == message
    assert words in fix


def test_a_role_of_an_account_that_nobody_knows_is_undecided(tmp_path: Path) -> None:
    """One of this account is decided, and so is one that a literal ARN names: a CloudFormation Rule stands for it."""
    resources = {
        "Own": trusting("redshift.amazonaws.com"),
        "A": _association("warehouse", {"Ref": "RoleArn"}, arn(), {"Fn::GetAtt": ["Own", "Arn"]}),
    }
    stack = StackText(resources=resources, parameters={"RoleArn": {"Type": "String"}}, account=None)
    ((entry, problem),) = _problems(tmp_path, {"Data": stack})

    assert ("A", 0) == (entry.logical_id, entry.position)
    assert problem.message.startswith("RoleArns[0] is ${RoleArn}, whose account only the deployment knows")


def test_the_roles_of_an_association_keep_the_rules_of_a_cluster(tmp_path: Path) -> None:
    """Whoever wrote it; how many the cluster has besides is not known."""
    foreign, linked = arn(account=OTHER_ACCOUNT), arn(path="/aws-service-role/redshift.amazonaws.com/")
    listed = ["loader", foreign, arn(partition="aws-cn"), linked, *(arn(f"R{number}") for number in range(60))]
    stacks = {"Data": StackText(resources={"A": _association("warehouse", *listed)})}

    assert [0, 1, 2, 3] == [entry.position for entry, _ in _problems(tmp_path, stacks)]


def test_a_cluster_without_a_name_is_followed_through_exports(tmp_path: Path) -> None:
    """The resource itself is the cluster."""
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
    """Other roles, other clusters, and what nobody knows."""
    assert [] == _found(tmp_path, Data=StackText(resources=resources))


def test_another_region_is_another_cluster(tmp_path: Path) -> None:
    """Names are unique in an account and region."""
    stacks = {
        region.replace("-", ""): StackText(resources={"A": _association("warehouse", arn())}, region=region)
        for region in ("eu-west-1", "us-east-1")
    }

    assert [] == _found(tmp_path, **stacks)


@pytest.mark.parametrize(
    ("waits", "circle"),
    [
        ({"DependsOn": ["Policy", "A"]}, [("A", 1)]),
        ({"DependsOn": "A"}, [("A", 1)]),
        ({"DependsOn": ["Policy"]}, []),
        ({"DependsOn": "AB"}, []),
        ({"DependsOn": 7}, []),
        ({}, []),
    ],
)
def test_fails_when_an_association_waits_for_itself(
    tmp_path: Path, waits: Mapping[str, Json], circle: list[tuple[str, int]]
) -> None:
    """One of its looks does."""
    found = [
        {"Fn::GetAtt": ["First", "WasAssociated"]},
        {"Fn::GetAtt": ["Second", "WasAssociated"]},
        "false",
        {"Fn::GetAtt": []},
    ]
    resources = {
        "A": {"Type": ASSOCIATION, "Properties": {"WasAssociated": found}},
        "B": {"Type": ASSOCIATION, "Properties": {"WasAssociated": {"Ref": "List"}}},
        "First": {"Type": "Custom::RedshiftRolesBefore"},
        "Second": {"Type": "Custom::RedshiftRolesBefore", **waits},
    }

    assert circle == [
        (entry.logical_id, entry.position) for entry, _ in circles(read(tmp_path, Data=StackText(resources=resources)))
    ]


def test_two_lists_that_only_the_deployment_knows_may_differ(tmp_path: Path) -> None:
    """Two parameters with the same name in two stacks do not have to hold the same roles."""
    association = _association("warehouse")
    association["Properties"] = {"ClusterIdentifier": "warehouse", "RoleArns": {"Ref": "Roles"}}
    stack = StackText(parameters={"Roles": {"Type": "CommaDelimitedList"}}, resources={"Association": association})

    assert [] == _found(tmp_path, Data=stack, More=stack)
