"""How many managed policies IAM attaches to one principal."""

from __future__ import annotations

import pytest

from redshift_roles.grants.attachments import too_many, undecided


@pytest.mark.parametrize(("kind", "most"), [("roles", 25), ("users", 20), ("groups", 10)])
def test_fails_beyond_what_any_account_allows(kind: str, most: int) -> None:
    """No quota can be raised that far."""
    ((message, fix),) = too_many(kind, most + 1)

    assert [] == [*too_many(kind, most)]
    assert f"with this, {most + 1} managed policies would be attached, IAM attaches at most {most}" == message
    assert fix.startswith(f"divide the work among several {kind};")


@pytest.mark.parametrize("kind", ["roles", "users", "groups"])
def test_warns_beyond_what_every_account_allows(kind: str) -> None:
    """Only the account knows its quota."""
    warning = undecided(kind, 11)

    assert undecided(kind, 10) is None
    assert warning is not None
    assert warning.startswith("More than 10 managed policies are attached. IAM attaches 10 unless the quota")
    assert f"several {kind}" in warning
