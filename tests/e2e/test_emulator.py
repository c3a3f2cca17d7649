"""The emulated account answers as AWS documents, where the function behind role associations depends on it."""

from __future__ import annotations

import json
from contextlib import nullcontext
from typing import Final

import pytest
from botocore.exceptions import ClientError, WaiterError

from tests.e2e.aws import Aws

# Replies with the status that it finds for its own resource, and fails where the template says so.
PROBE: Final = """
import json, urllib.request, boto3
from botocore.exceptions import ClientError
def handler(event, context):
    listed = boto3.client("cloudformation").get_paginator("list_stack_resources")
    def status(stack):
        try:
            pages = [page["StackResourceSummaries"] for page in listed.paginate(StackName=stack)]
        except ClientError as error:
            return error.response["Error"]["Code"]
        found = {each["LogicalResourceId"]: each for page in pages for each in page}
        own, role = found[event["LogicalResourceId"]], found["Role"]["ResourceStatus"]
        return f'{len(pages)} pages, {role}, {own["ResourceStatus"]} {own.get("PhysicalResourceId", "")}'
    before = event.get("PhysicalResourceId", "")
    seen = event["RequestType"], status(event["StackId"]), status("CDKToolkit")
    wrong = event["ResourceProperties"]["Fails"] == event["RequestType"]
    reply = {"Status": "FAILED" if wrong else "SUCCESS", "Reason": json.dumps(seen),
             "PhysicalResourceId": before or "probe", "Data": {"Seen": json.dumps(seen)}}
    reply |= {key: event[key] for key in ("StackId", "RequestId", "LogicalResourceId")}
    urllib.request.urlopen(urllib.request.Request(event["ResponseURL"], json.dumps(reply).encode(), method="PUT"))
"""
_DOCUMENT: Final = {"Version": "2012-10-17"}


def _template(fails: str, resources: int) -> str:
    """Write a stack of so many resources, one of them the probe."""
    function = {
        "Code": {"ZipFile": PROBE},
        "Handler": "index.handler",
        "Role": {"Fn::GetAtt": ["Role", "Arn"]},
        "Runtime": "python3.14",
        "Timeout": 30,
    }
    assume = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "lambda.amazonaws.com"}}
    own_stack = {"Effect": "Allow", "Action": "cloudformation:ListStackResources", "Resource": {"Ref": "AWS::StackId"}}
    policy = {"PolicyName": "List", "PolicyDocument": {**_DOCUMENT, "Statement": [own_stack]}}
    role = {"AssumeRolePolicyDocument": {**_DOCUMENT, "Statement": [assume]}, "Policies": [policy]}
    probe = {"ServiceToken": {"Fn::GetAtt": ["Function", "Arn"]}, "Fails": fails}
    handles = {f"H{number}": {"Type": "AWS::CloudFormation::WaitConditionHandle"} for number in range(resources - 3)}
    return json.dumps(
        {
            "Resources": {
                **handles,
                "Role": {"Type": "AWS::IAM::Role", "Properties": role},
                "Function": {"Type": "AWS::Lambda::Function", "Properties": function},
                "Probe": {"Type": "Custom::Probe", "Properties": probe},
            },
            "Outputs": {"Seen": {"Value": {"Fn::GetAtt": ["Probe", "Seen"]}}},
        }
    )


# https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_ListStackResources.html
# https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_StackResourceSummary.html
def test_a_stack_lists_its_resources_in_pages_with_the_status_of_the_change_under_way(aws: Aws) -> None:
    """A function that may list its own stack sees its resource in progress, on whatever page, those that do not change
    as they are, and no other stack.
    """
    cloudformation, outputs = aws.client("cloudformation"), []
    for call, fails, waiter in (
        (cloudformation.create_stack, "", "stack_create_complete"),
        (cloudformation.update_stack, "Update", "stack_rollback_complete"),
        (cloudformation.update_stack, "Delete", "stack_update_complete"),
        (cloudformation.delete_stack, "Delete", "stack_delete_complete"),
    ):
        is_deletion = call == cloudformation.delete_stack
        template = {} if is_deletion else {"TemplateBody": _template(fails, 104), "Capabilities": ["CAPABILITY_IAM"]}
        call(StackName="Probe", **template)
        with pytest.raises(WaiterError) if is_deletion else nullcontext():
            cloudformation.get_waiter(waiter).wait(StackName="Probe", WaiterConfig={"Delay": 1, "MaxAttempts": 30})
        outputs.append(json.loads(aws.outputs("Probe")["Seen"]))
    pages = cloudformation.get_paginator("describe_stack_events").paginate(StackName="Probe")
    failures = [
        json.loads(event["ResourceStatusReason"])
        for event in pages.search("StackEvents[?LogicalResourceId == 'Probe' && ResourceType == 'Custom::Probe']")
        if event["ResourceStatus"].endswith("_FAILED")
    ]
    cloudformation.delete_stack(StackName="Probe", RetainResources=["Probe"])

    created, updated = (
        [verb.title(), f"2 pages, CREATE_COMPLETE, {verb}_IN_PROGRESS {name}", "AccessDenied"]
        for verb, name in (("CREATE", ""), ("UPDATE", "probe"))
    )
    assert [created, created, updated, updated] == outputs
    deleted = ["Delete", "2 pages, CREATE_COMPLETE, DELETE_IN_PROGRESS probe", "AccessDenied"]
    assert [deleted, updated] == failures


# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html: 10 managed policies for a role, at first.
def test_fails_when_a_role_gets_an_eleventh_managed_policy(aws: Aws) -> None:
    """By the API and by CloudFormation; one that is attached already is none more."""
    iam, cloudformation = aws.client("iam"), aws.client("cloudformation")
    trust = json.dumps({**_DOCUMENT, "Statement": []})
    iam.create_role(RoleName="Full", AssumeRolePolicyDocument=trust)
    arns = [f"arn:aws:iam::aws:policy/Policy{number}" for number in range(11)]
    for arn in (*arns[:10], arns[0]):
        iam.attach_role_policy(RoleName="Full", PolicyArn=arn)
    with pytest.raises(ClientError, match="Cannot exceed quota for PoliciesPerRole: 10") as caught:
        iam.attach_role_policy(RoleName="Full", PolicyArn=arns[10])
    assert "LimitExceeded" == caught.value.response["Error"]["Code"]

    statement = {"Effect": "Allow", "Action": "s3:ListAllMyBuckets", "Resource": "*"}
    policy = {"PolicyDocument": {**_DOCUMENT, "Statement": [statement]}, "Roles": ["Full"]}
    template = {"Resources": {"Eleventh": {"Type": "AWS::IAM::ManagedPolicy", "Properties": policy}}}
    cloudformation.create_stack(
        StackName="Eleventh", TemplateBody=json.dumps(template), Capabilities=["CAPABILITY_IAM"], OnFailure="DO_NOTHING"
    )
    with pytest.raises(WaiterError):
        cloudformation.get_waiter("stack_create_complete").wait(StackName="Eleventh", WaiterConfig={"Delay": 1})
    assert (
        "PoliciesPerRole: 10" in cloudformation.describe_stacks(StackName="Eleventh")["Stacks"][0]["StackStatusReason"]
    )
    cloudformation.delete_stack(StackName="Eleventh")
    for arn in arns[:10]:
        iam.detach_role_policy(RoleName="Full", PolicyArn=arn)
    iam.delete_role(RoleName="Full")
