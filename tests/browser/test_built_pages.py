"""The built documentation in a browser, from the disk and without a network: `make docs` runs this."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from functools import cache
from pathlib import Path
from typing import Final

import pytest

import redshift_roles
from redshift_roles import sql
from tests.support.programs import ROOT

BUILT: Final = ROOT / "docs" / "_build"
MAP: Final = '<pre class="mermaid">'
MAPS: Final = [path for path in BUILT.rglob("*.html") if MAP in path.read_text(encoding="utf-8")]
NAMES: Final = ("chromium", "chromium-browser", "google-chrome", "chrome")
FLAGS: Final = (
    "--headless --no-sandbox --disable-gpu --disable-background-networking --disable-component-update --disable-sync "
    "--no-first-run --enable-logging=stderr --virtual-time-budget=20000 --dump-dom"
).split()


@cache
def browser() -> str:
    """Return the program; ``CHROMIUM`` names another one."""
    found = [path for name in NAMES if (path := shutil.which(name))]
    return os.environ.get("CHROMIUM") or found[0]


def opened(page: str, tmp_path: Path) -> str:
    """Open a page and let its scripts run, none of which may fail; return what the page is then."""
    isolated = (f"--user-data-dir={tmp_path}", "--host-resolver-rules=MAP * ~NOTFOUND")
    command = [browser(), *FLAGS, *isolated, f"{BUILT.as_uri()}/{page}"]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=120)

    assert [line for line in done.stderr.splitlines() if "CONSOLE" in line] == []
    return done.stdout


def test_the_reference_shows_every_public_name(tmp_path: Path) -> None:
    """Each at an address of its own, and the functions of `sql` with the options of their statements."""
    page = opened("reference/api.html", tmp_path)

    names = [name for name in redshift_roles.__all__ if name != "sql"] + [f"sql.{name}" for name in sql.__all__]
    assert [name for name in names if f'id="redshift_roles.{name}"' not in page] == []


@pytest.mark.parametrize("page", MAPS, ids=lambda path: str(path.relative_to(BUILT)))
def test_a_map_is_drawn(page: Path, tmp_path: Path) -> None:
    """As SVG, and not as the picture of an error."""
    shown = opened(str(page.relative_to(BUILT)), tmp_path)

    drawn = re.findall(r'<pre class="mermaid"[^>]*data-processed="true"[^>]*><svg [^>]*>', shown)
    assert len(drawn) == page.read_text(encoding="utf-8").count(MAP)
    assert [svg for svg in drawn if "flowchart" not in svg] == []


def test_nothing_is_loaded_from_elsewhere() -> None:
    """No script, style, font or picture: the pages work without a network."""
    loaded = re.compile(
        r'<(?:script|img|iframe|link rel="(?:stylesheet|preload|icon)")[^>]*(?:src|href)="(?:https?:)?//'
    )

    assert [path.name for path in BUILT.rglob("*.html") if loaded.search(path.read_text(encoding="utf-8"))] == []
    assert [path.name for path in BUILT.rglob("*.css") if "url(http" in path.read_text(encoding="utf-8")] == []


def test_there_are_maps() -> None:
    """On the first page, and in the guide about them."""
    assert {"index.html", "guides/access-map.html"} <= {str(path.relative_to(BUILT)) for path in MAPS}


def test_the_search_finds_a_method(tmp_path: Path) -> None:
    """First where it is documented, then in the guides."""
    page = opened("search.html?q=copy_from", tmp_path)
    found = re.findall(r'<li class="kind-\w+"><a href="([^"?]+)', page)

    assert found[0] == "reference/api.html#redshift_roles.RedshiftGrants.copy_from"
    assert "guides/grants.html" in found
