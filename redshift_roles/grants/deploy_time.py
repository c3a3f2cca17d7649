"""What CDK writes for values that only the deployment knows.

Texts with tokens flow in; a key for each flows out, the same for the same value, however often it was made a token.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Collection

from aws_cdk import (
    DefaultTokenResolver,
    IPostProcessor,
    IResolvable,
    IResolveContext,
    Reference,
    Stack,
    StringConcat,
    Tokenization,
)

from redshift_roles.cdk.location import path_of


class _ByPath(DefaultTokenResolver):
    """Writes references by the paths of their resources: logical ids of different stacks may be the same."""

    def __init__(self) -> None:
        super().__init__(StringConcat())

    def resolve_token(self, t: IResolvable, context: IResolveContext, post_processor: IPostProcessor) -> object:
        """Write one token."""
        if isinstance(t, Reference):
            return f"{path_of(t.target)}.{t.display_name}"
        resolved: object = super().resolve_token(t, context, post_processor)
        return resolved


def same_values(texts: Collection[str], stack: Stack, known: dict[str, str]) -> dict[str, str]:
    """Find a key for each text.

    Args:
        texts: Texts with tokens.
        stack: Where they are to be written.
        known: What this stack writes for texts that were resolved before; those of now are added.
    """
    new = [text for text in texts if text not in known]
    if new:
        resolved = stack.resolve(new)
        known.update(zip(new, (json.dumps(value, sort_keys=True) for value in resolved), strict=True))
    times = Counter(known[text] for text in texts)
    return {text: known[text] if times[known[text]] == 1 else f"{known[text]} {_paths(text, stack)}" for text in texts}


def _paths(text: str, stack: Stack) -> str:
    return json.dumps(Tokenization.resolve(text, scope=stack, resolver=_ByPath(), preparing=False), sort_keys=True)
