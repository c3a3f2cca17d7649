"""Clusters as the synthesized templates show them."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import pytest

from redshift_roles.aws import Json
from redshift_roles.aws.arns import THIS_ACCOUNT
from redshift_roles.aws.placeholders import placeholder
from redshift_roles.rules import association_rules
from redshift_roles.rules.facts import AssociationFacts, RoleFacts
from redshift_roles.templates.assembly import Template
from redshift_roles.templates.cluster_reader import asserted_account, association_facts, claimed_accounts, presence
from tests.conftest import ACCOUNT, OTHER_ACCOUNT, REGION
from tests.support.builders import NO_VALUE, StackText, arn, association, cluster, role, template, trusting

REDSHIFT = "redshift.amazonaws.com"
LOADER: Json = {"Fn::GetAtt": ["Loader", "Arn"]}
GENERATED = arn(f"DataStack-Loader-{placeholder('Data.template.json#Loader')}")
EC2_ONLY = "trusts ec2.amazonaws.com; Redshift in eu-west-1 cannot assume it"
RESOLVE = "{{resolve:ssm:/loader}}"
THIS: Json = {"Ref": "AWS::AccountId"}


def _facts(found: Template, **options: Any) -> AssociationFacts:
    """Read the cluster of a template."""
    return association_facts(found, "Warehouse", role_limit=10, **options)


def _stack(iam_roles: Json, *, account: str | None = ACCOUNT, region: str | None = REGION, **more: Json) -> StackText:
    """Describe a stack with a cluster of these roles."""
    resources = {"Warehouse": cluster(iam_roles), **more.pop("resources", {})}
    return StackText(resources=resources, account=account, region=region, **more)


def _read(tmp_path: Path, iam_roles: Json, **more: Json) -> tuple[RoleFacts, ...]:
    """Write a stack with a cluster of these roles, and read them."""
    return _facts(template(tmp_path, _stack(iam_roles, **more))).roles


def _assertion(first: Json, second: Json) -> Json:
    """Write an assertion that two values are equal."""
    return {"Assert": {"Fn::Equals": [first, second]}, "AssertDescription": "…"}


def _rules(*assertions: Json, **more: Json) -> dict[str, Json]:
    """Write a section of one CloudFormation rule."""
    return {"Account": {"Assertions": list(assertions), **more}}


def test_fails_when_a_role_of_the_stack_does_not_trust_redshift(tmp_path: Path) -> None:
    """The finished trust policy is read, and the role is called by its place and its logical id."""
    (found,) = _read(tmp_path, [LOADER], resources={"Loader": trusting("ec2.amazonaws.com")})

    assert RoleFacts("IamRoles[0] (Loader)", GENERATED, trust_problem=EC2_ONLY, defined=True) == found


@pytest.mark.parametrize("path", ["/", "/team/"])
@pytest.mark.parametrize("written", ["literal", "by name"])
def test_fails_when_a_role_of_another_stack_does_not_trust_redshift(tmp_path: Path, path: str, written: str) -> None:
    """A literal name is found wherever the app defines it."""
    text = arn(path=path)
    given = text if written == "literal" else {"Fn::Sub": text.replace(ACCOUNT, "${AWS::AccountId}")}
    other = StackText(resources={"Theirs": trusting("ec2.amazonaws.com", name="Loader", path=path)})
    found = template(tmp_path, _stack([given]), Other=other)

    assert _facts(found).roles == (RoleFacts("IamRoles[0] (Theirs)", text, trust_problem=EC2_ONLY),)


@pytest.mark.parametrize(
    ("given", "named"),
    [
        ({"Fn::Sub": "arn:aws:iam::${AWS::AccountId}:role/${Loader}"}, {}),
        (LOADER, {"name": {"Ref": "Name"}}),
        (LOADER, {"name": {"Fn::Sub": "loader-${AWS::StackName}"}}),
        (LOADER, {"name": NO_VALUE}),
        (LOADER, {"path": {"Ref": "Path"}}),
    ],
)
def test_fails_when_a_role_whose_name_is_not_known_does_not_trust_redshift(
    tmp_path: Path, given: Json, named: dict[str, Json]
) -> None:
    """The template defines it, whatever it will be called, and wherever it will stand."""
    (found,) = _read(tmp_path, [given], resources={"Loader": trusting("ec2.amazonaws.com", **named)})

    assert ("IamRoles[0] (Loader)", EC2_ONLY) == (found.label, found.trust_problem)


@pytest.mark.parametrize("accounts", [(ACCOUNT, OTHER_ACCOUNT), (OTHER_ACCOUNT, ACCOUNT)])
def test_each_account_has_its_own_role_of_a_name(tmp_path: Path, accounts: tuple[str, str]) -> None:
    """An app of two accounts may define the same role in each; the one of the cluster's account is read."""
    services = {ACCOUNT: "ec2.amazonaws.com", OTHER_ACCOUNT: REDSHIFT}
    stacks = {
        f"In{account}": StackText(account=account, resources={"Loader": trusting(services[account], name="Loader")})
        for account in accounts
    }
    found = template(tmp_path, _stack([arn()]), **stacks)

    assert [item.trust_problem for item in _facts(found).roles] == [EC2_ONLY]


@pytest.mark.parametrize(
    ("text", "account"),
    [(arn("Other"), ACCOUNT), (arn(path="/team/"), ACCOUNT), (arn(), OTHER_ACCOUNT), (arn(), None)],
)
def test_a_role_of_elsewhere_is_not_checked_by_one_of_the_app(tmp_path: Path, text: str, account: str | None) -> None:
    """Another name, another path, another account, or an account that is not known."""
    other = StackText(account=account, resources={"Loader": trusting("ec2.amazonaws.com", name="Loader")})
    found = template(tmp_path, _stack([text]), Other=other)

    assert _facts(found).roles == (RoleFacts("IamRoles[0]", text),)


def test_agnostic_stacks_of_one_app_are_of_one_account(tmp_path: Path) -> None:
    """A role by name is that of the stack beside."""
    other = StackText(account=None, region=None, resources={"Theirs": trusting("ec2.amazonaws.com", name="Loader")})
    given = {"Fn::Sub": "arn:aws:iam::${AWS::AccountId}:role/Loader"}
    found = template(tmp_path, _stack([given], account=None, region=None), Other=other)

    assert _facts(found).roles == (
        RoleFacts(
            "IamRoles[0] (Theirs)",
            arn(account=THIS_ACCOUNT),
            trust_problem="trusts ec2.amazonaws.com; Redshift cannot assume it",
        ),
    )


@pytest.mark.parametrize(
    ("given", "text"),
    [
        ("Loader", "Loader"),
        ({"Fn::GetAtt": ["Person", "Arn"]}, f"arn:aws:iam::{ACCOUNT}:user/Ann"),
        (arn("Named", partition="amazon"), arn("Named", partition="amazon")),
        ({"Fn::Join": ["/", [f"arn:aws:iam::{ACCOUNT}:role", RESOLVE]]}, arn(placeholder(RESOLVE))),
        ({"Ref": "Parameter"}, placeholder("Data.template.json#Parameter")),
        (
            {"Fn::Sub": f"arn:aws:iam::{ACCOUNT}:role/${{Bucket}}"},
            f"arn:aws:iam::{ACCOUNT}:role/{placeholder('Data.template.json#Bucket')}",
        ),
        (
            {"Fn::Sub": "arn:aws:iam::${Parameter}:role/Named"},
            arn("Named", account=placeholder("Data.template.json#Parameter")),
        ),
    ],
    ids=["name", "user", "partition", "dynamic reference", "parameter", "bucket's name", "account"],
)
def test_what_is_no_role_of_the_app_has_no_logical_id(tmp_path: Path, given: Json, text: str) -> None:
    """It is named by its place alone, and checked by its text."""
    resources = {
        "Named": trusting("ec2.amazonaws.com", name="Named"),
        "Person": {"Type": "AWS::IAM::User", "Properties": {"UserName": "Ann"}},
        "Bucket": {"Type": "AWS::S3::Bucket"},
    }

    assert _read(tmp_path, [given], resources=resources) == (RoleFacts("IamRoles[0]", text),)


def test_a_role_by_name_and_by_attribute_is_one_role(tmp_path: Path) -> None:
    """Written twice, it is a duplicate, though its name is still to be generated."""
    by_name = {"Fn::Sub": "arn:${AWS::Partition}:iam::${AWS::AccountId}:role/${Loader}"}
    facts = _facts(template(tmp_path, _stack([LOADER, by_name], resources={"Loader": trusting(REDSHIFT)})))

    assert [rule.name for rule, _ in association_rules.problems(facts)] == ["RoleDuplicated"]


@pytest.mark.parametrize("name", [None, NO_VALUE, {"Fn::Sub": "loader-${AWS::StackName}"}])
def test_the_roles_of_two_stacks_are_two_roles(tmp_path: Path, name: Json) -> None:
    """Stacks of one class define roles that look alike."""
    outputs = {"Arn": {"Value": LOADER}, "ByName": {"Value": {"Fn::Sub": f"arn:aws:iam::{ACCOUNT}:role/${{Loader}}"}}}
    child = StackText(resources={"Loader": trusting(REDSHIFT, name=name)}, outputs=outputs)
    for output in outputs:
        given = [{"Fn::GetAtt": [nested, f"Outputs.{output}"]} for nested in ("First", "Second")]
        facts = _facts(template(tmp_path, _stack(given, nested={"First": child, "Second": child})))

        assert len(facts.roles) == 2
        assert association_rules.problems(facts) == []


@pytest.mark.parametrize("value", ["absent", [], NO_VALUE])
def test_a_cluster_without_roles_has_none(tmp_path: Path, value: Json) -> None:
    """Nothing given, an empty list, and no value are the same."""
    stack = _stack(value)
    if value == "absent":
        del stack.resources["Warehouse"]["Properties"]["IamRoles"]

    assert _facts(template(tmp_path, stack)) == AssociationFacts(
        kind="cluster", argument="IamRoles", account=ACCOUNT, region=REGION, role_limit=10, default_argument=""
    )


def test_roles_are_read_in_their_order(tmp_path: Path) -> None:
    """Each with the place where it stands in the template, also after one that is no value."""
    found = _read(tmp_path, [arn("A"), LOADER, NO_VALUE, arn("B")], resources={"Loader": trusting(REDSHIFT)})

    assert found == (
        RoleFacts("IamRoles[0]", arn("A")),
        RoleFacts("IamRoles[1] (Loader)", GENERATED, defined=True),
        RoleFacts("IamRoles[3]", arn("B")),
    )


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (
            {"Fn::If": ["C", [arn("A"), arn("B")], [arn("D")]]},
            [("IamRoles[0]", arn("A")), ("IamRoles[1]", arn("B")), ("IamRoles[2]", arn("D"))],
        ),
        (
            [{"Fn::If": ["C", arn("A"), arn("B")]}],
            [("IamRoles[0]", arn("A")), ("IamRoles[0]", arn("B"))],
        ),
        ([{"Fn::If": ["C", arn("A"), NO_VALUE]}], [("IamRoles[0]", arn("A"))]),
        ({"Fn::If": ["C", [arn("A")], NO_VALUE]}, [("IamRoles[0]", arn("A"))]),
    ],
    ids=["lists", "entries", "entry or none", "list or none"],
)
def test_roles_behind_a_condition_are_conditional(tmp_path: Path, value: Json, expected: list[tuple[str, str]]) -> None:
    """A branch of the list or of an entry: the deployment decides."""
    facts = _facts(template(tmp_path, _stack(value)))

    assert [RoleFacts(label, text, conditional=True) for label, text in expected] == [
        role._replace(when=(), choice="") for role in facts.roles
    ]
    assert all(role.when for role in facts.roles)
    assert not facts.more_roles


@pytest.mark.parametrize("condition", ["C", None])
def test_a_conditional_role_may_be_one_for_another_region(tmp_path: Path, condition: str | None) -> None:
    """The condition of the entry or of the cluster may be the one under which the stack is in that region."""
    value: Json = [{"Fn::If": [condition, LOADER, NO_VALUE]}] if condition else [LOADER]
    stack = _stack(value, resources={"Loader": trusting("redshift.us-east-1.amazonaws.com")})
    stack.resources["Warehouse"]["Condition"] = "D"
    (found,) = _facts(template(tmp_path, stack)).roles

    assert found.trust_problem is None


@pytest.mark.parametrize(
    ("document", "trusted"),
    [
        ({"Statement": {"Fn::If": ["C", "a", "b"]}}, True),
        ({"Fn::If": ["C", {"Statement": []}, {"Statement": []}]}, True),
        ({"Statement": [{"Fn::If": ["C", {"Effect": "Allow"}, NO_VALUE]}]}, True),
        ({"Ref": "Document"}, True),
        (None, True),
        ({"Statement": []}, False),
        ({"Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": NO_VALUE}}]}, True),
    ],
    ids=["statement list", "document", "statement", "reference", "none", "no statement", "principal"],
)
def test_a_trust_policy_that_only_the_deployment_knows_is_not_checked(
    tmp_path: Path, document: Json, trusted: bool
) -> None:
    """Intrinsic functions in it are evaluated where that is possible."""
    loader: Json = {"Type": "AWS::IAM::Role", "Properties": {"AssumeRolePolicyDocument": document}}
    (found,) = _read(tmp_path, [LOADER], resources={"Loader": loader})

    assert trusted == (found.trust_problem is None)


@pytest.mark.parametrize(
    ("principal", "trusts"),
    [
        ({"Service": {"Fn::Sub": "redshift.${AWS::URLSuffix}"}}, None),
        ({"Service": {"Fn::FindInMap": ["Services", {"Ref": "AWS::Region"}, "Name"]}}, None),
        ({"Service": {"Fn::If": ["C", "ec2.amazonaws.com", REDSHIFT]}}, None),
        ({"Service": [{"Fn::Join": [".", ["ec2", {"Ref": "AWS::URLSuffix"}]]}]}, "ec2.amazonaws.com"),
        ({"AWS": {"Fn::Sub": "arn:aws:iam::${AWS::AccountId}:root"}}, f"arn:aws:iam::{ACCOUNT}:root"),
        ({"AWS": {"Ref": "AWS::AccountId"}}, ACCOUNT),
        ({"AWS": {"Fn::Sub": "arn:aws:iam::${Account}:root"}}, "arn:aws:iam::${Account}:root"),
    ],
)
def test_the_principals_of_a_trust_policy_are_evaluated(tmp_path: Path, principal: Json, trusts: str | None) -> None:
    """In the stack of the role, as far as that stack is known."""
    loader = trusting()
    loader["Properties"]["AssumeRolePolicyDocument"]["Statement"][0]["Principal"] = principal
    mappings = {"Services": {REGION: {"Name": REDSHIFT}}}
    (found,) = _read(tmp_path, [LOADER], resources={"Loader": loader}, mappings=mappings)

    assert (trusts and f"trusts {trusts}; Redshift in eu-west-1 cannot assume it") == found.trust_problem


@pytest.mark.parametrize("expected", [None, OTHER_ACCOUNT])
def test_a_rule_of_the_stack_goes_before_what_neighbours_expect(tmp_path: Path, expected: str | None) -> None:
    """The account it asserts is the only one the stack can be deployed to."""
    for rules, account in ((_rules(_assertion(THIS, ACCOUNT)), ACCOUNT), ({}, expected)):
        stack = _stack([], account=None, region=None, rules=rules)
        facts = _facts(template(tmp_path, stack), expected_account=expected)

        assert (THIS_ACCOUNT, None) == (facts.account, facts.region)
        assert (account, bool(rules)) == (facts.expected_account, facts.account_asserted)


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        (_rules(_assertion(THIS, ACCOUNT)), ACCOUNT),
        (_rules(_assertion(ACCOUNT, THIS)), ACCOUNT),
        (_rules(_assertion({"Ref": "AWS::Region"}, REGION), _assertion(THIS, ACCOUNT)), ACCOUNT),
        ({"Other": {"Assertions": []}, **_rules(_assertion(THIS, ACCOUNT))}, ACCOUNT),
        (_rules(_assertion(THIS, ACCOUNT), RuleCondition={"Fn::Equals": ["a", "b"]}), None),
        (_rules(_assertion({"Ref": "AWS::Region"}, REGION)), None),
        (_rules(_assertion(THIS, {"Ref": "Account"})), None),
        (_rules(_assertion(THIS, THIS)), None),
        (_rules({"Assert": {"Fn::Not": [{"Fn::Equals": [THIS, ACCOUNT]}]}}), None),
        (_rules({"Assert": {"Fn::Equals": ACCOUNT}}), None),
        (_rules({"Assert": "text"}), None),
        (_rules({"AssertDescription": "…"}), None),
        (_rules("text"), None),
        ({"Account": {}}, None),
        ({"Account": {"Assertions": None}}, None),
        ({"Account": {"Assertions": {"Assert": "text"}}}, None),
        ({"Account": "text"}, None),
        ({}, None),
    ],
)
def test_a_rule_asserts_an_account_in_either_order(tmp_path: Path, written: Json, expected: str | None) -> None:
    """Unconditionally, and by its literal number; nested stacks are bound by the rule of their top-level stack."""
    stack = StackText(account=None, rules=written, nested={"Child": StackText(rules=_rules(_assertion(THIS, "x")))})
    found = template(tmp_path, stack)

    assert [expected] * 2 == [asserted_account(found), asserted_account(found.nested["Child"])]


@pytest.mark.parametrize(
    ("account", "roles", "expected"),
    [
        (ACCOUNT, [role()], []),
        (THIS_ACCOUNT, [], []),
        (THIS_ACCOUNT, [role(arn=arn(account=THIS_ACCOUNT)), role(arn=placeholder("Arn"))], []),
        (THIS_ACCOUNT, [role(conditional=True)], []),
        (THIS_ACCOUNT, [role(arn=arn(account=OTHER_ACCOUNT)), role()], [OTHER_ACCOUNT, ACCOUNT]),
    ],
    ids=["known account", "no roles", "no literal", "conditional", "two literals"],
)
def test_a_cluster_claims_the_accounts_of_its_certain_literal_roles(
    account: str, roles: list[RoleFacts], expected: list[str]
) -> None:
    """In their order, and only where its stack names no account."""
    assert expected == claimed_accounts(association(account=account, roles=roles))


NAMESPACE = "AWS::RedshiftServerless::Namespace"


def _namespace(tmp_path: Path, **properties: Json) -> AssociationFacts:
    """Write a stack with a namespace of these properties, and read it."""
    resources = {
        "Warehouse": {"Type": NAMESPACE, "Properties": properties},
        "Loader": trusting("redshift.amazonaws.com", "redshift-serverless.amazonaws.com"),
    }
    return _facts(template(tmp_path, StackText(resources=resources)))


def test_a_namespace_is_read_like_a_cluster(tmp_path: Path) -> None:
    """Its roles trust both services, and it has a default role."""
    facts = _namespace(tmp_path, IamRoles=[LOADER], DefaultIamRoleArn=LOADER)

    assert ("namespace", "IamRoles", ACCOUNT, REGION, 10) == (
        facts.kind,
        facts.argument,
        facts.account,
        facts.region,
        facts.role_limit,
    )
    assert [("IamRoles[0] (Loader)", GENERATED, None)] == [
        (one.label, one.arn, one.trust_problem) for one in facts.roles
    ]
    assert [("DefaultIamRoleArn", GENERATED, False)] == [
        (one.label, one.arn, one.conditional) for one in facts.default_roles
    ]


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ({"Fn::If": ["C", arn(), NO_VALUE]}, [(arn(), True)]),
        ({"Fn::If": ["C", arn("A"), arn("B")]}, [(arn("A"), True), (arn("B"), True)]),
        (NO_VALUE, []),
        (arn(), [(arn(), False)]),
    ],
)
def test_a_default_role_may_depend_on_a_condition(
    tmp_path: Path, value: Json, expected: list[tuple[str, bool]]
) -> None:
    """Each branch is a role that may be the default; no value is none."""
    facts = _namespace(tmp_path, DefaultIamRoleArn=value)

    assert expected == [(one.arn, one.conditional) for one in facts.default_roles]


def test_a_namespace_without_a_default_role_has_none(tmp_path: Path) -> None:
    """Nor has a cluster, whatever stands in its properties."""
    assert () == _namespace(tmp_path).default_roles
    resources = {"Warehouse": {"Type": "AWS::Redshift::Cluster", "Properties": {"DefaultIamRoleArn": arn()}}}
    assert () == _facts(template(tmp_path, StackText(resources=resources))).default_roles


@pytest.mark.parametrize(
    ("transform", "rewritten"),
    [
        (None, False),
        ("AWS::Serverless-2016-10-31", False),
        (["AWS::LanguageExtensions", {"Name": "AWS::Include"}], False),
        ("OurMacro", True),
        (["AWS::LanguageExtensions", "OurMacro"], True),
        ({"Name": "OurMacro", "Parameters": {}}, True),
        ([{"Name": "OurMacro"}], True),
        ([{}], True),
    ],
)
def test_a_macro_of_ours_may_add_roles(tmp_path: Path, transform: Json, rewritten: bool) -> None:
    """Those of AWS leave them alone."""
    found = template(tmp_path, _stack([arn()]))
    found.assembly.bodies[found.path or tmp_path] = {**found.body, **({"Transform": transform} if transform else {})}
    del found.__dict__["body"]

    assert rewritten == _facts(found).more_roles


@pytest.mark.parametrize(
    "resource",
    [
        {"Properties": {"IamRoles": [arn()], "Fn::Transform": {"Name": "AWS::Include"}}},
        {"Properties": {"Fn::If": ["C", {}, {}]}},
        {"Properties": {"IamRoles": [arn()]}, "Fn::Transform": {"Name": "M"}},
    ],
)
def test_a_function_in_the_place_of_properties_may_add_roles(tmp_path: Path, resource: Json) -> None:
    """What it makes is not in the template."""
    found = template(tmp_path, StackText(resources={"Warehouse": {"Type": "AWS::Redshift::Cluster", **resource}}))

    assert _facts(found).more_roles


TRUST = '{"Statement": {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "ec2.${X}"}}}'


@pytest.mark.parametrize(
    "document",
    [
        TRUST.replace("${X}", "amazonaws.com"),
        {"Fn::Sub": TRUST.replace("${X}", "${AWS::URLSuffix}")},
        {"Fn::Join": ["", [TRUST.replace("${X}", "amazonaws"), ""]]},
    ],
)
def test_fails_when_a_trust_policy_that_is_a_text_lacks_redshift(tmp_path: Path, document: Json) -> None:
    """CloudFormation takes JSON in a text, and so do we."""
    loader = {"Type": "AWS::IAM::Role", "Properties": {"AssumeRolePolicyDocument": document}}
    (found,) = _read(tmp_path, [LOADER], resources={"Loader": loader})

    assert str(found.trust_problem).startswith("trusts ec2.amazonaws")


@pytest.mark.parametrize(
    "document", ["{", "text", '"\\u0001"', "[" * 100_000, '{"Statement": ' + "[" * 600 + "]" * 600 + "}"]
)
def test_a_text_that_is_no_document_is_not_checked(tmp_path: Path, document: str) -> None:
    """Nobody knows what it allows."""
    loader = {"Type": "AWS::IAM::Role", "Properties": {"AssumeRolePolicyDocument": document}}
    (found,) = _read(tmp_path, [LOADER], resources={"Loader": loader})

    assert found.trust_problem is None


def test_a_role_of_the_same_stack_goes_before_one_of_the_same_name(tmp_path: Path) -> None:
    """Two stacks that are never deployed together may give a role the same name."""
    other = StackText(resources={"Theirs": trusting("ec2.amazonaws.com", name="Loader")})
    ours = trusting("redshift.amazonaws.com", name="Loader")
    found = template(tmp_path, _stack([arn()], resources={"Ours": ours}), Other=other)
    (one,) = _facts(found).roles

    assert ("IamRoles[0] (Ours)", None) == (one.label, one.trust_problem)


def test_a_name_that_two_other_stacks_define_leads_to_neither(tmp_path: Path) -> None:
    """Either may be meant."""
    others = {
        name: StackText(resources={"Theirs": trusting("ec2.amazonaws.com", name="Loader")}) for name in ("One", "Two")
    }
    (one,) = _facts(template(tmp_path, _stack([arn()]), **others)).roles

    assert ("IamRoles[0]", None) == (one.label, one.trust_problem)


@pytest.mark.parametrize("is_app", [True, False])
@pytest.mark.parametrize("name", [None, "Loader", {"Ref": "Name"}])
def test_a_stranger_s_role_is_meant_only_where_its_own_name_is(tmp_path: Path, is_app: bool, name: Json) -> None:
    """Templates that are only read together may call two roles alike."""
    outputs = {"Out": {"Value": LOADER, "Export": {"Name": "Loader"}}}
    other = StackText(resources={"Loader": trusting("ec2.amazonaws.com", name=name)}, outputs=outputs)
    found = template(tmp_path, _stack([{"Fn::ImportValue": "Loader"}]), Other=other)
    found.assembly.is_app = is_app
    (one,) = _facts(found).roles

    assert (is_app or name != "Loader") == (one.trust_problem is not None)


def test_a_role_that_is_never_there_is_not_meant(tmp_path: Path) -> None:
    """Its name may be that of one elsewhere."""
    loader = {**trusting("ec2.amazonaws.com", name="Loader"), "Condition": "Never"}
    never = {"Never": {"Fn::Equals": [{"Ref": "AWS::Region"}, "us-east-1"]}}
    (one,) = _read(tmp_path, [arn()], resources={"Loader": loader}, conditions=never)

    assert ("IamRoles[0]", None) == (one.label, one.trust_problem)


@pytest.mark.parametrize(
    ("own", "outer", "expected"),
    [
        (None, None, True),
        ("Always", None, True),
        (None, "Always", True),
        ("Never", None, False),
        (None, "Never", False),
        ("Unknown", "Never", False),
        ("Never", "Unknown", False),
        ("Unknown", None, None),
        (None, "Unknown", None),
        (7, None, None),
    ],
)
def test_a_resource_is_there_where_all_its_conditions_hold(
    tmp_path: Path, own: Json, outer: Json, expected: bool | None
) -> None:
    """Those of the stacks it is nested in too."""
    here = {"Fn::Equals": [{"Ref": "AWS::Region"}, REGION]}
    conditions = {"Always": here, "Never": {"Fn::Not": [here]}}
    warehouse = {**cluster(["x"]), **({"Condition": own} if own else {})}
    child = StackText(resources={"Warehouse": warehouse}, conditions=conditions)
    parent = template(tmp_path, StackText(nested={"Child": child}, conditions=conditions))
    if outer:
        parent.body["Resources"]["Child"]["Condition"] = outer
    nested = parent.nested["Child"]
    facts = _facts(nested)

    assert expected is presence(nested, "Warehouse")
    assert (expected is not False, expected is None) == (bool(facts.roles), facts.conditional)
    assert bool(claimed_accounts(dataclasses.replace(facts, account=THIS_ACCOUNT, roles=(role(),)))) == (
        expected is not None
    )


@pytest.mark.parametrize("value", [None, 7, True, {}, {"a": "b"}, {"a": 1, "b": 2}])
def test_fails_when_the_roles_are_no_list(tmp_path: Path, value: Json) -> None:
    """Nobody needs to deploy this to know."""
    facts = _facts(template(tmp_path, _stack(value)))

    assert [("IamRoles", "is no list")] == [(one.label, one.problem) for one in facts.roles]
    assert not facts.more_roles


@pytest.mark.parametrize(
    "value",
    [
        {"Ref": "AWS::NotificationARNs"},
        {"Fn::GetAtt": ["Vpc", "CidrBlockAssociations"]},
        {"Fn::GetAtt": ["Lookup", "RoleArn"]},
        {"Fn::GetAtt": ["Stack", "Outputs"]},
    ],
)
def test_what_may_be_a_list_is_undecided(tmp_path: Path, value: Json) -> None:
    """Such as the attribute of a custom resource, whatever it is called."""
    resources = {"Vpc": {"Type": "AWS::EC2::VPC"}, "Lookup": {"Type": "Custom::Lookup"}}
    facts = _facts(template(tmp_path, _stack(value, resources=resources)))

    assert ((), True) == (facts.roles, facts.more_roles)


@pytest.mark.parametrize(
    "value",
    [
        {"Ref": "Lookup"},
        {"Ref": "Wait"},
        {"Ref": "Gone"},
        {"Fn::GetAtt": ["Lookup", "Arn"]},
        {"Fn::GetAtt": ["Gone", "Arn"]},
        {"Fn::GetAtt": ["Setting", "Value"]},
    ],
)
def test_what_may_name_a_role_is_undecided(tmp_path: Path, value: Json) -> None:
    """What a custom resource is called, what a setting holds, and what a macro may write."""
    resources = {
        "Lookup": {"Type": "AWS::CloudFormation::CustomResource"},
        "Wait": {"Type": "Custom::Role"},
        "Setting": {"Type": "AWS::SSM::Parameter"},
    }
    (found,) = _read(tmp_path, [value], resources=resources)

    assert (None, None) == (found.parsed.problem, found.account)


@pytest.mark.parametrize(
    ("value", "condition", "expected"),
    [
        ([""], None, [""]),
        ([{"Fn::If": ["C", "", arn()]}], None, [arn()]),
        ([{"Fn::If": ["C", " ", NO_VALUE]}], None, []),
        ({"Fn::If": ["C", [""], [arn()]]}, None, [arn()]),
        ([""], "C", []),
    ],
)
def test_an_empty_text_is_a_role_only_where_it_is_certain(
    tmp_path: Path, value: Json, condition: str | None, expected: list[str]
) -> None:
    """Else it is what the condition guards against."""
    stack = _stack(value)
    if condition:
        stack.resources["Warehouse"]["Condition"] = condition

    assert expected == [one.arn for one in _facts(template(tmp_path, stack)).roles]


@pytest.mark.parametrize(
    ("value", "expected"), [("", [""]), ({"Fn::If": ["C", "", arn()]}, [arn()]), ({"Fn::If": ["C", "", ""]}, [""])]
)
def test_an_empty_default_is_one_only_where_it_is_certain(tmp_path: Path, value: Json, expected: list[str]) -> None:
    """As with roles."""
    assert expected == [one.arn for one in _namespace(tmp_path, DefaultIamRoleArn=value).default_roles]
