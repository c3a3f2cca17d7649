"""How `make docs` builds the documentation: Markdown pages, and the reference from the docstrings."""

from __future__ import annotations

import html
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

from docutils import nodes
from docutils.parsers.rst import Directive

if TYPE_CHECKING:
    from sphinx.application import Sphinx

ROOT: Final = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))

from redshift_roles.cli import __version__  # noqa: E402  the checkout, not an installed package

project = "cdk-redshift-roles"
author = "the authors of cdk-redshift-roles"
copyright = author  # noqa: A001  the name that Sphinx reads
version = release = __version__

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]
exclude_patterns = ["_build"]
myst_heading_anchors = 4
myst_fence_as_directive = ["mermaid"]

# A docstring has its own code in single backticks, and says what lands in the template and which page of AWS says so.
default_role = "code"
napoleon_custom_sections = ["Template", "Source"]
napoleon_use_ivar = True
autodoc_default_options = {"members": True}
autodoc_member_order = "bysource"
autodoc_typehints_format = "short"
add_module_names = False
# What others document, and what a `Role` of the SQL functions is made of.
nitpick_ignore_regex = [("py:.*", r"(?!redshift_roles\.).*|.*\.HasRoleArns?")]

html_theme = "furo"
html_title = f"cdk-redshift-roles {release}"
html_static_path = ["pages.css", "maps.js", "../node_modules/@mermaid-js/tiny/dist/mermaid.tiny.js"]
html_css_files = ["pages.css"]
html_js_files = ["mermaid.tiny.js", "maps.js"]
html_copy_source = False
html_show_copyright = False


class Mermaid(Directive):
    """A block of Mermaid, which the page draws."""

    has_content = True

    def run(self) -> list[nodes.Node]:
        """Return the text as it is."""
        text = html.escape("\n".join(self.content))
        return [nodes.raw("", f'<pre class="mermaid">{text}</pre>', format="html")]


def setup(app: Sphinx) -> None:
    """Add what is above."""
    app.add_directive("mermaid", Mermaid)
