"""The managed policies of what was granted: as few as IAM's size allows, the same whatever the order of the grants."""

from __future__ import annotations

import json
from collections.abc import Callable
from itertools import count
from typing import Any, cast

import aws_cdk as cdk
import pytest
from aws_cdk import assertions
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3 as s3
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from redshift_roles import RedshiftGrants, RedshiftRole
from redshift_roles.aws.permissions import Objects, Permission, copy_from
from redshift_roles.aws.policies import rewritten, size
from redshift_roles.aws.quotas import MANAGED_POLICY_SIZE
from redshift_roles.cdk.location import location_of
from redshift_roles.grants.managed_policies import GrantedPolicies, granted_policies
from tests.support.granted import POLICY, all_statements_of, listed, stack_in, statements_of, written, wrong
from tests.support.templates import all_properties_of, template_of

_numbers = count()


def _read(resource: str, *prefixes: str) -> Permission:
    condition = ("StringLike", "s3:prefix", prefixes) if prefixes else None
    return Permission("ReadObjects", ("s3:GetObject",), resource, condition)


def _granted(role: RedshiftRole, construct_id: str = "Grants") -> GrantedPolicies:
    return granted_policies(role, location_of(role), construct_id, "roles")


def test_nothing_is_written_for_nothing_or_by_a_plan(stack: cdk.Stack, role: RedshiftRole) -> None:
    """No permission, no policy; a plan that is not written leaves no trace."""
    granted = _granted(role)
    granted.allow([])

    assert 1 == len(granted.plan([_read(cdk.Fn.import_value("Lake"))]).written)
    assert ([], [], []) == (granted.policies, granted.plan([]).written, all_properties_of(stack, POLICY))


def test_the_policies_of_a_principal_are_found_again(stack: cdk.Stack, role: RedshiftRole) -> None:
    """By what it is, not by the Python object that stands for it this time, by the id, and by the scope."""
    location, named = location_of(stack), iam.Role.from_role_name(stack, "A", "a")
    again: Any = named.grant_principal

    def found(principal: Any, construct_id: str = "Grants", scope: Any = None) -> GrantedPolicies:
        return granted_policies(principal, location, construct_id, "roles", scope=scope)

    assert again is not named
    assert found(role) is found(role)
    assert found(named) is found(again)
    assert found(named, "X", named) is found(named, "X", again)
    assert 4 == len({found(role), found(role, "Others"), found(role, scope=stack), found(named)})


@pytest.mark.parametrize(("length", "policies"), [(6144, 1), (6145, 2)])
def test_a_policy_has_as_many_characters_as_iam_allows(
    stack: cdk.Stack, role: RedshiftRole, length: int, policies: int
) -> None:
    """To the character."""
    granted, second = _granted(role), _granted(RedshiftRole(stack, "Second"))
    granted.allow([_read("a"), _read("b")])
    spare = length - size(stack.resolve(granted.policies[0].policy_document))
    second.allow([_read("a"), _read("b" * (spare + 1))])

    assert policies == len(second.policies)
    assert length == size(stack.resolve(second.policies[0].policy_document)) or policies > 1


def test_fails_when_one_statement_is_too_large_for_a_policy(role: RedshiftRole) -> None:
    """It cannot be divided, and IAM would reject it; one character less fits."""
    granted = _granted(role)

    def plan(length: int) -> Any:
        return granted.plan([_read("a", "a" * 3000, "b" * (length - 3000))])

    (whole,) = granted.plan([_read("a", "a" * 1000, "b" * 1000)]).written
    spare = MANAGED_POLICY_SIZE - size(whole) + 2000
    ((_, message, _),) = granted.problems(plan(spare + 1))

    assert "the statement for s3:GetObject must have at most 6,144 characters, got 6,145" == message
    assert [] == [*granted.problems(plan(spare))]


def test_another_policy_begins_where_one_is_full(stack: cdk.Stack, role: RedshiftRole) -> None:
    """The first one is written anew, the others are beside it with numbers, all on the role, and nothing is lost."""
    bucket, grants = s3.Bucket.from_bucket_name(stack, "Bucket", "sales"), role.redshift_grants
    for number in range(40):
        grants.copy_from(bucket, prefix=f"{'prefix-' * 15}{number:02}/")
    policies, statements = all_properties_of(stack, POLICY), all_statements_of(stack)
    read = [one for found in statements if found["Sid"] == "ReadObjects" for one in listed(found["Resource"])]

    assert ["RedshiftGrants", "RedshiftGrants2"] == [policy.node.id for policy in grants.policies[:2]]
    assert len(policies) == len(grants.policies)
    assert all([stack.resolve(role.role_name)] == policy["Roles"] for policy in policies)
    assert all(size(written(policy["PolicyDocument"])) <= MANAGED_POLICY_SIZE for policy in policies)
    assert 40 == len(read) == len([one for one in statements if one["Sid"].startswith("ListObjects")])


def test_what_is_allowed_already_writes_nothing(role: RedshiftRole, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not even the same document again."""
    granted = _granted(role)
    granted.allow([_read("arn:aws:s3:::a/*")])
    changed: list[object] = []
    spy = property(lambda _: None, lambda _, document: changed.append(document))
    monkeypatch.setattr(iam.CfnManagedPolicy, "policy_document", spy)
    granted.allow([_read("arn:aws:s3:::a/*")])
    before = list(changed)
    granted.allow([_read("arn:aws:s3:::b/*")])

    assert ([], 1) == (before, len(changed))


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
    plans = []
    for name, order in (("A", lake), ("B", data.draw(st.permutations(lake)))):
        granted = _granted(RedshiftRole(stack, f"{name}{number}"))
        for permission in order:
            granted.allow([permission])
        plans.append(granted.plan([]).written)
    first, second = plans
    allowed = [
        (str(statement["Action"]), resource, str(statement.get("Condition")))
        for document in first
        for statement in cast("list[dict[str, Any]]", document["Statement"])
        for resource in listed(statement["Resource"])
    ]

    assert first == second
    assert len(set(allowed)) == len(allowed)
    # A key has at most 1,024 characters, the literal part of these 1 to 200 of them.
    assert all(
        size(rewritten(one, lambda text: text.replace(stage, "x" * 1024))) <= MANAGED_POLICY_SIZE for one in first
    )


def _several_policies(order: tuple[int, ...], buckets: tuple[str, ...]) -> dict[str, Any]:
    """Grant in this order what needs several policies, with a parameter in the names."""
    stack = cdk.Stack(cdk.App(analytics_reporting=False), "Data")
    stage, grants = cdk.CfnParameter(stack, "Stage").value_as_string, RedshiftRole(stack, "Role").redshift_grants
    lake, made = s3.Bucket.from_bucket_name(stack, "Lake", "lake"), {name: s3.Bucket(stack, name) for name in buckets}
    tables = [f"table_{number:02}" for number in range(14)]
    calls: list[Callable[[], object]] = [
        lambda: grants.external_schema(f"sales_{stage}", bucket=lake, prefix="sales/", tables=tables),
        lambda: grants.copy_from(lake, prefix=f"{stage}/landing/"),
        lambda: grants.unload_to(made["A"], prefix="out/"),
        lambda: grants.unload_to(made["B"], prefix=f"{stage}/out/"),
    ]
    for index in order:
        calls[index]()
    assert len(grants.policies) > 1
    return template_of(stack)


@pytest.mark.parametrize("order", [(3, 2, 1, 0), (1, 2, 3, 0), (2, 0, 3, 1)])
def test_the_order_of_calls_changes_nothing_in_several_policies(order: tuple[int, ...]) -> None:
    """Also where a name is measured by what it may become, and whichever bucket was defined first."""
    assert _several_policies((0, 1, 2, 3), ("A", "B")) == _several_policies(order, ("B", "A"))


def test_the_order_of_calls_changes_nothing_for_resources_of_other_stacks(app: cdk.App, stack: cdk.Stack) -> None:
    """Resources of one logical id in six stacks are still six, always in the same order, in whatever text they are."""
    homes = [stack_in(app, f"Home{number}") for number in range(6)]
    buckets = [s3.Bucket(home, "Landing") for home in homes]
    brokers = [cdk.CfnResource(home, "Brokers", type="AWS::MSK::Cluster").get_att("Arn").to_string() for home in homes]
    for name, step in (("Up", 1), ("Down", -1)):
        grants = RedshiftRole(stack, name).redshift_grants
        for bucket, cluster in [*zip(buckets, brokers, strict=True)][::step]:
            grants.copy_from(bucket, prefix="x/")
            grants.stream_from_msk(cluster, ["t"])
    documents = [properties["PolicyDocument"] for properties in all_properties_of(stack, POLICY)]
    up, down = documents[: len(documents) // 2], documents[len(documents) // 2 :]
    topics = [one for document in up for one in document["Statement"] if one["Sid"] == "ReadTopics"]

    assert up == down
    assert 6 == len([resource for one in topics for resource in listed(one["Resource"])])
    for sid in ("ReadObjects", "ConnectToBrokers", "ReadTopics"):
        found = json.dumps([one["Resource"] for document in up for one in document["Statement"] if one["Sid"] == sid])
        places = [found.index(f"Home{number}:") for number in range(6)]
        assert places == sorted(places)


def test_one_value_in_two_tokens_is_written_once(stack: cdk.Stack, grants: RedshiftGrants) -> None:
    """Two imports of one export are one bucket, and its prefix from an import is one prefix."""
    for number in range(2):
        lake = s3.Bucket.from_bucket_arn(stack, f"Lake{number}", cdk.Fn.import_value("LakeArn"))
        grants.copy_from(lake, prefix=f"{cdk.Fn.import_value('Prefix')}/")
    imported = {"Fn::ImportValue": "LakeArn"}

    assert {"ReadObjects", "ListObjects", "LocateBuckets"} == {one["Sid"] for one in all_statements_of(stack)}
    assert [imported, imported] == [one["Resource"] for one in all_statements_of(stack) if one["Sid"] != "ReadObjects"]


def test_one_grant_with_a_token_always_fits(stack: cdk.Stack, role: RedshiftRole) -> None:
    """However long its prefix becomes."""
    stage, lake = cdk.CfnParameter(stack, "Stage").value_as_string, s3.Bucket.from_bucket_name(stack, "Lake", "lake")
    role.redshift_grants.copy_from(lake, prefix=stage, manifest=f"{stage}/m.json", jsonpaths=f"{stage}/j.json")

    assert {"ReadObjects", "ListObjects", "LocateBuckets"} == set(statements_of(stack))


def _full(number: int) -> list[Permission]:
    """List permissions that fill so many policies."""
    return [_read(f"arn:aws:s3:::{index:02}{'a' * 5900}") for index in range(number)]


MANY = (
    "More than 10 managed policies are attached. By the quota of the account IAM attaches 10 or 20, at most 25 "
    "(https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html)."
)


@pytest.mark.parametrize(("number", "expected"), [(9, []), (10, [MANY])])
def test_warns_when_only_a_raised_quota_lets_iam_attach_them(
    stack: cdk.Stack, number: int, expected: list[str]
) -> None:
    """What the role was given counts too, and what it may pass: a policy of another principal does not."""
    policy = iam.ManagedPolicy.from_aws_managed_policy_name("ReadOnlyAccess")
    role = RedshiftRole(stack, "Role", managed_policies=[policy])
    _granted(role).allow(_full(number - 1))
    _granted(role, "Others").allow(_full(1))
    _granted(RedshiftRole(stack, "Second")).allow(_full(1))
    warnings = assertions.Annotations.from_stack(stack).find_warning("*", assertions.Match.any_value())

    assert expected == [str(warning.entry.data).partition(" Divide ")[0] for warning in warnings]


@pytest.mark.parametrize(
    ("make", "kind", "most"), [(RedshiftRole, "roles", 25), (iam.User, "users", 20), (iam.Group, "groups", 10)]
)
def test_fails_when_no_quota_lets_iam_attach_them(stack: cdk.Stack, make: Any, kind: str, most: int) -> None:
    """The plan says so, before anything is written, and less still can be; what it has already counts."""
    granted = granted_policies(make(stack, "Who"), location_of(stack), "Grants", kind)
    granted.allow(_full(most - 1))
    message = f"with this, {most + 1} managed policies would be attached, IAM attaches at most {most}"

    assert [] == [*granted.problems(granted.plan(_full(most)))]
    assert [message] == [problem.message for problem in granted.problems(granted.plan(_full(most + 1)))]
    assert most - 1 == len(granted.policies)


def test_fails_when_a_grant_needs_more_policies_than_iam_attaches(stack: cdk.Stack) -> None:
    """Nothing of that grant is written; the policies that the role was given count."""
    given_policies = [iam.ManagedPolicy.from_managed_policy_name(stack, f"P{n}", f"p{n}") for n in range(25)]
    grants = RedshiftRole(stack, "Role", managed_policies=given_policies).redshift_grants
    message = "with this, 26 managed policies would be attached, IAM attaches at most 25"

    assert [("PolicyTooLarge", message)] == wrong(lambda: grants.copy_from_emr("j-1"))
    assert [] == all_properties_of(stack, POLICY)
