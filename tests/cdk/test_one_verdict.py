"""The guard, the plug-in and the command have one verdict about an app of this library."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_iam as iam

from redshift_roles import RedshiftCluster, RoleAssociationRules
from redshift_roles.templates import checker, files
from tests.conftest import ACCOUNT, OTHER_ACCOUNT, REGION
from tests.support.associations import associate, cfn_cluster
from tests.support.builders import arn
from tests.support.rule_cases import named
from tests.support.templates import report_of

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
    """Return what guard and plug-in report, once the command was found to report the same."""
    cdk.Validations.of(app).add_plugins(RoleAssociationRules())
    reported = [
        f"{violation['ruleName']} {construct['cloudFormationResource']['logicalId']}"
        for violation in report_of(app)
        for construct in violation["violatingConstructs"]
    ]
    given = files.read([app.outdir], files.Environment(None, None), lambda _: None)
    (assembly,) = given.assemblies
    assert ([], sorted(reported)) == (given.unusable, named(checker.check(assembly, 10, origin="template")))
    return [name.partition(" ")[0] for name in sorted(reported)]


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


def _overridden_list(*roles: str) -> Callable[[cdk.App], object]:
    def build(app: cdk.App) -> None:
        stack = _stack(app)
        associate(stack, "Association", *_roles(stack, 1))
        for construct in stack.node.find_all():
            if isinstance(construct, cdk.CfnResource) and construct.cfn_resource_type.endswith("RoleAssociation"):
                construct.add_property_override("RoleArns", [*roles])

    return build


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
    "an association that was changed to eleven roles": (
        _overridden_list(*(arn(f"R{number}") for number in range(11))),
        ["RoleQuotaExceeded"],
    ),
    "an association that was changed to ten roles": (
        _overridden_list(*(arn(f"R{number}") for number in range(10))),
        [],
    ),
    "an association that was changed to a foreign role": (_overridden_list(FOREIGN), ["RoleAccountMismatch"]),
    "an association that was changed to one role twice": (_overridden_list(arn(), arn()), ["RoleDuplicated"]),
    "an association that was changed to a name": (_overridden_list("loader"), ["RoleArnInvalid"]),
    "a cluster that was defined anew with a smaller limit": (_defined_anew(20), ["RoleQuotaExceeded"]),
    "a subclass that names its cluster": (_subclass(arn("R0")), []),
    "a subclass that names its cluster, with a foreign role": (_subclass(FOREIGN), ["RoleAccountMismatch"]),
}


@pytest.mark.parametrize("name", APPS)
def test_an_app_has_one_verdict(app: cdk.App, name: str) -> None:
    """The expected findings, each from the guard or the plug-in, and the same from the command."""
    build, expected = APPS[name]
    build(app)

    assert expected == _verdicts(app)
