"""The managed policies of what was granted."""

from __future__ import annotations

from itertools import count
from typing import Any, cast

import aws_cdk as cdk
import pytest
from aws_cdk import assertions
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3 as s3
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from redshift_roles import RedshiftRole
from redshift_roles.aws.permissions import Objects, Permission, copy_from
from redshift_roles.aws.policies import size
from redshift_roles.aws.quotas import MANAGED_POLICY_SIZE
from redshift_roles.cdk.location import location_of
from redshift_roles.grants.managed_policies import granted_policies
from tests.support.templates import all_properties_of, deployed

POLICY = "AWS::IAM::ManagedPolicy"
_numbers = count()


def _listed(found: Any) -> list[Any]:
    return found if isinstance(found, list) else [found]


def _read(resource: str) -> Permission:
    return Permission("ReadObjects", ("s3:GetObject",), resource)


def test_nothing_is_written_for_nothing(stack: cdk.Stack) -> None:
    """No permission, no policy."""
    granted_policies(RedshiftRole(stack, "Role"), location_of(stack), "Grants", "roles").allow([])

    assert [] == all_properties_of(stack, POLICY)


def test_the_policies_of_a_principal_are_found_again(stack: cdk.Stack) -> None:
    """By its own object, the id and the scope."""
    role, location = RedshiftRole(stack, "Role"), location_of(stack)
    found = granted_policies(role, location, "Grants", "roles")

    assert found is granted_policies(role, location, "Grants", "roles")
    assert found is not granted_policies(role, location, "Others", "roles")
    assert found is not granted_policies(role, location, "Grants", "roles", scope=stack)
    assert found is not granted_policies(RedshiftRole(stack, "Second"), location, "Grants", "roles")


@pytest.mark.parametrize(("length", "policies"), [(5800, 1), (5900, 2)])
def test_a_token_counts_at_its_longest(stack: cdk.Stack, length: int, policies: int) -> None:
    """A bucket's ARN may have 83 characters."""
    bucket = cdk.Fn.import_value("Bucket")
    granted = granted_policies(RedshiftRole(stack, "Role"), location_of(stack), "Grants", "roles")
    granted.allow([_read(f"arn:aws:s3:::{'a' * length}"), _read(bucket), _read(f"{bucket}/x")])

    assert policies == len(granted.policies)


@pytest.mark.parametrize(("length", "policies"), [(6144, 1), (6145, 2)])
def test_a_policy_has_as_many_characters_as_iam_allows(stack: cdk.Stack, length: int, policies: int) -> None:
    """To the character."""
    granted = granted_policies(RedshiftRole(stack, "Role"), location_of(stack), "Grants", "roles")
    granted.allow([_read("a"), _read("b")])
    spare = length - size(stack.resolve(granted.policies[0].policy_document), str)
    granted = granted_policies(RedshiftRole(stack, "Second"), location_of(stack), "Grants", "roles")
    granted.allow([_read("a"), _read("b" * (spare + 1))])

    assert policies == len(granted.policies)
    assert length == size(stack.resolve(granted.policies[0].policy_document), str) or policies > 1


def test_a_policy_that_grows_is_divided_and_nothing_is_lost(stack: cdk.Stack) -> None:
    """The first one is written anew, the others are beside it with numbers, all on the same role."""
    role = RedshiftRole(stack, "Role")
    granted = granted_policies(role, location_of(stack), "Grants", "roles")
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
    """Not even the same document again."""
    granted = granted_policies(RedshiftRole(stack, "Role"), location_of(stack), "Grants", "roles")
    granted.allow([_read("arn:aws:s3:::a/*")])
    written: list[object] = []
    spy = property(lambda _: None, lambda _, document: written.append(document))
    monkeypatch.setattr(iam.CfnManagedPolicy, "policy_document", spy)
    granted.allow([_read("arn:aws:s3:::a/*")])
    before = list(written)
    granted.allow([_read("arn:aws:s3:::b/*")])

    assert ([], 1) == (before, len(written))


def test_the_policies_of_an_import_are_beside_it(stack: cdk.Stack) -> None:
    """Under its own id, so that two imports do not meet."""
    for name in ("A", "B"):
        role = iam.Role.from_role_name(stack, name, name.lower())
        granted_policies(role, location_of(stack), "Grants", "roles").allow([_read("arn:aws:s3:::a/*")])

    assert {"AGrants", "BGrants"} == {child.node.id for child in stack.node.children} - {"A", "B"}


def test_the_policies_of_a_role_that_cdk_hands_out_are_found_again(stack: cdk.Stack) -> None:
    """By what it is, not by the Python object that stands for it this time; so is the scope."""
    role, location = iam.Role.from_role_name(stack, "A", "a"), location_of(stack)
    again: Any = role.grant_principal

    assert again is not role
    assert granted_policies(role, location, "Grants", "roles") is granted_policies(again, location, "Grants", "roles")
    assert granted_policies(role, location, "X", "roles", scope=role) is (  # type: ignore[arg-type]
        granted_policies(role, location, "X", "roles", scope=again)
    )


def test_a_plan_writes_nothing(stack: cdk.Stack) -> None:
    """What is refused after it leaves no trace."""
    granted = granted_policies(RedshiftRole(stack, "Role"), location_of(stack), "Grants", "roles")
    plan = granted.plan([_read(cdk.Fn.import_value("Lake"))])

    assert 1 == len(plan.written)
    assert ([], [], []) == (granted.policies, all_properties_of(stack, POLICY), granted.plan([]).written)


PREFIXES = st.lists(st.tuples(st.booleans(), st.text("ab/", min_size=1, max_size=200)), min_size=1, max_size=12)


@given(prefixes=PREFIXES, data=st.data())
@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_the_order_changes_nothing_and_no_policy_is_too_large(
    stack: cdk.Stack, prefixes: list[tuple[bool, str]], data: st.DataObject
) -> None:
    """Whatever the names are and wherever a token stands in them."""
    number = next(_numbers)
    stage = cdk.CfnParameter(stack, f"Stage{number}").value_as_string
    lake = [
        permission
        for has_token, prefix in prefixes
        for permission in copy_from(Objects("arn:aws:s3:::lake", prefix=f"{stage}/{prefix}" if has_token else prefix))
    ]
    written = []
    for name, order in (("A", lake), ("B", data.draw(st.permutations(lake)))):
        granted = granted_policies(RedshiftRole(stack, f"{name}{number}"), location_of(stack), "Grants", "roles")
        for permission in order:
            granted.allow([permission])
        written.append(granted.plan([]))
    first, second = written
    listed = [
        (str(statement["Action"]), resource, str(statement.get("Condition")))
        for document in first.written
        for statement in cast("list[dict[str, Any]]", document["Statement"])
        for resource in _listed(statement["Resource"])
    ]

    assert first.written == second.written
    assert len(set(listed)) == len(listed)
    # A key has at most 1,024 characters, the literal part of these 1 to 200 of them.
    assert all(
        size(document, lambda text: text.replace(stage, "x" * 823)) <= MANAGED_POLICY_SIZE for document in first.written
    )


def test_nine_prefixes_of_a_parameter_are_sure_to_fit(stack: cdk.Stack) -> None:
    """A prefix may have 1,024 characters when the deployment knows it, and each policy holds those of today too."""
    stage = cdk.CfnParameter(stack, "Stage").value_as_string
    lake, role = s3.Bucket.from_bucket_name(stack, "Lake", "lake"), RedshiftRole(stack, "Role")
    for number in range(9):
        role.redshift_grants.copy_from(lake, prefix=f"{stage}/{number}{'x' * 154}")
    longest = {"Ref": "y" * (1024 - 156)}
    sizes = [
        size(deployed(properties["PolicyDocument"], {"Stage": longest["Ref"], "AWS::Partition": "aws-us-gov"}), str)
        for properties in all_properties_of(stack, POLICY)
    ]

    assert 5 == len(sizes)
    assert max(sizes) <= MANAGED_POLICY_SIZE
    assert min(sizes[:-1]) > MANAGED_POLICY_SIZE / 2


def test_one_prefix_of_a_parameter_is_one_policy(stack: cdk.Stack) -> None:
    """What may be long is not refused: one grant fits whatever its prefix becomes."""
    stage = cdk.CfnParameter(stack, "Stage").value_as_string
    lake, role = s3.Bucket.from_bucket_name(stack, "Lake", "lake"), RedshiftRole(stack, "Role")
    role.redshift_grants.copy_from(lake, prefix=stage, manifest=f"{stage}/m.json", jsonpaths=f"{stage}/j.json")

    assert [] != all_properties_of(stack, POLICY)


def _full(number: int) -> list[Permission]:
    """List permissions that fill so many policies."""
    return [_read(f"arn:aws:s3:::{index:02}{'a' * 5900}") for index in range(number)]


def _warned(stack: cdk.Stack) -> bool:
    cdk.App.of(stack).synth()  # type: ignore[union-attr]
    found = assertions.Annotations.from_stack(stack).find_warning("*", assertions.Match.any_value())
    return any("AttachedPoliciesUndecided" in str(message.entry.data) for message in found)


@pytest.mark.parametrize(("number", "expected"), [(9, False), (10, True)])
def test_warns_when_only_a_raised_quota_lets_iam_attach_them(stack: cdk.Stack, number: int, expected: bool) -> None:
    """What the role was given counts too, and what it may pass: a child of another principal does not."""
    policy = iam.ManagedPolicy.from_aws_managed_policy_name("ReadOnlyAccess")
    role = RedshiftRole(stack, "Role", managed_policies=[policy])
    granted_policies(role, location_of(stack), "Grants", "roles").allow(_full(number - 1))
    granted_policies(role, location_of(stack), "Others", "roles").allow(_full(1))
    granted_policies(RedshiftRole(stack, "Second"), location_of(stack), "Grants", "roles").allow(_full(1))

    assert expected is _warned(stack)


def test_fails_when_no_quota_lets_iam_attach_them(stack: cdk.Stack) -> None:
    """The plan says so, before anything is written."""
    role = RedshiftRole(stack, "Role", managed_policies=[iam.ManagedPolicy.from_aws_managed_policy_name("ReadOnly")])
    granted_policies(role, location_of(stack), "Others", "roles").allow(_full(1))
    granted = granted_policies(role, location_of(stack), "Grants", "roles")
    granted.allow(_full(22))
    few, many = granted.plan(_full(23)), granted.plan(_full(24))

    assert [] == [*granted.problems(few)]
    assert [26] == [int(message.split()[2]) for _, message, _ in granted.problems(many)]
    assert [] == [*granted.problems(granted.plan(_full(22)))]
    assert 22 == len(granted.policies)
