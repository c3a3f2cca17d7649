"""The apps that are deployed, one for each state of their stacks, synthesized once:
``python -m tests.e2e.apps FOLDER``.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Final

import aws_cdk as cdk
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from aws_cdk import aws_redshift as redshift

import app as own_app
from redshift_roles import RedshiftCluster, RedshiftRole, RoleAssociation, ServerlessWarehouse
from tests.support.emulator.server import ACCOUNT, REGION

# Clusters that are not ours.
SHARED: Final = "shared"
MOVING: Final = "shared-moving"
WRITTEN: Final = "shared-written"
STUCK: Final = "shared-stuck"
DENIED: Final = "shared-denied"
BROKEN: Final = ("shared-full", "shared-lost")
FIVE: Final = tuple(f"shared-{number}" for number in range(10))
# Clusters that are.
OWN: Final = "own"
ALONE: Final = "own-alone"
# A namespace that is not ours, and one that is.
SHARED_NAMESPACE: Final = "shared-namespace"
NAMESPACE: Final = "own-namespace"

FOREIGN: Final = f"arn:aws:iam::{ACCOUNT}:role/Foreign"
NAMED: Final = f"arn:aws:iam::{ACCOUNT}:role/Named"
SHORT: Final = cdk.Duration.seconds(30)


def _stack(app: cdk.App, name: str) -> cdk.Stack:
    return cdk.Stack(app, name, env=cdk.Environment(account=ACCOUNT, region=REGION))


def _own(app: cdk.App, count: int) -> None:
    """A cluster of our own with so many roles, the last of three its default."""
    stack = _stack(app, "Own")
    roles = [RedshiftRole(stack, f"Role{number}") for number in range(count)]
    RedshiftCluster(
        stack,
        "Cluster",
        cluster_identifier=OWN,
        roles=roles,
        default_role=roles[2] if count > 2 else None,
        cluster_subnet_group_name="subnets",
        removal_policy=cdk.RemovalPolicy.DESTROY,
    )


def _alone(app: cdk.App, default: str, *, role_limit: int = 10) -> None:
    """A cluster as CDK's L1 lists two roles, and an association sets its default role alone."""
    stack = _stack(app, "Alone")
    roles = {name: RedshiftRole(stack, name) for name in "AB"}
    cluster = redshift.CfnCluster(
        stack,
        "Cluster",
        cluster_identifier=ALONE,
        cluster_type="single-node",
        db_name="dev",
        iam_roles=[role.role_arn for role in roles.values()],
        manage_master_password=True,
        master_username="admin",
        node_type="ra3.large",
    )
    RoleAssociation(stack, "Default", cluster=cluster, roles=[], default_role=roles[default], role_limit=role_limit)


def _shared(app: cdk.App, names: str, default: str | None, *, role_limit: int = 10) -> None:
    """Roles X and Y on a cluster that is not ours."""
    stack = _stack(app, "Shared")
    roles = {name: RedshiftRole(stack, name, role_name=f"Ours{name}") for name in "XY"}
    RoleAssociation(
        stack,
        "Association",
        cluster=SHARED,
        roles=[roles[name] for name in names],
        default_role=roles[default] if default else None,
        role_limit=role_limit,
    )


def _moving(app: cdk.App, **names: str) -> None:
    """Roles of a cluster that is not ours, in associations of these names."""
    stack = _stack(app, "Moving")
    for name, letters in names.items():
        roles = [RedshiftRole(stack, letter, role_name=f"Ours{letter}") for letter in letters]
        RoleAssociation(stack, name, cluster=MOVING, roles=roles)


def _written(app: cdk.App, cluster: Callable[[cdk.Stack], str], named: Callable[[cdk.Stack], iam.IRole]) -> None:
    """The same cluster and the same roles, of which one is there already, written in some way."""
    names = _stack(app, "Names")
    cdk.CfnWaitConditionHandle(names, "Something")
    cdk.CfnOutput(names, "Cluster", value=WRITTEN, export_name="WrittenCluster")
    stack = _stack(app, "Written")
    stack.add_stack_dependency(names)
    ours = RedshiftRole(stack, "Ours", role_name="OursWritten")
    theirs = iam.Role.from_role_arn(stack, "Theirs", FOREIGN)
    roles = [ours, named(stack), theirs]
    RoleAssociation(stack, "Association", cluster=cluster(stack), roles=roles, default_role=ours)


def _parameter(stack: cdk.Stack, name: str, value: str) -> str:
    return cdk.CfnParameter(stack, name, default=value).value_as_string


def _by_parameters(app: cdk.App) -> None:
    def named(stack: cdk.Stack) -> iam.IRole:
        return iam.Role.from_role_arn(stack, "Named", _parameter(stack, "NamedArn", NAMED))

    _written(app, lambda stack: _parameter(stack, "Identifier", WRITTEN), named)


def _by_literals(app: cdk.App) -> None:
    _written(app, lambda _: WRITTEN, lambda stack: iam.Role.from_role_arn(stack, "Named", NAMED))


def _by_export_and_name(app: cdk.App) -> None:
    def named(stack: cdk.Stack) -> iam.IRole:
        return iam.Role.from_role_name(stack, "Named", NAMED.rpartition("/")[2])

    _written(app, lambda _: cdk.Fn.import_value("WrittenCluster"), named)


def _serverless(app: cdk.App, others: str, default: str) -> None:
    """A Serverless warehouse of our own with roles of these names besides its own, one of them its default."""
    stack = _stack(app, "Serverless")
    roles = {name: RedshiftRole(stack, name, role_name=f"Ours{name}", serverless=True) for name in others.split()}
    subnets = [
        ec2.Subnet.from_subnet_attributes(
            stack, f"Subnet{zone}", subnet_id=f"subnet-{zone}", availability_zone=f"{REGION}{zone}"
        )
        for zone in "abc"
    ]
    warehouse = ServerlessWarehouse(
        stack,
        "Warehouse",
        namespace_name=NAMESPACE,
        roles=[*roles.values()],
        default_role=roles[default],
        subnets=subnets,
        security_groups=[ec2.SecurityGroup.from_security_group_id(stack, "Group", "sg-1")],
    )
    cdk.CfnOutput(stack, "RoleArn", value=warehouse.role.role_arn)
    cdk.CfnOutput(stack, "UserPolicyArn", value=warehouse.user_policy.managed_policy_arn)


def _broken(app: cdk.App) -> None:
    """A role on clusters that will break."""
    stack = _stack(app, "Broken")
    role = RedshiftRole(stack, "Role", role_name="OursBroken")
    for name in BROKEN:
        RoleAssociation(stack, name, cluster=name, roles=[role])


def _five(app: cdk.App) -> None:
    """A role on five clusters that parameters name, and the default role of one."""
    stack = _stack(app, "Five")
    role = RedshiftRole(stack, "Role", role_name="OursFive")
    for number in range(5):
        cluster = _parameter(stack, f"Cluster{number}", FIVE[number])
        RoleAssociation(
            stack, f"Association{number}", cluster=cluster, roles=[role], default_role=None if number else role
        )


def _stuck(app: cdk.App, *names: str) -> None:
    """Roles of a stack that has one, and then gets one more that never comes in sync."""
    stack = _stack(app, "Stuck")
    roles = [RedshiftRole(stack, name, role_name=name) for name in names]
    RoleAssociation(stack, "Association", cluster=STUCK, roles=roles, timeout=SHORT)


def _denied(app: cdk.App) -> None:
    """A role that the function is not allowed to pass, whatever its policy says."""
    stack = _stack(app, "Denied")
    role = RedshiftRole(stack, "Role", role_name="OursDenied")
    association = RoleAssociation(stack, "Association", cluster=DENIED, roles=[role], timeout=SHORT)
    (of_function,) = (each for each in stack.node.find_all() if isinstance(each, iam.Role) and each is not role)
    statement = iam.PolicyStatement(effect=iam.Effect.DENY, actions=["iam:PassRole"], resources=[role.role_arn])
    denial = iam.ManagedPolicy(stack, "Denial", statements=[statement], roles=[of_function])
    association.node.add_dependency(denial)


# Each app is deployed by one run of the command line: the first, then the next three one after the other, and others
# beside them. They are synthesized in this order.
STATES: Final[dict[str, tuple[Callable[[cdk.App], object], ...]]] = {
    "first": (
        lambda app: _own(app, 3),
        lambda app: _alone(app, "A"),
        lambda app: _shared(app, "X", None),
        lambda app: _moving(app, First="KL", Second="M"),
        lambda app: _serverless(app, "Hourly", "Hourly"),
        _by_parameters,
        _broken,
        lambda app: _stuck(app, "OursZ"),
    ),
    "five": (_five,),
    "denied": (_denied,),
    # Alone, because it has cdk-nag judge its whole app.
    "app": (own_app.build,),
    "stuck": (lambda app: _stuck(app, "OursZ", "OursStuck"),),
    "second": (
        lambda app: _own(app, 1),
        # ministack sees no change where only a reference changes, so a number changes with it.
        lambda app: _alone(app, "B", role_limit=11),
        lambda app: _shared(app, "XY", "X"),
        lambda app: _moving(app, Renamed="K", Second="LM"),
        lambda app: _serverless(app, "Hourly Nightly", "Nightly"),
        _by_literals,
    ),
    "third": (
        lambda app: _own(app, 3),
        lambda app: _shared(app, "XY", "Y", role_limit=11),
        lambda app: _moving(app, Renamed="KN"),
        lambda app: _serverless(app, "Nightly", "Nightly"),
        _by_export_and_name,
    ),
    "fourth": (lambda app: _shared(app, "Y", None),),
}


if __name__ == "__main__":
    for state, stacks in STATES.items():
        context = own_app.FEATURE_FLAGS if state == "app" else {}
        folder = Path(sys.argv[1]) / state
        making = folder.with_suffix(".making")
        root = cdk.App(outdir=str(making), analytics_reporting=False, context=context)
        for define in stacks:
            define(root)
        root.synth()
        # It is there when it is whole: the first is deployed while the others are synthesized.
        making.rename(folder)
