"""Facts in, findings about a default role out."""

from __future__ import annotations

import dataclasses

import pytest

from redshift_roles.aws.arns import THIS_ACCOUNT
from redshift_roles.aws.placeholders import placeholder
from redshift_roles.rules import association_rules
from redshift_roles.rules.facts import AssociationFacts, RoleFacts
from tests.conftest import ACCOUNT, OTHER_ACCOUNT
from tests.support.builders import arn, holder, reported, role

OURS = role()
DEFAULT = role(label="DefaultIamRoleArn", text=arn("Default"))
UNKNOWN = role(text=placeholder("Data.template.json#Imported"))


def _messages_and_fixes(facts: AssociationFacts) -> list[tuple[str, str, str]]:
    """Check, and keep what is told."""
    return reported(association_rules.check(facts))


@pytest.mark.parametrize("text", ["", "loader", "arn:aws:iam::111111111111:user/Ann"])
def test_fails_when_the_default_role_is_no_role(text: str) -> None:
    """Whether it is among the roles is no matter then."""
    facts = holder(roles=[OURS], default_roles=[role(label="DefaultIamRoleArn", text=text)])

    assert [("RoleArnInvalid", "DefaultIamRoleArn")] == [
        (name, said.split()[0]) for name, said, _ in _messages_and_fixes(facts)
    ]


@pytest.mark.parametrize(
    "listed",
    [
        [],
        [OURS],
        [role(text=arn("Other"))],
        [role(text=arn(f"Other-{placeholder('Data#Other')}"))],
        [role(text=arn(f"Default-{placeholder('Data#Default')}"))],
        [role(text=arn("Default", account=OTHER_ACCOUNT))],
        [role(text=arn("Default", path="/team/"))],
        [role(text="garbage")],
    ],
)
def test_fails_when_the_default_role_is_surely_another(listed: list[RoleFacts]) -> None:
    """Another name, path or account is another role, also where the rest of a name is not known."""
    found = _messages_and_fixes(holder(roles=listed, default_roles=[DEFAULT]))

    fix = "add it to 'roles', or make one of those roles the default"
    expected = ("DefaultRoleNotAssociated", "DefaultIamRoleArn (Default) is not among 'roles'", fix)
    assert expected in found
    assert "DefaultRoleUndecided" not in {name for name, _, _ in found}


@pytest.mark.parametrize(
    "facts",
    [
        holder(roles=[OURS], default_roles=[DEFAULT], more_roles=True),
        holder(roles=[OURS], default_roles=[DEFAULT._replace(conditional=True)]),
        holder(roles=[UNKNOWN], default_roles=[DEFAULT]),
        holder(roles=[role(text=arn("Default", account=THIS_ACCOUNT))], default_roles=[DEFAULT], account=THIS_ACCOUNT),
        holder(roles=[role(text=arn(f"Def{placeholder('x#Rest')}"))], default_roles=[DEFAULT]),
        holder(roles=[role(text=arn("Default", account=placeholder("x#Owner")))], default_roles=[DEFAULT]),
        holder(roles=[OURS], default_roles=[DEFAULT._replace(text=placeholder("x#Role"))]),
    ],
)
def test_whether_the_default_role_is_one_of_the_roles_may_be_undecided(facts: AssociationFacts) -> None:
    """A list that may grow, a condition, and names or accounts that are not known leave it to the deployment."""
    found = [(name, message) for name, message, _ in _messages_and_fixes(facts) if name.startswith("Default")]

    (default,) = facts.default_roles
    called = "${Role}" if "Role" in default.text[:8] else "Default"
    message = f"only the deployment knows whether DefaultIamRoleArn ({called}) is among 'roles'"
    assert [("DefaultRoleUndecided", message)] == found


@pytest.mark.parametrize(
    "facts",
    [
        holder(roles=[DEFAULT], default_roles=[DEFAULT]),
        holder(roles=[OURS, DEFAULT._replace(conditional=True)], default_roles=[DEFAULT]),
        holder(roles=[UNKNOWN], default_roles=[DEFAULT._replace(text=UNKNOWN.text)], account=ACCOUNT),
        holder(roles=[OURS]),
    ],
)
def test_a_default_role_among_the_roles_breaks_nothing(facts: AssociationFacts) -> None:
    """However it is written, and whatever is not known of it."""
    assert [] == [name for name, _, _ in _messages_and_fixes(facts) if name.startswith("Default")]


def test_a_role_of_the_app_is_no_other_role_of_the_app() -> None:
    """Nor one whose ARN stands there in full; what only the deployment knows may be it."""
    generated = f"arn:aws:iam::{ACCOUNT}:role/{placeholder('Generated')}"
    other = f"arn:aws:iam::{ACCOUNT}:role/{placeholder('Other')}"
    default = role(text=generated, label="'default_role'")._replace(defined=True)

    def found(among: RoleFacts) -> list[str]:
        checked = dataclasses.replace(holder(roles=[among]), default_roles=(default,))
        return [finding.rule for finding in association_rules.check(checked)]

    assert ["DefaultRoleNotAssociated"] == found(role(text=other)._replace(defined=True))
    assert ["DefaultRoleNotAssociated"] == found(role(text=arn("Literal")))
    assert ["DefaultRoleUndecided"] == found(role(text=other))
    assert [] == found(role(text=generated)._replace(defined=True))
