"""Which given file the address of a nested template means."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest

from redshift_roles.templates.nested_addresses import GivenFiles

HOME = Path("qs/main.yaml")
FILES = [HOME, *map(Path, ("qs/net/template.yaml", "qs/template.yaml", "cfn/child.yaml", "cfn/t.json"))]


def _join(*parts: Any) -> dict[str, Any]:
    return {"Fn::Join": ["", list(parts)]}


@pytest.mark.parametrize(
    ("address", "meant"),
    [
        ("./net/template.yaml", "qs/net/template.yaml"),
        ("net/../template.yaml", "qs/template.yaml"),
        ("../cfn/child.yaml", "cfn/child.yaml"),
        ("./child.yaml", "cfn/child.yaml"),
        ("https://bucket.s3.amazonaws.com/v1/child.yaml", "cfn/child.yaml"),
        ("https://bucket/v1/net/template.yaml?versionId=1.2", "qs/net/template.yaml"),
        ("s3://bucket/qs/template.yaml", "qs/template.yaml"),
        ({"Fn::Sub": "https://${B}.s3.amazonaws.com/${Prefix}net/template.yaml"}, "qs/net/template.yaml"),
        (_join("https://", {"Ref": "B"}, "/cfn/t.json"), "cfn/t.json"),
    ],
)
def test_an_address_means_the_file_of_its_path_or_of_its_end(address: Any, meant: str) -> None:
    """However it begins."""
    assert Path(meant) == GivenFiles(FILES).nested(address, HOME, [HOME])


@pytest.mark.parametrize(
    "address",
    [
        "./data/template.yaml",
        "https://bucket/data/template.yaml",
        "../other/t.json",
        "https://bucket/main.yaml/",
        "https://child.yaml",
        "https://bucket/child.YAML",
        "",
        {"Ref": "Url"},
        None,
        7,
    ],
)
def test_an_address_of_elsewhere_means_no_given_file(address: Any) -> None:
    """Nor does one that two files are equally close to."""
    assert None is GivenFiles(FILES).nested(address, HOME, [HOME])


@pytest.mark.parametrize(
    ("address", "leads_back"),
    [
        ("./main.yaml", True),
        ("main.yaml", True),
        ("https://bucket/main.yaml", True),
        ("https://bucket/qs/main.yaml", True),
        ("./network/main.yaml", False),
        ("./qs/main.yaml", False),
        ("https://bucket/network/main.yaml", False),
        ({"Fn::Sub": "https://bucket/${Prefix}main.yaml"}, False),
    ],
)
def test_an_address_leads_back_only_where_nothing_says_otherwise(address: Any, leads_back: bool) -> None:
    """The template of another folder, which was not given, has the name of this one."""
    assert (HOME if leads_back else None) == GivenFiles(FILES).nested(address, HOME, [HOME])


def test_no_address_is_too_long() -> None:
    """Whatever it repeats."""
    start = time.perf_counter()

    for part in ("a", "a/", "a.", "/", "../", "x.yaml/", "%", "://"):
        assert None is GivenFiles(FILES).nested(part * 200_000, HOME, [HOME])
    assert time.perf_counter() - start < 5


def test_nothing_was_given() -> None:
    """Then nothing is meant."""
    assert None is GivenFiles().nested("a.yaml", HOME, [HOME])
