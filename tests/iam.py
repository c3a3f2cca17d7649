"""
An IAM evaluator that is not ours: which requests a policy allows.

It knows every action and what resources each is for, so that an action that does not exist is an error, not a denial.
"""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from redshift_roles.permission_documents import documents
from redshift_roles.permissions import Permission

_SCRIPT = Path(__file__).parent / "evaluate.mjs"


class Request(NamedTuple):
    """
    One call: an action on a resource, and what AWS knows of it besides.
    """

    action: str
    resource: str
    context: tuple[tuple[str, str], ...] = ()


def allowed(asked: Sequence[tuple[Sequence[Permission], Request]]) -> list[bool]:
    """
    Evaluate requests, each against the policies of its permissions, in one process.
    """
    cases = [
        {
            "policies": documents(permissions),
            "action": request.action,
            "resource": request.resource,
            "context": dict(request.context),
        }
        for permissions, request in asked
    ]
    return [_verdict(case, answer) for case, answer in zip(cases, _run(cases), strict=True)]


def _run(cases: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    node = shutil.which("node") or "node"
    run = subprocess.run([node, str(_SCRIPT)], input=json.dumps(cases), capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    answers: list[dict[str, Any]] = json.loads(run.stdout)
    return answers


def _verdict(case: Mapping[str, Any], answer: Mapping[str, Any]) -> bool:
    if "error" in answer:
        message = f"{case['action']} on {case['resource']}: {answer['error']}"
        raise ValueError(message)
    return bool(answer["result"] == "Allowed")
