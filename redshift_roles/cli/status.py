"""The command ``redshift-roles status``: which roles a cluster has, and whether it can use them.

Arguments flow in; a report on standard output, progress and complaints on standard error and an exit code flow out. It
needs boto3, which only this command loads, and no CDK.
"""

from __future__ import annotations

import argparse
import re
import sys
import time
from collections.abc import Callable, Mapping
from typing import Any, Final

from redshift_roles.cli import cluster_status
from redshift_roles.cli.cluster_status import ClusterStatus
from redshift_roles.rules.arguments import CLUSTER_IDENTIFIER

LATE: Final = 1
UNUSABLE: Final = 2
DEFAULT_SECONDS: Final = 600
MAX_SECONDS: Final = 86_400
_FIRST_DELAY: Final = 2.0
_LONGEST_DELAY: Final = 15.0

Describe = Callable[[str], ClusterStatus]


class _UnusableError(Exception):
    """AWS gives no answer, and asking again would not help."""


class _NotYetError(Exception):
    """AWS gives no answer now; it may when asked again."""


def add_parser(subparsers: Any) -> None:  # noqa: ANN401  argparse names the type with an underscore
    """Describe the command."""
    parser: argparse.ArgumentParser = subparsers.add_parser(
        "status",
        help="show the roles of a provisioned cluster, and whether they can be used",
        description="Show the roles of a provisioned cluster, each in-sync, adding or removing, and the default one.",
        epilog="Exit code: 0 when every role is in sync, 1 when one is not, 2 when AWS does not tell.",
    )
    parser.add_argument("cluster", metavar="CLUSTER", type=_cluster, help="the identifier of a provisioned cluster")
    parser.add_argument("--wait", action="store_true", help="return when every role is in sync")
    parser.add_argument(
        "--timeout",
        type=_seconds,
        metavar="SECONDS",
        help=f"how long to wait: 1 to {MAX_SECONDS}, default {DEFAULT_SECONDS}; implies --wait",
    )
    parser.add_argument("--format", choices=[*cluster_status.FORMATS], default="text", help="default: text")
    parser.add_argument("--region", help="default: that of the AWS configuration")
    parser.add_argument("--profile", help="a profile of the AWS configuration; default: AWS_PROFILE, else 'default'")
    parser.set_defaults(run=run)


def _cluster(text: str) -> str:
    if not CLUSTER_IDENTIFIER.fits(text):
        raise argparse.ArgumentTypeError(f"'{text}', allowed is {CLUSTER_IDENTIFIER.allowed}")
    return text


def _seconds(text: str) -> int:
    if not re.fullmatch("[0-9]{1,5}", text) or not 1 <= int(text) <= MAX_SECONDS:
        raise argparse.ArgumentTypeError(f"'{text}', allowed is 1 to {MAX_SECONDS} seconds")
    return int(text)


def run(arguments: argparse.Namespace) -> int:
    """Ask, wait when told to, report, and say with the exit code how it went."""
    try:
        describe = _describe(arguments.profile, arguments.region)
        if arguments.wait or arguments.timeout is not None:
            found = _waited(describe, arguments.cluster, arguments.timeout or DEFAULT_SECONDS)
        else:
            found = describe(arguments.cluster)
    except (_UnusableError, _NotYetError) as error:
        _tell(str(error))
        return UNUSABLE
    print(cluster_status.FORMATS[arguments.format](found))  # noqa: T201  what the command is for
    return LATE if found.late else 0


def _tell(line: str) -> None:
    print(f"redshift-roles: {line}", file=sys.stderr, flush=True)  # noqa: T201


def _waited(describe: Describe, identifier: str, seconds: int) -> ClusterStatus:
    """Ask until every role is in sync or the time is over; tell each step once."""
    deadline = time.monotonic() + seconds
    delay, reported = _FIRST_DELAY, ""
    while True:
        found: ClusterStatus | None = None
        try:
            found = describe(identifier)
            line = found.progress()
        except _NotYetError as error:
            line = str(error)
            if time.monotonic() >= deadline:
                raise
        if line != reported:
            _tell(line)
            reported = line
        left = deadline - time.monotonic()
        if found and (not found.late or left <= 0):
            if found.late:
                _tell(f"cluster {identifier} is {found.status}; not every role is in sync after {seconds} seconds")
            return found
        time.sleep(max(min(delay, left), 0))
        delay = min(delay * 1.5, _LONGEST_DELAY)


def _describe(profile: str | None, region: str | None) -> Describe:
    """Make a question to AWS, whose troubles are told in the words of the command."""
    try:
        import boto3  # noqa: PLC0415  an extra, which no other command needs
        from botocore.config import Config  # noqa: PLC0415
        from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415
    except ImportError as error:
        raise _UnusableError("boto3 is not installed\n  fix: pip install 'cdk-redshift-roles[cli]'") from error

    # The last three come from what boto3 runs, reads and asks to find credentials.
    problems = (BotoCoreError, ValueError, OSError, EOFError)

    def describe(identifier: str) -> ClusterStatus:
        try:
            found = client.describe_clusters(ClusterIdentifier=identifier)["Clusters"]
        except ClientError as error:
            raise _refused(error.response.get("Error", {}), identifier, client.meta.region_name) from error
        except problems as error:
            raise _broken(error) from error
        if not found:
            raise _missing(identifier, client.meta.region_name)
        return cluster_status.read(found[0])

    try:
        session = boto3.Session(profile_name=profile, region_name=region)
        client = session.client("redshift", config=Config(retries={"mode": "standard", "total_max_attempts": 3}))
    except problems as error:
        raise _broken(error) from error
    return describe


_NO_CREDENTIALS: Final = "log in: aws sso login, or aws configure; or name a profile: --profile NAME"
_NO_REGION: Final = "name the cluster's region: --region eu-west-1"
_SEE_MESSAGE: Final = "see the message; it is AWS's own"
_BROKEN: Final[Mapping[str, str]] = {
    "InvalidRegionError": _NO_REGION,
    "NoRegionError": _NO_REGION,
    "ProfileNotFound": "name a profile of ~/.aws/config: --profile NAME",
    "NoCredentialsError": _NO_CREDENTIALS,
    "PartialCredentialsError": _NO_CREDENTIALS,
    "CredentialRetrievalError": _NO_CREDENTIALS,
    "SSOError": _NO_CREDENTIALS,
    "TokenRetrievalError": _NO_CREDENTIALS,
    "JSONDecodeError": _NO_CREDENTIALS,
    "OSError": _NO_CREDENTIALS,
    "EOFError": _NO_CREDENTIALS,
}
_NO_TERMINAL: Final = "a code is asked for, and there is no terminal to type it in"
_UNREACHABLE: Final = "check the network, and the region"
# Errors of the network pass; what is missing in the configuration does not.
_PASSING: Final = ("ConnectionError", "HTTPClientError")


def _broken(error: Exception) -> Exception:
    """Tell what keeps boto3 from asking."""
    kinds = [kind.__name__ for kind in type(error).__mro__]
    if any(kind in _PASSING for kind in kinds):
        return _NotYetError(f"{error}\n  fix: {_UNREACHABLE}")
    fix = next((_BROKEN[kind] for kind in kinds if kind in _BROKEN), _SEE_MESSAGE)
    said = _NO_TERMINAL if isinstance(error, EOFError) else error
    return _UnusableError(f"{said}\n  fix: {fix}")


_DENIED: Final = frozenset({"AccessDenied", "AccessDeniedException", "UnauthorizedOperation"})
_THROTTLED: Final = frozenset(
    {"InternalFailure", "RequestLimitExceeded", "ServiceUnavailable", "Throttling", "ThrottlingException"}
)
_BAD_CREDENTIALS: Final = frozenset(
    {
        "AuthFailure",
        "ExpiredToken",
        "ExpiredTokenException",
        "IncompleteSignature",
        "InvalidClientTokenId",
        "MissingAuthenticationToken",
        "OptInRequired",
        "RequestExpired",
        "SignatureDoesNotMatch",
        "UnrecognizedClientException",
    }
)


def _refused(error: Mapping[str, str], identifier: str, region: str) -> Exception:
    """Tell why AWS does not answer."""
    code, said = error.get("Code", ""), f"{error.get('Code', '')}: {error.get('Message', '')}"
    if code in _THROTTLED:
        return _NotYetError(f"{said}\n  fix: try again later")
    if code in ("ClusterNotFound", "ClusterNotFoundFault"):
        return _missing(identifier, region)
    if code in _DENIED:
        return _UnusableError(
            f"{said}\n  fix: allow redshift:DescribeClusters on cluster:{identifier}; "
            "the RoleAssociationPolicy for this cluster does"
        )
    fix = _NO_CREDENTIALS if code in _BAD_CREDENTIALS else _SEE_MESSAGE
    return _UnusableError(f"{said}\n  fix: {fix}")


def _missing(identifier: str, region: str) -> Exception:
    return _UnusableError(
        f"there is no provisioned cluster '{identifier}' in {region} in the account of these credentials\n"
        "  fix: list them: aws redshift describe-clusters --query 'Clusters[].ClusterIdentifier'"
    )
