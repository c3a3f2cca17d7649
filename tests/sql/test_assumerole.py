"""GRANT and REVOKE ASSUMEROLE."""

from __future__ import annotations

from typing import Any

import pytest

from redshift_roles import RoleAssociationError, sql
from tests.support.builders import arn

FIRST, SECOND = arn("First"), arn("Second")


class _Chain:
    role_arns = (FIRST, SECOND)


def test_fails_when_it_is_not_clear_whether_to_revoke() -> None:
    """A text such as 'no' would count as yes."""
    with pytest.raises(RoleAssociationError) as caught:
        sql.grant_assumerole(FIRST, users=["a"], revoke_from_public="no")  # type: ignore[arg-type]

    assert ["'revoke_from_public' must be True or False, got 'no'"] == [f.message for f in caught.value.findings]


@pytest.mark.parametrize(
    ("roles", "options", "message"),
    [
        ([], {"public": True}, "'roles' must have at least one role, got an empty list"),
        (["ALL", FIRST], {"public": True}, "'roles' has 'ALL' beside other roles"),
        ([FIRST, "default"], {"public": True}, "'roles' has 'default' beside other roles"),
        ([FIRST, "x"], {"public": True}, "'roles[1]' holds 'x', which is not an ARN"),
        ({FIRST}, {"public": True}, "'roles' must be an iam.IRole, a RoleChain, 'default' or an ARN, got a set"),
        (FIRST, {"users": "loader"}, "'users' must be a list, got 'loader'"),
        (FIRST, {"db_roles": "loader"}, "'db_roles' must be a list, got 'loader'"),
        (FIRST, {"groups": "loader"}, "'groups' must be a list, got 'loader'"),
        (FIRST, {"public": True, "statements": "COPY"}, "'statements' must be a list, got 'COPY'"),
        (FIRST, {"public": "no"}, "'public' must be True or False, got 'no'"),
        (FIRST, {}, "nobody is named"),
        (FIRST, {"public": True, "statements": []}, "'statements' must have at least one, got an empty list"),
        (FIRST, {"public": True, "statements": ["ALL", "COPY"]}, "'statements' has 'ALL' beside others"),
        (
            FIRST,
            {"public": True, "statements": ["EXTERNAL SCHEMA"]},
            "'statements[0]' must be one of ALL, COPY, UNLOAD, EXTERNAL FUNCTION, CREATE MODEL, got 'EXTERNAL SCHEMA'",
        ),
        (FIRST, {"users": [""]}, "'users[0]' has a part of 0 bytes, allowed is 1 to 127 bytes of UTF-8"),
        ("SESSION", {"public": True}, "'roles' is 'SESSION', which this statement does not take"),
        ("x", {"public": True}, "'roles' holds 'x', which is not an ARN"),
    ],
)
@pytest.mark.parametrize("function", [sql.grant_assumerole, sql.revoke_assumerole])
def test_fails_when_redshift_would_reject_it(function: Any, roles: Any, options: dict[str, Any], message: str) -> None:
    """The message has the argument, and the path the function."""
    with pytest.raises(RoleAssociationError) as caught:
        function(roles, **options)

    assert [(f"sql.{function.__name__}", message)] == [(f.path, f.message) for f in caught.value.findings]


@pytest.mark.parametrize(
    ("roles", "options", "written"),
    [
        (FIRST, {"users": ["loader"]}, f"ON '{FIRST}' TO \"loader\" FOR ALL;"),
        ("default", {"public": True}, "ON default TO PUBLIC FOR ALL;"),
        (["ALL"], {"public": True}, "ON ALL TO PUBLIC FOR ALL;"),
        (("default",), {"users": ["a"], "public": True}, 'ON default TO "a", PUBLIC FOR ALL;'),
        (_Chain(), {"users": ["a"]}, f"ON '{FIRST},{SECOND}' TO \"a\" FOR ALL;"),
        (
            FIRST,
            {"users": ["a"], "statements": ["COPY", "UNLOAD", "EXTERNAL FUNCTION", "CREATE MODEL"]},
            f"ON '{FIRST}' TO \"a\" FOR COPY, UNLOAD, EXTERNAL FUNCTION, CREATE MODEL;",
        ),
        ("ALL", {"groups": ["g"]}, 'ON ALL TO GROUP "g" FOR ALL;'),
        (
            [FIRST, f"{FIRST},{SECOND}"],
            {"users": ["a", "b"], "db_roles": ["r"], "groups": ["g"], "statements": ["COPY", "EXTERNAL FUNCTION"]},
            f'ON \'{FIRST}\', \'{FIRST},{SECOND}\' TO "a", "b", ROLE "r", GROUP "g" FOR COPY, EXTERNAL FUNCTION;',
        ),
    ],
)
def test_it_is_written_as_redshift_documents_it(roles: Any, options: dict[str, Any], written: str) -> None:
    """A chain is one literal; who is granted is quoted."""
    assert f"GRANT ASSUMEROLE {written}" == sql.grant_assumerole(roles, **options)
    assert f"REVOKE ASSUMEROLE {written.replace(' TO ', ' FROM ')}" == sql.revoke_assumerole(roles, **options)


def test_the_control_is_turned_on_by_revoking_it_from_everybody() -> None:
    """Once, before the first grant; until then everybody may use every role."""
    first, second = sql.grant_assumerole(FIRST, users=["loader"], revoke_from_public=True).splitlines()

    assert first == sql.REVOKE_FROM_PUBLIC == "REVOKE ASSUMEROLE ON ALL FROM PUBLIC FOR ALL;"
    assert second == sql.grant_assumerole(FIRST, users=["loader"])
