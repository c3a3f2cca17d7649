"""Random values of templates, for the tests of what reads them."""

from __future__ import annotations

from hypothesis import strategies as st

from redshift_roles.aws import Json
from redshift_roles.templates.assembly import Assembly, Template

FUNCTIONS = (
    "Ref Fn::GetAtt Fn::Join Fn::Sub Fn::Select Fn::Split Fn::FindInMap Fn::If Fn::ImportValue Fn::GetStackOutput"
).split()
NAMES = st.sampled_from(
    ["Loader", "Reader", "Child", "Nested.Outputs.X", "AWS::NoValue", "AWS::Region", "0", "²", "", ","]
)
SCALARS = st.none() | st.booleans() | st.integers(0, 9) | st.floats(allow_nan=False) | NAMES | st.text(max_size=5)


def _nested(inner: st.SearchStrategy[Json]) -> st.SearchStrategy[Json]:
    lists, objects = st.lists(inner, max_size=4), st.dictionaries(NAMES, inner, max_size=2)
    intrinsics = st.tuples(st.sampled_from(FUNCTIONS), inner).map(lambda pair: {pair[0]: pair[1]})
    return st.one_of(lists, objects, intrinsics)


VALUES = st.recursive(SCALARS, _nested, max_leaves=12)
PLACE = Template(None, "", None, None, Assembly())
