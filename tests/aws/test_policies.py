"""Policy documents and their size."""

from __future__ import annotations

import re
from itertools import chain, permutations
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from redshift_roles.aws import listed, permissions, quotas
from redshift_roles.aws.permissions import Objects, Permission, literally
from redshift_roles.aws.placeholders import placeholder
from redshift_roles.aws.policies import UserPolicy, documents, least_size, rewritten, size
from tests.support.builders import arn
from tests.support.operations import SQL

CLUSTERS = [f"arn:aws:redshift:us-east-1:111111111111:cluster:{name}" for name in ("first", "second")]
ROLES = [arn("Redshift1"), arn("Redshift2"), arn("Redshift3")]
TO_REDSHIFT = {"StringEquals": {"iam:PassedToService": "redshift.amazonaws.com"}}


def _statement(sid: str, action: object, resource: object, **more: object) -> dict[str, object]:
    return {"Sid": sid, "Effect": "Allow", "Action": action, "Resource": resource, **more}


def test_the_user_policy_is_the_published_example_with_a_condition() -> None:
    """Two clusters and three roles: describe all, associate and create on these, pass these to Redshift alone."""
    document = UserPolicy(CLUSTERS, ROLES, create_clusters=True, describe_all_clusters=True).document()

    assert document == {
        "Version": "2012-10-17",
        "Statement": [
            _statement("DescribeClusters", "redshift:DescribeClusters", "*"),
            _statement("AssociateRoles", ["redshift:ModifyClusterIamRoles", "redshift:CreateCluster"], CLUSTERS),
            _statement("PassRolesToRedshift", "iam:PassRole", ROLES, Condition=TO_REDSHIFT),
        ],
    }


def test_the_smallest_user_policy_names_one_of_each() -> None:
    """One cluster and one role are texts, not lists; no cluster is created, and only this one is described."""
    document = UserPolicy(tuple(CLUSTERS[:1]), ROLES[:1], create_clusters=False, describe_all_clusters=False).document()

    assert document["Statement"] == [
        _statement("DescribeClusters", "redshift:DescribeClusters", CLUSTERS[0]),
        _statement("AssociateRoles", "redshift:ModifyClusterIamRoles", CLUSTERS[0]),
        _statement("PassRolesToRedshift", "iam:PassRole", ROLES[0], Condition=TO_REDSHIFT),
    ]


NAMESPACES = [f"arn:aws:redshift-serverless:us-east-1:111111111111:namespace/{name}" for name in ("1", "2")]
TO_SERVERLESS = {"StringEquals": {"iam:PassedToService": "redshift-serverless.amazonaws.com"}}


def test_the_user_policy_of_namespaces_names_no_cluster() -> None:
    """All namespaces are listed, these are read and updated, and the roles are passed to Serverless alone."""
    written = UserPolicy(
        [], ROLES, create_clusters=True, describe_all_clusters=True, namespace_arns=NAMESPACES,
        serverless_role_arns=ROLES[:2],
    )  # fmt: skip

    update = ["redshift-serverless:GetNamespace", "redshift-serverless:UpdateNamespace"]
    assert written.document()["Statement"] == [
        _statement("ListNamespaces", "redshift-serverless:ListNamespaces", "*"),
        _statement("UpdateNamespaces", update, NAMESPACES),
        _statement("PassRolesToServerless", "iam:PassRole", ROLES[:2], Condition=TO_SERVERLESS),
    ]


def test_clusters_and_namespaces_keep_their_services_apart() -> None:
    """The statements of clusters stay as they are alone; a role goes to the services that it is for."""
    alone = UserPolicy(CLUSTERS, ROLES, create_clusters=True, describe_all_clusters=False)
    both = alone._replace(
        namespace_arns=NAMESPACES[:1],
        new_namespace_arns=["new"],
        serverless_role_arns=ROLES[2:],
        secret_arns=["secret"],
    )

    first, statements = alone.document()["Statement"], both.document()["Statement"]
    assert first == statements[:3]
    assert statements[4:6] == [
        _statement("CreateNamespaces", "redshift-serverless:CreateNamespace", "new"),
        _statement("PassRolesToServerless", "iam:PassRole", ROLES[2], Condition=TO_SERVERLESS),
    ]
    sids = [
        "UpdateNamespaces",
        "CreateNamespaces",
        "PassRolesToServerless",
        "ManageAdminPasswords",
        "GeneratePasswords",
    ]
    assert sids == [statement["Sid"] for statement in statements[3:]]


@pytest.mark.parametrize(
    ("document", "written"),
    [
        ({}, "{}"),
        ("ä€", '"ä€"'),
        ({"Sid": 'A "b"\\'}, r'{"Sid":"A \"b\"\\"}'),
        ({"a": ["é", 1, 1.5, True, None], "$": "$"}, '{"a":["é",1,1.5,true,null],"$":"<long>"}'),
    ],
)
def test_the_size_is_that_of_json_without_space_between_its_parts(document: object, written: str) -> None:
    """In characters, whatever bytes they have; a quote counts with its backslash; only values are written anew."""
    assert len(written) == size(rewritten(document, lambda text: text.replace("$", "<long>")))


@pytest.mark.parametrize(
    ("text", "region", "written"),
    [
        ("${Token[AWS.Partition.3]}", None, "aws"),
        ("${Token[AWS.Partition.3]}", "cn-northwest-1", "aws-cn"),
        ("${Token[AWS.Region.4]}", None, "eu-west-1"),
        (placeholder("AWS::Region"), "ap-southeast-2", "ap-southeast-2"),
        (f"{placeholder('AWS::AccountId')}/x", "eu-west-1", "111111111111/x"),
        ("${Token[TOKEN.6]}-${Token[AWS.StackName.7]}", None, "x-x"),
        (f"a{placeholder('Data.template.json#Loader')}b", "eu-west-1", "axb"),
    ],
)
def test_the_least_size_has_the_shortest_values(text: str, region: str | None, written: str) -> None:
    """A pseudo parameter is as long as in this region, or in a usual one; everything else is one character."""
    assert len(f'{{"a":["{written}"]}}') == least_size({"a": [text]}, region)


READ = ("s3:GetObject",)


def _read(*names: str, sid: str = "ReadObjects") -> list[Permission]:
    return [Permission(sid, READ, name) for name in names]


def _statements(written: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [statement for document in written for statement in listed(document["Statement"])]


def _unfolded(written: list[dict[str, Any]]) -> set[tuple[str, str, str]]:
    """Take documents apart: an action, a resource and a condition at a time."""
    return {
        (action, resource, str(statement.get("Condition")))
        for statement in _statements(written)
        for action in listed(statement["Action"])
        for resource in listed(statement["Resource"])
    }


@pytest.mark.parametrize("most", [1, 6_144])
def test_nothing_to_allow_is_no_document(most: int) -> None:
    """IAM takes no empty one."""
    assert [] == documents([], most=most)


def test_one_action_on_one_resource_is_the_smallest_document() -> None:
    """One of a kind is a text, not a list."""
    assert [{"Version": "2012-10-17", "Statement": [_statement("ReadObjects", "s3:GetObject", "arn:a")]}] == documents(
        _read("arn:a")
    )


def test_what_is_allowed_alike_is_one_statement() -> None:
    """Resources are sorted by what they stand for, and each is there once."""
    (document,) = documents(_read("arn:b", "arn:a", "arn:b"))
    (keyed,) = documents(_read("${Token[9]}", "${Token[1]}"), key={"${Token[9]}": "a", "${Token[1]}": "b"}.__getitem__)

    assert [["arn:a", "arn:b"]] == [statement["Resource"] for statement in _statements([document])]
    assert ["${Token[9]}", "${Token[1]}"] == _statements([keyed])[0]["Resource"]


def test_texts_with_the_same_key_are_one_resource() -> None:
    """Two tokens may stand for the same value."""
    (document,) = documents(_read("${Token[1]}", "${Token[2]}"), key=lambda _: "same")

    assert "${Token[2]}" == _statements([document])[0]["Resource"]


def test_statements_are_sorted_by_purpose_and_numbered() -> None:
    """Another action or condition is another statement, and IAM wants another Sid for it."""
    listing = [
        Permission("List", ("s3:ListBucket",), "arn:a", ("StringLike", "s3:prefix", values))
        for values in (("b/*",), ("a/*", "m"))
    ]
    others = [Permission(sid, (action,), "arn:c") for sid, action in (("Z", "s3:A"), ("A", "s3:B"), ("Z", "s3:C"))]
    (document,) = documents([*others, *listing, Permission("List", ("s3:ListBucket",), "arn:c")])

    assert [
        ("A", "s3:B", None),
        ("List", "s3:ListBucket", None),
        ("List2", "s3:ListBucket", {"StringLike": {"s3:prefix": ["a/*", "m"]}}),
        ("List3", "s3:ListBucket", {"StringLike": {"s3:prefix": "b/*"}}),
        ("Z", "s3:A", None),
        ("Z2", "s3:C", None),
    ] == [(one["Sid"], one["Action"], one.get("Condition")) for one in _statements([document])]


PLAIN = Permission("Do", ("s3:GetObject",), "arn:a", ("StringLike", "s3:prefix", ("a",)))


@pytest.mark.parametrize(
    "other",
    [
        PLAIN._replace(actions=("s3:PutObject",)),
        PLAIN._replace(condition=("StringNotLike", "s3:prefix", ("a",))),
        PLAIN._replace(condition=("StringLike", "s3:x-amz-acl", ("a",))),
        PLAIN._replace(condition=("StringLike", "s3:prefix", ("b",))),
        PLAIN._replace(condition=None),
    ],
    ids=["actions", "operator", "key", "values", "none"],
)
def test_what_differs_in_one_thing_is_two_statements(other: Permission) -> None:
    """Merging them would allow more than was granted."""
    written = documents([PLAIN, other._replace(resource="arn:b")])
    condition = {other.condition[0]: {other.condition[1]: other.condition[2][0]}} if other.condition else None

    assert {
        ("s3:GetObject", "arn:a", str({"StringLike": {"s3:prefix": "a"}})),
        (other.actions[0], "arn:b", str(condition)),
    } == _unfolded(written)
    assert ["Do", "Do2"] == sorted(statement["Sid"] for statement in _statements(written))


FIFTY = _read(*(f"arn:{number:04}" for number in range(50)))


@pytest.mark.parametrize(("first", "spare", "counts"), [(50, 0, [50]), (50, -1, [49, 1]), (20, 0, [20, 20, 10])])
def test_a_document_is_filled_to_the_last_character(first: int, spare: int, counts: list[int]) -> None:
    """One that is exactly as large as IAM allows is one; a character more, and there are two."""
    (whole,) = documents(FIFTY[:first])
    written = documents(FIFTY, most=size(whole) + spare)

    assert counts == [len(listed(statement["Resource"])) for statement in _statements(written)]
    assert {"ReadObjects"} == {statement["Sid"] for statement in _statements(written)}


def test_the_limit_is_that_of_a_managed_policy() -> None:
    """6,144 characters, as IAM counts them."""
    allowed = _read(*(f"arn:aws:s3:::bucket-{number:04}/landing/*" for number in range(400)))
    written = documents(allowed)

    assert all(size(document) <= quotas.MANAGED_POLICY_SIZE == 6_144 for document in written)
    assert all(size(document) > quotas.MANAGED_POLICY_SIZE - 60 for document in written[:-1])
    assert _unfolded(written) == {("s3:GetObject", permission.resource, "None") for permission in allowed}


def test_a_later_statement_gathers_its_resources() -> None:
    """Also where one document cannot hold all; what is too large alone has a document of its own."""
    granted = [
        *_read("arn:a", "arn:b", sid="First"),
        *_read("arn:c", "arn:d", sid="Second"),
        *_read("x" * 400, sid="Z"),
    ]

    assert [("First", ["arn:a", "arn:b"]), ("Second", ["arn:c", "arn:d"]), ("Z", "x" * 400)] == [
        (statement["Sid"], statement["Resource"]) for statement in _statements(documents(granted, most=300))
    ]
    assert 2 == len(documents(granted, most=300))


T, U, GLUE = "${Token[TOKEN.1]}", "${Token[TOKEN.2]}", "arn:aws:glue:eu-west-1:111111111111"
PSEUDO = "arn:${Token[AWS.Partition.3]}:glue:${Token[AWS.Region.4]}:${Token[AWS.AccountId.5]}:catalog"
S3_ARN, ARN, NAME, KEY = 83, 345, 512, 1024
PREFIX, SOURCE = "s3:prefix", "kms:EncryptionContext:aws:s3:arn"


@pytest.mark.parametrize(
    ("action", "resource", "longest"),
    [
        ("s3:ListBucket", T, S3_ARN),
        ("s3:GetObject", f"{T}/landing/*", S3_ARN + 10),
        ("s3:GetObject", f"{T}/{U}/landing/*", S3_ARN + 1 + KEY + 10),
        ("s3:GetObject", f"arn:aws:s3:::{T}/{U}*", 13 + 63 + 1 + KEY + 1),
        ("s3:GetObject", f"arn:aws:s3:::lake/{literally('?')}{U}*", 17 + 1 + 4 + KEY + 1),
        ("kms:Decrypt", T, ARN),
        ("lambda:InvokeFunction", f"{T}:live", ARN + 5),
        ("kafka:ReadTopic", f"{T}/orders", ARN + 7),
        ("glue:GetTable", f"{GLUE}:table/{T}/{U}", len(f"{GLUE}:table/") + NAME + 1 + NAME),
        ("secretsmanager:GetSecretValue", f"arn:aws:secretsmanager:eu-west-1:1:secret:{T}", 42 + NAME),
        ("glue:GetDatabases", PSEUDO, len("arn:aws-us-gov:glue:us-isof-south-1:111111111111:catalog")),
        ("glue:GetTable", f"{GLUE}:table/${{Token[AWS.Region.4]}}/x", len(f"{GLUE}:table/us-isof-south-1/x")),
        ("glue:GetTable", f"{GLUE}:table/x", len(f"{GLUE}:table/x")),
    ],
)
def test_a_token_counts_as_long_as_its_kind_of_value_can_be(action: str, resource: str, longest: int) -> None:
    """What a text begins with is an ARN, then come names, and in Amazon S3 a key."""
    _fills(Permission("Do", (action,), resource), Permission("Do", (action,), "x" * longest))


@pytest.mark.parametrize(
    ("key", "value", "longest"),
    [
        (PREFIX, f"{T}/x/*", KEY + 4),
        (PREFIX, U, KEY),
        (PREFIX, "x", 1),
        (SOURCE, T, ARN),
        (SOURCE, f"{T}/*", ARN + 2),
    ],
)
def test_the_values_of_a_condition_are_keys_or_arns(key: str, value: str, longest: int) -> None:
    """The key of the condition decides."""
    plain = Permission("Do", ("kms:Decrypt",), "*")
    conditions = [("StringLike", key, (text,)) for text in (value, "x" * longest)]

    _fills(*(plain._replace(condition=condition) for condition in conditions))


def _fills(tokens: Permission, longest: Permission) -> None:
    """Assert that one permission takes the same room as another."""
    other = Permission("Other", READ, "arn:b")
    (whole,) = documents([longest, other])

    assert [1, 2] == [len(documents([tokens, other], most=size(whole) + spare)) for spare in (0, -1)]


GRANTS = [
    permissions.copy_from(Objects("arn:aws:s3:::a", ("arn:k",), "one/")),
    permissions.copy_from(Objects("arn:aws:s3:::b", (), "two/", ("m",))),
    permissions.unload_to(Objects("arn:aws:s3:::a", ("arn:k",), "out/"), clean_path=True, encrypted_auto=False),
]


@pytest.mark.parametrize("order", list(permutations(GRANTS)))
def test_the_order_of_grants_changes_nothing(order: list[list[Permission]]) -> None:
    """Every permutation of three grants is the same document."""
    assert documents(chain(*GRANTS)) == documents(chain(*order))


@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_nothing_is_lost_and_nothing_added(data: st.DataObject) -> None:
    """However small the documents are and whatever the order, they allow exactly what was asked."""
    whole = list(chain(*(sql.granted for sql in SQL)))
    chosen = data.draw(st.lists(st.sampled_from(whole), min_size=1, max_size=25))
    most = data.draw(st.integers(600, 4000))
    written = documents(chosen, most=most)

    assert _unfolded(documents(chosen)) == _unfolded(written)
    assert written == documents(reversed(chosen), most=most)
    assert {(action, permission.resource) for permission in chosen for action in permission.actions} == {
        (action, resource) for action, resource, _ in _unfolded(written)
    }
    sids = [[statement["Sid"] for statement in _statements([document])] for document in written]
    assert all(len(found) == len(set(found)) for found in sids)
    assert all(re.fullmatch(r"[A-Za-z0-9]+", statement["Sid"]) for statement in _statements(written))
    alone = [len({resource for _, resource, _ in _unfolded([document])}) == 1 for document in written]
    assert all(size(document) <= most or one for document, one in zip(written, alone, strict=True))
