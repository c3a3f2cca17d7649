"""What AWS documents: quotas, actions, ARNs and policy documents, each with its source."""

from typing import Any

# What `json.loads` returns.
Json = Any
