"""The numbers of AWS, and the look-ups in them."""

from __future__ import annotations

import ast
import re
from datetime import date
from pathlib import Path

import pytest

from redshift_roles.aws import quotas

SOURCES = {name: value for name, value in vars(quotas).items() if isinstance(value, quotas.Source)}


PACKAGE = Path(quotas.__file__).parents[1]
_PAGE = re.compile(r"(https://docs\.aws\.amazon\.com/[^\s)#]+\.html)\S*(?:\s+\(text of ([^)]*)\))?")


def _pages(module: Path) -> list[tuple[str, str]]:
    """List the AWS pages that a module's docstrings name, each with the date that stands behind it."""
    documented, text = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef), module.read_text("utf-8")
    parsed = ast.walk(ast.parse(text)) if _PAGE.search(text) else ()
    nodes = [node for node in parsed if isinstance(node, documented)]
    return [page for node in nodes for page in _PAGE.findall(ast.get_docstring(node) or "")]


@pytest.mark.parametrize("source", SOURCES.values(), ids=SOURCES)
def test_each_source_is_an_aws_page_and_a_day(source: quotas.Source) -> None:
    """Each fact stands on a page of AWS's documentation, in a text whose day is written down."""
    assert source.url.startswith("https://docs.aws.amazon.com/")
    assert source.text_of == date.fromisoformat(source.text_of).isoformat()


def test_all_sources_of_a_page_are_of_one_text() -> None:
    """Whichever part of the page they name."""
    assert len({(source.url.partition("#")[0], source.text_of) for source in SOURCES.values()}) == len(
        {source.url.partition("#")[0] for source in SOURCES.values()}
    )


def test_docstrings_date_a_page_as_its_source_does() -> None:
    """No docstring names an AWS page without a date, with another date than its source, or without a source."""
    dates = {source.url.partition("#")[0]: source.text_of for source in SOURCES.values()}
    named = [(module.name, *page) for module in PACKAGE.rglob("*.py") for page in _pages(module)]

    assert [] == [(name, url, text_of) for name, url, text_of in named if dates.get(url) != text_of]
    assert {"role.py", "cluster.py", "copy_command.py"} <= {name for name, _, _ in named}


def test_the_page_on_permissions_dates_aws_pages_as_the_sources_do() -> None:
    """Each page that it names has a date, and one that is a source has that source's."""
    text = (PACKAGE.parent / "docs" / "permissions.md").read_text(encoding="utf-8")
    dates = {source.url.partition("#")[0]: source.text_of for source in SOURCES.values()}
    named = re.findall(r"(https://docs\.aws\.amazon\.com/[^\s)#]+\.html)[^\s)]*\)(?:\s+\(text of ([\d-]{10})\))?", text)

    assert len(named) == text.count("https://docs.aws.amazon.com/")
    assert [] == [(url, text_of) for url, text_of in named if not text_of or dates.get(url, text_of) != text_of]


@pytest.mark.parametrize(
    ("region", "quota"),
    [
        (None, 50),
        ("eu-west-1", 50),
        ("us-gov-west-1", 50),
        ("us-iso-east-1", 10),
        ("us-iso-west-1", 10),
        ("us-isob-east-1", 10),
        ("us-isof-south-1", 50),
    ],
)
def test_the_role_quota_is_ten_in_three_isolated_regions(region: str | None, quota: int) -> None:
    """AWS lets a cluster have fifty roles, and ten in the three isolated regions that its page names."""
    assert quota == quotas.role_quota(region)


@pytest.mark.parametrize(
    ("region", "partition"),
    [
        ("eu-west-1", "aws"),
        ("us-east-1", "aws"),
        ("cn-north-1", "aws-cn"),
        ("us-gov-west-1", "aws-us-gov"),
        ("us-iso-east-1", "aws-iso"),
        ("us-isob-east-1", "aws-iso-b"),
        ("eu-isoe-west-1", "aws-iso-e"),
        ("us-isof-south-1", "aws-iso-f"),
        ("eusc-de-east-1", "aws-eusc"),
    ],
)
def test_a_region_is_in_one_known_partition(region: str, partition: str) -> None:
    """The start of a region's name says which."""
    assert partition == quotas.partition_of(region)
    assert partition in quotas.PARTITIONS


def test_the_opt_in_regions_are_those_of_the_page() -> None:
    """Seventeen today; other partitions have none, and a new region will be one."""
    listed = """
        af-south-1 ap-east-1 ap-east-2 ap-south-2 ap-southeast-3 ap-southeast-4 ap-southeast-5 ap-southeast-6
        ap-southeast-7 ca-west-1 eu-central-2 eu-south-1 eu-south-2 il-central-1 me-central-1 me-south-1 mx-central-1
    """.split()
    default = "ap-south-1 ap-southeast-2 ca-central-1 eu-central-1 sa-east-1 us-west-2 us-gov-west-1 cn-north-1".split()

    assert [True] * 17 == [quotas.is_opt_in(region) for region in listed]
    assert [False] * 8 == [quotas.is_opt_in(region) for region in default]
    assert quotas.is_opt_in("xx-west-9")


@pytest.mark.parametrize(
    ("node_type", "expected"),
    [("ra3.large", True), ("ra3.16xlarge", True), ("rg.xlarge", True), ("dc2.large", False), ("ra3", False)],
)
def test_ra3_and_rg_nodes_have_managed_storage(node_type: str, expected: bool) -> None:
    """RA3 and RG nodes keep their data in managed storage, DC2 nodes on their own disks."""
    assert expected is quotas.has_managed_storage(node_type)


def test_the_default_role_limit_is_ten() -> None:
    """Ten is this project's limit, the larger numbers are AWS's."""
    assert (10, 50, 10) == (quotas.DEFAULT_ROLE_LIMIT, quotas.ROLE_QUOTA, quotas.ISOLATED_ROLE_QUOTA)


def test_the_reserved_words_are_those_of_the_page() -> None:
    """In lower case."""
    assert len(quotas.RESERVED_WORDS) == 158
    assert {"aes128", "tag", "without"} < quotas.RESERVED_WORDS
    assert all(word == word.lower() for word in quotas.RESERVED_WORDS)
