"""A stack as boto3's CloudFormation client lists it, a page at a time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timezone
from functools import partial
from typing import Any, Final

from redshift_roles.custom_resource.handler.stack import Stack, list_stack

ASSOCIATION: Final = "Custom::RedshiftRoleAssociation"
BEFORE: Final = "Custom::RedshiftRolesBefore"
_PAGE: Final = 3

Json = dict[str, Any]


@dataclass
class FakeStack:
    """The resources of a stack, and the client that lists them.

    Attributes:
        resources: What is listed, by logical id.
        failures: Errors that the next calls raise.
        calls: What was asked.
    """

    resources: dict[str, Json] = field(default_factory=dict)
    failures: list[Exception] = field(default_factory=list)
    calls: list[Json] = field(default_factory=list)

    def has(self, logical_id: str, kind: str, status: str, physical_id: str = "", since: float = 0.0) -> FakeStack:
        """List a resource with this status."""
        shown = {
            "LogicalResourceId": logical_id,
            "ResourceType": kind,
            "ResourceStatus": status,
            "LastUpdatedTimestamp": datetime.fromtimestamp(since, timezone.utc),
        }
        self.resources[logical_id] = {**shown, **({"PhysicalResourceId": physical_id} if physical_id else {})}
        return self

    def list_stack_resources(self, **request: Any) -> Json:
        """Answer as boto3 does."""
        self.calls.append(request)
        if self.failures:
            raise self.failures.pop(0)
        start = int(request.get("NextToken", 0))
        listed = list(self.resources.values())
        more = {"NextToken": str(start + _PAGE)} if start + _PAGE < len(listed) else {}
        return {"StackResourceSummaries": listed[start : start + _PAGE], **more}

    def look(self, event: Json) -> Callable[[], Stack]:
        """Return what lists the stack for a request."""
        return partial(list_stack, self, event)
