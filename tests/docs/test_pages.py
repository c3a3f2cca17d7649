"""The pages of the documentation, without building them: `conftest` runs their code."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple

import pytest

import redshift_roles
from redshift_roles import sql
from redshift_roles.cli import __version__
from tests.support.programs import ROOT

PAGES: Final = {
    path.relative_to(ROOT): re.sub(
        r"^```.*?^```$", "", path.read_text(encoding="utf-8"), flags=re.DOTALL | re.MULTILINE
    )
    for folder in (ROOT, *(ROOT / "docs").rglob(""))
    for path in folder.glob("*.md")
    if "_build" not in path.parts
}
README: Final = (ROOT / "README.md").read_text(encoding="utf-8")


class Link(NamedTuple):
    """A link from a page to a file of the project, or to a heading in it."""

    page: Path
    target: str

    @property
    def file(self) -> Path:
        """The file, from the root of the project."""
        name = self.target.partition("#")[0]
        return (ROOT / self.page.parent / name).resolve().relative_to(ROOT) if name else self.page

    @property
    def leads_somewhere(self) -> bool:
        """Whether the file exists, and has the heading."""
        heading = self.target.partition("#")[2]
        return (ROOT / self.file).is_file() and (not heading or heading in anchors(PAGES[self.file]))


def links(page: Path) -> Iterator[Link]:
    """Read the links of a page, except those to other sites."""
    for target in re.findall(r"\]\(([^)\s]+)\)", re.sub(r"`[^`\n]*`", "", PAGES[page])):
        if not target.startswith("https://"):
            yield Link(page, target)


def anchors(text: str) -> set[str]:
    """Name the headings of a page as code hosts and Sphinx do, and its own names for places."""
    headings = (
        re.sub(r"[^\w\- ]", "", line.lower()).replace(" ", "-") for line in re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    )
    return {*headings, *re.findall(r"^\((\w+)\)=$", text, re.MULTILINE)}


@pytest.mark.parametrize("page", PAGES, ids=str)
def test_every_link_leads_to_a_file_and_its_heading(page: Path) -> None:
    """On a code host as in the built pages."""
    assert [link.target for link in links(page) if not link.leads_somewhere] == []


def test_a_link_to_nowhere_is_found() -> None:
    """To a file that does not exist, or to a heading that a page does not have."""
    checking = Path("docs/checking.md")

    assert [Link(checking, target).leads_somewhere for target in ("rule.md", "rules.md#no-such-rule", "#no")] == [
        False
    ] * 3
    assert Link(checking, "rules.md#rolearninvalid").leads_somewhere


def test_the_readme_is_short_and_stands_alone() -> None:
    """A package index shows it without the rest of the project, so it has no link to a file."""
    assert README.count("\n") <= 150
    assert len(README.encode()) <= 7_000
    assert [*links(Path("README.md"))] == []
    # What `make docs` builds is not there yet in a fresh clone.
    named = [name for name in re.findall(r"`(docs/[\w./-]+)`", README) if name != "docs/_build"]
    assert [name for name in named if not (ROOT / name).exists()] == []


def test_the_readme_names_the_versions_that_the_package_has_and_needs() -> None:
    """Its wheel, and the oldest `aws-cdk-lib`."""
    (oldest,) = re.findall(r'"aws-cdk-lib>=(\d+\.\d+)\.\d+,<3"', (ROOT / "pyproject.toml").read_text(encoding="utf-8"))

    assert f"dist/cdk_redshift_roles-{__version__}-py3-none-any.whl" in README
    assert f"`aws-cdk-lib` {oldest} or newer" in README


def test_the_reference_has_every_public_name() -> None:
    """And `sql` with all its functions, as a module."""
    reference = (ROOT / "docs" / "reference" / "api.md").read_text(encoding="utf-8")
    named = re.findall(r"^\.\. auto(?:class|exception):: (\w+)$", reference, re.MULTILINE)

    assert sorted([*named, "sql"]) == redshift_roles.__all__
    assert ".. automodule:: redshift_roles.sql\n" in reference
    assert [name for name in sql.__all__ if not getattr(sql, name).__doc__] == []


@pytest.mark.parametrize(
    "item",
    [
        *(getattr(redshift_roles, name) for name in redshift_roles.__all__),
        *(getattr(sql, name) for name in sql.__all__),
    ],
    ids=lambda item: getattr(item, "__name__", "text"),
)
def test_the_reference_can_show_the_arguments(item: object) -> None:
    """A line of "Args" begins with names and a colon, also where one sentence is about several."""
    section = re.search(r"^Args:\n(.*?)(?:\n\n|\Z)", inspect.getdoc(item) or "", re.DOTALL | re.MULTILINE)
    lines = [line for line in section[1].splitlines() if not line.startswith("     ")] if section else []

    assert [line for line in lines if not re.match(r"    \w+(, \w+)*: ", line)] == []


def test_every_page_is_in_a_table_of_contents() -> None:
    """Decisions are listed on a page of their own."""
    contents = re.findall(r"^[\w/-]+$", (ROOT / "docs" / "index.md").read_text(encoding="utf-8"), re.MULTILINE)
    decisions = (ROOT / "docs" / "adr" / "README.md").read_text(encoding="utf-8")
    pages = {page.relative_to("docs").with_suffix("") for page in PAGES if page.parts[0] == "docs"}

    assert {str(page) for page in pages if page.parent != Path("adr")} - {"index"} == {*contents} - {"adr/README"}
    assert [page.name for page in pages if page.parent == Path("adr") and f"({page.name}.md)" not in decisions] == [
        "README"
    ]
