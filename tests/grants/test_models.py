"""Grants for Amazon Redshift ML: models of Amazon SageMaker, which assumes the role, and of Amazon Bedrock."""

from __future__ import annotations

from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3

from redshift_roles import DbUser, RedshiftGrants, RedshiftRole
from tests.conftest import ACCOUNT
from tests.support.granted import HERE, KEY, statements_of, written, wrong
from tests.support.templates import all_properties_of, properties_of

ROLE = "AWS::IAM::Role"


def _trusted(stack: cdk.Stack) -> list[Any]:
    document = properties_of(stack, ROLE)["AssumeRolePolicyDocument"]
    return [statement["Principal"]["Service"] for statement in document["Statement"]]


def test_models_are_trained_by_sagemaker(stack: cdk.Stack, role: RedshiftRole, bucket: s3.IBucket) -> None:
    """The role passes itself to SageMaker, whose trust does not grow with each of 25 grants."""
    for _ in range(25):
        role.redshift_grants.create_model(bucket)
    logical_id = stack.resolve(role.role_arn)["Fn::GetAtt"][0]

    assert ["redshift.amazonaws.com", "sagemaker.amazonaws.com"] == _trusted(stack)
    assert ("iam:PassRole", f"{logical_id}.Arn") == statements_of(stack)["PassRolesToTraining"]


@pytest.mark.parametrize("make", [iam.Role, iam.LazyRole])
def test_every_role_of_the_app_lets_sagemaker_assume_it(stack: cdk.Stack, bucket: s3.IBucket, make: Any) -> None:
    """Without that CREATE MODEL fails; a role that is made when it is first used is of the app too."""
    redshift = iam.ServicePrincipal("redshift.amazonaws.com")
    RedshiftGrants.of(make(stack, "Role", assumed_by=redshift)).create_model(bucket)

    assert ["redshift.amazonaws.com", "sagemaker.amazonaws.com"] == _trusted(stack)


def test_a_model_of_an_imported_role_writes_no_trust(stack: cdk.Stack, bucket: s3.IBucket) -> None:
    """The app does not own its trust policy, and attaches its permissions."""
    arn = f"arn:aws:iam::{ACCOUNT}:role/team/Imported"
    RedshiftGrants.of(iam.Role.from_role_arn(stack, "Imported", arn)).create_model(bucket)

    assert [] == all_properties_of(stack, ROLE)
    assert ("iam:PassRole", arn) == statements_of(stack)["PassRolesToTraining"]


def test_fails_when_there_is_no_room_to_trust_sagemaker(stack: cdk.Stack) -> None:
    """The trust policy of 27 users is full; nothing is written, and a larger quota has room."""
    lake = s3.Bucket.from_bucket_name(stack, "Lake", "lake")
    users = [DbUser(f"user-{number:02}", cluster="warehouse") for number in range(27)]
    full, larger = (
        RedshiftRole(stack, name, db_users=users, trust_policy_quota=quota)
        for name, quota in (("Full", 2048), ("Larger", 4096))
    )
    ((rule, message),) = wrong(lambda: full.redshift_grants.create_model(lake))
    trust, _ = all_properties_of(stack, ROLE)

    assert "PolicyTooLarge" == rule
    assert message.startswith("with this, the trust policy of the role must have at most 2,048 characters")
    assert () == full.redshift_grants.policies
    assert 1 == len(trust["AssumeRolePolicyDocument"]["Statement"])
    larger.redshift_grants.create_model(lake)
    assert 1 == len(larger.redshift_grants.policies)


@pytest.mark.parametrize("given", [False, True])
def test_the_bucket_has_a_key_and_the_model_another(
    stack: cdk.Stack, role: RedshiftRole, bucket: s3.IBucket, given: bool
) -> None:
    """The bucket's own key encrypts objects; that of KMS_KEY_ID also what SageMaker stores while it trains."""
    other = KEY.replace("key/1", "key/2")
    key = kms.Key.from_key_arn(stack, "Models", other) if given else None
    role.redshift_grants.create_model(bucket, encryption_key=key)
    found = statements_of(stack)

    assert (["kms:Decrypt", "kms:GenerateDataKey"], KEY) == found["EncryptObjects"]
    assert given == ("EncryptModels" in found)
    assert found.get("EncryptModels", ([], other))[1] == other


def test_an_endpoint_is_of_the_account_and_region_of_the_role(stack: cdk.Stack, grants: RedshiftGrants) -> None:
    """Redshift calls it with the role that it assumed, so SageMaker need not assume it."""
    grants.remote_model("churn")

    assert {
        "InvokeEndpoints": (
            ["sagemaker:DescribeEndpoint", "sagemaker:InvokeEndpoint"],
            f"arn:aws:sagemaker:{HERE}:endpoint/churn",
        )
    } == statements_of(stack)
    assert ["redshift.amazonaws.com"] == _trusted(stack)


@pytest.mark.parametrize(("fixture", "region"), [("stack", "eu-west-1"), ("agnostic", "AWS::Region")])
def test_foundation_models_belong_to_no_account(request: pytest.FixtureRequest, fixture: str, region: str) -> None:
    """They are those of the role's region, which only the deployment may know."""
    stack: cdk.Stack = request.getfixturevalue(fixture)
    grants = RedshiftRole(stack, "Role").redshift_grants
    grants.external_model(["anthropic.claude-v2:1", "amazon.titan-text-express-v1"])
    models = f"arn:aws:bedrock:{region}::foundation-model"

    assert {
        "InvokeModels": (
            "bedrock:InvokeModel",
            [f"{models}/amazon.titan-text-express-v1", f"{models}/anthropic.claude-v2:1"],
        )
    } == statements_of(stack)


def test_a_profile_sends_requests_to_models_of_other_regions(stack: cdk.Stack, grants: RedshiftGrants) -> None:
    """AWS's page has, for a global one, also the model of no region; no model can be invoked without the profile."""
    grants.external_model(
        ["amazon.nova-lite-v1:0"],
        inference_profiles=["eu.amazon.nova-lite-v1:0", "global.amazon.nova-lite-v1:0"],
        regions=["eu-central-1"],
    )
    (model, profile) = (
        statement for statement in properties_of(stack, "AWS::IAM::ManagedPolicy")["PolicyDocument"]["Statement"]
    )
    regions = ("", "eu-central-1", "eu-west-1")
    profiles = [f"arn:aws:bedrock:{HERE}:inference-profile/{place}.amazon.nova-lite-v1:0" for place in ("eu", "global")]

    assert [f"arn:aws:bedrock:{region}::foundation-model/amazon.nova-lite-v1:0" for region in regions] == sorted(
        written(model["Resource"])
    )
    assert {"StringEquals": {"bedrock:InferenceProfileArn": profiles}} == written(model["Condition"])
    assert (["bedrock:GetInferenceProfile", "bedrock:InvokeModel"], profiles) == (
        profile["Action"],
        written(profile["Resource"]),
    )
