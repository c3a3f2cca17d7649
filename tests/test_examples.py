"""Every example is a stack worth imitating: its template, its meaning and its findings."""

from __future__ import annotations

import json
import re
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any, NamedTuple

import aws_cdk as cdk
import pytest
from syrupy.assertion import SnapshotAssertion
from syrupy.extensions.json import JSONSnapshotExtension

from tests.support.nag import acknowledged, findings
from tests.support.programs import ROOT
from tests.support.templates import deployed

# `tests/test_fleet` has the fleet, whose stacks are in Stages.
EXAMPLES = sorted(path.stem for path in (ROOT / "examples").glob("*.py") if path.stem != "fleet")

# What the examples answer of cdk-nag, and where: the published policy describes clusters on every resource.
ACKNOWLEDGED: dict[str, set[tuple[str, str]]] = {
    "exact_permissions": {
        (
            f"AwsSolutions-IAM5[Resource::arn:<AWS::Partition>:s3:::sales-lake/{prefix}/*]",
            "ExactPermissions/Loader/RedshiftGrants",
        )
        for prefix in ("landing", "reports")
    },
    "one_statement": {("AwsSolutions-IAM5[Resource::*]", "OneStatement/Warehouse/UserPolicy")},
    "published_policy": {("AwsSolutions-IAM5[Resource::*]", "PublishedPolicy/Policy")},
    "serverless": {
        ("AwsSolutions-IAM5[Resource::*]", "Serverless/Warehouse/UserPolicy"),
        (
            "AwsSolutions-IAM5[Resource::arn:<AWS::Partition>:s3:::sales-landing/sales/*]",
            "Serverless/Warehouse/Role/RedshiftGrants",
        ),
    },
}

# https://docs.aws.amazon.com/redshift/latest/mgmt/copy-unload-iam-role-associating-with-clusters.html
# (text of 2026-08-26)
PUBLISHED_POLICY = """
{
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Action": "redshift:DescribeClusters",
            "Resource": "*"
        },
        {
            "Effect": "Allow",
            "Action": [
                "redshift:ModifyClusterIamRoles",
                "redshift:CreateCluster"
            ],
            "Resource": [
                "arn:aws:redshift:us-east-1:123456789012:cluster:my-redshift-cluster",
                "arn:aws:redshift:us-east-1:123456789012:cluster:my-second-redshift-cluster"
            ]
        },
        {
            "Effect": "Allow",
            "Action": "iam:PassRole",
            "Resource": [
                "arn:aws:iam::123456789012:role/MyRedshiftRole",
                "arn:aws:iam::123456789012:role/SecondRedshiftRole",
                "arn:aws:iam::123456789012:role/ThirdRedshiftRole"
            ]
        }
    ]
}
"""


class Synthesized(NamedTuple):
    """An example after `app.synth()`.

    Attributes:
        app: The construct tree.
        templates: By stack name.
        messages: What CDK has to say of the stacks, warnings included.
        missing: The look-ups that it would need.
    """

    app: cdk.App
    templates: dict[str, Any]
    messages: list[str]
    missing: list[Any]

    def resources(self, stack: str, kind: str) -> dict[str, Any]:
        """Return the properties of all resources of a type, by logical id."""
        resources = self.templates[stack]["Resources"].items()
        return {name: found.get("Properties", {}) for name, found in resources if found["Type"] == kind}

    def only(self, stack: str, kind: str) -> tuple[str, Any]:
        """Return the logical id and the properties of the only resource of a type."""
        (resource,) = self.resources(stack, kind).items()
        return resource


@cache
def synthesized(example: str) -> Synthesized:
    """Build an example in an app of its own and synthesize it; all tests of it read the same templates."""
    app = cdk.App(analytics_reporting=False)
    import_module(f"examples.{example}").build(app)
    assembly = app.synth()
    return Synthesized(
        app,
        {stack.stack_name: stack.template for stack in assembly.stacks},
        [str(message.entry.data) for stack in assembly.stacks for message in stack.messages],
        json.loads((Path(assembly.directory) / "manifest.json").read_text()).get("missing", []),
    )


@pytest.mark.parametrize("example", EXAMPLES)
def test_the_templates_of_an_example_are_the_recorded_ones(example: str, snapshot: SnapshotAssertion) -> None:
    """Every change of a template is seen; what the templates mean is said by the tests below."""
    recorded = snapshot.with_defaults(extension_class=JSONSnapshotExtension)

    assert recorded == synthesized(example).templates


@pytest.mark.parametrize("example", EXAMPLES)
def test_cdk_nag_finds_nothing_but_what_an_example_acknowledges(example: str) -> None:
    """Each acknowledgement is in the table, at the construct where the finding stands."""
    app = synthesized(example).app

    assert set() == findings(app)
    assert ACKNOWLEDGED.get(example, set()) == acknowledged(app)


@pytest.mark.parametrize("example", EXAMPLES)
def test_an_example_acknowledges_nothing_that_is_not_found(example: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the acknowledgements cdk-nag finds just what they answer, each in the one resource of its construct."""
    monkeypatch.setattr(cdk.Validations, "acknowledge", lambda *_: None)
    app = cdk.App(analytics_reporting=False)
    import_module(f"examples.{example}").build(app)
    app.synth()

    answered = ACKNOWLEDGED.get(example, set())
    assert findings(app) == {
        (rule, path if path.endswith("RedshiftGrants") else f"{path}/Resource") for rule, path in answered
    }


@pytest.mark.parametrize("example", EXAMPLES)
def test_an_example_names_no_partition_and_gets_no_warning(example: str) -> None:
    """It deploys to China and GovCloud as it is, except where it imports a literal ARN."""
    done = synthesized(example)

    literal = {
        "your_construct": {"arn:aws:iam::111111111111:role/data/Loader"},
        "exact_permissions": {"arn:aws:iam::222222222222:role/SharedWithUs"},
    }
    assert literal.get(example, set()) == set(re.findall("arn:aws:[^'\"\\\\]+", json.dumps(done.templates)))
    assert [] == done.messages
    assert [] == done.missing


def _trust(*services: str) -> dict[str, Any]:
    """Write the trust policy of a role that these services may assume, and nobody else."""
    return {
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": service}} for service in services
        ],
    }


def test_serverless_makes_a_namespace_that_both_services_may_use_and_a_workgroup_for_it() -> None:
    """People may update this namespace alone, and pass its role to Redshift Serverless and to nobody else."""
    done = synthesized("serverless")

    role_id, role = done.only("Serverless", "AWS::IAM::Role")
    namespace_id, namespace = done.only("Serverless", "AWS::RedshiftServerless::Namespace")
    _, workgroup = done.only("Serverless", "AWS::RedshiftServerless::Workgroup")
    policies = done.resources("Serverless", "AWS::IAM::ManagedPolicy")
    (policy,) = (found for name, found in policies.items() if "UserPolicy" in name)
    role_arn = {"Fn::GetAtt": [role_id, "Arn"]}
    assert _trust("redshift.amazonaws.com", "redshift-serverless.amazonaws.com") == role["AssumeRolePolicyDocument"]
    assert [role_arn] == namespace["IamRoles"]
    assert {"Ref": namespace_id} == workgroup["NamespaceName"]
    assert (8, 64, True, False, 3) == (
        *(workgroup[name] for name in ("BaseCapacity", "MaxCapacity", "EnhancedVpcRouting", "PubliclyAccessible")),
        len(workgroup["SubnetIds"]),
    )
    _, update, pass_roles = policy["PolicyDocument"]["Statement"]
    assert {"Fn::GetAtt": [namespace_id, "Namespace.NamespaceArn"]} == update["Resource"]
    assert ("iam:PassRole", role_arn) == (pass_roles["Action"], pass_roles["Resource"])
    to_serverless = {"StringEquals": {"iam:PassedToService": "redshift-serverless.amazonaws.com"}}
    assert to_serverless == pass_roles["Condition"]


def test_one_statement_makes_a_role_a_cluster_and_the_policy_for_that_pair() -> None:
    """Redshift may assume the role, the cluster has it and no other, and people may associate just these two."""
    done = synthesized("one_statement")

    role_id, role = done.only("OneStatement", "AWS::IAM::Role")
    cluster_id, cluster = done.only("OneStatement", "AWS::Redshift::Cluster")
    _, policy = done.only("OneStatement", "AWS::IAM::ManagedPolicy")
    role_arn = {"Fn::GetAtt": [role_id, "Arn"]}
    assert _trust("redshift.amazonaws.com") == role["AssumeRolePolicyDocument"]
    assert [role_arn] == cluster["IamRoles"]
    assert "warehouse-subnets" == cluster["ClusterSubnetGroupName"]
    here = {"AWS::Partition": "aws", "AWS::Region": "eu-west-1", "AWS::AccountId": "111111111111", cluster_id: "ours"}
    _, associate, pass_roles = deployed(policy["PolicyDocument"], here)["Statement"]
    assert "arn:aws:redshift:eu-west-1:111111111111:cluster:ours" == associate["Resource"]
    assert ("iam:PassRole", role_arn) == (pass_roles["Action"], pass_roles["Resource"])
    assert role_arn == done.templates["OneStatement"]["Outputs"]["RoleArn"]["Value"]


def test_published_policy_is_the_published_one_and_passes_roles_to_redshift_alone() -> None:
    """The document is AWS's, statement by statement, with the condition on iam:PassRole and a name for each
    statement.
    """
    done = synthesized("published_policy")

    group_id, _ = done.only("PublishedPolicy", "AWS::IAM::Group")
    _, policy = done.only("PublishedPolicy", "AWS::IAM::ManagedPolicy")
    expected = json.loads(PUBLISHED_POLICY)
    for statement, sid in zip(
        expected["Statement"], ("DescribeClusters", "AssociateRoles", "PassRolesToRedshift"), strict=True
    ):
        statement["Sid"] = sid
    expected["Statement"][2]["Condition"] = {"StringEquals": {"iam:PassedToService": "redshift.amazonaws.com"}}
    there = {"AWS::Partition": "aws", "AWS::Region": "us-east-1", "AWS::AccountId": "123456789012"}
    assert expected == deployed(policy["PolicyDocument"], there)
    assert [{"Ref": group_id}] == policy["Groups"]
    assert {"Users", "Roles"}.isdisjoint(policy)


def test_shared_role_is_one_role_that_both_clusters_name() -> None:
    """The first stack has the role and exports its ARN; the second has none and imports that export."""
    done = synthesized("shared_role")

    role_id, role = done.only("Sales", "AWS::IAM::Role")
    _, sales = done.only("Sales", "AWS::Redshift::Cluster")
    _, marketing = done.only("Marketing", "AWS::Redshift::Cluster")
    (export,) = done.templates["Sales"]["Outputs"].values()
    assert _trust("redshift.amazonaws.com") == role["AssumeRolePolicyDocument"]
    assert [{"Fn::GetAtt": [role_id, "Arn"]}] == sales["IamRoles"] == [export["Value"]]
    assert [{"Fn::ImportValue": export["Export"]["Name"]}] == marketing["IamRoles"]
    assert {} == done.resources("Marketing", "AWS::IAM::Role")


def test_your_construct_has_the_imported_role_first_and_then_its_own() -> None:
    """The literal ARN stands as it was given; the role made later may read the one stream."""
    done = synthesized("your_construct")

    _, cluster = done.only("YourConstruct", "AWS::Redshift::Cluster")
    role_id, role = done.only("YourConstruct", "AWS::IAM::Role")
    _, policy = done.only("YourConstruct", "AWS::IAM::Policy")
    assert [
        "arn:aws:iam::111111111111:role/data/Loader",
        {"Fn::GetAtt": [role_id, "Arn"]},
    ] == cluster["IamRoles"]
    assert _trust("redshift.amazonaws.com") == role["AssumeRolePolicyDocument"]
    (statement,) = deployed(policy["PolicyDocument"], {"AWS::Partition": "aws"})["Statement"]
    assert [{"Ref": role_id}] == policy["Roles"]
    assert "arn:aws:kinesis:eu-west-1:111111111111:stream/clicks" == statement["Resource"]
    assert {"kinesis:DescribeStream", "kinesis:GetRecords", "kinesis:GetShardIterator", "kinesis:ListShards"} <= set(
        statement["Action"]
    )
    assert not [action for action in statement["Action"] if action.startswith(("kinesis:Put", "kinesis:Delete"))]


def test_regional_trust_names_exactly_who_may_assume_the_roles() -> None:
    """Two regional principals and no global one; and the two global ones of clusters and Serverless."""
    done = synthesized("regional_trust")

    european, anywhere = done.resources("RegionalTrust", "AWS::IAM::Role").values()
    regional = ("redshift.eu-west-1.amazonaws.com", "redshift.eu-central-1.amazonaws.com")
    assert _trust(*regional) == european["AssumeRolePolicyDocument"]
    everywhere = ("redshift.amazonaws.com", "redshift-serverless.amazonaws.com")
    assert _trust(*everywhere) == anywhere["AssumeRolePolicyDocument"]


def test_hardened_cluster_is_encrypted_with_a_key_of_its_own() -> None:
    """Data and admin password use the key, which rotates."""
    done = synthesized("hardened_cluster")

    _, cluster = done.only("HardenedCluster", "AWS::Redshift::Cluster")
    key_id, key = done.only("HardenedCluster", "AWS::KMS::Key")
    key_arn = {"Fn::GetAtt": [key_id, "Arn"]}
    assert (True, key_arn, key_arn) == (
        cluster["Encrypted"],
        cluster["KmsKeyId"],
        cluster["MasterPasswordSecretKmsKeyId"],
    )
    assert key["EnableKeyRotation"] is True


def test_hardened_cluster_has_three_nodes_five_weeks_of_snapshots_and_its_parameters() -> None:
    """The parameters of the example stand beside those that every cluster gets."""
    done = synthesized("hardened_cluster")

    _, cluster = done.only("HardenedCluster", "AWS::Redshift::Cluster")
    group_id, group = done.only("HardenedCluster", "AWS::Redshift::ClusterParameterGroup")
    assert ("multi-node", 3, 35) == (
        cluster["ClusterType"],
        cluster["NumberOfNodes"],
        cluster["AutomatedSnapshotRetentionPeriod"],
    )
    assert {"Ref": group_id} == cluster["ClusterParameterGroupName"]
    assert {
        "enable_user_activity_logging": "true",
        "max_concurrency_scaling_clusters": "0",
        "require_ssl": "true",
        "statement_timeout": "3600000",
    } == {parameter["ParameterName"]: parameter["ParameterValue"] for parameter in group["Parameters"]}


def test_hardened_cluster_lets_in_the_application_on_its_port_and_nobody_else() -> None:
    """Its one security group has one ingress rule, from the group of the application, which may go nowhere else."""
    done = synthesized("hardened_cluster")

    _, cluster = done.only("HardenedCluster", "AWS::Redshift::Cluster")
    groups = done.resources("HardenedCluster", "AWS::EC2::SecurityGroup")
    ((own, _),) = (cluster_group["Fn::GetAtt"] for cluster_group in cluster["VpcSecurityGroupIds"])
    (application,) = set(groups) - {own}
    _, ingress = done.only("HardenedCluster", "AWS::EC2::SecurityGroupIngress")
    _, egress = done.only("HardenedCluster", "AWS::EC2::SecurityGroupEgress")
    own_id, application_id = {"Fn::GetAtt": [own, "GroupId"]}, {"Fn::GetAtt": [application, "GroupId"]}
    port = cluster["Port"]
    on_its_port = {
        "Description": "Applications query the warehouse",
        "IpProtocol": "tcp",
        "FromPort": port,
        "ToPort": port,
    }
    assert {**on_its_port, "GroupId": own_id, "SourceSecurityGroupId": application_id} == ingress
    assert {**on_its_port, "GroupId": application_id, "DestinationSecurityGroupId": own_id} == egress
    assert [] == [name for name, group in groups.items() if "SecurityGroupIngress" in group]
    assert "SecurityGroupEgress" not in groups[application]
    assert cluster["PubliclyAccessible"] is False


def test_hardened_cluster_reaches_amazon_s3_without_the_internet() -> None:
    """COPY and UNLOAD go through the VPC, whose gateway endpoint serves every subnet of the cluster."""
    done = synthesized("hardened_cluster")

    _, endpoint = done.only("HardenedCluster", "AWS::EC2::VPCEndpoint")
    _, group = done.only("HardenedCluster", "AWS::Redshift::ClusterSubnetGroup")
    routes = done.resources("HardenedCluster", "AWS::EC2::SubnetRouteTableAssociation").values()
    served = [route["SubnetId"] for route in routes if route["RouteTableId"] in endpoint["RouteTableIds"]]
    assert "com.amazonaws.eu-west-1.s3" == deployed(endpoint["ServiceName"], {"AWS::Region": "eu-west-1"})
    assert group["SubnetIds"] == served
    assert 2 == len(served)
    assert {} == done.resources("HardenedCluster", "AWS::EC2::InternetGateway")
    assert {} == done.resources("HardenedCluster", "AWS::EC2::NatGateway")


def test_exact_permissions_allows_two_prefixes_and_the_next_role() -> None:
    """One policy for all: read what lands, write reports, and assume what the other team shares; the SQL says
    so too.
    """
    done = synthesized("exact_permissions")
    _, policy = done.only("ExactPermissions", "AWS::IAM::ManagedPolicy")
    role_id, role = done.only("ExactPermissions", "AWS::IAM::Role")
    here = {"AWS::Partition": "aws"}
    lake = "arn:aws:s3:::sales-lake"

    assert {
        "AssumeNextRoles": ("sts:AssumeRole", "arn:aws:iam::222222222222:role/SharedWithUs"),
        "ListObjects": ("s3:ListBucket", lake),
        "ListObjects2": ("s3:ListBucket", lake),
        "LocateBuckets": ("s3:GetBucketLocation", lake),
        "ReadObjects": ("s3:GetObject", f"{lake}/landing/*"),
        "UnloadObjects": (["s3:GetObject", "s3:PutObject"], f"{lake}/reports/*"),
    } == {
        statement["Sid"]: (statement["Action"], statement["Resource"])
        for statement in deployed(policy["PolicyDocument"], here)["Statement"]
    }
    (trust,) = deployed(role["AssumeRolePolicyDocument"], here)["Statement"]
    assert ["arn:aws:redshift:eu-west-1:111111111111:dbuser:warehouse/loader"] == (
        trust["Condition"]["StringEquals"]["sts:ExternalId"]
    )
    outputs = done.templates["ExactPermissions"]["Outputs"]
    first = {"Fn::GetAtt": [role_id, "Arn"]}
    tail = ",arn:aws:iam::222222222222:role/SharedWithUs' FORMAT AS CSV IGNOREHEADER 1;"
    assert ['COPY "public"."orders" FROM \'s3://their-lake/orders/\' IAM_ROLE \'', first, tail] == (
        outputs["LoadTheirs"]["Value"]["Fn::Join"][1]
    )
    assert first in outputs["ForTheOtherTeam"]["Value"]["Fn::Join"][1]
