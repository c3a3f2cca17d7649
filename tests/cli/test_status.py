"""The command `redshift-roles status`."""

from __future__ import annotations

import argparse
import io
import json
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.exceptions import (
    EndpointConnectionError,
    ParamValidationError,
    ReadTimeoutError,
    TokenRetrievalError,
    UnauthorizedSSOTokenError,
)
from botocore.stub import Stubber

from redshift_roles.cli import main
from redshift_roles.cli import status as status_command
from tests.conftest import ACCOUNT, REGION

A, B = (f"arn:aws:iam::{ACCOUNT}:role/{name}" for name in "AB")
UNREACHABLE = EndpointConnectionError(endpoint_url="https://redshift.eu-west-1.amazonaws.com")


def _answer(*roles: tuple[str, str], status: str = "available", default: str = "") -> dict[str, Any]:
    listed = [{"IamRoleArn": arn, "ApplyStatus": apply_status} for arn, apply_status in roles]
    cluster = {"ClusterIdentifier": "warehouse", "ClusterStatus": status, "IamRoles": listed}
    return {"Clusters": [{**cluster, "DefaultIamRoleArn": default} if default else cluster]}


class Told:
    """What the command told, and how long it waited."""

    def __init__(self, code: int, out: str, err: str, slept: list[float], sessions: list[dict[str, Any]]) -> None:
        self.code, self.out, self.err, self.slept, self.sessions = code, out, err, slept, sessions


class _Line:
    """A client over a line that breaks first."""

    def __init__(self, client: Any, lost: list[Exception]) -> None:
        self._client, self._lost, self.meta = client, lost, client.meta

    def describe_clusters(self, **request: Any) -> Any:
        if self._lost:
            raise self._lost.pop(0)
        return self._client.describe_clusters(**request)


Status = Callable[..., Told]
REAL_SESSION = boto3.Session


@pytest.fixture(autouse=True)
def _no_configuration(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A machine without AWS configuration."""
    for name in ("AWS_REGION", "AWS_DEFAULT_REGION", "AWS_PROFILE", "AWS_ENDPOINT_URL", "AWS_SESSION_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        monkeypatch.setenv(name, str(tmp_path / name))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")


@pytest.fixture
def status(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Status:
    """Run the command in this process, against answers of AWS that botocore's own model has checked."""

    def run(answers: list[Any], *words: str) -> Told:
        client = REAL_SESSION(region_name=REGION, aws_access_key_id="x", aws_secret_access_key="x").client(  # noqa: S106
            "redshift"
        )
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
        monkeypatch.setattr(time, "monotonic", lambda: sum(slept))
        monkeypatch.setattr(time, "sleep", slept.append)
        with stubber:
            code = main.main(["status", "warehouse", *words])
        stubber.assert_no_pending_responses()
        captured = capsys.readouterr()
        return Told(code, captured.out, captured.err, slept, sessions)

    return run


def _real(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str]:
    """Run the command with the real boto3, which asks nobody: there is no configuration."""
    code = main.main(["status", "warehouse", *words])
    captured = capsys.readouterr()
    assert "" == captured.out
    return code, captured.err


def test_fails_when_there_is_no_region(capsys: pytest.CaptureFixture[str]) -> None:
    """The fix names the option."""
    assert (
        2,
        "redshift-roles: You must specify a region.\n  fix: name the cluster's region: --region eu-west-1\n",
    ) == _real(capsys)


def test_fails_when_the_region_has_no_such_form(capsys: pytest.CaptureFixture[str]) -> None:
    """A typing error in the region is told as such."""
    code, reported = _real(capsys, "--region", "eu west")

    assert 2 == code
    assert "eu west" in reported
    assert "fix: name the cluster's region: --region eu-west-1" in reported


def test_fails_when_there_are_no_credentials(capsys: pytest.CaptureFixture[str]) -> None:
    """The fix says how to log in."""
    assert (
        2,
        (
            "redshift-roles: Unable to locate credentials\n"
            "  fix: log in: aws sso login, or aws configure; or name a profile: --profile NAME\n"
        ),
    ) == _real(capsys, "--region", REGION)


def test_fails_when_there_is_no_such_profile(capsys: pytest.CaptureFixture[str]) -> None:
    """The profile is named."""
    assert (
        2,
        (
            "redshift-roles: The config profile (nobody) could not be found\n"
            "  fix: name a profile of ~/.aws/config: --profile NAME\n"
        ),
    ) == _real(capsys, "--profile", "nobody")


def test_fails_when_boto3_is_not_installed(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """The fix names the extra."""
    monkeypatch.setitem(sys.modules, "boto3", None)

    assert (
        2,
        "redshift-roles: boto3 is not installed\n  fix: pip install 'cdk-redshift-roles[cli]'\n",
    ) == _real(capsys)


@pytest.mark.parametrize("answer", [("ClusterNotFound", "no"), ("ClusterNotFoundFault", "no"), {"Clusters": []}])
def test_fails_when_there_is_no_such_cluster(status: Status, answer: Any) -> None:
    """The cluster and the region are named."""
    reported = status([answer])

    assert (
        "redshift-roles: there is no provisioned cluster 'warehouse' in eu-west-1 in the account of these credentials\n"
        "  fix: list them: aws redshift describe-clusters --query 'Clusters[].ClusterIdentifier'\n"
    ) == reported.err
    assert (2, "") == (reported.code, reported.out)


@pytest.mark.parametrize("code", ["AccessDenied", "AccessDeniedException", "UnauthorizedOperation"])
def test_fails_when_it_is_not_allowed(status: Status, code: str) -> None:
    """The fix names the action and the cluster."""
    reported = status([(code, "User: x is not authorized")])

    assert (
        f"redshift-roles: {code}: User: x is not authorized\n"
        "  fix: allow redshift:DescribeClusters on cluster:warehouse; "
        "the RoleAssociationPolicy for this cluster does\n"
    ) == reported.err
    assert 2 == reported.code


@pytest.mark.parametrize(
    ("code", "fix"),
    [
        ("ExpiredToken", "log in: aws sso login, or aws configure; or name a profile: --profile NAME"),
        ("InvalidClientTokenId", "log in: aws sso login, or aws configure; or name a profile: --profile NAME"),
        ("Throttling", "try again later"),
        ("Whatever", "see the message; it is AWS's own"),
    ],
)
def test_fails_when_aws_refuses_for_another_reason(status: Status, code: str, fix: str) -> None:
    """AWS's own words come first, then what to do."""
    reported = status([(code, "no")])

    assert f"redshift-roles: {code}: no\n  fix: {fix}\n" == reported.err
    assert 2 == reported.code


def test_fails_when_aws_cannot_be_reached(status: Status) -> None:
    """The address is told; without --wait it is asked once."""
    reported = status([UNREACHABLE])

    assert (
        'redshift-roles: Could not connect to the endpoint URL: "https://redshift.eu-west-1.amazonaws.com"\n'
        "  fix: check the network, and the region\n"
    ) == reported.err
    assert (2, []) == (reported.code, reported.slept)


@pytest.mark.parametrize(
    ("error", "fix"),
    [
        (TokenRetrievalError(provider="sso", error_msg="expired"), "log in: aws sso login, or aws configure; "),
        (UnauthorizedSSOTokenError(), "log in: aws sso login, or aws configure; "),
        (ParamValidationError(report="odd"), "see the message; it is AWS's own\n"),
    ],
)
def test_fails_at_once_when_boto3_cannot_ask(status: Status, error: Exception, fix: str) -> None:
    """What the configuration lacks does not come by waiting; what is unknown is told as it is."""
    reported = status([error], "--wait")

    assert reported.err.startswith(f"redshift-roles: {error}\n  fix: {fix}")
    assert (2, []) == (reported.code, reported.slept)


LOG_IN = "log in: aws sso login, or aws configure; or name a profile: --profile NAME"
SOURCE = "source_profile = s\n[profile s]\naws_access_key_id = A\naws_secret_access_key = x\n"


@pytest.mark.parametrize(
    ("profile", "said"),
    [
        ("credential_process = /nope/x", "[Errno 2] No such file or directory: '/nope/x'"),
        (f'credential_process = {sys.executable} -c "print(chr(33))"', "Expecting value: line 1 column 1 (char 0)"),
        (
            "role_arn = arn:aws:iam::123456789012:role/x\nweb_identity_token_file = /nope/token",
            "[Errno 2] No such file or directory: '/nope/token'",
        ),
        (
            f"role_arn = arn:aws:iam::123456789012:role/x\nmfa_serial = arn:aws:iam::123456789012:mfa/me\n{SOURCE}",
            "a code is asked for, and there is no terminal to type it in",
        ),
    ],
    ids=["no program", "no answer", "no file", "no terminal"],
)
@pytest.mark.filterwarnings("ignore::getpass.GetPassWarning")
def test_fails_when_credentials_cannot_be_found_out(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], profile: str, said: str
) -> None:
    """What they name is not there, or asks for what nobody can answer; no traceback."""
    Path(os.environ["AWS_CONFIG_FILE"]).write_text(f"[profile p]\nregion = {REGION}\n{profile}\n")
    monkeypatch.setattr(sys, "stdin", io.StringIO())
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name, raising=False)

    code, reported = _real(capsys, "--profile", "p", "--wait")

    assert 2 == code
    assert reported.endswith(f"redshift-roles: {said}\n  fix: {LOG_IN}\n")
    assert "Traceback" not in reported


def test_fails_when_the_configuration_cannot_be_read(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Before anybody is asked."""

    def closed(**_: object) -> None:
        raise PermissionError(13, "Permission denied", "/home/me/.aws/config")

    monkeypatch.setattr(boto3, "Session", closed)
    reported = f"redshift-roles: [Errno 13] Permission denied: '/home/me/.aws/config'\n  fix: {LOG_IN}\n"

    assert (2, reported) == _real(capsys)


@pytest.mark.parametrize(
    "words", [["Warehouse"], ["w", "--timeout", "0"], ["w", "--timeout", "86401"], ["w", "--timeout", "1.5"], []]
)
def test_fails_when_a_word_cannot_be_understood(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """Argparse tells which, and AWS is not asked."""
    with pytest.raises(SystemExit) as caught:
        main.main(["status", *words])

    assert 2 == caught.value.code
    assert "redshift-roles status: error:" in capsys.readouterr().err


@pytest.mark.parametrize("text", ["1", "86400"])
def test_the_bounds_of_a_timeout_are_allowed(text: str) -> None:
    """A second, and a day."""
    assert int(text) == status_command._seconds(text)
    with pytest.raises(argparse.ArgumentTypeError):
        status_command._seconds("")


def test_fails_when_the_time_is_over(status: Status) -> None:
    """What is there then is reported, and what is missing is said; it never sleeps beyond the end."""
    late = _answer((A, "in-sync"), (B, "adding"))
    reported = status([late, late, late], "--timeout", "4")

    assert f"cluster warehouse is available\n  in-sync  {A}\n  adding   {B}\n" == reported.out
    assert (
        f"redshift-roles: cluster warehouse is available; 1 of 2 roles in sync; {B} is adding\n"
        "redshift-roles: cluster warehouse is available; not every role is in sync after 4 seconds\n"
    ) == reported.err
    assert (1, [2.0, 2.0]) == (reported.code, reported.slept)


def test_fails_when_aws_is_out_of_reach_until_the_time_is_over(status: Status) -> None:
    """Then there is nothing to report."""
    reported = status([UNREACHABLE] * 3, "--wait", "--timeout", "3")

    assert (2, "", [2.0, 1.0]) == (reported.code, reported.out, reported.slept)
    assert 2 == reported.err.count("Could not connect")


def test_fails_at_once_when_waiting_would_not_help(status: Status) -> None:
    """A cluster that is deleted while it is waited for ends the wait."""
    reported = status([_answer((A, "adding")), ("ClusterNotFound", "no")], "--wait")

    assert (2, [2.0]) == (reported.code, reported.slept)
    assert "there is no provisioned cluster 'warehouse'" in reported.err


@pytest.mark.parametrize(
    ("answer", "code"),
    [(_answer((A, "in-sync")), 0), (_answer(), 0), (_answer((A, "adding")), 1), (_answer((A, "removing")), 1)],
)
def test_without_wait_it_asks_once_and_the_exit_code_says_whether_all_are_in_sync(
    status: Status, answer: Any, code: int
) -> None:
    """Nothing goes to standard error."""
    reported = status([answer])

    assert (code, [], "") == (reported.code, reported.slept, reported.err)


def test_it_shows_each_role_and_marks_the_default(status: Status) -> None:
    """As text or as JSON."""
    answer = _answer((A, "in-sync"), (B, "in-sync"), default=B)

    assert f"cluster warehouse is available\n  in-sync  {A}\n  in-sync  {B}  (default)\n" == status([answer]).out
    assert B == json.loads(status([answer], "--format", "json").out)["defaultRole"]


def test_it_waits_until_all_are_in_sync_and_tells_each_step_once(status: Status) -> None:
    """The pauses grow, to fifteen seconds; a moment without an answer does not end the wait."""
    adding, busy = _answer((A, "adding"), status="modifying"), ("Throttling", "slow")
    reported = status([adding, adding, busy, busy, adding, adding, adding, _answer((A, "in-sync"))], "--wait")

    assert f"cluster warehouse is available\n  in-sync  {A}\n" == reported.out
    step = f"redshift-roles: cluster warehouse is modifying; 0 of 1 roles in sync; {A} is adding\n"
    busy_step = "redshift-roles: Throttling: slow\n  fix: try again later\n"
    done = "redshift-roles: cluster warehouse is available; 1 of 1 roles in sync\n"
    assert step + busy_step + step + done == reported.err
    assert (0, [2.0, 3.0, 4.5, 6.75, 10.125, 15.0, 15.0]) == (reported.code, reported.slept)


def test_a_lost_connection_does_not_end_the_wait(status: Status) -> None:
    """Neither does an answer that never came."""
    broken = [UNREACHABLE, ReadTimeoutError(endpoint_url="https://redshift")]

    assert 0 == status([*broken, _answer((A, "in-sync"))], "--wait").code


def test_the_profile_and_the_region_reach_boto3(status: Status) -> None:
    """What is not given is left to the AWS configuration."""
    answer = _answer((A, "in-sync"))

    assert [{"profile_name": "p", "region_name": "r"}] == status([answer], "--profile", "p", "--region", "r").sessions
    assert [{"profile_name": None, "region_name": None}] == status([answer]).sessions
