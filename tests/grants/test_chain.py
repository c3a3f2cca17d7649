"""Role chaining: both sides of each link, written where they are ours and as documents where they are not."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3 as s3

from redshift_roles import RedshiftRole, RoleAssociationError, RoleChain
from tests.conftest import ACCOUNT, OTHER_ACCOUNT, REGION
from tests.support.builders import arn
from tests.support.functions import function_of
from tests.support.iam import Assumption, assumed
from tests.support.templates import all_properties_of, template_of

POLICY, ROLE = "AWS::IAM::ManagedPolicy", "AWS::IAM::Role"
THEIRS = arn("Theirs", account=OTHER_ACCOUNT)


def _assumed(stack: cdk.Stack) -> list[tuple[Any, Any]]:
    """List who may assume what in a template: the attached role and the resource."""
    return [
        (policy["Roles"][0], statement["Resource"])
        for policy in all_properties_of(stack, POLICY)
        for statement in policy["PolicyDocument"]["Statement"]
        if statement["Action"] == "sts:AssumeRole"
    ]


def _trusted(stack: cdk.Stack, name: str) -> list[Any]:
    """List the AWS principals of a role's trust policy."""
    resources = template_of(stack)["Resources"]
    (role,) = [r for key, r in resources.items() if r["Type"] == ROLE and key.startswith(name)]
    statements = role["Properties"]["AssumeRolePolicyDocument"]["Statement"]
    return [statement["Principal"]["AWS"] for statement in statements if "AWS" in statement["Principal"]]


def _imported(stack: cdk.Stack, name: str, **options: Any) -> iam.IRole:
    return iam.Role.from_role_arn(stack, name, arn(name, account=OTHER_ACCOUNT), **options)


def _wrong(*roles: Any) -> list[tuple[str, str]]:
    with pytest.raises(RoleAssociationError) as caught:
        RoleChain(*roles)
    assert "${Token[" not in str(caught.value)
    return [(finding.rule, finding.message) for finding in caught.value.findings]


def _root(stack: cdk.Stack, name: str, **options: Any) -> iam.Role:
    return iam.Role(stack, name, assumed_by=iam.ServicePrincipal("ec2.amazonaws.com"), **options)


@pytest.mark.parametrize("count", [1, 11])
def test_fails_when_there_are_too_few_or_too_many(stack: cdk.Stack, count: int) -> None:
    """Two to ten."""
    roles = [RedshiftRole(stack, f"R{number}") for number in range(count)]

    assert [("InvalidArgument", f"a chain must have 2 to 10 roles, got {count}")] == _wrong(*roles)
    assert [] == all_properties_of(stack, POLICY)


def test_fails_when_one_is_no_role(stack: cdk.Stack) -> None:
    """An ARN as text is not a role."""
    assert [("InvalidArgument", "'others[0]' must be an iam.IRole, got 'arn'")] == _wrong(
        RedshiftRole(stack, "First"), "arn"
    )
    assert ("InvalidArgument", "'first' must be an iam.IRole, got 'arn'") in _wrong("arn", "x")


def test_fails_when_a_role_is_there_twice(stack: cdk.Stack) -> None:
    """A role does not assume itself."""
    first, second = RedshiftRole(stack, "First"), RedshiftRole(stack, "Second")

    assert [("RoleDuplicated", "roles[2] (Data/First) and roles[0] (Data/First) are the same role")] == _wrong(
        first, second, first
    )


def test_fails_when_redshift_cannot_assume_the_first(stack: cdk.Stack) -> None:
    """The first is the one that is associated with the cluster; the later ones need not trust Redshift."""
    message = f"first (Data/First) trusts ec2.amazonaws.com; Redshift in {REGION} cannot assume it"

    assert [("TrustLacksRedshift", message)] == _wrong(_root(stack, "First"), _root(stack, "Second"))
    assert () == RoleChain(RedshiftRole(stack, "Own"), _root(stack, "Third")).required_policies


def test_fails_when_one_is_no_role_in_iam(stack: cdk.Stack) -> None:
    """A service-linked role, and the ARN of a user."""
    first = RedshiftRole(stack, "First")
    linked = iam.Role.from_role_arn(stack, "Linked", arn("X", path="/aws-service-role/redshift.amazonaws.com/"))
    user = iam.Role.from_role_arn(stack, "User", "arn:aws:iam::111111111111:user/loader")

    assert ["ServiceLinkedRole"] == [rule for rule, _ in _wrong(linked, first)]
    assert ["RoleArnInvalid"] == [rule for rule, _ in _wrong(first, user)]


def test_fails_when_one_cannot_name_the_other(app: cdk.App, stack: cdk.Stack) -> None:
    """Roles of two accounts need names, on either side."""
    there = cdk.Stack(app, "There", env=cdk.Environment(account=OTHER_ACCOUNT, region=REGION))
    end = "which is in a stack of another environment and has no role_name, so CDK cannot refer to it from here"

    assert [
        ("InvalidArgument", f"a policy of Data/First cannot name There/Last, {end}"),
        ("InvalidArgument", f"a policy of There/Last cannot name Data/First, {end}"),
    ] == _wrong(RedshiftRole(stack, "First"), _root(there, "Last"))


def test_fails_when_everything_is_wrong_and_leaves_nothing(stack: cdk.Stack) -> None:
    """All of it is told at once, no policy is touched, and a shorter chain works."""
    first, last = _root(stack, "First"), RedshiftRole(stack, "Last")
    linked = iam.Role.from_role_arn(stack, "Linked", arn("X", path="/aws-service-role/redshift.amazonaws.com/"))
    user = iam.Role.from_role_arn(stack, "User", "arn:aws:iam::111111111111:user/loader")
    before = [construct.node.path for construct in stack.node.find_all()]

    assert {"TrustLacksRedshift", "ServiceLinkedRole", "RoleArnInvalid", "RoleDuplicated"} == {
        rule for rule, _ in _wrong(first, linked, user, last, last)
    }
    assert before == [construct.node.path for construct in stack.node.find_all()]

    RoleChain(RedshiftRole(stack, "Good"), last)

    assert 1 == len(_trusted(stack, "Last"))


def test_fails_when_a_role_is_in_another_stage(app: cdk.App, stack: cdk.Stack) -> None:
    """CDK refuses references between Stages at synth time, far from this line."""
    there = cdk.Stack(cdk.Stage(app, "Stage"), "There", env=cdk.Environment(account=ACCOUNT, region=REGION))

    assert {"InvalidArgument"} == {rule for rule, _ in _wrong(RedshiftRole(stack, "First"), _root(there, "Last"))}


@pytest.mark.parametrize("named", [True, False])
def test_fails_when_a_chain_leads_back_into_the_first_stack(app: cdk.App, stack: cdk.Stack, named: bool) -> None:
    """Each stack would need the other one first, named or not, and CDK would say so in words of its own at
    synth time.
    """
    there = cdk.Stack(app, "There", env=cdk.Environment(account=ACCOUNT, region=REGION))
    second, third = (
        _root(home, name, role_name=name if named else None) for home, name in ((there, "Second"), (stack, "Third"))
    )

    assert {"InvalidArgument"} == {rule for rule, _ in _wrong(RedshiftRole(stack, "First"), second, third)}
    assert [] == there.dependencies


def test_fails_when_another_chain_goes_the_other_way(app: cdk.App, stack: cdk.Stack) -> None:
    """Between two stacks of one environment that is a circle too."""
    there = cdk.Stack(app, "There", env=cdk.Environment(account=ACCOUNT, region=REGION))
    RoleChain(RedshiftRole(stack, "A"), _root(there, "B"))

    assert {"InvalidArgument"} == {rule for rule, _ in _wrong(RedshiftRole(there, "C"), _root(stack, "D"))}


def test_fails_when_a_role_is_of_another_partition(stack: cdk.Stack) -> None:
    """No role of one partition can assume one of another."""
    china = iam.Role.from_role_arn(stack, "China", arn("Loader", account=OTHER_ACCOUNT, partition="aws-cn"))

    assert ["RolePartitionMismatch"] == [rule for rule, _ in _wrong(RedshiftRole(stack, "First"), china)]


def test_in_one_stack_both_sides_are_written(stack: cdk.Stack) -> None:
    """Each may assume the next, the next trusts it, and nobody else has to do anything."""
    first, second, third = RedshiftRole(stack, "First"), _root(stack, "Second"), _root(stack, "Third")
    third_grants = s3.Bucket(stack, "Bucket")
    chain = RoleChain(first, second, third)
    third_grants.grant_read(third)
    arns = [stack.resolve(role.role_arn) for role in (first, second, third)]
    names = [stack.resolve(role.role_name) for role in (first, second, third)]

    assert [(names[0], arns[1]), (names[1], arns[2])] == _assumed(stack)
    assert ([arns[0]], [arns[1]]) == (_trusted(stack, "Second"), _trusted(stack, "Third"))
    assert () == chain.required_policies
    assert [first.role_arn, second.role_arn, third.role_arn] == list(chain.role_arns)
    assert f"IAM_ROLE '{first.role_arn},{second.role_arn},{third.role_arn}'" == chain.iam_role_clause


def test_the_order_is_kept(stack: cdk.Stack) -> None:
    """Ten roles, the most there may be, as they were given."""
    roles = [RedshiftRole(stack, "First"), *(_imported(stack, f"R{number}") for number in (5, 3, 9, 1, 7, 2, 8, 4, 6))]
    names = [text.rpartition("/")[2] for text in RoleChain(*roles).role_arns[1:]]

    assert [f"R{number}" for number in (5, 3, 9, 1, 7, 2, 8, 4, 6)] == names


def test_chaining_twice_adds_nothing(stack: cdk.Stack) -> None:
    """The same template as once."""
    first, second = RedshiftRole(stack, "First"), _root(stack, "Second")
    RoleChain(first, second)
    RoleChain(first, second)

    assert 1 == len(_assumed(stack))
    assert 1 == len(_trusted(stack, "Second"))


def test_two_roles_may_lead_to_one(stack: cdk.Stack) -> None:
    """Each is trusted."""
    last = _root(stack, "Last")
    firsts = [RedshiftRole(stack, f"First{number}") for number in range(2)]
    for first in firsts:
        RoleChain(first, last)

    assert [stack.resolve(first.role_arn) for first in firsts] == _trusted(stack, "Last")


@pytest.mark.parametrize("names", [("Home", "Other"), ("Other", "Home")])
def test_two_stacks_of_one_environment_do_not_need_each_other(app: cdk.App, names: tuple[str, str]) -> None:
    """The later role's stack depends on the earlier's and not the other way round, so the app synthesizes."""
    env = cdk.Environment(account=ACCOUNT, region=REGION)
    here, there = (cdk.Stack(app, name, env=env) for name in names)
    first, last = RedshiftRole(here, "First"), _root(there, "Last")
    first.redshift_grants.copy_from(s3.Bucket(here, "Landing"))
    RoleChain(first, last)
    app.synth()

    assert [here] == there.dependencies
    assert [] == here.dependencies
    assert 1 == len(_assumed(there))
    assert [] == _assumed(here)


def test_two_accounts_of_one_app_write_both_sides(app: cdk.App, stack: cdk.Stack) -> None:
    """By name; the policy is in the account of the role that it is attached to."""
    there = cdk.Stack(app, "There", env=cdk.Environment(account=OTHER_ACCOUNT, region=REGION))
    first, last = RedshiftRole(stack, "First", role_name="first"), _root(there, "Last", role_name="last")
    chain = RoleChain(first, last)
    partition = {"Ref": "AWS::Partition"}

    assert () == chain.required_policies
    assert [{"Fn::Join": ["", ["arn:", partition, f":iam::{OTHER_ACCOUNT}:role/last"]]}] == [
        resource for _, resource in _assumed(stack)
    ]
    assert [] == _assumed(there)
    assert [{"Fn::Join": ["", ["arn:", partition, f":iam::{ACCOUNT}:role/first"]]}] == _trusted(there, "Last")
    assert [stack] == there.dependencies


def test_fails_when_chains_go_in_both_directions_between_accounts(app: cdk.App, stack: cdk.Stack) -> None:
    """No order of deployment is right then, since each stack trusts a role of the other; a stack in between is."""
    there = cdk.Stack(app, "There", env=cdk.Environment(account=OTHER_ACCOUNT, region=REGION))
    beside = cdk.Stack(app, "Beside", env=cdk.Environment(account=ACCOUNT, region=REGION))
    RoleChain(RedshiftRole(stack, "A", role_name="a"), _root(there, "B", role_name="b"))
    back = RedshiftRole(there, "C", role_name="c")

    assert [("InvalidArgument", "Data/D trusts There/C, whose stack is deployed after it already")] == (
        _wrong(back, _root(stack, "D", role_name="d"))
    )
    RoleChain(back, _root(beside, "D", role_name="e"))
    app.synth()
    assert [[stack], [], [there]] == [there.dependencies, stack.dependencies, beside.dependencies]


@pytest.mark.parametrize("stacks", [("AB", "A"), ("A", "AB")])
def test_two_first_roles_with_paths_alike_lead_to_one(app: cdk.App, stack: cdk.Stack, stacks: tuple[str, str]) -> None:
    """AB/C and A/BC are two roles."""
    env = cdk.Environment(account=ACCOUNT, region=REGION)
    last = _root(stack, "Last")
    for name in stacks:
        RoleChain(RedshiftRole(cdk.Stack(app, name, env=env), "ABC".removeprefix(name)), last)

    assert 2 == len(_assumed(stack))
    assert 2 == len(_trusted(stack, "Last"))


@pytest.mark.parametrize("last_is_nested", [False, True])
def test_a_chain_crosses_nested_stacks(app: cdk.App, stack: cdk.Stack, last_is_nested: bool) -> None:
    """Both ways; both sides are in the later role's template."""
    nested = cdk.NestedStack(stack, "Nested")
    home, there = (stack, nested) if last_is_nested else (nested, stack)
    RoleChain(RedshiftRole(home, "First"), _root(there, "Last"))
    app.synth()

    assert 1 == len(_assumed(there))
    assert 1 == len(_trusted(there, "Last"))
    assert [] == _assumed(home)


def test_a_first_of_another_account_gets_its_permissions_as_a_document(stack: cdk.Stack) -> None:
    """Only the last is ours: we trust theirs, and they must let it assume ours."""
    theirs, last = _imported(stack, "Theirs"), RedshiftRole(stack, "Last", role_name="last")
    chain = RoleChain(theirs, last)
    (required,) = chain.required_policies
    (statement,) = json.loads(json.dumps(required.document))["Statement"]

    assert (THEIRS, "permissions") == (required.role_arn, required.kind)
    assert ("sts:AssumeRole", last.role_arn) == (statement["Action"], statement["Resource"])
    assert [THEIRS] == _trusted(stack, "Last")
    assert [] == _assumed(stack)


def test_a_middle_of_another_account_gets_both_documents(stack: cdk.Stack) -> None:
    """The first may assume it, the last trusts it, and the other team writes the rest."""
    first, theirs, last = RedshiftRole(stack, "First"), _imported(stack, "Theirs"), RedshiftRole(stack, "Last")
    chain = RoleChain(first, theirs, last)
    documents = {policy.kind: policy.document["Statement"] for policy in chain.required_policies}

    assert [(THEIRS, "trust"), (THEIRS, "permissions")] == [
        (policy.role_arn, policy.kind) for policy in chain.required_policies
    ]
    assert [{"Effect": "Allow", "Principal": {"AWS": first.role_arn}, "Action": "sts:AssumeRole"}] == documents["trust"]
    assert last.role_arn in json.dumps(documents["permissions"])
    assert [(stack.resolve(first.role_name), THEIRS)] == _assumed(stack)
    assert [THEIRS] == _trusted(stack, "Last")


def test_a_middle_by_its_name_in_a_stack_of_another_account_is_ours_to_allow(app: cdk.App, stack: cdk.Stack) -> None:
    """Its permissions are in that stack, its trust is a document for whoever defined it."""
    there = cdk.Stack(app, "There", env=cdk.Environment(account=OTHER_ACCOUNT, region=REGION))
    first, last = (RedshiftRole(stack, name, role_name=name.lower()) for name in ("First", "Last"))
    chain = RoleChain(first, iam.Role.from_role_name(there, "Middle", "middle"), last)
    partition = {"Ref": "AWS::Partition"}

    assert ["trust"] == [policy.kind for policy in chain.required_policies]
    assert [("middle", {"Fn::Join": ["", ["arn:", partition, f":iam::{ACCOUNT}:role/last"]]})] == _assumed(there)
    assert [{"Fn::Join": ["", ["arn:", partition, f":iam::{OTHER_ACCOUNT}:role/middle"]]}] == _trusted(stack, "Last")


def test_the_other_team_gets_a_document(stack: cdk.Stack) -> None:
    """Only the first role is ours: it may assume theirs, and they must trust it."""
    first, theirs = RedshiftRole(stack, "First", role_name="first"), _imported(stack, "Theirs")
    chain = RoleChain(first, theirs)
    (required,) = chain.required_policies

    assert [THEIRS] == [resource for _, resource in _assumed(stack)]
    assert (THEIRS, "trust") == (required.role_arn, required.kind)
    assert {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Principal": {"AWS": first.role_arn}, "Action": "sts:AssumeRole"}],
    } == required.document


def test_a_document_with_tokens_can_be_an_output(stack: cdk.Stack) -> None:
    """The deployment writes it as JSON."""
    first = RedshiftRole(stack, "First")
    (required,) = RoleChain(first, _imported(stack, "Theirs")).required_policies
    cdk.CfnOutput(stack, "ForTheOtherTeam", value=required.text)
    (value,) = [output["Value"] for output in template_of(stack)["Outputs"].values()]
    separator, parts = value["Fn::Join"]
    written = separator.join("arn:x" if isinstance(part, dict) else part for part in parts)

    assert {"AWS": "arn:x"} == json.loads(written)["Statement"][0]["Principal"]


def test_between_two_roles_of_theirs_both_sides_are_documents(stack: cdk.Stack) -> None:
    """Literal, so ready to send as they are."""
    first, second, third = RedshiftRole(stack, "First"), _imported(stack, "Second"), _imported(stack, "Third")
    chain = RoleChain(first, second, third)
    other = [(policy.role_arn, policy.kind) for policy in chain.required_policies]
    texts = [json.loads(policy.text) for policy in chain.required_policies[1:]]

    assert [
        (second.role_arn, "trust"),
        (second.role_arn, "permissions"),
        (third.role_arn, "trust"),
    ] == other
    assert [policy.document for policy in chain.required_policies[1:]] == texts
    assert third.role_arn == texts[0]["Statement"][0]["Resource"]


def test_a_first_that_is_imported_is_written_where_it_can_be(stack: cdk.Stack) -> None:
    """Of this account: its permissions are ours, its later role's trust too; with mutable=False they are a document."""
    mutable = iam.Role.from_role_arn(stack, "Mutable", arn("Mutable"))
    fixed = iam.Role.from_role_arn(stack, "Fixed", arn("Fixed"), mutable=False)
    last = _root(stack, "Last")

    assert () == RoleChain(mutable, last).required_policies
    assert [(arn("Fixed"), "permissions")] == [
        (policy.role_arn, policy.kind) for policy in RoleChain(fixed, last).required_policies
    ]
    assert [arn("Mutable"), arn("Fixed")] == _trusted(stack, "Last")
    assert ["Mutable"] == [role for role, _ in _assumed(stack)]


def test_in_a_stack_without_an_account_only_the_first_is_taken_for_ours(agnostic: cdk.Stack) -> None:
    """The first must be of the cluster's account; the middle of the chain may well be of another."""
    first = iam.Role.from_role_arn(agnostic, "First", arn("First"))
    middle, last = _imported(agnostic, "Middle"), _imported(agnostic, "Last")
    chain = RoleChain(first, middle, last)

    assert [(middle.role_arn, "trust"), (middle.role_arn, "permissions"), (last.role_arn, "trust")] == [
        (policy.role_arn, policy.kind) for policy in chain.required_policies
    ]
    assert "RedshiftRolesAccount" in template_of(agnostic)["Rules"]


def test_the_last_has_the_permissions(stack: cdk.Stack) -> None:
    """Grants and links of one role share a policy."""
    first, last = RedshiftRole(stack, "First"), RedshiftRole(stack, "Last")
    RoleChain(first, last)
    first.redshift_grants.copy_from(s3.Bucket(stack, "Landing"))
    last.redshift_grants.copy_from(s3.Bucket(stack, "Other"))

    assert 2 == len(all_properties_of(stack, POLICY))


def test_a_role_that_cdk_hands_out_is_trusted_once(stack: cdk.Stack) -> None:
    """Each look at the role of a function gives another Python object."""
    function = function_of(stack)
    function.role.assume_role_policy.add_statements(  # type: ignore[union-attr]
        iam.PolicyStatement(actions=["sts:AssumeRole"], principals=[iam.ServicePrincipal("redshift.amazonaws.com")])
    )
    last = RedshiftRole(stack, "Last")
    for _ in range(2):
        RoleChain(function.role, last)  # type: ignore[arg-type]

    assert 1 == len(_trusted(stack, "Last"))
    assert 1 == len(all_properties_of(stack, "AWS::IAM::ManagedPolicy"))


def test_the_trust_of_a_role_that_others_made_is_theirs_to_write(app: cdk.App, stack: cdk.Stack) -> None:
    """CDK was told to write no roles: it reports what the first role needs, and the trust of the last one is
    required.
    """
    iam.Role.customize_roles(stack, use_precreated_roles={"First": "first", "Last": "last"})
    first, last = RedshiftRole(stack, "First"), RedshiftRole(stack, "Last")
    (required,) = RoleChain(first, last).required_policies
    report = json.loads((Path(app.synth().directory) / "iam-policy-report.json").read_text())["roles"]
    (assumed,) = report[0]["identityPolicyStatements"]

    assert ("trust", last.role_arn) == (required.kind, required.role_arn)
    assert ("sts:AssumeRole", "arn:(PARTITION):iam::111111111111:role/last") == (assumed["Action"], assumed["Resource"])
    assert "Resources" not in template_of(stack)


@pytest.mark.parametrize("is_first", [True, False])
def test_a_condition_that_cdk_keeps_as_an_object_is_no_obstacle(stack: cdk.Stack, is_first: bool) -> None:
    """Such as a `CfnJson`, whose keys only the deployment knows."""
    condition = {"StringEquals": cdk.CfnJson(stack, "Json", value={"aws:SourceAccount": ACCOUNT})}
    redshift = iam.ServicePrincipal("redshift.amazonaws.com", conditions=condition)
    roles = [iam.Role(stack, "Odd", assumed_by=redshift), RedshiftRole(stack, "Plain")]
    chain = RoleChain(*(roles if is_first else roles[::-1]))

    assert () == chain.required_policies
    assert 1 == len(_trusted(stack, "Plain" if is_first else "Odd"))


def test_fails_when_no_further_policy_fits_on_the_first_role(stack: cdk.Stack) -> None:
    """IAM attaches at most 25 managed policies to a role."""
    policies = [iam.ManagedPolicy.from_managed_policy_name(stack, f"P{number}", f"p{number}") for number in range(25)]
    first, second = RedshiftRole(stack, "First", managed_policies=policies), RedshiftRole(stack, "Second")

    ((rule, _),) = _wrong(first, second)

    assert "PolicyTooLarge" == rule
    assert [] == _trusted(stack, "Second")


def _documents(first: str, second: str) -> dict[str, Any]:
    """Write both sides of a link between two roles of others: what the first may do, and whom the second trusts."""
    stack = cdk.Stack(cdk.App(analytics_reporting=False), "Data", env=cdk.Environment(account="999999999999"))
    roles = [iam.Role.from_role_arn(stack, name, found, mutable=False) for name, found in (("A", first), ("B", second))]
    return {policy.kind: policy.document for policy in RoleChain(*roles).required_policies}


@pytest.mark.parametrize("second", [THEIRS, arn("Theirs")], ids=["another account", "one account"])
def test_fails_when_a_side_of_the_link_is_missing(second: str) -> None:
    """An evaluator that is not ours: both sides let the first role in, one alone does not, and no other role may
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
    """The page on role chaining writes it so; not its whole account."""
    assert {
        "permissions": {
            "Version": "2012-10-17",
            "Statement": [
                {"Sid": "AssumeNextRoles", "Effect": "Allow", "Action": "sts:AssumeRole", "Resource": THEIRS},
            ],
        },
        "trust": {
            "Version": "2012-10-17",
            "Statement": [{"Effect": "Allow", "Principal": {"AWS": arn("First")}, "Action": "sts:AssumeRole"}],
        },
    } == _documents(arn("First"), THEIRS)
