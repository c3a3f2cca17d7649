"""What all tests share: no AWS credentials, no validator but where it is tested, and stacks to build in."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

# Node takes its environment when `aws_cdk` is first imported.
os.environ["CDK_VALIDATION"] = "false"
for _name in ("AWS_PROFILE", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_DEFAULT_REGION"):
    os.environ.pop(_name, None)

if TYPE_CHECKING:
    from aws_cdk import App, Stack

ACCOUNT = "111111111111"
OTHER_ACCOUNT = "222222222222"
REGION = "eu-west-1"


@pytest.fixture
def app() -> App:
    """An app without the metadata that only deployments and CDK's own tools need."""
    from aws_cdk import App  # noqa: PLC0415  the tests of pure code never start jsii

    return App(analytics_reporting=False, tree_metadata=False)


@pytest.fixture
def stack(app: App) -> Stack:
    """A stack of a known account and region."""
    from aws_cdk import Environment, Stack  # noqa: PLC0415

    return Stack(app, "Data", env=Environment(account=ACCOUNT, region=REGION))


@pytest.fixture
def agnostic(app: App) -> Stack:
    """A stack that names no account and no region."""
    from aws_cdk import Stack  # noqa: PLC0415

    return Stack(app, "Anywhere")
