"""
CREATE EXTERNAL FUNCTION.
"""

from __future__ import annotations

from typing import Any

import pytest

from redshift_roles import RoleAssociationError, sql
from tests.builders import arn

ROLE = arn()


def _create(**options: Any) -> str:
    given = {"name": "score", "arguments": ["varchar"], "returns": "int", "role": ROLE, "function": "fn", **options}
    return sql.create_external_function(**given)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"function": None}, "'function' and 'endpoint' are neither given"),
        ({"endpoint": "e"}, "'function' and 'endpoint' are both given"),
        ({"function": ""}, "'function' is empty, allowed is a text"),
        ({"arguments": ["int); DROP TABLE x; --"]}, "a type is 'int); DROP TABLE x; --', allowed is the name of a data type"),
        ({"returns": 7}, "a type is 7, allowed is the name of a data type"),
        ({"volatility": "PURE"}, "'volatility' is 'PURE', allowed is one of VOLATILE, STABLE, IMMUTABLE"),
        ({"retry_timeout": -1}, "'retry_timeout' is -1, allowed is 0 to 2.14748e+09"),
        ({"max_batch_rows": 0}, "'max_batch_rows' is 0, allowed is 1 to 2.14748e+09"),
        ({"max_batch_size": 5}, "'max_batch_size' is 5, allowed is a number and a unit"),
        ({"max_batch_size": (5, "GB")}, "'max_batch_size' is 'GB', allowed is one of B, KB, MB"),
        ({"max_batch_size": (0, "MB")}, "'max_batch_size' is 0, allowed is 1 to 2.14748e+09"),
        ({"role": "SESSION"}, "'role' is 'SESSION', which this statement does not take"),
        ({"name": ""}, "'name' is empty, allowed is a name of 1 to 3 parts with dots between them"),
    ],
)  # fmt: skip
def test_fails_when_redshift_would_reject_it(options: dict[str, Any], message: str) -> None:
    """
    The message has the argument, and what is wrong with it.
    """
    with pytest.raises(RoleAssociationError) as caught:
        _create(**options)

    assert [message] == [finding.message for finding in caught.value.findings]


@pytest.mark.parametrize(
    ("options", "written"),
    [
        ({}, f"CREATE EXTERNAL FUNCTION \"score\"(varchar) RETURNS int VOLATILE LAMBDA 'fn' IAM_ROLE '{ROLE}';"),
        (
            {"function": None, "endpoint": "e", "arguments": [], "or_replace": True, "volatility": "STABLE"},
            f"CREATE OR REPLACE EXTERNAL FUNCTION \"score\"() RETURNS int STABLE SAGEMAKER 'e' IAM_ROLE '{ROLE}';",
        ),
        (
            {
                "arguments": ["decimal(10, 2)", "double precision", "varchar(20)"],
                "role": "default", "retry_timeout": 0, "max_batch_rows": 1, "max_batch_size": (5, "MB"),
            },
            ('CREATE EXTERNAL FUNCTION "score"(decimal(10, 2), double precision, varchar(20)) RETURNS int VOLATILE '
            "LAMBDA 'fn' IAM_ROLE default RETRY_TIMEOUT 0 MAX_BATCH_ROWS 1 MAX_BATCH_SIZE 5 MB;"),
        ),
    ],
)  # fmt: skip
def test_it_is_written_as_redshift_documents_it(options: dict[str, Any], written: str) -> None:
    """
    Types stand as they are, names are quoted.
    """
    assert written == _create(**options)
