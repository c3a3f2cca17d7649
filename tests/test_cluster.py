"""The provisioned cluster and its roles."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

import aws_cdk as cdk
import pytest
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from aws_cdk.assertions import Match, Template

from redshift_roles import RedshiftCluster, RedshiftRole, RoleAssociationError
from tests.conftest import ACCOUNT, OTHER_ACCOUNT, REGION
from tests.support.associations import refused
from tests.support.nag import nag_findings
from tests.support.templates import deployed, failures_of, properties_of, template_of

CLUSTER = "AWS::Redshift::Cluster"


def _cluster(scope: cdk.Stack, **options: Any) -> RedshiftCluster:
    return RedshiftCluster(scope, "Cluster", cluster_subnet_group_name="subnets", **options)


def _roles(scope: cdk.Stack, count: int) -> list[iam.IRole]:
    return [RedshiftRole(scope, f"Role{number}") for number in range(count)]


def _wrong(scope: cdk.Stack, **options: Any) -> list[tuple[str, str]]:
    found = refused(lambda: RedshiftCluster(scope, "Cluster", **options))
    assert scope.node.try_find_child("Cluster") is None
    return found


REFERENCE = "a reference"


@pytest.mark.parametrize(
    ("argument", "value", "message"),
    [
        ("cluster_identifier", "", "must be 1 to 63 lower-case letters, digits"),
        ("node_type", None, "must be a node type, got None"),
        ("number_of_nodes", 0, "must be a whole number from 1 to 100, got 0"),
        ("number_of_nodes", None, "must be a whole number from 1 to 100, got None"),
        ("database_name", "table", "is 'table', which is a reserved word"),
        ("database_name", None, "must be 1 to 64 lower-case letters"),
        ("admin_username", None, "must be 1 to 128 lower-case letters"),
        ("port", 5456, "must be 5431 to 5455 or 8191 to 8215 for ra3.large, got 5456"),
        ("port", None, "must be 5431 to 5455 or 8191 to 8215 for ra3.large, got None"),
        ("port", REFERENCE, "must be 5431 to 5455 or 8191 to 8215 for ra3.large, got a value"),
        ("vpc", "vpc-1", "must be an ec2.IVpc, got 'vpc-1'"),
        ("security_groups", "sg-1", "must be a list, got 'sg-1'"),
        ("roles", "arn", "must be a list, got 'arn'"),
        ("roles", None, "must be a list, got None"),
        ("role_limit", "10", "must be a whole number, got '10'"),
        ("role_limit", None, "must be a whole number, got None"),
        ("default_role", "arn", "must be an iam.IRole, got 'arn'"),
        ("preferred_maintenance_window", None, "must be ddd:hh:mm-ddd:hh:mm in UTC"),
        ("multi_az", None, "must be True or False, got None"),
        ("multi_az", REFERENCE, "must be True or False, got a value that only the deployment knows"),
        ("publicly_accessible", "no", "must be True or False, got 'no'"),
        ("removal_policy", "retain", "must be a RemovalPolicy, got 'retain'"),
        ("encryption_key", "alias/key", "must be a kms.IKey, got 'alias/key'"),
        ("audit_log_bucket", "logs", "must be an s3.IBucket, got 'logs'"),
        ("parameters", "require_ssl", "must be a mapping"),
        ("snapshot_retention", 7, "must be a Duration, got 7"),
        ("snapshot_retention", cdk.Duration.days(0), "must be 1 to 35 whole days for ra3.large, got 0 days"),
        ("snapshot_retention", cdk.Duration.hours(36), "must be 1 to 35 whole days for ra3.large, got 1.5 days"),
        (
            "snapshot_retention",
            cdk.Duration.hours(cdk.Token.as_number(cdk.Fn.ref("Hours"))),
            "must be a token for days, got one for hours",
        ),
    ],
)
def test_fails_when_an_argument_is_wrong(stack: cdk.Stack, argument: str, value: object, message: str) -> None:
    """One clear error in the words of the argument, at once, and nothing is left in the tree."""
    value = cdk.Fn.ref("Parameter") if value == REFERENCE else value
    network = {} if argument == "vpc" else {"cluster_subnet_group_name": "subnets"}
    ((rule, found),) = _wrong(stack, **{argument: value, **network})

    assert "InvalidArgument" == rule
    assert found.startswith(f"'{argument}' {message}")


def test_fails_when_it_has_two_networks_or_none(stack: cdk.Stack) -> None:
    """Exactly one of vpc and cluster_subnet_group_name says where it is."""
    vpc = ec2.Vpc(stack, "Vpc", max_azs=2)
    both = "'vpc' and 'cluster_subnet_group_name' are both given"
    neither = "neither 'vpc' nor 'cluster_subnet_group_name' is given"

    assert [("InvalidArgument", both)] == _wrong(stack, vpc=vpc, cluster_subnet_group_name="subnets")
    assert [("InvalidArgument", neither)] == _wrong(stack)


def test_fails_when_an_eleventh_role_is_added_and_keeps_the_ten(stack: cdk.Stack) -> None:
    """add_role raises at the caller's line and changes nothing."""
    cluster = _cluster(stack, roles=_roles(stack, 9))
    cluster.add_role(RedshiftRole(stack, "Tenth"))

    with pytest.raises(RoleAssociationError) as caught:
        cluster.add_role(RedshiftRole(stack, "Eleventh"))
    (finding,) = caught.value.findings
    assert ("RoleQuotaExceeded", "'roles' has 11 entries, 'role_limit' is 10") == (finding.rule, finding.message)
    assert "drop 1 role, or pass role_limit=11 (the AWS quota in eu-west-1 is 50)" == finding.fix
    assert (10, 10) == (len(cluster.roles), len(properties_of(stack, CLUSTER)["IamRoles"]))


@pytest.mark.parametrize("first", ["construct", "name", "arn"])
@pytest.mark.parametrize("second", ["construct", "name", "arn"])
@pytest.mark.parametrize("known", [True, False])
def test_fails_when_one_role_comes_twice_however_it_is_written(
    app: cdk.App, first: str, second: str, known: bool
) -> None:
    """The same role as construct, by name and by ARN is one role, also where the ARN settles the account."""
    stack = cdk.Stack(app, "Data", env=cdk.Environment(account=ACCOUNT, region=REGION) if known else None)
    anchor = iam.Role.from_role_arn(stack, "Anchor", f"arn:aws:iam::{ACCOUNT}:role/Anchor")
    made = RedshiftRole(stack, "Role", role_name="loader")
    ways: dict[str, Callable[[int], iam.IRole]] = {
        "construct": lambda _: made,
        "name": lambda order: iam.Role.from_role_name(stack, f"Name{order}", "loader"),
        "arn": lambda order: iam.Role.from_role_arn(stack, f"Arn{order}", f"arn:aws:iam::{ACCOUNT}:role/loader"),
    }

    roles = [anchor, ways[first](1), ways[second](2)]

    assert ["RoleDuplicated"] == [rule for rule, _ in refused(lambda: _cluster(stack, roles=roles))]


def test_a_name_and_a_path_tell_roles_apart(stack: cdk.Stack) -> None:
    """The name that an `iam.Role` of the app was given is read from it; a path is part of the ARN."""
    service = iam.ServicePrincipal("redshift.amazonaws.com")
    made = iam.Role(stack, "Role", assumed_by=service, role_name="loader", path="/team/")
    again = iam.Role.from_role_arn(stack, "Again", f"arn:aws:iam::{ACCOUNT}:role/team/loader")
    other = iam.Role.from_role_arn(stack, "Other", f"arn:aws:iam::{ACCOUNT}:role/other/loader")

    assert ["RoleDuplicated"] == [rule for rule, _ in refused(lambda: _cluster(stack, roles=[made, again]))]
    assert 2 == len(_cluster(stack, roles=[made, other]).roles)


def test_no_message_shows_a_token(stack: cdk.Stack) -> None:
    """What only the deployment knows is written as ``${Name}``."""
    name = cdk.CfnParameter(stack, "Name").value_as_string
    foreign = iam.Role.from_role_arn(stack, "Foreign", f"arn:aws:iam::{OTHER_ACCOUNT}:role/{name}")
    user = iam.Role.from_role_arn(stack, "User", f"arn:aws:iam::{ACCOUNT}:user/{name}")

    with pytest.raises(RoleAssociationError) as caught:
        _cluster(stack, roles=[foreign, user, foreign])

    assert "Token[" not in str(caught.value)
    assert f"'arn:aws:iam::{ACCOUNT}:user/${{Name}}'" in str(caught.value)


def test_fails_when_the_vpc_has_no_subnets_and_leaves_nothing(stack: cdk.Stack) -> None:
    """What CDK finds halfway is told in our words and takes the whole construct out of the tree again."""
    elsewhere = ec2.Vpc.from_vpc_attributes(stack, "Vpc", vpc_id="vpc-1", availability_zones=["a"])

    with pytest.raises(RoleAssociationError, match="'vpc' has no subnets for the cluster: "):
        RedshiftCluster(stack, "Cluster", vpc=elsewhere)

    assert stack.node.try_find_child("Cluster") is None
    assert [] == failures_of(stack.node.root)


DEFAULTS = {
    "AllowVersionUpgrade": True,
    "AutomatedSnapshotRetentionPeriod": 7,
    "ClusterParameterGroupName": {"Ref": "ClusterParameters9D8FE6CF"},
    "ClusterSubnetGroupName": "subnets",
    "ClusterType": "multi-node",
    "DBName": "warehouse",
    "Encrypted": True,
    "EnhancedVpcRouting": True,
    "LoggingProperties": {
        "LogDestinationType": "cloudwatch",
        "LogExports": ["connectionlog", "useractivitylog", "userlog"],
    },
    "ManageMasterPassword": True,
    "MasterUsername": "warehouse_admin",
    "NodeType": "ra3.large",
    "NumberOfNodes": 2,
    "Port": 5440,
    "PreferredMaintenanceWindow": "sun:03:00-sun:03:30",
    "PubliclyAccessible": False,
}


def test_the_defaults_are_secure_and_have_no_physical_name(stack: cdk.Stack) -> None:
    """Encrypted, not public, TLS, logs, snapshots, a managed password, and a last snapshot on deletion."""
    _cluster(stack)

    resources = template_of(stack)["Resources"]
    (cluster,) = (resource for resource in resources.values() if resource["Type"] == CLUSTER)
    (group,) = (resource for resource in resources.values() if resource["Type"] != CLUSTER)
    references = {key: value["Ref"] for key, value in cluster["Properties"].items() if "Ref" in str(value)}
    assert {**DEFAULTS, **{key: {"Ref": value} for key, value in references.items()}} == cluster["Properties"]
    assert ("Snapshot", "Snapshot") == (cluster["DeletionPolicy"], cluster["UpdateReplacePolicy"])
    assert {
        "Description": "Parameters of Cluster",
        "ParameterGroupFamily": "redshift-2.0",
        "Parameters": [
            {"ParameterName": "enable_user_activity_logging", "ParameterValue": "true"},
            {"ParameterName": "require_ssl", "ParameterValue": "true"},
        ],
    } == group["Properties"]


@pytest.mark.parametrize("in_vpc", [True, False])
def test_the_defaults_have_no_finding_under_five_nag_packs(app: cdk.App, stack: cdk.Stack, in_vpc: bool) -> None:
    """AwsSolutions, HIPAA, NIST R4, NIST R5 and PCI find nothing, with nothing acknowledged, in either kind of
    network.
    """
    vpc = ec2.Vpc(stack, "Vpc", max_azs=2)
    network: dict[str, Any] = {"vpc": vpc} if in_vpc else {"cluster_subnet_group_name": "subnets"}
    role = RedshiftRole(stack, "Role")
    cluster = RedshiftCluster(stack, "Cluster", roles=[role], **network)

    assert set() == nag_findings(app, cluster) | nag_findings(app, role)


def test_a_public_cluster_has_findings_under_the_same_packs(app: cdk.App, stack: cdk.Stack) -> None:
    """The packs look: they find what is wrong with a cluster that is not ours by default."""
    cluster = _cluster(stack, publicly_accessible=True, parameters={"require_ssl": "false"})
    cluster.cfn_cluster.encrypted = False

    found = nag_findings(app, stack)
    assert {"AwsSolutions-RS1", "AwsSolutions-RS6", "AwsSolutions-RS8"} <= found
    assert any(name.startswith("HIPAA") for name in found)
    assert any(name.startswith("PCI") for name in found)


def test_the_options_reach_the_template(stack: cdk.Stack) -> None:
    """Each option is the property that its name says."""
    key = kms.Key(stack, "Key")
    _cluster(
        stack,
        cluster_identifier="sales",
        node_type="ra3.xlplus",
        number_of_nodes=4,
        database_name="sales",
        admin_username="chief",
        port=8191,
        encryption_key=key,
        parameters={"max_concurrency_scaling_clusters": "2"},
        snapshot_retention=cdk.Duration.days(35),
        preferred_maintenance_window="mon:01:00-mon:02:00",
        multi_az=True,
        publicly_accessible=True,
        removal_policy=cdk.RemovalPolicy.RETAIN,
    )

    properties = properties_of(stack, CLUSTER)
    arn = stack.resolve(key.key_arn)
    assert {
        "ClusterIdentifier": "sales",
        "NodeType": "ra3.xlplus",
        "NumberOfNodes": 4,
        "DBName": "sales",
        "MasterUsername": "chief",
        "Port": 8191,
        "KmsKeyId": arn,
        "MasterPasswordSecretKmsKeyId": arn,
        "AutomatedSnapshotRetentionPeriod": 35,
        "PreferredMaintenanceWindow": "mon:01:00-mon:02:00",
        "MultiAZ": True,
        "PubliclyAccessible": True,
    }.items() <= properties.items()
    names = [p["ParameterName"] for p in properties_of(stack, "AWS::Redshift::ClusterParameterGroup")["Parameters"]]
    assert ["enable_user_activity_logging", "max_concurrency_scaling_clusters", "require_ssl"] == names
    Template.from_stack(stack).has_resource(CLUSTER, {"DeletionPolicy": "Retain", "Properties": Match.any_value()})


def test_one_node_is_a_single_node_cluster(stack: cdk.Stack) -> None:
    """CloudFormation takes no number of nodes for one."""
    _cluster(stack, number_of_nodes=1)

    properties = properties_of(stack, CLUSTER)
    assert "single-node" == properties["ClusterType"]
    assert "NumberOfNodes" not in properties


def test_logical_ids_do_not_change_when_props_change(app: cdk.App) -> None:
    """The ids are literals: no option moves a resource."""
    plain, other = (cdk.Stack(app, name, stack_name="Data") for name in ("A", "B"))
    _cluster(plain)
    _cluster(other, roles=_roles(other, 2), cluster_identifier="sales", port=8191, number_of_nodes=1, multi_az=False)

    assert set(template_of(plain)["Resources"]) <= set(template_of(other)["Resources"])


def test_the_attributes_refer_to_the_cluster(stack: cdk.Stack) -> None:
    """Identifier, ARN, endpoint and secret are references to the resource."""
    cluster = _cluster(stack)
    logical_id = stack.get_logical_id(cluster.cfn_cluster)

    assert {"Ref": logical_id} == stack.resolve(cluster.cluster_identifier)
    assert {
        "Fn::Join": [
            "",
            ["arn:", {"Ref": "AWS::Partition"}, f":redshift:{REGION}:{ACCOUNT}:cluster:", {"Ref": logical_id}],
        ]
    } == stack.resolve(cluster.cluster_arn)
    assert {"Fn::GetAtt": [logical_id, "Endpoint.Address"]} == stack.resolve(cluster.endpoint_address)
    assert {"Fn::GetAtt": [logical_id, "Endpoint.Port"]} == stack.resolve(cluster.endpoint_port)
    assert {"Fn::GetAtt": [logical_id, "MasterPasswordSecretArn"]} == stack.resolve(cluster.admin_secret.secret_arn)
    assert cluster.admin_secret is cluster.admin_secret
    assert cluster.admin_secret.encryption_key is None
    assert 10 == cluster.role_limit


def test_who_may_read_the_admin_password_may_decrypt_it(stack: cdk.Stack) -> None:
    """The password is encrypted by the cluster's own key, if it has one, and the secret grants that too."""
    key, user = kms.Key(stack, "Key"), iam.User(stack, "Admin")
    _cluster(stack, encryption_key=key).admin_secret.grant_read(user)
    (statement,) = (
        each
        for each in properties_of(stack, "AWS::KMS::Key")["KeyPolicy"]["Statement"]
        if each["Principal"] == {"AWS": stack.resolve(user.user_arn)}
    )

    assert "kms:Decrypt" == statement["Action"]
    assert {"StringEquals": {"kms:ViaService": f"secretsmanager.{REGION}.amazonaws.com"}} == statement["Condition"]


def test_one_role_serves_many_clusters_and_the_callers_list_is_not_changed(stack: cdk.Stack) -> None:
    """A role may be associated with any number of clusters; add_role adds to the cluster alone."""
    roles = _roles(stack, 1)
    for number in range(3):
        RedshiftCluster(stack, f"Cluster{number}", roles=roles, cluster_subnet_group_name="subnets").add_role(
            RedshiftRole(stack, f"More{number}")
        )

    assert 1 == len(roles)
    assert [] == failures_of(stack.node.root)


def test_what_only_the_deployment_knows_reaches_the_template(stack: cdk.Stack) -> None:
    """Texts and numbers; the name of a subnet group is one, though only the deployment knows it."""
    port: Any = cdk.CfnParameter(stack, "Port", type="Number").value_as_number
    group = cdk.CfnParameter(stack, "Group").value_as_string
    RedshiftCluster(stack, "Warehouse", cluster_subnet_group_name=group, port=port, node_type=cdk.Fn.ref("Group"))
    properties = properties_of(stack, "AWS::Redshift::Cluster")

    assert [{"Ref": "Group"}, {"Ref": "Port"}, {"Ref": "Group"}] == [
        properties[name] for name in ("ClusterSubnetGroupName", "Port", "NodeType")
    ]


@pytest.mark.parametrize(("identifier", "name"), [("sales", "sales"), (None, "*")])
def test_a_bucket_of_the_app_gets_the_policy_that_redshift_needs(
    stack: cdk.Stack, identifier: str | None, name: str
) -> None:
    """Redshift may write there for clusters of this account and region, for the one cluster where it has a name."""
    bucket = s3.Bucket(stack, "Logs")
    RedshiftCluster(
        stack, "Cluster", cluster_identifier=identifier, cluster_subnet_group_name="subnets", audit_log_bucket=bucket
    )

    logs = stack.resolve(bucket.bucket_arn)
    (statement,) = properties_of(stack, "AWS::S3::BucketPolicy")["PolicyDocument"]["Statement"]
    assert {"Service": "redshift.amazonaws.com"} == statement["Principal"]
    assert ["s3:GetBucketAcl", "s3:PutObject"] == statement["Action"]
    assert [logs, {"Fn::Join": ["", [logs, "/*"]]}] == statement["Resource"]
    assert {
        "StringEquals": {"aws:SourceAccount": ACCOUNT},
        "ArnLike": {"aws:SourceArn": f"arn:aws:redshift:{REGION}:{ACCOUNT}:cluster:{name}"},
    } == deployed(statement["Condition"], {"AWS::Partition": "aws"})


@pytest.mark.parametrize(
    ("region", "service"),
    [
        ("ap-east-1", "redshift.ap-east-1.amazonaws.com"),
        *((region, "redshift.amazonaws.com") for region in ("us-west-2", "us-gov-west-1", "cn-north-1")),
        (None, ["redshift.amazonaws.com", {"Fn::Join": ["", ["redshift.", {"Ref": "AWS::Region"}, ".amazonaws.com"]]}]),
    ],
)
def test_in_an_opt_in_region_the_audit_logs_are_written_by_the_service_of_that_region(
    app: cdk.App, region: str | None, service: object
) -> None:
    """AWS: such regions require redshift.REGION.amazonaws.com. Where the region is not known, either may write."""
    stack = cdk.Stack(app, "Logged", env=cdk.Environment(account=ACCOUNT, region=region) if region else None)
    _cluster(stack, audit_log_bucket=s3.Bucket(stack, "Logs"))
    (statement,) = properties_of(stack, "AWS::S3::BucketPolicy")["PolicyDocument"]["Statement"]

    assert {"Service": service} == statement["Principal"]


KMS_BY_L1 = {"serverSideEncryptionConfiguration": [{"serverSideEncryptionByDefault": {"sseAlgorithm": "aws:kms"}}]}
NOT_SSE_S3 = "must be encrypted by SSE-S3 (AES256), got aws:kms"
LOCKED = "must have Object Lock turned off, got object_lock_enabled=True"


@pytest.mark.parametrize(
    ("options", "by_l1", "messages"),
    [
        ({"encryption": s3.BucketEncryption.KMS}, {}, [NOT_SSE_S3]),
        ({"encryption": s3.BucketEncryption.KMS_MANAGED}, {}, [NOT_SSE_S3]),
        ({"encryption": s3.BucketEncryption.DSSE_MANAGED}, {}, [f"{NOT_SSE_S3}:dsse"]),
        ({}, {"bucket_encryption": KMS_BY_L1}, [NOT_SSE_S3]),
        ({"object_lock_enabled": True}, {}, [LOCKED]),
        ({}, {"object_lock_enabled": True}, [LOCKED]),
        ({"encryption": s3.BucketEncryption.KMS, "object_lock_enabled": True}, {}, [NOT_SSE_S3, LOCKED]),
    ],
)
def test_fails_when_redshift_writes_no_audit_logs_to_such_a_bucket(
    stack: cdk.Stack, options: dict[str, Any], by_l1: dict[str, Any], messages: list[str]
) -> None:
    """AWS: SSE-S3 alone, and Object Lock off; no cluster is left behind, and the bucket gets no policy."""
    bucket = s3.Bucket(stack, "Logs", **options)
    for name, value in by_l1.items():
        setattr(bucket.node.default_child, name, value)
    found = _wrong(stack, cluster_subnet_group_name="subnets", audit_log_bucket=bucket)

    assert [("InvalidArgument", f"'audit_log_bucket' (Data/Logs) {message}") for message in messages] == found
    assert bucket.policy is None


def test_an_l1_has_the_last_word_about_a_bucket_for_audit_logs(stack: cdk.Stack) -> None:
    """Whether it is behind an L2 or alone; a value that only the deployment knows is not held against it."""
    bucket = s3.Bucket(stack, "Logs", encryption=s3.BucketEncryption.KMS)
    alone = s3.CfnBucket(stack, "Alone", object_lock_enabled=True)
    behind = cast("s3.CfnBucket", bucket.node.default_child)
    behind.bucket_encryption = None
    behind.object_lock_enabled = cdk.Token.as_any({"Ref": "Locked"})
    _cluster(stack, audit_log_bucket=bucket)

    assert [("InvalidArgument", f"'audit_log_bucket' (Data/Alone/@FromCfnBucket) {LOCKED}")] == refused(
        lambda: RedshiftCluster(
            stack, "Other", cluster_subnet_group_name="subnets", audit_log_bucket=s3.Bucket.from_cfn_bucket(alone)
        )
    )


def test_an_imported_bucket_for_audit_logs_is_refused_only_where_its_key_is_known(stack: cdk.Stack) -> None:
    """Its owner knows the rest."""
    key = kms.Key(stack, "Key")
    keyed = s3.Bucket.from_bucket_attributes(stack, "Keyed", bucket_name="keyed-logs", encryption_key=key)

    assert [("InvalidArgument", f"'audit_log_bucket' (Data/Keyed) {NOT_SSE_S3}")] == _wrong(
        stack, cluster_subnet_group_name="subnets", audit_log_bucket=keyed
    )
    _cluster(stack, audit_log_bucket=s3.Bucket.from_bucket_name(stack, "Theirs", "their-logs"))


def test_fails_when_the_audit_logs_would_go_to_an_access_point(stack: cdk.Stack) -> None:
    """It has no name of a bucket; which ARNs are none, the tests of grants say."""
    point = f"arn:aws:s3:{REGION}:{ACCOUNT}:accesspoint/ap"
    bucket = s3.Bucket.from_bucket_arn(stack, "Point", point)
    allowed = "a bucket by its own name, since Redshift documents no access points"

    assert [("InvalidArgument", f"'audit_log_bucket' (Data/Point) must be {allowed}, got '{point}'")] == _wrong(
        stack, cluster_subnet_group_name="subnets", audit_log_bucket=bucket
    )


def test_the_cluster_waits_for_the_policy_of_a_bucket_of_the_app(stack: cdk.Stack) -> None:
    """Redshift checks the bucket when logging is turned on; the owner of an imported one has written the policy."""
    bucket = s3.Bucket(stack, "Logs")
    imported = s3.Bucket.from_bucket_name(stack, "Imported", "their-logs")
    for name, logs in (("Ours", bucket), ("Theirs", imported)):
        RedshiftCluster(stack, name, cluster_subnet_group_name="subnets", audit_log_bucket=logs)
    resources = template_of(stack)["Resources"]
    ours, theirs = (resource for resource in resources.values() if resource["Type"] == CLUSTER)
    (policy,) = (key for key, resource in resources.items() if resource["Type"] == "AWS::S3::BucketPolicy")

    assert ([policy], None) == (ours["DependsOn"], theirs.get("DependsOn"))
    assert [
        {"LogDestinationType": "s3", "BucketName": stack.resolve(bucket.bucket_name)},
        {"LogDestinationType": "s3", "BucketName": "their-logs"},
    ] == [cluster["Properties"]["LoggingProperties"] for cluster in (ours, theirs)]


def test_fails_when_something_is_granted_to_a_cluster(stack: cdk.Stack) -> None:
    """CDK passes on what to use; this library raises it."""
    cluster, role = _cluster(stack), RedshiftRole(stack, "Granted")
    words = r"Data/Cluster: 1 rule broken\n  InvalidArgument: a cluster has no permissions of its own.*\n"
    fix = r"    fix: grant to a role, as in role\.redshift_grants\.copy_from\(bucket\), or to a RedshiftWarehouse"

    with pytest.raises(RuntimeError, match=words + fix):
        s3.Bucket(stack, "Bucket").grant_read(cluster)  # type: ignore[arg-type]
    with pytest.raises(RoleAssociationError, match=words + fix):
        role.redshift_grants.pass_role(cluster)  # type: ignore[arg-type]
