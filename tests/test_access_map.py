"""The access map as a Python object: how it is narrowed, drawn and written."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from redshift_roles import AccessMap, RoleAssociationError
from redshift_roles.rules.access_facts import Link, Node
from tests.support.rule_cases import FOLDER

ANN = Node("p1", "person", "user", "Ann", "Data", "Ann")
OPS = Node("p2", "person", "policy", "Warehouse/UserPolicy", "Data", "WarehouseUserPolicyF582EA5A")
DWH = Node("c1", "cluster", "cluster", "Warehouse/Cluster", "Data", "Cluster7B91A95E", "dwh", 10)
LAKE = Node("c2", "cluster", "namespace", "Lake", "Other", "Lake", "lake", 10)
EVERY = Node("r0", "role", "roles", "any role", aws_name="*", marks=("unscoped",))
LOADER = Node("r1", "role", "role", "Warehouse/Role", "Data", "RoleA74E6209", "arn:aws:iam::111111111111:role/loader")
FOREIGN = "arn:aws:iam::222222222222:role/lake-reader"
NEXT = Node("r2", "role", "role", "lake-reader (222222222222)", aws_name=FOREIGN, marks=("not in these templates",))
READER = Node("r3", "role", "role", "Reader", "Other", "Reader", "arn:aws:iam::111111111111:role/reader")
BUCKET = Node("t1", "target", "bucket", "Landing/landing/*", "Data", "LandingF95672E9")
KEY = Node("t2", "target", "key", "*", marks=("unscoped",))
NODES = [ANN, OPS, DWH, LAKE, EVERY, LOADER, NEXT, READER, BUCKET, KEY]
LINKS = [
    Link("associates", "p2", "c1", ("redshift:ModifyClusterIamRoles",), ("Warehouse/UserPolicy",)),
    Link("passes", "p2", "r1", ("redshift.amazonaws.com",), ("Warehouse/UserPolicy",)),
    Link("passes", "p1", "r0", (), ("Wide",), ("iam:ResourceTag/team",), ("any service",)),
    Link("includes", "r0", "r1"),
    Link("includes", "r0", "r3"),
    Link("has", "c1", "r1", marks=("default",)),
    Link("has", "c2", "r3", marks=("conditional", "does not trust Redshift")),
    Link("assumes", "r1", "r2", (), ("chain",)),
    Link("reaches", "r1", "t1", ("list", "read"), ("Grants",)),
    Link("reaches", "r3", "t2", ("do anything with",), ("inline",)),
]
MAP = AccessMap(NODES, LINKS)


def _refused(call: Callable[[], object]) -> list[tuple[str, str]]:
    """Return the messages of what a call is refused with, and the fixes."""
    with pytest.raises(RoleAssociationError) as caught:
        call()
    assert {"InvalidArgument"} == {finding.rule for finding in caught.value.findings}
    return [(finding.message, finding.fix) for finding in caught.value.findings]


@pytest.mark.parametrize(
    ("paths", "messages"),
    [
        ([], ["there are no templates"]),
        (["nowhere.yaml"], ["nowhere.yaml: no such file or folder"]),
        (
            ["\x1b", Path()],
            ["\\x1b: no such file or folder", ".: holds no templates (.json, .template, .yaml, .yml)"],
        ),
    ],
)
def test_fails_when_nothing_can_be_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, paths: list[str], messages: list[str]
) -> None:
    """A finding for each path that cannot be used, as on the command line."""
    monkeypatch.chdir(tmp_path)
    found = _refused(lambda: AccessMap.read(*paths))

    assert [
        (text, "pass templates (JSON or YAML), folders of templates or cloud assemblies") for text in messages
    ] == found


def test_fails_when_not_all_templates_can_be_read(tmp_path: Path) -> None:
    """A map of some of the files would look complete."""
    (tmp_path / "right.yaml").write_text("Resources: {A: {Type: 'AWS::Redshift::Cluster'}}")
    (tmp_path / "wrong.yaml").write_text("Resources: {A: {Type: 'AWS::IAM::Role' ]")
    ((message, _),) = _refused(lambda: AccessMap.read(tmp_path))

    assert message.startswith(f"{tmp_path / 'wrong.yaml'}: ")


def test_fails_when_arguments_are_of_the_wrong_kind() -> None:
    """All at once; a text is not a list of names."""
    assert [
        "'account' must be twelve digits, got 1",
        "'region' must be a region's name, got 'Ireland'",
        "'paths[1]' must be a path, got 7",
    ] == [text for text, _ in _refused(lambda: AccessMap.read("x", 7, account=1, region="Ireland"))]  # type: ignore[arg-type]
    assert ["'clusters' must be a list, got 'dwh'", "'people[1]' must be a name, got ''"] == [
        text for text, _ in _refused(lambda: MAP.narrowed(clusters="dwh", people=["Ann", ""]))
    ]


def test_fails_when_a_name_matches_nothing() -> None:
    """All such names are told at once, with names that match."""
    assert [
        (
            "'clusters[1]' must be the name of one of the clusters of the map, got 'dhw'",
            "name some of its clusters, such as Warehouse/Cluster, Lake",
        ),
        (
            "'roles[0]' must be the name of one of the roles of the map, got 'lowder'",
            "name some of its roles, such as any role, Warehouse/Role, lake-reader (222222222222), Reader",
        ),
    ] == _refused(lambda: MAP.narrowed(clusters=["dwh", "dhw"], roles=["lowder"]))
    assert [
        ("'people[0]' must be the name of one of the people of the map, got 'Ann'", "the map has no people")
    ] == _refused(lambda: AccessMap([], []).narrowed(people=["Ann"]))


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        ("clusters", "Warehouse/Cluster"),
        ("clusters", "Cluster"),
        ("clusters", "Cluster7B91A95E"),
        ("clusters", "dwh"),
    ],
)
def test_a_cluster_is_called_by_its_path_its_id_or_its_identifier(kind: str, name: str) -> None:
    """What leads to it and from it is kept: its roles, their reach, and who may pass them."""
    found = MAP.narrowed(**{kind: [name]})

    assert ([ANN, OPS], [DWH], [EVERY, LOADER, NEXT], [BUCKET]) == tuple(
        [*part] for part in (found.people, found.clusters, found.roles, found.targets)
    )
    assert {link.kind for link in found.links} == {"associates", "passes", "includes", "has", "assumes", "reaches"}


@pytest.mark.parametrize("name", ["Warehouse/Role", "RoleA74E6209", "role/loader"])
def test_a_role_shows_who_may_pass_it_who_has_it_and_what_it_reaches(name: str) -> None:
    """By whatever name."""
    found = MAP.narrowed(roles=[name])

    assert ["p1", "p2", "c1", "r0", "r1", "r2", "t1"] == [node.id for node in found.nodes]


def test_the_last_role_of_a_chain_shows_the_first() -> None:
    """And who may pass that."""
    assert ["p1", "p2", "c1", "r0", "r1", "r2"] == [node.id for node in MAP.narrowed(roles=["lake-reader"]).nodes]


def test_a_person_shows_what_they_may_do() -> None:
    """And what the roles reach that they may pass."""
    assert ["p2", "c1", "r1", "r2", "t1"] == [node.id for node in MAP.narrowed(people=["UserPolicy"]).nodes]


def test_names_of_one_kind_add_up_and_those_of_several_narrow() -> None:
    """Two clusters are more than one; a cluster and a person are what both have to do with."""
    both = MAP.narrowed(clusters=["dwh", "Lake"])
    narrow = MAP.narrowed(clusters=["dwh"], people=["Ann"])

    assert NODES == [*both.nodes]
    assert ["p1", "r0", "r1", "r2", "t1"] == [node.id for node in narrow.nodes]
    assert NODES == [*MAP.narrowed().nodes]


TABLE = """\
2 people, 2 clusters, 4 roles, 2 targets

Data
  user Ann                          may pass to any service   any role (unscoped)                                       by Wide, if iam:ResourceTag/team
  whoever has Warehouse/UserPolicy  may associate roles with  cluster Warehouse/Cluster                                 redshift:ModifyClusterIamRoles, by Warehouse/UserPolicy
  whoever has Warehouse/UserPolicy  may pass to redshift      role Warehouse/Role                                       by Warehouse/UserPolicy
  cluster Warehouse/Cluster         has as default            role Warehouse/Role
  role Warehouse/Role               assumes                   role lake-reader (222222222222) (not in these templates)  by chain
  role Warehouse/Role               reads                     bucket Landing/landing/*                                  by Grants

Other
  namespace Lake                    has                       role Reader                                               conditional, does not trust Redshift
  role Reader                       does anything with        key * (unscoped)                                          by inline

not in these templates
  any role (unscoped)               such as                   role Warehouse/Role
  any role (unscoped)               such as                   role Reader"""  # noqa: E501  a table is as wide as it is


def test_the_table_has_a_line_for_each_link() -> None:
    """Grouped by stack, in columns, with the counts first."""
    assert TABLE == MAP.table()


def test_an_empty_name_is_the_name_of_nothing() -> None:
    """Not of what no template defines, which has no logical id."""
    assert [] == MAP.called("roles", "")


def test_roles_that_are_not_known_are_not_said_to_be_none() -> None:
    """A list that only the deployment knows is neither empty nor counted."""
    listed = AccessMap([replace(DWH, marks=("has roles that only the deployment knows",))], [])

    assert listed.table().endswith("  has  unknown roles")
    assert "<br/>at least 0 of 10 roles<br/>" in listed.mermaid()


def test_the_table_shows_what_has_nothing() -> None:
    """A cluster without roles and a role that reaches nothing; a map of nothing has its counts."""
    alone = AccessMap([DWH, READER, NEXT], [])

    assert ["  cluster Warehouse/Cluster  has      no role", "  role Reader                reaches  nothing"] == [
        line for line in alone.table().splitlines() if line.startswith(" ")
    ]
    assert "0 people, 0 clusters, 0 roles, 0 targets" == AccessMap([], []).table()
    assert "1 person, 0 clusters, 0 roles, 0 targets" == str(AccessMap([ANN], []))


MERMAID = """\
flowchart LR
  subgraph s1["Data"]
    direction LR
    n0(["user<br/>Ann"])
    n1(["whoever has<br/>Warehouse/UserPolicy"])
    n2[("cluster<br/>Warehouse/Cluster<br/>1 of 10 roles")]
    n5{{"role<br/>Warehouse/Role"}}
    n8["bucket<br/>Landing/landing/#42;"]
  end
  style s1 fill:none,stroke:#888888
  subgraph s2["Other"]
    direction LR
    n3[("namespace<br/>Lake<br/>1 of 10 roles")]
    n7{{"role<br/>Reader"}}
  end
  style s2 fill:none,stroke:#888888
    n4{{"any role<br/>(unscoped)"}}
    n6{{"role<br/>lake-reader (222222222222)<br/>(not in these templates)"}}
    n9["key<br/>#42;<br/>(unscoped)"]
  n0 -->|"may pass to any service<br/>if iam#58;ResourceTag/team"| n4
  n1 -->|"may associate roles"| n2
  n1 -->|"may pass to redshift"| n5
  n2 -->|"has as default"| n5
  n3 -.->|"has<br/>(conditional)<br/>(does not trust Redshift)"| n7
  n4 -->|"such as"| n5
  n4 -->|"such as"| n7
  n5 -->|"assumes"| n6
  n5 -->|"reads"| n8
  n7 -->|"does anything with"| n9
  classDef persons fill:#fff3df,stroke:#b26a00,color:#1b1b1b
  class n0,n1 persons
  classDef clusters fill:#e3edfd,stroke:#2458a8,color:#1b1b1b
  class n2,n3 clusters
  classDef roles fill:#e5f4e6,stroke:#2b7433,color:#1b1b1b
  class n4,n5,n6,n7 roles
  classDef targets fill:#f1ebfb,stroke:#6540ae,color:#1b1b1b
  class n8,n9 targets
  classDef opens stroke-dasharray:5 4
  class n6 opens
  classDef warnings stroke:#c62828,stroke-width:3px
  class n4,n9 warnings
  linkStyle 0,4 stroke:#c62828,stroke-width:2px"""


def test_a_flowchart_has_a_box_for_each_node_and_an_arrow_for_each_link() -> None:
    """Stacks are frames, what is unscoped is red, and what is not decided is dashed."""
    assert MERMAID == MAP.mermaid()


def test_a_graph_for_graphviz_has_the_same() -> None:
    """In its own language."""
    found = MAP.dot().splitlines()

    assert ["digraph access {", "}"] == [found[0], found[-1]]
    assert 10 == sum(" -> " in line for line in found)
    assert 10 == sum("fillcolor=" in line for line in found)
    assert '    label="Data";' in found
    assert any(
        line.startswith('    n2 [label="cluster\\nWarehouse/Cluster\\n1 of 10 roles", shape=cylinder') for line in found
    )
    assert (
        '  n0 -> n4 [label="may pass to any service\\nif iam:ResourceTag/team", style=solid, color="#c62828"];' in found
    )
    assert (
        '  n3 -> n7 [label="has\\n(conditional)\\n(does not trust Redshift)", style=dashed, color="#c62828"];' in found
    )


def test_the_json_has_every_node_and_link() -> None:
    """With the version of its shape; ids lead from links to nodes."""
    found = json.loads(MAP.json())

    assert ["version", "people", "clusters", "roles", "targets", "links"] == [*found]
    assert 1 == found["version"]
    assert {
        "id": "c1",
        "kind": "cluster",
        "type": "cluster",
        "name": "Warehouse/Cluster",
        "stack": "Data",
        "logical_id": "Cluster7B91A95E",
        "aws_name": "dwh",
        "role_limit": 10,
        "marks": [],
    } == found["clusters"][0]
    assert {
        "kind": "passes",
        "source": "p1",
        "target": "r0",
        "how": [],
        "policies": ["Wide"],
        "conditions": ["iam:ResourceTag/team"],
        "marks": ["any service"],
    } == found["links"][0]
    ids = {node["id"] for part in ("people", "clusters", "roles", "targets") for node in found[part]}
    assert len(NODES) == len(ids)
    assert all({link["source"], link["target"]} <= ids for link in found["links"])
    assert "##" not in AccessMap([replace(ANN, name="##vso[x]")], []).json()


# A user and a policy that are in a group in production alone, and a policy that the group always has.
ON_CALL = """
Parameters: {Stage: {Type: String}}
Conditions: {IsProd: !Equals [!Ref Stage, prod]}
Resources:
  OnCall: {Type: AWS::IAM::Group}
  Ann: {Type: AWS::IAM::User, Properties: {Groups: [!If [IsProd, !Ref OnCall, !Ref 'AWS::NoValue']]}}
  Attach:
    Type: AWS::IAM::ManagedPolicy
    Properties:
      Groups: !If [IsProd, [!Ref OnCall], !Ref 'AWS::NoValue']
      PolicyDocument:
        Statement: {Effect: Allow, Action: 'redshift:ModifyClusterIamRoles', Resource: 'arn:aws:redshift:*:*:cluster:a'}
  Create:
    Type: AWS::IAM::GroupPolicy
    Properties:
      GroupName: !Ref OnCall
      PolicyDocument:
        Statement: {Effect: Allow, Action: 'redshift:CreateCluster', Resource: 'arn:aws:redshift:*:*:cluster:b'}
"""


def test_what_a_condition_decides_is_marked_in_every_format(tmp_path: Path) -> None:
    """Dashed in drawings, beside what is certain of the same people."""
    (tmp_path / "team.yaml").write_text(ON_CALL)
    drawn = AccessMap.read(tmp_path / "team.yaml")
    said = [re.split(" {2,}", line.strip()) for line in drawn.table().splitlines() if line.startswith("  ")]
    links = {(one["kind"], *one["policies"]): one["marks"] for one in json.loads(drawn.json())["links"]}

    assert ["user Ann", "is in", "group OnCall", "conditional"] in said
    assert ["redshift:ModifyClusterIamRoles, by Attach, conditional", "redshift:CreateCluster, by Create"] == [
        row[3] for row in said if row[0] == "group OnCall"
    ]
    assert ["-->", "-.->", "-.->"] == sorted(re.findall(r"-\.?->", drawn.mermaid()))
    assert '-.->|"is in<br/>(conditional)"| n0' in drawn.mermaid()
    assert '-.->|"may associate roles<br/>(conditional)"| n2' in drawn.mermaid()
    assert '-> n0 [label="is in\\n(conditional)", style=dashed' in drawn.dot()
    assert '-> n2 [label="may associate roles\\n(conditional)", style=dashed' in drawn.dot()
    assert '-> n3 [label="may associate roles", style=solid' in drawn.dot()
    assert {
        ("is in",): ["conditional"],
        ("associates", "Attach"): ["conditional"],
        ("associates", "Create"): [],
    } == links


def _many(clusters: int, roles: int, *, same: bool = False, stacks: int = 1) -> AccessMap:
    """Draw clusters with roles of their own, or with the same ones, in some stacks."""
    nodes, links = [], []
    for number in range(clusters):
        stack = f"S{number % stacks}"
        nodes.append(Node(f"c{number}", "cluster", "cluster", f"Cluster{number}", stack, role_limit=10))
        for index in range(roles):
            one = f"r{'' if same else number}x{index}"
            nodes += [] if same and number else [Node(one, "role", "role", one, stack)]
            links.append(Link("has", f"c{number}", one))
    return AccessMap(nodes, links)


def _boxes(drawn: AccessMap) -> list[str]:
    return re.findall(r'^    n\d+[\[({]+"(.*)"[\])}]+$', drawn.mermaid(), re.MULTILINE)


@pytest.mark.parametrize(("roles", "boxes"), [(3, 4), (4, 2)])
def test_many_roles_that_are_alike_are_one_box(roles: int, boxes: int) -> None:
    """Three are shown, four are one; some of their names are shown."""
    found = _boxes(_many(1, roles))

    assert boxes == len(found)
    assert roles != 4 or found[1] == "4 roles<br/>r0x0<br/>r0x1<br/>r0x2<br/>and 1 more"


def test_what_a_role_reaches_of_one_service_is_one_box() -> None:
    """Where it may do the same with all of it, and it is much."""
    types = ["sagemaker endpoint", "sagemaker model", "sagemaker training-job", "sagemaker model"]
    reached = [Node(f"t{number}", "target", type_, f"x{number}") for number, type_ in enumerate(types)]
    drawn = AccessMap([LOADER, *reached], [Link("reaches", "r1", node.id, ("write",)) for node in reached])

    assert ["4 sagemaker resources<br/>endpoint x0<br/>model x1<br/>training-job x2<br/>and 1 more"] == _boxes(drawn)[
        1:
    ]


def test_roles_that_differ_are_not_one_box() -> None:
    """Each of five is of one cluster, or reaches something else, and few of them are drawn as they are."""
    assert 10 == len(_boxes(_many(5, 1)))


@pytest.mark.parametrize(
    ("stacks", "expected"),
    [
        (1, ["100 clusters<br/>Cluster0<br/>Cluster1<br/>Cluster2<br/>and 97 more<br/>10 of 10 roles", "1,000 roles"]),
        (4, ["25 clusters", "250 roles"] * 4),
        (50, ["100 clusters<br/>in 50 stacks<br/>10 of 10 roles", "1,000 roles<br/>in 50 stacks"]),
    ],
)
def test_a_thousand_roles_are_legible(stacks: int, expected: list[str]) -> None:
    """Clusters that are alike are one box, first those of a stack, at last all of them; the arrows say how it is."""
    drawn = _many(100, 10, stacks=stacks)
    found = _boxes(drawn)

    assert len(expected) == len(found)
    assert all(any(box.startswith(start) for box in found) for start in expected)
    assert len(expected) // 2 == drawn.mermaid().count("-->")
    assert drawn.dot().count("->") == len(expected) // 2


def test_what_a_drawing_joins_the_table_and_the_json_show_one_by_one() -> None:
    """Nothing is lost."""
    drawn = _many(100, 10)

    assert 1_000 == drawn.table().count("  has  ")
    assert 1_000 == len(json.loads(drawn.json())["roles"])


# What a name could break out of a label with, or mean in it.
HOSTILE = [
    'a"b',
    "a\nb",
    "a\r\u2028b",
    "<b>x</b><script>alert(1)</script>",
    "end",
    'x"]; click n0 "javascript:alert(1)"',
    "%%{init: {}}%%",
    "`**x**`",
    "$$x$$",
    "#quot;",
    "&quot;",
    "fa:fa-ban",
    "x\\ny",
    "1. x",
    "- x",
    "]:::x",
    "\\",
    "\\N\\G",
    "-->|x|",
    "\x1b[31m",
    "##vso[x]",
    "::error::",
    "\ud800",
    "é漢",
]
NAMES = st.one_of(st.text(max_size=30), st.sampled_from(HOSTILE))
LABEL = r"(?:[A-Za-z0-9 ,()/_]|(?<=[A-Za-z0-9])[.-](?=[A-Za-z0-9])|#\d+;|<br/>)+"
MERMAID_LINE = re.compile(
    rf'flowchart LR|  subgraph s\d+\["{LABEL}"\]|    direction LR|  end|  style s\d+ fill:none,stroke:#888888'
    rf'|    n\d+(\(\["{LABEL}"\]\)|\[\("{LABEL}"\)\]|\{{\{{"{LABEL}"\}}\}}|\["{LABEL}"\])'
    rf'|  n\d+ (-->|-\.->)\|"{LABEL}"\| n\d+|  class n[n0-9,]+ \w+'
    r"|  classDef \w+ [\w:,#. -]+|  linkStyle [0-9,]+ [\w:,#-]+"
)
DOT_LABEL = r'"(?:[^"\\]|\\\\|\\"|\\n)*"'
DOT_LINE = re.compile(
    rf"digraph access \{{|  rankdir=.*|  subgraph cluster_\d+ \{{|    label={DOT_LABEL};|  \}}|\}}"
    rf'|    n\d+ \[label={DOT_LABEL}, shape=\w+, style="[\w,]+", fillcolor="#\w+", color="#\w+"\];'
    rf'|  n\d+ -> n\d+ \[label={DOT_LABEL}, style=\w+(, color="#\w+")?\];'
)


@settings(max_examples=60, deadline=None)
@given(name=NAMES, stack=NAMES, mark=NAMES)
def test_no_name_breaks_out_of_a_drawing(name: str, stack: str, mark: str) -> None:
    """Each line is one of those that drawings have, and each character of a name is one that means nothing there."""
    nodes = [replace(node, name=name, stack=stack if node.stack else "", marks=(mark,)) for node in NODES]
    links = [replace(link, conditions=(name,), how=(name,) if link.kind == "passes" else link.how) for link in LINKS]
    drawn = AccessMap(nodes, links)

    assert [] == [line for line in drawn.mermaid().split("\n") if not MERMAID_LINE.fullmatch(line)]
    assert [] == [line for line in drawn.dot().split("\n") if not DOT_LINE.fullmatch(line)]
    assert all(line.isprintable() for line in drawn.table().split("\n"))
    assert name == json.loads(drawn.json())["people"][0]["name"]


def test_what_mermaid_and_graphviz_read_in_any_text_is_parted_or_escaped() -> None:
    """A line break, a formula and an icon; an entity."""
    drawn = AccessMap([replace(ANN, name="a\\nb$$c$$d fa:fa-ban &lt;")], [])

    assert _boxes(drawn) == ["user<br/>a#92;#8288;nb#36;#8288;#36;c#36;#8288;#36;d fa#58;#8288;fa-ban #38;lt#59;"]
    assert 'label="user\\na\\\\nb$$c$$d fa:fa-ban &amp;lt;"' in drawn.dot()


def test_a_long_name_is_shortened_in_drawings() -> None:
    """Its beginning and its end are left; the table has it whole."""
    drawn = AccessMap([replace(LOADER, name="a" * 300 + "end")], [])

    assert [f"role<br/>{'a' * 40}#8230;{'a' * 37}end"] == _boxes(drawn)
    assert "a" * 300 in drawn.table()


def test_maps_of_all_realistic_templates_are_drawn() -> None:
    """Together they are many, and still legible."""
    drawn = AccessMap.read(FOLDER / "realistic")
    lines = drawn.mermaid().split("\n")

    assert len(drawn.clusters) > 50
    assert [] == [line for line in lines if not MERMAID_LINE.fullmatch(line)]
    assert len("\n".join(lines)) < 50_000
    assert sum("-->" in line or "-.->" in line for line in lines) < 500
