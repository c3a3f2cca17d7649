"""Random values of templates, for the tests of what reads them."""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence
from itertools import islice
from math import isnan
from typing import NamedTuple, TypeVar

from hypothesis import strategies as st

from redshift_roles.aws import Json
from redshift_roles.templates.assembly import Assembly, Template

_Option = TypeVar("_Option")


class _Reader(NamedTuple):
    """Makes a value of bytes, each of which is a choice."""

    left: Iterator[int]
    texts: Sequence[str]
    functions: Sequence[str]

    def one_of(self, options: Sequence[_Option]) -> _Option:
        return options[next(self.left, 0) % len(options)]

    def some(self, most: int) -> bytes:
        return bytes(islice(self.left, self.one_of(range(most + 1))))

    def value(self, depth: int) -> Json:
        if not depth:
            return self.scalar()
        kind = self.one_of("lof")
        if kind == "l":
            return [self.below(depth) for _ in range(self.one_of([1, 2, 3, 4, 2, 0]))]
        if kind == "o":
            return {self.text(): self.below(depth) for _ in range(self.one_of([1, 2, 3, 0]))}
        return {self.one_of(self.functions): self.below(depth)}

    def below(self, depth: int) -> Json:
        return self.value(max(self.one_of(range(depth)), self.one_of(range(depth))))

    def scalar(self) -> Json:
        kind = self.one_of("ststsfti")
        if kind == "s":
            return self.one_of([None, False, True, *range(10), True, False, None])
        if kind == "i":
            return int.from_bytes(self.some(16), "big", signed=True)
        if kind == "f":
            (found,) = struct.unpack("d", self.some(8).ljust(8, b"\0"))
            return 0.5 if isnan(found) else found
        return self.text()

    def text(self) -> str:
        if self.one_of([True, False]):
            return self.one_of(self.texts)
        return self.some(24).decode(self.one_of(["latin-1", "utf-16"]), "ignore")


def values(texts: Sequence[str], functions: Sequence[str]) -> st.SearchStrategy[Json]:
    """Return values of up to four levels, with these texts among others as entries and keys.

    A value is one draw of Hypothesis, which takes longer for each of them than the code under test for the value.
    """
    return st.binary(min_size=40, max_size=160).map(lambda data: _Reader(iter(data), texts, functions).below(5))


FUNCTIONS = (
    "Ref Fn::GetAtt Fn::Join Fn::Sub Fn::Select Fn::Split Fn::FindInMap Fn::If Fn::ImportValue Fn::GetStackOutput"
).split()
NAMES = ["Loader", "Reader", "Child", "Nested.Outputs.X", "AWS::NoValue", "AWS::Region", "0", "²", "", ","]
VALUES = values(NAMES, FUNCTIONS)
PLACE = Template(None, "", None, None, Assembly())
