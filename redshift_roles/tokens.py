"""
What stands for a value that only the deployment knows.

Arguments flow in; those that are literals flow out. The only room that knows what a Token looks like: CDK's own test
costs a crossing into the jsii kernel.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

from aws_cdk import Duration

_TOKEN_MARKS: Final = ("${Token[", "#{Token[")
# A number that stands for a token is below any number a template can hold.
_NUMBER_TOKEN: Final = -1e200


def is_token(value: object) -> bool:
    """
    Say whether a string, number or list stands for a value that only the deployment knows.
    """
    if isinstance(value, str):
        return any(mark in value for mark in _TOKEN_MARKS)
    if isinstance(value, (list, tuple)):
        return any(is_token(item) for item in value)
    return isinstance(value, float) and value < _NUMBER_TOKEN


def is_list_token(entry: str) -> bool:
    """
    Say whether the entry of a list stands for a whole list.
    """
    return _TOKEN_MARKS[1] in entry


def known(required: Collection[str] = (), **given: object) -> dict[str, object]:
    """
    Keep the arguments that are given and are no tokens; a required one is kept even when it is None.
    """
    present = {name: value for name, value in given.items() if value is not None or name in required}
    return {name: value for name, value in present.items() if not is_token(value)}


def seconds_of(duration: Duration | None) -> float | None:
    """
    Read a duration; None when it is a token, not given, or of another kind.
    """
    if not isinstance(duration, Duration) or duration.is_unresolved():
        return None
    return duration.to_milliseconds() / 1000
