"""What has to change on a cluster, and what not."""

from __future__ import annotations

import pytest

from redshift_roles.custom_resource.handler.plan import (
    NO_DEFAULT,
    NOTHING,
    Association,
    Change,
    Cluster,
    change,
    waiting,
)

A, B, C, F = (f"arn:aws:iam::111111111111:role/{name}" for name in ("A", "B", "C", "Foreign"))


def _there(*roles: str, default: str | None = None, **statuses: str) -> Cluster:
    named = {"A": A, "B": B, "C": C, "F": F}
    return Cluster(
        "available",
        {**dict.fromkeys(roles, "in-sync"), **{named[name]: status for name, status in statuses.items()}},
        default,
    )


def _ours(*roles: str, default: str | None = None, default_before: str | None = None) -> Association:
    return Association(dict.fromkeys(roles, False), default, default_before)


def _found(*roles: str) -> Association:
    return Association(dict.fromkeys(roles, True))


@pytest.mark.parametrize(
    ("before", "after", "there", "expected"),
    [
        (NOTHING, _ours(A, B), _there(F), Change(add=(A, B))),
        (NOTHING, _ours(A, B), _there(F, A), Change(add=(B,))),
        (NOTHING, _ours(A), _there(A), Change()),
        (NOTHING, _ours(A), _there(A="adding"), Change()),
        (NOTHING, _ours(A), _there(A="removing"), Change()),
        (_ours(A), _ours(A, B), _there(A, F), Change(add=(B,))),
        (_ours(A, B), _ours(B), _there(A, B, F), Change(remove=(A,))),
        (_ours(A), _ours(B), _there(A, F), Change(add=(B,), remove=(A,))),
        (_ours(A), _ours(B), _there(F), Change(add=(B,))),
        (_ours(A), _ours(A), _there(F), Change(add=(A,))),
        (_ours(A, B), NOTHING, _there(A, B, F), Change(remove=(A, B))),
        (_ours(A), NOTHING, _there(F), Change()),
        (_ours(A), NOTHING, _there(A="removing"), Change()),
        (_found(A), NOTHING, _there(A, F), Change()),
        (_found(A), _ours(B), _there(A), Change(add=(B,))),
        (NOTHING, NOTHING, _there(F, A), Change()),
    ],
)
def test_only_our_roles_are_added_and_removed(
    before: Association, after: Association, there: Cluster, expected: Change
) -> None:
    """Roles that were associated before, and roles that are not named, stay."""
    assert expected == change(before, after, there)


@pytest.mark.parametrize(
    ("before", "after", "there", "default"),
    [
        (NOTHING, _ours(A, default=A), _there(A), A),
        (NOTHING, _ours(A, default=A), _there(A, default=A), None),
        (NOTHING, _ours(A, default=A, default_before=F), _there(A, F, default=F), A),
        (_ours(A, B, default=A), _ours(A, B, default=B), _there(A, B, default=A), B),
        (_ours(A, B, default=A), _ours(A, B, default=B), _there(A, B, F, default=F), B),
        (_ours(A, default=A), _ours(A, B, default=A), _there(A, F, default=F), None),
        (_ours(A, default=A), _ours(A, default=A), _there(A), A),
        (_ours(A, default=A, default_before=F), _ours(A), _there(A, F, default=A), F),
        (_ours(A, default=A, default_before=F), _ours(A), _there(A, default=A), NO_DEFAULT),
        (_ours(A, default=A), _ours(A), _there(A, default=A), NO_DEFAULT),
        (_ours(A, default=A, default_before=F), _ours(A), _there(A, F, default=F), None),
        (_ours(A, default=A, default_before=F), NOTHING, _there(A, F, C, default=C), None),
        (_ours(A, default=A, default_before=F), NOTHING, _there(A, F, default=A), F),
        (_ours(A, default=A, default_before=A), NOTHING, _there(A, default=A), NO_DEFAULT),
        (_ours(A, default=A, default_before=F), NOTHING, _there(A, default=A, F="removing"), NO_DEFAULT),
        (_ours(A, B, default=A, default_before=B), NOTHING, _there(A, B, default=A), NO_DEFAULT),
        (_ours(A), NOTHING, _there(A, F, default=F), None),
        (_ours(A), _ours(A), _there(A, default=F), None),
        (NOTHING, _ours(default=A), _there(F), None),
        (NOTHING, _ours(default=A), _there(A="removing"), None),
        (NOTHING, _ours(default=A), _there(A="adding"), A),
        (NOTHING, _ours(default=A), _there(F, default=F), None),
        (NOTHING, _ours(A, default=A), _there(), A),
        (_ours(A), NOTHING, _there(A, F, default=A), NO_DEFAULT),
        (_ours(A, B), _ours(B), _there(A, B, default=A), NO_DEFAULT),
        (_ours(A, B, default=A), _ours(A, default=A), _there(A, B, default=B), A),
        (_ours(A), NOTHING, _there(A, default=F), None),
        (Association({A: True}, A, A), NOTHING, _there(A, default=A), None),
    ],
)
def test_the_default_is_set_changed_and_restored(
    before: Association, after: Association, there: Cluster, default: str | None
) -> None:
    """The former default is restored, unless it is no longer associated or somebody changed the default since."""
    assert default == change(before, after, there).default


@pytest.mark.parametrize(
    ("before", "after", "there", "late"),
    [
        (NOTHING, _ours(A, B), _there(A, B="adding"), {B: "adding"}),
        (NOTHING, _ours(A), _there(), {A: "not associated"}),
        (NOTHING, _ours(A), _there(A="removing"), {A: "removing"}),
        (_ours(A), NOTHING, _there(A="removing", F="adding"), {A: "removing"}),
        (_ours(A), NOTHING, _there(F="adding"), {}),
        (_found(A), NOTHING, _there(A), {}),
        (_ours(A), _ours(A), _there(A), {}),
        (NOTHING, _ours(default=A), _there(), {A: "not associated"}),
        (NOTHING, _ours(default=A), _there(A="adding"), {A: "adding"}),
        (NOTHING, _ours(default=A), _there(A, B="adding"), {}),
    ],
)
def test_it_waits_for_our_roles_alone(
    before: Association, after: Association, there: Cluster, late: dict[str, str]
) -> None:
    """Until each is in sync, and each removed one gone."""
    assert late == waiting(before, after, there)
