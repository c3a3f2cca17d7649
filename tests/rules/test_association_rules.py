"""Facts in, findings out: each rule at its boundaries."""

from __future__ import annotations

import dataclasses
import itertools

import pytest

from redshift_roles.aws import quotas
from redshift_roles.aws.arns import THIS_ACCOUNT, THIS_PARTITION
from redshift_roles.aws.placeholders import placeholder
from redshift_roles.rules import association_rules, registry
from redshift_roles.rules.facts import AssociationFacts, Branch, RoleFacts
from redshift_roles.rules.registry import Problem
from tests.conftest import ACCOUNT, OTHER_ACCOUNT
from tests.support.builders import arn, holder, reported, role, roles

NOT_ADJUSTABLE = "the AWS quota is not adjustable"
CONDITIONS = "name the roles one by one without conditions, or acknowledge this when the deployment keeps the limit"
CHAIN = f"associate a role of account {ACCOUNT} and let it assume this one (role chaining: IAM_ROLE 'first,second')"
LITERAL = "pass the role itself or its literal ARN, or acknowledge this when it is a role of that account"
ONE_ROLE = "give the ARN of an IAM role: arn:PARTITION:iam::ACCOUNT:role/NAME, with its path if it has one"

OURS = role()
FOREIGN = role(label="roles[1]", text=arn(account=OTHER_ACCOUNT))
DEFAULT = role(label="DefaultIamRoleArn", text=arn("Default"))
UNKNOWN = role(text=placeholder("Data.template.json#Imported"))


def _messages_and_fixes(facts: AssociationFacts) -> list[tuple[str, str, str]]:
    """Check, and keep what is told."""
    return reported(association_rules.check(facts))


@pytest.mark.parametrize(
    ("role_limit", "region", "message", "fix"),
    [
        (0, "eu-west-1", "1 to 50 in eu-west-1, got 0", "1 to 50"),
        (-1, "eu-west-1", "1 to 50 in eu-west-1, got -1", "1 to 50"),
        (51, "eu-west-1", "1 to 50 in eu-west-1, got 51", "1 to 50"),
        (51, None, "1 to 50, got 51", "1 to 50"),
        (11, "us-iso-east-1", "1 to 10 in us-iso-east-1, got 11", "1 to 10"),
        (50, "us-isob-east-1", "1 to 10 in us-isob-east-1, got 50", "1 to 10"),
    ],
)
def test_fails_when_the_role_limit_is_out_of_range(role_limit: int, region: str | None, message: str, fix: str) -> None:
    """A limit below one or above AWS's quota is refused, even while there are no roles."""
    expected = [
        ("RoleLimitOutOfRange", f"'role_limit' is {message}", f"pass a role_limit from {fix}; {NOT_ADJUSTABLE}")
    ]

    assert expected == _messages_and_fixes(holder(role_limit=role_limit, region=region))


@pytest.mark.parametrize(
    ("role_limit", "region"), [(1, None), (10, "us-iso-east-1"), (11, "us-gov-west-1"), (50, "eu-west-1"), (50, None)]
)
def test_a_role_limit_up_to_the_quota_is_kept(role_limit: int, region: str | None) -> None:
    """As many roles as the limit allows are associated without a word."""
    facts = holder(roles=_anywhere(role_limit), role_limit=role_limit, region=region)

    assert _messages_and_fixes(facts) == []


def _anywhere(count: int) -> list[RoleFacts]:
    """Describe that many distinct roles of no known partition."""
    return [role(label=f"roles[{n}]", text=arn(f"Role{n}", partition=THIS_PARTITION)) for n in range(count)]


@pytest.mark.parametrize(
    ("count", "role_limit", "region", "fix"),
    [
        (1, 0, "eu-west-1", "drop 1 role, or pass role_limit=1 (the AWS quota in eu-west-1 is 50)"),
        (11, 10, "eu-west-1", "drop 1 role, or pass role_limit=11 (the AWS quota in eu-west-1 is 50)"),
        (12, 10, None, "drop 2 roles, or pass role_limit=12 (the AWS quota is 50)"),
        (50, 49, None, "drop 1 role, or pass role_limit=50 (the AWS quota is 50)"),
        (51, 50, "eu-west-1", "drop 1 role (the AWS quota in eu-west-1 is 50 and not adjustable)"),
        (53, 51, "eu-west-1", "drop 3 roles (the AWS quota in eu-west-1 is 50 and not adjustable)"),
        (11, 10, "us-iso-east-1", "drop 1 role (the AWS quota in us-iso-east-1 is 10 and not adjustable)"),
        (10, 9, "us-iso-east-1", "drop 1 role, or pass role_limit=10 (the AWS quota in us-iso-east-1 is 10)"),
        (13, 11, "us-iso-east-1", "drop 3 roles (the AWS quota in us-iso-east-1 is 10 and not adjustable)"),
    ],
)
def test_fails_when_there_are_more_roles_than_the_limit(
    count: int, role_limit: int, region: str | None, fix: str
) -> None:
    """The fix offers a larger limit only where AWS grants it."""
    found = _messages_and_fixes(holder(roles=_anywhere(count), role_limit=role_limit, region=region))
    expected = ("RoleQuotaExceeded", f"'roles' has {count} entries, 'role_limit' is {role_limit}", fix)

    assert [expected] == [finding for finding in found if finding[0] != "RoleLimitOutOfRange"]


@pytest.mark.parametrize("count", [0, 1, 9, 10])
def test_up_to_ten_roles_pass(count: int) -> None:
    """The default limit is kept up to the last role."""
    assert _messages_and_fixes(holder(roles=roles(count))) == []


def test_a_policy_names_as_many_roles_as_it_likes() -> None:
    """A policy has no limit of roles, known or not."""
    assert _messages_and_fixes(holder(roles=roles(60), noun="policy", role_limit=None, more_roles=True)) == []


def test_a_role_that_stands_twice_counts_once() -> None:
    """Eleven entries of ten roles are a duplicate, not one too many."""
    facts = holder(roles=[*roles(10), role(label="roles[10]", text=arn("Role0"))])

    assert _messages_and_fixes(facts) == [
        ("RoleDuplicated", "roles[10] and roles[0] are the same role", "drop roles[10]"),
    ]


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
    expected = [("RoleCountUndecided", f"'roles' {reason}, 'role_limit' is 10", CONDITIONS)]

    assert expected == _messages_and_fixes(holder(roles=listed, more_roles=more))


@pytest.mark.parametrize(("known", "conditional"), [(9, 1), (0, 10)])
def test_conditional_roles_within_the_limit_pass(known: int, conditional: int) -> None:
    """The limit is kept whatever the conditions say."""
    assert _messages_and_fixes(holder(roles=[*roles(known), *roles(conditional, conditional=True, start=known)])) == []


def test_a_conditional_role_that_stands_there_anyway_counts_once() -> None:
    """It is in the list once for certain; the condition adds nothing."""
    assert _messages_and_fixes(holder(roles=[*roles(10), *roles(10, conditional=True)])) == []


def test_a_count_that_is_exceeded_for_certain_is_not_undecided_too() -> None:
    """A failure says it all."""
    facts = holder(roles=[*roles(11), *roles(2, conditional=True, start=11)], more_roles=True)

    assert [finding.rule for finding in association_rules.check(facts)] == ["RoleQuotaExceeded"]


@pytest.mark.parametrize(
    ("noun", "fix"),
    [("cluster", CHAIN), ("policy", f"name roles of account {ACCOUNT} only; iam:PassRole cannot cross accounts")],
)
def test_fails_when_a_role_is_of_another_account(noun: str, fix: str) -> None:
    """Both accounts are told, and what can be done across accounts."""
    message = f"roles[1] is in account {OTHER_ACCOUNT}, the {noun} is in {ACCOUNT}"

    assert [("RoleAccountMismatch", message, fix)] == _messages_and_fixes(holder(roles=[OURS, FOREIGN], noun=noun))


@pytest.mark.parametrize("account_asserted", [False, True])
def test_fails_when_one_stack_names_roles_of_two_accounts(account_asserted: bool) -> None:
    """A stack that names no account can still be of one only."""
    facts = holder(account=THIS_ACCOUNT, region=None, roles=[OURS, FOREIGN], account_asserted=account_asserted)
    where = f"the cluster's stack already names a role of {ACCOUNT} and can be of one account only"
    found = reported(association_rules.failures(association_rules.check(facts)))

    assert found == [("RoleAccountMismatch", f"roles[1] is in account {OTHER_ACCOUNT}, {where}", CHAIN)]


@pytest.mark.parametrize("account_asserted", [False, True])
def test_fails_when_a_role_is_not_of_the_account_the_stack_is_bound_to(account_asserted: bool) -> None:
    """What binds the stack may stand outside this cluster; the mismatch is told once, and not as undecided too."""
    facts = holder(
        account=THIS_ACCOUNT,
        roles=[FOREIGN],
        expected_account=ACCOUNT,
        account_asserted=account_asserted,
        noun="policy",
    )
    where = f"the policy's stack already names a role of {ACCOUNT} and can be of one account only"
    fix = f"name roles of account {ACCOUNT} only; iam:PassRole cannot cross accounts"

    assert _messages_and_fixes(facts) == [
        ("RoleAccountMismatch", f"roles[1] is in account {OTHER_ACCOUNT}, {where}", fix)
    ]


@pytest.mark.parametrize("listed", [[OURS], [role(text=arn(account=THIS_ACCOUNT))], []])
def test_roles_of_the_account_that_is_asserted_pass(listed: list[RoleFacts]) -> None:
    """A CloudFormation Rule stops the deployment to any other account."""
    facts = holder(account=THIS_ACCOUNT, roles=listed, expected_account=ACCOUNT, account_asserted=True)

    assert _messages_and_fixes(facts) == []


@pytest.mark.parametrize("account", [ACCOUNT, THIS_ACCOUNT])
def test_a_role_of_the_deployment_s_account_passes_anywhere(account: str) -> None:
    """It is of the account that the stack is deployed to."""
    assert _messages_and_fixes(holder(account=account, roles=[role(text=arn(account=THIS_ACCOUNT))])) == []


@pytest.mark.parametrize("expected_account", [None, ACCOUNT])
@pytest.mark.parametrize("conditional", [False, True])
def test_a_literal_role_is_undecided_where_nothing_asserts_its_account(
    conditional: bool, expected_account: str | None
) -> None:
    """The role's account is known, the stack's is not, whether a condition drops the role or not."""
    facts = holder(
        account=THIS_ACCOUNT, roles=[role(conditional=conditional)], expected_account=expected_account, region=None
    )
    message = f"roles[0] is in account {ACCOUNT}, the cluster's stack names no account"
    fix = f"give the stack env=Environment(account='{ACCOUNT}', region=…), or pass the role through 'roles'"

    assert _messages_and_fixes(facts) == [("RoleAccountUndecided", message, fix)]


@pytest.mark.parametrize(("account", "name"), [(ACCOUNT, ACCOUNT), (THIS_ACCOUNT, "the account of the deployment")])
@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (placeholder("Data.template.json#Imported"), "${Imported}"),
        (arn(account=placeholder("Parameter")), "arn:aws:iam::${Parameter}:role/Loader"),
    ],
)
def test_a_role_is_undecided_when_only_the_deployment_knows_its_account(
    account: str, name: str, text: str, shown: str
) -> None:
    """The message shows as much of the role as is known, without tokens."""
    message = f"roles[0] is {shown}, whose account only the deployment knows; the cluster is in {name}"

    assert _messages_and_fixes(holder(account=account, roles=[role(text=text)])) == [
        ("RoleAccountUndecided", message, LITERAL)
    ]


def test_a_role_of_another_account_behind_a_condition_is_undecided() -> None:
    """It is refused only where the condition holds."""
    facts = holder(roles=[role(text=arn(account=OTHER_ACCOUNT), conditional=True)])
    message = f"roles[0] is in account {OTHER_ACCOUNT} where a condition holds, the cluster is in {ACCOUNT}"
    fix = f"drop that branch, or name a role of account {ACCOUNT} in it"

    assert _messages_and_fixes(facts) == [("RoleAccountUndecided", message, fix)]


def test_a_conditional_role_of_another_account_is_undecided_in_a_stack_bound_to_one() -> None:
    """The message tells what binds the stack."""
    conditional = role(label="roles[1]", text=arn(account=OTHER_ACCOUNT), conditional=True)
    facts = holder(account=THIS_ACCOUNT, roles=[OURS, conditional], account_asserted=True)
    where = f"the cluster's stack already names a role of {ACCOUNT} and can be of one account only"
    message = f"roles[1] is in account {OTHER_ACCOUNT} where a condition holds, {where}"
    fix = f"drop that branch, or name a role of account {ACCOUNT} in it"

    assert _messages_and_fixes(facts) == [("RoleAccountUndecided", message, fix)]


@pytest.mark.parametrize("account", [ACCOUNT, THIS_ACCOUNT])
def test_a_conditional_role_of_the_holder_s_account_passes(account: str) -> None:
    """A condition alone is no trouble."""
    assert _messages_and_fixes(holder(roles=[role(text=arn(account=account), conditional=True)])) == []


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
    ],
    ids=["literal", "partition", "by name", "by name twice", "settled by literal", "settled later", "generated name"],
)
def test_fails_when_a_role_stands_twice(account: str, first: str, second: str) -> None:
    """However it is written, it is one role; the later entry is the one to drop."""
    facts = holder(
        account=account,
        expected_account=ACCOUNT,
        account_asserted=True,
        roles=[role(text=first), role(text=second, label="roles[1]")],
    )

    assert _messages_and_fixes(facts) == [
        ("RoleDuplicated", "roles[1] and roles[0] are the same role", "drop roles[1]")
    ]


def test_fails_when_the_account_that_a_literal_settles_makes_two_roles_one() -> None:
    """A literal ARN says which account the stack is of, and so which role a name means."""
    by_name = role(text=arn(account=THIS_ACCOUNT), label="roles[1]")
    found = association_rules.failures(association_rules.check(holder(account=THIS_ACCOUNT, roles=[OURS, by_name])))

    assert reported(found) == [("RoleDuplicated", "roles[1] and roles[0] are the same role", "drop roles[1]")]


def test_fails_twice_when_a_role_stands_three_times() -> None:
    """Each repetition is told against the first."""
    listed = [role(label=f"roles[{n}]") for n in range(3)]

    assert _messages_and_fixes(holder(roles=listed)) == [
        ("RoleDuplicated", f"roles[{n}] and roles[0] are the same role", f"drop roles[{n}]") for n in (1, 2)
    ]


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
    """Account, path and name together make a role."""
    assert (
        association_rules.failures(
            association_rules.check(holder(roles=[role(text=first), role(text=second, label="roles[1]")]))
        )
        == []
    )


def test_the_same_unknown_role_twice_is_one_role() -> None:
    """Equal holes are equal values, though nobody knows them yet."""
    found = association_rules.failures(
        association_rules.check(holder(roles=[UNKNOWN, UNKNOWN._replace(label="roles[1]")]))
    )

    assert reported(found) == [("RoleDuplicated", "roles[1] and roles[0] are the same role", "drop roles[1]")]


def test_the_same_role_in_two_branches_is_no_duplicate() -> None:
    """Of two conditional entries only one may be there, and a policy that names a role twice allows nothing more."""
    conditional = [OURS, role(label="roles[1]", conditional=True), role(label="roles[2]", conditional=True)]

    assert _messages_and_fixes(holder(roles=conditional)) == []
    assert _messages_and_fixes(holder(roles=[OURS, role(label="roles[1]")], noun="policy", role_limit=None)) == []


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (f"arn:aws:iam::{ACCOUNT}:user/Ann", "is the ARN of a user, not of a role"),
        (f"arn:aws:iam::{ACCOUNT}:group/People", "is the ARN of a group, not of a role"),
        (f"arn:aws:sts::{ACCOUNT}:assumed-role/Loader/s", "is a session of an assumed role, not a role"),
        ("Loader", "is not an ARN"),
        (f"arn:aws:iam::{ACCOUNT}:role/*", "has a wildcard; name one role"),
        ("", "is empty"),
        (f"arn:aws:iam:eu-west-1:{ACCOUNT}:role/Loader", "has a region; IAM ARNs have none"),
        (f"arn:amazon:iam::{ACCOUNT}:role/Loader", "is in 'amazon', which is no AWS partition"),
        (arn(account="12345"), "has '12345' where the account number of twelve digits belongs"),
        (f"arn:aws:iam::{OTHER_ACCOUNT}:user/Ann", "is the ARN of a user, not of a role"),
    ],
)
@pytest.mark.parametrize("account", [ACCOUNT, THIS_ACCOUNT])
def test_fails_when_a_role_is_no_role(account: str, text: str, reason: str) -> None:
    """What is no role's ARN is told once: it has no account to compare, and is neither a duplicate nor undecided."""
    facts = holder(account=account, roles=[role(text=text), role(text=text, label="roles[1]")])
    expected = [("RoleArnInvalid", f"roles[{n}] is '{text}', which {reason}", ONE_ROLE) for n in (0, 1)]

    assert expected == _messages_and_fixes(facts)


def test_an_invalid_arn_shows_its_holes_by_name() -> None:
    """A message never shows what stands for a token."""
    facts = holder(roles=[role(text=f"arn:aws:iam::{ACCOUNT}:user/{placeholder('Data.template.json#Ann')}")])
    message = f"roles[0] is 'arn:aws:iam::{ACCOUNT}:user/${{Ann}}', which is the ARN of a user, not of a role"

    assert _messages_and_fixes(facts) == [("RoleArnInvalid", message, ONE_ROLE)]


@pytest.mark.parametrize(
    ("partition", "region", "own"),
    [
        ("aws-cn", "eu-west-1", "aws"),
        ("aws", "cn-north-1", "aws-cn"),
        ("aws-us-gov", "us-iso-east-1", "aws-iso"),
    ],
)
def test_fails_when_a_role_is_of_another_partition(partition: str, region: str, own: str) -> None:
    """The region says which partition the cluster is in."""
    message = f"roles[0] is in partition '{partition}', the cluster is in {region}, which is in '{own}'"

    assert _messages_and_fixes(holder(region=region, roles=[role(text=arn(partition=partition))])) == [
        ("RolePartitionMismatch", message, f"name a role of partition '{own}'")
    ]


@pytest.mark.parametrize(
    ("partition", "region"), [("aws-cn", None), ("aws-cn", "cn-north-1"), (THIS_PARTITION, "cn-north-1")]
)
def test_a_partition_passes_where_it_is_the_same_or_not_known(partition: str, region: str | None) -> None:
    """Partitions are compared where both are known."""
    assert _messages_and_fixes(holder(region=region, roles=[role(text=arn(partition=partition))])) == []


def _either(*texts: str) -> list[RoleFacts]:
    """Describe one role of which a condition decides which of these it is."""
    return [
        role(text=text, conditional=True)._replace(when=(Branch("q", index, len(texts)),))
        for index, text in enumerate(texts)
    ]


def test_a_choice_between_roles_of_other_partitions_is_none() -> None:
    """One of them alone is undecided."""
    china = arn(partition="aws-cn")
    region = "the cluster is in eu-west-1, which is in 'aws'"
    message = f"roles[0] is in partition 'aws-cn' where a condition holds, {region}"
    fix = "drop that branch, or name a role of partition 'aws' in it"

    assert [("RoleAccountUndecided", message, fix)] == _messages_and_fixes(holder(roles=_either(china, arn())))
    assert ["RolePartitionMismatch"] == [
        name for name, _, _ in _messages_and_fixes(holder(roles=_either(china, china)))
    ]
    assert [] == _messages_and_fixes(holder(roles=_either(arn("A"), arn("B"))))


def test_a_choice_between_roles_of_other_accounts_is_none() -> None:
    """One of them alone is undecided."""
    foreign, other = arn(account=OTHER_ACCOUNT), arn(account="333333333333")

    assert ["RoleAccountMismatch"] * 2 == [
        name for name, _, _ in _messages_and_fixes(holder(roles=_either(foreign, other)))
    ]
    assert ["RoleAccountUndecided"] == [
        name for name, _, _ in _messages_and_fixes(holder(roles=_either(foreign, arn())))
    ]
    assert ["RoleAccountUndecided"] * 2 == [
        name for name, _, _ in _messages_and_fixes(holder(roles=_either(foreign, other, arn())))
    ]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (arn(account=OTHER_ACCOUNT), f"account {ACCOUNT}"),
        (arn(partition="aws-cn"), "partition 'aws'"),
    ],
)
def test_a_holder_under_a_condition_may_be_meant_for_elsewhere(text: str, words: str) -> None:
    """Whoever knows where the condition holds may acknowledge it."""
    facts = dataclasses.replace(holder(roles=[role(text=text)]), conditional=True)
    ((name, _, fix),) = _messages_and_fixes(facts)

    assert "RoleAccountUndecided" == name
    assert fix == f"name a role of {words}, or acknowledge this when the condition holds elsewhere only"


def test_fails_when_a_holder_under_a_condition_names_two_accounts() -> None:
    """It cannot be meant for both."""
    third = role(label="roles[2]", text=arn(account="333333333333"))
    listed = [OURS, FOREIGN, third._replace(conditional=True)]

    def names(*chosen: RoleFacts) -> list[str]:
        return [name for name, _, _ in _messages_and_fixes(dataclasses.replace(holder(roles=chosen), conditional=True))]

    assert ["RoleAccountMismatch", "RoleAccountUndecided"] == names(*listed)
    assert ["RoleAccountMismatch"] * 2 == names(FOREIGN, third)
    assert ["RoleAccountUndecided"] == names(FOREIGN)
    assert [] == names(OURS)


def test_fails_when_whatever_is_chosen_is_too_much() -> None:
    """The fewest are counted against the limit, the most where only the deployment knows."""
    either = [_either(arn(f"A{number}"), arn(f"B{number}")) for number in range(11)]
    sure = roles(9)

    assert ["IamRoles has 11 entries, 'role_limit' is 10"] == [
        message for _, message, _ in _messages_and_fixes(holder(words="IamRoles", roles=itertools.chain(*either)))
    ]
    assert [] == _messages_and_fixes(holder(roles=[*sure, *either[0]]))
    assert ["'roles' has at least 11 entries, 'role_limit' is 10"] == [
        message
        for _, message, _ in _messages_and_fixes(holder(roles=[*roles(11), role(text=arn("More"), conditional=True)]))
    ]


def test_fails_when_a_role_stands_twice_in_one_branch() -> None:
    """Once in each of two branches is no trouble."""
    one, other = _either(arn(), arn())
    again = one._replace(label="roles[1]")

    assert [("roles[1] and roles[0] are the same role")] == [
        message for _, message, _ in _messages_and_fixes(holder(roles=[one, again, other]))
    ]
    assert [] == _messages_and_fixes(holder(roles=[one, other]))


def test_fails_when_what_should_be_a_list_is_none() -> None:
    """The fix asks for a list."""
    facts = holder(roles=[role(label="IamRoles", text="null")._replace(problem="is no list")])
    fix = "give a list of ARNs of an IAM role: arn:PARTITION:iam::ACCOUNT:role/NAME, with its path if it has one"

    assert [("RoleArnInvalid", "IamRoles is 'null', which is no list", fix)] == _messages_and_fixes(facts)


def test_faults_without_end_are_told_up_to_fifty() -> None:
    """The last one tells how many are left out; the same words are told once."""
    wrong = [role(label=f"roles[{number}]", text="x") for number in range(60)]
    found = [message for name, message, _ in _messages_and_fixes(holder(roles=wrong)) if name == "RoleArnInvalid"]

    assert 50 == len(found)
    assert "roles[48] is 'x', which is not an ARN" == found[-2]
    assert "roles[49] is 'x', which is not an ARN, and 10 more" == found[-1]
    assert 50 == len(_messages_and_fixes(holder(roles=wrong[:50])))
    assert "roles[49] is 'x', which is not an ARN" == _messages_and_fixes(holder(roles=wrong[:50]))[-1][1]
    assert 1 == len(_messages_and_fixes(holder(roles=wrong[:1] * 60)))


@pytest.mark.parametrize("name", ["AWSServiceRoleForRedshift", placeholder("Name")])
def test_fails_when_a_role_belongs_to_a_service(name: str) -> None:
    """The path alone gives a service-linked role away."""
    text = arn(name, path="/aws-service-role/redshift.amazonaws.com/")
    shown = text.replace(placeholder("Name"), "${Name}")

    assert _messages_and_fixes(holder(roles=[role(text=text)])) == [
        (
            "ServiceLinkedRole",
            f"roles[0] is '{shown}', a service-linked role",
            "drop it and create a role of your own: RedshiftRole(self, 'Role')",
        )
    ]


@pytest.mark.parametrize("path", ["/aws-service-roles/", "/team/aws-service-role/"])
def test_a_path_that_only_looks_like_a_service_s_passes(path: str) -> None:
    """Service-linked roles stand under that path, not beside it."""
    assert _messages_and_fixes(holder(roles=[role(text=arn(path=path))])) == []


def test_fails_when_redshift_is_not_trusted() -> None:
    """The reason that the trust policy gives is told behind the role's name."""
    facts = holder(roles=[role(trust_problem="trusts nobody; Redshift cannot assume it")])
    fix = "use RedshiftRole, or assumed_by=iam.ServicePrincipal('redshift.amazonaws.com')"

    assert _messages_and_fixes(facts) == [
        ("TrustLacksRedshift", "roles[0] trusts nobody; Redshift cannot assume it", fix)
    ]


def test_fails_when_a_role_is_out_of_reach() -> None:
    """The reason is told behind the role's name."""
    facts = holder(roles=[role(reference_problem="is of another environment")])
    fix = "give both stacks the same env=, or pass iam.Role.from_role_arn(…) with the role's literal ARN"

    assert _messages_and_fixes(facts) == [("InvalidArgument", "roles[0] is of another environment", fix)]


def test_everything_is_told_at_once_in_the_order_of_the_rules() -> None:
    """One look finds all that is wrong, at the holder's path and with the page of each rule."""
    listed = [
        role(label="a", text="Loader"),
        role(label="b", text=arn(account=OTHER_ACCOUNT, partition="aws-cn")),
        role(label="c", text=arn(path="/aws-service-role/x/"), trust_problem="is closed", reference_problem="is away"),
        role(label="d", text=arn(path="/aws-service-role/x/")),
        UNKNOWN,
    ]
    facts = holder(roles=listed, role_limit=0)
    found = association_rules.check(facts)

    assert [
        ("RoleLimitOutOfRange", quotas.QUOTAS),
        ("RoleQuotaExceeded", quotas.QUOTAS),
        ("RoleArnInvalid", quotas.IAM_IDENTIFIERS),
        ("RoleAccountMismatch", quotas.ASSOCIATING_ROLES),
        ("RolePartitionMismatch", quotas.ARN_FORMAT),
        ("RoleDuplicated", quotas.ASSOCIATING_ROLES),
        ("ServiceLinkedRole", quotas.SERVICE_LINKED_ROLES),
        ("ServiceLinkedRole", quotas.SERVICE_LINKED_ROLES),
        ("InvalidArgument", quotas.CREATE_CLUSTER),
        ("TrustLacksRedshift", quotas.AUTHORIZING_REDSHIFT),
        ("RoleAccountUndecided", quotas.ASSOCIATING_ROLES),
    ] == [(finding.rule, next(s for s in vars(quotas).values() if _is_page(s, finding.source))) for finding in found]
    assert {"Data/Warehouse"} == {finding.path for finding in found}


def _is_page(value: object, url: str) -> bool:
    """Say whether a value is the source with this address."""
    return isinstance(value, quotas.Source) and value.url == url


REACHING = {
    "RoleLimitOutOfRange": holder(role_limit=51),
    "RoleQuotaExceeded": holder(roles=roles(11)),
    "RoleArnInvalid": holder(roles=[role(text="Loader")]),
    "RoleAccountMismatch": holder(roles=[FOREIGN]),
    "RolePartitionMismatch": holder(region="cn-north-1", roles=[OURS]),
    "RoleDuplicated": holder(roles=[OURS, role(label="roles[1]")]),
    "ServiceLinkedRole": holder(roles=[role(text=arn(path="/aws-service-role/x/"))]),
    "InvalidArgument": holder(roles=[role(reference_problem="is away")]),
    "TrustLacksRedshift": holder(roles=[role(trust_problem="is closed")]),
    "RoleCountUndecided": holder(more_roles=True),
    "RoleAccountUndecided": holder(roles=[UNKNOWN]),
    "DefaultRoleNotAssociated": holder(default_roles=[OURS]),
    "DefaultRoleUndecided": holder(roles=[OURS], default_roles=[DEFAULT._replace(conditional=True)]),
}


@pytest.mark.parametrize("rule", [rule for rule, _ in association_rules.CHECKS], ids=lambda rule: str(rule.name))
def test_each_rule_is_reached_alone(rule: registry.Rule) -> None:
    """No rule is written and left unwired, and none speaks for another."""
    found = association_rules.check(REACHING[rule.name])

    assert [(rule.name, rule.source.url)] == [(finding.rule, finding.source) for finding in found]
    assert found == association_rules.failures(found) or rule.undecided


def test_the_rules_are_those_of_the_checks_and_the_size_of_policies() -> None:
    """The size is checked where a policy is written, and who passes roles is a rule of its own; the others are here."""
    expected = {*REACHING, "PolicyTooLarge", "PassRoleUnscoped"}

    assert expected == {rule.name for rule in registry.RULES}


def test_undecided_rules_never_count_as_failures() -> None:
    """The verdicts that only the deployment can give are warnings; what stays keeps its order."""
    found = [rule.finding("Data", Problem("", "message", "fix")) for rule in registry.RULES]
    names = [finding.rule for finding in association_rules.failures(found)]

    assert frozenset({"RoleCountUndecided", "RoleAccountUndecided", "DefaultRoleUndecided"}) == registry.UNDECIDED
    assert names == [rule.name for rule in registry.RULES if rule.name not in registry.UNDECIDED]
