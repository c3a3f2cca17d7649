"""Role chains: both sides of each link, written where the app owns them and as documents where it does not."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3 as s3

from redshift_roles import RedshiftRole, RoleChain
from tests.conftest import ACCOUNT, OTHER_ACCOUNT, REGION
from tests.support.builders import arn
from tests.support.functions import function_of
from tests.support.granted import POLICY, stack_in, written, wrong
from tests.support.iam import Assumption, assumed
from tests.support.templates import all_properties_of, template_of

THEIRS = arn("Theirs", account=OTHER_ACCOUNT)


def _assumed(stack: cdk.Stack) -> list[tuple[Any, Any]]:
    """List who may assume what in a template: the attached role and the resource."""
    return [
        (written(policy["Roles"][0]), written(statement["Resource"]))
        for policy in all_properties_of(stack, POLICY)
        for statement in policy["PolicyDocument"]["Statement"]
        if statement["Action"] == "sts:AssumeRole"
    ]


def _trusted(stack: cdk.Stack, name: str) -> list[Any]:
    """List the AWS principals of a role's trust policy."""
    resources = template_of(stack)["Resources"]
    (role,) = [r for key, r in resources.items() if r["Type"] == "AWS::IAM::Role" and key.startswith(name)]
    statements = role["Properties"]["AssumeRolePolicyDocument"]["Statement"]
    return [written(statement["Principal"]["AWS"]) for statement in statements if "AWS" in statement["Principal"]]


def _arns(stack: cdk.Stack, *roles: iam.IRole) -> list[Any]:
    return [written(stack.resolve(role.role_arn)) for role in roles]


def _required(*roles: iam.IRole) -> list[tuple[str, str]]:
    """Chain roles, and list what others must write: the role and the kind."""
    return [(policy.role_arn, policy.kind) for policy in RoleChain(*roles).required_policies]


def _imported(stack: cdk.Stack, name: str, account: str = OTHER_ACCOUNT, **options: Any) -> iam.IRole:
    return iam.Role.from_role_arn(stack, name, arn(name, account=account), **options)


def _root(stack: cdk.Stack, name: str, **options: Any) -> iam.Role:
    return iam.Role(stack, name, assumed_by=iam.ServicePrincipal("ec2.amazonaws.com"), **options)


def _wrong(*roles: Any) -> list[tuple[str, str]]:
    return wrong(lambda: RoleChain(*roles))


def _linked(stack: cdk.Stack) -> iam.IRole:
    return iam.Role.from_role_arn(stack, "Linked", arn("X", path="/aws-service-role/redshift.amazonaws.com/"))


def _user(stack: cdk.Stack) -> iam.IRole:
    return iam.Role.from_role_arn(stack, "User", f"arn:aws:iam::{ACCOUNT}:user/loader")


def _several(count: int) -> Callable[[cdk.Stack], list[Any]]:
    return lambda stack: [RedshiftRole(stack, f"R{number}") for number in range(count)]


DISTRUST = f"first (Data/First) trusts ec2.amazonaws.com; Redshift in {REGION} cannot assume it"


@pytest.mark.parametrize(
    ("make", "rules", "message"),
    [
        (_several(1), "InvalidArgument", "a chain must have 2 to 10 roles, got 1"),
        (_several(11), "InvalidArgument", "a chain must have 2 to 10 roles, got 11"),
        (
            lambda stack: [RedshiftRole(stack, "First"), "arn"],
            "InvalidArgument",
            "'others[0]' must be an iam.IRole, got 'arn'",
        ),
        (
            lambda stack: ["arn", RedshiftRole(stack, "Last")],
            "InvalidArgument",
            "'first' must be an iam.IRole, got 'arn'",
        ),
        (
            lambda stack: [*_several(2)(stack), stack.node.find_child("R0")],
            "RoleDuplicated",
            "roles[2] (Data/R0) and roles[0] (Data/R0) are the same role",
        ),
        (lambda stack: [_root(stack, "First"), _root(stack, "Second")], "TrustLacksRedshift", DISTRUST),
        (lambda stack: [_linked(stack), RedshiftRole(stack, "Last")], "ServiceLinkedRole", ""),
        (lambda stack: [RedshiftRole(stack, "First"), _user(stack)], "RoleArnInvalid", ""),
        (
            lambda stack: [
                RedshiftRole(stack, "First"),
                iam.Role.from_role_arn(stack, "China", arn(account=OTHER_ACCOUNT, partition="aws-cn")),
            ],
            "RolePartitionMismatch",
            "",
        ),
        (
            lambda stack: [_root(stack, "First"), _linked(stack), _user(stack), *[RedshiftRole(stack, "Last")] * 2],
            "RoleArnInvalid RoleDuplicated ServiceLinkedRole TrustLacksRedshift",
            "",
        ),
    ],
)
def test_fails_when_the_roles_cannot_be_a_chain_and_leaves_nothing(
    stack: cdk.Stack, make: Callable[[cdk.Stack], list[Any]], rules: str, message: str
) -> None:
    """All that is wrong is raised at once, and another chain works."""
    roles = make(stack)
    before = [construct.node.path for construct in stack.node.find_all()]
    found = _wrong(*roles)

    assert rules.split() == [rule for rule, _ in found]
    assert message in (found[0][1], "")
    assert before == [construct.node.path for construct in stack.node.find_all()]
    assert () == RoleChain(RedshiftRole(stack, "Good"), _root(stack, "Better")).required_policies


def test_fails_when_one_cannot_name_the_other(stack: cdk.Stack, theirs: cdk.Stack) -> None:
    """Roles of two accounts need names, on either side."""
    end = "which is in a stack of another environment and has no role_name, so CDK cannot refer to it from here"

    assert [
        ("InvalidArgument", f"a policy of Data/First cannot name There/Last, {end}"),
        ("InvalidArgument", f"a policy of There/Last cannot name Data/First, {end}"),
    ] == _wrong(RedshiftRole(stack, "First"), _root(theirs, "Last"))


def test_fails_when_a_role_is_in_another_stage(app: cdk.App, stack: cdk.Stack) -> None:
    """CDK fails for references between Stages at synth time, far from this line."""
    there = cdk.Stack(cdk.Stage(app, "Stage"), "There", env=cdk.Environment(account=ACCOUNT, region=REGION))

    assert {"InvalidArgument"} == {rule for rule, _ in _wrong(RedshiftRole(stack, "First"), _root(there, "Last"))}


@pytest.mark.parametrize("named", [True, False])
def test_fails_when_a_chain_leads_back_into_the_first_stack(app: cdk.App, stack: cdk.Stack, named: bool) -> None:
    """Each stack would need the other one first, named or not, and CDK would say so in words of its own at
    synth time.
    """
    there = stack_in(app)
    second, third = (
        _root(home, name, role_name=name if named else None) for home, name in ((there, "Second"), (stack, "Third"))
    )

    assert {"InvalidArgument"} == {rule for rule, _ in _wrong(RedshiftRole(stack, "First"), second, third)}
    assert [] == there.dependencies


@pytest.mark.parametrize("account", [ACCOUNT, OTHER_ACCOUNT])
def test_fails_when_another_chain_goes_the_other_way(app: cdk.App, stack: cdk.Stack, account: str) -> None:
    """Each stack trusts a role of the other, so no order of deployment is right; a stack in between is."""
    there, beside = stack_in(app, account=account), stack_in(app, "Beside")
    RoleChain(RedshiftRole(stack, "A", role_name="a"), _root(there, "B", role_name="b"))
    back = RedshiftRole(there, "C", role_name="c")

    assert [("InvalidArgument", "Data/D trusts There/C, whose stack is deployed after it already")] == (
        _wrong(back, _root(stack, "D", role_name="d"))
    )
    RoleChain(back, _root(beside, "D", role_name="e"))
    app.synth()
    assert [[stack], [], [there]] == [there.dependencies, stack.dependencies, beside.dependencies]


def test_fails_when_no_further_policy_fits_on_the_first_role(stack: cdk.Stack) -> None:
    """IAM attaches at most 25 managed policies to a role."""
    policies = [iam.ManagedPolicy.from_managed_policy_name(stack, f"P{number}", f"p{number}") for number in range(25)]
    first, second = RedshiftRole(stack, "First", managed_policies=policies), RedshiftRole(stack, "Second")

    assert ["PolicyTooLarge"] == [rule for rule, _ in _wrong(first, second)]
    assert [] == _trusted(stack, "Second")


def test_in_one_stack_both_sides_are_written(stack: cdk.Stack) -> None:
    """Each may assume the next, the next trusts it, and no other policy is required; chaining twice adds nothing."""
    roles = first, second, third = RedshiftRole(stack, "First"), _root(stack, "Second"), _root(stack, "Third")
    RoleChain(*roles)
    chain, arns = RoleChain(*roles), _arns(stack, *roles)
    names = [written(stack.resolve(role.role_name)) for role in roles]

    assert [(names[0], arns[1]), (names[1], arns[2])] == _assumed(stack)
    assert ([arns[0]], [arns[1]]) == (_trusted(stack, "Second"), _trusted(stack, "Third"))
    assert () == chain.required_policies
    assert (first.role_arn, second.role_arn, third.role_arn) == chain.role_arns
    assert f"IAM_ROLE '{first.role_arn},{second.role_arn},{third.role_arn}'" == chain.iam_role_clause


def test_the_order_is_kept(stack: cdk.Stack) -> None:
    """Ten roles, the most there may be, as they were given."""
    names = [f"R{number}" for number in (5, 3, 9, 1, 7, 2, 8, 4, 6)]
    chain = RoleChain(RedshiftRole(stack, "First"), *(_imported(stack, name) for name in names))

    assert names == [text.rpartition("/")[2] for text in chain.role_arns[1:]]


def test_two_roles_may_lead_to_one(stack: cdk.Stack) -> None:
    """Each is trusted."""
    last, firsts = _root(stack, "Last"), [RedshiftRole(stack, f"First{number}") for number in range(2)]
    for first in firsts:
        RoleChain(first, last)

    assert _arns(stack, *firsts) == _trusted(stack, "Last")


@pytest.mark.parametrize("stacks", [("AB", "A"), ("A", "AB")])
def test_two_first_roles_with_paths_alike_lead_to_one(app: cdk.App, stack: cdk.Stack, stacks: tuple[str, str]) -> None:
    """AB/C and A/BC are two roles."""
    last = _root(stack, "Last")
    for name in stacks:
        RoleChain(RedshiftRole(stack_in(app, name), "ABC".removeprefix(name)), last)

    assert (2, 2) == (len(_assumed(stack)), len(_trusted(stack, "Last")))


@pytest.mark.parametrize("names", [("Home", "Other"), ("Other", "Home")])
def test_two_stacks_of_one_environment_do_not_need_each_other(app: cdk.App, names: tuple[str, str]) -> None:
    """The later role's stack depends on the earlier's and not the other way round, so the app synthesizes."""
    here, there = (stack_in(app, name) for name in names)
    first, last = RedshiftRole(here, "First"), _root(there, "Last")
    first.redshift_grants.copy_from(s3.Bucket(here, "Landing"))
    RoleChain(first, last)
    app.synth()

    assert ([here], []) == (there.dependencies, here.dependencies)
    assert (1, 0) == (len(_assumed(there)), len(_assumed(here)))


@pytest.mark.parametrize("last_is_nested", [False, True])
def test_a_chain_crosses_nested_stacks(app: cdk.App, stack: cdk.Stack, last_is_nested: bool) -> None:
    """Both ways; both sides are in the later role's template."""
    nested = cdk.NestedStack(stack, "Nested")
    home, there = (stack, nested) if last_is_nested else (nested, stack)
    RoleChain(RedshiftRole(home, "First"), _root(there, "Last"))
    app.synth()

    assert (1, 1, 0) == (len(_assumed(there)), len(_trusted(there, "Last")), len(_assumed(home)))


def test_two_accounts_of_one_app_write_both_sides(stack: cdk.Stack, theirs: cdk.Stack) -> None:
    """By name; the policy is in the account of the role that it is attached to."""
    chain = RoleChain(RedshiftRole(stack, "First", role_name="first"), _root(theirs, "Last", role_name="last"))

    assert () == chain.required_policies
    assert [arn("last", account=OTHER_ACCOUNT)] == [resource for _, resource in _assumed(stack)]
    assert [] == _assumed(theirs)
    assert [arn("first")] == _trusted(theirs, "Last")
    assert [stack] == theirs.dependencies


def test_what_others_must_write_is_a_document(stack: cdk.Stack) -> None:
    """The trust of a last role, the permissions of a first, and both of a role in between."""
    first, last = RedshiftRole(stack, "First"), RedshiftRole(stack, "Last", role_name="last")
    theirs = _imported(stack, "Theirs")

    assert [(THEIRS, "trust")] == _required(first, theirs)
    assert [(THEIRS, "permissions")] == _required(theirs, last)
    trust, permissions = RoleChain(first, theirs, last).required_policies

    assert [(THEIRS, "trust"), (THEIRS, "permissions")] == [(one.role_arn, one.kind) for one in (trust, permissions)]
    assert [{"Effect": "Allow", "Principal": {"AWS": first.role_arn}, "Action": "sts:AssumeRole"}] == (
        trust.document["Statement"]
    )
    assert last.role_arn in json.dumps(permissions.document)
    assert [(written(stack.resolve(first.role_name)), THEIRS)] == _assumed(stack)
    assert [THEIRS] == _trusted(stack, "Last")


def test_between_two_roles_of_theirs_both_sides_are_documents(stack: cdk.Stack) -> None:
    """Literal, so ready to send as they are."""
    first, second, third = RedshiftRole(stack, "First"), _imported(stack, "Second"), _imported(stack, "Third")
    policies = RoleChain(first, second, third).required_policies
    texts = [json.loads(policy.text) for policy in policies[1:]]

    assert [(second.role_arn, "trust"), (second.role_arn, "permissions"), (third.role_arn, "trust")] == [
        (policy.role_arn, policy.kind) for policy in policies
    ]
    assert [policy.document for policy in policies[1:]] == texts
    assert third.role_arn == texts[0]["Statement"][0]["Resource"]


def test_a_document_with_tokens_can_be_an_output(stack: cdk.Stack) -> None:
    """The deployment writes it as JSON."""
    (required,) = RoleChain(RedshiftRole(stack, "First"), _imported(stack, "Theirs")).required_policies
    cdk.CfnOutput(stack, "ForTheOtherTeam", value=required.text)
    (value,) = [output["Value"] for output in template_of(stack)["Outputs"].values()]

    assert _arns(stack, stack.node.find_child("First")) == [  # type: ignore[arg-type]
        statement["Principal"]["AWS"] for statement in json.loads(written(value))["Statement"]
    ]


def test_a_middle_by_its_name_in_a_stack_of_another_account_gets_its_permissions_there(
    stack: cdk.Stack, theirs: cdk.Stack
) -> None:
    """Its permissions are in that stack, its trust is a document for whoever defined it."""
    first, last = (RedshiftRole(stack, name, role_name=name.lower()) for name in ("First", "Last"))
    chain = RoleChain(first, iam.Role.from_role_name(theirs, "Middle", "middle"), last)

    assert ["trust"] == [policy.kind for policy in chain.required_policies]
    assert [("middle", arn("last"))] == _assumed(theirs)
    assert [arn("middle", account=OTHER_ACCOUNT)] == _trusted(stack, "Last")


def test_a_first_that_is_imported_is_written_where_it_can_be(stack: cdk.Stack) -> None:
    """The policy of a role of this account is written; with mutable=False it is a document."""
    mutable = _imported(stack, "Mutable", ACCOUNT)
    fixed = _imported(stack, "Fixed", ACCOUNT, mutable=False)
    last = _root(stack, "Last")

    assert [] == _required(mutable, last)
    assert [(arn("Fixed"), "permissions")] == _required(fixed, last)
    assert [arn("Mutable"), arn("Fixed")] == _trusted(stack, "Last")
    assert ["Mutable"] == [role for role, _ in _assumed(stack)]


def test_in_a_stack_without_an_account_only_the_first_gets_a_policy(agnostic: cdk.Stack) -> None:
    """The first must be of the cluster's account; the middle of the chain may well be of another."""
    first, middle, last = (
        _imported(agnostic, name, account)
        for name, account in (("First", ACCOUNT), ("Middle", OTHER_ACCOUNT), ("Last", OTHER_ACCOUNT))
    )

    assert [(middle.role_arn, "trust"), (middle.role_arn, "permissions"), (last.role_arn, "trust")] == (
        _required(first, middle, last)
    )
    assert "RedshiftRolesAccount" in template_of(agnostic)["Rules"]


def test_the_last_has_the_permissions(stack: cdk.Stack) -> None:
    """Grants and links of one role share a policy."""
    first, last = RedshiftRole(stack, "First"), RedshiftRole(stack, "Last")
    RoleChain(first, last)
    for role in (first, last):
        role.redshift_grants.copy_from_emr("j-1")

    assert 2 == len(all_properties_of(stack, POLICY))


def test_a_role_that_cdk_hands_out_is_trusted_once(stack: cdk.Stack) -> None:
    """CDK returns another Python object each time for the role of a function."""
    function: Any = function_of(stack)
    function.role.assume_role_policy.add_statements(
        iam.PolicyStatement(actions=["sts:AssumeRole"], principals=[iam.ServicePrincipal("redshift.amazonaws.com")])
    )
    last = RedshiftRole(stack, "Last")
    for _ in range(2):
        RoleChain(function.role, last)

    assert (1, 1) == (len(_trusted(stack, "Last")), len(all_properties_of(stack, POLICY)))


def test_the_trust_of_a_role_that_others_made_is_required(app: cdk.App, stack: cdk.Stack) -> None:
    """CDK was told to write no roles: it reports what the first role needs, and the trust of the last one is
    required.
    """
    iam.Role.customize_roles(stack, use_precreated_roles={"First": "first", "Last": "last"})
    first, last = RedshiftRole(stack, "First"), RedshiftRole(stack, "Last")

    assert [(last.role_arn, "trust")] == _required(first, last)
    report = json.loads((Path(app.synth().directory) / "iam-policy-report.json").read_text())["roles"]
    (statement,) = report[0]["identityPolicyStatements"]

    assert ("sts:AssumeRole", f"arn:(PARTITION):iam::{ACCOUNT}:role/last") == (
        statement["Action"],
        statement["Resource"],
    )
    assert "Resources" not in template_of(stack)


@pytest.mark.parametrize("is_first", [True, False])
def test_a_condition_that_cdk_keeps_as_an_object_is_no_obstacle(stack: cdk.Stack, is_first: bool) -> None:
    """Such as a `CfnJson`, whose keys only the deployment knows."""
    condition = {"StringEquals": cdk.CfnJson(stack, "Json", value={"aws:SourceAccount": ACCOUNT})}
    redshift = iam.ServicePrincipal("redshift.amazonaws.com", conditions=condition)
    roles = [iam.Role(stack, "Odd", assumed_by=redshift), RedshiftRole(stack, "Plain")]

    assert [] == _required(*(roles if is_first else roles[::-1]))
    assert 1 == len(_trusted(stack, "Plain" if is_first else "Odd"))


def _documents(first: str, second: str) -> dict[str, Any]:
    """Write both sides of a link between two roles of others: what the first may do, and whom the second trusts."""
    stack = cdk.Stack(cdk.App(analytics_reporting=False), "Data", env=cdk.Environment(account="999999999999"))
    roles = [iam.Role.from_role_arn(stack, name, found, mutable=False) for name, found in (("A", first), ("B", second))]
    return {policy.kind: policy.document for policy in RoleChain(*roles).required_policies}


@pytest.mark.parametrize("second", [THEIRS, arn("Theirs")], ids=["another account", "one account"])
def test_fails_when_a_side_of_the_link_is_missing(second: str) -> None:
    """An independent policy evaluator: both sides let the first role in, one alone does not, and no other role may
    assume it.
    """
    first, other = arn("First"), arn("Other")
    mine, theirs = _documents(first, second).values()
    others = _documents(other, second)["trust"]

    assert [True, False, False, False, False] == assumed(
        [
            Assumption(first, second, theirs, [mine]),
            Assumption(first, second, others, [mine]),
            Assumption(other, second, theirs, [mine]),
            Assumption(first, f"{second}2", others, [mine]),
            Assumption(second, first, others, [mine]),
        ]
    )
    if second == THEIRS:
        assert [False, False] == assumed(
            [Assumption(first, second, theirs), Assumption(first, f"{second}2", theirs, [mine])]
        )


def test_each_side_names_the_other_role_alone() -> None:
    """As on the page about role chaining; not its whole account."""
    permission = {"Sid": "AssumeNextRoles", "Effect": "Allow", "Action": "sts:AssumeRole", "Resource": THEIRS}
    trust = {"Effect": "Allow", "Principal": {"AWS": arn("First")}, "Action": "sts:AssumeRole"}

    assert {
        "permissions": {"Version": "2012-10-17", "Statement": [permission]},
        "trust": {"Version": "2012-10-17", "Statement": [trust]},
    } == _documents(arn("First"), THEIRS)
