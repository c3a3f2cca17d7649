"""What values of templates may become, function by function."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings

from redshift_roles.aws import Json
from redshift_roles.aws.arns import THIS_ACCOUNT, THIS_PARTITION
from redshift_roles.aws.placeholders import PLACEHOLDERS, placeholder
from redshift_roles.templates.references import NO_VALUE
from redshift_roles.templates.values import texts, unknown
from tests.conftest import ACCOUNT, OTHER_ACCOUNT, REGION
from tests.support import builders
from tests.support.builders import READER, WRITER, StackText, if_, join, read, template, trusting
from tests.support.random_values import PLACE, VALUES

RESOLVE = "{{resolve:ssm:/loader}}"
LOADER = f"arn:aws:iam::{ACCOUNT}:role/Loader"
GENERATED = f"arn:aws:iam::{ACCOUNT}:role/DataStack-Loader-{placeholder('Data.template.json#Loader')}"


def _own(name: str) -> str:
    """Write the placeholder of the stack ``Data`` with this name."""
    return placeholder(f"Data.template.json#{name}")


STACK = StackText(
    resources={
        "Loader": trusting(name="Loader"),
        "Other": trusting(),
        "Person": {"Type": "AWS::IAM::User", "Properties": {"UserName": "Ann"}},
        "Policy": {"Type": "AWS::IAM::ManagedPolicy", "Properties": {"ManagedPolicyName": "Ours", "Path": "/team/"}},
        "Profile": {"Type": "AWS::IAM::InstanceProfile", "Properties": {"InstanceProfileName": "EC2"}},
        "Bucket": {"Type": "AWS::S3::Bucket"},
    },
    mappings={
        "Roles": {
            REGION: {"Arn": LOADER, "Days": 7, "List": ["x"], "Dynamic": RESOLVE},
            "Prod": {"Arns": ["a", "b"]},
        }
    },
    conditions={
        "Here": {"Fn::Equals": [{"Ref": "AWS::Region"}, REGION]},
        "There": {"Fn::Not": [{"Condition": "Here"}]},
    },
)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("text", "text"),
        ("", ""),
        (7, "7"),
        (1.5, "1.5"),
        (True, "true"),
        (False, "false"),
        (None, "null"),
        (RESOLVE, placeholder(RESOLVE)),
        (f"a{RESOLVE}b{RESOLVE}", f"a{placeholder(RESOLVE)}b{placeholder(RESOLVE)}"),
        ({"Fn::Sub": RESOLVE}, placeholder(RESOLVE)),
        (
            join("", "{{resolve:ssm:/", {"Ref": "AWS::Region"}, "/loader}}"),
            placeholder("{{resolve:ssm:/eu-west-1/loader}}"),
        ),
        (join("", f"arn:aws:iam::{ACCOUNT}:role/", RESOLVE), f"arn:aws:iam::{ACCOUNT}:role/{placeholder(RESOLVE)}"),
        ({"Ref": "AWS::StackName"}, "DataStack"),
        ({"Ref": "AWS::StackId"}, _own("AWS::StackId")),
        ({"Ref": "AWS::NoValue"}, NO_VALUE),
        ({"Ref": "Loader"}, "Loader"),
        ({"Ref": "Person"}, "Ann"),
        ({"Ref": "Policy"}, f"arn:aws:iam::{ACCOUNT}:policy/team/Ours"),
        ({"Fn::GetAtt": ["Policy", "PolicyArn"]}, f"arn:aws:iam::{ACCOUNT}:policy/team/Ours"),
        ({"Fn::GetAtt": ["Policy", "Arn"]}, _own("Policy.Arn")),
        ({"Ref": "Profile"}, "EC2"),
        ({"Fn::GetAtt": ["Profile", "Arn"]}, f"arn:aws:iam::{ACCOUNT}:instance-profile/EC2"),
        ({"Fn::GetAtt": ["Loader", "RoleId"]}, f"AROA{_own('Loader.RoleId')}"),
        (join("", "a", "b", 1), ["ab1"]),
        (join(":", "arn", {"Ref": "AWS::AccountId"}, ""), [f"arn:{ACCOUNT}:"]),
        (join("-", "a", builders.NO_VALUE, "b"), ["a-b"]),
        (join("-"), [""]),
        (join("-", if_("a", "b"), if_("c", "d")), ["a-c", "a-d", "b-c", "b-d"]),
        (join("", if_("a", "a"), "b"), ["ab"]),
        (join("", if_("a", ""), if_("", "a")), ["a", "aa", ""]),
        (join("-", {"Ref": "X"}, {"Fn::GetAtt": ["X", "Y"]}), [f"{_own('X')}-{_own('X.Y')}"]),
        ({"Fn::Sub": "plain"}, ["plain"]),
        ({"Fn::Sub": "arn:${AWS::Partition}:iam::${AWS::AccountId}:role/Loader"}, [LOADER]),
        ({"Fn::Sub": "${Loader.Arn}"}, [LOADER]),
        ({"Fn::Sub": "${Loader}"}, ["Loader"]),
        ({"Fn::Sub": "${!Loader}"}, ["${Loader}"]),
        ({"Fn::Sub": "${!AWS::Region}-${AWS::Region}"}, ["${AWS::Region}-eu-west-1"]),
        ({"Fn::Sub": "${Unknown}"}, [_own("Unknown")]),
        ({"Fn::Sub": "${Bucket.Arn.Part}"}, [_own("Bucket.Arn.Part")]),
        ({"Fn::Sub": ["${Name}/${AWS::Region}", {"Name": "n"}]}, ["n/eu-west-1"]),
        ({"Fn::Sub": ["${Loader}", {"Loader": "other"}]}, ["other"]),
        ({"Fn::Sub": ["${A.B}", {"A.B": {"Ref": "AWS::Region"}}]}, [REGION]),
        ({"Fn::Sub": ["${A}${B}", {"A": if_("a", "b"), "B": "c"}]}, ["ac", "bc"]),
        ({"Fn::Sub": ["x${A}y", {"A": builders.NO_VALUE}]}, ["xy"]),
        ({"Fn::Sub": "$Loader {Loader} ${"}, ["$Loader {Loader} ${"]),
        ({"Fn::Select": [0, ["a", "b"]]}, ["a"]),
        ({"Fn::Select": ["1", ["a", {"Ref": "AWS::Region"}]]}, [REGION]),
        ({"Fn::Select": [1, ["a", if_("b", "c")]]}, ["b", "c"]),
        ({"Fn::Select": [5, {"Fn::Split": [":", LOADER]}]}, ["role/Loader"]),
        ({"Fn::Select": ["4", {"Fn::Split": [":", {"Fn::GetAtt": ["Loader", "Arn"]}]}]}, [ACCOUNT]),
        ({"Fn::Select": [1, {"Fn::FindInMap": ["Roles", "Prod", "Arns"]}]}, ["b"]),
        ({"Fn::Select": [4, {"Fn::Split": [":", {"Fn::GetAtt": ["Other", "Arn"]}]}]}, [ACCOUNT]),
        ({"Fn::Select": [4, {"Fn::Split": [":", f"arn:{RESOLVE}:iam::{ACCOUNT}:role/x"]}]}, None),
        ({"Fn::Select": [0, {"Fn::If": ["Here", ["a"], ["b"]]}]}, ["a"]),
        ({"Fn::Select": [0, {"Fn::If": ["There", ["a"], ["b"]]}]}, ["b"]),
        ({"Fn::Select": [0, {"Fn::If": ["Unknown", ["a"], ["b"]]}]}, None),
        ({"Fn::Select": [0, {"Fn::If": ["Here", ["a"]]}]}, None),
        ({"Fn::Select": [{"Fn::If": ["Here", 1, 0]}, ["a", "b"]]}, ["b"]),
        ({"Fn::Select": ["1" * 5_000, ["a", "b"]]}, None),
        ({"Fn::Select": ["٣", ["a", "b", "c", "d"]]}, None),
        ({"Fn::FindInMap": ["Roles", {"Ref": "AWS::Region"}, "Arn"]}, LOADER),
        ({"Fn::FindInMap": ["Roles", REGION, "Arn", {"DefaultValue": "x"}]}, LOADER),
        ({"Fn::FindInMap": ["Roles", REGION, "Days"]}, "7"),
        ({"Fn::FindInMap": ["Roles", REGION, "Dynamic"]}, placeholder(RESOLVE)),
        ({"Fn::FindInMap": ["Roles", "us-east-1", "Arn"]}, None),
        ({"Fn::FindInMap": ["Roles", REGION, "Nothing"]}, None),
        ({"Fn::FindInMap": ["Nothing", REGION, "Arn"]}, None),
        ({"Fn::FindInMap": ["Roles", {"Ref": "Unknown"}, "Arn"]}, None),
        ({"Fn::FindInMap": ["Roles", if_(REGION, "us-east-1"), "Arn"]}, None),
        ({"Fn::FindInMap": ["Roles", REGION, "List"]}, None),
        ({"Fn::FindInMap": ["Roles", REGION]}, None),
        ({"Fn::FindInMap": ["Roles", REGION, "Arn", "Deeper"]}, LOADER),
        ({"Fn::FindInMap": "Roles"}, None),
        (if_("a", "b"), ["a", "b"]),
        (if_("a", "a"), ["a"]),
        (if_("a", builders.NO_VALUE), ["a", NO_VALUE]),
        (if_(if_("a", "b"), if_("b", "c")), ["a", "c"]),
    ],
)
def test_a_value_becomes_texts(tmp_path: Path, value: Json, expected: list[str] | str | None) -> None:
    """One where it is certain, each of several, or a placeholder of its own."""
    found = template(tmp_path, STACK)

    wanted = [expected] if isinstance(expected, str) else expected or [unknown(value, found)]

    assert wanted == texts(value, found)


@pytest.mark.parametrize(
    ("name", "region", "expected"),
    [
        ("AWS::AccountId", REGION, ACCOUNT),
        ("AWS::Region", REGION, REGION),
        ("AWS::Partition", REGION, "aws"),
        ("AWS::Partition", "cn-north-1", "aws-cn"),
        ("AWS::Partition", "us-gov-west-1", "aws-us-gov"),
        ("AWS::URLSuffix", REGION, "amazonaws.com"),
        ("AWS::URLSuffix", "us-gov-west-1", "amazonaws.com"),
        ("AWS::URLSuffix", "cn-north-1", "amazonaws.com.cn"),
        ("AWS::URLSuffix", "us-iso-east-1", placeholder("AWS::URLSuffix")),
        ("AWS::NoValue", REGION, NO_VALUE),
        ("AWS::StackName", REGION, "DataStack"),
        ("AWS::StackId", REGION, _own("AWS::StackId")),
    ],
)
def test_pseudo_parameters_are_known_where_the_stack_says_so(
    tmp_path: Path, name: str, region: str, expected: str
) -> None:
    """Account, region and what follows from the region."""
    assert [expected] == texts({"Ref": name}, template(tmp_path, StackText(region=region)))


@pytest.mark.parametrize("name", ["AWS::AccountId", "AWS::Region", "AWS::Partition", "AWS::URLSuffix"])
def test_pseudo_parameters_of_an_agnostic_stack_are_placeholders_of_their_names(tmp_path: Path, name: str) -> None:
    """They are the same wherever an agnostic stack asks for them."""
    assert [placeholder(name)] == texts({"Ref": name}, template(tmp_path, StackText(account=None, region=None)))


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ({"Ref": "Parameter"}, "Parameter"),
        ({"Ref": "Bucket"}, "Bucket"),
        ({"Ref": "Nowhere"}, "Nowhere"),
        ({"Ref": ["Loader"]}, '{"Ref": ["Loader"]}'),
        ({"Fn::GetAtt": ["Bucket", "Arn"]}, "Bucket.Arn"),
        ({"Fn::GetAtt": "Bucket.Arn"}, "Bucket.Arn"),
        ({"Fn::GetAtt": ["Loader", "Path"]}, "Loader.Path"),
        ({"Fn::GetAtt": ["Loader"]}, "Loader"),
        ({"Fn::GetAtt": "Loader"}, "Loader"),
        ({"Fn::GetAtt": ["Loader", {"Ref": "Parameter"}]}, "Loader.{'Ref': 'Parameter'}"),
        ({"Fn::ImportValue": "Foreign"}, "Fn::ImportValue Foreign"),
        ({"Fn::ImportValue": {"Ref": "X"}}, '{"Fn::ImportValue": {"Ref": "X"}}'),
        ({"Fn::Base64": "x"}, '{"Fn::Base64": "x"}'),
        ({"b": 1, "a": 2}, '{"a": 2, "b": 1}'),
        ({}, "{}"),
        ([], "[]"),
        (["x"], '["x"]'),
    ],
)
def test_what_is_not_known_is_a_placeholder_of_its_file(tmp_path: Path, value: Json, expected: str) -> None:
    """Equal values of one template are one placeholder, and a message can tell its name."""
    resources = {"Loader": trusting(), "Bucket": {"Type": "AWS::S3::Bucket"}}
    parameters = {"Parameter": {"Type": "String", "Default": "x"}}
    found = template(tmp_path, StackText(resources=resources, parameters=parameters))

    assert [_own(expected)] == texts(value, found)
    assert _own(expected) == unknown(value, found)


LONG = "LoaderOfTheWholeWarehouseAndOfItsLake"
STACK_NAME = placeholder("Data.template.json#AWS::StackName")


@pytest.mark.parametrize(
    ("stack_name", "logical_id", "expected"),
    [
        ("Data", LONG, f"Data-{LONG}-"),
        ("Data" * 3, LONG, f"{'Data' * 3}-{LONG}-"),
        ("Data" * 3 + "x", LONG, f"{STACK_NAME}-"),
        ("", "Loader", f"{STACK_NAME}-Loader-"),
    ],
)
def test_a_generated_name_begins_with_its_stack_s(
    tmp_path: Path, stack_name: str, logical_id: str, expected: str
) -> None:
    """Then comes the logical id, then what nobody knows; of names of more than 64 characters nothing is known."""
    found = template(tmp_path, StackText(resources={logical_id: trusting()}))
    found.stack_name = stack_name

    assert [f"{expected}{_own(logical_id)}"] == texts({"Ref": logical_id}, found)
    assert builders.role(arn=f"{expected}{_own(logical_id)}").parsed.problem == "is not an ARN"


def test_a_role_may_have_a_name_or_a_generated_one(tmp_path: Path) -> None:
    """Whatever the condition says, it has one."""
    role = trusting(name=if_("Loader", builders.NO_VALUE), path=if_("/team/", builders.NO_VALUE))
    found = texts({"Fn::GetAtt": ["Loader", "Arn"]}, template(tmp_path, StackText(resources={"Loader": role})))

    start = f"arn:aws:iam::{ACCOUNT}:role"
    made = f"DataStack-Loader-{_own('Loader')}"
    assert [f"{start}/team/Loader", f"{start}/team/{made}", f"{start}/Loader", f"{start}/{made}"] == found


@pytest.mark.parametrize(
    ("role", "expected"),
    [
        (trusting(), GENERATED),
        (trusting(name="Loader"), LOADER),
        (trusting(name="Loader", path="/team/"), f"arn:aws:iam::{ACCOUNT}:role/team/Loader"),
        (trusting(path="/team/"), f"arn:aws:iam::{ACCOUNT}:role/team/DataStack-Loader-{_own('Loader')}"),
        (trusting(name={"Ref": "Name"}), f"arn:aws:iam::{ACCOUNT}:role/{_own('Name')}"),
        (trusting(name=builders.NO_VALUE), GENERATED),
        (trusting(name="Loader", path=builders.NO_VALUE), LOADER),
        ({"Type": "AWS::IAM::User", "Properties": {"UserName": "Ann"}}, f"arn:aws:iam::{ACCOUNT}:user/Ann"),
        ({"Type": "AWS::IAM::Group", "Properties": {"GroupName": "All"}}, f"arn:aws:iam::{ACCOUNT}:group/All"),
    ],
    ids=["generated", "named", "path and name", "path", "parameter", "no name", "no path", "user", "group"],
)
@pytest.mark.parametrize("value", [{"Fn::GetAtt": ["Loader", "Arn"]}, {"Fn::GetAtt": "Loader.Arn"}])
def test_the_arn_of_a_role_is_known_up_to_its_name(tmp_path: Path, value: Json, role: Json, expected: str) -> None:
    """Account and partition are those of the stack; a generated name is a placeholder of the role's."""
    assert [expected] == texts(value, template(tmp_path, StackText(resources={"Loader": role})))


def test_the_arn_of_a_role_has_the_placeholders_of_its_stack(tmp_path: Path) -> None:
    """A stack that names no environment leaves account and partition to the deployment."""
    stack = StackText(account=None, region=None, resources={"Loader": trusting(name="Loader")})

    assert [builders.arn(account=THIS_ACCOUNT, partition=THIS_PARTITION)] == texts(
        {"Fn::GetAtt": ["Loader", "Arn"]}, template(tmp_path, stack)
    )


@pytest.mark.parametrize(
    ("function", "arguments"),
    [
        ("Join", [[""], ["", ["a"], "b"], [7, ["a"]], [None, ["a"]], [{"Ref": "X"}, ["a"]], ["", "text"], "text"]),
        ("Join", [["", {"Ref": "List"}], ["", [if_("a", "b")] * 5]]),
        ("Sub", [None, 7, ["text"], ["text", {}, 1], [{"Ref": "X"}, {}], ["${A}", ["A"]], ["${A}", None], {"A": "b"}]),
        ("Select", [[2, ["a", "b"]], [6, {"Fn::Split": [":", LOADER]}], [-1, ["a"]], ["x", ["a"]]]),
        ("Select", [[{"Ref": "Index"}, ["a"]], [0, ["a"], "b"], [0, {"Ref": "List"}], [0, "text"], [0], 0]),
        ("Select", [[0, {"Fn::Split": inner}] for inner in (["", "a"], [None, "a"], [":"], [":", "a", "b"], "text")]),
        ("Select", [[0, {"Fn::Split": [":", {"Ref": "Unknown"}]}], [0, {"Fn::Split": [":", if_("a:b", "c")]}]]),
        ("If", [["Condition", "a"], ["Condition", "a", "b", "c"], "Condition", None]),
        ("GetAtt", [5, None, True, 1.5, {}, []]),
        ("FindInMap", [None, "Roles", ["Roles", "a"]]),
    ],
)
def test_what_cannot_be_evaluated_is_one_placeholder(tmp_path: Path, function: str, arguments: list[Json]) -> None:
    """A wrong shape, which CloudFormation refuses; a list or text that is not certain; more than sixteen texts."""
    found = template(tmp_path)
    for argument in arguments:
        value = {f"Fn::{function}": argument}

        assert [unknown(value, found)] == texts(value, found)


@pytest.mark.parametrize(
    "value",
    [{"Ref": "AWS::StackName"}, {"Ref": "AWS::StackId"}, {"Ref": "Loader"}, {"Fn::Sub": "{{resolve:ssm:/${Stage}}}"}],
)
def test_the_values_of_two_stacks_are_two(tmp_path: Path, value: Json) -> None:
    """Stacks of one class have names, roles and parameters that look alike."""
    stack = StackText(resources={"Loader": trusting()}, parameters={"Stage": {"Type": "String"}})
    first, second = (texts(value, found) for found in read(tmp_path, Data=stack, Other=stack).stacks)

    assert first != second


def _choices(count: int) -> Json:
    """Write a condition in a condition, as often as it takes for that many texts."""
    return {"Fn::If": [f"C{count}", str(count), _choices(count - 1)]} if count > 1 else "1"


@pytest.mark.parametrize(
    ("value", "count"),
    [
        (_choices(16), 16),
        (_choices(17), 1),
        (join("", *[if_("a", "b")] * 4), 16),
        (join("", *[if_("a", "b")] * 5), 1),
    ],
)
def test_at_most_sixteen_texts_are_kept(tmp_path: Path, value: Json, count: int) -> None:
    """Seventeen are one placeholder."""
    assert count == len(texts(value, template(tmp_path)))


def _export(value: Json, *, account: str | None = ACCOUNT, region: str | None = REGION) -> StackText:
    """Describe a stack that exports this value as ``Shared``."""
    return StackText(outputs={"Out": {"Value": value, "Export": {"Name": "Shared"}}}, account=account, region=region)


def test_an_export_may_have_a_computed_name(tmp_path: Path) -> None:
    """As long as it is known, and in a nested stack too."""
    named = {"Out": {"Value": "ours", "Export": {"Name": {"Fn::Sub": "${AWS::StackName}-Role"}}}}
    nested = StackText(
        outputs={"Out": {"Value": "theirs", "Export": {"Name": {"Ref": "Given"}}}}, passed={"Given": "x"}
    )
    found = template(tmp_path, StackText(outputs=named, nested={"Child": nested}))

    assert ["ours"] == texts({"Fn::ImportValue": "DataStack-Role"}, found)
    assert ["theirs"] == texts({"Fn::ImportValue": "x"}, found)


@pytest.mark.parametrize("output", [{"Value": "x", "Export": "Name"}, {"Value": "x", "Export": {}}, "text"])
def test_a_misshapen_export_exports_nothing(tmp_path: Path, output: Json) -> None:
    """Templates that CloudFormation will refuse are read all the same."""
    value = {"Fn::ImportValue": "Name"}
    found = template(tmp_path, StackText(outputs={"Out": output}))

    assert [unknown(value, found)] == texts(value, found)


def test_an_export_whose_name_is_not_known_is_nobody_s(tmp_path: Path) -> None:
    """Not even that of an import which is as little known."""
    name = {"Fn::Sub": "${AWS::Region}-Role"}
    stack = StackText(region=None, outputs={"Out": {"Value": "x", "Export": {"Name": name}}})
    value = {"Fn::ImportValue": name}
    found = template(tmp_path, stack)

    assert [unknown(value, found)] == texts(value, found)


@pytest.mark.parametrize("name", ["Shared", {"Fn::Sub": "Shared"}, join("", "Sha", "red")])
@pytest.mark.parametrize(("account", "region"), [(ACCOUNT, REGION), (None, None), (ACCOUNT, None), (None, REGION)])
def test_an_import_is_followed_into_the_app(
    tmp_path: Path, name: Json, account: str | None, region: str | None
) -> None:
    """The exported value is evaluated where it stands."""
    other = _export({"Ref": "Theirs"}, account=account, region=region)
    found = template(tmp_path, Other=other)

    assert [placeholder("Other.template.json#Theirs")] == texts({"Fn::ImportValue": name}, found)


@pytest.mark.parametrize(
    ("account", "region", "importing"),
    [(OTHER_ACCOUNT, REGION, REGION), (ACCOUNT, "us-east-1", REGION)],
)
def test_an_export_of_another_environment_is_not_followed(
    tmp_path: Path, account: str, region: str, importing: str
) -> None:
    """Exports are of one account and region."""
    value = {"Fn::ImportValue": "Shared"}
    found = template(tmp_path, StackText(region=importing), Other=_export("x", account=account, region=region))

    assert [unknown(value, found)] == texts(value, found)


def test_an_import_takes_the_export_of_its_own_environment(tmp_path: Path) -> None:
    """Another account may export the same name."""
    found = template(tmp_path, Ours=_export("ours"), Theirs=_export("theirs", account=OTHER_ACCOUNT))

    assert texts({"Fn::ImportValue": "Shared"}, found) == ["ours"]


@pytest.mark.parametrize("name", ["Shared", "Foreign", if_("Only", "Shared"), {"Ref": "Unknown"}, None, ["Shared"]])
def test_an_import_that_is_ambiguous_or_foreign_is_one_placeholder(tmp_path: Path, name: Json) -> None:
    """Two exports of one name, none in the app, or a name that is not certain."""
    value = {"Fn::ImportValue": name}
    only = StackText(outputs={"Out": {"Value": "c", "Export": {"Name": "Only"}}})
    found = template(tmp_path, First=_export("a"), Second=_export("b", account=None), Third=only)

    assert [unknown(value, found)] == texts(value, found)


@pytest.mark.parametrize(
    ("argument", "expected"),
    [
        ({"StackName": "OtherStack", "OutputName": "Out"}, placeholder("Other.template.json#Theirs")),
        ({"StackName": "OtherStack", "OutputName": "Out", "Region": REGION}, placeholder("Other.template.json#Theirs")),
        ({"StackName": "OtherStack", "OutputName": "Out", "Region": "us-east-1"}, None),
        ({"StackName": "AnywhereStack", "OutputName": "Out", "Region": "us-east-1"}, "anywhere"),
        ({"StackName": "OtherStack", "OutputName": "Nothing"}, None),
        ({"StackName": "OtherStack", "OutputName": "Empty"}, None),
        ({"StackName": "OtherStack"}, None),
        ({"StackName": "ForeignStack", "OutputName": "Out"}, None),
        ({"StackName": {"Ref": "X"}, "OutputName": "Out"}, None),
        ("OtherStack.Out", None),
    ],
)
def test_the_output_of_another_stack_is_followed_by_name(tmp_path: Path, argument: Json, expected: str | None) -> None:
    """As long as the stack is of this app, and of the region that is named."""
    value = {"Fn::GetStackOutput": argument}
    other = StackText(outputs={"Out": {"Value": {"Ref": "Theirs"}}, "Empty": {}})
    anywhere = StackText(outputs={"Out": {"Value": "anywhere"}}, account=None, region=None)
    found = template(tmp_path, Other=other, Anywhere=anywhere)

    assert [expected or unknown(value, found)] == texts(value, found)


@pytest.mark.parametrize(
    ("attribute", "expected"),
    [("/cdk/role", placeholder("Far.template.json#Loader")), ("/cdk/other", None), ("Arn", None)],
)
def test_a_value_of_another_region_is_followed_through_cdk_s_reader(
    tmp_path: Path, attribute: str, expected: str | None
) -> None:
    """What one stack writes under a name, the other reads under it."""
    writer = {"Type": WRITER, "Properties": {"WriterProps": {"exports": {"/cdk/role": {"Ref": "Loader"}}}}}
    reading = StackText(resources={"Reader": {"Type": READER}, "Other": {"Type": "A::B::C"}})
    found = template(tmp_path, reading, Far=StackText(region="us-east-1", resources={"Writer": writer}))
    value = {"Fn::GetAtt": ["Reader", attribute]}

    assert [expected or unknown(value, found)] == texts(value, found)
    assert [_own("Other./cdk/role")] == texts({"Fn::GetAtt": ["Other", "/cdk/role"]}, found)


NESTED = StackText(
    resources={"Loader": trusting(name="Deep")},
    parameters={"Given": {"Type": "String"}, "Own": {"Type": "String", "Default": "x"}},
    outputs={"Arn": {"Value": {"Fn::GetAtt": ["Loader", "Arn"]}}, "Passed": {"Value": {"Ref": "Given"}}, "Empty": {}},
    passed={"Given": {"Fn::GetAtt": ["Loader", "Arn"]}},
)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ({"Fn::GetAtt": ["Child", "Outputs.Arn"]}, f"arn:aws:iam::{ACCOUNT}:role/Deep"),
        ({"Fn::GetAtt": "Child.Outputs.Arn"}, f"arn:aws:iam::{ACCOUNT}:role/Deep"),
        ({"Fn::GetAtt": ["Child", "Outputs.Passed"]}, GENERATED),
        ({"Fn::GetAtt": ["Child", "Outputs.Empty"]}, None),
        ({"Fn::GetAtt": ["Child", "Outputs.Nothing"]}, None),
        ({"Fn::GetAtt": ["Child", "Arn"]}, None),
        ({"Fn::GetAtt": ["Child", {"Ref": "Output"}]}, None),
        ({"Fn::GetAtt": ["Foreign", "Outputs.Arn"]}, None),
    ],
)
def test_outputs_of_nested_stacks_are_followed(tmp_path: Path, value: Json, expected: str | None) -> None:
    """Down into the nested stack, and from there up to what was passed to it."""
    resources = {"Loader": trusting(), "Foreign": {"Type": "AWS::CloudFormation::Stack"}}
    found = template(tmp_path, StackText(resources=resources, nested={"Child": NESTED}))

    assert [expected or unknown(value, found)] == texts(value, found)


SSM = "AWS::SSM::Parameter::Value<String>"


@pytest.mark.parametrize(
    ("parameter", "passed", "expected"),
    [
        ({"Type": "String", "Default": "x"}, {"P": builders.NO_VALUE}, "x"),
        ({"Type": "String", "Default": "x"}, {"P": "y"}, "y"),
        ({"Type": "String", "Default": "x"}, {"Fn::Transform": {"Name": "Ours"}}, None),
        ({"Type": "String"}, {}, None),
        ({"Type": SSM, "Default": "/name"}, {}, None),
        ({"Type": SSM}, {"P": "/name"}, None),
        ({"Type": "AWS::SSM::Parameter::Name"}, {"P": "/name"}, "/name"),
    ],
)
def test_a_parameter_of_a_nested_stack_is_no_name_of_a_parameter(
    tmp_path: Path, parameter: Json, passed: Json, expected: str | None
) -> None:
    """What AWS Systems Manager has under a name is not known, nor is what a macro passes."""
    child = StackText(parameters={"P": parameter}, passed=passed)
    found = template(tmp_path, StackText(nested={"Child": child})).nested["Child"]

    assert [expected or unknown({"Ref": "P"}, found)] == texts({"Ref": "P"}, found)


@pytest.mark.parametrize("parts", [1, 2, 3, 9])
def test_parameters_and_outputs_in_a_circle_come_to_an_end(tmp_path: Path, parts: int) -> None:
    """CloudFormation refuses such a template; here it is not known."""
    turning = {"Fn::GetAtt": ["Child", "Outputs.Out"]}
    child = StackText(
        outputs={"Out": {"Value": join("", *[{"Ref": "In"}] * parts)}},
        passed={"In": turning},
    )
    found = template(tmp_path, StackText(nested={"Child": child}))

    assert [(1, True)] == [(len(options), all(map(PLACEHOLDERS.names, options))) for options in [texts(turning, found)]]


def test_a_tower_of_references_is_not_built(tmp_path: Path) -> None:
    """Ten outputs, each of which is the one below it nine times, are not known, at once."""
    stack = StackText(outputs={"Out": {"Value": join("", *[{"Ref": "In"}] * 9)}}, passed={"In": "x"})
    below = {"Fn::GetAtt": ["Child", "Outputs.Out"]}
    for _ in range(10):
        stack = StackText(outputs={"Out": {"Value": join("", *[below] * 9)}}, nested={"Child": stack})
    found = template(tmp_path, StackText(nested={"Child": stack}))

    (text,) = texts(below, found)
    assert PLACEHOLDERS.names(text)


def test_a_variable_is_evaluated_once(tmp_path: Path) -> None:
    """However often it stands in a text, and however many such texts stand in each other."""
    value: Json = "x"
    for _ in range(30):
        value = {"Fn::Sub": ["${a}${a}", {"a": value}]}
    found = template(tmp_path)

    assert PLACEHOLDERS.names(texts(value, found)[0])
    assert ["xx" * 2] == texts({"Fn::Sub": ["${a}${a}", {"a": {"Fn::Sub": ["${a}${a}", {"a": "x"}]}}]}, found)
    assert ["aa", "bb"] == texts({"Fn::Sub": ["${v}${v}", {"v": if_("a", "b")}]}, found)


@pytest.mark.parametrize(
    "value",
    ["{{resolve:" * 30_000, {"Fn::Sub": "${" * 150_000}, {"Fn::Sub": ["${a}" * 2_000, {"a": "b"}]}, "x" * 4_097],
    ids=["dynamic", "sub", "variables", "text"],
)
def test_a_text_that_is_too_long_is_not_known(tmp_path: Path, value: Json) -> None:
    """CloudFormation's values have at most 4,096 characters."""
    found = template(tmp_path)
    (text,) = texts(value, found)

    assert [unknown(value, found)] == [text]
    assert len(text) < 300
    assert unknown([value], found) != text


@pytest.mark.parametrize("depth", [38, 60])
def test_values_end_where_they_are_too_deep(tmp_path: Path, depth: int) -> None:
    """Forty functions within each other are enough for any template."""
    text: Json = "x"
    for _ in range(depth):
        text = join("", text)

    assert (depth < 40) == (texts(text, template(tmp_path)) == ["x"])


@settings(database=None, deadline=None, max_examples=300, suppress_health_check=[HealthCheck.too_slow])
@given(value=VALUES)
@example(value={"Fn::GetAtt": None})
@example(value={"Fn::Select": ["²", ["a"]]})
def test_whatever_a_template_holds_is_some_texts(value: Json) -> None:
    """Nothing raises, there is always something to say, and never more than sixteen things."""
    found = texts(value, PLACE)

    assert 1 <= len(found) <= 16
    assert all(isinstance(text, str) for text in found)
