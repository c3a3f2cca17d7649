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

    def describe_clusters(self, **request: Any) -> Any:
        if self._lost:
            raise self._lost.pop(0)
        return self._client.describe_clusters(**request)


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
def client() -> Any:
    """A client of boto3, which a `Stubber` answers."""
    return REAL_SESSION(region_name=REGION, aws_access_key_id="x", aws_secret_access_key="x").client("redshift")  # noqa: S106


@pytest.fixture
def status(client: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Status:
    """Run the command in this process, with answers of AWS that fit botocore's model."""

    def run(answers: list[Any], *words: str) -> Run:
        stubber = Stubber(client)
        for answer in answers:
            if isinstance(answer, dict):
                stubber.add_response("describe_clusters", answer, {"ClusterIdentifier": "warehouse"})
            elif isinstance(answer, tuple):
                stubber.add_client_error("describe_clusters", *answer)
        lost = [answer for answer in answers if isinstance(answer, Exception)]
        sessions: list[dict[str, Any]] = []
        slept: list[float] = []

        class Session:
            def __init__(self, **options: Any) -> None:
                sessions.append(options)

            def client(self, name: str, **_: Any) -> Any:
                assert "redshift" == name
                return _Line(client, lost)

        monkeypatch.setattr(boto3, "Session", Session)
        clock = REAL_CLOCK(now=lambda: sum(slept), sleep=slept.append, jitter=lambda: 1.0)
        monkeypatch.setattr(reconcile, "Clock", lambda: clock)
        with stubber:
            code = main.main(["status", "warehouse", *words])
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
    "words", [["Warehouse"], ["w", "--timeout", "0"], ["w", "--timeout", "86401"], ["w", "--timeout", "1.5"], []]
)
def test_fails_when_a_word_cannot_be_understood(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """Argparse says which, and AWS is not called."""
    with pytest.raises(SystemExit) as caught:
        main.main(["status", *words])

    assert 2 == caught.value.code
    assert "redshift-roles status: error:" in capsys.readouterr().err


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
    """The pauses grow; calls without an answer do not end the wait."""
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
    assert (0, [2.0, 3.0, 4.5, 6.75]) == (run.code, run.slept[:4])


def test_the_profile_and_the_region_reach_boto3(status: Status) -> None:
    """What is not given is left to the AWS configuration."""
    answer = _answer((A, "in-sync"))

    assert [{"profile_name": "p", "region_name": "r"}] == status([answer], "--profile", "p", "--region", "r").sessions
    assert [{"profile_name": None, "region_name": None}] == status([answer]).sessions
