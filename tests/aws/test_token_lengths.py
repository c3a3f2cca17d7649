"""How long the values behind tokens can be."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from redshift_roles.aws.permissions import Permission, literally
from redshift_roles.aws.token_lengths import longest

T = "${Token[TOKEN.1]}"
U = "${Token[TOKEN.2]}"
GLUE = "arn:aws:glue:eu-west-1:111111111111"
PSEUDO = "arn:${Token[AWS.Partition.3]}:glue:${Token[AWS.Region.4]}:${Token[AWS.AccountId.5]}:catalog"


def length(resource: str, action: str = "s3:GetObject") -> int:
    """Say how long a resource can become."""
    return len(longest(Permission("Do", (action,), resource))[resource])


@pytest.mark.parametrize(
    ("action", "resource", "expected"),
    [
        ("s3:ListBucket", T, 83),
        ("kms:Decrypt", T, 87),
        ("iam:PassRole", T, 102),
        ("kafka:GetBootstrapBrokers", T, 345),
        ("s3:GetObject", f"{T}/*", 83 + 2),
        ("s3:GetObject", f"{T}/landing/*", 83 + 10),
        ("lambda:InvokeFunction", f"{T}:live", 345 + 5),
        ("kafka:ReadTopic", f"{T}/orders", 345 + 7),
    ],
)
def test_what_a_whole_token_stands_for_is_an_arn(action: str, resource: str, expected: int) -> None:
    """As long as the service makes one, and what follows it as long as it is."""
    assert expected == length(resource, action)


@pytest.mark.parametrize(
    ("resource", "expected"),
    [
        (f"{T}/{U}*", 83 + 1 + 1024 + 1),
        (f"{T}/{U}/landing/*", 83 + 1 + 1024 + 1),
        (f"{T}/a{U}b{U[:-2]}3]}}c*", 83 + 1 + 1024 + 1),
        (f"arn:aws:s3:::{T}/{U}*", 13 + 63 + 1 + 1024 + 1),
        (f"arn:aws:s3:::lake/{U}*", 17 + 1 + 1024 + 1),
        (f"arn:aws:s3:::{T}", 13 + 63),
        (f"arn:aws:s3:::lake-{T}/x*", 13 + 63 + 3),
        (f"arn:aws:s3:::lake/{'x' * 1024}{U}*", 17 + 1 + 1025 + 1),
        (f"arn:aws:s3:::lake/{literally('?')}{U}*", 17 + 1 + 1024 + 3 + 1),
    ],
)
def test_a_key_is_no_longer_than_amazon_s3_allows(resource: str, expected: int) -> None:
    """Literal and tokens together; what IAM writes for a question mark is longer than that."""
    assert expected == length(resource)


@pytest.mark.parametrize(
    ("action", "resource", "expected"),
    [
        ("glue:GetTable", f"{GLUE}:table/{T}/{U}", len(f"{GLUE}:table/") + 255 + 1 + 255),
        ("glue:GetTable", f"{GLUE}:table/sales_{T}/*", len(f"{GLUE}:table/") + 255 + 2),
        ("glue:GetDatabase", f"{GLUE}:database/{T}{U}", len(f"{GLUE}:database/") + 255),
        ("lambda:InvokeFunction", f"arn:aws:lambda:eu-west-1:1:function:{T}:live", 35 + 1 + 255 + 1),
        ("secretsmanager:GetSecretValue", f"arn:aws:secretsmanager:eu-west-1:1:secret:{T}", 42 + 512),
        ("glue:GetDatabases", PSEUDO, len("arn::glue::::catalog") - 1 + 10 + 14 + 12),
        ("glue:GetDatabases", f"arn:{T}:glue:{T}:{T}:catalog", len("arn::glue::::catalog") - 1 + 10 + 14 + 12),
        ("glue:GetTable", f"{GLUE}:table/${{Token[AWS.Region.4]}}/x", len(f"{GLUE}:table/") + 14 + 2),
    ],
)
def test_names_are_as_long_as_their_service_allows(action: str, resource: str, expected: int) -> None:
    """A literal part takes its share; a pseudo parameter is known wherever it stands."""
    assert expected == length(resource, action)


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        (("StringLike", "s3:prefix", (f"{T}/x/*", f"{U}", "literal")), [1025, 1024]),
        (("StringLike", "kms:EncryptionContext:aws:s3:arn", (T, f"{T}/*")), [83, 85]),
    ],
)
def test_the_values_of_a_condition_are_keys_or_arns(
    condition: tuple[str, str, tuple[str, ...]], expected: Sequence[int]
) -> None:
    """Each value with a token is measured, the others are as long as they are."""
    written = longest(Permission("Do", ("s3:ListBucket",), "arn:aws:s3:::lake", condition))

    assert [*expected] == [len(written[value]) for value in condition[2] if value in written]
    assert "literal" not in written


def test_what_holds_no_token_needs_no_measure() -> None:
    """It is as long as it is."""
    assert {} == longest(Permission("Do", ("s3:GetObject",), "arn:aws:s3:::a/*", ("StringLike", "s3:prefix", ("a",))))
