"""
GRANT and REVOKE ASSUMEROLE.
"""

from __future__ import annotations

from typing import Any

import pytest

from redshift_roles import RoleAssociationError, sql
from tests.builders import arn

FIRST, SECOND = arn("First"), arn("Second")


@pytest.mark.parametrize(
    ("roles", "options", "message"),
    [
        ([], {"public": True}, "'roles' is empty, allowed is at least one role"),
        (["ALL", FIRST], {"public": True}, "'roles' has 'ALL' beside other roles"),
        (FIRST, {}, "nobody is named"),
        (FIRST, {"public": True, "statements": []}, "'statements' is empty, allowed is at least one"),
        (FIRST, {"public": True, "statements": ["ALL", "COPY"]}, "'statements' has 'ALL' beside others"),
        (
            FIRST,
            {"public": True, "statements": ["EXTERNAL SCHEMA"]},
            "'statements' is 'EXTERNAL SCHEMA', allowed is one of ALL, COPY, UNLOAD, EXTERNAL FUNCTION, CREATE MODEL",
        ),
        (FIRST, {"users": [""]}, "'users' has a part of 0 bytes, allowed is 1 to 127 bytes of UTF-8"),
        ("SESSION", {"public": True}, "'roles' is 'SESSION', which this statement does not take"),
        ("x", {"public": True}, "'roles' holds 'x', which is not an ARN"),
    ],
)
@pytest.mark.parametrize("function", [sql.grant_assumerole, sql.revoke_assumerole])
def test_fails_when_redshift_would_reject_it(function: Any, roles: Any, options: dict[str, Any], message: str) -> None:
    """
    The message has the argument, and the path the function.
    """
    with pytest.raises(RoleAssociationError) as caught:
        function(roles, **options)

    assert [(f"sql.{function.__name__}", message)] == [(f.path, f.message) for f in caught.value.findings]


@pytest.mark.parametrize(
    ("roles", "options", "written"),
    [
        (FIRST, {"users": ["loader"]}, f"ON '{FIRST}' TO \"loader\" FOR ALL;"),
        ("default", {"public": True}, "ON default TO PUBLIC FOR ALL;"),
        ("ALL", {"groups": ["g"]}, 'ON ALL TO GROUP "g" FOR ALL;'),
        (
            [FIRST, f"{FIRST},{SECOND}"],
            {"users": ["a", "b"], "db_roles": ["r"], "groups": ["g"], "statements": ["COPY", "EXTERNAL FUNCTION"]},
            f'ON \'{FIRST}\', \'{FIRST},{SECOND}\' TO "a", "b", ROLE "r", GROUP "g" FOR COPY, EXTERNAL FUNCTION;',
        ),
    ],
)
def test_it_is_written_as_redshift_documents_it(roles: Any, options: dict[str, Any], written: str) -> None:
    """
    A chain is one literal; who is granted is quoted.
    """
    assert f"GRANT ASSUMEROLE {written}" == sql.grant_assumerole(roles, **options)
    assert f"REVOKE ASSUMEROLE {written.replace(' TO ', ' FROM ')}" == sql.revoke_assumerole(roles, **options)


def test_the_control_is_turned_on_by_revoking_it_from_everybody() -> None:
    """
    Once, before the first grant; until then everybody may use every role.
    """
    first, second = sql.grant_assumerole(FIRST, users=["loader"], revoke_from_public=True).splitlines()

    assert first == sql.REVOKE_FROM_PUBLIC == "REVOKE ASSUMEROLE ON ALL FROM PUBLIC FOR ALL;"
    assert second == sql.grant_assumerole(FIRST, users=["loader"])
