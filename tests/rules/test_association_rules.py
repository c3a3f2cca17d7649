"""The rules about roles, each below, at and above its boundaries, and where something is not known."""

from __future__ import annotations

import dataclasses
import itertools
from typing import Any

import pytest

from redshift_roles import rules
from redshift_roles.aws.arns import THIS_ACCOUNT, THIS_PARTITION
from redshift_roles.aws.placeholders import placeholder
from redshift_roles.rules import association_rules
from redshift_roles.rules.facts import AssociationFacts, RoleFacts
from redshift_roles.rules.registry import Rule
from tests.conftest import ACCOUNT, OTHER_ACCOUNT, REGION
from tests.support.builders import arn, association, role, roles

CHAIN = f"associate a role of account {ACCOUNT} and let it assume this one (role chaining: IAM_ROLE 'first,second')"
OWN_ACCOUNT = f"name roles of account {ACCOUNT} only; iam:PassRole cannot cross accounts"
LITERAL = "pass the role itself or its literal ARN, or acknowledge this when it is a role of that account"
ONE_ROLE = "give the ARN of an IAM role: arn:PARTITION:iam::ACCOUNT:role/NAME, with its path if it has one"
ENVIRONMENT = f"give the stack env=Environment(account='{ACCOUNT}', region=…)"
NAMES_ONE = f"stack already names a role of {ACCOUNT} and can be of one account only"

OURS = role()
AGAIN = role(label="roles[1]")
FOREIGN = role(label="roles[1]", arn=arn(account=OTHER_ACCOUNT))
OPEN = role(arn=arn(account=THIS_ACCOUNT))
UNKNOWN = role(arn=placeholder("Data.template.json#Imported"))
DEFAULT = role(label="'default_role'", arn=arn("Default"))


def _found(facts: AssociationFacts) -> list[tuple[str, str, str]]:
    return [(rule.name, problem.message, problem.fix) for rule, problem in association_rules.problems(facts)]


def _names(facts: AssociationFacts) -> list[str]:
    return [name for name, _, _ in _found(facts)]


def _anywhere(count: int) -> list[RoleFacts]:
    """Describe that many distinct roles of no known partition."""
    return [role(label=f"roles[{n}]", arn=arn(f"Role{n}", partition=THIS_PARTITION)) for n in range(count)]


@pytest.mark.parametrize(
    ("limit", "region", "origin", "name", "allowed"),
    [
        (0, REGION, "app", "role_limit", "1 to 50 in eu-west-1"),
        (-1, REGION, "template", "--role-limit", "1 to 50 in eu-west-1"),
        (51, REGION, "app", "role_limit", "1 to 50 in eu-west-1"),
        (51, None, "app", "role_limit", "1 to 50"),
        (11, "us-iso-east-1", "app", "role_limit", "1 to 10 in us-iso-east-1"),
        (50, "us-isob-east-1", "app", "role_limit", "1 to 10 in us-isob-east-1"),
    ],
)
def test_fails_when_the_role_limit_is_out_of_range(
    limit: int, region: str | None, origin: Any, name: str, allowed: str
) -> None:
    """Even while there are no roles; the limit has the name of the caller's setting."""
    fix = f"pass a {name} from {allowed.partition(' in')[0]}; the AWS quota is not adjustable"

    assert _found(association(role_limit=limit, region=region, origin=origin)) == [
        ("RoleLimitOutOfRange", f"'{name}' must be {allowed}, got {limit}", fix)
    ]


@pytest.mark.parametrize("limit", [0, 51])
@pytest.mark.parametrize("region", [REGION, "us-iso-east-1", None])
def test_the_limit_of_a_namespace_is_at_most_fifty_in_every_region(limit: int, region: str | None) -> None:
    """The smaller quota of three regions is one of clusters; AWS documents none for a namespace."""
    fix = "pass a role_limit from 1 to 50; AWS documents no quota for a namespace"

    assert _found(association(role_limit=limit, region=region, kind="namespace")) == [
        ("RoleLimitOutOfRange", f"'role_limit' must be 1 to 50, got {limit}", fix)
    ]
    assert _found(association(roles=_anywhere(50), role_limit=50, region=region, kind="namespace")) == []


@pytest.mark.parametrize(
    ("limit", "region"), [(1, None), (10, "us-iso-east-1"), (11, "us-gov-west-1"), (50, REGION), (50, None)]
)
def test_a_role_limit_up_to_the_quota_is_kept(limit: int, region: str | None) -> None:
    """As many roles as the limit allows pass."""
    assert _found(association(roles=_anywhere(limit), role_limit=limit, region=region)) == []


@pytest.mark.parametrize(
    ("count", "limit", "given", "fix"),
    [
        (1, 0, {}, "drop 1 role, or pass role_limit=1 (the AWS quota in eu-west-1 is 50)"),
        (11, 10, {}, "drop 1 role, or pass role_limit=11 (the AWS quota in eu-west-1 is 50)"),
        (12, 10, {"region": None}, "drop 2 roles, or pass role_limit=12 (the AWS quota is 50)"),
        (50, 49, {"region": None}, "drop 1 role, or pass role_limit=50 (the AWS quota is 50)"),
        (51, 50, {}, "drop 1 role (the AWS quota in eu-west-1 is 50 and not adjustable)"),
        (53, 51, {}, "drop 3 roles (the AWS quota in eu-west-1 is 50 and not adjustable)"),
        (11, 10, {"region": "us-iso-east-1"}, "drop 1 role (the AWS quota in us-iso-east-1 is 10 and not adjustable)"),
        (
            10,
            9,
            {"region": "us-iso-east-1"},
            "drop 1 role, or pass role_limit=10 (the AWS quota in us-iso-east-1 is 10)",
        ),
        (13, 11, {"region": "us-iso-east-1"}, "drop 3 roles (the AWS quota in us-iso-east-1 is 10 and not adjustable)"),
        (12, 10, {"origin": "template"}, "drop 2 roles, or pass --role-limit 12 (the AWS quota in eu-west-1 is 50)"),
        (
            12,
            10,
            {"kind": "namespace"},
            "drop 2 roles, or pass role_limit=12 (AWS documents no quota for a namespace)",
        ),
        (
            25,
            20,
            {"kind": "namespace", "region": "us-iso-east-1"},
            "drop 5 roles, or pass role_limit=25 (AWS documents no quota for a namespace)",
        ),
        (
            51,
            10,
            {"kind": "namespace"},
            "drop 41 roles, or acknowledge this (AWS documents no quota for a namespace)",
        ),
    ],
)
def test_fails_when_there_are_more_roles_than_the_limit(
    count: int, limit: int, given: dict[str, Any], fix: str
) -> None:
    """The fix offers a larger limit only where AWS grants it."""
    name = "--role-limit" if "origin" in given else "role_limit"
    found = _found(association(roles=_anywhere(count), role_limit=limit, **given))

    assert [finding for finding in found if finding[0] != "RoleLimitOutOfRange"] == [
        ("RoleQuotaExceeded", f"'roles' has {count} entries, '{name}' is {limit}", fix)
    ]


@pytest.mark.parametrize("count", [0, 1, 9, 10])
def test_up_to_ten_roles_pass(count: int) -> None:
    """Alone, with those that the cluster has from elsewhere, and under conditions that add nothing."""
    split = count // 2
    sure, perhaps = roles(count), roles(count, conditional=True)

    assert _found(association(roles=sure)) == []
    assert _found(association(roles=perhaps)) == []
    assert _found(association(roles=[*sure, *perhaps])) == []
    assert _found(association(roles=sure[split:], others=sure[:split])) == []


def test_roles_from_elsewhere_count() -> None:
    """The message says that they are among the entries."""
    facts = association(roles=roles(6), others=roles(5, start=6))
    message = "'roles' with the cluster's other roles has 11 entries, 'role_limit' is 10"

    assert [(name, said) for name, said, _ in _found(facts)] == [("RoleQuotaExceeded", message)]


def test_a_policy_names_as_many_roles_as_it_likes() -> None:
    """A policy has no limit of roles, and one that names a role twice allows nothing more."""
    listed = [*roles(60), role(arn=arn("Role0"))]

    assert _found(association(roles=listed, kind="policy", role_limit=None, more_roles=True)) == []


@pytest.mark.parametrize(
    ("known", "conditional", "more", "reason"),
    [
        (10, 1, False, "may have 11 entries"),
        (0, 12, False, "may have 12 entries"),
        (1, 0, True, "holds a list that only the deployment knows"),
        (0, 0, True, "holds a list that only the deployment knows"),
        (10, 1, True, "holds a list that only the deployment knows"),
    ],
)
def test_the_count_is_undecided_where_the_deployment_may_exceed_the_limit(
    known: int, conditional: int, more: bool, reason: str
) -> None:
    """Conditions and list parameters may take the cluster over its limit."""
    listed = [*roles(known), *roles(conditional, conditional=True, start=known)]
    fix = "name the roles one by one without conditions, or acknowledge this when the deployment keeps the limit"

    assert _found(association(roles=listed, more_roles=more)) == [
        ("RoleCountUndecided", f"'roles' {reason}, 'role_limit' is 10", fix)
    ]


def test_a_count_that_is_exceeded_for_certain_is_not_undecided_too() -> None:
    """One finding is enough."""
    facts = association(roles=[*roles(11), *roles(2, conditional=True, start=11)], more_roles=True)

    assert _names(facts) == ["RoleQuotaExceeded"]


IN_OTHER = f"roles[1] is in account {OTHER_ACCOUNT}"
SETTLED = {"account": THIS_ACCOUNT, "account_asserted": True, "expected_account": ACCOUNT}


@pytest.mark.parametrize(
    ("given", "message", "fix"),
    [
        ({"roles": [OURS, FOREIGN]}, f"{IN_OTHER}, the cluster is in {ACCOUNT}", CHAIN),
        ({"roles": [FOREIGN], "kind": "namespace"}, f"{IN_OTHER}, the namespace is in {ACCOUNT}", CHAIN),
        ({"roles": [OURS, FOREIGN], "kind": "policy"}, f"{IN_OTHER}, the policy is in {ACCOUNT}", OWN_ACCOUNT),
        ({"roles": [OURS, FOREIGN], **SETTLED}, f"{IN_OTHER}, the cluster's {NAMES_ONE}", CHAIN),
        ({"roles": [FOREIGN], **SETTLED, "kind": "policy"}, f"{IN_OTHER}, the policy's {NAMES_ONE}", OWN_ACCOUNT),
        (
            {"roles": [FOREIGN], **SETTLED, "account_asserted": False},
            f"{IN_OTHER}, the cluster's {NAMES_ONE}",
            CHAIN,
        ),
        (
            {"roles": [FOREIGN._replace(path=lambda: "Data/Imported")]},
            f"roles[1] (Data/Imported) is in account {OTHER_ACCOUNT}, the cluster is in {ACCOUNT}",
            CHAIN,
        ),
    ],
)
def test_fails_when_a_role_is_of_another_account(given: dict[str, Any], message: str, fix: str) -> None:
    """Of that of the cluster, or of the one that its stack can still be of; reported once, not as undecided too."""
    assert _found(association(**given)) == [("RoleAccountMismatch", message, fix)]


def test_fails_when_one_open_stack_names_roles_of_two_accounts() -> None:
    """The first one settles the account, which stays undecided itself."""
    found = _found(association(account=THIS_ACCOUNT, region=None, roles=[OURS, FOREIGN]))

    assert [("RoleAccountMismatch", f"{IN_OTHER}, the cluster's {NAMES_ONE}", CHAIN)] == found[:1]
    assert ["RoleAccountUndecided"] == [name for name, _, _ in found[1:]]


@pytest.mark.parametrize(
    "given",
    [
        {**SETTLED, "roles": [OURS]},
        {**SETTLED, "roles": [OPEN]},
        SETTLED,
        {"roles": [OPEN]},
        {"roles": [OPEN], "account": THIS_ACCOUNT},
        {"roles": [role(conditional=True)]},
        {"roles": [OPEN._replace(conditional=True)]},
    ],
)
def test_a_role_of_the_cluster_s_account_passes(given: dict[str, Any]) -> None:
    """Also where a CloudFormation Rule asserts it, and where a condition may drop the role."""
    assert _found(association(**given)) == []


@pytest.mark.parametrize(
    ("given", "fix"),
    [
        ({}, f"{ENVIRONMENT}, or pass the role through 'roles'"),
        ({"argument": "pass_roles"}, f"{ENVIRONMENT}, or pass the role through 'pass_roles'"),
        ({"argument": "IamRoles"}, f"{ENVIRONMENT}, or write Aws.ACCOUNT_ID for the account in the ARN"),
        (
            {"argument": "IamRoles", "origin": "template"},
            f"pass --account {ACCOUNT}, or write ${{AWS::AccountId}} for the account in the ARN",
        ),
    ],
)
@pytest.mark.parametrize("expected_account", [None, ACCOUNT])
@pytest.mark.parametrize("conditional", [False, True])
def test_a_literal_role_is_undecided_where_nothing_asserts_its_account(
    conditional: bool, expected_account: str | None, given: dict[str, Any], fix: str
) -> None:
    """The role's account is known, the stack's is not; the fix is that of the caller."""
    listed = [role(conditional=conditional)]
    facts = association(account=THIS_ACCOUNT, roles=listed, expected_account=expected_account, region=None, **given)
    message = f"roles[0] is in account {ACCOUNT}, the cluster's stack names no account"

    assert _found(facts) == [("RoleAccountUndecided", message, fix)]


@pytest.mark.parametrize(
    ("origin", "fix"),
    [
        ("app", LITERAL),
        (
            "template",
            "name the role by Fn::GetAtt or by its literal ARN; nothing to do when it is a role of that account",
        ),
    ],
)
@pytest.mark.parametrize(("account", "name"), [(ACCOUNT, ACCOUNT), (THIS_ACCOUNT, "the account of the deployment")])
@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (UNKNOWN.arn, "${Imported}"),
        (arn(account=placeholder("Parameter")), "arn:aws:iam::${Parameter}:role/Loader"),
    ],
)
def test_a_role_is_undecided_when_only_the_deployment_knows_its_account(
    account: str, name: str, text: str, shown: str, origin: Any, fix: str
) -> None:
    """The message shows as much of the role as is known, without tokens."""
    message = f"roles[0] is {shown}, whose account only the deployment knows; the cluster is in {name}"

    assert _found(association(account=account, roles=[role(arn=text)], origin=origin)) == [
        ("RoleAccountUndecided", message, fix)
    ]


CONDITIONAL = FOREIGN._replace(conditional=True)
WHERE = f"roles[1] is in account {OTHER_ACCOUNT} where a condition holds"


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"roles": [CONDITIONAL]}, f"{WHERE}, the cluster is in {ACCOUNT}"),
        ({"roles": [OURS, CONDITIONAL], **SETTLED}, f"{WHERE}, the cluster's {NAMES_ONE}"),
    ],
)
def test_a_role_of_another_account_behind_a_condition_is_undecided(given: dict[str, Any], message: str) -> None:
    """It is refused only where the condition holds."""
    fix = f"drop that branch, or name a role of account {ACCOUNT} in it"

    assert _found(association(**given)) == [("RoleAccountUndecided", message, fix)]


@pytest.mark.parametrize(
    ("text", "wanted"),
    [(arn(account=OTHER_ACCOUNT), f"account {ACCOUNT}"), (arn(partition="aws-cn"), "partition 'aws'")],
)
def test_a_cluster_under_a_condition_may_be_meant_for_elsewhere(text: str, wanted: str) -> None:
    """Whoever knows where the condition holds may acknowledge it."""
    ((name, _, fix),) = _found(association(roles=[role(arn=text)], conditional=True))

    assert name == "RoleAccountUndecided"
    assert fix == f"name a role of {wanted}, or acknowledge this when the condition holds elsewhere only"


def test_fails_when_a_cluster_under_a_condition_names_two_accounts() -> None:
    """It cannot be meant for both."""
    third = role(label="roles[2]", arn=arn(account="333333333333"))

    def names(*chosen: RoleFacts) -> list[str]:
        return _names(association(roles=chosen, conditional=True))

    assert names(OURS, FOREIGN, third._replace(conditional=True)) == ["RoleAccountMismatch", "RoleAccountUndecided"]
    assert names(FOREIGN, third) == ["RoleAccountMismatch"] * 2
    assert names(FOREIGN) == ["RoleAccountUndecided"]
    assert names(OURS) == []


@pytest.mark.parametrize(
    ("account", "first", "second"),
    [
        (ACCOUNT, arn(), arn()),
        (ACCOUNT, arn(), arn(partition=THIS_PARTITION)),
        (ACCOUNT, arn(), arn(account=THIS_ACCOUNT)),
        (ACCOUNT, arn(account=THIS_ACCOUNT), arn(account=THIS_ACCOUNT, partition=THIS_PARTITION)),
        (THIS_ACCOUNT, arn(), arn(account=THIS_ACCOUNT)),
        (THIS_ACCOUNT, arn(account=THIS_ACCOUNT), arn()),
        (ACCOUNT, arn(placeholder("D#Role")), arn(placeholder("D#Role"), account=THIS_ACCOUNT)),
        (ACCOUNT, UNKNOWN.arn, UNKNOWN.arn),
    ],
    ids=["literal", "partition", "name", "name twice", "settled", "settled later", "generated name", "unknown"],
)
def test_fails_when_a_role_is_listed_twice(account: str, first: str, second: str) -> None:
    """However it is written, it is one role; the later entry is the one to drop."""
    pair = [role(arn=first), role(arn=second, label="roles[1]")]
    facts = association(account=account, roles=[*pair, pair[1]._replace(label="roles[2]")])
    found = [finding for finding in _found(facts) if finding[0] != "RoleAccountUndecided"]

    assert found == [
        ("RoleDuplicated", f"roles[{n}] and roles[0] are the same role", f"drop roles[{n}]") for n in (1, 2)
    ]


def test_fails_when_another_association_has_the_role() -> None:
    """What others have twice among themselves is not this one's problem."""
    theirs = OURS._replace(owner=lambda: "Data/Other")
    mine = AGAIN._replace(path=lambda: "Data/Loader")
    message = "roles[1] (Data/Loader) is associated with the same cluster by Data/Other too"

    assert _found(association(roles=[mine], others=[theirs, theirs])) == [
        ("RoleDuplicated", message, "leave it to one of them: what one removes, the other still wants")
    ]
    assert _found(association(roles=[role(arn=arn("Mine"))], others=[theirs])) == []


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (arn("Loader"), arn("loader")),
        (arn(), arn(path="/team/")),
        (arn(placeholder("A#Role")), arn(placeholder("B#Role"))),
        (placeholder("A#Import"), placeholder("B#Import")),
        (arn(account=placeholder("A#Account")), arn(account=placeholder("B#Account"))),
        (arn(account=placeholder("A#Account")), arn()),
    ],
    ids=["case", "path", "generated names", "unknown", "unknown accounts", "unknown account"],
)
def test_different_roles_are_not_duplicates(first: str, second: str) -> None:
    """Account, path and name together identify a role."""
    assert "RoleDuplicated" not in _names(association(roles=[role(arn=first), role(arn=second)]))


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (f"arn:aws:iam::{ACCOUNT}:user/Ann", "is the ARN of a user, not of a role"),
        (f"arn:aws:sts::{ACCOUNT}:assumed-role/Loader/s", "is a session of an assumed role, not a role"),
        ("Loader", "is not an ARN"),
        ("", "is empty"),
        (arn(account="12345"), "has '12345' where the account number of twelve digits belongs"),
        (f"arn:aws:iam::{OTHER_ACCOUNT}:user/Ann", "is the ARN of a user, not of a role"),
        (f"arn:aws:iam::{ACCOUNT}:user/{placeholder('D#Ann')}", "is the ARN of a user, not of a role"),
    ],
)
@pytest.mark.parametrize("account", [ACCOUNT, THIS_ACCOUNT])
def test_fails_when_an_arn_is_not_that_of_a_role(account: str, text: str, reason: str) -> None:
    """It has no account to compare, and is neither a duplicate nor undecided, nor compared with the default role."""
    shown = text.replace(placeholder("D#Ann"), "${Ann}")
    listed = [role(arn=text), role(arn=text, label="roles[1]")]
    default = role(arn=text, label="DefaultIamRoleArn")

    assert _found(association(account=account, roles=listed, default_roles=[default])) == [
        ("RoleArnInvalid", f"{label} is '{shown}', which {reason}", ONE_ROLE)
        for label in ("roles[0]", "roles[1]", "DefaultIamRoleArn")
    ]


def test_fails_when_what_should_be_a_list_is_none() -> None:
    """The fix asks for a list."""
    facts = association(roles=[role(label="IamRoles", arn="null")._replace(problem="is no list", written="'null'")])
    fix = ONE_ROLE.replace("the ARN", "a list of ARNs", 1)

    assert _found(facts) == [("RoleArnInvalid", "IamRoles is 'null', which is no list", fix)]


@pytest.mark.parametrize(
    ("partition", "region", "own"),
    [
        ("aws-cn", REGION, "aws"),
        ("aws", "cn-north-1", "aws-cn"),
        ("aws-us-gov", "us-iso-east-1", "aws-iso"),
        ("aws-cn", None, None),
        ("aws-cn", "cn-north-1", None),
        (THIS_PARTITION, "cn-north-1", None),
    ],
)
def test_fails_when_a_role_is_of_another_partition(partition: str, region: str | None, own: str | None) -> None:
    """Partitions are compared where both are known; the region says which one the cluster is in."""
    message = f"roles[0] is in partition '{partition}', the cluster is in {region}, which is in '{own}'"
    expected = [("RolePartitionMismatch", message, f"name a role of partition '{own}'")]

    assert _found(association(region=region, roles=[role(arn=arn(partition=partition))])) == (expected if own else [])


@pytest.mark.parametrize(("origin", "more"), [("app", ": RedshiftRole(self, 'Role')"), ("template", "")])
@pytest.mark.parametrize("name", ["AWSServiceRoleForRedshift", placeholder("Name")])
def test_fails_when_a_role_belongs_to_a_service(name: str, origin: Any, more: str) -> None:
    """The path alone shows that it is a service-linked role."""
    text = arn(name, path="/aws-service-role/redshift.amazonaws.com/")
    message = f"roles[0] is '{text.replace(placeholder('Name'), '${Name}')}', a service-linked role"

    assert _found(association(roles=[role(arn=text)], origin=origin)) == [
        ("ServiceLinkedRole", message, f"drop it and create a role of your own{more}")
    ]


@pytest.mark.parametrize("path", ["/aws-service-roles/", "/team/aws-service-role/"])
def test_a_path_that_only_looks_like_a_service_s_passes(path: str) -> None:
    """Service-linked roles are under that path, not beside it."""
    assert _found(association(roles=[role(arn=arn(path=path))])) == []


BOTH = "redshift.amazonaws.com and redshift-serverless.amazonaws.com"
ALLOW = "allow {} to the {} in its AssumeRolePolicyDocument"


@pytest.mark.parametrize(
    ("kind", "origin", "fix"),
    [
        ("cluster", "app", "use RedshiftRole, or assumed_by=iam.ServicePrincipal('redshift.amazonaws.com')"),
        ("namespace", "app", f"use RedshiftRole(…, serverless=True), or trust both {BOTH}"),
        ("scheduled action", "app", "use assumed_by=iam.ServicePrincipal('scheduler.redshift.amazonaws.com')"),
        ("cluster", "template", ALLOW.format("sts:AssumeRole", "service redshift.amazonaws.com")),
        ("namespace", "template", ALLOW.format("sts:AssumeRole", f"services {BOTH}")),
        ("scheduled action", "template", ALLOW.format("sts:AssumeRole", "service scheduler.redshift.amazonaws.com")),
        *(
            (
                "Identity Center application",
                origin,
                ALLOW.format("sts:AssumeRole, sts:SetContext", f"services {BOTH}"),
            )
            for origin in ("app", "template")
        ),
    ],
)
def test_fails_when_redshift_is_not_trusted(kind: Any, origin: Any, fix: str) -> None:
    """The reason follows the role's name."""
    facts = association(roles=[role(trust_problem="trusts nobody")], kind=kind, origin=origin)

    assert _found(facts) == [("TrustLacksRedshift", "roles[0] trusts nobody", fix)]


def test_fails_when_cdk_cannot_refer_to_a_role() -> None:
    """The reason follows the role's name, and what to do comes with it."""
    facts = association(roles=[role(reference_problem=("is of another environment", "give it a name"))])

    assert _found(facts) == [("InvalidArgument", "roles[0] is of another environment", "give it a name")]


@pytest.mark.parametrize(
    ("text", "message", "fix"),
    [
        (
            "arn:aws:iam:eu-west-1:123456789012:role/DUMMY_ARN",
            "has not been looked up yet, so its account is not known",
            "run the CDK command line with credentials for the account of the stack",
        ),
        (
            f"arn:aws:iam::{ACCOUNT}:role/missing role",
            "has no name yet: others make it",
            "name it in use_precreated_roles of iam.Role.customize_roles",
        ),
    ],
)
def test_a_role_that_cdk_does_not_know_yet_is_undecided(text: str, message: str, fix: str) -> None:
    """CDK writes one ARN for all of them, and still they are two; one of them may be the default role."""
    roles = [role(arn=text, label=f"roles[{number}]") for number in range(2)]
    found = _found(association(roles=roles, default_roles=[role(arn=text, label="'default_role'")]))
    _, *of_roles = sorted(found)

    assert ["DefaultRoleUndecided", "RoleAccountUndecided", "RoleAccountUndecided"] == [
        rule for rule, _, _ in sorted(found)
    ]
    assert [("RoleAccountUndecided", f"roles[{number}] {message}", fix) for number in range(2)] == of_roles
    assert [("RoleQuotaExceeded", 1)] == [
        (rule, 1) for rule, _, _ in _found(association(roles=roles, role_limit=1)) if rule != "RoleAccountUndecided"
    ]


@pytest.mark.parametrize(
    ("argument", "given"), [("default_role", "'default_role'"), ("DefaultRoleArn", "DefaultRoleArn")]
)
def test_fails_when_a_cluster_has_two_default_roles(argument: str, given: str) -> None:
    """The finding is about the default role, and names what else sets it."""
    facts = association(
        roles=[DEFAULT], default_roles=[DEFAULT], default_argument=argument, other_default=lambda: "Data/Other"
    )
    ((rule, problem),) = association_rules.problems(facts)

    assert (rule.name, problem.argument) == ("InvalidArgument", argument)
    assert problem.message == f"{given} is given, and Data/Other sets the default role of the same cluster too"
    assert problem.fix == "leave it to one of them: a cluster has one default role"
    assert _found(association(other_default=lambda: "Data/Other")) == []


@pytest.mark.parametrize(
    "listed",
    [
        [],
        [OURS],
        [role(arn=arn("Other"))],
        [role(arn=arn(f"Other-{placeholder('Data#Other')}"))],
        [role(arn=arn(f"Default-{placeholder('Data#Default')}"))],
        [role(arn=arn("Default", account=OTHER_ACCOUNT))],
        [role(arn=arn("Default", path="/team/"))],
        [role(arn="garbage")],
    ],
)
@pytest.mark.parametrize(("argument", "words"), [("roles", "'roles'"), ("IamRoles", "IamRoles")])
def test_fails_when_the_default_role_is_surely_another(listed: list[RoleFacts], argument: str, words: str) -> None:
    """Another name, path or account is another role, also where the rest of a name is not known."""
    found = _found(association(roles=listed, default_roles=[DEFAULT], argument=argument))
    fix = f"add it to {words}, or make one of those roles the default"

    assert ("DefaultRoleNotAssociated", f"'default_role' (Default) is not among {words}", fix) in found
    assert "DefaultRoleUndecided" not in {name for name, _, _ in found}


@pytest.mark.parametrize(
    "given",
    [
        {"more_roles": True},
        {"default_roles": [DEFAULT._replace(conditional=True)]},
        {"roles": [UNKNOWN]},
        {"others": [UNKNOWN]},
        {"roles": [role(arn=arn("Default", account=THIS_ACCOUNT))], "account": THIS_ACCOUNT},
        {"roles": [role(arn=arn(f"Def{placeholder('x#Rest')}"))]},
        {"roles": [role(arn=arn("Default", account=placeholder("x#Owner")))]},
        {"default_roles": [DEFAULT._replace(arn=placeholder("x#Role"))]},
    ],
)
def test_whether_the_default_role_is_among_the_roles_may_be_undecided(given: dict[str, Any]) -> None:
    """A list that may grow, a condition, and names or accounts that are not known leave it to the deployment."""
    facts = association(**{"roles": [OURS], "default_roles": [DEFAULT], **given})
    called = "${Role}" if facts.default_roles[0].arn == placeholder("x#Role") else "Default"
    message = f"only the deployment knows whether 'default_role' ({called}) is among 'roles'"

    assert [found[:2] for found in _found(facts) if found[0].startswith("Default")] == [
        ("DefaultRoleUndecided", message)
    ]


@pytest.mark.parametrize(
    "given",
    [
        {"roles": [DEFAULT], "default_roles": [DEFAULT]},
        {"roles": [OURS], "others": [DEFAULT], "default_roles": [DEFAULT]},
        {"roles": [OURS, DEFAULT._replace(conditional=True)], "default_roles": [DEFAULT]},
        {"roles": [UNKNOWN], "default_roles": [DEFAULT._replace(arn=UNKNOWN.arn)]},
        {"roles": [OURS]},
    ],
)
def test_a_default_role_among_the_roles_breaks_nothing(given: dict[str, Any]) -> None:
    """However it is written, and whatever is not known of it."""
    assert [] == [name for name in _names(association(**given)) if name.startswith("Default")]


GENERATED = f"arn:aws:iam::{ACCOUNT}:role/{placeholder('Generated')}"
ANOTHER = GENERATED.replace("Generated", "Another")


@pytest.mark.parametrize(
    ("text", "defined", "expected"),
    [
        (ANOTHER, True, ["DefaultRoleNotAssociated"]),
        (arn("Literal"), False, ["DefaultRoleNotAssociated"]),
        (ANOTHER, False, ["DefaultRoleUndecided"]),
        (GENERATED, True, []),
    ],
)
def test_a_role_of_the_app_is_no_other_role_of_the_app(text: str, defined: bool, expected: list[str]) -> None:
    """Nor one whose ARN is written in full; what only the deployment knows may be it."""
    default = role(arn=GENERATED)._replace(defined=True)

    assert expected == _names(association(roles=[role(arn=text)._replace(defined=defined)], default_roles=[default]))


def _either(*texts: str) -> list[RoleFacts]:
    """Describe one role of which a condition decides which of these it is."""
    return [
        role(arn=text, conditional=True)._replace(when=(index,), choice="roles[0]") for index, text in enumerate(texts)
    ]


def test_a_choice_between_roles_of_another_partition_is_none() -> None:
    """One of them alone is undecided."""
    china = arn(partition="aws-cn")
    message = (
        "roles[0] is in partition 'aws-cn' where a condition holds, the cluster is in eu-west-1, which is in 'aws'"
    )
    fix = "drop that branch, or name a role of partition 'aws' in it"

    assert _found(association(roles=_either(china, arn()))) == [("RoleAccountUndecided", message, fix)]
    assert _names(association(roles=_either(china, china))) == ["RolePartitionMismatch"]
    assert _found(association(roles=_either(arn("A"), arn("B")))) == []


def test_a_choice_between_roles_of_other_accounts_is_none() -> None:
    """One of them alone is undecided."""
    foreign, other = arn(account=OTHER_ACCOUNT), arn(account="333333333333")

    assert _names(association(roles=_either(foreign, other))) == ["RoleAccountMismatch"] * 2
    assert _names(association(roles=_either(foreign, arn()))) == ["RoleAccountUndecided"]
    assert _names(association(roles=_either(foreign, other, arn()))) == ["RoleAccountUndecided"] * 2


def test_fails_when_whatever_is_chosen_is_too_much() -> None:
    """The fewest are counted against the limit, the most where only the deployment knows."""
    either = [_either(arn(f"A{number}"), arn(f"B{number}")) for number in range(11)]
    perhaps = role(arn=arn("More"), conditional=True)

    def messages(*chosen: RoleFacts, conditional: tuple[int, int]) -> list[str]:
        facts = dataclasses.replace(association(roles=chosen), conditional_roles=conditional)
        return [message for _, message, _ in _found(facts)]

    assert messages(*itertools.chain(*either), conditional=(11, 11)) == ["'roles' has 11 entries, 'role_limit' is 10"]
    assert messages(*roles(9), *either[0], conditional=(1, 1)) == []
    assert messages(*roles(11), perhaps, conditional=(0, 1)) == ["'roles' has at least 11 entries, 'role_limit' is 10"]


def test_fails_when_a_role_is_listed_twice_in_one_branch() -> None:
    """Once in each of two branches is right, and so is one that a condition may drop."""
    one, other = _either(arn(), arn())
    again = one._replace(label="roles[1]")

    assert [message for _, message, _ in _found(association(roles=[one, again, other]))] == [
        "roles[1] and roles[0] are the same role"
    ]
    assert _found(association(roles=[one, other])) == []
    assert _found(association(roles=[OURS, AGAIN._replace(conditional=True)])) == []


def test_each_problem_is_reported_once_in_the_order_of_the_rules() -> None:
    """All that is wrong comes at once."""
    linked = arn(path="/aws-service-role/x/")
    listed = [
        role(arn="Loader"),
        role(arn="Loader"),
        role(arn=arn(account=OTHER_ACCOUNT, partition="aws-cn")),
        role(label="c", arn=linked, trust_problem="is closed", reference_problem=("is away", "bring it")),
        role(label="d", arn=linked),
        UNKNOWN,
    ]

    assert _names(association(roles=listed, role_limit=0)) == [
        "RoleLimitOutOfRange",
        "RoleQuotaExceeded",
        "RoleArnInvalid",
        "RoleAccountMismatch",
        "RolePartitionMismatch",
        "RoleDuplicated",
        "ServiceLinkedRole",
        "ServiceLinkedRole",
        "InvalidArgument",
        "TrustLacksRedshift",
        "RoleAccountUndecided",
    ]


REACHED: dict[str, dict[str, Any]] = {
    "RoleLimitOutOfRange": {"role_limit": 51},
    "RoleQuotaExceeded": {"roles": roles(11)},
    "RoleArnInvalid": {"roles": [role(arn="Loader")]},
    "RoleAccountMismatch": {"roles": [FOREIGN]},
    "RolePartitionMismatch": {"region": "cn-north-1", "roles": [OURS]},
    "RoleDuplicated": {"roles": [OURS, AGAIN]},
    "ServiceLinkedRole": {"roles": [role(arn=arn(path="/aws-service-role/x/"))]},
    "InvalidArgument": {"roles": [role(reference_problem=("is away", "bring it"))]},
    "TrustLacksRedshift": {"roles": [role(trust_problem="is closed")]},
    "RoleCountUndecided": {"more_roles": True},
    "RoleAccountUndecided": {"roles": [UNKNOWN]},
    "DefaultRoleNotAssociated": {"default_roles": [OURS]},
    "DefaultRoleUndecided": {"roles": [OURS], "default_roles": [DEFAULT._replace(conditional=True)]},
}


@pytest.mark.parametrize("name", dict.fromkeys(rule.name for rule, _ in association_rules.CHECKS))
def test_each_rule_is_reached_alone(name: str) -> None:
    """And is asked for alone."""
    facts = REACHED[name]
    (rule,) = [rule for rule in rules.RULES if rule.name == name]
    found = association_rules.problems(association(**facts))

    assert [rule] == [broken for broken, _ in found]
    assert found == association_rules.problems(association(**facts), rule)
    assert [] == association_rules.problems(association(**facts), *({*rules.RULES} - {rule}))


@pytest.mark.parametrize("rule", rules.RULES, ids=lambda rule: str(rule.name))
def test_each_rule_says_what_why_and_where_it_is_written(rule: Rule) -> None:
    """A rule has a name of its own, two sentences, an address and a day; what is undecided is a warning."""
    assert [rule] == [other for other in rules.RULES if other.name == rule.name]
    assert (rule.sentence[-1], rule.why[-1]) == (".", ".")
    assert rule.source.url.startswith("https://")
    assert rule.undecided == rule.name.endswith("Undecided") == (rule.name in rules.WARNINGS and not rule.is_advice)
