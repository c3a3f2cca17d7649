"""The arguments of a function or construct, also where a `TypedDict` describes them."""

from __future__ import annotations

import inspect
from collections.abc import Callable

from redshift_roles.cluster import ClusterArguments
from redshift_roles.namespace import NamespaceArguments, WorkgroupArguments
from redshift_roles.warehouse import ServerlessArguments, WarehouseArguments

_DESCRIPTIONS = {
    f"Unpack[{kind.__name__}]": kind
    for kind in (ClusterArguments, NamespaceArguments, ServerlessArguments, WarehouseArguments, WorkgroupArguments)
}


def arguments_of(called: Callable[..., object]) -> list[str]:
    """List the names of the arguments, without ``self``."""
    names: list[str] = []
    for name, parameter in inspect.signature(called).parameters.items():
        described = _DESCRIPTIONS.get(str(parameter.annotation))
        names += sorted(described.__optional_keys__) if described else [name]
    return [name for name in names if name != "self"]
