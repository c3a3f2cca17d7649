"""The apps that are deployed, each in the states it goes through, synthesized once: ``python -m tests.e2e.apps
FOLDER``.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Final

import aws_cdk as cdk
from aws_cdk import aws_iam as iam

from app import FEATURE_FLAGS, build
from redshift_roles import RedshiftCluster, RedshiftRole, RoleAssociation
from tests.support.emulator.server import ACCOUNT, REGION

SHARED: Final = "shared"
STUCK: Final = "shared-stuck"
DENIED: Final = "shared-denied"
MOVING: Final = "shared-moving"
SHORT: Final = cdk.Duration.seconds(30)


def _stack(folder: Path, name: str, state: str) -> cdk.Stack:
    app = cdk.App(outdir=str(folder / state), analytics_reporting=False)
    return cdk.Stack(app, name, env=cdk.Environment(account=ACCOUNT, region=REGION))


def _roles(folder: Path, count: int) -> cdk.Stack:
    """A cluster of our own with so many roles, the last of three its default."""
    stack = _stack(folder, "Roles", f"roles-{count}")
    roles = [RedshiftRole(stack, f"Role{number}") for number in range(count)]
    default = roles[2] if count > 2 else None
    RedshiftCluster(
        stack,
        "Cluster",
        cluster_identifier="own",
        roles=roles,
        default_role=default,
        cluster_subnet_group_name="subnets",
        removal_policy=cdk.RemovalPolicy.DESTROY,
    )
    return stack


def _association(folder: Path, state: str, names: str, default: str | None, *, role_limit: int = 10) -> cdk.Stack:
    """Roles X and Y on a cluster that is not ours."""
    stack = _stack(folder, "Association", state)
    roles = {name: RedshiftRole(stack, name, role_name=f"Ours{name}") for name in "XY"}
    RoleAssociation(
        stack,
        "Association",
        cluster=SHARED,
        roles=[roles[name] for name in names],
        default_role=roles[default] if default else None,
        role_limit=role_limit,
    )
    return stack


def _stuck(folder: Path, state: str, *names: str) -> cdk.Stack:
    """Roles of a stack that has one, and then gets one more that never comes in sync."""
    stack = _stack(folder, "Stuck", state)
    roles = [RedshiftRole(stack, name, role_name=name) for name in names]
    RoleAssociation(stack, "Association", cluster=STUCK, roles=roles, timeout=SHORT)
    return stack


def _denied(folder: Path) -> cdk.Stack:
    """A role that the function is not allowed to pass, whatever its policy says."""
    stack = _stack(folder, "Denied", "denied")
    role = RedshiftRole(stack, "Role", role_name="OursDenied")
    association = RoleAssociation(stack, "Association", cluster=DENIED, roles=[role], timeout=SHORT)
    function_role = stack.node.find_child("Custom::RedshiftRoleAssociation").node.find_child("Role")
    statement = iam.PolicyStatement(effect=iam.Effect.DENY, actions=["iam:PassRole"], resources=[role.role_arn])
    denial = iam.ManagedPolicy(stack, "Denial", statements=[statement], roles=[function_role])  # type: ignore[list-item]
    association.node.add_dependency(denial)
    return stack


def _moving(folder: Path, state: str, **names: str) -> cdk.Stack:
    """Roles of a cluster that is not ours, in associations of these names."""
    stack = _stack(folder, "Moving", state)
    for name, letters in names.items():
        roles = [RedshiftRole(stack, letter, role_name=f"Ours{letter}") for letter in letters]
        RoleAssociation(stack, name, cluster=MOVING, roles=roles)
    return stack


def _app(folder: Path) -> cdk.Stack:
    app = cdk.App(context=FEATURE_FLAGS, outdir=str(folder / "app"), analytics_reporting=False)
    return build(app)


STATES: Final[tuple[Callable[[Path], cdk.Stack], ...]] = (
    _app,
    lambda folder: _roles(folder, 1),
    lambda folder: _roles(folder, 3),
    lambda folder: _association(folder, "one", "X", None),
    lambda folder: _association(folder, "two", "XY", "X"),
    # ministack sees no change where only a reference changes, so a number changes with it.
    lambda folder: _association(folder, "other-default", "XY", "Y", role_limit=11),
    lambda folder: _association(folder, "no-default", "Y", None),
    lambda folder: _moving(folder, "apart", First="KL", Second="M"),
    lambda folder: _moving(folder, "moved", Renamed="K", Second="LM"),
    lambda folder: _moving(folder, "left", Renamed="KN"),
    lambda folder: _stuck(folder, "before-stuck", "OursZ"),
    lambda folder: _stuck(folder, "stuck", "OursZ", "OursStuck"),
    _denied,
)


if __name__ == "__main__":
    for state in STATES:
        app = state(Path(sys.argv[1])).node.root
        if isinstance(app, cdk.App):
            app.synth()
