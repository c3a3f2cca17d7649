"""What the tests of grants share: the statements that land in a template, and the findings of a grant that fails."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import aws_cdk as cdk
import pytest

from redshift_roles import RoleAssociationError
from tests.conftest import ACCOUNT, REGION
from tests.support.templates import all_properties_of, deployed

POLICY: Final = "AWS::IAM::ManagedPolicy"
KEY: Final = f"arn:aws:kms:{REGION}:{ACCOUNT}:key/1"
HERE: Final = f"{REGION}:{ACCOUNT}"


class _References(dict[str, str]):
    """What a deployment would write for references: ``AWS::Partition`` is aws, a resource its logical id."""

    def __missing__(self, name: str) -> str:
        return "aws" if name == "AWS::Partition" else name


def written(node: Any) -> Any:
    """Write a value as a deployment would, and an attribute of a resource as ``LogicalId.Attribute``."""
    return deployed(_attributes(node), _References())


def _attributes(node: Any) -> Any:
    if isinstance(node, list):
        return [_attributes(item) for item in node]
    if isinstance(node, dict) and "Fn::GetAtt" in node:
        return {"Ref": ".".join(node["Fn::GetAtt"])}
    return {key: _attributes(value) for key, value in node.items()} if isinstance(node, dict) else node


def listed(found: Any) -> list[Any]:
    """Return a list, also of a value that stands for a list of one."""
    return found if isinstance(found, list) else [found]


def all_statements_of(stack: cdk.Stack) -> list[dict[str, Any]]:
    """Return the statements of all managed policies."""
    policies = all_properties_of(stack, POLICY)
    return [statement for policy in policies for statement in policy["PolicyDocument"]["Statement"]]


def statements_of(stack: cdk.Stack) -> dict[str, tuple[Any, Any]]:
    """Return the actions and the resources of all managed policies by Sid."""
    return {one["Sid"]: (one["Action"], written(one["Resource"])) for one in all_statements_of(stack)}


def wrong(grant: Callable[[], object]) -> list[tuple[str, str]]:
    """Return the rules and messages of a grant that fails."""
    with pytest.raises(RoleAssociationError) as caught:
        grant()
    assert "${Token[" not in str(caught.value)
    return [(finding.rule, finding.message) for finding in caught.value.findings]


def stack_in(app: cdk.App, name: str = "There", account: str = ACCOUNT, region: str = REGION) -> cdk.Stack:
    """Return another stack of the app."""
    return cdk.Stack(app, name, env=cdk.Environment(account=account, region=region))
