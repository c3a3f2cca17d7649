"""How `make docs` builds the documentation: Markdown pages, and the reference from the docstrings."""

from __future__ import annotations

import html
import inspect
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from docutils import nodes
from docutils.parsers.rst import Directive
from sphinx.util.inspect import stringify_signature

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

# SQL and templates have straight quotation marks.
smartquotes = False

# A docstring has its own code in single backticks, and says what lands in the template and which page of AWS says so.
default_role = "code"
napoleon_custom_sections = ["Template", "Source"]
napoleon_use_ivar = True
# What others document is not repeated.
autodoc_default_options = {"members": True, "inherited-members": "Construct, ManagedPolicy, Role, ValueError, tuple"}
autodoc_member_order = "bysource"
autodoc_typehints_format = "short"
maximum_signature_line_length = 100
toc_object_entries_show_parents = "hide"
# What others document, and what a `Role` of the SQL functions is made of.
nitpick_ignore_regex = [("py:.*", r"(?!redshift_roles\.).*|.*\.HasRoleArns?")]

html_theme = "furo"
html_title = f"cdk-redshift-roles {release}"
html_static_path = ["pages.css", "maps.js", "../node_modules/@mermaid-js/tiny/dist/mermaid.tiny.js"]
html_css_files = ["pages.css"]
html_js_files = ["mermaid.tiny.js", "maps.js"]
html_copy_source = False
# A summary is read from the page that was found, which a browser allows on a server alone.
html_show_search_summary = False
html_show_copyright = False


class Mermaid(Directive):
    """A block of Mermaid, which the browser draws."""

    has_content = True

    def run(self) -> list[nodes.Node]:
        """Return the text as it is."""
        text = html.escape("\n".join(self.content))
        return [nodes.raw("", f'<pre class="mermaid">{text}</pre>', format="html")]


class Default:
    """A default that the docstring says."""

    def __repr__(self) -> str:
        return "..."


def show_arguments(_: Sphinx, what: str, __: str, item: Any, *___: object) -> tuple[str, None] | None:  # noqa: ANN401
    """Write the arguments of a class, which jsii hides, and those that a `TypedDict` describes."""
    if what != "class" or "__init__" not in vars(item):
        return None
    shown = []
    for parameter in [*inspect.signature(item.__init__).parameters.values()][1:]:
        if parameter.kind is not inspect.Parameter.VAR_KEYWORD:
            shown.append(parameter)
            continue
        described = getattr(inspect.getmodule(item), parameter.annotation.removeprefix("Unpack[").removesuffix("]"))
        shown += [
            inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, annotation=kind.__forward_arg__, default=Default())
            for name, kind in described.__annotations__.items()
        ]
    return stringify_signature(inspect.Signature(shown), unqualified_typehints=True), None


def keep_first_line(_: Sphinx, what: str, __: str, ___: object, ____: object, lines: list[str]) -> None:
    """Keep napoleon from taking what stands before a colon for the type of a property."""
    if what == "property":
        lines[:0] = ["..", ""]


def setup(app: Sphinx) -> None:
    """Add what is above."""
    app.add_directive("mermaid", Mermaid)
    app.connect("autodoc-process-signature", show_arguments)
    app.connect("autodoc-process-docstring", keep_first_line, priority=400)
