"""
Run the README: every Python block of it, in order, as one program. Property tests try the same examples in each run;
``pytest --hypothesis-profile=default`` looks for new ones.
"""

from __future__ import annotations

import os

from hypothesis import settings
from sybil import Sybil

from tests.readme import ReadmeParser

os.environ["CDK_VALIDATION"] = "false"

settings.register_profile("repeatable", derandomize=True, database=None)
settings.load_profile("repeatable")

pytest_collect_file = Sybil(parsers=[ReadmeParser()], pattern="README.md").pytest()
