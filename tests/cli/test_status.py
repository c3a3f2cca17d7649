"""The command `redshift-roles status`."""

from __future__ import annotations

import io
import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import boto3
import pytest
from botocore.exceptions import (
    EndpointConnectionError,
    ParamValidationError,
    ReadTimeoutError,
    UnauthorizedSSOTokenError,
)
from botocore.stub import Stubber

from redshift_roles.cli import main
from redshift_roles.custom_resource.handler import reconcile
from tests.conftest import ACCOUNT, REGION

A, B = (f"arn:aws:iam::{ACCOUNT}:role/{name}" for name in "AB")
UNREACHABLE = EndpointConnectionError(endpoint_url="https://redshift.eu-west-1.amazonaws.com")
BUSY = ("Throttling", "slow")
SETTINGS = "check --region, --profile and the credentials: aws sso login, or aws configure"
LATER = "check the network and the region, or try again later"


def _answer(*roles: tuple[str, str], status: str = "available", default: str = "") -> dict[str, Any]:
    listed = [{"IamRoleArn": arn, "ApplyStatus": apply_status} for arn, apply_status in roles]
    cluster = {"ClusterIdentifier": "warehouse", "ClusterStatus": status, "IamRoles": listed}
    return {"Clusters": [{**cluster, "DefaultIamRoleArn": default} if default else cluster]}


def _namespace_answer(*entries: str, status: str = "AVAILABLE", default: str = "") -> dict[str, Any]:
    namespace = {"namespaceName": "sales", "status": status, "iamRoles": [*entries]}
    return {"namespace": {**namespace, "defaultIamRoleArn": default} if default else namespace}


def _entry(arn: str, status: str = "in-sync") -> str:
    return f"IamRole(applyStatus={status}, iamRoleArn={arn})"


class Run(NamedTuple):
    """What a run of the command printed, how long it waited, and how it made its session."""

    code: int
    out: str
    err: str
    slept: list[float]
    sessions: list[dict[str, Any]]


class _Line:
    """A client whose first calls fail before they reach AWS."""

    def __init__(self, client: Any, lost: list[Exception]) -> None:
        self._client, self._lost, self.meta = client, lost, client.meta

    def __getattr__(self, name: str) -> Any:
        def call(**request: Any) -> Any:
            if self._lost:
                raise self._lost.pop(0)
            return getattr(self._client, name)(**request)

        return call


class Asked(NamedTuple):
    """What a run asks about: its words, the service, and the call with its request."""

    words: list[str]
    service: str
    call: str
    request: dict[str, str]


CLUSTER = Asked(["warehouse"], "redshift", "describe_clusters", {"ClusterIdentifier": "warehouse"})
NAMESPACE = Asked(["--namespace", "sales"], "redshift-serverless", "get_namespace", {"namespaceName": "sales"})
Status = Callable[..., Run]
REAL_SESSION, REAL_CLOCK = boto3.Session, reconcile.Clock


@pytest.fixture(autouse=True)
def _no_configuration(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A machine without AWS configuration."""
    for name in ("AWS_REGION", "AWS_DEFAULT_REGION", "AWS_PROFILE", "AWS_ENDPOINT_URL", "AWS_SESSION_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        monkeypatch.setenv(name, str(tmp_path / name))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")


@pytest.fixture(scope="module")
def clients() -> dict[str, Any]:
    """Clients of boto3, which a `Stubber` answers."""
    session = REAL_SESSION(region_name=REGION, aws_access_key_id="x", aws_secret_access_key="x")  # noqa: S106
    return {asked.service: session.client(asked.service) for asked in (CLUSTER, NAMESPACE)}


@pytest.fixture
def status(clients: dict[str, Any], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Status:
    """Run the command in this process, with answers of AWS that fit botocore's model."""

    def run(answers: list[Any], *words: str, asked: Asked = CLUSTER) -> Run:
        stubber = Stubber(clients[asked.service])
        for answer in answers:
            if isinstance(answer, dict):
                stubber.add_response(asked.call, answer, asked.request)
            elif isinstance(answer, tuple):
                stubber.add_client_error(asked.call, *answer)
        lost = [answer for answer in answers if isinstance(answer, Exception)]
        sessions: list[dict[str, Any]] = []
        slept: list[float] = []

        class Session:
            def __init__(self, **options: Any) -> None:
                sessions.append(options)

            def client(self, name: str, **_: Any) -> Any:
                return _Line(clients[name], lost)

        monkeypatch.setattr(boto3, "Session", Session)
        clock = REAL_CLOCK(now=lambda: sum(slept), sleep=slept.append, jitter=lambda: 1.0)
        monkeypatch.setattr(reconcile, "Clock", lambda: clock)
        with stubber:
            code = main.main(["status", *asked.words, *words])
        stubber.assert_no_pending_responses()
        captured = capsys.readouterr()
        return Run(code, captured.out, captured.err, slept, sessions)

    return run


def _fails_without_aws(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    """Run the command with the real boto3, which stops before it calls AWS; return what it says."""
    assert 2 == main.main(["status", "warehouse", *words])
    captured = capsys.readouterr()
    assert "" == captured.out
    assert "Traceback" not in captured.err
    return captured.err


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ([], "NoRegionError: You must specify a region."),
        (["--region", REGION], "NoCredentialsError: Unable to locate credentials"),
        (["--profile", "nobody"], "ProfileNotFound: The config profile (nobody) could not be found"),
        (
            ["--region", "eu west"],
            "InvalidRegionError: Provided region_name 'eu west' doesn't match a supported format.",
        ),
    ],
)
def test_fails_when_the_configuration_lacks_something(
    capsys: pytest.CaptureFixture[str], words: list[str], message: str
) -> None:
    """The words of boto3 come first, then what to check."""
    assert f"redshift-roles: {message}\n  fix: {SETTINGS}\n" == _fails_without_aws(capsys, *words)


def test_fails_when_boto3_is_not_installed(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """The fix names the extra."""
    monkeypatch.setitem(sys.modules, "boto3", None)

    assert "redshift-roles: boto3 is not installed\n  fix: pip install 'cdk-redshift-roles[cli]'\n" == (
        _fails_without_aws(capsys)
    )


ROLE = "role_arn = arn:aws:iam::123456789012:role/x"
SOURCE = "source_profile = s\n[profile s]\naws_access_key_id = A\naws_secret_access_key = x\n"


@pytest.mark.parametrize(
    ("profile", "message"),
    [
        ("credential_process = /nope/x", "FileNotFoundError: [Errno 2] No such file or directory: '/nope/x'"),
        (f'credential_process = {sys.executable} -c "print(chr(33))"', "JSONDecodeError: Expecting value: line 1 column 1 (char 0)"),
        (f"{ROLE}\nweb_identity_token_file = /nope/token", "FileNotFoundError: [Errno 2] No such file or directory: '/nope/token'"),
        (f"{ROLE}\nmfa_serial = arn:aws:iam::123456789012:mfa/me\n{SOURCE}", "EOFError"),
    ],
    ids=["no program", "no answer", "no file", "no terminal"],
)  # fmt: skip
@pytest.mark.filterwarnings("ignore::getpass.GetPassWarning")
def test_fails_when_credentials_cannot_be_read(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], profile: str, message: str
) -> None:
    """The configuration names something that is missing, or asks for input that nobody can give."""
    Path(os.environ["AWS_CONFIG_FILE"]).write_text(f"[profile p]\nregion = {REGION}\n{profile}\n")
    monkeypatch.setattr(sys, "stdin", io.StringIO())
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name, raising=False)

    assert _fails_without_aws(capsys, "--profile", "p", "--wait").endswith(
        f"redshift-roles: {message}\n  fix: {SETTINGS}\n"
    )


def test_fails_when_the_configuration_cannot_be_read(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Before AWS is called."""

    def closed(**_: object) -> None:
        raise PermissionError(13, "Permission denied", "/home/me/.aws/config")

    monkeypatch.setattr(boto3, "Session", closed)

    assert "PermissionError: [Errno 13] Permission denied: '/home/me/.aws/config'\n  fix:" in _fails_without_aws(capsys)


MISSING = "there is no provisioned cluster 'warehouse' in eu-west-1 in the account of these credentials"
ALLOW = "allow redshift:DescribeClusters on cluster:warehouse, as the RoleAssociationPolicy of this cluster does"


@pytest.mark.parametrize("words", [[], ["--wait"]])
@pytest.mark.parametrize(
    ("answer", "message", "fix"),
    [
        (("ClusterNotFound", "no"), MISSING, SETTINGS),
        (("ClusterNotFoundFault", "no"), MISSING, SETTINGS),
        ({"Clusters": []}, MISSING, SETTINGS),
        (("AccessDenied", "no"), "AccessDenied: no", ALLOW),
        (("AccessDeniedException", "no"), "AccessDeniedException: no", ALLOW),
        (("UnauthorizedOperation", "no"), "UnauthorizedOperation: no", ALLOW),
        (("ExpiredToken", "no"), "ExpiredToken: no", SETTINGS),
        (("InvalidClientTokenId", "no"), "InvalidClientTokenId: no", SETTINGS),
        (("OptInRequired", "no"), "OptInRequired: no", SETTINGS),
        (error := UnauthorizedSSOTokenError(), f"UnauthorizedSSOTokenError: {error}", SETTINGS),
        (odd := ParamValidationError(report="odd"), f"ParamValidationError: {odd}", SETTINGS),
    ],
)
def test_fails_at_once_when_asking_again_would_not_help(
    status: Status, answer: Any, message: str, fix: str, words: list[str]
) -> None:
    """The words of AWS come first, then what to do; nothing waits."""
    assert (2, "", f"redshift-roles: {message}\n  fix: {fix}\n", []) == status([answer], *words)[:4]


NO_NAMESPACE = "there is no Serverless namespace 'sales' in eu-west-1 in the account of these credentials"
ALLOW_NAMESPACE = (
    "allow redshift-serverless:GetNamespace on namespace sales, as the RoleAssociationPolicy of this namespace does"
)


# https://docs.aws.amazon.com/redshift-serverless/latest/APIReference/CommonErrors.html
@pytest.mark.parametrize("words", [[], ["--wait"]])
@pytest.mark.parametrize(
    ("code", "message", "fix"),
    [
        ("ResourceNotFoundException", NO_NAMESPACE, SETTINGS),
        ("AccessDeniedException", "AccessDeniedException: no", ALLOW_NAMESPACE),
        ("ValidationException", "ValidationException: no", SETTINGS),
        ("UnrecognizedClientException", "UnrecognizedClientException: no", SETTINGS),
        ("ExpiredTokenException", "ExpiredTokenException: no", SETTINGS),
        ("OptInRequired", "OptInRequired: no", SETTINGS),
    ],
)
def test_fails_at_once_when_asking_for_a_namespace_again_would_not_help(
    status: Status, code: str, message: str, fix: str, words: list[str]
) -> None:
    """As for a cluster, with the codes of Redshift Serverless."""
    run = status([(code, "no")], *words, asked=NAMESPACE)

    assert (2, "", f"redshift-roles: {message}\n  fix: {fix}\n", []) == run[:4]


@pytest.mark.parametrize("code", ["InternalServerException", "ThrottlingException", "ServiceUnavailable"])
def test_fails_when_aws_does_not_show_a_namespace_now(status: Status, code: str) -> None:
    """Without --wait it asks once, and with it again."""
    message = f"redshift-roles: {code}: no\n"
    assert (2, "", f"{message}  fix: {LATER}\n", []) == status([(code, "no")], asked=NAMESPACE)[:4]

    again = status([(code, "no"), _namespace_answer(_entry(A))], "--wait", asked=NAMESPACE)
    done = "redshift-roles: namespace sales is AVAILABLE; 1 of 1 roles in sync\n"
    assert (0, f"namespace sales is AVAILABLE\n  in-sync  {A}\n", message + done, [2.0]) == again[:4]


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (BUSY, "Throttling: slow"),
        (("InternalFailure", "x", 500), "InternalFailure: x"),
        (("Whatever", "x"), "Whatever: x"),
        (UNREACHABLE, f"EndpointConnectionError: {UNREACHABLE}"),
    ],
)
def test_fails_when_aws_gives_no_answer_now(status: Status, answer: Any, message: str) -> None:
    """Without --wait it asks once."""
    assert (2, "", f"redshift-roles: {message}\n  fix: {LATER}\n", []) == status([answer])[:4]


@pytest.mark.parametrize(
    ("words", "reported"),
    [
        (["Warehouse"], "argument CLUSTER: must be 1 to 63 lower-case letters"),
        (["w", "--timeout", "0"], "must be 1 to 86400 seconds, got '0'"),
        (["w", "--timeout", "86401"], "must be 1 to 86400 seconds, got '86401'"),
        (["w", "--timeout", "1.5"], "must be 1 to 86400 seconds, got '1.5'"),
        ([], "one of the arguments CLUSTER --namespace is required"),
        (["w", "--namespace", "sales"], "argument --namespace: not allowed with argument CLUSTER"),
        (["--namespace", "no"], "must be 3 to 64 lower-case letters, digits and hyphens, got 'no'"),
        (["--namespace", "n" * 65], "must be 3 to 64 lower-case letters, digits and hyphens"),
        (["--namespace", "Sales"], "must be 3 to 64 lower-case letters, digits and hyphens, got 'Sales'"),
        (["w", "--role", "Loader"], "must be the ARN of an IAM role, got 'Loader', which is not an ARN"),
        (["w", "--role", f"arn:aws:iam::{ACCOUNT}:user/me"], "which is the ARN of a user, not of a role"),
    ],
)
def test_fails_when_a_word_cannot_be_understood(
    words: list[str], reported: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Argparse says which, and AWS is not called."""
    with pytest.raises(SystemExit) as caught:
        main.main(["status", *words])

    said = capsys.readouterr().err
    assert 2 == caught.value.code
    assert "redshift-roles status: error:" in said
    assert reported in said


@pytest.mark.parametrize("seconds", ["1", "86400"])
def test_a_timeout_is_a_second_to_a_day(status: Status, seconds: str) -> None:
    """Both ends are allowed."""
    assert 0 == status([_answer((A, "in-sync"))], "--timeout", seconds).code


def test_fails_when_the_time_is_over(status: Status) -> None:
    """The last state is reported; no pause goes beyond the end."""
    late = _answer((A, "in-sync"), (B, "adding"))
    state = f"cluster warehouse is available; 1 of 2 roles in sync; {B} is adding"

    assert (
        1,
        f"cluster warehouse is available\n  in-sync  {A}\n  adding   {B}\n",
        f"redshift-roles: {state}\nredshift-roles: cluster warehouse: not done in 4 seconds: {state}\n",
        [2.0],
    ) == status([late, late], "--timeout", "4")[:4]


def test_fails_when_the_roles_of_a_namespace_are_late(status: Status) -> None:
    """In the same words as for a cluster."""
    late = _namespace_answer(_entry(A), _entry(B, "adding"), status="MODIFYING")
    state = f"namespace sales is MODIFYING; 1 of 2 roles in sync; {B} is adding"

    assert (
        1,
        f"namespace sales is MODIFYING\n  in-sync  {A}\n  adding   {B}\n",
        f"redshift-roles: {state}\nredshift-roles: namespace sales: not done in 4 seconds: {state}\n",
        [2.0],
    ) == status([late, late], "--timeout", "4", asked=NAMESPACE)[:4]


def test_fails_when_aws_is_out_of_reach_until_the_time_is_over(status: Status) -> None:
    """There is nothing to report."""
    run = status([UNREACHABLE] * 3, "--timeout", "6")

    assert (2, "", [2.0, 3.0]) == (run.code, run.out, run.slept)
    assert run.err.endswith(f": EndpointConnectionError: {UNREACHABLE}\n  fix: {LATER}\n")


def test_fails_when_the_cluster_is_deleted_meanwhile(status: Status) -> None:
    """The wait ends."""
    run = status([_answer((A, "adding")), ("ClusterNotFound", "no")], "--wait")

    assert (2, "", [2.0]) == (run.code, run.out, run.slept)
    assert MISSING in run.err


@pytest.mark.parametrize("state", ["adding", "removing", "something-new"])
def test_a_role_that_is_not_in_sync_is_late(status: Status, state: str) -> None:
    """Without --wait the exit code says so, in the report one key."""
    run = status([_answer((A, "in-sync"), (B, state))], "--format", "json")

    assert (1, "", []) == (run.code, run.err, run.slept)
    assert False is json.loads(run.out)["inSync"]


@pytest.mark.parametrize(
    ("answer", "text"),
    [
        (_answer(), "cluster warehouse is available\n  no roles are associated\n"),
        (
            _answer((B, "in-sync"), (A, "in-sync"), default=B, status="paused"),
            f"cluster warehouse is paused\n  in-sync  {A}\n  in-sync  {B}  (default)\n",
        ),
    ],
)
def test_a_person_reads_the_roles_by_arn(status: Status, answer: Any, text: str) -> None:
    """One line for each, the default role is marked."""
    assert (0, text, "") == status([answer])[:3]


@pytest.mark.parametrize(("default", "written"), [(A, A), ("", None), (B, B)])
def test_a_program_reads_the_same_as_json(status: Status, default: str, written: str | None) -> None:
    """There is null without a default role; a default role that is not associated is there too."""
    run = status([_answer((A, "in-sync"), default=default)], "--format", "json")

    assert {
        "cluster": "warehouse",
        "status": "available",
        "inSync": True,
        "defaultRole": written,
        "roles": [{"arn": A, "status": "in-sync", "default": default == A}],
    } == json.loads(run.out)


def test_it_waits_until_all_are_in_sync_and_prints_each_step_once(status: Status) -> None:
    """The pauses grow as long as the state is the same; calls without an answer do not end the wait."""
    adding, lost = _answer((A, "adding"), status="modifying"), ReadTimeoutError(endpoint_url="https://redshift")
    run = status([lost, adding, adding, BUSY, BUSY, adding, adding, _answer((A, "in-sync"))], "--wait")
    step = f"cluster warehouse is modifying; 0 of 1 roles in sync; {A} is adding"

    assert f"cluster warehouse is available\n  in-sync  {A}\n" == run.out
    assert [
        f"redshift-roles: {line}"
        for line in (
            f"ReadTimeoutError: {lost}",
            step,
            "Throttling: slow",
            step,
            "cluster warehouse is available; 1 of 1 roles in sync",
        )
    ] == run.err.splitlines()
    assert (0, [2.0, 2.0, 3.0, 4.5, 6.75]) == (run.code, run.slept[:5])


def test_the_profile_and_the_region_reach_boto3(status: Status) -> None:
    """What is not given is left to the AWS configuration."""
    answer = _answer((A, "in-sync"))

    assert [{"profile_name": "p", "region_name": "r"}] == status([answer], "--profile", "p", "--region", "r").sessions
    assert [{"profile_name": None, "region_name": None}] == status([answer]).sessions


# The two orders, and an entry without a status: what the API and AWS's own code for it show.
# https://github.com/aws-cloudformation/aws-cloudformation-resource-providers-redshift-serverless
@pytest.mark.parametrize(
    ("entry", "arn", "shown"),
    [
        (f"IamRole(applyStatus=in-sync, iamRoleArn={A})", A, "in-sync"),
        (f"IamRole(iamRoleArn={A}, applyStatus=in-sync)", A, "in-sync"),
        (f"IamRole(iamRoleArn={A}, applyStatus=removing)", A, "removing"),
        (f"IamRole(applyStatus=in-sync, iamRoleArn={A}/a,b=c)", f"{A}/a,b=c", "in-sync"),
        (f"IamRole(iamRoleArn={A}/a,b=c, applyStatus=in-sync)", f"{A}/a,b=c", "in-sync"),
        (f"IamRole(applyStatus=null, iamRoleArn={A})", A, "adding"),
        (f"IamRole(iamRoleArn={A})", A, "adding"),
        (A, A, "adding"),
        ("IamRole(applyStatus=in-sync)", "IamRole(applyStatus=in-sync)", "in-sync"),
    ],
)
def test_the_entries_of_a_namespace_are_read_in_either_order(status: Status, entry: str, arn: str, shown: str) -> None:
    """A role without a status is not in sync."""
    run = status([_namespace_answer(entry, default=A)], "--format", "json", asked=NAMESPACE)

    assert (0 if shown == "in-sync" else 1) == run.code
    assert {
        "namespace": "sales",
        "status": "AVAILABLE",
        "inSync": shown == "in-sync",
        "defaultRole": A,
        "roles": [{"arn": arn, "status": shown, "default": arn == A}],
    } == json.loads(run.out)


def test_a_namespace_may_have_no_roles(status: Status) -> None:
    """Then all are in sync, and none is the default."""
    run = status([{"namespace": {"status": "AVAILABLE"}}], asked=NAMESPACE)
    assert (0, "namespace sales is AVAILABLE\n  no roles are associated\n", "") == run[:3]


@pytest.mark.parametrize(
    ("asked", "answer"),
    [
        (CLUSTER, _answer((A, "adding"), (B, "in-sync"), default=B)),
        (NAMESPACE, _namespace_answer(_entry(A, "adding"), _entry(B), default=B)),
    ],
)
def test_only_the_roles_that_are_asked_for_count(status: Status, asked: Asked, answer: Any) -> None:
    """Others may be late; one that is not associated is late itself; the same one twice is one."""
    there = status([answer], "--role", B, "--role", B, asked=asked)
    assert (0, f"  in-sync  {B}  (default)", "") == (there.code, there.out.splitlines()[1], there.err)
    assert 2 == len(there.out.splitlines())

    other = f"{B}Other"
    late = status([answer], "--role", other, "--role", B, asked=asked)
    assert (1, [f"  not associated  {other}"]) == (late.code, late.out.splitlines()[2:])


def test_it_waits_for_the_roles_that_are_asked_for(status: Status) -> None:
    """Until they are associated and in sync."""
    run = status([_answer((A, "adding")), _answer((A, "adding"), (B, "in-sync"))], "--role", B, "--wait")

    assert (0, [2.0]) == (run.code, run.slept)
    assert f"cluster warehouse is available; 0 of 1 roles in sync; {B} is not associated" in run.err
