"""The guard, the plug-in and the command have one verdict about an app of this library."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import aws_cdk as cdk
import pytest
import yaml
from aws_cdk import aws_iam as iam
from aws_cdk import aws_redshift as redshift
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_s3_assets as assets
from aws_cdk import aws_servicecatalog as servicecatalog
from aws_cdk import cloudformation_include as include

from redshift_roles import (
    RedshiftCluster,
    RedshiftRole,
    RoleAssociationError,
    RoleAssociationPolicy,
    RoleAssociationRules,
)
from redshift_roles.templates import checker, files
from tests.conftest import ACCOUNT, OTHER_ACCOUNT, REGION
from tests.support.associations import associate, cfn_cluster
from tests.support.builders import arn, cluster
from tests.support.rule_cases import named
from tests.support.templates import deployed, report_of, the_violation_of

FOREIGN = arn(account=OTHER_ACCOUNT)
ENV = cdk.Environment(account=ACCOUNT, region=REGION)


def _stack(scope: Any, name: str = "Data", **options: Any) -> cdk.Stack:
    return cdk.Stack(scope, name, **{"env": ENV, **options})


def _roles(scope: cdk.Stack, count: int, start: int = 0) -> list[iam.IRole]:
    """Import roles by their ARNs; those of two stacks with one number are one role."""
    names = [f"R{number}" for number in range(start, start + count)]
    return [iam.Role.from_role_arn(scope, f"{name}x{len(scope.node.children)}", arn(name)) for name in names]


def _cluster(scope: cdk.Stack, **options: Any) -> RedshiftCluster:
    return RedshiftCluster(scope, "Ours", cluster_subnet_group_name="subnets", **options)


def _verdicts(app: cdk.App) -> list[str]:
    """Return the rules that guard and plug-in report, once the command was found to report the same of the same."""
    reported, checked = _reported(app), _checked(app)
    assert reported == checked
    return _rules(reported)


def _rules(reported: list[str]) -> list[str]:
    return [name.partition(" ")[0] for name in reported]


def _reported(app: cdk.App) -> list[str]:
    cdk.Validations.of(app).add_plugins(RoleAssociationRules())
    return sorted(
        f"{violation['ruleName']} {construct['cloudFormationResource']['logicalId']}"
        for violation in report_of(app)
        for construct in violation["violatingConstructs"]
    )


def _checked(app: cdk.App) -> list[str]:
    return named(violation for violation in _violations(app) if violation.ignored is None)


def _violations(app: cdk.App) -> Sequence[checker.Violation]:
    given = files.read([app.outdir], files.Environment(None, None), lambda _: None)
    (assembly,) = given.assemblies
    assert [] == given.unusable
    return list(checker.check(assembly, 10, origin="template"))


def _eight_and(count: int, start: int = 8) -> Callable[[cdk.App], object]:
    def build(app: cdk.App) -> None:
        stack = _stack(app)
        cluster = _cluster(stack)
        associate(stack, "More", *_roles(stack, count, start), cluster=cluster)
        cluster.cfn_cluster.iam_roles = [role.role_arn for role in _roles(stack, 8)]

    return build


def _two_stacks(count: int, *envs: cdk.Environment | None, stages: bool = False) -> Callable[[cdk.App], object]:
    """Let two stacks give one cluster roles: the first six, the second as many as are asked for."""

    def build(app: cdk.App) -> None:
        for number, env in enumerate(envs):
            scope = cdk.Stage(app, f"Stage{number}") if stages else app
            stack = _stack(scope, f"Data{number}", env=env)
            associate(stack, "Roles", *_roles(stack, count if number else 6, 6 * number))

    return build


def _nested(app: cdk.App) -> None:
    stack = _stack(app)
    associate(stack, "Roles", *_roles(stack, 6))
    below = cdk.NestedStack(stack, "Below")
    associate(below, "Roles", *_roles(below, 5, 6))


def _theirs(listed: int) -> Callable[[cdk.App], object]:
    def build(app: cdk.App) -> None:
        stack = _stack(app)
        theirs = cfn_cluster(stack)
        associate(stack, "More", *_roles(stack, 1), cluster=theirs)
        theirs.iam_roles = [arn(f"Own{number}") for number in range(listed)]

    return build


def _default_taken_away(app: cdk.App) -> None:
    stack = _stack(app)
    first, second = _roles(stack, 2)
    cluster = _cluster(stack, roles=[first, second], default_role=second)
    cluster.cfn_cluster.iam_roles = [first.role_arn]


def _default_given_by_an_association(app: cdk.App) -> None:
    stack = _stack(app)
    first, second = _roles(stack, 2)
    cluster = _cluster(stack, roles=[first, second], default_role=second)
    cluster.cfn_cluster.iam_roles = [first.role_arn]
    associate(stack, "Second", second, cluster=cluster)


def _with_limits(own: int, of_association: int, count: int) -> Callable[[cdk.App], object]:
    def build(app: cdk.App) -> None:
        stack = _stack(app)
        cluster = _cluster(stack, role_limit=own)
        associate(stack, "Last", *_roles(stack, 1, count), cluster=cluster, role_limit=of_association)
        cluster.cfn_cluster.iam_roles = [role.role_arn for role in _roles(stack, count - 1)]

    return build


def _override_list(stack: cdk.Stack, roles: Sequence[str], **limit: int) -> None:
    associate(stack, "Association", *_roles(stack, 1), cluster=stack.stack_name.lower(), **limit)
    for construct in stack.node.find_all():
        if isinstance(construct, cdk.CfnResource) and construct.cfn_resource_type.endswith("RoleAssociation"):
            construct.add_property_override("RoleArns", [*roles])


def _defined_anew(limit: int) -> Callable[[cdk.App], object]:
    """Remove a cluster and define another one, which has the first one's logical id."""

    def build(app: cdk.App) -> None:
        stack = _stack(app)
        _cluster(stack, role_limit=limit)
        stack.node.try_remove_child("Ours")
        cluster = _cluster(stack).cfn_cluster
        cluster.add_property_override("IamRoles", [arn(f"R{number}") for number in range(11)])

    return build


class _Mine(RedshiftCluster):
    @property
    def cluster_identifier(self) -> str:
        """A name that the subclass knows better."""
        return "mine"


def _subclass(*roles: str) -> Callable[[cdk.App], object]:
    def build(app: cdk.App) -> None:
        stack = _stack(app)
        mine = _Mine(stack, "Mine", cluster_subnet_group_name="subnets", roles=_roles(stack, 1))
        mine.cfn_cluster.add_property_override("IamRoles", [*roles])

    return build


def _looked_up(app: cdk.App) -> None:
    """Let CDK look up the roles of a cluster and of an association; it writes one ARN for all that it awaits."""
    stack = _stack(app)
    first, second, third = (iam.Role.from_lookup(stack, name, role_name=name) for name in ("one", "two", "three"))
    _cluster(stack, roles=[first, second], default_role=second)
    associate(stack, "Third", third)


def _made_by_others(app: cdk.App) -> None:
    """Let CDK report two roles, and take a third one that has a name."""
    stack = _stack(app)
    iam.Role.customize_roles(stack, use_precreated_roles={"Data/C": "theirs"})
    roles: list[iam.IRole] = [RedshiftRole(stack, name) for name in "AB"]
    by_service = iam.ServicePrincipal("redshift.amazonaws.com")
    _cluster(
        stack, roles=[*roles, iam.Role(stack, "C", assumed_by=by_service), iam.Role(stack, "D", assumed_by=by_service)]
    )


def _subclass_as_an_argument(app: cdk.App) -> None:
    """Give a subclass eight roles, one of them the default, and two by an association; then let it list nine others."""
    stack = _stack(app)
    roles = _roles(stack, 8)
    mine = _Mine(stack, "Mine", cluster_subnet_group_name="subnets", roles=roles, default_role=roles[0])
    associate(stack, "More", *_roles(stack, 2, 8), cluster=mine)
    mine.cfn_cluster.iam_roles = [role.role_arn for role in _roles(stack, 9, 10)]


def _user_policy(change: Callable[[RoleAssociationPolicy], object]) -> Callable[[cdk.App], object]:
    """Define the policy of people, and change it."""

    def build(app: cdk.App) -> None:
        stack = _stack(app)
        change(RoleAssociationPolicy(stack, "People", clusters=["warehouse"], pass_roles=_roles(stack, 2)))

    return build


def _grown(size: int) -> Callable[[RoleAssociationPolicy], object]:
    """Let the policy have this many characters, as IAM counts them."""

    def change(policy: RoleAssociationPolicy) -> None:
        statement = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::"}
        document = deployed(policy.stack.resolve(policy.document), {"AWS::Partition": "aws"})
        text = json.dumps({**document, "Statement": [*document["Statement"], statement]}, separators=(",", ":"))
        resource = "arn:aws:s3:::" + "x" * (size - len(text))
        policy.add_statements(iam.PolicyStatement.from_json({**statement, "Resource": resource}))

    return change


def _passing(*resources: object) -> Callable[[RoleAssociationPolicy], object]:
    def change(policy: RoleAssociationPolicy) -> None:
        made: Any = policy.node.default_child
        made.add_property_override("PolicyDocument.Statement.2.Resource", [*resources])

    return change


def _trust(quota: int, size: int) -> Callable[[cdk.App], object]:
    """Let the trust policy of a role have this many characters."""

    def build(app: cdk.App) -> None:
        role = RedshiftRole(_stack(app), "Role", trust_policy_quota=quota)
        document: Any = role.assume_role_policy
        written = role.stack.resolve(document)
        statement = {"Action": "sts:TagSession", "Effect": "Allow", "Principal": {"AWS": arn("")}}
        text = json.dumps({**written, "Statement": [*written["Statement"], statement]}, separators=(",", ":"))
        principal = iam.ArnPrincipal(arn("x" * (size - len(text))))
        document.add_statements(iam.PolicyStatement(actions=["sts:TagSession"], principals=[principal]))

    return build


def _granted(size: int) -> Callable[[cdk.App], object]:
    """Replace the policy of a grant by one of this many characters."""

    def build(app: cdk.App) -> None:
        stack = _stack(app)
        bucket = s3.Bucket.from_bucket_name(stack, "Lake", "lake")
        (policy,) = RedshiftRole(stack, "Role").redshift_grants.copy_from(bucket).policies
        policy.policy_document = {"Statement": ["x" * (size - len('{"Statement":[""]}'))]}

    return build


def _attached(count: int) -> Callable[[cdk.App], object]:
    """Attach this many managed policies to a role: one by a grant, the others later."""

    def build(app: cdk.App) -> None:
        stack = _stack(app)
        role = RedshiftRole(stack, "Role")
        role.redshift_grants.copy_from(s3.Bucket.from_bucket_name(stack, "Lake", "lake"))
        for number in range(count - 1):
            role.add_managed_policy(iam.ManagedPolicy.from_managed_policy_name(stack, f"P{number}", f"p{number}"))

    return build


def _large_policy_of_others(app: cdk.App) -> None:
    _cluster(_stack(app, "Ours"))
    iam.CfnManagedPolicy(_stack(app, "Theirs"), "Policy", policy_document={"Statement": ["x" * 7_000]})


APPS: dict[str, tuple[Callable[[cdk.App], object], list[str]]] = {
    "eight roles of a cluster and two of an association": (_eight_and(2), []),
    "eight and eight": (_eight_and(8), ["RoleQuotaExceeded"]),
    "eight and three, one of which is there already": (_eight_and(3, start=7), ["RoleDuplicated"]),
    "six and four of two stacks": (_two_stacks(4, ENV, ENV), []),
    "six and five of two stacks": (_two_stacks(5, ENV, ENV), ["RoleQuotaExceeded"]),
    "six and five of two stages": (_two_stacks(5, ENV, ENV, stages=True), ["RoleQuotaExceeded"]),
    "six and five of two stacks that do not say where they are": (_two_stacks(5, None, None), []),
    "six and five of two regions": (
        _two_stacks(5, ENV, cdk.Environment(account=ACCOUNT, region="eu-west-2")),
        [],
    ),
    "six and five of a stack and its nested stack": (_nested, ["RoleQuotaExceeded"]),
    "nine roles of a CfnCluster and one": (_theirs(9), []),
    "ten roles of a CfnCluster and one": (_theirs(10), ["RoleQuotaExceeded"]),
    "a default role that was taken away": (_default_taken_away, ["DefaultRoleNotAssociated"]),
    "a default role that an association has": (_default_given_by_an_association, []),
    "twelve roles where the cluster may have twelve": (_with_limits(12, 10, 12), []),
    "twelve roles where the association allows twelve": (_with_limits(11, 12, 12), []),
    "thirteen roles where the larger limit is twelve": (_with_limits(12, 11, 13), ["RoleQuotaExceeded"]),
    "a subclass that names its cluster, as an argument": (
        _subclass_as_an_argument,
        ["DefaultRoleNotAssociated", "RoleQuotaExceeded"],
    ),
    "a policy that grew to 6,144 characters": (_user_policy(_grown(6_144)), []),
    "a policy that grew to 6,145 characters": (_user_policy(_grown(6_145)), ["PolicyTooLarge"]),
    "a policy that passes a foreign role": (_user_policy(_passing(arn(), FOREIGN)), ["RoleAccountMismatch"]),
    "a policy that passes a user": (_user_policy(_passing(f"arn:aws:iam::{ACCOUNT}:user/x")), ["RoleArnInvalid"]),
    "a policy that passes a role of another partition": (
        _user_policy(_passing(arn(partition="aws-cn"))),
        ["RolePartitionMismatch"],
    ),
    "a policy that passes a service-linked role": (
        _user_policy(_passing(arn(path="/aws-service-role/redshift.amazonaws.com/"))),
        ["ServiceLinkedRole"],
    ),
    "a policy that passes roles with a prefix": (_user_policy(_passing(arn("Redshift*"))), []),
    "a policy that passes a role that nobody knows": (_user_policy(_passing({"Fn::ImportValue": "role"})), []),
    "a trust policy that grew to its quota": (_trust(2_048, 2_048), []),
    "a trust policy that grew beyond its quota": (_trust(2_048, 2_049), ["PolicyTooLarge"]),
    "a trust policy that grew to the quota it was given": (_trust(4_096, 4_096), []),
    "a trust policy that grew beyond the quota it was given": (_trust(4_096, 4_097), ["PolicyTooLarge"]),
    "a grant that was changed to 6,144 characters": (_granted(6_144), []),
    "a grant that was changed to 6,145 characters": (_granted(6_145), ["PolicyTooLarge"]),
    "a role to which 25 managed policies were attached": (_attached(25), []),
    "a role to which 26 managed policies were attached": (_attached(26), ["PolicyTooLarge"]),
    "a large policy of others": (_large_policy_of_others, ["PolicyTooLarge"]),
    "a cluster that was defined anew with a smaller limit": (_defined_anew(20), ["RoleQuotaExceeded"]),
    "roles that are not looked up yet": (_looked_up, ["DefaultRoleUndecided", *["RoleAccountUndecided"] * 3]),
    "roles that others make": (_made_by_others, ["RoleAccountUndecided"] * 3),
    "a subclass that names its cluster": (_subclass(arn("R0")), []),
    "a subclass that names its cluster, with a foreign role": (_subclass(FOREIGN), ["RoleAccountMismatch"]),
}


@pytest.mark.parametrize("name", APPS)
def test_an_app_has_one_verdict(app: cdk.App, name: str) -> None:
    """The expected findings, each from the guard or the plug-in, and the same from the command."""
    build, expected = APPS[name]
    build(app)

    assert expected == _verdicts(app)


def _numbered(count: int) -> list[str]:
    return [arn(f"R{number}") for number in range(count)]


# A rule, roles that just keep it, and roles that just break it; each is an ARN.
BOUNDARIES: list[tuple[str, list[str], list[str]]] = [
    ("RoleQuotaExceeded", _numbered(10), _numbered(11)),
    ("RoleAccountMismatch", [arn()], [FOREIGN]),
    ("RoleDuplicated", [arn("Loader"), arn("loader")], [arn("Loader"), arn("Loader")]),
    ("RoleArnInvalid", [arn("user")], [f"arn:aws:iam::{ACCOUNT}:user/Loader"]),
    ("RoleArnInvalid", [arn("x" * 64)], [arn("*")]),
    ("RoleArnInvalid", [arn()], [f"arn:aws:sts::{ACCOUNT}:assumed-role/Loader/session"]),
    ("RolePartitionMismatch", [arn()], [arn(partition="aws-cn")]),
    ("ServiceLinkedRole", [arn(path="/service-role/")], [arn(path="/aws-service-role/redshift.amazonaws.com/")]),
]


def _by_constructor(stack: cdk.Stack, roles: list[str], **limit: int) -> None:
    imported = [iam.Role.from_role_arn(stack, f"Role{number}", role) for number, role in enumerate(roles)]
    _cluster(stack, roles=imported, **limit)


def _by_add_role(stack: cdk.Stack, roles: list[str], **limit: int) -> None:
    cluster = _cluster(stack, **limit)
    for number, role in enumerate(roles):
        cluster.add_role(iam.Role.from_role_arn(stack, f"Role{number}", role))


def _by_association(stack: cdk.Stack, roles: list[str], **limit: int) -> None:
    imported = [iam.Role.from_role_arn(stack, f"Role{number}", role) for number, role in enumerate(roles)]
    associate(stack, "Association", *imported, cluster=stack.stack_name.lower(), **limit)


def _by_override(stack: cdk.Stack, roles: list[str], **limit: int) -> None:
    _cluster(stack, **limit).cfn_cluster.add_property_override("IamRoles", roles)


def _by_override_of_an_association(stack: cdk.Stack, roles: list[str], **limit: int) -> None:
    _override_list(stack, roles, **limit)


def _by_others(stack: cdk.Stack, roles: list[str]) -> None:
    cfn_cluster(stack, iam_roles=roles)


OURS = (_by_constructor, _by_add_role, _by_association, _by_override, _by_override_of_an_association)


class _Row(NamedTuple):
    """A way to give roles to a cluster, in a stack of its own, and the findings about that."""

    name: str
    give: Callable[..., None]
    roles: list[str]
    expected: list[str]
    limit: dict[str, int]
    acknowledged: str = ""  # a rule


GIVEN = [
    *(
        _Row(f"{rule}-{give.__name__}-{kept}", give, sound if kept else broken, [] if kept else [rule], {})
        for rule, sound, broken in BOUNDARIES
        for give in (*OURS, _by_others)
        for kept in (True, False)
    ),
    *(
        _Row(f"role_limit-{give.__name__}-{count}", give, _numbered(count), expected, {"role_limit": 12})
        for give in OURS
        for count, expected in ((12, []), (13, ["RoleQuotaExceeded"]))
    ),
    # What is of this library cannot be acknowledged.
    *(
        _Row(f"acknowledged-{rule}-{give.__name__}", give, broken, [] if give is _by_others else [rule], {}, rule)
        for rule, _, broken in BOUNDARIES
        for give in (*OURS, _by_others)
    ),
    _Row("acknowledged for another rule", _by_others, [FOREIGN], ["RoleAccountMismatch"], {}, "RoleDuplicated"),
]


@pytest.fixture(scope="module")
def boundaries() -> list[list[str]]:
    """What each line raises, or what the synthesis and the command report alike of its stack, all in one app."""
    app = cdk.App(analytics_reporting=False)
    found: dict[str, list[str]] = {}
    for number, row in enumerate(GIVEN):
        stack = _stack(app, f"Data{number}")
        found[stack.stack_name] = []
        if row.acknowledged:
            _acknowledge(stack, row.acknowledged)
        try:
            row.give(stack, row.roles, **row.limit)
        except RoleAssociationError as error:
            found[stack.stack_name] += [finding.rule for finding in error.findings]
    cdk.Validations.of(app).add_plugins(RoleAssociationRules())
    reported = sorted(
        (construct["constructPath"].partition("/")[0], violation["ruleName"])
        for violation in report_of(app)
        for construct in violation["violatingConstructs"]
    )
    checked = [(each.template.stack_name, each.finding.rule) for each in _violations(app) if each.ignored is None]
    assert reported == sorted(checked)
    for name, rule in reported:
        found[name].append(rule)
    return list(found.values())


@pytest.mark.parametrize("number", range(len(GIVEN)), ids=[row.name for row in GIVEN])
def test_a_rule_has_one_boundary(boundaries: list[list[str]], number: int) -> None:
    """At every line, in the guard, in the plug-in and in the command; also with a limit, and when acknowledged."""
    assert GIVEN[number].expected == boundaries[number]


def _acknowledge(scope: Any, rule: str = "RoleAccountMismatch") -> None:
    cdk.Validations.of(scope).acknowledge(cdk.Acknowledgment(id=f"redshift-roles::{rule}", reason="known"))


def _theirs_acknowledged(where: str) -> Callable[[cdk.App], object]:
    """Associate a foreign role with somebody's cluster, and acknowledge that in this scope."""

    def build(app: cdk.App) -> None:
        stage = cdk.Stage(app, "Stage")
        stack = _stack(stage)
        nested = cdk.NestedStack(stack, "Nested")
        clusters = [cfn_cluster(scope, iam_roles=[FOREIGN]) for scope in (stack, nested)]
        scopes = {"app": app, "stage": stage, "stack": stack, "nested stack": nested, "cluster": clusters[0]}
        _acknowledge(scopes[where])

    return build


def _ours_acknowledged(app: cdk.App) -> None:
    """Let a cluster of this library have a foreign role, and acknowledge that in every way there is."""
    stack = _stack(app)
    cluster = _cluster(stack).cfn_cluster
    cluster.add_property_override("IamRoles", [FOREIGN])
    cluster.add_metadata("redshift-roles", {"ignore": [{"rule": "RoleAccountMismatch", "reason": "known"}]})
    _acknowledge(app)


def _ignored(*entries: dict[str, str]) -> Callable[[cdk.App], object]:
    def build(app: cdk.App) -> None:
        cluster = cfn_cluster(_stack(app), iam_roles=[FOREIGN])
        cluster.add_metadata("redshift-roles", {"ignore": [*entries]})

    return build


def _single_roles(app: cdk.App) -> None:
    stack = _stack(app)
    role = RedshiftRole(stack, "Loader", serverless=True)
    redshift.CfnScheduledAction(stack, "Pause", scheduled_action_name="pause", iam_role=role.role_arn)
    properties = {"IdcInstanceArn": "arn:aws:sso:::instance/i", "IamRoleArn": role.role_arn}
    cdk.CfnResource(stack, "People", type="AWS::Redshift::RedshiftIdcApplication", properties=properties)


REASONED = {"rule": "RoleAccountMismatch", "reason": "known"}
MISMATCH = "RoleAccountMismatch"
ACCEPTED: dict[str, tuple[Callable[[cdk.App], object], list[str]]] = {
    "acknowledged in the app": (_theirs_acknowledged("app"), []),
    "acknowledged in the Stage": (_theirs_acknowledged("stage"), []),
    "acknowledged in the stack": (_theirs_acknowledged("stack"), []),
    "acknowledged in the nested stack": (_theirs_acknowledged("nested stack"), [MISMATCH]),
    "acknowledged at the cluster": (_theirs_acknowledged("cluster"), [MISMATCH]),
    "ours, which nobody can acknowledge": (_ours_acknowledged, ["IgnoreWithoutEffect", MISMATCH]),
    "ignored in Metadata": (_ignored(REASONED), []),
    "ignored in Metadata without a reason": (_ignored({"rule": MISMATCH}), ["IgnoreWithoutEffect", MISMATCH]),
    "ignored in Metadata for nothing": (
        _ignored(REASONED, {"rule": "RoleDuplicated", "reason": "known"}),
        ["IgnoreWithoutEffect"],
    ),
    "a scheduled action and an Identity Center application with the loader's role": (
        _single_roles,
        ["TrustLacksRedshift"] * 2,
    ),
    "ours with the limit that it was given": (
        lambda app: _cluster(_stack(app), role_limit=12).cfn_cluster.add_property_override(
            "IamRoles", [arn(f"R{number}") for number in range(12)]
        ),
        [],
    ),
    "ours beyond the limit that it was given": (
        lambda app: _cluster(_stack(app), role_limit=12).cfn_cluster.add_property_override(
            "IamRoles", [arn(f"R{number}") for number in range(13)]
        ),
        ["RoleQuotaExceeded"],
    ),
}


@pytest.mark.parametrize("name", ACCEPTED)
def test_what_is_accepted_is_accepted_everywhere(app: cdk.App, name: str) -> None:
    """The same app is green when it is synthesized and when its cloud assembly is checked, or red in both."""
    build, expected = ACCEPTED[name]
    build(app)

    assert expected == _verdicts(app)


class _Product(servicecatalog.ProductStack):
    def __init__(self, scope: cdk.Stack, service: str) -> None:
        super().__init__(scope, "Shelf")
        role = iam.Role(self, "Role", assumed_by=iam.ServicePrincipal(f"{service}.amazonaws.com"))
        _cluster(self, roles=[role])
        cfn_cluster(self, iam_roles=[role.role_arn])


def _product(service: str, *, offered: bool = True, nested: bool = False) -> Callable[[cdk.App], object]:
    """Define clusters in a Service Catalog product, with a role that this service may assume."""

    def build(app: cdk.App) -> None:
        stack = cdk.NestedStack(_stack(app), "Below") if nested else _stack(app)
        template = servicecatalog.CloudFormationTemplate.from_product_stack(_Product(stack, service))
        version = servicecatalog.CloudFormationProductVersion(cloud_formation_template=template)
        if offered:
            servicecatalog.CloudFormationProduct(
                stack, "Product", product_name="warehouse", owner="data", product_versions=[version]
            )

    return build


CARRIED: dict[str, tuple[Callable[[cdk.App], object], list[str]]] = {
    "a product": (_product("ec2"), ["TrustLacksRedshift"] * 2),
    "a sound product": (_product("redshift"), []),
    "a product that is not offered yet": (_product("ec2", offered=False), ["TrustLacksRedshift"] * 2),
    "a product in a nested stack": (_product("ec2", nested=True), ["TrustLacksRedshift"] * 2),
}


@pytest.mark.parametrize("name", CARRIED)
def test_what_a_product_brings_has_one_verdict(app: cdk.App, name: str) -> None:
    """Its template is no stack of the app, and is checked like one that may be deployed anywhere."""
    build, expected = CARRIED[name]
    build(app)

    assert expected == _verdicts(app)


BODY = {"Resources": {"Theirs": cluster([arn(), f"{arn()}s", FOREIGN, "loader"])}}


def _nested_asset(stack: cdk.Stack, path: str) -> None:
    cdk.CfnStack(stack, "Assets", template_url=assets.Asset(stack, "File", path=path).http_url)


def _stack_set(stack: cdk.Stack, path: str) -> None:
    url = assets.Asset(stack, "File", path=path).http_url
    cdk.CfnStackSet(stack, "Assets", permission_model="SELF_MANAGED", stack_set_name="all", template_url=url)


def _stack_set_with_text(stack: cdk.Stack, path: str) -> None:
    body = Path(path).read_text()
    cdk.CfnStackSet(stack, "Assets", permission_model="SELF_MANAGED", stack_set_name="all", template_body=body)


def _product_asset(stack: cdk.Stack, path: str) -> None:
    template = servicecatalog.CloudFormationTemplate.from_asset(path)
    version = servicecatalog.CloudFormationProductVersion(cloud_formation_template=template)
    servicecatalog.CloudFormationProduct(stack, "Assets", product_name="p", owner="o", product_versions=[version])


def _included(stack: cdk.Stack, path: str) -> None:
    body = yaml.safe_load(Path(path).read_text())
    required = {"ClusterType": "single-node", "DBName": "d", "MasterUsername": "u", "NodeType": "ra3.large"}
    for resource in body["Resources"].values():
        resource["Properties"] = {**required, **resource["Properties"]}
    Path(path).with_name("included.json").write_text(json.dumps(body))
    include.CfnInclude(stack, "Assets", template_file=str(Path(path).with_name("included.json")))


ACCOUNT_KNOWN = ["RoleAccountMismatch", "RoleArnInvalid"]
# Two accounts in one list are wrong wherever the stack is deployed.
ANYWHERE = ["RoleAccountMismatch", "RoleAccountUndecided", "RoleAccountUndecided", "RoleArnInvalid"]


@pytest.mark.parametrize("suffix", ["json", "yaml"])
@pytest.mark.parametrize(
    ("bring", "expected"),
    [
        (_nested_asset, ACCOUNT_KNOWN),
        (_included, ACCOUNT_KNOWN),
        (_stack_set, ANYWHERE),
        (_stack_set_with_text, ANYWHERE),
        (_product_asset, ANYWHERE),
    ],
)
def test_a_template_that_somebody_wrote_has_one_verdict(
    app: cdk.App, tmp_path: Path, bring: Callable[[cdk.Stack, str], None], expected: list[str], suffix: str
) -> None:
    """JSON or YAML; what has no construct is reported about the one that brings it, where it can be acknowledged."""
    path = tmp_path / f"theirs.{suffix}"
    path.write_text(json.dumps(BODY) if suffix == "json" else yaml.safe_dump(BODY))
    bring(_stack(app), str(path))

    assert (expected, expected) == (_rules(_reported(app)), _rules(_checked(app)))
    found = [construct for violation in report_of(app) for construct in violation["violatingConstructs"]]
    assert all(construct["constructPath"].startswith("Data/Assets") for construct in found)


@pytest.mark.parametrize("bring", [_nested_asset, _stack_set, _stack_set_with_text, _product_asset])
def test_a_template_that_cannot_be_read_is_never_silence(
    app: cdk.App, tmp_path: Path, bring: Callable[[cdk.Stack, str], None]
) -> None:
    """The plug-in warns and says why, at the construct that brings it."""
    path = tmp_path / "broken.yaml"
    path.write_text("Resources: *none")
    bring(_stack(app), str(path))
    cdk.Validations.of(app).add_plugins(RoleAssociationRules())

    severity_and_rule, construct, message = the_violation_of(app)
    assert "warning TemplateUndecided" == severity_and_rule
    assert construct.startswith("Data/Assets")
    assert message.endswith("is not checked: line 1: the alias '*none' has no anchor")
