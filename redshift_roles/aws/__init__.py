"""What AWS documents: quotas, actions, ARNs and policy documents, each with its source."""

from typing import Any

# What `json.loads` returns.
Json = Any


def listed(node: Json) -> list[Json]:
    """Return a list as it is, None as an empty list, and any other value as a list of one."""
    return node if isinstance(node, list) else [] if node is None else [node]
