"""CREATE EXTERNAL FUNCTION."""

from __future__ import annotations

from typing import Any

import pytest

from redshift_roles import RoleAssociationError, sql
from tests.support.builders import arn

ROLE = arn()
BOTH = "and Redshift takes only one of them"


def _create(**options: Any) -> str:
    given = {"name": "score", "arguments": ["varchar"], "returns": "int", "role": ROLE, "function": "fn", **options}
    return sql.create_external_function(**given)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"function": None}, "'function' and 'endpoint' are neither given"),
        ({"endpoint": "e"}, "'function' and 'endpoint' are both given"),
        ({"function": ""}, "'function' must be a text, got ''"),
        ({"arguments": ["int); DROP TABLE x; --"]}, "'arguments[0]' must be the name of a data type, got 'int); DROP TABLE x; --'"),
        ({"returns": 7}, "'returns' must be the name of a data type, got 7"),
        ({"volatility": "PURE"}, "'volatility' must be one of VOLATILE, STABLE, got 'PURE'"),
        ({"retry_timeout": -1}, "'retry_timeout' must be a whole number from 0 to 2147483647, got -1"),
        ({"max_batch_rows": 0}, "'max_batch_rows' must be a whole number from 1 to 2147483647, got 0"),
        ({"max_batch_rows": 2**31}, "'max_batch_rows' must be a whole number from 1 to 2147483647, got 2147483648"),
        ({"retry_timeout": 0.5}, "'retry_timeout' must be a whole number from 0 to 2147483647, got 0.5"),
        *(
            ({"max_batch_size": size}, f"'max_batch_size' must be 1 KB to 5 MB, got {size!r}")
            for size in (5, (5, "GB"), (5, "B"), (0, "KB"), (-1, "MB"), (5121, "KB"), (6, "MB"), (1.5, "MB"), (5,), (5, None), (True, "MB"))
        ),
        *(
            ({"function": None, "endpoint": "e", option: value}, f"'{option}' is given with endpoint, {BOTH}")
            for option, value in (("retry_timeout", 0), ("max_batch_rows", 1), ("max_batch_size", (5, "MB")))
        ),
        ({"or_replace": "no"}, "'or_replace' must be True or False, got 'no'"),
        ({"arguments": "int"}, "'arguments' must be a list, got 'int'"),
        ({"arguments": ["int", "varchar, int"]}, "'arguments[1]' must be the name of a data type, got 'varchar, int'"),
        ({"role": "SESSION"}, "'role' is 'SESSION', which this statement does not take"),
        ({"name": ""}, "'name' must be a name of 1 to 3 parts with dots between them, got ''"),
    ],
)  # fmt: skip
def test_fails_when_redshift_would_reject_it(options: dict[str, Any], message: str) -> None:
    """The message has the argument, and what is wrong with it."""
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
    """Types stand as they are, names are quoted."""
    assert written == _create(**options)


@pytest.mark.parametrize("size", [(1, "KB"), (5120, "KB"), (1, "MB"), (5, "MB")])
def test_a_batch_is_of_one_kilobyte_to_five_megabytes(size: tuple[int, str]) -> None:
    """In the unit in which it is given."""
    assert _create(max_batch_size=size).endswith(f" MAX_BATCH_SIZE {size[0]} {size[1]};")


@pytest.mark.parametrize(
    "kind",
    [
        "smallint", "int2", "integer", "INT", "int4", "bigint", "int8", "real", "float4", "double precision", "float8",
        "float", "float(24)", "boolean", "bool", "date", "time", "timetz", "time with time zone",
        "time without time zone", "timestamp", "timestamptz", "TIMESTAMP WITH TIME ZONE", "timestamp without time zone",
        "interval year to month", "interval day to second", "char(1)", "character", "nchar", "bpchar", "varchar",
        "varchar(20)", "varchar(max)", "nvarchar", "character varying(20)", "text", "varbyte(9)", "varbinary",
        "binary varying", "decimal", "decimal(10)", "decimal(10,2)", "numeric(10, 2)", "super", "hllsketch", "geometry",
        "geography",
    ],
)  # fmt: skip
def test_each_data_type_of_redshift_is_written_as_it_is(kind: str) -> None:
    """A type can be neither quoted nor escaped, so that only these pass."""
    assert f"({kind}) RETURNS {kind} VOLATILE" in _create(arguments=[kind], returns=kind)


@pytest.mark.parametrize(
    "kind",
    [
        "", "int ", " int", "int STABLE LAMBDA", "int--", "int/**/", "int;", "int'", 'int"', "int\n", "varchar(20",
        "varchar(-1)", "varchar(1,2)", "decimal(1,2,3)", "decimal(max)", "int(4)", "varchar(\u0661)", "\u017fuper", "$$", "int[]",
        "${Token[TOKEN.7]}",
    ],
)  # fmt: skip
def test_fails_when_it_is_no_data_type(kind: str) -> None:
    """Whatever is no type of Redshift could change the statement."""
    with pytest.raises(RoleAssociationError) as caught:
        _create(returns=kind)

    assert ["allowed is the name of a data type"] == [
        f.message[f.message.rindex("allowed") :] for f in caught.value.findings
    ]
