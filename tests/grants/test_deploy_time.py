"""What CDK writes for values that only the deployment knows."""

from __future__ import annotations

import aws_cdk as cdk
from aws_cdk import aws_s3 as s3

from redshift_roles.grants.deploy_time import same_values
from tests.conftest import ACCOUNT, REGION


def test_resources_of_one_logical_id_are_told_apart_however_deep_they_are(app: cdk.App, stack: cdk.Stack) -> None:
    """CDK writes the references alike until it knows what stack they are written in."""
    env = cdk.Environment(account=ACCOUNT, region=REGION)
    arns = [s3.Bucket(cdk.Stack(app, f"Home{number}", env=env), "Lake").bucket_arn for number in range(2)]
    texts = [*arns, *(cdk.Fn.join(":topic/", cdk.Fn.split(":cluster/", arn)) for arn in arns)]
    keys = same_values(texts, stack, {})

    assert 4 == len(set(keys.values()))
    assert sorted(arns, key=keys.__getitem__) == arns
    assert all(f"Home{index % 2}/Lake/Resource.Arn" in keys[text] for index, text in enumerate(texts))


def test_one_value_in_two_tokens_is_one(stack: cdk.Stack) -> None:
    """An import, a join of a parameter, and a text around one."""
    parameter = cdk.CfnParameter(stack, "Name").value_as_string
    pairs = [
        [cdk.Fn.import_value("Lake") for _ in range(2)],
        [cdk.Fn.join("-", ["lake", parameter]) for _ in range(2)],
        [f"arn:aws:s3:::{cdk.Fn.import_value('Other')}/x" for _ in range(2)],
    ]
    keys = same_values([text for pair in pairs for text in pair], stack, {})

    assert all(first != second for first, second in pairs)
    assert 3 == len({keys[text] for pair in pairs for text in pair})
    assert all(keys[first] == keys[second] for first, second in pairs)


def test_what_is_known_is_not_asked_again(stack: cdk.Stack) -> None:
    """A crossing costs more than a look."""
    text = cdk.Fn.import_value("Lake")
    known = {text: "told", "other": "told"}

    assert {text: "told"} == same_values([text], stack, known)
