"""
The managed policies of what was granted.
"""

from __future__ import annotations

import aws_cdk as cdk
import jsii
import pytest
from aws_cdk import aws_iam as iam

from redshift_roles import RedshiftRole
from redshift_roles.granted_policies import LateGrant, granted_policies
from redshift_roles.limits import MANAGED_POLICY_SIZE
from redshift_roles.permissions import Permission
from redshift_roles.places import place_of
from redshift_roles.policy_documents import size
from tests.templates import all_properties_of

POLICY = "AWS::IAM::ManagedPolicy"


def _read(resource: str) -> Permission:
    return Permission("ReadObjects", ("s3:GetObject",), resource)


def test_nothing_is_written_for_nothing(stack: cdk.Stack) -> None:
    """
    No permission, no policy.
    """
    granted_policies(RedshiftRole(stack, "Role"), place_of(stack), "Grants", "roles").allow([])

    assert [] == all_properties_of(stack, POLICY)


def test_the_policies_of_a_principal_are_found_again(stack: cdk.Stack) -> None:
    """
    By its own object, the id and the scope.
    """
    role, place = RedshiftRole(stack, "Role"), place_of(stack)
    found = granted_policies(role, place, "Grants", "roles")

    assert found is granted_policies(role, place, "Grants", "roles")
    assert found is not granted_policies(role, place, "Others", "roles")
    assert found is not granted_policies(role, place, "Grants", "roles", scope=stack)
    assert found is not granted_policies(RedshiftRole(stack, "Second"), place, "Grants", "roles")


@pytest.mark.parametrize(("length", "policies"), [(5800, 1), (5900, 2)])
def test_a_token_counts_at_its_longest(stack: cdk.Stack, length: int, policies: int) -> None:
    """
    A bucket's ARN may have 83 characters.
    """
    bucket = cdk.Fn.import_value("Bucket")
    granted = granted_policies(RedshiftRole(stack, "Role"), place_of(stack), "Grants", "roles")
    granted.allow([_read(f"arn:aws:s3:::{'a' * length}"), _read(bucket), _read(f"{bucket}/x")])

    assert policies == len(granted.policies)


def test_a_grant_is_made_when_it_is_looked_at() -> None:
    """
    Once, and never when nobody looks.
    """
    made: list[iam.Grant] = []

    def make() -> iam.Grant:
        made.append(iam.Grant.drop(iam.AnyPrincipal(), "test"))
        return made[-1]

    grant = LateGrant.of(make)
    before = len(made)
    looked = grant.success, grant.success

    assert (0, (False, False), 1) == (before, looked, len(made))
    assert isinstance(grant, iam.Grant)


def test_a_grant_costs_no_crossing_until_then(stack: cdk.Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    """
    The kernel is not asked for a grant that is thrown away.
    """
    asked: list[str] = []
    original = jsii.sinvoke

    def spy(klass: type, method: str, args: list[object] | None = None) -> object:
        asked.append(method)
        return original(klass, method, args)

    monkeypatch.setattr(jsii, "sinvoke", spy)
    grant = RedshiftRole(stack, "Role").redshift_grants.copy_from_emr("j-1")
    before = [method for method in asked if "add" in method.lower()]
    assert grant.success

    assert [] == before
    assert "addToPrincipal" in asked


@pytest.mark.parametrize(("length", "policies"), [(6144, 1), (6145, 2)])
def test_a_policy_has_as_many_characters_as_iam_allows(stack: cdk.Stack, length: int, policies: int) -> None:
    """
    To the character.
    """
    granted = granted_policies(RedshiftRole(stack, "Role"), place_of(stack), "Grants", "roles")
    granted.allow([_read("a"), _read("b")])
    spare = length - size(stack.resolve(granted.policies[0].policy_document), str)
    granted = granted_policies(RedshiftRole(stack, "Second"), place_of(stack), "Grants", "roles")
    granted.allow([_read("a"), _read("b" * (spare + 1))])

    assert policies == len(granted.policies)
    assert length == size(stack.resolve(granted.policies[0].policy_document), str) or policies > 1


def test_a_policy_that_grows_is_divided_and_nothing_is_lost(stack: cdk.Stack) -> None:
    """
    The first one is written anew, the others are beside it with numbers, all on the same role.
    """
    role = RedshiftRole(stack, "Role")
    granted = granted_policies(role, place_of(stack), "Grants", "roles")
    listed = [f"arn:aws:s3:::{number:03}{'a' * 500}" for number in range(30)]
    for resource in listed:
        granted.allow([_read(resource)])
    policies = all_properties_of(stack, POLICY)
    resources = [r for policy in policies for s in policy["PolicyDocument"]["Statement"] for r in s["Resource"]]

    assert ["Grants", "Grants2", "Grants3"] == [policy.node.id for policy in granted.policies]
    assert listed == sorted(resources)
    assert all([stack.resolve(role.role_name)] == policy["Roles"] for policy in policies)
    assert all(size(policy["PolicyDocument"], str) <= MANAGED_POLICY_SIZE for policy in policies)


def test_what_is_allowed_already_writes_nothing(stack: cdk.Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    """
    Not even the same document again.
    """
    granted = granted_policies(RedshiftRole(stack, "Role"), place_of(stack), "Grants", "roles")
    granted.allow([_read("arn:aws:s3:::a/*")])
    written: list[object] = []
    monkeypatch.setattr(granted, "_write", lambda *arguments: written.append(arguments))
    granted.allow([_read("arn:aws:s3:::a/*")])
    granted.allow([_read("arn:aws:s3:::b/*")])

    assert 1 == len(written)


def test_the_policies_of_an_import_are_beside_it(stack: cdk.Stack) -> None:
    """
    Under its own id, so that two imports do not meet.
    """
    for name in ("A", "B"):
        role = iam.Role.from_role_name(stack, name, name.lower())
        granted_policies(role, place_of(stack), "Grants", "roles").allow([_read("arn:aws:s3:::a/*")])

    assert {"AGrants", "BGrants"} == {child.node.id for child in stack.node.children} - {"A", "B"}
