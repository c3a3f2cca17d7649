"""An independent IAM evaluator: which requests a policy allows, and who may assume a role.

An action that does not exist, or not for a kind of resource, is an error and not a denial.
"""

from __future__ import annotations

import atexit
import json
import shutil
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from redshift_roles.aws.permissions import Condition, Permission
from redshift_roles.aws.policies import documents

_SCRIPT = Path(__file__).parent / "evaluate.mjs"
_ACCOUNT = "111111111111"
# What CDK and the console write into a key's policy: the account's IAM policies decide.
_KEY_POLICY = {
    "Version": "2012-10-17",
    "Statement": [
        {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{_ACCOUNT}:root"}, "Action": "kms:*", "Resource": "*"}
    ],
}


class Request(NamedTuple):
    """One call: an action on a resource, and the condition keys that are sent."""

    action: str
    resource: str
    context: tuple[tuple[str, str], ...] = ()


class Documented(NamedTuple):
    """One statement of a page.

    Attributes:
        actions: Separated by spaces.
        resources: Patterns.
        condition: When it holds; None for always.
    """

    actions: str
    resources: tuple[str, ...]
    condition: Condition | None = None

    def requests(self) -> Iterator[Request]:
        """Write calls that the statement allows; not each action is for each kind of resource."""
        _, name, values = self.condition or ("", "", ("",))
        contexts = [((name, value.replace("*", "a")),) if name else () for value in values]
        resources = [resource.replace("*", "a") for resource in self.resources]
        for action in self.actions.split():
            for resource in self.resources if self.resources == ("*",) else resources:
                yield from (Request(action, resource, context) for context in contexts)

    def allows(self, request: Request) -> bool:
        """Return whether the statement allows a call."""
        operator, name, values = self.condition or ("", "", ())
        given = dict(request.context).get(name)
        matched = [fnmatchcase(given or "", value) if operator == "StringLike" else given == value for value in values]
        return (
            request.action in self.actions.split()
            and any(fnmatchcase(request.resource, pattern) for pattern in self.resources)
            and (self.condition is None or (given is not None and any(matched)))
        )


class Assumption(NamedTuple):
    """An attempt to assume a role: by whom, with which policies, under which trust policy."""

    principal: str
    role: str
    trust: Mapping[str, object]
    policies: Sequence[Mapping[str, object]] = ()
    context: tuple[tuple[str, str], ...] = ()


def allowed(asked: Sequence[tuple[Sequence[Permission], Request]]) -> list[bool]:
    """Evaluate requests, each against the policies of its permissions, at once."""
    return _verdicts([_call(permissions, request) for permissions, request in asked])


def decisions_of(
    policies: Mapping[str, Mapping[str, object]], requests: Sequence[Request]
) -> dict[str, dict[Request, bool]]:
    """Evaluate requests against each policy alone, at once.

    Without those whose action is not for that kind of resource.
    """
    asked = [(name, request) for name in policies for request in requests]
    answers = _answers([{**_call((), request), "policies": [policies[name]]} for name, request in asked])
    decided: dict[str, dict[Request, bool]] = {name: {} for name in policies}
    for (name, request), answer in zip(asked, answers, strict=True):
        if "error" not in answer:
            decided[name][request] = answer["result"] == "Allowed"
    return decided


def _call(permissions: Sequence[Permission], request: Request) -> dict[str, Any]:
    partition = request.resource.split(":")[1] if request.resource != "*" else "aws"
    return {
        "policies": documents(permissions),
        "principal": f"arn:{partition}:iam::{_ACCOUNT}:role/Loader",
        "account": _ACCOUNT,
        "action": request.action,
        "resource": request.resource,
        "resourcePolicy": _KEY_POLICY if request.action.startswith("kms:") else None,
        "context": dict(request.context),
    }


def assumed(asked: Sequence[Assumption]) -> list[bool]:
    """Evaluate who may assume which role, at once."""
    return _verdicts(
        [
            {
                "policies": attempt.policies,
                "principal": attempt.principal,
                "account": attempt.role.split(":")[4],
                "action": "sts:AssumeRole",
                "resource": attempt.role,
                "resourcePolicy": attempt.trust,
                "context": dict(attempt.context),
            }
            for attempt in asked
        ]
    )


@cache
def _evaluator() -> subprocess.Popen[str]:
    """Start the evaluator, which answers until this process ends."""
    node = shutil.which("node") or "node"
    process = subprocess.Popen([node, str(_SCRIPT)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    atexit.register(process.communicate)
    return process


def _answers(cases: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    process = _evaluator()
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(f"{json.dumps(cases)}\n")
    process.stdin.flush()
    answers: list[dict[str, Any]] = json.loads(process.stdout.readline())
    return answers


def _verdicts(cases: Sequence[Mapping[str, Any]]) -> list[bool]:
    answers = _answers(cases)
    answered = zip(cases, answers, strict=True)
    errors = [f"{case['action']} on {case['resource']}: {a['error']}" for case, a in answered if "error" in a]
    if errors:
        raise ValueError("\n".join(errors))
    return [answer["result"] == "Allowed" for answer in answers]
