"""The roles of clusters and of namespaces: one table of rules for both, in the constructor and in `add_role`."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import aws_cdk as cdk
import jsii
import pytest
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3 as s3

from redshift_roles import RedshiftCluster, RedshiftNamespace, RedshiftRole, RoleAssociationError, RoleAssociationRules
from tests.conftest import ACCOUNT, OTHER_ACCOUNT, REGION
from tests.support.associations import refused
from tests.support.builders import arn
from tests.support.templates import failures_of, properties_of, report_of, template_of, the_violation_of, warnings_of

Listing = RedshiftCluster | RedshiftNamespace
TYPES: Final = {"cluster": "AWS::Redshift::Cluster", "namespace": "AWS::RedshiftServerless::Namespace"}


@pytest.fixture(params=["cluster", "namespace"])
def kind(request: pytest.FixtureRequest) -> str:
    """Every test is of both."""
    return str(request.param)


def _define(kind: str, scope: cdk.Stack, construct_id: str = "Thing", **options: Any) -> Listing:
    if kind == "cluster":
        return RedshiftCluster(scope, construct_id, cluster_subnet_group_name="subnets", **options)
    return RedshiftNamespace(scope, construct_id, **options)


def _l1(thing: Listing) -> Any:
    return thing.cfn_cluster if isinstance(thing, RedshiftCluster) else thing.cfn_namespace


def _stack(app: cdk.App, region: str | None = REGION) -> cdk.Stack:
    return cdk.Stack(app, "Data", env=cdk.Environment(account=ACCOUNT, region=region) if region else None)


def _imported(stack: cdk.Stack, text: str) -> iam.IRole:
    """Import a role under an id of its own."""
    return iam.Role.from_role_arn(stack, f"Imported{len(stack.node.children)}", text)


def _roles(stack: cdk.Stack, count: int) -> list[iam.IRole]:
    return [_imported(stack, arn(f"Role{number}")) for number in range(count)]


Make = Callable[[cdk.Stack], list[iam.IRole]]


def _of(*texts: str) -> Make:
    return lambda stack: [_imported(stack, text) for text in texts]


def _many(count: int) -> Make:
    return lambda stack: _roles(stack, count)


def _twice(stack: cdk.Stack) -> list[iam.IRole]:
    role = RedshiftRole(stack, "Role", serverless=True)
    return [role, role]


def _by_name_and_construct(stack: cdk.Stack) -> list[iam.IRole]:
    made = RedshiftRole(stack, "Role", role_name="loader", serverless=True)
    return [made, iam.Role.from_role_name(stack, "Name", "loader")]


def _token(text: str) -> Make:
    def make(stack: cdk.Stack) -> list[iam.IRole]:
        name = cdk.CfnParameter(stack, "Name").value_as_string
        return [_imported(stack, text.format(name=name))]

    return make


LINKED = "arn:aws:iam::111111111111:role/aws-service-role/redshift.amazonaws.com/AWSServiceRoleForRedshift"
THEIRS = arn(account=OTHER_ACCOUNT)
# What is given, in which region, with which limit, and the rules that it breaks. The last role is the one that breaks
# them, so that add_role finds the same.
CASES: Final[dict[str, tuple[Make, str | None, dict[str, Any], list[str]]]] = {
    "no role": (_many(0), REGION, {}, []),
    "one role": (_many(1), REGION, {}, []),
    "ten roles": (_many(10), REGION, {}, []),
    "eleven roles": (_many(11), REGION, {}, ["RoleQuotaExceeded"]),
    "one role of one": (_many(1), REGION, {"role_limit": 1}, []),
    "two roles of one": (_many(2), REGION, {"role_limit": 1}, ["RoleQuotaExceeded"]),
    "fifty roles": (_many(50), REGION, {"role_limit": 50}, []),
    "fifty-one roles": (_many(51), REGION, {"role_limit": 50}, ["RoleQuotaExceeded"]),
    "fifty-one roles somewhere": (_many(51), None, {"role_limit": 50}, ["RoleQuotaExceeded"]),
    "ten roles in an isolated region": (_many(10), "us-iso-east-1", {}, ["RolePartitionMismatch"] * 10),
    "a role twice": (_twice, REGION, {}, ["RoleDuplicated"]),
    "a role by construct and by name": (_by_name_and_construct, REGION, {}, ["RoleDuplicated"]),
    "a role by construct and by name somewhere": (_by_name_and_construct, None, {}, ["RoleDuplicated"]),
    "an ARN twice": (_of(arn("A"), arn("A")), REGION, {}, ["RoleDuplicated"]),
    "two paths": (_of(arn("A"), arn("A", path="/b/")), REGION, {}, []),
    "another account": (_of(arn(), THEIRS), REGION, {}, ["RoleAccountMismatch"]),
    "two accounts in a stack without one": (_of(arn(), THEIRS), None, {}, ["RoleAccountMismatch"]),
    "one account in a stack without one": (_of(THEIRS), None, {}, []),
    "another partition": (_of(arn(partition="aws-cn")), REGION, {}, ["RolePartitionMismatch"]),
    "another partition somewhere": (_of(arn(partition="aws-cn")), None, {}, []),
    "a service-linked role": (_of(LINKED), REGION, {}, ["ServiceLinkedRole"]),
    "a wildcard": (_of(arn("*")), REGION, {}, ["RoleArnInvalid"]),
    "a token for a name": (_token("arn:aws:iam::111111111111:role/{name}"), REGION, {}, []),
    "a token for a name of another account": (_token(THEIRS + "{name}"), REGION, {}, ["RoleAccountMismatch"]),
    "a token for all": (_token("{name}"), REGION, {}, []),
}


@pytest.mark.parametrize(("make", "region", "options", "rules"), CASES.values(), ids=CASES)
def test_the_constructor_and_add_role_break_the_same_rules(
    app: cdk.App, kind: str, make: Make, region: str | None, options: dict[str, Any], rules: list[str]
) -> None:
    """With all roles at once, or the last one added; what is refused leaves everything as it was."""
    stack = _stack(app, region)
    roles = make(stack)
    if not rules:
        assert tuple(roles) == _define(kind, stack, roles=roles, **options).roles
        added = _define(kind, stack, "Added", roles=roles[:-1], **options)
        for role in roles[-1:]:
            added.add_role(role)
        assert (tuple(roles), len(roles)) == (added.roles, len(_l1(added).iam_roles or []))
        return
    found = refused(lambda: _define(kind, stack, roles=roles, **options))
    assert rules == [rule for rule, _ in found]
    assert stack.node.try_find_child("Thing") is None
    assert not [message for _, message in found if "Token[" in message]
    if len(set(rules)) == len(rules):
        thing = _define(kind, stack, roles=roles[:-1], **options)
        assert found == refused(lambda: thing.add_role(roles[-1]))
        assert (tuple(roles[:-1]), len(roles) - 1) == (thing.roles, len(_l1(thing).iam_roles or []))


@pytest.mark.parametrize(
    ("region", "limit", "kinds"),
    [
        (REGION, 0, ["cluster", "namespace"]),
        (REGION, 1, []),
        (REGION, 50, []),
        (REGION, 51, ["cluster", "namespace"]),
        (None, 51, ["cluster", "namespace"]),
        ("us-iso-east-1", 10, []),
        # The quota of ten in three regions is one of clusters.
        ("us-iso-east-1", 11, ["cluster"]),
        ("us-isob-east-1", 51, ["cluster", "namespace"]),
    ],
)
def test_fails_when_the_limit_is_out_of_range(
    app: cdk.App, kind: str, region: str | None, limit: int, kinds: list[str]
) -> None:
    """1 to 50 for both; in three regions 1 to 10 for clusters."""
    stack = _stack(app, region)
    if kind in kinds:
        assert ["RoleLimitOutOfRange"] == [rule for rule, _ in refused(lambda: _define(kind, stack, role_limit=limit))]
    else:
        assert limit == _define(kind, stack, role_limit=limit).role_limit


def test_fails_when_the_default_role_is_not_among_the_roles(stack: cdk.Stack, kind: str) -> None:
    """Before anything is made; the error names both."""
    role, other = (RedshiftRole(stack, name, serverless=True) for name in ("Role", "Other"))

    assert [("DefaultRoleNotAssociated", "'default_role' (Data/Other) is not among 'roles'")] == refused(
        lambda: _define(kind, stack, roles=[role], default_role=other)
    )
    assert stack.node.try_find_child("Thing") is None


@pytest.mark.parametrize(
    ("argument", "value", "message"),
    [
        ("roles", "arn", "must be a list, got 'arn'"),
        ("roles", ["arn"], "[0]' must be an iam.IRole, got 'arn'"),
        ("roles", None, "must be a list, got None"),
        ("role_limit", "10", "must be a whole number, got '10'"),
        ("role_limit", True, "must be a whole number, got True"),
        ("role_limit", None, "must be a whole number, got None"),
        ("default_role", "arn", "must be an iam.IRole, got 'arn'"),
        ("encryption_key", "alias/key", "must be a kms.IKey, got 'alias/key'"),
        ("removal_policy", "retain", "must be a RemovalPolicy, got 'retain'"),
    ],
)
def test_fails_when_an_argument_is_of_another_kind(
    stack: cdk.Stack, kind: str, argument: str, value: object, message: str
) -> None:
    """In the words of the argument, and nothing is left in the tree."""
    given: dict[str, Any] = {argument: value}
    ((rule, found),) = refused(lambda: _define(kind, stack, **given))

    assert "InvalidArgument" == rule
    assert found.startswith(f"'{argument}' {message}".replace("' [", "["))
    assert stack.node.try_find_child("Thing") is None


def test_fails_when_an_added_role_or_the_list_is_not_known(stack: cdk.Stack, kind: str) -> None:
    """An L1 is no `iam.IRole`; to a list that only the deployment knows, CDK would fail to add at synth time."""
    thing, role = _define(kind, stack), RedshiftRole(stack, "Role")
    raw: Any = iam.CfnRole(stack, "Raw", assume_role_policy_document={})

    assert [("InvalidArgument", "'roles[0]' must be an iam.IRole, got a CfnRole")] == refused(
        lambda: thing.add_role(raw)
    )
    _l1(thing).iam_roles = cdk.CfnParameter(stack, "Roles", type="CommaDelimitedList").value_as_list
    ((_, message),) = refused(lambda: thing.add_role(role))
    assert message.startswith(f"cfn_{kind}.iam_roles was replaced by a list")
    assert {"Ref": "Roles"} == properties_of(stack, TYPES[kind])["IamRoles"]


def test_add_role_keeps_what_was_put_into_the_l1_and_the_callers_list(stack: cdk.Stack, kind: str) -> None:
    """A list that somebody reassigned is added to, not replaced."""
    given = _roles(stack, 1)
    thing, role = _define(kind, stack, roles=given), RedshiftRole(stack, "Role", serverless=True)
    _l1(thing).iam_roles = [arn("Theirs")]
    thing.add_role(role)

    assert 1 == len(given)
    assert [arn("Theirs"), stack.resolve(role.role_arn)] == properties_of(stack, TYPES[kind])["IamRoles"]


@jsii.implements(cdk.IStableListProducer)
class _Theirs:
    """A list of roles that is known when the app is synthesized."""

    def produce(self) -> list[str]:
        return [THEIRS]


@pytest.mark.parametrize(
    ("change", "rule", "message"),
    [
        (
            lambda l1: l1.add_property_override("IamRoles", [arn(f"R{number}") for number in range(11)]),
            "RoleQuotaExceeded",
            "IamRoles has 11 entries, 'role_limit' is 10",
        ),
        (
            lambda l1: setattr(l1, "iam_roles", [arn("A"), arn("A")]),
            "RoleDuplicated",
            "IamRoles[1] and IamRoles[0] are the same role",
        ),
        (
            lambda l1: setattr(l1, "iam_roles", cdk.Lazy.list(_Theirs())),
            "RoleAccountMismatch",
            "IamRoles[0] is in account 222222222222, the {} is in 111111111111",
        ),
    ],
    ids=["override", "reassigned list", "lazy list"],
)
def test_fails_at_synth_time_when_the_list_changes_later(
    app: cdk.App, stack: cdk.Stack, kind: str, change: Callable[[Any], None], rule: str, message: str
) -> None:
    """What nobody can acknowledge, whatever was written behind the construct's back."""
    change(_l1(_define(kind, stack, roles=_roles(stack, 1))))

    assert (f"fatal {rule}", "Data/Thing/Resource", message.format(kind)) == the_violation_of(app)


@pytest.mark.parametrize("count", [12, 13])
def test_a_limit_of_its_own_is_kept_by_guard_and_plug_in(app: cdk.App, stack: cdk.Stack, kind: str, count: int) -> None:
    """It stands in the Metadata; the plug-in does not report again what the guard checks."""
    cdk.Validations.of(app).add_plugins(RoleAssociationRules())
    l1 = _l1(_define(kind, stack, roles=_roles(stack, 1), role_limit=12))
    l1.add_property_override("IamRoles", [arn(f"R{number}") for number in range(count)])
    found = [(one["severity"], one["ruleName"], one["description"]) for one in report_of(app)]

    assert [("fatal", "RoleQuotaExceeded", "IamRoles has 13 entries, 'role_limit' is 12")][: count - 12] == found
    template = json.loads((Path(app.outdir) / "Data.template.json").read_text())
    (resource,) = (one for one in template["Resources"].values() if one["Type"] == TYPES[kind])
    assert {"role_limit": 12} == resource["Metadata"]["redshift-roles"]


@pytest.mark.parametrize("refused_first", [False, True])
def test_a_role_of_a_literal_account_keeps_a_stack_without_one_there(
    app: cdk.App, kind: str, refused_first: bool
) -> None:
    """By one CloudFormation Rule, also for a role that is added; a construct that is refused leaves none."""
    stack = cdk.Stack(app, "Anywhere")
    given: dict[str, Any] = {"removal_policy": "bad"}
    if refused_first:
        refused(lambda: _define(kind, stack, roles=[_imported(stack, THEIRS)], **given))
    _define(kind, stack).add_role(_imported(stack, arn()))

    (rule,) = (one for name, one in template_of(stack)["Rules"].items() if name != "CheckBootstrapVersion")
    assert [{"Ref": "AWS::AccountId"}, ACCOUNT] == rule["Assertions"][0]["Assert"]["Fn::Equals"]
    assert [] == failures_of(app) + warnings_of(app)


def test_a_role_whose_account_nobody_knows_warns(app: cdk.App, stack: cdk.Stack, kind: str) -> None:
    """It is undecided; the synthesis goes on."""
    given = cdk.CfnParameter(stack, "Arn").value_as_string
    _define(kind, stack, roles=[_imported(stack, given)])

    *found, message = the_violation_of(app)
    assert ["warning RoleAccountUndecided", "Data/Thing/Resource"] == found
    assert "IamRoles[0] is ${Arn}, whose account only the deployment knows" in message


ONLY_PROVISIONED = "trusts redshift.amazonaws.com; Redshift Serverless in eu-west-1 cannot assume it"
ONLY_SERVERLESS = "trusts redshift-serverless.amazonaws.com; Redshift in eu-west-1 cannot assume it"


@pytest.mark.parametrize(
    ("services", "of_cluster", "of_namespace"),
    [
        (["redshift.amazonaws.com"], "", ONLY_PROVISIONED),
        (["redshift-serverless.amazonaws.com"], ONLY_SERVERLESS, ONLY_SERVERLESS),
        (["redshift.amazonaws.com", "redshift-serverless.amazonaws.com"], "", ""),
    ],
)
def test_fails_at_synth_time_when_a_role_does_not_trust_redshift(
    app: cdk.App, stack: cdk.Stack, kind: str, services: list[str], of_cluster: str, of_namespace: str
) -> None:
    """A cluster needs the one service, a namespace both; the trust policy that counts is the finished one."""
    role = iam.Role(stack, "Role", assumed_by=iam.ServicePrincipal(services[0]))
    _define(kind, stack, roles=[role])
    for service in services[1:]:
        assert role.assume_role_policy is not None
        role.assume_role_policy.add_statements(
            iam.PolicyStatement(actions=["sts:AssumeRole"], principals=[iam.ServicePrincipal(service)])
        )

    expected = {"cluster": of_cluster, "namespace": of_namespace}[kind]
    found = [(one["severity"], one["ruleName"], one["description"]) for one in report_of(app)]
    assert [("fatal", "TrustLacksRedshift", f"IamRoles[0] (Role1ABCC5F0) {expected}")][: bool(expected)] == found


def test_fails_when_something_is_granted_to_it(stack: cdk.Stack, kind: str) -> None:
    """CDK passes on what to use."""
    warehouse = {"cluster": "RedshiftWarehouse", "namespace": "ServerlessWarehouse"}[kind]
    words = rf"Data/Thing: 1 rule broken\n  InvalidArgument: a {kind} has no permissions of its own.*\n"

    with pytest.raises(RuntimeError, match=rf"{words}.*, or to a {warehouse}, which has one"):
        s3.Bucket(stack, "Bucket").grant_read(_define(kind, stack))  # type: ignore[arg-type]


def test_fails_with_everything_that_is_wrong_at_once(stack: cdk.Stack, kind: str) -> None:
    """Arguments and roles in one error, with the paths of the roles and a fix for each."""
    foreign, role = iam.Role.from_role_arn(stack, "Foreign", THEIRS), RedshiftRole(stack, "Role")

    with pytest.raises(RoleAssociationError) as caught:
        _define(kind, stack, roles=[role, foreign, role], role_limit=1, admin_username="1")

    assert [
        ("InvalidArgument", "'admin_username' must be 1 to"),
        ("RoleQuotaExceeded", "'roles' has 2 entries, 'role_limit' is 1"),
        ("RoleAccountMismatch", f"roles[1] (Data/Foreign) is in account {OTHER_ACCOUNT}, the {kind} is in {ACCOUNT}"),
        ("RoleDuplicated", "roles[2] (Data/Role) and roles[0] (Data/Role) are the same role"),
    ] == [(finding.rule, finding.message.partition(" 12")[0]) for finding in caught.value.findings]
    assert {"Data/Thing"} == {finding.path for finding in caught.value.findings}
