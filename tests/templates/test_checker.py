"""The rules held against everything in an app."""

from __future__ import annotations

from pathlib import Path

import pytest

from redshift_roles import rules
from redshift_roles.aws import Json
from redshift_roles.rules.facts import Origin
from redshift_roles.rules.registry import Problem
from redshift_roles.templates import checker
from redshift_roles.templates.assembly import Assembly
from redshift_roles.templates.checker import ClusterOrNamespace, Violation
from tests.conftest import ACCOUNT, OTHER_ACCOUNT
from tests.support.builders import StackText, arn, cluster, read, template, trusting
from tests.support.rule_cases import Case, cases, named, write_cloud_assembly


def test_the_table_has_cases_of_every_kind() -> None:
    """Each has a name of its own, and most rules are broken by one."""
    names = [case.name for case in cases()]

    assert len(names) >= 60
    assert sorted(set(names)) == sorted(names)


@pytest.mark.parametrize("case", cases(), ids=lambda case: case.name)
def test_a_case_has_the_findings_of_the_table(case: Case, tmp_path: Path) -> None:
    """Neither fewer than an expert gives, nor more."""
    assembly = Assembly.read(write_cloud_assembly(case, tmp_path))

    assert case.expected == named(checker.check(assembly, 10))


PASSING = {"Effect": "Allow", "Action": "iam:PassRole", "Resource": "*"}
POLICY = {"Type": "AWS::IAM::ManagedPolicy", "Properties": {"PolicyDocument": {"Statement": [PASSING]}}}


def _many(count: int) -> list[str]:
    return [arn(f"Role{number}") for number in range(count)]


def _namespace(**properties: Json) -> dict[str, Json]:
    return {"Type": "AWS::RedshiftServerless::Namespace", "Properties": properties}


@pytest.mark.parametrize(("region", "limit"), [("us-iso-east-1", 10), ("eu-west-1", 20), (None, 20)])
def test_a_limit_above_the_quota_of_a_region_is_that_quota(tmp_path: Path, region: str | None, limit: int) -> None:
    """For clusters; a namespace has no quota."""
    found = template(tmp_path, StackText(resources={"C": cluster([]), "N": _namespace()}, region=region))

    assert [ClusterOrNamespace(found, "C", limit), ClusterOrNamespace(found, "N", 20)] == list(
        checker.clusters_and_namespaces(found.assembly, 20)
    )


def test_fails_when_two_clusters_of_a_stack_name_roles_of_two_accounts(tmp_path: Path) -> None:
    """The stack can be deployed to one account only; the first role says to which."""
    resources = {"One": cluster([arn()]), "Two": cluster([arn(account=OTHER_ACCOUNT)])}
    found = checker.check(read(tmp_path, Data=StackText(resources=resources, account=None)), 10)

    assert ["RoleAccountMismatch Two", "RoleAccountUndecided One"] == [
        name for name in named(found) if name != "RoleAccountUndecided Two"
    ]


@pytest.mark.parametrize(
    ("metadata", "path"),
    [
        ({"aws:cdk:path": "Data/Theirs/Resource"}, "Data/Theirs/Resource"),
        ({"aws:cdk:path": 1}, "C"),
        ({}, "C"),
        ("x", "C"),
        (None, "C"),
    ],
)
def test_a_resource_is_called_by_its_construct_path_where_cdk_wrote_it_down(
    tmp_path: Path, metadata: Json, path: str
) -> None:
    """Else by its logical id."""
    found = template(tmp_path, StackText(resources={"C": {**cluster(["x"]), "Metadata": metadata}}))

    assert path == checker.construct_path(found, "C")
    assert [path] == [violation.finding.path for violation in checker.check(found.assembly, 10)]


def test_a_violation_has_a_location(tmp_path: Path) -> None:
    """The list of roles, the default role, or the statement."""
    namespace = _namespace(IamRoles=["x"], DefaultIamRoleArn=arn())
    found = checker.check(read(tmp_path, Data=StackText(resources={"N": namespace, "P": POLICY})), 10)

    assert [
        ("RoleArnInvalid", "N", "Properties/IamRoles"),
        ("DefaultRoleNotAssociated", "N", "Properties/DefaultIamRoleArn"),
        ("PassRoleUnscoped", "P", "Properties/PolicyDocument/Statement/0"),
    ] == [(violation.finding.rule, violation.logical_id, violation.location) for violation in found]


def test_what_is_undecided_or_advice_is_no_failure(tmp_path: Path) -> None:
    """Every rule is one or the other."""
    found = template(tmp_path)
    failing = [
        rule.name
        for rule in rules.RULES
        if Violation(found, "", "", rule.finding("", Problem("", "message", "fix"))).is_failure
    ]

    assert [rule.name for rule in rules.RULES if not (rule.undecided or rule.is_advice)] == failing


@pytest.mark.parametrize(("resource", "rule"), [("*", "PassRoleUnscoped"), (arn(), "PassedToServiceMissing")])
@pytest.mark.parametrize("is_app", [True, False])
def test_strangers_are_no_matter_of_each_other(tmp_path: Path, is_app: bool, resource: str, rule: str) -> None:
    """A policy beside clusters of another stack, or on their roles, counts only where both are of one app."""
    statement = {**PASSING, "Resource": resource}
    policy = {"Type": "AWS::IAM::Policy", "Properties": {"PolicyDocument": {"Statement": [statement]}}}
    assembly = read(
        tmp_path, Tools=StackText(resources={"P": policy}), Data=StackText(resources={"C": cluster([arn()])})
    )
    assembly.is_app = is_app

    assert [f"{rule} P"] * is_app == named(checker.check(assembly, 10))


@pytest.mark.parametrize("is_app", [True, False])
def test_policies_of_one_role_may_be_in_two_stacks_of_an_app(tmp_path: Path, is_app: bool) -> None:
    """Files that are only read together may each mean another role of that name."""

    def stack(*actions: str) -> StackText:
        statement = {"Effect": "Allow", "Action": [*actions], "Resource": "*"}
        properties = {"Roles": ["deploy"], "PolicyDocument": {"Statement": [statement]}}
        return StackText(resources={"P": {"Type": "AWS::IAM::Policy", "Properties": properties}})

    assembly = read(tmp_path, Tools=stack("iam:PassRole"), Data=stack("redshift:CreateCluster"))
    assembly.is_app = is_app

    assert ["PassRoleUnscoped P"] * is_app == named(checker.check(assembly, 10))


FIXES: dict[str, tuple[dict[str, Json], list[str], str]] = {
    "people": ({"Roles": ["dev"]}, ["redshift"], "redshift.amazonaws.com}}"),
    "people, for Serverless too": (
        {"Roles": ["dev"]},
        ["redshift", "redshift-serverless"],
        "redshift.amazonaws.com}} (for Serverless redshift-serverless.amazonaws.com)",
    ),
    "the role itself": ({"Roles": [{"Ref": "R"}]}, ["redshift"], "sagemaker.amazonaws.com}}"),
    "the role itself, and people": (
        {"Roles": [{"Ref": "R"}, "dev"]},
        ["redshift"],
        "[redshift.amazonaws.com, sagemaker.amazonaws.com]}}",
    ),
    "the role itself, and a user": (
        {"Roles": [{"Ref": "R"}], "Users": ["dev"]},
        ["redshift", "redshift-serverless"],
        "[redshift.amazonaws.com, redshift-serverless.amazonaws.com, sagemaker.amazonaws.com]}}",
    ),
    "the role of a schedule": (
        {},
        ["scheduler.redshift"],
        "[redshift.amazonaws.com, scheduler.redshift.amazonaws.com]}}",
    ),
}


@pytest.mark.parametrize("who", FIXES)
def test_a_fix_names_the_services_that_the_role_is_for(tmp_path: Path, who: str) -> None:
    """Redshift passes the role of a model to Amazon SageMaker; people pass roles to clusters and schedules."""
    attached, services, expected = FIXES[who]
    statement = {**PASSING, "Resource": {"Fn::GetAtt": ["R", "Arn"]}}
    policy = {"Type": "AWS::IAM::Policy", "Properties": {**attached, "PolicyDocument": {"Statement": [statement]}}}
    role = trusting(*(f"{service}.amazonaws.com" for service in services))
    (found,) = checker.check(template(tmp_path, StackText(resources={"R": role, "P": policy})).assembly, 10)

    assert ("PassedToServiceMissing", f"add Condition: {{StringEquals: {{iam:PassedToService: {expected}") == (
        found.finding.rule,
        found.finding.fix,
    )
    assert not found.is_failure


@pytest.mark.parametrize(
    ("operations", "services"),
    [
        (["redshift:CreateCluster"], "redshift.amazonaws.com, sagemaker.amazonaws.com"),
        (
            ["redshift:*", "redshift-serverless:*"],
            "redshift.amazonaws.com, redshift-serverless.amazonaws.com, sagemaker.amazonaws.com",
        ),
    ],
)
def test_a_role_that_redshift_and_people_have_passes_roles_to_all(
    tmp_path: Path, operations: list[str], services: str
) -> None:
    """Such as that of a bastion host, which creates the cluster and is its role too."""
    statement = {"Effect": "Allow", "Action": ["iam:PassRole", *operations], "Resource": "*"}
    role = trusting("redshift.amazonaws.com", "ec2.amazonaws.com")
    role["Properties"]["Policies"] = [{"PolicyDocument": {"Statement": [statement]}}]
    (found,) = checker.check(template(tmp_path, StackText(resources={"R": role})).assembly, 10)

    assert found.finding.fix.endswith(f"{{iam:PassedToService: [{services}]}}}}")


def test_what_people_only_do_to_serverless_decides_the_fix(tmp_path: Path) -> None:
    """A role for Serverless trusts both services, so the role does not."""
    statement = {
        "Effect": "Allow",
        "Action": ["iam:PassRole", "redshift-serverless:UpdateNamespace"],
        "Resource": arn(),
    }
    policy = {"Type": "AWS::IAM::Policy", "Properties": {"PolicyDocument": {"Statement": [statement]}}}
    (found,) = checker.check(template(tmp_path, StackText(resources={"C": cluster([arn()]), "P": policy})).assembly, 10)

    assert found.finding.fix.endswith("{iam:PassedToService: redshift-serverless.amazonaws.com}}")


WRITTEN: dict[str, tuple[Json, str, str, str]] = {
    "a list": (
        {"IamRoles": {"Fn::GetAtt": ["R", "Arn"]}},
        "Cluster",
        "IamRoles is !GetAtt R.Arn, which is no list",
        "",
    ),
    "a parameter": ({"IamRoles": {"Ref": "R"}}, "Cluster", "IamRoles is !Ref R, which is no list", ""),
    "a name": ({"IamRoles": [{"Ref": "R"}]}, "Cluster", "IamRoles[0] is the name of R (Ref)", "write !GetAtt R.Arn"),
    "a parameter of another type": (
        {"IamRoles": {"Ref": "Vpc"}},
        "Cluster",
        "IamRoles is !Ref Vpc, which is no list",
        "",
    ),
    "a name in a text": (
        {"IamRoles": [{"Fn::Sub": "${R}"}]},
        "Cluster",
        "IamRoles[0] is the name of R",
        "write !GetAtt R.Arn",
    ),
    "the name of something else": (
        {"IamRoles": [{"Ref": "Profile"}]},
        "Cluster",
        "IamRoles[0] is !Ref Profile, which is not an ARN",
        "",
    ),
    "a pseudo parameter": (
        {"IamRoles": {"Ref": "AWS::Region"}},
        "Cluster",
        "IamRoles is !Ref AWS::Region, which is no list",
        "",
    ),
    "an id": (
        {"IamRoles": {"Fn::GetAtt": "R.RoleId"}},
        "Cluster",
        "IamRoles is !GetAtt R.RoleId, which is no list",
        "",
    ),
    "the ARN of something else": (
        {"IamRoles": [{"Fn::GetAtt": ["Lake", "Arn"]}]},
        "Cluster",
        "IamRoles[0] is !GetAtt Lake.Arn, and Lake is an AWS::S3::Bucket, not a role",
        "give the ARN of an IAM role",
    ),
    "the name of another resource": (
        {"IamRole": {"Ref": "Lake"}},
        "ScheduledAction",
        "IamRole is !Ref Lake, and Lake is an AWS::S3::Bucket, not a role",
        "give the ARN of an IAM role",
    ),
    "a role of a schedule": (
        {"IamRole": {"Fn::GetAtt": ["R", "Arn"]}},
        "ScheduledAction",
        "IamRole (R) trusts ec2.amazonaws.com; the Redshift scheduler in eu-west-1 cannot assume it",
        "allow sts:AssumeRole to the service scheduler.redshift.amazonaws.com in its AssumeRolePolicyDocument",
    ),
    "a foreign role of a schedule": (
        {"IamRole": arn(account=OTHER_ACCOUNT)},
        "ScheduledAction",
        f"IamRole is in account {OTHER_ACCOUNT}, the scheduled action is in {ACCOUNT}",
        f"name a role of account {ACCOUNT}",
    ),
    "a role of Identity Center": (
        {"IamRoleArn": {"Fn::GetAtt": ["R", "Arn"]}},
        "RedshiftIdcApplication",
        "IamRoleArn (R) trusts ec2.amazonaws.com; Redshift Serverless in eu-west-1 cannot assume it",
        (
            "allow sts:AssumeRole, sts:SetContext to the services redshift.amazonaws.com and "
            "redshift-serverless.amazonaws.com in its AssumeRolePolicyDocument"
        ),
    ),
}


@pytest.mark.parametrize("what", WRITTEN)
def test_a_message_says_what_people_wrote(tmp_path: Path, what: str) -> None:
    """Never what it becomes, which has names that nobody knows."""
    properties, kind, message, fix = WRITTEN[what]
    profile = {"Type": "AWS::IAM::InstanceProfile", "Properties": {"Roles": []}}
    resources = {
        "X": {"Type": f"AWS::Redshift::{kind}", "Properties": properties},
        "R": trusting("ec2.amazonaws.com"),
        "Profile": profile,
        "Lake": {"Type": "AWS::S3::Bucket"},
    }
    stack = StackText(resources=resources, parameters={"Vpc": {"Type": "AWS::EC2::VPC::Id"}})
    (found,) = checker.check(template(tmp_path, stack).assembly, 10, origin="template")

    assert message == found.finding.message
    assert (fix or found.finding.fix) == found.finding.fix


def test_the_trust_of_a_scheduler_s_role_has_a_page_of_its_own(tmp_path: Path) -> None:
    """So has that of an Identity Center application's."""
    resources = {
        "R": trusting("ec2.amazonaws.com"),
        "S": {"Type": "AWS::Redshift::ScheduledAction", "Properties": {"IamRole": {"Fn::GetAtt": ["R", "Arn"]}}},
        "P": {
            "Type": "AWS::Redshift::RedshiftIdcApplication",
            "Properties": {"IamRoleArn": {"Fn::GetAtt": ["R", "Arn"]}},
        },
    }
    found = checker.check(template(tmp_path, StackText(resources=resources)).assembly, 10)

    assert [
        "redshift-iam-access-control-identity-based.html#iam-permission-scheduler",
        "federated-permissions-prereqs.html",
    ] == [violation.finding.source.rpartition("/")[2] for violation in found]


def test_what_another_caller_checks_is_left_out(tmp_path: Path) -> None:
    """Its roles are known all the same."""
    named_one = {**PASSING, "Resource": arn()}
    policy = {"Type": "AWS::IAM::Policy", "Properties": {"PolicyDocument": {"Statement": [named_one]}}}
    found = template(tmp_path, StackText(resources={"C": cluster([arn(), "x"]), "P": policy}))

    assert ["PassedToServiceMissing P"] == named(
        checker.check(found.assembly, 10, is_elsewhere={(found, "C")}.__contains__)
    )


@pytest.mark.parametrize(("origin", "words"), [("app", "'role_limit' is 10"), ("template", "'--role-limit' is 10")])
def test_findings_are_in_the_words_of_the_caller(tmp_path: Path, origin: Origin, words: str) -> None:
    """An app's argument, or an option; as it comes, an app's."""
    assembly = read(tmp_path, Data=StackText(resources={"C": cluster(_many(11))}))
    (violation,) = checker.check(assembly, 10, origin=origin)

    assert f"IamRoles has 11 entries, {words}" == violation.finding.message
    assert "'role_limit'" in next(iter(checker.check(assembly, 10))).finding.message


@pytest.mark.parametrize("resource", [cluster(_many(13)), _namespace(IamRoles=_many(13))])
def test_a_limit_that_this_library_wrote_down_is_kept(tmp_path: Path, resource: dict[str, Json]) -> None:
    """Of a cluster and of a namespace alike: the command finds it in the Metadata, whatever limit it is given."""
    for limit, expected in ((12, ["RoleQuotaExceeded R"]), (13, [])):
        written = {**resource, "Metadata": {"redshift-roles": {"role_limit": limit}}}
        folder = tmp_path / str(limit)
        folder.mkdir()
        found = checker.check(read(folder, Data=StackText(resources={"R": written})), 10, origin="template")
        assert expected == named(found)


def test_an_association_that_another_caller_checks_is_left_out(tmp_path: Path) -> None:
    """What it shares with one that is checked is reported of that one."""
    properties = {"ClusterIdentifier": "warehouse", "RoleArns": [arn()], "DefaultRoleArn": arn()}
    made = StackText(resources={"A": {"Type": "Custom::RedshiftRoleAssociation", "Properties": properties}})
    assembly = read(tmp_path, First=made, Second=made)
    first, second = assembly.stacks

    assert ["InvalidArgument A", "RoleDuplicated A"] == named(
        checker.check(assembly, 10, is_elsewhere={(first, "A")}.__contains__)
    )
    assert [] == named(checker.check(assembly, 10, is_elsewhere={(second, "A")}.__contains__))
    assert {"Properties/RoleArns", "Properties/DefaultRoleArn"} == {
        violation.location for violation in checker.check(assembly, 10)
    }


def test_an_app_of_nothing_has_no_findings(tmp_path: Path) -> None:
    """Nor has one of other things."""
    assembly = read(
        tmp_path, Data=StackText(resources={"T": {"Type": "AWS::SNS::Topic", "Properties": {"A": ACCOUNT}}})
    )

    assert [] == [*checker.check(Assembly(), 10), *checker.check(assembly, 10)]


def test_fails_when_one_resource_breaks_a_rule_more_often_than_anybody_reads(tmp_path: Path) -> None:
    """Fifty are reported, the last with the number of the others; every resource has its own fifty."""

    def policy(count: int) -> Json:
        return {"Type": "AWS::IAM::ManagedPolicy", "Properties": {"PolicyDocument": {"Statement": [PASSING] * count}}}

    resources = {"W": cluster([arn()]), "C": policy(1_050), "D": policy(50), "E": policy(51)}
    checked = checker.check(read(tmp_path, Data=StackText(resources=resources)), 50)
    found = [violation for violation in checked if violation.finding.rule == "PassRoleUnscoped"]
    message = "Statement[49] allows iam:PassRole on '*' to every service"

    assert ["C"] * 50 + ["D"] * 50 + ["E"] * 50 == [violation.logical_id for violation in found]
    assert [f"{message}, and 1000 more", message, f"{message}, and 1 more"] == [
        found[index].finding.message for index in (49, 99, 149)
    ]


def test_one_finding_is_reported_once(tmp_path: Path) -> None:
    """Two branches of a condition may break a rule alike."""
    statement = {"Fn::If": ["X", PASSING, {**PASSING, "Sid": "b"}]}
    policy = {"Type": "AWS::IAM::ManagedPolicy", "Properties": {"PolicyDocument": {"Statement": [statement]}}}
    resources = {"C": cluster([arn()]), "P": policy, "Q": policy}

    assert ["PassRoleUnscoped P", "PassRoleUnscoped Q"] == named(
        checker.check(read(tmp_path, Data=StackText(resources=resources)), 10)
    )
