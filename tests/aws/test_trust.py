"""Trust policies: what is written for Amazon Redshift, and whether one lets Redshift assume the role."""

from __future__ import annotations

from itertools import product
from typing import Any

import pytest

from redshift_roles.aws import quotas
from redshift_roles.aws.permissions import Home
from redshift_roles.aws.placeholders import placeholder
from redshift_roles.aws.policies import size
from redshift_roles.aws.trust import PROVISIONED, SERVERLESS, DbUser, Trust, merged, trust_problem, trusted_services
from tests.conftest import REGION
from tests.support.iam import Assumption, assumed

HOME = Home("aws", "us-west-2", "111111111111")
LOADER = DbUser("loader", cluster="warehouse")
ROLE = "arn:aws:iam::111111111111:role/Loader"
REDSHIFT, SERVERLESS_NAME = "redshift.amazonaws.com", "redshift-serverless.amazonaws.com"
WEST, EAST = "redshift.us-west-2.amazonaws.com", "redshift.us-east-1.amazonaws.com"

# A service, and the condition keys that it sends.
Caller = tuple[str, tuple[tuple[str, str], ...]]


def _user(name: str = "loader", cluster: str = "warehouse", region: str = "us-west-2") -> tuple[str, str]:
    return "sts:ExternalId", f"arn:aws:redshift:{region}:111111111111:dbuser:{cluster}/{name}"


def _cluster(
    name: str = "warehouse", region: str = "us-west-2", account: str = "111111111111"
) -> tuple[tuple[str, str], tuple[str, str]]:
    arn = f"arn:aws:redshift:{region}:{account}:cluster:{name}"
    return ("aws:SourceArn", arn), ("aws:SourceAccount", account)


def _by(service: str, *known: tuple[str, str]) -> Caller:
    return service, known


@pytest.mark.parametrize(
    ("trust", "let_in", "kept_out"),
    [
        (
            Trust(HOME),
            [_by(REDSHIFT), _by(REDSHIFT, _user())],
            [_by(SERVERLESS_NAME), _by(WEST), _by("ec2.amazonaws.com"), _by("scheduler.redshift.amazonaws.com")],
        ),
        (Trust(HOME, serverless=True), [_by(REDSHIFT), _by(SERVERLESS_NAME)], [_by(WEST), _by("ec2.amazonaws.com")]),
        (Trust(HOME, ("us-west-2", "us-east-1")), [_by(WEST), _by(EAST)], [_by(REDSHIFT), _by(SERVERLESS_NAME)]),
        (
            Trust(HOME, db_users=(LOADER, DbUser("IAMR:Admin", workgroup="8d6a"))),
            [_by(REDSHIFT, _user()), _by(REDSHIFT, _user("IAMR:Admin", "serverless-111111111111-8d6a"))],
            [
                _by(REDSHIFT),
                _by(REDSHIFT, _user("loader2")),
                _by(REDSHIFT, _user(cluster="warehouse-2")),
                _by(REDSHIFT, _user(region="us-east-1")),
                _by(REDSHIFT, _user("IAMR:Admin")),
                _by(SERVERLESS_NAME, _user()),
            ],
        ),
        (
            Trust(HOME, serverless=True, source_clusters=("warehouse", "lake")),
            [
                _by(REDSHIFT, *_cluster()),
                _by(REDSHIFT, *_cluster("lake")),
                _by(REDSHIFT, ("aws:SourceAccount", HOME.account)),
                _by(SERVERLESS_NAME, ("aws:SourceAccount", HOME.account)),
            ],
            [
                _by(REDSHIFT),
                _by(REDSHIFT, _cluster()[0]),
                _by(REDSHIFT, *_cluster(account="222222222222")),
                _by(SERVERLESS_NAME),
                _by(SERVERLESS_NAME, ("aws:SourceAccount", "222222222222")),
            ],
        ),
        (
            Trust(HOME, source_clusters=("warehouse", "lake")),
            [_by(REDSHIFT, *_cluster()), _by(REDSHIFT, *_cluster("lake"))],
            [
                _by(REDSHIFT),
                _by(REDSHIFT, _cluster()[0]),
                _by(REDSHIFT, ("aws:SourceAccount", HOME.account)),
                _by(REDSHIFT, *_cluster("warehouse-2")),
                _by(REDSHIFT, *_cluster(region="us-east-1")),
                _by(REDSHIFT, *_cluster(account="222222222222")),
                _by(SERVERLESS_NAME, *_cluster()),
            ],
        ),
        (
            Trust(HOME, ("us-east-1",), serverless=True, db_users=(LOADER,)),
            [_by(service, _user(region="us-east-1")) for service in (EAST, REDSHIFT, SERVERLESS_NAME)],
            [_by(EAST), _by(REDSHIFT), _by(SERVERLESS_NAME), _by(REDSHIFT, _user()), _by(WEST, _user())],
        ),
        (
            Trust(HOME, ("us-west-2", "us-east-1"), db_users=(LOADER,), source_clusters=("warehouse",)),
            [
                _by(WEST, _user(), *_cluster()),
                _by(EAST, _user(region="us-east-1"), *_cluster(region="us-east-1")),
            ],
            [
                _by(WEST, _user()),
                _by(WEST, *_cluster()),
                _by(WEST, _user(region="us-east-1"), *_cluster()),
                _by(WEST, _user(), *_cluster(region="us-east-1")),
                _by(EAST, _user(), *_cluster()),
                _by(REDSHIFT, _user(), *_cluster()),
            ],
        ),
    ],
    ids=["plain", "serverless", "regions", "users", "serverless clusters", "clusters", "serverless regions", "all"],
)
def test_fails_when_somebody_else_may_assume_the_role(
    trust: Trust,
    let_in: list[Caller],
    kept_out: list[Caller],
) -> None:
    """An independent evaluator allows whom AWS's page names, and no other service, user or cluster."""
    asked = [Assumption(service, ROLE, trust.document(), (), known) for service, known in (*let_in, *kept_out)]

    assert [*(True for _ in let_in), *(False for _ in kept_out)] == assumed(asked)


@pytest.mark.parametrize(
    ("trust", "principals"),
    [
        (Trust(HOME), [(REDSHIFT, {})]),
        (
            Trust(HOME, serverless=True, db_users=(LOADER, LOADER)),
            [(service, {"StringEquals": {"sts:ExternalId": [_user()[1]]}}) for service in (REDSHIFT, SERVERLESS_NAME)],
        ),
        (
            Trust(HOME, serverless=True, source_clusters=("warehouse", "lake", "warehouse")),
            [
                (
                    REDSHIFT,
                    {
                        "StringEquals": {"aws:SourceAccount": ["111111111111"]},
                        "ArnLike": {"aws:SourceArn": [_cluster()[0][1], _cluster("lake")[0][1]]},
                    },
                ),
                (REDSHIFT, {"StringEquals": {"aws:SourceAccount": ["111111111111"]}}),
                (SERVERLESS_NAME, {"StringEquals": {"aws:SourceAccount": ["111111111111"]}}),
            ],
        ),
        (
            Trust(HOME, ("us-west-2", "us-east-1"), serverless=True),
            [(WEST, {}), (EAST, {}), (REDSHIFT, {}), (SERVERLESS_NAME, {})],
        ),
    ],
    ids=["plain", "users", "clusters", "regions"],
)
def test_a_restriction_is_a_condition_on_all_principals(trust: Trust, principals: list[tuple[str, object]]) -> None:
    """What is named twice is there once; Serverless, which sends no cluster, is limited to the account."""
    always = {"Action": "sts:AssumeRole", "Effect": "Allow"}
    statements = [
        {**always, "Principal": {"Service": service}, **({"Condition": conditions} if conditions else {})}
        for service, conditions in principals
    ]

    assert trust.document() == {"Version": "2012-10-17", "Statement": statements}


@pytest.mark.parametrize(
    ("user", "name"),
    [
        (LOADER, "dbuser:warehouse/loader"),
        (DbUser("IAMR:Admin", workgroup="8d6a"), "dbuser:serverless-333333333333-8d6a/IAMR:Admin"),
        (DbUser("a+b=c,d.e@f:g/h-i_j", cluster="lake"), "dbuser:lake/a+b=c,d.e@f:g/h-i_j"),
    ],
)
def test_a_user_is_an_external_id(user: DbUser, name: str) -> None:
    """In the role's partition, region and account; Serverless calls the cluster serverless-ACCOUNT-WORKGROUP."""
    assert user.external_id(Home("aws-cn", "cn-north-1", "333333333333")) == (
        f"arn:aws-cn:redshift:cn-north-1:333333333333:{name}"
    )


def test_each_region_has_its_own_users_and_clusters() -> None:
    """The principal of one region cannot be used with the users or clusters of another."""
    regions = ("eu-west-1", "us-east-1", "eu-west-1")
    trusted = Trust(HOME, regions, serverless=True, db_users=(LOADER,), source_clusters=("warehouse",)).principals()
    named = [
        (
            service,
            [arn.split(":")[3] for arn in conditions["StringEquals"]["sts:ExternalId"]],
            [arn.split(":")[3] for arn in conditions.get("ArnLike", {}).get("aws:SourceArn", [])],
        )
        for service, conditions in trusted
    ]

    assert named == [
        ("redshift.eu-west-1.amazonaws.com", ["eu-west-1"], ["eu-west-1"]),
        ("redshift.us-east-1.amazonaws.com", ["us-east-1"], ["us-east-1"]),
        ("redshift.amazonaws.com", ["eu-west-1", "us-east-1"], []),
        ("redshift-serverless.amazonaws.com", ["eu-west-1", "us-east-1"], []),
    ]


@pytest.mark.parametrize("serverless", [False, True])
@pytest.mark.parametrize("regions", [(), ("us-west-2",), ("us-west-2", "us-east-1")])
@pytest.mark.parametrize("db_users", [(), (LOADER,)])
@pytest.mark.parametrize("source_clusters", [(), ("warehouse",)])
def test_what_restricts_a_role_does_not_shut_redshift_out(
    serverless: bool, regions: tuple[str, ...], db_users: tuple[DbUser, ...], source_clusters: tuple[str, ...]
) -> None:
    """The rule agrees with what is written, in the account and region of the role and no other account."""
    document = Trust(HOME, regions, serverless, db_users, source_clusters).document()
    is_closed = bool(db_users or source_clusters)

    assert trust_problem(document, "us-west-2", account=HOME.account) is None
    assert is_closed == (trust_problem(document, "us-west-2", account="222222222222") is not None)
    assert trusted_services(document) == [PROVISIONED, *([SERVERLESS] if serverless else [])]


def test_serverless_is_always_trusted_by_both_names() -> None:
    """AWS: "make sure that it contains `redshift-serverless.amazonaws.com` and `redshift.amazonaws.com`".

    That is so for every combination of restrictions. An independent evaluator lets both in, with no more than what a
    workgroup can send: its account and its user, and no cluster.
    """
    asked = [
        Assumption(service, ROLE, document, (), (_user(), ("aws:SourceAccount", HOME.account)))
        for regions, db_users, clusters in product([(), ("us-west-2",)], [(), (LOADER,)], [(), ("warehouse",)])
        for document in [Trust(HOME, regions, True, db_users, clusters).document()]
        for service in (REDSHIFT, SERVERLESS_NAME)
    ]

    assert [True] * 16 == assumed(asked)


@pytest.mark.parametrize(("quota", "most"), [(quotas.TRUST_POLICY_SIZE, 27), (quotas.LARGEST_TRUST_POLICY_SIZE, 117)])
def test_a_trust_policy_holds_so_many_users(quota: int, most: int) -> None:
    """With names of eight letters and a cluster of nine; one more is more than IAM takes."""
    lengths = [
        size(Trust(HOME, db_users=[DbUser(f"user{n:04}", cluster="warehouse") for n in range(count)]).document())
        for count in (most, most + 1)
    ]

    assert lengths[0] <= quota < lengths[1]


def _let_in(principal: object, **more: object) -> dict[str, object]:
    return {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": principal, **more}


@pytest.mark.parametrize(
    ("statements", "expected"),
    [
        ([], []),
        ([_let_in({"AWS": "a"}), _let_in({"AWS": "b"})], [_let_in({"AWS": ["a", "b"]})]),
        ([_let_in({"AWS": ["a", "b"]}), _let_in({"AWS": "b"})], [_let_in({"AWS": ["a", "b"]})]),
        ([_let_in({"AWS": "a"}), _let_in({"Service": "s"})], [_let_in({"AWS": "a", "Service": "s"})]),
        ([_let_in({"AWS": "a"}), _let_in({"AWS": "a"})], [_let_in({"AWS": "a"})]),
        ([_let_in({"AWS": "a"}), _let_in("*")], [_let_in("*")]),
        (
            [_let_in({"AWS": "a"}), _let_in({"AWS": "b"}, Condition={}), _let_in({"AWS": "c"})],
            [_let_in({"AWS": ["a", "c"]}), _let_in({"AWS": "b"}, Condition={})],
        ),
    ],
)
def test_statements_that_differ_in_their_principals_are_one(
    statements: list[dict[str, object]], expected: list[dict[str, object]]
) -> None:
    """The least that CDK may write where it minimizes policies."""
    assert expected == merged(statements)


BY_REDSHIFT, BY_SERVERLESS, BY_EC2 = ({"Service": f"{name}.amazonaws.com"} for name in (PROVISIONED, SERVERLESS, "ec2"))
DENIED = "denies Redshift to assume it"
NOBODY = "trusts nobody; Redshift in eu-west-1 cannot assume it"


def _statement(principal: object, effect: str = "Allow", action: object = "sts:AssumeRole", **more: object) -> Any:
    return {"Effect": effect, "Principal": principal, "Action": action, **more}


def _deny(principal: object, action: object = "sts:AssumeRole", **more: object) -> Any:
    return _statement(principal, "Deny", action, **more)


def _problem(*statements: object, region: str | None = REGION, services: tuple[str, ...] = ()) -> str | None:
    return trust_problem({"Version": "2012-10-17", "Statement": list(statements)}, region, *services)


@pytest.mark.parametrize(
    ("principal", "trusted"),
    [
        (BY_EC2, "ec2.amazonaws.com"),
        ({"Service": ["glue.amazonaws.com", "ec2.amazonaws.com"]}, "ec2.amazonaws.com, glue.amazonaws.com"),
        (BY_SERVERLESS, "redshift-serverless.amazonaws.com"),
        ({"Service": "redshift.us-east-1.amazonaws.com"}, "redshift.us-east-1.amazonaws.com"),
        ({"Service": "redshift.us-east-1.amazonaws.com.cn"}, "redshift.us-east-1.amazonaws.com.cn"),
        ({"Service": "redshift.amazonaws.com.de"}, "redshift.amazonaws.com.de"),
        ({"Service": "xredshift.amazonaws.com"}, "xredshift.amazonaws.com"),
        ({"Service": "redshift.amazonaws-com"}, "redshift.amazonaws-com"),
        ({"Service": "redshift.eu-west-1xamazonaws.com"}, "redshift.eu-west-1xamazonaws.com"),
        ({"AWS": "arn:aws:iam::111111111111:root"}, "arn:aws:iam::111111111111:root"),
        ({"AWS": f"arn:aws:iam::{placeholder('AWS::AccountId')}:root"}, "arn:aws:iam::${AWS::AccountId}:root"),
        ({"Service": []}, "nobody"),
        ({}, "nobody"),
    ],
)
def test_fails_when_only_others_are_trusted(principal: object, trusted: str) -> None:
    """The message names everybody who may assume the role, in order, and nobody who is denied."""
    statements = [_statement(principal), _deny({"AWS": "b"})]

    assert _problem(*statements) == f"trusts {trusted}; Redshift in eu-west-1 cannot assume it"


@pytest.mark.parametrize(
    ("statements", "region", "problem"),
    [
        ([], REGION, NOBODY),
        ([_statement(BY_REDSHIFT, action="sts:TagSession")], REGION, NOBODY),
        ([_statement(BY_REDSHIFT, action=["sts:TagSession", "sts:AssumeRoleWithSAML"])], REGION, NOBODY),
        ([_statement(BY_REDSHIFT, action=[])], REGION, NOBODY),
        ([{"Effect": "Allow", "NotPrincipal": BY_REDSHIFT, "Action": "sts:TagSession"}], REGION, NOBODY),
        ([_statement(BY_EC2)], None, "trusts ec2.amazonaws.com; Redshift cannot assume it"),
        *(
            ([_statement({"Service": name})], None, f"trusts {shown}; Redshift cannot assume it")
            for name, shown in (
                (f"ec2.{placeholder('AWS::URLSuffix')}", "ec2.${AWS::URLSuffix}"),
                (f"logs.{placeholder('AWS::Region')}.amazonaws.com", "logs.${AWS::Region}.amazonaws.com"),
            )
        ),
    ],
)
def test_fails_when_redshift_is_not_trusted(statements: list[object], region: str | None, problem: str) -> None:
    """Other actions are not about assuming, and another service's name does not become Redshift's."""
    assert _problem(*statements, region=region) == problem


@pytest.mark.parametrize(
    "denial",
    [
        *(_deny(who) for who in ("*", ["*"], {"AWS": "*"}, {"Service": "redshift.eu-west-1.amazonaws.com"})),
        *(_deny(BY_REDSHIFT, what) for what in ("sts:*", "*", "sts:Assume?ole", ["sts:TagSession", "STS:assumerole"])),
    ],
)
def test_fails_when_redshift_is_denied(denial: object) -> None:
    """A denial wins over whatever allows, in either order."""
    grant = _statement(BY_REDSHIFT)

    assert [_problem(denial, grant), _problem(grant, denial)] == [DENIED, DENIED]


@pytest.mark.parametrize(
    ("denial", "region"),
    [
        (_deny("*", Condition={"Bool": {"aws:SecureTransport": "false"}}), REGION),
        (_deny(BY_EC2), REGION),
        (_deny(BY_REDSHIFT, "sts:TagSession"), REGION),
        (_deny({"Service": "redshift.us-east-1.amazonaws.com"}), REGION),
        (_deny({"Service": "redshift.us-east-1.amazonaws.com"}), None),
        ({"Effect": "Deny", "NotPrincipal": BY_REDSHIFT, "Action": "sts:AssumeRole"}, REGION),
        ({"Effect": "Deny", "Principal": "*", "NotAction": "sts:AssumeRole"}, REGION),
        (_deny({"AWS": placeholder("Somebody")}), REGION),
        (_deny([{"Fn::If": ["Strict", "*", "arn:aws:iam::111111111111:root"]}]), REGION),
        (_deny(BY_REDSHIFT, placeholder("Action")), REGION),
        (_deny(BY_REDSHIFT, [{"Ref": "Action"}]), REGION),
    ],
)
def test_a_denial_that_may_not_be_of_redshift_does_not_fail(denial: object, region: str | None) -> None:
    """Only a denial that is certain is a failure: of Redshift, of assuming, unconditional."""
    assert _problem(denial, _statement(BY_REDSHIFT), region=region) is None


@pytest.mark.parametrize(
    "statement",
    [
        *(
            _statement({"Service": f"redshift.{name}"})
            for name in (
                "amazonaws.com",
                "amazonaws.com.cn",
                "eu-west-1.amazonaws.com",
                "eu-west-1.amazonaws.com.cn",
                placeholder("AWS::URLSuffix"),
                f"{placeholder('AWS::Region')}.amazonaws.com",
                f"eu-{placeholder('Direction')}-1.amazonaws.com",
            )
        ),
        _statement("*"),
        _statement({"AWS": "*"}),
        _statement({"AWS": "arn:aws:iam::111111111111:root", "Service": ["ec2.amazonaws.com", REDSHIFT]}),
        _statement({"Service": placeholder("Service")}),
        _statement({"Service": [{"Fn::If": ["Serverless", "a", "b"]}]}),
        *(
            _statement(BY_REDSHIFT, action=action)
            for action in ("STS:ASSUMEROLE", "sts:*", "*", "sts:AssumeRole*", "sts:Assume?ole", placeholder("Action"))
        ),
        *(
            _statement(BY_REDSHIFT, action=action)
            for action in ([placeholder("Action")], [{"Ref": "Action"}], ["x", "sts:AssumeRole"])
        ),
        _statement(BY_REDSHIFT, placeholder("Effect")),
        {"Effect": "Allow", "Principal": BY_REDSHIFT, "NotAction": "sts:TagSession"},
        {"Effect": "Allow", "NotPrincipal": BY_EC2, "Action": "sts:AssumeRole"},
    ],
)
def test_redshift_may_assume_what_trusts_it_or_may_trust_it(statement: object) -> None:
    """By its global or regional name, by a wildcard, by an exception, and by what may become one of those."""
    assert _problem(_statement(BY_EC2), statement) is None
    assert trust_problem({"Statement": statement}, REGION) is None


@pytest.mark.parametrize("region", ["us-east-1", "ap-southeast-2"])
def test_any_regional_name_is_enough_for_a_region_that_is_not_known(region: str) -> None:
    """The cluster may be deployed to that very region."""
    assert _problem(_statement({"Service": f"redshift.{region}.amazonaws.com"}), region=None) is None


@pytest.mark.parametrize(
    "document",
    [
        None,
        placeholder("Document"),
        [],
        {},
        {"Version": "2012-10-17"},
        {"Statement": placeholder("Statements")},
        {"Statement": [placeholder("Effect"), _statement(BY_EC2)]},
        {"Statement": [_statement(BY_EC2), {"Principal": BY_REDSHIFT, "Action": "sts:AssumeRole"}]},
    ],
    ids=["none", "text", "list", "empty", "no statement", "unknown list", "unknown statement", "no effect"],
)
def test_a_document_with_a_statement_that_is_not_known_is_not_checked(document: object) -> None:
    """A statement that only the deployment knows may allow Redshift."""
    assert trust_problem(document, REGION) is None


@pytest.mark.parametrize("statement", [None, _statement(BY_EC2)])
def test_one_statement_may_be_without_a_list(statement: object) -> None:
    """IAM takes one statement for a list of one."""
    assert trust_problem({"Statement": statement}, REGION) is not None


ONLY_SERVERLESS = "trusts redshift-serverless.amazonaws.com; Redshift in eu-west-1 cannot assume it"
ELSEWHERE = "redshift-serverless.us-east-1.amazonaws.com"
ONLY_PROVISIONED = "trusts redshift.amazonaws.com; Redshift Serverless in eu-west-1 cannot assume it"


@pytest.mark.parametrize(
    ("statements", "problem"),
    [
        ([_statement(BY_EC2)], "trusts ec2.amazonaws.com; Redshift Serverless in eu-west-1 cannot assume it"),
        ([_deny("*")], DENIED),
        (
            [_statement({"Service": ELSEWHERE}), _statement(BY_REDSHIFT)],
            f"trusts {ELSEWHERE}, redshift.amazonaws.com; Redshift Serverless in eu-west-1 cannot assume it",
        ),
        ([_deny(BY_SERVERLESS), _statement(BY_SERVERLESS), _statement(BY_REDSHIFT)], DENIED),
        ([_deny(BY_REDSHIFT), _statement(BY_SERVERLESS), _statement(BY_REDSHIFT)], DENIED),
        ([_statement(BY_REDSHIFT)], ONLY_PROVISIONED),
        ([_statement(BY_SERVERLESS)], ONLY_SERVERLESS),
        ([_statement(BY_REDSHIFT), _statement(BY_SERVERLESS, action="sts:TagSession")], ONLY_PROVISIONED),
        ([_statement(BY_SERVERLESS), _statement(BY_REDSHIFT)], None),
        ([_statement({"Service": [SERVERLESS_NAME, REDSHIFT]})], None),
        ([_statement({"Service": "redshift-serverless.eu-west-1.amazonaws.com"}), _statement(BY_REDSHIFT)], None),
        ([_statement({"Service": placeholder("Data#Service")})], None),
        ([_statement({"Service": f"redshift-{placeholder('Data#Service')}"}), _statement(BY_REDSHIFT)], None),
        ([_statement("*")], None),
    ],
)
def test_both_services_must_be_able_to_assume_the_role_of_a_namespace(
    statements: list[object], problem: str | None
) -> None:
    """AWS: a role for Serverless trusts redshift-serverless.amazonaws.com and redshift.amazonaws.com. The message
    names the one that cannot.
    """
    assert _problem(*statements, services=(SERVERLESS, PROVISIONED)) == problem


@pytest.mark.parametrize(
    ("document", "services"),
    [
        *(
            ({"Statement": statements}, services)
            for statements, services in (
                ([_statement(BY_REDSHIFT)], [PROVISIONED]),
                ([_statement({"Service": ["ec2.amazonaws.com", "redshift.us-east-1.amazonaws.com"]})], [PROVISIONED]),
                ([_statement(BY_SERVERLESS), _statement(BY_REDSHIFT)], [PROVISIONED, SERVERLESS]),
                ([_statement({"Service": [1, REDSHIFT]})], [PROVISIONED]),
                ([_statement(BY_EC2), _statement("*"), _statement({"Service": placeholder("Data#Service")})], []),
                ([_deny(BY_REDSHIFT), _statement(BY_REDSHIFT, action="sts:TagSession")], []),
                (["x"], []),
            )
        ),
        (None, []),
        ("x", []),
        ({}, []),
    ],
)
def test_the_services_that_a_role_is_for_are_those_it_names(document: object, services: list[str]) -> None:
    """A role that everybody may assume is not made for Redshift."""
    assert trusted_services(document) == services


OURS, THEIRS = "111111111111", "222222222222"


def _arn(region: str = REGION, account: str = OURS, resource: str = "cluster:warehouse") -> str:
    return f"arn:aws:redshift:{region}:{account}:{resource}"


def _placed(*statements: object, region: str | None = REGION, account: str | None = OURS) -> str | None:
    return trust_problem({"Version": "2012-10-17", "Statement": list(statements)}, region, account=account)


@pytest.mark.parametrize(
    ("operator", "key", "value", "shown"),
    [
        ("StringEquals", "aws:SourceAccount", THEIRS, f"aws:SourceAccount is {THEIRS}"),
        ("StringEquals", "aws:SourceAccount", int(THEIRS), f"aws:SourceAccount is {THEIRS}"),
        (
            "StringEquals",
            "AWS:sourceaccount",
            [THEIRS, "333333333333"],
            f"AWS:sourceaccount is {THEIRS} or 333333333333",
        ),
        ("StringEquals", "aws:SourceAccount", "*", "aws:SourceAccount is *"),
        ("StringEqualsIgnoreCase", "aws:SourceAccount", THEIRS, f"aws:SourceAccount is {THEIRS}"),
        ("StringLike", "aws:SourceAccount", "2*", "aws:SourceAccount is 2*"),
        ("StringEqualsIfExists", "aws:SourceAccount", THEIRS, f"aws:SourceAccount is {THEIRS}"),
        ("ForAnyValue:StringEquals", "aws:SourceAccount", [THEIRS], f"aws:SourceAccount is {THEIRS}"),
        ("ForAllValues:StringLikeIfExists", "aws:SourceAccount", THEIRS, f"aws:SourceAccount is {THEIRS}"),
        ("StringNotEquals", "aws:SourceAccount", [THEIRS, OURS], f"aws:SourceAccount is not {THEIRS} or {OURS}"),
        ("StringNotLikeIfExists", "aws:SourceAccount", "1*", "aws:SourceAccount is not 1*"),
        *(
            (operator, "aws:SourceArn", value, f"aws:SourceArn is {value}")
            for operator in ("ArnLike", "ArnEquals", "ArnLikeIfExists", "StringLike", "StringEquals")
            for value in (_arn(account=THEIRS), _arn("us-east-1"))
        ),
        ("ArnLike", "aws:SourceArn", _arn("us-*", "*"), "aws:SourceArn is arn:aws:redshift:us-*:*:cluster:warehouse"),
        ("ArnLike", "aws:SourceArn", _arn("*", THEIRS, "*"), f"aws:SourceArn is arn:aws:redshift:*:{THEIRS}:*"),
        ("StringEquals", "sts:ExternalId", _arn(account=THEIRS, resource="dbuser:a/b"), None),
        ("StringLike", "sts:ExternalId", _arn("us-east-1", "*", "dbuser:a/*"), None),
    ],
)
def test_fails_when_a_condition_is_for_another_account_or_region(
    operator: str, key: str, value: object, shown: str | None
) -> None:
    """The message says which condition, and what the cluster has; one that is met besides does not help."""
    met = {"StringLike": {"aws:SourceAccount": "*"}} if operator != "StringLike" else {}
    statement = _statement(BY_REDSHIFT, Condition={operator: {key: value}, **met})
    limit = shown or f"{key} is {value}"

    assert _placed(statement, _statement(BY_EC2)) == (
        f"trusts ec2.amazonaws.com, redshift.amazonaws.com where {limit}; "
        "Redshift in eu-west-1 of account 111111111111 cannot assume it"
    )
    assert _placed(statement, _statement(BY_REDSHIFT)) is None


@pytest.mark.parametrize(
    "condition",
    [
        {},
        {"StringEquals": {"aws:SourceAccount": OURS}},
        {"StringEquals": {"aws:SourceAccount": [THEIRS, OURS]}},
        {"StringLike": {"aws:SourceAccount": "1*"}},
        {"StringNotEquals": {"aws:SourceAccount": THEIRS}},
        {"StringEquals": {"aws:SourceAccount": [THEIRS, placeholder("Account")]}},
        {"StringNotEquals": {"aws:SourceAccount": placeholder("Account")}},
        {"StringEquals": {"aws:SourceAccount": "${aws:PrincipalTag/account}"}},
        {"StringEquals": {"aws:SourceAccount": []}},
        {"StringEquals": {"aws:SourceAccount": [THEIRS, {"Fn::If": ["Ours", OURS, THEIRS]}]}},
        {"ArnLike": {"aws:SourceArn": [_arn(account=THEIRS), _arn()]}},
        {"ArnLike": {"aws:SourceArn": _arn("*", "*")}},
        {"ArnLike": {"aws:SourceArn": f"arn:aws:redshift:{placeholder('AWS::Region')}:{OURS}:cluster:warehouse"}},
        {"StringLike": {"aws:SourceArn": "*"}},
        {"StringEquals": {"sts:ExternalId": "a secret"}},
        {"StringEqualsIfExists": {"sts:ExternalId": _arn(account=THEIRS, resource="dbuser:a/b")}},
        {"ForAllValues:StringEquals": {"sts:ExternalId": _arn(account=THEIRS, resource="dbuser:a/b")}},
        {"StringEquals": {"aws:PrincipalAccount": THEIRS, "aws:SourceOrgID": "o-1"}},
        {"Null": {"aws:SourceAccount": "true"}},
        {"StringEquals": placeholder("Keys")},
        placeholder("Condition"),
    ],
    ids=str,
)
def test_a_condition_that_may_be_met_does_not_fail(condition: object) -> None:
    """It is of this account and region, or the deployment or the request decides."""
    assert _placed(_statement(BY_REDSHIFT, Condition=condition)) is None


def test_a_place_that_is_not_known_may_be_the_one_in_a_condition() -> None:
    """Each of account and region is compared where it is known."""
    account = _statement(BY_REDSHIFT, Condition={"StringEquals": {"aws:SourceAccount": THEIRS}})
    arn = _statement(BY_REDSHIFT, Condition={"ArnLike": {"aws:SourceArn": _arn("us-east-1", THEIRS)}})

    assert [None, None] == [_placed(account, account=unknown) for unknown in (None, placeholder("AWS::AccountId"))]
    assert _placed(arn, region=None, account=None) is None
    assert str(_placed(arn, region=None)).endswith("; Redshift of account 111111111111 cannot assume it")
    assert str(_placed(arn, account=None)).endswith("; Redshift in eu-west-1 cannot assume it")


@pytest.mark.parametrize(
    ("condition", "denied"),
    [
        ({}, True),
        ({"StringNotEquals": {"aws:SourceAccount": THEIRS}}, True),
        ({"StringEquals": {"aws:SourceAccount": OURS}}, True),
        ({"ArnNotLike": {"aws:SourceArn": _arn("*", THEIRS, "*")}}, True),
        ({"StringNotEquals": {"aws:SourceAccount": OURS}}, False),
        ({"StringNotEquals": {"aws:SourceAccount": placeholder("Account")}}, False),
        ({"ArnNotLike": {"aws:SourceArn": _arn("*", OURS, "*")}}, False),
        ({"StringNotEquals": {"aws:SourceAccount": THEIRS}, "Bool": {"aws:PrincipalIsAWSService": "true"}}, False),
    ],
    ids=str,
)
def test_a_denial_under_a_condition_counts_where_it_surely_holds(condition: object, denied: bool) -> None:
    """That all others than one account are denied is written so, too."""
    assert _placed(_statement(BY_REDSHIFT), _deny("*", Condition=condition)) == (DENIED if denied else None)
