"""The command ``redshift-roles status``: the roles of a cluster or a namespace, and whether they can be used.

It asks AWS as the Lambda function of `RoleAssociation` does. Only this command needs boto3.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, Final, NamedTuple

from redshift_roles.aws.arns import parse
from redshift_roles.custom_resource.handler.plan import IN_SYNC, Cluster
from redshift_roles.rules.arguments import CLUSTER_IDENTIFIER, SERVERLESS_NAME, Text

LATE: Final = 1
UNUSABLE: Final = 2
DEFAULT_SECONDS: Final = 600
MAX_SECONDS: Final = 86_400

# The API writes the entry of a role as text, with its two fields in either order.
_NAMESPACE_ROLE: Final = re.compile(r"IamRole\((.*)\)")
_ADDING: Final = "adding"
_CHECK_SETTINGS: Final = "check --region, --profile and the credentials: aws sso login, or aws configure"
# The Lambda function tries again, since its own key may be new; a person's key is wrong.
_UNKNOWN_KEY: Final = {"InvalidClientTokenId", "UnrecognizedClientException"}
_TRY_LATER: Final = "check the network and the region, or try again later"


class _NoAnswerError(Exception):
    """AWS gives no answer, and asking again would not help."""

    def __init__(self, message: str, fix: str) -> None:
        super().__init__(f"{message}\n  fix: {fix}")


class _Kind(NamedTuple):
    """What the command is asked about: the words for it, its service, and the call that shows it, None for none."""

    word: str
    described: str
    service: str
    allow: str
    describe: Callable[[Any, str], Cluster | None]


class _Subject(NamedTuple):
    """One cluster or namespace, and the roles that are asked for; none are all."""

    kind: _Kind
    name: str
    roles: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.kind.word} {self.name}"


def describe(parser: argparse.ArgumentParser) -> None:
    """Describe the arguments of the command."""
    parser.description = (
        "Show the roles of a provisioned cluster, or of a Serverless namespace (in-sync, adding or removing), and the "
        "default one."
    )
    parser.epilog = "Exit code: 0 when every role is in sync, 1 when one is not, 2 when AWS gives no answer."
    named = parser.add_mutually_exclusive_group(required=True)
    cluster = "the identifier of a provisioned cluster"
    named.add_argument("cluster", metavar="CLUSTER", nargs="?", type=_text(CLUSTER_IDENTIFIER), help=cluster)
    namespace = "the name of a Serverless namespace"
    named.add_argument("--namespace", metavar="NAME", type=_text(SERVERLESS_NAME), help=namespace)
    parser.add_argument(
        "--role",
        action="append",
        default=[],
        type=_role,
        metavar="ARN",
        help="only this role, which may be not associated; more than once for several",
    )
    parser.add_argument("--wait", action="store_true", help="return when every role is in sync")
    parser.add_argument(
        "--timeout",
        type=_seconds,
        metavar="SECONDS",
        help=f"how long to wait: 1 to {MAX_SECONDS}, default {DEFAULT_SECONDS}; implies --wait",
    )
    parser.add_argument("--format", choices=[*_FORMATS], default="text", help="default: text")
    parser.add_argument("--region", help="default: that of the AWS configuration")
    parser.add_argument("--profile", help="a profile of the AWS configuration; default: AWS_PROFILE, else 'default'")
    parser.set_defaults(run=run)


def _text(allowed: Text) -> Callable[[str], str]:
    def checked(text: str) -> str:
        if not allowed.fits(text):
            raise argparse.ArgumentTypeError(f"must be {allowed.allowed}, got '{text}'")
        return text

    return checked


def _role(text: str) -> str:
    if problem := parse(text).problem:
        raise argparse.ArgumentTypeError(f"must be the ARN of an IAM role, got '{text}', which {problem}")
    return text


def _seconds(text: str) -> int:
    if not re.fullmatch("[0-9]{1,5}", text) or not 1 <= int(text) <= MAX_SECONDS:
        raise argparse.ArgumentTypeError(f"must be 1 to {MAX_SECONDS} seconds, got '{text}'")
    return int(text)


def run(arguments: argparse.Namespace) -> int:
    """Ask, wait if told to, print a report, and return the exit code."""
    kind, name = (_NAMESPACE, arguments.namespace) if arguments.namespace else (_CLUSTER, arguments.cluster)
    subject = _Subject(kind, name, tuple(dict.fromkeys(arguments.role)))
    seconds = arguments.timeout or (DEFAULT_SECONDS if arguments.wait else 0)
    try:
        found = _answer(subject, _client(kind.service, arguments.profile, arguments.region), seconds)
    except _NoAnswerError as error:
        _log(str(error))
        return UNUSABLE
    print(_FORMATS[arguments.format](subject, found))  # noqa: T201  what the command is for
    return LATE if _late(found) else 0


def _log(line: str) -> None:
    print(f"redshift-roles: {line}", file=sys.stderr, flush=True)  # noqa: T201


def _client(service: str, profile: str | None, region: str | None) -> Any:  # noqa: ANN401  boto3 has no types
    try:
        import boto3  # noqa: PLC0415  an extra that no other command needs
        from botocore.config import Config  # noqa: PLC0415
        from botocore.exceptions import BotoCoreError  # noqa: PLC0415
    except ImportError as error:
        raise _NoAnswerError("boto3 is not installed", "pip install 'cdk-redshift-roles[cli]'") from error
    try:
        session = boto3.Session(profile_name=profile, region_name=region)
        return session.client(service, config=Config(retries={"mode": "standard", "total_max_attempts": 3}))
    except (BotoCoreError, ValueError, OSError) as error:
        raise _misconfigured(error) from error


def _misconfigured(error: BaseException) -> _NoAnswerError:
    return _NoAnswerError(f"{type(error).__name__}: {error}".removesuffix(": "), _CHECK_SETTINGS)


def _answer(subject: _Subject, client: Any, seconds: int) -> Cluster:  # noqa: ANN401  boto3 has no types
    """Return its state: now, or when every role is in sync or the time is over. Print each change while waiting."""
    from redshift_roles.custom_resource.handler import clusters, reconcile  # noqa: PLC0415  they need boto3

    last: Cluster | None = None
    printed = ""

    def say(line: str) -> str:
        nonlocal printed
        if line != printed:
            _log(line)
        printed = line
        return line

    def attempt(_: object) -> Cluster:
        nonlocal last
        try:
            last = _described(subject, client)
        except clusters.RetryableError as error:
            say(str(error))
            raise
        line = say(_progress(subject, last))
        if _late(last):
            raise reconcile.WaitingError(line)
        return last

    try:
        if not seconds:
            return _described(subject, client)
        return reconcile.retry(attempt, str(subject), seconds, reconcile.Clock())
    except (clusters.RetryableError, clusters.RefusedError) as error:
        if last is None:
            raise _NoAnswerError(str(error), _TRY_LATER) from error
        _log(str(error))
        return last


def _described(subject: _Subject, client: Any) -> Cluster:  # noqa: ANN401  boto3 has no types
    from botocore.exceptions import (  # noqa: PLC0415
        BotoCoreError,
        ClientError,
        ConnectionError,  # noqa: A004
        HTTPClientError,
    )

    from redshift_roles.custom_resource.handler import clusters  # noqa: PLC0415

    kind, name = subject.kind, subject.name
    try:
        found = kind.describe(client, name)
    except clusters.RetryableError as error:
        cause = error.__cause__
        if isinstance(cause, ClientError) and clusters.code_of(cause) in _UNKNOWN_KEY:
            raise _NoAnswerError(str(error), _CHECK_SETTINGS) from error
        if isinstance(cause, BotoCoreError) and not isinstance(cause, (ConnectionError, HTTPClientError)):
            raise _misconfigured(cause) from error
        raise
    except clusters.PropagationError as error:
        raise _NoAnswerError(str(error), kind.allow.format(name)) from error
    except clusters.RefusedError as error:
        raise _NoAnswerError(str(error), _CHECK_SETTINGS) from error
    except (ValueError, OSError, EOFError) as error:
        # From the programs, files and prompts that boto3 uses to find credentials.
        raise _misconfigured(error) from error
    if found is None:
        here = f"in {client.meta.region_name} in the account of these credentials"
        raise _NoAnswerError(f"there is no {kind.described} '{name}' {here}", _CHECK_SETTINGS)
    if subject.roles:
        return replace(found, roles={arn: found.roles.get(arn, "not associated") for arn in subject.roles})
    return found


def _cluster(client: Any, name: str) -> Cluster | None:  # noqa: ANN401  boto3 has no types
    from redshift_roles.custom_resource.handler import clusters  # noqa: PLC0415

    return clusters.describe(client, name)


def _namespace(client: Any, name: str) -> Cluster | None:  # noqa: ANN401  boto3 has no types
    from redshift_roles.custom_resource.handler import clusters  # noqa: PLC0415

    try:
        shown = clusters.call(client.get_namespace, namespaceName=name)["namespace"]
    except clusters.GoneError:
        return None
    return Cluster(
        status=shown["status"],
        roles=dict(map(_namespace_role, shown.get("iamRoles", []))),
        default=shown.get("defaultIamRoleArn") or None,
    )


def _namespace_role(text: str) -> tuple[str, str]:
    """Return the ARN and the status of a role; one without a status is not in sync yet."""
    match = _NAMESPACE_ROLE.fullmatch(text)
    if not match:
        return text, _ADDING
    fields = dict(part.partition("=")[::2] for part in match[1].split(", "))
    status = fields.get("applyStatus", "null")
    return fields.get("iamRoleArn", text), _ADDING if status == "null" else status


_CLUSTER: Final = _Kind(
    "cluster",
    "provisioned cluster",
    "redshift",
    "allow redshift:DescribeClusters on cluster:{}, as the RoleAssociationPolicy of this cluster does",
    _cluster,
)
_NAMESPACE: Final = _Kind(
    "namespace",
    "Serverless namespace",
    "redshift-serverless",
    "allow redshift-serverless:GetNamespace on namespace {}, as the RoleAssociationPolicy of this namespace does",
    _namespace,
)


def _late(found: Cluster) -> dict[str, str]:
    return {arn: status for arn, status in sorted(found.roles.items()) if status != IN_SYNC}


def _progress(subject: _Subject, found: Cluster) -> str:
    late, total = _late(found), len(found.roles)
    roles = [f"{arn} is {status}" for arn, status in late.items()]
    return "; ".join([f"{subject} is {found.status}", f"{total - len(late)} of {total} roles in sync", *roles])


def _text_report(subject: _Subject, found: Cluster) -> str:
    width = max(map(len, found.roles.values()), default=0)
    lines = [
        f"  {status:{width}}  {arn}{'  (default)' if arn == found.default else ''}"
        for arn, status in sorted(found.roles.items())
    ]
    return "\n".join([f"{subject} is {found.status}", *(lines or ["  no roles are associated"])])


def _json_report(subject: _Subject, found: Cluster) -> str:
    report = {
        subject.kind.word: subject.name,
        "status": found.status,
        "inSync": not _late(found),
        "defaultRole": found.default,
        "roles": [
            {"arn": arn, "status": status, "default": arn == found.default}
            for arn, status in sorted(found.roles.items())
        ],
    }
    return json.dumps(report, indent=2)


_FORMATS: Final[Mapping[str, Callable[[_Subject, Cluster], str]]] = {"text": _text_report, "json": _json_report}
