"""
Run the README: every Python block of it, in order, as one program.
"""

from __future__ import annotations

import os

from sybil import Sybil

from tests.readme import ReadmeParser

os.environ["CDK_VALIDATION"] = "false"

pytest_collect_file = Sybil(parsers=[ReadmeParser()], pattern="README.md").pytest()
